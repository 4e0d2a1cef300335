//! Scores of distributions: quantile loss and the continuous ranked probability score, in the unit of the figure.
//!
//! `CRPS(F, y) = ∫ (F(x) − 1{y ≤ x})² dx = 2 ∫ pinball(F⁻¹(α), y; α) dα` (Gneiting and Raftery 2007, eq. 20; Laio and
//! Tamea 2007): the absolute error of a certain forecast, and less the sharper and the better centred a distribution is.

use std::f64::consts::PI;

use statrs::function::erf::erfc;

use super::mean_of;
use crate::{ForecastError, Marginal};

/// Loss of a quantile forecast, `(α − 1{y < q}) (y − q)` (Koenker and Bassett 1978).
pub fn pinball(actual: f64, quantile: f64, probability: f64) -> f64 {
    let gap = actual - quantile;
    if gap >= 0.0 { probability * gap } else { (probability - 1.0) * gap }
}

/// Weighted quantile loss, `Σ 2 pinball / Σ |y|`, averaged over the probabilities (Salinas et al. 2020, §4.1): 0 is
/// perfect, at the median alone it is the absolute error over the size of the figures. `quantiles` are pairs of a
/// probability and its forecasts, one a figure.
///
/// # Errors
/// No figure or no quantile, or not one forecast for each figure.
pub fn weighted_quantile_loss(
    actual: &[f64],
    quantiles: &[(f64, &[f64])],
) -> Result<f64, ForecastError> {
    if quantiles.is_empty() {
        return Err(ForecastError::Count { what: "number of quantiles", found: 0, needed: 1 });
    }
    let size = mean_of(actual, actual, |y, _| y.abs())?;
    let mut sum = 0.0;
    for (probability, forecast) in quantiles {
        sum += mean_of(actual, forecast, |y, q| 2.0 * pinball(y, q, *probability))?;
    }
    Ok(sum / quantiles.len() as f64 / size)
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

fn probability_below(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

/// CRPS of a normal forecast, `σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π)` (Gneiting et al. 2005, eq. 5); the absolute error if `sd`
/// is 0.
pub fn crps_normal(mean: f64, sd: f64, actual: f64) -> f64 {
    if sd <= 0.0 {
        return (actual - mean).abs();
    }
    let z = (actual - mean) / sd;
    sd * (z * (2.0 * probability_below(z) - 1.0) + 2.0 * density(z) - 1.0 / PI.sqrt())
}

/// Mean absolute value of a normal, `A(μ, σ²)` of Grimit et al. (2006, eq. 5).
fn mean_absolute(mean: f64, sd: f64) -> f64 {
    if sd <= 0.0 {
        return mean.abs();
    }
    let z = mean / sd;
    2.0 * sd * density(z) + mean * (2.0 * probability_below(z) - 1.0)
}

/// CRPS of a mixture of normals `(weight, mean, sd)`, the weights adding up to one: `Σ wᵢ A(y − μᵢ, σᵢ²) − ½ ΣΣ wᵢ wⱼ
/// A(μᵢ − μⱼ, σᵢ² + σⱼ²)` (Grimit, Gneiting, Berrocal and Johnson 2006, eq. 5).
pub fn crps_normal_mixture(parts: &[(f64, f64, f64)], actual: f64) -> f64 {
    let mut score = 0.0;
    for (i, &(weight, mean, sd)) in parts.iter().enumerate() {
        score += weight * mean_absolute(actual - mean, sd);
        score -= 0.5 * weight * weight * mean_absolute(0.0, sd * std::f64::consts::SQRT_2);
        for &(other, other_mean, other_sd) in &parts[..i] {
            score -= weight * other * mean_absolute(mean - other_mean, sd.hypot(other_sd));
        }
    }
    score
}

/// CRPS from independent draws of the forecast, `mean |x − y| − ΣΣ |xᵢ − xⱼ| / (2 n (n − 1))`: the fair estimator, whose
/// expectation is the score of the distribution drawn from (Ferro 2014; Zamo and Naveau 2018, eq. 7). It can fall below 0
/// in few draws. With a single draw its absolute error; `NaN` without any.
pub fn crps_draws(draws: &[f64], actual: f64) -> f64 {
    let n = draws.len() as f64;
    let error = draws.iter().map(|x| (x - actual).abs()).sum::<f64>() / n;
    if draws.len() < 2 {
        return error;
    }
    let mut sorted = draws.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // Σ_{i<j} (x_j − x_i): the k-th draw is added k times and taken off n − 1 − k times. Around the median, against
    // cancellation.
    let centre = sorted[sorted.len() / 2];
    let spread: f64 =
        sorted.iter().enumerate().map(|(k, x)| (2.0 * k as f64 + 1.0 - n) * (x - centre)).sum();
    error - spread / (n * (n - 1.0))
}

/// CRPS of a [`Marginal`]: in closed form for normals and their mixtures in levels, else by integration
/// of `(F(y) − 1{y ≥ x})²`, to about six digits. Of draws it is the score of their interpolated distribution, not the fair estimate.
pub fn crps_marginal(marginal: &Marginal, actual: f64) -> f64 {
    match marginal.level_normals() {
        Some(parts) => crps_normal_mixture(&parts, actual),
        None => crps_above(marginal, f64::NEG_INFINITY, actual),
    }
}

/// Nodes and weights of Gauss and Legendre on (−1, 1), positive half of eight.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];

/// `∫ (F(y) − 1{y ≥ actual})² dy` of a distribution that has what lies below `floor` at `floor`, over panels that end near
/// quantiles evenly apart in z: on both sides of the figure apart, since the integrand jumps there.
pub(crate) fn crps_above(marginal: &Marginal, floor: f64, actual: f64) -> f64 {
    /// Beyond this the probability is 3·10⁻¹⁴.
    const REACH: f64 = 7.5;
    const PANELS: usize = 30;
    let mut ends: Vec<f64> = (0..=PANELS)
        .map(|i| REACH * (2.0 * i as f64 / PANELS as f64 - 1.0))
        .map(|z| marginal.rough_quantile(probability_below(z)).max(floor))
        .collect();
    let at = ends.partition_point(|end| *end < actual);
    ends.insert(at, actual);
    let squared = |y: f64| {
        let below = marginal.cdf(y);
        if y < actual { below * below } else { (1.0 - below) * (1.0 - below) }
    };
    let panel = |pair: &[f64]| {
        let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
        let two =
            |(x, w): (f64, f64)| w * (squared(middle - x * half) + squared(middle + x * half));
        half * GAUSS.iter().map(|&node| two(node)).sum::<f64>()
    };
    // Rough ends of neighbouring panels may be out of order by their error: sorted, they are panels again.
    ends.sort_by(f64::total_cmp);
    ends.windows(2).filter(|pair| pair[1] > pair[0]).map(panel).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transform;

    #[test]
    fn quantile_loss_by_hand() {
        assert_eq!(pinball(3.0, 1.0, 0.9), 1.8);
        assert!((pinball(1.0, 3.0, 0.9) - 0.2).abs() < 1e-15);
        let loss = weighted_quantile_loss(&[2.0, 4.0], &[(0.5, &[1.0, 4.0])]).unwrap();
        assert!((loss - 1.0 / 6.0).abs() < 1e-15);
        assert!(weighted_quantile_loss(&[1.0], &[]).is_err());
    }

    #[test]
    fn one_normal_or_many_equal_ones() {
        let one = crps_normal(1.0, 2.0, 4.0);
        assert!((crps_normal_mixture(&[(1.0, 1.0, 2.0)], 4.0) - one).abs() < 1e-14);
        let halves = [(0.5, 1.0, 2.0), (0.5, 1.0, 2.0)];
        assert!((crps_normal_mixture(&halves, 4.0) - one).abs() < 1e-14);
        assert_eq!(crps_normal(1.0, 0.0, 4.0), 3.0);
    }

    #[test]
    fn integration_finds_the_closed_form() {
        for actual in [-3.0, 0.2, 1.7, 30.0] {
            let marginal = Marginal::normal(1.0, 2.0, Transform::None);
            let found = crps_above(&marginal, f64::NEG_INFINITY, actual);
            assert!((found - crps_normal(1.0, 2.0, actual)).abs() < 1e-9, "{found}");
            // Rough ends of panels do as well.
            let parts = [(0.3, 1.0, 2.0), (0.7, 4.0, 0.5)];
            let mixture = Marginal::normals(&parts, Transform::None);
            let found = crps_above(&mixture, f64::NEG_INFINITY, actual);
            assert!((found - crps_normal_mixture(&parts, actual)).abs() < 1e-7, "{found}");
        }
        // What lies below 0 is at 0: the figure 1 of a normal around 0 loses ∫ over (0, 1) F² + ∫ over (1, ∞) (1 − F)².
        let whole = crps_normal(0.0, 1.0, 1.0);
        let below = crps_normal(0.0, 1.0, 0.0) / 2.0;
        let found = crps_above(&Marginal::normal(0.0, 1.0, Transform::None), 0.0, 1.0);
        assert!((found - (whole - below)).abs() < 1e-9, "{found}");
        // y = 0 at one of three draws 0, 1, 2 interpolated: F = x/2 on (0, 2), ∫ (x/2 − 1)² dx = 2/3.
        let draws = crps_marginal(&Marginal::draws(vec![0.0, 1.0, 2.0]), 0.0);
        assert!((draws - 2.0 / 3.0).abs() < 1e-5, "{draws}");
    }

    #[test]
    fn draws_are_fair_in_any_order_and_unit() {
        // Two draws 0 and 2, figure 1: 1 − 2·2/(2·2·1) = 0.
        assert_eq!(crps_draws(&[0.0, 2.0], 1.0), 0.0);
        assert_eq!(crps_draws(&[3.0], 1.0), 2.0);
        let mut draws: Vec<f64> = (0..40).map(|i| f64::from(i * 17 % 40)).collect();
        let one = crps_draws(&draws, 11.0);
        draws.reverse();
        assert_eq!(crps_draws(&draws, 11.0), one);
        let twice: Vec<f64> = draws.iter().map(|x| 2.0 * x).collect();
        assert!((crps_draws(&twice, 22.0) - 2.0 * one).abs() < 1e-12);
    }
}
