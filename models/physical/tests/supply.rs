//! Demand and supply: what answers what, in which direction, how fast, and that no tonne is lost on the way.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod common;

use common::parameters;
use monazite_physical::{
    ActivityPaths, Assumed, Basket, Conduct, EndUse, Ore, Output, Parameters, PhysicalError,
    Region, Run, Scenario, Shock, ShockStart, Technology, WorldSpec, base_demand, calibrate,
    intensity_gaps, simulate,
};
use proptest::prelude::*;

const DYTB: Output = Output::Price(Basket::DyTb);
const NDPR: Output = Output::Price(Basket::NdPr);

/// No disturbances and no licences.
fn still() -> Parameters {
    let mut parameters = parameters();
    parameters.licences.lift();
    for one in &mut parameters.disturbance.standard_deviation {
        one.value = 0.0;
    }
    parameters
}

fn shock(variable: &str, size: f64, start: u32, months: Option<u32>) -> Shock {
    Shock {
        start: ShockStart::AfterMonths(start),
        months,
        ..Shock::step(variable.parse().unwrap(), size)
    }
}

/// A month from 2024-09 on, before anything of 2025.
fn run_from(start: &str, parameters: &Parameters, shocks: Vec<Shock>, n_months: usize) -> Run {
    let scenario = Scenario { shocks, ..Scenario::baseline() };
    let spec = WorldSpec {
        parameters,
        scenario: &scenario,
        conduct: Conduct::Theta(parameters.base_theta.value),
        start: start.parse().unwrap(),
        seed: 1,
        storers: None,
        n_threads: None,
    };
    let run = simulate(&spec, &ActivityPaths::constant(1, n_months).unwrap()).unwrap();
    assert_eq!(run.violations(), []);
    assert!(run.largest_imbalance() < 1e-11, "{}", run.largest_imbalance());
    run
}

fn run(parameters: &Parameters, shocks: Vec<Shock>, n_months: usize) -> Run {
    run_from("2024-09", parameters, shocks, n_months)
}

fn months(run: &Run, output: Output) -> Vec<f64> {
    (0..run.n_months()).map(|t| run.at(output, t).unwrap()[0]).collect()
}

/// Ratio of a quantity in two runs, by month.
fn ratio(run: &Run, other: &Run, output: Output) -> Vec<f64> {
    months(run, output).iter().zip(months(other, output)).map(|(a, b)| a / b).collect()
}

#[test]
fn capacity_comes_after_the_time_to_build_and_stays_when_the_price_is_gone() {
    let mut parameters = still();
    for source in &mut parameters.fringe {
        source.lead_months.value = 8.0;
        source.expectation.value = 0.5;
        source.growth.value = 0.0;
        if let Some(mine) = &mut source.concentrate {
            (mine.stop_month, mine.ramp_from) = (None, None);
        }
    }
    let boom = vec![shock("activity.other-magnets", 0.06, 0, Some(6))];
    let supply = Output::FringeSupply(Basket::NdPr);
    let with = run(&parameters, boom, 40);
    let without = run(&parameters, vec![], 40);
    let (price, there) = (ratio(&with, &without, NDPR), ratio(&with, &without, supply));
    // Until January nothing but the short run answers: an elasticity of .15, and LaCe is worth no more.
    assert!(
        price[2] > 1.1 && (0..4).all(|t| there[t] < price[t].powf(0.16)),
        "{price:?} {there:?}"
    );
    assert!(there[8] > 1.02, "{there:?}");
    // Long after the boom, in months with a price below what it was without one too, the capacity is still there.
    assert!((16..40).all(|t| there[t] > 1.0), "{there:?}");
    assert!((16..40).filter(|&t| price[t] < 0.97).count() > 5, "{price:?}");
}

