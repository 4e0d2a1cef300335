//! Activity of end uses on every path: what the physical market is driven by.
//!
//! * Electric vehicles: trailing twelve-month mean of sales over the monthly mean of the base year; China's forecast for
//!   China, that of the rest of the world for every other region.
//! * Wind: world installations of 2024 and 2025, then the growth of the IEA's wind demand from 2024 to 2030, as a path of
//!   annual levels at mid-year, log-linear between, with a random walk of log s.d. .15 a year on each path. Three annual
//!   figures cannot give that number: it is assumed.
//! * Each is a joint draw over its months; between China's vehicles, those elsewhere and wind the draws are independent
//!   (streams of their own), because nothing identifies a correlation.
//! * Other magnets, defence and non-magnet uses: the IEA's other uses, log-linear from 2024 to 2030, the same on every
//!   path.

use monazite_physical::{ActivityPaths, EndUse, PhysicalError, Region};
use monazite_series::Period;
use monazite_stochastic::{Key, Purpose};

use crate::data::{Catalogue, IeaDemand, WindRow};
use crate::diagnostic::Diagnostic;

const WIND: Purpose = Purpose::named("study: wind activity");
/// Base year of activity.
const BASE_YEAR: i32 = 2024;
/// Log s.d. of wind installations a year: assumed.
pub const WIND_LOG_SD: f64 = 0.15;
/// IEA edition and scenario that demand follows.
const EDITION: &str = "2025-05";
const SCENARIO: &str = "STEPS";
const TARGET_YEAR: i32 = 2030;
/// Months of the trailing mean.
const WINDOW: usize = 12;

/// Sales of electric vehicles, vehicles a month.
#[derive(Debug, Clone, PartialEq)]
pub struct EvPaths {
    /// First month of the paths.
    pub first: Period,
    /// China, path × month.
    pub china: Vec<Vec<f64>>,
    /// Rest of the world, path × month.
    pub rest: Vec<Vec<f64>>,
    /// China in the months before `first`, at least eleven, newest last.
    pub history_china: Vec<f64>,
    /// Rest of the world, likewise.
    pub history_rest: Vec<f64>,
    /// Monthly mean of 2024, China.
    pub base_china: f64,
    /// Monthly mean of 2024, rest of the world.
    pub base_rest: f64,
}

impl EvPaths {
    /// The same growth on every path: level `level` times the base year's mean in the month before `first`, growing by
    /// the factor 1 + `monthly_growth`. For tests and for studies without a forecast.
    pub fn steady(
        first: Period,
        n_paths: usize,
        n_months: usize,
        level: f64,
        monthly_growth: f64,
    ) -> Self {
        let at = |t: f64| level * (1.0 + monthly_growth).powf(t);
        let months: Vec<f64> = (1..=n_months).map(|t| at(t as f64)).collect();
        let history: Vec<f64> = (0..WINDOW).rev().map(|t| at(-(t as f64))).collect();
        Self {
            first,
            china: vec![months.clone(); n_paths],
            rest: vec![months; n_paths],
            history_china: history.clone(),
            history_rest: history,
            base_china: 1.0,
            base_rest: 1.0,
        }
    }
}

/// Activity on all paths from `start` on; `seed` draws the wind paths.
///
/// # Errors
/// `S004` if the paths do not cover the months asked for, `D041` if a bundled table lacks a figure.
pub fn activity_paths(
    catalogue: &Catalogue,
    ev: &EvPaths,
    start: Period,
    n_months: usize,
    seed: u64,
) -> Result<ActivityPaths, Diagnostic> {
    let n_paths = ev.china.len();
    if n_paths == 0 || ev.rest.len() != n_paths {
        return Err(fault(format!(
            "{n_paths} paths of electric vehicles for China and {} for the rest of the world",
            ev.rest.len()
        )));
    }
    let skipped = usize::try_from(start.ordinal() - ev.first.ordinal()).map_err(|_| {
        fault(format!(
            "the simulation starts in {start}, before the paths of electric vehicles ({})",
            ev.first
        ))
    })?;
    if !(ev.base_china > 0.0 && ev.base_rest > 0.0) {
        return Err(fault(
            "sales of electric vehicles in the base year are not positive".to_owned(),
        ));
    }
    let mut paths = ActivityPaths::constant(n_paths, n_months).map_err(|e| refused(&e))?;
    let wind = wind_levels(catalogue)?;
    let other = other_level(catalogue, start, n_months)?;
    for path in 0..n_paths {
        let china =
            trailing(&ev.history_china, &ev.china[path], (skipped, n_months), ev.base_china)?;
        let rest = trailing(&ev.history_rest, &ev.rest[path], (skipped, n_months), ev.base_rest)?;
        for region in Region::ALL {
            let months = if region == Region::China { &china } else { &rest };
            paths.set(path, region, EndUse::Ev, months).map_err(|e| refused(&e))?;
        }
        let months = wind_path(&wind, start, n_months, Key::new(seed), path as u64);
        paths.set_world(path, EndUse::Wind, &months).map_err(|e| refused(&e))?;
        for end_use in [EndUse::OtherMagnets, EndUse::Defence, EndUse::NonMagnet] {
            paths.set_world(path, end_use, &other).map_err(|e| refused(&e))?;
        }
    }
    Ok(paths)
}

