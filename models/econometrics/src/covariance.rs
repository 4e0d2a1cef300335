//! Covariance of least-squares coefficients: classical, heteroskedasticity-consistent, autocorrelation-consistent.
//!
//! With A = (X'X)⁻¹, scores sₜ = xₜuₜ and leverages hₜ:
//!
//! ```text
//! homoskedastic   σ̂² A, σ̂² = u'u/(n − k)
//! HC0 … HC3       A (Σ ωₜ sₜsₜ') A,  ω = 1, n/(n−k), 1/(1−hₜ), 1/(1−hₜ)²
//! HAC             A (Γ₀ + Σ_j w_j (Γ_j + Γ_j')) A,  Γ_j = Σ sₜs'ₜ₋ⱼ,  w_j = 1 − j/b  (Bartlett)
//! ```
//!
//! For a lag length L, b = L + 1. The automatic choices follow Newey and West (1994) without prewhitening (lag length
//! ⌊γ n^⅓⌋ from autocovariances up to ⌊4 (n/100)^(2/9)⌋) and Andrews (1991) with AR(1) approximations (b real); both
//! give every score weight one and that of the intercept none, and so depend on the units of the regressors, as in R.
//! The small-sample option multiplies by n/(n − k).
//!
//! References: White (1980) Econometrica 48(4); `MacKinnon` and White (1985) J. Econometrics 29(3); Newey and West (1987)
//! Econometrica 55(3); Andrews (1991) Econometrica 59(3), eq. 6.2–6.4; Newey and West (1994) Rev. Econ. Stud. 61(4).
//! Checked against R 4.2.2, sandwich 3.0.2 (see the tests).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::EconometricsError;
use crate::qr::{Qr, dot};

/// How many autocovariances a HAC covariance uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bandwidth {
    /// This many lags.
    Lags(usize),
    /// Chosen from the data as Newey and West (1994), without prewhitening.
    NeweyWest1994,
    /// Chosen from the data as Andrews (1991), AR(1) approximation, without prewhitening.
    Andrews1991,
}

/// What is assumed about the errors when standard errors are computed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covariance {
    /// Independent errors of one variance.
    #[default]
    Homoskedastic,
    /// Independent errors of any variances (White 1980).
    Hc0,
    /// HC0 times n/(n − k).
    Hc1,
    /// HC0 with squared residuals over 1 − h.
    Hc2,
    /// HC0 with squared residuals over (1 − h)²: the careful choice in small samples.
    Hc3,
    /// Autocorrelated errors of any variances, Bartlett kernel.
    Hac {
        /// Number of lags or rule to choose it.
        bandwidth: Bandwidth,
        /// Multiply by n/(n − k).
        small_sample: bool,
    },
}

impl Covariance {
    /// Newey and West (1987) with `lags` lags and no small-sample factor.
    pub const fn newey_west(lags: usize) -> Self {
        Self::Hac { bandwidth: Bandwidth::Lags(lags), small_sample: false }
    }
}

/// A covariance matrix and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimated {
    /// Row-major k×k.
    pub(crate) matrix: Vec<f64>,
    /// Bartlett bandwidth b, where there is one.
    pub(crate) bandwidth: Option<f64>,
}

pub(crate) fn estimate(
    kind: Covariance,
    qr: &Qr,
    columns: &[Vec<f64>],
    residuals: &[f64],
    intercept: bool,
) -> Result<Estimated, EconometricsError> {
    let (n, k) = (residuals.len(), columns.len());
    let factor = n as f64 / (n - k) as f64;
    let plain = |matrix| Estimated { matrix, bandwidth: None };
    Ok(match kind {
        Covariance::Homoskedastic => {
            let variance = dot(residuals, residuals) / (n - k) as f64;
            let mut meat = vec![0.0; k * k];
            meat.iter_mut().step_by(k + 1).for_each(|diagonal| *diagonal = variance);
            plain(qr.sandwich(&meat))
        }
        Covariance::Hc0 => plain(qr.sandwich(&white_meat(qr, k, residuals, |_| 1.0))),
        Covariance::Hc1 => plain(qr.sandwich(&white_meat(qr, k, residuals, |_| factor))),
        Covariance::Hc2 | Covariance::Hc3 => {
            let leverages = checked_leverages(qr, kind)?;
            let power = if kind == Covariance::Hc2 { 1 } else { 2 };
            let weight = |row: usize| (1.0 - leverages[row]).powi(-power);
            plain(qr.sandwich(&white_meat(qr, k, residuals, weight)))
        }
        Covariance::Hac { bandwidth, small_sample } => {
            let bandwidth = match bandwidth {
                Bandwidth::Lags(lags) if lags >= n => {
                    return Err(EconometricsError::Lags { lags, n });
                }
                Bandwidth::Lags(lags) => (lags + 1) as f64,
                Bandwidth::NeweyWest1994 => {
                    newey_west_bandwidth(&scores_without_intercept(columns, residuals, intercept))
                        .floor()
                        + 1.0
                }
                Bandwidth::Andrews1991 => {
                    andrews_bandwidth(&scores_without_intercept(columns, residuals, intercept))?
                }
            };
            let mut meat = bartlett_meat(qr, k, residuals, bandwidth);
            if small_sample {
                for m in &mut meat {
                    *m *= factor;
                }
            }
            Estimated { matrix: qr.sandwich(&meat), bandwidth: Some(bandwidth) }
        }
    })
}

