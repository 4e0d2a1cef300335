//! The runs of both replays and of the channels.
//!
//! A: joint draws of activity, disturbances, parameters and queue from what was known at the end of March. A draw whose
//! market cannot be anchored or solved is drawn again by a keyed stream and counted. B: on each draw of A further queues
//! are drawn from the priors, and April to June simulated with each; all (path, queue) pairs are weighted by
//!
//! ```text
//! w ∝ Π_{t = April, May, June} φ((ln y_t − ln ŷ_t)/s)/s
//! ```
//!
//! with s the monthly noise, and as many pairs as A has paths are resampled systematically (Kitagawa 1996): importance
//! sampling from the prior, whose effective number is Σ(w)²/Σw².

use monazite_physical::{ActivityPaths, Basket, Channel, Output, Parameters, Region, Run};
use monazite_stochastic::{Key, Purpose};
use rayon::prelude::*;

use super::market::{ReplayMarket, World};
use super::noise::MonthlyNoise;
use super::priors::{N_PRIORS, PriorDraws, QueueDraw};
use crate::diagnostic::Diagnostic;
use crate::study::simulate::refused;
use crate::study::uncertainty::ParameterDraws;

/// Months to which B is fitted.
pub const FIT_MONTHS: usize = 3;
/// Months run for the fit and for channels: to August, because a deadline then is known in June.
const SHORT_MONTHS: usize = 5;
/// Draws of a path tried before it is given up.
const MAX_ATTEMPTS: u32 = 60;
const RESAMPLING: Purpose = Purpose::named("replay: resampling");

/// What is kept of a path, by month from April on.
#[derive(Debug, Clone, PartialEq)]
pub struct PathMonths {
    /// Magnet exports, t.
    pub magnets: Vec<f64>,
    /// To the United States, t.
    pub magnets_us: Vec<f64>,
    /// Headline value, USD, before the level factor.
    pub value: Vec<f64>,
    /// Price of Dy and Tb in China over that before April.
    pub heavy_price: Vec<f64>,
    /// Price of Dy and Tb in Europe over that in China at the border.
    pub europe_premium: Vec<f64>,
}

/// Magnet exports of June and July, world and United States: base, each channel off in the order of [`Channel::ALL`], all
/// off; t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelPath {
    /// [world, United States] × [June, July].
    pub base: [[f64; 2]; 2],
    /// The same with a channel off.
    pub without: [[[f64; 2]; 2]; 3],
    /// The same with all off.
    pub without_all: [[f64; 2]; 2],
}

/// Paths of a replay.
#[derive(Debug, Clone)]
pub struct ReplayRun {
    /// With the control.
    pub control: Vec<PathMonths>,
    /// Queue of each path.
    pub queues: Vec<QueueDraw>,
    /// Channels of each path.
    pub channels: Vec<ChannelPath>,
    /// Paths whose market could not be solved to the end in some world.
    pub n_left_out: usize,
}

/// Both replays.
#[derive(Debug, Clone)]
pub struct Runs {
    /// A.
    pub prior: ReplayRun,
    /// B.
    pub posterior: ReplayRun,
    /// A without the control.
    pub free: Vec<PathMonths>,
    /// Draws of parameters that could not be used.
    pub n_refused: u64,
    /// Queues tried for B, and their effective number.
    pub n_queues: usize,
    /// Effective number of these.
    pub effective: f64,
    /// Different pairs among those resampled.
    pub n_distinct: usize,
    /// Posterior mean and s.d. of the queue's parameters.
    pub posterior_moments: [(f64, f64); N_PRIORS],
}

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Paths of A, and of B.
    pub n_paths: usize,
    /// Queues tried on each path for B.
    pub n_queues: u32,
}

/// A path of A with what B and the channels need of it.
struct Accepted {
    parameters: Parameters,
    n_refused: u32,
    free: PathMonths,
    log_weights: Vec<f64>,
}

