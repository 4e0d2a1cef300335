//! Structural models: level, slope, seasonal, cycle and irregular, each with its own variance.
//!
//! Use them for monthly series whose trend and season may drift. They assume Gaussian disturbances (of logs, if the
//! sample is in logs) and a seasonal pattern that moves slowly.
//!
//! ```text
//! y_t = μ_t + γ_t + ψ_t + ε_t        μ_{t+1} = μ_t + ν_t + ξ_t        ν_{t+1} = φ ν_t + ζ_t
//! ```
//!
//! with γ of [`Seasonal`] and ψ of [`Cycle`]. φ is one but in a damped slope, which dies out: 0 < φ < 1, mean zero and a
//! stationary start. Level, slope without damping, and seasonal start diffuse; cycle and irregular are stationary. A
//! level that is fixed moves only with its slope: with a random slope it is the smooth trend, an integrated random walk.
//! A variance may be zero, and a component whose variance is estimated as zero is deterministic. References: Harvey
//! (1989), *Forecasting, Structural Time Series Models and the Kalman Filter*, §2.3 and §4.1; Durbin and Koopman (2012),
//! §3.2; damped slopes: Gardner (1985) and Harvey (1989), §2.3.2. Checked against R 4.2 `StructTS` in
//! tests/golden.rs and statsmodels 0.15 `UnobservedComponents` in tests/structural.rs.
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

mod components;
mod cycle;
mod season;

use monazite_statespace::{Initial, StateSpace, StateSpaceError};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

pub use components::ComponentPeriod;
pub use cycle::Cycle;
pub use season::Seasonal;

use crate::form::{Dynamics, Form};
use crate::{ForecastError, Sample};

/// How the level moves besides its slope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not at all.
    Fixed,
    /// By random steps.
    #[default]
    Random,
}

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
    /// A slope that dies out: an autoregression of order one around zero.
    Damped,
}

/// A structural model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Structural {
    /// How the level moves.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: Level,
    /// How the slope moves.
    pub slope: Slope,
    /// Periods in a season; below 2: no seasonal.
    pub season: usize,
    /// How the seasonal is written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seasonal: Seasonal,
    /// A stochastic cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Cycle>,
    /// Whether there is an irregular besides the level.
    pub irregular: bool,
    /// Standard deviation of a starting seasonal effect around zero, in the scale of the model; without it the start is
    /// diffuse. Where two or more periods of the season never appear in a figure of their own, as January and February in
    /// Chinese customs figures, their sum says nothing on either, and a fit puts .3 (a factor of 1.35) here by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seasonal_start: Option<f64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Standard deviation of a starting seasonal effect relative to the size of the series.
const SEASONAL_START: f64 = 0.3;
/// A variance below this share of the largest counts as zero.
const ZERO: f64 = 1e-7;
/// A damping factor this near to zero or one stands at its edge.
const EDGE: f64 = 1e-3;
/// Largest damping factor: beyond it a stationary start has a variance of no use.
const LARGEST_DAMPING: f64 = 1.0 - 1e-6;

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Variance,
    /// Between zero and one.
    Damping,
    /// Between the bounds of a cycle.
    Period(Cycle),
}

/// A parameter, its kind and two values to start from, of variances the standard deviation in units of that of changes.
struct Parameter {
    name: String,
    kind: Kind,
    starts: [f64; 2],
}

impl Structural {
    /// Level, random slope, dummy seasonal and irregular.
    pub fn basic(season: usize) -> Self {
        Self { season, slope: Slope::Random, ..Self::local_level() }
    }

    /// Level and irregular.
    pub fn local_level() -> Self {
        Self { irregular: true, ..Self::random_walk() }
    }

    /// Level, random slope and irregular.
    pub fn local_linear() -> Self {
        Self::basic(0)
    }

    /// A level that moves with its random slope only, and an irregular.
    pub fn smooth_trend() -> Self {
        Self { level: Level::Fixed, ..Self::basic(0) }
    }

    /// Level, a slope that dies out, and an irregular.
    pub fn damped_trend() -> Self {
        Self { slope: Slope::Damped, ..Self::basic(0) }
    }

    /// A level that walks, without season or irregular.
    pub fn random_walk() -> Self {
        Self {
            level: Level::Random,
            slope: Slope::None,
            season: 0,
            seasonal: Seasonal::Dummy,
            cycle: None,
            irregular: false,
            seasonal_start: None,
        }
    }

    /// The same with a seasonal of so many periods.
    #[must_use]
    pub fn with_season(self, season: usize, seasonal: Seasonal) -> Self {
        Self { season, seasonal, ..self }
    }

    /// The same with a stochastic cycle.
    #[must_use]
    pub fn with_cycle(self, cycle: Cycle) -> Self {
        Self { cycle: Some(cycle), ..self }
    }

