//! What next month can bring: yields, persistent states, and the quadrature over both.
//!
//! A normal innovation e is integrated by Gauss–Legendre panels that end where the integrand has a kink: at the
//! stock-out availability and where the price meets its floor. Between kinks the integrand is smooth and ten nodes a
//! panel leave an error near 1e-9; Gauss–Hermite nodes, blind to the kink, leave one near 1e-3 (VERIFICATION.md).

use monazite_stochastic::Stream;

use crate::PhysicalError;
use crate::error::{not_negative, out_of_range, positive, share};

/// Standard deviations beyond which a normal innovation has probability 2e-9, taken as none.
pub(super) const REACH: f64 = 6.0;
/// Panels before splitting: three of four standard deviations each.
const PANEL_ENDS: [f64; 4] = [-REACH, -2.0, 2.0, REACH];
/// Gauss–Legendre nodes of a panel.
const PANEL_NODES: usize = 10;
/// Nodes for yields where the innovation of a persistent state is the variable that is split.
const OUTER_NODES: usize = 7;

/// Share of planned supply that arrives, mean 1 unless listed.
#[derive(Debug, Clone, PartialEq)]
pub enum Yield {
    /// All of it.
    Certain,
    /// 1 + σe.
    Normal {
        /// σ, below 1/6, so that the yield cannot be negative.
        sd: f64,
    },
    /// exp(σe − σ²/2).
    LogNormal {
        /// σ.
        sd: f64,
    },
    /// Values with their probabilities.
    Discrete(Vec<(f64, f64)>),
}

impl Yield {
    /// 1 + σe at the nodes of an `n`-point Gauss–Hermite rule.
    ///
    /// # Errors
    /// `n` is 0 or above 64, or a node at which the yield is negative.
    pub fn gauss_hermite(sd: f64, n: usize) -> Result<Self, PhysicalError> {
        if n == 0 || n > 64 {
            return Err(out_of_range("Gauss–Hermite nodes", n as f64, "1 to 64"));
        }
        let nodes = hermite_rule(n);
        let discrete =
            Self::Discrete(nodes.into_iter().map(|(e, weight)| (1.0 + sd * e, weight)).collect());
        discrete.check()?;
        Ok(discrete)
    }

    pub(super) fn check(&self) -> Result<(), PhysicalError> {
        match self {
            Self::Certain => Ok(()),
            Self::Normal { sd } if *sd > 0.0 && *sd * REACH < 1.0 => Ok(()),
            Self::Normal { sd } => {
                Err(out_of_range("s.d. of a normal yield", *sd, "above 0, below 1/6"))
            }
            Self::LogNormal { sd } => positive("s.d. of a log-normal yield", *sd),
            Self::Discrete(values) => {
                let mut sum = 0.0;
                for &(value, probability) in values {
                    not_negative("a yield", value)?;
                    share("probability of a yield", probability)?;
                    sum += probability;
                }
                if (sum - 1.0).abs() > 1e-9 {
                    return Err(out_of_range("sum of the probabilities of yields", sum, "1"));
                }
                Ok(())
            }
        }
    }

    /// The innovation at which the yield is `value`, where it has one.
    pub(super) fn innovation(&self, value: f64) -> Option<f64> {
        match self {
            Self::Normal { sd } => Some((value - 1.0) / sd),
            Self::LogNormal { sd } if value > 0.0 => Some((value.ln() + 0.5 * sd * sd) / sd),
            _ => None,
        }
    }

    /// The yield at a normal innovation; 1 where yields do not have one.
    pub(super) fn at(&self, e: f64) -> f64 {
        match self {
            Self::Normal { sd } => 1.0 + sd * e,
            Self::LogNormal { sd } => (sd * e - 0.5 * sd * sd).exp(),
            _ => 1.0,
        }
    }

    /// Values and probabilities, if there are finitely many.
    pub(super) fn values(&self) -> Option<Vec<(f64, f64)>> {
        match self {
            Self::Certain => Some(vec![(1.0, 1.0)]),
            Self::Discrete(values) => Some(values.clone()),
            _ => None,
        }
    }

