//! Householder QR of a regressor matrix with columns scaled by powers of two, which costs no digit, to length 1 … 2.
//!
//! Serves everything but the coefficients themselves: rank, (X'X)⁻¹, leverages, auxiliary regressions. A column whose
//! part not explained by the columns before it is shorter than 10⁻¹² of its length counts as collinear; there is no
//! pivoting, so the later column is the one that is named. Reference: Golub and Van Loan (2013), §5.2–5.3.

/// X = Q·R·S with S powers of two near the column lengths; Q is kept as explicit columns.
#[derive(Debug, Clone)]
pub(crate) struct Qr {
    n: usize,
    k: usize,
    /// Orthonormal columns, one after the other.
    q: Vec<f64>,
    /// Upper triangle, row-major k×k.
    r: Vec<f64>,
    scales: Vec<f64>,
}

/// Shortest unexplained part of a column, relative to its length, that is not rounding.
const RANK_TOLERANCE: f64 = 1e-12;

impl Qr {
    /// Decomposes; the error is the index of the first collinear column.
    pub(crate) fn of(columns: &[Vec<f64>]) -> Result<Self, usize> {
        let (k, n) = (columns.len(), columns.first().map_or(0, Vec::len));
        let scales: Vec<f64> = columns.iter().map(|c| norm(c).log2().floor().exp2()).collect();
        let mut reflectors: Vec<Vec<f64>> = Vec::with_capacity(k);
        let mut r = vec![0.0; k * k];
        for (j, column) in columns.iter().enumerate() {
            if scales[j] == 0.0 {
                return Err(j);
            }
            let mut v: Vec<f64> = column.iter().map(|x| x / scales[j]).collect();
            for (i, reflector) in reflectors.iter().enumerate() {
                reflect(reflector, i, &mut v);
            }
            for (i, value) in v.iter().take(j).enumerate() {
                r[i * k + j] = *value;
            }
            let rest = norm(&v[j..]);
            if rest < RANK_TOLERANCE {
                return Err(j);
            }
            let diagonal = if v[j] > 0.0 { -rest } else { rest };
            r[j * k + j] = diagonal;
            v[j] -= diagonal;
            v[..j].fill(0.0);
            let length = norm(&v[j..]);
            v[j..].iter_mut().for_each(|x| *x /= length);
            reflectors.push(v);
        }
        let mut q = vec![0.0; n * k];
        for (j, column) in q.chunks_exact_mut(n).enumerate() {
            column[j] = 1.0;
            for (i, reflector) in reflectors.iter().enumerate().rev() {
                reflect(reflector, i, column);
            }
        }
        Ok(Self { n, k, q, r, scales })
    }

    /// Column `j` of Q.
    pub(crate) fn q(&self, j: usize) -> &[f64] {
        &self.q[j * self.n..(j + 1) * self.n]
    }

    /// Fitted values Q Q'y.
    pub(crate) fn project(&self, y: &[f64]) -> Vec<f64> {
        let mut fitted = vec![0.0; self.n];
        for j in 0..self.k {
            let weight = dot(self.q(j), y);
            fitted.iter_mut().zip(self.q(j)).for_each(|(f, q)| *f += weight * q);
        }
        fitted
    }

    /// y − Q Q'y, projected twice so that it is orthogonal to working precision.
    pub(crate) fn residuals(&self, y: &[f64]) -> Vec<f64> {
        let mut residuals = y.to_vec();
        for _ in 0..2 {
            let explained = self.project(&residuals);
            residuals.iter_mut().zip(&explained).for_each(|(u, f)| *u -= f);
        }
        residuals
    }

    /// Diagonal of the hat matrix.
    pub(crate) fn leverages(&self) -> Vec<f64> {
        let mut leverages = vec![0.0; self.n];
        for j in 0..self.k {
            leverages.iter_mut().zip(self.q(j)).for_each(|(h, q)| *h += q * q);
        }
        leverages
    }

    /// S⁻¹R⁻¹ M R⁻ᵀS⁻¹ for a symmetric k×k `M`, the meat of a sandwich in the coordinates of Q.
    pub(crate) fn sandwich(&self, meat: &[f64]) -> Vec<f64> {
        let k = self.k;
        // Row i of `half` is R⁻¹S⁻¹ applied to column i of the symmetric meat.
        let half: Vec<Vec<f64>> = meat
            .chunks_exact(k)
            .map(|row| {
                let mut column = row.to_vec();
                self.back_substitute(&mut column);
                column
            })
            .collect();
        let mut sandwich = vec![0.0; k * k];
        for i in 0..k {
            let mut row: Vec<f64> = half.iter().map(|column| column[i]).collect();
            self.back_substitute(&mut row);
            sandwich[i * k..(i + 1) * k].copy_from_slice(&row);
        }
        // Both triangles were computed apart; make them the same bytes.
        for i in 0..k {
            for j in 0..i {
                let mean = 0.5 * (sandwich[i * k + j] + sandwich[j * k + i]);
                sandwich[i * k + j] = mean;
                sandwich[j * k + i] = mean;
            }
        }
        sandwich
    }

    /// b ← S⁻¹R⁻¹b.
    fn back_substitute(&self, b: &mut [f64]) {
        let k = self.k;
        for i in (0..k).rev() {
            let known: f64 = (i + 1..k).map(|j| self.r[i * k + j] * b[j]).sum();
            b[i] = (b[i] - known) / self.r[i * k + i];
        }
        b.iter_mut().zip(&self.scales).for_each(|(b, scale)| *b /= scale);
    }

