//! The closed forms of linear markets (P = 100 − Q, c = 10) through the solver that the calibrated market uses.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use monazite_physical::{
    ConductProblem, Conducted, Controlled, Cost, CournotFollower, Demand, Fringe, JointMarket,
    Supply, allaz_vila_share,
};

const TOLERANCE: f64 = 1e-9;

struct Linear;
impl Demand for Linear {
    fn at(&self, price: f64) -> (f64, f64) {
        (100.0 - price, -1.0)
    }
    fn price_ceiling(&self) -> f64 {
        100.0
    }
}

struct Constant(f64);
impl Cost for Constant {
    fn marginal(&self, _output: f64) -> f64 {
        self.0
    }
}

/// (P − 20)/2.
struct LinearFringe;
impl Supply for LinearFringe {
    fn at(&self, price: f64) -> (f64, f64) {
        if price > 20.0 { ((price - 20.0) / 2.0, 0.5) } else { (0.0, 0.0) }
    }
}

fn solve<S: Supply>(fringe: &[Fringe<1, S>], theta: f64, forward: f64) -> Conducted<1, 1> {
    let problem = ConductProblem {
        market: JointMarket { demand: &[Linear], fringe },
        ores: &[Controlled { yields: [1.0], cost: Constant(10.0), limit: 1e6 }],
        theta,
        forward_share: [forward],
    };
    problem.solve([30.0], &[50.0]).unwrap()
}

fn price(theta: f64, forward: f64) -> f64 {
    solve::<LinearFringe>(&[], theta, forward).market.prices[0]
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < TOLERANCE, "{found} instead of {expected}");
}

#[test]
fn monopoly_and_cournot() {
    close(price(1.0, 0.0), 55.0);
    close(price(1.0 / 2.0, 0.0), 40.0);
    close(price(1.0 / 3.0, 0.0), 32.5);
}

#[test]
fn conjectural_variations() {
    for (v, expected) in [(-1.0, 10.0), (-0.5, 28.0), (0.0, 40.0), (1.0, 55.0)] {
        close(price(f64::midpoint(1.0, v), 0.0), expected);
    }
}

#[test]
fn dominant_firm_with_a_fringe() {
    let fringe = [Fringe { yields: [1.0], revenue: [1.0], constant: 0.0, supply: LinearFringe }];
    let found = solve(&fringe, 1.0, 0.0);
    close(found.market.prices[0], 125.0 / 3.0);
    close(found.lerner(), 0.76);
    close(found.inverse_residual_elasticity[0], 0.76);
    assert!(found.residual < 1e-9);
}

#[test]
fn stackelberg_is_a_leader_facing_a_reaction() {
    let fringe = [Fringe {
        yields: [1.0],
        revenue: [1.0],
        constant: 0.0,
        supply: CournotFollower { demand: Linear, cost: 10.0 },
    }];
    let found = solve(&fringe, 1.0, 0.0);
    close(found.market.prices[0], 32.5);
    close(found.own[0], 45.0);
    close(found.market.fringe[0], 22.5);
}

/// Allaz and Vila (1993): two firms and N rounds of forward sales, P = 10 + 90/(3 + 2N).
#[test]
fn forward_sales() {
    for n_rounds in 0..6 {
        close(
            price(0.5, allaz_vila_share(n_rounds)),
            10.0 + 90.0 / (3.0 + 2.0 * f64::from(n_rounds)),
        );
    }
    close(price(0.5, allaz_vila_share(1)), 28.0);
    assert!((price(0.5, allaz_vila_share(2)) - 22.857).abs() < 1e-3);
}

#[test]
fn a_limit_has_a_shadow_price() {
    let problem = ConductProblem {
        market: JointMarket::<1, Linear, LinearFringe> { demand: &[Linear], fringe: &[] },
        ores: &[Controlled { yields: [1.0], cost: Constant(10.0), limit: 20.0 }],
        theta: 1.0,
        forward_share: [0.0],
    };
    let found = problem.solve([5.0], &[50.0]).unwrap();
    close(found.market.prices[0], 80.0);
    // Marginal revenue 80 − 20, less cost 10.
    close(found.shadow[0], 50.0);
}

/// ln Q = ln 50 − .3 ln P up to a backstop at 60 where buyers turn to something else: no interior rule, so the corner.
struct Inelastic;
impl Demand for Inelastic {
    fn at(&self, price: f64) -> (f64, f64) {
        let (q, slope) = (50.0 * price.powf(-0.3), -15.0 * price.powf(-1.3));
        let t = ((price - 59.0) / 1.0).clamp(0.0, 1.0);
        let (fade, fade_slope) = (1.0 - t * t * (3.0 - 2.0 * t), -6.0 * t * (1.0 - t));
        (q * fade, slope * fade + q * fade_slope)
    }
    fn price_ceiling(&self) -> f64 {
        60.0
    }
    fn lowest_backstop(&self) -> Option<f64> {
        Some(59.0)
    }
}

#[test]
fn inelastic_demand_ends_in_the_corner() {
    let solve = |theta| {
        ConductProblem {
            market: JointMarket::<1, Inelastic, LinearFringe> { demand: &[Inelastic], fringe: &[] },
            ores: &[Controlled { yields: [1.0], cost: Constant(10.0), limit: 100.0 }],
            theta,
            forward_share: [0.0],
        }
        .solve([40.0], &[1.0])
        .unwrap()
    };
    let dominant = solve(1.0);
    assert!(dominant.corner[0] && dominant.market.prices[0] >= 59.0, "{dominant:?}");
    assert!(dominant.residual < 1e-9);
    let taker = solve(0.0);
    assert!(!taker.corner[0]);
    close(taker.market.prices[0], 10.0);
}

/// P = 100 − Q down to 60, below which nobody wants more: marginal revenue is 21 just above and far below zero under it.
struct Satiated;
impl Demand for Satiated {
    fn at(&self, price: f64) -> (f64, f64) {
        if price > 60.0 { (100.0 - price, -1.0) } else { (40.0, 0.0) }
    }
    fn price_ceiling(&self) -> f64 {
        100.0
    }
}

/// .01 P, so that the residual demand still has a slope.
struct Sliver;
impl Supply for Sliver {
    fn at(&self, price: f64) -> (f64, f64) {
        (0.01 * price, 0.01)
    }
}

#[test]
fn a_jump_of_marginal_revenue_is_a_kink_and_not_a_failure() {
    let problem = ConductProblem {
        market: JointMarket {
            demand: &[Satiated],
            fringe: &[Fringe { yields: [1.0], revenue: [1.0], constant: 0.0, supply: Sliver }],
        },
        ores: &[Controlled { yields: [1.0], cost: Constant(10.0), limit: 100.0 }],
        theta: 1.0,
        forward_share: [0.0],
    };
    let found = problem.solve([10.0], &[50.0]).unwrap();
    // Demand of 40 at 60 less a fringe of .6.
    assert!((found.outputs[0] - 39.4).abs() < 1e-3, "{found:?}");
    assert!((found.market.prices[0] - 60.0).abs() < 0.05);
}
