use super::*;
use crate::{PriceMoments, PriceMomentsFit};
use monazite_stochastic::Key;

const NAMES: [&str; 4] = ["s.d.", "AR(1)", "skewness", "excess kurtosis"];

fn targets(fit: &PriceMomentsFit) -> MomentTargets {
    let covariance = fit.bootstrap_covariance().to_vec();
    MomentTargets::new(&NAMES, fit.values().to_vec(), covariance).unwrap()
}

/// An AR(1) of `n` values with innovations `shape(normal)`.
fn series(seed: u64, n: usize, phi: f64, shape: impl Fn(f64) -> f64) -> Vec<Option<f64>> {
    let mut stream = Key::new(seed).stream(0, 1);
    let mut last = 0.0;
    (0..n)
        .map(|_| {
            last = phi * last + shape(stream.normal());
            Some(last)
        })
        .collect()
}

/// A Gaussian AR(1): exact moments, samples of `n`.
struct Gaussian {
    n: usize,
    seed: u64,
}

impl Simulator for Gaussian {
    fn moments(&self, theta: &[f64]) -> Option<Vec<f64>> {
        let (sigma, phi) = (theta[0], theta[1]);
        Some(vec![sigma / (1.0 - phi * phi).sqrt(), phi, 0.0, 0.0])
    }

    fn sample(&self, theta: &[f64], replicate: u64) -> Option<Vec<f64>> {
        let data = series(self.seed + replicate, self.n, theta[1], |e| theta[0] * e);
        let moments = PriceMoments::new().with_bootstrap(0, 1, Key::new(1));
        Some(moments.of_changes(&data).ok()?.values().to_vec())
    }
}

/// Cannot be simulated.
struct Never;
impl Simulator for Never {
    fn moments(&self, _: &[f64]) -> Option<Vec<f64>> {
        None
    }
    fn sample(&self, _: &[f64], _: u64) -> Option<Vec<f64>> {
        None
    }
}

fn spec() -> SimulatedMoments {
    SimulatedMoments::new()
        .with_parameter("sigma", 0.5, 0.01, 3.0)
        .and_then(|s| s.with_parameter("phi", 0.0, -0.95, 0.95))
        .unwrap()
}

/// σ̂ and φ̂ have the standard errors of maximum likelihood: σ/√(2n) and √((1 − φ²)/n).
#[test]
fn a_gaussian_autoregression_is_found_with_its_standard_errors() {
    let n = 4000;
    let data = series(11, n, 0.5, |e| 0.2 * e);
    let moments = PriceMoments::new().with_bootstrap(400, 40, Key::new(2));
    let fit = moments.of_changes(&data).unwrap();
    let found = spec().fit(&targets(&fit), &Gaussian { n, seed: 1_000_000 }).unwrap();
    let [sigma, phi] = found.parameters() else { panic!() };
    let (se_sigma, se_phi) = (0.2 / (2.0 * n as f64).sqrt(), (0.75 / n as f64).sqrt());
    assert!((sigma.value - 0.2).abs() < 3.0 * se_sigma, "{found}");
    assert!((phi.value - 0.5).abs() < 3.0 * se_phi, "{found}");
    assert!((sigma.se / se_sigma - 1.0).abs() < 0.2, "{found}");
    assert!((phi.se / se_phi - 1.0).abs() < 0.2, "{found}");
    assert!(found.p_value() > 0.05, "{found}");
    assert!(found.not_identified().next().is_none());
}

/// Skewed innovations: the two moments that a Gaussian model cannot move are far off, and J says so.
#[test]
fn a_model_that_does_not_hold_is_rejected() {
    let data = series(12, 2000, 0.3, |e| 0.2 * (e * e - 1.0));
    let moments = PriceMoments::new().with_bootstrap(400, 25, Key::new(2));
    let fit = moments.of_changes(&data).unwrap();
    let model = Gaussian { n: 2000, seed: 2_000_000 };
    let found = spec().fit(&targets(&fit), &model).unwrap();
    assert!(found.p_value() < 0.01, "{found}");
}

/// Under the model a test at 10 % rejects about one sample of ten, short ones too.
#[test]
fn the_bootstrap_of_j_has_the_size_it_claims() {
    let n_samples = 200;
    let mut rejected = 0;
    for seed in 0..n_samples {
        let data = series(1000 + seed, 140, 0.3, |e| 0.2 * e);
        let moments = PriceMoments::new().with_bootstrap(199, 12, Key::new(seed));
        let fit = moments.of_changes(&data).unwrap();
        let model = Gaussian { n: 140, seed: 10_000 * (seed + 1) };
        let found = spec().with_replicates(199).fit(&targets(&fit), &model).unwrap();
        rejected += u32::from(found.p_value() < 0.1);
    }
    // Binomial with 200 and .1 has s.d. 4.2.
    assert!((8..=33).contains(&rejected), "{rejected} of {n_samples}");
}

#[test]
fn what_no_moment_moves_is_named() {
    let data = series(13, 500, 0.3, |e| 0.2 * e);
    let fit = PriceMoments::new().of_changes(&data).unwrap();
    let spec = spec().with_parameter("idle", 0.5, 0.0, 1.0).unwrap();
    let model = Gaussian { n: 500, seed: 3_000_000 };
    let found = spec.fit(&targets(&fit), &model).unwrap();
    assert_eq!(found.not_identified().collect::<Vec<_>>(), ["idle"]);
    assert!(found.parameters()[0].se > 0.0 && found.to_string().contains("idle"));
    // One moment for two parameters, a model that never runs, a start outside.
    let one = MomentTargets::new(&["s.d."], vec![1.0], vec![0.1]).unwrap();
    assert!(matches!(spec.fit(&one, &model), Err(EconometricsError::TooFew { .. })));
    let never = spec.fit(&targets(&fit), &Never);
    assert!(matches!(never, Err(EconometricsError::NotMaximised { .. })));
    assert!(SimulatedMoments::new().with_parameter("x", 2.0, 0.0, 1.0).is_err());
    assert!(MomentTargets::new(&["a"], vec![1.0], vec![0.0]).is_err());
}

/// A simulation as long as the data doubles variances.
#[test]
fn simulation_noise_widens() {
    let data = series(14, 500, 0.3, |e| 0.2 * e);
    let fit = PriceMoments::new().of_changes(&data).unwrap();
    let model = Gaussian { n: 500, seed: 4_000_000 };
    let exact = spec().fit(&targets(&fit), &model).unwrap();
    let short = spec().with_ratio(1.0).unwrap().fit(&targets(&fit), &model).unwrap();
    for (a, b) in exact.parameters().iter().zip(short.parameters()) {
        assert!((b.se / a.se - 2.0_f64.sqrt()).abs() < 1e-3);
    }
}
