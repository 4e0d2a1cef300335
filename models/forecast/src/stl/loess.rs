//! Local regression of evenly spaced figures (Cleveland 1979; Cleveland et al. 1990, §2.2).

/// A local constant or line over the nearest figures, with tricube weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Smoother {
    /// Figures in a window.
    window: usize,
    /// 0 or 1.
    degree: usize,
    /// Periods between two regressions.
    jump: usize,
}

impl Smoother {
    /// A regression at every tenth of the window.
    pub(super) fn new(window: usize, degree: usize) -> Self {
        Self { window, degree, jump: window.div_ceil(10) }
    }

    /// The smooth value of every figure.
    pub(super) fn smooth(&self, y: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let n = y.len();
        let mut out = vec![0.0; n];
        let step = self.jump.min(n.saturating_sub(1)).max(1);
        let mut last = 0;
        for at in (0..n).step_by(step).chain(std::iter::once(n - 1)) {
            // The last one may have been met already.
            if at == last && at > 0 {
                break;
            }
            out[at] = self.at(at as f64, y, weights).unwrap_or(y[at]);
            let slope = (out[at] - out[last]) / (at - last).max(1) as f64;
            for t in last + 1..at {
                out[t] = out[last] + slope * (t - last) as f64;
            }
            last = at;
        }
        out
    }

    /// The smooth values with one more at either end.
    pub(super) fn extended(&self, y: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let n = y.len();
        let inner = self.smooth(y, weights);
        let mut out = Vec::with_capacity(n + 2);
        out.push(self.at(-1.0, y, weights).unwrap_or(inner[0]));
        out.extend(&inner);
        out.push(self.at(n as f64, y, weights).unwrap_or(inner[n - 1]));
        out
    }

    /// The regression at `x`, the first figure being at 0; `None` if no figure in its window counts.
    fn at(&self, x: f64, y: &[f64], weights: Option<&[f64]>) -> Option<f64> {
        let n = y.len();
        let width = self.window.min(n);
        // The nearest figures: centred, but for the ends.
        let from = (x - 0.5 * (self.window - 1) as f64).ceil().clamp(0.0, (n - width) as f64);
        let from = from as usize;
        let to = from + width;
        let mut reach = (x - from as f64).max((to - 1) as f64 - x);
        // A window wider than the series: half of what it lacks at either end, as R's does.
        reach += ((self.window - width) / 2) as f64;
        let weight = |t: usize| {
            let distance = (t as f64 - x).abs();
            let tricube = if distance <= 0.001 * reach {
                1.0
            } else if distance <= 0.999 * reach {
                (1.0 - (distance / reach).powi(3)).powi(3)
            } else {
                0.0
            };
            tricube * weights.map_or(1.0, |w| w[t])
        };
        // Moments around x, so that nothing large cancels.
        let (mut total, mut first, mut second, mut level, mut cross) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (t, value) in y.iter().enumerate().take(to).skip(from) {
            let (w, gap) = (weight(t), t as f64 - x);
            total += w;
            first += w * gap;
            second += w * gap * gap;
            level += w * value;
            cross += w * gap * value;
        }
        if total <= 0.0 {
            return None;
        }
        let (centre, mean) = (first / total, level / total);
        let spread = second / total - centre * centre;
        // Figures nearly at one place pin no slope.
        let pinned = spread.max(0.0).sqrt() > 0.001 * (n - 1) as f64;
        if self.degree == 0 || !pinned {
            return Some(mean);
        }
        Some(mean - centre * (cross / total - centre * mean) / spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three figures around the middle one: the outer ones have weight 0 at distance 1 of reach 1.
    #[test]
    fn windows_by_hand() {
        let y = [1.0, 5.0, 2.0, 8.0, 3.0];
        assert_eq!(Smoother::new(3, 0).smooth(&y, None)[2], 2.0);
        // Five: reach 2, neighbours (1 − 1/8)³.
        let w = 0.669921875;
        let expected = (2.0 + w * (5.0 + 8.0)) / (1.0 + 2.0 * w);
        assert!((Smoother::new(5, 0).smooth(&y, None)[2] - expected).abs() < 1e-12);
    }

    #[test]
    fn a_line_is_a_line_also_beyond_its_ends() {
        let y: Vec<f64> = (0..30).map(|t| 2.0 - 0.5 * f64::from(t)).collect();
        for window in [5, 21, 41] {
            let smooth = Smoother::new(window, 1).extended(&y, None);
            for (k, s) in smooth.iter().enumerate() {
                assert!((s - (2.0 - 0.5 * (k as f64 - 1.0))).abs() < 1e-10, "{window} {k}");
            }
        }
        assert_eq!(Smoother::new(5, 1).smooth(&[3.0], None), [3.0]);
    }
}
