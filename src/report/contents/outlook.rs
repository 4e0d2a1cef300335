//! The outlook: a fan chart a series, the table of forecasts, the record of the models, months within sums.

use monazite_forecast::Model;
use monazite_series::Period;

use super::words::{amount, amounts, capitalised, month_name, months, span_of};
use super::{Events, records, vintage};
use crate::chart::number::{percent, signed};
use crate::chart::{Event, Fan, FanMonth, Figure, Heading, Interval, Point};
use crate::diagnostic::Diagnostic;
use crate::report::{Block, Cell, Column, Section, Table};
use crate::study::forecast::{JanuaryShare, SeriesForecast, YearAhead, year_ahead};

/// First month a fan chart shows.
fn first_shown() -> Option<Period> {
    Period::month(2018, 1).ok()
}

/// How a series is put into words and on paper.
pub(super) struct Style {
    /// Noun at the start of a sentence.
    subject: &'static str,
    /// The same within a sentence and in tables.
    pub(super) name: &'static str,
    /// Unit as printed.
    pub(super) unit: &'static str,
    /// Printed figure for one of the series' own.
    pub(super) factor: f64,
    /// Logarithmic axis.
    log: bool,
}

/// The style of a series of the study.
pub(super) fn style(id: &str) -> Style {
    let (subject, name, unit, factor, log) = match id {
        "re-exports-volume" => ("Rare-earth exports", "export tonnage", "t", 1.0, false),
        "re-exports-value-gacc" => ("The value of exports", "export value", "USD m", 1.0, false),
        "re-exports-unit-value-gacc" => {
            ("The unit value of exports", "unit value", "USD/kg", 1.0, false)
        }
        "nd-oxide-price" => ("Neodymium oxide", "Nd oxide price", "CNY/kg", 1e-3, true),
        "magnet-exports-world" => ("Magnet exports", "magnet exports", "t", 1.0, false),
        _ => ("Chinese sales of new-energy vehicles", "vehicle sales", "million", 1e-6, false),
    };
    Style { subject, name, unit, factor, log }
}

/// Whether May 2025 lies in the year that the year ahead is compared with.
fn holds_collapse(ahead: &YearAhead) -> bool {
    Period::month(2025, 5).is_ok_and(|may| ahead.from.plus(-12) <= may && may < ahead.from)
}

/// What the year ahead says, as a statement.
pub(super) fn statement(id: &str, ahead: &YearAhead) -> String {
    let style = style(id);
    let value = amount(ahead.median * style.factor, style.unit);
    let change = ahead.before.map(|b| ahead.median / b - 1.0);
    let n = ahead.n_months();
    let before = if n == 12 { "in the year before" } else { "in the same months a year before" };
    let against = match change {
        // A difference that the model itself calls a toss-up is none.
        Some(_) if ahead.above.is_some_and(|p| (0.35..=0.65).contains(&p)) => {
            if ahead.total {
                format!(", about as much as {before}")
            } else {
                ", close to the last figure".to_owned()
            }
        }
        Some(c) if ahead.total => {
            let side = if c > 0.0 { "more" } else { "less" };
            // The controls' collapse is in the base of this comparison.
            let base = if id == "magnet-exports-world" && holds_collapse(ahead) {
                ", which holds the collapse of April to June 2025"
            } else {
                ""
            };
            format!(", {} {side} than {before}{base}", percent(c.abs(), 0))
        }
        Some(c) => {
            let side = if c > 0.0 { "above" } else { "below" };
            format!(", {} {side} the last figure", percent(c.abs(), 0))
        }
        None => String::new(),
    };
    if ahead.total {
        format!("{} of {value} are expected over {}{against}", style.subject, months(n))
            .replace("The value of exports of", "Exports worth")
    } else {
        let when = if n == 12 { "a year ahead".to_owned() } else { format!("{} ahead", months(n)) };
        format!("{} is expected at {value} {when}{against}", style.subject)
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
    let text = format!("By the model, 8 in 10 chances of {} {when}.", amounts(lo, hi, style.unit));
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
        let held = percent(covered, 0);
        let n = record.scored.len();
        return format!("{text} Such intervals held {held} of {n} past figures: {judgement}.");
    }
    text
}

