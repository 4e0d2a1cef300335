//! What buyers outside China hold and why they order more or less than they use.
//!
//! ```text
//! target = c_r·E·(1 + φ·h) + W            E ← E + w·(use wanted − E)
//! orders = use + (target − stock)/τ + forward purchases + purchases for the stockpile
//! h ← max(δ·h, refused share)             refused share = waiting after approvals / (shipments + waiting)
//! ```
//!
//! h is the hazard of disruption that buyers perceive, by region and basket: it jumps to the share of what could have
//! been shipped and was not, or to what an announcement makes it, and decays by δ a month otherwise.
//!
//! Forward buying: a tariff known to rise by Δ in month T from the rate τ₀ makes a tonne bought m months before its use
//! cheaper as long as m·carrying < Δ/(1 + τ₀). In month t < T use up to Δ/((1 + τ₀)·carrying) − (T − t) months beyond T is
//! worth holding; buyers who can, a share s of use, go there by at most doubling their orders each month. W is what they
//! hold; once nothing is gained by holding it they order s·E less a month until it is used up.

use serde::{Deserialize, Serialize};

use crate::border::{Border, BorderMonth};
use crate::error::out_of_range;
use crate::stockpile::StockpileRules;
use crate::world::OUTSIDE;
use crate::{N_BASKETS, N_REGIONS, Origin, Parameter, PhysicalError, Region};

use crate::state::ByRegion;

/// Buyers' stocks and strategic stockpiles outside China.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockParameters {
    /// c: working stock that buyers aim at, months of expected use, by region; none is kept track of in China.
    pub cover: [Parameter; N_REGIONS],
    /// τ: months over which they mend a gap in it.
    pub restocking: Parameter,
    /// w: weight of a month's use in expected use; 0 leaves expectations where they start.
    pub expectation: Parameter,
    /// φ: response of the target to the perceived hazard; 0 switches precaution off.
    pub hazard_response: Parameter,
    /// δ: share of the perceived hazard left after a month without refusals.
    pub hazard_memory: Parameter,
    /// s: share of buyers who can buy ahead of a tariff; 0 switches forward buying off.
    pub forward_share: Parameter,
    /// Interest and storage of goods held, share of their value a month.
    pub carrying: Parameter,
    /// Strategic stockpile, days of expected use, by region.
    pub reserve_days: [Parameter; N_REGIONS],
    /// Months over which a stockpile is built up.
    pub reserve_build: Parameter,
    /// Price that opens a stockpile, as a multiple of the price of goods from China.
    pub release_price: Parameter,
    /// Share of use unmet that opens it.
    pub release_unmet: Parameter,
    /// Most that is released a month, share of the stockpile's target.
    pub release_rate: Parameter,
}

impl Default for StockParameters {
    fn default() -> Self {
        let assumed = |value, low, high, unit: &str, why: &str| {
            Parameter::ranged(value, low, high, unit, Origin::assumed(why))
        };
        let by_region = |value: f64, low, high, unit: &str, why: &str| {
            std::array::from_fn(|r| {
                if r == Region::China.index() {
                    return Parameter::fixed(0.0, unit, Origin::assumed("not tracked in China"));
                }
                assumed(value, low, high, unit, why)
            })
        };
        Self {
            cover: by_region(
                2.0,
                1.0,
                4.0,
                "months of use",
                "carmakers ran short six to ten weeks after the control of April 2025",
            ),
            restocking: assumed(6.0, 3.0, 12.0, "months", "half a year to rebuild a stock"),
            expectation: assumed(1.0 / 12.0, 0.0, 0.25, "1", "a year's use, newest months most"),
            hazard_response: assumed(
                0.5,
                0.0,
                1.5,
                "1",
                "a buyer certain to be refused holds half as much again; no data on stocks abroad",
            ),
            hazard_memory: assumed(
                0.8,
                0.5,
                0.95,
                "a month",
                "half of the alarm is gone after three months; no data",
            ),
            forward_share: assumed(
                0.3,
                0.0,
                0.6,
                "share of use",
                "large buyers with storage and credit; no data",
            ),
            carrying: assumed(
                0.01,
                0.005,
                0.02,
                "a month",
                "interest of 8 % and storage of 4 % a year",
            ),
            reserve_days: by_region(
                0.0,
                0.0,
                180.0,
                "days of use",
                "national stocks of rare earths are not published; scenarios set them",
            ),
            reserve_build: assumed(12.0, 6.0, 36.0, "months", "a yearly budget"),
            release_price: assumed(1.5, 1.1, 3.0, "multiple", "no published rule"),
            release_unmet: assumed(0.05, 0.0, 0.2, "share of use", "no published rule"),
            release_rate: assumed(
                0.33,
                0.1,
                1.0,
                "share of target a month",
                "a stock of 90 days that lasts three months",
            ),
        }
    }
}

