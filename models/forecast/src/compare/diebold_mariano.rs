//! The test of equal accuracy of Diebold and Mariano (1995), with the correction of Harvey, Leybourne and Newbold (1997).
//!
//! The mean loss differential `d̄` over n forecasts, h steps ahead, is taken over its long-run standard error:
//! `S = d̄ / √(ω/n)`, `ω = γ₀ + 2 Σ_{k<h} w_k γ_k`, since errors h steps ahead depend on one another over h − 1 lags. The
//! correction multiplies S by `√((n + 1 − 2h + h(h − 1)/n)/n)` and compares it with Student's t on n − 1 degrees of
//! freedom. Weights `w_k` are 1 ([`Kernel::Rectangular`], the original) or `1 − k/h` ([`Kernel::Bartlett`], Newey and West
//! 1987), whose ω cannot be negative.
//!
//! It compares forecasts, not models: for nested models that are estimated it rejects too seldom (Clark and `McCracken`
//! 2001). Checked against R forecast 8.20, `dm.test`.

use std::fmt;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::ForecastError;

/// Weights of autocovariances in a long-run variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// 1 up to the lag h − 1.
    Rectangular,
    /// `1 − k/h`.
    Bartlett,
}

/// A comparison of two sets of forecasts by their losses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DieboldMariano {
    /// The corrected statistic; negative where the first has the smaller losses.
    pub statistic: f64,
    /// Mean of the losses of the first less those of the second.
    pub mean_differential: f64,
    /// Differentials.
    pub n: usize,
    /// Steps ahead: one more than the lags of the long-run variance.
    pub horizon: usize,
    /// Weights used: Bartlett's also where the rectangular ones gave no positive variance.
    pub kernel: Kernel,
    /// Probability of a statistic as far from 0, if both are as accurate.
    pub p_value: f64,
    /// The same of one as small: small where the first is more accurate.
    pub p_less: f64,
    /// The same of one as large: small where the second is more accurate.
    pub p_greater: f64,
}

/// `(γ₀ + 2 Σ w_k γ_k)`, with `γ_k = Σ x_t x_{t+k} / n` of deviations from their mean.
pub(crate) fn long_run_variance(deviations: &[f64], horizon: usize, kernel: Kernel) -> f64 {
    let n = deviations.len();
    let autocovariance = |k: usize| {
        deviations.iter().zip(&deviations[k..]).map(|(a, b)| a * b).sum::<f64>() / n as f64
    };
    let weighted = (1..horizon.min(n)).map(|k| {
        let weight = match kernel {
            Kernel::Rectangular => 1.0,
            Kernel::Bartlett => 1.0 - k as f64 / horizon as f64,
        };
        2.0 * weight * autocovariance(k)
    });
    autocovariance(0) + weighted.sum::<f64>()
}

impl DieboldMariano {
    /// Of loss differentials, first less second, in the order of time. Where none differs from 0 the p-values are 1.
    ///
    /// # Errors
    /// No horizon, no more differentials than the horizon, or one that is not finite.
    pub fn of_differentials(
        differentials: &[f64],
        horizon: usize,
        kernel: Kernel,
    ) -> Result<Self, ForecastError> {
        let n = differentials.len();
        if horizon == 0 {
            return Err(ForecastError::Count { what: "horizon", found: 0, needed: 1 });
        }
        if n < (horizon + 1).max(3) {
            return Err(ForecastError::Count {
                what: "number of loss differentials",
                found: n,
                needed: (horizon + 1).max(3),
            });
        }
        let (size, h) = (n as f64, horizon as f64);
        let mean_differential = differentials.iter().sum::<f64>() / size;
        if !mean_differential.is_finite() {
            return Err(ForecastError::Specification("a loss is not a finite number".to_owned()));
        }
        let deviations: Vec<f64> = differentials.iter().map(|d| d - mean_differential).collect();
        let mut used = kernel;
        let mut variance = long_run_variance(&deviations, horizon, kernel);
        if variance <= 0.0 && kernel == Kernel::Rectangular {
            used = Kernel::Bartlett;
            variance = long_run_variance(&deviations, horizon, used);
        }
        let correction = ((size + 1.0 - 2.0 * h + h * (h - 1.0) / size) / size).sqrt();
        let statistic = if mean_differential == 0.0 {
            0.0
        } else {
            mean_differential / (variance.max(0.0) / size).sqrt() * correction
        };
        let (p_less, p_greater) = tails(statistic, size - 1.0);
        let p_value = (2.0 * p_less.min(p_greater)).min(1.0);
        Ok(Self {
            statistic,
            mean_differential,
            n,
            horizon,
            kernel: used,
            p_value,
            p_less,
            p_greater,
        })
    }

