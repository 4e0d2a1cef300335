//! Calibration once more, with other figures and assumptions: what drawing parameters asks for, path after path.
//!
//! The inputs of the calibration are drawn, never its results: scales, costs and China's shares follow from the draw, so
//! that the base year stays an equilibrium and the simulation still starts at the last prices. Two steps are shorter than in
//! the calibration itself: the anchor is found by Broyden's method from that of the calibration (Broyden 1965, Mathematics
//! of Computation 19), and the s.d. of disturbances is drawn within its interval instead of being searched for.

use monazite_physical::{
    ActivityPaths, Assumed, BaseYear, Basket, Conduct, EndUse, ExpectedActivity, N_BASKETS, Ore,
    Origin, Output, Parameter, Parameters, Scenario, WorldSpec, simulate_block,
};
use monazite_series::Period;
use serde::{Deserialize, Serialize};

use super::anchor::{PINNED_USES, spread};
use super::base::with_observed_trade;
use super::{Calibration, refused};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;

/// Steps of the search, steps without a better point after which it is given up, longest step in logs, gap that is good
/// enough for a draw and gap that is a failure.
const MAX_STEPS: usize = 30;
const PATIENCE: usize = 6;
const LONGEST_STEP: f64 = 0.3;
const TOLERANCE: f64 = 1e-4;
const FAILURE: f64 = 1e-3;
/// Step of the finite differences of the first Jacobian.
const DIFFERENCE: f64 = 0.02;

/// Levels that are searched for, and what they are to meet: a price of each basket, the output of clay, headline exports
/// and magnets.
const N_LEVELS: usize = N_BASKETS + 3;

type Vector = [f64; N_LEVELS];
type Matrix = [Vector; N_LEVELS];

/// Everything that a calibration starts from and that can be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    pub(crate) base: BaseYear,
    pub(crate) assumed: Assumed,
    /// Last prices, CNY/t without VAT.
    pub(crate) last_price: [Parameter; N_BASKETS],
    /// Level of demand for `NdPr` as a multiple of that at which use is kept up.
    pub(crate) kept_level: Parameter,
}

/// Where the search for an anchor starts.
#[derive(Debug)]
pub(crate) struct Anchor {
    start: Period,
    activity: ActivityPaths,
    expected: ExpectedActivity,
    /// ln of the level of `LaCe` demand, of marginal cost of light ore, of the level of `DyTb` demand, of the inverse of
    /// marginal cost of clay, and of shares abroad in the uses that tonnage pins.
    levels: Vector,
    /// Headline and magnet exports of late, t a month.
    tonnage: [f64; 2],
    /// Inverse of the derivative of gaps with respect to levels.
    inverse: Matrix,
}

impl Calibration {
    /// What this calibration started from; disturbances with the s.d. that was found.
    pub(crate) fn inputs(&self) -> Inputs {
        let mut assumed = self.assumed.clone();
        assumed.disturbance = self.parameters.disturbance.clone();
        let level = &self.parameters.demand.level[Basket::NdPr.index()];
        let (value, low, high) =
            (1.0, level.low / level.value, (level.high / level.value).max(1.0));
        Inputs {
            base: self.base.clone(),
            assumed,
            last_price: self.targets.clone(),
            kept_level: Parameter::ranged(value, low.min(1.0), high, "1", level.origin.clone()),
        }
    }

    /// The search for anchors from this calibration on, for a simulation on `expected` activity.
    ///
    /// # Errors
    /// `M010` if the calibration itself cannot be repeated.
    pub(crate) fn anchor(
        &self,
        catalogue: &Catalogue,
        expected: &ExpectedActivity,
        start: Period,
    ) -> Result<Anchor, Diagnostic> {
        let activity = expected.as_path().until_month(1).map_err(|e| refused(&e))?;
        let mut anchor = Anchor {
            start,
            activity,
            expected: expected.clone(),
            levels: [0.0; N_LEVELS],
            tonnage: self.tonnage,
            inverse: [[0.0; N_LEVELS]; N_LEVELS],
        };
        let plain = unanchored(&self.inputs(), catalogue)?;
        // ln of marginal cost over that of the base year.
        let cost = |ore: Ore| {
            let of = |all: &Parameters| {
                all.controlled.iter().find(|one| one.ore == ore).map(|one| one.cost_level.value)
            };
            of(&self.parameters).zip(of(&plain)).map_or(0.0, |(now, then)| (now / then).ln())
        };
        let abroad = |end_use: EndUse| {
            let of = |all: &Parameters| 1.0 - all.demand.region_share[end_use.index()][0].value;
            (of(&self.parameters) / of(&plain)).ln()
        };
        anchor.levels = [
            self.parameters.demand.level[Basket::LaCe.index()].value.ln(),
            cost(Ore::ChinaLight),
            self.parameters.demand.level[Basket::DyTb.index()].value.ln(),
            -cost(Ore::ChinaClay),
            abroad(PINNED_USES[0]),
            abroad(PINNED_USES[1]),
        ];
        let mut jacobian = [[0.0; N_LEVELS]; N_LEVELS];
        for j in 0..N_LEVELS {
            let at = |step: f64| {
                let mut levels = anchor.levels;
                levels[j] += step;
                anchor.gaps(&plain, &levels)
            };
            let (above, below) = (at(DIFFERENCE)?, at(-DIFFERENCE)?);
            for i in 0..N_LEVELS {
                jacobian[i][j] = (above[i] - below[i]) / (2.0 * DIFFERENCE);
            }
        }
        anchor.inverse = inverse(&jacobian).ok_or_else(|| {
            Diagnostic::error("M010", "first prices do not respond to cost and demand")
                .help("this is a fault of the calibration or of the program")
        })?;
        Ok(anchor)
    }
}

