//! Outputs of strategic suppliers of joint products, for any degree of market power.
//!
//! Use it at a setting date, with demand and supply over the horizon the suppliers care about. Every ore i of player k
//! satisfies
//!
//! ```text
//! Σ_b c_ib · p_b + k_i − θ_k Σ_b y_ib (1 − φ_kb) E_kb / σ_b = MC_i(X_i) + μ_i      0 ≤ μ_i ⟂ X_i ≤ Q̄_i
//! E_kb = Σ_{i of k} c_ib X_i      σ_b = −D_b' + Σ_s y_sb S_s' c_sb
//! ```
//!
//! where c and k say what a tonne earns at prices p (the yields y and nothing for a supplier who sells at p), σ is the
//! slope of residual demand at the prices at which the market clears, the other players' outputs given, and φ the share
//! of output sold forward. With c = y this is Σ y p [1 − θ (1 − φ) s/(ε + (1 − s) η)] = MC + μ with s the player's share
//! and ε and η the elasticities of the demand and the competitive supply handed in (for joint products η is the response
//! to the basket's own price). θ = 0 is a price taker, 1 a single firm, 1/n one of n equal groups, (1 + v)/2 one of two
//! firms with conjectural variation v. Several players on one market are mutual best responses (Cournot). A supplier
//! who moves first faces the followers' reaction as fringe supply ([`CournotFollower`]); forward sales are found by
//! [`ConductProblem::solve_forward`], quotas that a state sets by [`ConductProblem::choose_limits`].
//!
//! Where demand is so inelastic that the rule has no interior solution below the first backstop price, the supplier
//! stops where the first use gives the basket up; that basket is then marked `corner`. Where demand is satiated marginal
//! revenue jumps: the outputs are then those at the kink, all ores at once, with one slope between the two sides
//! ([`Conducted::kink`]).
//!
//! Method: active-set Newton on all ores with the exact derivative of cleared prices ([`JointMarket::clear`]), nested
//! bisection where that fails. References: Bresnahan (1982); Allaz and Vila (1993). Checked against the closed forms for
//! P = 100 − Q, c = 10 (`tests/closed_forms.rs`).

mod follower;
mod forward;
mod kink;
mod limits;
mod mode;
mod solver;

pub use follower::CournotFollower;
pub use forward::{Forward, allaz_vila_share};
pub use limits::ChosenLimits;
pub use mode::Conduct;

use crate::PhysicalError;
use crate::market::{Cleared, Cost, Demand, JointMarket, Supply};
use solver::Conditions;

/// An ore whose output a player sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controlled<const B: usize, C> {
    /// Which player sets it.
    pub player: usize,
    /// Basket output per tonne.
    pub yields: [f64; B],
    /// Revenue per tonne for each unit of price.
    pub revenue: [f64; B],
    /// Revenue per tonne that does not depend on prices.
    pub constant: f64,
    /// Marginal cost.
    pub cost: C,
    /// Q̄: largest output.
    pub limit: f64,
}

impl<const B: usize, C> Controlled<B, C> {
    /// An ore of the first player, sold at the market's prices.
    pub const fn new(yields: [f64; B], cost: C, limit: f64) -> Self {
        Self { player: 0, yields, revenue: yields, constant: 0.0, cost, limit }
    }
}

/// How a player acts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Player<const B: usize> {
    /// θ.
    pub theta: f64,
    /// φ: share of own output of each basket that is already sold forward.
    pub forward_share: [f64; B],
}

impl<const B: usize> Player<B> {
    /// A player who has sold nothing forward.
    pub const fn new(theta: f64) -> Self {
        Self { theta, forward_share: [0.0; B] }
    }
}

/// The players' choices and the market they lead to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conducted<const B: usize, const N: usize, const K: usize = 1> {
    /// Output of each ore.
    pub outputs: [f64; N],
    /// The cleared market.
    pub market: Cleared<B>,
    /// Supply of each player and basket.
    pub own: [[f64; B]; K],
    /// s: share of each player in demand.
    pub shares: [[f64; B]; K],
    /// 1/|elasticity of residual demand| of each player: E/(σ p), which is s/(ε + (1 − s)η) for a seller at p.
    pub inverse_residual_elasticity: [[f64; B]; K],
    /// Revenue per tonne of each ore.
    pub revenue: [f64; N],
    /// Marginal cost of each ore.
    pub marginal_cost: [f64; N],
    /// Marginal revenue less marginal cost of each ore; at a limit μ, the shadow price of the limit.
    pub shadow: [f64; N],
    /// Baskets whose price stands at their lowest backstop because the rule has no solution below it.
    pub corner: [bool; B],
    /// Baskets whose demand is satiated just below the price, so that marginal revenue jumps there.
    pub kink: [bool; B],
    /// Largest violation of the complementarity conditions, relative to revenue.
    pub residual: f64,
    /// E.
    exposure: [[f64; B]; K],
    /// 1/σ; zero where the excess is dumped.
    inverse_slope: [f64; B],
    /// Player of each ore.
    player: [usize; N],
}

impl<const B: usize, const N: usize, const K: usize> Conducted<B, N, K> {
    /// (R − MC)/R over the ores of a player, weighted by revenue.
    pub fn lerner(&self, player_idx: usize) -> f64 {
        let (mut revenue, mut cost) = (0.0, 0.0);
        for i in (0..N).filter(|&i| self.player[i] == player_idx) {
            revenue += self.revenue[i] * self.outputs[i];
            cost += self.marginal_cost[i] * self.outputs[i];
        }
        (revenue - cost) / revenue
    }

    /// Elasticity of residual demand of a basket for a player, negative.
    pub fn residual_elasticity(&self, player_idx: usize, basket_idx: usize) -> f64 {
        -1.0 / self.inverse_residual_elasticity[player_idx][basket_idx]
    }
}

/// The problem of one or several suppliers who set quantities on one market.
#[derive(Debug)]
pub struct ConductProblem<'a, const B: usize, const N: usize, const K: usize, D, S, C> {
    /// Demand and the competitive fringe over the suppliers' horizon.
    pub market: JointMarket<'a, B, D, S>,
    /// Their ores.
    pub ores: &'a [Controlled<B, C>; N],
    /// The suppliers.
    pub players: [Player<B>; K],
}

impl<const B: usize, const N: usize, const K: usize, D, S, C> Clone
    for ConductProblem<'_, B, N, K, D, S, C>
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<const B: usize, const N: usize, const K: usize, D, S, C> Copy
    for ConductProblem<'_, B, N, K, D, S, C>
{
}

impl<const B: usize, const N: usize, const K: usize, D: Demand, S: Supply, C: Cost>
    ConductProblem<'_, B, N, K, D, S, C>
{
    /// Solves for outputs, beginning from `outputs` and `prices`.
    ///
    /// # Errors
    /// [`PhysicalError::Length`] for an ore of a player that does not exist; [`PhysicalError::NotConverged`] if a
    /// condition is missed by more than 1e-9 of revenue.
    pub fn solve(
        &self,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Conducted<B, N, K>, PhysicalError> {
        if let Some(ore) = self.ores.iter().find(|ore| ore.player >= K) {
            return Err(PhysicalError::Length {
                name: "players",
                expected: ore.player + 1,
                found: K,
            });
        }
        Conditions::of(self).solve(outputs, prices)
    }

    /// The market and the conditions at given outputs, whether they hold or not.
    ///
    /// # Errors
    /// [`PhysicalError::NotConverged`] if the market cannot be cleared.
    pub fn evaluate(
        &self,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Conducted<B, N, K>, PhysicalError> {
        Conditions::of(self).evaluate(outputs, prices)
    }
}
