//! The model: transition, disturbances, start, and the channels through which it is seen.

use crate::error::StateSpaceError;
use crate::matrix::{check_covariance, check_finite};
use ndarray::{Array1, Array2, ArrayView1};

/// Time-invariant linear Gaussian dynamics `α_{t+1} = T α_t + η_t`, `η_t ~ N(0, R Q R')`.
#[derive(Debug, Clone, PartialEq)]
pub struct StateSpace {
    transition: Array2<f64>,
    state_noise: Array2<f64>,
    initial: Initial,
}

impl StateSpace {
    /// Checks shapes (`m × m`), finiteness, symmetry and that covariances can be ones.
    ///
    /// # Errors
    /// Names the matrix and the element at fault.
    pub fn new(
        transition: Array2<f64>,
        state_noise: Array2<f64>,
        initial: Initial,
    ) -> Result<Self, StateSpaceError> {
        let m = initial.mean.len();
        for (what, found) in [
            ("rows of the transition", transition.nrows()),
            ("columns of the transition", transition.ncols()),
            ("rows of the state noise", state_noise.nrows()),
            ("columns of the state noise", state_noise.ncols()),
        ] {
            if found != m {
                return Err(StateSpaceError::Shape { what, expected: m, found });
            }
        }
        check_finite("transition", transition.iter())?;
        check_covariance("state noise", &state_noise)?;
        Ok(Self { transition, state_noise, initial })
    }

    /// Number of states `m`.
    pub fn n_states(&self) -> usize {
        self.initial.mean.len()
    }

    /// `T`.
    pub fn transition(&self) -> &Array2<f64> {
        &self.transition
    }

    /// `R Q R'`.
    pub fn state_noise(&self) -> &Array2<f64> {
        &self.state_noise
    }

    /// The state before the first measurement.
    pub fn initial(&self) -> &Initial {
        &self.initial
    }
}

/// The state of period 0 before any measurement: `α_0 ~ N(mean, covariance + κ·diffuse)`, `κ → ∞`.
#[derive(Debug, Clone, PartialEq)]
pub struct Initial {
    mean: Array1<f64>,
    covariance: Array2<f64>,
    diffuse: Array2<f64>,
}

impl Initial {
    /// A start with mean, covariance `P*` and diffuse part `P∞`.
    ///
    /// # Errors
    /// Shapes that differ, elements that are not finite, matrices that cannot be covariances.
    pub fn new(
        mean: Array1<f64>,
        covariance: Array2<f64>,
        diffuse: Array2<f64>,
    ) -> Result<Self, StateSpaceError> {
        let m = mean.len();
        for (what, found) in [
            ("rows of the initial covariance", covariance.nrows()),
            ("columns of the initial covariance", covariance.ncols()),
            ("rows of the initial diffuse part", diffuse.nrows()),
            ("columns of the initial diffuse part", diffuse.ncols()),
        ] {
            if found != m {
                return Err(StateSpaceError::Shape { what, expected: m, found });
            }
        }
        check_finite("initial mean", mean.iter())?;
        check_covariance("initial covariance", &covariance)?;
        check_covariance("initial diffuse part", &diffuse)?;
        Ok(Self { mean, covariance, diffuse })
    }

    /// Nothing is known of any of the `n_states` states.
    pub fn all_diffuse(n_states: usize) -> Self {
        Self {
            mean: Array1::zeros(n_states),
            covariance: Array2::zeros((n_states, n_states)),
            diffuse: Array2::eye(n_states),
        }
    }

    /// A proper start.
    ///
    /// # Errors
    /// As [`Initial::new`].
    pub fn known(mean: Array1<f64>, covariance: Array2<f64>) -> Result<Self, StateSpaceError> {
        let m = mean.len();
        Self::new(mean, covariance, Array2::zeros((m, m)))
    }

