//! Parameters that make the base year an equilibrium.
//!
//! Benchmark replication: prices and quantities of one year are taken as an equilibrium under an assumed conduct, and
//! scales are solved from it one by one, so that nothing is estimated here and the base year is reproduced exactly.
//!
//! 1. Mine supply of a basket is Σ w·y·X over ores. Demand for `NdPr` follows from the demand for magnet elements less
//!    `DyTb`; what mines do not supply is recycling. `DyTb` and `LaCe` demand equal supply (no source counts them by use).
//! 2. k: a use's share in the world's demand for a basket; activity is 1 in the base year.
//! 3. K is the fringe's output and c its revenue per tonne, inside or outside China as it sells.
//! 4. MC: with spare capacity (limit above output), marginal cost equals marginal revenue under θ of the base year;
//!    at the limit, an assumed share of it, the rest being μ.
//!
//! Checked: clearing and conduct at activity 1 return the base prices and outputs to 1e-8 (tests/equilibrium.rs).

use crate::base::{Assumed, BaseYear};
use crate::parameters::{ControlledOre, DemandParameters, FringeSource, Parameters};
use crate::state::MarketModel;
use crate::{
    Basket, EndUse, N_BASKETS, N_USES, Ore, Origin, OriginKind, Parameter, PhysicalError, Region,
};

const MONTHS: f64 = 12.0;

/// Solves the scales from the base year.
///
/// # Errors
/// Figures out of range, recycling that would be negative, or a base year that the assumed conduct rules out.
pub fn calibrate(base: &BaseYear, assumed: &Assumed) -> Result<Parameters, PhysicalError> {
    let price: [f64; N_BASKETS] = std::array::from_fn(|b| base.price[b].value);
    let controlled: Vec<ControlledOre> =
        Ore::CONTROLLED.into_iter().map(|ore| controlled_ore(ore, base, assumed)).collect();
    let mut fringe: Vec<FringeSource> =
        Ore::FRINGE.into_iter().map(|ore| fringe_ore(ore, base, assumed)).collect();
    let mined: [f64; N_BASKETS] = std::array::from_fn(|b| {
        let of = |share: &Parameter, recovery: &Parameter, output: &Parameter| {
            share.value * recovery.value * output.value
        };
        controlled
            .iter()
            .map(|o| of(&o.basket_share[b], &o.recovery[b], &o.base_output))
            .sum::<f64>()
            + fringe
                .iter()
                .map(|o| of(&o.basket_share[b], &o.recovery[b], &o.base_output))
                .sum::<f64>()
    });
    let (demand, recycled) = demand_by_use(base, assumed, mined)?;
    for (basket, output) in Basket::ALL.into_iter().zip(recycled) {
        if output > 0.0 {
            fringe.push(recycling(basket, output, assumed));
        }
    }
    let mut trade = assumed.trade.clone();
    trade.cny_per_usd = base.cny_per_usd.clone();
    let one = |why: &str| Parameter::fixed(1.0, "1", Origin::estimated(why));
    let mut parameters = Parameters {
        base_year: base.year,
        base_price: base.price.clone(),
        start_price: base.price.clone(),
        dumping_cost: assumed.dumping_cost.clone(),
        discount: assumed.discount.clone(),
        base_theta: assumed.base_theta.clone(),
        demand: DemandParameters {
            scale: demand,
            region_share: base.region_share.clone(),
            level: std::array::from_fn(|_| one("1 in the base year")),
            elasticity: assumed.demand_elasticity.clone(),
            adjustment: assumed.adjustment.clone(),
            backstop: assumed.backstop.clone(),
            satiation: assumed.satiation.clone(),
        },
        controlled,
        fringe,
        trade,
        stocks: assumed.stocks.clone(),
        transit: assumed.transit.clone(),
        licences: assumed.licences.clone(),
        forms: assumed.forms.clone(),
        disturbance: assumed.disturbance.clone(),
        futures: assumed.futures.clone(),
    };
    for source in &mut parameters.fringe {
        let revenue = base_revenue(source, &parameters.trade, &price);
        crate::error::positive(&format!("{}: revenue per tonne", source.name()), revenue)?;
        source.base_revenue = solved(revenue, "CNY/t REO", "revenue per tonne at base prices");
    }
    parameters.check()?;
    fit_costs(&mut parameters, assumed)?;
    parameters.check()?;
    Ok(parameters)
}

