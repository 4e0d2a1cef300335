//! Seasonal ARIMA with exact Gaussian likelihood.
//!
//! Use it where the autocorrelations of (seasonally) differenced data are what persists. It assumes Gaussian innovations
//! of constant variance.
//!
//! ```text
//! φ(B) Φ(B^s) (1 − B)^d (1 − B^s)^D (y_t − x_t'β) = θ(B) Θ(B^s) ε_t
//! ```
//!
//! with moving-average signs as R has them (`1 + θ B`). State: the `d + sD` last values of y, diffuse, and the
//! ARMA part of the differences in the form of Harvey (1989, §3.3.2), stationary. The diffuse part has determinant one,
//! so the log-likelihood is that of the differenced data. Autoregressive and moving-average polynomials are kept
//! stationary and invertible through partial autocorrelations (Monahan 1984); σ² is concentrated out. A stationary
//! model has a mean. References: Box, Jenkins, Reinsel and Ljung (2015); Gardner, Harvey and Phillips (1980). Checked
//! against R 4.2 `arima` (four of its own series) in tests/golden.rs.

mod awkward;
mod choose;
mod estimate;
mod likelihood;
mod method;
mod predict;
mod profile;

pub use choose::{AutoArima, SeasonalTest};
pub use estimate::{ArimaError, ArimaEstimate};
pub use method::FixedArima;

use monazite_statespace::{Initial, StateSpace, StateSpaceError, stationary_covariance};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::form::{Dynamics, Form};
use crate::polynomial::{coefficients_from_partial, multiply, seasonal};

/// ARIMA(p, d, q)(P, D, Q)\[s\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arima {
    /// p, d, q.
    pub order: (usize, usize, usize),
    /// P, D, Q.
    pub seasonal: (usize, usize, usize),
    /// s; below 2: no seasonal part.
    pub season: usize,
    /// Whether a model without differences has a mean.
    pub mean: bool,
}

impl Arima {
    /// ARIMA(p, d, q), with a mean if d = 0.
    pub fn new(p: usize, d: usize, q: usize) -> Self {
        Self { order: (p, d, q), seasonal: (0, 0, 0), season: 0, mean: true }
    }

    /// The same with a seasonal part.
    #[must_use]
    pub fn seasonal(self, p: usize, d: usize, q: usize, season: usize) -> Self {
        Self { seasonal: (p, d, q), season, ..self }
    }

    /// ARIMA(0,1,1)(0,1,1)\[s\] (Box and Jenkins 1970, series G).
    pub fn airline(season: usize) -> Self {
        Self::new(0, 1, 1).seasonal(0, 1, 1, season)
    }

    /// The groups of parameters: how many, name, and whether moving average.
    fn groups(&self) -> [(usize, &'static str, bool); 4] {
        [
            (self.order.0, "ar", false),
            (self.order.2, "ma", true),
            (self.seasonal.0, "seasonal ar", false),
            (self.seasonal.2, "seasonal ma", true),
        ]
    }

    /// Number of differences in all: d + sD.
    fn n_diffuse(&self) -> usize {
        self.order.1 + self.season * self.seasonal.1
    }

    /// Coefficients of `1 − Σ φ B^j` and `1 + Σ θ B^j`, both without the leading one and with the signs of φ and θ.
    fn expanded(&self, natural: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let [p, q, sp, _] = self.groups().map(|g| g.0);
        let (ar, rest) = natural.split_at(p);
        let (ma, rest) = rest.split_at(q);
        let (sar, sma) = rest.split_at(sp);
        let poly = |c: &[f64], sign: f64| -> Vec<f64> {
            std::iter::once(1.0).chain(c.iter().map(|x| sign * x)).collect()
        };
        let long = |c: &[f64], sign: f64| seasonal(&poly(c, sign), self.season);
        let phi = multiply(&poly(ar, -1.0), &long(sar, -1.0));
        let theta = multiply(&poly(ma, 1.0), &long(sma, 1.0));
        (phi[1..].iter().map(|x| -x).collect(), theta[1..].to_vec())
    }

    /// δ of `y_t = Σ δ_j y_{t−j} + w_t`.
    fn differences(&self) -> Vec<f64> {
        let mut polynomial = vec![1.0];
        for _ in 0..self.order.1 {
            polynomial = multiply(&polynomial, &[1.0, -1.0]);
        }
        for _ in 0..self.seasonal.1 {
            polynomial = multiply(&polynomial, &seasonal(&[1.0, -1.0], self.season));
        }
        polynomial[1..].iter().map(|x| -x).collect()
    }
}

impl Form for Arima {
    fn label(&self) -> String {
        let ((p, d, q), (sp, sd, sq)) = (self.order, self.seasonal);
        let mean = if self.constant().is_some() { " with mean" } else { "" };
        if self.season >= 2 {
            format!("ARIMA({p},{d},{q})({sp},{sd},{sq})[{}]{mean}", self.season)
        } else {
            format!("ARIMA({p},{d},{q}){mean}")
        }
    }

