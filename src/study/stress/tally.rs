//! Metrics folded over paths: distribution in the scenario, tail, and the paired difference from the baseline.

use monazite_stochastic::{Moments, QuantileSketch};
use serde::Serialize;

use super::metric::{Group, Metric, Tail};
use crate::diagnostic::Diagnostic;
use crate::study::simulate::refused;

/// A metric under a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StressRow {
    /// Scenario.
    pub scenario: String,
    /// Group of the metric.
    pub metric: Group,
    /// What is measured.
    pub measure: &'static str,
    /// Where.
    pub region: &'static str,
    /// Of which basket or end use.
    pub item: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Mean over paths of the baseline, in the same months.
    pub baseline: f64,
    /// Mean over paths.
    pub mean: f64,
    /// 5 % quantile over paths.
    pub q05: f64,
    /// Median.
    pub median: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// The side that hurts.
    pub tail: Tail,
    /// Level in per cent, mean of the worst paths beyond it in the scenario, the same in the baseline.
    pub shortfalls: Vec<(f64, f64, f64)>,
    /// Mean of the difference from the baseline, path by path.
    pub change: f64,
    /// Its standard error.
    pub change_se: f64,
    /// Lower end of its 95 % interval.
    pub lo95: f64,
    /// Upper end.
    pub hi95: f64,
    /// Paths.
    pub n_paths: u64,
}

/// Metrics of a scenario over the paths seen so far.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Default)]
struct Cell {
    scenario: Moments,
    baseline: Moments,
    change: Moments,
    scenario_sketch: QuantileSketch,
    baseline_sketch: QuantileSketch,
}

impl Tally {
    pub(super) fn new(metrics: &[Metric]) -> Self {
        Self { cells: vec![Cell::default(); metrics.len()] }
    }

    /// Adds a block: values by metric and path.
    pub(super) fn add(
        &mut self,
        base: &[Vec<f64>],
        shocked: &[Vec<f64>],
    ) -> Result<(), Diagnostic> {
        for (cell, (before, after)) in self.cells.iter_mut().zip(base.iter().zip(shocked)) {
            for (&b, &s) in before.iter().zip(after) {
                cell.scenario.push(s);
                cell.baseline.push(b);
                cell.change.push(s - b);
                cell.scenario_sketch.push(s).map_err(|e| refused(&e.into()))?;
                cell.baseline_sketch.push(b).map_err(|e| refused(&e.into()))?;
            }
        }
        Ok(())
    }

    pub(super) fn rows(
        &self,
        scenario: &str,
        metrics: &[Metric],
        levels: &[f64],
    ) -> Result<Vec<StressRow>, Diagnostic> {
        self.cells
            .iter()
            .zip(metrics)
            .map(|(cell, metric)| cell.row(scenario, metric, levels))
            .collect()
    }
}

impl Cell {
    fn row(
        &self,
        scenario: &str,
        metric: &Metric,
        levels: &[f64],
    ) -> Result<StressRow, Diagnostic> {
        let refuse = |e: monazite_stochastic::StochasticError| refused(&e.into());
        let quantiles = self.scenario_sketch.quantiles(&[0.05, 0.5, 0.95]).map_err(refuse)?;
        let change = self.change.estimate().map_err(refuse)?;
        let worst = |sketch: &QuantileSketch, level: f64| match metric.tail {
            Tail::Upper => sketch.upper_mean(level / 100.0),
            Tail::Lower => sketch.lower_mean(1.0 - level / 100.0),
        };
        let shortfall = |&level: &f64| {
            let of = |sketch| worst(sketch, level).map_err(refuse);
            Ok((level, of(&self.scenario_sketch)?, of(&self.baseline_sketch)?))
        };
        Ok(StressRow {
            scenario: scenario.to_owned(),
            metric: metric.group,
            measure: metric.measure,
            region: metric.region,
            item: metric.item,
            unit: metric.unit,
            baseline: self.baseline.mean(),
            mean: self.scenario.mean(),
            q05: quantiles[0],
            median: quantiles[1],
            q95: quantiles[2],
            tail: metric.tail,
            shortfalls: levels.iter().map(shortfall).collect::<Result<_, Diagnostic>>()?,
            change: change.mean,
            change_se: change.standard_error,
            lo95: change.lo95,
            hi95: change.hi95,
            n_paths: self.scenario.count(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: twenty paths 1 … 20 t, two tonnes above their baseline each. The worst tenth are 19 and 20, the lowest 1 and 2.
    #[test]
    fn tails_and_paired_differences_by_hand() {
        let metric = |tail| Metric {
            group: Group::Unmet,
            measure: "tonnes",
            region: "us",
            item: "all",
            unit: "t REO",
            tail,
        };
        let metrics = [metric(Tail::Upper), metric(Tail::Lower)];
        let after: Vec<f64> = (1..=20).map(f64::from).collect();
        let before: Vec<f64> = after.iter().map(|v| v - 2.0).collect();
        let mut tally = Tally::new(&metrics);
        tally.add(&[before.clone(), before], &[after.clone(), after]).unwrap();
        let rows = tally.rows("x", &metrics, &[90.0]).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        close(rows[0].shortfalls[0].1, 19.5);
        close(rows[0].shortfalls[0].2, 17.5);
        close(rows[1].shortfalls[0].1, 1.5);
        assert_eq!(
            (rows[0].change, rows[0].lo95, rows[0].hi95, rows[0].n_paths),
            (2.0, 2.0, 2.0, 20)
        );
        close(rows[0].mean - rows[0].baseline, 2.0);
    }
}
