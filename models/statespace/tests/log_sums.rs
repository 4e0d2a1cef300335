//! Sums of months in logs: against numerical integration, and on a simulated series.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod brute;

use brute::normals;
use monazite_statespace::{
    Channel, Initial, Measurement, Observations, Scale, StateSpace, correct, filter, likelihood_at,
    linearise, log_likelihood, simulate, smooth,
};
use ndarray::{Array2, arr1, arr2};

/// Two log months of the given means, standard deviations and correlation, as a state that moves from one to the other.
fn two_months(mean: [f64; 2], sd: [f64; 2], correlation: f64) -> (StateSpace, [Channel; 1]) {
    let b = correlation * sd[1] / sd[0];
    let rest = sd[1] * sd[1] * (1.0 - correlation * correlation);
    // State (x_t, 1): x_2 = mean_2 + b (x_1 − mean_1) + noise.
    let model = StateSpace::new(
        arr2(&[[b, mean[1] - b * mean[0]], [0.0, 1.0]]),
        arr2(&[[rest, 0.0], [0.0, 0.0]]),
        Initial::known(arr1(&[mean[0], 1.0]), arr2(&[[sd[0] * sd[0], 0.0], [0.0, 0.0]])).unwrap(),
    )
    .unwrap();
    (model, [Channel::plain(arr1(&[1.0, 0.0]), 2, 0.0).unwrap()])
}

/// Density of ln(months' sum) at ln S and the conditional mean of the first month, by the trapezoidal rule over its log share.
fn integrate(mean: [f64; 2], sd: [f64; 2], correlation: f64, total: f64, noise: f64) -> (f64, f64) {
    let density = |x: f64, y: f64| {
        let (a, b) = ((x - mean[0]) / sd[0], (y - mean[1]) / sd[1]);
        let r = 1.0 - correlation * correlation;
        (-0.5 * (a * a - 2.0 * correlation * a * b + b * b) / r).exp()
            / (2.0 * std::f64::consts::PI * sd[0] * sd[1] * r.sqrt())
    };
    // x = s + ln p, y = s + ln(1 − p), p = 1/(1 + e^−l): dx dy = ds dl.
    let on_surface = |s: f64| {
        let (n, width) = (8000, 24.0);
        let (mut mass, mut first) = (0.0, 0.0);
        for i in 0..=n {
            let l = -width / 2.0 + width * f64::from(i) / f64::from(n);
            let p = 1.0 / (1.0 + (-l).exp());
            let w = density(s + p.ln(), s + (1.0 - p).ln()) * width / f64::from(n);
            mass += w;
            first += w * s.exp() * p;
        }
        (mass, first)
    };
    let s = total.ln();
    if noise == 0.0 {
        let (mass, first) = on_surface(s);
        return (mass.ln(), first / mass);
    }
    let (n, width) = (400, 16.0 * noise.sqrt());
    let (mut mass, mut first) = (0.0, 0.0);
    for i in 0..=n {
        let e = -width / 2.0 + width * f64::from(i) / f64::from(n);
        let (m, f) = on_surface(s + e);
        let w = (-0.5 * e * e / noise).exp() / (2.0 * std::f64::consts::PI * noise).sqrt() * width
            / f64::from(n);
        mass += w * m;
        first += w * f;
    }
    (mass.ln(), first / mass)
}

