//! Newton and bisection on the first-order conditions of all ores.

use super::{ConductProblem, Conducted};
use crate::PhysicalError;
use crate::market::{Cost, Demand, Supply, dot, solve_linear};

/// Residual allowed in the first-order conditions, relative to revenue.
pub(super) const TOLERANCE: f64 = 1e-10;
/// Residual that is reported as a failure.
const FAILURE: f64 = 1e-9;
/// Step in output, relative, by which a kink is told from a failure.
const KINK_WIDTH: f64 = 1e-5;
const MAX_NEWTON: usize = 30;
const MAX_SWEEPS: usize = 60;
/// Steps along one ore, the first of which halve its bracket whatever the gaps.
const MAX_BISECTIONS: usize = 150;
const FIRST_HALVES: usize = 10;

/// The conditions of a problem; `held` fixes 1/σ of a basket that stands at a kink of its demand.
pub(super) struct Conditions<'p, 'a, const B: usize, const N: usize, const K: usize, D, S, C> {
    pub(super) problem: &'p ConductProblem<'a, B, N, K, D, S, C>,
    pub(super) held: [Option<f64>; B],
}

/// Derivatives of the cleared market at a choice, by output: of its prices and of σ.
pub(super) struct Derivatives<const B: usize, const N: usize> {
    prices: [[f64; B]; N],
    slopes: [[f64; B]; N],
}

