//! A study: from data to report.

pub mod activity;
pub mod calibrate;
pub mod explain;
pub mod licences;
pub mod simulate;
pub mod spec;
