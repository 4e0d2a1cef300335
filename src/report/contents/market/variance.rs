//! How much of a band of simulated prices and exports is what: shares of variance by source.

use monazite_physical::{Basket, Output};

use crate::chart::number::fixed;
use crate::report::contents::words::{list, months};
use crate::report::{Block, Cell, Column, Section, Table};
use crate::study::run::Results;
use crate::study::uncertainty::{Decomposition, Source, VarianceShare};

/// The section on sources of uncertainty.
pub(in crate::report::contents) fn section(results: &Results) -> Section {
    let variance = &results.variance;
    Section {
        heading: "How much of a band is what".into(),
        blocks: vec![
            Block::Text(statement(variance)),
            table(variance).into(),
            Block::Note(
                "Bands elsewhere in this report hold parameters fixed. Here every figure and assumption that the calibration starts \
                 from is drawn within its range on each path (assumed and published ones uniform, estimates normal), the market is \
                 calibrated again, and one source at a time is replaced by another draw of it (Sobol indices by pick and freeze; \
                 Jansen 1999, Saltelli et al. 2010). A total is the share of variance that would be left if everything else were \
                 known; totals add up to more than 100 % where sources act together. Draws under which the base year is no \
                 equilibrium are left out. In brackets: standard errors, jackknife over pairs of paths."
                    .into(),
            ),
        ],
    }
}

/// The share of a source at a horizon.
fn share(
    variance: &Decomposition,
    output: Output,
    n_months: usize,
    source: Option<Source>,
) -> Option<&VarianceShare> {
    let variable = output.to_string();
    let same =
        |s: &&VarianceShare| s.variable == variable && s.months == n_months && s.source == source;
    variance.shares.iter().find(same)
}

/// What matters most for the price of `NdPr` and for exports at the longest horizon.
fn statement(variance: &Decomposition) -> String {
    let Some(longest) = variance.shares.iter().map(|s| s.months).max() else {
        return "The simulation is too short for its variance to be taken apart.".into();
    };
    let first = |output: Output| {
        let all = Source::ALL.into_iter().filter_map(|source| {
            let found = share(variance, output, longest, Some(source))?;
            Some((source, found.total.filter(|t| t.is_finite())?, found.deviation))
        });
        all.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let one = |name: &str, output: Output| {
        first(output).map(|(source, total, deviation)| {
            format!(
                "{name} (standard deviation of the logarithm {}) it is {source}, with {} % of the variance",
                fixed(deviation, 2),
                fixed(100.0 * total, 0)
            )
        })
    };
    let parts: Vec<String> = [
        one("for the price of Nd–Pr in China", Output::Price(Basket::NdPr)),
        one("for exports", Output::Exports(None, None)),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!(
        "What makes the baseline most uncertain after {}: {}. {} pairs of paths.",
        months(longest),
        list(&parts),
        variance.n_pairs
    )
}

fn table(variance: &Decomposition) -> Table {
    let shown =
        [("Nd–Pr in China", Output::Price(Basket::NdPr)), ("exports", Output::Exports(None, None))];
    let mut horizons: Vec<usize> = variance.shares.iter().map(|s| s.months).collect();
    horizons.sort_unstable();
    horizons.dedup();
    let mut columns = vec![Column::text("source")];
    for (name, _) in shown {
        columns.extend(horizons.iter().map(|h| Column::number(name, format!("{}, %", months(*h)))));
    }
    let cell = |value: Option<f64>, error: Option<f64>| match (value, error) {
        (Some(v), Some(e)) if v.is_finite() => Cell {
            text: format!("{} ({})", fixed(100.0 * v, 0), fixed(100.0 * e, 0)),
            value: Some(100.0 * v),
        },
        _ => Cell::text("–"),
    };
    let row = |label: String, source: Option<Source>| {
        let mut cells = vec![Cell::text(label)];
        for (_, output) in shown {
            cells.extend(horizons.iter().map(|&h| match share(variance, output, h, source) {
                Some(s) if source.is_some() => cell(s.total, s.total_se),
                Some(s) => cell(Some(s.alone), Some(s.alone_se)),
                None => Cell::text("–"),
            }));
        }
        cells
    };
    let mut rows: Vec<Vec<Cell>> =
        Source::ALL.into_iter().map(|source| row(source.to_string(), Some(source))).collect();
    rows.push(row("interactions: what no source makes alone".into(), None));
    let mut deviations = vec![Cell::text("standard deviation of the logarithm")];
    for (_, output) in shown {
        deviations.extend(horizons.iter().map(|&h| {
            share(variance, output, h, None)
                .map_or_else(|| Cell::text("–"), |s| Cell::fixed(s.deviation, 3))
        }));
    }
    rows.push(deviations);
    let left_out: Vec<String> = variance
        .n_left_out
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(source, n)| format!("{source} {n}"))
        .collect();
    let mut notes = vec![
        "Total effect of each source on the variance of the logarithm, per cent; other prices and value: `monazite simulate --parameter-uncertainty -o DIR`, variance.csv.".to_owned(),
    ];
    if !left_out.is_empty() {
        notes.push(format!(
            "Mixes that cannot be calibrated, left out of {} pairs: {}.",
            variance.n_pairs,
            list(&left_out)
        ));
    }
    Table {
        id: "variance".into(),
        caption: "Shares of variance by source, baseline".into(),
        columns,
        rows,
        notes,
        source: String::new(),
    }
}
