//! monazite.
#![forbid(unsafe_code)]