#[test]
fn two_months_against_numerical_integration() {
    let mut worst_linearised = 0.0_f64;
    for (mean, sd, correlation) in [
        ([8.0_f64, 7.9], [0.2_f64, 0.2], 0.0),
        ([8.0, 7.6], [0.2, 0.2], 0.5),
        ([8.0, 8.0], [0.2, 0.2], -0.5),
        ([8.0, 7.5], [0.25, 0.15], 0.3),
    ] {
        for deviation in [-2.0_f64, 0.0, 2.0] {
            // So many standard deviations of the log sum from its centre, to first order.
            let centre = mean[0].exp() + mean[1].exp();
            let shares = [sd[0] * mean[0].exp() / centre, sd[1] * mean[1].exp() / centre];
            let variance =
                shares[0].powi(2) + shares[1].powi(2) + 2.0 * correlation * shares[0] * shares[1];
            let total = centre * (deviation * variance.sqrt()).exp();
            let (model, channel) = two_months(mean, sd, correlation);
            let data =
                Observations::new(2, Scale::Log, vec![Measurement::sum(0, 1, 2, total)]).unwrap();
            let corrected = correct(&model, &channel, &data).unwrap();
            let (exact, january) = integrate(mean, sd, correlation, total, 0.0);
            let off = corrected.log_likelihood() - exact;
            assert!(corrected.standard_error() <= 0.01);
            assert!(
                off.abs() <= 0.01 && off.abs() <= 4.0 * corrected.standard_error() + 1e-4,
                "{mean:?} {sd:?} {correlation} at {deviation}: off by {off}"
            );
            assert!((corrected.splits()[0].mean()[0] / january - 1.0).abs() < 0.01);
            worst_linearised =
                worst_linearised.max((corrected.log_likelihood_linearised() - exact).abs());
            // The linearised figure is what the filter gives, and the mode adds up.
            assert!(
                (filter(&model, &channel, &data).unwrap().log_likelihood()
                    - corrected.log_likelihood_linearised())
                .abs()
                    < 1e-9
            );
            let months = smooth(&model, &channel, &data).unwrap().figures();
            assert!(((months[[0, 0]] + months[[1, 0]]) / total - 1.0).abs() < 1e-12);
            assert!((months[[0, 0]] / corrected.splits()[0].mode()[0] - 1.0).abs() < 1e-9);
        }
    }
    assert!((0.1..0.4).contains(&worst_linearised), "{worst_linearised}");
}

#[test]
fn a_sum_with_noise_against_numerical_integration() {
    let (mean, sd, correlation, noise) = ([8.0, 7.6], [0.2, 0.25], 0.2, 0.01);
    let (model, _) = two_months(mean, sd, correlation);
    let channel = [Channel::plain(arr1(&[1.0, 0.0]), 2, noise).unwrap()];
    for total in [3500.0, 5000.0, 7500.0] {
        let data =
            Observations::new(2, Scale::Log, vec![Measurement::sum(0, 1, 2, total)]).unwrap();
        let corrected = correct(&model, &channel, &data).unwrap();
        let (exact, january) = integrate(mean, sd, correlation, total, noise);
        assert!(
            (corrected.log_likelihood() - exact).abs() <= 0.01,
            "{} {exact}",
            corrected.log_likelihood()
        );
        assert!((corrected.splits()[0].mean()[0] / january - 1.0).abs() < 0.01);
    }
}

/// Airline-like case: diffuse level, AR irregular, a regressor, January–February sums in each of six years.
fn yearly_sums() -> (StateSpace, [Channel; 1], Observations, Vec<f64>) {
    let n = 72;
    let start = Initial::diffuse_then(1, &arr2(&[[0.03 / (1.0 - 0.09)]])).unwrap();
    let model =
        StateSpace::new(arr2(&[[1.0, 0.0], [0.0, 0.3]]), arr2(&[[0.002, 0.0], [0.0, 0.03]]), start)
            .unwrap();
    let x = Array2::from_shape_fn((n, 1), |(t, _)| if t % 12 == 1 { 1.0 } else { 0.0 });
    let channel = [Channel::new(arr1(&[1.0, 1.0]), x, 0.0).unwrap()];
    let mut z = normals(11);
    let (mut level, mut irregular) = (8.0, 0.0);
    let months: Vec<f64> = (0..n)
        .map(|t| {
            level += 0.002_f64.sqrt() * z();
            irregular = 0.3 * irregular + 0.03_f64.sqrt() * z();
            f64::exp(level + irregular - if t % 12 == 1 { 0.3 } else { 0.0 })
        })
        .collect();
    let mut list = Vec::new();
    for t in 0..n {
        // February is published alone in the first two years, so that its effect is seen.
        match t % 12 {
            0 if t >= 24 => {}
            1 if t >= 24 => list.push(Measurement::sum(0, t, 2, months[t - 1] + months[t])),
            _ => list.push(Measurement::new(0, t, months[t])),
        }
    }
    (model, channel, Observations::new(n, Scale::Log, list).unwrap(), months)
}

