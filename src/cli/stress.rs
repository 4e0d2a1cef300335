//! `monazite stress [SCENARIO…]`: scenarios against the baseline, tails and not only means.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use monazite_physical::{Conduct, Scenario};
use rayon::prelude::*;
use serde_json::json;

use super::columns::Columns;
use super::run_stats::RunStats;
use super::study_input::{DAYS_A_MONTH, StudyArgs, progress, say_refused};
use super::{Failure, Terminal};
use crate::chart::number::{signed, significant};
use crate::diagnostic::Diagnostic;
use crate::output::{PROGRAM, RunFolder, json_bytes};
use crate::study::manifest::manifest;
use crate::study::simulate::{MarketBasis, Worlds, conduct_named, scenario_named, simulation_csv};
use crate::study::spec::Study;
use crate::study::stress::{Group, LEVELS, Stress, StressRow, price_figure, stress};
use crate::study::uncertainty::ParameterDraws;

/// Stress tests: what scenarios do to cost, unmet demand, prices and stocks, in the mean and in the worst paths.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Changes are paired with the baseline on common random numbers; es90 and es95 are means of the worst 10 and 5 % of paths.\n\
    Example: monazite stress licence-stop both-booms --metric procurement-cost,unmet --format table"
)]
pub(super) struct Args {
    /// Scenarios, as `monazite scenario list` prints them. Default: those of the study.
    scenarios: Vec<String>,
    /// Metrics, separated by commas: procurement-cost, unmet, price, cover, stock-value. Default: all.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    metric: Vec<String>,
    /// Tail levels of expected shortfall, per cent, separated by commas.
    #[arg(long, visible_alias = "levels", value_delimiter = ',', value_name = "PERCENT,…", default_values_t = LEVELS)]
    level: Vec<f64>,
    #[command(flatten)]
    study: StudyArgs,
    /// Conduct of the dominant supplier: taker, cournot-n, dominant, theta-x. Default: that of the base year.
    #[arg(long, value_name = "NAME")]
    conduct: Option<String>,
    /// Draw parameters on every path too.
    #[arg(long)]
    parameter_uncertainty: bool,
    /// Form of what is printed.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write stress.csv, paths.csv, a chart for each scenario and a manifest into this folder instead.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write how fast it ran, as JSON.
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// Write into a folder that holds other files; they are not touched.
    #[arg(long)]
    force: bool,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Every metric as CSV.
    Csv,
    /// Baseline, change with its interval and tails, aligned for reading.
    Table,
}

