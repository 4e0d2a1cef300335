//! What a rule file holds: every figure of a contract's rules, with where it comes from.
//!
//! Money is in the smallest unit of the currency (fen, cents), rates are written in percent, days as `2024-02-22`,
//! contract months as `2024-02`. Unknown keys are refused.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::notice::Notice;
use super::{percent, settlement::SettlementRules};
use crate::contract::ContractMonth;
use crate::expiry::Expiry;
use crate::funds::FundRules;
use crate::order::SelfTrade;
use crate::terms::Phase;
use crate::units::{Lots, Money, Rate};

/// The rules of one contract as a file has them; [`super::Rules`] is a sheet that does not contradict itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSheet {
    /// What is traded.
    pub contract: ContractSpec,
    /// A trading day.
    pub session: SessionRules,
    /// When a contract's phases begin.
    pub phases: PhaseRules,
    /// Daily price limits; absent at a venue without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitRules>,
    /// What follows a day that closes locked at its limit; absent if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockRules>,
    /// Initial margin.
    pub margin: MarginRules,
    /// Position limits; absent at a venue without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<PositionRules>,
    /// What an order may be.
    pub orders: OrderRules,
    /// What the exchange takes for a trade.
    pub fees: FeeRules,
    /// How the daily settlement price is found.
    pub settlement: SettlementRules,
    /// How a contract ends.
    pub expiry: Expiry,
    /// What stands behind a default.
    pub funds: FundRules,
    /// Dated changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// For each table above, the keys of `sources` on which its figures rest.
    pub basis: BTreeMap<String, Vec<String>>,
    /// Where figures come from.
    pub sources: BTreeMap<String, Source>,
}

/// What is traded, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractSpec {
    /// Short name: `gfex-lc`.
    pub id: String,
    /// One line for tables.
    pub title: String,
    /// Whether it exists.
    pub status: Status,
    /// Three letters: `CNY`.
    pub currency: String,
    /// The unit in which prices are quoted: `t`, `kg`.
    pub quoted_unit: String,
    /// Kilograms in a quoted unit.
    pub quoted_kg: u32,
    /// Kilograms in a lot.
    pub lot_kg: u32,
    /// Smallest step of the price, in the smallest money unit a quoted unit.
    pub tick: Money,
    /// Price at which the first contracts were (or would be) listed, in the smallest money unit a quoted unit.
    pub listing_price: Money,
    /// First trading day of the product; none of a proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Date>,
    /// Nearest contract month on that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_month: Option<ContractMonth>,
    /// Delivery months of a year, 1 to 12, in increasing order.
    pub months: Vec<u8>,
    /// How many contracts are listed at a time.
    pub listed_at_a_time: u8,
    /// When trading in a contract ends.
    pub last_trading_day: LastTradingDay,
    /// Who may trade.
    pub access: Access,
}

/// Whether a contract exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Traded at an exchange.
    Listed,
    /// Proposed here.
    Proposal,
}

/// When trading in a contract ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastTradingDay {
    /// With this trading day of the contract month, counted from 1.
    TradingDayOfMonth(u8),
    /// With the last trading day of the contract month.
    EndOfMonth,
}

/// Who may trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Residents of the country of the venue.
    Domestic,
    /// Everybody.
    Open,
}

/// A trading day: hours for people, a budget of events for the simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRules {
    /// Hours as published, with the time zone.
    pub hours: String,
    /// Instructions accepted in the opening auction of a contract.
    pub auction_events: u32,
    /// Instructions accepted in continuous trading of a contract.
    pub continuous_events: u32,
}

/// When phases begin; a contract is in [`Phase::General`] before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseRules {
    /// Beginning of [`Phase::BeforeDelivery`].
    pub before_delivery: PhaseStart,
    /// Beginning of [`Phase::Delivery`].
    pub delivery: PhaseStart,
}

/// A trading day counted within a month before the contract month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseStart {
    /// How many months before the contract month; 0 is the contract month.
    pub months_before: u8,
    /// Trading day of that month, counted from 1.
    pub trading_day: u8,
}

/// A rate for each phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLadder {
    /// In [`Phase::Listing`] and [`Phase::General`].
    #[serde(with = "percent")]
    pub general: Rate,
    /// In [`Phase::BeforeDelivery`].
    #[serde(with = "percent")]
    pub before_delivery: Rate,
    /// In [`Phase::Delivery`].
    #[serde(with = "percent")]
    pub delivery: Rate,
}

