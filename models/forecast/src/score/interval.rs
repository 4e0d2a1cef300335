//! Scores of intervals: how wide they are, how far figures lie outside, and how many lie inside.

use serde::Serialize;
use statrs::distribution::{Beta, ContinuousCDF};

use super::check_paired;
use crate::ForecastError;

/// Interval score of one figure, `(u − l) + 2/α (l − y)⁺ + 2/α (y − u)⁺` with `α = 1 − level` (Gneiting and Raftery 2007,
/// eq. 43), in the unit of the figure. `level` is a probability such as .95.
pub fn interval_score(actual: f64, interval: [f64; 2], level: f64) -> f64 {
    let [lower, upper] = interval;
    let outside = (lower - actual).max(0.0) + (actual - upper).max(0.0);
    (upper - lower) + 2.0 / (1.0 - level) * outside
}

/// Mean scaled interval score: the mean of [`interval_score`] over `scale`, the mean absolute error of the seasonal naive
/// forecast in the sample (Makridakis, Spiliotis and Assimakopoulos 2020, for M4).
///
/// # Errors
/// No figure, or not one interval for each.
pub fn msis(
    actual: &[f64],
    lower: &[f64],
    upper: &[f64],
    level: f64,
    scale: f64,
) -> Result<f64, ForecastError> {
    check_paired(actual, &[lower, upper])?;
    let ends = lower.iter().zip(upper);
    let sum: f64 =
        actual.iter().zip(ends).map(|(&y, (&l, &u))| interval_score(y, [l, u], level)).sum();
    Ok(sum / actual.len() as f64 / scale)
}

/// Share of the figures inside their intervals, ends included.
///
/// # Errors
/// No figure, or not one interval for each.
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> Result<f64, ForecastError> {
    check_paired(actual, &[lower, upper])?;
    let ends = lower.iter().zip(upper);
    let inside = actual.iter().zip(ends).filter(|(y, (l, u))| l <= y && y <= u).count();
    Ok(inside as f64 / actual.len() as f64)
}

/// How often intervals held, and what that says of the probability that they hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// What the intervals claim, a probability.
    pub level: f64,
    /// Share of the figures inside.
    pub share: f64,
    /// Figures.
    pub n: usize,
    /// Independent figures that would say as much.
    pub n_effective: f64,
    /// 95 % interval of the probability.
    pub interval: [f64; 2],
}

/// Exact 95 % interval of a probability after a share `share` of `n` independent trials (Clopper and Pearson 1934). `n`
/// need not be whole: with the effective number of dependent trials it is the interval of Korn and Graubard (1998).
pub fn coverage_interval(share: f64, n: f64) -> [f64; 2] {
    let (inside, outside) = (share * n, (1.0 - share) * n);
    let end = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |d| d.inverse_cdf(p));
    let lower = if share > 0.0 { end(inside, outside + 1.0, 0.025) } else { 0.0 };
    let upper = if share < 1.0 { end(inside + 1.0, outside, 0.975) } else { 1.0 };
    [lower, upper]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(interval_score(5.0, [1.0, 6.0], 0.5), 5.0);
        assert_eq!(interval_score(7.0, [1.0, 6.0], 0.5), 9.0);
        assert_eq!(interval_score(0.5, [1.0, 6.0], 0.75), 9.0);
        let (y, l, u) = ([5.0, 7.0], [1.0, 1.0], [6.0, 6.0]);
        assert_eq!(msis(&y, &l, &u, 0.5, 2.0).unwrap(), 3.5);
        assert_eq!(coverage(&y, &l, &u).unwrap(), 0.5);
        assert!(coverage(&y, &l[..1], &u).is_err() && msis(&[], &[], &[], 0.5, 1.0).is_err());
    }

    /// R 4.2.2: `binom.test(21, 24)$conf.int`.
    #[test]
    fn exact_interval_of_a_share() {
        let [lower, upper] = coverage_interval(21.0 / 24.0, 24.0);
        assert!((lower - 0.676_388_641_811_167).abs() < 1e-9, "{lower}");
        assert!((upper - 0.973_440_685_013_751).abs() < 1e-9, "{upper}");
        assert_eq!(coverage_interval(1.0, 24.0)[1], 1.0);
        assert_eq!(coverage_interval(0.0, 24.0)[0], 0.0);
    }
}
