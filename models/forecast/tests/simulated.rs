//! Series made by known parameters: spans, two publications, interventions, errors.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use monazite_forecast::{
    Arima, BacktestOptions, ForecastError, Forecaster, Model, Publication, Regressor, Regressors,
    Sample, Scale, SeasonalNaive, Structural, backtest,
};
use monazite_series::{Aggregation, Observation, Period, Series};
use monazite_stochastic::{Key, Purpose};

fn month(text: &str) -> Period {
    text.parse().unwrap()
}

/// Log months: a walk, a season, noise, and a fall of .8 from 2022-04 that halves each month.
fn months(n: usize, seed: u64) -> Vec<f64> {
    let mut z = Key::new(seed).stream(0, Purpose::named("test"));
    let mut level = 8.0;
    (0..n)
        .map(|t| {
            level += 0.05 * z.normal();
            let season = 0.2 * (2.0 * std::f64::consts::PI * t as f64 / 12.0).sin();
            let fall = if t >= 51 { -0.8 * 0.5_f64.powi(t as i32 - 51) } else { 0.0 };
            (level + season + fall + 0.05 * z.normal()).exp()
        })
        .collect()
}

/// The months as published: January and February in one figure from the third year on.
fn published(months: &[f64]) -> Series {
    let first = month("2018-01");
    let mut figures = Vec::new();
    for (t, &value) in months.iter().enumerate() {
        let period = first.plus(t as i64);
        match period.season() {
            0 if t >= 24 => {}
            1 if t >= 24 => figures.push(Observation::spanning(period, 2, months[t - 1] + value)),
            _ => figures.push(Observation::new(period, value)),
        }
    }
    Series::new("x", "t".parse().unwrap(), Aggregation::Sum, figures).unwrap()
}

fn controls() -> Regressors {
    Regressors::none().with("fall", Regressor::Decay { from: month("2022-04"), rate: 0.5 })
}

#[test]
fn spans_and_an_intervention_are_recovered() {
    let truth = months(96, 5);
    let sample = Sample::new(published(&truth), Scale::Log, controls()).unwrap();
    let fit = Structural::basic(12).fit(&sample).unwrap();
    let fall = fit.coefficient("fall").unwrap();
    assert!((fall.value + 0.8).abs() < 3.0 * fall.se.unwrap(), "{fall:?}");
    assert!(fall.se.unwrap() < 0.15);
    let correction = fit.report().correction.unwrap();
    assert!(correction.standard_error <= 0.01, "{correction:?}");
    let hidden = fit.smoothed_periods(1000, 7).unwrap();
    assert_eq!(hidden.len(), 12);
    let inside = hidden
        .iter()
        .filter(|m| {
            let t = (m.period.ordinal() - month("2018-01").ordinal()) as usize;
            m.q05 <= truth[t] && truth[t] <= m.q95
        })
        .count();
    // Twelve hidden months in pairs: a 90 % band misses three pairs or more with probability .02.
    assert!(inside >= 8, "{inside} of 12");
}

#[test]
fn an_indicator_bridges_a_gap() {
    let truth = months(96, 9);
    let full = published(&truth);
    let mut z = Key::new(3).stream(0, Purpose::named("indicator"));
    let indicator: Vec<f64> = truth.iter().map(|v| 3.0 * v * (0.05 * z.normal()).exp()).collect();
    let unit = "t".parse().unwrap();
    let indicator =
        Series::from_values("indicator", unit, Aggregation::Sum, month("2018-01"), &indicator)
            .unwrap();
    // Two whole years without a figure of the series itself.
    let gap = |o: &&Observation| o.period.year() != 2020 && o.period.year() != 2021;
    let figures = full.observations().iter().filter(gap).copied().collect();
    let own = Series::new("x", "t".parse().unwrap(), Aggregation::Sum, figures).unwrap();
    let publications = vec![
        Publication { series: own, noisy: false },
        Publication { series: indicator, noisy: true },
    ];
    let sample = Sample::of(publications, 0, Scale::Log, controls()).unwrap();
    let fit = Structural::basic(12).fit(&sample).unwrap();
    let level = fit.coefficient("level of indicator").unwrap();
    assert!((level.value - 3.0_f64.ln()).abs() < 3.0 * level.se.unwrap(), "{level:?}");
    let noise = fit.report().parameter("noise variance of indicator").unwrap().value;
    assert!((0.0005..0.006).contains(&noise), "{noise}");
    let hidden = fit.smoothed_periods(1000, 1).unwrap();
    for m in hidden.iter().filter(|m| m.published_to.is_none()) {
        let t = (m.period.ordinal() - month("2018-01").ordinal()) as usize;
        assert!((m.value / truth[t] - 1.0).abs() < 0.2, "{}: {} {}", m.period, m.value, truth[t]);
    }
}

#[test]
fn a_mean_over_two_months_is_not_a_sum() {
    let prices: Vec<f64> = months(60, 2);
    let first = month("2018-01");
    let mut figures: Vec<Observation> =
        (0..58).map(|t| Observation::new(first.plus(t), prices[t as usize])).collect();
    let mean = 0.5 * (prices[58] + prices[59]);
    figures.push(Observation::spanning(first.plus(59), 2, mean));
    let unit = "CNY/t".parse().unwrap();
    let series = Series::new("p", unit, Aggregation::Mean, figures).unwrap();
    let sample = Sample::new(series, Scale::Log, Regressors::none()).unwrap();
    let model = Structural::random_walk();
    let hidden = model.fit(&sample).unwrap().smoothed_periods(200, 1).unwrap();
    assert_eq!(hidden.len(), 2);
    assert!((0.5 * (hidden[0].value + hidden[1].value) / mean - 1.0).abs() < 1e-9);
}

