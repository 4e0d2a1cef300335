//! A price with a transitory and a permanent part, estimated from one spot series.
//!
//! The model of Schwartz and Smith (2000): ln price = χ + ξ, χ an Ornstein–Uhlenbeck process (κ, σχ), ξ a random walk
//! with drift (μ, σξ), correlation ρ. Use it for a price whose shocks partly die out. Likelihood by the Kalman filter
//! of `monazite-statespace` (χ from its stationary distribution, ξ diffuse, missing months skipped, averages over
//! months as such), the drift by generalised least squares inside it.
//!
//! **What one series can say.** Changes of the log price are an ARMA(1,1): three numbers and the drift, for four
//! variances and speeds and the drift. Exactly identified are κ, the long-run volatility σξ, and the volatility of the
//! price itself, σS² = σχ² + σξ² + 2ρσχσξ. The correlation is not: the spectrum of the price is
//! σξ²/ω² + (σχ² + 2ρσχσξ)/(κ² + ω²), so every ρ for which
//!
//! ```text
//! σχ = −ρσξ + √(ρ²σξ² + σS² − σξ²)
//! ```
//!
//! exists has the same likelihood (Morley, Nelson and Zivot 2003 show when it is otherwise: with an AR(2) transitory
//! part). So ρ is an assumption here, 0 unless set; the fit reports the range of ρ and of σχ, |σS − σξ| to σS + σξ,
//! that the data cannot tell apart. If shocks are followed by more of the same, σS < σξ and ρ has to be negative: the
//! assumption is then moved to the nearest value the data allow, and that is said.
//!
//! κ in turn is known only as far as the two-factor model beats a random walk, and σξ as far as it beats reversion to a
//! fixed level: both likelihood ratios are in the result, with bootstrap p-values, and a fit that does not pass them is
//! marked as not identified. References: Schwartz and Smith (2000) Management Science 46(7), eq. 1–6; Morley, Nelson
//! and Zivot (2003) Rev. Econ. Stat. 85(2); Davies (1987) Biometrika 74(1). Checked: equality of the likelihood over
//! ρ, with the random walk's closed form at σS = σξ, and recovery from simulated paths.

use monazite_statespace::{SearchOptions, covariance_at, maximise};
use monazite_stochastic::{Purpose, TwoFactorState};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::likelihood::{Dynamics, SpotLikelihood, refused};
use super::one_factor::kappa_range;
use super::two_factor_fit::{EndState, Point, TwoFactorFit};
use super::{Bootstrap, LikelihoodRatio, LogPrices, Quote, RandomWalk};
use crate::EconometricsError;

const AGAINST_WALK: Purpose = Purpose::named("two-factor against random walk");
const AGAINST_LEVEL: Purpose = Purpose::named("two-factor against fixed level");

/// Range of σξ²/σS² that is searched.
pub(super) const RATIO_RANGE: (f64, f64) = (1e-4, 1e2);

/// What is assumed and how p-values are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TwoFactor {
    rho: f64,
    bootstrap: Bootstrap,
}

impl Default for TwoFactor {
    fn default() -> Self {
        Self { rho: 0.0, bootstrap: Bootstrap { replicates: 99, ..Bootstrap::default() } }
    }
}

impl TwoFactor {
    /// ρ = 0 and 99 simulated series for each p-value.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another assumption on ρ.
    #[must_use]
    pub fn with_correlation(self, rho: f64) -> Self {
        Self { rho, ..self }
    }

    /// With another bootstrap.
    #[must_use]
    pub fn with_bootstrap(self, bootstrap: Bootstrap) -> Self {
        Self { bootstrap, ..self }
    }

