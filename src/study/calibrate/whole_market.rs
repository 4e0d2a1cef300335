//! How prices of the whole market vary from month to month, as the observed ones are measured.
//!
//! Log prices of every path less their mean over paths: what all paths share, a decision of the supplier or a trend, is
//! not disturbance. Then means of days, as the figures observed are (`monthly_means`), and their changes; moments are pooled over
//! paths, because a path of two years is too short for any.

use std::fmt::{self, Write as _};

use monazite_econometrics::PriceMoments;
use monazite_physical::{ActivityPaths, Basket, Conduct, Output, Run};
use monazite_series::Period;
use serde::Serialize;

use super::anchor::{baseline, some_paths};
use super::moments::{MOMENTS, days_between};
use super::{Calibration, refused};
use crate::diagnostic::Diagnostic;

/// Changes of monthly means by path.
struct Changes(Vec<Vec<f64>>);

/// Log prices of each path less their mean over paths, and the variance of their changes.
fn ends(run: &Run) -> Result<(Vec<Vec<f64>>, f64), Diagnostic> {
    let mut ends = vec![Vec::with_capacity(run.n_months()); run.n_paths()];
    for t in 0..run.n_months() {
        let prices = run.at(Output::Price(Basket::NdPr), t).map_err(|e| refused(&e))?;
        let mean = prices.iter().map(|p| p.ln()).sum::<f64>() / prices.len() as f64;
        for (path, price) in ends.iter_mut().zip(prices) {
            path.push(price.ln() - mean);
        }
    }
    let squares = ends.iter().flat_map(|path| path.windows(2)).map(|w| (w[1] - w[0]).powi(2));
    let n = (run.n_paths() * (run.n_months() - 1)) as f64;
    let variance = squares.sum::<f64>() / n;
    Ok((ends, variance))
}

impl Changes {
    fn of(run: &Run) -> Result<Self, Diagnostic> {
        let (ends, variance) = ends(run)?;
        let changes = |(path, ends): (usize, &Vec<f64>)| {
            let means = days_between(ends, variance, path as u64);
            means.windows(2).map(|w| w[1] - w[0]).collect()
        };
        Ok(Self(ends.iter().enumerate().map(changes).collect()))
    }

    /// S.d., AR(1), skewness, excess kurtosis about zero, which is their mean by construction.
    fn moments(&self) -> [f64; 4] {
        let mean = |power: i32| {
            let n = self.0.iter().map(Vec::len).sum::<usize>() as f64;
            self.0.iter().flatten().map(|c| c.powi(power)).sum::<f64>() / n
        };
        let sd = mean(2).sqrt();
        let pairs = || self.0.iter().flat_map(|path| path.windows(2));
        let products = pairs().map(|w| w[0] * w[1]).sum::<f64>();
        let squares = pairs().map(|w| 0.5 * (w[0] * w[0] + w[1] * w[1])).sum::<f64>();
        [sd, products / squares, mean(3) / sd.powi(3), mean(4) / sd.powi(4) - 3.0]
    }
}

/// S.d. of monthly changes of the log `NdPr` price around their mean in the month. Two months have one change of ends and
/// none of means: the latter is then taken to have two thirds of its variance, as in a random walk (Working 1960).
///
/// # Errors
/// `M010` for one month.
pub(super) fn monthly_sd(run: &Run) -> Result<f64, Diagnostic> {
    match run.n_months() {
        0 | 1 => Err(Diagnostic::error("M010", "one month has no monthly changes")
            .help("let the simulation run for at least two months")),
        2 => Ok((2.0 / 3.0 * ends(run)?.1).sqrt()),
        _ => Ok(Changes::of(run)?.moments()[0]),
    }
}

/// A moment as observed and in the whole market.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarketMoment {
    /// Name.
    pub name: &'static str,
    /// Of monthly Δln Nd.
    pub observed: f64,
    /// Its standard error, block bootstrap.
    pub se: f64,
    /// Of the simulated market.
    pub simulated: f64,
}

/// Four moments of monthly price changes, observed and in the whole market.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MarketMoments {
    rows: Vec<MarketMoment>,
    n_paths: usize,
    n_months: usize,
}

impl MarketMoments {
    /// The moments: s.d. (which σ is set to), AR(1), skewness, excess kurtosis (which nothing is set to).
    pub fn rows(&self) -> &[MarketMoment] {
        &self.rows
    }
}

impl fmt::Display for MarketMoments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for one in &self.rows {
            let distance = (one.simulated - one.observed) / one.se;
            writeln!(
                text,
                "{:32}  {:>9.4}  {:>9.4}  {:>9.4}  {distance:>+9.1}",
                one.name, one.observed, one.se, one.simulated
            )?;
        }
        write!(
            f,
            "The whole market ({} paths of {} months; σ set to the first, the others are left to it)\n\n{:32}  {:>9}  {:>9}  {:>9}  {:>9}\n{text}",
            self.n_paths, self.n_months, "", "observed", "s.e.", "simulated", "in s.e."
        )
    }
}

impl Calibration {
    /// Moments of the price in the whole market beside those observed; `self` anchored on `activity` from `start`.
    ///
    /// # Errors
    /// `M010` if the market cannot be solved.
    pub fn market_moments(
        &self,
        activity: &ActivityPaths,
        start: Period,
    ) -> Result<MarketMoments, Diagnostic> {
        let observed = PriceMoments::new().fit(&self.prices).map_err(|e| {
            Diagnostic::error("M010", format!("the Nd price has no moments: {e}"))
                .help("this is a fault of the bundled data or of the program")
        })?;
        let covariance = observed.bootstrap_covariance();
        let conduct = Conduct::Theta(self.parameters.base_theta.value);
        let run = baseline(&self.parameters, &some_paths(activity)?, start, conduct)?;
        if run.n_months() < 4 {
            return Err(Diagnostic::error(
                "M010",
                "fewer than four months have no autocorrelation",
            )
            .help("let the simulation run for at least four months"));
        }
        let simulated = Changes::of(&run)?.moments();
        let row = |i: usize| MarketMoment {
            name: MOMENTS[i],
            observed: observed.values()[i],
            se: covariance[i * MOMENTS.len() + i].sqrt(),
            simulated: simulated[i],
        };
        let rows = (0..MOMENTS.len()).map(row).collect();
        Ok(MarketMoments { rows, n_paths: run.n_paths(), n_months: run.n_months() })
    }
}
