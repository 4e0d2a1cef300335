//! A forecast: joint sample paths of the periods ahead, and everything that follows from them.
//!
//! Quantiles of a period, of a sum over periods or of any function of a path come from the same joint draws, so that
//! they agree with one another. Draws contain the uncertainty of the state, of future disturbances, of the coefficients
//! and of variances and ARMA parameters. Where the sample has sums in logs, the state at its end is that of the model
//! linearised at the conditional mode, here and in backtests.

use std::fmt;
use std::sync::Arc;

use monazite_series::{Period, Unit};
use monazite_statespace::{Channel, Scale, predict, simulate, simulate_ahead, smooth};
use monazite_stochastic::{Key, Purpose, StochasticError, Stream, quantiles};
use ndarray::{Array2, Axis, Slice};
use serde::Serialize;

use crate::combination::Member;
use crate::fit::{Estimate, GaussianFit, fault};
use crate::marginal::spread_from;
use crate::posterior::shares;
use crate::report::FitReport;
use crate::saved::{Saved, SavedParts, exact};
use crate::{ForecastError, Marginal, Sample, Transform};

/// Probabilities of the quantile columns of every forecast.
pub const QUANTILES: [f64; 13] =
    [0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975];

/// A fitted model that can forecast.
pub trait Fitted: fmt::Debug + Send + Sync {
    /// The `horizon` periods after the last one with a figure, with so many joint paths (none: the distributions alone);
    /// `seed` fixes the draws.
    ///
    /// # Errors
    /// No horizon, or a regressor without future values.
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError>;

    /// The form the model took, such as `ETS(M,Ad,M)`.
    fn form(&self) -> String;

    /// What was estimated, if one model was.
    fn report(&self) -> Option<&FitReport>;

    /// What has to be kept to have it again; `None` where that is not known. See [`crate::SavedModel`].
    fn saved(&self) -> Option<SavedParts> {
        None
    }

    /// What a combination is made of; nothing else has members.
    fn members(&self) -> &[Member] {
        &[]
    }
}

/// What a model says of the periods ahead: the distribution of each, and joint paths if they were asked for.
///
/// If every figure of the sample is positive, nothing of the forecast is negative.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    id: String,
    model: String,
    unit: Unit,
    first: Period,
    positive: bool,
    marginals: Vec<Marginal>,
    paths: Array2<f64>,
}

impl Forecast {
    /// A forecast of the target of a sample: a distribution for each period, and paths (`n_paths × horizon`, possibly
    /// none), in the unit of the series.
    pub(crate) fn new(
        sample: &Sample,
        model: String,
        marginals: Vec<Marginal>,
        mut paths: Array2<f64>,
    ) -> Self {
        let target = sample.target();
        let positive = target.observations().iter().all(|o| o.value > 0.0);
        if positive {
            paths.mapv_inplace(|y| y.max(0.0));
        }
        Self {
            id: target.id().to_owned(),
            model,
            unit: target.unit().clone(),
            first: sample.last_period().plus(1),
            positive,
            marginals,
            paths,
        }
    }

    /// The series.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Unit of the paths.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// First period forecast.
    pub fn first_period(&self) -> Period {
        self.first
    }

    /// Periods forecast.
    pub fn horizon(&self) -> usize {
        self.marginals.len()
    }

    /// `n_paths × horizon`.
    pub fn paths(&self) -> &Array2<f64> {
        &self.paths
    }

    /// The distribution of the step `h`, from 0.
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn marginal(&self, h: usize) -> &Marginal {
        &self.marginals[h]
    }

    /// Point forecast of the step `h`, from 0: see [`Marginal::point`].
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn point(&self, h: usize) -> f64 {
        self.floored(self.marginals[h].point())
    }

    /// Mean of the step `h`, from 0, adjusted for the bias of a transformation.
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn mean(&self, h: usize) -> f64 {
        self.floored(self.marginals[h].mean())
    }

    /// Quantile of the step `h`, from 0.
    ///
    /// # Errors
    /// A probability that is not between 0 and 1.
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn quantile(&self, h: usize, probability: f64) -> Result<f64, ForecastError> {
        if !(probability > 0.0 && probability < 1.0) {
            return Err(StochasticError::Probability { value: probability }.into());
        }
        Ok(self.floored(self.marginals[h].quantile(probability)))
    }

    /// Quantiles of the step `h`, from 0.
    ///
    /// # Errors
    /// A probability that is not between 0 and 1.
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn quantiles(&self, h: usize, probabilities: &[f64]) -> Result<Vec<f64>, ForecastError> {
        probabilities.iter().map(|&p| self.quantile(h, p)).collect()
    }

    /// The paths of the sum over `span` steps from `h` on.
    pub fn sums(&self, h: usize, span: usize) -> Vec<f64> {
        self.paths.rows().into_iter().map(|row| row.iter().skip(h).take(span).sum()).collect()
    }

