//! One Kalman filter and smoother for every linear model, with spans, and maximum likelihood on top of it.
//!
//! A [`StateSpace`] moves a state vector; [`Channel`]s see linear combinations of it, plus regressors with coefficients
//! estimated by generalised least squares inside the filter. [`Observations`] are figures of single periods or sums over
//! spans of periods, in levels or in logs. [`filter`] gives the likelihood with exact diffuse starts, [`smooth`] the
//! state and signal of every period given everything, [`simulate`] joint draws of them, future periods included.
//! In logs a sum is not linear in the state: everything is then about the conditional mode, and [`correct`] measures
//! what the linearisation costs. [`maximise`] and [`standard_errors`] fit parameters.
//!
//! ```
//! use monazite_statespace::{Channel, Initial, Measurement, Observations, Scale, StateSpace, filter, smooth};
//! use ndarray::arr1;
//!
//! // A random walk seen without noise, its third and fourth period published as one sum.
//! let model = StateSpace::new(ndarray::arr2(&[[1.0]]), ndarray::arr2(&[[1.0]]), Initial::all_diffuse(1))?;
//! let channel = Channel::plain(arr1(&[1.0]), 5, 0.0)?;
//! let figures = vec![
//!     Measurement::new(0, 0, 10.0),
//!     Measurement::new(0, 1, 11.0),
//!     Measurement::sum(0, 3, 2, 25.0),
//!     Measurement::new(0, 4, 14.0),
//! ];
//! let observations = Observations::new(5, Scale::Level, figures)?;
//! let log_likelihood = filter(&model, &[channel.clone()], &observations)?.log_likelihood();
//! assert!(log_likelihood.is_finite());
//! let months = smooth(&model, &[channel], &observations)?;
//! assert!((months.signal()[[2, 0]] + months.signal()[[3, 0]] - 25.0).abs() < 1e-12);
//! assert!((months.signal()[[2, 0]] - 12.0).abs() < 1e-12);
//! # Ok::<(), monazite_statespace::StateSpaceError>(())
//! ```
#![forbid(unsafe_code)]

mod error;
mod filter;
mod gains;
mod importance;
mod log_sum;
mod matrix;
mod maximum_likelihood;
mod model;
mod observations;
mod simulate;
mod smoother;
mod spans;

pub use error::StateSpaceError;
pub use filter::{
    Filtered, Innovation, Likelihood, filter, filter_at, likelihood, log_likelihood, predict,
};
pub use log_sum::{Corrected, Linearisation, Split, correct, correct_to, likelihood_at, linearise};
pub use maximum_likelihood::{
    Differences, Maximum, SearchOptions, covariance_at, hessian, maximise, standard_errors,
};
pub use model::{Channel, Initial, StateSpace, stationary_covariance};
pub use observations::{Measurement, Observations, Scale};
pub use simulate::{Simulated, simulate, simulate_ahead};
pub use smoother::{Smoothed, smooth};
