//! The storage equilibrium: reference values, conditions off the grid, limits, invariance.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monazite_physical::{
    InverseDemand, IsoelasticDemand, LinearDemand, MarketState, Persistence, PhysicalError,
    PlannedSupply, StorageEquilibrium, StorageGrid, StorageSpec, StorageState, TabulatedDemand,
    Yield,
};
use monazite_stochastic::Key;
use proptest::prelude::*;

/// VERIFICATION.md, "Competitive storage": k .06, δ .02, r .03, D(p) = p^(−.2), H⁵ = E[p′ε′], ε ~ N(1, .05²).
fn reference() -> StorageSpec<IsoelasticDemand> {
    StorageSpec {
        cost: 0.06,
        deterioration: 0.02,
        interest: 0.03,
        premium: 0.0,
        demand: IsoelasticDemand::new(1.0, 1.0, 0.2).unwrap(),
        supply: PlannedSupply::Elastic { quantity: 1.0, price: 1.0, elasticity: 0.2 },
        yields: Yield::Normal { sd: 0.05 },
        persistence: Persistence::None,
    }
}

/// A monthly market: dear to be short in, cheap to store in, supply fixed, demand the only disturbance.
fn monthly(n_points: usize) -> StorageSpec<IsoelasticDemand> {
    StorageSpec {
        cost: 0.003,
        deterioration: 0.0,
        interest: 0.004,
        premium: 0.0,
        demand: IsoelasticDemand::new(1.0, 1.0, 0.08).unwrap(),
        supply: PlannedSupply::Fixed(1.0),
        yields: Yield::Certain,
        persistence: Persistence::Autoregressive { persistence: 0.8, sd: 0.006, n_points },
    }
}

fn two_states() -> Persistence {
    Persistence::Chain {
        states: vec![
            MarketState { demand: 1.1, supply: 1.0 },
            MarketState { demand: 0.9, supply: 1.05 },
        ],
        transition: vec![vec![0.9, 0.1], vec![0.2, 0.8]],
    }
}

fn close(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{what}: {value}, not {expected} ± {tolerance}");
}

#[test]
fn the_exact_integral_gives_the_reference_values() {
    let equilibrium = reference().solve().unwrap();
    let at = equilibrium.state(0).unwrap();
    close("P(1.1)", equilibrium.price(1.1, &at), 0.824430, 5e-6);
    close("P(1.2)", equilibrium.price(1.2, &at), 0.734428, 5e-6);
    close("S(1.1)", equilibrium.stock(1.1, &at), 0.060632, 5e-6);
    close("H(.9)", equilibrium.planned_supply(0.9, &at), 1.007197, 5e-6);
    close("H(1.1)", equilibrium.planned_supply(1.1, &at), 0.984230, 5e-6);
    close("threshold", equilibrium.stock_out_threshold(&at), 1.01339, 5e-6);
    assert!(equilibrium.residual() <= 1e-9);
}

#[test]
fn seven_gauss_hermite_nodes_give_their_own_reference_values() {
    let yields = Yield::gauss_hermite(0.05, 7).unwrap();
    let equilibrium = StorageSpec { yields, ..reference() }.solve().unwrap();
    let at = equilibrium.state(0).unwrap();
    close("P(1.1)", equilibrium.price(1.1, &at), 0.825668, 1e-5);
    close("S(1.1)", equilibrium.stock(1.1, &at), 0.060944, 1e-5);
}

/// Largest Euler residual at 200 points off the grid.
fn largest_residual<D: InverseDemand>(
    equilibrium: &StorageEquilibrium<D>,
    state: &StorageState,
) -> f64 {
    let start = equilibrium.stock_out_threshold(state);
    let width = equilibrium.largest_availability(state) - start;
    (1..200)
        .map(|i| equilibrium.euler_residual(start + width * f64::from(i) / 200.37, state).abs())
        .fold(0.0, f64::max)
}

