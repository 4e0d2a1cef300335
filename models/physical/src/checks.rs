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

/// What stands at the border, abroad and in pools before a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Opening {
    pub(crate) backlog: ByRegion,
    pub(crate) stock: ByRegion,
    pub(crate) reserve: ByRegion,
    pub(crate) supply: SupplyRecord,
}

/// The audit of a path, month after month as they are settled.
#[derive(Debug)]
pub(crate) struct Audit {
    path: usize,
    start: Period,
    month_idx: usize,
    before: Opening,
    stored: Option<[f64; N_BASKETS]>,
    found: Vec<Violation>,
    largest: f64,
}

impl Audit {
    /// Of a path, counted from 1, that begins with an opening in a month.
    pub(crate) const fn new(path: usize, start: Period, before: &Opening) -> Self {
        Self {
            path,
            start,
            month_idx: 0,
            before: *before,
            stored: None,
            found: Vec::new(),
            largest: 0.0,
        }
    }

    /// Violations, and the largest relative imbalance of all balances.
    pub(crate) fn finish(self) -> (Vec<Violation>, f64) {
        (self.found, self.largest)
    }

    /// Checks the next month.
    pub(crate) fn month(&mut self, now: &Record) {
        self.decision(now);
        self.signs(now);
        for basket in Basket::ALL {
            self.abroad(now, basket);
            self.china(now, basket);
            self.pool(&now.supply, basket);
        }
        self.concentrate(&now.supply);
        self.before = Opening {
            backlog: now.backlog,
            stock: now.stock,
            reserve: now.reserve,
            supply: now.supply,
        };
        self.stored = Some(now.stored);
        self.month_idx += 1;
    }

    /// A condition that is missed by a relative size, which has to be within the tolerance. Written so that a NaN is
    /// reported.
    #[inline]
    fn condition(&mut self, size: f64, what: impl Fn() -> String) {
        if size.partial_cmp(&TOLERANCE).is_none_or(std::cmp::Ordering::is_gt) {
            self.violation(size, what());
        }
    }

    /// A balance: its relative imbalance is kept besides.
    #[inline]
    fn balance(&mut self, size: f64, what: impl Fn() -> String) {
        self.largest = self.largest.max(size);
        self.condition(size, what);
    }

    #[cold]
    fn violation(&mut self, size: f64, what: String) {
        let month = self.start.plus(self.month_idx as i64);
        self.found.push(Violation { path: self.path, month, what, size });
    }

    /// The supplier's decision in force: outputs within their limits, conditions met, and held until the next one.
    fn decision(&mut self, now: &Record) {
        let decision = &now.decision;
        let residual = decision.residual;
        let residual = if residual.is_finite() { residual } else { f64::INFINITY };
        self.condition(residual, || "first-order conditions of the supplier are missed".to_owned());
        for (i, ore) in Ore::CONTROLLED.into_iter().enumerate() {
            let (output, limit) = (decision.outputs[i], decision.limits[i]);
            let scale = limit.max(f64::MIN_POSITIVE);
            self.condition((output - limit).max(0.0) / scale, || format!("{ore} above its limit"));
            let below = (-output).max(0.0) / scale;
            self.condition(below, || format!("output of {ore} is negative"));
            // μ > 0 only at the limit.
            let slack =
                if decision.shadow[i] > 0.0 { (limit - output).max(0.0) / scale } else { 0.0 };
            self.condition(slack, || format!("{ore} has a shadow price below its limit"));
            let moved = (now.outputs[i] - output).abs() / scale;
            self.condition(moved, || format!("{ore} moved between setting months"));
        }
    }

    /// Quantities and shares are finite and not negative, prices finite.
    fn signs(&mut self, now: &Record) {
        let (mut raw, mut safety) = (now.shipments, now.hazard);
        for r in OUTSIDE {
            for b in 0..N_BASKETS {
                raw[r][b] = now.shipments[r][b] * (1.0 + TOLERANCE) - now.processed[r][b];
                safety[r][b] = 1.0 - now.hazard[r][b];
            }
        }
        for (name, values) in [
            ("use", &now.region_use),
            ("unmet use", &now.unmet),
            ("shipments", &now.shipments),
            ("fringe sales", &now.fringe_sales),
            ("backlog", &now.backlog),
            ("stock", &now.stock),
            ("processed shipments", &now.processed),
            ("raw shipments", &raw),
            ("arrivals", &now.arrivals),
            ("transit", &now.transit),
            ("stockpile", &now.reserve),
            ("forward stock", &now.forward),
            ("perceived hazard", &now.hazard),
            ("perceived safety", &safety),
            ("exposure", &now.from_china),
        ] {
            if !all_abroad(values, |value| (0.0..f64::INFINITY).contains(&value)) {
                self.each_sign(name, values);
            }
        }
        if !all_abroad(&now.region_price, |price| price.abs() < f64::INFINITY) {
            for (r, basket) in OUTSIDE.into_iter().flat_map(|r| Basket::ALL.map(|one| (r, one))) {
                if !now.region_price[r][basket.index()].is_finite() {
                    let region = Region::ALL[r];
                    self.condition(f64::INFINITY, || format!("no price of {basket} in {region}"));
                }
            }
        }
        for basket in Basket::ALL {
            if !now.price[basket.index()].is_finite() {
                self.condition(f64::INFINITY, || format!("no price of {basket} in China"));
            }
            let stored = now.stored[basket.index()];
            if !stored.is_finite() || stored < 0.0 {
                self.condition(f64::INFINITY, || format!("storers hold {stored} of {basket}"));
            }
        }
    }

