//! Figures from plain data, in print quality.
//!
//! Each kind of chart is a small struct with public fields and a `draw` method that returns a [`Figure`]: a standalone
//! SVG with its font embedded, the same drawing without texts around it for a report, and what is drawn as CSV.
//! SVG is the master; [`Figure::png`] renders it. The same data give the same bytes.
//!
//! ```
//! use monazite::chart::{Heading, ShareRow, Shares};
//! let figure = Shares {
//!     heading: Heading::new("destinations", "Japan and the United States take half")
//!         .unit("share of tonnage, per cent").source("customs statistics").vintage("2026-02"),
//!     groups: vec!["2024".into()],
//!     rows: vec![ShareRow { label: "Japan".into(), values: vec![31.0] }],
//!     unit: "%".into(),
//! }.draw()?;
//! assert!(figure.svg.starts_with("<svg"));
//! # Ok::<(), monazite::chart::ChartError>(())
//! ```

mod axis;
mod canvas;
mod comparison;
mod curve;
mod events;
mod fan;
mod figure;
mod font;
mod label;
pub mod number;
mod palette;
mod paths;
mod shares;
mod split;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::all as demo;

use monazite_series::{Aggregation, Period, Series};

pub use comparison::{Comparison, ComparisonRow, Dot};
pub use curve::{Curve, CurveLine, CurvePoint};
pub use events::{Events, Panel};
pub use fan::{Fan, FanMonth};
pub use figure::{Figure, font_css};
pub use paths::{Mark, Marks, PathLine, Paths};
pub use shares::{ShareRow, Shares};
pub use split::{Bar, Split};

/// Why a chart cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// A value that is not finite, or not positive on a logarithmic axis.
    #[error("{what} is {value}, which cannot be drawn")]
    NotDrawable {
        /// Which value.
        what: String,
        /// The value.
        value: f64,
    },
    /// Nothing to draw.
    #[error("a chart without data")]
    Empty,
    /// Days, or periods of different length, on one axis.
    #[error("{period} does not fit on the axis: months, quarters or years, all of one kind")]
    Frequency {
        /// The period.
        period: Period,
    },
    /// More lines than a reader can tell apart, or lists of different length.
    #[error("{what}: {n}, at most {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        n: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Lists that should have the same length do not.
    #[error("{what}: {n} values where {expected} are needed")]
    Length {
        /// Of what.
        what: String,
        /// How many there are.
        n: usize,
        /// How many there should be.
        expected: usize,
    },
    /// An identifier that cannot stand in HTML.
    #[error("`{id}` is not an identifier: letters, digits and hyphens, a letter first")]
    BadId {
        /// The identifier.
        id: String,
    },
    /// The font could not be cut down or read.
    #[error("the chart font cannot be embedded: {detail}")]
    Font {
        /// What went wrong.
        detail: String,
    },
    /// The drawing library or the renderer failed.
    #[error("the chart cannot be rendered: {detail}")]
    Drawing {
        /// What went wrong.
        detail: String,
    },
}

/// The words around a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// Identifier: unique in a report, name of its files.
    pub id: String,
    /// Active title: what the chart shows, as a statement.
    pub title: String,
    /// What is measured and its unit: `exports, tonnes a month`.
    pub unit: String,
    /// Where the data come from.
    pub source: String,
    /// How recent they are: `2026-02`.
    pub vintage: String,
    /// One plain sentence below; charts with a distribution compute one if there is none.
    pub caption: Option<String>,
}

impl Heading {
    /// A heading with identifier and title only.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), ..Self::default() }
    }

    /// The same with what is measured and its unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// The same with the source.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same with the vintage.
    #[must_use]
    pub fn vintage(mut self, vintage: impl Into<String>) -> Self {
        self.vintage = vintage.into();
        self
    }

    /// The same with a sentence below the chart.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = Some(caption.into());
        self
    }

    /// Unit, source and vintage in one line.
    pub fn subtitle(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut letters = self.unit.chars();
        if let Some(first) = letters.next() {
            parts.push(first.to_uppercase().chain(letters).collect());
        }
        if !self.source.is_empty() {
            parts.push(format!("Source: {}", self.source));
        }
        if !self.vintage.is_empty() {
            parts.push(format!("Data to {}", self.vintage));
        }
        parts.join(". ")
    }
}

/// A figure of one period, or of several as their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Last period covered.
    pub period: Period,
    /// Number of periods covered; 1 for an ordinary figure.
    pub span: u32,
    /// Value per period.
    pub value: f64,
}

impl Point {
    /// A figure of one period.
    pub fn new(period: Period, value: f64) -> Self {
        Self { period, span: 1, value }
    }

    /// The figures of a series; sums over several periods are divided by their number.
    pub fn of_series(series: &Series) -> Vec<Self> {
        series
            .observations()
            .iter()
            .map(|o| {
                let n =
                    if series.aggregation() == Aggregation::Sum { f64::from(o.span) } else { 1.0 };
                Self { period: o.period, span: o.span, value: o.value / n }
            })
            .collect()
    }

    fn first(&self) -> Period {
        self.period.plus(1 - i64::from(self.span.max(1)))
    }
}

/// An estimate with its 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The period.
    pub period: Period,
    /// Centre.
    pub value: f64,
    /// 5 % quantile.
    pub lo: f64,
    /// 95 % quantile.
    pub hi: f64,
}

/// Something that happened, or will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub period: Period,
    /// What, in a few words.
    pub label: String,
}

impl Event {
    /// An event.
    pub fn new(period: Period, label: impl Into<String>) -> Self {
        Self { period, label: label.into() }
    }
}

/// Smallest and largest of `values`; an error if one is not finite, or not positive where `log`.
fn range(values: impl Iterator<Item = (String, f64)>, log: bool) -> Result<(f64, f64), ChartError> {
    let mut range: Option<(f64, f64)> = None;
    for (what, value) in values {
        if !value.is_finite() || (log && value <= 0.0) {
            return Err(ChartError::NotDrawable { what, value });
        }
        range = Some(range.map_or((value, value), |(lo, hi)| (lo.min(value), hi.max(value))));
    }
    range.ok_or(ChartError::Empty)
}
