//! Estimation of any [`Form`] by maximum likelihood, and what is known once it is estimated.
//!
//! Coefficients of regressors are estimated jointly with the dynamics: inside the filter by generalised least squares,
//! so that the search sees their profile likelihood.

use monazite_series::Period;
use monazite_statespace::{Channel, Filtered, Maximum, StateSpaceError, filter, filter_at};
use monazite_stochastic::{Key, Purpose};

use crate::form::{Dynamics, Form};
use crate::inference::report;
use crate::posterior::{Weighted, chi_squared, parameter_draws};
use crate::problem::{Column, Design, Problem};
use crate::report::{FitReport, ParameterEstimate};
use crate::varying::{Varying, moving_signal};
use crate::{Arima, ForecastError, Model, Sample, Structural};

/// A model that can be fitted to a sample.
pub trait Forecaster {
    /// What it becomes.
    type Fit;

    /// Estimates the model.
    ///
    /// # Errors
    /// Too few data, regressors that are missing or collinear, a search that does not converge.
    fn fit(&self, sample: &Sample) -> Result<Self::Fit, ForecastError>;
}

impl Forecaster for Structural {
    type Fit = GaussianFit;

    fn fit(&self, sample: &Sample) -> Result<GaussianFit, ForecastError> {
        self.check()?;
        let model = self.for_sample(sample);
        let own = Model::Structural(*self);
        let mut fit = GaussianFit::searched(&model, sample, None)?.of_model(&own);
        if model != *self {
            fit.report.warnings.push(PROPER_SEASON.to_owned());
        }
        Ok(fit)
    }
}

impl Forecaster for Arima {
    type Fit = GaussianFit;

    fn fit(&self, sample: &Sample) -> Result<GaussianFit, ForecastError> {
        let (p, d, q) = self.seasonal;
        if p + d + q > 0 && self.season < 2 {
            return Err(ForecastError::Specification(format!(
                "a seasonal part ({p},{d},{q}) needs a season of at least 2 periods, not {}",
                self.season
            )));
        }
        let start = self.start_on(&sample.standardised()?);
        let fit = GaussianFit::searched(self, sample, start.as_deref())?;
        Ok(fit.of_model(&Model::Arima(*self)))
    }
}

/// A model at its estimates: what a forecast needs.
#[derive(Debug, Clone)]
pub(crate) struct Estimate {
    label: String,
    sample: Sample,
    design: Design,
    dynamics: Dynamics,
    /// Noise variance of each publication.
    noise: Vec<f64>,
    free: Vec<f64>,
    filtered: Filtered,
    /// What the sample leaves open about the parameters.
    draws: Vec<ParameterDraw>,
}

/// The model at a draw of its parameters.
#[derive(Debug, Clone)]
pub(crate) struct ParameterDraw {
    pub(crate) weight: f64,
    pub(crate) dynamics: Dynamics,
    pub(crate) noise: Vec<f64>,
    pub(crate) filtered: Filtered,
}

/// Draws of the parameters that an estimation keeps.
const N_DRAWS: usize = 64;
/// The same in a backtest.
const N_DRAWS_QUICK: usize = 24;
/// The maximum alone, where nothing is forecast.
const N_DRAWS_SEARCH: usize = 1;

/// A model estimated by Gaussian maximum likelihood, with what is known of its parameters.
#[derive(Debug, Clone)]
pub struct GaussianFit {
    estimate: Estimate,
    report: FitReport,
    /// What it is a fit of, if it can be made again from that and the parameters.
    model: Option<Model>,
}

/// What a reader should know of a season that figures alone do not pin.
const PROPER_SEASON: &str = "some months of the year never appear in a figure of their own: their seasonal effects start around zero with a standard deviation of 0.3, so that the split of a sum is an assumption with a wide band";

/// A gradient above this is no maximum.
const GRADIENT_FAILURE: f64 = 1e-2;

/// Names what the state-space engine says.
pub(crate) fn fault(label: &str, sample: &Sample, source: StateSpaceError) -> ForecastError {
    ForecastError::StateSpace {
        model: label.to_owned(),
        id: sample.target().id().to_owned(),
        source,
    }
}

