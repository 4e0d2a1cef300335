//! A named column of a regression; a value that is not a number is a missing value.

use monazite_series::{Period, Series};

use crate::EconometricsError;

/// Values of one variable, row after row on one calendar.
///
/// ```
/// use monazite_econometrics::Column;
/// let price = Column::new("price", vec![1.0, 2.0, 4.0]);
/// let lagged = price.log()?.lagged(1);
/// assert_eq!(lagged.name(), "log(price).L1");
/// assert!(lagged.values()[0].is_nan());
/// # Ok::<(), monazite_econometrics::EconometricsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    values: Vec<f64>,
}

impl Column {
    /// A column of values.
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self { name: name.into(), values }
    }

    /// The one-period figures of `series` on every period of `from..=to`; missing months, and those that lie within
    /// a longer span, are missing values.
    pub fn from_series(series: &Series, from: Period, to: Period) -> Self {
        let n = (to.ordinal() - from.ordinal() + 1).max(0) as usize;
        let values = from.run(n).map(|period| series.get(period).unwrap_or(f64::NAN)).collect();
        Self::new(series.id(), values)
    }

    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Values; missing ones are NaN.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The same values under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The value of `lag` rows before; the first `lag` rows are missing.
    #[must_use]
    pub fn lagged(&self, lag: usize) -> Self {
        let n = self.values.len();
        let missing = std::iter::repeat_n(f64::NAN, lag.min(n));
        let values = missing.chain(self.values.iter().copied()).take(n).collect();
        Self::new(format!("{}.L{lag}", self.name), values)
    }

    /// The change from the row before; the first row is missing.
    #[must_use]
    pub fn differenced(&self) -> Self {
        let before = self.lagged(1);
        let values = self.values.iter().zip(&before.values).map(|(now, before)| now - before);
        Self::new(format!("Δ{}", self.name), values.collect())
    }

    /// Natural logarithms.
    ///
    /// # Errors
    /// A value that is not positive.
    pub fn log(&self) -> Result<Self, EconometricsError> {
        if let Some(row) = self.values.iter().position(|&value| value <= 0.0) {
            let (name, value) = (self.name.clone(), self.values[row]);
            return Err(EconometricsError::NotPositive { name, row: row + 1, value });
        }
        let values = self.values.iter().map(|value| value.ln()).collect();
        Ok(Self::new(format!("log({})", self.name), values))
    }
}

#[cfg(test)]
mod tests {
    use monazite_series::{Aggregation, Observation};

    use super::*;

    #[test]
    fn a_month_within_a_span_is_missing() {
        let observations = vec![
            Observation::spanning("2025-02".parse().unwrap(), 2, 30.0),
            Observation::new("2025-03".parse().unwrap(), 20.0),
        ];
        let unit = "t".parse().unwrap();
        let series = Series::new("exports", unit, Aggregation::Sum, observations).unwrap();
        let column =
            Column::from_series(&series, "2025-01".parse().unwrap(), "2025-04".parse().unwrap());
        let present: Vec<bool> = column.values().iter().map(|v| v.is_finite()).collect();
        assert_eq!(present, [false, false, true, false]);
    }

    #[test]
    fn lags_and_differences_keep_the_calendar() {
        let column = Column::new("x", vec![1.0, 4.0, 9.0]);
        assert_eq!(column.lagged(2).values()[2], 1.0);
        assert!(column.lagged(9).values().iter().all(|v| v.is_nan()));
        assert_eq!(column.differenced().values()[1..], [3.0, 5.0]);
        assert_eq!(column.differenced().name(), "Δx");
        assert!(matches!(
            Column::new("x", vec![1.0, 0.0]).log(),
            Err(EconometricsError::NotPositive { row: 2, .. })
        ));
    }
}