impl RateLadder {
    /// The rate of a phase.
    pub const fn at(&self, phase: Phase) -> Rate {
        match phase {
            Phase::Listing | Phase::General => self.general,
            Phase::BeforeDelivery => self.before_delivery,
            Phase::Delivery => self.delivery,
        }
    }

    /// Field name and rate, in the order of a contract's life.
    pub(super) const fn steps(&self) -> [(&'static str, Rate); 3] {
        [
            ("general", self.general),
            ("before_delivery", self.before_delivery),
            ("delivery", self.delivery),
        ]
    }
}

/// Daily price limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRules {
    /// Share of the previous settlement by which a price may lie from it.
    pub rates: RateLadder,
    /// By how much the rate is multiplied until a new contract has traded.
    pub listing_multiple: u8,
}

/// What follows a day that closes locked: only buyers, or only sellers, at the limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockRules {
    /// By how much each further day locked in the same direction widens the limit, in points of the reference.
    #[serde(with = "percent::list")]
    pub steps: Vec<Rate>,
    /// By how much margin exceeds the widened limit, in points.
    #[serde(with = "percent")]
    pub margin_over_limit: Rate,
    /// What happens when a contract locks once more after the last step.
    pub after: AfterLock,
}

/// What happens when a contract locks once more after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AfterLock {
    /// Trading pauses for a day and goes on at ordinary limits.
    Pause,
    /// Losing positions that could not be closed are matched with winning ones at the limit.
    ForcedReduction(ReductionLevels),
}

/// Whose positions a forced reduction closes, by gain or loss a unit as a share of the settlement price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReductionLevels {
    /// Loss from which a closing order takes part.
    #[serde(with = "percent")]
    pub loss: Rate,
    /// Gain from which positions are taken first.
    #[serde(with = "percent")]
    pub high: Rate,
    /// Gain from which they are taken next; then every other gain.
    #[serde(with = "percent")]
    pub low: Rate,
}

/// Initial margin, of contract value at settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginRules {
    /// Speculators and market makers.
    pub speculator: RateLadder,
    /// Hedgers.
    pub hedger: RateLadder,
    /// By how much margin exceeds the limit in force at least, in points; without limits it says nothing.
    #[serde(with = "percent")]
    pub over_limit: Rate,
}

/// Largest position on one side of an account that is no hedger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionRules {
    /// In general months, by open interest; the tier with the highest threshold below open interest applies. None: no limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub general: Vec<PositionTier>,
    /// From the beginning of [`Phase::BeforeDelivery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_delivery: Option<Lots>,
    /// From the beginning of [`Phase::Delivery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Lots>,
}

/// A position limit above some open interest: lots, or a share of open interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionTier {
    /// Open interest (one side) above which it applies; 0 in the first tier, which holds at 0 too.
    pub open_interest_above: Lots,
    /// So many lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lots: Option<Lots>,
    /// Such a share of open interest, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "percent::optional")]
    pub share: Option<Rate>,
}

impl PositionTier {
    /// The limit at an open interest; none of a tier that gives neither lots nor a share.
    pub fn limit(&self, open_interest: Lots) -> Option<Lots> {
        self.lots.or_else(|| {
            let share = u64::from(self.share?.get());
            // 32 bits × 20 bits fit 64, and a share of at most one does not leave 32.
            let lots = u64::from(open_interest.get()).checked_mul(share)?.checked_div(1_000_000)?;
            u32::try_from(lots).ok().map(Lots::new)
        })
    }
}

/// What an order may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRules {
    /// Largest order.
    pub most: Lots,
    /// Lots that a speculator may open in a day, bought and sold together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_cap: Option<Lots>,
    /// What happens when an order would meet one of the same account.
    pub self_trade: SelfTrade,
}

/// What the exchange takes for a trade, from each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRules {
    /// Share of turnover.
    #[serde(with = "percent")]
    pub rate: Rate,
    /// For each lot.
    pub per_lot: Money,
}

/// Where figures come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// How far it can be trusted.
    pub grade: Grounds,
    /// Who published it; who proposes or assumes it.
    pub publisher: String,
    /// Web address or document; empty of what was not published.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// When, as far as known: `2023-12-13`, `2023`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// What it says; of what was not published, why the figure is what it is.
    pub says: String,
}

/// How far a source can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grounds {
    /// Published by the exchange, or reported from what it published.
    Published,
    /// Not published, or not found.
    Assumed,
    /// Proposed here.
    Proposed,
}
