//! What the sample leaves open about the parameters: weighted draws of them.
//!
//! Intervals at estimates alone are too narrow in short samples. Parameters are drawn around the maximum from a Student t
//! with the curvature there, in the unconstrained parameters of the search, and weighted by posterior over proposal
//! (importance sampling, Kloek and van Dijk 1978). The density is the likelihood with coefficients and scale integrated
//! out (Harville 1974) times the prior of the form: flat in standard deviations and in partial autocorrelations.
//!
//! There are two proposals. State-space models, whose curvature is taken by differences and may be none, have draws from a
//! heavy tail ([`parameter_draws`]). ARIMA models on complete series, where the mode and the information are at hand, have
//! fewer, evenly spread points ([`parameter_points`]). Weights are made in one place.

use monazite_stochastic::{Key, Purpose, Stream};

use crate::cholesky::{cholesky, solve_transposed};
use crate::marginal::normal_quantile;

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

/// Points of a normal proposal, in antithetic pairs.
const N_POINTS: usize = 32;
/// No such point may weigh more than this share.
const LARGEST_SHARE: f64 = 0.2;

/// A parameter vector, its weight and what goes with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighted<T> {
    pub(crate) weight: f64,
    pub(crate) point: Vec<f64>,
    pub(crate) with: T,
}

/// `n` weighted draws around `maximum`; weights add up to one. Without curvature or finite density, the maximum alone.
///
/// What the logarithm of the density was computed from stays with each draw.
pub(crate) fn parameter_draws<T>(
    density: &dyn Fn(&[f64]) -> (f64, T),
    maximum: &[f64],
    n: usize,
) -> Vec<Weighted<T>> {
    let (top, with) = density(maximum);
    let alone = vec![Weighted { weight: 1.0, point: maximum.to_vec(), with }];
    if maximum.is_empty() || n < 2 || !top.is_finite() {
        return alone;
    }
    let log_density = |point: &[f64]| density(point).0;
    let Some(root) = proposal(&log_density, maximum, top) else { return alone };
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
            .map(|i| maximum[i] + stretch * (0..p).map(|j| root[j * p + i] * z[j]).sum::<f64>())
            .collect();
        let proposed = -0.5 * (PROPOSAL_DF + p as f64) * (1.0 + size / PROPOSAL_DF).ln();
        let (target, with) = density(&point);
        drawn.push(Weighted { weight: target - top - proposed, point, with });
    }
    weighed(drawn, NEGLIGIBLE, 1.0).unwrap_or(alone)
}

/// Weighted points around the mode of a density, from the normal whose precision has the Cholesky factor `factor`; with
/// each goes a level in (0, 1) of one further parameter. `None` where the density has no value at any of them.
///
/// The points are a fixed Kronecker sequence with antithetic halves, weighed by posterior over proposal (Geweke 1989).
pub(crate) fn parameter_points(
    log_density: &mut dyn FnMut(&[f64]) -> Option<f64>,
    mode: &[f64],
    factor: &[f64],
) -> Option<Vec<Weighted<f64>>> {
    let k = mode.len();
    let mut found = Vec::with_capacity(N_POINTS);
    for at in 0..N_POINTS / 2 {
        let uniform = kronecker(at, k + 1);
        let z: Vec<f64> = uniform[1..].iter().map(|u| normal_quantile(*u)).collect();
        let proposed = -0.5 * z.iter().map(|x| x * x).sum::<f64>();
        for sign in [1.0, -1.0] {
            let mut shift: Vec<f64> = z.iter().map(|x| sign * x).collect();
            solve_transposed(factor, k, &mut shift);
            let point: Vec<f64> = mode.iter().zip(&shift).map(|(m, s)| m + s).collect();
            let Some(target) = log_density(&point) else { continue };
            let level = if sign > 0.0 { uniform[0] } else { 1.0 - uniform[0] };
            found.push(Weighted { weight: target - proposed, point, with: level });
        }
    }
    weighed(found, 0.0, LARGEST_SHARE)
}

/// Logarithms of weights into weights that add up to one; `None` if none is finite.
///
/// Points that weigh less than the share `negligible` of the heaviest are left out, and weights are truncated towards
/// `largest_share` (Ionides 2008), so that a few points do not stand for all.
fn weighed<T>(
    mut points: Vec<Weighted<T>>,
    negligible: f64,
    largest_share: f64,
) -> Option<Vec<Weighted<T>>> {
    points.retain(|p| p.weight.is_finite());
    let largest = points.iter().map(|p| p.weight).reduce(f64::max)?;
    points.retain(|p| p.weight > largest + negligible.ln());
    for p in &mut points {
        p.weight = (p.weight - largest).exp();
    }
    let rounds = if largest_share < 1.0 { 3 } else { 0 };
    for _ in 0..rounds {
        share_out(&mut points);
        for p in &mut points {
            p.weight = p.weight.min(largest_share);
        }
    }
    share_out(&mut points);
    Some(points)
}

