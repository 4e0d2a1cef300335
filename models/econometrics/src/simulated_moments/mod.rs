//! Simulated method of moments: parameters of a model that can only be simulated, from the moments of data.
//!
//! Use it where a model has no likelihood but can be run: the moments of a long simulation are a function m(θ), and θ̂
//! makes them meet those observed. The simulation must use the same random numbers for every θ, or the search chases
//! noise. It has to be `ratio` times as long as the data (τ below).
//!
//! ```text
//! Q(θ) = (m̂ − m(θ))' W (m̂ − m(θ))         W = diag(Ω)⁻¹ or Ω⁻¹, Ω = Var(m̂)
//! Var(θ̂) = (1 + 1/τ) (D'WD)⁻¹ D'WΩWD (D'WD)⁻¹        D = ∂m/∂θ'        J = Q(θ̂)/(1 + 1/τ)
//! ```
//!
//! (`McFadden` 1989; Duffie and Singleton 1993, theorem 2.) The search is made twice: with Ω as estimated from the data, then
//! with Ω as the model has it at the first θ̂, from samples as long as the data. The diagonal is the default: with four
//! moments of a hundred observations the inverse of an estimated Ω is mostly noise (Altonji and Segal 1996). J then is no
//! χ², and its distribution is a parametric bootstrap in either case: samples from the model at θ̂, θ re-estimated on each
//! by one step of the linearised model (Andrews 2002, k = 1). A block bootstrap of the data in its place rejects true
//! models twice as often as it should, because the fourth moment of a hundred resampled months varies too little (tried).
//!
//! The search is argmin's Nelder–Mead (1965) over logits of the ranges of the parameters, begun again from the best point
//! with a fresh simplex until that gains nothing: simulated moments have kinks, and derivatives of them cost as much as
//! steps. A parameter at an end of its range, or one that no moment responds to, has no standard error and is named.
//!
//! ```
//! use monazite_econometrics::{MomentTargets, SimulatedMoments, Simulator};
//! use monazite_stochastic::Key;
//! // A hundred normals of s.d. 2: their mean is all that is asked for, and the moment of the model is exact.
//! struct Mean;
//! impl Simulator for Mean {
//!     fn moments(&self, theta: &[f64]) -> Option<Vec<f64>> {
//!         Some(vec![theta[0]])
//!     }
//!     fn sample(&self, theta: &[f64], replicate: u64) -> Option<Vec<f64>> {
//!         let mut stream = Key::new(1).stream(replicate, 1);
//!         Some(vec![theta[0] + (0..100).map(|_| 2.0 * stream.normal()).sum::<f64>() / 100.0])
//!     }
//! }
//! let targets = MomentTargets::new(&["mean"], vec![0.5], vec![4.0 / 100.0])?;
//! let fit = SimulatedMoments::new().with_parameter("mu", 0.0, -2.0, 2.0)?.fit(&targets, &Mean)?;
//! assert!((fit.parameters()[0].value - 0.5).abs() < 0.005);
//! assert!((fit.parameters()[0].se - 0.2).abs() < 0.03);
//! # Ok::<(), monazite_econometrics::EconometricsError>(())
//! ```

use argmin::core::{CostFunction, Error, Executor};
use argmin::solver::neldermead::NelderMead;
use serde::Serialize;

mod algebra;
mod result;
#[cfg(test)]
mod tests;

pub use result::{MomentFit, SimulatedMomentsFit};

use algebra::{covariance, dot, failed, free_parameters, gap, inverse, projection, quadratic};

use crate::EconometricsError;
use crate::estimate::Estimate;

/// Edges of the first simplex and of those begun from the best point, in logits.
const SIMPLEX: [f64; 4] = [0.7, -0.3, 0.2, -0.1];
/// Differences of Q that do not matter: it is a sum of squares in units of standard errors.
const DISTANCE_TOLERANCE: f64 = 1e-4;

/// What simulated moments are to meet.
#[derive(Debug, Clone, PartialEq)]
pub struct MomentTargets {
    names: Vec<String>,
    values: Vec<f64>,
    /// Ω, row-major.
    covariance: Vec<f64>,
}

