//! Filter, smoother and simulation smoother against R, brute-force multivariate normals and invariances.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod brute;

use brute::{Joint, normals};
use monazite_statespace::{
    Channel, Initial, Measurement, Observations, Scale, SearchOptions, StateSpace, StateSpaceError,
    filter, likelihood, log_likelihood, maximise, predict, simulate, smooth, stationary_covariance,
};
use ndarray::{Array1, Array2, arr1, arr2};

const NILE: [f64; 100] = [
    1120., 1160., 963., 1210., 1160., 1160., 813., 1230., 1370., 1140., 995., 935., 1110., 994.,
    1020., 960., 1180., 799., 958., 1140., 1100., 1210., 1150., 1250., 1260., 1220., 1030., 1100.,
    774., 840., 874., 694., 940., 833., 701., 916., 692., 1020., 1050., 969., 831., 726., 456.,
    824., 702., 1120., 1100., 832., 764., 821., 768., 845., 864., 862., 698., 845., 744., 796.,
    1040., 759., 781., 865., 845., 944., 984., 897., 822., 1010., 771., 676., 649., 846., 812.,
    742., 801., 1040., 860., 874., 848., 890., 744., 749., 838., 1050., 918., 986., 797., 923.,
    975., 815., 1020., 906., 901., 1170., 912., 746., 919., 718., 714., 740.,
];

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "got {got}, want {want}, off by {}", got - want);
}

fn local_level(noise: f64, level: f64, n: usize) -> (StateSpace, [Channel; 1]) {
    let model = StateSpace::new(arr2(&[[1.0]]), arr2(&[[level]]), Initial::all_diffuse(1)).unwrap();
    (model, [Channel::plain(arr1(&[1.0]), n, noise).unwrap()])
}

/// Level, slope and dummy seasonal of period `s`, as Harvey (1989, §4.1.3); states: level, slope, s − 1 seasonals, irregular.
fn structural(s: usize, variances: [f64; 4]) -> (StateSpace, Array1<f64>) {
    let m = s + 2;
    let mut transition = Array2::zeros((m, m));
    transition[[0, 0]] = 1.0;
    transition[[0, 1]] = 1.0;
    transition[[1, 1]] = 1.0;
    for j in 0..s - 1 {
        transition[[2, 2 + j]] = -1.0;
        if j > 0 {
            transition[[2 + j, 1 + j]] = 1.0;
        }
    }
    let mut noise = Array2::zeros((m, m));
    for (i, v) in [0, 1, 2, m - 1].into_iter().zip(variances) {
        noise[[i, i]] = v;
    }
    let mut signal = Array1::zeros(m);
    signal[0] = 1.0;
    signal[2] = 1.0;
    signal[m - 1] = 1.0;
    let initial = Initial::diffuse_then(m - 1, &arr2(&[[variances[3]]])).unwrap();
    (StateSpace::new(transition, noise, initial).unwrap(), signal)
}

fn series(n: usize) -> Vec<f64> {
    (0..n)
        .map(|t| {
            10.0 + 0.3 * t as f64
                + 2.0 * (t as f64 * 1.7).sin()
                + 1.3 * ((t * t) as f64 * 0.37).cos()
        })
        .collect()
}

#[test]
fn nile_as_in_r() {
    // R 4.2: StructTS(Nile, "level") for the variances, tsSmooth for the level.
    let (model, channel) = local_level(15098.52, 1469.18, 100);
    let data = Observations::monthly(Scale::Level, &NILE.map(Some)).unwrap();
    let filtered = filter(&model, &channel, &data).unwrap();
    // VERIFICATION.md: −633.46456 counting ln 2π for all 100, hence −632.54562 for the 99 that are not diffuse.
    close(filtered.log_likelihood() - 0.5 * (2.0 * std::f64::consts::PI).ln(), -633.46456, 5e-6);
    // Its −632.53769 is the approximate start κ = 10⁶ with the first figure's term left out, not the exact one.
    let vague = Initial::known(arr1(&[0.0]), arr2(&[[1e6]])).unwrap();
    let vague = StateSpace::new(arr2(&[[1.0]]), arr2(&[[1469.18]]), vague).unwrap();
    let approximate = filter(&vague, &channel, &data).unwrap();
    let first = approximate.innovations()[0];
    let term = (2.0 * std::f64::consts::PI * first.variance).ln() + first.standardised().powi(2);
    close(approximate.log_likelihood() + 0.5 * term, -632.53769, 1e-5);
    assert_eq!((filtered.likelihood().n(), filtered.likelihood().n_diffuse()), (99, 1));
    let smoothed = smooth(&model, &channel, &data).unwrap();
    close(smoothed.signal()[[0, 0]], 1111.6687, 5e-5);
    close(smoothed.signal()[[99, 0]], 798.3672, 5e-5);
    close(filtered.end_mean()[0], 798.3672, 5e-5);
    // The maximum is where R found it.
    let fit = |p: &[f64]| {
        let (model, channel) = local_level(p[0].exp(), p[1].exp(), 100);
        log_likelihood(&model, &channel, &data).unwrap_or(f64::NEG_INFINITY)
    };
    let best = maximise(&fit, &[vec![9.0, 9.0]], &SearchOptions::default()).unwrap();
    assert!(best.converged);
    close(best.point[0].exp(), 15098.52, 2.0);
    close(best.point[1].exp(), 1469.18, 1.0);
}

