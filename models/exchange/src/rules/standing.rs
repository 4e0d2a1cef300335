//! Step 1 of a trading day: from where a contract stands before it opens to its terms of the day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lock::LockState;
use super::notice::Notice;
use super::sheet::{ContractSpec, LastTradingDay, LimitRules, PhaseStart, PositionRules};
use super::{Rules, tick::Tick};
use crate::calendar::{CalendarFault, TradingCalendar};
use crate::contract::ContractMonth;
use crate::terms::{Limits, Phase, Terms};
use crate::units::{Lots, Price, Rate};

/// Where a contract stands before a day opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractStanding {
    /// Which contract.
    pub month: ContractMonth,
    /// Its first trading day.
    pub listed: Date,
    /// The day that is about to open.
    pub day: Date,
    /// Yesterday's settlement, or the listing price, in the day's ticks ([`Tick::rebase`] if the tick changed).
    pub reference: Price,
    /// Open interest at yesterday's close, one side.
    pub open_interest: Lots,
    /// Whether it has traded since it was listed.
    pub traded: bool,
    /// What past days locked at the limit require.
    pub lock: LockState,
}

/// Why the rules say nothing of a contract on a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TermsFault {
    /// The calendar cannot say.
    #[error(transparent)]
    Calendar(#[from] CalendarFault),
    /// A contract month that is not listed.
    #[error("no contract of {id} is delivered in {month}; its months are {months:?}{}", since(*.first))]
    NoSuchMonth {
        /// Which rules.
        id: String,
        /// Asked for.
        month: ContractMonth,
        /// Months of a year.
        months: Vec<u8>,
        /// The first that was listed.
        first: Option<ContractMonth>,
    },
    /// Listed after trading ended.
    #[error("contract {month} would be listed on {listed}, after its last trading day {last}")]
    ListedTooLate {
        /// Which contract.
        month: ContractMonth,
        /// Its first trading day.
        listed: Date,
        /// Its last.
        last: Date,
    },
    /// A day before the contract exists.
    #[error("contract {month} trades from {listed} on, not on {day}")]
    NotListed {
        /// Which contract.
        month: ContractMonth,
        /// Its first trading day.
        listed: Date,
        /// The day.
        day: Date,
    },
    /// A day after it ended.
    #[error("contract {month} traded until {last}, not on {day}")]
    Ended {
        /// Which contract.
        month: ContractMonth,
        /// Its last trading day.
        last: Date,
        /// The day.
        day: Date,
    },
    /// A reference from which no limit follows.
    #[error(
        "contract {month} has a reference price of {reference}; limits need one above zero, and a price that fits"
    )]
    Reference {
        /// Which contract.
        month: ContractMonth,
        /// Ticks.
        reference: Price,
    },
}

fn since(first: Option<ContractMonth>) -> String {
    first.map_or_else(String::new, |first| format!(" from {first} on"))
}

impl Rules {
    /// The terms of a contract on a day: limits, margins, position limit, opening cap, fees.
    ///
    /// Limits are rounded inwards, to ticks within the exact rate. Margin is the largest of what the phase, the notices in
    /// force, the limit in force and past locks require. At settlement of a day margin is called by the next day's terms.
    ///
    /// # Errors
    /// When the contract does not trade on the day, or the calendar cannot say.
    pub fn terms(
        &self,
        calendar: &TradingCalendar,
        at: &ContractStanding,
    ) -> Result<Terms, TermsFault> {
        let sheet = self.sheet();
        let last = self.last_day_by(calendar, at)?;
        calendar.index(at.day)?;
        let phase = self.phase(calendar, at.month, at.day)?;
        let in_force = || sheet.notices.iter().filter(|notice| notice.holds(at.day, at.month));
        let limit_rate = sheet.limits.as_ref().map(|rules| self.limit_rate(rules, phase, at));
        let limits = limit_rate.map(|rate| limits_within(at.reference, rate));
        let fault = TermsFault::Reference { month: at.month, reference: at.reference };
        if at.reference.ticks() <= 0 || limits == Some(None) {
            return Err(fault);
        }
        let general = sheet.margin.speculator.at(phase);
        let margin = self.margin(general, in_force().filter_map(|n| n.margin), limit_rate, at);
        let of_hedgers = in_force().filter_map(Notice::margin_of_hedgers);
        let hedger = self.margin(sheet.margin.hedger.at(phase), of_hedgers, limit_rate, at);
        let cap = in_force().find_map(|notice| notice.opening_cap).or(sheet.orders.opening_cap);
        Ok(Terms {
            day: at.day,
            phase: if at.traded || phase != Phase::General { phase } else { Phase::Listing },
            reference: at.reference,
            limits: limits.flatten(),
            limit_rate,
            margin,
            margin_hedger: hedger,
            position_limit: sheet
                .positions
                .as_ref()
                .and_then(|rules| rules.limit(phase, at.open_interest)),
            opening_cap: cap,
            max_order: sheet.orders.most,
            fee: in_force().find_map(|notice| notice.fee).unwrap_or(sheet.fees.rate),
            fee_lot: sheet.fees.per_lot,
            last_trading_day: last == Some(at.day),
        })
    }