/// Months of the publication that sets the level, at the estimated level of the target; nothing if the
/// target is that publication.
fn at_level_of_target(series: &SeriesForecast) -> Vec<Point> {
    let sample = &series.plan.sample;
    let first = &sample.publications()[0].series;
    let name = format!("level of {}", sample.target().id());
    let fit = series.explained_by().and_then(|m| m.fit.as_ref());
    match fit.and_then(|fit| fit.coefficient(&name)) {
        Some(level) if sample.target_idx() != 0 => Point::of_series(first)
            .into_iter()
            .map(|p| Point { value: p.value * level.value.exp(), ..p })
            .collect(),
        _ => Vec::new(),
    }
}

/// What stands behind the figures of a chart.
fn data_note(series: &SeriesForecast) -> String {
    let note = capitalised(series.plan.data_note);
    let name = format!("level of {}", series.plan.sample.target().id());
    let fit = series.explained_by().and_then(|m| m.fit.as_ref());
    match fit.and_then(|fit| fit.coefficient(&name)) {
        Some(level) => format!(
            "{note}. Months drawn to {} are UN Comtrade figures moved to the customs level by the estimated factor ({} %): derived, not published.",
            month_name(series.plan.sample.publications()[0].series.last_period()),
            signed(100.0 * (level.value.exp() - 1.0), 0)
        ),
        None => format!("{note}."),
    }
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
    // Where months of another publication stand in, the target's own figures begin when those end.
    let stand_in = at_level_of_target(series);
    let end = stand_in.last().map(|p| p.period);
    let after = |p: &Point| end.is_none_or(|end| p.period.plus(1 - i64::from(p.span)) > end);
    let history: Vec<Point> = stand_in
        .into_iter()
        .chain(Point::of_series(target).into_iter().filter(|p| after(p)))
        .filter(|p| shown(p.period.plus(1 - i64::from(p.span))))
        .map(|p| Point { value: p.value * style.factor, ..p })
        .collect();
    let first = history.first().map(|p| p.period);
    let smoothed = series
        .explained_by()
        .map_or(&[][..], |m| &m.smoothed)
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
    let marked: Vec<Event> =
        events.iter().filter(|e| first.is_some_and(|first| e.period >= first)).cloned().collect();
    let per = if ahead.total { ", a month" } else { "" };
    Fan {
        heading: Heading::new(plan.id, statement(plan.id, &ahead))
            .unit(format!("{}, {}{per}", plan.title, style.unit))
            .source(format!("{}; own forecast, {}", plan.source, records::made_of(main)))
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

/// A sentence on the series that another model than the combination draws.
fn other_models(forecasts: &[SeriesForecast]) -> String {
    let of = |series: &SeriesForecast| {
        let main = series.main()?;
        let other = !matches!(main.model, Model::Auto(_));
        other.then(|| format!("{} ({})", style(series.plan.id).name, main.model.label()))
    };
    let others: Vec<String> = forecasts.iter().filter_map(of).collect();
    if others.is_empty() {
        return String::new();
    }
    format!(" Drawn by a model with a better record on a short series: {}.", others.join(", "))
}

/// The section.
pub(super) fn section(
    forecasts: &[SeriesForecast],
    january: &[JanuaryShare],
    events: &Events,
) -> Result<Section, Diagnostic> {
    let mut text = String::from(
        "Each series is forecast by auto, the equal mixture of different models: theta, exponential smoothing in two forms \
         and ARIMA, each chosen anew on the series. Where figures cover several months, a month has none, or controls and \
         holidays are estimated, a structural model is a member too and prepares the series for the others: figures published \
         for several months enter as sums, months without a figure are bridged, and the controls of April 2025 are \
         interventions estimated with everything else. Bands are those of the mixture, totals come from its joint sample \
         paths, and the last column of the table says what they were worth.",
    );
    text += &other_models(forecasts);
    let mut blocks = vec![Block::Text(text)];
    for series in forecasts {
        blocks.push(fan(series, events)?.into());
        blocks.push(Block::Note(data_note(series)));
    }
    blocks.push(year_table(forecasts)?.into());
    blocks.push(records::members_table(forecasts).into());
    blocks.push(records::record_table(forecasts).into());
    blocks.push(Block::List(records::verdicts(forecasts)));
    blocks.push(model_table(forecasts).into());
    blocks.push(intervention_table(forecasts).into());
    if !january.is_empty() {
        blocks.push(january_table(january).into());
    }
    let failed: Vec<String> = forecasts
        .iter()
        .flat_map(|s| {
            s.failures.iter().map(|(_, why)| {
                format!(
                    "{}: {why} (its backtest is scored on the monthly publication)",
                    style(s.plan.id).name
                )
            })
        })
        .collect();
    if !failed.is_empty() {
        blocks.push(Block::Note("Models that could not be estimated, and are in no chart:".into()));
        blocks.push(Block::List(failed));
    }
    Ok(Section { heading: "Outlook".into(), blocks })
}

fn year_table(forecasts: &[SeriesForecast]) -> Result<Table, Diagnostic> {
    Ok(Table {
        id: "outlook".into(),
        caption: "The year ahead".into(),
        columns: vec![
            Column::text("series"),
            Column::text("period"),
            Column::number("median", ""),
            Column::number("80 % interval", "by the model"),
            Column::number("year before", "or last figure"),
            Column::number("change", ""),
            Column::number("chance", "of more"),
            Column::number("held", "past 80 %"),
        ],
        rows: forecasts.iter().map(year_row).collect::<Result<_, _>>()?,
        notes: vec![
            "Totals over twelve months for flows, the twelfth month for prices and unit values, or less where the forecast ends earlier. A year before that was not published in full is left out.".into(),
        ],
        source: "own forecasts".into(),
    })
}

fn year_row(series: &SeriesForecast) -> Result<Vec<Cell>, Diagnostic> {
    let style = style(series.plan.id);
    let ahead = year_ahead(series)?;
    let decimals = usize::from(ahead.median * style.factor < 100.0);
    let cell = |v: f64| Cell::fixed(v * style.factor, decimals);
    let dash = || Cell::text("–");
    let what = if ahead.total { span_of(ahead.from, ahead.to) } else { month_name(ahead.to) };
    let record = series.main().and_then(|m| series.backtest_of(&m.model));
    Ok(vec![
        Cell::text(format!("{}, {}", style.name, style.unit)),
        Cell::text(what),
        cell(ahead.median),
        Cell::text(format!("{} – {}", cell(ahead.q10).text, cell(ahead.q90).text)),
        ahead.before.map_or_else(dash, cell),
        ahead.before.map_or_else(dash, |b| Cell::percent(ahead.median / b - 1.0, 0)),
        ahead.above.map_or_else(dash, |p| Cell::percent(p, 0)),
        record.map_or_else(dash, |r| Cell::percent(r.coverage80(), 0)),
    ])
}

/// The estimations: likelihoods called what they are, criteria, autocorrelation of the innovations.
fn model_table(forecasts: &[SeriesForecast]) -> Table {
    let mut rows = Vec::new();
    for series in forecasts {
        let fits = series.models.iter().filter_map(|m| m.fit.as_ref());
        for (at, fit) in fits.enumerate() {
            let r = fit.report();
            let dash = || Cell::text("–");
            let fixed = |v: f64| Cell::fixed(v, 2);
            rows.push(vec![
                Cell::text(if at == 0 { style(series.plan.id).name } else { "" }),
                Cell::text(&r.model),
                Cell::fixed(r.n as f64, 0),
                fixed(r.log_likelihood),
                r.correction.map_or_else(dash, |c| fixed(c.log_likelihood)),
                r.correction.map_or_else(dash, |c| Cell::fixed(c.standard_error, 4)),
                fixed(r.aicc()),
                r.diagnostics.ljung_box.map_or_else(dash, |t| fixed(t.p_value)),
                r.diagnostics.jarque_bera.map_or_else(dash, |t| fixed(t.p_value)),
            ]);
        }
    }
    Table {
        id: "models".into(),
        caption: "The estimations".into(),
        columns: vec![
            Column::text("series"),
            Column::text("model"),
            Column::number("n", ""),
            Column::number("log-likelihood", "maximised"),
            Column::number("corrected", "importance sampling"),
            Column::number("s.e.", "of it"),
            Column::number("AICc", ""),
            Column::number("Ljung–Box", "p"),
            Column::number("Jarque–Bera", "p"),
        ],
        rows,
        notes: vec![
            "Log-likelihoods are of logarithms. Where the sample has sums of months, the maximised figure is that of the model linearised at the conditional mode, and the corrected one is the likelihood itself up to its Monte Carlo standard error; criteria use the corrected one. Models of one series differ in the figures their starts use up: compare criteria within a family only.".into(),
        ],
        source: "own estimates".into(),
    }
}

/// What regressors and interventions were estimated at.
fn intervention_table(forecasts: &[SeriesForecast]) -> Table {
    let mut rows = Vec::new();
    for series in forecasts {
        let Some(fit) = series.explained_by().and_then(|m| m.fit.as_ref()) else { continue };
        for (at, c) in fit.report().coefficients.iter().enumerate() {
            let t = c.t_value().map_or_else(|| Cell::text("–"), |t| Cell::fixed(t, 1));
            let se = c.se.map_or_else(|| Cell::text("–"), |s| Cell::fixed(s, 3));
            rows.push(vec![
                Cell::text(if at == 0 { style(series.plan.id).name } else { "" }),
                Cell::text(&c.name),
                Cell::fixed(c.value, 3),
                se,
                t,
                Cell::percent(c.value.exp() - 1.0, 0),
            ]);
        }
    }
    Table {
        id: "interventions".into(),
        caption: "Controls, holidays and levels, estimated with the dynamics".into(),
        columns: vec![
            Column::text("series"),
            Column::text("regressor"),
            Column::number("effect", "log"),
            Column::number("s.e.", ""),
            Column::number("t", ""),
            Column::number("effect", "%"),
        ],
        rows,
        notes: vec!["Effects are on the logarithm of a month; a step lasts, a pulse is one month, a fading pulse loses half each month.".into()],
        source: "own estimates".into(),
    }
}

/// Whether a smoothed share's interval holds that of the detailed data, where both are known.
fn is_inside(share: &JanuaryShare) -> Option<bool> {
    let ([lo, hi], known) = (share.interval?, share.comtrade?);
    Some(lo <= known && known <= hi)
}

/// Smoothed January shares against those of detailed trade data.
fn january_table(january: &[JanuaryShare]) -> Table {
    let rows = january
        .iter()
        .map(|j| {
            let inside = is_inside(j);
            vec![
                Cell::text(j.year.to_string()),
                Cell::percent(j.share, 0),
                Cell::text(j.interval.map_or_else(
                    || "published".to_owned(),
                    |[lo, hi]| format!("{} – {}", percent(lo, 0), percent(hi, 0)),
                )),
                j.comtrade.map_or_else(|| Cell::text("–"), |c| Cell::percent(c, 0)),
                Cell::text(match inside {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "–",
                }),
            ]
        })
        .collect();
    Table {
        id: "january-shares".into(),
        caption: "January's share of the January–February tonnage".into(),
        columns: vec![
            Column::text("year"),
            Column::number("January", "published or smoothed"),
            Column::number("90 % interval", ""),
            Column::number("UN Comtrade", "HS 280530 + 284690"),
            Column::text("inside"),
        ],
        rows,
        notes: vec![format!(
            "{} of {} smoothed shares that are known elsewhere lie inside their 90 % interval. The smoother has not seen the Comtrade months; the two cover different codes, and shares of published months differ too.",
            january.iter().filter(|j| is_inside(j) == Some(true)).count(),
            january.iter().filter(|j| is_inside(j).is_some()).count()
        )],
        source: "GACC; UN Comtrade; own estimates".into(),
    }
}
