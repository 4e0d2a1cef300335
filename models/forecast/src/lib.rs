//! Forecasting models, regressors and interventions, backtests and scores for short monthly series.
//!
//! A [`Sample`] is one or more publications of the same thing, with the spans in which they come, in levels or logs, and
//! [`Regressors`] that are functions of the period. A specification ([`Structural`], [`Arima`], [`SeasonalNaive`]) is
//! fitted to it by exact Gaussian likelihood and becomes a [`GaussianFit`], which says what was estimated
//! ([`FitReport`]), gives the months within published sums ([`SmoothedPeriod`]) and draws joint predictive paths
//! ([`Forecast`]). [`backtest()`] says what such forecasts were worth. An unfitted model cannot forecast, and one that did
//! not converge is an error.
#![forbid(unsafe_code)]

mod arima;
mod average;
mod backtest;
mod calendar;
mod ces;
mod cholesky;
mod combination;
mod compare;
mod conditional;
mod counterfactual;
mod diagnostics;
mod drift;
mod error;
mod ets;
mod fit;
mod forecast;
mod form;
mod inference;
mod lambda;
mod linearised;
mod marginal;
mod mean;
mod method;
mod minimum;
mod model;
mod outliers;
mod polynomial;
mod posterior;
mod problem;
mod recalibration;
mod regressor;
mod report;
mod sample;
mod saved;
pub mod score;
mod seasonal_adjustment;
mod seasonal_naive;
mod seasonal_strength;
mod stl;
mod stl_forecast;
mod structural;
mod theta;
mod transform;
mod unit_root;
mod varying;

pub use arima::{Arima, ArimaError, ArimaEstimate, AutoArima, FixedArima, SeasonalTest};
pub use backtest::{Backtest, BacktestOptions, Scored, backtest, backtests};
pub use ces::{Ces, CesKind};
pub use combination::{Auto, Combination, CombinationFit, Member, WIDEST, Weights};
pub use compare::{
    Compared, Comparison, ComparisonOptions, ConfidenceSet, ConfidenceSetOptions, DieboldMariano,
    Kernel, Loss, Statistic,
};
pub use conditional::{FuturePaths, forecast_given};
pub use counterfactual::{Band, Counterfactual, CounterfactualPeriod};
pub use diagnostics::{Diagnostics, Test};
pub use drift::Drift;
pub use error::ForecastError;
pub use ets::{
    Criterion, ErrorForm, Ets, EtsCandidates, EtsChoice, EtsFilter, EtsForm, EtsParameters,
    SeasonForm, TrendForm,
};
pub use fit::{Forecaster, GaussianFit};
pub use forecast::{Fitted, Forecast, QUANTILES, SmoothedPeriod};
pub use lambda::guerrero;
pub use marginal::Marginal;
pub use mean::Mean;
pub use method::MethodFit;
pub use model::Model;
pub use monazite_statespace::Scale;
pub use outliers::{
    Intervention, InterventionKind, InterventionOptions, Interventions, critical_value,
    find_interventions,
};
pub use recalibration::{Recalibrated, RecalibratedFit, Recalibration};
pub use regressor::{Regressor, Regressors};
pub use report::{Correction, FitReport, ParameterEstimate};
pub use sample::{Publication, Sample};
pub use saved::{SavedModel, SavedParts};
pub use seasonal_adjustment::{SeasonalIndices, SeasonalScale, is_seasonal};
pub use seasonal_naive::{SeasonalNaive, SeasonalNaiveFit};
pub use seasonal_strength::seasonal_strength;
pub use stl::{Stl, StlDecomposition};
pub use stl_forecast::StlForecast;
pub use structural::{ComponentPeriod, Cycle, Level, Seasonal, Slope, Structural};
pub use theta::{Theta, ThetaKind};
pub use transform::Transform;
pub use unit_root::{Kpss, KpssNull, Ocsb, kpss, kpss_short_lags, ocsb};
