//! What the dominant supplier, its rival and the state decide in a setting month.
//!
//! The market is that over the supplier's horizon. China's two ores are one player. In a duopoly the ores of
//! [`Ore::RIVAL`] leave the fringe and become the second player, who sells at the outside price and whose marginal cost
//! is the supply curve that it has as a price taker, R = MC, up to its capacity; both hold their outputs until the next
//! setting month. A state sets quotas for price takers so that
//!
//! ```text
//! W = Σ_i (R_i X_i − ∫MC_i) + m Σ_b p̄_b (magnet use in China + g_b shipments_b) + ω V̄ · D
//! D = Σ_b p̄_b shipments_b / Σ_b p̄_b use abroad_b        V̄ = use abroad in the base year at base prices
//! ```
//!
//! is largest, b over `NdPr` and `DyTb`: rents of the mines, profit of magnet makers (margin m on what they process, g the
//! share of shipments that leaves as magnets), and the weight ω on foreign users' dependence D.

use crate::conduct::{Conduct, ConductProblem, Conducted, Controlled, Player};
use crate::curves::{BasketDemand, PowerCost, PowerSupply};
use crate::market::{Cleared, JointMarket, Supply, dot};
use crate::record::{Decision, ObjectiveTerms};
use crate::state::{FringeSupply, MarketModel, N_OWN};
use crate::{Basket, EndUse, N_BASKETS, Ore, PhysicalError};

/// Number of ores of the strategic supplier outside China.
pub(crate) const N_RIVAL: usize = Ore::RIVAL.len();
/// Perturbation of own supply by which residual demand is measured.
const PERTURBATION: f64 = 0.01;
/// Baskets that magnets are made of.
const MAGNET: [usize; 2] = [Basket::NdPr.index(), Basket::DyTb.index()];

type Market<'a> = JointMarket<'a, N_BASKETS, BasketDemand<'a>, PowerSupply<'a>>;

/// The market that a decision goes by.
pub(crate) struct Horizon<'a> {
    pub(crate) model: &'a MarketModel,
    pub(crate) demand: &'a [BasketDemand<'a>; N_BASKETS],
    /// The model's sources in their order, then goods that come back from the queue.
    pub(crate) fringe: &'a [FringeSupply<'a>],
    pub(crate) limits: [f64; N_OWN],
}

/// Outputs held until the next setting month.
pub(crate) struct Choice {
    pub(crate) outputs: [f64; N_OWN],
    /// Outputs of the rival where it is strategic.
    pub(crate) rival: Option<[f64; N_RIVAL]>,
    pub(crate) decision: Decision,
}

