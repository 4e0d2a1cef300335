//! A form at given parameters: its likelihood, its errors and what it forecasts.

use monazite_stochastic::{Key, Purpose, Stream};
use ndarray::Array2;

use super::form::{ErrorForm, EtsForm, SeasonForm};
use super::moments::{State, moments, path_without_errors};
use super::recursion::{Errors, EtsParameters, Trace};
use super::simulate::simulate;
use crate::{ForecastError, Marginal, Transform};

/// Draws that stand for a distribution without closed form.
const N_DRAWS: usize = 5000;
/// A normal puts one figure in 740 below zero where its standard deviation is this share of its mean; with larger ones
/// the skewness of a product of errors matters, and draws replace it.
const NORMAL_UP_TO: f64 = 1.0 / 3.0;

/// Exponential smoothing with its parameters on a series of figures, in the unit of the figures.
#[derive(Debug, Clone, PartialEq)]
pub struct EtsFilter {
    form: EtsForm,
    parameters: EtsParameters,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
    errors: Errors,
    state: State,
    m: usize,
}

impl EtsFilter {
    /// Runs the recursion of `form` over `y`; `parameters.seasons` has one value for each period of the season.
    ///
    /// # Errors
    /// No figures, seasons that do not suit the form, or a state or one-step forecast that is not positive in a form that
    /// divides by it.
    pub fn new(form: EtsForm, parameters: EtsParameters, y: &[f64]) -> Result<Self, ForecastError> {
        let seasonal = form.season != SeasonForm::None;
        if seasonal != (parameters.seasons.len() > 1) || y.is_empty() {
            return Err(ForecastError::Specification(format!(
                "{form} of {} figures with {} seasons",
                y.len(),
                parameters.seasons.len()
            )));
        }
        let mut trace = Trace::default();
        let errors = trace.run(form, &parameters, y).ok_or_else(|| {
            ForecastError::Specification(format!(
                "{form} at these parameters meets a state or forecast that is not positive"
            ))
        })?;
        let n = y.len();
        let residuals = match form.error {
            ErrorForm::Additive => trace.gap.clone(),
            ErrorForm::Multiplicative => {
                trace.gap.iter().zip(&trace.fitted).map(|(d, f)| d / f).collect()
            }
        };
        let state = State {
            level: trace.level[n],
            growth: trace.growth[n],
            seasons: trace.season[n..].to_vec(),
        };
        let m = parameters.seasons.len().max(1);
        Ok(Self { form, parameters, fitted: trace.fitted, residuals, errors, state, m })
    }

    /// The form.
    pub fn form(&self) -> EtsForm {
        self.form
    }

    /// Smoothing parameters and states at the start.
    pub fn parameters(&self) -> &EtsParameters {
        &self.parameters
    }

    /// One-step forecasts.
    pub fn fitted(&self) -> &[f64] {
        &self.fitted
    }

    /// One-step errors: figure less forecast, over the forecast where errors multiply.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// Level, growth and the seasons of the next periods, after the last figure.
    pub fn last_states(&self) -> (f64, f64, &[f64]) {
        (self.state.level, self.state.growth, &self.state.seasons)
    }

    /// Log-likelihood as R's `ets` states it, `−½(n ln Σe² + 2 Σ ln|r|)`: without the constant
    /// `−½n(ln(2π/n) + 1)` that [`EtsFilter::log_likelihood`] has (Hyndman et al. 2008, eq. 5.3).
    pub fn kernel_log_likelihood(&self) -> f64 {
        -0.5 * self.errors.criterion()
    }

    /// Gaussian log-likelihood with σ² at its maximum.
    pub fn log_likelihood(&self) -> f64 {
        self.kernel_log_likelihood() + log_likelihood_constant(self.residuals.len())
    }

    /// Parameters that criteria count, σ² included.
    pub fn n_parameters(&self) -> usize {
        self.form.n_parameters(self.m)
    }

