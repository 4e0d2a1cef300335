//! One row: every field is read, and every problem of the line is listed.

use monazite_series::{Period, Status, Unit};

use super::header::Columns;
use super::number::{Number, number};
use super::period_text::{Written, period};
use super::records::Record;
use super::{Findings, ReadOptions};
use crate::diagnostic::{Diagnostic, nearest};

/// Longest span, in periods.
const LONGEST_SPAN: u32 = 120;

/// A figure, or the remark that it is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Figure {
    /// A finite number.
    Value(f64),
    /// Marked as missing in the file.
    Missing,
}

impl Figure {
    /// The number, if there is one.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing => None,
        }
    }
}

/// A row that could be read, before it is placed in its series.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub id: String,
    pub period: Period,
    pub span: u32,
    pub figure: Figure,
    pub unit: Unit,
    pub status: Status,
    pub record: Record<'a>,
    pub columns: Columns,
}

/// Reads one row after the other.
pub(super) struct RowReader<'a> {
    pub columns: Columns,
    /// Identifier of the one series of a file without `unique_id`.
    pub name: String,
    pub comma_is_decimal: bool,
    pub options: &'a ReadOptions,
}

impl RowReader<'_> {
    /// The row; on an error the series it belongs to, where that is known, so that it is left out as a whole.
    pub(super) fn row<'t>(
        &self,
        record: Record<'t>,
        findings: &mut Findings,
    ) -> Result<Row<'t>, Option<String>> {
        let columns = self.columns;
        if let Some(column) = record.unclosed {
            let open = Diagnostic::error("D007", "a quotation mark is never closed")
                .at(findings.file, record.line, column)
                .text(record.text, 1)
                .help("close it on the same line");
            findings.all.push(open);
            return Err(None);
        }
        let n_fields = record.fields.len();
        if n_fields != columns.width {
            let message = format!("{n_fields} fields, and the header names {}", columns.width);
            let hint = if n_fields > columns.width {
                "quote a field that holds a comma"
            } else {
                "add the missing field; an empty one still needs its comma"
            };
            findings.push(Diagnostic::error("D006", message).help(hint), &record, None);
            return Err(columns
                .unique_id
                .and_then(|idx| record.fields.get(idx))
                .map(|f| f.text.clone()));
        }
        let id = columns.unique_id.map_or(self.name.clone(), |idx| record.fields[idx].text.clone());
        if id.is_empty() {
            let nameless =
                Diagnostic::error("D008", "the row does not say which series it belongs to");
            findings.push(nameless.help("write its identifier"), &record, columns.unique_id);
            return Err(None);
        }
        // Every field is read before giving up, so that all problems of a line are listed.
        let period = self.period(&record, findings);
        let figure = self.figure(&record, findings);
        let span = self.span(&record, findings);
        let unit = self.unit(&record, findings);
        let status = self.status(&record, findings);
        match (period, figure, span, unit, status) {
            (Some(period), Some(figure), Some(span), Some(unit), Some(status)) => {
                Ok(Row { id, period, span, figure, unit, status, record, columns })
            }
            _ => Err(Some(id)),
        }
    }

    fn period(&self, record: &Record, findings: &mut Findings) -> Option<Period> {
        let text = &record.fields[self.columns.ds].text;
        let (finding, read) = match period(text) {
            Some(Written::Plain(period)) => return Some(period),
            Some(Written::Otherwise(period)) => {
                let mended =
                    Diagnostic::warning("D012", format!("`{text}` is not written as a period"))
                        .assumed(period.to_string())
                        .help(format!("write `{period}`"));
                (mended, Some(period))
            }
            Some(Written::Ambiguous(period)) => {
                let open = Diagnostic::error("D010", format!("`{text}` has more than one reading"))
                    .help(format!("write `{period}` if that is meant"));
                (open, None)
            }
            None => {
                let unread = Diagnostic::error("D010", format!("`{text}` is not a period"))
                    .help("write 2025-06, 2025-Q2, 2025 or 2025-06-30");
                (unread, None)
            }
        };
        findings.push(finding, record, Some(self.columns.ds));
        read
    }

    /// The figure, `None` after an error.
    fn figure(&self, record: &Record, findings: &mut Findings) -> Option<Figure> {
        let text = &record.fields[self.columns.y].text;
        let (finding, read) = match number(text, self.comma_is_decimal) {
            Number::Plain(value) => return Some(Figure::Value(value)),
            Number::Grouped(value) => {
                let mended = Diagnostic::warning("D021", format!("`{text}` groups its digits"))
                    .assumed(format!("{value}"))
                    .help(format!("write `{value}`"));
                (mended, Some(Figure::Value(value)))
            }
            Number::DecimalComma(value) => {
                let mended = Diagnostic::warning("D022", format!("`{text}` has a decimal comma"))
                    .assumed(format!("{value}"))
                    .help(format!("write `{value}`"));
                (mended, Some(Figure::Value(value)))
            }
            Number::Missing => {
                let message = if text.is_empty() {
                    "there is no figure".to_owned()
                } else {
                    format!("`{text}` marks a missing figure")
                };
                (
                    Diagnostic::warning("D023", message).assumed("missing; nothing is filled in"),
                    Some(Figure::Missing),
                )
            }
            Number::Infinite => {
                let message = format!("`{text}` is not a finite number");
                (
                    Diagnostic::error("D024", message)
                        .help("leave the field empty if it is missing"),
                    None,
                )
            }
            Number::Text => {
                let message = format!("`{text}` is not a number");
                let hint = match text.chars().find(|c| "%$€¥£(−".contains(*c)) {
                    Some('%') => "write the number alone and the unit `percent`",
                    Some('(' | '−') => "write a negative number with a plain minus sign",
                    Some(_) => "write the number alone and the currency as unit",
                    None => "write digits with a point as decimal mark, e.g. 5666.3",
                };
                (Diagnostic::error("D020", message).help(hint), None)
            }
        };
        findings.push(finding, record, Some(self.columns.y));
        read
    }

    fn span(&self, record: &Record, findings: &mut Findings) -> Option<u32> {
        let Some(idx) = self.columns.span else { return Some(1) };
        let text = &record.fields[idx].text;
        if text.is_empty() {
            return Some(1);
        }
        let read = text.parse().ok().filter(|span| (1..=LONGEST_SPAN).contains(span));
        if read.is_none() {
            let message = format!("`{text}` is not a span");
            let hint = format!("write the number of periods covered, 1 to {LONGEST_SPAN}");
            findings.push(Diagnostic::error("D017", message).help(hint), record, Some(idx));
        }
        read
    }

    fn unit(&self, record: &Record, findings: &mut Findings) -> Option<Unit> {
        let field = self.columns.unit.map(|idx| (idx, record.fields[idx].text.as_str()));
        let Some((idx, text)) = field.filter(|(_, text)| !text.is_empty()) else {
            return self.options.unit.clone().or_else(|| "1".parse().ok());
        };
        if let Ok(unit) = text.parse() {
            return Some(unit);
        }
        let near = unit_synonym(text).or_else(|| nearest(text, Unit::known()));
        let hint = near.map_or_else(
            || "known are t, kg, kt, t REO, USD, USD m, CNY, vehicles, GW, percent, index, 1 and quotients of them".into(),
            |near| format!("write `{near}` if that is meant"),
        );
        let unknown = Diagnostic::error("D030", format!("`{text}` is not a known unit")).help(hint);
        findings.push(unknown, record, Some(idx));
        None
    }

    fn status(&self, record: &Record, findings: &mut Findings) -> Option<Status> {
        let Some(idx) = self.columns.status else { return Some(Status::Direct) };
        let text = &record.fields[idx].text;
        if text.is_empty() {
            return Some(Status::Direct);
        }
        let read = text.to_lowercase().parse().ok();
        if read.is_none() {
            let known = ["direct", "preliminary", "revised", "derived", "converted", "estimated"];
            let hint = nearest(text, known)
                .map_or(format!("write one of {}", known.join(", ")), |near| {
                    format!("did you mean `{near}`?")
                });
            let unknown = Diagnostic::error("D034", format!("`{text}` is not a status")).help(hint);
            findings.push(unknown, record, Some(idx));
        }
        read
    }
}

/// The unit that a common other name stands for.
fn unit_synonym(text: &str) -> Option<&'static str> {
    Some(match text.to_lowercase().as_str() {
        "tonne" | "tonnes" | "ton" | "tons" | "mt" | "metric tons" | "metric tonnes" => "t",
        "kilogram" | "kilograms" | "kgs" => "kg",
        "dollar" | "dollars" | "$" | "us$" | "usd" => "USD",
        "million usd" | "usd million" | "usd mn" | "musd" | "m usd" => "USD m",
        "yuan" | "rmb" | "renminbi" | "¥" | "cny" => "CNY",
        "cars" | "units" | "vehicle" => "vehicles",
        "%" | "pct" | "per cent" => "percent",
        _ => return None,
    })
}
