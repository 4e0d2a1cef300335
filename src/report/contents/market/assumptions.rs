//! What the market rests on: parameters with their origins, the licence queue against the months it was fitted to.

use crate::chart::number::fixed;
use crate::chart::{Figure, Heading, PathLine, Paths};
use crate::diagnostic::Diagnostic;
use crate::report::contents::chart_fault;
use crate::report::contents::words::month_name;
use crate::report::{Block, Cell, Column, Section, Table};
use crate::study::licences::{FittedMonth, LicenceFit};
use crate::study::run::Results;

/// The section on parameters.
pub(in crate::report::contents) fn section(results: &Results) -> Result<Section, Diagnostic> {
    let rows = results.calibration.rows();
    let count = |name: &str| rows.iter().filter(|r| origin(r) == name).count();
    let text = format!(
        "The market has {} parameters: {} estimated or solved from data, {} from the literature, {} assumed, each with a \
         range (parameters.json). {} {} are not pinned by any moment of the data.",
        rows.len(),
        count("estimated"),
        count("literature"),
        count("assumed"),
        rows.iter().filter(|r| r.pinned_by.starts_with("not identified")).count(),
        "of them",
    );
    let mut blocks = vec![Block::Text(text)];
    if let Some(fit) = results.calibration.licences() {
        blocks.push(queue_chart(fit)?.into());
        blocks.push(Block::Note(fit.note()));
    }
    blocks.push(parameter_table(results).into());
    blocks.push(Block::List(results.calibration.notes().to_vec()));
    Ok(Section { heading: "Assumptions and their origins".into(), blocks })
}

fn origin(row: &crate::study::calibrate::ParameterRow) -> String {
    format!("{:?}", row.origin).to_lowercase()
}

/// The licence queue against the nine months of magnets it was fitted to.
fn queue_chart(fit: &LicenceFit) -> Result<Figure, Diagnostic> {
    let id = "licence-queue";
    let line = |name: &str, value: &dyn Fn(&FittedMonth) -> f64| PathLine {
        name: name.to_owned(),
        points: fit.months.iter().map(|m| (m.month, value(m))).collect(),
    };
    let n = fit.months.len();
    Paths {
        heading: Heading::new(
            id,
            format!(
                "A queue of licences reproduces {n} months of magnet exports within {} t (root mean square)",
                fixed(fit.rmse, 0)
            ),
        )
        .unit("rare-earth magnets, t a month")
        .source("GACC; own fit")
        .vintage(fit.months.last().map_or_else(String::new, |m| month_name(m.month)))
        .caption(format!(
            "{} parameters with priors against {n} observations: a description, not a test.",
            fit.parameters.len()
        )),
        lines: vec![line("observed", &|m| m.observed), line("queue", &|m| m.fitted)],
        band: Vec::new(),
        events: Vec::new(),
        unit: "t".into(),
        log: false,
        ..Paths::default()
    }
    .draw()
    .map_err(|e| chart_fault(id, &e))
}

/// Parameters a reader will ask for; the rest is in parameters.json.
const SHOWN: [&str; 11] = [
    "base_price",
    "start_price",
    "base_theta",
    "discount",
    "demand.elasticity",
    "demand.adjustment",
    "demand.level",
    "disturbance",
    "licences.processed.hazard",
    "licences.processed.withdrawal",
    "futures",
];

fn parameter_table(results: &Results) -> Table {
    let rows = results
        .calibration
        .rows()
        .iter()
        .filter(|r| SHOWN.iter().any(|head| r.name.starts_with(head)))
        .map(|r| {
            vec![
                Cell::text(&r.name),
                Cell::significant(r.value, 3),
                Cell::text(format!(
                    "{} – {}",
                    crate::chart::number::significant(r.low, 3),
                    crate::chart::number::significant(r.high, 3)
                )),
                Cell::text(&r.unit),
                Cell::text(origin(r)),
                Cell::text(if r.pinned_by.starts_with("not identified") {
                    format!("{} (not identified)", r.source)
                } else {
                    r.source.clone()
                }),
            ]
        })
        .collect();
    Table {
        id: "parameters".into(),
        caption: "Main parameters".into(),
        columns: vec![
            Column::text("parameter"),
            Column::number("value", ""),
            Column::number("range", ""),
            Column::text("unit"),
            Column::text("origin"),
            Column::text("from"),
        ],
        rows,
        notes: vec!["All of them, with what pins each: parameters.json.".into()],
        source: String::new(),
    }
}
