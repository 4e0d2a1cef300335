//! One path of the market, month by month.
//!
//! Order within a month: disturbances; in a setting month the dominant supplier chooses outputs with what it knows;
//! orders of buyers; the inside market clears; the fringe's outside sales, the licence queue and the stocks abroad; the
//! outside prices; then buyers' adapted prices, the fringe's expectations and the futures curve move on.
//!
//! Method: AR(1) disturbances `x_t` = φ x_{t−1} + σ `e_t` with x = 0 before the first month and demand scaled by e^x; three
//! normals a month from one keyed stream, whatever the scenario. The fringe's expected revenue E is a twelve-month
//! exponential mean in logs and moves capacity L months later with exponent η long − η short; revenue before the first
//! month is taken to be that of the base year for this purpose.

use monazite_stochastic::{Purpose, Stream, TwoFactorState};

use crate::border::{Border, Needs, use_at};
use crate::curves::BasketDemand;
use crate::factors::Factors;
use crate::futures::FuturesCurve;
use crate::market::{Cleared, Cost, Fringe, JointMarket, Supply, dot};
use crate::record::{Decision, Record};
use crate::state::{Activity, ByRegion, FringeList, N_OWN, SourceState};
use crate::world::{OUTSIDE, Plan, World};
use crate::{EndUse, N_BASKETS, N_REGIONS, N_USES, PhysicalError, Region};

const DISTURBANCE: Purpose = Purpose::named("physical: demand disturbance");
/// Weight of the month's revenue in the fringe's expectation.
const EXPECTATION: f64 = 1.0 / 12.0;
/// Perturbation of own supply by which residual demand is measured.
const PERTURBATION: f64 = 0.01;

/// State carried from month to month.
struct Path<'a> {
    world: &'a World<'a>,
    index: usize,
    normals: Stream,
    disturbance: [f64; N_BASKETS],
    /// ln(p̃/p̄).
    ln_paid: ByRegion,
    /// ln of the fringe's expected revenue relative to the base year's, by source and month.
    expected: Vec<Vec<f64>>,
    ln_expected: Vec<f64>,
    premium: [f64; N_BASKETS],
    outputs: [f64; N_OWN],
    prices: [f64; N_BASKETS],
    decision: Decision,
    border: Border,
    last_use: ByRegion,
    futures: TwoFactorState,
}

/// Runs one path.
///
/// # Errors
/// The month in which the market or the supplier's choice could not be solved.
pub(crate) fn run_path(world: &World<'_>, path_idx: usize) -> Result<Vec<Record>, PhysicalError> {
    let mut path = Path::new(world, path_idx);
    (0..world.activity.n_months())
        .map(|t| {
            path.month(t).map_err(|source| PhysicalError::Month {
                month: world.start.plus(t as i64).to_string(),
                path: world.first_path as usize + path_idx + 1,
                source: Box::new(source),
            })
        })
        .collect()
}

impl<'a> Path<'a> {
    fn new(world: &'a World<'a>, path_idx: usize) -> Self {
        let model = &world.model;
        let start = model.start_price;
        let parity = world.parity(&start, &model.tariff);
        let ln_paid = std::array::from_fn(|r| {
            std::array::from_fn(|b| {
                if start[b] == model.base_price[b] {
                    0.0
                } else {
                    parity[r][b].ln() - model.ln_base[r][b]
                }
            })
        });
        let states = vec![SourceState::BASE; model.sources.len()];
        let ln_expected = model
            .fringe(&states, &[1.0; N_BASKETS], false)
            .iter()
            .map(|one| relative_revenue(one, &start))
            .collect();
        Self {
            world,
            index: path_idx,
            normals: world.key.stream(world.first_path + path_idx as u64, DISTURBANCE),
            disturbance: [0.0; N_BASKETS],
            ln_paid,
            expected: vec![Vec::with_capacity(world.activity.n_months()); model.sources.len()],
            ln_expected,
            premium: [1.0; N_BASKETS],
            outputs: model.base_outputs(),
            prices: start,
            decision: Decision::NONE,
            border: world.border,
            last_use: world.base_use,
            futures: FuturesCurve::start(start[crate::Basket::NdPr.index()].ln()),
        }
    }

