//! Monte Carlo: one world on all paths, in parallel, and its results.
//!
//! A path depends on (seed, path) and its activity alone, so results do not depend on the number of threads, and a run
//! of more paths begins with the same ones. Paths are stored one by one and folded in their order.
//!
//! ```
//! use monazite_physical::{ActivityPaths, Conduct, Output, Scenario, WorldSpec, simulate};
//! # use monazite_physical::{Assumed, BaseYear, Parameters};
//! # fn run(parameters: &Parameters) -> Result<(), monazite_physical::PhysicalError> {
//! let activity = ActivityPaths::constant(64, 12)?;
//! let spec = WorldSpec {
//!     parameters,
//!     scenario: &Scenario::baseline(),
//!     conduct: Conduct::Cournot(2),
//!     start: "2026-03".parse().unwrap(),
//!     seed: 1,
//!     storers: None,
//!     n_threads: None,
//! };
//! let run = simulate(&spec, &activity)?;
//! assert!(run.violations().is_empty());
//! println!("{}", run.summary(Output::Exports(None, None), 11)?.mean());
//! # Ok(())
//! # }
//! ```

use monazite_series::Period;
use monazite_stochastic::Summary;
use rayon::prelude::*;

use crate::checks::Violation;
use crate::futures::FuturesCurve;
use crate::path::{PathMonths, run_path};
use crate::record::KeptMonth;
use crate::state::ByRegion;
use crate::value_chain::Trade;
use crate::world::{OUTSIDE, World, WorldSpec};
use crate::{
    ActivityPaths, Basket, Conduct, ExpectedActivity, Goods, N_REGIONS, Ore, Output, PhysicalError,
    Region,
};

/// Fewest paths a task of the pool takes.
const MIN_PATHS: usize = 4;

/// Runs a world on the paths and months of `activity`.
///
/// # Errors
/// Parameters, scenario or start out of range, or the first path whose market could not be solved.
pub fn simulate(spec: &WorldSpec<'_>, activity: &ActivityPaths) -> Result<Run, PhysicalError> {
    simulate_block(spec, activity, &activity.expected(), 0)
}

/// Runs a world on some of its paths: those from `first_path` (counted from 0) on, whose activity is `activity`, while the
/// supplier expects `expected`, which may reach further. A path comes out the same in whatever block it is run.
///
/// # Errors
/// As [`simulate`], or an expectation for fewer months.
pub fn simulate_block(
    spec: &WorldSpec<'_>,
    activity: &ActivityPaths,
    expected: &ExpectedActivity,
    first_path: u64,
) -> Result<Run, PhysicalError> {
    let world = World::new(spec, activity, (expected, first_path))?;
    let paths = || -> Vec<Result<PathMonths, PhysicalError>> {
        (0..activity.n_paths())
            .into_par_iter()
            .with_min_len(MIN_PATHS)
            .map(|path_idx| run_path(&world, path_idx))
            .collect()
    };
    let results = match spec.n_threads {
        None => paths(),
        Some(n_threads) => rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .map_err(|_| PhysicalError::Threads { n_threads })?
            .install(paths),
    };
    // The first in the order of paths, whichever thread was first.
    let paths = results.into_iter().collect::<Result<Vec<PathMonths>, _>>()?;
    let largest_imbalance = paths.iter().fold(0.0_f64, |a, path| a.max(path.largest_imbalance));
    let (mut found, mut months) = (Vec::new(), Vec::with_capacity(paths.len()));
    for path in paths {
        found.extend(path.violations);
        months.push(path.months);
    }
    Ok(Run {
        scenario: spec.scenario.id.clone(),
        conduct: spec.conduct,
        start: spec.start,
        seed: spec.seed,
        first_shock: spec.scenario.first_month(spec.start),
        n_months: activity.n_months(),
        violations: found,
        largest_imbalance,
        trade: Trade::new(spec.parameters),
        curve: world.curve,
        base_lines: world.base_lines,
        months,
    })
}

