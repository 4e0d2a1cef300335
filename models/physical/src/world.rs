//! A world: parameters, a scenario, a conduct and the months to simulate, checked and compiled.

use monazite_series::{Frequency, Period};
use monazite_stochastic::Key;

use crate::border::{Border, BorderMonth, BorderRules, Needs, use_at};
use crate::curves::PriceLines;
use crate::factors::{Factors, OnPath};
use crate::futures::FuturesCurve;
use crate::heavy::{HeavyContent, HeavyState, ln_relative};
use crate::state::{ByRegion, ByUse, MarketModel, N_OWN, Source};
use crate::stocks::Orders;
use crate::storers::Storers;
use crate::supply::SupplyStart;
use crate::{
    ActivityPaths, Conduct, EndUse, ExpectedActivity, N_BASKETS, N_REGIONS, N_USES, Parameters,
    PhysicalError, Region, Scenario, Variable,
};

/// What to run; the number of paths and months is that of the activity paths handed in with it.
#[derive(Debug, Clone, Copy)]
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
    /// Storers, solved before; `None` solves those of the parameters. Worlds on drawn parameters can be given those of the
    /// parameters in the middle: they then go by the market as calibrated.
    pub storers: Option<&'a Storers>,
    /// Threads to use; `None` uses those of the surrounding pool. Results do not depend on it.
    pub n_threads: Option<usize>,
}

/// What is expected in a month of those to come.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Months it is about, this one included.
    pub(crate) n_months: usize,
    /// Use at base prices and expected activity, mean over paths and those months, known shocks included; for storers
    /// relative to the month's mean activity, where there is any.
    pub(crate) at_base: ByUse,
    /// Whether an end use has no activity in the month.
    pub(crate) has_idle_uses: bool,
    /// Known factors of the month.
    pub(crate) factors: Factors,
    /// Price lines at its tariffs.
    pub(crate) lines: PriceLines,
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
    /// Index of the first path of `activity` among all paths: draws are keyed by it.
    pub(crate) first_path: u64,
    pub(crate) persistence: [f64; N_BASKETS],
    pub(crate) standard_deviation: [f64; N_BASKETS],
    pub(crate) storers: Storers,
    /// With expected sizes: that of every path, unless factors differ by path.
    pub(crate) schedule: Schedule,
    /// Intensity against the base year by month and end use: thrifting alone.
    trend: Vec<[f64; N_USES]>,
    pub(crate) curve: FuturesCurve,
    /// Price lines of regions without a scenario's tariffs.
    pub(crate) base_lines: [(f64, f64); N_REGIONS],
    pub(crate) border: Border,
    /// ln(p̃/p̄) at the prices that buyers have adapted to before the first month.
    pub(crate) ln_paid: ByRegion,
    /// Dy and Tb per magnet at those prices.
    pub(crate) heavy: HeavyState,
    /// Use at those prices and the first month's mean activity.
    pub(crate) start_use: ByRegion,
    pub(crate) supply: SupplyStart,
    /// World use at base prices and activity 1.
    base_use: [f64; N_BASKETS],
    base_year: i32,
    scenario: Scenario,
    expected: ExpectedActivity,
}

/// What shocks come to month by month, and what the supplier goes by.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// By month.
    pub(crate) factors: Vec<Factors>,
    /// By month.
    pub(crate) months: Vec<BorderMonth>,
    /// By month; `None` where the supplier does not decide.
    pub(crate) plans: Vec<Option<Plan>>,
    /// What storers go by, by month: the months to come at what is known in the month.
    pub(crate) outlooks: Vec<Plan>,
    /// By month.
    pub(crate) curves: Vec<MonthCurves>,
}

/// What a month's demand rests on besides the path.
#[derive(Debug, Clone)]
pub(crate) struct MonthCurves {
    /// Tariff rates with a scenario's additions, and the price lines they make.
    pub(crate) tariffs: [f64; N_REGIONS],
    pub(crate) lines: PriceLines,
    /// Use at base prices per unit of activity.
    pub(crate) per_activity: ByUse,
}

/// Months in which quantities are set.
const SETTING_MONTHS: [usize; 2] = [1, 7];
/// Months that storers look ahead: until quantities have been set again.
const OUTLOOK_MONTHS: usize = 6;

