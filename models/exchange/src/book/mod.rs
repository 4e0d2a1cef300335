//! The order book: price, then sequence number.
//!
//! Orders rest in fixed slots, linked into one queue a price; prices are places of an array, over the day's limits or, where
//! there are none, over a window that follows each side's best price. Every instruction costs a bounded number of memory
//! accesses, and between open and close nothing is allocated. Prices are compared as integers and orders by their number,
//! never by a clock.
//!
//! A day of a book: [`Book::reset`] with the day's limits, [`Book::open_auction`], orders, [`Book::uncross`] (or
//! [`Book::open`] without an auction), orders, [`Book::close`].
//!
//! ```
//! use monazite_exchange::{
//!     AccountId, Band, Book, BookSpec, Limits, Lots, NewOrder, OrderKind, Price, Side, Trade,
//! };
//!
//! let limits = Limits { low: Price::new(900), high: Price::new(1100) };
//! let spec = BookSpec { orders: 1000, accounts: 10, instructions: 5000, ..BookSpec::default() };
//! let mut book = Book::new(Band::Limits(limits), spec)?;
//! let mut tape: Vec<Trade> = Vec::with_capacity(5000);
//! book.open();
//! let order = |account, side, lots, price| NewOrder {
//!     account: AccountId(account),
//!     side,
//!     lots: Lots::new(lots),
//!     kind: OrderKind::Limit(Price::new(price)),
//! };
//! book.submit(order(1, Side::Sell, 5, 1001), &mut tape).unwrap();
//! let buy = book.submit(order(2, Side::Buy, 7, 1002), &mut tape).unwrap();
//! assert_eq!((buy.filled, buy.resting), (Lots::new(5), Lots::new(2)));
//! assert_eq!((tape[0].price, tape[0].seller), (Price::new(1001), AccountId(1)));
//! assert_eq!(book.best(Side::Buy), Some(Price::new(1002)));
//! assert!(book.violations().is_empty());
//! # Ok::<(), monazite_exchange::BookFault>(())
//! ```

mod bits;
mod digest;
mod ladder;
mod matching;
mod slots;
mod spec;
mod state;
mod tape;
mod uncross;
mod violations;

pub use slots::MOST_ORDERS;
pub use spec::{Band, BookFault, BookSpec, MOST_ACCOUNTS, MOST_INSTRUCTIONS, MOST_LEVELS};
pub use state::StateFault;
pub use tape::{Cancelled, Event, Fill, Tape};
pub use violations::BookViolation;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::journal::Journal;
use crate::order::{CancelReason, OrderId, Side};
use crate::terms::Limits;
use crate::units::{Lots, Price};
use ladder::{EMPTY, Ladder, key, price};
use slots::{NONE, Slots};

/// What part of the day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Session {
    /// No orders.
    Closed,
    /// Orders are collected for one price.
    Auction,
    /// Orders meet as they come.
    Continuous,
}

/// What became of an order at once: the rest was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Its name from now on.
    pub order: OrderId,
    /// Lots that traded.
    pub filled: Lots,
    /// Lots that rest in the book.
    pub resting: Lots,
}

/// A day's trading in a book.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Lots traded, each trade counted once.
    pub volume: u64,
    /// Σ price × lots in ticks: over volume it is the average price of settlement. Fewer than 2⁶⁴ trades of less than
    /// 2⁶³ each: 128 bits always hold it.
    pub turnover: i128,
    /// First price.
    pub open: Option<Price>,
    /// Highest price.
    pub high: Option<Price>,
    /// Lowest price.
    pub low: Option<Price>,
    /// Last price.
    pub last: Option<Price>,
}

impl Statistics {
    #[inline]
    fn count(&mut self, price: Price, lots: Lots) {
        self.volume = self.volume.wrapping_add(u64::from(lots.get()));
        // |price| ≤ 2³¹ and lots < 2³²: the product fits 64 bits.
        let value = price.wide().wrapping_mul(i64::from(lots.get()));
        self.turnover = self.turnover.wrapping_add(i128::from(value));
        self.high = Some(self.high.map_or(price, |high| high.max(price)));
        self.low = Some(self.low.map_or(price, |low| low.min(price)));
        self.open = self.open.or(Some(price));
        self.last = Some(price);
    }
}

