//! Independent normal figures around an average that is estimated: what [`crate::Mean`] says of the figures themselves
//! and [`crate::Drift`] of their changes.

use monazite_stochastic::Stream;

use crate::method::Account;
use crate::{ParameterEstimate, Transform};

/// An average, the variance around it on n − 1 degrees of freedom, and the deviations from it.
#[derive(Debug)]
pub(crate) struct Average {
    pub(crate) mean: f64,
    pub(crate) sigma2: f64,
    pub(crate) errors: Vec<f64>,
}

impl Average {
    /// Of at least two figures.
    pub(crate) fn of(figures: &[f64]) -> Self {
        let n = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / n;
        let errors: Vec<f64> = figures.iter().map(|w| w - mean).collect();
        let sigma2 = errors.iter().map(|e| e * e).sum::<f64>() / (n - 1.0);
        Self { mean, sigma2, errors }
    }

    /// Standard deviation of a figure around the average.
    pub(crate) fn sd(&self) -> f64 {
        self.sigma2.sqrt()
    }

    /// A draw of the average, as the figures leave it open.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        self.mean + self.sd() / (self.errors.len() as f64).sqrt() * stream.normal()
    }

    /// What is reported: σ² and the likelihood; `n_diffuse` figures were used up by differences.
    pub(crate) fn account(&self, transform: Transform, n_diffuse: usize) -> Account {
        let n = self.errors.len() as f64;
        let mean_square = self.sigma2 * (n - 1.0) / n;
        let sd = self.sd();
        let scale = if sd > 0.0 { 1.0 / sd } else { 0.0 };
        Account {
            parameters: vec![ParameterEstimate::normal("sigma2".to_owned(), self.sigma2, None)],
            log_likelihood: Some(-0.5 * n * ((std::f64::consts::TAU * mean_square).ln() + 1.0)),
            n_parameters: 2,
            n: self.errors.len(),
            n_diffuse,
            residuals: self.errors.iter().map(|e| e * scale).collect(),
            in_logs: transform == Transform::Log,
            warnings: Vec::new(),
        }
    }
}
