//! What moves the fringe between months: capacity under construction, scrap that has piled up, concentrate that may not ship.
//!
//! **Capacity** follows expected revenue with time to build L and does not fall as it rises. E is expected revenue against
//! the base year's, adaptive in logs with gain g (Nerlove 1958, The Dynamics of Supply): ln E += g (ln R − ln E). Wanted capacity
//! is `E^(η_long − η_short)`; what is ordered now stands L months later, and what stands wears by the rate δ a month:
//!
//! ```text
//! C_{t+L} = max(E_t^(η_long − η_short), (1 − δ) C_{t+L−1})        C = 1 in the base year
//! ```
//!
//! so ordered capacity is C_{t+L} − (1−δ) C_{t+L−1}, never negative; capacity beyond what is wanted stands idle along the
//! short-run supply curve. Orders placed between the base year and the first month simulated follow from revenue that
//! moved along a straight line in logs from the base price to the price at the start.
//!
//! Recycling draws on a pool (`scrap.rs`); Mountain Pass's concentrate may have to be stockpiled (`concentrate.rs`).

use monazite_series::Period;

use crate::N_BASKETS;
use crate::concentrate::{ConcentrateParameters, piled_up};
use crate::curves::PowerSupply;
use crate::elementary::{exp, ln};
use crate::factors::Factors;
use crate::market::Supply;
use crate::scrap::Pool;
use crate::state::{FringeList, FringeSupply, MAX_FRINGE, MarketModel, Source, SourceState};

/// What a compiled source is a part of.
#[derive(Debug, Clone)]
pub(crate) enum Stream {
    /// All of an ore.
    Whole,
    /// Recycled material with its pool.
    Recycled(Box<Pool>),
    /// A mine's own separation; the next source is its concentrate.
    Separated(Box<ConcentrateParameters>),
    /// Concentrate for China's separation, with the share of the stockpile sold a month.
    Concentrate(f64),
}

/// Tonnes in the pools, for the balance of every month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SupplyRecord {
    /// W at the end of the month, arisings and losses of the month, output, by basket.
    pub(crate) scrap: [f64; N_BASKETS],
    pub(crate) arisings: [f64; N_BASKETS],
    pub(crate) lost: [f64; N_BASKETS],
    pub(crate) recycled: [f64; N_BASKETS],
    /// Ore mined, separated by the mine and shipped as concentrate, Z at the end of the month; t REO of ore.
    pub(crate) mined: f64,
    pub(crate) separated: f64,
    pub(crate) shipped: f64,
    pub(crate) concentrate: f64,
}

impl SupplyRecord {
    pub(crate) const EMPTY: Self = Self {
        scrap: [0.0; N_BASKETS],
        arisings: [0.0; N_BASKETS],
        lost: [0.0; N_BASKETS],
        recycled: [0.0; N_BASKETS],
        mined: 0.0,
        separated: 0.0,
        shipped: 0.0,
        concentrate: 0.0,
    };
}

/// What all paths share: the fringe as it stands when the simulation starts.
#[derive(Debug, Clone)]
pub(crate) struct SupplyStart {
    state: SupplyState,
    /// Share separated and share shipped, by month, before scenario factors.
    plan: Vec<(f64, f64)>,
    /// Growth since the base year by month and source: of capacity, and of the discards that a pool is fed with.
    growth: Vec<[f64; MAX_FRINGE]>,
    discards: Vec<[f64; MAX_FRINGE]>,
}

/// The fringe on a path.
#[derive(Debug, Clone)]
pub(crate) struct SupplyState {
    /// ln E by source.
    ln_expected: [f64; MAX_FRINGE],
    /// C by source.
    capacity: Vec<Pipeline>,
    pub(crate) record: SupplyRecord,
}

