//! The fast likelihood of seasonal ARIMA against R 4.2.2 and against the state-space form, its intervals on simulated
//! series, the tests of integration and the automatic choice against R's `forecast` 8.20, `urca` and `tseries`.
//!
//! R's likelihood is exact on differenced data (docs/decisions/006): the calls are `stats::arima(w, c(p,0,q), …,
//! include.mean = FALSE, optim.control = list(reltol = 1e-14))` with `w` the differences, regressors differenced alike.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod data;
#[path = "data/arima.rs"]
mod more;

use monazite_forecast::{
    Arima, ArimaError, ArimaEstimate, AutoArima, Fitted, FixedArima, ForecastError, Forecaster,
    KpssNull, MethodFit, Regressors, Sample, Scale, SeasonalTest, Transform, kpss, kpss_short_lags,
    ocsb, seasonal_strength,
};
use monazite_series::{Aggregation, Series};
use monazite_stochastic::{Key, Stream};

fn sample(values: &[f64]) -> Sample {
    let first = "1949-01".parse().unwrap();
    let series =
        Series::from_values("x", "index".parse().unwrap(), Aggregation::Mean, first, values);
    Sample::new(series.unwrap(), Scale::Level, Regressors::none()).unwrap()
}

fn logs(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| v.ln()).collect()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

/// Log-likelihood to 1e-4, estimates to 1e-4 and standard errors to 2e-3 of their size.
#[track_caller]
fn golden(fit: &ArimaEstimate, log_likelihood: f64, sigma2: f64, estimates: &[(f64, f64)]) {
    close(fit.log_likelihood(), log_likelihood, 1e-4);
    close(fit.sigma2(), sigma2, 1e-4 * sigma2);
    let dynamics = fit.parameters().iter().filter(|p| p.name != "sigma2");
    let found: Vec<_> = dynamics.chain(fit.coefficients()).collect();
    assert_eq!(found.len(), estimates.len());
    for (p, (value, se)) in found.into_iter().zip(estimates) {
        close(p.value, *value, 1e-4 * value.abs());
        close(p.se.unwrap(), *se, 2e-3 * se);
    }
}

fn fit(order: Arima, y: &[f64], constant: bool) -> ArimaEstimate {
    ArimaEstimate::of(order, y, constant, &[]).unwrap()
}

#[test]
fn airline_models() {
    let air = fit(Arima::airline(12), &logs(&data::AIR_PASSENGERS), false);
    golden(
        &air,
        244.696486833,
        0.00134809912233,
        &[(-0.401822892508, 0.0896444004161), (-0.556935872994, 0.0731050332047)],
    );
    let deaths = fit(Arima::airline(12), &data::US_ACC_DEATHS, false);
    golden(
        &deaths,
        -425.441102431,
        99352.5844467,
        &[(-0.430270049874, 0.122806798033), (-0.552728611666, 0.178364933784)],
    );
}

#[test]
fn stationary_models_with_a_mean() {
    let ar3 = fit(Arima::new(3, 0, 0), &more::LH, true);
    golden(
        &ar3,
        -27.0924110595,
        0.178660316667,
        &[
            (0.6448020497177, 0.139356063896),
            (-0.0633823604213, 0.166766174014),
            (-0.2197962934110, 0.142110011038),
            (2.3931194056784, 0.096260655771),
        ],
    );
    let ar1 = fit(Arima::new(1, 0, 0), &more::LH, true);
    golden(
        &ar1,
        -29.3791623863,
        0.197489549066,
        &[(0.573924752496, 0.116138914585), (2.413285637210, 0.14661186026)],
    );
    let arma = fit(Arima::new(1, 0, 1), &more::LAKE_HURON, true);
    golden(
        &arma,
        -103.245260626,
        0.474939844963,
        &[
            (0.744899187817, 0.0776505994812),
            (0.320588649639, 0.113529509365),
            (579.055450975869, 0.350098298307),
        ],
    );
}

