//! Comparative statics of conduct: what theory says of every market of a kind, on linear markets drawn at random and on
//! the calibrated one.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod common;

use common::parameters;
use monazite_physical::{
    ActivityPaths, Basket, Conduct, ConductProblem, Conducted, Controlled, Cost, Demand, Forward,
    Fringe, JointMarket, MarkUp, Ore, Output, Parameters, Player, Run, Scenario, Supply, WorldSpec,
    mark_up, market_power, simulate,
};
use proptest::prelude::*;

/// A − s P.
#[derive(Debug, Clone, Copy)]
struct Linear(f64, f64);
impl Demand for Linear {
    fn at(&self, price: f64) -> (f64, f64) {
        (self.0 - self.1 * price, -self.1)
    }
    fn price_ceiling(&self) -> f64 {
        self.0 / self.1
    }
}

/// c + d X.
#[derive(Debug, Clone, Copy)]
struct Line(f64, f64);
impl Cost for Line {
    fn marginal(&self, output: f64) -> f64 {
        self.0 + self.1 * output
    }
}

/// k (P − 20) above 20.
#[derive(Debug, Clone, Copy)]
struct Takers(f64);
impl Supply for Takers {
    fn at(&self, price: f64) -> (f64, f64) {
        if price > 20.0 { (self.0 * (price - 20.0), self.0) } else { (0.0, 0.0) }
    }
}

fn takers(capacity: f64) -> [Fringe<1, Takers>; 1] {
    [Fringe { yields: [1.0], revenue: [1.0], constant: 0.0, supply: Takers(capacity) }]
}

/// One supplier with cost c + d X against takers of a given capacity.
fn one(theta: f64, cost: Line, capacity: f64, limit: f64) -> Conducted<1, 1> {
    let problem = ConductProblem {
        market: JointMarket { demand: &[Linear(100.0, 1.0)], fringe: &takers(capacity) },
        ores: &[Controlled::new([1.0], cost, limit)],
        players: [Player::new(theta)],
    };
    problem.solve([30.0], &[50.0]).unwrap()
}

/// Two suppliers, each a player of its own or both one, after rounds of forward sales.
fn two<const K: usize>(costs: [Line; 2], n_rounds: u32) -> Forward<1, 2, K> {
    let ore =
        |i: usize| Controlled { player: i.min(K - 1), ..Controlled::new([1.0], costs[i], 1e6) };
    let problem = ConductProblem {
        market: JointMarket::<1, Linear, Takers> { demand: &[Linear(100.0, 1.0)], fringe: &[] },
        ores: &[ore(0), ore(1)],
        players: [Player::new(1.0); K],
    };
    problem.solve_forward(n_rounds, [20.0, 20.0], &[50.0]).unwrap()
}

fn price<const N: usize, const K: usize>(found: &Conducted<1, N, K>) -> f64 {
    found.market.prices[0]
}

fn cost() -> impl Strategy<Value = Line> {
    (1.0..30.0_f64, 0.0..3.0_f64).prop_map(|(level, slope)| Line(level, slope))
}