#[test]
fn a_simulated_series_with_spans() {
    let (model, channel, data, months) = yearly_sums();
    let corrected = correct(&model, &channel, &data).unwrap();
    assert!(corrected.standard_error() <= 0.003);
    assert!(
        (corrected.log_likelihood_linearised() - log_likelihood(&model, &channel, &data).unwrap())
            .abs()
            < 1e-9
    );
    let smoothed = smooth(&model, &channel, &data).unwrap();
    let figures = smoothed.figures();
    assert_eq!(corrected.splits().len(), 4);
    for split in corrected.splits() {
        let t = split.first_period();
        let total = months[t] + months[t + 1];
        assert!(((figures[[t, 0]] + figures[[t + 1, 0]]) / total - 1.0).abs() < 1e-10);
        let (mean, sd) = (split.mean(), split.standard_deviation());
        assert!((mean.iter().sum::<f64>() / total - 1.0).abs() < 1e-10);
        // Given the sum the two months err by the same amount, and the truth lies in a wide band.
        assert!((sd[0] / sd[1] - 1.0).abs() < 1e-6);
        assert!((mean[0] - months[t]).abs() < 4.0 * sd[0]);
        let band = [split.quantile(0, 0.05).unwrap(), split.quantile(0, 0.95).unwrap()];
        assert!(band[0] < mean[0] && mean[0] < band[1]);
    }
    // Another thousand-fold unit: only the level moves, densities of logs do not.
    let list =
        data.measurements().iter().map(|m| Measurement { value: m.value * 1000.0, ..*m }).collect();
    let kilos = Observations::new(72, Scale::Log, list).unwrap();
    let other = correct(&model, &channel, &kilos).unwrap();
    assert!(
        (other.log_likelihood_linearised() - corrected.log_likelihood_linearised()).abs() < 1e-8
    );
    assert!((other.log_likelihood() - corrected.log_likelihood()).abs() < 1e-6);
}

/// The corrected likelihood of one sum in a long series against integrating the filter's own likelihood over the split.
#[test]
fn one_sum_in_a_series_against_integration_over_the_split() {
    let (model, channel, data, months) = yearly_sums();
    let spanned = 24;
    let mut list: Vec<Measurement> =
        data.measurements().iter().filter(|m| m.span == 1 && m.end < spanned).copied().collect();
    list.extend((spanned + 2..72).map(|t| Measurement::new(0, t, months[t])));
    let total = months[spanned] + months[spanned + 1];
    let (beta, corrected) = {
        let mut list = list.clone();
        list.push(Measurement::sum(0, spanned + 1, 2, total));
        let data = Observations::new(72, Scale::Log, list).unwrap();
        let corrected = correct(&model, &channel, &data).unwrap();
        (filter(&model, &channel, &data).unwrap().coefficients()[0], corrected)
    };
    // β fixed at its estimate: figures divided by their effect, no regressors.
    let plain = [Channel::plain(arr1(&[1.0, 1.0]), 72, 0.0).unwrap()];
    let effect = |t: usize| if t % 12 == 1 { beta.exp() } else { 1.0 };
    let (n, width) = (400, 6.0);
    let (mut mass, mut january) = (0.0, 0.0);
    let mut reference = None;
    for i in 0..=n {
        let l = -width / 2.0 + width * f64::from(i) / f64::from(n);
        let p = 1.0 / (1.0 + (-l).exp());
        let mut split = list.clone();
        split.push(Measurement::new(0, spanned, total * p));
        split.push(Measurement::new(0, spanned + 1, total * (1.0 - p)));
        for m in &mut split {
            m.value /= effect(m.end);
        }
        let value =
            log_likelihood(&model, &plain, &Observations::new(72, Scale::Log, split).unwrap())
                .unwrap();
        let reference = *reference.get_or_insert(value);
        let w = (value - reference).exp() * width / f64::from(n);
        mass += w;
        january += w * total * p;
    }
    let exact = mass.ln() + reference.unwrap();
    assert!(
        (corrected.log_likelihood() - exact).abs() < 0.01,
        "{} {exact}",
        corrected.log_likelihood()
    );
    assert!((corrected.splits()[0].mean()[0] / (january / mass) - 1.0).abs() < 0.01);
}

