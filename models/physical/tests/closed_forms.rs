//! The closed forms of linear markets (P = 100 − Q, c = 10) through the solver that the calibrated market uses.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use monazite_physical::{
    ConductProblem, Conducted, Controlled, Cost, CournotFollower, Demand, Forward, Fringe,
    JointMarket, Player, Supply, allaz_vila_share,
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
        ores: &[Controlled::new([1.0], Constant(10.0), 1e6)],
        players: [Player { theta, forward_share: [forward] }],
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
    close(found.lerner(0), 0.76);
    close(found.inverse_residual_elasticity[0][0], 0.76);
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
    close(found.own[0][0], 45.0);
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

/// Two players with the marginal costs and limits given, after rounds of forward sales.
fn pair(costs: [Line; 2], limits: [f64; 2], n_rounds: u32) -> Forward<1, 2, 2> {
    let ore = |player: usize| Controlled {
        player,
        ..Controlled::new([1.0], costs[player], limits[player])
    };
    let problem = ConductProblem {
        market: JointMarket::<1, Linear, LinearFringe> { demand: &[Linear], fringe: &[] },
        ores: &[ore(0), ore(1)],
        players: [Player::new(1.0); 2],
    };
    problem.solve_forward(n_rounds, [20.0, 10.0], &[50.0]).unwrap()
}

/// c + d X.
#[derive(Clone, Copy)]
struct Line(f64, f64);
impl Cost for Line {
    fn marginal(&self, output: f64) -> f64 {
        self.0 + self.1 * output
    }
}

const SAME: [Line; 2] = [Line(10.0, 0.0), Line(10.0, 0.0)];

/// Two firms as two players, not as a θ: mutual best responses, and one of them at its limit.
#[test]
fn two_players_are_cournot() {
    let found = pair(SAME, [1e6; 2], 0);
    close(found.conducted.market.prices[0], 40.0);
    close(found.conducted.outputs[0], 30.0);
    close(found.conducted.outputs[1], 30.0);
    assert_eq!(found.shares, [0.0; 2]);
    // The rival cannot make more than 10: the other meets 90 − P.
    let found = pair(SAME, [1e6, 10.0], 0).conducted;
    close(found.outputs[0], 40.0);
    close(found.market.prices[0], 50.0);
    // Its marginal revenue at 10 is 50 − 10, 30 above cost.
    close(found.shadow[1], 30.0);
    assert!(found.residual < 1e-9);
    // Costs 10 and 20 + 2 q: 90 = 2 q1 + q2, 80 = q1 + 4 q2.
    let found = pair([Line(10.0, 0.0), Line(20.0, 2.0)], [1e6; 2], 0).conducted;
    close(found.outputs[0], 40.0);
    close(found.outputs[1], 10.0);
}

/// Allaz and Vila (1993) as a game of two players whose forward shares are found, not given.
#[test]
fn forward_rounds_of_two_players() {
    for n_rounds in 0..8 {
        let found = pair(SAME, [1e6; 2], n_rounds);
        let n = f64::from(n_rounds);
        close(found.conducted.market.prices[0], 10.0 + 90.0 / (3.0 + 2.0 * n));
        close(found.shares[0], n / (n + 1.0));
    }
    close(pair(SAME, [1e6; 2], 1).conducted.market.prices[0], 28.0);
    close(pair(SAME, [1e6; 2], 2).conducted.market.prices[0], 160.0 / 7.0);
}

/// One round, costs c1 = 10 and c2 = 20 + 2 q2. Spot: 90 − 2 q1 − q2 + f1 = 0, 80 − q1 − 4 q2 + f2 = 0, so the rival takes
/// back 1/4 of what the first adds and the first 1/2 of what the rival adds: f1 = q1/4, f2 = q2/2. Then
/// 90 = 1.75 q1 + q2 and 80 = q1 + 3.5 q2: q1 = 235/5.125, q2 = 50/5.125.
#[test]
fn a_round_of_forward_sales_with_rising_cost() {
    let found = pair([Line(10.0, 0.0), Line(20.0, 2.0)], [1e6; 2], 1);
    close(found.shares[0], 0.25);
    close(found.shares[1], 0.5);
    close(found.conducted.outputs[0], 235.0 / 5.125);
    close(found.conducted.outputs[1], 50.0 / 5.125);
    // A rival at its limit takes nothing back, so there is nothing to sell forward for.
    let found = pair(SAME, [1e6, 10.0], 5);
    close(found.shares[0], 0.0);
    close(found.conducted.market.prices[0], 50.0);
}

