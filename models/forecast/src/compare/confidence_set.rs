//! The model confidence set of Hansen, Lunde and Nason (2011, Econometrica 79): the models that contain the best one with
//! a given confidence.
//!
//! From all models, equal accuracy is tested and the worst taken out as long as it is rejected. With `L̄ᵢ` the mean loss of
//! a model, `t_ij = (L̄ᵢ − L̄ⱼ)/se` and `tᵢ = (L̄ᵢ − mean L̄)/se`, the statistic is `max |t_ij|` ([`Statistic::Range`], their
//! `T_R`) or `max tᵢ` ([`Statistic::Max`], their `T_max`). Standard errors and the distribution under equality come from a
//! circular block bootstrap of the origins (Politis and Romano 1992), which keeps what is common to the models and the
//! dependence within blocks. The p-value of a model is the largest of the tests up to the one that took it out (their
//! definition 4); a set at confidence 1 − α has the models whose p-value is at least α.
//!
//! Power: with 24 origins a year ahead there are two or three independent blocks. The set then keeps nearly everything
//! unless one model is worse in almost every origin. A wide set says that the record is too short, not that the models
//! are alike; with fewer than about ten blocks the bootstrap itself understates standard errors.

use monazite_stochastic::{Key, Purpose};
use serde::Serialize;

use crate::ForecastError;

/// What the test of equal accuracy is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The largest t of a model against the average of all.
    Max,
    /// The largest t between two models.
    Range,
}

/// How a confidence set is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceSetOptions {
    /// The statistic.
    pub statistic: Statistic,
    /// Origins in a block: at least the horizon of the forecasts, in origins.
    pub block: usize,
    /// Bootstrap samples.
    pub n_bootstrap: usize,
    /// Seed of the samples.
    pub seed: u64,
}

/// Which models may be the best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfidenceSet {
    /// p-value of each model, in the order of the losses; that of the last one left is 1.
    pub p_values: Vec<f64>,
    /// Models in the order in which they were taken out, the last one left at the end.
    pub eliminated: Vec<usize>,
}

impl ConfidenceSet {
    /// Of losses, one row a model, in the order of time.
    ///
    /// # Errors
    /// No model, losses that are not finite or not as many for each, fewer than two origins, or no block or sample.
    pub fn of_losses(
        losses: &[Vec<f64>],
        options: &ConfidenceSetOptions,
    ) -> Result<Self, ForecastError> {
        let n = check(losses, options)?;
        let mut stream = Key::new(options.seed).stream(0, Purpose::named("model confidence set"));
        let n_blocks = n.div_ceil(options.block);
        let starts: Vec<Vec<usize>> = (0..options.n_bootstrap)
            .map(|_| (0..n_blocks).map(|_| stream.below(n as u64) as usize).collect())
            .collect();
        Ok(Self::of_starts(losses, &starts, options.block, options.statistic))
    }

    /// With blocks of `block` origins that begin at these, one row a bootstrap sample; the last block is cut short.
    fn of_starts(
        losses: &[Vec<f64>],
        starts: &[Vec<usize>],
        block: usize,
        statistic: Statistic,
    ) -> Self {
        let means: Vec<f64> =
            losses.iter().map(|l| l.iter().sum::<f64>() / l.len() as f64).collect();
        let draws: Vec<Vec<f64>> = losses
            .iter()
            .zip(&means)
            .map(|(l, mean)| starts.iter().map(|s| block_mean(l, s, block) - mean).collect())
            .collect();
        let mut left: Vec<usize> = (0..losses.len()).collect();
        let mut p_values = vec![1.0; losses.len()];
        let mut eliminated = Vec::with_capacity(losses.len());
        let mut largest = 0.0_f64;
        while left.len() > 1 {
            let (p, worst) = match statistic {
                Statistic::Max => against_average(&left, &means, &draws),
                Statistic::Range => between_pairs(&left, &means, &draws),
            };
            largest = largest.max(p);
            let model = left.remove(worst);
            p_values[model] = largest;
            eliminated.push(model);
        }
        eliminated.extend(left);
        Self { p_values, eliminated }
    }

    /// The models in the set at confidence `1 − alpha`, in the order of the losses.
    pub fn members(&self, alpha: f64) -> Vec<usize> {
        (0..self.p_values.len()).filter(|&model| self.p_values[model] >= alpha).collect()
    }
}

