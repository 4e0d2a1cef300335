//! Uncertainty of parameters: draws of everything a calibration starts from, and how much of a band each source makes.

mod draws;
mod variance;

pub use draws::{ParameterDraws, Source};
pub use variance::{Decomposition, HORIZONS, VarianceShare, decompose};
