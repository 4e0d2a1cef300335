//! Disturbances and the cost of storage from the moments of the Nd price: simulated method of moments.
//!
//! The data are four moments of monthly Δln Nd; the model is the storage market of `NdPr` on its own, in relative prices,
//! with the elasticity that the calibrated market has within a month. σ of the disturbance and the monthly cost k of holding
//! are searched for; two moments are left for a test. The persistence φ of the disturbance is assumed: searched for, it
//! ends at its bound, because the changes of a price whose stocks smooth it say next to nothing about it.
//!
//! The study takes k from it: the sample is closed, the search takes half a minute, and so its result is recorded here
//! ([`storage_cost`]); the campaign `moments` makes it again. σ it sets in the whole market, where prices also move with
//! activity and with the decisions of the supplier; [`MarketMoments`] says what the four moments are there.
//!
//! The figures observed are means of daily quotes, and a mean of days is smoother than the price at which a month clears:
//! a random walk's monthly means have changes with two thirds of its variance and an autocorrelation of a quarter (Working
//! 1960). So the model's months are its ends, and the days between them a Brownian bridge with the s.d. of its changes:
//! the mean of a month is the middle of two ends plus a normal of a twelfth of the variance.

use std::cell::RefCell;

use monazite_econometrics::{
    LogPrices, MomentTargets, PriceMoments, SimulatedMoments, SimulatedMomentsFit, Simulator,
};
use monazite_physical::{Basket, Origin, Parameter, Parameters, Storers};
use monazite_stochastic::{Key, Purpose};

use super::SPOT_SAMPLE;
use crate::diagnostic::Diagnostic;

/// Names of the moments, in the order of [`PriceMoments`].
pub(super) const MOMENTS: [&str; 4] = ["s.d.", "AR(1)", "skewness", "excess kurtosis"];
/// Start and range of σ and k.
const SEARCHED: [(&str, f64, f64, f64); 2] =
    [("disturbance.standard_deviation", 0.03, 0.002, 0.15), ("storage.cost", 0.004, 0.0, 0.05)];
/// Length of a simulation as a multiple of the data's.
const RATIO: usize = 40;
/// Iterations of the search a start, and samples of the model for the test.
const ITERATIONS: u64 = 40;
const REPLICATES: u64 = 199;
const SEED: u64 = 20_130_101;
const DAYS: Purpose = Purpose::named("days between ends of months");

/// Cost of storage and its standard error as [`fit_moments`] found them for the bundled sample, and the test's p.
const RECORDED: (f64, f64, f64) = (0.0096, 0.0049, 0.06);

/// The cost of storage that the moments of the Nd price ask for.
pub(super) fn storage_cost() -> Parameter {
    let (value, se, p) = RECORDED;
    let how = format!(
        "simulated method of moments on monthly Δln Nd {} to {}, with σ of the market of storers alone; J test p = {p} (`monazite calibrate --moments`)",
        SPOT_SAMPLE.0, SPOT_SAMPLE.1
    );
    let half = 1.96 * se;
    let (low, high) = ((value - half).max(0.0), value + half);
    Parameter::ranged(value, low, high, "share of the price a month", Origin::estimated(how))
}

/// σ and k whose simulated moments meet those of `prices`, given the other parameters.
///
/// # Errors
/// `M003` if the moments cannot be taken, `M010` if the search fails.
pub(super) fn fit_moments(
    prices: &LogPrices,
    parameters: &Parameters,
) -> Result<SimulatedMomentsFit, Diagnostic> {
    let failed = |e: &dyn std::fmt::Display| {
        Diagnostic::error("M010", format!("the moments of the Nd price could not be met: {e}"))
            .help("this is a fault of the bundled data or of the program")
    };
    let observed = PriceMoments::new().fit(prices).map_err(|e| failed(&e))?;
    let covariance = observed.bootstrap_covariance().to_vec();
    let targets = MomentTargets::new(&MOMENTS, observed.values().to_vec(), covariance)
        .map_err(|e| failed(&e))?;
    let mut spec = SimulatedMoments::new()
        .with_iterations(ITERATIONS)
        .with_replicates(REPLICATES)
        .with_ratio(RATIO as f64)
        .map_err(|e| failed(&e))?;
    for (name, start, low, high) in SEARCHED {
        spec = spec.with_parameter(name, start, low, high).map_err(|e| failed(&e))?;
    }
    let model = StorageMarket { parameters, n: observed.n(), solved: RefCell::new(None) };
    spec.fit(&targets, &model).map_err(|e| failed(&e))
}

