//! `monazite decompose interventions [FILE|ID]`.

use std::fmt::Write;

use monazite_forecast::{
    Arima, Counterfactual, GaussianFit, InterventionOptions, Model, ParameterEstimate, Regressor,
    Sample, Scale, critical_value, find_interventions,
};
use monazite_series::Period;
use serde::Serialize;

use super::{Failure, Input, Output, Part, Terminal, csv_rows, each, season, structural};
use crate::cli::calendar::{Calendar, CalendarUse};
use crate::diagnostic::Diagnostic;
use crate::study::forecast::model_diagnostic;

/// Outliers and breaks: found by search or declared, with their effects and what would have been without them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Types: AO, an additive outlier (pulse); LS, a level shift (step); TC, a temporary change (fading). A positive series \
    is taken in logarithms: effects are then per cent of what would have been. The counterfactual is the series against the \
    same model without the interventions, everything else as it was, with 90 % intervals.\n\
    Example: monazite decompose interventions magnet-exports-world --at 2025-04:pulse,2025-05:fading=0.5 --counterfactual"
)]
pub(super) struct Args {
    /// A long CSV (`unique_id,ds,y[,span][,unit]`), `-` for standard input, or the id of a bundled series. Interventions
    /// that the report declares are not assumed here.
    #[arg(default_value = "magnet-exports-world", value_name = "FILE|ID")]
    input: String,
    /// Test these and search for none: PERIOD:pulse, PERIOD:step, PERIOD:fading or PERIOD:fading=RATE (the share left
    /// after each further period; .7), separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "PERIOD:TYPE")]
    at: Vec<String>,
    /// Least size of a t-value in the search. Default: that of X-13ARIMA-SEATS for the length of the series.
    #[arg(long, value_name = "T")]
    critical: Option<f64>,
    /// The model of the rest of the series.
    #[arg(long, value_enum, default_value_t = Kind::Structural)]
    model: Kind,
    /// Calendar effects; left out with a note where a series cannot tell them from its season.
    #[arg(long, value_enum, default_value_t = Calendar::Auto)]
    calendar: Calendar,
    /// Print the path without the interventions instead of their effects.
    #[arg(long)]
    counterfactual: bool,
    /// Draws of the counterfactual.
    #[arg(long, default_value_t = 4000, value_name = "N")]
    paths: usize,
    /// Seed of the draws.
    #[arg(long, default_value_t = 20261124)]
    seed: u64,
    #[command(flatten)]
    output: Output,
}

/// Models with a likelihood and regressors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Trend, season and irregular; the report's model for a series that it forecasts.
    Structural,
    /// ARIMA(0,1,1)(0,1,1), or (0,1,1) without a season.
    Airline,
}

/// An intervention as declared.
#[derive(Debug, Clone, PartialEq)]
struct Declared {
    name: String,
    short: &'static str,
    period: Period,
    regressor: Regressor,
}

/// Share of a fading pulse that is left after a period unless another is given.
const RATE: f64 = 0.7;

impl Declared {
    fn parse(text: &str) -> Result<Self, Diagnostic> {
        let refused = || {
            Diagnostic::error("U001", format!("--at {text} is not an intervention"))
                .help("write a period and a type: 2025-04:pulse, 2025-04:step, 2025-04:fading or 2025-04:fading=0.5")
        };
        let (when, what) = text.split_once(':').ok_or_else(refused)?;
        let period: Period = when.parse().map_err(|_| refused())?;
        let (what, rate) = match what.split_once('=') {
            Some((what, rate)) => (what, Some(rate)),
            None => (what, None),
        };
        let (short, regressor) = match (what, rate) {
            ("pulse", None) => ("AO", Regressor::Pulse { at: period }),
            ("step", None) => ("LS", Regressor::Step { from: period }),
            ("fading", None) => ("TC", Regressor::Decay { from: period, rate: RATE }),
            ("fading", Some(rate)) => {
                let rate: f64 = rate.parse().map_err(|_| refused())?;
                if !(rate > 0.0 && rate < 1.0) {
                    return Err(Diagnostic::error("U001", format!("--at {text}: {rate} is no rate"))
                        .help("a rate lies between 0 and 1: the share that is left after each further period"));
                }
                ("TC", Regressor::Decay { from: period, rate })
            }
            _ => return Err(refused()),
        };
        Ok(Self { name: format!("{short} {period}"), short, period, regressor })
    }
}

