//! The theta models as least squares: everything but the smoothing parameter is linear.
//!
//! Given α the one-step forecast of Fiorucci et al. (2016, eqs 8 to 12 and 15) is
//!
//! ```text
//! μ_t = ℓ_{t−1} + ω D_t,   D_t = (1 − α)^{t−1} A_{t−1} + [1 − (1 − α)^t]/α · B_{t−1},   ω = 1 − 1/θ,
//! ℓ_t = α y_t + (1 − α) ℓ_{t−1}
//! ```
//!
//! The line (A, B) is that of all figures, or in a dynamic model that of the figures so far; neither depends on the
//! parameters. ℓ is linear in `ℓ_0` with coefficient (1 − α)^t, so `ℓ_0` and ω are the coefficients of a regression with two
//! columns, and the search is over α alone.

use crate::minimum::least;

/// The least-squares line through the first figures, at t = 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Figures so far.
    n: f64,
    mean: f64,
    /// B.
    pub(super) slope: f64,
    /// Whether further figures move it.
    dynamic: bool,
}

impl Line {
    fn start() -> Self {
        Self { n: 0.0, mean: 0.0, slope: 0.0, dynamic: true }
    }

    /// The line through all figures, which stays as it is.
    fn through(y: &[f64]) -> Self {
        let mut line = Self::start();
        for x in y {
            line.update(*x);
        }
        Self { dynamic: false, ..line }
    }

    /// A further figure: the recursions of the paper, its eqs 16 and 17.
    fn update(&mut self, y: f64) {
        if !self.dynamic {
            return;
        }
        self.n += 1.0;
        let gap = y - self.mean;
        if self.n > 1.0 {
            self.slope = ((self.n - 2.0) * self.slope + 6.0 / self.n * gap) / (self.n + 1.0);
        }
        self.mean += gap / self.n;
    }

    /// A, its value at t = 0.
    fn intercept(&self) -> f64 {
        self.mean - 0.5 * (self.n + 1.0) * self.slope
    }
}

/// The lines that the forecasts of t = 1, …, n use, and the one after the last figure.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    /// A and B.
    before: Vec<(f64, f64)>,
    pub(super) last: Line,
}

impl Lines {
    pub(super) fn of(y: &[f64], dynamic: bool) -> Self {
        let mut line = if dynamic { Line::start() } else { Line::through(y) };
        let mut before = Vec::with_capacity(y.len());
        for x in y {
            before.push((line.intercept(), line.slope));
            line.update(*x);
        }
        Self { before, last: line }
    }
}

/// What the data say of ω.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Weight {
    /// It is this.
    Fixed(f64),
    /// Anything from 0 (θ = 1, no line) to 1 (θ = ∞).
    Free,
}

/// Sum of squares at its least given α.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Profile {
    pub(super) alpha: f64,
    /// ω.
    pub(super) weight: f64,
    /// `ℓ_0`.
    pub(super) level: f64,
    pub(super) sse: f64,
}

/// A figure's worth of `ℓ_0` at its natural place: it decides only where figures say nothing of it, at α near one.
const ANCHOR: f64 = 1e-6;

/// Estimation by least squares of the errors after the first `skipped`.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) y: &'a [f64],
    pub(super) lines: &'a Lines,
    pub(super) weight: Weight,
    pub(super) skipped: usize,
}

