//! Worlds run block by block: 64 paths at a time, folded in the order of paths.
//!
//! A wave of blocks runs in parallel, then its results are folded one after another; a wave is never larger than the
//! batch of activity it comes from, so that memory is that of a wave whatever the number of paths. Results do not depend
//! on the size of a wave or on the number of threads.
//!
//! Where parameters are drawn, a draw under which the market cannot be anchored or solved, in whichever scenario, is
//! replaced by the path's next one and the block run again, so that scenarios stay paired. Such draws are counted, and a
//! run in which they are more than half of all is refused.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

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
    /// Of each path, with the number of its draw; empty where all have those of the calibration.
    parameters: Vec<(u32, Parameters)>,
    /// Paths of the block whose market could not be solved under their draw.
    failed: Mutex<BTreeSet<usize>>,
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
    /// number of paths done so far; returns how many draws of parameters could not be used.
    ///
    /// # Errors
    /// The first error in the order of paths, by drawing activity or parameters, by `of_block` or by `fold`; `M010` if more
    /// than half of the draws cannot be used.
    pub fn fold<T: Send>(
        &self,
        of_block: &(dyn Fn(&Block<'_>) -> Result<T, Diagnostic> + Sync),
        fold: &mut dyn FnMut(T, u64) -> Result<(), Diagnostic>,
    ) -> Result<u64, Diagnostic> {
        let mut n_refused = 0;
        let (wave, size) = (2 * rayon::current_num_threads(), self.basis.batch_paths());
        for (k, batch_start) in (0_u64..).zip((0..self.n_paths).step_by(size)) {
            let batch = self.basis.batch(k)?;
            let in_batch = (self.n_paths - batch_start).min(size as u64);
            let all: Vec<(u64, usize)> = blocks(in_batch).collect();
            for some in all.chunks(wave) {
                let done: Vec<Result<(T, u64), Diagnostic>> = some
                    .par_iter()
                    .map(|&(first, n)| self.block(&batch, batch_start, first, n)?.through(of_block))
                    .collect();
                for (result, (first, n)) in done.into_iter().zip(some) {
                    let (result, refused) = result?;
                    n_refused += refused;
                    fold(result, batch_start + first + *n as u64)?;
                }
            }
        }
        more_than_half(n_refused, self.n_paths)?;
        Ok(n_refused)
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
                .map(|i| draws.accepted(first_path + i))
                .collect::<Result<_, _>>()?,
        };
        let activity = batch.part(first as usize, n_paths).map_err(|e| refused(&e))?;
        Ok(Block { worlds: *self, first_path, activity, parameters, failed: Mutex::default() })
    }
}

/// Draws that could not be used as a share of all: half is too many.
fn more_than_half(n_refused: u64, n_paths: u64) -> Result<(), Diagnostic> {
    /// Below this a share says nothing.
    const FEWEST: u64 = 16;
    if n_refused <= n_paths.max(FEWEST) {
        return Ok(());
    }
    Err(Diagnostic::error(
        "M010",
        format!("{n_refused} draws of parameters could not be anchored or run for {n_paths} paths that could"),
    )
    .help("more than half of all: what is left is not the distribution asked for; narrow the ranges of the parameters"))
}

