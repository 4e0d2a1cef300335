//! Orders on their way to a book: what the rules and clearing say of them, and what their trades do to positions.

use serde::{Deserialize, Serialize};

use super::spreads::SpreadIdx;
use super::{Listing, Part, Venue};
use crate::account::AccountId;
use crate::auction::AuctionPrice;
use crate::book::{Acknowledgement, Cancelled, Event, Fill, Tape};
use crate::clearing::{Clearing, ClearingError};
use crate::contract::ContractIdx;
use crate::order::{NewOrder, OrderId, OrderKind, Refusal};
use crate::spread::{CalendarSpread, SpreadFill};
use crate::terms::Limits;
use crate::units::{Lots, Price};

/// What somebody asks of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// A new order.
    Submit {
        /// In which contract.
        contract: ContractIdx,
        /// The order.
        order: NewOrder,
    },
    /// An order is to go.
    Cancel {
        /// In which contract.
        contract: ContractIdx,
        /// Which.
        order: OrderId,
        /// Who asks.
        account: AccountId,
    },
    /// An order is to change.
    Replace {
        /// In which contract.
        contract: ContractIdx,
        /// Which.
        order: OrderId,
        /// Who asks.
        account: AccountId,
        /// Its new price.
        price: Price,
        /// Lots still to trade.
        lots: Lots,
    },
    /// A new order in a calendar spread.
    SubmitSpread {
        /// Which.
        spread: SpreadIdx,
        /// The order, at near − far.
        order: NewOrder,
    },
    /// An order in a calendar spread is to go.
    CancelSpread {
        /// In which.
        spread: SpreadIdx,
        /// Which.
        order: OrderId,
        /// Who asks.
        account: AccountId,
    },
}

/// Listens to all books of a venue.
pub trait VenueTape {
    /// Something happened in the book of a contract.
    fn event(&mut self, contract: ContractIdx, event: &Event);

    /// A spread traded. By default not written down.
    fn spread(&mut self, _spread: CalendarSpread, _fill: &SpreadFill) {}
}

/// Nobody listens.
impl VenueTape for () {
    #[inline]
    fn event(&mut self, _contract: ContractIdx, _event: &Event) {}
}

/// Everything. A vector with room for the day does not allocate.
impl VenueTape for Vec<(ContractIdx, Event)> {
    fn event(&mut self, contract: ContractIdx, event: &Event) {
        self.push((contract, *event));
    }
}

/// Passes what a book does on to clearing, then to the listener.
struct Posting<'a, T: ?Sized> {
    clearing: &'a mut Clearing,
    contract: ContractIdx,
    tape: &'a mut T,
    fault: Option<ClearingError>,
}

impl<T: VenueTape + ?Sized> Tape for Posting<'_, T> {
    #[inline]
    fn fill(&mut self, fill: &Fill) {
        if let Err(fault) = self.clearing.record(self.contract, &fill.trade) {
            self.fault.get_or_insert(fault);
        }
        self.tape.event(self.contract, &Event::Fill(*fill));
    }

    #[inline]
    fn cancelled(&mut self, gone: &Cancelled) {
        let released = self.clearing.release(self.contract, gone.account, gone.side, gone.lots);
        if let Err(fault) = released {
            self.fault.get_or_insert(fault);
        }
        self.tape.event(self.contract, &Event::Cancelled(*gone));
    }
}

impl Venue {
    /// Carries a request out.
    ///
    /// # Errors
    /// As the method for it.
    pub fn request<T: VenueTape + ?Sized>(
        &mut self,
        request: &Request,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        match *request {
            Request::Submit { contract, order } => self.submit(contract, order, tape),
            Request::Cancel { contract, order, account } => {
                self.cancel(contract, order, account, tape)?;
                Ok(Acknowledgement { order, filled: Lots::ZERO, resting: Lots::ZERO })
            }
            Request::Replace { contract, order, account, price, lots } => {
                self.replace(contract, order, account, (price, lots), tape)
            }
            Request::SubmitSpread { spread, order } => self.submit_spread(spread, order, tape),
            Request::CancelSpread { spread, order, account } => {
                self.cancel_spread(spread, order, account, tape)?;
                Ok(Acknowledgement { order, filled: Lots::ZERO, resting: Lots::ZERO })
            }
        }
    }

