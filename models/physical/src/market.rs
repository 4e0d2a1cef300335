//! Clearing of jointly supplied baskets at given output of the dominant supplier.
//!
//! Use it for any market of B goods whose demands depend on their own price only and whose fringe supply is joint:
//! source i sells fixed shares of every basket and responds to the revenue of the bundle. The equilibrium price solves
//!
//! ```text
//! D_b(p_b) = x_b + Σ_i y_ib · S_i(R_i)      R_i = Σ_b c_ib · p_b + k_i      p_b ≥ floor_b
//! ```
//!
//! with dumping of the excess at the floor. Demand falls and supply rises in price, so excess demand is a monotone map
//! and its root unique. Method: Newton with backtracking in a coordinate that is ln p above the reference price and
//! linear below it; where it stalls (a kink), Gauss–Seidel sweeps of bracketed one-dimensional Newton steps. The
//! residual is at most 1e-12 of the quantity. Demand, supply and cost are traits: linear textbook markets go through
//! the same code as the calibrated one.

use crate::PhysicalError;
use crate::elementary::{exp, ln};

/// Demand for one basket.
pub trait Demand {
    /// Quantity and its slope dq/dp at a price.
    fn at(&self, price: f64) -> (f64, f64);
    /// Second derivative at a price; a central difference of the slope unless a form is given.
    fn curvature(&self, price: f64) -> f64 {
        difference(price, |p| self.at(p).1)
    }
    /// Price at and above which nothing is demanded.
    fn price_ceiling(&self) -> f64;
    /// Price at which excess supply is dumped; zero or less.
    fn price_floor(&self) -> f64 {
        0.0
    }
    /// A positive price below which the solver steps in levels instead of logarithms.
    fn reference_price(&self) -> f64 {
        self.price_ceiling() * 1e-3
    }
    /// Price at which the first use starts to give the basket up, if uses do so one by one.
    fn lowest_backstop(&self) -> Option<f64> {
        None
    }
}

/// Supply of a price taker as a function of the revenue of a tonne.
pub trait Supply {
    /// Output and its slope at a revenue per tonne.
    fn at(&self, revenue: f64) -> (f64, f64);
    /// Second derivative at a revenue; a central difference of the slope unless a form is given.
    fn curvature(&self, revenue: f64) -> f64 {
        difference(revenue, |r| self.at(r).1)
    }
}

/// Marginal cost of an ore.
pub trait Cost {
    /// Marginal cost at an output.
    fn marginal(&self, output: f64) -> f64;
    /// Its slope; a central difference unless a form is given.
    fn slope(&self, output: f64) -> f64 {
        difference(output, |x| self.marginal(x.max(0.0)))
    }
}

/// Central difference with a step of 1e-5 of the point.
pub(crate) fn difference(at: f64, value: impl Fn(f64) -> f64) -> f64 {
    let width = 1e-5 * at.abs().max(1e-9);
    (value(at + width) - value(at - width)) / (2.0 * width)
}

impl<D: Demand + ?Sized> Demand for &D {
    fn at(&self, price: f64) -> (f64, f64) {
        (**self).at(price)
    }
    fn curvature(&self, price: f64) -> f64 {
        (**self).curvature(price)
    }
    fn price_ceiling(&self) -> f64 {
        (**self).price_ceiling()
    }
    fn price_floor(&self) -> f64 {
        (**self).price_floor()
    }
    fn reference_price(&self) -> f64 {
        (**self).reference_price()
    }
    fn lowest_backstop(&self) -> Option<f64> {
        (**self).lowest_backstop()
    }
}

impl<S: Supply + ?Sized> Supply for &S {
    fn at(&self, revenue: f64) -> (f64, f64) {
        (**self).at(revenue)
    }
    fn curvature(&self, revenue: f64) -> f64 {
        (**self).curvature(revenue)
    }
}

impl<C: Cost + ?Sized> Cost for &C {
    fn marginal(&self, output: f64) -> f64 {
        (**self).marginal(output)
    }
    fn slope(&self, output: f64) -> f64 {
        (**self).slope(output)
    }
}

/// A source of the fringe: its bundle and its supply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fringe<const B: usize, S> {
    /// Basket output per tonne.
    pub yields: [f64; B],
    /// Revenue per tonne for each unit of price.
    pub revenue: [f64; B],
    /// Revenue per tonne that does not depend on prices.
    pub constant: f64,
    /// Output as a function of revenue.
    pub supply: S,
}

