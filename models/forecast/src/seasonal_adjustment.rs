//! Seasonal indices of a series, shrunk as far as they are noise, and the series without them.
//!
//! Use it before a method that knows no season. It assumes a pattern that does not change over the sample.
//!
//! Classical decomposition: differences from (ratios to) a centred moving average over one season, averaged by the place
//! in the season and brought to mean 0 (mean 1). An average of a few noisy figures is too far from its mean: the estimator
//! of James and Stein, as Miller and Williams (2003, §3) apply it to seasonal factors, pulls each index towards no season,
//!
//! ```text
//! s_j ← (1 − W) s_j,   W = (m − 3)/(m − 1) · V / (V + A),   V + A = Σ s_j² / (m − 1)
//! ```
//!
//! where `V` is the mean sampling variance of an index, here from the pooled spread of the figures that are averaged, and
//! `A` the variance of the indices themselves. Whether there is a season at all is asked as in the competitions: the
//! autocorrelation at a season against its standard error with those before (Bartlett), at 90 %. Without three seasons
//! of figures nothing is removed. Checked against R 4.2 `decompose` in tests/theta.rs.

use serde::{Deserialize, Serialize};

use crate::method::Refusal;
use crate::{Marginal, Transform};

/// How indices act on figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeasonalScale {
    /// They add to them.
    Additive,
    /// They multiply them.
    Multiplicative,
}

/// The season of a series: an index for each of its periods, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct SeasonalIndices {
    scale: SeasonalScale,
    /// From the first figure on; empty: no season.
    indices: Vec<f64>,
    /// Mean sampling variance of an index.
    variance: f64,
    /// By how much they were shrunk.
    shrinkage: f64,
}

/// Normal quantile at 95 %: a test at 90 % on both sides.
const Z90: f64 = 1.644_853_626_951_472_7;

/// Whether the autocorrelation at a season is more than chance, at 90 %.
///
/// False without three seasons of figures.
pub fn is_seasonal(figures: &[f64], season: usize) -> bool {
    let n = figures.len();
    if season < 2 || n < 3 * season {
        return false;
    }
    let mean = figures.iter().sum::<f64>() / n as f64;
    let total: f64 = figures.iter().map(|y| (y - mean).powi(2)).sum();
    let correlation = |k: usize| {
        let pairs = figures.iter().zip(&figures[k..]);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / total
    };
    let before: f64 = (1..season).map(|k| correlation(k).powi(2)).sum();
    let se = ((1.0 + 2.0 * before) / n as f64).sqrt();
    correlation(season).abs() > Z90 * se
}

/// Moving average over one season, centred; NaN where it does not reach. `out` is as long as the figures.
fn centred_average(figures: &[f64], season: usize) -> Vec<f64> {
    let (n, half) = (figures.len(), season / 2);
    let mut out = vec![f64::NAN; n];
    for t in half..n.saturating_sub(half) {
        let inner: f64 = if season.is_multiple_of(2) {
            let ends = 0.5 * (figures[t - half] + figures[t + half]);
            figures[t - half + 1..t + half].iter().sum::<f64>() + ends
        } else {
            figures[t - half..=t + half].iter().sum()
        };
        out[t] = inner / season as f64;
    }
    out
}

impl SeasonalIndices {
    /// No season: adjusting changes nothing.
    pub fn none(scale: SeasonalScale) -> Self {
        Self { scale, indices: Vec::new(), variance: 0.0, shrinkage: 0.0 }
    }

    /// The indices of classical decomposition; none without three seasons of figures, or for ratios to an average that
    /// is not positive.
    pub fn classical(figures: &[f64], season: usize, scale: SeasonalScale) -> Self {
        if season < 2 || figures.len() < 3 * season {
            return Self::none(scale);
        }
        let trend = centred_average(figures, season);
        if scale == SeasonalScale::Multiplicative && trend.iter().any(|x| *x <= 0.0) {
            return Self::none(scale);
        }
        let mut places = Places::new(season);
        for (t, (y, level)) in figures.iter().zip(&trend).enumerate() {
            if !level.is_nan() {
                let gap =
                    if scale == SeasonalScale::Additive { y - level } else { y / level - 1.0 };
                places.add(t % season, gap);
            }
        }
        let (mut indices, variance) = places.means();
        let centre = indices.iter().sum::<f64>() / season as f64;
        for index in &mut indices {
            *index = match scale {
                SeasonalScale::Additive => *index - centre,
                SeasonalScale::Multiplicative => (*index + 1.0) / (centre + 1.0),
            };
        }
        Self { scale, indices, variance, shrinkage: 0.0 }
    }

    /// Additive indices from the first figure on, as another method found them.
    pub(crate) fn given(indices: Vec<f64>) -> Self {
        Self { scale: SeasonalScale::Additive, indices, variance: 0.0, shrinkage: 0.0 }
    }