    fn month(&mut self, t: usize) -> Result<Record, PhysicalError> {
        let world = self.world;
        let (model, factors) = (&world.model, &world.factors[t]);
        let tariffs = world.tariffs(factors);
        let before = self.disturbance;
        for b in 0..N_BASKETS {
            self.disturbance[b] = world.persistence[b] * before[b]
                + world.standard_deviation[b] * self.normals.normal();
        }
        let orders = world.rules.orders(&self.border, &self.last_use);
        let withdrawn = world.rules.withdrawn(&self.border);
        if let Some(plan) = &world.plans[t] {
            self.decide(t, plan, &before, &orders, &withdrawn)?;
        }
        let activity = self.activity(t, factors);
        let disturbance = self.disturbance.map(f64::exp);
        let demand =
            model.demand(model.adjustment, &self.ln_paid, &activity, &disturbance, &tariffs);
        let states = self.source_states(t, factors);
        let fringe = model.fringe(&states, &self.premium, false);
        let own = model.own_supply(&self.outputs);
        let inside: [f64; N_BASKETS] = std::array::from_fn(|b| own[b] + withdrawn[b]);
        let market = JointMarket { demand: &ordered(&demand, &orders), fringe: &fringe };
        let cleared = market.clear(&inside, &self.prices)?;
        self.prices = cleared.prices;
        let parity = world.parity(&cleared.prices, &tariffs);
        let needs = use_at(&demand, &parity, orders);
        let mut record = self.settle(t, &demand, (&parity, &needs), (&cleared, &fringe), &own);
        record.demand_at_base = model.demand_at_base(&activity, &disturbance);
        self.move_on(&fringe, &parity, &record);
        Ok(record)
    }

    fn activity(&self, t: usize, factors: &Factors) -> Activity {
        let paths = self.world.activity;
        std::array::from_fn(|r| {
            std::array::from_fn(|u| {
                paths.months(self.index, Region::ALL[r], EndUse::ALL[u])[t] * factors.activity[r][u]
            })
        })
    }

    fn source_states(&self, t: usize, factors: &Factors) -> Vec<SourceState> {
        let years = self.world.years_since_base(t);
        let sources = self.world.model.sources.iter().enumerate();
        sources
            .map(|(i, source)| {
                let (availability, capacity) = factors.source(source.ore);
                let followed = t.checked_sub(source.lead_months).map_or(1.0, |then| {
                    ((source.long - source.short) * self.expected[i][then]).exp()
                });
                SourceState {
                    scale: (1.0 + source.growth).powf(years) * followed * capacity,
                    availability,
                    expected: self.ln_expected[i].exp(),
                }
            })
            .collect()
    }

    /// The supplier's outputs until its next setting month.
    fn decide(
        &mut self,
        t: usize,
        plan: &Plan,
        disturbance: &[f64; N_BASKETS],
        orders: &ByRegion,
        withdrawn: &[f64; N_BASKETS],
    ) -> Result<(), PhysicalError> {
        let world = self.world;
        let model = &world.model;
        // What last month's disturbance is expected to leave on average over the months to come.
        let expected = std::array::from_fn(|b| {
            let phi = world.persistence[b];
            let mut sum = 0.0;
            for ahead in 1..=plan.n_months {
                sum += (phi.powi(ahead as i32) * disturbance[b]).exp();
            }
            sum / plan.n_months as f64
        });
        let demand = model.demand(
            model.horizon_adjustment,
            &self.ln_paid,
            &plan.activity,
            &expected,
            &world.tariffs(&plan.factors),
        );
        let demand = ordered(&demand, orders);
        let states = self.source_states(t, &plan.factors);
        let mut fringe = model.fringe(&states, &self.premium, true);
        // Goods withdrawn from the queue come back to the inside market whatever the price.
        fringe.extend(
            (0..N_BASKETS).filter(|&b| withdrawn[b] > 0.0).map(|b| returning(b, withdrawn[b])),
        );
        let limits = world.limits(t, &plan.factors.quota);
        let chosen =
            model.conduct(world.theta, &demand, &fringe, &limits, (self.outputs, &self.prices))?;
        self.outputs = chosen.outputs;
        self.decision = Decision {
            inverse_residual_elasticity: chosen.inverse_residual_elasticity,
            measured_residual_elasticity: measure(
                &JointMarket { demand: &demand, fringe: &fringe },
                &chosen.own,
                &chosen.market,
            )?,
            share: chosen.shares,
            corner: chosen.corner,
            scarce: std::array::from_fn(|i| {
                chosen.outputs[i] >= limits[i] && chosen.shadow[i] > 1e-9 * chosen.revenue[i].abs()
            }),
        };
        Ok(())
    }