#[test]
fn without_a_long_run_response_capacity_stays_what_it_was() {
    let mut parameters = still();
    for source in &mut parameters.fringe {
        source.elasticity_long = source.elasticity_short.clone();
        source.growth.value = 0.0;
    }
    let run = run(&parameters, vec![shock("activity.ev", 0.3, 0, None)], 12);
    let with = |depreciation: f64| {
        let mut other = parameters.clone();
        for source in &mut other.fringe {
            source.depreciation.value = depreciation;
        }
        run_from("2024-09", &other, vec![shock("activity.ev", 0.3, 0, None)], 12)
    };
    assert_eq!(months(&run, NDPR), months(&with(0.02), NDPR));
}

#[test]
fn stopped_concentrate_is_stockpiled_and_ships_when_it_may() {
    let parameters = still();
    let stop = shock("concentrate-shipments", -1.0, 2, Some(4));
    let with = run(&parameters, vec![stop], 20);
    let without = run(&parameters, vec![], 20);
    let stock = months(&with, Output::ConcentrateStock);
    // 2024-09 … 2025-04-17: nothing is held back without the stop.
    assert_eq!(months(&without, Output::ConcentrateStock)[..7], [0.0; 7]);
    let heap = parameters.fringe.iter().find(|one| one.ore == Some(Ore::MountainPass)).unwrap();
    let concentrate = heap.base_output.value * (1.0 - heap.outside_share.value);
    assert!(stock[1] == 0.0 && stock[2] > 0.9 * concentrate && stock[2] < 1.2 * concentrate);
    assert!(stock[5] > 3.5 * concentrate && stock[6] < stock[5], "{stock:?}");
    // China's separation has less to sell, and then more.
    let price = ratio(&with, &without, NDPR);
    assert!(price[2] > 1.02 && price[6] < price[5], "{price:?}");
}

#[test]
fn own_separation_climbs_and_feeds_on_the_stockpile() {
    let parameters = still();
    let run = run_from("2025-10", &parameters, vec![], 30);
    let stock = months(&run, Output::ConcentrateStock);
    // April to September 2025 have piled up, and less is added each month as separation climbs.
    assert!(stock[0] > 8_000.0 && stock[1] - stock[0] > stock[6] - stock[5], "{stock:?}");
    let larger = run_from("2025-10", &parameters, vec![shock("separation", 1.0, 12, None)], 30);
    let fed = months(&larger, Output::ConcentrateStock);
    assert!(fed[11] == stock[11] && fed[29] < 0.5 * fed[11], "{fed:?}");
    assert!(fed.iter().all(|&t| t >= 0.0));
}

#[test]
fn clay_does_not_replace_myanmar_in_the_short_run() {
    let parameters = still();
    let clay = Output::OreOutput(Ore::ChinaClay);
    let base = parameters.controlled[1].base_output.value;
    let with = run(&parameters, vec![shock("availability.myanmar", -1.0, 0, None)], 12);
    let without = run(&parameters, vec![], 12);
    assert!(months(&with, clay).iter().all(|&x| x <= base * 1.05 * 1.05 * 1.05 + 1e-9));
    let price = ratio(&with, &without, DYTB);
    assert!(price[0] > 2.0 && price[11] > 1.3, "{price:?}");
    assert!(ratio(&with, &without, NDPR)[0] > 1.0);
    // Dear Dy and Tb leave the magnets.
    let content = months(&with, Output::HeavyContent(Region::China));
    assert!(content[0] == 1.0 && content[7] < 0.9, "{content:?}");
    assert!(
        content[..8].is_sorted_by(|a, b| a > b)
            && content[11] > parameters.demand.heavy.floor.value
    );
}

#[test]
fn substitution_takes_the_edge_off_dear_dytb_and_can_be_switched_off() {
    let shut = || vec![shock("availability.myanmar", -0.7, 0, None)];
    let parameters = still();
    let mut without = parameters.clone();
    without.demand.heavy.elasticity.value = 0.0;
    let (on, off) = (run(&parameters, shut(), 24), run(&without, shut(), 24));
    assert!(months(&off, Output::HeavyContent(Region::Europe)).iter().all(|&h| h == 1.0));
    assert!(ratio(&on, &off, DYTB)[23] < 0.95);
    // A scenario of lean grades lowers the price without any shortage.
    let lean = run(&parameters, vec![shock("substitution", -0.3, 0, None)], 24);
    let plain = run(&parameters, vec![], 24);
    let price = ratio(&lean, &plain, DYTB);
    assert!(price[0] == 1.0 && price[23] < 0.97, "{price:?}");
}