    /// The same with deviations from the medians so many times as large, period by period.
    pub(crate) fn stretched(mut self, factors: &[f64]) -> Self {
        for (h, &factor) in factors.iter().enumerate() {
            let own = self.marginals[h].clone();
            let (centre, positive) = (own.quantile(0.5), own.quantile(1e-6) > 0.0);
            for y in self.paths.column_mut(h) {
                let logs = positive && *y > 0.0;
                *y = spread_from(centre, *y, factor, logs);
            }
            self.marginals[h] = own.stretched(factor);
        }
        if self.positive {
            self.paths.mapv_inplace(|y| y.max(0.0));
        }
        self
    }

    fn floored(&self, y: f64) -> f64 {
        if self.positive { y.max(0.0) } else { y }
    }
}

/// A period that was published only within a sum, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SmoothedPeriod {
    /// The period.
    pub period: Period,
    /// Last period of the published span it lies in; `None`: no figure covers it.
    pub published_to: Option<Period>,
    /// Periods of that span.
    pub span: u32,
    /// Given all figures: the exponentiated mode in logs, the mean in levels. Those of a span add up to its figure.
    pub value: f64,
    /// Standard deviation given all figures.
    pub sd: f64,
    /// 5 % quantile given all figures.
    pub q05: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// The periods ahead as the target sees them.
pub(crate) struct Ahead {
    pub(crate) channel: Channel,
    /// `horizon × coefficients`.
    pub(crate) regressors: Array2<f64>,
}

impl Estimate {
    /// Draws of the target in every period of the data, given all figures: `n_paths × n`.
    fn draws(&self, n_paths: usize, seed: u64) -> Result<Array2<f64>, ForecastError> {
        let (channels, target) = (self.channels(0)?, self.sample().target_idx());
        let named = |e| fault(self.label(), self.sample(), e);
        let observations = self.sample().observations(0).map_err(named)?;
        let mut stream = self.stream("months", seed);
        let drawn =
            simulate(&self.dynamics().model, &channels, &observations, n_paths, &mut || {
                stream.normal()
            })
            .map_err(named)?;
        let mut paths = Array2::zeros((n_paths, observations.n_periods()));
        // Systematic resampling makes paths of equal weight; without spans in logs it changes nothing.
        for (mut path, draw_idx) in paths.rows_mut().into_iter().zip(resampled(drawn.weights())) {
            for (t, value) in path.iter_mut().enumerate() {
                let signal = drawn.signals()[[draw_idx, t, target]];
                *value = if self.sample().scale() == Scale::Log { signal.exp() } else { signal };
            }
        }
        Ok(paths)
    }

    /// The distribution of each period ahead: a mixture over draws of the parameters, each normal in the scale of the
    /// model, with the uncertainty of state, coefficients, disturbances and the noise of the target.
    fn marginals(&self, ahead: &Ahead) -> Result<Vec<Marginal>, ForecastError> {
        let target = self.sample().target_idx();
        let mut parts = vec![Vec::new(); ahead.regressors.nrows()];
        for draw in self.parameter_draws() {
            let steps =
                predict(&draw.dynamics.model, &ahead.channel, &draw.filtered, &ahead.regressors)
                    .map_err(|e| fault(self.label(), self.sample(), e))?;
            for (part, (mean, variance)) in parts.iter_mut().zip(steps) {
                part.push((draw.weight, mean, (variance + draw.noise[target]).max(0.0).sqrt()));
            }
        }
        let transform =
            if self.sample().scale() == Scale::Log { Transform::Log } else { Transform::None };
        Ok(parts.iter().map(|p| Marginal::normals(p, transform)).collect())
    }

    /// Draws of the target from the state at the end of the data, `n_paths × horizon`: each draw of the parameters has
    /// its share of the paths.
    fn draws_ahead(
        &self,
        ahead: &Ahead,
        n_paths: usize,
        seed: u64,
    ) -> Result<Array2<f64>, ForecastError> {
        let target = self.sample().target_idx();
        let mut stream = self.stream("forecast", seed);
        let mut paths = Array2::zeros((n_paths, ahead.regressors.nrows()));
        // In an order of their own, so that paths of two series with the same number are independent.
        let mut order: Vec<usize> = (0..n_paths).collect();
        for i in (1..n_paths).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        let mut places = order.into_iter();
        let draws = self.parameter_draws();
        for (draw, n) in draws.iter().zip(shares(draws.iter().map(|d| d.weight), n_paths)) {
            let (model, noise) = (&draw.dynamics.model, draw.noise[target].sqrt());
            let normal = &mut || stream.normal();
            let mut own =
                simulate_ahead(model, &ahead.channel, &draw.filtered, &ahead.regressors, n, normal)
                    .map_err(|e| fault(self.label(), self.sample(), e))?;
            if noise > 0.0 {
                own.mapv_inplace(|y| y + noise * stream.normal());
            }
            for (path, place) in own.rows().into_iter().zip(&mut places) {
                paths.row_mut(place).assign(&path);
            }
        }
        if self.sample().scale() == Scale::Log {
            paths.mapv_inplace(f64::exp);
        }
        Ok(paths)
    }

