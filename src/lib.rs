//! monazite: forecast rare-earth trade and simulate a rare-earth futures market.
#![forbid(unsafe_code)]

pub mod chart;
pub mod data;
pub mod diagnostic;
pub mod report;
