//! The outlook: a fan chart a series, the table of forecasts, the record of the models, months within sums.

use monazite_series::Period;

use super::words::{amount, month_name, span_of};
use super::{Events, vintage};
use crate::chart::number::{fixed, percent, significant};
use crate::chart::{Event, Fan, FanMonth, Figure, Heading, Interval, Point};
use crate::diagnostic::Diagnostic;
use crate::study::forecast::{SeriesForecast, YearAhead, year_ahead};

/// First month a fan chart shows.
fn first_shown() -> Option<Period> {
    Period::month(2018, 1).ok()
}

/// How a series is put into words and on paper.
pub(super) struct Style {
    /// Noun at the start of a sentence.
    pub(super) subject: &'static str,
    /// Unit as printed.
    pub(super) unit: &'static str,
    /// Printed figure for one of the series' own.
    pub(super) factor: f64,
    /// Logarithmic axis.
    log: bool,
}

/// The style of a series of the study.
pub(super) fn style(id: &str) -> Style {
    let (subject, unit, factor, log) = match id {
        "re-exports-volume" => ("Rare-earth exports", "t", 1.0, false),
        "re-exports-value-gacc" => ("The value of exports", "USD m", 1.0, false),
        "re-exports-unit-value-gacc" => ("The unit value of exports", "USD/kg", 1.0, false),
        "nd-oxide-price" => ("Neodymium oxide", "CNY 1,000/t", 1e-3, true),
        "magnet-exports-world" => ("Magnet exports", "t", 1.0, false),
        _ => ("Vehicle sales of China", "1,000 vehicles", 1e-3, true),
    };
    Style { subject, unit, factor, log }
}

/// What the year ahead says, as a statement.
pub(super) fn statement(id: &str, ahead: &YearAhead) -> String {
    let style = style(id);
    let value = amount(ahead.median * style.factor, style.unit);
    let change = ahead.before.map(|b| ahead.median / b - 1.0);
    let against = match change {
        Some(c) if c.abs() < 0.005 => ", as much as in the year before".to_owned(),
        Some(c) if ahead.total => {
            let side = if c > 0.0 { "more" } else { "less" };
            format!(", {} {side} than in the year before", percent(c.abs(), 0))
        }
        Some(c) => {
            let side = if c > 0.0 { "above" } else { "below" };
            format!(", {} {side} the last figure", percent(c.abs(), 0))
        }
        None => String::new(),
    };
    if ahead.total {
        format!("{} of {value} are expected over twelve months{against}", style.subject)
            .replace("The value of exports of", "Exports worth")
            .replace("Vehicle sales of China of", "Chinese vehicle sales of")
    } else {
        format!("{} is expected at {value} a year ahead{against}", style.subject)
    }
}

/// The sentence below a fan: the 80 % interval and what it was worth in the past.
fn caption(series: &SeriesForecast, ahead: &YearAhead) -> String {
    let style = style(series.plan.id);
    let (lo, hi) = (ahead.q10 * style.factor, ahead.q90 * style.factor);
    let when = if ahead.total {
        format!("over {}", span_of(ahead.from, ahead.to))
    } else {
        format!("in {}", month_name(ahead.to))
    };
    let mut text = format!(
        "8 in 10 chances, by the model, of {} to {} {when}.",
        significant(lo, 2),
        amount(hi, style.unit)
    );
    let record = series.main().and_then(|m| series.backtest_of(&m.model));
    if let Some(record) = record.filter(|r| !r.scored.is_empty()) {
        let covered = record.coverage80();
        let judgement = if covered < 0.72 {
            "too narrow"
        } else if covered > 0.88 {
            "too wide"
        } else {
            "about right"
        };
        text.push_str(&format!(
            " Such intervals held {} of {} past figures: {judgement}.",
            percent(covered, 0),
            record.scored.len()
        ));
    }
    text
}

/// The fan chart of a series.
///
/// # Errors
/// `C001` if it cannot be drawn, `M003` if there is no forecast.
pub(super) fn fan(series: &SeriesForecast, events: &Events) -> Result<Figure, Diagnostic> {
    let (plan, style) = (&series.plan, style(series.plan.id));
    let ahead = year_ahead(series)?;
    let main = series.main().ok_or_else(|| Diagnostic::error("M003", "no forecast"))?;
    let target = plan.sample.target();
    let shown = |p: Period| first_shown().is_none_or(|first| p >= first);
    let history: Vec<Point> = Point::of_series(target)
        .into_iter()
        .filter(|p| shown(p.period.plus(1 - i64::from(p.span))))
        .map(|p| Point { value: p.value * style.factor, ..p })
        .collect();
    let first = history.first().map(|p| p.period);
    let smoothed = main
        .smoothed
        .iter()
        .filter(|m| m.published_to.is_some() && m.span == 2 && shown(m.period))
        .map(|m| Interval {
            period: m.period,
            value: m.value * style.factor,
            lo: m.q05 * style.factor,
            hi: m.q95 * style.factor,
        })
        .collect();
    let forecast = (0..main.forecast.horizon())
        .map(|h| {
            let q = main.forecast.quantiles(h, &[0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95]);
            q.map(|q| q.iter().map(|v| v * style.factor).collect::<Vec<f64>>())
                .map(|q| FanMonth {
                    period: main.forecast.first_period().plus(h as i64),
                    median: q[3],
                    bands: [(q[2], q[4]), (q[1], q[5]), (q[0], q[6])],
                })
                .map_err(|e| crate::study::forecast::model_diagnostic(&e))
        })
        .collect::<Result<_, _>>()?;
    let marked: Vec<Event> = events
        .iter()
        .filter(|e| first.is_some_and(|first| e.period >= first))
        .cloned()
        .collect();
    let per = if ahead.total { ", a month" } else { "" };
    Fan {
        heading: Heading::new(plan.id, statement(plan.id, &ahead))
            .unit(format!("{}, {}{per}", plan.title, style.unit))
            .source(format!("{}; own forecast, {}", plan.source, main.forecast.model()))
            .vintage(vintage(plan.sample.last_period()))
            .caption(caption(series, &ahead)),
        history,
        smoothed,
        forecast,
        events: marked,
        unit: style.unit.to_owned(),
        log: style.log,
    }
    .draw()
    .map_err(|e| super::chart_fault(plan.id, &e))
}

/// The years of the forecast as table rows: series, unit, year, median and intervals; sums for flows.
pub(super) fn year_rows(series: &SeriesForecast) -> Result<Vec<Vec<String>>, Diagnostic> {
    let style = style(series.plan.id);
    let ahead = year_ahead(series)?;
    let decimals = if ahead.median * style.factor >= 1000.0 { 0 } else { 1 };
    let cell = |v: f64| fixed(v * style.factor, decimals);
    let what = if ahead.total {
        span_of(ahead.from, ahead.to)
    } else {
        month_name(ahead.to)
    };
    let change = ahead.before.map_or_else(|| "–".into(), |b| percent(ahead.median / b - 1.0, 0));
    let above = ahead.above.map_or_else(|| "–".into(), |p| percent(p, 0));
    let record = series.main().and_then(|m| series.backtest_of(&m.model));
    Ok(vec![vec![
        series.plan.title.to_owned(),
        style.unit.to_owned(),
        what,
        cell(ahead.median),
        format!("{} – {}", cell(ahead.q10), cell(ahead.q90)),
        ahead.before.map_or_else(|| "–".into(), cell),
        change,
        above,
        record.map_or_else(|| "–".into(), |r| percent(r.coverage80(), 0)),
    ]])
}
