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

use crate::elementary::exp;
use crate::market::{Cost, Demand, Supply, difference};
use crate::powers::{Lane, Powers};
use crate::state::ByRegion;
use crate::{N_BASKETS, N_REGIONS, N_USES};

/// Width in ln p over which a use gives a basket up, just below its backstop.
pub(crate) const FADE_WIDTH: f64 = 0.02;
/// Distance in ln p from a kink within which [`difference`] takes points on both sides.
const KINK: f64 = 2e-5;

/// A value for every end use.
type ByUse = [f64; N_USES];
/// `x^(−κ)` by end use and ln x.
pub(crate) type UsePowers = Powers<{ N_USES + 1 }>;
/// `x^η`.
pub(crate) type SupplyPower = Powers<1>;

/// The table of a month's or a horizon's κ.
pub(crate) fn use_powers(power: &[f64; N_USES]) -> UsePowers {
    Powers::new(std::array::from_fn(|u| power.get(u).map_or(Lane::Ln, |one| Lane::Power(-one))))
}

/// The lines `p_r` = α·p + β on which regions' prices stand in a month. Regions on one line respond alike, and most of
/// them are: demand takes one set of powers a line, and what a line holds does not depend on the path.
#[derive(Debug, Clone)]
pub(crate) struct PriceLines {
    n_lines: usize,
    of_region: [usize; N_REGIONS],
    /// By line.
    slope: [f64; N_REGIONS],
    constant: [f64; N_REGIONS],
    /// ln `p̄_r` and `1/p̄_r` by basket and line.
    ln_base: [[f64; N_REGIONS]; N_BASKETS],
    inverse_base: [[f64; N_REGIONS]; N_BASKETS],
    /// Prices in China at which a use is gone and begins to go, by basket, line and use.
    ends: [[[(f64, f64); N_USES]; N_REGIONS]; N_BASKETS],
}

impl PriceLines {
    /// `backstop` is the backstop as a multiple of the base price, and that at which the use begins to go, by use.
    pub(crate) fn new(
        lines: &[(f64, f64); N_REGIONS],
        ln_base: &ByRegion,
        backstop: &[(f64, f64); N_USES],
    ) -> Self {
        let mut found = Self {
            n_lines: 0,
            of_region: [0; N_REGIONS],
            slope: [0.0; N_REGIONS],
            constant: [0.0; N_REGIONS],
            ln_base: [[0.0; N_REGIONS]; N_BASKETS],
            inverse_base: [[0.0; N_REGIONS]; N_BASKETS],
            ends: [[[(0.0, 0.0); N_USES]; N_REGIONS]; N_BASKETS],
        };
        for r in 0..N_REGIONS {
            let same = |other: &usize| lines[*other] == lines[r] && ln_base[*other] == ln_base[r];
            if let Some(other) = (0..r).find(same) {
                found.of_region[r] = found.of_region[other];
                continue;
            }
            let line = found.n_lines;
            found.n_lines += 1;
            found.of_region[r] = line;
            (found.slope[line], found.constant[line]) = lines[r];
            for b in 0..N_BASKETS {
                found.ln_base[b][line] = ln_base[r][b];
                let base = ln_base[r][b].exp();
                found.inverse_base[b][line] = 1.0 / base;
                let at = |multiple: f64| (multiple * base - lines[r].1) / lines[r].0;
                found.ends[b][line] = backstop.map(|(gone, going)| (at(gone), at(going)));
            }
        }
        found
    }

    /// Price in a region at a price in China, rents apart.
    pub(crate) fn price_in(&self, region_idx: usize, price: f64) -> f64 {
        self.price_on(self.of_region[region_idx], price)
    }

    fn price_on(&self, line: usize, price: f64) -> f64 {
        self.slope[line] * price + self.constant[line]
    }
}

/// What no month and no path changes of a basket's demand.
#[derive(Debug, Clone)]
pub(crate) struct BasketShape {
    /// ln of the backstop as a multiple of the base price, by end use.
    ln_backstop: ByUse,
    /// ln of the multiple at which the first use that the basket has begins to go.
    ln_going: f64,
    /// Satiation price as a share of the base price, and its ln.
    satiation: f64,
    ln_satiation: f64,
    /// The multiple at which the first use that the basket has begins to go.
    going: f64,
    /// −d.
    floor: f64,
    /// Satiation price in China.
    reference: f64,
}

impl BasketShape {
    pub(crate) fn new(
        (ln_backstop, used): (ByUse, [bool; N_USES]),
        (satiation, base_price): (f64, f64),
        floor: f64,
    ) -> Self {
        let going = ln_backstop.iter().zip(used).filter(|(_, used)| *used);
        let ln_going = going.fold(f64::INFINITY, |a, (ln, _)| a.min(*ln)) - FADE_WIDTH;
        Self {
            ln_backstop,
            ln_going,
            going: ln_going.exp(),
            satiation,
            ln_satiation: satiation.ln(),
            floor,
            reference: satiation * base_price,
        }
    }
}