    /// The last trading day if it lies in the day's month or before, once it is sure that the contract trades on the day.
    ///
    /// Of later months nothing more is asked: a calendar need not reach to the end of every contract listed.
    fn last_day_by(
        &self,
        calendar: &TradingCalendar,
        at: &ContractStanding,
    ) -> Result<Option<Date>, TermsFault> {
        let ContractStanding { month, listed, day, .. } = *at;
        if !self.delivers_in(month) {
            return Err(self.no_such_month(month));
        }
        if ContractMonth::of(day.max(listed)) < month {
            return if listed <= day {
                Ok(None)
            } else {
                Err(TermsFault::NotListed { month, listed, day })
            };
        }
        let last = self.last_trading_day(calendar, month)?;
        if listed > last {
            return Err(TermsFault::ListedTooLate { month, listed, last });
        }
        if day < listed {
            return Err(TermsFault::NotListed { month, listed, day });
        }
        if day > last {
            return Err(TermsFault::Ended { month, last, day });
        }
        Ok(Some(last))
    }

    /// The last day on which a contract trades.
    ///
    /// # Errors
    /// When no contract is delivered in that month or the calendar does not cover it.
    pub fn last_trading_day(
        &self,
        calendar: &TradingCalendar,
        month: ContractMonth,
    ) -> Result<Date, TermsFault> {
        let contract = &self.sheet().contract;
        if !self.delivers_in(month) {
            return Err(self.no_such_month(month));
        }
        Ok(contract.end_of(calendar, month)?)
    }

    /// The contracts that trade on a day, nearest first: so many of the delivery months to come as are listed at a time.
    ///
    /// # Errors
    /// When the calendar does not cover the day's month.
    pub fn listed_months(
        &self,
        calendar: &TradingCalendar,
        day: Date,
    ) -> Result<Vec<ContractMonth>, TermsFault> {
        let contract = &self.sheet().contract;
        let mut month = ContractMonth::of(day);
        if contract.is_month(month) && contract.end_of(calendar, month)? < day {
            month = month.plus(1).unwrap_or(month);
        }
        let months = (0..).map_while(|ahead| month.plus(ahead));
        let cycle = months.filter(|month| contract.is_month(*month));
        let wanted = cycle.take(contract.listed_at_a_time.into());
        Ok(wanted.filter(|month| self.delivers_in(*month)).collect())
    }

    /// The first trading day of a contract: the one after the end of the contract whose place in the list it takes.
    ///
    /// # Errors
    /// When no contract is delivered in that month or the calendar does not reach back so far.
    pub fn listing_day(
        &self,
        calendar: &TradingCalendar,
        month: ContractMonth,
    ) -> Result<Date, TermsFault> {
        if !self.delivers_in(month) {
            return Err(self.no_such_month(month));
        }
        let contract = &self.sheet().contract;
        let place = usize::from(contract.listed_at_a_time).saturating_sub(1);
        let before = (1..).map_while(|back: i32| month.plus(back.checked_neg()?));
        let replaced = before.filter(|month| contract.is_month(*month)).nth(place);
        match (contract.listed, replaced) {
            (Some(listed), None) => Ok(listed),
            (Some(listed), Some(replaced)) if replaced.last_day() < listed => Ok(listed),
            (listed, Some(replaced)) => {
                // The contract replaced may be one that was never listed; its place in the cycle counts all the same.
                let after = calendar.next(contract.end_of(calendar, replaced)?)?;
                Ok(listed.map_or(after, |listed| listed.max(after)))
            }
            (None, None) => Err(self.no_such_month(month)),
        }
    }

