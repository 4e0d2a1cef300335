//! `monazite simulate [SCENARIO]`: one world on many paths.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use monazite_physical::{Conduct, Output, Scenario};
use serde_json::json;

use super::columns::Columns;
use super::run_stats::RunStats;
use super::study_input::{DAYS_A_MONTH, StudyArgs, progress, say_refused};
use super::{Failure, Terminal};
use crate::chart::number::significant;
use crate::diagnostic::{Diagnostic, nearest};
use crate::output::{HashedFile, PROGRAM, RunFolder, csv_text, json_bytes};
use crate::study::manifest::manifest;
use crate::study::simulate::{
    BlockValues, DRAWS_HEADER, MarketBasis, MonthlyTable, QUANTILES, SimulationRow, Worlds,
    conduct_named, scenario_named, simulation_csv,
};
use crate::study::spec::Study;
use crate::study::uncertainty::{Decomposition, ParameterDraws, decompose};

/// Simulate the market under a scenario: mean and quantiles over paths of every quantity and month.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Quantiles are exact up to 1,024 paths and a t-digest beyond; memory does not grow with paths.\n\
    Example: monazite simulate licence-stop --paths 2000 --variable price.NdPr,unmet --format table"
)]
pub(super) struct Args {
    /// Scenario, as `monazite scenario list` prints it.
    #[arg(default_value = "baseline")]
    scenario: String,
    /// Level of detail: l1 is the monthly market without an exchange, l2 the exchange with an order book.
    #[arg(long, value_enum, default_value_t = Fidelity::L1)]
    fidelity: Fidelity,
    #[command(flatten)]
    study: StudyArgs,
    /// Trading days instead of months, 21 to a month, rounded up to whole months.
    #[arg(long, value_name = "N", conflicts_with = "months")]
    days: Option<u64>,
    /// Conduct of the dominant supplier: taker, cournot-n, dominant, theta-x. Default: that of the base year.
    #[arg(long, value_name = "NAME")]
    conduct: Option<String>,
    /// Quantities, separated by commas, such as price.NdPr or exports.us. Default: those of the report.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    variable: Vec<String>,
    /// Draw parameters on every path too, and take the variance of prices and exports apart by source (variance.csv).
    #[arg(long)]
    parameter_uncertainty: bool,
    /// Form of what is printed.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write simulation.csv, parameters.json and a manifest into this folder instead.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Also write every path to draws.csv.
    #[arg(long, requires = "output")]
    draws: bool,
    /// Write how fast it ran, as JSON.
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// Write into a folder that holds other files; they are not touched.
    #[arg(long)]
    force: bool,
}

/// Level of detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Fidelity {
    /// The monthly market, solved.
    L1,
    /// The exchange with its order book.
    L2,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Mean and quantiles as CSV.
    Csv,
    /// Means, medians and 90 % bands, aligned for reading.
    Table,
}

/// Pairs of paths from which variance is taken apart.
const MOST_PAIRS: u64 = 256;

/// The arguments, checked.
struct Plan {
    study: Study,
    scenario: Scenario,
    conduct: Option<Conduct>,
    outputs: Vec<Output>,
    n_paths: u64,
    n_months: Option<usize>,
}

