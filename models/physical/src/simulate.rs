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

use crate::checks::{Violation, violations};
use crate::futures::FuturesCurve;
use crate::path::run_path;
use crate::record::{Output, Record};
use crate::state::ByRegion;
use crate::world::{Conduct, OUTSIDE, World, WorldSpec};
use crate::{
    ActivityPaths, Basket, ExpectedActivity, N_BASKETS, Ore, Parameters, PhysicalError, Region,
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
    let paths = || -> Vec<Result<Vec<Record>, PhysicalError>> {
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
    let mut records = Vec::with_capacity(activity.n_paths() * activity.n_months());
    for path in results {
        records.extend(path?);
    }
    Ok(Run {
        scenario: spec.scenario.id.clone(),
        conduct: spec.conduct,
        start: spec.start,
        seed: spec.seed,
        first_shock: spec.scenario.first_month(spec.start),
        n_paths: activity.n_paths(),
        n_months: activity.n_months(),
        first_backlog: world.border.waiting(),
        first_stock: world.border.stock,
        trade: Trade::new(spec.parameters),
        curve: world.curve,
        records,
    })
}

/// Factors from t REO to customs weight and value.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Trade {
    /// Gross weight per t REO in the headline figure and as magnets.
    headline: [f64; N_BASKETS],
    magnet: [f64; N_BASKETS],
    /// Value as a multiple of the oxide's, all forms and those of the headline.
    value: [f64; N_BASKETS],
    headline_value: [f64; N_BASKETS],
    vat: f64,
    cny_per_usd: f64,
}

impl Trade {
    fn new(parameters: &Parameters) -> Self {
        let mut trade = Self {
            headline: [0.0; N_BASKETS],
            magnet: [0.0; N_BASKETS],
            value: [0.0; N_BASKETS],
            headline_value: [0.0; N_BASKETS],
            vat: parameters.trade.vat.value,
            cny_per_usd: parameters.trade.cny_per_usd.value,
        };
        for (b, forms) in parameters.forms.iter().enumerate() {
            for form in forms {
                let weight = form.share.value / form.reo_content.value;
                let value = form.share.value * form.value_factor.value;
                trade.value[b] += value;
                if form.in_headline {
                    trade.headline[b] += weight;
                    trade.headline_value[b] += value;
                } else if b == Basket::NdPr.index() {
                    // Every magnet holds NdPr; DyTb leaves inside the same magnets and adds no weight of its own.
                    trade.magnet[b] += weight;
                }
            }
        }
        trade
    }

    /// USD per t REO at the border of China.
    fn border_price(&self, record: &Record, b: usize) -> f64 {
        record.price[b].max(0.0) * (1.0 + self.vat) / self.cny_per_usd
    }
}

/// The results of a world: every month of every path.
#[derive(Debug, Clone)]
pub struct Run {
    scenario: String,
    conduct: Conduct,
    start: Period,
    seed: u64,
    first_shock: Option<usize>,
    n_paths: usize,
    n_months: usize,
    first_backlog: ByRegion,
    first_stock: ByRegion,
    trade: Trade,
    curve: FuturesCurve,
    records: Vec<Record>,
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
        self.n_paths
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
        Ok((0..self.n_paths).map(|path| self.value(output, path, month_idx)).collect())
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
        Ok((0..self.n_paths).map(one).collect())
    }

    /// Mean, spread and quantiles over paths of one month.
    ///
    /// # Errors
    /// A month that was not simulated, or fewer than two paths.
    pub fn summary(&self, output: Output, month_idx: usize) -> Result<Summary, PhysicalError> {
        Ok(Summary::of(&self.at(output, month_idx)?)?)
    }

    /// What is broken: balances that do not close, shipments without leave, numbers that make no sense. Empty if all is
    /// well.
    pub fn violations(&self) -> Vec<Violation> {
        self.audit().0
    }

    /// Largest imbalance of any balance in any month of any path, relative to the quantities in it.
    pub fn largest_imbalance(&self) -> f64 {
        self.audit().1
    }

    fn audit(&self) -> (Vec<Violation>, f64) {
        violations(
            &self.records,
            self.n_months,
            self.start,
            (&self.first_backlog, &self.first_stock),
        )
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
        let one = &self.records[path_idx * self.n_months + month_idx];
        let trade = &self.trade;
        let weighted = |region: Option<Region>, factor: &dyn Fn(usize) -> f64| {
            let mut sum = 0.0;
            for b in 0..N_BASKETS {
                sum += total(&one.shipments, region, Some(Basket::ALL[b])) * factor(b);
            }
            sum
        };
        let inverse = |value: f64| if value > 0.0 { -1.0 / value } else { f64::NEG_INFINITY };
        let decision = &one.decision;
        match output {
            Output::Price(b) => one.price[b.index()],
            Output::OutsidePrice(b) => one.outside_price[b.index()] / trade.cny_per_usd,
            Output::RegionPrice(r, b) => one.region_price[r.index()][b.index()] / trade.cny_per_usd,
            Output::Futures(months) => self.curve.price(one.futures, months),
            Output::OreOutput(ore) => {
                let at = Ore::CONTROLLED.into_iter().position(|one| one == ore);
                at.map_or(0.0, |at| one.outputs[at])
            }
            Output::OwnSupply(b) => one.own[b.index()],
            Output::FringeSupply(b) => one.fringe[b.index()],
            Output::Use(r, b) => one.region_use[r.index()][b.index()],
            Output::Exports(r, b) => total(&one.shipments, r, b),
            Output::HeadlineExports(r) => weighted(r, &|b| trade.headline[b]),
            Output::MagnetExports(r) => weighted(r, &|b| trade.magnet[b]),
            Output::ExportValue(r) => weighted(r, &|b| trade.value[b] * trade.border_price(one, b)),
            Output::HeadlineValue(r) => {
                weighted(r, &|b| trade.headline_value[b] * trade.border_price(one, b))
            }
            Output::Unmet(r, b) => total(&one.unmet, r, b),
            Output::UnmetUse(r, u) => {
                let of = |r: usize| one.unmet_use[r][u.index()];
                r.map_or_else(|| OUTSIDE.into_iter().map(of).sum(), |r| of(r.index()))
            }
            Output::Backlog(r, b) => total(&one.backlog, r, b),
            Output::Stock(r, b) => total(&one.stock, r, b),
            Output::DemandAtBase(b) => one.demand_at_base[b.index()],
            Output::Dumped(b) => one.dumped[b.index()],
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
        }
    }
}

/// Sum over regions outside China (or one) and baskets (or one).
fn total(values: &ByRegion, region: Option<Region>, basket: Option<Basket>) -> f64 {
    let row = |r: usize| basket.map_or_else(|| values[r].iter().sum(), |b| values[r][b.index()]);
    region.map_or_else(|| OUTSIDE.into_iter().map(row).sum(), |r: Region| row(r.index()))
}