    /// Estimates κ, σS, σξ and μ, and σχ at the assumed ρ.
    ///
    /// # Errors
    /// |ρ| > 1, fewer than eight prices, prices that never change, or a likelihood that is nowhere finite.
    pub fn fit(&self, prices: &LogPrices) -> Result<TwoFactorFit, EconometricsError> {
        if !(-1.0..=1.0).contains(&self.rho) {
            let (value, range) = (self.rho, "−1…1");
            return Err(EconometricsError::OutOfRange { name: "rho", value, range });
        }
        if prices.n() < 8 {
            let what = "a two-factor price";
            return Err(EconometricsError::TooFew { what, needed: 8, found: prices.n() });
        }
        // Refuses prices that never change, too.
        let walk = RandomWalk.fit(prices)?;
        let problem = Problem(SpotLikelihood::of(prices)?);
        let shape = problem.maximise(true)?;
        let dynamics = shape.dynamics(prices);
        let filtered = problem.0.filtered(&dynamics, true)?;
        let scale = filtered.likelihood().scale_mle();
        let point = Point {
            kappa: dynamics.kappa,
            sigma_spot: scale.sqrt(),
            sigma_xi: (shape.ratio() * scale).sqrt(),
            mu: filtered.coefficients()[0],
            mu_se: (filtered.coefficient_covariance()[[0, 0]] * scale).sqrt(),
            log_likelihood: filtered.likelihood().concentrated_log_likelihood(),
        };
        let rho = point.nearest_correlation(self.rho);
        let sigma = walk.sigma().value;
        let mut fit = TwoFactorFit {
            prices: prices.clone(),
            point,
            rho,
            covariance: problem.covariance(&point),
            end: problem.end_state(&point, rho)?,
            against_walk: self.against_walk(&problem, &shape, (walk.mu().value, sigma)),
            against_level: self.against_level(&problem, &shape),
            reasons: Vec::new(),
        };
        fit.reasons = fit.judge(self.rho);
        Ok(fit)
    }

    fn against_walk(&self, problem: &Problem, shape: &Shape, walk: (f64, f64)) -> LikelihoodRatio {
        let statistic = problem.gain_over_walk(shape);
        let (mu, sigma) = walk;
        let p_value = self.bootstrap.p_value(AGAINST_WALK, statistic, |stream| {
            let drawn = Dynamics::walk(sigma).simulate(&problem.0.prices, mu, stream);
            let problem = Problem(SpotLikelihood::of(&drawn).ok()?);
            Some(problem.gain_over_walk(&problem.maximise(false).ok()?))
        });
        let against = "a random walk with drift".to_owned();
        LikelihoodRatio { against, statistic, p_value }
    }

    fn against_level(&self, problem: &Problem, shape: &Shape) -> LikelihoodRatio {
        let kappa = problem.level_kappa();
        let statistic = problem.gain_over_level(shape, kappa);
        let p_value = self.bootstrap.p_value(AGAINST_LEVEL, statistic, |stream| {
            // The statistic does not depend on the scale.
            let drawn = level(kappa).simulate(&problem.0.prices, 0.0, stream);
            let problem = Problem(SpotLikelihood::of(&drawn).ok()?);
            let shape = problem.maximise(false).ok()?;
            Some(problem.gain_over_level(&shape, problem.level_kappa()))
        });
        let against = "reversion to a fixed level".to_owned();
        LikelihoodRatio { against, statistic, p_value }
    }
}

/// Reversion to a level that does not move, with unit volatility.
fn level(kappa: f64) -> Dynamics {
    Dynamics::with_variances(kappa, 1.0, 0.0)
}

/// Unbounded coordinates of the two numbers the likelihood is searched over: speed and σξ²/σS².
#[derive(Debug, Clone, Copy)]
struct Shape([f64; 2]);

/// From the real line to between `low` and `high`.
fn between((low, high): (f64, f64), x: f64) -> f64 {
    low * (high / low).powf(1.0 / (1.0 + (-x).exp()))
}

impl Shape {
    fn ratio(&self) -> f64 {
        between(RATIO_RANGE, self.0[1])
    }

    fn dynamics(&self, prices: &LogPrices) -> Dynamics {
        Dynamics::with_variances(between(kappa_range(prices), self.0[0]), 1.0, self.ratio())
    }
}

/// The two-factor likelihood of one series.
struct Problem(SpotLikelihood);

impl Problem {
    fn log_likelihood(&self, shape: &Shape) -> f64 {
        self.0.concentrated(&shape.dynamics(&self.0.prices), true)
    }

    /// The best shape: a grid, then quasi-Newton from its best points (one point if not `thorough`).
    fn maximise(&self, thorough: bool) -> Result<Shape, EconometricsError> {
        let kappas = [-3.0, -1.5, -0.5, 0.5, 1.5, 3.0];
        let ratios = [-2.0, -0.5, 0.3, 1.0, 2.0];
        let mut grid: Vec<(f64, Vec<f64>)> = Vec::new();
        for kappa in kappas {
            for ratio in ratios {
                grid.push((self.log_likelihood(&Shape([kappa, ratio])), vec![kappa, ratio]));
            }
        }
        grid.sort_by(|a, b| b.0.total_cmp(&a.0));
        let n_starts = if thorough { 4 } else { 1 };
        let starts: Vec<Vec<f64>> = grid.into_iter().take(n_starts).map(|(_, x)| x).collect();
        let target = |x: &[f64]| self.log_likelihood(&Shape([x[0], x[1]]));
        let maximum = maximise(&target, &starts, &SearchOptions::default()).map_err(refused)?;
        Ok(Shape([maximum.point[0], maximum.point[1]]))
    }

