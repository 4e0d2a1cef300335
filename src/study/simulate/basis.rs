//! What simulated worlds are made from: parameters anchored to the last prices, and activity drawn in batches.
//!
//! Activity comes from the joint predictive draws of the forecasts, 512 paths at a time: batch 0 is drawn
//! with the study's seed, batch k with a seed that follows from it and k. What the supplier expects and what parameters
//! are anchored to is batch 0, whatever the number of paths simulated, so that a path does not depend on that number and
//! memory does not grow with it.

use monazite_physical::{ActivityPaths, Conduct, ExpectedActivity, PhysicalError};
use monazite_stochastic::{Key, Purpose};

use super::refused;
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::activity::activity_paths;
use crate::study::calibrate::{Calibration, MarketMoments, calibrate};
use crate::study::check::{check_months, check_values};
use crate::study::forecast::{SeriesForecast, vehicles_of_china};
use crate::study::spec::{Study, StudySpec};
use crate::study::vehicles::ev_paths;

/// Paths of activity drawn at a time.
const BATCH_PATHS: usize = 512;
const BATCH_SEED: Purpose = Purpose::named("study: seed of a batch of activity");

/// Everything that worlds of a study have in common.
#[derive(Debug)]
pub struct MarketBasis {
    catalogue: Catalogue,
    vehicles: SeriesForecast,
    spec: StudySpec,
    n_months: usize,
    calibration: Calibration,
    first_batch: ActivityPaths,
    expected: ExpectedActivity,
}

impl MarketBasis {
    /// Estimates what activity is drawn from and calibrates the market for `n_months` months from the study's first one;
    /// the study's own months if not given. Parameters are anchored on the study's months either way.
    ///
    /// # Errors
    /// `S004` for months outside the data, `M0xx` if vehicles cannot be forecast or the market cannot be calibrated.
    pub fn prepare(study: &Study, n_months: Option<usize>) -> Result<Self, Diagnostic> {
        let catalogue = Catalogue::bundled()?;
        check_months(study, &catalogue)?;
        let spec = &study.spec;
        let own = (spec.simulate.until.ordinal() - spec.simulate.from.ordinal() + 1) as usize;
        let n_months = n_months.unwrap_or(own);
        let mut longest = study.clone();
        longest.spec.simulate.until = spec.simulate.from.plus(n_months.max(own) as i64 - 1);
        check_values(&longest)?;
        check_months(&longest, &catalogue)?;
        let vehicles = vehicles_of_china(&catalogue, &longest.spec)?;
        let drawn = batch(&catalogue, &vehicles, (&longest.spec, BATCH_PATHS), 0)?;
        let activity = drawn.until_month(own).map_err(|e| refused(&e))?;
        let calibration = calibrate(&catalogue)?.anchored(&activity, spec.simulate.from)?;
        let first_batch = drawn.until_month(n_months).map_err(|e| refused(&e))?;
        Ok(Self::around(catalogue, vehicles, longest.spec, calibration, first_batch))
    }

    /// What a study has calibrated and drawn already: the paths drawn are a batch.
    pub fn around(
        catalogue: Catalogue,
        vehicles: SeriesForecast,
        spec: StudySpec,
        calibration: Calibration,
        activity: ActivityPaths,
    ) -> Self {
        let (n_months, expected) = (activity.n_months(), activity.expected());
        Self { catalogue, vehicles, spec, n_months, calibration, first_batch: activity, expected }
    }

    /// The first batch of activity of a study: `simulate.paths` of it.
    ///
    /// # Errors
    /// `M0xx` if vehicles cannot be drawn.
    pub(crate) fn first_batch(
        catalogue: &Catalogue,
        vehicles: &SeriesForecast,
        spec: &StudySpec,
    ) -> Result<ActivityPaths, Diagnostic> {
        batch(catalogue, vehicles, (spec, spec.simulate.paths), 0)
    }

    /// Paths of a batch of activity.
    pub fn batch_paths(&self) -> usize {
        self.first_batch.n_paths()
    }

    /// Parameters and what pins them.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Moments of the `NdPr` price in the whole market beside those observed.
    ///
    /// # Errors
    /// `M010` if the market cannot be solved.
    pub fn market_moments(&self) -> Result<MarketMoments, Diagnostic> {
        self.calibration.market_moments(&self.first_batch, self.spec.simulate.from)
    }

    /// The study, its last month as simulated.
    pub fn spec(&self) -> &StudySpec {
        &self.spec
    }

    /// Months simulated.
    pub fn n_months(&self) -> usize {
        self.n_months
    }

    /// What the dominant supplier expects of activity.
    pub fn expected(&self) -> &ExpectedActivity {
        &self.expected
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Activity of a batch of paths, from 0.
    ///
    /// # Errors
    /// `M0xx` if vehicles cannot be drawn.
    pub fn batch(&self, k: u64) -> Result<ActivityPaths, Diagnostic> {
        if k == 0 {
            return Ok(self.first_batch.clone());
        }
        let size = self.batch_paths();
        let drawn = batch(&self.catalogue, &self.vehicles, (&self.spec, size), k)?;
        drawn.until_month(self.n_months).map_err(|e| refused(&e))
    }

    /// How recent the data behind activity are.
    pub fn vintage(&self) -> String {
        format!("{} (vehicles)", self.vehicles.plan.sample.last_period())
    }

    /// The conduct that the base year is calibrated under, by its name if it has one.
    pub fn base_conduct(&self) -> Conduct {
        named_conduct(self.calibration.parameters().base_theta.value)
    }
}

/// θ by its name: `taker`, `cournot-n` or `dominant` where it is one of them.
fn named_conduct(theta: f64) -> Conduct {
    let groups = (1.0 / theta).round();
    if theta == 0.0 {
        Conduct::Taker
    } else if theta == 1.0 {
        Conduct::Dominant
    } else if (2.0..100.0).contains(&groups) && (theta * groups - 1.0).abs() < 1e-12 {
        Conduct::Cournot(groups as u32)
    } else {
        Conduct::Theta(theta)
    }
}

fn batch(
    catalogue: &Catalogue,
    vehicles: &SeriesForecast,
    (spec, n_paths): (&StudySpec, usize),
    k: u64,
) -> Result<ActivityPaths, Diagnostic> {
    let mut spec = spec.clone();
    spec.simulate.paths = n_paths;
    if k > 0 {
        let [low, high, ..] = Key::new(spec.seed).draw(k, 0, 0, BATCH_SEED).words();
        spec.seed = u64::from(low) | u64::from(high) << 32;
    }
    let ev = ev_paths(catalogue, vehicles, &spec)?;
    let n_months = (spec.simulate.until.ordinal() - spec.simulate.from.ordinal() + 1) as usize;
    let paths = activity_paths(catalogue, &ev, spec.simulate.from, n_months, spec.seed)?;
    if paths.n_paths() == n_paths {
        return Ok(paths);
    }
    let name = "paths of a batch of activity";
    Err(refused(&PhysicalError::Length { name, expected: n_paths, found: paths.n_paths() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conducts_are_called_by_their_names() {
        for (theta, name) in [
            (0.0, "taker"),
            (0.5, "cournot-2"),
            (1.0 / 3.0, "cournot-3"),
            (1.0, "dominant"),
            (0.4, "theta-0.4"),
        ] {
            assert_eq!(named_conduct(theta).to_string(), name);
        }
    }
}
