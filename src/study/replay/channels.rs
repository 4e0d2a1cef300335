//! How much of June and July is backlog, tariff pull-forward or restocking.
//!
//! The effect of a channel is base less the run without it, path by path on the same draws. Off together they leave another
//! effect than the sum of each alone: the interaction is named.

use monazite_stochastic::quantiles;
use serde::Serialize;

use super::runs::ChannelPath;
use crate::diagnostic::Diagnostic;
use crate::study::simulate::refused;

/// Rows of a month: base, the three channels, all together, interaction.
pub(super) const ROWS: [&str; 6] =
    ["magnets", "backlog", "pull-forward", "restocking", "all three", "interaction"];
/// Where.
pub(super) const PLACES: [&str; 2] = ["world", "United States"];
/// When.
pub(super) const MONTHS: [&str; 2] = ["2025-06", "2025-07"];

/// A row of the channels table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelEffect {
    /// World or United States.
    pub place: &'static str,
    /// June or July.
    pub month: &'static str,
    /// What: magnets, backlog, pull-forward, restocking, all three, or interaction.
    pub row: &'static str,
    /// Mean over paths, t.
    pub mean: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// Effects over paths and parameter draws.
///
/// # Errors
/// `M010` without a path.
pub fn channel_effects(paths: &[ChannelPath]) -> Result<Vec<ChannelEffect>, Diagnostic> {
    let mut all = Vec::new();
    for (p, place) in PLACES.into_iter().enumerate() {
        for (m, month) in MONTHS.into_iter().enumerate() {
            for (r, row) in ROWS.into_iter().enumerate() {
                let values: Vec<f64> = paths.iter().map(|one| effect(one, r, p, m)).collect();
                let found = quantiles(&values, &[0.05, 0.95])
                    .map_err(|e| refused(&monazite_physical::PhysicalError::from(e)))?;
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                all.push(ChannelEffect { place, month, row, mean, q05: found[0], q95: found[1] });
            }
        }
    }
    Ok(all)
}

/// A row of [`ROWS`] on a path.
fn effect(path: &ChannelPath, row: usize, place: usize, month: usize) -> f64 {
    let base = path.base[place][month];
    let alone = |c: usize| base - path.without[c][place][month];
    let together = base - path.without_all[place][month];
    match row {
        0 => base,
        1..=3 => alone(row - 1),
        4 => together,
        _ => together - (0..3).map(alone).sum::<f64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: base 100, without each 80, 95, 90, without all 70: effects 20, 5, 10, together 30, interaction −5.
    #[test]
    fn effects_and_interaction_add_up() {
        let same = |x: f64| [[x; 2]; 2];
        let path = ChannelPath {
            base: same(100.0),
            without: [same(80.0), same(95.0), same(90.0)],
            without_all: same(70.0),
        };
        let found = channel_effects(&[path, path]).unwrap();
        let means: Vec<f64> = found[..6].iter().map(|one| one.mean).collect();
        assert_eq!(means, [100.0, 20.0, 5.0, 10.0, 30.0, -5.0]);
        assert_eq!((found.len(), found[0].q05), (24, 100.0));
    }
}
