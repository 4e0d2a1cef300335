//! Seasonal ARIMA on samples with sums, gaps or regressors, and where the search on a complete one starts.
//!
//! Orders are chosen on the sample as a structural model splits and fills it and takes its regressors out ("linearised",
//! Gómez and Maravall 2001), without a drift, which the state-space form does not have. The chosen order is then
//! estimated exactly on the sample as it is. Where some months of the year never appear in a figure of their own, nothing
//! pins the start of a seasonal difference (a seasonal autoregression in its place forecasts badly, since its root is near
//! the circle): the model is then estimated on the prepared sample, as methods are that need a figure a period. On a complete sample the fast likelihood has the same maximum as the
//! state-space form, in the same parameters, and looks at several starts: the search goes on from there.

use super::estimate::ArimaEstimate;
use super::method::transformed;
use super::{Arima, AutoArima};
use crate::fit::GaussianFit;
use crate::form::Form;
use crate::linearised::{Linearised, LinearisedFit, linearise};
use crate::method::{Method, Refusal, standardised};
use crate::problem::{Column, Design};
use crate::{Fitted, ForecastError, Forecaster, Model, Regressors, Sample, Scale, Transform};

/// Orders that are tried on the sample as it is, best first, if those before fail: each takes seconds in a long sample.
const LAST_RESORT: usize = 3;
/// A start lies within these bounds, where the search still sees a slope.
const START_BOUND: f64 = 4.0;

/// An order and the estimates from which its search starts.
pub(super) type Ordered = (Arima, Vec<f64>);

fn bounded(free: &[f64]) -> Vec<f64> {
    free.iter().map(|x| x.clamp(-START_BOUND, START_BOUND)).collect()
}

impl Arima {
    /// The maximum of the fast likelihood on a sample with a figure in every period, in unconstrained parameters; `None`
    /// where that likelihood does not apply.
    pub(crate) fn start_on(&self, sample: &Sample) -> Option<Vec<f64>> {
        if sample.publications().len() > 1 || self.names().is_empty() {
            return None;
        }
        let plain =
            Sample::new(sample.target().clone(), sample.scale(), Regressors::none()).ok()?;
        let figures = plain.complete(&self.label()).ok()?;
        let design = Design::new(sample, None).ok()?;
        if !design.varying.is_empty() {
            return None;
        }
        let matrix = design.matrices(sample, sample.n_periods()).ok()?.swap_remove(0);
        let regressors: Vec<Vec<f64>> = (design.columns.iter().zip(matrix.columns()))
            .filter(|(column, _)| matches!(column, Column::Regressor(_)))
            .map(|(_, values)| values.to_vec())
            .collect();
        let logs = sample.scale() == Scale::Log;
        let y: Vec<f64> = figures.iter().map(|v| if logs { v.ln() } else { *v }).collect();
        let constant = self.constant().is_some();
        ArimaEstimate::of(*self, &y, constant, &regressors).ok().map(|e| bounded(&e.free))
    }
}

impl AutoArima {
    /// Orders for a sample with sums, gaps, regressors or several publications, best first.
    ///
    /// # Errors
    /// What the structural model that prepares the sample refuses; no order that has a likelihood.
    pub(crate) fn orders_on(
        &self,
        sample: &Sample,
        prepared: &Linearised,
    ) -> Result<Vec<Ordered>, ForecastError> {
        let (y, _) = standardised(&prepared.sample().complete(&self.label())?);
        let transform = if sample.scale() == Scale::Log { Transform::Log } else { Transform::None };
        let y = transformed(&y, transform).map_err(|e| self.fault(&e))?;
        let (ranked, tried) = Self { transform, ..*self }.ranked(&y, false);
        if ranked.is_empty() {
            return Err(ForecastError::Specification(format!(
                "{}: none of the {tried} orders tried has a likelihood",
                self.label()
            )));
        }
        let ordered = ranked.into_iter().take(LAST_RESORT).map(|candidate| {
            let (mut spec, constant) = candidate.order();
            spec.mean = constant;
            let free = ArimaEstimate::from_start(spec, &y, constant, &[], Some(candidate.free()))
                .map_or_else(|_| candidate.free().to_vec(), |e| e.free);
            (spec, bounded(&free))
        });
        Ok(ordered.collect())
    }

    /// Chooses the order and estimates it exactly on a sample with sums, gaps, regressors or several publications.
    ///
    /// # Errors
    /// As [`AutoArima::orders_on`], and what the best orders refuse.
    pub(crate) fn fit_exactly(&self, sample: &Sample) -> Result<Box<dyn Fitted>, ForecastError> {
        let prepared = linearise(sample, self.season, None)?;
        let mut reason = None;
        for (order, start) in self.orders_on(sample, &prepared)? {
            match GaussianFit::searched(&order, sample, Some(&start)) {
                Ok(fit) => {
                    let fit = fit.of_model(&Model::Arima(order)).warned(CHOSEN_ELSEWHERE);
                    return Ok(Box::new(fit));
                }
                Err(ForecastError::NotPinned { .. }) => {
                    return Ok(Box::new(self.fit_prepared(prepared)?));
                }
                Err(e) => reason = reason.or(Some(e)),
            }
        }
        Err(reason.unwrap_or_else(|| self.fault(&Refusal::TooShort { needed: self.needed() })))
    }

    /// Chooses and estimates on the prepared sample.
    pub(crate) fn fit_prepared(
        &self,
        prepared: Linearised,
    ) -> Result<LinearisedFit, ForecastError> {
        let logs = prepared.sample().scale() == Scale::Log;
        let transform = if logs { Transform::Log } else { Transform::None };
        let inner = Box::new(Self { transform, ..*self }.fit(prepared.sample())?);
        Ok(LinearisedFit { inner, linearised: prepared })
    }

    fn fault(&self, refusal: &Refusal) -> ForecastError {
        ForecastError::Specification(format!("{}: {refusal:?}", self.label()))
    }
}

/// What a reader should know of an order chosen on a prepared sample.
const CHOSEN_ELSEWHERE: &str = "the order was chosen on figures that a structural model had split, filled and freed of regressors, and estimated on the sample as it is";
