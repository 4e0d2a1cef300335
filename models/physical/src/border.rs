//! What crosses the border: orders of buyers outside China, the fringe's sales there, transit, the licence queue.
//!
//! Buyers of region r take first what the fringe sells in their region; the rest of their orders ([`crate::stocks`]) is
//! D, the shipments they desire from China, part of it by way of intermediaries ([`crate::transit`]):
//!
//! ```text
//! D = g·use − fringe sales
//! ```
//!
//! At the border D is split into raw and processed goods and into civil and military use, and every cell has its queue
//! ([`crate::licence`]). Military users take fringe material before civil ones, because it needs no licence. Fringe sales
//! that a region does not need go to the others, and what no region needs is sold in China.

use monazite_series::Period;

use crate::curves::BasketDemand;
use crate::factors::Factors;
use crate::licence::{LicenceMonth, LicenceRules, N_CLASSES, N_GOODS, UseClass, advance_queue};
use crate::parameters::Parameters;
use crate::state::{ByRegion, MarketModel};
use crate::stockpile::StockpileRules;
use crate::stocks::{Orders, StockRules};
use crate::transit::{Transit, arrivals, customs_orders, scaled};
use crate::world::OUTSIDE;
use crate::{EndUse, N_BASKETS, N_REGIONS, PhysicalError};

/// Nothing in any region.
pub(crate) const ZERO: ByRegion = [[0.0; N_BASKETS]; N_REGIONS];

/// Rules that hold for every path.
#[derive(Debug, Clone)]
pub(crate) struct BorderRules {
    licences: LicenceRules,
    pub(crate) stocks: StockRules,
    pub(crate) stockpile: StockpileRules,
    pub(crate) leakage_cost: f64,
    leakage_share: f64,
    transit: Transit,
    processed: ByRegion,
    reserve_days: [f64; N_REGIONS],
    withdrawal: [f64; N_GOODS],
    fringe_share: [f64; N_REGIONS],
}

/// What holds at the border in a month, on all paths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BorderMonth {
    licences: LicenceMonth,
    /// Share of processed goods in shipments.
    processed: ByRegion,
    transit: Transit,
    has_transit: bool,
    /// Share of an intermediary's arrivals that can be diverted.
    pub(crate) leakage: f64,
    /// Least hazard that an announcement makes buyers perceive.
    pub(crate) announced: [f64; N_REGIONS],
    /// Baskets that need a licence under any regime.
    pub(crate) licensable: [[bool; N_BASKETS]; N_REGIONS],
    /// Months of use beyond a tariff's rise that are worth holding.
    pub(crate) ahead: [f64; N_REGIONS],
    /// Days of use that the stockpile aims at.
    pub(crate) reserve_days: [f64; N_REGIONS],
}

/// What waits at the border and what is held abroad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Border {
    backlog: [[ByRegion; N_CLASSES]; N_GOODS],
    /// Working stocks of buyers.
    pub(crate) stock: ByRegion,
    /// Strategic stockpiles of governments.
    pub(crate) reserve: ByRegion,
    /// Expected use.
    pub(crate) expected: ByRegion,
    /// Hazard of disruption that buyers perceive.
    pub(crate) hazard: ByRegion,
    /// Part of the stock bought ahead of a tariff.
    pub(crate) forward: ByRegion,
    /// Share of the stock that came from China, and of that which came directly.
    pub(crate) from_china: ByRegion,
    pub(crate) direct: ByRegion,
}

impl Border {
    pub(crate) const EMPTY: Self = Self {
        backlog: [[ZERO; N_CLASSES]; N_GOODS],
        stock: ZERO,
        reserve: ZERO,
        expected: ZERO,
        hazard: ZERO,
        forward: ZERO,
        from_china: ZERO,
        direct: ZERO,
    };

