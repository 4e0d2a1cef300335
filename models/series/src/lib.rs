//! Periods, spans, units, series and panels.
//!
//! A [`Series`] is a list of [`Observation`]s in one [`Unit`] on one calendar. An observation ends in a [`Period`] and
//! has a *span*: how many periods it covers. Chinese customs publish January and February as one figure; here that is
//! one observation ending in February with span 2, and no month is invented. Whether spans add up or average is a
//! property of the series ([`Aggregation`]): flows are sums, stocks and prices are means. Units are checked: adding
//! tonnes to kilograms is an error, not a number.
#![forbid(unsafe_code)]

mod arithmetic;
mod days;
mod decomposition;
mod error;
mod lunar_new_year;
mod observations;
mod period;
mod unit;

pub use days::{days, days_of_week};
pub use decomposition::{ProductTrade, ValueChange, logarithmic_mean, split_value_change};
pub use error::SeriesError;
pub use lunar_new_year::{lunar_new_year, lunar_new_year_regressors, lunar_new_year_window};
pub use observations::{Aggregation, Observation, Series, Status};
pub use period::{Frequency, Period};
pub use unit::Unit;