impl SupplyStart {
    /// The fringe at the start: orders since the base year, pools, concentrate piled up since a stop.
    pub(crate) fn new(model: &MarketModel, start: Period, years: &[f64]) -> Self {
        let states: Vec<SourceState> = model.sources.iter().map(SourceState::base).collect();
        let fringe = model.fringe(&states, &[1.0; N_BASKETS], false);
        let ln_expected: Vec<f64> =
            fringe.iter().map(|one| ln_relative_revenue(one, &model.start_price)).collect();
        let elapsed = 12.0 * years.first().copied().unwrap_or(0.0);
        let capacity = model
            .sources
            .iter()
            .zip(&ln_expected)
            .map(|(source, &ln_now)| Pipeline::under_way(source, ln_now, elapsed))
            .collect();
        let mut record = SupplyRecord::EMPTY;
        for (source, &ln_now) in model.sources.iter().zip(&ln_expected) {
            match &source.stream {
                Stream::Recycled(pool) => {
                    record.scrap[pool.basket_idx] = drawn_down(source, pool, ln_now, elapsed);
                }
                Stream::Separated(mine) => {
                    record.concentrate = piled_up(mine, source, start);
                }
                Stream::Whole | Stream::Concentrate(_) => {}
            }
        }
        let mine = model.sources.iter().find_map(|source| match &source.stream {
            Stream::Separated(mine) => Some((mine, source.base_share)),
            _ => None,
        });
        let plan = (0..years.len())
            .map(|t| {
                let month = start.plus(t as i64);
                mine.map_or((1.0, 1.0), |(one, base)| {
                    (one.separated_in(base, month), one.shipped_in(month))
                })
            })
            .collect();
        let by_source = |years: &f64, of: fn(&Source, f64) -> f64| {
            let mut values = [1.0; MAX_FRINGE];
            for (value, source) in values.iter_mut().zip(&model.sources) {
                *value = of(source, *years);
            }
            values
        };
        let growth = |source: &Source, years: f64| (1.0 + source.growth).powf(years);
        let discards = |source: &Source, years: f64| match &source.stream {
            Stream::Recycled(pool) => pool.discards(years),
            _ => 1.0,
        };
        let growth = years.iter().map(|years| by_source(years, growth)).collect();
        let discards = years.iter().map(|years| by_source(years, discards)).collect();
        let mut state = SupplyState { ln_expected: [0.0; MAX_FRINGE], capacity, record };
        for (one, ln_now) in state.ln_expected.iter_mut().zip(ln_expected) {
            *one = ln_now;
        }
        Self { state, plan, growth, discards }
    }

    /// Pools and stockpile before the first month.
    pub(crate) fn record(&self) -> SupplyRecord {
        self.state.record
    }

    /// The state a path begins with.
    pub(crate) fn state(&self) -> SupplyState {
        self.state.clone()
    }

    /// S and the share shipped in a month under a scenario.
    fn concentrate(&self, t: usize, factors: &Factors) -> (f64, f64) {
        let (separated, shipped) = self.plan[t];
        (separated * factors.separation, (shipped + factors.concentrate).clamp(0.0, 1.0))
    }
}

/// W at the start: collection since the base year along the same line of revenue, use as in the base year.
fn drawn_down(source: &Source, pool: &Pool, ln_now: f64, elapsed: f64) -> f64 {
    let (mut waiting, mut standing) = (pool.size, 1.0_f64);
    for month in 0..elapsed.floor() as usize {
        let ln_at = |month: f64| ln_now * (month / elapsed).clamp(0.0, 1.0);
        let ordered = ln_at(month as f64 - source.lead_months as f64);
        let wanted = ((source.long - source.short) * ordered).exp();
        standing = wanted.max((1.0 - source.depreciation) * standing);
        let response = (source.short * ln_at(month as f64)).exp().min(source.capacity);
        let collected = source.whole * (waiting / pool.size) * standing * response;
        let arisings =
            pool.arisings * pool.relative_arisings(pool.discards(month as f64 / 12.0), 1.0);
        waiting += arisings - pool.lost * waiting - collected.min(pool.reach * waiting);
    }
    waiting
}

/// C of this month and of the L − 1 to come, as a ring.
#[derive(Debug, Clone, PartialEq)]
struct Pipeline(Vec<f64>);

