//! The market as plain numbers: parameters compiled once, curves built from the state of a month.

use std::sync::Arc;

use crate::conduct::{ConductProblem, Conducted, Controlled, Player};
use crate::curves::{
    BasketDemand, BasketShape, FADE_WIDTH, PowerCost, PowerSupply, PriceLines, SupplyPower,
    UsePowers, use_powers,
};
use crate::decision::N_RIVAL;
use crate::elementary::exp;
use crate::heavy::HeavyContent;
use crate::market::{Fringe, JointMarket};
use crate::parameters::{OreStream, Parameters, TradeParameters};
use crate::powers::Lane;
use crate::scrap::Pool;
use crate::supply::Stream;
use crate::{Basket, EndUse, FringeSource, N_BASKETS, N_REGIONS, N_USES, Ore, PhysicalError};

/// Number of ores of the dominant supplier.
pub(crate) const N_OWN: usize = Ore::CONTROLLED.len();
/// Most sources the fringe can have.
pub(crate) const MAX_FRINGE: usize = 8;

/// A value for every region and basket.
pub(crate) type ByRegion = [[f64; N_BASKETS]; N_REGIONS];
/// A value for every basket, region and end use.
pub(crate) type ByUse = [[[f64; N_USES]; N_REGIONS]; N_BASKETS];
/// A source of the fringe with its supply.
pub(crate) type FringeSupply<'a> = Fringe<N_BASKETS, PowerSupply<'a>>;

/// Nothing ordered beyond use.
pub(crate) const AS_USED: ByRegion = [[1.0; N_BASKETS]; N_REGIONS];

/// Up to so many sources of the fringe, in place: months have no time to allocate.
#[derive(Debug, Clone)]
pub(crate) struct FringeList<'a> {
    sources: [FringeSupply<'a>; MAX_FRINGE + N_BASKETS],
    n_sources: usize,
}

impl<'a> FringeList<'a> {
    pub(crate) const fn empty() -> Self {
        let supply = PowerSupply {
            scale: 0.0,
            base_revenue: 1.0,
            inverse_base: 1.0,
            elasticity: 0.0,
            capacity: f64::INFINITY,
            power: None,
        };
        let nothing = [0.0; N_BASKETS];
        let source = Fringe { yields: nothing, revenue: nothing, constant: 1.0, supply };
        Self { sources: [source; MAX_FRINGE + N_BASKETS], n_sources: 0 }
    }

    /// Adds a source: those of the model ([`MAX_FRINGE`] at most), then one a basket of what comes back from a queue.
    pub(crate) const fn push(&mut self, source: FringeSupply<'a>) {
        self.sources[self.n_sources] = source;
        self.n_sources += 1;
    }
}

impl<'a> std::ops::Deref for FringeList<'a> {
    type Target = [FringeSupply<'a>];

    fn deref(&self) -> &Self::Target {
        &self.sources[..self.n_sources]
    }
}

impl std::ops::DerefMut for FringeList<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.sources[..self.n_sources]
    }
}

/// Slope and constant of the outside price a fringe seller gets, in CNY/t, against the price in China, without rents.
pub(crate) fn outside_line(trade: &TradeParameters) -> (f64, f64) {
    let shares: f64 = trade.fringe_share.iter().map(|one| one.value).sum();
    let freight: f64 =
        trade.fringe_share.iter().zip(&trade.freight).map(|(s, f)| s.value * f.value).sum();
    let mean = if shares > 0.0 { freight / shares } else { 0.0 };
    (1.0 + trade.vat.value, mean * trade.cny_per_usd.value)
}

/// A source of the fringe, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) ore: Option<Ore>,
    pub(crate) yields: [f64; N_BASKETS],
    /// Output of the ore in the base year, and the part of it that is this source's.
    pub(crate) whole: f64,
    pub(crate) base_share: f64,
    pub(crate) base_revenue: f64,
    pub(crate) inverse_base: f64,
    pub(crate) capacity: f64,
    pub(crate) growth: f64,
    pub(crate) expectation: f64,
    pub(crate) depreciation: f64,
    pub(crate) stream: Stream,
    pub(crate) outside: f64,
    pub(crate) short: f64,
    pub(crate) long: f64,
    pub(crate) lead_months: usize,
    /// (η long − η short)·β^L: what the supplier counts of capacity that follows.
    pub(crate) discounted_extra: f64,
    /// Powers of its revenue within the month and over the supplier's horizon, shared with sources that respond alike.
    powers: [Arc<SupplyPower>; 2],
}