    /// The first `n_diffuse` states diffuse, those after them of mean zero with the given (usually stationary) covariance.
    ///
    /// # Errors
    /// As [`Initial::new`].
    pub fn diffuse_then(
        n_diffuse: usize,
        stationary: &Array2<f64>,
    ) -> Result<Self, StateSpaceError> {
        let m = n_diffuse + stationary.nrows();
        if stationary.ncols() != stationary.nrows() {
            return Err(StateSpaceError::Shape {
                what: "columns of the stationary block",
                expected: stationary.nrows(),
                found: stationary.ncols(),
            });
        }
        let mut covariance = Array2::zeros((m, m));
        for ((i, j), &value) in stationary.indexed_iter() {
            covariance[[n_diffuse + i, n_diffuse + j]] = value;
        }
        let mut diffuse = Array2::zeros((m, m));
        for i in 0..n_diffuse {
            diffuse[[i, i]] = 1.0;
        }
        Self::new(Array1::zeros(m), covariance, diffuse)
    }

    /// Mean.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// `P*`.
    pub fn covariance(&self) -> &Array2<f64> {
        &self.covariance
    }

    /// `P∞`.
    pub fn diffuse(&self) -> &Array2<f64> {
        &self.diffuse
    }
}

/// Solves `P = T P T' + Q` by doubling (Anderson and Moore 1979, §6.7): the covariance of a stationary state.
///
/// # Errors
/// `NotStationary` if the powers of `T` do not die out; shapes.
pub fn stationary_covariance(
    transition: &Array2<f64>,
    state_noise: &Array2<f64>,
) -> Result<Array2<f64>, StateSpaceError> {
    let m = transition.nrows();
    if transition.ncols() != m || state_noise.dim() != (m, m) {
        return Err(StateSpaceError::Shape {
            what: "columns of the transition or state noise",
            expected: m,
            found: transition.ncols().min(state_noise.ncols()),
        });
    }
    let mut power = transition.clone();
    let mut covariance = state_noise.clone();
    for _ in 0..60 {
        let step = power.dot(&covariance).dot(&power.t());
        covariance += &step;
        let symmetric = (&covariance + &covariance.t()) * 0.5;
        covariance = symmetric;
        if !covariance.iter().all(|v| v.is_finite()) {
            return Err(StateSpaceError::NotStationary);
        }
        power = power.dot(&power);
        let largest = power.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
        if largest < 1e-18 {
            return Ok(covariance);
        }
    }
    Err(StateSpaceError::NotStationary)
}

/// One way the state is seen: signal `θ_t = Z α_t + x_t'β`, published with noise of variance `noise_variance`.
///
/// All channels have the same regressor columns and share `β`; a column that does not concern a channel is zero in it.
/// If a channel has spans, what is summed is its signal: an irregular that belongs to the months must be a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    signal: Array1<f64>,
    /// `Z` of each period, where it is not the same in all.
    moving: Option<Array2<f64>>,
    regressors: Array2<f64>,
    noise_variance: f64,
}

impl Channel {
    /// `signal` is `Z` (length `m`), `regressors` is `n_periods × k` (`k` may be 0).
    ///
    /// # Errors
    /// Elements that are not finite, a negative variance.
    pub fn new(
        signal: Array1<f64>,
        regressors: Array2<f64>,
        noise_variance: f64,
    ) -> Result<Self, StateSpaceError> {
        check_finite("signal", signal.iter())?;
        check_finite("regressors", regressors.iter())?;
        check_finite("noise variance", std::iter::once(&noise_variance))?;
        if noise_variance < 0.0 {
            return Err(StateSpaceError::NotCovariance {
                what: "noise variance",
                index: 0,
                value: noise_variance,
            });
        }
        Ok(Self { signal, moving: None, regressors, noise_variance })
    }

