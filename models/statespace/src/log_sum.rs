//! Sums of months whose logarithms are modelled: conditional mode, corrected likelihood, split of a sum.

use crate::error::StateSpaceError;
use crate::model::{Channel, StateSpace};
use crate::observations::Observations;

/// The log-likelihood with spans in logs, by importance sampling around the linearised model.
#[derive(Debug, Clone)]
pub struct Corrected {
    pub(crate) log_likelihood_linearised: f64,
    pub(crate) log_likelihood: f64,
    pub(crate) standard_error: f64,
    pub(crate) n_draws: usize,
    pub(crate) effective_draws: f64,
    pub(crate) splits: Vec<Split>,
}

impl Corrected {
    /// What [`crate::log_likelihood`] gives: the Gaussian log-likelihood of the model linearised at the conditional mode.
    pub fn log_likelihood_linearised(&self) -> f64 {
        self.log_likelihood_linearised
    }

    /// The log-likelihood, `β` at its estimate.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Monte Carlo standard error of [`Self::log_likelihood`].
    pub fn standard_error(&self) -> f64 {
        self.standard_error
    }

    /// Draws made.
    pub fn n_draws(&self) -> usize {
        self.n_draws
    }

    /// Effective number of draws.
    pub fn effective_draws(&self) -> f64 {
        self.effective_draws
    }

    /// The months of each span longer than one period, in the order of the measurements.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }
}

/// The months of one published sum, given all measurements.
#[derive(Debug, Clone)]
pub struct Split {
    pub(crate) measurement: usize,
    pub(crate) first_period: usize,
    pub(crate) mode: Vec<f64>,
    pub(crate) draws: Vec<Vec<f64>>,
    pub(crate) weights: Vec<f64>,
}

impl Split {
    /// Index of the measurement as given.
    pub fn measurement(&self) -> usize {
        self.measurement
    }

    /// First period of the span.
    pub fn first_period(&self) -> usize {
        self.first_period
    }

    /// Number of months.
    pub fn n_months(&self) -> usize {
        self.mode.len()
    }

    /// Exponentiated conditional modes.
    pub fn mode(&self) -> &[f64] {
        &self.mode
    }

    /// Conditional means of the months.
    pub fn mean(&self) -> Vec<f64> {
        self.draws.iter().map(|d| d.iter().zip(&self.weights).map(|(x, w)| x * w).sum()).collect()
    }

    /// Conditional standard deviations of the months.
    pub fn standard_deviation(&self) -> Vec<f64> {
        let mean = self.mean();
        let variance = |(d, m): (&Vec<f64>, &f64)| -> f64 {
            d.iter().zip(&self.weights).map(|(x, w)| w * (x - m) * (x - m)).sum::<f64>()
        };
        self.draws.iter().zip(&mean).map(|pair| variance(pair).sqrt()).collect()
    }

    /// Conditional quantile of one month: the smallest draw whose cumulative weight reaches `probability`.
    pub fn quantile(&self, month: usize, probability: f64) -> Option<f64> {
        let draws = self.draws.get(month)?;
        let mut order: Vec<usize> = (0..draws.len()).collect();
        order.sort_by(|&a, &b| draws[a].total_cmp(&draws[b]));
        let mut total = 0.0;
        for &i in &order {
            total += self.weights[i];
            if total >= probability {
                return Some(draws[i]);
            }
        }
        order.last().map(|&i| draws[i])
    }
}

/// Corrects the linearised likelihood and splits each sum into its months.
///
/// # Errors
/// As [`crate::filter`].
pub fn correct(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Corrected, StateSpaceError> {
    let _ = (model, channels, observations);
    Err(StateSpaceError::Optimiser("not there yet".into()))
}
