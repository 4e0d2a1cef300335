//! A log price that reverts to a fixed mean: the Ornstein–Uhlenbeck process, estimated exactly.
//!
//! Use it if deviations from a fixed level die out. Given the price before, the log price Δ years later is normal
//!
//! ```text
//! mean α + φ(x − α),   variance σ² (1 − φ²)/2κ,   φ = e^(−κΔ)
//! ```
//!
//! so the likelihood given the first price is exact for any Δ, and missing prices cost nothing. For a given κ, α and σ
//! have closed forms (weighted least squares); κ is found on a grid of half-lives between a tenth of a period and five
//! samples, then by golden section. With no price missing this is the least-squares AR(1). Standard errors come from the
//! information matrix, the interval of κ and σ is symmetric in logs. κ̂ is biased upwards in short samples, by about
//! 4/T (Yu 2012); it is reported as it is.
//!
//! For averages over periods the likelihood is that of the Kalman filter, with the mean diffuse and the first deviation
//! from its stationary distribution.
//!
//! References: Phillips (1972) Biometrika 59; Yu (2012) J. Econometrics 169(1), eq. 4; Schwartz (1997) for the price
//! process. Checked: AR(1) by least squares, recovery from simulated paths.

use std::fmt;

use monazite_statespace::covariance_at;
use monazite_stochastic::{OneFactorParameters, Purpose, SchwartzOneFactor};
use serde::{Deserialize, Serialize};

use super::likelihood::{Dynamics, SpotLikelihood, refused};
use super::{Bootstrap, LikelihoodRatio, LogPrices, Quote, RandomWalk, write_estimates};
use crate::qr::cholesky_solve;
use crate::{EconometricsError, Estimate};

/// What to choose: how the p-value against the random walk is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OneFactor {
    bootstrap: Bootstrap,
}

const NULL_PATHS: Purpose = Purpose::named("one-factor against random walk");

impl OneFactor {
    /// With 199 simulated series for the p-value.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another bootstrap.
    #[must_use]
    pub fn with_bootstrap(self, bootstrap: Bootstrap) -> Self {
        Self { bootstrap }
    }

    /// Estimates speed of reversion, mean and volatility.
    ///
    /// # Errors
    /// Fewer than four prices, or prices that never change.
    pub fn fit(self, prices: &LogPrices) -> Result<OneFactorFit, EconometricsError> {
        let walk = RandomWalk.fit(prices)?;
        if prices.quote() == Quote::Average {
            return self.fit_averages(prices, walk.sigma().value);
        }
        let point = maximise(prices)?;
        let ratio = |point: &Profile, walk: f64| (2.0 * (point.log_likelihood - walk)).max(0.0);
        let statistic = ratio(&point, walk.log_likelihood());
        let p_value = self.bootstrap.p_value(NULL_PATHS, statistic, |stream| {
            let simulated = walk.simulate(stream);
            let null = RandomWalk.fit(&simulated).ok()?.log_likelihood();
            maximise(&simulated).ok().map(|point| ratio(&point, null))
        });
        let against = "a random walk with drift".to_owned();
        let likelihood_ratio = LikelihoodRatio { against, statistic, p_value };
        let covariance = covariance(prices, &point);
        let identification = judge(prices, &point, &likelihood_ratio, covariance.is_some());
        Ok(OneFactorFit {
            prices: prices.clone(),
            point,
            covariance,
            likelihood_ratio,
            identification,
        })
    }
}

