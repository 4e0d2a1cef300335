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

use jiff::ToSpan;
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
    Ok([window(first, n, -6, 0)?, window(first, n, 1, 7)?])
}

/// Shares of the days `from..=to` around the holiday that lie in each month, centred by calendar month.
fn window(first: Period, n: usize, from: i32, to: i32) -> Result<Vec<f64>, SeriesError> {
    let mut average = [0.0; 12];
    for at in 0..DATES.len() {
        for (month, share) in shares(FIRST_YEAR + at as i32, from, to).into_iter().enumerate() {
            average[month] += share / DATES.len() as f64;
        }
    }
    let out_of_range = || {
        let last = FIRST_YEAR + DATES.len() as i32 - 1;
        SeriesError::Shape(format!("Lunar New Year is tabulated from {FIRST_YEAR} to {last}"))
    };
    let mut values = Vec::with_capacity(n);
    for period in first.run(n) {
        if lunar_new_year(period.year()).is_none() {
            return Err(out_of_range());
        }
        let month = period.season();
        values.push(shares(period.year(), from, to)[month] - average[month]);
    }
    Ok(values)
}

/// Share of the window in each month of the year; days that fall in the year before or after do not occur.
fn shares(year: i32, from: i32, to: i32) -> [f64; 12] {
    let mut shares = [0.0; 12];
    if let Some(holiday) = lunar_new_year(year) {
        let each = 1.0 / f64::from(to - from + 1);
        for offset in from..=to {
            let day = holiday.saturating_add(offset.days());
            shares[day.month() as usize - 1] += each;
        }
    }
    shares
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
}
