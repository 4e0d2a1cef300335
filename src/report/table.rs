//! Tables: one content, four renderings.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::latex;
use super::number::{fixed, percent, signed, significant};

/// Where the content of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Left: words.
    #[default]
    Left,
    /// Right: numbers.
    Right,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Heading.
    pub name: String,
    /// Unit, printed below the heading; may be empty.
    pub unit: String,
    /// Where its content stands.
    pub align: Align,
}

impl Column {
    /// A column of words.
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), unit: String::new(), align: Align::Left }
    }

    /// A column of numbers in `unit` (which may be empty).
    pub fn number(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { name: name.into(), unit: unit.into(), align: Align::Right }
    }
}

/// A cell: what is shown, and the number behind it if there is one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// As shown.
    pub text: String,
    /// As computed; CSV holds it.
    pub value: Option<f64>,
}

impl Cell {
    /// Words, or a number that the caller formatted.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), value: None }
    }

    /// A number with `decimals` decimals.
    pub fn fixed(value: f64, decimals: usize) -> Self {
        Self { text: fixed(value, decimals), value: Some(value) }
    }

    /// A number with its sign.
    pub fn signed(value: f64, decimals: usize) -> Self {
        Self { text: signed(value, decimals), value: Some(value) }
    }

    /// A number rounded to `digits` significant digits.
    pub fn significant(value: f64, digits: usize) -> Self {
        Self { text: significant(value, digits), value: Some(value) }
    }

    /// A fraction shown in per cent; CSV holds the fraction.
    pub fn percent(fraction: f64, decimals: usize) -> Self {
        Self { text: percent(fraction, decimals), value: Some(fraction) }
    }

    fn raw(&self) -> String {
        match self.value {
            Some(value) if value.is_finite() => value.to_string(),
            Some(_) => String::new(),
            None => self.text.clone(),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// A table; a row shorter than the columns is filled with blanks, a longer one is cut.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Identifier: unique in a report, name of its files.
    pub id: String,
    /// Caption: what it shows.
    pub caption: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// Notes below it.
    pub notes: Vec<String>,
    /// Source; may be empty.
    pub source: String,
}

impl Table {
    fn cells<'a>(
        &'a self,
        row: &'a [Cell],
    ) -> impl Iterator<Item = (&'a Column, Option<&'a Cell>)> {
        self.columns.iter().enumerate().map(|(i, column)| (column, row.get(i)))
    }

    fn remarks(&self) -> Vec<String> {
        let source = (!self.source.is_empty())
            .then(|| format!("Source: {}.", self.source.trim_end_matches('.')));
        self.notes.iter().cloned().chain(source).collect()
    }

    /// A `<figure>` with the table in a box that scrolls by itself.
    pub fn html(&self) -> Markup {
        let class = |c: &Column| (c.align == Align::Right).then_some("n");
        html! {
            figure class="table" id=(self.id) {
                figcaption { (self.caption) }
                div class="scroll" tabindex="0" role="region" aria-label=(self.caption) {
                    table {
                        thead {
                            tr {
                                @for c in &self.columns {
                                    th scope="col" class=[class(c)] {
                                        (c.name)
                                        @if !c.unit.is_empty() { span class="unit" { (c.unit) } }
                                    }
                                }
                            }
                        }
                        tbody {
                            @for row in &self.rows {
                                tr {
                                    @for (c, cell) in self.cells(row) {
                                        td class=[class(c)] { (cell.map_or("", |c| c.text.as_str())) }
                                    }
                                }
                            }
                        }
                    }
                }
                @for remark in self.remarks() { p class="remark" { (remark) } }
            }
        }
    }

    /// A pipe table with its caption above and its notes below.
    pub fn markdown(&self) -> String {
        let mut text = format!("**{}**\n\n|", escape_markdown(&self.caption));
        // Writing to a string cannot fail.
        for c in &self.columns {
            let unit = if c.unit.is_empty() {
                String::new()
            } else {
                format!(" ({})", escape_markdown(&c.unit))
            };
            let _ = write!(text, " {}{unit} |", escape_markdown(&c.name));
        }
        text.push_str("\n|");
        for c in &self.columns {
            text.push_str(if c.align == Align::Right { " ---: |" } else { " --- |" });
        }
        for row in &self.rows {
            text.push_str("\n|");
            for (_, cell) in self.cells(row) {
                let _ = write!(text, " {} |", escape_markdown(cell.map_or("", |c| &c.text)));
            }
        }
        text.push('\n');
        for remark in self.remarks() {
            let _ = write!(text, "\n{}\n", escape_markdown(&remark));
        }
        text
    }

    /// A `table` environment for booktabs.
    pub fn latex(&self) -> String {
        let escape = latex::escape;
        let align: String =
            self.columns.iter().map(|c| if c.align == Align::Right { 'r' } else { 'l' }).collect();
        let mut text = format!(
            "% needs \\usepackage{{booktabs}}\n\\begin{{table}}[htbp]\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{{align}}}\n\\toprule\n",
            escape(&self.caption),
            self.id
        );
        let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
        text.push_str(&line(self.columns.iter().map(|c| escape(&c.name)).collect()));
        if self.columns.iter().any(|c| !c.unit.is_empty()) {
            text.push_str(&line(self.columns.iter().map(|c| escape(&c.unit)).collect()));
        }
        text.push_str("\\midrule\n");
        for row in &self.rows {
            text.push_str(&line(
                self.cells(row).map(|(_, c)| escape(c.map_or("", |c| &c.text))).collect(),
            ));
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n");
        let remarks = self.remarks();
        if !remarks.is_empty() {
            let _ = writeln!(
                text,
                "\\par\\smallskip\n{{\\footnotesize {}}}",
                escape(&remarks.join(" "))
            );
        }
        text.push_str("\\end{table}\n");
        text
    }

    /// The numbers themselves, one line a row; units stand in the header.
    ///
    /// # Errors
    /// None in practice: writing to memory; a failure of the writer is passed on.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|c| {
            if c.unit.is_empty() { c.name.clone() } else { format!("{} ({})", c.name, c.unit) }
        }))?;
        for row in &self.rows {
            writer.write_record(
                self.cells(row).map(|(_, c)| c.map_or_else(String::new, Cell::raw)),
            )?;
        }
        let bytes = writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))?;
        // The fields are text, so the bytes are.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Text that Markdown prints as it stands.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
