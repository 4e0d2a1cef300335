//! Days of a period and on which days of the week they fall.
//!
//! Activity of a month depends on how many working days it has. The counts here know weekdays only, not public holidays
//! and not the days on which they are made up for.

use jiff::civil::Date;

use crate::Period;

/// Days of `period` by day of the week, Monday first.
///
/// ```
/// use monazite_series::{Period, days_of_week};
/// // February 2024 has 29 days and begins on a Thursday.
/// assert_eq!(days_of_week(Period::month(2024, 2)?), [4, 4, 4, 5, 4, 4, 4]);
/// # Ok::<(), monazite_series::SeriesError>(())
/// ```
pub fn days_of_week(period: Period) -> [u32; 7] {
    let last = period.last_day();
    let n = days(period);
    let last_day = last.weekday().to_monday_zero_offset() as usize;
    let mut counts = [n / 7; 7];
    for back in 0..(n % 7) as usize {
        counts[(last_day + 7 - back) % 7] += 1;
    }
    counts
}

/// Number of days of `period`.
pub fn days(period: Period) -> u32 {
    let day = |date: Date| Period::day(date).ordinal();
    (day(period.last_day()) - day(period.plus(-1).last_day())) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_to_the_days_of_the_period() {
        let lengths = [("2025-01", 31), ("2024-02", 29), ("2100-02", 28), ("2024-Q1", 91)];
        for (text, length) in lengths.into_iter().chain([("2023", 365), ("2024-05-01", 1)]) {
            let period: Period = text.parse().unwrap();
            assert_eq!(days(period), length, "{text}");
            assert_eq!(days_of_week(period).iter().sum::<u32>(), length, "{text}");
        }
        // 1 May 2024 was a Wednesday; June 2025 began on a Sunday and ended on a Monday.
        assert_eq!(days_of_week("2024-05-01".parse().unwrap())[2], 1);
        assert_eq!(days_of_week("2025-06".parse().unwrap()), [5, 4, 4, 4, 4, 4, 5]);
    }
}