fn fault(message: String) -> Diagnostic {
    Diagnostic::error("S004", message)
        .help("let simulate.from and simulate.until lie within the forecast")
}

fn refused(e: &PhysicalError) -> Diagnostic {
    Diagnostic::error("M010", format!("activity was refused: {e}"))
        .help("look at the forecast of electric vehicles that it is made from")
}

/// Trailing twelve-month means from the month `skipped` on, relative to the base.
fn trailing(
    history: &[f64],
    path: &[f64],
    (skipped, n_months): (usize, usize),
    base: f64,
) -> Result<Vec<f64>, Diagnostic> {
    if history.len() + 1 < WINDOW || path.len() < skipped + n_months {
        return Err(fault(format!(
            "electric vehicles: {} months of history and {} of forecast, {} and {} are needed",
            history.len(),
            path.len(),
            WINDOW - 1,
            skipped + n_months
        )));
    }
    let all: Vec<f64> = history[history.len() + 1 - WINDOW..]
        .iter()
        .chain(&path[..skipped + n_months])
        .copied()
        .collect();
    let means = all.windows(WINDOW).map(|part| part.iter().sum::<f64>() / (WINDOW as f64 * base));
    Ok(means.skip(skipped).collect())
}

/// Years from the middle of the base year to the middle of a month.
fn years(month: Period) -> f64 {
    f64::from(month.year() - BASE_YEAR) + (month.season() as f64 + 0.5) / 12.0 - 0.5
}

/// GW installed in a region in a whole year.
pub(crate) fn wind_installed(
    catalogue: &Catalogue,
    region: &str,
    year: i32,
) -> Result<f64, Diagnostic> {
    let whole = |r: &&WindRow| r.region == region && r.ds.year() == year && r.span == 12;
    catalogue.table::<WindRow>()?.iter().find(whole).map(|r| r.value).ok_or_else(|| {
        Diagnostic::error("D041", format!("no wind installations of {region} in {year}"))
            .in_file("data/wind-installations.csv")
    })
}

/// ln of annual levels relative to the base year, at years since its middle: the year after it where it is known.
fn wind_levels(catalogue: &Catalogue) -> Result<Vec<(f64, f64)>, Diagnostic> {
    let base = wind_installed(catalogue, "World", BASE_YEAR)?;
    let iea = (iea(catalogue, "Wind", TARGET_YEAR)? / iea(catalogue, "Wind", BASE_YEAR)?).ln();
    let next = wind_installed(catalogue, "World", BASE_YEAR + 1).ok();
    let mut levels = vec![(0.0, 0.0)];
    levels.extend(next.map(|gigawatts| (1.0, (gigawatts / base).ln())));
    levels.push((f64::from(TARGET_YEAR - BASE_YEAR), iea));
    Ok(levels)
}

/// A figure of the IEA's demand table, kt of metal, in the scenario that demand follows.
pub(crate) fn iea(catalogue: &Catalogue, sector: &str, year: i32) -> Result<f64, Diagnostic> {
    iea_of(catalogue, if year == BASE_YEAR { "base" } else { SCENARIO }, sector, year)
}