impl Block<'_> {
    /// The block through a function, draws that fail in it replaced; with the number of those that were.
    fn through<T>(
        &mut self,
        of_block: &(dyn Fn(&Block<'_>) -> Result<T, Diagnostic> + Sync),
    ) -> Result<(T, u64), Diagnostic> {
        loop {
            let result = of_block(self);
            match result {
                Ok(found) => {
                    let n_refused = self.parameters.iter().map(|(draw, _)| u64::from(*draw)).sum();
                    return Ok((found, n_refused));
                }
                Err(e) if !self.redraw()? => return Err(e),
                Err(_) => {}
            }
        }
    }

    /// Draws parameters again for the paths that failed; whether there were any.
    fn redraw(&mut self) -> Result<bool, Diagnostic> {
        let failed = std::mem::take(self.failed.get_mut().unwrap_or_else(PoisonError::into_inner));
        let Some(draws) = self.worlds.draws else { return Ok(false) };
        for &i in &failed {
            let (draw, _) = self.parameters[i];
            self.parameters[i] = draws.accepted_from(self.first_path + i as u64, draw + 1)?;
        }
        Ok(!failed.is_empty())
    }

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
            simulate_block(&spec, activity, self.worlds.basis.expected(), first_path)
        };
        let runs = if self.parameters.is_empty() {
            vec![one(fixed, &self.activity, self.first_path).map_err(|e| refused(&e))?]
        } else {
            let drawn = |(i, (_, parameters)): (usize, &(u32, Parameters))| {
                let activity = self.activity.part(i, 1)?;
                one(parameters, &activity, self.first_path + i as u64)
            };
            let runs: Vec<Result<Run, PhysicalError>> =
                self.parameters.par_iter().enumerate().map(drawn).collect();
            self.note_failures(&runs);
            runs.into_iter().map(|run| run.map_err(|e| refused(&e))).collect::<Result<_, _>>()?
        };
        let runs = runs.into_iter().map(checked).collect::<Result<_, _>>()?;
        Ok(BlockRuns { runs })
    }
}

impl Block<'_> {
    /// Remembers the paths whose market could not be solved; a scenario that does not fit is not the draw's fault.
    fn note_failures(&self, runs: &[Result<Run, PhysicalError>]) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for (i, run) in runs.iter().enumerate() {
            if run.as_ref().is_err_and(|e| !matches!(e, PhysicalError::Scenario(_))) {
                failed.insert(i);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::spec::Study;

    /// A market that fails in its third attempt under the second scenario: the block is run again with other parameters
    /// of that path, the others keep theirs, and the draws that were left are counted.
    #[test]
    fn a_draw_that_fails_is_replaced_and_counted() {
        let mut study = Study::bundled().unwrap();
        study.spec.simulate.until = study.spec.simulate.from.plus(2);
        let basis = MarketBasis::prepare(&study, Some(3)).unwrap();
        let draws = ParameterDraws::new(&basis, false).unwrap();
        let worlds = Worlds { basis: &basis, conduct: None, n_paths: 3, draws: Some(&draws) };
        let first: Vec<u32> = (0..3).map(|path| draws.accepted(path).unwrap().0).collect();
        let fails = Mutex::new(2);
        let (mut kept, mut calls) = (Vec::new(), 0);
        let refused = worlds
            .fold(
                &|block: &Block<'_>| {
                    let drawn: Vec<u32> = block.parameters.iter().map(|(draw, _)| *draw).collect();
                    let mut left = fails.lock().unwrap();
                    if *left > 0 {
                        *left -= 1;
                        block.failed.lock().unwrap().insert(1);
                        return Err(Diagnostic::error(
                            "M010",
                            "as if the market could not be solved",
                        ));
                    }
                    block.run(&Scenario::baseline())?;
                    Ok(drawn)
                },
                &mut |drawn, _| {
                    (kept, calls) = (drawn, calls + 1);
                    Ok(())
                },
            )
            .unwrap();
        assert_eq!((kept[0], kept[2], calls), (first[0], first[2], 1));
        assert!(kept[1] >= first[1] + 2, "{kept:?} {first:?}");
        assert_eq!(refused, kept.iter().map(|draw| u64::from(*draw)).sum::<u64>());
        // Without a failed draw an error is an error.
        let error = worlds
            .fold(&|_| Err::<(), _>(Diagnostic::error("M010", "x")), &mut |(), _| Ok(()))
            .unwrap_err();
        assert_eq!(&*error.message, "x");
        assert!(more_than_half(65, 64).is_err() && more_than_half(64, 64).is_ok());
        assert!(more_than_half(10, 2).is_ok(), "two paths are no sample");
    }
}
