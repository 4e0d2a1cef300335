//! Diverging stacked bars: the parts of a change, year by year.

use super::axis::{Area, LABEL, Scale};
use super::canvas::{Anchor, Canvas, Text};
use super::figure::{Plot, WIDTH, csv};
use super::font::{Weight, width, wrap};
use super::label::{EdgeLabel, LINE, margin, spread};
use super::number::{decimals_for, signed};
use super::palette::{INK, NAVY, ORANGE, PLUM, Rgb, TEAL, WHITE};
use super::{ChartError, Figure, Heading, range};

/// One year or window.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Label below it.
    pub label: String,
    /// The parts, in the order of their names.
    pub parts: Vec<f64>,
    /// Their total.
    pub total: f64,
}

/// Parts of changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Words around it.
    pub heading: Heading,
    /// Names of the parts, one to four.
    pub parts: Vec<String>,
    /// The bars, in order.
    pub bars: Vec<Bar>,
    /// Short unit for the alternative text.
    pub unit: String,
}

/// Fill of a part; light ones have a darker edge. In grey: dark, middle, light, darkish.
const FILLS: [(Rgb, f64); 4] = [(NAVY, 1.0), (ORANGE, 1.0), (PLUM, 0.22), (TEAL, 0.5)];

impl Split {
    /// Draws it.
    ///
    /// # Errors
    /// A value that cannot be drawn, more than four parts, a bar with another number of parts.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        if self.parts.len() > FILLS.len() {
            return Err(ChartError::TooMany {
                what: "parts",
                n: self.parts.len(),
                limit: FILLS.len(),
            });
        }
        let mut largest: f64 = 0.0;
        for bar in &self.bars {
            if bar.parts.len() != self.parts.len() {
                let what = format!("parts of {}", bar.label);
                return Err(ChartError::Length {
                    what,
                    n: bar.parts.len(),
                    expected: self.parts.len(),
                });
            }
            range(bar.parts.iter().chain([&bar.total]).map(|v| (bar.label.clone(), *v)), false)?;
            largest = bar.parts.iter().chain([&bar.total]).fold(largest, |m, v| m.max(v.abs()));
        }
        let ends = self.bars.iter().flat_map(|b| {
            let sum =
                |positive: bool| b.parts.iter().filter(|v| (**v > 0.0) == positive).sum::<f64>();
            [sum(true).max(b.total), sum(false).min(b.total)].map(|v| (b.label.clone(), v))
        });
        let (lo, hi) = range(ends, false)?;
        let decimals = decimals_for(largest);
        let scale = Scale::new(lo.min(0.0), hi.max(0.0), 6, false);
        let names: Vec<EdgeLabel> = self
            .parts
            .iter()
            .map(|n| EdgeLabel { y: 0.0, text: n.clone(), colour: INK, bold: true })
            .collect();
        let left = scale.label_width().max(width("Total", LABEL, Weight::Bold)) + 12.0;
        let area = Area { left, top: 8.0, right: WIDTH - margin(&names) - 10.0, bottom: 268.0 };
        let scale = scale.over(area.bottom, area.top);
        let mut canvas = Canvas::default();
        scale.draw_vertical(&mut canvas, area);
        let slot = (area.right - area.left) / self.bars.len().max(1) as f64;
        let beside = width(&signed(-largest, decimals), 11.0, Weight::Regular) + 8.0;
        let bar_width = (slot - beside - 14.0).clamp(8.0, 54.0);
        let labels: Vec<Vec<String>> =
            self.bars.iter().map(|b| wrap(&b.label, LABEL, Weight::Regular, slot - 8.0)).collect();
        let n_lines = labels.iter().map(Vec::len).max().unwrap_or(1);
        let totals = area.bottom + 20.0 + 14.0 * n_lines as f64;
        let mut last_segments = Vec::new();
        for (k, bar) in self.bars.iter().enumerate() {
            let middle = area.left + (k as f64 + 0.5) * slot;
            let from = middle - f64::midpoint(bar_width, beside) + 4.0;
            last_segments =
                draw_bar(&mut canvas, area, &scale, bar, (from, from + bar_width), decimals);
            // The total stands left of the bar, so that it hides no part.
            let (x, y) = (from - 8.0, scale.at(bar.total));
            canvas.area(vec![(x, y - 5.0), (x + 5.0, y), (x, y + 5.0), (x - 5.0, y)], INK);
            let mut put = |y: f64, text: String, weight| {
                let at = (from + bar_width / 2.0, y);
                let anchor = Anchor::Middle;
                canvas.text(Text { at, text, size: LABEL, weight, anchor, colour: INK });
            };
            for (i, line) in labels[k].iter().enumerate() {
                put(area.bottom + 18.0 + 14.0 * i as f64, line.clone(), Weight::Regular);
            }
            put(totals, signed(bar.total, decimals), Weight::Bold);
        }
        canvas.text(Text {
            at: (area.left - 6.0, totals),
            text: "Total".into(),
            size: LABEL,
            weight: Weight::Bold,
            anchor: Anchor::End,
            colour: INK,
        });
        // Names stand at the height of the last bar's parts, each behind a patch of its fill.
        let placed = spread(&last_segments, LINE + 2.0, area.top + 6.0, area.bottom - 6.0);
        for (i, (name, y)) in self.parts.iter().zip(placed).enumerate() {
            let x = area.right + 8.0;
            patch(&mut canvas, i, (x, y - 5.0), (x + 10.0, y + 5.0));
            canvas.text(Text {
                at: (x + 15.0, y + 4.3),
                text: name.clone(),
                size: LABEL,
                weight: Weight::Bold,
                anchor: Anchor::Start,
                colour: INK,
            });
        }
        let plot = Plot {
            canvas,
            height: totals + 8.0,
            caption: self.heading.caption.clone().unwrap_or_default(),
            note: "Diamonds: totals.".into(),
            alt: self.alt(decimals),
            csv: self.csv()?,
        };
        Figure::new(&self.heading, plot)
    }

    fn alt(&self, decimals: usize) -> String {
        let bars = self.bars.iter().map(|b| {
            let parts = self
                .parts
                .iter()
                .zip(&b.parts)
                .map(|(n, v)| format!("{n} {}", signed(*v, decimals)));
            format!(
                "{}: total {} ({})",
                b.label,
                signed(b.total, decimals),
                parts.collect::<Vec<_>>().join(", ")
            )
        });
        let unit = if self.unit.is_empty() { String::new() } else { format!(", in {}", self.unit) };
        format!(
            "Stacked bars of the parts of a change{unit}. {}.",
            bars.collect::<Vec<_>>().join("; ")
        )
    }

    fn csv(&self) -> Result<String, ChartError> {
        let mut header = vec!["label"];
        header.extend(self.parts.iter().map(String::as_str));
        header.push("total");
        let row = |b: &Bar| {
            std::iter::once(b.label.clone())
                .chain(b.parts.iter().chain([&b.total]).map(f64::to_string))
                .collect()
        };
        csv(&header, &self.bars.iter().map(row).collect::<Vec<_>>())
    }
}

