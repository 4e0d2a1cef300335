//! `monazite decompose stl [FILE|ID]`.

use std::fmt::Write;

use monazite_forecast::{Sample, Stl, StlDecomposition};
use monazite_series::Period;
use serde::Serialize;

use super::{
    Failure, Input, Output, Part, Scaled, Scaling, Terminal, components, csv_rows, each, in_scale,
    is_complete, seasonal, structural,
};
use crate::cli::columns::Columns;
use crate::diagnostic::Diagnostic;
use crate::report::number::significant;

/// Trend, season and remainder by local regression (STL), with the strength of trend and season.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Multiplicative components are STL of the logarithms taken back. Periods without a figure of their own \
    (sums, gaps) are filled in by a structural model first, and said to be.\n\
    Example: monazite decompose stl ev-sales-china-model --format table"
)]
pub(super) struct Args {
    /// A long CSV (`unique_id,ds,y[,span][,unit]`), `-` for standard input, or the id of a bundled series.
    #[arg(default_value = "re-exports-volume", value_name = "FILE|ID")]
    input: String,
    /// Seasons over which a place in the season changes: an odd number from 3 on, or `periodic` for a fixed season.
    #[arg(long, default_value = "11", value_name = "N|periodic")]
    window: String,
    /// Periods over which the trend is smoothed, odd. Default: the least odd number from 1.5 m / (1 − 1.5 / window).
    #[arg(long, value_name = "N")]
    trend_window: Option<usize>,
    /// Let large remainders count less.
    #[arg(long)]
    robust: bool,
    /// Whether components add up or multiply.
    #[arg(long, value_enum, default_value_t = Scaling::Auto)]
    scale: Scaling,
    #[command(flatten)]
    output: Output,
}

/// A series by STL.
#[derive(Debug, Serialize)]
struct ByStl {
    unique_id: String,
    unit: String,
    method: &'static str,
    scale: Scaled,
    season: usize,
    trend_strength: f64,
    seasonal_strength: f64,
    /// Periods whose figure a structural model filled in.
    filled: Vec<Period>,
    periods: Vec<StlPeriod>,
}

/// The components of a period; of multiplicative ones season and remainder are factors.
#[derive(Debug, Serialize)]
struct StlPeriod {
    ds: Period,
    figure: f64,
    trend: f64,
    seasonal: f64,
    remainder: f64,
    adjusted: f64,
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let window = self.window()?;
        let input = Input::read(&self.input, terminal)?;
        let (parts, failures) = each(&input, |sample| self.take_apart(sample, &input, window));
        for part in &parts {
            if let Some((first, last)) = part.filled.first().zip(part.filled.last()) {
                terminal.say(&format!(
                    "note: {} of the {} periods of {} have no figure of their own (the first {first}, the last {last}); a structural model fills them in",
                    part.filled.len(),
                    part.periods.len(),
                    part.unique_id
                ));
            }
        }
        self.output.write(&parts, failures, terminal)
    }

    /// Windows are odd numbers from 3 on.
    fn window(&self) -> Result<Option<usize>, Diagnostic> {
        let odd = |n: &usize| *n >= 3 && !n.is_multiple_of(2);
        let window = match self.window.as_str() {
            "periodic" => None,
            text => Some(text.parse().ok().filter(odd).ok_or_else(|| {
                Diagnostic::error("U001", format!("--window {text} is not a window"))
                    .help("an odd number from 3 on, or `periodic`")
            })?),
        };
        if let Some(n) = self.trend_window.filter(|n| !odd(n)) {
            return Err(Diagnostic::error("U001", format!("--trend-window {n} is not a window"))
                .help("an odd number from 3 on"));
        }
        Ok(window)
    }

    fn take_apart(
        &self,
        sample: &Sample,
        input: &Input,
        window: Option<usize>,
    ) -> Result<ByStl, Diagnostic> {
        let (m, scale) = (seasonal(sample)?, self.scale.of(sample)?);
        let (figures, filled) = figures(sample, input, scale, m)?;
        let stl = Stl {
            season: m,
            seasonal_window: window,
            trend_window: self.trend_window,
            robust: self.robust,
        };
        let log = scale == Scaled::Multiplicative;
        let moved: Vec<f64> = figures.iter().map(|y| if log { y.ln() } else { *y }).collect();
        let parts = stl.decompose(&moved).ok_or_else(|| {
            let (id, n) = (sample.target().id(), figures.len());
            Diagnostic::error(
                "M001",
                format!("STL needs more than {} periods of data and `{id}` has {n}", 2 * m),
            )
            .help("give it more data")
        })?;
        Ok(ByStl::new(sample, scale, &figures, filled, &parts, m))
    }
}