/// The arguments, checked.
struct Plan {
    study: Study,
    scenarios: Vec<Scenario>,
    conduct: Option<Conduct>,
    groups: Vec<Group>,
    n_paths: u64,
    n_months: Option<usize>,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let plan = self.plan()?;
        if let Some(root) = &self.output {
            RunFolder::check(root, self.force)?;
        }
        let basis = MarketBasis::prepare(&plan.study, plan.n_months)?;
        let draws = self
            .parameter_uncertainty
            .then(|| ParameterDraws::new(&basis, plan.conduct.is_some()))
            .transpose()?;
        let worlds = Worlds {
            basis: &basis,
            conduct: plan.conduct,
            n_paths: plan.n_paths,
            draws: draws.as_ref(),
        };
        let bar = progress(plan.n_paths, terminal);
        let start = Instant::now();
        let found = stress(&worlds, &plan.scenarios, &plan.groups, &self.level, &|done| {
            bar.set_position(done);
        })?;
        let wall = start.elapsed();
        bar.finish_and_clear();
        if !found.is_exact {
            terminal.say("note: quantiles are those of a t-digest: more than 1,024 paths");
        }
        say_refused(found.n_refused, terminal);
        if let Some(file) = &self.stats {
            let n_worlds = 1 + plan.scenarios.len() as u64;
            let days = n_worlds * plan.n_paths * basis.n_months() as u64 * DAYS_A_MONTH;
            RunStats::of_market_days(days, wall).write(file)?;
        }
        match &self.output {
            None => self.print(&found, terminal),
            Some(root) => {
                let mut folder = RunFolder::open(root, self.force)?;
                self.write(&mut folder, &found, (&plan, &basis), terminal)?;
                folder.write_run(&json!({
                    "program": PROGRAM,
                    "threads": rayon::current_num_threads(),
                    "wall_s": wall.as_secs_f64(),
                }))?;
                let options = self.options(&plan, &basis);
                let root = folder.finish(manifest("stress", &plan.study, options))?;
                terminal.say(&format!("wrote {}", root.join("stress.csv").display()));
                Ok(())
            }
        }
    }

    fn plan(&self) -> Result<Plan, Diagnostic> {
        let study = self.study.study()?;
        let n_paths = self.study.paths(study.spec.simulate.paths)?;
        if let Some(level) = self.level.iter().find(|level| !(**level >= 1.0 && **level <= 99.9)) {
            return Err(Diagnostic::error("U001", format!("--level {level} is not possible"))
                .help("a tail level in per cent, between 1 and 99.9; 90,95 are the defaults"));
        }
        let mut groups = Vec::new();
        for name in &self.metric {
            let group = name.parse()?;
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        if groups.is_empty() {
            groups.extend(Group::ALL);
        }
        let known = study.scenarios.scenarios();
        let names = if self.scenarios.is_empty() {
            &study.spec.simulate.scenarios
        } else {
            &self.scenarios
        };
        let mut scenarios: Vec<Scenario> = Vec::new();
        for name in names {
            let one = scenario_named(name, &known)?;
            if scenarios.iter().all(|other| other.id != one.id) {
                scenarios.push(one);
            }
        }
        if scenarios.is_empty() {
            return Err(Diagnostic::error("U001", "the study names no scenario to test")
                .help("name one, such as `monazite stress licence-stop`"));
        }
        Ok(Plan {
            conduct: self.conduct.as_deref().map(conduct_named).transpose()?,
            n_months: self.study.months(None)?,
            study,
            scenarios,
            groups,
            n_paths,
        })
    }

    fn write(
        &self,
        folder: &mut RunFolder,
        found: &Stress,
        (plan, basis): (&Plan, &MarketBasis),
        terminal: &Terminal,
    ) -> Result<(), Diagnostic> {
        let vintage = basis.vintage();
        let rate = basis.calibration().parameters().trade.cny_per_usd.value;
        let figures = plan
            .scenarios
            .par_iter()
            .map(|one| {
                let figure = price_figure(found, (&one.id, &one.title), rate, &vintage)?;
                let png = figure.png().map_err(|e| {
                    Diagnostic::error("C001", format!("chart `{}`: {e}", figure.id))
                })?;
                Ok((figure, png))
            })
            .collect::<Result<Vec<_>, Diagnostic>>()?;
        folder.write("stress.csv", csv(&found.rows, &self.level).as_bytes())?;
        folder.write("paths.csv", simulation_csv(&found.paths)?.as_bytes())?;
        folder.write("parameters.json", &json_bytes(&basis.calibration().rows())?)?;
        for (figure, png) in &figures {
            for warning in &figure.warnings {
                terminal.say(&format!("note: chart {}: {warning}", figure.id));
            }
            let name = |ending: &str| format!("charts/{}.{ending}", figure.id);
            folder.write(&name("svg"), figure.svg.as_bytes())?;
            folder.write(&name("png"), png)?;
            folder.write(&name("csv"), figure.csv.as_bytes())?;
            folder.write(&name("alt.txt"), figure.alt.as_bytes())?;
        }
        Ok(())
    }

    /// Options of the manifest: what results depend on besides the study.
    fn options(&self, plan: &Plan, basis: &MarketBasis) -> serde_json::Value {
        json!({
            "study": plan.study.spec,
            "scenarios": plan.scenarios,
            "metrics": plan.groups,
            "levels": self.level,
            "conduct": plan.conduct.map(|c| c.to_string()),
            "paths": plan.n_paths,
            "months": basis.n_months(),
            "parameter_uncertainty": self.parameter_uncertainty,
        })
    }

    fn print(&self, found: &Stress, terminal: &mut Terminal) -> Result<(), Failure> {
        if terminal.json() {
            return Ok(terminal.print_json(&found.rows.iter().map(object).collect::<Vec<_>>())?);
        }
        let text = match self.format {
            Format::Csv => csv(&found.rows, &self.level),
            Format::Table => table(&found.rows),
        };
        Ok(terminal.print(&text)?)
    }
}

