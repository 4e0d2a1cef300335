//! Forecasting models, regressors and interventions, backtests and scores for short monthly series.
#![forbid(unsafe_code)]