fn solved(value: f64, unit: &str, how: &str) -> Parameter {
    Parameter::fixed(
        value,
        unit,
        Origin { kind: OriginKind::Estimated, text: format!("calibrated to the base year: {how}") },
    )
}

/// A yearly figure a month.
fn monthly(parameter: &Parameter) -> Parameter {
    Parameter {
        value: parameter.value / MONTHS,
        low: parameter.low / MONTHS,
        high: parameter.high / MONTHS,
        unit: "t REO/month".into(),
        origin: parameter.origin.clone(),
    }
}

fn controlled_ore(ore: Ore, base: &BaseYear, assumed: &Assumed) -> ControlledOre {
    let output = monthly(&base.ore_output[ore.index()]);
    ControlledOre {
        ore,
        basket_share: assumed.basket_share[ore.index()].clone(),
        recovery: assumed.recovery.clone(),
        limit: Parameter::ranged(
            output.value * assumed.limit_headroom.value,
            output.value * assumed.limit_headroom.low,
            output.value * assumed.limit_headroom.high,
            "t REO/month",
            assumed.limit_headroom.origin.clone(),
        ),
        base_output: output,
        limit_growth: assumed.growth[ore.index()].clone(),
        cost_level: solved(0.0, "CNY/t REO", "first-order condition"),
        cost_slope: solved(0.0, "CNY/t REO per (t/month)^γ", "first-order condition"),
        cost_power: assumed.cost_power.clone(),
    }
}

fn fringe_ore(ore: Ore, base: &BaseYear, assumed: &Assumed) -> FringeSource {
    FringeSource {
        ore: Some(ore),
        basket_share: assumed.basket_share[ore.index()].clone(),
        recovery: assumed.recovery.clone(),
        base_output: monthly(&base.ore_output[ore.index()]),
        base_revenue: solved(1.0, "CNY/t REO", "set below"),
        capacity: assumed.capacity.clone(),
        growth: assumed.growth[ore.index()].clone(),
        outside_share: assumed.outside_share[ore.index()].clone(),
        elasticity_short: assumed.elasticity_short.clone(),
        elasticity_long: assumed.elasticity_long.clone(),
        lead_months: assumed.lead_months.clone(),
    }
}

fn recycling(basket: Basket, output: f64, assumed: &Assumed) -> FringeSource {
    let whole = |b: usize| {
        let share = if b == basket.index() { 1.0 } else { 0.0 };
        Parameter::fixed(
            share,
            "share",
            Origin::assumed("recycled material is counted as separated oxide"),
        )
    };
    FringeSource {
        ore: None,
        basket_share: std::array::from_fn(whole),
        recovery: std::array::from_fn(|_| {
            Parameter::fixed(1.0, "share", Origin::assumed("counted after recovery"))
        }),
        base_output: solved(
            output,
            "t REO/month",
            "demand less mine supply (an assumed share for DyTb)",
        ),
        base_revenue: solved(1.0, "CNY/t REO", "set below"),
        capacity: assumed.capacity.clone(),
        growth: Parameter::fixed(0.0, "a year", Origin::assumed("no basis for a trend")),
        outside_share: assumed.recycled_outside.clone(),
        elasticity_short: assumed.recycling_elasticity.clone(),
        elasticity_long: assumed.recycling_elasticity.clone(),
        lead_months: assumed.lead_months.clone(),
    }
}