#[test]
fn models_of_changes() {
    let nile = fit(Arima::new(1, 1, 1), &data::NILE, false);
    golden(
        &nile,
        -630.627382955,
        19769.2933733,
        &[(0.254371851710, 0.119397363704), (-0.874132615849, 0.0604850682592)],
    );
    let www = fit(Arima::new(1, 1, 1), &more::WWW_USAGE, false);
    golden(
        &www,
        -254.149691299,
        9.79331291989,
        &[(0.650377769359, 0.0842411002009), (0.525590546172, 0.0895558537669)],
    );
    let ar3 = fit(Arima::new(3, 1, 0), &more::WWW_USAGE, false);
    golden(
        &ar3,
        -251.996942295,
        9.36332806142,
        &[
            (1.151344149930, 0.094984437485),
            (-0.661228166169, 0.135262310066),
            (0.340711721843, 0.0941455079349),
        ],
    );
    // The drift is the mean of the changes: include.mean = TRUE.
    let drift = fit(Arima::new(0, 1, 1), &data::NILE, true);
    golden(
        &drift,
        -632.154631994,
        20415.5126125,
        &[(-0.764575109769, 0.120460336546), (-3.258274030722, 3.51649703133)],
    );
}

/// The first with `ndeps = rep(1e-5, 4)` too: at R's default step of 1e-3 the Hessian is coarse for a drift of .0099
/// (s.e. .00108995; .00108648 at 1e-4, .00108645 at 1e-5).
#[test]
fn seasonal_autoregressions_and_drifts() {
    let air = fit(Arima::new(2, 0, 0).seasonal(1, 1, 0, 12), &logs(&data::AIR_PASSENGERS), true);
    golden(
        &air,
        246.269644819,
        0.00136489905272,
        &[
            (0.54037234592020, 0.0827140382759),
            (0.29297186292500, 0.0834777539658),
            (-0.45179421139601, 0.0814397594817),
            (0.00988644701668, 0.00108644545421),
        ],
    );
    let deaths = fit(Arima::new(1, 0, 1).seasonal(0, 1, 1, 12), &data::US_ACC_DEATHS, true);
    golden(
        &deaths,
        -432.151404302,
        95005.2564512,
        &[
            (0.949276249255, 0.0578051732872),
            (-0.396991018730, 0.138036409099),
            (-0.611337459536, 0.206688250205),
            (-11.280301183644, 15.5346503089),
        ],
    );
    let nottem = fit(Arima::new(1, 0, 0).seasonal(2, 1, 0, 12), &more::NOTTEM, false);
    golden(
        &nottem,
        -526.592280265,
        5.70189089243,
        &[
            (0.285599130477, 0.0641532370742),
            (-0.859796885807, 0.0638948711096),
            (-0.296295183727, 0.0666908161663),
        ],
    );
}

/// A step from observation 61 and a pulse at 100.
#[test]
fn regressors_are_estimated_jointly() {
    let step: Vec<f64> = (0..144).map(|t| f64::from(u8::from(t >= 60))).collect();
    let pulse: Vec<f64> = (0..144).map(|t| f64::from(u8::from(t == 99))).collect();
    let y = logs(&data::AIR_PASSENGERS);
    let air = ArimaEstimate::of(Arima::airline(12), &y, false, &[step, pulse]).unwrap();
    golden(
        &air,
        245.915720486,
        0.00132501865096,
        &[
            (-0.439148102378044, 0.0900540196848),
            (-0.545656298668659, 0.0734477955122),
            (-0.046895850004474, 0.0293212705277),
            (-0.000300640643284, 0.0273492528195),
        ],
    );
    let ahead = air.predict(2, &[vec![1.0; 2], vec![0.0; 2]]).unwrap();
    assert!(ahead[1].1 > ahead[0].1);
    assert!(matches!(air.predict(2, &[]), Err(ArimaError::Specification(_))));
    assert!(matches!(
        air.predict(2, &[vec![1.0; 2], vec![0.0; 3]]),
        Err(ArimaError::Length { column: 1, found: 3, needed: 2 })
    ));
}