/// An ore of the dominant supplier, compiled.
#[derive(Debug, Clone)]
pub(crate) struct OwnOre {
    pub(crate) yields: [f64; N_BASKETS],
    pub(crate) base_output: f64,
    pub(crate) limit: f64,
    pub(crate) growth: f64,
    pub(crate) expansion: f64,
    pub(crate) cost: PowerCost,
}

/// State of a fringe source in a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SourceState {
    /// Capacity relative to the ore's base output: growth, followed revenue and shocks included.
    pub(crate) scale: f64,
    /// Share of it that can be delivered.
    pub(crate) availability: f64,
    /// ln of expected revenue relative to the base year's.
    pub(crate) ln_expected: f64,
    /// Besides, from a stockpile, t a month at base revenue.
    pub(crate) more: f64,
    /// Ore mined for it at base revenue, shipped or not, t a month; of a mine with a stockpile only.
    pub(crate) mined: f64,
    /// Output it cannot exceed, t a month.
    pub(crate) limit: f64,
}

impl SourceState {
    /// The base year.
    pub(crate) fn base(source: &Source) -> Self {
        Self {
            scale: source.base_share,
            availability: 1.0,
            ln_expected: 0.0,
            more: 0.0,
            mined: 0.0,
            limit: f64::INFINITY,
        }
    }
}

/// The table of an exponent: sources that respond alike share one.
fn shared(tables: &mut Vec<(f64, Arc<SupplyPower>)>, exponent: f64) -> Arc<SupplyPower> {
    if let Some((_, table)) = tables.iter().find(|(one, _)| *one == exponent) {
        return Arc::clone(table);
    }
    let table = Arc::new(SupplyPower::new([Lane::Power(exponent)]));
    tables.push((exponent, Arc::clone(&table)));
    table
}

/// A source, or a mine's own separation and its concentrate.
fn compiled(
    one: &FringeSource,
    parameters: &Parameters,
    tables: &mut Vec<(f64, Arc<SupplyPower>)>,
) -> Vec<Source> {
    let (beta, lead) = (parameters.discount.value, one.lead_months.value.round().max(1.0));
    let (short, long) = (one.elasticity_short.value, one.elasticity_long.value);
    let powers = [0.0, (long - short) * beta.powf(lead)].map(|extra| shared(tables, short + extra));
    let parts = one.streams();
    let mean: f64 = parts.iter().map(|part| part.share * part.base_revenue(parameters)).sum();
    let stream = |at: usize| match (&one.scrap, &one.concentrate, at) {
        (Some(scrap), _, _) => {
            let basket_idx = one.main_basket().map_or(0, Basket::index);
            Stream::Recycled(Box::new(Pool::new(scrap, basket_idx, one.base_output.value)))
        }
        (None, Some(mine), 0) => Stream::Separated(Box::new(mine.clone())),
        (None, Some(mine), _) => Stream::Concentrate(mine.release.value),
        (None, None, _) => Stream::Whole,
    };
    // Of a mine in two streams each has its own revenue: that at base prices of what it sells where it sells.
    let base_revenue =
        |part: &OreStream| one.base_revenue.value * part.base_revenue(parameters) / mean;
    let source = |(at, part): (usize, &OreStream)| Source {
        ore: one.ore,
        yields: part.yields,
        whole: one.base_output.value,
        base_share: part.share,
        base_revenue: base_revenue(part),
        inverse_base: 1.0 / base_revenue(part),
        capacity: one.capacity.value,
        growth: one.growth.value,
        expectation: one.expectation.value,
        depreciation: one.depreciation.value,
        stream: stream(at),
        outside: part.outside,
        short,
        long,
        lead_months: lead as usize,
        discounted_extra: (long - short) * beta.powf(lead),
        powers: powers.clone(),
    };
    parts.iter().enumerate().map(source).collect()
}

