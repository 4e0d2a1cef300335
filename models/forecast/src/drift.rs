//! The random walk with drift: the last figure and the average change.
//!
//! A benchmark for trends. It assumes independent normal changes on the transformed scale. The average of T − 1 changes is
//! itself uncertain, so the variance h steps ahead is `σ² h (1 + h/(T − 1))` (Hyndman and Athanasopoulos 2021, §5.5).
//! Checked against R forecast 8.20 `rwf(drift = TRUE)` in tests/theta.rs.

use monazite_stochastic::Stream;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::average::Average;
use crate::method::{Account, Estimated, Method, Refusal};
use crate::seasonal_adjustment::Adjusted;
use crate::{
    ForecastError, Forecaster, Marginal, MethodFit, Model, ParameterEstimate, Sample, Transform,
};

/// Random walk with drift.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Drift {
    /// Scale it works on; `None`: logarithms or levels of positive figures, whichever are likelier.
    pub transform: Option<Transform>,
}

/// A random walk with drift at its estimates.
#[derive(Debug)]
struct DriftEstimate {
    transform: Transform,
    last: f64,
    changes: Average,
}

impl Method for Drift {
    fn label(&self) -> String {
        "random walk with drift".to_owned()
    }

    fn needed(&self) -> usize {
        3
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        if y.len() < self.needed() {
            return Err(Refusal::TooShort { needed: self.needed() });
        }
        let Adjusted { figures, transform, .. } = Adjusted::of(y, 1, self.transform, true)?;
        let changes: Vec<f64> = figures.windows(2).map(|w| w[1] - w[0]).collect();
        let last = figures[figures.len() - 1];
        Ok(Box::new(DriftEstimate { transform, last, changes: Average::of(&changes) }))
    }
}

impl Estimated for DriftEstimate {
    fn form(&self) -> String {
        "random walk with drift".to_owned()
    }

    fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        let one = |h: usize| {
            let steps = h as f64;
            let spread = steps * (1.0 + steps / self.changes.errors.len() as f64);
            let mean = self.last + steps * self.changes.mean;
            Marginal::normal(mean, (self.changes.sigma2 * spread).sqrt(), self.transform)
        };
        (1..=horizon).map(one).collect()
    }

    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let sd = self.changes.sd();
        let mut paths = Array2::zeros((n_paths, horizon));
        for mut path in paths.rows_mut() {
            // The drift of this path: as the figures leave it open.
            let drift = self.changes.draw(stream);
            let mut now = self.last;
            for value in &mut path {
                now += drift + sd * stream.normal();
                *value = self.transform.inverse(now);
            }
        }
        paths
    }

    fn chosen(&self) -> Option<(Model, Vec<f64>)> {
        Some((Model::Drift(Drift { transform: Some(self.transform) }), Vec::new()))
    }

    fn account(&self) -> Account {
        let mut account = self.changes.account(self.transform, 1);
        // The drift of levels has their unit, which this does not know.
        if self.transform == Transform::Log {
            let se = (self.changes.sigma2 / account.n as f64).sqrt();
            let drift = ParameterEstimate::normal("drift".to_owned(), self.changes.mean, Some(se));
            account.parameters.insert(0, drift);
        }
        account
    }
}

impl Forecaster for Drift {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monazite_stochastic::{Key, Purpose};

    /// Changes 1, 3, 2: drift 2, σ² = 1; two steps ahead 11 ± √(2 · (1 + 2/3)).
    #[test]
    fn three_changes_by_hand() {
        let drift = Drift { transform: Some(Transform::None) };
        let estimate = drift.estimate(&[1.0, 2.0, 5.0, 7.0]).unwrap();
        let two = &estimate.marginals(2)[1];
        assert!((two.mean() - 11.0).abs() < 1e-12);
        let sd = (2.0 * (1.0 + 2.0 / 3.0_f64)).sqrt();
        assert!((two.quantile(0.8413447460685429) - 11.0 - sd).abs() < 1e-7);
        let mut stream = Key::new(3).stream(0, Purpose::named("drift test"));
        let paths = estimate.paths(2, 40_000, &mut stream);
        assert!((paths.column(1).std(0.0) - sd).abs() < 0.03);
    }

    #[test]
    fn two_figures_are_too_short() {
        let refused = Drift::default().estimate(&[1.0, 2.0]).unwrap_err();
        assert_eq!(refused, Refusal::TooShort { needed: 3 });
    }
}
