//! Short-term variations and long-term dynamics: the two-factor model of Schwartz and Smith (2000).
//!
//! Use it for a price whose deviations die out around an equilibrium level that itself wanders. The log spot price is
//! the sum of a short-term deviation χ, an Ornstein–Uhlenbeck process around zero, and an equilibrium level ξ, a
//! Brownian motion with drift:
//!
//! ```text
//! ln S = χ + ξ      dχ = −κ χ dt + σχ dzχ      dξ = μξ dt + σξ dzξ      dzχ dzξ = ρ dt        (1–3)
//! ```
//!
//! Under the risk-neutral measure the drifts are −κ χ − λχ and μ*ξ. Time is in years. Over a step dt the state is
//! jointly normal (their eq. 6), so a step of any length is exact:
//!
//! ```text
//! var χ = (1 − e^(−2κdt)) σχ²/2κ     cov(χ, ξ) = (1 − e^(−κdt)) ρ σχ σξ/κ     var ξ = σξ² dt
//! ```
//!
//! The futures price is `ln F(T) = e^(−κT) χ + ξ + A(T)` (eq. 9). Reference: Schwartz and Smith (2000), "Short-term
//! variations and long-term dynamics in commodity prices", Management Science 46(7). Checked against
//! F(1 y) = 19.29577 at their oil parameters, ξ = 3, χ = 0, and against [`crate::GibsonSchwartz`], which is the same
//! model in other coordinates.

use serde::{Deserialize, Serialize};

use crate::StochasticError;
use crate::error::{correlation, finite, not_negative, positive};

/// Whose drift: the real world's, or the one under which futures prices are expectations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The real world: for scenarios and forecasts.
    Physical,
    /// Risk-adjusted: for pricing.
    RiskNeutral,
}

/// The seven parameters, per year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchwartzSmithParameters {
    /// κ, speed at which short-term deviations die out; the half-life is ln 2/κ years.
    pub kappa: f64,
    /// σχ, volatility of the short-term deviation.
    pub sigma_chi: f64,
    /// λχ, risk premium of the short-term deviation.
    pub lambda_chi: f64,
    /// μξ, drift of the equilibrium log price.
    pub mu_xi: f64,
    /// μ*ξ, its risk-neutral drift.
    pub mu_star_xi: f64,
    /// σξ, volatility of the equilibrium log price.
    pub sigma_xi: f64,
    /// ρ, correlation of the two.
    pub rho: f64,
}

/// The model, its parameters checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SchwartzSmithParameters", into = "SchwartzSmithParameters")]
pub struct SchwartzSmith {
    parameters: SchwartzSmithParameters,
}

impl TryFrom<SchwartzSmithParameters> for SchwartzSmith {
    type Error = StochasticError;

    fn try_from(parameters: SchwartzSmithParameters) -> Result<Self, StochasticError> {
        Self::new(parameters)
    }
}

impl From<SchwartzSmith> for SchwartzSmithParameters {
    fn from(model: SchwartzSmith) -> Self {
        model.parameters
    }
}

/// The two factors; their sum is the log spot price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TwoFactorState {
    /// χ, short-term deviation of the log price.
    pub chi: f64,
    /// ξ, equilibrium log price.
    pub xi: f64,
}

impl TwoFactorState {
    /// Logarithm of the spot price.
    pub fn log_price(self) -> f64 {
        self.chi + self.xi
    }

    /// The spot price.
    pub fn price(self) -> f64 {
        self.log_price().exp()
    }
}