/// Parameters compiled to numbers.
#[derive(Debug, Clone)]
pub(crate) struct MarketModel {
    pub(crate) base_price: [f64; N_BASKETS],
    pub(crate) start_price: [f64; N_BASKETS],
    /// k·level: use at base prices and activity 1.
    pub(crate) scale: ByUse,
    elasticity: [f64; N_USES],
    /// Powers of price ratios within the month and over the horizon.
    powers: [UsePowers; 2],
    pub(crate) adjustment: f64,
    /// λ/(1 − β(1 − λ)).
    pub(crate) horizon_adjustment: f64,
    /// Backstop as a multiple of the base price, and the multiple at which the use begins to go.
    backstop: [(f64, f64); N_USES],
    shapes: Vec<BasketShape>,
    /// Price lines at the tariffs of the base year.
    base_lines: PriceLines,
    pub(crate) ln_satiation: [f64; N_BASKETS],
    pub(crate) heavy: HeavyContent,
    pub(crate) own: Vec<OwnOre>,
    pub(crate) sources: Vec<Source>,
    pub(crate) vat: f64,
    pub(crate) cny_per_usd: f64,
    freight: [f64; N_REGIONS],
    pub(crate) tariff: [f64; N_REGIONS],
    pub(crate) fringe_share: [f64; N_REGIONS],
    outside: (f64, f64),
    /// ln `p̄_r`.
    pub(crate) ln_base: ByRegion,
    /// Positions of the ores of [`Ore::RIVAL`] among the sources.
    rivals: [Option<usize>; N_RIVAL],
    /// m: profit of magnet makers a tonne processed, multiple of the base price.
    pub(crate) downstream_margin: f64,
    /// g: share of shipments that leaves inside magnets, by basket.
    pub(crate) magnet_share: [f64; N_BASKETS],
    /// ω·V̄.
    pub(crate) dependence_value: f64,
}

