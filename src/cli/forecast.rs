//! `monazite forecast [FILE|ID]`.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use monazite_forecast::{
    Fitted, Forecast, ForecastError, Forecaster, GaussianFit, Model, Recalibrated, Recalibration,
    Regressors, Sample, Scale, forecast_given,
};
use monazite_series::Series;
use ndarray::Array2;
use rayon::prelude::*;

use super::calendar::{Calendar, CalendarUse, Calendared};
use super::model_file::{ModelFile, line};
use super::series_input::{Input, check_models, horizon, is_file, model, season};
use super::sink::{Done, Form, Format, Sink};
use super::tally::{Outcome, Tally};
use super::{Failure, Terminal};
use crate::data::{CalendarEffects, GivenTable, Panel, ReadOptions, RegressorTable};
use crate::diagnostic::Diagnostic;
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
    /// What regressors are given to be: wide CSV `[unique_id,]ds,[sample,]NAME,…`. One row a period ahead is a path, for
    /// any model with regressors; rows numbered in a column `sample` are joint draws, for structural (the default then)
    /// and airline. Their past is in --regressors, or in rows within the data.
    #[arg(long, value_name = "FILE", conflicts_with = "load")]
    given: Option<PathBuf>,
    /// Calendar effects; left out with a note where a series cannot tell them from its season.
    #[arg(long, value_enum, default_value_t = Calendar::Auto)]
    calendar: Calendar,
    /// Recalibrate intervals by rolling origins, period ahead by period ahead, where that would have helped.
    #[arg(long, conflicts_with = "load")]
    recalibrate: bool,
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
    /// Exit with 7 if a series fails: what is on standard output stays, with -o no file is left.
    #[arg(long)]
    strict: bool,
    /// Write to this file instead of standard output.
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Series that are forecast in parallel before any is written; what is held in memory besides the text of the panel.
const CHUNK: usize = 64;
/// Most sample paths.
const MOST_SAMPLES: usize = 100_000;

/// What every series is forecast by.
struct Job<'a> {
    args: &'a Args,
    preferred: Option<Model>,
    calendar: CalendarEffects,
    regressors: Option<RegressorTable>,
    given: Option<GivenTable>,
    loaded: Option<ModelFile>,
}

/// A series ready to be forecast.
struct Prepared {
    samples: Calendared,
    /// Joint draws of regressors ahead, where more than one is given.
    draws: Vec<(String, Array2<f64>)>,
}

/// A model at its estimates.
struct Fit {
    name: String,
    fitted: Box<dyn Fitted>,
    sample: Sample,
    calendar: CalendarUse,
    recalibration: Option<Recalibration>,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        self.check()?;
        let regressors = self.regressors.as_deref().map(RegressorTable::read).transpose()?;
        let given = self.given.as_deref().map(GivenTable::read).transpose()?;
        let loaded = self.load.as_deref().map(ModelFile::read).transpose()?;
        let calendar = CalendarEffects::None;
        let mut job = Job { args: &self, preferred: None, calendar, regressors, given, loaded };
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
        let Input { samples, preferred, calendar, .. } = Input::read(&self.input, terminal)?;
        (job.preferred, job.calendar) = (preferred, calendar);
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

    /// Every model on a sample; the error is one of the command line.
    fn outcome(&self, sample: &Sample) -> Result<Outcome, Failure> {
        let horizon = horizon(&self.args.horizon, sample.last_period())?;
        let mut outcome = Outcome::default();
        let prepared = match self.prepared(sample, horizon) {
            Ok(prepared) => prepared,
            Err(e) => {
                outcome.failures.push(e);
                return Ok(outcome);
            }
        };
        outcome.notes.extend(prepared.samples.note.clone());
        if !prepared.draws.is_empty() {
            self.given_draws(&prepared, &mut outcome);
            return Ok(outcome);
        }
        for fit in self.fits(&prepared, &mut outcome.failures) {
            match fit.fitted.forecast(horizon, self.args.samples.unwrap_or(0), self.args.seed) {
                Ok(forecast) => {
                    if self.args.save.is_some() {
                        let id = forecast.id();
                        outcome.saved.extend(line(id, &fit.name, fit.fitted.as_ref(), &fit.sample));
                    }
                    let Fit { name, fitted: fit, calendar, recalibration, .. } = fit;
                    let done = Done {
                        model: name,
                        form: fit.form(),
                        members: fit.members().to_vec(),
                        forecast,
                        calendar,
                        recalibration,
                    };
                    outcome.notes.extend(warnings(fit.as_ref(), done.forecast.id()));
                    outcome.notes.extend(done.recalibration_note());
                    outcome.done.push(done);
                }
                Err(e) => outcome.failures.push(model_diagnostic(&e)),
            }
        }
        Ok(outcome)
    }

