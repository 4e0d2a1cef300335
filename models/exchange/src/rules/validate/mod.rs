//! What a rule file must not say: contradictions, figures out of range, figures without a source.

mod notices;
mod risk;
mod sources;

use std::fmt::Display;

use super::fault::{FaultKind, RuleFault};
use super::sheet::{LastTradingDay, PhaseStart, RateLadder, RuleSheet, Status};
use super::tick::Tick;
use crate::expiry::{Expiry, PhysicalDelivery};
use crate::units::{Money, Rate};

/// A week of holidays in a short month leaves 14 trading days (China, February 2026): the last trading day must be one.
const FEWEST_TRADING_DAYS: u8 = 14;
/// No month has more weekdays.
const MOST_TRADING_DAYS: u8 = 23;

type Checked = Result<(), RuleFault>;

fn fault(
    field: impl Into<String>,
    kind: FaultKind,
    found: impl Display,
    remedy: impl Into<String>,
) -> RuleFault {
    let (found, remedy) = (found.to_string(), remedy.into());
    RuleFault { line: None, field: field.into(), kind, found, remedy }
}

fn ensure(holds: bool, fault: impl FnOnce() -> RuleFault) -> Checked {
    if holds { Ok(()) } else { Err(fault()) }
}

/// The first thing wrong with a sheet, in the order of its tables.
pub(super) fn check(sheet: &RuleSheet) -> Checked {
    contract(sheet)?;
    session(sheet)?;
    phases(sheet)?;
    rates(sheet)?;
    risk::limits(sheet)?;
    risk::margins(sheet)?;
    risk::lock(sheet)?;
    risk::positions(sheet)?;
    orders(sheet)?;
    expiry(&sheet.expiry)?;
    funds(sheet)?;
    notices::check(sheet)?;
    sources::check(sheet)
}

/// The tick of a sheet without notices.
pub(super) fn tick(sheet: &RuleSheet) -> Result<Tick, RuleFault> {
    tick_of(sheet, "contract.tick", sheet.contract.tick)
}

fn tick_of(sheet: &RuleSheet, field: &str, step: Money) -> Result<Tick, RuleFault> {
    let (lot, quoted) = (sheet.contract.lot_kg, sheet.contract.quoted_kg);
    Tick::new(step, lot, quoted).ok_or_else(|| {
        let remedy = format!("take one above zero of which {lot} / {quoted} is a whole number");
        fault(field, FaultKind::TickValue, step.minor(), remedy)
    })
}

fn text(field: &str, text: &str) -> Checked {
    ensure(!text.trim().is_empty(), || {
        fault(field, FaultKind::Empty, "\"\"", "say what it is in a word or a line")
    })
}

fn within(field: &str, found: u64, least: u64, most: u64) -> Checked {
    ensure((least..=most).contains(&found), || {
        fault(field, FaultKind::OutOfRange, found, format!("take {least} to {most}"))
    })
}

fn at_least(field: &str, found: u32) -> Checked {
    ensure(found > 0, || fault(field, FaultKind::OutOfRange, found, "take at least 1"))
}

fn not_negative(field: &str, money: Money) -> Checked {
    ensure(money >= Money::ZERO, || {
        fault(field, FaultKind::OutOfRange, money.minor(), "take an amount of 0 or more")
    })
}

fn rate(field: impl Into<String>, rate: Rate) -> Checked {
    ensure(rate <= Rate::WHOLE, || {
        fault(field, FaultKind::RateOverWhole, rate, "check the decimal point")
    })
}

fn contract(sheet: &RuleSheet) -> Checked {
    let spec = &sheet.contract;
    for (field, value) in [
        ("contract.id", &spec.id),
        ("contract.title", &spec.title),
        ("contract.currency", &spec.currency),
        ("contract.quoted_unit", &spec.quoted_unit),
    ] {
        text(field, value)?;
    }
    at_least("contract.quoted_kg", spec.quoted_kg)?;
    at_least("contract.lot_kg", spec.lot_kg)?;
    let step = tick(sheet)?;
    let listing_price = spec.listing_price;
    ensure(listing_price > Money::ZERO && step.price(listing_price).is_ok(), || {
        let remedy = format!("take a multiple of the tick ({}) above zero", spec.tick.minor());
        fault("contract.listing_price", FaultKind::OutOfRange, listing_price.minor(), remedy)
    })?;
    let ordered = spec.months.windows(2).all(|pair| pair.first() < pair.last());
    let known = spec.months.iter().all(|month| (1..=12).contains(month));
    ensure(ordered && known && !spec.months.is_empty(), || {
        let remedy = "list each delivery month of a year once: [1, 4, 7, 10]";
        fault("contract.months", FaultKind::Months, format!("{:?}", spec.months), remedy)
    })?;
    at_least("contract.listed_at_a_time", spec.listed_at_a_time.into())?;
    if let LastTradingDay::TradingDayOfMonth(nth) = spec.last_trading_day {
        let field = "contract.last_trading_day.trading-day-of-month";
        within(field, nth.into(), 1, FEWEST_TRADING_DAYS.into())?;
    }
    listing(sheet)
}

