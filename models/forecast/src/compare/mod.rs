//! Models side by side on the same figures: scores, tests of equal accuracy, and which may be the best.
//!
//! Only figures that every model forecast from the same origin count. Losses are averaged over the figures of an origin,
//! so that the many horizons of an origin are one observation; what overlaps between origins is taken into account by
//! the long-run variance of [`DieboldMariano`] (Bartlett weights, as many lags as later origins overlap) and by blocks of
//! as many origins in the [`ConfidenceSet`].
//!
//! With 24 origins up to a year ahead, an error ratio of .8 is often not significant. That two models cannot be told apart
//! is then a fact about the record, not about the models.

mod confidence_set;
mod diebold_mariano;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use confidence_set::{ConfidenceSet, ConfidenceSetOptions, Statistic};
pub(crate) use diebold_mariano::long_run_variance;
pub use diebold_mariano::{DieboldMariano, Kernel};

use crate::score::Coverage;
use crate::{Backtest, ForecastError, Scored, Test};

/// What of a figure's forecast is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Absolute error of the median, per period and scaled.
    #[default]
    Absolute,
    /// Squared error of the median, the same.
    Squared,
    /// Continuous ranked probability score, the same.
    Crps,
}

/// How models are compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ComparisonOptions {
    /// Loss of the tests.
    pub loss: Loss,
    /// Whether tests use only origins with figures as far ahead as any has: later ones average fewer and nearer figures.
    pub full_horizon: bool,
    /// Differences with a smaller p-value are called significant.
    pub significance: f64,
    /// Confidence of the model confidence set.
    pub confidence: f64,
    /// Bootstrap samples of the model confidence set.
    pub n_bootstrap: usize,
    /// Seed of the samples.
    pub seed: u64,
}

impl Default for ComparisonOptions {
    /// Absolute errors of all origins, 5 %, a set at 90 % from 5,000 samples.
    fn default() -> Self {
        Self {
            loss: Loss::Absolute,
            full_horizon: false,
            significance: 0.05,
            confidence: 0.9,
            n_bootstrap: 5000,
            seed: 0,
        }
    }
}

/// A model among others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The model.
    pub model: String,
    /// Mean absolute scaled error of the median.
    pub mase: f64,
    /// Root mean squared scaled error of the median.
    pub rmsse: f64,
    /// Symmetric mean absolute percentage error, from 0 to 200.
    pub smape: f64,
    /// Continuous ranked probability score over the scale of `mase`.
    pub crps: f64,
    /// Mean scaled interval score at 95 %.
    pub msis: f64,
    /// How often 80 % intervals held.
    pub coverage80: Coverage,
    /// How often 95 % intervals held.
    pub coverage95: Coverage,
    /// Test of Berkowitz (2001) on the distributions of the nearest figures; none for fewer than eight.
    pub calibration: Option<Test>,
    /// Mean absolute scaled error by periods ahead.
    pub mase_ahead: Vec<(usize, f64)>,
    /// Against the benchmark, negative where this model is more accurate; none for the benchmark itself and where the
    /// origins are no more than the lags.
    pub against_benchmark: Option<DieboldMariano>,
    /// p-value of the model confidence set; none for fewer than two blocks of origins.
    pub set_p_value: Option<f64>,
    /// Whether it is in the model confidence set.
    pub in_set: Option<bool>,
    /// Origins at which it could not be estimated.
    pub n_failures: usize,
}

/// Several models on the same figures of one series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The series.
    pub id: String,
    /// Index of the benchmark.
    pub benchmark: usize,
    /// Origins that count.
    pub n_origins: usize,
    /// Figures that count.
    pub n_figures: usize,
    /// Most periods ahead.
    pub horizon: usize,
    /// Lags of the tests, in origins.
    pub lags: usize,
    /// Mean absolute error a period of the seasonal naive forecast in the first sample.
    pub scale: f64,
    /// How they are compared.
    pub options: ComparisonOptions,
    /// The models, in the order given.
    pub models: Vec<Compared>,
}