impl MomentTargets {
    /// Moments with their covariance Ω, row-major.
    ///
    /// # Errors
    /// Lengths that do not fit, values that are not finite, or variances that are not positive.
    pub fn new(
        names: &[&str],
        values: Vec<f64>,
        covariance: Vec<f64>,
    ) -> Result<Self, EconometricsError> {
        let k = names.len();
        let length = |name: &str, found: usize, expected: usize| {
            if found == expected {
                return Ok(());
            }
            Err(EconometricsError::Length { name: name.to_owned(), found, expected })
        };
        length("values of the moments", values.len(), k)?;
        length("covariance of the moments", covariance.len(), k * k)?;
        for (row, value) in values.iter().chain(&covariance).enumerate() {
            if !value.is_finite() {
                let name = "moments and covariance".to_owned();
                return Err(EconometricsError::NotFinite { name, row: row + 1, value: *value });
            }
        }
        for i in 0..k {
            let value = covariance[i * k + i];
            if value <= 0.0 {
                let name = "variance of a moment".to_owned();
                return Err(EconometricsError::NotPositive { name, row: i + 1, value });
            }
        }
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Ok(Self { names, values, covariance })
    }
}

/// A model that can be simulated.
pub trait Simulator {
    /// Moments of a simulation τ times as long as the data, with the same random numbers whatever the parameters; `None`
    /// where the model cannot be simulated.
    fn moments(&self, theta: &[f64]) -> Option<Vec<f64>>;
    /// Moments of one sample as long as the data; replicates are independent of each other.
    fn sample(&self, theta: &[f64], replicate: u64) -> Option<Vec<f64>>;
}

/// How moments are weighed against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Weighting {
    /// By their variances alone.
    #[default]
    Diagonal,
    /// By the inverse of their covariance, which is efficient in large samples.
    Optimal,
}

/// One parameter to search for.
#[derive(Debug, Clone, PartialEq)]
struct Searched {
    name: String,
    start: f64,
    low: f64,
    high: f64,
}

impl Searched {
    /// The parameter at a point of the real line.
    fn at(&self, u: f64) -> f64 {
        self.low + (self.high - self.low) / (1.0 + (-u).exp())
    }

    fn inverse(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(1e-6, 1.0 - 1e-6);
        (share / (1.0 - share)).ln()
    }
}

/// The estimator: parameters with ranges, weights, and how long simulations are.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedMoments {
    searched: Vec<Searched>,
    weighting: Weighting,
    ratio: f64,
    iterations: u64,
    replicates: u64,
}

impl Default for SimulatedMoments {
    fn default() -> Self {
        let weighting = Weighting::Diagonal;
        Self {
            searched: Vec::new(),
            weighting,
            ratio: f64::INFINITY,
            iterations: 100,
            replicates: 499,
        }
    }
}

impl SimulatedMoments {
    /// No parameters yet, diagonal weights, an exact simulation.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a parameter searched between `low` and `high` from `start`.
    ///
    /// # Errors
    /// [`EconometricsError::OutOfRange`] if `start` does not lie between them.
    pub fn with_parameter(
        mut self,
        name: impl Into<String>,
        start: f64,
        low: f64,
        high: f64,
    ) -> Result<Self, EconometricsError> {
        if !(low < start && start < high && (high - low).is_finite()) {
            let range = "inside a finite range";
            return Err(EconometricsError::OutOfRange { name: "start", value: start, range });
        }
        self.searched.push(Searched { name: name.into(), start, low, high });
        Ok(self)
    }

    /// With these weights.
    #[must_use]
    pub fn with_weighting(self, weighting: Weighting) -> Self {
        Self { weighting, ..self }
    }

    /// With simulations τ = `ratio` times as long as the data; infinite if moments are exact.
    ///
    /// # Errors
    /// [`EconometricsError::OutOfRange`] unless it is positive.
    pub fn with_ratio(self, ratio: f64) -> Result<Self, EconometricsError> {
        if ratio > 0.0 {
            return Ok(Self { ratio, ..self });
        }
        Err(EconometricsError::OutOfRange { name: "ratio", value: ratio, range: "above 0" })
    }

    /// With at most this many iterations of a simplex.
    #[must_use]
    pub fn with_iterations(self, iterations: u64) -> Self {
        Self { iterations, ..self }
    }