impl<'a> World<'a> {
    pub(crate) fn new(
        spec: &WorldSpec<'_>,
        activity: &'a ActivityPaths,
        (expected, first_path): (&ExpectedActivity, u64),
    ) -> Result<Self, PhysicalError> {
        if expected.n_months() < activity.n_months() {
            return Err(PhysicalError::Length {
                name: "expected activity",
                expected: activity.n_months(),
                found: expected.n_months(),
            });
        }
        spec.parameters.check()?;
        spec.scenario.check()?;
        crate::error::share("theta", spec.conduct.theta())?;
        if spec.start.frequency() != Frequency::Month {
            return Err(PhysicalError::Period {
                period: spec.start.to_string(),
                problem: "the simulation starts in a month",
            });
        }
        spec.scenario.check_from(spec.start)?;
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
        let n_months = activity.n_months();
        let years: Vec<f64> = (0..expected.n_months())
            .map(|t| years_between(spec.parameters.base_year, spec.start.plus(t as i64)))
            .collect();
        let thrifting = &spec.parameters.demand.intensity.thrifting;
        let trend: Vec<[f64; N_USES]> = years
            .iter()
            .map(|&years| std::array::from_fn(|u| (1.0 - thrifting[u].value).powf(years)))
            .collect();
        let mean_of = |r: usize, u: usize, t: usize| expected.at(r, u, t);
        let ln_paid = adapted(&model);
        let heavy = adapted_heavy(&model);
        let mut first = model.scale;
        for uses in &mut first {
            for (r, row) in uses.iter_mut().enumerate() {
                for (u, value) in row.iter_mut().enumerate() {
                    *value *= mean_of(r, u, 0) * trend[0][u];
                }
            }
        }
        let start = start_needs(&model, (&ln_paid, &heavy), &first);
        let rules = BorderRules::new(spec.parameters, &model)?;
        let border = rules.warm(spec.start, &start, &base_outside_sales(&model));
        let path =
            OnPath { scenario: spec.scenario, start: spec.start, sizes: &[], activity: &mean_of };
        let factors: Vec<Factors> =
            (0..n_months).map(|t| Factors::of(spec.scenario, spec.start, t, None)).collect();
        let schedule = Schedule {
            months: border_months((&model, &rules), &path, &factors),
            plans: plans(&model, &path, &trend),
            outlooks: outlooks(&model, &path, (&trend, &mean_of)),
            curves: curves(&model, &factors, &trend),
            factors,
        };
        let disturbance = &spec.parameters.disturbance;
        Ok(Self {
            rules,
            activity,
            conduct: spec.conduct,
            start: spec.start,
            key: Key::new(spec.seed),
            persistence: std::array::from_fn(|b| disturbance.persistence[b].value),
            standard_deviation: std::array::from_fn(|b| disturbance.standard_deviation[b].value),
            schedule,
            storers: match spec.storers {
                Some(storers) => storers.clone(),
                None => Storers::solve(spec.parameters)?,
            },
            trend,
            first_path,
            curve: FuturesCurve::new(spec.parameters.futures.model()?, n_months)?,
            border,
            ln_paid,
            heavy,
            start_use: start.total,
            supply: SupplyStart::new(&model, spec.start, &years),
            base_use: base_use(&model),
            base_lines: std::array::from_fn(|r| model.line(r, model.tariff[r])),
            base_year: spec.parameters.base_year,
            model,
            scenario: spec.scenario.clone(),
            expected: expected.clone(),
        })
    }

    /// The schedule of one path, where it is not that of all.
    pub(crate) fn schedule_of(&self, path_idx: usize) -> Option<Schedule> {
        if !self.scenario.differs_by_path() {
            return None;
        }
        let sizes = self.sizes(self.first_path as usize + path_idx);
        let own = |r: usize, u: usize, t: usize| {
            self.activity.months(path_idx, Region::ALL[r], EndUse::ALL[u])[t]
        };
        let path =
            OnPath { scenario: &self.scenario, start: self.start, sizes: &sizes, activity: &own };
        let mean_of = |r: usize, u: usize, t: usize| self.mean_of(r, u, t);
        let expected = OnPath { activity: &mean_of, ..path };
        let n_months = self.activity.n_months();
        let factors: Vec<Factors> =
            (0..n_months).map(|t| Factors::on_path(&path, t, None)).collect();
        Some(Schedule {
            months: border_months((&self.model, &self.rules), &path, &factors),
            plans: plans(&self.model, &expected, &self.trend),
            outlooks: outlooks(&self.model, &expected, (&self.trend, &mean_of)),
            curves: curves(&self.model, &factors, &self.trend),
            factors,
        })
    }

    /// Activity expected in a month.
    pub(crate) fn mean_of(&self, r: usize, u: usize, t: usize) -> f64 {
        self.expected.at(r, u, t)
    }

    /// Sizes drawn on a path, by shock: the nth shock to a variable has the same one in every scenario.
    fn sizes(&self, path_idx: usize) -> Vec<Option<f64>> {
        let shocks = &self.scenario.shocks;
        let ordinal = |idx: usize| {
            shocks[..idx].iter().filter(|one| one.variable == shocks[idx].variable).count()
        };
        (0..shocks.len()).map(|idx| shocks[idx].draw(self.key, path_idx, ordinal(idx))).collect()
    }

