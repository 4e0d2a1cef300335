//! Trading days: which they are, which comes next, the nth of a month.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::contract::ContractMonth;

/// The trading days of a venue within the dates that it covers.
///
/// It never guesses: what lies outside the dates covered is a fault, not a weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct TradingCalendar {
    from: Date,
    to: Date,
    days: Vec<Date>,
}

/// A calendar as it is written; becomes a [`TradingCalendar`] when it is in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    from: Date,
    to: Date,
    days: Vec<Date>,
}

impl TryFrom<Written> for TradingCalendar {
    type Error = CalendarFault;

    fn try_from(written: Written) -> Result<Self, CalendarFault> {
        Self::covering(written.from, written.to, written.days)
    }
}

impl From<TradingCalendar> for Written {
    fn from(calendar: TradingCalendar) -> Self {
        Self { from: calendar.from, to: calendar.to, days: calendar.days }
    }
}

/// Why a calendar cannot be built, or cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarFault {
    /// No trading day at all.
    #[error("a trading calendar needs at least one day")]
    Empty,
    /// Days that are not in order, or twice the same.
    #[error("{later} comes after {earlier} in the list of trading days; sort them, each once")]
    NotIncreasing {
        /// The day before.
        earlier: Date,
        /// The day that should be later.
        later: Date,
    },
    /// A day outside the dates covered.
    #[error("{day} is outside the dates that the calendar covers, {from} to {to}")]
    Outside {
        /// The day.
        day: Date,
        /// First date covered.
        from: Date,
        /// Last date covered.
        to: Date,
    },
    /// A day on which the venue is closed.
    #[error("{0} is not a trading day")]
    Closed(Date),
    /// An answer that needs dates beyond those covered.
    #[error("the calendar covers {from} to {to}; {needs} is needed too")]
    TooShort {
        /// A date that is missing.
        needs: Date,
        /// First date covered.
        from: Date,
        /// Last date covered.
        to: Date,
    },
    /// A month with fewer trading days.
    #[error("{month} has {has} trading days, no {nth}th")]
    NoSuchDay {
        /// The month.
        month: ContractMonth,
        /// Asked for.
        nth: u8,
        /// There are.
        has: usize,
    },
}

impl TradingCalendar {
    /// Trading days in increasing order; nothing before the first or after the last is covered.
    ///
    /// # Errors
    /// Without a day, or out of order.
    pub fn new(days: Vec<Date>) -> Result<Self, CalendarFault> {
        let (Some(&from), Some(&to)) = (days.first(), days.last()) else {
            return Err(CalendarFault::Empty);
        };
        Self::covering(from, to, days)
    }

