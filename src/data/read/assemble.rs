//! Rows become series: frequencies, units, order, repetitions, overlaps and gaps, one series at a time.

use indexmap::IndexMap;
use monazite_series::{Aggregation, Frequency, Observation, Period, Series, Unit};

use super::row::{Figure, Row};
use super::{Findings, ReadOptions};
use crate::diagnostic::Diagnostic;

/// The series of the rows, in order of first appearance; those with an error, or named in `failed`, are left out.
pub(super) fn series(
    rows: Vec<Row>,
    failed: &[String],
    findings: &mut Findings,
    options: &ReadOptions,
) -> Vec<Series> {
    let mut by_id: IndexMap<String, Vec<Row>> = IndexMap::new();
    for row in rows {
        by_id.entry(row.id.clone()).or_default().push(row);
    }
    let mut series = Vec::new();
    for (id, mut rows) in by_id {
        let n_errors = findings.all.iter().filter(|finding| finding.is_error()).count();
        days_to_months(&mut rows, findings);
        let unit = rows[0].unit.clone();
        let aggregation = options.aggregation.unwrap_or_else(|| aggregation_of(&unit));
        one_frequency(&rows, findings);
        one_unit(&mut rows, &unit, findings);
        if aggregation == Aggregation::Sum {
            no_negative_flow(&rows, &unit, findings);
        }
        in_order(&mut rows, findings);
        no_overlap(&rows, findings);
        let sound = findings.all.iter().filter(|finding| finding.is_error()).count() == n_errors;
        if !sound || failed.contains(&id) {
            continue;
        }
        gaps(&rows, findings);
        let observed = |row: &Row| {
            row.figure
                .value()
                .map(|y| Observation::spanning(row.period, row.span, y).with_status(row.status))
        };
        let observations: Vec<Observation> = rows.iter().filter_map(observed).collect();
        match Series::new(id.as_str(), unit, aggregation, observations) {
            Ok(one) => series.push(one),
            Err(error) => {
                let finding = Diagnostic::error("D001", error.to_string());
                findings.push(finding.help("give it at least one figure"), &rows[0].record, None);
            }
        }
    }
    series
}

/// Quotients, percentages, shares and indices average; everything else adds up.
fn aggregation_of(unit: &Unit) -> Aggregation {
    let text = unit.to_string();
    let averages = text.contains('/') || ["percent", "share", "index"].contains(&text.as_str());
    if averages { Aggregation::Mean } else { Aggregation::Sum }
}

