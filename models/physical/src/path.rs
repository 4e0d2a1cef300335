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
use crate::checks::{Audit, Opening, Violation};
use crate::curves::BasketDemand;
use crate::decision::{Horizon, N_RIVAL};
use crate::elementary::{exp, ln};
use crate::futures::FuturesCurve;
use crate::heavy::{HeavyContent, HeavyState, ln_relative};
use crate::market::{Cleared, Cost, Fringe, JointMarket, Supply, dot};
use crate::record::{Decision, KeptMonth, Record};
use crate::state::{AS_USED, ByRegion, FringeSupply, MAX_FRINGE, N_OWN};
use crate::stocks::StockRules;
use crate::storers::{Outlook, WithStorers};
use crate::supply::SupplyState;
use crate::world::{OUTSIDE, Plan, Schedule, World};
use crate::{N_BASKETS, N_REGIONS, N_USES, PhysicalError};

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
    /// ln of last month's prices over base prices, by region.
    ln_prices: ByRegion,
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

/// The curves of a month and of the months to come: filled in place every month.
struct Books<'a> {
    present: [BasketDemand<'a>; N_BASKETS],
    ahead: [BasketDemand<'a>; N_BASKETS],
}

impl<'a> Books<'a> {
    fn of(world: &'a World<'_>) -> Self {
        let (model, lines) = (&world.model, world.model.base_lines());
        Self { present: model.no_demand(lines), ahead: model.no_demand(lines) }
    }
}

/// The months of a path and what its audit found.
pub(crate) struct PathMonths {
    pub(crate) months: Vec<KeptMonth>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) largest_imbalance: f64,
}

/// Runs one path and audits its months.
///
/// # Errors
/// The month in which the market or the supplier's choice could not be solved.
pub(crate) fn run_path(world: &World<'_>, path_idx: usize) -> Result<PathMonths, PhysicalError> {
    let own = world.schedule_of(path_idx);
    let mut path = Path::new(world, own.as_ref().unwrap_or(&world.schedule), path_idx);
    let opening = Opening {
        backlog: world.border.waiting(),
        stock: world.border.stock,
        reserve: world.border.reserve,
        supply: world.supply.record(),
    };
    let mut audit = Audit::new(path_idx + 1, world.start, &opening);
    let n_months = world.activity.n_months();
    let mut months = Vec::with_capacity(n_months);
    let (mut books, mut record) = (Books::of(world), Record::EMPTY);
    for t in 0..n_months {
        path.month(t, &mut books, &mut record).map_err(|source| PhysicalError::Month {
            month: world.start.plus(t as i64).to_string(),
            path: world.first_path as usize + path_idx + 1,
            source: Box::new(source),
        })?;
        audit.month(&record);
        months.push(KeptMonth::of(&record, &world.base_parity(&record.price)));
    }
    let (violations, largest_imbalance) = audit.finish();
    Ok(PathMonths { months, violations, largest_imbalance })
}

