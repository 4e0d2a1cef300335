//! Small dense algebra and covariances of the method: rows of length k, matrices row by row.

use super::Searched;
use crate::EconometricsError;

pub(super) fn failed(reason: &str) -> EconometricsError {
    EconometricsError::NotMaximised { model: "simulated moments", reason: reason.to_owned() }
}

pub(super) fn gap(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Covariance of rows of `k` values, row-major.
pub(super) fn covariance(rows: &[Vec<f64>], k: usize) -> Vec<f64> {
    let n = rows.len() as f64;
    let mean: Vec<f64> = (0..k).map(|i| rows.iter().map(|r| r[i]).sum::<f64>() / n).collect();
    let element = |i: usize, j: usize| {
        let products = rows.iter().map(|r| (r[i] - mean[i]) * (r[j] - mean[j]));
        products.sum::<f64>() / (n - 1.0)
    };
    (0..k * k).map(|at| element(at / k, at % k)).collect()
}

/// Parameters inside their ranges that some moment responds to: over its whole range by a hundredth of its standard error.
pub(super) fn free_parameters(
    searched: &[Searched],
    theta: &[f64],
    slopes: &[f64],
    covariance: &[f64],
) -> Vec<usize> {
    let n = theta.len();
    let k = slopes.len() / n;
    let inside = |j: usize| {
        let (one, range) = (&searched[j], searched[j].high - searched[j].low);
        theta[j] - one.low > 1e-3 * range && one.high - theta[j] > 1e-3 * range
    };
    let responds = |j: usize| {
        let range = searched[j].high - searched[j].low;
        (0..k).any(|i| {
            let moved = (slopes[i * n + j] * range).abs();
            moved.is_finite() && moved > 0.01 * covariance[i * k + i].sqrt()
        })
    };
    (0..n).filter(|&j| inside(j) && responds(j)).collect()
}

/// (D'WD)⁻¹D'W over the free parameters, row-major; `None` if they cannot be told apart.
pub(super) fn projection(
    slopes: &[f64],
    weights: &[f64],
    (k, n): (usize, usize),
    free: &[usize],
) -> Option<Vec<f64>> {
    let m = free.len();
    // D'W.
    let mut dw = vec![0.0; m * k];
    for (f, &j) in free.iter().enumerate() {
        for i in 0..k {
            dw[f * k + i] = (0..k).map(|l| slopes[l * n + j] * weights[l * k + i]).sum();
        }
    }
    let mut dwd = vec![0.0; m * m];
    for f in 0..m {
        for (g, &j) in free.iter().enumerate() {
            dwd[f * m + g] = (0..k).map(|i| dw[f * k + i] * slopes[i * n + j]).sum();
        }
    }
    let inverse = inverse(&dwd, m)?;
    let mut result = vec![0.0; m * k];
    for f in 0..m {
        for i in 0..k {
            result[f * k + i] = (0..m).map(|g| inverse[f * m + g] * dw[g * k + i]).sum();
        }
    }
    Some(result)
}

/// x'Ax, A row-major.
pub(super) fn quadratic(matrix: &[f64], x: &[f64]) -> f64 {
    let rows = matrix.chunks_exact(x.len().max(1));
    rows.zip(x).map(|(row, xi)| xi * dot(row, x)).sum()
}

/// Inverse of a symmetric positive definite matrix, scaled to a unit diagonal first; `None` if it is nearly singular.
pub(super) fn inverse(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let scale: Vec<f64> = (0..n).map(|i| matrix[i * n + i].sqrt()).collect();
    let columns: Vec<Vec<f64>> = (0..n)
        .map(|j| (0..n).map(|i| matrix[i * n + j] / (scale[i] * scale[j])).collect())
        .collect();
    // Cholesky factor L, lower triangle, row-major.
    let mut factor = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|l| factor[i * n + l] * factor[j * n + l]).sum();
            let rest = columns[j][i] - sum;
            if i == j {
                if rest.is_nan() || rest < 1e-12 {
                    return None;
                }
                factor[i * n + i] = rest.sqrt();
            } else {
                factor[i * n + j] = rest / factor[j * n + j];
            }
        }
    }
    let mut result = vec![0.0; n * n];
    for c in 0..n {
        let mut x = vec![0.0; n];
        for i in c..n {
            let sum: f64 = (c..i).map(|l| factor[i * n + l] * x[l]).sum();
            x[i] = (f64::from(u8::from(i == c)) - sum) / factor[i * n + i];
        }
        for i in (0..n).rev() {
            let sum: f64 = (i + 1..n).map(|l| factor[l * n + i] * x[l]).sum();
            x[i] = (x[i] - sum) / factor[i * n + i];
        }
        for i in 0..n {
            result[i * n + c] = x[i] / (scale[i] * scale[c]);
        }
    }
    Some(result)
}
