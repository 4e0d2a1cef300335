//! The recursions: covariances and gains once, means of any data after that.
//!
//! Measurements are processed one at a time (Koopman and Durbin 2000; Durbin and Koopman 2012, §6.4) with the exact
//! diffuse start (ibid., §5.2 and §5.3). Gains do not depend on the data, so the same gains run on the figures, on each
//! regressor column (the augmented filter: Rosenberg 1973, de Jong 1991) and on simulated figures.

use crate::error::StateSpaceError;
use crate::filter::Likelihood;
use crate::matrix::{invert_spd, semidefinite_factor};
use crate::spans::{Plan, dot};

/// `F∞` below this share of what the diffuse variances allow is zero.
const DIFFUSE_TOLERANCE: f64 = 1e-9;
/// `F` below this share of the largest variances seen is zero.
const VARIANCE_TOLERANCE: f64 = 1e-12;
/// A redundant figure may miss its prediction by this share of its size.
const CONTRADICTION_TOLERANCE: f64 = 1e-7;

/// What a measurement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pinned a diffuse element.
    Diffuse,
    /// Had an ordinary variance.
    Proper,
    /// Was already known exactly.
    Redundant,
}

/// Gains of every measurement and covariances of every period.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gains {
    pub(crate) kind: Vec<Kind>,
    /// `F*`.
    pub(crate) f: Vec<f64>,
    f_inf: Vec<f64>,
    /// `P* z`, items × m.
    m_star: Vec<f64>,
    /// `P∞ z`, items × m.
    m_inf: Vec<f64>,
    /// `P*` at the start of each period.
    pub(crate) p_star: Vec<f64>,
    /// `P∞` of the first periods, until it vanishes.
    pub(crate) p_inf: Vec<f64>,
    /// Innovations, items × (k + 1).
    pub(crate) v: Vec<f64>,
    /// Predicted means, periods × (k + 1) × m.
    predicted: Vec<f64>,
}

/// What a pass through the data leaves.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    pub(crate) likelihood: Likelihood,
    pub(crate) beta: Vec<f64>,
    /// `(Σ v_x v_x'/F)⁻¹`.
    pub(crate) beta_covariance: Vec<f64>,
    /// Filtered means of the last period, (k + 1) × m.
    pub(crate) end_means: Vec<f64>,
    pub(crate) end_covariance: Vec<f64>,
}

/// Running covariances.
struct Covariances {
    m: usize,
    p: Vec<f64>,
    p_inf: Vec<f64>,
    rank_left: usize,
    peak: Vec<f64>,
    peak_inf: Vec<f64>,
    m_star: Vec<f64>,
    m_inf: Vec<f64>,
    scratch: Vec<f64>,
}

impl Covariances {
    fn new(plan: &Plan) -> Self {
        let m = plan.m;
        let mut start = Self {
            m,
            p: plan.covariance.clone(),
            p_inf: plan.diffuse.clone(),
            rank_left: plan.rank_diffuse,
            peak: vec![0.0; m],
            peak_inf: vec![0.0; m],
            m_star: vec![0.0; m],
            m_inf: vec![0.0; m],
            scratch: vec![0.0; m * m],
        };
        start.note_peaks();
        start
    }

    fn note_peaks(&mut self) {
        for i in 0..self.m {
            self.peak[i] = self.peak[i].max(self.p[i * self.m + i]);
            if self.rank_left > 0 {
                self.peak_inf[i] = self.peak_inf[i].max(self.p_inf[i * self.m + i]);
            }
        }
    }

    fn predict(&mut self, plan: &Plan, t: usize) {
        plan.advance_covariance(t, &mut self.p, true, &mut self.scratch);
        if self.rank_left > 0 {
            plan.advance_covariance(t, &mut self.p_inf, false, &mut self.scratch);
            let alive = (0..self.m).any(|i| {
                self.p_inf[i * self.m + i]
                    > DIFFUSE_TOLERANCE * DIFFUSE_TOLERANCE * self.peak_inf[i]
            });
            if !alive {
                self.p_inf.fill(0.0);
                self.rank_left = 0;
            }
        }
        self.note_peaks();
    }

