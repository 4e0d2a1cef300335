//! The text of a rule file, and the way back from a fault to its line.

use toml::de::{DeTable, DeValue};

use super::fault::{FaultKind, RuleFault};
use super::sheet::RuleSheet;

/// Reads a rule file; whether it contradicts itself is not asked.
pub(super) fn read(text: &str) -> Result<RuleSheet, RuleFault> {
    toml::from_str(text).map_err(|error| unreadable(text, &error))
}

/// A fault of a sheet that was read from a text, with its line.
pub(super) fn located(fault: RuleFault, text: &str) -> RuleFault {
    RuleFault { line: line_of(text, &fault.field), ..fault }
}

/// A fault of the reader: what it says names the key and what was expected.
fn unreadable(text: &str, error: &toml::de::Error) -> RuleFault {
    let at = error.span().map_or(0, |span| span.start);
    let line = line_at(text, at);
    let found = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim().to_string();
    RuleFault {
        line: Some(line),
        field: String::new(),
        kind: FaultKind::Unreadable,
        found: format!("`{found}`"),
        remedy: error.message().trim().replace('\n', ", "),
    }
}

/// Line of a byte, from 1.
fn line_at(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.matches('\n').count().saturating_add(1))
}

/// Line of a field such as `notices[2].until`, or of the innermost table that holds it when it is absent.
fn line_of(text: &str, field: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut line = None;
    for step in field.split('.') {
        let (key, place) = match step.split_once('[') {
            Some((key, place)) => (key, place.strip_suffix(']').and_then(|p| p.parse().ok())),
            None => (step, None),
        };
        let Some((name, mut value)) = table.iter().find(|(name, _)| name.get_ref().as_ref() == key)
        else {
            break;
        };
        line = Some(line_at(text, name.span().start));
        if let (Some(place), DeValue::Array(array)) = (place, value.get_ref()) {
            let place: usize = place;
            let Some(element) = array.get(place) else { break };
            line = Some(line_at(text, element.span().start));
            value = element;
        }
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_tables_arrays_and_inline() {
        let text = "a = 1\n[b]\nc = { d = 2 }\n[[e]]\nf = 1\n[[e]]\nf = [\n  3,\n  { g = 4 },\n]\n";
        for (field, line) in [
            ("a", Some(1)),
            ("b.c.d", Some(3)),
            ("e[0].f", Some(5)),
            ("e[1].f", Some(7)),
            ("e[1].f[0]", Some(8)),
            ("e[1].f[1].g", Some(9)),
            ("b.missing", Some(2)),
            ("missing", None),
        ] {
            assert_eq!(line_of(text, field), line, "{field}");
        }
    }
}