    /// Years from the middle of the base year to the middle of a month: growth is counted over them, and not backwards.
    pub(crate) fn years_since_base(&self, month_idx: usize) -> f64 {
        years_between(self.base_year, self.start.plus(month_idx as i64))
    }

    /// Q̄ in a month, or what can be reached from outputs so far if that is less.
    pub(crate) fn limits(
        &self,
        month_idx: usize,
        factors: &Factors,
        outputs: &[f64; N_OWN],
    ) -> [f64; N_OWN] {
        let years = self.years_since_base(month_idx) + factors.quota_years;
        std::array::from_fn(|i| {
            let ore = &self.model.own[i];
            let reached = outputs[i].max(ore.base_output) * (1.0 + ore.expansion);
            (ore.limit * (1.0 + ore.growth).powf(years) * factors.quota[i]).min(reached)
        })
    }

    /// World use against that of the base year, by basket.
    pub(crate) fn relative_use(&self, used: &ByRegion) -> [f64; N_BASKETS] {
        std::array::from_fn(|b| {
            let base = self.base_use[b];
            if base > 0.0 { used.iter().map(|row| row[b]).sum::<f64>() / base } else { 1.0 }
        })
    }

    /// The same without a scenario's tariffs.
    pub(crate) fn base_parity(&self, prices: &[f64; N_BASKETS]) -> ByRegion {
        self.base_lines.map(|(slope, constant)| prices.map(|price| slope * price + constant))
    }

    /// Prices of goods from China in every region at prices in China, CNY/t.
    pub(crate) fn parity(&self, prices: &[f64; N_BASKETS], tariffs: &[f64; N_REGIONS]) -> ByRegion {
        std::array::from_fn(|r| {
            let (slope, constant) = self.model.line(r, tariffs[r]);
            prices.map(|price| slope * price + constant)
        })
    }
}

/// Years from the middle of a base year to the middle of a month, not backwards.
fn years_between(base_year: i32, month: Period) -> f64 {
    let years = f64::from(month.year() - base_year) + (month.season() as f64 + 0.5) / 12.0;
    (years - 0.5).max(0.0)
}

