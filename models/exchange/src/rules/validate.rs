//! What a rule file must not say: contradictions, figures out of range, figures without a source.

use std::fmt::Display;

use super::fault::{FaultKind, RuleFault};
use super::notice::{Hour, Notice};
use super::sheet::{
    AfterLock, Grounds, LastTradingDay, LimitRules, LockRules, PhaseStart, PositionRules,
    RateLadder, RuleSheet, Status,
};
use super::tick::Tick;
use crate::expiry::{Expiry, PhysicalDelivery};
use crate::units::{Lots, Money, Rate};

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
    if let Some(limits) = &sheet.limits {
        limits_and_margin(limits, sheet)?;
    }
    margins(sheet)?;
    lock(sheet)?;
    if let Some(positions) = &sheet.positions {
        position_limits(positions)?;
    }
    orders(sheet)?;
    expiry(&sheet.expiry)?;
    funds(sheet)?;
    for (place, notice) in sheet.notices.iter().enumerate() {
        notice_alone(sheet, &format!("notices[{place}]"), notice)?;
    }
    notices_together(&sheet.notices)?;
    sources(sheet)
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
            fault("contract.status", FaultKind::Empty, "listed", remedy)
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

/// Every phase's margin covers its limit, and every limit leaves room for a tick.
fn limits_and_margin(limits: &LimitRules, sheet: &RuleSheet) -> Checked {
    let hedger = sheet.margin.hedger.steps();
    for ((step, limit), (_, margin)) in limits.rates.steps().into_iter().zip(hedger) {
        let field = format!("limits.rates.{step}");
        limit_of_a_tick(sheet, &field, limit, sheet.contract.tick)?;
        ensure(limit <= margin, || {
            let remedy = format!("raise `margin.hedger.{step}` ({margin}) to at least {limit}");
            fault(field, FaultKind::LimitOverMargin, limit, remedy)
        })?;
    }
    Ok(())
}

fn limit_of_a_tick(sheet: &RuleSheet, field: &str, limit: Rate, tick: Money) -> Checked {
    let price = sheet.contract.listing_price.minor();
    let product = i128::from(price).saturating_mul(i128::from(limit.get()));
    let needed = i128::from(tick.minor()).saturating_mul(1_000_000);
    ensure(product >= needed, || {
        let remedy = format!("at {price} it must reach the tick ({}): widen it", tick.minor());
        fault(field, FaultKind::LimitUnderTick, limit, remedy)
    })
}

fn margins(sheet: &RuleSheet) -> Checked {
    let speculator = sheet.margin.speculator.steps();
    for ((step, hedger), (_, most)) in sheet.margin.hedger.steps().into_iter().zip(speculator) {
        ensure(hedger <= most, || {
            let remedy = format!("lower it to `margin.speculator.{step}` ({most}) at most");
            let field = format!("margin.hedger.{step}");
            fault(field, FaultKind::HedgerOverSpeculator, hedger, remedy)
        })?;
    }
    Ok(())
}

fn lock(sheet: &RuleSheet) -> Checked {
    let Some(LockRules { steps, margin_over_limit, after }) = &sheet.lock else { return Ok(()) };
    rate("lock.margin_over_limit", *margin_over_limit)?;
    if let AfterLock::ForcedReduction { loss } = after {
        rate("lock.after.forced-reduction.loss", *loss)?;
    }
    let widest = sheet.limits.map(|limits| limits.rates.steps().map(|(_, rate)| rate.get()));
    let shown = || {
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        format!("[{}]", steps.join(", "))
    };
    let Some(widest) = widest.and_then(|rates| rates.into_iter().max()) else {
        let remedy = "give `limits`, or leave `lock` out";
        return Err(fault("lock.steps", FaultKind::LockSteps, shown(), remedy));
    };
    let locked = steps.iter().fold(widest, |sum, step| sum.saturating_add(step.get()));
    let some = !steps.is_empty() && steps.iter().all(|step| *step > Rate::default());
    ensure(some && steps.len() < 256 && locked < Rate::WHOLE.get(), || {
        let remedy = "give one or more steps above 0 % that together leave a price to fall to";
        fault("lock.steps", FaultKind::LockSteps, shown(), remedy)
    })
}

