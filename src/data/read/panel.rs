//! A file of many series, handed on one by one: memory does not grow with their number, apart from the text itself.

use std::collections::HashSet;
use std::path::Path;

use monazite_series::Series;

use super::records::delimiter_of;
use super::{Diagnostic, Findings, LIMIT_BYTES, LISTED, ReadOptions, bytes_of, not_utf8, stream};

/// The text of a panel.
#[derive(Debug)]
pub struct Panel {
    file: String,
    text: String,
    options: ReadOptions,
}

impl Panel {
    /// Reads a file, or standard input if the path is `-`.
    ///
    /// # Errors
    /// `I001`, `L001`, `D002`.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self, Diagnostic> {
        let file =
            if path == Path::new("-") { "<stdin>".into() } else { path.display().to_string() };
        let bytes = bytes_of(path, &file, LIMIT_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            not_utf8(&file, e.as_bytes(), at)
        })?;
        Ok(Self { file, text, options: options.clone() })
    }

    /// Lines of the text: about one a figure.
    pub fn n_lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Calls `take` with each series that could be read and with what was noticed, in the order of the file. Where the
    /// rows of a series do not stand together, the file is read as a whole first.
    pub fn for_each(&self, take: &mut dyn FnMut(Vec<Series>, Vec<Diagnostic>)) {
        let mut findings = Findings { file: &self.file, all: Vec::new() };
        let mut listed = Listed::default();
        stream(
            &self.text,
            &mut findings,
            &self.options,
            self.is_grouped(),
            &mut |series, findings| {
                take(series, listed.some_of(std::mem::take(&mut findings.all)));
            },
        );
        findings.all = listed.some_of(findings.all);
        findings.all.extend(listed.notes(&self.file));
        if !findings.all.is_empty() {
            take(Vec::new(), findings.all);
        }
    }

    /// Whether the rows of every series stand together. Quoted delimiters before the identifier are not looked for: they
    /// only lead to reading the file as a whole.
    fn is_grouped(&self) -> bool {
        let mut lines = self.text.lines().filter(|line| !line.trim().is_empty());
        let header = lines.next().unwrap_or_default().trim_start_matches('\u{feff}');
        let delimiter = delimiter_of(header);
        let Some(at) =
            header.split(delimiter).position(|n| n.trim().eq_ignore_ascii_case("unique_id"))
        else {
            return true;
        };
        let mut seen = HashSet::new();
        let mut last = None;
        for line in lines {
            let id = line.split(delimiter).nth(at).map(str::trim);
            if id != last && !seen.insert(id) {
                return false;
            }
            last = id;
        }
        true
    }
}

/// How many findings of each code have been handed on.
#[derive(Debug, Default)]
struct Listed(Vec<(&'static str, usize)>);

impl Listed {
    /// The findings without those of a code that has been listed often enough.
    fn some_of(&mut self, all: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let keep = |finding: &Diagnostic| {
            let at =
                self.0.iter().position(|(code, _)| *code == finding.code).unwrap_or_else(|| {
                    self.0.push((finding.code, 0));
                    self.0.len() - 1
                });
            self.0[at].1 += 1;
            self.0[at].1 <= LISTED
        };
        let mut all = all;
        all.retain(keep);
        all
    }

    fn notes(&self, file: &str) -> Vec<Diagnostic> {
        let note = |(code, n): &(&'static str, usize)| {
            let more = format!("{} more findings like {code} are not listed", n - LISTED);
            Diagnostic::note(code, more).in_file(file)
        };
        self.0.iter().filter(|(_, n)| *n > LISTED).map(note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> (Vec<String>, usize, bool) {
        let options = ReadOptions::default();
        let panel = Panel { file: "p.csv".into(), text: text.into(), options };
        let (mut ids, mut calls) = (Vec::new(), 0);
        panel.for_each(&mut |series, _| {
            calls += usize::from(!series.is_empty());
            ids.extend(series.iter().map(|s| s.id().to_owned()));
        });
        (ids, calls, panel.is_grouped())
    }

    #[test]
    fn series_come_one_by_one_if_their_rows_stand_together() {
        let together = "unique_id,ds,y\na,2020-01,1\na,2020-02,2\nb,2020-01,3\nb,2020-02,5\n";
        assert_eq!(ids(together), (vec!["a".into(), "b".into()], 2, true));
        let apart = "unique_id,ds,y\na,2020-01,1\nb,2020-01,3\na,2020-02,2\nb,2020-02,5\n";
        assert_eq!(ids(apart), (vec!["a".into(), "b".into()], 1, false));
        assert_eq!(ids("ds,y\n2020-01,1\n2020-02,4\n").0, ["p"]);
    }

    #[test]
    fn a_bad_series_does_not_take_the_others_with_it() {
        let text = "unique_id,ds,y\na,2020-01,1\na,2020-01,2\nb,2020-01,3\nb,2020-02,x\nc,2020-01,1\nc,2020-02,7\n";
        assert_eq!(ids(text).0, ["c"]);
    }
}
