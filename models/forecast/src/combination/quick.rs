//! A state-space member of a combination: its forecast and nothing else.
//!
//! Standard errors and the exact likelihood of sums in logarithms cost more than the estimation itself, and a combination
//! reports neither.

use crate::report::FitReport;
use crate::saved::{Saved, SavedParts, exact};
use crate::{Fitted, Forecast, ForecastError, Model};

/// A state-space model estimated as in a backtest.
#[derive(Debug)]
pub(crate) struct QuickFit {
    inner: Box<dyn Fitted>,
    /// The model with the order that was chosen.
    model: Model,
    /// Its unconstrained parameters.
    free: Vec<f64>,
}

impl QuickFit {
    pub(crate) fn new(inner: Box<dyn Fitted>, model: Model, free: Vec<f64>) -> Self {
        Self { inner, model, free }
    }
}

impl Fitted for QuickFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        self.inner.forecast(horizon, n_paths, seed)
    }

    fn form(&self) -> String {
        self.inner.form()
    }

    fn report(&self) -> Option<&FitReport> {
        self.inner.report()
    }

    fn saved(&self) -> Option<SavedParts> {
        let parameters = exact(&self.free);
        Some(SavedParts(Saved::Quick { model: self.model.clone(), parameters }))
    }
}
