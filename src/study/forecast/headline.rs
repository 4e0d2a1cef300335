//! One sentence's worth of a forecast: the year ahead, or less where the study ends earlier, against the year past.

use monazite_series::{Aggregation, Period};
use serde::Serialize;

use super::{SeriesForecast, model_diagnostic};
use crate::diagnostic::Diagnostic;

/// Periods summed or looked ahead.
const YEAR: usize = 12;

/// The year ahead of a series by its main model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YearAhead {
    /// First month ahead.
    pub from: Period,
    /// Last month of the year ahead, or of the forecast if it ends earlier.
    pub to: Period,
    /// Whether figures are totals over these months (flows) or of the last of them (prices).
    pub total: bool,
    /// Median.
    pub median: f64,
    /// 10 % quantile.
    pub q10: f64,
    /// 90 % quantile.
    pub q90: f64,
    /// The same of the year before, where it was published: the total of the same months, or the last price.
    pub before: Option<f64>,
    /// Probability, by the model, of being above `before`.
    pub above: Option<f64>,
}

impl YearAhead {
    /// Months ahead: twelve, or fewer where the forecast ends earlier.
    pub fn n_months(&self) -> usize {
        usize::try_from(self.to.ordinal() - self.from.ordinal() + 1).unwrap_or(0)
    }
}

/// The year ahead, by the main model of the series.
///
/// # Errors
/// `M003` if the series has no forecast.
pub fn year_ahead(series: &SeriesForecast) -> Result<YearAhead, Diagnostic> {
    let forecast = &series
        .main()
        .ok_or_else(|| {
            Diagnostic::error("M003", format!("`{}` has no forecast", series.plan.id))
                .help("no model of it could be estimated: forecast it alone with `monazite forecast` to see why")
        })?
        .forecast;
    let n = YEAR.min(forecast.horizon());
    let (from, to) = (forecast.first_period(), forecast.first_period().plus(n as i64 - 1));
    let target = series.plan.sample.target();
    let total = target.aggregation() == Aggregation::Sum;
    let draws = if total { forecast.sums(0, n) } else { forecast.sums(n - 1, 1) };
    let before = if total {
        target.total(from.plus(-(YEAR as i64)), to.plus(-(YEAR as i64)))
    } else {
        target.observations().last().map(|o| o.value)
    };
    let at = |p| {
        monazite_stochastic::quantiles(&draws, &[p])
            .map(|q| q[0])
            .map_err(|e| model_diagnostic(&e.into()))
    };
    let above =
        before.map(|b| draws.iter().filter(|d| **d > b).count() as f64 / draws.len() as f64);
    Ok(YearAhead { from, to, total, median: at(0.5)?, q10: at(0.1)?, q90: at(0.9)?, before, above })
}
