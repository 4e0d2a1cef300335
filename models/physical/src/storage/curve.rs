//! Forward curve and probability of a stock-out, months ahead.
//!
//! With `F_0` = P and `Π_0` = 1 where nothing is stored,
//!
//! ```text
//! F_n(A, z) = E[F_{n−1}(A′, z′)] − premium      Π_n(A, z) = E[Π_{n−1}(A′, z′)]
//! ```
//!
//! by the quadrature of the equilibrium. From n = 1 on both depend on availability only through the stock and planned
//! supply, so they are constant up to the stock-out threshold; beyond it they are tabulated on the cells of the equilibrium
//! with fourth-order slopes.

use super::surface::StorageState;
use super::{InverseDemand, StorageEquilibrium};
use crate::PhysicalError;
use crate::error::out_of_range;

/// Longest curve that is made.
const MAX_MONTHS: usize = 600;

/// One quantity n months ahead by column, with slopes per cell.
type Table = Vec<Vec<[f64; 2]>>;

/// Curves of an equilibrium out to a number of months.
#[derive(Debug, Clone)]
pub struct ForwardCurves<'a, D> {
    equilibrium: &'a StorageEquilibrium<D>,
    /// `F_n` for n = 1…
    prices: Vec<Table>,
    /// `Π_n` for n = 1…
    stock_outs: Vec<Table>,
}

impl<D: InverseDemand> StorageEquilibrium<D> {
    /// Forward curves out to `n_months`.
    ///
    /// # Errors
    /// No months, or more than 600.
    pub fn forward_curves(&self, n_months: usize) -> Result<ForwardCurves<'_, D>, PhysicalError> {
        if !(1..=MAX_MONTHS).contains(&n_months) {
            return Err(out_of_range("months of a forward curve", n_months as f64, "1 to 600"));
        }
        let mut curves = ForwardCurves { equilibrium: self, prices: vec![], stock_outs: vec![] };
        for n in 0..n_months {
            let premium = self.spec().premium;
            let prices = curves.next(|curves, a, state| curves.price(a, state, n) - premium);
            let stock_outs = curves.next(|curves, a, state| curves.stock_out(a, state, n));
            curves.prices.push(prices);
            curves.stock_outs.push(stock_outs);
        }
        Ok(curves)
    }
}

impl<D: InverseDemand> ForwardCurves<'_, D> {
    /// Months covered.
    pub fn n_months(&self) -> usize {
        self.prices.len()
    }

    /// Futures price for delivery in `n_months`; the spot price for 0, the last one beyond the curve.
    pub fn price(&self, availability: f64, state: &StorageState, n_months: usize) -> f64 {
        if n_months == 0 {
            return self.equilibrium.price(availability, state);
        }
        self.read(&self.prices, n_months, availability, state)
    }

    /// Probability that nothing is stored in `n_months`; 1 or 0 for the present month.
    pub fn stock_out(&self, availability: f64, state: &StorageState, n_months: usize) -> f64 {
        if n_months == 0 {
            let out = availability <= self.equilibrium.stock_out_threshold(state);
            return f64::from(u8::from(out));
        }
        self.read(&self.stock_outs, n_months, availability, state).clamp(0.0, 1.0)
    }

    /// Spot price and futures prices for 1, 2, … months.
    pub fn curve(&self, availability: f64, state: &StorageState) -> Vec<f64> {
        (0..=self.n_months()).map(|n| self.price(availability, state, n)).collect()
    }

    fn read(&self, tables: &[Table], n_months: usize, availability: f64, at: &StorageState) -> f64 {
        let surface = &self.equilibrium.surface;
        let table = &tables[n_months.min(tables.len()) - 1];
        surface.read(availability / at.scale, at, |column_idx| table[column_idx].as_slice())
    }

    /// Expectation of a function of next month at the ends of all cells.
    fn next(&self, value: impl Fn(&Self, f64, &StorageState) -> f64) -> Table {
        let equilibrium = self.equilibrium;
        let (surface, kept) = (&equilibrium.surface, 1.0 - equilibrium.spec().deterioration);
        let column = |i: usize| {
            let state = surface.state(i);
            let at_end = |cell: usize| {
                let stores = state.kink.is_finite();
                let a = if stores { surface.availability_at(&state, cell as f64).0 } else { 0.0 };
                let availability = a * state.scale;
                let carried = kept * equilibrium.stock(availability, &state);
                let planned = equilibrium.planned_supply(availability, &state);
                let mut sum = 0.0;
                equilibrium.outcomes.each(surface, &state, (carried, planned), |next| {
                    sum += next.probability * value(self, next.availability, &next.state);
                });
                sum
            };
            let values: Vec<f64> = if state.kink.is_finite() {
                (0..=surface.n_cells).map(at_end).collect()
            } else {
                vec![at_end(0); surface.n_cells + 1]
            };
            with_slopes(&values)
        };
        (0..surface.columns.len()).map(column).collect()
    }
}

/// Values with fourth-order difference slopes; there are at least five.
fn with_slopes(values: &[f64]) -> Vec<[f64; 2]> {
    let last = values.len() - 1;
    let slope = |i: usize| {
        let (from, weights): (usize, [f64; 5]) = match i {
            0 => (0, [-25.0, 48.0, -36.0, 16.0, -3.0]),
            1 => (0, [-3.0, -10.0, 18.0, -6.0, 1.0]),
            _ if i == last => (last - 4, [3.0, -16.0, 36.0, -48.0, 25.0]),
            _ if i + 1 == last => (last - 4, [-1.0, 6.0, -18.0, 10.0, 3.0]),
            _ => (i - 2, [1.0, -8.0, 0.0, 8.0, -1.0]),
        };
        let sum: f64 = weights.iter().zip(&values[from..from + 5]).map(|(w, v)| w * v).sum();
        sum / 12.0
    };
    values.iter().enumerate().map(|(i, &value)| [value, slope(i)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_exact_for_a_quartic() {
        let quartic = |x: f64| 1.0 + x - 0.3 * x * x + 0.02 * x.powi(3) - 0.001 * x.powi(4);
        let derivative = |x: f64| 1.0 - 0.6 * x + 0.06 * x * x - 0.004 * x.powi(3);
        let values: Vec<f64> = (0..9).map(|i| quartic(f64::from(i))).collect();
        for (i, [_, slope]) in with_slopes(&values).into_iter().enumerate() {
            assert!((slope - derivative(i as f64)).abs() < 1e-12, "{i}");
        }
    }
}
