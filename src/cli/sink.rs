//! Where forecasts go and in what form, one after another: nothing is kept, whatever their number.

use std::fmt::Write;
use std::path::Path;

use monazite_forecast::{Forecast, Member, Recalibration};
use serde::Serialize;

use super::Terminal;
use super::calendar::CalendarUse;
use super::columns::Columns;
use crate::diagnostic::Diagnostic;
use crate::output::GrowingFile;
use crate::study::forecast::{
    ForecastObject, Point, SAMPLES_HEADER, forecast_csv_header, forecast_csv_rows, forecast_object,
    samples_csv_rows,
};

/// What is written of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Quantiles as CSV.
    Csv,
    /// Medians and the 80 and 95 % intervals, aligned for reading.
    Table,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) json: bool,
    pub(super) samples: bool,
    pub(super) levels: Vec<f64>,
    pub(super) point: Point,
}

/// One forecast with what is said of it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) model: String,
    pub(super) form: String,
    pub(super) members: Vec<Member>,
    pub(super) forecast: Forecast,
    pub(super) calendar: CalendarUse,
    /// Where it was asked for.
    pub(super) recalibration: Option<Recalibration>,
}

/// A forecast under `--json`.
#[derive(Debug, Serialize)]
struct Annotated<'a> {
    #[serde(flatten)]
    object: ForecastObject,
    calendar: &'a CalendarUse,
    #[serde(skip_serializing_if = "Option::is_none")]
    recalibration: Option<Recalibrated>,
}

/// What recalibration did.
#[derive(Debug, Serialize)]
struct Recalibrated {
    applied: bool,
    /// On deviations from the median, one a period ahead; ones where nothing was applied.
    factors: Vec<f64>,
    /// Share of interval scores that it would have saved at the later origins.
    gain: f64,
    origins: usize,
}

impl Done {
    fn annotated(&self, object: ForecastObject) -> Annotated<'_> {
        let recalibration = self.recalibration.as_ref().map(|r| Recalibrated {
            applied: r.is_applied(),
            factors: (1..=self.forecast.horizon()).map(|h| r.factor(h)).collect(),
            gain: r.gain(),
            origins: r.n_origins(),
        });
        Annotated { object, calendar: &self.calendar, recalibration }
    }

    /// What recalibration did, in a sentence.
    pub(super) fn recalibration_note(&self) -> Option<String> {
        let r = self.recalibration.as_ref()?;
        let (of, n) = (format!("{} of {}", self.model, self.forecast.id()), r.n_origins());
        let gain = 100.0 * r.gain();
        Some(if r.is_applied() {
            let all = (1..=self.forecast.horizon()).map(|h| format!("{:.2}", r.factor(h)));
            let all = all.collect::<Vec<_>>().join(" ");
            format!(
                "note: intervals by {of} are recalibrated by {n} origins (interval scores of the later half {gain:.1} % less); factors by period ahead: {all}"
            )
        } else {
            format!(
                "note: intervals by {of} are left as they are: at the later half of {n} origins recalibration would not have clearly helped (interval scores {gain:.1} % less)"
            )
        })
    }
}

/// An open output.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    form: Form,
    file: Option<GrowingFile>,
    terminal: &'a mut Terminal,
    n_written: usize,
}

impl<'a> Sink<'a> {
    /// Standard output, or a file that appears when it is whole. Nothing is written before the first forecast.
    pub(super) fn open(
        form: Form,
        path: Option<&Path>,
        terminal: &'a mut Terminal,
    ) -> Result<Self, Diagnostic> {
        let file = path.map(GrowingFile::create).transpose()?;
        Ok(Self { form, file, terminal, n_written: 0 })
    }

    pub(super) fn n_written(&self) -> usize {
        self.n_written
    }

    pub(super) fn terminal(&self) -> &Terminal {
        self.terminal
    }

    fn write(&mut self, text: &str) -> Result<(), Diagnostic> {
        match &mut self.file {
            Some(file) => file.write(text.as_bytes()),
            None => self.terminal.print(text),
        }
    }

    /// The next forecast.
    pub(super) fn push(&mut self, done: &Done) -> Result<(), Diagnostic> {
        let first = self.n_written == 0;
        let text = self.text(done, first)?;
        self.write(&text)?;
        self.n_written += 1;
        Ok(())
    }

    fn text(&self, done: &Done, first: bool) -> Result<String, Diagnostic> {
        let Form { format, json, samples, levels, point } = &self.form;
        let (model, forecast) = (&done.model, &done.forecast);
        if *json {
            let object =
                forecast_object(model, &done.form, &done.members, forecast, levels, *point)?;
            let text = serde_json::to_string_pretty(&done.annotated(object)).map_err(|e| {
                Diagnostic::error("I002", format!("cannot be written as JSON: {e}"))
            })?;
            let indented = text.replace('\n', "\n  ");
            return Ok(format!("{}  {indented}", if first { "[\n" } else { ",\n" }));
        }
        if *samples {
            let rows = samples_csv_rows(model, forecast)?;
            return Ok(if first { SAMPLES_HEADER.to_owned() + &rows } else { rows });
        }
        if *format == Format::Table {
            return table(done, *point);
        }
        let rows = forecast_csv_rows(model, forecast, levels, *point)?;
        Ok(if first { forecast_csv_header(levels)? + &rows } else { rows })
    }

    /// Closes what is on standard output, which stays; a file is not left.
    pub(super) fn abandon(mut self) -> Result<(), Diagnostic> {
        match self.file.take() {
            Some(_) => Ok(()),
            None => self.close_array(),
        }
    }

    fn close_array(&mut self) -> Result<(), Diagnostic> {
        if self.form.json {
            self.write(if self.n_written == 0 { "[]\n" } else { "\n]\n" })?;
        }
        Ok(())
    }

    /// Closes the output.
    pub(super) fn finish(mut self) -> Result<(), Diagnostic> {
        self.close_array()?;
        match self.file.take() {
            Some(file) => file.finish(),
            None => Ok(()),
        }
    }
}

/// A forecast as a table for people.
fn table(done: &Done, point: Point) -> Result<String, Diagnostic> {
    let forecast = &done.forecast;
    let mut columns =
        Columns::new(&["period", ">point", ">2.5 %", ">10 %", ">median", ">90 %", ">97.5 %"]);
    for h in 0..forecast.horizon() {
        let q = forecast
            .quantiles(h, &[0.025, 0.1, 0.5, 0.9, 0.975])
            .map_err(|e| crate::study::forecast::model_diagnostic(&e))?;
        let cell = |y: f64| crate::report::number::significant(y, 5);
        let mut row = vec![forecast.first_period().plus(h as i64).to_string()];
        row.push(cell(point.of(forecast, h)));
        row.extend(q.into_iter().map(cell));
        columns.push(row);
    }
    let mut text = format!(
        "{} by {} ({}), in {}\n{}",
        forecast.id(),
        done.model,
        done.form,
        forecast.unit(),
        columns.render()
    );
    for m in &done.members {
        let form = if m.form.is_empty() { "-" } else { &m.form };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {form}, weight {:.2}; {}", m.name, m.weight, m.reason);
    }
    text.push('\n');
    Ok(text)
}
