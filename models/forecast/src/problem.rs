//! The likelihood of a model on a sample as a function of its parameters, and the search for its maximum.
//!
//! Sums of months in logs are linear only around a point, which depends on the parameters. The search first holds the
//! point, maximises, and finds it anew until parameters settle; then it maximises the likelihood with the point that
//! belongs to each set of parameters (every one found from the last), which is the likelihood that is reported.

use std::cell::RefCell;

use monazite_statespace::{
    Channel, Differences, Filtered, Initial, Likelihood, Linearisation, Maximum, Observations,
    Scale, SearchOptions, StateSpace, StateSpaceError, filter, likelihood, likelihood_at,
    linearise, maximise,
};
use ndarray::{Array1, Array2};

use crate::form::{Dynamics, Form};
use crate::regressor::Regressors;
use crate::varying;
use crate::{ForecastError, Sample};

/// What a column of the design is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// A regressor, the same for all publications.
    Regressor(usize),
    /// The constant of a stationary model.
    Constant,
    /// The level of a further publication.
    Level(usize),
}

/// The design of a sample: which columns there are and their values.
#[derive(Debug, Clone)]
pub(crate) struct Design {
    pub(crate) columns: Vec<Column>,
    pub(crate) names: Vec<String>,
    /// Regressors that are zero throughout the sample.
    pub(crate) left_out: Vec<String>,
    /// Indices of the regressors whose coefficients are states.
    pub(crate) varying: Vec<usize>,
}

impl Design {
    pub(crate) fn new(
        sample: &Sample,
        constant: Option<&'static str>,
    ) -> Result<Self, ForecastError> {
        let (mut columns, mut names, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(name) = constant {
            columns.push(Column::Constant);
            names.push(name.to_owned());
        }
        for (at, publication) in sample.publications().iter().enumerate().skip(1) {
            columns.push(Column::Level(at));
            names.push(format!("level of {}", publication.series.id()));
        }
        for (at, one) in sample.regressors().list().iter().enumerate() {
            let values = Regressors::column(one, sample.first_period(), sample.n_periods())?;
            if values.iter().all(|v| *v == 0.0) {
                left_out.push(one.0.clone());
            } else if !sample.regressors().is_varying(at) {
                columns.push(Column::Regressor(at));
                names.push(one.0.clone());
            }
        }
        Ok(Self { columns, names, left_out, varying: varying::indices(sample)? })
    }

    /// Values of the regressors whose coefficients are states, on a calendar of `n` periods.
    pub(crate) fn loadings(&self, sample: &Sample, n: usize) -> Result<Array2<f64>, ForecastError> {
        let mut loadings = Array2::zeros((n, self.varying.len()));
        for (mut column, &at) in loadings.columns_mut().into_iter().zip(&self.varying) {
            let one = &sample.regressors().list()[at];
            let values = Regressors::column(one, sample.first_period(), n)?;
            column.assign(&Array1::from_vec(values));
        }
        Ok(loadings)
    }

    /// One matrix (periods × columns) a publication, on a calendar of `n` periods.
    pub(crate) fn matrices(
        &self,
        sample: &Sample,
        n: usize,
    ) -> Result<Vec<Array2<f64>>, ForecastError> {
        let k = self.columns.len();
        let mut shared = Array2::zeros((n, k));
        for (j, column) in self.columns.iter().enumerate() {
            match column {
                Column::Constant => shared.column_mut(j).fill(1.0),
                Column::Level(_) => {}
                Column::Regressor(at) => {
                    let one = &sample.regressors().list()[*at];
                    let values = Regressors::column(one, sample.first_period(), n)?;
                    shared.column_mut(j).assign(&Array1::from_vec(values));
                }
            }
        }
        let with_level = |channel: usize| {
            let mut own = shared.clone();
            for (j, column) in self.columns.iter().enumerate() {
                if *column == Column::Level(channel) {
                    own.column_mut(j).fill(1.0);
                }
            }
            own
        };
        Ok((0..sample.publications().len()).map(with_level).collect())
    }
}

/// The likelihood of a form on a sample, as a function of natural parameters.
pub(crate) struct Problem<'a> {
    pub(crate) form: &'a dyn Form,
    pub(crate) sample: &'a Sample,
    pub(crate) observations: Observations,
    /// Publications whose noise is estimated.
    pub(crate) noisy: Vec<usize>,
    matrices: Vec<Array2<f64>>,
    /// Values of regressors whose coefficients are states, the last ones (periods × regressors).
    loadings: Array2<f64>,
    variance: f64,
    /// Whether sums of months in logs are to be linearised.
    pub(crate) log_sums: bool,
    /// The point found last; the next one is found from it.
    point: RefCell<Option<Linearisation>>,
}

