//! Arithmetic between series: year-to-date figures, ratios, shares.

use crate::{Aggregation, Observation, Period, Series, SeriesError, Status, Unit};

impl Series {
    /// A flow from year-to-date totals: each `(month, total since January)` becomes the span since the point before it
    /// in the same year. The first point of a year is as printed; the others are derived.
    ///
    /// # Errors
    /// As [`Series::new`]; [`SeriesError::Shape`] for an annual series, whose totals have nothing to cumulate.
    ///
    /// ```
    /// use monazite_series::{Period, Series};
    /// let points = [(Period::month(2025, 2)?, 81.6), (Period::month(2025, 9)?, 342.3)];
    /// let spans = Series::from_year_to_date("value", "USD m".parse()?, &points)?;
    /// assert_eq!(spans.observations()[1].span, 7);
    /// assert!((spans.observations()[1].value - 260.7).abs() < 1e-9);
    /// # Ok::<(), monazite_series::SeriesError>(())
    /// ```
    pub fn from_year_to_date(
        id: impl Into<String>,
        unit: Unit,
        points: &[(Period, f64)],
    ) -> Result<Self, SeriesError> {
        let mut points = points.to_vec();
        points.sort_by_key(|(period, _)| *period);
        let mut observations: Vec<Observation> = Vec::with_capacity(points.len());
        let mut before: Option<(Period, f64)> = None;
        for (period, total) in points {
            if period.frequency().per_year() == Some(1) {
                return Err(SeriesError::Shape(
                    "annual figures are not year-to-date totals".into(),
                ));
            }
            let observation = match before {
                Some((earlier, sum)) if earlier.year() == period.year() => {
                    let span = (period.ordinal() - earlier.ordinal()) as u32;
                    Observation::spanning(period, span, total - sum).with_status(Status::Derived)
                }
                _ => Observation::spanning(period, period.season() as u32 + 1, total),
            };
            observations.push(observation);
            before = Some((period, total));
        }
        Self::new(id, unit, Aggregation::Sum, observations)
    }

    /// This series over `other` wherever both have a figure for the same periods, as a mean in the unit of the ratio:
    /// `USD m` over `t` is `USD m/t`. The result is derived.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] if no figure matches, [`SeriesError::BadUnit`] if a unit already is a ratio,
    /// [`SeriesError::NotFinite`] on a division by zero.
    pub fn ratio(&self, other: &Self, id: impl Into<String>) -> Result<Self, SeriesError> {
        let unit = self.unit().over(other.unit())?;
        let same = |o: &&Observation| {
            other
                .observations()
                .iter()
                .find(|p| p.period == o.period && p.span == o.span)
                .map(|p| p.value)
        };
        let observations = self
            .observations()
            .iter()
            .filter_map(|o| same(&o).map(|below| (o, below)))
            .map(|(o, below)| {
                Observation { value: o.value / below, ..*o }.with_status(Status::Derived)
            })
            .collect();
        Self::new(id, unit, Aggregation::Mean, observations)
    }

    /// The sum of this series and `other` over the periods where both have a figure of the same span; units must be
    /// the same, for adding tonnes to kilograms is an error and not a number.
    ///
    /// # Errors
    /// [`SeriesError::UnitMismatch`]; [`SeriesError::Empty`] if no figure matches.
    pub fn plus(&self, other: &Self, id: impl Into<String>) -> Result<Self, SeriesError> {
        if self.unit() != other.unit() {
            let (from, to) = (other.unit().to_string(), self.unit().to_string());
            return Err(SeriesError::UnitMismatch { from, to });
        }
        let observations = self
            .observations()
            .iter()
            .filter_map(|o| {
                let found = other
                    .observations()
                    .iter()
                    .find(|p| p.period == o.period && p.span == o.span)?;
                Some(
                    Observation { value: o.value + found.value, ..*o }.with_status(Status::Derived),
                )
            })
            .collect();
        Self::new(id, self.unit().clone(), self.aggregation(), observations)
    }

    /// The total of the periods `from..=to` of a flow, if its observations tile them without gap or overhang.
    pub fn total(&self, from: Period, to: Period) -> Option<f64> {
        let inside: Vec<&Observation> =
            self.observations().iter().filter(|o| o.period >= from && o.first() <= to).collect();
        let covered: i64 = inside.iter().map(|o| i64::from(o.span)).sum();
        let tiled = inside.iter().all(|o| o.first() >= from && o.period <= to)
            && covered == to.ordinal() - from.ordinal() + 1;
        tiled.then(|| inside.iter().map(|o| o.value).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(year: i32, month: u32) -> Period {
        Period::month(year, month).unwrap()
    }

    fn unit(text: &str) -> Unit {
        text.parse().unwrap()
    }

    #[test]
    fn value_over_tonnes_is_a_unit_value() {
        let value =
            Series::from_values("v", unit("USD m"), Aggregation::Sum, month(2025, 1), &[2.0, 3.0])
                .unwrap();
        let tonnes =
            Series::from_values("q", unit("t"), Aggregation::Sum, month(2025, 2), &[100.0])
                .unwrap();
        let ratio = value.ratio(&tonnes, "uv").unwrap().to_unit(&unit("USD/kg")).unwrap();
        assert_eq!(ratio.observations().len(), 1);
        assert!((ratio.get(month(2025, 2)).unwrap() - 30.0).abs() < 1e-12);
        assert!(ratio.ratio(&tonnes, "x").is_err(), "a ratio over tonnes has no unit here");
    }

    #[test]
    fn tonnes_and_kilograms_are_not_added() {
        let tonnes =
            Series::from_values("a", unit("t"), Aggregation::Sum, month(2025, 1), &[1.0]).unwrap();
        let kilograms =
            Series::from_values("b", unit("kg"), Aggregation::Sum, month(2025, 1), &[1.0]).unwrap();
        assert!(matches!(tonnes.plus(&kilograms, "c"), Err(SeriesError::UnitMismatch { .. })));
        let sum = tonnes.plus(&kilograms.to_unit(&unit("t")).unwrap(), "c").unwrap();
        assert!((sum.get(month(2025, 1)).unwrap() - 1.001).abs() < 1e-15);
    }

    #[test]
    fn a_total_needs_whole_spans() {
        let series = Series::from_year_to_date(
            "v",
            unit("t"),
            &[(month(2025, 2), 20.0), (month(2025, 3), 25.0)],
        )
        .unwrap();
        assert_eq!(series.total(month(2025, 1), month(2025, 3)), Some(25.0));
        assert_eq!(series.total(month(2025, 2), month(2025, 3)), None);
        assert_eq!(series.total(month(2025, 1), month(2025, 4)), None);
    }

    proptest! {
        #[test]
        fn months_survive_being_cumulated(values in prop::collection::vec(0.0_f64..1e6, 1..30)) {
            let first = month(2024, 1);
            let mut sum = 0.0;
            let points: Vec<(Period, f64)> = first.run(values.len()).zip(&values).map(|(p, v)| {
                sum = if p.season() == 0 { *v } else { sum + v };
                (p, sum)
            }).collect();
            let back = Series::from_year_to_date("x", unit("t"), &points).unwrap();
            for (o, v) in back.observations().iter().zip(&values) {
                prop_assert!(o.span == 1 && (o.value - v).abs() < 1e-7);
            }
        }
    }
}
