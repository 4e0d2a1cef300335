//! `monazite data …`: what is bundled.

use clap::Subcommand;

use super::columns::Columns;
use super::{Failure, Terminal};
use crate::data::Catalogue;

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
    /// The figures of one series with status, grade, source and note, as CSV.
    #[command(after_help = "Example: monazite data show re-exports-volume")]
    Show {
        /// Identifier, as `data list` prints it.
        id: String,
    },
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        match self.command {
            Command::List => list(terminal),
            Command::Show { id } => show(&id, terminal),
        }
    }
}

fn list(terminal: &mut Terminal) -> Result<(), Failure> {
    let entries = Catalogue::bundled()?.entries()?;
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
    Ok(terminal.print(&columns.render())?)
}

fn show(id: &str, terminal: &mut Terminal) -> Result<(), Failure> {
    let figures = Catalogue::bundled()?.figures(id)?;
    if terminal.json() {
        return Ok(terminal.print_json(&figures)?);
    }
    Ok(terminal.print(&crate::output::csv_text(&figures)?)?)
}
