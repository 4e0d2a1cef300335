//! A mean-reverting log price: the one-factor model of Schwartz (1997, model 1).
//!
//! Use it for a price without a wandering level; [`crate::SchwartzSmith`] adds one. With X = ln S and α = μ − σ²/2κ
//!
//! ```text
//! dS = κ(μ − ln S) S dt + σ S dz      dX = κ(α − X) dt + σ dz                                   (1–2)
//! X(t+dt) = α + e^(−κdt)(X − α) + e,   var e = (1 − e^(−2κdt)) σ²/2κ
//! ln F(T) = e^(−κT) ln S + (1 − e^(−κT)) α* + (1 − e^(−2κT)) σ²/4κ,   α* = α − λ                 (7)
//! ```
//!
//! Time is in years. Reference: Schwartz (1997), "The stochastic behavior of commodity prices: implications for
//! valuation and hedging", Journal of Finance 52(3). Checked: futures price against the mean of the exact transition,
//! and against [`crate::SchwartzSmith`] with σξ = 0.

use serde::{Deserialize, Serialize};

use crate::error::{finite, not_negative, positive};
use crate::{Measure, StochasticError};

/// The four parameters, per year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneFactorParameters {
    /// κ, speed of reversion; the half-life of a deviation is ln 2/κ years.
    pub kappa: f64,
    /// μ; the long-run mean of the log price is α = μ − σ²/2κ.
    pub mu: f64,
    /// σ, volatility.
    pub sigma: f64,
    /// λ, market price of risk.
    pub lambda: f64,
}

/// The model, its parameters checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "OneFactorParameters", into = "OneFactorParameters")]
pub struct SchwartzOneFactor {
    parameters: OneFactorParameters,
}

impl TryFrom<OneFactorParameters> for SchwartzOneFactor {
    type Error = StochasticError;

    fn try_from(parameters: OneFactorParameters) -> Result<Self, StochasticError> {
        Self::new(parameters)
    }
}

impl From<SchwartzOneFactor> for OneFactorParameters {
    fn from(model: SchwartzOneFactor) -> Self {
        model.parameters
    }
}

impl SchwartzOneFactor {
    /// Checks the parameters: κ > 0, σ ≥ 0, all finite.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn new(parameters: OneFactorParameters) -> Result<Self, StochasticError> {
        positive("kappa", parameters.kappa)?;
        finite("mu", parameters.mu)?;
        not_negative("sigma", parameters.sigma)?;
        finite("lambda", parameters.lambda)?;
        Ok(Self { parameters })
    }

    /// The parameters.
    pub fn parameters(&self) -> OneFactorParameters {
        self.parameters
    }

    /// Long-run mean of the log price under `measure`.
    pub fn mean_log_price(&self, measure: Measure) -> f64 {
        let p = self.parameters;
        let alpha = p.mu - p.sigma * p.sigma / (2.0 * p.kappa);
        match measure {
            Measure::Physical => alpha,
            Measure::RiskNeutral => alpha - p.lambda,
        }
    }

    /// The exact transition over `dt_years`.
    ///
    /// # Errors
    /// `dt_years` is not positive.
    pub fn step(&self, dt_years: f64, measure: Measure) -> Result<OneFactorStep, StochasticError> {
        positive("dt_years", dt_years)?;
        let p = self.parameters;
        let decayed = -(-p.kappa * dt_years).exp_m1();
        let decayed_twice = -(-2.0 * p.kappa * dt_years).exp_m1();
        Ok(OneFactorStep {
            decay: 1.0 - decayed,
            shift: decayed * self.mean_log_price(measure),
            from_shock: p.sigma * (decayed_twice / (2.0 * p.kappa)).sqrt(),
        })
    }

    /// The futures price for delivery in `maturity_years` (eq. 7).
    pub fn futures(&self, spot: f64, maturity_years: f64) -> f64 {
        let p = self.parameters;
        let decayed = -(-p.kappa * maturity_years).exp_m1();
        let decayed_twice = -(-2.0 * p.kappa * maturity_years).exp_m1();
        ((1.0 - decayed) * spot.ln()
            + decayed * self.mean_log_price(Measure::RiskNeutral)
            + decayed_twice * p.sigma * p.sigma / (4.0 * p.kappa))
            .exp()
    }

    /// Futures prices for several maturities.
    pub fn forward_curve(&self, spot: f64, maturities_years: &[f64]) -> Vec<f64> {
        maturities_years.iter().map(|&t| self.futures(spot, t)).collect()
    }
}

/// An exact transition over a fixed step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OneFactorStep {
    decay: f64,
    shift: f64,
    from_shock: f64,
}

impl OneFactorStep {
    /// The log price one step later, given a standard normal number.
    #[inline]
    #[must_use]
    pub fn advance(&self, log_price: f64, shock: f64) -> f64 {
        self.decay * log_price + self.shift + self.from_shock * shock
    }

    /// Coefficients (e^(−κdt), intercept, s.d.) of the AR(1) that the log price follows.
    pub fn coefficients(&self) -> [f64; 3] {
        [self.decay, self.shift, self.from_shock]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SchwartzSmith, SchwartzSmithParameters, TwoFactorState};

    fn copper() -> SchwartzOneFactor {
        let parameters =
            OneFactorParameters { kappa: 0.369, mu: 4.854, sigma: 0.233, lambda: -0.339 };
        SchwartzOneFactor::new(parameters).unwrap()
    }

    #[test]
    fn the_futures_price_is_the_mean_of_the_transition() {
        let (model, spot) = (copper(), 97.0_f64);
        for maturity in [0.1, 1.0, 9.0] {
            let [decay, shift, sd] =
                model.step(maturity, Measure::RiskNeutral).unwrap().coefficients();
            let mean = (decay * spot.ln() + shift + 0.5 * sd * sd).exp();
            let ours = model.futures(spot, maturity);
            assert!((ours / mean - 1.0).abs() < 1e-14, "{ours} {mean}");
        }
    }

    #[test]
    fn two_half_steps_are_one_step() {
        let model = copper();
        let [whole, shift, sd] = model.step(0.5, Measure::Physical).unwrap().coefficients();
        let half = model.step(0.25, Measure::Physical).unwrap();
        let [decay, _, half_sd] = half.coefficients();
        assert!((decay * decay - whole).abs() < 1e-15);
        assert!((half.advance(half.advance(2.0, 0.0), 0.0) - (whole * 2.0 + shift)).abs() < 1e-14);
        assert!(((1.0 + decay * decay) * half_sd * half_sd - sd * sd).abs() < 1e-16);
    }

    #[test]
    fn two_factors_with_a_fixed_level_are_one() {
        let (one, p) = (copper(), copper().parameters());
        let two = SchwartzSmith::new(SchwartzSmithParameters {
            kappa: p.kappa,
            sigma_chi: p.sigma,
            lambda_chi: p.lambda * p.kappa,
            mu_xi: 0.0,
            mu_star_xi: 0.0,
            sigma_xi: 0.0,
            rho: 0.0,
        })
        .unwrap();
        let xi = one.mean_log_price(Measure::Physical);
        let state = TwoFactorState { chi: 100.0_f64.ln() - xi, xi };
        for maturity in [0.5, 3.0] {
            let (a, b) = (one.futures(100.0, maturity), two.futures(state, maturity));
            assert!((a / b - 1.0).abs() < 1e-14, "{a} {b}");
        }
    }
}
