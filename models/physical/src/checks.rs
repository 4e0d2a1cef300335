//! What has to hold in every month of every path, whatever the parameters.
//!
//! ```text
//! own + fringe − fringe sales outside = use in China + shipments + change of backlog and of storers' stock + dumped
//! storers' stock at the beginning = at the end of the month before                  by basket
//! arrivals + fringe sales + leakage = use + change of stock and stockpile           by region and basket
//! shipments ≤ free share of D + approvals                             by customs destination and basket
//! shipments, summed over destinations = arrivals, summed over users; leakage sums to zero         by basket
//! 0 ≤ μ ⟂ X ≤ Q̄                                        by controlled ore, where the first-order conditions hold too
//! ```
//!
//! The balances are taken from what is stored, not from the solver, so that a term left out anywhere shows.

use std::fmt;

use monazite_series::Period;

use crate::record::Record;
use crate::state::ByRegion;
use crate::supply::SupplyRecord;
use crate::world::OUTSIDE;
use crate::{Basket, N_BASKETS, Ore, Region};

/// Imbalance allowed, relative to the quantities in the balance; complementarity missed, relative to revenue.
const TOLERANCE: f64 = 1e-9;

/// A condition that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Path, from 1.
    pub path: usize,
    /// Month.
    pub month: Period,
    /// What does not hold.
    pub what: String,
    /// By how much, relative to the quantities in it.
    pub size: f64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path {}, {}: {} by {:e}", self.path, self.month, self.what, self.size)
    }
}

/// What stands at the border and abroad before a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Opening {
    pub(crate) backlog: ByRegion,
    pub(crate) stock: ByRegion,
    pub(crate) reserve: ByRegion,
}

/// Violations, and the largest relative imbalance of all balances.
pub(crate) fn violations(
    records: &[Record],
    n_months: usize,
    start: Period,
    first: &Opening,
) -> (Vec<Violation>, f64) {
    let (mut found, mut largest) = (Vec::new(), 0.0_f64);
    for (path_idx, path) in records.chunks(n_months).enumerate() {
        let (mut before, mut stored) = (*first, None);
        for (t, now) in path.iter().enumerate() {
            let mut report = |what: &dyn Fn() -> String, size: f64, is_balance: bool| {
                if is_balance {
                    largest = largest.max(size);
                }
                // Written so that a NaN is reported.
                if size.partial_cmp(&TOLERANCE).is_none_or(std::cmp::Ordering::is_gt) {
                    let month = start.plus(t as i64);
                    found.push(Violation { path: path_idx + 1, month, what: what(), size });
                }
            };
            check_month(now, &before, &mut report);
            let held: &[f64; N_BASKETS] = stored.unwrap_or(&now.carried);
            for (basket, (carried, held)) in
                Basket::ALL.into_iter().zip(now.carried.iter().zip(held))
            {
                let size = (carried - held).abs() / held.max(f64::MIN_POSITIVE);
                report(&|| format!("storers' stock of {basket} does not carry over"), size, true);
            }
            before = Opening { backlog: now.backlog, stock: now.stock, reserve: now.reserve };
            stored = Some(&now.stored);
        }
    }
    (found, largest)
}

/// The same of pools of scrap and of the stockpile of concentrate.
///
/// ```text
/// arisings = lost + recycled + change of the pool                   by basket
/// mined = separated by the mine + shipped + change of the stockpile
/// ```
pub(crate) fn supply_violations(
    records: &[Record],
    n_months: usize,
    start: Period,
    first: &SupplyRecord,
) -> (Vec<Violation>, f64) {
    let (mut found, mut largest) = (Vec::new(), 0.0_f64);
    for (path_idx, path) in records.chunks(n_months).enumerate() {
        let mut before = first;
        for (t, record) in path.iter().enumerate() {
            let now = &record.supply;
            let mut report = |what: &dyn Fn() -> String, gap: f64, scale: f64, is_balance: bool| {
                let size = gap / scale.max(f64::MIN_POSITIVE);
                if is_balance {
                    largest = largest.max(size);
                }
                if size.partial_cmp(&TOLERANCE).is_none_or(std::cmp::Ordering::is_gt) {
                    let month = start.plus(t as i64);
                    found.push(Violation { path: path_idx + 1, month, what: what(), size });
                }
            };
            for basket in Basket::ALL {
                let b = basket.index();
                let kept = now.lost[b] + now.recycled[b] + now.scrap[b] - before.scrap[b];
                let gap = (now.arisings[b] - kept).abs();
                report(&|| format!("scrap of {basket} does not add up"), gap, now.scrap[b], true);
                let below = (-now.scrap[b]).max(0.0);
                report(&|| format!("scrap of {basket} is {}", now.scrap[b]), below, 1.0, false);
            }
            let placed = now.separated + now.shipped + now.concentrate - before.concentrate;
            let scale = now.mined + now.concentrate.abs();
            report(
                &|| "concentrate does not add up".to_owned(),
                (now.mined - placed).abs(),
                scale,
                true,
            );
            let below = (-now.concentrate).max(0.0);
            report(&|| format!("stock of concentrate is {}", now.concentrate), below, 1.0, false);
            before = now;
        }
    }
    (found, largest)
}

