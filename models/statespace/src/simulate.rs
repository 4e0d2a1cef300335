//! Joint draws of states, signals and coefficients given the measurements.

use crate::error::StateSpaceError;
use crate::filter::Filtered;
use crate::importance::{Importance, Sampler, regression};
use crate::log_sum::{gaussian_plan, normalised};
use crate::matrix::semidefinite_factor;
use crate::model::{Channel, StateSpace};
use crate::observations::Observations;
use crate::spans::dot;
use ndarray::{Array1, Array2, Array3};

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
                    dot(plan.signal(c, t), state) + regression(channel, t, beta);
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

/// Draws a channel's signal 1 … h periods after the last period of the calendar, `h` the rows of `future_regressors`:
/// `n_draws × h`, the joint distribution of which [`crate::predict`] gives means and variances.
///
/// A channel with a moving signal has to reach as far as they do: its last `h` periods are those.
/// The state at the end, the coefficients and the disturbances are drawn; nothing is smoothed, so that a path costs `h`
/// transitions. Exact but for sums in logs, where the state at the end is that of the linearised model.
///
/// # Errors
/// `future_regressors` must have as many columns as there are coefficients.
pub fn simulate_ahead(
    model: &StateSpace,
    channel: &Channel,
    filtered: &Filtered,
    future_regressors: &Array2<f64>,
    n_draws: usize,
    normal: &mut dyn FnMut() -> f64,
) -> Result<Array2<f64>, StateSpaceError> {
    filtered.check_future(future_regressors)?;
    let end = factor(&filtered.end_covariance);
    let shock = factor(model.state_noise());
    let spread = factor(&filtered.coefficient_covariance);
    let mut random = |factor: &Array2<f64>| {
        let z: Array1<f64> = (0..factor.ncols()).map(|_| normal()).collect();
        factor.dot(&z)
    };
    let mut paths = Array2::zeros((n_draws, future_regressors.nrows()));
    let first = channel.regressors().nrows().saturating_sub(future_regressors.nrows());
    for mut path in paths.rows_mut() {
        let error = random(&spread);
        let beta = &filtered.coefficients + &error;
        let mut state = &filtered.end_mean - &filtered.end_sensitivity.dot(&error) + random(&end);
        for (h, (value, x)) in path.iter_mut().zip(future_regressors.rows()).enumerate() {
            state = model.transition().dot(&state) + random(&shock);
            *value = channel.signal_at(first + h).dot(&state) + x.dot(&beta);
        }
    }
    Ok(paths)
}

/// The nonzero columns of a factor of a covariance.
fn factor(covariance: &Array2<f64>) -> Array2<f64> {
    let m = covariance.nrows();
    let flat: Vec<f64> = covariance.iter().copied().collect();
    let (l, _) = semidefinite_factor(&flat, m);
    let columns: Vec<usize> = (0..m).filter(|&j| (0..m).any(|i| l[i * m + j] != 0.0)).collect();
    Array2::from_shape_fn((m, columns.len()), |(i, j)| l[i * m + columns[j]])
}
