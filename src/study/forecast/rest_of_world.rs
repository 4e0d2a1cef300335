//! Electric cars sold outside China: yearly figures, forecast by year and spread evenly over months.
//!
//! IEA to 2024; 2025 is the IEA's 2024 figure times the growth of Rho Motion's regions outside China, since the two count
//! differently (derived). Months within a year are not known: an even spread is what a trailing year needs and no more.

use monazite_forecast::{Fitted, Forecaster, Regressors, Sample, Scale, Slope, Structural};
use monazite_series::{Aggregation, Observation, Period, Series, Status};

use super::model_diagnostic;
use crate::data::{Catalogue, EvSalesPoint};
use crate::diagnostic::Diagnostic;
use crate::study::explain::series_fault;

/// First year of the sample: before it sales outside China were too few to say anything of growth now.
const FIRST_YEAR: i32 = 2016;

/// Yearly sales outside China, million vehicles.
///
/// # Errors
/// `D041`.
fn yearly(catalogue: &Catalogue) -> Result<Series, Diagnostic> {
    let world = catalogue.series("ev-sales-world")?;
    let china = catalogue.series("ev-sales-china-annual")?;
    let mut observations: Vec<Observation> = world
        .observations()
        .iter()
        .filter(|o| o.period.year() >= FIRST_YEAR)
        .filter_map(|o| china.get(o.period).map(|c| Observation { value: o.value - c, ..*o }))
        .map(|o| o.with_status(Status::Derived))
        .collect();
    if let Some(last) = observations.last().copied()
        && let Some(growth) = growth_outside_china(catalogue, last.period.plus(1))?
    {
        let next = Observation::new(last.period.plus(1), last.value * growth);
        observations.push(next.with_status(Status::Derived));
    }
    Series::new("ev-sales-outside-china", world.unit().clone(), Aggregation::Sum, observations)
        .map_err(|e| series_fault(&e))
}

/// First month without a figure of sales outside China: where paths of electric vehicles start.
///
/// # Errors
/// `D041`.
pub fn first_month_outside_china(catalogue: &Catalogue) -> Result<Period, Diagnostic> {
    let last = yearly(catalogue)?.last_period();
    Period::month(last.year() + 1, 1).map_err(|e| series_fault(&e))
}

/// Growth factor of Rho Motion's regions outside China over the whole year `year`.
fn growth_outside_china(catalogue: &Catalogue, year: Period) -> Result<Option<f64>, Diagnostic> {
    let (mut now, mut before) = (0.0, 0.0);
    for point in catalogue.table::<EvSalesPoint>()? {
        let whole_year = point.span == 12 && point.ds.year() == year.year();
        let outside = point.region != "China" && point.region != "World";
        if let (true, true, Some(change)) = (whole_year, outside, point.change) {
            now += point.value;
            before += point.value / (1.0 + change / 100.0);
        }
    }
    Ok((before > 0.0).then(|| now / before))
}

/// Sales a month outside China: history to the last year with a figure, then `n_paths` paths to `until`, vehicles.
///
/// Both start in a January and run on monthly.
///
/// # Errors
/// `D041`, or `M0xx` if the yearly model cannot be estimated.
pub fn vehicles_outside_china(
    catalogue: &Catalogue,
    until: Period,
    n_paths: usize,
    seed: u64,
) -> Result<(Series, Vec<Vec<f64>>), Diagnostic> {
    let yearly = yearly(catalogue)?;
    let unit = "vehicles".parse().map_err(|e| series_fault(&e))?;
    let vehicles = yearly.to_unit(&unit).map_err(|e| series_fault(&e))?;
    let monthly: Vec<f64> = vehicles
        .observations()
        .iter()
        .flat_map(|o| std::iter::repeat_n(o.value / 12.0, 12))
        .collect();
    let january = Period::month(vehicles.first_period().year(), 1).map_err(|e| series_fault(&e))?;
    let history =
        Series::from_values("ev-sales-outside-china", unit, Aggregation::Sum, january, &monthly)
            .map_err(|e| series_fault(&e))?;
    let horizon = (until.year() - vehicles.last_period().year()).max(1) as usize;
    let model = Structural { slope: Slope::Fixed, ..Structural::random_walk() };
    let sample = Sample::new(vehicles, Scale::Log, Regressors::none());
    let forecast = sample
        .and_then(|sample| model.fit(&sample)?.forecast(horizon, n_paths, seed))
        .map_err(|e| model_diagnostic(&e))?;
    let paths = forecast
        .paths()
        .rows()
        .into_iter()
        .map(|row| row.iter().flat_map(|v| std::iter::repeat_n(v / 12.0, 12)).collect())
        .collect();
    Ok((history, paths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_year_is_grown_by_regions_outside_china() {
        let year: Period = "2025".parse().unwrap();
        // By hand from the three regions: 4.3 (+33 %), 1.8 (−4 %), 1.7 (+48 %).
        let before = 4.3 / 1.33 + 1.8 / 0.96 + 1.7 / 1.48;
        let growth = growth_outside_china(&Catalogue::bundled().unwrap(), year).unwrap().unwrap();
        assert!((growth - 7.8 / before).abs() < 1e-12, "{growth}");
        let series = yearly(&Catalogue::bundled().unwrap()).unwrap();
        assert_eq!(series.last_period(), year);
    }

    #[test]
    fn history_and_paths_are_monthly_and_positive() {
        let until = "2027-12".parse().unwrap();
        let (history, paths) =
            vehicles_outside_china(&Catalogue::bundled().unwrap(), until, 50, 1).unwrap();
        let first = first_month_outside_china(&Catalogue::bundled().unwrap()).unwrap();
        assert_eq!(history.last_period().plus(1), first);
        assert_eq!(first.to_string(), "2026-01");
        assert!(paths.len() == 50 && paths.iter().all(|p| p.len() == 24));
        assert!(paths.iter().flatten().all(|v| *v > 0.0));
    }
}
