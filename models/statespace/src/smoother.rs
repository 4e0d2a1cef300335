//! The smoother: state and signal of every period given all measurements.

use crate::error::StateSpaceError;
use crate::model::{Channel, StateSpace};
use crate::observations::{Observations, Scale};
use ndarray::{Array1, Array2};

/// State and signals of every period given all measurements, future periods included if the calendar has them.
#[derive(Debug, Clone)]
pub struct Smoothed {
    pub(crate) scale: Scale,
    pub(crate) state_mean: Array2<f64>,
    pub(crate) state_covariance: Vec<Array2<f64>>,
    pub(crate) signal: Array2<f64>,
    pub(crate) signal_variance: Array2<f64>,
    pub(crate) coefficients: Array1<f64>,
    pub(crate) coefficient_covariance: Array2<f64>,
}

impl Smoothed {
    /// `n_periods × m`, at `β̂`.
    pub fn state_mean(&self) -> &Array2<f64> {
        &self.state_mean
    }

    /// One `m × m` a period, the uncertainty of `β̂` included.
    pub fn state_covariance(&self) -> &[Array2<f64>] {
        &self.state_covariance
    }

    /// `Z α + x'β`, `n_periods × n_channels`; in logs with spans the conditional mode.
    pub fn signal(&self) -> &Array2<f64> {
        &self.signal
    }

    /// Variances of [`Self::signal`], the uncertainty of `β̂` included and the channel's noise not.
    pub fn signal_variance(&self) -> &Array2<f64> {
        &self.signal_variance
    }

    /// The signal in the unit of the figures: itself in levels, its exponential in logs. Months of a span add up to the published sum if its channel has no noise.
    pub fn figures(&self) -> Array2<f64> {
        match self.scale {
            Scale::Level => self.signal.clone(),
            Scale::Log => self.signal.mapv(f64::exp),
        }
    }

    /// `β̂`.
    pub fn coefficients(&self) -> &Array1<f64> {
        &self.coefficients
    }

    /// Covariance of `β̂`.
    pub fn coefficient_covariance(&self) -> &Array2<f64> {
        &self.coefficient_covariance
    }
}

/// Runs filter and smoother.
///
/// # Errors
/// As [`crate::filter`].
pub fn smooth(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Smoothed, StateSpaceError> {
    let _ = (model, channels, observations);
    Err(StateSpaceError::Optimiser("not there yet".into()))
}
