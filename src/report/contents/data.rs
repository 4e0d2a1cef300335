//! What the report rests on: series with vintage and grade, claims recomputed.

use crate::chart::number::significant;
use crate::data::{Claim, Entry, Verdict};
use crate::report::{Block, Cell, Column, Section, Table};

/// The section on data quality.
pub(super) fn section(entries: &[Entry]) -> Section {
    let rows = entries
        .iter()
        .map(|e| {
            vec![
                Cell::text(&e.id),
                Cell::text(&e.title),
                Cell::text(e.unit.to_string()),
                Cell::text(format!("{} – {}", e.from, e.to)),
                Cell::fixed(e.observations as f64, 0),
                Cell::text(&e.grade),
                Cell::text(&e.source),
            ]
        })
        .collect();
    let table = Table {
        id: "data".into(),
        caption: "Series this report uses".into(),
        columns: vec![
            Column::text("id"),
            Column::text("what"),
            Column::text("unit"),
            Column::text("from – to"),
            Column::number("figures", ""),
            Column::text("grade"),
            Column::text("publisher"),
        ],
        rows,
        notes: vec![
            "Grade: A official or official by wire; B compilation or several agreeing pages; C single secondary page; D doubtful. A figure of several months counts once.".into(),
            "monazite data show ID prints every figure with its status, source and note.".into(),
        ],
        source: String::new(),
    };
    Section {
        heading: "Data quality".into(),
        blocks: vec![
            Block::Text(
                "Figures are bundled with the program, each with unit, source, status and grade; nothing is interpolated. \
                 January and February are one figure from 2022 on and enter the models as a sum. Bundled data end where the \
                 table says."
                    .into(),
            ),
            table.into(),
        ],
    }
}

/// The claims this project starts from, checked.
pub(super) fn claims(claims: &[Claim]) -> Section {
    let count = |v: Verdict| claims.iter().filter(|c| c.verdict == v).count();
    let text = format!(
        "Of {} statements of the article this project starts from, {} are confirmed by the bundled figures, {} partly, {} \
         contradicted, {} not confirmed and {} cannot be tested with them.",
        claims.len(),
        count(Verdict::Confirmed),
        count(Verdict::Partly),
        count(Verdict::Contradicted),
        count(Verdict::NotConfirmed),
        count(Verdict::NotTestable),
    );
    let rows = claims
        .iter()
        .map(|c| {
            let figure = c.figure.map_or_else(
                || Cell::text("–"),
                |f| Cell { text: format!("{} {}", significant(f, 3), c.unit), value: Some(f) },
            );
            vec![
                Cell::text(&c.id),
                Cell::text(&c.statement),
                Cell::text(&c.claimed),
                figure,
                Cell::text(c.verdict.to_string()),
                Cell::text(&c.reason),
            ]
        })
        .collect();
    let table = Table {
        id: "claims".into(),
        caption: "Claims, recomputed".into(),
        columns: vec![
            Column::text(""),
            Column::text("statement"),
            Column::text("claimed"),
            Column::number("found", ""),
            Column::text("verdict"),
            Column::text("why"),
        ],
        rows,
        notes: vec!["monazite data claims prints sources too.".into()],
        source: String::new(),
    };
    Section { heading: "Claims checked".into(), blocks: vec![Block::Text(text), table.into()] }
}
