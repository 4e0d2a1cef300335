//! Futures curves: price by months to delivery.

use super::axis::{Area, LABEL, Scale};
use super::canvas::{Anchor, Canvas, Text};
use super::figure::{Plot, WIDTH, csv};
use super::font::Weight;
use super::label::{EdgeLabel, draw_edge, margin};
use super::number::significant;
use super::palette::{DASHES, GREY, INK, LINES};
use super::{ChartError, Figure, Heading, range};

/// The price for delivery so many months ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Months to delivery.
    pub months: u32,
    /// Price.
    pub value: f64,
    /// 90 % band, where there is one.
    pub band: Option<(f64, f64)>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveLine {
    /// Name, printed at its right end.
    pub name: String,
    /// Prices in order of months.
    pub points: Vec<CurvePoint>,
}

/// One to four curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Words around it.
    pub heading: Heading,
    /// The curves.
    pub lines: Vec<CurveLine>,
    /// Short unit for labels.
    pub unit: String,
}

impl Curve {
    /// Draws it.
    ///
    /// # Errors
    /// A value that cannot be drawn, no curve or more than four.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        if self.lines.len() > LINES.len() {
            return Err(ChartError::TooMany {
                what: "curves",
                n: self.lines.len(),
                limit: LINES.len(),
            });
        }
        let values = self.lines.iter().flat_map(|l| {
            l.points.iter().flat_map(move |p| {
                let band = p.band.into_iter().flat_map(|b| [b.0, b.1]);
                band.chain([p.value])
                    .map(move |v| (format!("{} at {} months", l.name, p.months), v))
            })
        });
        let (lo, hi) = range(values, false)?;
        let months = self.lines.iter().flat_map(|l| l.points.iter().map(|p| p.months));
        let (first, last) = months.fold((u32::MAX, 0), |(a, b), m| (a.min(m), b.max(m)));
        let scale = Scale::new(lo, hi, 5, false);
        let labels = self.labels(&scale);
        let area = Area {
            left: scale.label_width() + 10.0,
            top: 8.0,
            right: WIDTH - margin(&labels),
            bottom: 250.0,
        };
        let scale = scale.over(area.bottom, area.top);
        let width = f64::from((last - first).max(1));
        let x = |m: u32| {
            area.left + 8.0 + f64::from(m - first) / width * (area.right - area.left - 8.0)
        };
        let mut canvas = Canvas::default();
        for (i, line) in self.lines.iter().enumerate() {
            let edge = |upper: bool| -> Vec<(f64, f64)> {
                line.points
                    .iter()
                    .filter_map(|p| {
                        p.band.map(|b| (x(p.months), scale.at(if upper { b.1 } else { b.0 })))
                    })
                    .collect()
            };
            let (low, high) = (edge(false), edge(true));
            if low.len() > 1 {
                canvas.area(
                    low.iter().copied().chain(high.iter().rev().copied()).collect(),
                    LINES[i].tint(0.15),
                );
                canvas.line(&low, LINES[i].tint(0.75), 0.8);
                canvas.line(&high, LINES[i].tint(0.75), 0.8);
            }
        }
        scale.draw_vertical(&mut canvas, area);
        canvas.line(&[(area.left, area.bottom), (area.right, area.bottom)], GREY, 0.9);
        let step =
            [1, 2, 3, 6, 12, 24, 60].into_iter().find(|s| (last - first) / s <= 12).unwrap_or(120);
        for m in (first..=last).filter(|m| m % step == 0) {
            canvas.line(&[(x(m), area.bottom), (x(m), area.bottom + 4.0)], GREY, 0.9);
            axis_text(
                &mut canvas,
                (x(m), area.bottom + LABEL + 5.0),
                m.to_string(),
                Anchor::Middle,
            );
        }
        let middle = f64::midpoint(area.left, area.right);
        axis_text(
            &mut canvas,
            (middle, area.bottom + 2.0 * LABEL + 11.0),
            "Months to delivery".into(),
            Anchor::Middle,
        );
        for (i, line) in self.lines.iter().enumerate().rev() {
            let points: Vec<_> =
                line.points.iter().map(|p| (x(p.months), scale.at(p.value))).collect();
            canvas.dashed(&points, LINES[i], 1.9, DASHES[i]);
            for p in points {
                canvas.disc(p, 2.2, LINES[i]);
            }
        }
        draw_edge(&mut canvas, area, &self.labels(&scale));
        let banded = self.lines.iter().any(|l| l.points.iter().any(|p| p.band.is_some()));
        let plot = Plot {
            canvas,
            height: area.bottom + 42.0,
            caption: self.heading.caption.clone().unwrap_or_default(),
            note: if banded { "Shaded: 90 % band.".into() } else { String::new() },
            alt: self.alt(lo, hi),
            csv: self.csv()?,
        };
        Figure::new(&self.heading, plot)
    }

    fn labels(&self, scale: &Scale) -> Vec<EdgeLabel> {
        let label = |(i, line): (usize, &CurveLine)| {
            let end = line.points.last()?;
            let text = format!("{} {}", line.name, significant(end.value, 3));
            Some(EdgeLabel { y: scale.at(end.value), text, colour: LINES[i], bold: i == 0 })
        };
        self.lines.iter().enumerate().filter_map(label).collect()
    }

    fn alt(&self, lo: f64, hi: f64) -> String {
        let number = |v: f64| format!("{} {}", significant(v, 3), self.unit).trim_end().to_owned();
        let ends = self.lines.iter().filter_map(|l| {
            let (from, to) = (l.points.first()?, l.points.last()?);
            Some(format!(
                "{} runs from {} at {} months to {} at {}",
                l.name,
                number(from.value),
                from.months,
                number(to.value),
                to.months
            ))
        });
        format!(
            "Futures curves; drawn values range from {} to {}; {}.",
            number(lo),
            number(hi),
            ends.collect::<Vec<_>>().join("; ")
        )
    }

    fn csv(&self) -> Result<String, ChartError> {
        let row = |l: &CurveLine, p: &CurvePoint| {
            let (lo, hi) = p
                .band
                .map_or((String::new(), String::new()), |b| (b.0.to_string(), b.1.to_string()));
            vec![l.name.clone(), p.months.to_string(), p.value.to_string(), lo, hi]
        };
        let rows: Vec<_> =
            self.lines.iter().flat_map(|l| l.points.iter().map(move |p| row(l, p))).collect();
        csv(&["curve", "months", "value", "lo90", "hi90"], &rows)
    }
}

/// A text of an axis.
pub(crate) fn axis_text(canvas: &mut Canvas, at: (f64, f64), text: String, anchor: Anchor) {
    canvas.text(Text { at, text, size: LABEL, weight: Weight::Regular, anchor, colour: INK });
}