    /// The border, the stocks and prices abroad.
    fn settle(
        &mut self,
        t: usize,
        demand: &[BasketDemand; N_BASKETS],
        (parity, needs): (&ByRegion, &Needs),
        (cleared, fringe): (&Cleared<N_BASKETS>, &FringeList),
        own: &[f64; N_BASKETS],
    ) -> Record {
        let world = self.world;
        let mut outside = [0.0; N_BASKETS];
        for (source, one) in world.model.sources.iter().zip(fringe) {
            let (output, _) = one.supply.at(one.revenue_at(&cleared.prices));
            for b in 0..N_BASKETS {
                outside[b] += source.outside * source.yields[b] * output;
            }
        }
        let month = world.start.plus(t as i64);
        let hazard = world.factors[t].hazard;
        let crossing = world.rules.cross(&mut self.border, needs, &outside, month, hazard);
        let mut record = Record {
            price: cleared.prices,
            own: *own,
            fringe: cleared.fringe,
            dumped: cleared.dumped,
            shipments: crossing.shipments,
            allowed: crossing.allowed,
            fringe_sales: crossing.fringe_sales,
            region_price: *parity,
            region_use: needs.total,
            backlog: self.border.waiting(),
            outputs: self.outputs,
            decision: self.decision,
            ..Record::EMPTY
        };
        for r in OUTSIDE {
            for b in 0..N_BASKETS {
                let available =
                    self.border.stock[r][b] + (record.shipments[r][b] + record.fringe_sales[r][b]);
                let wanted = needs.total[r][b];
                // What rounding leaves short of a need is not a shortage.
                if available < wanted * (1.0 - 1e-9) {
                    record.region_price[r][b] = demand[b].region_price(r, available, parity[r][b]);
                    record.unmet[r][b] = wanted - available;
                    let at = |price| demand[b].region_uses(r, price).0;
                    let (whole, had) = (at(parity[r][b]), at(record.region_price[r][b]));
                    for u in 0..N_USES {
                        record.unmet_use[r][u] += (whole[u] - had[u]).max(0.0);
                    }
                }
                record.region_use[r][b] = wanted.min(available);
                self.border.stock[r][b] = available - record.region_use[r][b];
            }
        }
        record.stock = self.border.stock;
        record.outside_price = outside_price(&record, parity);
        for i in 0..N_OWN {
            let ore = &world.model.own[i];
            record.revenue[i] = dot(&ore.yields, &cleared.prices);
            record.marginal_cost[i] = ore.cost.marginal(self.outputs[i]);
        }
        let spot = cleared.prices[crate::Basket::NdPr.index()];
        self.futures = world.curve.update(self.futures, t, spot.max(f64::MIN_POSITIVE).ln());
        record.futures = self.futures;
        self.last_use = needs.total;
        record
    }

    /// Adapted prices, the fringe's premium and expectations for the next month.
    fn move_on(&mut self, fringe: &FringeList, parity: &ByRegion, record: &Record) {
        let model = &self.world.model;
        for b in 0..N_BASKETS {
            let (mut paid, mut at_parity) = (0.0, 0.0);
            for r in 0..N_REGIONS {
                // Below satiation demand no longer responds, so buyers do not adapt to lower prices either.
                let lowest = model.satiation[b].ln();
                let price = record.region_price[r][b].max(f64::MIN_POSITIVE);
                let ln_ratio = (price.ln() - model.ln_base[r][b]).max(lowest);
                self.ln_paid[r][b] += model.adjustment * (ln_ratio - self.ln_paid[r][b]);
                paid += model.fringe_share[r] * record.region_price[r][b];
                at_parity += model.fringe_share[r] * parity[r][b];
            }
            self.premium[b] = if at_parity > 0.0 { paid / at_parity } else { 1.0 };
        }
        for (i, one) in fringe.iter().enumerate() {
            let now = relative_revenue(one, &record.price);
            self.ln_expected[i] += EXPECTATION * (now - self.ln_expected[i]);
            self.expected[i].push(self.ln_expected[i]);
        }
    }
}