/// The results of a world: every month of every path.
#[derive(Debug, Clone)]
pub struct Run {
    scenario: String,
    conduct: Conduct,
    start: Period,
    seed: u64,
    first_shock: Option<usize>,
    n_months: usize,
    violations: Vec<Violation>,
    largest_imbalance: f64,
    trade: Trade,
    curve: FuturesCurve,
    /// Price lines of regions without a scenario's tariffs.
    base_lines: [(f64, f64); N_REGIONS],
    /// By path, then by month.
    months: Vec<Vec<KeptMonth>>,
}

impl Run {
    /// Short name of the scenario.
    pub fn scenario(&self) -> &str {
        &self.scenario
    }

    /// Conduct of the dominant supplier.
    pub fn conduct(&self) -> Conduct {
        self.conduct
    }

    /// First month.
    pub fn start(&self) -> Period {
        self.start
    }

    /// Seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The month `month_idx` months after the first.
    pub fn month(&self, month_idx: usize) -> Period {
        self.start.plus(month_idx as i64)
    }

    /// Number of months.
    pub fn n_months(&self) -> usize {
        self.n_months
    }

    /// Number of paths.
    pub fn n_paths(&self) -> usize {
        self.months.len()
    }

    /// First month in which the scenario acts, counted from the first simulated one; `None` for the baseline.
    pub fn first_shock(&self) -> Option<usize> {
        self.first_shock
    }

    /// Values of one month, by path.
    ///
    /// # Errors
    /// [`PhysicalError::Missing`] for a month that was not simulated.
    pub fn at(&self, output: Output, month_idx: usize) -> Result<Vec<f64>, PhysicalError> {
        if month_idx >= self.n_months {
            return Err(self.missing(output, month_idx));
        }
        Ok((0..self.n_paths()).map(|path| self.value(output, path, month_idx)).collect())
    }

    /// Sum over months of a flow, mean of anything else, by path; months `from` to `until` − 1.
    ///
    /// # Errors
    /// [`PhysicalError::Missing`] for months that were not simulated or an empty window.
    pub fn over(
        &self,
        output: Output,
        from: usize,
        until: usize,
    ) -> Result<Vec<f64>, PhysicalError> {
        if until > self.n_months || from >= until {
            return Err(self.missing(output, until.max(1) - 1));
        }
        let divisor = if output.is_flow() { 1.0 } else { (until - from) as f64 };
        let one = |path| (from..until).map(|t| self.value(output, path, t)).sum::<f64>() / divisor;
        Ok((0..self.n_paths()).map(one).collect())
    }

    /// Mean, spread and quantiles over paths of one month.
    ///
    /// # Errors
    /// A month that was not simulated, or fewer than two paths.
    pub fn summary(&self, output: Output, month_idx: usize) -> Result<Summary, PhysicalError> {
        Ok(Summary::of(&self.at(output, month_idx)?)?)
    }

    /// The records of a path and the conversion of its trade to customs figures.
    pub(crate) fn trade_of(&self, path_idx: usize) -> (&[KeptMonth], &Trade) {
        (&self.months[path_idx], &self.trade)
    }

    /// What is broken: balances that do not close, shipments without leave, numbers that make no sense. Empty if all is
    /// well.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Largest imbalance of any balance in any month of any path, relative to the quantities in it.
    pub fn largest_imbalance(&self) -> f64 {
        self.largest_imbalance
    }

    fn missing(&self, output: Output, month_idx: usize) -> PhysicalError {
        PhysicalError::Missing(format!(
            "{output} in {}: {} months from {} were simulated",
            self.month(month_idx),
            self.n_months,
            self.start
        ))
    }

