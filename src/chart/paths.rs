//! Lines of several scenarios over time, with a band for one of them.

use super::axis::{Area, Scale, TimeAxis};
use super::canvas::Canvas;
use super::figure::{Plot, WIDTH, csv};
use super::label::{EdgeLabel, EventRows, draw_edge, margin};
use super::number::{period_name, significant};
use super::palette::{DASHES, INK, LINES, WHITE};
use super::{ChartError, Event, Figure, Heading, Interval, range};
use monazite_series::Period;

/// One scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct PathLine {
    /// Name, printed at its right end.
    pub name: String,
    /// Value by period, in order.
    pub points: Vec<(Period, f64)>,
}

/// A figure at a place within its period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// The period.
    pub period: Period,
    /// Where in it: 0 begins it, 1 ends it.
    pub within: f64,
    /// The figure.
    pub value: f64,
}

/// Figures that are drawn as dots under one name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// Name, printed at the right end.
    pub name: String,
    /// The figures, in order.
    pub dots: Vec<Mark>,
}

/// Scenarios side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Paths {
    /// Words around it.
    pub heading: Heading,
    /// One to four lines.
    pub lines: Vec<PathLine>,
    /// 90 % band of the first line; may be empty.
    pub band: Vec<Interval>,
    /// 90 % band of the second line, outlined; may be empty.
    pub outline: Vec<Interval>,
    /// Figures as dots.
    pub dots: Option<Marks>,
    /// Dated rules.
    pub events: Vec<Event>,
    /// Short unit for labels.
    pub unit: String,
    /// Logarithmic vertical axis.
    pub log: bool,
}

