//! Dated changes of the rules: what exchanges publish before holidays and in turbulent weeks.
//!
//! Of several limits and margins the largest holds, as the notices themselves say; caps, ticks and fees cannot be compared
//! and must not overlap. A notice raises what the phase of a contract requires and never lowers it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::percent;
use crate::contract::ContractMonth;
use crate::units::{Lots, Money, Rate};

/// A dated change of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// As published: `2023-298`.
    pub id: String,
    /// Date from which it holds.
    pub from: Date,
    /// Part of that date from which it holds.
    #[serde(default)]
    pub at: Hour,
    /// Last trading day on which it holds; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Contract months; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<ContractMonth>,
    /// Price limit.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "percent::optional")]
    pub limit: Option<Rate>,
    /// Margin of speculators, and of hedgers if they have none of their own here.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "percent::optional")]
    pub margin: Option<Rate>,
    /// Margin of hedgers.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "percent::optional")]
    pub margin_hedger: Option<Rate>,
    /// Margins stand as published while a contract has not traded yet, although its limit of the first day is wider.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stands_at_listing: bool,
    /// Lots that a speculator may open in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_cap: Option<Lots>,
    /// Smallest step of the price, in the smallest money unit a quoted unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<Money>,
    /// Fee, of turnover.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "percent::optional")]
    pub fee: Option<Rate>,
    /// Keys of the rule file's sources.
    pub basis: Vec<String>,
}

/// When on its first date a notice takes hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hour {
    /// From the opening of that date on.
    #[default]
    Open,
    /// From its settlement on: for the price from the next trading day on.
    Settlement,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Notice {
    /// Whether it holds while a contract trades on a day.
    pub fn holds(&self, day: Date, month: ContractMonth) -> bool {
        let begun = match self.at {
            Hour::Open => day >= self.from,
            Hour::Settlement => day > self.from,
        };
        begun && self.until.is_none_or(|until| day <= until) && self.concerns(month)
    }

    /// Whether a contract is among those that it names.
    pub fn concerns(&self, month: ContractMonth) -> bool {
        self.contracts.is_empty() || self.contracts.contains(&month)
    }

    /// Margin of hedgers: their own, or everybody's.
    pub fn margin_of_hedgers(&self) -> Option<Rate> {
        self.margin_hedger.or(self.margin)
    }

    /// Whether there is a date and a contract for which both hold.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let contracts = self.contracts.is_empty()
            || other.contracts.is_empty()
            || self.contracts.iter().any(|month| other.contracts.contains(month));
        contracts && self.begins_by_the_end_of(other) && other.begins_by_the_end_of(self)
    }

    /// Whether a date exists on which this holds and the other has not ended.
    fn begins_by_the_end_of(&self, other: &Self) -> bool {
        other.until.is_none_or(|until| match self.at {
            Hour::Open => self.from <= until,
            Hour::Settlement => self.from < until,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn notice(from: Date, at: Hour, until: Option<Date>) -> Notice {
        Notice {
            id: "1".into(),
            from,
            at,
            until,
            contracts: Vec::new(),
            limit: None,
            margin: None,
            margin_hedger: None,
            stands_at_listing: false,
            opening_cap: None,
            tick: None,
            fee: None,
            basis: Vec::new(),
        }
    }

    #[test]
    fn a_notice_at_settlement_holds_from_the_next_day_on() {
        let month: ContractMonth = "2024-02".parse().unwrap();
        let (wednesday, thursday) = (date(2023, 9, 27), date(2023, 9, 28));
        let settled = notice(wednesday, Hour::Settlement, Some(date(2023, 10, 9)));
        assert!(!settled.holds(wednesday, month) && settled.holds(thursday, month));
        assert!(
            settled.holds(date(2023, 10, 9), month) && !settled.holds(date(2023, 10, 10), month)
        );
        assert!(notice(wednesday, Hour::Open, None).holds(wednesday, month));
    }

    #[test]
    fn notices_meet_where_dates_and_contracts_do() {
        let day = |d| date(2026, 1, d);
        let first = notice(day(5), Hour::Open, Some(day(14)));
        assert!(!first.meets(&notice(day(15), Hour::Open, None)));
        assert!(!first.meets(&notice(day(14), Hour::Settlement, None)));
        assert!(first.meets(&notice(day(14), Hour::Open, None)));
        let mut other = notice(day(1), Hour::Open, None);
        assert!(first.meets(&other));
        other.contracts = vec!["2026-06".parse().unwrap()];
        let mut first = first;
        first.contracts = vec!["2026-07".parse().unwrap()];
        assert!(!first.meets(&other));
    }
}
