//! Regressors whose coefficients walk: `x_t β_t` with `β_{t+1} = β_t + η_t`, a state with a diffuse start.
//!
//! The variance of η is searched for as a standard deviation in units of that of the changes of the data over the root
//! mean square of the regressor (Harvey 1989, §7.7; Durbin and Koopman 2012, §3.6.2). A variance of zero is a constant
//! coefficient. Diffuse coefficients count as figures used up, where constant ones in generalised least squares do not.

use monazite_series::Period;
use monazite_statespace::{Initial, StateSpace, StateSpaceError, smooth};
use ndarray::{Array1, Array2};

use crate::fit::fault;
use crate::form::{Dynamics, Form};
use crate::regressor::Regressors;
use crate::report::ParameterEstimate;
use crate::{ForecastError, GaussianFit, Sample};

/// A standard deviation in units of the search below which the coefficient stands still.
const ZERO: f64 = 1e-5;

/// A form with further states: the coefficients of regressors.
pub(crate) struct Varying<'a> {
    inner: &'a dyn Form,
    names: Vec<String>,
    /// Mean square of each regressor in the sample.
    squares: Vec<f64>,
    variance: f64,
}

/// Indices of the regressors whose coefficients walk and that are not zero throughout the sample.
pub(crate) fn indices(sample: &Sample) -> Result<Vec<usize>, ForecastError> {
    let mut list = Vec::new();
    for (at, one) in sample.regressors().list().iter().enumerate() {
        if sample.regressors().is_varying(at) {
            let values = Regressors::column(one, sample.first_period(), sample.n_periods())?;
            if values.iter().any(|v| *v != 0.0) {
                list.push(at);
            }
        }
    }
    Ok(list)
}

/// The signal of each period: that of the form, the regressors as loadings of the last states.
pub(crate) fn moving_signal(signal: &Array1<f64>, loadings: &Array2<f64>) -> Array2<f64> {
    let before = signal.len() - loadings.ncols();
    Array2::from_shape_fn((loadings.nrows(), signal.len()), |(t, i)| {
        if i < before { signal[i] } else { loadings[[t, i - before]] }
    })
}

impl<'a> Varying<'a> {
    /// `None` where no coefficient walks.
    pub(crate) fn of(inner: &'a dyn Form, sample: &Sample) -> Result<Option<Self>, ForecastError> {
        let indices = indices(sample)?;
        if indices.is_empty() {
            return Ok(None);
        }
        let (mut names, mut squares) = (Vec::new(), Vec::new());
        for at in indices {
            let one = &sample.regressors().list()[at];
            let values = Regressors::column(one, sample.first_period(), sample.n_periods())?;
            names.push(one.0.clone());
            squares.push(values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64);
        }
        let variance = if inner.relative() { 1.0 } else { sample.change_variance() };
        Ok(Some(Self { inner, names, squares, variance }))
    }

    fn n_inner(&self) -> usize {
        self.inner.names().len()
    }
}

impl Form for Varying<'_> {
    fn label(&self) -> String {
        self.inner.label()
    }

    fn names(&self) -> Vec<String> {
        let own = self.names.iter().map(|name| format!("variance of coefficient of {name}"));
        self.inner.names().into_iter().chain(own).collect()
    }

    fn relative(&self) -> bool {
        self.inner.relative()
    }

    fn is_variance(&self, parameter_idx: usize) -> bool {
        parameter_idx >= self.n_inner() || self.inner.is_variance(parameter_idx)
    }

    fn constant(&self) -> Option<&'static str> {
        self.inner.constant()
    }

    fn starts(&self, variance: f64) -> Vec<Vec<f64>> {
        let mut starts = self.inner.starts(variance);
        for start in &mut starts {
            start.extend(self.names.iter().map(|_| 0.05));
        }
        starts
    }

    fn natural(&self, free: &[f64], variance: f64) -> Vec<f64> {
        let (inner, own) = free.split_at(self.n_inner());
        let mut natural = self.inner.natural(inner, variance);
        // The variance of the figures in the unit of the search, which need not be that of the sample.
        let unit = if self.relative() { 1.0 } else { variance };
        natural.extend(own.iter().zip(&self.squares).map(|(x, s)| unit * x * x / s));
        natural
    }

    fn at_edge(&self, parameter_idx: usize, natural: &[f64]) -> bool {
        let (inner, own) = natural.split_at(self.n_inner());
        match parameter_idx.checked_sub(inner.len()) {
            None => self.inner.at_edge(parameter_idx, inner),
            Some(j) => own[j] * self.squares[j] <= ZERO * ZERO * self.variance,
        }
    }

    fn dynamics(&self, natural: &[f64]) -> Result<Dynamics, StateSpaceError> {
        let (inner, own) = natural.split_at(self.n_inner());
        let Dynamics { model, signal } = self.inner.dynamics(inner)?;
        let (before, m) = (signal.len(), signal.len() + own.len());
        let wider = |a: &Array2<f64>, added: &dyn Fn(usize) -> f64| {
            Array2::from_shape_fn((m, m), |(i, j)| match (i < before, j < before) {
                (true, true) => a[[i, j]],
                (false, false) if i == j => added(i - before),
                _ => 0.0,
            })
        };
        let longer =
            |a: &Array1<f64>| Array1::from_shape_fn(m, |i| if i < before { a[i] } else { 0.0 });
        let start = model.initial();
        let initial = Initial::new(
            longer(start.mean()),
            wider(start.covariance(), &|_| 0.0),
            wider(start.diffuse(), &|_| 1.0),
        )?;
        let transition = wider(model.transition(), &|_| 1.0);
        let noise = wider(model.state_noise(), &|j| own[j]);
        Ok(Dynamics {
            model: StateSpace::new(transition, noise, initial)?,
            signal: longer(&signal),
        })
    }

    fn min_periods(&self) -> usize {
        self.inner.min_periods() + 2 * self.names.len()
    }
}

impl GaussianFit {
    /// The coefficient of a regressor in each period given all figures, with its standard error; a constant one is the
    /// same in all.
    ///
    /// # Errors
    /// No regressor of that name in the model.
    pub fn coefficient_path(
        &self,
        name: &str,
    ) -> Result<Vec<(Period, ParameterEstimate)>, ForecastError> {
        let (estimate, sample) = (self.estimate(), self.sample());
        let periods = sample.first_period().run(sample.n_periods());
        if let Some(constant) = self.coefficient(name) {
            return Ok(periods.map(|p| (p, constant.clone())).collect());
        }
        let indices = indices(sample)?;
        let Some(j) = indices.iter().position(|&at| sample.regressors().list()[at].0 == name)
        else {
            let why = format!("`{name}` is not a regressor of {}", self.report().model);
            return Err(ForecastError::Specification(why));
        };
        let named = |e| fault(estimate.label(), sample, e);
        let observations = sample.observations(0).map_err(named)?;
        let smoothed = smooth(&estimate.dynamics().model, &estimate.channels(0)?, &observations)
            .map_err(named)?;
        let at = estimate.dynamics().signal.len() - indices.len() + j;
        let of = |(t, period): (usize, Period)| {
            let se = smoothed.state_covariance()[t][[at, at]].max(0.0).sqrt();
            let value = smoothed.state_mean()[[t, at]];
            (period, ParameterEstimate::normal(name.to_owned(), value, Some(se)))
        };
        Ok(periods.enumerate().map(of).collect())
    }
}
