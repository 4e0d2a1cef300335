//! The replay of 2025: what the simulator, given what was known on 31 March 2025 and the dates of policy, says of April to
//! December, scored against what happened.

mod priors;

pub use priors::{
    N_PRIORS, PRIORS, Prior, PriorDistribution, PriorDraws, QueueDraw, QueueParameter,
};