#[test]
fn the_storers_condition_holds_off_the_grid() {
    let equilibrium = reference().solve().unwrap();
    let residual = largest_residual(&equilibrium, &equilibrium.state(0).unwrap());
    assert!(residual < 1e-7, "independent months: {residual}");
    let equilibrium = StorageSpec { persistence: two_states(), ..reference() }.solve().unwrap();
    for state_idx in 0..2 {
        let residual = largest_residual(&equilibrium, &equilibrium.state(state_idx).unwrap());
        assert!(residual < 1e-6, "state {state_idx}: {residual}");
    }
    let equilibrium = monthly(15).solve().unwrap();
    for i in 3..12 {
        // What the price function has between its points of x is rough at 1e-6 for the quadrature.
        let residual = largest_residual(&equilibrium, &equilibrium.state(i).unwrap());
        assert!(residual < 5e-6, "column {i}: {residual}");
    }
}

/// Between the points of x there is an error of interpolation, largest at the kink, and it falls with their number.
#[test]
fn interpolation_between_states_converges() {
    let residual = |n_points: usize| {
        let grid = StorageGrid { n_cells: 48, tolerance: 1e-8, ..StorageGrid::default() };
        let equilibrium = monthly(n_points).solve_on(grid).unwrap();
        [-0.0123, 0.0013, 0.0111]
            .map(|x| largest_residual(&equilibrium, &equilibrium.level(x).unwrap()))
            .into_iter()
            .fold(0.0, f64::max)
    };
    let [coarse, middle, fine] = [9, 15, 27].map(residual);
    assert!(
        coarse < 1e-3 && middle < 0.5 * coarse && fine < 0.5 * middle,
        "{coarse} {middle} {fine}"
    );
    assert!(fine < 2e-5, "{fine}");
}

/// Properties that hold at every availability of a state.
fn check_conditions<D: InverseDemand>(
    equilibrium: &StorageEquilibrium<D>,
    at: &StorageState,
    interpolation: f64,
) {
    let spec = equilibrium.spec();
    let carry = (1.0 + spec.interest) / (1.0 - spec.deterioration);
    let threshold = equilibrium.stock_out_threshold(at);
    let (low, high) = (0.8 * threshold, equilibrium.largest_availability(at));
    let mut last = (f64::INFINITY, -1.0);
    for i in 0..=300 {
        let availability = low + (high - low) * f64::from(i) / 300.0;
        let price = equilibrium.price(availability, at);
        let stock = equilibrium.stock(availability, at);
        assert!(price < last.0, "P falls in A: {price} after {} at {availability}", last.0);
        assert!(stock >= last.1, "S rises in A");
        last = (price, stock);
        // What is not used is stored.
        let used = spec.demand.quantity(price / 1.0).0 * at.demand_factor();
        assert!((used + stock - availability).abs() < 1e-9 * availability);
        // Complementarity: full carry where stocks are held, and never more than full carry.
        let expected = equilibrium.expected_price(availability, at);
        let forgone = price + spec.cost - (expected - spec.premium) / carry;
        assert!(forgone > -1e-9 * price, "more than full carry at {availability}: {forgone}");
        let convenience = equilibrium.convenience_yield(availability, at);
        assert!((forgone - convenience).abs() < 1e-9 * price);
        assert!(stock * convenience.abs() < 1e-9, "S·ψ = 0 at {availability}");
        // Storers' demand curve is the same equilibrium, read the other way.
        let (wanted, _) = equilibrium.stock_wanted(price, at);
        assert!(
            (wanted - stock).abs() < interpolation * availability,
            "{wanted} {stock} at {availability}"
        );
    }
}

