//! What the sample leaves open about the parameters: weighted draws of them.
//!
//! Intervals at estimates alone are too narrow in short samples. Parameters are drawn around the maximum from a Student t
//! with the curvature there, in the unconstrained parameters of the search, and weighted by posterior over proposal
//! (importance sampling, Kloek and van Dijk 1978). The density is the likelihood with coefficients and scale integrated
//! out (Harville 1974) times the prior of the form: flat in standard deviations and in partial autocorrelations.

use monazite_stochastic::{Key, Purpose, Stream};

/// Degrees of freedom of the proposal.
const PROPOSAL_DF: f64 = 6.0;
/// No unconstrained parameter is proposed with a larger standard deviation.
const LARGEST_SD: f64 = 1.0;
/// Step of the second differences, in unconstrained parameters.
const STEP: f64 = 0.02;
/// A draw that weighs less than this share of the heaviest is not worth its filter.
const NEGLIGIBLE: f64 = 1e-6;
/// Seed of the draws: part of the estimator, not of the forecast.
const SEED: u64 = 0x706f_7374;

/// A parameter vector and its weight.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighted {
    pub(crate) weight: f64,
    pub(crate) point: Vec<f64>,
}

/// `n` weighted draws around `maximum`; weights add up to one. Without curvature or finite density, the maximum alone.
pub(crate) fn parameter_draws(
    log_density: &dyn Fn(&[f64]) -> f64,
    maximum: &[f64],
    n: usize,
) -> Vec<Weighted> {
    let alone = || vec![Weighted { weight: 1.0, point: maximum.to_vec() }];
    let top = log_density(maximum);
    if maximum.is_empty() || n < 2 || !top.is_finite() {
        return alone();
    }
    let Some(root) = proposal(log_density, maximum, top) else { return alone() };
    let mut stream = Key::new(SEED).stream(0, Purpose::named("parameters"));
    let p = maximum.len();
    let mut drawn = Vec::with_capacity(n);
    let mut z = vec![0.0; p];
    let mut stretch = 1.0;
    for draw_idx in 0..n {
        // Antithetic pairs keep the proposal centred.
        if draw_idx % 2 == 0 {
            stream.fill_normals(&mut z);
            stretch = (PROPOSAL_DF / chi_squared(PROPOSAL_DF as usize, &mut stream)).sqrt();
        } else {
            for z in &mut z {
                *z = -*z;
            }
        }
        let size: f64 = z.iter().map(|z| (z * stretch).powi(2)).sum();
        let point: Vec<f64> = (0..p)
            .map(|i| maximum[i] + stretch * (0..p).map(|j| root[i * p + j] * z[j]).sum::<f64>())
            .collect();
        let proposed = -0.5 * (PROPOSAL_DF + p as f64) * (1.0 + size / PROPOSAL_DF).ln();
        let log_weight = log_density(&point) - top - proposed;
        drawn.push((log_weight, point));
    }
    let finite = drawn.iter().map(|d| d.0).filter(|w| w.is_finite());
    let largest = finite.fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return alone();
    }
    drawn.retain(|d| d.0.is_finite() && d.0 > largest + NEGLIGIBLE.ln());
    let total: f64 = drawn.iter().map(|d| (d.0 - largest).exp()).sum();
    drawn
        .into_iter()
        .map(|(w, point)| Weighted { weight: (w - largest).exp() / total, point })
        .collect()
}

/// A draw of χ² with whole degrees of freedom.
pub(crate) fn chi_squared(df: usize, stream: &mut Stream) -> f64 {
    (0..df).map(|_| stream.normal().powi(2)).sum()
}

/// `R` with `R R'` the inverse of the curvature at the maximum, bounded by [`LARGEST_SD`].
fn proposal(log_density: &dyn Fn(&[f64]) -> f64, maximum: &[f64], top: f64) -> Option<Vec<f64>> {
    let p = maximum.len();
    let mut information = curvature(log_density, maximum, top);
    let ridge = 1.0 / (LARGEST_SD * LARGEST_SD);
    for i in 0..p {
        let own = information[i * p + i];
        // At a boundary or a saddle the curvature says nothing: the bound alone.
        let usable = own.is_finite() && own > 0.0;
        for j in 0..p {
            if !usable || !information[i * p + j].is_finite() {
                information[i * p + j] = 0.0;
                information[j * p + i] = 0.0;
            }
        }
        information[i * p + i] = if usable { own } else { 0.0 } + ridge;
    }
    let mut lower = None;
    for _ in 0..20 {
        lower = cholesky(&information, p);
        if lower.is_some() {
            break;
        }
        for i in 0..p {
            information[i * p + i] *= 1.5;
        }
    }
    let lower = lower?;
    // R = L⁻ᵀ: solve Lᵀ R = I column by column.
    let mut root = vec![0.0; p * p];
    for c in 0..p {
        for i in (0..p).rev() {
            let above: f64 = (i + 1..p).map(|k| lower[k * p + i] * root[k * p + c]).sum();
            root[i * p + c] = (f64::from(u8::from(i == c)) - above) / lower[i * p + i];
        }
    }
    Some(root)
}

