//! A scenario file as typed, and where in it a finding stands.

use std::ops::Range;

use monazite_physical::{PhysicalError, Scenario};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Provenance, ScenarioSource, finding};
use crate::diagnostic::Diagnostic;
use crate::study::spec::{locate, toml_diagnostic};

/// Reads the text of a scenario file and checks all that does not depend on the first month simulated; `name` is the
/// file in findings.
///
/// # Errors
/// `S001`–`S005` with the place in the text.
pub fn read_scenario(text: &str, name: &str) -> Result<ScenarioSource, Diagnostic> {
    let scenario: Scenario = toml::from_str(text).map_err(|e| {
        let found = toml_diagnostic(text, name, &e);
        // An unknown key comes with the nearest one.
        if found.code == "S001" {
            return found;
        }
        found.help("`monazite scenario new NAME` writes a file with every key to start from")
    })?;
    let source = ScenarioSource {
        scenario,
        text: text.to_owned(),
        provenance: Provenance::File,
        name: name.to_owned(),
    };
    source.scenario.check().map_err(|e| placed(&e, &source, 0))?;
    Ok(source)
}

/// A refusal of the market at its place in the file. The first `n_inherited` shocks are those of a base: a fault of one
/// of them stands at `base`.
pub(super) fn placed(e: &PhysicalError, source: &ScenarioSource, n_inherited: usize) -> Diagnostic {
    let found = finding(e);
    let PhysicalError::Scenario(fault) = e else { return found.in_file(&*source.name) };
    match fault.shock {
        Some(idx) if idx < n_inherited => at_key(found, source, None, "base"),
        Some(idx) => at_key(found, source, Some(idx - n_inherited), fault.key),
        None => at_key(found, source, None, fault.key),
    }
}

/// A finding at the value of a key, of one of the shocks or of the scenario itself; at the shock where the key is not
/// written, and at the file where that is not there either.
pub fn at_key(
    found: Diagnostic,
    source: &ScenarioSource,
    shock: Option<usize>,
    key: &str,
) -> Diagnostic {
    let Some(span) = span_of(&source.text, shock, key) else { return found.in_file(&*source.name) };
    let (line, column, text) = locate(&source.text, span.start);
    // A value over several lines is marked on the first.
    let marked = source.text.get(span).and_then(|value| value.lines().next()).unwrap_or("");
    found.at(&*source.name, line, column).text(text, marked.chars().count())
}

fn span_of(text: &str, shock: Option<usize>, key: &str) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let in_table = |table: &DeTable<'_>| {
        let value = |key: &str| table.get(key).map(Spanned::span);
        // A path is a size under another name.
        value(key).or_else(|| value("path").filter(|_| key == "size"))
    };
    let Some(idx) = shock else { return in_table(root.get_ref()) };
    let DeValue::Array(shocks) = root.get_ref().get("shocks")?.get_ref() else { return None };
    let one = shocks.get(idx)?;
    let DeValue::Table(table) = one.get_ref() else { return None };
    in_table(table).or_else(|| Some(one.span()))
}
