//! `monazite decompose seasonal [FILE|ID]`.

use monazite_forecast::{ComponentPeriod, Sample};
use serde::Serialize;

use super::{
    Failure, Input, Output, Part, Scaled, Scaling, Terminal, components, csv_rows, each, in_scale,
    seasonal, structural,
};
use crate::cli::calendar::{Calendar, CalendarUse};
use crate::cli::columns::Columns;
use crate::diagnostic::Diagnostic;
use crate::report::number::significant;

/// Seasonal adjustment by a structural model: the figures without season and calendar effects.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Figure = trend × seasonal × calendar × interventions × irregular (× cycle), or their sum if additive; adjusted = \
    figure / (seasonal × calendar). Components are means given all figures by exact likelihood, so that sums over several \
    periods and gaps need no filling in; months of a sum add up to it.\n\
    Example: monazite decompose seasonal re-exports-value --calendar cn --format table"
)]
pub(super) struct Args {
    /// A long CSV (`unique_id,ds,y[,span][,unit]`), `-` for standard input, or the id of a bundled series.
    #[arg(default_value = "re-exports-volume", value_name = "FILE|ID")]
    input: String,
    /// Calendar effects, which are taken out with the season; left out with a note where a series cannot tell them from
    /// its season.
    #[arg(long, value_enum, default_value_t = Calendar::Auto)]
    calendar: Calendar,
    /// Whether components add up or multiply.
    #[arg(long, value_enum, default_value_t = Scaling::Auto)]
    scale: Scaling,
    #[command(flatten)]
    output: Output,
}

/// A series by a structural model.
#[derive(Debug, Serialize)]
struct Adjusted {
    unique_id: String,
    unit: String,
    method: String,
    scale: Scaled,
    calendar: CalendarUse,
    #[serde(skip)]
    note: Option<String>,
    periods: Vec<ComponentPeriod>,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let input = Input::read(&self.input, terminal)?;
        let (parts, failures) = each(&input, |sample| self.take_apart(sample, &input));
        for note in parts.iter().filter_map(|part| part.note.as_ref()) {
            terminal.say(note);
        }
        self.output.write(&parts, failures, terminal)
    }

    fn take_apart(&self, sample: &Sample, input: &Input) -> Result<Adjusted, Diagnostic> {
        let (m, scale) = (seasonal(sample)?, self.scale.of(sample)?);
        let sample = in_scale(sample, scale.scale())?;
        let calendared = self.calendar.apply(&sample, &sample, input.calendar, 0)?;
        let (sample, calendar) = calendared.of(|_| true);
        let (fit, periods) = components(structural(input, m), sample)?;
        Ok(Adjusted {
            unique_id: sample.target().id().to_owned(),
            unit: sample.target().unit().to_string(),
            method: fit.report().model.clone(),
            scale,
            calendar,
            note: calendared.note.clone(),
            periods,
        })
    }
}

/// The components by their names.
fn named(p: &ComponentPeriod) -> [(&'static str, f64); 8] {
    [
        ("figure", p.figure),
        ("trend", p.trend),
        ("seasonal", p.seasonal),
        ("cycle", p.cycle),
        ("calendar", p.calendar),
        ("interventions", p.interventions),
        ("irregular", p.irregular),
        ("adjusted", p.adjusted),
    ]
}

impl Part for Adjusted {
    fn header(&self) -> &'static str {
        "unique_id,ds,component,y\n"
    }

    fn rows(&self) -> Result<String, Diagnostic> {
        csv_rows(self.periods.iter().flat_map(|p| {
            named(p).map(|(name, y)| {
                vec![self.unique_id.clone(), p.period.to_string(), name.to_owned(), y.to_string()]
            })
        }))
    }

    fn table(&self) -> String {
        let mut columns = Columns::new(&[
            "period",
            ">figure",
            ">trend",
            ">seasonal",
            ">cycle",
            ">calendar",
            ">interventions",
            ">irregular",
            ">adjusted",
            "",
        ]);
        for p in &self.periods {
            let mut row = vec![p.period.to_string()];
            row.extend(named(p).map(|(_, y)| significant(y, 5)));
            row.push(if p.published { String::new() } else { "no figure of its own".to_owned() });
            columns.push(row);
        }
        format!(
            "{} by {} ({}), in {}\n{}",
            self.unique_id,
            self.method,
            self.scale.word(),
            self.unit,
            columns.render()
        )
    }
}
