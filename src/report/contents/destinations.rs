//! Where exports go: shares of destinations in value, two years side by side.

use super::chart_fault;
use crate::chart::number::fixed;
use crate::chart::{Figure, Heading, ShareRow, Shares};
use crate::data::{DestinationRow, table};
use crate::diagnostic::Diagnostic;

/// Destinations shown; the rest is one bar.
const SHOWN: usize = 8;
/// Rare-earth metals and compounds.
const CODES: [&str; 2] = ["280530", "284690"];
/// The row of the table that holds the sum of all.
const TOTAL: &str = "World";
/// The year compared with.
const BEFORE: i32 = 2019;

/// Shares of destinations in the tonnage of metals and compounds, the last year against five years before.
///
/// # Errors
/// `D041`, `C001`.
pub(super) fn figure() -> Result<Figure, Diagnostic> {
    let rows = table::<DestinationRow>()?;
    let last = rows.iter().map(|r| r.year).max().unwrap_or(BEFORE);
    let tonnes = |year: i32, destination: &str| -> f64 {
        rows.iter()
            .filter(|r| r.year == year && CODES.contains(&r.hs6.as_str()))
            .filter(|r| r.destination == destination)
            .map(|r| r.quantity)
            .filter(|q| q.is_finite())
            .sum()
    };
    let share = |year: i32, d: &str| 100.0 * tonnes(year, d) / tonnes(year, TOTAL);
    let mut names: Vec<&str> = Vec::new();
    for r in rows.iter().filter(|r| r.year == last && CODES.contains(&r.hs6.as_str())) {
        if r.destination != TOTAL && !names.contains(&r.destination.as_str()) {
            names.push(&r.destination);
        }
    }
    names.sort_by(|a, b| share(last, b).total_cmp(&share(last, a)).then(a.cmp(b)));
    names.truncate(SHOWN);
    let mut bars: Vec<ShareRow> = names
        .iter()
        .map(|d| ShareRow {
            label: plain(d).replace("the ", ""),
            values: vec![share(last, d), share(BEFORE, d)],
        })
        .collect();
    let rest = |at: usize| 100.0 - bars.iter().map(|b| b.values[at]).sum::<f64>();
    let others = vec![rest(0).max(0.0), rest(1).max(0.0)];
    let leaders: f64 = bars.iter().take(3).map(|b| b.values[0]).sum();
    let first: Vec<String> = names.iter().take(3).map(|d| plain(d)).collect();
    bars.push(ShareRow { label: "all others".into(), values: others });
    let id = "destinations";
    Shares {
        heading: Heading::new(
            id,
            format!(
                "{} took {} % of rare-earth exports in {last}",
                super::words::list(&first),
                fixed(leaders, 0)
            ),
        )
        .unit(
            "share in the tonnage of rare-earth metals and compounds (HS 280530, 284690), per cent",
        )
        .source("UN Comtrade (WITS)")
        .vintage(last.to_string()),
        groups: vec![last.to_string(), BEFORE.to_string()],
        rows: bars,
        unit: "%".into(),
    }
    .draw()
    .map_err(|e| chart_fault(id, &e))
}

/// A destination as a reader knows it.
fn plain(name: &str) -> String {
    match name {
        "Other Asia, nes" => "Taiwan".into(),
        "United States" => "the United States".into(),
        "Netherlands" => "the Netherlands".into(),
        "Korea, Rep." => "South Korea".into(),
        "Russian Federation" => "Russia".into(),
        other => other.to_owned(),
    }
}
