//! Strategic stockpiles: goods that a region's government owns, in that region.
//!
//! A stockpile aims at a number of days of expected use. It is built up in equal parts over some months, from arrivals
//! that industry does not need in the month, and is opened when the region's price without it exceeds a multiple x of the
//! price of goods from China, or the share of use unmet exceeds a limit: then it gives what is short, at most a share of
//! its target a month. It is never sold otherwise.

use crate::stocks::StockParameters;

/// Days of a month, 365.25/12.
const DAYS: f64 = 30.4375;

/// When a stockpile buys and gives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StockpileRules {
    build: f64,
    price: f64,
    unmet: f64,
    rate: f64,
}

/// A region's want of a basket in a month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shortage {
    /// Use wanted at the price from China.
    pub(crate) wanted: f64,
    /// What there is of it.
    pub(crate) available: f64,
    /// Price that clears the region at what there is, over the price from China.
    pub(crate) premium: f64,
}

impl StockpileRules {
    pub(crate) fn new(parameters: &StockParameters) -> Self {
        Self {
            build: parameters.reserve_build.value,
            price: parameters.release_price.value,
            unmet: parameters.release_unmet.value,
            rate: parameters.release_rate.value,
        }
    }

    /// Tonnage aimed at.
    pub(crate) fn target(expected_use: f64, days: f64) -> f64 {
        days / DAYS * expected_use
    }

    /// What is ordered for it this month.
    pub(crate) fn purchase(&self, expected_use: f64, held: f64, days: f64) -> f64 {
        let target = Self::target(expected_use, days);
        (target - held).clamp(0.0, target / self.build)
    }

    /// What it gives.
    pub(crate) fn release(&self, shortage: &Shortage, target: f64, held: f64) -> f64 {
        let short = shortage.wanted - shortage.available;
        if short > self.unmet * shortage.wanted || shortage.premium > self.price {
            // What was built for a larger target may be given at the same pace.
            short.min(self.rate * target.max(held)).min(held)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 t a month and 90 days: 295.69 t, built up in twelve months.
    #[test]
    fn a_stockpile_is_built_up_and_given_away_at_a_bounded_rate() {
        let rules = StockpileRules { build: 12.0, price: 1.5, unmet: 0.05, rate: 0.25 };
        let target = StockpileRules::target(100.0, 90.0);
        assert!((target - 295.687_885).abs() < 1e-6);
        let mut held = 0.0;
        for _ in 0..12 {
            held += rules.purchase(100.0, held, 90.0);
        }
        assert!((held - target).abs() < 1e-9 && rules.purchase(100.0, held, 90.0) < 1e-9);
        assert_eq!(rules.purchase(100.0, held, 0.0), 0.0);
        let shortage = |available, premium| Shortage { wanted: 100.0, available, premium };
        // Short of 4 t and a premium of 40 %: neither limit is passed.
        assert_eq!(rules.release(&shortage(96.0, 1.4), target, held), 0.0);
        assert_eq!(rules.release(&shortage(96.0, 1.6), target, held), 4.0);
        assert_eq!(rules.release(&shortage(90.0, 1.2), target, held), 10.0);
        // A quarter of the target at most, and never more than there is.
        assert_eq!(rules.release(&shortage(0.0, 4.0), target, held), 0.25 * held);
        assert_eq!(rules.release(&shortage(0.0, 4.0), target, 20.0), 20.0);
    }
}
