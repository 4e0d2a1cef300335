//! A study: from data to report.

pub mod explain;
pub mod spec;