impl<'p, 'a, const B: usize, const N: usize, const K: usize, D: Demand, S: Supply, C: Cost>
    Conditions<'p, 'a, B, N, K, D, S, C>
{
    pub(super) fn of(problem: &'p ConductProblem<'a, B, N, K, D, S, C>) -> Self {
        Self { problem, held: [None; B] }
    }

    pub(super) fn solve(
        &self,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Conducted<B, N, K>, PhysicalError> {
        let start = std::array::from_fn(|i| outputs[i].clamp(0.0, self.problem.ores[i].limit));
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

    pub(super) fn evaluate(
        &self,
        outputs: [f64; N],
        prices: &[f64; B],
    ) -> Result<Conducted<B, N, K>, PhysicalError> {
        let ores = self.problem.ores;
        let (mut own, mut exposure, mut total) = ([[0.0; B]; K], [[0.0; B]; K], [0.0; B]);
        for (ore, output) in ores.iter().zip(outputs) {
            for b in 0..B {
                own[ore.player][b] += ore.yields[b] * output;
                exposure[ore.player][b] += ore.revenue[b] * output;
                total[b] += ore.yields[b] * output;
            }
        }
        let market = self.problem.market.clear(&total, prices)?;
        let inverse_slope: [f64; B] = std::array::from_fn(|b| {
            // Where the excess is dumped, another tonne leaves the price where it is.
            if market.dumped[b] > 0.0 || total[b] <= 0.0 {
                return 0.0;
            }
            self.held[b].unwrap_or_else(|| 1.0 / (market.fringe_slope[b] - market.demand_slope[b]))
        });
        let mut result = Conducted {
            outputs,
            shares: std::array::from_fn(|k| {
                std::array::from_fn(|b| own[k][b] / (total[b] + market.fringe[b]))
            }),
            inverse_residual_elasticity: std::array::from_fn(|k| {
                std::array::from_fn(|b| exposure[k][b] * inverse_slope[b] / market.prices[b])
            }),
            own,
            revenue: [0.0; N],
            marginal_cost: [0.0; N],
            shadow: [0.0; N],
            corner: [false; B],
            kink: self.held.map(|one| one.is_some()),
            residual: 0.0,
            market,
            exposure,
            inverse_slope,
            player: std::array::from_fn(|i| ores[i].player),
        };
        self.conditions(&mut result);
        for b in 0..B {
            let held_back = ores.iter().zip(outputs).any(|(o, x)| {
                let acts = self.problem.players[o.player].theta > 0.0;
                acts && o.yields[b] > 0.0 && x < o.limit
            });
            let lowest = self.problem.market.demand[b].lowest_backstop();
            result.corner[b] = held_back && lowest.is_some_and(|p| result.market.prices[b] >= p);
        }
        Ok(result)
    }

    /// Revenue, marginal cost, gap and residual of every ore.
    fn conditions(&self, result: &mut Conducted<B, N, K>) {
        for (i, ore) in self.problem.ores.iter().enumerate() {
            let player = &self.problem.players[ore.player];
            let mut mark_up = 0.0;
            for b in 0..B {
                mark_up += ore.yields[b]
                    * (1.0 - player.forward_share[b])
                    * result.exposure[ore.player][b]
                    * result.inverse_slope[b];
            }
            let output = result.outputs[i];
            result.revenue[i] = ore.constant + dot(&ore.revenue, &result.market.prices);
            result.marginal_cost[i] = ore.cost.marginal(output);
            let gap = result.revenue[i] - player.theta * mark_up - result.marginal_cost[i];
            result.shadow[i] = gap;
            let mut missed = gap;
            if output >= ore.limit {
                missed = missed.min(0.0);
            }
            if output <= 0.0 {
                missed = missed.max(0.0);
            }
            let scale = result.revenue[i].abs().max(result.marginal_cost[i].abs());
            let missed = missed.abs() / scale.max(f64::MIN_POSITIVE);
            // `min` and `max` would forget a NaN.
            result.residual =
                if gap.is_nan() { f64::INFINITY } else { result.residual.max(missed) };
        }
    }

    /// Derivatives of prices and slopes in outputs, or `None` where prices do not respond.
    pub(super) fn derivatives(&self, now: &Conducted<B, N, K>) -> Option<Derivatives<B, N>> {
        let response = self.problem.market.response(&now.market);
        let mut found = Derivatives { prices: [[0.0; B]; N], slopes: [[0.0; B]; N] };
        for (j, ore) in self.problem.ores.iter().enumerate() {
            let (mut matrix, mut right) = (response.excess, ore.yields);
            for b in 0..B {
                if now.market.dumped[b] > 0.0 {
                    matrix[b] = std::array::from_fn(|c| f64::from(u8::from(c == b)));
                    right[b] = 0.0;
                }
            }
            found.prices[j] = solve_linear(&mut matrix, right)?;
            for b in 0..B {
                if self.held[b].is_none() {
                    found.slopes[j][b] = dot(&response.slope[b], &found.prices[j]);
                }
            }
        }
        Some(found)
    }

    /// Derivative of every ore's gap in every output; `own_weight` is what stands for 1 − φ before the change of a
    /// player's own exposure.
    pub(super) fn gap_derivatives(
        &self,
        now: &Conducted<B, N, K>,
        derivatives: &Derivatives<B, N>,
        own_weight: &[[f64; B]; K],
    ) -> [[f64; N]; N] {
        let ores = self.problem.ores;
        let mut gap = [[0.0; N]; N];
        for (i, ore) in ores.iter().enumerate() {
            let player = &self.problem.players[ore.player];
            for (j, other) in ores.iter().enumerate() {
                let mut change = dot(&ore.revenue, &derivatives.prices[j]);
                for b in 0..B {
                    let inverse = now.inverse_slope[b];
                    let net = (1.0 - player.forward_share[b]) * now.exposure[ore.player][b];
                    let mut mark_up = -net * inverse * inverse * derivatives.slopes[j][b];
                    if other.player == ore.player {
                        mark_up += own_weight[ore.player][b] * other.revenue[b] * inverse;
                    }
                    change -= player.theta * ore.yields[b] * mark_up;
                }
                if i == j {
                    change -= ore.cost.slope(now.outputs[i]);
                }
                gap[i][j] = change;
            }
        }
        gap
    }

    /// Ores that are not held by their bounds.
    pub(super) fn free(&self, now: &Conducted<B, N, K>) -> [bool; N] {
        std::array::from_fn(|i| {
            let (x, gap, limit) = (now.outputs[i], now.shadow[i], self.problem.ores[i].limit);
            !(x >= limit && gap >= 0.0 || x <= 0.0 && gap <= 0.0 || limit <= 0.0)
        })
    }

    /// A Newton step on the ores that are not held by their bounds, or `None` if it does not lower the residual.
    fn newton_step(
        &self,
        now: &Conducted<B, N, K>,
    ) -> Result<Option<Conducted<B, N, K>>, PhysicalError> {
        let sold = self.problem.players.map(|one| one.forward_share.map(|share| 1.0 - share));
        let Some(derivatives) = self.derivatives(now) else { return Ok(None) };
        let free = self.free(now);
        let mut matrix = self.gap_derivatives(now, &derivatives, &sold);
        let mut right = [0.0; N];
        for i in 0..N {
            if free[i] {
                right[i] = -now.shadow[i];
            }
            for j in 0..N {
                if !free[i] || !free[j] {
                    matrix[i][j] = f64::from(u8::from(i == j));
                }
            }
        }
        let Some(step) = solve_linear(&mut matrix, right) else { return Ok(None) };
        let mut length = 1.0;
        for _ in 0..6 {
            let outputs: [f64; N] = std::array::from_fn(|i| {
                (now.outputs[i] + length * step[i]).clamp(0.0, self.problem.ores[i].limit)
            });
            let prices = std::array::from_fn(|b| {
                let before = now.market.prices[b];
                let mut price = before;
                for (by_output, (after, x)) in
                    derivatives.prices.iter().zip(outputs.iter().zip(now.outputs))
                {
                    price += by_output[b] * (after - x);
                }
                // A straight line is no guide far away.
                if (price - before).abs() < 0.5 * before.abs() { price } else { before }
            });
            let next = self.evaluate(outputs, &prices)?;
            if next.residual < now.residual {
                return Ok(Some(next));
            }
            length *= 0.3;
        }
        Ok(None)
    }

    /// Ore by ore bisection on the sign of its gap, repeated until all conditions hold.
    fn nested(&self, mut now: Conducted<B, N, K>) -> Result<Conducted<B, N, K>, PhysicalError> {
        for sweep in 0..MAX_SWEEPS {
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
            if sweep % 4 == 3
                && let Some(found) = self.joint_kink(&now)
            {
                return Ok(found);
            }
        }
        if now.residual <= FAILURE {
            return Ok(now);
        }
        // Newton's last step may have left a kink that a sweep had found.
        for i in 0..N {
            now = self.bisect(&now, i)?;
        }
        if let Some(residual) = self.edge(&now)? {
            return Ok(Conducted { residual, kink: [true; B], ..now });
        }
        Err(PhysicalError::NotConverged {
            what: "conduct of the strategic suppliers",
            residual: now.residual,
            iterations: MAX_SWEEPS,
        })
    }

    /// What an ore gains at most by a little more or a little less, if that is nothing: where a source of the fringe meets
    /// its capacity or several kinks meet, no condition need hold with equality.
    fn edge(&self, now: &Conducted<B, N, K>) -> Result<Option<f64>, PhysicalError> {
        let mut worst = 0.0_f64;
        for (i, ore) in self.problem.ores.iter().enumerate() {
            let gap = |factor: f64| -> Result<f64, PhysicalError> {
                let mut outputs = now.outputs;
                outputs[i] = (outputs[i] * factor).min(ore.limit);
                let moved = self.evaluate(outputs, &now.market.prices)?;
                Ok(moved.shadow[i] / moved.revenue[i].abs().max(f64::MIN_POSITIVE))
            };
            worst = worst.max(-gap(1.0 - KINK_WIDTH)?);
            if now.outputs[i] < ore.limit {
                worst = worst.max(gap(1.0 + KINK_WIDTH)?);
            }
        }
        Ok((worst <= FAILURE).then_some(worst))
    }

    fn bisect(
        &self,
        now: &Conducted<B, N, K>,
        i: usize,
    ) -> Result<Conducted<B, N, K>, PhysicalError> {
        let limit = self.problem.ores[i].limit;
        let at = |x: f64, from: &Conducted<B, N, K>| {
            let mut outputs = from.outputs;
            outputs[i] = x;
            self.evaluate(outputs, &from.market.prices)
        };
        let full = at(limit, now)?;
        if full.shadow[i] >= 0.0 {
            return Ok(full);
        }
        let relative = |one: &Conducted<B, N, K>| one.shadow[i] / one.revenue[i].abs();
        // Ends of the bracket with their gaps; nothing is known of no output at all.
        let (mut low, mut high) = ((0.0, f64::NAN), (limit, relative(&full)));
        let (mut middle, mut width) = (full, limit);
        for step in 0..MAX_BISECTIONS {
            // Halves first, so that the root found is that of bisection; then where a line between the ends crosses zero,
            // and halves again whenever that has not halved the bracket.
            let line = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
            let by_line = step >= FIRST_HALVES && high.0 - low.0 <= 0.5 * width;
            width = high.0 - low.0;
            let x = if by_line && line > low.0 && line < high.0 {
                line
            } else {
                f64::midpoint(low.0, high.0)
            };
            if x <= low.0 || x >= high.0 {
                break;
            }
            middle = at(x, &middle)?;
            let gap = relative(&middle);
            if gap.abs() <= 0.1 * TOLERANCE {
                break;
            }
            if gap > 0.0 {
                low = (x, gap);
            } else {
                high = (x, gap);
            }
        }
        Ok(middle)
    }
}