impl Problem<'_> {
    /// Least sum of squares given α.
    pub(super) fn profile(&self, alpha: f64) -> Profile {
        let (beta, first) = (1.0 - alpha, self.y[0]);
        // In deviations from the first figure, so that nothing large cancels.
        let (mut power, mut level) = (1.0, 0.0);
        let (mut s11, mut s12, mut s22) = (ANCHOR, ANCHOR * first, ANCHOR * first * first);
        let (mut b1, mut b2, mut total) = (0.0, 0.0, 0.0);
        for (t, (y, (a, b))) in self.y.iter().zip(&self.lines.before).enumerate() {
            let y = y - first;
            if t >= self.skipped {
                let d = power * a + (1.0 - power * beta) / alpha * b;
                let r = y - level;
                s11 += power * power;
                s12 += power * d;
                s22 += d * d;
                b1 += power * r;
                b2 += d * r;
                total += r * r;
            }
            level = alpha * y + beta * level;
            power *= beta;
        }
        let weight = match self.weight {
            Weight::Fixed(weight) => weight,
            Weight::Free => {
                let determinant = s11 * s22 - s12 * s12;
                if determinant > 1e-13 * s11 * s22 {
                    ((s11 * b2 - s12 * b1) / determinant).clamp(0.0, 1.0)
                } else {
                    0.0
                }
            }
        };
        let start = (b1 - weight * s12) / s11;
        let sse = total - 2.0 * (start * b1 + weight * b2)
            + start * start * s11
            + 2.0 * start * weight * s12
            + weight * weight * s22;
        Profile { alpha, weight, level: first + start, sse: sse.max(0.0) }
    }

    /// The least sum of squares of all α from `lo` to `hi`: on a grid, then between its neighbours.
    pub(super) fn search(&self, lo: f64, hi: f64) -> Profile {
        const CELLS: usize = 16;
        let at = |i: usize| lo + (hi - lo) * (i as f64 / CELLS as f64).powi(2);
        let mut best = (0, f64::INFINITY);
        for i in 0..=CELLS {
            let sse = self.profile(at(i)).sse;
            if sse < best.1 {
                best = (i, sse);
            }
        }
        let (from, to) = (at(best.0.saturating_sub(1)), at((best.0 + 1).min(CELLS)));
        let alpha = least(|alpha| self.profile(alpha).sse, from, to, 1e-9);
        let (inner, edge) = (self.profile(alpha), self.profile(at(best.0)));
        if inner.sse <= edge.sse { inner } else { edge }
    }

    /// One-step errors of every figure, and the state after the last.
    pub(super) fn run(&self, at: &Profile) -> (Vec<f64>, State) {
        let mut state = State {
            alpha: at.alpha,
            weight: at.weight,
            level: at.level,
            power: 1.0,
            line: self.lines.last,
        };
        let mut errors = Vec::with_capacity(self.y.len());
        for (y, line) in self.y.iter().zip(&self.lines.before) {
            errors.push(y - state.mean_with(*line));
            state.smooth(*y);
        }
        (errors, state)
    }
}

/// Where a theta model stands after some figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct State {
    pub(super) alpha: f64,
    /// ω.
    pub(super) weight: f64,
    pub(super) level: f64,
    /// (1 − α)^t.
    power: f64,
    pub(super) line: Line,
}

impl State {
    /// The same with a line of intercept −B: the drift of Hyndman and Billah (2003, eq. 10),
    /// `B/2 · (h − 1 + [1 − (1 − α)^n]/α)`, for ω = ½.
    pub(super) fn with_drift(mut self) -> Self {
        self.weight = 0.5;
        self.line.mean = 0.5 * (self.line.n - 1.0) * self.line.slope;
        self
    }

    fn mean_with(&self, (a, b): (f64, f64)) -> f64 {
        let reach = (1.0 - self.power * (1.0 - self.alpha)) / self.alpha;
        self.level + self.weight * (self.power * a + reach * b)
    }

    /// Mean of the next figure.
    pub(super) fn mean(&self) -> f64 {
        self.mean_with((self.line.intercept(), self.line.slope))
    }

    fn smooth(&mut self, y: f64) {
        self.level += self.alpha * (y - self.level);
        self.power *= 1.0 - self.alpha;
    }

    /// The next figure.
    pub(super) fn advance(&mut self, y: f64) {
        self.line.update(y);
        self.smooth(y);
    }

    /// The same with everything that is linear in the figures at zero.
    fn response(mut self) -> Self {
        self.level = 0.0;
        (self.line.mean, self.line.slope) = (0.0, 0.0);
        self
    }

