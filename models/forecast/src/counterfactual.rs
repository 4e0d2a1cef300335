//! The path without an intervention: what a measure, an outlier or a break was worth, with an interval.
//!
//! Coefficients and months are drawn jointly given all figures (`statespace::simulate`: the coefficients under a flat
//! prior, the months of a published sum with it), and the effect `x_t'β` of the named regressors is taken off each draw:
//!
//! ```text
//! levels  without_t = y_t − x_t'β        logs  without_t = y_t exp(−x_t'β)
//! ```
//!
//! A month with a figure of its own is that figure. The parameters of the dynamics are held at their estimates, so that
//! intervals are a little narrow in short series. What the regressor measures is what it says: the difference between
//! the series and the same model without it, everything else as it was (Box and Tiao 1975; Harvey 1989, §7.6).

use std::fmt;

use monazite_series::{Aggregation, Period, Unit};
use monazite_statespace::{Scale, simulate};
use monazite_stochastic::{Key, Purpose, quantiles};
use ndarray::Array2;
use serde::Serialize;

use crate::fit::fault;
use crate::forecast::{check_counts, resampled};
use crate::{ForecastError, GaussianFit};

/// A median with a 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Band {
    /// Median.
    pub median: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// 95 % quantile.
    pub q95: f64,
}

impl Band {
    fn of(draws: &[f64]) -> Result<Self, ForecastError> {
        let q = quantiles(draws, &[0.05, 0.5, 0.95])?;
        Ok(Self { q05: q[0], median: q[1], q95: q[2] })
    }
}

/// One period with and without the intervention.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CounterfactualPeriod {
    /// The period.
    pub period: Period,
    /// Whether it has a figure of its own.
    pub published: bool,
    /// That figure, else the median of the period given all figures.
    pub actual: f64,
    /// Without the intervention.
    pub without: Band,
    /// Actual less without.
    pub effect: Band,
    /// Effects so far: their sum, of means their average.
    pub cumulative: Band,
}

/// What would have been, from the first period in which an intervention works.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterfactual {
    names: Vec<String>,
    id: String,
    unit: Unit,
    average: bool,
    periods: Vec<CounterfactualPeriod>,
    total_actual: f64,
    total: Band,
    share: Band,
}

impl Counterfactual {
    /// The interventions taken off.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The series.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Unit of the figures.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// One a period, to the end of the data.
    pub fn periods(&self) -> &[CounterfactualPeriod] {
        &self.periods
    }

    /// Effect over all periods: the sum, of means the average.
    pub fn total(&self) -> Band {
        self.total
    }

    /// The same as a share of what would have been.
    pub fn share(&self) -> Band {
        self.share
    }
}

impl fmt::Display for Counterfactual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} [{}] without {}", self.id, self.unit, self.names.join(", "))?;
        writeln!(
            f,
            "{:<10} {:>12} {:>12} {:>25} {:>12} {:>25}",
            "", "actual", "without", "5 % to 95 %", "effect", "5 % to 95 %"
        )?;
        let line = |f: &mut fmt::Formatter<'_>, period: &str, actual: f64, bands: [Band; 2]| {
            write!(f, "{period:<10} {actual:>12.5}")?;
            for band in bands {
                write!(f, " {:>12.5} {:>12.5} {:>12.5}", band.median, band.q05, band.q95)?;
            }
            writeln!(f)
        };
        for p in &self.periods {
            line(f, &p.period.to_string(), p.actual, [p.without, p.effect])?;
        }
        let all = if self.average { "average" } else { "sum" };
        let without = Band {
            median: self.total_actual - self.total.median,
            q05: self.total_actual - self.total.q95,
            q95: self.total_actual - self.total.q05,
        };
        line(f, all, self.total_actual, [without, self.total])
    }
}

/// Draws of the months and of the effect on the scale of the model, `n_paths × n_periods`, from period `start` on.
struct Draws {
    start: usize,
    months: Array2<f64>,
    effects: Array2<f64>,
}