/// The storage market of `NdPr` on its own at θ = (σ, k).
struct StorageMarket<'a> {
    parameters: &'a Parameters,
    /// Changes observed.
    n: usize,
    /// The equilibrium solved last: samples ask for the same one.
    solved: RefCell<Option<(Vec<f64>, Option<Storers>)>>,
}

impl StorageMarket<'_> {
    fn solve(&self, theta: &[f64]) -> Option<Storers> {
        let mut parameters = self.parameters.clone();
        let b = Basket::NdPr.index();
        parameters.disturbance.standard_deviation[b].value = theta[0];
        parameters.storage.cost.value = theta[1];
        Storers::of(&parameters, &[Basket::NdPr]).ok()
    }

    fn simulated(&self, theta: &[f64], path: u64, n: usize) -> Option<Vec<f64>> {
        let mut solved = self.solved.borrow_mut();
        if solved.as_ref().is_none_or(|(at, _)| at != theta) {
            *solved = Some((theta.to_vec(), self.solve(theta)));
        }
        let storers = solved.as_ref()?.1.as_ref()?;
        let ends = storers.ln_prices(Basket::NdPr, Key::new(SEED), path, n + 2).ok()?;
        let means = monthly_means(&ends, path);
        let changes: Vec<Option<f64>> = means.windows(2).map(|w| Some(w[1] - w[0])).collect();
        // Moments alone: no resamples.
        let moments = PriceMoments::new().with_bootstrap(0, 1, Key::new(SEED));
        Some(moments.with_lags(0).of_changes(&changes).ok()?.values().to_vec())
    }
}

/// Means over days of log prices known at the ends of months.
fn monthly_means(ends: &[f64], path: u64) -> Vec<f64> {
    let n = (ends.len() - 1) as f64;
    let variance = ends.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / n;
    days_between(ends, variance, path)
}

/// Means over days, `variance` that of changes from end to end.
pub(super) fn days_between(ends: &[f64], variance: f64, path: u64) -> Vec<f64> {
    let mut days = Key::new(SEED).stream(path, DAYS);
    let bridge = (variance / 12.0).sqrt();
    ends.windows(2).map(|w| 0.5 * (w[0] + w[1]) + bridge * days.normal()).collect()
}

impl Simulator for StorageMarket<'_> {
    fn moments(&self, theta: &[f64]) -> Option<Vec<f64>> {
        self.simulated(theta, 0, self.n * RATIO)
    }

    fn sample(&self, theta: &[f64], replicate: u64) -> Option<Vec<f64>> {
        self.simulated(theta, replicate + 1, self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Working (1960): changes of means of a random walk have two thirds of its variance and autocorrelation 1/4.
    #[test]
    fn means_of_days_are_smoother_than_ends_of_months() {
        let mut stream = Key::new(5).stream(0, 1);
        let mut level = 0.0;
        let ends: Vec<f64> = (0..40_000)
            .map(|_| {
                level += stream.normal();
                level
            })
            .collect();
        let means = monthly_means(&ends, 1);
        let changes: Vec<Option<f64>> = means.windows(2).map(|w| Some(w[1] - w[0])).collect();
        let moments = PriceMoments::new().with_bootstrap(0, 1, Key::new(1));
        let [sd, rho, ..] = moments.of_changes(&changes).unwrap().values();
        assert!((sd * sd - 2.0 / 3.0).abs() < 0.02 && (rho - 0.25).abs() < 0.015, "{sd} {rho}");
    }
}
