//! Use, stocks and prices of the regions outside China once a month's goods are there.
//!
//! In this order, basket by basket: what is short in one region is drawn from intermediaries where that pays (leakage);
//! stockpiles open ([`crate::stockpile`]); use is what is wanted at the price from China or what there is, and where it
//! is less the region's price clears its demand at what there is; stockpiles take their share of what is left of
//! arrivals.
//!
//! ```text
//! arrivals + fringe sales + leakage = use + change of buyers' stock + change of stockpile
//! ```

use crate::border::{Border, BorderMonth, BorderRules, Crossing, Needs, ZERO};
use crate::curves::BasketDemand;
use crate::state::ByRegion;
use crate::stockpile::{Shortage, StockpileRules};
use crate::world::OUTSIDE;
use crate::{N_BASKETS, N_REGIONS, N_USES, Region};

/// What rounding leaves short of a need is not a shortage.
const ROUNDING: f64 = 1e-9;

/// A month outside China.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Abroad {
    pub(crate) price: ByRegion,
    pub(crate) used: ByRegion,
    pub(crate) unmet: ByRegion,
    /// By end use, all baskets.
    pub(crate) unmet_use: [[f64; N_USES]; N_REGIONS],
    /// What a region got from intermediaries against a refusal; negative for what it gave.
    pub(crate) leaked: ByRegion,
}

impl BorderRules {
    /// Serves the users outside China.
    pub(crate) fn serve(
        &self,
        border: &mut Border,
        (needs, crossing): (&Needs, &Crossing),
        demand: &[BasketDemand<'_>; N_BASKETS],
        parity: &ByRegion,
        month: &BorderMonth,
    ) -> Abroad {
        let mut abroad = Abroad {
            price: *parity,
            used: needs.total,
            unmet: ZERO,
            leaked: ZERO,
            unmet_use: [[0.0; N_USES]; N_REGIONS],
        };
        for b in 0..N_BASKETS {
            let mut available = [0.0; N_REGIONS];
            let mut short = false;
            for r in OUTSIDE {
                available[r] = border.available(crossing, r, b);
                short |= is_short(available[r], needs.total[r][b]);
                border.mix_origins(crossing, r, b);
            }
            if short && month.leakage > 0.0 {
                let there = (needs, crossing, parity);
                let leaked = self.leak(border, there, &demand[b], &mut available, (month, b));
                for r in OUTSIDE {
                    abroad.leaked[r][b] = leaked[r];
                }
            }
            for r in OUTSIDE {
                let wanted = needs.total[r][b];
                if is_short(available[r], wanted) {
                    let mut price = demand[b].region_price(r, available[r], parity[r][b]);
                    let held = border.reserve[r][b];
                    if held > 0.0 {
                        let premium = price / parity[r][b];
                        let shortage = Shortage { wanted, available: available[r], premium };
                        let target =
                            StockpileRules::target(border.expected[r][b], month.reserve_days[r]);
                        let given = self.stockpile.release(&shortage, target, held);
                        if given > 0.0 {
                            available[r] += given;
                            border.reserve[r][b] -= given;
                            price = demand[b].region_price(r, available[r], parity[r][b]);
                        }
                    }
                    if is_short(available[r], wanted) {
                        abroad.price[r][b] = price;
                        abroad.unmet[r][b] = wanted - available[r];
                        let at = |price| demand[b].region_uses(r, price).0;
                        let (whole, had) = (at(parity[r][b]), at(price));
                        for u in 0..N_USES {
                            abroad.unmet_use[r][u] += (whole[u] - had[u]).max(0.0);
                        }
                    }
                }
                abroad.used[r][b] = wanted.min(available[r]);
                border.stock[r][b] = available[r] - abroad.used[r][b];
                let reserve = needs.orders.reserve[r][b];
                if reserve > 0.0 {
                    // The stockpile's part of arrivals, as long as industry does not need it.
                    let arrived = crossing.arrivals[r][b] + crossing.fringe_sales[r][b];
                    let part = (reserve / needs.orders.factor[r][b]).min(1.0);
                    let bought = (part * arrived).min(border.stock[r][b]);
                    border.stock[r][b] -= bought;
                    border.reserve[r][b] += bought;
                }
            }
        }
        abroad
    }

    /// Draws on intermediaries for regions that are short of a basket; returns what each region gained.
    fn leak(
        &self,
        border: &mut Border,
        (needs, crossing, parity): (&Needs, &Crossing, &ByRegion),
        demand: &BasketDemand<'_>,
        available: &mut [f64; N_REGIONS],
        (month, b): (&BorderMonth, usize),
    ) -> [f64; N_REGIONS] {
        let mut leaked = [0.0; N_REGIONS];
        for importer in Region::INTERMEDIARIES {
            let i = importer.index();
            let idle = available[i] - needs.total[i][b];
            let mut spare = idle.min(month.leakage * crossing.arrivals[i][b]);
            let bound = parity[i][b] * (1.0 + self.leakage_cost);
            for j in OUTSIDE {
                let wanted = needs.total[j][b];
                if spare <= 0.0 || j == i || !is_short(available[j], wanted) {
                    continue;
                }
                // At the bound users of j would take this much; below their price from China they want no more.
                let worth = if bound <= parity[j][b] {
                    wanted
                } else {
                    demand.region_uses(j, bound).0.iter().sum()
                };
                let moved = (worth - available[j]).min(spare);
                if moved > 0.0 {
                    let share = moved / (available[j] + moved);
                    let mixed = border.from_china[i][b] - border.from_china[j][b];
                    border.from_china[j][b] += share * mixed;
                    border.direct[j][b] *= 1.0 - share;
                    available[i] -= moved;
                    available[j] += moved;
                    leaked[i] -= moved;
                    leaked[j] += moved;
                    spare -= moved;
                }
            }
        }
        leaked
    }
}

fn is_short(available: f64, wanted: f64) -> bool {
    available < wanted * (1.0 - ROUNDING)
}
