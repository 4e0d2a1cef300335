//! Limits, margins, limit-lock steps, position limits.

use super::super::fault::{FaultKind, RuleFault};
use super::super::sheet::{AfterLock, LockRules, PositionRules, RuleSheet};
use super::{Checked, ensure, fault, rate};
use crate::units::{Lots, Money, Rate};

/// Every phase's margin covers its limit, and every limit leaves room for a tick.
pub(super) fn limits(sheet: &RuleSheet) -> Checked {
    let Some(limits) = &sheet.limits else { return Ok(()) };
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

/// A limit admits a move of a tick at the listing price.
pub(super) fn limit_of_a_tick(sheet: &RuleSheet, field: &str, limit: Rate, tick: Money) -> Checked {
    let price = sheet.contract.listing_price.minor();
    let product = i128::from(price).saturating_mul(i128::from(limit.get()));
    let needed = i128::from(tick.minor()).saturating_mul(1_000_000);
    let tick = tick.minor();
    ensure(product >= needed, || {
        let remedy = format!("{limit} of the listing price ({price}) must reach the tick ({tick})");
        fault(field, FaultKind::LimitUnderTick, limit, remedy)
    })
}

/// Hedgers post no more than speculators.
pub(super) fn margins(sheet: &RuleSheet) -> Checked {
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

/// Steps widen limits that exist and stay under the whole price.
pub(super) fn lock(sheet: &RuleSheet) -> Checked {
    let Some(LockRules { steps, margin_over_limit, after }) = &sheet.lock else { return Ok(()) };
    rate("lock.margin_over_limit", *margin_over_limit)?;
    if let AfterLock::ForcedReduction(levels) = after {
        let field = "lock.after.forced-reduction";
        for (name, level) in [("loss", levels.loss), ("high", levels.high), ("low", levels.low)] {
            rate(format!("{field}.{name}"), level)?;
        }
        ensure(levels.low <= levels.high, || {
            let remedy = format!("take {} at most, the level of those who come first", levels.high);
            fault(format!("{field}.low"), FaultKind::OutOfRange, levels.low, remedy)
        })?;
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

/// Position limits are a lot or more and do not rise towards delivery.
pub(super) fn positions(sheet: &RuleSheet) -> Checked {
    let Some(rules) = &sheet.positions else { return Ok(()) };
    let least = general_tiers(rules)?;
    later_limits(rules, least)
}

/// The smallest limit of the tiers; none without.
fn general_tiers(rules: &PositionRules) -> Result<Option<Lots>, RuleFault> {
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
            let found = if tier.lots.is_some() { "both" } else { "neither" };
            let remedy = "give either `lots` or `share`";
            fault(&field, FaultKind::LotsOrShare, found, remedy)
        })?;
        // A tier of shares is smallest just above its threshold.
        let smallest = tier.limit(Lots::new(above.get().saturating_add(1))).unwrap_or(Lots::ZERO);
        one_lot(&field, smallest)?;
        least = Some(least.map_or(smallest, |least| least.min(smallest)));
    }
    Ok(least)
}

fn later_limits(rules: &PositionRules, mut least: Option<Lots>) -> Checked {
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
