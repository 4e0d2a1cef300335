//! Which contract: its place in the books of a venue and its delivery month.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A contract's place in the venue's list, from 0; it keeps it until it expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContractIdx(pub u16);

/// A delivery month, written `2026-05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractMonth {
    year: i16,
    month: i8,
}

/// A delivery month that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a delivery month; write one as 2026-05")]
pub struct MonthFault(pub String);

impl ContractMonth {
    /// A month of a year; none if `month` is not 1 to 12 or the year not 1 to 9999.
    pub const fn new(year: i16, month: i8) -> Option<Self> {
        if month < 1 || month > 12 || year < 1 || year > 9999 {
            None
        } else {
            Some(Self { year, month })
        }
    }

    /// Year.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// Month, 1 to 12.
    pub const fn month(self) -> i8 {
        self.month
    }

    /// The month of a day.
    pub fn of(day: Date) -> Self {
        // jiff's years may be negative; a trading day's is not, and a month of year 1 would be wrong but harmless.
        Self { year: day.year().max(1), month: day.month() }
    }

    /// The month `months` after this one (before, if negative); none outside years 1 to 9999.
    #[must_use]
    pub fn plus(self, months: i32) -> Option<Self> {
        let ordinal = self.ordinal().checked_add(months)?;
        let year = i16::try_from(ordinal.div_euclid(12)).ok()?;
        let month = i8::try_from(ordinal.rem_euclid(12)).ok()?.checked_add(1)?;
        Self::new(year, month)
    }

    /// First date of the month.
    pub fn first_day(self) -> Date {
        // Year 1 to 9999 and month 1 to 12 are jiff's too.
        Date::new(self.year, self.month, 1).unwrap_or(Date::ZERO)
    }

    /// Last date of the month.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// Months since year 0, for differences.
    pub fn ordinal(self) -> i32 {
        i32::from(self.year)
            .saturating_mul(12)
            .saturating_add(i32::from(self.month))
            .saturating_sub(1)
    }
}

impl fmt::Display for ContractMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for ContractMonth {
    type Err = MonthFault;

    fn from_str(text: &str) -> Result<Self, MonthFault> {
        let fault = || MonthFault(text.to_string());
        let (year, month) = text.split_once('-').ok_or_else(fault)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(fault());
        }
        let year = year.parse().map_err(|_| fault())?;
        let month = month.parse().map_err(|_| fault())?;
        Self::new(year, month).ok_or_else(fault)
    }
}

impl Serialize for ContractMonth {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContractMonth {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_they_are_written() {
        let month: ContractMonth = "2026-05".parse().unwrap();
        assert_eq!((month.year(), month.month(), month.to_string().as_str()), (2026, 5, "2026-05"));
        assert_eq!(ContractMonth::new(2027, 1).unwrap().ordinal() - month.ordinal(), 8);
        assert_eq!(month.plus(-5), ContractMonth::new(2025, 12));
        assert_eq!(month.plus(20), ContractMonth::new(2028, 1));
        assert_eq!(month.plus(i32::MAX), None);
        assert_eq!(month.last_day(), jiff::civil::date(2026, 5, 31));
        for bad in ["2026-13", "2026-5", "26-05", "2026/05", "2026-00", ""] {
            assert!(bad.parse::<ContractMonth>().is_err(), "{bad}");
        }
    }
}