    /// With this many samples of the model for Ω and J.
    #[must_use]
    pub fn with_replicates(self, replicates: u64) -> Self {
        Self { replicates, ..self }
    }

    /// Searches for the parameters whose simulated moments meet the targets.
    ///
    /// # Errors
    /// More parameters than moments, or a model that cannot be simulated near its start.
    pub fn fit(
        &self,
        targets: &MomentTargets,
        model: &dyn Simulator,
    ) -> Result<SimulatedMomentsFit, EconometricsError> {
        let (k, n) = (targets.values.len(), self.searched.len());
        if n == 0 || k < n {
            let what = "as many moments as parameters, and a parameter";
            return Err(EconometricsError::TooFew { what, needed: n.max(1), found: k });
        }
        let start: Vec<f64> = self.searched.iter().map(|one| one.inverse(one.start)).collect();
        let first = self.search(targets, model, &targets.covariance, &start)?;
        let draws = self.samples(model, &self.point(&first), k)?;
        let covariance = covariance(&draws, k);
        let second = self.search(targets, model, &covariance, &first)?;
        let theta = self.point(&second);
        let simulated =
            model.moments(&theta).filter(|m| m.len() == k).ok_or_else(|| failed("no moments"))?;
        let slopes = self.slopes(&theta, model).ok_or_else(|| failed("no slopes"))?;
        let samples = self.samples(model, &theta, k)?;
        self.account(targets, &covariance, (&theta, &simulated, &slopes), &samples)
    }

    /// The point that meets the targets best, weighted by Ω.
    fn search(
        &self,
        targets: &MomentTargets,
        model: &dyn Simulator,
        covariance: &[f64],
        start: &[f64],
    ) -> Result<Vec<f64>, EconometricsError> {
        let weights = self.weights(covariance, targets.values.len())?;
        let distance = |u: &[f64]| {
            let moments = model.moments(&self.point(u)).filter(|m| m.len() == targets.values.len());
            moments.map_or(f64::INFINITY, |m| quadratic(&weights, &gap(&targets.values, &m)))
        };
        let mut best = (start.to_vec(), distance(start));
        if !best.1.is_finite() {
            return Err(failed("the model cannot be simulated at the start"));
        }
        for width in SIMPLEX {
            let found = simplex(&distance, &best.0, width, self.iterations)?;
            let gained = best.1 - found.1;
            if gained > 0.0 {
                best = found;
            }
            if gained < DISTANCE_TOLERANCE * (1.0 + best.1) {
                break;
            }
        }
        Ok(best.0)
    }

    /// Moments of samples as long as the data.
    fn samples(
        &self,
        model: &dyn Simulator,
        theta: &[f64],
        k: usize,
    ) -> Result<Vec<Vec<f64>>, EconometricsError> {
        let draws: Vec<Vec<f64>> = (0..self.replicates)
            .filter_map(|replicate| model.sample(theta, replicate))
            .filter(|m| m.len() == k && m.iter().all(|x| x.is_finite()))
            .collect();
        if draws.len() < 20 {
            let what = "the distribution of simulated moments";
            return Err(EconometricsError::TooFew { what, needed: 20, found: draws.len() });
        }
        Ok(draws)
    }

    fn point(&self, u: &[f64]) -> Vec<f64> {
        self.searched.iter().zip(u).map(|(one, &u)| one.at(u)).collect()
    }

    /// W, row-major.
    fn weights(&self, covariance: &[f64], k: usize) -> Result<Vec<f64>, EconometricsError> {
        match self.weighting {
            Weighting::Diagonal => {
                let mut weights = vec![0.0; k * k];
                for i in 0..k {
                    weights[i * k + i] = 1.0 / covariance[i * k + i];
                }
                Ok(weights)
            }
            Weighting::Optimal => {
                inverse(covariance, k).ok_or_else(|| failed("the moments' covariance is singular"))
            }
        }
    }

