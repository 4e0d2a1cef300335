//! Aligned columns for people; scripts ask for CSV or JSON.

/// Rows of text with a header; numbers, which are right-aligned, are those columns whose header starts with `>`.
#[derive(Debug)]
pub(super) struct Columns {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    pub(super) fn new<S: AsRef<str>>(headers: &[S]) -> Self {
        let headers = headers.iter().map(|header| header.as_ref().to_owned()).collect();
        Self { headers, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    pub(super) fn render(&self) -> String {
        let width = |at: usize| {
            let cells =
                self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
            cells.chain([name(&self.headers[at]).chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headers.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded: Vec<String> = cells
                .zip(&widths)
                .zip(&self.headers)
                .map(|((cell, &width), header)| {
                    if header.starts_with('>') {
                        format!("{cell:>width$}")
                    } else {
                        format!("{cell:<width$}")
                    }
                })
                .collect();
            format!("{}\n", padded.join("  ").trim_end())
        };
        let mut text = line(&mut self.headers.iter().map(|header| name(header)));
        text += &line(
            &mut widths
                .iter()
                .map(|&width| "─".repeat(width))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str),
        );
        for row in &self.rows {
            text += &line(&mut row.iter().map(String::as_str));
        }
        text
    }
}

/// A header without the mark of a number.
fn name(header: &str) -> &str {
    header.trim_start_matches('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_right_aligned() {
        let mut columns = Columns::new(&["name", ">t"]);
        columns.push(vec!["a".into(), "5".into()]);
        columns.push(vec!["long".into(), "1,234".into()]);
        assert_eq!(columns.render(), "name      t\n────  ─────\na         5\nlong  1,234\n");
    }
}