impl Anchor {
    /// Parameters of a draw.
    ///
    /// # Errors
    /// `M010` if these figures rule out the base year, its trade or the last prices.
    pub(crate) fn parameters(
        &self,
        inputs: &Inputs,
        catalogue: &Catalogue,
    ) -> Result<Parameters, Diagnostic> {
        let plain = unanchored(inputs, catalogue)?;
        let levels = self.search(&plain)?;
        Ok(with_levels(&plain, &levels))
    }

    /// ln of last prices over first ones, and likewise of the base year's output of clay and of late tonnage; a price at the
    /// floor counts as a tenth of its target.
    fn gaps(&self, plain: &Parameters, levels: &Vector) -> Result<Vector, Diagnostic> {
        let mut parameters = with_levels(plain, levels);
        for one in &mut parameters.disturbance.standard_deviation {
            one.value = 0.0;
        }
        let scenario = Scenario::baseline();
        let spec = WorldSpec {
            parameters: &parameters,
            scenario: &scenario,
            conduct: Conduct::Theta(parameters.base_theta.value),
            start: self.start,
            seed: 1,
            storers: None,
            n_threads: None,
        };
        let run =
            simulate_block(&spec, &self.activity, &self.expected, 0).map_err(|e| refused(&e))?;
        let clay = plain.controlled.iter().find(|one| one.ore == Ore::ChinaClay);
        let mut gaps = [0.0; N_LEVELS];
        for (i, gap) in gaps.iter_mut().enumerate() {
            let (output, target) = match (Basket::ALL.get(i), i) {
                (Some(&basket), _) => (Output::Price(basket), plain.start_price[i].value),
                (None, 3) => (
                    Output::OreOutput(Ore::ChinaClay),
                    clay.map_or(0.0, |one| one.base_output.value),
                ),
                (None, 4) => (Output::HeadlineExports(None), self.tonnage[0]),
                (None, _) => (Output::MagnetExports(None), self.tonnage[1]),
            };
            let found = run.at(output, 0).map_err(|e| refused(&e))?[0];
            *gap = (target / found.max(0.1 * target)).ln();
        }
        Ok(gaps)
    }

    /// Levels at which the first month has the last prices.
    fn search(&self, plain: &Parameters) -> Result<Vector, Diagnostic> {
        let (mut levels, mut inverse) = (self.levels, self.inverse);
        let mut gaps = self.gaps(plain, &levels)?;
        let (mut best, mut smallest, mut idle) = (levels, size(&gaps), 0);
        for _ in 0..MAX_STEPS {
            // What the first steps leave far away is out of reach: the price stands at a backstop, whatever the cost.
            if smallest < TOLERANCE || idle == PATIENCE {
                break;
            }
            let full = multiplied(&inverse, &gaps).map(|step| -step);
            let scale = (LONGEST_STEP / size(&full).max(LONGEST_STEP)).min(1.0);
            let step = full.map(|one| scale * one);
            let tried: Vector = std::array::from_fn(|i| levels[i] + step[i]);
            let found = self.gaps(plain, &tried)?;
            let change = std::array::from_fn(|i| found[i] - gaps[i]);
            update(&mut inverse, &step, &change);
            (levels, gaps) = (tried, found);
            if size(&gaps) < smallest {
                (best, smallest, idle) = (levels, size(&gaps), 0);
                continue;
            }
            idle += 1;
            if size(&gaps) > 4.0 * smallest {
                // Far off after a kink: back to the best point with the Jacobian of the calibration.
                (levels, inverse) = (best, self.inverse.map(|row| row.map(|one| 0.5 * one)));
                gaps = self.gaps(plain, &levels)?;
            }
        }
        if smallest < FAILURE {
            return Ok(best);
        }
        Err(Diagnostic::error(
            "M010",
            format!("no cost and demand start a draw at the last prices: ln gap {smallest:.4}"),
        )
        .help("the last quotes may be out of reach of these parameters"))
    }
}

