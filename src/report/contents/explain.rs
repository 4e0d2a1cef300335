//! What moved value: the split of 2025, price, quantity and mix by year, the pass-through regression.

use monazite_econometrics::OlsFit;

use super::chart_fault;
use super::words::{month_name, span_of};
use crate::chart::number::{fixed, percent, signed};
use crate::chart::{Bar, Figure, Heading, Split};
use crate::diagnostic::Diagnostic;
use crate::report::{Block, Cell, Column, Section, Table};
use crate::study::explain::{Explanation, TwoWay};

/// The section.
pub(super) fn section(explanation: &Explanation) -> Result<Section, Diagnostic> {
    let mut blocks = Vec::new();
    if let Some(last) = of_2025(explanation) {
        blocks.push(Block::Text(paradox(explanation, last)));
    }
    blocks.push(windows(explanation)?.into());
    blocks.push(by_year(explanation)?.into());
    blocks.push(Block::Text(pass_through(explanation)));
    blocks.push(
        fits_table(
            "pass-through",
            "Pass-through of the neodymium oxide price to the unit value of exports",
            &[
                ("levels", &explanation.pass_through.levels),
                ("first differences", &explanation.pass_through.differences),
            ],
        )
        .into(),
    );
    blocks.push(split_table(explanation).into());
    blocks.push(super::destinations::figure()?.into());
    Ok(Section { heading: "What moved the value of exports".into(), blocks })
}

/// The longest window of 2025.
pub(super) fn of_2025(explanation: &Explanation) -> Option<&TwoWay> {
    explanation.paradox.iter().rfind(|w| w.to.year() == 2025)
}

/// What the window says, in a sentence.
pub(super) fn paradox_statement(window: &TwoWay) -> String {
    let from = window.to.plus(1 - i64::from(window.months));
    let moved = |p: f64| {
        let side = if p >= 0.0 { "rose" } else { "fell" };
        format!("{side} {}", percent(p.abs() / 100.0, 1))
    };
    format!(
        "In {}, exported tonnes {} on a year before while their value {}: the unit value {}.",
        span_of(from, window.to),
        moved(window.tonnage_percent),
        moved(window.value_percent),
        moved(window.unit_value_percent),
    )
}

/// The windows of 2025 in one message: they differ, and a reader has to know.
pub(super) fn paradox_message(explanation: &Explanation) -> Option<String> {
    let last = of_2025(explanation)?;
    let statement = paradox_statement(last);
    let earlier: Vec<String> = explanation
        .paradox
        .iter()
        .filter(|w| w.to.year() == 2025 && w.to != last.to)
        .map(|w| {
            format!(
                "to {} value stood {} % and the unit value {} %",
                month_name(w.to),
                signed(w.value_percent, 1),
                signed(w.unit_value_percent, 1)
            )
        })
        .collect();
    if earlier.is_empty() {
        return Some(statement);
    }
    Some(format!("{} Windows differ: {}.", statement, earlier.join("; ")))
}

fn paradox(explanation: &Explanation, window: &TwoWay) -> String {
    let mix = &explanation.mix_residual;
    format!(
        "{}{} In logs the change of value splits exactly: {} points from tonnage, {} from the unit value. To {} the \
         oxide price, lagged a month and in dollars, moved by {} log points; the pass-through estimated below would make \
         that {} ± {} of the {} points by which the unit value moved. The rest, {} points, is mix and everything \
         else (derived, a residual).",
        paradox_statement(window),
        disagreement(explanation, window),
        signed(window.tonnage_log_points, 1),
        signed(window.unit_value_log_points, 1),
        month_name(mix.to),
        signed(mix.price_log_points, 1),
        signed(mix.explained_log_points, 1),
        fixed(1.96 * mix.explained_se, 1),
        signed(mix.unit_value_log_points, 1),
        signed(mix.residual_log_points, 1),
    )
}

/// Said where another window of the same year puts the change of value further off than this many points.
const FAR_APART: f64 = 10.0;

fn disagreement(explanation: &Explanation, window: &TwoWay) -> &'static str {
    let far = |w: &&TwoWay| {
        w.to.year() == window.to.year()
            && (w.value_percent - window.value_percent).abs() > FAR_APART
    };
    if explanation.paradox.iter().any(|w| far(&w)) {
        " Printed figures for another window of the year say otherwise by much (see the table), so that one of them may have been revised."
    } else {
        ""
    }
}

