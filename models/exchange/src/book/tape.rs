//! What happens in a book, told to whoever listens.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::order::{CancelReason, OrderId, Side, Trade};
use crate::units::Lots;

/// A trade and the two orders that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fill {
    /// The trade.
    pub trade: Trade,
    /// Order of the buyer.
    pub buy: OrderId,
    /// Order of the seller.
    pub sell: OrderId,
}

/// Lots of an order that left the book without a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cancelled {
    /// Which order.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// How many lots left; a replacement that only lowers lots leaves the rest of the order in place.
    pub lots: Lots,
    /// Why.
    pub reason: CancelReason,
}

/// One entry of a full tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Two orders met.
    Fill(Fill),
    /// Lots left without a trade.
    Cancelled(Cancelled),
}

/// Listens to a book, in the order in which things happen. Arrivals and refusals are what the book's methods return.
pub trait Tape {
    /// Two orders met.
    fn fill(&mut self, fill: &Fill);

    /// Lots left without a trade. By default not written down.
    fn cancelled(&mut self, _cancelled: &Cancelled) {}
}

/// Nobody listens.
impl Tape for () {
    #[inline]
    fn fill(&mut self, _fill: &Fill) {}
}

/// Trades only. A vector with room for the day does not allocate.
impl Tape for Vec<Trade> {
    #[inline]
    fn fill(&mut self, fill: &Fill) {
        self.push(fill.trade);
    }
}

/// Trades and cancellations.
impl Tape for Vec<Event> {
    #[inline]
    fn fill(&mut self, fill: &Fill) {
        self.push(Event::Fill(*fill));
    }

    #[inline]
    fn cancelled(&mut self, cancelled: &Cancelled) {
        self.push(Event::Cancelled(*cancelled));
    }
}

impl<T: Tape + ?Sized> Tape for &mut T {
    #[inline]
    fn fill(&mut self, fill: &Fill) {
        (**self).fill(fill);
    }

    #[inline]
    fn cancelled(&mut self, cancelled: &Cancelled) {
        (**self).cancelled(cancelled);
    }
}