proptest! {
    #[test]
    fn conditions_hold_and_units_do_not_matter(
        cost in 0.005..0.15_f64,
        deterioration in 0.0..0.08_f64,
        interest in 0.002..0.05_f64,
        elasticity in 0.15..0.8_f64,
        response in 0.0..0.4_f64,
        sd in 0.02..0.12_f64,
        log_normal in any::<bool>(),
        (price_unit, quantity_unit) in (1e-3..1e6_f64, 1e-3..1e6_f64),
    ) {
        let spec = |p: f64, q: f64| StorageSpec {
            cost: cost * p,
            deterioration,
            interest,
            premium: 0.0,
            demand: IsoelasticDemand::new(p, q, elasticity).unwrap(),
            supply: PlannedSupply::Elastic { quantity: q, price: p, elasticity: response },
            yields: if log_normal { Yield::LogNormal { sd } } else { Yield::Normal { sd } },
            persistence: Persistence::None,
        };
        let equilibrium = spec(1.0, 1.0).solve().unwrap();
        let at = equilibrium.state(0).unwrap();
        check_conditions(&equilibrium, &at, 1e-6);
        let residual = largest_residual(&equilibrium, &at);
        prop_assert!(residual < 1e-6, "{residual}");
        let curves = equilibrium.forward_curves(12).unwrap();
        let carry = (1.0 + interest) / (1.0 - deterioration);
        let (start, end) =
            (equilibrium.stock_out_threshold(&at), equilibrium.largest_availability(&at));
        for availability in [0.9 * start, start, 0.5 * (start + end), end] {
            let curve = curves.curve(availability, &at);
            for pair in curve.windows(2) {
                prop_assert!(pair[1] <= (pair[0] + cost) * carry * (1.0 + 1e-7), "{curve:?}");
            }
        }
        let scaled = spec(price_unit, quantity_unit).solve().unwrap();
        let there = scaled.state(0).unwrap();
        for a in [0.9, 1.0, 1.1, 1.2] {
            let (one, other) = (equilibrium.price(a, &at), scaled.price(a * quantity_unit, &there));
            prop_assert!((other / (one * price_unit) - 1.0).abs() < 1e-7);
        }
    }
}

#[test]
fn conditions_hold_in_every_state() {
    let equilibrium = StorageSpec { persistence: two_states(), ..reference() }.solve().unwrap();
    for state_idx in 0..2 {
        check_conditions(&equilibrium, &equilibrium.state(state_idx).unwrap(), 1e-6);
    }
    // High demand tomorrow is likelier in the state of high demand, so the same availability is dearer.
    let (high, low) = (equilibrium.state(0).unwrap(), equilibrium.state(1).unwrap());
    assert!(equilibrium.price(1.1, &high) > equilibrium.price(1.1, &low));
    let equilibrium = monthly(15).solve().unwrap();
    for x in [-0.01, 0.0, 0.004, 0.02] {
        check_conditions(&equilibrium, &equilibrium.level(x).unwrap(), 1e-4);
    }
    let premium = StorageSpec { premium: 0.02, ..reference() }.solve().unwrap();
    check_conditions(&premium, &premium.state(0).unwrap(), 1e-6);
}

#[test]
fn nobody_stores_what_is_dear_to_keep_or_rots() {
    for spec in [
        StorageSpec { cost: 1e6, ..reference() },
        StorageSpec { deterioration: 0.999, ..reference() },
    ] {
        let equilibrium = spec.solve().unwrap();
        let at = equilibrium.state(0).unwrap();
        for availability in [0.7, 1.0, 1.3] {
            assert_eq!(equilibrium.stock(availability, &at), 0.0);
            close(
                "inverse demand",
                equilibrium.price(availability, &at),
                availability.powi(-5),
                1e-9,
            );
        }
        assert_eq!(equilibrium.moments(Key::new(1), 2_000).unwrap().stock_outs, 1.0);
        assert_eq!(equilibrium.stock_wanted(0.5, &at), (0.0, 0.0));
    }
}

#[test]
fn cheaper_storage_means_more_stock_and_calmer_prices() {
    let moments = |cost: f64| {
        StorageSpec { cost, ..reference() }.solve().unwrap().moments(Key::new(5), 40_000).unwrap()
    };
    let (cheap, dear) = (moments(0.01), moments(0.1));
    assert!(cheap.mean_stock > 2.0 * dear.mean_stock && cheap.stock_outs < dear.stock_outs);
    assert!(cheap.change_sd < dear.change_sd && cheap.autocorrelation > dear.autocorrelation);
}

