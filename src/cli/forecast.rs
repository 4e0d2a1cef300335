//! `monazite forecast [FILE|ID]`.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use monazite_forecast::{Fitted, ForecastError, Model, Regressors, Sample, Scale};
use monazite_series::Series;
use rayon::prelude::*;

use super::model_file::{ModelFile, line};
use super::series_input::{Input, check_models, horizon, is_file, model};
use super::sink::{Done, Form, Format, Sink};
use super::{Failure, Terminal};
use crate::data::{Panel, ReadOptions, RegressorTable};
use crate::diagnostic::Diagnostic;
use crate::output::GrowingFile;
use crate::study::forecast::{Point, model_diagnostic};

/// Forecast bundled series or your own, one or thousands: quantiles by period and model, as CSV.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The column `mean` is the point forecast: the mean on the scale of the model, taken back, which in \
    logarithms is a median; with --bias-adjust it is the mean of the figure.\n\
    Example: monazite forecast mine.csv --horizon 2027-12 --model auto,ets,snaive"
)]
pub(super) struct Args {
    /// A long CSV (`unique_id,ds,y[,span][,unit]`), `-` for standard input, or the id of a bundled series.
    #[arg(default_value = "re-exports-volume", value_name = "FILE|ID")]
    input: String,
    /// Periods ahead: a number, years such as `2y`, or the last period such as `2027-12`.
    #[arg(long, default_value = "24")]
    horizon: String,
    /// Models, separated by commas: auto, ets, arima, airline, theta, dot, ces, structural, stl, drift, mean, snaive,
    /// naive. Default: the one the report uses for a bundled series, auto for a file. Positive
    /// figures are taken in logarithms or as they are, whichever is likelier; structural and airline always in logarithms;
    /// ets has forms that multiply.
    #[arg(long, value_delimiter = ',')]
    model: Vec<String>,
    /// Levels of further intervals, per cent.
    #[arg(long, value_delimiter = ',')]
    level: Vec<f64>,
    /// Regressors, as wide CSV `[unique_id,]ds,NAME,…`, over the periods of the data and those ahead.
    #[arg(long, value_name = "FILE")]
    regressors: Option<PathBuf>,
    /// Calendar effects: `cn` for Lunar New Year and weekdays.
    #[arg(long, value_enum, default_value_t = Calendar::None)]
    calendar: Calendar,
    /// Keep the fitted models in a file, one line of JSON each.
    #[arg(long, value_name = "FILE", conflicts_with = "load")]
    save: Option<PathBuf>,
    /// Forecast by fitted models from a file of --save: nothing is estimated.
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Print N joint sample paths of each forecast (`unique_id,ds,model,sample,y`) instead of quantiles.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Put the mean of the figure, adjusted for the bias of a transformation, into the column `mean`.
    #[arg(long)]
    bias_adjust: bool,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
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

/// Calendar effects that regressors stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Calendar {
    /// None but what a bundled series has.
    None,
    /// China's: before, during and after Lunar New Year, and weekdays.
    Cn,
}

/// Series that are forecast in parallel before any is written; what is held in memory besides the text of the panel.
const CHUNK: usize = 64;
/// Most sample paths.
const MOST_SAMPLES: usize = 100_000;

/// What became of a series.
struct Outcome {
    done: Vec<Done>,
    /// Lines for the file of models.
    saved: Vec<String>,
    notes: Vec<String>,
    failures: Vec<Diagnostic>,
}

/// What every series is forecast by.
struct Job<'a> {
    args: &'a Args,
    preferred: Option<Model>,
    regressors: Option<RegressorTable>,
    loaded: Option<ModelFile>,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        self.check()?;
        let regressors = self.regressors.as_deref().map(RegressorTable::read).transpose()?;
        let loaded = self.load.as_deref().map(ModelFile::read).transpose()?;
        let mut job = Job { args: &self, preferred: None, regressors, loaded };
        let mut tally = Tally::saving(self.save.as_deref())?;
        let form = Form {
            format: self.format,
            json: terminal.json(),
            samples: self.samples.is_some(),
            levels: self.level.clone(),
            point: if self.bias_adjust { Point::Adjusted } else { Point::Back },
        };
        if is_file(&self.input)? {
            let panel = Panel::open(Path::new(&self.input), &ReadOptions::default())?;
            let sink = Sink::open(form, self.output.as_deref(), terminal)?;
            return job.panel(&panel, sink, tally);
        }
        let Input { samples, preferred, .. } = Input::read(&self.input, terminal)?;
        job.preferred = preferred;
        let mut sink = Sink::open(form, self.output.as_deref(), terminal)?;
        for sample in samples {
            tally.take(&mut sink, job.outcome(&sample)?)?;
        }
        tally.close(sink, self.strict)
    }

    fn check(&self) -> Result<(), Diagnostic> {
        check_models(&self.model)?;
        if let Some(level) = self.level.iter().find(|l| !(**l > 0.0 && **l < 100.0)) {
            return Err(Diagnostic::error("U001", format!("--level {level} is not a level"))
                .help("a level lies between 0 and 100, such as 80 or 95"));
        }
        if let Some(n) = self.samples.filter(|n| !(1..=MOST_SAMPLES).contains(n)) {
            return Err(Diagnostic::error(
                "U001",
                format!("--samples {n} is not a number of paths"),
            )
            .help(format!("between 1 and {MOST_SAMPLES}")));
        }
        Ok(())
    }
}

