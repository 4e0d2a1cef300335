//! Where a command's words go: data to stdout, talk to stderr; a reader that has gone away is success.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::Failure;
use crate::diagnostic::Diagnostic;

/// Locked standard output and the settings that every command shares.
#[derive(Debug)]
pub struct Terminal {
    stdout: BufWriter<StdoutLock<'static>>,
    json: bool,
    quiet: bool,
    reader_left: bool,
}

impl Terminal {
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        Self { stdout: BufWriter::new(io::stdout().lock()), json, quiet, reader_left: false }
    }

    /// Whether `--json` was given.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Whether a bar of progress has someone to see it.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && !self.json && io::stderr().is_terminal()
    }

    /// Writes text to standard output.
    ///
    /// # Errors
    /// I002 if the output cannot be written; a closed pipe is not an error.
    pub fn print(&mut self, text: &str) -> Result<(), Diagnostic> {
        let written = self.stdout.write_all(text.as_bytes());
        self.settle(written)
    }

    /// Writes a value as JSON to standard output.
    ///
    /// # Errors
    /// I002.
    pub fn print_json(&mut self, value: &impl Serialize) -> Result<(), Diagnostic> {
        let bytes = crate::output::json_bytes(value)?;
        let written = self.stdout.write_all(&bytes);
        self.settle(written)
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// I002.
    pub fn flush(&mut self) -> Result<(), Diagnostic> {
        let written = self.stdout.flush();
        self.settle(written)
    }

    fn settle(&mut self, written: io::Result<()>) -> Result<(), Diagnostic> {
        match written {
            Ok(()) => Ok(()),
            Err(_) if self.reader_left => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_left = true;
                Ok(())
            }
            Err(e) => {
                Err(Diagnostic::error("I002", format!("cannot write to standard output: {e}"))
                    .help("name a file with -o FILE"))
            }
        }
    }

    /// A remark on standard error, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// A warning on standard error, unless `--quiet`.
    pub fn warn(&self, diagnostic: &Diagnostic) {
        if !self.quiet {
            self.show(diagnostic);
        }
    }

    fn show(&self, diagnostic: &Diagnostic) {
        let mut stderr = io::stderr().lock();
        let text = if self.json {
            serde_json::to_string(diagnostic).unwrap_or_else(|_| diagnostic.to_string())
        } else if stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none() {
            in_colour(&diagnostic.to_string())
        } else {
            diagnostic.to_string()
        };
        let _ = writeln!(stderr, "{}", text.trim_end());
    }

    pub(super) fn fail(&self, failure: &Failure) -> ExitCode {
        for diagnostic in &failure.diagnostics {
            self.show(diagnostic);
        }
        ExitCode::from(failure.exit_code())
    }
}

/// Colours the first word of a rendered diagnostic: errors red, warnings yellow.
fn in_colour(text: &str) -> String {
    let colour = if text.starts_with("error") { 31 } else { 33 };
    match text.split_once(':') {
        Some((head, rest)) => format!("\u{1b}[1;{colour}m{head}\u{1b}[0m:{rest}"),
        None => text.to_owned(),
    }
}
