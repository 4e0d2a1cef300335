//! What a two-factor fit says, and how far it can be trusted.

use std::fmt;

use monazite_stochastic::{SchwartzSmith, SchwartzSmithParameters, Stream, TwoFactorState};
use ndarray::Array2;
use serde::Serialize;

use super::one_factor::kappa_range;
use super::two_factor::RATIO_RANGE;
use super::{LikelihoodRatio, LogPrices, write_estimates};
use crate::estimate::significant;
use crate::{EconometricsError, Estimate};

/// Where the likelihood is highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) kappa: f64,
    pub(super) sigma_spot: f64,
    pub(super) sigma_xi: f64,
    pub(super) mu: f64,
    pub(super) mu_se: f64,
    pub(super) log_likelihood: f64,
}

impl Point {
    /// σS² − σξ².
    fn excess(&self) -> f64 {
        self.sigma_spot * self.sigma_spot - self.sigma_xi * self.sigma_xi
    }

    /// σχ that gives the spot volatility at this ρ.
    pub(super) fn sigma_chi(&self, rho: f64) -> f64 {
        let covered = rho * self.sigma_xi;
        (-covered + (covered * covered + self.excess()).max(0.0).sqrt()).max(0.0)
    }

    /// Range of ρ with this likelihood.
    fn correlations(&self) -> (f64, f64) {
        let excess = self.excess();
        if excess >= 0.0 { (-1.0, 1.0) } else { (-1.0, -(-excess).sqrt() / self.sigma_xi) }
    }

    pub(super) fn nearest_correlation(&self, rho: f64) -> f64 {
        let (low, high) = self.correlations();
        rho.clamp(low, high)
    }
}

/// χ and ξ at the end of the last period, and the standard error of χ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EndState {
    pub(super) state: TwoFactorState,
    pub(super) se: f64,
}

/// An estimated two-factor price.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoFactorFit {
    pub(super) prices: LogPrices,
    pub(super) point: Point,
    pub(super) rho: f64,
    /// Of (ln κ, ln σS, ln σξ).
    pub(super) covariance: Option<Array2<f64>>,
    pub(super) end: EndState,
    pub(super) against_walk: LikelihoodRatio,
    pub(super) against_level: LikelihoodRatio,
    pub(super) reasons: Vec<String>,
}

impl TwoFactorFit {
    fn log_se(&self, at: usize) -> f64 {
        self.covariance.as_ref().map_or(f64::NAN, |c| c[[at, at]].sqrt())
    }

    /// κ, speed at which transitory shocks die out, per year.
    pub fn kappa(&self) -> Estimate {
        Estimate::positive("kappa", self.point.kappa, self.point.kappa * self.log_se(0))
    }

    /// σS, volatility of the price per √year.
    pub fn sigma_spot(&self) -> Estimate {
        let value = self.point.sigma_spot;
        Estimate::positive("sigma_spot", value, value * self.log_se(1))
    }

    /// σξ, volatility of the permanent part per √year.
    pub fn sigma_xi(&self) -> Estimate {
        Estimate::positive("sigma_xi", self.point.sigma_xi, self.point.sigma_xi * self.log_se(2))
    }

    /// μ, drift of the log price per year.
    pub fn mu_xi(&self) -> Estimate {
        Estimate::normal("mu_xi", self.point.mu, self.point.mu_se)
    }

    /// σχ, volatility of the transitory part per √year, at the assumed correlation (delta method).
    pub fn sigma_chi(&self) -> Estimate {
        let (rho, point) = (self.rho, &self.point);
        let value = point.sigma_chi(rho);
        // From σχ² + 2ρσχσξ + σξ² = σS², differentiated with ln σS and ln σξ as the variables.
        let slope = value + rho * point.sigma_xi;
        let from_spot = point.sigma_spot * point.sigma_spot / slope;
        let from_xi = -point.sigma_xi * (point.sigma_xi + rho * value) / slope;
        // At the edge of the possible correlations σχ has no derivative.
        let smooth = slope > 1e-3 * value;
        let se = self.covariance.as_ref().filter(|_| smooth).map_or(f64::NAN, |c| {
            let variance = from_spot * from_spot * c[[1, 1]]
                + from_xi * from_xi * c[[2, 2]]
                + 2.0 * from_spot * from_xi * c[[1, 2]];
            variance.max(0.0).sqrt()
        });
        Estimate::positive("sigma_chi", value, se)
    }

