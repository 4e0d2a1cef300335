//! Axes: scales, ticks a reader can count with, and years under months.

use monazite_series::{Frequency, Period};

use super::ChartError;
use super::canvas::{Anchor, Canvas, Text};
use super::font::{Weight, width};
use super::number::{MONTHS, fixed};
use super::palette::{GREY, GRID, INK};

/// Size of axis and direct labels.
pub(crate) const LABEL: f64 = 12.0;

/// A rectangle of the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A vertical or horizontal scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    lo: f64,
    hi: f64,
    from: f64,
    to: f64,
    log: bool,
    ticks: Vec<f64>,
    decimals: usize,
}

impl Scale {
    /// A scale whose ends are ticks that enclose `lo..=hi`; `n` is about how many ticks are wanted.
    pub(crate) fn new(lo: f64, hi: f64, n: usize, log: bool) -> Self {
        if log {
            return Self::logarithmic(lo, hi);
        }
        // Near zero the axis starts there, so that heights compare.
        let lo = if lo > 0.0 && lo < 0.4 * hi { 0.0 } else { lo };
        let hi = if hi < 0.0 && hi > 0.4 * lo { 0.0 } else { hi };
        let (lo, hi) = if hi - lo > 1e-12 * hi.abs().max(lo.abs()) {
            (lo, hi)
        } else {
            let pad = if lo == 0.0 { 1.0 } else { 0.1 * lo.abs() };
            (lo - pad, hi + pad)
        };
        let step = nice((hi - lo) / n.max(1) as f64);
        let first = (lo / step + 1e-9).floor() as i64;
        let last = (hi / step - 1e-9).ceil() as i64;
        let ticks: Vec<f64> = (first..=last).map(|k| k as f64 * step).collect();
        let decimals = decimals_of(step);
        Self {
            lo: first as f64 * step,
            hi: last as f64 * step,
            from: 0.0,
            to: 1.0,
            log: false,
            ticks,
            decimals,
        }
    }

    fn logarithmic(lo: f64, hi: f64) -> Self {
        let steps: &[f64] = match hi / lo {
            ratio if ratio < 5.0 => &[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0],
            ratio if ratio < 30.0 => &[1.0, 2.0, 5.0],
            _ => &[1.0, 3.0],
        };
        let decades = lo.log10().floor() as i32 - 1..=hi.log10().ceil() as i32 + 1;
        let all: Vec<f64> =
            decades.flat_map(|d| steps.iter().map(move |s| s * 10_f64.powi(d))).collect();
        let first = all.iter().rposition(|t| *t <= lo * (1.0 + 1e-9)).unwrap_or(0);
        let last = all.iter().position(|t| *t >= hi * (1.0 - 1e-9)).unwrap_or(all.len() - 1);
        let ticks = all[first..=last.max(first + 1)].to_vec();
        let decimals = decimals_of(ticks[0]);
        Self {
            lo: ticks[0],
            hi: ticks[ticks.len() - 1],
            from: 0.0,
            to: 1.0,
            log: true,
            ticks,
            decimals,
        }
    }

