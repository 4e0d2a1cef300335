//! The header line: where the columns are.

use super::Findings;
use super::records::Record;
use crate::diagnostic::{Diagnostic, nearest};

/// Where the columns are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub unique_id: Option<usize>,
    pub ds: usize,
    pub y: usize,
    pub span: Option<usize>,
    pub unit: Option<usize>,
    pub status: Option<usize>,
    /// Number of columns.
    pub width: usize,
}

/// Other names that people give to a column.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("ds", &["date", "month", "period", "time", "timestamp", "year", "day"]),
    ("y", &["value", "values", "figure", "amount", "volume", "price"]),
];

/// The columns, or findings why there are none.
pub(super) fn header_columns(header: &Record, findings: &mut Findings) -> Option<Columns> {
    const KNOWN: [&str; 9] =
        ["unique_id", "ds", "y", "span", "unit", "status", "source", "grade", "note"];
    let names: Vec<String> = header.fields.iter().map(|field| field.text.to_lowercase()).collect();
    let mut sound = true;
    for (idx, name) in names.iter().enumerate() {
        if names[..idx].contains(name) && KNOWN.contains(&name.as_str()) {
            let twice = Diagnostic::error("D005", format!("column `{name}` appears twice"));
            findings.push(twice.help("delete or rename one of them"), header, Some(idx));
            sound = false;
        }
    }
    let at = |wanted: &str| names.iter().position(|name| name == wanted);
    for wanted in ["ds", "y"] {
        if at(wanted).is_some() {
            continue;
        }
        let synonyms =
            SYNONYMS.iter().find(|(name, _)| *name == wanted).map_or(&[][..], |(_, s)| s);
        let near = names.iter().find(|name| synonyms.contains(&name.as_str()));
        let hint = near.map_or_else(
            || {
                "the first line names the columns: `unique_id,ds,y[,span][,unit][,status]`"
                    .to_owned()
            },
            |near| format!("rename `{near}` to `{wanted}`"),
        );
        let missing = Diagnostic::error("D003", format!("there is no column `{wanted}`"));
        findings.push(missing.help(hint), header, near.and_then(|near| at(near)));
        sound = false;
    }
    if sound {
        for (idx, name) in names.iter().enumerate().filter(|(_, n)| !KNOWN.contains(&n.as_str())) {
            let hint = nearest(name, KNOWN)
                .map_or("known are unique_id, ds, y, span, unit, status".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
            let unknown = Diagnostic::warning("D004", format!("column `{name}` is not known"))
                .assumed("ignored")
                .help(hint);
            findings.push(unknown, header, Some(idx));
        }
    }
    Some(Columns {
        unique_id: at("unique_id"),
        ds: at("ds").filter(|_| sound)?,
        y: at("y")?,
        span: at("span"),
        unit: at("unit"),
        status: at("status"),
        width: names.len(),
    })
}
