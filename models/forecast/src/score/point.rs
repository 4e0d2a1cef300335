//! Scores of point forecasts, and the scale that makes them comparable between series.
//!
//! Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", Int. J. Forecasting 22; squared
//! scaled errors as in Makridakis, Spiliotis and Assimakopoulos (2022) for M5.

use serde::Serialize;

use super::mean_of;
use crate::ForecastError;

/// Size of the errors of the seasonal naive forecast inside a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scaling {
    /// Mean of `|y_t − y_{t−m}|`.
    pub absolute: f64,
    /// Root of the mean of `(y_t − y_{t−m})²`.
    pub squared: f64,
}

impl Scaling {
    /// Of the figures of a sample, one a period, with a season of `season` periods; 1 is the naive forecast.
    ///
    /// # Errors
    /// No season, fewer figures than one more than the season, or figures that repeat themselves exactly.
    pub fn of(sample: &[f64], season: usize) -> Result<Self, ForecastError> {
        if season == 0 {
            return Err(ForecastError::Count { what: "season", found: 0, needed: 1 });
        }
        let errors: Vec<f64> =
            sample.iter().skip(season).zip(sample).map(|(now, before)| now - before).collect();
        if errors.is_empty() {
            return Err(ForecastError::Count {
                what: "number of figures for a scale",
                found: sample.len(),
                needed: season + 1,
            });
        }
        let scaling = Self::of_errors(&errors);
        if scaling.absolute > 0.0 {
            Ok(scaling)
        } else {
            Err(ForecastError::Specification(
                "every figure is that of a season before: there is no scale for errors".to_owned(),
            ))
        }
    }

    /// Of errors; `NaN` without any.
    pub(crate) fn of_errors(errors: &[f64]) -> Self {
        let n = errors.len() as f64;
        Self {
            absolute: errors.iter().map(|e| e.abs()).sum::<f64>() / n,
            squared: (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt(),
        }
    }
}

/// Mean absolute error, `mean |y − f|`.
///
/// # Errors
/// No figure, or not one forecast for each.
pub fn mae(actual: &[f64], forecast: &[f64]) -> Result<f64, ForecastError> {
    mean_of(actual, forecast, |y, f| (y - f).abs())
}

/// Root mean squared error.
///
/// # Errors
/// No figure, or not one forecast for each.
pub fn rmse(actual: &[f64], forecast: &[f64]) -> Result<f64, ForecastError> {
    Ok(mean_of(actual, forecast, |y, f| (y - f).powi(2))?.sqrt())
}

/// Symmetric mean absolute percentage error from 0 to 200: `mean 200 |y − f| / (|y| + |f|)`, nothing where both are 0
/// (Makridakis 1993; the convention of the M3 and M4 competitions).
///
/// # Errors
/// No figure, or not one forecast for each.
pub fn smape(actual: &[f64], forecast: &[f64]) -> Result<f64, ForecastError> {
    mean_of(actual, forecast, symmetric_error)
}

/// The term of [`smape`].
pub(crate) fn symmetric_error(y: f64, f: f64) -> f64 {
    let size = y.abs() + f.abs();
    if size > 0.0 { 200.0 * (y - f).abs() / size } else { 0.0 }
}

/// Mean absolute scaled error: [`mae`] over the scale of the sample (Hyndman and Koehler 2006, §3).
///
/// # Errors
/// No figure, or not one forecast for each.
pub fn mase(actual: &[f64], forecast: &[f64], scaling: Scaling) -> Result<f64, ForecastError> {
    Ok(mae(actual, forecast)? / scaling.absolute)
}

/// Root mean squared scaled error: [`rmse`] over the root mean squared error of the seasonal naive forecast.
///
/// # Errors
/// No figure, or not one forecast for each.
pub fn rmsse(actual: &[f64], forecast: &[f64], scaling: Scaling) -> Result<f64, ForecastError> {
    Ok(rmse(actual, forecast)? / scaling.squared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let (y, f) = ([1.0, 2.0, 4.0], [2.0, 2.0, 1.0]);
        assert!((mae(&y, &f).unwrap() - 4.0 / 3.0).abs() < 1e-15);
        assert!((rmse(&y, &f).unwrap() - (10.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        let expected = 200.0 * (1.0 / 3.0 + 3.0 / 5.0) / 3.0;
        assert!((smape(&y, &f).unwrap() - expected).abs() < 1e-12);
        assert_eq!(smape(&[0.0], &[0.0]).unwrap(), 0.0);
        assert_eq!(smape(&[5.0], &[0.0]).unwrap(), 200.0);
    }

    #[test]
    fn scaled_scores_know_no_unit() {
        let sample = [3.0, 5.0, 2.0, 6.0, 4.0];
        let of = |unit: f64| {
            let times = |x: &[f64]| x.iter().map(|v| v * unit).collect::<Vec<_>>();
            let scaling = Scaling::of(&times(&sample), 2).unwrap();
            let (y, f) = (times(&[3.0, 7.0]), times(&[2.0, 4.0]));
            (mase(&y, &f, scaling).unwrap(), rmsse(&y, &f, scaling).unwrap())
        };
        assert_eq!(of(1.0), of(1024.0));
    }

    #[test]
    fn what_cannot_be_scored_is_refused() {
        assert!(matches!(mae(&[], &[]), Err(ForecastError::Count { .. })));
        assert!(matches!(rmse(&[1.0], &[1.0, 2.0]), Err(ForecastError::Specification(_))));
        assert!(Scaling::of(&[1.0, 2.0], 2).is_err() && Scaling::of(&[1.0, 2.0], 0).is_err());
        assert!(Scaling::of(&[1.0, 2.0, 1.0, 2.0], 2).is_err());
    }
}
