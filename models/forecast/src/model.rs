//! Any of the models, chosen at run time.

use serde::{Deserialize, Serialize};

use crate::fit::Estimate;
use crate::form::Form;
use crate::{
    Arima, Fitted, Forecast, ForecastError, Forecaster, Sample, SeasonalNaive, Structural,
};

/// A model of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

    /// Forecasts from a quick estimation that starts at `last`, the parameters of the origin before, and leaves its own
    /// there.
    pub(crate) fn forecast_next(
        &self,
        sample: &Sample,
        last: &mut Option<Vec<f64>>,
        (horizon, n_paths, seed): (usize, usize, u64),
    ) -> Result<Forecast, ForecastError> {
        let structural;
        let form: &dyn Form = match self {
            Self::SeasonalNaive(m) => return m.fit(sample)?.forecast(horizon, n_paths, seed),
            Self::Structural(m) => {
                structural = m.for_sample(sample);
                &structural
            }
            Self::Arima(m) => m,
        };
        let estimate = Estimate::quick(form, sample, last.as_deref())?;
        *last = Some(estimate.free_parameters().to_vec());
        estimate.forecast(horizon, n_paths, seed)
    }
}