proptest! {
    #[test]
    fn price_rises_with_theta_and_falls_with_the_capacity_of_takers(
        cost in cost(), capacity in 0.1..3.0_f64, theta in 0.0..0.9_f64, more in 0.01..0.1_f64,
    ) {
        let found = one(theta, cost, capacity, 1e6);
        let (up, crowded) = (one(theta + more, cost, capacity, 1e6), one(theta, cost, capacity + more, 1e6));
        // Below 20 no taker is there to respond, and at 20 marginal revenue jumps: the price may stay where it is.
        prop_assert!(price(&up) >= price(&found) * (1.0 - 1e-9) && price(&crowded) <= price(&found) * (1.0 + 1e-9));
        if price(&found) > 20.001 {
            prop_assert!(price(&up) > price(&found) && price(&crowded) < price(&found));
        }
        // Where no limit holds, the Lerner index is θ over the elasticity of residual demand.
        if (price(&found) - 20.0).abs() > 0.001 {
            let expected = theta * found.inverse_residual_elasticity[0][0];
            prop_assert!((found.lerner(0) - expected).abs() < 1e-9);
        }
        prop_assert!(found.residual < 1e-9);
    }

    #[test]
    fn many_groups_take_the_price(cost in cost(), capacity in 0.1..3.0_f64, n in 2_u32..1000) {
        let gap = |n: u32| {
            price(&one(1.0 / f64::from(n), cost, capacity, 1e6)) - price(&one(0.0, cost, capacity, 1e6))
        };
        // The gap is θ X/σ at most, with X below 100 and σ at least 1, so it falls like 1/n.
        prop_assert!(gap(n) > 0.0 && gap(n) * f64::from(n) < 100.0);
        prop_assert!(gap(n + 1) <= gap(n) + 1e-9);
    }

    #[test]
    fn a_limit_that_holds_has_a_shadow_price(cost in cost(), theta in 0.0..1.0_f64, part in 0.1..0.99_f64) {
        let free = one(theta, cost, 0.5, 1e6);
        let held = one(theta, cost, 0.5, part * free.outputs[0]);
        prop_assert!(held.shadow[0] > 0.0 && held.outputs[0] == part * free.outputs[0]);
        prop_assert!(price(&held) > price(&free) && held.residual < 1e-9);
        let loose = one(theta, cost, 0.5, 1.01 * free.outputs[0]);
        prop_assert!((loose.outputs[0] - free.outputs[0]).abs() < 1e-6);
    }

    /// A merger raises the price; so does a follower who begins to hold back.
    #[test]
    fn a_duopoly_lies_between_takers_and_a_merger(a in cost(), b in cost()) {
        let duopoly = two::<2>([a, b], 0).conducted;
        let merged = two::<1>([a, b], 0).conducted;
        prop_assert!(price(&duopoly) <= price(&merged) + 1e-9);
        prop_assert!(price(&duopoly) > a.0.min(b.0));
        prop_assert!(duopoly.residual < 1e-9 && merged.residual < 1e-9);
    }

    /// Forward sales lower the price, each round less than the one before it; with constant cost it goes to cost.
    #[test]
    fn forward_rounds_lower_the_price(level in 1.0..30.0_f64, slope in 0.0..3.0_f64, n in 0_u32..20) {
        let at = |n: u32| price(&two::<2>([Line(level, slope); 2], n).conducted);
        let (first, second, third) = (at(n), at(n + 1), at(n + 2));
        prop_assert!(first >= second - 1e-9 && first - second >= second - third - 1e-9);
        prop_assert!(n > 2 || first > second);
        let flat = price(&two::<2>([Line(level, 0.0); 2], 999).conducted);
        prop_assert!((flat - level - (100.0 - level) / 2001.0).abs() < 1e-6);
        // With rising cost t(1 + t + κ) = t + κ in the limit, κ = d over the slope of demand: the rival takes back less.
        let limit = 0.5 * ((slope * slope + 4.0 * slope).sqrt() - slope);
        let share = two::<2>([Line(level, slope); 2], 999).shares[0];
        prop_assert!((1.0 - share - limit).abs() < 2e-3, "{share} for {}", 1.0 - limit);
    }
}

/// Against takers with the same cost the supplier would face a more elastic market than against a rival who holds back.
#[test]
fn a_rival_who_holds_back_raises_the_price() {
    // Supply (P − 20)/2 is that of a firm with cost 20 + 2 X.
    let followed = one(1.0, Line(10.0, 0.0), 0.5, 1e6);
    let duopoly = two::<2>([Line(10.0, 0.0), Line(20.0, 2.0)], 0).conducted;
    assert!((price(&followed) - 125.0 / 3.0).abs() < 1e-9);
    assert!((price(&duopoly) - 50.0).abs() < 1e-9);
}

