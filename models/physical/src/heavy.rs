//! Dy and Tb per magnet: how magnets do with less of them where they are dear.
//!
//! A second margin beside the elasticity of use: h, 1 in the base year, moves by the share ν of
//! the gap each month to a logistic of x = ln relative price of `DyTb` to `NdPr` against the base year,
//!
//! ```text
//! h*(x) = f + (c − f)/(1 + A e^(s x))      A = (c − 1)/(1 − f)      s = σ (c − f)/((1 − f)(c − 1))
//! ```
//!
//! so that h*(0) = 1, its elasticity at 0 is −σ, its ends are the floor f (grain-boundary diffusion, lean grades) and the
//! ceiling c (grades that put cheap Dy back). σ = 0 switches it off. A scenario multiplies h* (`substitution`).

use serde::{Deserialize, Serialize};

use crate::curves::BasketDemand;
use crate::elementary::exp;
use crate::state::ByRegion;
use crate::{Basket, N_BASKETS, N_REGIONS, N_USES, Origin, Parameter, PhysicalError};

/// Uses whose magnets can do with less Dy and Tb: qualified parts for defence, and uses without magnets, do not follow.
const SUBSTITUTES: [bool; N_USES] = [true, true, true, false, false];
const DYTB: usize = Basket::DyTb.index();
const NDPR: usize = Basket::NdPr.index();
/// Least h: a use that needs none at all would leave its basket without a market.
const LEAST: f64 = 1e-6;

/// How Dy and Tb per magnet answer their relative price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeavySubstitution {
    /// σ: elasticity at the base year's relative price; 0 switches the channel off.
    pub elasticity: Parameter,
    /// f: least content relative to the base year, below 1.
    pub floor: Parameter,
    /// c: largest content relative to the base year, above 1.
    pub ceiling: Parameter,
    /// ν: share of the gap closed each month.
    pub speed: Parameter,
}

impl HeavySubstitution {
    pub(crate) fn visit(&mut self, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        visitor("demand.heavy.elasticity".into(), &mut self.elasticity);
        visitor("demand.heavy.floor".into(), &mut self.floor);
        visitor("demand.heavy.ceiling".into(), &mut self.ceiling);
        visitor("demand.heavy.speed".into(), &mut self.speed);
    }

    pub(crate) fn check(&self) -> Result<(), PhysicalError> {
        crate::error::share("demand.heavy.speed", self.speed.value)?;
        if self.floor.value >= 1.0 {
            return Err(crate::error::out_of_range(
                "demand.heavy.floor",
                self.floor.value,
                "between 0 and below 1",
            ));
        }
        if self.ceiling.value <= 1.0 {
            return Err(crate::error::out_of_range(
                "demand.heavy.ceiling",
                self.ceiling.value,
                "above 1",
            ));
        }
        Ok(())
    }
}

/// Dy and Tb per magnet, compiled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HeavyContent {
    floor: f64,
    ceiling: f64,
    /// A and s of the logistic.
    odds: f64,
    steepness: f64,
    speed: f64,
    /// Discounted mean of the share of a lasting price gap acted on over the supplier's horizon.
    horizon: f64,
}

/// h by region.
pub(crate) type HeavyState = [f64; N_REGIONS];

impl HeavyContent {
    /// The share acted on is 1 − (1−ν)^(H−1) in the Hth month, for content follows last month's price; its discounted mean
    /// with weights (1−β)β^(H−1) is βν/(1 − β(1−ν)).
    pub(crate) fn new(parameters: &HeavySubstitution, discount: f64) -> Self {
        let (floor, ceiling) = (parameters.floor.value, parameters.ceiling.value);
        let speed = parameters.speed.value;
        Self {
            floor,
            ceiling,
            odds: (ceiling - 1.0) / (1.0 - floor),
            steepness: parameters.elasticity.value * (ceiling - floor)
                / ((1.0 - floor) * (ceiling - 1.0)),
            speed,
            horizon: if speed > 0.0 {
                discount * speed / (1.0 - discount * (1.0 - speed))
            } else {
                0.0
            },
        }
    }

    /// h* and −dh*/dx at a log relative price.
    fn target(&self, ln_relative: f64) -> (f64, f64) {
        if self.steepness == 0.0 {
            return (1.0, 0.0);
        }
        // Beyond 30 the logistic is at its end to the last digit.
        let odds = self.odds * exp((self.steepness * ln_relative).clamp(-30.0, 30.0));
        let part = (self.ceiling - self.floor) / (1.0 + odds);
        (self.floor + part, self.steepness * part * odds / (1.0 + odds))
    }

    /// h fully adapted to a log relative price.
    pub(crate) fn adapted(&self, ln_relative: f64) -> f64 {
        self.target(ln_relative).0.max(LEAST)
    }

