//! Output of a dominant supplier of joint products, for any degree of market power.
//!
//! Use it at a setting date, with demand and supply over the horizon the supplier cares about. Every ore i satisfies
//!
//! ```text
//! Σ_b y_ib · p_b · [1 − θ (1 − φ_b) s_b / (ε_b + (1 − s_b) η_b)] = MC_i(X_i) + μ_i      0 ≤ μ_i ⟂ X_i ≤ Q̄_i
//! ```
//!
//! with `s_b` the supplier's share, `ε_b` and `η_b` the elasticities of the demand and fringe supply handed in at the solution
//! (for joint products `η_b` is the response to the basket's own price), `φ_b` the share of own output sold forward.
//! θ = 0 is a price taker, 1 a single dominant firm, 1/n Cournot with n equal groups, (1 + v)/2 two firms with
//! conjectural variation v. A supplier who moves first faces the followers' reaction as fringe supply
//! ([`CournotFollower`]). Forward sales remove their share of the incentive ([`allaz_vila_share`]).
//!
//! Where demand is so inelastic that the rule has no interior solution below the first backstop price, the supplier
//! stops where the first use gives the basket up; that basket is then marked `corner`.
//!
//! Where marginal revenue jumps (satiated demand, a fringe source at its capacity) the choice is the kink if neither a
//! little more nor a little less of any ore pays; the residual says by how much the conditions are missed there.
//!
//! Method: active-set Newton on the ores with numerical derivatives through [`JointMarket::clear`], nested bisection
//! where that fails. References: Bresnahan (1982); Allaz and Vila (1993). Checked against the closed forms for
//! P = 100 − Q, c = 10 (`tests/closed_forms.rs`).

use crate::PhysicalError;
use crate::market::{Cleared, Cost, Demand, JointMarket, Supply, dot, solve_linear};

/// An ore of the dominant supplier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controlled<const B: usize, C> {
    /// Basket output per tonne.
    pub yields: [f64; B],
    /// Marginal cost.
    pub cost: C,
    /// Q̄: largest output.
    pub limit: f64,
}

/// The supplier's choice and the market it leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conducted<const B: usize, const N: usize> {
    /// Output of each ore.
    pub outputs: [f64; N],
    /// The cleared market.
    pub market: Cleared<B>,
    /// Own supply of each basket.
    pub own: [f64; B],
    /// s: own share of demand.
    pub shares: [f64; B],
    /// 1/|residual-demand elasticity| = s/(ε + (1 − s)η) at the solution.
    pub inverse_residual_elasticity: [f64; B],
    /// Revenue per tonne of each ore.
    pub revenue: [f64; N],
    /// Marginal cost of each ore.
    pub marginal_cost: [f64; N],
    /// μ: shadow price of each limit.
    pub shadow: [f64; N],
    /// Baskets whose price stands at their lowest backstop because the rule has no solution below it.
    pub corner: [bool; B],
    /// Largest violation of the conditions, relative to revenue.
    pub residual: f64,
}

impl<const B: usize, const N: usize> Conducted<B, N> {
    /// (R − MC)/R over all ores, weighted by revenue.
    pub fn lerner(&self) -> f64 {
        let revenue = dot(&self.revenue, &self.outputs);
        (revenue - dot(&self.marginal_cost, &self.outputs)) / revenue
    }

    /// Elasticity of residual demand of a basket, negative.
    pub fn residual_elasticity(&self, basket_idx: usize) -> f64 {
        -1.0 / self.inverse_residual_elasticity[basket_idx]
    }
}

/// Residual allowed in the first-order conditions, relative to revenue.
const TOLERANCE: f64 = 1e-10;
/// Residual that is reported as a failure.
const FAILURE: f64 = 1e-9;
/// Step in output, relative, by which a kink is told from a failure.
const KINK_WIDTH: f64 = 1e-5;
const MAX_NEWTON: usize = 30;
const MAX_SWEEPS: usize = 60;

/// The supplier's problem.
#[derive(Debug, Clone, Copy)]
pub struct ConductProblem<'a, const B: usize, const N: usize, D, S, C> {
    /// Demand and fringe over the supplier's horizon.
    pub market: JointMarket<'a, B, D, S>,
    /// Its ores.
    pub ores: &'a [Controlled<B, C>; N],
    /// θ.
    pub theta: f64,
    /// φ: share of own output of each basket that is already sold forward.
    pub forward_share: [f64; B],
}

