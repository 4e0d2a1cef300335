//! What can be wrong with the market's inputs, and what can fail in solving it.

/// Why the physical market refused an input or could not be solved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PhysicalError {
    /// A number is outside the range in which it has a meaning.
    #[error("{name} is {value}, and it has to be {requirement}")]
    OutOfRange {
        /// Name of the number.
        name: String,
        /// Its value.
        value: f64,
        /// What it has to be.
        requirement: &'static str,
    },
    /// A name that is not one of a fixed list.
    #[error("\"{name}\" is not {expected}")]
    UnknownName {
        /// The name.
        name: String,
        /// What names there are.
        expected: &'static str,
    },
    /// Arrays of different extent.
    #[error("{name} needs {expected} values and has {found}")]
    Length {
        /// Name of the array.
        name: &'static str,
        /// Values needed.
        expected: usize,
        /// Values found.
        found: usize,
    },
    /// Base-year supply and demand of a basket do not add up.
    #[error(
        "base-year {basket}: mined supply {supply:.1} t REO exceeds demand {demand:.1} t REO, so that secondary supply would be negative"
    )]
    BaseBalance {
        /// Basket.
        basket: String,
        /// Mined and refined supply, t REO a year.
        supply: f64,
        /// Demand, t REO a year.
        demand: f64,
    },
    /// The base year cannot be an equilibrium under the conduct assumed for it.
    #[error(
        "{ore}: marginal revenue in the base year is {marginal_revenue:.1} CNY/t of ore under conduct θ = {theta}, {problem}"
    )]
    BaseConduct {
        /// Ore.
        ore: String,
        /// Marginal revenue per tonne of ore REO.
        marginal_revenue: f64,
        /// Conduct of the base year.
        theta: f64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The solver stopped without meeting its tolerance.
    #[error("{what} did not converge: residual {residual:e} after {iterations} iterations")]
    NotConverged {
        /// What was solved.
        what: &'static str,
        /// Size of the residual.
        residual: f64,
        /// Iterations made.
        iterations: usize,
    },
    /// A period that is not a month, or a month before the start.
    #[error("{period} cannot be used here: {problem}")]
    Period {
        /// The period.
        period: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A scenario that cannot be simulated.
    #[error("{0}")]
    Scenario(Box<crate::ScenarioFault>),
    /// A result that was asked for is not among those simulated.
    #[error("no result for {0}")]
    Missing(String),
    /// The thread pool could not be made.
    #[error("{n_threads} threads could not be started")]
    Threads {
        /// Threads asked for.
        n_threads: usize,
    },
    /// Two runs that do not share months, paths and seed.
    #[error("{left} and {right} have not been run on the same months, paths and seed")]
    NotPaired {
        /// One run.
        left: String,
        /// The other.
        right: String,
    },
    /// A month of a path could not be solved.
    #[error("path {path}, {month}: {source}")]
    Month {
        /// The month.
        month: String,
        /// Path, from 1.
        path: usize,
        /// Why.
        source: Box<Self>,
    },
    /// A price process or a summary was refused.
    #[error(transparent)]
    Stochastic(#[from] monazite_stochastic::StochasticError),
    /// A split of export value was refused.
    #[error(transparent)]
    Series(#[from] monazite_series::SeriesError),
}

pub(crate) fn positive(name: &str, value: f64) -> Result<(), PhysicalError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(out_of_range(name, value, "positive and finite"))
}

pub(crate) fn finite(name: &str, value: f64) -> Result<(), PhysicalError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(out_of_range(name, value, "a finite number"))
}

pub(crate) fn not_negative(name: &str, value: f64) -> Result<(), PhysicalError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(out_of_range(name, value, "zero or more and finite"))
}

pub(crate) fn share(name: &str, value: f64) -> Result<(), PhysicalError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(out_of_range(name, value, "between 0 and 1"))
}

pub(crate) fn out_of_range(name: &str, value: f64, requirement: &'static str) -> PhysicalError {
    PhysicalError::OutOfRange { name: name.to_owned(), value, requirement }
}
