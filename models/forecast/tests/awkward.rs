//! Models on samples with sums, gaps and regressors, forecasts given regressors, recalibration, and fits that are saved.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod data;

use monazite_forecast::{
    Arima, BacktestOptions, Fitted, Forecast, Forecaster, Model, Recalibrated, Recalibration,
    Regressor, Regressors, Sample, Scale, Structural, backtest, forecast_given,
};
use monazite_series::{Aggregation, Observation, Period, Series};
use monazite_stochastic::{Key, Purpose};
use ndarray::Array2;

fn month(text: &str) -> Period {
    text.parse().unwrap()
}

fn series(values: &[f64]) -> Series {
    Series::from_values("x", "t".parse().unwrap(), Aggregation::Sum, month("1949-01"), values)
        .unwrap()
}

/// Air passengers, January and February as one figure from the year `from` on (0: always).
fn some_months_as_sums(from: usize) -> Series {
    let figures = &data::AIR_PASSENGERS;
    let mut published = Vec::new();
    for (t, &y) in figures.iter().enumerate() {
        let period = month("1949-01").plus(t as i64);
        match t % 12 {
            0 | 1 if t / 12 < from => published.push(Observation::new(period, y)),
            0 => {}
            1 => published.push(Observation::spanning(period, 2, figures[t - 1] + y)),
            _ => published.push(Observation::new(period, y)),
        }
    }
    Series::new("x", "t".parse().unwrap(), Aggregation::Sum, published).unwrap()
}

/// The higher of two maxima, where a search from one start ended at −568.31. R 4.2: the best of 30 random starts
/// of `arima(diff(AirPassengers), c(2,0,1), list(order = c(1,0,1), period = 12), include.mean = FALSE)`.
#[test]
fn a_search_on_a_complete_sample_starts_from_the_fast_likelihood() {
    let sample =
        Sample::new(series(&data::AIR_PASSENGERS), Scale::Level, Regressors::none()).unwrap();
    let fit = Arima::new(2, 1, 1).seasonal(1, 0, 1, 12).fit(&sample).unwrap();
    let found = fit.report().log_likelihood;
    assert!((found + 564.201_164).abs() < 1e-5, "{found}");
}

#[test]
fn orders_are_chosen_where_months_are_published_as_sums() {
    let model = Model::named("arima", 12).unwrap();
    let sums = Sample::new(some_months_as_sums(0), Scale::Log, Regressors::none()).unwrap();
    let fit = model.fit(&sums).unwrap();
    let whole = series(&data::AIR_PASSENGERS);
    let whole = Sample::new(whole, Scale::Log, Regressors::none()).unwrap();
    let forecast = fit.forecast(12, 0, 1).unwrap();
    let complete = model.fit(&whole).unwrap().forecast(12, 0, 1).unwrap();
    for h in 2..12 {
        let gap = (forecast.quantile(h, 0.5).unwrap() / complete.quantile(h, 0.5).unwrap()).ln();
        assert!(gap.abs() < 0.05, "{h}: {gap}, {} and {}", fit.form(), complete.model());
    }
    assert!(fit.form().starts_with("log ARIMA("), "January never stands alone: {}", fit.form());
    let sums = Sample::new(some_months_as_sums(6), Scale::Log, Regressors::none()).unwrap();
    let fit = model.fit(&sums).unwrap();
    let forecast = fit.forecast(12, 0, 1).unwrap();
    for h in 0..12 {
        let gap = (forecast.quantile(h, 0.5).unwrap() / complete.quantile(h, 0.5).unwrap()).ln();
        assert!(gap.abs() < 0.05, "{h}: {gap}, {} and {}", fit.form(), complete.model());
    }
    assert!(fit.form().starts_with("ARIMA("), "{}", fit.form());
    assert!(fit.report().unwrap().warnings.iter().any(|w| w.contains("order was chosen")));
}

#[test]
fn an_order_chosen_once_serves_the_next_origins() {
    let sums = Sample::new(some_months_as_sums(6), Scale::Log, Regressors::none()).unwrap();
    let options = BacktestOptions { origins: 6, horizon: 3, n_paths: 100, ..Default::default() };
    let record = backtest(&Model::named("arima", 12).unwrap(), &sums, 12, &options).unwrap();
    assert!(record.failures.is_empty(), "{:?}", record.failures);
    assert!(record.mase() < 1.0, "{}", record.mase());
}

