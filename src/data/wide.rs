//! Wide CSV `[unique_id,]ds,[sample,]NAME,…`: one row a period, one column a regressor.

use std::path::Path;

use monazite_series::Period;

use crate::diagnostic::Diagnostic;

/// The table as it stands.
#[derive(Debug)]
pub(super) struct WideTable {
    /// Names of the columns that hold figures.
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<WideRow>,
}

/// A row; an empty cell is no figure.
#[derive(Debug)]
pub(super) struct WideRow {
    /// Line in the file, from 1.
    pub(super) line: usize,
    /// `unique_id`, if there is such a column.
    pub(super) id: Option<String>,
    /// `sample`, if there is such a column, it was asked for and the cell is not empty.
    pub(super) sample: Option<String>,
    pub(super) period: Period,
    /// One a name.
    pub(super) values: Vec<Option<f64>>,
}

/// The text of a file.
pub(super) fn text_of_file(path: &Path) -> Result<String, Diagnostic> {
    std::fs::read_to_string(path).map_err(|e| {
        Diagnostic::error("I001", format!("cannot read `{}`: {e}", path.display()))
            .help("check the path and its permissions")
    })
}

/// Reads a table; a column `sample` is a name like any other unless `with_samples`.
pub(super) fn read_wide(
    file: &str,
    text: &str,
    with_samples: bool,
) -> Result<WideTable, Vec<Diagnostic>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> =
        reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
    let at = |wanted: &str| header.iter().position(|n| n.eq_ignore_ascii_case(wanted));
    let Some(ds) = at("ds") else {
        return Err(vec![
            Diagnostic::error("D003", "there is no column `ds`")
                .at(file, 1, 1)
                .help("the first line names the columns: `ds,NAME,…`, one column a regressor"),
        ]);
    };
    let (id, sample) = (at("unique_id"), at("sample").filter(|_| with_samples));
    let keys = [Some(ds), id, sample];
    let columns: Vec<usize> = (0..header.len()).filter(|&i| !keys.contains(&Some(i))).collect();
    let mut rows = Vec::new();
    let mut findings = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line = at + 2;
        let record = match record {
            Ok(record) if record.len() == header.len() => record,
            Ok(record) => {
                let why = format!("{} fields, and the header names {}", record.len(), header.len());
                findings.push(wrong_length(file, line, why));
                continue;
            }
            Err(e) => {
                findings.push(wrong_length(file, line, e.to_string()));
                continue;
            }
        };
        let Ok(period) = record[ds].parse::<Period>() else {
            findings.push(
                Diagnostic::error("D010", format!("`{}` is not a period", &record[ds]))
                    .at(file, line, 1)
                    .help("write `2025-06`, `2025-Q2`, `2025` or `2025-06-30`"),
            );
            continue;
        };
        let mut values = Vec::with_capacity(columns.len());
        for &i in &columns {
            match record[i].parse::<f64>() {
                _ if record[i].is_empty() => values.push(None),
                Ok(value) if value.is_finite() => values.push(Some(value)),
                _ => findings.push(
                    Diagnostic::error(
                        "D020",
                        format!("`{}` of `{}` is not a number", &record[i], header[i]),
                    )
                    .at(file, line, i + 1)
                    .help("write a number, or nothing where there is none"),
                ),
            }
        }
        let cell = |column: Option<usize>| column.map(|i| record[i].to_owned());
        rows.push(WideRow {
            line,
            id: cell(id),
            sample: cell(sample).filter(|cell| !cell.is_empty()),
            period,
            values,
        });
    }
    if findings.is_empty() {
        let names = columns.into_iter().map(|i| header[i].clone()).collect();
        Ok(WideTable { names, rows })
    } else {
        Err(findings)
    }
}

fn wrong_length(file: &str, line: usize, why: String) -> Diagnostic {
    Diagnostic::error("D006", why)
        .at(file, line, 1)
        .help("give every column a value, empty if there is none")
}