#[test]
fn concentrated_scale_is_the_likelihood_at_that_scale() {
    let data = Observations::monthly(Scale::Level, &NILE.map(Some)).unwrap();
    let (model, channel) = local_level(1.0, 0.1, 100);
    let unit = likelihood(&model, &channel, &data).unwrap();
    let s = unit.scale_mle();
    let (model, channel) = local_level(s, 0.1 * s, 100);
    close(
        unit.concentrated_log_likelihood(),
        log_likelihood(&model, &channel, &data).unwrap(),
        1e-9,
    );
}

#[test]
fn nile_with_a_level_shift_as_in_r() {
    // R 4.2: arima(Nile, order = c(1,0,0), xreg = 1899 on): shift −249.07505 (s.e. 32.8037), loglik −624.53898.
    let data = Observations::monthly(Scale::Level, &NILE.map(Some)).unwrap();
    let x = Array2::from_shape_fn((100, 2), |(t, j)| if j == 0 || t >= 28 { 1.0 } else { 0.0 });
    let build = |phi: f64| {
        let start = Initial::known(arr1(&[0.0]), arr2(&[[1.0 / (1.0 - phi * phi)]])).unwrap();
        let model = StateSpace::new(arr2(&[[phi]]), arr2(&[[1.0]]), start).unwrap();
        (model, [Channel::new(arr1(&[1.0]), x.clone(), 0.0).unwrap()])
    };
    let concentrated = |p: &[f64]| {
        let (model, channel) = build(p[0].tanh());
        likelihood(&model, &channel, &data).map_or(f64::NAN, |l| l.concentrated_log_likelihood())
    };
    let best = maximise(&concentrated, &[vec![0.1]], &SearchOptions::default()).unwrap();
    close(best.value, -624.53898, 1e-5);
    let (model, channel) = build(best.point[0].tanh());
    let filtered = filter(&model, &channel, &data).unwrap();
    close(filtered.coefficients()[1], -249.07505, 1e-3);
    let se = (filtered.coefficient_covariance()[[1, 1]] * filtered.likelihood().scale_mle()).sqrt();
    close(se, 32.8037, 0.05);
}

/// Channels, measurements and β for the comparisons below: a structural model of period 4, spans, two channels, noise.
fn busy_case() -> (StateSpace, Vec<Channel>, Observations) {
    let (model, signal) = structural(4, [0.5, 0.02, 0.1, 0.3]);
    let n = 16;
    let x = |c: usize| Array2::from_shape_fn((n, 2), |(t, j)| ((t * (j + 2) + c) as f64).sin());
    let mut other = signal.clone();
    other[5] = 0.0;
    other[1] = 0.4;
    let channels =
        vec![Channel::new(signal, x(0), 0.0).unwrap(), Channel::new(other, x(1), 0.8).unwrap()];
    let y = series(n);
    let mut list = Vec::new();
    for (end, span) in
        [(0, 1), (2, 2), (3, 1), (4, 1), (5, 1), (6, 1), (9, 3), (10, 1), (12, 2), (13, 1), (15, 1)]
    {
        list.push(Measurement::sum(0, end, span, y[end + 1 - span..=end].iter().sum()));
    }
    for (end, span) in [(1, 1), (3, 1), (7, 4), (8, 1), (11, 1), (14, 2)] {
        list.push(Measurement::sum(
            1,
            end,
            span,
            y[end + 1 - span..=end].iter().sum::<f64>() + 0.5,
        ));
    }
    list[13].noise_variance = Some(0.2);
    list[2].noise_variance = Some(0.1);
    (model, channels, Observations::new(n, Scale::Level, list).unwrap())
}

