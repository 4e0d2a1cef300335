//! Errors and warnings as a user reads them: like a compiler's, with a code, the place, the offending text, what was
//! assumed and one way to fix it.
//!
//! A [`Diagnostic`] is one finding. Its `Display` is the text for people, its `Serialize` the object under `--json`;
//! colour is the caller's business. Codes are grouped by their first letter, which decides the exit code
//! ([`Diagnostic::exit_code`]), and every code is explained in one table ([`explain`]).
//!
//! ```
//! use monazite::diagnostic::Diagnostic;
//! let finding = Diagnostic::error("D014", "month 1949-10 appears twice")
//!     .at("file.csv", 17, 3)
//!     .text("x,1949-10,112", 7)
//!     .help("delete one of the two rows");
//! assert_eq!(finding.to_string(), "error[D014]: month 1949-10 appears twice
//!   --> file.csv:17:3
//!    |
//! 17 | x,1949-10,112
//!    |   ^^^^^^^
//!    = help: delete one of the two rows
//! ");
//! assert_eq!(finding.exit_code(), 3);
//! ```

mod codes;

use std::fmt;

use serde::Serialize;

pub use codes::{codes, explain};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something the reader may want to know; nothing was changed.
    Note,
    /// Something was mended or assumed; work went on.
    Warning,
    /// Work stopped.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A letter and three digits, listed by [`codes`].
    pub code: &'static str,
    /// Note, warning or error.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: Box<str>,
    /// The file, or `<stdin>`.
    pub file: Option<Box<str>>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// How many characters are meant, for the caret.
    pub width: u32,
    /// The offending line as it stands in the file.
    pub text: Option<Box<str>>,
    /// What was assumed to go on.
    pub assumed: Option<Box<str>>,
    /// One way to fix it.
    pub hint: Option<Box<str>>,
}