impl MarketModel {
    pub(crate) fn new(parameters: &Parameters) -> Result<Self, PhysicalError> {
        if parameters.controlled.len() != N_OWN {
            return Err(PhysicalError::Length {
                name: "controlled ores",
                expected: N_OWN,
                found: parameters.controlled.len(),
            });
        }
        let shares: f64 = parameters.trade.fringe_share.iter().map(|one| one.value).sum();
        if (shares - 1.0).abs() > 1e-9 || parameters.trade.fringe_share[0].value != 0.0 {
            return Err(crate::error::out_of_range(
                "fringe shares of regions outside China",
                shares,
                "1 in sum, 0 for China",
            ));
        }
        let (demand, trade) = (&parameters.demand, &parameters.trade);
        let (lambda, beta) = (demand.adjustment.value, parameters.discount.value);
        crate::error::positive("demand.adjustment", lambda)?;
        let horizon = lambda / (1.0 - beta * (1.0 - lambda));
        let elasticity: [f64; N_USES] = std::array::from_fn(|u| demand.elasticity[u].value);
        let base_use = EndUse::ALL.map(|end_use| demand.base_use(end_use));
        let scale: ByUse = std::array::from_fn(|b| {
            std::array::from_fn(|r| {
                std::array::from_fn(|u| {
                    base_use[u][b] * demand.region_share[u][r].value * demand.level[b].value
                })
            })
        });
        let ln_backstop = std::array::from_fn(|u| demand.backstop[u].value.ln());
        let backstop = ln_backstop.map(|ln: f64| (ln.exp(), (ln - FADE_WIDTH).exp()));
        let satiation: [f64; N_BASKETS] =
            std::array::from_fn(|b| demand.satiation[b].value.max(1e-6));
        let floor: [f64; N_BASKETS] = parameters.dumping_cost.each_ref().map(|one| -one.value);
        let shape = |b: usize| {
            let used = std::array::from_fn(|u| scale[b].iter().any(|row| row[u] > 0.0));
            let base_price = parameters.base_price[b].value;
            BasketShape::new((ln_backstop, used), (satiation[b], base_price), floor[b])
        };
        let mut model = Self {
            base_price: std::array::from_fn(|b| parameters.base_price[b].value),
            start_price: std::array::from_fn(|b| parameters.start_price[b].value),
            scale,
            elasticity,
            powers: [lambda, horizon].map(|share| use_powers(&elasticity.map(|one| share * one))),
            adjustment: lambda,
            horizon_adjustment: horizon,
            backstop,
            shapes: (0..N_BASKETS).map(shape).collect(),
            base_lines: PriceLines::new(
                &[(1.0, 0.0); N_REGIONS],
                &[[0.0; N_BASKETS]; N_REGIONS],
                &backstop,
            ),
            ln_satiation: satiation.map(f64::ln),
            heavy: HeavyContent::new(&demand.heavy, beta),
            own: Vec::new(),
            sources: Vec::new(),
            vat: trade.vat.value,
            cny_per_usd: trade.cny_per_usd.value,
            freight: std::array::from_fn(|r| trade.freight[r].value),
            tariff: std::array::from_fn(|r| trade.tariff[r].value),
            fringe_share: std::array::from_fn(|r| trade.fringe_share[r].value),
            outside: outside_line(trade),
            ln_base: [[0.0; N_BASKETS]; N_REGIONS],
            rivals: Ore::RIVAL
                .map(|ore| parameters.fringe.iter().position(|one| one.ore == Some(ore))),
            downstream_margin: parameters.state.downstream_margin.value,
            magnet_share: [0.0; N_BASKETS],
            dependence_value: 0.0,
        };
        model.magnet_share = std::array::from_fn(|b| {
            let (mut magnets, mut used) = (0.0, 0.0);
            for r in 1..N_REGIONS {
                let of_region: f64 = model.scale[b][r].iter().sum();
                magnets += of_region * trade.processed_share[r][b].value;
                used += of_region;
            }
            if used > 0.0 { magnets / used } else { 0.0 }
        });
        model.dependence_value =
            parameters.state.dependence_weight.value * model.base_value_abroad();
        for one in &parameters.controlled {
            model.own.push(OwnOre {
                yields: std::array::from_fn(|b| one.basket_share[b].value * one.recovery[b].value),
                base_output: one.base_output.value,
                limit: one.limit.value,
                growth: one.limit_growth.value,
                expansion: one.expansion.value,
                cost: PowerCost {
                    level: one.cost_level.value,
                    slope: one.cost_slope.value,
                    power: one.cost_power.value,
                },
            });
        }
        let mut tables = Vec::new();
        for one in &parameters.fringe {
            model.sources.extend(compiled(one, parameters, &mut tables));
        }
        if model.sources.len() > MAX_FRINGE {
            return Err(PhysicalError::Length {
                name: "fringe sources",
                expected: MAX_FRINGE,
                found: model.sources.len(),
            });
        }
        for r in 0..N_REGIONS {
            let (alpha, constant) = model.line(r, model.tariff[r]);
            for b in 0..N_BASKETS {
                model.ln_base[r][b] = (alpha * model.base_price[b] + constant).ln();
            }
        }
        model.base_lines = model.lines(&model.tariff);
        Ok(model)
    }

    /// Price line `p_r` = α·p + β of a region, CNY/t, at a tariff rate.
    pub(crate) fn line(&self, region_idx: usize, tariff: f64) -> (f64, f64) {
        if region_idx == 0 {
            return (1.0, 0.0);
        }
        (
            (1.0 + self.vat) * (1.0 + tariff),
            self.freight[region_idx] * self.cny_per_usd * (1.0 + tariff),
        )
    }

    /// Price lines of all regions at tariff rates.
    pub(crate) fn lines(&self, tariff: &[f64; N_REGIONS]) -> PriceLines {
        let lines = std::array::from_fn(|r| self.line(r, tariff[r]));
        PriceLines::new(&lines, &self.ln_base, &self.backstop)
    }

