//! Maximum likelihood over unconstrained parameters, Hessians and standard errors.

use crate::error::StateSpaceError;
use ndarray::Array2;

/// How hard to search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchOptions {
    /// Quasi-Newton iterations from each start.
    pub max_iterations: u64,
    /// The search ends when the norm of the gradient falls below this.
    pub gradient_tolerance: f64,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { max_iterations: 200, gradient_tolerance: 1e-5 }
    }
}

/// The best point found.
#[derive(Debug, Clone, PartialEq)]
pub struct Maximum {
    /// Where.
    pub point: Vec<f64>,
    /// The log-likelihood there.
    pub value: f64,
    /// Norm of its gradient.
    pub gradient_norm: f64,
    /// Iterations over all starts.
    pub iterations: u64,
    /// Whether the gradient tolerance was met.
    pub converged: bool,
}

/// Maximises `log_likelihood` from several starts; −∞ and NaN count as rejections.
///
/// # Errors
/// `NoFiniteStart`.
pub fn maximise(
    log_likelihood: &dyn Fn(&[f64]) -> f64,
    starts: &[Vec<f64>],
    options: &SearchOptions,
) -> Result<Maximum, StateSpaceError> {
    let _ = (log_likelihood, starts, options);
    Err(StateSpaceError::Optimiser("not there yet".into()))
}

/// Second derivatives of `function` by central differences.
///
/// # Errors
/// If the function is not finite around the point.
pub fn hessian(
    function: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
) -> Result<Array2<f64>, StateSpaceError> {
    let _ = (function, point);
    Err(StateSpaceError::Optimiser("not there yet".into()))
}

/// Inverse of minus the Hessian of the log-likelihood.
///
/// # Errors
/// `Hessian` if it is not positive definite.
pub fn covariance_at(
    log_likelihood: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
) -> Result<Array2<f64>, StateSpaceError> {
    let _ = (log_likelihood, point);
    Err(StateSpaceError::Optimiser("not there yet".into()))
}

/// Square roots of the diagonal of [`covariance_at`].
///
/// # Errors
/// As [`covariance_at`].
pub fn standard_errors(
    log_likelihood: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
) -> Result<Vec<f64>, StateSpaceError> {
    covariance_at(log_likelihood, point).map(|c| c.diag().mapv(f64::sqrt).to_vec())
}
