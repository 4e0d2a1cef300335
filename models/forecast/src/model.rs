//! Any of the models, chosen at run time.

use serde::{Deserialize, Serialize};

use crate::form::Form;
use crate::{Arima, Fitted, ForecastError, Forecaster, Sample, SeasonalNaive, Structural};

/// A model of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Seasonal naive.
    SeasonalNaive(SeasonalNaive),
    /// A structural model.
    Structural(Structural),
    /// A seasonal ARIMA model.
    Arima(Arima),
}

impl Model {
    /// Its name in tables.
    pub fn label(&self) -> String {
        match self {
            Self::SeasonalNaive(m) => format!("seasonal naive [{}]", m.season),
            Self::Structural(m) => m.label(),
            Self::Arima(m) => m.label(),
        }
    }

    /// The short name that files and scripts use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SeasonalNaive(_) => "snaive",
            Self::Structural(_) => "structural",
            Self::Arima(_) => "arima",
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
        })
    }
}