impl OneFactor {
    /// By the filter: the level diffuse, the deviation from its stationary distribution. The random walk that is nested
    /// in it, at κ → 0, has no drift.
    fn fit_averages(
        self,
        prices: &LogPrices,
        walk_sigma: f64,
    ) -> Result<OneFactorFit, EconometricsError> {
        let problem = SpotLikelihood::of(prices)?;
        let (kappa, statistic) = reversion_of_averages(&problem)?;
        let p_value = self.bootstrap.p_value(NULL_PATHS, statistic, |stream| {
            let drawn = Dynamics::walk(walk_sigma).simulate(prices, 0.0, stream);
            Some(reversion_of_averages(&SpotLikelihood::of(&drawn).ok()?).ok()?.1)
        });
        let filtered = problem.filtered(&Dynamics::with_variances(kappa, 1.0, 0.0), false)?;
        let variance = filtered.likelihood().scale_mle();
        let point = Profile {
            kappa,
            alpha: problem.end_xi(&filtered),
            sigma: variance.sqrt(),
            log_likelihood: filtered.likelihood().concentrated_log_likelihood(),
        };
        let target = |x: &[f64]| {
            let dynamics = Dynamics::with_variances(x[0].exp(), (2.0 * x[1]).exp(), 0.0);
            problem.at(&dynamics, false).map_or(f64::NEG_INFINITY, |l| l.log_likelihood())
        };
        let alpha_variance = filtered.end_covariance()[[0, 0]] * variance;
        let of_logs = covariance_at(&target, &[kappa.ln(), point.sigma.ln()]).ok();
        let covariance = of_logs.filter(|c| c.diag().iter().all(|v| *v > 0.0)).map(|c| {
            let cross = kappa * point.sigma * c[[0, 1]];
            let (of_kappa, of_sigma) = (kappa * kappa * c[[0, 0]], variance * c[[1, 1]]);
            [of_kappa, 0.0, cross, 0.0, alpha_variance, 0.0, cross, 0.0, of_sigma]
        });
        let against = "a random walk".to_owned();
        let likelihood_ratio = LikelihoodRatio { against, statistic, p_value };
        let identification = judge(prices, &point, &likelihood_ratio, covariance.is_some());
        Ok(OneFactorFit {
            prices: prices.clone(),
            point,
            covariance,
            likelihood_ratio,
            identification,
        })
    }
}

/// The best speed of reversion and twice its gain over the random walk.
fn reversion_of_averages(problem: &SpotLikelihood) -> Result<(f64, f64), EconometricsError> {
    let (low, high) = kappa_range(&problem.prices);
    let at = |log_kappa: f64| {
        problem.concentrated(&Dynamics::with_variances(log_kappa.exp(), 1.0, 0.0), false)
    };
    let log_kappa = super::highest(low.ln(), high.ln(), 24, 1e-6, at);
    let gain = at(log_kappa) - problem.concentrated(&Dynamics::walk(1.0), false);
    if gain.is_nan() {
        return Err(refused("it is nowhere finite"));
    }
    Ok((log_kappa.exp(), (2.0 * gain).max(0.0)))
}

/// The likelihood maximised over mean and volatility at a given speed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Profile {
    kappa: f64,
    alpha: f64,
    sigma: f64,
    log_likelihood: f64,
}

/// Half-lives looked at: a tenth of a period to five times the sample.
pub(super) fn kappa_range(prices: &LogPrices) -> (f64, f64) {
    let years = (prices.values.len() - 1) as f64 * prices.dt_years;
    (std::f64::consts::LN_2 / (5.0 * years), std::f64::consts::LN_2 / (0.1 * prices.dt_years))
}

fn profile(prices: &LogPrices, kappa: f64) -> Profile {
    // Weighted least squares of x' − φx on 1 − φ with weights 1/(2κ-scaled variance).
    let decays = |periods: u32| {
        let decayed = -(-kappa * prices.dt_years * f64::from(periods)).exp_m1();
        let variance = decayed * (2.0 - decayed) / (2.0 * kappa);
        (decayed, variance)
    };
    let (mut cross, mut weight) = (0.0, 0.0);
    for (periods, before, after) in prices.steps() {
        let (decayed, variance) = decays(periods);
        // x' − φx − (1 − φ)·origin, around the price before, so that nothing cancels at small κ.
        cross += decayed * (after - before + decayed * before) / variance;
        weight += decayed * decayed / variance;
    }
    let alpha = cross / weight;
    let (mut squares, mut log_variances, mut n) = (0.0, 0.0, 0.0);
    for (periods, before, after) in prices.steps() {
        let (decayed, variance) = decays(periods);
        squares += (after - before - decayed * (alpha - before)).powi(2) / variance;
        log_variances += variance.ln();
        n += 1.0;
    }
    let sigma_squared = squares / n;
    let log_likelihood =
        -0.5 * (n * ((std::f64::consts::TAU * sigma_squared).ln() + 1.0) + log_variances);
    Profile { kappa, alpha, sigma: sigma_squared.sqrt(), log_likelihood }
}

