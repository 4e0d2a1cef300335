//! What the commands on series share: reading them, and names of models and horizons as typed.

use std::path::Path;

use monazite_forecast::{Auto, Model, Sample};
use monazite_series::{Period, Series};

use super::forecast::sample;
use super::{Failure, Terminal};
use crate::data::{CalendarEffects, Catalogue, ReadOptions, read_series_file};
use crate::diagnostic::{Diagnostic, nearest};
use crate::study::forecast::plans;

/// Refuses a name that is no model's.
pub(super) fn check_models(names: &[String]) -> Result<(), Diagnostic> {
    for name in names {
        if !Model::NAMES.contains(&name.as_str()) {
            let hint = match nearest(name, Model::NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", Model::NAMES.join(", ")),
            };
            return Err(Diagnostic::error("U002", format!("there is no model `{name}`")).help(hint));
        }
    }
    Ok(())
}

/// Whether an input names a file (or standard input) and not a bundled series: no id has an ending.
///
/// # Errors
/// `D041` if the bundle cannot be read.
pub(super) fn is_file(input: &str) -> Result<bool, Diagnostic> {
    let path = Path::new(input);
    if input == "-" || path.extension().is_some() {
        return Ok(true);
    }
    Ok(path.exists() && !Catalogue::bundled()?.ids().any(|id| id == input))
}

/// Series as samples, with what the report would do with them.
#[derive(Debug)]
pub(super) struct Input {
    /// The series.
    pub(super) samples: Vec<Sample>,
    /// The model that the report prefers.
    pub(super) preferred: Option<Model>,
    /// All models of the report; none for a series that it does not forecast.
    pub(super) models: Vec<Model>,
    /// The publication on which the report scores backtests.
    pub(super) scored: Option<usize>,
    /// The calendar that moves them by default.
    pub(super) calendar: CalendarEffects,
}

impl Input {
    fn of(samples: Vec<Sample>) -> Self {
        Self {
            samples,
            preferred: None,
            models: Vec::new(),
            scored: None,
            calendar: CalendarEffects::None,
        }
    }

    /// Bundled series as the report reads them (several publications, interventions) with the model it prefers, a user's
    /// as they stand.
    pub(super) fn read(input: &str, terminal: &Terminal) -> Result<Self, Failure> {
        let catalogue = Catalogue::bundled()?;
        let path = Path::new(input);
        // No id has an ending, so that the bundled figures are not parsed for a user's file.
        if input != "-" && path.extension().is_none() {
            if let Some(plan) = plans(&catalogue)?.into_iter().find(|p| p.id == input) {
                return Ok(Self {
                    calendar: catalogue.calendar(input),
                    preferred: plan.models.first().cloned(),
                    samples: vec![plan.sample],
                    models: plan.models,
                    scored: Some(plan.backtest_target),
                });
            }
            if catalogue.ids().any(|id| id == input) {
                let calendar = catalogue.calendar(input);
                return Ok(Self { calendar, ..Self::of(vec![sample(catalogue.series(input)?)?]) });
            }
        }
        if input != "-" && !path.exists() && path.extension().is_none() {
            // Neither a file nor an id: more likely a misspelt id.
            return Err(catalogue.entry(input).err().into_iter().collect::<Vec<_>>().into());
        }
        let checked = read_series_file(path, &ReadOptions::default())?;
        checked.findings.iter().for_each(|finding| terminal.warn(finding));
        let samples = checked.series.into_iter().map(sample).collect::<Result<_, _>>()?;
        Ok(Self::of(samples))
    }
}

/// The model of a name, which is one of [`Model::NAMES`], for the frequency of a series.
pub(super) fn model(name: &str, series: &Series) -> Model {
    Model::named(name, season(series)).unwrap_or(Model::Auto(Auto { season: season(series) }))
}

/// Periods in a season; 1 for years and days.
pub(super) fn season(series: &Series) -> usize {
    series.frequency().per_year().filter(|n| (2..=12).contains(n)).unwrap_or(1)
}

/// Periods ahead of `last`.
pub(super) fn horizon(text: &str, last: Period) -> Result<usize, Diagnostic> {
    let refuse = |why: String| {
        Diagnostic::error("U001", why)
            .help("write a number of periods (24), of years (2y), or a last period (2027-12)")
    };
    let n = if let Some(years) = text.strip_suffix('y') {
        let per_year = last.frequency().per_year().unwrap_or(365) as i64;
        years.parse::<i64>().map(|y| y * per_year).ok()
    } else if let Ok(n) = text.parse::<i64>() {
        // Four digits are a year in a series of years, a number of periods elsewhere.
        match text.parse::<Period>() {
            Ok(year) if year.frequency() == last.frequency() => year.since(last).ok(),
            _ => Some(n),
        }
    } else {
        text.parse::<Period>().ok().and_then(|period| period.since(last).ok())
    };
    match n {
        Some(n) if (1..=1200).contains(&n) => Ok(n as usize),
        Some(n) => Err(refuse(format!("--horizon {text} is {n} periods after {last}"))),
        None => Err(refuse(format!("--horizon {text} is not a horizon for a series to {last}"))),
    }
}