    /// A channel without regressors over `n_periods`.
    ///
    /// # Errors
    /// As [`Channel::new`].
    pub fn plain(
        signal: Array1<f64>,
        n_periods: usize,
        noise_variance: f64,
    ) -> Result<Self, StateSpaceError> {
        Self::new(signal, Array2::zeros((n_periods, 0)), noise_variance)
    }

    /// The same with a `Z` of its own in each period (`n_periods × m`), as regressors whose coefficients are states need.
    ///
    /// # Errors
    /// A shape that does not fit, elements that are not finite.
    pub fn with_moving_signal(self, signals: Array2<f64>) -> Result<Self, StateSpaceError> {
        for (what, expected, found) in [
            ("rows of a moving signal", self.regressors.nrows(), signals.nrows()),
            ("columns of a moving signal", self.signal.len(), signals.ncols()),
        ] {
            if expected != found {
                return Err(StateSpaceError::Shape { what, expected, found });
            }
        }
        check_finite("moving signal", signals.iter())?;
        Ok(Self { moving: Some(signals), ..self })
    }

    /// `Z`, where it is the same in all periods.
    pub fn signal(&self) -> &Array1<f64> {
        &self.signal
    }

    /// `Z` of a period.
    pub fn signal_at(&self, t: usize) -> ArrayView1<'_, f64> {
        self.moving.as_ref().map_or_else(|| self.signal.view(), |signals| signals.row(t))
    }

    /// `Z` of each period, if it is not the same in all.
    pub(crate) fn moving_signal(&self) -> Option<&Array2<f64>> {
        self.moving.as_ref()
    }

    /// The same without regressors.
    pub(crate) fn without_regressors(&self) -> Self {
        let regressors = Array2::zeros((self.regressors.nrows(), 0));
        Self { regressors, ..self.clone() }
    }

    /// `n_periods × k`.
    pub fn regressors(&self) -> &Array2<f64> {
        &self.regressors
    }

    /// Variance of the published figure around the (summed) signal.
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr1, arr2};

    #[test]
    fn stationary_variance_of_an_ar1_and_an_ar2() {
        let p = stationary_covariance(&arr2(&[[0.8]]), &arr2(&[[2.0]])).unwrap();
        assert!((p[[0, 0]] - 2.0 / 0.36).abs() < 1e-12);
        // AR(2): γ0 = (1 − φ2) σ² / ((1 + φ2)((1 − φ2)² − φ1²)).
        let p = stationary_covariance(
            &arr2(&[[0.5, 0.3], [1.0, 0.0]]),
            &arr2(&[[1.0, 0.0], [0.0, 0.0]]),
        )
        .unwrap();
        assert!((p[[0, 0]] - 0.7 / (1.3 * (0.49 - 0.25))).abs() < 1e-12);
        assert_eq!(
            stationary_covariance(&arr2(&[[1.0]]), &arr2(&[[1.0]])),
            Err(StateSpaceError::NotStationary)
        );
    }

    #[test]
    fn bad_models_are_refused() {
        let start = Initial::all_diffuse(2);
        assert!(matches!(
            StateSpace::new(Array2::eye(3), Array2::eye(2), start.clone()),
            Err(StateSpaceError::Shape { expected: 2, found: 3, .. })
        ));
        assert!(matches!(
            StateSpace::new(Array2::eye(2), arr2(&[[1.0, 0.5], [0.4, 1.0]]), start.clone()),
            Err(StateSpaceError::NotSymmetric { .. })
        ));
        assert!(matches!(
            StateSpace::new(Array2::eye(2), arr2(&[[1.0, 2.0], [2.0, 1.0]]), start.clone()),
            Err(StateSpaceError::NotCovariance { .. })
        ));
        assert!(matches!(
            StateSpace::new(arr2(&[[1.0, f64::NAN], [0.0, 1.0]]), Array2::eye(2), start),
            Err(StateSpaceError::NotFinite { index: 1, .. })
        ));
        assert!(Channel::plain(arr1(&[1.0]), 3, -1.0).is_err());
    }
}
