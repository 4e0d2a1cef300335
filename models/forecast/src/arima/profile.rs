//! The likelihood of a seasonal ARIMA on differenced data, over σ² and the coefficients of regressors, and its search.
//!
//! At the maximum over σ² and β the log-likelihood is `−n/2 (ln 2π S/n + 1) − ½ Σ ln F_t`, with S the sum of squares of
//! what generalised least squares leaves. It is largest where `Σ r_t²` with `r_t = e_t F_t^(−1/2) (Π F)^(1/2n)` is least
//! (Ansley 1979, §5; Mélard 1984), a problem for the method of Levenberg and Marquardt (Marquardt 1963) with β profiled
//! out (Golub and Pereyra 1973). Parameters are inverse hyperbolic tangents of partial autocorrelations (Monahan 1984).

use super::Arima;
use super::likelihood::Filter;
use crate::cholesky::{cholesky, solve};

/// Bound on the size of a free parameter: partial autocorrelations to 1 − 4e-9 in size.
pub(super) const EDGE: f64 = 10.0;
/// A column that keeps less than this of its size beside the columns before it cannot be told apart from them.
const COLLINEAR: f64 = 1e-9;
/// Step of a derivative in a free parameter.
const STEP: f64 = 1e-6;

/// The likelihood of an order on some data, with its buffers.
#[derive(Debug, Clone)]
pub(super) struct Profile<'a> {
    spec: Arima,
    /// Differenced regressors, then the differenced figures.
    columns: &'a [Vec<f64>],
    filter: Filter,
    /// Standardised innovations of the columns: orthonormal ones of the regressors, then what is left of the figures.
    out: Vec<f64>,
    /// Upper triangle, `(k + 1) × (k + 1)`: regressors on one another, then the figures.
    triangle: Vec<f64>,
    natural: Vec<f64>,
}

/// The likelihood at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    /// Sum of squares left by generalised least squares.
    pub(super) squares: f64,
    /// Σ ln F.
    pub(super) log_variances: f64,
    pub(super) n: usize,
}

impl Value {
    /// Log-likelihood at the best σ².
    pub(super) fn log_likelihood(self) -> f64 {
        let n = self.n as f64;
        let sigma2 = self.squares / n;
        -0.5 * (n * ((std::f64::consts::TAU * sigma2).ln() + 1.0) + self.log_variances)
    }

    /// What is minimised: the sum of squares times the geometric mean of the variances.
    fn product(self) -> f64 {
        self.squares * (self.log_variances / self.n as f64).exp()
    }
}

/// When a search ends: the log-likelihood to gain, and the most steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effort {
    gain: f64,
    max_steps: usize,
}

/// For a comparison of orders.
pub(super) const COARSE: Effort = Effort { gain: 3e-3, max_steps: 12 };
/// For an estimate.
pub(super) const FINE: Effort = Effort { gain: 1e-11, max_steps: 200 };

impl<'a> Profile<'a> {
    pub(super) fn new(spec: Arima, columns: &'a [Vec<f64>]) -> Self {
        let ((p, _, q), (sp, _, sq)) = (spec.order, spec.seasonal);
        let (n, c) = (columns[0].len(), columns.len());
        Self {
            spec,
            columns,
            filter: Filter::new(p + sp * spec.season, q + sq * spec.season, c),
            out: vec![0.0; n * c],
            triangle: vec![0.0; c * c],
            natural: vec![0.0; p + q + sp + sq],
        }
    }

    /// The order.
    pub(super) fn spec(&self) -> Arima {
        self.spec
    }

    /// Number of regressors.
    pub(super) fn n_regressors(&self) -> usize {
        self.columns.len() - 1
    }

    /// Figures that count.
    pub(super) fn n(&self) -> usize {
        self.columns[0].len()
    }

    /// Coefficients of the order, in the order of its groups, at the last point.
    pub(super) fn natural(&self) -> &[f64] {
        &self.natural
    }

    /// What is left of the figures at the last point, standardised but for σ.
    pub(super) fn residuals(&self) -> &[f64] {
        &self.out[self.n_regressors() * self.n()..]
    }

    pub(super) fn filter(&mut self) -> &mut Filter {
        &mut self.filter
    }

    /// The likelihood at free parameters.
    pub(super) fn at(&mut self, free: &[f64]) -> Option<Value> {
        self.expand(free);
        self.value()
    }

    /// The likelihood at coefficients as they are reported.
    pub(super) fn at_natural(&mut self, natural: &[f64]) -> Option<Value> {
        self.natural.copy_from_slice(natural);
        self.multiply();
        self.value()
    }

    fn value(&mut self) -> Option<Value> {
        self.filter.start()?;
        let log_variances = self.filter.run(self.columns, &mut self.out)?;
        let squares = self.project()?;
        Some(Value { squares, log_variances, n: self.n() })
    }