#[test]
fn backtests_are_scored_on_sums_and_repeat() {
    let options = BacktestOptions { origins: 12, n_paths: 200, seed: 1, ..Default::default() };
    let of = |seed| Sample::new(published(&months(84, seed)), Scale::Log, controls()).unwrap();
    let run = |model: &Model, seed| backtest(model, &of(seed), 12, &options).unwrap();
    let models = [
        Model::SeasonalNaive(SeasonalNaive { season: 12 }),
        Model::Structural(Structural::basic(12)),
    ];
    // The model that made the months beats the benchmark over eight series, if not in each.
    let mean = |model: &Model| (1..=8).map(|seed| run(model, seed).mase()).sum::<f64>() / 8.0;
    let [naive_mase, structural_mase] = models.each_ref().map(mean);
    assert!(structural_mase < 0.9 * naive_mase, "{structural_mase} {naive_mase}");
    let [naive, structural] = models.each_ref().map(|model| run(model, 4));
    assert!(structural.failures.is_empty(), "{:?}", structural.failures);
    assert_eq!(naive.scored.len(), structural.scored.len());
    assert!(structural.scored.iter().any(|s| s.span == 2));
    assert_eq!(structural, run(&models[1], 4));
    let ratio = structural.relative_to(&naive).unwrap();
    assert!((ratio - structural.mase() / naive.mase()).abs() < 1e-12, "the same figures");
    // By hand from the records: MASE and coverage.
    let s = &structural.scored;
    let errors: f64 = s.iter().map(|s| (s.actual - s.median).abs() / f64::from(s.span)).sum();
    assert!((structural.mase() - errors / s.len() as f64 / structural.scale).abs() < 1e-12);
}

/// The format of Chinese customs from 2022 on: no January and no February ever stands alone.
#[test]
fn a_season_that_figures_do_not_pin_has_a_proper_start() {
    let truth = months(84, 6);
    let first = month("2018-01");
    let figures = (0..84)
        .filter(|t| t % 12 != 0)
        .map(|t| match t % 12 {
            1 => Observation::spanning(first.plus(t as i64), 2, truth[t - 1] + truth[t]),
            _ => Observation::new(first.plus(t as i64), truth[t]),
        })
        .collect();
    let series = Series::new("x", "t".parse().unwrap(), Aggregation::Sum, figures).unwrap();
    let sample = Sample::new(series, Scale::Log, controls()).unwrap();
    let fit = Structural::basic(12).fit(&sample).unwrap();
    assert!(fit.report().warnings.iter().any(|w| w.contains("never appear")));
    let hidden = fit.smoothed_periods(1000, 1).unwrap();
    assert_eq!(hidden.len(), 14);
    // About an equal split, with a band that says how little is known of it.
    for pair in hidden.chunks(2) {
        let share = pair[0].value / (pair[0].value + pair[1].value);
        let width = (pair[0].q95 - pair[0].q05) / (pair[0].value + pair[1].value);
        assert!((share - 0.5).abs() < 0.1 && width > 0.15, "{share} {width}");
    }
    // What is not assumed cannot be estimated by differencing alone.
    let error = Arima::airline(12).fit(&sample).unwrap_err();
    assert!(matches!(error, ForecastError::NotPinned { .. }), "{error}");
}

#[test]
fn a_constant_series_is_refused_at_once() {
    for value in [5.0, 0.1] {
        let unit = "t".parse().unwrap();
        let series =
            Series::from_values("x", unit, Aggregation::Sum, month("2018-01"), &[value; 96])
                .unwrap();
        let sample = Sample::new(series, Scale::Log, Regressors::none()).unwrap();
        for error in [
            Structural::basic(12).fit(&sample).unwrap_err(),
            Arima::airline(12).fit(&sample).unwrap_err(),
        ] {
            assert!(matches!(error, ForecastError::Constant { .. }), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let short = Series::from_values(
        "x",
        "t".parse().unwrap(),
        Aggregation::Sum,
        month("2024-01"),
        &[3.0; 18],
    )
    .unwrap();
    let sample = Sample::new(short.clone(), Scale::Log, Regressors::none()).unwrap();
    let error = Structural::basic(12).fit(&sample).unwrap_err();
    assert!(matches!(error, ForecastError::TooShort { needed: 24, found: 18, .. }), "{error}");
    let zero = short.map(|p, v| if p == month("2024-05") { 0.0 } else { v }).unwrap();
    let error = Sample::new(zero, Scale::Log, Regressors::none()).unwrap_err();
    assert!(error.to_string().contains("2024-05"), "{error}");
    let twice = Regressors::none()
        .with("a", Regressor::Step { from: month("2022-04") })
        .with("b", Regressor::Step { from: month("2022-04") });
    let sample = Sample::new(published(&months(84, 4)), Scale::Log, twice).unwrap();
    let error = Arima::airline(12).fit(&sample).unwrap_err();
    assert!(matches!(&error, ForecastError::Collinear { name } if name == "b"), "{error}");
    assert!(Arima::new(1, 0, 0).seasonal(1, 0, 0, 1).fit(&sample).is_err());
}
