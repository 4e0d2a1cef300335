//! What a shock acts on, and which variables have cells in common.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::LicenceCells;
use crate::{Basket, EndUse, Ore, PhysicalError, Region};

/// What a shock acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Variable {
    /// Activity of an end use, in one region or in all: `activity.ev`, `activity.ev.china`.
    Activity(EndUse, Option<Region>),
    /// Rare earths a unit of activity, by end use and basket: `intensity.ev.DyTb`.
    Intensity(EndUse, Basket),
    /// Dy and Tb per magnet that buyers aim at, all regions; content follows at its own speed: `substitution`, −.3 for
    /// grades with 30 % less.
    Substitution,
    /// Monthly approval hazard of licences, all cells or some: `licence-hazard`, `licence-hazard.us.military.processed`;
    /// size −1 stops approvals.
    LicenceHazard(LicenceCells),
    /// Share of desired shipments that needs no licence, all cells: `licence-free-share`; size −1 puts every good under
    /// licence, those outside the control of the parameters included.
    LicenceFreeShare,
    /// Hazard of disruption, 0…1, that an announcement makes buyers perceive at least, in one region or in all:
    /// `announced-hazard`, `announced-hazard.us`.
    AnnouncedHazard(Option<Region>),
    /// Target of a region's strategic stockpile, an addition in days of use: `stockpile.us`.
    Stockpile(Region),
    /// Share of orders that go by way of an intermediary: `transit.europe`, `transit.taiwan`; size −1 shuts it.
    Transit(Region),
    /// Share of intermediaries' arrivals that can be diverted to regions refused licences: `leakage`.
    Leakage,
    /// Share of raw exports that leave as processed goods instead, an addition: `value-chain`; negative the other way
    /// round.
    ValueChain,
    /// Output limits of the dominant supplier's ores: `quota`.
    Quota,
    /// Growth of these limits: `quota-growth`; size −1 freezes them at their last level.
    QuotaGrowth,
    /// Availability of a fringe ore's output: `availability.myanmar`.
    Availability(Ore),
    /// Capacity of a fringe ore: `capacity.mt-weld`.
    Capacity(Ore),
    /// Collection of scrap: `recycling`.
    Recycling,
    /// Share of Mountain Pass concentrate that ships to China, an addition to it, kept between 0 and 1:
    /// `concentrate-shipments`; −1 stops them, +1 takes up what has been stopped.
    ConcentrateShipments,
    /// Mountain Pass's own separation, share of its output: `separation`.
    Separation,
    /// Import tariff of a region on rare earths from China, an addition to the rate: `tariff.us`.
    Tariff(Region),
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(end_use, None) => write!(f, "activity.{end_use}"),
            Self::Activity(end_use, Some(region)) => write!(f, "activity.{end_use}.{region}"),
            Self::Intensity(end_use, basket) => write!(f, "intensity.{end_use}.{basket}"),
            Self::Substitution => f.write_str("substitution"),
            Self::LicenceHazard(cells) => write!(f, "licence-hazard{cells}"),
            Self::AnnouncedHazard(None) => f.write_str("announced-hazard"),
            Self::AnnouncedHazard(Some(region)) => write!(f, "announced-hazard.{region}"),
            Self::Stockpile(region) => write!(f, "stockpile.{region}"),
            Self::Transit(region) => write!(f, "transit.{region}"),
            Self::Leakage => f.write_str("leakage"),
            Self::ValueChain => f.write_str("value-chain"),
            Self::LicenceFreeShare => f.write_str("licence-free-share"),
            Self::Quota => f.write_str("quota"),
            Self::QuotaGrowth => f.write_str("quota-growth"),
            Self::Availability(ore) => write!(f, "availability.{ore}"),
            Self::Capacity(ore) => write!(f, "capacity.{ore}"),
            Self::Recycling => f.write_str("recycling"),
            Self::ConcentrateShipments => f.write_str("concentrate-shipments"),
            Self::Separation => f.write_str("separation"),
            Self::Tariff(region) => write!(f, "tariff.{region}"),
        }
    }
}

impl FromStr for Variable {
    type Err = PhysicalError;