impl<const B: usize, S: Supply> Fringe<B, S> {
    /// Revenue per tonne at given prices.
    pub fn revenue_at(&self, prices: &[f64; B]) -> f64 {
        self.constant + dot(&self.revenue, prices)
    }
}

/// A cleared market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cleared<const B: usize> {
    /// Price of each basket.
    pub prices: [f64; B],
    /// Quantity demanded.
    pub demand: [f64; B],
    /// Slope of demand in its own price.
    pub demand_slope: [f64; B],
    /// Quantity supplied by the fringe.
    pub fringe: [f64; B],
    /// Slope of fringe supply in the basket's own price.
    pub fringe_slope: [f64; B],
    /// Excess supply dumped at the floor price.
    pub dumped: [f64; B],
    /// Largest |excess demand| relative to quantity.
    pub residual: f64,
}

const TOLERANCE: f64 = 1e-12;
/// Residual that is rounding and no step improves.
const ROUNDING: f64 = 1e-15;
/// Residual r from which one more Newton step leaves less than r²: 1e-12.
const TRUSTED: f64 = 1e-6;
const MAX_NEWTON: usize = 60;
const MAX_SWEEPS: usize = 400;

/// A market: one demand per basket and the fringe.
#[derive(Debug)]
pub struct JointMarket<'a, const B: usize, D, S> {
    /// Demand of each basket.
    pub demand: &'a [D; B],
    /// Sources of the fringe.
    pub fringe: &'a [Fringe<B, S>],
}

impl<const B: usize, D, S> Clone for JointMarket<'_, B, D, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const B: usize, D, S> Copy for JointMarket<'_, B, D, S> {}

/// The coordinate in which a basket's price is looked for: ln of the price over the reference price above it, linear below.
struct Scale {
    reference: f64,
    bounds: (f64, f64),
}

impl Scale {
    fn of<D: Demand>(demand: &D) -> Self {
        let reference = demand.reference_price();
        let bounds =
            (demand.price_floor() / reference - 1.0, ln(demand.price_ceiling() / reference));
        Self { reference, bounds }
    }

    fn coordinate(&self, price: f64) -> f64 {
        let relative = price / self.reference;
        let u = if price > self.reference { ln(relative) } else { relative - 1.0 };
        u.clamp(self.bounds.0, self.bounds.1)
    }

    /// Price and its derivative in the coordinate.
    fn price(&self, u: f64) -> (f64, f64) {
        if u > 0.0 {
            let price = self.reference * exp(u);
            (price, price)
        } else {
            (self.reference * (1.0 + u), self.reference)
        }
    }
}

/// Derivatives of a cleared market in its prices.
pub(crate) struct Response<const B: usize> {
    /// Of excess demand of each basket.
    pub(crate) excess: [[f64; B]; B],
    /// Of σ, the slope of residual demand of each basket.
    pub(crate) slope: [[f64; B]; B],
}

/// Excess demand and its derivatives in the solver's coordinate.
struct Excess<const B: usize> {
    cleared: Cleared<B>,
    gap: [f64; B],
    jacobian: [[f64; B]; B],
    at_floor: [bool; B],
}