    /// Coefficients of free parameters, and their product with seasons.
    fn expand(&mut self, free: &[f64]) {
        let mut at = 0;
        for (size, _, moving) in self.spec.groups() {
            let group = &mut self.natural[at..at + size];
            for (k, x) in free[at..at + size].iter().enumerate() {
                let partial = x.tanh();
                // Levinson's step, pairs from both ends in place.
                for j in 0..k.div_ceil(2) {
                    let (low, high) = (group[j], group[k - 1 - j]);
                    group[j] = low - partial * high;
                    group[k - 1 - j] = high - partial * low;
                }
                group[k] = partial;
            }
            if moving {
                for c in group.iter_mut() {
                    *c = -*c;
                }
            }
            at += size;
        }
        self.multiply();
    }

    fn multiply(&mut self) {
        let [(p, ..), (q, ..), (sp, ..), _] = self.spec.groups();
        let (ar, rest) = self.natural.split_at(p);
        let (ma, rest) = rest.split_at(q);
        let (sar, sma) = rest.split_at(sp);
        let (phi, theta) = self.filter.coefficients();
        // (1 − Σ φ B^i)(1 − Σ Φ B^sj) has −φΦ where (1 + Σ θ B^i)(1 + Σ Θ B^sj) has +θΘ.
        product(phi, ar, sar, self.spec.season, -1.0);
        product(theta, ma, sma, self.spec.season, 1.0);
    }

    /// Generalised least squares: Gram and Schmidt's process (modified) on the columns. The sum of squares left.
    fn project(&mut self) -> Option<f64> {
        let (n, c) = (self.n(), self.columns.len());
        for j in 0..c {
            let (before, own) = self.out.split_at_mut(j * n);
            let own = &mut own[..n];
            let size = dot(own, own);
            for (i, unit) in before.chunks_exact(n).enumerate() {
                let share = dot(unit, own);
                for (x, u) in own.iter_mut().zip(unit) {
                    *x -= share * u;
                }
                self.triangle[i * c + j] = share;
            }
            let left = if j > 0 { dot(own, own) } else { size };
            if j + 1 == c {
                return (left.is_finite() && left > 0.0).then_some(left);
            }
            if left.is_nan() || left <= COLLINEAR * COLLINEAR * size {
                return None;
            }
            let length = left.sqrt();
            self.triangle[j * c + j] = length;
            for x in own.iter_mut() {
                *x /= length;
            }
        }
        None
    }

    /// Coefficients of the regressors at the last point.
    pub(super) fn coefficients(&self) -> Vec<f64> {
        let (k, c) = (self.n_regressors(), self.columns.len());
        let mut beta = vec![0.0; k];
        for i in (0..k).rev() {
            let others: f64 = (i + 1..k).map(|j| self.triangle[i * c + j] * beta[j]).sum();
            beta[i] = (self.triangle[i * c + k] - others) / self.triangle[i * c + i];
        }
        beta
    }

    /// `x R⁻¹` of a row of regressors: its sum of squares is the variance of `x β̂` in units of σ².
    pub(super) fn whitened(&self, row: &[f64]) -> Vec<f64> {
        let c = self.columns.len();
        let mut white = row.to_vec();
        for j in 0..white.len() {
            let others: f64 = (0..j).map(|i| white[i] * self.triangle[i * c + j]).sum();
            white[j] = (white[j] - others) / self.triangle[j * c + j];
        }
        white
    }

    /// Logarithm of the determinant of the information of the coefficients, in units of σ².
    pub(super) fn log_information(&self) -> f64 {
        let c = self.columns.len();
        (0..self.n_regressors()).map(|j| 2.0 * self.triangle[j * c + j].abs().ln()).sum()
    }

    /// Residuals r at a point into `r`; the objective.
    fn scaled_residuals(&mut self, free: &[f64], r: &mut [f64]) -> Option<Value> {
        let value = self.at(free)?;
        let scale = (0.5 * value.log_variances / value.n as f64).exp();
        for (r, e) in r.iter_mut().zip(self.residuals()) {
            *r = scale * e;
        }
        Some(value)
    }

    /// Points that have a likelihood, the highest first.
    pub(super) fn ranked(&mut self, points: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        let mut found: Vec<(f64, Vec<f64>)> = points
            .into_iter()
            .filter_map(|point| self.at(&point).map(|value| (value.product(), point)))
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.into_iter().map(|(_, point)| point).collect()
    }

