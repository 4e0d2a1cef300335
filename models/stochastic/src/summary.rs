//! Means, variances and quantiles of simulated results, and differences between scenarios.
//!
//! [`Moments`] is updated value by value and merges (Welford 1962; Chan et al. 1983), so blocks can be
//! summed up apart. Floating-point sums depend on their order: merge in the order of the blocks, once, and the bytes
//! are the same whatever the number of threads. Two scenarios run with the same key share their random numbers:
//! compare them path by path with [`paired_difference`], whose interval is far narrower than that of two independent
//! means. Intervals of means use Student's t with n − 1 degrees of freedom and assume independent paths.
//!
//! References: Welford (1962), Technometrics 4(3); Chan et al. (1983), The American Statistician 37(3),
//! eq. 2.1; Hyndman and Fan (1996), The American Statistician 50(4), definition 7.

use std::fmt;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::StochasticError;

/// Count, mean, variance and extremes of values seen one by one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    mean: f64,
    sum_of_squares: f64,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { count: 0, mean: 0.0, sum_of_squares: 0.0, min, max }
    }
}

impl Moments {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let from_old_mean = value - self.mean;
        self.mean += from_old_mean / self.count as f64;
        self.sum_of_squares += from_old_mean * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds the values of another part.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (ours, theirs) = (self.count as f64, other.count as f64);
        let total = ours + theirs;
        let gap = other.mean - self.mean;
        self.mean += gap * theirs / total;
        self.sum_of_squares += other.sum_of_squares + gap * gap * ours * theirs / total;
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The parts merged in the order given.
    pub fn fold<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut total = Self::default();
        for part in parts {
            total.merge(part);
        }
        total
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; NaN if there are none.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    /// Variance with divisor n − 1; NaN below two values.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.sum_of_squares / (self.count - 1) as f64 }
    }

    /// Standard deviation with divisor n − 1.
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// Standard error of the mean.
    pub fn standard_error(&self) -> f64 {
        (self.variance() / self.count as f64).sqrt()
    }

    /// Smallest value; infinite if there are none.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// Largest value; infinite if there are none.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The mean with its standard error and 95 % interval.
    ///
    /// # Errors
    /// Fewer than two values.
    pub fn estimate(&self) -> Result<MeanEstimate, StochasticError> {
        if self.count < 2 {
            return Err(StochasticError::TooFew { needed: 2, found: self.count as usize });
        }
        let (mean, standard_error) = (self.mean, self.standard_error());
        let half_width = student_975((self.count - 1) as f64) * standard_error;
        Ok(MeanEstimate {
            count: self.count,
            mean,
            standard_error,
            lo95: mean - half_width,
            hi95: mean + half_width,
        })
    }
}

impl Extend<f64> for Moments {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        moments.extend(values);
        moments
    }
}

/// 97.5 % quantile of Student's t.
fn student_975(degrees_of_freedom: f64) -> f64 {
    // Location 0, scale 1 and positive degrees of freedom are always accepted.
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(f64::NAN, |t| t.inverse_cdf(0.975))
}

/// A mean, its standard error and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanEstimate {
    /// Number of values.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of the 95 % interval of the mean.
    pub lo95: f64,
    /// Upper end.
    pub hi95: f64,
}

impl MeanEstimate {
    /// Whether the 95 % interval leaves out zero.
    pub fn differs_from_zero(&self) -> bool {
        self.lo95 > 0.0 || self.hi95 < 0.0
    }
}

impl fmt::Display for MeanEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precision = f.precision().unwrap_or(4);
        write!(
            f,
            "{:.precision$} [{:.precision$}, {:.precision$}]",
            self.mean, self.lo95, self.hi95
        )
    }
}

/// Mean of a − b over paths that share their random numbers, with its standard error and 95 % interval.
///
/// ```
/// use monazite_stochastic::paired_difference;
/// let shocked = [11.0, 13.0, 18.0];
/// let baseline = [10.0, 12.0, 16.0];
/// assert!((paired_difference(&shocked, &baseline)?.mean - 4.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), monazite_stochastic::StochasticError>(())
/// ```
///
/// # Errors
/// Lengths differ, or fewer than two pairs.
pub fn paired_difference(a: &[f64], b: &[f64]) -> Result<MeanEstimate, StochasticError> {
    if a.len() != b.len() {
        return Err(StochasticError::Length { left: a.len(), right: b.len() });
    }
    a.iter().zip(b).map(|(a, b)| a - b).collect::<Moments>().estimate()
}

/// Quantiles by linear interpolation between order statistics (Hyndman and Fan's definition 7), exact for the sample.
///
/// # Errors
/// No values, a value that is not a number, or a probability outside 0…1.
pub fn quantiles(values: &[f64], probabilities: &[f64]) -> Result<Vec<f64>, StochasticError> {
    let sorted = sorted(values)?;
    probabilities.iter().map(|&p| quantile_of_sorted(&sorted, p)).collect()
}

fn sorted(values: &[f64]) -> Result<Vec<f64>, StochasticError> {
    if values.is_empty() {
        return Err(StochasticError::TooFew { needed: 1, found: 0 });
    }
    if let Some(&value) = values.iter().find(|value| value.is_nan()) {
        return Err(StochasticError::NotFinite { name: "sample value", value });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(sorted)
}

/// The same of values in ascending order, of which there is at least one.
///
/// # Errors
/// A probability outside 0…1.
///
/// # Panics
/// If there are no values.
pub fn quantile_of_sorted(sorted: &[f64], probability: f64) -> Result<f64, StochasticError> {
    if !(0.0..=1.0).contains(&probability) {
        return Err(StochasticError::Probability { value: probability });
    }
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor();
    let lower = sorted[below as usize];
    let upper = sorted[position.ceil() as usize];
    // No arithmetic where none is needed: infinite values stay what they are.
    if lower == upper { Ok(lower) } else { Ok(lower + (position - below) * (upper - lower)) }
}

/// A set of values summed up: its mean with interval, its spread, and its quantiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    mean: MeanEstimate,
    moments: Moments,
    sorted: Vec<f64>,
}

