//! The report of a study: which sections, charts, tables and sentences it has. Every number is computed from results.

mod data;
mod destinations;
mod explain;
mod market;
mod messages;
mod outlook;
mod records;
mod words;

use monazite_series::Period;

use super::{Block, Document, Section, Table};
use crate::chart::{ChartError, Event, Figure};
use crate::data::{PolicyEvent, table};
use crate::diagnostic::Diagnostic;
use crate::study::run::Results;

/// Events that charts mark.
type Events = Vec<Event>;

/// Dates of the policy table that charts mark, and the few words for each.
const MARKED: [(&str, &str); 4] = [
    ("2023-10-31", "reporting duty"),
    ("2025-04-04", "licences on seven elements and magnets"),
    ("2025-10-09", "wider controls"),
    ("2025-11-07", "suspended"),
];

/// The document of a study.
///
/// # Errors
/// `C001` if a chart cannot be drawn, `D041` if a bundled table is not as it should be.
pub fn document(results: &Results) -> Result<Document, Diagnostic> {
    let events = marked_events()?;
    let sections = vec![
        outlook::section(&results.forecasts, &results.january, &events)?,
        explain::section(&results.explanation)?,
        market::section(results)?,
        market::variance::section(results),
        market::assumptions::section(results)?,
        data::section(&results.entries),
        data::claims(&results.claims),
    ];
    Ok(Document {
        title: results.spec.title.clone(),
        subtitle: format!(
            "Forecasts to {}, market simulated to {}",
            words::month_name(results.spec.forecast.until),
            words::month_name(results.spec.simulate.until)
        ),
        vintage: results.vintage(),
        key_messages: messages::key_messages(results)?,
        sections,
        footer: format!(
            "monazite {}, seed {}. manifest.json lists every input and output with its SHA-256; the same program, inputs and \
             seed give the same bytes.",
            env!("CARGO_PKG_VERSION"),
            results.spec.seed
        ),
    })
}

impl Document {
    /// Every chart, in order.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.blocks().filter_map(|block| match block {
            Block::Figure(figure) => Some(figure.as_ref()),
            _ => None,
        })
    }

    /// Every table, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.sections.iter().flat_map(|section: &Section| &section.blocks)
    }
}

/// The vintage as headings print it.
fn vintage(month: Period) -> String {
    words::month_name(month)
}

/// What is marked, as far as the policy table has it.
fn marked_events() -> Result<Events, Diagnostic> {
    let known = table::<PolicyEvent>()?;
    Ok(MARKED
        .iter()
        .filter(|(date, _)| known.iter().any(|event| event.date == *date))
        .filter_map(|(date, label)| {
            let month = date.get(..7)?.parse().ok()?;
            Some(Event::new(month, *label))
        })
        .collect())
}

fn chart_fault(id: &str, e: &ChartError) -> Diagnostic {
    Diagnostic::error("C001", format!("chart `{id}`: {e}"))
        .help("this is a fault of the program or of a series with figures that cannot be drawn")
}
