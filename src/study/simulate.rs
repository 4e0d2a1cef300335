//! The worlds of a study: every scenario under every conduct, on the same paths, and what is measured between them.
//!
//! [`run_worlds`] holds all paths of the report's worlds; [`Worlds`] runs any number of paths block by block.

mod basis;
mod blocks;
mod table;

use monazite_physical::{
    ActivityPaths, Conduct, MarkUp, Measure, Output, PhysicalError, Run, Scenario, WorldSpec,
    mark_up, market_power, scenario_effects, simulate,
};
use monazite_series::Period;
use rayon::prelude::*;
use serde::Serialize;

use super::calibrate::Calibration;
use super::scenarios::finding;
use super::spec::SimulateSpec;
use crate::diagnostic::{Diagnostic, nearest};

pub use basis::MarketBasis;
pub(crate) use blocks::checked;
pub use blocks::{Block, BlockRuns, Worlds};
pub use table::{BlockValues, DRAWS_HEADER, MonthlyTable, simulation_csv};

/// Conducts that are named where one is not known.
const CONDUCTS: [&str; 3] = ["taker", "cournot-2", "dominant"];

/// Quantiles of simulation.csv.
pub const QUANTILES: [f64; 11] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/// A row of simulation.csv: the distribution over paths of one quantity in one month of one world.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationRow {
    /// Scenario.
    pub scenario: String,
    /// Conduct of the dominant supplier.
    pub conduct: Conduct,
    /// Month.
    pub month: Period,
    /// Quantity.
    pub variable: String,
    /// Its unit.
    pub unit: &'static str,
    /// Mean over paths.
    pub mean: f64,
    /// Quantiles over paths, at [`QUANTILES`].
    pub quantiles: [f64; QUANTILES.len()],
}

/// What is measured in one world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldMeasures {
    /// Scenario.
    pub scenario: String,
    /// Conduct.
    pub conduct: Conduct,
    /// Why price and marginal cost part.
    pub mark_up: MarkUp,
    /// Market power: levels, and prices against the price taker under the same scenario.
    pub power: Vec<Measure>,
    /// Effect of the scenario against the baseline under the same conduct; empty for the baseline.
    pub effects: Vec<Measure>,
    /// Largest relative imbalance of tonnes.
    pub largest_imbalance: f64,
}

/// Results of all worlds, in the order of the study: scenarios, then conducts.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// The scenarios run, with the shocks of those they build on; the baseline first.
    pub scenarios: Vec<Scenario>,
    /// Rows of simulation.csv.
    pub rows: Vec<SimulationRow>,
    /// Measures by world.
    pub measures: Vec<WorldMeasures>,
    /// Months and paths of each world.
    pub n_months: usize,
    /// Paths of each world.
    pub n_paths: usize,
}

/// The scenario of a name as a command line gives it, with the shocks of those it builds on.
///
/// # Errors
/// `U002` for a name that is not known, with the nearest one, or a base that is not known.
pub fn scenario_named(id: &str, known: &[Scenario]) -> Result<Scenario, Diagnostic> {
    let names = known.iter().map(|one| one.id.as_str());
    let found = known
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(|| Diagnostic { code: "U002", ..unknown("scenario", id, names) })?;
    found.resolved(known).map_err(|e| finding(&e))
}

/// The conduct of a name as a command line gives it.
///
/// # Errors
/// `U002` for a name that is not known, with the nearest one.
pub fn conduct_named(name: &str) -> Result<Conduct, Diagnostic> {
    let refuse = |_| Diagnostic { code: "U002", ..unknown("conduct", name, CONDUCTS) };
    name.parse().map_err(refuse)
}

/// The baseline and the scenarios of a study, found among `known`, with the shocks of those they build on.
///
/// # Errors
/// `S004` for a name that is not known, with the nearest one, or a base that is not known.
pub fn scenarios_of(spec: &SimulateSpec, known: &[Scenario]) -> Result<Vec<Scenario>, Diagnostic> {
    let baseline = known.iter().find(|one| one.id == "baseline");
    let mut scenarios = vec![baseline.cloned().unwrap_or_else(Scenario::baseline)];
    for id in &spec.scenarios {
        if scenarios.iter().any(|one| one.id == *id) {
            continue;
        }
        let found = known
            .iter()
            .find(|one| one.id == *id)
            .ok_or_else(|| unknown("scenario", id, known.iter().map(|one| one.id.as_str())))?;
        scenarios.push(found.resolved(known).map_err(|e| finding(&e))?);
    }
    Ok(scenarios)
}