    /// Finitely many values in place of the distribution.
    pub(super) fn discretised(&self) -> Vec<(f64, f64)> {
        self.values().unwrap_or_else(|| {
            hermite_rule(OUTER_NODES).into_iter().map(|(e, weight)| (self.at(e), weight)).collect()
        })
    }

    /// A yield drawn from a stream.
    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Certain => 1.0,
            Self::Discrete(values) => {
                pick(values.iter().map(|&(_, probability)| probability), stream.uniform())
                    .map_or(1.0, |at| values[at].0)
            }
            _ => self.at(stream.normal().clamp(-REACH, REACH)),
        }
    }

    /// Standard deviation.
    pub(super) fn sd(&self) -> f64 {
        match self {
            Self::Certain => 0.0,
            Self::Normal { sd } | Self::LogNormal { sd } => *sd,
            Self::Discrete(values) => {
                let mean: f64 = values.iter().map(|(v, p)| v * p).sum();
                values.iter().map(|(v, p)| p * (v - mean).powi(2)).sum::<f64>().sqrt()
            }
        }
    }
}

/// Index at which cumulated probability passes `u`; the last one if rounding keeps it below.
pub(super) fn pick(probabilities: impl Iterator<Item = f64>, u: f64) -> Option<usize> {
    let (mut sum, mut last) = (0.0, None);
    for (at, probability) in probabilities.enumerate() {
        sum += probability;
        if probability > 0.0 {
            last = Some(at);
        }
        if u < sum {
            return Some(at);
        }
    }
    last
}

/// A persistent state of the market: factors on demand at every price and on supply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarketState {
    /// Factor on the quantity demanded.
    pub demand: f64,
    /// Factor on the supply that arrives.
    pub supply: f64,
}

/// What is known today about next month's market.
#[derive(Debug, Clone, PartialEq)]
pub enum Persistence {
    /// Nothing: months differ by their yields only.
    None,
    /// A finite Markov chain.
    Chain {
        /// The states.
        states: Vec<MarketState>,
        /// Probability of the next state (column) given the present one (row).
        transition: Vec<Vec<f64>>,
    },
    /// Demand is scaled by e^x with x′ = φx + σe; solved at points of x and interpolated between them.
    Autoregressive {
        /// φ, in [0, 1).
        persistence: f64,
        /// σ, standard deviation of a month's innovation.
        sd: f64,
        /// Points of x, over four unconditional standard deviations either side.
        n_points: usize,
    },
}

impl Persistence {
    /// The chain of Rouwenhorst (1995) for x′ = φx + σe, demand scaled by e^x: it has the mean, variance and
    /// autocorrelation of the process exactly (Kopecky and Suen 2010, Review of Economic Dynamics 13(3)).
    ///
    /// # Errors
    /// φ outside [0, 1), σ not positive, fewer than two states.
    pub fn rouwenhorst(persistence: f64, sd: f64, n_states: usize) -> Result<Self, PhysicalError> {
        check_autoregression(persistence, sd)?;
        if n_states < 2 {
            return Err(out_of_range("states of a chain", n_states as f64, "2 or more"));
        }
        let stay = 0.5 * (1.0 + persistence);
        let mut transition = vec![vec![stay, 1.0 - stay], vec![1.0 - stay, stay]];
        for n in 3..=n_states {
            let mut larger = vec![vec![0.0; n]; n];
            for (i, row) in transition.iter().enumerate() {
                for (j, &value) in row.iter().enumerate() {
                    larger[i][j] += stay * value;
                    larger[i][j + 1] += (1.0 - stay) * value;
                    larger[i + 1][j] += (1.0 - stay) * value;
                    larger[i + 1][j + 1] += stay * value;
                }
            }
            // Rows between the first and the last have been counted twice.
            for row in &mut larger[1..n - 1] {
                for value in row {
                    *value *= 0.5;
                }
            }
            transition = larger;
        }
        let top = ((n_states - 1) as f64).sqrt() * sd / (1.0 - persistence * persistence).sqrt();
        let states = (0..n_states)
            .map(|i| {
                let x = top * (2.0 * i as f64 / (n_states - 1) as f64 - 1.0);
                MarketState { demand: x.exp(), supply: 1.0 }
            })
            .collect();
        Ok(Self::Chain { states, transition })
    }

