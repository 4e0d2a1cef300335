//! The components of a structural model given all figures: a model-based decomposition and seasonal adjustment.
//!
//! Use it where figures are sums over several periods or missing, where the season changes, or where calendar effects and
//! interventions have to come out in the same likelihood. It assumes the structural model; with logarithms components
//! multiply, else they add.
//!
//! ```text
//! y_t = trend_t · seasonal_t · cycle_t · calendar_t · interventions_t · irregular_t        (+ in levels)
//! adjusted_t = y_t / (seasonal_t · calendar_t)
//! ```
//!
//! Trend, seasonal and cycle are their conditional means given all figures by the fixed-interval smoother (Harvey 1989,
//! §4.5 and §6.2; Durbin and Koopman 2012, §4.4), effects of regressors those at generalised least squares, and the
//! irregular is what is left, so that components reproduce the figure exactly. A period without a figure of its own has
//! the smoothed one; those of a published sum add up to it.

use monazite_series::Period;
use monazite_statespace::{Scale, smooth};
use ndarray::{Array1, Array2};
use serde::Serialize;

use super::Structural;
use crate::fit::fault;
use crate::problem::Column;
use crate::{ForecastError, GaussianFit, Model};

/// What one period is made of, in the unit of the figures (trend) and as factors (logarithms) or in that unit (levels).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ComponentPeriod {
    /// The period.
    pub period: Period,
    /// Whether it has a figure of its own.
    pub published: bool,
    /// That figure, else the smoothed one.
    pub figure: f64,
    /// Level.
    pub trend: f64,
    /// Seasonal effect.
    pub seasonal: f64,
    /// Standard deviation of the seasonal effect given all figures, in the scale of the model.
    pub seasonal_sd: f64,
    /// Cycle; neutral without one.
    pub cycle: f64,
    /// Calendar effects.
    pub calendar: f64,
    /// Effects of the other regressors.
    pub interventions: f64,
    /// What is left.
    pub irregular: f64,
    /// The figure without seasonal and calendar effects.
    pub adjusted: f64,
}

impl Structural {
    /// States of the seasonal and of the cycle, from and to (excluded).
    fn places(self) -> [(usize, usize); 2] {
        let seasonal = 1 + self.n_slope();
        let cycle = seasonal + self.n_seasonal();
        [(seasonal, cycle), (cycle, cycle + if self.cycle.is_some() { 2 } else { 0 })]
    }
}

/// The signal of some states alone.
fn alone(signal: &Array1<f64>, (from, to): (usize, usize)) -> Array1<f64> {
    let one = |(i, z): (usize, &f64)| if (from..to).contains(&i) { *z } else { 0.0 };
    signal.iter().enumerate().map(one).collect()
}

fn variance(z: &Array1<f64>, covariance: &Array2<f64>) -> f64 {
    z.dot(&covariance.dot(z)).max(0.0)
}

impl GaussianFit {
    /// The components of every period of the data; the fit has to be one of a structural model.
    ///
    /// # Errors
    /// [`ForecastError::Unsupported`] for another model, a regressor without values.
    pub fn components(&self) -> Result<Vec<ComponentPeriod>, ForecastError> {
        let (estimate, sample) = (self.estimate(), self.sample());
        let Some(Model::Structural(form)) = self.model() else {
            return Err(ForecastError::Unsupported {
                model: estimate.label().to_owned(),
                id: sample.target().id().to_owned(),
                what: "a decomposition: it has no components".to_owned(),
            });
        };
        let named = |e| fault(estimate.label(), sample, e);
        let channels = estimate.channels(0)?;
        let observations = sample.observations(0).map_err(named)?;
        let smoothed =
            smooth(&estimate.dynamics().model, &channels, &observations).map_err(named)?;
        let (figures, target) = (smoothed.figures(), sample.target_idx());
        let n_states = estimate.dynamics().signal.len();
        let [seasonal, cycle] = form.places();
        let log = sample.scale() == Scale::Log;
        let (x, beta) = (channels[target].regressors(), smoothed.coefficients());
        let list = sample.regressors().list();
        let one = |(t, period): (usize, Period)| {
            let z = channels[target].signal_at(t).to_owned();
            let state = smoothed.state_mean().row(t);
            let of = |places| alone(&z, places).dot(&state);
            // Coefficients that walk are the last states.
            let walking = estimate.varying();
            let mut calendar = 0.0;
            let mut others = 0.0;
            let mut level = 0.0;
            let mut add = |at: usize, effect: f64| {
                if list[at].1.is_calendar() {
                    calendar += effect;
                } else {
                    others += effect;
                }
            };
            for (j, column) in estimate.columns().iter().enumerate() {
                match column {
                    Column::Regressor(at) => add(*at, x[[t, j]] * beta[j]),
                    Column::Constant | Column::Level(_) => level += x[[t, j]] * beta[j],
                }
            }
            for (k, &at) in walking.iter().enumerate() {
                let place = n_states - walking.len() + k;
                add(at, z[place] * state[place]);
            }
            let own = sample.target().get(period);
            let figure = own.unwrap_or(figures[[t, target]]);
            let scale = |effect: f64| if log { effect.exp() } else { effect };
            let without = |effect: f64| if log { figure / effect.exp() } else { figure - effect };
            let (trend, season, round) = (of((0, 1)) + level, of(seasonal), of(cycle));
            ComponentPeriod {
                period,
                published: own.is_some(),
                figure,
                trend: scale(trend),
                seasonal: scale(season),
                seasonal_sd: variance(&alone(&z, seasonal), &smoothed.state_covariance()[t]).sqrt(),
                cycle: scale(round),
                calendar: scale(calendar),
                interventions: scale(others),
                irregular: without(trend + season + round + calendar + others),
                adjusted: without(season + calendar),
            }
        };
        Ok(self.first_period().run(sample.n_periods()).enumerate().map(one).collect())
    }
}