fn world(parameters: &Parameters, conduct: &str) -> Run {
    let spec = WorldSpec {
        parameters,
        scenario: &Scenario::baseline(),
        conduct: conduct.parse().unwrap(),
        start: "2026-03".parse().unwrap(),
        seed: 11,
        storers: None,
        n_threads: None,
    };
    simulate(&spec, &ActivityPaths::constant(8, 18).unwrap()).unwrap()
}

fn mean(run: &Run, output: Output) -> f64 {
    let all = run.over(output, 6, 18).unwrap();
    all.iter().sum::<f64>() / all.len() as f64
}

#[test]
fn modes_of_the_calibrated_market_are_in_order() {
    let parameters = parameters();
    let ndpr = |conduct: &str| mean(&world(&parameters, conduct), Output::Price(Basket::NdPr));
    let (taker, dominant, duopoly) = (ndpr("taker"), ndpr("dominant"), ndpr("duopoly"));
    assert!(taker < dominant && dominant <= duopoly * 1.001, "{taker} {dominant} {duopoly}");
    let rounds = ["forward-1", "forward-2", "forward-50"].map(ndpr);
    assert!(duopoly > rounds[0] && rounds[0] >= rounds[1] && rounds[1] >= rounds[2], "{rounds:?}");
    assert!(rounds[2] > taker);
    assert!(ndpr("cournot-1000") < taker * 1.01);
}

/// A state's objective is largest under the quotas that it chose, and the quotas have a price.
#[test]
fn a_state_gets_more_of_what_it_wants() {
    let parameters = parameters();
    let state = world(&parameters, "quota-state");
    let first = |run: &Run| run.at(Output::Objective, 0).unwrap()[0];
    for other in ["taker", "cournot-2", "dominant"] {
        let run = world(&parameters, other);
        assert!(first(&state) >= first(&run) * (1.0 - 1e-6), "{other}");
    }
    let terms = [Output::ObjectiveRents, Output::ObjectiveDownstream, Output::ObjectiveDependence];
    let sum: f64 = terms.map(|one| state.at(one, 0).unwrap()[0]).iter().sum();
    assert!((sum / first(&state) - 1.0).abs() < 1e-12);
    assert!(mean(&state, Output::Shadow(Ore::ChinaLight)) > 0.0);
    assert_eq!(mark_up(&state).unwrap(), MarkUp::ScarcityAndConduct);
    let measures = market_power(&state, &world(&parameters, "taker")).unwrap();
    assert!(measures.iter().any(|m| m.output == Output::Objective));
    // One that wants income alone gets at least the rents of the dominant firm, with quotas near its outputs.
    let mut greedy = parameters.clone();
    greedy.state.dependence_weight.value = 0.0;
    greedy.state.downstream_margin.value = 0.0;
    let (income, firm) = (world(&greedy, "quota-state"), world(&greedy, "dominant"));
    assert!(first(&income) >= first(&firm));
    let ratio = |output: Output| income.at(output, 0).unwrap()[0] / firm.at(output, 0).unwrap()[0];
    let light = Output::OreOutput(Ore::ChinaLight);
    assert!((ratio(light) - 1.0).abs() < 0.1, "{}", ratio(light));
    // Weight on foreign users' dependence loosens the quotas.
    let mut keen = parameters;
    keen.state.dependence_weight.value = 2.0;
    let loose = world(&keen, "quota-state").at(light, 0).unwrap()[0];
    assert!(loose > state.at(light, 0).unwrap()[0]);
}

#[test]
fn a_duopoly_needs_its_rival() {
    let mut parameters = parameters();
    parameters.fringe.retain(|one| one.ore != Some(Ore::MtWeld));
    let spec = WorldSpec {
        parameters: &parameters,
        scenario: &Scenario::baseline(),
        conduct: Conduct::Duopoly,
        start: "2026-03".parse().unwrap(),
        seed: 1,
        storers: None,
        n_threads: None,
    };
    let e = simulate(&spec, &ActivityPaths::constant(2, 2).unwrap()).unwrap_err();
    assert!(e.to_string().contains("mountain-pass and mt-weld"), "{e}");
}
