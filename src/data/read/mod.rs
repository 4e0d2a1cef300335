//! A user's own series: long CSV `unique_id,ds,y[,span][,unit][,status]`, read with every problem named at once.
//!
//! `ds` is a month (`2025-06`), quarter (`2025-Q2`), year (`2025`) or day (`2025-06-30`); `span` (default 1) counts
//! the periods a figure covers; `unit` defaults to `1`, `status` to `direct`. Without `unique_id` the file is one
//! series named after it. What can be read in one way only is read, with a warning that says what was assumed; the
//! rest is an error. Nothing is filled in: a missing period stays missing.
//!
//! ```
//! use monazite::data::{ReadOptions, check_text};
//! let checked = check_text("my.csv", b"ds,y\n2025/01,10\n2025-03,n/a\n2025-04,12", &ReadOptions::default());
//! assert_eq!(checked.series[0].observations().len(), 2);
//! let codes: Vec<&str> = checked.findings.iter().map(|finding| finding.code).collect();
//! assert_eq!(codes, ["D033", "D012", "D023", "D015"]);
//! ```

mod assemble;
mod header;
mod number;
mod panel;
mod period_text;
mod records;
mod row;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use monazite_series::{Aggregation, Series, Unit};

pub use self::panel::Panel;

use self::header::header_columns;
use self::records::{Record, delimiter_of, records};
use self::row::RowReader;
use crate::diagnostic::Diagnostic;

/// Largest file that is read, in bytes.
const LIMIT_BYTES: u64 = 256 * 1024 * 1024;
/// Findings of one code that are listed one by one; further ones are counted.
const LISTED: usize = 20;

/// What to assume where the file does not say.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Unit of figures without one; `1` if not given.
    pub unit: Option<Unit>,
    /// Whether spans add up or average; if not given, quotients, percentages, shares and indices average.
    pub aggregation: Option<Aggregation>,
}

/// What reading a file gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The series that could be read, in the order of the file; those with an error are left out.
    pub series: Vec<Series>,
    /// Everything noticed, in the order of the file.
    pub findings: Vec<Diagnostic>,
}

impl Checked {
    /// Whether some finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Diagnostic::is_error)
    }
}

/// Reads the series of a file, or of standard input if the path is `-`; warnings and notes come along.
///
/// # Errors
/// Every finding, at least one of them an error.
pub fn read_series_file(path: &Path, options: &ReadOptions) -> Result<Checked, Vec<Diagnostic>> {
    let checked = check(path, options);
    if checked.has_errors() { Err(checked.findings) } else { Ok(checked) }
}

/// Reads a file, or standard input if the path is `-`, and lists everything noticed.
pub fn check(path: &Path, options: &ReadOptions) -> Checked {
    let name = if path == Path::new("-") { "<stdin>".into() } else { path.display().to_string() };
    match bytes_of(path, &name, LIMIT_BYTES) {
        Ok(bytes) => check_text(&name, &bytes, options),
        Err(finding) => Checked { series: Vec::new(), findings: vec![finding] },
    }
}

/// Reads the bytes of a file called `name` and lists everything noticed.
pub fn check_text(name: &str, bytes: &[u8], options: &ReadOptions) -> Checked {
    let mut findings = Findings { file: name, all: Vec::new() };
    let series = match std::str::from_utf8(bytes) {
        Ok(text) => read(text, &mut findings, options),
        Err(error) => {
            findings.all.push(not_utf8(name, bytes, error.valid_up_to()));
            Vec::new()
        }
    };
    Checked { series, findings: findings.shortened() }
}

fn bytes_of(path: &Path, name: &str, limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let cannot = |error: std::io::Error| {
        let why = if path.is_dir() { "it is a folder".to_owned() } else { error.to_string() };
        Diagnostic::error("I001", format!("cannot read `{name}`: {why}"))
            .help("check the path and its permissions")
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    }
    .map_err(cannot)?;
    if bytes.len() as u64 > limit {
        let message = format!("`{name}` is larger than {} MiB", limit >> 20);
        return Err(Diagnostic::error("L001", message).help("aggregate it first, or split it"));
    }
    Ok(bytes)
}

