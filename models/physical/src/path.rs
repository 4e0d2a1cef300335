//! One path of the market, month by month.
//!
//! Order within a month: disturbances; in a setting month the dominant supplier chooses outputs with what it knows;
//! orders of buyers; the price that storers expect; the inside market clears with their stock; the fringe's outside
//! sales, the licence queue and the stocks abroad; the outside prices; then buyers' adapted prices, the fringe's
//! expectations and the futures curve move on.
//!
//! Method: AR(1) disturbances `x_t` = φ x_{t−1} + σ `e_t` with x = 0 before the first month and demand scaled by e^x; three
//! normals a month from one keyed stream, whatever the scenario. The fringe's capacity, scrap and concentrate: `supply.rs`.

use monazite_stochastic::{Purpose, Stream, TwoFactorState};

use crate::border::{Border, Needs, use_at};
use crate::curves::BasketDemand;
use crate::decision::{Horizon, N_RIVAL};
use crate::factors::Factors;
use crate::futures::FuturesCurve;
use crate::heavy::{HeavyContent, HeavyState, ln_price, ln_relative};
use crate::market::{Cleared, Cost, Fringe, JointMarket, Supply, dot};
use crate::record::{Decision, Record};
use crate::state::{Activity, ByRegion, FringeList, N_OWN};
use crate::stocks::StockRules;
use crate::storers::{Outlook, WithStorers};
use crate::supply::SupplyState;
use crate::world::{OUTSIDE, Plan, Schedule, World};
use crate::{EndUse, N_BASKETS, N_REGIONS, N_USES, PhysicalError, Region};

const DISTURBANCE: Purpose = Purpose::named("physical: demand disturbance");

/// State carried from month to month.
struct Path<'a> {
    world: &'a World<'a>,
    schedule: &'a Schedule,
    index: usize,
    normals: Stream,
    disturbance: [f64; N_BASKETS],
    /// ln(p̃/p̄).
    ln_paid: ByRegion,
    /// Dy and Tb per magnet against the base year, by region.
    heavy: HeavyState,
    supply: SupplyState,
    /// Last month's prices, by region.
    paid: ByRegion,
    premium: [f64; N_BASKETS],
    outputs: [f64; N_OWN],
    /// Outputs of the rival where it is strategic.
    rival: Option<[f64; N_RIVAL]>,
    prices: [f64; N_BASKETS],
    decision: Decision,
    border: Border,
    last_use: ByRegion,
    /// Storers' stock at the end of last month; none before the first.
    stored: Option<[f64; N_BASKETS]>,
    expected_prices: [f64; N_BASKETS],
    futures: TwoFactorState,
}

/// Runs one path and writes its months.
///
/// # Errors
/// The month in which the market or the supplier's choice could not be solved.
pub(crate) fn run_path(
    world: &World<'_>,
    path_idx: usize,
    months: &mut [Record],
) -> Result<(), PhysicalError> {
    let own = world.schedule_of(path_idx);
    let mut path = Path::new(world, own.as_ref().unwrap_or(&world.schedule), path_idx);
    for (t, record) in months.iter_mut().enumerate() {
        *record = path.month(t).map_err(|source| PhysicalError::Month {
            month: world.start.plus(t as i64).to_string(),
            path: world.first_path as usize + path_idx + 1,
            source: Box::new(source),
        })?;
    }
    Ok(())
}

impl<'a> Path<'a> {
    fn new(world: &'a World<'a>, schedule: &'a Schedule, path_idx: usize) -> Self {
        let model = &world.model;
        let start = model.start_price;
        let parity = world.parity(&start, &model.tariff);
        Self {
            world,
            schedule,
            index: path_idx,
            normals: world.key.stream(world.first_path + path_idx as u64, DISTURBANCE),
            disturbance: [0.0; N_BASKETS],
            ln_paid: world.ln_paid,
            heavy: world.heavy,
            supply: world.supply.state(),
            paid: parity,
            premium: [1.0; N_BASKETS],
            outputs: model.base_outputs(),
            rival: None,
            prices: start,
            decision: Decision::NONE,
            border: world.border,
            last_use: world.start_use,
            stored: None,
            expected_prices: start,
            futures: FuturesCurve::start(start[crate::Basket::NdPr.index()].ln()),
        }
    }

