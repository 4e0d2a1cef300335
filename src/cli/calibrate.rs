//! `monazite calibrate [STUDY]`: parameters of the market with their origins, and what pins each of them.

use std::path::PathBuf;

use super::columns::Columns;
use super::study_input::read_study;
use super::{Failure, Terminal};
use crate::chart::number::significant;
use crate::output::{RunFolder, csv_text, json_bytes};
use crate::study::calibrate::ParameterRow;
use crate::study::manifest::{manifest, resolved};
use crate::study::simulate::MarketBasis;

/// Calibrate the market: every parameter with its range, unit and origin, and the moment that pins it or "not identified".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "2024 is made an equilibrium, then the market is anchored to the last prices observed.\n\
    Example: monazite calibrate --format table | less"
)]
pub(super) struct Args {
    /// Folder or file of a study (`monazite init DIR` writes one); the bundled study if not given.
    study: Option<PathBuf>,
    /// Form of what is printed.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write parameters.json, identification.csv and a manifest into this folder instead.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print what the moments of the Nd price say of demand's disturbances and the cost of storage instead (simulated
    /// method of moments; about a minute).
    #[arg(long, conflicts_with_all = ["output", "format"])]
    moments: bool,
    /// Seed of the activity that the market is anchored on, in place of the study's.
    #[arg(long)]
    seed: Option<u64>,
    /// Write into a folder that holds other files; they are not touched.
    #[arg(long)]
    force: bool,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Every parameter as CSV.
    Csv,
    /// Value, range, origin and what pins it, aligned for reading.
    Table,
}

/// A row of identification.csv.
#[derive(Debug, serde::Serialize)]
struct Identification<'a> {
    name: &'a str,
    value: f64,
    low: f64,
    high: f64,
    se: Option<f64>,
    unit: &'a str,
    origin: monazite_physical::OriginKind,
    pinned_by: &'a str,
    source: &'a str,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        if let Some(root) = &self.output {
            RunFolder::check(root, self.force)?;
        }
        let study = read_study(self.study.as_deref(), self.seed)?;
        let basis = MarketBasis::prepare(&study, None)?;
        let calibration = basis.calibration();
        if self.moments {
            terminal.say("searching: the storage equilibrium is solved at every point");
            return print_moments(&basis, terminal);
        }
        let rows = calibration.rows();
        for note in calibration.notes() {
            terminal.say(&format!("note: {note}"));
        }
        if let Some(root) = &self.output {
            let mut folder = RunFolder::open(root, self.force)?;
            folder.write("parameters.json", &json_bytes(&rows)?)?;
            folder.write("identification.csv", identification(&rows)?.as_bytes())?;
            let place = folder.finish(manifest("calibrate", &study, resolved(&study)?))?;
            terminal.say(&format!("wrote {}", place.join("parameters.json").display()));
            return Ok(());
        }
        if terminal.json() {
            return Ok(terminal.print_json(&rows)?);
        }
        let text = match self.format {
            Format::Csv => identification(&rows)?,
            Format::Table => table(&rows),
        };
        Ok(terminal.print(&text)?)
    }
}

/// What the four moments of the Nd price ask of the market of storers, and what they are in the whole market.
fn print_moments(basis: &MarketBasis, terminal: &mut Terminal) -> Result<(), Failure> {
    let storers = basis.calibration().price_moments()?;
    let market = basis.market_moments()?;
    if terminal.json() {
        let both = serde_json::json!({ "storers": storers, "market": market });
        return Ok(terminal.print_json(&both)?);
    }
    Ok(terminal.print(&format!("{storers}\n{market}"))?)
}

fn identification(rows: &[ParameterRow]) -> Result<String, crate::diagnostic::Diagnostic> {
    let all: Vec<Identification<'_>> = rows.iter().map(Identification::of).collect();
    csv_text(&all)
}

impl<'a> Identification<'a> {
    fn of(r: &'a ParameterRow) -> Self {
        Self {
            name: &r.name,
            value: r.value,
            low: r.low,
            high: r.high,
            se: r.se,
            unit: &r.unit,
            origin: r.origin,
            pinned_by: &r.pinned_by,
            source: &r.source,
        }
    }
}

fn table(rows: &[ParameterRow]) -> String {
    let mut columns =
        Columns::new(&["parameter", ">value", ">low", ">high", "unit", "origin", "pinned by"]);
    for r in rows {
        columns.push(vec![
            r.name.clone(),
            significant(r.value, 4),
            significant(r.low, 4),
            significant(r.high, 4),
            r.unit.clone(),
            format!("{:?}", r.origin).to_lowercase(),
            r.pinned_by.clone(),
        ]);
    }
    columns.render()
}