    pub(super) fn check(&self) -> Result<(), PhysicalError> {
        match self {
            Self::None => Ok(()),
            Self::Chain { states, transition } => check_chain(states, transition),
            Self::Autoregressive { persistence, sd, n_points } => {
                check_autoregression(*persistence, *sd)?;
                if !(5..=101).contains(n_points) {
                    return Err(out_of_range("points of the state", *n_points as f64, "5 to 101"));
                }
                Ok(())
            }
        }
    }
}

fn check_chain(states: &[MarketState], transition: &[Vec<f64>]) -> Result<(), PhysicalError> {
    let n = states.len();
    if n == 0 || transition.len() != n {
        let found = transition.len();
        return Err(PhysicalError::Length {
            name: "rows of the transition",
            expected: n.max(1),
            found,
        });
    }
    for (state, row) in states.iter().zip(transition) {
        positive("demand factor of a state", state.demand)?;
        not_negative("supply factor of a state", state.supply)?;
        if row.len() != n {
            let found = row.len();
            return Err(PhysicalError::Length {
                name: "a row of the transition",
                expected: n,
                found,
            });
        }
        for &probability in row {
            share("a transition probability", probability)?;
        }
        let sum: f64 = row.iter().sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(out_of_range("sum of a row of the transition", sum, "1"));
        }
    }
    Ok(())
}

fn check_autoregression(persistence: f64, sd: f64) -> Result<(), PhysicalError> {
    if !(0.0..1.0).contains(&persistence) {
        return Err(out_of_range("persistence of the state", persistence, "zero or more, below 1"));
    }
    positive("s.d. of the state's innovation", sd)
}

/// Nodes and weights on [−1, 1] for panels of a normal density.
#[derive(Debug, Clone)]
pub(super) struct Panels {
    rule: Vec<(f64, f64)>,
}

impl Panels {
    pub(super) fn new() -> Self {
        Self { rule: legendre_rule(PANEL_NODES) }
    }

    /// Innovations and their probabilities, panels split at `kinks` (in any order, any of them out of reach).
    pub(super) fn points<const N: usize>(&self, kinks: [f64; N], mut each: impl FnMut(f64, f64)) {
        const MAX: usize = 16;
        let mut ends = [f64::INFINITY; MAX];
        let mut n = 0;
        let inside = kinks.into_iter().filter(|kink| kink.abs() < REACH);
        for end in PANEL_ENDS.into_iter().chain(inside).take(MAX) {
            ends[n] = end;
            n += 1;
        }
        ends[..n].sort_unstable_by(f64::total_cmp);
        for pair in ends[..n].windows(2) {
            let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
            if half <= 0.0 {
                continue;
            }
            for &(node, weight) in &self.rule {
                let e = middle + half * node;
                let density = (-0.5 * e * e).exp() * INV_SQRT_TAU;
                each(e, half * weight * density);
            }
        }
    }
}

const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Gauss–Legendre on [−1, 1]: roots by Newton from Tricomi's approximation.
fn legendre_rule(n: usize) -> Vec<(f64, f64)> {
    let roots = (0..n).map(|i| {
        let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut now) = (1.0, x);
            for k in 2..=n {
                let k = k as f64;
                (before, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k);
            }
            slope = n as f64 * (x * now - before) / (x * x - 1.0);
            let step = now / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    });
    roots.collect()
}