    /// Of the losses of two sets of forecasts of the same figures.
    ///
    /// # Errors
    /// As [`DieboldMariano::of_differentials`], or losses of different numbers of figures.
    pub fn of_losses(
        first: &[f64],
        second: &[f64],
        horizon: usize,
        kernel: Kernel,
    ) -> Result<Self, ForecastError> {
        if first.len() != second.len() {
            return Err(ForecastError::Specification(format!(
                "{} losses cannot be compared with {}",
                first.len(),
                second.len()
            )));
        }
        let differentials: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        Self::of_differentials(&differentials, horizon, kernel)
    }
}

/// Probabilities below and above under Student's t; certain for an infinite statistic.
fn tails(statistic: f64, df: f64) -> (f64, f64) {
    if statistic.is_infinite() {
        return if statistic < 0.0 { (0.0, 1.0) } else { (1.0, 0.0) };
    }
    StudentsT::new(0.0, 1.0, df)
        .map_or((f64::NAN, f64::NAN), |t| (t.cdf(statistic), t.sf(statistic)))
}

impl fmt::Display for DieboldMariano {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, lags) = (self.n, self.horizon - 1);
        write!(f, "DM {:.2} (n = {n}, {lags} lags, p = {:.3})", self.statistic, self.p_value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_ahead_by_hand() {
        // d̄ = 2, ω = 2/3, S = 2/√(2/9) · √((3 + 1 − 2)/3) = 2/√(1/3).
        let test =
            DieboldMariano::of_differentials(&[1.0, 2.0, 3.0], 1, Kernel::Rectangular).unwrap();
        assert!((test.statistic - 2.0 * 3.0_f64.sqrt()).abs() < 1e-12);
        assert!((test.p_less + test.p_greater - 1.0).abs() < 1e-12);
    }

    #[test]
    fn swapping_the_two_changes_the_sign() {
        let (a, b) = ([1.0, 2.0, 5.0, 1.0, 4.0, 2.0], [2.0, 2.5, 4.0, 3.0, 4.5, 3.0]);
        let one = DieboldMariano::of_losses(&a, &b, 2, Kernel::Bartlett).unwrap();
        let other = DieboldMariano::of_losses(&b, &a, 2, Kernel::Bartlett).unwrap();
        assert_eq!(one.statistic, -other.statistic);
        assert!((one.p_less - other.p_greater).abs() < 1e-14);
        assert!((one.p_value - other.p_value).abs() < 1e-14);
    }

    #[test]
    fn a_rectangular_variance_that_is_negative_gives_way() {
        let test = DieboldMariano::of_differentials(
            &[1.0, -1.0, 1.2, -1.0, 1.0, -1.1, 1.0, -1.0],
            2,
            Kernel::Rectangular,
        )
        .unwrap();
        assert_eq!(test.kernel, Kernel::Bartlett);
        assert!(test.statistic.is_finite());
    }

    #[test]
    fn edges() {
        let of = |d: &[f64], h| DieboldMariano::of_differentials(d, h, Kernel::Bartlett);
        assert_eq!(of(&[0.0; 8], 2).unwrap().p_value, 1.0);
        assert_eq!(of(&[-1.0; 8], 2).unwrap().p_less, 0.0);
        assert!(of(&[1.0, 2.0, 1.0], 3).is_err() && of(&[1.0; 9], 0).is_err());
        assert!(of(&[1.0, f64::NAN, 1.0], 1).is_err());
        assert!(DieboldMariano::of_losses(&[1.0], &[], 1, Kernel::Bartlett).is_err());
    }
}
