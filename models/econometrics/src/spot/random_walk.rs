//! A random walk with drift in the log price: the model every other one has to beat.
//!
//! ```text
//! x(t + Δ) = x(t) + μΔ + σ√Δ e,  e ~ N(0, 1)      μ̂ = Σd/ΣΔ      σ̂² = (1/n) Σ (d − μ̂Δ)²/Δ
//! ```
//!
//! Exact maximum likelihood given the first price, missing prices included (they lengthen Δ); for averages over periods
//! by the Kalman filter. Standard errors are those
//! of the information matrix: σ/√T and σ/√(2n), T years. The drift of a price is never known well: T, not n, counts.

use std::fmt;

use monazite_stochastic::Stream;
use serde::{Deserialize, Serialize};

use super::likelihood::{Dynamics, SpotLikelihood};
use super::{LogPrices, Quote, write_estimates};
use crate::{EconometricsError, Estimate};

/// The random walk; there is nothing to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RandomWalk;

impl RandomWalk {
    /// Estimates drift and volatility.
    ///
    /// # Errors
    /// Fewer than three prices, or prices that never change.
    pub fn fit(self, prices: &LogPrices) -> Result<RandomWalkFit, EconometricsError> {
        let n = prices.n() - 1;
        if n < 2 {
            let what = "a random walk with drift";
            return Err(EconometricsError::TooFew { what, needed: 3, found: n + 1 });
        }
        let mut present = prices.values().iter().flatten();
        let first = present.next().copied().unwrap_or(f64::NAN);
        if present.all(|value| *value == first) {
            let name = "log price".to_owned();
            return Err(EconometricsError::Constant { name, value: first });
        }
        if prices.quote() == Quote::Average {
            return fit_averages(prices);
        }
        let dt = prices.dt_years;
        let (mut years, mut change) = (0.0, 0.0);
        for (periods, before, after) in prices.steps() {
            years += f64::from(periods) * dt;
            change += after - before;
        }
        let mu = change / years;
        let (mut squares, mut log_spans) = (0.0, 0.0);
        for (periods, before, after) in prices.steps() {
            let span = f64::from(periods) * dt;
            squares += (after - before - mu * span).powi(2) / span;
            log_spans += span.ln();
        }
        let variance = squares / n as f64;
        if variance <= 0.0 {
            return Err(EconometricsError::Constant { name: "price change".to_owned(), value: mu });
        }
        let log_likelihood =
            -0.5 * (n as f64 * ((std::f64::consts::TAU * variance).ln() + 1.0) + log_spans);
        Ok(RandomWalkFit {
            prices: prices.clone(),
            mu,
            mu_se: (variance / years).sqrt(),
            sigma: variance.sqrt(),
            log_likelihood,
        })
    }
}

/// Averages of a random walk are a moving average: the filter finds drift and volatility.
fn fit_averages(prices: &LogPrices) -> Result<RandomWalkFit, EconometricsError> {
    let filtered = SpotLikelihood::of(prices)?.filtered(&Dynamics::walk(1.0), true)?;
    let variance = filtered.likelihood().scale_mle();
    Ok(RandomWalkFit {
        prices: prices.clone(),
        mu: filtered.coefficients()[0],
        mu_se: (filtered.coefficient_covariance()[[0, 0]] * variance).sqrt(),
        sigma: variance.sqrt(),
        log_likelihood: filtered.likelihood().concentrated_log_likelihood(),
    })
}

/// An estimated random walk.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomWalkFit {
    prices: LogPrices,
    mu: f64,
    mu_se: f64,
    sigma: f64,
    log_likelihood: f64,
}

impl RandomWalkFit {
    /// Drift of the log price per year.
    pub fn mu(&self) -> Estimate {
        Estimate::normal("mu", self.mu, self.mu_se)
    }

    /// Volatility per √year.
    pub fn sigma(&self) -> Estimate {
        let n = (self.prices.n() - 1) as f64;
        Estimate::positive("sigma", self.sigma, self.sigma / (2.0 * n).sqrt())
    }

    /// Both parameters.
    pub fn estimates(&self) -> Vec<Estimate> {
        vec![self.mu(), self.sigma()]
    }

    /// Log-likelihood given the first price.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// A series drawn from this random walk, on the calendar of the data.
    pub(super) fn simulate(&self, stream: &mut Stream) -> LogPrices {
        let (dt, mut x) = (self.prices.dt_years, 0.0);
        let path = std::iter::once(0.0).chain(std::iter::from_fn(|| {
            x += self.mu * dt + self.sigma * dt.sqrt() * stream.normal();
            Some(x)
        }));
        self.prices.with_path(path)
    }
}

impl fmt::Display for RandomWalkFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Random walk with drift in the log price, per year")?;
        writeln!(f, "Sample {}\n", self.prices.describe())?;
        write_estimates(f, &self.estimates())?;
        writeln!(f, "\nlog-likelihood {:.3}", self.log_likelihood)
    }
}

#[cfg(test)]
mod tests {
    use monazite_stochastic::Key;

    use super::*;

    /// By hand: changes .1, .3 (over two periods) and −.1 in logs, Δ = 1: μ = .3/4, and the likelihood summed up.
    #[test]
    fn three_changes_by_hand() {
        let prices: Vec<f64> =
            [0.0, 0.1, f64::NAN, 0.4, 0.3].iter().map(|x: &f64| x.exp()).collect();
        let fit = RandomWalk.fit(&LogPrices::new("p", &prices, 1.0).unwrap()).unwrap();
        assert!((fit.mu().value - 0.075).abs() < 1e-15);
        let squares = 0.025_f64.powi(2) + 0.15_f64.powi(2) / 2.0 + 0.175_f64.powi(2);
        let variance = squares / 3.0;
        assert!((fit.sigma().value - variance.sqrt()).abs() < 1e-15);
        let density = |d: f64, span: f64| {
            let v = variance * span;
            -0.5 * ((std::f64::consts::TAU * v).ln() + (d - 0.075 * span).powi(2) / v)
        };
        let by_hand = density(0.1, 1.0) + density(0.3, 2.0) + density(-0.1, 1.0);
        assert!((fit.log_likelihood() - by_hand).abs() < 1e-13);
    }

    /// Averages: the volatility of the price, not of its averages, whose variance is two thirds.
    #[test]
    fn averages_have_less_variance_than_the_price() {
        let calendar = LogPrices::new("p", &vec![1.0; 3000], 1.0 / 12.0).unwrap().as_averages();
        let mut stream = Key::new(2).stream(0, 1);
        let averages = Dynamics::walk(0.3).simulate(&calendar, 0.1, &mut stream);
        let proper = RandomWalk.fit(&averages).unwrap();
        let naive = RandomWalk.fit(&averages.as_points()).unwrap();
        assert!((proper.sigma().value - 0.3).abs() < 3.0 * proper.sigma().se, "{proper}");
        assert!((proper.mu().value - 0.1).abs() < 3.0 * proper.mu().se, "{proper}");
        assert!((naive.sigma().value / 0.3 - (2.0_f64 / 3.0).sqrt()).abs() < 0.03, "{naive}");
    }

    #[test]
    fn prices_that_do_not_move_are_refused() {
        let still = LogPrices::new("p", &[2.0; 5], 1.0).unwrap();
        assert!(matches!(RandomWalk.fit(&still), Err(EconometricsError::Constant { .. })));
        let bad = LogPrices::new("p", &[1.0, -2.0], 1.0);
        assert!(matches!(bad, Err(EconometricsError::NotPositive { row: 2, .. })));
    }
}
