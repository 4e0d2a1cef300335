//! What a day was, for people and for a simulation. Buffers are kept from day to day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::Statistics;
use crate::clearing::{
    ClearingReport, EnforcementReport, ForcedOrder, ReductionReport, WaterfallReport,
};
use crate::contract::{ContractIdx, ContractMonth};
use crate::delivery::{DeliveryReport, StorageReport};
use crate::order::{Refusal, Side};
use crate::rules::LockAction;
use crate::terms::{Limits, Phase};
use crate::units::{Price, Rate};

/// A contract's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractDay {
    /// Its place.
    pub contract: ContractIdx,
    /// Its delivery month.
    pub month: ContractMonth,
    /// Where it was in its life.
    pub phase: Phase,
    /// Yesterday's settlement.
    pub reference: Price,
    /// The day's limits.
    pub limits: Option<Limits>,
    /// Margin of speculators today.
    pub margin: Rate,
    /// Its trading.
    pub statistics: Statistics,
    /// Settlement price.
    pub settlement: Price,
    /// Whether the settlement price comes from trades of its own.
    pub from_trades: bool,
    /// Lots of all longs.
    pub open_interest: u64,
    /// The side that was alone at its limit at the close.
    pub locked: Option<Side>,
    /// What the limit-lock machine ordered.
    pub action: Option<LockAction>,
    /// Whether this was its last trading day.
    pub last_day: bool,
}

/// A day of a venue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DayReport {
    /// The day.
    pub day: Option<Date>,
    /// Calls that fell due in the morning, and defaults.
    pub morning: EnforcementReport,
    /// Orders that clearing sent, and why a book did not take one.
    pub forced: Vec<(ForcedOrder, Option<Refusal>)>,
    /// Storage charged this morning.
    pub storage: StorageReport,
    /// Defaults on penalties of this morning's deliveries.
    pub delivery_defaults: WaterfallReport,
    /// By contract, nearest delivery first.
    pub contracts: Vec<ContractDay>,
    /// Forced reductions after the close.
    pub reductions: Vec<(ContractIdx, ReductionReport)>,
    /// Settlement.
    pub clearing: ClearingReport,
    /// Contracts that ended tonight.
    pub expired: Vec<Expired>,
}

/// How a contract ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expired {
    /// Its delivery month.
    pub month: ContractMonth,
    /// The price at which it was delivered or settled.
    pub price: Price,
    /// Lots of all longs that ended with it.
    pub lots: u64,
    /// How metal and money changed hands; none for a contract settled in cash.
    pub delivery: Option<DeliveryReport>,
}

impl DayReport {
    /// Makes ready for a day.
    pub(super) fn clear(&mut self, day: Date) {
        self.day = Some(day);
        self.forced.clear();
        self.contracts.clear();
        self.reductions.clear();
        self.expired.clear();
        self.storage = StorageReport::default();
        self.delivery_defaults = WaterfallReport::default();
    }

    /// The day of a contract month.
    pub fn contract(&self, month: ContractMonth) -> Option<&ContractDay> {
        self.contracts.iter().find(|c| c.month == month)
    }
}