    /// Use of all baskets by region when the share `adjustment` of the price gap is acted on, from use at base prices;
    /// `ln_paid` is ln(p̃/p̄) before. Nothing is ordered yet.
    pub(crate) fn demand<'a>(
        &'a self,
        adjustment: f64,
        (ln_paid, disturbance): (&ByRegion, &[f64; N_BASKETS]),
        at_base: &ByUse,
        lines: &'a PriceLines,
    ) -> [BasketDemand<'a>; N_BASKETS] {
        let mut demand = self.no_demand(lines);
        let curves = (at_base, &[[1.0; N_USES]; N_REGIONS]);
        self.fill(&mut demand, adjustment, (ln_paid, disturbance), curves, lines);
        demand
    }

    /// Demand for nothing, to be filled month by month.
    pub(crate) fn no_demand<'a>(&'a self, lines: &'a PriceLines) -> [BasketDemand<'a>; N_BASKETS] {
        std::array::from_fn(|b| BasketDemand::new((&self.shapes[b], lines, b), &self.powers[0]))
    }

    /// [`MarketModel::demand`] in place, which is what months have time for: use at base prices is that per unit of
    /// activity times activity.
    pub(crate) fn fill<'a>(
        &'a self,
        demand: &mut [BasketDemand<'a>; N_BASKETS],
        adjustment: f64,
        (ln_paid, disturbance): (&ByRegion, &[f64; N_BASKETS]),
        (per_activity, activity): (&ByUse, &[[f64; N_USES]; N_REGIONS]),
        lines: &'a PriceLines,
    ) {
        let power = self.elasticity.map(|elasticity| adjustment * elasticity);
        let table = &self.powers[usize::from(adjustment == self.horizon_adjustment)];
        for (b, one) in demand.iter_mut().enumerate() {
            one.set_curve(lines, (power, table));
            // Regions whose buyers have adapted to one price, most of them, remember alike.
            let (mut last, mut memory) = (None, [0.0; N_USES]);
            for r in 0..N_REGIONS {
                let remembered = -(1.0 - adjustment) * ln_paid[r][b];
                if last != Some(remembered) {
                    last = Some(remembered);
                    for (value, elasticity) in memory.iter_mut().zip(self.elasticity) {
                        *value = disturbance[b] * exp(elasticity * remembered);
                    }
                }
                for u in 0..N_USES {
                    one.coefficient[r][u] = per_activity[b][r][u] * activity[r][u] * memory[u];
                }
            }
        }
    }

    /// The fringe; `premium` is last month's outside price over its parity, by basket; `horizon` counts capacity that
    /// follows, discounted.
    pub(crate) fn fringe(
        &self,
        states: &[SourceState],
        premium: &[f64; N_BASKETS],
        horizon: bool,
    ) -> FringeList<'_> {
        let (slope, constant) = self.outside;
        let mut list = FringeList::empty();
        for (source, state) in self.sources.iter().zip(states) {
            let mut revenue = [0.0; N_BASKETS];
            let mut fixed = 0.0;
            for b in 0..N_BASKETS {
                let outside = source.outside * premium[b];
                revenue[b] = source.yields[b] * ((1.0 - source.outside) + outside * slope);
                fixed += source.yields[b] * outside * constant;
            }
            let extra = if horizon { source.discounted_extra } else { 0.0 };
            let followed = exp(-extra * state.ln_expected);
            let base = source.whole * state.scale * state.availability + state.more;
            list.push(Fringe {
                yields: source.yields,
                revenue,
                constant: fixed,
                supply: PowerSupply {
                    scale: base * followed,
                    base_revenue: source.base_revenue,
                    inverse_base: source.inverse_base,
                    elasticity: source.short + extra,
                    power: Some(&source.powers[usize::from(horizon)]),
                    capacity: (base * source.capacity).min(state.limit),
                },
            });
        }
        list
    }

    /// Value of the magnet baskets used outside China in the base year at base prices.
    fn base_value_abroad(&self) -> f64 {
        let magnets = [Basket::NdPr, Basket::DyTb].map(Basket::index);
        let value = |b: usize| -> f64 {
            self.scale[b][1..].iter().flatten().map(|used| used * self.base_price[b]).sum()
        };
        magnets.map(value).iter().sum()
    }

    /// Positions of the rival's ores among the sources.
    pub(crate) fn rivals(&self) -> Result<[usize; N_RIVAL], PhysicalError> {
        let [Some(first), Some(second)] = self.rivals else {
            let names = Ore::RIVAL.map(Ore::name).join(" and ");
            return Err(PhysicalError::Missing(format!(
                "a duopoly: {names} have to be among the sources outside China"
            )));
        };
        Ok([first, second])
    }

    /// What the rival's outputs say of the source at a position, if it is the rival's.
    pub(crate) fn rival_output(&self, at: usize, outputs: &[f64; N_RIVAL]) -> Option<f64> {
        let which = self.rivals.iter().position(|one| *one == Some(at))?;
        Some(outputs[which])
    }

    /// Fixes the rival's sources at its outputs, as far as their capacity reaches.
    pub(crate) fn hold_rival(&self, fringe: &mut FringeList<'_>, outputs: &[f64; N_RIVAL]) {
        for (at, output) in self.rivals.iter().zip(outputs) {
            if let Some(source) = at.and_then(|at| fringe.get_mut(at)) {
                source.supply.scale = output.min(source.supply.capacity);
                source.supply.elasticity = 0.0;
                source.supply.power = None;
            }
        }
    }

    /// The first-order conditions at given outputs, whether they hold or not.
    pub(crate) fn conditions(
        &self,
        theta: f64,
        demand: &[BasketDemand<'_>; N_BASKETS],
        fringe: &FringeList<'_>,
        (outputs, prices): ([f64; N_OWN], &[f64; N_BASKETS]),
    ) -> Result<Conducted<N_BASKETS, N_OWN>, PhysicalError> {
        let ores = self.ores(&[f64::INFINITY; N_OWN]);
        let market = JointMarket { demand, fringe };
        ConductProblem { market, ores: &ores, players: [Player::new(theta)] }
            .evaluate(outputs, prices)
    }

    /// The controlled ores as those of the first player.
    pub(crate) fn ores(&self, limits: &[f64; N_OWN]) -> [Controlled<N_BASKETS, PowerCost>; N_OWN] {
        std::array::from_fn(|i| Controlled::new(self.own[i].yields, self.own[i].cost, limits[i]))
    }

    /// Base outputs of the controlled ores.
    pub(crate) fn base_outputs(&self) -> [f64; N_OWN] {
        std::array::from_fn(|i| self.own[i].base_output)
    }

    /// Basket supply of the controlled ores.
    pub(crate) fn own_supply(&self, outputs: &[f64; N_OWN]) -> [f64; N_BASKETS] {
        let mut own = [0.0; N_BASKETS];
        for (ore, output) in self.own.iter().zip(outputs) {
            for (total, yields) in own.iter_mut().zip(ore.yields) {
                *total += yields * output;
            }
        }
        own
    }

    /// Curves over the supplier's horizon in the base year.
    pub(crate) fn base_curves(&self) -> ([BasketDemand<'_>; N_BASKETS], FringeList<'_>) {
        let (mut demand, fringe) = self.base_at(self.horizon_adjustment, true);
        let at_base = [[0.0; N_BASKETS]; N_REGIONS];
        let lowest = self.ln_satiation[Basket::DyTb.index()];
        self.heavy.apply_over_horizon(&mut demand, &[1.0; N_REGIONS], (&at_base, lowest), 1.0);
        (gathered(demand), fringe)
    }

    /// Curves of a month of the base year.
    pub(crate) fn base_month(&self) -> ([BasketDemand<'_>; N_BASKETS], FringeList<'_>) {
        let (demand, fringe) = self.base_at(self.adjustment, false);
        (gathered(demand), fringe)
    }

    fn base_at(
        &self,
        adjustment: f64,
        horizon: bool,
    ) -> ([BasketDemand<'_>; N_BASKETS], FringeList<'_>) {
        let at_base = [[0.0; N_BASKETS]; N_REGIONS];
        let undisturbed = [1.0; N_BASKETS];
        let demand =
            self.demand(adjustment, (&at_base, &undisturbed), &self.scale, &self.base_lines);
        let states: Vec<SourceState> = self.sources.iter().map(SourceState::base).collect();
        (demand, self.fringe(&states, &[1.0; N_BASKETS], horizon))
    }

    /// Price lines of the base year.
    pub(crate) const fn base_lines(&self) -> &PriceLines {
        &self.base_lines
    }
}

/// What is used is ordered.
fn gathered(mut demand: [BasketDemand<'_>; N_BASKETS]) -> [BasketDemand<'_>; N_BASKETS] {
    for one in &mut demand {
        one.gather(&AS_USED);
    }
    demand
}
