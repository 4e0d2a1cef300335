//! The book against a naive one, its invariants after every event, its journal, its memory, its auction and spreads.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "test code: a failure is what a panic is for, and numbers are small"
)]

mod by_hand;
mod naive;
mod pair;
mod properties;
mod random;
mod spreads;
