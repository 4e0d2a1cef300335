//! Forecasts given what regressors will be: one path of them, or joint draws.
//!
//! Use it where what drives a series is forecast elsewhere (sales of electric vehicles, wind installations): a path answers
//! "what if", draws carry the uncertainty of the drivers through. It assumes that the drivers do not depend on the series.
//! Given a draw of the drivers the model says what it always says; the forecast is the mixture over draws (the law of
//! total probability), and its variance is the mean of the variances plus the variance of the means. All drivers of one
//! row are used together, so that their dependence is kept, and the sample path `j` belongs to the row `j` modulo the
//! number of rows.

use monazite_series::{Observation, Period, Series};
use monazite_statespace::{predict, simulate_ahead};
use monazite_stochastic::Stream;
use ndarray::{Array2, Axis, Slice};

use crate::fit::{Estimate, ParameterDraw, fault};
use crate::forecast::{Ahead, check_counts};
use crate::posterior::shares;
use crate::problem::Column;
use crate::{
    Forecast, ForecastError, GaussianFit, Marginal, Regressor, Regressors, Sample, Scale, Transform,
};

/// Future values of a regressor: its name and `n_draws × horizon` values from the first period after the data on.
pub type FuturePaths<'a> = (&'a str, Array2<f64>);

/// A forecast given joint draws of the future values of regressors with figures; one row is a path.
///
/// Regressors that are not named keep their own future values. The horizon is the number of columns.
///
/// # Errors
/// No draws or no period; draws of different shape; a name that is no regressor with figures, or one that has no
/// coefficient; other regressors without future values.
pub fn forecast_given(
    fit: &GaussianFit,
    drivers: &[FuturePaths<'_>],
    n_paths: usize,
    seed: u64,
) -> Result<Forecast, ForecastError> {
    let estimate = fit.estimate();
    let (n_draws, horizon) = shape(drivers)?;
    known(estimate, drivers)?;
    let sample = estimate.sample();
    let first = sample.last_period().plus(1);
    let scenarios = (0..n_draws)
        .map(|row| {
            let mut regressors = sample.regressors().clone();
            for (name, paths) in drivers {
                regressors = regressors.with_future(name, first, &paths.row(row).to_vec())?;
            }
            estimate.ahead_of(&sample.clone().with_regressors(regressors)?, horizon)
        })
        .collect::<Result<Vec<Ahead>, ForecastError>>()?;
    let mut stream = estimate.stream("given", seed);
    let marginals = marginals(estimate, &scenarios, &mut stream)?;
    let paths = paths(estimate, &scenarios, n_paths, &mut stream)?;
    Ok(Forecast::new(sample, format!("{}, conditional", estimate.label()), marginals, paths))
}

/// Draws and horizon, the same for all.
fn shape(drivers: &[FuturePaths<'_>]) -> Result<(usize, usize), ForecastError> {
    let Some((_, first)) = drivers.first() else {
        return Err(ForecastError::Count { what: "number of regressors", found: 0, needed: 1 });
    };
    let (n_draws, horizon) = first.dim();
    check_counts(horizon, n_draws)?;
    for (name, paths) in drivers {
        if paths.dim() != (n_draws, horizon) {
            let (rows, columns) = paths.dim();
            return Err(ForecastError::Specification(format!(
                "`{name}` has {rows} draws of {columns} periods, and `{}` has {n_draws} of {horizon}",
                drivers[0].0
            )));
        }
    }
    Ok((n_draws, horizon))
}

/// Refuses names without a coefficient.
fn known(estimate: &Estimate, drivers: &[FuturePaths<'_>]) -> Result<(), ForecastError> {
    let list = estimate.sample().regressors().list();
    for (name, _) in drivers {
        let at = list.iter().position(|(own, _)| own == name);
        let used = at.is_some_and(|at| {
            estimate.columns().contains(&Column::Regressor(at)) || estimate.varying().contains(&at)
        });
        if !used {
            return Err(ForecastError::Specification(format!(
                "{} has no coefficient of `{name}`",
                estimate.label()
            )));
        }
    }
    Ok(())
}

fn transform_of(sample: &Sample) -> Transform {
    if sample.scale() == Scale::Log { Transform::Log } else { Transform::None }
}

/// A parameter draw for each of `n` places, in their shares and in random order.
fn assigned<'a>(estimate: &'a Estimate, n: usize, stream: &mut Stream) -> Vec<&'a ParameterDraw> {
    let draws = estimate.parameter_draws();
    let mut places = Vec::with_capacity(n);
    for (draw, share) in draws.iter().zip(shares(draws.iter().map(|d| d.weight), n)) {
        places.extend(std::iter::repeat_n(draw, share));
    }
    for i in (1..places.len()).rev() {
        places.swap(i, stream.below(i as u64 + 1) as usize);
    }
    places
}

/// The mixture over draws of drivers and of parameters: every pair, or where drivers have more draws than parameters a
/// parameter draw for each draw of the drivers.
fn marginals(
    estimate: &Estimate,
    scenarios: &[Ahead],
    stream: &mut Stream,
) -> Result<Vec<Marginal>, ForecastError> {
    let (target, n) = (estimate.sample().target_idx(), scenarios.len());
    let draws = estimate.parameter_draws();
    let pairs: Vec<(f64, &Ahead, &ParameterDraw)> = if n <= draws.len() {
        scenarios
            .iter()
            .flat_map(|ahead| draws.iter().map(move |d| (d.weight / n as f64, ahead, d)))
            .collect()
    } else {
        let own = assigned(estimate, n, stream);
        scenarios.iter().zip(own).map(|(ahead, d)| (1.0 / n as f64, ahead, d)).collect()
    };
    let mut parts = vec![Vec::with_capacity(pairs.len()); scenarios[0].regressors.nrows()];
    for (weight, ahead, draw) in pairs {
        let steps =
            predict(&draw.dynamics.model, &ahead.channel, &draw.filtered, &ahead.regressors)
                .map_err(|e| fault(estimate.label(), estimate.sample(), e))?;
        for (part, (mean, variance)) in parts.iter_mut().zip(steps) {
            part.push((weight, mean, (variance + draw.noise[target]).max(0.0).sqrt()));
        }
    }
    let transform = transform_of(estimate.sample());
    Ok(parts.iter().map(|p| Marginal::normals(p, transform)).collect())
}

/// Sample paths, one draw of the drivers after the other.
fn paths(
    estimate: &Estimate,
    scenarios: &[Ahead],
    n_paths: usize,
    stream: &mut Stream,
) -> Result<Array2<f64>, ForecastError> {
    let target = estimate.sample().target_idx();
    let mut paths = Array2::zeros((n_paths, scenarios[0].regressors.nrows()));
    let own = assigned(estimate, n_paths, stream);
    for ((mut path, ahead), draw) in
        paths.rows_mut().into_iter().zip(scenarios.iter().cycle()).zip(own)
    {
        let (model, noise) = (&draw.dynamics.model, draw.noise[target].sqrt());
        let normal = &mut || stream.normal();
        let one =
            simulate_ahead(model, &ahead.channel, &draw.filtered, &ahead.regressors, 1, normal)
                .map_err(|e| fault(estimate.label(), estimate.sample(), e))?;
        path.assign(&one.row(0));
        if noise > 0.0 {
            path.mapv_inplace(|y| y + noise * stream.normal());
        }
    }
    let transform = transform_of(estimate.sample());
    paths.mapv_inplace(|y| transform.inverse(y));
    Ok(paths)
}

impl Estimate {
    /// The periods ahead under the regressors of another sample of the same data.
    fn ahead_of(&self, sample: &Sample, horizon: usize) -> Result<Ahead, ForecastError> {
        let channel = self.channels_of(sample, horizon)?.swap_remove(sample.target_idx());
        let from = Slice::from(sample.n_periods()..);
        let regressors = channel.regressors().slice_axis(Axis(0), from).to_owned();
        Ok(Ahead { channel, regressors })
    }
}

impl Regressors {
    /// The same with the future of a regressor with figures: `values` from `first` on, in place of any figures it has
    /// there.
    ///
    /// # Errors
    /// [`ForecastError::Specification`] if it is no regressor with figures, [`ForecastError::Series`] for values that are
    /// not finite.
    pub fn with_future(
        mut self,
        name: &str,
        first: Period,
        values: &[f64],
    ) -> Result<Self, ForecastError> {
        let found = self.list_mut().iter_mut().find(|(own, _)| own == name);
        let Some((_, Regressor::Figures(series))) = found else {
            return Err(ForecastError::Specification(format!(
                "`{name}` is not a regressor with figures, so that it has no future to be given"
            )));
        };
        let _ = first.since(series.first_period())?;
        let mut figures: Vec<_> =
            series.observations().iter().filter(|o| o.period < first).copied().collect();
        let ahead = first.run(values.len()).zip(values);
        figures.extend(ahead.map(|(p, &v)| Observation::new(p, v)));
        *series = Series::new(series.id(), series.unit().clone(), series.aggregation(), figures)?;
        Ok(self)
    }
}
