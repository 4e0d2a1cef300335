//! Times of a likelihood and of a fit: `cargo run --release -p monazite-statespace --example timing`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a stopwatch"
)]

use monazite_statespace::{
    Channel, Initial, Measurement, Observations, Scale, SearchOptions, StateSpace, correct,
    likelihood, maximise, smooth,
};
use ndarray::{Array1, Array2};
use std::time::Instant;

/// Level, slope, dummy seasonal of period 12 and irregular: 14 states.
fn structural(variances: &[f64]) -> (StateSpace, Array1<f64>) {
    let m = 14;
    let mut transition = Array2::zeros((m, m));
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
        transition[[i, j]] = 1.0;
    }
    for j in 0..11 {
        transition[[2, 2 + j]] = -1.0;
        if j > 0 {
            transition[[2 + j, 1 + j]] = 1.0;
        }
    }
    let mut noise = Array2::zeros((m, m));
    for (i, v) in [0, 1, 2, 13].into_iter().zip(variances) {
        noise[[i, i]] = *v;
    }
    let mut signal = Array1::zeros(m);
    for i in [0, 2, 13] {
        signal[i] = 1.0;
    }
    let initial = Initial::diffuse_then(13, &ndarray::arr2(&[[variances[3]]])).unwrap();
    (StateSpace::new(transition, noise, initial).unwrap(), signal)
}

fn micros(n: u32, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..n {
        work();
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(n)
}

fn main() {
    let n = 130;
    let months: Vec<f64> = (0..n)
        .map(|t| {
            let t = t as f64;
            f64::exp(
                8.0 + 0.003 * t
                    + 0.1 * (t * 0.52).sin()
                    + 0.08 * (t * t * 0.37).cos()
                    + 0.05 * (t * 0.13).sin(),
            )
        })
        .collect();
    let list = |spans: bool| -> Vec<Measurement> {
        (0..n)
            .filter(|&t| !(spans && t >= 36 && t % 12 == 0 && t + 1 < n))
            .map(|t| {
                if spans && t >= 36 && t % 12 == 1 {
                    Measurement::sum(0, t, 2, months[t - 1] + months[t])
                } else {
                    Measurement::new(0, t, months[t])
                }
            })
            .collect()
    };
    let variances = [1e-3, 1e-6, 1e-5, 4e-3];
    for (name, spans, scale, k) in [
        ("monthly, logs", false, Scale::Log, 0),
        ("monthly, logs, 6 regressors", false, Scale::Log, 6),
        ("spans in levels", true, Scale::Level, 0),
        ("spans in logs", true, Scale::Log, 0),
    ] {
        let data = Observations::new(n, scale, list(spans)).unwrap();
        let (model, signal) = structural(&variances);
        let x = Array2::from_shape_fn((n, k), |(t, j)| ((t * (j + 3)) as f64).sin());
        let channel = [Channel::new(signal, x, 0.0).unwrap()];
        let one = micros(200, || likelihood(&model, &channel, &data).map(|_| ()).unwrap());
        let smoothing = micros(5, || assert!(smooth(&model, &channel, &data).is_ok()));
        let mut evaluations = 0_u32;
        let counter = std::cell::Cell::new(0_u32);
        let fit = micros(1, || {
            // Relative variances, the scale concentrated out.
            let f = |p: &[f64]| {
                counter.set(counter.get() + 1);
                let v: Vec<f64> = p.iter().map(|x| x.exp()).chain([1.0]).collect();
                let (model, _) = structural(&v);
                likelihood(&model, &channel, &data)
                    .map_or(f64::NEG_INFINITY, |l| l.concentrated_log_likelihood())
            };
            let best = maximise(&f, &[vec![-1.0, -6.0, -4.0]], &SearchOptions::default()).unwrap();
            evaluations = counter.get();
            println!("  {best:?}");
        });
        println!(
            "{name}: likelihood {one:.0} µs, smooth {smoothing:.0} µs, fit {:.1} ms ({evaluations} likelihoods)",
            fit / 1e3
        );
        if spans {
            let time = micros(1, || {
                let c = correct(&model, &channel, &data).unwrap();
                println!(
                    "  {} {} ± {}",
                    c.log_likelihood_linearised(),
                    c.log_likelihood(),
                    c.standard_error()
                );
            });
            println!("  correct: {:.0} ms", time / 1e3);
        }
    }
}
