//! The maximum of the likelihood of a form, or of its product with a prior density: quasi-Newton steps in coordinates without bounds.
//!
//! Smoothing parameters are `lo + (hi − lo) sin² w`, so that a maximum at a bound, which is common, is an ordinary
//! stationary point. They lie in the closure of the usual region, 0 ≤ α ≤ 1, 0 ≤ β ≤ α, 0 ≤ γ ≤ 1 − α (Hyndman et al.
//! 2008, §2.5): season or growth that never changes, and a random walk, are models worth having. The search is that of Broyden, Fletcher,
//! Goldfarb and Shanno (Nocedal and Wright 2006, eq. 6.17), begun with the Gauss–Newton curvature instead of the identity:
//! with some seventeen coordinates of quite different size that is what makes twenty steps enough.

use super::form::{EtsForm, SeasonForm, TrendForm};
use super::prior::Prior;
use super::recursion::{Adjoint, Errors, EtsParameters, Trace};
use super::tangent::Tangents;

/// Bounds of φ: below, growth fades at once; above, it is hardly told from growth that does not fade.
const PHI: (f64, f64) = (0.8, 0.98);
const MAX_STEPS: usize = 200;
/// Steps after which the curvature is taken afresh.
const REFRESH: usize = 30;
/// Largest step of an angle.
const MAX_ANGLE: f64 = 0.6;

/// Where coordinates are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) beta: Option<usize>,
    pub(super) gamma: Option<usize>,
    pub(super) phi: Option<usize>,
    pub(super) level: usize,
    pub(super) growth: Option<usize>,
    season: usize,
    pub(super) k: usize,
    m: usize,
}

impl Layout {
    pub(super) fn of(form: EtsForm, m: usize) -> Self {
        let trend = form.trend != TrendForm::None;
        let m = if form.season == SeasonForm::None { 0 } else { m };
        let mut next = 1;
        let mut take = |wanted: bool| {
            let at = next;
            next += usize::from(wanted);
            wanted.then_some(at)
        };
        let beta = take(trend);
        let gamma = take(m > 0);
        let phi = take(form.trend.is_damped());
        let level = take(true).unwrap_or_default();
        let growth = take(trend);
        Self { beta, gamma, phi, level, growth, season: next, k: next + m.saturating_sub(1), m }
    }

    /// Number of coordinates that are angles.
    fn n_angles(self) -> usize {
        self.level
    }
}

/// A search for one form on one series; its memory serves every start.
#[derive(Debug)]
pub(super) struct Search<'a> {
    form: EtsForm,
    y: &'a [f64],
    layout: Layout,
    parameters: EtsParameters,
    trace: Trace,
    adjoint: Adjoint,
    tangents: Tangents,
    prior: Prior,
    /// Slopes of the criterion in the shares of the ranges of α, β, γ, φ.
    slopes: [f64; 4],
    gradient: Vec<f64>,
    inverse: Vec<f64>,
    work: Vec<f64>,
    /// Passes so far.
    pub(super) n_passes: usize,
}

/// A point and the criterion there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Optimum {
    pub(super) x: Vec<f64>,
    pub(super) criterion: f64,
}

fn share(w: f64) -> f64 {
    w.sin().powi(2)
}

/// The angle of a share of the range.
pub(super) fn angle(share: f64) -> f64 {
    share.clamp(0.0, 1.0).sqrt().asin()
}

