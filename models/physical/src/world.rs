//! A world: parameters, a scenario, a conduct and the months to simulate, checked and compiled.

use std::fmt;
use std::str::FromStr;

use monazite_series::{Frequency, Period};
use monazite_stochastic::Key;
use serde::{Deserialize, Serialize};

use crate::border::{Border, BorderMonth, BorderRules, Needs, use_at};
use crate::factors::Factors;
use crate::futures::FuturesCurve;
use crate::state::{Activity, ByRegion, MarketModel, N_OWN};
use crate::stocks::Orders;
use crate::{
    ActivityPaths, N_BASKETS, N_REGIONS, N_USES, Parameters, PhysicalError, Region, Scenario,
};

/// How much of its market power the dominant supplier uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Conduct {
    /// Price taker: θ = 0.
    Taker,
    /// This many equal groups, each setting its quantity: θ = 1/n.
    Cournot(u32),
    /// One dominant firm: θ = 1.
    Dominant,
    /// θ itself, 0…1.
    Theta(f64),
}

impl Conduct {
    /// θ.
    pub fn theta(self) -> f64 {
        match self {
            Self::Taker => 0.0,
            Self::Cournot(n) => 1.0 / f64::from(n),
            Self::Dominant => 1.0,
            Self::Theta(theta) => theta,
        }
    }
}

impl fmt::Display for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taker => f.pad("taker"),
            Self::Cournot(n) => f.pad(&format!("cournot-{n}")),
            Self::Dominant => f.pad("dominant"),
            Self::Theta(theta) => f.pad(&format!("theta-{theta}")),
        }
    }
}

impl FromStr for Conduct {
    type Err = PhysicalError;

    fn from_str(name: &str) -> Result<Self, PhysicalError> {
        let unknown = || PhysicalError::UnknownName {
            name: name.to_owned(),
            expected: "a conduct: taker, cournot-n with n of at least 1, dominant, theta-x with x between 0 and 1",
        };
        match name.split_once('-') {
            None if name == "taker" => Ok(Self::Taker),
            None if name == "dominant" => Ok(Self::Dominant),
            Some(("cournot", n)) => {
                n.parse().ok().filter(|&n| n > 0).map(Self::Cournot).ok_or_else(unknown)
            }
            Some(("theta", theta)) => theta
                .parse()
                .ok()
                .filter(|theta| (0.0..=1.0).contains(theta))
                .map(Self::Theta)
                .ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<String> for Conduct {
    type Error = PhysicalError;

    fn try_from(text: String) -> Result<Self, PhysicalError> {
        text.parse()
    }
}

impl From<Conduct> for String {
    fn from(conduct: Conduct) -> Self {
        conduct.to_string()
    }
}

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
    pub(crate) theta: f64,
    pub(crate) start: Period,
    pub(crate) key: Key,
    pub(crate) persistence: [f64; N_BASKETS],
    pub(crate) standard_deviation: [f64; N_BASKETS],
    /// By month.
    pub(crate) factors: Vec<Factors>,
    /// By month.
    pub(crate) months: Vec<BorderMonth>,
    /// By month; `None` where the supplier does not decide.
    pub(crate) plans: Vec<Option<Plan>>,
    pub(crate) curve: FuturesCurve,
    pub(crate) border: Border,
    /// ln(p̃/p̄) at the prices that buyers have adapted to before the first month.
    pub(crate) ln_paid: ByRegion,
    /// Use at those prices and the first month's mean activity.
    pub(crate) start_use: ByRegion,
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
        let ln_paid = adapted(&model);
        let start = start_needs(&model, &ln_paid, activity);
        let rules = BorderRules::new(spec.parameters, &model)?;
        let border = rules.warm(spec.start, &start, &base_outside_sales(&model));
        let n_months = activity.n_months();
        let factors: Vec<Factors> =
            (0..n_months).map(|t| Factors::of(spec.scenario, spec.start, t, None)).collect();
        let months = (0..n_months)
            .map(|t| {
                let ahead = tariffs_ahead(spec, &model, &rules, &factors, t);
                rules.in_month(spec.start.plus(t as i64), &factors[t], ahead)
            })
            .collect();
        let disturbance = &spec.parameters.disturbance;
        Ok(Self {
            rules,
            activity,
            theta: spec.conduct.theta(),
            start: spec.start,
            key: Key::new(spec.seed),
            persistence: std::array::from_fn(|b| disturbance.persistence[b].value),
            standard_deviation: std::array::from_fn(|b| disturbance.standard_deviation[b].value),
            factors,
            months,
            plans: plans(spec, activity),
            curve: FuturesCurve::new(spec.parameters.futures.model()?, n_months)?,
            border,
            ln_paid,
            start_use: start.total,
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

/// ln(p̃/p̄) of buyers who have adapted to the start prices.
fn adapted(model: &MarketModel) -> ByRegion {
    std::array::from_fn(|r| {
        let (slope, constant) = model.line(r, model.tariff[r]);
        std::array::from_fn(|b| {
            let start = model.start_price[b];
            if start == model.base_price[b] {
                0.0
            } else {
                (slope * start + constant).ln() - model.ln_base[r][b]
            }
        })
    })
}

/// Use at start prices and the mean activity of the first month, all of it ordered.
fn start_needs(model: &MarketModel, ln_paid: &ByRegion, activity: &ActivityPaths) -> Needs {
    let (mean, n_months) = (activity.mean(), activity.n_months());
    let first: Activity =
        std::array::from_fn(|r| std::array::from_fn(|u| mean[(r * N_USES + u) * n_months]));
    let demand = model.demand(model.adjustment, ln_paid, &first, &[1.0; N_BASKETS], &model.tariff);
    let prices = std::array::from_fn(|r| {
        std::array::from_fn(|b| (model.ln_base[r][b] + ln_paid[r][b]).exp())
    });
    use_at(&demand, &prices, &Orders::USE)
}

/// Months of use beyond a tariff's rise that buyers of every region find worth holding in a month.
fn tariffs_ahead(
    spec: &WorldSpec<'_>,
    model: &MarketModel,
    rules: &BorderRules,
    factors: &[Factors],
    month_idx: usize,
) -> [f64; N_REGIONS] {
    std::array::from_fn(|r| {
        let region = Region::ALL[r];
        let rate = |size: f64| model.tariff[r] + size;
        let known = (month_idx + 1..factors.len())
            .map(|later| rate(spec.scenario.known_tariff(region, spec.start, later, month_idx)));
        rules.stocks.months_ahead(rate(factors[month_idx].tariff[r]), known)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conducts_are_read_as_they_are_written() {
        for (text, theta) in [
            ("taker", 0.0),
            ("cournot-2", 0.5),
            ("cournot-4", 0.25),
            ("dominant", 1.0),
            ("theta-0.3", 0.3),
        ] {
            let conduct: Conduct = text.parse().unwrap();
            assert_eq!((conduct.theta(), conduct.to_string().as_str()), (theta, text));
        }
        for text in
            ["", "cournot", "cournot-0", "cournot--1", "theta-2", "theta-nan", "Taker", "leader"]
        {
            assert!(text.parse::<Conduct>().is_err(), "{text}");
        }
    }
}