impl Pipeline {
    /// What was ordered since the base year, `elapsed` months before the start, while ln E rose along a line to `ln_now`.
    fn under_way(source: &Source, ln_now: f64, elapsed: f64) -> Self {
        let lead = source.lead_months;
        let (mut standing, mut ring) = (1.0_f64, vec![1.0; lead]);
        if elapsed <= 0.0 || ln_now == 0.0 {
            return Self(ring);
        }
        let before = elapsed.floor() as i64;
        for month in -before..lead as i64 {
            let ordered = (elapsed + (month - lead as i64) as f64) / elapsed;
            let wanted = ((source.long - source.short) * ln_now * ordered.clamp(0.0, 1.0)).exp();
            standing = wanted.max((1.0 - source.depreciation) * standing);
            if let Some(slot) = usize::try_from(month).ok().and_then(|m| ring.get_mut(m)) {
                *slot = standing;
            }
        }
        Self(ring)
    }

    fn standing(&self, t: usize) -> f64 {
        self.0[t % self.0.len()]
    }

    /// Orders in month t what is wanted L months later, or leaves what wear leaves.
    fn order(&mut self, t: usize, wanted: f64, wear: f64) {
        let lead = self.0.len();
        let last = self.0[(t + lead - 1) % lead];
        self.0[t % lead] = wanted.max((1.0 - wear) * last);
    }
}

/// States of all sources, in place.
pub(crate) struct SourceStates {
    states: [SourceState; MAX_FRINGE],
    n: usize,
}

/// A source that delivers nothing.
const EMPTY: SourceState = SourceState {
    scale: 0.0,
    availability: 0.0,
    ln_expected: 0.0,
    more: 0.0,
    mined: 0.0,
    limit: 0.0,
};

impl std::ops::Deref for SourceStates {
    type Target = [SourceState];

    fn deref(&self) -> &Self::Target {
        &self.states[..self.n]
    }
}

impl SupplyState {
    /// States of the sources in a month.
    pub(crate) fn sources(
        &self,
        model: &MarketModel,
        start: &SupplyStart,
        t: usize,
        factors: &Factors,
    ) -> SourceStates {
        let (separated, shipped) = start.concentrate(t, factors);
        let mut heap = self.record.concentrate.max(0.0);
        let mut states = SourceStates { states: [EMPTY; MAX_FRINGE], n: model.sources.len() };
        for (i, source) in model.sources.iter().enumerate() {
            let (availability, capacity) = factors.source(source.ore);
            let mut state = SourceState {
                scale: start.growth[t][i] * self.capacity[i].standing(t) * capacity,
                availability,
                ln_expected: self.ln_expected[i],
                ..SourceState::base(source)
            };
            match &source.stream {
                Stream::Whole => {}
                Stream::Recycled(pool) => {
                    let waiting = self.record.scrap[pool.basket_idx];
                    state.scale *= waiting / pool.size * factors.recycling;
                    state.limit = pool.reach * waiting;
                }
                Stream::Separated(_) => {
                    let ore = source.whole * state.scale * availability;
                    state.mined = ore * separated.min(1.0);
                    // No more than the heap gives at full capacity.
                    state.more = ((separated - 1.0).max(0.0) * ore).min(heap / source.capacity);
                    heap -= source.capacity * state.more;
                    state.scale *= separated.min(1.0);
                }
                Stream::Concentrate(release) => {
                    state.scale *= (1.0 - separated).max(0.0);
                    state.mined = source.whole * state.scale * availability;
                    state.availability *= shipped;
                    state.more = shipped * release.min(1.0 / source.capacity) * heap;
                }
            }
            states.states[i] = state;
        }
        states
    }