    /// Twice the gain over σξ = σS.
    fn gain_over_walk(&self, shape: &Shape) -> f64 {
        let walk = self.0.concentrated(&Dynamics::walk(1.0), true);
        (2.0 * (self.log_likelihood(shape) - walk)).max(0.0)
    }

    /// The best speed of reversion to a level that does not move.
    fn level_kappa(&self) -> f64 {
        let (low, high) = kappa_range(&self.0.prices);
        let at = |log_kappa: f64| self.0.concentrated(&level(log_kappa.exp()), false);
        super::highest(low.ln(), high.ln(), 24, 1e-4, at).exp()
    }

    /// Twice the gain over σξ = 0 without drift.
    fn gain_over_level(&self, shape: &Shape, kappa: f64) -> f64 {
        let fixed = self.0.concentrated(&level(kappa), false);
        (2.0 * (self.log_likelihood(shape) - fixed)).max(0.0)
    }

    /// Covariance of (ln κ, ln σS, ln σξ), the drift at its best.
    fn covariance(&self, point: &Point) -> Option<Array2<f64>> {
        let target = |x: &[f64]| {
            let (spot, xi) = ((2.0 * x[1]).exp(), (2.0 * x[2]).exp());
            let dynamics = Dynamics::with_variances(x[0].exp(), spot, xi);
            self.0.at(&dynamics, true).map_or(f64::NEG_INFINITY, |l| l.log_likelihood())
        };
        let at = [point.kappa.ln(), point.sigma_spot.ln(), point.sigma_xi.ln()];
        let proper = |c: &Array2<f64>| c.diag().iter().all(|v| v.is_finite() && *v > 0.0);
        covariance_at(&target, &at).ok().filter(proper)
    }

    /// χ and ξ at the end of the last period.
    fn end_state(&self, point: &Point, rho: f64) -> Result<EndState, EconometricsError> {
        let (kappa, sigma_xi) = (point.kappa, point.sigma_xi);
        let dynamics = Dynamics { kappa, sigma_chi: point.sigma_chi(rho), sigma_xi, rho };
        let filtered = self.0.filtered(&dynamics, true)?;
        let chi = filtered.end_mean()[1];
        let xi = match (self.0.prices.quote, self.0.prices.values.last()) {
            // The sum is the price, which is known.
            (Quote::Point, Some(Some(last))) => last - chi,
            _ => self.0.end_xi(&filtered),
        };
        let se = filtered.end_covariance()[[1, 1]].max(0.0).sqrt();
        Ok(EndState { state: TwoFactorState { chi, xi }, se })
    }
}

#[cfg(test)]
mod tests {
    use monazite_stochastic::{
        Key, Measure, SchwartzSmith, SchwartzSmithParameters, simulate_two_factor,
    };

    use super::*;
    use crate::Estimate;

    const MONTH: f64 = 1.0 / 12.0;

    fn simulated(parameters: SchwartzSmithParameters, n: usize, path: u64) -> LogPrices {
        let model = SchwartzSmith::new(parameters).unwrap();
        let step = model.step(MONTH, Measure::Physical).unwrap();
        let start = TwoFactorState { chi: 0.0, xi: 4.0 };
        let block = simulate_two_factor(&step, start, Key::new(6), 1, (path, 1), n);
        LogPrices::new("simulated", block.prices().path(0), MONTH).unwrap()
    }

    fn truth() -> SchwartzSmithParameters {
        SchwartzSmithParameters {
            kappa: 4.0,
            sigma_chi: 0.4,
            lambda_chi: 0.0,
            mu_xi: 0.05,
            mu_star_xi: 0.05,
            sigma_xi: 0.2,
            rho: 0.0,
        }
    }

    fn fit(prices: &LogPrices) -> TwoFactorFit {
        TwoFactor::new().with_bootstrap(Bootstrap::none()).fit(prices).unwrap()
    }

    /// σS and σξ fixed: the log-likelihood does not depend on how ρ and σχ share out the rest, for prices at dates and
    /// for averages.
    #[test]
    fn the_correlation_is_not_identified() {
        let points = simulated(truth(), 150, 0);
        for prices in [points.clone(), points.as_averages()] {
            let problem = SpotLikelihood::of(&prices).unwrap();
            let at = |dynamics: &Dynamics| problem.at(dynamics, true).unwrap().log_likelihood();
            let reference = at(&Dynamics::with_variances(2.0, 0.2, 0.04));
            for rho in [-0.95, -0.5, 0.0, 0.4, 0.9] {
                let covered = rho * 0.2;
                let sigma_chi = -covered + (covered * covered + 0.16_f64).sqrt();
                let ours = at(&Dynamics { kappa: 2.0, sigma_chi, sigma_xi: 0.2, rho });
                assert!((ours - reference).abs() < 1e-8, "{rho}: {ours} {reference}");
            }
        }
    }

