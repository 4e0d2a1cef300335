//! Cash settlement: the price at which positions end.

use crate::expiry::CashSettlement;
use crate::units::{Price, nearest};

/// The average of an index over the contract month, from the sum of its observations in ticks and their number, to the
/// nearest tick, the higher of two (CME's contracts on Fastmarkets' cobalt and lithium: the arithmetic average of all
/// assessments of the month); the last settlement price if there are fewer observations than the rule asks for, or none.
///
/// [`crate::Clearing::close_out`] ends positions at it.
pub fn final_price(rule: &CashSettlement, (sum, n): (i64, u32), last: Price) -> Price {
    let average = nearest(i128::from(sum), i128::from(n));
    average.filter(|_| n >= u32::from(rule.fewest)).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_round_to_the_tick_and_too_few_are_none() {
        let rule = CashSettlement { index: "outside".to_string(), fewest: 2 };
        let average = |ticks: &[i32]| {
            let sum = ticks.iter().map(|t| i64::from(*t)).sum();
            let n = u32::try_from(ticks.len()).unwrap();
            final_price(&rule, (sum, n), Price::new(7)).ticks()
        };
        assert_eq!(average(&[100, 101]), 101);
        assert_eq!(average(&[-100, -101]), -100);
        assert_eq!(average(&[100, 100, 101]), 100);
        assert_eq!(average(&[100, 101, 101]), 101);
        assert_eq!(average(&[i32::MAX, i32::MAX]), i32::MAX);
        assert_eq!((average(&[100]), average(&[])), (7, 7));
    }
}
