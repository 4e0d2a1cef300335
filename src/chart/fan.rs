//! Fan chart: history, forecast median and 30/60/90 % bands.

use std::fmt::Write as _;

use monazite_series::Period;

use super::axis::{Area, Scale, TimeAxis};
use super::canvas::Canvas;
use super::figure::{Plot, WIDTH, csv};
use super::label::{EdgeLabel, EventRows, draw_edge, margin};
use super::number::{period_name, significant};
use super::palette::{INK, NAVY, ORANGE, WHITE};
use super::{ChartError, Event, Figure, Heading, Interval, Point, range};

/// The distribution of one period ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FanMonth {
    /// The period.
    pub period: Period,
    /// Median.
    pub median: f64,
    /// Lower and upper ends of the 30, 60 and 90 % bands.
    pub bands: [(f64, f64); 3],
}

/// History and forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// Words around it; without a caption, one about the last period is computed.
    pub heading: Heading,
    /// Published figures, in order; those that cover several periods become flat steps.
    pub history: Vec<Point>,
    /// Estimates of single periods within such figures.
    pub smoothed: Vec<Interval>,
    /// The periods ahead, in order; may be empty.
    pub forecast: Vec<FanMonth>,
    /// Dated rules.
    pub events: Vec<Event>,
    /// Short unit for labels and sentences: `t`.
    pub unit: String,
    /// Logarithmic vertical axis.
    pub log: bool,
}

const TINTS: [f64; 3] = [0.52, 0.32, 0.15];
const EDGE: f64 = 0.62;
const NAMES: [&str; 3] = ["30 %", "60 %", "90 %"];

impl Fan {
    /// Draws it.
    ///
    /// # Errors
    /// A value that cannot be drawn, no history, or periods of different length.
    pub fn draw(&self) -> Result<Figure, ChartError> {
        let (lo, hi) = self.range()?;
        let last = self.history.last().ok_or(ChartError::Empty)?;
        let scale = Scale::new(lo, hi, 5, self.log);
        let labels = self.edge_labels(&scale.clone().over(0.0, 0.0), last);
        let mut area = Area {
            left: scale.label_width() + 10.0,
            top: 8.0,
            right: WIDTH - margin(&labels),
            bottom: 0.0,
        };
        let periods = self.history.iter().flat_map(|p| [p.first(), p.period]);
        let periods = periods
            .chain(self.forecast.iter().map(|f| f.period))
            .chain(self.events.iter().map(|e| e.period));
        let time = TimeAxis::new(periods)?.over(area.left, area.right);
        let start = self.forecast.first().map(|f| time.at(f.period, -0.5));
        let (rows, list) = EventRows::of(&self.events, &time, (area.left, WIDTH), start);
        area.top += rows.height();
        area.bottom = area.top + 262.0;
        let scale = scale.over(area.bottom, area.top);
        let mut canvas = Canvas::default();
        scale.draw_vertical(&mut canvas, area);
        time.draw(&mut canvas, area);
        self.draw_forecast(&mut canvas, &scale, &time, last);
        rows.draw(&mut canvas, area, start);
        draw_history(&mut canvas, &scale, &time, &self.history);
        for s in &self.smoothed {
            let (x, y) = (time.at(s.period, 0.0), scale.at(s.value));
            canvas.line(&[(x, scale.at(s.lo)), (x, scale.at(s.hi))], ORANGE, 1.0);
            canvas.disc((x, y), 2.6, ORANGE);
            canvas.disc((x, y), 1.4, WHITE);
        }
        draw_edge(&mut canvas, area, &self.edge_labels(&scale, last));
        let caption = self.heading.caption.clone().unwrap_or_else(|| self.sentence());
        let plot = Plot {
            canvas,
            height: area.bottom + 22.0,
            caption,
            note: self.note(list),
            alt: self.alt(last, lo, hi),
            csv: self.csv()?,
        };
        Figure::new(&self.heading, plot)
    }

    fn range(&self) -> Result<(f64, f64), ChartError> {
        let history = self.history.iter().map(|p| (p.period, p.value));
        let smoothed =
            self.smoothed.iter().flat_map(|s| [s.value, s.lo, s.hi].map(|v| (s.period, v)));
        let forecast = self.forecast.iter().flat_map(|f| {
            f.bands.iter().flat_map(|b| [b.0, b.1]).chain([f.median]).map(|v| (f.period, v))
        });
        let named = |(period, v): (Period, f64)| (format!("the value of {period}"), v);
        range(history.chain(smoothed).chain(forecast).map(named), self.log)
    }

    /// Labels beside the last period; heights follow `scale`.
    fn edge_labels(&self, scale: &Scale, last: &Point) -> Vec<EdgeLabel> {
        let with_unit =
            |v: f64| format!("{} {}", significant(v, 3), self.unit).trim_end().to_owned();
        let Some(end) = self.forecast.last() else {
            let y = scale.at(last.value);
            return vec![EdgeLabel { y, text: with_unit(last.value), colour: NAVY, bold: true }];
        };
        let mut labels = vec![EdgeLabel {
            y: scale.at(end.median),
            text: with_unit(end.median),
            colour: NAVY,
            bold: true,
        }];
        for (i, (band, name)) in end.bands.iter().zip(NAMES).enumerate() {
            let text = if i == 2 {
                format!("{name}: {}", significant(band.1, 3))
            } else {
                name.to_owned()
            };
            labels.push(EdgeLabel { y: scale.at(band.1), text, colour: INK, bold: false });
        }
        let text = format!("90 %: {}", significant(end.bands[2].0, 3));
        labels.push(EdgeLabel { y: scale.at(end.bands[2].0), text, colour: INK, bold: false });
        labels
    }

