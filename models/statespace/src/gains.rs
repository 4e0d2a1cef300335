//! Covariance recursions.
