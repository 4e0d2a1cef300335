//! A firm that moves second.

use crate::market::{Demand, Supply};

/// A follower that takes the leader's output as given and prices at its own margin: (p − c)·|dD/dp|.
///
/// Handed to a leader as fringe supply of one basket it makes the leader's problem that of Stackelberg.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CournotFollower<D> {
    /// Market demand.
    pub demand: D,
    /// Its constant marginal cost.
    pub cost: f64,
}

impl<D: Demand> Supply for CournotFollower<D> {
    fn at(&self, price: f64) -> (f64, f64) {
        let margin = price - self.cost;
        if margin <= 0.0 {
            return (0.0, 0.0);
        }
        let (_, slope) = self.demand.at(price);
        (-margin * slope, -slope - margin * self.demand.curvature(price))
    }
}
