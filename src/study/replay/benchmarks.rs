//! What the replays are scored against besides the market without a control: forecasts of time-series models.
//!
//! *No change* is the same month of the year before (magnets, value) or the last quote before the cut (Dy, Tb), with the
//! distribution that past changes of that kind have: log changes over twelve months for flows (of the monthly codes for
//! value, since customs' sums have next to none; one change for all months of a year to date); for quotes a walk whose
//! variance a day is the mean over neighbouring dated quotes of squared log change over days. `auto` is the project's
//! combination on the same data; scattered quotes are no series for it.

use monazite_forecast::{Forecast, Marginal, Model, Transform};
use monazite_series::{Period, Series};

use super::market::{N_MONTHS, known_until};
use super::targets::{Quantity, Target, dated_quotes};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::forecast::{Plan, model_diagnostic, plans};

/// A predictive distribution.
#[derive(Debug, Clone)]
pub enum Predictive {
    /// Equally likely draws.
    Draws(Vec<f64>),
    /// In closed form.
    Closed(Marginal),
}

/// Forecasts made at one date.
#[derive(Debug)]
pub struct Benchmarks {
    known: Period,
    magnets: [Forecast; 2],
    value: Forecast,
    /// Root mean square of the log change of value over twelve months.
    value_change: f64,
    /// Last quote, its day, variance of log changes a day.
    quotes: [(f64, i64, f64); 2],
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benchmark {
    /// No change.
    NoChange,
    /// The combination.
    Auto,
}

impl Benchmarks {
    /// Forecasts from what was known at the end of `known`, `n_paths` draws each.
    ///
    /// # Errors
    /// `D041`, or `M0xx` if a model cannot be estimated.
    pub fn at(
        catalogue: &Catalogue,
        known: Period,
        (n_paths, seed): (usize, u64),
    ) -> Result<Self, Diagnostic> {
        let cut = catalogue.as_of(known);
        let plans = plans(&cut)?;
        let plan = |id: &str| {
            let lacking = || Diagnostic::error("M003", format!("`{id}` has no forecast"));
            plans.iter().find(|plan| plan.id == id).ok_or_else(lacking)
        };
        let magnets = plan("magnet-exports-world")?;
        let auto = |plan: &Plan| forecast(plan, &plan.models[0], (n_paths, seed));
        let walk = |quantity: Quantity| walk(&cut, quantity.product().unwrap_or_default());
        Ok(Self {
            known,
            magnets: [forecast(magnets, &naive(magnets), (n_paths, seed))?, auto(magnets)?],
            value: auto(plan("re-exports-value-gacc")?)?,
            value_change: yearly_change(&cut.series("re-exports-value")?)?,
            quotes: [walk(Quantity::Dysprosium)?, walk(Quantity::Terbium)?],
        })
    }

