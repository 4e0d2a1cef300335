//! Cholesky factors of small matrices, by rows in one slice, and what is solved by them.

/// Lower triangle L of `L L'` in place; what is above the diagonal stays.
///
/// `None` if a pivot is no more than the share `tolerance` of its own diagonal element: not positive definite.
pub(crate) fn cholesky(a: &mut [f64], k: usize, tolerance: f64) -> Option<()> {
    for j in 0..k {
        for i in j..k {
            let sum: f64 = (0..j).map(|m| a[i * k + m] * a[j * k + m]).sum();
            let value = a[i * k + j] - sum;
            if i == j {
                if value.is_nan() || value <= tolerance * a[j * k + j] {
                    return None;
                }
                a[j * k + j] = value.sqrt();
            } else {
                a[i * k + j] = value / a[j * k + j];
            }
        }
    }
    Some(())
}

/// `L L' x = b` in place.
pub(crate) fn solve(lower: &[f64], k: usize, b: &mut [f64]) {
    for i in 0..k {
        let sum: f64 = (0..i).map(|j| lower[i * k + j] * b[j]).sum();
        b[i] = (b[i] - sum) / lower[i * k + i];
    }
    solve_transposed(lower, k, b);
}

/// `L' x = b` in place.
pub(crate) fn solve_transposed(lower: &[f64], k: usize, b: &mut [f64]) {
    for i in (0..k).rev() {
        let sum: f64 = (i + 1..k).map(|j| lower[j * k + i] * b[j]).sum();
        b[i] = (b[i] - sum) / lower[i * k + i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 2 / 2 5 is L L' with L = 2 0 / 1 2; the solution for 8, 9 is 22/16, 20/16.
    #[test]
    fn two_by_two_by_hand() {
        let mut a = [4.0, 2.0, 2.0, 5.0];
        cholesky(&mut a, 2, 0.0).unwrap();
        assert_eq!([a[0], a[2], a[3]], [2.0, 1.0, 2.0]);
        let mut b = [8.0, 9.0];
        solve(&a, 2, &mut b);
        assert_eq!(b, [1.375, 1.25]);
    }

    #[test]
    fn a_matrix_of_lower_rank_is_refused() {
        assert!(cholesky(&mut [1.0, 1.0, 1.0, 1.0], 2, 0.0).is_none());
        assert!(cholesky(&mut [1.0, 1.0, 1.0, 1.0 + 1e-12], 2, 1e-9).is_none());
        assert!(cholesky(&mut [f64::NAN], 1, 0.0).is_none());
    }
}
