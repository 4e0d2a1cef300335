//! Joint draws of the periods ahead with normal errors.

use ndarray::Array2;

use super::form::{ErrorForm, EtsForm, SeasonForm, TrendForm};
use super::moments::State;
use super::recursion::EtsParameters;

/// States that have to be positive stay at least this, in units of the mean size of the figures.
const LEAST_STATE: f64 = 1e-6;
/// Where a path that explodes is held.
const LARGEST: f64 = 1e12;

/// `n_paths × horizon`. An error that would take a figure below zero, where errors multiply, is drawn again.
pub(super) fn simulate(
    form: EtsForm,
    p: &EtsParameters,
    state: &State,
    sigma: f64,
    (horizon, n_paths): (usize, usize),
    normal: &mut dyn FnMut() -> f64,
) -> Array2<f64> {
    let m = state.seasons.len();
    let mut paths = Array2::zeros((n_paths, horizon));
    let mut seasons = state.seasons.clone();
    for mut path in paths.rows_mut() {
        let (mut level, mut growth) = (state.level, state.growth);
        seasons.copy_from_slice(&state.seasons);
        for (h, value) in path.iter_mut().enumerate() {
            let fading = match form.trend {
                TrendForm::None => 0.0,
                TrendForm::Additive { .. } => p.phi * growth,
                TrendForm::Multiplicative { .. } => growth.powf(p.phi),
            };
            let q = match form.trend {
                TrendForm::None => level,
                TrendForm::Additive { .. } => level + fading,
                TrendForm::Multiplicative { .. } => level * fading,
            };
            let s = if m > 0 { seasons[h % m] } else { 0.0 };
            let forecast = match form.season {
                SeasonForm::None => q,
                SeasonForm::Additive => q + s,
                SeasonForm::Multiplicative => q * s,
            };
            let d = match form.error {
                ErrorForm::Additive => sigma * normal(),
                ErrorForm::Multiplicative => forecast * positive_error(sigma, normal),
            };
            let c = if form.season == SeasonForm::Multiplicative { d / s } else { d };
            match form.trend {
                TrendForm::None => {}
                TrendForm::Additive { .. } => growth = fading + p.beta * c,
                TrendForm::Multiplicative { .. } => {
                    growth = (fading + p.beta * c / level).clamp(LEAST_STATE, LARGEST);
                }
            }
            level = (q + p.alpha * c).clamp(-LARGEST, LARGEST);
            if let TrendForm::Multiplicative { .. } = form.trend {
                level = level.max(LEAST_STATE);
            }
            match form.season {
                SeasonForm::None => {}
                SeasonForm::Additive => seasons[h % m] = s + p.gamma * d,
                SeasonForm::Multiplicative => {
                    let least = LEAST_STATE.copysign(q);
                    let by = if q.abs() < LEAST_STATE { least } else { q };
                    seasons[h % m] = (s + p.gamma * d / by).clamp(LEAST_STATE, LARGEST);
                }
            }
            *value = (forecast + d).clamp(-LARGEST, LARGEST);
        }
    }
    paths
}

fn positive_error(sigma: f64, normal: &mut dyn FnMut() -> f64) -> f64 {
    loop {
        let e = sigma * normal();
        if e > -1.0 {
            return e;
        }
    }
}