impl<const B: usize, const N: usize, D: Demand, S: Supply, C: Cost>
    ConductProblem<'_, B, N, D, S, C>
{
    /// Solves for outputs, beginning from `outputs` and `prices`.
    ///
    /// # Errors
    /// [`PhysicalError::NotConverged`] if a condition is missed by more than 1e-9 of revenue, kinks apart.
    pub fn solve(
        &self,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Conducted<B, N>, PhysicalError> {
        let start: [f64; N] = std::array::from_fn(|i| outputs[i].clamp(0.0, self.ores[i].limit));
        let mut now = self.evaluate(start, prices)?;
        for _ in 0..MAX_NEWTON {
            if now.residual <= TOLERANCE {
                return Ok(now);
            }
            match self.newton_step(&now)? {
                Some(next) => now = next,
                None => break,
            }
        }
        if now.residual <= TOLERANCE {
            return Ok(now);
        }
        self.nested(now)
    }

    /// The market and the conditions at given outputs.
    pub(crate) fn evaluate(
        &self,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Conducted<B, N>, PhysicalError> {
        let mut own = [0.0; B];
        for (ore, output) in self.ores.iter().zip(outputs) {
            for (total, yields) in own.iter_mut().zip(ore.yields) {
                *total += yields * output;
            }
        }
        let market = self.market.clear(&own, prices)?;
        let (mut marginal, mut shares, mut inverse) = ([0.0; B], [0.0; B], [0.0; B]);
        for b in 0..B {
            let slope = market.fringe_slope[b] - market.demand_slope[b];
            // Where the excess is dumped, another tonne leaves the price where it is.
            let per_tonne =
                if market.dumped[b] > 0.0 || own[b] <= 0.0 { 0.0 } else { own[b] / slope };
            marginal[b] = market.prices[b] - self.theta * (1.0 - self.forward_share[b]) * per_tonne;
            inverse[b] = per_tonne / market.prices[b];
            shares[b] = own[b] / (own[b] + market.fringe[b]);
        }
        let mut result = Conducted {
            outputs,
            own,
            shares,
            inverse_residual_elasticity: inverse,
            revenue: [0.0; N],
            marginal_cost: [0.0; N],
            shadow: [0.0; N],
            corner: [false; B],
            residual: 0.0,
            market,
        };
        for (i, ore) in self.ores.iter().enumerate() {
            result.revenue[i] = dot(&ore.yields, &market.prices);
            result.marginal_cost[i] = ore.cost.marginal(outputs[i]);
            let gap = dot(&ore.yields, &marginal) - result.marginal_cost[i];
            result.shadow[i] = gap;
            let missed = if outputs[i] >= ore.limit {
                gap.min(0.0)
            } else if outputs[i] <= 0.0 {
                gap.max(0.0)
            } else {
                gap
            };
            let scale = result.revenue[i].abs().max(result.marginal_cost[i].abs());
            let missed = missed.abs() / scale.max(f64::MIN_POSITIVE);
            result.residual =
                if missed.is_nan() { f64::INFINITY } else { result.residual.max(missed) };
        }
        for b in 0..B {
            let held_back =
                self.ores.iter().zip(outputs).any(|(o, x)| o.yields[b] > 0.0 && x < o.limit);
            let given_up =
                self.market.demand[b].lowest_backstop().is_some_and(|p| market.prices[b] >= p);
            result.corner[b] = self.theta > 0.0 && held_back && given_up;
        }
        Ok(result)
    }

    /// A Newton step on the ores that are not held by their bounds, or `None` if it does not lower the residual.
    fn newton_step(&self, now: &Conducted<B, N>) -> Result<Option<Conducted<B, N>>, PhysicalError> {
        let mut matrix = [[0.0; N]; N];
        let mut right = [0.0; N];
        let free: [bool; N] = std::array::from_fn(|i| {
            let (x, gap) = (now.outputs[i], now.shadow[i]);
            !(x >= self.ores[i].limit && gap >= 0.0 || x <= 0.0 && gap <= 0.0)
        });
        for j in 0..N {
            if !free[j] {
                matrix[j][j] = 1.0;
                continue;
            }
            right[j] = -now.shadow[j];
            let width = 1e-6 * self.ores[j].limit.min(1e3 * now.outputs[j].max(1e-3));
            let mut moved = now.outputs;
            moved[j] = if moved[j] > width { moved[j] - width } else { moved[j] + width };
            let other = self.evaluate(moved, &now.market.prices)?;
            for i in 0..N {
                if free[i] {
                    matrix[i][j] = (other.shadow[i] - now.shadow[i]) / (moved[j] - now.outputs[j]);
                }
            }
        }
        let Some(step) = solve_linear(&mut matrix, right) else { return Ok(None) };
        let mut length = 1.0;
        for _ in 0..6 {
            let outputs = std::array::from_fn(|i| {
                (now.outputs[i] + length * step[i]).clamp(0.0, self.ores[i].limit)
            });
            let next = self.evaluate(outputs, &now.market.prices)?;
            if next.residual < now.residual {
                return Ok(Some(next));
            }
            length *= 0.3;
        }
        Ok(None)
    }

    /// Ore by ore bisection on the sign of its gap, repeated until all conditions hold.
    fn nested(&self, mut now: Conducted<B, N>) -> Result<Conducted<B, N>, PhysicalError> {
        for _ in 0..MAX_SWEEPS {
            for i in 0..N {
                now = self.bisect(&now, i)?;
            }
            if now.residual <= TOLERANCE {
                return Ok(now);
            }
            // Close to the solution Newton finishes what sweeps only approach.
            while let Some(next) = self.newton_step(&now)? {
                now = next;
                if now.residual <= TOLERANCE {
                    return Ok(now);
                }
            }
        }
        if now.residual <= FAILURE {
            return Ok(now);
        }
        if self.is_kink(&now)? {
            return Ok(now);
        }
        Err(PhysicalError::NotConverged {
            what: "conduct of the dominant supplier",
            residual: now.residual,
            iterations: MAX_SWEEPS,
        })
    }

    /// Whether no ore gains by a little more or a little less: marginal revenue jumps where a demand is satiated or a
    /// fringe source meets its capacity, and the best output is then the kink, where no condition holds with equality.
    fn is_kink(&self, now: &Conducted<B, N>) -> Result<bool, PhysicalError> {
        for i in 0..N {
            let gap = |factor: f64| -> Result<f64, PhysicalError> {
                let mut outputs = now.outputs;
                outputs[i] = (outputs[i] * factor).min(self.ores[i].limit);
                let moved = self.evaluate(outputs, &now.market.prices)?;
                Ok(moved.shadow[i] / moved.revenue[i].abs().max(f64::MIN_POSITIVE))
            };
            let at_limit = now.outputs[i] >= self.ores[i].limit;
            if gap(1.0 - KINK_WIDTH)? < -FAILURE || !at_limit && gap(1.0 + KINK_WIDTH)? > FAILURE {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn bisect(&self, now: &Conducted<B, N>, i: usize) -> Result<Conducted<B, N>, PhysicalError> {
        let at = |x: f64, from: &Conducted<B, N>| {
            let mut outputs = from.outputs;
            outputs[i] = x;
            self.evaluate(outputs, &from.market.prices)
        };
        let full = at(self.ores[i].limit, now)?;
        if full.shadow[i] >= 0.0 {
            return Ok(full);
        }
        let (mut low, mut high, mut middle) = (0.0, self.ores[i].limit, full);
        for _ in 0..90 {
            let x = 0.5 * (low + high);
            if x <= low || x >= high {
                break;
            }
            middle = at(x, &middle)?;
            if middle.shadow[i] > 0.0 {
                low = x;
            } else {
                high = x;
            }
            if middle.shadow[i].abs() <= 0.1 * TOLERANCE * middle.revenue[i].abs() {
                break;
            }
        }
        Ok(middle)
    }
}

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
        let reaction = |p: f64| (p - self.cost).max(0.0) * -self.demand.at(p).1;
        let width = 1e-6 * price.abs().max(1e-9);
        (reaction(price), (reaction(price + width) - reaction(price - width)) / (2.0 * width))
    }
}

/// Share of output that each of two quantity-setting firms sells forward after `n_rounds` rounds (Allaz and Vila 1993).
///
/// Linear demand of slope −1, A the price without output less cost. With k rounds of forward sales to come the mark-up
/// is m = `γ_k` (A − Σ F), `γ_0` = 1/3, and a firm will still sell k·m forward and m spot. In the round before, selling f
/// earns m (f + (k + 1) m) with dm/df = −`γ_k`, so f = m (`1/γ_k` − 2 (k + 1)) and γ_{k+1} = `γ_k/(1` + 2 `γ_k` f/m). Output is
/// the sum of forward sales and m.
pub fn allaz_vila_share(n_rounds: u32) -> f64 {
    let (mut gamma, mut sold_per_markup) = (1.0 / 3.0, 0.0);
    for later in 0..n_rounds {
        // First-order condition −γ (f + 2 (k + 1) m) + m = 0 with k = `later` rounds still to come.
        let sale = 1.0 / gamma - 2.0 * f64::from(later + 1);
        gamma /= 1.0 + 2.0 * gamma * sale;
        sold_per_markup += sale;
    }
    sold_per_markup / (sold_per_markup + 1.0)
}
