//! Keyed random streams, price processes in closed form, path blocks and mergeable summaries.
//!
//! Every random number is a function of a [`Key`] and of what it is for: the path, the purpose and, for single draws,
//! the day and the agent. It never depends on the thread, the block or the order in which it is asked for. Price
//! processes ([`SchwartzOneFactor`], [`SchwartzSmith`], [`GibsonSchwartz`]) step by their exact transition, so a step
//! of a month carries no discretisation error, and their forward curves are closed forms. Paths are made in blocks of
//! [`BLOCK_PATHS`]. What comes out is summed up by [`Moments`], which merge, and by [`MeanEstimate`], whose paired form
//! uses the common random numbers of two scenarios.
#![forbid(unsafe_code)]

mod error;
mod gibson_schwartz;
mod key;
mod one_factor;
mod paths;
mod schwartz_smith;
mod sketch;
mod summary;

pub use error::StochasticError;
pub use gibson_schwartz::{GibsonSchwartz, GibsonSchwartzParameters};
pub use key::{Draw, Draws, Key, Purpose, Stream, Streams};
pub use one_factor::{OneFactorParameters, OneFactorStep, SchwartzOneFactor};
pub use paths::{
    BLOCK_PATHS, PathBlock, TwoFactorBlock, blocks, simulate_one_factor, simulate_two_factor,
};
pub use schwartz_smith::{
    Measure, SchwartzSmith, SchwartzSmithParameters, TwoFactorState, TwoFactorStep,
};
pub use sketch::QuantileSketch;
pub use summary::{
    MeanEstimate, Moments, Summary, paired_difference, quantile_of_sorted, quantiles,
};
