//! The basic structural model: level, slope, seasonal and irregular, each with its own variance.
//!
//! Use it for monthly series whose trend and season may drift. It assumes Gaussian disturbances (of logs, if the sample
//! is in logs) and a seasonal pattern that moves slowly.
//!
//! ```text
//! y_t = μ_t + γ_t + ε_t        μ_{t+1} = μ_t + ν_t + ξ_t        ν_{t+1} = ν_t + ζ_t        γ_{t+1} = −Σ_{j<s} γ_{t+1−j} + ω_t
//! ```
//!
//! Level, slope and seasonal start diffuse. A component with a fixed slope has ζ = 0; a variance may be zero, and a
//! component whose variance is estimated as zero is deterministic. References: Harvey (1989), *Forecasting, Structural
//! Time Series Models and the Kalman Filter*, §2.3 and §4.1; Durbin and Koopman (2012), §3.2. Checked against the Nile
//! (Durbin and Koopman 2012, §2; R 4.2 `StructTS`) in tests/golden.rs.
//!
//! ```
//! use monazite_forecast::{Fitted, Forecaster, Regressors, Sample, Scale, Structural};
//! use monazite_series::{Aggregation, Series};
//! let figures: Vec<f64> = (0..48).map(|t| 100.0 + f64::from(t) + 10.0 * f64::from(t % 12)).collect();
//! let series = Series::from_values("x", "t".parse()?, Aggregation::Sum, "2020-01".parse()?, &figures)?;
//! let fit = Structural::basic(12).fit(&Sample::new(series, Scale::Log, Regressors::none())?)?;
//! let forecast = fit.forecast(12, 200, 1)?;
//! assert!((forecast.quantile(11, 0.5)? / 269.0 - 1.0).abs() < 0.05);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use monazite_statespace::{Initial, StateSpace, StateSpaceError};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::Sample;
use crate::form::{Dynamics, Form};

/// How the slope moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slope {
    /// No slope: the level is a random walk.
    None,
    /// A constant slope: a random walk with drift.
    Fixed,
    /// A slope that is itself a random walk.
    Random,
}

/// A structural model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Structural {
    /// How the slope moves.
    pub slope: Slope,
    /// Periods in a season; below 2: no seasonal.
    pub season: usize,
    /// Whether there is an irregular besides the level.
    pub irregular: bool,
    /// Standard deviation of a starting seasonal effect around zero, in the scale of the model; without it the start is
    /// diffuse. Where two or more periods of the season never appear in a figure of their own, as January and February in
    /// Chinese customs figures, their sum says nothing on either, and a fit puts .3 (a factor of 1.35) here by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seasonal_start: Option<f64>,
}

/// Standard deviation of a starting seasonal effect relative to the size of the series.
const SEASONAL_START: f64 = 0.3;
/// A variance below this share of the largest counts as zero.
const ZERO: f64 = 1e-7;

impl Structural {
    /// Level, random slope, seasonal and irregular.
    pub fn basic(season: usize) -> Self {
        Self { slope: Slope::Random, season, irregular: true, seasonal_start: None }
    }

    /// Level and irregular.
    pub fn local_level() -> Self {
        Self { slope: Slope::None, season: 0, irregular: true, seasonal_start: None }
    }

    /// A level that walks, without season or irregular.
    pub fn random_walk() -> Self {
        Self { slope: Slope::None, season: 0, irregular: false, seasonal_start: None }
    }

    /// The model as it can be fitted to a sample: with a proper seasonal start where figures do not pin one.
    pub(crate) fn for_sample(self, sample: &Sample) -> Self {
        if self.season < 2 || self.seasonal_start.is_some() {
            return self;
        }
        let mut alone = vec![false; self.season];
        for o in sample.publications().iter().flat_map(|p| p.series.observations()) {
            if o.span == 1 {
                alone[o.period.ordinal().rem_euclid(self.season as i64) as usize] = true;
            }
        }
        if alone.iter().filter(|seen| !**seen).count() < 2 {
            return self;
        }
        Self { seasonal_start: Some(SEASONAL_START * sample.size()), ..self }
    }

    fn n_seasonal(self) -> usize {
        if self.season >= 2 { self.season - 1 } else { 0 }
    }

    fn n_slope(self) -> usize {
        usize::from(self.slope != Slope::None)
    }
}

/// The start with exchangeable seasonal effects of variance sd² that sum to zero, in place of diffuse ones.
fn with_proper_seasonal(
    start: &Initial,
    at: usize,
    n_seasonal: usize,
    sd: f64,
) -> Result<Initial, StateSpaceError> {
    let (mut covariance, mut diffuse) = (start.covariance().clone(), start.diffuse().clone());
    let season = (n_seasonal + 1) as f64;
    for i in 0..n_seasonal {
        diffuse[[at + i, at + i]] = 0.0;
        for j in 0..n_seasonal {
            let own = if i == j { 1.0 } else { 0.0 };
            covariance[[at + i, at + j]] = sd * sd * (own - 1.0 / season);
        }
    }
    Initial::new(start.mean().clone(), covariance, diffuse)
}