    /// Largest over smallest singular value of the columns scaled to length one (one-sided Jacobi on R).
    pub(crate) fn condition_number(&self) -> f64 {
        let k = self.k;
        let column = |j: usize| -> Vec<f64> {
            let column: Vec<f64> = (0..k).map(|i| self.r[i * k + j]).collect();
            let length = norm(&column);
            column.into_iter().map(|x| x / length).collect()
        };
        let mut columns: Vec<Vec<f64>> = (0..k).map(column).collect();
        for _ in 0..60 {
            let mut largest_cosine = 0.0_f64;
            for i in 0..k {
                for j in i + 1..k {
                    largest_cosine = largest_cosine.max(orthogonalise(&mut columns, i, j));
                }
            }
            if largest_cosine < 1e-14 {
                break;
            }
        }
        let lengths = columns.iter().map(|c| norm(c));
        let (least, most) =
            lengths.fold((f64::INFINITY, 0.0_f64), |(lo, hi), l| (lo.min(l), hi.max(l)));
        most / least
    }
}

/// Rotates two columns to be orthogonal; returns the cosine of the angle they had.
fn orthogonalise(columns: &mut [Vec<f64>], i: usize, j: usize) -> f64 {
    let (head, tail) = columns.split_at_mut(j);
    let (a, b) = (&mut head[i], &mut tail[0]);
    let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
    let cosine = ab.abs() / (aa * bb).sqrt();
    if ab != 0.0 {
        let zeta = (bb - aa) / (2.0 * ab);
        let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
        let c = 1.0 / (1.0 + t * t).sqrt();
        let s = c * t;
        for (x, y) in a.iter_mut().zip(b.iter_mut()) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
    cosine
}

/// v ← v − 2 u (u'v), where u is zero before `from`.
fn reflect(u: &[f64], from: usize, v: &mut [f64]) {
    let twice = 2.0 * dot(&u[from..], &v[from..]);
    v[from..].iter_mut().zip(&u[from..]).for_each(|(v, u)| *v -= twice * u);
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

/// Solves A x = b for a symmetric positive definite n×n `a`; `None` if it is not.
pub(crate) fn cholesky_solve(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let known = dot(&l[i * n..i * n + j], &l[j * n..j * n + j]);
            let rest = a[i * n + j] - known;
            if i == j {
                if rest <= 1e-13 * a[i * n + i].abs() || !rest.is_finite() {
                    return None;
                }
                l[i * n + i] = rest.sqrt();
            } else {
                l[i * n + j] = rest / l[j * n + j];
            }
        }
    }
    let mut x = b.to_vec();
    for i in 0..n {
        let known = dot(&l[i * n..i * n + i], &x[..i]);
        x[i] = (x[i] - known) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| l[j * n + i] * x[j]).sum();
        x[i] = (x[i] - known) / l[i * n + i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Vec<f64>> {
        vec![vec![1.0; 4], vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 4.0, 9.0, 16.5]]
    }

    #[test]
    fn q_is_orthonormal_and_spans_the_columns() {
        let qr = Qr::of(&columns()).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let expected = f64::from(u8::from(i == j));
                assert!((dot(qr.q(i), qr.q(j)) - expected).abs() < 1e-15);
            }
        }
        for column in columns() {
            let fitted = qr.project(&column);
            assert!(fitted.iter().zip(&column).all(|(f, c)| (f - c).abs() < 1e-13));
        }
        assert!((qr.leverages().iter().sum::<f64>() - 3.0).abs() < 1e-14);
    }

    /// (X'X)⁻¹ of a line through x = 1…4 by hand: [1.5, −.5; −.5, .2].
    #[test]
    fn the_sandwich_of_the_identity_is_the_inverse_of_the_cross_products() {
        let qr = Qr::of(&columns()[..2]).unwrap();
        let inverse = qr.sandwich(&[1.0, 0.0, 0.0, 1.0]);
        for (ours, golden) in inverse.iter().zip([1.5, -0.5, -0.5, 0.2]) {
            assert!((ours - golden).abs() < 1e-14, "{ours} {golden}");
        }
    }

    #[test]
    fn the_later_of_two_collinear_columns_is_named() {
        let mut dependent = columns();
        dependent.push((0..4).map(|i| 3.0 * dependent[1][i] - 7.0).collect());
        assert_eq!(Qr::of(&dependent).unwrap_err(), 3);
        assert_eq!(Qr::of(&[vec![0.0; 4]]).unwrap_err(), 0);
    }

    /// Two unit columns at an angle with cosine c have singular values √(1 ± c).
    #[test]
    fn the_condition_number_of_two_columns() {
        let qr = Qr::of(&[vec![1.0, 0.0, 0.0], vec![0.6, 0.8, 0.0]]).unwrap();
        assert!((qr.condition_number() - 2.0).abs() < 1e-14);
    }

    #[test]
    fn a_singular_matrix_is_not_solved() {
        assert_eq!(cholesky_solve(&[1.0, 1.0, 1.0, 1.0], &[1.0, 1.0]), None);
        let x = cholesky_solve(&[4.0, 2.0, 2.0, 3.0], &[2.0, 5.0]).unwrap();
        assert!((x[0] + 0.5).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15, "{x:?}");
    }
}
