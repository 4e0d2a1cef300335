//! Predictions of a seasonal ARIMA: exact from the finite sample, with what its estimates are uncertain by.
//!
//! At given parameters the figures ahead are their predictions plus responses to innovations yet to come, with the gains
//! and variances that the filter has after n figures, plus the error of β by generalised least squares: `σ² |x* R⁻¹|²`
//! where x* is a row of regressors less its own prediction. Parameters of the dynamics and σ² are integrated over by
//! importance sampling at a fixed set of points from the normal approximation of their posterior. The prior is uniform
//! in the partial autocorrelations and in β and ln σ, so that σ² given the dynamics is scaled inverse χ² on n − k
//! degrees of freedom.

use super::estimate::{ArimaError, ArimaEstimate};
use super::profile::Profile;
use crate::cholesky::{cholesky, solve};
use crate::posterior::{Weighted, chi_squared_quantile, parameter_points};
use crate::{Marginal, Transform};

/// Parameters start their climb to the mode of the posterior from at most this size.
const CLIMB_FROM: f64 = 2.5;

/// What is known of the steps ahead at one set of parameters.
#[derive(Debug, Clone)]
pub(super) struct Ahead {
    pub(super) weight: f64,
    pub(super) sigma: f64,
    /// Means of the steps.
    pub(super) means: Vec<f64>,
    /// `horizon × horizon`: responses, a row for each innovation, in units of σ.
    pub(super) responses: Vec<f64>,
    /// A row a step: loadings on the errors of the coefficients, in units of σ.
    pub(super) loadings: Vec<Vec<f64>>,
}

impl Ahead {
    /// Mean and standard deviation of a step.
    pub(super) fn normal(&self, h: usize) -> (f64, f64) {
        let horizon = self.means.len();
        let own: f64 = (0..=h).map(|j| self.responses[j * horizon + h].powi(2)).sum();
        let beta: f64 = self.loadings[h].iter().map(|v| v * v).sum();
        (self.means[h], self.sigma * (own + beta).sqrt())
    }
}

/// The distributions of the steps.
pub(super) fn marginals(ahead: &[Ahead], horizon: usize, transform: Transform) -> Vec<Marginal> {
    let step = |h| {
        let part = |a: &Ahead| {
            let (mean, sd) = a.normal(h);
            (a.weight, mean, sd)
        };
        Marginal::normals(&ahead.iter().map(part).collect::<Vec<_>>(), transform)
    };
    (0..horizon).map(step).collect()
}

impl ArimaEstimate {
    /// Mean and standard deviation of the next periods, parameters of the dynamics taken as known and the coefficients
    /// as estimated; `future` has the values of the regressors in the periods ahead.
    ///
    /// # Errors
    /// Regressors of another number or length.
    pub fn predict(
        &self,
        horizon: usize,
        future: &[Vec<f64>],
    ) -> Result<Vec<(f64, f64)>, ArimaError> {
        let ahead = self.ahead(horizon, future, false)?;
        Ok((0..horizon).map(|h| ahead[0].normal(h)).collect())
    }

    /// The distributions of the next periods, mixtures of normals over what the data say of the parameters.
    ///
    /// # Errors
    /// Regressors of another number or length.
    pub fn predict_mixture(
        &self,
        horizon: usize,
        future: &[Vec<f64>],
    ) -> Result<Vec<Marginal>, ArimaError> {
        let ahead = self.ahead(horizon, future, true)?;
        Ok(marginals(&ahead, horizon, Transform::None))
    }

    pub(super) fn ahead(
        &self,
        horizon: usize,
        future: &[Vec<f64>],
        uncertain: bool,
    ) -> Result<Vec<Ahead>, ArimaError> {
        let expected = self.regressors.len() - usize::from(self.constant);
        if future.len() != expected {
            return Err(ArimaError::Specification(format!(
                "{} has {expected} regressors, and values of {} were given for the periods ahead",
                self.label(),
                future.len()
            )));
        }
        for (column, x) in future.iter().enumerate() {
            if x.len() != horizon {
                return Err(ArimaError::Length { column, found: x.len(), needed: horizon });
            }
        }
        let mut profile = Profile::new(self.spec, &self.columns);
        let points = if uncertain { points(&mut profile, &self.free) } else { None };
        let Some(points) = points else {
            let certain = Point { free: self.free.clone(), weight: 1.0, sigma: None };
            return Ok(self
                .step_out(&mut profile, &certain, horizon, future)
                .into_iter()
                .collect());
        };
        Ok(points
            .iter()
            .filter_map(|point| self.step_out(&mut profile, point, horizon, future))
            .collect())
    }