    /// σS = σξ: no transitory part, and the filter gives the closed form of the random walk, whatever the speed.
    #[test]
    fn without_a_transitory_part_it_is_a_random_walk() {
        let mut raw: Vec<f64> =
            simulated(truth(), 120, 1).values().iter().flatten().map(|x| x.exp()).collect();
        raw[40..44].fill(f64::NAN);
        let prices = LogPrices::new("gaps", &raw, MONTH).unwrap();
        let problem = SpotLikelihood::of(&prices).unwrap();
        let filtered = problem.filtered(&Dynamics::with_variances(3.0, 1.0, 1.0), true).unwrap();
        let walk = RandomWalk.fit(&prices).unwrap();
        let concentrated = filtered.likelihood().concentrated_log_likelihood();
        assert!((concentrated - walk.log_likelihood()).abs() < 1e-8);
        assert!((filtered.coefficients()[0] - walk.mu().value).abs() < 1e-10);
    }

    /// Averages of simulated days, taken as averages, give the parameters back; taken as prices at dates they do not.
    #[test]
    fn averages_are_not_prices_at_dates() {
        let (days, months) = (20, 1200);
        let model = SchwartzSmith::new(truth()).unwrap();
        let step = model.step(MONTH / f64::from(days), Measure::Physical).unwrap();
        let start = TwoFactorState { chi: 0.0, xi: 4.0 };
        let n_days = months * days as usize;
        let block = simulate_two_factor(&step, start, Key::new(9), 1, (0, 1), n_days);
        let daily = block.chi().path(0).iter().zip(block.xi().path(0)).map(|(c, x)| c + x);
        let daily: Vec<f64> = daily.collect();
        let averages: Vec<f64> = daily
            .chunks_exact(days as usize)
            .map(|month| (month.iter().sum::<f64>() / f64::from(days)).exp())
            .collect();
        let prices = LogPrices::new("averages", &averages, MONTH).unwrap();
        let (naive, proper) = (fit(&prices), fit(&prices.as_averages()));
        for (estimate, truth) in
            [(proper.kappa(), 4.0), (proper.sigma_spot(), 0.2_f64.sqrt()), (proper.sigma_xi(), 0.2)]
        {
            let distance = (estimate.value / truth).ln() / (estimate.se / estimate.value);
            assert!(distance.abs() < 3.0, "{estimate:?} for {truth}");
        }
        assert!(!naive.identified() && naive.sigma_spot().value < 0.1, "{naive}");
    }

    /// Fits to 100 years of months: their mean lies within 3 of its standard errors of the truth, and the reported standard
    /// errors are those of the spread.
    #[test]
    fn parameters_are_recovered() {
        let fits: Vec<TwoFactorFit> =
            (0..20).map(|path| fit(&simulated(truth(), 1200, path))).collect();
        let check = |name: &str, truth: f64, estimate: &dyn Fn(&TwoFactorFit) -> Estimate| {
            let logs: Vec<f64> = fits.iter().map(|fit| estimate(fit).value.ln()).collect();
            let mean = logs.iter().sum::<f64>() / 20.0;
            let sd = (logs.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 19.0).sqrt();
            let distance = (mean - truth.ln()) / (sd / 20.0_f64.sqrt());
            assert!(distance.abs() < 3.0, "{name}: {} for {truth}, {distance} s.e.", mean.exp());
            let mut reported: Vec<f64> =
                fits.iter().map(|fit| estimate(fit).se / estimate(fit).value).collect();
            reported.sort_by(f64::total_cmp);
            assert!(
                (reported[10] / sd - 1.0).abs() < 0.5,
                "{name}: s.e. {}, spread {sd}",
                reported[10]
            );
        };
        check("kappa", 4.0, &TwoFactorFit::kappa);
        check("sigma_spot", 0.2_f64.sqrt(), &TwoFactorFit::sigma_spot);
        check("sigma_xi", 0.2, &TwoFactorFit::sigma_xi);
        check("sigma_chi", 0.4, &TwoFactorFit::sigma_chi);
    }

