//! What an equilibrium says: price, stock, expectations, convenience yield.

use super::solve::Outcomes;
use super::surface::{StorageState, Surface};
use super::{InverseDemand, Persistence, PlannedSupply, StorageSpec};
use crate::PhysicalError;
use crate::error::out_of_range;

/// A solved storage equilibrium. Quantities and prices are in the units of its specification.
///
/// Lookups are table reads (tens of nanoseconds), shared freely between threads: make a [`StorageState`] once a month
/// with [`StorageEquilibrium::state`] or [`StorageEquilibrium::level`] and pass it on.
#[derive(Debug, Clone)]
pub struct StorageEquilibrium<D> {
    pub(super) outcomes: Outcomes<D>,
    pub(super) surface: Surface,
    pub(super) residual: f64,
    pub(super) n_iterations: usize,
}

impl<D: InverseDemand> StorageEquilibrium<D> {
    /// The specification.
    pub fn spec(&self) -> &StorageSpec<D> {
        &self.outcomes.spec
    }

    /// Relative change of prices in the last iteration.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// Iterations made, those of the search for the range of stocks included.
    pub fn iterations(&self) -> usize {
        self.n_iterations
    }

    /// Number of states: 1 without persistence, the chain's, or the points of an autoregression.
    pub fn n_states(&self) -> usize {
        self.surface.columns.len()
    }

    /// State `state_idx` of the chain, 0 without persistence.
    ///
    /// # Errors
    /// An index at or above [`StorageEquilibrium::n_states`].
    pub fn state(&self, state_idx: usize) -> Result<StorageState, PhysicalError> {
        if state_idx >= self.n_states() {
            return Err(out_of_range(
                "index of a storage state",
                state_idx as f64,
                "below the number of states",
            ));
        }
        Ok(self.surface.state(state_idx))
    }

    /// Demand scaled by e^x, for an autoregression; beyond four standard deviations expectations stay those there.
    ///
    /// # Errors
    /// The equilibrium has no autoregressive state, or x is not finite.
    pub fn level(&self, x: f64) -> Result<StorageState, PhysicalError> {
        if !matches!(self.spec().persistence, Persistence::Autoregressive { .. }) || !x.is_finite()
        {
            return Err(out_of_range(
                "level of the demand state",
                x,
                "a finite number, and the state autoregressive",
            ));
        }
        Ok(self.surface.level(x))
    }

    /// P(A, z).
    #[inline]
    pub fn price(&self, availability: f64, state: &StorageState) -> f64 {
        self.surface.price(&self.spec().demand, availability, state).0
    }

    /// P(A, z) and its slope in A.
    #[inline]
    pub fn price_with_slope(&self, availability: f64, state: &StorageState) -> (f64, f64) {
        self.surface.price(&self.spec().demand, availability, state)
    }

    /// S(A, z) ≥ 0, what is held at the end of the month.
    pub fn stock(&self, availability: f64, state: &StorageState) -> f64 {
        state.scale * self.surface.stock(availability / state.scale, state)
    }

    /// What is neither used nor worth storing: dumped at the lowest price.
    pub fn dumped(&self, availability: f64, state: &StorageState) -> f64 {
        (availability - state.floor_begins() * state.scale).max(0.0)
    }

    /// Stock that storers want at a price, and its slope: their demand curve, for a market that clears with others.
    ///
    /// It rests on expectations of next month only, so it holds whatever this month's demand.
    pub fn stock_wanted(&self, price: f64, state: &StorageState) -> (f64, f64) {
        let demand = &self.spec().demand;
        let lowest = demand.lowest_price();
        let (used, used_slope) = demand.quantity(price.max(lowest));
        if used <= state.kink {
            return (0.0, 0.0);
        }
        let (stock, slope) = self.surface.wanted(used, state);
        // At the floor any stock that storers want can be had without moving the price.
        let response = if price > lowest { slope * used_slope } else { 0.0 };
        (state.scale * stock.max(0.0), state.scale * response.min(0.0))
    }

    /// Output planned for next month.
    pub fn planned_supply(&self, availability: f64, state: &StorageState) -> f64 {
        if let PlannedSupply::Fixed(quantity) = self.spec().supply {
            return quantity;
        }
        self.surface.supply(availability / state.scale, state)
    }

    /// E[p′], the mean of next month's price.
    pub fn expected_price(&self, availability: f64, state: &StorageState) -> f64 {
        let spec = self.spec();
        let a = availability / state.scale;
        // Where nothing is stored expectations are those at the threshold, where that is a price at all.
        let stores = state.kink.is_finite() && state.threshold > spec.demand.lowest_price();
        let worth = if stores {
            let held = a.max(state.kink).min(state.floor_begins());
            self.price(held * state.scale, state)
        } else {
            state.threshold
        };
        (worth + spec.cost) / spec.discount() + spec.premium
    }

    /// (1−δ)/(1+r)·F, what a unit carried to next month is worth now, before the cost of holding it.
    pub fn discounted_expected_price(&self, availability: f64, state: &StorageState) -> f64 {
        let spec = self.spec();
        spec.discount() * (self.expected_price(availability, state) - spec.premium)
    }

    /// What the marginal holder forgoes by full carry, p + k − (1−δ)/(1+r)·F: zero where stocks are held.
    pub fn convenience_yield(&self, availability: f64, state: &StorageState) -> f64 {
        let a = availability / state.scale;
        if a > state.kink && a <= state.floor_begins() {
            return 0.0;
        }
        let carried = self.discounted_expected_price(availability, state);
        (self.price(availability, state) + self.spec().cost - carried).max(0.0)
    }

    /// Availability at and below which nothing is stored; infinite if nothing ever is.
    pub fn stock_out_threshold(&self, state: &StorageState) -> f64 {
        state.kink * state.scale
    }

    /// Largest availability whose price is tabulated; the price is extrapolated beyond it.
    pub fn largest_availability(&self, state: &StorageState) -> f64 {
        (state.kink + state.width) * state.scale
    }

    /// p + k − (1−δ)/(1+r)·(E\[P′\] − premium) with the expectation taken afresh, relative to the price: what is left of
    /// the storers' condition at a point off the grid where stocks are held.
    pub fn euler_residual(&self, availability: f64, state: &StorageState) -> f64 {
        let spec = self.spec();
        let price = self.price(availability, state);
        let carried = (1.0 - spec.deterioration) * self.stock(availability, state);
        let planned = self.planned_supply(availability, state);
        let mut expected = 0.0;
        self.outcomes.each(&self.surface, state, (carried, planned), |next| {
            expected += next.probability * self.price(next.availability, &next.state);
        });
        (price + spec.cost - spec.discount() * (expected - spec.premium)) / price
    }
}