    /// The steps ahead at a point; `None` only where the likelihood has no value, and such points have no weight.
    fn step_out(
        &self,
        profile: &mut Profile<'_>,
        point: &Point,
        horizon: usize,
        future: &[Vec<f64>],
    ) -> Option<Ahead> {
        let value = profile.at(&point.free)?;
        let beta = profile.coefficients();
        let differences: Vec<(usize, f64)> =
            (1..).zip(self.spec.differences()).filter(|d| d.1 != 0.0).collect();
        let n = self.y.len();
        let k = self.regressors.len();
        let mut means = vec![0.0; horizon];
        profile.filter().predict(k, &mut means);
        integrate(&mut means, &self.y, &differences);
        // Rows of regressors less their own predictions.
        let mut rows = vec![vec![0.0; k]; horizon];
        let constant = self.constant.then(|| self.spec.constant_column(n + horizon)[n..].to_vec());
        for (c, next) in constant.iter().chain(future).enumerate() {
            let mut predicted = vec![0.0; horizon];
            profile.filter().predict(c, &mut predicted);
            for x in &mut predicted {
                *x *= self.sizes[c];
            }
            integrate(&mut predicted, &self.regressors[c], &differences);
            for h in 0..horizon {
                rows[h][c] = (next[h] - predicted[h]) / self.sizes[c];
                means[h] += beta[c] * rows[h][c];
            }
        }
        let loadings = rows.iter().map(|row| profile.whitened(row)).collect();
        let mut responses = profile.filter().responses(horizon);
        for (j, row) in responses.chunks_exact_mut(horizon.max(1)).enumerate() {
            for h in j + 1..horizon {
                let past = differences.iter().filter(|d| d.0 <= h - j);
                row[h] += past.map(|(lag, d)| d * row[h - lag]).sum::<f64>();
            }
        }
        let plain = (value.squares / value.n as f64).sqrt();
        let sigma = point.sigma.map_or(plain, |factor| factor * value.squares.sqrt());
        Some(Ahead { weight: point.weight, sigma, means, responses, loadings })
    }
}

/// Turns predictions of differences into those of the figures that follow `past`.
fn integrate(ahead: &mut [f64], past: &[f64], differences: &[(usize, f64)]) {
    for h in 0..ahead.len() {
        let known: f64 = differences
            .iter()
            .map(|&(lag, d)| d * if lag <= h { ahead[h - lag] } else { past[past.len() + h - lag] })
            .sum();
        ahead[h] += known;
    }
}

/// Parameters with a weight.
struct Point {
    free: Vec<f64>,
    weight: f64,
    /// σ over the root of the sum of squares; `None`: by maximum likelihood.
    sigma: Option<f64>,
}

/// Log-posterior of the dynamics, β and σ² integrated out.
fn log_posterior(profile: &mut Profile<'_>, free: &[f64]) -> Option<f64> {
    let value = profile.at(free)?;
    let left = (value.n - profile.n_regressors()) as f64;
    let prior: f64 = free.iter().map(|x| -2.0 * x.cosh().ln()).sum();
    let data = left * value.squares.ln() + value.log_variances + profile.log_information();
    Some(prior - 0.5 * data)
}

/// Points and weights of the posterior; `None` if it cannot be approximated.
fn points(profile: &mut Profile<'_>, free: &[f64]) -> Option<Vec<Point>> {
    let degrees = (profile.n() - profile.n_regressors()) as f64;
    let (mode, factor) = approximation(profile, free)?;
    let found = parameter_points(&mut |point| log_posterior(profile, point), &mode, &factor)?;
    let point = |Weighted { weight, point: free, with: level }| {
        let sigma = Some(1.0 / chi_squared_quantile(level, degrees).sqrt());
        Point { free, weight, sigma }
    };
    Some(found.into_iter().map(point).collect())
}

/// Mode of the posterior near the estimates, and the Cholesky factor of its precision.
fn approximation(profile: &mut Profile<'_>, free: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let k = free.len();
    let mut mode: Vec<f64> = free.iter().map(|x| x.clamp(-CLIMB_FROM, CLIMB_FROM)).collect();
    let mut height = log_posterior(profile, &mode)?;
    let precision = |profile: &mut Profile<'_>, at: &[f64]| {
        let (mut matrix, mut gradient) = profile.information(at)?;
        for i in 0..k {
            // The prior: ln sech² x.
            let t = at[i].tanh();
            gradient[i] -= 2.0 * t;
            matrix[i * k + i] += 2.0 * (1.0 - t * t) + 1e-3;
        }
        cholesky(&mut matrix, k, 0.0)?;
        Some((matrix, gradient))
    };
    for _ in 0..8 {
        let (factor, mut step) = precision(profile, &mode)?;
        let gradient = step.clone();
        solve(&factor, k, &mut step);
        let promised = 0.5 * step.iter().zip(&gradient).map(|(s, g)| s * g).sum::<f64>();
        if promised < 1e-3 {
            break;
        }
        let mut length = 1.0;
        while length > 1e-2 {
            let trial: Vec<f64> = mode.iter().zip(&step).map(|(m, s)| m + length * s).collect();
            if let Some(higher) = log_posterior(profile, &trial).filter(|h| *h > height) {
                (mode, height) = (trial, higher);
                break;
            }
            length *= 0.5;
        }
        if length <= 1e-2 {
            break;
        }
    }
    let (factor, _) = precision(profile, &mode)?;
    Some((mode, factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arima;

    /// A random walk with drift: the drift is the mean of n − 1 changes, h steps ahead `σ² (h + h²/(n − 1))`.
    #[test]
    fn a_random_walk_with_drift() {
        let y = [3.0, 4.5, 5.0, 7.0, 6.5, 8.0, 10.5];
        let fit = ArimaEstimate::of(Arima::new(0, 1, 0), &y, true, &[]).unwrap();
        let drift = 7.5 / 6.0;
        assert!((fit.coefficients()[0].value - drift).abs() < 1e-12);
        for (h, (mean, sd)) in fit.predict(4, &[]).unwrap().into_iter().enumerate() {
            let steps = (h + 1) as f64;
            assert!((mean - (10.5 + drift * steps)).abs() < 1e-10);
            let variance = fit.sigma2() * (steps + steps * steps / 6.0);
            assert!((sd * sd - variance).abs() < 1e-10);
        }
    }
}
