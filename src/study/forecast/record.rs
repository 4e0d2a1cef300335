//! Backtests of the models of a series, and whether they beat seasonal naive.

use monazite_forecast::{
    Backtest, BacktestOptions, Comparison, ComparisonOptions, ForecastError, Model, backtests,
};
use monazite_series::Period;

use super::{Plan, SEASON, SeriesForecast};
use crate::study::spec::StudySpec;

/// Models are scored on what came from January of this year on.
const FIRST_YEAR: i32 = 2022;
/// Paths of each forecast.
const N_PATHS: usize = 400;

/// Origins of a plan: so many as the study asks for, from January 2022 or a season after the series began, evenly apart.
fn options(plan: &Plan, spec: &StudySpec) -> Result<BacktestOptions, ForecastError> {
    let target = &plan.sample.publications()[plan.backtest_target].series;
    let earliest = target.first_period().plus(SEASON as i64);
    let from = Period::month(FIRST_YEAR, 1).map_or(earliest, |first| first.max(earliest));
    let months = usize::try_from(target.last_period().since(from)?).unwrap_or(0).max(1);
    let step = months.div_ceil(spec.backtest.origins.max(1));
    Ok(BacktestOptions {
        horizon: spec.backtest.horizon,
        origins: months / step,
        step,
        n_paths: N_PATHS,
        seed: spec.seed,
        ..BacktestOptions::default()
    })
}

/// Records of models at the same origins.
pub(super) fn records(
    plan: &Plan,
    models: &[Model],
    spec: &StudySpec,
) -> Result<Vec<Backtest>, ForecastError> {
    let sample = plan.sample.clone().with_target(plan.backtest_target)?;
    backtests(models, &sample, SEASON, &options(plan, spec)?)
}

fn is_naive(model: &str) -> bool {
    model.starts_with("seasonal naive")
}

/// Records with figures side by side; tests use origins with a whole horizon after them.
pub(super) fn comparison(records: &[Backtest], seed: u64) -> Option<Comparison> {
    let records: Vec<Backtest> = records.iter().filter(|b| !b.scored.is_empty()).cloned().collect();
    let benchmark = records.iter().position(|b| is_naive(&b.model))?;
    let options = ComparisonOptions { full_horizon: true, seed, ..ComparisonOptions::default() };
    Comparison::of(&records, benchmark, options).ok()
}

/// A model against seasonal naive on the same figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgainstNaive {
    /// Mean absolute error over that of seasonal naive.
    pub ratio: f64,
    /// p-value of the test of equal accuracy, two-sided, over origins with a whole horizon; none for too few of them.
    pub p_value: Option<f64>,
    /// Whether errors averaged over these origins are smaller than those of seasonal naive.
    pub is_smaller: bool,
    /// Origins of the test.
    pub n_tested: usize,
}

impl AgainstNaive {
    /// p-values below this are called significant.
    pub const SIGNIFICANCE: f64 = 0.05;

    /// Whether it is significantly more accurate.
    pub fn beats(&self) -> bool {
        self.is_smaller && self.is_significant()
    }

    /// Whether it is significantly less accurate.
    pub fn is_beaten(&self) -> bool {
        !self.is_smaller && self.is_significant()
    }

    fn is_significant(&self) -> bool {
        self.p_value.is_some_and(|p| p < Self::SIGNIFICANCE)
    }
}

impl SeriesForecast {
    /// A model against seasonal naive; `None` for seasonal naive itself and without common figures.
    pub fn against_naive(&self, label: &str) -> Option<AgainstNaive> {
        let comparison = self.comparison.as_ref().filter(|_| !is_naive(label))?;
        let own = comparison.models.iter().find(|m| m.model == label)?;
        let test = own.against_benchmark;
        Some(AgainstNaive {
            ratio: own.mase / comparison.models[comparison.benchmark].mase,
            p_value: test.map(|t| t.p_value),
            is_smaller: test.is_some_and(|t| t.statistic < 0.0),
            n_tested: test.map_or(0, |t| t.n),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Catalogue;
    use crate::study::forecast::plans;

    #[test]
    fn origins_reach_back_to_january_2022_or_a_season_after_the_start() {
        let plans = plans(&Catalogue::bundled().unwrap()).unwrap();
        for n in [2, 24, 60] {
            let mut spec = StudySpec::default();
            spec.backtest.origins = n;
            for plan in &plans {
                let options = options(plan, &spec).unwrap();
                let target = &plan.sample.publications()[plan.backtest_target].series;
                let first = target.last_period().plus(-((options.origins * options.step) as i64));
                assert!(options.origins <= n && options.origins >= 1, "{}", plan.id);
                assert!(first >= Period::month(2022, 1).unwrap(), "{}: {first}", plan.id);
                let earlier = first.plus(-(options.step as i64));
                let begin = target.first_period().plus(12).max(Period::month(2022, 1).unwrap());
                assert!(earlier < begin, "{}: {first} could be earlier", plan.id);
            }
        }
    }

    #[test]
    fn what_is_significant() {
        let one = AgainstNaive { ratio: 0.8, p_value: Some(0.01), is_smaller: true, n_tested: 30 };
        assert!(one.beats() && !one.is_beaten());
        let same = AgainstNaive { p_value: Some(0.4), ..one };
        assert!(!same.beats() && !same.is_beaten());
        assert!(AgainstNaive { is_smaller: false, ..one }.is_beaten());
        assert!(!AgainstNaive { p_value: None, ..one }.beats());
    }
}