/// The problem of a form on a sample, refused if it cannot be solved at any parameters.
fn problem<'a>(
    form: &'a dyn Form,
    sample: &'a Sample,
) -> Result<(Problem<'a>, Design), ForecastError> {
    let covered = sample.n_covered();
    if covered < form.min_periods() {
        return Err(ForecastError::TooShort {
            model: form.label(),
            id: sample.target().id().to_owned(),
            needed: form.min_periods(),
            found: covered,
            from: sample.first_period(),
            to: sample.last_period(),
        });
    }
    if sample.is_constant() {
        return Err(ForecastError::Constant {
            model: form.label(),
            id: sample.target().id().to_owned(),
            value: sample.target().observations()[0].value,
        });
    }
    if sample.is_deterministic() {
        return Err(ForecastError::Deterministic {
            model: form.label(),
            id: sample.target().id().to_owned(),
        });
    }
    let design = Design::new(sample, form.constant())?;
    let refused = |source: StateSpaceError| match source {
        StateSpaceError::Collinear { column } => {
            ForecastError::Collinear { name: design.names.get(column).cloned().unwrap_or_default() }
        }
        StateSpaceError::Unpinned { n_diffuse, n_pinned } => ForecastError::NotPinned {
            model: form.label(),
            id: sample.target().id().to_owned(),
            n_diffuse,
            n_pinned,
        },
        source => fault(&form.label(), sample, source),
    };
    let matrices = design.matrices(sample, sample.n_periods())?;
    let problem = Problem::new(form, sample, matrices).map_err(refused)?.loaded(&design)?;
    problem.likelihood(&problem.natural(&problem.starts()[0])).map_err(refused)?;
    Ok((problem, design))
}

/// Refuses what cannot be estimated whatever the parameters: too few figures, a design that is not identified.
pub(crate) fn estimable(form: &dyn Form, sample: &Sample) -> Result<(), ForecastError> {
    problem(form, &sample.standardised()?).map(|_| ())
}

/// Refuses parameters of another number than the form has on the sample.
fn suitable(form: &dyn Form, sample: &Sample, free: &[f64]) -> Result<(), ForecastError> {
    let varying = Varying::of(form, sample)?;
    let own = varying.as_ref().map_or(form, |v| v as &dyn Form).names().len();
    let needed = own + sample.publications().iter().filter(|p| p.noisy).count();
    if free.len() == needed {
        return Ok(());
    }
    Err(ForecastError::Specification(format!(
        "{} has {needed} parameters to be read on this sample, not {}",
        form.label(),
        free.len()
    )))
}

/// A start with the usual values of what it lacks: a publication that has come in since, a coefficient that walks.
fn lengthened(start: &[f64], usual: &[f64]) -> Vec<f64> {
    if start.len() > usual.len() {
        return usual.to_vec();
    }
    start.iter().chain(&usual[start.len()..]).copied().collect()
}

/// The estimate at a point of the search, and the factor on its variances.
fn estimate(
    problem: &Problem<'_>,
    design: Design,
    free: Vec<f64>,
    n_draws: usize,
) -> Result<(Estimate, Vec<Channel>, f64), StateSpaceError> {
    let natural = problem.natural(&free);
    let relative = problem.form.relative();
    let factor = if relative { problem.likelihood(&natural)?.scale_mle() } else { 1.0 };
    let (dynamics, channels) = problem.model(&natural, factor)?;
    let filtered = filter(&dynamics.model, &channels, &problem.observations)?;
    let estimate = Estimate {
        label: problem.form.label(),
        sample: problem.sample.clone(),
        design,
        dynamics,
        noise: channels.iter().map(Channel::noise_variance).collect(),
        draws: draws(problem, &free, n_draws)?,
        free,
        filtered,
    };
    Ok((estimate, channels, factor))
}

/// The model at draws of its parameters, sums in logs linearised where they are at the maximum.
fn draws(
    problem: &Problem<'_>,
    maximum: &[f64],
    n_draws: usize,
) -> Result<Vec<ParameterDraw>, StateSpaceError> {
    let point = problem.point_at(&problem.natural(maximum))?;
    let density = |free: &[f64]| problem.log_posterior(free, point.as_ref());
    let mut stream = Key::new(0).stream(0, Purpose::named("scale"));
    parameter_draws(&density, &problem.canonical(maximum), n_draws)
        .into_iter()
        .map(|Weighted { weight, point: free, with: likelihood }| {
            let natural = problem.natural(&free);
            let factor = if problem.form.relative() {
                let likelihood = likelihood?;
                let df = likelihood.degrees_of_freedom().max(1);
                likelihood.sum_of_squares() / chi_squared(df, &mut stream)
            } else {
                1.0
            };
            let (dynamics, channels) = problem.model(&natural, factor)?;
            let observations = &problem.observations;
            let filtered = match &point {
                Some(point) => filter_at(&dynamics.model, &channels, observations, point)?,
                None => filter(&dynamics.model, &channels, observations)?,
            };
            let noise = channels.iter().map(Channel::noise_variance).collect();
            Ok(ParameterDraw { weight, dynamics, noise, filtered })
        })
        .collect()
}

