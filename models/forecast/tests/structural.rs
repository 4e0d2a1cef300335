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
/// Standard errors: the inverse of the Hessian of that log-likelihood (`fixed =`, `transform.pars = FALSE`) by central
/// differences of 2e-3, 2e-5 and 5e-4. Those that `arima` prints, from coarser differences, are off by 1 % for weekdays
/// (.00064369).
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
        ("weekdays", -0.002_650_122_202_49, 0.000_637_734_092_542),
        ("leap year", 0.043_438_935_961_45, 0.015_058_486_911_689),
    ];
    coefficients(&one, &golden);
    let six = air(leap(Regressors::none().with_trading_days()));
    close(six.report().log_likelihood, 256.915_366_470_6, 1e-6);
    let golden = [
        ("Mondays less Sundays", -0.006_590_515_785_99, 0.004_515_674_28),
        ("Thursdays less Sundays", -0.002_067_158_917_67, 0.004_515_909_31),
        ("Saturdays less Sundays", 0.004_265_146_379_00, 0.004_606_231_99),
        ("leap year", 0.043_156_652_265_83, 0.015_149_365_67),
    ];
    coefficients(&six, &golden);
}

/// X-13ARIMA-SEATS 1.1 b59 finds AO1951.May; its coefficient with weekdays and leap years is R's of the call above with
/// a pulse as third column (standard error by the Hessian as above). Without trading days its t-value in the call above is 3.43, and nothing is found.
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
    close(found.list()[0].estimate.se.unwrap(), 0.021_269_085_697, 5e-5);
    close(found.fit().report().log_likelihood, 265.397_860_236_92, 1e-6);
    assert!(found.to_string().contains("AO 1951-05"), "{found}");
}