impl<const B: usize, D: Demand, S: Supply> JointMarket<'_, B, D, S> {
    /// Prices at which the market takes `own` from the dominant supplier besides fringe supply; `start` are prices to
    /// begin from.
    ///
    /// # Errors
    /// [`PhysicalError::NotConverged`] if neither method meets the tolerance.
    pub fn clear(&self, own: &[f64; B], start: &[f64; B]) -> Result<Cleared<B>, PhysicalError> {
        let (scale, u, now) = self.approach(own, start, TOLERANCE)?;
        if now.cleared.residual <= ROUNDING {
            return Ok(now.cleared);
        }
        // One more step squares the error: first-order conditions are steep near a backstop.
        let polished = self.newton_step(own, (&scale, &u), &now, 1);
        Ok(polished.map_or(now.cleared, |(_, last)| last.cleared))
    }

    /// The same to 1e-12 of the quantity and no better.
    pub(crate) fn clear_once(
        &self,
        own: &[f64; B],
        start: &[f64; B],
    ) -> Result<Cleared<B>, PhysicalError> {
        Ok(self.approach(own, start, TOLERANCE)?.2.cleared)
    }

    /// Prices and quantities demanded at them where demand has no kinks near by, to 1e-12: the last Newton step is taken
    /// on trust once the residual is so small that its square is.
    pub(crate) fn clear_smooth(
        &self,
        own: &[f64; B],
        start: &[f64; B],
    ) -> Result<([f64; B], [f64; B]), PhysicalError> {
        let (scale, u, now) = self.approach(own, start, TRUSTED)?;
        let (mut prices, mut demand) = (now.cleared.prices, now.cleared.demand);
        if now.cleared.residual > ROUNDING
            && let Some(step) = direction(&now)
        {
            for b in 0..B {
                let (low, high) = scale[b].bounds;
                prices[b] = scale[b].price((u[b] + step[b]).clamp(low, high)).0;
                demand[b] += now.cleared.demand_slope[b] * (prices[b] - now.cleared.prices[b]);
            }
        }
        Ok((prices, demand))
    }

    /// Newton, and sweeps where it stalls, until the residual is within a tolerance.
    fn approach(
        &self,
        own: &[f64; B],
        start: &[f64; B],
        tolerance: f64,
    ) -> Result<([Scale; B], [f64; B], Excess<B>), PhysicalError> {
        let scale: [Scale; B] = std::array::from_fn(|b| Scale::of(&self.demand[b]));
        let mut u: [f64; B] = std::array::from_fn(|b| scale[b].coordinate(start[b]));
        let mut now = self.excess(own, (&scale, &u));
        for _ in 0..MAX_NEWTON {
            if now.cleared.residual <= tolerance {
                return Ok((scale, u, now));
            }
            let Some((next_u, next)) = self.newton_step(own, (&scale, &u), &now, 8) else { break };
            (u, now) = (next_u, next);
        }
        for _ in 0..MAX_SWEEPS {
            if now.cleared.residual <= tolerance {
                return Ok((scale, u, now));
            }
            for b in 0..B {
                self.solve_one(own, &scale, &mut u, b);
            }
            now = self.excess(own, (&scale, &u));
        }
        // Rounding alone can keep a very steep excess demand from the last two digits.
        if now.cleared.residual <= 100.0 * TOLERANCE {
            return Ok((scale, u, now));
        }
        Err(PhysicalError::NotConverged {
            what: "market clearing",
            residual: now.cleared.residual,
            iterations: MAX_NEWTON + MAX_SWEEPS,
        })
    }

    /// Derivatives of excess demand and of the slope of residual demand in prices.
    pub(crate) fn response(&self, at: &Cleared<B>) -> Response<B> {
        let mut found = Response { excess: [[0.0; B]; B], slope: [[0.0; B]; B] };
        for source in self.fringe {
            let revenue = source.revenue_at(&at.prices);
            let (_, slope) = source.supply.at(revenue);
            let curvature = source.supply.curvature(revenue);
            for b in 0..B {
                for c in 0..B {
                    found.excess[b][c] -= source.yields[b] * slope * source.revenue[c];
                    found.slope[b][c] +=
                        source.yields[b] * curvature * source.revenue[b] * source.revenue[c];
                }
            }
        }
        for b in 0..B {
            found.excess[b][b] += at.demand_slope[b];
            found.slope[b][b] -= self.demand[b].curvature(at.prices[b]);
        }
        found
    }

    fn excess(&self, own: &[f64; B], (scale, u): (&[Scale; B], &[f64; B])) -> Excess<B> {
        let (mut prices, mut dp) = ([0.0; B], [0.0; B]);
        let (mut demand, mut demand_slope) = ([0.0; B], [0.0; B]);
        for b in 0..B {
            (prices[b], dp[b]) = scale[b].price(u[b]);
            (demand[b], demand_slope[b]) = self.demand[b].at(prices[b]);
        }
        let (mut fringe, mut fringe_slope) = ([0.0; B], [0.0; B]);
        let mut jacobian = [[0.0; B]; B];
        for source in self.fringe {
            let (output, slope) = source.supply.at(source.revenue_at(&prices));
            // A source that is shut costs nothing.
            if output == 0.0 && slope == 0.0 {
                continue;
            }
            for b in 0..B {
                fringe[b] += source.yields[b] * output;
                let respond = source.yields[b] * slope;
                for c in 0..B {
                    jacobian[b][c] -= respond * source.revenue[c];
                }
            }
        }
        for b in 0..B {
            fringe_slope[b] = -jacobian[b][b];
            for c in 0..B {
                jacobian[b][c] *= dp[c];
            }
        }
        let (mut excess, mut dumped, mut at_floor) = ([0.0; B], [0.0; B], [false; B]);
        let mut residual = 0.0_f64;
        for b in 0..B {
            jacobian[b][b] += demand_slope[b] * dp[b];
            let supply = own[b] + fringe[b];
            excess[b] = demand[b] - supply;
            if u[b] <= scale[b].bounds.0 && excess[b] < 0.0 {
                at_floor[b] = true;
                dumped[b] = -excess[b];
            } else {
                let size = excess[b].abs() / supply.abs().max(demand[b]).max(f64::MIN_POSITIVE);
                // `max` would forget a NaN.
                residual = if size.is_nan() { f64::INFINITY } else { residual.max(size) };
            }
        }
        let cleared =
            Cleared { prices, demand, demand_slope, fringe, fringe_slope, dumped, residual };
        Excess { cleared, gap: excess, jacobian, at_floor }
    }

    /// A Newton step that lowers the residual, or `None`.
    fn newton_step(
        &self,
        own: &[f64; B],
        (scale, u): (&[Scale; B], &[f64; B]),
        now: &Excess<B>,
        n_tries: usize,
    ) -> Option<([f64; B], Excess<B>)> {
        let step = direction(now)?;
        let largest = step.iter().fold(0.0_f64, |a, s| a.max(s.abs()));
        let mut length = if largest > 2.0 { 2.0 / largest } else { 1.0 };
        for _ in 0..n_tries {
            let next_u: [f64; B] = std::array::from_fn(|b| {
                let (low, high) = scale[b].bounds;
                (u[b] + length * step[b]).clamp(low, high)
            });
            let next = self.excess(own, (scale, &next_u));
            if next.cleared.residual < now.cleared.residual {
                return Some((next_u, next));
            }
            length *= 0.4;
        }
        None
    }

    /// Clears basket `b` alone, the other prices given: Newton steps kept inside a bracket.
    fn solve_one(&self, own: &[f64; B], scale: &[Scale; B], u: &mut [f64; B], b: usize) {
        let (mut low, mut high) = scale[b].bounds;
        for _ in 0..200 {
            let now = self.excess(own, (scale, u));
            let quantity = now.cleared.demand[b].max(own[b] + now.cleared.fringe[b]);
            if now.at_floor[b] || now.gap[b].abs() <= 0.1 * TOLERANCE * quantity {
                return;
            }
            if now.gap[b] > 0.0 {
                low = u[b];
            } else {
                high = u[b];
            }
            if high - low <= 1e-15 * (1.0 + high.abs()) {
                return;
            }
            let newton = u[b] - now.gap[b] / now.jacobian[b][b];
            // At the lower bound only the bound itself can be dumped at: try it before halving towards it.
            u[b] = if newton > low && newton < high {
                newton
            } else if newton <= low && low == scale[b].bounds.0 {
                low
            } else {
                0.5 * (low + high)
            };
        }
    }
}