    fn from_str(text: &str) -> Result<Self, PhysicalError> {
        if let Some(cells) = text.strip_prefix("licence-hazard")
            && (cells.is_empty() || cells.starts_with('.'))
        {
            return cells.parse().map(Self::LicenceHazard);
        }
        let mut parts = text.split('.');
        let (head, first, second, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        Ok(match (head, first, second, rest) {
            (Some("activity"), Some(end_use), None, None) => Self::Activity(end_use.parse()?, None),
            (Some("activity"), Some(end_use), Some(region), None) => {
                Self::Activity(end_use.parse()?, Some(region.parse()?))
            }
            (Some("intensity"), Some(end_use), Some(basket), None) => {
                Self::Intensity(end_use.parse()?, basket.parse()?)
            }
            (Some("substitution"), None, None, None) => Self::Substitution,
            (Some("announced-hazard"), region, None, None) => {
                Self::AnnouncedHazard(region.map(abroad).transpose()?)
            }
            (Some("stockpile"), Some(region), None, None) => Self::Stockpile(abroad(region)?),
            (Some("transit"), Some(region), None, None) => Self::Transit(intermediary(region)?),
            (Some("leakage"), None, None, None) => Self::Leakage,
            (Some("value-chain"), None, None, None) => Self::ValueChain,
            (Some("licence-free-share"), None, None, None) => Self::LicenceFreeShare,
            (Some("quota"), None, None, None) => Self::Quota,
            (Some("quota-growth"), None, None, None) => Self::QuotaGrowth,
            (Some("availability"), Some(ore), None, None) => Self::Availability(fringe(ore)?),
            (Some("capacity"), Some(ore), None, None) => Self::Capacity(fringe(ore)?),
            (Some("recycling"), None, None, None) => Self::Recycling,
            (Some("concentrate-shipments"), None, None, None) => Self::ConcentrateShipments,
            (Some("separation"), None, None, None) => Self::Separation,
            (Some("tariff"), Some(region), None, None) => Self::Tariff(region.parse()?),
            _ => {
                return Err(PhysicalError::UnknownName {
                    name: text.to_owned(),
                    expected: "a variable: activity.USE[.REGION], intensity.USE.BASKET, substitution, \
                               licence-hazard[.REGION][.civil|.military][.raw|.processed], \
                               licence-free-share, announced-hazard[.REGION], stockpile.REGION, \
                               transit.europe, transit.taiwan, leakage, value-chain, quota, quota-growth, \
                               availability.ORE, capacity.ORE, recycling, concentrate-shipments, \
                               separation, tariff.REGION",
                });
            }
        })
    }
}

impl Variable {
    /// What is done to it when nothing is done: an addition to rates, shares and days that are zero unless
    /// somebody moves them, a factor for all others.
    pub const fn is_added(self) -> bool {
        matches!(
            self,
            Self::Tariff(_)
                | Self::ConcentrateShipments
                | Self::Stockpile(_)
                | Self::AnnouncedHazard(_)
                | Self::ValueChain
        )
    }

    /// Least and largest size of a shock, and what is said of any other.
    pub(super) const fn sizes(self) -> (f64, f64, &'static str) {
        match self {
            Self::Tariff(_) | Self::Stockpile(_) => (f64::MIN, f64::MAX, "finite"),
            Self::AnnouncedHazard(_) => (0.0, 1.0, "between 0 and 1"),
            Self::ValueChain => (-1.0, 1.0, "between −1 and 1"),
            Self::ConcentrateShipments => {
                (-1.0, 1.0, "between −1 and 1, since it is added to a share")
            }
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
            Self::Intensity(end_use, basket) => [Some(end_use.index()), Some(basket.index()), None],
            Self::LicenceHazard(cells) => [
                cells.region.map(Region::index),
                cells.purpose.map(|one| one as usize),
                cells.goods.map(|one| one as usize),
            ],
            Self::AnnouncedHazard(region) => [region.map(Region::index), None, None],
            Self::Tariff(region) | Self::Stockpile(region) | Self::Transit(region) => {
                [Some(region.index()), None, None]
            }
            Self::Substitution
            | Self::LicenceFreeShare
            | Self::Leakage
            | Self::ValueChain
            | Self::Quota
            | Self::QuotaGrowth
            | Self::Recycling
            | Self::ConcentrateShipments
            | Self::Separation => [None; 3],
        }
    }
}

/// A region outside China.
pub(super) fn abroad(name: &str) -> Result<Region, PhysicalError> {
    let region: Region = name.parse()?;
    if region == Region::China {
        return Err(PhysicalError::UnknownName {
            name: name.to_owned(),
            expected: "a region outside China: japan, us, europe, korea, vietnam, taiwan, rest",
        });
    }
    Ok(region)
}

/// A region that passes goods on.
fn intermediary(name: &str) -> Result<Region, PhysicalError> {
    let region: Region = name.parse()?;
    if Region::INTERMEDIARIES.contains(&region) {
        return Ok(region);
    }
    Err(PhysicalError::UnknownName {
        name: name.to_owned(),
        expected: "an intermediary: transit.europe, transit.taiwan",
    })
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
            "intensity.ev.DyTb",
            "substitution",
            "licence-hazard",
            "licence-hazard.us",
            "licence-hazard.military",
            "licence-hazard.processed",
            "licence-hazard.us.civil.raw",
            "announced-hazard",
            "announced-hazard.japan",
            "stockpile.korea",
            "transit.taiwan",
            "leakage",
            "value-chain",
            "recycling",
            "concentrate-shipments",
            "separation",
            "licence-free-share",
            "quota",
            "quota-growth",
            "availability.myanmar",
            "capacity.mt-weld",
            "tariff.us",
        ] {
            assert_eq!(variable(text).to_string(), text);
        }
        for text in [
            "activity",
            "activity.ev.mars",
            "quota.us",
            "availability.china-clay",
            "licence-hazard.",
            "licence-hazard.china",
            "licence-hazard.raw.us",
            "licence-hazard.us.us",
            "licence-hazards",
            "announced-hazard.china",
            "announced-hazard.us.raw",
            "stockpile",
            "stockpile.china",
            "transit.us",
            "transit",
            "leakage.us",
            "",
        ] {
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
        let (us, raw) = (variable("licence-hazard.us"), variable("licence-hazard.raw"));
        assert!(us.overlaps(raw) && !us.contains(raw) && variable("licence-hazard").contains(us));
    }
}