/// Minus the second derivatives by central differences.
fn curvature(log_density: &dyn Fn(&[f64]) -> f64, maximum: &[f64], top: f64) -> Vec<f64> {
    let p = maximum.len();
    let mut moved = maximum.to_vec();
    let mut single = vec![(0.0, 0.0); p];
    let mut information = vec![0.0; p * p];
    for i in 0..p {
        let mut at = |sign: f64| {
            moved[i] = maximum[i] + sign * STEP;
            log_density(&moved)
        };
        single[i] = (at(1.0), at(-1.0));
        moved[i] = maximum[i];
        information[i * p + i] = (2.0 * top - single[i].0 - single[i].1) / (STEP * STEP);
    }
    for i in 0..p {
        for j in 0..i {
            let mut at = |sign: f64| {
                moved[i] = maximum[i] + sign * STEP;
                moved[j] = maximum[j] + sign * STEP;
                log_density(&moved)
            };
            let (up, down) = (at(1.0), at(-1.0));
            (moved[i], moved[j]) = (maximum[i], maximum[j]);
            let alone = single[i].0 + single[i].1 + single[j].0 + single[j].1;
            let cross = (alone - 2.0 * top - up - down) / (2.0 * STEP * STEP);
            information[i * p + j] = cross;
            information[j * p + i] = cross;
        }
    }
    information
}

fn cholesky(a: &[f64], p: usize) -> Option<Vec<f64>> {
    let mut l = vec![0.0; p * p];
    for j in 0..p {
        let pivot = a[j * p + j] - (0..j).map(|k| l[j * p + k] * l[j * p + k]).sum::<f64>();
        if pivot.is_nan() || pivot <= 1e-9 * a[j * p + j] {
            return None;
        }
        l[j * p + j] = pivot.sqrt();
        for i in j + 1..p {
            let sum: f64 = (0..j).map(|k| l[i * p + k] * l[j * p + k]).sum();
            l[i * p + j] = (a[i * p + j] - sum) / l[j * p + j];
        }
    }
    Some(l)
}

/// How many of `n` paths belong to each draw: the same as its weight, to one path. Weights add up to one; the shares add
/// up to `n` whatever their rounding.
pub(crate) fn shares(weights: impl Iterator<Item = f64>, n: usize) -> Vec<usize> {
    let mut reached = 0.0;
    let mut given = 0;
    let mut shares: Vec<usize> = weights
        .map(|w| {
            reached += w;
            let to = ((reached * n as f64).round() as usize).min(n);
            let own = to - given;
            given = to;
            own
        })
        .collect();
    if let Some(last) = shares.last_mut() {
        *last += n - given;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A correlated normal: the weighted draws have its means and variances.
    #[test]
    fn draws_of_a_normal_have_its_moments() {
        let density = |x: &[f64]| {
            let (a, b) = ((x[0] - 1.0) / 0.2, (x[1] + 2.0) / 0.5);
            -0.5 * (a * a - 1.2 * a * b + b * b) / (1.0 - 0.36)
        };
        let draws = parameter_draws(&density, &[1.0, -2.0], 20_000);
        let mean = |f: &dyn Fn(&[f64]) -> f64| -> f64 {
            draws.iter().map(|d| d.weight * f(&d.point)).sum()
        };
        assert!((mean(&|x| x[0]) - 1.0).abs() < 1e-3);
        assert!((mean(&|x| (x[0] - 1.0).powi(2)).sqrt() - 0.2).abs() < 5e-3);
        assert!((mean(&|x| (x[1] + 2.0).powi(2)).sqrt() - 0.5).abs() < 1e-2);
        assert!((mean(&|x| (x[0] - 1.0) * (x[1] + 2.0)) - 0.06).abs() < 4e-3);
    }

    #[test]
    fn a_density_without_curvature_or_value_leaves_the_maximum() {
        assert_eq!(parameter_draws(&|_| f64::NAN, &[0.0], 10).len(), 1);
        assert!(parameter_draws(&|_| 0.0, &[0.0], 10).len() > 5, "flat: the bound proposes");
        assert_eq!(parameter_draws(&|_| 0.0, &[], 10)[0].weight, 1.0);
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(shares([0.5, 0.25, 0.25].into_iter(), 10), [5, 3, 2]);
        for n in [1, 100, 100_000] {
            assert_eq!(shares([0.333_33; 3].into_iter(), n).iter().sum::<usize>(), n);
        }
    }
}
