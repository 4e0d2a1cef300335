//! Which transformation: Guerrero's λ, and logarithms against levels.
//!
//! Guerrero (1993): cut the figures into seasons; the λ at which the standard deviation of a season is as nearly as can be
//! proportional to the power 1 − λ of its mean makes the variance even,
//!
//! ```text
//! λ = arg min  sd(r) / mean(r),   r_i = s_i / ȳ_i^(1 − λ)
//! ```
//!
//! [`Transform::choose`] compares logarithms with levels as X-13ARIMA-SEATS does (its reference manual, `transform`
//! with `function = auto`): likelihoods of the same model on both scales, with the Jacobian of the logarithm, and a
//! margin of 2 in Akaike's criterion in favour of logarithms. The model here is the optimised theta model after seasonal
//! adjustment, which takes microseconds. Checked against R forecast 8.20 `BoxCox.lambda` in tests/theta.rs.

use crate::Transform;
use crate::minimum::least;
use crate::seasonal_adjustment::{SeasonalIndices, SeasonalScale, is_seasonal};
use crate::theta::least_mean_square;

/// Guerrero's λ between `lo` and `hi`; figures left over from whole seasons are the first ones.
///
/// `None` with fewer than two seasons (of at least two figures each), or figures that are not positive.
pub fn guerrero(figures: &[f64], season: usize, (lo, hi): (f64, f64)) -> Option<f64> {
    let length = season.max(2);
    if figures.len() < 2 * length || figures.iter().any(|y| *y <= 0.0) {
        return None;
    }
    // In units of the mean, so that powers stay in range.
    let unit = figures.iter().sum::<f64>() / figures.len() as f64;
    let seasons: Vec<(f64, f64)> = figures[figures.len() % length..]
        .chunks_exact(length)
        .map(|chunk| {
            let mean = chunk.iter().sum::<f64>() / length as f64;
            let squares: f64 = chunk.iter().map(|y| (y - mean).powi(2)).sum();
            (mean / unit, (squares / (length - 1) as f64).sqrt() / unit)
        })
        .collect();
    let variation = |lambda: f64| {
        let ratios = || seasons.iter().map(|(mean, sd)| sd * mean.powf(lambda - 1.0));
        let n = seasons.len() as f64;
        let mean = ratios().sum::<f64>() / n;
        let squares: f64 = ratios().map(|r| (r - mean).powi(2)).sum();
        if mean > 0.0 { (squares / (n - 1.0)).sqrt() / mean } else { 0.0 }
    };
    Some(least(variation, lo, hi, 1e-9))
}

/// By how much Akaike's criterion of levels must be lower.
const MARGIN: f64 = 2.0;

impl Transform {
    /// Logarithms or none: levels where a figure is not positive or their likelihood is clearly higher, logarithms
    /// otherwise.
    ///
    /// `season` is the number of periods in a season, below 2 for none. The unit of the figures changes nothing.
    pub fn choose(figures: &[f64], season: usize) -> Self {
        const FEWEST: usize = 8;
        if figures.iter().any(|y| *y <= 0.0) {
            return Self::None;
        }
        if figures.len() < FEWEST {
            return Self::Log;
        }
        let n = figures.len() as f64;
        let logs: Vec<f64> = figures.iter().map(|y| y.ln()).collect();
        let mean_log = logs.iter().sum::<f64>() / n;
        // Geometric mean one: the Jacobian is then one as well.
        let levels: Vec<f64> = logs.iter().map(|w| (w - mean_log).exp()).collect();
        let logs: Vec<f64> = logs.iter().map(|w| w - mean_log).collect();
        let seasonal = is_seasonal(&logs, season);
        let mean_square = |w: &[f64]| {
            if seasonal {
                let indices = SeasonalIndices::classical(w, season, SeasonalScale::Additive);
                least_mean_square(&indices.adjust(w))
            } else {
                least_mean_square(w)
            }
        };
        let (level, log) = (mean_square(&levels), mean_square(&logs));
        if n * level.ln() + MARGIN < n * log.ln() { Self::None } else { Self::Log }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seasons whose spread is proportional to their mean are those of λ = 0, a constant spread those of λ = 1.
    #[test]
    fn guerrero_by_hand() {
        let season = |mean: f64, sd: f64| [mean - sd, mean + sd];
        let proportional: Vec<f64> =
            [1.0, 2.0, 5.0].iter().flat_map(|m| season(*m, 0.1 * m)).collect();
        assert!(guerrero(&proportional, 2, (-1.0, 2.0)).unwrap().abs() < 1e-6);
        let even: Vec<f64> = [1.0, 2.0, 5.0].iter().flat_map(|m| season(*m, 0.1)).collect();
        assert!((guerrero(&even, 2, (-1.0, 2.0)).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(guerrero(&even[..3], 2, (-1.0, 2.0)), None);
        assert_eq!(guerrero(&[1.0, 0.0, 2.0, 3.0], 2, (-1.0, 2.0)), None);
    }

    #[test]
    fn the_choice_follows_the_data_and_not_the_unit() {
        let noise = |t: usize| (t * 7919 % 101) as f64 / 101.0 - 0.5;
        let growing: Vec<f64> = (0..120)
            .map(|t| (0.02 * t as f64 + 0.2 * noise(t) + [0.3, -0.1, -0.4, 0.2][t % 4]).exp())
            .collect();
        let even: Vec<f64> = (0..120)
            .map(|t| 10.0 + 0.5 * t as f64 + 6.0 * noise(t) + [5.0, -3.0, -6.0, 4.0][t % 4])
            .collect();
        for unit in [1e-6, 1.0, 1e6] {
            let scaled = |y: &[f64]| y.iter().map(|y| y * unit).collect::<Vec<f64>>();
            assert_eq!(Transform::choose(&scaled(&growing), 4), Transform::Log);
            assert_eq!(Transform::choose(&scaled(&even), 4), Transform::None);
        }
        assert_eq!(Transform::choose(&[1.0, -2.0], 1), Transform::None);
        assert_eq!(Transform::choose(&[1.0, 2.0], 1), Transform::Log);
    }
}
