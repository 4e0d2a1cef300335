//! `monazite decompose …`: a series taken apart.

mod interventions;
mod seasonal;
mod stl;

use std::path::PathBuf;

use clap::Subcommand;
use monazite_forecast::{
    ComponentPeriod, Forecaster, GaussianFit, Model, Sample, Scale, Structural, Transform,
};
use monazite_series::{Aggregation, Frequency, Series};
use serde::Serialize;

use super::series_input::{Input, season};
use super::{Failure, Terminal};
use crate::diagnostic::Diagnostic;
use crate::output::{json_bytes, write_file};
use crate::study::forecast::model_diagnostic;

/// Take a series apart: trend and season, seasonal adjustment, outliers and interventions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: monazite decompose stl nd-oxide-price --format table")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Stl(stl::Args),
    Seasonal(seasonal::Args),
    Interventions(interventions::Args),
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        match self.command {
            Command::Stl(args) => args.run(terminal),
            Command::Seasonal(args) => args.run(terminal),
            Command::Interventions(args) => args.run(terminal),
        }
    }
}

/// In what form parts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Long CSV.
    Csv,
    /// Aligned for reading.
    Table,
}

/// Where parts are written and in what form.
#[derive(Debug, clap::Args)]
struct Output {
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write to this file instead of standard output.
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// One series taken apart, in every form.
trait Part: Serialize {
    /// The header of its rows, with a line end; the same for all parts of a run.
    fn header(&self) -> &'static str;
    fn rows(&self) -> Result<String, Diagnostic>;
    fn table(&self) -> String;
}

impl Output {
    /// Writes all parts; series that failed are named, and if all did that is the error.
    fn write<P: Part>(
        &self,
        parts: &[P],
        failures: Vec<Diagnostic>,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        if parts.is_empty() && !failures.is_empty() {
            return Err(failures.into());
        }
        for failure in &failures {
            terminal.warn(failure);
        }
        let text = if terminal.json() {
            String::from_utf8_lossy(&json_bytes(&parts)?).into_owned()
        } else if self.format == Format::Table {
            parts.iter().map(Part::table).collect::<Vec<_>>().join("\n")
        } else {
            let rows = parts.iter().map(Part::rows).collect::<Result<Vec<_>, _>>()?;
            parts.first().map_or("", P::header).to_owned() + &rows.concat()
        };
        match &self.output {
            Some(path) => Ok(write_file(path, text.as_bytes())?),
            None => Ok(terminal.print(&text)?),
        }
    }
}

/// Each series of an input taken apart; the series that could not be, with the reason.
fn each<P>(
    input: &Input,
    take_apart: impl Fn(&Sample) -> Result<P, Diagnostic>,
) -> (Vec<P>, Vec<Diagnostic>) {
    let (mut parts, mut failures) = (Vec::new(), Vec::new());
    for sample in &input.samples {
        match take_apart(sample) {
            Ok(part) => parts.push(part),
            Err(e) => failures.push(e),
        }
    }
    (parts, failures)
}

/// How components make up a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scaling {
    /// Multiplicative where every figure is positive, unless levels are clearly likelier; else additive.
    Auto,
    /// Components add up.
    Additive,
    /// Components multiply: their logarithms add up.
    Multiplicative,
}

/// The scaling in which a series is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Scaled {
    Additive,
    Multiplicative,
}

impl Scaled {
    fn scale(self) -> Scale {
        if self == Self::Additive { Scale::Level } else { Scale::Log }
    }

    fn word(self) -> &'static str {
        if self == Self::Additive { "additive" } else { "multiplicative" }
    }
}

impl Scaling {
    /// What it comes to in a sample; figures over several periods count as their mean.
    fn of(self, sample: &Sample) -> Result<Scaled, Diagnostic> {
        let season = season(sample.target());
        let figures: Vec<f64> = sample
            .target()
            .observations()
            .iter()
            .map(|o| match sample.target().aggregation() {
                Aggregation::Sum => o.value / f64::from(o.span),
                Aggregation::Mean => o.value,
            })
            .collect();
        match self {
            Self::Additive => Ok(Scaled::Additive),
            Self::Multiplicative if figures.iter().all(|y| *y > 0.0) => Ok(Scaled::Multiplicative),
            Self::Multiplicative => {
                let message =
                    format!("`{}` has figures that are not positive", sample.target().id());
                Err(Diagnostic::error("M004", message)
                    .help("use `--scale additive`: factors need positive figures"))
            }
            // With sums or gaps the likelihoods of the choice would be of other figures.
            Self::Auto if !is_complete(sample) => {
                let positive = figures.iter().all(|y| *y > 0.0);
                Ok(if positive { Scaled::Multiplicative } else { Scaled::Additive })
            }
            Self::Auto => Ok(match Transform::choose(&figures, season) {
                Transform::None => Scaled::Additive,
                Transform::Log | Transform::BoxCox(_) => Scaled::Multiplicative,
            }),
        }
    }
}

/// Whether there is one publication with a figure in every period.
fn is_complete(sample: &Sample) -> bool {
    let observations = sample.target().observations();
    sample.publications().len() == 1
        && observations.len() == sample.n_periods()
        && observations.iter().all(|o| o.span == 1)
}

/// The periods in the season of a series that has one.
fn seasonal(sample: &Sample) -> Result<usize, Diagnostic> {
    let target = sample.target();
    match season(target) {
        1 => Err(Diagnostic::error(
            "D042",
            format!(
                "`{}` has no season to take out: its periods are {}s",
                target.id(),
                period_name(target)
            ),
        )
        .help("months and quarters have a season; add up days to months first")),
        m => Ok(m),
    }
}

fn period_name(series: &Series) -> &'static str {
    match series.frequency() {
        Frequency::Month => "month",
        Frequency::Quarter => "quarter",
        Frequency::Year => "year",
        Frequency::Day => "day",
    }
}

/// A sample in another scale.
fn in_scale(sample: &Sample, scale: Scale) -> Result<Sample, Diagnostic> {
    Sample::of(
        sample.publications().to_vec(),
        sample.target_idx(),
        scale,
        sample.regressors().clone(),
    )
    .map_err(|e| model_diagnostic(&e))
}

/// The structural model of a series: the report's, or the basic one with a season.
fn structural(input: &Input, season: usize) -> Structural {
    let own = input.models.iter().find_map(|model| match model {
        Model::Structural(own) => Some(*own),
        _ => None,
    });
    own.unwrap_or_else(|| match season {
        0 | 1 => Structural::local_linear(),
        m => Structural::basic(m),
    })
}

/// A structural model and the components that it sees.
fn components(
    model: Structural,
    sample: &Sample,
) -> Result<(GaussianFit, Vec<ComponentPeriod>), Diagnostic> {
    let named = |e| model_diagnostic(&e);
    let fit = model.fit(sample).map_err(named)?;
    let components = fit.components().map_err(named)?;
    Ok((fit, components))
}

/// Records as CSV.
fn csv_rows(records: impl Iterator<Item = Vec<String>>) -> Result<String, Diagnostic> {
    let cannot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("I002", format!("cannot be written as CSV: {e}"))
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).map_err(|e| cannot(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| cannot(&e))?;
    String::from_utf8(bytes).map_err(|e| cannot(&e))
}
