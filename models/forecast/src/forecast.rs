//! A forecast: joint sample paths of the periods ahead, and everything that follows from them.
//!
//! Quantiles of a period, of a sum over periods or of any function of a path come from the same joint draws, so that
//! they agree with one another. Draws contain the uncertainty of the state, of future disturbances and of the
//! coefficients; that of variances and ARMA parameters is not in them, so that intervals are as good as the backtest
//! says they are.

use monazite_series::{Period, Unit};
use monazite_statespace::{Scale, simulate, smooth};
use monazite_stochastic::{Key, Purpose, quantiles};
use ndarray::{Array2, ArrayView1};
use serde::Serialize;

use crate::report::FitReport;
use crate::{ForecastError, GaussianFit};

/// Probabilities of the quantile columns of every forecast.
pub const QUANTILES: [f64; 13] =
    [0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975];

/// A fitted model that can forecast.
pub trait Fitted {
    /// Joint paths of the `horizon` periods after the last one with a figure; `seed` fixes the draws.
    ///
    /// # Errors
    /// No horizon or no path, or a regressor without future values.
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError>;

    /// What was estimated, if anything was.
    fn report(&self) -> Option<&FitReport>;
}

/// Joint predictive paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) unit: Unit,
    pub(crate) first: Period,
    /// `n_paths × horizon`, in the unit of the series.
    pub(crate) paths: Array2<f64>,
}

/// One month of a forecast as it is written to forecast.csv.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastRow {
    /// The period.
    pub ds: Period,
    /// Mean of the paths.
    pub mean: f64,
    /// Quantiles at [`QUANTILES`].
    pub quantiles: [f64; QUANTILES.len()],
}

impl Forecast {
    /// The series.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Unit of the paths.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// First period forecast.
    pub fn first_period(&self) -> Period {
        self.first
    }

    /// Periods forecast.
    pub fn horizon(&self) -> usize {
        self.paths.ncols()
    }

    /// `n_paths × horizon`.
    pub fn paths(&self) -> &Array2<f64> {
        &self.paths
    }

    /// Mean of the step `h`, from 0.
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn mean(&self, h: usize) -> f64 {
        self.paths.column(h).mean().unwrap_or(f64::NAN)
    }

    /// Quantile of the step `h`, from 0 (Hyndman and Fan 1996, type 7).
    ///
    /// # Errors
    /// A probability outside 0…1.
    ///
    /// # Panics
    /// If `h` is beyond the horizon.
    pub fn quantile(&self, h: usize, probability: f64) -> Result<f64, ForecastError> {
        Ok(quantiles(&self.paths.column(h).to_vec(), &[probability])?[0])
    }

    /// The paths of the sum over `span` steps from `h` on.
    pub fn sums(&self, h: usize, span: usize) -> Vec<f64> {
        self.paths.rows().into_iter().map(|row| row.iter().skip(h).take(span).sum()).collect()
    }

    /// One row a period.
    ///
    /// # Errors
    /// If a path is not finite.
    pub fn rows(&self) -> Result<Vec<ForecastRow>, ForecastError> {
        (0..self.horizon())
            .map(|h| {
                let values = quantiles(&self.paths.column(h).to_vec(), &QUANTILES)?;
                let mut row = ForecastRow {
                    ds: self.first.plus(h as i64),
                    mean: self.mean(h),
                    quantiles: [0.0; QUANTILES.len()],
                };
                row.quantiles.copy_from_slice(&values);
                Ok(row)
            })
            .collect()
    }
}

/// A period that was published only within a sum, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SmoothedPeriod {
    /// The period.
    pub period: Period,
    /// Last period of the published span it lies in; `None`: no figure covers it.
    pub published_to: Option<Period>,
    /// Periods of that span.
    pub span: u32,
    /// Given all figures: the exponentiated mode in logs, the mean in levels. Those of a span add up to its figure.
    pub value: f64,
    /// Standard deviation given all figures.
    pub sd: f64,
    /// 5 % quantile given all figures.
    pub q05: f64,
    /// 95 % quantile.
    pub q95: f64,
}