#[test]
fn a_regressor_is_estimated_with_the_chosen_order() {
    let mut figures = data::AIR_PASSENGERS;
    for y in &mut figures[100..] {
        *y *= 1.2;
    }
    let step = Regressors::none().with("step", Regressor::Step { from: month("1957-05") });
    let sample = Sample::new(series(&figures), Scale::Log, step).unwrap();
    let fit = Model::named("arima", 12).unwrap().fit(&sample).unwrap();
    let effect = fit.report().unwrap().coefficients[0].value;
    assert!((effect - 1.2_f64.ln()).abs() < 0.08, "{effect}");
}

/// A random walk whose steps have these standard deviations.
fn walk(deviations: &[f64], seed: u64) -> Sample {
    let mut stream = Key::new(seed).stream(0, Purpose::named("walk"));
    let mut level = 1000.0;
    let values: Vec<f64> = deviations
        .iter()
        .map(|sd| {
            level += sd * stream.normal();
            level
        })
        .collect();
    Sample::new(series(&values), Scale::Level, Regressors::none()).unwrap()
}

fn record(sample: &Sample) -> Recalibration {
    let options = BacktestOptions { origins: 60, horizon: 6, n_paths: 1, ..Default::default() };
    let naive = Model::named("naive", 1).unwrap();
    Recalibration::of(&backtest(&naive, sample, 1, &options).unwrap())
}

/// Steps have grown from 1 to 3; the naive forecast takes their spread from all figures.
#[test]
fn intervals_that_held_too_seldom_are_widened() {
    let mut deviations = vec![1.0; 200];
    deviations.resize(300, 3.0);
    let mut widened = 0;
    for seed in 0..20 {
        let sample = walk(&deviations, seed);
        let found = record(&sample);
        if found.is_applied() {
            widened += 1;
            assert!(found.factors()[0] > 1.1 && found.gain() > 0.0, "{found:?}");
        }
    }
    assert!(widened >= 15, "{widened} of 20");
    let sample = walk(&deviations, 1);
    let naive = Model::named("naive", 1).unwrap();
    let plain = naive.fit(&sample).unwrap().forecast(6, 500, 1).unwrap();
    let wide = Recalibrated { origins: 60, horizon: 6, ..Recalibrated::new(naive, 1) };
    let wide = wide.fit(&sample).unwrap();
    let factors = wide.recalibration().factors().to_vec();
    let wide = wide.forecast(6, 500, 1).unwrap();
    for (h, factor) in factors.into_iter().enumerate() {
        let median = plain.quantile(h, 0.5).unwrap();
        assert!((wide.quantile(h, 0.5).unwrap() - median).abs() < 1e-6);
        let gap = |f: &Forecast| f.quantile(h, 0.9).unwrap() - median;
        assert!((gap(&wide) / gap(&plain) - factor).abs() < 1e-6);
        let spread = wide.paths().column(h).std(0.0) / plain.paths().column(h).std(0.0);
        assert!((spread / factor - 1.0).abs() < 0.05);
    }
}

/// Steps keep their spread: factors are mostly left at one, and never far from it.
#[test]
fn intervals_that_hold_are_left_alone() {
    let mut applied = 0;
    for seed in 0..20 {
        let found = record(&walk(&[2.0; 300], seed));
        applied += usize::from(found.is_applied());
        for factor in found.factors() {
            assert!((0.7..1.45).contains(factor), "{seed}: {found:?}");
        }
    }
    assert!(applied <= 6, "{applied} of 20");
}

