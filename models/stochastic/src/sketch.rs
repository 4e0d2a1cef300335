//! Quantiles and tail means of any number of values in bounded memory.
//!
//! Up to [`QuantileSketch::EXACT`] values are kept and answers are exact (definition 7 of Hyndman and Fan 1996). Beyond
//! that a merging t-digest takes over: values are gathered into weighted centroids whose size in cumulative share q is
//! bounded by a step of one in `k(q) = δ/(2π)·asin(2q − 1)`, so that centroids near the extremes hold single values and
//! tails stay sharp: a centroid at q spans 2π·√(q(1 − q))/δ of cumulative share, and a quantile is wrong by half of that
//! at most. The result depends on the order of the values: push them in the order of paths and the bytes do not depend
//! on the number of threads.
//!
//! The tail mean beyond probability p is the expected shortfall of Acerbi and Tasche (2002), Journal of Banking and
//! Finance 26, definition 2.6: the mean of the worst (1 − p)·n values, the last of them in part.
//!
//! Reference: Dunning and Ertl (2019), "Computing extremely accurate quantiles using t-digests", arXiv:1902.04023,
//! section 2 (k₁) and algorithm 1. Checked against exact answers on heavy-tailed and tied samples.
//!
//! ```
//! use monazite_stochastic::QuantileSketch;
//! let mut sketch = QuantileSketch::default();
//! for value in 1..=20 {
//!     sketch.push(f64::from(value))?;
//! }
//! assert_eq!(sketch.quantile(0.5)?, 10.5);
//! assert_eq!(sketch.upper_mean(0.9)?, 19.5);
//! # Ok::<(), monazite_stochastic::StochasticError>(())
//! ```

use crate::{StochasticError, quantile_of_sorted};

/// δ: the number of centroids at most.
const COMPRESSION: f64 = 1000.0;

/// Values seen one by one, kept whole or as centroids.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuantileSketch {
    /// Mean and weight in ascending order of means; empty while the sketch is exact.
    centroids: Vec<(f64, f64)>,
    /// Values not yet in a centroid, in the order they came.
    recent: Vec<f64>,
    count: u64,
}

impl QuantileSketch {
    /// Number of values up to which answers are exact.
    pub const EXACT: usize = 1024;

    /// Adds a value.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn push(&mut self, value: f64) -> Result<(), StochasticError> {
        if !value.is_finite() {
            return Err(StochasticError::NotFinite { name: "sample value", value });
        }
        if self.recent.len() == Self::EXACT {
            self.compress();
        }
        self.recent.push(value);
        self.count += 1;
        Ok(())
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether every value is still kept.
    pub fn is_exact(&self) -> bool {
        self.centroids.is_empty()
    }

    /// Quantile at a probability.
    ///
    /// # Errors
    /// No values, or a probability outside 0…1.
    pub fn quantile(&self, probability: f64) -> Result<f64, StochasticError> {
        Ok(self.quantiles(&[probability])?[0])
    }

    /// Quantiles at several probabilities.
    ///
    /// # Errors
    /// No values, or a probability outside 0…1.
    pub fn quantiles(&self, probabilities: &[f64]) -> Result<Vec<f64>, StochasticError> {
        let all = self.all()?;
        if self.is_exact() {
            let sorted: Vec<f64> = all.into_iter().map(|(value, _)| value).collect();
            return probabilities.iter().map(|&p| quantile_of_sorted(&sorted, p)).collect();
        }
        probabilities.iter().map(|&p| interpolate(&all, self.count as f64, checked(p)?)).collect()
    }

    /// Mean of the values above the quantile at `probability`: the worst (1 − p) of losses.
    ///
    /// # Errors
    /// No values, or a probability outside 0…1 or equal to 1.
    pub fn upper_mean(&self, probability: f64) -> Result<f64, StochasticError> {
        let share = 1.0 - checked(probability)?;
        tail_mean(self.all()?.into_iter().rev(), share, self.count as f64)
    }

    /// Mean of the values below the quantile at `probability`: the lowest p of what should not be low.
    ///
    /// # Errors
    /// No values, or a probability outside 0…1 or equal to 0.
    pub fn lower_mean(&self, probability: f64) -> Result<f64, StochasticError> {
        tail_mean(self.all()?.into_iter(), checked(probability)?, self.count as f64)
    }

    /// Centroids and single values, ascending.
    fn all(&self) -> Result<Vec<(f64, f64)>, StochasticError> {
        if self.count == 0 {
            return Err(StochasticError::TooFew { needed: 1, found: 0 });
        }
        let mut all = self.centroids.clone();
        all.extend(self.recent.iter().map(|&value| (value, 1.0)));
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(all)
    }

    /// Gathers everything into centroids.
    fn compress(&mut self) {
        let Ok(all) = self.all() else { return };
        let total = self.count as f64;
        self.recent.clear();
        self.centroids.clear();
        let (mut before, mut open) = (0.0, all[0]);
        let mut limit = total * largest_share(0.0);
        for &(mean, weight) in &all[1..] {
            if before + open.1 + weight <= limit {
                open.1 += weight;
                open.0 += (mean - open.0) * weight / open.1;
            } else {
                before += open.1;
                self.centroids.push(open);
                limit = total * largest_share(before / total);
                open = (mean, weight);
            }
        }
        self.centroids.push(open);
    }
}

