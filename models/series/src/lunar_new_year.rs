//! Lunar New Year: the holiday that moves activity between January, February and March.
//!
//! Chinese production and customs slow down around a holiday that falls between 21 January and 20 February. Two
//! regressors carry it: the days before it (−6 … 0, brought forward) and the days after it (+1 … +7, idle). Each is the
//! share of the window's days that lie in the month, less the average share of that calendar month over the years of
//! the table, so that the regressors do not compete with the seasonal pattern (the convention of genhol for
//! X-13ARIMA-SEATS; Findley and Soukup 2000; Lin and Liu 2003).
//!
//! Dates: Hong Kong Observatory, Gregorian–lunar calendar conversion tables. Checked in the tests against the mean
//! lunation.

use jiff::civil::Date;

use crate::{Frequency, Period, SeriesError};

/// Month and day of Lunar New Year from 2000 on.
const DATES: [(i8, i8); 36] = [
    (2, 5),
    (1, 24),
    (2, 12),
    (2, 1),
    (1, 22),
    (2, 9),
    (1, 29),
    (2, 18),
    (2, 7),
    (1, 26),
    (2, 14),
    (2, 3),
    (1, 23),
    (2, 10),
    (1, 31),
    (2, 19),
    (2, 8),
    (1, 28),
    (2, 16),
    (2, 5),
    (1, 25),
    (2, 12),
    (2, 1),
    (1, 22),
    (2, 10),
    (1, 29),
    (2, 17),
    (2, 6),
    (1, 26),
    (2, 13),
    (2, 3),
    (1, 23),
    (2, 11),
    (1, 31),
    (2, 19),
    (2, 8),
];

const FIRST_YEAR: i32 = 2000;

/// Lunar New Year of `year`; `None` outside 2000–2035.
///
/// ```
/// assert_eq!(monazite_series::lunar_new_year(2025).map(|d| d.to_string()).as_deref(), Some("2025-01-29"));
/// ```
pub fn lunar_new_year(year: i32) -> Option<Date> {
    let at = usize::try_from(year - FIRST_YEAR).ok()?;
    let &(month, day) = DATES.get(at)?;
    Date::new(year as i16, month, day).ok()
}

/// The regressors of `n` months from `first` on: days before the holiday, days after it.
///
/// # Errors
/// [`SeriesError::FrequencyMismatch`] for periods that are not months, [`SeriesError::Shape`] outside 2000–2035.
pub fn lunar_new_year_regressors(first: Period, n: usize) -> Result<[Vec<f64>; 2], SeriesError> {
    if first.frequency() != Frequency::Month {
        return Err(SeriesError::FrequencyMismatch {
            left: Frequency::Month,
            right: first.frequency(),
        });
    }
    Ok([lunar_new_year_window(first, n, -6, 0)?, lunar_new_year_window(first, n, 1, 7)?])
}

/// Earliest day of a window: before it the days of the earliest holiday would lie in another year.
const EARLIEST: i32 = -20;
/// Latest day of a window.
const LATEST: i32 = 60;

/// Shares of the days `from..=to` around the holiday (0 is its first day) that lie in each of `n` months from `first` on,
/// less their average by calendar month.
///
/// ```
/// use monazite_series::{Period, lunar_new_year_window};
/// // 29 January 2025: three days of the first week of the year lie in January.
/// let [january, february] = lunar_new_year_window(Period::month(2025, 1)?, 2, 0, 6)?[..] else { unreachable!() };
/// assert!((january + february).abs() < 1e-12 && january > 0.0);
/// # Ok::<(), monazite_series::SeriesError>(())
/// ```
///
/// # Errors
/// [`SeriesError::FrequencyMismatch`] for periods that are not months, [`SeriesError::Shape`] outside 2000–2035 and for
/// windows that are empty or do not lie within −20 … +60.
pub fn lunar_new_year_window(
    first: Period,
    n: usize,
    from: i32,
    to: i32,
) -> Result<Vec<f64>, SeriesError> {
    if first.frequency() != Frequency::Month {
        return Err(SeriesError::FrequencyMismatch {
            left: Frequency::Month,
            right: first.frequency(),
        });
    }
    if from > to || from < EARLIEST || to > LATEST {
        return Err(SeriesError::Shape(format!(
            "a window around Lunar New Year from day {from} to day {to} does not lie within {EARLIEST} to {LATEST}"
        )));
    }
    let mut average = [None; 12];
    let mut values = Vec::with_capacity(n);
    for period in first.run(n) {
        let Some(own) = share(period.year(), period.season(), from, to) else {
            let last = FIRST_YEAR + DATES.len() as i32 - 1;
            return Err(SeriesError::Shape(format!(
                "Lunar New Year is tabulated from {FIRST_YEAR} to {last}"
            )));
        };
        let month = period.season();
        let usual = *average[month].get_or_insert_with(|| {
            let years = (FIRST_YEAR..).take(DATES.len());
            let total: f64 = years.filter_map(|year| share(year, month, from, to)).sum();
            total / DATES.len() as f64
        });
        values.push(own - usual);
    }
    Ok(values)
}