fn not_utf8(name: &str, bytes: &[u8], at: usize) -> Diagnostic {
    let line_start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |idx| idx + 1);
    let line = bytes[..at].split(|b| *b == b'\n').count();
    let rest = bytes[line_start..].split(|b| *b == b'\n').next().unwrap_or_default();
    let column = String::from_utf8_lossy(&bytes[line_start..at]).chars().count() + 1;
    let marked = |mark: [u8; 2]| bytes.starts_with(&mark);
    let encoding = if marked([0xFF, 0xFE]) || marked([0xFE, 0xFF]) { "UTF-16" } else { "LATIN1" };
    Diagnostic::error("D002", format!("byte {:02X} is not UTF-8 text", bytes[at]))
        .at(name, line, column)
        .text(String::from_utf8_lossy(rest), 1)
        .help(format!("save as \"CSV UTF-8\", or convert with `iconv -f {encoding} -t UTF-8`"))
}

/// Findings so far.
#[derive(Debug)]
struct Findings<'a> {
    file: &'a str,
    all: Vec<Diagnostic>,
}

impl Findings<'_> {
    /// A finding about a field of a line; about the whole line if there is no such field.
    fn push(&mut self, finding: Diagnostic, record: &Record, field_idx: Option<usize>) {
        let whole = (1, record.text.chars().count());
        let (column, width) = field_idx
            .and_then(|idx| record.fields.get(idx))
            .map_or(whole, |field| (field.column, field.width));
        self.all.push(finding.at(self.file, record.line, column).text(record.text, width));
    }

    /// At most [`LISTED`] findings of one code and severity; the others are counted in a note.
    fn shortened(self) -> Vec<Diagnostic> {
        let mut seen: Vec<(&'static str, usize)> = Vec::new();
        let mut kept = Vec::new();
        for finding in self.all {
            let at = seen.iter().position(|(code, _)| *code == finding.code).unwrap_or_else(|| {
                seen.push((finding.code, 0));
                seen.len() - 1
            });
            seen[at].1 += 1;
            if seen[at].1 <= LISTED {
                kept.push(finding);
            }
        }
        for (code, n) in seen.into_iter().filter(|(_, n)| *n > LISTED) {
            let more = format!("{} more findings like {code} are not listed", n - LISTED);
            kept.push(Diagnostic::note(code, more).in_file(self.file));
        }
        kept
    }
}

fn read(text: &str, findings: &mut Findings, options: &ReadOptions) -> Vec<Series> {
    let mut all = Vec::new();
    stream(text, findings, options, false, &mut |series, _| all.extend(series));
    all
}

/// Reads a text and hands its series on: all at once at the end, or each as soon as the next begins if the rows of each
/// stand together (`grouped`).
fn stream<'f>(
    text: &str,
    findings: &mut Findings<'f>,
    options: &ReadOptions,
    grouped: bool,
    take: &mut dyn FnMut(Vec<Series>, &mut Findings<'f>),
) {
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = delimiter_of(first_line);
    let mut lines = records(text, delimiter);
    let Some(header) = lines.next() else {
        let empty = Diagnostic::error("D001", "the file is empty").in_file(findings.file);
        findings.all.push(empty.help("add a header `unique_id,ds,y` and at least one row"));
        return;
    };
    let Some(columns) = header_columns(&header, findings) else { return };
    if columns.unit.is_none() && options.unit.is_none() {
        let note = Diagnostic::note("D033", "there is no column `unit`")
            .in_file(findings.file)
            .assumed("plain numbers (unit `1`)")
            .help("add a column `unit`, e.g. `t`, so that it is not taken for a plain number");
        findings.all.push(note);
    }
    let stem =
        Path::new(findings.file).file_stem().map_or("series".into(), |s| s.to_string_lossy());
    let name = if findings.file == "<stdin>" { "stdin".into() } else { stem.into_owned() };
    let reader = RowReader { columns, name, comma_is_decimal: delimiter == ';', options };
    let (mut rows, mut failed, mut n_lines) = (Vec::new(), Vec::new(), 0);
    let mut current: Option<String> = None;
    for record in lines {
        n_lines += 1;
        let row = reader.row(record, findings);
        let id = match &row {
            Ok(row) => Some(&row.id),
            Err(id) => id.as_ref(),
        };
        if grouped && id.is_some() && id != current.as_ref() {
            if current.is_some() {
                let rows = std::mem::take(&mut rows);
                let series = assemble::series(rows, &failed, findings, options);
                take(series, findings);
                failed.clear();
            }
            current = id.cloned();
        }
        match row {
            Ok(row) => rows.push(row),
            Err(Some(id)) => failed.push(id),
            Err(None) => {}
        }
    }
    if n_lines == 0 {
        let bare = Diagnostic::error("D001", "there is a header and no row below it");
        findings.push(bare.help("add at least one row, e.g. `x,2025-03,5666.3`"), &header, None);
    }
    let series = assemble::series(rows, &failed, findings, options);
    take(series, findings);
}