/// ln of a source's revenue relative to the base year's.
fn relative_revenue(
    source: &Fringe<N_BASKETS, crate::curves::PowerSupply>,
    prices: &[f64; N_BASKETS],
) -> f64 {
    let revenue = source.revenue_at(prices).max(1e-6 * source.supply.base_revenue);
    let ratio = revenue / source.supply.base_revenue;
    // At base prices the ratio is one up to rounding, and rounding is not news.
    if (ratio - 1.0).abs() < 1e-12 { 0.0 } else { ratio.ln() }
}

/// Demand with orders in place of use.
fn ordered(demand: &[BasketDemand; N_BASKETS], orders: &ByRegion) -> [BasketDemand; N_BASKETS] {
    let mut ordered = *demand;
    for (b, one) in ordered.iter_mut().enumerate() {
        // Only a use that is ordered by nobody moves the prices between which demand is positive.
        let mut gone = false;
        for (region, factors) in one.regions.iter_mut().zip(orders) {
            if factors[b] != 1.0 {
                gone |= factors[b] == 0.0;
                region.coefficient = region.coefficient.map(|value| value * factors[b]);
            }
        }
        if gone {
            one.set_bounds();
        }
    }
    ordered
}

/// Goods that come back from the queue, as a source that supplies the same at any price.
fn returning(basket_idx: usize, quantity: f64) -> Fringe<N_BASKETS, crate::curves::PowerSupply> {
    let mut yields = [0.0; N_BASKETS];
    yields[basket_idx] = 1.0;
    Fringe {
        yields,
        // A bundle worth a constant, so that its supply does not depend on prices.
        revenue: [0.0; N_BASKETS],
        constant: 1.0,
        supply: crate::curves::PowerSupply {
            scale: quantity,
            base_revenue: 1.0,
            elasticity: 0.0,
            capacity: f64::INFINITY,
        },
    }
}

/// d ln own/d ln p of `NdPr` and `DyTb` from ± 1 % of own supply, all prices clearing; 0 where nothing is sold.
fn measure(
    market: &JointMarket<'_, N_BASKETS, BasketDemand, crate::curves::PowerSupply>,
    own: &[f64; N_BASKETS],
    cleared: &Cleared<N_BASKETS>,
) -> Result<[f64; N_BASKETS], PhysicalError> {
    let mut elasticity = [0.0; N_BASKETS];
    for b in 0..N_BASKETS {
        // LaCe is a by-product: nobody sets output by it.
        if b == crate::Basket::LaCe.index()
            || own[b] <= 0.0
            || cleared.prices[b] <= 0.0
            || cleared.dumped[b] > 0.0
        {
            continue;
        }
        let mut ln_price = [0.0; 2];
        for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
            let mut moved = *own;
            moved[b] *= 1.0 + sign * PERTURBATION;
            ln_price[side] =
                market.clear(&moved, &cleared.prices)?.prices[b].max(f64::MIN_POSITIVE).ln();
        }
        elasticity[b] =
            ((1.0 + PERTURBATION) / (1.0 - PERTURBATION)).ln() / (ln_price[0] - ln_price[1]);
    }
    Ok(elasticity)
}

/// Price outside China, weighted with what arrives in each region; with use where nothing arrives.
fn outside_price(record: &Record, parity: &ByRegion) -> [f64; N_BASKETS] {
    std::array::from_fn(|b| {
        let (mut weights, mut value, mut wanted, mut simple) = (0.0, 0.0, 0.0, 0.0);
        for r in OUTSIDE {
            let arrived = record.shipments[r][b] + record.fringe_sales[r][b];
            let needed = record.region_use[r][b] + record.unmet[r][b];
            weights += arrived;
            value += arrived * record.region_price[r][b];
            wanted += needed;
            simple += needed * record.region_price[r][b];
        }
        if weights > 0.0 {
            value / weights
        } else if wanted > 0.0 {
            simple / wanted
        } else {
            parity[OUTSIDE[0]][b]
        }
    })
}

const _: () = assert!(N_USES == 5, "activity arrays follow EndUse::ALL");
