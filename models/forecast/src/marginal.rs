//! The distribution of one step of a forecast: a mixture of normals on transformed scales and of draws.
//!
//! Every model says what it knows of a step as parts with weights; the combination of models is then the mixture of
//! their parts, and its quantiles invert the mixture's distribution function.

use monazite_stochastic::quantile_of_sorted;
use statrs::function::erf::{erfc, erfc_inv};

use crate::Transform;

/// What a part of a mixture looks like.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// Normal on a transformed scale.
    Normal { mean: f64, sd: f64, transform: Transform },
    /// As these draws, in ascending order, have it.
    Draws(Vec<f64>),
}

/// A part of a mixture; its values are those of the shape times `unit`, and `shift` added.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    weight: f64,
    unit: f64,
    shift: f64,
    shape: Shape,
}

/// Distribution of one step ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Marginal {
    parts: Vec<Part>,
}

/// Relative precision of a quantile of a mixture.
const PRECISION: f64 = 1e-12;
/// The same where only the neighbourhood matters.
const ROUGH: f64 = 1e-3;

/// Normal distribution function.
fn phi(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

/// Normal quantile.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

impl Part {
    fn cdf(&self, y: f64) -> f64 {
        let y = (y - self.shift) / self.unit;
        match &self.shape {
            Shape::Normal { mean, sd, transform } => {
                let gap = transform.forward(y) - mean;
                if *sd > 0.0 { phi(gap / sd) } else { f64::from(u8::from(gap >= 0.0)) }
            }
            Shape::Draws(draws) => draws_cdf(draws, y),
        }
    }

    fn quantile(&self, p: f64) -> f64 {
        self.shift
            + self.unit
                * match &self.shape {
                    Shape::Normal { mean, sd, transform } if *sd > 0.0 => {
                        transform.inverse(mean + sd * normal_quantile(p))
                    }
                    Shape::Normal { mean, transform, .. } => transform.inverse(*mean),
                    Shape::Draws(draws) => draw_quantile(draws, p),
                }
    }

    fn mean(&self) -> f64 {
        self.shift
            + self.unit
                * match &self.shape {
                    Shape::Normal { mean, sd, transform } => transform.mean(*mean, *sd),
                    Shape::Draws(draws) => draws.iter().sum::<f64>() / draws.len() as f64,
                }
    }

    fn point(&self) -> f64 {
        match &self.shape {
            Shape::Normal { mean, transform, .. } => {
                self.shift + self.unit * transform.inverse(*mean)
            }
            Shape::Draws(_) => self.mean(),
        }
    }

    /// The same around its median with deviations `factor` times as large: on the transformed scale of a normal, in
    /// logarithms of positive draws.
    fn spread(&mut self, factor: f64) {
        match &mut self.shape {
            Shape::Normal { sd, .. } => *sd *= factor,
            Shape::Draws(draws) => {
                let centre = draw_quantile(draws, 0.5);
                let positive = draws[0] > 0.0;
                for draw in draws {
                    *draw = spread_from(centre, *draw, factor, positive);
                }
            }
        }
    }
}

/// Quantile of type 7 (Hyndman and Fan 1996).
fn draw_quantile(draws: &[f64], p: f64) -> f64 {
    quantile_of_sorted(draws, p).unwrap_or(f64::NAN)
}

/// A value moved away from (or to) a centre, in logarithms or in levels.
pub(crate) fn spread_from(centre: f64, value: f64, factor: f64, logs: bool) -> f64 {
    if logs { centre * (value / centre).powf(factor) } else { centre + factor * (value - centre) }
}

/// Inverse of the quantiles of type 7: 0 below the least draw, 1 above the largest.
fn draws_cdf(draws: &[f64], y: f64) -> f64 {
    let above = draws.partition_point(|d| *d <= y);
    if above == 0 {
        return 0.0;
    }
    if above == draws.len() {
        return 1.0;
    }
    let (lo, hi) = (draws[above - 1], draws[above]);
    ((above - 1) as f64 + (y - lo) / (hi - lo)) / (draws.len() - 1) as f64
}

impl Marginal {
    /// Normal on a transformed scale; `sd` 0 is a certainty.
    pub fn normal(mean: f64, sd: f64, transform: Transform) -> Self {
        Self {
            parts: vec![Part {
                weight: 1.0,
                unit: 1.0,
                shift: 0.0,
                shape: Shape::Normal { mean, sd, transform },
            }],
        }
    }

    /// A mixture of normals on one transformed scale: `(weight, mean, sd)`, the weights adding up to one.
    pub fn normals(parts: &[(f64, f64, f64)], transform: Transform) -> Self {
        let part = |&(weight, mean, sd): &(f64, f64, f64)| Part {
            weight,
            unit: 1.0,
            shift: 0.0,
            shape: Shape::Normal { mean, sd, transform },
        };
        Self { parts: parts.iter().map(part).collect() }
    }

    /// As draws have it; they must be finite and at least one.
    pub fn draws(mut draws: Vec<f64>) -> Self {
        draws.sort_by(f64::total_cmp);
        Self {
            parts: vec![Part { weight: 1.0, unit: 1.0, shift: 0.0, shape: Shape::Draws(draws) }],
        }
    }

    /// The mixture of distributions with weights that add up to one.
    pub fn mixture(members: &[(f64, Self)]) -> Self {
        let mut parts = Vec::new();
        for (weight, member) in members {
            for part in &member.parts {
                parts.push(Part { weight: weight * part.weight, ..part.clone() });
            }
        }
        Self { parts }
    }

    /// The distribution of `factor` (positive) times the figure.
    #[must_use]
    pub fn times(mut self, factor: f64) -> Self {
        for part in &mut self.parts {
            part.unit *= factor;
            part.shift *= factor;
        }
        self
    }

    /// The distribution of the figure with `shift` added.
    #[must_use]
    pub fn plus(mut self, shift: f64) -> Self {
        for part in &mut self.parts {
            part.shift += shift;
        }
        self
    }

    /// Deviations of every part from its own median made `factor` times as large.
    #[must_use]
    pub fn spread(mut self, factor: f64) -> Self {
        for part in &mut self.parts {
            part.spread(factor);
        }
        self
    }

    /// Deviations from the median of the whole made `factor` times as large: on the transformed scale of a normal, in
    /// logarithms of positive draws.
    #[must_use]
    pub fn stretched(mut self, factor: f64) -> Self {
        let centre = self.quantile(0.5);
        for part in &mut self.parts {
            let own = (centre - part.shift) / part.unit;
            match &mut part.shape {
                Shape::Normal { mean, sd, transform } => {
                    let centre = transform.forward(own);
                    if centre.is_finite() {
                        *mean = centre + factor * (*mean - centre);
                    }
                    *sd *= factor;
                }
                Shape::Draws(draws) => {
                    let positive = draws[0] > 0.0 && own > 0.0;
                    for draw in draws {
                        *draw = spread_from(own, *draw, factor, positive);
                    }
                }
            }
        }
        self
    }

    /// The parts `(weight, mean, sd)` if all of them are normal in levels.
    pub(crate) fn level_normals(&self) -> Option<Vec<(f64, f64, f64)>> {
        let normal = |part: &Part| match part.shape {
            Shape::Normal { mean, sd, transform: Transform::None } => {
                Some((part.weight, part.shift + part.unit * mean, part.unit * sd))
            }
            _ => None,
        };
        self.parts.iter().map(normal).collect()
    }

    /// Whether it is nothing but draws.
    pub(crate) fn is_draws(&self) -> bool {
        matches!(self.parts.as_slice(), [Part { shape: Shape::Draws(_), .. }])
    }

    /// Mean.
    pub fn mean(&self) -> f64 {
        self.parts.iter().map(|p| p.weight * p.mean()).sum()
    }

    /// The point forecast: the mean on the scale of the model, taken back, weighted over the parts.
    ///
    /// In logarithms it is the median of a part. The mean of the figure itself, [`Marginal::mean`], does not exist where
    /// the variance of logarithms is estimated (log-t), and what stands in for it depends on the far tail.
    pub fn point(&self) -> f64 {
        self.parts.iter().map(|p| p.weight * p.point()).sum()
    }

    /// Probability of a figure of at most `y`.
    pub fn cdf(&self, y: f64) -> f64 {
        self.parts.iter().map(|p| p.weight * p.cdf(y)).sum::<f64>().clamp(0.0, 1.0)
    }

    /// Quantile; `probability` lies strictly between 0 and 1.
    pub fn quantile(&self, probability: f64) -> f64 {
        self.quantile_to(probability, PRECISION)
    }

    /// A value near the quantile, to about three digits: for the ends of panels of integration.
    pub(crate) fn rough_quantile(&self, probability: f64) -> f64 {
        self.quantile_to(probability, ROUGH)
    }

    fn quantile_to(&self, probability: f64, precision: f64) -> f64 {
        let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
        for part in self.parts.iter().filter(|p| p.weight > 0.0) {
            let q = part.quantile(probability);
            (lo, hi) = (lo.min(q), hi.max(q));
        }
        // The quantile of a mixture lies between the least and the largest of its parts'.
        self.invert(probability, lo, hi, precision)
    }

    /// Illinois variant of false position, which never leaves the bracket (Dowell and Jarratt 1971).
    fn invert(&self, probability: f64, mut lo: f64, mut hi: f64, precision: f64) -> f64 {
        let gap = |y: f64| self.cdf(y) - probability;
        if self.parts.len() == 1 || hi - lo <= precision * hi.abs().max(lo.abs()) || !hi.is_finite()
        {
            return lo;
        }
        let (mut below, mut above) = (gap(lo), gap(hi));
        if below >= 0.0 {
            return lo;
        }
        let mut last_side = 0;
        for step in 0..200 {
            let mut y = (lo * above - hi * below) / (above - below);
            // Flat stretches between draws: halve every third time.
            if step % 3 == 2 || !(y > lo && y < hi) {
                y = 0.5 * (lo + hi);
            }
            let at = gap(y);
            if at == 0.0 {
                return y;
            }
            let side = if at < 0.0 { -1 } else { 1 };
            if at < 0.0 {
                (lo, below) = (y, at);
                if last_side == side {
                    above *= 0.5;
                }
            } else {
                (hi, above) = (y, at);
                if last_side == side {
                    below *= 0.5;
                }
            }
            last_side = side;
            if hi - lo <= precision * hi.abs().max(lo.abs()) {
                break;
            }
        }
        0.5 * (lo + hi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_has_its_quantiles() {
        let one = Marginal::normal(1.0, 2.0, Transform::None);
        assert!((one.quantile(0.975) - (1.0 + 2.0 * 1.959963984540054)).abs() < 1e-9);
        let logs = Marginal::normal(0.0, 1.0, Transform::Log).times(3.0);
        assert!((logs.quantile(0.5) - 3.0).abs() < 1e-12);
        assert!((logs.mean() - 3.0 * 0.5_f64.exp()).abs() < 1e-12);
        assert!((logs.cdf(3.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn quantiles_of_a_mixture_invert_its_distribution() {
        let draws: Vec<f64> = (0..201).map(|i| f64::from(i) / 40.0).collect();
        let mixture = Marginal::mixture(&[
            (0.5, Marginal::normal(2.0, 1.0, Transform::None)),
            (0.3, Marginal::normal(1.0, 0.4, Transform::Log)),
            (0.2, Marginal::draws(draws)),
        ]);
        for p in [0.005, 0.025, 0.1, 0.5, 0.77, 0.975] {
            assert!((mixture.cdf(mixture.quantile(p)) - p).abs() < 1e-10, "{p}");
        }
    }

    #[test]
    fn stretching_a_mixture_keeps_its_median_and_scales_its_quantiles() {
        let mixture = Marginal::normals(&[(0.3, 1.0, 0.2), (0.7, 1.4, 0.1)], Transform::Log);
        let wide = mixture.clone().times(5.0).stretched(1.5);
        let median = 5.0 * mixture.quantile(0.5);
        for p in [0.025, 0.1, 0.5, 0.9] {
            let expected = median * (5.0 * mixture.quantile(p) / median).powf(1.5);
            assert!((wide.quantile(p) / expected - 1.0).abs() < 1e-9, "{p}");
        }
    }

    #[test]
    fn spreading_keeps_medians() {
        let mut draws: Vec<f64> = (1..=101).map(f64::from).collect();
        draws.reverse();
        let wide = Marginal::draws(draws).spread(2.0);
        assert!((wide.quantile(0.5) - 51.0).abs() < 1e-9);
        assert!(wide.quantile(0.0001) > 0.0);
        let normal = Marginal::normal(0.0, 1.0, Transform::None).spread(0.5);
        assert!((normal.quantile(0.8413447460685429) - 0.5).abs() < 1e-9);
    }
}