#[test]
fn proper_start_with_spans_channels_and_noise_against_brute_force() {
    let (diffuse, channels, data) = busy_case();
    let m = diffuse.n_states();
    let covariance =
        Array2::from_shape_fn((m, m), |(i, j)| if i == j { 2.0 + i as f64 } else { 0.3 });
    let start = Initial::known(Array1::from_iter((0..m).map(|i| i as f64)), covariance).unwrap();
    let model = StateSpace::new(diffuse.transition().clone(), diffuse.state_noise().clone(), start)
        .unwrap();
    let joint = Joint::new(&model, &channels, &data, 0.0);
    let filtered = filter(&model, &channels, &data).unwrap();
    close(filtered.log_likelihood(), joint.log_likelihood(), 1e-9);
    close(log_likelihood(&model, &channels, &data).unwrap(), filtered.log_likelihood(), 1e-12);
    for j in 0..2 {
        close(filtered.coefficients()[j], joint.beta[j], 1e-9);
    }
    let smoothed = smooth(&model, &channels, &data).unwrap();
    for t in 0..data.n_periods() {
        for (c, channel) in channels.iter().enumerate() {
            let (mean, variance) = joint.signal(channel, t);
            close(smoothed.signal()[[t, c]], mean, 1e-8);
            close(smoothed.signal_variance()[[t, c]], variance, 1e-8);
        }
    }
    // Months of noise-free spans add up.
    let sum = smoothed.signal()[[1, 0]] + smoothed.signal()[[2, 0]];
    let missed = (sum - data.measurements()[1].value).abs();
    assert!(missed < 1e-9, "{missed}");
    let sum: f64 = (7..10).map(|t| smoothed.signal()[[t, 0]]).sum();
    close(sum, data.measurements()[6].value, 1e-9);
}

#[test]
fn diffuse_start_against_a_large_variance() {
    let (model, channels, data) = busy_case();
    let filtered = filter(&model, &channels, &data).unwrap();
    let smoothed = smooth(&model, &channels, &data).unwrap();
    // lim ln p + (d/2) ln κ + (d/2) ln 2π: exact as κ → ∞, the terms in 1/κ and 1/κ² extrapolated away (rounding leaves 1e-4 in the variances of the reference).
    let kappas = [300.0, 600.0, 1200.0];
    let limit = |f: [f64; 3]| (f[0] - 6.0 * f[1] + 8.0 * f[2]) / 3.0;
    let joints = kappas.map(|kappa| Joint::new(&model, &channels, &data, kappa));
    let densities: [f64; 3] = std::array::from_fn(|i| {
        joints[i].log_likelihood() + 2.5 * (kappas[i] * 2.0 * std::f64::consts::PI).ln()
    });
    assert_eq!(filtered.likelihood().n_diffuse(), 5);
    close(filtered.log_likelihood(), limit(densities), 1e-6);
    for t in 0..data.n_periods() {
        for (c, channel) in channels.iter().enumerate() {
            let moments: [(f64, f64); 3] = std::array::from_fn(|i| joints[i].signal(channel, t));
            close(smoothed.signal()[[t, c]], limit(moments.map(|m| m.0)), 1e-6);
            close(smoothed.signal_variance()[[t, c]], limit(moments.map(|m| m.1)), 2e-4);
        }
    }
}