impl Diagnostic {
    /// A finding of any severity without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into().into_boxed_str(),
            file: None,
            line: None,
            column: None,
            width: 1,
            text: None,
            assumed: None,
            hint: None,
        }
    }

    /// A finding that stops the work.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A finding that was mended.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A remark.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// The same finding in `file`, without a line.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into().into_boxed_str());
        self
    }

    /// The same finding at a line and column (both from 1) of `file`.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: usize, column: usize) -> Self {
        self.file = Some(file.into().into_boxed_str());
        self.line = Some(count(line));
        self.column = Some(count(column));
        self
    }

    /// The same finding with the offending line and the number of characters meant in it.
    #[must_use]
    pub fn text(mut self, line: impl Into<String>, width: usize) -> Self {
        self.text = shown(&line.into(), self.column).map(String::into_boxed_str);
        self.width = count(width.max(1));
        self
    }

    /// The same finding with what was assumed.
    #[must_use]
    pub fn assumed(mut self, assumed: impl Into<String>) -> Self {
        self.assumed = Some(assumed.into().into_boxed_str());
        self
    }

    /// The same finding with one way to fix it.
    #[must_use]
    pub fn help(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into_boxed_str());
        self
    }

    /// Whether it stops the work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The process exit code of its class: 2 usage, 3 data and study files, 4 model, 5 I/O, 6 limit, else 1.
    pub fn exit_code(&self) -> u8 {
        match self.code.as_bytes().first() {
            Some(b'U') => 2,
            Some(b'D' | b'S') => 3,
            Some(b'M') => 4,
            Some(b'I') => 5,
            Some(b'L') => 6,
            _ => 1,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        let number = self.line.map(|line| line.to_string()).unwrap_or_default();
        let indent = " ".repeat(number.len().max(1));
        if let Some(file) = &self.file {
            match (self.line, self.column) {
                (Some(line), Some(column)) => writeln!(f, "{indent}--> {file}:{line}:{column}")?,
                (Some(line), None) => writeln!(f, "{indent}--> {file}:{line}")?,
                (None, _) => writeln!(f, "{indent}--> {file}")?,
            }
        }
        if let Some(text) = &self.text {
            let shown = visible(text);
            writeln!(f, "{indent} |")?;
            writeln!(f, "{number:>width$} | {shown}", width = indent.len())?;
            if let Some(column) = self.column {
                let pad = " ".repeat(column.saturating_sub(1) as usize);
                writeln!(f, "{indent} | {pad}{}", "^".repeat(self.width as usize))?;
            }
        }
        if let Some(assumed) = &self.assumed {
            writeln!(f, "{indent} = assumed: {assumed}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "{indent} = help: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// A line, column or width; beyond 4 thousand million it stays there.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The line as it is shown: control characters, which would move the caret or the terminal, become blanks.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The exit code of a list of findings: that of the first error, 0 without one.
pub fn exit_code(findings: &[Diagnostic]) -> u8 {
    findings.iter().find(|d| d.is_error()).map_or(0, Diagnostic::exit_code)
}

/// Characters of an offending line that are shown.
const LONGEST_LINE: usize = 160;

/// A line as a terminal can show it: control characters as dots, the end of a long one cut; nothing if the place meant
/// lies beyond that.
fn shown(line: &str, column: Option<u32>) -> Option<String> {
    if column.is_some_and(|column| column as usize > LONGEST_LINE) {
        return None;
    }
    let plain = |c: char| if c.is_control() && c != '\t' { '·' } else { c };
    let mut text: String = line.chars().take(LONGEST_LINE).map(plain).collect();
    if line.chars().nth(LONGEST_LINE).is_some() {
        text.push('…');
    }
    Some(text)
}

/// The known word nearest to `word`, if it is near enough to be meant.
///
/// ```
/// use monazite::diagnostic::nearest;
/// assert_eq!(nearest("re-export-volume", ["re-exports-volume", "usd-cny"]), Some("re-exports-volume"));
/// assert_eq!(nearest("wheat", ["re-exports-volume", "usd-cny"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let score = |candidate: &str| {
        strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase())
            .max(strsim::normalized_damerau_levenshtein(word, candidate))
    };
    known
        .into_iter()
        .map(|candidate| (score(candidate), candidate))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_decide_the_exit_code() {
        let of = |code| Diagnostic::error(code, "x").exit_code();
        assert_eq!(["U001", "D014", "S001", "M001", "I001", "L001"].map(of), [2, 3, 3, 4, 5, 6]);
        assert_eq!(exit_code(&[Diagnostic::warning("D015", "gap")]), 0);
    }

    #[test]
    fn the_caret_stands_under_the_text_also_with_tabs_and_long_numbers() {
        let shown = Diagnostic::error("D020", "`abc` is not a number")
            .at("f.csv", 12345, 9)
            .text("x\t2025-1,abc", 3)
            .assumed("nothing")
            .to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1], "     --> f.csv:12345:9");
        assert_eq!(lines[3], "12345 | x 2025-1,abc");
        assert_eq!(lines[4].find('^'), lines[3].find('|').map(|bar| bar + 2 + 8));
        assert_eq!(lines[5], "      = assumed: nothing");
    }

    #[test]
    fn lines_of_binary_files_are_shown_harmlessly() {
        let line = format!("a\u{1b}[31m{}", "x".repeat(500));
        let finding = Diagnostic::error("D002", "m").at("f", 1, 2).text(line.clone(), 1);
        let text = finding.text.as_deref().unwrap();
        assert!(text.starts_with("a·[31m") && text.ends_with('…') && text.chars().count() == 161);
        assert_eq!(Diagnostic::error("D002", "m").at("f", 1, 300).text(line, 1).text, None);
    }

    #[test]
    fn every_code_is_explained_once() {
        let all: Vec<&str> = codes().collect();
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique, all, "sorted and without repetition");
        for code in all {
            let text = explain(code).unwrap();
            assert!(text.contains("Example:") && text.contains("Fix:"), "{code}");
        }
        assert!(explain("D999").is_none());
        assert_eq!(explain("d014"), explain("D014"));
    }
}