/// Takes what to say, how large it is, and whether it is a balance.
type Report<'a> = dyn FnMut(&dyn Fn() -> String, f64, bool) + 'a;

/// The supplier's decision in force: outputs within their limits, conditions met, and held until the next one.
fn check_decision(now: &Record, report: &mut Report<'_>) {
    let decision = &now.decision;
    let residual = if decision.residual.is_finite() { decision.residual } else { f64::INFINITY };
    report(&|| "first-order conditions of the supplier are missed".to_owned(), residual, false);
    for (i, ore) in Ore::CONTROLLED.into_iter().enumerate() {
        let (output, limit, shadow) = (decision.outputs[i], decision.limits[i], decision.shadow[i]);
        let scale = limit.max(f64::MIN_POSITIVE);
        report(&|| format!("{ore} above its limit"), (output - limit).max(0.0) / scale, false);
        report(&|| format!("output of {ore} is negative"), (-output).max(0.0) / scale, false);
        // μ > 0 only at the limit.
        let slack = if shadow > 0.0 { (limit - output).max(0.0) / scale } else { 0.0 };
        report(&|| format!("{ore} has a shadow price below its limit"), slack, false);
        let moved = (now.outputs[i] - output).abs() / scale;
        report(&|| format!("{ore} moved between setting months"), moved, false);
    }
}

