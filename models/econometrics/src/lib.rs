//! Regression with robust inference and models of commodity prices.
#![forbid(unsafe_code)]
