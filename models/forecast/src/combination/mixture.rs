//! The mixture of members' forecasts.

use monazite_stochastic::{Key, Purpose};
use ndarray::Array2;

use super::WIDEST;
use crate::marginal::spread_from;
use crate::posterior::shares;
use crate::{Forecast, Marginal, Sample};

/// The mixture of forecasts with weights that add up to one; paths are drawn from the members in their shares.
pub(super) fn mixture(
    sample: &Sample,
    label: &str,
    members: &[(f64, Forecast)],
    seed: u64,
) -> Forecast {
    let horizon = members[0].1.horizon();
    let mut marginals = Vec::with_capacity(horizon);
    // The factor on the deviations of each member in each period.
    let mut factors = Array2::ones((members.len(), horizon));
    for h in 0..horizon {
        let steps: Vec<&Marginal> = members.iter().map(|(_, f)| f.marginal(h)).collect();
        let parts: Vec<(f64, Marginal)> = caps(&steps)
            .into_iter()
            .enumerate()
            .map(|(i, factor)| {
                factors[[i, h]] = factor;
                let own = steps[i].clone();
                (members[i].0, if factor < 1.0 { own.spread(factor) } else { own })
            })
            .collect();
        marginals.push(Marginal::mixture(&parts));
    }
    let paths = mixed_paths(sample, members, &factors, seed);
    Forecast::new(sample, label.to_owned(), marginals, paths)
}

/// For each member the factor on its deviations that brings its 95 % interval down to at most [`WIDEST`] times the median
/// width; one for most.
///
/// It is the ratio of widths of the figures and acts on deviations on the member's own scale. In logarithms these shrink
/// widths more than in proportion, so that such a member ends below the cap, on the safe side of a limit that only a
/// member that fails ever meets; the factor that would end at the cap exactly is another search in each period.
fn caps(steps: &[&Marginal]) -> Vec<f64> {
    let widths: Vec<f64> = steps.iter().map(|m| width(m)).collect();
    let mut sorted = widths.clone();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    let most = WIDEST * median;
    widths.iter().map(|w| if *w > most && most > 0.0 { most / w } else { 1.0 }).collect()
}

/// Width of the 95 % interval.
fn width(marginal: &Marginal) -> f64 {
    marginal.quantile(0.975) - marginal.quantile(0.025)
}

/// Paths of the members in their shares, in an order of their own.
fn mixed_paths(
    sample: &Sample,
    members: &[(f64, Forecast)],
    factors: &Array2<f64>,
    seed: u64,
) -> Array2<f64> {
    let (n_paths, horizon) = members[0].1.paths().dim();
    let mut paths = Array2::zeros((n_paths, horizon));
    if n_paths == 0 {
        return paths;
    }
    let purpose = Purpose::named(&format!("combination {}", sample.target().id()));
    let mut stream = Key::new(seed).stream(0, purpose);
    let mut order: Vec<usize> = (0..n_paths).collect();
    for i in (1..n_paths).rev() {
        order.swap(i, stream.below(i as u64 + 1) as usize);
    }
    let mut places = order.into_iter();
    for (i, n) in shares(members.iter().map(|m| m.0), n_paths).into_iter().enumerate() {
        let forecast = &members[i].1;
        let narrowed: Vec<(f64, f64, bool)> = (0..horizon)
            .map(|h| {
                let positive = forecast.marginal(h).quantile(1e-6) > 0.0;
                (factors[[i, h]], forecast.marginal(h).quantile(0.5), positive)
            })
            .collect();
        for (row, place) in forecast.paths().rows().into_iter().take(n).zip(&mut places) {
            for (h, value) in row.iter().enumerate() {
                let (factor, centre, logs) = narrowed[h];
                let own = if factor < 1.0 {
                    spread_from(centre, *value, factor, logs && *value > 0.0)
                } else {
                    *value
                };
                paths[[place, h]] = own;
            }
        }
    }
    paths
}
