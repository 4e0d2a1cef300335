//! Means and variances of forecasts where they have a closed form: Hyndman, Koehler, Ord and Snyder (2008), chapter 6.
//!
//! The variances of class 3 are computed for each step on its own: the level's second moments `E[xx'Π²]` run forward with
//! the product Π of the factors `1 + γε` that the season of that step meets. Under normal errors this is exact and equals
//! the Kronecker recursion of Hyndman, Koehler, Ord and Snyder (2005, eq. 15) at a fraction of its work.

use super::form::{ErrorForm, EtsForm, SeasonForm, TrendForm};
use super::recursion::EtsParameters;

/// States after the last figure; seasons from the next period on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) level: f64,
    pub(super) growth: f64,
    pub(super) seasons: Vec<f64>,
}

/// Mean and variance of each of the next periods; `None` where there is no closed form.
pub(super) fn moments(
    form: EtsForm,
    p: &EtsParameters,
    state: &State,
    sigma2: f64,
    horizon: usize,
) -> Option<Vec<(f64, f64)>> {
    if matches!(form.trend, TrendForm::Multiplicative { .. }) {
        return None;
    }
    match (form.error, form.season) {
        (ErrorForm::Additive, SeasonForm::Multiplicative) => None,
        (ErrorForm::Multiplicative, SeasonForm::Multiplicative) => {
            Some((0..horizon).map(|h| of_product(form, p, state, sigma2, h)).collect())
        }
        _ => Some(of_sum(form, p, state, sigma2, horizon)),
    }
}

/// Level and trend `h + 1` periods ahead without errors.
fn base(form: EtsForm, p: &EtsParameters, state: &State, h: usize) -> f64 {
    if form.trend == TrendForm::None {
        return state.level;
    }
    let mut fading = 0.0;
    for j in 1..=h + 1 {
        fading += p.phi.powi(j as i32);
    }
    state.level + fading * state.growth
}

/// Classes 1 and 2: table 6.1 and eqs. 6.1–6.3.
fn of_sum(
    form: EtsForm,
    p: &EtsParameters,
    state: &State,
    sigma2: f64,
    horizon: usize,
) -> Vec<(f64, f64)> {
    let m = state.seasons.len();
    let trend = form.trend != TrendForm::None;
    let (mut fading, mut power) = (0.0, 1.0);
    // What an error adds j periods later.
    let weights: Vec<f64> = (1..horizon.max(1))
        .map(|j| {
            power *= p.phi;
            fading += power;
            let growth = if trend { p.beta * fading } else { 0.0 };
            p.alpha + growth + if m > 0 && j.is_multiple_of(m) { p.gamma } else { 0.0 }
        })
        .collect();
    let mut second: Vec<f64> = Vec::with_capacity(horizon);
    (0..horizon)
        .map(|h| {
            let mean = base(form, p, state, h) + if m > 0 { state.seasons[h % m] } else { 0.0 };
            if form.error == ErrorForm::Additive {
                let sum: f64 = weights[..h].iter().map(|c| c * c).sum();
                return (mean, sigma2 * (1.0 + sum));
            }
            let carried: f64 =
                weights[..h].iter().zip(second.iter().rev()).map(|(c, theta)| c * c * theta).sum();
            let theta = mean * mean + sigma2 * carried;
            second.push(theta);
            (mean, (1.0 + sigma2) * theta - mean * mean)
        })
        .collect()
}

/// Class 3, step `h` from 0.
fn of_product(
    form: EtsForm,
    p: &EtsParameters,
    state: &State,
    sigma2: f64,
    h: usize,
) -> (f64, f64) {
    let m = state.seasons.len();
    let (phi, beta) = if form.trend == TrendForm::None { (0.0, 0.0) } else { (p.phi, p.beta) };
    // First moments of level and growth times Π, and the second ones times Π².
    let (mut x, mut b) = (state.level, state.growth);
    let (mut xx, mut xb, mut bb) = (x * x, x * b, b * b);
    for t in 0..h {
        let meets = (h - t).is_multiple_of(m);
        let gamma = if meets { p.gamma } else { 0.0 };
        // (l, b) → (q(1 + αε), φb + βqε), and Π → Π(1 + γε) at that step.
        let q = x + phi * b;
        x = q * (1.0 + p.alpha * gamma * sigma2);
        b = phi * b + beta * gamma * sigma2 * q;
        let (qq, qb) = (xx + 2.0 * phi * xb + phi * phi * bb, phi * xb + phi * phi * bb);
        let fb = phi * phi * bb;
        // E[(1 + γε)²], E[ε(1 + γε)²] and E[ε²(1 + γε)²] of a normal error.
        let plain = 1.0 + gamma * gamma * sigma2;
        let once = 2.0 * gamma * sigma2;
        let twice = sigma2 * (1.0 + 3.0 * gamma * gamma * sigma2);
        let (a, c) = (p.alpha, beta);
        xx = qq * (plain + 2.0 * a * once + a * a * twice);
        xb = qb * (plain + a * once) + qq * (c * once + a * c * twice);
        bb = fb * plain + 2.0 * c * qb * once + c * c * qq * twice;
    }
    let s = state.seasons[h % m];
    let q = x + phi * b;
    let qq = xx + 2.0 * phi * xb + phi * phi * bb;
    let mean = q * s;
    (mean, qq * s * s * (1.0 + sigma2) - mean * mean)
}

/// The forecasts without errors, of every form.
pub(super) fn path_without_errors(
    form: EtsForm,
    p: &EtsParameters,
    state: &State,
    horizon: usize,
) -> Vec<f64> {
    let m = state.seasons.len();
    let (mut level, mut growth) = (state.level, state.growth);
    (0..horizon)
        .map(|h| {
            (level, growth) = match form.trend {
                TrendForm::None => (level, growth),
                TrendForm::Additive { .. } => (level + p.phi * growth, p.phi * growth),
                TrendForm::Multiplicative { .. } => {
                    let fading = growth.powf(p.phi);
                    (level * fading, fading)
                }
            };
            match form.season {
                SeasonForm::None => level,
                SeasonForm::Additive => level + state.seasons[h % m],
                SeasonForm::Multiplicative => level * state.seasons[h % m],
            }
        })
        .collect()
}
