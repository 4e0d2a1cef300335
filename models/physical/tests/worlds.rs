//! Worlds run on common random numbers: what has to hold whatever the figures, and measures that agree with formulas.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod common;

use common::parameters;
use monazite_physical::{
    ActivityPaths, Basket, Conduct, Distribution, EndUse, Kind, MarkUp, Output, PRESETS,
    Parameters, PhysicalError, Region, Run, Scenario, Shock, ShockStart, Size, WorldSpec, compare,
    mark_up, market_power, scenario_effects, simulate, simulate_block,
};
use proptest::prelude::*;

const N_MONTHS: usize = 14;

fn activity(n_paths: usize) -> ActivityPaths {
    let mut paths = ActivityPaths::constant(n_paths, N_MONTHS).unwrap();
    for path in 0..n_paths {
        // Each path its own growth, the same whatever the number of paths.
        let growth = 0.01 + 0.002 * (path % 7) as f64;
        let months: Vec<f64> = (0..N_MONTHS).map(|t| 1.1 + growth * t as f64).collect();
        paths.set_world(path, EndUse::Ev, &months).unwrap();
    }
    paths
}

fn preset(id: &str) -> Scenario {
    let (_, text) = PRESETS.iter().find(|(name, _)| *name == id).unwrap();
    toml::from_str(text).unwrap()
}

fn spec<'a>(parameters: &'a Parameters, scenario: &'a Scenario, conduct: &str) -> WorldSpec<'a> {
    WorldSpec {
        parameters,
        scenario,
        conduct: conduct.parse().unwrap(),
        start: "2026-03".parse().unwrap(),
        seed: 11,
        storers: None,
        n_threads: None,
    }
}

fn run(scenario: &str, conduct: &str) -> Run {
    simulate(&spec(&parameters(), &preset(scenario), conduct), &activity(24)).unwrap()
}

/// All outputs of all months and paths, as bits.
fn bits(run: &Run, n_paths: usize) -> Vec<u64> {
    let mut all = Vec::new();
    for output in Output::table() {
        for month in 0..run.n_months() {
            all.extend(run.at(output, month).unwrap()[..n_paths].iter().map(|v| v.to_bits()));
        }
    }
    all
}

#[test]
fn threads_change_nothing() {
    let (parameters, scenario, paths) = (parameters(), preset("licence-stop"), activity(16));
    for conduct in ["cournot-2", "forward-1", "quota-state"] {
        let with = |n_threads| {
            let spec =
                WorldSpec { n_threads: Some(n_threads), ..spec(&parameters, &scenario, conduct) };
            bits(&simulate(&spec, &paths).unwrap(), 16)
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(4));
    }
}

/// Expected activity is a mean over paths, so paths are compared on activity that does not differ between them.
#[test]
fn more_paths_begin_with_the_same_ones() {
    let (parameters, scenario) = (parameters(), preset("both-booms"));
    let spec = spec(&parameters, &scenario, "dominant");
    let few = simulate(&spec, &ActivityPaths::constant(4, N_MONTHS).unwrap()).unwrap();
    let many = simulate(&spec, &ActivityPaths::constant(32, N_MONTHS).unwrap()).unwrap();
    assert_eq!(bits(&few, 4), bits(&many, 4));
    let differs = few.at(Output::Price(Basket::NdPr), 3).unwrap();
    assert!(differs[0] != differs[1], "paths have their own disturbances");
}

#[test]
fn a_path_is_the_same_in_whatever_block() {
    let (parameters, scenario, paths) = (parameters(), preset("licence-stop"), activity(10));
    let spec = spec(&parameters, &scenario, "cournot-2");
    let whole = simulate(&spec, &paths).unwrap();
    let expected = paths.expected();
    let price = Output::OutsidePrice(Basket::DyTb);
    for (first, n) in [(0, 4), (4, 5), (9, 1)] {
        let block = paths.part(first, n).unwrap();
        let part = simulate_block(&spec, &block, &expected, first as u64).unwrap();
        for t in 0..N_MONTHS {
            let all = whole.at(price, t).unwrap();
            assert_eq!(part.at(price, t).unwrap(), all[first..first + n]);
        }
    }
    // A run that stops early is the beginning of the long one, as long as the supplier looks as far ahead.
    let shorter = simulate_block(&spec, &paths.until_month(3).unwrap(), &expected, 0).unwrap();
    assert_eq!(shorter.at(price, 2).unwrap(), whole.at(price, 2).unwrap());
    let near_sighted = paths.until_month(3).unwrap().expected();
    assert!(simulate_block(&spec, &paths, &near_sighted, 0).is_err());
}

