//! `monazite init DIR`.

use std::path::PathBuf;

use super::{Failure, Terminal};
use crate::diagnostic::Diagnostic;
use crate::output::write_file;
use crate::study::spec::BUNDLED;

/// Write a study to start from: DIR/study.toml with every key and its default.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: monazite init my-study && monazite report my-study -o out")]
pub(super) struct Args {
    /// Folder of the study; created if it is not there.
    dir: PathBuf,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let file = self.dir.join("study.toml");
        if file.exists() {
            return Err(Diagnostic::error("I003", format!("{} is already there", file.display()))
                .help("name another folder, or edit the one you have")
                .into());
        }
        std::fs::create_dir_all(&self.dir).map_err(|e| {
            Diagnostic::error("I002", format!("cannot create {}: {e}", self.dir.display()))
                .help("name a folder you may write to")
        })?;
        write_file(&file, BUNDLED.as_bytes())?;
        terminal.say(&format!(
            "wrote {}; run it with `monazite report {}`",
            file.display(),
            self.dir.display()
        ));
        Ok(())
    }
}
