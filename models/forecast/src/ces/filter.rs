//! The state-space form of complex exponential smoothing: one step, stability, responses and the search.
//!
//! Svetunkov, Kourentzes and Ord (2022), eqs 6, 17, 20 and 21, with `α_0` + i `α_1`:
//!
//! ```text
//! y_t = ℓ_{t−k} + ε_t,   ℓ_t = ℓ_{t−k} − (1 − α_1) c_{t−k} + (α_0 − α_1) ε_t,   c_t = ℓ_{t−k} + (1 − α_0) c_{t−k} + (α_0 + α_1) ε_t
//! ```
//!
//! with k = 1 without a season, k = m for the simple seasonal form; the full form adds both, the partial form adds
//! `s_t = s_{t−m} + β ε_t` to the first. States of lag m are kept by their place in the season.

use crate::minimum::simplex;
use crate::seasonal_adjustment::{SeasonalIndices, SeasonalScale};

/// Which parts a form has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Complex states of lag 1.
    pub(super) level: bool,
    /// Complex states of lag m.
    pub(super) seasonal_level: bool,
    /// A plain seasonal state.
    pub(super) season: bool,
    /// m.
    pub(super) m: usize,
}

impl Shape {
    pub(super) fn n_parameters(&self) -> usize {
        2 * usize::from(self.level)
            + 2 * usize::from(self.seasonal_level)
            + usize::from(self.season)
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.level {
            names.extend(["alpha0", "alpha1"]);
        }
        if self.seasonal_level {
            names.extend(if self.level { ["beta0", "beta1"] } else { ["alpha0", "alpha1"] });
        }
        if self.season {
            names.push("beta");
        }
        names
    }

    /// The smoothing parameters of each part; zero where there is none.
    pub(super) fn gains(&self, parameters: &[f64]) -> Gains {
        let mut at = parameters.iter().copied();
        let mut next = |there: bool| if there { at.next().unwrap_or(0.0) } else { 0.0 };
        Gains {
            level: [next(self.level), next(self.level)],
            seasonal_level: [next(self.seasonal_level), next(self.seasonal_level)],
            season: next(self.season),
        }
    }

    /// Whether errors fade: the roots of the moving average of the reduced form lie outside the unit circle.
    ///
    /// With φ = det(I − FB) and θ = det(I − (F − g w')B) of a complex part: θ alone, of B or of B^m; in the partial form
    /// `θ (1 − B^m) + β B^m φ`; in the full form, with the parts 1 and 2, `θ_1 φ_2 + φ_1 θ_2 − φ_1 φ_2`.
    pub(super) fn is_stable(&self, gains: &Gains, buffer: &mut Vec<f64>) -> bool {
        let m = self.m;
        if !(self.level && (self.seasonal_level || self.season)) {
            let [_, b, c] =
                moving_average(if self.level { gains.level } else { gains.seasonal_level });
            return c.abs() < 1.0 && b.abs() < 1.0 + c;
        }
        let (phi, theta) = (autoregression(gains.level), moving_average(gains.level));
        buffer.clear();
        if self.season {
            buffer.resize(m + 3, 0.0);
            for j in 0..3 {
                buffer[j] += theta[j];
                buffer[m + j] += gains.season * phi[j] - theta[j];
            }
        } else {
            let (phi2, theta2) =
                (autoregression(gains.seasonal_level), moving_average(gains.seasonal_level));
            buffer.resize(2 * m + 3, 0.0);
            for i in 0..3 {
                for j in 0..3 {
                    let term = theta[j] * phi2[i] + phi[j] * theta2[i] - phi[j] * phi2[i];
                    buffer[i * m + j] += term;
                }
            }
        }
        roots_outside(buffer)
    }
}

/// Parameters by part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gains {
    level: [f64; 2],
    seasonal_level: [f64; 2],
    season: f64,
}

/// Coefficients of det(I − FB).
fn autoregression([a0, a1]: [f64; 2]) -> [f64; 3] {
    [1.0, a0 - 2.0, 2.0 - a0 - a1]
}

/// Coefficients of det(I − (F − g w')B).
fn moving_average([a0, a1]: [f64; 2]) -> [f64; 3] {
    [1.0, 2.0 * a0 - a1 - 2.0, 2.0 - 3.0 * a0 + a0 * a0 - a1 + a1 * a1]
}

/// Whether the roots of a polynomial with leading coefficient 1 lie outside the unit circle, by the recursion of Schur and
/// Cohn (Durbin's, backwards); it uses the polynomial up.
fn roots_outside(polynomial: &mut [f64]) -> bool {
    let mut k = polynomial.len() - 1;
    while k > 0 {
        let last = polynomial[k];
        if last.is_nan() || last.abs() >= 1.0 {
            return false;
        }
        let scale = 1.0 / (1.0 - last * last);
        for j in 1..=k / 2 {
            let (front, back) = (polynomial[j], polynomial[k - j]);
            polynomial[j] = (front - last * back) * scale;
            polynomial[k - j] = (back - last * front) * scale;
        }
        k -= 1;
    }
    true
}

