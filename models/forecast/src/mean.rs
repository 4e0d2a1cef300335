//! The average of all figures.
//!
//! A benchmark for series without trend. It assumes independent normal figures on the transformed scale. The average is
//! uncertain as well: the standard deviation of a forecast is `s √(1 + 1/T)` (Hyndman and Athanasopoulos 2021, §5.5).
//! Intervals are those of the normal distribution, R's those of Student's t with T − 1 degrees of freedom around the same
//! scale. Checked against R forecast 8.20 `meanf` in tests/theta.rs.

use monazite_stochastic::Stream;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::method::{Account, Estimated, Method, Refusal};
use crate::seasonal_adjustment::Adjusted;
use crate::{
    ForecastError, Forecaster, Marginal, MethodFit, Model, ParameterEstimate, Sample, Transform,
};

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
    mean: f64,
    sigma2: f64,
    errors: Vec<f64>,
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
        let n = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / n;
        let errors: Vec<f64> = figures.iter().map(|w| w - mean).collect();
        let sigma2 = errors.iter().map(|e| e * e).sum::<f64>() / (n - 1.0);
        Ok(Box::new(MeanEstimate { transform, mean, sigma2, errors }))
    }
}

impl Estimated for MeanEstimate {
    fn form(&self) -> String {
        "mean".to_owned()
    }

    fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        let spread = 1.0 + 1.0 / self.errors.len() as f64;
        let one = Marginal::normal(self.mean, (self.sigma2 * spread).sqrt(), self.transform);
        vec![one; horizon]
    }

    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let sd = self.sigma2.sqrt();
        let mut paths = Array2::zeros((n_paths, horizon));
        for mut path in paths.rows_mut() {
            let mean = self.mean + sd / (self.errors.len() as f64).sqrt() * stream.normal();
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
        let n = self.errors.len() as f64;
        let mean_square = self.sigma2 * (n - 1.0) / n;
        let sd = self.sigma2.sqrt();
        let scale = if sd > 0.0 { 1.0 / sd } else { 0.0 };
        Account {
            parameters: vec![ParameterEstimate::normal("sigma2".to_owned(), self.sigma2, None)],
            log_likelihood: Some(-0.5 * n * ((std::f64::consts::TAU * mean_square).ln() + 1.0)),
            n_parameters: 2,
            n: self.errors.len(),
            n_diffuse: 0,
            residuals: self.errors.iter().map(|e| e * scale).collect(),
            in_logs: self.transform == Transform::Log,
            warnings: Vec::new(),
        }
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
