//! `--calendar`: which calendar effects a series gets, and what is said of it.

use monazite_forecast::{ForecastError, Sample};
use serde::Serialize;

use crate::data::CalendarEffects;
use crate::diagnostic::Diagnostic;
use crate::study::forecast::model_diagnostic;

/// Calendar effects that regressors stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Calendar {
    /// `cn` for bundled monthly series of Chinese customs where Akaike's criterion says that it pays (unless the report has a choice of
    /// its own), else `none`.
    Auto,
    /// China's: before, during and after Lunar New Year, and weekdays.
    Cn,
    /// None.
    None,
}

/// What a forecast says of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CalendarUse {
    /// `cn`, `study` (what the report chose for the series) or `none`.
    used: &'static str,
    reason: String,
}

impl CalendarUse {
    fn new(used: &'static str, reason: impl Into<String>) -> Self {
        Self { used, reason: reason.into() }
    }
}

/// A sample with its calendar.
#[derive(Debug, Clone)]
pub(super) struct Calendared {
    pub(super) sample: Sample,
    /// The same without a calendar that nobody asked for, for models that know no regressors.
    bare: Option<Sample>,
    calendar: CalendarUse,
    /// What a reader should hear of it.
    pub(super) note: Option<String>,
}

impl Calendared {
    fn plain(sample: Sample, calendar: CalendarUse) -> Self {
        Self { sample, bare: None, calendar, note: None }
    }

    /// The sample as it is, with a note why it has no calendar.
    fn left_out(sample: &Sample, why: &str) -> Self {
        let id = sample.target().id();
        let calendar = CalendarUse::new("none", format!("left out: {why}"));
        Self {
            note: Some(format!("note: the Chinese calendar is left out of {id}: {why}")),
            ..Self::plain(sample.clone(), calendar)
        }
    }

    /// What a model gets: the sample, or the bare one if it can use that only; and what is said of it.
    pub(super) fn of(&self, takes: impl Fn(&Sample) -> bool) -> (&Sample, CalendarUse) {
        match &self.bare {
            Some(bare) if !takes(&self.sample) && takes(bare) => {
                (bare, CalendarUse::new("none", "the model knows no regressors"))
            }
            _ => (&self.sample, self.calendar.clone()),
        }
    }

    /// The same with further regressors, or whatever else a change of both samples is.
    pub(super) fn map<E>(self, change: impl Fn(Sample) -> Result<Sample, E>) -> Result<Self, E> {
        let bare = self.bare.map(&change).transpose()?;
        Ok(Self { sample: change(self.sample)?, bare, ..self })
    }
}

impl Calendar {
    /// The sample with the calendar asked for, up to `horizon` periods ahead; whether it is identified is judged on
    /// `known`, the part of the sample from which models are first estimated.
    pub(super) fn apply(
        self,
        sample: &Sample,
        known: &Sample,
        effects: CalendarEffects,
        horizon: usize,
    ) -> Result<Calendared, Diagnostic> {
        let list = sample.regressors().list().iter();
        let own: Vec<&str> =
            list.filter(|(_, r)| r.is_calendar()).map(|(name, _)| name.as_str()).collect();
        if self == Self::None {
            let left = sample.regressors().filtered(|r| !r.is_calendar());
            let sample = sample.clone().with_regressors(left).map_err(|e| model_diagnostic(&e))?;
            return Ok(Calendared::plain(sample, CalendarUse::new("none", "as asked for")));
        }
        if self == Self::Auto && !own.is_empty() {
            let reason = format!("the report's choice for this series: {}", own.join(", "));
            return Ok(Calendared::plain(sample.clone(), CalendarUse::new("study", reason)));
        }
        if self == Self::Auto && effects == CalendarEffects::None {
            let reason = "not a bundled monthly series of Chinese customs";
            return Ok(Calendared::plain(sample.clone(), CalendarUse::new("none", reason)));
        }
        let judged = known.with_calendar_cn(horizon).and_then(|with| {
            // Asked for, it has to be identified; as a default it has to be worth its coefficients too.
            let gain = if self == Self::Auto { known.calendar_gain(&with)? } else { 0.0 };
            Ok((gain, sample.with_calendar_cn(horizon)?))
        });
        match judged {
            Ok((gain, with)) if self == Self::Cn || gain > 0.0 => {
                let reason = match self {
                    Self::Auto => format!(
                        "the default for monthly figures of Chinese customs; AICc of a structural model is {gain:.1} lower with it"
                    ),
                    _ => "as asked for".to_owned(),
                };
                Ok(Calendared {
                    bare: (self == Self::Auto).then(|| sample.clone()),
                    ..Calendared::plain(with, CalendarUse::new("cn", reason))
                })
            }
            Ok((gain, _)) => {
                let reason = format!("AICc of a structural model is {:.1} higher with it", -gain);
                Ok(Calendared::left_out(sample, &reason))
            }
            Err(e @ ForecastError::MissingRegressor { .. }) if self == Self::Cn => {
                Err(model_diagnostic(&e)
                    .help("the calendar is one of months, from 2000 to 2035: shorten the horizon, or use `--calendar none`"))
            }
            Err(e) => Ok(Calendared::left_out(sample, &format!("{e}"))),
        }
    }
}
