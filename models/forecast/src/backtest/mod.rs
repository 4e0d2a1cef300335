//! Rolling-origin backtests: what a model would have said, and what came.
//!
//! At each origin the model is estimated anew on what had been published by then (figures of spans count from the end of
//! the span) and forecasts the figures of the next months; a two-month figure is forecast as a sum from the joint paths.
//! Accuracy is the median's mean absolute scaled error: errors per period over the mean absolute error of the seasonal
//! naive forecast in the first sample (Hyndman and Koehler 2006). Revisions and the delay of publication are not in the
//! data, so origins are ends of months and figures are the latest ones. The sample of an origin starts where the data
//! start, or a fixed number of periods before the origin if the window rolls.

mod record;

use monazite_series::{Aggregation, Observation, Period, Series};
use monazite_stochastic::quantiles;

use crate::model::Memory;
use crate::seasonal_naive::seasonal_pairs;
use crate::{
    Forecast, ForecastError, Model, Publication, QUANTILES, Sample, score, score::Scaling,
};

pub use record::{Backtest, Scored};

/// How a backtest is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BacktestOptions {
    /// Periods ahead.
    pub horizon: usize,
    /// Origins: so many ends of periods before the last figure of the target, as far as the data allow.
    pub origins: usize,
    /// Periods from one origin to the next; the last origin is as many before the last figure.
    pub step: usize,
    /// Periods of the sample of each origin, the last ones known; `None`: all.
    pub window: Option<usize>,
    /// Sample paths of each forecast.
    pub n_paths: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for BacktestOptions {
    /// Two years of origins a month apart, a year ahead, from all that was known.
    fn default() -> Self {
        Self { horizon: 12, origins: 24, step: 1, window: None, n_paths: 400, seed: 0 }
    }
}

/// Figures a season apart that the scale of errors needs; earlier origins are left out.
const MIN_PAIRS: usize = 6;

/// Runs `model` at each origin in turn; each estimation starts from the estimates of the origin before.
///
/// # Errors
/// No step; too few pairs of figures a season apart before any origin.
pub fn backtest(
    model: &Model,
    sample: &Sample,
    season: usize,
    options: &BacktestOptions,
) -> Result<Backtest, ForecastError> {
    backtests(std::slice::from_ref(model), sample, season, options).map(|mut all| all.remove(0))
}

/// Runs several models at each origin in turn, one record each in their order; a structural model that more than one of
/// them needs, on its own or within a combination, is estimated once an origin.
///
/// # Errors
/// As [`backtest`].
pub fn backtests(
    models: &[Model],
    sample: &Sample,
    season: usize,
    options: &BacktestOptions,
) -> Result<Vec<Backtest>, ForecastError> {
    if options.step == 0 {
        return Err(ForecastError::Count { what: "step between origins", found: 0, needed: 1 });
    }
    let last = sample.target().last_period();
    let all_pairs = seasonal_pairs(sample, season);
    let before = |origin: Period| all_pairs.iter().filter(move |p| p.0 <= origin);
    let origins: Vec<Period> = (1..=options.origins as i64)
        .rev()
        .map(|back| last.plus(-back * options.step as i64))
        .filter(|origin| before(*origin).count() >= MIN_PAIRS)
        .collect();
    let Some(&first_origin) = origins.first() else {
        return Err(ForecastError::Count {
            what: "number of figures a season apart before an origin",
            found: before(last).count(),
            needed: MIN_PAIRS,
        });
    };
    let errors: Vec<f64> = before(first_origin).map(|(_, now, before)| now - before).collect();
    let scaling = Scaling::of_errors(&errors);
    let empty = |model: &Model| Backtest {
        model: model.label(),
        id: sample.target().id().to_owned(),
        scored: Vec::new(),
        failures: Vec::new(),
        scale: scaling.absolute,
        scale_squared: scaling.squared,
        step: options.step,
        n_origins: origins.len(),
    };
    let mut results: Vec<Backtest> = models.iter().map(empty).collect();
    let mut memories = vec![Memory::default(); models.len()];
    for origin in origins {
        let mut shared = None;
        for ((model, memory), result) in models.iter().zip(&mut memories).zip(&mut results) {
            memory.last = shared.take();
            match at_origin(model, sample, origin, options, memory) {
                Ok(scored) => result.scored.extend(scored),
                Err(e) => result.failures.push((origin, e.to_string())),
            }
            shared = memory.last.take();
        }
    }
    Ok(results)
}