/// How a day ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseReport {
    /// The side that was alone at its limit: [`Book::locked`].
    pub locked: Option<Side>,
    /// The day's trading.
    pub statistics: Statistics,
    /// Lots that had not traded.
    pub unfilled: u64,
}

/// Lots that rest for an account, by side: `[bids, offers]`.
type Resting = [u64; 2];

/// An order book.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "state::BookState", into = "state::BookState")]
pub struct Book {
    spec: BookSpec,
    band: Band,
    /// The band's ends; of a window all prices.
    limits: Limits,
    session: Session,
    /// Bids and offers.
    ladders: [Ladder; 2],
    slots: Slots,
    resting: Vec<Resting>,
    /// Number of the next order, from 1.
    next_order: u64,
    /// Number of the next trade, from 0.
    next_trade: u64,
    /// Lots of all accepted orders of the day and of those cancelled, to reconcile.
    entered: u64,
    cancelled: u64,
    statistics: Statistics,
    journal: Option<Journal>,
}

impl Book {
    /// An empty book, closed. Allocates all it will need.
    ///
    /// # Errors
    /// When the band is reversed or too wide, or too many orders are asked for.
    pub fn new(band: Band, spec: BookSpec) -> Result<Self, BookFault> {
        spec.check()?;
        let mut book = Self {
            spec,
            band,
            limits: Limits { low: Price::new(i32::MIN), high: Price::new(i32::MAX) },
            session: Session::Closed,
            ladders: [Ladder::new(Side::Buy), Ladder::new(Side::Sell)],
            slots: Slots::new(spec.orders),
            resting: vec![[0, 0]; spec.accounts as usize],
            next_order: 1,
            next_trade: 0,
            entered: 0,
            cancelled: 0,
            statistics: Statistics::default(),
            journal: None,
        };
        book.reset(band)?;
        Ok(book)
    }

    /// Prepares a closed book for a day: its band, no statistics, an empty journal. Numbers of orders and trades go on.
    /// Allocates only if the band is wider than any before.
    ///
    /// # Errors
    /// When orders may still rest, or the band cannot be; the book is unchanged then.
    pub fn reset(&mut self, band: Band) -> Result<(), BookFault> {
        if self.session != Session::Closed {
            return Err(BookFault::NotClosed);
        }
        let (limits, width) = band.extent()?;
        for ladder in &mut self.ladders {
            let side = ladder.side();
            let worst = match (band, side) {
                (Band::Limits(limits), Side::Buy) => key(side, limits.low),
                (Band::Limits(limits), Side::Sell) => key(side, limits.high),
                (Band::Window { near, .. }, _) => key(side, near),
            };
            ladder.cover(worst, width);
            if let Band::Window { near, .. } = band {
                ladder.recentre(key(side, near));
                ladder.reserve_beyond(self.spec.orders as usize);
            }
        }
        self.band = band;
        self.limits = limits;
        self.statistics = Statistics::default();
        self.entered = 0;
        self.cancelled = 0;
        if self.spec.instructions > 0 {
            let journal = self.journal.take();
            self.journal =
                Some(Journal::start(journal, self.spec, band, self.next_order, self.next_trade));
        }
        Ok(())
    }

    /// A book whose numbers start where those of another stood, for replays.
    pub(crate) fn starting_at(
        band: Band,
        spec: BookSpec,
        next_order: u64,
        next_trade: u64,
    ) -> Result<Self, BookFault> {
        let mut book = Self::new(band, spec)?;
        book.next_order = next_order.max(1);
        book.next_trade = next_trade;
        book.reset(band)?;
        Ok(book)
    }

    /// Begins to collect orders for the opening auction. Only a closed book does.
    pub fn open_auction(&mut self) {
        if self.session == Session::Closed {
            self.journal_mut(Journal::push_open_auction);
            self.session = Session::Auction;
        }
    }

    /// Begins continuous trading without an auction. Only a closed book does.
    pub fn open(&mut self) {
        if self.session == Session::Closed {
            self.journal_mut(Journal::push_open);
            self.session = Session::Continuous;
        }
    }

