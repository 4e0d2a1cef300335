//! A book as it is stored: its resting orders in the order in which they would be served, not its arrays.

use serde::{Deserialize, Serialize};

use super::ladder::key;
use super::slots::{NONE, Slot, Slots};
use super::{Band, Book, BookFault, BookSpec, Session, Statistics};
use crate::account::AccountId;
use crate::journal::Journal;
use crate::order::{OrderId, Side};
use crate::units::{Lots, Price};

/// A resting order.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredOrder {
    order: OrderId,
    account: AccountId,
    price: Price,
    lots: Lots,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    market: bool,
}

/// What a book serialises to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BookState {
    spec: BookSpec,
    band: Band,
    session: Session,
    next_order: u64,
    next_trade: u64,
    entered: u64,
    cancelled: u64,
    statistics: Statistics,
    bids: Vec<StoredOrder>,
    offers: Vec<StoredOrder>,
    unused_slot: u32,
    free_slots: Vec<u32>,
    journal: Option<Journal>,
}

/// A stored book that cannot be resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateFault {
    /// Its band or size.
    #[error(transparent)]
    Book(#[from] BookFault),
    /// An order that cannot rest there: no lots, a price outside the limits, an unknown account, a slot that is taken or
    /// free, out of order, or newer than the book.
    #[error("order {} cannot rest in the stored book", .0.0)]
    Order(OrderId),
    /// Slots that do not add up.
    #[error("the stored book's slots do not add up")]
    Slots,
    /// Bids that reach offers, or orders in a closed book.
    #[error("the stored book is crossed, or closed with orders in it")]
    Crossed,
}

impl From<Book> for BookState {
    fn from(book: Book) -> Self {
        let side = |side| {
            book.orders(side)
                .map(|(order, account, price, lots)| {
                    let market = book.slots.find(order).is_some_and(|(_, slot)| slot.market);
                    StoredOrder { order, account, price, lots, market }
                })
                .collect()
        };
        let (bids, offers) = (side(Side::Buy), side(Side::Sell));
        let (unused_slot, free) = book.slots.order_of_use();
        let free_slots = free.to_vec();
        Self {
            spec: book.spec,
            band: book.band,
            session: book.session,
            next_order: book.next_order,
            next_trade: book.next_trade,
            entered: book.entered,
            cancelled: book.cancelled,
            statistics: book.statistics,
            bids,
            offers,
            unused_slot,
            free_slots,
            journal: book.journal,
        }
    }
}

impl TryFrom<BookState> for Book {
    type Error = StateFault;

    fn try_from(state: BookState) -> Result<Self, StateFault> {
        let mut book = Self::new(state.band, state.spec)?;
        book.slots = Slots::resume(state.spec.orders, state.unused_slot, &state.free_slots)
            .ok_or(StateFault::Slots)?;
        book.session = state.session;
        book.next_order = state.next_order.max(1);
        book.next_trade = state.next_trade;
        book.entered = state.entered;
        book.cancelled = state.cancelled;
        book.statistics = state.statistics;
        let mut free = vec![false; state.unused_slot as usize];
        for &slot in &state.free_slots {
            // Numbers below `unused_slot`: `resume` has looked.
            free[slot as usize] = true;
        }
        for (side, orders) in [(Side::Buy, &state.bids), (Side::Sell, &state.offers)] {
            let mut last: Option<(i32, u64)> = None;
            for order in orders {
                let place = (key(side, order.price), order.order.sequence());
                let in_order =
                    last.is_none_or(|l| place.0 < l.0 || (place.0 == l.0 && place.1 > l.1));
                let is_free = free.get(order.order.slot() as usize).copied().unwrap_or(true);
                if !in_order || is_free || !book.resume_order(side, order) {
                    return Err(StateFault::Order(order.order));
                }
                last = Some(place);
            }
        }
        if book.slots.n_taken() != state.bids.len().saturating_add(state.offers.len()) {
            return Err(StateFault::Slots);
        }
        let crossed = match (book.best(Side::Buy), book.best(Side::Sell)) {
            (Some(bid), Some(offer)) => bid >= offer,
            _ => false,
        };
        let closed_with_orders = book.session == Session::Closed && book.n_resting() > 0;
        if closed_with_orders || (crossed && book.session == Session::Continuous) {
            return Err(StateFault::Crossed);
        }
        book.journal = resume_journal(state.journal, book.journal);
        Ok(book)
    }
}

/// The stored journal in memory of the full size.
fn resume_journal(stored: Option<Journal>, fresh: Option<Journal>) -> Option<Journal> {
    match (stored, fresh) {
        (Some(stored), Some(fresh)) => Some(fresh.continue_from(&stored)),
        (_, fresh) => fresh,
    }
}

impl Book {
    /// Puts a stored order back into its slot; false if it cannot rest there.
    fn resume_order(&mut self, side: Side, order: &StoredOrder) -> bool {
        let slot = order.order.slot();
        let waits = order.market && order.price == self.band.market_price(side);
        let fits = slot != NONE
            && self.slots.find(order.order).is_none()
            && self.slots.is_vacant(slot)
            && !order.lots.is_zero()
            && order.account.0 < self.spec.accounts
            && (self.admit(order.price).is_ok() || waits)
            && (1..self.next_order).contains(&order.order.sequence())
            && (!order.market || self.session == Session::Auction);
        if !fits {
            return false;
        }
        let StoredOrder { order: id, account, price, lots, market } = *order;
        self.rest(slot, Slot { id, next: NONE, prev: NONE, lots, price, account, side, market });
        true
    }
}