#[test]
fn recycling_is_bounded_by_its_pool() {
    let mut parameters = still();
    for source in &mut parameters.fringe {
        if let Some(scrap) = &mut source.scrap {
            scrap.reach.value = 0.1;
        }
    }
    let run = run(&parameters, vec![shock("recycling", 4.0, 0, None)], 24);
    let (recycled, scrap) =
        (months(&run, Output::Recycled(Basket::NdPr)), months(&run, Output::Scrap(Basket::NdPr)));
    // The bound holds from the second month on, the pool runs down and collection with it.
    for (now, pool) in recycled[1..].iter().zip(&scrap) {
        assert!(*now <= 0.1 * pool * (1.0 + 1e-12), "{recycled:?} {scrap:?}");
    }
    assert!((recycled[1] / (0.1 * scrap[0]) - 1.0).abs() < 1e-9);
    assert!(scrap[23] < scrap[0] && recycled[23] < recycled[1]);
}

#[test]
fn fleets_add_up_to_use_and_the_residual_to_the_world() {
    let (base, assumed) = (common::base_year(), Assumed::default());
    let parameters = calibrate(&base, &assumed).unwrap();
    let gaps = intensity_gaps(&base, &assumed);
    assert_eq!(gaps.iter().map(|gap| gap.0).collect::<Vec<_>>(), [EndUse::Ev, EndUse::Wind]);
    let intensity = &parameters.demand.intensity;
    let world: f64 = EndUse::ALL
        .into_iter()
        .map(|end_use| 12.0 * intensity.elements(&parameters.demand.base_use(end_use)))
        .sum();
    assert!((world / (8_359.0 + 10_496.0 + 72_067.0) - 1.0).abs() < 1e-12);
    for (end_use, reckoned, _) in &gaps {
        let used = 12.0 * intensity.elements(&parameters.demand.base_use(*end_use));
        assert!((used / reckoned - 1.0).abs() < 1e-12, "{end_use}");
    }
    // Twice the magnet a vehicle: the world uses what it did, other magnets make room.
    let mut heavier = Assumed::default();
    heavier.intensity.magnet[Technology::Bev.index()].value *= 1.5;
    let other = calibrate(&base, &heavier).unwrap();
    let total = |p: &Parameters, b: usize| base_demand(p).iter().map(|row| row[b]).sum::<f64>();
    assert!((total(&other, 1) / total(&parameters, 1) - 1.0).abs() < 1e-12);
    let rest = |p: &Parameters| p.demand.base_use(EndUse::OtherMagnets)[1];
    assert!(rest(&other) < rest(&parameters));
    // A fleet that needs more Dy and Tb than there are is refused.
    heavier.intensity.heavy[Technology::Bev.index()].value = 0.2;
    assert!(matches!(calibrate(&base, &heavier), Err(PhysicalError::BaseBalance { .. })));
}

type Change = fn(&mut Parameters);

#[test]
fn parameters_out_of_range_are_named() {
    let refused = |change: Change| {
        let mut parameters = parameters();
        change(&mut parameters);
        parameters.check().unwrap_err().to_string()
    };
    let cases: [(&str, Change); 8] = [
        ("demand.heavy.floor is 1", |p| p.demand.heavy.floor.value = 1.0),
        ("demand.heavy.ceiling is 1", |p| p.demand.heavy.ceiling.value = 1.0),
        ("demand.heavy.elasticity is -0.1", |p| p.demand.heavy.elasticity.value = -0.1),
        ("demand.fleet.ev.share.bev is 1.2", |p| {
            p.demand.intensity.fleets[0].shares[0].share.value = 1.2;
        }),
        ("shares of technologies in ev is 0.975", |p| {
            p.demand.intensity.fleets[0].shares[0].share.value = 0.6;
        }),
        ("recycling.NdPr.scrap.reach is 0.01", |p| {
            p.fringe[4].scrap.as_mut().unwrap().reach.value = 0.01;
        }),
        ("ore.mountain-pass.stop_day is 0", |p| {
            p.fringe[1].concentrate.as_mut().unwrap().stop_day = 0;
        }),
        ("ore.china-clay.expansion is -0.1", |p| p.controlled[1].expansion.value = -0.1),
    ];
    for (text, change) in cases {
        let found = refused(change);
        assert!(found.contains(text), "{found} for {text}");
    }
}