    /// Goods waiting, all cells of a customs destination.
    pub(crate) fn waiting(&self) -> ByRegion {
        let mut total = ZERO;
        for cell in self.backlog.iter().flatten() {
            for (sums, row) in total.iter_mut().zip(cell) {
                for (sum, waiting) in sums.iter_mut().zip(row) {
                    *sum += waiting;
                }
            }
        }
        total
    }

    /// What the users of a region have before they use it.
    pub(crate) fn available(&self, crossing: &Crossing, r: usize, b: usize) -> f64 {
        self.stock[r][b] + (crossing.arrivals[r][b] + crossing.fringe_sales[r][b])
    }

    /// Origins of a region's stock once a month's goods are mixed into it.
    pub(crate) fn mix_origins(&mut self, crossing: &Crossing, r: usize, b: usize) {
        let (arrived, stock) = (crossing.arrivals[r][b], self.stock[r][b]);
        let total = stock + (arrived + crossing.fringe_sales[r][b]);
        if total > 0.0 {
            let mixed = |share: f64, arrived: f64| ((share * stock + arrived) / total).min(1.0);
            self.from_china[r][b] = mixed(self.from_china[r][b], arrived);
            let through = crossing.transit[r][b].min(arrived);
            self.direct[r][b] = mixed(self.direct[r][b], arrived - through);
        }
    }
}

/// What regions would use at the price from China, and what they order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Use of all end uses.
    pub(crate) total: ByRegion,
    /// Of which defence.
    pub(crate) military: ByRegion,
    /// Orders relative to it.
    pub(crate) orders: Orders,
}

/// One month at the border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossing {
    /// From China, by customs destination.
    pub(crate) shipments: ByRegion,
    /// Of which processed goods.
    pub(crate) processed: ByRegion,
    /// Free share of D plus approvals.
    pub(crate) allowed: ByRegion,
    /// Waiting after approvals, as a share of that and shipments.
    pub(crate) refused: ByRegion,
    /// From China, by end user.
    pub(crate) arrivals: ByRegion,
    /// Of which by way of an intermediary.
    pub(crate) transit: ByRegion,
    /// The fringe's sales in the region.
    pub(crate) fringe_sales: ByRegion,
}

impl BorderRules {
    pub(crate) fn new(parameters: &Parameters, model: &MarketModel) -> Result<Self, PhysicalError> {
        let licences = LicenceRules::new(&parameters.licences)?;
        Ok(Self {
            withdrawal: licences.withdrawal(),
            licences,
            stocks: StockRules::new(&parameters.stocks),
            stockpile: StockpileRules::new(&parameters.stocks),
            leakage_cost: parameters.transit.leakage_cost.value,
            leakage_share: parameters.transit.leakage_share.value,
            transit: parameters.transit.matrix(),
            processed: std::array::from_fn(|r| {
                std::array::from_fn(|b| parameters.trade.processed_share[r][b].value)
            }),
            reserve_days: std::array::from_fn(|r| parameters.stocks.reserve_days[r].value),
            fringe_share: model.fringe_share,
        })
    }

    /// The rules of a month under a scenario's factors; `ahead` is what [`StockRules::months_ahead`] says of each region.
    pub(crate) fn in_month(
        &self,
        month: Period,
        factors: &Factors,
        ahead: [f64; N_REGIONS],
    ) -> BorderMonth {
        let shift = factors.value_chain;
        let towards = |share: f64| {
            // A basket without processed forms has none to shift to.
            if share == 0.0 || shift == 0.0 {
                share
            } else if shift > 0.0 {
                share + (1.0 - share) * shift
            } else {
                share * (1.0 + shift)
            }
        };
        let transit = scaled(&self.transit, &factors.transit);
        BorderMonth {
            licences: self.licences.in_month(month, &factors.hazard, factors.free),
            processed: self.processed.map(|row| row.map(towards)),
            has_transit: transit.iter().flatten().any(|&share| share > 0.0),
            transit,
            leakage: (self.leakage_share * factors.leakage).min(1.0),
            announced: factors.announced,
            licensable: std::array::from_fn(|r| {
                std::array::from_fn(|b| self.licences.is_licensed(r, b))
            }),
            ahead,
            reserve_days: std::array::from_fn(|r| {
                (self.reserve_days[r] + factors.stockpile[r]).max(0.0)
            }),
        }
    }

