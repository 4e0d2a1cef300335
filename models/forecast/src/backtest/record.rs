//! A model's record over many origins, and what it amounts to.
//!
//! Scores of a figure over a span are those of a period of it, so that a two-month sum counts as one month would. Scaled
//! scores are over the errors of the seasonal naive forecast in the first sample.

use std::collections::BTreeMap;

use monazite_series::Period;
use serde::Serialize;

use crate::compare::long_run_variance;
use crate::score::{Coverage, coverage_interval, interval_score, pinball};
use crate::{Kernel, QUANTILES, Test, score};

/// One forecast figure and what came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Last period known.
    pub origin: Period,
    /// The figure's last period.
    pub period: Period,
    /// Periods it covers.
    pub span: u32,
    /// Periods that it adds up: its span, 1 if it is their mean.
    pub summed: u32,
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
    /// Quantiles at [`QUANTILES`].
    pub quantiles: Vec<f64>,
    /// Forecast probability of a smaller figure; of draws, the share of the paths below the figure.
    pub percentile: f64,
    /// The same for tests of calibration: of draws, the mid-rank, never 0 or 1.
    pub pit: f64,
    /// Continuous ranked probability score, in the unit of the figure.
    pub crps: f64,
}

impl Scored {
    /// Error of the median a period.
    pub fn error(&self) -> f64 {
        (self.actual - self.median) / f64::from(self.summed)
    }

    /// Ends of a central interval; `None` if its ends are not among [`QUANTILES`]. `level` is a probability such as .95.
    pub fn interval(&self, level: f64) -> Option<[f64; 2]> {
        let at = |p: f64| {
            let found = QUANTILES.iter().position(|q| (q - p).abs() < 1e-9)?;
            self.quantiles.get(found).copied()
        };
        Some([at(0.5 - 0.5 * level)?, at(0.5 + 0.5 * level)?])
    }

    /// Mean of twice the quantile loss over [`QUANTILES`], a period.
    fn quantile_loss(&self) -> f64 {
        let loss: f64 =
            self.quantiles.iter().zip(QUANTILES).map(|(&q, p)| pinball(self.actual, q, p)).sum();
        2.0 * loss / QUANTILES.len() as f64 / f64::from(self.summed)
    }
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
    /// Root mean squared error of the same.
    pub scale_squared: f64,
    /// Periods from one origin to the next.
    pub step: usize,
    /// Origins used.
    pub n_origins: usize,
}

impl Backtest {
    /// Mean absolute scaled error of the median, per period.
    pub fn mase(&self) -> f64 {
        self.mean(|s| s.error().abs()) / self.scale
    }

    /// Root mean squared scaled error of the median, per period.
    pub fn rmsse(&self) -> f64 {
        self.mean(|s| s.error().powi(2)).sqrt() / self.scale_squared
    }

    /// Symmetric mean absolute percentage error of the median, from 0 to 200.
    pub fn smape(&self) -> f64 {
        self.mean(|s| score::symmetric_error(s.actual, s.median))
    }

    /// Continuous ranked probability score, per period, over the scale of [`Backtest::mase`].
    pub fn crps(&self) -> f64 {
        self.mean(|s| s.crps / f64::from(s.summed)) / self.scale
    }

    /// Mean of twice the quantile loss over [`QUANTILES`], per period, over the scale of [`Backtest::mase`].
    pub fn pinball(&self) -> f64 {
        self.mean(Scored::quantile_loss) / self.scale
    }

    /// Mean scaled interval score at a level such as .95; `None` if its ends are not among [`QUANTILES`].
    pub fn msis(&self, level: f64) -> Option<f64> {
        self.scored.first()?.interval(level)?;
        let one = |s: &Scored| {
            let ends = s.interval(level).unwrap_or([f64::NAN; 2]);
            interval_score(s.actual, ends, level) / f64::from(s.summed)
        };
        Some(self.mean(one) / self.scale)
    }

    /// Share of the figures inside the 80 % interval.
    pub fn coverage80(&self) -> f64 {
        self.mean(|s| inside(s.interval80, s.actual))
    }

    /// Share of the figures inside the 95 % interval.
    pub fn coverage95(&self) -> f64 {
        self.mean(|s| inside(s.interval95, s.actual))
    }

