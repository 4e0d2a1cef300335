//! Two-factor path-steps a second, for `benches/peers/run_paths` to set beside the peers'.
//!
//! `cargo bench --bench paths` prints `peer,cores,million_path_steps_per_second`: Schwartz–Smith paths of 120 monthly
//! steps with keyed random numbers, both factors kept, on one thread and on two. A rate is the best of 3,000
//! short batches, so that what else the machine does is left out as far as it can be.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark needs a clock and a place to print"
)]

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

use monazite_stochastic::{
    BLOCK_PATHS, Key, Measure, Purpose, SchwartzSmith, SchwartzSmithParameters, TwoFactorBlock,
    TwoFactorState,
};

const PRICE: Purpose = Purpose::named("price");
const N_STEPS: usize = 120;
/// Blocks of a batch: under a millisecond, shorter than the slice of time that a busy machine gives a process.
const BLOCKS: u64 = 10;
const BATCHES: u64 = 3_000;

fn main() {
    println!("peer,cores,million_path_steps_per_second");
    for n_threads in [1, 2] {
        let best = (0..BATCHES).map(|seed| rate(n_threads, seed)).fold(0.0, f64::max);
        println!("monazite,{n_threads},{best:.1}");
    }
}

/// Million path-steps a second of `n_threads` threads that start together, each on blocks of its own.
fn rate(n_threads: usize, seed: u64) -> f64 {
    let barrier = Barrier::new(n_threads);
    let times: Vec<f64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads)
            .map(|thread| {
                let barrier = &barrier;
                scope.spawn(move || batch(barrier, thread as u64, seed))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let slowest = times.into_iter().fold(0.0, f64::max);
    (n_threads as u64 * BLOCKS) as f64 * (BLOCK_PATHS * N_STEPS) as f64 / slowest / 1e6
}

fn batch(barrier: &Barrier, thread: u64, seed: u64) -> f64 {
    let model = SchwartzSmith::new(SchwartzSmithParameters {
        kappa: 1.49,
        sigma_chi: 0.286,
        lambda_chi: 0.157,
        mu_xi: -0.0125,
        mu_star_xi: 0.0115,
        sigma_xi: 0.145,
        rho: 0.30,
    })
    .unwrap();
    let step = model.step(1.0 / 12.0, Measure::Physical).unwrap();
    let start = TwoFactorState { chi: 0.0, xi: 3.0 };
    let first = thread * BLOCK_PATHS as u64;
    let mut block = TwoFactorBlock::zeros(first, BLOCK_PATHS, N_STEPS);
    barrier.wait();
    let begun = Instant::now();
    for block_idx in 0..BLOCKS {
        block.simulate(&step, start, Key::new(seed * BLOCKS + block_idx), PRICE);
        black_box(block.chi().values());
    }
    begun.elapsed().as_secs_f64()
}