impl<'a> Search<'a> {
    pub(super) fn new(form: EtsForm, y: &'a [f64], m: usize, prior: Prior) -> Self {
        let layout = Layout::of(form, m);
        Self {
            form,
            y,
            layout,
            parameters: EtsParameters {
                alpha: 0.0,
                beta: 0.0,
                gamma: 0.0,
                phi: 1.0,
                level: 0.0,
                growth: 0.0,
                seasons: vec![0.0; layout.m],
            },
            trace: Trace::default(),
            adjoint: Adjoint::default(),
            tangents: Tangents::default(),
            prior,
            slopes: [0.0; 4],
            gradient: vec![0.0; layout.k],
            inverse: Vec::new(),
            work: Vec::new(),
            n_passes: 0,
        }
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Sum of the seasons: 0, or their number where they multiply.
    fn total(&self) -> f64 {
        if self.form.season == SeasonForm::Multiplicative { self.layout.m as f64 } else { 0.0 }
    }

    /// The parameters at a point.
    pub(super) fn parameters_at(&mut self, x: &[f64]) -> &EtsParameters {
        let total = self.total();
        let (layout, p) = (self.layout, &mut self.parameters);
        p.alpha = share(x[0]);
        if let Some(i) = layout.beta {
            p.beta = p.alpha * share(x[i]);
        }
        if let Some(i) = layout.gamma {
            p.gamma = (1.0 - p.alpha) * share(x[i]);
        }
        if let Some(i) = layout.phi {
            p.phi = PHI.0 + (PHI.1 - PHI.0) * share(x[i]);
        }
        p.level = x[layout.level];
        if let Some(i) = layout.growth {
            p.growth = x[i];
        }
        if layout.m > 0 {
            let free = &x[layout.season..];
            p.seasons[..layout.m - 1].copy_from_slice(free);
            p.seasons[layout.m - 1] = total - free.iter().sum::<f64>();
        }
        p
    }

    fn run(&mut self, x: &[f64]) -> Option<Errors> {
        self.parameters_at(x);
        self.n_passes += 1;
        self.trace.run(self.form, &self.parameters, self.y)
    }

    /// The criterion, infinite where the form is not defined.
    pub(super) fn criterion(&mut self, x: &[f64]) -> f64 {
        self.run(x).map_or(f64::INFINITY, |errors| self.value(x, errors))
    }

    /// The criterion of the last run: minus twice the log-likelihood and the logarithm of the prior.
    fn value(&self, x: &[f64], errors: Errors) -> f64 {
        errors.criterion() + self.penalty(x)
    }

    /// Minus twice the logarithm of the prior at the present parameters.
    fn penalty(&self, x: &[f64]) -> f64 {
        let mut sum = self.prior.of_seasons(&self.parameters.seasons, self.neutral());
        for (kind, at) in self.angles().into_iter().enumerate() {
            if let Some(i) = at {
                sum += self.prior.of_share(kind, share(x[i]));
            }
        }
        sum
    }

    /// Minus twice the log-likelihood at a point, infinite where the form is not defined.
    pub(super) fn deviance(&mut self, x: &[f64]) -> f64 {
        self.run(x).map_or(f64::INFINITY, Errors::criterion)
    }

    /// A season that does nothing.
    fn neutral(&self) -> f64 {
        if self.form.season == SeasonForm::Multiplicative { 1.0 } else { 0.0 }
    }

    /// Ranges of α, β, γ and φ at the present parameters.
    fn ranges(&self) -> [f64; 4] {
        let alpha = self.parameters.alpha;
        [1.0, alpha, 1.0 - alpha, PHI.1 - PHI.0]
    }

    /// The coordinates of α, β, γ and φ.
    fn angles(&self) -> [Option<usize>; 4] {
        [Some(0), self.layout.beta, self.layout.gamma, self.layout.phi]
    }

    /// The gradient at the last run.
    fn differentiate(&mut self, x: &[f64], errors: Errors) {
        self.trace.reverse(self.form, &self.parameters, errors, &mut self.adjoint);
        let (layout, a) = (self.layout, &self.adjoint);
        let in_beta = layout.beta.map_or(0.0, |i| a.beta * share(x[i]));
        let in_gamma = layout.gamma.map_or(0.0, |i| a.gamma * share(x[i]));
        let natural = [a.alpha + in_beta - in_gamma, a.beta, a.gamma, a.phi];
        let ranges = self.ranges();
        for (kind, at) in self.angles().into_iter().enumerate() {
            if let Some(i) = at {
                let in_prior = self.prior.share_slopes(kind, share(x[i])).0;
                self.slopes[kind] = natural[kind] * ranges[kind] + in_prior;
                self.gradient[i] = self.slopes[kind] * (2.0 * x[i]).sin();
            }
        }
        let a = &self.adjoint;
        self.gradient[layout.level] = a.level;
        if let Some(i) = layout.growth {
            self.gradient[i] = a.growth;
        }
        if layout.m > 0 {
            let last = a.season[layout.m - 1];
            let seasons = &self.parameters.seasons;
            for i in 0..layout.m - 1 {
                let apart = seasons[i] - seasons[layout.m - 1];
                let in_prior = 2.0 * self.prior.precision() * apart;
                self.gradient[layout.season + i] = a.season[i] - last + in_prior;
            }
        }
    }

    /// The inverse of the Gauss–Newton curvature at the last run, of which the gradient is known.
    fn take_curvature(&mut self, x: &[f64], errors: Errors) {
        let k = self.layout.k;
        self.set_directions(x);
        self.tangents.run(self.form, &self.parameters, &self.trace);
        self.tangents.products(&mut self.work);
        let slope = 2.0 * errors.n / errors.squares.max(1e-300);
        for v in &mut self.work {
            *v *= slope;
        }
        for (kind, at) in self.angles().into_iter().enumerate() {
            if let Some(i) = at {
                // What bends the coordinate itself: all there is of curvature at a bound.
                let bend = self.slopes[kind] * 2.0 * (2.0 * x[i]).cos();
                let in_prior = self.prior.share_slopes(kind, share(x[i])).1;
                self.work[i * k + i] += bend.max(0.0) + in_prior * (2.0 * x[i]).sin().powi(2) + 0.5;
            }
        }
        // The last season is what the others leave, so that it bends them all.
        let twice = 2.0 * self.prior.precision();
        for i in self.layout.season..k {
            for j in self.layout.season..k {
                self.work[i * k + j] += if i == j { 2.0 * twice } else { twice };
            }
        }
        invert(&mut self.work, k, &mut self.inverse);
    }

    fn set_directions(&mut self, x: &[f64]) {
        let layout = self.layout;
        let ranges = self.ranges();
        let sine = |i: usize| (2.0 * x[i]).sin();
        let tangents = &mut self.tangents;
        tangents.clear(layout.k, layout.m);
        let in_alpha = ranges[0] * sine(0);
        tangents.alpha[0] = in_alpha;
        if let Some(i) = layout.beta {
            tangents.beta[0] = in_alpha * share(x[i]);
            tangents.beta[i] = ranges[1] * sine(i);
        }
        if let Some(i) = layout.gamma {
            tangents.gamma[0] = -in_alpha * share(x[i]);
            tangents.gamma[i] = ranges[2] * sine(i);
        }
        if let Some(i) = layout.phi {
            tangents.phi[i] = ranges[3] * sine(i);
        }
        tangents.level[layout.level] = 1.0;
        if let Some(i) = layout.growth {
            tangents.growth[i] = 1.0;
        }
        if layout.m > 0 {
            for i in 0..layout.m - 1 {
                let column = layout.season + i;
                tangents.season[i * layout.k + column] = 1.0;
                tangents.season[(layout.m - 1) * layout.k + column] = -1.0;
            }
        }
    }

    /// The minimum of the criterion that steps from `x` lead to, up to a step that promises less than `tolerance`; `None` if the form is not defined there.
    pub(super) fn minimise(&mut self, x: &[f64], tolerance: f64) -> Option<Optimum> {
        let k = self.layout.k;
        let mut x = x.to_vec();
        let errors = self.run(&x)?;
        let mut f = self.value(&x, errors);
        self.differentiate(&x, errors);
        self.take_curvature(&x, errors);
        let mut fresh = true;
        let mut since = 0;
        let mut moved_off = 0;
        let mut kept: Option<Optimum> = None;
        let (mut step, mut next) = (vec![0.0; k], vec![0.0; k]);
        let mut before = vec![0.0; k];
        for _ in 0..MAX_STEPS {
            let mut slope = self.direction(&mut step);
            if slope >= 0.0 {
                self.take_curvature_here(&x);
                slope = self.direction(&mut step);
            }
            if -slope < tolerance {
                let here = Optimum { criterion: f, x: x.clone() };
                if moved_off < 3 && self.leave_bounds(&mut x) {
                    moved_off += 1;
                    kept = Some(here);
                    let Some(errors) = self.run(&x) else { break };
                    f = self.value(&x, errors);
                    self.differentiate(&x, errors);
                    self.take_curvature(&x, errors);
                    continue;
                }
                break;
            }
            slope *= self.shorten(&mut step);
            let Some((errors, value)) = self.line(&x, &step, f, slope, &mut next) else {
                if fresh {
                    break;
                }
                self.take_curvature_here(&x);
                fresh = true;
                continue;
            };
            before.copy_from_slice(&self.gradient);
            self.differentiate(&next, errors);
            since += 1;
            if since >= REFRESH {
                self.take_curvature(&next, errors);
                since = 0;
            } else {
                for i in 0..k {
                    step[i] = next[i] - x[i];
                    before[i] = self.gradient[i] - before[i];
                }
                update(&mut self.inverse, &step, &before, &mut self.work);
            }
            fresh = false;
            std::mem::swap(&mut x, &mut next);
            f = value;
        }
        // A displacement from a bound may have been for nothing.
        let last = Optimum { criterion: f, x };
        Some(kept.filter(|k| k.criterion <= last.criterion).unwrap_or(last))
    }

    fn take_curvature_here(&mut self, x: &[f64]) {
        if let Some(errors) = self.run(x) {
            self.differentiate(x, errors);
            self.take_curvature(x, errors);
        }
    }

    /// The step that the curvature asks for, and the slope along it.
    fn direction(&self, step: &mut [f64]) -> f64 {
        let k = self.layout.k;
        let mut slope = 0.0;
        for (i, s) in step.iter_mut().enumerate() {
            let row = &self.inverse[i * k..(i + 1) * k];
            *s = -row.iter().zip(&self.gradient).map(|(h, g)| h * g).sum::<f64>();
            slope += *s * self.gradient[i];
        }
        slope
    }

    /// Keeps angles from going round and states from going astray; the factor the step was made shorter by.
    fn shorten(&self, step: &mut [f64]) -> f64 {
        let largest = |part: &[f64]| part.iter().fold(0.0_f64, |a, s| a.max(s.abs()));
        let (angles, states) = step.split_at(self.layout.n_angles());
        let factor = (MAX_ANGLE / largest(angles).max(1e-300))
            .min(1.0 / largest(states).max(1e-300))
            .min(1.0);
        if factor < 1.0 {
            for s in step {
                *s *= factor;
            }
        }
        factor
    }

    /// Goes back along a step until the criterion falls enough (Nocedal and Wright 2006, eq. 3.4).
    fn line(
        &mut self,
        x: &[f64],
        step: &[f64],
        f: f64,
        slope: f64,
        next: &mut [f64],
    ) -> Option<(Errors, f64)> {
        let mut length = 1.0;
        for _ in 0..30 {
            for (to, (from, s)) in next.iter_mut().zip(x.iter().zip(step)) {
                *to = from + length * s;
            }
            let errors = self.run(next);
            let value = errors.map_or(f64::INFINITY, |errors| self.value(next, errors));
            if let Some(errors) = errors.filter(|_| value <= f + 1e-4 * length * slope) {
                return Some((errors, value));
            }
            // The least of the parabola through the slope and both values.
            let wanted = -slope * length / (2.0 * ((value - f) / length - slope));
            length = if wanted.is_finite() {
                wanted.clamp(0.1 * length, 0.5 * length)
            } else {
                0.3 * length
            };
        }
        None
    }

    /// Moves angles off a bound that the criterion falls away from: stationary, and no minimum.
    fn leave_bounds(&self, x: &mut [f64]) -> bool {
        let mut moved = false;
        for (kind, at) in self.angles().into_iter().enumerate() {
            let Some(i) = at else { continue };
            let u = share(x[i]);
            let inward = self.slopes[kind];
            if u < 1e-3 && inward < -1e-3 {
                x[i] = angle(0.03);
                moved = true;
            } else if u > 0.999 && inward > 1e-3 {
                x[i] = angle(0.97);
                moved = true;
            }
        }
        moved
    }
}

/// The inverse of a positive definite matrix by its Cholesky factor; diagonal elements too small are raised.
fn invert(a: &mut [f64], k: usize, inverse: &mut Vec<f64>) {
    let floor: Vec<f64> = (0..k).map(|i| 1e-8 * a[i * k + i].abs() + 1e-10).collect();
    for j in 0..k {
        for i in j..k {
            let mut sum = a[i * k + j];
            for c in 0..j {
                sum -= a[i * k + c] * a[j * k + c];
            }
            a[i * k + j] = if i == j { sum.max(floor[j]).sqrt() } else { sum / a[j * k + j] };
        }
    }
    // L⁻¹ below the diagonal of `inverse`, column by column.
    inverse.clear();
    inverse.resize(k * k, 0.0);
    for j in 0..k {
        inverse[j * k + j] = 1.0 / a[j * k + j];
        for i in j + 1..k {
            let mut sum = 0.0;
            for c in j..i {
                sum -= a[i * k + c] * inverse[c * k + j];
            }
            inverse[i * k + j] = sum / a[i * k + i];
        }
    }
    for i in 0..k {
        for j in 0..=i {
            let mut sum = 0.0;
            for c in i..k {
                sum += inverse[c * k + i] * inverse[c * k + j];
            }
            a[i * k + j] = sum;
        }
    }
    for i in 0..k {
        for j in 0..=i {
            inverse[i * k + j] = a[i * k + j];
            inverse[j * k + i] = a[i * k + j];
        }
    }
}

/// Nocedal and Wright (2006), eq. 6.17, left out where the step saw no curvature.
fn update(inverse: &mut [f64], step: &[f64], change: &[f64], work: &mut Vec<f64>) {
    let k = step.len();
    let curvature: f64 = step.iter().zip(change).map(|(s, y)| s * y).sum();
    let sizes: f64 = step.iter().map(|s| s * s).sum::<f64>().sqrt()
        * change.iter().map(|y| y * y).sum::<f64>().sqrt();
    if curvature <= 1e-10 * sizes {
        return;
    }
    work.clear();
    work.extend(
        (0..k).map(|i| {
            inverse[i * k..(i + 1) * k].iter().zip(change).map(|(h, y)| h * y).sum::<f64>()
        }),
    );
    let quadratic: f64 = work.iter().zip(change).map(|(h, y)| h * y).sum();
    let scale = (1.0 + quadratic / curvature) / curvature;
    for i in 0..k {
        let (s, h) = (step[i] / curvature, work[i] / curvature);
        let grown = scale * step[i];
        for (j, v) in inverse[i * k..(i + 1) * k].iter_mut().enumerate() {
            *v += grown * step[j] - h * step[j] - s * work[j];
        }
    }
}