    /// Takes in a measurement `z'α` with noise `h`: its kind, `F*` and `F∞`, leaving `P*z` and `P∞z`.
    fn update(&mut self, z: &[(usize, f64)], h: f64) -> (Kind, f64, f64) {
        let m = self.m;
        times(&self.p, z, &mut self.m_star, m);
        let f = dot(z, &self.m_star) + h;
        if self.rank_left > 0 {
            times(&self.p_inf, z, &mut self.m_inf, m);
            let f_inf = dot(z, &self.m_inf);
            let allowed: f64 = z.iter().map(|&(l, v)| v * v * self.peak_inf[l]).sum();
            if f_inf > DIFFUSE_TOLERANCE * allowed {
                self.update_diffuse(f, f_inf);
                return (Kind::Diffuse, f, f_inf);
            }
            self.m_inf.fill(0.0);
        }
        let allowed: f64 = z.iter().map(|&(l, v)| v * v * self.peak[l]).sum();
        if f <= VARIANCE_TOLERANCE * allowed {
            return (Kind::Redundant, f, 0.0);
        }
        let root = 1.0 / f.sqrt();
        for (g, x) in self.scratch[..m].iter_mut().zip(&self.m_star) {
            *g = x * root;
        }
        let gain = &self.scratch[..m];
        for (row, &own) in self.p.chunks_exact_mut(m).zip(gain) {
            if own != 0.0 {
                for (x, g) in row.iter_mut().zip(gain) {
                    *x -= own * g;
                }
            }
        }
        (Kind::Proper, f, 0.0)
    }

    fn update_diffuse(&mut self, f: f64, f_inf: f64) {
        let m = self.m;
        for i in 0..m {
            for j in 0..=i {
                let both = self.m_inf[i] * self.m_inf[j];
                let cross = self.m_star[i] * self.m_inf[j] + self.m_inf[i] * self.m_star[j];
                let p = self.p[i * m + j] + (both * f / f_inf - cross) / f_inf;
                self.p[i * m + j] = p;
                self.p[j * m + i] = p;
                let q = self.p_inf[i * m + j] - both / f_inf;
                self.p_inf[i * m + j] = q;
                self.p_inf[j * m + i] = q;
            }
        }
        self.rank_left -= 1;
        if self.rank_left == 0 {
            self.p_inf.fill(0.0);
        }
    }
}

/// `out = P z`.
fn times(p: &[f64], z: &[(usize, f64)], out: &mut [f64], m: usize) {
    out.fill(0.0);
    for &(l, v) in z {
        for (o, x) in out.iter_mut().zip(&p[l * m..(l + 1) * m]) {
            *o += v * x;
        }
    }
}