/// Effects of a series, and what would have been without them if that was asked for.
#[derive(Debug, Serialize)]
struct Effects {
    unique_id: String,
    unit: String,
    model: String,
    in_logs: bool,
    calendar: CalendarUse,
    #[serde(skip)]
    note: Option<String>,
    /// Least size of a t-value of a search; none where interventions were declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    critical: Option<f64>,
    interventions: Vec<Effect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterfactual: Option<Counterfactual>,
    /// Whether the counterfactual is what is printed.
    #[serde(skip)]
    rows: Rows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Rows {
    #[default]
    Effects,
    Counterfactual,
}

/// One intervention; estimate, standard error and interval in logarithms on logs.
#[derive(Debug, Serialize)]
struct Effect {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    ds: Period,
    estimate: f64,
    se: Option<f64>,
    t: Option<f64>,
    lo95: Option<f64>,
    hi95: Option<f64>,
    /// The first period's effect in per cent of what would have been; none in levels.
    #[serde(rename = "effect_percent")]
    percent: Option<f64>,
}

impl Effect {
    fn new(kind: &'static str, ds: Period, estimate: &ParameterEstimate, in_logs: bool) -> Self {
        Self {
            name: estimate.name.clone(),
            kind,
            ds,
            estimate: estimate.value,
            se: estimate.se,
            t: estimate.t_value(),
            lo95: estimate.lo95,
            hi95: estimate.hi95,
            percent: in_logs.then(|| 100.0 * estimate.value.exp_m1()),
        }
    }
}

impl Args {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let mut declared: Vec<Declared> = Vec::new();
        for text in &self.at {
            let one = Declared::parse(text)?;
            if declared.iter().any(|d| d.name == one.name) {
                return Err(Diagnostic::error("U001", format!("--at names {} twice", one.name))
                    .help("name it once")
                    .into());
            }
            declared.push(one);
        }
        if self.paths == 0 {
            return Err(Diagnostic::error("U001", "--paths 0 is no number of draws")
                .help("4000 is the default")
                .into());
        }
        if let Some(t) = self.critical.filter(|t| !(*t > 0.0 && t.is_finite())) {
            return Err(Diagnostic::error("U001", format!("--critical {t} is no t-value"))
                .help("a positive number; about 4 for ten years of months")
                .into());
        }
        let input = Input::read(&self.input, terminal)?;
        let (parts, failures) = each(&input, |sample| self.effects(sample, &input, &declared));
        for note in parts.iter().filter_map(|part| part.note.as_ref()) {
            terminal.say(note);
        }
        for part in parts.iter().filter(|part| part.interventions.is_empty()) {
            let critical = part.critical.unwrap_or_default();
            terminal.say(&format!(
                "note: no t-value of {} exceeds {critical:.2} in size; --critical lowers the bar, --at tests a date",
                part.unique_id
            ));
        }
        self.output.write(&parts, failures, terminal)
    }

    fn effects(
        &self,
        sample: &Sample,
        input: &Input,
        declared: &[Declared],
    ) -> Result<Effects, Diagnostic> {
        let named = |e| model_diagnostic(&e);
        let calendared = self.calendar.apply(sample, sample, input.calendar, 0)?;
        let (sample, calendar) = calendared.of(|_| true);
        let rest = sample.regressors().filtered(|r| !r.is_intervention());
        let sample = sample.clone().with_regressors(rest).map_err(named)?;
        let m = season(sample.target());
        let model = match self.model {
            Kind::Structural => Model::Structural(structural(input, m)),
            Kind::Airline if m > 1 => Model::Arima(Arima::airline(m)),
            Kind::Airline => Model::Arima(Arima::new(0, 1, 1)),
        };
        let in_logs = sample.scale() == Scale::Log;
        let (fit, interventions) = if declared.is_empty() {
            let options =
                InterventionOptions { critical: self.critical, ..InterventionOptions::default() };
            let found = find_interventions(&sample, &model, &options).map_err(named)?;
            let of = |i: &monazite_forecast::Intervention| {
                Effect::new(i.kind.short(), i.period, &i.estimate, in_logs)
            };
            (found.fit().clone(), found.list().iter().map(of).collect())
        } else {
            test(&sample, &model, declared)?
        };
        let names: Vec<&str> = interventions.iter().map(|i: &Effect| i.name.as_str()).collect();
        let counterfactual = if self.counterfactual && !names.is_empty() {
            Some(fit.counterfactual(&names, self.paths, self.seed).map_err(named)?)
        } else {
            None
        };
        let critical = self.critical.unwrap_or_else(|| critical_value(sample.n_periods()));
        Ok(Effects {
            unique_id: sample.target().id().to_owned(),
            unit: sample.target().unit().to_string(),
            model: fit.report().model.clone(),
            in_logs,
            calendar,
            note: calendared.note.clone(),
            critical: declared.is_empty().then_some(critical),
            interventions,
            counterfactual,
            rows: if self.counterfactual { Rows::Counterfactual } else { Rows::Effects },
        })
    }
}