/// `arima(Nile, c(1,0,0), xreg = as.numeric(time(Nile) >= 1899))`.
#[test]
fn nile_break() {
    let nile = sample("1871", &data::NILE, Scale::Level);
    let model = Model::Arima(Arima::new(1, 0, 0));
    let found = find_interventions(&nile, &model, &InterventionOptions::default()).unwrap();
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

/// A walk around a season, in logs, with a level that falls to exp(−.3) at period 72 of 108.
fn with_a_fall(seed: u64) -> Vec<f64> {
    let mut z = Key::new(seed).stream(0, Purpose::named("fall"));
    let mut level = 5.0;
    let month = |t: usize| 0.2 * (2.0 * std::f64::consts::PI * t as f64 / 12.0).sin();
    (0..108)
        .map(|t| {
            level += 0.03 * z.normal();
            let fall = if t >= 72 { -0.3 } else { 0.0 };
            (level + month(t) + fall + 0.04 * z.normal()).exp()
        })
        .collect()
}

fn fall() -> Regressors {
    Regressors::none().with("fall", Regressor::Step { from: period("2021-01") })
}

/// Intervals of 90 % for the effect cover what it was in about as many of 24 series: fewer than 18 have a probability
/// below .01 (of 200 series it was 182).
#[test]
fn a_counterfactual_covers_the_truth() {
    let model = Structural { slope: Slope::None, ..Structural::basic(12) };
    let mut covered = 0;
    for seed in 0..24 {
        let figures = with_a_fall(seed);
        let truth: f64 = figures[72..].iter().map(|y| y * (1.0 - 0.3_f64.exp())).sum();
        let sample = Sample::new(series_from("2015-01", &figures), Scale::Log, fall()).unwrap();
        let path = model.fit(&sample).unwrap().counterfactual(&["fall"], 400, 1).unwrap();
        assert_eq!(path.periods().len(), 36);
        assert_eq!(path.periods()[0].actual, figures[72]);
        let total = path.total();
        covered += usize::from(total.q05 <= truth && truth <= total.q95);
    }
    assert!(covered >= 18, "{covered} of 24");
}

/// January and February as one figure: without and effect add up to the months, and the months to the figure.
#[test]
fn a_counterfactual_with_sums_adds_up() {
    let figures = with_a_fall(3);
    let first = period("2015-01");
    let published = (0..108).filter(|t| t % 12 != 0 || *t < 60).map(|t| {
        let at = first.plus(t as i64);
        if t % 12 == 1 && t >= 60 {
            Observation::spanning(at, 2, figures[t - 1] + figures[t])
        } else {
            Observation::new(at, figures[t])
        }
    });
    let unit = "t".parse().unwrap();
    let series = Series::new("x", unit, Aggregation::Sum, published.collect()).unwrap();
    let sample = Sample::new(series, Scale::Log, fall()).unwrap();
    let fit = Structural { slope: Slope::None, ..Structural::basic(12) }.fit(&sample).unwrap();
    let path = fit.counterfactual(&["fall"], 500, 2).unwrap();
    let hidden: Vec<bool> = path.periods().iter().take(3).map(|p| !p.published).collect();
    assert_eq!(hidden, [true, true, false]);
    let total: f64 = figures[72..].iter().sum();
    let truth = total * (1.0 - 0.3_f64.exp());
    assert!(path.total().q05 < truth && truth < path.total().q95, "{path}");
    assert!((path.share().median - (-0.3_f64).exp_m1()).abs() < 0.12, "{path}");
    // The total is known: the months are drawn, their sum is not.
    let last = path.periods().last().unwrap();
    assert_eq!(last.cumulative, path.total());
    assert_eq!(path, fit.counterfactual(&["fall"], 500, 2).unwrap());
    let error = fit.counterfactual(&["rise"], 500, 2).unwrap_err();
    assert!(error.to_string().contains("`rise` is not a regressor"), "{error}");
    assert!(fit.counterfactual(&[], 500, 2).is_err());
}

/// In levels the effect of a pulse is its coefficient, with the standard error of it.
#[test]
fn the_effect_of_a_pulse_in_levels_is_its_coefficient() {
    let mut figures = data::NILE.to_vec();
    figures[50] += 700.0;
    let pulse = Regressors::none().with("flood", Regressor::Pulse { at: period("1921") });
    let sample = Sample::new(series_from("1871", &figures), Scale::Level, pulse).unwrap();
    let fit = Structural::local_level().fit(&sample).unwrap();
    let path = fit.counterfactual(&["flood"], 4000, 1).unwrap();
    let coefficient = fit.coefficient("flood").unwrap();
    let se = coefficient.se.unwrap();
    let effect = path.periods()[0].effect;
    close(effect.median, coefficient.value, 4.0 * 1.2533 * se / 4000.0_f64.sqrt());
    close(effect.q95 - effect.q05, 2.0 * 1.6449 * se, 0.08 * se * 2.0);
    assert_eq!(path.periods()[1].effect.median, 0.0);
}

#[test]
fn outliers_of_a_structural_model_and_of_none() {
    let mut figures = with_a_fall(11);
    figures[30] *= 1.5;
    let sample = sample("2015-01", &figures, Scale::Log);
    let model = Model::Structural(Structural { slope: Slope::None, ..Structural::basic(12) });
    let found = find_interventions(&sample, &model, &InterventionOptions::default()).unwrap();
    // With a level that walks, a jump that dies out is hard to tell from one that does not.
    assert_eq!(found.list().len(), 2, "{found}");
    assert_eq!(found.list()[0].name, "AO 2017-07", "{found}");
    assert_eq!(found.list()[1].period, period("2021-01"), "{found}");
    assert_ne!(found.list()[1].kind, InterventionKind::Additive, "{found}");
    let late =
        InterventionOptions { from: Some(period("2020-01")), ..InterventionOptions::default() };
    let late = find_interventions(&sample, &model, &late).unwrap();
    assert!(late.list().iter().all(|i| i.period >= period("2020-01")), "{late}");
    let high = InterventionOptions { critical: Some(50.0), ..InterventionOptions::default() };
    let none = find_interventions(&sample, &model, &high).unwrap();
    assert!(none.list().is_empty() && none.to_string().contains("50.00"));
    // A unit ten thousand times smaller changes no date and no t-value.
    let small: Vec<f64> = figures.iter().map(|y| y * 1e4).collect();
    let small = self::sample("2015-01", &small, Scale::Log);
    let same = find_interventions(&small, &model, &InterventionOptions::default()).unwrap();
    for (one, other) in found.list().iter().zip(same.list()) {
        assert_eq!(one.name, other.name);
        close(one.estimate.value, other.estimate.value, 1e-5);
    }
    let decay = InterventionOptions { decay: 1.0, ..InterventionOptions::default() };
    assert!(find_interventions(&sample, &model, &decay).is_err());
    let naive = Model::SeasonalNaive(monazite_forecast::SeasonalNaive { season: 12 });
    let error = find_interventions(&sample, &naive, &InterventionOptions::default()).unwrap_err();
    assert!(error.to_string().contains("search for outliers"), "{error}");
}

/// An `MLEModel` of statsmodels with level and coefficient (diffuse random walks) and irregular, `design[0, 2, t]` the
/// regressor `7t mod 5 − 2`, of the Nile plus the regressor times a line from −60 to 60: likelihood, smoothed
/// coefficients and their standard errors. Forecasts know the regressor of future years.
#[test]
fn a_coefficient_that_walks() {
    let x = |t: usize| ((t * 7) % 5) as f64 - 2.0;
    let line = |t: usize| -60.0 + 120.0 * t as f64 / 99.0;
    let figures: Vec<f64> =
        data::NILE.iter().enumerate().map(|(t, y)| y + x(t) * line(t)).collect();
    let values: Vec<f64> = (0..110).map(x).collect();
    let regressor = Regressor::Figures(series_from("1871", &values));
    let of = |regressors: Regressors| {
        Sample::new(series_from("1871", &figures), Scale::Level, regressors).unwrap()
    };
    let walks = of(Regressors::none().with_varying("x", regressor.clone()));
    let fit = Structural::local_level().fit(&walks).unwrap();
    likelihood(&fit, -633.195_858_561_548_6, 2);
    parameter(&fit, "variance of coefficient of x", 41.193_449, 2e-3);
    let path = fit.coefficient_path("x").unwrap();
    let golden =
        [(0, -54.796_803, 23.219_443), (50, -14.671_858, 16.894_787), (99, 27.776_277, 24.022_481)];
    for (t, value, se) in golden {
        close(path[t].1.value, value, 5e-3);
        close(path[t].1.se.unwrap(), se, 5e-3);
    }
    let forecast = monazite_forecast::Fitted::forecast(&fit, 5, 4000, 1).unwrap();
    // Means differ by the last coefficient times the difference of the regressor, up to Monte Carlo error.
    let by_x = (forecast.mean(1) - forecast.mean(0)) / (x(101) - x(100));
    close(by_x, 27.8, 8.0);
    // An ARIMA model has the variance in units of σ², and reports it in those of the data.
    let arima = Arima::new(0, 1, 1).fit(&walks).unwrap();
    close(arima.report().log_likelihood, fit.report().log_likelihood, 1e-4);
    parameter(&arima, "variance of coefficient of x", 41.193_449, 2e-2);
    // A constant one is found as before.
    let constant =
        Structural::local_level().fit(&of(Regressors::none().with("x", regressor))).unwrap();
    assert_eq!(constant.coefficient_path("x").unwrap()[7].1, *constant.coefficient("x").unwrap());
    assert!(constant.report().log_likelihood < fit.report().log_likelihood);
    assert!(fit.coefficient_path("z").is_err());
}

/// R: the same model as `KalmanLike`'s list (13 states, `P` zero, `Pn` 1e4 times the identity), variances at the maximum of
/// the exact likelihood by `optim` (6.994251e-4, 0, 6.412032e-5, 1.295391e-4), then `KalmanSmooth(log(AirPassengers), mod,
/// nit = 0L)$smooth[, c(1, 3)]` exponentiated, and the root of `$var[, 3, 3]`. With `Pn` 1e3 figures move by 1e-6.
///
/// R's variances of the first year are those of its large but finite `Pn` and are left out (.01514590 and .01654136 for the
/// first two months): read backwards the series obeys the same model, so that the first month's is the last one's.
#[test]
fn components_of_air_passengers() {
    let air = sample("1949-01", &data::AIR_PASSENGERS, Scale::Log);
    let fit = Structural::basic(12).fit(&air).unwrap();
    let all = fit.components().unwrap();
    for (t, trend, seasonal, sd) in [
        (0, 126.582_383, 0.884_995_2, 0.015_145_90),
        (1, 127.926_991, 0.920_967_0, 0.016_541_36),
        (49, 220.079_775, 0.893_681_0, 0.011_676_03),
        (71, 254.673_572, 0.901_439_0, 0.011_582_01),
        (99, 353.779_717, 0.985_028_9, 0.011_739_56),
        (143, 483.427_332, 0.895_686_9, 0.015_202_17),
    ] {
        let found = all[t];
        close(found.trend / trend, 1.0, 2e-4);
        close(found.seasonal / seasonal, 1.0, 2e-4);
        if t >= 13 {
            close(found.seasonal_sd / sd, 1.0, 2e-3);
        }
        assert!(found.published && found.calendar == 1.0 && found.cycle == 1.0);
        close(found.trend * found.seasonal * found.irregular / found.figure, 1.0, 1e-12);
        close(found.adjusted * found.seasonal, found.figure, 1e-9);
    }
    close(all[0].seasonal_sd / all[143].seasonal_sd, 1.0, 1e-9);
}

/// Figures of a known level, season and fall, some summed in twos: months add up, and effects come out under their names.
#[test]
fn components_of_sums_with_regressors() {
    let figures = with_a_fall(3);
    let first = period("2015-01");
    let observations = (0..figures.len())
        .filter_map(|t| match (t / 12, t % 12) {
            (4.., 0) => None,
            (4.., 1) => {
                let sum = figures[t] + figures[t - 1];
                Some(Observation::spanning(first.plus(t as i64), 2, sum))
            }
            _ => Some(Observation::new(first.plus(t as i64), figures[t])),
        })
        .collect();
    let series = Series::new("x", "t".parse().unwrap(), Aggregation::Sum, observations).unwrap();
    let sample = Sample::new(series, Scale::Log, fall()).unwrap();
    let model = Structural { slope: Slope::None, ..Structural::basic(12) };
    let fit = model.fit(&sample).unwrap();
    let all = fit.components().unwrap();
    let january = &all[48];
    assert!(!january.published && !all[49].published && all[50].published);
    close((january.figure + all[49].figure) / (figures[48] + figures[49]), 1.0, 1e-9);
    let effect = fit.coefficient("fall").unwrap().value;
    for c in &all {
        let product = c.trend * c.seasonal * c.calendar * c.interventions * c.irregular;
        close(product / c.figure, 1.0, 1e-12);
        assert_eq!(c.calendar, 1.0);
    }
    close(all.last().unwrap().interventions, effect.exp(), 1e-12);
    assert_eq!(all[0].interventions, 1.0);
    let airline = Arima::airline(12).fit(&sample);
    assert!(airline.and_then(|fit| fit.components()).is_err(), "an ARIMA has no components");
}
