//! Moments of price changes, with standard errors that bear dependence: the targets of a method of moments.
//!
//! Standard deviation, first autocorrelation, skewness and excess kurtosis of Δln price. Their covariance is estimated
//! twice: by the delta method, as the long-run variance (Bartlett kernel, Newey and West 1987) of the influence
//! functions, and by a circular block bootstrap (Politis and Romano 1992).
//!
//! ```text
//! z = (x − μ)/σ      s.d.       σ (z² − 1)/2              autocorrelation  z_t z_{t−1} − ρ z_t²
//!                    skewness   z³ − 3z − S(1 + 1.5(z² − 1))      kurtosis  z⁴ − 4Sz − K − 2K(z² − 1)
//! ```
//!
//! Moments use divisor n; a missing month removes the changes that need it, and enters the long-run variance as zero
//! (Parzen 1963). Skewness and kurtosis are ruled by a handful of months: read their bootstrap intervals. The lag is
//! ⌊4 (n/100)^(2/9)⌋ unless given. Checked against R 4.2.2 (moments by their definitions, see the tests).

use std::fmt;

use monazite_stochastic::{Key, Purpose, quantiles};
use serde::Serialize;

use crate::estimate::{Estimate, significant};
use crate::{EconometricsError, LogPrices};

const RESAMPLES: Purpose = Purpose::named("block bootstrap of moments");
const NAMES: [&str; 4] = ["s.d.", "AR(1)", "skewness", "excess kurtosis"];

/// How the moments' standard errors are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceMoments {
    lags: Option<usize>,
    replicates: u32,
    block: Option<usize>,
    key: Key,
}

impl Default for PriceMoments {
    fn default() -> Self {
        Self { lags: None, replicates: 999, block: None, key: Key::new(1) }
    }
}

impl PriceMoments {
    /// Automatic lag and block lengths, 999 resamples.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this many lags in the long-run variance.
    #[must_use]
    pub fn with_lags(self, lags: usize) -> Self {
        Self { lags: Some(lags), ..self }
    }

    /// With this many resamples in blocks of `block` changes.
    #[must_use]
    pub fn with_bootstrap(self, replicates: u32, block: usize, key: Key) -> Self {
        Self { replicates, block: Some(block), key, ..self }
    }

    /// Moments of the changes of log prices.
    ///
    /// # Errors
    /// As [`PriceMoments::of_changes`].
    pub fn fit(&self, prices: &LogPrices) -> Result<PriceMomentsFit, EconometricsError> {
        let pairs = prices.values().windows(2);
        let changes: Vec<Option<f64>> = pairs.map(|pair| Some(pair[1]? - pair[0]?)).collect();
        self.of_changes(&changes)
    }

    /// Moments of a stationary series; `None` is missing.
    ///
    /// # Errors
    /// Fewer than eight values, values that never change, no two values in a row, or a lag or block length that the
    /// sample does not bear.
    pub fn of_changes(
        &self,
        changes: &[Option<f64>],
    ) -> Result<PriceMomentsFit, EconometricsError> {
        let n = changes.iter().flatten().count();
        if n < 8 {
            return Err(EconometricsError::TooFew { what: "four moments", needed: 8, found: n });
        }
        let lags = self.lags.unwrap_or_else(|| (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)) as usize);
        let block = self.block.unwrap_or_else(|| 2 * (n as f64).cbrt().round() as usize);
        if lags >= n || block == 0 || block > n {
            return Err(EconometricsError::Lags { lags: lags.max(block), n });
        }
        let standard = Standardised::of(changes)?;
        let values = standard.moments();
        let covariance = standard.long_run_covariance(values, lags);
        let resampled = self.resample(changes, block);
        Ok(PriceMomentsFit { n, lags, block, values, covariance, resampled })
    }

    /// Moments of resampled series, sorted by moment.
    fn resample(&self, changes: &[Option<f64>], block: usize) -> Vec<[f64; 4]> {
        let n = changes.len();
        let one = |replicate: u64| {
            let mut stream = self.key.stream(replicate, RESAMPLES);
            let mut resampled = Vec::with_capacity(n + block);
            while resampled.len() < n {
                let start = stream.below(n as u64) as usize;
                resampled.extend((start..start + block).map(|t| changes[t % n]));
            }
            resampled.truncate(n);
            Standardised::within_blocks(&resampled, block).ok().map(|s| s.moments())
        };
        (0..u64::from(self.replicates)).filter_map(one).collect()
    }
}

