//! The filter: likelihood, innovations, coefficients of regressors and the state at the end.

use crate::error::StateSpaceError;
use crate::gains::{Gains, Kind, pass};
use crate::log_sum::{Linearisation, gaussian_plan, plan_at};
use crate::model::{Channel, StateSpace};
use crate::observations::Observations;
use crate::spans::Plan;
use ndarray::{Array1, Array2};

/// The Gaussian log-likelihood at the GLS estimate of `β`, and what is needed to concentrate a common scale out of it.
///
/// Counts `ln 2π` for the measurements that are not used up by diffuse elements, and `−½ ln F∞` for those that are.
/// With spans in logs it is the linearised log-likelihood of [`crate::correct`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likelihood {
    pub(crate) n: usize,
    pub(crate) n_diffuse: usize,
    pub(crate) sum_log_variance: f64,
    pub(crate) sum_log_diffuse: f64,
    pub(crate) sum_of_squares: f64,
    pub(crate) n_coefficients: usize,
    pub(crate) log_det_information: f64,
}

impl Likelihood {
    /// `−½ [n ln 2π + Σ ln F + Σ ln F∞ + Σ v²/F]`.
    pub fn log_likelihood(&self) -> f64 {
        let constant = self.n as f64 * (2.0 * std::f64::consts::PI).ln();
        -0.5 * (constant + self.sum_log_variance + self.sum_log_diffuse + self.sum_of_squares)
    }

    /// Measurements that count: all but the diffuse and the redundant ones.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Measurements used up by diffuse elements of the start.
    pub fn n_diffuse(&self) -> usize {
        self.n_diffuse
    }

    /// `Σ v²/F`.
    pub fn sum_of_squares(&self) -> f64 {
        self.sum_of_squares
    }

    /// Logarithm of the likelihood integrated over the coefficients under a flat prior, up to a constant that is the same
    /// at all parameters (Harville 1974): `−½ [Σ ln F + Σ ln F∞ + ln |Σ v_x v_x'/F| + Σ v²/F]`.
    pub fn marginal_log_likelihood(&self) -> f64 {
        -0.5 * (self.log_dets() + self.sum_of_squares)
    }

    /// The same with the common scale of all variances integrated out under the prior `1/σ²`:
    /// `−½ [Σ ln F + Σ ln F∞ + ln |Σ v_x v_x'/F| + (n − k) ln Σ v²/F]`. Given all else, `Σ (v²/F) / σ²` is then
    /// χ² with [`Self::degrees_of_freedom`].
    pub fn marginal_concentrated_log_likelihood(&self) -> f64 {
        -0.5 * (self.log_dets() + self.degrees_of_freedom() as f64 * self.sum_of_squares.ln())
    }

    /// Measurements that count less coefficients estimated.
    pub fn degrees_of_freedom(&self) -> usize {
        self.n.saturating_sub(self.n_coefficients)
    }

    fn log_dets(&self) -> f64 {
        self.sum_log_variance + self.sum_log_diffuse + self.log_det_information
    }

    /// The factor on all variances that maximises the likelihood: `Σ (v²/F) / n`.
    pub fn scale_mle(&self) -> f64 {
        self.sum_of_squares / self.n as f64
    }

    /// The log-likelihood with all variances multiplied by [`Self::scale_mle`].
    pub fn concentrated_log_likelihood(&self) -> f64 {
        let constant = self.n as f64 * ((2.0 * std::f64::consts::PI * self.scale_mle()).ln() + 1.0);
        -0.5 * (constant + self.sum_log_variance + self.sum_log_diffuse)
    }
}

/// A one-step error of a measurement that counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Innovation {
    /// Last period of the measurement.
    pub period: usize,
    /// Its channel.
    pub channel: usize,
    /// Measured less predicted, at the GLS estimate of `β`.
    pub error: f64,
    /// `F`, given `β`.
    pub variance: f64,
}

impl Innovation {
    /// `v / √F`.
    pub fn standardised(&self) -> f64 {
        self.error / self.variance.sqrt()
    }
}

/// What the filter found.
#[derive(Debug, Clone)]
pub struct Filtered {
    pub(crate) likelihood: Likelihood,
    pub(crate) coefficients: Array1<f64>,
    pub(crate) coefficient_covariance: Array2<f64>,
    pub(crate) innovations: Vec<Innovation>,
    pub(crate) end_mean: Array1<f64>,
    pub(crate) end_covariance: Array2<f64>,
    pub(crate) end_sensitivity: Array2<f64>,
}

impl Filtered {
    /// Whether future regressors have a column for each coefficient.
    pub(crate) fn check_future(&self, regressors: &Array2<f64>) -> Result<(), StateSpaceError> {
        let (expected, found) = (self.coefficients.len(), regressors.ncols());
        if expected == found {
            return Ok(());
        }
        Err(StateSpaceError::Shape { what: "columns of the future regressors", expected, found })
    }

    /// The likelihood and its parts.
    pub fn likelihood(&self) -> &Likelihood {
        &self.likelihood
    }