/// States after some figures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct States {
    level: [f64; 2],
    /// By place in the season.
    seasonal_level: Vec<[f64; 2]>,
    season: Vec<f64>,
}

/// One step of a complex part.
fn step([l, c]: [f64; 2], [a0, a1]: [f64; 2], error: f64) -> [f64; 2] {
    [l - (1.0 - a1) * c + (a0 - a1) * error, l + (1.0 - a0) * c + (a0 + a1) * error]
}

impl States {
    /// Every state at zero.
    pub(super) fn zero(shape: Shape) -> Self {
        let of = |there: bool| if there { shape.m } else { 0 };
        Self {
            level: [0.0; 2],
            seasonal_level: vec![[0.0; 2]; of(shape.seasonal_level)],
            season: vec![0.0; of(shape.season)],
        }
    }

    /// Rough states to start backcasting from: the mean of the first season with the indices of classical
    /// decomposition, or the figures of the first season.
    fn rough(&mut self, problem: &Problem) {
        self.level = [problem.first_mean; 2];
        for (place, state) in self.seasonal_level.iter_mut().enumerate() {
            *state = [problem.pattern[place]; 2];
        }
        for (state, index) in self.season.iter_mut().zip(&problem.pattern) {
            *state = *index;
        }
    }

    /// Mean of a figure at this place of the season.
    pub(super) fn mean(&self, place: usize) -> f64 {
        let seasonal = self.seasonal_level.get(place).map_or(0.0, |s| s[0]);
        self.level[0] + seasonal + self.season.get(place).copied().unwrap_or(0.0)
    }

    /// An error at this place of the season.
    pub(super) fn advance(&mut self, place: usize, gains: &Gains, error: f64) {
        self.level = step(self.level, gains.level, error);
        if let Some(state) = self.seasonal_level.get_mut(place) {
            *state = step(*state, gains.seasonal_level, error);
        }
        if let Some(state) = self.season.get_mut(place) {
            *state += gains.season * error;
        }
    }
}

/// Responses of the figures 1, 2, … steps after an error of one, to `horizon` − 1 steps.
pub(super) fn responses(shape: Shape, gains: &Gains, horizon: usize) -> Vec<f64> {
    let mut states = States::zero(shape);
    states.advance(0, gains, 1.0);
    let mut responses = Vec::with_capacity(horizon);
    for h in 1..horizon {
        let place = h % shape.m.max(1);
        responses.push(states.mean(place));
        states.advance(place, gains, 0.0);
    }
    responses
}

/// Estimation of a form on figures.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    shape: Shape,
    y: &'a [f64],
    /// Rough level.
    first_mean: f64,
    /// Rough seasonal states by place.
    pattern: Vec<f64>,
}

/// Buffers of the search.
#[derive(Debug)]
struct Work {
    states: States,
    polynomial: Vec<f64>,
}

impl<'a> Problem<'a> {
    /// Of at least one figure; with a season of at least three seasons.
    pub(super) fn new(shape: Shape, y: &'a [f64]) -> Self {
        let first = &y[..shape.m.max(4).min(y.len())];
        let mean = first.iter().sum::<f64>() / first.len() as f64;
        let pattern = if shape.level {
            let indices = SeasonalIndices::classical(y, shape.m, SeasonalScale::Additive);
            (0..shape.m).map(|place| indices.at(place)).collect()
        } else {
            first.to_vec()
        };
        Self { shape, y, first_mean: if shape.level { mean } else { 0.0 }, pattern }
    }

    /// Sum of squares with backcast states: forwards from rough ones, backwards from those reached, and forwards again.
    fn backcast(&self, gains: &Gains, states: &mut States) {
        states.rough(self);
        self.sweep(gains, states, 0..self.y.len(), |_| {});
        self.sweep(gains, states, (0..self.y.len()).rev(), |_| {});
    }

    fn sweep(
        &self,
        gains: &Gains,
        states: &mut States,
        times: impl Iterator<Item = usize>,
        mut say: impl FnMut(f64),
    ) {
        let m = self.shape.m.max(1);
        for t in times {
            let place = t % m;
            let error = self.y[t] - states.mean(place);
            states.advance(place, gains, error);
            say(error);
        }
    }

    fn criterion(&self, parameters: &[f64], work: &mut Work) -> f64 {
        let gains = self.shape.gains(parameters);
        if !self.shape.is_stable(&gains, &mut work.polynomial) {
            return f64::INFINITY;
        }
        self.backcast(&gains, &mut work.states);
        let mut sse = 0.0;
        self.sweep(&gains, &mut work.states, 0..self.y.len(), |e| sse += e * e);
        let sse: f64 = sse.max(f64::MIN_POSITIVE);
        if sse.is_finite() { self.y.len() as f64 * sse.ln() } else { f64::INFINITY }
    }