/// World use at base prices and activity 1.
fn base_use(model: &MarketModel) -> [f64; N_BASKETS] {
    let (demand, _) = model.base_month();
    let prices = std::array::from_fn(|r| std::array::from_fn(|b| model.ln_base[r][b].exp()));
    let by_region = use_at(&demand, &prices, &Orders::USE).total;
    std::array::from_fn(|b| by_region.iter().map(|row| row[b]).sum())
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

/// Dy and Tb per magnet of buyers who have adapted to the start prices.
fn adapted_heavy(model: &MarketModel) -> HeavyState {
    std::array::from_fn(|r| {
        let (slope, constant) = model.line(r, model.tariff[r]);
        let ln = |b: usize| (slope * model.start_price[b] + constant).ln() - model.ln_base[r][b];
        model.heavy.adapted(ln_relative(&std::array::from_fn(ln)))
    })
}

/// Use at start prices and the expected activity of the first month, all of it ordered.
fn start_needs(
    model: &MarketModel,
    (ln_paid, heavy): (&ByRegion, &HeavyState),
    at_base: &ByUse,
) -> Needs {
    let lines = model.base_lines();
    let undisturbed = [1.0; N_BASKETS];
    let mut demand = model.demand(model.adjustment, (ln_paid, &undisturbed), at_base, lines);
    HeavyContent::apply(&mut demand, heavy);
    let prices = std::array::from_fn(|r| {
        std::array::from_fn(|b| (model.ln_base[r][b] + ln_paid[r][b]).exp())
    });
    use_at(&demand, &prices, &Orders::USE)
}

/// What demand of the months rests on.
fn curves(model: &MarketModel, factors: &[Factors], trend: &[[f64; N_USES]]) -> Vec<MonthCurves> {
    let month = |(factors, trend): (&Factors, &[f64; N_USES])| {
        let mut per_activity = model.scale;
        for (b, regions) in per_activity.iter_mut().enumerate() {
            for (r, uses) in regions.iter_mut().enumerate() {
                for (u, value) in uses.iter_mut().enumerate() {
                    *value *= trend[u] * factors.activity[r][u] * factors.intensity[u][b];
                }
            }
        }
        let tariffs = tariffs(model, factors);
        MonthCurves { lines: model.lines(&tariffs), tariffs, per_activity }
    };
    factors.iter().zip(trend).map(month).collect()
}

/// Tariff rates with a scenario's additions.
fn tariffs(model: &MarketModel, factors: &Factors) -> [f64; N_REGIONS] {
    std::array::from_fn(|r| model.tariff[r] + factors.tariff[r])
}

/// What holds at the border month by month.
fn border_months(
    (model, rules): (&MarketModel, &BorderRules),
    path: &OnPath<'_>,
    factors: &[Factors],
) -> Vec<BorderMonth> {
    let month = |t: usize| {
        let ahead = tariffs_ahead((model, rules), path, factors, t);
        rules.in_month(path.start.plus(t as i64), &factors[t], ahead)
    };
    (0..factors.len()).map(month).collect()
}

/// Months of use beyond a tariff's rise that buyers of every region find worth holding in a month: what is on in it is
/// known when orders are placed, and so is what has been announced.
fn tariffs_ahead(
    (model, rules): (&MarketModel, &BorderRules),
    path: &OnPath<'_>,
    factors: &[Factors],
    month_idx: usize,
) -> [f64; N_REGIONS] {
    let moves = |shock: &crate::Shock| matches!(shock.variable, Variable::Tariff(_));
    let known: Vec<[f64; N_REGIONS]> = if path.scenario.shocks.iter().any(moves) {
        (month_idx + 1..factors.len())
            .map(|later| Factors::on_path(path, later, Some(month_idx + 1)).tariff)
            .collect()
    } else {
        vec![[0.0; N_REGIONS]; factors.len() - month_idx - 1]
    };
    std::array::from_fn(|r| {
        let rate = |size: f64| model.tariff[r] + size;
        let later = known.iter().map(|tariff| rate(tariff[r]));
        rules.stocks.months_ahead(rate(factors[month_idx].tariff[r]), later)
    })
}

/// The fringe's sales outside China in the base year.
fn base_outside_sales(model: &MarketModel) -> [f64; N_BASKETS] {
    std::array::from_fn(|b| {
        let sold = |one: &Source| one.whole * one.base_share * one.outside * one.yields[b];
        model.sources.iter().map(sold).sum()
    })
}

/// The supplier's plans: in January, in July and in the first month, over the months until the next. It goes by mean
/// activity and the trend of intensities, by the sizes of shocks that have begun and by the expected sizes of those that
/// are announced.
fn plans(model: &MarketModel, path: &OnPath<'_>, trend: &[[f64; N_USES]]) -> Vec<Option<Plan>> {
    let n_months = trend.len();
    let decides =
        |t: usize| t == 0 || SETTING_MONTHS.contains(&(path.start.plus(t as i64).season() + 1));
    (0..n_months)
        .map(|t| {
            if !decides(t) {
                return None;
            }
            let until = (t + 1..n_months).find(|&later| decides(later)).unwrap_or(n_months);
            // Set at the beginning of the month: its surprises are not known yet.
            Some(expected(model, path, trend, ((t, until), t)))
        })
        .collect()
}

/// Activity of a region and end use in a month.
type ActivityAt<'a> = dyn Fn(usize, usize, usize) -> f64 + 'a;

/// What storers expect in each month: half a year, at what the month has brought. Use is relative to the activity that
/// everybody expects of the month, `mean_of`: activity of a path above it is taken to stay above it by the same factor.
fn outlooks(
    model: &MarketModel,
    path: &OnPath<'_>,
    (trend, mean_of): (&[[f64; N_USES]], &ActivityAt<'_>),
) -> Vec<Plan> {
    let month = |t: usize| {
        let until = (t + OUTLOOK_MONTHS).min(trend.len());
        let mut plan = expected(model, path, trend, ((t, until), t + 1));
        for regions in &mut plan.at_base {
            for (r, uses) in regions.iter_mut().enumerate() {
                for (u, value) in uses.iter_mut().enumerate() {
                    let mean = mean_of(r, u, t);
                    if mean > 0.0 {
                        *value /= mean;
                    } else {
                        plan.has_idle_uses = true;
                    }
                }
            }
        }
        plan
    };
    (0..trend.len()).map(month).collect()
}

/// Mean use at base prices of the months `from` to `until` − 1 with the shocks known at the beginning of `known_in`.
fn expected(
    model: &MarketModel,
    path: &OnPath<'_>,
    trend: &[[f64; N_USES]],
    ((from, until), known_in): ((usize, usize), usize),
) -> Plan {
    let mut at_base = [[[0.0; N_USES]; N_REGIONS]; N_BASKETS];
    for (month, trend) in trend.iter().enumerate().take(until).skip(from) {
        let known = Factors::on_path(path, month, Some(known_in));
        for r in 0..N_REGIONS {
            for u in 0..N_USES {
                let value = (path.activity)(r, u, month) * trend[u] * known.activity[r][u]
                    / (until - from) as f64;
                for b in 0..N_BASKETS {
                    at_base[b][r][u] += value * known.intensity[u][b] * model.scale[b][r][u];
                }
            }
        }
    }
    let factors = Factors::on_path(path, from, Some(known_in));
    let lines = model.lines(&tariffs(model, &factors));
    Plan { n_months: until - from, at_base, has_idle_uses: false, factors, lines }
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
