//! Estimates against R 4.2 (`stats::arima`, `stats::StructTS`) and Durbin and Koopman (2012), each with the call that
//! made the figure. Likelihoods to 1e-4, coefficients and standard errors to 1e-4 of their size or the last digit printed.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod data;

use monazite_forecast::{
    Arima, Fitted, Forecaster, GaussianFit, Regressor, Regressors, Sample, Scale, Structural,
};
use monazite_series::{Aggregation, Observation, Period, Series};

fn monthly(first: &str, values: &[f64]) -> Series {
    let first: Period = first.parse().unwrap();
    let figures = first
        .run(values.len())
        .zip(values)
        .filter(|(_, v)| v.is_finite())
        .map(|(p, &v)| Observation::new(p, v))
        .collect();
    Series::new("x", "index".parse().unwrap(), Aggregation::Mean, figures).unwrap()
}

fn sample(series: Series, scale: Scale) -> Sample {
    Sample::new(series, scale, Regressors::none()).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

#[track_caller]
fn parameter(fit: &GaussianFit, name: &str, value: f64, se: f64) {
    let found = fit.report().parameter(name).or_else(|| fit.coefficient(name)).unwrap();
    close(found.value, value, 1e-4 * value.abs());
    close(found.se.unwrap(), se, 2e-3 * se);
}

/// `w <- diff(diff(log(AirPassengers), 12)); arima(w, c(0,0,1), list(order = c(0,0,1), period = 12), include.mean = FALSE,
/// optim.control = list(reltol = 1e-14))`: the exact likelihood. On the undifferenced data R starts from κ = 10⁶ and finds
/// −.401828, −.556945, .001348035 and 244.6995 (docs/decisions/006). Forecasts: `predict(arima(log(AirPassengers), …), 3)`.
#[test]
fn air_passengers_airline() {
    let series = monthly("1949-01", &data::AIR_PASSENGERS);
    let fit = Arima::airline(12).fit(&sample(series, Scale::Log)).unwrap();
    parameter(&fit, "ma1", -0.401_822_892_5, 0.089_644_400_4);
    parameter(&fit, "seasonal ma1", -0.556_935_873_0, 0.073_105_033_2);
    close(fit.report().parameter("sigma2").unwrap().value, 0.001_348_099_122, 1e-9);
    close(fit.report().log_likelihood, 244.696_486_833, 1e-7);
    close(fit.report().aic(), 6.0 - 2.0 * 244.696_486_833, 1e-6);
    let golden = [(6.110186, 0.036716), (6.053775, 0.042783), (6.171715, 0.048091)];
    let forecast = fit.clone().at_estimates().forecast(3, 10_000, 1).unwrap();
    let open = fit.forecast(3, 100, 1).unwrap();
    let upper = 1.959_963_984_540_054;
    for (h, (mean, se)) in golden.into_iter().enumerate() {
        close(forecast.quantile(h, 0.5).unwrap().ln(), mean, 2e-6);
        close(forecast.quantile(h, 0.975).unwrap().ln(), mean + upper * se, 5e-6);
        let logs: Vec<f64> = forecast.paths().column(h).iter().map(|x| x.ln()).collect();
        let n = logs.len() as f64;
        let average = logs.iter().sum::<f64>() / n;
        let sd = (logs.iter().map(|x| (x - average).powi(2)).sum::<f64>() / n).sqrt();
        // Four Monte Carlo standard errors.
        close(average, mean, 4.0 * se / n.sqrt());
        close(sd, se, 4.0 * se / (2.0 * n).sqrt());
        // What is not known of θ, Θ and σ² widens the interval by a few per cent.
        let wider = (open.quantile(h, 0.975).unwrap().ln() - mean) / (upper * se);
        assert!((1.0..1.12).contains(&wider), "{wider}");
    }
}

/// `arima(presidents, c(3,0,0), optim.control = list(reltol = 1e-14))`: six quarters are missing. At R's default
/// tolerance the search stops early (mean 56.222253, σ² 81.11794; the likelihood agrees to 1e-5).
#[test]
fn presidents_with_missing_quarters() {
    let first: Period = "1945-Q1".parse().unwrap();
    let figures = first
        .run(data::PRESIDENTS.len())
        .zip(data::PRESIDENTS)
        .filter(|(_, v)| v.is_finite())
        .map(|(p, v)| Observation::new(p, v))
        .collect();
    let series = Series::new("x", "index".parse().unwrap(), Aggregation::Mean, figures).unwrap();
    assert_eq!(series.observations().len(), 114);
    let fit = Arima::new(3, 0, 0).fit(&sample(series, Scale::Level)).unwrap();
    parameter(&fit, "ar1", 0.749_594_761, 0.093_587_498);
    parameter(&fit, "ar2", 0.252_233_046, 0.114_014_833);
    parameter(&fit, "ar3", -0.189_034_300, 0.094_607_948);
    parameter(&fit, "mean", 56.216_746_442, 4.283_642_031);
    close(fit.report().parameter("sigma2").unwrap().value, 81.118_126_381, 1e-3);
    close(fit.report().log_likelihood, -414.081_930_378, 1e-6);
}

/// `arima(Nile, c(1,0,0), xreg = as.numeric(time(Nile) >= 1899))`.
#[test]
fn nile_level_shift_is_estimated_jointly() {
    let from: Period = "1899".parse().unwrap();
    let first: Period = "1871".parse().unwrap();
    let series =
        Series::from_values("x", "index".parse().unwrap(), Aggregation::Mean, first, &data::NILE)
            .unwrap();
    let shift = Regressors::none().with("level shift 1899", Regressor::Step { from });
    let sample = Sample::new(series, Scale::Level, shift).unwrap();
    let fit = Arima::new(1, 0, 0).fit(&sample).unwrap();
    parameter(&fit, "level shift 1899", -249.07505, 32.8037);
    parameter(&fit, "ar1", 0.159_632_694, 0.098_604_708);
    close(fit.report().log_likelihood, -624.538_977_860, 1e-6);
}

/// Durbin and Koopman (2012), §2: variances and smoothed levels; the likelihood is exact diffuse (docs/decisions/005).
#[test]
fn nile_local_level() {
    let first: Period = "1871".parse().unwrap();
    let series =
        Series::from_values("x", "index".parse().unwrap(), Aggregation::Mean, first, &data::NILE)
            .unwrap();
    let fit = Structural::local_level().fit(&sample(series, Scale::Level)).unwrap();
    close(fit.report().parameter("irregular variance").unwrap().value, 15098.52, 5e-3);
    close(fit.report().parameter("level variance").unwrap().value, 1469.18, 5e-3);
    close(fit.report().log_likelihood, -632.54562, 1e-4);
    assert_eq!((fit.report().n, fit.report().n_diffuse), (99, 1));
}

/// `w <- diff(diff(USAccDeaths, 12)); arima(w, c(0,0,1), list(order = c(0,0,1), period = 12), include.mean = FALSE,
/// optim.control = list(reltol = 1e-14))`. On the undifferenced data R finds −425.43999 with κ = 10⁶ and −425.44110 with 10⁹.
#[test]
fn us_accidental_deaths_airline() {
    let series = monthly("1973-01", &data::US_ACC_DEATHS);
    let fit = Arima::airline(12).fit(&sample(series, Scale::Level)).unwrap();
    parameter(&fit, "ma1", -0.430_270_050, 0.122_806_798);
    parameter(&fit, "seasonal ma1", -0.552_728_612, 0.178_364_934);
    close(fit.report().parameter("sigma2").unwrap().value, 99_352.584_447, 1.0);
    close(fit.report().log_likelihood, -425.441_102_431, 1e-6);
}

/// A change of unit changes figures and nothing else.
#[test]
fn units_do_not_matter() {
    let values: Vec<f64> = data::AIR_PASSENGERS[..60].to_vec();
    for scale in [Scale::Log, Scale::Level] {
        let forecast = |factor: f64| {
            let scaled: Vec<f64> = values.iter().map(|v| v * factor).collect();
            let sample = sample(monthly("1949-01", &scaled), scale);
            Structural::basic(12).fit(&sample).unwrap().forecast(12, 0, 5).unwrap()
        };
        let one = forecast(1.0);
        for factor in [1e-9, 1e-3, 7.0, 1e9] {
            let other = forecast(factor);
            for p in [0.025, 0.5, 0.975] {
                let ratio = other.quantile(11, p).unwrap() / one.quantile(11, p).unwrap() / factor;
                assert!((ratio - 1.0).abs() < 1e-10, "{scale:?} {factor} {p}: {:e}", ratio - 1.0);
            }
        }
    }
}