    /// Takes an order in: access, size, limits, position limit, opening cap and margin are checked, then it goes to the
    /// book, and its trades to clearing.
    ///
    /// # Errors
    /// The first rule that it breaks; nothing has changed then.
    pub fn submit<T: VenueTape + ?Sized>(
        &mut self,
        contract: ContractIdx,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        self.count(contract)?;
        self.checked(contract, &order)?;
        self.clearing.accept(contract, &order)?;
        self.enter(contract, order, tape)
    }

    /// An order that clearing sends, whatever its owner's means.
    pub(super) fn place_forced<T: VenueTape + ?Sized>(
        &mut self,
        contract: ContractIdx,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        let NewOrder { account, side, lots, .. } = order;
        let too_large = |_| Refusal::TooLarge { lots: lots.get(), most: u32::MAX };
        self.clearing.reserve(contract, account, side, lots).map_err(too_large)?;
        self.enter(contract, order, tape)
    }

    /// An order whose lots are reserved.
    fn enter<T: VenueTape + ?Sized>(
        &mut self,
        contract: ContractIdx,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        let NewOrder { account, side, lots, .. } = order;
        let Some(book) = self.books.get_mut(usize::from(contract.0)) else {
            return Err(Refusal::Closed);
        };
        let mut posting = Posting { clearing: &mut self.clearing, contract, tape, fault: None };
        let answer = book.submit(order, &mut posting);
        let mut fault = posting.fault;
        if answer.is_err() {
            fault = fault.or(self.clearing.release(contract, account, side, lots).err());
        }
        self.note(fault);
        answer
    }

    /// Takes an order out for its owner.
    ///
    /// # Errors
    /// When it does not rest (unknown, filled or cancelled before), belongs to somebody else, or the day's budget is spent.
    pub fn cancel<T: VenueTape + ?Sized>(
        &mut self,
        contract: ContractIdx,
        order: OrderId,
        account: AccountId,
        tape: &mut T,
    ) -> Result<Lots, Refusal> {
        self.count(contract)?;
        let Some(book) = self.books.get_mut(usize::from(contract.0)) else {
            return Err(Refusal::Closed);
        };
        let mut posting = Posting { clearing: &mut self.clearing, contract, tape, fault: None };
        let answer = book.cancel(order, account, &mut posting);
        let fault = posting.fault;
        self.note(fault);
        answer
    }

    /// Gives a resting order another price and number of lots still to trade; it keeps its place only if the price stays
    /// and lots do not rise.
    ///
    /// # Errors
    /// As [`Self::submit`] and [`Self::cancel`]; the order rests unchanged then.
    pub fn replace<T: VenueTape + ?Sized>(
        &mut self,
        contract: ContractIdx,
        order: OrderId,
        account: AccountId,
        (price, lots): (Price, Lots),
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        self.count(contract)?;
        let place = usize::from(contract.0);
        let book = self.books.get(place).ok_or(Refusal::Closed)?;
        let (side, _, resting) = book.order(order).ok_or(Refusal::NoOrder { order })?;
        self.checked(contract, &NewOrder { account, side, lots, kind: OrderKind::Limit(price) })?;
        let more = lots.less(resting);
        if !more.is_zero() {
            let further = NewOrder { account, side, lots: more, kind: OrderKind::Limit(price) };
            self.clearing.admit(contract, &further)?;
        }
        // The new lots are reserved before the old ones are released: what trades at once is then accounted for.
        let too_large = |_| Refusal::TooLarge { lots: lots.get(), most: u32::MAX };
        self.clearing.reserve(contract, account, side, lots).map_err(too_large)?;
        let Some(book) = self.books.get_mut(place) else { return Err(Refusal::Closed) };
        let mut posting = Posting { clearing: &mut self.clearing, contract, tape, fault: None };
        let answer = book.replace(order, account, price, lots, &mut posting);
        let mut fault = posting.fault;
        // An order that only got smaller stays the old one, whose lots were reserved already.
        if answer.map_or(true, |a| a.order == order) {
            fault = fault.or(self.clearing.release(contract, account, side, lots).err());
        }
        self.note(fault);
        answer
    }

