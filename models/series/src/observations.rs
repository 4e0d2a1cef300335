//! A series: observations with spans, in one unit, on one calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Frequency, Period, SeriesError, Unit};

/// How observations of several periods combine into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// Flows: exports, sales.
    Sum,
    /// Stocks, prices, rates.
    Mean,
}

/// What kind of figure an observation is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Printed by the source.
    #[default]
    Direct,
    /// Printed by the source and marked as preliminary.
    Preliminary,
    /// Printed by the source as a revision of an earlier figure.
    Revised,
    /// Arithmetic on printed figures; the formula is in the note.
    Derived,
    /// Converted from another unit or currency.
    Converted,
    /// An estimate or projection of the source.
    Estimated,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Direct => "direct",
            Self::Preliminary => "preliminary",
            Self::Revised => "revised",
            Self::Derived => "derived",
            Self::Converted => "converted",
            Self::Estimated => "estimated",
        })
    }
}

impl FromStr for Status {
    type Err = SeriesError;

    fn from_str(text: &str) -> Result<Self, SeriesError> {
        Ok(match text {
            "direct" => Self::Direct,
            "preliminary" => Self::Preliminary,
            "revised" => Self::Revised,
            "derived" => Self::Derived,
            "converted" => Self::Converted,
            "estimated" => Self::Estimated,
            _ => {
                return Err(SeriesError::Shape(format!(
                    "`{text}` is not a status (direct, preliminary, revised, derived, converted, estimated)"
                )));
            }
        })
    }
}

/// One figure: the period it ends in, how many periods it covers, its value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Last period covered.
    pub period: Period,
    /// Number of periods covered; January–February as one figure has 2.
    pub span: u32,
    /// The figure, in the unit of its series: the sum or mean over the span.
    pub value: f64,
    /// Printed, preliminary, derived…
    pub status: Status,
}

impl Observation {
    /// A printed figure of one period.
    pub fn new(period: Period, value: f64) -> Self {
        Self { period, span: 1, value, status: Status::Direct }
    }

    /// A printed figure that covers `span` periods ending in `period`.
    pub fn spanning(period: Period, span: u32, value: f64) -> Self {
        Self { period, span, value, status: Status::Direct }
    }

    /// The same figure with another status.
    #[must_use]
    pub fn with_status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// First period covered.
    pub fn first(&self) -> Period {
        self.period.plus(1 - i64::from(self.span))
    }
}

/// Observations in order of their periods, not overlapping, in one unit. Periods in between may be missing.
///
/// ```
/// use monazite_series::{Aggregation, Observation, Period, Series};
/// let series = Series::new("exports", "t".parse()?, Aggregation::Sum, vec![
///     Observation::spanning("2025-02".parse()?, 2, 8511.0),
///     Observation::new("2025-03".parse()?, 5666.3),
/// ])?;
/// assert_eq!(series.first_period().to_string(), "2025-01");
/// # Ok::<(), monazite_series::SeriesError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    id: String,
    unit: Unit,
    aggregation: Aggregation,
    observations: Vec<Observation>,
}

