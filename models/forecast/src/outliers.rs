//! Outliers and breaks found by search: additive outliers, level shifts, temporary changes.
//!
//! Use it where single figures or whole levels are out of line for reasons the model does not know. It assumes that the
//! rest of the series follows the model; a third of the figures out of line is not a series with outliers.
//!
//! ```text
//! AO  1 in one period        LS  1 from a period on        TC  δ^(t − t₀) from t₀ on, δ = .7
//! ```
//!
//! At given parameters the filter whitens figures, regressors and pulses; the column of any candidate is a sum of those
//! of pulses, and its t-value is that of generalised least squares given the regressors and the interventions so far.
//! The scale is 1.4826 times the median size of the whitened residuals, which outliers do not move. The largest t-value
//! above the critical value is added, and the rest projected off it, until none is left; then the parameters are
//! estimated anew and the search goes on. Since parameters estimated without a break take it up and hide it, the largest
//! of each kind that comes near is tried with an estimation before the search ends. At the end the least significant are taken out one at a time, each followed by
//! an estimation (Chen and Liu 1993, stages I and II; Gómez and Maravall 2001; the columns as in de Jong and Penzer
//! 1998). Interventions are regressors of the model that is returned, so that their standard errors are those of joint
//! estimation.
//!
//! ```
//! use monazite_forecast::{Arima, InterventionOptions, Model, Regressors, Sample, Scale, find_interventions};
//! use monazite_series::{Aggregation, Series};
//! // A walk around 100 that falls by 40 in 2020-01.
//! let noise = |t: u32| f64::from((t * 7919 + 13) % 17) - 8.0;
//! let figures: Vec<f64> = (0..60).map(|t| 100.0 + 0.3 * noise(t) - if t < 36 { 0.0 } else { 40.0 }).collect();
//! let series = Series::from_values("x", "t".parse()?, Aggregation::Sum, "2017-01".parse()?, &figures)?;
//! let sample = Sample::new(series, Scale::Level, Regressors::none())?;
//! let found = find_interventions(&sample, &Model::Arima(Arima::new(1, 0, 0)), &InterventionOptions::default())?;
//! assert_eq!(found.list()[0].name, "LS 2020-01");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::f64::consts::PI;
use std::fmt;

use monazite_series::Period;
use monazite_statespace::{Whitened, whiten};
use serde::Serialize;

use crate::fit::{Estimate, fault};
use crate::form::Form;
use crate::report::ParameterEstimate;
use crate::{ForecastError, Forecaster, GaussianFit, Model, Regressor, Regressors, Sample};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterventionKind {
    /// One figure is out of line.
    Additive,
    /// The level is another one from a period on.
    LevelShift,
    /// A jump that dies out.
    TemporaryChange,
}

impl InterventionKind {
    /// AO, LS or TC.
    pub fn short(self) -> &'static str {
        match self {
            Self::Additive => "AO",
            Self::LevelShift => "LS",
            Self::TemporaryChange => "TC",
        }
    }

    fn regressor(self, period: Period, rate: f64) -> Regressor {
        match self {
            Self::Additive => Regressor::Pulse { at: period },
            Self::LevelShift => Regressor::Step { from: period },
            Self::TemporaryChange => Regressor::Decay { from: period, rate },
        }
    }
}

/// What to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct InterventionOptions {
    /// Kinds; all three.
    pub kinds: Vec<InterventionKind>,
    /// Share of a temporary change that is left after each further period; .7.
    pub decay: f64,
    /// Least size of a t-value; [`critical_value`] of the number of periods.
    pub critical: Option<f64>,
    /// First period in which something may have happened; that of the sample.
    pub from: Option<Period>,
    /// Last period in which something may have happened; that of the sample.
    pub to: Option<Period>,
}

impl Default for InterventionOptions {
    fn default() -> Self {
        use InterventionKind::{Additive, LevelShift, TemporaryChange};
        Self {
            kinds: vec![Additive, LevelShift, TemporaryChange],
            decay: 0.7,
            critical: None,
            from: None,
            to: None,
        }
    }
}

