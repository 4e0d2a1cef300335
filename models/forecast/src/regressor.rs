//! Regressors and interventions, as functions of the period.
//!
//! An intervention is known for any period, so it needs no table of future values; a user's series is known where it
//! has figures, and a model that needs it elsewhere says which periods are missing. The shapes are those of Box and
//! Tiao (1975): pulse, step, and a pulse that decays geometrically, `rate^(t − t₀)` from `t₀` on.

use monazite_series::{Period, Series, lunar_new_year_regressors};

use crate::ForecastError;

/// One regressor.
#[derive(Debug, Clone, PartialEq)]
pub enum Regressor {
    /// 1 in one period.
    Pulse {
        /// The period.
        at: Period,
    },
    /// 1 from a period on.
    Step {
        /// First period.
        from: Period,
    },
    /// `rate^(t − from)` from a period on.
    Decay {
        /// First period.
        from: Period,
        /// Share that is left after each further period, between 0 and 1.
        rate: f64,
    },
    /// Share of the seven days up to Lunar New Year in the month, less its average by calendar month.
    BeforeLunarNewYear,
    /// Share of the seven days after Lunar New Year in the month, less its average by calendar month.
    AfterLunarNewYear,
    /// The one-period figures of a series.
    Figures(Series),
}

impl Regressor {
    /// Its value in `period`; `None` where it is not known.
    pub fn value(&self, period: Period) -> Option<f64> {
        let since = |from: &Period| period.since(*from).ok();
        match self {
            Self::Pulse { at } => since(at).map(|n| if n == 0 { 1.0 } else { 0.0 }),
            Self::Step { from } => since(from).map(|n| if n >= 0 { 1.0 } else { 0.0 }),
            Self::Decay { from, rate } => {
                since(from).map(|n| if n >= 0 { rate.powi(n as i32) } else { 0.0 })
            }
            Self::BeforeLunarNewYear => holiday(period, 0),
            Self::AfterLunarNewYear => holiday(period, 1),
            Self::Figures(series) => series.get(period),
        }
    }
}

fn holiday(period: Period, which: usize) -> Option<f64> {
    lunar_new_year_regressors(period, 1).ok().map(|both| both[which][0])
}

/// Named regressors, in the order of their coefficients.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Regressors {
    list: Vec<(String, Regressor)>,
}

impl Regressors {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// One more.
    ///
    /// ```
    /// use monazite_forecast::{Regressor, Regressors};
    /// let april = "2025-04".parse()?;
    /// let controls = Regressors::none()
    ///     .with("controls, fading", Regressor::Decay { from: april, rate: 0.5 })
    ///     .with("before Lunar New Year", Regressor::BeforeLunarNewYear);
    /// assert_eq!(controls.list()[0].1.value(april.plus(2)), Some(0.25));
    /// assert_eq!(controls.len(), 2);
    /// # Ok::<(), monazite_series::SeriesError>(())
    /// ```
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, regressor: Regressor) -> Self {
        self.list.push((name.into(), regressor));
        self
    }

    /// Both Lunar New Year windows.
    #[must_use]
    pub fn with_lunar_new_year(self) -> Self {
        self.with("before Lunar New Year", Regressor::BeforeLunarNewYear)
            .with("after Lunar New Year", Regressor::AfterLunarNewYear)
    }

    /// Names and regressors.
    pub fn list(&self) -> &[(String, Regressor)] {
        &self.list
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Values of one regressor in `n` periods from `first` on.
    ///
    /// # Errors
    /// [`ForecastError::MissingRegressor`] with the first run of periods without a value.
    pub(crate) fn column(
        (name, regressor): &(String, Regressor),
        first: Period,
        n: usize,
    ) -> Result<Vec<f64>, ForecastError> {
        let values: Vec<Option<f64>> = first.run(n).map(|p| regressor.value(p)).collect();
        if let Some(gap) = values.iter().position(Option::is_none) {
            let length = values[gap..].iter().take_while(|v| v.is_none()).count();
            return Err(ForecastError::MissingRegressor {
                name: name.clone(),
                from: first.plus(gap as i64),
                to: first.plus((gap + length) as i64 - 1),
            });
        }
        Ok(values.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monazite_series::Aggregation;

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn shapes_by_hand() {
        let april = month("2025-04");
        let values = |r: &Regressor| -> Vec<f64> {
            april.plus(-1).run(4).map(|p| r.value(p).unwrap()).collect()
        };
        assert_eq!(values(&Regressor::Pulse { at: april }), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(values(&Regressor::Step { from: april }), [0.0, 1.0, 1.0, 1.0]);
        assert_eq!(values(&Regressor::Decay { from: april, rate: 0.5 }), [0.0, 1.0, 0.5, 0.25]);
        assert_eq!(Regressor::Pulse { at: april }.value(month("2025")), None, "another frequency");
    }

    #[test]
    fn missing_future_values_are_named_with_their_periods() {
        let ev = Series::from_values(
            "ev",
            "vehicles".parse().unwrap(),
            Aggregation::Sum,
            month("2025-01"),
            &[1.0, 2.0],
        )
        .unwrap();
        let one = ("ev".to_owned(), Regressor::Figures(ev));
        assert_eq!(Regressors::column(&one, month("2025-01"), 2).unwrap(), [1.0, 2.0]);
        let error = Regressors::column(&one, month("2025-01"), 4).unwrap_err();
        assert_eq!(error.to_string(), "regressor `ev` has no value from 2025-03 to 2025-04");
    }
}