    /// The indices shrunk towards no season in proportion to their noise (Miller and Williams 2003).
    #[must_use]
    pub fn shrunk(mut self) -> Self {
        let m = self.indices.len() as f64;
        let centre = self.neutral();
        let spread = self.indices.iter().map(|s| (s - centre).powi(2)).sum::<f64>() / (m - 1.0);
        if m <= 3.0 || spread <= 0.0 {
            return self;
        }
        self.shrinkage = (m - 3.0) / (m - 1.0) * (self.variance / spread).min(1.0);
        for index in &mut self.indices {
            *index = centre + (1.0 - self.shrinkage) * (*index - centre);
        }
        self
    }

    /// The shrunk indices of a series that passes the test of seasonality, else none.
    pub fn tested(figures: &[f64], season: usize, scale: SeasonalScale) -> Self {
        if is_seasonal(figures, season) {
            Self::classical(figures, season, scale).shrunk()
        } else {
            Self::none(scale)
        }
    }

    fn neutral(&self) -> f64 {
        if self.scale == SeasonalScale::Additive { 0.0 } else { 1.0 }
    }

    /// Whether nothing is removed.
    pub fn is_none(&self) -> bool {
        self.indices.is_empty()
    }

    /// The indices from the first figure on; empty without a season.
    pub fn indices(&self) -> &[f64] {
        &self.indices
    }

    /// Whether they add or multiply.
    pub fn scale(&self) -> SeasonalScale {
        self.scale
    }

    /// The share of the estimated indices that was taken for noise: W.
    pub fn shrinkage(&self) -> f64 {
        self.shrinkage
    }

    /// The index of the period `t` after the first figure: 0 or 1 without a season.
    pub fn at(&self, t: usize) -> f64 {
        if self.indices.is_empty() { self.neutral() } else { self.indices[t % self.indices.len()] }
    }

    /// The figures, from the first on, without their season.
    pub fn adjust(&self, figures: &[f64]) -> Vec<f64> {
        let one = |(t, y): (usize, &f64)| match self.scale {
            SeasonalScale::Additive => y - self.at(t),
            SeasonalScale::Multiplicative => y / self.at(t),
        };
        figures.iter().enumerate().map(one).collect()
    }

    /// Mean and standard deviation of the period `t` after the first figure from those without its season.
    pub fn readd(&self, t: usize, mean: f64, sd: f64) -> (f64, f64) {
        match self.scale {
            SeasonalScale::Additive => (mean + self.at(t), sd),
            SeasonalScale::Multiplicative => (mean * self.at(t), sd * self.at(t)),
        }
    }
}

/// The figures of a method that knows no season: transformed and without it.
#[derive(Debug, Clone)]
pub(crate) struct Adjusted {
    pub(crate) figures: Vec<f64>,
    pub(crate) transform: Transform,
    pub(crate) season: SeasonalIndices,
}

impl Adjusted {
    /// In logarithms where every figure is positive unless another transformation is asked for. Indices add on a
    /// transformed scale; those of positive figures in levels multiply.
    pub(crate) fn of(
        y: &[f64],
        season: usize,
        transform: Option<Transform>,
        shrink: bool,
    ) -> Result<Self, Refusal> {
        let not_positive = y.iter().position(|y| *y <= 0.0);
        let transform = match (transform, not_positive) {
            (None, None) => Transform::Log,
            (None, Some(_)) => Transform::None,
            (Some(asked), Some(at)) if asked.needs_positive() => {
                return Err(Refusal::NotPositive { at });
            }
            (Some(asked), _) => asked,
        };
        let scale = if transform == Transform::None && not_positive.is_none() {
            SeasonalScale::Multiplicative
        } else {
            SeasonalScale::Additive
        };
        let moved: Vec<f64> = y.iter().map(|y| transform.forward(*y)).collect();
        let mut indices = SeasonalIndices::none(scale);
        if is_seasonal(&moved, season) {
            indices = SeasonalIndices::classical(&moved, season, scale);
            if shrink {
                indices = indices.shrunk();
            }
        }
        Ok(Self { figures: indices.adjust(&moved), transform, season: indices })
    }

    /// What was taken out, for the form of a method.
    pub(crate) fn note(&self) -> String {
        match self.season.indices().len() {
            0 => String::new(),
            m => format!(" with season [{m}]"),
        }
    }

    /// The distributions of the next figures from means and standard deviations of the adjusted ones.
    pub(crate) fn marginals(
        &self,
        means: &[f64],
        deviations: impl Iterator<Item = f64>,
    ) -> Vec<Marginal> {
        let one = |(h, (mean, sd)): (usize, (&f64, f64))| {
            let (mean, sd) = self.season.readd(self.figures.len() + h, *mean, sd);
            Marginal::normal(mean, sd, self.transform)
        };
        means.iter().zip(deviations).enumerate().map(one).collect()
    }