impl Summary {
    /// Sums up `values`; they are folded in the order given.
    ///
    /// # Errors
    /// Fewer than two values, or one that is not finite.
    pub fn of(values: &[f64]) -> Result<Self, StochasticError> {
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(StochasticError::NotFinite { name: "sample value", value });
        }
        let moments: Moments = values.iter().copied().collect();
        Ok(Self { mean: moments.estimate()?, moments, sorted: sorted(values)? })
    }

    /// The mean with its standard error and 95 % interval.
    pub fn mean(&self) -> MeanEstimate {
        self.mean
    }

    /// Count, variance, extremes.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Standard deviation with divisor n − 1.
    pub fn standard_deviation(&self) -> f64 {
        self.moments.standard_deviation()
    }

    /// Quantile by linear interpolation between order statistics.
    ///
    /// # Errors
    /// A probability outside 0…1.
    pub fn quantile(&self, probability: f64) -> Result<f64, StochasticError> {
        quantile_of_sorted(&self.sorted, probability)
    }

    /// The median.
    pub fn median(&self) -> f64 {
        quantile_of_sorted(&self.sorted, 0.5).unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Key;

    /// R 4.2.2: x <- c(3, 1, 4, 1, 5, 9, 2, 6); mean(x); var(x); quantile(x, c(.1, .5, .9)); t.test(x)$conf.int
    #[test]
    fn a_sample_by_hand() {
        let summary = Summary::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).unwrap();
        let close =
            |ours: f64, golden: f64| assert!((ours - golden).abs() < 1e-9, "{ours} {golden}");
        close(summary.mean().mean, 3.875);
        close(summary.moments().variance(), 7.553571428571429);
        for (p, golden) in [(0.0, 1.0), (0.1, 1.0), (0.5, 3.5), (0.9, 6.9), (1.0, 9.0)] {
            close(summary.quantile(p).unwrap(), golden);
        }
        close(summary.mean().lo95, GOLDEN_INTERVAL.0);
        close(summary.mean().hi95, GOLDEN_INTERVAL.1);
        assert_eq!((summary.moments().min(), summary.moments().max()), (1.0, 9.0));
    }
    const GOLDEN_INTERVAL: (f64, f64) = (1.577300043159245, 6.172699956840755);

    #[test]
    fn common_random_numbers_narrow_the_interval() {
        let values = |shift: f64, seed: u64| -> Vec<f64> {
            (0..500).map(|path| Key::new(seed).stream(path, 1).normal().exp() + shift).collect()
        };
        let paired = paired_difference(&values(0.1, 1), &values(0.0, 1)).unwrap();
        let independent = paired_difference(&values(0.1, 1), &values(0.0, 2)).unwrap();
        assert!((paired.mean - 0.1).abs() < 1e-12 && paired.differs_from_zero());
        assert!(paired.standard_error < 1e-3 * independent.standard_error);
    }

    #[test]
    fn a_large_offset_costs_no_precision() {
        let moments: Moments = [4.0, 7.0, 13.0, 16.0].map(|v| v + 1e9).into_iter().collect();
        assert_eq!(moments.variance(), 30.0);
    }

    #[test]
    fn errors_carry_their_numbers() {
        assert_eq!(
            paired_difference(&[1.0], &[1.0, 2.0]),
            Err(StochasticError::Length { left: 1, right: 2 })
        );
        assert_eq!(
            Summary::of(&[1.0]).unwrap_err(),
            StochasticError::TooFew { needed: 2, found: 1 }
        );
        assert!(matches!(
            quantiles(&[1.0, f64::NAN], &[0.5]),
            Err(StochasticError::NotFinite { .. })
        ));
        assert!(matches!(quantiles(&[1.0], &[1.5]), Err(StochasticError::Probability { .. })));
        assert!(Moments::default().mean().is_nan());
    }

    proptest! {
        #[test]
        fn parts_merge_to_the_whole(
            values in prop::collection::vec(-1e6..1e6_f64, 2..200),
            cut in 0.0..1.0_f64,
        ) {
            let cut = (cut * values.len() as f64) as usize;
            let whole: Moments = values.iter().copied().collect();
            let parts = [&values[..cut], &values[cut..]].map(|part| part.iter().copied().collect());
            let merged = Moments::fold(&parts);
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert_eq!((merged.min(), merged.max()), (whole.min(), whole.max()));
            prop_assert!((merged.mean() - whole.mean()).abs() <= 1e-9 * 1e6);
            prop_assert!((merged.variance() - whole.variance()).abs() <= 1e-12 * 1e12);
        }

        #[test]
        fn quantiles_do_not_depend_on_order(mut values in prop::collection::vec(-1e6..1e6_f64, 1..50)) {
            let probabilities = [0.025, 0.3, 0.5, 0.975];
            let before = quantiles(&values, &probabilities).unwrap();
            values.reverse();
            prop_assert_eq!(&before, &quantiles(&values, &probabilities).unwrap());
            prop_assert!(before.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}