/// Gauss–Hermite for the standard normal density: roots of Heₙ by bisection between those of Heₙ₋₁, which interlace.
fn hermite_rule(n: usize) -> Vec<(f64, f64)> {
    // Orthonormal polynomials do not overflow: √(k+1) h_{k+1} = x h_k − √k h_{k−1}.
    let value = |degree: usize, x: f64| {
        let (mut before, mut now) = (0.0, 1.0);
        for k in 0..degree {
            (before, now) = (now, (x * now - (k as f64).sqrt() * before) / ((k + 1) as f64).sqrt());
        }
        now
    };
    let mut roots: Vec<f64> = vec![0.0];
    for degree in 2..=n {
        let edge = 2.0 * (degree as f64).sqrt() + 1.0;
        let mut ends = vec![-edge];
        ends.extend(&roots);
        ends.push(edge);
        roots = ends
            .windows(2)
            .map(|pair| {
                let (mut low, mut high) = (pair[0], pair[1]);
                let sign = value(degree, low).signum();
                for _ in 0..80 {
                    let middle = 0.5 * (low + high);
                    if value(degree, middle).signum() == sign {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                0.5 * (low + high)
            })
            .collect();
    }
    roots
        .into_iter()
        .map(|x| {
            let sum: f64 = (0..n).map(|k| value(k, x).powi(2)).sum();
            (x, 1.0 / sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_integrate_moments_of_the_normal_and_a_kink_exactly() {
        let gauss = hermite_rule(7);
        for (power, moment) in [(0, 1.0), (1, 0.0), (2, 1.0), (4, 3.0), (6, 15.0), (12, 10395.0)] {
            let by_rule: f64 = gauss.iter().map(|(e, w)| w * e.powi(power)).sum();
            assert!((by_rule - moment).abs() < 1e-9 * (1.0 + moment), "{power}: {by_rule}");
        }
        // E max(e − a, 0) = φ(a) − a(1 − Φ(a)); for a = .3, by the tables of the normal distribution to 12 digits.
        let mut sum = 0.0;
        Panels::new().points([0.3, 99.0], |e, w| sum += w * (e - 0.3_f64).max(0.0));
        let exact = 0.381387815460524 - 0.3 * 0.382088577811047;
        assert!((sum - exact).abs() < 1e-8, "{sum} {exact}");
        let unaware: f64 = gauss.iter().map(|(e, w)| w * (e - 0.3).max(0.0)).sum();
        assert!((unaware - exact).abs() > 1e-3, "the kink matters: {unaware}");
    }

    #[test]
    fn the_chain_has_the_moments_of_the_autoregression() {
        let (phi, sd) = (0.9, 0.05);
        let Persistence::Chain { states, transition } =
            Persistence::rouwenhorst(phi, sd, 9).unwrap()
        else {
            panic!("a chain")
        };
        Persistence::Chain { states: states.clone(), transition: transition.clone() }
            .check()
            .unwrap();
        for (state, row) in states.iter().zip(&transition) {
            let x = state.demand.ln();
            let mean: f64 = states.iter().zip(row).map(|(s, p)| p * s.demand.ln()).sum();
            let square: f64 = states.iter().zip(row).map(|(s, p)| p * s.demand.ln().powi(2)).sum();
            assert!((mean - phi * x).abs() < 1e-12);
            assert!(square - mean * mean > 0.0);
        }
        // Invariant distribution: binomial(8, ½).
        let weights = [1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0].map(|c: f64| c / 256.0);
        let variance: f64 =
            states.iter().zip(weights).map(|(s, w)| w * s.demand.ln().powi(2)).sum();
        assert!((variance - sd * sd / (1.0 - phi * phi)).abs() < 1e-12);
    }

    #[test]
    fn impossible_outcomes_are_refused() {
        assert!(Yield::Normal { sd: 0.2 }.check().is_err());
        assert!(Yield::Normal { sd: f64::NAN }.check().is_err());
        assert!(Yield::LogNormal { sd: 0.0 }.check().is_err());
        assert!(Yield::Discrete(vec![(1.0, 0.5)]).check().is_err());
        assert!(Yield::Discrete(vec![(-1.0, 1.0)]).check().is_err());
        assert!(Yield::gauss_hermite(0.05, 0).is_err());
        let one = MarketState { demand: 1.0, supply: 1.0 };
        let chain = |transition| Persistence::Chain { states: vec![one; 2], transition }.check();
        assert!(chain(vec![vec![0.5, 0.5], vec![0.5, 0.6]]).is_err());
        assert!(chain(vec![vec![1.0], vec![0.5, 0.5]]).is_err());
        assert!(chain(vec![vec![1.0, 0.0]]).is_err());
        assert!(chain(vec![vec![0.5, 0.5], vec![1.0, 0.0]]).is_ok());
        let ar =
            |persistence, n_points| Persistence::Autoregressive { persistence, sd: 0.1, n_points };
        assert!(ar(1.0, 9).check().is_err() && ar(0.5, 4).check().is_err());
        assert!(ar(0.5, 9).check().is_ok());
    }
}