/// What a run found.
struct Found {
    rows: Vec<SimulationRow>,
    variance: Option<Decomposition>,
    is_exact: bool,
    n_refused: u64,
    n_months: usize,
    wall: Duration,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let plan = self.plan()?;
        if let Some(root) = &self.output {
            RunFolder::check(root, self.force)?;
        }
        let basis = MarketBasis::prepare(&plan.study, plan.n_months)?;
        let folder =
            self.output.as_ref().map(|root| RunFolder::open(root, self.force)).transpose()?;
        let mut every_path = match &folder {
            Some(folder) if self.draws => Some(folder.grow("draws.csv")?),
            _ => None,
        };
        let found = self.simulate(&plan, &basis, every_path.as_mut(), terminal)?;
        if !found.is_exact {
            terminal.say("note: quantiles are those of a t-digest: more than 1,024 paths");
        }
        say_refused(found.n_refused, terminal);
        if let Some(file) = &self.stats {
            let days = plan.n_paths * found.n_months as u64 * DAYS_A_MONTH;
            RunStats::of_market_days(days, found.wall).write(file)?;
        }
        match folder {
            None => self.print(&found, terminal),
            Some(folder) => self.write(folder, every_path, &found, (&plan, &basis), terminal),
        }
    }

    fn write(
        &self,
        mut folder: RunFolder,
        every_path: Option<HashedFile>,
        found: &Found,
        (plan, basis): (&Plan, &MarketBasis),
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        folder.write("simulation.csv", simulation_csv(&found.rows)?.as_bytes())?;
        folder.write("parameters.json", &json_bytes(&basis.calibration().rows())?)?;
        if let Some(variance) = &found.variance {
            folder.write("variance.csv", csv_text(&variance.shares)?.as_bytes())?;
        }
        if let Some(grown) = every_path {
            folder.close(grown)?;
        }
        folder.write_run(&json!({
            "program": PROGRAM,
            "threads": rayon::current_num_threads(),
            "wall_s": found.wall.as_secs_f64(),
        }))?;
        let root = folder.finish(manifest("simulate", &plan.study, self.options(plan, basis)))?;
        terminal.say(&format!("wrote {}", root.join("simulation.csv").display()));
        Ok(())
    }

    fn plan(&self) -> Result<Plan, Diagnostic> {
        if self.fidelity == Fidelity::L2 {
            return Err(Diagnostic::error("U004", "--fidelity l2 is not built yet")
                .help("the order-book level comes with a later version; `--fidelity l1` is the monthly market"));
        }
        let study = self.study.study()?;
        let n_paths = self.study.paths(study.spec.simulate.paths)?;
        Ok(Plan {
            scenario: scenario_named(&self.scenario, &study.scenarios.scenarios())?,
            conduct: self.conduct.as_deref().map(conduct_named).transpose()?,
            outputs: outputs(&self.variable)?,
            n_months: self.study.months(self.days)?,
            n_paths,
            study,
        })
    }

    fn simulate(
        &self,
        plan: &Plan,
        basis: &MarketBasis,
        mut every_path: Option<&mut HashedFile>,
        terminal: &Terminal,
    ) -> Result<Found, Failure> {
        let draws = self
            .parameter_uncertainty
            .then(|| ParameterDraws::new(basis, plan.conduct.is_some()))
            .transpose()?;
        let n_months = basis.n_months();
        let worlds =
            Worlds { basis, conduct: plan.conduct, n_paths: plan.n_paths, draws: draws.as_ref() };
        let world = (plan.scenario.clone(), worlds.conduct_name());
        let mut table = MonthlyTable::new(plan.outputs.clone(), n_months);
        if let Some(file) = &mut every_path {
            file.write(DRAWS_HEADER.as_bytes())?;
        }
        let bar = progress(plan.n_paths, terminal);
        let start = Instant::now();
        let n_refused = worlds.fold(
            &|block| {
                let runs = block.run(&plan.scenario)?;
                BlockValues::read(&runs, block.first_path(), &plan.outputs, n_months)
            },
            &mut |values, done| {
                table.add(&values)?;
                if let Some(file) = &mut every_path {
                    file.write(values.csv(&table, &world, worlds.start()).as_bytes())?;
                }
                bar.set_position(done);
                Ok(())
            },
        )?;
        let wall = start.elapsed();
        bar.finish_and_clear();
        let n_pairs = plan.n_paths.clamp(8, MOST_PAIRS) as usize;
        if self.parameter_uncertainty {
            terminal.say(&format!("note: taking the variance apart with {n_pairs} pairs of draws"));
        }
        let variance = self
            .parameter_uncertainty
            .then(|| decompose(basis, &plan.scenario, n_pairs))
            .transpose()?;
        let rows = table.rows(&worlds, &plan.scenario)?;
        Ok(Found { rows, variance, is_exact: table.is_exact(), n_refused, n_months, wall })
    }

    /// Options of the manifest: what results depend on besides the study.
    fn options(&self, plan: &Plan, basis: &MarketBasis) -> serde_json::Value {
        json!({
            "study": plan.study.spec,
            "scenario": plan.scenario,
            "conduct": plan.conduct.map(|c| c.to_string()),
            "fidelity": "l1",
            "paths": plan.n_paths,
            "months": basis.n_months(),
            "variables": plan.outputs.iter().map(Output::to_string).collect::<Vec<_>>(),
            "parameter_uncertainty": self.parameter_uncertainty,
        })
    }

    fn print(&self, found: &Found, terminal: &mut Terminal) -> Result<(), Failure> {
        if terminal.json() {
            let quantile = |q: &[f64]| -> serde_json::Map<String, serde_json::Value> {
                QUANTILES.iter().zip(q).map(|(p, v)| (format!("q{p}"), json!(v))).collect()
            };
            let row = |r: &SimulationRow| {
                json!({
                    "scenario": r.scenario, "conduct": r.conduct.to_string(), "ds": r.month.to_string(),
                    "variable": r.variable, "unit": r.unit, "mean": r.mean, "quantiles": quantile(&r.quantiles),
                })
            };
            let rows: Vec<_> = found.rows.iter().map(row).collect();
            return Ok(terminal.print_json(&json!({ "rows": rows, "variance": found.variance }))?);
        }
        let text = match self.format {
            Format::Csv => simulation_csv(&found.rows)?,
            Format::Table => table(&found.rows),
        };
        terminal.print(&text)?;
        if let (Format::Table, Some(variance)) = (self.format, &found.variance) {
            terminal.print(&format!("\n{}", variance_table(variance)))?;
        }
        Ok(())
    }
}

