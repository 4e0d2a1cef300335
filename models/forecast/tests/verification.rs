//! The rows of VERIFICATION.md's forecasting table, in its order; what is asserted elsewhere is named here.
//!
//! | row | test |
//! |---|---|
//! | log AirPassengers, airline | golden.rs `air_passengers_airline`, arima.rs `airline_models` (docs/decisions/006) |
//! | presidents, ARIMA(3,0,0) | golden.rs `presidents_with_missing_quarters` (docs/decisions/006) |
//! | Nile, AR(1) and a level shift | golden.rs `nile_level_shift_is_estimated_jointly` |
//! | Nile, local level | golden.rs `nile_local_level`; smoothed: statespace/tests/gaussian.rs (docs/decisions/005) |
//! | USAccDeaths, airline | golden.rs `us_accidental_deaths_airline` (docs/decisions/006) |
//! | AirPassengers, X-13ARIMA-SEATS | `air_passengers_through_x13` |
//! | China exports, Lunar New Year | needs data of R's package `seasonal`, which is not at hand: not asserted |
//! | ETS(M,Ad,M) AirPassengers, better optima | ets.rs `at_the_parameters_of_r`, `maxima_are_no_worse_than_the_best_known` |
//! | ETS of Nile, USAccDeaths, WWWusage | ets.rs `criteria_of_r` (which says where R stops early) |
//! | automatic ARIMA | arima.rs `automatic_choice_as_in_r` |
//! | thetaf(Nile) | theta.rs `standard_theta_is_r_thetaf` |
//! | HoltWinters(co2) | `holt_winters_of_co2` |
//! | KPSS, OCSB, Guerrero | arima.rs `kpss_of_the_nile`, `ocsb_without_lags`; theta.rs `guerrero_is_that_of_r` |
//! | Diebold–Mariano, CRPS | scores.rs `diebold_mariano_on_lynx`, `distribution_scores` |
//! | trap: regressors by OLS first | `the_law_on_seat_belts_is_estimated_jointly` |
//! | traps: regressors ignored, intervals lost, season dropped | `what_peers_do_in_silence`; ets.rs `refusals` |
//! | accuracy on M3, coverage | the campaigns in tests/campaign of the workspace |
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

#[path = "data/co2.rs"]
mod co2;
mod data;
#[path = "data/seatbelts.rs"]
mod seatbelts;