impl Series {
    /// Checks and stores; observations may come in any order.
    ///
    /// # Errors
    /// Empty, not finite, mixed frequencies, a period twice, a span of 0 or one that overlaps the figure before.
    pub fn new(
        id: impl Into<String>,
        unit: Unit,
        aggregation: Aggregation,
        mut observations: Vec<Observation>,
    ) -> Result<Self, SeriesError> {
        let id = id.into();
        let Some(first) = observations.first() else { return Err(SeriesError::Empty { id }) };
        let frequency = first.period.frequency();
        for o in &observations {
            if o.period.frequency() != frequency {
                let right = o.period.frequency();
                return Err(SeriesError::FrequencyMismatch { left: frequency, right });
            }
            if o.span == 0 {
                return Err(SeriesError::EmptySpan { period: o.period });
            }
            if !o.value.is_finite() {
                return Err(SeriesError::NotFinite { period: o.period });
            }
        }
        observations.sort_by_key(|o| o.period);
        for pair in observations.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            if before.period == after.period {
                return Err(SeriesError::Duplicate { period: after.period });
            }
            if after.first() <= before.period {
                return Err(SeriesError::Overlap {
                    period: after.period,
                    span: after.span,
                    previous: before.period,
                });
            }
        }
        Ok(Self { id, unit, aggregation, observations })
    }

    /// Consecutive one-period figures from `first` on.
    ///
    /// # Errors
    /// As [`Series::new`].
    pub fn from_values(
        id: impl Into<String>,
        unit: Unit,
        aggregation: Aggregation,
        first: Period,
        values: &[f64],
    ) -> Result<Self, SeriesError> {
        let observations =
            first.run(values.len()).zip(values).map(|(p, &v)| Observation::new(p, v));
        Self::new(id, unit, aggregation, observations.collect())
    }

    /// Identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Unit of every value.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Whether spans are sums or means.
    pub fn aggregation(&self) -> Aggregation {
        self.aggregation
    }

    /// Length of its periods.
    pub fn frequency(&self) -> Frequency {
        self.observations[0].period.frequency()
    }

    /// The figures, in order; never empty.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// First period covered.
    pub fn first_period(&self) -> Period {
        self.observations[0].first()
    }

    /// Last period covered.
    pub fn last_period(&self) -> Period {
        self.observations[self.observations.len() - 1].period
    }

    /// Number of periods from the first to the last, missing ones included.
    pub fn n_periods(&self) -> usize {
        (self.last_period().ordinal() - self.first_period().ordinal() + 1) as usize
    }

    /// The one-period figure of `period`; `None` if missing or part of a longer span.
    pub fn get(&self, period: Period) -> Option<f64> {
        let at = self.observations.binary_search_by_key(&period, |o| o.period).ok()?;
        let observation = self.observations[at];
        (observation.span == 1).then_some(observation.value)
    }

    /// One-period figures on the full calendar from first to last period; `None` where missing or within a span.
    pub fn dense(&self) -> Vec<Option<f64>> {
        self.first_period().run(self.n_periods()).map(|p| self.get(p)).collect()
    }

    /// The same series under another name.
    #[must_use]
    pub fn renamed(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Figures that lie entirely within `from..=to`.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] if there are none.
    pub fn window(&self, from: Period, to: Period) -> Result<Self, SeriesError> {
        let inside = |o: &&Observation| o.first() >= from && o.period <= to;
        let observations = self.observations.iter().filter(inside).copied().collect();
        Self::new(self.id.clone(), self.unit.clone(), self.aggregation, observations)
    }

    /// The same figures in another unit.
    ///
    /// # Errors
    /// [`SeriesError::UnitMismatch`].
    pub fn to_unit(&self, unit: &Unit) -> Result<Self, SeriesError> {
        let factor = self.unit.factor_to(unit)?;
        let mut converted = self.map(|_, value| value * factor)?;
        converted.unit = unit.clone();
        Ok(converted)
    }

    /// Applies `f` to every value; spans and statuses stay.
    ///
    /// # Errors
    /// [`SeriesError::NotFinite`] if `f` returns such a value.
    pub fn map(&self, f: impl Fn(Period, f64) -> f64) -> Result<Self, SeriesError> {
        let observations = self
            .observations
            .iter()
            .map(|o| Observation { value: f(o.period, o.value), ..*o })
            .collect();
        Self::new(self.id.clone(), self.unit.clone(), self.aggregation, observations)
    }

    /// Calendar-year totals (flows) or means of every year that the observations tile without gap or overhang.
    pub fn annual(&self) -> Vec<(i32, f64)> {
        let Some(per_year) = self.frequency().per_year() else { return Vec::new() };
        let mut years = Vec::new();
        for year in self.first_period().year()..=self.last_period().year() {
            let inside = self
                .observations
                .iter()
                .filter(|o| o.period.year() == year && o.first().year() == year);
            let (mut covered, mut total) = (0, 0.0);
            for o in inside {
                covered += o.span as usize;
                let weight =
                    if self.aggregation == Aggregation::Mean { f64::from(o.span) } else { 1.0 };
                total += o.value * weight;
            }
            if covered == per_year {
                let divisor =
                    if self.aggregation == Aggregation::Mean { per_year as f64 } else { 1.0 };
                years.push((year, total / divisor));
            }
        }
        years
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn flow(observations: Vec<Observation>) -> Result<Series, SeriesError> {
        Series::new("x", "t".parse().unwrap(), Aggregation::Sum, observations)
    }

    #[test]
    fn spans_may_not_overlap_and_periods_not_repeat() {
        let january = Observation::new(period("2025-01"), 1.0);
        let both = Observation::spanning(period("2025-02"), 2, 3.0);
        assert!(matches!(flow(vec![january, both]), Err(SeriesError::Overlap { .. })));
        assert!(matches!(flow(vec![january, january]), Err(SeriesError::Duplicate { .. })));
        assert!(matches!(flow(vec![]), Err(SeriesError::Empty { .. })));
    }

    #[test]
    fn a_year_is_summed_only_when_it_is_whole() {
        let mut months = vec![Observation::spanning(period("2025-02"), 2, 20.0)];
        months.extend((3..=12).map(|m| Observation::new(Period::month(2025, m).unwrap(), 10.0)));
        months.push(Observation::new(period("2026-01"), 7.0));
        assert_eq!(flow(months).unwrap().annual(), vec![(2025, 120.0)]);
    }

    #[test]
    fn units_convert_values() {
        let kg = flow(vec![Observation::new(period("2025-01"), 2.0)])
            .unwrap()
            .to_unit(&"kg".parse().unwrap());
        assert_eq!(kg.unwrap().get(period("2025-01")), Some(2000.0));
    }
}