/// `predict(arima(LakeHuron, c(1,0,1)), 5)`, `predict(arima(Nile, c(0,1,1)), 3)`: plug-in standard errors, to which ours
/// add the error of the mean (nothing for Nile).
#[test]
fn predictions() {
    let lake = fit(Arima::new(1, 0, 1), &more::LAKE_HURON, true).predict(5, &[]).unwrap();
    let expected = [579.733371999, 579.560433795, 579.431612268, 579.335653217, 579.264173398];
    let plain = [0.689158795172, 1.007036300580, 1.145993351877, 1.216267839403, 1.253563077250];
    for h in 0..5 {
        close(lake[h].0, expected[h], 1e-4);
        assert!(lake[h].1 >= plain[h] - 1e-6 && lake[h].1 < 1.05 * plain[h]);
    }
    let nile = fit(Arima::new(0, 1, 1), &data::NILE, false).predict(3, &[]).unwrap();
    let sd = [143.526539256, 148.556569057, 153.421774692];
    for h in 0..3 {
        close(nile[h].0, 798.36699558, 0.02);
        close(nile[h].1, sd[h], 0.02);
    }
}

/// The likelihood at its maximum is that of the state-space form at its own, which is flat to the second order.
#[test]
fn the_state_space_form_agrees() {
    for (order, constant) in [
        (Arima::airline(12), false),
        (Arima::new(2, 0, 1), true),
        (Arima::new(0, 1, 1).seasonal(1, 0, 1, 12), false),
        (Arima::new(1, 0, 0).seasonal(1, 1, 1, 12), false),
    ] {
        let slow = order.fit(&sample(&data::AIR_PASSENGERS)).unwrap();
        let fast = fit(order, &data::AIR_PASSENGERS, constant);
        let same = slow.report().log_likelihood;
        assert!(
            (fast.log_likelihood() - same).abs() < 1e-6,
            "{}: {} {same}",
            fast.label(),
            fast.log_likelihood()
        );
        assert!(fast.log_likelihood() >= same - 1e-8, "{}", fast.label());
        assert_eq!(fast.n_parameters(), slow.report().n_parameters);
    }
}

/// `forecast::auto.arima(x)`, `AICc` ± .05. For `LakeHuron` R's steps end at (0,1,0) with 220.258; its own
/// `Arima(LakeHuron, c(2,1,1))` has 213.51, which our steps reach.
#[test]
fn automatic_choice_as_in_r() {
    let auto = AutoArima::new(12);
    let yearly = AutoArima::new(1);
    let log = AutoArima { transform: Transform::Log, ..auto };
    for (method, y, form, aicc) in [
        (auto, &data::AIR_PASSENGERS[..], "ARIMA(2,1,1)(0,1,0)[12]", 1018.16516544),
        (log, &data::AIR_PASSENGERS, "log ARIMA(0,1,1)(0,1,1)[12]", -483.210084816),
        (auto, &data::US_ACC_DEATHS, "ARIMA(0,1,1)(0,1,1)[12]", 857.316350743),
        (yearly, &more::WWW_USAGE, "ARIMA(1,1,1)", 514.552103153),
        (yearly, &data::NILE, "ARIMA(1,1,1)", 1267.50739513),
        (yearly, &more::LH, "ARIMA(1,0,0) with mean", 65.3037793202),
        (yearly, &more::LAKE_HURON, "ARIMA(2,1,1)", 213.51),
    ] {
        let fit = method.fit(&sample(y)).unwrap();
        assert_eq!(fit.form(), form);
        close(fit.report().aicc(), aicc, 0.05);
    }
}

