//! The monthly physical market: demand, joint supply, conduct, licences, prices, scenarios.
#![forbid(unsafe_code)]
