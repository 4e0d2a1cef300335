//! A venue: the contracts of one set of rules, their books, and the clearing house behind them.
//!
//! A trading day passes through it in five calls, in this order (ECONOMICS.md §2 of the project; steps in brackets):
//! [`Venue::morning`] (0, 1, liquidations of step 8), [`Venue::submit`] and the like while orders are collected, [`Venue::uncross`]
//! (4), orders again (5), [`Venue::evening`] (6 to 9). Two venues can so be driven side by side; [`crate::trading_day`] does
//! it for one. Between morning and evening nothing is allocated, and between days only what a new contract needs.
//!
//! Conventions: a contract keeps the tick of its first trading day, whatever later notices say; its first reference price is
//! the last settlement of the nearest listed contract, or the rules' listing price if there is none (`assumed`: exchanges
//! announce listing prices contract by contract). Accounts whose position is over its limit when the limit falls are
//! closed down to it the same morning (GFEX, *Risk Management Measures*, on forced liquidation).

mod error;
mod evening;
mod expiry;
mod listing;
mod morning;
mod report;
mod session;
mod spreads;
mod violations;

pub use error::DayFault;
pub use listing::Listing;
pub use morning::{NewReceipt, Scheduled};
pub use report::{ContractDay, DayReport, Expired};
pub use session::{Request, VenueTape};
pub use spreads::SpreadIdx;
pub use violations::VenueViolation;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::{AccountId, AccountKind, Domicile};
use crate::book::{Band, Book, BookSpec};
use crate::calendar::TradingCalendar;
use crate::clearing::{Clearing, ClearingError, ClearingRules, Liquidation};
use crate::contract::{ContractIdx, ContractMonth};
use crate::delivery::Warehouses;
use crate::digest::Fnv;
use crate::expiry::Expiry;
use crate::rules::Rules;
use crate::spread::SpreadBook;
use crate::terms::{Limits, Terms};
use crate::units::{Money, Price};

/// Contracts that may be in delivery while their successors trade already.
const IN_DELIVERY: u16 = 2;
/// Levels of the window of a book without limits.
const WINDOW: u32 = 4096;
/// Forced orders of a morning that a journal has room for besides the day's budget.
const FORCED: u32 = 4096;

/// The size of a venue: all of it is allocated at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueSpec {
    /// Most accounts.
    pub accounts: u32,
    /// Most orders that may rest in a book at once.
    pub orders: u32,
    /// Most orders that may rest in the book of a calendar spread; 0 lists none.
    pub spread_orders: u32,
    /// Whether books keep a journal of the day.
    pub journal: bool,
}

impl Default for VenueSpec {
    /// 1,024 accounts, 4,096 orders a book, 256 a spread, no journal.
    fn default() -> Self {
        Self { accounts: 1024, orders: 4096, spread_orders: 256, journal: false }
    }
}

/// What part of a day a venue is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Between an evening and the next morning.
    Night,
    /// Orders are collected.
    Auction,
    /// Orders meet as they come.
    Continuous,
}

/// The state of a venue. It serialises at any moment and goes on from there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Venue {
    rules: Rules,
    spec: VenueSpec,
    calendar: TradingCalendar,
    clearing: Clearing,
    /// None of a venue that settles in cash.
    warehouses: Option<Warehouses>,
    listings: Vec<Option<Listing>>,
    books: Vec<Book>,
    spread_books: Vec<SpreadBook>,
    /// The open day, or the last one.
    day: Option<Date>,
    part: Part,
    /// Something went wrong inside clearing while the session ran: the evening says so.
    fault: Option<String>,
    #[serde(skip)]
    liquidation: Liquidation,
}

impl Venue {
    /// A venue without accounts, before its first day.
    ///
    /// # Errors
    /// When the rules of clearing contradict themselves or sizes are over what a book may have.
    pub fn new(rules: Rules, calendar: TradingCalendar, spec: VenueSpec) -> Result<Self, DayFault> {
        let sheet = rules.sheet();
        let n_contracts = u16::from(sheet.contract.listed_at_a_time).saturating_add(IN_DELIVERY);
        let clearing = Clearing::new(ClearingRules::new(sheet.funds.clone()), n_contracts)?;
        let warehouses = match &sheet.expiry {
            Expiry::Physical(rules) => Some(Warehouses::new(rules)),
            Expiry::Cash(_) => None,
        };
        let session = &sheet.session;
        let budget = session.auction_events.saturating_add(session.continuous_events);
        let instructions = if spec.journal { budget.saturating_add(FORCED) } else { 0 };
        let books = BookSpec {
            orders: spec.orders,
            accounts: spec.accounts,
            instructions,
            self_trade: sheet.orders.self_trade,
        };
        // Any band will do until the first morning.
        let price = Price::new(1);
        let book = Book::new(Band::Limits(Limits { low: price, high: price }), books)?;
        Ok(Self {
            listings: vec![None; usize::from(n_contracts)],
            books: vec![book; usize::from(n_contracts)],
            spread_books: Vec::new(),
            rules,
            spec,
            calendar,
            clearing,
            warehouses,
            day: None,
            part: Part::Night,
            fault: None,
            liquidation: Liquidation::default(),
        })
    }