    /// Ends the day: all that rests is cancelled, bids first, best price first. The memory is kept.
    pub fn close<T: Tape + ?Sized>(&mut self, tape: &mut T) -> CloseReport {
        let locked = self.locked();
        if self.session != Session::Closed {
            self.journal_mut(Journal::push_close);
        }
        let mut unfilled = 0_u64;
        for side in [Side::Buy, Side::Sell] {
            while self.ladders[side as usize].best() != EMPTY {
                let slot = self.ladders[side as usize].first();
                let lots = self.withdraw(slot, CancelReason::Close, tape);
                unfilled = unfilled.wrapping_add(u64::from(lots.get()));
            }
        }
        self.slots.reset();
        self.session = Session::Closed;
        CloseReport { locked, statistics: self.statistics, unfilled }
    }

    /// Writes down what is never refused; there is always room for it.
    fn journal_mut(&mut self, write: impl FnOnce(&mut Journal)) {
        if let Some(journal) = &mut self.journal {
            write(journal);
        }
    }

    /// The part of the day.
    pub const fn session(&self) -> Session {
        self.session
    }

    /// The size.
    pub const fn spec(&self) -> BookSpec {
        self.spec
    }

    /// The day's band.
    pub const fn band(&self) -> Band {
        self.band
    }

    /// The day's trading so far; after the close the whole day's, until [`Self::reset`].
    pub const fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// The day's instructions; none if the book keeps no journal.
    pub const fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Best price of a side.
    #[inline]
    pub fn best(&self, side: Side) -> Option<Price> {
        self.ladders[side as usize].best_price()
    }

    /// Place in the tape of the next trade.
    pub const fn next_trade(&self) -> u64 {
        self.next_trade
    }

    /// Leaves out numbers of the tape that trades made outside the book (a forced reduction's) have taken.
    pub(crate) fn skip_trades(&mut self, n: usize) {
        self.next_trade = self.next_trade.wrapping_add(n as u64);
    }

    /// Last price of the day.
    pub const fn last(&self) -> Option<Price> {
        self.statistics.last
    }

    /// Lots that rest at a price.
    pub fn lots_at(&self, side: Side, price: Price) -> u64 {
        self.ladders[side as usize].level(key(side, price)).map_or(0, |level| level.lots)
    }

    /// Price levels of a side and their lots, best first.
    pub fn depth(&self, side: Side) -> impl Iterator<Item = (Price, u64)> {
        self.ladders[side as usize]
            .best_first()
            .map(move |(key, level)| (price(side, key), level.lots))
    }

    /// Lots that rest for an account on a side, kept up to date: what its position could still grow by.
    #[inline]
    pub fn resting(&self, account: AccountId, side: Side) -> u64 {
        self.resting.get(account.0 as usize).map_or(0, |lots| lots[side as usize])
    }

    /// How many orders rest.
    pub fn n_resting(&self) -> usize {
        self.slots.n_taken()
    }

    /// What is left of a resting order: side, price, lots. None if it does not rest.
    pub fn order(&self, order: OrderId) -> Option<(Side, Price, Lots)> {
        self.slots.find(order).map(|(_, slot)| (slot.side, slot.price, slot.lots))
    }

    /// The orders of a side as they would be served: name, account, price, lots.
    pub fn orders(
        &self,
        side: Side,
    ) -> impl Iterator<Item = (OrderId, AccountId, Price, Lots)> + '_ {
        self.ladders[side as usize].best_first().flat_map(move |(_, level)| {
            let mut next = level.head;
            std::iter::from_fn(move || {
                if next == NONE {
                    return None;
                }
                let slot = self.slots.at(next);
                next = slot.next;
                Some((slot.id, slot.account, slot.price, slot.lots))
            })
        })
    }

    /// The side that is alone at its limit: bids rest at the upper limit, or offers at the lower one, and nobody is on the
    /// other side. Chinese exchanges call a day locked when this holds over the last five minutes (only orders at the
    /// limit on one side and none on the other, or such orders filled on arrival without the limit being left); here it is
    /// asked at the close. None without limits.
    pub fn locked(&self) -> Option<Side> {
        let Band::Limits(limits) = self.band else {
            return None;
        };
        limits.locked(self.best(Side::Buy), self.best(Side::Sell))
    }

    /// Bytes of memory that the book holds.
    pub fn bytes(&self) -> usize {
        let journal = self.journal.as_ref().map_or(0, Journal::bytes);
        size_of::<Self>()
            .saturating_add(self.slots.bytes())
            .saturating_add(self.ladders.iter().map(Ladder::bytes).fold(0, usize::saturating_add))
            .saturating_add(self.resting.capacity().saturating_mul(size_of::<Resting>()))
            .saturating_add(journal)
    }
}