    /// The step of a contract's prices on a day, and what it is worth.
    pub fn tick(&self, day: Date, month: ContractMonth) -> Tick {
        let sheet = self.sheet();
        let mut in_force = sheet.notices.iter().filter(|notice| notice.holds(day, month));
        let step = in_force.find_map(|notice| notice.tick);
        step.and_then(|step| Tick::new(step, sheet.contract.lot_kg, sheet.contract.quoted_kg))
            .unwrap_or(self.base_tick())
    }

    fn no_such_month(&self, month: ContractMonth) -> TermsFault {
        let contract = &self.sheet().contract;
        TermsFault::NoSuchMonth {
            id: contract.id.clone(),
            month,
            months: contract.months.clone(),
            first: contract.first_month,
        }
    }

    /// Where a contract is in its life on a trading day; [`Phase::Listing`] is for [`Rules::terms`] to say.
    fn phase(
        &self,
        calendar: &TradingCalendar,
        month: ContractMonth,
        day: Date,
    ) -> Result<Phase, TermsFault> {
        let phases = self.sheet().phases;
        let reached = |start: PhaseStart| -> Result<bool, TermsFault> {
            let Some(start_month) = month.plus(i32::from(start.months_before).saturating_neg())
            else {
                return Ok(true);
            };
            // Other months decide without the calendar, which may not reach to the phase.
            match ContractMonth::of(day).cmp(&start_month) {
                std::cmp::Ordering::Less => Ok(false),
                std::cmp::Ordering::Greater => Ok(true),
                std::cmp::Ordering::Equal => match calendar.nth(start_month, start.trading_day) {
                    Ok(start) => Ok(day >= start),
                    // A month of so few trading days ends before the phase begins (China, February 2026: 14).
                    Err(CalendarFault::NoSuchDay { .. }) => Ok(false),
                    Err(fault) => Err(fault.into()),
                },
            }
        };
        Ok(if reached(phases.delivery)? {
            Phase::Delivery
        } else if reached(phases.before_delivery)? {
            Phase::BeforeDelivery
        } else {
            Phase::General
        })
    }

    /// The limit in force: the largest of the phase's and the notices', multiplied until the contract has traded, and what
    /// past locks require.
    fn limit_rate(&self, rules: &LimitRules, phase: Phase, at: &ContractStanding) -> Rate {
        let sheet = self.sheet();
        let in_force = sheet.notices.iter().filter(|notice| notice.holds(at.day, at.month));
        let ordinary = in_force.filter_map(|n| n.limit).fold(rules.rates.at(phase), std::cmp::max);
        let multiple = if at.traded { 1 } else { u32::from(rules.listing_multiple) };
        let rate = Rate::ppm(ordinary.get().saturating_mul(multiple));
        let locked = sheet.lock.as_ref().and_then(|rules| at.lock.limit(rules));
        locked.map_or(rate, |locked| locked.max(rate)).min(Rate::WHOLE)
    }

    /// The largest of what the phase, the notices, the limit in force and past locks require.
    fn margin(
        &self,
        of_phase: Rate,
        of_notices: impl Iterator<Item = Rate>,
        limit_rate: Option<Rate>,
        at: &ContractStanding,
    ) -> Rate {
        let sheet = self.sheet();
        let stands = |n: &Notice| n.stands_at_listing && n.holds(at.day, at.month);
        let as_published = !at.traded && sheet.notices.iter().any(stands);
        let over =
            |limit: Rate| Rate::ppm(limit.get().saturating_add(sheet.margin.over_limit.get()));
        let of_limit = limit_rate.filter(|_| !as_published).map_or(Rate::default(), over);
        let of_lock = sheet.lock.as_ref().and_then(|rules| at.lock.margin(rules));
        let required = of_phase.max(of_limit).max(of_lock.unwrap_or_default());
        of_notices.fold(required, std::cmp::max).min(Rate::WHOLE)
    }
}