use co2::CO2;
use monazite_forecast::{
    Arima, ArimaEstimate, Ets, EtsFilter, EtsParameters, ForecastError, Forecaster, Model,
    ParameterEstimate, Regressor, Regressors, Sample, Scale,
};
use monazite_series::{Aggregation, Observation, Period, Series, days};
use monazite_statespace::{SearchOptions, maximise};
use seatbelts::{DRIVERS, KMS, PETROL_PRICE};

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn series(first: &str, values: &[f64]) -> Series {
    Series::from_values("x", "index".parse().unwrap(), Aggregation::Sum, period(first), values)
        .unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

/// Month and day of Easter Sunday in the Gregorian calendar (Meeus 1991, ch. 8).
fn easter(year: i32) -> (i32, i32) {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let f = (b + 8) / 25;
    let h = (19 * a + b - b / 4 - (b - f + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let days = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
    (days / 31, days % 31 + 1)
}

/// The month in which the day before Easter Sunday lies.
fn month_before_easter(year: i32) -> Period {
    let (month, day) = easter(year);
    period(&format!("{year}-{:02}", if day == 1 { month - 1 } else { month }))
}

/// X-13ARIMA-SEATS 1.1 b59 on the logarithms of the airline passengers. `Weekday` as here; `Easter[1]` is the share of the
/// one day before Easter Sunday in the month, less its long-run mean by calendar month, which the seasonal difference takes
/// off as well. Beside trading days of logarithms X-13 first divides each February by its length over 28.25: without that
/// θ would be .2060. Moving averages are `1 − θB` there.
///
/// R 4.2.2 has the same: `arima(dd(z), c(0,0,1), list(order = c(0,0,1), period = 12), xreg = apply(X, 2, dd),
/// include.mean = FALSE, optim.control = list(reltol = 1e-15))` with `dd <- function(x) diff(diff(x, 12))`; standard errors
/// with `transform.pars = FALSE`, `ndeps = c(1e-3, 1e-3, 1e-5, 1e-4, 2e-4)`, since at the default step that of weekdays is
/// coarse (.0005318).
#[test]
fn air_passengers_through_x13() {
    assert_eq!((easter(1951), easter(1956), easter(1960)), ((3, 25), (4, 1), (4, 17)));
    let first = period("1949-01");
    let adjusted: Vec<f64> = first
        .run(144)
        .zip(data::AIR_PASSENGERS)
        .map(|(p, y)| if p.season() == 1 { y * 28.25 / f64::from(days(p)) } else { y })
        .collect();
    let before: Vec<Period> = (1949..=1960).map(month_before_easter).collect();
    assert_eq!(before[7], period("1956-03"), "Easter fell on 1 April");
    let column: Vec<f64> =
        first.run(144).map(|p| f64::from(u8::from(before.contains(&p)))).collect();
    let fit_with = |easter: &[f64]| {
        let regressors = Regressors::none()
            .with("Weekday", Regressor::Weekdays)
            .with("Easter[1]", Regressor::Figures(series("1949-01", easter)))
            .with("AO1951.May", Regressor::Pulse { at: period("1951-05") });
        let sample = Sample::new(series("1949-01", &adjusted), Scale::Log, regressors).unwrap();
        Arima::airline(12).fit(&sample).unwrap()
    };
    let fit = fit_with(&column);
    let coefficient = |name: &str| fit.coefficient(name).unwrap();
    // The figures of X-13, all of them; then those of R with standard errors.
    for (name, x13, digit, r) in [
        ("Weekday", -0.002_949_70, 1e-8, (-0.002_949_699_739, 0.000_524_531_5)),
        ("Easter[1]", 0.017_767_4, 1e-7, (0.017_767_375_718, 0.007_158_733_5)),
        ("AO1951.May", 0.100_155_8, 1e-7, (0.100_155_853_515, 0.020_564_897_9)),
    ] {
        let found = coefficient(name);
        close(found.value, x13, digit);
        close(found.value, r.0, 1e-4 * r.1);
        close(found.se.unwrap(), r.1, 2e-3 * r.1);
    }
    let parameter = |name: &str| fit.report().parameter(name).unwrap().value;
    close(-parameter("ma1"), 0.115_620, 1e-6);
    close(-parameter("seasonal ma1"), 0.497_360, 1.5e-6);
    close(parameter("sigma2"), 0.000_953_803_628_64, 1e-9);
    close(fit.report().log_likelihood, 267.963_217_574_290, 1e-6);
    // Less the share of the years 1600 to 2099 in which the day lies in March or April.
    let march =
        (1600..2100).filter(|y| month_before_easter(*y).season() == 2).count() as f64 / 500.0;
    let mean = |p: Period| [0.0, 0.0, march, 1.0 - march].get(p.season()).copied().unwrap_or(0.0);
    let centred: Vec<f64> = first.run(144).zip(&column).map(|(p, x)| x - mean(p)).collect();
    let centred = fit_with(&centred);
    close(centred.coefficient("Easter[1]").unwrap().value, 0.017_767_4, 1e-7);
    close(centred.report().log_likelihood, 267.963_217_574_290, 1e-6);
}

/// Level, growth and seasons from which R's `HoltWinters` starts after the first year: a line through the trend of
/// `decompose` of the first two years, and its figure.
fn start_of_holt_winters(y: &[f64]) -> (f64, f64, Vec<f64>) {
    let trend: Vec<f64> = (6..18)
        .map(|t| (y[t - 6] / 2.0 + y[t - 5..t + 6].iter().sum::<f64>() + y[t + 6] / 2.0) / 12.0)
        .collect();
    let n = trend.len() as f64;
    let (at, mean) = (0.5 * (n + 1.0), trend.iter().sum::<f64>() / n);
    let places = || (1..=12).map(|t| f64::from(t) - at);
    let growth = places().zip(&trend).map(|(x, y)| x * y).sum::<f64>()
        / places().map(|x| x * x).sum::<f64>();
    let mut seasons = [0.0; 12];
    for (t, trend) in (6..18).zip(&trend) {
        seasons[t % 12] = y[t] - trend;
    }
    let centre = seasons.iter().sum::<f64>() / 12.0;
    (mean - growth * at, growth, seasons.iter().map(|s| s - centre).collect())
}

/// `HoltWinters(co2)`: α, β, γ .512648443564179, .009497669046029, .472886787994818, SSE 43.129861367697309 and
/// `predict(…, 3)`. The search stops a little early; `optim.control = list(factr = 10, ndeps = rep(1e-6, 3))` has
/// .512673995653565, .009458287967854, .472904828126104 and 43.129856706684656. Smoothing parameters of the state-space
/// form are α, αβ and (1 − α)γ (Hyndman et al. 2008, §2.3).
#[test]
fn holt_winters_of_co2() {
    let (level, growth, seasons) = start_of_holt_winters(&CO2);
    close(level, 315.765_763_888_889_012, 1e-11);
    close(growth, 0.088_301_282_051_278, 1e-12);
    close(seasons[0], -0.234_444_444_444_46, 1e-12);
    let filter = |p: &[f64]| {
        let (alpha, beta, gamma) = (p[0], p[0] * p[1], (1.0 - p[0]) * p[2]);
        let seasons = seasons.clone();
        let parameters = EtsParameters { alpha, beta, gamma, phi: 1.0, level, growth, seasons };
        EtsFilter::new("AAA".parse().unwrap(), parameters, &CO2[12..]).unwrap()
    };
    let sse = |p: &[f64]| filter(p).residuals().iter().map(|e| e * e).sum::<f64>();
    let r = [0.512_648_443_564_179, 0.009_497_669_046_029, 0.472_886_787_994_818];
    close(sse(&r), 43.129_861_367_697_309, 1e-9);
    let ahead = [365.107_894_933_19, 365.966_391_337_94, 366.734_329_476_60];
    for (found, expected) in filter(&r).path_without_errors(3).into_iter().zip(ahead) {
        close(found, expected, 1e-9);
    }
    // Searched for as logistic functions, from R's own start.
    let natural = |w: &[f64]| w.iter().map(|w| 1.0 / (1.0 + (-w).exp())).collect::<Vec<_>>();
    let start = [0.3_f64, 0.1, 0.1].map(|p| (p / (1.0 - p)).ln()).to_vec();
    let options = SearchOptions { gradient_tolerance: 1e-6, ..SearchOptions::default() };
    let best = maximise(&|w| -sse(&natural(w)), &[start], &options).unwrap();
    let found = natural(&best.point);
    assert!(-best.value <= 43.129_856_706_684_656 + 1e-9, "{}", -best.value);
    for (p, expected) in found.iter().zip([0.512_673_995_653, 0.009_458_287_967, 0.472_904_828_126])
    {
        close(*p, expected, 1e-5);
    }
    for ((p, page), tolerance) in
        found.iter().zip([0.512648, 0.009498, 0.472887]).zip([5e-5, 5e-5, 5e-5])
    {
        close(*p, page, tolerance);
    }
}

/// The effect of the law of 1983 on drivers killed or seriously injured, in decimal logarithms: R's `?UKDriverDeaths` with
/// both regressors in logarithms. `arima(log10(drivers), c(1,0,0), seasonal = list(order = c(1,0,0)), xreg = cbind(log10(
/// kms) - 4, log10(PetrolPrice) + 1, law), optim.control = list(reltol = 1e-15, maxit = 2000))`: joint, −.0964 (.0164).
/// Least squares first, as some peers do, has −.0679. Standard errors: the inverse of the Hessian of R's log-likelihood
/// (`fixed =`, `transform.pars = FALSE`) by central differences.
#[test]
fn the_law_on_seat_belts_is_estimated_jointly() {
    let y: Vec<f64> = DRIVERS.iter().map(|v| v.log10()).collect();
    let kms = KMS.iter().map(|v| v.log10() - 4.0).collect();
    let price = PETROL_PRICE.iter().map(|v| v.log10() + 1.0).collect();
    let law = (0..192).map(|t| f64::from(u8::from(t >= 169))).collect();
    let order = Arima::new(1, 0, 0).seasonal(1, 0, 0, 12);
    let fit = ArimaEstimate::of(order, &y, true, &[kms, price, law]).unwrap();
    close(fit.log_likelihood(), 350.210_023_716_53, 1e-6);
    close(fit.sigma2(), 0.001_468_205_233_653, 1e-8);
    let of = |p: &ParameterEstimate, value: f64, se: f64| {
        close(p.value, value, 1e-4 * se);
        close(p.se.unwrap(), se, 2e-3 * se);
    };
    of(&fit.parameters()[0], 0.329_835_218_5, 0.077_630_224);
    of(&fit.parameters()[1], 0.669_845_840_7, 0.061_127_986);
    let coefficients = fit.coefficients();
    of(&coefficients[0], 3.231_131_019_9, 0.018_274_202);
    of(&coefficients[1], 0.008_089_472_2, 0.089_932_770);
    of(&coefficients[2], -0.297_646_822_2, 0.088_415_281);
    of(&coefficients[3], -0.096_433_531_6, 0.016_421_355);
    close(coefficients[3].value, -0.0964, 5e-5);
    close(coefficients[3].se.unwrap(), 0.0164, 5e-5);
}

/// Regressors a model cannot use are an error or taken out by one that can, never dropped; intervals stay, and are no
/// narrower for the regressor's own uncertainty; a season asked for and not possible is refused.
#[test]
fn what_peers_do_in_silence() {
    let from = period("1957-01");
    let step = Regressors::none().with("step", Regressor::Step { from });
    let shifted: Vec<f64> = period("1949-01")
        .run(144)
        .zip(data::AIR_PASSENGERS)
        .map(|(p, y)| if p >= from { 2.0 * y } else { y })
        .collect();
    let with = Sample::new(series("1949-01", &shifted), Scale::Log, step).unwrap();
    assert!(Ets::auto(12).fit(&with).is_err());
    let plain = series("1949-01", &data::AIR_PASSENGERS);
    let without = Sample::new(plain, Scale::Log, Regressors::none()).unwrap();
    let model = Model::Arima(Arima::airline(12));
    let width = |sample: &Sample| {
        let forecast = model.fit(sample).unwrap().forecast(12, 100, 1).unwrap();
        (forecast.quantile(11, 0.975).unwrap() / forecast.quantile(11, 0.025).unwrap()).ln()
    };
    assert!(width(&with) > width(&without));
    let seasonal = Ets::of("AAA".parse().unwrap(), 12);
    let short = series("1949-01", &data::AIR_PASSENGERS[..10]);
    let short = Sample::new(short, Scale::Level, Regressors::none()).unwrap();
    assert!(seasonal.fit(&short).is_err());
    // A hole in the figures is an error of a method that cannot fill it, not a shorter series.
    let holed = period("1949-01")
        .run(144)
        .zip(data::AIR_PASSENGERS)
        .filter(|(p, _)| *p != from)
        .map(|(p, y)| Observation::new(p, y))
        .collect();
    let holed = Series::new("x", "index".parse().unwrap(), Aggregation::Sum, holed).unwrap();
    let holed = Sample::new(holed, Scale::Level, Regressors::none()).unwrap();
    let refused: Result<_, ForecastError> = Ets::auto(12).fit(&holed);
    assert!(refused.is_err());
}