/// Far ahead every curve is at the mean of the price, and a stock-out as likely as it is on average.
#[test]
fn curves_end_at_the_mean() {
    let equilibrium = reference().solve().unwrap();
    let (curves, at) = (equilibrium.forward_curves(80).unwrap(), equilibrium.state(0).unwrap());
    let moments = equilibrium.moments(Key::new(11), 400_000).unwrap();
    let far = curves.price(1.0, &at, 80);
    close("from short and from plenty", curves.price(1.25, &at, 80), far, 1e-6);
    let distance = (far - moments.mean_price) / moments.mean_price_error;
    assert!(distance.abs() < 3.0, "{far}: {distance} standard errors from the mean");
    close("stock-outs", curves.stock_out(1.1, &at, 80), moments.stock_outs, 0.005);
    // One month ahead the curve is the storers' own expectation.
    for availability in [0.95, 1.0, 1.05, 1.2] {
        let one = curves.price(availability, &at, 1);
        close("F1", one, equilibrium.expected_price(availability, &at), 1e-6);
    }
    assert_eq!(curves.stock_out(1.0, &at, 0), 1.0);
    assert!(curves.stock_out(1.2, &at, 1) < curves.stock_out(1.1, &at, 1));
    assert!(equilibrium.forward_curves(0).is_err() && equilibrium.forward_curves(601).is_err());
}

/// The probability of a stock-out next month, where yields are normal, by hand: Φ((a* − (1−δ)S)/H) on the yield.
#[test]
fn the_probability_of_a_stock_out_is_that_of_a_poor_yield() {
    let equilibrium = reference().solve().unwrap();
    let (curves, at) = (equilibrium.forward_curves(1).unwrap(), equilibrium.state(0).unwrap());
    let months = equilibrium.simulate(Key::new(3), 0, 200_000);
    let (mut out, mut likely) = (0.0, 0.0);
    for pair in months.windows(2) {
        let next = pair[1].availability <= equilibrium.stock_out_threshold(&at);
        out += f64::from(u8::from(next));
        likely += curves.stock_out(pair[0].availability, &at, 1);
    }
    let n = (months.len() - 1) as f64;
    close("frequency", out / n, likely / n, 4.0 * (0.25 / n).sqrt());
}

#[test]
fn a_chain_of_one_state_is_no_chain() {
    let one = Persistence::Chain {
        states: vec![MarketState { demand: 1.0, supply: 1.0 }],
        transition: vec![vec![1.0]],
    };
    let plain = reference().solve().unwrap();
    let chain = StorageSpec { persistence: one, ..reference() }.solve().unwrap();
    for availability in [0.9, 1.05, 1.2] {
        let price = plain.price(availability, &plain.state(0).unwrap());
        // Their ranges come from simulations that draw differently, so their cells do not lie alike.
        let in_chain = chain.price(availability, &chain.state(0).unwrap());
        close("price", in_chain, price, 1e-7);
    }
}

/// Demand that is scaled by e^x for good is the same market in other units; a persistent x tends to that.
#[test]
fn a_table_of_demand_is_as_good_as_its_formula() {
    let formula = IsoelasticDemand::new(1.0, 1.0, 0.2).unwrap();
    let prices: Vec<f64> = (0..800).map(|i| 0.05 * (f64::from(i) * 0.008).exp()).collect();
    let demand = TabulatedDemand::of(&prices, |p| formula.quantity(p).0).unwrap();
    let spec = reference();
    let table = StorageSpec {
        cost: spec.cost,
        deterioration: spec.deterioration,
        interest: spec.interest,
        premium: 0.0,
        demand,
        supply: spec.supply,
        yields: spec.yields.clone(),
        persistence: Persistence::None,
    };
    let (table, formula) = (table.solve().unwrap(), spec.solve().unwrap());
    let (there, here) = (table.state(0).unwrap(), formula.state(0).unwrap());
    for availability in [0.9, 1.0, 1.1, 1.2] {
        close("price", table.price(availability, &there), formula.price(availability, &here), 2e-5);
    }
}