#[test]
fn simulated_paths_have_the_smoothed_moments() {
    let (model, channels, data) = busy_case();
    let (n, horizon) = (data.n_periods(), 3);
    let wide: Vec<Channel> = channels
        .iter()
        .map(|c| {
            let x = Array2::from_shape_fn((n + horizon, 2), |(t, j)| {
                if t < n { c.regressors()[[t, j]] } else { (t + j) as f64 * 0.1 }
            });
            Channel::new(c.signal().clone(), x, c.noise_variance()).unwrap()
        })
        .collect();
    let future = data.on_calendar(n + horizon).unwrap();
    let smoothed = smooth(&model, &wide, &future).unwrap();
    let n_draws = 20_000;
    let mut stream = normals(7);
    let draws = simulate(&model, &wide, &future, n_draws, &mut stream).unwrap();
    for t in 0..n + horizon {
        for c in 0..2 {
            let path = || (0..n_draws).map(|d| draws.signals()[[d, t, c]]);
            let mean = path().sum::<f64>() / n_draws as f64;
            let variance = path().map(|x| (x - mean).powi(2)).sum::<f64>() / n_draws as f64;
            let truth = smoothed.signal_variance()[[t, c]];
            close(mean, smoothed.signal()[[t, c]], 4.5 * (truth / n_draws as f64).sqrt() + 1e-8);
            close(variance, truth, 4.5 * truth * (2.0 / n_draws as f64).sqrt() + 1e-8);
        }
    }
    // Every path satisfies the published sums, and predict agrees with smoothing the future.
    for d in 0..100 {
        close(
            draws.signals()[[d, 1, 0]] + draws.signals()[[d, 2, 0]],
            data.measurements()[1].value,
            1e-8,
        );
    }
    let filtered = filter(&model, &channels, &data).unwrap();
    let ahead = Array2::from_shape_fn((horizon, 2), |(h, j)| wide[0].regressors()[[n + h, j]]);
    for (h, (mean, variance)) in
        predict(&model, &wide[0], &filtered, &ahead).unwrap().into_iter().enumerate()
    {
        close(mean, smoothed.signal()[[n + h, 0]], 1e-8);
        close(variance, smoothed.signal_variance()[[n + h, 0]], 1e-8);
    }
}

#[test]
fn seasonal_model_of_period_twelve_against_a_large_variance() {
    let (model, signal) = structural(12, [0.5, 0.001, 0.05, 0.3]);
    let y = series(40);
    let values: Vec<Option<f64>> = y
        .iter()
        .enumerate()
        .map(|(t, v)| if t == 3 || t == 20 { None } else { Some(*v) })
        .collect();
    let data = Observations::monthly(Scale::Level, &values).unwrap();
    let channels = [Channel::plain(signal, 40, 0.0).unwrap()];
    let exact = filter(&model, &channels, &data).unwrap();
    let limits = [1e5, 1e6].map(|kappa| {
        Joint::new(&model, &channels, &data, kappa).log_likelihood()
            + 6.5 * (kappa * 2.0 * std::f64::consts::PI).ln()
    });
    assert_eq!(exact.likelihood().n_diffuse(), 13);
    close(exact.log_likelihood(), (10.0 * limits[1] - limits[0]) / 9.0, 1e-4);
}

#[test]
fn data_in_another_unit() {
    let (model, channels, data) = busy_case();
    let c = 1e4;
    let scaled = StateSpace::new(
        model.transition().clone(),
        model.state_noise() * (c * c),
        Initial::new(
            model.initial().mean() * c,
            model.initial().covariance() * (c * c),
            model.initial().diffuse().clone(),
        )
        .unwrap(),
    )
    .unwrap();
    let wide: Vec<Channel> = channels
        .iter()
        .map(|x| {
            Channel::new(x.signal().clone(), x.regressors().clone(), x.noise_variance() * c * c)
                .unwrap()
        })
        .collect();
    let list = data
        .measurements()
        .iter()
        .map(|m| Measurement {
            value: m.value * c,
            noise_variance: m.noise_variance.map(|h| h * c * c),
            ..*m
        })
        .collect();
    let big = Observations::new(data.n_periods(), Scale::Level, list).unwrap();
    let a = filter(&model, &channels, &data).unwrap();
    let b = filter(&scaled, &wide, &big).unwrap();
    close(b.log_likelihood() + a.likelihood().n() as f64 * c.ln(), a.log_likelihood(), 1e-8);
    close(b.coefficients()[0], a.coefficients()[0] * c, 1e-6);
}

