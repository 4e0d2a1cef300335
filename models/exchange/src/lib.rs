//! A futures exchange in integers.
//!
//! Contract rules are data; orders meet in a book by price, then by sequence number; a call auction opens the day. The
//! day's prices stay within limits that follow from yesterday's settlement and widen when the market is locked. Positions
//! are marked to market in fen; who cannot pay is closed out the next day, and what is still missing comes out of the
//! defaulter's margin, the guarantee fund, the risk reserve and the exchange's capital, in that order. At expiry longs and
//! shorts are matched against warehouse receipts, or settled in cash. A day is a function of state, rules and order flow.
//!
//! # Days by hand
//!
//! The lithium contract of Guangzhou with three accounts: a producer sells, somebody with little money buys, the price falls,
//! a call is made and not met, and the position is closed out at a loss that is more than there was.
//!
//! ```
//! use jiff::civil::{Date, date};
//! use monazite_exchange::{
//!     AccountId, AccountKind, ContractMonth, DayReport, Domicile, Lots, Money, NewOrder,
//!     OrderKind, Request, Rules, Scheduled, Side, Standing, TradingCalendar, Venue, VenueSpec,
//!     trading_day,
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let yuan = |amount: i64| Money::new(amount * 100);
//! let rules = Rules::preset("gfex-lc").ok_or("shipped")?;
//! let calendar = TradingCalendar::weekdays(date(2026, 1, 1), date(2027, 12, 31), &[])?;
//! let mut venue = Venue::new(rules, calendar, VenueSpec::default())?;
//! let home = Domicile::Domestic;
//! let producer = venue.open_account(AccountKind::Hedger, home, yuan(50_000_000))?;
//! let small = venue.open_account(AccountKind::Speculator, home, yuan(400_000))?;
//! let maker = venue.open_account(AccountKind::MarketMaker, home, yuan(20_000_000))?;
//!
//! // A day: requests of the auction, then those of continuous trading. Everything that must hold is checked.
//! fn run(
//!     venue: &mut Venue,
//!     day: Date,
//!     auction: &[Request],
//!     session: &[Request],
//! ) -> Result<DayReport, Box<dyn std::error::Error>> {
//!     let mut flow = (auction.iter().copied(), session.iter().copied());
//!     let mut report = DayReport::default();
//!     trading_day(venue, day, &Scheduled::default(), &mut flow, &mut (), &mut report)?;
//!     assert_eq!(venue.violations(), vec![]);
//!     Ok(report)
//! }
//!
//! // The first day lists twelve contracts at 246,000 CNY/t; a lot is a tonne.
//! run(&mut venue, date(2026, 3, 2), &[], &[])?;
//! let month = ContractMonth::new(2026, 8).ok_or("a month")?;
//! let contract = venue.place(month).ok_or("listed")?;
//! let tick = venue.listing(contract).ok_or("listed")?.tick;
//! // A price in yuan that is no multiple of the tick would be refused here.
//! let order = |account: AccountId, side, lots, price| -> Result<Request, Box<dyn std::error::Error>> {
//!     let kind = OrderKind::Limit(tick.price(yuan(price))?);
//!     let order = NewOrder { account, side, lots: Lots::new(lots), kind };
//!     Ok(Request::Submit { contract, order })
//! };
//!
//! // Auction: 12 lots are bid at 247,000 or better and 20 offered from 246,000 on. The 12 trade at 246,000, since at a higher
//! // price an offer at 246,000 would be passed over. Then somebody buys three of the eight that are left.
//! let report = run(
//!     &mut venue,
//!     date(2026, 3, 3),
//!     &[
//!         order(producer, Side::Sell, 20, 246_000)?,
//!         order(small, Side::Buy, 9, 247_000)?,
//!         order(maker, Side::Buy, 3, 248_000)?,
//!     ],
//!     &[order(maker, Side::Buy, 3, 246_000)?],
//! )?;
//! let row = report.contract(month).ok_or("traded")?;
//! assert_eq!((row.statistics.volume, row.open_interest), (15, 15));
//! assert_eq!(tick.money(row.settlement), yuan(246_000));
//!
//! // Five lots trade 7 % lower: the settlement price is their average, and the small account is called.
//! let report = run(
//!     &mut venue,
//!     date(2026, 3, 4),
//!     &[],
//!     &[order(maker, Side::Sell, 5, 228_800)?, order(producer, Side::Buy, 5, 228_800)?],
//! )?;
//! let loss = yuan(9 * (228_800 - 246_000));
//! assert_eq!(report.clearing.accounts[1].variation, loss);
//! assert!(venue.clearing().called(small) > Money::ZERO);
//!
//! // Nothing is paid in. In the next auction the clearing house sells for the account as much as the call asks for, and
//! // the only bid is low.
//! let report = run(&mut venue, date(2026, 3, 5), &[order(maker, Side::Buy, 9, 206_000)?], &[])?;
//! assert_eq!(report.morning.closing, [small]);
//! assert_eq!(report.contract(month).ok_or("traded")?.statistics.volume, 1);
//! let call = venue.clearing().called(small);
//! assert!(call > yuan(100_000));
//!
//! // Again nothing comes, and again the price falls: more is lost than there is. The next morning the account is in
//! // default. Its margin is spent; the guarantee fund is empty, since margins covered every stress it is sized for; the risk
//! // reserve pays.
//! run(&mut venue, date(2026, 3, 6), &[order(maker, Side::Buy, 9, 184_000)?], &[])?;
//! let report = run(&mut venue, date(2026, 3, 9), &[], &[])?;
//! let default = report.morning.waterfall.defaults[0];
//! assert_eq!(default.account, small);
//! assert_eq!(default.margin.plus(default.reserve)?, default.deficit);
//! assert_eq!(venue.clearing().standing(small), Some(Standing::Defaulted));
//! # Ok(())
//! # }
//! ```
//!
//! *Invariant:* no float, no randomness, no clock, no economics; no other crate of this project.

