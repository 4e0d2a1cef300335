//! From bundled series to forecasts: fits, months within sums, joint paths, backtests.

mod samples;

use monazite_forecast::{
    Backtest, BacktestOptions, Fitted, Forecast, ForecastError, Forecaster, GaussianFit, Model,
    SmoothedPeriod, backtest,
};
use monazite_series::Period;
use rayon::prelude::*;

use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::spec::StudySpec;

pub use samples::{Plan, SEASON, control_month, plans};

/// What one model says of one series.
#[derive(Debug, Clone)]
pub struct ModelForecast {
    /// The model asked for.
    pub model: Model,
    /// The estimation; none for a benchmark that estimates nothing.
    pub fit: Option<GaussianFit>,
    /// Joint paths to the end of the study.
    pub forecast: Forecast,
    /// Months that have no figure of their own, given all figures; empty for a benchmark.
    pub smoothed: Vec<SmoothedPeriod>,
}

/// Everything said of one series.
#[derive(Debug, Clone)]
pub struct SeriesForecast {
    /// The series and what the models were estimated from.
    pub plan: Plan,
    /// One for each model that could be estimated, in the order of the plan.
    pub models: Vec<ModelForecast>,
    /// Records of the models, in the order of the plan.
    pub backtests: Vec<Backtest>,
    /// Models that failed, with the reason; they are in no chart and no table of forecasts.
    pub failures: Vec<(Model, String)>,
}

impl SeriesForecast {
    /// The forecast that charts and text use: the first model of the plan that could be estimated.
    pub fn main(&self) -> Option<&ModelForecast> {
        self.models.first()
    }

    /// The record of a model.
    pub fn backtest_of(&self, model: &Model) -> Option<&Backtest> {
        self.backtests.iter().find(|b| b.model == model.label())
    }
}

/// A refusal or failure of a model as users read it.
pub(crate) fn model_diagnostic(e: &ForecastError) -> Diagnostic {
    let (code, hint) = match e {
        ForecastError::TooShort { .. } => {
            ("M001", "give it more data, or a model without a season")
        }
        ForecastError::NotPositive { .. } => ("M004", "forecast this series in levels"),
        ForecastError::MissingRegressor { .. } => {
            ("M005", "extend the regressor over these periods, or leave it out")
        }
        ForecastError::Collinear { .. } => ("M006", "leave one of the regressors out"),
        ForecastError::NotConverged { .. } => ("M003", "try a simpler model"),
        _ => ("M007", "this is a fault of the model or of the program; please report it"),
    };
    Diagnostic::error(code, e.to_string()).help(hint)
}

/// Forecasts every series of the study, in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// `D041`, or `M0xx` of the first series for which no model could be estimated.
pub fn forecast(
    catalogue: &Catalogue,
    spec: &StudySpec,
) -> Result<Vec<SeriesForecast>, Diagnostic> {
    let plans = plans(catalogue)?;
    // Every (series, model) is a unit of work, so that two cores stay busy to the end.
    let units: Vec<(usize, Model)> = plans
        .iter()
        .enumerate()
        .flat_map(|(at, plan)| plan.models.iter().map(move |&model| (at, model)))
        .collect();
    let results: Vec<_> = units
        .par_iter()
        .map(|&(at, model)| {
            let plan = &plans[at];
            let t0 = std::time::Instant::now();
            let a = one_model(plan, model, spec);
            let t1 = std::time::Instant::now();
            let b = record(plan, &model, spec);
            eprintln!(
                "{} {} fit+fc {:?} backtest {:?}",
                plan.id,
                model.label(),
                t1 - t0,
                t1.elapsed()
            );
            (a, b)
        })
        .collect();
    let mut all: Vec<SeriesForecast> = plans
        .into_iter()
        .map(|plan| SeriesForecast {
            plan,
            models: Vec::new(),
            backtests: Vec::new(),
            failures: Vec::new(),
        })
        .collect();
    for ((at, model), (fitted, record)) in units.into_iter().zip(results) {
        match fitted {
            Ok(one) => all[at].models.push(one),
            Err(e) => all[at].failures.push((model, e.to_string())),
        }
        match record {
            Ok(record) => all[at].backtests.push(record),
            Err(e) => all[at].failures.push((model, format!("backtest: {e}"))),
        }
    }
    for series in &all {
        if series.models.is_empty() {
            let why: Vec<&str> = series.failures.iter().map(|(_, why)| why.as_str()).collect();
            return Err(Diagnostic::error(
                "M003",
                format!("no model of `{}` could be estimated: {}", series.plan.id, why.join("; ")),
            ));
        }
    }
    Ok(all)
}

fn record(plan: &Plan, model: &Model, spec: &StudySpec) -> Result<Backtest, ForecastError> {
    let options = BacktestOptions {
        horizon: spec.backtest.horizon,
        origins: spec.backtest.origins,
        n_paths: 400,
        seed: spec.seed,
    };
    backtest(model, &plan.sample.clone().with_target(plan.backtest_target)?, SEASON, &options)
}

fn one_model(plan: &Plan, model: Model, spec: &StudySpec) -> Result<ModelForecast, ForecastError> {
    let horizon = horizon(plan, spec.forecast.until)?;
    let paths = spec.forecast.paths;
    let gaussian = |fit: GaussianFit| {
        let (forecast, smoothed) = fit.outlook(horizon, paths, spec.seed)?;
        Ok(ModelForecast { model, fit: Some(fit), forecast, smoothed })
    };
    match model {
        Model::Structural(m) => gaussian(m.fit(&plan.sample)?),
        Model::Arima(m) => gaussian(m.fit(&plan.sample)?),
        Model::SeasonalNaive(m) => Ok(ModelForecast {
            model,
            fit: None,
            forecast: m.fit(&plan.sample)?.forecast(horizon, paths, spec.seed)?,
            smoothed: Vec::new(),
        }),
    }
}

/// Months from the end of the data to the end of the study.
fn horizon(plan: &Plan, until: Period) -> Result<usize, ForecastError> {
    let months = until.since(plan.sample.last_period())?;
    usize::try_from(months).ok().filter(|n| *n > 0).ok_or(ForecastError::Count {
        what: "number of months to forecast",
        found: 0,
        needed: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exploration() {
        let spec = StudySpec::default();
        let start = std::time::Instant::now();
        let all = forecast(&Catalogue::bundled().unwrap(), &spec).unwrap();
        println!("took {:?}", start.elapsed());
        for s in &all {
            println!("=== {}", s.plan.id);
            for m in &s.models {
                if let Some(fit) = &m.fit {
                    println!("{}", fit.report());
                }
                for h in [0, 5, 11, m.forecast.horizon() - 1] {
                    let q = |p| m.forecast.quantile(h, p).unwrap();
                    println!(
                        "{} {} {:.1} [{:.1} {:.1}]",
                        m.forecast.model(),
                        m.forecast.first_period().plus(h as i64),
                        q(0.5),
                        q(0.025),
                        q(0.975)
                    );
                }
            }
            for b in &s.backtests {
                println!(
                    "{} MASE {:.3} cov80 {:.3} cov95 {:.3} n {} failures {:?}",
                    b.model,
                    b.mase(),
                    b.coverage80(),
                    b.coverage95(),
                    b.scored.len(),
                    b.failures.first()
                );
            }
            for f in &s.failures {
                println!("FAILED {} {}", f.0.label(), f.1);
            }
        }
    }
}