    /// How often the intervals of a level held; `None` if their ends are not among [`QUANTILES`] or nothing was scored.
    ///
    /// Figures of one origin miss together, and so do those of neighbouring origins. The effective number of figures is
    /// that of independent ones whose share would vary as much as this one does by the Bartlett long-run variance over
    /// origins, and never more than there are (Korn and Graubard 1998). Where all figures are inside, or none is, nothing
    /// varies, and the number of origins stands in.
    pub fn coverage(&self, level: f64) -> Option<Coverage> {
        self.scored.first()?.interval(level)?;
        let hit = |s: &Scored| s.interval(level).map_or(0.0, |ends| inside(ends, s.actual));
        let (share, n) = (self.mean(hit), self.scored.len() as f64);
        let mut deviations: BTreeMap<i64, f64> = BTreeMap::new();
        for s in &self.scored {
            *deviations.entry(s.origin.ordinal()).or_default() += (hit(s) - share) / n;
        }
        let deviations: Vec<f64> = deviations.into_values().collect();
        // Of the share itself: the sum of its deviations, not their mean.
        let variance = deviations.len() as f64
            * long_run_variance(&deviations, self.overlap() + 1, Kernel::Bartlett);
        let n_effective = if variance > 0.0 {
            (share * (1.0 - share) / variance).clamp(1.0, n)
        } else {
            deviations.len() as f64
        };
        Some(Coverage {
            level,
            share,
            n: self.scored.len(),
            n_effective,
            interval: coverage_interval(share, n_effective),
        })
    }

    /// Whether distributions of the next figure are calibrated, by the test of Berkowitz (2001) in the order of time.
    /// `None` for fewer than eight such figures. Figures further ahead depend on one another and are left out.
    pub fn calibration(&self) -> Option<Test> {
        let nearest = self.scored.iter().map(|s| s.ahead).min()?;
        let pit: Vec<f64> =
            self.scored.iter().filter(|s| s.ahead == nearest).map(|s| s.pit).collect();
        score::berkowitz(&pit)
    }

    /// The record of the figures that end so many periods after their origin.
    #[must_use]
    pub fn at(&self, ahead: usize) -> Self {
        self.only(|s| s.ahead == ahead)
    }

    /// Periods ahead of the figures, each once, ascending.
    pub fn horizons(&self) -> Vec<usize> {
        let mut ahead: Vec<usize> = self.scored.iter().map(|s| s.ahead).collect();
        ahead.sort_unstable();
        ahead.dedup();
        ahead
    }

    /// Mean absolute error over that of another model on the figures that both forecast from the same origins; `None`
    /// if there is none.
    pub fn relative_to(&self, other: &Self) -> Option<f64> {
        let (mut own, mut others, mut n) = (0.0, 0.0, 0);
        for s in &self.scored {
            let same = |o: &&Scored| (o.origin, o.period) == (s.origin, s.period);
            if let Some(o) = other.scored.iter().find(same) {
                own += s.error().abs();
                others += o.error().abs();
                n += 1;
            }
        }
        (n > 0 && others > 0.0).then(|| own / others)
    }

    /// Later origins whose forecasts overlap with those of an origin: the lags over which losses are dependent.
    pub(crate) fn overlap(&self) -> usize {
        let furthest = self.scored.iter().map(|s| s.ahead).max().unwrap_or(1);
        furthest.saturating_sub(1) / self.step.max(1)
    }

    /// The record of some of the figures.
    pub(crate) fn only(&self, keep: impl Fn(&Scored) -> bool) -> Self {
        let scored = self.scored.iter().filter(|s| keep(s)).cloned().collect();
        Self {
            model: self.model.clone(),
            id: self.id.clone(),
            scored,
            failures: self.failures.clone(),
            ..*self
        }
    }

    fn mean(&self, f: impl Fn(&Scored) -> f64) -> f64 {
        self.scored.iter().map(f).sum::<f64>() / self.scored.len() as f64
    }
}

fn inside(interval: [f64; 2], value: f64) -> f64 {
    f64::from(u8::from(interval[0] <= value && value <= interval[1]))
}
