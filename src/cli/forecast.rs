//! `monazite forecast [FILE|ID]`.

use std::path::{Path, PathBuf};

use monazite_forecast::{
    Arima, Fitted, ForecastError, Model, Regressors, Sample, Scale, SeasonalNaive, Slope,
    Structural,
};
use monazite_series::{Period, Series};

use super::{Failure, Terminal};
use crate::data::{Catalogue, ReadOptions, read_series_file};
use crate::diagnostic::{Diagnostic, nearest};
use crate::output::{json_bytes, write_file};
use crate::study::forecast::{forecast_csv, forecast_json, model_diagnostic, plans};

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

/// Names of the models.
const MODELS: [&str; 4] = ["structural", "arima", "snaive", "naive"];

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        self.check()?;
        let (samples, preferred) = self.samples(terminal)?;
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
        for name in &self.model {
            if !MODELS.contains(&name.as_str()) {
                let hint = match nearest(name, MODELS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", MODELS.join(", ")),
                };
                return Err(
                    Diagnostic::error("U002", format!("there is no model `{name}`")).help(hint)
                );
            }
        }
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

    /// Bundled series as the report reads them (several publications, interventions) with the model it prefers, a user's
    /// as they stand.
    fn samples(&self, terminal: &Terminal) -> Result<(Vec<Sample>, Option<Model>), Failure> {
        let catalogue = Catalogue::bundled()?;
        let path = Path::new(&self.input);
        // No id has an ending, so that the bundled figures are not parsed for a user's file.
        if self.input != "-" && path.extension().is_none() {
            if let Some(plan) = plans(&catalogue)?.into_iter().find(|p| p.id == self.input) {
                return Ok((vec![plan.sample], plan.models.first().cloned()));
            }
            if catalogue.ids().any(|id| id == self.input) {
                return Ok((vec![sample(catalogue.series(&self.input)?)?], None));
            }
        }
        if self.input != "-" && !path.exists() && path.extension().is_none() {
            // Neither a file nor an id: more likely a misspelt id.
            return Err(catalogue.entry(&self.input).err().into_iter().collect::<Vec<_>>().into());
        }
        let checked = read_series_file(path, &ReadOptions::default())?;
        checked.findings.iter().for_each(|finding| terminal.warn(finding));
        let samples = checked.series.into_iter().map(sample).collect::<Result<_, _>>()?;
        Ok((samples, None))
    }
}

/// In logs if every figure is positive, else in levels.
fn sample(series: Series) -> Result<Sample, Diagnostic> {
    let positive = series.observations().iter().all(|o| o.value > 0.0);
    let scale = if positive { Scale::Log } else { Scale::Level };
    Sample::new(series, scale, Regressors::none()).map_err(|e| model_diagnostic(&e))
}

/// The model of a name for the frequency of a series.
fn model(name: &str, series: &Series) -> Model {
    let season = series.frequency().per_year().filter(|n| *n > 1).unwrap_or(0);
    match name {
        "arima" if season > 0 => Model::Arima(Arima::airline(season)),
        "arima" => Model::Arima(Arima::new(0, 1, 1)),
        "snaive" => Model::SeasonalNaive(SeasonalNaive { season: season.max(1) }),
        "naive" => Model::SeasonalNaive(SeasonalNaive { season: 1 }),
        _ => Model::Structural(Structural {
            slope: Slope::Random,
            season,
            irregular: true,
            seasonal_start: None,
        }),
    }
}

/// Periods ahead of `last`.
fn horizon(text: &str, last: Period) -> Result<usize, Diagnostic> {
    let refuse = |why: String| {
        Diagnostic::error("U001", why)
            .help("write a number of periods (24), of years (2y), or a last period (2027-12)")
    };
    let n = if let Some(years) = text.strip_suffix('y') {
        let per_year = last.frequency().per_year().unwrap_or(365) as i64;
        years.parse::<i64>().map(|y| y * per_year).ok()
    } else if let Ok(n) = text.parse::<i64>() {
        // Four digits are a year in a series of years, a number of periods elsewhere.
        match text.parse::<Period>() {
            Ok(year) if year.frequency() == last.frequency() => year.since(last).ok(),
            _ => Some(n),
        }
    } else {
        text.parse::<Period>().ok().and_then(|period| period.since(last).ok())
    };
    match n {
        Some(n) if (1..=1200).contains(&n) => Ok(n as usize),
        Some(n) => Err(refuse(format!("--horizon {text} is {n} periods after {last}"))),
        None => Err(refuse(format!("--horizon {text} is not a horizon for a series to {last}"))),
    }
}