fn patch(canvas: &mut Canvas, part: usize, from: (f64, f64), to: (f64, f64)) {
    let (colour, strength) = FILLS[part];
    canvas.rectangle(from, to, colour.tint(strength));
    let edge = if strength < 1.0 { colour } else { WHITE };
    canvas.line(&[from, (to.0, from.1), to, (from.0, to.1), from], edge, 0.8);
}

/// Draws the parts and their values; returns the heights of the middles of the parts.
fn draw_bar(
    canvas: &mut Canvas,
    area: Area,
    scale: &Scale,
    bar: &Bar,
    x: (f64, f64),
    decimals: usize,
) -> Vec<f64> {
    let (mut up, mut down) = (0.0, 0.0);
    let mut middles = Vec::new();
    let mut outside: Vec<(f64, String)> = Vec::new();
    for (i, &value) in bar.parts.iter().enumerate() {
        let base = if value > 0.0 { &mut up } else { &mut down };
        let (from, to) = (scale.at(*base), scale.at(*base + value));
        *base += value;
        patch(canvas, i, (x.0, from.min(to)), (x.1, from.max(to)));
        let middle = f64::midpoint(from, to);
        middles.push(middle);
        let text = signed(value, decimals);
        let room =
            (from - to).abs() >= 15.0 && width(&text, 11.0, Weight::Regular) + 4.0 <= x.1 - x.0;
        if room {
            let (colour, strength) = FILLS[i];
            let at = (f64::midpoint(x.0, x.1), middle + 4.0);
            canvas.text(Text {
                at,
                text,
                size: 11.0,
                weight: Weight::Regular,
                anchor: Anchor::Middle,
                colour: colour.tint(strength).text_on(),
            });
        } else {
            outside.push((middle, text));
        }
    }
    let wanted: Vec<f64> = outside.iter().map(|(y, _)| *y).collect();
    let placed = spread(&wanted, 13.0, area.top + 4.0, area.bottom - 4.0);
    for ((_, text), y) in outside.into_iter().zip(placed) {
        let right = x.1 + 7.0 + width(&text, 11.0, Weight::Regular);
        canvas.rectangle((x.1 + 3.0, y - 6.0), (right, y + 6.0), WHITE);
        canvas.text(Text {
            at: (x.1 + 5.0, y + 4.0),
            text,
            size: 11.0,
            weight: Weight::Regular,
            anchor: Anchor::Start,
            colour: INK,
        });
    }
    middles
}
