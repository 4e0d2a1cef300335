//! Prices in money and in ticks.

use serde::{Deserialize, Serialize};

use crate::order::Refusal;
use crate::units::{Money, MoneyOverflow, Price};

/// The step of a contract's prices, and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    step: Money,
    value: Money,
}

impl Tick {
    /// A step in the smallest money unit a quoted unit, for a lot of `lot_kg` quoted by `quoted_kg`.
    ///
    /// None unless the step is above zero and a lot's part of it a whole number of the smallest money unit.
    pub fn new(step: Money, lot_kg: u32, quoted_kg: u32) -> Option<Self> {
        let product = i128::from(step.minor()).checked_mul(i128::from(lot_kg))?;
        let quoted = i128::from(quoted_kg);
        if product <= 0 || quoted == 0 || product.checked_rem(quoted)? != 0 {
            return None;
        }
        let value = i64::try_from(product.checked_div(quoted)?).ok()?;
        Some(Self { step, value: Money::new(value) })
    }

    /// The step, in the smallest money unit a quoted unit.
    pub const fn step(self) -> Money {
        self.step
    }

    /// What a move of one tick is worth to a position of one lot.
    pub const fn value(self) -> Money {
        self.value
    }

    /// A price in money as ticks.
    ///
    /// # Errors
    /// Off the tick, or beyond what ticks can count.
    pub fn price(self, money: Money) -> Result<Price, Refusal> {
        let (money, tick) = (money.minor(), self.step.minor());
        // `new` admits no step of zero.
        let whole = money.checked_rem(tick) == Some(0);
        match money.checked_div(tick).map(i32::try_from) {
            Some(Ok(ticks)) if whole => Ok(Price::new(ticks)),
            _ => Err(Refusal::OffTick { money, tick }),
        }
    }

    /// The tick nearest to a price in money, the higher of two equally near; none beyond what ticks can count.
    pub fn nearest(self, money: Money) -> Option<Price> {
        let (money, step) = (i128::from(money.minor()), i128::from(self.step.minor()));
        let twice = money.checked_mul(2)?.checked_add(step)?;
        let ticks = twice.checked_div_euclid(step.checked_mul(2)?)?;
        i32::try_from(ticks).ok().map(Price::new)
    }

    /// A price in money a quoted unit.
    pub fn money(self, price: Price) -> Money {
        // A step fits 64 bits only if its lot's value does; times 32 bits it may not, and then reports show the bound.
        Money::new(self.step.minor().saturating_mul(price.wide()))
    }

    /// What a lot is worth at a price.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn lot_value(self, price: Price) -> Result<Money, MoneyOverflow> {
        self.value.times(price.wide(), 1)
    }

    /// The same price in another tick, the nearest there: what becomes of yesterday's settlement when the tick changes.
    pub fn rebase(self, price: Price, to: Self) -> Option<Price> {
        to.nearest(self.money(price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn yuan(yuan: i64) -> Money {
        Money::new(yuan.saturating_mul(100))
    }

    #[test]
    fn prices_go_to_ticks_and_back() {
        // Lithium carbonate before 2024-12-18: 50 CNY/t, lots of a tonne.
        let tick = Tick::new(yuan(50), 1000, 1000).unwrap();
        assert_eq!(tick.value(), yuan(50));
        let price = tick.price(yuan(246_000)).unwrap();
        assert_eq!(price, Price::new(4920));
        assert_eq!(tick.money(price), yuan(246_000));
        assert_eq!(tick.lot_value(price), Ok(yuan(246_000)));
        let off = Refusal::OffTick { money: yuan(246_010).minor(), tick: yuan(50).minor() };
        assert_eq!(tick.price(yuan(246_010)), Err(off));
        assert!(tick.price(yuan(50 * (1 << 40))).is_err());
    }

    #[test]
    fn a_lot_of_two_hundred_kilograms_quoted_by_the_tonne() {
        let tick = Tick::new(yuan(100), 200, 1000).unwrap();
        assert_eq!(tick.value(), yuan(20));
        assert_eq!(tick.lot_value(Price::new(6000)), Ok(yuan(120_000)));
        assert_eq!(Tick::new(Money::new(33), 200, 1000), None, "a fraction of a fen");
        assert_eq!(Tick::new(Money::ZERO, 200, 1000), None);
        assert_eq!(Tick::new(Money::new(100), 200, 0), None);
    }

    #[test]
    fn a_change_of_tick_takes_the_nearest_price() {
        let fifty = Tick::new(yuan(50), 1000, 1000).unwrap();
        let twenty = Tick::new(yuan(20), 1000, 1000).unwrap();
        let rebase = |money: Money| {
            let price = fifty.price(money).unwrap();
            twenty.money(fifty.rebase(price, twenty).unwrap())
        };
        assert_eq!(rebase(yuan(76_300)), yuan(76_300));
        assert_eq!(rebase(yuan(76_350)), yuan(76_360), "76,340 and 76,360 are equally near");
        assert_eq!(fifty.nearest(Money::new(i64::MAX)), None);
    }
}
