//! Before the open: what was scheduled, calls that fall due, the day's terms, forced orders.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::session::{VenueTape, idx};
use super::{DayFault, DayReport, Listing, Part, Venue, WINDOW};
use crate::account::AccountId;
use crate::book::Band;
use crate::contract::{ContractIdx, ContractMonth};
use crate::delivery::ReceiptId;
use crate::order::Refusal;
use crate::rules::{ContractStanding, LockState};
use crate::terms::Terms;
use crate::units::{Lots, Money, Price};

/// What comes from outside before a day opens (step 0).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scheduled<'a> {
    /// Paid in: calls are met by these.
    pub deposits: &'a [(AccountId, Money)],
    /// Paid out, as far as free.
    pub withdrawals: &'a [(AccountId, Money)],
    /// Metal that comes into store and on warrant.
    pub receipts: &'a [NewReceipt],
    /// Lots of receipts that are cancelled, and whose metal leaves store.
    pub loaded_out: &'a [(ReceiptId, Lots)],
    /// Today's observation of the index on which a contract is settled in cash, in money a quoted unit.
    pub index: Option<Money>,
}

/// Metal that goes on warrant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReceipt {
    /// Whose.
    pub owner: AccountId,
    /// Place of its grade in the rules.
    pub grade: u16,
    /// Place of its brand in the rules; none where any brand is accepted.
    pub brand: Option<u16>,
    /// How many lots.
    pub lots: Lots,
}

impl Venue {
    /// Opens the next trading day: scheduled movements, calls and defaults, new contracts, the terms of all, forced orders
    /// in the opening auction.
    ///
    /// # Errors
    /// When `day` is not the next trading day, a scheduled movement is not possible, or the rules or the calendar say
    /// nothing of the day.
    pub fn morning<T: VenueTape + ?Sized>(
        &mut self,
        day: Date,
        scheduled: &Scheduled<'_>,
        tape: &mut T,
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        self.at_night()?;
        self.calendar.index(day)?;
        if let Some(last) = self.day
            && self.calendar.next(last)? != day
        {
            return Err(DayFault::NotNext { day, last });
        }
        report.clear(day);
        for (account, amount) in scheduled.deposits {
            self.clearing.deposit(*account, *amount)?;
        }
        self.clearing.enforce_calls(&mut report.morning)?;
        self.metal(day, scheduled, report)?;
        for (account, amount) in scheduled.withdrawals {
            self.clearing.withdraw(*account, *amount)?;
        }
        self.day = Some(day);
        self.list_contracts(day)?;
        self.observe(day, scheduled.index);
        self.set_terms(day)?;
        self.open_books()?;
        self.list_spreads()?;
        self.part = Part::Auction;
        self.send_forced(tape, report)
    }

    /// Lists the contracts that the rules list on a day and that are not listed yet.
    fn list_contracts(&mut self, day: Date) -> Result<(), DayFault> {
        for month in self.rules.listed_months(&self.calendar, day)? {
            if self.place(month).is_some() {
                continue;
            }
            let free = self.listings.iter().position(Option::is_none);
            let place = free.ok_or_else(|| {
                DayFault::NoPlace(self.contracts().filter(|(_, l)| l.awaits_delivery()).count())
            })?;
            let tick = self.rules.tick(day, month);
            let price = self.first_reference(month, tick)?;
            self.clearing.list(idx(place), tick.value(), price)?;
            if let Some(listing) = self.listings.get_mut(place) {
                *listing = Some(Listing::new(month, day, tick, LockState::default()));
            }
        }
        Ok(())
    }

    /// The reference price of a new contract: the last settlement of the listed contract nearest to it in delivery, the
    /// earlier of two, or the rules' listing price.
    fn first_reference(
        &self,
        month: ContractMonth,
        tick: crate::rules::Tick,
    ) -> Result<Price, DayFault> {
        let distance = |l: &Listing| l.month.ordinal().abs_diff(month.ordinal());
        let nearest = self.contracts().min_by_key(|(_, listing)| distance(listing));
        let from = nearest.and_then(|(place, listing)| {
            listing.tick.rebase(self.clearing.settlement(place)?, tick)
        });
        let listing_price = self.rules.sheet().contract.listing_price;
        let fault = || {
            DayFault::Terms(crate::rules::TermsFault::Reference { month, reference: Price::new(0) })
        };
        from.or_else(|| tick.nearest(listing_price)).ok_or_else(fault)
    }