/// Every tonne of unmet use belongs to an end use.
#[test]
fn unmet_use_adds_up_over_end_uses() {
    let run = run("licence-stop", "cournot-2");
    let mut short = 0;
    for t in 0..N_MONTHS {
        for region in Region::OUTSIDE {
            let total = run.at(Output::Unmet(Some(region), None), t).unwrap();
            let parts: Vec<Vec<f64>> = EndUse::ALL
                .into_iter()
                .map(|u| run.at(Output::UnmetUse(Some(region), u), t).unwrap())
                .collect();
            for (path, unmet) in total.iter().enumerate() {
                let sum: f64 = parts.iter().map(|part| part[path]).sum();
                assert!((sum - unmet).abs() <= 1e-6 * (1.0 + unmet), "{region} {t}: {sum} {unmet}");
                short += usize::from(*unmet > 0.0);
            }
        }
    }
    assert!(short > 0, "a licence stop leaves uses unmet");
}

#[test]
fn a_shock_of_size_zero_changes_nothing() {
    let mut nothing = preset("both-booms");
    nothing.shocks.extend(preset("licence-stop").shocks);
    for shock in &mut nothing.shocks {
        shock.size = Size::Fixed(0.0);
    }
    let (parameters, baseline, paths) = (parameters(), Scenario::baseline(), activity(8));
    for conduct in ["forward-1", "quota-state"] {
        let without = simulate(&spec(&parameters, &baseline, conduct), &paths).unwrap();
        let with = simulate(&spec(&parameters, &nothing, conduct), &paths).unwrap();
        assert_eq!(bits(&with, 8), bits(&without, 8), "{conduct}");
    }
    let without = simulate(&spec(&parameters, &baseline, "cournot-2"), &paths).unwrap();
    let with = simulate(&spec(&parameters, &nothing, "cournot-2"), &paths).unwrap();
    assert_eq!(bits(&with, 8), bits(&without, 8));
    for output in Output::table() {
        if output == Output::Unmet(None, None) || output.is_flow() {
            let effect = compare(&with, &without, output, (0, N_MONTHS), Kind::Change).unwrap();
            assert_eq!((effect.mean, effect.lo95, effect.path_high), (0.0, 0.0, 0.0), "{output}");
        }
    }
}

/// A shock to the variable whose size is drawn, from the third month on.
fn drawn(variable: &str, distribution: Distribution) -> Shock {
    Shock {
        start: ShockStart::AfterMonths(2),
        ..Shock::step(variable.parse().unwrap(), Size::Drawn(distribution))
    }
}

fn with_shocks(shocks: Vec<Shock>) -> Scenario {
    Scenario { id: "mine".into(), shocks, ..Scenario::baseline() }
}

#[test]
fn a_size_drawn_around_zero_without_spread_changes_nothing() {
    let none = |variable| drawn(variable, Distribution::Normal { mean: 0.0, sd: 0.0 });
    let nothing =
        with_shocks(["activity.ev", "quota", "tariff.us", "quota-growth"].map(none).into());
    let (parameters, baseline, paths) = (parameters(), Scenario::baseline(), activity(8));
    let without = simulate(&spec(&parameters, &baseline, "cournot-2"), &paths).unwrap();
    let with = simulate(&spec(&parameters, &nothing, "cournot-2"), &paths).unwrap();
    assert_eq!(bits(&with, 8), bits(&without, 8));
}

/// On each path a drawn shock does what a fixed one of the same size does, so that no other draw has moved; and the size
/// is the same whatever else is in the scenario and however many paths there are.
#[test]
fn a_drawn_size_moves_no_other_draw() {
    let two = Distribution::TwoPoint { low: 0.0, high: 0.5, probability: 0.4 };
    let (parameters, paths) = (parameters(), ActivityPaths::constant(16, 6).unwrap());
    let run = |shocks: Vec<Shock>, paths: &ActivityPaths| {
        let scenario = with_shocks(shocks);
        simulate(&spec(&parameters, &scenario, "cournot-2"), paths).unwrap()
    };
    let random = run(vec![drawn("activity.ev", two)], &paths);
    let fixed = |size| {
        let shock = Shock { size: Size::Fixed(size), ..drawn("activity.ev", two) };
        run(vec![shock], &paths)
    };
    let price = |run: &Run, month| run.at(Output::Price(Basket::NdPr), month).unwrap();
    let (low, high) = (price(&fixed(0.0), 5), price(&fixed(0.5), 5));
    let price_of = price(&random, 5);
    let n_high = price_of.iter().zip(&high).filter(|(a, b)| a == b).count();
    for ((one, low), high) in price_of.iter().zip(&low).zip(&high) {
        assert!(one == low || one == high, "{one}: {low} or {high}");
    }
    assert!((1..16).contains(&n_high), "{n_high}");
    let few = run(vec![drawn("activity.ev", two)], &ActivityPaths::constant(4, 6).unwrap());
    assert_eq!(price(&few, 5), price_of[..4]);
    let none = Distribution::Uniform { low: 0.0, high: 0.0 };
    let with_other = run(vec![drawn("quota", none), drawn("activity.ev", two)], &paths);
    assert_eq!(price(&with_other, 5), price_of);
}