    fn value(&self, output: Output, path_idx: usize, month_idx: usize) -> f64 {
        let one = &self.months[path_idx][month_idx];
        let rare = one.rare();
        let trade = &self.trade;
        let inverse = |value: f64| if value > 0.0 { -1.0 / value } else { f64::NEG_INFINITY };
        let decision = &one.decision;
        match output {
            Output::Price(b) => one.price[b.index()],
            Output::OutsidePrice(b) => one.outside_price[b.index()] / trade.cny_per_usd,
            Output::RegionPrice(r, b) => {
                let line = self.base_lines[r.index()];
                one.region_price((r.index(), b.index()), line) / trade.cny_per_usd
            }
            Output::Futures(months) => self.curve.price(one.futures, months),
            Output::OreOutput(ore) => {
                let at = Ore::CONTROLLED.into_iter().position(|one| one == ore);
                at.map_or(0.0, |at| one.outputs[at])
            }
            Output::OwnSupply(b) => one.own[b.index()],
            Output::FringeSupply(b) => one.fringe[b.index()],
            Output::Use(r, b) => one.region_use[r.index()][b.index()],
            Output::Exports(r, b) => total(&one.shipments, r, b),
            Output::HeadlineExports(r) => trade.weight(one, r, Goods::Raw),
            Output::MagnetExports(r) => trade.weight(one, r, Goods::Processed),
            Output::ExportValue(r) => {
                Goods::ALL.into_iter().map(|goods| trade.value(one, r, goods)).sum()
            }
            Output::HeadlineValue(r) => trade.value(one, r, Goods::Raw),
            Output::FormExports(form, b) => trade.form_tonnes(one, form, b),
            Output::UnitValue(form, b) => trade.unit_value(one, form, b),
            Output::Arrivals(r, b) => total(&one.arrivals, r, b),
            Output::Transit(r, b) => total(&one.transit, r, b),
            Output::Leaked(r, b) => rare.leaked[r.index()][b.index()],
            Output::Stockpile(r, b) => total(&rare.reserve, r, b),
            Output::ForwardStock(r, b) => total(&rare.forward, r, b),
            Output::PerceivedHazard(r, b) => one.hazard[r.index()][b.index()],
            Output::Exposure(Region::China, _) | Output::DirectExposure(Region::China, _) => 1.0,
            Output::Exposure(r, b) => one.from_china[r.index()][b.index()],
            Output::DirectExposure(r, b) => one.direct[r.index()][b.index()],
            Output::Unmet(r, b) => total(&rare.unmet, r, b),
            Output::UnmetUse(r, u) => {
                let of = |r: usize| rare.unmet_use[r][u.index()];
                r.map_or_else(|| OUTSIDE.into_iter().map(of).sum(), |r| of(r.index()))
            }
            Output::Backlog(r, b) => total(&one.backlog, r, b),
            Output::Stock(r, b) => total(&one.stock, r, b),
            Output::DemandAtBase(b) => one.demand_at_base[b.index()],
            Output::Dumped(b) => one.dumped[b.index()],
            Output::StorersStock(b) => one.stored[b.index()],
            Output::ExpectedPrice(b) => one.expected_price[b.index()],
            Output::Recycled(b) => one.recycled[b.index()],
            Output::Scrap(b) => one.scrap[b.index()],
            Output::ConcentrateStock => one.concentrate,
            Output::HeavyContent(r) => one.heavy[r.index()],
            Output::Lerner => {
                let (mut revenue, mut cost) = (0.0, 0.0);
                for ((x, r), c) in one.outputs.iter().zip(one.revenue).zip(one.marginal_cost) {
                    revenue += r * x;
                    cost += c * x;
                }
                (revenue - cost) / revenue
            }
            Output::ResidualElasticity(b) => {
                inverse(decision.inverse_residual_elasticity[b.index()])
            }
            Output::MeasuredElasticity(b) => decision.measured_residual_elasticity[b.index()],
            Output::Share(b) => decision.share[b.index()],
            Output::Corner(b) => f64::from(u8::from(decision.corner[b.index()])),
            Output::Scarcity => f64::from(u8::from(decision.scarce.contains(&true))),
            Output::Shadow(ore) => {
                let at = Ore::CONTROLLED.into_iter().position(|one| one == ore);
                at.map_or(0.0, |at| decision.shadow[at])
            }
            Output::ForwardShare => decision.forward_share,
            Output::Objective => decision.objective.total(),
            Output::ObjectiveRents => decision.objective.rents,
            Output::ObjectiveDownstream => decision.objective.downstream,
            Output::ObjectiveDependence => decision.objective.dependence,
        }
    }
}

/// Sum over regions outside China (or one) and baskets (or one).
pub(crate) fn total(values: &ByRegion, region: Option<Region>, basket: Option<Basket>) -> f64 {
    let row = |r: usize| basket.map_or_else(|| values[r].iter().sum(), |b| values[r][b.index()]);
    region.map_or_else(|| OUTSIDE.into_iter().map(row).sum(), |r: Region| row(r.index()))
}
