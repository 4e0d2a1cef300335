//! The replay of 2025: what the simulator, given what was known on 31 March 2025 and the dates of policy, says of April to
//! December, scored against what happened.
//!
//! * A: parameters, activity and queue from data to March and priors written down before the replay was run.
//! * B: the queue fitted to April, May and June; July to December scored.
//! * Scores: CRPS and forecast percentile of every figure, against no change, no control and `auto`.
//! * Channels: backlog, pull-forward and restocking switched off in turn, for June and July.
//!
//! The number of figures is small and they depend on one another: no rate of coverage is claimed.

mod benchmarks;
mod channels;
mod figures;
mod market;
mod noise;
mod page;
mod priors;
mod runs;
mod score;
mod targets;

pub use benchmarks::{Benchmark, Benchmarks, Predictive};
pub use channels::{ChannelEffect, channel_effects};
pub use figures::figures;
pub use market::{N_MONTHS, ReplayMarket, World, known_until};
pub use noise::MonthlyNoise;
pub use page::page;
pub use priors::{
    N_PRIORS, PRIORS, Prior, PriorDistribution, PriorDraws, QueueDraw, QueueParameter,
};
pub use runs::{ChannelPath, FIT_MONTHS, PathMonths, ReplayRun, Runs, Size, run_all};
pub use score::{Forecaster, MeanScore, Measurement, Score, mean_scores, scores};
pub use targets::{Quantity, Target, targets};

use monazite_series::Period;

use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;

/// Everything that the page says.
#[derive(Debug)]
pub struct Replay {
    /// How much was run.
    pub size: Size,
    /// Seed.
    pub seed: u64,
    /// First month.
    pub start: Period,
    /// What is scored.
    pub targets: Vec<Target>,
    /// Paths.
    pub runs: Runs,
    /// What turns months into figures.
    pub measurement: Measurement,
    /// Tonnage that the market is anchored to: headline, magnets, t a month.
    pub tonnage: [f64; 2],
    /// Scores.
    pub scores: Vec<Score>,
    /// Means of them.
    pub means: Vec<MeanScore>,
    /// Channels under A and under B.
    pub channels: [Vec<ChannelEffect>; 2],
    /// What had to be assumed on the way, from the calibration.
    pub notes: Vec<String>,
}

/// Fewest draws of a forecast of time-series models.
const BENCHMARK_PATHS: usize = 2000;

/// Runs both replays, the benchmarks and the channels; `say` is told what is being done, `step` how many of the steps of
/// [`n_steps`] are.
///
/// # Errors
/// `D041` if a figure is missing, `M0xx` if a model or the market fails.
pub fn replay(
    catalogue: &Catalogue,
    (size, seed): (Size, u64),
    say: &dyn Fn(&str),
    step: &(dyn Fn(usize) + Sync),
) -> Result<Replay, Diagnostic> {
    say("calibrating the market of March 2025");
    let known = known_until()?;
    let market = ReplayMarket::prepare(catalogue, seed)?;
    let targets = targets(catalogue)?;
    let noise = MonthlyNoise::of(&catalogue.as_of(known))?;
    say("forecasting by time-series models");
    let at = |known| Benchmarks::at(catalogue, known, (BENCHMARK_PATHS, seed));
    let (march, june) = rayon::join(|| at(known), || at(known.plus(FIT_MONTHS as i64)));
    let (march, june) = (march?, june?);
    let quote = |quantity: Quantity| -> Result<f64, Diagnostic> {
        let all =
            targets::dated_quotes(&catalogue.as_of(known), quantity.product().unwrap_or_default())?;
        all.last().map(|one| one.price).ok_or_else(|| {
            Diagnostic::error("D041", format!("no quote of {quantity} before {known}"))
                .in_file("data/price-quotes.csv")
        })
    };
    let quotes = [quote(Quantity::Dysprosium)?, quote(Quantity::Terbium)?];
    say("simulating");
    let magnets: Vec<f64> =
        targets.iter().filter(|t| t.quantity == Quantity::Magnets).map(|t| t.observed).collect();
    let runs = run_all(&market, noise, &magnets[..FIT_MONTHS], size, step)?;
    let measurement = Measurement::new(&market, noise, quotes);
    let scores = scores(&targets, (&runs, &measurement), [&march, &june], catalogue)?;
    Ok(Replay {
        size,
        seed,
        start: market.start(),
        means: mean_scores(&scores),
        channels: [
            channel_effects(&runs.prior.channels)?,
            channel_effects(&runs.posterior.channels)?,
        ],
        tonnage: market.basis().calibration().tonnage(),
        notes: market.basis().calibration().notes().to_vec(),
        targets,
        runs,
        measurement,
        scores,
    })
}

/// Steps that a replay reports.
pub const fn n_steps(size: Size) -> usize {
    3 * size.n_paths
}

/// Mean scores, the fit of B and channels as JSON.
pub fn mean_json(replay: &Replay) -> serde_json::Value {
    let fitted: Vec<serde_json::Value> = PRIORS
        .iter()
        .zip(replay.runs.posterior_moments)
        .map(|(prior, (mean, se))| {
            serde_json::json!({ "parameter": prior.parameter, "prior": prior.distribution, "fitted": mean, "se": se })
        })
        .collect();
    serde_json::json!({
        "paths": replay.size.n_paths,
        "queues": replay.runs.n_queues,
        "effective_queues": replay.runs.effective,
        "refused_draws": replay.runs.n_refused,
        "queue": fitted,
        "mean_scores": replay.means,
        "channels": { "a": replay.channels[0], "b": replay.channels[1] },
    })
}
