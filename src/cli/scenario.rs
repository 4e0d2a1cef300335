//! `monazite scenario …`: what scenarios there are, what they do, and whether a file is one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use monazite_physical::{Scenario, Shock, Size, Variable};
use monazite_series::Period;
use serde_json::json;

use super::columns::Columns;
use super::{Failure, Terminal};
use crate::diagnostic::Diagnostic;
use crate::output::write_file;
use crate::study::scenarios::{
    Provenance, ScenarioSource, Scenarios, TEMPLATE, at_key, read_scenario, shock_sentence,
};
use crate::study::spec::Study;

/// List, show, check and start scenarios.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Folder or file of a study, whose scenarios/*.toml come beside the shipped ones; the bundled study if not given.
    #[arg(long, global = true, value_name = "DIR")]
    study: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every scenario: id, title, number of shocks, where it comes from.
    #[command(after_help = "Example: monazite scenario list --json")]
    List,
    /// The file of a scenario, and what it does month by month.
    #[command(after_help = "Example: monazite scenario show iea-nze-2030")]
    Show {
        /// Scenario, as `scenario list` prints it.
        id: String,
    },
    /// Read scenario files and name every problem in them.
    #[command(
        after_help = "Example: monazite scenario validate my-study/scenarios/*.toml --study my-study"
    )]
    Validate {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write a scenario to start from, with every key: DIR/scenarios/NAME.toml, DIR being that of --study or this one.
    #[command(after_help = "Example: monazite scenario new short-of-dysprosium --study my-study")]
    New {
        /// Id of the scenario: lower-case letters, digits and hyphens.
        name: String,
    },
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        if let Command::New { name } = &self.command {
            return new(name, self.study.as_deref(), terminal);
        }
        let study = match &self.study {
            Some(path) => Study::read(path)?,
            None => Study::bundled()?,
        };
        match self.command {
            Command::List => list(&study, terminal),
            Command::Show { id } => show(&study, &id, terminal),
            Command::Validate { files } => validate(study, &files, terminal),
            // Written above: it needs no study.
            Command::New { .. } => Ok(()),
        }
    }
}

/// The scenario with the shocks of those it builds on.
fn whole(study: &Study, source: &ScenarioSource) -> Result<(Scenario, Period), Diagnostic> {
    let first = Scenarios::first_month(source, study.spec.simulate.from);
    Ok((study.scenarios.resolve(source, first)?, first))
}

fn list(study: &Study, terminal: &mut Terminal) -> Result<(), Failure> {
    let (runs, replays): (Vec<_>, Vec<_>) = study
        .scenarios
        .sources()
        .iter()
        .partition(|source| source.provenance != Provenance::Replay);
    if terminal.json() {
        let objects = runs
            .into_iter()
            .map(|source| {
                let (scenario, _) = whole(study, source)?;
                let n_shocks = scenario.shocks.len();
                Ok(json!({ "id": scenario.id, "title": scenario.title, "shocks": n_shocks }))
            })
            .collect::<Result<Vec<_>, Diagnostic>>()?;
        return Ok(terminal.print_json(&objects)?);
    }
    let table = |sources: Vec<&ScenarioSource>| {
        let mut columns = Columns::new(&["id", "title", ">shocks", "from"]);
        for source in sources {
            let (scenario, _) = whole(study, source)?;
            let from = match source.provenance {
                Provenance::Preset | Provenance::Replay => "shipped",
                Provenance::File => "study",
            };
            columns.push(vec![
                scenario.id,
                scenario.title,
                scenario.shocks.len().to_string(),
                from.to_owned(),
            ]);
        }
        Ok::<String, Diagnostic>(columns.render())
    };
    terminal.print(&table(runs)?)?;
    if !replays.is_empty() {
        terminal.print("\nDated in the past, for a replay of those months:\n\n")?;
        terminal.print(&table(replays)?)?;
    }
    Ok(())
}

