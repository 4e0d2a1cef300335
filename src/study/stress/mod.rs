//! Stress tests: any scenario, any metric, tails and not only means, against the baseline on common random numbers.
//!
//! A metric is one number a path over a window of months: from the first month of the scenario's shocks to the end. Path by
//! path it is taken in the scenario and in the baseline, which share activity, disturbances and parameters, so that the
//! interval of their difference is that of the scenario's effect and not of the dice. Tail measures are expected
//! shortfalls: the mean of the worst 10 or 5 % of paths, on the side that hurts. Intervals are 95 % intervals of means
//! (Student's t over paths); with drawn parameters they cover those too.

mod figures;
mod metric;
mod tally;

use monazite_physical::{Basket, Output, Scenario};

pub use figures::price_figure;
pub use metric::{Group, Metric, SHORT, Tail};
pub use tally::StressRow;

use super::simulate::{BlockRuns, BlockValues, MonthlyTable, SimulationRow, Worlds};
use crate::diagnostic::Diagnostic;
use metric::{evaluate, metrics};
use tally::Tally;

/// Tail levels of expected shortfall, per cent.
pub const LEVELS: [f64; 2] = [90.0, 95.0];

/// What a stress test found.
#[derive(Debug, Clone, PartialEq)]
pub struct Stress {
    /// A row for every scenario and metric.
    pub rows: Vec<StressRow>,
    /// Prices, exports and unmet use by month: the baseline, then each scenario.
    pub paths: Vec<SimulationRow>,
    /// Whether quantiles are those of all paths, or of a t-digest.
    pub is_exact: bool,
    /// Draws of parameters that could not be anchored or run and were drawn again.
    pub n_refused: u64,
}

/// Quantities whose paths a stress test shows.
pub fn path_outputs() -> Vec<Output> {
    let mut all = Vec::new();
    all.extend(Basket::ALL.map(Output::Price));
    all.extend(Basket::ALL.map(Output::OutsidePrice));
    all.extend([Output::Exports(None, None), Output::Unmet(None, None), Output::Stock(None, None)]);
    all
}

/// A scenario while its paths come in.
struct Test {
    scenario: Scenario,
    window: (usize, usize),
    tally: Tally,
    paths: MonthlyTable,
}

/// What a block says of a scenario: metrics by path in the baseline and in the scenario, and monthly values.
type BlockOfTest = (Vec<Vec<f64>>, Vec<Vec<f64>>, BlockValues);

/// Runs every scenario beside the baseline; `done` is told the number of paths that are through.
///
/// # Errors
/// `S004` for a scenario whose shocks lie outside the months simulated, `M010` if a market cannot be solved.
pub fn stress(
    worlds: &Worlds<'_>,
    scenarios: &[Scenario],
    groups: &[Group],
    levels: &[f64],
    done: &dyn Fn(u64),
) -> Result<Stress, Diagnostic> {
    let n_months = worlds.basis.n_months();
    let (outputs, metrics) = (path_outputs(), metrics(groups));
    let mut tests: Vec<Test> = scenarios
        .iter()
        .map(|scenario| {
            Ok(Test {
                scenario: scenario.clone(),
                window: window(scenario, worlds)?,
                tally: Tally::new(&metrics),
                paths: MonthlyTable::new(outputs.clone(), n_months),
            })
        })
        .collect::<Result<_, Diagnostic>>()?;
    let baseline = Scenario::baseline();
    let mut baseline_paths = MonthlyTable::new(outputs.clone(), n_months);
    let windows: Vec<(usize, usize)> = tests.iter().map(|test| test.window).collect();
    let n_refused = worlds.fold(
        &|block| {
            let read =
                |runs: &BlockRuns| BlockValues::read(runs, block.first_path(), &outputs, n_months);
            let before = block.run(&baseline)?;
            let mut all: Vec<BlockOfTest> = Vec::with_capacity(scenarios.len());
            for (scenario, &window) in scenarios.iter().zip(&windows) {
                let runs = block.run(scenario)?;
                all.push((
                    evaluate(groups, &before, window)?,
                    evaluate(groups, &runs, window)?,
                    read(&runs)?,
                ));
            }
            Ok((read(&before)?, all))
        },
        &mut |(before, all), n_done| {
            baseline_paths.add(&before)?;
            for (test, (base, shocked, values)) in tests.iter_mut().zip(all) {
                test.tally.add(&base, &shocked)?;
                test.paths.add(&values)?;
            }
            done(n_done);
            Ok(())
        },
    )?;
    let mut found = Stress {
        rows: Vec::new(),
        paths: baseline_paths.rows(worlds, &baseline)?,
        is_exact: baseline_paths.is_exact(),
        n_refused,
    };
    for test in &tests {
        found.rows.extend(test.tally.rows(&test.scenario.id, &metrics, levels)?);
        if test.scenario.id != baseline.id {
            found.paths.extend(test.paths.rows(worlds, &test.scenario)?);
        }
    }
    Ok(found)
}

/// Months over which a scenario is measured: from its first shock, or all without one.
fn window(scenario: &Scenario, worlds: &Worlds<'_>) -> Result<(usize, usize), Diagnostic> {
    let n_months = worlds.basis.n_months();
    let first = scenario.first_month(worlds.start()).unwrap_or(0);
    if first < n_months {
        return Ok((first, n_months));
    }
    Err(Diagnostic::error(
        "S004",
        format!(
            "scenario `{}` begins in {}, after the last month simulated",
            scenario.id,
            worlds.start().plus(first as i64)
        ),
    )
    .help("simulate more months with --months, or let its shocks begin earlier"))
}
