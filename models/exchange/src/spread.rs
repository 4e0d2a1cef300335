//! Calendar spreads: one contract against a later one, at a difference of prices.
//!
//! A spread is bought by buying the near contract and selling the far one; its price is near − far, in ticks, and may be below
//! zero. Its limits are the widest that leave both legs within theirs, so that every spread price has legs. A trade makes two
//! leg trades that differ by exactly its price. Which pair they are is a convention: the near leg stands as close to its
//! anchor (its last price of the day or, before the first, the previous settlement) as the far leg's limits let it; CME Group
//! assigns leg prices alike (sources in MODEL.md). Chinese exchanges match spread orders against the legs' own books; here a
//! spread's book stands alone, so that no leg is ever left open, and its trades do not count in the legs' average prices.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::book::{
    Acknowledgement, Band, Book, BookFault, BookSpec, Cancelled, CloseReport, Fill, MOST_LEVELS,
    Tape,
};
use crate::contract::ContractIdx;
use crate::order::{CancelReason, NewOrder, OrderId, OrderKind, Refusal, Trade};
use crate::terms::Limits;
use crate::units::{Lots, Price};

/// Levels reached at once around the best spread where legs have no limits.
const WINDOW: u32 = 4096;

/// Which contracts a spread is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CalendarSpread {
    /// The earlier delivery month: the spread's buyer buys it.
    pub near: ContractIdx,
    /// The later one: the spread's buyer sells it.
    pub far: ContractIdx,
}

/// One contract of a spread on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Its limits; none at a venue without.
    pub limits: Option<Limits>,
    /// Its last price or, before the first trade, its previous settlement.
    pub anchor: Price,
}

/// The prices of a spread trade's legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LegPrices {
    /// Of the near contract.
    pub near: Price,
    /// Of the far one.
    pub far: Price,
}

/// No two leg prices differ by the spread and are within the legs' limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a spread of {spread} leaves no prices within both legs' limits")]
pub struct NoLegs {
    /// The spread.
    pub spread: Price,
}

impl LegPrices {
    /// Prices of the legs of a trade at `spread`.
    ///
    /// # Errors
    /// When there are none within both legs' limits.
    pub fn of(spread: Price, near: Leg, far: Leg) -> Result<Self, NoLegs> {
        let (near_limits, far_limits) = (bounds(near), bounds(far));
        let fault = NoLegs { spread };
        let spread = spread.wide();
        // Three numbers of 32 bits in 64: nothing saturates.
        let low = near_limits.low.wide().max(far_limits.low.wide().saturating_add(spread));
        let high = near_limits.high.wide().min(far_limits.high.wide().saturating_add(spread));
        if low > high {
            return Err(fault);
        }
        let near = near.anchor.wide().clamp(low, high);
        let price = |ticks: i64| i32::try_from(ticks).map(Price::new).map_err(|_| fault);
        Ok(Self { near: price(near)?, far: price(near.saturating_sub(spread))? })
    }
}

/// A spread trade and its legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpreadFill {
    /// The trade in the spread's book: its price is the difference, its buyer buys near and sells far.
    pub fill: Fill,
    /// Prices of the legs.
    pub legs: LegPrices,
}

impl SpreadFill {
    /// The two leg trades, near and far: the spread's buyer buys the near one and sells the far one. Their sequence numbers
    /// are the spread's.
    pub const fn trades(&self) -> [Trade; 2] {
        let near = Trade { price: self.legs.near, ..self.fill.trade };
        let aggressor = match near.aggressor {
            Some(side) => Some(side.opposite()),
            None => None,
        };
        let (buyer, seller) = (near.seller, near.buyer);
        [near, Trade { price: self.legs.far, buyer, seller, aggressor, ..near }]
    }
}

/// Listens to a spread's book.
pub trait SpreadTape {
    /// Two orders met.
    fn fill(&mut self, fill: &SpreadFill);

    /// Lots left without a trade. By default not written down.
    fn cancelled(&mut self, _cancelled: &Cancelled) {}
}

impl SpreadTape for Vec<SpreadFill> {
    fn fill(&mut self, fill: &SpreadFill) {
        self.push(*fill);
    }
}

/// Gives each trade of the spread's book its legs.
struct Legged<'a, T: ?Sized> {
    near: Leg,
    far: Leg,
    tape: &'a mut T,
}

impl<T: SpreadTape + ?Sized> Tape for Legged<'_, T> {
    fn fill(&mut self, fill: &Fill) {
        // The book's limits are those within which every price has legs.
        if let Ok(legs) = LegPrices::of(fill.trade.price, self.near, self.far) {
            self.tape.fill(&SpreadFill { fill: *fill, legs });
        }
    }

    fn cancelled(&mut self, cancelled: &Cancelled) {
        self.tape.cancelled(cancelled);
    }
}

/// The book of a calendar spread.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpreadBook {
    spread: CalendarSpread,
    near: Leg,
    far: Leg,
    /// Those within which every spread has legs.
    limits: Limits,
    book: Book,
}

