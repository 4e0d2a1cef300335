//! What stops a venue's day.

use jiff::civil::Date;

use super::Part;
use crate::book::BookFault;
use crate::calendar::CalendarFault;
use crate::clearing::ClearingError;
use crate::delivery::ReceiptError;
use crate::rules::TermsFault;
use crate::units::MoneyOverflow;

/// What stops a day. A venue that returned one from its morning or evening is in no defined state: go back to a snapshot.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DayFault {
    /// Clearing.
    #[error(transparent)]
    Clearing(#[from] ClearingError),
    /// Money.
    #[error(transparent)]
    Overflow(#[from] MoneyOverflow),
    /// The rules say nothing of a contract.
    #[error(transparent)]
    Terms(#[from] TermsFault),
    /// The calendar cannot say.
    #[error(transparent)]
    Calendar(#[from] CalendarFault),
    /// A book.
    #[error(transparent)]
    Book(#[from] BookFault),
    /// A call that this part of the day does not allow.
    #[error(
        "not in this part of the day ({part:?}): a day is morning, auction, continuous trading, evening"
    )]
    Order {
        /// Where the venue is.
        part: Part,
    },
    /// A day that is not the next one.
    #[error("{day} is not the trading day after {last}")]
    NotNext {
        /// The day asked for.
        day: Date,
        /// The last one.
        last: Date,
    },
    /// Warehouses.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// Metal for a venue that settles in cash.
    #[error("this venue settles in cash: no metal can be put on warrant")]
    NoDelivery,
    /// No place for a new contract.
    #[error("no place is free for a new contract: {0} are in delivery")]
    NoPlace(usize),
    /// Clearing refused what a book had done already.
    #[error("clearing could not record what a book did: {0}")]
    Session(String),
}