/// Filters the figures and the regressor columns; with `gains`, keeps everything the smoother needs.
pub(crate) fn pass(plan: &Plan, mut gains: Option<&mut Gains>) -> Result<Pass, StateSpaceError> {
    let (m, k) = (plan.m, plan.k);
    let columns = k + 1;
    if let Some(g) = gains.as_deref_mut() {
        g.clear_for(plan);
    }
    let mut cov = Covariances::new(plan);
    let mut means = vec![0.0; columns * m];
    means[..m].copy_from_slice(&plan.mean);
    let mut scratch = vec![0.0; m];
    let mut v = vec![0.0; columns];
    let mut moments = Moments::new(k);
    let mut redundant: Vec<(usize, f64, Vec<f64>)> = Vec::new();
    for t in 0..plan.n_periods {
        if t > 0 {
            cov.predict(plan, t);
            for a in means.chunks_exact_mut(m) {
                plan.advance(t, a, &mut scratch);
            }
        }
        if let Some(g) = gains.as_deref_mut() {
            g.p_star.extend_from_slice(&cov.p);
            if cov.rank_left > 0 {
                g.p_inf.extend_from_slice(&cov.p_inf);
            }
            g.predicted.extend_from_slice(&means);
        }
        for item in plan.first_item[t]..plan.first_item[t + 1] {
            let z = plan.row(item);
            for (c, (v, a)) in v.iter_mut().zip(means.chunks_exact(m)).enumerate() {
                let data =
                    if c == 0 { plan.items[item].value } else { plan.regressors[item * k + c - 1] };
                *v = data - dot(z, a);
            }
            let (kind, f, f_inf) = cov.update(z, plan.items[item].noise);
            let (gain, variance) = match kind {
                Kind::Diffuse => (&cov.m_inf, f_inf),
                Kind::Proper | Kind::Redundant => (&cov.m_star, f),
            };
            match kind {
                Kind::Diffuse => moments.note_diffuse(f_inf),
                Kind::Proper => moments.note(&v, f, &plan.regressors[item * k..(item + 1) * k]),
                Kind::Redundant => {
                    let scale: f64 = z.iter().map(|&(l, z)| z * z * cov.peak[l]).sum();
                    redundant.push((item, scale.sqrt(), v.clone()));
                }
            }
            if kind != Kind::Redundant {
                for (a, v) in means.chunks_exact_mut(m).zip(&v) {
                    let step = v / variance;
                    for (a, g) in a.iter_mut().zip(gain) {
                        *a += step * g;
                    }
                }
            }
            if let Some(g) = gains.as_deref_mut() {
                g.kind.push(kind);
                g.f.push(f);
                g.f_inf.push(f_inf);
                g.m_star.extend_from_slice(&cov.m_star);
                g.m_inf.extend_from_slice(&cov.m_inf);
                g.v.extend_from_slice(&v);
            }
        }
    }
    if cov.rank_left > 0 {
        return Err(StateSpaceError::Unpinned {
            n_diffuse: plan.rank_diffuse,
            n_pinned: moments.n_diffuse,
        });
    }
    let (likelihood, beta, beta_covariance) = moments.solve()?;
    for (item, scale, v) in redundant {
        let innovation = at_beta(&v, &beta);
        let item = &plan.items[item];
        if innovation.abs() > CONTRADICTION_TOLERANCE * (item.value.abs() + scale) {
            return Err(StateSpaceError::Contradiction {
                period: item.end,
                channel: item.channel,
                innovation,
            });
        }
    }
    Ok(Pass { likelihood, beta, beta_covariance, end_means: means, end_covariance: cov.p })
}

/// `v_0 − Σ β_j v_j`.
fn at_beta(v: &[f64], beta: &[f64]) -> f64 {
    v[0] - v[1..].iter().zip(beta).map(|(v, b)| v * b).sum::<f64>()
}

/// Sums over innovations: likelihood and the normal equations of `β`.
struct Moments {
    k: usize,
    /// `Σ v v'/F`, (k + 1)².
    products: Vec<f64>,
    /// `Σ x²/F` of each column, to tell a vanishing innovation from a small regressor.
    raw: Vec<f64>,
    n: usize,
    n_diffuse: usize,
    sum_log_variance: f64,
    sum_log_diffuse: f64,
}

impl Moments {
    fn new(k: usize) -> Self {
        Self {
            k,
            products: vec![0.0; (k + 1) * (k + 1)],
            raw: vec![0.0; k],
            n: 0,
            n_diffuse: 0,
            sum_log_variance: 0.0,
            sum_log_diffuse: 0.0,
        }
    }

    fn note_diffuse(&mut self, f_inf: f64) {
        self.n_diffuse += 1;
        self.sum_log_diffuse += f_inf.ln();
    }

    fn note(&mut self, v: &[f64], f: f64, x: &[f64]) {
        self.n += 1;
        self.sum_log_variance += f.ln();
        let precision = 1.0 / f;
        for (row, vi) in self.products.chunks_exact_mut(self.k + 1).zip(v) {
            let own = vi * precision;
            for (p, vj) in row.iter_mut().zip(v) {
                *p += own * vj;
            }
        }
        for (r, x) in self.raw.iter_mut().zip(x) {
            *r += x * x * precision;
        }
    }

