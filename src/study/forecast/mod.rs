//! From bundled series to forecasts: fits, months within sums, joint paths, backtests.

mod headline;
mod january;
mod record;
mod rest_of_world;
mod samples;
mod table;

use monazite_forecast::{
    Backtest, Comparison, Fitted, Forecast, ForecastError, Forecaster, GaussianFit, Member, Model,
    SmoothedPeriod,
};
use monazite_series::Period;
use rayon::prelude::*;

use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::spec::StudySpec;

pub use headline::{YearAhead, year_ahead};
pub use january::{JanuaryShare, january_shares};
pub use record::AgainstNaive;
pub use rest_of_world::{first_month_outside_china, vehicles_outside_china};
pub use samples::{Plan, SEASON, control_month, plans};
pub use table::{
    ForecastObject, ForecastPeriod, Point, SAMPLES_HEADER, forecast_csv, forecast_csv_header,
    forecast_csv_rows, forecast_object, probabilities, samples_csv_rows,
};

/// Draws from which bands of months within sums are read.
const SMOOTHING_PATHS: usize = 1000;

/// What one model says of one series.
#[derive(Debug, Clone)]
pub struct ModelForecast {
    /// The model asked for.
    pub model: Model,
    /// The estimation of a structural or ARIMA model of given form; none for combinations and benchmarks.
    pub fit: Option<GaussianFit>,
    /// What a combination is made of; members that could not be estimated have a reason and no weight.
    pub members: Vec<Member>,
    /// Joint paths to the end of the study.
    pub forecast: Forecast,
    /// Months that have no figure of their own, given all figures; empty where `fit` is none.
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
    /// The records side by side, with tests against seasonal naive; none if no figures are common to all.
    pub comparison: Option<Comparison>,
    /// Models that failed, with the reason; they are in no chart and no table of forecasts.
    pub failures: Vec<(Model, String)>,
}

impl SeriesForecast {
    /// The forecast that charts and text use: the first model of the plan that could be estimated.
    pub fn main(&self) -> Option<&ModelForecast> {
        self.models.first()
    }

