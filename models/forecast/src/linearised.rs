//! An awkward sample as methods see it that need a figure in every period and know no regressors.
//!
//! A state-space model estimated on the sample as it is splits sums, fills gaps and takes out what regressors explain, all
//! in one likelihood; what is left is a series with a figure a period. That is how TRAMO and X-13ARIMA-SEATS prepare
//! series ("linearised", Gómez and Maravall 2001). A method's forecast of it then gets the effects of the regressors in
//! the future back. The uncertainty of the split and of the effects is in the forecast of the state-space model, not in
//! that of the method.

use std::sync::Arc;

use monazite_series::Series;
use monazite_statespace::{Scale, smooth};

use crate::fit::{Estimate, fault};
use crate::model::Memory;
use crate::problem::Column;
use crate::report::FitReport;
use crate::saved::{Saved, SavedParts, exact};
use crate::{Fitted, Forecast, ForecastError, Regressors, Sample, Structural};

/// A sample without sums, gaps and regressors, and the way back.
#[derive(Debug, Clone)]
pub(crate) struct Linearised {
    /// The sample as it is.
    original: Sample,
    /// Complete, without regressors.
    sample: Sample,
    /// The model that prepared it.
    by: Arc<Estimate>,
    /// Periods in its season.
    season: usize,
}

impl Estimate {
    /// What regressors explain in each period of the data and `horizon` more, in the scale of the model.
    fn effects(&self, horizon: usize) -> Result<Vec<f64>, ForecastError> {
        let channel = self.channels(horizon)?.swap_remove(self.sample().target_idx());
        let beta = self.filtered().coefficients();
        let effect = |x: ndarray::ArrayView1<'_, f64>| -> f64 {
            let of = |(j, column): (usize, &Column)| match column {
                Column::Regressor(_) => x[j] * beta[j],
                Column::Constant | Column::Level(_) => 0.0,
            };
            self.columns().iter().enumerate().map(of).sum()
        };
        Ok(channel.regressors().rows().into_iter().map(effect).collect())
    }
}

/// The sample as a structural model prepares it, quickly if there is a memory of the origin before.
pub(crate) fn linearise(
    sample: &Sample,
    season: usize,
    memory: Option<&mut Memory>,
) -> Result<Linearised, ForecastError> {
    let estimate = match memory {
        Some(memory) => memory.structural(&unadapted(season), sample)?,
        None => Arc::new(Estimate::quick(&model_of(sample, season), sample, None)?),
    };
    Linearised::by(estimate, season)
}

fn unadapted(season: usize) -> Structural {
    if season >= 2 { Structural::basic(season) } else { Structural::local_level() }
}

/// The structural model that prepares a sample.
pub(crate) fn model_of(sample: &Sample, season: usize) -> Structural {
    unadapted(season).for_sample(sample)
}

impl Linearised {
    /// The sample of an estimation, prepared by it.
    pub(crate) fn by(estimate: Arc<Estimate>, season: usize) -> Result<Self, ForecastError> {
        let original = estimate.sample().clone();
        let named = |e| fault(estimate.label(), &original, e);
        let observations = original.observations(0).map_err(named)?;
        let channels = estimate.channels(0)?;
        let smoothed =
            smooth(&estimate.dynamics().model, &channels, &observations).map_err(named)?;
        let figures = smoothed.figures();
        let logs = original.scale() == Scale::Log;
        let values: Vec<f64> = estimate
            .effects(0)?
            .into_iter()
            .enumerate()
            .map(|(t, effect)| {
                let figure = figures[[t, original.target_idx()]];
                if logs { figure / effect.exp() } else { figure - effect }
            })
            .collect();
        let target = original.target();
        let series = Series::from_values(
            target.id(),
            target.unit().clone(),
            target.aggregation(),
            original.first_period(),
            &values,
        )?;
        let sample = Sample::new(series, original.scale(), Regressors::none())?;
        Ok(Self { original, sample, by: estimate, season })
    }

    /// The complete sample.
    pub(crate) fn sample(&self) -> &Sample {
        &self.sample
    }
}

/// A method fitted to a prepared sample.
#[derive(Debug)]
pub(crate) struct LinearisedFit {
    pub(crate) inner: Box<dyn Fitted>,
    pub(crate) linearised: Linearised,
}

impl Fitted for LinearisedFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        let inner = self.inner.forecast(horizon, n_paths, seed)?;
        let original = &self.linearised.original;
        let effects = self.linearised.by.effects(horizon)?;
        let ahead = &effects[original.n_periods()..];
        let logs = original.scale() == Scale::Log;
        let mut paths = inner.paths().clone();
        let mut marginals = Vec::with_capacity(horizon);
        for (h, &effect) in ahead.iter().enumerate() {
            let own = inner.marginal(h).clone();
            marginals.push(if logs { own.times(effect.exp()) } else { own.plus(effect) });
            for y in paths.column_mut(h) {
                *y = if logs { *y * effect.exp() } else { *y + effect };
            }
        }
        Ok(Forecast::new(original, inner.model().to_owned(), marginals, paths))
    }

    fn report(&self) -> Option<&FitReport> {
        self.inner.report()
    }

    fn saved(&self) -> Option<SavedParts> {
        Some(SavedParts(Saved::Linearised {
            season: self.linearised.season,
            parameters: exact(self.linearised.by.free_parameters()),
            inner: Box::new(self.inner.saved()?.0),
        }))
    }

    fn form(&self) -> String {
        self.inner.form()
    }
}
