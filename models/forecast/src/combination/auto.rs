//! The combination that needs no choices.

use serde::{Deserialize, Serialize};

use super::{Combination, CombinationFit, Weights};
use crate::model::Memory;
use crate::{AutoArima, Ces, Ets, ForecastError, Forecaster, Model, Sample, Structural, Theta};

/// A fixed pool of different models, equally weighted unless one fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auto {
    /// Periods in a season; 1 for none.
    pub season: usize,
}

impl Auto {
    /// The combination it stands for on a sample.
    pub fn pool(self, sample: &Sample) -> Combination {
        let season = self.season;
        let damped = Ets { damped: Some(true), ..Ets::auto(season) };
        let mut members = vec![
            ("dot", Model::Theta(Theta::dynamic_optimised(season))),
            ("ces", Model::Ces(Ces::adjusted(season))),
            ("arima", Model::AutoArima(AutoArima::new(season))),
            ("ets", Model::Ets(damped)),
        ];
        if !sample.is_complete() {
            members.push(("structural", Model::Structural(Structural::basic(season))));
        }
        let members = members.into_iter().map(|(n, m)| (n.to_owned(), m)).collect();
        Combination { members, weights: Weights::Equal, season }
    }

    pub(crate) fn fit_with(
        self,
        sample: &Sample,
        memory: Option<&mut Memory>,
    ) -> Result<CombinationFit, ForecastError> {
        self.pool(sample).fit_with(sample, memory).map(|fit| fit.named("auto"))
    }
}

impl Forecaster for Auto {
    type Fit = CombinationFit;

    fn fit(&self, sample: &Sample) -> Result<CombinationFit, ForecastError> {
        self.fit_with(sample, None)
    }
}
