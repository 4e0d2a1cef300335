//! What a run was made from: the manifest of every command that runs a study.

use super::scenarios::Provenance;
use super::spec::Study;
use crate::data::bundled_files;
use crate::diagnostic::Diagnostic;
use crate::output::{Input, Manifest, PROGRAM, sha256};

/// The manifest of a command on a study: `options` as resolved, the study's seed, hashes of every bundled table, of
/// the study file and of its scenarios. Outputs are added by the folder that receives them.
pub fn manifest(command: &str, study: &Study, options: serde_json::Value) -> Manifest {
    let mut inputs: Vec<Input> = bundled_files()
        .map(|(name, text)| Input {
            name: format!("bundled:{name}"),
            sha256: sha256(text.as_bytes()),
            to: None,
        })
        .collect();
    inputs.push(Input {
        name: "study.toml".into(),
        sha256: sha256(study.text.as_bytes()),
        to: None,
    });
    for source in study.scenarios.sources() {
        if source.provenance == Provenance::File {
            inputs.push(Input {
                name: format!("scenario:{}", source.scenario.id),
                sha256: sha256(source.text.as_bytes()),
                to: None,
            });
        }
    }
    Manifest {
        program: PROGRAM.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: command.into(),
        seed: study.spec.seed,
        options,
        inputs,
        outputs: indexmap::IndexMap::new(),
    }
}

/// The specification of a study as options of a manifest.
///
/// # Errors
/// `I002` if it cannot be written as JSON.
pub fn resolved(study: &Study) -> Result<serde_json::Value, Diagnostic> {
    serde_json::to_value(&study.spec)
        .map_err(|e| Diagnostic::error("I002", format!("the study cannot be written: {e}")))
}
