//! Tests on standardised one-step innovations: autocorrelation and normality.

use std::fmt;

use monazite_statespace::Filtered;
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// A test statistic with its p-value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom of its χ² distribution.
    pub df: usize,
    /// Probability of a larger one.
    pub p_value: f64,
}

/// Ljung and Box (1978) and Jarque and Bera (1987) on the standardised innovations of the first publication.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Diagnostics {
    /// Autocorrelation up to `lags`; innovations across a gap count as neighbours.
    pub ljung_box: Option<Test>,
    /// Lags used: 24, or a fifth of the innovations if fewer.
    pub lags: usize,
    /// Skewness and kurtosis.
    pub jarque_bera: Option<Test>,
}

impl Diagnostics {
    /// `n_parameters` of ARMA form are taken off the degrees of freedom of Ljung–Box where `arma`.
    pub(crate) fn of(filtered: &Filtered, n_parameters: usize, arma: bool) -> Self {
        let z: Vec<f64> = filtered
            .innovations()
            .iter()
            .filter(|i| i.channel == 0)
            .map(monazite_statespace::Innovation::standardised)
            .collect();
        Self::of_residuals(&z, if arma { n_parameters } else { 0 })
    }

    /// Of standardised residuals; `used` parameters are taken off the degrees of freedom of Ljung–Box.
    pub(crate) fn of_residuals(z: &[f64], used: usize) -> Self {
        let lags = 24.min(z.len() / 5);
        Self { ljung_box: ljung_box(z, lags, used), lags, jarque_bera: jarque_bera(z) }
    }
}

fn chi_squared(statistic: f64, df: usize) -> Option<Test> {
    let distribution = ChiSquared::new(df as f64).ok()?;
    statistic.is_finite().then(|| Test { statistic, df, p_value: distribution.sf(statistic) })
}

/// `n (n + 2) Σ r_k² / (n − k)` on `lags − used` degrees of freedom.
pub(crate) fn ljung_box(z: &[f64], lags: usize, used: usize) -> Option<Test> {
    let n = z.len() as f64;
    let mean = z.iter().sum::<f64>() / n;
    let total: f64 = z.iter().map(|x| (x - mean).powi(2)).sum();
    let sum: f64 = (1..=lags)
        .map(|k| {
            let cross: f64 = z.windows(k + 1).map(|w| (w[0] - mean) * (w[k] - mean)).sum();
            (cross / total).powi(2) / (n - k as f64)
        })
        .sum();
    chi_squared(n * (n + 2.0) * sum, lags.checked_sub(used).filter(|df| *df > 0)?)
}

/// `n/6 (S² + (K − 3)²/4)` on two degrees of freedom.
pub(crate) fn jarque_bera(z: &[f64]) -> Option<Test> {
    let n = z.len() as f64;
    let mean = z.iter().sum::<f64>() / n;
    let moment = |k: i32| z.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / n;
    let (variance, third, fourth) = (moment(2), moment(3), moment(4));
    let (skew, kurtosis) = (third / variance.powf(1.5), fourth / (variance * variance));
    chi_squared(n / 6.0 * (skew * skew + (kurtosis - 3.0).powi(2) / 4.0), 2)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |f: &mut fmt::Formatter<'_>, name: &str, test: Option<Test>| match test {
            Some(t) => write!(f, "{name} {:.2} (df {}, p = {:.3})", t.statistic, t.df, t.p_value),
            None => write!(f, "{name} not computed"),
        };
        show(f, &format!("Ljung–Box({})", self.lags), self.ljung_box)?;
        write!(f, ", ")?;
        show(f, "Jarque–Bera", self.jarque_bera)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R 4.2: `Box.test(c(1, -2, 3, 0, -1, 2, -3, 1, 0, 2), lag = 2, type = "Ljung")`; Jarque–Bera by hand from the
    /// population moments.
    #[test]
    fn against_r_and_by_hand() {
        let z = [1.0, -2.0, 3.0, 0.0, -1.0, 2.0, -3.0, 1.0, 0.0, 2.0];
        let test = ljung_box(&z, 2, 0).unwrap();
        assert_eq!(test.df, 2);
        assert!((test.statistic - 5.278_837_9).abs() < 1e-7, "{}", test.statistic);
        assert!((test.p_value - 0.071_402_75).abs() < 1e-8, "{}", test.p_value);
        let jb = jarque_bera(&z).unwrap();
        let (m2, m3, m4): (f64, f64, f64) = (3.21, -2.016, 21.9777);
        let expected = 10.0 / 6.0 * (m3 * m3 / m2.powi(3) + (m4 / (m2 * m2) - 3.0).powi(2) / 4.0);
        assert!((jb.statistic - expected).abs() < 1e-9, "{} {expected}", jb.statistic);
        assert!(ljung_box(&z, 2, 2).is_none());
    }
}
