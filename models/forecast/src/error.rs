//! What can go wrong, with the numbers and a way out.

use monazite_series::{Period, SeriesError};
use monazite_statespace::StateSpaceError;
use monazite_stochastic::StochasticError;

/// Why a model was refused, could not be estimated or cannot forecast.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// Too few figures for what the model estimates.
    #[error(
        "{model} needs at least {needed} periods of data and `{id}` has {found}, from {from} to {to}"
    )]
    TooShort {
        /// The model.
        model: String,
        /// The series.
        id: String,
        /// Periods needed.
        needed: usize,
        /// Periods found.
        found: usize,
        /// First period.
        from: Period,
        /// Last period.
        to: Period,
    },
    /// A figure that is not positive, in a model of logarithms.
    #[error("`{id}`: the figure of {period} is {value}, and logarithms need positive figures")]
    NotPositive {
        /// The series.
        id: String,
        /// Its period.
        period: Period,
        /// The figure.
        value: f64,
    },
    /// A regressor has no value where the model needs one.
    #[error("regressor `{name}` has no value from {from} to {to}")]
    MissingRegressor {
        /// The regressor.
        name: String,
        /// First period without a value.
        from: Period,
        /// Last period without a value.
        to: Period,
    },
    /// Regressors that cannot be told apart, or from trend and season.
    #[error(
        "regressor `{name}` cannot be told apart from trend, season or the regressors before it"
    )]
    Collinear {
        /// The regressor.
        name: String,
    },
    /// Too few holidays are observed to tell their effect from the season.
    #[error(
        "`{id}` has {found} Lunar New Years observed apart from a sum of January and February, and {needed} are needed to tell the holiday from the season"
    )]
    CalendarNotIdentified {
        /// The series.
        id: String,
        /// Years in which January and February have a figure each.
        found: usize,
        /// Years needed.
        needed: usize,
    },
    /// A series that does not move has no variance to estimate.
    #[error("every figure of `{id}` is {value}: {model} has nothing to estimate")]
    Constant {
        /// The model.
        model: String,
        /// The series.
        id: String,
        /// Its value.
        value: f64,
    },
    /// A series that trend and season reproduce exactly has no variance to estimate either.
    #[error(
        "the figures of `{id}` follow a trend and a season without any noise: {model} has nothing to estimate"
    )]
    Deterministic {
        /// The model.
        model: String,
        /// The series.
        id: String,
    },
    /// The figures do not pin every diffuse element of the start.
    #[error(
        "{model} of `{id}`: the figures pin {n_pinned} of the {n_diffuse} starting values of trend and season, because some periods of the season never appear in a figure of their own"
    )]
    NotPinned {
        /// The model.
        model: String,
        /// The series.
        id: String,
        /// Diffuse elements.
        n_diffuse: usize,
        /// Those that the figures pin.
        n_pinned: usize,
    },
    /// The likelihood has no maximum the search could find.
    #[error(
        "{model} of `{id}` did not converge: the gradient of the log-likelihood is {gradient:.2e}"
    )]
    NotConverged {
        /// The model.
        model: String,
        /// The series.
        id: String,
        /// Norm of the gradient where the search stopped.
        gradient: f64,
    },
    /// The sample has something the model cannot use, and leaving it out would be another question.
    #[error("{model} of `{id}` cannot use {what}")]
    Unsupported {
        /// The model.
        model: String,
        /// The series.
        id: String,
        /// What it cannot use.
        what: String,
    },
    /// A specification that contradicts itself.
    #[error("{0}")]
    Specification(String),
    /// A horizon, number of paths or number of origins that makes no sense.
    #[error("{what} is {found}, and it has to be at least {needed}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// Number found.
        found: usize,
        /// Number needed.
        needed: usize,
    },
    /// The state-space engine refused or failed.
    #[error("{model} of `{id}`: {source}")]
    StateSpace {
        /// The model.
        model: String,
        /// The series.
        id: String,
        /// What it said.
        source: StateSpaceError,
    },
    /// A series was refused.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// A summary of draws was refused.
    #[error(transparent)]
    Stochastic(#[from] StochasticError),
}
