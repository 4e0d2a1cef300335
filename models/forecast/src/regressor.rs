//! Regressors and interventions, as functions of the period.
//!
//! An intervention is known for any period, so it needs no table of future values; a user's series is known where it
//! has figures, and a model that needs it elsewhere says which periods are missing. The shapes are those of Box and
//! Tiao (1975): pulse, step, and a pulse that decays geometrically, `rate^(t − t₀)` from `t₀` on. Trading days are the
//! contrasts of Bell and Hillmer (1983), without public holidays.

use monazite_series::{
    Period, Series, days, days_of_week, lunar_new_year_regressors, lunar_new_year_window,
};

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
    /// Share of the days `from..=to` around Lunar New Year (0 is its first day) in the month, less its average by
    /// calendar month.
    LunarNewYear {
        /// First day, −20 or later.
        from: i32,
        /// Last day, 60 or earlier.
        to: i32,
    },
    /// Days from Monday to Friday less 5/2 of those of the weekend (the one coefficient of trading days).
    Weekdays,
    /// Days of one day of the week less Sundays (one of the six coefficients of trading days).
    Weekday {
        /// 0 (Monday) to 5 (Saturday).
        day: usize,
    },
    /// Days of the period less their average over four years: .75 in a February of 29 days, −.25 in others.
    LeapYear,
    /// Days of the period less their average over all periods: of months, 30.4375.
    Length,
    /// The one-period figures of a series.
    Figures(Series),
}

/// The days of the week as regressors name them.
const DAYS: [&str; 6] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Days of a year on average, as the Julian calendar has them.
const YEAR: f64 = 365.25;

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
            Self::LunarNewYear { from, to } => {
                lunar_new_year_window(period, 1, *from, *to).ok().map(|window| window[0])
            }
            Self::Weekdays => Some(weekdays(period)),
            Self::Weekday { day } => {
                let counts = days_of_week(period).map(f64::from);
                DAYS.get(*day).map(|_| counts[*day] - counts[6])
            }
            Self::LeapYear => leap_year(period),
            Self::Length => {
                period.frequency().per_year().map(|n| f64::from(days(period)) - YEAR / n as f64)
            }
            Self::Figures(series) => series.get(period),
        }
    }
}

fn weekdays(period: Period) -> f64 {
    let counts = days_of_week(period).map(f64::from);
    counts[..5].iter().sum::<f64>() - 2.5 * (counts[5] + counts[6])
}

/// Only the period in which 29 February lies differs from year to year; of days there is no average.
fn leap_year(period: Period) -> Option<f64> {
    let per_year = period.frequency().per_year()?;
    // Of months February, of quarters the first, of years all.
    let season = usize::from(per_year == 12);
    if period.season() != season {
        return Some(0.0);
    }
    Some(if days(period.to_year()) == 366 { 0.75 } else { -0.25 })
}

fn holiday(period: Period, which: usize) -> Option<f64> {
    lunar_new_year_regressors(period, 1).ok().map(|both| both[which][0])
}

