//! `monazite forecast [FILE|ID]`.

use std::path::PathBuf;

use monazite_forecast::{Fitted, ForecastError, Model, Sample};

use super::series_input::{Input, check_models, horizon, model};
use super::{Failure, Terminal};
use crate::diagnostic::Diagnostic;
use crate::output::{json_bytes, write_file};
use crate::study::forecast::{forecast_csv, forecast_json, model_diagnostic};

/// Forecast bundled series or your own: quantiles by period and model, as CSV.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: monazite forecast mine.csv --horizon 2027-12 --model structural,snaive"
)]
pub(super) struct Args {
    /// A long CSV (`unique_id,ds,y[,span][,unit]`), `-` for standard input, or the id of a bundled series.
    #[arg(default_value = "re-exports-volume", value_name = "FILE|ID")]
    input: String,
    /// Periods ahead: a number, years such as `2y`, or the last period such as `2027-12`.
    #[arg(long, default_value = "24")]
    horizon: String,
    /// Models, separated by commas: structural, arima, snaive, naive. Default: the one the report uses for a bundled
    /// series, structural for a file. Logarithms are taken where every figure is positive.
    #[arg(long, value_delimiter = ',')]
    model: Vec<String>,
    /// Levels of further intervals, per cent.
    #[arg(long, value_delimiter = ',')]
    level: Vec<f64>,
    /// Joint sample paths of each forecast.
    #[arg(long, default_value_t = 2000)]
    paths: usize,
    /// Seed of the draws.
    #[arg(long, default_value_t = 20261124)]
    seed: u64,
    /// Exit with 7 if a series fails.
    #[arg(long)]
    strict: bool,
    /// Write to this file instead of standard output.
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        self.check()?;
        let Input { samples, preferred, .. } = Input::read(&self.input, terminal)?;
        let mut forecasts = Vec::new();
        let mut failures = Vec::new();
        for sample in &samples {
            let horizon = horizon(&self.horizon, sample.last_period())?;
            for (name, model) in self.models(sample, preferred.as_ref()) {
                let forecast =
                    model.fit(sample).and_then(|fit| self.warned(fit.as_ref(), terminal, horizon));
                match forecast {
                    Ok(forecast) => forecasts.push((name, forecast)),
                    Err(e) => failures.push(model_diagnostic(&e)),
                }
            }
        }
        if forecasts.is_empty() || (self.strict && !failures.is_empty()) {
            return Err(Failure { diagnostics: failures, strict: !forecasts.is_empty() });
        }
        for failure in &failures {
            terminal.warn(failure);
        }
        let borrowed: Vec<_> = forecasts.iter().map(|(name, f)| (name.as_str(), f)).collect();
        let text = if terminal.json() {
            String::from_utf8_lossy(&json_bytes(&forecast_json(&borrowed, &self.level)?)?)
                .into_owned()
        } else {
            forecast_csv(&borrowed, &self.level)?
        };
        match &self.output {
            Some(path) => Ok(write_file(path, text.as_bytes())?),
            None => Ok(terminal.print(&text)?),
        }
    }

    /// The models asked for, each once, or the preferred one, or a structural model.
    fn models(&self, sample: &Sample, preferred: Option<&Model>) -> Vec<(String, Model)> {
        let mut models: Vec<(String, Model)> = Vec::new();
        for name in &self.model {
            if !models.iter().any(|(known, _)| known == name) {
                models.push((name.clone(), model(name, sample.target())));
            }
        }
        if models.is_empty() {
            let one = preferred.cloned().unwrap_or_else(|| model("structural", sample.target()));
            models.push((one.name().to_owned(), one));
        }
        models
    }

    /// The forecast, after what a reader of it should know.
    fn warned(
        &self,
        fit: &dyn Fitted,
        terminal: &Terminal,
        horizon: usize,
    ) -> Result<monazite_forecast::Forecast, ForecastError> {
        if let Some(report) = fit.report() {
            for warning in &report.warnings {
                terminal.say(&format!("note: {} of {}: {warning}", report.model, report.id));
            }
        }
        fit.forecast(horizon, self.paths, self.seed)
    }

    fn check(&self) -> Result<(), Diagnostic> {
        check_models(&self.model)?;
        if let Some(level) = self.level.iter().find(|l| !(**l > 0.0 && **l < 100.0)) {
            return Err(Diagnostic::error("U001", format!("--level {level} is not a level"))
                .help("a level lies between 0 and 100, such as 80 or 95"));
        }
        if self.paths < 100 {
            return Err(Diagnostic::error("U001", format!("--paths {} is too few", self.paths))
                .help("at least 100; 2000 gives a stable 95 % band"));
        }
        Ok(())
    }
}