    /// Whether it can be estimated at all.
    pub(crate) fn check(self) -> Result<(), ForecastError> {
        if let Some(cycle) = self.cycle.filter(|c| !c.is_possible()) {
            return Err(ForecastError::Specification(format!(
                "the period of a cycle cannot lie between {} and {}: it is at least 2",
                cycle.shortest, cycle.longest
            )));
        }
        if !self.parameters().iter().any(|p| p.kind == Kind::Variance) {
            return Err(ForecastError::Specification(format!(
                "{} has no disturbance: a level, slope, seasonal, cycle or irregular has to be random",
                self.label()
            )));
        }
        Ok(())
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

    /// The parameters in the order in which they are estimated.
    fn parameters(self) -> Vec<Parameter> {
        let mut list = Vec::new();
        let mut push = |name: &str, kind, starts| {
            list.push(Parameter { name: name.to_owned(), kind, starts });
        };
        if self.level == Level::Random {
            push("level variance", Kind::Variance, [0.5, 0.1]);
        }
        if matches!(self.slope, Slope::Random | Slope::Damped) {
            push("slope variance", Kind::Variance, [0.02, 0.05]);
        }
        if self.slope == Slope::Damped {
            push("slope damping", Kind::Damping, [0.9, 0.7]);
        }
        match self.seasonal.n_variances(self.season) {
            0 => {}
            1 => push("seasonal variance", Kind::Variance, [0.1, 0.2]),
            n => (1..=n).for_each(|j| {
                push(&format!("seasonal variance {j}"), Kind::Variance, [0.1, 0.2]);
            }),
        }
        if let Some(cycle) = self.cycle {
            push("cycle variance", Kind::Variance, [0.3, 0.3]);
            push("cycle damping", Kind::Damping, [0.9, 0.8]);
            push("cycle period", Kind::Period(cycle), [cycle.period(0.35), cycle.period(0.7)]);
        }
        if self.irregular {
            push("irregular variance", Kind::Variance, [0.5, 0.6]);
        }
        list
    }
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Kind {
    fn free(self, value: f64) -> f64 {
        match self {
            Self::Variance => value,
            Self::Damping => logit(value),
            Self::Period(c) => logit((value / c.shortest).ln() / (c.longest / c.shortest).ln()),
        }
    }

    fn natural(self, free: f64, variance: f64) -> f64 {
        match self {
            Self::Variance => variance * free * free,
            Self::Damping => LARGEST_DAMPING * logistic(free),
            Self::Period(cycle) => cycle.period(logistic(free)),
        }
    }
}

impl Form for Structural {
    fn label(&self) -> String {
        let mut parts = match (self.level, self.slope) {
            (Level::Random, Slope::None) => vec!["level"],
            (Level::Random, Slope::Fixed) => vec!["level", "fixed slope"],
            (Level::Random, Slope::Random) => vec!["level", "slope"],
            (Level::Random, Slope::Damped) => vec!["level", "damped slope"],
            (Level::Fixed, Slope::None) => vec!["fixed level"],
            (Level::Fixed, Slope::Fixed) => vec!["fixed trend"],
            (Level::Fixed, Slope::Random) => vec!["smooth trend"],
            (Level::Fixed, Slope::Damped) => vec!["smooth damped trend"],
        };
        if self.season >= 2 {
            parts.push(match self.seasonal {
                Seasonal::Dummy => "seasonal",
                Seasonal::Trigonometric => "trigonometric seasonal",
                Seasonal::Harmonics => "seasonal by harmonics",
            });
        }
        if self.cycle.is_some() {
            parts.push("cycle");
        }
        if self.irregular {
            parts.push("irregular");
        }
        format!("structural({})", parts.join(", "))
    }

    fn names(&self) -> Vec<String> {
        self.parameters().into_iter().map(|p| p.name).collect()
    }

    fn relative(&self) -> bool {
        false
    }

    fn is_variance(&self, parameter_idx: usize) -> bool {
        self.parameters()[parameter_idx].kind == Kind::Variance
    }

    fn constant(&self) -> Option<&'static str> {
        None
    }

    fn starts(&self, _variance: f64) -> Vec<Vec<f64>> {
        // A moving level, and a smooth one.
        let parameters = self.parameters();
        let start = |at: usize| parameters.iter().map(|p| p.kind.free(p.starts[at])).collect();
        vec![start(0), start(1)]
    }

    fn natural(&self, free: &[f64], variance: f64) -> Vec<f64> {
        self.parameters().iter().zip(free).map(|(p, x)| p.kind.natural(*x, variance)).collect()
    }

    fn at_edge(&self, parameter_idx: usize, natural: &[f64]) -> bool {
        let (parameters, value) = (self.parameters(), natural[parameter_idx]);
        match parameters[parameter_idx].kind {
            Kind::Variance => {
                let variances = parameters.iter().zip(natural);
                let variances = variances.filter(|(p, _)| p.kind == Kind::Variance);
                value <= ZERO * variances.map(|(_, v)| *v).fold(0.0, f64::max)
            }
            Kind::Damping => !(EDGE..=1.0 - EDGE).contains(&value),
            Kind::Period(cycle) => cycle.at_bound(value),
        }
    }

    fn dynamics(&self, natural: &[f64]) -> Result<Dynamics, StateSpaceError> {
        let (n_slope, n_seasonal) = (self.n_slope(), self.n_seasonal());
        let n_cycle = if self.cycle.is_some() { 2 } else { 0 };
        let m = 1 + n_slope + n_seasonal + n_cycle + usize::from(self.irregular);
        let square = || Array2::zeros((m, m));
        let (mut transition, mut noise) = (square(), square());
        let (mut covariance, mut diffuse) = (square(), square());
        let mut signal = Array1::zeros(m);
        let mut values = natural.iter().copied();
        let mut next = || values.next().unwrap_or(0.0);
        transition[[0, 0]] = 1.0;
        noise[[0, 0]] = if self.level == Level::Random { next() } else { 0.0 };
        diffuse[[0, 0]] = 1.0;
        signal[0] = 1.0;
        if n_slope == 1 {
            let moving = matches!(self.slope, Slope::Random | Slope::Damped);
            let variance = if moving { next() } else { 0.0 };
            transition[[0, 1]] = 1.0;
            noise[[1, 1]] = variance;
            if self.slope == Slope::Damped {
                let damping = next();
                transition[[1, 1]] = damping;
                covariance[[1, 1]] = variance / (1.0 - damping * damping);
            } else {
                transition[[1, 1]] = 1.0;
                diffuse[[1, 1]] = 1.0;
            }
        }
        let mut at = 1 + n_slope;
        if n_seasonal > 0 {
            let variances: Vec<f64> =
                (0..self.seasonal.n_variances(self.season)).map(|_| next()).collect();
            let matrices = (&mut transition, &mut noise, &mut signal);
            self.seasonal.write(self.season, at, &variances, matrices);
            if let Some(sd) = self.seasonal_start {
                let start = self.seasonal.proper_start(self.season, sd);
                for ((i, j), value) in start.indexed_iter() {
                    covariance[[at + i, at + j]] = *value;
                }
            } else {
                (at..at + n_seasonal).for_each(|i| diffuse[[i, i]] = 1.0);
            }
            at += n_seasonal;
        }
        if n_cycle > 0 {
            let parameters = (next(), next(), next());
            let matrices = (&mut transition, &mut noise, &mut signal);
            cycle::write(at, parameters, matrices, &mut covariance);
            at += n_cycle;
        }
        if self.irregular {
            // A state, so that sums over spans contain it.
            let variance = next();
            noise[[at, at]] = variance;
            signal[at] = 1.0;
            covariance[[at, at]] = variance;
        }
        let initial = Initial::new(Array1::zeros(m), covariance, diffuse)?;
        Ok(Dynamics { model: StateSpace::new(transition, noise, initial)?, signal })
    }

    fn min_periods(&self) -> usize {
        let further = if self.cycle.is_some() { 4 } else { 0 };
        let damped = usize::from(self.slope == Slope::Damped);
        if self.season >= 2 {
            2 * self.season + further
        } else {
            4 + self.n_slope() + damped + further
        }
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
        for seasonal in [Seasonal::Dummy, Seasonal::Trigonometric, Seasonal::Harmonics] {
            let form = Structural::random_walk().with_season(4, seasonal);
            let dynamics = form.dynamics(&[0.0; 3]).unwrap();
            let mut state = Array1::from(vec![0.0, 3.0, -1.0, 2.0]);
            let mut sum = 0.0;
            for _ in 0..4 {
                sum += dynamics.signal.dot(&state);
                state = dynamics.model.transition().dot(&state);
            }
            assert!(sum.abs() < 1e-12);
        }
    }

    #[test]
    fn every_component_has_its_states_and_parameters() {
        let all = Structural::damped_trend()
            .with_season(12, Seasonal::Harmonics)
            .with_cycle(Cycle::business(12));
        assert_eq!(all.names().len(), 1 + 2 + 6 + 3 + 1);
        let natural = all.natural(&all.starts(1.0)[0], 1.0);
        let dynamics = all.dynamics(&natural).unwrap();
        assert_eq!(dynamics.model.n_states(), 1 + 1 + 11 + 2 + 1);
        assert_eq!(dynamics.signal.sum(), 1.0 + 6.0 + 1.0 + 1.0);
        assert!((0..13).all(|i| !all.at_edge(i, &natural)));
        assert_eq!(all.names().iter().filter(|n| n.contains("variance")).count(), 10);
        assert!((0..13).all(|i| all.is_variance(i) == all.names()[i].contains("variance")));
    }

    #[test]
    fn starts_come_back_from_the_search() {
        let form = Structural::damped_trend().with_cycle(Cycle { shortest: 2.0, longest: 30.0 });
        let natural = form.natural(&form.starts(4.0)[1], 4.0);
        let expected = [0.04, 0.01, 0.7, 0.36, 0.8, 2.0 * 15.0_f64.powf(0.7), 1.44];
        for (found, expected) in natural.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
        }
    }

    #[test]
    fn what_nothing_moves_and_impossible_cycles_are_refused() {
        let fixed = Structural { level: Level::Fixed, ..Structural::random_walk() };
        assert!(fixed.check().unwrap_err().to_string().contains("no disturbance"));
        let cycle = Structural::local_level().with_cycle(Cycle { shortest: 9.0, longest: 3.0 });
        assert!(cycle.check().unwrap_err().to_string().contains("between 9 and 3"));
    }
}
