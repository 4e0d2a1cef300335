//! Fitted models that can be put away and read again.
//!
//! What is kept are specifications with the forms that were chosen and the parameters at which a search ended, not the
//! data. Applied to the same data ([`SavedModel::fit`]) nothing is searched for, and forecasts have the same bytes;
//! applied to newer data, which have to begin where the old ones began, the model runs on at its old parameters. What has
//! a closed form (averages, seasonal indices, coefficients of regressors, σ²) is computed anew. Numbers are written as
//! the shortest decimals that read back as themselves, in strings, since not every reader of numbers is exact.

use std::sync::Arc;

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use crate::combination::{CombinationFit, QuickFit};
use crate::fit::Estimate;
use crate::linearised::{Linearised, LinearisedFit, model_of};
use crate::method::Method;
use crate::recalibration::RecalibratedFit;
use crate::{Fitted, ForecastError, GaussianFit, Member, MethodFit, Model, Sample};

/// A fitted model without its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedModel {
    /// First period of the data; states at the start belong to it.
    first: Period,
    parts: Saved,
}

/// What is kept of each kind of fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Saved {
    /// A method for complete series, its form chosen.
    Method { model: Model, unit: Exact, parameters: Vec<Exact> },
    /// A state-space model at unconstrained parameters.
    Gaussian { model: Model, parameters: Vec<Exact> },
    /// The same estimated as a member of a combination.
    Quick { model: Model, parameters: Vec<Exact> },
    /// A model without a search.
    Closed { model: Model },
    /// A method on the sample as a structural model prepares it.
    Linearised { season: usize, parameters: Vec<Exact>, inner: Box<Self> },
    /// Members with their weights.
    Combination { label: String, fits: Vec<(Exact, Self)>, members: Vec<Member> },
    /// With factors on its spread.
    Recalibrated { inner: Box<Self>, factors: Vec<Exact>, gain: Exact, n_origins: usize },
}

/// What is kept of a fit, for [`SavedModel`] to write.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedParts(pub(crate) Saved);

/// A number that reads back as itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Exact(pub(crate) f64);

impl From<Exact> for String {
    fn from(number: Exact) -> Self {
        format!("{:?}", number.0)
    }
}

impl TryFrom<String> for Exact {
    type Error = std::num::ParseFloatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Numbers to be kept.
pub(crate) fn exact(numbers: &[f64]) -> Vec<Exact> {
    numbers.iter().map(|x| Exact(*x)).collect()
}

fn numbers(kept: &[Exact]) -> Vec<f64> {
    kept.iter().map(|x| x.0).collect()
}

impl SavedModel {
    /// What can be kept of a fit on `sample`; `None` for a fit whose parameters were changed by hand
    /// ([`GaussianFit::at_estimates`]).
    pub fn of(fit: &dyn Fitted, sample: &Sample) -> Option<Self> {
        Some(Self { first: sample.first_period(), parts: fit.saved()?.0 })
    }

    /// The model at its parameters on a sample, which begins where its own did.
    ///
    /// # Errors
    /// A sample that begins elsewhere or does not suit the model.
    pub fn fit(&self, sample: &Sample) -> Result<Box<dyn Fitted>, ForecastError> {
        if sample.first_period() != self.first {
            return Err(ForecastError::Specification(format!(
                "the model was estimated on data from {} and knows how they begin; `{}` begins in {}",
                self.first,
                sample.target().id(),
                sample.first_period()
            )));
        }
        self.parts.fit(sample)
    }
}

impl Saved {
    fn fit(&self, sample: &Sample) -> Result<Box<dyn Fitted>, ForecastError> {
        Ok(match self {
            Self::Method { model, unit, parameters } => {
                let Some(method) = method_of(model) else { return Err(unknown(model)) };
                Box::new(MethodFit::at(method, sample, unit.0, &numbers(parameters))?)
            }
            Self::Gaussian { model, parameters } => {
                let free = numbers(parameters);
                match model {
                    Model::Structural(m) => Box::new(
                        GaussianFit::at(&m.for_sample(sample), sample, &free)?.of_model(model),
                    ),
                    Model::Arima(m) => Box::new(GaussianFit::at(m, sample, &free)?.of_model(model)),
                    other => return Err(unknown(other)),
                }
            }
            Self::Quick { model, parameters } => {
                let free = numbers(parameters);
                let at = match model {
                    Model::Structural(m) => Estimate::at(&m.for_sample(sample), sample, &free)?,
                    Model::Arima(m) => Estimate::at(m, sample, &free)?,
                    other => return Err(unknown(other)),
                };
                Box::new(QuickFit::new(Box::new(at), model.clone(), free))
            }
            Self::Closed { model } => model.fit(sample)?,
            Self::Linearised { season, parameters, inner } => {
                let form = model_of(sample, *season);
                let by = Estimate::at(&form, sample, &numbers(parameters))?;
                let linearised = Linearised::by(Arc::new(by), *season)?;
                let inner = inner.fit(linearised.sample())?;
                Box::new(LinearisedFit { inner, linearised })
            }
            Self::Combination { label, fits, members } => {
                let fits = fits
                    .iter()
                    .map(|(weight, saved)| Ok((weight.0, saved.fit(sample)?)))
                    .collect::<Result<Vec<_>, ForecastError>>()?;
                Box::new(CombinationFit::at(label.clone(), sample, fits, members.clone()))
            }
            Self::Recalibrated { inner, factors, gain, n_origins } => {
                let inner = inner.fit(sample)?;
                Box::new(RecalibratedFit::at(inner, numbers(factors), gain.0, *n_origins))
            }
        })
    }
}

fn unknown(model: &Model) -> ForecastError {
    ForecastError::Specification(format!("{} has no parameters to be read", model.label()))
}

/// The methods for complete series.
fn method_of(model: &Model) -> Option<&dyn Method> {
    Some(match model {
        Model::Ets(m) => m,
        Model::Theta(m) => m,
        Model::Ces(m) => m,
        Model::FixedArima(m) => m,
        Model::Drift(m) => m,
        Model::Mean(m) => m,
        Model::Stl(m) => m,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_themselves() {
        for x in [0.1, 1.0 / 3.0, 5e-324, -0.0, f64::MAX, 1e21, f64::NAN, f64::INFINITY] {
            let text = String::from(Exact(x));
            assert_eq!(Exact::try_from(text).unwrap().0.to_bits(), x.to_bits());
        }
        assert!(Exact::try_from("one".to_owned()).is_err());
    }
}