/// A closed border: nothing is shipped, with or without a control in the parameters.
#[test]
fn a_border_without_free_goods_and_licences_is_closed() {
    let closed = ["licence-free-share", "licence-hazard"]
        .map(|variable| Shock::step(variable.parse().unwrap(), -1.0));
    let scenario = with_shocks(closed.into());
    let mut parameters = parameters();
    for is_lifted in [false, true] {
        if is_lifted {
            parameters.licences.lift();
        }
        let paths = ActivityPaths::constant(2, 4).unwrap();
        let run = simulate(&spec(&parameters, &scenario, "cournot-2"), &paths).unwrap();
        assert_eq!(run.violations(), []);
        assert_eq!(run.over(Output::Exports(None, None), 0, 4).unwrap(), [0.0, 0.0]);
        assert!(run.at(Output::Backlog(None, None), 3).unwrap()[0] > 0.0);
    }
}

#[test]
fn nothing_is_lost_or_smuggled_in_any_world() {
    for (id, _) in PRESETS {
        for conduct in ["taker", "cournot-2", "dominant", "duopoly", "forward-2", "quota-state"] {
            let run = run(id, conduct);
            assert_eq!(run.violations(), [], "{id}, {conduct}");
            assert!(run.largest_imbalance() < 1e-11, "{id}, {conduct}");
        }
    }
}

/// −(ε + (1 − s)η)/s holds the other prices; ± 1 % of own supply lets them clear, and fringe ores are joint products, so
/// that the two differ by what the fringe of one basket owes to the price of another: less than 3 %.
#[test]
fn measured_residual_demand_agrees_with_the_formula() {
    for conduct in ["taker", "cournot-2"] {
        let run = run("baseline", conduct);
        for basket in [Basket::NdPr, Basket::DyTb] {
            let formula = run.at(Output::ResidualElasticity(basket), 5).unwrap();
            let measured = run.at(Output::MeasuredElasticity(basket), 5).unwrap();
            for (f, m) in formula.iter().zip(&measured) {
                assert!(*f < -1.0 && (m / f - 1.0).abs() < 0.03, "{basket} {conduct}: {m} for {f}");
            }
        }
    }
}

#[test]
fn conduct_raises_prices_and_is_told_from_scarcity() {
    let (taker, cournot) = (run("baseline", "taker"), run("baseline", "cournot-2"));
    let measures = market_power(&cournot, &taker).unwrap();
    let find = |output, kind| {
        measures.iter().find(|m| m.output == output && m.kind == kind).unwrap().effect
    };
    let lerner = find(Output::Lerner, Kind::Level);
    assert!(lerner.lo95 > 0.1 && lerner.hi95 < 0.9, "{lerner}");
    let price = find(Output::Price(Basket::NdPr), Kind::PercentChange);
    assert!(price.lo95 > 5.0, "{price}");
    // Under zero θ the gap of price to cost that is left is scarcity or setting dates.
    let own = market_power(&taker, &taker).unwrap();
    let zero = own.iter().find(|m| m.kind == Kind::PercentChange).unwrap().effect;
    assert_eq!((zero.mean, zero.standard_error), (0.0, 0.0));
    assert!([MarkUp::None, MarkUp::Scarcity].contains(&mark_up(&taker).unwrap()));
    assert!([MarkUp::Conduct, MarkUp::ScarcityAndConduct].contains(&mark_up(&cournot).unwrap()));
}

#[test]
fn a_demand_shock_passes_through_and_a_licence_stop_leaves_use_unmet() {
    let baseline = run("baseline", "cournot-2");
    let boom = run("ev-up-30", "cournot-2");
    let effects = scenario_effects(&boom, &baseline).unwrap();
    let after = |months| {
        let row = effects.iter().find(|m| {
            m.output == Output::Price(Basket::NdPr)
                && m.kind == Kind::PerDemand
                && m.horizon == Some(months)
        });
        row.unwrap().effect
    };
    let (first, last) = (after(1), after(12));
    // A month's demand is inelastic; over a year buyers, the fringe and the supplier respond.
    assert!(first.mean > 1.0 && last.mean.abs() < 0.2 * first.mean, "{first} {last}");
    // What a year's high prices have done to use and stocks may hold a month's price down, but not what is expected.
    let expected = |run: &Run| run.summary(Output::ExpectedPrice(Basket::NdPr), 12).unwrap().mean();
    assert!(expected(&boom).lo95 > expected(&baseline).hi95);
    let stop = scenario_effects(&run("licence-stop", "cournot-2"), &baseline).unwrap();
    assert!(stop.iter().all(|m| m.kind != Kind::PerDemand));
    let total = |output, kind| {
        stop.iter().find(|m| m.output == output && m.kind == kind).unwrap().effect.mean
    };
    let unmet: f64 = Region::OUTSIDE
        .into_iter()
        .map(|r| total(Output::Unmet(Some(r), None), Kind::Change))
        .sum();
    assert!(
        unmet > 0.0 && (unmet / total(Output::Unmet(None, None), Kind::Change) - 1.0).abs() < 1e-9
    );
    assert!(total(Output::MagnetExports(None), Kind::PercentChange) < -50.0);
}

