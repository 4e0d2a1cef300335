//! Slow evidence: `cargo test --release --test campaign -- NAME`. Each asserts its thresholds and writes
//! docs/results/NAME.md. A smaller version of each is among the ordinary tests.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

#[path = "../common/processes.rs"]
mod processes;

mod coverage;
mod m3;
mod moments;
mod replay;

mod results;
