//! Market-days a second of the monthly physical market: parameters of the bundled data, anchored to the last prices,
//! the months of the bundled study, the baseline scenario.
//!
//! `cargo bench --bench physical -- [CONDUCT…]` prints
//! `peer,conduct,threads,path_months,us_per_path_month,cpu_us_per_path_month,market_days_per_s`. A market-day is one
//! trading day of one path and a month has 21. Wall time of `simulate`, results stored, the best of several runs, and the
//! mean CPU time of all of them, which other jobs on the machine disturb less; activity and calibration are not timed.
//! Vehicles grow steadily, so that no forecast is waited for.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Instant;

use monazite::data::Catalogue;
use monazite::study::activity::{EvPaths, activity_paths};
use monazite::study::calibrate::calibrate;
use monazite_physical::{Conduct, Scenario, WorldSpec, simulate};
use monazite_series::Period;

const N_PATHS: usize = 1024;
const N_MONTHS: usize = 22;
const TRADING_DAYS: f64 = 21.0;
const REPEATS: usize = 5;
const CONDUCTS: [&str; 3] = ["taker", "cournot-2", "dominant"];

/// CPU seconds of this process so far, all threads, to a hundredth; none where /proc is not Linux's.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let names: Vec<&str> = if arguments.is_empty() {
        CONDUCTS.to_vec()
    } else {
        arguments.iter().map(String::as_str).collect()
    };
    let start: Period = "2026-03".parse().unwrap();
    let catalogue = Catalogue::bundled().unwrap();
    let vehicles = EvPaths::steady(start, N_PATHS, N_MONTHS, 1.35, 0.012);
    let activity = activity_paths(&catalogue, &vehicles, start, N_MONTHS, 5).unwrap();
    let calibration = calibrate(&catalogue).unwrap().anchored(&activity, start).unwrap();
    let scenario = Scenario::baseline();
    println!(
        "peer,conduct,threads,path_months,us_per_path_month,cpu_us_per_path_month,market_days_per_s"
    );
    for name in names {
        let conduct: Conduct = name.parse().unwrap();
        for n_threads in [1, 2] {
            let spec = WorldSpec {
                parameters: calibration.parameters(),
                scenario: &scenario,
                conduct,
                start,
                seed: 5,
                storers: calibration.storers(),
                n_threads: Some(n_threads),
            };
            let before = cpu_seconds();
            let best = (0..REPEATS)
                .map(|_| {
                    let start = Instant::now();
                    black_box(simulate(&spec, &activity).unwrap());
                    start.elapsed().as_secs_f64()
                })
                .fold(f64::INFINITY, f64::min);
            let path_months = (N_PATHS * N_MONTHS) as f64;
            let cpu = cpu_seconds().zip(before).map_or(f64::NAN, |(after, before)| after - before);
            println!(
                "monazite,{name},{n_threads},{path_months},{:.2},{:.2},{:.0}",
                1e6 * best / path_months,
                1e6 * cpu / (REPEATS as f64 * path_months),
                TRADING_DAYS * path_months / best
            );
        }
    }
}