fn position_limits(rules: &PositionRules) -> Checked {
    let mut least: Option<Lots> = None;
    let mut threshold = None;
    for (place, tier) in rules.general.iter().enumerate() {
        let field = format!("positions.general[{place}]");
        let above = tier.open_interest_above;
        let in_order = threshold.map_or(above.is_zero(), |last: Lots| last < above);
        ensure(in_order, || {
            let remedy = "start at 0 and go up from tier to tier";
            let field = format!("{field}.open_interest_above");
            fault(field, FaultKind::OutOfRange, above.get(), remedy)
        })?;
        threshold = Some(above);
        if let Some(share) = tier.share {
            rate(format!("{field}.share"), share)?;
        }
        ensure(tier.lots.is_some() != tier.share.is_some(), || {
            let remedy = "give either `lots` or `share`";
            fault(&field, FaultKind::OutOfRange, "both or neither", remedy)
        })?;
        // A tier of shares is smallest just above its threshold.
        let smallest = tier.limit(Lots::new(above.get().saturating_add(1))).unwrap_or(Lots::ZERO);
        one_lot(&field, smallest)?;
        least = Some(least.map_or(smallest, |least| least.min(smallest)));
    }
    for (name, limit) in [("before_delivery", rules.before_delivery), ("delivery", rules.delivery)]
    {
        let field = format!("positions.{name}");
        if let Some(limit) = limit {
            one_lot(&field, limit)?;
        }
        // Once there is a limit, later phases keep one that is no larger.
        let rises = least.is_some_and(|least| limit.is_none_or(|limit| limit > least));
        ensure(!rises, || {
            let least = least.map_or(0, Lots::get);
            let found = limit.map_or_else(|| "none".to_string(), |limit| limit.get().to_string());
            fault(field, FaultKind::PositionsRise, found, format!("take {least} lots at most"))
        })?;
        least = limit.or(least);
    }
    Ok(())
}

