//! Joint draws of states, signals and coefficients given the measurements.

use crate::error::StateSpaceError;
use crate::model::{Channel, StateSpace};
use crate::observations::Observations;
use ndarray::{Array2, Array3};

/// Draws given the measurements.
#[derive(Debug, Clone)]
pub struct Simulated {
    pub(crate) signals: Array3<f64>,
    pub(crate) end_states: Array2<f64>,
    pub(crate) coefficients: Array2<f64>,
    pub(crate) weights: Vec<f64>,
}

impl Simulated {
    /// `draw × period × channel`, in the scale of the signal (logs in logs), without the channel's own noise.
    pub fn signals(&self) -> &Array3<f64> {
        &self.signals
    }

    /// `draw × state`, of the last period of the calendar.
    pub fn end_states(&self) -> &Array2<f64> {
        &self.end_states
    }

    /// `draw × coefficient`.
    pub fn coefficients(&self) -> &Array2<f64> {
        &self.coefficients
    }

    /// Importance weights that sum to one: all equal unless there are spans in logs.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// `1 / Σ w²`.
    pub fn effective_draws(&self) -> f64 {
        1.0 / self.weights.iter().map(|w| w * w).sum::<f64>()
    }
}

/// Draws `n_draws` joint paths given all measurements; `normal` supplies independent standard normals.
///
/// # Errors
/// As [`crate::filter`].
pub fn simulate(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    n_draws: usize,
    normal: &mut dyn FnMut() -> f64,
) -> Result<Simulated, StateSpaceError> {
    let _ = (model, channels, observations, n_draws, normal);
    Err(StateSpaceError::Optimiser("not there yet".into()))
}