impl Comparison {
    /// Of backtests of one series with the same origins and horizon, against the one at `benchmark`.
    ///
    /// # Errors
    /// No such benchmark; records of different series or scales; no figure that all models forecast; a series without a
    /// scale, since each figure is that of a season before.
    pub fn of(
        backtests: &[Backtest],
        benchmark: usize,
        options: ComparisonOptions,
    ) -> Result<Self, ForecastError> {
        let records = common(backtests, benchmark)?;
        let first = &records[0];
        let losses: Vec<Vec<f64>> =
            records.iter().map(|record| by_origin(record, options)).collect();
        let (lags, n_tested) = (first.overlap(), losses[0].len());
        let n_origins = first.scored.iter().map(|s| s.origin).collect::<BTreeSet<_>>().len();
        // Fewer than two blocks would be the same block again and again.
        let set = if n_tested > lags + 1 && records.len() > 1 {
            let set = ConfidenceSetOptions {
                statistic: Statistic::Max,
                block: lags + 1,
                n_bootstrap: options.n_bootstrap,
                seed: options.seed,
            };
            Some(ConfidenceSet::of_losses(&losses, &set)?)
        } else {
            None
        };
        let mut models = Vec::with_capacity(records.len());
        for (at, record) in records.iter().enumerate() {
            let test = DieboldMariano::of_losses(
                &losses[at],
                &losses[benchmark],
                lags + 1,
                Kernel::Bartlett,
            );
            let mut one = compared(record)?;
            one.against_benchmark = test.ok().filter(|_| at != benchmark);
            one.set_p_value = set.as_ref().map(|set| set.p_values[at]);
            one.in_set = one.set_p_value.map(|p| p >= 1.0 - options.confidence - 1e-12);
            models.push(one);
        }
        Ok(Self {
            id: first.id.clone(),
            benchmark,
            n_origins,
            n_figures: first.scored.len(),
            horizon: first.scored.iter().map(|s| s.ahead).max().unwrap_or(0),
            lags,
            scale: first.scale,
            options,
            models,
        })
    }
}

fn key(s: &Scored) -> (i64, i64, u32) {
    (s.origin.ordinal(), s.period.ordinal(), s.span)
}

/// The records cut to the figures that all of them have.
fn common(backtests: &[Backtest], benchmark: usize) -> Result<Vec<Backtest>, ForecastError> {
    if benchmark >= backtests.len() {
        return Err(ForecastError::Count {
            what: "number of backtests",
            found: backtests.len(),
            needed: benchmark + 1,
        });
    }
    let first = &backtests[0];
    if let Some(other) =
        backtests.iter().find(|b| (&b.id, b.scale, b.step) != (&first.id, first.scale, first.step))
    {
        return Err(ForecastError::Specification(format!(
            "the records of {} on `{}` and of {} on `{}` are not of the same figures",
            first.model, first.id, other.model, other.id
        )));
    }
    if !(first.scale > 0.0 && first.scale.is_finite()) {
        return Err(ForecastError::Specification(format!(
            "`{}`: every figure is that of a season before, so that there is no scale for errors",
            first.id
        )));
    }
    let mut shared: BTreeSet<_> = first.scored.iter().map(key).collect();
    for other in &backtests[1..] {
        let own: BTreeSet<_> = other.scored.iter().map(key).collect();
        shared.retain(|k| own.contains(k));
    }
    if shared.is_empty() {
        return Err(ForecastError::Count {
            what: "number of figures that every model forecast",
            found: 0,
            needed: 1,
        });
    }
    Ok(backtests.iter().map(|b| b.only(|s| shared.contains(&key(s)))).collect())
}

/// Mean scaled loss of each origin that counts in tests, in the order of time.
fn by_origin(record: &Backtest, options: ComparisonOptions) -> Vec<f64> {
    let furthest = record.scored.iter().map(|s| s.ahead as i64).max().unwrap_or(0);
    let last = record.scored.iter().map(|s| s.period.ordinal()).max().unwrap_or(0);
    let counts = |s: &&Scored| !options.full_horizon || s.origin.ordinal() + furthest <= last;
    let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for s in record.scored.iter().filter(counts) {
        let own = match options.loss {
            Loss::Absolute => s.error().abs() / record.scale,
            Loss::Squared => (s.error() / record.scale_squared).powi(2),
            Loss::Crps => s.crps / f64::from(s.summed) / record.scale,
        };
        let (sum, n) = sums.entry(s.origin.ordinal()).or_default();
        (*sum, *n) = (*sum + own, *n + 1.0);
    }
    sums.into_values().map(|(sum, n)| sum / n).collect()
}

/// The scores of a record; tests are filled in by the caller.
fn compared(record: &Backtest) -> Result<Compared, ForecastError> {
    let missing = || ForecastError::Count { what: "number of quantiles", found: 0, needed: 13 };
    Ok(Compared {
        model: record.model.clone(),
        mase: record.mase(),
        rmsse: record.rmsse(),
        smape: record.smape(),
        crps: record.crps(),
        msis: record.msis(0.95).ok_or_else(missing)?,
        coverage80: record.coverage(0.8).ok_or_else(missing)?,
        coverage95: record.coverage(0.95).ok_or_else(missing)?,
        calibration: record.calibration(),
        mase_ahead: record.horizons().into_iter().map(|h| (h, record.at(h).mase())).collect(),
        against_benchmark: None,
        set_p_value: None,
        in_set: None,
        n_failures: record.failures.len(),
    })
}