fn one_lot(field: &str, limit: Lots) -> Checked {
    ensure(!limit.is_zero(), || {
        let remedy = "take at least 1 lot, or leave it out if there is no limit";
        fault(field, FaultKind::PositionUnderOneLot, limit.get(), remedy)
    })
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

fn notice_alone(sheet: &RuleSheet, field: &str, notice: &Notice) -> Checked {
    text(&format!("{field}.id"), &notice.id)?;
    if let Some(until) = notice.until {
        let begins = match notice.at {
            Hour::Open => notice.from <= until,
            Hour::Settlement => notice.from < until,
        };
        ensure(begins, || {
            let remedy = format!("it begins on {}: take a later last day", notice.from);
            fault(format!("{field}.until"), FaultKind::NoticeEnds, until, remedy)
        })?;
    }
    for month in &notice.contracts {
        ensure(sheet.contract.delivers_in(*month), || {
            let remedy =
                format!("name contracts of `contract.months` ({:?})", sheet.contract.months);
            fault(format!("{field}.contracts"), FaultKind::Months, month, remedy)
        })?;
    }
    let rates = [
        ("limit", notice.limit),
        ("margin", notice.margin),
        ("margin_hedger", notice.margin_hedger),
        ("fee", notice.fee),
    ];
    for (name, value) in rates {
        value.map_or(Ok(()), |value| rate(format!("{field}.{name}"), value))?;
    }
    let changes = rates.iter().any(|(_, value)| value.is_some());
    ensure(changes || notice.opening_cap.is_some() || notice.tick.is_some(), || {
        let remedy = "give a limit, a margin, an opening cap, a tick or a fee";
        fault(field, FaultKind::NoticeEmpty, &notice.id, remedy)
    })?;
    if let Some(tick) = notice.tick {
        tick_of(sheet, &format!("{field}.tick"), tick)?;
        if let Some(limits) = &sheet.limits {
            limit_of_a_tick(sheet, &format!("{field}.tick"), limits.rates.general, tick)?;
        }
    }
    if let Some(cap) = notice.opening_cap {
        at_least(&format!("{field}.opening_cap"), cap.get())?;
    }
    limits_of_notice(sheet, field, notice)
}

fn limits_of_notice(sheet: &RuleSheet, field: &str, notice: &Notice) -> Checked {
    if let (Some(hedger), Some(most)) = (notice.margin_hedger, notice.margin) {
        ensure(hedger <= most, || {
            let remedy = format!("lower it to `{field}.margin` ({most}) at most");
            fault(format!("{field}.margin_hedger"), FaultKind::HedgerOverSpeculator, hedger, remedy)
        })?;
    }
    let Some(limit) = notice.limit else { return Ok(()) };
    let field = format!("{field}.limit");
    ensure(sheet.limits.is_some(), || {
        let remedy = "give `limits`, or leave it out at a venue without";
        fault(&field, FaultKind::OutOfRange, limit, remedy)
    })?;
    limit_of_a_tick(sheet, &field, limit, sheet.contract.tick)?;
    let margin = notice.margin_of_hedgers().unwrap_or(Rate::WHOLE);
    ensure(limit <= margin, || {
        let remedy = format!("the notice sets a margin of {margin}: raise it to at least {limit}");
        fault(&field, FaultKind::LimitOverMargin, limit, remedy)
    })
}

/// What cannot be compared is said once for a contract and day.
fn notices_together(notices: &[Notice]) -> Checked {
    for (later, second) in notices.iter().enumerate() {
        for first in notices.iter().take(later).filter(|first| first.meets(second)) {
            for (name, both) in [
                ("opening_cap", first.opening_cap.is_some() && second.opening_cap.is_some()),
                ("tick", first.tick.is_some() && second.tick.is_some()),
                ("fee", first.fee.is_some() && second.fee.is_some()),
            ] {
                ensure(!both, || {
                    let remedy = format!(
                        "end notice {} (`until`) before notice {} begins, or name other contracts",
                        first.id, second.id
                    );
                    let found = format!("notice {}", second.id);
                    fault(
                        format!("notices[{later}].{name}"),
                        FaultKind::NoticesOverlap,
                        found,
                        remedy,
                    )
                })?;
            }
        }
    }
    Ok(())
}

fn sources(sheet: &RuleSheet) -> Checked {
    let known = |field: &str, keys: &[String]| {
        ensure(!keys.is_empty(), || {
            let remedy = "name the keys of `sources` on which its figures rest";
            fault(field, FaultKind::NoSource, "[]", remedy)
        })?;
        keys.iter().try_for_each(|key| {
            ensure(sheet.sources.contains_key(key), || {
                let remedy = format!("add [sources.{key}] or correct the name");
                fault(field, FaultKind::UnknownSource, format!("\"{key}\""), remedy)
            })
        })
    };
    let tables = tables(sheet);
    for (table, present) in tables {
        if present {
            let keys = sheet.basis.get(table).map_or(&[] as &[String], Vec::as_slice);
            known(&format!("basis.{table}"), keys)?;
        }
    }
    for (name, keys) in &sheet.basis {
        ensure(tables.iter().any(|(table, _)| table == name), || {
            let remedy = format!("tables are {}", tables.map(|(table, _)| table).join(", "));
            fault(format!("basis.{name}"), FaultKind::UnknownTable, format!("{keys:?}"), remedy)
        })?;
    }
    for (place, notice) in sheet.notices.iter().enumerate() {
        known(&format!("notices[{place}].basis"), &notice.basis)?;
    }
    sheet.sources.iter().try_for_each(|(key, source)| {
        let field = format!("sources.{key}");
        text(&format!("{field}.publisher"), &source.publisher)?;
        text(&format!("{field}.says"), &source.says)?;
        let (remedy, complete) = match source.grade {
            Grounds::Published => (
                "give address and date, or call it assumed",
                !source.address.is_empty() && !source.date.is_empty(),
            ),
            Grounds::Assumed => ("", true),
            Grounds::Proposed => {
                ("what is listed is not proposed", sheet.contract.status == Status::Proposal)
            }
        };
        ensure(complete, || {
            let found = format!("{:?}", source.publisher);
            fault(&field, FaultKind::SourceIncomplete, found, remedy)
        })
    })
}

/// The tables whose figures need a source, and whether the file has them.
const fn tables(sheet: &RuleSheet) -> [(&'static str, bool); 12] {
    [
        ("contract", true),
        ("session", true),
        ("phases", true),
        ("limits", sheet.limits.is_some()),
        ("lock", sheet.lock.is_some()),
        ("margin", true),
        ("positions", sheet.positions.is_some()),
        ("orders", true),
        ("fees", true),
        ("settlement", true),
        ("expiry", true),
        ("funds", true),
    ]
}