/// Price of a basket in the first month, or after a year, with a shock from the first month on.
fn price(
    parameters: &Parameters,
    output: Output,
    shock_of: Option<(&str, f64)>,
    month: usize,
) -> f64 {
    let shocks = shock_of.map(|(variable, size)| shock(variable, size, 0, None));
    months(&run(parameters, shocks.into_iter().collect(), month + 1), output)[month]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn prices_fall_with_recycling(size in 0.02..0.4_f64) {
        let parameters = still();
        let with = run(&parameters, vec![shock("recycling", size, 0, None)], 24);
        let without = run(&parameters, vec![], 24);
        for output in [NDPR, DYTB] {
            let price = ratio(&with, &without, output);
            // Until the supplier cuts its output in January, and once all have settled.
            prop_assert!(price[..4].iter().all(|&p| p < 1.0), "{output}: {price:?}");
            prop_assert!(price[18..].iter().all(|&p| p < 1.0), "{output}: {price:?}");
        }
    }

    #[test]
    fn dytb_is_dearer_the_less_comes_from_myanmar(some in 0.05..0.5_f64, more in 0.05..0.5_f64) {
        let parameters = still();
        let at = |size: f64| price(&parameters, DYTB, Some(("availability.myanmar", -size)), 0);
        prop_assert!(price(&parameters, DYTB, None, 0) < at(some));
        prop_assert!(at(some) < at(some + more));
    }

    #[test]
    fn prices_rise_with_intensity_and_with_the_level_of_demand(size in 0.01..0.3_f64) {
        let parameters = still();
        let plain = price(&parameters, NDPR, None, 0);
        prop_assert!(price(&parameters, NDPR, Some(("intensity.wind.NdPr", size)), 0) > plain);
        let mut larger = parameters.clone();
        larger.demand.level[1].value = 1.0 + size;
        prop_assert!(price(&larger, NDPR, None, 0) > plain);
        let mut thrifty = parameters.clone();
        for one in &mut thrifty.demand.intensity.thrifting {
            one.value += size;
        }
        prop_assert!(price(&thrifty, NDPR, None, 5) < price(&parameters, NDPR, None, 5));
    }

    #[test]
    fn a_stop_of_concentrate_never_lowers_the_price_at_once(size in 0.05..1.0_f64) {
        let parameters = still();
        let with = price(&parameters, NDPR, Some(("concentrate-shipments", -size)), 0);
        prop_assert!(with > price(&parameters, NDPR, None, 0));
    }

    #[test]
    fn nothing_is_lost_whatever_happens_to_supply(
        stop in -1.0..0.0_f64, resume in 0.0..1.0_f64, separation in -1.0..1.0_f64,
        recycling in -0.9..2.0_f64, myanmar in -1.0..0.5_f64, lean in -0.9..0.5_f64,
    ) {
        let shocks = vec![
            shock("concentrate-shipments", stop, 1, Some(5)),
            shock("concentrate-shipments", resume, 8, None),
            shock("separation", separation, 3, None),
            shock("recycling", recycling, 2, None),
            shock("availability.myanmar", myanmar, 4, Some(6)),
            shock("substitution", lean, 0, None),
        ];
        // `run_from` checks every balance of every month.
        let run = run_from("2025-02", &parameters(), shocks, 14);
        prop_assert!(months(&run, Output::ConcentrateStock).iter().all(|&t| t >= -1e-9));
    }
}
