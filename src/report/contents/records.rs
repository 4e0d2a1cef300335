//! What models are made of and what they were worth: members, rolling origins, tests against seasonal naive.

use super::outlook::style;
use crate::chart::number::fixed;
use crate::report::{Cell, Column, Table};
use crate::study::forecast::{AgainstNaive, ModelForecast, SeriesForecast};

/// A model as sources of charts name it.
pub(super) fn made_of(model: &ModelForecast) -> String {
    let n = model.members.iter().filter(|m| m.weight > 0.0).count();
    match n {
        0 => model.forecast.model().to_owned(),
        1 => format!("{} (one model)", model.model.label()),
        _ => format!("{} (mixture of {n} models)", model.model.label()),
    }
}

/// Members of the combinations, with their weights and the reasons for them.
pub(super) fn members_table(forecasts: &[SeriesForecast]) -> Table {
    let mut rows = Vec::new();
    for series in forecasts {
        let members = series.models.iter().flat_map(|m| &m.members);
        for (at, member) in members.enumerate() {
            let dash = || Cell::text("–");
            let form = if member.form.is_empty() { dash() } else { Cell::text(&member.form) };
            let weight = if member.weight > 0.0 { Cell::fixed(member.weight, 2) } else { dash() };
            rows.push(vec![
                Cell::text(if at == 0 { style(series.plan.id).name } else { "" }),
                Cell::text(&member.name),
                form,
                weight,
                Cell::text(&member.reason),
            ]);
        }
    }
    Table {
        id: "members".into(),
        caption: "What auto is made of".into(),
        columns: vec![
            Column::text("series"),
            Column::text("member"),
            Column::text("form"),
            Column::number("weight", ""),
            Column::text("reason"),
        ],
        rows,
        notes: vec!["dot: dynamic optimised theta; ces: complex exponential smoothing; arima: orders chosen by tests and AICc; ets: damped exponential smoothing, its form chosen by AICc. A member without a weight could not be estimated and is in no chart.".into()],
        source: "own estimates".into(),
    }
}

/// `0.04`; `< 0.001` where fewer decimals would say nothing.
fn p_text(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { fixed(p, if p < 0.1 { 3 } else { 2 }) }
}

/// `p = 0.04`.
fn p_words(p: f64) -> String {
    if p < 0.001 { format!("p {}", p_text(p)) } else { format!("p = {}", p_text(p)) }
}

/// Rolling-origin records of all models.
pub(super) fn record_table(forecasts: &[SeriesForecast]) -> Table {
    let mut rows = Vec::new();
    for series in forecasts {
        for (at, record) in series.backtests.iter().filter(|b| !b.scored.is_empty()).enumerate() {
            let dash = || Cell::text("–");
            let against = series.against_naive(&record.model);
            let p = against.and_then(|a| a.p_value);
            let structural = record.model.split('(').next().filter(|m| *m == "structural");
            rows.push(vec![
                Cell::text(if at == 0 { style(series.plan.id).name } else { "" }),
                Cell::text(structural.unwrap_or(&record.model)),
                Cell::fixed(record.n_origins as f64, 0),
                Cell::fixed(record.scored.len() as f64, 0),
                Cell::fixed(record.mase(), 2),
                against.map_or_else(dash, |a| Cell::fixed(a.ratio, 2)),
                p.map_or_else(dash, |p| Cell { text: p_text(p), value: Some(p) }),
                Cell::percent(record.coverage80(), 0),
                Cell::percent(record.coverage95(), 0),
            ]);
        }
    }
    Table {
        id: "backtests".into(),
        caption: "What the models were worth: rolling origins from January 2022 on, up to twelve months ahead".into(),
        columns: vec![
            Column::text("series"),
            Column::text("model"),
            Column::number("origins", ""),
            Column::number("figures", ""),
            Column::number("MASE", ""),
            Column::number("ratio", "to seasonal naive"),
            Column::number("p", "Diebold–Mariano"),
            Column::number("80 %", "held"),
            Column::number("95 %", "held"),
        ],
        rows,
        notes: vec![
            "MASE: mean absolute error of the median, over that of the seasonal naive forecast before the first origin. A ratio (on figures that all models forecast) below 1 beats the benchmark. p: two-sided test of equal absolute errors, averaged by origin, over origins with a whole horizon after them; Bartlett weights over as many lags as horizons overlap, small-sample correction.".into(),
            "Models are estimated anew at each origin from what had been published by then; the controls are not known before they came. Export value and unit value are scored on the monthly publication, which ends in December 2024.".into(),
        ],
        source: "own estimates".into(),
    }
}

/// One sentence a series: whether its main model beats seasonal naive.
pub(super) fn verdicts(forecasts: &[SeriesForecast]) -> Vec<String> {
    forecasts
        .iter()
        .filter_map(|series| {
            let label = series.main()?.model.label();
            let against = series.against_naive(&label)?;
            Some(format!(
                "{}: {}.",
                super::words::capitalised(style(series.plan.id).name),
                verdict(&label, &against)
            ))
        })
        .collect()
}

fn verdict(label: &str, against: &AgainstNaive) -> String {
    let ratio = fixed(against.ratio, 2);
    let Some(p) = against.p_value else {
        return format!(
            "too few origins to test {label} against seasonal naive (error ratio {ratio})"
        );
    };
    let facts = format!("{}, {} origins; error ratio {ratio}", p_words(p), against.n_tested);
    if against.beats() {
        format!("{label} beats seasonal naive ({facts})")
    } else if against.is_beaten() {
        format!("seasonal naive beats {label} ({facts})")
    } else {
        format!("no significant difference between {label} and seasonal naive ({facts})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_follow_from_tests() {
        let one =
            AgainstNaive { ratio: 0.5, p_value: Some(0.0104), is_smaller: true, n_tested: 24 };
        assert_eq!(
            verdict("auto", &one),
            "auto beats seasonal naive (p = 0.010, 24 origins; error ratio 0.50)"
        );
        let other = AgainstNaive { is_smaller: false, p_value: Some(0.0), ..one };
        assert!(verdict("auto", &other).starts_with("seasonal naive beats auto (p < 0.001"));
        let same = AgainstNaive { p_value: Some(0.4), ..one };
        assert!(verdict("auto", &same).starts_with("no significant difference"));
        let none = AgainstNaive { p_value: None, ..one };
        assert!(verdict("auto", &none).starts_with("too few origins"));
    }
}
