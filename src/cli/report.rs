//! `monazite report [STUDY]`: the main job.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::{Failure, Terminal};
use crate::output::{PROGRAM, RunFolder};
use crate::report::write_report;
use crate::study::run::run;
use crate::study::spec::Study;

/// Forecast, explain, simulate and measure; write report.html, charts, tables and a manifest.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: monazite report -o out && open out/report.html")]
pub(super) struct Args {
    /// Folder or file of a study (`monazite init DIR` writes one); the bundled study if not given.
    study: Option<PathBuf>,
    /// Folder the results go to.
    #[arg(short, long, default_value = "out", value_name = "DIR")]
    output: PathBuf,
    /// Seed of every random draw, in place of the study's.
    #[arg(long)]
    seed: Option<u64>,
    /// Write into a folder that holds other files; they are not touched.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let mut study = match &self.study {
            Some(path) => Study::read(path)?,
            None => Study::bundled()?,
        };
        if let Some(seed) = self.seed {
            study.spec.seed = seed;
        }
        // A folder that cannot be used is refused before the work, not after it.
        RunFolder::check(&self.output, self.force)?;
        let start = Instant::now();
        let results = run(&study, &|phase| {
            terminal.say(&format!("{:>6.1} s  {phase}", start.elapsed().as_secs_f64()));
        })?;
        terminal.say(&format!("{:>6.1} s  writing", start.elapsed().as_secs_f64()));
        let about = json!({
            "program": PROGRAM,
            "threads": rayon::current_num_threads(),
            "wall_s": start.elapsed().as_secs_f64(),
            "study": self.study.as_ref().map(|p| p.display().to_string()),
            "output": self.output.display().to_string(),
        });
        let folder = write_report(&study, &results, &self.output, self.force, &about, &|text| {
            terminal.say(text);
        })?;
        terminal.say(&format!(
            "{:>6.1} s  wrote {}",
            start.elapsed().as_secs_f64(),
            folder.join("report.html").display()
        ));
        Ok(())
    }
}
