//! A world: parameters, a scenario, a conduct and the months to simulate, checked and compiled.

use monazite_series::{Frequency, Period};
use monazite_stochastic::Key;

use crate::border::{Border, BorderRules, Needs, use_at};
use crate::factors::Factors;
use crate::futures::FuturesCurve;
use crate::state::{Activity, ByRegion, MarketModel, N_OWN};
use crate::{
    ActivityPaths, Conduct, N_BASKETS, N_REGIONS, N_USES, Parameters, PhysicalError, Region,
    Scenario,
};

/// What to run; the number of paths and months is that of the activity paths handed in with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorldSpec<'a> {
    /// Parameters of the market.
    pub parameters: &'a Parameters,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Conduct of the dominant supplier.
    pub conduct: Conduct,
    /// First month.
    pub start: Period,
    /// Seed of the disturbances; worlds with the same seed share them path by path.
    pub seed: u64,
    /// Threads to use; `None` uses those of the surrounding pool. Results do not depend on it.
    pub n_threads: Option<usize>,
}

/// What the supplier goes by when it sets quantities in a month.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Months until it sets them again.
    pub(crate) n_months: usize,
    /// Expected activity, mean over paths and those months, known shocks included.
    pub(crate) activity: Activity,
    /// Known factors of the month of the decision.
    pub(crate) factors: Factors,
}

/// A world compiled: everything that paths have in common.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub(crate) model: MarketModel,
    pub(crate) rules: BorderRules,
    pub(crate) activity: &'a ActivityPaths,
    pub(crate) conduct: Conduct,
    pub(crate) start: Period,
    pub(crate) key: Key,
    pub(crate) persistence: [f64; N_BASKETS],
    pub(crate) standard_deviation: [f64; N_BASKETS],
    /// By month.
    pub(crate) factors: Vec<Factors>,
    /// By month; `None` where the supplier does not decide.
    pub(crate) plans: Vec<Option<Plan>>,
    pub(crate) curve: FuturesCurve,
    pub(crate) border: Border,
    /// Use at base prices and activity 1.
    pub(crate) base_use: ByRegion,
    base_year: i32,
}

/// Months in which quantities are set.
const SETTING_MONTHS: [usize; 2] = [1, 7];

impl<'a> World<'a> {
    pub(crate) fn new(
        spec: &WorldSpec<'_>,
        activity: &'a ActivityPaths,
    ) -> Result<Self, PhysicalError> {
        spec.parameters.check()?;
        spec.scenario.check()?;
        crate::error::share("theta", spec.conduct.theta())?;
        if spec.start.frequency() != Frequency::Month {
            return Err(PhysicalError::Period {
                period: spec.start.to_string(),
                problem: "the simulation starts in a month",
            });
        }
        if spec.start.year() < spec.parameters.base_year {
            return Err(PhysicalError::Period {
                period: spec.start.to_string(),
                problem: "the simulation starts before the base year",
            });
        }
        let model = MarketModel::new(spec.parameters)?;
        if spec.conduct.forward_rounds().is_some() {
            model.rivals()?;
        }
        let base = base_needs(&model);
        let rules = BorderRules::new(spec.parameters, &model, &base.total)?;
        let border = rules.warm(spec.start, &base, &base_outside_sales(&model));
        let n_months = activity.n_months();
        let factors =
            (0..n_months).map(|t| Factors::of(spec.scenario, spec.start, t, None)).collect();
        let disturbance = &spec.parameters.disturbance;
        Ok(Self {
            rules,
            activity,
            conduct: spec.conduct,
            start: spec.start,
            key: Key::new(spec.seed),
            persistence: std::array::from_fn(|b| disturbance.persistence[b].value),
            standard_deviation: std::array::from_fn(|b| disturbance.standard_deviation[b].value),
            factors,
            plans: plans(spec, activity),
            curve: FuturesCurve::new(spec.parameters.futures.model()?, n_months)?,
            border,
            base_use: base.total,
            base_year: spec.parameters.base_year,
            model,
        })
    }

    /// Years from the middle of the base year to the middle of a month: growth is counted over them, and not backwards.
    pub(crate) fn years_since_base(&self, month_idx: usize) -> f64 {
        let month = self.start.plus(month_idx as i64);
        let years = f64::from(month.year() - self.base_year) + (month.season() as f64 + 0.5) / 12.0;
        (years - 0.5).max(0.0)
    }

    /// Q̄ in a month.
    pub(crate) fn limits(&self, month_idx: usize, quota: &[f64; N_OWN]) -> [f64; N_OWN] {
        let years = self.years_since_base(month_idx);
        std::array::from_fn(|i| {
            let ore = &self.model.own[i];
            ore.limit * (1.0 + ore.growth).powf(years) * quota[i]
        })
    }

    /// Tariff rates with a scenario's additions.
    pub(crate) fn tariffs(&self, factors: &Factors) -> [f64; N_REGIONS] {
        std::array::from_fn(|r| self.model.tariff[r] + factors.tariff[r])
    }

    /// Prices of goods from China in every region at prices in China, CNY/t.
    pub(crate) fn parity(&self, prices: &[f64; N_BASKETS], tariffs: &[f64; N_REGIONS]) -> ByRegion {
        std::array::from_fn(|r| {
            let (slope, constant) = self.model.line(r, tariffs[r]);
            prices.map(|price| slope * price + constant)
        })
    }
}

/// Use at base prices and activity 1.
fn base_needs(model: &MarketModel) -> Needs {
    let demand = model.demand(
        model.adjustment,
        &[[0.0; N_BASKETS]; N_REGIONS],
        &[[1.0; N_USES]; N_REGIONS],
        &[1.0; N_BASKETS],
        &model.tariff,
    );
    let prices = std::array::from_fn(|r| std::array::from_fn(|b| model.ln_base[r][b].exp()));
    use_at(&demand, &prices, [[1.0; N_BASKETS]; N_REGIONS])
}

/// The fringe's sales outside China in the base year.
fn base_outside_sales(model: &MarketModel) -> [f64; N_BASKETS] {
    std::array::from_fn(|b| {
        model.sources.iter().map(|one| one.base_output * one.outside * one.yields[b]).sum()
    })
}

/// The supplier's plans: in January, in July and in the first month, over the months until the next.
fn plans(spec: &WorldSpec<'_>, activity: &ActivityPaths) -> Vec<Option<Plan>> {
    let n_months = activity.n_months();
    let mean = activity.mean();
    let decides =
        |t: usize| t == 0 || SETTING_MONTHS.contains(&(spec.start.plus(t as i64).season() + 1));
    (0..n_months)
        .map(|t| {
            if !decides(t) {
                return None;
            }
            let until = (t + 1..n_months).find(|&later| decides(later)).unwrap_or(n_months);
            let mut expected = [[0.0; N_USES]; N_REGIONS];
            for month in t..until {
                let known = Factors::of(spec.scenario, spec.start, month, Some(t));
                for r in 0..N_REGIONS {
                    for u in 0..N_USES {
                        let value = mean[(r * N_USES + u) * n_months + month];
                        expected[r][u] += value * known.activity[r][u] / (until - t) as f64;
                    }
                }
            }
            Some(Plan {
                n_months: until - t,
                activity: expected,
                factors: Factors::of(spec.scenario, spec.start, t, Some(t)),
            })
        })
        .collect()
}

/// Regions outside China, as indices.
pub(crate) const OUTSIDE: [usize; N_REGIONS - 1] = {
    let mut all = [0; N_REGIONS - 1];
    let mut at = 0;
    while at < all.len() {
        all[at] = Region::OUTSIDE[at].index();
        at += 1;
    }
    all
};
