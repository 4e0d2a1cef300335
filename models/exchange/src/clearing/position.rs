//! What one account holds in one contract.

use serde::{Deserialize, Serialize};

use crate::order::Side;
use crate::units::{Lots, Price};

/// A net position. What today's trades gained against the last settlement price is kept with the account: the day's gain is
/// that and lots times the move of the settlement price, and sums to zero over accounts since trades and lots do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Lots, below zero if short.
    pub(super) lots: i32,
    /// Lots of buy orders that have been accepted and have not traded.
    pub(super) buying: u32,
    /// The same of sell orders.
    pub(super) selling: u32,
    /// Lots by which the position grew today.
    pub(super) opened: u32,
    /// Lots × price at which what is held was entered, signed.
    pub(super) entry: i64,
}

impl Position {
    /// Lots, below zero if short.
    pub const fn lots(&self) -> i32 {
        self.lots
    }

    /// Lots without sign.
    pub const fn size(&self) -> Lots {
        Lots::new(self.lots.unsigned_abs())
    }

    /// Lots by which the position grew today.
    pub const fn opened_today(&self) -> Lots {
        Lots::new(self.opened)
    }

    /// Lots of accepted orders of a side that have not traded.
    pub const fn working(&self, side: Side) -> Lots {
        Lots::new(match side {
            Side::Buy => self.buying,
            Side::Sell => self.selling,
        })
    }

    /// Which side was bought or sold to get here; none without a position.
    pub const fn side(&self) -> Option<Side> {
        match self.lots {
            0 => None,
            lots if lots > 0 => Some(Side::Buy),
            _ => Some(Side::Sell),
        }
    }

    /// Gain of what is held since it was entered, in ticks × lots, at a price: entries at average cost.
    ///
    /// None if it does not fit.
    pub fn profit_since_entry(&self, price: Price) -> Option<i64> {
        i64::from(self.lots).checked_mul(price.wide())?.checked_sub(self.entry)
    }

    /// Lots of the largest position that accepted orders could lead to.
    #[inline]
    pub(super) fn reach(&self) -> i64 {
        let (lots, buying, selling) =
            (i64::from(self.lots), i64::from(self.buying), i64::from(self.selling));
        // Three 32-bit numbers: their sums fit.
        lots.wrapping_add(buying).abs().max(lots.wrapping_sub(selling).abs())
    }

    /// A side of a trade that had been reserved; none if it does not fit, and then the position is not to be used.
    #[inline]
    pub(super) fn trade(&mut self, side: Side, lots: Lots, price: Price) -> Option<()> {
        let (held, signed) =
            (i64::from(self.lots), side.sign().checked_mul(i64::from(lots.get()))?);
        let value = signed.checked_mul(price.wide())?;
        let now = held.checked_add(signed)?;
        let opened =
            now.abs().saturating_sub(if held.signum() == now.signum() { held.abs() } else { 0 });
        self.entry = if now == 0 {
            0
        } else if held == 0 || held.signum() == signed.signum() {
            self.entry.checked_add(value)?
        } else if held.signum() == now.signum() {
            proportion(self.entry, now, held)?
        } else {
            now.checked_mul(price.wide())?
        };
        self.lots = i32::try_from(now).ok()?;
        self.opened = self.opened.checked_add(u32::try_from(opened.max(0)).ok()?)?;
        self.lift(side, lots);
        Some(())
    }

    /// Fewer lots of accepted orders of a side.
    #[inline]
    pub(super) fn lift(&mut self, side: Side, lots: Lots) {
        let working = self.working_mut(side);
        *working = working.saturating_sub(lots.get());
    }

    #[inline]
    pub(super) const fn working_mut(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Buy => &mut self.buying,
            Side::Sell => &mut self.selling,
        }
    }
}

/// `entry·now/held`, towards zero; none if it does not fit.
#[inline]
fn proportion(entry: i64, now: i64, held: i64) -> Option<i64> {
    if let Some(product) = entry.checked_mul(now) {
        return product.checked_div(held);
    }
    let product = i128::from(entry).checked_mul(i128::from(now))?;
    i64::try_from(product.checked_div(i128::from(held))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_averaged_and_counters_count() {
        let traded = |mut p: Position, side, lots, price| {
            p.trade(side, Lots::new(lots), Price::new(price)).map(|()| p)
        };
        let buy = |p, lots, price| traded(p, Side::Buy, lots, price);
        let sell = |p, lots, price| traded(p, Side::Sell, lots, price);
        let p = buy(Position::default(), 2, 100).and_then(|p| buy(p, 2, 110)).unwrap();
        assert_eq!((p.lots, p.entry, p.opened), (4, 420, 4));
        assert_eq!(p.profit_since_entry(Price::new(106)), Some(4));
        // Selling three leaves one at the average of 105.
        let p = sell(p, 3, 120).unwrap();
        assert_eq!((p.lots, p.entry, p.opened), (1, 105, 4));
        // Through zero: one closed, two opened at 90.
        let p = sell(p, 3, 90).unwrap();
        assert_eq!((p.lots, p.entry, p.opened), (-2, -180, 6));
        assert_eq!(p.profit_since_entry(Price::new(80)), Some(20));
    }

    #[test]
    fn a_position_that_does_not_fit_is_none() {
        let p = Position { lots: i32::MAX, ..Position::default() };
        assert!({ p }.trade(Side::Buy, Lots::new(1), Price::new(1)).is_none());
        assert!({ p }.trade(Side::Sell, Lots::new(1), Price::new(1)).is_some());
    }
}
