//! Polynomials in the lag operator, constant term first.

/// Product of two polynomials.
pub(crate) fn multiply(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    product
}

/// A polynomial in `B^s` written in `B`.
pub(crate) fn seasonal(polynomial: &[f64], season: usize) -> Vec<f64> {
    let mut long = vec![0.0; (polynomial.len() - 1) * season + 1];
    for (j, c) in polynomial.iter().enumerate() {
        long[j * season] = *c;
    }
    long
}

/// φ of `1 − Σ φ_j B^j` from partial autocorrelations inside (−1, 1): stationary, and every stationary one is reached
/// (Monahan 1984; the Levinson–Durbin recursion).
pub(crate) fn coefficients_from_partial(partial: &[f64]) -> Vec<f64> {
    let mut phi: Vec<f64> = Vec::with_capacity(partial.len());
    for &last in partial {
        let before = phi.clone();
        let k = before.len();
        for j in 0..k {
            phi[j] = before[j] - last * before[k - 1 - j];
        }
        phi.push(last);
    }
    phi
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ar2_from_its_partial_autocorrelations() {
        // φ2 = π2, φ1 = π1 (1 − π2).
        let phi = coefficients_from_partial(&[0.5, -0.3]);
        assert!((phi[0] - 0.65).abs() < 1e-15 && (phi[1] + 0.3).abs() < 1e-15);
    }

    #[test]
    fn products_and_seasons() {
        assert_eq!(multiply(&[1.0, -1.0], &[1.0, 1.0]), [1.0, 0.0, -1.0]);
        assert_eq!(seasonal(&[1.0, -1.0], 4), [1.0, 0.0, 0.0, 0.0, -1.0]);
    }
}