fn checked_leverages(qr: &Qr, kind: Covariance) -> Result<Vec<f64>, EconometricsError> {
    let leverages = qr.leverages();
    if let Some(row) = leverages.iter().position(|h| *h > 1.0 - 1e-10) {
        let covariance = if kind == Covariance::Hc2 { "HC2" } else { "HC3" };
        return Err(EconometricsError::Leverage { row: row + 1, covariance });
    }
    Ok(leverages)
}

fn white_meat(qr: &Qr, k: usize, residuals: &[f64], weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let weights: Vec<f64> =
        residuals.iter().enumerate().map(|(row, u)| weight(row) * u * u).collect();
    let mut meat = vec![0.0; k * k];
    for i in 0..k {
        for j in 0..k {
            let products = qr.q(i).iter().zip(qr.q(j)).zip(&weights);
            meat[i * k + j] = products.map(|((a, b), w)| a * b * w).sum();
        }
    }
    meat
}

fn bartlett_meat(qr: &Qr, k: usize, residuals: &[f64], bandwidth: f64) -> Vec<f64> {
    let n = residuals.len();
    let scores: Vec<Vec<f64>> =
        (0..k).map(|j| qr.q(j).iter().zip(residuals).map(|(q, u)| q * u).collect()).collect();
    let mut meat = vec![0.0; k * k];
    for lag in 0..n {
        let weight = 1.0 - lag as f64 / bandwidth;
        if lag > 0 && weight <= 0.0 {
            break;
        }
        let weight = if lag == 0 { 1.0 } else { weight };
        for i in 0..k {
            for j in 0..k {
                let gamma = dot(&scores[i][lag..], &scores[j][..n - lag]);
                meat[i * k + j] += weight * gamma;
                if lag > 0 {
                    meat[j * k + i] += weight * gamma;
                }
            }
        }
    }
    meat
}

fn scores_without_intercept(
    columns: &[Vec<f64>],
    residuals: &[f64],
    intercept: bool,
) -> Vec<Vec<f64>> {
    let skip = usize::from(intercept && columns.len() > 1);
    let score = |column: &Vec<f64>| column.iter().zip(residuals).map(|(x, u)| x * u).collect();
    columns.iter().skip(skip).map(score).collect()
}

/// Newey and West (1994), eq. 3.8–3.14 for the Bartlett kernel: γ n^⅓ with γ = 1.1447 (s₁/s₀)^⅔.
fn newey_west_bandwidth(scores: &[Vec<f64>]) -> f64 {
    let n = scores.first().map_or(0, Vec::len);
    let truncation = (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize;
    let sum: Vec<f64> = (0..n).map(|row| scores.iter().map(|score| score[row]).sum()).collect();
    let autocovariance = |lag: usize| dot(&sum[lag..], &sum[..n - lag]) / n as f64;
    let (mut s0, mut s1) = (autocovariance(0), 0.0);
    for lag in 1..=truncation.min(n.saturating_sub(1)) {
        let sigma = autocovariance(lag);
        s0 += 2.0 * sigma;
        s1 += 2.0 * lag as f64 * sigma;
    }
    1.1447 * ((s1 / s0).powi(2) * n as f64).cbrt()
}

/// Andrews (1991), eq. 6.2 and 6.4 for the Bartlett kernel: 1.1447 (α(1) n)^⅓.
fn andrews_bandwidth(scores: &[Vec<f64>]) -> Result<f64, EconometricsError> {
    let n = scores.first().map_or(0, Vec::len);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for score in scores {
        let (rho, variance) = autoregression(score);
        if rho.abs() >= 1.0 {
            let range = "−1…1, which the choice of bandwidth by Andrews (1991) needs";
            return Err(EconometricsError::OutOfRange {
                name: "autocorrelation of a score",
                value: rho,
                range,
            });
        }
        let fourth = variance * variance;
        numerator += 4.0 * rho * rho * fourth / ((1.0 - rho).powi(6) * (1.0 + rho).powi(2));
        denominator += fourth / (1.0 - rho).powi(4);
    }
    Ok(1.1447 * (numerator / denominator * n as f64).cbrt())
}

/// Coefficient and residual variance of an AR(1) with intercept, by least squares.
fn autoregression(values: &[f64]) -> (f64, f64) {
    let n = values.len() - 1;
    let (before, after) = (&values[..n], &values[1..]);
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n as f64;
    let (mean_before, mean_after) = (mean(before), mean(after));
    let cross = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
    };
    let rho = cross(after, mean_after, before, mean_before)
        / cross(before, mean_before, before, mean_before);
    let residual = |(b, a): (&f64, &f64)| ((a - mean_after) - rho * (b - mean_before)).powi(2);
    let variance = before.iter().zip(after).map(residual).sum::<f64>() / n as f64;
    (rho, variance)
}

impl fmt::Display for Covariance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Homoskedastic => f.write_str("homoskedastic"),
            Self::Hc0 => f.write_str("HC0 (White)"),
            Self::Hc1 => f.write_str("HC1"),
            Self::Hc2 => f.write_str("HC2"),
            Self::Hc3 => f.write_str("HC3"),
            Self::Hac { bandwidth, small_sample } => {
                f.write_str("HAC, Bartlett kernel, ")?;
                match bandwidth {
                    Bandwidth::Lags(1) => f.write_str("1 lag")?,
                    Bandwidth::Lags(lags) => write!(f, "{lags} lags")?,
                    Bandwidth::NeweyWest1994 => f.write_str("lags by Newey–West 1994")?,
                    Bandwidth::Andrews1991 => f.write_str("bandwidth by Andrews 1991")?,
                }
                if *small_sample { f.write_str(", × n/(n − k)") } else { Ok(()) }
            }
        }
    }
}