/// A figure for every period: as published, or where there is none of its own as a structural model has it.
fn figures(
    sample: &Sample,
    input: &Input,
    scale: Scaled,
    season: usize,
) -> Result<(Vec<f64>, Vec<Period>), Diagnostic> {
    if is_complete(sample) {
        return Ok((sample.target().observations().iter().map(|o| o.value).collect(), Vec::new()));
    }
    let sample = in_scale(sample, scale.scale())?;
    let (_, all) = components(structural(input, season), &sample)?;
    let filled = all.iter().filter(|c| !c.published).map(|c| c.period).collect();
    Ok((all.into_iter().map(|c| c.figure).collect(), filled))
}

impl ByStl {
    fn new(
        sample: &Sample,
        scale: Scaled,
        figures: &[f64],
        filled: Vec<Period>,
        parts: &StlDecomposition,
        season: usize,
    ) -> Self {
        let log = scale == Scaled::Multiplicative;
        let back = |w: f64| if log { w.exp() } else { w };
        let period = |(t, ds): (usize, Period)| {
            let seasonal = back(parts.seasonal()[t]);
            StlPeriod {
                ds,
                figure: figures[t],
                trend: back(parts.trend()[t]),
                seasonal,
                remainder: back(parts.remainder()[t]),
                adjusted: if log { figures[t] / seasonal } else { figures[t] - seasonal },
            }
        };
        Self {
            unique_id: sample.target().id().to_owned(),
            unit: sample.target().unit().to_string(),
            method: "STL",
            scale,
            season,
            trend_strength: parts.trend_strength(),
            seasonal_strength: parts.seasonal_strength(),
            filled,
            periods: sample.first_period().run(figures.len()).enumerate().map(period).collect(),
        }
    }
}

impl Part for ByStl {
    fn header(&self) -> &'static str {
        "unique_id,ds,component,y\n"
    }

    fn rows(&self) -> Result<String, Diagnostic> {
        csv_rows(self.periods.iter().flat_map(|p| {
            let all = [
                ("figure", p.figure),
                ("trend", p.trend),
                ("seasonal", p.seasonal),
                ("remainder", p.remainder),
                ("adjusted", p.adjusted),
            ];
            all.map(|(name, y)| {
                vec![self.unique_id.clone(), p.ds.to_string(), name.to_owned(), y.to_string()]
            })
        }))
    }

    fn table(&self) -> String {
        let mut columns = Columns::new(&[
            "period",
            ">figure",
            ">trend",
            ">seasonal",
            ">remainder",
            ">adjusted",
            "",
        ]);
        for p in &self.periods {
            let cell = |y: f64| significant(y, 5);
            let mut row = vec![p.ds.to_string()];
            row.extend([p.figure, p.trend, p.seasonal, p.remainder, p.adjusted].map(cell));
            row.push(if self.filled.contains(&p.ds) {
                "filled in".to_owned()
            } else {
                String::new()
            });
            columns.push(row);
        }
        let mut text =
            format!("{} by STL ({}), in {}\n", self.unique_id, self.scale.word(), self.unit);
        text.push_str(&columns.render());
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "strength of trend {:.2}, of season {:.2} (from 0 to 1)",
            self.trend_strength, self.seasonal_strength
        );
        text
    }
}