/// Values as (x − μ)/σ, and which neighbours may be multiplied.
struct Standardised {
    z: Vec<Option<f64>>,
    sd: f64,
    block: usize,
}

impl Standardised {
    fn of(changes: &[Option<f64>]) -> Result<Self, EconometricsError> {
        Self::within_blocks(changes, changes.len())
    }

    /// Neighbours in different blocks of this length are not neighbours.
    fn within_blocks(changes: &[Option<f64>], block: usize) -> Result<Self, EconometricsError> {
        let present: Vec<f64> = changes.iter().flatten().copied().collect();
        let n = present.len() as f64;
        let mean = present.iter().sum::<f64>() / n;
        let sd = (present.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        let name = "price change".to_owned();
        if sd <= 1e-14 * mean.abs() || !sd.is_finite() {
            return Err(EconometricsError::Constant { name, value: mean });
        }
        let z = changes.iter().map(|x| x.map(|x| (x - mean) / sd)).collect();
        let standard = Self { z, sd, block };
        if standard.pairs().next().is_none() {
            let what = "an autocorrelation of changes in a row";
            return Err(EconometricsError::TooFew { what, needed: 2, found: 1 });
        }
        Ok(standard)
    }

    /// Index of the later value, earlier value, later value.
    fn pairs(&self) -> impl Iterator<Item = (usize, f64, f64)> + '_ {
        let same_block = |t: usize| !t.is_multiple_of(self.block);
        (1..self.z.len())
            .filter(move |&t| same_block(t))
            .filter_map(|t| Some((t, self.z[t - 1]?, self.z[t]?)))
    }

    fn moments(&self) -> [f64; 4] {
        let n = self.z.iter().flatten().count() as f64;
        let mean = |power: i32| self.z.iter().flatten().map(|z| z.powi(power)).sum::<f64>() / n;
        // Mean product over mean square (1): divisor n for whole series, as Box and Jenkins.
        let products: f64 = self.pairs().map(|(_, before, after)| before * after).sum();
        let n_pairs = self.pairs().count() as f64;
        let possible = self.z.iter().flatten().count() as f64 - 1.0;
        let rho = products / n_pairs * (possible / n);
        [self.sd, rho, mean(3), mean(4) - 3.0]
    }

    /// Covariance of the moments: long-run variance of the influence functions over n, row-major.
    fn long_run_covariance(&self, [sd, rho, skewness, excess]: [f64; 4], lags: usize) -> [f64; 16] {
        let (length, kurtosis) = (self.z.len(), excess + 3.0);
        let n = self.z.iter().flatten().count() as f64;
        let mut influence = vec![[0.0; 4]; length];
        for (row, z) in influence.iter_mut().zip(&self.z) {
            let Some(z) = *z else { continue };
            let square = z * z - 1.0;
            row[0] = 0.5 * sd * square;
            row[2] = z.powi(3) - 3.0 * z - skewness * (1.0 + 1.5 * square);
            row[3] = z.powi(4) - 4.0 * skewness * z - kurtosis - 2.0 * kurtosis * square;
        }
        let per_pair = n / self.pairs().count() as f64;
        for (t, before, after) in self.pairs() {
            influence[t][1] =
                per_pair * (after * before - rho * 0.5 * (after * after + before * before));
        }
        let mut covariance = [0.0; 16];
        for lag in 0..=lags.min(length - 1) {
            let weight = 1.0 - lag as f64 / (lags + 1) as f64;
            for i in 0..4 {
                for j in 0..4 {
                    let pairs = influence[lag..].iter().zip(&influence);
                    let gamma: f64 = pairs.map(|(now, then)| now[i] * then[j]).sum();
                    covariance[i * 4 + j] += weight * gamma / (n * n);
                    if lag > 0 {
                        covariance[j * 4 + i] += weight * gamma / (n * n);
                    }
                }
            }
        }
        covariance
    }
}