fn check(losses: &[Vec<f64>], options: &ConfidenceSetOptions) -> Result<usize, ForecastError> {
    let n = losses.first().map_or(0, Vec::len);
    for (what, found, needed) in [
        ("number of models", losses.len(), 1),
        ("number of origins", n, 2),
        ("number of origins in a block", options.block, 1),
        ("number of bootstrap samples", options.n_bootstrap, 1),
    ] {
        if found < needed {
            return Err(ForecastError::Count { what, found, needed });
        }
    }
    if losses.iter().any(|l| l.len() != n || l.iter().any(|x| !x.is_finite())) {
        return Err(ForecastError::Specification(
            "a confidence set needs a finite loss of every model at every origin".to_owned(),
        ));
    }
    Ok(n)
}

/// Mean over blocks on a circle, as many values as there are.
fn block_mean(losses: &[f64], starts: &[usize], block: usize) -> f64 {
    let n = losses.len();
    let at = (0..n).map(|i| (starts[i / block] + i % block) % n);
    at.map(|i| losses[i]).sum::<f64>() / n as f64
}

/// A difference over its standard error; 0 over 0 is no difference.
fn ratio(difference: f64, se: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { difference / se }
}

fn root_mean_square(values: impl Iterator<Item = f64>, n: usize) -> f64 {
    (values.map(|x| x * x).sum::<f64>() / n as f64).sqrt()
}

/// Share of samples at least as large as the statistic. Equal models make 0 of both, and stay.
fn exceeding(statistic: f64, samples: &[f64]) -> f64 {
    samples.iter().filter(|s| **s >= statistic).count() as f64 / samples.len() as f64
}

/// p-value of `max tᵢ` and the place of the worst in `left`.
fn against_average(left: &[usize], means: &[f64], draws: &[Vec<f64>]) -> (f64, usize) {
    let (n_samples, m) = (draws[0].len(), left.len() as f64);
    let average = left.iter().map(|&i| means[i]).sum::<f64>() / m;
    let centres: Vec<f64> =
        (0..n_samples).map(|b| left.iter().map(|&i| draws[i][b]).sum::<f64>() / m).collect();
    let mut largest = vec![f64::NEG_INFINITY; n_samples];
    let (mut statistic, mut worst) = (f64::NEG_INFINITY, 0);
    for (place, &i) in left.iter().enumerate() {
        let own = || draws[i].iter().zip(&centres).map(|(x, c)| x - c);
        let se = root_mean_square(own(), n_samples);
        // What is left of the losses' last digits is no difference.
        let t = ratio(significant(means[i] - average, average), se);
        if t > statistic {
            (statistic, worst) = (t, place);
        }
        for (most, x) in largest.iter_mut().zip(own()) {
            *most = most.max(ratio(significant(x, average), se));
        }
    }
    (exceeding(statistic, &largest), worst)
}

/// 0 for a difference of rounding.
fn significant(difference: f64, size: f64) -> f64 {
    if difference.abs() <= 1e-13 * size.abs() { 0.0 } else { difference }
}