fn maximise(prices: &LogPrices) -> Result<Profile, EconometricsError> {
    if prices.n() < 4 {
        let what = "a mean-reverting price";
        return Err(EconometricsError::TooFew { what, needed: 4, found: prices.n() });
    }
    let (low, high) = kappa_range(prices);
    let at = |log_kappa: f64| profile(prices, log_kappa.exp());
    let found = at(super::highest(low.ln(), high.ln(), 60, 1e-9, |x| at(x).log_likelihood));
    if found.log_likelihood.is_finite() {
        return Ok(found);
    }
    let reason = format!("it is {} at every half-life tried", found.log_likelihood);
    Err(EconometricsError::NotMaximised { model: "one-factor price", reason })
}

/// Inverse information of (κ, α, σ) given the prices before each change, row-major.
fn covariance(prices: &LogPrices, point: &Profile) -> Option<[f64; 9]> {
    let Profile { kappa, alpha, sigma, .. } = *point;
    let mut information = [0.0; 9];
    for (periods, before, _) in prices.steps() {
        let span = prices.dt_years * f64::from(periods);
        let phi = (-kappa * span).exp();
        let g = (1.0 - phi * phi) / (2.0 * kappa);
        let g_slope = span * phi * phi / kappa - g / kappa;
        let mean_slopes = [-span * phi * (before - alpha), 1.0 - phi, 0.0];
        let log_variance_slopes = [g_slope / g, 0.0, 2.0 / sigma];
        for i in 0..3 {
            for j in 0..3 {
                information[i * 3 + j] += mean_slopes[i] * mean_slopes[j] / (sigma * sigma * g)
                    + 0.5 * log_variance_slopes[i] * log_variance_slopes[j];
            }
        }
    }
    let mut covariance = [0.0; 9];
    for j in 0..3 {
        let unit: Vec<f64> = (0..3).map(|i| f64::from(u8::from(i == j))).collect();
        let column = cholesky_solve(&information, &unit)?;
        (0..3).for_each(|i| covariance[i * 3 + j] = column[i]);
    }
    Some(covariance)
}

fn judge(
    prices: &LogPrices,
    point: &Profile,
    ratio: &LikelihoodRatio,
    information: bool,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let (low, high) = kappa_range(prices);
    if point.kappa < low * 1.001 {
        reasons
            .push("no reversion: the likelihood rises to the longest half-life tried".to_owned());
    }
    if point.kappa > high / 1.001 {
        reasons.push("reversion within a tenth of a period: prices look like noise".to_owned());
    }
    if !ratio.rejects() {
        let p = ratio.p_value.map_or(String::new(), |p| format!(", p = {p:.3}"));
        reasons.push(format!(
            "not distinguished from {} (likelihood ratio {:.2}{p})",
            ratio.against, ratio.statistic
        ));
    }
    if !information {
        reasons.push("the information matrix is singular".to_owned());
    }
    reasons
}

/// An estimated one-factor price.
#[derive(Debug, Clone, PartialEq)]
pub struct OneFactorFit {
    prices: LogPrices,
    point: Profile,
    covariance: Option<[f64; 9]>,
    likelihood_ratio: LikelihoodRatio,
    identification: Vec<String>,
}

impl OneFactorFit {
    fn se(&self, at: usize) -> f64 {
        self.covariance.map_or(f64::NAN, |c| c[at * 4].sqrt())
    }

    /// κ, speed of reversion per year.
    pub fn kappa(&self) -> Estimate {
        Estimate::positive("kappa", self.point.kappa, self.se(0))
    }

    /// α, long-run mean of the log price.
    pub fn alpha(&self) -> Estimate {
        Estimate::normal("alpha", self.point.alpha, self.se(1))
    }

    /// σ, volatility per √year.
    pub fn sigma(&self) -> Estimate {
        Estimate::positive("sigma", self.point.sigma, self.se(2))
    }