impl ContractSpec {
    /// Whether the cycle of delivery months has a month, listed or not.
    fn is_month(&self, month: ContractMonth) -> bool {
        u8::try_from(month.month()).is_ok_and(|m| self.months.contains(&m))
    }

    /// Whether a contract is delivered in a month.
    pub fn delivers_in(&self, month: ContractMonth) -> bool {
        self.is_month(month) && self.first_month.is_none_or(|first| first <= month)
    }

    /// The last trading day in a month.
    fn end_of(
        &self,
        calendar: &TradingCalendar,
        month: ContractMonth,
    ) -> Result<Date, CalendarFault> {
        match self.last_trading_day {
            LastTradingDay::TradingDayOfMonth(nth) => calendar.nth(month, nth),
            LastTradingDay::EndOfMonth => calendar.last_of(month),
        }
    }
}

impl PositionRules {
    /// The largest position on one side in a phase; none where there is no limit.
    pub fn limit(&self, phase: Phase, open_interest: Lots) -> Option<Lots> {
        match phase {
            Phase::Delivery => self.delivery,
            Phase::BeforeDelivery => self.before_delivery,
            Phase::Listing | Phase::General => self.general_limit(open_interest),
        }
    }

    fn general_limit(&self, open_interest: Lots) -> Option<Lots> {
        let (first, others) = self.general.split_first()?;
        let reached = others.iter().rfind(|tier| tier.open_interest_above < open_interest);
        reached.unwrap_or(first).limit(open_interest)
    }
}

/// The ticks within a share of a reference, both bounds rounded towards it and the lower one at least a tick; none if the
/// upper one is beyond what ticks can count.
fn limits_within(reference: Price, rate: Rate) -> Option<Limits> {
    let ticks = reference.wide();
    let rate = i64::from(rate.get());
    // 31 bits × 21 bits fit 64; a million divides.
    let at = |factor: i64| ticks.checked_mul(factor);
    let high = at(1_000_000_i64.checked_add(rate)?)?.checked_div_euclid(1_000_000)?;
    let low = at(1_000_000_i64.checked_sub(rate)?)?.checked_add(999_999)?;
    let low = low.checked_div_euclid(1_000_000)?.max(1);
    let price = |ticks: i64| i32::try_from(ticks).ok().map(Price::new);
    Some(Limits { low: price(low)?, high: price(high)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::PositionTier;

    #[test]
    fn a_tier_holds_above_its_threshold() {
        let tier = |above, lots| PositionTier {
            open_interest_above: Lots::new(above),
            lots: Some(Lots::new(lots)),
            share: None,
        };
        let rules = PositionRules {
            general: vec![tier(0, 500), tier(100, 50), tier(200, 70)],
            before_delivery: Some(Lots::new(40)),
            delivery: None,
        };
        let limit = |phase, interest| rules.limit(phase, Lots::new(interest)).map(Lots::get);
        for (interest, lots) in [(0, 500), (100, 500), (101, 50), (200, 50), (201, 70)] {
            assert_eq!(limit(Phase::General, interest), Some(lots), "{interest}");
        }
        assert_eq!(limit(Phase::BeforeDelivery, 0), Some(40));
        assert_eq!(limit(Phase::Delivery, 0), None);
    }

    #[test]
    fn limits_are_rounded_towards_the_reference() {
        let within = |ticks: i32, rate| {
            limits_within(Price::new(ticks), rate).map(|l| (l.low.ticks(), l.high.ticks()))
        };
        // 2133 ticks ± 7 %: 1983.69 and 2282.31.
        assert_eq!(within(2133, Rate::percent(7)), Some((1984, 2282)));
        assert_eq!(within(1000, Rate::percent(7)), Some((930, 1070)));
        assert_eq!(within(10, Rate::percent(4)), Some((10, 10)), "narrower than a tick");
        assert_eq!(within(10, Rate::WHOLE), Some((1, 20)));
        assert_eq!(within(i32::MAX, Rate::percent(4)), None);
    }
}
