//! Whether distributions are calibrated: the probability integral transform of a figure, `F(y)`, is then uniform (Dawid
//! 1984; Diebold, Gunther and Tay 1998).
//!
//! One step ahead the values are also independent; h steps ahead they depend on one another over h − 1 origins, and both
//! tests below then reject too often. Use them on figures one step ahead, or on every h-th origin.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::Test;
use crate::marginal::normal_quantile;

/// Values nearer to 0 or 1 than this are moved there, since the normal quantile of 0 is −∞.
const EDGE: f64 = 1e-9;

/// The transform of a figure under draws: its mid-rank among them, `(below + ½ equal + ½) / (n + 1)`, never 0 or 1.
pub fn pit_of_draws(draws: &[f64], actual: f64) -> f64 {
    let below = draws.iter().filter(|d| **d < actual).count() as f64;
    let equal = draws.iter().filter(|d| **d == actual).count() as f64;
    (below + 0.5 * equal + 0.5) / (draws.len() as f64 + 1.0)
}

/// Berkowitz (2001, eq. 12): likelihood ratio of independent standard normal `z = Φ⁻¹(F(y))` against a first-order
/// autoregression with any mean and variance, conditional on the first value; χ² on 3 degrees of freedom. The values are
/// in the order of time. `None` for fewer than eight, or values that do not vary.
pub fn berkowitz(pit: &[f64]) -> Option<Test> {
    const FEWEST: usize = 8;
    if pit.len() < FEWEST {
        return None;
    }
    let z: Vec<f64> = pit.iter().map(|p| normal_quantile(p.clamp(EDGE, 1.0 - EDGE))).collect();
    let (before, now) = (&z[..z.len() - 1], &z[1..]);
    let n = now.len() as f64;
    let (x_mean, y_mean) = (before.iter().sum::<f64>() / n, now.iter().sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in before.iter().zip(now) {
        let (x, y) = (x - x_mean, y - y_mean);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
    }
    if xx <= 0.0 || yy <= 0.0 {
        return None;
    }
    let variance = (yy - xy * xy / xx) / n;
    let squares: f64 = now.iter().map(|y| y * y).sum();
    chi_squared(squares - n - n * variance.ln(), 3)
}

/// Pearson's χ² of the numbers in ten classes of equal width, on 9 degrees of freedom. `None` without values; below
/// fifty the approximation is rough.
pub fn pit_deciles(pit: &[f64]) -> Option<Test> {
    let mut counts = [0.0_f64; 10];
    for p in pit {
        // (0, .1] … (.9, 1], 0 in the first.
        let class = (10.0 * p).ceil() as usize;
        counts[class.clamp(1, 10) - 1] += 1.0;
    }
    let expected = pit.len() as f64 / 10.0;
    chi_squared(counts.iter().map(|c| (c - expected).powi(2) / expected).sum(), 9)
}

fn chi_squared(statistic: f64, df: usize) -> Option<Test> {
    let distribution = ChiSquared::new(df as f64).ok()?;
    statistic.is_finite().then(|| Test { statistic, df, p_value: distribution.sf(statistic) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_of_a_figure() {
        assert_eq!(pit_of_draws(&[1.0, 2.0, 3.0], 2.5), 0.625);
        assert_eq!(pit_of_draws(&[1.0, 2.0, 3.0], 2.0), 0.5);
        assert_eq!(pit_of_draws(&[1.0, 2.0, 3.0], 9.0), 0.875);
    }

    #[test]
    fn forecasts_too_narrow_are_found_out() {
        let even: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60) / 60.0 + 1.0 / 120.0).collect();
        assert!(pit_deciles(&even).unwrap().p_value > 0.99);
        let outside: Vec<f64> = even.iter().map(|p| if *p < 0.5 { 0.01 } else { 0.98 }).collect();
        assert!(pit_deciles(&outside).unwrap().p_value < 1e-6);
        assert!(berkowitz(&outside).unwrap().p_value < 1e-6);
        assert!(berkowitz(&even[..5]).is_none() && berkowitz(&[0.5; 20]).is_none());
        assert!(berkowitz(&[0.0, 1.0, 0.3, 0.4, 0.6, 0.9, 0.1, 0.2]).is_some());
    }
}
