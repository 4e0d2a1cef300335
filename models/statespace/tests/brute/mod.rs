//! The same posterior by writing out the joint normal of states and figures.
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part")]

use monazite_statespace::{Channel, Observations, Scale, StateSpace};
use ndarray::{Array1, Array2};

/// Joint normal of the stacked states and of the figures (in levels).
pub(crate) struct Joint {
    m: usize,
    state_mean: Array1<f64>,
    state_covariance: Array2<f64>,
    rows: Array2<f64>,
    inverse: Array2<f64>,
    log_det: f64,
    residual: Array1<f64>,
    x: Array2<f64>,
    pub(crate) beta: Array1<f64>,
    beta_covariance: Array2<f64>,
}

impl Joint {
    pub(crate) fn new(
        model: &StateSpace,
        channels: &[Channel],
        data: &Observations,
        kappa: f64,
    ) -> Self {
        assert_eq!(data.scale(), Scale::Level);
        let (m, n) = (model.n_states(), data.n_periods());
        let t = model.transition();
        let mut state_mean = Array1::zeros(n * m);
        let mut state_covariance = Array2::zeros((n * m, n * m));
        let mut mean = model.initial().mean().clone();
        let mut p = model.initial().covariance() + &(model.initial().diffuse() * kappa);
        for i in 0..n {
            let mut across = p.clone();
            for j in i..n {
                for a in 0..m {
                    state_mean[i * m + a] = mean[a];
                    for b in 0..m {
                        state_covariance[[j * m + a, i * m + b]] = across[[a, b]];
                        state_covariance[[i * m + b, j * m + a]] = across[[a, b]];
                    }
                }
                across = t.dot(&across);
            }
            mean = t.dot(&mean);
            p = t.dot(&p).dot(&t.t()) + model.state_noise();
        }
        let list = data.measurements();
        let k = channels[0].regressors().ncols();
        let mut rows = Array2::zeros((list.len(), n * m));
        let mut x = Array2::zeros((list.len(), k));
        let mut y = Array1::zeros(list.len());
        let mut noise = Array2::zeros((list.len(), list.len()));
        for (i, f) in list.iter().enumerate() {
            let c = &channels[f.channel];
            y[i] = f.value;
            noise[[i, i]] = f.noise_variance.unwrap_or(c.noise_variance());
            for s in f.end + 1 - f.span..=f.end {
                for a in 0..m {
                    rows[[i, s * m + a]] = c.signal()[a];
                }
                for j in 0..k {
                    x[[i, j]] += c.regressors()[[s, j]];
                }
            }
        }
        let covariance = rows.dot(&state_covariance).dot(&rows.t()) + noise;
        let (inverse, log_det) = invert(&covariance);
        let e = y - rows.dot(&state_mean);
        let (beta_covariance, _) = invert(&x.t().dot(&inverse).dot(&x));
        let beta = beta_covariance.dot(&x.t().dot(&inverse.dot(&e)));
        let residual = e - x.dot(&beta);
        Self {
            m,
            state_mean,
            state_covariance,
            rows,
            inverse,
            log_det,
            residual,
            x,
            beta,
            beta_covariance,
        }
    }

    pub(crate) fn log_likelihood(&self) -> f64 {
        let n = self.residual.len() as f64;
        -0.5 * (n * (2.0 * std::f64::consts::PI).ln()
            + self.log_det
            + self.residual.dot(&self.inverse.dot(&self.residual)))
    }

    /// Mean and variance of a channel's signal given the figures.
    pub(crate) fn signal(&self, channel: &Channel, t: usize) -> (f64, f64) {
        let mut z = Array1::zeros(self.state_mean.len());
        for a in 0..self.m {
            z[t * self.m + a] = channel.signal()[a];
        }
        let cz = self.state_covariance.dot(&z);
        let with_figures = self.rows.dot(&cz);
        let gain = self.inverse.dot(&with_figures);
        let x = channel.regressors().row(t);
        let spread = &x - &self.x.t().dot(&gain);
        let mean = z.dot(&self.state_mean) + gain.dot(&self.residual) + x.dot(&self.beta);
        let variance =
            z.dot(&cz) - gain.dot(&with_figures) + spread.dot(&self.beta_covariance.dot(&spread));
        (mean, variance)
    }
}

/// Inverse and log-determinant by Gauss–Jordan with pivoting.
pub(crate) fn invert(a: &Array2<f64>) -> (Array2<f64>, f64) {
    let n = a.nrows();
    let mut left = a.clone();
    let mut right = Array2::eye(n);
    let mut log_det = 0.0;
    for c in 0..n {
        let p = (c..n).max_by(|&i, &j| left[[i, c]].abs().total_cmp(&left[[j, c]].abs())).unwrap();
        for j in 0..n {
            left.swap([c, j], [p, j]);
            right.swap([c, j], [p, j]);
        }
        let pivot: f64 = left[[c, c]];
        log_det += pivot.abs().ln();
        for j in 0..n {
            left[[c, j]] /= pivot;
            right[[c, j]] /= pivot;
        }
        for i in 0..n {
            let f = left[[i, c]];
            if i != c && f != 0.0 {
                for j in 0..n {
                    left[[i, j]] -= f * left[[c, j]];
                    right[[i, j]] -= f * right[[c, j]];
                }
            }
        }
    }
    (right, log_det)
}

/// Standard normals from a linear congruential generator and Box–Muller: enough for a test.
pub(crate) fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    let mut uniform = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    move || (-2.0 * uniform().ln()).sqrt() * (2.0 * std::f64::consts::PI * uniform()).cos()
}