/// Weights over their sum.
fn share_out<T>(points: &mut [Weighted<T>]) {
    let total: f64 = points.iter().map(|p| p.weight).sum();
    for p in points {
        p.weight /= total;
    }
}

/// A draw of χ² with whole degrees of freedom.
pub(crate) fn chi_squared(df: usize, stream: &mut Stream) -> f64 {
    (0..df).map(|_| stream.normal().powi(2)).sum()
}

/// `R`, column by column, with `R R'` the inverse of the curvature at the maximum, bounded by [`LARGEST_SD`].
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
    let mut lower = information.clone();
    let mut tries = 0;
    while cholesky(&mut lower, p, 1e-9).is_none() {
        tries += 1;
        if tries == 20 {
            return None;
        }
        for i in 0..p {
            information[i * p + i] *= 1.5;
        }
        lower.copy_from_slice(&information);
    }
    let mut root = vec![0.0; p * p];
    for (c, column) in root.chunks_exact_mut(p).enumerate() {
        column[c] = 1.0;
        solve_transposed(&lower, p, column);
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

/// Quantile of χ² (Wilson and Hilferty 1931), to a thousandth of itself from five degrees of freedom on.
pub(crate) fn chi_squared_quantile(probability: f64, degrees: f64) -> f64 {
    let ninth = 2.0 / (9.0 * degrees);
    let root = 1.0 - ninth + normal_quantile(probability) * ninth.sqrt();
    degrees * root.max(0.05).powi(3)
}

/// The `at`-th point of a Kronecker sequence in so many dimensions, inside (0, 1): multiples of the powers of the inverse
/// of the root of `x^(d+1) = x + 1` (the generalised golden ratio), around the middle.
fn kronecker(at: usize, dimensions: usize) -> Vec<f64> {
    let power = 1.0 / (dimensions as f64 + 1.0);
    let root = (0..60).fold(1.5_f64, |x, _| (1.0 + x).powf(power));
    (1..=dimensions)
        .map(|j| (0.5 + (at as f64 + 1.0) * root.powi(-(j as i32))).fract().clamp(1e-3, 1.0 - 1e-3))
        .collect()
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
            (-0.5 * (a * a - 1.2 * a * b + b * b) / (1.0 - 0.36), ())
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
        assert_eq!(parameter_draws(&|_| (f64::NAN, ()), &[0.0], 10).len(), 1);
        assert!(parameter_draws(&|_| (0.0, ()), &[0.0], 10).len() > 5, "flat: the bound proposes");
        assert_eq!(parameter_draws(&|_| (0.0, ()), &[], 10)[0].weight, 1.0);
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(shares([0.5, 0.25, 0.25].into_iter(), 10), [5, 3, 2]);
        for n in [1, 100, 100_000] {
            assert_eq!(shares([0.333_33; 3].into_iter(), n).iter().sum::<usize>(), n);
        }
    }

    #[test]
    fn points_fill_the_cube() {
        let mean = |j: usize| (0..16).map(|i| kronecker(i, 4)[j]).sum::<f64>() / 16.0;
        for j in 0..4 {
            assert!((mean(j) - 0.5).abs() < 0.06, "{j} {}", mean(j));
        }
    }

    /// A normal with its own precision as proposal: equal weights, none cut.
    #[test]
    fn points_of_a_normal_weigh_the_same() {
        let mut density = |x: &[f64]| Some(-0.5 * ((x[0] - 1.0) / 0.25).powi(2));
        let points = parameter_points(&mut density, &[1.0], &[4.0]).unwrap();
        assert_eq!(points.len(), N_POINTS);
        assert!(points.iter().all(|p| (p.weight - 1.0 / N_POINTS as f64).abs() < 1e-12));
        let variance: f64 = points.iter().map(|p| p.weight * (p.point[0] - 1.0).powi(2)).sum();
        assert!((variance.sqrt() - 0.25).abs() < 0.02, "{variance}");
        assert!(parameter_points(&mut |_| None, &[1.0], &[4.0]).is_none());
    }

    #[test]
    fn a_heavy_point_is_cut_and_one_that_is_nothing_left_out() {
        let point = |weight| Weighted { weight, point: vec![], with: () };
        let all = vec![point(3.0), point(0.0), point(0.0), point(f64::NAN), point(-20.0)];
        let cut = weighed(all.clone(), NEGLIGIBLE, 0.5).unwrap();
        assert_eq!(cut.len(), 3);
        let total = 3.0_f64.exp() + 2.0;
        assert!(
            (weighed(all, NEGLIGIBLE, 1.0).unwrap()[0].weight - 3.0_f64.exp() / total).abs()
                < 1e-12
        );
        // Three rounds by hand: .5, .117352, .117352 before the last sum.
        assert!((cut[0].weight - 0.680_546).abs() < 1e-6);
        assert!((cut.iter().map(|p| p.weight).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
