//! A contract while it is listed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::contract::ContractMonth;
use crate::rules::{LockState, Tick};
use crate::terms::Terms;

/// What a venue knows of a contract besides positions and orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Delivery month.
    pub month: ContractMonth,
    /// First trading day.
    pub listed: Date,
    /// Last trading day, once it is over.
    pub ended: Option<Date>,
    /// Step of its prices.
    pub tick: Tick,
    /// Whether it has traded.
    pub traded: bool,
    /// What past days at the limit require.
    pub lock: LockState,
    /// Today's terms; none on a day on which it does not trade.
    pub terms: Option<Terms>,
    /// Yesterday's volume, by which forced liquidation goes.
    pub volume: u64,
    /// Trades in the delivery month: Σ ticks × lots and Σ lots, the price at which metal is paid for.
    pub delivery_month: (i128, u64),
    /// Observations of the index in the delivery month: their sum in ticks and their number.
    pub index: (i64, u32),
    /// Instructions accepted today: in the auction, in continuous trading.
    pub(super) events: [u32; 2],
    /// The terms of its last trading day, while it is in delivery.
    pub(super) in_delivery: Option<Terms>,
}

impl Listing {
    /// A contract before its first day.
    pub(super) const fn new(
        month: ContractMonth,
        listed: Date,
        tick: Tick,
        lock: LockState,
    ) -> Self {
        Self {
            month,
            listed,
            ended: None,
            tick,
            traded: false,
            lock,
            terms: None,
            volume: 0,
            delivery_month: (0, 0),
            index: (0, 0),
            events: [0, 0],
            in_delivery: None,
        }
    }

    /// Whether it has ceased to trade and waits for delivery.
    pub const fn awaits_delivery(&self) -> bool {
        self.in_delivery.is_some()
    }

    /// The terms that hold tonight: today's, or in delivery those of the last trading day.
    pub(super) fn tonight(&self) -> Option<&Terms> {
        self.terms.as_ref().or(self.in_delivery.as_ref())
    }
}
