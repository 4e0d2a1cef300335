//! study.toml: what a study asks for, as typed and as checked.

use std::path::{Path, PathBuf};

use monazite_series::Period;
use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use super::check::check_values;
use super::scenarios::Scenarios;
use crate::diagnostic::{Diagnostic, nearest};

/// The study that runs when none is named, and what `monazite init` writes.
pub const BUNDLED: &str = include_str!("bundled.toml");

/// study.toml as typed; every key has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudySpec {
    /// Title of the report.
    pub title: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Forecasting.
    pub forecast: ForecastSpec,
    /// Backtests.
    pub backtest: BacktestSpec,
    /// Simulation.
    pub simulate: SimulateSpec,
}

/// `[forecast]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForecastSpec {
    /// Last month forecast.
    pub until: Period,
    /// Joint sample paths a series.
    pub paths: usize,
}

/// `[backtest]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BacktestSpec {
    /// Months ahead.
    pub horizon: usize,
    /// Rolling origins at most, evenly apart from January 2022 on.
    pub origins: usize,
}

/// `[simulate]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulateSpec {
    /// First month simulated.
    pub from: Period,
    /// Last month simulated.
    pub until: Period,
    /// Monte Carlo paths of each world.
    pub paths: usize,
    /// Conduct of the dominant supplier: `taker`, `cournot-n`, `dominant`, `theta-x`, `duopoly`, `forward-n`, `quota-state`.
    pub conduct: Vec<String>,
    /// Scenarios compared with the baseline.
    pub scenarios: Vec<String>,
}

fn month(year: i32, month: u32) -> Period {
    // Constants below are real months.
    Period::month(year, month).unwrap_or_else(|_| unreachable!("{year}-{month} is a month"))
}

impl Default for StudySpec {
    fn default() -> Self {
        Self {
            title: "China's rare-earth exports: outlook and market power".to_owned(),
            seed: 20261124,
            forecast: ForecastSpec::default(),
            backtest: BacktestSpec::default(),
            simulate: SimulateSpec::default(),
        }
    }
}

impl Default for ForecastSpec {
    fn default() -> Self {
        Self { until: month(2027, 12), paths: 2000 }
    }
}

impl Default for BacktestSpec {
    fn default() -> Self {
        Self { horizon: 12, origins: 24 }
    }
}

impl Default for SimulateSpec {
    fn default() -> Self {
        let texts = |items: &[&str]| items.iter().map(|&s| s.to_owned()).collect();
        Self {
            from: month(2026, 3),
            until: month(2027, 12),
            paths: 512,
            conduct: texts(&["taker", "cournot-2", "dominant"]),
            scenarios: texts(&["ev-up-30", "wind-up-40", "both-booms", "licence-stop"]),
        }
    }
}

/// A study ready to run: the specification, checked, and where it was read from.
#[derive(Debug, Clone)]
pub struct Study {
    /// What it asks for.
    pub spec: StudySpec,
    /// study.toml, if it came from a file.
    pub path: Option<PathBuf>,
    /// Its text, for the manifest.
    pub text: String,
    /// The scenarios it can name: those shipped and those of its folder `scenarios/`.
    pub scenarios: Scenarios,
}

impl Study {
    /// The study shipped with the program.
    ///
    /// # Errors
    /// Never in a released binary: a test reads it.
    pub fn bundled() -> Result<Self, Diagnostic> {
        Self::parse(BUNDLED, None, Scenarios::shipped()?)
    }

    /// Reads `path`, or `path/study.toml` if it is a folder.
    ///
    /// # Errors
    /// I001 if it or a scenario of it cannot be read, S001–S006 if it is not a study or one of them is not a scenario.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let file = if path.is_dir() { path.join("study.toml") } else { path.to_owned() };
        let text = std::fs::read_to_string(&file).map_err(|e| {
            Diagnostic::error("I001", format!("cannot read {}: {e}", file.display())).help(
                "name a study folder or a study.toml; `monazite init DIR` writes one to start from",
            )
        })?;
        let folder = file.parent().map_or_else(PathBuf::new, Path::to_owned);
        Self::parse(&text, Some(file), Scenarios::of_folder(&folder)?)
    }

    fn parse(text: &str, path: Option<PathBuf>, scenarios: Scenarios) -> Result<Self, Diagnostic> {
        let mut study = Self { spec: StudySpec::default(), path, text: text.to_owned(), scenarios };
        study.spec =
            toml::from_str(text).map_err(|e| toml_diagnostic(text, &study.file_name(), &e))?;
        check_values(&study)?;
        Ok(study)
    }

    /// The name under which findings point at its file.
    pub fn file_name(&self) -> String {
        self.path.as_ref().map_or_else(|| "study.toml".to_owned(), |p| p.display().to_string())
    }
}

/// Line and column from 1, and the line itself, of a byte of a text.
pub(super) fn locate(text: &str, at: usize) -> (usize, usize, String) {
    let before = text.get(..at.min(text.len())).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    (line, column, text.lines().nth(line - 1).unwrap_or("").to_owned())
}

/// A TOML or schema error with its place, and the nearest key for one that is not known.
pub fn toml_diagnostic(text: &str, file: &str, e: &toml::de::Error) -> Diagnostic {
    let (line, column, source) = locate(text, e.span().map_or(0, |span| span.start));
    let message = e.message().trim().to_owned();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some(rest) = message.strip_prefix("unknown field") {
        let unknown = names.first().copied().unwrap_or(rest);
        let known = names.get(1..).unwrap_or_default();
        let hint = match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? Known here: {}", known.join(", ")),
            None => format!("known here: {}", known.join(", ")),
        };
        return Diagnostic::error("S001", format!("unknown key `{unknown}`"))
            .at(file, line, column)
            .text(source, unknown.chars().count())
            .help(hint);
    }
    let code = if DeTable::parse(text).is_err() {
        "S005"
    } else if message.starts_with("missing field") {
        "S003"
    } else {
        "S002"
    };
    Diagnostic::error(code, message)
        .at(file, line, column)
        .text(source, 1)
        .help("see `monazite init DIR` for a study.toml with every key")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Study, Diagnostic> {
        Study::parse(text, None, Scenarios::shipped().unwrap())
    }

    #[test]
    fn the_bundled_study_is_the_default_one() {
        assert_eq!(Study::bundled().unwrap().spec, StudySpec::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_one() {
        let e = parse("title = \"x\"\n[forecast]\nuntill = \"2027-12\"\n").unwrap_err();
        assert_eq!(e.code, "S001");
        let text = e.to_string();
        assert!(text.contains("did you mean `until`") && text.contains("study.toml:3:1"), "{text}");
    }

    #[test]
    fn values_out_of_range_and_wrong_types_are_refused_with_their_place() {
        for (text, code, place) in [
            ("[forecast]\npaths = 100\n[simulate]\npaths = 1\n", "S004", "study.toml:4:1"),
            ("forecast.paths = 2\n", "S004", "study.toml:1:10"),
            (
                "[simulate]\nscenarios = [\n  \"ev-up-30\",\n  \"ev-up-31\"]\n",
                "S004",
                "study.toml:4:3",
            ),
            ("[simulate]\nfrom = \"2026-13\"\n", "S002", "study.toml:2"),
            ("seed = \"x\"\n", "S002", "study.toml:1"),
            ("[simulate\n", "S005", "study.toml:1"),
        ] {
            let e = parse(text).unwrap_err();
            assert_eq!(e.code, code, "{text}");
            assert!(e.to_string().contains(place), "{e}");
        }
    }
}