/// The model with declared interventions, and their effects.
fn test(
    sample: &Sample,
    model: &Model,
    declared: &[Declared],
) -> Result<(GaussianFit, Vec<Effect>), Diagnostic> {
    let named = |e| model_diagnostic(&e);
    let (first, last) = (sample.first_period(), sample.last_period());
    let mut regressors = sample.regressors().clone();
    for one in declared {
        let inside = one.period.frequency() == first.frequency()
            && first <= one.period
            && one.period <= last;
        if !inside {
            let (id, at) = (sample.target().id(), one.period);
            return Err(Diagnostic::error(
                "U001",
                format!("--at {at}: the data of `{id}` run from {first} to {last}"),
            )
            .help("name a period within the data"));
        }
        regressors = regressors.with(&one.name, one.regressor.clone());
    }
    let sample = sample.clone().with_regressors(regressors).map_err(named)?;
    let fit = model.fit_gaussian(&sample).map_err(named)?;
    let in_logs = sample.scale() == Scale::Log;
    let effects = declared
        .iter()
        .filter_map(|d| Some(Effect::new(d.short, d.period, fit.coefficient(&d.name)?, in_logs)))
        .collect();
    Ok((fit, effects))
}

impl Part for Effects {
    fn header(&self) -> &'static str {
        match self.rows {
            Rows::Effects => "unique_id,name,type,ds,estimate,se,t,lo95,hi95,effect_percent\n",
            Rows::Counterfactual => {
                "unique_id,ds,published,actual,without,without_q0.05,without_q0.95,effect,effect_q0.05,effect_q0.95,cumulative,cumulative_q0.05,cumulative_q0.95\n"
            }
        }
    }

    fn rows(&self) -> Result<String, Diagnostic> {
        if self.rows == Rows::Counterfactual {
            let periods = self.counterfactual.iter().flat_map(Counterfactual::periods);
            return csv_rows(periods.map(|p| {
                let mut row = vec![
                    self.unique_id.clone(),
                    p.period.to_string(),
                    p.published.to_string(),
                    p.actual.to_string(),
                ];
                for band in [p.without, p.effect, p.cumulative] {
                    row.extend([band.median, band.q05, band.q95].map(|y| y.to_string()));
                }
                row
            }));
        }
        csv_rows(self.interventions.iter().map(|i| {
            let cell = |y: Option<f64>| y.map_or_else(String::new, |y| y.to_string());
            vec![
                self.unique_id.clone(),
                i.name.clone(),
                i.kind.to_owned(),
                i.ds.to_string(),
                i.estimate.to_string(),
                cell(i.se),
                cell(i.t),
                cell(i.lo95),
                cell(i.hi95),
                cell(i.percent),
            ]
        }))
    }

    fn table(&self) -> String {
        let scale = if self.in_logs { "effects in logarithms" } else { &self.unit };
        let mut text = format!("{} by {}, {scale}\n", self.unique_id, self.model);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<14} {:>10} {:>10} {:>8} {:>23} {:>10}",
            "",
            "estimate",
            "s.e.",
            "t",
            "95 % interval",
            if self.in_logs { "effect %" } else { "" }
        );
        for i in &self.interventions {
            let number = |y: Option<f64>| y.map_or_else(|| "–".to_owned(), |y| format!("{y:.4}"));
            let _ = writeln!(
                text,
                "{:<14} {:>10.4} {:>10} {:>8} {:>11} {:>11} {:>10}",
                i.name,
                i.estimate,
                number(i.se),
                i.t.map_or_else(|| "–".to_owned(), |t| format!("{t:.2}")),
                number(i.lo95),
                number(i.hi95),
                i.percent.map_or_else(String::new, |p| format!("{p:.1}"))
            );
        }
        if let Some(counterfactual) = &self.counterfactual {
            let share = counterfactual.share();
            let _ = writeln!(text, "\n{counterfactual}");
            let _ = writeln!(
                text,
                "in per cent of what would have been: {:.1} (90 % interval {:.1} to {:.1})",
                100.0 * share.median,
                100.0 * share.q05,
                100.0 * share.q95
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_or_refused_with_the_form() {
        let april: Period = "2025-04".parse().unwrap();
        let of = |text: &str| Declared::parse(text).map(|d| (d.name, d.regressor));
        assert_eq!(of("2025-04:pulse").unwrap().1, Regressor::Pulse { at: april });
        assert_eq!(of("2025-04:step").unwrap().0, "LS 2025-04");
        assert_eq!(of("2025-04:fading").unwrap().1, Regressor::Decay { from: april, rate: 0.7 });
        let half = Regressor::Decay { from: april, rate: 0.5 };
        assert_eq!(of("2025-04:fading=0.5").unwrap().1, half);
        for text in ["2025-04", "April:pulse", "2025-04:dip", "2025-04:pulse=1", "2025-04:fading=1"]
        {
            let refused = of(text).unwrap_err();
            assert_eq!(refused.code, "U001", "{text}");
            assert!(refused.hint.is_some());
        }
    }
}
