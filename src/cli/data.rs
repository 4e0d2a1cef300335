//! `monazite data …`: what is bundled, and whether a file can be read.

use std::path::PathBuf;

use clap::Subcommand;

use super::columns::Columns;
use super::{Failure, Terminal};
use crate::data::{Catalogue, ReadOptions, check, claims};

/// Look at the bundled data.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every bundled series: id, what, unit, from–to, observations, source.
    #[command(after_help = "Example: monazite data list")]
    List,
    /// The figures of one series with status, grade, source and note, or a table, as CSV.
    #[command(after_help = "Example: monazite data show re-exports-volume")]
    Show {
        /// Series or table, as `data list` prints it.
        id: String,
    },
    /// Read a long CSV (`unique_id,ds,y[,span][,unit][,status]`) and name every problem in it.
    #[command(after_help = "Example: monazite data check mine.csv")]
    Check {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
    /// The claims this project starts from, recomputed from the bundled data.
    #[command(after_help = "Example: monazite data claims --json")]
    Claims,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        match self.command {
            Command::List => list(terminal),
            Command::Show { id } => show(&id, terminal),
            Command::Check { file } => check_file(&file, terminal),
            Command::Claims => ledger(terminal),
        }
    }
}

fn list(terminal: &mut Terminal) -> Result<(), Failure> {
    let catalogue = Catalogue::bundled()?;
    let entries = catalogue.entries()?;
    if terminal.json() {
        return Ok(terminal.print_json(&entries)?);
    }
    let mut columns =
        Columns::new(&["id", "what", "unit", "from", "to", ">obs", "grade", "source"]);
    for e in entries {
        columns.push(vec![
            e.id,
            e.title,
            e.unit.to_string(),
            e.from.to_string(),
            e.to.to_string(),
            e.observations.to_string(),
            e.grade,
            e.source,
        ]);
    }
    terminal.print(&columns.render())?;
    let tables: Vec<&str> = catalogue.tables().collect();
    terminal.print("\nTables, printed by `monazite data show NAME`:\n")?;
    for name in tables {
        terminal.print(&format!("  {name}\n"))?;
    }
    Ok(())
}

fn show(id: &str, terminal: &mut Terminal) -> Result<(), Failure> {
    let catalogue = Catalogue::bundled()?;
    if !terminal.json() && !catalogue.ids().any(|known| known == id) {
        return Ok(terminal.print(catalogue.table_text(id)?)?);
    }
    let figures = catalogue.figures(id)?;
    if terminal.json() {
        return Ok(terminal.print_json(&figures)?);
    }
    Ok(terminal.print(&crate::output::csv_text(&figures)?)?)
}

fn check_file(file: &std::path::Path, terminal: &mut Terminal) -> Result<(), Failure> {
    let checked = check(file, &ReadOptions::default());
    if checked.has_errors() {
        return Err(checked.findings.into());
    }
    checked.findings.iter().for_each(|finding| terminal.warn(finding));
    if terminal.json() {
        let objects: Vec<_> = checked
            .series
            .iter()
            .map(|series| {
                serde_json::json!({
                    "unique_id": series.id(),
                    "unit": series.unit(),
                    "from": series.first_period(),
                    "to": series.last_period(),
                    "figures": series.observations().len(),
                })
            })
            .collect();
        return Ok(terminal.print_json(&objects)?);
    }
    let mut columns = Columns::new(&[
        "series",
        "unit",
        "from",
        "to",
        ">figures",
        ">spans",
        ">periods without a figure",
    ]);
    for series in &checked.series {
        let observations = series.observations();
        let covered: usize = observations.iter().map(|o| o.span as usize).sum();
        columns.push(vec![
            series.id().to_owned(),
            series.unit().to_string(),
            series.first_period().to_string(),
            series.last_period().to_string(),
            observations.len().to_string(),
            observations.iter().filter(|o| o.span > 1).count().to_string(),
            (series.n_periods() - covered).to_string(),
        ]);
    }
    Ok(terminal.print(&columns.render())?)
}

fn ledger(terminal: &mut Terminal) -> Result<(), Failure> {
    let claims = claims()?;
    if terminal.json() {
        return Ok(terminal.print_json(&claims)?);
    }
    for c in &claims {
        let figure = c.figure.map_or_else(|| "no figure".to_owned(), |f| format!("{f} {}", c.unit));
        let text = format!(
            "{:<3} {}\n    claimed {}, found {figure}: {}\n    {}\n    source: {}\n\n",
            c.id, c.statement, c.claimed, c.verdict, c.reason, c.source
        );
        terminal.print(&text)?;
    }
    Ok(())
}