/// Runs A, fits and runs B, and switches channels off on both; `say` is told how many of the steps are done.
///
/// # Errors
/// `M010` if a path cannot be run with any of many draws, or more than half of the draws cannot be used.
pub fn run_all(
    market: &ReplayMarket,
    noise: MonthlyNoise,
    observed: &[f64],
    size: Size,
    say: &(dyn Fn(usize) + Sync),
) -> Result<Runs, Diagnostic> {
    let draws = ParameterDraws::new(market.basis(), false)?;
    let queues = PriorDraws::new(market.basis().spec().seed);
    let activity = paths_of_activity(market, size.n_paths)?;
    let done = std::sync::atomic::AtomicUsize::new(0);
    let step = || say(1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let one = |path: usize| {
        let result = accepted(
            market,
            &draws,
            (queues, size.n_queues),
            &activity[path],
            path as u64,
            (noise, observed),
        );
        step();
        result
    };
    let paths: Vec<Accepted> =
        (0..size.n_paths).into_par_iter().map(one).collect::<Result<_, _>>()?;
    let n_refused: u64 = paths.iter().map(|one| u64::from(one.n_refused)).sum();
    if n_refused > size.n_paths as u64 {
        return Err(Diagnostic::error(
            "M010",
            format!("{n_refused} draws of parameters could not be used for {} paths", size.n_paths),
        )
        .help("more than half: narrow the ranges of the parameters"));
    }
    let weights = normalised(paths.iter().flat_map(|one| &one.log_weights).copied().collect())?;
    let per_path = size.n_queues as usize;
    let pair = |k: usize| (k / per_path, (k % per_path) as u32);
    let u = Key::new(market.basis().spec().seed).draw(0, 0, 0, RESAMPLING).uniform();
    let chosen = systematic(&weights, size.n_paths, u);
    let full =
        |(path, queue): (usize, QueueDraw)| -> Result<(PathMonths, ChannelPath), Diagnostic> {
            let (parameters, activity) = (&paths[path].parameters, &activity[path]);
            let run = market.run(World::Control, (parameters, &queue), activity, path as u64)?;
            let channels = channels(market, (parameters, &queue), activity, path as u64)?;
            step();
            Ok((months(&run, parameters)?, channels))
        };
    let of = |pairs: Vec<(usize, u32)>| -> Result<ReplayRun, Diagnostic> {
        let queues: Vec<QueueDraw> =
            pairs.iter().map(|&(path, draw)| queues.at(path as u64, draw)).collect();
        let found: Vec<Result<(PathMonths, ChannelPath), Diagnostic>> =
            pairs.par_iter().zip(&queues).map(|(&(path, _), queue)| full((path, *queue))).collect();
        run_of(found, &queues)
    };
    let prior = of((0..size.n_paths).map(|path| (path, 0)).collect())?;
    let posterior = of(chosen.iter().map(|&k| pair(k)).collect())?;
    let mut distinct = chosen.clone();
    distinct.dedup();
    Ok(Runs {
        free: paths.iter().map(|one| one.free.clone()).collect(),
        n_refused,
        n_queues: weights.len(),
        effective: 1.0 / weights.iter().map(|w| w * w).sum::<f64>(),
        n_distinct: distinct.len(),
        posterior_moments: moments(&weights, &|k| {
            let (path, draw) = pair(k);
            queues.at(path as u64, draw)
        }),
        prior,
        posterior,
    })
}

/// The paths that could be run; a queue or a channel under which the market cannot be solved to the end is left out and
/// counted, and more of these than others are an error.
fn run_of(
    found: Vec<Result<(PathMonths, ChannelPath), Diagnostic>>,
    queues: &[QueueDraw],
) -> Result<ReplayRun, Diagnostic> {
    let mut run =
        ReplayRun { control: Vec::new(), queues: Vec::new(), channels: Vec::new(), n_left_out: 0 };
    let mut first = None;
    for (result, queue) in found.into_iter().zip(queues) {
        match result {
            Ok((control, channels)) => {
                run.control.push(control);
                run.queues.push(*queue);
                run.channels.push(channels);
            }
            Err(e) => {
                run.n_left_out += 1;
                first.get_or_insert(e);
            }
        }
    }
    match first {
        Some(e) if run.n_left_out > run.control.len() => Err(e),
        _ => Ok(run),
    }
}

/// One path's activity each: batches of 512 as in any simulation.
fn paths_of_activity(
    market: &ReplayMarket,
    n_paths: usize,
) -> Result<Vec<ActivityPaths>, Diagnostic> {
    let mut all = Vec::with_capacity(n_paths);
    let size = market.basis().batch_paths();
    for k in 0..n_paths.div_ceil(size) {
        let batch = market.basis().batch(k as u64)?;
        for path in 0..size.min(n_paths - k * size) {
            all.push(batch.part(path, 1).map_err(|e| refused(&e))?);
        }
    }
    Ok(all)
}

/// A path of A: parameters drawn until the market can be anchored and run, with and without the control.
fn accepted(
    market: &ReplayMarket,
    draws: &ParameterDraws<'_>,
    (queues, n_queues): (PriorDraws, u32),
    activity: &ActivityPaths,
    path: u64,
    (noise, observed): (MonthlyNoise, &[f64]),
) -> Result<Accepted, Diagnostic> {
    let short = activity.until_month(SHORT_MONTHS).map_err(|e| refused(&e))?;
    let attempt = |attempt: u32| -> Result<Accepted, Diagnostic> {
        let parameters = draws.mixed(&|_| (path, attempt))?;
        let queue = queues.at(path, 0);
        let of = |world| {
            let run = market.run(world, (&parameters, &queue), activity, path)?;
            months(&run, &parameters)
        };
        // With the control too: a draw under which that cannot be run is no draw of A.
        of(World::Control)?;
        let free = of(World::NoControl)?;
        let log_weight = |draw: u32| -> Result<f64, Diagnostic> {
            let queue = queues.at(path, draw);
            let run = market.run(World::Control, (&parameters, &queue), &short, path);
            // A queue under which the market cannot be solved explains nothing.
            let Ok(run) = run else { return Ok(f64::NEG_INFINITY) };
            let magnets = by_month(&run, Output::MagnetExports(None))?;
            Ok(log_likelihood(&magnets, observed, noise.magnets))
        };
        let log_weights = (0..n_queues).map(log_weight).collect::<Result<_, _>>()?;
        Ok(Accepted { parameters, n_refused: attempt, free, log_weights })
    };
    let mut last = None;
    for k in 0..MAX_ATTEMPTS {
        match attempt(k) {
            Ok(found) => return Ok(found),
            Err(e) => last = Some(e),
        }
    }
    let why = last.map_or_else(String::new, |e| format!(": {}", e.message));
    Err(Diagnostic::error(
        "M010",
        format!(
            "path {}: none of {MAX_ATTEMPTS} draws of the parameters can be run{why}",
            path + 1
        ),
    )
    .help("narrow the ranges of the parameters that the message names"))
}

fn by_month(run: &Run, output: Output) -> Result<Vec<f64>, Diagnostic> {
    (0..run.n_months()).map(|t| Ok(run.at(output, t).map_err(|e| refused(&e))?[0])).collect()
}

fn months(run: &Run, parameters: &Parameters) -> Result<PathMonths, Diagnostic> {
    let heavy = Basket::DyTb;
    let start = parameters.start_price[heavy.index()].value;
    let inside = by_month(run, Output::Price(heavy))?;
    let europe = by_month(run, Output::RegionPrice(Region::Europe, heavy))?;
    // Border price in dollars: with the tax that is not refunded.
    let trade = &parameters.trade;
    let border = |price: f64| price * (1.0 + trade.vat.value) / trade.cny_per_usd.value;
    Ok(PathMonths {
        magnets: by_month(run, Output::MagnetExports(None))?,
        magnets_us: by_month(run, Output::MagnetExports(Some(Region::Us)))?,
        value: by_month(run, Output::HeadlineValue(None))?,
        europe_premium: europe.iter().zip(&inside).map(|(e, p)| e / border(*p)).collect(),
        heavy_price: inside.iter().map(|p| p / start).collect(),
    })
}

fn channels(
    market: &ReplayMarket,
    drawn: (&Parameters, &QueueDraw),
    activity: &ActivityPaths,
    path: u64,
) -> Result<ChannelPath, Diagnostic> {
    let short = activity.until_month(SHORT_MONTHS).map_err(|e| refused(&e))?;
    let of = |world| -> Result<[[f64; 2]; 2], Diagnostic> {
        let run = market.run(world, drawn, &short, path)?;
        let pair = |output| -> Result<[f64; 2], Diagnostic> {
            let all = by_month(&run, output)?;
            Ok([all[2], all[3]])
        };
        Ok([pair(Output::MagnetExports(None))?, pair(Output::MagnetExports(Some(Region::Us)))?])
    };
    let [a, b, c] = Channel::ALL.map(|channel| of(World::Without(channel)));
    Ok(ChannelPath {
        base: of(World::Control)?,
        without: [a?, b?, c?],
        without_all: of(World::WithoutAll)?,
    })
}

/// Log likelihood of the first months observed under log-normal noise.
fn log_likelihood(simulated: &[f64], observed: &[f64], noise: f64) -> f64 {
    let term = |(s, y): (&f64, &f64)| {
        // Nothing shipped has no logarithm and no chance.
        if *s > 0.0 { -0.5 * ((y / s).ln() / noise).powi(2) } else { f64::NEG_INFINITY }
    };
    simulated.iter().zip(observed).take(FIT_MONTHS).map(term).sum()
}

/// Weights that add up to one.
fn normalised(logs: Vec<f64>) -> Result<Vec<f64>, Diagnostic> {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return Err(Diagnostic::error("M010", "no draw of the queue can explain April to June")
            .help("run more paths: --paths 512"));
    }
    let mut weights: Vec<f64> = logs.into_iter().map(|log| (log - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    Ok(weights)
}

/// Indices drawn with `n` equally spaced points of the cumulated weights, the first at `u`/n (Kitagawa 1996).
fn systematic(weights: &[f64], n: usize, u: f64) -> Vec<usize> {
    let (mut chosen, mut at, mut below) = (Vec::with_capacity(n), 0, 0.0);
    for k in 0..n {
        let point = (k as f64 + u) / n as f64;
        while at + 1 < weights.len() && below + weights[at] < point {
            below += weights[at];
            at += 1;
        }
        chosen.push(at);
    }
    chosen
}

fn moments(weights: &[f64], of: &dyn Fn(usize) -> QueueDraw) -> [(f64, f64); N_PRIORS] {
    let (mut mean, mut square) = ([0.0; N_PRIORS], [0.0; N_PRIORS]);
    for (k, weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
        let draw = of(k);
        for i in 0..N_PRIORS {
            mean[i] += weight * draw.0[i];
            square[i] += weight * draw.0[i] * draw.0[i];
        }
    }
    std::array::from_fn(|i| (mean[i], (square[i] - mean[i] * mean[i]).max(0.0).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_follows_the_weights() {
        let weights = normalised(vec![0.0, f64::NEG_INFINITY, 3.0_f64.ln()]).unwrap();
        assert_eq!(weights[1], 0.0);
        assert!((weights[2] - 0.75).abs() < 1e-15);
        let chosen = systematic(&weights, 8, 0.5);
        assert_eq!(chosen, [0, 0, 2, 2, 2, 2, 2, 2]);
        assert!(normalised(vec![f64::NEG_INFINITY]).is_err());
    }

    #[test]
    fn a_path_that_cannot_be_run_is_left_out() {
        let months = PathMonths {
            magnets: vec![1.0],
            magnets_us: vec![1.0],
            value: vec![1.0],
            heavy_price: vec![1.0],
            europe_premium: vec![1.0],
        };
        let none = [[0.0; 2]; 2];
        let channels = ChannelPath { base: none, without: [none; 3], without_all: none };
        let good = || Ok((months.clone(), channels));
        let bad = || Err(Diagnostic::error("M010", "as if it could not be solved"));
        let queues = [PriorDraws::new(1).at(0, 0), PriorDraws::new(1).at(1, 0)];
        let run = run_of(vec![bad(), good()], &queues).unwrap();
        assert_eq!((run.n_left_out, run.control.len(), run.queues[0]), (1, 1, queues[1]));
        assert!(run_of(vec![bad(), bad()], &queues).is_err());
    }

    /// Twice as much as observed with a noise of ln 2 is one s.d. away.
    #[test]
    fn the_likelihood_is_that_of_logs() {
        let noise = 2.0_f64.ln();
        let found = log_likelihood(&[200.0, 50.0, 7.0, 9.0], &[100.0, 100.0, 7.0], noise);
        assert!((found + 1.0).abs() < 1e-12);
        assert_eq!(log_likelihood(&[0.0], &[1.0], noise), f64::NEG_INFINITY);
    }
}
