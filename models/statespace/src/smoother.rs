//! The smoother: state and signal of every period given all measurements.

use crate::error::StateSpaceError;
use crate::gains::{Gains, Kind, inner, pass};
use crate::log_sum::gaussian_plan;
use crate::model::{Channel, StateSpace};
use crate::observations::{Observations, Scale};
use crate::spans::Plan;
use ndarray::{Array1, Array2};

/// State and signals of every period given all measurements, future periods included if the calendar has them.
#[derive(Debug, Clone)]
pub struct Smoothed {
    pub(crate) scale: Scale,
    pub(crate) state_mean: Array2<f64>,
    pub(crate) state_covariance: Vec<Array2<f64>>,
    pub(crate) signal: Array2<f64>,
    pub(crate) signal_variance: Array2<f64>,
    pub(crate) coefficients: Array1<f64>,
    pub(crate) coefficient_covariance: Array2<f64>,
}

impl Smoothed {
    /// `n_periods × m`, at `β̂`.
    pub fn state_mean(&self) -> &Array2<f64> {
        &self.state_mean
    }

    /// One `m × m` a period, the uncertainty of `β̂` included.
    pub fn state_covariance(&self) -> &[Array2<f64>] {
        &self.state_covariance
    }

    /// `Z α + x'β`, `n_periods × n_channels`; in logs with spans the conditional mode.
    pub fn signal(&self) -> &Array2<f64> {
        &self.signal
    }

    /// Variances of [`Self::signal`], the uncertainty of `β̂` included and the channel's noise not.
    pub fn signal_variance(&self) -> &Array2<f64> {
        &self.signal_variance
    }

    /// The signal in the unit of the figures: itself in levels, its exponential in logs. Months of a span add up to the published sum if its channel has no noise.
    pub fn figures(&self) -> Array2<f64> {
        match self.scale {
            Scale::Level => self.signal.clone(),
            Scale::Log => self.signal.mapv(f64::exp),
        }
    }

    /// `β̂`.
    pub fn coefficients(&self) -> &Array1<f64> {
        &self.coefficients
    }

    /// Covariance of `β̂`.
    pub fn coefficient_covariance(&self) -> &Array2<f64> {
        &self.coefficient_covariance
    }
}

