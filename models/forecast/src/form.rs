//! What a specification has to say so that the shared filter can fit it.

use monazite_statespace::{StateSpace, StateSpaceError};
use ndarray::Array1;

/// Dynamics and signal at given parameters.
#[derive(Debug, Clone)]
pub(crate) struct Dynamics {
    pub(crate) model: StateSpace,
    pub(crate) signal: Array1<f64>,
}

/// A family of state-space models.
pub(crate) trait Form {
    /// The model in the notation of the field.
    fn label(&self) -> String;
    /// Names of the natural parameters.
    fn names(&self) -> Vec<String>;
    /// Whether all variances are relative to one that is estimated in closed form.
    fn relative(&self) -> bool;
    /// Whether the constant is estimated (a stationary model has a mean, an integrated one has none).
    fn constant(&self) -> Option<&'static str>;
    /// Points to search from, in unconstrained parameters; `variance` is that of the changes of the data.
    fn starts(&self, variance: f64) -> Vec<Vec<f64>>;
    /// Natural parameters of unconstrained ones.
    fn natural(&self, free: &[f64], variance: f64) -> Vec<f64>;
    /// Logarithm of the prior density of unconstrained parameters, up to a constant.
    fn log_prior(&self, _free: &[f64]) -> f64 {
        0.0
    }
    /// Whether a natural parameter stands at the edge of its range, where it has no standard error.
    fn at_edge(&self, parameter_idx: usize, natural: &[f64]) -> bool;
    /// The model at natural parameters.
    fn dynamics(&self, natural: &[f64]) -> Result<Dynamics, StateSpaceError>;
    /// Fewest periods of data from which it can be estimated.
    fn min_periods(&self) -> usize;
}