/// The Newton step in all coordinates; baskets that are dumped stay where they are.
fn direction<const B: usize>(now: &Excess<B>) -> Option<[f64; B]> {
    let (mut matrix, mut right) = (now.jacobian, now.gap);
    for b in 0..B {
        if now.at_floor[b] {
            matrix[b] = [0.0; B];
            matrix[b][b] = 1.0;
            right[b] = 0.0;
        }
    }
    solve_linear(&mut matrix, right.map(|value| -value))
}

pub(crate) fn dot<const B: usize>(a: &[f64; B], b: &[f64; B]) -> f64 {
    let mut sum = 0.0;
    for i in 0..B {
        sum += a[i] * b[i];
    }
    sum
}

/// Gaussian elimination with partial pivoting; `None` if singular.
pub(crate) fn solve_linear<const N: usize>(
    matrix: &mut [[f64; N]; N],
    mut right: [f64; N],
) -> Option<[f64; N]> {
    for column in 0..N {
        let mut pivot = column;
        for row in column + 1..N {
            if matrix[row][column].abs() >= matrix[pivot][column].abs() {
                pivot = row;
            }
        }
        if matrix[pivot][column].abs() < f64::MIN_POSITIVE || !matrix[pivot][column].is_finite() {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..N {
            let factor = matrix[row][column] / matrix[column][column];
            if factor != 0.0 {
                for k in column..N {
                    matrix[row][k] -= factor * matrix[column][k];
                }
                right[row] -= factor * right[column];
            }
        }
    }
    for row in (0..N).rev() {
        for k in row + 1..N {
            right[row] -= matrix[row][k] * right[k];
        }
        right[row] /= matrix[row][row];
    }
    right.iter().all(|value| value.is_finite()).then_some(right)
}
