//! What can stop an estimation.

/// Why a model was not estimated or a test not computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EconometricsError {
    /// A column is not as long as the dependent variable.
    #[error("`{name}` has {found} rows and the dependent variable has {expected}")]
    Length {
        /// Name of the column.
        name: String,
        /// Its length.
        found: usize,
        /// Length of the dependent variable.
        expected: usize,
    },
    /// Two regressors share a name.
    #[error("two regressors are called `{name}`")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// No regressor and no intercept.
    #[error("there is nothing to regress on: no regressor and no intercept")]
    NoRegressors,
    /// Too few complete rows.
    #[error("{what} needs at least {needed} observations and there are {found}")]
    TooFew {
        /// What was to be computed.
        what: &'static str,
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A regressor is a linear combination of those before it.
    #[error("`{name}` is a linear combination of the regressors before it; leave one of them out")]
    Collinear {
        /// The regressor.
        name: String,
    },
    /// The dependent variable does not vary.
    #[error("`{name}` is {value} in every row, so nothing explains it")]
    Constant {
        /// Name of the dependent variable.
        name: String,
        /// Its value.
        value: f64,
    },
    /// A value is infinite.
    #[error("`{name}` is {value} in row {row}")]
    NotFinite {
        /// Name of the column.
        name: String,
        /// Row, from 1.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A value that has to be positive is not.
    #[error("`{name}` is {value} in row {row}, and only positive values have a logarithm")]
    NotPositive {
        /// Name of the column.
        name: String,
        /// Row, from 1.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A row that alone decides a coefficient.
    #[error(
        "row {row} alone determines a coefficient (leverage 1), where {covariance} standard errors do not exist"
    )]
    Leverage {
        /// Row of the estimation sample, from 1.
        row: usize,
        /// The covariance asked for.
        covariance: &'static str,
    },
    /// A lag length that the sample does not bear.
    #[error("{lags} lags are too many for {n} observations")]
    Lags {
        /// Lags asked for.
        lags: usize,
        /// Number of observations.
        n: usize,
    },
    /// A coefficient that is not in the model.
    #[error("there is no coefficient `{name}`")]
    UnknownCoefficient {
        /// The name asked for.
        name: String,
    },
    /// Restrictions that contradict or repeat each other, or have the wrong shape.
    #[error("the restrictions cannot be tested: {reason}")]
    Restrictions {
        /// Why.
        reason: String,
    },
    /// A number outside its range.
    #[error("{name} is {value}, outside {range}")]
    OutOfRange {
        /// What it is.
        name: &'static str,
        /// Its value.
        value: f64,
        /// Where it has to lie.
        range: &'static str,
    },
    /// The likelihood could not be maximised.
    #[error("the likelihood of the {model} could not be maximised: {reason}")]
    NotMaximised {
        /// The model.
        model: &'static str,
        /// Why.
        reason: String,
    },
    /// A series of the wrong kind.
    #[error(transparent)]
    Series(#[from] monazite_series::SeriesError),
    /// A price process refused its parameters.
    #[error(transparent)]
    Process(#[from] monazite_stochastic::StochasticError),
}
