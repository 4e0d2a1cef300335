//! `monazite backtest [FILE|ID]`.

use std::path::PathBuf;

use monazite_forecast::{
    Backtest, BacktestOptions, Comparison, ComparisonOptions, ForecastError, Model, Sample,
    backtest,
};
use rayon::prelude::*;
use serde::Serialize;

use super::calendar::{Calendar, CalendarUse, Calendared};
use super::series_input::{Input, check_models, horizon, model};
use super::{Failure, Terminal};
use crate::diagnostic::Diagnostic;
use crate::output::{json_bytes, write_file};
use crate::study::forecast::model_diagnostic;

/// Compare models on what came: rolling origins, scores, tests of equal accuracy.
#[derive(Debug, clap::Args)]
#[command(after_help = "The first model is the benchmark of the tests.\n\
    Example: monazite backtest mine.csv --model snaive,structural,arima --horizon 12 --origins 36")]
pub(super) struct Args {
    /// A long CSV (`unique_id,ds,y[,span][,unit]`), `-` for standard input, or the id of a bundled series.
    #[arg(default_value = "re-exports-volume", value_name = "FILE|ID")]
    input: String,
    /// Periods ahead of each origin: a number, or years such as `2y`.
    #[arg(long, default_value = "12")]
    horizon: String,
    /// Origins.
    #[arg(long, default_value_t = 24, value_name = "N")]
    origins: usize,
    /// Periods from one origin to the next.
    #[arg(long, default_value_t = 1, value_name = "N")]
    step: usize,
    /// Estimate from the last N periods only. Default: all that was known.
    #[arg(long, value_name = "N")]
    window: Option<usize>,
    /// Models, separated by commas, as for `forecast`. Default: seasonal naive and those that the report uses for a
    /// bundled series, snaive, structural and arima for a file.
    #[arg(long, value_delimiter = ',')]
    model: Vec<String>,
    /// Calendar effects; whether they can be told from the season is judged on what was known at the first origin.
    #[arg(long, value_enum, default_value_t = Calendar::Auto)]
    calendar: Calendar,
    /// Joint sample paths of each forecast.
    #[arg(long, default_value_t = 400)]
    paths: usize,
    /// Seed of the draws.
    #[arg(long, default_value_t = 20261124)]
    seed: u64,
    /// Write to this file instead of standard output.
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A comparison with what is said of the calendar.
#[derive(Debug, Serialize)]
struct Compared {
    #[serde(flatten)]
    comparison: Comparison,
    calendar: CalendarUse,
}

/// Most periods ahead and most origins, against a slip of the finger.
const MOST: usize = 1000;

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        self.check()?;
        let input = Input::read(&self.input, terminal)?;
        let mut comparisons = Vec::new();
        let mut failures = Vec::new();
        for sample in &input.samples {
            let sample = match input.scored {
                Some(target) => sample.clone().with_target(target),
                None => Ok(sample.clone()),
            };
            let comparison = match sample {
                Ok(sample) => self.compare(&sample, &input, terminal)?,
                Err(e) => Err(e),
            };
            match comparison {
                Ok(comparison) => comparisons.push(comparison),
                Err(e) => failures.push(model_diagnostic(&e)),
            }
        }
        if comparisons.is_empty() {
            return Err(failures.into());
        }
        for failure in &failures {
            terminal.warn(failure);
        }
        let text = if terminal.json() {
            String::from_utf8_lossy(&json_bytes(&comparisons)?).into_owned()
        } else {
            comparisons.iter().map(|c| c.comparison.to_string()).collect::<Vec<_>>().join("\n")
        };
        match &self.output {
            Some(path) => Ok(write_file(path, text.as_bytes())?),
            None => Ok(terminal.print(&text)?),
        }
    }

    /// The models of a series side by side; the outer error is one of the command line.
    fn compare(
        &self,
        sample: &Sample,
        input: &Input,
        terminal: &Terminal,
    ) -> Result<Result<Compared, ForecastError>, Diagnostic> {
        let options = BacktestOptions {
            horizon: horizon(&self.horizon, sample.target().last_period())?,
            origins: self.origins,
            step: self.step,
            window: self.window,
            n_paths: self.paths,
            seed: self.seed,
        };
        let calendared = self.calendared(sample, input, options.horizon)?;
        if let Some(note) = &calendared.note {
            terminal.say(note);
        }
        let season = sample.target().frequency().per_year().unwrap_or(1).max(1);
        let models = self.models(sample, &input.models);
        let records: Result<Vec<Backtest>, ForecastError> = models
            .par_iter()
            .map(|model| {
                let (sample, _) = calendared.of(|sample| model.takes(sample));
                backtest(model, sample, season, &options)
            })
            .collect();
        let tests = ComparisonOptions { seed: self.seed, ..ComparisonOptions::default() };
        let (_, calendar) = calendared.of(|_| true);
        Ok(records.and_then(|records| {
            let (records, left_out) = usable(records)?;
            for why in left_out {
                terminal.say(&format!("note: {why}"));
            }
            Comparison::of(&records, 0, tests).map(|comparison| Compared { comparison, calendar })
        }))
    }

    /// The sample with its calendar, which has to be identified at the first origin.
    fn calendared(
        &self,
        sample: &Sample,
        input: &Input,
        horizon: usize,
    ) -> Result<Calendared, Diagnostic> {
        let back = (self.origins * self.step) as i64;
        let first_origin = sample.target().last_period().plus(-back);
        // Before the first figure nothing is known: the backtest starts at a later origin, and says so if there is none.
        let known = sample.until(first_origin).unwrap_or_else(|_| sample.clone());
        self.calendar.apply(sample, &known, input.calendar, horizon)
    }

    /// The models asked for, each once; else seasonal naive first, then the preferred ones.
    fn models(&self, sample: &Sample, preferred: &[Model]) -> Vec<Model> {
        let named = |names: &[&str]| names.iter().map(|n| model(n, sample.target())).collect();
        let mut all: Vec<Model> = if !self.model.is_empty() {
            self.model.iter().map(|name| model(name, sample.target())).collect()
        } else if preferred.is_empty() {
            named(&["snaive", "structural", "arima"])
        } else {
            let mut all: Vec<Model> = named(&["snaive"]);
            all.extend(preferred.iter().cloned());
            all
        };
        let mut seen = Vec::new();
        all.retain(|m| {
            let label = m.label();
            let new = !seen.contains(&label);
            seen.push(label);
            new
        });
        all
    }

    fn check(&self) -> Result<(), Diagnostic> {
        check_models(&self.model)?;
        for (flag, found, least) in [
            ("--origins", self.origins, 2),
            ("--step", self.step, 1),
            ("--window", self.window.unwrap_or(2), 2),
        ] {
            if !(least..=MOST).contains(&found) {
                return Err(Diagnostic::error("U001", format!("{flag} {found} makes no sense"))
                    .help(format!("between {least} and {MOST}")));
            }
        }
        if self.paths < 100 {
            return Err(Diagnostic::error("U001", format!("--paths {} is too few", self.paths))
                .help("at least 100; 400 is the default"));
        }
        Ok(())
    }
}

/// Records of models that forecast something, what is to be said of the others, or why the benchmark did not.
fn usable(records: Vec<Backtest>) -> Result<(Vec<Backtest>, Vec<String>), ForecastError> {
    let (mut kept, mut said) = (Vec::new(), Vec::new());
    for (at, record) in records.into_iter().enumerate() {
        let reason = record.failures.first().filter(|_| record.scored.is_empty());
        match reason {
            Some((origin, why)) if at == 0 => {
                return Err(ForecastError::Specification(format!(
                    "the benchmark could not be estimated at any origin; at {origin}: {why}"
                )));
            }
            Some((origin, why)) => {
                said.push(format!("left out, with no forecast at any origin; at {origin}: {why}"));
            }
            None => kept.push(record),
        }
    }
    Ok((kept, said))
}