    fn solve(&self) -> Result<(Likelihood, Vec<f64>, Vec<f64>), StateSpaceError> {
        let (k, width) = (self.k, self.k + 1);
        let mut normal = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..k {
                normal[i * k + j] = self.products[(i + 1) * width + j + 1];
            }
            if normal[i * k + i] <= 1e-16 * self.raw[i] || self.raw[i] <= 0.0 {
                return Err(StateSpaceError::Collinear { column: i });
            }
        }
        let covariance = invert_spd(&normal, k, 1e-11)
            .map_err(|(column, _)| StateSpaceError::Collinear { column })?;
        let beta = self.solve_beta(&covariance);
        let explained: f64 = (0..k).map(|i| beta[i] * self.products[i + 1]).sum();
        let likelihood = Likelihood {
            n: self.n,
            n_diffuse: self.n_diffuse,
            sum_log_variance: self.sum_log_variance,
            sum_log_diffuse: self.sum_log_diffuse,
            sum_of_squares: (self.products[0] - explained).max(0.0),
            n_coefficients: k,
            log_det_information: log_det(&normal, k),
        };
        Ok((likelihood, beta, covariance))
    }

    fn solve_beta(&self, covariance: &[f64]) -> Vec<f64> {
        let k = self.k;
        (0..k).map(|i| (0..k).map(|j| covariance[i * k + j] * self.products[j + 1]).sum()).collect()
    }
}

/// Logarithm of the determinant of a positive definite matrix; that of no rows is 0.
fn log_det(a: &[f64], k: usize) -> f64 {
    let (l, _) = semidefinite_factor(a, k);
    2.0 * (0..k).map(|i| l[i * k + i].ln()).sum::<f64>()
}

impl Gains {
    /// Empties the storage, keeping its memory, and makes room for a plan.
    fn clear_for(&mut self, plan: &Plan) {
        let (m, columns, n_items) = (plan.m, plan.k + 1, plan.items.len());
        self.kind.clear();
        self.kind.reserve(n_items);
        for (list, size) in [
            (&mut self.f, n_items),
            (&mut self.f_inf, n_items),
            (&mut self.m_star, n_items * m),
            (&mut self.m_inf, n_items * m),
            (&mut self.p_star, plan.n_periods * m * m),
            (&mut self.p_inf, 0),
            (&mut self.v, n_items * columns),
            (&mut self.predicted, plan.n_periods * columns * m),
        ] {
            list.clear();
            list.reserve(size);
        }
    }

    /// Number of items.
    pub(crate) fn n_items(&self) -> usize {
        self.kind.len()
    }

    /// `P∗` of a period.
    pub(crate) fn covariance(&self, plan: &Plan, t: usize) -> &[f64] {
        let size = plan.m * plan.m;
        &self.p_star[t * size..(t + 1) * size]
    }

    /// `P∞` of a period, while it lasts.
    pub(crate) fn diffuse(&self, plan: &Plan, t: usize) -> Option<&[f64]> {
        let size = plan.m * plan.m;
        self.p_inf.get(t * size..(t + 1) * size)
    }

    /// `(F*, F∞, P*z, P∞z)` of an item.
    pub(crate) fn of_item(&self, m: usize, item: usize) -> (f64, f64, &[f64], &[f64]) {
        let span = item * m..(item + 1) * m;
        (self.f[item], self.f_inf[item], &self.m_star[span.clone()], &self.m_inf[span])
    }

    /// Innovations and predicted means of other figures under the same gains, from another start.
    pub(crate) fn forward(&self, plan: &Plan, data: &[f64], start: &[f64]) -> Means {
        let m = plan.m;
        let mut a = start.to_vec();
        let mut scratch = vec![0.0; m];
        let mut means = Means {
            v: Vec::with_capacity(data.len()),
            predicted: Vec::with_capacity(plan.n_periods * m),
        };
        for t in 0..plan.n_periods {
            if t > 0 {
                plan.advance(t, &mut a, &mut scratch);
            }
            means.predicted.extend_from_slice(&a);
            let items = plan.first_item[t]..plan.first_item[t + 1];
            for (item, figure) in items.clone().zip(&data[items]) {
                let v = figure - dot(plan.row(item), &a);
                means.v.push(v);
                let (f, f_inf, m_star, m_inf) = self.of_item(m, item);
                let (gain, variance) = match self.kind[item] {
                    Kind::Diffuse => (m_inf, f_inf),
                    Kind::Proper => (m_star, f),
                    Kind::Redundant => continue,
                };
                let step = v / variance;
                for (a, g) in a.iter_mut().zip(gain) {
                    *a += step * g;
                }
            }
        }
        means
    }

