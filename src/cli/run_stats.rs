//! `--stats FILE`: how fast a simulation ran, apart from its results, which do not vary from run to run.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::output::{json_bytes, write_file};

/// A flat JSON object; rates are per second of wall time.
#[derive(Debug, Serialize)]
pub(super) struct RunStats {
    /// Days of contracts traded on an exchange: none at L1.
    contract_days: u64,
    /// Trading days of all paths.
    market_days: u64,
    /// Messages of an exchange: none at L1.
    events: u64,
    /// From the first simulated day to the last.
    wall_s: f64,
    contract_days_per_s: f64,
    market_days_per_s: f64,
    events_per_s: f64,
    /// Highest resident memory of the process; absent where the system does not tell.
    peak_rss_bytes: Option<u64>,
    threads: usize,
}

impl RunStats {
    /// Of a run without an exchange.
    pub(super) fn of_market_days(market_days: u64, wall: Duration) -> Self {
        let wall_s = wall.as_secs_f64();
        let per_second = |n: u64| if wall_s > 0.0 { n as f64 / wall_s } else { 0.0 };
        Self {
            contract_days: 0,
            market_days,
            events: 0,
            wall_s,
            contract_days_per_s: per_second(0),
            market_days_per_s: per_second(market_days),
            events_per_s: per_second(0),
            peak_rss_bytes: peak_rss_bytes(),
            threads: rayon::current_num_threads(),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Diagnostic> {
        write_file(path, &json_bytes(self)?)
    }
}

/// Linux tells the peak in /proc.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(1024 * kib)
}
