//! Whitened figures, regressors and pulses: what a search for outliers needs at given parameters.
//!
//! Innovations are linear in the figures, `v / √F = L y`, so that the whitened column of any regressor follows from
//! those of pulses: that of a step is the sum of the pulses from its first period on. Generalised least squares of
//! whitened figures on whitened columns is ordinary least squares (Kohn and Ansley 1985; de Jong and Penzer 1998).

use ndarray::{Array1, Array2};

use crate::error::StateSpaceError;
use crate::gains::{Gains, Kind, pass};
use crate::log_sum::gaussian_plan;
use crate::model::{Channel, StateSpace};
use crate::observations::Observations;
use crate::spans::{Plan, dot};

/// Innovations over the root of their variance, one row a measurement that counts.
#[derive(Debug, Clone)]
pub struct Whitened {
    figures: Array1<f64>,
    regressors: Array2<f64>,
    pulses: Array2<f64>,
}

impl Whitened {
    /// Of the figures, without any regressor taken off.
    pub fn figures(&self) -> &Array1<f64> {
        &self.figures
    }

    /// Of the regressors, `measurements × k`.
    pub fn regressors(&self) -> &Array2<f64> {
        &self.regressors
    }

    /// Of one unit more of the signal of every channel in one period, `measurements × n_periods`.
    pub fn pulses(&self) -> &Array2<f64> {
        &self.pulses
    }
}

/// Whitens the figures, the regressors and a pulse in each period.
///
/// # Errors
/// As [`crate::filter`].
pub fn whiten(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Whitened, StateSpaceError> {
    let plan = gaussian_plan(model, channels, observations)?.0;
    let mut gains = Gains::default();
    pass(&plan, Some(&mut gains))?;
    let proper: Vec<usize> =
        (0..gains.n_items()).filter(|&i| gains.kind[i] == Kind::Proper).collect();
    let columns = plan.k + 1;
    let over_root = |item: usize, v: f64| v / gains.f[item].sqrt();
    let column = |c: usize, row: usize| over_root(proper[row], gains.v[proper[row] * columns + c]);
    let mut pulses = Array2::zeros((proper.len(), plan.n_periods));
    let mut work = Work::new(&plan);
    for t in 0..plan.n_periods {
        work.pulse(&plan, &gains, t);
        for (row, &item) in proper.iter().enumerate() {
            pulses[[row, t]] = over_root(item, work.v[item]);
        }
    }
    Ok(Whitened {
        figures: Array1::from_shape_fn(proper.len(), |row| column(0, row)),
        regressors: Array2::from_shape_fn((proper.len(), plan.k), |(row, j)| column(j + 1, row)),
        pulses,
    })
}

/// Buffers of the pass of one pulse.
struct Work {
    v: Vec<f64>,
    mean: Vec<f64>,
    scratch: Vec<f64>,
}

impl Work {
    fn new(plan: &Plan) -> Self {
        let zeros = || vec![0.0; plan.m];
        Self { v: vec![0.0; plan.items.len()], mean: zeros(), scratch: zeros() }
    }

    /// Innovations of a pulse in period `at`: nothing happens before it.
    fn pulse(&mut self, plan: &Plan, gains: &Gains, at: usize) {
        self.v.fill(0.0);
        self.mean.fill(0.0);
        for t in at..plan.n_periods {
            if t > at {
                plan.advance(t, &mut self.mean, &mut self.scratch);
            }
            for item in plan.first_item[t]..plan.first_item[t + 1] {
                let seen: f64 =
                    plan.items[item].terms().filter(|(p, _)| *p == at).map(|(_, w)| w).sum();
                let v = seen - dot(plan.row(item), &self.mean);
                self.v[item] = v;
                let (f, f_inf, m_star, m_inf) = gains.of_item(plan.m, item);
                let (gain, variance) = match gains.kind[item] {
                    Kind::Diffuse => (m_inf, f_inf),
                    Kind::Proper => (m_star, f),
                    Kind::Redundant => continue,
                };
                let step = v / variance;
                for (a, g) in self.mean.iter_mut().zip(gain) {
                    *a += step * g;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Initial, Measurement, Scale, filter};
    use ndarray::{Array2, arr1, arr2};

    /// A local level with a sum over two periods; the step from period 3 on as a regressor.
    #[test]
    fn pulses_add_up_to_a_step_and_give_its_coefficient() {
        let step = |t: usize| if t >= 3 { 1.0 } else { 0.0 };
        let regressors = Array2::from_shape_fn((7, 1), |(t, _)| step(t));
        let model = StateSpace::new(
            Array2::eye(2) - arr2(&[[0.0, 0.0], [0.0, 1.0]]),
            arr2(&[[0.3, 0.0], [0.0, 1.0]]),
            Initial::diffuse_then(1, &arr2(&[[1.0]])).unwrap(),
        )
        .unwrap();
        let channel = Channel::new(arr1(&[1.0, 1.0]), regressors, 0.0).unwrap();
        let figures = vec![
            Measurement::new(0, 0, 1.0),
            Measurement::new(0, 1, 2.0),
            Measurement::sum(0, 3, 2, 7.0),
            Measurement::new(0, 4, 6.0),
            Measurement::new(0, 5, 5.5),
            Measurement::new(0, 6, 7.0),
        ];
        let observations = Observations::new(7, Scale::Level, figures).unwrap();
        let channels = [channel];
        let whitened = whiten(&model, &channels, &observations).unwrap();
        let column = whitened.regressors().column(0).to_owned();
        for (row, x) in column.iter().enumerate() {
            let summed: f64 = (3..7).map(|t| whitened.pulses()[[row, t]]).sum();
            assert!((x - summed).abs() < 1e-12);
        }
        let filtered = filter(&model, &channels, &observations).unwrap();
        let beta = column.dot(whitened.figures()) / column.dot(&column);
        assert!((beta - filtered.coefficients()[0]).abs() < 1e-12);
        let variance = 1.0 / column.dot(&column);
        assert!((variance - filtered.coefficient_covariance()[[0, 0]]).abs() < 1e-12);
    }
}