    /// Parameters of the least sum of squares, from the best of a few starts.
    pub(super) fn search(&self) -> (Vec<f64>, f64) {
        let work = std::cell::RefCell::new(Work {
            states: States::zero(self.shape),
            polynomial: Vec::new(),
        });
        let criterion = |x: &[f64]| self.criterion(x, &mut work.borrow_mut());
        let mut best: Option<(Vec<f64>, f64)> = None;
        for start in self.starts() {
            let value = criterion(&start);
            if best.as_ref().is_none_or(|b| value < b.1) {
                best = Some((start, value));
            }
        }
        let start = best.map_or_else(Vec::new, |b| b.0);
        let (near, _) = simplex(criterion, &start, 0.05, 1e-4, 300);
        // A simplex that has collapsed on the way starts afresh.
        simplex(criterion, &near, 0.02, 1e-6, 300)
    }

    /// Points to start from: simple smoothing, which is `α_1` = 1, with little to much of the season smoothed.
    fn starts(&self) -> Vec<Vec<f64>> {
        let complex: &[[f64; 2]] = &[[1.05, 1.0], [1.3, 1.0], [1.8, 1.0]];
        let seasonal: &[[f64; 2]] = &[[1.05, 1.0], [1.3, 1.0], [1.5, 1.1]];
        let mut starts = Vec::new();
        for first in complex {
            if self.shape.level && self.shape.seasonal_level {
                starts.extend(seasonal.iter().map(|second| [*first, *second].concat()));
            } else if self.shape.season {
                starts.extend([0.02, 0.2, 0.6].map(|beta| vec![first[0], first[1], beta]));
            } else {
                starts.push(first.to_vec());
            }
        }
        starts
    }

    /// Errors of every figure and the states after the last.
    pub(super) fn run(&self, gains: &Gains) -> (Vec<f64>, States) {
        let mut states = States::zero(self.shape);
        self.backcast(gains, &mut states);
        let mut errors = Vec::with_capacity(self.y.len());
        self.sweep(gains, &mut states, 0..self.y.len(), |e| errors.push(e));
        (errors, states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(level: bool, seasonal_level: bool, season: bool) -> Shape {
        Shape { level, seasonal_level, season, m: 4 }
    }

    /// Eigenvalues of F − g w' by its powers: responses to an error shrink.
    fn fades(shape: Shape, gains: &Gains) -> bool {
        let (mut early, mut late) = (0.0_f64, 0.0_f64);
        for place in 0..shape.m {
            let mut states = States::zero(shape);
            states.advance(place, gains, 1.0);
            for t in place + 1..place + 2400 {
                // With figures at zero the error of a step is minus its mean.
                let mean = states.mean(t % shape.m);
                states.advance(t % shape.m, gains, -mean);
                if t - place > 2300 {
                    late = late.max(mean.abs());
                } else if t - place > 1300 && t - place < 1400 {
                    early = early.max(mean.abs());
                }
            }
        }
        late <= early
    }

    #[test]
    fn stability_by_polynomials_is_that_of_the_filter() {
        let forms =
            [(true, false, false), (false, true, false), (true, false, true), (true, true, false)];
        let (mut inside, mut outside) = (0, 0);
        for (level, seasonal_level, season) in forms {
            let shape = shape(level, seasonal_level, season);
            for i in 0..240_usize {
                let at = |k: usize| ((i * 37 + k * 101) * 7919 % 1009) as f64 / 1009.0;
                let mut x = vec![0.8 + 1.4 * at(1), 0.8 + 0.4 * at(2)];
                x.extend([0.9 + 0.5 * at(3), 0.9 + 0.3 * at(4)]);
                x.truncate(shape.n_parameters());
                if season {
                    x[2] = -0.1 + 1.2 * at(3);
                }
                let gains = shape.gains(&x);
                let stable = shape.is_stable(&gains, &mut Vec::new());
                *(if stable { &mut inside } else { &mut outside }) += 1;
                assert_eq!(stable, fades(shape, &gains), "{shape:?} {x:?}");
            }
        }
        assert!(inside > 100 && outside > 100, "{inside} {outside}");
    }

    /// `α_1` = 1: ℓ is simple exponential smoothing with `α_0` − 1.
    #[test]
    fn with_an_imaginary_part_of_one_it_is_simple_smoothing() {
        let shape = shape(true, false, false);
        let y = [3.0, 5.0, 4.0, 6.0, 9.0];
        let problem = Problem::new(shape, &y);
        let (errors, states) = problem.run(&shape.gains(&[1.3, 1.0]));
        let first = y[0] - errors[0];
        let mut level = first;
        for (y, e) in y.iter().zip(&errors) {
            assert!((y - level - e).abs() < 1e-12);
            level += 0.3 * (y - level);
        }
        assert!((states.mean(0) - level).abs() < 1e-12);
        let psi = responses(shape, &shape.gains(&[1.3, 1.0]), 4);
        assert!(psi.iter().all(|p| (p - 0.3).abs() < 1e-12) && psi.len() == 3);
    }
}
