//! Anderson's acceleration of a fixed-point iteration.
//!
//! Prices of a good that is cheap to store are expectations of expectations: plain iteration loses a few per cent of its
//! error a round. Of the last rounds x ↦ G(x) with residuals f = G(x) − x, the combination with weights that sum to one
//! and make Σ αf smallest is taken, and Σ αG(x) is the next x. A round that makes the residual larger discards what went
//! before. Reference: Walker and Ni (2011), "Anderson acceleration for fixed-point iterations", SIAM Journal on
//! Numerical Analysis 49(4).

/// Rounds that are combined.
const MEMORY: usize = 8;
/// Growth of the residual that is put up with.
const GROWTH: f64 = 1.2;
/// Added to the diagonal of the normal equations, relative to their trace.
const RIDGE: f64 = 1e-13;

/// The last rounds.
#[derive(Debug, Default)]
pub(super) struct Acceleration {
    mapped: Vec<Vec<f64>>,
    residuals: Vec<Vec<f64>>,
    last_norm: Option<f64>,
}

impl Acceleration {
    /// The next point after a round that gave `mapped` with `residual`.
    pub(super) fn next(&mut self, mapped: Vec<f64>, residual: Vec<f64>) -> Vec<f64> {
        let norm = dot(&residual, &residual);
        if self.last_norm.is_some_and(|last| norm > GROWTH * GROWTH * last) {
            self.restart();
        }
        self.last_norm = Some(norm);
        if self.mapped.len() == MEMORY {
            self.mapped.remove(0);
            self.residuals.remove(0);
        }
        self.mapped.push(mapped);
        self.residuals.push(residual);
        self.combined()
    }

    /// Forgets all rounds.
    pub(super) fn restart(&mut self) {
        self.mapped.clear();
        self.residuals.clear();
        self.last_norm = None;
    }

    fn combined(&self) -> Vec<f64> {
        let last = self.residuals.len() - 1;
        let newest = &self.residuals[last];
        let steps: Vec<Vec<f64>> = self.residuals[..last]
            .iter()
            .map(|one| one.iter().zip(newest).map(|(old, new)| old - new).collect())
            .collect();
        let mut matrix: Vec<Vec<f64>> =
            steps.iter().map(|a| steps.iter().map(|b| dot(a, b)).collect()).collect();
        let trace: f64 = (0..last).map(|i| matrix[i][i]).sum();
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] += RIDGE * trace;
        }
        let mut right: Vec<f64> = steps.iter().map(|step| -dot(step, newest)).collect();
        let mut next = self.mapped[last].clone();
        if !solve_symmetric(&mut matrix, &mut right) {
            return next;
        }
        for (old, weight) in self.mapped.iter().zip(right) {
            for ((value, new), old) in next.iter_mut().zip(&self.mapped[last]).zip(old) {
                *value += weight * (old - new);
            }
        }
        next
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Solves a positive definite system in place by Cholesky's method; whether it is one.
fn solve_symmetric(matrix: &mut [Vec<f64>], right: &mut [f64]) -> bool {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - sum;
            if i == j {
                if rest <= 0.0 || !rest.is_finite() {
                    return false;
                }
                matrix[i][i] = rest.sqrt();
            } else {
                matrix[i][j] = rest / matrix[j][j];
            }
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A linear map in three dimensions with eigenvalues .99, .9 and .5 is solved in five rounds.
    #[test]
    fn a_linear_map_is_solved_in_as_many_rounds_as_dimensions() {
        let map = |x: &[f64]| {
            vec![0.99 * x[0] + 0.1 * x[1] + 1.0, 0.9 * x[1] - 0.2 * x[2] + 2.0, 0.5 * x[2] - 1.0]
        };
        let (mut x, mut acceleration) = (vec![0.0; 3], Acceleration::default());
        for _ in 0..6 {
            let mapped = map(&x);
            let residual = mapped.iter().zip(&x).map(|(new, old)| new - old).collect();
            x = acceleration.next(mapped, residual);
        }
        let change = map(&x).iter().zip(&x).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        assert!(change < 1e-6, "{change}; plain iteration leaves 2");
    }

    #[test]
    fn a_singular_system_is_refused() {
        assert!(!solve_symmetric(&mut [vec![1.0, 1.0], vec![1.0, 1.0]], &mut [1.0, 1.0]));
    }
}