#[test]
fn weighted_paths_satisfy_the_sums_and_agree_with_the_split() {
    let (model, channel, data, months) = yearly_sums();
    let wide = [Channel::new(
        channel[0].signal().clone(),
        Array2::from_shape_fn((84, 1), |(t, _)| if t % 12 == 1 { 1.0 } else { 0.0 }),
        0.0,
    )
    .unwrap()];
    let future = data.on_calendar(84).unwrap();
    let draws = simulate(&model, &wide, &future, 4000, &mut normals(3)).unwrap();
    assert!((draws.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(draws.effective_draws() > 2000.0, "{}", draws.effective_draws());
    let split = &correct(&model, &channel, &data).unwrap().splits()[1].clone();
    let t = split.first_period();
    let mut mean = 0.0;
    for (d, w) in draws.weights().iter().enumerate() {
        let pair = [draws.signals()[[d, t, 0]].exp(), draws.signals()[[d, t + 1, 0]].exp()];
        assert!(((pair[0] + pair[1]) / (months[t] + months[t + 1]) - 1.0).abs() < 1e-9);
        // A month published alone is itself in every path.
        assert!((draws.signals()[[d, 5, 0]].exp() / months[5] - 1.0).abs() < 1e-9);
        mean += w * pair[0];
    }
    assert!((mean / split.mean()[0] - 1.0).abs() < 0.02);
    // The future agrees with the smoothed one.
    let smoothed = smooth(&model, &wide, &future).unwrap();
    let ahead: f64 =
        draws.weights().iter().enumerate().map(|(d, w)| w * draws.signals()[[d, 83, 0]]).sum();
    let sd = smoothed.signal_variance()[[83, 0]].sqrt();
    assert!((ahead - smoothed.signal()[[83, 0]]).abs() < 0.15 * sd);
}

/// A point found from one nearby is the same point, and the likelihood there the one that finds it itself.
#[test]
fn a_linearisation_can_be_held_and_found_again() {
    let (model, channel, data, _) = yearly_sums();
    let point = linearise(&model, &channel, &data, None).unwrap();
    let own = log_likelihood(&model, &channel, &data).unwrap();
    let held = |point| likelihood_at(&model, &channel, &data, point).unwrap().log_likelihood();
    assert!((held(&point) - own).abs() < 1e-9);
    let other = StateSpace::new(
        model.transition().clone(),
        model.state_noise() * 1.5,
        model.initial().clone(),
    )
    .unwrap();
    let away = linearise(&other, &channel, &data, None).unwrap();
    assert!((held(&away) - own).abs() > 1e-6, "the point matters");
    let back = linearise(&model, &channel, &data, Some(&away)).unwrap();
    assert!((held(&back) - own).abs() < 1e-9);
    let fewer = Observations::new(72, Scale::Log, data.measurements()[1..].to_vec()).unwrap();
    assert!(linearise(&model, &channel, &fewer, Some(&point)).is_err());
}
