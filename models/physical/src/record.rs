//! A month of a path: all of it, as it is settled and audited, and what is kept of it.

use monazite_stochastic::TwoFactorState;

use crate::heavy::HeavyState;
use crate::state::{ByRegion, N_OWN};
use crate::supply::SupplyRecord;
use crate::{N_BASKETS, N_REGIONS, N_USES};

const NOTHING: ByRegion = [[0.0; N_BASKETS]; N_REGIONS];

/// The supplier's last decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decision {
    pub(crate) inverse_residual_elasticity: [f64; N_BASKETS],
    pub(crate) measured_residual_elasticity: [f64; N_BASKETS],
    pub(crate) share: [f64; N_BASKETS],
    pub(crate) corner: [bool; N_BASKETS],
    pub(crate) scarce: [bool; N_OWN],
    /// μ.
    pub(crate) shadow: [f64; N_OWN],
    pub(crate) outputs: [f64; N_OWN],
    /// Q̄, the state's where it sets one.
    pub(crate) limits: [f64; N_OWN],
    /// Largest violation of 0 ≤ μ ⟂ X ≤ Q̄ and of the first-order conditions, relative to revenue.
    pub(crate) residual: f64,
    pub(crate) forward_share: f64,
    pub(crate) objective: ObjectiveTerms,
}

/// Terms of the objective of a state that sets quotas, CNY a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ObjectiveTerms {
    pub(crate) rents: f64,
    pub(crate) downstream: f64,
    pub(crate) dependence: f64,
}

impl ObjectiveTerms {
    pub(crate) fn total(&self) -> f64 {
        self.rents + self.downstream + self.dependence
    }
}

impl Decision {
    pub(crate) const NONE: Self = Self {
        inverse_residual_elasticity: [0.0; N_BASKETS],
        measured_residual_elasticity: [0.0; N_BASKETS],
        share: [0.0; N_BASKETS],
        corner: [false; N_BASKETS],
        scarce: [false; N_OWN],
        shadow: [0.0; N_OWN],
        outputs: [0.0; N_OWN],
        limits: [0.0; N_OWN],
        residual: 0.0,
        forward_share: 0.0,
        objective: ObjectiveTerms { rents: 0.0, downstream: 0.0, dependence: 0.0 },
    };
}

/// A month of a path: t REO, CNY/t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record {
    pub(crate) price: [f64; N_BASKETS],
    pub(crate) outside_price: [f64; N_BASKETS],
    pub(crate) own: [f64; N_BASKETS],
    pub(crate) fringe: [f64; N_BASKETS],
    pub(crate) dumped: [f64; N_BASKETS],
    /// Storers' stock at the beginning and at the end of the month.
    pub(crate) carried: [f64; N_BASKETS],
    pub(crate) stored: [f64; N_BASKETS],
    pub(crate) expected_price: [f64; N_BASKETS],
    pub(crate) demand_at_base: [f64; N_BASKETS],
    pub(crate) region_price: ByRegion,
    pub(crate) region_use: ByRegion,
    pub(crate) unmet: ByRegion,
    /// Unmet use by end use, all baskets.
    pub(crate) unmet_use: [[f64; N_USES]; N_REGIONS],
    /// From China by customs destination, and of that processed goods.
    pub(crate) shipments: ByRegion,
    pub(crate) processed: ByRegion,
    pub(crate) allowed: ByRegion,
    /// From China by end user, and of that by way of an intermediary.
    pub(crate) arrivals: ByRegion,
    pub(crate) transit: ByRegion,
    pub(crate) leaked: ByRegion,
    pub(crate) fringe_sales: ByRegion,
    pub(crate) backlog: ByRegion,
    pub(crate) stock: ByRegion,
    pub(crate) reserve: ByRegion,
    pub(crate) forward: ByRegion,
    pub(crate) hazard: ByRegion,
    /// Share of use that came from China, and directly.
    pub(crate) from_china: ByRegion,
    pub(crate) direct: ByRegion,
    pub(crate) outputs: [f64; N_OWN],
    pub(crate) revenue: [f64; N_OWN],
    pub(crate) marginal_cost: [f64; N_OWN],
    pub(crate) decision: Decision,
    pub(crate) heavy: HeavyState,
    pub(crate) supply: SupplyRecord,
    pub(crate) futures: TwoFactorState,
}

impl Record {
    pub(crate) const EMPTY: Self = Self {
        price: [0.0; N_BASKETS],
        outside_price: [0.0; N_BASKETS],
        own: [0.0; N_BASKETS],
        fringe: [0.0; N_BASKETS],
        dumped: [0.0; N_BASKETS],
        carried: [0.0; N_BASKETS],
        stored: [0.0; N_BASKETS],
        expected_price: [0.0; N_BASKETS],
        demand_at_base: [0.0; N_BASKETS],
        region_price: NOTHING,
        region_use: NOTHING,
        unmet: NOTHING,
        unmet_use: [[0.0; N_USES]; N_REGIONS],
        shipments: NOTHING,
        processed: NOTHING,
        allowed: NOTHING,
        arrivals: NOTHING,
        transit: NOTHING,
        leaked: NOTHING,
        fringe_sales: NOTHING,
        backlog: NOTHING,
        stock: NOTHING,
        reserve: NOTHING,
        forward: NOTHING,
        hazard: NOTHING,
        from_china: NOTHING,
        direct: NOTHING,
        outputs: [0.0; N_OWN],
        revenue: [0.0; N_OWN],
        marginal_cost: [0.0; N_OWN],
        decision: Decision::NONE,
        heavy: [1.0; N_REGIONS],
        supply: SupplyRecord::EMPTY,
        futures: TwoFactorState { chi: 0.0, xi: 0.0 },
    };
}

