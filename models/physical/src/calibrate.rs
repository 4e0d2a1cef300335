//! Parameters that make the base year an equilibrium.
//!
//! Benchmark replication: prices and quantities of one year are taken as an equilibrium under an assumed conduct, and
//! scales are solved from it one by one, so that nothing is estimated here and the base year is reproduced exactly.
//!
//! 1. Mine supply of a basket is Σ w·y·X over ores. Demand for `NdPr` follows from the world's demand for magnet elements
//!    less `DyTb`; what mines do not supply is recycling. `DyTb` and `LaCe` demand equal supply (no source counts them).
//! 2. k: vehicles and turbines by technology (`intensity.rs`); **other magnets are the residual** that makes the world's
//!    demand that of step 1, so that what fleets are reckoned too high or too low is theirs ([`intensity_gaps`]).
//! 3. K is the fringe's output and c its revenue per tonne, inside or outside China as it sells.
//! 4. MC: with spare capacity (limit above output), marginal cost equals marginal revenue under θ of the base year;
//!    at the limit, an assumed share of it, the rest being μ.
//!
//! Checked: clearing and conduct at activity 1 return the base prices and outputs to 1e-8 (tests/equilibrium.rs).

use crate::base::{Assumed, BaseYear};
use crate::parameters::{ControlledOre, DemandParameters, FringeSource, OreStream, Parameters};
use crate::state::MarketModel;
use crate::{
    Basket, EndUse, IntensityParameters, N_BASKETS, N_USES, Ore, Origin, OriginKind, Parameter,
    PhysicalError, Region,
};

const MONTHS: f64 = 12.0;