    /// Akaike's criterion for small samples from [`EtsFilter::log_likelihood`]; infinite with too few figures.
    pub fn aicc(&self) -> f64 {
        self.kernel_aicc() - 2.0 * log_likelihood_constant(self.residuals.len())
    }

    /// The same from [`EtsFilter::kernel_log_likelihood`], as R's `ets` states it.
    pub fn kernel_aicc(&self) -> f64 {
        aicc(self.errors.criterion(), self.n_parameters() as f64, self.residuals.len())
    }

    /// Variance of the errors, with as many figures fewer as there are parameters but σ² (at least one left).
    pub fn sigma2(&self) -> f64 {
        let n = self.residuals.len();
        let degrees = n.saturating_sub(self.n_parameters() - 1).max(1);
        self.errors.squares / degrees as f64
    }

    /// The forecasts that follow if no error happens any more.
    pub fn path_without_errors(&self, horizon: usize) -> Vec<f64> {
        path_without_errors(self.form, &self.parameters, &self.state, horizon)
    }

    /// The distribution of each of the next periods: normal with exact moments for classes 1 to 3 of Hyndman et al.
    /// (2008, ch. 6), draws of a fixed seed for the others, and for the steps of classes 2 and 3 whose standard deviation
    /// is more than a third of the mean.
    pub fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        let known = moments(self.form, &self.parameters, &self.state, self.sigma2(), horizon);
        let wide = |&(mean, variance): &(f64, f64)| {
            self.form.error == ErrorForm::Multiplicative
                && variance.sqrt() > NORMAL_UP_TO * mean.abs()
        };
        let drawn = known.as_ref().is_none_or(|known| known.iter().any(wide)).then(|| {
            let mut stream = Key::new(0).stream(0, Purpose::named("ets marginals"));
            self.paths(horizon, N_DRAWS, &mut stream)
        });
        (0..horizon)
            .map(|h| {
                let moments = known.as_ref().map(|known| known[h]);
                match (&drawn, moments) {
                    (None, Some((mean, variance))) => {
                        Marginal::normal(mean, variance.max(0.0).sqrt(), Transform::None)
                    }
                    (Some(_), Some((mean, variance))) if !wide(&(mean, variance)) => {
                        Marginal::normal(mean, variance.max(0.0).sqrt(), Transform::None)
                    }
                    (Some(drawn), moments) => {
                        let draws = drawn.column(h).to_vec();
                        Marginal::draws(match moments {
                            Some((mean, _)) if mean > 0.0 => with_mean(draws, mean),
                            _ => draws,
                        })
                    }
                    (None, None) => unreachable!("draws are made where moments are not known"),
                }
            })
            .collect()
    }

    /// Joint draws of the next periods, `n_paths × horizon`.
    pub fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let sigma = self.sigma2().sqrt();
        simulate(self.form, &self.parameters, &self.state, sigma, (horizon, n_paths), &mut || {
            stream.normal()
        })
    }
}

/// Draws in proportion, so that their mean is the one known without error.
fn with_mean(mut draws: Vec<f64>, mean: f64) -> Vec<f64> {
    let own = draws.iter().sum::<f64>() / draws.len() as f64;
    if own > 0.0 {
        for d in &mut draws {
            *d *= mean / own;
        }
    }
    draws
}

/// What the Gaussian log-likelihood of `n` figures has beside its kernel: `−½n(ln(2π/n) + 1)`.
pub(super) fn log_likelihood_constant(n: usize) -> f64 {
    let n = n as f64;
    -0.5 * n * ((2.0 * std::f64::consts::PI / n).ln() + 1.0)
}

/// Akaike's criterion for small samples (Hurvich and Tsai 1989) from minus twice a log-likelihood.
pub(super) fn aicc(deviance: f64, k: f64, n: usize) -> f64 {
    let n = n as f64;
    if n - k - 1.0 <= 0.0 {
        return f64::INFINITY;
    }
    deviance + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0)
}