impl StockParameters {
    /// Calls `visitor` with every parameter.
    pub(crate) fn visit(&mut self, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        for (at, region) in Region::ALL.into_iter().enumerate() {
            visitor(format!("stocks.cover.{region}"), &mut self.cover[at]);
            visitor(format!("stocks.reserve_days.{region}"), &mut self.reserve_days[at]);
        }
        visitor("stocks.restocking".into(), &mut self.restocking);
        visitor("stocks.expectation".into(), &mut self.expectation);
        visitor("stocks.hazard_response".into(), &mut self.hazard_response);
        visitor("stocks.hazard_memory".into(), &mut self.hazard_memory);
        visitor("stocks.forward_share".into(), &mut self.forward_share);
        visitor("stocks.carrying".into(), &mut self.carrying);
        visitor("stocks.reserve_build".into(), &mut self.reserve_build);
        visitor("stocks.release_price".into(), &mut self.release_price);
        visitor("stocks.release_unmet".into(), &mut self.release_unmet);
        visitor("stocks.release_rate".into(), &mut self.release_rate);
    }

    /// What signs and shares alone do not say.
    pub(crate) fn check(&self) -> Result<(), PhysicalError> {
        let china = Region::China.index();
        for (name, one) in [("cover", &self.cover), ("reserve_days", &self.reserve_days)] {
            if one[china].value != 0.0 {
                let name = format!("stocks.{name}.china");
                let requirement = "0: stocks in China are not those of buyers abroad";
                return Err(out_of_range(&name, one[china].value, requirement));
            }
        }
        let price = self.release_price.value;
        if price < 1.0 {
            return Err(out_of_range("stocks.release_price", price, "a multiple of at least 1"));
        }
        Ok(())
    }
}

/// What buyers order in a month, relative to their use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Orders {
    /// g: all orders over use.
    pub(crate) factor: ByRegion,
    /// Of which bought ahead of a tariff; negative while what was bought ahead is used.
    pub(crate) forward: ByRegion,
    /// Of which for the stockpile.
    pub(crate) reserve: ByRegion,
}

impl Orders {
    /// What is used is ordered.
    pub(crate) const USE: Self = Self {
        factor: [[1.0; N_BASKETS]; N_REGIONS],
        forward: [[0.0; N_BASKETS]; N_REGIONS],
        reserve: [[0.0; N_BASKETS]; N_REGIONS],
    };
}

/// How buyers order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StockRules {
    pub(crate) cover: [f64; N_REGIONS],
    restocking: f64,
    expectation: f64,
    hazard_response: f64,
    hazard_memory: f64,
    forward_share: f64,
    carrying: f64,
}

impl StockRules {
    pub(crate) fn new(parameters: &StockParameters) -> Self {
        Self {
            cover: std::array::from_fn(|r| parameters.cover[r].value),
            restocking: parameters.restocking.value,
            expectation: parameters.expectation.value,
            hazard_response: parameters.hazard_response.value,
            hazard_memory: parameters.hazard_memory.value,
            forward_share: parameters.forward_share.value,
            carrying: parameters.carrying.value,
        }
    }

    /// Months of use beyond the rise that are worth holding now, from the rate paid now and the rates known for the
    /// months to come, next month first; 0 if no rise is worth buying ahead of.
    pub(crate) fn months_ahead(&self, now: f64, known: impl Iterator<Item = f64>) -> f64 {
        let mut best = 0.0_f64;
        for (rate, ahead) in known.zip(1_u32..) {
            let worth = (rate - now) / ((1.0 + now) * self.carrying) - f64::from(ahead);
            best = best.max(worth);
        }
        best
    }

    /// Orders relative to last month's use; what is used in China is bought month by month.
    pub(crate) fn orders(
        &self,
        border: &Border,
        last_use: &ByRegion,
        month: &BorderMonth,
        stockpile: &StockpileRules,
    ) -> Orders {
        let mut orders = Orders::USE;
        for r in OUTSIDE {
            for b in 0..N_BASKETS {
                let used = last_use[r][b];
                if used <= 0.0 {
                    continue;
                }
                let expected = border.expected[r][b];
                let cautious = 1.0 + self.hazard_response * border.hazard[r][b];
                let target = self.cover[r] * expected * cautious + border.forward[r][b];
                let gap = target - border.stock[r][b];
                let forward = self.forward(expected, border.forward[r][b], month.ahead[r]) / used;
                let reserve =
                    stockpile.purchase(expected, border.reserve[r][b], month.reserve_days[r])
                        / used;
                if gap != 0.0 || forward != 0.0 || reserve != 0.0 {
                    let factor = 1.0 + gap / (self.restocking * used) + forward + reserve;
                    orders.factor[r][b] = factor.max(0.0);
                    orders.forward[r][b] = forward;
                    orders.reserve[r][b] = reserve;
                }
            }
        }
        orders
    }

