//! What the rules say of one contract on one day: step 1 of a trading day, computed before it opens.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::AccountKind;
use crate::order::Side;
use crate::units::{Lots, Money, Price, Rate};

/// Where a contract is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not traded yet after listing: limits of the first day hold until it has traded.
    Listing,
    /// An ordinary month.
    General,
    /// From a rule's day of the month before delivery on.
    BeforeDelivery,
    /// In the delivery month.
    Delivery,
}

/// Bounds of a day's prices, both allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// Lowest price.
    pub low: Price,
    /// Highest price.
    pub high: Price,
}

impl Limits {
    /// Whether a price is allowed.
    pub fn admit(self, price: Price) -> bool {
        self.low <= price && price <= self.high
    }

    /// The side on which a book closes locked: only buyers, the best at the upper limit, or only sellers, the best at the
    /// lower one.
    pub fn locked(self, best_bid: Option<Price>, best_ask: Option<Price>) -> Option<Side> {
        match (best_bid, best_ask) {
            (Some(bid), None) if bid == self.high => Some(Side::Buy),
            (None, Some(ask)) if ask == self.low => Some(Side::Sell),
            _ => None,
        }
    }
}

/// One contract's rules on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The day.
    pub day: Date,
    /// Where the contract is in its life.
    pub phase: Phase,
    /// Yesterday's settlement, or the listing price.
    pub reference: Price,
    /// Bounds of the day's prices; none at a venue without.
    pub limits: Option<Limits>,
    /// The share of the reference by which the limits lie from it.
    pub limit_rate: Option<Rate>,
    /// Margin of speculators and market makers, of contract value at settlement.
    pub margin: Rate,
    /// Margin of hedgers.
    pub margin_hedger: Rate,
    /// Largest position on one side of a speculator; none where there is no limit.
    pub position_limit: Option<Lots>,
    /// Largest number of lots that a speculator may open in the day.
    pub opening_cap: Option<Lots>,
    /// Largest order.
    pub max_order: Lots,
    /// Fee of the exchange, of turnover, each side.
    pub fee: Rate,
    /// Fee of the exchange a lot, each side.
    pub fee_lot: Money,
    /// Whether trading ends with this day.
    pub last_trading_day: bool,
}

impl Terms {
    /// Margin rate of a kind of account.
    pub const fn margin_of(&self, kind: AccountKind) -> Rate {
        match kind {
            AccountKind::Hedger => self.margin_hedger,
            AccountKind::Speculator | AccountKind::MarketMaker => self.margin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_locked_when_one_side_stands_at_the_limit_alone() {
        let price = |ticks| Some(Price::new(ticks));
        let limits = Limits { low: Price::new(93), high: Price::new(107) };
        assert_eq!(limits.locked(price(107), None), Some(Side::Buy));
        assert_eq!(limits.locked(None, price(93)), Some(Side::Sell));
        for (bid, ask) in [
            (price(106), None),
            (None, price(94)),
            (price(106), price(107)),
            (None, price(107)),
            (price(93), None),
            (None, None),
        ] {
            assert_eq!(limits.locked(bid, ask), None, "{bid:?} {ask:?}");
        }
    }
}