    /// Nothing waiting, stocks and stockpiles on target, origins those of a month without licences.
    fn at_rest(&self, base: &Needs, fringe: &[f64; N_BASKETS]) -> Border {
        let mut border = Border::EMPTY;
        border.expected = base.total;
        for b in 0..N_BASKETS {
            let need: [f64; N_REGIONS] = std::array::from_fn(|r| base.total[r][b]);
            let sales = spread(fringe[b], &self.fringe_share, &need);
            for r in OUTSIDE {
                border.stock[r][b] = self.stocks.cover[r] * need[r];
                border.reserve[r][b] = StockpileRules::target(need[r], self.reserve_days[r]);
                if need[r] > 0.0 {
                    let through: f64 = self.transit.iter().map(|row| row[r]).sum();
                    border.from_china[r][b] = 1.0 - sales[r] / need[r];
                    border.direct[r][b] = border.from_china[r][b] * (1.0 - through);
                }
            }
        }
        border
    }

    /// The queue as it stands when the simulation starts: run from the month of the control at the first month's use and
    /// the base year's fringe sales, prices left out. A control that starts later leaves the border at rest.
    pub(crate) fn warm(&self, start: Period, base: &Needs, fringe: &[f64; N_BASKETS]) -> Border {
        let mut border = self.at_rest(base, fringe);
        let Some(control) = self.licences.control_month() else { return border };
        let n_months = usize::try_from(start.ordinal() - control.ordinal()).unwrap_or(0);
        for month in control.run(n_months) {
            let month = self.in_month(month, &Factors::NONE, [0.0; N_REGIONS]);
            let orders = self.orders(&border, &base.total, &month);
            let needs = Needs { orders, ..*base };
            let outside = self.sales_abroad(&needs, fringe);
            let crossing = self.cross(&mut border, &needs, &outside, &month);
            for r in OUTSIDE {
                for b in 0..N_BASKETS {
                    let available = border.available(&crossing, r, b);
                    border.mix_origins(&crossing, r, b);
                    border.stock[r][b] = (available - base.total[r][b]).max(0.0);
                }
            }
            self.stocks.learn(&mut border, &needs.orders, &base.total, &crossing.refused);
        }
        border
    }

    /// Orders relative to last month's use; 1 in China.
    pub(crate) fn orders(
        &self,
        border: &Border,
        last_use: &ByRegion,
        month: &BorderMonth,
    ) -> Orders {
        self.stocks.orders(border, last_use, month, &self.stockpile)
    }

    /// Goods that return from the queue to the inside market this month.
    pub(crate) fn withdrawn(&self, border: &Border) -> [f64; N_BASKETS] {
        let mut total = [0.0; N_BASKETS];
        for (goods, share) in border.backlog.iter().zip(self.withdrawal) {
            for row in goods.iter().flatten() {
                for (sum, waiting) in total.iter_mut().zip(row) {
                    *sum += share * waiting;
                }
            }
        }
        total
    }

    /// The fringe's outside supply by region.
    pub(crate) fn sales_abroad(&self, needs: &Needs, fringe: &[f64; N_BASKETS]) -> ByRegion {
        let mut sales = ZERO;
        for b in 0..N_BASKETS {
            let need: [f64; N_REGIONS] = std::array::from_fn(|r| {
                if r == 0 { 0.0 } else { needs.orders.factor[r][b] * needs.total[r][b] }
            });
            for (row, sold) in sales.iter_mut().zip(spread(fringe[b], &self.fringe_share, &need)) {
                row[b] = sold;
            }
        }
        sales
    }

