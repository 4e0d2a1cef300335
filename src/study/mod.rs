//! A study: from data to report.

pub mod activity;
pub mod calibrate;
mod check;
pub mod explain;
pub mod forecast;
pub mod licences;
pub mod manifest;
pub mod replay;
pub mod run;
pub mod scenarios;
pub mod simulate;
pub mod spec;
pub mod stress;
pub mod uncertainty;
pub mod vehicles;
