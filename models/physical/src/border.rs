//! What crosses the border: orders of buyers outside China, the fringe's sales there, the licence queue, stocks in use.
//!
//! Buyers of region r order what they use at the price from China, mend the gap in their working stock, and take first
//! what the fringe sells in their region; the rest is D, the shipments they desire from China:
//!
//! ```text
//! orders = g·use     g = 1 + (target − stock)/(τ·use)     D = orders − fringe sales
//! use = min(use at the price from China, stock + shipments + fringe sales)
//! ```
//!
//! Military users take fringe material before civil ones, because it needs no licence. The target is a fixed tonnage:
//! cover that grows with perceived hazard, pull-forward before tariffs and re-exports come with later parts of the
//! model. Fringe sales that a region does not need go to the others, and what no region needs is sold in China.

use monazite_series::Period;

use crate::curves::BasketDemand;
use crate::licence::{LicenceRules, UseClass, advance_queue};
use crate::parameters::Parameters;
use crate::state::{ByRegion, MarketModel};
use crate::{EndUse, N_BASKETS, N_REGIONS, PhysicalError, Region};

const CLASSES: [UseClass; 2] = [UseClass::Civil, UseClass::Military];
const ZERO: ByRegion = [[0.0; N_BASKETS]; N_REGIONS];

/// Rules that hold for every path.
#[derive(Debug, Clone)]
pub(crate) struct BorderRules {
    licences: LicenceRules,
    target: ByRegion,
    restocking: f64,
    fringe_share: [f64; N_REGIONS],
}

/// What waits at the border and what buyers hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Border {
    backlog: [ByRegion; CLASSES.len()],
    pub(crate) stock: ByRegion,
}

impl Border {
    /// Goods waiting, civil and military.
    pub(crate) fn waiting(&self) -> ByRegion {
        let [civil, military] = &self.backlog;
        std::array::from_fn(|r| std::array::from_fn(|b| civil[r][b] + military[r][b]))
    }
}

/// What regions would use at the price from China, and what they order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Use of all end uses.
    pub(crate) total: ByRegion,
    /// Of which defence.
    pub(crate) military: ByRegion,
    /// g.
    pub(crate) orders: ByRegion,
}

/// One month at the border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossing {
    /// From China.
    pub(crate) shipments: ByRegion,
    /// Free share of D plus approvals.
    pub(crate) allowed: ByRegion,
    /// The fringe's sales in the region.
    pub(crate) fringe_sales: ByRegion,
}

impl BorderRules {
    /// `base_use` is use in the base year, which the target counts in.
    pub(crate) fn new(
        parameters: &Parameters,
        model: &MarketModel,
        base_use: &ByRegion,
    ) -> Result<Self, PhysicalError> {
        let cover = parameters.trade.stock_cover.value;
        let mut target = ZERO;
        for r in 1..N_REGIONS {
            target[r] = base_use[r].map(|quantity| cover * quantity);
        }
        Ok(Self {
            licences: LicenceRules::new(&parameters.licences)?,
            target,
            restocking: parameters.trade.restocking.value,
            fringe_share: model.fringe_share,
        })
    }

    /// Nothing waiting and stocks on target.
    pub(crate) fn at_rest(&self) -> Border {
        Border { backlog: [ZERO; CLASSES.len()], stock: self.target }
    }

    /// The queue as it stands when the simulation starts: run from the month of the control at base-year use and fringe
    /// sales, prices left out. A control that starts later leaves the border at rest.
    pub(crate) fn warm(&self, start: Period, base: &Needs, fringe: &[f64; N_BASKETS]) -> Border {
        let mut border = self.at_rest();
        let Some(control) = self.licences.control_month() else { return border };
        let n_months = usize::try_from(start.ordinal() - control.ordinal()).unwrap_or(0);
        for month in control.run(n_months) {
            let needs = Needs { orders: self.orders(&border, &base.total), ..*base };
            let crossing = self.cross(&mut border, &needs, fringe, month, (1.0, 1.0));
            for r in 1..N_REGIONS {
                for b in 0..N_BASKETS {
                    let available = border.stock[r][b]
                        + (crossing.shipments[r][b] + crossing.fringe_sales[r][b]);
                    border.stock[r][b] = (available - base.total[r][b]).max(0.0);
                }
            }
        }
        border
    }

    /// g by region and basket, from stocks and last month's use; 1 in China.
    pub(crate) fn orders(&self, border: &Border, last_use: &ByRegion) -> ByRegion {
        let mut orders = [[1.0; N_BASKETS]; N_REGIONS];
        for r in 1..N_REGIONS {
            for b in 0..N_BASKETS {
                let gap = self.target[r][b] - border.stock[r][b];
                if last_use[r][b] > 0.0 && gap != 0.0 {
                    orders[r][b] = (1.0 + gap / (self.restocking * last_use[r][b])).max(0.0);
                }
            }
        }
        orders
    }