    /// Takes an observation of the index into the average of the contract whose month it is.
    fn observe(&mut self, day: Date, index: Option<Money>) {
        let Some(index) = index else { return };
        for listing in self.listings.iter_mut().flatten() {
            if listing.month == ContractMonth::of(day)
                && let Some(price) = listing.tick.nearest(index)
            {
                // A month has a few dozen days.
                listing.index.0 = listing.index.0.saturating_add(price.wide());
                listing.index.1 = listing.index.1.saturating_add(1);
            }
        }
    }

    /// Step 1: limits, margins, position limits and opening caps of the day.
    fn set_terms(&mut self, day: Date) -> Result<(), DayFault> {
        for place in 0..self.listings.len() {
            let terms = match self.listings.get(place) {
                Some(Some(listing)) if !listing.awaits_delivery() => {
                    Some(self.terms_on(idx(place), listing, day)?)
                }
                _ => None,
            };
            if let Some(Some(listing)) = self.listings.get_mut(place) {
                listing.terms = terms;
                listing.events = [0, 0];
            }
        }
        let places = (0..).map(idx).zip(&self.listings);
        let terms: Vec<(ContractIdx, &Terms)> = places
            .filter_map(|(place, listing)| Some((place, listing.as_ref()?.tonight()?)))
            .collect();
        Ok(self.clearing.open_day(&terms)?)
    }

    /// The rules for a contract on a day, from where it stands tonight.
    pub(super) fn terms_on(
        &self,
        contract: ContractIdx,
        listing: &Listing,
        day: Date,
    ) -> Result<Terms, DayFault> {
        let standing = self.standing_of(contract, listing, day);
        Ok(self.rules.terms(&self.calendar, &standing)?)
    }

    /// Where a contract stands before a day.
    pub(super) fn standing_of(
        &self,
        contract: ContractIdx,
        listing: &Listing,
        day: Date,
    ) -> ContractStanding {
        let open_interest = self.clearing.open_interest(contract);
        ContractStanding {
            month: listing.month,
            listed: listing.listed,
            day,
            reference: self.clearing.settlement(contract).unwrap_or_default(),
            open_interest: Lots::new(u32::try_from(open_interest).unwrap_or(u32::MAX)),
            traded: listing.traded,
            lock: listing.lock,
        }
    }

    /// Books of contracts that trade today take orders for the auction; a paused contract's stays closed.
    fn open_books(&mut self) -> Result<(), DayFault> {
        for (listing, book) in self.listings.iter().zip(&mut self.books) {
            let Some(Listing { terms: Some(terms), lock, .. }) = listing else { continue };
            book.reset(match terms.limits {
                Some(limits) => Band::Limits(limits),
                None => Band::Window { near: terms.reference, levels: WINDOW },
            })?;
            if !lock.paused() {
                book.open_auction();
            }
        }
        Ok(())
    }

    /// Forced orders: accounts that did not meet their call or are in default, then positions over their limit.
    fn send_forced<T: VenueTape + ?Sized>(
        &mut self,
        tape: &mut T,
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        let volumes: Vec<u64> =
            self.listings.iter().map(|l| l.as_ref().map_or(0, |l| l.volume)).collect();
        let mut liquidation = std::mem::take(&mut self.liquidation);
        let orders = liquidation.orders(&self.clearing, &volumes)?;
        report.forced.extend(orders.iter().map(|order| (*order, None)));
        self.liquidation = liquidation;
        for (forced, refused) in &mut report.forced {
            let trades = self.listing(forced.contract).is_some_and(|l| l.terms.is_some());
            let answer = if trades {
                self.place_forced(forced.contract, forced.order, tape)
            } else {
                Err(Refusal::Closed)
            };
            *refused = answer.err();
        }
        Ok(())
    }
}