impl SpreadBook {
    /// An empty book, closed.
    ///
    /// # Errors
    /// When a leg's limits are reversed, or too many orders are asked for.
    pub fn new(
        spread: CalendarSpread,
        near: Leg,
        far: Leg,
        spec: BookSpec,
    ) -> Result<Self, BookFault> {
        let limits = spread_limits(near, far)?;
        let book = Book::new(spread_band(limits, near, far), spec)?;
        Ok(Self { spread, near, far, limits, book })
    }

    /// Prepares a closed book for a day of a spread, the same or another, with its legs' limits and anchors.
    ///
    /// # Errors
    /// As [`Book::reset`].
    pub fn reset(&mut self, spread: CalendarSpread, near: Leg, far: Leg) -> Result<(), BookFault> {
        let limits = spread_limits(near, far)?;
        self.book.reset(spread_band(limits, near, far))?;
        (self.spread, self.near, self.far, self.limits) = (spread, near, far, limits);
        Ok(())
    }

    /// Moves the legs' anchors to their last prices.
    pub const fn anchor(&mut self, near: Price, far: Price) {
        self.near.anchor = near;
        self.far.anchor = far;
    }

    /// Begins trading; spreads have no auction.
    pub fn open(&mut self) {
        self.book.open();
    }

    /// Takes an order in, whose prices are near − far.
    ///
    /// # Errors
    /// As [`Book::submit`]; [`Refusal::OverLimit`] for a spread that no prices of the legs within their limits have.
    pub fn submit<T: SpreadTape + ?Sized>(
        &mut self,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        if let OrderKind::Limit(price)
        | OrderKind::ImmediateOrCancel(price)
        | OrderKind::FillOrKill(price) = order.kind
        {
            self.admit(price)?;
        }
        let mut legged = Legged { near: self.near, far: self.far, tape };
        self.book.submit(order, &mut legged)
    }

    /// Whether a spread has legs.
    fn admit(&self, price: Price) -> Result<(), Refusal> {
        if self.limits.admit(price) {
            return Ok(());
        }
        let (low, high) = (self.limits.low.ticks(), self.limits.high.ticks());
        Err(Refusal::OverLimit { price: price.ticks(), low, high })
    }

    /// As [`Book::cancel`].
    ///
    /// # Errors
    /// As there.
    pub fn cancel<T: SpreadTape + ?Sized>(
        &mut self,
        order: OrderId,
        account: AccountId,
        tape: &mut T,
    ) -> Result<Lots, Refusal> {
        let mut legged = Legged { near: self.near, far: self.far, tape };
        self.book.cancel(order, account, &mut legged)
    }

    /// As [`Book::cancel_all`].
    pub fn cancel_all<T: SpreadTape + ?Sized>(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        tape: &mut T,
    ) -> u64 {
        let mut legged = Legged { near: self.near, far: self.far, tape };
        self.book.cancel_all(account, reason, &mut legged)
    }

    /// As [`Book::close`]. Its `locked` says whether the spread stands at its own limit.
    pub fn close<T: SpreadTape + ?Sized>(&mut self, tape: &mut T) -> CloseReport {
        let mut legged = Legged { near: self.near, far: self.far, tape };
        self.book.close(&mut legged)
    }

    /// Which contracts.
    pub const fn spread(&self) -> CalendarSpread {
        self.spread
    }

    /// The spreads that have legs.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The book of spread orders, to look at: best prices, depth, journal, violations.
    pub const fn book(&self) -> &Book {
        &self.book
    }
}

/// A leg's limits; all prices without.
const fn bounds(leg: Leg) -> Limits {
    match leg.limits {
        Some(limits) => limits,
        None => Limits { low: Price::new(i32::MIN), high: Price::new(i32::MAX) },
    }
}

/// The spreads that have legs within both limits: near.low − far.high to near.high − far.low, as far as 32 bits go.
fn spread_limits(near: Leg, far: Leg) -> Result<Limits, BookFault> {
    let (near, far) = (bounds(near), bounds(far));
    for limits in [near, far] {
        if limits.low > limits.high {
            let (low, high) = (limits.low.ticks(), limits.high.ticks());
            return Err(BookFault::LimitsReversed { low, high });
        }
    }
    let low = near.low.wide().saturating_sub(far.high.wide());
    let high = near.high.wide().saturating_sub(far.low.wide());
    // A spread is itself a price of 32 bits.
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    match (i32::try_from(low.max(least)), i32::try_from(high.min(most))) {
        (Ok(low), Ok(high)) => Ok(Limits { low: Price::new(low), high: Price::new(high) }),
        _ => Err(BookFault::NoSpread { low, high }),
    }
}

/// An array over the limits, or a window around the anchors' difference where they are too wide for one.
const fn spread_band(limits: Limits, near: Leg, far: Leg) -> Band {
    let span = limits.high.wide().saturating_sub(limits.low.wide());
    if span < MOST_LEVELS as i64 {
        return Band::Limits(limits);
    }
    let around = near.anchor.ticks().saturating_sub(far.anchor.ticks());
    Band::Window { near: Price::new(around), levels: WINDOW }
}