/// Demand of all regions for one basket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BasketDemand<'a> {
    shape: &'a BasketShape,
    lines: &'a PriceLines,
    basket_idx: usize,
    /// C by region and end use.
    pub(crate) coefficient: [ByUse; N_REGIONS],
    /// Sums of what regions on a line order; see [`BasketDemand::gather`].
    ordered: [ByUse; N_REGIONS],
    /// κ by end use, and the table of powers where it is that of all months.
    power: ByUse,
    table: &'a UsePowers,
    /// An addition to κ of some uses, and which they are.
    more: f64,
    takes_more: [bool; N_USES],
    /// Price in China at which the last use is gone.
    ceiling: f64,
    /// Price in China at which the first use begins to go.
    lowest_backstop: f64,
}

/// How uses respond to a price, per unit of their coefficient.
struct Response {
    factor: ByUse,
    /// Derivative in ln p.
    log_slope: ByUse,
}

impl<'a> BasketDemand<'a> {
    /// Nothing is used, and nothing is ordered before [`BasketDemand::gather`].
    pub(crate) const fn new(
        (shape, lines, basket_idx): (&'a BasketShape, &'a PriceLines, usize),
        table: &'a UsePowers,
    ) -> Self {
        Self {
            shape,
            lines,
            basket_idx,
            coefficient: [[0.0; N_USES]; N_REGIONS],
            ordered: [[0.0; N_USES]; N_REGIONS],
            power: [0.0; N_USES],
            table,
            more: 0.0,
            takes_more: [false; N_USES],
            ceiling: 0.0,
            lowest_backstop: 0.0,
        }
    }