fn show(study: &Study, id: &str, terminal: &mut Terminal) -> Result<(), Failure> {
    let source = study.scenarios.get(id)?;
    let (scenario, first) = whole(study, source)?;
    let simulate = &study.spec.simulate;
    let n_months =
        usize::try_from(simulate.until.ordinal() - simulate.from.ordinal() + 1).unwrap_or(1);
    let effects = Effects::new(&scenario, first, n_months);
    if terminal.json() {
        return Ok(terminal.print_json(&json!({
            "id": scenario.id,
            "title": scenario.title,
            "label": scenario.label(),
            "description": scenario.description.trim(),
            "origin": scenario.origin.trim(),
            "base": source.scenario.base,
            "shocks": scenario.shocks,
            "months": effects.objects(),
        }))?);
    }
    let mut text = format!("{}\n", source.text.trim_end());
    if scenario.shocks.is_empty() {
        text.push_str("\nNo shocks: every factor is 1.\n");
    } else {
        text.push_str("\nShocks:\n");
        for shock in &scenario.shocks {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  {}", shock_sentence(shock, first, n_months));
        }
        text.push_str(
            "\nMonth by month: factors on the baseline, for tariffs the addition to the rate; expected sizes.\n\n",
        );
        text.push_str(&effects.table());
    }
    Ok(terminal.print(&text)?)
}

/// What the shocks of a scenario come to, variable by variable and month by month.
struct Effects<'a> {
    scenario: &'a Scenario,
    first: Period,
    n_months: usize,
    variables: Vec<Variable>,
}

impl<'a> Effects<'a> {
    fn new(scenario: &'a Scenario, first: Period, n_months: usize) -> Self {
        let mut variables = Vec::new();
        for shock in &scenario.shocks {
            if !variables.contains(&shock.variable) {
                variables.push(shock.variable);
            }
        }
        Self { scenario, first, n_months, variables }
    }

    /// The level that a variable is on its way to in a month, and the share of the way behind it.
    fn level(&self, variable: Variable, month_idx: usize) -> Option<(f64, f64)> {
        let to_it = self.scenario.shocks.iter().filter(|shock| shock.variable.contains(variable));
        to_it.rev().find_map(|shock| {
            let Size::Level { level, .. } = shock.size else { return None };
            Some((level, shock.share_of_way(self.first, month_idx)?))
        })
    }

    fn cell(&self, variable: Variable, month_idx: usize) -> String {
        let factor = number(self.scenario.factor(variable, self.first, month_idx));
        match self.level(variable, month_idx) {
            // A level depends on where a path stands: how far it has come is what can be said.
            Some((level, way)) => {
                let on_top = if factor == "1" { String::new() } else { format!(" × {factor}") };
                format!("{:.0} % of the way to {}{on_top}", 100.0 * way, number(level))
            }
            None => factor,
        }
    }

    fn table(&self) -> String {
        let mut headers = vec!["month".to_owned()];
        headers.extend(self.variables.iter().map(|variable| format!(">{variable}")));
        let mut columns = Columns::new(&headers);
        for (month_idx, month) in self.first.run(self.n_months).enumerate() {
            let mut row = vec![month.to_string()];
            row.extend(self.variables.iter().map(|&variable| self.cell(variable, month_idx)));
            columns.push(row);
        }
        columns.render()
    }

    fn objects(&self) -> Vec<serde_json::Value> {
        let month = |(month_idx, month): (usize, Period)| {
            let mut object = serde_json::Map::new();
            for &variable in &self.variables {
                let factor = self.scenario.factor(variable, self.first, month_idx);
                let value = match self.level(variable, month_idx) {
                    Some((level, way)) => {
                        json!({ "level": level, "share_of_way": way, "factor": factor })
                    }
                    None => json!(factor),
                };
                object.insert(variable.to_string(), value);
            }
            json!({ "ds": month, "values": object })
        };
        self.first.run(self.n_months).enumerate().map(month).collect()
    }
}

/// A number with at most four decimals.
fn number(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e4;
    // No negative zero.
    (rounded + 0.0).to_string()
}

