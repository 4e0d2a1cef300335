//! Intermediaries: what reaches its user by way of another region, and what leaks where a licence refuses.
//!
//! Importers of the Netherlands (in the region Europe) and Taiwan buy in China, transform and sell on. With T[k][j] the
//! share of what j's users order in China that they order by way of k, and `D_j` those orders,
//!
//! ```text
//! customs orders of i = D_i (1 − Σ_k T[k][i]) + Σ_j T[i][j] D_j          (second term for intermediaries only)
//! arrivals in j = what is shipped to j for itself + Σ_k shipments to k · T[k][j] D_j / orders of k
//! ```
//!
//! so goods in transit wait in the intermediary's licence cell and are what it imports, raw or processed. Coefficients
//! are fixed on the side of the end user; the share of an importer's goods that go on to others follows from them.
//!
//! Leakage: where users of j are short and an intermediary i is not, goods move from i to j until `p_j = p_i (1 + cost)`,
//! as long as the share of i's arrivals of the month that can be diverted lasts: the cost bounds `p_j − p_i` while it does.
//! What i gave away it orders anew the month after, in its own cell.

use serde::{Deserialize, Serialize};

use crate::error::out_of_range;
use crate::{N_REGIONS, Origin, Parameter, PhysicalError, Region};

/// Number of intermediaries.
pub(crate) const N_INTERMEDIARIES: usize = Region::INTERMEDIARIES.len();
/// T by intermediary and end user.
pub(crate) type Transit = [[f64; N_REGIONS]; N_INTERMEDIARIES];

/// Intermediaries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitParameters {
    /// T: share of an end user's orders in China that go by way of an intermediary, in the order of
    /// [`Region::INTERMEDIARIES`]; 0 for China and for the intermediary itself.
    pub via: [[Parameter; N_REGIONS]; Region::INTERMEDIARIES.len()],
    /// Share of an intermediary's arrivals of a month that can be diverted; 0 switches leakage off.
    pub leakage_share: Parameter,
    /// Cost of diverting them, share of their price.
    pub leakage_cost: Parameter,
}

impl Default for TransitParameters {
    fn default() -> Self {
        let why = "re-exports by origin are not published; importers of the Netherlands took 6 kt and of Taiwan 2.4 kt of \
                   metals and compounds in 2024 (Comtrade), more than their industries use";
        // Japan, us, europe, korea, vietnam, taiwan, rest.
        let through = [
            [0.0, 0.02, 0.04, 0.0, 0.02, 0.0, 0.0, 0.06],
            [0.0, 0.03, 0.02, 0.01, 0.03, 0.03, 0.0, 0.02],
        ];
        Self {
            via: through.map(|row| {
                row.map(|value: f64| {
                    Parameter::ranged(value, 0.0, 2.0 * value, "share", Origin::assumed(why))
                })
            }),
            leakage_share: Parameter::ranged(
                0.1,
                0.0,
                0.3,
                "share of arrivals",
                Origin::assumed("end-user certificates bound it; no data"),
            ),
            leakage_cost: Parameter::ranged(
                0.3,
                0.1,
                1.0,
                "share of price",
                Origin::assumed("rerouting, relabelling and the risk of losing a licence; no data"),
            ),
        }
    }
}

impl TransitParameters {
    /// Calls `visitor` with every parameter.
    pub(crate) fn visit(&mut self, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        for (importer, row) in Region::INTERMEDIARIES.into_iter().zip(&mut self.via) {
            for (region, one) in Region::ALL.into_iter().zip(row) {
                visitor(format!("transit.via.{importer}.{region}"), one);
            }
        }
        visitor("transit.leakage_share".into(), &mut self.leakage_share);
        visitor("transit.leakage_cost".into(), &mut self.leakage_cost);
    }

    /// Shares of an end user add up to no more than one, and nobody is their own intermediary.
    pub(crate) fn check(&self) -> Result<(), PhysicalError> {
        for region in Region::ALL {
            let r = region.index();
            let sum: f64 = self.via.iter().map(|row| row[r].value).sum();
            if sum > 1.0 {
                let name = format!("transit.via of {region}");
                return Err(out_of_range(&name, sum, "1 or less in sum over intermediaries"));
            }
            for (importer, row) in Region::INTERMEDIARIES.into_iter().zip(&self.via) {
                if row[r].value != 0.0 && (region == importer || region == Region::China) {
                    let name = format!("transit.via.{importer}.{region}");
                    let requirement = "0 for China and for the intermediary itself";
                    return Err(out_of_range(&name, row[r].value, requirement));
                }
            }
        }
        Ok(())
    }

    /// T as numbers.
    pub(crate) fn matrix(&self) -> Transit {
        std::array::from_fn(|k| std::array::from_fn(|r| self.via[k][r].value))
    }
}

/// T scaled by a scenario's factors, no user ordering more by way of others than there is to order.
pub(crate) fn scaled(transit: &Transit, factors: &[f64; N_INTERMEDIARIES]) -> Transit {
    let mut scaled: Transit = std::array::from_fn(|k| transit[k].map(|share| share * factors[k]));
    for j in 0..N_REGIONS {
        let sum: f64 = scaled.iter().map(|row| row[j]).sum();
        if sum > 1.0 {
            for row in &mut scaled {
                row[j] /= sum;
            }
        }
    }
    scaled
}