    /// The distribution of a figure; none where there is no series to forecast.
    ///
    /// # Errors
    /// `D041` if the known part of a sum is missing.
    pub fn of(
        &self,
        which: Benchmark,
        target: &Target,
        catalogue: &Catalogue,
    ) -> Result<Option<Predictive>, Diagnostic> {
        let at = |quantity: Quantity| usize::from(quantity == Quantity::Terbium);
        Ok(match (target.quantity, which) {
            (Quantity::Magnets, which) => {
                Some(sum(&self.magnets[which as usize], target, catalogue)?)
            }
            (Quantity::Value, Benchmark::Auto) => Some(sum(&self.value, target, catalogue)?),
            (Quantity::Value, Benchmark::NoChange) => {
                let series = catalogue.as_of(self.known).series(self.value.id())?;
                let (known, before) = year_before(&series, target)?;
                let next = Marginal::normal(before.ln(), self.value_change, Transform::Log);
                Some(Predictive::Closed(next.plus(known)))
            }
            (quantity, Benchmark::NoChange) => {
                let (price, day, variance) = self.quotes[at(quantity)];
                let days = (target.day - day).max(0) as f64;
                let log = (variance * days).sqrt();
                Some(Predictive::Closed(Marginal::normal(price.ln(), log, Transform::Log)))
            }
            (_, Benchmark::Auto) => None,
        })
    }
}

fn naive(plan: &Plan) -> Model {
    // Plans of flows end with it.
    let is_naive = |m: &&Model| matches!(m, Model::SeasonalNaive(_));
    plan.models.iter().find(is_naive).unwrap_or(&plan.models[0]).clone()
}

fn forecast(
    plan: &Plan,
    model: &Model,
    (n_paths, seed): (usize, u64),
) -> Result<Forecast, Diagnostic> {
    let until = known_until()?.plus(N_MONTHS as i64);
    let horizon = (until.ordinal() - plan.sample.last_period().ordinal()).max(1) as usize;
    let fit = model.fit(&plan.sample).map_err(|e| model_diagnostic(&e))?;
    fit.forecast(horizon, n_paths, seed).map_err(|e| model_diagnostic(&e))
}

/// Sums of paths over the months of a figure, with what had been published of it by then.
fn sum(
    forecast: &Forecast,
    target: &Target,
    catalogue: &Catalogue,
) -> Result<Predictive, Diagnostic> {
    let start = known_until()?.plus(1);
    let first = forecast.first_period();
    let (from, until) = (start.plus(target.first as i64), start.plus(target.last() as i64));
    if target.span == 1 {
        let h = (from.ordinal() - first.ordinal()).max(0) as usize;
        return Ok(Predictive::Draws(forecast.sums(h, 1)));
    }
    // A year to date: what is published up to the forecast's first month is known, the rest is forecast.
    let series = catalogue.as_of(first.plus(-1)).series(forecast.id())?;
    let january =
        Period::month(until.year(), 1).map_err(|e| crate::study::explain::series_fault(&e))?;
    let known = series.total(january, first.plus(-1)).ok_or_else(|| {
        Diagnostic::error("D041", format!("`{}` has no total to {first}", forecast.id()))
            .in_file("data/export-value.csv")
    })?;
    let span = (until.ordinal() - first.ordinal() + 1).max(0) as usize;
    let sums = forecast.sums(0, span).into_iter().map(|sum| known + sum);
    Ok(Predictive::Draws(sums.collect()))
}

/// What is published of a figure, and what the months of it that are not came to a year before: a share of a sum where a
/// month has no figure of its own.
fn year_before(series: &Series, target: &Target) -> Result<(f64, f64), Diagnostic> {
    let lacking = |month: Period| {
        Diagnostic::error("D041", format!("`{}` has no figure of {month}", series.id()))
            .in_file("data/export-value.csv")
    };
    let start = known_until()?.plus(1);
    let until = start.plus(target.last() as i64);
    let january =
        Period::month(until.year(), 1).map_err(|e| crate::study::explain::series_fault(&e))?;
    let (first, known) = if target.span == 1 {
        (start.plus(target.first as i64), 0.0)
    } else {
        let last = series.last_period();
        (last.plus(1), series.total(january, last).ok_or_else(|| lacking(last))?)
    };
    let share = |month: Period| {
        let of = series.observations().iter().find(|o| o.first() <= month && month <= o.period);
        of.map(|o| o.value / f64::from(o.span)).ok_or_else(|| lacking(month))
    };
    let n = (until.ordinal() - first.ordinal() + 1).max(1) as usize;
    let before: f64 = first.run(n).map(|month| share(month.plus(-12))).sum::<Result<_, _>>()?;
    Ok((known, before))
}

/// Root mean square of log changes over twelve months.
fn yearly_change(series: &Series) -> Result<f64, Diagnostic> {
    let changes: Vec<f64> = series
        .observations()
        .iter()
        .filter_map(|o| Some((o.value / series.get(o.period.plus(-12))?).ln()))
        .collect();
    if changes.is_empty() {
        return Err(Diagnostic::error("D041", format!("`{}` is shorter than a year", series.id()))
            .in_file("data/export-value.csv"));
    }
    Ok((changes.iter().map(|c| c * c).sum::<f64>() / changes.len() as f64).sqrt())
}

/// Last dated quote and the variance of a walk through all of them.
fn walk(known: &Catalogue, product: &str) -> Result<(f64, i64, f64), Diagnostic> {
    let quotes = dated_quotes(known, product)?;
    let (mut sum, mut n) = (0.0, 0.0);
    for pair in quotes.windows(2) {
        let days = (pair[1].date.ordinal() - pair[0].date.ordinal()) as f64;
        if days > 0.0 {
            sum += (pair[1].price / pair[0].price).ln().powi(2) / days;
            n += 1.0;
        }
    }
    match quotes.last() {
        Some(last) if n > 0.0 => Ok((last.price, last.date.ordinal(), sum / n)),
        _ => Err(Diagnostic::error("D041", format!("fewer than two dated quotes of {product}"))
            .in_file("data/price-quotes.csv")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::replay::targets::targets;

    #[test]
    fn no_change_is_last_year_or_the_last_quote() {
        let catalogue = Catalogue::bundled().unwrap();
        let known = known_until().unwrap();
        let benchmarks = Benchmarks::at(&catalogue, known, (400, 3)).unwrap();
        let all = targets(&catalogue).unwrap();
        let of = |quantity, which| {
            let target = all.iter().find(|t| t.quantity == quantity).unwrap();
            benchmarks.of(which, target, &catalogue).unwrap()
        };
        let Some(Predictive::Closed(walk)) = of(Quantity::Dysprosium, Benchmark::NoChange) else {
            panic!("a walk in closed form")
        };
        // 1,645 CNY/kg on 26 March 2025.
        assert!((walk.quantile(0.5) - 1645.0).abs() < 1e-6);
        assert!(of(Quantity::Terbium, Benchmark::Auto).is_none());
        let may = all.iter().find(|t| t.when == "2025-05").unwrap();
        let Some(Predictive::Draws(draws)) =
            benchmarks.of(Benchmark::NoChange, may, &catalogue).unwrap()
        else {
            panic!("draws")
        };
        // 4,762 t in May 2024.
        let median = monazite_stochastic::quantiles(&draws, &[0.5]).unwrap()[0];
        assert!((median / 4762.0 - 1.0).abs() < 0.05, "{median}");
        assert!(of(Quantity::Value, Benchmark::Auto).is_some());
        // September 2024 is a ninth of 371.3; the year to date begins with 81.6 and seven ninths of it.
        let Some(Predictive::Closed(month)) = of(Quantity::Value, Benchmark::NoChange) else {
            panic!("in closed form")
        };
        assert!((month.quantile(0.5) - 371.3 / 9.0).abs() < 1e-6);
        let to_date = all.iter().find(|t| t.span > 1).unwrap();
        let Some(Predictive::Closed(sum)) =
            benchmarks.of(Benchmark::NoChange, to_date, &catalogue).unwrap()
        else {
            panic!("in closed form")
        };
        assert!((sum.quantile(0.5) - (81.6 + 371.3 * 7.0 / 9.0)).abs() < 1e-6);
    }
}