/// p-value of `max |t_ij|` and the place in `left` of the model with the largest t against another.
fn between_pairs(left: &[usize], means: &[f64], draws: &[Vec<f64>]) -> (f64, usize) {
    let n_samples = draws[0].len();
    let mut largest = vec![0.0_f64; n_samples];
    let (mut statistic, mut worst) = (f64::NEG_INFINITY, 0);
    for (place, &i) in left.iter().enumerate() {
        for (other, &j) in left.iter().enumerate().skip(place + 1) {
            let size = means[i].abs().max(means[j].abs());
            let gap = || draws[i].iter().zip(&draws[j]).map(|(x, y)| x - y);
            let se = root_mean_square(gap(), n_samples);
            let t = ratio(significant(means[i] - means[j], size), se);
            if t.abs() > statistic {
                (statistic, worst) = (t.abs(), if t > 0.0 { place } else { other });
            }
            for (most, x) in largest.iter_mut().zip(gap()) {
                *most = most.max(ratio(significant(x, size), se).abs());
            }
        }
    }
    (exceeding(statistic, &largest), worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four waves around 1, 1.02, 1.07 and 1.09.
    fn waves() -> Vec<Vec<f64>> {
        let level = [0.0, 0.02, 0.07, 0.09];
        let loss = |i: f64, t: f64| {
            1.0 + 0.5 * (1.7 * t).sin() + 0.6 * (0.9 * t * i + i * i).sin() + level[i as usize - 1]
        };
        (1..=4).map(|i| (1..=40).map(|t| loss(f64::from(i), f64::from(t))).collect()).collect()
    }

    fn options(statistic: Statistic) -> ConfidenceSetOptions {
        ConfidenceSetOptions { statistic, block: 5, n_bootstrap: 999, seed: 3 }
    }

    /// R 4.2.2, base functions only: the same samples, from the generator `s <- (s * 1103 + 12345) %% 65536` at 12345, block
    /// starts `s %% n`, block by block; then `colMeans` of the resampled losses and the definitions of the paper.
    #[test]
    fn against_an_independent_program() {
        let (mut s, n) = (12345_u64, 40);
        let mut next = || {
            s = (s * 1103 + 12345) % 65536;
            (s % n) as usize
        };
        let starts: Vec<Vec<usize>> = (0..999).map(|_| (0..8).map(|_| next()).collect()).collect();
        // The second row: 100,000 samples with starts from R's `sample`, `set.seed(1)`.
        let golden = [
            (
                Statistic::Max,
                [1.0, 0.594594594594595, 0.114114114114114, 0.035035035035035],
                [1.0, 0.57581, 0.10133, 0.01621],
            ),
            (
                Statistic::Range,
                [1.0, 0.594594594594595, 0.399399399399399, 0.143143143143143],
                [1.0, 0.57581, 0.30412, 0.17143],
            ),
        ];
        for (statistic, same, random) in golden {
            let set = ConfidenceSet::of_starts(&waves(), &starts, 5, statistic);
            assert_eq!(set.eliminated, [3, 2, 1, 0]);
            for (found, expected) in set.p_values.iter().zip(same) {
                assert!((found - expected).abs() < 1e-12, "{statistic:?} {found} {expected}");
            }
            let own = ConfidenceSet::of_losses(&waves(), &options(statistic)).unwrap();
            for (found, expected) in own.p_values.iter().zip(random) {
                // Four standard errors of a share of 999.
                let se = (expected * (1.0 - expected) / 999.0_f64).sqrt();
                assert!((found - expected).abs() <= 4.0 * se, "{statistic:?} {found} {expected}");
            }
        }
    }

    #[test]
    fn equals_stay_and_a_clearly_worse_one_goes() {
        for statistic in [Statistic::Max, Statistic::Range] {
            let one = waves().swap_remove(0);
            let worse: Vec<f64> =
                one.iter().enumerate().map(|(t, x)| x + 1.0 + 0.01 * (t % 3) as f64).collect();
            let losses = [worse, one.clone(), one.clone(), one];
            let set = ConfidenceSet::of_losses(&losses, &options(statistic)).unwrap();
            assert_eq!(set.members(0.1), [1, 2, 3]);
            assert!(set.p_values[0] < 0.01 && set.p_values[1..] == [1.0; 3], "{:?}", set.p_values);
        }
    }

    #[test]
    fn neither_unit_nor_a_common_part_matters() {
        for statistic in [Statistic::Max, Statistic::Range] {
            let of = |f: &dyn Fn(f64, usize) -> f64| {
                let losses: Vec<Vec<f64>> = waves()
                    .iter()
                    .map(|l| l.iter().enumerate().map(|(t, &x)| f(x, t)).collect())
                    .collect();
                ConfidenceSet::of_losses(&losses, &options(statistic)).unwrap()
            };
            let own = of(&|x, _| x);
            assert_eq!(of(&|x, _| 1024.0 * x), own);
            assert_eq!(of(&|x, t| x + (t % 7) as f64).eliminated, own.eliminated);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let of = |losses: &[Vec<f64>]| ConfidenceSet::of_losses(losses, &options(Statistic::Max));
        assert!(of(&[]).is_err() && of(&[vec![1.0]]).is_err());
        assert!(of(&[vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(of(&[vec![1.0, f64::NAN]]).is_err());
        assert_eq!(of(&[vec![1.0, 2.0]]).unwrap().p_values, [1.0]);
    }
}