mod account;
mod auction;
mod book;
mod calendar;
mod clearing;
mod contract;
mod day;
mod delivery;
mod digest;
mod expiry;
mod funds;
mod journal;
mod ledger;
mod order;
mod rules;
mod scratch;
mod spread;
mod terms;
mod units;
mod venue;

pub use account::{AccountId, AccountKind, Domicile};
pub use auction::{AuctionPrice, auction_price};
pub use book::{
    Acknowledgement, Band, Book, BookFault, BookSpec, BookViolation, Cancelled, CloseReport, Event,
    Fill, MOST_ACCOUNTS, MOST_INSTRUCTIONS, MOST_LEVELS, MOST_ORDERS, Session, StateFault,
    Statistics, Tape,
};
pub use calendar::{CalendarFault, TradingCalendar};
pub use clearing::{
    AccountClearing, Clearing, ClearingError, ClearingReport, ClearingRules, ClearingViolation,
    ContractClearing, DaySettlement, DefaultCover, EnforcementReport, ForcedOrder, Level,
    Liquidation, Position, Reduction, ReductionReport, Standing, WaterfallReport,
};
pub use contract::{ContractIdx, ContractMonth, MonthFault};
pub use day::{OrderFlow, trading_day};
pub use delivery::{
    Delivered, Delivery, DeliveryReport, Receipt, ReceiptError, ReceiptId, StorageReport,
    Warehouses, final_price,
};
pub use expiry::{CashSettlement, Expiry, Grade, PhysicalDelivery};
pub use funds::FundRules;
pub use journal::{Instruction, Journal, JournalFault};
pub use ledger::{Entry, Ledger, Pot, Reason};
pub use order::{CancelReason, NewOrder, OrderId, OrderKind, Refusal, SelfTrade, Side, Trade};
pub use rules::{
    Access, AfterLock, Change, Close, ContractSpec, ContractStanding, FaultKind, FeeRules, Grounds,
    Hour, LastTradingDay, LimitRules, LockAction, LockRules, LockState, MarginRules, Notice,
    OrderRules, PhaseRules, PhaseStart, PositionRules, PositionTier, RateLadder, ReductionLevels,
    RuleFault, RuleSheet, Rules, SessionRules, SettlementPrice, SettlementRules, Source, Status,
    TermsFault, Tick, WithoutTrades,
};
pub use spread::{CalendarSpread, Leg, LegPrices, NoLegs, SpreadBook, SpreadFill, SpreadTape};
pub use terms::{Limits, Phase, Terms};
pub use units::{Lots, Money, MoneyOverflow, Price, Rate};
pub use venue::{
    ContractDay, DayFault, DayReport, Expired, Listing, NewReceipt, Part, Request, Scheduled,
    SpreadIdx, Venue, VenueSpec, VenueTape, VenueViolation,
};