/// The quantities of these names.
fn outputs(names: &[String]) -> Result<Vec<Output>, Diagnostic> {
    if names.is_empty() {
        return Ok(Output::table());
    }
    let known: Vec<String> = Output::table().iter().map(Output::to_string).collect();
    names
        .iter()
        .map(|name| {
            name.parse().map_err(|e| {
                let hint = match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("{e}"),
                };
                Diagnostic::error("U002", format!("`{name}` is not a simulated quantity"))
                    .help(hint)
            })
        })
        .collect()
}

fn table(rows: &[SimulationRow]) -> String {
    let mut columns =
        Columns::new(&["variable", "month", "unit", ">mean", ">5 %", ">median", ">95 %"]);
    for r in rows {
        let cell = |v: f64| significant(v, 5);
        columns.push(vec![
            r.variable.clone(),
            r.month.to_string(),
            r.unit.to_owned(),
            cell(r.mean),
            cell(r.quantiles[0]),
            cell(r.quantiles[QUANTILES.len() / 2]),
            cell(r.quantiles[QUANTILES.len() - 1]),
        ]);
    }
    columns.render()
}

fn variance_table(variance: &Decomposition) -> String {
    let mut columns = Columns::new(&[
        "variable",
        ">months",
        "source",
        ">alone, %",
        ">s.e.",
        ">total, %",
        ">s.e.",
    ]);
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let maybe = |share: Option<f64>| share.map_or_else(String::new, percent);
    for one in &variance.shares {
        columns.push(vec![
            one.variable.clone(),
            one.months.to_string(),
            one.source.map_or_else(|| "interactions".to_owned(), |s| s.to_string()),
            percent(one.alone),
            percent(one.alone_se),
            maybe(one.total),
            maybe(one.total_se),
        ]);
    }
    let left_out: Vec<String> = variance
        .n_left_out
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(source, n)| format!("{n} mixes of {source} cannot be calibrated and are left out"))
        .collect();
    format!(
        "Share of the variance of logarithms by source, {} pairs of paths\n{}{}\n",
        variance.n_pairs,
        columns.render(),
        left_out.join("; ")
    )
}