fn pass_through(explanation: &Explanation) -> String {
    let (levels, differences) =
        (&explanation.pass_through.long_run, &explanation.pass_through.long_run_differences);
    format!(
        "In levels, a price higher by 1 % goes with a unit value higher by {} % within three months (95 % interval {} to \
         {}); in first differences the figure is {} ({} to {}){}. Levels may owe their fit to a common trend. Headline tonnage is mostly lanthanum and cerium, so that no \
         elasticity of demand is read off it.",
        fixed(levels.value, 2),
        fixed(levels.lo95, 2),
        fixed(levels.hi95, 2),
        fixed(differences.value, 2),
        fixed(differences.lo95, 2),
        fixed(differences.hi95, 2),
        if differences.lo95 <= 0.0 && differences.hi95 >= 0.0 {
            ", which could be zero"
        } else {
            ""
        },
    )
}

/// Windows of one calendar position each: the parts of the log change of value.
fn windows(explanation: &Explanation) -> Result<Figure, Diagnostic> {
    // One window a year, the longest, so that no month is counted twice.
    let mut bars: Vec<(i32, Bar)> = Vec::new();
    for w in &explanation.paradox {
        let year = w.to.year();
        let bar = Bar {
            label: match w.to.season() + 1 {
                12 => year.to_string(),
                month => format!("{year}, months 1–{month}"),
            },
            parts: vec![w.tonnage_log_points, w.unit_value_log_points],
            total: w.tonnage_log_points + w.unit_value_log_points,
        };
        match bars.last_mut() {
            Some((last, kept)) if *last == year => *kept = bar,
            _ => bars.push((year, bar)),
        }
    }
    let title = of_2025(explanation).map_or_else(
        || "Tonnage and unit value behind the change of value".to_owned(),
        |w| {
            let tonnes = if w.tonnage_percent >= 0.0 { "More" } else { "Fewer" };
            let value = if w.value_percent >= 0.0 { "more" } else { "less" };
            format!("{tonnes} tonnes, {value} value: 2025 was about the unit value")
        },
    );
    let id = "value-split";
    Split {
        heading: Heading::new(id, title)
            .unit("change of export value on a year before since January, log points (1/100)")
            .source("GACC, printed changes; own split")
            .vintage(explanation.paradox.last().map_or_else(String::new, |w| month_name(w.to))),
        parts: vec!["tonnage".into(), "unit value".into()],
        bars: bars.into_iter().map(|(_, bar)| bar).collect(),
        unit: "log points".into(),
    }
    .draw()
    .map_err(|e| chart_fault(id, &e))
}

fn by_year(explanation: &Explanation) -> Result<Figure, Diagnostic> {
    let id = "price-quantity-mix";
    let largest = explanation
        .by_product
        .iter()
        .max_by(|a, b| a.change.total.abs().total_cmp(&b.change.total.abs()));
    let title = largest.map_or_else(
        || "Price, quantity and mix".to_owned(),
        |s| {
            let c = &s.change;
            let parts = [("quantity", c.quantity), ("mix", c.mix), ("price", c.price)];
            let main = parts.iter().max_by(|a, b| (a.1 * c.total).total_cmp(&(b.1 * c.total)));
            let name = main.map_or("price", |m| m.0);
            let side = if c.total < 0.0 { "fall" } else { "rise" };
            let share = main.map_or(0.0, |m| m.1 / c.total);
            if share >= 1.0 {
                format!("The {side} of {} was all {name}, as far as two codes show", s.year)
            } else {
                format!(
                    "The {side} of {} was {} {name}, as far as two codes show",
                    s.year,
                    percent(share, 0)
                )
            }
        },
    );
    Split {
        heading: Heading::new(id, title)
            .unit("change of the value of HS 280530 and 284690 on the year before, USD m; price is unit value within each code, mix is between the two")
            .source("UN Comtrade; own split, Montgomery decomposition with logarithmic means")
            .vintage("2024"),
        parts: vec!["quantity".into(), "mix".into(), "price".into()],
        bars: explanation
            .by_product
            .iter()
            .map(|s| Bar {
                label: s.year.to_string(),
                parts: vec![s.change.quantity, s.change.mix, s.change.price],
                total: s.change.total,
            })
            .collect(),
        unit: "USD m".into(),
    }
    .draw()
    .map_err(|e| chart_fault(id, &e))
}

