//! Any of the models, chosen at run time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fit::Estimate;
use crate::form::Form;
use crate::linearised::linearise;
use crate::method::Method;
use crate::{
    Arima, Auto, AutoArima, Ces, Combination, Drift, Ets, Fitted, FixedArima, ForecastError,
    Forecaster, GaussianFit, Mean, Recalibrated, Sample, Scale, SeasonalNaive, StlForecast,
    Structural, Theta, ThetaKind, Transform,
};

/// A model of this crate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Seasonal naive.
    SeasonalNaive(SeasonalNaive),
    /// A structural model.
    Structural(Structural),
    /// A seasonal ARIMA model of given orders.
    Arima(Arima),
    /// A seasonal ARIMA model whose orders are chosen.
    AutoArima(AutoArima),
    /// A seasonal ARIMA model of given orders, for complete series.
    FixedArima(FixedArima),
    /// Exponential smoothing.
    Ets(Ets),
    /// A theta model.
    Theta(Theta),
    /// Complex exponential smoothing.
    Ces(Ces),
    /// Seasonal and trend decomposition by local regression, its adjusted series forecast.
    Stl(StlForecast),
    /// A random walk with drift.
    Drift(Drift),
    /// The mean of all figures.
    Mean(Mean),
    /// A combination of given models.
    Combination(Combination),
    /// The combination that needs no choices.
    Auto(Auto),
    /// A model whose intervals follow its own record.
    Recalibrated(Recalibrated),
}

/// Estimates of the origin before, from which the next search starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    own: Option<Vec<f64>>,
    /// The same of a structural model, which prepares samples for models that have parameters of their own.
    structural: Option<Vec<f64>>,
    /// The order of an ARIMA chosen on an awkward sample, and the origins at which it was kept.
    order: Option<(Arima, usize)>,
    /// Of the members of a combination.
    pub(crate) members: Vec<Self>,
    /// The structural model estimated last: several models may need the same one at the same origin.
    pub(crate) last: Option<(Structural, Arc<Estimate>)>,
}

impl Memory {
    /// A structural model at the next origin: as it was estimated for another model, or estimated from the origin before.
    pub(crate) fn structural(
        &mut self,
        model: &Structural,
        sample: &Sample,
    ) -> Result<Arc<Estimate>, ForecastError> {
        let model = model.for_sample(sample);
        let known = self.last.as_ref().filter(|(m, e)| *m == model && e.sample() == sample);
        let estimate = match known {
            Some((_, estimate)) => Arc::clone(estimate),
            None => Arc::new(Estimate::quick(&model, sample, self.structural.as_deref())?),
        };
        self.structural = Some(estimate.free_parameters().to_vec());
        self.last = Some((model, Arc::clone(&estimate)));
        Ok(estimate)
    }

    /// The state-space model that was estimated on a sample and its parameters; `None` for any other.
    pub(crate) fn estimated(&self, model: &Model, sample: &Sample) -> Option<(Model, Vec<f64>)> {
        match model {
            Model::Structural(_) => Some((model.clone(), self.structural.clone()?)),
            Model::Arima(_) => Some((model.clone(), self.own.clone()?)),
            Model::AutoArima(_) if !sample.is_complete() => {
                let (order, _) = self.order?;
                Some((Model::Arima(order), self.own.clone()?))
            }
            _ => None,
        }
    }
}

/// The transformation of a complete sample: none where it is in levels, logarithms or none, by likelihood, else.
fn transform_of(sample: &Sample, season: usize) -> Transform {
    if sample.scale() == Scale::Level {
        return Transform::None;
    }
    let figures: Vec<f64> = sample.target().observations().iter().map(|o| o.value).collect();
    Transform::choose(&figures, season)
}

impl Model {
    /// Its name in tables.
    pub fn label(&self) -> String {
        match self {
            Self::SeasonalNaive(m) => format!("seasonal naive [{}]", m.season),
            Self::Structural(m) => m.label(),
            Self::Arima(m) => m.label(),
            Self::AutoArima(m) => m.label(),
            Self::FixedArima(m) => m.label(),
            Self::Ets(m) => m.label(),
            Self::Theta(m) => m.label(),
            Self::Ces(m) => m.label(),
            Self::Stl(m) => m.label(),
            Self::Drift(m) => m.label(),
            Self::Mean(m) => m.label(),
            Self::Combination(m) => m.label(),
            Self::Auto(_) => "auto".to_owned(),
            Self::Recalibrated(m) => m.label(),
        }
    }