impl Paths {
    /// Draws it.
    ///
    /// # Errors
    /// A value that cannot be drawn, no line or more than four, periods of different length.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        if self.lines.len() > LINES.len() {
            return Err(ChartError::TooMany {
                what: "lines",
                n: self.lines.len(),
                limit: LINES.len(),
            });
        }
        let values = self
            .lines
            .iter()
            .flat_map(|l| l.points.iter().map(move |(p, v)| (format!("{} in {p}", l.name), *v)));
        let band = self
            .band
            .iter()
            .flat_map(|b| [b.lo, b.hi].map(|v| (format!("the band in {}", b.period), v)));
        let outline = self
            .outline
            .iter()
            .flat_map(|b| [b.lo, b.hi].map(|v| (format!("the outline in {}", b.period), v)));
        let dots = self.all_dots().map(|d| (format!("the dot in {}", d.period), d.value));
        let (lo, hi) = range(values.chain(band).chain(outline).chain(dots), self.log)?;
        let scale = Scale::new(lo, hi, 5, self.log);
        let labels = self.labels(&scale);
        let mut area = Area {
            left: scale.label_width() + 10.0,
            top: 8.0,
            right: WIDTH - margin(&labels),
            bottom: 0.0,
        };
        let periods = self.lines.iter().flat_map(|l| l.points.iter().map(|(p, _)| *p));
        let periods = periods
            .chain(self.band.iter().map(|b| b.period))
            .chain(self.all_dots().map(|d| d.period))
            .chain(self.events.iter().map(|e| e.period));
        let time = TimeAxis::new(periods)?.over(area.left, area.right);
        let (rows, list) = EventRows::of(&self.events, &time, (area.left, WIDTH), None);
        area.top += rows.height();
        area.bottom = area.top + 250.0;
        let scale = scale.over(area.bottom, area.top);
        let mut canvas = Canvas::default();
        if !self.band.is_empty() {
            let edge = |f: fn(&Interval) -> f64| -> Vec<(f64, f64)> {
                self.band.iter().map(|b| (time.at(b.period, 0.0), scale.at(f(b)))).collect()
            };
            let (low, high) = (edge(|b| b.lo), edge(|b| b.hi));
            canvas.area(
                low.iter().copied().chain(high.iter().rev().copied()).collect(),
                LINES[0].tint(0.15),
            );
            canvas.line(&low, LINES[0].tint(0.62), 0.8);
            canvas.line(&high, LINES[0].tint(0.62), 0.8);
        }
        scale.draw_vertical(&mut canvas, area);
        time.draw(&mut canvas, area);
        rows.draw(&mut canvas, area, None);
        for (i, line) in self.lines.iter().enumerate().rev() {
            let points: Vec<_> =
                line.points.iter().map(|(p, v)| (time.at(*p, 0.0), scale.at(*v))).collect();
            canvas.dashed(&points, LINES[i], 1.9, DASHES[i]);
        }
        if !self.outline.is_empty() {
            for end in [|b: &Interval| b.lo, |b: &Interval| b.hi] {
                let edge: Vec<_> = self
                    .outline
                    .iter()
                    .map(|b| (time.at(b.period, 0.0), scale.at(end(b))))
                    .collect();
                canvas.dashed(&edge, LINES[1], 1.0, (1.5, 2.0));
            }
        }
        for dot in self.all_dots() {
            let at = (time.at(dot.period, dot.within - 0.5), scale.at(dot.value));
            canvas.disc(at, 3.6, WHITE);
            canvas.disc(at, 2.8, INK);
        }
        draw_edge(&mut canvas, area, &self.labels(&scale));
        let bands = [("Shaded", &self.band), ("Dotted edges", &self.outline)];
        let mut parts: Vec<String> = bands
            .iter()
            .zip(&self.lines)
            .filter(|((_, band), _)| !band.is_empty())
            .map(|((how, _), line)| format!("{how}: 90 % band of {}.", line.name))
            .collect();
        parts.extend((!list.is_empty()).then_some(list));
        let note = parts.join(" ");
        let plot = Plot {
            canvas,
            height: area.bottom + 22.0,
            caption: self.heading.caption.clone().unwrap_or_default(),
            note,
            alt: self.alt(lo, hi),
            csv: self.csv()?,
        };
        Figure::new(&self.heading, plot)
    }

    fn labels(&self, scale: &Scale) -> Vec<EdgeLabel> {
        let label = |(i, line): (usize, &PathLine)| {
            let (_, value) = line.points.last()?;
            let text = format!("{} {}", line.name, significant(*value, 3));
            Some(EdgeLabel { y: scale.at(*value), text, colour: LINES[i], bold: i == 0 })
        };
        let mut labels: Vec<EdgeLabel> = self.lines.iter().enumerate().filter_map(label).collect();
        if let Some((dots, last)) = self.dots.as_ref().and_then(|d| Some((d, d.dots.last()?))) {
            labels.push(EdgeLabel {
                y: scale.at(last.value),
                text: format!("{} {}", dots.name, significant(last.value, 3)),
                colour: INK,
                bold: true,
            });
        }
        labels
    }

    fn all_dots(&self) -> impl Iterator<Item = &Mark> {
        self.dots.iter().flat_map(|all| &all.dots)
    }

    fn alt(&self, lo: f64, hi: f64) -> String {
        let number = |v: f64| format!("{} {}", significant(v, 3), self.unit).trim_end().to_owned();
        let ends = self.lines.iter().filter_map(|l| {
            l.points
                .last()
                .map(|(p, v)| format!("{} ends at {} in {}", l.name, number(*v), period_name(*p)))
        });
        let n = self.lines.len();
        format!(
            "{n} line{}; drawn values range from {} to {}; {}.",
            if n == 1 { "" } else { "s" },
            number(lo),
            number(hi),
            ends.collect::<Vec<_>>().join("; ")
        )
    }

    fn csv(&self) -> Result<String, ChartError> {
        let line = |l: &PathLine| -> Vec<Vec<String>> {
            let row = |(p, v): &(Period, f64)| {
                vec![l.name.clone(), p.to_string(), v.to_string(), String::new(), String::new()]
            };
            l.points.iter().map(row).collect()
        };
        let mut rows: Vec<Vec<String>> = self.lines.iter().flat_map(line).collect();
        for (line, band) in self.lines.iter().zip([&self.band, &self.outline]) {
            for b in band {
                rows.push(vec![
                    format!("{}, 90 % band", line.name),
                    b.period.to_string(),
                    b.value.to_string(),
                    b.lo.to_string(),
                    b.hi.to_string(),
                ]);
            }
        }
        let name = self.dots.as_ref().map_or("", |all| all.name.as_str());
        for d in self.all_dots() {
            let cells = [name.to_owned(), d.period.to_string(), d.value.to_string()];
            rows.push(cells.into_iter().chain([String::new(), String::new()]).collect());
        }
        for e in &self.events {
            rows.push(vec![
                format!("event: {}", e.label),
                e.period.to_string(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        csv(&["line", "period", "value", "lo90", "hi90"], &rows)
    }
}