    /// See [`Likelihood::log_likelihood`].
    pub fn log_likelihood(&self) -> f64 {
        self.likelihood.log_likelihood()
    }

    /// `β̂`.
    pub fn coefficients(&self) -> &Array1<f64> {
        &self.coefficients
    }

    /// Covariance of `β̂` given the variances of the model.
    pub fn coefficient_covariance(&self) -> &Array2<f64> {
        &self.coefficient_covariance
    }

    /// One for every measurement that counts, in the order they were processed (by period, then channel).
    pub fn innovations(&self) -> &[Innovation] {
        &self.innovations
    }

    /// Mean of the state of the last period given everything, at `β̂`.
    pub fn end_mean(&self) -> &Array1<f64> {
        &self.end_mean
    }

    /// Its covariance, the uncertainty of `β̂` included.
    pub fn end_covariance(&self) -> Array2<f64> {
        let spread =
            self.end_sensitivity.dot(&self.coefficient_covariance).dot(&self.end_sensitivity.t());
        &self.end_covariance + &spread
    }
}

/// Runs the filter and keeps innovations, coefficients and the state at the end.
///
/// # Errors
/// Shapes that do not fit, contradictory figures, collinear regressors, too few figures for the diffuse part.
pub fn filter(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Filtered, StateSpaceError> {
    filter_plan(&gaussian_plan(model, channels, observations)?.0)
}

/// The filter of the model linearised at a given point instead of its own conditional mode.
///
/// # Errors
/// As [`filter`]; a point that belongs to other observations.
pub fn filter_at(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    point: &Linearisation,
) -> Result<Filtered, StateSpaceError> {
    filter_plan(&plan_at(model, channels, observations, point)?)
}

fn filter_plan(plan: &Plan) -> Result<Filtered, StateSpaceError> {
    let mut gains = Gains::default();
    let pass = pass(plan, Some(&mut gains))?;
    let (m, k, base) = (plan.m, plan.k, plan.base);
    let means = gains.means_at(plan, &pass.beta);
    let innovations = (0..gains.n_items())
        .filter(|&i| gains.kind[i] == Kind::Proper)
        .map(|i| Innovation {
            period: plan.items[i].end,
            channel: plan.items[i].channel,
            error: means.v[i],
            variance: gains.f[i],
        })
        .collect();
    let end_sensitivity =
        Array2::from_shape_fn((base, k), |(i, j)| pass.end_means[(j + 1) * m + i]);
    let coefficients = Array1::from_vec(pass.beta);
    let end_mean =
        Array1::from_shape_fn(base, |i| pass.end_means[i]) - end_sensitivity.dot(&coefficients);
    Ok(Filtered {
        likelihood: pass.likelihood,
        coefficients,
        coefficient_covariance: Array2::from_shape_fn((k, k), |(i, j)| {
            pass.beta_covariance[i * k + j]
        }),
        innovations,
        end_mean,
        end_covariance: Array2::from_shape_fn((base, base), |(i, j)| {
            pass.end_covariance[i * m + j]
        }),
        end_sensitivity,
    })
}

/// The likelihood alone, without storage: what an optimiser calls.
///
/// # Errors
/// As [`filter`].
pub fn likelihood(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Likelihood, StateSpaceError> {
    let plan = gaussian_plan(model, channels, observations)?.0;
    Ok(pass(&plan, None)?.likelihood)
}

/// The log-likelihood alone.
///
/// # Errors
/// As [`filter`].
pub fn log_likelihood(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<f64, StateSpaceError> {
    likelihood(model, channels, observations).map(|l| l.log_likelihood())
}

/// Mean and variance of a channel's signal 1 … h periods after the last period of the calendar, `h` the rows of `future_regressors`.
///
/// A channel with a moving signal has to reach as far as they do: its last `h` periods are those.
/// The variance includes the uncertainty of `β̂` but not the channel's own noise.
///
/// # Errors
/// `future_regressors` must have as many columns as there are coefficients.
pub fn predict(
    model: &StateSpace,
    channel: &Channel,
    filtered: &Filtered,
    future_regressors: &Array2<f64>,
) -> Result<Vec<(f64, f64)>, StateSpaceError> {
    filtered.check_future(future_regressors)?;
    let transition = model.transition();
    let first = channel.regressors().nrows().saturating_sub(future_regressors.nrows());
    let mut mean = filtered.end_mean.clone();
    let mut covariance = filtered.end_covariance.clone();
    let mut sensitivity = filtered.end_sensitivity.clone();
    let mut path = Vec::with_capacity(future_regressors.nrows());
    for (h, x) in future_regressors.rows().into_iter().enumerate() {
        let z = channel.signal_at(first + h);
        mean = transition.dot(&mean);
        covariance = transition.dot(&covariance).dot(&transition.t()) + model.state_noise();
        sensitivity = transition.dot(&sensitivity);
        let spread = &x - &z.dot(&sensitivity);
        let variance =
            z.dot(&covariance.dot(&z)) + spread.dot(&filtered.coefficient_covariance.dot(&spread));
        path.push((z.dot(&mean) + x.dot(&filtered.coefficients), variance));
    }
    Ok(path)
}