/// A search that only has to be good to the digits that matter for a forecast.
const COARSE: SearchOptions = SearchOptions {
    max_iterations: 60,
    gradient_tolerance: 2e-2,
    differences: Differences::Forward,
};
/// The same in a backtest, whose estimates move on to the next origin anyway.
const QUICK: SearchOptions = SearchOptions {
    max_iterations: 40,
    gradient_tolerance: 0.2,
    differences: Differences::Forward,
};
/// Most times the point is held and found anew.
const MAX_ROUNDS: usize = 8;
/// Parameters have settled when none moves by more than this share of itself (or of one).
const SETTLED: f64 = 1e-2;
/// The same in a backtest.
const SETTLED_QUICK: f64 = 1e-1;

impl<'a> Problem<'a> {
    pub(crate) fn new(
        form: &'a dyn Form,
        sample: &'a Sample,
        matrices: Vec<Array2<f64>>,
    ) -> Result<Self, StateSpaceError> {
        let observations = sample.observations(0)?;
        let spans = observations.measurements().iter().any(|m| m.span > 1);
        Ok(Self {
            form,
            sample,
            noisy: (0..sample.publications().len())
                .filter(|&c| sample.publications()[c].noisy)
                .collect(),
            loadings: Array2::zeros((sample.n_periods(), 0)),
            matrices,
            variance: sample.change_variance(),
            log_sums: spans && sample.scale() == Scale::Log,
            observations,
            point: RefCell::new(None),
        })
    }

    /// Number of parameters that belong to the form; those of the noise follow.
    pub(crate) fn n_own(&self) -> usize {
        self.form.names().len()
    }

    pub(crate) fn starts(&self) -> Vec<Vec<f64>> {
        let mut starts = self.form.starts(self.variance);
        for start in &mut starts {
            start.extend(self.noisy.iter().map(|_| 0.3));
        }
        starts
    }

    pub(crate) fn natural(&self, free: &[f64]) -> Vec<f64> {
        let (own, noise) = free.split_at(self.n_own());
        let unit = if self.form.relative() { 1.0 } else { self.variance };
        let mut natural = self.form.natural(own, self.variance);
        natural.extend(noise.iter().map(|x| unit * x * x));
        natural
    }

    /// The same parameters with standard deviations that are not negative: only their squares matter.
    pub(crate) fn canonical(&self, free: &[f64]) -> Vec<f64> {
        let unsigned = |(at, x): (usize, &f64)| if self.is_variance(at) { x.abs() } else { *x };
        free.iter().enumerate().map(unsigned).collect()
    }

    /// The model and its channels, all variances multiplied by `factor`.
    pub(crate) fn model(
        &self,
        natural: &[f64],
        factor: f64,
    ) -> Result<(Dynamics, Vec<Channel>), StateSpaceError> {
        let dynamics = scaled(self.form.dynamics(&natural[..self.n_own()])?, factor)?;
        let channels = self
            .matrices
            .iter()
            .enumerate()
            .map(|(channel, matrix)| {
                let noise = self.noisy.iter().position(|&c| c == channel);
                let variance = noise.map_or(0.0, |at| natural[self.n_own() + at] * factor);
                let channel = Channel::new(dynamics.signal.clone(), matrix.clone(), variance)?;
                self.with_loadings(channel)
            })
            .collect::<Result<_, _>>()?;
        Ok((dynamics, channels))
    }

    /// The same problem with regressors whose coefficients are the last states.
    pub(crate) fn loaded(self, design: &Design) -> Result<Self, ForecastError> {
        let loadings = design.loadings(self.sample, self.sample.n_periods())?;
        Ok(Self { loadings, ..self })
    }

    fn with_loadings(&self, channel: Channel) -> Result<Channel, StateSpaceError> {
        if self.loadings.ncols() == 0 {
            return Ok(channel);
        }
        let signals = varying::moving_signal(channel.signal(), &self.loadings);
        channel.with_moving_signal(signals)
    }

    /// The likelihood at its own conditional mode, which is found from the last one.
    pub(crate) fn likelihood(&self, natural: &[f64]) -> Result<Likelihood, StateSpaceError> {
        let (dynamics, channels) = self.model(natural, 1.0)?;
        if !self.log_sums {
            return likelihood(&dynamics.model, &channels, &self.observations);
        }
        let point = self.find(&dynamics, &channels)?;
        likelihood_at(&dynamics.model, &channels, &self.observations, &point)
    }

    fn find(
        &self,
        dynamics: &Dynamics,
        channels: &[Channel],
    ) -> Result<Linearisation, StateSpaceError> {
        let last = self.point.borrow().clone();
        let found = linearise(&dynamics.model, channels, &self.observations, last.as_ref())?;
        *self.point.borrow_mut() = Some(found.clone());
        Ok(found)
    }

    /// The log-likelihood that is maximised: over the scale too where all variances are relative.
    pub(crate) fn objective(&self, natural: &[f64]) -> f64 {
        self.likelihood(natural).map_or(f64::NAN, |l| self.value(&l))
    }

