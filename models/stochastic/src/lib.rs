//! Keyed random streams, price processes in closed form, path blocks and mergeable summaries.
#![forbid(unsafe_code)]
