//! Readers, the bundled catalogue, checks and the claims ledger.
//!
//! * [`Catalogue`]: every bundled series by its id and every table, parsed when asked for; [`Catalogue::as_of`] cuts it at a date.
//! * [`table`]: every bundled table as typed rows, e.g. `table::<PolicyEvent>()`.
//! * [`read_series_file`] and [`check`]: a user's own long CSV, with every problem named by line and column.
//! * [`claims`]: the statements this project starts from, recomputed from the bundled figures.
//!
//! ```
//! use monazite::data::{Catalogue, PolicyEvent, table};
//! let volume = Catalogue::bundled()?.series("re-exports-volume")?;
//! assert_eq!(volume.first_period().to_string(), "2018-06");
//! assert!(table::<PolicyEvent>()?.iter().any(|event| event.date == "2025-04-04"));
//! # Ok::<(), monazite::diagnostic::Diagnostic>(())
//! ```

mod bundle;
mod catalogue;
mod claims;
mod cut;
mod given;
#[cfg(test)]
mod package_tests;
mod read;
mod regressors;
mod rows;
mod wide;

pub use bundle::{Table, bundled_files, table};
pub use catalogue::{CalendarEffects, Catalogue, Entry, FigureRow};
pub use claims::{Claim, Verdict, claims};
pub use given::GivenTable;
pub use read::{Checked, Panel, ReadOptions, check, check_text, read_series_file};
pub use regressors::RegressorTable;
pub use rows::*;