/// The base year as an equilibrium, buyers adapted to the last prices, demand for `NdPr` kept up.
fn unanchored(inputs: &Inputs, catalogue: &Catalogue) -> Result<Parameters, Diagnostic> {
    let (base, _) = with_observed_trade(catalogue, inputs.base.clone(), &inputs.assumed)?;
    let mut parameters =
        monazite_physical::calibrate(&base, &inputs.assumed).map_err(|e| refused(&e))?;
    parameters.start_price.clone_from(&inputs.last_price);
    let b = Basket::NdPr.index();
    let ratio = inputs.last_price[b].value / parameters.base_price[b].value;
    let level = super::anchor::kept_use(&parameters.demand, b, ratio);
    parameters.demand.level[b].value = level * inputs.kept_level.value;
    Ok(parameters)
}

/// The same parameters with other levels of `LaCe` demand, marginal costs, `DyTb` demand and shares abroad.
fn with_levels(plain: &Parameters, levels: &Vector) -> Parameters {
    let mut parameters = plain.clone();
    let factor = levels.map(f64::exp);
    let level = |value: f64| Parameter::fixed(value, "1", Origin::estimated("anchor of a draw"));
    parameters.demand.level[Basket::LaCe.index()] = level(factor[0]);
    parameters.demand.level[Basket::DyTb.index()] = level(factor[2]);
    for one in &mut parameters.controlled {
        let by = if one.ore == Ore::ChinaClay { 1.0 / factor[3] } else { factor[1] };
        one.cost_level.value *= by;
        one.cost_slope.value *= by;
    }
    for (end_use, by) in PINNED_USES.into_iter().zip(&factor[4..]) {
        let base = &plain.demand.region_share[end_use.index()];
        spread(&mut parameters, end_use, base, *by);
    }
    parameters
}

fn size<const N: usize>(vector: &[f64; N]) -> f64 {
    // Written so that a NaN is large.
    vector.iter().fold(0.0_f64, |a, v| if v.is_nan() { f64::INFINITY } else { a.max(v.abs()) })
}

fn multiplied<const N: usize>(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| (0..N).map(|j| matrix[i][j] * vector[j]).sum())
}

/// Broyden's update of an inverse Jacobian after a step and the change of the function it brought.
fn update<const N: usize>(inverse: &mut [[f64; N]; N], step: &[f64; N], change: &[f64; N]) {
    let predicted = multiplied(inverse, change);
    let row: [f64; N] = std::array::from_fn(|j| (0..N).map(|i| step[i] * inverse[i][j]).sum());
    let divisor: f64 = (0..N).map(|i| step[i] * predicted[i]).sum();
    if divisor.abs() < 1e-12 * size(step).powi(2) {
        return;
    }
    for i in 0..N {
        for j in 0..N {
            inverse[i][j] += (step[i] - predicted[i]) * row[j] / divisor;
        }
    }
}

/// Inverse by Gauss–Jordan elimination with partial pivoting; `None` where a pivot vanishes.
fn inverse<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut left = *matrix;
    let mut right = [[0.0; N]; N];
    for (i, row) in right.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for i in 0..N {
        let pivot = (i..N).max_by(|&a, &b| left[a][i].abs().total_cmp(&left[b][i].abs()))?;
        left.swap(i, pivot);
        right.swap(i, pivot);
        let by = left[i][i];
        if by.is_nan() || by.abs() < 1e-12 {
            return None;
        }
        let (scaled_left, scaled_right) = (left[i].map(|x| x / by), right[i].map(|x| x / by));
        (left[i], right[i]) = (scaled_left, scaled_right);
        for k in (0..N).filter(|&k| k != i) {
            let factor = left[k][i];
            for j in 0..N {
                left[k][j] -= factor * scaled_left[j];
                right[k][j] -= factor * scaled_right[j];
            }
        }
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: the inverse of a matrix with determinant 1, and an update that makes the inverse map change to step.
    #[test]
    fn an_inverse_and_its_update() {
        let matrix = [[1.0, 2.0, 3.0], [0.0, 1.0, 4.0], [5.0, 6.0, 0.0]];
        let found = inverse(&matrix).unwrap();
        let by_hand = [[-24.0, 18.0, 5.0], [20.0, -15.0, -4.0], [-5.0, 4.0, 1.0]];
        for (row, expected) in found.iter().zip(by_hand) {
            assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        }
        assert!(inverse(&[[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]]).is_none());
        let (mut moved, step, change) = (found, [0.1, -0.2, 0.3], [1.0, 0.5, -0.25]);
        update(&mut moved, &step, &change);
        let mapped = multiplied(&moved, &change);
        assert!(mapped.iter().zip(step).all(|(a, b)| (a - b).abs() < 1e-12), "{mapped:?}");
    }
}