/// How many series were forecast and which failed.
#[derive(Debug)]
struct Tally {
    failures: Vec<Diagnostic>,
    n_failed: usize,
    /// The file of fitted models.
    models: Option<GrowingFile>,
}

/// Failures that are kept for the end, when nothing could be forecast.
const KEPT: usize = 20;

impl Tally {
    fn saving(path: Option<&Path>) -> Result<Self, Diagnostic> {
        let models = path.map(GrowingFile::create).transpose()?;
        Ok(Self { failures: Vec::new(), n_failed: 0, models })
    }

    /// Writes what was forecast and says what was not.
    fn take(&mut self, sink: &mut Sink<'_>, outcome: Outcome) -> Result<(), Failure> {
        for note in &outcome.notes {
            sink.terminal().say(note);
        }
        for done in &outcome.done {
            sink.push(done)?;
        }
        if let Some(models) = &mut self.models {
            for line in &outcome.saved {
                models.write(line.as_bytes())?;
            }
        }
        for failure in outcome.failures {
            self.fail(failure);
        }
        Ok(())
    }

    fn fail(&mut self, failure: Diagnostic) {
        self.n_failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push(failure);
        }
    }

    fn close(mut self, sink: Sink<'_>, strict: bool) -> Result<(), Failure> {
        if self.n_failed > KEPT {
            let more = format!("{} more failures are not listed", self.n_failed - KEPT);
            let code = self.failures[0].code;
            self.failures.push(Diagnostic::note(code, more));
        }
        if sink.n_written() == 0 && self.n_failed > 0 {
            return Err(Failure { diagnostics: self.failures, strict: false });
        }
        if strict && self.n_failed > 0 {
            return Err(Failure { diagnostics: self.failures, strict: true });
        }
        for failure in &self.failures {
            sink.terminal().warn(failure);
        }
        if let Some(models) = self.models.take() {
            models.finish()?;
        }
        Ok(sink.finish()?)
    }
}