impl Estimate {
    /// Estimates quickly, for a backtest: from `start` if given (the estimates of the origin before), without standard
    /// errors, sums in logs linearised where the parameters settled.
    pub(crate) fn quick(
        form: &dyn Form,
        sample: &Sample,
        start: Option<&[f64]>,
    ) -> Result<Self, ForecastError> {
        Self::quick_with(form, sample, start, N_DRAWS_QUICK)
    }

    /// The same without what the sample leaves open about the parameters: for a search among models.
    pub(crate) fn for_search(
        form: &dyn Form,
        sample: &Sample,
        start: Option<&[f64]>,
    ) -> Result<Self, ForecastError> {
        Self::quick_with(form, sample, start, N_DRAWS_SEARCH)
    }

    fn quick_with(
        form: &dyn Form,
        sample: &Sample,
        start: Option<&[f64]>,
        n_draws: usize,
    ) -> Result<Self, ForecastError> {
        let varying = Varying::of(form, sample)?;
        let form = varying.as_ref().map_or(form, |v| v as &dyn Form);
        let (actual, design) = problem(form, sample)?;
        let standardised = sample.standardised()?;
        let (problem, _) = problem(form, &standardised)?;
        let own = problem.starts();
        let starts = match start {
            Some(start) => vec![lengthened(start, &own[0])],
            None => own,
        };
        let named = |e| fault(&form.label(), sample, e);
        let best = problem.search(&starts, true).map_err(named)?;
        estimate(&actual, design, best.point, n_draws)
            .map(|(estimate, _, _)| estimate)
            .map_err(named)
    }

    /// A form at unconstrained parameters, without a search, as [`Estimate::quick`] would leave it.
    pub(crate) fn at(
        form: &dyn Form,
        sample: &Sample,
        free: &[f64],
    ) -> Result<Self, ForecastError> {
        suitable(form, sample, free)?;
        let varying = Varying::of(form, sample)?;
        let form = varying.as_ref().map_or(form, |v| v as &dyn Form);
        let (actual, design) = problem(form, sample)?;
        estimate(&actual, design, free.to_vec(), N_DRAWS_QUICK)
            .map(|(estimate, _, _)| estimate)
            .map_err(|e| fault(&form.label(), sample, e))
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn sample(&self) -> &Sample {
        &self.sample
    }

    pub(crate) fn dynamics(&self) -> &Dynamics {
        &self.dynamics
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.design.columns
    }

    /// Indices of the regressors whose coefficients walk.
    pub(crate) fn varying(&self) -> &[usize] {
        &self.design.varying
    }

    pub(crate) fn filtered(&self) -> &Filtered {
        &self.filtered
    }

    /// The model at weighted draws of its parameters.
    pub(crate) fn parameter_draws(&self) -> &[ParameterDraw] {
        &self.draws
    }

    /// The estimates in the unconstrained parameters of the search.
    pub(crate) fn free_parameters(&self) -> &[f64] {
        &self.free
    }

    /// Channels on a calendar `horizon` periods longer than the data.
    pub(crate) fn channels(&self, horizon: usize) -> Result<Vec<Channel>, ForecastError> {
        self.channels_of(&self.sample, horizon)
    }

    /// The same with the regressors of another sample of the same data.
    pub(crate) fn channels_of(
        &self,
        sample: &Sample,
        horizon: usize,
    ) -> Result<Vec<Channel>, ForecastError> {
        let n = sample.n_periods() + horizon;
        let matrices = self.design.matrices(sample, n)?;
        let loadings = self.design.loadings(sample, n)?;
        let named = |e| fault(&self.label, &self.sample, e);
        matrices
            .into_iter()
            .zip(&self.noise)
            .map(|(matrix, noise)| {
                let signal = &self.dynamics.signal;
                let channel = Channel::new(signal.clone(), matrix, *noise).map_err(named)?;
                if loadings.ncols() == 0 {
                    return Ok(channel);
                }
                channel.with_moving_signal(moving_signal(signal, &loadings)).map_err(named)
            })
            .collect()
    }
}

impl GaussianFit {
    /// Estimates a form, from `start` (in the unconstrained parameters of the search) if there is one.
    pub(crate) fn searched(
        form: &dyn Form,
        sample: &Sample,
        start: Option<&[f64]>,
    ) -> Result<Self, ForecastError> {
        Self::found(form, sample, &|problem| {
            let own = problem.starts();
            match start {
                Some(start) => problem
                    .search(&[lengthened(start, &own[0])], false)
                    .or_else(|_| problem.search(&own, false)),
                None => problem.search(&own, false),
            }
        })
    }

