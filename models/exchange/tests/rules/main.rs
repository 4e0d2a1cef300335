//! Contract rules: the published ladder of a contract's life, what a rule file must not say, what holds of all rules.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking, also where numbers overflow"
)]

mod faults;
mod properties;
mod published;
