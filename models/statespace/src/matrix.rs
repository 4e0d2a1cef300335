//! Small dense matrices: checks, Cholesky of semi-definite matrices, solves.

use crate::error::StateSpaceError;
use ndarray::Array2;

/// Every element finite.
pub(crate) fn check_finite<'a>(
    what: &'static str,
    values: impl Iterator<Item = &'a f64>,
) -> Result<(), StateSpaceError> {
    for (index, &value) in values.enumerate() {
        if !value.is_finite() {
            return Err(StateSpaceError::NotFinite { what, index, value });
        }
    }
    Ok(())
}

/// Finite, symmetric, and no covariance larger than its two variances allow.
pub(crate) fn check_covariance(what: &'static str, a: &Array2<f64>) -> Result<(), StateSpaceError> {
    check_finite(what, a.iter())?;
    let m = a.nrows();
    for i in 0..m {
        if a[[i, i]] < 0.0 {
            return Err(StateSpaceError::NotCovariance { what, index: i, value: a[[i, i]] });
        }
        for j in 0..i {
            let (upper, lower) = (a[[j, i]], a[[i, j]]);
            let bound = (a[[i, i]] * a[[j, j]]).sqrt();
            if (upper - lower).abs() > 1e-9 * bound.max(upper.abs()) {
                return Err(StateSpaceError::NotSymmetric {
                    what,
                    row: j,
                    column: i,
                    upper,
                    lower,
                });
            }
            if upper.abs() > bound * (1.0 + 1e-9) + f64::MIN_POSITIVE {
                return Err(StateSpaceError::NotCovariance { what, index: i, value: upper });
            }
        }
    }
    Ok(())
}

/// Lower factor `L` with `L L' = A` (row-major, `m × m`) for a semi-definite `A`: a pivot that vanishes gives a zero column. Returns `L` and its rank.
pub(crate) fn semidefinite_factor(a: &[f64], m: usize) -> (Vec<f64>, usize) {
    let mut l = vec![0.0; m * m];
    let mut rank = 0;
    for j in 0..m {
        let pivot = a[j * m + j] - (0..j).map(|k| l[j * m + k] * l[j * m + k]).sum::<f64>();
        if pivot <= 1e-12 * a[j * m + j] || pivot <= 0.0 {
            continue;
        }
        rank += 1;
        let root = pivot.sqrt();
        l[j * m + j] = root;
        for i in j + 1..m {
            let sum: f64 = (0..j).map(|k| l[i * m + k] * l[j * m + k]).sum();
            l[i * m + j] = (a[i * m + j] - sum) / root;
        }
    }
    (l, rank)
}

/// Inverse of a symmetric positive definite matrix after scaling it to a unit diagonal; `Err(row, pivot)` where it fails (pivot of the scaled matrix at most `tolerance`).
pub(crate) fn invert_spd(a: &[f64], k: usize, tolerance: f64) -> Result<Vec<f64>, (usize, f64)> {
    let scale: Vec<f64> = (0..k).map(|i| a[i * k + i].max(0.0).sqrt()).collect();
    let mut l = vec![0.0; k * k];
    for j in 0..k {
        if scale[j] <= 0.0 || !scale[j].is_finite() {
            return Err((j, a[j * k + j]));
        }
        let pivot = 1.0 - (0..j).map(|n| l[j * k + n] * l[j * k + n]).sum::<f64>();
        if pivot.is_nan() || pivot <= tolerance {
            return Err((j, pivot));
        }
        l[j * k + j] = pivot.sqrt();
        for i in j + 1..k {
            let sum: f64 = (0..j).map(|n| l[i * k + n] * l[j * k + n]).sum();
            l[i * k + j] = (a[i * k + j] / (scale[i] * scale[j]) - sum) / l[j * k + j];
        }
    }
    let mut inverse = vec![0.0; k * k];
    let mut column = vec![0.0; k];
    for c in 0..k {
        for i in 0..k {
            let rhs = if i == c { 1.0 } else { 0.0 };
            column[i] =
                (rhs - (0..i).map(|n| l[i * k + n] * column[n]).sum::<f64>()) / l[i * k + i];
        }
        for i in (0..k).rev() {
            column[i] = (column[i] - (i + 1..k).map(|n| l[n * k + i] * column[n]).sum::<f64>())
                / l[i * k + i];
        }
        for i in 0..k {
            inverse[i * k + c] = column[i] / (scale[i] * scale[c]);
        }
    }
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_of_a_singular_covariance_reproduces_it() {
        let a = [4.0, 2.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 9.0];
        let (l, rank) = semidefinite_factor(&a, 3);
        assert_eq!(rank, 2);
        for i in 0..3 {
            for j in 0..3 {
                let v: f64 = (0..3).map(|k| l[i * 3 + k] * l[j * 3 + k]).sum();
                assert!((v - a[i * 3 + j]).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn inverse_by_hand_and_the_row_that_fails() {
        let inverse = invert_spd(&[4.0, 2.0, 2.0, 3.0], 2, 1e-12).unwrap();
        for (got, want) in inverse.iter().zip([0.375, -0.25, -0.25, 0.5]) {
            assert!((got - want).abs() < 1e-15);
        }
        assert_eq!(invert_spd(&[1.0, 1.0, 1.0, 1.0], 2, 1e-12).unwrap_err().0, 1);
    }
}