    /// Means of the next figures and their variances in units of that of an error.
    ///
    /// The figures are linear in the errors: one at the step j moves the step h by the response of the recursions to a
    /// unit, started with everything else at zero. In a dynamic model it also depends on how many figures there are.
    pub(super) fn ahead(&self, horizon: usize) -> (Vec<f64>, Vec<f64>) {
        let mut means = Vec::with_capacity(horizon);
        let mut variances = vec![1.0; horizon];
        let mut now = *self;
        for h in 0..horizon {
            let mean = now.mean();
            means.push(mean);
            let mut response = now.response();
            response.advance(1.0);
            if !response.line.dynamic {
                // A line that stays has no response: α at every later step.
                response.weight = 0.0;
            }
            for variance in &mut variances[h + 1..] {
                let moved = response.mean();
                *variance += moved * moved;
                response.advance(moved);
            }
            now.advance(mean);
        }
        (means, variances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const Y: [f64; 9] = [3.0, 5.0, 4.0, 6.0, 9.0, 7.0, 8.0, 12.0, 11.0];

    /// Intercept and slope of the line through the first figures, from its definition.
    fn regression(y: &[f64]) -> (f64, f64) {
        let n = y.len() as f64;
        let (tbar, ybar) = (0.5 * (n + 1.0), y.iter().sum::<f64>() / n);
        let cross: f64 =
            y.iter().enumerate().map(|(i, y)| (i as f64 + 1.0 - tbar) * (y - ybar)).sum();
        let slope = cross / (n * (n * n - 1.0) / 12.0);
        (ybar - slope * tbar, slope)
    }

    #[test]
    fn the_recursive_line_is_the_regression() {
        let lines = Lines::of(&Y, true);
        for t in 2..Y.len() {
            let (a, b) = regression(&Y[..t]);
            assert!((lines.before[t].0 - a).abs() < 1e-12 && (lines.before[t].1 - b).abs() < 1e-12);
        }
    }

    #[test]
    fn the_profile_is_the_least_sum_of_squares() {
        let lines = Lines::of(&Y, true);
        let problem = Problem { y: &Y, lines: &lines, weight: Weight::Free, skipped: 3 };
        let best = problem.search(0.01, 0.99);
        let sse = |p: &Profile| problem.run(p).0[3..].iter().map(|e| e * e).sum::<f64>();
        assert!((sse(&best) - best.sse).abs() < 1e-4 * best.sse);
        for (da, dw, dl) in
            [(0.02, 0.0, 0.0), (-0.02, 0.0, 0.0), (0.0, -0.05, 0.0), (0.0, 0.0, 0.3)]
        {
            let other = Profile {
                alpha: (best.alpha + da).clamp(0.01, 0.99),
                weight: best.weight + dw,
                level: best.level + dl,
                sse: 0.0,
            };
            assert!(sse(&other) >= sse(&best) - 1e-6, "{da} {dw} {dl}");
        }
    }

    /// Variances against the sum of squares of numerical derivatives of the figure h ahead.
    #[test]
    fn variances_are_those_of_a_linear_recursion() {
        let lines = Lines::of(&Y, true);
        let problem = Problem { y: &Y, lines: &lines, weight: Weight::Fixed(0.4), skipped: 3 };
        let (_, state) = problem.run(&problem.profile(0.3));
        let (means, variances) = state.ahead(6);
        let path = |shock_at: usize| {
            let mut now = state;
            (0..6)
                .map(|h| {
                    let y = now.mean() + f64::from(u8::from(h == shock_at));
                    now.advance(y);
                    y
                })
                .collect::<Vec<f64>>()
        };
        for h in 0..6 {
            let expected: f64 = (0..=h).map(|j| (path(j)[h] - means[h]).powi(2)).sum();
            assert!((variances[h] - expected).abs() < 1e-10, "{h}");
        }
        let fixed = Lines::of(&Y, false);
        let problem = Problem { y: &Y, lines: &fixed, weight: Weight::Fixed(0.4), skipped: 0 };
        let (_, state) = problem.run(&problem.profile(0.3));
        let (_, variances) = state.ahead(6);
        assert!((variances[5] - (1.0 + 5.0 * 0.09)).abs() < 1e-12);
    }

    /// A shift of the figures is one of the forecasts: the level absorbs it.
    #[test]
    fn shifts_shift_forecasts() {
        let ahead = |y: &[f64]| {
            let lines = Lines::of(y, true);
            let problem = Problem { y, lines: &lines, weight: Weight::Free, skipped: 3 };
            problem.run(&problem.search(0.01, 0.99)).1.ahead(3).0
        };
        let shifted: Vec<f64> = Y.iter().map(|y| y + 100.0).collect();
        for (own, other) in ahead(&Y).iter().zip(ahead(&shifted)) {
            assert!((own + 100.0 - other).abs() < 1e-3, "{own} {other}");
        }
    }
}
