//! Calendar periods: a month is a month, never the first day of one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::SeriesError;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// A calendar year.
    Year,
    /// A quarter of a calendar year.
    Quarter,
    /// A calendar month.
    Month,
    /// A day.
    Day,
}

impl Frequency {
    /// Periods in a year: the seasonal lag of a series. A day has none.
    pub fn per_year(self) -> Option<usize> {
        match self {
            Self::Year => Some(1),
            Self::Quarter => Some(4),
            Self::Month => Some(12),
            Self::Day => None,
        }
    }
}

/// A month, quarter, year or day; ordered, with arithmetic, printed `2025-06`, `2025-Q2`, `2025`, `2025-06-30`.
///
/// Years run from 0001 to 9999.
///
/// ```
/// use monazite_series::Period;
/// let june: Period = "2025-06".parse()?;
/// assert_eq!(june.plus(8).to_string(), "2026-02");
/// assert_eq!(june.plus(8).since(june)?, 8);
/// # Ok::<(), monazite_series::SeriesError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Period {
    frequency: Frequency,
    /// Periods since the start of year 0 (days: since 1970-01-01).
    ordinal: i64,
}

impl Period {
    /// The month `month` (1–12) of `year`.
    ///
    /// # Errors
    /// [`SeriesError::BadPeriod`] outside years 1–9999 or months 1–12.
    pub fn month(year: i32, month: u32) -> Result<Self, SeriesError> {
        if (1..=9999).contains(&year) && (1..=12).contains(&month) {
            Ok(Self {
                frequency: Frequency::Month,
                ordinal: i64::from(year) * 12 + i64::from(month) - 1,
            })
        } else {
            Err(SeriesError::BadPeriod { text: format!("{year:04}-{month:02}") })
        }
    }

    /// The quarter `quarter` (1–4) of `year`.
    ///
    /// # Errors
    /// [`SeriesError::BadPeriod`] outside years 1–9999 or quarters 1–4.
    pub fn quarter(year: i32, quarter: u32) -> Result<Self, SeriesError> {
        if (1..=9999).contains(&year) && (1..=4).contains(&quarter) {
            Ok(Self {
                frequency: Frequency::Quarter,
                ordinal: i64::from(year) * 4 + i64::from(quarter) - 1,
            })
        } else {
            Err(SeriesError::BadPeriod { text: format!("{year:04}-Q{quarter}") })
        }
    }

    /// The calendar year `year`.
    ///
    /// # Errors
    /// [`SeriesError::BadPeriod`] outside years 1–9999.
    pub fn annual(year: i32) -> Result<Self, SeriesError> {
        if (1..=9999).contains(&year) {
            Ok(Self { frequency: Frequency::Year, ordinal: i64::from(year) })
        } else {
            Err(SeriesError::BadPeriod { text: format!("{year:04}") })
        }
    }

    /// The day `date`.
    pub fn day(date: jiff::civil::Date) -> Self {
        let days = date.since(jiff::civil::Date::constant(1970, 1, 1)).map_or(0, |s| s.get_days());
        Self { frequency: Frequency::Day, ordinal: i64::from(days) }
    }

    /// How long the period is.
    pub fn frequency(self) -> Frequency {
        self.frequency
    }

    /// Position on the calendar of its frequency; differences of ordinals are numbers of periods.
    pub fn ordinal(self) -> i64 {
        self.ordinal
    }

    /// The calendar year it lies in.
    pub fn year(self) -> i32 {
        match self.frequency {
            Frequency::Year => self.ordinal as i32,
            Frequency::Quarter => self.ordinal.div_euclid(4) as i32,
            Frequency::Month => self.ordinal.div_euclid(12) as i32,
            Frequency::Day => i32::from(self.date().year()),
        }
    }

    /// Position within the year, from 0: the month of a month, the quarter of a quarter, the day of a day, 0 for a year.
    pub fn season(self) -> usize {
        match self.frequency {
            Frequency::Year => 0,
            Frequency::Quarter => self.ordinal.rem_euclid(4) as usize,
            Frequency::Month => self.ordinal.rem_euclid(12) as usize,
            Frequency::Day => self.date().day_of_year() as usize - 1,
        }
    }

    /// The period `n` later (earlier if negative).
    #[must_use]
    pub fn plus(self, n: i64) -> Self {
        Self { ordinal: self.ordinal + n, ..self }
    }