/// Cumulative share at which a centroid that begins at `q` has to end: one step of k₁ on.
fn largest_share(q: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, TAU};
    let angle = (2.0 * q - 1.0).clamp(-1.0, 1.0).asin() + TAU / COMPRESSION;
    f64::midpoint(angle.min(FRAC_PI_2).sin(), 1.0)
}

fn checked(probability: f64) -> Result<f64, StochasticError> {
    if (0.0..=1.0).contains(&probability) {
        Ok(probability)
    } else {
        Err(StochasticError::Probability { value: probability })
    }
}

/// Linear between the middles of centroids, which for single values is definition 7.
fn interpolate(all: &[(f64, f64)], total: f64, p: f64) -> Result<f64, StochasticError> {
    let target = p * (total - 1.0) + 0.5;
    let (mut start, mut last) = (0.0, None);
    for &(mean, weight) in all {
        let middle = start + 0.5 * weight;
        if target <= middle {
            return Ok(match last {
                Some((at, value)) => value + (mean - value) * (target - at) / (middle - at),
                None => mean,
            });
        }
        (start, last) = (start + weight, Some((middle, mean)));
    }
    last.map(|(_, mean)| mean).ok_or(StochasticError::TooFew { needed: 1, found: 0 })
}

/// Mean of the first `share`·`total` values of a sequence, the last of them in part.
fn tail_mean(
    values: impl Iterator<Item = (f64, f64)>,
    share: f64,
    total: f64,
) -> Result<f64, StochasticError> {
    let size = share * total;
    if size <= 0.0 {
        return Err(StochasticError::Probability { value: share });
    }
    let (mut sum, mut left) = (0.0, size);
    for (value, weight) in values {
        let taken = weight.min(left);
        sum += taken * value;
        left -= taken;
        if left <= 0.0 {
            break;
        }
    }
    // Rounding may leave a sliver of the size untaken; it is not a value.
    Ok(sum / (size - left.max(0.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Key, quantiles};

    fn sketch(values: &[f64]) -> QuantileSketch {
        let mut sketch = QuantileSketch::default();
        for &value in values {
            sketch.push(value).unwrap();
        }
        sketch
    }

    /// By hand: of 1…10 the worst 25 % are 10, 9 and half of 8, so (10 + 9 + 4)/2.5; the lowest 15 % are 1 and half of 2.
    #[test]
    fn tail_means_take_the_last_value_in_part() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        assert!((sketch(&ten).upper_mean(0.75).unwrap() - 9.2).abs() < 1e-12);
        assert!((sketch(&ten).lower_mean(0.15).unwrap() - 2.0 / 1.5).abs() < 1e-12);
        assert!((sketch(&ten).upper_mean(0.0).unwrap() - 5.5).abs() < 1e-12);
    }

    /// 100,000 log-normal values: quantiles within half a centroid, tail means within .2 %, bounded memory.
    #[test]
    fn many_heavy_tailed_values_in_little_memory() {
        let mut stream = Key::new(11).stream(0, 1);
        let values: Vec<f64> = (0..100_000).map(|_| stream.normal().exp()).collect();
        let sketch = sketch(&values);
        assert!(!sketch.is_exact() && sketch.centroids.len() < 1000, "{}", sketch.centroids.len());
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        for p in [0.001, 0.05, 0.3, 0.5, 0.9, 0.95, 0.999] {
            let found = sketch.quantile(p).unwrap();
            let rank = sorted.partition_point(|v| *v < found) as f64 / sorted.len() as f64;
            let half_width = std::f64::consts::PI * (p * (1.0 - p)).sqrt() / COMPRESSION;
            assert!((rank - p).abs() < half_width, "{p}: {rank}");
        }
        for (p, n) in [(0.9, 10_000), (0.95, 5_000)] {
            let exact = sorted[sorted.len() - n..].iter().sum::<f64>() / n as f64;
            assert!((sketch.upper_mean(p).unwrap() / exact - 1.0).abs() < 2e-3, "{p}");
        }
        assert_eq!(sketch.quantile(0.0).unwrap(), sorted[0]);
        assert_eq!(sketch.quantile(1.0).unwrap(), sorted[sorted.len() - 1]);
        assert!(
            (sketch.upper_mean(0.0).unwrap() / (values.iter().sum::<f64>() / 1e5) - 1.0).abs()
                < 1e-12
        );
    }

    #[test]
    fn errors_carry_their_numbers() {
        let mut one = QuantileSketch::default();
        assert!(matches!(one.quantile(0.5), Err(StochasticError::TooFew { .. })));
        assert!(matches!(one.push(f64::NAN), Err(StochasticError::NotFinite { .. })));
        one.push(1.0).unwrap();
        assert!(one.quantile(1.1).is_err() && one.upper_mean(1.0).is_err());
        assert_eq!(one.count(), 1);
    }

    proptest! {
        #[test]
        fn few_values_are_answered_exactly(values in prop::collection::vec(-1e6..1e6_f64, 1..300)) {
            let probabilities = [0.0, 0.05, 0.5, 0.77, 1.0];
            let found = sketch(&values).quantiles(&probabilities).unwrap();
            prop_assert_eq!(found, quantiles(&values, &probabilities).unwrap());
        }

        #[test]
        fn tied_values_come_back(n in 1_usize..5000, value in -1e3..1e3_f64) {
            let same = sketch(&vec![value; n]);
            prop_assert!((same.quantile(0.37).unwrap() - value).abs() <= 1e-9 * value.abs());
            prop_assert!((same.upper_mean(0.9).unwrap() - value).abs() <= 1e-9 * value.abs().max(1.0));
        }
    }
}