pub(crate) fn example() -> Table {
    Table {
        id: "pass-through".into(),
        caption: "Unit value & oxide price: <log> levels, 100 % of months".into(),
        columns: vec![
            Column::text("Term"),
            Column::number("Estimate", ""),
            Column::number("Value", "USD_m"),
            Column::number("Share", ""),
        ],
        rows: vec![
            vec![
                "sum of price lags | _x_".into(),
                Cell::fixed(0.658_058, 3),
                Cell::signed(-1234.5, 1),
                Cell::percent(0.25, 1),
            ],
            vec!["R&D #1 {a}".into(), Cell::significant(7123.0, 2), Cell::fixed(f64::NAN, 1)],
        ],
        notes: vec!["HAC standard errors, 6 lags.".into()],
        source: "UN Comtrade".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_renderings_of_one_content() {
        let table = example();
        let markdown = table.markdown();
        assert!(
            markdown.contains("| sum of price lags \\| \\_x\\_ | 0.658 | −1,234.5 | 25.0 % |"),
            "{markdown}"
        );
        assert!(markdown.contains("| --- | ---: | ---: | ---: |"));
        let rows = markdown.lines().filter(|l| l.starts_with('|'));
        assert!(rows.into_iter().all(|l| l.replace("\\|", "").matches('|').count() == 5));
        let latex = table.latex();
        assert!(latex.contains("0.658 & $-$1,234.5 & 25.0\\,\\% \\\\"), "{latex}");
        assert!(latex.contains("R\\&D \\#1 \\{a\\} & 7,100 & -- &  \\\\"), "{latex}");
        let csv = table.csv().unwrap();
        assert_eq!(csv.lines().next(), Some("Term,Estimate,Value (USD_m),Share"));
        assert_eq!(csv.lines().nth(1), Some("sum of price lags | _x_,0.658058,-1234.5,0.25"));
        let html = table.html().into_string();
        assert!(
            html.contains("Unit value &amp; oxide price: &lt;log&gt;")
                && html.contains("class=\"n\"")
        );
    }
}
