//! Clearing by hand, and what must hold after any sequence of trades, price moves, payments, defaults and expiries.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests say what must hold, and sums by hand are written as sums"
)]

mod day;
mod delivery;
mod market;
mod reduction;
mod sequences;
