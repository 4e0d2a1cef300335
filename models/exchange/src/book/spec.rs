//! What a book is made for: its prices and its size.

use serde::{Deserialize, Serialize};

use super::slots::MOST_ORDERS;
use crate::auction::{LEAST, MOST};
use crate::order::{SelfTrade, Side};
use crate::terms::Limits;
use crate::units::Price;

/// Most price levels that limits or a window may span: 16 MiB a side.
pub const MOST_LEVELS: u32 = 1 << 20;
/// Most accounts of a book.
pub const MOST_ACCOUNTS: u32 = 1 << 20;
/// Most instructions of a day: a journal of 256 MiB.
pub const MOST_INSTRUCTIONS: u32 = 1 << 24;
/// Fewest levels of a window.
const FEWEST_LEVELS: u32 = 64;

/// Which prices a book takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Band {
    /// Those within the day's limits.
    Limits(Limits),
    /// Any. `levels` prices around each side's best one are reached at once, those beyond by a search.
    Window {
        /// Around which price the day starts.
        near: Price,
        /// How many, 64 to [`MOST_LEVELS`].
        levels: u32,
    },
}

/// The size of a book and what it does with self-trades. Everything is allocated for it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookSpec {
    /// Most orders that may rest at once, at most [`MOST_ORDERS`].
    pub orders: u32,
    /// Accounts are 0 to one less; at most [`MOST_ACCOUNTS`].
    pub accounts: u32,
    /// Instructions that the journal of a day holds; further ones are refused. 0 keeps no journal and refuses none;
    /// at most [`MOST_INSTRUCTIONS`].
    pub instructions: u32,
    /// When an order would meet one of its own account.
    pub self_trade: SelfTrade,
}

impl Default for BookSpec {
    /// 4,096 orders of 1,024 accounts, no journal.
    fn default() -> Self {
        Self { orders: 4096, accounts: 1024, instructions: 0, self_trade: SelfTrade::default() }
    }
}

/// A book that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BookFault {
    /// Limits in the wrong order.
    #[error("the lower limit ({low}) is above the upper one ({high})")]
    LimitsReversed {
        /// Ticks.
        low: i32,
        /// Ticks.
        high: i32,
    },
    /// A band of too many prices, or a window of too few or too many.
    #[error("{levels} price levels; a band may have 1 to {most}, a window {fewest} to {most}")]
    Levels {
        /// What was asked.
        levels: u64,
        /// Fewest of a window.
        fewest: u32,
        /// Most.
        most: u32,
    },
    /// A size that is nothing or more than memory should hold.
    #[error("{asked} {what}; a book takes at most {most}, and at least one order")]
    Size {
        /// Of what.
        what: &'static str,
        /// What was asked.
        asked: u32,
        /// Most.
        most: u32,
    },
    /// Legs so far apart that their spread is no price.
    #[error("spreads from {low} to {high} ticks do not fit 32 bits")]
    NoSpread {
        /// Lowest spread within both legs' limits.
        low: i64,
        /// Highest.
        high: i64,
    },
    /// New limits for a book in which orders rest.
    #[error("limits change only while the book is closed")]
    NotClosed,
}

impl Band {
    /// Where market orders wait for the auction: at the limit, or without limits at the end of all prices.
    pub(super) const fn market_price(self, side: Side) -> Price {
        match (self, side) {
            (Self::Limits(limits), Side::Buy) => limits.high,
            (Self::Limits(limits), Side::Sell) => limits.low,
            (Self::Window { .. }, Side::Buy) => MOST,
            (Self::Window { .. }, Side::Sell) => LEAST,
        }
    }

    /// A band's ends and how many levels its array has.
    pub(super) fn extent(self) -> Result<(Limits, usize), BookFault> {
        let fault = |levels| BookFault::Levels { levels, fewest: FEWEST_LEVELS, most: MOST_LEVELS };
        match self {
            Self::Limits(limits) => {
                let span = limits.high.wide().wrapping_sub(limits.low.wide()).wrapping_add(1);
                if span <= 0 {
                    let (low, high) = (limits.low.ticks(), limits.high.ticks());
                    return Err(BookFault::LimitsReversed { low, high });
                }
                if span > i64::from(MOST_LEVELS) {
                    return Err(fault(span.unsigned_abs()));
                }
                Ok((limits, usize::try_from(span).unwrap_or(1)))
            }
            Self::Window { levels, .. } if (FEWEST_LEVELS..=MOST_LEVELS).contains(&levels) => {
                // The ends of all prices are for orders without a limit.
                let (low, high) = (i32::MIN.saturating_add(1), i32::MAX.saturating_sub(1));
                Ok((Limits { low: Price::new(low), high: Price::new(high) }, levels as usize))
            }
            Self::Window { levels, .. } => Err(fault(u64::from(levels))),
        }
    }
}

impl BookSpec {
    /// Whether a book of that size can be.
    pub(super) fn check(&self) -> Result<(), BookFault> {
        if self.orders == 0 {
            return Err(BookFault::Size { what: "orders", asked: 0, most: MOST_ORDERS });
        }
        for (what, asked, most) in [
            ("orders", self.orders, MOST_ORDERS),
            ("accounts", self.accounts, MOST_ACCOUNTS),
            ("instructions", self.instructions, MOST_INSTRUCTIONS),
        ] {
            if asked > most {
                return Err(BookFault::Size { what, asked, most });
            }
        }
        Ok(())
    }
}