    /// Trading days in increasing order; every other date from `from` to `to`, both included, is closed.
    ///
    /// # Errors
    /// Without a day, out of order, or with a day outside the dates covered.
    pub fn covering(from: Date, to: Date, days: Vec<Date>) -> Result<Self, CalendarFault> {
        let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
            return Err(CalendarFault::Empty);
        };
        for pair in days.windows(2) {
            if let [earlier, later] = *pair
                && earlier >= later
            {
                return Err(CalendarFault::NotIncreasing { earlier, later });
            }
        }
        for day in [first, last] {
            if day < from || day > to {
                return Err(CalendarFault::Outside { day, from, to });
            }
        }
        Ok(Self { from, to, days })
    }

    /// Monday to Friday from `from` to `to`, both included, less holidays.
    ///
    /// # Errors
    /// When no day is left.
    pub fn weekdays(from: Date, to: Date, holidays: &[Date]) -> Result<Self, CalendarFault> {
        let open = |day: &Date| {
            !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays.contains(day)
        };
        // The series ends at the last date of the proleptic calendar even if `to` is that date.
        let days = from.series(1.day()).take_while(|day| *day <= to).filter(open).collect();
        Self::covering(from, to, days)
    }

    /// First date covered.
    pub const fn from(&self) -> Date {
        self.from
    }

    /// Last date covered.
    pub const fn to(&self) -> Date {
        self.to
    }

    /// The trading days in order.
    pub fn days(&self) -> &[Date] {
        &self.days
    }

    /// Whether trading takes place on a date.
    pub fn contains(&self, day: Date) -> bool {
        self.days.binary_search(&day).is_ok()
    }

    /// Place of a trading day, from 0.
    ///
    /// # Errors
    /// When it is none, or outside the dates covered.
    pub fn index(&self, day: Date) -> Result<usize, CalendarFault> {
        if day < self.from || day > self.to {
            return Err(CalendarFault::Outside { day, from: self.from, to: self.to });
        }
        self.days.binary_search(&day).map_err(|_| CalendarFault::Closed(day))
    }

    /// First trading day after a date.
    ///
    /// # Errors
    /// When the calendar does not reach so far.
    pub fn next(&self, after: Date) -> Result<Date, CalendarFault> {
        let next = self.days.get(self.days.partition_point(|day| *day <= after)).copied();
        match next {
            Some(day) if after >= self.from => Ok(day),
            Some(_) => Err(self.too_short(after)),
            None => Err(self.too_short(after.max(self.to).saturating_add(1.day()))),
        }
    }

    /// How many trading days lie after `from`, up to `to` and with it; 0 if `to` is not later.
    ///
    /// # Errors
    /// When either is outside the dates covered.
    pub fn days_to(&self, from: Date, to: Date) -> Result<u32, CalendarFault> {
        for day in [from, to] {
            if day < self.from || day > self.to {
                return Err(CalendarFault::Outside { day, from: self.from, to: self.to });
            }
        }
        let upto = |date: Date| self.days.partition_point(|day| *day <= date);
        // A calendar of jiff's dates has fewer than 8 million days.
        Ok(u32::try_from(upto(to).saturating_sub(upto(from))).unwrap_or(u32::MAX))
    }

    /// The nth trading day of a month, counted from 1.
    ///
    /// # Errors
    /// When the month has fewer or is not covered as far as needed.
    pub fn nth(&self, month: ContractMonth, nth: u8) -> Result<Date, CalendarFault> {
        let start = month.first_day();
        if start < self.from {
            return Err(self.too_short(start));
        }
        let (first, after) = self.span(month);
        let place = first.checked_add(usize::from(nth)).and_then(|n| n.checked_sub(1));
        match place {
            Some(place) if nth > 0 && place < after => Ok(self.days[place]),
            _ if month.last_day() > self.to => Err(self.too_short(month.last_day())),
            _ => Err(CalendarFault::NoSuchDay { month, nth, has: after.saturating_sub(first) }),
        }
    }

    /// The last trading day of a month.
    ///
    /// # Errors
    /// When the month has none or is not covered to its end.
    pub fn last_of(&self, month: ContractMonth) -> Result<Date, CalendarFault> {
        let end = month.last_day();
        if end > self.to {
            return Err(self.too_short(end));
        }
        let (first, after) = self.span(month);
        match after.checked_sub(1) {
            Some(last) if last >= first => Ok(self.days[last]),
            _ if month.first_day() < self.from => Err(self.too_short(month.first_day())),
            _ => Err(CalendarFault::NoSuchDay { month, nth: 1, has: 0 }),
        }
    }

    /// Places of a month's first trading day and of the first after the month.
    fn span(&self, month: ContractMonth) -> (usize, usize) {
        let (start, end) = (month.first_day(), month.last_day());
        (
            self.days.partition_point(|day| *day < start),
            self.days.partition_point(|day| *day <= end),
        )
    }

    const fn too_short(&self, needs: Date) -> CalendarFault {
        CalendarFault::TooShort { needs, from: self.from, to: self.to }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn month(text: &str) -> ContractMonth {
        text.parse().unwrap()
    }

    /// 2024-02: the 9th and 12th to 16th were holidays, and no weekend is worked.
    fn february() -> TradingCalendar {
        let holidays: Vec<Date> =
            [9, 12, 13, 14, 15, 16].map(|day| date(2024, 2, day)).into_iter().collect();
        TradingCalendar::weekdays(date(2024, 1, 1), date(2024, 2, 29), &holidays).unwrap()
    }

    #[test]
    fn the_nth_trading_day_skips_weekends_and_holidays() {
        let calendar = february();
        assert_eq!(calendar.nth(month("2024-02"), 1), Ok(date(2024, 2, 1)));
        assert_eq!(calendar.nth(month("2024-02"), 7), Ok(date(2024, 2, 19)));
        assert_eq!(calendar.nth(month("2024-02"), 10), Ok(date(2024, 2, 22)));
        assert_eq!(calendar.last_of(month("2024-02")), Ok(date(2024, 2, 29)));
        assert_eq!(calendar.next(date(2024, 2, 8)), Ok(date(2024, 2, 19)));
        assert_eq!(calendar.days_to(date(2024, 2, 8), date(2024, 2, 20)), Ok(2));
        assert_eq!(calendar.days_to(date(2024, 2, 20), date(2024, 2, 8)), Ok(0));
        assert_eq!(
            calendar.nth(month("2024-02"), 16),
            Err(CalendarFault::NoSuchDay { month: month("2024-02"), nth: 16, has: 15 })
        );
        assert!(calendar.nth(month("2024-02"), 0).is_err());
        assert_eq!(
            calendar.index(date(2024, 2, 12)),
            Err(CalendarFault::Closed(date(2024, 2, 12)))
        );
    }

    #[test]
    fn a_short_calendar_says_what_is_missing() {
        let calendar = february();
        let (from, to) = (date(2024, 1, 1), date(2024, 2, 29));
        let short = |needs| CalendarFault::TooShort { needs, from, to };
        assert_eq!(calendar.nth(month("2024-03"), 1), Err(short(date(2024, 3, 31))));
        assert_eq!(calendar.nth(month("2023-12"), 20), Err(short(date(2023, 12, 1))));
        assert_eq!(calendar.last_of(month("2024-03")), Err(short(date(2024, 3, 31))));
        assert_eq!(calendar.next(to), Err(short(date(2024, 3, 1))));
        assert!(calendar.next(date(2023, 12, 31)).is_err());
        let outside = CalendarFault::Outside { day: date(2024, 3, 1), from, to };
        assert_eq!(calendar.index(date(2024, 3, 1)), Err(outside.clone()));
        assert_eq!(calendar.days_to(from, date(2024, 3, 1)), Err(outside));
    }

    #[test]
    fn days_are_strictly_increasing_and_survive_a_round_trip() {
        let (a, b) = (date(2024, 1, 2), date(2024, 1, 3));
        assert_eq!(TradingCalendar::new(Vec::new()), Err(CalendarFault::Empty));
        for days in [vec![a, a], vec![b, a]] {
            assert!(matches!(TradingCalendar::new(days), Err(CalendarFault::NotIncreasing { .. })));
        }
        assert!(TradingCalendar::covering(b, b, vec![a, b]).is_err());
        let text = serde_json::to_string(&february()).unwrap();
        assert_eq!(serde_json::from_str::<TradingCalendar>(&text).unwrap(), february());
        let jumbled = text.replace("2024-01-02", "2024-01-04");
        assert!(serde_json::from_str::<TradingCalendar>(&jumbled).is_err());
    }
}