    /// The short name that files and scripts use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SeasonalNaive(_) => "snaive",
            Self::Structural(_) => "structural",
            Self::Arima(_) | Self::AutoArima(_) | Self::FixedArima(_) => "arima",
            Self::Ets(_) => "ets",
            Self::Theta(m) if m.kind == ThetaKind::Standard => "theta",
            Self::Theta(_) => "dot",
            Self::Ces(_) => "ces",
            Self::Stl(_) => "stl",
            Self::Drift(_) => "drift",
            Self::Mean(_) => "mean",
            Self::Combination(_) => "combination",
            Self::Auto(_) => "auto",
            Self::Recalibrated(_) => "recalibrated",
        }
    }

    /// Whether it can use everything a sample has; what cannot needs a figure in every period and no regressors.
    pub fn takes(&self, sample: &Sample) -> bool {
        match self {
            Self::SeasonalNaive(_)
            | Self::Structural(_)
            | Self::Arima(_)
            | Self::AutoArima(_)
            | Self::Combination(_)
            | Self::Auto(_) => true,
            Self::Recalibrated(m) => m.model.takes(sample),
            Self::FixedArima(_)
            | Self::Ets(_)
            | Self::Theta(_)
            | Self::Ces(_)
            | Self::Stl(_)
            | Self::Drift(_)
            | Self::Mean(_) => sample.is_complete(),
        }
    }

    /// The short names of [`Model::named`].
    pub const NAMES: [&str; 13] = [
        "auto",
        "ets",
        "arima",
        "airline",
        "theta",
        "dot",
        "ces",
        "structural",
        "stl",
        "drift",
        "mean",
        "snaive",
        "naive",
    ];

    /// The model of a short name for a season of so many periods (1: none).
    pub fn named(name: &str, season: usize) -> Option<Self> {
        let season = season.max(1);
        Some(match name {
            "auto" => Self::Auto(Auto { season }),
            "ets" => Self::Ets(Ets::auto(season)),
            "arima" => Self::AutoArima(AutoArima::new(season)),
            "airline" if season > 1 => Self::Arima(Arima::airline(season)),
            "airline" => Self::Arima(Arima::new(0, 1, 1)),
            "ces" => Self::Ces(if season > 1 { Ces::adjusted(season) } else { Ces::auto(1) }),
            "drift" => Self::Drift(Drift { transform: None }),
            "mean" => Self::Mean(Mean { transform: None }),
            "stl" => Self::Stl(StlForecast::new(season)),
            "theta" => Self::Theta(Theta::standard(season)),
            "dot" => Self::Theta(Theta::dynamic_optimised(season)),
            "structural" if season > 1 => Self::Structural(Structural::basic(season)),
            "structural" => Self::Structural(Structural::local_linear()),
            "snaive" => Self::SeasonalNaive(SeasonalNaive { season }),
            "naive" => Self::SeasonalNaive(SeasonalNaive { season: 1 }),
            _ => return None,
        })
    }

    /// Estimates it.
    ///
    /// # Errors
    /// As [`Forecaster::fit`].
    pub fn fit(&self, sample: &Sample) -> Result<Box<dyn Fitted>, ForecastError> {
        Ok(match self {
            Self::SeasonalNaive(m) => Box::new(m.fit(sample)?),
            Self::Structural(m) => Box::new(m.fit(sample)?),
            Self::Arima(m) => Box::new(m.fit(sample)?),
            Self::AutoArima(m) if !sample.is_complete() => m.fit_exactly(sample)?,
            Self::AutoArima(m) => {
                Box::new(AutoArima { transform: transform_of(sample, m.season), ..*m }.fit(sample)?)
            }
            Self::FixedArima(m) => Box::new(m.fit(sample)?),
            Self::Ets(m) => Box::new(m.fit(sample)?),
            Self::Theta(m) => Box::new(m.fit(sample)?),
            Self::Ces(m) => Box::new(m.fit(sample)?),
            Self::Stl(m) => Box::new(m.fit(sample)?),
            Self::Drift(m) => Box::new(m.fit(sample)?),
            Self::Mean(m) => Box::new(m.fit(sample)?),
            Self::Combination(m) => Box::new(m.fit(sample)?),
            Self::Auto(m) => Box::new(m.fit(sample)?),
            Self::Recalibrated(m) => Box::new(m.fit(sample)?),
        })
    }

    /// Estimates a structural model or an ARIMA of given orders, for what only these have: coefficients with standard
    /// errors, components, counterfactuals, mixtures over draws of regressors.
    ///
    /// # Errors
    /// [`ForecastError::Unsupported`] for any other model, else as [`Forecaster::fit`].
    pub fn fit_gaussian(&self, sample: &Sample) -> Result<GaussianFit, ForecastError> {
        match self {
            Self::Structural(m) => m.fit(sample),
            Self::Arima(m) => m.fit(sample),
            other => Err(ForecastError::Unsupported {
                model: other.label(),
                id: sample.target().id().to_owned(),
                what: "what needs a structural model or an ARIMA of given orders".to_owned(),
            }),
        }
    }

    /// Estimates it quickly, for a backtest: from the estimates of the origin before, leaving its own in their place,
    /// without standard errors.
    pub(crate) fn fit_next(
        &self,
        sample: &Sample,
        memory: &mut Memory,
    ) -> Result<Box<dyn Fitted>, ForecastError> {
        let form: &dyn Form = match self {
            Self::Structural(m) => return Ok(Box::new(memory.structural(m, sample)?)),
            Self::Arima(m) => m,
            Self::AutoArima(m) if !sample.is_complete() => {
                return arima_next(m, sample, memory);
            }
            Self::Combination(m) => return Ok(Box::new(m.fit_with(sample, Some(memory))?)),
            Self::Auto(m) => return Ok(Box::new(m.fit_with(sample, Some(memory))?)),
            Self::Recalibrated(m) => return Ok(Box::new(m.fit_with(sample, Some(memory))?)),
            Self::SeasonalNaive(_)
            | Self::AutoArima(_)
            | Self::FixedArima(_)
            | Self::Ets(_)
            | Self::Theta(_)
            | Self::Ces(_)
            | Self::Stl(_)
            | Self::Drift(_)
            | Self::Mean(_) => {
                return self.fit(sample);
            }
        };
        let estimate = Estimate::quick(form, sample, memory.own.as_deref())?;
        memory.own = Some(estimate.free_parameters().to_vec());
        Ok(Box::new(estimate))
    }
}