/// A walk in logs with the elasticity .7 to a driver that moves, both monthly.
fn driven() -> Sample {
    let mut stream = Key::new(3).stream(0, Purpose::named("driven"));
    let (mut level, mut driver) = (5.0, 0.0);
    let (mut figures, mut drivers) = (Vec::new(), Vec::new());
    for _ in 0..150 {
        driver = 0.6 * driver + 0.3 * stream.normal();
        level += 0.03 * stream.normal();
        figures.push((level + 0.7 * driver + 0.02 * stream.normal()).exp());
        drivers.push(driver);
    }
    let driver = series(&drivers).renamed("ev");
    let regressors = Regressors::none().with("ev", Regressor::Figures(driver));
    Sample::new(series(&figures), Scale::Log, regressors).unwrap()
}

#[test]
fn a_forecast_moves_with_the_path_of_its_driver() {
    let sample = driven();
    let fit = Structural::local_level().fit(&sample).unwrap();
    let beta = fit.coefficient("ev").unwrap().value;
    assert!((beta - 0.7).abs() < 0.03, "{beta}");
    let fit = fit.at_estimates();
    let given =
        |x: f64| forecast_given(&fit, &[("ev", Array2::from_elem((1, 4), x))], 0, 1).unwrap();
    let (low, high) = (given(0.0), given(0.5));
    for h in 0..4 {
        let gap = (high.quantile(h, 0.5).unwrap() / low.quantile(h, 0.5).unwrap()).ln();
        assert!((gap - 0.5 * beta).abs() < 1e-9, "{gap}");
    }
    // The same as a sample whose regressor has that future.
    let first = sample.last_period().plus(1);
    let longer = sample.regressors().clone().with_future("ev", first, &[0.5; 4]).unwrap();
    let longer = Sample::new(sample.target().clone(), Scale::Log, longer).unwrap();
    let own = Structural::local_level().fit(&longer).unwrap().at_estimates();
    let own = own.forecast(4, 0, 1).unwrap();
    for h in 0..4 {
        let gap = own.quantile(h, 0.9).unwrap() / high.quantile(h, 0.9).unwrap();
        assert!((gap - 1.0).abs() < 1e-9);
    }
}

/// Draws of the driver at ±.3 in equal number: the variance of logs is that of a path plus (.3 β)², and what the
/// coefficient's own uncertainty adds, .09 se².
#[test]
fn variances_of_driver_and_model_add_up() {
    let fit = Structural::local_level().fit(&driven()).unwrap().at_estimates();
    let (beta, se) = fit.coefficient("ev").map(|b| (b.value, b.se.unwrap())).unwrap();
    let still = forecast_given(&fit, &[("ev", Array2::zeros((1, 2)))], 0, 1).unwrap();
    let draws = Array2::from_shape_fn((200, 2), |(i, _)| if i % 2 == 0 { 0.3 } else { -0.3 });
    let open = forecast_given(&fit, &[("ev", draws)], 40_000, 1).unwrap();
    for h in 0..2 {
        let sd = (still.quantile(h, 0.975).unwrap() / still.quantile(h, 0.5).unwrap()).ln()
            / 1.959_963_984_540_054;
        let logs: Vec<f64> = open.paths().column(h).iter().map(|y| y.ln()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / logs.len() as f64;
        let expected = sd * sd + 0.09 * (beta * beta + se * se);
        assert!((variance / expected - 1.0).abs() < 0.02, "{variance} {expected}");
        // Paths of even rows are those with the high driver.
        let side = |odd: usize| logs.iter().skip(odd).step_by(2).sum::<f64>() / 20_000.0;
        assert!((side(0) - side(1) - 0.6 * beta).abs() < 0.005);
        let below = open.marginal(h).cdf(mean.exp());
        assert!((below - 0.5).abs() < 0.01);
    }
}

#[test]
fn what_is_no_driver_is_refused() {
    let fit = Structural::local_level().fit(&driven()).unwrap();
    let path = || Array2::zeros((2, 3));
    assert!(forecast_given(&fit, &[("wind", path())], 0, 1).is_err());
    assert!(forecast_given(&fit, &[], 0, 1).is_err());
    let uneven = [("ev", path()), ("ev", Array2::zeros((3, 3)))];
    assert!(forecast_given(&fit, &uneven, 0, 1).is_err());
    let step = Regressors::none().with("step", Regressor::Step { from: month("2020-01") });
    assert!(step.with_future("step", month("2021-01"), &[1.0]).is_err());
}