impl<'a> Path<'a> {
    fn new(world: &'a World<'a>, schedule: &'a Schedule, path_idx: usize) -> Self {
        let model = &world.model;
        let start = model.start_price;
        let parity = world.parity(&start, &model.tariff);
        let ln_prices = std::array::from_fn(|r| {
            std::array::from_fn(|b| ln_over_base(parity[r][b], model.ln_base[r][b]))
        });
        Self {
            world,
            schedule,
            index: path_idx,
            normals: world.key.stream(world.first_path + path_idx as u64, DISTURBANCE),
            disturbance: [0.0; N_BASKETS],
            ln_paid: world.ln_paid,
            heavy: world.heavy,
            supply: world.supply.state(),
            ln_prices,
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

    fn month(
        &mut self,
        t: usize,
        books: &mut Books<'a>,
        record: &mut Record,
    ) -> Result<(), PhysicalError> {
        let world = self.world;
        let schedule = self.schedule;
        let (model, factors) = (&world.model, &schedule.factors[t]);
        let curves = &schedule.curves[t];
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
        let activity = world.activity.in_month(self.index, t);
        let disturbance = self.disturbance.map(exp);
        let demand = &mut books.present;
        model.fill(
            demand,
            model.adjustment,
            (&self.ln_paid, &disturbance),
            (&curves.per_activity, &activity),
            &curves.lines,
        );
        HeavyContent::apply(demand, &self.heavy);
        for one in demand.iter_mut() {
            one.gather(&orders.factor);
        }
        let states = self.supply.sources(model, &world.supply, t, factors);
        let mut fringe = model.fringe(&states, &self.premium, false);
        if let Some(outputs) = &self.rival {
            model.hold_rival(&mut fringe, outputs);
        }
        let own = model.own_supply(&self.outputs);
        let outlook =
            self.outlook(t, &activity, (&orders.factor, &withdrawn, &own), &mut books.ahead)?;
        let before_month = self.carried(&outlook);
        let wanted: [_; N_BASKETS] =
            std::array::from_fn(|b| world.storers.wanted(b, self.disturbance[b], &outlook));
        let with_storers: [_; N_BASKETS] =
            std::array::from_fn(|b| WithStorers { demand: &demand[b], wanted: wanted[b] });
        let inside: [f64; N_BASKETS] =
            std::array::from_fn(|b| own[b] + withdrawn[b] + before_month[b]);
        let market = JointMarket { demand: &with_storers, fringe: &fringe };
        let cleared = market.clear_once(&inside, &self.prices)?;
        self.prices = cleared.prices;
        let mut sold = [0.0; MAX_FRINGE];
        for (output, one) in sold.iter_mut().zip(fringe.iter()) {
            *output = one.supply.at(one.revenue_at(&cleared.prices)).0;
        }
        let stored =
            std::array::from_fn(|b| wanted[b].map_or(0.0, |wanted| wanted.at(cleared.prices[b]).0));
        let parity = world.parity(&cleared.prices, &curves.tariffs);
        let needs = use_at(demand, &parity, &orders);
        record.own = own;
        self.settle(t, demand, (&parity, &needs), (&cleared, &sold), record);
        record.demand_at_base =
            std::array::from_fn(|b| disturbance[b] * total(&curves.per_activity[b], &activity));
        (record.carried, record.stored) = (before_month, stored);
        record.expected_price = outlook.price;
        self.stored = Some(stored);
        record.heavy = self.heavy;
        self.supply.advance(
            model,
            &world.supply,
            (t, factors),
            (&fringe, &states, &sold),
            (&cleared.prices, &world.relative_use(&record.region_use)),
        );
        record.supply = self.supply.record;
        self.move_on(t, &parity, record);
        Ok(())
    }

    /// What storers expect: price and use that clear demand over the horizon at activity as expected given this path's,
    /// without disturbances, at the supplier's present output.
    fn outlook(
        &mut self,
        t: usize,
        activity: &[[f64; N_USES]; N_REGIONS],
        (orders, withdrawn, own): (&ByRegion, &[f64; N_BASKETS], &[f64; N_BASKETS]),
        demand: &mut [BasketDemand<'a>; N_BASKETS],
    ) -> Result<Outlook, PhysicalError> {
        let world = self.world;
        if !world.storers.any() {
            return Ok(Outlook { price: self.prices, quantity: [0.0; N_BASKETS] });
        }
        let (model, schedule) = (&world.model, self.schedule);
        let (plan, lines) = (&schedule.outlooks[t], &schedule.curves[t].lines);
        let mut relative = *activity;
        if plan.has_idle_uses {
            for (r, row) in relative.iter_mut().enumerate() {
                for (u, value) in row.iter_mut().enumerate() {
                    if world.mean_of(r, u, t) <= 0.0 {
                        *value = 1.0;
                    }
                }
            }
        }
        model.fill(
            demand,
            model.horizon_adjustment,
            (&self.ln_paid, &[1.0; N_BASKETS]),
            (&plan.at_base, &relative),
            lines,
        );
        self.substitute(demand, plan.factors.heavy);
        let states = self.supply.sources(model, &world.supply, t, &plan.factors);
        let mut fringe = model.fringe(&states, &self.premium, true);
        if let Some(outputs) = &self.rival {
            model.hold_rival(&mut fringe, outputs);
        }
        let inside = std::array::from_fn(|b| own[b] + withdrawn[b]);
        for one in demand.iter_mut() {
            one.gather(orders);
        }
        let market = JointMarket { demand, fringe: &fringe };
        let (price, quantity) = market.clear_smooth(&inside, &self.expected_prices)?;
        self.expected_prices = price;
        Ok(Outlook { price, quantity })
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
            (&self.ln_paid, &expected),
            &plan.at_base,
            &plan.lines,
        );
        self.substitute(&mut demand, plan.factors.heavy);
        order(&mut demand, orders);
        let states = self.supply.sources(model, &world.supply, t, &plan.factors);
        let mut fringe = model.fringe(&states, &self.premium, true);
        // Goods withdrawn from the queue come back to the inside market whatever the price.
        for b in (0..N_BASKETS).filter(|&b| withdrawn[b] > 0.0) {
            fringe.push(returning(b, withdrawn[b]));
        }
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
    fn substitute(&self, demand: &mut [BasketDemand<'_>; N_BASKETS], factor: f64) {
        let model = &self.world.model;
        let lowest = model.ln_satiation[crate::Basket::DyTb.index()];
        let ln_prices = (&self.ln_prices, lowest);
        model.heavy.apply_over_horizon(demand, &self.heavy, ln_prices, factor);
    }

    /// The border, the stocks and prices abroad.
    fn settle(
        &mut self,
        t: usize,
        demand: &[BasketDemand<'_>; N_BASKETS],
        (parity, needs): (&ByRegion, &Needs),
        (cleared, sold): (&Cleared<N_BASKETS>, &[f64; MAX_FRINGE]),
        record: &mut Record,
    ) {
        let world = self.world;
        let mut outside = [0.0; N_BASKETS];
        for (source, output) in world.model.sources.iter().zip(sold) {
            for b in 0..N_BASKETS {
                outside[b] += source.outside * source.yields[b] * output;
            }
        }
        let (rules, month) = (&world.rules, &self.schedule.months[t]);
        let sales = rules.sales_abroad(needs, &outside);
        let crossing = rules.cross(&mut self.border, needs, &sales, month);
        let abroad = rules.serve(&mut self.border, (needs, &crossing), demand, parity, month);
        rules.stocks.learn(&mut self.border, &needs.orders, &needs.total, &crossing.refused);
        record.price = cleared.prices;
        (record.fringe, record.dumped) = (cleared.fringe, cleared.dumped);
        (record.shipments, record.processed) = (crossing.shipments, crossing.processed);
        record.allowed = crossing.allowed;
        (record.arrivals, record.transit) = (crossing.arrivals, crossing.transit);
        (record.leaked, record.fringe_sales) = (abroad.leaked, crossing.fringe_sales);
        (record.region_price, record.region_use) = (abroad.price, abroad.used);
        (record.unmet, record.unmet_use) = (abroad.unmet, abroad.unmet_use);
        let border = &self.border;
        record.backlog = border.waiting();
        (record.stock, record.reserve) = (border.stock, border.reserve);
        (record.forward, record.hazard) = (border.forward, border.hazard);
        (record.from_china, record.direct) = (border.from_china, border.direct);
        (record.outputs, record.decision) = (self.outputs, self.decision);
        record.outside_price = outside_price(record, parity);
        for i in 0..N_OWN {
            let ore = &world.model.own[i];
            record.revenue[i] = dot(&ore.yields, &cleared.prices);
            record.marginal_cost[i] = ore.cost.marginal(self.outputs[i]);
        }
        let spot = cleared.prices[crate::Basket::NdPr.index()];
        self.futures = world.curve.update(self.futures, t, spot.max(f64::MIN_POSITIVE).ln());
        record.futures = self.futures;
        self.last_use = needs.total;
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
                    ln_ratio = ln_over_base(price, ln_base);
                }
                self.ln_prices[r][b] = ln_ratio;
                // Below satiation demand no longer responds, so buyers do not adapt to lower prices either.
                let felt = ln_ratio.max(model.ln_satiation[b]);
                self.ln_paid[r][b] += model.adjustment * (felt - self.ln_paid[r][b]);
                paid += model.fringe_share[r] * price;
                at_parity += model.fringe_share[r] * parity[r][b];
            }
            self.premium[b] = if at_parity > 0.0 { paid / at_parity } else { 1.0 };
        }
        let factor = self.schedule.factors[t].heavy;
        let (mut last, mut next) = (None, 1.0);
        for r in 0..N_REGIONS {
            let at = (ln_relative(&self.ln_prices[r]), self.heavy[r]);
            if last != Some(at) {
                last = Some(at);
                next = model.heavy.next(at.1, at.0, factor);
            }
            self.heavy[r] = next;
        }
    }
}

/// ln of a price over a base price; a price of zero or less counts as the least positive one.
fn ln_over_base(price: f64, ln_base: f64) -> f64 {
    ln(price.max(f64::MIN_POSITIVE)) - ln_base
}

/// World use at base prices of a basket.
fn total(per_activity: &[[f64; N_USES]; N_REGIONS], activity: &[[f64; N_USES]; N_REGIONS]) -> f64 {
    let pairs = per_activity.iter().flatten().zip(activity.iter().flatten());
    pairs.map(|(one, activity)| one * activity).sum()
}

/// Puts orders in place of use.
fn order(demand: &mut [BasketDemand<'_>; N_BASKETS], orders: &ByRegion) {
    for (b, one) in demand.iter_mut().enumerate() {
        for (coefficient, factors) in one.coefficient.iter_mut().zip(orders) {
            for value in coefficient {
                *value *= factors[b];
            }
        }
        one.gather(&AS_USED);
    }
}

/// Goods that come back from the queue, as a source that supplies the same at any price.
fn returning(basket_idx: usize, quantity: f64) -> FringeSupply<'static> {
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
            inverse_base: 1.0,
            elasticity: 0.0,
            capacity: f64::INFINITY,
            power: None,
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