/// Days that are all the first (or all the last) of a month stand for months, quarters or years.
fn days_to_months(rows: &mut [Row], findings: &mut Findings) {
    let date = |row: &Row| row.period.last_day();
    let firsts = rows.iter().all(|row| date(row).day() == 1);
    let lasts = rows.iter().all(|row| date(row).day() == date(row).days_in_month());
    let days = rows.iter().all(|row| row.period.frequency() == Frequency::Day && row.span == 1);
    if rows.len() < 2 || !days || !(firsts || lasts) {
        return;
    }
    let months: Vec<i64> = rows
        .iter()
        .map(|row| i64::from(date(row).year()) * 12 + i64::from(date(row).month()) - 1)
        .collect();
    let step = months.iter().fold(0, |step, month| gcd(step, (month - months[0]).abs()));
    let named = |row: &Row| -> Option<Period> {
        let (year, month) = (i32::from(date(row).year()), date(row).month().unsigned_abs());
        let month = u32::from(month);
        if step != 0 && step % 12 == 0 {
            Period::annual(year).ok()
        } else if step != 0 && step % 3 == 0 && (month - 1) % 3 == if firsts { 0 } else { 2 } {
            Period::quarter(year, (month - 1) / 3 + 1).ok()
        } else {
            Period::month(year, month).ok()
        }
    };
    let Some(periods) = rows.iter().map(named).collect::<Option<Vec<Period>>>() else { return };
    let noun = noun(periods[0].frequency());
    let which = if firsts { "first" } else { "last" };
    let mended = Diagnostic::warning(
        "D011",
        format!("every date of `{}` is the {which} day of a {noun}", rows[0].id),
    )
    .assumed(format!("{noun}s: {} is {}", rows[0].period, periods[0]))
    .help(format!("write `{}`", periods[0]));
    findings.push(mended, &rows[0].record, Some(rows[0].columns.ds));
    for (row, period) in rows.iter_mut().zip(periods) {
        row.period = period;
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn noun(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Year => "year",
        Frequency::Quarter => "quarter",
        Frequency::Month => "month",
        Frequency::Day => "day",
    }
}

/// Most rows decide the frequency; the others are named.
fn one_frequency(rows: &[Row], findings: &mut Findings) {
    let n_of = |f: Frequency| rows.iter().filter(|row| row.period.frequency() == f).count();
    let all = [Frequency::Month, Frequency::Quarter, Frequency::Year, Frequency::Day];
    let Some(usual) = all.into_iter().rev().max_by_key(|f| n_of(*f)) else { return };
    for row in rows.iter().filter(|row| row.period.frequency() != usual) {
        let (odd, usual) = (noun(row.period.frequency()), noun(usual));
        let message = format!("{} is a {odd} among {usual}s of `{}`", row.period, row.id);
        let hint =
            format!("give it an identifier of its own, or write its last {usual} with a span");
        findings.push(
            Diagnostic::error("D013", message).help(hint),
            &row.record,
            Some(row.columns.ds),
        );
    }
}

fn one_unit(rows: &mut [Row], unit: &Unit, findings: &mut Findings) {
    for row in rows.iter_mut().filter(|row| row.unit != *unit) {
        match row.unit.factor_to(unit) {
            Ok(factor) => {
                let mended = Diagnostic::warning(
                    "D031",
                    format!("`{}` has {unit} and {}", row.id, row.unit),
                )
                .assumed(format!("1 {} is {factor} {unit}", row.unit))
                .help(format!("write every figure in {unit}"));
                findings.push(mended, &row.record, row.columns.unit);
                if let Figure::Value(value) = &mut row.figure {
                    *value *= factor;
                }
            }
            Err(error) => {
                let message = format!("`{}` has {unit} and {}: {error}", row.id, row.unit);
                let finding =
                    Diagnostic::error("D032", message).help("give them identifiers of their own");
                findings.push(finding, &row.record, row.columns.unit);
            }
        }
    }
}

/// Flows of goods, vehicles and capacity are not negative; money and plain numbers may be.
fn no_negative_flow(rows: &[Row], unit: &Unit, findings: &mut Findings) {
    let goods = ["t", "t REO", "t metal", "vehicles", "GW"];
    let is_flow =
        goods.iter().filter_map(|g| g.parse::<Unit>().ok()).any(|g| g.is_compatible_with(unit));
    for row in
        rows.iter().filter(|row| is_flow && row.figure.value().is_some_and(|value| value < 0.0))
    {
        let message =
            format!("a flow in {unit} cannot be {}", row.figure.value().unwrap_or_default());
        let hint = "correct the sign; for a change or a balance leave out the unit";
        findings.push(
            Diagnostic::error("D025", message).help(hint),
            &row.record,
            Some(row.columns.y),
        );
    }
}

fn in_order(rows: &mut [Row], findings: &mut Findings) {
    let late = rows.windows(2).position(|pair| pair[1].period.ordinal() < pair[0].period.ordinal());
    if let Some(idx) = late {
        let (before, after) = (&rows[idx], &rows[idx + 1]);
        if before.period.frequency() == after.period.frequency() {
            let message = format!("{} stands below {}", after.period, before.period);
            findings.push(
                Diagnostic::note("D018", message).assumed("sorted by time"),
                &after.record,
                Some(after.columns.ds),
            );
        }
        rows.sort_by_key(|row| (row.period, row.record.line));
    }
}

/// Neighbours that share a period. Rows are in order of their ends, so a span is held against everything before it.
fn no_overlap(rows: &[Row], findings: &mut Findings) {
    let mut end: Option<&Row> = None;
    for row in rows {
        if let Some(before) = end.filter(|b| b.period.frequency() == row.period.frequency()) {
            if before.period == row.period && before.span == row.span {
                let noun = noun(row.period.frequency());
                let message = format!("{noun} {} appears twice", row.period);
                let hint = format!(
                    "delete one of the two rows; the other is on line {}",
                    before.record.line
                );
                findings.push(
                    Diagnostic::error("D014", message).help(hint),
                    &row.record,
                    Some(row.columns.ds),
                );
            } else if row.period.plus(1 - i64::from(row.span)) <= before.period {
                let message = format!(
                    "the figure ending {} (span {}) overlaps the one ending {}",
                    row.period, row.span, before.period
                );
                let hint = format!(
                    "keep the total or its parts; the other row is on line {}",
                    before.record.line
                );
                findings.push(
                    Diagnostic::error("D016", message).help(hint),
                    &row.record,
                    Some(row.columns.ds),
                );
            }
        }
        end = Some(row);
    }
}

/// Holes in the calendar. Rows marked as missing were reported already; days have week-ends and holidays.
fn gaps(rows: &[Row], findings: &mut Findings) {
    for pair in rows.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        let first = after.period.plus(1 - i64::from(after.span));
        let n_missing = first.ordinal() - before.period.ordinal() - 1;
        if n_missing < 1 || after.period.frequency() == Frequency::Day {
            continue;
        }
        let (from, to) = (before.period.plus(1), first.plus(-1));
        let message = if n_missing == 1 {
            format!("`{}` lacks {from}", after.id)
        } else {
            format!("`{}` lacks {from} to {to}, {n_missing} {}s", after.id, noun(from.frequency()))
        };
        let finding =
            Diagnostic::warning("D015", message).assumed("missing; nothing is filled in").help(
                "add the figure if there is one; a sum over several periods is one row with a span",
            );
        findings.push(finding, &after.record, Some(after.columns.ds));
    }
}
