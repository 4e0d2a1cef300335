//! Forward sales before the spot market (Allaz and Vila 1993), for any demand and cost.
//!
//! A player who sells forward sells less of its output at the price it depresses, and by this commits to more output:
//! worth it because the rival then makes less. In every round both sell, simultaneously, a share of the output that they
//! have not sold yet, at the price that the later rounds and the spot market will bring. With t the weight that a player
//! gives to its unsold output when n rounds are still to come (t = 1 in the spot market), unsold output E − F and rival j
//!
//! ```text
//! MR_k:  R_i − t_k^n Σ_b y_ib (E_kb − F_kb)/σ_b = MC_i + μ_i      t_k^{n+1} = 1 − ρ_j^n      φ_k = 1 − t_k^N
//! ρ_j^n = −Σ_b E_kb dQ_jb/σ_b / Σ_b E_kb dQ_kb/σ_b
//! ```
//!
//! ρ is how much of a change in k's output the rival takes back, its own forward sales held and its later rounds
//! responding with their t; dQ of player k is a change of all its ores in proportion, since forwards are sold on the
//! product mix.
//! With constant cost and linear demand ρ^n = 1/(1 + t^n), so t^N = 1/(N + 1), φ = N/(N + 1) and the price
//! approaches cost as N grows; with marginal cost that rises, or a rival at its limit, the rival takes back less and the
//! price stays above it. Second differences of ρ are left out: exact for linear demand and cost, to first order
//! elsewhere.

use super::solver::Conditions;
use super::{ConductProblem, Conducted};
use crate::PhysicalError;
use crate::market::{Cost, Demand, Supply, solve_linear};

/// Change of φ at which the shares count as found.
const TOLERANCE: f64 = 1e-10;
const MAX_ROUNDS: usize = 200;

/// Spot outcome after rounds of forward sales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forward<const B: usize, const N: usize, const K: usize> {
    /// Outputs and market.
    pub conducted: Conducted<B, N, K>,
    /// φ: share of each player's output sold forward.
    pub shares: [f64; K],
}

impl<const B: usize, const N: usize, const K: usize, D: Demand, S: Supply, C: Cost>
    ConductProblem<'_, B, N, K, D, S, C>
{
    /// Outputs after `n_rounds` rounds of forward sales by all players, beginning from `outputs` and `prices`; what the
    /// players have sold forward already is replaced.
    ///
    /// # Errors
    /// As [`ConductProblem::solve`], or [`PhysicalError::NotConverged`] if the shares do not settle.
    pub fn solve_forward(
        &self,
        n_rounds: u32,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Forward<B, N, K>, PhysicalError> {
        let mut problem = *self;
        let mut shares = [allaz_vila_share(n_rounds); K];
        let (mut from, mut start) = (outputs, *prices);
        let (mut step, mut change) = (1.0, f64::INFINITY);
        for _ in 0..MAX_ROUNDS {
            for (player, share) in problem.players.iter_mut().zip(shares) {
                player.forward_share = [share; B];
            }
            let conducted = problem.solve(from, &start)?;
            let next = problem.forward_shares(&conducted, n_rounds)?;
            let before = change;
            change = shares.iter().zip(next).fold(0.0, |a: f64, (x, y)| a.max((x - y).abs()));
            // A rival on the edge of its limit takes back something or nothing: shorter steps end between the two.
            if change > 0.9 * before {
                step *= 0.5;
            }
            if step * change <= TOLERANCE {
                return Ok(Forward { conducted, shares });
            }
            for (share, to) in shares.iter_mut().zip(next) {
                *share += step * (to - *share);
            }
            (from, start) = (conducted.outputs, conducted.market.prices);
        }
        Err(PhysicalError::NotConverged {
            what: "forward sales of the strategic suppliers",
            residual: change,
            iterations: MAX_ROUNDS,
        })
    }

    /// φ of every player from the reactions at a spot outcome.
    fn forward_shares(
        &self,
        now: &Conducted<B, N, K>,
        n_rounds: u32,
    ) -> Result<[f64; K], PhysicalError> {
        let conditions = Conditions::of(self);
        let derivatives = conditions.derivatives(now).ok_or_else(singular)?;
        let free = conditions.free(now);
        let mut weights = [1.0; K];
        for _ in 0..n_rounds {
            let by_basket = weights.map(|weight| [weight; B]);
            let gap = conditions.gap_derivatives(now, &derivatives, &by_basket);
            let mut next = weights;
            for (k, weight) in next.iter_mut().enumerate() {
                *weight = (1.0 - self.taken_back(now, k, (&gap, &free))?).clamp(0.0, 1.0);
            }
            let settled = weights.iter().zip(next).all(|(a, b)| (a - b).abs() <= f64::EPSILON);
            weights = next;
            if settled {
                break;
            }
        }
        Ok(weights.map(|weight| 1.0 - weight))
    }

    /// ρ: share of a change in the supply of player `k` that the others take back, given the derivatives of their gaps.
    fn taken_back(
        &self,
        now: &Conducted<B, N, K>,
        k: usize,
        (gap, free): (&[[f64; N]; N], &[bool; N]),
    ) -> Result<f64, PhysicalError> {
        let (mut matrix, mut right) = ([[0.0; N]; N], [0.0; N]);
        for i in 0..N {
            let mine = self.ores[i].player == k;
            if mine || !free[i] {
                matrix[i][i] = 1.0;
                right[i] = if mine { now.outputs[i] } else { 0.0 };
            } else {
                matrix[i] = gap[i];
            }
        }
        let change = solve_linear(&mut matrix, right).ok_or_else(singular)?;
        let (mut own, mut others) = (0.0, 0.0);
        for (ore, by) in self.ores.iter().zip(change) {
            for b in 0..B {
                let worth = now.exposure[k][b] * now.inverse_slope[b] * ore.yields[b] * by;
                if ore.player == k { own += worth } else { others -= worth }
            }
        }
        Ok(if own > 0.0 { others / own } else { 0.0 })
    }
}

fn singular() -> PhysicalError {
    PhysicalError::NotConverged {
        what: "reaction to forward sales",
        residual: f64::INFINITY,
        iterations: 1,
    }
}

/// Share of output that each of two quantity-setting firms sells forward after `n_rounds` rounds, with linear demand and
/// constant cost: N/(N + 1) (Allaz and Vila 1993, where the price is c + (A − c)/(3 + 2N)).
pub fn allaz_vila_share(n_rounds: u32) -> f64 {
    f64::from(n_rounds) / (f64::from(n_rounds) + 1.0)
}
