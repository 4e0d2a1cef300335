//! Box–Cox transformations: the scale on which a method works, and the way back.
//!
//! `w = (y^λ − 1)/λ`, `ln y` at λ = 0 (Box and Cox 1964, eq. 1). The way back keeps medians and quantiles; the mean of a
//! normal on the transformed scale is that of the log-normal at λ = 0 and the second-order one of Taylor (1986, eq. 2)
//! elsewhere: Hyndman and Athanasopoulos (2021), §5.6.

use serde::{Deserialize, Serialize};

/// A monotone transformation of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// The figure itself.
    #[default]
    None,
    /// Its natural logarithm.
    Log,
    /// The power transformation with this λ, not 0 or 1.
    BoxCox(f64),
}

impl Transform {
    /// The transformation of a λ: none at 1, logarithm at 0.
    pub fn of_lambda(lambda: f64) -> Self {
        match lambda {
            0.0 => Self::Log,
            1.0 => Self::None,
            lambda => Self::BoxCox(lambda),
        }
    }

    /// Its λ.
    pub fn lambda(self) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Log => 0.0,
            Self::BoxCox(lambda) => lambda,
        }
    }

    /// Whether it is for positive figures only.
    pub fn needs_positive(self) -> bool {
        self != Self::None
    }

    /// The transformed figure; −∞ or the lower bound for a figure that is not positive.
    pub fn forward(self, y: f64) -> f64 {
        match self {
            Self::None => y,
            Self::Log => y.max(0.0).ln(),
            Self::BoxCox(lambda) => (y.max(0.0).powf(lambda) - 1.0) / lambda,
        }
    }

    /// The figure of a transformed one; beyond the range of the transformation its bound, 0 or ∞.
    pub fn inverse(self, w: f64) -> f64 {
        match self {
            Self::None => w,
            Self::Log => w.exp(),
            Self::BoxCox(lambda) => (lambda * w + 1.0).max(0.0).powf(1.0 / lambda),
        }
    }

    /// The mean of the figure if the transformed one is normal: exact for logarithms, of second order in `sd` else.
    pub fn mean(self, mean: f64, sd: f64) -> f64 {
        match self {
            Self::None => mean,
            Self::Log => (mean + 0.5 * sd * sd).exp(),
            Self::BoxCox(lambda) => {
                let inner = lambda * mean + 1.0;
                let second =
                    if inner > 0.0 { 0.5 * (1.0 - lambda) * (sd / inner).powi(2) } else { 0.0 };
                self.inverse(mean) * (1.0 + second)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for transform in
            [Transform::None, Transform::Log, Transform::BoxCox(0.3), Transform::BoxCox(-0.5)]
        {
            for y in [1e-3, 0.5, 1.0, 7.0, 1e4] {
                let back = transform.inverse(transform.forward(y));
                assert!((back / y - 1.0).abs() < 1e-9, "{transform:?} {y} {back}");
            }
            assert_eq!(Transform::of_lambda(transform.lambda()), transform);
        }
    }

    #[test]
    fn nothing_below_zero_comes_back() {
        assert_eq!(Transform::BoxCox(0.5).inverse(-10.0), 0.0);
        assert_eq!(Transform::BoxCox(-0.5).inverse(3.0), f64::INFINITY);
    }

    /// λ = ½: y = (w/2 + 1)², whose mean is (m/2 + 1)² + s²/4 exactly.
    #[test]
    fn the_mean_of_a_square_is_exact() {
        let (m, s) = (2.0, 0.6);
        let mean = Transform::BoxCox(0.5).mean(m, s);
        assert!((mean - (4.0 + 0.09)).abs() < 1e-12);
        assert!((Transform::Log.mean(0.0, 1.0) - 0.5_f64.exp()).abs() < 1e-15);
    }
}