    /// κ, σS, σξ, μ and σχ with standard errors and 95 % intervals.
    pub fn estimates(&self) -> Vec<Estimate> {
        vec![self.kappa(), self.sigma_spot(), self.sigma_xi(), self.mu_xi(), self.sigma_chi()]
    }

    /// The correlation assumed (moved, with a reason given, if the data exclude the one asked for).
    pub fn rho(&self) -> f64 {
        self.rho
    }

    /// Correlations that have the same likelihood.
    pub fn rho_range(&self) -> (f64, f64) {
        self.point.correlations()
    }

    /// Values of σχ that have the same likelihood, each with its ρ.
    pub fn sigma_chi_range(&self) -> (f64, f64) {
        let Point { sigma_spot, sigma_xi, .. } = self.point;
        ((sigma_spot - sigma_xi).abs(), sigma_spot + sigma_xi)
    }

    /// Half-life of a transitory shock, years.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.point.kappa
    }

    /// χ and ξ at the end of the last period, at the assumed correlation.
    pub fn state(&self) -> TwoFactorState {
        self.end.state
    }

    /// Standard error of χ, given the parameters; ξ shares it if the last price is known rather than an average.
    pub fn state_se(&self) -> f64 {
        self.end.se
    }

    /// Log-likelihood given the first price.
    pub fn log_likelihood(&self) -> f64 {
        self.point.log_likelihood
    }

    /// Gain over the random walk.
    pub fn against_random_walk(&self) -> &LikelihoodRatio {
        &self.against_walk
    }

    /// Gain over reversion to a fixed level.
    pub fn against_fixed_level(&self) -> &LikelihoodRatio {
        &self.against_level
    }

    /// Whether the data pin κ, σS, σξ and σχ at the assumed ρ. (ρ itself is never identified by one series.)
    pub fn identified(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Why not, if not.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// The price process, to simulate with; risk premia are the caller's: λχ, and λξ = μξ − μ*ξ.
    ///
    /// # Errors
    /// A premium that is not finite.
    pub fn process(
        &self,
        lambda_chi: f64,
        lambda_xi: f64,
    ) -> Result<SchwartzSmith, EconometricsError> {
        process_at(&self.point, self.rho, lambda_chi, lambda_xi)
    }

    /// The price process at parameters drawn from their estimated distribution (normal in ln κ, ln σS, ln σξ and μ).
    ///
    /// # Errors
    /// There is no covariance of the parameters, or a premium is not finite.
    pub fn draw(
        &self,
        stream: &mut Stream,
        lambda_chi: f64,
        lambda_xi: f64,
    ) -> Result<SchwartzSmith, EconometricsError> {
        let shocks = [stream.normal(), stream.normal(), stream.normal(), stream.normal()];
        let Some(root) = self.covariance.as_ref().and_then(lower_root) else {
            let reason = "its parameters have no covariance to draw from".to_owned();
            return Err(EconometricsError::NotMaximised { model: "two-factor price", reason });
        };
        let shift = |row: usize| (0..=row).map(|j| root[row][j] * shocks[j]).sum::<f64>();
        let drawn = Point {
            kappa: self.point.kappa * shift(0).exp(),
            sigma_spot: self.point.sigma_spot * shift(1).exp(),
            sigma_xi: self.point.sigma_xi * shift(2).exp(),
            mu: self.point.mu + self.point.mu_se * shocks[3],
            ..self.point
        };
        process_at(&drawn, drawn.nearest_correlation(self.rho), lambda_chi, lambda_xi)
    }

    /// What speaks against taking the estimates at their word.
    pub(super) fn judge(&self, asked_rho: f64) -> Vec<String> {
        let mut reasons = Vec::new();
        for ratio in [&self.against_walk, &self.against_level] {
            if !ratio.rejects() {
                let p = ratio.p_value.map_or(String::new(), |p| format!(", p = {p:.2}"));
                reasons.push(format!(
                    "not distinguished from {} (likelihood ratio {:.2}{p})",
                    ratio.against, ratio.statistic
                ));
            }
        }
        let (low, high) = kappa_range(&self.prices);
        let Point { kappa, sigma_xi, sigma_spot, .. } = self.point;
        if kappa < 1.05 * low || kappa > high / 1.05 {
            reasons.push(format!(
                "κ is at the edge of what was searched: half-life {:.3} years of {:.3} to {:.1}",
                self.half_life(),
                std::f64::consts::LN_2 / high,
                std::f64::consts::LN_2 / low
            ));
        }
        let ratio = (sigma_xi / sigma_spot).powi(2);
        if ratio < 1.05 * RATIO_RANGE.0 || ratio > RATIO_RANGE.1 / 1.05 {
            reasons.push(format!("σξ is at the edge of what was searched: σξ²/σS² = {ratio:.5}"));
        }
        if self.rho != asked_rho {
            reasons.push(format!(
                "shocks are followed by more of the same: ρ = {asked_rho} is impossible, {:.3} is the nearest possible",
                self.rho
            ));
        }
        if self.covariance.is_none() {
            reasons.push(
                "the likelihood is flat: it has no proper curvature at its maximum".to_owned(),
            );
        }
        reasons
    }
}