impl Horizon<'_> {
    /// The outputs under a conduct, beginning from those in force and from `prices`.
    pub(crate) fn decide(
        &self,
        conduct: Conduct,
        (outputs, rival): ([f64; N_OWN], Option<[f64; N_RIVAL]>),
        prices: &[f64; N_BASKETS],
    ) -> Result<Choice, PhysicalError> {
        if let Some(n_rounds) = conduct.forward_rounds() {
            return self.duopoly(conduct.theta(), n_rounds, (outputs, rival), prices);
        }
        let market = JointMarket { demand: self.demand, fringe: self.fringe };
        let ores = self.model.ores(&self.limits);
        let problem =
            ConductProblem { market, ores: &ores, players: [Player::new(conduct.theta())] };
        let (found, limits) = if conduct == Conduct::QuotaState {
            let worth = |at: &Conducted<N_BASKETS, N_OWN>| {
                self.terms(&at.outputs, &at.market, None).total()
            };
            let chosen = problem.choose_limits(worth, outputs, prices)?;
            (chosen.conducted, chosen.limits)
        } else {
            (problem.solve(outputs, prices)?, self.limits)
        };
        let decision = self.decision(&found, (&limits, None), &market, 0.0)?;
        Ok(Choice { outputs: found.outputs, rival: None, decision })
    }

    fn duopoly(
        &self,
        theta: f64,
        n_rounds: u32,
        (outputs, rival): ([f64; N_OWN], Option<[f64; N_RIVAL]>),
        prices: &[f64; N_BASKETS],
    ) -> Result<Choice, PhysicalError> {
        const N: usize = N_OWN + N_RIVAL;
        let rivals = self.model.rivals()?;
        let others: Vec<FringeSupply<'_>> = (0..self.fringe.len())
            .filter(|at| !rivals.contains(at))
            .map(|at| self.fringe[at])
            .collect();
        let market = JointMarket { demand: self.demand, fringe: &others };
        let own = self.model.ores(&self.limits);
        let ores: [Controlled<N_BASKETS, PowerCost>; N] = std::array::from_fn(|i| {
            if i < N_OWN { own[i] } else { strategic(&self.fringe[rivals[i - N_OWN]]) }
        });
        let start = std::array::from_fn(|i| {
            if i < N_OWN {
                return outputs[i];
            }
            let source = &self.fringe[rivals[i - N_OWN]];
            rival.map_or_else(
                || source.supply.at(source.revenue_at(prices)).0,
                |held| held[i - N_OWN],
            )
        });
        let problem = ConductProblem { market, ores: &ores, players: [Player::new(theta); 2] };
        let found = problem.solve_forward(n_rounds, start, prices)?;
        let all = found.conducted.outputs;
        let rival = Some(std::array::from_fn(|i| all[N_OWN + i]));
        let decision =
            self.decision(&found.conducted, (&self.limits, rival), &market, found.shares[0])?;
        Ok(Choice { outputs: std::array::from_fn(|i| all[i]), rival, decision })
    }

    /// What is kept of a decision: the first player is China's supplier and the first ores are its own.
    fn decision<const N: usize, const K: usize>(
        &self,
        found: &Conducted<N_BASKETS, N, K>,
        (limits, rival): (&[f64; N_OWN], Option<[f64; N_RIVAL]>),
        market: &Market<'_>,
        forward_share: f64,
    ) -> Result<Decision, PhysicalError> {
        let outputs: [f64; N_OWN] = std::array::from_fn(|i| found.outputs[i]);
        Ok(Decision {
            inverse_residual_elasticity: found.inverse_residual_elasticity[0],
            measured_residual_elasticity: measure(market, found)?,
            share: found.shares[0],
            corner: found.corner,
            scarce: std::array::from_fn(|i| {
                outputs[i] >= limits[i] && found.shadow[i] > 1e-9 * found.revenue[i].abs()
            }),
            shadow: std::array::from_fn(|i| {
                if outputs[i] >= limits[i] { found.shadow[i].max(0.0) } else { 0.0 }
            }),
            outputs,
            limits: *limits,
            residual: found.residual,
            forward_share,
            objective: self.terms(&outputs, &found.market, rival),
        })
    }

    /// Terms of the state's objective in a market.
    fn terms(
        &self,
        outputs: &[f64; N_OWN],
        market: &Cleared<N_BASKETS>,
        rival: Option<[f64; N_RIVAL]>,
    ) -> ObjectiveTerms {
        let model = self.model;
        let mut rents = 0.0;
        for (ore, output) in model.own.iter().zip(outputs) {
            rents += dot(&ore.yields, &market.prices) * output - ore.cost.total(*output);
        }
        let mut sold_outside = [0.0; N_BASKETS];
        for (at, (source, one)) in model.sources.iter().zip(self.fringe).enumerate() {
            let held = rival.and_then(|outputs| model.rival_output(at, &outputs));
            let output = held.unwrap_or_else(|| one.supply.at(one.revenue_at(&market.prices)).0);
            for b in MAGNET {
                sold_outside[b] += source.outside * source.yields[b] * output;
            }
        }
        let (mut processed, mut shipped, mut abroad) = (0.0, 0.0, 0.0);
        for b in MAGNET {
            let demand = &self.demand[b];
            let prices = std::array::from_fn(|r| demand.price_in(r, market.prices[b]));
            let mut used_abroad = 0.0;
            for (r, uses) in demand.uses_at(&prices).iter().enumerate() {
                let total: f64 = uses.iter().sum();
                if r == 0 {
                    let magnets = total - uses[EndUse::NonMagnet.index()];
                    processed += model.base_price[b] * magnets;
                } else {
                    used_abroad += total;
                }
            }
            let shipments = (used_abroad - sold_outside[b]).max(0.0);
            processed += model.base_price[b] * model.magnet_share[b] * shipments;
            shipped += model.base_price[b] * shipments;
            abroad += model.base_price[b] * used_abroad;
        }
        let dependence = if abroad > 0.0 { shipped / abroad } else { 0.0 };
        ObjectiveTerms {
            rents,
            downstream: model.downstream_margin * processed,
            dependence: model.dependence_value * dependence,
        }
    }
}

/// A source of the fringe as an ore of a strategic player.
fn strategic(source: &FringeSupply<'_>) -> Controlled<N_BASKETS, PowerCost> {
    let supply = &source.supply;
    let most = if supply.elasticity > 0.0 { f64::INFINITY } else { supply.scale };
    Controlled {
        player: 1,
        yields: source.yields,
        revenue: source.revenue,
        constant: source.constant,
        cost: PowerCost::behind(supply),
        limit: supply.capacity.min(most),
    }
}

/// d ln own/d ln p of the first player's `NdPr` and `DyTb` from ± 1 % of its supply, all prices clearing; 0 where nothing
/// is sold.
fn measure<const N: usize, const K: usize>(
    market: &Market<'_>,
    found: &Conducted<N_BASKETS, N, K>,
) -> Result<[f64; N_BASKETS], PhysicalError> {
    let (own, cleared) = (&found.own[0], &found.market);
    let mut total = [0.0; N_BASKETS];
    for player in &found.own {
        for (sum, value) in total.iter_mut().zip(player) {
            *sum += value;
        }
    }
    let mut elasticity = [0.0; N_BASKETS];
    // LaCe is a by-product: nobody sets output by it.
    for b in MAGNET {
        if own[b] <= 0.0 || cleared.prices[b] <= 0.0 || cleared.dumped[b] > 0.0 {
            continue;
        }
        let mut ln_price = [0.0; 2];
        for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
            let (mut moved, mut start) = (total, cleared.prices);
            moved[b] += sign * PERTURBATION * own[b];
            // Where the formula would have the price.
            start[b] *= 1.0 - sign * PERTURBATION * found.inverse_residual_elasticity[0][b];
            let price = market.clear_smooth(&moved, &start)?.0[b];
            ln_price[side] = price.max(f64::MIN_POSITIVE).ln();
        }
        elasticity[b] =
            ((1.0 + PERTURBATION) / (1.0 - PERTURBATION)).ln() / (ln_price[0] - ln_price[1]);
    }
    Ok(elasticity)
}
