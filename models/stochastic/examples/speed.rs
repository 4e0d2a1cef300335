//! Two-factor path-steps a second on one core: `cargo run --release -p monazite-stochastic --example speed`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement needs a clock and a place to print"
)]

use std::error::Error;
use std::time::Instant;

use monazite_stochastic::{
    BLOCK_PATHS, Key, Measure, SchwartzSmith, SchwartzSmithParameters, TwoFactorBlock,
    TwoFactorState,
};

fn main() -> Result<(), Box<dyn Error>> {
    let model = SchwartzSmith::new(SchwartzSmithParameters {
        kappa: 1.49,
        sigma_chi: 0.286,
        lambda_chi: 0.157,
        mu_xi: -0.0125,
        mu_star_xi: 0.0115,
        sigma_xi: 0.145,
        rho: 0.30,
    })?;
    let step = model.step(1.0 / 12.0, Measure::Physical)?;
    let start = TwoFactorState { chi: 0.0, xi: 3.0 };
    let (n_steps, n_blocks) = (120, 4_000);
    let mut best = f64::INFINITY;
    let mut block = TwoFactorBlock::zeros(0, BLOCK_PATHS, n_steps);
    for seed in 0..5 {
        let begun = Instant::now();
        for _ in 0..n_blocks {
            block.simulate(&step, start, Key::new(seed), 1);
        }
        best = best.min(begun.elapsed().as_secs_f64());
    }
    let path_steps = (n_blocks * BLOCK_PATHS * n_steps) as f64;
    println!(
        "{:.0} million two-factor path-steps a second (check {})",
        path_steps / best / 1e6,
        block.state(63, n_steps - 1).log_price()
    );
    Ok(())
}
