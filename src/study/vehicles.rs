//! Electric vehicles as the simulator needs them: observed months, then paths drawn from the forecasts.

use monazite_forecast::Fitted;
use monazite_series::{Period, Series};

use super::activity::EvPaths;
use super::explain::series_fault;
use super::forecast::{SeriesForecast, model_diagnostic, vehicles_outside_china};
use super::spec::StudySpec;
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;

/// Base year of activity.
const BASE_YEAR: i32 = 2024;

/// Paths of vehicle sales, China by the structural model of `china`, the rest of the world by year.
///
/// Both start in the January after the last whole year known outside China. Months of China already published are the
/// same on every path.
///
/// # Errors
/// `D041` if a bundled series does not reach that far, `M0xx` if a model fails.
pub fn ev_paths(
    catalogue: &Catalogue,
    china: &SeriesForecast,
    spec: &StudySpec,
) -> Result<EvPaths, Diagnostic> {
    let n_paths = spec.simulate.paths;
    let (history_rest, rest) =
        vehicles_outside_china(catalogue, spec.simulate.until, n_paths, spec.seed)?;
    let first = history_rest.last_period().plus(1);
    let known = china.plan.sample.target();
    let explained = china.explained_by().and_then(|m| m.fit.as_ref());
    let fit = explained.ok_or_else(|| {
        Diagnostic::error("M003", "vehicle sales of China have no forecast")
            .help("see the reasons in the report")
    })?;
    let ahead = spec.simulate.until.since(known.last_period()).map_err(|e| series_fault(&e))?;
    let mut published = months(known, first, known.last_period())?;
    let months_wanted = (spec.simulate.until.ordinal() - first.ordinal() + 1) as usize;
    published.truncate(months_wanted);
    let paths = if ahead > 0 {
        let forecast =
            fit.forecast(ahead as usize, n_paths, spec.seed).map_err(|e| model_diagnostic(&e))?;
        let rows = forecast.paths().rows();
        rows.into_iter().map(|row| published.iter().chain(row).copied().collect()).collect()
    } else {
        vec![published; n_paths]
    };
    Ok(EvPaths {
        first,
        china: paths,
        rest,
        history_china: months(known, known.first_period(), first.plus(-1))?,
        history_rest: history_rest.observations().iter().map(|o| o.value).collect(),
        base_china: base(known)?,
        base_rest: base(&history_rest)?,
    })
}

/// The figures of every month in `from..=to`.
fn months(series: &Series, from: Period, to: Period) -> Result<Vec<f64>, Diagnostic> {
    let n = usize::try_from(to.ordinal() - from.ordinal() + 1).unwrap_or(0);
    from.run(n)
        .map(|month| {
            series.get(month).ok_or_else(|| {
                Diagnostic::error("D041", format!("`{}` has no figure of {month}", series.id()))
                    .help("the simulator needs every month of it")
            })
        })
        .collect()
}

/// Monthly mean of the base year.
fn base(series: &Series) -> Result<f64, Diagnostic> {
    let total = series.annual().into_iter().find(|(year, _)| *year == BASE_YEAR);
    total.map(|(_, total)| total / 12.0).ok_or_else(|| {
        Diagnostic::error("D041", format!("`{}` lacks a month of {BASE_YEAR}", series.id()))
    })
}
