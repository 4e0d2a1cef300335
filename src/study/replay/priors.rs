//! Priors of the licence queue and of the tariff, from what could be known on 31 March 2025.
//!
//! Sources and reasons are in docs/decisions/009-priors-of-the-replay.md, written before any replay was run: precedents
//! (gallium, germanium, graphite, antimony), the 45 working days of the dual-use regulation, the literature on magnets.
//! Nothing here was fitted to 2025.

use monazite_physical::OriginKind;
use monazite_stochastic::{Draws, Key, Purpose};
use serde::Serialize;

const QUEUE: Purpose = Purpose::named("replay: prior of the queue");

/// A parameter of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueParameter {
    /// h0.
    HazardControl,
    /// h1.
    HazardEased,
    /// ρ.
    Climb,
    /// κ.
    Withdrawal,
    /// 1 − f of magnets.
    LicensedMagnets,
    /// 1 − f of Dy and Tb in any form.
    LicensedHeavy,
    /// Military hazard over the civil one.
    MilitaryFactor,
    /// Rise of the American tariff.
    TariffRise,
}

/// A distribution on the line, a half of it, or an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "distribution")]
pub enum PriorDistribution {
    /// ln(x/(1 − x)) is normal around that of the median.
    LogitNormal {
        /// Median.
        median: f64,
        /// S.d. of the logit.
        sd: f64,
    },
    /// ln x is normal around that of the median.
    LogNormal {
        /// Median.
        median: f64,
        /// S.d. of the logarithm.
        sd: f64,
    },
    /// Equally likely between two ends.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
}

/// A prior with its origin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prior {
    /// Of what.
    pub parameter: QueueParameter,
    /// Symbol in tables.
    pub symbol: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Its distribution.
    pub distribution: PriorDistribution,
    /// Literature or assumed.
    pub origin: OriginKind,
    /// Citation or reason, in few words.
    pub reason: &'static str,
}

/// Number of priors.
pub const N_PRIORS: usize = 8;

/// One value of each parameter, in the order of [`PRIORS`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QueueDraw(pub [f64; N_PRIORS]);

/// The priors.
pub const PRIORS: [Prior; N_PRIORS] = [
    Prior {
        parameter: QueueParameter::HazardControl,
        symbol: "h0",
        title: "approved a month under the control",
        unit: "a month",
        distribution: PriorDistribution::LogitNormal { median: 0.06, sd: 1.0 },
        origin: OriginKind::Literature,
        reason: "first two months of five precedents: 0 to .28",
    },
    Prior {
        parameter: QueueParameter::HazardEased,
        symbol: "h1",
        title: "approved a month in the end",
        unit: "a month",
        distribution: PriorDistribution::LogitNormal { median: 0.50, sd: 0.8 },
        origin: OriginKind::Literature,
        reason: "45 working days (State Council Order 792)",
    },
    Prior {
        parameter: QueueParameter::Climb,
        symbol: "ρ",
        title: "speed of the climb",
        unit: "a month",
        distribution: PriorDistribution::LogNormal { median: 0.35, sd: 0.7 },
        origin: OriginKind::Literature,
        reason: "two months to .9 for gallium and germanium, longer for antimony",
    },
    Prior {
        parameter: QueueParameter::Withdrawal,
        symbol: "κ",
        title: "withdrawn or refused",
        unit: "a month",
        distribution: PriorDistribution::LogitNormal { median: 0.22, sd: 0.8 },
        origin: OriginKind::Assumed,
        reason: "a year on, gallium and germanium were at half of 2022",
    },
    Prior {
        parameter: QueueParameter::LicensedMagnets,
        symbol: "1 − f",
        title: "magnets that need a licence",
        unit: "share",
        distribution: PriorDistribution::LogitNormal { median: 0.60, sd: 0.6 },
        origin: OriginKind::Assumed,
        reason: "70 % of uses are not electronics; some grades hold no Dy or Tb; spill-over",
    },
    Prior {
        parameter: QueueParameter::LicensedHeavy,
        symbol: "1 − f, Dy and Tb",
        title: "Dy and Tb that need a licence",
        unit: "share",
        distribution: PriorDistribution::Uniform { low: 0.67, high: 1.0 },
        origin: OriginKind::Literature,
        reason: "Announcement 18 of 2025; range assumed",
    },
    Prior {
        parameter: QueueParameter::MilitaryFactor,
        symbol: "m",
        title: "military hazard over civil",
        unit: "1",
        distribution: PriorDistribution::Uniform { low: 0.0, high: 0.5 },
        origin: OriginKind::Assumed,
        reason: "refused in principle",
    },
    Prior {
        parameter: QueueParameter::TariffRise,
        symbol: "Δτ",
        title: "rise of the American tariff",
        unit: "1",
        distribution: PriorDistribution::Uniform { low: 0.10, high: 0.60 },
        origin: OriginKind::Assumed,
        reason: "steps of February and March to the campaign's sixty points",
    },
];

impl PriorDistribution {
    /// The value at a probability that is given as the normal z and the uniform u it belongs to.
    fn at(self, z: f64, u: f64) -> f64 {
        match self {
            Self::LogitNormal { median, sd } => {
                let odds = median / (1.0 - median) * (sd * z).exp();
                odds / (1.0 + odds)
            }
            Self::LogNormal { median, sd } => median * (sd * z).exp(),
            Self::Uniform { low, high } => low + u * (high - low),
        }
    }

    /// 2.5 %, 50 % and 97.5 % quantile.
    pub fn quantiles(self) -> [f64; 3] {
        const Z: f64 = 1.959_963_984_540_054;
        [(-Z, 0.025), (0.0, 0.5), (Z, 0.975)].map(|(z, u)| self.at(z, u))
    }
}

impl QueueDraw {
    /// The value of a parameter.
    pub fn of(&self, parameter: QueueParameter) -> f64 {
        // The priors are in the order of the parameters: a test compares them.
        self.0[parameter as usize]
    }
}

/// Draws from the priors: a function of seed, path and number of the draw.
#[derive(Debug, Clone, Copy)]
pub struct PriorDraws(Draws);

impl PriorDraws {
    /// With a seed.
    pub fn new(seed: u64) -> Self {
        Self(Key::new(seed).draws(QUEUE))
    }

    /// The `draw`th values of a path.
    pub fn at(self, path: u64, draw: u32) -> QueueDraw {
        QueueDraw(std::array::from_fn(|i| {
            let word = self.0.at(path, draw, i as u32);
            PRIORS[i].distribution.at(word.normal(), word.uniform())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_quantiles_of_the_table() {
        let draws = PriorDraws::new(3);
        let all: Vec<QueueDraw> = (0..20_000).map(|path| draws.at(path, 0)).collect();
        for (i, prior) in PRIORS.iter().enumerate() {
            let values: Vec<f64> = all.iter().map(|one| one.0[i]).collect();
            let found = monazite_stochastic::quantiles(&values, &[0.025, 0.5, 0.975]).unwrap();
            for (found, expected) in found.iter().zip(prior.distribution.quantiles()) {
                assert!(
                    (found / expected - 1.0).abs() < 0.05,
                    "{}: {found} {expected}",
                    prior.symbol
                );
            }
            assert_eq!((all[7].of(prior.parameter), prior.parameter as usize), (all[7].0[i], i));
        }
        // The page's rounded interval of h0, and other draws of a path.
        let [low, _, high] = PRIORS[0].distribution.quantiles();
        assert!((low - 0.009).abs() < 5e-4 && (high - 0.31).abs() < 5e-3);
        assert_ne!(draws.at(1, 0), draws.at(1, 1));
    }
}