    /// Goods that return from the queue to the inside market this month.
    pub(crate) fn withdrawn(&self, border: &Border) -> [f64; N_BASKETS] {
        let mut total = [0.0; N_BASKETS];
        for row in border.backlog.iter().flatten() {
            for (sum, waiting) in total.iter_mut().zip(row) {
                *sum += self.licences.withdrawal * waiting;
            }
        }
        total
    }

    /// Sells the fringe's outside supply, takes applications and approves; a scenario's factors are on the hazard and on
    /// the share that needs no licence.
    pub(crate) fn cross(
        &self,
        border: &mut Border,
        needs: &Needs,
        fringe: &[f64; N_BASKETS],
        month: Period,
        (hazard_factor, free_factor): (f64, f64),
    ) -> Crossing {
        let mut crossing = Crossing { shipments: ZERO, allowed: ZERO, fringe_sales: ZERO };
        for b in 0..N_BASKETS {
            let need: [f64; N_REGIONS] = std::array::from_fn(|r| {
                if r == 0 { 0.0 } else { needs.orders[r][b] * needs.total[r][b] }
            });
            let sales = spread(fringe[b], &self.fringe_share, &need);
            for region in Region::OUTSIDE {
                let r = region.index();
                crossing.fringe_sales[r][b] = sales[r];
                let free = (self.licences.uncontrolled(region, b, month) * free_factor).min(1.0);
                let military = (needs.orders[r][b] * needs.military[r][b] - sales[r]).max(0.0);
                let civil = (need[r] - sales[r] - military).max(0.0);
                for (class, desired) in CLASSES.into_iter().zip([civil, military]) {
                    let hazard = self.licences.hazard(region, class, month, hazard_factor);
                    let waiting = &mut border.backlog[class as usize][r][b];
                    let queue =
                        advance_queue(*waiting, desired, free, hazard, self.licences.withdrawal);
                    *waiting = queue.backlog;
                    crossing.shipments[r][b] += queue.shipments;
                    crossing.allowed[r][b] += free * desired + queue.approvals;
                }
            }
        }
        crossing
    }
}

/// Use at the price from China and its military part, by region.
pub(crate) fn use_at(
    demand: &[BasketDemand; N_BASKETS],
    prices: &ByRegion,
    orders: ByRegion,
) -> Needs {
    let mut needs = Needs { total: ZERO, military: ZERO, orders };
    for b in 0..N_BASKETS {
        let by_region = demand[b].uses_at(&std::array::from_fn(|r| prices[r][b]));
        for (r, uses) in by_region.iter().enumerate() {
            needs.total[r][b] = uses.iter().sum();
            needs.military[r][b] = uses[EndUse::Defence.index()];
        }
    }
    needs
}

/// Spreads a quantity by shares, no region getting more than its need; what is over goes to the others in proportion to
/// what they still need, and is left if nobody needs it.
fn spread(quantity: f64, shares: &[f64; N_REGIONS], need: &[f64; N_REGIONS]) -> [f64; N_REGIONS] {
    let mut given: [f64; N_REGIONS] = std::array::from_fn(|r| (quantity * shares[r]).min(need[r]));
    let over = quantity - given.iter().sum::<f64>();
    let open: f64 = need.iter().zip(&given).map(|(n, g)| n - g).sum();
    if over > 1e-12 * quantity && open > 0.0 {
        let part = (over / open).min(1.0);
        for (g, n) in given.iter_mut().zip(need) {
            *g += part * (n - *g);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_region_does_not_need_goes_to_the_others() {
        let mut shares = [0.0; N_REGIONS];
        (shares[1], shares[2]) = (0.75, 0.25);
        let mut need = [0.0; N_REGIONS];
        (need[1], need[2], need[3]) = (30.0, 40.0, 60.0);
        // Japan takes 30 of 75; 45 are over, the US still need 15 and Europe 60: three fifths each.
        let given = spread(100.0, &shares, &need);
        assert!((given[1] - 30.0).abs() < 1e-12);
        assert!((given[2] - (25.0 + 9.0)).abs() < 1e-12 && (given[3] - 36.0).abs() < 1e-12);
        let given = spread(500.0, &shares, &need);
        assert_eq!(given[1..4], [30.0, 40.0, 60.0]);
        assert_eq!(spread(8.0, &shares, &need)[1..3], [6.0, 2.0]);
    }
}