#[test]
fn the_order_of_measurements_does_not_matter_and_missing_is_dropping() {
    let (model, channels, data) = busy_case();
    let mut list = data.measurements().to_vec();
    list.reverse();
    let reversed = Observations::new(16, Scale::Level, list).unwrap();
    assert_eq!(
        log_likelihood(&model, &channels, &data).unwrap(),
        log_likelihood(&model, &channels, &reversed).unwrap()
    );
    // An AR(1) seen every other period is an AR(1) with φ² and variance σ²(1 + φ²).
    let ar = |phi: f64, variance: f64| {
        let p = stationary_covariance(&arr2(&[[phi]]), &arr2(&[[variance]])).unwrap();
        StateSpace::new(
            arr2(&[[phi]]),
            arr2(&[[variance]]),
            Initial::known(arr1(&[0.0]), p).unwrap(),
        )
        .unwrap()
    };
    let y = [0.3, -1.0, 0.8, 0.1];
    let gaps: Vec<Option<f64>> = y.iter().flat_map(|v| [Some(*v), None]).collect();
    let sparse = log_likelihood(
        &ar(0.7, 1.0),
        &[Channel::plain(arr1(&[1.0]), 8, 0.0).unwrap()],
        &Observations::monthly(Scale::Level, &gaps).unwrap(),
    );
    let dense = log_likelihood(
        &ar(0.49, 1.49),
        &[Channel::plain(arr1(&[1.0]), 4, 0.0).unwrap()],
        &Observations::monthly(Scale::Level, &y.map(Some)).unwrap(),
    );
    close(sparse.unwrap(), dense.unwrap(), 1e-12);
}

#[test]
fn mistakes_are_named() {
    let (model, channels, data) = busy_case();
    // A constant cannot be told from a diffuse level, nor a column from its double.
    let with = |f: &dyn Fn(usize, usize) -> f64| {
        [Channel::new(
            channels[0].signal().clone(),
            Array2::from_shape_fn((16, 2), |(t, j)| f(t, j)),
            0.0,
        )
        .unwrap()]
    };
    let monthly = Observations::monthly(
        Scale::Level,
        &series(16).iter().map(|v| Some(*v)).collect::<Vec<_>>(),
    )
    .unwrap();
    let constant = with(&|t, j| if j == 1 { 1.0 } else { (t as f64).sin() });
    assert_eq!(
        log_likelihood(&model, &constant, &monthly),
        Err(StateSpaceError::Collinear { column: 1 })
    );
    let double = with(&|t, j| (j + 1) as f64 * (t as f64).sin());
    assert_eq!(
        log_likelihood(&model, &double, &monthly),
        Err(StateSpaceError::Collinear { column: 1 })
    );
    // Two exact figures of one month that differ; and that agree.
    let (level, channel) = local_level(0.0, 1.0, 3);
    let twice = [channel[0].clone(), channel[0].clone()];
    let pair = |second: f64| {
        let list = vec![
            Measurement::new(0, 0, 5.0),
            Measurement::new(0, 1, 6.0),
            Measurement::new(1, 1, second),
        ];
        log_likelihood(&level, &twice, &Observations::new(3, Scale::Level, list).unwrap())
    };
    assert!(matches!(pair(6.5), Err(StateSpaceError::Contradiction { period: 1, channel: 1, .. })));
    close(pair(6.0).unwrap(), -0.5 * ((2.0 * std::f64::consts::PI).ln() + 1.0), 1e-12);
    // Months published singly and then as their sum: nothing new, or a contradiction.
    let sum = |total: f64| {
        let list = vec![
            Measurement::new(0, 0, 5.0),
            Measurement::new(0, 1, 6.0),
            Measurement::new(0, 2, 7.5),
            Measurement::sum(1, 2, 2, total),
        ];
        filter(&level, &twice, &Observations::new(3, Scale::Level, list).unwrap())
    };
    assert_eq!(sum(13.5).unwrap().likelihood().n(), 2);
    assert!(matches!(sum(14.0), Err(StateSpaceError::Contradiction { .. })));
    // Too little to pin the start; a channel that is not there; regressors of the wrong length.
    let few = Observations::new(16, Scale::Level, data.measurements()[..2].to_vec()).unwrap();
    assert!(matches!(
        log_likelihood(&model, &channels, &few),
        Err(StateSpaceError::Unpinned { n_diffuse: 5, n_pinned: 2 })
    ));
    assert!(matches!(
        log_likelihood(&model, &channels[..1], &data),
        Err(StateSpaceError::NoSuchChannel { channel: 1, .. })
    ));
    assert!(log_likelihood(&model, &channels, &data.on_calendar(20).unwrap()).is_err());
}
