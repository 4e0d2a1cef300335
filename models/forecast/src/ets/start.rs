//! Where searches start: states from a classical decomposition of the first years (Hyndman et al. 2008, §2.6.1) and
//! smoothing parameters from a coarse grid.

use super::form::{EtsForm, SeasonForm, TrendForm};
use super::search::{Search, angle};

/// Level, growth a period and seasons before the first figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct States {
    level: f64,
    growth: f64,
    seasons: Vec<f64>,
}

impl States {
    /// By moving averages of a season over the first figures, averages by season of what they leave, and a line through
    /// the first figures without the season.
    pub(super) fn of(season: SeasonForm, y: &[f64], m: usize) -> Self {
        let relative = season == SeasonForm::Multiplicative;
        let seasons = if season == SeasonForm::None { vec![] } else { seasons(y, m, relative) };
        let adjusted = |t: usize| match season {
            SeasonForm::None => y[t],
            SeasonForm::Additive => y[t] - seasons[t % m],
            SeasonForm::Multiplicative => y[t] / seasons[t % m],
        };
        let used = y.len().min(10.max(2 * seasons.len()));
        let first: Vec<f64> = (0..used).map(adjusted).collect();
        let (level, growth) = line(&first);
        Self { level, growth, seasons }
    }
}

impl States {
    /// The seasons.
    pub(super) fn seasons(&self) -> &[f64] {
        &self.seasons
    }
}

/// Intercept (one period before the first) and slope of the least-squares line.
fn line(y: &[f64]) -> (f64, f64) {
    let n = y.len() as f64;
    let centre = 0.5 * (n + 1.0);
    let mean = y.iter().sum::<f64>() / n;
    let spread = n * (n * n - 1.0) / 12.0;
    let slope = if spread > 0.0 {
        y.iter().enumerate().map(|(t, v)| ((t + 1) as f64 - centre) * v).sum::<f64>() / spread
    } else {
        0.0
    };
    (mean - slope * centre, slope)
}

fn seasons(y: &[f64], m: usize, relative: bool) -> Vec<f64> {
    let y = &y[..y.len().min(4 * m)];
    let trend: Vec<Option<f64>> = if y.len() >= 2 * m {
        (0..y.len()).map(|t| moving_average(y, t, m)).collect()
    } else {
        let (level, slope) = line(y);
        (0..y.len()).map(|t| Some(level + slope * (t + 1) as f64)).collect()
    };
    let neutral = if relative { 1.0 } else { 0.0 };
    let mut found: Vec<f64> = (0..m)
        .map(|season| {
            let (mut sum, mut count) = (0.0, 0.0);
            for t in (season..y.len()).step_by(m) {
                let Some(level) = trend[t] else { continue };
                sum += if relative { y[t] / level } else { y[t] - level };
                count += 1.0;
            }
            let mean = if count > 0.0 { sum / count } else { neutral };
            if relative { mean.clamp(0.05, 0.9 * m as f64) } else { mean }
        })
        .collect();
    let mean = found.iter().sum::<f64>() / m as f64;
    for s in &mut found {
        *s = if relative { *s / mean } else { *s - mean };
    }
    found
}

/// Centred average over a season, half of each end where the season is even; none at the ends.
fn moving_average(y: &[f64], t: usize, m: usize) -> Option<f64> {
    let half = m / 2;
    if t < half || t + half >= y.len() {
        return None;
    }
    let window = &y[t - half..=t + half];
    let sum: f64 = window.iter().sum();
    let ends = if m.is_multiple_of(2) { 0.5 * (window[0] + window[window.len() - 1]) } else { 0.0 };
    Some((sum - ends) / m as f64)
}

/// Shares of the ranges of α, β, γ that are tried.
const ALPHAS: [f64; 4] = [0.03, 0.2, 0.5, 0.9];
const BETAS: [f64; 2] = [0.03, 0.3];
const GAMMAS: [f64; 2] = [0.03, 0.4];

/// Starts for a search, best first: the best for each α of the grid, or all of the grid.
pub(super) fn starts(
    search: &mut Search<'_>,
    form: EtsForm,
    states: &States,
    all: bool,
) -> Vec<Vec<f64>> {
    let layout = search.layout();
    let mut x = vec![0.0; layout.k];
    x[layout.level] = states.level;
    if let Some(i) = layout.growth {
        x[i] = states.growth;
        if let TrendForm::Multiplicative { .. } = form.trend {
            // Growth as a factor; a level that is not positive starts from the mean.
            x[layout.level] = if states.level > 0.1 { states.level } else { 1.0 };
            x[i] = (1.0 + states.growth / x[layout.level]).clamp(0.9, 1.1);
        }
    }
    let free = states.seasons.len().saturating_sub(1);
    let at = x.len() - free;
    x[at..].copy_from_slice(&states.seasons[..free]);
    if let Some(i) = layout.phi {
        x[i] = angle(0.7);
    }
    let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
    for alpha in ALPHAS {
        x[0] = angle(alpha);
        let mut best: Option<(f64, Vec<f64>)> = None;
        for beta in &BETAS[..if layout.beta.is_some() { 2 } else { 1 }] {
            if let Some(i) = layout.beta {
                x[i] = angle(*beta);
            }
            for gamma in &GAMMAS[..if layout.gamma.is_some() { 2 } else { 1 }] {
                if let Some(i) = layout.gamma {
                    x[i] = angle(*gamma);
                }
                let value = search.criterion(&x);
                if !value.is_finite() {
                    continue;
                }
                if all {
                    found.push((value, x.clone()));
                } else if best.as_ref().is_none_or(|(b, _)| value < *b) {
                    best = Some((value, x.clone()));
                }
            }
        }
        found.extend(best);
    }
    if found.is_empty() {
        found.extend(flat_start(search, form, x));
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, x)| x).collect()
}

/// A start with the mean, no growth and hardly any smoothing, where the states of the decomposition are not admissible.
fn flat_start(search: &mut Search<'_>, form: EtsForm, mut x: Vec<f64>) -> Option<(f64, Vec<f64>)> {
    let layout = search.layout();
    let multiplies = matches!(form.trend, TrendForm::Multiplicative { .. });
    x[0] = angle(0.03);
    x[layout.level] = 1.0;
    if let Some(i) = layout.growth {
        x[i] = if multiplies { 1.0 } else { 0.0 };
    }
    for i in [layout.beta, layout.gamma].into_iter().flatten() {
        x[i] = angle(0.01);
    }
    let value = search.criterion(&x);
    value.is_finite().then_some((value, x))
}
