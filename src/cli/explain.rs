//! `monazite explain CODE`.

use super::{Failure, Terminal};
use crate::diagnostic::{self, Diagnostic};

/// Say more about an error or warning code.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: monazite explain D014")]
pub(super) struct Args {
    /// The code in brackets, such as D014.
    code: String,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let code = self.code.to_uppercase();
        let text = diagnostic::explain(&code).ok_or_else(|| {
            Diagnostic::error("U002", format!("there is no code {code}"))
                .help(format!("known: {}", diagnostic::codes().collect::<Vec<_>>().join(", ")))
        })?;
        if terminal.json() {
            let object = serde_json::json!({ "code": code, "text": text.trim_end() });
            return Ok(terminal.print_json(&object)?);
        }
        Ok(terminal.print(&format!("{}\n", text.trim_end()))?)
    }
}
