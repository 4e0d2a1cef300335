//! Worlds run block by block: 64 paths at a time, folded in the order of paths.
//!
//! A wave of blocks runs in parallel, then its results are folded one after another; a wave is never larger than the
//! batch of activity it comes from, so that memory is that of a wave whatever the number of paths. Results do not depend
//! on the size of a wave or on the number of threads.

use monazite_physical::{
    ActivityPaths, Conduct, Output, Parameters, PhysicalError, Run, Scenario, WorldSpec,
    simulate_block,
};
use monazite_series::Period;
use monazite_stochastic::{BLOCK_PATHS, blocks};
use rayon::prelude::*;

use super::basis::MarketBasis;
use super::refused;
use crate::diagnostic::Diagnostic;
use crate::study::uncertainty::ParameterDraws;

/// What is run of a basis.
#[derive(Debug, Clone, Copy)]
pub struct Worlds<'a> {
    /// Parameters and activity.
    pub basis: &'a MarketBasis,
    /// Conduct of the dominant supplier; none is that of the base year, drawn with the parameters if they are drawn.
    pub conduct: Option<Conduct>,
    /// Paths.
    pub n_paths: u64,
    /// Parameters drawn on each path; none holds them fixed.
    pub draws: Option<&'a ParameterDraws<'a>>,
}

/// Consecutive paths, ready to be run under any scenario.
#[derive(Debug)]
pub struct Block<'a> {
    worlds: Worlds<'a>,
    first_path: u64,
    activity: ActivityPaths,
    /// Of each path; empty where all have those of the calibration.
    parameters: Vec<Parameters>,
}

/// A block under a scenario.
#[derive(Debug)]
pub struct BlockRuns {
    runs: Vec<Run>,
}

impl Worlds<'_> {
    /// First month.
    pub fn start(&self) -> Period {
        self.basis.spec().simulate.from
    }

    /// Conduct as tables call it: with drawn parameters, that of their centre.
    pub fn conduct_name(&self) -> Conduct {
        self.conduct.unwrap_or_else(|| self.basis.base_conduct())
    }

    /// Runs every block through `of_block` in parallel and hands the results to `fold` in the order of paths, with the
    /// number of paths done so far.
    ///
    /// # Errors
    /// The first error in the order of paths, by drawing activity or parameters, by `of_block` or by `fold`.
    pub fn fold<T: Send>(
        &self,
        of_block: &(dyn Fn(&Block<'_>) -> Result<T, Diagnostic> + Sync),
        fold: &mut dyn FnMut(T, u64) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let (wave, size) = (2 * rayon::current_num_threads(), self.basis.batch_paths());
        for (k, batch_start) in (0_u64..).zip((0..self.n_paths).step_by(size)) {
            let batch = self.basis.batch(k)?;
            let in_batch = (self.n_paths - batch_start).min(size as u64);
            let all: Vec<(u64, usize)> = blocks(in_batch).collect();
            for some in all.chunks(wave) {
                let done: Vec<Result<T, Diagnostic>> = some
                    .par_iter()
                    .map(|&(first, n)| of_block(&self.block(&batch, batch_start, first, n)?))
                    .collect();
                for (result, (first, n)) in done.into_iter().zip(some) {
                    fold(result?, batch_start + first + *n as u64)?;
                }
            }
        }
        Ok(())
    }

    fn block(
        &self,
        batch: &ActivityPaths,
        batch_start: u64,
        first: u64,
        n_paths: usize,
    ) -> Result<Block<'_>, Diagnostic> {
        debug_assert!(n_paths <= BLOCK_PATHS, "blocks() makes no larger ones");
        let first_path = batch_start + first;
        let parameters = match self.draws {
            None => Vec::new(),
            Some(draws) => (0..n_paths as u64)
                .into_par_iter()
                .map(|i| draws.at(first_path + i))
                .collect::<Result<_, _>>()?,
        };
        let activity = batch.part(first as usize, n_paths).map_err(|e| refused(&e))?;
        Ok(Block { worlds: *self, first_path, activity, parameters })
    }
}

impl Block<'_> {
    /// Index of the first path, from 0.
    pub fn first_path(&self) -> u64 {
        self.first_path
    }

    /// Number of paths.
    pub fn n_paths(&self) -> usize {
        self.activity.n_paths()
    }

    /// The block under a scenario, its balances checked.
    ///
    /// # Errors
    /// `M010` if the market cannot be solved or tonnes do not add up.
    pub fn run(&self, scenario: &Scenario) -> Result<BlockRuns, Diagnostic> {
        let fixed = self.worlds.basis.calibration().parameters();
        let one = |parameters: &Parameters, activity: &ActivityPaths, first_path: u64| {
            let base = || Conduct::Theta(parameters.base_theta.value);
            let spec = WorldSpec {
                parameters,
                scenario,
                conduct: self.worlds.conduct.unwrap_or_else(base),
                start: self.worlds.start(),
                seed: self.worlds.basis.spec().seed,
                // Under drawn parameters too: storers go by the market as calibrated.
                storers: self.worlds.basis.calibration().storers(),
                n_threads: None,
            };
            let run = simulate_block(&spec, activity, self.worlds.basis.expected(), first_path)
                .map_err(|e| refused(&e))?;
            checked(run)
        };
        let runs = if self.parameters.is_empty() {
            vec![one(fixed, &self.activity, self.first_path)?]
        } else {
            self.parameters
                .par_iter()
                .enumerate()
                .map(|(i, parameters)| {
                    let activity = self.activity.part(i, 1).map_err(|e| refused(&e))?;
                    one(parameters, &activity, self.first_path + i as u64)
                })
                .collect::<Result<_, _>>()?
        };
        Ok(BlockRuns { runs })
    }
}

/// A run whose balances close.
///
/// # Errors
/// `M010` with what is broken.
pub(crate) fn checked(run: Run) -> Result<Run, Diagnostic> {
    match run.violations().first() {
        None => Ok(run),
        Some(broken) => Err(Diagnostic::error(
            "M010",
            format!("{} under {}: {broken}", run.scenario(), run.conduct()),
        )
        .help("this is a fault of the program: please report it")),
    }
}

impl BlockRuns {
    /// Values of a month, by path.
    ///
    /// # Errors
    /// `M010` for a month that was not simulated.
    pub fn at(&self, output: Output, month_idx: usize) -> Result<Vec<f64>, Diagnostic> {
        self.gather(|run| run.at(output, month_idx))
    }

    fn gather(
        &self,
        of: impl Fn(&Run) -> Result<Vec<f64>, PhysicalError>,
    ) -> Result<Vec<f64>, Diagnostic> {
        let mut all = Vec::new();
        for run in &self.runs {
            all.extend(of(run).map_err(|e| refused(&e))?);
        }
        Ok(all)
    }
}
