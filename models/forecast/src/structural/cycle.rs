//! The stochastic cycle of a structural model.
//!
//! ```text
//! (ψ, ψ*)_{t+1} = ρ · rotation by λ of (ψ, ψ*)_t + (κ, κ*)_t,      period 2π/λ,  0 < ρ < 1
//! ```
//!
//! It starts stationary, with variance `σ²_κ / (1 − ρ²)` (Harvey 1989, §2.3.3, eq. 2.3.38).

use std::f64::consts::PI;

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::season::write_rotation;

/// A cycle and the bounds of its period, in periods of the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    /// Shortest period, at least 2.
    pub shortest: f64,
    /// Longest period.
    pub longest: f64,
}

impl Cycle {
    /// A business cycle of 1.5 to 12 years, of data with so many periods a year.
    pub fn business(per_year: usize) -> Self {
        let year = per_year.max(1) as f64;
        Self { shortest: (1.5 * year).max(2.0), longest: 12.0 * year }
    }

    /// Whether a period can lie between the bounds.
    pub(super) fn is_possible(self) -> bool {
        self.shortest >= 2.0 && self.longest > self.shortest && self.longest.is_finite()
    }

    /// The period at a share of the way from the shortest to the longest, in logarithms.
    pub(super) fn period(self, share: f64) -> f64 {
        self.shortest * (self.longest / self.shortest).powf(share)
    }

    /// Whether the estimate of the period stands at a bound.
    pub(super) fn at_bound(self, period: f64) -> bool {
        period < self.shortest * 1.001 || period > self.longest / 1.001
    }
}

/// Writes the two states from `at` on: variance of κ, ρ, period.
pub(super) fn write(
    at: usize,
    (variance, damping, period): (f64, f64, f64),
    (transition, noise, signal): (&mut Array2<f64>, &mut Array2<f64>, &mut Array1<f64>),
    covariance: &mut Array2<f64>,
) {
    write_rotation(transition, at, damping, 2.0 * PI / period);
    signal[at] = 1.0;
    for i in at..at + 2 {
        noise[[i, i]] = variance;
        covariance[[i, i]] = variance / (1.0 - damping * damping);
    }
}
