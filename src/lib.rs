//! monazite: forecast rare-earth trade and simulate a rare-earth futures market.
#![forbid(unsafe_code)]

pub mod chart;
pub mod cli;
pub mod data;
pub mod diagnostic;
pub mod output;
pub mod report;
pub mod study;