    /// The point of the linearisation that belongs to natural parameters, if there are sums in logs.
    pub(crate) fn point_at(
        &self,
        natural: &[f64],
    ) -> Result<Option<Linearisation>, StateSpaceError> {
        if !self.log_sums {
            return Ok(None);
        }
        let (dynamics, channels) = self.model(natural, 1.0)?;
        self.find(&dynamics, &channels).map(Some)
    }

    /// The likelihood with the point of the linearisation held.
    pub(crate) fn likelihood_held(
        &self,
        natural: &[f64],
        point: Option<&Linearisation>,
    ) -> Result<Likelihood, StateSpaceError> {
        let (dynamics, channels) = self.model(natural, 1.0)?;
        match point {
            Some(point) => likelihood_at(&dynamics.model, &channels, &self.observations, point),
            None => likelihood(&dynamics.model, &channels, &self.observations),
        }
    }

    /// Log posterior density of unconstrained parameters, up to a constant, with the point held, and the likelihood in it.
    pub(crate) fn log_posterior(
        &self,
        free: &[f64],
        point: Option<&Linearisation>,
    ) -> (f64, Result<Likelihood, StateSpaceError>) {
        let prior = self.form.log_prior(&free[..self.n_own()]);
        let density = |l: &Likelihood| {
            let own = if self.form.relative() {
                l.marginal_concentrated_log_likelihood()
            } else {
                l.marginal_log_likelihood()
            };
            own + prior
        };
        let likelihood = self.likelihood_held(&self.natural(free), point);
        (likelihood.as_ref().map_or(f64::NAN, density), likelihood)
    }

    fn value(&self, likelihood: &Likelihood) -> f64 {
        if self.form.relative() {
            likelihood.concentrated_log_likelihood()
        } else {
            likelihood.log_likelihood()
        }
    }

    /// The maximum, from the given points (in unconstrained parameters).
    ///
    /// A quick search ends with the point of the linearisation held where the parameters settled.
    pub(crate) fn search(
        &self,
        starts: &[Vec<f64>],
        quick: bool,
    ) -> Result<Maximum, StateSpaceError> {
        let own = |free: &[f64]| self.objective(&self.natural(free));
        let options = if quick { QUICK } else { SearchOptions::default() };
        if !self.log_sums {
            return maximise(&own, starts, &options);
        }
        let settled = self.settle(starts, quick)?;
        if quick {
            return Ok(settled);
        }
        maximise(&own, &[settled.point], &options)
    }

    /// Maximises with the point of the linearisation held, and finds it anew, until the parameters settle.
    fn settle(&self, starts: &[Vec<f64>], quick: bool) -> Result<Maximum, StateSpaceError> {
        let (options, tolerance) = if quick { (QUICK, SETTLED_QUICK) } else { (COARSE, SETTLED) };
        let mut starts = starts.to_vec();
        let mut found = None;
        for _ in 0..MAX_ROUNDS {
            let (dynamics, channels) = self.model(&self.natural(&starts[0]), 1.0)?;
            let point = self.find(&dynamics, &channels)?;
            let held = |free: &[f64]| {
                self.likelihood_held(&self.natural(free), Some(&point))
                    .map_or(f64::NAN, |l| self.value(&l))
            };
            let best = maximise(&held, &starts, &options)?;
            let moved = best
                .point
                .iter()
                .zip(&starts[0])
                .map(|(new, old)| (new - old).abs() / old.abs().max(1.0))
                .fold(0.0, f64::max);
            starts = vec![best.point.clone()];
            found = Some(best);
            if moved <= tolerance {
                break;
            }
        }
        found.ok_or(StateSpaceError::NoFiniteStart { n_starts: starts.len() })
    }

    /// Whether a natural parameter is a variance, whose Hessian is taken in its logarithm.
    pub(crate) fn is_variance(&self, at: usize) -> bool {
        at >= self.n_own() || self.form.is_variance(at)
    }

    pub(crate) fn at_edge(&self, at: usize, natural: &[f64]) -> bool {
        if at < self.n_own() {
            return self.form.at_edge(at, &natural[..self.n_own()]);
        }
        natural[at] <= 1e-7 * if self.form.relative() { 1.0 } else { self.variance }
    }

    pub(crate) fn filtered(
        &self,
        natural: &[f64],
        factor: f64,
    ) -> Result<Filtered, StateSpaceError> {
        let (dynamics, channels) = self.model(natural, factor)?;
        filter(&dynamics.model, &channels, &self.observations)
    }
}

/// The same dynamics with all variances multiplied by `factor`.
fn scaled(dynamics: Dynamics, factor: f64) -> Result<Dynamics, StateSpaceError> {
    if factor == 1.0 {
        return Ok(dynamics);
    }
    let initial = dynamics.model.initial();
    let initial = Initial::new(
        initial.mean().clone(),
        initial.covariance() * factor,
        initial.diffuse().clone(),
    )?;
    let model = StateSpace::new(
        dynamics.model.transition().clone(),
        dynamics.model.state_noise() * factor,
        initial,
    )?;
    Ok(Dynamics { model, signal: dynamics.signal })
}
