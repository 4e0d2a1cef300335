//! What can go wrong, with the numbers.

/// Why a state-space computation was refused or failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateSpaceError {
    /// An array has the wrong length or shape.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// Which array.
        what: &'static str,
        /// The size it should have.
        expected: usize,
        /// The size it has.
        found: usize,
    },
    /// A NaN or infinity.
    #[error("{what}: element {index} is {value}")]
    NotFinite {
        /// Which array.
        what: &'static str,
        /// Position in row-major order.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A covariance is not symmetric.
    #[error("{what} is not symmetric: [{row}, {column}] is {upper}, its mirror {lower}")]
    NotSymmetric {
        /// Which matrix.
        what: &'static str,
        /// Row.
        row: usize,
        /// Column.
        column: usize,
        /// The element.
        upper: f64,
        /// Its mirror.
        lower: f64,
    },
    /// A variance below zero, or a covariance larger than its variances allow.
    #[error("{what}: not a covariance, element {index} gives {value}")]
    NotCovariance {
        /// Which matrix or variance.
        what: &'static str,
        /// Row of the offending element.
        index: usize,
        /// The offending number.
        value: f64,
    },
    /// A stationary covariance was asked for a transition that is not stable.
    #[error("the transition is not stable: its powers do not die out")]
    NotStationary,
    /// A measurement names a channel that does not exist.
    #[error("measurement {measurement}: channel {channel} of {n_channels}")]
    NoSuchChannel {
        /// Index of the measurement as given.
        measurement: usize,
        /// The channel it names.
        channel: usize,
        /// How many there are.
        n_channels: usize,
    },
    /// A measurement lies outside the calendar.
    #[error(
        "measurement {measurement}: span of {span} ending at period {end} does not fit in periods 0 to {n_periods} (exclusive)"
    )]
    OutsideCalendar {
        /// Index of the measurement as given.
        measurement: usize,
        /// Its last period.
        end: usize,
        /// Its span.
        span: usize,
        /// Length of the calendar.
        n_periods: usize,
    },
    /// Two measurements of one channel share a period.
    #[error("measurements {first} and {second} of channel {channel} both cover period {period}")]
    Overlap {
        /// One measurement.
        first: usize,
        /// The other.
        second: usize,
        /// Their channel.
        channel: usize,
        /// A period in both.
        period: usize,
    },
    /// A measurement value or variance that cannot be used.
    #[error("measurement {measurement}: {what} is {value}")]
    BadMeasurement {
        /// Index of the measurement as given.
        measurement: usize,
        /// Which of its fields.
        what: &'static str,
        /// The number found.
        value: f64,
    },
    /// The model predicts this measurement with certainty and it says otherwise.
    #[error(
        "period {period}, channel {channel}: the model leaves no room for error, yet the measurement misses it by {innovation}"
    )]
    Contradiction {
        /// Period index.
        period: usize,
        /// Channel index.
        channel: usize,
        /// Measured less predicted.
        innovation: f64,
    },
    /// A regressor is a combination of the diffuse part of the state and other regressors.
    #[error(
        "regressor {column} cannot be told apart from the diffuse state or from other regressors"
    )]
    Collinear {
        /// Column index.
        column: usize,
    },
    /// The search for the conditional mode of log months did not settle.
    #[error("log sums: no conditional mode after {iterations} iterations, last change {change}")]
    ModeNotFound {
        /// Iterations made.
        iterations: usize,
        /// Largest change of a log month in the last one.
        change: f64,
    },
    /// Too few measurements to pin the diffuse part of the state.
    #[error("{n_diffuse} diffuse elements, of which the measurements pin {n_pinned}")]
    Unpinned {
        /// Diffuse elements of the initial state.
        n_diffuse: usize,
        /// Diffuse measurements used.
        n_pinned: usize,
    },
    /// No start gave a finite value of the objective.
    #[error("the objective is not finite at any of {n_starts} starts")]
    NoFiniteStart {
        /// Starts tried.
        n_starts: usize,
    },
    /// The Hessian is not positive definite at the point given.
    #[error(
        "the Hessian is not positive definite (pivot {pivot} in row {row}): a parameter is not identified or the point is no minimum"
    )]
    Hessian {
        /// Row of the failed pivot.
        row: usize,
        /// The pivot.
        pivot: f64,
    },
    /// The optimiser itself failed.
    #[error("optimiser: {0}")]
    Optimiser(String),
}
