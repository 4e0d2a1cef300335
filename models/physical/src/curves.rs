//! Demand, supply and cost of the calibrated market.
//!
//! Demand of region r and end use u for one basket at price p in China, with everything that does not depend on the
//! month's price in the coefficient:
//!
//! ```text
//! q_ru(p) = C_ru · (p_r/p̄_r)^(−κ_u) · fade(p_r/P̄_u)      p_r = α_r·p + β_r      C_ru = a·k·z·(p̃_{t−1}/p̄)^(−ε_u (1−m))
//! ```
//!
//! where `κ_u` = `m·ε_u`: m = λ within the month, and m = λ/(1 − β(1−λ)) for a price held over the supplier's horizon,
//! because the discounted mean of 1 − (1−λ)^H over H = 1, 2, … with weights (1−β)β^(H−1) is exactly that. The fade is 1
//! up to 2 % below the backstop `P̄_u` and 0 from it on (a smooth step, so that elasticities exist everywhere). Below the
//! satiation price demand is flat. Supply of the fringe is min(cap, K·(R/c)^η), marginal cost c0 + c1·X^γ.

use crate::market::{Cost, Demand, Supply};
use crate::{N_REGIONS, N_USES};

/// Width in ln p over which a use gives a basket up, just below its backstop.
pub(crate) const FADE_WIDTH: f64 = 0.02;

/// One region's demand for one basket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RegionDemand {
    /// `p_r` = α·p + β.
    pub(crate) alpha: f64,
    pub(crate) beta: f64,
    /// ln `p̄_r`.
    pub(crate) ln_base: f64,
    /// C by end use.
    pub(crate) coefficient: [f64; N_USES],
}

impl RegionDemand {
    /// What a region's price depends on besides the price in China.
    fn line(&self) -> (f64, f64, f64) {
        (self.alpha, self.beta, self.ln_base)
    }
}

/// Demand of all regions for one basket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BasketDemand {
    pub(crate) regions: [RegionDemand; N_REGIONS],
    /// Whether any region has the use.
    pub(crate) used: [bool; N_USES],
    /// κ by end use.
    pub(crate) power: [f64; N_USES],
    /// ln of the backstop as a multiple of the base price, by end use.
    pub(crate) ln_backstop: [f64; N_USES],
    /// The same multiple, and that at which the use begins to fade: exponentials that no month changes.
    pub(crate) backstop: [(f64, f64); N_USES],
    /// ln of the satiation price as a share of the base price.
    pub(crate) ln_satiation: f64,
    /// −d.
    pub(crate) floor: f64,
    /// Price in China at which the last use is gone; see [`BasketDemand::set_bounds`].
    pub(crate) ceiling: f64,
    /// Price in China at which the first use begins to go.
    pub(crate) lowest_backstop: f64,
    /// Satiation price in China.
    pub(crate) reference: f64,
}

impl BasketDemand {
    /// Finds the prices between which demand is positive, after coefficients or price lines changed.
    pub(crate) fn set_bounds(&mut self) {
        let (mut ceiling, mut lowest) = (self.reference * 1.001, f64::INFINITY);
        let (mut last, mut inside) = (None, [(0.0, 0.0); N_USES]);
        for region in &self.regions {
            if last != Some(region.line()) {
                last = Some(region.line());
                let base = region.ln_base.exp();
                let at = |multiple: f64| (multiple * base - region.beta) / region.alpha;
                inside = self.backstop.map(|(gone, fading)| (at(gone), at(fading)));
            }
            for (coefficient, (gone, fading)) in region.coefficient.iter().zip(inside) {
                if *coefficient > 0.0 {
                    ceiling = ceiling.max(gone);
                    lowest = lowest.min(fading);
                }
            }
        }
        (self.ceiling, self.lowest_backstop) = (ceiling, lowest);
    }

    /// Price in a region at a price in China, rents apart.
    pub(crate) fn price_in(&self, region_idx: usize, price: f64) -> f64 {
        self.regions[region_idx].alpha * price + self.regions[region_idx].beta
    }

