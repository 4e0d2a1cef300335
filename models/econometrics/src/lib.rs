//! Regression with robust inference and models of commodity prices.
//!
//! [`Ols`] regresses one named [`Column`] on others and reports what an economist reads: coefficients, standard errors
//! under the assumption asked for ([`Covariance`]), specification tests, and a warning where the table would mislead.
//! [`RandomWalk`], [`OneFactor`] and [`TwoFactor`] are models of one spot price, given at dates or as averages over
//! periods ([`LogPrices`]); each says whether the data tell it from the smaller ones. [`PriceMoments`] gives the moments
//! that a simulator is calibrated to, with their standard errors, and [`SimulatedMoments`] finds the parameters whose
//! simulation meets them.
#![forbid(unsafe_code)]

mod column;
mod covariance;
mod diagnostics;
mod error;
mod estimate;
mod ols;
mod price_moments;
mod qr;
mod simulated_moments;
mod spot;
mod table;

pub use column::Column;
pub use covariance::{Bandwidth, Covariance};
pub use error::EconometricsError;
pub use estimate::{Estimate, NullDistribution, TestResult};
pub use ols::{INTERCEPT, Ols, OlsFit};
pub use price_moments::{MomentEstimate, PriceMoments, PriceMomentsFit};
pub use simulated_moments::{
    MomentFit, MomentTargets, SimulatedMoments, SimulatedMomentsFit, Simulator, Weighting,
};
pub use spot::{
    Bootstrap, LikelihoodRatio, LogPrices, OneFactor, OneFactorFit, Quote, RandomWalk,
    RandomWalkFit, TwoFactor, TwoFactorFit,
};
pub use table::{Diagnostics, RegressionReport, Sample};
