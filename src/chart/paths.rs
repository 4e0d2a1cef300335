//! Lines of several scenarios over time, with a band for one of them.

use super::axis::{Area, Scale, TimeAxis};
use super::canvas::Canvas;
use super::figure::{Plot, WIDTH, csv};
use super::label::{EdgeLabel, EventRows, draw_edge, margin};
use super::number::{period_name, significant};
use super::palette::{DASHES, LINES};
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

/// Scenarios side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// Words around it.
    pub heading: Heading,
    /// One to four lines.
    pub lines: Vec<PathLine>,
    /// 90 % band of the first line; may be empty.
    pub band: Vec<Interval>,
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
        let (lo, hi) = range(values.chain(band), self.log)?;
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
        draw_edge(&mut canvas, area, &self.labels(&scale));
        let mut note = list;
        if let (false, Some(line)) = (self.band.is_empty(), self.lines.first()) {
            let shaded = format!("Shaded: 90 % band of {}.", line.name);
            note = if note.is_empty() { shaded } else { format!("{shaded} {note}") };
        }
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
        self.lines.iter().enumerate().filter_map(label).collect()
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
        let name = self.lines.first().map_or_else(String::new, |l| l.name.clone());
        for b in &self.band {
            rows.push(vec![
                format!("{name}, 90 % band"),
                b.period.to_string(),
                b.value.to_string(),
                b.lo.to_string(),
                b.hi.to_string(),
            ]);
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