/// A search through all orders is at least as good as the steps.
#[test]
fn a_full_search_finds_no_less() {
    let steps = AutoArima::new(12);
    let all = AutoArima { stepwise: false, max_order: 4, ..steps };
    let ocsb = AutoArima { seasonal_test: SeasonalTest::Ocsb, ..steps };
    let y = &data::US_ACC_DEATHS;
    let aicc = |method: AutoArima| method.fit(&sample(y)).unwrap().report().aicc();
    assert!(aicc(all) <= aicc(steps) + 0.05);
    assert!(ocsb.fit(&sample(y)).unwrap().form().contains("ARIMA("));
}

/// `urca::ur.kpss(Nile, type = "mu" and "tau", lags = "short")`, `use.lag = 2`; `tseries::kpss.test(Nile)` has the first.
#[test]
fn kpss_of_the_nile() {
    let short = kpss_short_lags(100);
    assert_eq!(short, 4);
    let level = kpss(&data::NILE, KpssNull::Level, short).unwrap();
    close(level.statistic, 0.965434907753, 1e-10);
    assert!(level.rejects() && level.critical[1] == 0.463);
    close(kpss(&data::NILE, KpssNull::Trend, short).unwrap().statistic, 0.23758697599, 1e-10);
    close(kpss(&data::NILE, KpssNull::Level, 2).unwrap().statistic, 1.31522646318, 1e-10);
}

/// `forecast::ocsb.test(x)` without lags.
#[test]
fn ocsb_without_lags() {
    for (y, statistic) in [
        (&data::AIR_PASSENGERS[..], 1.51876238),
        (&data::US_ACC_DEATHS, -2.068360944),
        (&more::NOTTEM, -5.520569354),
    ] {
        let test = ocsb(y, 12, 0).unwrap();
        close(test.statistic, statistic, 1e-7);
        close(test.critical, -1.803, 5e-4);
    }
}

/// `d <- forecast::mstl(x); 1 - var(remainder) / var(seasonal + remainder)`: R interpolates loess between points.
#[test]
fn seasonal_strength_as_in_r() {
    close(seasonal_strength(&data::AIR_PASSENGERS, 12).unwrap(), 0.94067, 2e-3);
    close(seasonal_strength(&data::US_ACC_DEATHS, 12).unwrap(), 0.94479, 2e-3);
    close(seasonal_strength(&more::NOTTEM, 12).unwrap(), 0.95342, 2e-3);
}

#[test]
fn the_unit_of_the_data_changes_nothing() {
    let of = |factor: f64| {
        let y: Vec<f64> = data::US_ACC_DEATHS.iter().map(|v| v * factor).collect();
        AutoArima::new(12).fit(&sample(&y)).unwrap()
    };
    let quantile = |fit: &MethodFit| fit.forecast(12, 0, 1).unwrap().quantile(11, 0.9).unwrap();
    let own = of(1.0);
    for factor in [1e-9, 1e-3, 1e9] {
        let scaled = of(factor);
        assert_eq!(scaled.form(), own.form());
        close(quantile(&scaled) / factor / quantile(&own), 1.0, 1e-9);
        let moved = own.report().log_likelihood - own.report().n as f64 * factor.ln();
        close(scaled.report().log_likelihood, moved, 1e-6);
    }
}

#[test]
fn paths_have_the_marginals() {
    let airline = FixedArima { transform: Transform::Log, ..FixedArima::new(Arima::airline(12)) };
    let forecast = airline.fit(&sample(&data::AIR_PASSENGERS)).unwrap().forecast(12, 20_000, 7);
    let forecast = forecast.unwrap();
    for h in [0, 11] {
        let mut drawn = forecast.paths().column(h).to_vec();
        drawn.sort_by(f64::total_cmp);
        for p in [0.1, 0.5, 0.9] {
            let found = drawn[(p * 20_000.0) as usize];
            close(found / forecast.quantile(h, p).unwrap(), 1.0, 6e-3);
        }
    }
}