    /// D, row-major moments × parameters, by central differences over a thousandth of each range, one-sided at its ends.
    fn slopes(&self, theta: &[f64], model: &dyn Simulator) -> Option<Vec<f64>> {
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(theta.len());
        for (j, one) in self.searched.iter().enumerate() {
            let width = 1e-3 * (one.high - one.low);
            let at = |value: f64| {
                let mut moved = theta.to_vec();
                moved[j] = value.clamp(one.low, one.high);
                Some((moved[j], model.moments(&moved)?))
            };
            let ((above, high), (below, low)) = (at(theta[j] + width)?, at(theta[j] - width)?);
            columns.push(gap(&high, &low).iter().map(|d| d / (above - below)).collect());
        }
        let k = columns.first()?.len();
        Some((0..k).flat_map(|i| columns.iter().map(move |c| c[i])).collect())
    }

    /// Standard errors, J and its bootstrap at the estimate.
    fn account(
        &self,
        targets: &MomentTargets,
        covariance: &[f64],
        (theta, simulated, slopes): (&[f64], &[f64], &[f64]),
        samples: &[Vec<f64>],
    ) -> Result<SimulatedMomentsFit, EconometricsError> {
        let (k, n) = (simulated.len(), theta.len());
        let weights = self.weights(covariance, k)?;
        let noise = 1.0 + 1.0 / self.ratio;
        let free = free_parameters(&self.searched, theta, slopes, covariance);
        let projection = projection(slopes, &weights, (k, n), &free);
        let se = |j: usize| {
            let at = free.iter().position(|&f| f == j)?;
            let row = &projection.as_ref()?[at * k..(at + 1) * k];
            Some((noise * quadratic(covariance, row)).sqrt())
        };
        let parameter = |(j, one): (usize, &Searched)| {
            Estimate::normal(&*one.name, theta[j], se(j).unwrap_or(f64::NAN))
        };
        let j = quadratic(&weights, &gap(&targets.values, simulated));
        // What is left of a sample's gap once the free parameters have moved to it.
        let left = |sample: &Vec<f64>| {
            let mut rest = gap(sample, simulated);
            if let Some(projection) = &projection {
                let step: Vec<f64> =
                    projection.chunks_exact(k).map(|row| dot(row, &rest)).collect();
                for (i, value) in rest.iter_mut().enumerate() {
                    *value -=
                        free.iter().zip(&step).map(|(f, s)| slopes[i * n + f] * s).sum::<f64>();
                }
            }
            quadratic(&weights, &rest)
        };
        let beyond = samples.iter().filter(|sample| left(sample) >= j).count();
        let p_value = (beyond + 1) as f64 / (samples.len() + 1) as f64;
        let moment = |i: usize| MomentFit {
            name: targets.names[i].clone(),
            observed: targets.values[i],
            se: covariance[i * k + i].sqrt(),
            simulated: simulated[i],
        };
        Ok(SimulatedMomentsFit {
            parameters: self.searched.iter().enumerate().map(parameter).collect(),
            moments: (0..k).map(moment).collect(),
            j: j / noise,
            p_value: if k == free.len() { f64::NAN } else { p_value },
            n_samples: samples.len(),
            ratio: self.ratio,
            weighting: self.weighting,
        })
    }
}

/// A distance as argmin sees it.
struct Distance<'a>(&'a dyn Fn(&[f64]) -> f64);

impl CostFunction for Distance<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Vec<f64>) -> Result<f64, Error> {
        Ok((self.0)(point))
    }
}

/// The best corner of a simplex that began around a point, and its distance.
fn simplex(
    distance: &dyn Fn(&[f64]) -> f64,
    start: &[f64],
    width: f64,
    iterations: u64,
) -> Result<(Vec<f64>, f64), EconometricsError> {
    let mut corners = vec![start.to_vec()];
    for j in 0..start.len() {
        let mut corner = start.to_vec();
        corner[j] += width;
        corners.push(corner);
    }
    let solver = NelderMead::new(corners)
        .with_sd_tolerance(DISTANCE_TOLERANCE)
        .map_err(|e| failed(&e.to_string()))?;
    let run = Executor::new(Distance(distance), solver)
        .configure(|state| state.max_iters(iterations))
        .run()
        .map_err(|e| failed(&e.to_string()))?;
    let state = run.state();
    let point = state.best_param.clone().unwrap_or_else(|| start.to_vec());
    Ok((point, state.best_cost))
}