#[test]
fn what_cannot_be_run_or_compared_says_why() {
    let (parameters, baseline) = (parameters(), Scenario::baseline());
    let spec = spec(&parameters, &baseline, "cournot-2");
    let short = simulate(&spec, &ActivityPaths::constant(3, 2).unwrap()).unwrap();
    let more = simulate(&spec, &ActivityPaths::constant(4, 2).unwrap()).unwrap();
    let effect = compare(&short, &more, Output::Lerner, (0, 2), Kind::Change);
    assert!(matches!(effect, Err(PhysicalError::NotPaired { .. })));
    assert!(matches!(short.at(Output::Lerner, 2), Err(PhysicalError::Missing(_))));
    assert!(matches!(short.over(Output::Lerner, 1, 1), Err(PhysicalError::Missing(_))));
    assert!(matches!(scenario_effects(&short, &short), Err(PhysicalError::Missing(_))));
    let early = WorldSpec { start: "2023-03".parse().unwrap(), ..spec };
    let paths = ActivityPaths::constant(2, 2).unwrap();
    assert!(matches!(simulate(&early, &paths), Err(PhysicalError::Period { .. })));
    let quarter = WorldSpec { start: "2026-Q1".parse().unwrap(), ..spec };
    assert!(matches!(simulate(&quarter, &paths), Err(PhysicalError::Period { .. })));
    let odd = WorldSpec { conduct: Conduct::Theta(1.5), ..spec };
    assert!(matches!(simulate(&odd, &paths), Err(PhysicalError::OutOfRange { .. })));
}

/// Price of `NdPr` in the first month of a market without disturbances.
fn first_price(theta: f64, shock: Option<(&str, f64)>) -> f64 {
    let mut parameters = parameters();
    for one in &mut parameters.disturbance.standard_deviation {
        one.value = 0.0;
    }
    let mut scenario = Scenario::baseline();
    if let Some((variable, size)) = shock {
        scenario.shocks.push(Shock::step(variable.parse().unwrap(), size));
    }
    let spec =
        WorldSpec { conduct: Conduct::Theta(theta), ..spec(&parameters, &scenario, "taker") };
    let run = simulate(&spec, &ActivityPaths::constant(1, 1).unwrap()).unwrap();
    run.at(Output::Price(Basket::NdPr), 0).unwrap()[0]
}

proptest! {
    #[test]
    fn prices_fall_with_fringe_capacity(theta in 0.0..0.8_f64, size in 0.01..2.0_f64) {
        prop_assert!(first_price(theta, Some(("capacity.mt-weld", size))) < first_price(theta, None));
    }

    #[test]
    fn prices_rise_with_conduct(low in 0.0..0.8_f64, more in 0.0..0.2_f64) {
        prop_assert!(first_price(low + more, None) >= first_price(low, None) * (1.0 - 1e-9));
    }

    #[test]
    fn prices_rise_with_electric_vehicles(theta in 0.0..0.8_f64, size in 0.01..1.0_f64) {
        prop_assert!(first_price(theta, Some(("activity.ev", size))) > first_price(theta, None));
    }
}

/// The control of April 2025, run through and started after: magnets collapse and come back, and a simulation that
/// starts later finds goods waiting.
#[test]
fn the_queue_of_2025_collapses_recovers_and_is_warm_afterwards() {
    let (parameters, baseline) = (parameters(), Scenario::baseline());
    let paths = ActivityPaths::constant(2, 12).unwrap();
    let from = |start: &str| {
        let spec = WorldSpec {
            start: start.parse().unwrap(),
            ..spec(&parameters, &baseline, "theta-0.5")
        };
        simulate(&spec, &paths).unwrap()
    };
    let run = from("2025-03");
    let magnets = |t| run.at(Output::MagnetExports(None), t).unwrap()[0];
    let (march, may, september) = (magnets(0), magnets(2), magnets(6));
    assert!(may < 0.4 * march && september > 0.9 * march, "{march} {may} {september}");
    let backlog = |run: &Run| run.at(Output::Backlog(None, Some(Basket::NdPr)), 0).unwrap()[0];
    assert_eq!(backlog(&run), 0.0);
    let warm = backlog(&from("2026-03"));
    assert!(warm > 0.0 && warm < march, "{warm}");
}
