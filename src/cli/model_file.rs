//! Fitted models in a file: one line of JSON a model, `{"unique_id", "model", "fitted"}`.

use std::collections::BTreeMap;
use std::path::Path;

use monazite_forecast::{Fitted, Sample, SavedModel};
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    unique_id: String,
    model: String,
    fitted: SavedModel,
}

/// The line of a fit, if it is one that can be kept.
pub(super) fn line(id: &str, model: &str, fit: &dyn Fitted, sample: &Sample) -> Option<String> {
    let fitted = SavedModel::of(fit, sample)?;
    let line = Line { unique_id: id.to_owned(), model: model.to_owned(), fitted };
    serde_json::to_string(&line).ok().map(|text| text + "\n")
}

/// Models by series, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct ModelFile {
    by_id: BTreeMap<String, Vec<(String, SavedModel)>>,
}

impl ModelFile {
    /// Reads a file.
    ///
    /// # Errors
    /// `I001`, and `M012` for a line that is not a model.
    pub(super) fn read(path: &Path) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| {
            Diagnostic::error("I001", format!("cannot read `{name}`: {e}"))
                .help("name a file written by `forecast --save`")
        })?;
        let mut by_id: BTreeMap<String, Vec<(String, SavedModel)>> = BTreeMap::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line).map_err(|e| {
                Diagnostic::error("M012", format!("not a fitted model: {e}"))
                    .at(&name, at + 1, 1)
                    .help("name a file written by `forecast --save`")
            })?;
            by_id.entry(line.unique_id).or_default().push((line.model, line.fitted));
        }
        Ok(Self { by_id })
    }

    /// The models of a series.
    pub(super) fn of(&self, id: &str) -> Result<&[(String, SavedModel)], Diagnostic> {
        self.by_id.get(id).map(Vec::as_slice).ok_or_else(|| {
            Diagnostic::error("M012", format!("the file of models has none of `{id}`"))
                .help("fit it first: `forecast FILE --save MODELS`")
        })
    }
}
