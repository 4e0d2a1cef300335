//! Spot price and convenience yield: the two-factor model of Gibson and Schwartz (1990) in the form of Schwartz (1997).
//!
//! Use it when the convenience yield δ is to be spoken of: it is [`SchwartzSmith`] in other coordinates.
//!
//! ```text
//! dS = (μ − δ) S dt + σS S dzS      dδ = [κ(α − δ) − λ] dt + σE dzE  (λ only when risk-neutral)      dzS dzE = ρ dt
//! ```
//!
//! With α̂ = α − λ/κ the futures price is (Schwartz 1997, eq. 18–20)
//!
//! ```text
//! F(T) = S exp(−δ (1 − e^(−κT))/κ + A(T))
//! A(T) = (r − α̂ + σE²/2κ² − σS σE ρ/κ) T + σE² (1 − e^(−2κT))/4κ³ + (α̂κ + σS σE ρ − σE²/κ)(1 − e^(−κT))/κ²
//! ```
//!
//! The change of coordinates is χ = (δ − α)/κ, ξ = ln S − χ (Schwartz and Smith 2000, §3). References: Schwartz (1997),
//! "The stochastic behavior of commodity prices", Journal of Finance 52(3); Gibson and Schwartz (1990), Journal of
//! Finance 45(3). Checked against the closed form at S 50, δ 0, σS .3, κ 1, α 0, σE .5, ρ .75, r .05, λ 0.

use serde::{Deserialize, Serialize};

use crate::error::{correlation, finite, not_negative, positive};
use crate::{SchwartzSmith, SchwartzSmithParameters, StochasticError, TwoFactorState};

/// The eight parameters, per year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GibsonSchwartzParameters {
    /// μ, expected total return of the spot commodity.
    pub mu: f64,
    /// r, riskless rate.
    pub rate: f64,
    /// σS, volatility of the spot price.
    pub sigma_spot: f64,
    /// κ, speed of reversion of the convenience yield.
    pub kappa: f64,
    /// α, its long-run mean.
    pub alpha: f64,
    /// σE, its volatility.
    pub sigma_yield: f64,
    /// λ, market price of its risk.
    pub lambda: f64,
    /// ρ, correlation of spot price and convenience yield.
    pub rho: f64,
}

/// The model, its parameters checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GibsonSchwartzParameters", into = "GibsonSchwartzParameters")]
pub struct GibsonSchwartz {
    parameters: GibsonSchwartzParameters,
}

impl TryFrom<GibsonSchwartzParameters> for GibsonSchwartz {
    type Error = StochasticError;

    fn try_from(parameters: GibsonSchwartzParameters) -> Result<Self, StochasticError> {
        Self::new(parameters)
    }
}

impl From<GibsonSchwartz> for GibsonSchwartzParameters {
    fn from(model: GibsonSchwartz) -> Self {
        model.parameters
    }
}