fn check_month(now: &Record, before: &Opening, report: &mut Report<'_>) {
    let china = Region::China.index();
    check_decision(now, report);
    for b in 0..N_BASKETS {
        let basket = Basket::ALL[b];
        let supply = now.own[b] + now.fringe[b];
        let mut placed =
            now.region_use[china][b] + now.dumped[b] + (now.stored[b] - now.carried[b]);
        let mut scale = supply + now.stored[b] + now.carried[b];
        let (mut shipped, mut arrivals, mut leaked) = (0.0, 0.0, 0.0);
        if !now.stored[b].is_finite() || now.stored[b] < 0.0 {
            report(&|| format!("storers hold {} of {basket}", now.stored[b]), f64::INFINITY, false);
        }
        for r in OUTSIDE {
            let region = Region::ALL[r];
            let waiting = now.backlog[r][b] - before.backlog[r][b];
            placed += now.fringe_sales[r][b] + now.shipments[r][b] + waiting;
            scale += now.backlog[r][b] + before.backlog[r][b];
            shipped += now.shipments[r][b];
            arrivals += now.arrivals[r][b];
            leaked += now.leaked[r][b];
            let arrived = now.arrivals[r][b] + now.fringe_sales[r][b] + now.leaked[r][b];
            let used = now.region_use[r][b] + now.stock[r][b] - before.stock[r][b]
                + now.reserve[r][b]
                - before.reserve[r][b];
            let held =
                now.stock[r][b] + now.reserve[r][b] + before.stock[r][b] + before.reserve[r][b];
            let size = (arrived - used).abs() / (arrived.abs() + held).max(f64::MIN_POSITIVE);
            report(&|| format!("{basket} in {region} does not add up"), size, true);
            let over = (now.shipments[r][b] - now.allowed[r][b]) / now.allowed[r][b].max(1e-9);
            report(&|| format!("{basket} shipped to {region} without leave"), over.max(0.0), false);
            for (name, value) in [
                ("use", now.region_use[r][b]),
                ("unmet use", now.unmet[r][b]),
                ("shipments", now.shipments[r][b]),
                ("fringe sales", now.fringe_sales[r][b]),
                ("backlog", now.backlog[r][b]),
                ("stock", now.stock[r][b]),
                ("processed shipments", now.processed[r][b]),
                ("raw shipments", now.shipments[r][b] * (1.0 + TOLERANCE) - now.processed[r][b]),
                ("arrivals", now.arrivals[r][b]),
                ("transit", now.transit[r][b]),
                ("stockpile", now.reserve[r][b]),
                ("forward stock", now.forward[r][b]),
                ("perceived hazard", now.hazard[r][b]),
                ("perceived safety", 1.0 - now.hazard[r][b]),
                ("exposure", now.from_china[r][b]),
            ] {
                let size = if value.is_finite() { (-value).max(0.0) } else { f64::INFINITY };
                report(&|| format!("{name} of {basket} in {region} is {value}"), size, false);
            }
            if !now.region_price[r][b].is_finite() {
                report(&|| format!("no price of {basket} in {region}"), f64::INFINITY, false);
            }
        }
        let size = (shipped - arrivals).abs() / shipped.max(f64::MIN_POSITIVE);
        report(&|| format!("{basket} in transit does not add up"), size, true);
        let size = leaked.abs() / arrivals.max(f64::MIN_POSITIVE);
        report(&|| format!("leakage of {basket} does not add up"), size, true);
        let size = (supply - placed).abs() / scale.max(f64::MIN_POSITIVE);
        report(&|| format!("{basket} in China does not add up"), size, true);
        if !now.price[b].is_finite() {
            report(&|| format!("no price of {basket} in China"), f64::INFINITY, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 t made, 60 used at home, 30 shipped, 10 wait; abroad 30 arrive and 25 are used.
    fn month() -> Record {
        let mut record = Record::EMPTY;
        record.own[1] = 100.0;
        record.region_use[0][1] = 60.0;
        (record.shipments[2][1], record.allowed[2][1]) = (30.0, 30.0);
        record.arrivals[2][1] = 30.0;
        (record.backlog[2][1], record.stock[2][1], record.region_use[2][1]) = (10.0, 5.0, 25.0);
        record
    }

    fn found(record: &Record) -> Vec<Violation> {
        let nothing = [[0.0; N_BASKETS]; crate::N_REGIONS];
        let first = Opening { backlog: nothing, stock: nothing, reserve: nothing };
        violations(std::slice::from_ref(record), 1, "2026-03".parse().unwrap(), &first).0
    }

    #[test]
    fn what_is_broken_is_named() {
        assert!(found(&month()).is_empty());
        let mut leaking = month();
        leaking.own[1] += 1.0;
        let all = found(&leaking);
        assert!(
            all.len() == 1 && all[0].to_string().contains("NdPr in China does not add up"),
            "{all:?}"
        );
        let mut smuggled = month();
        smuggled.allowed[2][1] = 20.0;
        let all = found(&smuggled);
        assert!(
            all.len() == 1
                && all[0].what == "NdPr shipped to us without leave"
                && all[0].size == 0.5
        );
        let mut eaten = month();
        eaten.region_use[2][1] = 29.0;
        assert!(found(&eaten)[0].what.contains("in us does not add up"));
        let mut idle = month();
        idle.decision.limits = [100.0; 2];
        idle.decision.shadow[1] = 5.0;
        assert_eq!(found(&idle)[0].what, "china-clay has a shadow price below its limit");
        idle.decision.shadow[1] = 0.0;
        (idle.outputs[0], idle.decision.outputs[0]) = (120.0, 120.0);
        assert_eq!(found(&idle)[0].what, "china-light above its limit");
        let mut missed = month();
        missed.decision.residual = f64::NAN;
        assert!(found(&missed)[0].what.contains("first-order conditions"));
        let mut hoarded = month();
        hoarded.reserve[2][1] = 1.0;
        assert!(found(&hoarded)[0].what.contains("in us does not add up"));
        let mut astray = month();
        (astray.arrivals[2][1], astray.arrivals[3][1]) = (25.0, 4.0);
        astray.region_use[3][1] = 4.0;
        let all = found(&astray);
        assert!(all.iter().any(|one| one.what == "NdPr in transit does not add up"), "{all:?}");
        let mut made_up = month();
        (made_up.leaked[2][1], made_up.stock[2][1]) = (1.0, 6.0);
        assert!(found(&made_up)[0].what.contains("leakage of NdPr does not add up"));
        let mut lost = month();
        lost.region_price[3][0] = f64::NAN;
        assert!(found(&lost)[0].what.contains("no price of LaCe in europe"));
    }
}
