//! What the method returns.

use std::fmt;

use serde::Serialize;

use super::Weighting;
use crate::estimate::{Estimate, significant};

/// A moment, observed and simulated at the estimate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MomentFit {
    /// Name.
    pub name: String,
    /// In the data.
    pub observed: f64,
    /// Its standard error in the model.
    pub se: f64,
    /// In the model.
    pub simulated: f64,
}

/// Parameters that make a model's moments meet those of data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulatedMomentsFit {
    pub(super) parameters: Vec<Estimate>,
    pub(super) moments: Vec<MomentFit>,
    pub(super) j: f64,
    pub(super) p_value: f64,
    pub(super) n_samples: usize,
    pub(super) ratio: f64,
    pub(super) weighting: Weighting,
}

impl SimulatedMomentsFit {
    /// Parameters; a standard error is NaN where the parameter is at an end of its range or moves no moment.
    pub fn parameters(&self) -> &[Estimate] {
        &self.parameters
    }

    /// Moments, observed and simulated.
    pub fn moments(&self) -> &[MomentFit] {
        &self.moments
    }

    /// J: the distance left.
    pub fn j(&self) -> f64 {
        self.j
    }

    /// Probability of a J at least as large if the model holds, by parametric bootstrap; NaN without a moment to spare.
    pub fn p_value(&self) -> f64 {
        self.p_value
    }

    /// Parameters without a standard error: the moments do not pin them.
    pub fn not_identified(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(|p| p.se.is_nan()).map(|p| p.name.as_str())
    }
}

impl fmt::Display for SimulatedMomentsFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weights = match self.weighting {
            Weighting::Diagonal => "weights by variance",
            Weighting::Optimal => "weights by inverse covariance",
        };
        writeln!(f, "Simulated method of moments ({weights}, τ = {})\n", self.ratio)?;
        writeln!(f, "{:22}  {:>9}  {:>9}", "", "estimate", "s.e.")?;
        for one in &self.parameters {
            let (value, se) = (significant(one.value, 4), significant(one.se, 4));
            writeln!(f, "{:22}  {value:>9}  {se:>9}", one.name)?;
        }
        writeln!(f, "\n{:22}  {:>9}  {:>9}  {:>9}", "", "observed", "s.e.", "simulated")?;
        for one in &self.moments {
            let [a, b, c] = [one.observed, one.se, one.simulated].map(|x| significant(x, 4));
            writeln!(f, "{:22}  {a:>9}  {b:>9}  {c:>9}", one.name)?;
        }
        let (j, p) = (significant(self.j, 4), significant(self.p_value, 3));
        writeln!(f, "\nJ = {j}, bootstrapped p = {p} ({} samples of the model)", self.n_samples)
    }
}
