//! A history, or two on separate panels, with numbered events.

use std::fmt::Write as _;

use super::axis::{Area, LABEL, Scale, TimeAxis};
use super::canvas::{Anchor, Canvas, Text};
use super::fan::draw_history;
use super::figure::{Plot, WIDTH, csv};
use super::font::{Weight, width, wrap};
use super::label::{EdgeLabel, EventRows, draw_edge, margin};
use super::number::{period_name, significant};
use super::palette::{INK, NAVY};
use super::{ChartError, Event, Figure, Heading, Point, range};

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Name and unit, printed above the panel.
    pub name: String,
    /// Figures in order.
    pub points: Vec<Point>,
    /// Logarithmic vertical axis.
    pub log: bool,
}

/// Histories and what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// Words around it.
    pub heading: Heading,
    /// One or two panels.
    pub panels: Vec<Panel>,
    /// Events, numbered in the order of their dates and listed below.
    pub events: Vec<Event>,
}

impl Events {
    /// Draws it.
    ///
    /// # Errors
    /// A value that cannot be drawn, no panel or more than two, periods of different length.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        if self.panels.len() > 2 {
            return Err(ChartError::TooMany { what: "panels", n: self.panels.len(), limit: 2 });
        }
        let mut scales = Vec::new();
        for panel in &self.panels {
            let values =
                panel.points.iter().map(|p| (format!("{} in {}", panel.name, p.period), p.value));
            let (lo, hi) = range(values, panel.log)?;
            scales.push(Scale::new(lo, hi, if self.panels.len() == 1 { 5 } else { 4 }, panel.log));
        }
        let mut events = self.events.clone();
        events.sort_by_key(|e| e.period);
        let labels: Vec<EdgeLabel> = self.panels.iter().filter_map(|p| end_label(p, 0.0)).collect();
        let left = scales.iter().map(Scale::label_width).fold(0.0, f64::max) + 10.0;
        let right = WIDTH - margin(&labels);
        let periods =
            self.panels.iter().flat_map(|p| p.points.iter().flat_map(|q| [q.first(), q.period]));
        let time = TimeAxis::new(periods.chain(events.iter().map(|e| e.period)))?.over(left, right);
        let marks: Vec<(f64, String)> = events
            .iter()
            .enumerate()
            .map(|(i, e)| (time.at(e.period, 0.0), (i + 1).to_string()))
            .collect();
        let rows = EventRows::arrange(&marks, left, WIDTH, None);
        let mut canvas = Canvas::default();
        let top = 8.0 + rows.as_ref().map_or(0.0, EventRows::height);
        let each = if self.panels.len() == 1 { 230.0 } else { 150.0 };
        let mut y = top;
        let mut areas = Vec::new();
        for _ in &self.panels {
            areas.push(Area { left, top: y + 20.0, right, bottom: y + 20.0 + each });
            y += 20.0 + each + 14.0;
        }
        let bottom = areas.last().map_or(top, |a| a.bottom);
        if let Some(rows) = &rows {
            rows.draw(&mut canvas, Area { left, top, right, bottom }, None);
        }
        for ((panel, scale), area) in self.panels.iter().zip(scales).zip(&areas) {
            let scale = scale.over(area.bottom, area.top);
            scale.draw_vertical(&mut canvas, *area);
            let text = panel.name.clone();
            let w = width(&text, LABEL, Weight::Bold);
            canvas.rectangle(
                (left - 2.0, area.top - 19.0),
                (left + w + 4.0, area.top - 5.0),
                super::palette::WHITE,
            );
            canvas.text(Text {
                at: (left, area.top - 8.0),
                text,
                size: LABEL,
                weight: Weight::Bold,
                anchor: Anchor::Start,
                colour: INK,
            });
            draw_history(&mut canvas, &scale, &time, &panel.points);
            if let Some(label) =
                panel.points.last().and_then(|p| end_label(panel, scale.at(p.value)))
            {
                draw_edge(&mut canvas, *area, &[label]);
            }
        }
        if let Some(area) = areas.last() {
            time.draw(&mut canvas, *area);
        }
        let mut height = bottom + 24.0;
        list(&mut canvas, &mut height, &events);
        let spans = self.panels.iter().any(|p| p.points.iter().any(|q| q.span > 1));
        let plot = Plot {
            canvas,
            height: height + 4.0,
            caption: self.heading.caption.clone().unwrap_or_default(),
            note: if spans {
                "Flat steps: one figure published for several months, at its monthly mean.".into()
            } else {
                String::new()
            },
            alt: self.alt(&events),
            csv: self.csv(&events)?,
        };
        Figure::new(&self.heading, plot)
    }

    fn alt(&self, events: &[Event]) -> String {
        let mut alt = String::from("Time series with dated events.");
        for panel in &self.panels {
            if let (Some(last), Ok((lo, hi))) = (
                panel.points.last(),
                range(panel.points.iter().map(|p| (String::new(), p.value)), false),
            ) {
                let _ = write!(
                    alt,
                    " {}: from {} to {}, last {} in {}.",
                    panel.name,
                    significant(lo, 3),
                    significant(hi, 3),
                    significant(last.value, 3),
                    period_name(last.period)
                );
            }
        }
        for (i, e) in events.iter().enumerate() {
            let _ = write!(alt, " {}: {}, {}.", i + 1, period_name(e.period), e.label);
        }
        alt
    }

    fn csv(&self, events: &[Event]) -> Result<String, ChartError> {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for panel in &self.panels {
            for p in &panel.points {
                rows.push(vec![
                    panel.name.clone(),
                    p.period.to_string(),
                    p.span.to_string(),
                    p.value.to_string(),
                ]);
            }
        }
        for (i, e) in events.iter().enumerate() {
            rows.push(vec![
                format!("event {}: {}", i + 1, e.label),
                e.period.to_string(),
                String::new(),
                String::new(),
            ]);
        }
        csv(&["series", "period", "span", "value"], &rows)
    }
}

fn end_label(panel: &Panel, y: f64) -> Option<EdgeLabel> {
    let last = panel.points.last()?;
    Some(EdgeLabel { y, text: significant(last.value, 3), colour: NAVY, bold: true })
}

/// The events in two columns.
fn list(canvas: &mut Canvas, height: &mut f64, events: &[Event]) {
    let column = WIDTH / 2.0;
    let half = events.len().div_ceil(2);
    let start = *height + 4.0;
    let mut lowest = *height;
    for (side, chunk) in [&events[..half], &events[half..]].into_iter().enumerate() {
        let (x, mut y) = (side as f64 * (column + 6.0), start);
        for (i, e) in chunk.iter().enumerate() {
            let number = (side * half + i + 1).to_string();
            y += 15.0;
            let put = |canvas: &mut Canvas, x: f64, y: f64, text: String, weight| {
                canvas.text(Text {
                    at: (x, y),
                    text,
                    size: 11.0,
                    weight,
                    anchor: Anchor::Start,
                    colour: INK,
                });
            };
            put(canvas, x, y, number, Weight::Bold);
            let text = format!("{}: {}", period_name(e.period), e.label);
            for (k, line) in
                wrap(&text, 11.0, Weight::Regular, column - 42.0).into_iter().enumerate()
            {
                y += if k > 0 { 13.5 } else { 0.0 };
                put(canvas, x + 18.0, y, line, Weight::Regular);
            }
        }
        lowest = lowest.max(y);
    }
    *height = lowest + 6.0;
}
