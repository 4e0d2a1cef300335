//! What a shock acts on, and which variables have cells in common.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{EndUse, Ore, PhysicalError, Region};

/// What a shock acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Variable {
    /// Activity of an end use, in one region or in all: `activity.ev`, `activity.ev.china`.
    Activity(EndUse, Option<Region>),
    /// Monthly approval hazard of licences, all cells: `licence-hazard`; size −1 stops approvals.
    LicenceHazard,
    /// Share of desired shipments that needs no licence, all cells: `licence-free-share`; size −1 puts every good under
    /// licence, those outside the control of the parameters included.
    LicenceFreeShare,
    /// Output limits of the dominant supplier's ores: `quota`.
    Quota,
    /// Growth of these limits: `quota-growth`; size −1 freezes them at their last level.
    QuotaGrowth,
    /// Availability of a fringe ore's output: `availability.myanmar`.
    Availability(Ore),
    /// Capacity of a fringe ore: `capacity.mt-weld`.
    Capacity(Ore),
    /// Import tariff of a region on rare earths from China, an addition to the rate: `tariff.us`.
    Tariff(Region),
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(end_use, None) => write!(f, "activity.{end_use}"),
            Self::Activity(end_use, Some(region)) => write!(f, "activity.{end_use}.{region}"),
            Self::LicenceHazard => f.write_str("licence-hazard"),
            Self::LicenceFreeShare => f.write_str("licence-free-share"),
            Self::Quota => f.write_str("quota"),
            Self::QuotaGrowth => f.write_str("quota-growth"),
            Self::Availability(ore) => write!(f, "availability.{ore}"),
            Self::Capacity(ore) => write!(f, "capacity.{ore}"),
            Self::Tariff(region) => write!(f, "tariff.{region}"),
        }
    }
}

impl FromStr for Variable {
    type Err = PhysicalError;

    fn from_str(text: &str) -> Result<Self, PhysicalError> {
        let mut parts = text.split('.');
        let (head, first, second, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        Ok(match (head, first, second, rest) {
            (Some("activity"), Some(end_use), None, None) => Self::Activity(end_use.parse()?, None),
            (Some("activity"), Some(end_use), Some(region), None) => {
                Self::Activity(end_use.parse()?, Some(region.parse()?))
            }
            (Some("licence-hazard"), None, None, None) => Self::LicenceHazard,
            (Some("licence-free-share"), None, None, None) => Self::LicenceFreeShare,
            (Some("quota"), None, None, None) => Self::Quota,
            (Some("quota-growth"), None, None, None) => Self::QuotaGrowth,
            (Some("availability"), Some(ore), None, None) => Self::Availability(fringe(ore)?),
            (Some("capacity"), Some(ore), None, None) => Self::Capacity(fringe(ore)?),
            (Some("tariff"), Some(region), None, None) => Self::Tariff(region.parse()?),
            _ => {
                return Err(PhysicalError::UnknownName {
                    name: text.to_owned(),
                    expected: "a variable: activity.USE[.REGION], licence-hazard, licence-free-share, \
                               quota, quota-growth, availability.ORE, capacity.ORE, tariff.REGION",
                });
            }
        })
    }
}

impl Variable {
    /// What is done to it when nothing is done: an addition to the rate for tariffs, a factor for all others.
    pub const fn is_added(self) -> bool {
        matches!(self, Self::Tariff(_))
    }

    /// Least and largest size of a shock, and what is said of any other.
    pub(super) const fn sizes(self) -> (f64, f64, &'static str) {
        match self {
            Self::Tariff(_) => (f64::MIN, f64::MAX, "finite"),
            _ => (
                -1.0,
                f64::MAX,
                "finite and no less than −1, since nothing falls by more than all of it",
            ),
        }
    }

    /// Whether its growth can be changed: quantities that have a level of their own.
    pub const fn can_grow(self) -> bool {
        matches!(self, Self::Activity(..) | Self::Quota | Self::Capacity(_))
    }

    /// Whether some cell belongs to both.
    pub fn overlaps(self, other: Self) -> bool {
        self.pairs(other, |a, b| a.is_none() || b.is_none() || a == b)
    }

    /// Whether every cell of `other` belongs to it.
    pub fn contains(self, other: Self) -> bool {
        self.pairs(other, |a, b| a.is_none() || a == b)
    }

    fn pairs(self, other: Self, agree: fn(Option<usize>, Option<usize>) -> bool) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
            && self.coordinates().into_iter().zip(other.coordinates()).all(|(a, b)| agree(a, b))
    }

    /// Which cells of its kind it is; `None` stands for all along that dimension.
    fn coordinates(self) -> [Option<usize>; 3] {
        match self {
            Self::Activity(end_use, region) => {
                [Some(end_use.index()), region.map(Region::index), None]
            }
            Self::Availability(ore) | Self::Capacity(ore) => [Some(ore.index()), None, None],
            Self::Tariff(region) => [Some(region.index()), None, None],
            Self::LicenceHazard | Self::LicenceFreeShare | Self::Quota | Self::QuotaGrowth => {
                [None; 3]
            }
        }
    }
}

fn fringe(name: &str) -> Result<Ore, PhysicalError> {
    let ore: Ore = name.parse()?;
    if Ore::FRINGE.contains(&ore) {
        return Ok(ore);
    }
    Err(PhysicalError::UnknownName {
        name: name.to_owned(),
        expected: "a fringe ore: myanmar, mountain-pass, mt-weld, other",
    })
}

impl TryFrom<String> for Variable {
    type Error = PhysicalError;

    fn try_from(text: String) -> Result<Self, PhysicalError> {
        text.parse()
    }
}

impl From<Variable> for String {
    fn from(variable: Variable) -> Self {
        variable.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(text: &str) -> Variable {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_read_back() {
        for text in [
            "activity.ev",
            "activity.wind.china",
            "licence-hazard",
            "licence-free-share",
            "quota",
            "quota-growth",
            "availability.myanmar",
            "capacity.mt-weld",
            "tariff.us",
        ] {
            assert_eq!(variable(text).to_string(), text);
        }
        for text in ["activity", "activity.ev.mars", "quota.us", "availability.china-clay", ""] {
            assert!(text.parse::<Variable>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_use_everywhere_contains_it_in_one_region() {
        let (all, china) = (variable("activity.ev"), variable("activity.ev.china"));
        assert!(all.contains(china) && !china.contains(all) && china.overlaps(all));
        for other in ["activity.wind", "activity.ev.us", "quota", "tariff.china"] {
            assert!(!china.overlaps(variable(other)), "{other}");
        }
        assert!(!variable("quota").overlaps(variable("quota-growth")));
        assert!(variable("tariff.us").contains(variable("tariff.us")));
    }
}