    fn month(&mut self, t: usize) -> Result<Record, PhysicalError> {
        let world = self.world;
        let (model, factors) = (&world.model, &self.schedule.factors[t]);
        let tariffs = world.tariffs(factors);
        let before = self.disturbance;
        for b in 0..N_BASKETS {
            self.disturbance[b] = world.persistence[b] * before[b]
                + world.standard_deviation[b] * self.normals.normal();
        }
        StockRules::hear(&mut self.border, &self.schedule.months[t]);
        let orders = world.rules.orders(&self.border, &self.last_use, &self.schedule.months[t]);
        let withdrawn = world.rules.withdrawn(&self.border);
        if let Some(plan) = &self.schedule.plans[t] {
            self.decide(t, plan, &before, &orders.factor, &withdrawn)?;
        }
        let activity = self.activity(t, factors);
        let disturbance = self.disturbance.map(f64::exp);
        let mut demand =
            model.demand(model.adjustment, &self.ln_paid, &activity, &disturbance, &tariffs);
        HeavyContent::apply(&mut demand, &self.heavy);
        let states = self.supply.sources(model, &world.supply, t, factors);
        let mut fringe = model.fringe(&states, &self.premium, false);
        if let Some(outputs) = &self.rival {
            model.hold_rival(&mut fringe, outputs);
        }
        let own = model.own_supply(&self.outputs);
        let outlook = self.outlook(t, (&orders.factor, &withdrawn, &own), &tariffs)?;
        let before_month = self.carried(&outlook);
        let demanded = ordered(&demand, &orders.factor);
        let wanted: [_; N_BASKETS] =
            std::array::from_fn(|b| world.storers.wanted(b, self.disturbance[b], &outlook));
        let with_storers: [_; N_BASKETS] =
            std::array::from_fn(|b| WithStorers { demand: &demanded[b], wanted: wanted[b] });
        let inside: [f64; N_BASKETS] =
            std::array::from_fn(|b| own[b] + withdrawn[b] + before_month[b]);
        let market = JointMarket { demand: &with_storers, fringe: &fringe };
        let cleared = market.clear(&inside, &self.prices)?;
        self.prices = cleared.prices;
        let stored =
            std::array::from_fn(|b| wanted[b].map_or(0.0, |wanted| wanted.at(cleared.prices[b]).0));
        let parity = world.parity(&cleared.prices, &tariffs);
        let needs = use_at(&demand, &parity, &orders);
        let mut record = self.settle(t, &demand, (&parity, &needs), (&cleared, &fringe), &own);
        record.demand_at_base = model.demand_at_base(&activity, &disturbance);
        (record.carried, record.stored) = (before_month, stored);
        record.expected_price = outlook.price;
        self.stored = Some(stored);
        record.heavy = self.heavy;
        self.supply.advance(
            model,
            &world.supply,
            (t, factors),
            (&fringe, &states),
            (&cleared.prices, &world.relative_use(&record.region_use)),
        );
        record.supply = self.supply.record;
        self.move_on(t, &parity, &record);
        Ok(record)
    }

    fn activity(&self, t: usize, factors: &Factors) -> Activity {
        let paths = self.world.activity;
        std::array::from_fn(|r| {
            std::array::from_fn(|u| {
                let activity = paths.months(self.index, Region::ALL[r], EndUse::ALL[u])[t]
                    * self.world.trend[t][u]
                    * factors.activity[r][u];
                factors.intensity[u].map(|intensity| activity * intensity)
            })
        })
    }

    /// What storers expect: price and use that clear demand over the horizon at activity as expected given this path's,
    /// without disturbances, at the supplier's present output.
    fn outlook(
        &mut self,
        t: usize,
        (orders, withdrawn, own): (&ByRegion, &[f64; N_BASKETS], &[f64; N_BASKETS]),
        tariffs: &[f64; N_REGIONS],
    ) -> Result<Outlook, PhysicalError> {
        let world = self.world;
        if !world.storers.any() {
            return Ok(Outlook { price: self.prices, quantity: [0.0; N_BASKETS] });
        }
        let (model, plan) = (&world.model, &self.schedule.outlooks[t]);
        let paths = world.activity;
        let activity = std::array::from_fn(|r| {
            std::array::from_fn(|u| {
                let mean = world.mean_of(r, u, t);
                let now = paths.months(self.index, Region::ALL[r], EndUse::ALL[u])[t];
                // Activity above its mean is taken to stay above it by the same factor.
                let ratio = if mean > 0.0 { now / mean } else { 1.0 };
                plan.activity[r][u].map(|expected| expected * ratio)
            })
        });
        let mut demand = model.demand(
            model.horizon_adjustment,
            &self.ln_paid,
            &activity,
            &[1.0; N_BASKETS],
            tariffs,
        );
        self.substitute(&mut demand, plan.factors.heavy);
        let states = self.supply.sources(model, &world.supply, t, &plan.factors);
        let mut fringe = model.fringe(&states, &self.premium, true);
        if let Some(outputs) = &self.rival {
            model.hold_rival(&mut fringe, outputs);
        }
        let inside = std::array::from_fn(|b| own[b] + withdrawn[b]);
        let market = JointMarket { demand: &ordered(&demand, orders), fringe: &fringe };
        let cleared = market.clear(&inside, &self.expected_prices)?;
        self.expected_prices = cleared.prices;
        Ok(Outlook { price: cleared.prices, quantity: cleared.demand })
    }