/// The conducts of a study, the price taker among them or first: the others are measured against it.
///
/// # Errors
/// `S004` for a name that is not known, with the nearest one.
pub fn conducts_of(spec: &SimulateSpec) -> Result<Vec<Conduct>, Diagnostic> {
    let mut conducts = Vec::new();
    for name in &spec.conduct {
        let conduct: Conduct =
            name.parse().map_err(|_| unknown("conduct", name, Conduct::NAMES))?;
        if !conducts.contains(&conduct) {
            conducts.push(conduct);
        }
    }
    if !conducts.contains(&Conduct::Taker) {
        conducts.insert(0, Conduct::Taker);
    }
    Ok(conducts)
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known: {}", known.join(", ")),
        None => format!("known: {}", known.join(", ")),
    };
    Diagnostic::error("S004", format!("`{name}` is not a {what}")).help(hint)
}

pub(crate) fn refused(e: &PhysicalError) -> Diagnostic {
    if matches!(e, PhysicalError::Scenario(_)) {
        return finding(e);
    }
    Diagnostic::error("M010", format!("the physical market could not be simulated: {e}"))
        .help("look at the scenario and at the parameters with `monazite calibrate`")
}

/// Runs every world and measures it.
///
/// # Errors
/// `S004` for unknown names, `M010` if a world cannot be solved or its tonnes do not add up.
pub fn run_worlds(
    spec: &SimulateSpec,
    known: &[Scenario],
    calibration: &Calibration,
    activity: &ActivityPaths,
    seed: u64,
) -> Result<Simulation, Diagnostic> {
    let parameters = calibration.parameters();
    let (scenarios, conducts) = (scenarios_of(spec, known)?, conducts_of(spec)?);
    let mut simulation = Simulation {
        scenarios: Vec::new(),
        rows: Vec::new(),
        measures: Vec::new(),
        n_months: activity.n_months(),
        n_paths: activity.n_paths(),
    };
    let mut baselines: Vec<Run> = Vec::new();
    for scenario in &scenarios {
        let mut runs = Vec::with_capacity(conducts.len());
        for &conduct in &conducts {
            let world = WorldSpec {
                parameters,
                scenario,
                conduct,
                start: spec.from,
                seed,
                storers: calibration.storers(),
                n_threads: None,
            };
            let run = checked(simulate(&world, activity).map_err(|e| refused(&e))?)?;
            simulation.rows.extend(rows(&run)?);
            runs.push(run);
        }
        // The taker is among the conducts: `conducts_of` sees to it.
        let taker = conducts.iter().position(|&one| one == Conduct::Taker).unwrap_or(0);
        for (i, run) in runs.iter().enumerate() {
            simulation.measures.push(measure(run, &runs[taker], baselines.get(i))?);
        }
        if baselines.is_empty() {
            baselines = runs;
        }
    }
    simulation.scenarios = scenarios;
    Ok(simulation)
}

fn measure(run: &Run, taker: &Run, baseline: Option<&Run>) -> Result<WorldMeasures, Diagnostic> {
    let effects = match baseline {
        Some(baseline) => scenario_effects(run, baseline).map_err(|e| refused(&e))?,
        None => Vec::new(),
    };
    Ok(WorldMeasures {
        scenario: run.scenario().to_owned(),
        conduct: run.conduct(),
        mark_up: mark_up(run).map_err(|e| refused(&e))?,
        power: market_power(run, taker).map_err(|e| refused(&e))?,
        effects,
        largest_imbalance: run.largest_imbalance(),
    })
}

/// All quantities of the table in all months.
fn rows(run: &Run) -> Result<Vec<SimulationRow>, Diagnostic> {
    let outputs: Vec<Output> =
        Output::table().into_iter().chain(Output::of_conduct(run.conduct())).collect();
    let by_output: Vec<Vec<SimulationRow>> =
        outputs.into_par_iter().map(|output| rows_of(run, output)).collect::<Result<_, _>>()?;
    Ok(by_output.into_iter().flatten().collect())
}