/// Reads every file before it says what is wrong with which; files may build on one another.
fn validate(mut study: Study, files: &[PathBuf], terminal: &mut Terminal) -> Result<(), Failure> {
    let mut findings = Vec::new();
    let mut read = Vec::new();
    for file in files {
        match place(&mut study.scenarios, file, study.path.as_deref()) {
            Ok(at) => read.push((file, at)),
            Err(finding) => findings.push(finding),
        }
    }
    let mut good = Vec::new();
    for (file, at) in read {
        let source = &study.scenarios.sources()[at];
        match study.scenarios.resolve(source, study.spec.simulate.from) {
            Ok(scenario) => good.push((file, scenario)),
            Err(finding) => findings.push(finding),
        }
    }
    for (_, scenario) in &good {
        if let Some(finding) = idle(&study, study.scenarios.get(&scenario.id)?) {
            terminal.warn(&finding);
        }
    }
    if terminal.json() {
        let objects: Vec<_> = good
            .iter()
            .map(|(file, scenario)| {
                json!({ "file": file, "id": scenario.id, "shocks": scenario.shocks.len() })
            })
            .collect();
        terminal.print_json(&objects)?;
    } else {
        for (file, scenario) in &good {
            let n = scenario.shocks.len();
            let shocks = if n == 1 { "shock" } else { "shocks" };
            terminal.print(&format!("{}: {}, {n} {shocks}\n", file.display(), scenario.id))?;
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings.into()) }
}

/// Place of a file among the scenarios: that which it has as a file of the study, or a new one.
fn place(
    scenarios: &mut Scenarios,
    file: &Path,
    study: Option<&Path>,
) -> Result<usize, Diagnostic> {
    let of_study = study.and_then(Path::parent).map(|folder| folder.join("scenarios"));
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    let inside = of_study.is_some_and(|folder| file.parent().is_some_and(|p| same(p, &folder)));
    let known = scenarios.sources().iter().position(|source| {
        inside && source.provenance == Provenance::File && same(Path::new(&source.name), file)
    });
    known.map_or_else(|| scenarios.add(file), Ok)
}

/// A warning about shocks that do nothing in the months simulated.
fn idle(study: &Study, source: &ScenarioSource) -> Option<Diagnostic> {
    let simulate = &study.spec.simulate;
    let first = |shock: &Shock| simulate.from.plus(shock.first_month(simulate.from));
    let mut shocks = source.scenario.shocks.iter().enumerate();
    let (idx, late) = shocks.find(|(_, shock)| first(shock) > simulate.until)?;
    let found = Diagnostic::warning(
        "S008",
        format!(
            "the shock to {} starts in {}, after {}, the last month simulated",
            late.variable,
            first(late),
            simulate.until
        ),
    )
    .help("let it start earlier, or let simulate.until be later");
    Some(at_key(found, source, Some(idx), "start"))
}

fn new(name: &str, study: Option<&Path>, terminal: &mut Terminal) -> Result<(), Failure> {
    let folder = match study {
        // A study can be named by its file.
        Some(path) if path.is_file() => path.parent().unwrap_or(Path::new(".")).to_owned(),
        Some(path) => path.to_owned(),
        None => PathBuf::from("."),
    };
    if !folder.is_dir() {
        return Err(Diagnostic::error("I001", format!("there is no folder {}", folder.display()))
            .help("`monazite init DIR` writes a study to start from")
            .into());
    }
    let text = TEMPLATE.replace("NAME", name);
    read_scenario(&text, name).map_err(|_| {
        Diagnostic::error("U001", format!("\"{name}\" cannot be the id of a scenario"))
            .help("use lower-case letters, digits and hyphens")
    })?;
    let file = folder.join("scenarios").join(format!("{name}.toml"));
    let taken = Scenarios::shipped()?.get(name).is_ok();
    if taken || file.exists() {
        let what = if taken {
            format!("`{name}` is shipped")
        } else {
            format!("{} is already there", file.display())
        };
        return Err(Diagnostic::error("I003", what)
            .help("choose another name; `base` in a file builds on an existing scenario")
            .into());
    }
    std::fs::create_dir_all(folder.join("scenarios")).map_err(|e| {
        Diagnostic::error(
            "I002",
            format!("cannot create {}: {e}", folder.join("scenarios").display()),
        )
        .help("name a folder you may write to")
    })?;
    write_file(&file, text.as_bytes())?;
    terminal.say(&format!(
        "wrote {}; check it with `monazite scenario validate {}`",
        file.display(),
        file.display()
    ));
    Ok(())
}