impl GaussianFit {
    /// Draws of the target on the whole calendar, `horizon` periods past the data: `n_paths × (n + horizon)`.
    fn draws(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Array2<f64>, ForecastError> {
        if n_paths == 0 {
            return Err(ForecastError::Count { what: "number of paths", found: 0, needed: 1 });
        }
        let (channels, target) = (self.channels(horizon)?, self.sample().target_idx());
        let observations = self.sample().observations(horizon).map_err(|e| self.fault(e))?;
        let purpose =
            Purpose::named(&format!("forecast {} {}", self.report().id, self.report().model));
        let mut stream = Key::new(seed).stream(0, purpose);
        let drawn =
            simulate(&self.dynamics().model, &channels, &observations, n_paths, &mut || {
                stream.normal()
            })
            .map_err(|e| self.fault(e))?;
        let n_periods = observations.n_periods();
        let mut paths = Array2::zeros((n_paths, n_periods));
        // Systematic resampling makes paths of equal weight; without spans in logs it changes nothing.
        let chosen = resampled(drawn.weights());
        let noise = self.noise_of(target).sqrt();
        let noise_purpose = Purpose::named(&format!("noise {}", self.report().id));
        for (path_idx, draw_idx) in chosen.into_iter().enumerate() {
            let signal = drawn.signals();
            let mut own = Key::new(seed).stream(path_idx as u64, noise_purpose);
            for t in 0..n_periods {
                let mut value = signal[[draw_idx, t, target]];
                if noise > 0.0 {
                    value += noise * own.normal();
                }
                paths[[path_idx, t]] =
                    if self.sample().scale() == Scale::Log { value.exp() } else { value };
            }
        }
        Ok(paths)
    }

    /// The periods of the target that have no figure of their own, given all figures.
    ///
    /// # Errors
    /// As [`Fitted::forecast`].
    pub fn smoothed_periods(
        &self,
        n_paths: usize,
        seed: u64,
    ) -> Result<Vec<SmoothedPeriod>, ForecastError> {
        let (first, n) = (self.first_period(), self.sample().n_periods());
        let target = self.sample().target();
        let is_mean = target.aggregation() == monazite_series::Aggregation::Mean;
        let observations = self.sample().observations(0).map_err(|e| self.fault(e))?;
        let smoothed = smooth(&self.dynamics().model, &self.channels(0)?, &observations)
            .map_err(|e| self.fault(e))?;
        let figures = smoothed.figures();
        let draws = self.draws(0, n_paths, seed)?;
        let mut periods = Vec::new();
        for (t, period) in first.run(n).enumerate() {
            let covering =
                target.observations().iter().find(|o| o.first() <= period && period <= o.period);
            if covering.is_some_and(|o| o.span == 1) {
                continue;
            }
            let column = draws.column(t);
            let ends = quantiles(&column.to_vec(), &[0.05, 0.95])?;
            periods.push(SmoothedPeriod {
                period,
                published_to: covering.map(|o| o.period),
                span: covering.map_or(1, |o| o.span),
                value: figures[[t, self.sample().target_idx()]],
                sd: deviation(column),
                q05: ends[0],
                q95: ends[1],
            });
        }
        debug_assert!(!is_mean || periods.iter().all(|p| p.value.is_finite()));
        Ok(periods)
    }
}

fn deviation(values: ArrayView1<'_, f64>) -> f64 {
    values.std(0.0)
}

impl Fitted for GaussianFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        if horizon == 0 {
            return Err(ForecastError::Count { what: "horizon", found: 0, needed: 1 });
        }
        let n = self.sample().n_periods();
        let draws = self.draws(horizon, n_paths, seed)?;
        Ok(Forecast {
            id: self.report().id.clone(),
            model: self.report().model.clone(),
            unit: self.sample().target().unit().clone(),
            first: self.sample().last_period().plus(1),
            paths: draws.slice_axis(ndarray::Axis(1), ndarray::Slice::from(n..)).to_owned(),
        })
    }

    fn report(&self) -> Option<&FitReport> {
        Some(self.report())
    }
}

/// Indices drawn in proportion to the weights, as many as there are, on an even grid (Kitagawa 1996).
fn resampled(weights: &[f64]) -> Vec<usize> {
    let n = weights.len();
    let mut chosen = Vec::with_capacity(n);
    let (mut at, mut reached) = (0, weights[0]);
    for i in 0..n {
        let position = (i as f64 + 0.5) / n as f64;
        while reached < position && at + 1 < n {
            at += 1;
            reached += weights[at];
        }
        chosen.push(at);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_keeps_equal_weights_and_follows_unequal_ones() {
        assert_eq!(resampled(&[0.25; 4]), [0, 1, 2, 3]);
        assert_eq!(resampled(&[0.5, 0.0, 0.25, 0.25]), [0, 0, 2, 3]);
    }
}
