//! What a model is fitted to: one or more published series of the same thing, on one calendar, in levels or logs.
//!
//! Publication 0 sets the level. Each further one measures the same months with its own constant level (a factor in
//! logs) and its own noise: customs headlines beside detailed trade data, an indicator beside the series of interest.
//! Spans are taken as they are: a flow's figure is the sum of its months, a price's their mean.

use monazite_series::{Aggregation, Observation, Period, Series};
use monazite_statespace::{Measurement, Observations, Scale, StateSpaceError};

use crate::method::{standardised, to_40_bits};
use crate::{ForecastError, Regressors};

/// One published series and whether it is taken as exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Its figures.
    pub series: Series,
    /// Whether it measures the months with noise of its own, whose variance is then estimated.
    pub noisy: bool,
}

/// The data of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    publications: Vec<Publication>,
    target: usize,
    scale: Scale,
    regressors: Regressors,
    first: Period,
    last: Period,
}

impl Sample {
    /// A sample of one series.
    ///
    /// # Errors
    /// [`ForecastError::NotPositive`] in logs.
    pub fn new(
        series: Series,
        scale: Scale,
        regressors: Regressors,
    ) -> Result<Self, ForecastError> {
        Self::of(vec![Publication { series, noisy: false }], 0, scale, regressors)
    }

    /// A sample of several publications of the same thing, of which `target` is forecast.
    ///
    /// # Errors
    /// [`ForecastError::NotPositive`] in logs; units or frequencies that differ; no such target.
    pub fn of(
        publications: Vec<Publication>,
        target: usize,
        scale: Scale,
        regressors: Regressors,
    ) -> Result<Self, ForecastError> {
        let Some(chosen) = publications.get(target) else {
            return Err(ForecastError::Count {
                what: "number of publications",
                found: publications.len(),
                needed: target + 1,
            });
        };
        let mut first = chosen.series.first_period();
        let mut last = chosen.series.last_period();
        for series in publications.iter().map(|p| &p.series) {
            // Different scales of one unit are a level factor; different things are not.
            let _ = series.first_period().since(first)?;
            first = first.min(series.first_period());
            last = last.max(series.last_period());
            if scale == Scale::Log
                && let Some(o) = series.observations().iter().find(|o| o.value <= 0.0)
            {
                return Err(ForecastError::NotPositive {
                    id: series.id().to_owned(),
                    period: o.period,
                    value: o.value,
                });
            }
        }
        Ok(Self { publications, target, scale, regressors, first, last })
    }

    /// The publications; the first sets the level.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// The series that is forecast.
    pub fn target(&self) -> &Series {
        &self.publications[self.target].series
    }

    /// Its place among the publications.
    pub fn target_idx(&self) -> usize {
        self.target
    }

    /// The same sample with another publication as target.
    ///
    /// # Errors
    /// As [`Sample::of`].
    pub fn with_target(self, target: usize) -> Result<Self, ForecastError> {
        Self::of(self.publications, target, self.scale, self.regressors)
    }

    /// The same sample with other regressors.
    ///
    /// # Errors
    /// As [`Sample::of`].
    pub fn with_regressors(self, regressors: Regressors) -> Result<Self, ForecastError> {
        Self::of(self.publications, self.target, self.scale, regressors)
    }

    /// Levels or logs.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Regressors, the same for every publication.
    pub fn regressors(&self) -> &Regressors {
        &self.regressors
    }

    /// First period of the calendar.
    pub fn first_period(&self) -> Period {
        self.first
    }

    /// Last period with a figure of any publication.
    pub fn last_period(&self) -> Period {
        self.last
    }

    /// Periods from the first to the last.
    pub fn n_periods(&self) -> usize {
        (self.last.ordinal() - self.first.ordinal() + 1) as usize
    }

    /// Periods covered by figures of the publications taken together.
    pub fn n_covered(&self) -> usize {
        let covers = |p: Period| {
            self.publications.iter().any(|one| {
                one.series.observations().iter().any(|o| o.first() <= p && p <= o.period)
            })
        };
        self.first.run(self.n_periods()).filter(|&p| covers(p)).count()
    }

    /// The figures known by the end of `origin`: those whose last period is not after it.
    ///
    /// Publications without a figure by then are left out, unless it is the target.
    ///
    /// # Errors
    /// [`ForecastError::Series`] if the target has no figure by then.
    pub fn until(&self, origin: Period) -> Result<Self, ForecastError> {
        let mut publications = Vec::new();
        let mut target = 0;
        for (at, one) in self.publications.iter().enumerate() {
            let observations: Vec<_> =
                one.series.observations().iter().filter(|o| o.period <= origin).copied().collect();
            if observations.is_empty() && at != self.target {
                continue;
            }
            if at == self.target {
                target = publications.len();
            }
            let series = Series::new(
                one.series.id(),
                one.series.unit().clone(),
                one.series.aggregation(),
                observations,
            )?;
            publications.push(Publication { series, noisy: one.noisy });
        }
        Self::of(publications, target, self.scale, self.regressors.clone())
    }