fn split_table(explanation: &Explanation) -> Table {
    Table {
        id: "value-splits".into(),
        caption: "Printed changes on a year before and what they imply".into(),
        columns: vec![
            Column::text("window"),
            Column::number("value", "%"),
            Column::number("tonnage", "%"),
            Column::number("unit value", "%, derived"),
            Column::number("of which tonnage", "log points"),
            Column::number("of which unit value", "log points"),
        ],
        rows: explanation
            .paradox
            .iter()
            .map(|w| {
                let from = w.to.plus(1 - i64::from(w.months));
                vec![
                    Cell::text(span_of(from, w.to)),
                    Cell::signed(w.value_percent, 1),
                    Cell::signed(w.tonnage_percent, 1),
                    Cell::signed(w.unit_value_percent, 1),
                    Cell::signed(w.tonnage_log_points, 1),
                    Cell::signed(w.unit_value_log_points, 1),
                ]
            })
            .collect(),
        notes: vec!["Changes as printed by customs or wire services; parts of the log change add up exactly.".into()],
        source: "GACC".into(),
    }
}

/// A variable without the sign of its difference, so that both fits share a row.
fn undifferenced(name: &str) -> &str {
    name.trim_start_matches('Δ')
}

/// Fits beside each other: coefficient with stars, HAC standard error below it.
pub(super) fn fits_table(id: &str, caption: &str, fits: &[(&str, &OlsFit)]) -> Table {
    let mut names: Vec<String> = Vec::new();
    for (_, fit) in fits {
        for name in fit.names().iter().map(|n| undifferenced(n)) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    let mut columns = vec![Column::text("")];
    columns.extend(fits.iter().map(|(name, _)| Column::number(*name, "")));
    let mut rows = Vec::new();
    for name in &names {
        let at = |fit: &OlsFit| fit.names().iter().position(|n| undifferenced(n) == name);
        let row = |shown: &dyn Fn(&OlsFit, usize) -> Cell, label: &str| {
            let mut cells = vec![Cell::text(label)];
            cells.extend(
                fits.iter().map(|(_, fit)| at(fit).map_or_else(|| "".into(), |i| shown(fit, i))),
            );
            cells
        };
        rows.push(row(
            &|fit, i| {
                let p = fit.p_values()[i];
                let stars = if p < 0.01 {
                    "***"
                } else if p < 0.05 {
                    "**"
                } else if p < 0.1 {
                    "*"
                } else {
                    ""
                };
                let value = fit.coefficients()[i];
                Cell { text: format!("{}{stars}", fixed(value, 3)), value: Some(value) }
            },
            name,
        ));
        rows.push(row(
            &|fit, i| {
                let se = fit.standard_errors()[i];
                Cell { text: format!("({})", fixed(se, 3)), value: Some(se) }
            },
            "",
        ));
    }
    let mut summary = |label: &str, shown: &dyn Fn(&OlsFit) -> Cell| {
        let mut cells = vec![Cell::text(label)];
        cells.extend(fits.iter().map(|(_, fit)| shown(fit)));
        rows.push(cells);
    };
    summary("n", &|fit| Cell::fixed(fit.n() as f64, 0));
    summary("R²", &|fit| Cell::fixed(fit.r_squared(), 3));
    summary("Durbin–Watson", &|fit| Cell::fixed(fit.report().diagnostics.durbin_watson, 2));
    let sample = fits.first().map(|(_, fit)| fit.report());
    Table {
        id: id.to_owned(),
        caption: caption.to_owned(),
        columns,
        rows,
        notes: sample.map_or_else(Vec::new, |s| {
            vec![
                format!(
                    "Dependent variable: {}, {} to {}. Standard errors in parentheses: {}.",
                    s.dependent, s.sample.from, s.sample.to, s.covariance
                ),
                "In first differences every variable is differenced; L1 to L3 are lags in months."
                    .into(),
                "*** p < .01, ** p < .05, * p < .1.".into(),
            ]
        }),
        source: "UN Comtrade; oxide price, grade B-; own estimate".into(),
    }
}
