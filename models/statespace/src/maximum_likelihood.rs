//! Maximum likelihood over unconstrained parameters, Hessians and standard errors.
//!
//! The search is argmin's BFGS with the line search of Moré and Thuente (1994) on central-difference gradients
//! (Nocedal and Wright 2006, ch. 6 and 8), restarted with a fresh curvature until nothing improves; if the gradient is
//! then still large, argmin's Nelder–Mead from there and BFGS again. The best point of all starts is returned. A value
//! that is not finite counts as a rejection: the search sees a bowl above the starting value that leads it back.
//! Deterministic. Transformations (logs of variances, partial autocorrelations) are the caller's, with the delta method.
//!
//! ```
//! use monazite_statespace::{SearchOptions, maximise, standard_errors};
//! // Ten observations of mean 3 and variance 4, known variance: ℓ(μ) = −10 (μ − 3)² / 8.
//! let log_likelihood = |p: &[f64]| -10.0 * (p[0] - 3.0).powi(2) / 8.0;
//! let best = maximise(&log_likelihood, &[vec![0.0]], &SearchOptions::default())?;
//! assert!((best.point[0] - 3.0).abs() < 1e-6);
//! assert!((standard_errors(&log_likelihood, &best.point)?[0] - 0.4_f64.sqrt()).abs() < 1e-6);
//! # Ok::<(), monazite_statespace::StateSpaceError>(())
//! ```

use crate::error::StateSpaceError;
use crate::matrix::invert_spd;
use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::neldermead::NelderMead;
use argmin::solver::quasinewton::BFGS;
use ndarray::Array2;
use std::cell::RefCell;

/// How hard to search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchOptions {
    /// Quasi-Newton iterations per run (a start is run up to four times).
    pub max_iterations: u64,
    /// The point counts as found when the norm of the gradient is below this.
    pub gradient_tolerance: f64,
    /// How gradients are taken during the search; the one reported at its end is central.
    pub differences: Differences,
}

/// Numerical derivatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differences {
    /// Two evaluations a parameter, error of second order.
    Central,
    /// One evaluation a parameter, error of first order: for searches that need a few digits only.
    Forward,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { max_iterations: 200, gradient_tolerance: 1e-4, differences: Differences::Central }
    }
}

/// The best point found.
#[derive(Debug, Clone, PartialEq)]
pub struct Maximum {
    /// Where.
    pub point: Vec<f64>,
    /// The log-likelihood there.
    pub value: f64,
    /// Norm of its gradient.
    pub gradient_norm: f64,
    /// Iterations over all starts.
    pub iterations: u64,
    /// Whether the gradient tolerance was met.
    pub converged: bool,
}

/// Best point seen and its negative log-likelihood.
type Best = (Vec<f64>, f64);

/// The negative log-likelihood as argmin sees it.
struct Objective<'a> {
    log_likelihood: &'a dyn Fn(&[f64]) -> f64,
    start: &'a [f64],
    /// Added to the bowl that stands for rejected points.
    rim: f64,
    best: &'a RefCell<Best>,
    differences: Differences,
    /// The point evaluated last: a line search asks for its gradient next.
    last: &'a RefCell<Best>,
}

impl Objective<'_> {
    fn at(&self, point: &[f64]) -> f64 {
        let value = -(self.log_likelihood)(point);
        if value.is_finite() {
            let mut best = self.best.borrow_mut();
            if value < best.1 {
                *best = (point.to_vec(), value);
            }
            return value;
        }
        self.rim + point.iter().zip(self.start).map(|(x, s)| (x - s) * (x - s)).sum::<f64>()
    }
}

impl Objective<'_> {
    fn slope(&self, point: &[f64]) -> Vec<f64> {
        match self.differences {
            Differences::Central => central_gradient(&|p| self.at(p), point),
            Differences::Forward => {
                let known = Some(self.last.borrow().clone()).filter(|last| last.0 == point);
                let here = known.map_or_else(|| self.at(point), |last| last.1);
                forward_gradient(&|p| self.at(p), point, here)
            }
        }
    }
}

impl CostFunction for Objective<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Vec<f64>) -> Result<f64, Error> {
        let value = self.at(point);
        *self.last.borrow_mut() = (point.clone(), value);
        Ok(value)
    }
}

impl Gradient for Objective<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, point: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.slope(point))
    }
}

fn central_gradient(function: &dyn Fn(&[f64]) -> f64, point: &[f64]) -> Vec<f64> {
    let mut moved = point.to_vec();
    (0..point.len())
        .map(|i| {
            let step = 3e-5 * point[i].abs().max(1.0);
            moved[i] = point[i] + step;
            let above = function(&moved);
            moved[i] = point[i] - step;
            let below = function(&moved);
            moved[i] = point[i];
            (above - below) / (2.0 * step)
        })
        .collect()
}