    /// Forward purchase of a month, t: up to the tonnage worth holding, at most a doubling of the orders of those who
    /// can; the other way round once there is nothing to wait for.
    fn forward(&self, expected: f64, held: f64, months: f64) -> f64 {
        let pace = self.forward_share * expected;
        if months > 0.0 { (pace * months - held).clamp(0.0, pace) } else { -held.min(pace) }
    }

    /// An announcement raises the hazard perceived of licensed baskets.
    pub(crate) fn hear(border: &mut Border, month: &BorderMonth) {
        for r in OUTSIDE {
            if month.announced[r] > 0.0 {
                for b in 0..N_BASKETS {
                    if month.licensable[r][b] {
                        border.hazard[r][b] = border.hazard[r][b].max(month.announced[r]);
                    }
                }
            }
        }
    }

    /// Hazard, expected use and what is held ahead of a tariff, after a month in which `used` was wanted and the share
    /// `refused` of goods under licence held back.
    pub(crate) fn learn(
        &self,
        border: &mut Border,
        orders: &Orders,
        used: &ByRegion,
        refused: &ByRegion,
    ) {
        for r in OUTSIDE {
            for b in 0..N_BASKETS {
                let hazard = &mut border.hazard[r][b];
                *hazard = refused[r][b].max(self.hazard_memory * *hazard);
                let expected = &mut border.expected[r][b];
                *expected += self.expectation * (used[r][b] - *expected);
                let held = &mut border.forward[r][b];
                *held = (*held + orders.forward[r][b] * used[r][b]).max(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> StockRules {
        let mut parameters = StockParameters::default();
        parameters.forward_share.value = 0.3;
        parameters.carrying.value = 0.01;
        StockRules::new(&parameters)
    }

    /// A rise of 10 points from a rate of 0 pays for ten months of holding at 1 % a month: three months before, use up to
    /// seven months beyond the rise is worth buying; at a rise of 2 points nothing is until two months before.
    #[test]
    fn what_a_tariff_saves_pays_for_holding() {
        let rules = rules();
        let known = |rise: f64, months: usize| {
            (1..=12).map(move |ahead| if ahead >= months { rise } else { 0.0 })
        };
        assert!((rules.months_ahead(0.0, known(0.10, 3)) - 7.0).abs() < 1e-12);
        assert_eq!(rules.months_ahead(0.0, known(0.02, 3)), 0.0);
        assert!((rules.months_ahead(0.0, known(0.02, 1)) - 1.0).abs() < 1e-12);
        // On a rate of 25 % the same rise is worth less of the price paid.
        assert!(
            (rules.months_ahead(0.25, known(0.35, 3).map(|x| x.max(0.25))) - 5.0).abs() < 1e-12
        );
        assert_eq!(rules.months_ahead(0.1, known(0.0, 2)), 0.0);
    }

    /// Use of 100 t a month, three buyers in ten, a tariff announced three months ahead: 30 t more in each of the three
    /// months, 30 t less in the three months after.
    #[test]
    fn a_tariff_three_months_ahead_pulls_orders_forward() {
        let rules = rules();
        let (mut held, mut extra) = (0.0, Vec::new());
        for months in [7.0, 8.0, 9.0, 0.0, 0.0, 0.0, 0.0] {
            let more = rules.forward(100.0, held, months);
            held += more;
            extra.push(more);
        }
        assert_eq!(extra, [30.0, 30.0, 30.0, -30.0, -30.0, -30.0, 0.0]);
        // Where half a month is worth holding, half a month is bought once.
        assert_eq!(rules.forward(100.0, 0.0, 0.5), 15.0);
        assert_eq!(rules.forward(100.0, 15.0, 0.5), 0.0);
    }

    /// Refusals of 60 %, then none: .6, .48, .384; a refusal of 50 % then counts more than what is left.
    #[test]
    fn the_hazard_jumps_and_decays() {
        let rules = rules();
        let mut border = Border::EMPTY;
        let nothing = [[0.0; N_BASKETS]; N_REGIONS];
        let mut seen = Vec::new();
        for refused in [0.6, 0.0, 0.0, 0.5] {
            let mut share = nothing;
            share[2][1] = refused;
            rules.learn(&mut border, &Orders::USE, &nothing, &share);
            seen.push(border.hazard[2][1]);
        }
        for (found, expected) in seen.iter().zip([0.6, 0.48, 0.384, 0.5]) {
            assert!((found - expected).abs() < 1e-12, "{seen:?}");
        }
    }
}