    #[cold]
    fn each_sign(&mut self, name: &str, values: &ByRegion) {
        for r in OUTSIDE {
            for basket in Basket::ALL {
                let (value, region) = (values[r][basket.index()], Region::ALL[r]);
                let size = if value.is_finite() { (-value).max(0.0) } else { f64::INFINITY };
                self.condition(size, || format!("{name} of {basket} in {region} is {value}"));
            }
        }
    }

    /// What arrives in a region is used or kept, nothing ships without leave, transit and leakage lose nothing.
    fn abroad(&mut self, now: &Record, basket: Basket) {
        let b = basket.index();
        let (mut shipped, mut arrivals, mut leaked) = (0.0, 0.0, 0.0);
        for r in OUTSIDE {
            let (before, region) = (&self.before, Region::ALL[r]);
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
            self.balance(size, || format!("{basket} in {region} does not add up"));
            let over = (now.shipments[r][b] - now.allowed[r][b]).max(0.0);
            let size = if over == 0.0 { 0.0 } else { over / now.allowed[r][b].max(1e-9) };
            self.condition(size, || format!("{basket} shipped to {region} without leave"));
        }
        let size = (shipped - arrivals).abs() / shipped.max(f64::MIN_POSITIVE);
        self.balance(size, || format!("{basket} in transit does not add up"));
        let size = leaked.abs() / arrivals.max(f64::MIN_POSITIVE);
        self.balance(size, || format!("leakage of {basket} does not add up"));
    }

    /// Supply on China's market is used, shipped, waits, is stored or dumped.
    fn china(&mut self, now: &Record, basket: Basket) {
        let b = basket.index();
        let supply = now.own[b] + now.fringe[b];
        let mut placed = now.region_use[Region::China.index()][b]
            + now.dumped[b]
            + (now.stored[b] - now.carried[b]);
        let mut scale = supply + now.stored[b] + now.carried[b];
        for r in OUTSIDE {
            let waiting = now.backlog[r][b] - self.before.backlog[r][b];
            placed += now.fringe_sales[r][b] + now.shipments[r][b] + waiting;
            scale += now.backlog[r][b] + self.before.backlog[r][b];
        }
        let size = (supply - placed).abs() / scale.max(f64::MIN_POSITIVE);
        self.balance(size, || format!("{basket} in China does not add up"));
        let held = self.stored.map_or(now.carried[b], |stored| stored[b]);
        let size = (now.carried[b] - held).abs() / held.max(f64::MIN_POSITIVE);
        self.balance(size, || format!("storers' stock of {basket} does not carry over"));
    }

    /// Pools of scrap: arisings = lost + recycled + change of the pool.
    fn pool(&mut self, now: &SupplyRecord, basket: Basket) {
        let b = basket.index();
        let kept = now.lost[b] + now.recycled[b] + now.scrap[b] - self.before.supply.scrap[b];
        let size = (now.arisings[b] - kept).abs() / now.scrap[b].max(f64::MIN_POSITIVE);
        self.balance(size, || format!("scrap of {basket} does not add up"));
        let below = (-now.scrap[b]).max(0.0);
        self.condition(below, || format!("scrap of {basket} is {}", now.scrap[b]));
    }

    /// The stockpile of concentrate: mined = separated by the mine + shipped + change of the stockpile.
    fn concentrate(&mut self, now: &SupplyRecord) {
        let change = now.concentrate - self.before.supply.concentrate;
        let placed = now.separated + now.shipped + change;
        let scale = (now.mined + now.concentrate.abs()).max(f64::MIN_POSITIVE);
        self.balance((now.mined - placed).abs() / scale, || {
            "concentrate does not add up".to_owned()
        });
        let below = (-now.concentrate).max(0.0);
        self.condition(below, || format!("stock of concentrate is {}", now.concentrate));
    }
}

/// Whether a condition holds of every basket in every region outside China: no branch until all are looked at.
#[inline]
fn all_abroad(values: &ByRegion, holds: impl Fn(f64) -> bool) -> bool {
    let mut all = true;
    for r in OUTSIDE {
        for b in 0..N_BASKETS {
            all &= holds(values[r][b]);
        }
    }
    all
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
        let supply = SupplyRecord::EMPTY;
        let before = Opening { backlog: nothing, stock: nothing, reserve: nothing, supply };
        let mut audit = Audit::new(1, "2026-03".parse().unwrap(), &before);
        audit.month(record);
        audit.finish().0
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