    /// All three parameters.
    pub fn estimates(&self) -> Vec<Estimate> {
        vec![self.kappa(), self.alpha(), self.sigma()]
    }

    /// Half-life of a deviation, years.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.point.kappa
    }

    /// Log-likelihood given the first price.
    pub fn log_likelihood(&self) -> f64 {
        self.point.log_likelihood
    }

    /// Gain over the random walk.
    pub fn likelihood_ratio(&self) -> &LikelihoodRatio {
        &self.likelihood_ratio
    }

    /// Whether the data tell this model from a random walk.
    pub fn identified(&self) -> bool {
        self.identification.is_empty()
    }

    /// Why not, if not.
    pub fn reasons(&self) -> &[String] {
        &self.identification
    }

    /// The price process with a given market price of risk λ, to simulate with.
    ///
    /// # Errors
    /// A λ that is not finite.
    pub fn process(&self, lambda: f64) -> Result<SchwartzOneFactor, EconometricsError> {
        let Profile { kappa, alpha, sigma, .. } = self.point;
        let mu = alpha + sigma * sigma / (2.0 * kappa);
        Ok(SchwartzOneFactor::new(OneFactorParameters { kappa, mu, sigma, lambda })?)
    }
}

impl fmt::Display for OneFactorFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "One-factor (Ornstein–Uhlenbeck) log price, per year")?;
        writeln!(f, "Sample {}\n", self.prices.describe())?;
        write_estimates(f, &self.estimates())?;
        writeln!(
            f,
            "\nhalf-life {:.2} years, log-likelihood {:.3}",
            self.half_life(),
            self.log_likelihood()
        )?;
        writeln!(f, "{}", self.likelihood_ratio)?;
        for reason in &self.identification {
            writeln!(f, "not identified: {reason}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use monazite_stochastic::{Key, Measure, simulate_one_factor};

    use super::*;
    use crate::{Column, Ols};

    fn simulated(kappa: f64, n: usize, path: u64) -> LogPrices {
        let sigma = 0.3;
        let mu = 4.0 + sigma * sigma / (2.0 * kappa);
        let parameters = OneFactorParameters { kappa, mu, sigma, lambda: 0.0 };
        let model = SchwartzOneFactor::new(parameters).unwrap();
        let step = model.step(1.0 / 12.0, Measure::Physical).unwrap();
        let block = simulate_one_factor(&step, 4.0, Key::new(5), 1, (path, 1), n);
        let prices: Vec<f64> = block.path(0).iter().map(|x| x.exp()).collect();
        LogPrices::new("simulated", &prices, 1.0 / 12.0).unwrap()
    }

    fn fit(prices: &LogPrices) -> OneFactorFit {
        OneFactor::new().with_bootstrap(Bootstrap::none()).fit(prices).unwrap()
    }

    /// φ̂, α̂ and the likelihood of a regression of the price on the price before.
    #[test]
    fn without_gaps_it_is_the_least_squares_autoregression() {
        let prices = simulated(1.2, 150, 0);
        let logs: Vec<f64> = prices.values().iter().flatten().copied().collect();
        let column = Column::new("x", logs);
        let ols = Ols::new().fit(&column, &[column.lagged(1)]).unwrap();
        let (phi, intercept) = (ols.coefficients()[1], ols.coefficients()[0]);
        let ours = fit(&prices);
        assert!(((-ours.kappa().value / 12.0).exp() - phi).abs() < 1e-7);
        assert!((ours.alpha().value - intercept / (1.0 - phi)).abs() < 1e-6);
        assert!((ours.log_likelihood() - ols.log_likelihood()).abs() < 1e-9);
        let walk = RandomWalk.fit(&prices).unwrap().log_likelihood();
        let ratio = ours.likelihood_ratio().statistic;
        assert!((ratio - 2.0 * (ours.log_likelihood() - walk)).abs() < 1e-12 && ratio > 0.0);
    }

    /// Mean of 40 fits to 50 years of months: within 3 standard errors of the truth plus the known bias 4/T.
    #[test]
    fn parameters_are_recovered() {
        let fits: Vec<OneFactorFit> = (0..40).map(|path| fit(&simulated(1.5, 600, path))).collect();
        let check = |truth: f64, estimate: &dyn Fn(&OneFactorFit) -> Estimate| {
            let values: Vec<f64> = fits.iter().map(|fit| estimate(fit).value).collect();
            let mean = values.iter().sum::<f64>() / 40.0;
            let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 39.0).sqrt();
            let reported = fits.iter().map(|fit| estimate(fit).se).sum::<f64>() / 40.0;
            assert!((mean - truth).abs() < 3.0 * sd / 40.0_f64.sqrt(), "{mean} for {truth}");
            assert!((reported / sd - 1.0).abs() < 0.35, "s.e. {reported}, spread {sd}");
        };
        check(1.5 + 4.0 / 50.0, &OneFactorFit::kappa);
        check(4.0, &OneFactorFit::alpha);
        check(0.3, &OneFactorFit::sigma);
    }

    #[test]
    fn scale_and_gaps() {
        let prices = simulated(2.0, 200, 3);
        let raw: Vec<f64> = prices.values().iter().flatten().map(|x| x.exp()).collect();
        let dear: Vec<f64> = raw.iter().map(|p| 1000.0 * p).collect();
        let (one, other) = (fit(&prices), fit(&LogPrices::new("dear", &dear, 1.0 / 12.0).unwrap()));
        assert!((one.kappa().value / other.kappa().value - 1.0).abs() < 1e-6);
        assert!((other.alpha().value - one.alpha().value - 1000.0_f64.ln()).abs() < 1e-6);
        let mut holes = raw;
        holes[50..60].fill(f64::NAN);
        let gappy = fit(&LogPrices::new("holes", &holes, 1.0 / 12.0).unwrap());
        assert!((gappy.kappa().value / one.kappa().value - 1.0).abs() < 0.25);
    }

    /// A random walk is called one; strong reversion in a long sample is recognised.
    #[test]
    fn a_random_walk_is_not_taken_for_reversion() {
        let mut stream = Key::new(8).stream(0, 2);
        let mut x = 0.0;
        let walk: Vec<f64> = std::iter::repeat_with(|| {
            x += 0.05 * stream.normal();
            f64::exp(x)
        })
        .take(140)
        .collect();
        let spec = OneFactor::new().with_bootstrap(Bootstrap { replicates: 99, key: Key::new(1) });
        let of_walk = spec.fit(&LogPrices::new("walk", &walk, 1.0 / 12.0).unwrap()).unwrap();
        assert!(
            !of_walk.identified() && of_walk.likelihood_ratio().p_value > Some(0.05),
            "{of_walk}"
        );
        assert!(of_walk.to_string().contains("not distinguished from a random walk with drift"));
        let reverting = spec.fit(&simulated(3.0, 300, 1)).unwrap();
        assert!(reverting.identified(), "{reverting}");
        assert_eq!(reverting.likelihood_ratio().p_value, Some(0.01));
    }

    /// Averages of a reverting price, taken as averages, give the parameters back.
    #[test]
    fn averages_are_recovered() {
        let calendar = LogPrices::new("p", &vec![1.0; 1200], 1.0 / 12.0).unwrap().as_averages();
        let truth = Dynamics::with_variances(2.0, 0.09, 0.0);
        let drawn = truth.simulate(&calendar, 0.0, &mut Key::new(7).stream(0, 1));
        let proper = fit(&drawn);
        for (estimate, truth) in
            [(proper.kappa(), 2.0), (proper.sigma(), 0.3), (proper.alpha(), 0.0)]
        {
            assert!((estimate.value - truth).abs() < 3.0 * estimate.se, "{estimate:?} for {truth}");
        }
        let naive = fit(&drawn.as_points());
        assert!(naive.sigma().hi95 < 0.3, "{naive}");
    }

    #[test]
    fn the_process_has_the_estimated_mean() {
        let fitted = fit(&simulated(2.0, 200, 3));
        let process = fitted.process(0.1).unwrap();
        let mean = process.mean_log_price(Measure::Physical);
        assert!((mean - fitted.alpha().value).abs() < 1e-12);
    }
}
