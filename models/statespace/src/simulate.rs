//! Joint draws of states, signals and coefficients given the measurements.

use crate::error::StateSpaceError;
use crate::importance::{Importance, Sampler, regression};
use crate::log_sum::{gaussian_plan, normalised};
use crate::model::{Channel, StateSpace};
use crate::observations::Observations;
use crate::spans::dot;
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
    let (plan, mode) = gaussian_plan(model, channels, observations)?;
    let (m, base, k, n_periods) = (plan.m, plan.base, plan.k, plan.n_periods);
    let mut signals = Array3::zeros((n_draws, n_periods, channels.len()));
    let mut end_states = Array2::zeros((n_draws, base));
    let mut coefficients = Array2::zeros((n_draws, k));
    let mut log_weights = vec![0.0; n_draws];
    let mut keep = |draw_idx: usize, states: &[f64], beta: &[f64]| {
        for (t, state) in states.chunks_exact(m).enumerate() {
            for (c, channel) in channels.iter().enumerate() {
                signals[[draw_idx, t, c]] =
                    dot(&plan.signals[c], state) + regression(channel, t, beta);
            }
        }
        for (i, s) in states[(n_periods - 1) * m..][..base].iter().enumerate() {
            end_states[[draw_idx, i]] = *s;
        }
        for (j, b) in beta.iter().enumerate() {
            coefficients[[draw_idx, j]] = *b;
        }
    };
    if mode.iter().all(Vec::is_empty) {
        let sampler = Sampler::new(model, plan.clone())?;
        for draw_idx in 0..n_draws {
            let draw = sampler.draw(normal);
            keep(draw_idx, &draw.states, &draw.beta);
        }
    } else {
        let importance = Importance::new(model, channels, observations, &mode)?;
        for (draw_idx, log_weight) in log_weights.iter_mut().enumerate() {
            let draw = importance.draw(normal);
            *log_weight = draw.log_weight;
            keep(draw_idx, &draw.states, &draw.beta);
        }
    }
    Ok(Simulated { signals, end_states, coefficients, weights: normalised(&log_weights) })
}