    /// The figures as filtered by [`pass`] (column 0) or a regressor (column j).
    pub(crate) fn column(&self, plan: &Plan, c: usize) -> Means {
        let (m, columns) = (plan.m, plan.k + 1);
        Means {
            v: self.v.iter().skip(c).step_by(columns).copied().collect(),
            predicted: self
                .predicted
                .chunks_exact(m)
                .skip(c)
                .step_by(columns)
                .flatten()
                .copied()
                .collect(),
        }
    }

    /// Innovations and predicted means of the figures at given coefficients.
    pub(crate) fn means_at(&self, plan: &Plan, beta: &[f64]) -> Means {
        let mut means = self.column(plan, 0);
        for (j, b) in beta.iter().enumerate() {
            means.subtract(*b, &self.column(plan, j + 1));
        }
        means
    }

    /// Smoothed means, periods × m (Durbin and Koopman 2012, §5.3 and §6.4).
    pub(crate) fn backward(&self, plan: &Plan, means: &Means) -> Vec<f64> {
        let m = plan.m;
        let mut smoothed = means.predicted.clone();
        let (mut r0, mut r1) = (vec![0.0; m], vec![0.0; m]);
        let mut scratch = vec![0.0; m];
        for t in (0..plan.n_periods).rev() {
            let diffuse = self.diffuse(plan, t);
            for item in (plan.first_item[t]..plan.first_item[t + 1]).rev() {
                self.smooth_item(
                    plan,
                    item,
                    means.v[item],
                    &mut r0,
                    diffuse.map(|_| r1.as_mut_slice()),
                );
            }
            let out = &mut smoothed[t * m..(t + 1) * m];
            for (out, row) in out.iter_mut().zip(self.covariance(plan, t).chunks_exact(m)) {
                *out += inner(row, &r0);
            }
            if let Some(diffuse) = diffuse {
                for (out, row) in out.iter_mut().zip(diffuse.chunks_exact(m)) {
                    *out += inner(row, &r1);
                }
            }
            if t > 0 {
                plan.retreat(t, &mut r0, &mut scratch);
                if diffuse.is_some() {
                    plan.retreat(t, &mut r1, &mut scratch);
                }
            }
        }
        smoothed
    }

    fn smooth_item(
        &self,
        plan: &Plan,
        item: usize,
        v: f64,
        r0: &mut [f64],
        r1: Option<&mut [f64]>,
    ) {
        let (f, f_inf, m_star, m_inf) = self.of_item(plan.m, item);
        let (step0, step1) = match (self.kind[item], &r1) {
            (Kind::Redundant, _) => return,
            (Kind::Proper, None) => ((v - inner(m_star, r0)) / f, 0.0),
            (Kind::Proper, Some(r1)) => ((v - inner(m_star, r0)) / f, -inner(m_star, r1) / f),
            (Kind::Diffuse, r1) => {
                let along = inner(m_inf, r0);
                let across = (inner(m_star, r0) - along * f / f_inf) / f_inf;
                let own = r1.as_ref().map_or(0.0, |r1| inner(m_inf, r1));
                (-along / f_inf, (v - own) / f_inf - across)
            }
        };
        for &(l, z) in plan.row(item) {
            r0[l] += step0 * z;
        }
        if let Some(r1) = r1 {
            for &(l, z) in plan.row(item) {
                r1[l] += step1 * z;
            }
        }
    }
}

/// Innovations (one an item) and predicted means (periods × m) of some figures.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub(crate) v: Vec<f64>,
    pub(crate) predicted: Vec<f64>,
}

impl Means {
    /// `self −= factor × other`.
    pub(crate) fn subtract(&mut self, factor: f64, other: &Self) {
        for (x, y) in self.v.iter_mut().zip(&other.v) {
            *x -= factor * y;
        }
        for (x, y) in self.predicted.iter_mut().zip(&other.predicted) {
            *x -= factor * y;
        }
    }
}

pub(crate) fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
