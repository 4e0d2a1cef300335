//! Outputs at a kink of demand, all ores at once.
//!
//! Where a basket's demand is satiated below a price p*, residual demand has one slope above p* and another below, and
//! marginal revenue of every ore that yields the basket jumps there. At the best outputs the price stands at p* and one
//! slope σ between the two sides serves all ores together (a subgradient of profit, Clarke 1983): outputs X(σ) meet
//! the conditions with 1/σ held, and σ is the one at which X(σ) brings the price to p*. The larger 1/σ, the less is
//! produced, so that σ is bracketed by the two sides.

use super::Conducted;
use super::solver::{Conditions, TOLERANCE};
use crate::market::{Cost, Demand, Supply};

/// Relative distance in price at which the sides of a kink are told apart.
const SIDE: f64 = 1e-6;
/// Relative difference of slopes that is a kink.
const JUMP: f64 = 1e-3;
/// Largest 1/σ relative to that of the other side.
const STEEPEST: f64 = 1e9;
const MAX_STEPS: usize = 200;

impl<const B: usize, const N: usize, const K: usize, D: Demand, S: Supply, C: Cost>
    Conditions<'_, '_, B, N, K, D, S, C>
{
    /// The outputs at the kink of a basket near `now`, or `None` if no basket stands at one.
    pub(super) fn joint_kink(&self, now: &Conducted<B, N, K>) -> Option<Conducted<B, N, K>> {
        for b in 0..B {
            if self.held[b].is_some() {
                continue;
            }
            let Some(price) = self.kink_price(b, now.market.prices[b]) else { continue };
            if let Some(found) = self.at_kink(b, price, now) {
                return Some(found);
            }
        }
        None
    }

    /// Price near `price` at which the slope of a basket's demand jumps.
    fn kink_price(&self, b: usize, price: f64) -> Option<f64> {
        let demand = &self.problem.market.demand[b];
        let slope = |p: f64| demand.at(p).1;
        let (mut low, mut high) = (price * (1.0 - SIDE), price * (1.0 + SIDE));
        let (below, above) = (slope(low), slope(high));
        if price <= 0.0 || (below - above).abs() <= JUMP * below.abs().max(above.abs()) {
            return None;
        }
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            let at = slope(middle);
            if (at - below).abs() < (at - above).abs() {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(f64::midpoint(low, high))
    }

    fn at_kink(
        &self,
        b: usize,
        price: f64,
        now: &Conducted<B, N, K>,
    ) -> Option<Conducted<B, N, K>> {
        let inverse = |side: f64| {
            let slope = self.problem.market.demand[b].at(price * (1.0 + side * SIDE)).1;
            1.0 / (now.market.fringe_slope[b] - slope)
        };
        let (mut low, mut high) = (inverse(1.0), inverse(-1.0).min(STEEPEST * inverse(1.0)));
        let mut found = *now;
        for _ in 0..MAX_STEPS {
            // Geometric: the two sides may be far apart.
            let middle = (low * high).sqrt();
            let mut held = Self { problem: self.problem, held: self.held };
            held.held[b] = Some(middle);
            found = held.solve(found.outputs, &found.market.prices).ok()?;
            if (found.market.prices[b] / price - 1.0).abs() <= TOLERANCE {
                return Some(found);
            }
            if found.market.prices[b] > price {
                high = middle;
            } else {
                low = middle;
            }
            if high / low - 1.0 <= 1e-15 {
                break;
            }
        }
        None
    }
}