fn listing(sheet: &RuleSheet) -> Checked {
    let spec = &sheet.contract;
    let (Some(listed), Some(first)) = (spec.listed, spec.first_month) else {
        return ensure(spec.status == Status::Proposal, || {
            let remedy = "give `listed` and `first_month`, or call it a proposal";
            fault("contract.status", FaultKind::NotSince, "\"listed\"", remedy)
        });
    };
    // The last trading day lies in the contract month, wherever holidays push it.
    ensure(listed <= first.last_day(), || {
        let remedy = format!("trading in {first} is over by {}: list earlier", first.last_day());
        fault("contract.listed", FaultKind::EndsBeforeListing, listed, remedy)
    })
}

fn session(sheet: &RuleSheet) -> Checked {
    text("session.hours", &sheet.session.hours)?;
    at_least("session.continuous_events", sheet.session.continuous_events)
}

fn phases(sheet: &RuleSheet) -> Checked {
    let (before, delivery) = (sheet.phases.before_delivery, sheet.phases.delivery);
    for (name, start) in [("before_delivery", before), ("delivery", delivery)] {
        let field = format!("phases.{name}");
        within(&format!("{field}.months_before"), start.months_before.into(), 0, 12)?;
        let most = MOST_TRADING_DAYS.into();
        within(&format!("{field}.trading_day"), start.trading_day.into(), 1, most)?;
    }
    let shown = |start: PhaseStart| {
        format!("trading day {}, {} months before", start.trading_day, start.months_before)
    };
    let order = |start: PhaseStart| (std::cmp::Reverse(start.months_before), start.trading_day);
    ensure(order(before) < order(delivery), || {
        let remedy = format!("let it begin before `phases.delivery` ({})", shown(delivery));
        fault("phases.before_delivery", FaultKind::PhaseOrder, shown(before), remedy)
    })?;
    let LastTradingDay::TradingDayOfMonth(last) = sheet.contract.last_trading_day else {
        return Ok(());
    };
    ensure(delivery.months_before > 0 || delivery.trading_day <= last, || {
        let remedy = format!("let it begin by the last trading day, the {last}th");
        fault("phases.delivery", FaultKind::PhaseOrder, shown(delivery), remedy)
    })
}

/// No share exceeds one.
fn rates(sheet: &RuleSheet) -> Checked {
    let ladder = |field: &str, ladder: &RateLadder| {
        ladder.steps().iter().try_for_each(|(step, value)| rate(format!("{field}.{step}"), *value))
    };
    if let Some(limits) = &sheet.limits {
        ladder("limits.rates", &limits.rates)?;
        at_least("limits.listing_multiple", limits.listing_multiple.into())?;
    }
    ladder("margin.speculator", &sheet.margin.speculator)?;
    ladder("margin.hedger", &sheet.margin.hedger)?;
    rate("margin.over_limit", sheet.margin.over_limit)?;
    rate("fees.rate", sheet.fees.rate)?;
    not_negative("fees.per_lot", sheet.fees.per_lot)
}

fn orders(sheet: &RuleSheet) -> Checked {
    at_least("orders.most", sheet.orders.most.get())?;
    sheet.orders.opening_cap.map_or(Ok(()), |cap| at_least("orders.opening_cap", cap.get()))
}

fn expiry(expiry: &Expiry) -> Checked {
    match expiry {
        Expiry::Physical(delivery) => physical(delivery),
        Expiry::Cash(cash) => {
            text("expiry.cash.index", &cash.index)?;
            at_least("expiry.cash.fewest", cash.fewest.into())
        }
    }
}

fn physical(delivery: &PhysicalDelivery) -> Checked {
    let field = "expiry.physical.grades";
    let Some(standard) = delivery.grades.first() else {
        let remedy = "name at least the standard grade, at an adjustment of 0";
        return Err(fault(field, FaultKind::Empty, "[]", remedy));
    };
    ensure(standard.adjustment == Money::ZERO, || {
        let remedy = "put the standard first, at 0, and count the others from it";
        let field = format!("{field}[0].adjustment");
        fault(field, FaultKind::Grades, standard.adjustment.minor(), remedy)
    })?;
    rate("expiry.physical.penalty", delivery.penalty)?;
    not_negative("expiry.physical.storage_fee", delivery.storage_fee)?;
    not_negative("expiry.physical.delivery_fee", delivery.delivery_fee)
}

fn funds(sheet: &RuleSheet) -> Checked {
    at_least("funds.largest", sheet.funds.largest.into())?;
    rate("funds.stress", sheet.funds.stress)?;
    rate("funds.reserve_share", sheet.funds.reserve_share)?;
    not_negative("funds.reserve", sheet.funds.reserve)?;
    not_negative("funds.capital", sheet.funds.capital)
}