    /// Use of every region by end use at its own price.
    pub(crate) fn uses_at(&self, prices: &[f64; N_REGIONS]) -> [[f64; N_USES]; N_REGIONS] {
        // As in `at`: regions on one price line at one price respond alike.
        let (mut last, mut response) = (None, [(0.0, 0.0); N_USES]);
        std::array::from_fn(|r| {
            let region = &self.regions[r];
            if last != Some((prices[r], region.ln_base)) {
                last = Some((prices[r], region.ln_base));
                response = self.response(region, prices[r]);
            }
            std::array::from_fn(|u| region.coefficient[u] * response[u].0)
        })
    }

    /// Use of one region by end use at its own price, and the slope of the sum in that price.
    pub(crate) fn region_uses(&self, region_idx: usize, price: f64) -> ([f64; N_USES], f64) {
        let region = &self.regions[region_idx];
        let response = self.response(region, price);
        let mut uses = [0.0; N_USES];
        let mut slope = 0.0;
        for u in 0..N_USES {
            let (factor, factor_slope) = response[u];
            uses[u] = region.coefficient[u] * factor;
            slope += region.coefficient[u] * factor_slope;
        }
        (uses, slope)
    }

    /// Use of each end use and its slope in price, per unit of its coefficient, at a region's price.
    fn response(&self, region: &RegionDemand, price: f64) -> [(f64, f64); N_USES] {
        // Without a satiation price demand has no bound at a price of zero; the coefficient stands in for it.
        let Some((ln_ratio, flat)) = self.ln_ratio(region, price) else {
            return [(1.0, 0.0); N_USES];
        };
        let (mut response, mut plain) = ([(0.0, 0.0); N_USES], [0.0; N_USES]);
        for u in 0..N_USES {
            // Uses that a basket does not have cost no exponential, nor do those as elastic as another.
            if !self.used[u] {
                continue;
            }
            let same = (0..u).rev().find(|&v| self.used[v] && self.power[v] == self.power[u]);
            plain[u] = same.map_or_else(|| (-self.power[u] * ln_ratio).exp(), |v| plain[v]);
            let (factor, log_slope) = self.faded(u, ln_ratio, plain[u]);
            response[u] = (factor, if flat { 0.0 } else { log_slope / price });
        }
        response
    }

    /// `ln(p_r/p̄_r)`, not below satiation, and whether it was held there.
    fn ln_ratio(&self, region: &RegionDemand, price: f64) -> Option<(f64, bool)> {
        let ratio = if price > 0.0 { price.ln() - region.ln_base } else { f64::NEG_INFINITY };
        let held = ratio <= self.ln_satiation;
        let ratio = if held { self.ln_satiation } else { ratio };
        ratio.is_finite().then_some((ratio, held))
    }

    /// Quantity and its slope in ln p of one use, per unit of its coefficient, from (`p_r/p̄_r`)^(−κ).
    fn faded(&self, u: usize, ln_ratio: f64, quantity: f64) -> (f64, f64) {
        let above = ln_ratio - (self.ln_backstop[u] - FADE_WIDTH);
        if above <= 0.0 {
            return (quantity, -self.power[u] * quantity);
        }
        let t = (above / FADE_WIDTH).min(1.0);
        let fade = 1.0 - t * t * (3.0 - 2.0 * t);
        let fade_slope = -6.0 * t * (1.0 - t) / FADE_WIDTH;
        (quantity * fade, quantity * (fade_slope - self.power[u] * fade))
    }

