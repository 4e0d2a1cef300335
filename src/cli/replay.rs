//! `monazite replay`: the forecast of April to December 2025 that the simulator would have made, and its scores.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::study_input::progress_of;
use super::{Failure, Terminal};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::output::{PROGRAM, RunFolder, csv_text, json_bytes};
use crate::study::manifest::manifest;
use crate::study::replay::{PRIORS, Replay, Size, figures, mean_json, n_steps, page, replay};
use crate::study::spec::Study;

/// Most paths and queues, against a slip of the finger.
const MOST_PATHS: usize = 100_000;
const MOST_QUEUES: u32 = 4096;

/// Replay 2025: forecasts from data to March given the dates of policy (A), with the queue fitted on April to June (B), scored.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Scores are CRPS and forecast percentiles against no change, no control and auto; June and July are taken apart by channel.\n\
    Example: monazite replay -o replay-2025 --paths 512"
)]
pub(super) struct Args {
    /// Write replay-2025.md, scores.csv, channels, priors.json, charts and a manifest into this folder.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Monte Carlo paths of each replay: joint draws of activity, disturbances, parameters and queue.
    #[arg(long, value_name = "N", default_value_t = 512)]
    paths: usize,
    /// Queues tried on each path when B is fitted.
    #[arg(long, value_name = "N", default_value_t = 128)]
    queues: u32,
    /// Seed of every random draw.
    #[arg(long, default_value_t = 20250331)]
    seed: u64,
    /// Write into a folder that holds other files; they are not touched.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let size = self.size()?;
        if let Some(root) = &self.output {
            RunFolder::check(root, self.force)?;
        }
        let catalogue = Catalogue::bundled()?;
        let bar = progress_of(n_steps(size) as u64, "steps", terminal);
        let start = Instant::now();
        let found = replay(
            &catalogue,
            (size, self.seed),
            &|what| terminal.say(&format!("{what} …")),
            &|done| bar.set_position(done as u64),
        )?;
        bar.finish_and_clear();
        let wall = start.elapsed();
        let Some(root) = &self.output else {
            if terminal.json() {
                terminal.print_json(&mean_json(&found))?;
            } else {
                terminal.print(&page(&found))?;
            }
            return Ok(());
        };
        let mut folder = RunFolder::open(root, self.force)?;
        write(&mut folder, &found, terminal)?;
        folder.write_run(&json!({
            "program": PROGRAM,
            "threads": rayon::current_num_threads(),
            "wall_s": wall.as_secs_f64(),
        }))?;
        let mut study = Study::bundled()?;
        study.spec.seed = self.seed;
        let options = json!({ "paths": size.n_paths, "queues": size.n_queues });
        let root = folder.finish(manifest("replay", &study, options))?;
        terminal.say(&format!("wrote {}", root.join("replay-2025.md").display()));
        if terminal.json() {
            terminal.print_json(&mean_json(&found))?;
        }
        Ok(())
    }

    fn size(&self) -> Result<Size, Diagnostic> {
        if !(8..=MOST_PATHS).contains(&self.paths) {
            return Err(Diagnostic::error(
                "U001",
                format!("--paths {} is not possible", self.paths),
            )
            .help(format!("between 8 and {MOST_PATHS}; 512 is the default")));
        }
        if !(1..=MOST_QUEUES).contains(&self.queues) {
            return Err(Diagnostic::error(
                "U001",
                format!("--queues {} is not possible", self.queues),
            )
            .help(format!("between 1 and {MOST_QUEUES}; 128 is the default")));
        }
        Ok(Size { n_paths: self.paths, n_queues: self.queues })
    }
}

fn write(folder: &mut RunFolder, found: &Replay, terminal: &Terminal) -> Result<(), Diagnostic> {
    let charts = figures(found)?;
    folder.write("replay-2025.md", page(found).as_bytes())?;
    folder.write("scores.csv", csv_text(&found.scores)?.as_bytes())?;
    folder.write("mean-scores.csv", csv_text(&found.means)?.as_bytes())?;
    for (name, effects) in ["a", "b"].into_iter().zip(&found.channels) {
        folder.write(&format!("channels-{name}.csv"), csv_text(effects)?.as_bytes())?;
    }
    folder.write("priors.json", &json_bytes(&PRIORS)?)?;
    for figure in &charts {
        for warning in &figure.warnings {
            terminal.say(&format!("note: chart {}: {warning}", figure.id));
        }
        let name = |ending: &str| format!("images/{}.{ending}", figure.id);
        folder.write(&name("svg"), figure.svg.as_bytes())?;
        folder.write(&name("csv"), figure.csv.as_bytes())?;
        folder.write(&name("alt.txt"), figure.alt.as_bytes())?;
    }
    Ok(())
}