    fn names(&self) -> Vec<String> {
        self.groups()
            .into_iter()
            .flat_map(|(n, name, _)| (1..=n).map(move |j| format!("{name}{j}")))
            .collect()
    }

    fn relative(&self) -> bool {
        true
    }

    fn constant(&self) -> Option<&'static str> {
        (self.mean && self.n_diffuse() == 0).then_some("mean")
    }

    fn starts(&self, _variance: f64) -> Vec<Vec<f64>> {
        let start = |ar: f64, ma: f64| -> Vec<f64> {
            self.groups()
                .into_iter()
                .flat_map(|(n, _, moving)| {
                    (0..n).map(move |j| match (moving, j) {
                        (true, 0) => ma,
                        (false, 0) => ar,
                        _ => 0.0,
                    })
                })
                .collect()
        };
        if self.names().is_empty() { vec![Vec::new()] } else { vec![start(0.3, -0.4)] }
    }

    fn natural(&self, free: &[f64], _variance: f64) -> Vec<f64> {
        let mut natural = Vec::with_capacity(free.len());
        let mut at = 0;
        for (n, _, moving) in self.groups() {
            let partial: Vec<f64> = free[at..at + n].iter().map(|x| x.tanh()).collect();
            let coefficients = coefficients_from_partial(&partial);
            // An invertible 1 + θB is a stationary 1 − φB with θ = −φ.
            natural.extend(coefficients.iter().map(|c| if moving { -c } else { *c }));
            at += n;
        }
        natural
    }

    /// Flat in partial autocorrelations.
    fn log_prior(&self, free: &[f64]) -> f64 {
        free.iter().map(|x| -2.0 * x.cosh().ln()).sum()
    }

    fn at_edge(&self, parameter_idx: usize, natural: &[f64]) -> bool {
        // The last coefficient of a group is its product of roots: at one in size it is on the unit circle.
        let mut at = 0;
        for (n, _, _) in self.groups() {
            if (at..at + n).contains(&parameter_idx) {
                return natural[at + n - 1].abs() > 1.0 - 1e-3;
            }
            at += n;
        }
        false
    }

    fn dynamics(&self, natural: &[f64]) -> Result<Dynamics, StateSpaceError> {
        let (phi, theta) = self.expanded(natural);
        let (n_diffuse, r) = (self.n_diffuse(), phi.len().max(theta.len() + 1));
        let m = n_diffuse + r;
        let mut transition = Array2::zeros((m, m));
        let mut signal = Array1::zeros(m);
        signal[n_diffuse] = 1.0;
        for (j, delta) in self.differences().into_iter().enumerate() {
            signal[j] = delta;
        }
        if n_diffuse > 0 {
            // The last value of y becomes the first lag; older ones move on.
            transition.row_mut(0).assign(&signal);
            for j in 1..n_diffuse {
                transition[[j, j - 1]] = 1.0;
            }
        }
        let mut arma = Array2::zeros((r, r));
        let mut loading = Array1::zeros(r);
        loading[0] = 1.0;
        for j in 0..r {
            arma[[j, 0]] = phi.get(j).copied().unwrap_or(0.0);
            if j + 1 < r {
                arma[[j, j + 1]] = 1.0;
                loading[j + 1] = theta.get(j).copied().unwrap_or(0.0);
            }
        }
        let own = Array2::from_shape_fn((r, r), |(i, j)| loading[i] * loading[j]);
        let start = stationary_covariance(&arma, &own)?;
        let mut noise = Array2::zeros((m, m));
        for i in 0..r {
            for j in 0..r {
                transition[[n_diffuse + i, n_diffuse + j]] = arma[[i, j]];
                noise[[n_diffuse + i, n_diffuse + j]] = own[[i, j]];
            }
        }
        let initial = Initial::diffuse_then(n_diffuse, &start)?;
        Ok(Dynamics { model: StateSpace::new(transition, noise, initial)?, signal })
    }

    fn min_periods(&self) -> usize {
        let needed = self.n_diffuse() + self.names().len() + 2;
        if self.season >= 2 { needed.max(2 * self.season) } else { needed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_airline_model_multiplies_out() {
        let airline = Arima::airline(12);
        let (phi, theta) = airline.expanded(&[-0.4, -0.6]);
        assert!(phi.is_empty());
        assert_eq!(theta.len(), 13);
        assert!((theta[0] + 0.4).abs() < 1e-15 && (theta[11] + 0.6).abs() < 1e-15);
        assert!((theta[12] - 0.24).abs() < 1e-15);
        // (1 − B)(1 − B¹²) = 1 − B − B¹² + B¹³.
        let delta = airline.differences();
        assert_eq!((delta[0], delta[11], delta[12]), (1.0, 1.0, -1.0));
        assert_eq!(airline.label(), "ARIMA(0,1,1)(0,1,1)[12]");
    }

    #[test]
    fn any_free_parameters_are_stationary_and_invertible() {
        let model = Arima::new(2, 0, 2).seasonal(1, 0, 1, 4);
        let natural = model.natural(&[2.0, -1.5, 3.0, 1.0, -4.0, 4.0], 1.0);
        assert!(model.dynamics(&natural).is_ok());
    }
}
