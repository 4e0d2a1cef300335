//! Cash settlement: the price at which positions end.

use crate::expiry::CashSettlement;
use crate::units::Price;

/// The average of an index over the contract month, rounded to the tick, halves away from zero (so CME's contracts on
/// Fastmarkets' cobalt and lithium: the arithmetic average of all assessments of the month); the last settlement price if
/// there are fewer observations than the rule asks for, or none.
///
/// [`crate::Clearing::close_out`] ends positions at it.
pub fn final_price(rule: &CashSettlement, observations: &[Price], last: Price) -> Price {
    let n = i64::try_from(observations.len()).unwrap_or(i64::MAX);
    if n == 0 || n < i64::from(rule.fewest) {
        return last;
    }
    let sum = observations.iter().fold(0_i64, |sum, price| sum.saturating_add(price.wide()));
    // A slice holds fewer than 2^61 prices of 32 bits, n is at least one, and the average lies among the prices.
    let (whole, rest) = (sum.checked_div(n).unwrap_or(0), sum.checked_rem(n).unwrap_or(0));
    let up = rest.abs() >= n.wrapping_sub(rest.abs());
    let rounded = if up { whole.wrapping_add(sum.signum()) } else { whole };
    i32::try_from(rounded).map_or(last, Price::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_round_to_the_tick_and_too_few_are_none() {
        let rule = CashSettlement { index: "outside".to_string(), fewest: 2 };
        let average = |ticks: &[i32]| {
            let prices: Vec<_> = ticks.iter().map(|t| Price::new(*t)).collect();
            final_price(&rule, &prices, Price::new(7)).ticks()
        };
        assert_eq!(average(&[100, 101]), 101);
        assert_eq!(average(&[-100, -101]), -101);
        assert_eq!(average(&[100, 100, 101]), 100);
        assert_eq!(average(&[100, 101, 101]), 101);
        assert_eq!(average(&[i32::MAX, i32::MAX]), i32::MAX);
        assert_eq!((average(&[100]), average(&[])), (7, 7));
    }
}
