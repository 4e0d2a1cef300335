//! Notices: each by itself, then all together.

use super::super::fault::{FaultKind, RuleFault};
use super::super::notice::{Hour, Notice};
use super::super::sheet::RuleSheet;
use super::risk::limit_of_a_tick;
use super::{Checked, at_least, ensure, fault, rate, text, tick_of};
use crate::units::Rate;

/// Every notice says something consistent, and no two say different things that cannot be compared.
pub(super) fn check(sheet: &RuleSheet) -> Checked {
    for (place, notice) in sheet.notices.iter().enumerate() {
        alone(sheet, &format!("notices[{place}]"), notice)?;
    }
    together(&sheet.notices)
}

fn alone(sheet: &RuleSheet, field: &str, notice: &Notice) -> Checked {
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
            let remedy = format!(
                "name months of `contract.months` ({:?}), not before `first_month`",
                sheet.contract.months
            );
            fault(format!("{field}.contracts"), FaultKind::NoSuchContract, month, remedy)
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
            let under =
                limit_of_a_tick(sheet, &format!("{field}.tick"), limits.rates.general, tick);
            under.map_err(|fault| RuleFault { found: tick.minor().to_string(), ..fault })?;
        }
    }
    if let Some(cap) = notice.opening_cap {
        at_least(&format!("{field}.opening_cap"), cap.get())?;
    }
    limits_of_notice(sheet, field, notice)
}

fn limits_of_notice(sheet: &RuleSheet, field: &str, notice: &Notice) -> Checked {
    if let Some(hedger) = notice.margin_hedger {
        // Alone it could lift hedgers above what speculators post that day.
        ensure(notice.margin.is_some_and(|most| hedger <= most), || {
            let remedy = format!("give `{field}.margin`, at least {hedger}");
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
fn together(notices: &[Notice]) -> Checked {
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