/// Size of t-values that the largest of `n` exceeds with a probability of about .05 where nothing happened.
///
/// The asymptotic distribution of the largest (Ljung 1993) as the reference manual of X-13ARIMA-SEATS tabulates it
/// (table 7.22: 3.73 for 72, 3.80 for 96, 3.89 for 144, 3.99 for 240), here from 24 periods on.
pub fn critical_value(n: usize) -> f64 {
    const TAIL: f64 = 0.05;
    let log = (n.max(24) as f64).ln();
    let root = (2.0 * log).sqrt();
    let centre = root - (log.ln() + (4.0 * PI).ln()) / (2.0 * root);
    let both_sides = 2.0 - (1.0 + TAIL).sqrt();
    centre - (-0.5 * both_sides.ln()).ln() / root
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intervention {
    /// What.
    pub kind: InterventionKind,
    /// When.
    pub period: Period,
    /// The name of its regressor, such as `LS 2025-04`.
    pub name: String,
    /// Its effect, in logs on logs, with its standard error in joint estimation.
    pub estimate: ParameterEstimate,
}

/// What was found, and the model with it.
#[derive(Debug, Clone)]
pub struct Interventions {
    list: Vec<Intervention>,
    fit: GaussianFit,
    critical: f64,
}

impl Interventions {
    /// In the order of their periods.
    pub fn list(&self) -> &[Intervention] {
        &self.list
    }

    /// The model with them as regressors.
    pub fn fit(&self) -> &GaussianFit {
        &self.fit
    }

    /// The size of t-values asked for.
    pub fn critical(&self) -> f64 {
        self.critical
    }
}

impl fmt::Display for Interventions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.fit.report();
        if self.list.is_empty() {
            return writeln!(f, "no t-value of {} exceeds {:.2}", report.id, self.critical);
        }
        let effect = if report.in_logs { "effect %" } else { "" };
        writeln!(f, "{:<28} {:>12} {:>12} {:>8} {effect:>10}", report.id, "estimate", "s.e.", "t")?;
        for i in &self.list {
            let (value, se) = (i.estimate.value, i.estimate.se.unwrap_or(f64::NAN));
            write!(f, "{:<28} {value:>12.6} {se:>12.6} {:>8.2}", i.name, value / se)?;
            if report.in_logs {
                write!(f, " {:>10.1}", 100.0 * value.exp_m1())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A kind and the index of a period.
type Event = (InterventionKind, usize);

/// Rounds of searching and estimating.
const MAX_ROUNDS: usize = 8;
/// A t-value of this share of the critical value is worth an estimation.
const NEAR: f64 = 0.75;
/// At most one intervention in so many figures.
const FIGURES_EACH: usize = 6;

/// Searches a sample for outliers and breaks under a structural or ARIMA model.
///
/// # Errors
/// A model without a likelihood, a decay that is not between 0 and 1, what estimation refuses.
pub fn find_interventions(
    sample: &Sample,
    model: &Model,
    options: &InterventionOptions,
) -> Result<Interventions, ForecastError> {
    if !(options.decay > 0.0 && options.decay < 1.0) {
        return Err(ForecastError::Specification(format!(
            "the decay of a temporary change is {}, and it has to lie between 0 and 1",
            options.decay
        )));
    }
    let critical = options.critical.unwrap_or_else(|| critical_value(sample.n_periods()));
    let search =
        |form: &dyn Form, start: Start<'_>| Search { sample, form, start, options, critical }.run();
    let (events, fit) = if let Model::Structural(m) = model {
        m.check()?;
        let events = search(&m.for_sample(sample), &|_| None)?;
        let fit = m.fit(&with_events(sample, &events, options.decay)?)?;
        (events, fit)
    } else if let Model::Arima(m) = model {
        let events = search(m, &|sample| m.start_on(sample))?;
        let fit = m.fit(&with_events(sample, &events, options.decay)?)?;
        (events, fit)
    } else {
        return Err(ForecastError::Unsupported {
            model: model.label(),
            id: sample.target().id().to_owned(),
            what: "a search for outliers: it has no regressors".to_owned(),
        });
    };
    let list = events.iter().filter_map(|&(kind, t)| {
        let period = sample.first_period().plus(t as i64);
        let name = name(kind, period);
        let estimate = fit.coefficient(&name)?.clone();
        Some(Intervention { kind, period, name, estimate })
    });
    Ok(Interventions { list: list.collect(), fit, critical })
}

fn name(kind: InterventionKind, period: Period) -> String {
    format!("{} {period}", kind.short())
}

/// The sample with events as further regressors.
fn with_events(sample: &Sample, events: &[Event], decay: f64) -> Result<Sample, ForecastError> {
    let add = |all: Regressors, &(kind, t): &Event| {
        let period = sample.first_period().plus(t as i64);
        all.with(name(kind, period), kind.regressor(period, decay))
    };
    let regressors = events.iter().fold(sample.regressors().clone(), add);
    Sample::of(sample.publications().to_vec(), sample.target_idx(), sample.scale(), regressors)
}

/// Where an estimation on a standardised sample starts; none where the one before is the best guess.
type Start<'a> = &'a dyn Fn(&Sample) -> Option<Vec<f64>>;

struct Search<'a> {
    sample: &'a Sample,
    form: &'a dyn Form,
    start: Start<'a>,
    options: &'a InterventionOptions,
    critical: f64,
}

impl Search<'_> {
    /// Forward and backward; events in the order of their periods.
    fn run(&self) -> Result<Vec<Event>, ForecastError> {
        let mut events: Vec<Event> = Vec::new();
        let mut estimate = self.estimate(&events, None)?;
        for _ in 0..MAX_ROUNDS {
            let (added, missed) = self.forward(&events, &estimate)?;
            if !added.is_empty() {
                events.extend(added);
                estimate = self.estimate(&events, Some(&estimate))?;
            } else if let Some((event, with)) = self.hidden(&events, &missed, &estimate)? {
                events.push(event);
                estimate = with;
            } else {
                break;
            }
        }
        while let Some(weakest) = self.weakest(&events, &estimate) {
            events.remove(weakest);
            estimate = self.estimate(&events, Some(&estimate))?;
        }
        events.sort_by_key(|&(kind, t)| (t, kind.short()));
        Ok(events)
    }

    fn estimate(
        &self,
        events: &[Event],
        last: Option<&Estimate>,
    ) -> Result<Estimate, ForecastError> {
        let with = with_events(self.sample, events, self.options.decay)?;
        let own = (self.start)(&with.standardised()?);
        let start = own.as_deref().or_else(|| last.map(Estimate::free_parameters));
        Estimate::for_search(self.form, &with, start)
    }

    /// The near miss whose t-value is largest once the parameters are estimated with it, if that is large enough.
    ///
    /// Without a break in the model the parameters take it up, an autoregressive one above all, and hide it.
    fn hidden(
        &self,
        events: &[Event],
        missed: &[Event],
        estimate: &Estimate,
    ) -> Result<Option<(Event, Estimate)>, ForecastError> {
        // Each kind has its own largest, so that there are as many dates as kinds times periods.
        let n = self.sample.n_periods();
        let further = critical_value(n * self.options.kinds.len()) - critical_value(n);
        let bar = self.critical + further;
        let mut best: Option<(f64, Event, Estimate)> = None;
        for &event in missed {
            let all: Vec<Event> = events.iter().copied().chain([event]).collect();
            let with = self.estimate(&all, Some(estimate))?;
            let t_value = t_value(&with, 0);
            if t_value >= bar.max(best.as_ref().map_or(0.0, |b| b.0)) {
                best = Some((t_value, event, with));
            }
        }
        Ok(best.map(|(_, event, with)| (event, with)))
    }

    /// Further events at the parameters of an estimation, or else the largest of each kind that come near.
    fn forward(
        &self,
        events: &[Event],
        estimate: &Estimate,
    ) -> Result<(Vec<Event>, Vec<Event>), ForecastError> {
        let named = |e| fault(estimate.label(), estimate.sample(), e);
        let observations = estimate.sample().observations(0).map_err(named)?;
        let channels = estimate.channels(0)?;
        let whitened =
            whiten(&estimate.dynamics().model, &channels, &observations).map_err(named)?;
        let mut scan = Scan::new(&whitened, self.candidates(), self.options.decay);
        let most = (scan.residuals.len() / FIGURES_EACH).saturating_sub(events.len());
        let mut added: Vec<Event> = Vec::new();
        let taken = |added: &[Event], t| events.iter().chain(added).any(|e| e.1 == t);
        while added.len() < most {
            let largest = scan.largest(|e| taken(&added, e.1));
            let Some((at, _)) = largest.filter(|(_, t_value)| *t_value >= self.critical) else {
                break;
            };
            added.push(scan.candidates[at].event);
            scan.take_off(at);
        }
        if !added.is_empty() || most == 0 {
            return Ok((added, Vec::new()));
        }
        let near = |kind: InterventionKind| {
            let largest = scan.largest(|e| e.0 != kind || taken(&added, e.1));
            largest.filter(|(_, t_value)| *t_value >= NEAR * self.critical)
        };
        let missed = self.options.kinds.iter().filter_map(|kind| near(*kind));
        Ok((added.clone(), missed.map(|(at, _)| scan.candidates[at].event).collect()))
    }

    /// The event of the smallest t-value, if that is below the critical value.
    fn weakest(&self, events: &[Event], estimate: &Estimate) -> Option<usize> {
        (0..events.len())
            .map(|i| (i, t_value(estimate, events.len() - 1 - i)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, t)| *t < self.critical)
            .map(|(i, _)| i)
    }

    /// Where something may have happened: outliers where a figure ends, shifts where a figure covers the period.
    ///
    /// A shift before the third period is an outlier of the first ones, one in the last period an outlier there.
    fn candidates(&self) -> Vec<Event> {
        let n = self.sample.n_periods();
        let (mut ends, mut covered) = (vec![false; n], vec![false; n]);
        for o in self.sample.publications().iter().flat_map(|p| p.series.observations()) {
            let t = (o.period.ordinal() - self.sample.first_period().ordinal()) as usize;
            ends[t] = true;
            for back in 0..o.span as usize {
                covered[t - back] = true;
            }
        }
        let inside = |t: &usize| {
            let period = self.sample.first_period().plus(*t as i64);
            self.options.from.is_none_or(|from| period >= from)
                && self.options.to.is_none_or(|to| period <= to)
        };
        let possible = |kind: InterventionKind, t: usize| match kind {
            InterventionKind::Additive => ends[t],
            InterventionKind::LevelShift => covered[t] && t >= 2 && t + 1 < n,
            InterventionKind::TemporaryChange => covered[t] && t + 1 < n,
        };
        let each = |t: usize| self.options.kinds.iter().map(move |kind| (*kind, t));
        (0..n).filter(inside).flat_map(each).filter(|&(kind, t)| possible(kind, t)).collect()
    }
}

/// Size of the t-value of a coefficient, counted from the last one.
fn t_value(estimate: &Estimate, from_last: usize) -> f64 {
    let (beta, covariance) =
        (estimate.filtered().coefficients(), estimate.filtered().coefficient_covariance());
    let j = beta.len() - 1 - from_last;
    (beta[j] / covariance[[j, j]].sqrt()).abs()
}

/// A candidate and its whitened column, with regressors and earlier events taken off.
struct Candidate {
    event: Event,
    column: Vec<f64>,
}

/// Whitened residuals and the candidates that may explain them.
struct Scan {
    residuals: Vec<f64>,
    candidates: Vec<Candidate>,
    /// A column whose sum of squares is below this is explained by what is there.
    vanishing: f64,
}

impl Scan {
    fn new(whitened: &Whitened, events: Vec<Event>, decay: f64) -> Self {
        let n_periods = whitened.pulses().ncols();
        // Columns of pulses one after the other, then sums from the end on with weights 1 and δ.
        let pulses: Vec<Vec<f64>> =
            (0..n_periods).map(|t| whitened.pulses().column(t).to_vec()).collect();
        let from_end = |weight: f64| {
            let mut sums = pulses.clone();
            for t in (0..n_periods.saturating_sub(1)).rev() {
                let (here, after) = sums.split_at_mut(t + 1);
                here[t].iter_mut().zip(&after[0]).for_each(|(x, next)| *x += weight * next);
            }
            sums
        };
        let (steps, decays) = (from_end(1.0), from_end(decay));
        let column = |(kind, t): Event| match kind {
            InterventionKind::Additive => pulses[t].clone(),
            InterventionKind::LevelShift => steps[t].clone(),
            InterventionKind::TemporaryChange => decays[t].clone(),
        };
        let candidates: Vec<Candidate> =
            events.into_iter().map(|event| Candidate { event, column: column(event) }).collect();
        let largest = candidates.iter().map(|c| product(&c.column, &c.column)).fold(0.0, f64::max);
        let mut scan =
            Self { residuals: whitened.figures().to_vec(), candidates, vanishing: 1e-8 * largest };
        let mut regressors: Vec<Vec<f64>> =
            whitened.regressors().columns().into_iter().map(|c| c.to_vec()).collect();
        while let Some(mut next) = regressors.pop() {
            normalise(&mut next);
            for column in &mut regressors {
                project_off(column, &next);
            }
            scan.project_off(&next);
        }
        scan
    }

    /// Takes a direction of unit length off everything.
    fn project_off(&mut self, direction: &[f64]) {
        project_off(&mut self.residuals, direction);
        for candidate in &mut self.candidates {
            project_off(&mut candidate.column, direction);
        }
    }

    fn take_off(&mut self, at: usize) {
        let mut direction = self.candidates[at].column.clone();
        normalise(&mut direction);
        self.project_off(&direction);
    }

    /// The candidate with the largest t-value, and that value; `excluded` events are passed over.
    fn largest(&self, excluded: impl Fn(Event) -> bool) -> Option<(usize, f64)> {
        let scale = robust_scale(&self.residuals);
        let t_value = |c: &Candidate| {
            let squares = product(&c.column, &c.column);
            (squares > self.vanishing)
                .then(|| product(&c.column, &self.residuals).abs() / (squares.sqrt() * scale))
        };
        (self.candidates.iter().enumerate())
            .filter(|(_, c)| !excluded(c.event))
            .filter_map(|(at, c)| t_value(c).map(|t| (at, t)))
            // The first of equals, so that the order of candidates decides and not their number.
            .fold(None, |best: Option<(usize, f64)>, next| match best {
                Some(best) if best.1 >= next.1 => Some(best),
                _ => Some(next),
            })
    }
}

/// 1.4826 times the median size: the standard deviation of normal residuals, whatever a minority of them is.
fn robust_scale(residuals: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let n = sizes.len();
    let median = if n % 2 == 1 { sizes[n / 2] } else { 0.5 * (sizes[n / 2 - 1] + sizes[n / 2]) };
    1.482_602_218_505_602 * median
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn normalise(column: &mut [f64]) {
    let length = product(column, column).sqrt();
    if length > 0.0 {
        for x in column {
            *x /= length;
        }
    }
}

fn project_off(column: &mut [f64], direction: &[f64]) {
    let along = product(column, direction);
    column.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_manual() {
        for (n, value) in [(72, 3.73), (96, 3.80), (120, 3.85), (144, 3.89), (240, 3.99)] {
            assert!((critical_value(n) - value).abs() < 0.02, "{n}: {}", critical_value(n));
        }
        assert_eq!(critical_value(5), critical_value(24));
    }

    #[test]
    fn the_scale_ignores_outliers() {
        let quiet = [0.1, -0.2, 0.15, -0.1, 0.05];
        let loud = [0.1, -0.2, 0.15, -90.0, 0.05];
        assert!((robust_scale(&quiet) - 1.4826 * 0.1).abs() < 1e-5);
        assert!((robust_scale(&loud) - 1.4826 * 0.15).abs() < 1e-5);
    }

    #[test]
    fn what_is_projected_off_is_gone() {
        let mut direction = vec![1.0, 1.0, 0.0];
        normalise(&mut direction);
        let mut column = vec![3.0, 1.0, 5.0];
        project_off(&mut column, &direction);
        assert!(product(&column, &direction).abs() < 1e-15);
        assert_eq!(column[2], 5.0);
    }
}
