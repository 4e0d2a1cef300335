//! Calendar spreads of neighbouring contracts: one order, two legs, reserved and recorded together.

use serde::{Deserialize, Serialize};

use super::session::VenueTape;
use super::{DayFault, Part, Venue};
use crate::account::AccountId;
use crate::book::{Acknowledgement, BookSpec, Cancelled};
use crate::clearing::{Clearing, ClearingError};
use crate::contract::ContractIdx;
use crate::order::{NewOrder, OrderId, OrderKind, Refusal, Side};
use crate::spread::{CalendarSpread, Leg, SpreadBook, SpreadFill, SpreadTape};
use crate::units::{Lots, Price};

/// A spread's place in today's list: 0 is the nearest contract against the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpreadIdx(pub u16);

/// Passes on what a spread's book does: both legs to clearing, the trade to the listener.
struct Legs<'a, T: ?Sized> {
    clearing: &'a mut Clearing,
    spread: CalendarSpread,
    tape: &'a mut T,
    fault: Option<ClearingError>,
}

impl<T: VenueTape + ?Sized> SpreadTape for Legs<'_, T> {
    fn fill(&mut self, fill: &SpreadFill) {
        let [near, far] = fill.trades();
        for (contract, trade) in [(self.spread.near, near), (self.spread.far, far)] {
            if let Err(fault) = self.clearing.record(contract, &trade) {
                self.fault.get_or_insert(fault);
            }
        }
        self.tape.spread(self.spread, fill);
    }

    fn cancelled(&mut self, gone: &Cancelled) {
        let released = release(self.clearing, self.spread, (gone.account, gone.side, gone.lots));
        if let Some(fault) = released {
            self.fault.get_or_insert(fault);
        }
    }
}

/// Lots of a spread order leave without a trade: of both legs.
fn release(
    clearing: &mut Clearing,
    spread: CalendarSpread,
    (account, side, lots): (AccountId, Side, Lots),
) -> Option<ClearingError> {
    let near = clearing.release(spread.near, account, side, lots).err();
    near.or(clearing.release(spread.far, account, side.opposite(), lots).err())
}

impl Venue {
    /// Today's spreads, nearest first: each contract that trades against the next one that does.
    pub fn spreads(&self) -> impl Iterator<Item = (SpreadIdx, &SpreadBook)> {
        (0_u16..).map(SpreadIdx).zip(&self.spread_books)
    }

    /// Takes an order in a spread: a purchase buys the near contract and sells the far one, at near − far. Each leg has to be
    /// one that the account could order alone; no allowance is made for their offsetting each other (`assumed`: exchanges
    /// that grant one publish their own rates).
    ///
    /// # Errors
    /// The first rule that it breaks; nothing has changed then. Spreads trade after the opening auction.
    pub fn submit_spread<T: VenueTape + ?Sized>(
        &mut self,
        place: SpreadIdx,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        let spread = self.spread_at(place)?;
        self.count(spread.near)?;
        let NewOrder { account, side, lots, .. } = order;
        let leg = |side| NewOrder { account, side, lots, kind: OrderKind::Market };
        let (near, far) = (leg(side), leg(side.opposite()));
        self.checked(spread.near, &near)?;
        self.checked(spread.far, &far)?;
        self.clearing.accept(spread.near, &near)?;
        if let Err(refusal) = self.clearing.accept(spread.far, &far) {
            let fault = self.clearing.release(spread.near, account, side, lots).err();
            self.note(fault);
            return Err(refusal);
        }
        let anchors = (self.anchor(spread.near), self.anchor(spread.far));
        let Some(book) = self.spread_books.get_mut(usize::from(place.0)) else {
            return Err(Refusal::Closed);
        };
        book.anchor(anchors.0, anchors.1);
        let mut legs = Legs { clearing: &mut self.clearing, spread, tape, fault: None };
        let answer = book.submit(order, &mut legs);
        let mut fault = legs.fault;
        if answer.is_err() {
            fault = fault.or(release(&mut self.clearing, spread, (account, side, lots)));
        }
        self.note(fault);
        answer
    }

    /// Takes a spread order out for its owner.
    ///
    /// # Errors
    /// As [`Venue::cancel`].
    pub fn cancel_spread<T: VenueTape + ?Sized>(
        &mut self,
        place: SpreadIdx,
        order: OrderId,
        account: AccountId,
        tape: &mut T,
    ) -> Result<Lots, Refusal> {
        let spread = self.spread_at(place)?;
        self.count(spread.near)?;
        let Some(book) = self.spread_books.get_mut(usize::from(place.0)) else {
            return Err(Refusal::Closed);
        };
        let mut legs = Legs { clearing: &mut self.clearing, spread, tape, fault: None };
        let answer = book.cancel(order, account, &mut legs);
        let fault = legs.fault;
        self.note(fault);
        answer
    }

    fn spread_at(&self, place: SpreadIdx) -> Result<CalendarSpread, Refusal> {
        let book = self.spread_books.get(usize::from(place.0)).ok_or(Refusal::Closed)?;
        if self.part == Part::Continuous { Ok(book.spread()) } else { Err(Refusal::Closed) }
    }

    /// Where a leg's prices start from: its last price, before the first trade the reference.
    fn anchor(&self, contract: ContractIdx) -> Price {
        let last = self.book(contract).and_then(crate::book::Book::last);
        last.or(self.terms(contract).map(|terms| terms.reference)).unwrap_or_default()
    }

    /// Morning: books for today's neighbours, in the memory of yesterday's.
    pub(super) fn list_spreads(&mut self) -> Result<(), DayFault> {
        let trading: Vec<(ContractIdx, Leg)> = self
            .contracts()
            .filter(|(_, listing)| !listing.lock.paused())
            .filter_map(|(place, listing)| {
                let terms = listing.terms.as_ref()?;
                Some((place, Leg { limits: terms.limits, anchor: terms.reference }))
            })
            .collect();
        let spec = BookSpec {
            orders: self.spec.spread_orders,
            accounts: self.spec.accounts,
            instructions: 0,
            self_trade: self.rules.sheet().orders.self_trade,
        };
        if spec.orders == 0 {
            return Ok(());
        }
        self.spread_books.truncate(trading.len().saturating_sub(1));
        for (place, pair) in trading.windows(2).enumerate() {
            let [(near, near_leg), (far, far_leg)] = *pair else { continue };
            let spread = CalendarSpread { near, far };
            match self.spread_books.get_mut(place) {
                Some(book) => book.reset(spread, near_leg, far_leg)?,
                None => {
                    self.spread_books.push(SpreadBook::new(spread, near_leg, far_leg, spec)?);
                }
            }
        }
        Ok(())
    }

    /// After the auction: spreads trade.
    pub(super) fn open_spreads(&mut self) {
        self.spread_books.iter_mut().for_each(SpreadBook::open);
    }

    /// Evening: what rests in spreads goes, and both legs of it are released.
    pub(super) fn close_spreads<T: VenueTape + ?Sized>(&mut self, tape: &mut T) {
        for place in 0..self.spread_books.len() {
            let Some(book) = self.spread_books.get_mut(place) else { continue };
            let spread = book.spread();
            let mut legs = Legs { clearing: &mut self.clearing, spread, tape, fault: None };
            book.close(&mut legs);
            let fault = legs.fault;
            self.note(fault);
        }
    }
}