    /// Stock brought into the month: before the first, what storers hold when nothing disturbs the market.
    fn carried(&self, outlook: &Outlook) -> [f64; N_BASKETS] {
        self.stored.unwrap_or_else(|| {
            std::array::from_fn(|b| {
                let at_rest = self.world.storers.wanted(b, 0.0, outlook);
                at_rest.map_or(0.0, |wanted| wanted.at(outlook.price[b]).0)
            })
        })
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
        let mut demand = model.demand(
            model.horizon_adjustment,
            &self.ln_paid,
            &plan.activity,
            &expected,
            &world.tariffs(&plan.factors),
        );
        self.substitute(&mut demand, plan.factors.heavy);
        let demand = ordered(&demand, orders);
        let states = self.supply.sources(model, &world.supply, t, &plan.factors);
        let mut fringe = model.fringe(&states, &self.premium, true);
        // Goods withdrawn from the queue come back to the inside market whatever the price.
        fringe.extend(
            (0..N_BASKETS).filter(|&b| withdrawn[b] > 0.0).map(|b| returning(b, withdrawn[b])),
        );
        let horizon = Horizon {
            model,
            demand: &demand,
            fringe: &fringe,
            limits: world.limits(t, &plan.factors, &self.outputs),
        };
        let chosen = horizon.decide(world.conduct, (self.outputs, self.rival), &self.prices)?;
        (self.outputs, self.rival) = (chosen.outputs, chosen.rival);
        self.decision = chosen.decision;
        Ok(())
    }

    /// Dy and Tb per magnet over the supplier's horizon, at last month's prices.
    fn substitute(&self, demand: &mut [BasketDemand; N_BASKETS], factor: f64) {
        let model = &self.world.model;
        let lowest = model.satiation[crate::Basket::DyTb.index()].ln();
        let relative = std::array::from_fn(|r| ln_relative(&self.paid[r], &model.ln_base[r]));
        let own = std::array::from_fn(|r| ln_price(&self.paid[r], &model.ln_base[r]).max(lowest));
        model.heavy.apply_over_horizon(demand, &self.heavy, (&relative, &own), factor);
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
        let (rules, month) = (&world.rules, &self.schedule.months[t]);
        let sales = rules.sales_abroad(needs, &outside);
        let crossing = rules.cross(&mut self.border, needs, &sales, month);
        let abroad = rules.serve(&mut self.border, (needs, &crossing), demand, parity, month);
        rules.stocks.learn(&mut self.border, &needs.orders, &needs.total, &crossing.refused);
        let mut record = Record {
            price: cleared.prices,
            own: *own,
            fringe: cleared.fringe,
            dumped: cleared.dumped,
            shipments: crossing.shipments,
            processed: crossing.processed,
            allowed: crossing.allowed,
            arrivals: crossing.arrivals,
            transit: crossing.transit,
            leaked: abroad.leaked,
            fringe_sales: crossing.fringe_sales,
            region_price: abroad.price,
            region_use: abroad.used,
            unmet: abroad.unmet,
            unmet_use: abroad.unmet_use,
            backlog: self.border.waiting(),
            stock: self.border.stock,
            reserve: self.border.reserve,
            forward: self.border.forward,
            hazard: self.border.hazard,
            from_china: self.border.from_china,
            direct: self.border.direct,
            outputs: self.outputs,
            decision: self.decision,
            ..Record::EMPTY
        };
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

    /// Adapted prices, Dy and Tb per magnet and the fringe's premium for the next month.
    fn move_on(&mut self, t: usize, parity: &ByRegion, record: &Record) {
        let model = &self.world.model;
        for b in 0..N_BASKETS {
            let (mut paid, mut at_parity) = (0.0, 0.0);
            // Regions at one price, most of them, take one logarithm.
            let (mut last, mut ln_ratio) = (None, 0.0);
            for r in 0..N_REGIONS {
                let (price, ln_base) = (record.region_price[r][b], model.ln_base[r][b]);
                if last != Some((price, ln_base)) {
                    last = Some((price, ln_base));
                    // Below satiation demand no longer responds, so buyers do not adapt to lower prices either.
                    ln_ratio =
                        (price.max(f64::MIN_POSITIVE).ln() - ln_base).max(model.ln_satiation[b]);
                }
                self.ln_paid[r][b] += model.adjustment * (ln_ratio - self.ln_paid[r][b]);
                paid += model.fringe_share[r] * price;
                at_parity += model.fringe_share[r] * parity[r][b];
            }
            self.premium[b] = if at_parity > 0.0 { paid / at_parity } else { 1.0 };
        }
        let factor = self.schedule.factors[t].heavy;
        for r in 0..N_REGIONS {
            let relative = ln_relative(&record.region_price[r], &model.ln_base[r]);
            self.heavy[r] = model.heavy.next(self.heavy[r], relative, factor);
        }
        self.paid = record.region_price;
    }
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

/// Price outside China, weighted with what arrives in each region; with use where nothing arrives.
fn outside_price(record: &Record, parity: &ByRegion) -> [f64; N_BASKETS] {
    std::array::from_fn(|b| {
        let (mut weights, mut value, mut wanted, mut simple) = (0.0, 0.0, 0.0, 0.0);
        for r in OUTSIDE {
            let arrived = record.arrivals[r][b] + record.fringe_sales[r][b];
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