/// Share of the days of the window that lie in a month (from 0) of the year of the holiday.
fn share(year: i32, month: usize, from: i32, to: i32) -> Option<f64> {
    let holiday = i32::from(lunar_new_year(year)?.day_of_year());
    let start = i32::from(Date::new(year as i16, month as i8 + 1, 1).ok()?.day_of_year());
    let end =
        i32::from(Date::new(year as i16, month as i8 + 1, 1).ok()?.last_of_month().day_of_year());
    let days = (holiday + to).min(end) - (holiday + from).max(start) + 1;
    Some(f64::from(days.max(0)) / f64::from(to - from + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_is_a_new_moon_between_21_january_and_20_february() {
        // Mean new moon of 2000-01-06 18:14 UTC, 29.530588853 days a lunation (Meeus 1998, ch. 49); the true one is
        // within 0.6 days of the mean one, and Beijing is 8 hours ahead.
        let epoch = Date::constant(2000, 1, 6);
        for year in 2000..=2035 {
            let date = lunar_new_year(year).unwrap();
            let days =
                f64::from((date - epoch).get_days()) + 0.5 - (18.0 + 14.0 / 60.0 + 8.0) / 24.0;
            let phase = (days / 29.530588853).round();
            assert!((days - phase * 29.530588853).abs() < 1.2, "{date}: {days}");
            let (first, last) =
                (Date::new(year as i16, 1, 21).unwrap(), Date::new(year as i16, 2, 21).unwrap());
            assert!(date >= first && date <= last, "{date}");
        }
    }

    #[test]
    fn windows_sum_to_nothing_over_a_year_and_fall_where_the_holiday_does() {
        let january = Period::month(2025, 1).unwrap();
        let [before, after] = lunar_new_year_regressors(january, 12).unwrap();
        assert!(
            before.iter().sum::<f64>().abs() < 1e-12 && after.iter().sum::<f64>().abs() < 1e-12
        );
        assert!(
            before[0] > 0.0 && before[1] < 0.0,
            "29 January: all days before it lie in January"
        );
        assert!((after[0] + after[1]).abs() < 1e-12);
        assert_eq!(before[5], 0.0);
        assert!(lunar_new_year_regressors(Period::month(2036, 1).unwrap(), 1).is_err());
    }

    /// 10 February 2024: of the days −20 … −1, eleven lie in January and nine in February; of 0 … 6 all in February.
    #[test]
    fn a_window_by_hand() {
        assert_eq!(share(2024, 0, -20, -1), Some(11.0 / 20.0));
        assert_eq!(share(2024, 1, -20, -1), Some(9.0 / 20.0));
        assert_eq!(share(2024, 1, 0, 6), Some(1.0));
        assert_eq!(share(2024, 2, 0, 6), Some(0.0));
        // 29 February is the last day of the days +7 … +19.
        assert_eq!(share(2024, 1, 7, 20), Some(13.0 / 14.0));
        let first = Period::month(2000, 1).unwrap();
        let all = lunar_new_year_window(first, 36 * 12, -20, 20).unwrap();
        assert!(all.iter().sum::<f64>().abs() < 1e-9);
        assert!(lunar_new_year_window(first, 1, -21, 0).is_err());
        assert!(lunar_new_year_window(first, 1, 3, 2).is_err());
    }
}
