//! Rolling-origin backtests: what a model would have said, and what came.
//!
//! At each origin the model is estimated anew on what had been published by then (figures of spans count from the end of
//! the span) and forecasts the figures of the next months; a two-month figure is forecast as a sum from the joint paths.
//! Accuracy is the median's mean absolute scaled error: errors per period over the mean absolute error of the seasonal
//! naive forecast in the first sample (Hyndman and Koehler 2006). Revisions and the delay of publication are not in the
//! data, so origins are ends of months and figures are the latest ones.

use monazite_series::Period;
use monazite_stochastic::quantiles;
use serde::Serialize;

use crate::seasonal_naive::seasonal_pairs;
use crate::{ForecastError, Model, Sample};

/// How a backtest is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BacktestOptions {
    /// Periods ahead.
    pub horizon: usize,
    /// Origins: the ends of so many periods before the last figure of the target, as far as the data allow.
    pub origins: usize,
    /// Sample paths of each forecast.
    pub n_paths: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// One forecast figure and what came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Last period known.
    pub origin: Period,
    /// The figure's last period.
    pub period: Period,
    /// Periods it covers.
    pub span: u32,
    /// Periods from the origin to the figure's last.
    pub ahead: usize,
    /// The figure.
    pub actual: f64,
    /// Median forecast.
    pub median: f64,
    /// Ends of the 80 % interval.
    pub interval80: [f64; 2],
    /// Ends of the 95 % interval.
    pub interval95: [f64; 2],
    /// Share of the paths below the figure.
    pub percentile: f64,
}

/// A model's record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// The model asked for.
    pub model: String,
    /// The series.
    pub id: String,
    /// Figures scored.
    pub scored: Vec<Scored>,
    /// Origins at which the model could not be estimated, with the reason.
    pub failures: Vec<(Period, String)>,
    /// Mean absolute error a period of the seasonal naive forecast before the first origin.
    pub scale: f64,
    /// Origins used.
    pub n_origins: usize,
}

impl Backtest {
    /// Mean absolute scaled error of the median, per period.
    pub fn mase(&self) -> f64 {
        self.mean(|s| (s.actual - s.median).abs() / f64::from(s.span)) / self.scale
    }

    /// Share of the figures inside the 80 % interval.
    pub fn coverage80(&self) -> f64 {
        self.mean(|s| inside(s.interval80, s.actual))
    }

    /// Share of the figures inside the 95 % interval.
    pub fn coverage95(&self) -> f64 {
        self.mean(|s| inside(s.interval95, s.actual))
    }

    /// Mean absolute error over that of another model on the figures that both forecast from the same origins; `None`
    /// if there is none.
    pub fn relative_to(&self, other: &Self) -> Option<f64> {
        let error = |s: &Scored| (s.actual - s.median).abs() / f64::from(s.span);
        let (mut own, mut others, mut n) = (0.0, 0.0, 0);
        for s in &self.scored {
            let same = |o: &&Scored| (o.origin, o.period) == (s.origin, s.period);
            if let Some(o) = other.scored.iter().find(same) {
                own += error(s);
                others += error(o);
                n += 1;
            }
        }
        (n > 0 && others > 0.0).then(|| own / others)
    }

    fn mean(&self, f: impl Fn(&Scored) -> f64) -> f64 {
        self.scored.iter().map(f).sum::<f64>() / self.scored.len() as f64
    }
}

fn inside(interval: [f64; 2], value: f64) -> f64 {
    f64::from(u8::from(interval[0] <= value && value <= interval[1]))
}

/// Figures a season apart that the scale of errors needs; earlier origins are left out.
const MIN_PAIRS: usize = 6;

/// Runs `model` at each origin in turn; each estimation starts from the estimates of the origin before.
///
/// # Errors
/// No figure to score, or no pair of figures a season apart before the first origin.
pub fn backtest(
    model: &Model,
    sample: &Sample,
    season: usize,
    options: &BacktestOptions,
) -> Result<Backtest, ForecastError> {
    let last = sample.target().last_period();
    let all_pairs = seasonal_pairs(sample, season);
    let before = |origin: Period| all_pairs.iter().filter(move |p| p.0 <= origin);
    let origins: Vec<Period> = (1..=options.origins as i64)
        .rev()
        .map(|back| last.plus(-back))
        .filter(|origin| before(*origin).count() >= MIN_PAIRS)
        .collect();
    let Some(&first_origin) = origins.first() else {
        return Err(ForecastError::Count {
            what: "number of figures a season apart before an origin",
            found: before(last).count(),
            needed: MIN_PAIRS,
        });
    };
    let pairs: Vec<f64> =
        before(first_origin).map(|(_, now, before)| (now - before).abs()).collect();
    let mut result = Backtest {
        model: model.label(),
        id: sample.target().id().to_owned(),
        scored: Vec::new(),
        failures: Vec::new(),
        scale: pairs.iter().sum::<f64>() / pairs.len() as f64,
        n_origins: origins.len(),
    };
    let mut last_estimates = None;
    for origin in origins {
        match at_origin(model, sample, origin, options, &mut last_estimates) {
            Ok(scored) => result.scored.extend(scored),
            Err(e) => result.failures.push((origin, e.to_string())),
        }
    }
    Ok(result)
}

fn at_origin(
    model: &Model,
    sample: &Sample,
    origin: Period,
    options: &BacktestOptions,
    last_estimates: &mut Option<Vec<f64>>,
) -> Result<Vec<Scored>, ForecastError> {
    let known = sample.until(origin)?;
    let end = known.last_period();
    let mean = sample.target().aggregation() == monazite_series::Aggregation::Mean;
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
    let draws = (horizon, options.n_paths, options.seed);
    let forecast = model.forecast_next(&known, last_estimates, draws)?;
    ahead
        .into_iter()
        .map(|o| {
            let from = (o.first().ordinal() - end.ordinal() - 1) as usize;
            let mut draws = forecast.sums(from, o.span as usize);
            if mean {
                for draw in &mut draws {
                    *draw /= f64::from(o.span);
                }
            }
            let q = quantiles(&draws, &[0.025, 0.1, 0.5, 0.9, 0.975])?;
            let below = draws.iter().filter(|d| **d < o.value).count();
            Ok(Scored {
                origin,
                period: o.period,
                span: o.span,
                ahead: (o.period.ordinal() - origin.ordinal()) as usize,
                actual: o.value,
                median: q[2],
                interval80: [q[1], q[3]],
                interval95: [q[0], q[4]],
                percentile: below as f64 / draws.len() as f64,
            })
        })
        .collect()
}