fn at_origin(
    model: &Model,
    sample: &Sample,
    origin: Period,
    options: &BacktestOptions,
    memory: &mut Memory,
) -> Result<Vec<Scored>, ForecastError> {
    let known = windowed(sample.until(origin)?, origin, options.window)?;
    let end = known.last_period();
    let to = origin.plus(options.horizon as i64);
    // Other publications may reach further than the target; what starts before the model's own end is not ahead.
    let ahead: Vec<_> = sample
        .target()
        .observations()
        .iter()
        .filter(|o| o.first() > end && o.period <= to)
        .collect();
    let Some(furthest) = ahead.iter().map(|o| o.period).max() else { return Ok(Vec::new()) };
    let horizon = (furthest.ordinal() - end.ordinal()) as usize;
    let fit = model.fit_next(&known, memory)?;
    let forecast = fit.forecast(horizon, options.n_paths, options.seed)?;
    ahead
        .into_iter()
        .map(|o| {
            let from = (o.first().ordinal() - end.ordinal() - 1) as usize;
            score_figure(&forecast, from, o, origin, sample.target().aggregation())
        })
        .collect()
}

/// What a sample has of the last `window` periods to `origin`.
fn windowed(
    sample: Sample,
    origin: Period,
    window: Option<usize>,
) -> Result<Sample, ForecastError> {
    let Some(window) = window else { return Ok(sample) };
    let from = origin.plus(1 - window as i64);
    let (mut publications, mut target) = (Vec::new(), 0);
    for (at, one) in sample.publications().iter().enumerate() {
        let figures = one.series.observations();
        let inside: Vec<Observation> =
            figures.iter().filter(|o| o.first() >= from).copied().collect();
        if inside.is_empty() && at != sample.target_idx() {
            continue;
        }
        if at == sample.target_idx() {
            target = publications.len();
        }
        let (id, unit) = (one.series.id(), one.series.unit().clone());
        let series = Series::new(id, unit, one.series.aggregation(), inside)?;
        publications.push(Publication { series, noisy: one.noisy });
    }
    Sample::of(publications, target, sample.scale(), sample.regressors().clone())
}

/// Scores the figure whose first period is the step `from`: a single period by its distribution, a span by joint draws.
fn score_figure(
    forecast: &Forecast,
    from: usize,
    figure: &Observation,
    origin: Period,
    aggregation: Aggregation,
) -> Result<Scored, ForecastError> {
    let (span, actual) = (figure.span as usize, figure.value);
    let mean = aggregation == Aggregation::Mean;
    let (q, crps, percentile, pit);
    if span == 1 && !forecast.marginal(from).is_draws() {
        let marginal = forecast.marginal(from);
        q = forecast.quantiles(from, &QUANTILES)?;
        percentile = marginal.cdf(actual);
        pit = percentile;
        // A forecast of positive figures has what its normal has below 0 at 0.
        crps = if marginal.cdf(0.0) > 1e-9 {
            score::crps_above(marginal, 0.0, actual)
        } else {
            score::crps_marginal(marginal, actual)
        };
    } else {
        let mut draws = forecast.sums(from, span);
        if mean {
            for draw in &mut draws {
                *draw /= span as f64;
            }
        }
        q = quantiles(&draws, &QUANTILES)?;
        let below = draws.iter().filter(|d| **d < actual).count();
        percentile = below as f64 / draws.len() as f64;
        pit = score::pit_of_draws(&draws, actual);
        crps = score::crps_draws(&draws, actual);
    }
    Ok(Scored {
        origin,
        period: figure.period,
        span: figure.span,
        summed: if mean { 1 } else { figure.span },
        ahead: (figure.period.ordinal() - origin.ordinal()) as usize,
        actual,
        median: q[6],
        interval80: [q[2], q[10]],
        interval95: [q[0], q[12]],
        quantiles: q,
        percentile,
        pit,
        crps,
    })
}
