//! Structural models, calendar regressors, outliers and counterfactuals against statsmodels 0.15 and R 4.2, each with the
//! call that made the figure.
//!
//! `UnobservedComponents(..., use_exact_diffuse=True)` counts log 2π for every figure; here those used up by diffuse
//! elements do not count, so that half of log 2π for each is added to its figure. Its trigonometric seasonal of an even
//! season has a state that never reaches the data, diffuse too, which adds nothing.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod data;
#[path = "data/structural.rs"]
mod series;

use monazite_forecast::{
    Arima, Cycle, Forecaster, GaussianFit, InterventionKind, InterventionOptions, Level, Model,
    Regressor, Regressors, Sample, Scale, Seasonal, Slope, Structural, find_interventions,
};
use monazite_series::{Aggregation, Observation, Period, Series};
use monazite_stochastic::{Key, Purpose};

/// ln 2π.
const LOG_2_PI: f64 = 1.837_877_066_409_345_3;

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn series_from(first: &str, values: &[f64]) -> Series {
    let unit = "index".parse().unwrap();
    Series::from_values("x", unit, Aggregation::Sum, period(first), values).unwrap()
}

fn sample(first: &str, values: &[f64], scale: Scale) -> Sample {
    Sample::new(series_from(first, values), scale, Regressors::none()).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

#[track_caller]
fn parameter(fit: &GaussianFit, name: &str, value: f64, share: f64) {
    close(fit.report().parameter(name).unwrap().value, value, share * value.abs());
}

/// The log-likelihood of statsmodels with `n_diffuse` figures used up.
#[track_caller]
fn likelihood(fit: &GaussianFit, statsmodels: f64, n_diffuse: usize) {
    assert_eq!(fit.report().n_diffuse, n_diffuse);
    let expected = statsmodels + 0.5 * n_diffuse as f64 * LOG_2_PI;
    close(fit.report().log_likelihood, expected, 1e-6 * expected.abs());
}

/// `UC(Nile, level="lltrend")`, `level="strend"`.
#[test]
fn nile_trends() {
    let nile = sample("1871", &data::NILE, Scale::Level);
    let linear = Structural::local_linear().fit(&nile).unwrap();
    likelihood(&linear, -631.710_689_122_477_4, 2);
    parameter(&linear, "level variance", 1752.771, 2e-3);
    let smooth = Structural::smooth_trend().fit(&nile).unwrap();
    likelihood(&smooth, -634.028_952_708_028_8, 2);
    parameter(&smooth, "slope variance", 1.625_469_07, 2e-3);
    parameter(&smooth, "irregular variance", 18_973.044, 2e-3);
}

/// `UC(WWWusage, level="strend")`; damped: an `MLEModel` with level (diffuse) and slope `φν + ζ` (stationary).
#[test]
fn www_usage_damped_trend() {
    let www = sample("2000-01", &series::WWW_USAGE, Scale::Level);
    let smooth = Structural::smooth_trend().fit(&www).unwrap();
    likelihood(&smooth, -266.576_371_836_082_5, 2);
    let damped = Structural::damped_trend().fit(&www).unwrap();
    likelihood(&damped, -263.537_790_201_190_3, 1);
    parameter(&damped, "slope damping", 0.802_620_0, 1e-4);
    parameter(&damped, "slope variance", 11.671_104, 1e-3);
    // A damped slope alone is ARIMA(1,1,0).
    let alone =
        Structural { level: Level::Fixed, slope: Slope::Damped, ..Structural::random_walk() };
    let alone = alone.fit(&www).unwrap();
    let arima = Arima::new(1, 1, 0).fit(&www).unwrap();
    close(alone.report().log_likelihood, arima.report().log_likelihood, 1e-7);
    let se = |fit: &GaussianFit, name: &str| fit.report().parameter(name).unwrap().se.unwrap();
    close(se(&alone, "slope damping"), se(&arima, "ar1"), 1e-3 * se(&arima, "ar1"));
}

/// `UC(log(AirPassengers), level="lltrend" or "strend", irregular=True, seasonal=12 or freq_seasonal=[{"period": 12}])`.
#[test]
fn air_passengers_seasonals() {
    let air = sample("1949-01", &data::AIR_PASSENGERS, Scale::Log);
    let basic = Structural::basic(12);
    let fit = |model: Structural| model.fit(&air).unwrap();
    likelihood(&fit(basic), 217.420_401_906_150_54, 13);
    likelihood(&fit(basic.with_season(12, Seasonal::Trigonometric)), 216.213_906_159_219_4, 13);
    let smooth = Structural::smooth_trend();
    likelihood(&fit(smooth.with_season(12, Seasonal::Dummy)), 199.902_982_287_089_3, 13);
    let smooth = fit(smooth.with_season(12, Seasonal::Trigonometric));
    likelihood(&smooth, 209.121_514_591_160_3, 13);
    parameter(&smooth, "seasonal variance", 3.827_987_05e-6, 2e-3);
}

/// `UC(USAccDeaths, level="llevel", freq_seasonal=[{"period": 12}])`, and one frequency each:
/// `freq_seasonal=[{"period": 12 / j, "harmonics": 1} for j in range(1, 7)]`.
#[test]
fn us_accidental_deaths_by_harmonics() {
    let deaths = sample("1973-01", &data::US_ACC_DEATHS, Scale::Level);
    let level = Structural::local_level();
    let one = level.with_season(12, Seasonal::Trigonometric).fit(&deaths).unwrap();
    likelihood(&one, -455.115_416_540_947_25, 12);
    parameter(&one, "seasonal variance", 90.391_318, 2e-3);
    let each = level.with_season(12, Seasonal::Harmonics).fit(&deaths).unwrap();
    likelihood(&each, -454.088_022_213_876_57, 12);
}

/// `UC(log(lynx), level="fixed intercept", cycle=True, stochastic_cycle=True, damped_cycle=True,
/// cycle_period_bounds=(1.5, 12))` with `Initialization` set to diffuse for the level and stationary for the cycle.
#[test]
fn lynx_cycle() {
    let lynx = sample("1821", &series::LYNX, Scale::Log);
    let cycle = Cycle { shortest: 2.0, longest: 12.0 };
    let fixed = Structural { level: Level::Fixed, ..Structural::random_walk() };
    let fit = fixed.with_cycle(cycle).fit(&lynx).unwrap();
    likelihood(&fit, -94.934_619_038_695_93, 1);
    parameter(&fit, "cycle variance", 0.201_251_171, 1e-3);
    parameter(&fit, "cycle damping", 0.932_183_737, 1e-4);
    let period = 2.0 * std::f64::consts::PI / 0.581_289_329_184_780_3;
    parameter(&fit, "cycle period", period, 1e-4);
}

/// R, with days counted by `as.POSIXlt(...)$wday` and `dd <- function(x) diff(diff(x, 12))`:
/// `arima(dd(log(AirPassengers)), c(0,0,1), list(order = c(0,0,1), period = 12), xreg = apply(X, 2, dd), include.mean =
/// FALSE, optim.control = list(reltol = 1e-15))`, X weekdays less 5/2 weekends (or the six contrasts), leap years.
#[test]
fn trading_days_of_air_passengers() {
    let air = |regressors: Regressors| {
        let series = series_from("1949-01", &data::AIR_PASSENGERS);
        let sample = Sample::new(series, Scale::Log, regressors).unwrap();
        Arima::airline(12).fit(&sample).unwrap()
    };
    let coefficients = |fit: &GaussianFit, golden: &[(&str, f64, f64)]| {
        for (name, value, se) in golden {
            let found = fit.coefficient(name).unwrap();
            close(found.value, *value, 2e-4 * se);
            close(found.se.unwrap(), *se, 2e-3 * se);
        }
    };
    let leap = |r: Regressors| r.with("leap year", Regressor::LeapYear);
    let one = air(leap(Regressors::none().with("weekdays", Regressor::Weekdays)));
    close(one.report().log_likelihood, 255.077_096_113_26, 1e-6);
    let golden = [
        ("weekdays", -0.002_650_122_202_49, 0.000_643_687_605_157),
        ("leap year", 0.043_438_935_961_45, 0.015_058_621_332_876),
    ];
    coefficients(&one, &golden);
    let six = air(leap(Regressors::none().with_trading_days()));
    close(six.report().log_likelihood, 256.915_366_470_6, 1e-6);
    let golden = [
        ("Mondays less Sundays", -0.006_590_515_785_99, 0.004_516_693_667_42),
        ("Thursdays less Sundays", -0.002_067_158_917_67, 0.004_516_591_094_10),
        ("Saturdays less Sundays", 0.004_265_146_379_00, 0.004_607_307_761_19),
        ("leap year", 0.043_156_652_265_83, 0.015_149_489_235_59),
    ];
    coefficients(&six, &golden);
}

/// X-13ARIMA-SEATS 1.1 b59 finds AO1951.May; its coefficient with weekdays and leap years is R's of the call above with
/// a pulse as third column. Without trading days its t-value in the call above is 3.43, and nothing is found.
#[test]
fn air_passengers_outlier() {
    let days = Regressors::none()
        .with("weekdays", Regressor::Weekdays)
        .with("leap year", Regressor::LeapYear);
    let series = series_from("1949-01", &data::AIR_PASSENGERS);
    let sample = Sample::new(series, Scale::Log, days).unwrap();
    let model = Model::Arima(Arima::airline(12));
    let found = find_interventions(&sample, &model, &InterventionOptions::default()).unwrap();
    let names: Vec<&str> = found.list().iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["AO 1951-05"], "{found}");
    close(found.list()[0].estimate.value, 0.106_091_505_927_76, 1e-5);
    close(found.list()[0].estimate.se.unwrap(), 0.021_269_184_301_875, 5e-5);
    close(found.fit().report().log_likelihood, 265.397_860_236_92, 1e-6);
    assert!(found.to_string().contains("AO 1951-05"), "{found}");
}

/// `arima(Nile, c(1,0,0), xreg = as.numeric(time(Nile) >= 1899))`.
#[test]
fn nile_break() {
    let nile = sample("1871", &data::NILE, Scale::Level);
    let model = Model::Arima(Arima::new(1, 0, 0));
    let found = find_interventions(&nile, &model, &InterventionOptions::default()).unwrap();
    eprintln!("{found}");
    let shift = found.list().iter().find(|i| i.name == "LS 1899").unwrap();
    let only = InterventionOptions {
        kinds: vec![InterventionKind::LevelShift],
        ..InterventionOptions::default()
    };
    let only = find_interventions(&nile, &model, &only).unwrap();
    assert_eq!(only.list().len(), 1, "{only}");
    close(only.list()[0].estimate.value, -249.075_05, 0.005);
    close(only.list()[0].estimate.se.unwrap(), 32.8037, 0.02);
    close(only.fit().report().log_likelihood, -624.538_977_860, 1e-5);
    assert!(shift.estimate.t_value().unwrap() < -5.0, "{found}");
}
