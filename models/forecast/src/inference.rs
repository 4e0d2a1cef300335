//! Standard errors of an estimation, and its report.
//!
//! The covariance of the coefficients is that of the joint Hessian,
//!
//! ```text
//! cov(β̂) = cov_GLS(β̂ | ψ̂) + (∂β̂/∂ψ') cov(ψ̂) (∂β̂/∂ψ')'
//! ```
//!
//! which is the block of its inverse (partitioned inverse of the Hessian of the likelihood in ψ and β). Standard errors
//! of variances come from the Hessian in their logarithms. A parameter at the edge of its range has none.

use monazite_statespace::{Channel, Filtered, Scale, StateSpaceError, correct_to, covariance_at};
use ndarray::Array2;

use crate::diagnostics::Diagnostics;
use crate::form::Dynamics;
use crate::problem::{Design, Problem};
use crate::report::{Correction, FitReport, ParameterEstimate};

/// Aim for the Monte Carlo standard error of the corrected log-likelihood; .01 is what a report promises.
const CORRECTION_ERROR: f64 = 0.0095;

/// Covariance of the interior parameters and what coefficients add to their own.
struct Uncertainty {
    /// Standard errors of natural parameters, `None` at an edge or if the Hessian is no maximum's.
    se: Vec<Option<f64>>,
    /// Added to the covariance of the coefficients.
    added: Array2<f64>,
    warning: Option<String>,
}

fn uncertainty(problem: &Problem<'_>, natural: &[f64], factor: f64, k: usize) -> Uncertainty {
    let inside: Vec<usize> = (0..natural.len()).filter(|&i| !problem.at_edge(i, natural)).collect();
    // In logarithms of variances and in coefficients as they are.
    let point: Vec<f64> = inside
        .iter()
        .map(|&i| if problem.is_variance(i) { natural[i].ln() } else { natural[i] })
        .collect();
    let with = |moved: &[f64]| {
        let mut full = natural.to_vec();
        for (&i, x) in inside.iter().zip(moved) {
            full[i] = if problem.is_variance(i) { x.exp() } else { *x };
        }
        full
    };
    let mut result =
        Uncertainty { se: vec![None; natural.len()], added: Array2::zeros((k, k)), warning: None };
    if inside.is_empty() {
        return result;
    }
    let covariance = match covariance_at(&|p| problem.objective(&with(p)), &point) {
        Ok(covariance) => covariance,
        Err(e) => {
            result.warning = Some(format!("no standard errors of the dynamics: {e}"));
            return result;
        }
    };
    for (at, &i) in inside.iter().enumerate() {
        let own = covariance[[at, at]].sqrt();
        let scale = if problem.is_variance(i) { natural[i] } else { 1.0 };
        result.se[i] = Some(own * scale);
    }
    if k > 0
        && let Some(jacobian) = coefficient_jacobian(problem, &with, &point, factor, k)
    {
        result.added = jacobian.dot(&covariance).dot(&jacobian.t());
    }
    result
}

/// ∂β̂/∂ψ by central differences.
fn coefficient_jacobian(
    problem: &Problem<'_>,
    with: &dyn Fn(&[f64]) -> Vec<f64>,
    point: &[f64],
    factor: f64,
    k: usize,
) -> Option<Array2<f64>> {
    let mut jacobian = Array2::zeros((k, point.len()));
    let mut moved = point.to_vec();
    for j in 0..point.len() {
        let step = 1e-4 * point[j].abs().max(1.0);
        let mut at = |x: f64| {
            moved[j] = x;
            problem.filtered(&with(&moved), factor).ok().map(|f| f.coefficients().clone())
        };
        let (above, below) = (at(point[j] + step)?, at(point[j] - step)?);
        moved[j] = point[j];
        jacobian.column_mut(j).assign(&((above - below) / (2.0 * step)));
    }
    Some(jacobian)
}

pub(crate) fn report(
    problem: &Problem<'_>,
    design: &Design,
    (natural, factor): (&[f64], f64),
    filtered: &Filtered,
    channels: &[Channel],
    dynamics: &Dynamics,
) -> Result<FitReport, StateSpaceError> {
    let k = design.columns.len();
    let uncertain = uncertainty(problem, natural, factor, k);
    let mut warnings: Vec<String> = uncertain.warning.into_iter().collect();
    for name in &design.left_out {
        warnings.push(format!("regressor `{name}` is zero throughout the sample: left out"));
    }
    let mut names = problem.form.names();
    for &c in &problem.noisy {
        names.push(format!("noise variance of {}", problem.sample.publications()[c].series.id()));
    }
    let mut parameters: Vec<ParameterEstimate> = names
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            // Relative noise variances are stated in the unit of the data.
            let unit = if problem.form.relative() && problem.is_variance(i) { factor } else { 1.0 };
            let (value, se) = (natural[i] * unit, uncertain.se[i].map(|s| s * unit));
            if problem.is_variance(i) {
                ParameterEstimate::variance(name, value, se)
            } else {
                ParameterEstimate::normal(name, value, se)
            }
        })
        .collect();
    for p in parameters.iter().filter(|p| p.se.is_none()) {
        warnings.push(format!("{} = {:.3e} is at the edge of its range", p.name, p.value));
    }
    let n = filtered.likelihood().n();
    if problem.form.relative() {
        // Information on ln σ² is n/2, and σ² is orthogonal to the rest in the concentrated likelihood.
        let se = factor * (2.0 / n as f64).sqrt();
        parameters.push(ParameterEstimate::variance("sigma2".into(), factor, Some(se)));
    }
    let covariance = filtered.coefficient_covariance() + &uncertain.added;
    let coefficients = design
        .names
        .iter()
        .enumerate()
        .map(|(j, name)| {
            let se = covariance[[j, j]].max(0.0).sqrt();
            ParameterEstimate::normal(name.clone(), filtered.coefficients()[j], Some(se))
        })
        .collect();
    let correction = correction(problem, channels, dynamics)?;
    let diagnostics =
        Diagnostics::of(filtered, problem.form.names().len(), problem.form.relative());
    Ok(FitReport {
        model: problem.form.label(),
        id: problem.sample.target().id().to_owned(),
        from: problem.sample.first_period(),
        to: problem.sample.last_period(),
        n,
        n_diffuse: filtered.likelihood().n_diffuse(),
        in_logs: problem.sample.scale() == Scale::Log,
        log_likelihood: filtered.log_likelihood(),
        correction,
        n_parameters: parameters.len() + k,
        parameters,
        coefficients,
        diagnostics,
        warnings,
    })
}

/// The importance-sampling correction, where the sample has sums of months in logs.
fn correction(
    problem: &Problem<'_>,
    channels: &[Channel],
    dynamics: &Dynamics,
) -> Result<Option<Correction>, StateSpaceError> {
    if !problem.log_sums {
        return Ok(None);
    }
    let corrected = correct_to(&dynamics.model, channels, &problem.observations, CORRECTION_ERROR)?;
    Ok(Some(Correction {
        log_likelihood: corrected.log_likelihood(),
        standard_error: corrected.standard_error(),
        n_draws: corrected.n_draws(),
    }))
}