    /// A form at unconstrained parameters, without a search.
    pub(crate) fn at(
        form: &dyn Form,
        sample: &Sample,
        free: &[f64],
    ) -> Result<Self, ForecastError> {
        suitable(form, sample, free)?;
        Self::found(form, sample, &|problem| {
            let value = problem.objective(&problem.natural(free));
            Ok(Maximum {
                point: free.to_vec(),
                value,
                gradient_norm: 0.0,
                iterations: 0,
                converged: true,
            })
        })
    }

    fn found(
        form: &dyn Form,
        sample: &Sample,
        find: &dyn Fn(&Problem<'_>) -> Result<Maximum, StateSpaceError>,
    ) -> Result<Self, ForecastError> {
        let varying = Varying::of(form, sample)?;
        let form = varying.as_ref().map_or(form, |v| v as &dyn Form);
        let named = |e| fault(&form.label(), sample, e);
        let (actual, design) = problem(form, sample)?;
        let standardised = sample.standardised()?;
        let (problem, _) = problem(form, &standardised)?;
        let best = find(&problem).map_err(named)?;
        let problem = actual;
        if best.gradient_norm > GRADIENT_FAILURE {
            return Err(ForecastError::NotConverged {
                model: form.label(),
                id: sample.target().id().to_owned(),
                gradient: best.gradient_norm,
            });
        }
        let (estimate, channels, factor) =
            estimate(&problem, design.clone(), best.point, N_DRAWS).map_err(named)?;
        let natural = problem.natural(&estimate.free);
        let mut report = report(
            &problem,
            &design,
            (&natural, factor),
            &estimate.filtered,
            &channels,
            &estimate.dynamics,
        )
        .map_err(named)?;
        if !best.converged {
            report.warnings.push(format!(
                "the search stopped at a gradient of {:.1e}; estimates are good to fewer digits",
                best.gradient_norm
            ));
        }
        Ok(Self { estimate, report, model: None })
    }

    /// The same, known as a fit of this model.
    pub(crate) fn of_model(mut self, model: &Model) -> Self {
        self.model = Some(model.clone());
        self
    }

    /// What it is a fit of.
    pub(crate) fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// The same with a remark for the reader.
    pub(crate) fn warned(mut self, remark: &str) -> Self {
        self.report.warnings.push(remark.to_owned());
        self
    }

    /// What was estimated.
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// What it was estimated from.
    pub fn sample(&self) -> &Sample {
        &self.estimate.sample
    }

    /// The filter at the estimates.
    pub fn filtered(&self) -> &Filtered {
        &self.estimate.filtered
    }

    /// The same with variances and ARMA parameters taken as known: forecasts as programs give them that leave out this
    /// uncertainty (narrower in short samples).
    #[must_use]
    pub fn at_estimates(mut self) -> Self {
        let estimate = &mut self.estimate;
        self.model = None;
        estimate.draws = vec![ParameterDraw {
            weight: 1.0,
            dynamics: estimate.dynamics.clone(),
            noise: estimate.noise.clone(),
            filtered: estimate.filtered.clone(),
        }];
        self
    }

    /// Effect of a regressor, of logs in logs, with its standard error.
    pub fn coefficient(&self, name: &str) -> Option<&ParameterEstimate> {
        self.report.coefficients.iter().find(|c| c.name == name)
    }

    /// First period of the calendar.
    pub fn first_period(&self) -> Period {
        self.estimate.sample.first_period()
    }

    pub(crate) fn estimate(&self) -> &Estimate {
        &self.estimate
    }
}