/// A figure of the IEA's demand table, kt of metal.
pub(crate) fn iea_of(
    catalogue: &Catalogue,
    scenario: &str,
    sector: &str,
    year: i32,
) -> Result<f64, Diagnostic> {
    let rows = catalogue.table::<IeaDemand>()?;
    let wanted = |r: &&IeaDemand| {
        r.edition == EDITION && r.sector == sector && r.year == year && r.scenario == scenario
    };
    rows.iter().find(wanted).map(|r| r.value).ok_or_else(|| {
        Diagnostic::error("D041", format!("no demand of {sector} in {year}, {scenario}"))
            .in_file("data/iea-demand.csv")
    })
}

fn other_level(
    catalogue: &Catalogue,
    start: Period,
    n_months: usize,
) -> Result<Vec<f64>, Diagnostic> {
    let growth = (iea(catalogue, "Other uses", TARGET_YEAR)?
        / iea(catalogue, "Other uses", BASE_YEAR)?)
    .ln()
        / f64::from(TARGET_YEAR - BASE_YEAR);
    Ok(start.run(n_months).map(|month| (growth * years(month)).exp()).collect())
}

/// Interpolated level times a random walk that starts with the first month; the mean of its factor is one.
fn wind_path(
    levels: &[(f64, f64)],
    start: Period,
    n_months: usize,
    key: Key,
    path: u64,
) -> Vec<f64> {
    let mut normals = key.stream(path, WIND);
    let (sd, mut walk) = (WIND_LOG_SD / 12.0_f64.sqrt(), 0.0);
    start
        .run(n_months)
        .map(|month| {
            walk += sd * normals.normal() - 0.5 * sd * sd;
            (interpolate(levels, years(month)) + walk).exp()
        })
        .collect()
}

/// Linear between points, flat beyond them.
fn interpolate(points: &[(f64, f64)], x: f64) -> f64 {
    let after = points.partition_point(|(at, _)| *at <= x);
    match (after.checked_sub(1).and_then(|i| points.get(i)), points.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some((_, y))) => *y,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::bundled().unwrap()
    }

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    /// History 1 … 11, then 12, 13, 14: means of twelve months 6.5, 7.5, 8.5 over a base of 2.
    #[test]
    fn electric_vehicles_are_trailing_means_over_the_base_year() {
        let history: Vec<f64> = (1..=11).map(f64::from).collect();
        let ev = EvPaths {
            first: month("2026-02"),
            china: vec![vec![12.0, 13.0, 14.0]],
            rest: vec![vec![1.0; 3]],
            history_china: history,
            history_rest: vec![1.0; 12],
            base_china: 2.0,
            base_rest: 1.0,
        };
        let paths = activity_paths(&catalogue(), &ev, month("2026-03"), 2, 1).unwrap();
        assert_eq!(paths.months(0, Region::China, EndUse::Ev), [3.75, 4.25]);
        assert_eq!(paths.months(0, Region::Japan, EndUse::Ev), [1.0, 1.0]);
        let beyond = activity_paths(&catalogue(), &ev, month("2026-03"), 3, 1).unwrap_err();
        assert_eq!(beyond.code, "S004");
        assert_eq!(
            activity_paths(&catalogue(), &ev, month("2026-01"), 2, 1).unwrap_err().code,
            "S004"
        );
    }

    #[test]
    fn wind_passes_through_the_annual_figures_and_spreads() {
        let levels = wind_levels(&catalogue()).unwrap();
        // 150/117 at the middle of 2025.
        assert!((interpolate(&levels, 1.0) - (150.0_f64 / 117.0).ln()).abs() < 1e-12);
        assert_eq!((interpolate(&levels, -1.0), interpolate(&levels, 9.0)), (0.0, levels[2].1));
        let ev = EvPaths::steady(month("2026-03"), 400, 24, 1.5, 0.01);
        let paths = activity_paths(&catalogue(), &ev, month("2026-03"), 24, 7).unwrap();
        let last: Vec<f64> = (0..400)
            .map(|p| {
                let months = paths.months(p, Region::Us, EndUse::Wind);
                (months[23] / interpolate(&levels, years(month("2028-02"))).exp()).ln()
            })
            .collect();
        let mean = last.iter().sum::<f64>() / 400.0;
        let sd = (last.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
        // Two years of .15 a year.
        assert!((sd / (0.15 * 2.0_f64.sqrt()) - 1.0).abs() < 0.12, "{sd}");
        // Other uses are the same on every path.
        let other = |p| paths.months(p, Region::Us, EndUse::Defence).to_vec();
        assert_eq!(other(0), other(399));
        assert!(other(0)[23] > other(0)[0]);
    }
}