/// A state that wants rents alone sets the monopoly's quota; one that also counts w a tonne sold sets 45 + w/2.
#[test]
fn a_state_sets_the_quota_its_objective_asks_for() {
    let problem = ConductProblem {
        market: JointMarket::<1, Linear, LinearFringe> { demand: &[Linear], fringe: &[] },
        ores: &[Controlled::new([1.0], Constant(10.0), 1e6)],
        players: [Player::new(0.0)],
    };
    for weight in [0.0, 10.0, 30.0] {
        let worth = |at: &Conducted<1, 1>| (at.revenue[0] - 10.0 + weight) * at.outputs[0];
        let found = problem.choose_limits(worth, [80.0], &[20.0]).unwrap();
        let expected = 45.0 + weight / 2.0;
        assert!((found.limits[0] - expected).abs() < 2e-3, "{found:?}");
        // μ is the gap of price to cost.
        close(found.conducted.shadow[0], 90.0 - found.limits[0]);
    }
    // A state that wants output above all sets no quota.
    let found = problem.choose_limits(|at| at.outputs[0], [80.0], &[20.0]).unwrap();
    close(found.conducted.market.prices[0], 10.0);
    assert_eq!(found.limits[0], 1e6);
}

#[test]
fn a_limit_has_a_shadow_price() {
    let problem = ConductProblem {
        market: JointMarket::<1, Linear, LinearFringe> { demand: &[Linear], fringe: &[] },
        ores: &[Controlled::new([1.0], Constant(10.0), 20.0)],
        players: [Player::new(1.0)],
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
            ores: &[Controlled::new([1.0], Constant(10.0), 100.0)],
            players: [Player::new(theta)],
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
        ores: &[Controlled::new([1.0], Constant(10.0), 100.0)],
        players: [Player::new(1.0)],
    };
    let found = problem.solve([10.0], &[50.0]).unwrap();
    // Demand of 40 at 60 less a fringe of .6.
    assert!((found.outputs[0] - 39.4).abs() < 1e-7, "{found:?}");
    assert!((found.market.prices[0] - 60.0).abs() < 1e-7);
    assert!(found.kink[0] && found.residual < 1e-9, "{found:?}");
}

/// Two ores of one supplier, both of the satiated basket and a second one with P = 100 − Q, costs 10: yields (1, 1) and
/// (1, 0). Ore by ore each stops where the other has left the price at the kink; together the one slope σ that leaves ore 2
/// at its margin, 60 − 39.4/σ = 10, makes ore 1 a monopolist of basket 2: 100 − 2 x − 0 = 0 after its cost of 10 is met
/// by basket 1, so x₁ = 50 is more than the 39.4 there are; with basket 2 of 100 − 4 Q, 100 − 8 x = 0 and x₁ = 12.5.
#[test]
fn ores_stop_at_a_kink_together() {
    struct Both(bool);
    impl Demand for Both {
        fn at(&self, price: f64) -> (f64, f64) {
            if self.0 { Satiated.at(price) } else { (25.0 - price / 4.0, -0.25) }
        }
        fn price_ceiling(&self) -> f64 {
            100.0
        }
    }
    let problem = ConductProblem {
        market: JointMarket {
            demand: &[Both(true), Both(false)],
            fringe: &[Fringe {
                yields: [1.0, 0.0],
                revenue: [1.0, 0.0],
                constant: 0.0,
                supply: Sliver,
            }],
        },
        ores: &[
            Controlled::new([1.0, 1.0], Constant(10.0), 100.0),
            Controlled::new([1.0, 0.0], Constant(10.0), 100.0),
        ],
        players: [Player::new(1.0)],
    };
    for start in [[10.0, 10.0], [30.0, 1.0], [1.0, 35.0], [20.0, 20.0]] {
        let found = problem.solve(start, &[50.0, 50.0]).unwrap();
        assert!((found.outputs[0] - 12.5).abs() < 1e-6, "{found:?}");
        assert!((found.outputs[1] - 26.9).abs() < 1e-6, "{found:?}");
        assert!(found.kink[0] && !found.kink[1] && found.residual < 1e-9, "{found:?}");
    }
}
