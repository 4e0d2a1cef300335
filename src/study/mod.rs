//! A study: from data to report.

pub mod explain;
pub mod forecast;
pub mod run;
pub mod spec;
