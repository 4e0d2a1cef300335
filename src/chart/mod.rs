//! Figures from result types.