    /// Takes applications and approves, and carries goods on to their users.
    pub(crate) fn cross(
        &self,
        border: &mut Border,
        needs: &Needs,
        fringe_sales: &ByRegion,
        month: &BorderMonth,
    ) -> Crossing {
        let mut crossing = Crossing {
            shipments: ZERO,
            processed: ZERO,
            allowed: ZERO,
            refused: ZERO,
            arrivals: ZERO,
            transit: ZERO,
            fringe_sales: *fringe_sales,
        };
        for b in 0..N_BASKETS {
            let (mut civil, mut military) = ([0.0; N_REGIONS], [0.0; N_REGIONS]);
            for r in OUTSIDE {
                let (factor, sales) = (needs.orders.factor[r][b], fringe_sales[r][b]);
                military[r] = (factor * needs.military[r][b] - sales).max(0.0);
                civil[r] = (factor * needs.total[r][b] - sales - military[r]).max(0.0);
            }
            let users: [f64; N_REGIONS] = std::array::from_fn(|r| civil[r] + military[r]);
            if month.has_transit {
                civil = customs_orders(&month.transit, &civil);
                military = customs_orders(&month.transit, &military);
            }
            for r in OUTSIDE {
                self.advance(border, &mut crossing, month, (r, b), [civil[r], military[r]]);
            }
            let shipments: [f64; N_REGIONS] = std::array::from_fn(|r| crossing.shipments[r][b]);
            let (arrived, through) = if month.has_transit {
                let customs = std::array::from_fn(|r| civil[r] + military[r]);
                arrivals(&month.transit, &users, &customs, &shipments)
            } else {
                (shipments, [0.0; N_REGIONS])
            };
            for r in OUTSIDE {
                crossing.arrivals[r][b] = arrived[r];
                crossing.transit[r][b] = through[r];
            }
        }
        crossing
    }

    /// Moves the queues of a customs destination and basket on by a month.
    fn advance(
        &self,
        border: &mut Border,
        crossing: &mut Crossing,
        month: &BorderMonth,
        (r, b): (usize, usize),
        desired: [f64; N_CLASSES],
    ) {
        let share = month.processed[r][b];
        let mut left_waiting = 0.0;
        for goods in 0..N_GOODS {
            let free = month.licences.free[goods][r][b];
            for class in UseClass::ALL {
                let c = class as usize;
                let processed = share * desired[c];
                let of_cell = if goods == 1 { processed } else { desired[c] - processed };
                let waiting = &mut border.backlog[goods][c][r][b];
                if of_cell == 0.0 && *waiting == 0.0 {
                    continue;
                }
                // What nobody controls is shipped.
                if free == 1.0 && *waiting == 0.0 {
                    crossing.ship(goods, (r, b), of_cell, of_cell);
                    continue;
                }
                let hazard = month.licences.hazard[goods][c][r];
                let queue = advance_queue(*waiting, of_cell, free, hazard, self.withdrawal[goods]);
                *waiting = queue.backlog;
                left_waiting += queue.backlog;
                let allowed = free * of_cell + queue.approvals;
                crossing.ship(goods, (r, b), queue.shipments, allowed);
            }
        }
        if left_waiting > 0.0 {
            crossing.refused[r][b] = left_waiting / (crossing.shipments[r][b] + left_waiting);
        }
    }
}

impl Crossing {
    fn ship(&mut self, goods: usize, (r, b): (usize, usize), shipped: f64, allowed: f64) {
        self.shipments[r][b] += shipped;
        self.allowed[r][b] += allowed;
        if goods == 1 {
            self.processed[r][b] += shipped;
        }
    }
}

/// Use at the price from China and its military part, by region.
pub(crate) fn use_at(
    demand: &[BasketDemand<'_>; N_BASKETS],
    prices: &ByRegion,
    orders: &Orders,
) -> Needs {
    let mut needs = Needs { total: ZERO, military: ZERO, orders: *orders };
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