fn forward_gradient(function: &dyn Fn(&[f64]) -> f64, point: &[f64], here: f64) -> Vec<f64> {
    let mut moved = point.to_vec();
    (0..point.len())
        .map(|i| {
            let step = 1e-6 * point[i].abs().max(1.0);
            moved[i] = point[i] + step;
            let above = function(&moved);
            moved[i] = point[i];
            (above - here) / step
        })
        .collect()
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Maximises `log_likelihood` from several starts; −∞ and NaN count as rejections.
///
/// # Errors
/// `NoFiniteStart`.
pub fn maximise(
    log_likelihood: &dyn Fn(&[f64]) -> f64,
    starts: &[Vec<f64>],
    options: &SearchOptions,
) -> Result<Maximum, StateSpaceError> {
    let mut overall: Option<Best> = None;
    let mut iterations = 0;
    for start in starts {
        let value = -log_likelihood(start);
        if !value.is_finite() {
            continue;
        }
        let best = RefCell::new((start.clone(), value));
        let rim = value.abs().mul_add(0.1, value + 100.0);
        let last = RefCell::new((Vec::new(), f64::NAN));
        let differences = options.differences;
        let objective =
            |start| Objective { log_likelihood, start, rim, best: &best, differences, last: &last };
        iterations += quasi_newton(&objective, &best, options);
        if !start.is_empty()
            && gradient_norm(log_likelihood, &best.borrow().0) > options.gradient_tolerance
        {
            iterations += simplex(&objective, &best, options);
            iterations += quasi_newton(&objective, &best, options);
        }
        let found = best.into_inner();
        if overall.as_ref().is_none_or(|o| found.1 < o.1) {
            overall = Some(found);
        }
    }
    let Some((point, value)) = overall else {
        return Err(StateSpaceError::NoFiniteStart { n_starts: starts.len() });
    };
    let gradient_norm = gradient_norm(log_likelihood, &point);
    Ok(Maximum {
        point,
        value: -value,
        gradient_norm,
        iterations,
        converged: gradient_norm <= options.gradient_tolerance,
    })
}

fn gradient_norm(log_likelihood: &dyn Fn(&[f64]) -> f64, point: &[f64]) -> f64 {
    norm(&central_gradient(log_likelihood, point))
}

/// BFGS from the best point, again with a fresh curvature while it helps. A failing line search ends a run, its best point kept.
fn quasi_newton<'a>(
    objective: &dyn Fn(&'a [f64]) -> Objective<'a>,
    best: &RefCell<Best>,
    options: &SearchOptions,
) -> u64 {
    let mut iterations = 0;
    for _ in 0..4 {
        let (point, before) = best.borrow().clone();
        let problem = objective(&[]);
        let problem = Objective { start: &point, ..problem };
        let gradient = problem.slope(&point);
        let size = norm(&gradient);
        if size <= 0.01 * options.gradient_tolerance || !size.is_finite() || point.is_empty() {
            break;
        }
        // The first step is at most one unit long.
        let first = 1.0 / size.max(1.0);
        let curvature: Vec<Vec<f64>> = (0..point.len())
            .map(|i| (0..point.len()).map(|j| if i == j { first } else { 0.0 }).collect())
            .collect();
        let Ok(solver) = BFGS::new(MoreThuenteLineSearch::new())
            .with_tolerance_grad(0.01 * options.gradient_tolerance)
            .and_then(|s| s.with_tolerance_cost(1e-11))
        else {
            break;
        };
        let run = Executor::new(problem, solver)
            .configure(|s| {
                s.param(point.clone()).inv_hessian(curvature).max_iters(options.max_iterations)
            })
            .run();
        iterations += run.map_or(1, |r| r.state().get_iter());
        if before - best.borrow().1 < 1e-7 {
            break;
        }
    }
    iterations
}

fn simplex<'a>(
    objective: &dyn Fn(&'a [f64]) -> Objective<'a>,
    best: &RefCell<Best>,
    options: &SearchOptions,
) -> u64 {
    let point = best.borrow().0.clone();
    let problem = Objective { start: &point, ..objective(&[]) };
    let mut corners = vec![point.clone()];
    for i in 0..point.len() {
        let mut corner = point.clone();
        corner[i] += 0.1 * corner[i].abs().max(1.0);
        corners.push(corner);
    }
    let Ok(solver) = NelderMead::new(corners).with_sd_tolerance(1e-9) else {
        return 0;
    };
    let run =
        Executor::new(problem, solver).configure(|s| s.max_iters(2 * options.max_iterations)).run();
    run.map_or(1, |r| r.state().get_iter())
}

/// Second derivatives of `function` by central differences at two steps, extrapolated (Richardson): error `O(h⁴)`.
///
/// # Errors
/// `NotFinite` if the function is not finite around the point.
pub fn hessian(
    function: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
) -> Result<Array2<f64>, StateSpaceError> {
    let coarse = second_differences(function, point, 2e-3)?;
    let fine = second_differences(function, point, 1e-3)?;
    Ok((fine * 4.0 - coarse) / 3.0)
}

fn second_differences(
    function: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
    relative_step: f64,
) -> Result<Array2<f64>, StateSpaceError> {
    let p = point.len();
    let step: Vec<f64> = point.iter().map(|x| relative_step * x.abs().max(1.0)).collect();
    let at = |moves: &[(usize, f64)]| -> Result<f64, StateSpaceError> {
        let mut moved = point.to_vec();
        for &(i, s) in moves {
            moved[i] += s * step[i];
        }
        let value = function(&moved);
        if value.is_finite() {
            Ok(value)
        } else {
            let index = moves.first().map_or(0, |m| m.0);
            Err(StateSpaceError::NotFinite {
                what: "function around the point, by parameter",
                index,
                value,
            })
        }
    };
    let centre = at(&[])?;
    let mut h = Array2::zeros((p, p));
    for i in 0..p {
        h[[i, i]] = (at(&[(i, 1.0)])? - 2.0 * centre + at(&[(i, -1.0)])?) / (step[i] * step[i]);
        for j in 0..i {
            let same = at(&[(i, 1.0), (j, 1.0)])? + at(&[(i, -1.0), (j, -1.0)])?;
            let opposite = at(&[(i, 1.0), (j, -1.0)])? + at(&[(i, -1.0), (j, 1.0)])?;
            let v = (same - opposite) / (4.0 * step[i] * step[j]);
            h[[i, j]] = v;
            h[[j, i]] = v;
        }
    }
    Ok(h)
}

/// Inverse of minus the Hessian of the log-likelihood.
///
/// # Errors
/// `Hessian` if it is not positive definite, `NotFinite` if the likelihood is not finite around the point.
pub fn covariance_at(
    log_likelihood: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
) -> Result<Array2<f64>, StateSpaceError> {
    let information: Vec<f64> = hessian(log_likelihood, point)?.iter().map(|v| -v).collect();
    let p = point.len();
    let inverse = invert_spd(&information, p, 1e-10)
        .map_err(|(row, pivot)| StateSpaceError::Hessian { row, pivot })?;
    Ok(Array2::from_shape_fn((p, p), |(i, j)| inverse[i * p + j]))
}

/// Square roots of the diagonal of [`covariance_at`].
///
/// # Errors
/// As [`covariance_at`].
pub fn standard_errors(
    log_likelihood: &dyn Fn(&[f64]) -> f64,
    point: &[f64],
) -> Result<Vec<f64>, StateSpaceError> {
    covariance_at(log_likelihood, point).map(|c| c.diag().mapv(f64::sqrt).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rosenbrock_from_two_starts() {
        let f = |p: &[f64]| -(100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2));
        let best =
            maximise(&f, &[vec![-1.2, 1.0], vec![3.0, -2.0]], &SearchOptions::default()).unwrap();
        assert!(best.converged, "{best:?}");
        assert!(
            (best.point[0] - 1.0).abs() < 1e-5 && (best.point[1] - 1.0).abs() < 1e-5,
            "{best:?}"
        );
    }

    /// One evaluation a parameter finds the same point to the digits it promises, in fewer evaluations.
    #[test]
    fn forward_differences_are_cheaper_and_close() {
        let count = std::cell::Cell::new(0);
        let f = |p: &[f64]| {
            count.set(count.get() + 1);
            -(p[0] - 1.0).powi(2) - 3.0 * (p[1] + 2.0).powi(4) - (p[2] * p[0]).powi(2)
        };
        let start = [vec![3.0, 1.0, 1.0]];
        let mut evaluations = [0; 2];
        for (at, differences) in
            [Differences::Central, Differences::Forward].into_iter().enumerate()
        {
            count.set(0);
            let options =
                SearchOptions { differences, gradient_tolerance: 1e-2, ..Default::default() };
            let best = maximise(&f, &start, &options).unwrap();
            assert!(best.converged && (best.point[0] - 1.0).abs() < 1e-2, "{best:?}");
            evaluations[at] = count.get();
        }
        assert!(evaluations[1] < evaluations[0], "{evaluations:?}");
    }

    #[test]
    fn rejected_points_do_not_stop_the_search() {
        // ℓ(σ²) of ten observations with sum of squares 20; only σ² > 0.1 is allowed, NaN below.
        let f = |p: &[f64]| if p[0] > 0.1 { -5.0 * p[0].ln() - 10.0 / p[0] } else { f64::NAN };
        let best =
            maximise(&f, &[vec![-1.0], vec![0.11], vec![9.0]], &SearchOptions::default()).unwrap();
        assert!(best.converged && (best.point[0] - 2.0).abs() < 1e-5, "{best:?}");
        assert!(matches!(
            maximise(&f, &[vec![-1.0]], &SearchOptions::default()),
            Err(StateSpaceError::NoFiniteStart { n_starts: 1 })
        ));
    }

    #[test]
    fn hessian_of_a_quartic_and_an_unidentified_parameter() {
        let f = |p: &[f64]| -(p[0].powi(4) + p[0] * p[1] + p[1] * p[1]);
        let h = hessian(&f, &[0.5, -0.25]).unwrap();
        assert!(
            (h[[0, 0]] + 3.0).abs() < 1e-6
                && (h[[0, 1]] + 1.0).abs() < 1e-6
                && (h[[1, 1]] + 2.0).abs() < 1e-6
        );
        let flat = |p: &[f64]| -(p[0] + p[1]).powi(2);
        assert!(matches!(covariance_at(&flat, &[0.0, 0.0]), Err(StateSpaceError::Hessian { .. })));
    }
}
