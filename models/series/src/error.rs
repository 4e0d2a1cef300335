//! What can be wrong with a series.

use crate::{Frequency, Period};

/// Why a period, unit, observation or series was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// The text is not a period.
    #[error("`{text}` is not a period (expected YYYY-MM, YYYY-Qn, YYYY or YYYY-MM-DD)")]
    BadPeriod {
        /// The text as found.
        text: String,
    },
    /// The text is not a unit this crate knows.
    #[error("`{text}` is not a known unit")]
    BadUnit {
        /// The text as found.
        text: String,
    },
    /// Two units measure different things.
    #[error("cannot convert {from} to {to}: they measure different things")]
    UnitMismatch {
        /// Unit of the figure at hand.
        from: String,
        /// Unit asked for.
        to: String,
    },
    /// Periods of two frequencies were mixed.
    #[error("{left:?} and {right:?} periods cannot be mixed")]
    FrequencyMismatch {
        /// Frequency of the series.
        left: Frequency,
        /// Frequency of the other period.
        right: Frequency,
    },
    /// Two observations end in the same period.
    #[error("{period} appears twice")]
    Duplicate {
        /// The period in question.
        period: Period,
    },
    /// A span reaches back over an earlier observation.
    #[error("the observation ending {period} with span {span} overlaps the one ending {previous}")]
    Overlap {
        /// End of the offending observation.
        period: Period,
        /// Its span.
        span: u32,
        /// End of the one before.
        previous: Period,
    },
    /// A value is not a finite number.
    #[error("the value of {period} is not a finite number")]
    NotFinite {
        /// The period in question.
        period: Period,
    },
    /// A logarithm of a value that is not positive.
    #[error("the value of {period} is {value}, and only positive values have a logarithm")]
    NotPositive {
        /// The period in question.
        period: Period,
        /// Its value.
        value: f64,
    },
    /// A span of zero.
    #[error(
        "the observation ending {period} has span 0; a span counts the periods it covers, so at least 1"
    )]
    EmptySpan {
        /// The period in question.
        period: Period,
    },
    /// A series without observations where some are needed.
    #[error("the series `{id}` has no observations")]
    Empty {
        /// Identifier of the series.
        id: String,
    },
    /// Lengths or keys that have to match do not.
    #[error("{0}")]
    Shape(String),
}