/// Origins at which an order is kept before it is chosen anew.
const ORDER_KEPT: usize = 11;

/// An ARIMA of chosen order on an awkward sample: the order of the origin before, unless that is old or fails.
fn arima_next(
    model: &AutoArima,
    sample: &Sample,
    memory: &mut Memory,
) -> Result<Box<dyn Fitted>, ForecastError> {
    if let Some((order, kept)) = memory.order
        && kept < ORDER_KEPT
        && let Ok(estimate) = Estimate::quick(&order, sample, memory.own.as_deref())
    {
        memory.order = Some((order, kept + 1));
        memory.own = Some(estimate.free_parameters().to_vec());
        return Ok(Box::new(estimate));
    }
    let prepared = linearise(sample, model.season, Some(memory))?;
    let mut reason = None;
    for (order, start) in model.orders_on(sample, &prepared)? {
        match Estimate::quick(&order, sample, Some(&start)) {
            Ok(estimate) => {
                memory.order = Some((order, 0));
                memory.own = Some(estimate.free_parameters().to_vec());
                return Ok(Box::new(estimate));
            }
            Err(ForecastError::NotPinned { .. }) => {
                return Ok(Box::new(model.fit_prepared(prepared)?));
            }
            Err(e) => reason = reason.or(Some(e)),
        }
    }
    Err(reason.unwrap_or_else(|| {
        ForecastError::Specification(format!("{}: no order could be estimated", model.label()))
    }))
}
