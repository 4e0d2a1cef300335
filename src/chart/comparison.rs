//! Dots with intervals: scenarios by conduct.

use super::axis::{Area, LABEL, Scale};
use super::canvas::{Anchor, Canvas, Text};
use super::figure::{Plot, WIDTH, csv};
use super::font::{Weight, width, wrap};
use super::number::{decimals_for, fixed, signed};
use super::palette::{GREY, GRID, INK, LINES, Rgb, WHITE};
use super::{ChartError, Figure, Heading, range};

/// An effect with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    /// Effect.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

/// One scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonRow {
    /// Name of the scenario.
    pub label: String,
    /// One effect for each conduct, in order; `None` where it was not run.
    pub dots: Vec<Option<Dot>>,
}

/// Effects of scenarios under several kinds of conduct.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Words around it.
    pub heading: Heading,
    /// Names of the kinds of conduct, one to four.
    pub conducts: Vec<String>,
    /// The scenarios, top to bottom.
    pub rows: Vec<ComparisonRow>,
    /// Short unit for the alternative text.
    pub unit: String,
}

const SUB: f64 = 16.0;

impl Comparison {
    /// Draws it.
    ///
    /// # Errors
    /// A value that cannot be drawn, more than four kinds of conduct, a row of another length.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        if self.conducts.len() > LINES.len() {
            return Err(ChartError::TooMany {
                what: "kinds of conduct",
                n: self.conducts.len(),
                limit: LINES.len(),
            });
        }
        for row in &self.rows {
            if row.dots.len() != self.conducts.len() {
                let what = format!("effects of {}", row.label);
                return Err(ChartError::Length {
                    what,
                    n: row.dots.len(),
                    expected: self.conducts.len(),
                });
            }
        }
        let values = self.rows.iter().flat_map(|r| {
            r.dots
                .iter()
                .flatten()
                .flat_map(move |d| [d.value, d.lo, d.hi].map(|v| (r.label.clone(), v)))
        });
        let (lo, hi) = range(values, false)?;
        let decimals = decimals_for(lo.abs().max(hi.abs()));
        let text = |d: &Dot| signed(d.value, decimals);
        let number = self
            .rows
            .iter()
            .flat_map(|r| r.dots.iter().flatten())
            .map(|d| width(&text(d), LABEL, Weight::Bold))
            .fold(0.0, f64::max);
        let name =
            self.conducts.iter().map(|c| width(c, LABEL, Weight::Regular)).fold(0.0, f64::max);
        let label_limit = 170.0;
        let labels: Vec<Vec<String>> =
            self.rows.iter().map(|r| wrap(&r.label, LABEL, Weight::Regular, label_limit)).collect();
        let label_width =
            labels.iter().flatten().map(|l| width(l, LABEL, Weight::Regular)).fold(0.0, f64::max);
        let left = label_width + 16.0;
        let mut area = Area { left, top: 6.0, right: WIDTH - number - name - 34.0, bottom: 0.0 };
        let heights: Vec<f64> = labels
            .iter()
            .map(|l| (self.conducts.len() as f64 * SUB).max(l.len() as f64 * 14.0) + 10.0)
            .collect();
        area.bottom = area.top + heights.iter().sum::<f64>();
        let scale =
            Scale::new(lo.min(0.0), hi.max(0.0), 5, false).over(area.left + 4.0, area.right - 8.0);
        let mut canvas = Canvas::default();
        scale.draw_horizontal(&mut canvas, area);
        let mut y = area.top;
        for (k, ((row, lines), height)) in self.rows.iter().zip(&labels).zip(&heights).enumerate() {
            if k > 0 {
                canvas.line(&[(0.0, y), (WIDTH, y)], GRID, 0.7);
            }
            let middle = y + height / 2.0;
            for (i, line) in lines.iter().enumerate() {
                let at = (0.0, middle + (i as f64 - (lines.len() - 1) as f64 / 2.0) * 14.0 + 4.3);
                canvas.text(Text {
                    at,
                    text: line.clone(),
                    size: LABEL,
                    weight: Weight::Regular,
                    anchor: Anchor::Start,
                    colour: INK,
                });
            }
            for (i, dot) in row.dots.iter().enumerate() {
                let at = middle + (i as f64 - (row.dots.len() - 1) as f64 / 2.0) * SUB;
                let put = |canvas: &mut Canvas, x: f64, text: String, weight, anchor| {
                    canvas.text(Text {
                        at: (x, at + 4.3),
                        text,
                        size: LABEL,
                        weight,
                        anchor,
                        colour: INK,
                    });
                };
                marker(&mut canvas, i, (area.right + 10.0, at), 3.6);
                put(
                    &mut canvas,
                    area.right + 20.0,
                    self.conducts[i].clone(),
                    Weight::Regular,
                    Anchor::Start,
                );
                if let Some(d) = dot {
                    canvas.line(&[(scale.at(d.lo), at), (scale.at(d.hi), at)], LINES[i], 1.6);
                    for end in [d.lo, d.hi] {
                        canvas.line(
                            &[(scale.at(end), at - 3.0), (scale.at(end), at + 3.0)],
                            LINES[i],
                            1.2,
                        );
                    }
                    marker(&mut canvas, i, (scale.at(d.value), at), 4.2);
                    put(&mut canvas, WIDTH - 2.0, text(d), Weight::Bold, Anchor::End);
                } else {
                    put(&mut canvas, WIDTH - 2.0, "–".into(), Weight::Regular, Anchor::End);
                }
            }
            y += height;
        }
        canvas.line(&[(area.left, area.bottom), (area.right, area.bottom)], GREY, 0.9);
        let plot = Plot {
            canvas,
            height: area.bottom + 22.0,
            caption: self.heading.caption.clone().unwrap_or_default(),
            note: "Whiskers: 95 % intervals of the mean over paths: simulation error, parameters held fixed.".into(),
            alt: self.alt(decimals),
            csv: self.csv()?,
        };
        Figure::new(&self.heading, plot)
    }

    fn alt(&self, decimals: usize) -> String {
        let row = |r: &ComparisonRow| {
            let dots = self.conducts.iter().zip(&r.dots).filter_map(|(c, d)| {
                d.map(|d| {
                    format!(
                        "{c} {} ({} to {})",
                        signed(d.value, decimals),
                        fixed(d.lo, decimals),
                        fixed(d.hi, decimals)
                    )
                })
            });
            format!("{}: {}", r.label, dots.collect::<Vec<_>>().join(", "))
        };
        let unit = if self.unit.is_empty() { String::new() } else { format!(", in {}", self.unit) };
        format!(
            "Effects with 95 % intervals{unit}. {}.",
            self.rows.iter().map(row).collect::<Vec<_>>().join("; ")
        )
    }

    fn csv(&self) -> Result<String, ChartError> {
        let mut rows = Vec::new();
        for r in &self.rows {
            for (c, d) in self.conducts.iter().zip(&r.dots) {
                if let Some(d) = d {
                    rows.push(vec![
                        r.label.clone(),
                        c.clone(),
                        d.value.to_string(),
                        d.lo.to_string(),
                        d.hi.to_string(),
                    ]);
                }
            }
        }
        csv(&["scenario", "conduct", "value", "lo95", "hi95"], &rows)
    }
}

/// Disc, square, diamond, hollow disc.
fn marker(canvas: &mut Canvas, kind: usize, at: (f64, f64), r: f64) {
    let colour: Rgb = LINES[kind];
    let (x, y) = at;
    match kind {
        0 => canvas.disc(at, r, colour),
        1 => canvas.rectangle((x - 0.9 * r, y - 0.9 * r), (x + 0.9 * r, y + 0.9 * r), colour),
        2 => canvas.area(
            vec![(x, y - 1.3 * r), (x + 1.3 * r, y), (x, y + 1.3 * r), (x - 1.3 * r, y)],
            colour,
        ),
        _ => {
            canvas.disc(at, r, colour);
            canvas.disc(at, r - 1.7, WHITE);
        }
    }
}