    /// How many periods this one is after `earlier` (negative if before).
    ///
    /// # Errors
    /// [`SeriesError::FrequencyMismatch`] if the two are of different frequency.
    pub fn since(self, earlier: Self) -> Result<i64, SeriesError> {
        if self.frequency == earlier.frequency {
            Ok(self.ordinal - earlier.ordinal)
        } else {
            Err(SeriesError::FrequencyMismatch { left: self.frequency, right: earlier.frequency })
        }
    }

    /// This period and the ones after it, `n` in all.
    pub fn run(self, n: usize) -> impl Iterator<Item = Self> + Clone {
        (0..n as i64).map(move |step| self.plus(step))
    }

    /// The calendar year that contains it, as a period.
    #[must_use]
    pub fn to_year(self) -> Self {
        Self { frequency: Frequency::Year, ordinal: i64::from(self.year()) }
    }

    /// Its last day.
    pub fn last_day(self) -> jiff::civil::Date {
        match self.frequency {
            Frequency::Day => self.date(),
            Frequency::Month => self.first_of_month(1).last_of_month(),
            Frequency::Quarter => self.first_of_month(self.season() as i8 * 3 + 3).last_of_month(),
            Frequency::Year => self.first_of_month(12).last_of_month(),
        }
    }

    fn first_of_month(self, month: i8) -> jiff::civil::Date {
        let month =
            if self.frequency == Frequency::Month { self.season() as i8 + 1 } else { month };
        // Years are 1–9999 and months 1–12 by construction; arithmetic beyond that range saturates.
        jiff::civil::Date::new(self.year().clamp(1, 9999) as i16, month, 1)
            .unwrap_or(jiff::civil::Date::MAX)
    }

    fn date(self) -> jiff::civil::Date {
        jiff::civil::Date::constant(1970, 1, 1)
            .saturating_add(jiff::Span::new().days(self.ordinal.clamp(-4_000_000, 4_000_000)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.frequency {
            Frequency::Year => format!("{:04}", self.ordinal),
            Frequency::Quarter => format!("{:04}-Q{}", self.year(), self.season() + 1),
            Frequency::Month => format!("{:04}-{:02}", self.year(), self.season() + 1),
            Frequency::Day => self.date().to_string(),
        };
        f.pad(&text)
    }
}

impl FromStr for Period {
    type Err = SeriesError;

    fn from_str(text: &str) -> Result<Self, SeriesError> {
        let bad = || SeriesError::BadPeriod { text: text.to_owned() };
        let digits = |s: &str, n: usize| -> Result<u32, SeriesError> {
            if s.len() == n && s.bytes().all(|b| b.is_ascii_digit()) {
                s.parse().map_err(|_| bad())
            } else {
                Err(bad())
            }
        };
        let parts: Vec<&str> = text.split('-').collect();
        let year = |s: &str| digits(s, 4).map(|y| y as i32);
        let parsed = match parts.as_slice() {
            [y] => Self::annual(year(y)?),
            [y, q] if q.starts_with('Q') => Self::quarter(year(y)?, digits(&q[1..], 1)?),
            [y, m] => Self::month(year(y)?, digits(m, 2)?),
            [y, m, d] => {
                jiff::civil::Date::new(year(y)? as i16, digits(m, 2)? as i8, digits(d, 2)? as i8)
                    .map(Self::day)
                    .map_err(|_| bad())
            }
            _ => Err(bad()),
        };
        parsed.map_err(|_| bad())
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl TryFrom<String> for Period {
    type Error = SeriesError;

    fn try_from(text: String) -> Result<Self, SeriesError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_period_are_one_to_one() {
        for text in ["2025-06", "0001-01", "9999-12", "2025-Q4", "1949", "2024-02-29", "1949-10-01"]
        {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in [
            "2025-13",
            "2025-00",
            "25-06",
            "2025-Q5",
            "0000",
            "2025-02-29",
            "",
            "2025-6",
            "+025-06",
            "2025-é1",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_crosses_years() {
        let december = Period::month(2025, 12).unwrap();
        assert_eq!(december.plus(2), Period::month(2026, 2).unwrap());
        assert_eq!(december.season(), 11);
        assert_eq!(december.last_day().to_string(), "2025-12-31");
        assert_eq!("2024-Q1".parse::<Period>().unwrap().last_day().to_string(), "2024-03-31");
        assert!(december.since(Period::annual(2025).unwrap()).is_err());
        assert_eq!("2024-03-01".parse::<Period>().unwrap().plus(-1).to_string(), "2024-02-29");
    }
}