impl GaussianFit {
    /// The path without the regressors of these names, with draws of months and coefficients.
    ///
    /// # Errors
    /// No path; no name, or one that is not a constant coefficient of the model.
    pub fn counterfactual(
        &self,
        names: &[&str],
        n_paths: usize,
        seed: u64,
    ) -> Result<Counterfactual, ForecastError> {
        check_counts(1, n_paths)?;
        check_counts(names.len(), 1)?;
        let columns =
            names.iter().map(|name| self.column(name)).collect::<Result<Vec<usize>, _>>()?;
        let draws = self.counterfactual_draws(&columns, n_paths, seed)?;
        let log = self.sample().scale() == Scale::Log;
        let target = self.sample().target();
        let average = target.aggregation() == Aggregation::Mean;
        let mut periods = Vec::new();
        let mut without_sum = vec![0.0; n_paths];
        let mut actual_sum = vec![0.0; n_paths];
        for (h, period) in
            self.first_period().plus(draws.start as i64).run(draws.months.ncols()).enumerate()
        {
            let months = draws.months.column(h).to_vec();
            let effect = draws.effects.column(h);
            let without: Vec<f64> = (months.iter().zip(effect))
                .map(|(y, e)| if log { y * (-e).exp() } else { y - e })
                .collect();
            let difference: Vec<f64> = months.iter().zip(&without).map(|(y, w)| y - w).collect();
            actual_sum.iter_mut().zip(&months).for_each(|(s, y)| *s += y);
            without_sum.iter_mut().zip(&without).for_each(|(s, w)| *s += w);
            let n = if average { (h + 1) as f64 } else { 1.0 };
            let so_far: Vec<f64> =
                actual_sum.iter().zip(&without_sum).map(|(a, w)| (a - w) / n).collect();
            periods.push(CounterfactualPeriod {
                period,
                published: target.get(period).is_some(),
                actual: Band::of(&months)?.median,
                without: Band::of(&without)?,
                effect: Band::of(&difference)?,
                cumulative: Band::of(&so_far)?,
            });
        }
        let share: Vec<f64> =
            actual_sum.iter().zip(&without_sum).map(|(a, w)| (a - w) / w).collect();
        let n = if average { periods.len() as f64 } else { 1.0 };
        let total = periods.last().map(|p| p.cumulative);
        Ok(Counterfactual {
            names: names.iter().map(|&n| n.to_owned()).collect(),
            id: target.id().to_owned(),
            unit: target.unit().clone(),
            average,
            total_actual: Band::of(&actual_sum)?.median / n,
            // A regressor of the design is not zero throughout, so there is a period.
            total: total.unwrap_or(Band { median: 0.0, q05: 0.0, q95: 0.0 }),
            share: Band::of(&share)?,
            periods,
        })
    }

    /// The place of a coefficient.
    fn column(&self, name: &str) -> Result<usize, ForecastError> {
        let coefficients = &self.report().coefficients;
        coefficients.iter().position(|c| c.name == name).ok_or_else(|| {
            let known: Vec<&str> = coefficients.iter().map(|c| c.name.as_str()).collect();
            ForecastError::Specification(format!(
                "`{name}` is not a regressor of {}, which has: {}",
                self.report().model,
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            ))
        })
    }

    fn counterfactual_draws(
        &self,
        columns: &[usize],
        n_paths: usize,
        seed: u64,
    ) -> Result<Draws, ForecastError> {
        let (estimate, sample) = (self.estimate(), self.sample());
        let named = |e| fault(estimate.label(), sample, e);
        let (channels, target) = (estimate.channels(0)?, sample.target_idx());
        let observations = sample.observations(0).map_err(named)?;
        let key = format!("counterfactual {} {}", sample.target().id(), estimate.label());
        let mut stream = Key::new(seed).stream(0, Purpose::named(&key));
        let model = &estimate.dynamics().model;
        let drawn = simulate(model, &channels, &observations, n_paths, &mut || stream.normal())
            .map_err(named)?;
        let x = channels[target].regressors();
        let n = x.nrows();
        let works = |t: usize| columns.iter().any(|&j| x[[t, j]] != 0.0);
        let start = (0..n).find(|&t| works(t)).unwrap_or(n);
        let mut months = Array2::zeros((n_paths, n - start));
        let mut effects = Array2::zeros((n_paths, n - start));
        let log = sample.scale() == Scale::Log;
        let figures: Vec<Option<f64>> =
            sample.first_period().run(n).map(|p| sample.target().get(p)).collect();
        // Systematic resampling makes draws of equal weight.
        for (path_idx, draw_idx) in resampled(drawn.weights()).into_iter().enumerate() {
            for t in start..n {
                let signal = drawn.signals()[[draw_idx, t, target]];
                let drawn_month = if log { signal.exp() } else { signal };
                months[[path_idx, t - start]] = figures[t].unwrap_or(drawn_month);
                effects[[path_idx, t - start]] =
                    columns.iter().map(|&j| x[[t, j]] * drawn.coefficients()[[draw_idx, j]]).sum();
            }
        }
        Ok(Draws { start, months, effects })
    }
}
