//! A state that sets the limits of its suppliers against an objective of its own.
//!
//! The suppliers act as the problem says (takers in most uses); the state picks Q̄ ≤ the physical limits so that the
//! objective of the market that results is largest. Method: from the best point of the ray through the suppliers' own
//! outputs, a compass search (Hooke and Jeeves 1961) over the vector Q̄, its step halved until it is 1e-5 of a limit;
//! the market is solved at every point and nothing is random. An output that the suppliers do not produce is no limit:
//! what is returned is Q̄ where it binds, with μ the value of another tonne to the suppliers.

use super::{ConductProblem, Conducted, Controlled};
use crate::PhysicalError;
use crate::market::{Cost, Demand, Supply};

/// First points of the search: multiples of the outputs without limits.
const RAY: [f64; 8] = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.35, 0.2];
/// First and last step, relative to the outputs the search starts from.
const STEPS: (f64, f64) = (0.05, 1e-5);

/// Limits chosen by a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChosenLimits<const B: usize, const N: usize, const K: usize> {
    /// Q̄; the physical limit where the suppliers stay below it.
    pub limits: [f64; N],
    /// The market that results.
    pub conducted: Conducted<B, N, K>,
    /// Value of the objective.
    pub value: f64,
}

impl<const B: usize, const N: usize, const K: usize, D: Demand, S: Supply, C: Cost>
    ConductProblem<'_, B, N, K, D, S, C>
{
    /// Limits on all ores that make `objective` largest, beginning from `outputs` and `prices`.
    ///
    /// # Errors
    /// As [`ConductProblem::solve`].
    pub fn choose_limits(
        &self,
        objective: impl Fn(&Conducted<B, N, K>) -> f64,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<ChosenLimits<B, N, K>, PhysicalError> {
        let physical: [f64; N] = std::array::from_fn(|i| self.ores[i].limit);
        let free = self.solve(outputs, prices)?;
        let at = |limits: [f64; N], near: &Conducted<B, N, K>| {
            let ores: [Controlled<B, &C>; N] = std::array::from_fn(|i| {
                let Controlled { player, yields, revenue, constant, ref cost, limit: _ } =
                    self.ores[i];
                Controlled { player, yields, revenue, constant, cost, limit: limits[i] }
            });
            let problem =
                ConductProblem { market: self.market, ores: &ores, players: self.players };
            let conducted = problem.solve(limits, &near.market.prices)?;
            Ok::<_, PhysicalError>(ChosenLimits { limits, value: objective(&conducted), conducted })
        };
        let mut best =
            ChosenLimits { limits: free.outputs, value: objective(&free), conducted: free };
        for factor in &RAY[1..] {
            let tried = at(free.outputs.map(|x| factor * x), &best.conducted)?;
            if tried.value > best.value {
                best = tried;
            }
        }
        let mut step = STEPS.0;
        while step >= STEPS.1 {
            let before = best.value;
            for i in 0..N {
                for sign in [1.0, -1.0] {
                    let mut limits = best.limits;
                    limits[i] = (limits[i] + sign * step * free.outputs[i]).clamp(0.0, physical[i]);
                    let tried = at(limits, &best.conducted)?;
                    if tried.value > best.value {
                        best = tried;
                        break;
                    }
                }
            }
            if best.value <= before {
                step *= 0.5;
            }
        }
        for i in 0..N {
            if best.conducted.outputs[i] < best.limits[i] || best.limits[i] >= free.outputs[i] {
                best.limits[i] = physical[i];
            }
        }
        Ok(best)
    }
}