    /// The sample with its calendar and regressors, and what these are given to be.
    fn prepared(&self, sample: &Sample, horizon: usize) -> Result<Prepared, Diagnostic> {
        let (id, last) = (sample.target().id(), sample.last_period());
        let named = |e| model_diagnostic(&e);
        let mut paths = match &self.given {
            Some(given) => given.paths(id, last.plus(1), horizon)?,
            None => Vec::new(),
        };
        let samples = self.args.calendar.apply(sample, sample, self.calendar, horizon)?;
        let samples = samples.map(|sample| {
            let mut regressors = sample.regressors().clone();
            if let Some(table) = &self.regressors {
                regressors = table.add_to(regressors, id);
            }
            if let Some(given) = &self.given {
                regressors = given.add_to(regressors, id, last)?;
            }
            for (name, values) in &paths {
                let first = values.row(0).to_vec();
                regressors = regressors.with_future(name, last.plus(1), &first).map_err(named)?;
            }
            if regressors == *sample.regressors() {
                return Ok(sample);
            }
            // Every value that is needed is asked for now, so that one that is missing is named before the work.
            let n_needed = sample.n_periods() + horizon;
            regressors.require(sample.first_period(), n_needed).map_err(named)?;
            sample.with_regressors(regressors).map_err(named)
        })?;
        if paths.first().is_none_or(|(_, values)| values.nrows() == 1) {
            paths.clear();
        }
        Ok(Prepared { samples, draws: paths })
    }

    /// The models fitted to a sample, or read for it from a file; those that fail are named.
    fn fits(&self, prepared: &Prepared, failures: &mut Vec<Diagnostic>) -> Vec<Fit> {
        let target = prepared.samples.sample.target();
        let mut fits = Vec::new();
        let mut take = |name: String, model: &Model, fit: &FitOn<'_>| {
            let (sample, calendar) = prepared.samples.of(|sample| model.takes(sample));
            match fit(sample) {
                Ok((fit, recalibration)) => {
                    fits.push(Fit {
                        name,
                        fitted: fit,
                        sample: sample.clone(),
                        calendar,
                        recalibration,
                    });
                }
                Err(e) => failures.push(model_diagnostic(&e)),
            }
        };
        let Some(loaded) = &self.loaded else {
            for (name, model) in self.models(target) {
                take(name, &model, &|sample| self.fit(&model, sample));
            }
            return fits;
        };
        match loaded.of(target.id()) {
            Ok(models) => {
                let asked =
                    |name: &String| self.args.model.is_empty() || self.args.model.contains(name);
                for (name, saved) in models.iter().filter(|(name, _)| asked(name)) {
                    let of_name = model(name, target);
                    take(name.clone(), &of_name, &|sample| Ok((saved.fit(sample)?, None)));
                }
            }
            Err(e) => failures.push(e),
        }
        fits
    }

    /// A model, recalibrated if that was asked for.
    fn fit(
        &self,
        model: &Model,
        sample: &Sample,
    ) -> Result<(Box<dyn Fitted>, Option<Recalibration>), ForecastError> {
        if !self.args.recalibrate {
            return Ok((model.fit(sample)?, None));
        }
        let fit = Recalibrated::new(model.clone(), season(sample.target())).fit(sample)?;
        let recalibration = fit.recalibration().clone();
        Ok((Box::new(fit), Some(recalibration)))
    }

    /// Forecasts by the models whose forecast is a mixture over draws of the regressors.
    fn given_draws(&self, prepared: &Prepared, outcome: &mut Outcome) {
        let (sample, calendar) = prepared.samples.of(|_| true);
        let models = match &self.args.model[..] {
            [] => vec![("structural".to_owned(), model("structural", sample.target()))],
            _ => self.models(sample.target()),
        };
        for (name, model) in models {
            match self.mixed(&model, sample, &prepared.draws) {
                Ok((fit, forecast)) => {
                    outcome.notes.extend(warnings(&fit, forecast.id()));
                    outcome.done.push(Done {
                        model: name,
                        form: forecast.model().to_owned(),
                        members: Vec::new(),
                        forecast,
                        calendar: calendar.clone(),
                        recalibration: None,
                    });
                }
                Err(e) => outcome.failures.push(model_diagnostic(&e).help(
                    "draws of --given are for `structural` and `airline`; a single path is for any model with regressors",
                )),
            }
        }
    }

    fn mixed(
        &self,
        model: &Model,
        sample: &Sample,
        draws: &[(String, Array2<f64>)],
    ) -> Result<(GaussianFit, Forecast), ForecastError> {
        let fit = model.fit_gaussian(sample)?;
        let drivers: Vec<(&str, Array2<f64>)> =
            draws.iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
        let n_paths = self.args.samples.unwrap_or(0);
        let forecast = forecast_given(&fit, &drivers, n_paths, self.args.seed)?;
        Ok((fit, forecast))
    }

    /// The models asked for, each once, or the preferred one, or `auto`.
    fn models(&self, target: &Series) -> Vec<(String, Model)> {
        let mut models: Vec<(String, Model)> = Vec::new();
        for name in &self.args.model {
            if !models.iter().any(|(known, _)| known == name) {
                models.push((name.clone(), model(name, target)));
            }
        }
        if models.is_empty() {
            let one = self.preferred.clone().unwrap_or_else(|| model("auto", target));
            models.push((one.name().to_owned(), one));
        }
        models
    }
}

/// An estimation on one of the samples of a series.
type FitOn<'a> =
    dyn Fn(&Sample) -> Result<(Box<dyn Fitted>, Option<Recalibration>), ForecastError> + 'a;

/// What a reader should know of a fit.
fn warnings(fit: &dyn Fitted, id: &str) -> Vec<String> {
    let all = fit.report().map_or(&[][..], |r| &r.warnings);
    all.iter().map(|w| format!("note: {} of {id}: {w}", fit.form())).collect()
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