/// Prices stop at the floor, stocks stop growing there, and the rest is dumped.
#[test]
fn what_is_not_worth_storing_is_dumped_at_the_floor() {
    let spec = |persistence| StorageSpec {
        cost: 0.02,
        deterioration: 0.0,
        interest: 0.01,
        premium: 0.0,
        demand: LinearDemand::new(6.0, 5.0, 0.7).unwrap(),
        supply: PlannedSupply::Fixed(1.0),
        yields: Yield::Normal { sd: 0.1 },
        persistence,
    };
    let equilibrium = spec(Persistence::None).solve().unwrap();
    let at = equilibrium.state(0).unwrap();
    let begins = equilibrium.largest_availability(&at);
    for more in [0.0, 0.1, 5.0] {
        let availability = begins + more;
        close("floor", equilibrium.price(availability, &at), 0.7, 1e-9);
        close("dumped", equilibrium.dumped(availability, &at), more, 1e-9);
        let balance = equilibrium.stock(availability, &at) + equilibrium.dumped(availability, &at);
        close("balance", balance + 5.3 / 5.0, availability, 1e-9);
    }
    assert!(equilibrium.price(begins - 0.01, &at) > 0.7);
    assert!(largest_residual(&equilibrium, &at) < 1e-6);
    let ar = Persistence::Autoregressive { persistence: 0.9, sd: 0.05, n_points: 9 };
    let equilibrium = StorageSpec { yields: Yield::Certain, ..spec(ar) }.solve().unwrap();
    for x in [-0.4, -0.2, 0.0, 0.2] {
        let at = equilibrium.level(x).unwrap();
        for i in 0..60 {
            let price = equilibrium.price(0.6 + 0.02 * f64::from(i), &at);
            assert!((0.7 - 1e-9..6.0).contains(&price), "{price} at x = {x}");
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let solve = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let grid = StorageGrid { n_cells: 24, tolerance: 1e-6, ..StorageGrid::default() };
        let equilibrium = pool.install(|| monthly(9).solve_on(grid)).unwrap();
        let at = equilibrium.level(0.003).unwrap();
        [0.99, 1.01, 1.05].map(|a| equilibrium.price(a, &at).to_bits())
    };
    let one = solve(1);
    assert!(solve(2) == one && solve(4) == one);
}

#[test]
fn what_is_no_market_is_refused() {
    let refused = |spec: StorageSpec<IsoelasticDemand>| {
        matches!(spec.solve(), Err(PhysicalError::OutOfRange { .. }))
    };
    assert!(refused(StorageSpec { cost: -0.01, ..reference() }));
    assert!(refused(StorageSpec { cost: f64::NAN, ..reference() }));
    assert!(refused(StorageSpec { deterioration: 1.0, ..reference() }));
    assert!(refused(StorageSpec { interest: -0.5, ..reference() }));
    assert!(refused(StorageSpec { cost: 0.0, deterioration: 0.0, interest: 0.0, ..reference() }));
    assert!(refused(StorageSpec { premium: f64::INFINITY, ..reference() }));
    assert!(refused(StorageSpec { supply: PlannedSupply::Fixed(0.0), ..reference() }));
    assert!(refused(StorageSpec { yields: Yield::Normal { sd: 0.2 }, ..reference() }));
    let equilibrium = reference().solve().unwrap();
    assert!(equilibrium.state(1).is_err() && equilibrium.level(0.0).is_err());
    assert!(equilibrium.moments(Key::new(1), 10).is_err());
    let grid = StorageGrid { max_iterations: 2, ..StorageGrid::default() };
    assert!(matches!(reference().solve_on(grid), Err(PhysicalError::NotConverged { .. })));
    assert!(reference().solve_on(StorageGrid { n_cells: 2, ..StorageGrid::default() }).is_err());
    // Demand so steep that prices overflow ends in an error, not in a panic.
    let steep = StorageSpec {
        demand: IsoelasticDemand::new(1.0, 1.0, 1e-4).unwrap(),
        persistence: Persistence::Autoregressive { persistence: 0.95, sd: 0.2, n_points: 9 },
        ..reference()
    };
    assert!(steep.solve().is_err());
}
