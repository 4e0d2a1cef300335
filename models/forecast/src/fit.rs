//! Estimation of any [`Form`] by maximum likelihood, and what is known once it is estimated.
//!
//! Coefficients of regressors are estimated jointly with the dynamics: inside the filter by generalised least squares,
//! so that the search sees their profile likelihood. Their standard errors are those of the joint Hessian,
//!
//! ```text
//! cov(β̂) = cov_GLS(β̂ | ψ̂) + (∂β̂/∂ψ') cov(ψ̂) (∂β̂/∂ψ')'
//! ```
//!
//! which is the block of its inverse (partitioned inverse of the Hessian of the likelihood in ψ and β). Standard errors
//! of variances come from the Hessian in their logarithms. A parameter at the edge of its range has none.

use monazite_series::Period;
use monazite_statespace::{
    Channel, Filtered, Likelihood, Scale, SearchOptions, StateSpaceError, correct, covariance_at,
    filter, likelihood, maximise,
};
use ndarray::{Array1, Array2};

use crate::diagnostics::Diagnostics;
use crate::form::{Dynamics, Form};
use crate::regressor::Regressors;
use crate::report::{Correction, FitReport, ParameterEstimate};
use crate::{Arima, ForecastError, Sample, Structural};

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
        GaussianFit::of(self, sample)
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
        GaussianFit::of(self, sample)
    }
}

/// What a column of the design is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    /// A regressor, the same for all publications.
    Regressor(usize),
    /// The constant of a stationary model.
    Constant,
    /// The level of a further publication.
    Level(usize),
}

/// The design of a sample: which columns there are and their values.
#[derive(Debug, Clone)]
struct Design {
    columns: Vec<Column>,
    names: Vec<String>,
    left_out: Vec<String>,
}

impl Design {
    fn new(sample: &Sample, constant: Option<&'static str>) -> Result<Self, ForecastError> {
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
            } else {
                columns.push(Column::Regressor(at));
                names.push(one.0.clone());
            }
        }
        Ok(Self { columns, names, left_out })
    }

    /// One matrix (periods × columns) a publication, on a calendar of `n` periods.
    fn matrices(&self, sample: &Sample, n: usize) -> Result<Vec<Array2<f64>>, ForecastError> {
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
struct Problem<'a> {
    form: &'a dyn Form,
    sample: &'a Sample,
    matrices: Vec<Array2<f64>>,
    observations: monazite_statespace::Observations,
    /// Publications whose noise is estimated.
    noisy: Vec<usize>,
    variance: f64,
}

impl Problem<'_> {
    fn n_own(&self) -> usize {
        self.form.names().len()
    }

    fn starts(&self) -> Vec<Vec<f64>> {
        let mut starts = self.form.starts(self.variance);
        for start in &mut starts {
            start.extend(self.noisy.iter().map(|_| 0.3));
        }
        starts
    }

    fn natural(&self, free: &[f64]) -> Vec<f64> {
        let (own, noise) = free.split_at(self.n_own());
        let unit = if self.form.relative() { 1.0 } else { self.variance };
        let mut natural = self.form.natural(own, self.variance);
        natural.extend(noise.iter().map(|x| unit * x * x));
        natural
    }

    fn channels(
        &self,
        dynamics: &Dynamics,
        natural: &[f64],
        factor: f64,
    ) -> Result<Vec<Channel>, StateSpaceError> {
        self.matrices
            .iter()
            .enumerate()
            .map(|(channel, matrix)| {
                let noise = self.noisy.iter().position(|&c| c == channel);
                let variance = noise.map_or(0.0, |at| natural[self.n_own() + at] * factor);
                Channel::new(dynamics.signal.clone(), matrix.clone(), variance)
            })
            .collect()
    }

    fn likelihood(&self, natural: &[f64]) -> Result<Likelihood, StateSpaceError> {
        let dynamics = self.form.dynamics(&natural[..self.n_own()])?;
        let channels = self.channels(&dynamics, natural, 1.0)?;
        likelihood(&dynamics.model, &channels, &self.observations)
    }

    /// The log-likelihood that is maximised: over the scale too where all variances are relative.
    fn objective(&self, natural: &[f64]) -> f64 {
        self.likelihood(natural).map_or(f64::NAN, |l| {
            if self.form.relative() { l.concentrated_log_likelihood() } else { l.log_likelihood() }
        })
    }

    /// Whether a natural parameter is a variance, whose Hessian is taken in its logarithm.
    fn is_variance(&self, at: usize) -> bool {
        at >= self.n_own() || !self.form.relative()
    }

    fn at_edge(&self, at: usize, natural: &[f64]) -> bool {
        if at < self.n_own() {
            return self.form.at_edge(at, &natural[..self.n_own()]);
        }
        natural[at] <= 1e-7 * if self.form.relative() { 1.0 } else { self.variance }
    }

    fn filtered(&self, natural: &[f64], factor: f64) -> Result<Filtered, StateSpaceError> {
        let dynamics = scaled(self.form.dynamics(&natural[..self.n_own()])?, factor)?;
        filter(&dynamics.model, &self.channels(&dynamics, natural, factor)?, &self.observations)
    }
}