/// One quantity in all months.
fn rows_of(run: &Run, output: Output) -> Result<Vec<SimulationRow>, Diagnostic> {
    let mut rows = Vec::with_capacity(run.n_months());
    for month_idx in 0..run.n_months() {
        let values = run.at(output, month_idx).map_err(|e| refused(&e))?;
        // A residual demand that does not respond has an infinite elasticity: such months have no row.
        if values.iter().any(|value| !value.is_finite()) {
            continue;
        }
        let found = monazite_stochastic::quantiles(&values, &QUANTILES)
            .map_err(|e| refused(&PhysicalError::from(e)))?;
        let mut quantiles = [0.0; QUANTILES.len()];
        quantiles.copy_from_slice(&found);
        rows.push(SimulationRow {
            scenario: run.scenario().to_owned(),
            conduct: run.conduct(),
            month: run.month(month_idx),
            variable: output.to_string(),
            unit: output.unit(),
            mean: values.iter().sum::<f64>() / values.len() as f64,
            quantiles,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Catalogue;
    use crate::study::activity::{EvPaths, activity_paths};
    use crate::study::calibrate::calibrate;
    use crate::study::scenarios::Scenarios;

    fn spec(conduct: &[&str], scenarios: &[&str]) -> SimulateSpec {
        let texts = |items: &[&str]| items.iter().map(|&s| s.to_owned()).collect();
        SimulateSpec {
            conduct: texts(conduct),
            scenarios: texts(scenarios),
            ..SimulateSpec::default()
        }
    }

    #[test]
    fn unknown_names_are_met_with_the_nearest_one() {
        let known = Scenarios::shipped().unwrap().scenarios();
        let e = scenarios_of(&spec(&["taker"], &["wind-up-4"]), &known).unwrap_err();
        assert!(e.code == "S004" && e.to_string().contains("did you mean `wind-up-40`"), "{e}");
        let e = conducts_of(&spec(&["dominent"], &[])).unwrap_err();
        assert!(e.code == "S004" && e.to_string().contains("did you mean `dominant`"), "{e}");
        // The taker is what the others are measured against.
        let all = conducts_of(&spec(&["cournot-2", "dominant", "cournot-2"], &[])).unwrap();
        assert_eq!(all, [Conduct::Taker, Conduct::Cournot(2), Conduct::Dominant]);
        assert_eq!(
            scenarios_of(&spec(&[], &["baseline", "licence-stop"]), &known).unwrap().len(),
            2
        );
    }

    #[test]
    fn calibrated_worlds_start_at_the_last_prices_and_are_measured() {
        let catalogue = Catalogue::bundled().unwrap();
        let start: Period = "2026-03".parse().unwrap();
        let ev = EvPaths::steady(start, 48, 22, 1.35, 0.012);
        let activity = activity_paths(&catalogue, &ev, start, 22, 5).unwrap();
        let first = calibrate(&catalogue).unwrap();
        let calibration = first.anchored(&activity, start).unwrap();
        let spec = spec(
            &["taker", "cournot-2", "dominant"],
            &["ev-up-30", "wind-up-40", "both-booms", "licence-stop"],
        );
        let known = Scenarios::shipped().unwrap().scenarios();
        let result = run_worlds(&spec, &known, &calibration, &activity, 5).unwrap();
        assert_eq!(result.measures.len(), 15);
        let row = |conduct: Conduct, variable: &str, month: &str| {
            result
                .rows
                .iter()
                .find(|r| {
                    r.scenario == "baseline"
                        && r.conduct == conduct
                        && r.variable == variable
                        && r.month.to_string() == month
                })
                .unwrap()
        };
        for row in calibration.rows() {
            assert!(row.low <= row.value && row.value <= row.high, "{row:?}");
        }
        // Base conduct is Cournot with two groups: the first month starts at the last quote.
        let price = row(Conduct::Cournot(2), "price.NdPr", "2026-03");
        let target = calibration.last_prices()[1].value;
        assert!((price.mean / target - 1.0).abs() < 0.05, "{} for {target}", price.mean);
        assert!(price.quantiles.is_sorted() && price.quantiles[0] < price.quantiles[10]);
        // Tonnage is near that of customs in 2025: 57,392 t of magnets and 62,585 t of the headline a year.
        let magnets = row(Conduct::Cournot(2), "magnet-exports", "2026-12").mean;
        let headline = row(Conduct::Cournot(2), "headline-exports", "2026-12").mean;
        assert!((4_000.0..6_500.0).contains(&magnets), "{magnets}");
        assert!((4_500.0..7_000.0).contains(&headline), "{headline}");
        let dominant = row(Conduct::Dominant, "price.NdPr", "2026-12").mean;
        assert!(dominant > row(Conduct::Cournot(2), "price.NdPr", "2026-12").mean);
        for world in &result.measures {
            assert_eq!(world.effects.is_empty(), world.scenario == "baseline");
            assert!(world.largest_imbalance < 1e-9);
        }
    }
}
