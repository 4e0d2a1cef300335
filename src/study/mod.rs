//! A study: from data to report.

pub mod spec;