impl Form for Structural {
    fn label(&self) -> String {
        let mut parts = vec!["level"];
        match self.slope {
            Slope::None => {}
            Slope::Fixed => parts.push("fixed slope"),
            Slope::Random => parts.push("slope"),
        }
        if self.season >= 2 {
            parts.push("seasonal");
        }
        if self.irregular {
            parts.push("irregular");
        }
        format!("structural({})", parts.join(", "))
    }

    fn names(&self) -> Vec<String> {
        let mut names = vec!["level variance"];
        if self.slope == Slope::Random {
            names.push("slope variance");
        }
        if self.season >= 2 {
            names.push("seasonal variance");
        }
        if self.irregular {
            names.push("irregular variance");
        }
        names.into_iter().map(str::to_owned).collect()
    }

    fn relative(&self) -> bool {
        false
    }

    fn constant(&self) -> Option<&'static str> {
        None
    }

    fn starts(&self, _variance: f64) -> Vec<Vec<f64>> {
        // Standard deviations in units of that of the changes: a moving level, and a smooth one.
        let start = |level: f64, slope: f64, seasonal: f64, irregular: f64| {
            let mut point = vec![level];
            if self.slope == Slope::Random {
                point.push(slope);
            }
            if self.season >= 2 {
                point.push(seasonal);
            }
            if self.irregular {
                point.push(irregular);
            }
            point
        };
        vec![start(0.5, 0.02, 0.1, 0.5), start(0.1, 0.05, 0.2, 0.6)]
    }

    fn natural(&self, free: &[f64], variance: f64) -> Vec<f64> {
        free.iter().map(|x| variance * x * x).collect()
    }

    fn at_edge(&self, parameter_idx: usize, natural: &[f64]) -> bool {
        let largest = natural.iter().copied().fold(0.0, f64::max);
        natural[parameter_idx] <= ZERO * largest
    }

    fn dynamics(&self, natural: &[f64]) -> Result<Dynamics, StateSpaceError> {
        let (n_slope, n_seasonal) = (self.n_slope(), self.n_seasonal());
        let n_diffuse = 1 + n_slope + n_seasonal;
        let m = n_diffuse + usize::from(self.irregular);
        let mut transition = Array2::zeros((m, m));
        let mut noise = Array2::zeros((m, m));
        let mut signal = Array1::zeros(m);
        let mut variances = natural.iter().copied();
        let mut next = || variances.next().unwrap_or(0.0);
        transition[[0, 0]] = 1.0;
        noise[[0, 0]] = next();
        signal[0] = 1.0;
        if n_slope == 1 {
            transition[[0, 1]] = 1.0;
            transition[[1, 1]] = 1.0;
            noise[[1, 1]] = if self.slope == Slope::Random { next() } else { 0.0 };
        }
        if n_seasonal > 0 {
            let at = 1 + n_slope;
            for j in 0..n_seasonal {
                transition[[at, at + j]] = -1.0;
                if j > 0 {
                    transition[[at + j, at + j - 1]] = 1.0;
                }
            }
            noise[[at, at]] = next();
            signal[at] = 1.0;
        }
        let mut irregular = Array2::zeros((m - n_diffuse, m - n_diffuse));
        if self.irregular {
            // A state, so that sums over spans contain it.
            let variance = next();
            noise[[m - 1, m - 1]] = variance;
            signal[m - 1] = 1.0;
            irregular[[0, 0]] = variance;
        }
        let mut initial = Initial::diffuse_then(n_diffuse, &irregular)?;
        if let Some(sd) = self.seasonal_start {
            initial = with_proper_seasonal(&initial, 1 + n_slope, n_seasonal, sd)?;
        }
        Ok(Dynamics { model: StateSpace::new(transition, noise, initial)?, signal })
    }

    fn min_periods(&self) -> usize {
        if self.season >= 2 { 2 * self.season } else { 4 + self.n_slope() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_parameters_match_the_components() {
        let basic = Structural::basic(12);
        assert_eq!(basic.names().len(), 4);
        assert_eq!(basic.starts(1.0)[0].len(), 4);
        let dynamics = basic.dynamics(&[1.0, 0.1, 0.2, 2.0]).unwrap();
        assert_eq!(dynamics.model.n_states(), 14);
        assert_eq!(dynamics.signal.sum(), 3.0);
        let walk = Structural::random_walk().dynamics(&[2.0]).unwrap();
        assert_eq!((walk.model.n_states(), walk.model.state_noise()[[0, 0]]), (1, 2.0));
    }

    /// A seasonal of four quarters sums to zero over any year when it does not move.
    #[test]
    fn the_seasonal_sums_to_zero() {
        let form =
            Structural { slope: Slope::None, season: 4, irregular: false, seasonal_start: None };
        let dynamics = form.dynamics(&[0.0, 0.0]).unwrap();
        let mut state = Array1::from(vec![0.0, 3.0, -1.0, 2.0]);
        let mut sum = 0.0;
        for _ in 0..4 {
            sum += dynamics.signal.dot(&state);
            state = dynamics.model.transition().dot(&state);
        }
        assert!(sum.abs() < 1e-12);
    }
}