/// Solves the scales from the base year.
///
/// # Errors
/// Figures out of range, recycling that would be negative, or a base year that the assumed conduct rules out.
pub fn calibrate(base: &BaseYear, assumed: &Assumed) -> Result<Parameters, PhysicalError> {
    let controlled: Vec<ControlledOre> =
        Ore::CONTROLLED.into_iter().map(|ore| controlled_ore(ore, base, assumed)).collect();
    let mut fringe: Vec<FringeSource> =
        Ore::FRINGE.into_iter().map(|ore| fringe_ore(ore, base, assumed)).collect();
    let mined: [f64; N_BASKETS] = std::array::from_fn(|b| {
        let own = |ore: &ControlledOre| {
            ore.basket_share[b].value * ore.recovery[b].value * ore.base_output.value
        };
        let others = |source: &FringeSource| source.base_yields()[b] * source.base_output.value;
        controlled.iter().map(own).sum::<f64>() + fringe.iter().map(others).sum::<f64>()
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
    let mut intensity = assumed.intensity.clone();
    intensity.fleets.clone_from(&base.fleets);
    let mut parameters = Parameters {
        base_year: base.year,
        base_price: base.price.clone(),
        start_price: base.price.clone(),
        dumping_cost: assumed.dumping_cost.clone(),
        discount: assumed.discount.clone(),
        base_theta: assumed.base_theta.clone(),
        demand: DemandParameters {
            scale: demand,
            intensity,
            heavy: assumed.heavy.clone(),
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
        storage: assumed.storage.clone(),
        futures: assumed.futures.clone(),
        state: assumed.state.clone(),
    };
    let revenues: Vec<f64> = parameters
        .fringe
        .iter()
        .map(|source| {
            let part = |one: &OreStream| one.share * one.base_revenue(&parameters);
            source.streams().iter().map(part).sum()
        })
        .collect();
    for (source, revenue) in parameters.fringe.iter_mut().zip(revenues) {
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
        expansion: assumed.expansion[ore.index()].clone(),
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
        expectation: assumed.expectation.clone(),
        depreciation: assumed.depreciation.clone(),
        scrap: None,
        concentrate: (ore == Ore::MountainPass).then(|| assumed.concentrate.clone()),
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
        growth: Parameter::fixed(0.0, "a year", Origin::assumed("it grows with the pool of scrap")),
        outside_share: assumed.recycled_outside.clone(),
        elasticity_short: assumed.recycling_elasticity.clone(),
        elasticity_long: assumed.recycling_elasticity_long.clone(),
        lead_months: assumed.recycling_lead.clone(),
        expectation: assumed.expectation.clone(),
        depreciation: assumed.depreciation.clone(),
        scrap: Some(assumed.scrap.clone()),
        concentrate: None,
    }
}

/// Demand by use and basket that fleets do not account for, and recycled supply by basket, t REO a month.
fn demand_by_use(
    base: &BaseYear,
    assumed: &Assumed,
    mined_monthly: [f64; N_BASKETS],
) -> Result<([[Parameter; N_BASKETS]; N_USES], [f64; N_BASKETS]), PhysicalError> {
    let mut intensity = assumed.intensity.clone();
    intensity.fleets.clone_from(&base.fleets);
    intensity.check()?;
    let fleets = EndUse::ALL.map(|end_use| intensity.use_of(end_use));
    let elements = elements_by_use(base, assumed, &intensity)?;
    crate::error::share("recycled share of DyTb", assumed.recycled_dytb.value)?;
    let [lace, ndpr_mined, dytb_mined] = mined_monthly;
    let dytb = dytb_mined / (1.0 - assumed.recycled_dytb.value);
    let dytb_left = dytb - fleets.iter().map(|reo| reo[2]).sum::<f64>();
    let weights: [f64; N_USES] =
        std::array::from_fn(|u| assumed.heavy_intensity[u].value * elements[u]);
    let all_weights: f64 = weights.iter().sum();
    let dytb_by_use = weights.map(|weight| dytb_left * weight / all_weights);
    let ndpr_by_use: [f64; N_USES] = std::array::from_fn(|u| {
        (elements[u] - dytb_by_use[u] / intensity.oxide_per_dytb.value)
            * intensity.oxide_per_ndpr.value
    });
    let ndpr = ndpr_by_use.iter().sum::<f64>() + fleets.iter().map(|reo| reo[1]).sum::<f64>();
    let refuse = |basket: Basket, supply: f64, demand: f64| {
        let (supply, demand) = (supply * MONTHS, demand * MONTHS);
        Err(PhysicalError::BaseBalance { basket: basket.to_string(), supply, demand })
    };
    if dytb_left <= 0.0 {
        return refuse(Basket::DyTb, dytb, dytb - dytb_left);
    }
    if ndpr < ndpr_mined || ndpr_by_use.iter().any(|&quantity| quantity < 0.0) {
        return refuse(Basket::NdPr, ndpr_mined, ndpr);
    }
    let scale = std::array::from_fn(|u| {
        let lace = if EndUse::ALL[u] == EndUse::NonMagnet { lace } else { 0.0 };
        let how = match EndUse::ALL[u] {
            EndUse::OtherMagnets => "the residual of the balance",
            one if intensity.has_fleet(one) => "counted by technology",
            _ => "demand of the use at base prices",
        };
        [lace, ndpr_by_use[u], dytb_by_use[u]]
            .map(|value| solved(value, "t REO/month at activity 1", how))
    });
    Ok((scale, [0.0, ndpr - ndpr_mined, dytb - dytb_mined]))
}

/// t of Nd, Pr, Dy and Tb a month by end use besides its fleet; other magnets are what the world's demand leaves.
fn elements_by_use(
    base: &BaseYear,
    assumed: &Assumed,
    intensity: &IntensityParameters,
) -> Result<[f64; N_USES], PhysicalError> {
    let other = base.magnet_demand_other.value;
    let world = base.magnet_demand_ev.value + base.magnet_demand_wind.value + other;
    let mut left = world / MONTHS;
    let mut elements = [0.0; N_USES];
    for end_use in EndUse::ALL {
        if intensity.has_fleet(end_use) {
            left -= intensity.elements(&intensity.use_of(end_use));
            continue;
        }
        elements[end_use.index()] = match end_use {
            EndUse::Ev => base.magnet_demand_ev.value,
            EndUse::Wind => base.magnet_demand_wind.value,
            EndUse::Defence => assumed.defence_share.value * other,
            EndUse::NonMagnet => assumed.non_magnet_share.value * other,
            EndUse::OtherMagnets => 0.0,
        } / MONTHS;
        left -= elements[end_use.index()];
    }
    elements[EndUse::OtherMagnets.index()] = left;
    for (end_use, quantity) in EndUse::ALL.into_iter().zip(elements) {
        if !intensity.has_fleet(end_use) {
            crate::error::positive(&format!("magnet rare earths of {end_use}"), quantity)?;
        }
    }
    Ok(elements)
}

/// Demand of an end use for magnet rare earths reckoned from its fleets and as published, t of elements a year, for
/// every use with a fleet: what other magnets make up for.
pub fn intensity_gaps(base: &BaseYear, assumed: &Assumed) -> Vec<(EndUse, f64, f64)> {
    let mut intensity = assumed.intensity.clone();
    intensity.fleets.clone_from(&base.fleets);
    let published = |end_use| match end_use {
        EndUse::Ev => Some(base.magnet_demand_ev.value),
        EndUse::Wind => Some(base.magnet_demand_wind.value),
        _ => None,
    };
    EndUse::ALL
        .into_iter()
        .filter(|&end_use| intensity.has_fleet(end_use))
        .filter_map(|end_use| {
            let reckoned = MONTHS * intensity.elements(&intensity.use_of(end_use));
            published(end_use).map(|published| (end_use, reckoned, published))
        })
        .collect()
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
            let of = |u: EndUse| demand.region_share[u.index()][r].value * demand.base_use(u)[b];
            EndUse::ALL.into_iter().map(of).sum()
        })
    })
}
