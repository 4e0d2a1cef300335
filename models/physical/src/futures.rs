//! A futures curve on the simulated spot price: what a trader who sees only that price would quote.
//!
//! The two-factor model ln S = χ + ξ is given, the month's spot price is seen without error, and the split into the
//! passing and the lasting part is filtered: since χ + ξ is known after each month, one variance P is all that remains,
//!
//! ```text
//! c = (1 − φ) P + cov     v = (1 − φ)² P + var χ + 2 cov + var ξ     K = c/v     P ← P + var ξ − K c
//! ξ ← ξ + drift + K (ln S − predicted ln S)      χ = ln S − ξ
//! ```
//!
//! with φ = e^(−κ/12). The gains K do not depend on prices. Before the first month ξ is the log price that buyers have
//! adapted to and χ is zero. Reference: Schwartz and Smith (2000), eq. 6 and 9. The curve is an overlay: nobody in this
//! version of the market acts on it.

use monazite_stochastic::{SchwartzSmith, TwoFactorState, TwoFactorStep};

use crate::PhysicalError;

/// Months of a year.
const MONTHS: f64 = 12.0;

/// The filter and the curve.
#[derive(Debug, Clone)]
pub(crate) struct FuturesCurve {
    model: SchwartzSmith,
    step: TwoFactorStep,
    gains: Vec<f64>,
}

impl FuturesCurve {
    pub(crate) fn new(model: SchwartzSmith, n_months: usize) -> Result<Self, PhysicalError> {
        let step = model.step(1.0 / MONTHS, monazite_stochastic::Measure::Physical)?;
        let (lost, [var_chi, cov, var_xi]) = (1.0 - step.chi_decay(), step.covariance());
        let mut variance = 0.0;
        let gains = (0..n_months)
            .map(|_| {
                let with_sum = lost * variance + cov + var_xi;
                let of_sum = lost * lost * variance + var_chi + 2.0 * cov + var_xi;
                let gain = if of_sum > 0.0 { with_sum / of_sum } else { 0.0 };
                variance = (variance + var_xi - gain * with_sum).max(0.0);
                gain
            })
            .collect();
        Ok(Self { model, step, gains })
    }

    /// State before the first month.
    pub(crate) fn start(ln_price: f64) -> TwoFactorState {
        TwoFactorState { chi: 0.0, xi: ln_price }
    }

    /// State once the month's spot price is seen.
    pub(crate) fn update(
        &self,
        state: TwoFactorState,
        month_idx: usize,
        ln_price: f64,
    ) -> TwoFactorState {
        let predicted = self.step.advance(state, 0.0, 0.0);
        let xi = predicted.xi + self.gains[month_idx] * (ln_price - predicted.log_price());
        TwoFactorState { chi: ln_price - xi, xi }
    }

    /// Futures price at a maturity in months.
    pub(crate) fn price(&self, state: TwoFactorState, maturity_months: u32) -> f64 {
        if maturity_months == 0 {
            return state.price();
        }
        self.model.futures(state, f64::from(maturity_months) / MONTHS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(n_months: usize) -> FuturesCurve {
        let mut futures = crate::Assumed::default().futures;
        futures.premium_xi.value = 0.0;
        futures.mu_xi.value = 0.0;
        FuturesCurve::new(futures.model().unwrap(), n_months).unwrap()
    }

    /// The first gain by hand: P = 0, so K = (cov + var ξ)/(var χ + 2 cov + var ξ).
    #[test]
    fn the_curve_starts_at_the_spot_and_leans_towards_the_long_run_price() {
        let curve = curve(200);
        let kappa = 1.5_f64;
        let var_chi = (1.0 - (-kappa / 6.0).exp()) * 0.25 * 0.25 / (2.0 * kappa);
        let cov = (1.0 - (-kappa / 12.0).exp()) * 0.3 * 0.25 * 0.15 / kappa;
        let var_xi = 0.15 * 0.15 / 12.0;
        let by_hand = (cov + var_xi) / (var_chi + 2.0 * cov + var_xi);
        assert!((curve.gains[0] - by_hand).abs() < 1e-12);
        // Gains settle.
        assert!((curve.gains[199] - curve.gains[198]).abs() < 1e-9);
        let start = FuturesCurve::start(400_000_f64.ln());
        let after = curve.update(start, 0, 500_000_f64.ln());
        assert!((curve.price(after, 0) / 500_000.0 - 1.0).abs() < 1e-12);
        let far = curve.price(after, 60);
        assert!(far < 500_000.0 && far > 400_000.0, "a rise is partly passing: {far}");
        assert!(curve.price(after, 3) > curve.price(after, 12), "backwardation after a rise");
    }
}