    /// The figure of the step `h` from 0 from an adjusted one.
    pub(crate) fn figure(&self, h: usize, adjusted: f64) -> f64 {
        let (moved, _) = self.season.readd(self.figures.len() + h, adjusted, 0.0);
        self.transform.inverse(moved)
    }
}

/// Sums, squares and counts by place in the season.
struct Places {
    sums: Vec<f64>,
    squares: Vec<f64>,
    counts: Vec<f64>,
}

impl Places {
    fn new(season: usize) -> Self {
        let zeros = vec![0.0; season];
        Self { sums: zeros.clone(), squares: zeros.clone(), counts: zeros }
    }

    fn add(&mut self, place: usize, gap: f64) {
        self.sums[place] += gap;
        self.squares[place] += gap * gap;
        self.counts[place] += 1.0;
    }

    /// The mean of each place, and the mean of their sampling variances from the pooled spread within places.
    fn means(&self) -> (Vec<f64>, f64) {
        let means: Vec<f64> = self.sums.iter().zip(&self.counts).map(|(s, n)| s / n).collect();
        let within: f64 = (self.squares.iter().zip(&means).zip(&self.counts))
            .map(|((q, mean), n)| (q - n * mean * mean).max(0.0))
            .sum();
        let freedom = self.counts.iter().sum::<f64>() - means.len() as f64;
        let inverse = self.counts.iter().map(|n| 1.0 / n).sum::<f64>() / means.len() as f64;
        (means, within / freedom.max(1.0) * inverse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line and a pattern that adds up to zero: the moving average is the line, so the indices are the pattern.
    #[test]
    fn a_line_with_a_pattern_by_hand() {
        let pattern = [3.0, -1.0, -4.0, 2.0];
        let figures: Vec<f64> = (0..16).map(|t| 10.0 + t as f64 + pattern[t % 4]).collect();
        let season = SeasonalIndices::classical(&figures, 4, SeasonalScale::Additive);
        for (found, expected) in season.indices().iter().zip(pattern) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        let adjusted = season.adjust(&figures);
        for (t, y) in adjusted.iter().enumerate() {
            assert!((y - 10.0 - t as f64).abs() < 1e-12);
            let (back, sd) = season.readd(t, *y, 2.0);
            assert!((back - figures[t]).abs() < 1e-12 && sd == 2.0);
        }
        assert!(season.shrunk().shrinkage() < 1e-20, "no noise, nothing to shrink");
    }

    /// m = 4, places' gaps ±1 around ±s: W by the formula.
    #[test]
    fn shrinkage_by_hand() {
        let mut places = Places::new(4);
        for (place, s) in [2.0, -2.0, 2.0, -2.0].into_iter().enumerate() {
            places.add(place, s + 1.0);
            places.add(place, s - 1.0);
        }
        let (indices, variance) = places.means();
        // Σ (±1)² = 8 on 4 degrees of freedom: 2; the mean of two has variance 1.
        assert_eq!((indices[0], variance), (2.0, 1.0));
        let season =
            SeasonalIndices { scale: SeasonalScale::Additive, indices, variance, shrinkage: 0.0 };
        // V + A = 16/3, so W = 1/3 · 3/16 = 1/16.
        let shrunk = season.shrunk();
        assert!((shrunk.shrinkage() - 1.0 / 16.0).abs() < 1e-15);
        assert!((shrunk.at(5) + 2.0 * 15.0 / 16.0).abs() < 1e-15);
    }

    #[test]
    fn ratios_do_not_depend_on_the_unit() {
        let figures: Vec<f64> =
            (0..40).map(|t| (5.0 + (t * t % 7) as f64) * [1.2, 0.7, 1.1, 1.0][t % 4]).collect();
        let scaled: Vec<f64> = figures.iter().map(|y| y * 1024.0).collect();
        let of = |y: &[f64]| SeasonalIndices::tested(y, 4, SeasonalScale::Multiplicative);
        assert_eq!(of(&figures), of(&scaled));
    }

    #[test]
    fn short_or_unseasonal_series_are_left_alone() {
        let figures: Vec<f64> = (0..11).map(|t| f64::from(t % 4)).collect();
        assert!(SeasonalIndices::tested(&figures, 4, SeasonalScale::Additive).is_none());
        for n in 0..4 {
            let none = SeasonalIndices::classical(&figures[..n], 1, SeasonalScale::Multiplicative);
            assert_eq!(none.adjust(&figures[..n]), &figures[..n]);
            assert_eq!(none.readd(3, 2.0, 1.0), (2.0, 1.0));
        }
        let other: Vec<f64> = (0..60).map(|t| [0.0, 1.0, 3.0, 2.0, 5.0][t % 5]).collect();
        assert!(is_seasonal(&other, 5));
        let irregular: Vec<f64> = (0..60).map(|t| f64::from(t * t * 7919 % 101)).collect();
        assert!(!is_seasonal(&irregular, 12));
    }
}
