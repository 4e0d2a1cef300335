//! What a storage equilibrium is solved for, and its checks.

use super::outcomes::{Persistence, Yield};
use super::{InverseDemand, StorageEquilibrium, solve};
use crate::PhysicalError;
use crate::error::{finite, not_negative, out_of_range, positive};

/// Output planned a month ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PlannedSupply {
    /// The same whatever the price.
    Fixed(f64),
    /// H = q̄ (E[p′ε′]/p̄)^η: marginal cost, due on delivery, equals the expected price of what arrives.
    Elastic {
        /// q̄.
        quantity: f64,
        /// p̄.
        price: f64,
        /// η.
        elasticity: f64,
    },
}

impl PlannedSupply {
    /// Output around which the grid is laid.
    pub(super) fn reference(&self) -> f64 {
        match *self {
            Self::Fixed(quantity) | Self::Elastic { quantity, .. } => quantity,
        }
    }

    fn check(&self) -> Result<(), PhysicalError> {
        match *self {
            Self::Fixed(quantity) => positive("planned supply", quantity),
            Self::Elastic { quantity, price, elasticity } => {
                positive("planned supply", quantity)?;
                positive("price of planned supply", price)?;
                not_negative("elasticity of planned supply", elasticity)
            }
        }
    }
}

/// The market in which storers trade. Prices, quantities and periods are in any one unit (here CNY/t, t REO, months).
#[derive(Debug, Clone, PartialEq)]
pub struct StorageSpec<D> {
    /// k, cost of holding a unit for a period, paid in advance; price units.
    pub cost: f64,
    /// δ, share lost in a period.
    pub deterioration: f64,
    /// r, interest for a period.
    pub interest: f64,
    /// What storers want above E[p′] for bearing its risk; price units, 0 where they hedge or are neutral.
    pub premium: f64,
    /// Demand in the state with factor 1.
    pub demand: D,
    /// Output planned a period ahead.
    pub supply: PlannedSupply,
    /// Share of it that arrives.
    pub yields: Yield,
    /// What is known about the next period.
    pub persistence: Persistence,
}

/// Accuracy of the solution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageGrid {
    /// Cells of each state's price function.
    pub n_cells: usize,
    /// Stock that tables reach at least, in units of demand; they reach what a simulation of 4,000 months needs anyway.
    pub least_range: f64,
    /// Largest relative change of a price or of planned supply at which iterations end.
    pub tolerance: f64,
    /// Iterations after which the solver gives up.
    pub max_iterations: usize,
}

impl Default for StorageGrid {
    /// 96 cells and 1e-9: Euler residuals near 1e-8 in the reference problem.
    fn default() -> Self {
        Self { n_cells: 96, least_range: 0.0, tolerance: 1e-9, max_iterations: 2_000 }
    }
}

impl<D: InverseDemand> StorageSpec<D> {
    /// The equilibrium, at default accuracy.
    ///
    /// # Errors
    /// See [`StorageSpec::solve_on`].
    pub fn solve(self) -> Result<StorageEquilibrium<D>, PhysicalError> {
        self.solve_on(StorageGrid::default())
    }

    /// The equilibrium, at a stated accuracy.
    ///
    /// # Errors
    /// A parameter out of its range, or [`PhysicalError::NotConverged`].
    pub fn solve_on(self, grid: StorageGrid) -> Result<StorageEquilibrium<D>, PhysicalError> {
        self.check()?;
        if !(8..=10_000).contains(&grid.n_cells) {
            return Err(out_of_range(
                "cells of the price function",
                grid.n_cells as f64,
                "8 to 10,000",
            ));
        }
        positive("tolerance", grid.tolerance)?;
        not_negative("least range of stocks", grid.least_range)?;
        solve::solve(self, grid)
    }

    /// β(1−δ): what a unit of next period's price is worth to who stores now.
    pub(super) fn discount(&self) -> f64 {
        (1.0 - self.deterioration) / (1.0 + self.interest)
    }

    fn check(&self) -> Result<(), PhysicalError> {
        not_negative("cost of storage", self.cost)?;
        finite("premium of storers", self.premium)?;
        if !(0.0..1.0).contains(&self.deterioration) {
            return Err(out_of_range("deterioration", self.deterioration, "zero or more, below 1"));
        }
        if !self.interest.is_finite() || self.interest <= -1.0 {
            return Err(out_of_range("interest", self.interest, "above −1 and finite"));
        }
        // Without a cost of waiting stocks would grow without bound.
        if self.discount() > 1.0 || (self.discount() == 1.0 && self.cost + self.premium <= 0.0) {
            return Err(out_of_range(
                "(1−δ)/(1+r)",
                self.discount(),
                "below 1, or 1 with a positive cost of storage",
            ));
        }
        self.supply.check()?;
        self.yields.check()?;
        self.persistence.check()
    }
}
