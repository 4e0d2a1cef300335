//! What goes into a book and what comes out of it.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::units::{Lots, Price};

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Buy.
    Buy,
    /// Sell.
    Sell,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// 1 for a purchase, −1 for a sale.
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }
}

/// An order as the book names it; never used twice in a book's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub u64);

/// What an order may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderKind {
    /// Trades at its limit or better, rests until the close.
    Limit(Price),
    /// Trades at any price within the day's limits; what is left is cancelled.
    Market,
    /// Trades at its limit or better at once; what is left is cancelled.
    ImmediateOrCancel(Price),
    /// Trades in full at its limit or better at once, or not at all.
    FillOrKill(Price),
}

/// What happens when an order would meet one of the same account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelfTrade {
    /// What is left of the incoming order is cancelled.
    #[default]
    CancelIncoming,
    /// The resting order is cancelled and matching goes on.
    CancelResting,
    /// Both are cancelled.
    CancelBoth,
}

/// An order on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NewOrder {
    /// Whose.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// How many, at least one.
    pub lots: Lots,
    /// What it may do.
    pub kind: OrderKind,
}

/// Two orders met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trade {
    /// Place in the tape of its book, from 0.
    pub sequence: u64,
    /// At what price.
    pub price: Price,
    /// How many, at least one.
    pub lots: Lots,
    /// Who bought.
    pub buyer: AccountId,
    /// Who sold.
    pub seller: AccountId,
    /// Which side came to a resting order; none in an auction, where nobody did.
    pub aggressor: Option<Side>,
}

/// Why an order left the book without a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelReason {
    /// Its owner asked.
    Owner,
    /// Its owner replaced it, or lowered its lots.
    Replaced,
    /// It would have met an order of the same account.
    SelfTrade,
    /// Its kind does not rest.
    Unfilled,
    /// The day is over.
    Close,
    /// The account is being closed out or is in default.
    Clearing,
}

/// Why an instruction was not carried out: an event, never a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// An order for nothing.
    #[error("an order must be for at least one lot")]
    NoLots,
    /// Over the largest order.
    #[error("{lots} lots are more than an order may hold ({most})")]
    TooLarge {
        /// What was asked.
        lots: u32,
        /// What is allowed.
        most: u32,
    },
    /// A price between two ticks.
    #[error("{money} is not a multiple of the tick ({tick})")]
    OffTick {
        /// The price in the smallest money unit of a quoted unit.
        money: i64,
        /// The tick in the same.
        tick: i64,
    },
    /// Outside the day's limits.
    #[error("price {price} is outside the day's limits {low} to {high}")]
    OverLimit {
        /// Ticks asked.
        price: i32,
        /// Lower limit.
        low: i32,
        /// Upper limit.
        high: i32,
    },
    /// An account that may not trade here.
    #[error("account {} has no access to this venue", account.0)]
    NoAccess {
        /// Which.
        account: AccountId,
    },
    /// An account that is not there.
    #[error("account {} does not exist", account.0)]
    NoAccount {
        /// Which.
        account: AccountId,
    },
    /// An account in default or under liquidation.
    #[error("account {} may only be closed out", account.0)]
    Suspended {
        /// Which.
        account: AccountId,
    },
    /// The position would exceed its limit.
    #[error("the position could reach {reached} lots, over the limit of {limit}")]
    PositionLimit {
        /// Lots if all orders filled.
        reached: u32,
        /// The limit.
        limit: u32,
    },
    /// More opened today than allowed.
    #[error("{opened} lots opened today, over the cap of {cap}")]
    OpeningCap {
        /// Lots if all orders filled.
        opened: u32,
        /// The cap.
        cap: u32,
    },
    /// Margin for the order is not there.
    #[error("the order needs {needed} of margin and {free} is free")]
    NoMargin {
        /// Needed, smallest money unit.
        needed: i64,
        /// Free.
        free: i64,
    },
    /// An order that is not in the book: unknown, filled or cancelled before.
    #[error("order {} is not in the book", order.0)]
    NoOrder {
        /// Which.
        order: OrderId,
    },
    /// Somebody else's order.
    #[error("order {} belongs to another account", order.0)]
    NotOwner {
        /// Which.
        order: OrderId,
    },
    /// Could not be filled in full.
    #[error("only {available} of {lots} lots could be filled")]
    NotFilled {
        /// Lots asked.
        lots: u32,
        /// Lots there.
        available: u32,
    },
    /// A market order when nobody is on the other side.
    #[error("nobody is on the other side")]
    NoOtherSide,
    /// The book holds as many orders, or its journal as many instructions, as it was made for.
    #[error("the book is full")]
    BookFull,
    /// Not in this part of the day.
    #[error("not accepted in this part of the day")]
    Closed,
}
