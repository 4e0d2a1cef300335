//! A seasonal ARIMA of fixed order as a method for complete series, on a transformed scale.

use monazite_stochastic::Stream;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::Arima;
use super::estimate::{ArimaError, ArimaEstimate};
use super::predict::{Ahead, marginals};
use crate::form::Form;
use crate::method::{Account, Estimated, Method, Refusal};
use crate::{ForecastError, Forecaster, Marginal, MethodFit, Model, Sample, Transform};

/// A seasonal ARIMA of this order for a series with a figure in every period: the likelihood of [`Arima`], found some
/// hundred times as fast, with distributions that contain what the parameters are uncertain by.
///
/// ```
/// use monazite_forecast::{Arima, FixedArima, Transform};
/// let airline = FixedArima { transform: Transform::Log, ..FixedArima::new(Arima::airline(12)) };
/// assert!(airline.parameter_uncertainty && !airline.constant);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FixedArima {
    /// The order; its `mean` is not looked at.
    pub order: Arima,
    /// Whether the differenced figures have a mean: a drift after a difference.
    pub constant: bool,
    /// The scale on which it works.
    pub transform: Transform,
    /// Whether distributions contain the uncertainty of the parameters of the dynamics and of σ².
    pub parameter_uncertainty: bool,
}

impl FixedArima {
    /// The order on figures as they are, with a mean if it takes no differences.
    pub fn new(order: Arima) -> Self {
        let constant = order.mean && order.n_diffuse() == 0;
        Self { order, constant, transform: Transform::None, parameter_uncertainty: true }
    }
}

/// An estimate with the scale it is of.
#[derive(Debug)]
pub(super) struct Scaled {
    pub(super) estimate: ArimaEstimate,
    pub(super) transform: Transform,
    pub(super) uncertain: bool,
    /// What the choice has to say.
    pub(super) warnings: Vec<String>,
}

/// Figures on the transformed scale.
pub(super) fn transformed(y: &[f64], transform: Transform) -> Result<Vec<f64>, Refusal> {
    if transform.needs_positive()
        && let Some(at) = y.iter().position(|v| *v <= 0.0)
    {
        return Err(Refusal::NotPositive { at });
    }
    Ok(y.iter().map(|v| transform.forward(*v)).collect())
}

/// The reason as a method states it.
pub(super) fn refused(error: ArimaError) -> Refusal {
    match error {
        ArimaError::TooShort { needed, .. } => Refusal::TooShort { needed },
        ArimaError::NotConverged { gain, .. } => Refusal::NotConverged { gradient: gain },
        other => Refusal::Specification(other.to_string()),
    }
}

/// Parameters that have the unit of the figures.
const UNIT_BOUND: [&str; 3] = ["sigma2", "mean", "drift"];

/// The name of a transformation before a model.
pub(super) fn prefix(transform: Transform) -> String {
    match transform {
        Transform::None => String::new(),
        Transform::Log => "log ".into(),
        Transform::BoxCox(lambda) => format!("Box–Cox({lambda:.2}) "),
    }
}

impl Method for FixedArima {
    fn label(&self) -> String {
        prefix(self.transform) + &self.order.label_with(self.constant)
    }

    fn needed(&self) -> usize {
        self.order.n_diffuse() + self.order.names().len() + usize::from(self.constant) + 2
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        let scaled = transformed(y, self.transform)?;
        let estimate =
            ArimaEstimate::of(self.order, &scaled, self.constant, &[]).map_err(refused)?;
        Ok(Box::new(Scaled {
            estimate,
            transform: self.transform,
            uncertain: self.parameter_uncertainty,
            warnings: Vec::new(),
        }))
    }

    fn at(&self, y: &[f64], parameters: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        let scaled = transformed(y, self.transform)?;
        let estimate =
            ArimaEstimate::at(self.order, &scaled, self.constant, parameters).map_err(refused)?;
        Ok(Box::new(Scaled {
            estimate,
            transform: self.transform,
            uncertain: self.parameter_uncertainty,
            warnings: Vec::new(),
        }))
    }
}

impl Forecaster for FixedArima {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

impl Scaled {
    fn ahead(&self, horizon: usize) -> Vec<Ahead> {
        // There are no regressors that could be missing.
        self.estimate.ahead(horizon, &[], self.uncertain).unwrap_or_default()
    }
}

impl Estimated for Scaled {
    fn form(&self) -> String {
        prefix(self.transform) + &self.estimate.label()
    }

    fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        marginals(&self.ahead(horizon), horizon, self.transform)
    }

    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let ahead = self.ahead(horizon);
        let mut paths = Array2::zeros((n_paths, horizon));
        for mut path in paths.rows_mut() {
            let at = drawn(&ahead, stream.uniform());
            let one = &ahead[at];
            let mut values = one.means.clone();
            let betas: Vec<f64> = one
                .loadings
                .first()
                .map_or(0..0, |l| 0..l.len())
                .map(|_| stream.normal())
                .collect();
            for j in 0..horizon {
                let innovation = one.sigma * stream.normal();
                let loading: f64 = one.loadings[j].iter().zip(&betas).map(|(l, b)| l * b).sum();
                values[j] += one.sigma * loading;
                let responses = &one.responses[j * horizon..(j + 1) * horizon];
                for (value, response) in values.iter_mut().zip(responses) {
                    *value += response * innovation;
                }
            }
            for (place, value) in path.iter_mut().zip(values) {
                *place = self.transform.inverse(value);
            }
        }
        paths
    }

    fn chosen(&self) -> Option<(Model, Vec<f64>)> {
        let spec = FixedArima {
            order: self.estimate.spec(),
            constant: self.estimate.constant,
            transform: self.transform,
            parameter_uncertainty: self.uncertain,
        };
        Some((Model::FixedArima(spec), self.estimate.free.clone()))
    }

    fn account(&self) -> Account {
        let estimate = &self.estimate;
        // dw = y^(λ − 1) dy, for the figures that count.
        let jacobian = match self.transform {
            Transform::BoxCox(lambda) => {
                let figures = &estimate.y[estimate.y.len() - estimate.n()..];
                let logs = figures.iter().map(|w| self.transform.inverse(*w).ln());
                (lambda - 1.0) * logs.sum::<f64>()
            }
            Transform::None | Transform::Log => 0.0,
        };
        let mut parameters = estimate.parameters().to_vec();
        parameters.extend(estimate.coefficients().iter().cloned());
        if self.transform == Transform::None {
            // In units of the mean size of the figures.
            for p in parameters.iter_mut().filter(|p| UNIT_BOUND.contains(&p.name.as_str())) {
                p.name += " / mean size";
            }
        }
        Account {
            parameters,
            log_likelihood: Some(estimate.log_likelihood() + jacobian),
            n_parameters: estimate.n_parameters(),
            n: estimate.n(),
            n_diffuse: estimate.spec().n_diffuse(),
            residuals: estimate.residuals().to_vec(),
            in_logs: self.transform == Transform::Log,
            warnings: self.warnings.clone(),
        }
    }
}

/// The part that a uniform number falls in.
fn drawn(ahead: &[Ahead], uniform: f64) -> usize {
    let mut left = uniform;
    for (at, one) in ahead.iter().enumerate() {
        left -= one.weight;
        if left < 0.0 {
            return at;
        }
    }
    ahead.len() - 1
}
