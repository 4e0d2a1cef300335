//! Regression with robust inference and models of commodity prices.
//!
//! [`Ols`] regresses one named [`Column`] on others and reports what an economist reads: coefficients, standard errors
//! under the assumption asked for ([`Covariance`]), specification tests, and a warning where the table would mislead.
#![forbid(unsafe_code)]

mod column;
mod covariance;
mod diagnostics;
mod error;
mod estimate;
mod ols;
mod qr;
mod table;

pub use column::Column;
pub use covariance::{Bandwidth, Covariance};
pub use error::EconometricsError;
pub use estimate::{Estimate, NullDistribution, TestResult};
pub use ols::{INTERCEPT, Ols, OlsFit};
pub use table::{Diagnostics, RegressionReport, Sample};