    /// h of the next month.
    pub(crate) fn next(&self, now: f64, ln_relative: f64, factor: f64) -> f64 {
        (now + self.speed * (factor * self.target(ln_relative).0 - now)).max(LEAST)
    }

    /// Scales the month's use of `DyTb` by h.
    pub(crate) fn apply(demand: &mut [BasketDemand<'_>; N_BASKETS], heavy: &HeavyState) {
        for (coefficient, &h) in demand[DYTB].coefficient.iter_mut().zip(heavy) {
            if h != 1.0 {
                scale(coefficient, h);
            }
        }
    }

    /// Use of `DyTb` over the supplier's horizon: content moves on towards its target at last month's prices, given as ln
    /// of prices over base prices by region, and answers the price of `DyTb` with the logistic's elasticity there, China's
    /// for all regions; not below satiation, `lowest`. The price of `NdPr` is held.
    pub(crate) fn apply_over_horizon(
        &self,
        demand: &mut [BasketDemand<'_>; N_BASKETS],
        heavy: &HeavyState,
        (ln_prices, lowest): (&ByRegion, f64),
        factor: f64,
    ) {
        let m = self.horizon;
        if m == 0.0 {
            return Self::apply(demand, heavy);
        }
        let ahead = |r: usize| {
            let (target, slope) = self.target(ln_relative(&ln_prices[r]));
            let h = ((1.0 - m) * heavy[r] + m * factor * target).max(LEAST);
            (h, m * factor * slope / h)
        };
        let elasticity = ahead(0).1;
        // Regions that pay the same and began alike, most of them, are reckoned once.
        let (mut last, mut by) = (None, 1.0);
        for (r, coefficient) in demand[DYTB].coefficient.iter_mut().enumerate() {
            if last != Some((ln_prices[r], heavy[r])) {
                last = Some((ln_prices[r], heavy[r]));
                by = ahead(r).0 * exp(elasticity * ln_prices[r][DYTB].max(lowest));
            }
            scale(coefficient, by);
        }
        demand[DYTB].add_power(elasticity, SUBSTITUTES);
    }
}

fn scale(coefficient: &mut [f64; N_USES], factor: f64) {
    for (value, substitutes) in coefficient.iter_mut().zip(SUBSTITUTES) {
        if substitutes {
            *value *= factor;
        }
    }
}

/// ln of the relative price of `DyTb` to `NdPr` against the base year, from ln of prices over base prices.
pub(crate) fn ln_relative(ln_prices: &[f64; N_BASKETS]) -> f64 {
    ln_prices[DYTB] - ln_prices[NDPR]
}

impl Default for HeavySubstitution {
    fn default() -> Self {
        let assumed = |value, low, high, unit: &str, why: &str| {
            Parameter::ranged(value, low, high, unit, Origin::assumed(why))
        };
        Self {
            elasticity: assumed(
                0.3,
                0.1,
                0.8,
                "1",
                "halving content, the most that diffusion gives, took the relative price of Dy of 2011, two and a half times: .8 is an upper end; no series of content",
            ),
            floor: assumed(
                0.5,
                0.33,
                0.7,
                "share of base content",
                "diffused grades use a half to a third of Dy and Tb (IEEE Electrification Magazine, March 2017, p. 20); part of the base year's are diffused already",
            ),
            ceiling: assumed(
                1.1,
                1.02,
                1.3,
                "share of base content",
                "lean designs stay when Dy is cheap",
            ),
            speed: assumed(
                0.04,
                0.02,
                0.08,
                "a month",
                "requalification of a grade takes one to three years",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(elasticity: f64) -> HeavyContent {
        let mut parameters = HeavySubstitution::default();
        parameters.elasticity.value = elasticity;
        HeavyContent::new(&parameters, 0.99)
    }

    #[test]
    fn content_is_one_at_base_with_the_elasticity_given_and_stays_within_its_ends() {
        let one = content(0.3);
        let (h, slope) = one.target(0.0);
        assert!((h - 1.0).abs() < 1e-15 && (slope - 0.3).abs() < 1e-14);
        // The slope is the derivative.
        let (up, down) = (one.target(0.5 + 1e-6).0, one.target(0.5 - 1e-6).0);
        assert!(((down - up) / 2e-6 - one.target(0.5).1).abs() < 1e-8);
        assert!(
            (one.target(50.0).0 - 0.5).abs() < 1e-9 && (one.target(-50.0).0 - 1.1).abs() < 1e-9
        );
        assert_eq!(content(0.0).target(3.0), (1.0, 0.0));
        assert_eq!(content(0.0).next(1.0, 3.0, 1.0), 1.0);
    }
}
