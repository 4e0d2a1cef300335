//! All phases of a study in order, and what they leave.

use super::activity::activity_paths;
use super::calibrate::{Calibration, calibrate};
use super::check::check_months;
use super::explain::{Explanation, explain};
use super::forecast::{JanuaryShare, SeriesForecast, forecast, january_shares};
use super::simulate::{MarketBasis, Simulation, run_worlds};
use super::spec::{Study, StudySpec};
use super::uncertainty::{Decomposition, decompose};
use super::vehicles::ev_paths;
use monazite_physical::Scenario;

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
    /// Parameters of the market with their origins.
    pub calibration: Calibration,
    /// Worlds and measures.
    pub simulation: Simulation,
    /// How much of a band of the baseline is what.
    pub variance: Decomposition,
    /// Series used.
    pub entries: Vec<Entry>,
    /// Claims recomputed.
    pub claims: Vec<Claim>,
}

impl Results {
    /// How recent the data are, by what they are of.
    pub fn vintage(&self) -> String {
        let of = |id: &str| {
            let found = self.forecasts.iter().find(|s| s.plan.id == id);
            found.map(|s| s.plan.sample.last_period().to_string()).unwrap_or_default()
        };
        format!(
            "{} (exports), {} (prices), {} (vehicles)",
            of("re-exports-volume"),
            of("nd-oxide-price"),
            of("ev-sales-china")
        )
    }
}

/// Runs every phase; `say` is told what is being done.
///
/// # Errors
/// The first thing that went wrong, with its code.
pub fn run(study: &Study, say: &dyn Fn(&str)) -> Result<Results, Diagnostic> {
    let catalogue = Catalogue::bundled()?;
    check_months(study, &catalogue)?;
    let spec = study.spec.clone();
    say("forecasting");
    // Neither needs the other, and the slowest series leaves a core idle.
    let (forecasts, base) = rayon::join(|| forecast(&catalogue, &spec), || calibrate(&catalogue));
    let (forecasts, base) = (forecasts?, base?);
    let january = match forecasts.iter().find(|s| s.plan.id == "re-exports-volume") {
        Some(volume) => january_shares(&catalogue, volume)?,
        None => Vec::new(),
    };
    say("explaining");
    let explanation = explain(&catalogue)?;
    say("calibrating");
    let (calibration, simulation, variance) = market(&catalogue, &forecasts, &base, (study, say))?;
    Ok(Results {
        forecasts,
        january,
        explanation,
        calibration,
        simulation,
        variance,
        entries: used_entries(&catalogue)?,
        claims: claims()?,
        spec,
    })
}

/// Pairs of paths by which variance is taken apart: each costs some ten calibrations.
const PATHS_A_PAIR: usize = 8;
const FEWEST_PAIRS: usize = 8;
const MOST_PAIRS: usize = 40;

/// Parameters, anchored to the activity that is simulated, and the worlds.
fn market(
    catalogue: &Catalogue,
    forecasts: &[SeriesForecast],
    base: &Calibration,
    (study, say): (&Study, &dyn Fn(&str)),
) -> Result<(Calibration, Simulation, Decomposition), Diagnostic> {
    let spec = &study.spec;
    let vehicles = forecasts
        .iter()
        .find(|s| s.plan.id == "ev-sales-china")
        .ok_or_else(|| Diagnostic::error("M003", "vehicle sales of China have no forecast"))?;
    let ev = ev_paths(catalogue, vehicles, spec)?;
    let simulate = &spec.simulate;
    let n_months = (simulate.until.ordinal() - simulate.from.ordinal() + 1) as usize;
    let activity = activity_paths(catalogue, &ev, simulate.from, n_months, spec.seed)?;
    let calibration = base.anchored(&activity, simulate.from)?;
    say("simulating");
    let scenarios = study.scenarios.scenarios();
    let simulation = run_worlds(simulate, &scenarios, &calibration, &activity, spec.seed)?;
    say("taking variance apart");
    let n_pairs = (simulate.paths / PATHS_A_PAIR).clamp(FEWEST_PAIRS, MOST_PAIRS);
    let (vehicles, calibrated) = (vehicles.clone(), calibration.clone());
    let basis =
        MarketBasis::around(Catalogue::bundled()?, vehicles, spec.clone(), calibrated, activity);
    let variance = decompose(&basis, &Scenario::baseline(), n_pairs)?;
    Ok((calibration, simulation, variance))
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
