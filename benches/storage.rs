//! Time to solve the storage equilibrium and to read it.
//!
//! `cargo bench --bench storage` prints `what,value,unit`. The one-state problem is the reference one of
//! VERIFICATION.md; prices are iterated to 1e-7, so that the storers' condition holds to 1e-6, and the largest Euler
//! residual at 500 points off the grid is printed beside the time. Best of several runs, on one thread unless said.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark needs a clock and a place to print"
)]

use std::hint::black_box;
use std::time::Instant;

use monazite_physical::{
    InverseDemand, IsoelasticDemand, Persistence, PlannedSupply, StorageEquilibrium, StorageGrid,
    StorageSpec, StorageState, Yield,
};

fn main() {
    println!("what,value,unit");
    for (tolerance, n_cells) in [(1e-7, 48), (1e-9, 96)] {
        let grid = StorageGrid { n_cells, tolerance, ..StorageGrid::default() };
        let (ms, equilibrium) = best(40, || one_state().solve_on(grid).unwrap());
        let residual = largest_residual(&equilibrium, &equilibrium.state(0).unwrap());
        println!("one state to {tolerance:e} on {n_cells} cells,{ms:.2},ms");
        println!("one state to {tolerance:e}: largest Euler residual,{residual:.1e},of the price");
    }
    let grid = StorageGrid { n_cells: 64, tolerance: 1e-6, ..StorageGrid::default() };
    let pool = rayon_pool(1);
    let (ms, monthly) = best(3, || pool.install(|| monthly().solve_on(grid).unwrap()));
    println!("autoregressive demand at 15 points to 1e-6 on 64 cells,{ms:.0},ms");
    let pool = rayon_pool(2);
    let (ms, _) = best(3, || pool.install(|| self::monthly().solve_on(grid).unwrap()));
    println!("the same on two threads,{ms:.0},ms");
    let state = monthly.level(0.004).unwrap();
    let mut at = 0.95;
    let mut next = || {
        at = if at > 1.05 { 0.95 } else { at + 1e-4 };
        at
    };
    let ns = per_call(|| monthly.price(next(), &state));
    println!("P(A; z) between states,{ns:.0},ns");
    let ns = per_call(|| monthly.stock_wanted(next(), &state).0);
    println!("stock wanted at a price between states,{ns:.0},ns");
    let ns = per_call(|| monthly.level(next() - 1.0).unwrap().demand_factor());
    println!("making a state,{ns:.0},ns");
    let (ms, _) =
        best(3, || pool.install(|| black_box(monthly.forward_curves(12).unwrap().n_months())));
    println!("forward curves of 12 months in every state,{ms:.0},ms");
}

/// VERIFICATION.md, "Competitive storage".
fn one_state() -> StorageSpec<IsoelasticDemand> {
    StorageSpec {
        cost: 0.06,
        deterioration: 0.02,
        interest: 0.03,
        premium: 0.0,
        demand: IsoelasticDemand::new(1.0, 1.0, 0.2).unwrap(),
        supply: PlannedSupply::Elastic { quantity: 1.0, price: 1.0, elasticity: 0.2 },
        yields: Yield::Normal { sd: 0.05 },
        persistence: Persistence::None,
    }
}

fn monthly() -> StorageSpec<IsoelasticDemand> {
    StorageSpec {
        cost: 0.003,
        deterioration: 0.0,
        interest: 0.004,
        premium: 0.0,
        demand: IsoelasticDemand::new(1.0, 1.0, 0.08).unwrap(),
        supply: PlannedSupply::Fixed(1.0),
        yields: Yield::Certain,
        persistence: Persistence::Autoregressive { persistence: 0.8, sd: 0.006, n_points: 15 },
    }
}

fn largest_residual<D: InverseDemand>(
    equilibrium: &StorageEquilibrium<D>,
    state: &StorageState,
) -> f64 {
    let start = equilibrium.stock_out_threshold(state);
    let width = equilibrium.largest_availability(state) - start;
    (1..500)
        .map(|i| equilibrium.euler_residual(start + width * f64::from(i) / 500.37, state).abs())
        .fold(0.0, f64::max)
}

fn rayon_pool(n_threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap()
}

/// Milliseconds of the fastest run, and its result.
fn best<T>(n_runs: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut result = run();
    let mut fastest = f64::INFINITY;
    for _ in 0..n_runs {
        let begun = Instant::now();
        result = run();
        fastest = fastest.min(1e3 * begun.elapsed().as_secs_f64());
    }
    (fastest, result)
}

/// Nanoseconds a call, of the fastest batch of a hundred thousand.
fn per_call(mut call: impl FnMut() -> f64) -> f64 {
    const CALLS: usize = 100_000;
    let (ms, ()) = best(20, || {
        for _ in 0..CALLS {
            black_box(call());
        }
    });
    1e6 * ms / CALLS as f64
}
