//! Horizontal bars: destinations, one or two years side by side.

use super::axis::LABEL;
use super::canvas::{Anchor, Canvas, Text};
use super::figure::{Plot, WIDTH, csv};
use super::font::{Weight, width, wrap};
use super::number::{decimals_for, fixed};
use super::palette::{GREY, INK, NAVY, Rgb, TEAL};
use super::{ChartError, Figure, Heading, range};

/// One destination.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareRow {
    /// Its name.
    pub label: String,
    /// One value for each group, not negative.
    pub values: Vec<f64>,
}

/// Bars by destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Words around it.
    pub heading: Heading,
    /// One or two groups, printed behind the bars of the first row.
    pub groups: Vec<String>,
    /// The destinations, top to bottom.
    pub rows: Vec<ShareRow>,
    /// Printed after each value: `%`.
    pub unit: String,
}

const FILLS: [(Rgb, f64); 2] = [(NAVY, 1.0), (TEAL, 0.45)];

impl Shares {
    /// Draws it.
    ///
    /// # Errors
    /// A value that is negative or not finite, more than two groups, a row of another length.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        if self.groups.len() > FILLS.len() {
            return Err(ChartError::TooMany {
                what: "groups",
                n: self.groups.len(),
                limit: FILLS.len(),
            });
        }
        for row in &self.rows {
            if row.values.len() != self.groups.len() {
                let what = format!("values of {}", row.label);
                return Err(ChartError::Length {
                    what,
                    n: row.values.len(),
                    expected: self.groups.len(),
                });
            }
            if let Some(&value) = row.values.iter().find(|v| **v < 0.0) {
                return Err(ChartError::NotDrawable { what: row.label.clone(), value });
            }
        }
        let values = self.rows.iter().flat_map(|r| r.values.iter().map(|v| (r.label.clone(), *v)));
        let (_, hi) = range(values, false)?;
        let decimals = decimals_for(hi).min(1);
        let text = |v: f64| format!("{} {}", fixed(v, decimals), self.unit).trim_end().to_owned();
        let labels: Vec<Vec<String>> =
            self.rows.iter().map(|r| wrap(&r.label, LABEL, Weight::Regular, 180.0)).collect();
        let left =
            labels.iter().flatten().map(|l| width(l, LABEL, Weight::Regular)).fold(0.0, f64::max)
                + 12.0;
        let group = self.groups.iter().map(|g| width(g, LABEL, Weight::Bold)).fold(0.0, f64::max);
        let right = WIDTH - width(&text(hi), LABEL, Weight::Regular) - group - 22.0;
        // Bars start at zero and the longest one fills the width.
        let length = |v: f64| if hi > 0.0 { v / hi * (right - left) } else { 0.0 };
        let thick = if self.groups.len() == 1 { 15.0 } else { 13.0 };
        let mut canvas = Canvas::default();
        let mut y = 4.0;
        for (k, (row, lines)) in self.rows.iter().zip(&labels).enumerate() {
            let height = (self.groups.len() as f64 * (thick + 2.0)).max(lines.len() as f64 * 14.0);
            let middle = y + height / 2.0;
            for (i, line) in lines.iter().enumerate() {
                let at =
                    (left - 8.0, middle + (i as f64 - (lines.len() - 1) as f64 / 2.0) * 14.0 + 4.3);
                canvas.text(Text {
                    at,
                    text: line.clone(),
                    size: LABEL,
                    weight: Weight::Regular,
                    anchor: Anchor::End,
                    colour: INK,
                });
            }
            for (i, &v) in row.values.iter().enumerate() {
                let at = middle + (i as f64 - (row.values.len() - 1) as f64 / 2.0) * (thick + 1.0);
                let (colour, strength) = FILLS[i];
                let (from, to) = ((left, at - thick / 2.0), (left + length(v), at + thick / 2.0));
                canvas.rectangle(from, to, colour.tint(strength));
                if strength < 1.0 {
                    canvas.line(&[from, (to.0, from.1), to, (from.0, to.1), from], colour, 0.8);
                }
                let value = text(v);
                let x = to.0 + 5.0;
                let next = x + width(&value, LABEL, Weight::Regular) + 8.0;
                canvas.text(Text {
                    at: (x, at + 4.3),
                    text: value,
                    size: LABEL,
                    weight: Weight::Regular,
                    anchor: Anchor::Start,
                    colour: INK,
                });
                if k == 0 && (self.groups.len() > 1 || !self.groups[i].is_empty()) {
                    let text = self.groups[i].clone();
                    canvas.text(Text {
                        at: (next, at + 4.3),
                        text,
                        size: LABEL,
                        weight: Weight::Bold,
                        anchor: Anchor::Start,
                        colour: INK,
                    });
                }
            }
            y += height + 9.0;
        }
        canvas.line(&[(left, 0.0), (left, y - 5.0)], GREY, 0.9);
        let plot = Plot {
            canvas,
            height: y,
            caption: self.heading.caption.clone().unwrap_or_default(),
            note: String::new(),
            alt: self.alt(&text),
            csv: self.csv()?,
        };
        Figure::new(&self.heading, plot)
    }

    fn alt(&self, text: &impl Fn(f64) -> String) -> String {
        let row = |r: &ShareRow| {
            let values =
                self.groups.iter().zip(&r.values).map(|(g, v)| format!("{} in {g}", text(*v)));
            format!("{} {}", r.label, values.collect::<Vec<_>>().join(", "))
        };
        format!("Horizontal bars. {}.", self.rows.iter().map(row).collect::<Vec<_>>().join("; "))
    }

    fn csv(&self) -> Result<String, ChartError> {
        let mut header = vec!["label"];
        header.extend(self.groups.iter().map(String::as_str));
        let row = |r: &ShareRow| {
            std::iter::once(r.label.clone()).chain(r.values.iter().map(f64::to_string)).collect()
        };
        csv(&header, &self.rows.iter().map(row).collect::<Vec<_>>())
    }
}
