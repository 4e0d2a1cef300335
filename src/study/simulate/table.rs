//! simulation.csv and draws.csv: the distribution over paths of every quantity and month, or every path itself.

use std::fmt::Write;

use monazite_physical::{Conduct, Output, Scenario};
use monazite_series::Period;
use monazite_stochastic::{Moments, QuantileSketch};

use super::blocks::{BlockRuns, Worlds};
use super::{QUANTILES, SimulationRow, refused};
use crate::diagnostic::Diagnostic;

/// First line of draws.csv.
pub const DRAWS_HEADER: &str = "scenario,conduct,path,ds,variable,unit,value\n";

/// A quantity in a month, over the paths seen so far.
#[derive(Debug, Clone, Default)]
struct Cell {
    moments: Moments,
    sketch: QuantileSketch,
    /// A residual demand that does not respond has an infinite elasticity: such months have no row.
    infinite: bool,
}

/// The distribution of quantities by month, folded block after block.
#[derive(Debug, Clone)]
pub struct MonthlyTable {
    outputs: Vec<Output>,
    n_months: usize,
    cells: Vec<Cell>,
}

/// Values of a block: quantity, month, path.
#[derive(Debug, Clone)]
pub struct BlockValues {
    first_path: u64,
    values: Vec<Vec<f64>>,
}

impl BlockValues {
    /// Reads the quantities of a block.
    ///
    /// # Errors
    /// `M010` for months that were not simulated.
    pub fn read(
        runs: &BlockRuns,
        first_path: u64,
        outputs: &[Output],
        n_months: usize,
    ) -> Result<Self, Diagnostic> {
        let mut values = Vec::with_capacity(outputs.len() * n_months);
        for &output in outputs {
            for month in 0..n_months {
                values.push(runs.at(output, month)?);
            }
        }
        Ok(Self { first_path, values })
    }

    /// Lines of draws.csv.
    pub fn csv(&self, table: &MonthlyTable, world: &(Scenario, Conduct), start: Period) -> String {
        let mut text = String::new();
        for (cell, values) in self.values.iter().enumerate() {
            let (output, month) = (table.outputs[cell / table.n_months], cell % table.n_months);
            let (unit, ds) = (output.unit(), start.plus(month as i64));
            for (i, value) in values.iter().enumerate() {
                let path = self.first_path + i as u64 + 1;
                // Writing to a string cannot fail.
                let _ = writeln!(
                    text,
                    "{},{},{path},{ds},{output},{unit},{value}",
                    world.0.id, world.1
                );
            }
        }
        text
    }
}

impl MonthlyTable {
    /// An empty table.
    pub fn new(outputs: Vec<Output>, n_months: usize) -> Self {
        let cells = vec![Cell::default(); outputs.len() * n_months];
        Self { outputs, n_months, cells }
    }

    /// Adds a block; blocks come in the order of paths.
    ///
    /// # Errors
    /// `M010` for a value that is not a number.
    pub fn add(&mut self, block: &BlockValues) -> Result<(), Diagnostic> {
        for (cell, values) in self.cells.iter_mut().zip(&block.values) {
            for &value in values {
                if value.is_infinite() {
                    cell.infinite = true;
                    continue;
                }
                cell.moments.push(value);
                cell.sketch.push(value).map_err(|e| refused(&e.into()))?;
            }
        }
        Ok(())
    }

    /// Whether quantiles are those of all values, or of a t-digest.
    pub fn is_exact(&self) -> bool {
        self.cells.iter().all(|cell| cell.sketch.is_exact())
    }

    /// Rows of simulation.csv.
    ///
    /// # Errors
    /// `M010` if a table holds no path.
    pub fn rows(
        &self,
        worlds: &Worlds<'_>,
        scenario: &Scenario,
    ) -> Result<Vec<SimulationRow>, Diagnostic> {
        let mut rows = Vec::with_capacity(self.cells.len());
        for (at, cell) in self.cells.iter().enumerate() {
            if cell.infinite {
                continue;
            }
            let output = self.outputs[at / self.n_months];
            let found = cell.sketch.quantiles(&QUANTILES).map_err(|e| refused(&e.into()))?;
            let mut quantiles = [0.0; QUANTILES.len()];
            quantiles.copy_from_slice(&found);
            rows.push(SimulationRow {
                scenario: scenario.id.clone(),
                conduct: worlds.conduct_name(),
                month: worlds.start().plus((at % self.n_months) as i64),
                variable: output.to_string(),
                unit: output.unit(),
                mean: cell.moments.mean(),
                quantiles,
            });
        }
        Ok(rows)
    }
}

/// simulation.csv: every world month by month, mean and quantiles over paths.
///
/// # Errors
/// `I002` if a row cannot be written.
pub fn simulation_csv(rows: &[SimulationRow]) -> Result<String, Diagnostic> {
    let cannot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("I002", format!("simulation.csv cannot be written: {e}"))
    };
    let fixed = ["scenario", "conduct", "ds", "variable", "unit", "mean"].map(str::to_owned);
    let header: Vec<String> =
        fixed.into_iter().chain(QUANTILES.iter().map(|q| format!("q{q}"))).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).map_err(|e| cannot(&e))?;
    for row in rows {
        let mut record = vec![
            row.scenario.clone(),
            row.conduct.to_string(),
            row.month.to_string(),
            row.variable.clone(),
            row.unit.to_owned(),
            row.mean.to_string(),
        ];
        record.extend(row.quantiles.iter().map(f64::to_string));
        writer.write_record(&record).map_err(|e| cannot(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| cannot(&e))?;
    String::from_utf8(bytes).map_err(|e| cannot(&e))
}
