//! What can be wrong with parameters and samples.

/// Why a process or a summary was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StochasticError {
    /// A parameter that has to be positive is not.
    #[error("{name} is {value}, and it has to be positive and finite")]
    NotPositive {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A parameter that may be zero is negative or not finite.
    #[error("{name} is {value}, and it has to be zero or more and finite")]
    Negative {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A parameter is not a finite number.
    #[error("{name} is {value}, and it has to be a finite number")]
    NotFinite {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A correlation outside −1…1.
    #[error("the correlation {name} is {value}, outside −1…1")]
    Correlation {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A probability outside 0…1.
    #[error("{value} is not a probability between 0 and 1")]
    Probability {
        /// Its value.
        value: f64,
    },
    /// Too few values for what was asked.
    #[error("{needed} values are needed and there are {found}")]
    TooFew {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Two samples that have to be paired differ in length.
    #[error("paired samples need equal lengths, not {left} and {right}")]
    Length {
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
}

pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), StochasticError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(StochasticError::NotPositive { name, value })
}

pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), StochasticError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(StochasticError::Negative { name, value })
}

pub(crate) fn finite(name: &'static str, value: f64) -> Result<(), StochasticError> {
    if value.is_finite() { Ok(()) } else { Err(StochasticError::NotFinite { name, value }) }
}

pub(crate) fn correlation(name: &'static str, value: f64) -> Result<(), StochasticError> {
    if (-1.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(StochasticError::Correlation { name, value })
}