/// One moment with both standard errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MomentEstimate {
    /// Value with HAC standard error and the interval it gives.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Standard error by block bootstrap; NaN without.
    pub bootstrap_se: f64,
    /// 2.5 % quantile of the bootstrap.
    pub bootstrap_lo95: f64,
    /// 97.5 % quantile of the bootstrap.
    pub bootstrap_hi95: f64,
}

/// Four moments of price changes.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceMomentsFit {
    n: usize,
    lags: usize,
    block: usize,
    values: [f64; 4],
    covariance: [f64; 16],
    resampled: Vec<[f64; 4]>,
}

impl PriceMomentsFit {
    /// Standard deviation, AR(1), skewness, excess kurtosis.
    pub fn values(&self) -> [f64; 4] {
        self.values
    }

    /// Their HAC covariance, row-major 4×4.
    pub fn covariance(&self) -> &[f64; 16] {
        &self.covariance
    }

    /// Their covariance over the resamples, row-major 4×4; NaN without a bootstrap.
    pub fn bootstrap_covariance(&self) -> [f64; 16] {
        let n = self.resampled.len() as f64;
        let mean = |i: usize| self.resampled.iter().map(|m| m[i]).sum::<f64>() / n;
        let means = [mean(0), mean(1), mean(2), mean(3)];
        let mut covariance = [0.0; 16];
        for (at, element) in covariance.iter_mut().enumerate() {
            let (i, j) = (at / 4, at % 4);
            let products = self.resampled.iter().map(|m| (m[i] - means[i]) * (m[j] - means[j]));
            *element = products.sum::<f64>() / (n - 1.0);
        }
        covariance
    }

    /// Number of changes.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The four moments with standard errors and intervals.
    pub fn estimates(&self) -> Vec<MomentEstimate> {
        let bootstrap = self.bootstrap_covariance();
        let interval = |i: usize| {
            let draws: Vec<f64> = self.resampled.iter().map(|m| m[i]).collect();
            quantiles(&draws, &[0.025, 0.975]).map_or([f64::NAN; 2], |q| [q[0], q[1]])
        };
        let moment = |i: usize| {
            let [bootstrap_lo95, bootstrap_hi95] = interval(i);
            let se = self.covariance[i * 5].max(0.0).sqrt();
            let estimate = if i == 0 {
                Estimate::positive(NAMES[i], self.values[i], se)
            } else {
                Estimate::normal(NAMES[i], self.values[i], se)
            };
            let bootstrap_se = bootstrap[i * 5].sqrt();
            MomentEstimate { estimate, bootstrap_se, bootstrap_lo95, bootstrap_hi95 }
        };
        (0..4).map(moment).collect()
    }
}

