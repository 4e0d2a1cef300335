//! What is checked of a study before any work: values and names when it is read, months against the data when it runs.

use std::ops::Range;

use monazite_physical::Conduct;
use monazite_series::{Frequency, Period};
use toml::de::{DeTable, DeValue};

use super::forecast::{first_month_outside_china, plans};
use super::simulate::{conducts_of, scenarios_of};
use super::spec::{Study, locate};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;

/// Most months that are forecast or simulated: beyond twenty years no model here says anything.
const MAX_MONTHS: i64 = 240;
/// Longest horizon and most origins of a backtest.
const MAX_BACKTEST: (usize, usize) = (60, 240);

/// Values that no data are needed to judge: ranges, names of scenarios and conducts, order of months.
///
/// # Errors
/// `S004` with the place of the value.
pub(super) fn check_values(study: &Study) -> Result<(), Diagnostic> {
    let spec = &study.spec;
    let refuse = |key, why: String, fix: &str| {
        Err(place(study, Diagnostic::error("S004", why).help(fix), key, None))
    };
    if !(100..=100_000).contains(&spec.forecast.paths) {
        let why = format!("forecast.paths = {}: between 100 and 100,000", spec.forecast.paths);
        return refuse(("forecast", "paths"), why, "2000 gives a stable 95 % band");
    }
    if !(2..=100_000).contains(&spec.simulate.paths) {
        let why = format!("simulate.paths = {}: between 2 and 100,000", spec.simulate.paths);
        return refuse(("simulate", "paths"), why, "512 is the default");
    }
    if !(1..=MAX_BACKTEST.0).contains(&spec.backtest.horizon) {
        let (found, most) = (spec.backtest.horizon, MAX_BACKTEST.0);
        let why = format!("backtest.horizon = {found}: between 1 and {most} months");
        return refuse(("backtest", "horizon"), why, "12 is the default");
    }
    if !(2..=MAX_BACKTEST.1).contains(&spec.backtest.origins) {
        let (found, most) = (spec.backtest.origins, MAX_BACKTEST.1);
        let why = format!("backtest.origins = {found}: between 2 and {most}");
        return refuse(("backtest", "origins"), why, "24 is the default");
    }
    for (section, key, period) in [
        ("forecast", "until", spec.forecast.until),
        ("simulate", "from", spec.simulate.from),
        ("simulate", "until", spec.simulate.until),
    ] {
        if period.frequency() != Frequency::Month {
            let why = format!("{section}.{key} = {period} is not a month");
            return refuse((section, key), why, "write a month such as 2027-12");
        }
    }
    let (from, until) = (spec.simulate.from, spec.simulate.until);
    if until <= from {
        let why = format!("simulate.until = {until} is not after simulate.from = {from}");
        let fix = "let the simulation run for at least two months";
        return refuse(("simulate", "until"), why, fix);
    }
    if months_after(from, until) >= MAX_MONTHS {
        let why =
            format!("{from} to {until} is longer than the {MAX_MONTHS} months that are simulated");
        return refuse(("simulate", "until"), why, "let the simulation end earlier");
    }
    if spec.simulate.conduct.is_empty() {
        let fix = format!("name at least one of {}", Conduct::NAMES.join(", "));
        return refuse(("simulate", "conduct"), "simulate.conduct is empty".to_owned(), &fix);
    }
    // One name at a time, so that a finding stands at its name.
    let known = study.scenarios.scenarios();
    for name in &spec.simulate.scenarios {
        let mut one = spec.simulate.clone();
        one.scenarios = vec![name.clone()];
        scenarios_of(&one, &known)
            .map_err(|e| place(study, e, ("simulate", "scenarios"), Some(name)))?;
    }
    for name in &spec.simulate.conduct {
        let mut one = spec.simulate.clone();
        one.conduct = vec![name.clone()];
        conducts_of(&one).map_err(|e| place(study, e, ("simulate", "conduct"), Some(name)))?;
    }
    Ok(())
}