/// Named regressors, in the order of their coefficients.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Regressors {
    list: Vec<(String, Regressor)>,
    /// Indices of those whose coefficients walk.
    varying: Vec<usize>,
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

    /// One more, whose coefficient is a random walk; its path is `GaussianFit::coefficient_path`.
    #[must_use]
    pub fn with_varying(mut self, name: impl Into<String>, regressor: Regressor) -> Self {
        self.varying.push(self.list.len());
        self.with(name, regressor)
    }

    /// Whether the coefficient of the regressor at an index walks.
    pub fn is_varying(&self, at: usize) -> bool {
        self.varying.contains(&at)
    }

    /// Both Lunar New Year windows.
    #[must_use]
    pub fn with_lunar_new_year(self) -> Self {
        self.with("before Lunar New Year", Regressor::BeforeLunarNewYear)
            .with("after Lunar New Year", Regressor::AfterLunarNewYear)
    }

    /// The six contrasts of the days of the week.
    #[must_use]
    pub fn with_trading_days(self) -> Self {
        DAYS.iter().enumerate().fold(self, |all, (day, name)| {
            all.with(format!("{name}s less Sundays"), Regressor::Weekday { day })
        })
    }

    /// The Chinese calendar of `n` months from `first` on and `horizon` further ones: the run-up to Lunar New Year (−20
    /// … −1), the holiday week (0 … 6), the return until after the Lantern Festival (7 … 20), and weekdays.
    ///
    /// ```
    /// use monazite_forecast::Regressors;
    /// let calendar = Regressors::calendar_cn("2015-01".parse()?, 130, 24)?;
    /// assert_eq!(calendar.len(), 4);
    /// assert!(Regressors::calendar_cn("2030-01".parse()?, 72, 1).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ForecastError::MissingRegressor`] for periods that are not months or lie outside 2000–2035.
    pub fn calendar_cn(first: Period, n: usize, horizon: usize) -> Result<Self, ForecastError> {
        let around = |from, to| Regressor::LunarNewYear { from, to };
        let all = Self::none()
            .with("before Lunar New Year", around(-20, -1))
            .with("during Lunar New Year", around(0, 6))
            .with("after Lunar New Year", around(7, 20))
            .with("weekdays", Regressor::Weekdays);
        for one in &all.list {
            Self::column(one, first, n + horizon)?;
        }
        Ok(all)
    }

    /// Names and regressors.
    pub fn list(&self) -> &[(String, Regressor)] {
        &self.list
    }

    /// Those for which `keep` holds, in their order.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Regressor) -> bool) -> Self {
        self.list.iter().enumerate().filter(|(_, (_, one))| keep(one)).fold(
            Self::none(),
            |all, (at, (name, one))| {
                if self.is_varying(at) {
                    all.with_varying(name, one.clone())
                } else {
                    all.with(name, one.clone())
                }
            },
        )
    }

    /// The same, to be changed; names and order stay.
    pub(crate) fn list_mut(&mut self) -> &mut [(String, Regressor)] {
        &mut self.list
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Nothing if every regressor has a value in each of `n` periods from `first` on.
    ///
    /// # Errors
    /// [`ForecastError::MissingRegressor`] names the first that has not, and the periods.
    pub fn require(&self, first: Period, n: usize) -> Result<(), ForecastError> {
        self.list.iter().try_for_each(|one| Self::column(one, first, n).map(|_| ()))
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

    /// February 2024: 29 days, five Thursdays, four of every other day. June 2025: five Sundays and Mondays.
    #[test]
    fn calendar_by_hand() {
        let at = |r: Regressor, text: &str| r.value(month(text)).unwrap();
        assert_eq!(at(Regressor::Weekdays, "2024-02"), 21.0 - 2.5 * 8.0);
        assert_eq!(at(Regressor::Weekday { day: 3 }, "2024-02"), 1.0);
        assert_eq!(at(Regressor::Weekday { day: 0 }, "2025-06"), 0.0);
        assert_eq!(at(Regressor::Weekday { day: 1 }, "2025-06"), -1.0);
        assert_eq!(Regressor::Weekday { day: 6 }.value(month("2025-06")), None);
        assert_eq!(at(Regressor::LeapYear, "2024-02"), 0.75);
        assert_eq!(at(Regressor::LeapYear, "2023-02"), -0.25);
        assert_eq!(at(Regressor::LeapYear, "2024-03"), 0.0);
        assert_eq!(at(Regressor::LeapYear, "2024-Q1"), 0.75);
        assert_eq!(at(Regressor::Length, "2024-02"), 29.0 - 30.4375);
        let own = at(Regressor::BeforeLunarNewYear, "2025-01");
        assert_eq!(own, at(Regressor::LunarNewYear { from: -6, to: 0 }, "2025-01"));
        // Over four years days of the week and leap years cancel out up to what is left of 1461 days.
        let four = month("2021-01").run(48);
        let leap: f64 = four.clone().map(|p| Regressor::LeapYear.value(p).unwrap()).sum();
        let length: f64 = four.map(|p| Regressor::Length.value(p).unwrap()).sum();
        assert!(leap.abs() < 1e-12 && length.abs() < 1e-12);
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