    /// The maximum from a point on, which is moved there.
    ///
    /// Returns the value, and the last gain in log-likelihood that the search still expected.
    pub(super) fn search(&mut self, free: &mut [f64], effort: Effort) -> Option<(Value, f64)> {
        let (n, k) = (self.n(), free.len());
        let mut here = vec![0.0; n];
        let mut value = self.scaled_residuals(free, &mut here)?;
        if k == 0 {
            return Some((value, 0.0));
        }
        let mut normal = Normal::new(k, n);
        let (mut damping, mut expected) = (1e-3, f64::INFINITY);
        for _ in 0..effort.max_steps {
            self.linearise(free, &here, &mut normal);
            let mut moved = false;
            while damping < 1e8 {
                let step = normal.step(damping);
                let trial: Vec<f64> =
                    free.iter().zip(&step).map(|(x, s)| (x + s).clamp(-EDGE, EDGE)).collect();
                // ℓ = −n/2 ln S: the share of S that the step promises.
                expected = 0.5 * n as f64 * normal.promised(&step) / dot(&here, &here);
                if expected <= effort.gain {
                    break;
                }
                if let Some(next) = self.scaled_residuals(&trial, &mut normal.trial)
                    && next.product() < value.product()
                {
                    let gain = next.log_likelihood() - value.log_likelihood();
                    free.copy_from_slice(&trial);
                    here.copy_from_slice(&normal.trial);
                    value = next;
                    moved = true;
                    damping *= if gain > 0.5 * expected { 0.1 } else { 1.0 };
                    break;
                }
                damping *= 10.0;
            }
            if !moved {
                break;
            }
            damping = damping.max(1e-9);
        }
        Some((value, expected))
    }

    /// Derivatives of the residuals, and the normal equations.
    fn linearise(&mut self, free: &[f64], here: &[f64], normal: &mut Normal) {
        let (n, k) = (here.len(), free.len());
        let mut moved = free.to_vec();
        for j in 0..k {
            // Away from the edge.
            let step = if free[j] > 0.0 { -STEP } else { STEP };
            moved[j] = free[j] + step;
            let column = &mut normal.jacobian[j * n..(j + 1) * n];
            if self.scaled_residuals(&moved, column).is_some() {
                for (c, h) in column.iter_mut().zip(here) {
                    *c = (*c - h) / step;
                }
            } else {
                column.fill(0.0);
            }
            moved[j] = free[j];
        }
        normal.form(here);
    }

    /// Information of the free parameters in the log-likelihood (Gauss and Newton's), and its gradient.
    pub(super) fn information(&mut self, free: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let (n, k) = (self.n(), free.len());
        let mut here = vec![0.0; n];
        self.scaled_residuals(free, &mut here)?;
        let mut normal = Normal::new(k, n);
        self.linearise(free, &here, &mut normal);
        let scale = n as f64 / dot(&here, &here);
        let matrix = normal.matrix.iter().map(|x| scale * x).collect();
        Some((matrix, normal.gradient.iter().map(|x| -scale * x).collect()))
    }
}

/// `c ← short + long B^s + sign short × long`, lags from 1 on.
fn product(c: &mut [f64], short: &[f64], long: &[f64], season: usize, sign: f64) {
    c.fill(0.0);
    c[..short.len()].copy_from_slice(short);
    for (j, outer) in long.iter().enumerate() {
        let lag = (j + 1) * season;
        c[lag - 1] += outer;
        for (i, inner) in short.iter().enumerate() {
            c[lag + i] += sign * outer * inner;
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four sums side by side, which a single one could not be.
    let mut sums = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a4.zip(b4) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    sums[0] + sums[1] + sums[2] + sums[3] + rest
}

/// Normal equations of a step.
struct Normal {
    k: usize,
    jacobian: Vec<f64>,
    matrix: Vec<f64>,
    gradient: Vec<f64>,
    trial: Vec<f64>,
}

impl Normal {
    fn new(k: usize, n: usize) -> Self {
        Self {
            k,
            jacobian: vec![0.0; k * n],
            matrix: vec![0.0; k * k],
            gradient: vec![0.0; k],
            trial: vec![0.0; n],
        }
    }

    fn form(&mut self, here: &[f64]) {
        let n = here.len();
        for i in 0..self.k {
            let own = &self.jacobian[i * n..(i + 1) * n];
            self.gradient[i] = dot(own, here);
            for j in 0..=i {
                let value = dot(own, &self.jacobian[j * n..(j + 1) * n]);
                self.matrix[i * self.k + j] = value;
                self.matrix[j * self.k + i] = value;
            }
        }
    }

    /// Minus the damped inverse times the gradient; at most two units long in any parameter.
    fn step(&self, damping: f64) -> Vec<f64> {
        let k = self.k;
        let mut damped = self.matrix.clone();
        let largest = (0..k).map(|i| self.matrix[i * k + i]).fold(0.0, f64::max);
        for i in 0..k {
            let own = self.matrix[i * k + i];
            damped[i * k + i] = own + damping * own.max(1e-6 * largest) + 1e-14 * largest;
        }
        let mut step: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        if cholesky(&mut damped, k, 0.0).is_some() {
            solve(&damped, k, &mut step);
        }
        let longest = step.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
        if longest > 2.0 {
            for s in &mut step {
                *s *= 2.0 / longest;
            }
        }
        step
    }

    /// By how much a step promises to lower the sum of squares.
    fn promised(&self, step: &[f64]) -> f64 {
        let k = self.k;
        let own: f64 = (0..k).map(|i| step[i] * dot(&self.matrix[i * k..(i + 1) * k], step)).sum();
        -2.0 * dot(&self.gradient, step) - own
    }
}
