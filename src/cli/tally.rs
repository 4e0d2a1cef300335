//! How many series were forecast and which failed, and how a run over them ends.

use std::path::Path;

use super::Failure;
use super::sink::{Done, Sink};
use crate::diagnostic::Diagnostic;
use crate::output::GrowingFile;

/// What became of a series.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) done: Vec<Done>,
    /// Lines for the file of models.
    pub(super) saved: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) failures: Vec<Diagnostic>,
}

/// How many series were forecast and which failed.
#[derive(Debug)]
pub(super) struct Tally {
    failures: Vec<Diagnostic>,
    n_failed: usize,
    /// The file of fitted models.
    models: Option<GrowingFile>,
}

/// Failures that are kept for the end, when nothing could be forecast.
const KEPT: usize = 20;

impl Tally {
    pub(super) fn saving(path: Option<&Path>) -> Result<Self, Diagnostic> {
        let models = path.map(GrowingFile::create).transpose()?;
        Ok(Self { failures: Vec::new(), n_failed: 0, models })
    }

    /// Writes what was forecast and says what was not.
    pub(super) fn take(&mut self, sink: &mut Sink<'_>, outcome: Outcome) -> Result<(), Failure> {
        for note in &outcome.notes {
            sink.terminal().say(note);
        }
        for done in &outcome.done {
            sink.push(done)?;
        }
        if let Some(models) = &mut self.models {
            for line in &outcome.saved {
                models.write(line.as_bytes())?;
            }
        }
        for failure in outcome.failures {
            self.fail(failure);
        }
        Ok(())
    }

    pub(super) fn fail(&mut self, failure: Diagnostic) {
        self.n_failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push(failure);
        }
    }

    pub(super) fn close(mut self, sink: Sink<'_>, strict: bool) -> Result<(), Failure> {
        if self.n_failed > KEPT {
            let more = format!("{} more failures are not listed", self.n_failed - KEPT);
            let code = self.failures[0].code;
            self.failures.push(Diagnostic::note(code, more));
        }
        if sink.n_written() == 0 && self.n_failed > 0 {
            return Err(Failure { diagnostics: self.failures, strict: false });
        }
        if strict && self.n_failed > 0 {
            sink.abandon()?;
            return Err(Failure { diagnostics: self.failures, strict: true });
        }
        for failure in &self.failures {
            sink.terminal().warn(failure);
        }
        if let Some(models) = self.models.take() {
            models.finish()?;
        }
        Ok(sink.finish()?)
    }
}
