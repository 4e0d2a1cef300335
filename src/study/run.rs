//! All phases of a study in order, and what they leave.

use monazite_series::Period;

use super::explain::{Explanation, explain};
use super::forecast::{JanuaryShare, SeriesForecast, forecast, january_shares};
use super::spec::{Study, StudySpec};
use crate::data::{Catalogue, Claim, Entry, claims};
use crate::diagnostic::Diagnostic;

/// What a study found.
#[derive(Debug, Clone)]
pub struct Results {
    /// What was asked for.
    pub spec: StudySpec,
    /// Forecasts by series.
    pub forecasts: Vec<SeriesForecast>,
    /// January's shares, smoothed and known.
    pub january: Vec<JanuaryShare>,
    /// What moved value.
    pub explanation: Explanation,
    /// Series used.
    pub entries: Vec<Entry>,
    /// Claims recomputed.
    pub claims: Vec<Claim>,
}

impl Results {
    /// Last month of the headline series.
    pub fn last_month(&self) -> Period {
        let of = |s: &SeriesForecast| s.plan.sample.last_period();
        self.forecasts.first().map_or(self.spec.simulate.from, of)
    }
}

/// Runs every phase; `say` is told what is being done.
///
/// # Errors
/// The first thing that went wrong, with its code.
pub fn run(study: &Study, say: &dyn Fn(&str)) -> Result<Results, Diagnostic> {
    let catalogue = Catalogue::bundled()?;
    let spec = study.spec.clone();
    say("forecasting");
    let forecasts = forecast(&catalogue, &spec)?;
    let january = match forecasts.iter().find(|s| s.plan.id == "re-exports-volume") {
        Some(volume) => january_shares(&catalogue, volume)?,
        None => Vec::new(),
    };
    say("explaining");
    let explanation = explain(&catalogue)?;
    let entries = used_entries(&catalogue)?;
    Ok(Results { spec, forecasts, january, explanation, entries, claims: claims()? })
}

/// Series that some phase reads.
const USED: [&str; 13] = [
    "re-exports-volume",
    "re-exports-value",
    "re-exports-value-gacc",
    "comtrade-280530-quantity",
    "comtrade-284690-quantity",
    "comtrade-850511-quantity",
    "magnet-exports-world",
    "nd-oxide-price",
    "usd-cny",
    "ev-sales-china",
    "ev-sales-china-model",
    "ev-sales-world",
    "wind-installations-world",
];

fn used_entries(catalogue: &Catalogue) -> Result<Vec<Entry>, Diagnostic> {
    USED.iter().map(|id| catalogue.entry(id)).collect()
}