/// The same dynamics with all variances multiplied by `factor`.
fn scaled(dynamics: Dynamics, factor: f64) -> Result<Dynamics, StateSpaceError> {
    use monazite_statespace::{Initial, StateSpace};
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

/// A model estimated by Gaussian maximum likelihood.
#[derive(Debug, Clone)]
pub struct GaussianFit {
    sample: Sample,
    design: Design,
    dynamics: Dynamics,
    /// Noise variance of each publication.
    noise: Vec<f64>,
    free: Vec<f64>,
    filtered: Filtered,
    report: FitReport,
}

/// A gradient above this is no maximum.
const GRADIENT_FAILURE: f64 = 1e-2;

impl GaussianFit {
    fn of(form: &dyn Form, sample: &Sample) -> Result<Self, ForecastError> {
        let label = form.label();
        let id = sample.target().id().to_owned();
        let covered = sample.n_covered();
        if covered < form.min_periods() {
            return Err(ForecastError::TooShort {
                model: label,
                id,
                needed: form.min_periods(),
                found: covered,
                from: sample.first_period(),
                to: sample.last_period(),
            });
        }
        let design = Design::new(sample, form.constant())?;
        let fault = |source: StateSpaceError| match source {
            StateSpaceError::Collinear { column } => ForecastError::Collinear {
                name: design.names.get(column).cloned().unwrap_or_default(),
            },
            source => ForecastError::StateSpace { model: label.clone(), id: id.clone(), source },
        };
        let noisy =
            (0..sample.publications().len()).filter(|&c| sample.publications()[c].noisy).collect();
        let problem = Problem {
            form,
            sample,
            matrices: design.matrices(sample, sample.n_periods())?,
            observations: sample.observations(0).map_err(fault)?,
            noisy,
            variance: sample.change_variance(),
        };
        // A model that the filter refuses is refused at any parameters: say why instead of searching.
        let starts = problem.starts();
        problem.likelihood(&problem.natural(&starts[0])).map_err(fault)?;
        let best = maximise(
            &|free| problem.objective(&problem.natural(free)),
            &starts,
            &SearchOptions::default(),
        )
        .map_err(fault)?;
        if best.gradient_norm > GRADIENT_FAILURE {
            return Err(ForecastError::NotConverged {
                model: label,
                id,
                gradient: best.gradient_norm,
            });
        }
        let mut fit = Self::at(&problem, design.clone(), best.point).map_err(fault)?;
        if !best.converged {
            fit.report.warnings.push(format!(
                "the search stopped at a gradient of {:.1e}; estimates are good to fewer digits",
                best.gradient_norm
            ));
        }
        Ok(fit)
    }

    /// Everything that follows from the estimates.
    fn at(problem: &Problem<'_>, design: Design, free: Vec<f64>) -> Result<Self, StateSpaceError> {
        let natural = problem.natural(&free);
        let factor =
            if problem.form.relative() { problem.likelihood(&natural)?.scale_mle() } else { 1.0 };
        let dynamics = scaled(problem.form.dynamics(&natural[..problem.n_own()])?, factor)?;
        let channels = problem.channels(&dynamics, &natural, factor)?;
        let filtered = filter(&dynamics.model, &channels, &problem.observations)?;
        let noise = channels.iter().map(Channel::noise_variance).collect();
        let report = report(problem, &design, (&natural, factor), &filtered, &channels, &dynamics)?;
        Ok(Self { sample: problem.sample.clone(), design, dynamics, noise, free, filtered, report })
    }

    /// What was estimated.
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// What it was estimated from.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The filter at the estimates.
    pub fn filtered(&self) -> &Filtered {
        &self.filtered
    }

    /// The estimates in the unconstrained parameters of the search.
    pub fn free_parameters(&self) -> &[f64] {
        &self.free
    }

    /// Log effect of a regressor, or effect in levels, and its standard error.
    pub fn coefficient(&self, name: &str) -> Option<&ParameterEstimate> {
        self.report.coefficients.iter().find(|c| c.name == name)
    }

    /// First period of the calendar.
    pub fn first_period(&self) -> Period {
        self.sample.first_period()
    }

    pub(crate) fn dynamics(&self) -> &Dynamics {
        &self.dynamics
    }

    pub(crate) fn noise_of(&self, publication: usize) -> f64 {
        self.noise[publication]
    }

    /// Channels on a calendar `horizon` periods longer than the data.
    pub(crate) fn channels(&self, horizon: usize) -> Result<Vec<Channel>, ForecastError> {
        let matrices = self.design.matrices(&self.sample, self.sample.n_periods() + horizon)?;
        matrices
            .into_iter()
            .zip(&self.noise)
            .map(|(matrix, noise)| {
                Channel::new(self.dynamics.signal.clone(), matrix, *noise)
                    .map_err(|e| self.fault(e))
            })
            .collect()
    }

    pub(crate) fn fault(&self, source: StateSpaceError) -> ForecastError {
        ForecastError::StateSpace {
            model: self.report.model.clone(),
            id: self.report.id.clone(),
            source,
        }
    }
}

/// Covariance of the interior parameters and what coefficients add to their own.
struct Uncertainty {
    /// Standard errors of natural parameters, `None` at an edge or if the Hessian is no maximum's.
    se: Vec<Option<f64>>,
    /// Added to the covariance of the coefficients.
    added: Array2<f64>,
    warning: Option<String>,
}

fn uncertainty(problem: &Problem<'_>, natural: &[f64], factor: f64, k: usize) -> Uncertainty {
    let inside: Vec<usize> = (0..natural.len()).filter(|&i| !problem.at_edge(i, natural)).collect();
    // In logarithms of variances and in coefficients as they are.
    let point: Vec<f64> = inside
        .iter()
        .map(|&i| if problem.is_variance(i) { natural[i].ln() } else { natural[i] })
        .collect();
    let with = |moved: &[f64]| {
        let mut full = natural.to_vec();
        for (&i, x) in inside.iter().zip(moved) {
            full[i] = if problem.is_variance(i) { x.exp() } else { *x };
        }
        full
    };
    let mut result =
        Uncertainty { se: vec![None; natural.len()], added: Array2::zeros((k, k)), warning: None };
    if inside.is_empty() {
        return result;
    }
    let covariance = match covariance_at(&|p| problem.objective(&with(p)), &point) {
        Ok(covariance) => covariance,
        Err(e) => {
            result.warning = Some(format!("no standard errors of the dynamics: {e}"));
            return result;
        }
    };
    for (at, &i) in inside.iter().enumerate() {
        let own = covariance[[at, at]].sqrt();
        let scale = if problem.is_variance(i) { natural[i] } else { 1.0 };
        result.se[i] = Some(own * scale);
    }
    if k > 0
        && let Some(jacobian) = coefficient_jacobian(problem, &with, &point, factor, k)
    {
        result.added = jacobian.dot(&covariance).dot(&jacobian.t());
    }
    result
}

/// ∂β̂/∂ψ by central differences.
fn coefficient_jacobian(
    problem: &Problem<'_>,
    with: &dyn Fn(&[f64]) -> Vec<f64>,
    point: &[f64],
    factor: f64,
    k: usize,
) -> Option<Array2<f64>> {
    let mut jacobian = Array2::zeros((k, point.len()));
    let mut moved = point.to_vec();
    for j in 0..point.len() {
        let step = 1e-4 * point[j].abs().max(1.0);
        let mut at = |x: f64| {
            moved[j] = x;
            problem.filtered(&with(&moved), factor).ok().map(|f| f.coefficients().clone())
        };
        let (above, below) = (at(point[j] + step)?, at(point[j] - step)?);
        moved[j] = point[j];
        jacobian.column_mut(j).assign(&((above - below) / (2.0 * step)));
    }
    Some(jacobian)
}

fn report(
    problem: &Problem<'_>,
    design: &Design,
    (natural, factor): (&[f64], f64),
    filtered: &Filtered,
    channels: &[Channel],
    dynamics: &Dynamics,
) -> Result<FitReport, StateSpaceError> {
    let k = design.columns.len();
    let uncertain = uncertainty(problem, natural, factor, k);
    let mut warnings: Vec<String> = uncertain.warning.into_iter().collect();
    for name in &design.left_out {
        warnings.push(format!("regressor `{name}` is zero throughout the sample: left out"));
    }
    let mut names = problem.form.names();
    for &c in &problem.noisy {
        names.push(format!("noise variance of {}", problem.sample.publications()[c].series.id()));
    }
    let mut parameters: Vec<ParameterEstimate> = names
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            // Relative noise variances are stated in the unit of the data.
            let unit = if problem.form.relative() && i >= problem.n_own() { factor } else { 1.0 };
            let (value, se) = (natural[i] * unit, uncertain.se[i].map(|s| s * unit));
            if problem.is_variance(i) {
                ParameterEstimate::variance(name, value, se)
            } else {
                ParameterEstimate::normal(name, value, se)
            }
        })
        .collect();
    for p in parameters.iter().filter(|p| p.se.is_none()) {
        warnings.push(format!("{} = {:.3e} is at the edge of its range", p.name, p.value));
    }
    let n = filtered.likelihood().n();
    if problem.form.relative() {
        // Information on ln σ² is n/2, and σ² is orthogonal to the rest in the concentrated likelihood.
        let se = factor * (2.0 / n as f64).sqrt();
        parameters.push(ParameterEstimate::variance("sigma2".into(), factor, Some(se)));
    }
    let covariance = filtered.coefficient_covariance() + &uncertain.added;
    let coefficients = design
        .names
        .iter()
        .enumerate()
        .map(|(j, name)| {
            let se = covariance[[j, j]].max(0.0).sqrt();
            ParameterEstimate::normal(name.clone(), filtered.coefficients()[j], Some(se))
        })
        .collect();
    let correction = correction(problem, channels, dynamics)?;
    let diagnostics =
        Diagnostics::of(filtered, problem.form.names().len(), problem.form.relative());
    Ok(FitReport {
        model: problem.form.label(),
        id: problem.sample.target().id().to_owned(),
        from: problem.sample.first_period(),
        to: problem.sample.last_period(),
        n,
        n_diffuse: filtered.likelihood().n_diffuse(),
        in_logs: problem.sample.scale() == Scale::Log,
        log_likelihood: filtered.log_likelihood(),
        correction,
        n_parameters: parameters.len() + k,
        parameters,
        coefficients,
        diagnostics,
        warnings,
    })
}

/// The importance-sampling correction, where the sample has sums of months in logs.
fn correction(
    problem: &Problem<'_>,
    channels: &[Channel],
    dynamics: &Dynamics,
) -> Result<Option<Correction>, StateSpaceError> {
    let spans = problem.observations.measurements().iter().any(|m| m.span > 1);
    if problem.sample.scale() == Scale::Level || !spans {
        return Ok(None);
    }
    let corrected = correct(&dynamics.model, channels, &problem.observations)?;
    Ok(Some(Correction {
        log_likelihood: corrected.log_likelihood(),
        standard_error: corrected.standard_error(),
        n_draws: corrected.n_draws(),
    }))
}