    /// The month's tonnes in pools and stockpile, expectations, and orders of capacity.
    pub(crate) fn advance(
        &mut self,
        model: &MarketModel,
        start: &SupplyStart,
        (t, factors): (usize, &Factors),
        (fringe, states, outputs): (&FringeList<'_>, &[SourceState], &[f64; MAX_FRINGE]),
        (prices, relative_use): (&[f64; N_BASKETS], &[f64; N_BASKETS]),
    ) {
        for (i, (source, one)) in model.sources.iter().zip(fringe.iter()).enumerate() {
            let output = outputs[i];
            match &source.stream {
                Stream::Recycled(pool) => {
                    self.collect(pool, start.discards[t][i], output, relative_use);
                }
                Stream::Separated(_) => self.record.separated = output,
                Stream::Concentrate(_) => self.record.shipped = output,
                Stream::Whole => {}
            }
            let now = ln_relative_revenue(one, prices);
            self.ln_expected[i] += source.expectation * (now - self.ln_expected[i]);
            let wanted = exp((source.long - source.short) * self.ln_expected[i]);
            self.capacity[i].order(t, wanted, source.depreciation);
        }
        let (_, shipped) = start.concentrate(t, factors);
        self.stockpile(model, shipped, (fringe, states), prices);
    }

    /// One month of a pool.
    fn collect(
        &mut self,
        pool: &Pool,
        discards: f64,
        output: f64,
        relative_use: &[f64; N_BASKETS],
    ) {
        let (b, record) = (pool.basket_idx, &mut self.record);
        record.arisings[b] = pool.arisings * pool.relative_arisings(discards, relative_use[b]);
        record.lost[b] = pool.lost * record.scrap[b];
        record.recycled[b] = output;
        record.scrap[b] += record.arisings[b] - record.lost[b] - output;
    }

    /// Mining and the stockpile: what is held back is mined along the same curve as what ships.
    fn stockpile(
        &mut self,
        model: &MarketModel,
        shipped: f64,
        (fringe, states): (&FringeList<'_>, &[SourceState]),
        prices: &[f64; N_BASKETS],
    ) {
        let is_own = |source: &Source| matches!(source.stream, Stream::Separated(_));
        let Some(own) = model.sources.iter().position(is_own) else { return };
        let heap = own + 1;
        // Output per tonne of scale: the answer to price, capped by capacity.
        let response = |i: usize| {
            let unit =
                PowerSupply { scale: 1.0, capacity: model.sources[i].capacity, ..fringe[i].supply };
            unit.at(fringe[i].revenue_at(prices)).0
        };
        // A rival's output is set, not answered: what it separates comes from mine and heap as they stand.
        let whole = states[own].mined + states[own].more;
        let own_response = if whole > 0.0 { self.record.separated / whole } else { 0.0 };
        let heap_response = response(heap);
        let concentrate = states[heap].mined * heap_response;
        let drawn = states[own].more * own_response + states[heap].more * heap_response;
        let record = &mut self.record;
        record.mined = states[own].mined * own_response + concentrate;
        record.concentrate += (1.0 - shipped) * concentrate - drawn;
    }
}

/// ln of a source's revenue relative to the base year's.
fn ln_relative_revenue(source: &FringeSupply<'_>, prices: &[f64; N_BASKETS]) -> f64 {
    let revenue = source.revenue_at(prices).max(1e-6 * source.supply.base_revenue);
    let ratio = revenue * source.supply.inverse_base;
    // At base prices the ratio is one up to rounding, and rounding is not news.
    if (ratio - 1.0).abs() < 1e-12 { 0.0 } else { ln(ratio) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three months to build, a tenth wears a month: 1.5 is ordered in months 0 and 1, then only .8 is wanted.
    #[test]
    fn capacity_stands_when_it_is_built_and_wears_when_it_is_no_longer_wanted() {
        let mut pipeline = Pipeline(vec![1.0; 3]);
        let mut standing = Vec::new();
        for (t, wanted) in [1.5, 1.5, 0.8, 0.8, 0.8, 0.8, 1.2, 1.2].into_iter().enumerate() {
            standing.push(pipeline.standing(t));
            pipeline.order(t, wanted, 0.1);
        }
        let expected = [1.0, 1.0, 1.0, 1.5, 1.5, 1.35, 1.215, 1.0935];
        for (found, expected) in standing.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{standing:?}");
        }
        // 1.2 again, three months after it was wanted.
        assert!((pipeline.standing(9) - 1.2).abs() < 1e-12);
    }
}
