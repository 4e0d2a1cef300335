//! Integers with a unit: ticks, lots, money, rates.
//!
//! No float touches a ledger. Money is counted in the smallest unit of its currency (fen, cents) in 64 bits; products are
//! taken in 128 bits and refused when they do not fit.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A price, or a difference of prices, in ticks of its contract.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Price(i32);

impl Price {
    /// A price of so many ticks.
    pub const fn new(ticks: i32) -> Self {
        Self(ticks)
    }

    /// Ticks.
    pub const fn ticks(self) -> i32 {
        self.0
    }

    /// Ticks as a wide integer, in which differences cannot overflow.
    pub const fn wide(self) -> i64 {
        self.0 as i64
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ticks", self.0)
    }
}

/// The price nearest to a ratio, the higher of two equally near; none unless the denominator is above zero.
pub(crate) fn nearest(numerator: i128, denominator: i128) -> Option<Price> {
    let double = denominator.checked_mul(2).filter(|d| *d > 0)?;
    let ticks = numerator.checked_mul(2)?.checked_add(denominator)?.checked_div_euclid(double)?;
    i32::try_from(ticks).ok().map(Price::new)
}

/// A number of contracts.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Lots(u32);

impl Lots {
    /// None.
    pub const ZERO: Self = Self(0);

    /// So many contracts.
    pub const fn new(lots: u32) -> Self {
        Self(lots)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What is left after `other` is taken, zero at least.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Lots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lots", self.0)
    }
}

/// A sum that does not fit 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount of money does not fit 64 bits")]
pub struct MoneyOverflow;

/// An amount in the smallest unit of a currency: fen, cents.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many fen or cents.
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// Fen or cents.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Sum.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub const fn plus(self, other: Self) -> Result<Self, MoneyOverflow> {
        match self.0.checked_add(other.0) {
            Some(sum) => Ok(Self(sum)),
            None => Err(MoneyOverflow),
        }
    }

    /// Difference.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub const fn minus(self, other: Self) -> Result<Self, MoneyOverflow> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Ok(Self(difference)),
            None => Err(MoneyOverflow),
        }
    }

    /// The amount without its sign.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub const fn abs(self) -> Result<Self, MoneyOverflow> {
        match self.0.checked_abs() {
            Some(amount) => Ok(Self(amount)),
            None => Err(MoneyOverflow),
        }
    }

    /// The amount, or zero if it is below.
    #[must_use]
    #[inline]
    pub const fn at_least_zero(self) -> Self {
        if self.0 < 0 { Self::ZERO } else { self }
    }

    /// `ticks × lots` at `self` a tick and lot: what a move of the price is worth to a position.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn times(self, ticks: i64, lots: i64) -> Result<Self, MoneyOverflow> {
        // Almost always 64 bits are enough.
        match ticks.checked_mul(lots).and_then(|p| p.checked_mul(self.0)) {
            Some(product) => Ok(Self(product)),
            None => self.times_wide(ticks, lots),
        }
    }

    #[cold]
    fn times_wide(self, ticks: i64, lots: i64) -> Result<Self, MoneyOverflow> {
        let product = i128::from(self.0)
            .checked_mul(i128::from(ticks))
            .and_then(|p| p.checked_mul(i128::from(lots)))
            .ok_or(MoneyOverflow)?;
        i64::try_from(product).map(Self).map_err(|_| MoneyOverflow)
    }

    /// The share `rate` of an amount, rounded away from zero: what is owed is never rounded in the debtor's favour.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn share(self, rate: Rate) -> Result<Self, MoneyOverflow> {
        // A division of 128 bits takes ten times as long as one of 64, and is almost never needed.
        match self.0.checked_mul(i64::from(rate.0)) {
            // A quotient under 2^44: one more fits.
            Some(p) => Ok(Self((p / 1_000_000).wrapping_add((p % 1_000_000).signum()))),
            None => self.share_wide(rate),
        }
    }

    #[cold]
    fn share_wide(self, rate: Rate) -> Result<Self, MoneyOverflow> {
        let product = i128::from(self.0).checked_mul(i128::from(rate.0)).ok_or(MoneyOverflow)?;
        let (quotient, remainder) = (product / 1_000_000, product % 1_000_000);
        let rounded = quotient.checked_add(remainder.signum()).ok_or(MoneyOverflow)?;
        i64::try_from(rounded).map(Self).map_err(|_| MoneyOverflow)
    }
}

/// A rate in parts per million: 1 % is 10,000.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Rate(u32);

impl Rate {
    /// One.
    pub const WHOLE: Self = Self(1_000_000);

    /// So many parts per million.
    pub const fn ppm(ppm: u32) -> Self {
        Self(ppm)
    }

    /// So many whole percent.
    pub const fn percent(percent: u16) -> Self {
        // u16 × 10,000 fits 32 bits: nothing is ever saturated.
        Self((percent as u32).saturating_mul(10_000))
    }

    /// Parts per million.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 10_000, self.0 % 10_000);
        if part == 0 {
            return write!(f, "{whole} %");
        }
        write!(f, "{whole}.{} %", format!("{part:04}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_taken_wide_and_refused_when_too_wide() {
        assert_eq!(Money::new(2000).times(-5, 3), Ok(Money::new(-30_000)));
        assert_eq!(Money::new(i64::MAX).times(2, 1), Err(MoneyOverflow));
        assert_eq!(Money::new(1 << 40).times(1 << 40, 1 << 40), Err(MoneyOverflow));
    }

    #[test]
    fn a_share_is_rounded_away_from_zero() {
        assert_eq!(Money::new(101).share(Rate::percent(5)), Ok(Money::new(6)));
        assert_eq!(Money::new(-101).share(Rate::percent(5)), Ok(Money::new(-6)));
        assert_eq!(Money::new(100).share(Rate::percent(5)), Ok(Money::new(5)));
        assert_eq!(Money::new(0).share(Rate::percent(5)), Ok(Money::ZERO));
    }

    #[test]
    fn rates_print_as_percent() {
        assert_eq!(Rate::percent(12).to_string(), "12 %");
        assert_eq!(Rate::ppm(80).to_string(), "0.008 %");
    }
}