/// `es95` for a level of 95 %.
fn shortfall_name(level: f64) -> String {
    format!("es{level}")
}

fn object(row: &StressRow) -> serde_json::Value {
    let mut value = json!({
        "scenario": row.scenario, "metric": row.metric, "measure": row.measure, "region": row.region,
        "item": row.item, "unit": row.unit, "baseline": row.baseline, "mean": row.mean, "q0.05": row.q05,
        "median": row.median, "q0.95": row.q95, "tail": row.tail,
    });
    for &(level, scenario, baseline) in &row.shortfalls {
        value[shortfall_name(level)] = json!(scenario);
        value[format!("baseline_{}", shortfall_name(level))] = json!(baseline);
    }
    for (name, figure) in [
        ("change", row.change),
        ("change_se", row.change_se),
        ("lo95", row.lo95),
        ("hi95", row.hi95),
    ] {
        value[name] = json!(figure);
    }
    value["paths"] = json!(row.n_paths);
    value
}

/// Fields are names and numbers, so that nothing needs quoting.
fn csv(rows: &[StressRow], levels: &[f64]) -> String {
    let mut text =
        "scenario,metric,measure,region,item,unit,baseline,mean,q0.05,median,q0.95,tail".to_owned();
    // Writing to a string cannot fail.
    for level in levels {
        let name = shortfall_name(*level);
        let _ = write!(text, ",{name},baseline_{name}");
    }
    text.push_str(",change,change_se,lo95,hi95,paths\n");
    for r in rows {
        let tail = if r.tail == crate::study::stress::Tail::Upper { "upper" } else { "lower" };
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{tail}",
            r.scenario,
            r.metric,
            r.measure,
            r.region,
            r.item,
            r.unit,
            r.baseline,
            r.mean,
            r.q05,
            r.median,
            r.q95
        );
        for (_, scenario, baseline) in &r.shortfalls {
            let _ = write!(text, ",{scenario},{baseline}");
        }
        let _ = writeln!(text, ",{},{},{},{},{}", r.change, r.change_se, r.lo95, r.hi95, r.n_paths);
    }
    text
}

/// What changed, for people: rows without any change are left out.
fn table(rows: &[StressRow]) -> String {
    let mut columns = Columns::new(&[
        "scenario",
        "metric",
        "measure",
        "region",
        "item",
        "unit",
        ">baseline",
        ">mean",
        ">change",
        ">95 % from",
        ">to",
        ">worst tail",
        ">baseline's",
    ]);
    let mut n_left_out = 0;
    for r in rows {
        let is_same = r.change == 0.0 && r.change_se == 0.0 && r.scenario != "baseline";
        if is_same || (r.mean == 0.0 && r.baseline == 0.0) {
            n_left_out += 1;
            continue;
        }
        let cell = |v: f64| significant(v, 4);
        let (_, worst, before) = r.shortfalls.last().copied().unwrap_or((0.0, f64::NAN, f64::NAN));
        let decimals = if r.change.abs() >= 100.0 { 0 } else { 2 };
        columns.push(vec![
            r.scenario.clone(),
            r.metric.to_string(),
            r.measure.to_owned(),
            r.region.to_owned(),
            r.item.to_owned(),
            r.unit.to_owned(),
            cell(r.baseline),
            cell(r.mean),
            signed(r.change, decimals),
            signed(r.lo95, decimals),
            signed(r.hi95, decimals),
            cell(worst),
            cell(before),
        ]);
    }
    let mut text = columns.render();
    if n_left_out > 0 {
        let _ = writeln!(
            text,
            "{n_left_out} metrics that the scenario leaves as they are, or at zero, are not shown"
        );
    }
    text
}