/// Orders of one basket by customs destination, from orders by end user.
pub(crate) fn customs_orders(transit: &Transit, orders: &[f64; N_REGIONS]) -> [f64; N_REGIONS] {
    let mut customs = *orders;
    for (importer, row) in Region::INTERMEDIARIES.into_iter().zip(transit) {
        for (j, share) in row.iter().enumerate() {
            if *share > 0.0 {
                let through = share * orders[j];
                customs[j] -= through;
                customs[importer.index()] += through;
            }
        }
    }
    // Shares that add up to one leave a rounding error of either sign.
    customs.map(|one| one.max(0.0))
}

/// What reaches end users of one basket, and the part of it that came by way of others, from shipments by customs
/// destination.
pub(crate) fn arrivals(
    transit: &Transit,
    orders: &[f64; N_REGIONS],
    customs: &[f64; N_REGIONS],
    shipments: &[f64; N_REGIONS],
) -> ([f64; N_REGIONS], [f64; N_REGIONS]) {
    let (mut arrived, mut through) = (*shipments, [0.0; N_REGIONS]);
    for (importer, row) in Region::INTERMEDIARIES.into_iter().zip(transit) {
        let k = importer.index();
        if customs[k] <= 0.0 {
            continue;
        }
        // Shipments, not what is left of them, so that both intermediaries can serve each other.
        let filled = shipments[k] / customs[k];
        for (j, share) in row.iter().enumerate() {
            if *share > 0.0 {
                let passed = share * orders[j] * filled;
                arrived[k] -= passed;
                arrived[j] += passed;
                through[j] += passed;
            }
        }
    }
    (arrived.map(|one| one.max(0.0)), through)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn regions() -> (usize, usize, usize) {
        (Region::Us.index(), Region::Europe.index(), Region::Taiwan.index())
    }

    /// The US order 100 t, 10 by way of Europe and 20 by way of Taiwan, which orders 50 itself, 5 of them through Europe.
    #[test]
    fn goods_in_transit_by_hand() {
        let (us, europe, taiwan) = regions();
        let mut transit = [[0.0; N_REGIONS]; N_INTERMEDIARIES];
        (transit[0][us], transit[1][us], transit[0][taiwan]) = (0.1, 0.2, 0.1);
        let mut orders = [0.0; N_REGIONS];
        (orders[us], orders[europe], orders[taiwan]) = (100.0, 200.0, 50.0);
        let customs = customs_orders(&transit, &orders);
        assert_eq!((customs[us], customs[europe], customs[taiwan]), (70.0, 215.0, 65.0));
        // All shipped: everyone gets what was ordered.
        let (arrived, through) = arrivals(&transit, &orders, &customs, &customs);
        for (a, o) in arrived.iter().zip(orders) {
            assert!((a - o).abs() < 1e-12);
        }
        assert_eq!((through[us], through[taiwan]), (30.0, 5.0));
        // Nothing is licensed to the US, half of it to Europe: 5 t in transit still arrive there, 2.5 in Taiwan.
        let mut shipped = customs;
        (shipped[us], shipped[europe], shipped[taiwan]) = (0.0, 107.5, 65.0);
        let (arrived, _) = arrivals(&transit, &orders, &customs, &shipped);
        assert!((arrived[us] - 25.0).abs() < 1e-12);
        assert!((arrived[europe] - 100.0).abs() < 1e-12);
        assert!((arrived[taiwan] - 47.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn transit_loses_nothing(
            orders in prop::array::uniform8(0.0..500.0_f64),
            filled in prop::array::uniform8(0.0..2.0_f64),
            via in prop::array::uniform2(prop::array::uniform8(0.0..0.5_f64)),
        ) {
            let mut transit = via;
            for (importer, row) in Region::INTERMEDIARIES.into_iter().zip(&mut transit) {
                (row[0], row[importer.index()]) = (0.0, 0.0);
            }
            let customs = customs_orders(&transit, &orders);
            prop_assert!((customs.iter().sum::<f64>() - orders.iter().sum::<f64>()).abs() < 1e-9);
            let shipped: [f64; N_REGIONS] = std::array::from_fn(|r| customs[r] * filled[r]);
            let (arrived, through) = arrivals(&transit, &orders, &customs, &shipped);
            prop_assert!((arrived.iter().sum::<f64>() - shipped.iter().sum::<f64>()).abs() < 1e-9);
            for r in 0..N_REGIONS {
                prop_assert!(arrived[r] >= 0.0 && through[r] <= arrived[r] + 1e-9);
            }
        }

        /// A neutral matrix moves no bit.
        #[test]
        fn without_intermediaries_everything_is_direct(orders in prop::array::uniform8(0.0..500.0_f64)) {
            let none = [[0.0; N_REGIONS]; N_INTERMEDIARIES];
            prop_assert_eq!(customs_orders(&none, &orders), orders);
            let (arrived, through) = arrivals(&none, &orders, &orders, &orders);
            prop_assert_eq!((arrived, through), (orders, [0.0; N_REGIONS]));
        }
    }
}