/// Months against the data: forecasts end after every series does, simulations start where activity is known.
///
/// # Errors
/// `S004` with the place of the month, `D041` if a bundled series is not as it should be.
pub(super) fn check_months(study: &Study, catalogue: &Catalogue) -> Result<(), Diagnostic> {
    let spec = &study.spec;
    let refuse = |key, why: String, fix: String| {
        Err(place(study, Diagnostic::error("S004", why).help(fix), key, None))
    };
    let until = spec.forecast.until;
    for plan in plans(catalogue)? {
        let last = plan.sample.last_period();
        if until <= last {
            return refuse(
                ("forecast", "until"),
                format!(
                    "forecast.until = {until} is not after {last}, the last month of `{}`",
                    plan.id
                ),
                "forecast to the end of 2027, say: until = \"2027-12\"".to_owned(),
            );
        }
        if months_after(last, until) > MAX_MONTHS {
            return refuse(
                ("forecast", "until"),
                format!(
                    "forecast.until = {until} is more than {MAX_MONTHS} months after {last}, the last of `{}`",
                    plan.id
                ),
                format!("forecast to {} at most", last.plus(MAX_MONTHS)),
            );
        }
    }
    let first = first_month_outside_china(catalogue)?;
    if spec.simulate.from < first {
        return refuse(
            ("simulate", "from"),
            format!(
                "simulate.from = {} is before {first}, where paths of electric vehicles start",
                spec.simulate.from
            ),
            format!("start in {first} or later; scenarios are about months to come"),
        );
    }
    if months_after(first, spec.simulate.until) > MAX_MONTHS {
        return refuse(
            ("simulate", "until"),
            format!(
                "simulate.until = {} is more than {MAX_MONTHS} months after {first}, where paths of electric vehicles start",
                spec.simulate.until
            ),
            "let the simulation end earlier".to_owned(),
        );
    }
    for id in &spec.simulate.scenarios {
        study.scenarios.resolve(study.scenarios.get(id)?, spec.simulate.from)?;
    }
    Ok(())
}

/// Months from one to another.
fn months_after(from: Period, to: Period) -> i64 {
    to.ordinal() - from.ordinal()
}

/// A finding at a key of the study's file, or at one text of the list that is its value; where the key is not written,
/// the finding names the file alone.
fn place(
    study: &Study,
    finding: Diagnostic,
    (section, key): (&str, &str),
    item: Option<&str>,
) -> Diagnostic {
    let file = study.file_name();
    let Some(span) = span_of(&study.text, section, key, item) else {
        return finding.in_file(file);
    };
    let width = study.text.get(span.clone()).map_or(1, |text| text.chars().count());
    let (line, column, source) = locate(&study.text, span.start);
    finding.at(file, line, column).text(source, width)
}

/// Bytes of a key, or of one text in the list it is set to.
fn span_of(text: &str, section: &str, key: &str, item: Option<&str>) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let DeValue::Table(table) = root.get_ref().get(section)?.get_ref() else { return None };
    let (name, value) = table.get_key_value(key)?;
    if let (Some(item), DeValue::Array(items)) = (item, value.get_ref())
        && let Some(found) = items.iter().find(|one| one.get_ref().as_str() == Some(item))
    {
        return Some(found.span());
    }
    Some(name.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl Fn(&mut Study)) -> Study {
        let mut study = Study::bundled().unwrap();
        change(&mut study);
        study
    }

    #[test]
    fn the_bundled_study_lies_within_the_data() {
        check_months(&Study::bundled().unwrap(), &Catalogue::bundled().unwrap()).unwrap();
    }

    #[test]
    fn months_outside_the_data_are_refused_at_their_key() {
        let catalogue = Catalogue::bundled().unwrap();
        let month = |text: &str| text.parse::<Period>().unwrap();
        for (study, said) in [
            (with(|s| s.spec.forecast.until = month("2026-05")), "`ev-sales-china`"),
            (with(|s| s.spec.forecast.until = month("2099-12")), "240 months"),
            (with(|s| s.spec.simulate.from = month("2025-12")), "is before 2026-01"),
            (with(|s| s.spec.simulate.until = month("2099-12")), "240 months"),
        ] {
            let e = check_months(&study, &catalogue).unwrap_err();
            assert!(e.code == "S004" && e.message.contains(said) && e.line.is_some(), "{e}");
        }
    }

    #[test]
    fn a_key_that_is_not_written_leaves_the_file() {
        let mut study = with(|s| s.spec.backtest.origins = 1);
        study.text.clear();
        let e = check_values(&study).unwrap_err();
        assert_eq!((e.file.as_deref(), e.line), (Some("study.toml"), None));
    }
}