    /// Sets price lines, κ and its table.
    pub(crate) const fn set_curve(
        &mut self,
        lines: &'a PriceLines,
        (power, table): (ByUse, &'a UsePowers),
    ) {
        (self.lines, self.power, self.table) = (lines, power, table);
        (self.more, self.takes_more) = (0.0, [false; N_USES]);
    }

    /// Makes some uses more elastic.
    pub(crate) fn add_power(&mut self, more: f64, takes_more: [bool; N_USES]) {
        (self.more, self.takes_more) = (more, takes_more);
        for (power, takes) in self.power.iter_mut().zip(takes_more) {
            if takes {
                *power += more;
            }
        }
    }

    /// Adds up by price line what regions order, their use times `orders`, and finds the prices between which that is
    /// positive: what the market clears by.
    pub(crate) fn gather(&mut self, orders: &ByRegion) {
        let b = self.basket_idx;
        self.ordered = [[0.0; N_USES]; N_REGIONS];
        for (r, coefficient) in self.coefficient.iter().enumerate() {
            let sums = &mut self.ordered[self.lines.of_region[r]];
            for (sum, value) in sums.iter_mut().zip(coefficient) {
                *sum += orders[r][b] * value;
            }
        }
        let (mut ceiling, mut lowest) = (self.shape.reference * 1.001, f64::INFINITY);
        for line in 0..self.lines.n_lines {
            for (sum, (gone, going)) in self.ordered[line].iter().zip(self.lines.ends[b][line]) {
                if *sum > 0.0 {
                    ceiling = ceiling.max(gone);
                    lowest = lowest.min(going);
                }
            }
        }
        (self.ceiling, self.lowest_backstop) = (ceiling, lowest);
    }

    /// Price in a region at a price in China, rents apart.
    pub(crate) fn price_in(&self, region_idx: usize, price: f64) -> f64 {
        self.lines.price_in(region_idx, price)
    }

    /// Use of every region by end use at its own price.
    pub(crate) fn uses_at(&self, prices: &[f64; N_REGIONS]) -> [ByUse; N_REGIONS] {
        let (mut last, mut factor) = (None, [0.0; N_USES]);
        std::array::from_fn(|r| {
            let line = self.lines.of_region[r];
            if last != Some((prices[r], line)) {
                last = Some((prices[r], line));
                factor = self.response(line, prices[r]).factor;
            }
            std::array::from_fn(|u| self.coefficient[r][u] * factor[u])
        })
    }

    /// Use of one region by end use at its own price, and the slope of the sum in that price.
    pub(crate) fn region_uses(&self, region_idx: usize, price: f64) -> (ByUse, f64) {
        let response = self.response(self.lines.of_region[region_idx], price);
        let (mut uses, mut slope) = ([0.0; N_USES], 0.0);
        for (u, coefficient) in self.coefficient[region_idx].iter().enumerate() {
            uses[u] = coefficient * response.factor[u];
            slope += coefficient * response.log_slope[u];
        }
        (uses, if slope == 0.0 { 0.0 } else { slope / price })
    }

    /// Response at a price on a line.
    #[inline]
    fn response(&self, line: usize, price: f64) -> Response {
        let relative = price * self.lines.inverse_base[self.basket_idx][line];
        let is_flat = relative <= self.shape.satiation;
        let all = self.table.at(if is_flat { self.shape.satiation } else { relative });
        let ln_ratio = all[N_USES];
        let mut factor = [0.0; N_USES];
        factor.copy_from_slice(&all[..N_USES]);
        if self.more != 0.0 {
            let by = exp(-self.more * ln_ratio);
            for (one, takes) in factor.iter_mut().zip(self.takes_more) {
                *one *= if takes { by } else { 1.0 };
            }
        }
        if is_flat {
            return Response { factor, log_slope: [0.0; N_USES] };
        }
        let mut log_slope = [0.0; N_USES];
        for u in 0..N_USES {
            log_slope[u] = -self.power[u] * factor[u];
        }
        if relative > self.shape.going {
            for u in 0..N_USES {
                self.fade(u, ln_ratio, (&mut factor[u], &mut log_slope[u]));
            }
        }
        Response { factor, log_slope }
    }

    /// Takes from a use what it gives up just below its backstop.
    fn fade(&self, u: usize, ln_ratio: f64, (factor, log_slope): (&mut f64, &mut f64)) {
        let above = ln_ratio - (self.shape.ln_backstop[u] - FADE_WIDTH);
        if above > 0.0 {
            let t = (above / FADE_WIDTH).min(1.0);
            let left = 1.0 - t * t * (3.0 - 2.0 * t);
            let left_slope = -6.0 * t * (1.0 - t) / FADE_WIDTH;
            *log_slope = *factor * left_slope + *log_slope * left;
            *factor *= left;
        }
    }

    /// Price at which one region uses `quantity`; the region's highest backstop if it is zero.
    pub(crate) fn region_price(&self, region_idx: usize, quantity: f64, lowest: f64) -> f64 {
        let ln_top = (0..N_USES)
            .filter(|&u| self.coefficient[region_idx][u] > 0.0)
            .map(|u| self.shape.ln_backstop[u])
            .fold(f64::NEG_INFINITY, f64::max);
        let line = self.lines.of_region[region_idx];
        let (mut low, mut high) = (lowest.ln(), ln_top + self.lines.ln_base[self.basket_idx][line]);
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

impl Demand for BasketDemand<'_> {
    fn at(&self, price: f64) -> (f64, f64) {
        let (mut quantity, mut slope) = (0.0, 0.0);
        for line in 0..self.lines.n_lines {
            let on_line = self.lines.price_on(line, price);
            let response = self.response(line, on_line);
            let (mut of_line, mut log_slope) = (0.0, 0.0);
            for u in 0..N_USES {
                of_line += self.ordered[line][u] * response.factor[u];
                log_slope += self.ordered[line][u] * response.log_slope[u];
            }
            quantity += of_line;
            if log_slope != 0.0 {
                slope += log_slope * self.lines.slope[line] / on_line;
            }
        }
        (quantity, slope)
    }

    fn curvature(&self, price: f64) -> f64 {
        let mut curvature = 0.0;
        for line in 0..self.lines.n_lines {
            let on_line = self.lines.price_on(line, price);
            let ratio =
                on_line.max(f64::MIN_POSITIVE).ln() - self.lines.ln_base[self.basket_idx][line];
            // Where uses fade the slope has no simple derivative. Where it jumps, at satiation, a difference across the jump
            // is what brings Newton's method to the kink.
            let at_kink = (ratio - self.shape.ln_satiation).abs() < KINK;
            if at_kink || ratio > self.shape.ln_going - KINK {
                return difference(price, |p| self.at(p).1);
            }
            if ratio > self.shape.ln_satiation {
                let log_slope = self.response(line, on_line).log_slope;
                let mut of_line = 0.0;
                for u in 0..N_USES {
                    of_line -= self.ordered[line][u] * log_slope[u] * (1.0 + self.power[u]);
                }
                curvature += of_line * (self.lines.slope[line] / on_line).powi(2);
            }
        }
        curvature
    }

    fn price_ceiling(&self) -> f64 {
        self.ceiling
    }

    fn price_floor(&self) -> f64 {
        self.shape.floor
    }

    fn reference_price(&self) -> f64 {
        self.shape.reference
    }

    fn lowest_backstop(&self) -> Option<f64> {
        Some(self.lowest_backstop)
    }
}

/// min(cap, K·(R/c)^η).
#[derive(Debug, Clone, Copy)]
pub(crate) struct PowerSupply<'a> {
    pub(crate) scale: f64,
    pub(crate) base_revenue: f64,
    /// 1/c.
    pub(crate) inverse_base: f64,
    pub(crate) elasticity: f64,
    pub(crate) capacity: f64,
    /// The table of `x^η`; an output that does not respond needs none.
    pub(crate) power: Option<&'a SupplyPower>,
}

impl Supply for PowerSupply<'_> {
    #[inline]
    fn at(&self, revenue: f64) -> (f64, f64) {
        if revenue < f64::MIN_POSITIVE || self.scale <= 0.0 {
            return (0.0, 0.0);
        }
        let relative = revenue * self.inverse_base;
        let output = self.scale * self.power.map_or(1.0, |power| power.at(relative)[0]);
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
    pub(crate) fn behind(supply: &PowerSupply<'_>) -> Self {
        if supply.elasticity <= 0.0 || supply.scale <= 0.0 {
            return Self { level: 0.0, slope: 0.0, power: 1.0 };
        }
        let power = 1.0 / supply.elasticity;
        Self { level: 0.0, slope: supply.base_revenue * supply.scale.powf(-power), power }
    }
}
