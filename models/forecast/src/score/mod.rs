//! Scores of forecasts: of points, of intervals and of whole distributions, and whether distributions are calibrated.
//!
//! Every score here is better the smaller it is. Point scores judge a median (absolute errors) or a mean (squared ones);
//! the quantile loss, the interval score and the CRPS are proper: a forecaster does best by saying what he believes
//! (Gneiting and Raftery 2007). Scores of a series come in its unit; divide by [`Scaling`] to compare series.
//!
//! ```
//! use monazite_forecast::score;
//! let scaling = score::Scaling::of(&[10.0, 20.0, 12.0, 21.0, 11.0, 25.0], 2)?;
//! assert_eq!(scaling.absolute, 2.0);
//! assert_eq!(score::mae(&[12.0, 25.0], &[11.0, 24.0])? / scaling.absolute, 0.5);
//! # Ok::<(), monazite_forecast::ForecastError>(())
//! ```

mod calibration;
mod distribution;
mod interval;
mod point;

pub use calibration::{berkowitz, pit_deciles, pit_of_draws};
pub use distribution::{
    crps_draws, crps_marginal, crps_normal, crps_normal_mixture, pinball, weighted_quantile_loss,
};
pub use interval::{Coverage, coverage, coverage_interval, interval_score, msis};
pub use point::{Scaling, mae, mase, rmse, rmsse, smape};

pub(crate) use distribution::crps_above;
pub(crate) use point::symmetric_error;

use crate::ForecastError;

/// Refuses an empty set of figures, or forecasts that are not one for each.
fn check_paired(actual: &[f64], forecasts: &[&[f64]]) -> Result<(), ForecastError> {
    if actual.is_empty() {
        return Err(ForecastError::Count { what: "number of figures scored", found: 0, needed: 1 });
    }
    match forecasts.iter().find(|f| f.len() != actual.len()) {
        Some(f) => Err(ForecastError::Specification(format!(
            "{} forecasts cannot be scored on {} figures",
            f.len(),
            actual.len()
        ))),
        None => Ok(()),
    }
}

/// Mean over pairs.
fn mean_of(
    actual: &[f64],
    forecast: &[f64],
    f: impl Fn(f64, f64) -> f64,
) -> Result<f64, ForecastError> {
    check_paired(actual, &[forecast])?;
    let sum: f64 = actual.iter().zip(forecast).map(|(&y, &x)| f(y, x)).sum();
    Ok(sum / actual.len() as f64)
}