/// World demand by use and basket and recycled supply by basket, t REO a month.
fn demand_by_use(
    base: &BaseYear,
    assumed: &Assumed,
    mined_monthly: [f64; N_BASKETS],
) -> Result<([[Parameter; N_BASKETS]; N_USES], [f64; N_BASKETS]), PhysicalError> {
    let other = base.magnet_demand_other.value;
    let defence = assumed.defence_share.value * other;
    let non_magnet = assumed.non_magnet_share.value * other;
    let elements: [f64; N_USES] = std::array::from_fn(|u| {
        let yearly = match EndUse::ALL[u] {
            EndUse::Ev => base.magnet_demand_ev.value,
            EndUse::Wind => base.magnet_demand_wind.value,
            EndUse::OtherMagnets => other - defence - non_magnet,
            EndUse::Defence => defence,
            EndUse::NonMagnet => non_magnet,
        };
        yearly / MONTHS
    });
    for (end_use, quantity) in EndUse::ALL.into_iter().zip(elements) {
        crate::error::positive(&format!("magnet rare earths of {end_use}"), quantity)?;
    }
    crate::error::share("recycled share of DyTb", assumed.recycled_dytb.value)?;
    let [lace, ndpr_mined, dytb_mined] = mined_monthly;
    let dytb = dytb_mined / (1.0 - assumed.recycled_dytb.value);
    let weights: [f64; N_USES] =
        std::array::from_fn(|u| assumed.heavy_intensity[u].value * elements[u]);
    let all_weights: f64 = weights.iter().sum();
    let dytb_by_use = weights.map(|weight| dytb * weight / all_weights);
    let ndpr_by_use: [f64; N_USES] = std::array::from_fn(|u| {
        (elements[u] - dytb_by_use[u] / assumed.oxide_per_dytb.value) * assumed.oxide_per_ndpr.value
    });
    let ndpr: f64 = ndpr_by_use.iter().sum();
    if ndpr < ndpr_mined || ndpr_by_use.iter().any(|&quantity| quantity <= 0.0) {
        return Err(PhysicalError::BaseBalance {
            basket: Basket::NdPr.to_string(),
            supply: ndpr_mined * MONTHS,
            demand: ndpr * MONTHS,
        });
    }
    let scale = std::array::from_fn(|u| {
        let lace = if EndUse::ALL[u] == EndUse::NonMagnet { lace } else { 0.0 };
        [lace, ndpr_by_use[u], dytb_by_use[u]].map(|value| {
            solved(value, "t REO/month at activity 1", "demand of the use at base prices")
        })
    });
    Ok((scale, [0.0, ndpr - ndpr_mined, dytb - dytb_mined]))
}

/// Revenue per tonne of a source at base prices and without licence rents.
fn base_revenue(
    source: &FringeSource,
    trade: &crate::TradeParameters,
    price: &[f64; N_BASKETS],
) -> f64 {
    let (slope, constant) = crate::state::outside_line(trade);
    let out = source.outside_share.value;
    (0..N_BASKETS)
        .map(|b| {
            let yields = source.basket_share[b].value * source.recovery[b].value;
            yields * ((1.0 - out) * price[b] + out * (slope * price[b] + constant))
        })
        .sum()
}

/// Sets the cost of each controlled ore from its first-order condition at base output and base prices.
fn fit_costs(parameters: &mut Parameters, assumed: &Assumed) -> Result<(), PhysicalError> {
    let theta = parameters.base_theta.value;
    let model = MarketModel::new(parameters)?;
    let (demand, fringe) = model.base_curves();
    let at_base =
        model.conditions(theta, &demand, &fringe, (model.base_outputs(), &model.base_price))?;
    for (i, ore) in parameters.controlled.iter_mut().enumerate() {
        // Costs are still zero: the shadow price is marginal revenue.
        let marginal_revenue = at_base.shadow[i];
        let refuse = |problem| {
            Err(PhysicalError::BaseConduct {
                ore: ore.ore.to_string(),
                marginal_revenue,
                theta,
                problem,
            })
        };
        if marginal_revenue <= 0.0 {
            return refuse("and no positive cost can equal it: lower θ or raise elasticities");
        }
        let headroom = ore.limit.value / ore.base_output.value;
        if headroom < 1.0 - 1e-12 {
            return refuse("and base output lies above the limit");
        }
        let cost = if headroom > 1.0 {
            marginal_revenue
        } else {
            marginal_revenue * assumed.cost_share_at_limit.value
        };
        let flat = assumed.flat_cost_share.value;
        ore.cost_level =
            solved(flat * cost, "CNY/t REO", "first-order condition under base conduct");
        ore.cost_slope = solved(
            (1.0 - flat) * cost / ore.base_output.value.powf(ore.cost_power.value),
            "CNY/t REO per (t/month)^γ",
            "first-order condition under base conduct",
        );
    }
    Ok(())
}

/// Region and basket totals of base demand, t REO a month: a check for callers and tests.
pub fn base_demand(parameters: &Parameters) -> [[f64; N_BASKETS]; Region::ALL.len()] {
    std::array::from_fn(|r| {
        std::array::from_fn(|b| {
            let demand = &parameters.demand;
            (0..N_USES).map(|u| demand.region_share[u][r].value * demand.scale[u][b].value).sum()
        })
    })
}