impl Job<'_> {
    /// Every series of a panel, in the order of the file, [`CHUNK`] at a time.
    fn panel(&self, panel: &Panel, mut sink: Sink<'_>, mut tally: Tally) -> Result<(), Failure> {
        let bar = progress(panel.n_lines(), sink.terminal());
        let mut waiting: Vec<Series> = Vec::new();
        let mut broken: Option<Failure> = None;
        panel.for_each(&mut |series, findings| {
            if broken.is_some() {
                return;
            }
            for finding in findings {
                if finding.is_error() {
                    tally.fail(finding);
                } else {
                    sink.terminal().warn(&finding);
                }
            }
            waiting.extend(series);
            if waiting.len() >= CHUNK {
                broken = self.chunk(&mut waiting, &mut sink, &mut tally, &bar).err();
            }
        });
        if let Some(failure) = broken {
            return Err(failure);
        }
        self.chunk(&mut waiting, &mut sink, &mut tally, &bar)?;
        bar.finish_and_clear();
        tally.close(sink, self.args.strict)
    }

    fn chunk(
        &self,
        waiting: &mut Vec<Series>,
        sink: &mut Sink<'_>,
        tally: &mut Tally,
        bar: &ProgressBar,
    ) -> Result<(), Failure> {
        let outcomes: Vec<Result<(Outcome, usize), Failure>> = waiting
            .par_drain(..)
            .map(|series| {
                let n = series.observations().len();
                let sample = sample(series)?;
                Ok((self.outcome(&sample)?, n))
            })
            .collect();
        for outcome in outcomes {
            let (outcome, n) = outcome?;
            bar.inc(n as u64);
            tally.take(sink, outcome)?;
        }
        Ok(())
    }

    /// Every model on a sample.
    fn outcome(&self, sample: &Sample) -> Result<Outcome, Failure> {
        let horizon = horizon(&self.args.horizon, sample.last_period())?;
        let mut outcome = Outcome {
            done: Vec::new(),
            saved: Vec::new(),
            notes: Vec::new(),
            failures: Vec::new(),
        };
        let sample = match self.with_regressors(sample, horizon) {
            Ok(sample) => sample,
            Err(e) => {
                outcome.failures.push(e);
                return Ok(outcome);
            }
        };
        for (name, fit) in self.fits(&sample, &mut outcome.failures) {
            match fit.forecast(horizon, self.args.samples.unwrap_or(0), self.args.seed) {
                Ok(forecast) => {
                    let id = forecast.id();
                    let warnings = fit.report().map_or(&[][..], |r| &r.warnings);
                    let of = |w: &String| format!("note: {} of {id}: {w}", fit.form());
                    outcome.notes.extend(warnings.iter().map(of));
                    if self.args.save.is_some() {
                        outcome.saved.extend(line(id, &name, fit.as_ref(), &sample));
                    }
                    let members = fit.members().to_vec();
                    outcome.done.push(Done { model: name, form: fit.form(), members, forecast });
                }
                Err(e) => outcome.failures.push(model_diagnostic(&e)),
            }
        }
        Ok(outcome)
    }

    /// The models fitted to a sample, or read for it from a file; those that fail are named.
    fn fits(
        &self,
        sample: &Sample,
        failures: &mut Vec<Diagnostic>,
    ) -> Vec<(String, Box<dyn Fitted>)> {
        let mut fits = Vec::new();
        let mut take = |name: String, fit: Result<Box<dyn Fitted>, ForecastError>| match fit {
            Ok(fit) => fits.push((name, fit)),
            Err(e) => failures.push(model_diagnostic(&e)),
        };
        let Some(loaded) = &self.loaded else {
            for (name, model) in self.models(sample) {
                take(name, model.fit(sample));
            }
            return fits;
        };
        match loaded.of(sample.target().id()) {
            Ok(models) => {
                let asked =
                    |name: &String| self.args.model.is_empty() || self.args.model.contains(name);
                for (name, saved) in models.iter().filter(|(name, _)| asked(name)) {
                    take(name.clone(), saved.fit(sample));
                }
            }
            Err(e) => failures.push(e),
        }
        fits
    }

    /// The sample with the regressors that were asked for.
    fn with_regressors(&self, sample: &Sample, horizon: usize) -> Result<Sample, Diagnostic> {
        let mut regressors = sample.regressors().clone();
        let named = |e| model_diagnostic(&e);
        if self.args.calendar == Calendar::Cn {
            let (first, n) = (sample.first_period(), sample.n_periods());
            for (name, regressor) in
                Regressors::calendar_cn(first, n, horizon).map_err(named)?.list()
            {
                regressors = regressors.with(name, regressor.clone());
            }
        }
        if let Some(table) = &self.regressors {
            regressors = table.add_to(regressors, sample.target().id());
        }
        if regressors == *sample.regressors() {
            return Ok(sample.clone());
        }
        // Every value that is needed is asked for now, so that one that is missing is named before the work.
        let n_needed = sample.n_periods() + horizon;
        regressors.require(sample.first_period(), n_needed).map_err(named)?;
        sample.clone().with_regressors(regressors).map_err(named)
    }

    /// The models asked for, each once, or the preferred one, or `auto`.
    fn models(&self, sample: &Sample) -> Vec<(String, Model)> {
        let mut models: Vec<(String, Model)> = Vec::new();
        for name in &self.args.model {
            if !models.iter().any(|(known, _)| known == name) {
                models.push((name.clone(), model(name, sample.target())));
            }
        }
        if models.is_empty() {
            let one = self.preferred.clone().unwrap_or_else(|| model("auto", sample.target()));
            models.push((one.name().to_owned(), one));
        }
        models
    }
}

/// In logs if every figure is positive, else in levels.
pub(super) fn sample(series: Series) -> Result<Sample, Diagnostic> {
    let positive = series.observations().iter().all(|o| o.value > 0.0);
    let scale = if positive { Scale::Log } else { Scale::Level };
    Sample::new(series, scale, Regressors::none()).map_err(|e| model_diagnostic(&e))
}

/// A bar on standard error with the time left, where that is a terminal; it first shows after a second.
fn progress(n_lines: usize, terminal: &Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    let template = "{bar:40} {percent:>3} % of the figures, {eta} left";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(n_lines as u64).with_style(style)
}
