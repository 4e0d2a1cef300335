//! The seasonal of a structural model: dummies or trigonometric terms.
//!
//! ```text
//! dummy          γ_{t+1} = −Σ_{j<s} γ_{t+1−j} + ω_t
//! trigonometric  γ_t = Σ_j γ_{jt},  (γ_j, γ*_j)_{t+1} = rotation by 2πj/s of (γ_j, γ*_j)_t + (ω_j, ω*_j)_t
//! ```
//!
//! The trigonometric form moves more smoothly at the same variance (Harvey 1989, §2.3.4; Proietti 2000). The harmonic
//! of two periods, of an even season, has one state.

use std::f64::consts::PI;

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// How the seasonal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seasonal {
    /// Effects of the periods of the season, one disturbance a period.
    #[default]
    Dummy,
    /// Harmonics, all with one variance.
    Trigonometric,
    /// Harmonics, each with its own variance.
    Harmonics,
}

impl Seasonal {
    /// Variances of a season of so many periods.
    pub(super) fn n_variances(self, season: usize) -> usize {
        match self {
            _ if season < 2 => 0,
            Self::Dummy | Self::Trigonometric => 1,
            Self::Harmonics => season / 2,
        }
    }

    /// Writes transition, disturbance and signal of the states from `at` on.
    pub(super) fn write(
        self,
        season: usize,
        at: usize,
        variances: &[f64],
        (transition, noise, signal): (&mut Array2<f64>, &mut Array2<f64>, &mut Array1<f64>),
    ) {
        if self == Self::Dummy {
            for j in 0..season - 1 {
                transition[[at, at + j]] = -1.0;
                if j > 0 {
                    transition[[at + j, at + j - 1]] = 1.0;
                }
            }
            noise[[at, at]] = variances[0];
            signal[at] = 1.0;
            return;
        }
        for j in 1..=season / 2 {
            let i = at + 2 * (j - 1);
            let variance = if self == Self::Harmonics { variances[j - 1] } else { variances[0] };
            noise[[i, i]] = variance;
            signal[i] = 1.0;
            if 2 * j == season {
                transition[[i, i]] = -1.0;
            } else {
                write_rotation(transition, i, 1.0, 2.0 * PI * j as f64 / season as f64);
                noise[[i + 1, i + 1]] = variance;
            }
        }
    }

    /// Covariance of the states if the effects are exchangeable, of variance `sd²` and sum zero: `sd² (I − 11'/s)`.
    pub(super) fn proper_start(self, season: usize, sd: f64) -> Array2<f64> {
        let (n, s) = (season - 1, season as f64);
        Array2::from_shape_fn((n, n), |(i, j)| {
            let own = if i == j { 1.0 } else { 0.0 };
            match self {
                Self::Dummy => sd * sd * (own - 1.0 / s),
                // The projection on a harmonic has elements 2/s cos λ(t − t'), 1/s for that of two periods.
                _ if 2 * (i / 2 + 1) == season => sd * sd * own / s,
                _ => sd * sd * own * 2.0 / s,
            }
        })
    }
}

/// A rotation by `angle`, shrunk by `factor`, of the states `at` and `at + 1`.
pub(super) fn write_rotation(transition: &mut Array2<f64>, at: usize, factor: f64, angle: f64) {
    let (sin, cos) = angle.sin_cos();
    transition[[at, at]] = factor * cos;
    transition[[at, at + 1]] = factor * sin;
    transition[[at + 1, at]] = -factor * sin;
    transition[[at + 1, at + 1]] = factor * cos;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms start with the same effects: variance sd² (1 − 1/s), covariances −sd²/s.
    #[test]
    fn proper_starts_of_both_forms_agree() {
        for season in [4, 5, 12] {
            let n = season - 1;
            let (mut t, mut q, mut z) =
                (Array2::zeros((n, n)), Array2::zeros((n, n)), Array1::zeros(n));
            Seasonal::Trigonometric.write(season, 0, &[0.0], (&mut t, &mut q, &mut z));
            let start = Seasonal::Trigonometric.proper_start(season, 0.3);
            let mut row = z.clone();
            for lag in 0..season {
                let covariance = row.dot(&start.dot(&z));
                let own = if lag == 0 { 1.0 } else { 0.0 };
                let expected = 0.09 * (own - 1.0 / season as f64);
                assert!((covariance - expected).abs() < 1e-14, "{season} {lag}");
                row = row.dot(&t);
            }
        }
    }
}