impl GibsonSchwartz {
    /// Checks the parameters: κ > 0, volatilities ≥ 0, |ρ| ≤ 1, all finite.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn new(parameters: GibsonSchwartzParameters) -> Result<Self, StochasticError> {
        let p = parameters;
        positive("kappa", p.kappa)?;
        not_negative("sigma_spot", p.sigma_spot)?;
        not_negative("sigma_yield", p.sigma_yield)?;
        finite("mu", p.mu)?;
        finite("rate", p.rate)?;
        finite("alpha", p.alpha)?;
        finite("lambda", p.lambda)?;
        correlation("rho", p.rho)?;
        Ok(Self { parameters })
    }

    /// The parameters.
    pub fn parameters(&self) -> GibsonSchwartzParameters {
        self.parameters
    }

    /// The futures price for delivery in `maturity_years`, given spot price and convenience yield.
    pub fn futures(&self, spot: f64, convenience_yield: f64, maturity_years: f64) -> f64 {
        let (p, t) = (self.parameters, maturity_years);
        let alpha_hat = p.alpha - p.lambda / p.kappa;
        let cross = p.sigma_spot * p.sigma_yield * p.rho;
        let yield_variance = p.sigma_yield * p.sigma_yield;
        let decayed = -(-p.kappa * t).exp_m1();
        let decayed_twice = -(-2.0 * p.kappa * t).exp_m1();
        let a = (p.rate - alpha_hat + yield_variance / (2.0 * p.kappa * p.kappa) - cross / p.kappa)
            * t
            + 0.25 * yield_variance * decayed_twice / p.kappa.powi(3)
            + (alpha_hat * p.kappa + cross - yield_variance / p.kappa) * decayed
                / (p.kappa * p.kappa);
        spot * (a - convenience_yield * decayed / p.kappa).exp()
    }

    /// Futures prices for several maturities.
    pub fn forward_curve(
        &self,
        spot: f64,
        convenience_yield: f64,
        maturities_years: &[f64],
    ) -> Vec<f64> {
        maturities_years.iter().map(|&t| self.futures(spot, convenience_yield, t)).collect()
    }

    /// The same model in the coordinates of Schwartz and Smith; its transition is the exact transition of this one.
    ///
    /// # Errors
    /// Rounding put a derived parameter out of range.
    pub fn to_schwartz_smith(&self) -> Result<SchwartzSmith, StochasticError> {
        let p = self.parameters;
        let sigma_chi = p.sigma_yield / p.kappa;
        let from_spot = p.sigma_spot * p.sigma_spot;
        let sigma_xi = (from_spot + sigma_chi * sigma_chi - 2.0 * p.rho * p.sigma_spot * sigma_chi)
            .max(0.0)
            .sqrt();
        let rho = if sigma_xi > 0.0 { (p.rho * p.sigma_spot - sigma_chi) / sigma_xi } else { 0.0 };
        let lambda_chi = p.lambda / p.kappa;
        SchwartzSmith::new(SchwartzSmithParameters {
            kappa: p.kappa,
            sigma_chi,
            lambda_chi,
            mu_xi: p.mu - p.alpha - 0.5 * from_spot,
            mu_star_xi: p.rate - p.alpha - 0.5 * from_spot + lambda_chi,
            sigma_xi,
            rho: rho.clamp(-1.0, 1.0),
        })
    }

    /// Spot price and convenience yield as factors.
    pub fn to_state(&self, spot: f64, convenience_yield: f64) -> TwoFactorState {
        let chi = (convenience_yield - self.parameters.alpha) / self.parameters.kappa;
        TwoFactorState { chi, xi: spot.ln() - chi }
    }

    /// Factors as spot price and convenience yield.
    pub fn from_state(&self, state: TwoFactorState) -> (f64, f64) {
        (state.price(), self.parameters.alpha + self.parameters.kappa * state.chi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn textbook(lambda: f64, delta_mean: f64) -> GibsonSchwartz {
        GibsonSchwartz::new(GibsonSchwartzParameters {
            mu: 0.1,
            rate: 0.05,
            sigma_spot: 0.3,
            kappa: 1.0,
            alpha: delta_mean,
            sigma_yield: 0.5,
            lambda,
            rho: 0.75,
        })
        .unwrap()
    }

    /// VERIFICATION.md, "Schwartz 1997 futures curve"; closed form.
    #[test]
    fn the_futures_curve_is_the_published_one() {
        let curve = textbook(0.0, 0.0).forward_curve(50.0, 0.0, &[0.25, 1.0, 2.0, 5.0]);
        let golden = [50.4925068906, 51.5034076472, 53.4895805812, 63.4623385117];
        for (ours, golden) in curve.iter().zip(golden) {
            assert!((ours - golden).abs() < 1e-9, "{ours} {golden}");
        }
    }

    #[test]
    fn schwartz_smith_is_the_same_model() {
        let model = GibsonSchwartz::new(GibsonSchwartzParameters {
            kappa: 1.876,
            ..textbook(0.198, 0.106).parameters
        })
        .unwrap();
        let twin = model.to_schwartz_smith().unwrap();
        let state = model.to_state(50.0, 0.03);
        for maturity in [0.0, 0.1, 1.0, 7.0] {
            let (a, b) = (model.futures(50.0, 0.03, maturity), twin.futures(state, maturity));
            assert!((a / b - 1.0).abs() < 1e-13, "{a} {b}");
        }
        let (spot, convenience_yield) = model.from_state(state);
        assert!((spot - 50.0).abs() < 1e-12 && (convenience_yield - 0.03).abs() < 1e-15);
    }

    #[test]
    fn bad_parameters_are_named() {
        let good = textbook(0.0, 0.0).parameters;
        let refused = GibsonSchwartz::new(GibsonSchwartzParameters { kappa: 0.0, ..good });
        assert_eq!(refused, Err(StochasticError::NotPositive { name: "kappa", value: 0.0 }));
        let refused = GibsonSchwartz::new(GibsonSchwartzParameters { rho: 1.5, ..good });
        assert_eq!(refused, Err(StochasticError::Correlation { name: "rho", value: 1.5 }));
    }
}
