//! Any of the models, chosen at run time.

use serde::{Deserialize, Serialize};

use crate::fit::Estimate;
use crate::form::Form;
use crate::{
    Arima, Auto, Combination, Fitted, ForecastError, Forecaster, Sample, SeasonalNaive, Structural,
};

/// A model of this crate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Seasonal naive.
    SeasonalNaive(SeasonalNaive),
    /// A structural model.
    Structural(Structural),
    /// A seasonal ARIMA model.
    Arima(Arima),
    /// A combination of given models.
    Combination(Combination),
    /// The combination that needs no choices.
    Auto(Auto),
}

/// Estimates of the origin before, from which the next search starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    own: Option<Vec<f64>>,
    /// Of the members of a combination.
    pub(crate) members: Vec<Memory>,
}

impl Model {
    /// Its name in tables.
    pub fn label(&self) -> String {
        match self {
            Self::SeasonalNaive(m) => format!("seasonal naive [{}]", m.season),
            Self::Structural(m) => m.label(),
            Self::Arima(m) => m.label(),
            Self::Combination(m) => m.label(),
            Self::Auto(_) => "auto".to_owned(),
        }
    }

    /// The short name that files and scripts use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SeasonalNaive(_) => "snaive",
            Self::Structural(_) => "structural",
            Self::Arima(_) => "arima",
            Self::Combination(_) => "combination",
            Self::Auto(_) => "auto",
        }
    }

    /// Whether it can use everything a sample has; what cannot needs a figure in every period and no regressors.
    pub(crate) fn takes(&self, _sample: &Sample) -> bool {
        match self {
            Self::SeasonalNaive(_)
            | Self::Structural(_)
            | Self::Arima(_)
            | Self::Combination(_)
            | Self::Auto(_) => true,
        }
    }

    /// Estimates it.
    ///
    /// # Errors
    /// As [`Forecaster::fit`].
    pub fn fit(&self, sample: &Sample) -> Result<Box<dyn Fitted>, ForecastError> {
        Ok(match self {
            Self::SeasonalNaive(m) => Box::new(m.fit(sample)?),
            Self::Structural(m) => Box::new(m.fit(sample)?),
            Self::Arima(m) => Box::new(m.fit(sample)?),
            Self::Combination(m) => Box::new(m.fit(sample)?),
            Self::Auto(m) => Box::new(m.fit(sample)?),
        })
    }

    /// Estimates it quickly, for a backtest: from the estimates of the origin before, leaving its own in their place,
    /// without standard errors.
    pub(crate) fn fit_next(
        &self,
        sample: &Sample,
        memory: &mut Memory,
    ) -> Result<Box<dyn Fitted>, ForecastError> {
        let structural;
        let form: &dyn Form = match self {
            Self::Structural(m) => {
                structural = m.for_sample(sample);
                &structural
            }
            Self::Arima(m) => m,
            Self::Combination(m) => return Ok(Box::new(m.fit_with(sample, Some(memory))?)),
            Self::Auto(m) => return Ok(Box::new(m.fit_with(sample, Some(memory))?)),
            Self::SeasonalNaive(_) => return self.fit(sample),
        };
        let estimate = Estimate::quick(form, sample, memory.own.as_deref())?;
        memory.own = Some(estimate.free_parameters().to_vec());
        Ok(Box::new(estimate))
    }
}