    /// The same scale from pixel `from` (its low end) to `to`.
    pub(crate) fn over(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value / self.lo).ln() / (self.hi / self.lo).ln()
        } else {
            (value - self.lo) / (self.hi - self.lo)
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Tick values and their labels.
    pub(crate) fn labels(&self) -> Vec<(f64, String)> {
        self.ticks
            .iter()
            .map(|&t| {
                let decimals = if self.log { decimals_of(t) } else { self.decimals };
                (t, fixed(t, decimals))
            })
            .collect()
    }

    /// Width of the widest label.
    pub(crate) fn label_width(&self) -> f64 {
        self.labels().iter().map(|(_, l)| width(l, LABEL, Weight::Regular)).fold(0.0, f64::max)
    }

    /// Gridlines and labels left of `area`; the zero line is stronger.
    pub(crate) fn draw_vertical(&self, canvas: &mut Canvas, area: Area) {
        for (tick, label) in self.labels() {
            let y = self.at(tick);
            let zero = tick == 0.0;
            canvas.line(
                &[(area.left, y), (area.right, y)],
                if zero { GREY } else { GRID },
                if zero { 0.9 } else { 0.7 },
            );
            canvas.text(Text {
                at: (area.left - 6.0, y + 0.36 * LABEL),
                text: label,
                size: LABEL,
                weight: Weight::Regular,
                anchor: Anchor::End,
                colour: INK,
            });
        }
    }

    /// Gridlines and labels below `area`.
    pub(crate) fn draw_horizontal(&self, canvas: &mut Canvas, area: Area) {
        for (tick, label) in self.labels() {
            let x = self.at(tick);
            let zero = tick == 0.0;
            canvas.line(
                &[(x, area.top), (x, area.bottom)],
                if zero { GREY } else { GRID },
                if zero { 0.9 } else { 0.7 },
            );
            canvas.text(Text {
                at: (x, area.bottom + LABEL + 4.0),
                text: label,
                size: LABEL,
                weight: Weight::Regular,
                anchor: Anchor::Middle,
                colour: INK,
            });
        }
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, not below `rough` by more than rounding.
fn nice(rough: f64) -> f64 {
    let unit = 10_f64.powf(rough.log10().floor());
    let share = rough / unit;
    let factor =
        [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|f| share <= f * 1.0001).unwrap_or(10.0);
    factor * unit
}

/// Decimals needed to write a tick exactly.
fn decimals_of(value: f64) -> usize {
    (0..9)
        .find(|&d| {
            let scaled = value.abs() * 10_f64.powi(d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1e-9)
        })
        .unwrap_or(9) as usize
}

/// A horizontal axis of months, quarters or years, each as wide as the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimeAxis {
    frequency: Frequency,
    first: i64,
    n: i64,
    from: f64,
    to: f64,
}

impl TimeAxis {
    /// The axis that covers all of `periods`.
    pub(crate) fn new(periods: impl Iterator<Item = Period>) -> Result<Self, ChartError> {
        let mut axis: Option<Self> = None;
        for period in periods {
            let frequency = period.frequency();
            if frequency == Frequency::Day {
                return Err(ChartError::Frequency { period });
            }
            let o = period.ordinal();
            match &mut axis {
                None => axis = Some(Self { frequency, first: o, n: 1, from: 0.0, to: 1.0 }),
                Some(a) if a.frequency == frequency => {
                    let last = (a.first + a.n - 1).max(o);
                    a.first = a.first.min(o);
                    a.n = last - a.first + 1;
                }
                Some(_) => return Err(ChartError::Frequency { period }),
            }
        }
        axis.ok_or(ChartError::Empty)
    }

    pub(crate) fn over(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// Middle of `period`, moved by `offset` periods.
    pub(crate) fn at(&self, period: Period, offset: f64) -> f64 {
        let share = ((period.ordinal() - self.first) as f64 + 0.5 + offset) / self.n as f64;
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    fn per_year(&self) -> i64 {
        i64::from(self.frequency.per_year().unwrap_or(12) as i32)
    }

    /// Months by name where they fit, the first and each January with its year.
    fn month_labels(&self) -> Option<Vec<(f64, String)>> {
        if self.frequency != Frequency::Month || self.n > 18 {
            return None;
        }
        let room = (self.to - self.from) / self.n as f64;
        let label = |k: i64| {
            let (year, month) = ((self.first + k).div_euclid(12), (self.first + k).rem_euclid(12));
            let name = &MONTHS[month as usize][..3];
            let text =
                if k == 0 || month == 0 { format!("{name} {year}") } else { name.to_owned() };
            (self.from + (k as f64 + 0.5) * room, text)
        };
        let labels: Vec<(f64, String)> = (0..self.n).map(label).collect();
        let fits = |(_, text): &(f64, String)| width(text, LABEL, Weight::Regular) + 4.0 <= room;
        labels.iter().all(fits).then_some(labels)
    }

    /// Baseline; months where there are few, else ticks where years begin and years in the middle of theirs where they fit.
    pub(crate) fn draw(&self, canvas: &mut Canvas, area: Area) {
        canvas.line(&[(area.left, area.bottom), (area.right, area.bottom)], GREY, 0.9);
        if let Some(labels) = self.month_labels() {
            for (x, text) in labels {
                canvas.text(Text {
                    at: (x, area.bottom + LABEL + 5.0),
                    text,
                    size: LABEL,
                    weight: Weight::Regular,
                    anchor: Anchor::Middle,
                    colour: INK,
                });
            }
            return;
        }
        let each = self.per_year();
        let edge =
            |o: i64| self.from + (o - self.first) as f64 / self.n as f64 * (self.to - self.from);
        let (first_year, last_year) =
            (self.first.div_euclid(each), (self.first + self.n - 1).div_euclid(each));
        let widest = width("2026", LABEL, Weight::Regular) + 6.0;
        let year_width = each as f64 / self.n as f64 * (self.to - self.from);
        let every = (widest / year_width).ceil().max(1.0) as i64;
        for year in first_year..=last_year {
            let (from, to) = (
                edge((year * each).max(self.first)),
                edge(((year + 1) * each).min(self.first + self.n)),
            );
            if year * each >= self.first {
                canvas.line(&[(from, area.bottom), (from, area.bottom + 5.0)], GREY, 0.9);
            }
            let fits = every > 1 || to - from >= widest - 4.0;
            if fits && year.rem_euclid(every) == last_year.rem_euclid(every) {
                let half = widest / 2.0 - 3.0;
                canvas.text(Text {
                    at: (
                        (f64::midpoint(from, to))
                            .clamp(area.left + half, area.right.max(area.left + half)),
                        area.bottom + LABEL + 5.0,
                    ),
                    text: year.to_string(),
                    size: LABEL,
                    weight: Weight::Regular,
                    anchor: Anchor::Middle,
                    colour: INK,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_enclose_the_data_and_are_round() {
        let labels = |s: Scale| s.labels().into_iter().map(|(_, l)| l).collect::<Vec<_>>();
        assert_eq!(
            labels(Scale::new(3000.0, 7700.0, 5, false)),
            ["0", "2,000", "4,000", "6,000", "8,000"]
        );
        assert_eq!(
            labels(Scale::new(-0.23, 0.12, 4, false)),
            ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2"]
        );
        assert_eq!(labels(Scale::new(60.0, 450.0, 5, true)), ["50", "100", "200", "500"]);
        assert_eq!(labels(Scale::new(5.0, 5.0, 4, false)).len(), 5);
    }

    #[test]
    fn a_day_has_no_place_on_a_month_axis() {
        let periods = ["2025-01", "2025-01-03"].map(|t| t.parse::<Period>().unwrap());
        assert!(matches!(TimeAxis::new(periods.into_iter()), Err(ChartError::Frequency { .. })));
        assert!(matches!(TimeAxis::new(std::iter::empty()), Err(ChartError::Empty)));
    }
}
