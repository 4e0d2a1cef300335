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
mod clearing;
mod contract;
mod delivery;
mod expiry;
mod funds;
mod ledger;
mod order;
mod scratch;
mod terms;
mod units;

pub use account::{AccountId, AccountKind, Domicile};
pub use clearing::{
    AccountClearing, Clearing, ClearingError, ClearingReport, ClearingRules, ContractClearing,
    DaySettlement, DefaultCover, EnforcementReport, ForcedOrder, Level, Liquidation, Position,
    Reduction, ReductionReport, ReductionRules, Standing, Violation, WaterfallReport,
};
pub use contract::{ContractIdx, ContractMonth, MonthFault};
pub use delivery::{
    Delivered, Delivery, DeliveryReport, Receipt, ReceiptError, ReceiptId, StorageReport,
    Warehouses, final_price,
};
pub use expiry::{CashSettlement, Expiry, Grade, PhysicalDelivery};
pub use funds::FundRules;
pub use ledger::{Entry, Ledger, Pot, Reason};
pub use order::{CancelReason, NewOrder, OrderId, OrderKind, Refusal, SelfTrade, Side, Trade};
pub use terms::{Limits, Phase, Terms};
pub use units::{Lots, Money, MoneyOverflow, Price, Rate};