    fn draw_forecast(&self, canvas: &mut Canvas, scale: &Scale, time: &TimeAxis, last: &Point) {
        if self.forecast.is_empty() {
            return;
        }
        let joint = (time.at(last.period, 0.0), scale.at(last.value));
        let edge = |i: usize, upper: bool| -> Vec<(f64, f64)> {
            std::iter::once(joint)
                .chain(self.forecast.iter().map(|f| {
                    let value = if upper { f.bands[i].1 } else { f.bands[i].0 };
                    (time.at(f.period, 0.0), scale.at(value))
                }))
                .collect()
        };
        for i in [2, 1, 0] {
            let mut outline = edge(i, true);
            outline.extend(edge(i, false).into_iter().rev());
            canvas.area(outline, NAVY.tint(TINTS[i]));
        }
        for i in [2, 1, 0] {
            canvas.line(&edge(i, true), NAVY.tint(EDGE), 0.8);
            canvas.line(&edge(i, false), NAVY.tint(EDGE), 0.8);
        }
        let median = self.forecast.iter().map(|f| (time.at(f.period, 0.0), scale.at(f.median)));
        let median: Vec<_> = std::iter::once(joint).chain(median).collect();
        canvas.line(&median, WHITE, 3.2);
        canvas.dashed(&median, NAVY, 1.9, (6.0, 2.5));
    }

    fn sentence(&self) -> String {
        let Some(end) = self.forecast.last() else { return String::new() };
        let with_unit =
            |v: f64| format!("{} {}", significant(v, 2), self.unit).trim_end().to_owned();
        format!(
            "1 in 5 chance above {}, 1 in 5 below {} in {}.",
            with_unit(end.bands[1].1),
            with_unit(end.bands[1].0),
            period_name(end.period)
        )
    }

    fn note(&self, list: String) -> String {
        let mut parts = Vec::new();
        if self.history.iter().any(|p| p.span > 1) {
            parts.push(
                "Flat steps: one figure published for several months, at its monthly mean."
                    .to_owned(),
            );
        }
        if !self.smoothed.is_empty() {
            parts
                .push("Dots: estimates of the months within them, with 90 % intervals.".to_owned());
        }
        if self.log {
            parts.push("Logarithmic axis.".to_owned());
        }
        if !list.is_empty() {
            parts.push(list);
        }
        parts.join(" ")
    }

    fn alt(&self, last: &Point, lo: f64, hi: f64) -> String {
        let number = |v: f64| format!("{} {}", significant(v, 3), self.unit).trim_end().to_owned();
        let first = self.history.first().map_or_else(String::new, |p| period_name(p.first()));
        let mut alt = format!(
            "Line chart of {} from {first} to {}; drawn values range from {} to {}; last published value {}.",
            if self.heading.unit.is_empty() { "the series" } else { &self.heading.unit },
            period_name(last.period),
            number(lo),
            number(hi),
            number(last.value)
        );
        if let Some(end) = self.forecast.last() {
            let (low, high) = end.bands[2];
            let _ = write!(
                alt,
                " Forecast to {}: median {}, 90 % band {} to {}.",
                period_name(end.period),
                number(end.median),
                number(low),
                number(high)
            );
        }
        for e in &self.events {
            let _ = write!(alt, " {}: {}.", period_name(e.period), e.label);
        }
        alt
    }

    fn csv(&self) -> Result<String, ChartError> {
        let blank = |n: usize| vec![String::new(); n];
        let mut rows: Vec<Vec<String>> = Vec::new();
        for p in &self.history {
            rows.push(
                [
                    vec![
                        "history".into(),
                        p.period.to_string(),
                        p.span.to_string(),
                        p.value.to_string(),
                    ],
                    blank(7),
                ]
                .concat(),
            );
        }
        for s in &self.smoothed {
            let head =
                vec!["smoothed".into(), s.period.to_string(), "1".into(), s.value.to_string()];
            rows.push(
                [head, blank(4), vec![s.lo.to_string(), s.hi.to_string(), String::new()]].concat(),
            );
        }
        for f in &self.forecast {
            let head =
                vec!["forecast".into(), f.period.to_string(), "1".into(), f.median.to_string()];
            let bands = f.bands.iter().flat_map(|b| [b.0.to_string(), b.1.to_string()]).collect();
            rows.push([head, bands, blank(1)].concat());
        }
        for e in &self.events {
            rows.push(
                [vec!["event".into(), e.period.to_string()], blank(8), vec![e.label.clone()]]
                    .concat(),
            );
        }
        csv(
            &[
                "kind", "period", "span", "value", "lo30", "hi30", "lo60", "hi60", "lo90", "hi90",
                "label",
            ],
            &rows,
        )
    }
}

/// A line through single periods with flat steps where a figure covers several.
pub(crate) fn draw_history(canvas: &mut Canvas, scale: &Scale, time: &TimeAxis, points: &[Point]) {
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut before: Option<&Point> = None;
    for p in points {
        if before.is_some_and(|b| b.period.plus(1) != p.first()) {
            draw_run(canvas, &run);
            run.clear();
        }
        let y = scale.at(p.value);
        if p.span > 1 {
            let (from, to) = (time.at(p.first(), -0.3), time.at(p.period, 0.3));
            run.extend([(from, y), (to, y)]);
            canvas.line(&[(from, y), (to, y)], NAVY, 4.2);
        } else {
            run.push((time.at(p.period, 0.0), y));
        }
        before = Some(p);
    }
    draw_run(canvas, &run);
}

/// Neighbouring figures as a line, a figure without neighbours as a dot.
fn draw_run(canvas: &mut Canvas, run: &[(f64, f64)]) {
    match run {
        [alone] => canvas.disc(*alone, 2.0, NAVY),
        _ => canvas.line(run, NAVY, 1.8),
    }
}
