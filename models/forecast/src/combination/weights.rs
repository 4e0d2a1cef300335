//! Weights of the members of a combination.

use serde::{Deserialize, Serialize};

use super::origins::Record;

/// How members are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// All the same.
    Equal,
    /// All the same, but members whose errors at rolling origins are far larger than those of the median member are left
    /// out: what a record of a few origins can tell is that a model fails.
    Screened,
    /// In inverse proportion to mean squared errors at rolling origins (Bates and Granger 1969, without covariances).
    InverseError,
    /// Those on the simplex that would have given the least squared errors at rolling origins (Breiman 1996).
    Stacking,
}

/// Why weights are equal (docs/decisions/008).
const EQUAL: &str = "equal weight: estimated weights did no better";
/// A member whose error is more than this many times that of the median member is left out.
const FAR: f64 = 2.0;
/// Steps of the search for stacking weights.
const STEPS: usize = 2000;

impl Weights {
    /// Whether errors at rolling origins are needed.
    pub(crate) fn needs_record(self) -> bool {
        self != Self::Equal
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Equal => "equal mixture",
            Self::Screened => "screened mixture",
            Self::InverseError => "inverse-error mixture",
            Self::Stacking => "stacked mixture",
        }
    }

    /// Weights of `n` members and the reason for each; they add up to one.
    pub(crate) fn of(self, n: usize, record: Option<&Record>) -> Vec<(f64, String)> {
        let equal = 1.0 / n as f64;
        let Some(record) = record else {
            let reason = if self.needs_record() && n > 1 {
                "equal weight: the sample is too short for a record"
            } else {
                EQUAL
            };
            return vec![(equal, reason.to_owned()); n];
        };
        match self {
            Self::Equal => vec![(equal, EQUAL.to_owned()); n],
            Self::Screened => screened(record),
            Self::InverseError => {
                let inverse: Vec<f64> =
                    record.squared().iter().map(|s| 1.0 / s.max(1e-300)).collect();
                let total: f64 = inverse.iter().sum();
                let reason = "inverse mean squared error at rolling origins".to_owned();
                inverse.iter().map(|w| (w / total, reason.clone())).collect()
            }
            Self::Stacking => {
                let reason = "least squared errors at rolling origins".to_owned();
                stacking(record).into_iter().map(|w| (w, reason.clone())).collect()
            }
        }
    }
}

fn screened(record: &Record) -> Vec<(f64, String)> {
    let errors: Vec<f64> = (0..record.n_members()).map(|i| record.mase(i)).collect();
    let mut sorted = errors.clone();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    let kept = |e: &&f64| **e <= FAR * median;
    let n_kept = errors.iter().filter(kept).count().max(1);
    errors
        .iter()
        .map(|e| {
            if kept(&e) {
                let share = 1.0 / n_kept as f64;
                return (share, format!("equal weight: within {FAR} times the median error"));
            }
            (0.0, format!("left out: error {:.1} times that of the median member", e / median))
        })
        .collect()
}

/// Exponentiated gradient on the simplex (Kivinen and Warmuth 1997), from equal weights.
fn stacking(record: &Record) -> Vec<f64> {
    let n = record.n_members();
    let products = record.products();
    let largest = (0..n).map(|i| products[i * n + i]).fold(0.0, f64::max);
    let mut weights = vec![1.0 / n as f64; n];
    if largest <= 0.0 {
        return weights;
    }
    for _ in 0..STEPS {
        let gradient: Vec<f64> = (0..n)
            .map(|i| (0..n).map(|j| products[i * n + j] * weights[j]).sum::<f64>() / largest)
            .collect();
        for (w, g) in weights.iter_mut().zip(&gradient) {
            *w *= (-g).exp();
        }
        let total: f64 = weights.iter().sum();
        for w in &mut weights {
            *w /= total;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(errors: &[&[f64]]) -> Record {
        Record::new(errors.iter().map(|e| e.to_vec()).collect(), 1.0)
    }

    #[test]
    fn inverse_errors_by_hand() {
        let r = record(&[&[1.0, -1.0], &[2.0, 2.0]]);
        let w = Weights::InverseError.of(2, Some(&r));
        assert!((w[0].0 - 0.8).abs() < 1e-12 && (w[1].0 - 0.2).abs() < 1e-12);
    }

    /// Errors that cancel: the best mixture is half and half, not the better member.
    #[test]
    fn stacking_finds_errors_that_cancel() {
        let r = record(&[&[1.0, 1.0, 1.0], &[-1.0, -1.0, -1.0], &[3.0, -3.0, 3.0]]);
        let w = Weights::Stacking.of(3, Some(&r));
        assert!((w[0].0 - 0.5).abs() < 1e-3 && (w[1].0 - 0.5).abs() < 1e-3 && w[2].0 < 1e-3);
    }

    #[test]
    fn a_member_that_fails_is_left_out() {
        let r = record(&[&[1.0], &[1.1], &[0.9], &[5.0]]);
        let w = Weights::Screened.of(4, Some(&r));
        assert_eq!(w[3].0, 0.0);
        assert!((w[0].0 - 1.0 / 3.0).abs() < 1e-12, "{w:?}");
    }
}