    /// Ends the opening auction in every contract that trades today; continuous trading begins.
    ///
    /// # Errors
    /// [`Refusal::Closed`] when there is none.
    pub fn uncross<T: VenueTape + ?Sized>(&mut self, tape: &mut T) -> Result<(), Refusal> {
        if self.part != Part::Auction {
            return Err(Refusal::Closed);
        }
        self.part = Part::Continuous;
        for place in 0..self.listings.len() {
            let Some(Some(Listing { terms: Some(terms), .. })) = self.listings.get(place) else {
                continue;
            };
            let (reference, contract) = (terms.reference, idx(place));
            let Some(book) = self.books.get_mut(place) else { continue };
            if book.session() == crate::book::Session::Closed {
                continue;
            }
            let mut posting = Posting { clearing: &mut self.clearing, contract, tape, fault: None };
            book.uncross(reference, &mut posting)?;
            let fault = posting.fault;
            self.note(fault);
        }
        self.open_spreads();
        Ok(())
    }

    /// The price at which a contract's auction would trade now, and how much.
    pub fn indicative(&self, contract: ContractIdx) -> Option<AuctionPrice> {
        self.book(contract)?.indicative(self.terms(contract)?.reference)
    }

    /// Closes a book for the day: what rests is cancelled and released.
    pub(super) fn close_book<T: VenueTape + ?Sized>(
        &mut self,
        contract: ContractIdx,
        tape: &mut T,
    ) -> Option<crate::book::CloseReport> {
        let book = self.books.get_mut(usize::from(contract.0))?;
        let mut posting = Posting { clearing: &mut self.clearing, contract, tape, fault: None };
        let report = book.close(&mut posting);
        let fault = posting.fault;
        self.note(fault);
        Some(report)
    }

    /// What the rules say of an order, clearing aside.
    pub(super) fn checked(&self, contract: ContractIdx, order: &NewOrder) -> Result<(), Refusal> {
        let account = order.account;
        let terms = self.terms(contract).ok_or(Refusal::Closed)?;
        let domicile = self.clearing.domicile(account).ok_or(Refusal::NoAccount { account })?;
        if !self.rules.admits(domicile) {
            return Err(Refusal::NoAccess { account });
        }
        if order.lots > terms.max_order {
            let (lots, most) = (order.lots.get(), terms.max_order.get());
            return Err(Refusal::TooLarge { lots, most });
        }
        match (order.kind, terms.limits) {
            (
                OrderKind::Limit(price)
                | OrderKind::ImmediateOrCancel(price)
                | OrderKind::FillOrKill(price),
                Some(limits),
            ) if !limits.admit(price) => Err(over(price, limits)),
            _ => Ok(()),
        }
    }

    /// Counts an instruction against the day's budget.
    pub(super) fn count(&mut self, contract: ContractIdx) -> Result<(), Refusal> {
        let session = &self.rules.sheet().session;
        let (part, budget) = match self.part {
            Part::Night => return Err(Refusal::Closed),
            Part::Auction => (0, session.auction_events),
            Part::Continuous => (1, session.continuous_events),
        };
        let listing = self.listings.get_mut(usize::from(contract.0)).and_then(Option::as_mut);
        let listing = listing.filter(|l| l.terms.is_some()).ok_or(Refusal::Closed)?;
        let Some(count) = listing.events.get_mut(part) else { return Err(Refusal::Closed) };
        if *count >= budget {
            return Err(Refusal::BookFull);
        }
        *count = count.saturating_add(1);
        Ok(())
    }

    pub(super) fn note(&mut self, fault: Option<ClearingError>) {
        if let Some(fault) = fault
            && self.fault.is_none()
        {
            self.fault = Some(fault.to_string());
        }
    }
}

/// The place of a contract in a column; there are at most a few hundred.
pub(super) fn idx(place: usize) -> ContractIdx {
    ContractIdx(u16::try_from(place).unwrap_or(u16::MAX))
}

const fn over(price: Price, limits: Limits) -> Refusal {
    Refusal::OverLimit { price: price.ticks(), low: limits.low.ticks(), high: limits.high.ticks() }
}
