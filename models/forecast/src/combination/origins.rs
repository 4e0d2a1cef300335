//! Errors of the members at rolling origins inside the sample.

use crate::seasonal_naive::seasonal_pairs;
use crate::{Fitted, ForecastError, Sample};

/// Origins that are looked at.
const N_ORIGINS: usize = 3;
/// Seasons of data that the first origin has to leave.
const SEASONS_BEFORE: usize = 3;

/// What members said at the same origins of the same figures, less what came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Errors of each member.
    errors: Vec<Vec<f64>>,
    /// Mean absolute error of the seasonal naive forecast in the sample.
    scale: f64,
}

impl Record {
    pub(crate) fn new(errors: Vec<Vec<f64>>, scale: f64) -> Self {
        Self { errors, scale }
    }

    pub(crate) fn n_members(&self) -> usize {
        self.errors.len()
    }

    /// Mean absolute scaled error of a member.
    pub(crate) fn mase(&self, member: usize) -> f64 {
        let own = &self.errors[member];
        own.iter().map(|e| e.abs()).sum::<f64>() / own.len() as f64 / self.scale
    }

    /// Mean squared error of each member.
    pub(crate) fn squared(&self) -> Vec<f64> {
        self.errors.iter().map(|e| e.iter().map(|e| e * e).sum::<f64>() / e.len() as f64).collect()
    }

    /// Mean products of the errors, members × members.
    pub(crate) fn products(&self) -> Vec<f64> {
        let n = self.errors.len();
        let mut products = Vec::with_capacity(n * n);
        for a in &self.errors {
            for b in &self.errors {
                products.push(a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>() / a.len() as f64);
            }
        }
        products
    }
}

/// Estimates every member on a sample.
pub(crate) type FitMembers<'a> =
    dyn FnMut(&Sample) -> Vec<Result<Box<dyn Fitted>, ForecastError>> + 'a;

/// The record of the members of these indices on figures of single periods, a season ahead; `None` if the sample is too
/// short or one of them fails.
pub(crate) fn records(
    fit: &mut FitMembers<'_>,
    members: &[usize],
    sample: &Sample,
    season: usize,
) -> Option<Record> {
    let season = season.max(1);
    let horizon = if season > 1 { season } else { 6 };
    let step = (horizon / N_ORIGINS).max(1);
    let furthest = horizon + step * (N_ORIGINS - 1);
    if sample.n_periods() < furthest + SEASONS_BEFORE * season.max(4) {
        return None;
    }
    let pairs = seasonal_pairs(sample, season);
    let total: f64 = pairs.iter().map(|(_, now, before)| (now - before).abs()).sum();
    let scale = total / pairs.len() as f64;
    if scale.is_nan() || scale <= 0.0 {
        return None;
    }
    let mut errors = vec![Vec::new(); members.len()];
    for origin_idx in (0..N_ORIGINS).rev() {
        let origin = sample.last_period().plus(-((horizon + step * origin_idx) as i64));
        let fits = fit(&sample.until(origin).ok()?);
        for (own, &member) in errors.iter_mut().zip(members) {
            own.extend(errors_of(fits[member].as_ref().ok()?.as_ref(), sample, horizon)?);
        }
    }
    (!errors[0].is_empty()).then(|| Record::new(errors, scale))
}

/// Errors of the medians of the periods that have a figure of their own.
fn errors_of(fit: &dyn Fitted, sample: &Sample, horizon: usize) -> Option<Vec<f64>> {
    let forecast = fit.forecast(horizon, 0, 0).ok()?;
    let mut errors = Vec::new();
    for o in sample.target().observations().iter().filter(|o| o.span == 1) {
        let ahead = o.period.since(forecast.first_period()).ok()?;
        if (0..horizon as i64).contains(&ahead) {
            errors.push(forecast.quantile(ahead as usize, 0.5).ok()? - o.value);
        }
    }
    Some(errors)
}
