//! Lines of a CSV file cut into fields that remember their column, so that a finding can point at them.
//!
//! A record is one line; quoted fields may hold the delimiter and doubled quotation marks, not a line break.

/// A field and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Its text without quotation marks and outer blanks.
    pub text: String,
    /// First character, from 1.
    pub column: usize,
    /// Characters it takes in the line, at least 1.
    pub width: usize,
}

/// A line and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Line number, from 1.
    pub line: usize,
    /// The line as it stands.
    pub text: &'a str,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Column of a quotation mark that is never closed.
    pub unclosed: Option<usize>,
}

/// Records of the lines that are not blank; a byte-order mark and either kind of line end are read over.
pub(super) fn records(text: &str, delimiter: char) -> impl Iterator<Item = Record<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n')
        .enumerate()
        .map(|(idx, line)| (idx + 1, line.strip_suffix('\r').unwrap_or(line)))
        .filter(|(_, line)| !line.trim().is_empty())
        .map(move |(line, text)| cut(line, text, delimiter))
}

/// The delimiter of a header line: a comma, unless there is none and there are semicolons or tabs.
pub(super) fn delimiter_of(header: &str) -> char {
    [',', ';', '\t'].into_iter().find(|mark| header.contains(*mark)).unwrap_or(',')
}

fn cut(line: usize, text: &str, delimiter: char) -> Record<'_> {
    let mut fields = Vec::new();
    let (mut raw, mut start, mut column) = (String::new(), 1, 0);
    let (mut quoted, mut opened) = (false, 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        column += 1;
        if quoted {
            if c == '"' && chars.peek() == Some(&'"') {
                raw.push('"');
                chars.next();
                column += 1;
            } else if c == '"' {
                quoted = false;
            } else {
                raw.push(c);
            }
        } else if c == '"' && raw.trim().is_empty() {
            (quoted, opened) = (true, column);
            raw.clear();
        } else if c == delimiter {
            fields.push(field(&raw, start, column - start));
            raw.clear();
            start = column + 1;
        } else {
            raw.push(c);
        }
    }
    fields.push(field(&raw, start, column + 1 - start));
    Record { line, text, fields, unclosed: quoted.then_some(opened) }
}

fn field(raw: &str, column: usize, width: usize) -> Field {
    Field { text: raw.trim().to_owned(), column, width: width.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_know_their_columns() {
        let text = "\u{feff}a,b\r\n\r\nx, \"1,2\"\"3\" ,é,z\r\n";
        let all: Vec<Record> = records(text, ',').collect();
        assert_eq!((all.len(), all[1].line), (2, 3));
        let shown: Vec<(&str, usize)> =
            all[1].fields.iter().map(|f| (f.text.as_str(), f.column)).collect();
        assert_eq!(shown, [("x", 1), ("1,2\"3", 3), ("é", 14), ("z", 16)]);
        assert_eq!(records("x,\"1", ',').next().unwrap().unclosed, Some(3));
    }

    #[test]
    fn delimiters_are_told_apart() {
        assert_eq!(["a,b", "a;b", "a\tb", "a"].map(delimiter_of), [',', ';', '\t', ',']);
    }
}