    #[test]
    fn the_unit_of_the_price_does_not_matter() {
        let prices = simulated(truth(), 160, 4);
        let dear: Vec<f64> = prices.values().iter().flatten().map(|x| 500.0 * x.exp()).collect();
        let (one, other) = (fit(&prices), fit(&LogPrices::new("dear", &dear, MONTH).unwrap()));
        for (a, b) in one.estimates().iter().zip(other.estimates()) {
            assert!((a.value / b.value - 1.0).abs() < 1e-4, "{a:?} {b:?}");
        }
        let ratios = [one.against_random_walk(), other.against_random_walk()];
        assert!((ratios[0].statistic - ratios[1].statistic).abs() < 1e-6);
        let shift = other.state().xi - one.state().xi - 500.0_f64.ln();
        assert!(shift.abs() < 1e-3 && (one.state().chi - other.state().chi).abs() < 1e-3);
    }

    #[test]
    fn only_a_model_that_beats_both_smaller_ones_is_identified() {
        let spec = TwoFactor::new();
        let clear = spec.fit(&simulated(truth(), 600, 0)).unwrap();
        assert!(clear.identified(), "{clear}");
        let walk = SchwartzSmithParameters { sigma_chi: 0.0, ..truth() };
        let of_walk = spec.fit(&simulated(walk, 140, 2)).unwrap();
        assert!(!of_walk.identified() && of_walk.against_random_walk().p_value > Some(0.05));
        assert!(of_walk.to_string().contains("not distinguished from a random walk"), "{of_walk}");
        let level = SchwartzSmithParameters { sigma_xi: 0.0, mu_xi: 0.0, kappa: 2.0, ..truth() };
        let of_level = spec.fit(&simulated(level, 240, 1)).unwrap();
        assert!(!of_level.identified() && of_level.against_fixed_level().p_value > Some(0.05));
        assert!(of_level.to_string().contains("not distinguished from reversion"), "{of_level}");
    }

    /// Momentum (ρ = −.9 with σχ < 2·.9·σξ): ρ = 0 is impossible, and the result says so.
    #[test]
    fn momentum_moves_the_correlation() {
        let momentum =
            SchwartzSmithParameters { sigma_chi: 0.25, sigma_xi: 0.5, rho: -0.9, ..truth() };
        let fitted = fit(&simulated(momentum, 600, 0));
        let (low, high) = fitted.rho_range();
        assert!(low == -1.0 && high < 0.0 && fitted.rho() == high, "{fitted}");
        assert!(fitted.reasons().iter().any(|r| r.contains("more of the same")));
        let asked = TwoFactor::new().with_correlation(-0.9).with_bootstrap(Bootstrap::none());
        let at_truth = asked.fit(&simulated(momentum, 600, 0)).unwrap();
        let (chi_low, chi_high) = at_truth.sigma_chi_range();
        assert!(chi_low < 0.25 && 0.25 < chi_high);
        assert!((at_truth.log_likelihood() - fitted.log_likelihood()).abs() < 1e-12);
    }

    /// Process and draws keep the price volatility that was estimated.
    #[test]
    fn the_process_is_the_fit() {
        let fitted = TwoFactor::new()
            .with_correlation(0.3)
            .with_bootstrap(Bootstrap::none())
            .fit(&simulated(truth(), 400, 0))
            .unwrap();
        let process = fitted.process(0.1, 0.02).unwrap();
        let volatility = process.futures_volatility(0.0);
        assert!((volatility / fitted.sigma_spot().value - 1.0).abs() < 1e-12);
        let p = process.parameters();
        assert!(p.rho == 0.3 && (p.mu_xi - p.mu_star_xi - 0.02).abs() < 1e-15);
        let mut stream = Key::new(1).stream(0, 1);
        let logs: Vec<f64> = (0..4000)
            .map(|_| fitted.draw(&mut stream, 0.0, 0.0).unwrap().futures_volatility(0.0).ln())
            .collect();
        let mean = logs.iter().sum::<f64>() / 4000.0;
        let sd = (logs.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 3999.0).sqrt();
        let se = fitted.sigma_spot().se / fitted.sigma_spot().value;
        assert!((sd / se - 1.0).abs() < 0.05, "{sd} {se}");
    }

    #[test]
    fn errors() {
        let prices = simulated(truth(), 7, 0);
        let short = TwoFactor::new().fit(&prices);
        assert!(matches!(short, Err(EconometricsError::TooFew { needed: 8, found: 7, .. })));
        let rho = TwoFactor::new().with_correlation(1.2).fit(&prices);
        assert!(matches!(rho, Err(EconometricsError::OutOfRange { name: "rho", .. })));
    }
}