/// Runs filter and smoother.
///
/// # Errors
/// As [`crate::filter`].
pub fn smooth(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Smoothed, StateSpaceError> {
    let plan = gaussian_plan(model, channels, observations)?.0;
    let mut gains = Gains::default();
    let pass = pass(&plan, Some(&mut gains))?;
    let (m, k, base, n_periods) = (plan.m, plan.k, plan.base, plan.n_periods);
    let mean = gains.backward(&plan, &gains.means_at(&plan, &pass.beta));
    let columns: Vec<Vec<f64>> =
        (1..=k).map(|c| gains.backward(&plan, &gains.column(&plan, c))).collect();
    let beta_covariance = Array2::from_shape_fn((k, k), |(i, j)| pass.beta_covariance[i * k + j]);
    let covariances = smoothed_covariances(&plan, &gains);
    let mut smoothed = Smoothed {
        scale: observations.scale(),
        state_mean: Array2::from_shape_fn((n_periods, base), |(t, i)| mean[t * m + i]),
        state_covariance: Vec::with_capacity(n_periods),
        signal: Array2::zeros((n_periods, channels.len())),
        signal_variance: Array2::zeros((n_periods, channels.len())),
        coefficients: Array1::from_vec(pass.beta),
        coefficient_covariance: beta_covariance,
    };
    for (t, given_beta) in covariances.into_iter().enumerate() {
        let sensitivity = Array2::from_shape_fn((base, k), |(i, j)| columns[j][t * m + i]);
        for (c, channel) in channels.iter().enumerate() {
            let (z, x) = (channel.signal_at(t), channel.regressors().row(t));
            let spread = &x - &z.dot(&sensitivity);
            smoothed.signal[[t, c]] =
                z.dot(&smoothed.state_mean.row(t)) + x.dot(&smoothed.coefficients);
            let variance = z.dot(&given_beta.dot(&z))
                + spread.dot(&smoothed.coefficient_covariance.dot(&spread));
            smoothed.signal_variance[[t, c]] = variance.max(0.0);
        }
        let spread = sensitivity.dot(&smoothed.coefficient_covariance).dot(&sensitivity.t());
        smoothed.state_covariance.push(given_beta + spread);
    }
    Ok(smoothed)
}

/// `V_t = P* − P*N0P* − P∞N1P* − P*N1P∞ − P∞N2P∞` of the model's own states (Durbin and Koopman 2012, eq. 5.30).
fn smoothed_covariances(plan: &Plan, gains: &Gains) -> Vec<Array2<f64>> {
    let (m, base) = (plan.m, plan.base);
    let mut n: [Vec<f64>; 3] = std::array::from_fn(|_| vec![0.0; m * m]);
    let mut scratch = vec![0.0; m];
    let mut out = vec![Array2::zeros((base, base)); plan.n_periods];
    for t in (0..plan.n_periods).rev() {
        let diffuse = gains.diffuse(plan, t);
        let n_orders = if diffuse.is_some() { 3 } else { 1 };
        for item in (plan.first_item[t]..plan.first_item[t + 1]).rev() {
            let mut z = vec![0.0; m];
            for &(l, v) in plan.row(item) {
                z[l] = v;
            }
            smooth_item(&mut n, n_orders, gains, m, item, &z);
        }
        let dense = |a: &[f64]| Array2::from_shape_fn((m, m), |(i, j)| a[i * m + j]);
        let p = dense(gains.covariance(plan, t));
        let mut v = &p - &p.dot(&dense(&n[0])).dot(&p);
        if let Some(diffuse) = diffuse {
            let q = dense(diffuse);
            let cross = q.dot(&dense(&n[1])).dot(&p);
            v = v - &cross - cross.t() - q.dot(&dense(&n[2])).dot(&q);
        }
        out[t] = Array2::from_shape_fn((base, base), |(i, j)| 0.5 * (v[[i, j]] + v[[j, i]]));
        if t > 0 {
            for n in &mut n[..n_orders] {
                retreat_matrix(plan, t, n, &mut scratch);
            }
        }
    }
    out
}

/// `N ← A' N A`.
fn retreat_matrix(plan: &Plan, t: usize, n: &mut [f64], scratch: &mut [f64]) {
    let m = plan.m;
    for _ in 0..2 {
        for row in n.chunks_exact_mut(m) {
            plan.retreat(t, row, scratch);
        }
        for i in 0..m {
            for j in 0..i {
                n.swap(i * m + j, j * m + i);
            }
        }
    }
}

/// Takes one measurement into `N0`, `N1`, `N2`.
fn smooth_item(
    n: &mut [Vec<f64>; 3],
    n_orders: usize,
    gains: &Gains,
    m: usize,
    item: usize,
    z: &[f64],
) {
    let (f, f_inf, m_star, m_inf) = gains.of_item(m, item);
    match gains.kind[item] {
        Kind::Redundant => {}
        Kind::Proper => {
            let gain: Vec<f64> = m_star.iter().map(|x| x / f).collect();
            for n in &mut n[..n_orders] {
                shrink(n, z, &gain);
            }
            add_outer(&mut n[0], z, z, 0.5 / f);
        }
        Kind::Diffuse => {
            let gain0: Vec<f64> = m_inf.iter().map(|x| x / f_inf).collect();
            let gain1: Vec<f64> =
                m_star.iter().zip(&gain0).map(|(x, g)| (x - g * f) / f_inf).collect();
            // L0 = −K1 z'; L∞'N L0 = −(N K1 − z K0'N K1) z'.
            let crossed = |n: &[f64]| -> (Vec<f64>, f64) {
                let q: Vec<f64> = n.chunks_exact(m).map(|row| inner(row, &gain1)).collect();
                let along = inner(&gain0, &q);
                let own = inner(&gain1, &q);
                (q.iter().zip(z).map(|(q, z)| q - z * along).collect(), own)
            };
            let (from0, own0) = crossed(&n[0]);
            let (from1, _) = crossed(&n[1]);
            for n in n.iter_mut() {
                shrink(n, z, &gain0);
            }
            add_outer(&mut n[1], &from0, z, -1.0);
            add_outer(&mut n[1], z, z, 0.5 / f_inf);
            add_outer(&mut n[2], &from1, z, -1.0);
            add_outer(&mut n[2], z, z, 0.5 * (own0 - f / (f_inf * f_inf)));
        }
    }
}

/// `N ← L' N L` with `L = I − K z'`.
fn shrink(n: &mut [f64], z: &[f64], gain: &[f64]) {
    let m = z.len();
    let q: Vec<f64> = n.chunks_exact(m).map(|row| inner(row, gain)).collect();
    let own = inner(gain, &q);
    add_outer(n, &q, z, -1.0);
    add_outer(n, z, z, 0.5 * own);
}

/// `N += c (u z' + z u')`.
fn add_outer(n: &mut [f64], u: &[f64], z: &[f64], c: f64) {
    let m = z.len();
    for (i, row) in n.chunks_exact_mut(m).enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            *x += c * (u[i] * z[j] + z[i] * u[j]);
        }
    }
}