#[test]
fn what_is_refused() {
    let y = logs(&data::AIR_PASSENGERS);
    let of = |order, constant, x: &[Vec<f64>]| ArimaEstimate::of(order, &y, constant, x);
    let twice = vec![(0..144).map(|t| f64::from(t % 5)).collect(); 2];
    assert!(matches!(of(Arima::airline(12), false, &twice), Err(ArimaError::Singular { .. })));
    assert!(matches!(of(Arima::airline(12), true, &[]), Err(ArimaError::Specification(_))));
    assert!(matches!(of(Arima::airline(1), false, &[]), Err(ArimaError::Specification(_))));
    assert!(matches!(
        of(Arima::new(1, 0, 0), false, &[vec![f64::NAN; 144]]),
        Err(ArimaError::NotFinite { column: 1, at: 0 })
    ));
    assert!(matches!(
        ArimaEstimate::of(Arima::airline(12), &y[..16], false, &[]),
        Err(ArimaError::TooShort { needed: 17, found: 16, .. })
    ));
    let line: Vec<f64> = (0..40).map(f64::from).collect();
    assert!(matches!(
        ArimaEstimate::of(Arima::new(0, 1, 0), &line, true, &[]),
        Err(ArimaError::Singular { .. })
    ));
    let log = AutoArima { transform: Transform::Log, ..AutoArima::new(12) };
    assert!(matches!(log.fit(&sample(&line)), Err(ForecastError::NotPositive { .. })));
    assert!(matches!(log.fit(&sample(&[2.0; 30])), Err(ForecastError::Constant { .. })));
    assert!(matches!(log.fit(&sample(&[2.0, 3.0])), Err(ForecastError::TooShort { .. })));
}

/// Simulated series of 120 figures and the 12 after them.
fn simulated(stream: &mut Stream, which: &str) -> Vec<f64> {
    let n = 120 + 12;
    let burn = 100;
    let e: Vec<f64> = (0..n + burn).map(|_| stream.normal()).collect();
    let mut y = vec![0.0; n + burn];
    for t in 13..n + burn {
        y[t] = match which {
            "ar" => 10.0 * 0.3 + 0.7 * y[t - 1] + e[t],
            "ima" => y[t - 1] + e[t] - 0.5 * e[t - 1],
            _ => {
                y[t - 1] + y[t - 12] - y[t - 13] + e[t] - 0.4 * e[t - 1] - 0.6 * e[t - 12]
                    + 0.24 * e[t - 13]
            }
        };
    }
    y[burn..].to_vec()
}

/// Intervals of estimated models of known order on 500 series, horizons 1 to 12 pooled. With plug-in parameters AR(1) with
/// mean covers 75.8 and 92.2 %.
#[test]
fn intervals_cover_what_they_promise() {
    let models = [
        ("ar", Arima::new(1, 0, 0), true),
        ("ima", Arima::new(0, 1, 1), false),
        ("airline", Arima::airline(12), false),
    ];
    for (which, order, constant) in models {
        let (mut in_80, mut in_95, mut all) = (0.0, 0.0, 0.0);
        for path in 0..500 {
            let y = simulated(&mut Key::new(20).stream(path, 1_u64), which);
            let fit = fit(order, &y[..120], constant);
            for (h, step) in fit.predict_mixture(12, &[]).unwrap().iter().enumerate() {
                let level = step.cdf(y[120 + h]);
                all += 1.0;
                in_80 += f64::from(u8::from((level - 0.5).abs() < 0.4));
                in_95 += f64::from(u8::from((level - 0.5).abs() < 0.475));
            }
        }
        let (low, high) = (in_80 / all, in_95 / all);
        println!("{which}: {low:.4} {high:.4}");
        assert!((0.77..=0.83).contains(&low), "{which}: 80 % intervals cover {low}");
        assert!((0.92..=0.97).contains(&high), "{which}: 95 % intervals cover {high}");
    }
}