    /// Price at which one region uses `quantity`; the region's highest backstop if it is zero.
    pub(crate) fn region_price(&self, region_idx: usize, quantity: f64, lowest: f64) -> f64 {
        let region = &self.regions[region_idx];
        let ln_top = (0..N_USES)
            .filter(|&u| region.coefficient[u] > 0.0)
            .map(|u| self.ln_backstop[u])
            .fold(f64::NEG_INFINITY, f64::max);
        let (mut low, mut high) = (lowest.ln(), ln_top + region.ln_base);
        if high.partial_cmp(&low) != Some(std::cmp::Ordering::Greater) {
            return lowest;
        }
        let mut ln_price = low;
        for _ in 0..200 {
            let price = ln_price.exp();
            let (uses, slope) = self.region_uses(region_idx, price);
            let excess = uses.iter().sum::<f64>() - quantity;
            if excess.abs() <= 1e-13 * quantity {
                break;
            }
            if excess > 0.0 {
                low = ln_price;
            } else {
                high = ln_price;
            }
            if high - low <= 1e-15 * high.abs() {
                break;
            }
            let newton = ln_price - excess / (slope * price);
            ln_price = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        }
        ln_price.exp()
    }
}

impl Demand for BasketDemand {
    fn at(&self, price: f64) -> (f64, f64) {
        let (mut quantity, mut slope) = (0.0, 0.0);
        // Regions on the same price line respond alike: most of them, and exponentials are what clearing costs.
        let (mut last, mut response) = (None, [(0.0, 0.0); N_USES]);
        for region in &self.regions {
            if last != Some(region.line()) {
                last = Some(region.line());
                response = self.response(region, region.alpha * price + region.beta);
            }
            for (coefficient, (factor, factor_slope)) in region.coefficient.iter().zip(response) {
                quantity += coefficient * factor;
                slope += coefficient * factor_slope * region.alpha;
            }
        }
        (quantity, slope)
    }

    fn price_ceiling(&self) -> f64 {
        self.ceiling
    }

    fn price_floor(&self) -> f64 {
        self.floor
    }

    fn reference_price(&self) -> f64 {
        self.reference
    }

    fn lowest_backstop(&self) -> Option<f64> {
        Some(self.lowest_backstop)
    }
}

/// min(cap, K·(R/c)^η).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PowerSupply {
    pub(crate) scale: f64,
    pub(crate) base_revenue: f64,
    pub(crate) elasticity: f64,
    pub(crate) capacity: f64,
}

impl Supply for PowerSupply {
    fn at(&self, revenue: f64) -> (f64, f64) {
        if revenue <= 0.0 || self.scale <= 0.0 {
            return (0.0, 0.0);
        }
        let output = self.scale * (self.elasticity * (revenue / self.base_revenue).ln()).exp();
        if output >= self.capacity {
            return (self.capacity, 0.0);
        }
        (output, self.elasticity * output / revenue)
    }

    fn curvature(&self, revenue: f64) -> f64 {
        let (_, slope) = self.at(revenue);
        if revenue > 0.0 { (self.elasticity - 1.0) * slope / revenue } else { 0.0 }
    }
}

/// c0 + c1·X^γ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PowerCost {
    pub(crate) level: f64,
    pub(crate) slope: f64,
    pub(crate) power: f64,
}

impl Cost for PowerCost {
    fn marginal(&self, output: f64) -> f64 {
        self.level + self.slope * output.powf(self.power)
    }

    fn slope(&self, output: f64) -> f64 {
        self.slope * self.power * output.max(f64::MIN_POSITIVE).powf(self.power - 1.0)
    }
}

impl PowerCost {
    /// The cost of producing an output, ∫ MC.
    pub(crate) fn total(&self, output: f64) -> f64 {
        output * (self.level + self.slope * output.powf(self.power) / (1.0 + self.power))
    }

    /// The cost behind a supply of price takers, R = MC: c (X/K)^(1/η) up to capacity; free for one that does not respond.
    pub(crate) fn behind(supply: &PowerSupply) -> Self {
        if supply.elasticity <= 0.0 || supply.scale <= 0.0 {
            return Self { level: 0.0, slope: 0.0, power: 1.0 };
        }
        let power = 1.0 / supply.elasticity;
        Self { level: 0.0, slope: supply.base_revenue * supply.scale.powf(-power), power }
    }
}
