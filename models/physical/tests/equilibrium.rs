//! The base year is reproduced: by clearing, by conduct, and month by month where nothing changes.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod common;

use common::parameters;
use monazite_physical::{
    ActivityPaths, Basket, Conduct, Ore, Output, Parameters, Region, Scenario, WorldSpec,
    base_demand, simulate,
};

/// No licences, no disturbance, no growth: every month is the base year.
fn still(mut parameters: Parameters) -> Parameters {
    parameters.licences.lift();
    for one in &mut parameters.disturbance.standard_deviation {
        one.value = 0.0;
    }
    for one in &mut parameters.demand.intensity.thrifting {
        one.value = 0.0;
    }
    for one in &mut parameters.controlled {
        one.limit_growth.value = 0.0;
    }
    for one in &mut parameters.fringe {
        one.growth.value = 0.0;
        if let Some(scrap) = &mut one.scrap {
            scrap.past_growth.value = 0.0;
        }
        if let Some(concentrate) = &mut one.concentrate {
            (concentrate.stop_month, concentrate.ramp_from) = (None, None);
        }
    }
    parameters
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found / expected - 1.0).abs() < 1e-8, "{what}: {found} instead of {expected}");
}

#[test]
fn the_base_year_is_an_equilibrium_under_its_own_conduct() {
    let parameters = still(parameters());
    let activity = ActivityPaths::constant(2, 30).unwrap();
    let spec = WorldSpec {
        parameters: &parameters,
        scenario: &Scenario::baseline(),
        conduct: Conduct::Theta(parameters.base_theta.value),
        start: "2024-01".parse().unwrap(),
        seed: 1,
        storers: None,
        n_threads: None,
    };
    let run = simulate(&spec, &activity).unwrap();
    let demand = base_demand(&parameters);
    for month in [0, 1, 7, 29] {
        let at = |output: Output| run.at(output, month).unwrap()[0];
        for basket in Basket::ALL {
            let b = basket.index();
            close(at(Output::Price(basket)), parameters.base_price[b].value, "price");
            close(at(Output::Use(Region::China, basket)), demand[0][b], "use in China");
            assert_eq!(at(Output::Dumped(basket)), 0.0);
        }
        for (ore, one) in Ore::CONTROLLED.into_iter().zip(&parameters.controlled) {
            close(at(Output::OreOutput(ore)), one.base_output.value, "output");
        }
        assert_eq!(at(Output::Unmet(None, None)), 0.0);
        assert_eq!(at(Output::Backlog(None, None)), 0.0);
    }
    assert_eq!(run.violations(), []);
    // Nothing random is left.
    let last = run.at(Output::Price(Basket::NdPr), 29).unwrap();
    assert_eq!(last[0], last[1]);
}

#[test]
fn a_base_year_at_its_limit_has_a_shadow_price() {
    let mut assumed = monazite_physical::Assumed::default();
    assumed.limit_headroom.value = 1.0;
    let parameters = still(monazite_physical::calibrate(&common::base_year(), &assumed).unwrap());
    let spec = WorldSpec {
        parameters: &parameters,
        scenario: &Scenario::baseline(),
        conduct: Conduct::Theta(parameters.base_theta.value),
        start: "2024-01".parse().unwrap(),
        seed: 1,
        storers: None,
        n_threads: None,
    };
    let run = simulate(&spec, &ActivityPaths::constant(2, 2).unwrap()).unwrap();
    assert_eq!(run.at(Output::Scarcity, 1).unwrap(), [1.0, 1.0]);
    let price = run.at(Output::Price(Basket::NdPr), 1).unwrap()[0];
    close(price, parameters.base_price[1].value, "price at the limit");
}