impl SchwartzSmith {
    /// Checks the parameters: κ > 0, volatilities ≥ 0, |ρ| ≤ 1, all finite.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn new(parameters: SchwartzSmithParameters) -> Result<Self, StochasticError> {
        let p = parameters;
        positive("kappa", p.kappa)?;
        not_negative("sigma_chi", p.sigma_chi)?;
        finite("lambda_chi", p.lambda_chi)?;
        finite("mu_xi", p.mu_xi)?;
        finite("mu_star_xi", p.mu_star_xi)?;
        not_negative("sigma_xi", p.sigma_xi)?;
        correlation("rho", p.rho)?;
        Ok(Self { parameters })
    }

    /// The parameters.
    pub fn parameters(&self) -> SchwartzSmithParameters {
        self.parameters
    }

    /// Half-life of a short-term deviation, in years.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.parameters.kappa
    }

    /// The exact transition over `dt_years`.
    ///
    /// # Errors
    /// `dt_years` is not positive.
    pub fn step(&self, dt_years: f64, measure: Measure) -> Result<TwoFactorStep, StochasticError> {
        positive("dt_years", dt_years)?;
        let p = self.parameters;
        let decayed = -(-p.kappa * dt_years).exp_m1(); // 1 − e^(−κ dt)
        let decayed_twice = -(-2.0 * p.kappa * dt_years).exp_m1();
        let (chi_shift, xi_drift) = match measure {
            Measure::Physical => (0.0, p.mu_xi),
            Measure::RiskNeutral => (-p.lambda_chi / p.kappa * decayed, p.mu_star_xi),
        };
        let sd_chi = p.sigma_chi * (decayed_twice / (2.0 * p.kappa)).sqrt();
        let sd_xi = p.sigma_xi * dt_years.sqrt();
        let correlation = if sd_chi > 0.0 && sd_xi > 0.0 {
            p.rho * p.sigma_chi * p.sigma_xi * decayed / p.kappa / (sd_chi * sd_xi)
        } else {
            0.0
        };
        Ok(TwoFactorStep {
            chi_decay: 1.0 - decayed,
            chi_shift,
            xi_shift: xi_drift * dt_years,
            chi_from_first: sd_chi,
            xi_from_first: sd_xi * correlation,
            // Rounding may push a correlation of ±1 a hair beyond it.
            xi_from_second: sd_xi * (1.0 - correlation * correlation).max(0.0).sqrt(),
        })
    }

    /// Logarithm of the futures price for delivery in `maturity_years` (eq. 9).
    pub fn log_futures(&self, state: TwoFactorState, maturity_years: f64) -> f64 {
        let (p, t) = (self.parameters, maturity_years);
        let decayed = -(-p.kappa * t).exp_m1();
        let decayed_twice = -(-2.0 * p.kappa * t).exp_m1();
        let variance = decayed_twice * p.sigma_chi * p.sigma_chi / (2.0 * p.kappa)
            + p.sigma_xi * p.sigma_xi * t
            + 2.0 * decayed * p.rho * p.sigma_chi * p.sigma_xi / p.kappa;
        let drift = p.mu_star_xi * t - decayed * p.lambda_chi / p.kappa;
        (1.0 - decayed) * state.chi + state.xi + drift + 0.5 * variance
    }

    /// The futures price for delivery in `maturity_years`.
    pub fn futures(&self, state: TwoFactorState, maturity_years: f64) -> f64 {
        self.log_futures(state, maturity_years).exp()
    }

    /// Futures prices for several maturities.
    pub fn forward_curve(&self, state: TwoFactorState, maturities_years: &[f64]) -> Vec<f64> {
        maturities_years.iter().map(|&t| self.futures(state, t)).collect()
    }

    /// Mean of the real-world spot price in `horizon_years` (eq. 4 and 7).
    pub fn expected_price(&self, state: TwoFactorState, horizon_years: f64) -> f64 {
        let p = self.parameters;
        let real = SchwartzSmithParameters { lambda_chi: 0.0, mu_star_xi: p.mu_xi, ..p };
        Self { parameters: real }.futures(state, horizon_years)
    }

    /// Volatility of the futures return at `maturity_years`, per √year.
    pub fn futures_volatility(&self, maturity_years: f64) -> f64 {
        let p = self.parameters;
        let short = (-p.kappa * maturity_years).exp() * p.sigma_chi;
        (short * short + p.sigma_xi * p.sigma_xi + 2.0 * p.rho * short * p.sigma_xi).max(0.0).sqrt()
    }
}

/// An exact transition over a fixed step, with the Cholesky factor of its covariance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TwoFactorStep {
    chi_decay: f64,
    chi_shift: f64,
    xi_shift: f64,
    chi_from_first: f64,
    xi_from_first: f64,
    xi_from_second: f64,
}

impl TwoFactorStep {
    /// The state one step later, given two independent standard normal numbers.
    #[inline]
    #[must_use]
    pub fn advance(&self, state: TwoFactorState, first: f64, second: f64) -> TwoFactorState {
        TwoFactorState {
            chi: self.chi_decay * state.chi + self.chi_shift + self.chi_from_first * first,
            xi: state.xi
                + self.xi_shift
                + self.xi_from_first * first
                + self.xi_from_second * second,
        }
    }

    /// e^(−κ dt).
    pub fn chi_decay(&self) -> f64 {
        self.chi_decay
    }

    /// Covariance of the shocks to (χ, ξ): var χ, cov, var ξ.
    pub fn covariance(&self) -> [f64; 3] {
        let (a, b, c) = (self.chi_from_first, self.xi_from_first, self.xi_from_second);
        [a * a, a * b, b * b + c * c]
    }
}