    /// Opens an account and pays `cash` in, at night.
    ///
    /// # Errors
    /// During a day, over the venue's number of accounts, or when the amount is below zero.
    pub fn open_account(
        &mut self,
        kind: AccountKind,
        domicile: Domicile,
        cash: Money,
    ) -> Result<AccountId, DayFault> {
        self.at_night()?;
        if u32::try_from(self.clearing.n_accounts()).is_ok_and(|n| n < self.spec.accounts) {
            Ok(self.clearing.open_account(kind, domicile, cash)?)
        } else {
            Err(DayFault::Clearing(ClearingError::TooManyAccounts))
        }
    }

    /// The rules.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The calendar.
    pub const fn calendar(&self) -> &TradingCalendar {
        &self.calendar
    }

    /// The clearing house: positions, money, standings.
    pub const fn clearing(&self) -> &Clearing {
        &self.clearing
    }

    /// Metal in store and its receipts; none of a venue that settles in cash.
    pub const fn warehouses(&self) -> Option<&Warehouses> {
        self.warehouses.as_ref()
    }

    /// The part of the day.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The open day, or the last one.
    pub const fn day(&self) -> Option<Date> {
        self.day
    }

    /// A listed contract.
    pub fn listing(&self, contract: ContractIdx) -> Option<&Listing> {
        self.listings.get(usize::from(contract.0)).and_then(Option::as_ref)
    }

    /// Listed contracts, nearest delivery first, those in delivery included.
    pub fn contracts(&self) -> impl Iterator<Item = (ContractIdx, &Listing)> {
        // A dozen places: looking for the next one each time is nothing.
        let mut after: Option<ContractMonth> = None;
        std::iter::from_fn(move || {
            let places = (0_u16..).map(ContractIdx).zip(&self.listings);
            let next = places
                .filter_map(|(place, listing)| Some((place, listing.as_ref()?)))
                .filter(|(_, listing)| after.is_none_or(|after| listing.month > after))
                .min_by_key(|(_, listing)| listing.month)?;
            after = Some(next.1.month);
            Some(next)
        })
    }

    /// The place of a contract month.
    pub fn place(&self, month: ContractMonth) -> Option<ContractIdx> {
        self.contracts().find(|(_, listing)| listing.month == month).map(|(place, _)| place)
    }

    /// The book of a contract, if it is listed.
    pub fn book(&self, contract: ContractIdx) -> Option<&Book> {
        self.listing(contract)?;
        self.books.get(usize::from(contract.0))
    }

    /// Today's terms of a contract that trades today.
    pub fn terms(&self, contract: ContractIdx) -> Option<&Terms> {
        self.listing(contract)?.terms.as_ref()
    }

    /// A digest of all that the venue will do depends on, stable over machines and serialisation.
    pub fn digest(&self) -> u64 {
        let mut hash = Fnv::new();
        hash.debug(&self.day);
        hash.debug(&self.part);
        hash.debug(&self.clearing);
        hash.debug(&self.warehouses);
        hash.debug(&self.listings);
        for (place, _) in self.contracts() {
            hash.write(self.books.get(usize::from(place.0)).map_or(0, Book::digest));
        }
        for spread in &self.spread_books {
            hash.write(spread.book().digest());
        }
        hash.finish()
    }

    /// Bytes of memory that the state holds: they depend on contracts, accounts and orders, not on days.
    pub fn bytes(&self) -> usize {
        let spreads = self.spread_books.iter().map(SpreadBook::book);
        let books = self.books.iter().chain(spreads);
        let books = books.map(Book::bytes).fold(0, usize::saturating_add);
        let receipts = self.warehouses.as_ref().map_or(0, |w| size_of_val(w.receipts()));
        size_of::<Self>()
            .saturating_add(books)
            .saturating_add(self.clearing.size_bytes())
            .saturating_add(receipts)
            .saturating_add(size_of_val(self.calendar.days()))
            .saturating_add(size_of_val(self.listings.as_slice()))
    }

    fn at_night(&self) -> Result<(), DayFault> {
        if self.part == Part::Night { Ok(()) } else { Err(DayFault::Order { part: self.part }) }
    }
}
