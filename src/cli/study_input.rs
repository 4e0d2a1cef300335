//! What the commands on simulated worlds share: the study as typed, months, paths, a bar of progress.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::Terminal;
use crate::diagnostic::Diagnostic;
use crate::study::spec::Study;

/// Trading days in a month.
pub(super) const DAYS_A_MONTH: u64 = 21;
/// Most paths, against a slip of the finger.
const MOST_PATHS: u64 = 100_000_000;

/// Which study, how far, how often.
#[derive(Debug, clap::Args)]
pub(super) struct StudyArgs {
    /// Folder or file of a study (`monazite init DIR` writes one); the bundled study if not given.
    #[arg(long, value_name = "DIR")]
    study: Option<PathBuf>,
    /// Monte Carlo paths; the study's if not given.
    #[arg(long, value_name = "N")]
    paths: Option<u64>,
    /// Months from the study's first one; to its last one if not given.
    #[arg(long, value_name = "N")]
    months: Option<u64>,
    /// Seed of every random draw, in place of the study's.
    #[arg(long)]
    seed: Option<u64>,
}

impl StudyArgs {
    /// The study, with the seed asked for.
    pub(super) fn study(&self) -> Result<Study, Diagnostic> {
        read_study(self.study.as_deref(), self.seed)
    }

    /// Months asked for; `days` are trading days, of which a month has 21.
    pub(super) fn months(&self, days: Option<u64>) -> Result<Option<usize>, Diagnostic> {
        let (flag, found, most) = match (self.months, days) {
            (None, None) => return Ok(None),
            (Some(months), _) => ("--months", months, 240),
            (None, Some(days)) => ("--days", days, 240 * DAYS_A_MONTH),
        };
        let least = if flag == "--months" { 2 } else { DAYS_A_MONTH + 1 };
        if !(least..=most).contains(&found) {
            return Err(Diagnostic::error("U001", format!("{flag} {found} is not possible"))
                .help(format!("between {least} and {most}: two months at least, 240 at most")));
        }
        let per_month = if flag == "--months" { 1 } else { DAYS_A_MONTH };
        Ok(Some(found.div_ceil(per_month) as usize))
    }

    /// Paths asked for, `own` if none are.
    pub(super) fn paths(&self, own: usize) -> Result<u64, Diagnostic> {
        let paths = self.paths.unwrap_or(own as u64);
        if (2..=MOST_PATHS).contains(&paths) {
            return Ok(paths);
        }
        Err(Diagnostic::error("U001", format!("--paths {paths} is not possible"))
            .help(format!("between 2 and {MOST_PATHS}; {own} are the study's own")))
    }
}

/// The study at a place, or the bundled one.
pub(super) fn read_study(path: Option<&Path>, seed: Option<u64>) -> Result<Study, Diagnostic> {
    let mut study = match path {
        Some(path) => Study::read(path)?,
        None => Study::bundled()?,
    };
    if let Some(seed) = seed {
        study.spec.seed = seed;
    }
    Ok(study)
}

/// A bar on standard error with the time left, where that is a terminal.
pub(super) fn progress(n_paths: u64, terminal: &Terminal) -> ProgressBar {
    progress_of(n_paths, "paths", terminal)
}

/// The same for anything that is counted.
pub(super) fn progress_of(n: u64, what: &str, terminal: &Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    let template = format!("{{bar:40}} {{pos}} of {{len}} {what}, {{eta}} left");
    let style =
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(n).with_style(style)
}

/// Says how many draws of parameters were replaced.
pub(super) fn say_refused(n: u64, terminal: &Terminal) {
    if n > 0 {
        terminal.say(&format!(
            "note: {n} draws of parameters could not be anchored or run and were drawn again"
        ));
    }
}