fn process_at(
    point: &Point,
    rho: f64,
    lambda_chi: f64,
    lambda_xi: f64,
) -> Result<SchwartzSmith, EconometricsError> {
    Ok(SchwartzSmith::new(SchwartzSmithParameters {
        kappa: point.kappa,
        sigma_chi: point.sigma_chi(rho),
        lambda_chi,
        mu_xi: point.mu,
        mu_star_xi: point.mu - lambda_xi,
        sigma_xi: point.sigma_xi,
        rho,
    })?)
}

/// Lower Cholesky factor of a 3×3 covariance.
fn lower_root(c: &Array2<f64>) -> Option<[[f64; 3]; 3]> {
    let mut root = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let rest = c[[i, j]] - (0..j).map(|k| root[i][k] * root[j][k]).sum::<f64>();
            root[i][j] = if i == j { rest.sqrt() } else { rest / root[j][j] };
            if !root[i][j].is_finite() {
                return None;
            }
        }
    }
    Some(root)
}

/// The fit as `--json` prints it.
#[derive(Serialize)]
struct Report<'a> {
    model: &'static str,
    n: usize,
    loglik: f64,
    parameters: Vec<Estimate>,
    rho: f64,
    rho_range: (f64, f64),
    sigma_chi_range: (f64, f64),
    state: TwoFactorState,
    state_se: f64,
    likelihood_ratios: [&'a LikelihoodRatio; 2],
    identified: bool,
    warnings: &'a [String],
}

impl Serialize for TwoFactorFit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Report {
            model: "two-factor",
            n: self.prices.n(),
            loglik: self.log_likelihood(),
            parameters: self.estimates(),
            rho: self.rho,
            rho_range: self.rho_range(),
            sigma_chi_range: self.sigma_chi_range(),
            state: self.state(),
            state_se: self.state_se(),
            likelihood_ratios: [&self.against_walk, &self.against_level],
            identified: self.identified(),
            warnings: &self.reasons,
        }
        .serialize(serializer)
    }
}

impl fmt::Display for TwoFactorFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Two-factor (Schwartz–Smith) log price from one spot series, per year")?;
        writeln!(f, "Sample {}\n", self.prices.describe())?;
        write_estimates(f, &self.estimates())?;
        let ((rho_lo, rho_hi), (chi_lo, chi_hi)) = (self.rho_range(), self.sigma_chi_range());
        writeln!(
            f,
            "\nρ is not identified by one series: assumed {:.2}; the same likelihood for ρ in [{rho_lo:.2}, {rho_hi:.2}], σχ in [{}, {}]",
            self.rho,
            significant(chi_lo, 3),
            significant(chi_hi, 3)
        )?;
        writeln!(
            f,
            "half-life {} years, now χ = {:.3}, ξ = {:.3} (s.e. {:.3}), log-likelihood {:.3}",
            significant(self.half_life(), 3),
            self.end.state.chi,
            self.end.state.xi,
            self.end.se,
            self.point.log_likelihood
        )?;
        writeln!(f, "{}\n{}", self.against_walk, self.against_level)?;
        for reason in &self.reasons {
            writeln!(f, "not identified: {reason}")?;
        }
        Ok(())
    }
}