impl fmt::Display for PriceMomentsFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Moments of {} log price changes", self.n)?;
        writeln!(
            f,
            "HAC standard errors (Bartlett, {} lags); bootstrap of {} resamples in blocks of {}\n",
            self.lags,
            self.resampled.len(),
            self.block
        )?;
        writeln!(
            f,
            "{:15}  {:>9}  {:>9}  {:>9}  {:>22}",
            "", "estimate", "HAC s.e.", "boot s.e.", "bootstrap 95 %"
        )?;
        for m in self.estimates() {
            let cell = |value: f64| significant(value, 4);
            let interval = format!("[{}, {}]", cell(m.bootstrap_lo95), cell(m.bootstrap_hi95));
            let (name, value, se) = (&m.estimate.name, cell(m.estimate.value), cell(m.estimate.se));
            writeln!(
                f,
                "{name:15}  {value:>9}  {se:>9}  {:>9}  {interval:>22}",
                cell(m.bootstrap_se)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().map(|v| Some(*v)).collect()
    }

    /// R 4.2.2: x <- c(1,3,2,5,4,9,0,2,2,6); n <- 10; m <- mean(x); s <- sqrt(mean((x-m)^2)); z <- (x-m)/s;
    /// c(s, acf(x, plot = FALSE)$acf[2], mean(z^3), mean(z^4) - 3)
    #[test]
    fn moments_by_their_definitions() {
        let x = some(&[1.0, 3.0, 2.0, 5.0, 4.0, 9.0, 0.0, 2.0, 2.0, 6.0]);
        let fit = PriceMoments::new().with_lags(2).of_changes(&x).unwrap();
        for (ours, golden) in fit.values().iter().zip(GOLDEN) {
            assert!((ours - golden).abs() < 1e-12, "{ours} {golden}");
        }
    }
    const GOLDEN: [f64; 4] =
        [2.537715508089904, -0.1919254658385093, 0.8326557770265285, -0.07237375101269139];

    /// Independent normals: n·variance is σ²/2, 1, 6, 24.
    #[test]
    fn standard_errors_of_gaussian_noise() {
        let mut stream = Key::new(3).stream(0, 1);
        let mut x = vec![0.0; 20_000];
        stream.fill_normals(&mut x);
        let spec = PriceMoments::new().with_lags(0).with_bootstrap(200, 20, Key::new(2));
        let fit = spec.of_changes(&some(&x)).unwrap();
        for (m, variance) in fit.estimates().iter().zip([0.5, 1.0, 6.0, 24.0]) {
            let theory = (variance / 20_000.0_f64).sqrt();
            assert!((m.estimate.se / theory - 1.0).abs() < 0.1, "{} {theory}", m.estimate.se);
            assert!((m.bootstrap_se / theory - 1.0).abs() < 0.2, "{} {theory}", m.bootstrap_se);
        }
    }

    /// An AR(1) with φ = .6: Bartlett's variance of r₁ is (1 − φ²)/n, which a variance without lags misses.
    #[test]
    fn dependence_is_borne() {
        let mut stream = Key::new(4).stream(0, 1);
        let mut last = 0.0;
        let x: Vec<Option<f64>> = (0..20_000)
            .map(|_| {
                last = 0.6 * last + stream.normal();
                Some(last)
            })
            .collect();
        let fit = PriceMoments::new().with_lags(20).with_bootstrap(200, 50, Key::new(2));
        let fit = fit.of_changes(&x).unwrap();
        let autocorrelation = &fit.estimates()[1];
        let theory = (0.64 / 20_000.0_f64).sqrt();
        assert!((autocorrelation.estimate.value - 0.6).abs() < 3.0 * theory);
        assert!((autocorrelation.estimate.se / theory - 1.0).abs() < 0.12);
        assert!((autocorrelation.bootstrap_se / theory - 1.0).abs() < 0.2);
    }

    #[test]
    fn units_missing_months_and_errors() {
        let x = [0.1, -0.2, 0.05, 0.3, -0.1, 0.02, 0.15, -0.25, 0.4, 0.0, 0.1];
        let spec = PriceMoments::new().with_lags(1);
        let fit = spec.of_changes(&some(&x)).unwrap();
        let tenfold = spec.of_changes(&some(&x.map(|v| 10.0 * v))).unwrap();
        assert!((tenfold.values()[0] / fit.values()[0] - 10.0).abs() < 1e-12);
        for i in 1..4 {
            assert!((tenfold.values()[i] - fit.values()[i]).abs() < 1e-12);
        }
        let mut holes = some(&x);
        holes.insert(4, None);
        let gappy = spec.of_changes(&holes).unwrap();
        assert_eq!(gappy.values()[0], fit.values()[0]);
        assert_ne!(gappy.values()[1], fit.values()[1]);
        assert!(matches!(spec.of_changes(&some(&x[..7])), Err(EconometricsError::TooFew { .. })));
        assert!(matches!(
            spec.of_changes(&some(&[1.0; 9])),
            Err(EconometricsError::Constant { .. })
        ));
        let lags = spec.with_lags(11).of_changes(&some(&x));
        assert!(matches!(lags, Err(EconometricsError::Lags { lags: 11, n: 11 })));
    }
}