    pub(crate) fn stream(&self, what: &str, seed: u64) -> Stream {
        let id = self.sample().target().id();
        Key::new(seed).stream(0, Purpose::named(&format!("{what} {id} {}", self.label())))
    }

    /// The channel of the target and its regressors in the periods ahead.
    fn ahead(&self, horizon: usize) -> Result<Ahead, ForecastError> {
        let channel = self.channels(horizon)?.swap_remove(self.sample().target_idx());
        let n = self.sample().n_periods();
        let regressors = channel.regressors().slice_axis(Axis(0), Slice::from(n..)).to_owned();
        Ok(Ahead { channel, regressors })
    }

    /// A forecast from the state at the end of the data; sums in logs are linearised in it.
    pub(crate) fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        check_counts(horizon, 1)?;
        let ahead = self.ahead(horizon)?;
        let marginals = self.marginals(&ahead)?;
        let paths = self.draws_ahead(&ahead, n_paths, seed)?;
        Ok(Forecast::new(self.sample(), self.label().to_owned(), marginals, paths))
    }
}

pub(crate) fn check_counts(horizon: usize, n_paths: usize) -> Result<(), ForecastError> {
    for (what, found) in [("horizon", horizon), ("number of paths", n_paths)] {
        if found == 0 {
            return Err(ForecastError::Count { what, found, needed: 1 });
        }
    }
    Ok(())
}

impl GaussianFit {
    /// The periods of the target that have no figure of their own, given all figures.
    ///
    /// With sums in logs the draws are weighted by importance and resampled, so that months add up to them exactly.
    ///
    /// # Errors
    /// No path; a regressor without values.
    pub fn smoothed_periods(
        &self,
        n_paths: usize,
        seed: u64,
    ) -> Result<Vec<SmoothedPeriod>, ForecastError> {
        check_counts(1, n_paths)?;
        let estimate = self.estimate();
        let (target, n) = (self.sample().target(), self.sample().n_periods());
        let covering = |period: Period| {
            target.observations().iter().find(|o| o.first() <= period && period <= o.period)
        };
        let hidden: Vec<(usize, Period)> = (self.first_period().run(n).enumerate())
            .filter(|(_, period)| covering(*period).is_none_or(|o| o.span > 1))
            .collect();
        if hidden.is_empty() {
            return Ok(Vec::new());
        }
        let named = |e| fault(estimate.label(), self.sample(), e);
        let observations = self.sample().observations(0).map_err(named)?;
        let smoothed = smooth(&estimate.dynamics().model, &estimate.channels(0)?, &observations)
            .map_err(named)?;
        let figures = smoothed.figures();
        let draws = estimate.draws(n_paths, seed)?;
        let period = |(t, period): (usize, Period)| {
            let column = draws.column(t);
            let ends = quantiles(&column.to_vec(), &[0.05, 0.95])?;
            Ok(SmoothedPeriod {
                period,
                published_to: covering(period).map(|o| o.period),
                span: covering(period).map_or(1, |o| o.span),
                value: figures[[t, self.sample().target_idx()]],
                sd: column.std(0.0),
                q05: ends[0],
                q95: ends[1],
            })
        };
        hidden.into_iter().map(period).collect()
    }
}

impl Fitted for GaussianFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        self.estimate().forecast(horizon, n_paths, seed)
    }

    fn form(&self) -> String {
        self.report().model.clone()
    }

    fn report(&self) -> Option<&FitReport> {
        Some(self.report())
    }

    fn saved(&self) -> Option<SavedParts> {
        let parameters = exact(self.estimate().free_parameters());
        Some(SavedParts(Saved::Gaussian { model: self.model()?.clone(), parameters }))
    }
}

impl Fitted for Estimate {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        self.forecast(horizon, n_paths, seed)
    }

    fn form(&self) -> String {
        self.label().to_owned()
    }

    fn report(&self) -> Option<&FitReport> {
        None
    }
}

impl Fitted for Arc<Estimate> {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        self.as_ref().forecast(horizon, n_paths, seed)
    }

    fn form(&self) -> String {
        self.label().to_owned()
    }

    fn report(&self) -> Option<&FitReport> {
        None
    }
}

/// Indices drawn in proportion to the weights, as many as there are, on an even grid (Kitagawa 1996).
pub(crate) fn resampled(weights: &[f64]) -> Vec<usize> {
    let n = weights.len();
    let mut chosen = Vec::with_capacity(n);
    let (mut at, mut reached) = (0, weights[0]);
    for i in 0..n {
        let position = (i as f64 + 0.5) / n as f64;
        while reached < position && at + 1 < n {
            at += 1;
            reached += weights[at];
        }
        chosen.push(at);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_keeps_equal_weights_and_follows_unequal_ones() {
        assert_eq!(resampled(&[0.25; 4]), [0, 1, 2, 3]);
        assert_eq!(resampled(&[0.5, 0.0, 0.25, 0.25]), [0, 0, 2, 3]);
    }
}
