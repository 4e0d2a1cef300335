//! A futures exchange in integers.
//!
//! Contract rules are data; orders meet in a book by price, then by sequence number; a call auction opens the day. The
//! day's prices stay within limits that follow from yesterday's settlement and widen when the market is locked. Positions
//! are marked to market in fen; who cannot pay is closed out the next day, and what is still missing comes out of the
//! defaulter's margin, the guarantee fund, the risk reserve and the exchange's capital, in that order. At expiry longs and
//! shorts are matched against warehouse receipts, or settled in cash. A day is a function of state, rules and order flow.
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
mod spread;
mod terms;
mod units;
mod venue;

pub use account::{AccountId, AccountKind, Domicile};
pub use auction::{AuctionPrice, auction_price};
pub use book::{
    Acknowledgement, Band, Book, BookFault, BookSpec, Cancelled, CloseReport, Event, Fill,
    MOST_ACCOUNTS, MOST_INSTRUCTIONS, MOST_LEVELS, MOST_ORDERS, Session, StateFault, Statistics,
    Tape, Violation as BookViolation,
};
pub use calendar::{CalendarFault, TradingCalendar};
pub use clearing::{
    AccountClearing, Clearing, ClearingError, ClearingReport, ClearingRules, ContractClearing,
    DaySettlement, DefaultCover, EnforcementReport, ForcedOrder, Level, Liquidation, Position,
    Reduction, ReductionReport, ReductionRules, Standing, Violation as ClearingViolation,
    WaterfallReport,
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
    Access, AfterLock, Change, Close, ContractSpec, FaultKind, FeeRules, Grounds, Hour,
    LastTradingDay, LimitRules, LockAction, LockRules, LockState, MarginRules, Notice, OrderRules,
    PhaseRules, PhaseStart, PositionRules, PositionTier, RateLadder, RuleFault, RuleSheet, Rules,
    SessionRules, SettlementPrice, SettlementRules, Source, Standing as ContractStanding, Status,
    TermsFault, Tick, WithoutTrades,
};
pub use spread::{CalendarSpread, Leg, LegPrices, NoLegs, SpreadBook, SpreadFill, SpreadTape};
pub use terms::{Limits, Phase, Terms};
pub use units::{Lots, Money, MoneyOverflow, Price, Rate};
pub use venue::{
    ContractDay, DayFault, DayReport, Expired, Listing, NewReceipt, Part, Request, Scheduled,
    Venue, VenueSpec, VenueTape, VenueViolation,
};
