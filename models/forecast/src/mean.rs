//! The average of all figures.
//!
//! A benchmark for series without trend. It assumes independent normal figures on the transformed scale. The average is
//! uncertain as well: the standard deviation of a forecast is `s √(1 + 1/T)` (Hyndman and Athanasopoulos 2021, §5.5).
//! Intervals are those of the normal distribution, R's those of Student's t with T − 1 degrees of freedom around the same
//! scale. Checked against R forecast 8.20 `meanf` in tests/theta.rs.

use monazite_stochastic::Stream;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::average::Average;
use crate::method::{Account, Estimated, Method, Refusal};
use crate::seasonal_adjustment::Adjusted;
use crate::{ForecastError, Forecaster, Marginal, MethodFit, Model, Sample, Transform};

/// The average of all figures.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Mean {
    /// Scale it works on; `None`: logarithms or levels of positive figures, whichever are likelier.
    pub transform: Option<Transform>,
}

/// The average and what it leaves.
#[derive(Debug)]
struct MeanEstimate {
    transform: Transform,
    figures: Average,
}

impl Method for Mean {
    fn label(&self) -> String {
        "mean".to_owned()
    }

    fn needed(&self) -> usize {
        2
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        if y.len() < self.needed() {
            return Err(Refusal::TooShort { needed: self.needed() });
        }
        let Adjusted { figures, transform, .. } = Adjusted::of(y, 1, self.transform, true)?;
        Ok(Box::new(MeanEstimate { transform, figures: Average::of(&figures) }))
    }
}

impl Estimated for MeanEstimate {
    fn form(&self) -> String {
        "mean".to_owned()
    }

    fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        let Average { mean, sigma2, errors } = &self.figures;
        let spread = 1.0 + 1.0 / errors.len() as f64;
        let one = Marginal::normal(*mean, (sigma2 * spread).sqrt(), self.transform);
        vec![one; horizon]
    }

    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let sd = self.figures.sd();
        let mut paths = Array2::zeros((n_paths, horizon));
        for mut path in paths.rows_mut() {
            let mean = self.figures.draw(stream);
            for value in &mut path {
                *value = self.transform.inverse(mean + sd * stream.normal());
            }
        }
        paths
    }

    fn chosen(&self) -> Option<(Model, Vec<f64>)> {
        Some((Model::Mean(Mean { transform: Some(self.transform) }), Vec::new()))
    }

    fn account(&self) -> Account {
        self.figures.account(self.transform, 0)
    }
}

impl Forecaster for Mean {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 2, 3: mean 2, s = 1, standard deviation √(4/3).
    #[test]
    fn three_figures_by_hand() {
        let estimate =
            Mean { transform: Some(Transform::None) }.estimate(&[1.0, 3.0, 2.0]).unwrap();
        let one = &estimate.marginals(3)[2];
        assert!((one.mean() - 2.0).abs() < 1e-12);
        let sd = (4.0_f64 / 3.0).sqrt();
        assert!((one.quantile(0.8413447460685429) - 2.0 - sd).abs() < 1e-7);
        let refused = Mean::default().estimate(&[1.0]).unwrap_err();
        assert_eq!(refused, Refusal::TooShort { needed: 2 });
    }
}
