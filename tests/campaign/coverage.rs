//! Whether intervals contain what they promise when the form of the model is known and its parameters are estimated.

use std::fmt::Write;

use crate::processes::{Process, coverage};
use crate::results;

const SEED: u64 = 20261124;
const N_SERIES: usize = 2000;

#[test]
fn coverage_of_the_model_that_made_the_series() {
    let found: Vec<_> = std::thread::scope(|scope| {
        let run = |p: Process| scope.spawn(move || (p, coverage(p, N_SERIES, SEED)));
        let running: Vec<_> = Process::ALL.into_iter().map(run).collect();
        running.into_iter().map(|r| r.join().unwrap()).collect()
    });
    let mut body = String::from(
        "Series of 120 figures, 12 steps ahead, parameters estimated, uncertainty of parameters in the intervals.\n\n| process | series | failed | 80 % intervals | 95 % intervals |\n|---|---|---|---|---|\n",
    );
    for (process, c) in &found {
        writeln!(
            body,
            "| {} | {} | {} | {:.1} % | {:.1} % |",
            process.name(),
            c.n_series,
            c.failures,
            100.0 * c.c80,
            100.0 * c.c95
        )
        .unwrap();
    }
    body.push_str("\nAsked for: 77–83 % and 92–97 % in each process.\n");
    results::write("coverage", SEED, "Coverage of intervals", &body);
    for (process, c) in found {
        assert!((0.77..=0.83).contains(&c.c80), "{process:?}: {c:?}");
        assert!((0.92..=0.97).contains(&c.c95), "{process:?}: {c:?}");
        assert!(c.failures * 100 <= N_SERIES, "{process:?}: {c:?}");
    }
}