    /// What explains the series: the first model that estimates interventions and months within sums.
    pub fn explained_by(&self) -> Option<&ModelForecast> {
        self.models.iter().find(|m| m.fit.is_some())
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
        ForecastError::Constant { .. } => {
            ("M008", "a constant needs no model; `--model naive` repeats it")
        }
        ForecastError::Deterministic { .. } => {
            ("M008", "figures without noise need no model; `--model snaive` repeats the season")
        }
        ForecastError::NotPinned { .. } => (
            "M009",
            "use `--model structural`, which can start from an assumption, or `--model snaive`",
        ),
        ForecastError::Unsupported { .. } => (
            "M011",
            "use `--model auto`, `arima` or `structural`, which take sums, gaps and regressors as they are",
        ),
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
    let work = work(&plans);
    let results: Vec<_> = work.par_iter().map(|one| one.done(&plans, spec)).collect();
    let mut all: Vec<SeriesForecast> = plans
        .into_iter()
        .map(|plan| SeriesForecast {
            plan,
            models: Vec::new(),
            backtests: Vec::new(),
            comparison: None,
            failures: Vec::new(),
        })
        .collect();
    for (work, done) in work.into_iter().zip(results) {
        let series = &mut all[work.at];
        match done {
            Done::Forecast(Ok(one)) => series.models.push(*one),
            Done::Forecast(Err(e)) => {
                series.failures.extend(work.models.into_iter().map(|m| (m, e.to_string())));
            }
            Done::Records(Ok(records)) => series.backtests.extend(records),
            Done::Records(Err(e)) => {
                let why = format!("backtest: {e}");
                series.failures.extend(work.models.into_iter().map(|m| (m, why.clone())));
            }
        }
    }
    for series in &mut all {
        let labels: Vec<String> = series.plan.models.iter().map(Model::label).collect();
        series.backtests.sort_by_key(|b| labels.iter().position(|label| *label == b.model));
        series.comparison = record::comparison(&series.backtests, spec.seed);
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

/// Vehicle sales of China by the model that explains them, without records: what activity is drawn from.
///
/// # Errors
/// `D041`, or `M0xx` if the model cannot be estimated.
pub fn vehicles_of_china(
    catalogue: &Catalogue,
    spec: &StudySpec,
) -> Result<SeriesForecast, Diagnostic> {
    let lacking = || Diagnostic::error("M003", "vehicle sales of China have no forecast");
    let plan =
        plans(catalogue)?.into_iter().find(|p| p.id == "ev-sales-china").ok_or_else(lacking)?;
    let explains = |m: &&Model| matches!(m, Model::Structural(_) | Model::Arima(_));
    let model = plan.models.iter().find(explains).cloned().ok_or_else(lacking)?;
    let one = one_model(&plan, &model, spec).map_err(|e| model_diagnostic(&e))?;
    Ok(SeriesForecast {
        plan,
        models: vec![one],
        backtests: Vec::new(),
        comparison: None,
        failures: Vec::new(),
    })
}

/// A unit of work: small enough that two cores stay busy to the end.
struct Work {
    /// Index of the plan.
    at: usize,
    models: Vec<Model>,
    /// Whether models are to be backtested, together, or one is to forecast.
    is_record: bool,
}

/// What became of a unit of work.
enum Done {
    Forecast(Result<Box<ModelForecast>, ForecastError>),
    Records(Result<Vec<Backtest>, ForecastError>),
}

/// All units, the long ones first: models that estimate the same thing at each origin are backtested together.
fn work(plans: &[Plan]) -> Vec<Work> {
    let (mut records, mut forecasts) = (Vec::new(), Vec::new());
    for (at, plan) in plans.iter().enumerate() {
        let shares = |m: &&Model| matches!(m, Model::Auto(_) | Model::Structural(_));
        let together: Vec<Model> = plan.models.iter().filter(shares).cloned().collect();
        records.push(Work { at, models: together, is_record: true });
        for model in plan.models.iter().filter(|m| !shares(m)) {
            records.push(Work { at, models: vec![model.clone()], is_record: true });
        }
        for model in &plan.models {
            forecasts.push(Work { at, models: vec![model.clone()], is_record: false });
        }
    }
    records.extend(forecasts);
    records
}

impl Work {
    fn done(&self, plans: &[Plan], spec: &StudySpec) -> Done {
        let plan = &plans[self.at];
        if self.is_record {
            Done::Records(record::records(plan, &self.models, spec))
        } else {
            Done::Forecast(one_model(plan, &self.models[0], spec).map(Box::new))
        }
    }
}

fn one_model(plan: &Plan, model: &Model, spec: &StudySpec) -> Result<ModelForecast, ForecastError> {
    let horizon = horizon(plan, spec.forecast.until)?;
    let paths = spec.forecast.paths;
    let gaussian = |fit: GaussianFit| {
        let forecast = fit.forecast(horizon, paths, spec.seed)?;
        let smoothed = fit.smoothed_periods(SMOOTHING_PATHS, spec.seed)?;
        let members = Vec::new();
        Ok(ModelForecast { model: model.clone(), fit: Some(fit), members, forecast, smoothed })
    };
    match model {
        Model::Structural(m) => gaussian(m.fit(&plan.sample)?),
        Model::Arima(m) => gaussian(m.fit(&plan.sample)?),
        other => {
            let fit = other.fit(&plan.sample)?;
            Ok(ModelForecast {
                model: other.clone(),
                fit: None,
                members: fit.members().to_vec(),
                forecast: fit.forecast(horizon, paths, spec.seed)?,
                smoothed: Vec::new(),
            })
        }
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

    fn volume() -> Plan {
        let plans = plans(&Catalogue::bundled().unwrap()).unwrap();
        plans.into_iter().find(|p| p.id == "re-exports-volume").unwrap()
    }

    #[test]
    fn months_within_a_sum_add_up_to_it_and_have_bands() {
        let plan = volume();
        let one = one_model(&plan, &plan.models[1], &StudySpec::default()).unwrap();
        let published = plan.sample.target();
        let sums = published.observations().iter().filter(|o| o.span == 2).count();
        assert_eq!(one.smoothed.len(), 2 * sums);
        for pair in one.smoothed.chunks(2) {
            let sum = published.observations().iter().find(|o| o.period == pair[1].period).unwrap();
            let total = pair[0].value + pair[1].value;
            assert!((total / sum.value - 1.0).abs() < 1e-9, "{}: {total}", pair[1].period);
            assert!(pair.iter().all(|m| m.q05 < m.value && m.value < m.q95), "{pair:?}");
        }
        let report = one.fit.unwrap();
        let correction = report.report().correction.unwrap();
        assert!(correction.standard_error <= 0.01, "{correction:?}");
        assert_eq!(
            one.forecast.first_period().plus(one.forecast.horizon() as i64 - 1).to_string(),
            "2027-12"
        );
    }

    #[test]
    fn january_shares_are_published_or_smoothed() {
        let plan = volume();
        let one = one_model(&plan, &plan.models[1], &StudySpec::default()).unwrap();
        let series = SeriesForecast {
            plan,
            models: vec![one],
            backtests: Vec::new(),
            comparison: None,
            failures: Vec::new(),
        };
        let shares = january_shares(&Catalogue::bundled().unwrap(), &series).unwrap();
        let years: Vec<i32> = shares.iter().map(|j| j.year).collect();
        assert_eq!(years, (2019..=2026).collect::<Vec<_>>());
        // 2019: 3,753.0 and 2,885.8 t published; Comtrade 3,132.2 and 2,285.2 t (jan_feb figures of the data pack).
        let of = |year| shares.iter().find(|j| j.year == year).unwrap();
        assert!((of(2019).share - 3753.0 / 6638.8).abs() < 1e-12 && of(2019).interval.is_none());
        assert!((of(2019).comtrade.unwrap() - 3132.2 / 5417.4).abs() < 1e-3);
        assert!(
            of(2022).interval.is_some_and(|[lo, hi]| lo < of(2022).share && of(2022).share < hi)
        );
        assert_eq!(of(2026).comtrade, None);
    }

    #[test]
    fn auto_says_what_it_is_made_of() {
        let plan = volume();
        let one = one_model(&plan, &plan.models[0], &StudySpec::default()).unwrap();
        assert!(one.fit.is_none() && one.smoothed.is_empty());
        assert_eq!(one.forecast.paths().nrows(), StudySpec::default().forecast.paths);
        let names: Vec<&str> = one.members.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["dot", "ces", "arima", "ets", "structural"]);
        assert!((one.members.iter().map(|m| m.weight).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(one.members.iter().all(|m| !m.reason.is_empty()), "{:?}", one.members);
    }

    #[test]
    fn same_seed_same_paths() {
        let plan = volume();
        let spec = StudySpec::default();
        let (a, b) = (
            one_model(&plan, &plan.models[2], &spec).unwrap().forecast,
            one_model(&plan, &plan.models[2], &spec).unwrap().forecast,
        );
        assert_eq!(a, b);
    }

    #[test]
    fn a_study_that_ends_before_the_data_is_refused() {
        let plan = volume();
        let mut spec = StudySpec::default();
        spec.forecast.until = "2025-12".parse().unwrap();
        assert!(one_model(&plan, &plan.models[0], &spec).is_err());
    }
}