/// What is kept of a month: all that an output is read from. Most months need nothing of [`Rare`].
#[derive(Debug, Clone)]
pub(crate) struct KeptMonth {
    pub(crate) price: [f64; N_BASKETS],
    pub(crate) outside_price: [f64; N_BASKETS],
    pub(crate) own: [f64; N_BASKETS],
    pub(crate) fringe: [f64; N_BASKETS],
    pub(crate) dumped: [f64; N_BASKETS],
    pub(crate) stored: [f64; N_BASKETS],
    pub(crate) expected_price: [f64; N_BASKETS],
    pub(crate) demand_at_base: [f64; N_BASKETS],
    pub(crate) recycled: [f64; N_BASKETS],
    pub(crate) scrap: [f64; N_BASKETS],
    pub(crate) region_use: ByRegion,
    pub(crate) shipments: ByRegion,
    pub(crate) processed: ByRegion,
    pub(crate) arrivals: ByRegion,
    pub(crate) transit: ByRegion,
    pub(crate) backlog: ByRegion,
    pub(crate) stock: ByRegion,
    pub(crate) hazard: ByRegion,
    pub(crate) from_china: ByRegion,
    pub(crate) direct: ByRegion,
    pub(crate) outputs: [f64; N_OWN],
    pub(crate) revenue: [f64; N_OWN],
    pub(crate) marginal_cost: [f64; N_OWN],
    pub(crate) decision: Decision,
    pub(crate) heavy: HeavyState,
    pub(crate) concentrate: f64,
    pub(crate) futures: TwoFactorState,
    /// `None` where no region is short, nothing is bought ahead and no stockpile held: prices abroad are then those of
    /// goods from China.
    rare: Option<Box<Rare>>,
}

/// What a month holds where a region is short of something or holds more than a working stock.
#[derive(Debug, Clone)]
pub(crate) struct Rare {
    pub(crate) region_price: ByRegion,
    pub(crate) unmet: ByRegion,
    pub(crate) unmet_use: [[f64; N_USES]; N_REGIONS],
    pub(crate) leaked: ByRegion,
    pub(crate) reserve: ByRegion,
    pub(crate) forward: ByRegion,
}

impl Rare {
    const NONE: Self = Self {
        region_price: NOTHING,
        unmet: NOTHING,
        unmet_use: [[0.0; N_USES]; N_REGIONS],
        leaked: NOTHING,
        reserve: NOTHING,
        forward: NOTHING,
    };
}

impl KeptMonth {
    /// What is kept of a month in which goods from China cost `parity` in every region.
    pub(crate) fn of(record: &Record, parity: &ByRegion) -> Self {
        let quantities = [&record.unmet, &record.leaked, &record.reserve, &record.forward];
        let is_plain =
            record.region_price == *parity && quantities.iter().all(|one| **one == NOTHING);
        let rare = (!is_plain).then(|| {
            Box::new(Rare {
                region_price: record.region_price,
                unmet: record.unmet,
                unmet_use: record.unmet_use,
                leaked: record.leaked,
                reserve: record.reserve,
                forward: record.forward,
            })
        });
        Self {
            price: record.price,
            outside_price: record.outside_price,
            own: record.own,
            fringe: record.fringe,
            dumped: record.dumped,
            stored: record.stored,
            expected_price: record.expected_price,
            demand_at_base: record.demand_at_base,
            recycled: record.supply.recycled,
            scrap: record.supply.scrap,
            region_use: record.region_use,
            shipments: record.shipments,
            processed: record.processed,
            arrivals: record.arrivals,
            transit: record.transit,
            backlog: record.backlog,
            stock: record.stock,
            hazard: record.hazard,
            from_china: record.from_china,
            direct: record.direct,
            outputs: record.outputs,
            revenue: record.revenue,
            marginal_cost: record.marginal_cost,
            decision: record.decision,
            heavy: record.heavy,
            concentrate: record.supply.concentrate,
            futures: record.futures,
            rare,
        }
    }

    /// What only some months hold; nothing in the others.
    pub(crate) fn rare(&self) -> &Rare {
        const NONE: &Rare = &Rare::NONE;
        self.rare.as_deref().unwrap_or(NONE)
    }

    /// Price in a region, CNY/t, which is that of goods from China unless the region was short.
    pub(crate) fn region_price(
        &self,
        (r, b): (usize, usize),
        (slope, constant): (f64, f64),
    ) -> f64 {
        self.rare
            .as_deref()
            .map_or_else(|| slope * self.price[b] + constant, |rare| rare.region_price[r][b])
    }
}
