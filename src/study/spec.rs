//! study.toml: what a study asks for, as typed and as checked.

use std::path::{Path, PathBuf};

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

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
    /// Rolling origins.
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
    /// Conduct of the dominant supplier: `taker`, `cournot-n`, `dominant`.
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
}

impl Study {
    /// The study shipped with the program.
    ///
    /// # Errors
    /// Never in a released binary: a test reads it.
    pub fn bundled() -> Result<Self, Diagnostic> {
        Self::parse(BUNDLED, None)
    }

    /// Reads `path`, or `path/study.toml` if it is a folder.
    ///
    /// # Errors
    /// I001 if it cannot be read, S001–S005 if it is not a study.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let file = if path.is_dir() { path.join("study.toml") } else { path.to_owned() };
        let text = std::fs::read_to_string(&file).map_err(|e| {
            Diagnostic::error("I001", format!("cannot read {}: {e}", file.display())).help(
                "name a study folder or a study.toml; `monazite init DIR` writes one to start from",
            )
        })?;
        Self::parse(&text, Some(file))
    }

    fn parse(text: &str, path: Option<PathBuf>) -> Result<Self, Diagnostic> {
        let name =
            path.as_ref().map_or_else(|| "study.toml".to_owned(), |p| p.display().to_string());
        let spec: StudySpec = toml::from_str(text).map_err(|e| toml_diagnostic(text, &name, &e))?;
        let study = Self { spec, path, text: text.to_owned() };
        study.check(&name)?;
        Ok(study)
    }

    fn check(&self, file: &str) -> Result<(), Diagnostic> {
        let spec = &self.spec;
        let refuse = |key: &str, why: String, fix: &str| {
            let place = place_of(&self.text, key);
            Err(Diagnostic::error("S004", why)
                .at(file, place.0, place.1)
                .text(place.2, key.len())
                .help(fix))
        };
        if !(100..=100_000).contains(&spec.forecast.paths) {
            return refuse(
                "paths",
                format!("forecast.paths = {}: between 100 and 100,000", spec.forecast.paths),
                "2000 gives a stable 95 % band",
            );
        }
        if !(2..=100_000).contains(&spec.simulate.paths) {
            return refuse(
                "paths",
                format!("simulate.paths = {}: between 2 and 100,000", spec.simulate.paths),
                "512 is the default",
            );
        }
        if spec.simulate.until <= spec.simulate.from {
            return refuse(
                "until",
                format!(
                    "simulate.until = {} is not after simulate.from = {}",
                    spec.simulate.until, spec.simulate.from
                ),
                "let the simulation run for at least two months",
            );
        }
        if spec.simulate.conduct.is_empty() {
            return refuse(
                "conduct",
                "simulate.conduct is empty".into(),
                "name at least one of taker, cournot-2, dominant",
            );
        }
        if spec.backtest.horizon == 0 || spec.backtest.origins < 2 {
            return refuse(
                "horizon",
                "a backtest needs a horizon of at least 1 and at least 2 origins".into(),
                "horizon = 12 and origins = 24 are the defaults",
            );
        }
        Ok(())
    }
}

/// Line, column and text of the first line that sets `key`; line 1 if there is none.
fn place_of(text: &str, key: &str) -> (usize, usize, String) {
    let sets = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines()
        .enumerate()
        .find(|(_, line)| sets(line))
        .map_or((1, 1, String::new()), |(at, line)| {
            (at + 1, line.len() - line.trim_start().len() + 1, line.to_owned())
        })
}

/// A TOML or schema error with its place, and the nearest key for one that is not known.
pub fn toml_diagnostic(text: &str, file: &str, e: &toml::de::Error) -> Diagnostic {
    let at = e.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..at).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    let source = text.lines().nth(line - 1).unwrap_or("").to_owned();
    let message = e.message().trim().to_owned();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some(rest) = message.strip_prefix("unknown field") {
        let unknown = names.first().copied().unwrap_or(rest);
        let nearest =
            names.iter().skip(1).min_by_key(|known| strsim::damerau_levenshtein(known, unknown));
        let hint = nearest.map_or_else(
            || "remove it".to_owned(),
            |known| format!("did you mean `{known}`? Known here: {}", names[1..].join(", ")),
        );
        return Diagnostic::error("S001", format!("unknown key `{unknown}`"))
            .at(file, line, column)
            .text(source, unknown.chars().count())
            .help(hint);
    }
    // A schema error names what it expected; anything else is not TOML at all.
    let code = if ["invalid type", "invalid value", "missing field"]
        .iter()
        .any(|s| message.starts_with(s))
        || message.contains("is not a period")
    {
        "S002"
    } else {
        "S005"
    };
    Diagnostic::error(code, message)
        .at(file, line, column)
        .text(source, 1)
        .help("see `monazite init DIR` for a study.toml with every key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_study_is_the_default_one() {
        assert_eq!(Study::bundled().unwrap().spec, StudySpec::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_one() {
        let e =
            Study::parse("title = \"x\"\n[forecast]\nuntill = \"2027-12\"\n", None).unwrap_err();
        assert_eq!(e.code, "S001");
        let text = e.to_string();
        assert!(text.contains("did you mean `until`") && text.contains("study.toml:3:1"), "{text}");
    }

    #[test]
    fn values_out_of_range_and_wrong_types_are_refused_with_their_place() {
        for (text, code, place) in [
            ("[simulate]\npaths = 1\n", "S004", "study.toml:2:1"),
            ("[simulate]\nfrom = \"2026-13\"\n", "S002", "study.toml:2"),
            ("seed = \"x\"\n", "S002", "study.toml:1"),
            ("[simulate\n", "S005", "study.toml:1"),
        ] {
            let e = Study::parse(text, None).unwrap_err();
            assert_eq!(e.code, code, "{text}");
            assert!(e.to_string().contains(place), "{e}");
        }
    }
}