    /// Measurements on a calendar `horizon` periods longer than the data.
    pub(crate) fn observations(&self, horizon: usize) -> Result<Observations, StateSpaceError> {
        let mut measurements = Vec::new();
        for (channel, publication) in self.publications.iter().enumerate() {
            let mean = publication.series.aggregation() == Aggregation::Mean;
            for o in publication.series.observations() {
                let end = (o.period.ordinal() - self.first.ordinal()) as usize;
                let span = o.span as usize;
                let value = if mean { o.value * span as f64 } else { o.value };
                measurements.push(Measurement::sum(channel, end, span, value));
            }
        }
        Observations::new(self.n_periods() + horizon, self.scale, measurements)
    }

    /// Whether it is one series with a figure in every period and nothing else.
    pub(crate) fn is_complete(&self) -> bool {
        self.beyond_figures().is_none()
    }

    /// The figures of the target, one a period, for a model that needs just that.
    pub(crate) fn complete(&self, model: &str) -> Result<Vec<f64>, ForecastError> {
        let target = self.target();
        match self.beyond_figures() {
            None => Ok(target.observations().iter().map(|o| o.value).collect()),
            Some(what) => Err(ForecastError::Unsupported {
                model: model.to_owned(),
                id: target.id().to_owned(),
                what,
            }),
        }
    }

    /// The first thing about it that a list of figures, one a period, would not say.
    fn beyond_figures(&self) -> Option<String> {
        if self.publications.len() > 1 {
            return Some("several publications".to_owned());
        }
        if let Some((name, _)) = self.regressors.list().first() {
            return Some(format!("regressors (`{name}`)"));
        }
        self.target().observations().iter().zip(self.first.run(self.n_periods())).find_map(
            |(o, expected)| {
                if o.span > 1 {
                    Some(format!("a figure over {} periods ({})", o.span, o.period))
                } else if o.period != expected {
                    Some(format!("a gap (no figure for {expected})"))
                } else {
                    None
                }
            },
        )
    }

    /// The same figures in units of their mean size, rounded to 40 bits: what a search sees, so that the unit of the data
    /// does not lead it elsewhere.
    pub(crate) fn standardised(&self) -> Result<Self, ForecastError> {
        let first = self.publications[0].series.observations();
        let (_, unit) = standardised(&first.iter().map(|o| o.value).collect::<Vec<_>>());
        let mut publications = Vec::with_capacity(self.publications.len());
        for Publication { series, noisy } in &self.publications {
            let rounded = series
                .observations()
                .iter()
                .map(|o| Observation { value: to_40_bits(o.value / unit), ..*o });
            let series = Series::new(
                series.id(),
                series.unit().clone(),
                series.aggregation(),
                rounded.collect(),
            )?;
            publications.push(Publication { series, noisy: *noisy });
        }
        Self::of(publications, self.target, self.scale, self.regressors.clone())
    }

    /// The unit in which relative effects are stated: one in logs, the mean figure of a period in levels.
    pub(crate) fn size(&self) -> f64 {
        if self.scale == Scale::Log {
            return 1.0;
        }
        let figures = self.per_period();
        figures.iter().map(|v| v.abs()).sum::<f64>() / figures.len() as f64
    }

    /// Whether every figure of the publication that sets the level is the same, to rounding.
    pub(crate) fn is_constant(&self) -> bool {
        let figures = self.per_period();
        let low = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let high = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        high - low <= 1e-12 * high.abs().max(low.abs())
    }

    /// Whether seasonal and simple differences together leave nothing of the publication that sets the level, to
    /// rounding: figures one period apart, in the scale of the model.
    pub(crate) fn is_deterministic(&self) -> bool {
        let season =
            self.target().frequency().per_year().filter(|n| (2..=12).contains(n)).unwrap_or(1);
        if self.publications.len() > 1 || self.n_periods() != self.per_period().len() {
            return false;
        }
        let log = self.scale == Scale::Log;
        let y: Vec<f64> =
            self.per_period().into_iter().map(|v| if log { v.ln() } else { v }).collect();
        let size = y.iter().map(|v| v.abs()).fold(f64::MIN_POSITIVE, f64::max);
        y.len() > season + 1
            && (season + 1..y.len()).all(|t| {
                let left = y[t] - y[t - 1] - y[t - season] + y[t - season - 1];
                left.abs() <= 1e-9 * size
            })
    }

    /// Figures of the publication that sets the level, per period of their spans.
    fn per_period(&self) -> Vec<f64> {
        let series = &self.publications[0].series;
        let mean = series.aggregation() == Aggregation::Mean;
        let each = |o: &Observation| {
            if mean { o.value } else { o.value / f64::from(o.span) }
        };
        series.observations().iter().map(each).collect()
    }

    /// Variance of the change from one figure to the next, a period each, in the scale of the model: where the search
    /// for variances starts.
    pub(crate) fn change_variance(&self) -> f64 {
        let log = self.scale == Scale::Log;
        let figures: Vec<f64> =
            self.per_period().into_iter().map(|v| if log { v.ln() } else { v }).collect();
        let n = figures.len().saturating_sub(1).max(1) as f64;
        let changes = || figures.windows(2).map(|w| w[1] - w[0]);
        let mean = changes().sum::<f64>() / n;
        let variance = changes().map(|c| (c - mean).powi(2)).sum::<f64>() / n;
        if variance > 0.0 { variance } else { 1e-6 }
    }
}
