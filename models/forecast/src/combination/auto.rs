//! The combination that needs no choices.

use serde::{Deserialize, Serialize};

use super::{Combination, CombinationFit, Weights};
use crate::model::Memory;
use crate::{Arima, ForecastError, Forecaster, Model, Sample, SeasonalNaive, Structural};

/// A fixed pool of different models, equally weighted unless one fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auto {
    /// Periods in a season; 1 for none.
    pub season: usize,
}

impl Auto {
    /// The combination it stands for on a sample.
    pub fn pool(self, _sample: &Sample) -> Combination {
        let member = |name: &str, model: Model| (name.to_owned(), model);
        Combination {
            members: vec![
                member("structural", Model::Structural(Structural::basic(self.season))),
                member("arima", Model::Arima(Arima::airline(self.season))),
                member("snaive", Model::SeasonalNaive(SeasonalNaive { season: self.season })),
            ],
            weights: Weights::Screened,
            season: self.season,
        }
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
