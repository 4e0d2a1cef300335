//! Scenarios: named sets of shocks to activity, licences, quotas, capacity and tariffs.
//!
//! A shock multiplies its variable by `1 + size · shape(months since start)`; to tariffs, days of a stockpile and the
//! shift along the value chain it adds `size · shape`, and an announced hazard is `size · shape` itself. A step stays on (or ends after `months`), a pulse decays by the factor `decay` each month. An announced shock
//! is known to the dominant supplier when it sets quantities before the start, a surprise is not. A size of zero gives
//! factors of exactly one.

use std::fmt;
use std::str::FromStr;

use monazite_series::{Frequency, Period};
use serde::{Deserialize, Serialize};

use crate::{EndUse, Goods, Ore, PhysicalError, Region, UseClass};

/// What a shock acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Variable {
    /// Activity of an end use, in one region or in all: `activity.ev`, `activity.ev.china`.
    Activity(EndUse, Option<Region>),
    /// Monthly approval hazard of licences, all cells or some: `licence-hazard`, `licence-hazard.us.military.processed`;
    /// size −1 stops approvals.
    LicenceHazard(LicenceCells),
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
    /// Availability of a fringe ore's output: `availability.myanmar`.
    Availability(Ore),
    /// Capacity of a fringe ore: `capacity.mt-weld`.
    Capacity(Ore),
    /// Import tariff of a region on rare earths from China, an addition to the rate: `tariff.us`.
    Tariff(Region),
}

impl Variable {
    /// Least and largest size of a shock, and what is said of any other.
    const fn sizes(self) -> (f64, f64, &'static str) {
        match self {
            Self::Tariff(_) | Self::Stockpile(_) => (f64::MIN, f64::MAX, "finite"),
            Self::AnnouncedHazard(_) => (0.0, 1.0, "between 0 and 1"),
            Self::ValueChain => (-1.0, 1.0, "between −1 and 1"),
            _ => (-1.0, f64::MAX, "finite and no less than −1"),
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(end_use, None) => write!(f, "activity.{end_use}"),
            Self::Activity(end_use, Some(region)) => write!(f, "activity.{end_use}.{region}"),
            Self::LicenceHazard(cells) => write!(f, "licence-hazard{cells}"),
            Self::AnnouncedHazard(None) => f.write_str("announced-hazard"),
            Self::AnnouncedHazard(Some(region)) => write!(f, "announced-hazard.{region}"),
            Self::Stockpile(region) => write!(f, "stockpile.{region}"),
            Self::Transit(region) => write!(f, "transit.{region}"),
            Self::Leakage => f.write_str("leakage"),
            Self::ValueChain => f.write_str("value-chain"),
            Self::Quota => f.write_str("quota"),
            Self::Availability(ore) => write!(f, "availability.{ore}"),
            Self::Capacity(ore) => write!(f, "capacity.{ore}"),
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
            (Some("announced-hazard"), region, None, None) => {
                Self::AnnouncedHazard(region.map(abroad).transpose()?)
            }
            (Some("stockpile"), Some(region), None, None) => Self::Stockpile(abroad(region)?),
            (Some("transit"), Some(region), None, None) => {
                let region: Region = region.parse()?;
                if !Region::INTERMEDIARIES.contains(&region) {
                    return Err(PhysicalError::UnknownName {
                        name: text.to_owned(),
                        expected: "an intermediary: transit.europe, transit.taiwan",
                    });
                }
                Self::Transit(region)
            }
            (Some("leakage"), None, None, None) => Self::Leakage,
            (Some("value-chain"), None, None, None) => Self::ValueChain,
            (Some("quota"), None, None, None) => Self::Quota,
            (Some("availability"), Some(ore), None, None) => Self::Availability(fringe(ore)?),
            (Some("capacity"), Some(ore), None, None) => Self::Capacity(fringe(ore)?),
            (Some("tariff"), Some(region), None, None) => Self::Tariff(region.parse()?),
            _ => {
                return Err(PhysicalError::UnknownName {
                    name: text.to_owned(),
                    expected: "a variable: activity.USE[.REGION], licence-hazard[.REGION][.civil|.military][.raw|.processed], \
                               announced-hazard[.REGION], stockpile.REGION, transit.europe, transit.taiwan, leakage, \
                               value-chain, quota, availability.ORE, capacity.ORE, tariff.REGION",
                });
            }
        })
    }
}

/// Some cells of the licence queue: those of a region, a class of use and a class of goods, or all where `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LicenceCells {
    /// Destination.
    pub region: Option<Region>,
    /// Civil or military.
    pub purpose: Option<UseClass>,
    /// Raw or processed.
    pub goods: Option<Goods>,
}

impl LicenceCells {
    /// Whether a cell is among them.
    pub fn contains(&self, region: Region, purpose: UseClass, goods: Goods) -> bool {
        self.region.is_none_or(|one| one == region)
            && self.purpose.is_none_or(|one| one == purpose)
            && self.goods.is_none_or(|one| one == goods)
    }
}

impl fmt::Display for LicenceCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.region.map(Region::name),
            self.purpose.map(UseClass::name),
            self.goods.map(Goods::name),
        ];
        parts.into_iter().flatten().try_for_each(|part| write!(f, ".{part}"))
    }
}

impl FromStr for LicenceCells {
    type Err = PhysicalError;

    /// Reads what [`fmt::Display`] prints: `.us.military.processed`, any part left out, in this order.
    fn from_str(text: &str) -> Result<Self, PhysicalError> {
        let unknown = || PhysicalError::UnknownName {
            name: format!("licence-hazard{text}"),
            expected: "licence-hazard[.REGION][.civil|.military][.raw|.processed], REGION not china",
        };
        let mut cells = Self::default();
        for part in text.split('.').skip(1) {
            let before_goods = cells.goods.is_none();
            if let Ok(region) = abroad(part)
                && cells == Self::default()
            {
                cells.region = Some(region);
            } else if let Some(purpose) = UseClass::ALL.into_iter().find(|one| one.name() == part)
                && cells.purpose.is_none()
                && before_goods
            {
                cells.purpose = Some(purpose);
            } else if let Some(goods) = Goods::ALL.into_iter().find(|one| one.name() == part)
                && before_goods
            {
                cells.goods = Some(goods);
            } else {
                return Err(unknown());
            }
        }
        Ok(cells)
    }
}

/// A region outside China.
fn abroad(name: &str) -> Result<Region, PhysicalError> {
    let region: Region = name.parse()?;
    if region == Region::China {
        return Err(PhysicalError::UnknownName {
            name: name.to_owned(),
            expected: "a region outside China: japan, us, europe, korea, vietnam, taiwan, rest",
        });
    }
    Ok(region)
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

/// When a shock starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ShockStart {
    /// This many months after the first simulated month.
    AfterMonths(u32),
    /// In this month.
    Month(Period),
}

/// How a shock runs on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Full size from the start on.
    Step,
    /// Full size at the start, decaying by this factor each month.
    Pulse {
        /// Factor by which the shock shrinks each month, 0…1.
        decay: f64,
    },
}

/// One change of one variable.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shock {
    /// What it acts on.
    pub variable: Variable,
    /// Relative change (.3 is +30 %); for a tariff, the addition to the rate.
    pub size: f64,
    /// When it starts.
    pub start: ShockStart,
    /// How it runs on.
    pub shape: Shape,
    /// Months after which it ends; without it the shock stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<u32>,
    /// Whether the dominant supplier knows of it before it starts.
    #[serde(default)]
    pub announced: bool,
}

/// A named set of shocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name, as typed.
    pub id: String,
    /// One line for tables.
    pub title: String,
    /// The shocks; none in the baseline.
    #[serde(default)]
    pub shocks: Vec<Shock>,
}

/// The scenarios shipped with the crate: id and TOML text of a [`Scenario`].
pub const PRESETS: &[(&str, &str)] = &[
    ("baseline", include_str!("../presets/baseline.toml")),
    ("ev-up-30", include_str!("../presets/ev-up-30.toml")),
    ("wind-up-40", include_str!("../presets/wind-up-40.toml")),
    ("both-booms", include_str!("../presets/both-booms.toml")),
    ("licence-stop", include_str!("../presets/licence-stop.toml")),
];

impl Scenario {
    /// No shocks.
    pub fn baseline() -> Self {
        Self {
            id: "baseline".into(),
            title: "Baseline: activity as forecast, licences as in force".into(),
            shocks: Vec::new(),
        }
    }

    /// Checks sizes, shapes and months.
    ///
    /// # Errors
    /// The first shock that makes no sense.
    pub fn check(&self) -> Result<(), PhysicalError> {
        for shock in &self.shocks {
            let name = format!("size of {} in scenario {}", shock.variable, self.id);
            let (low, high, requirement) = shock.variable.sizes();
            if !(low..=high).contains(&shock.size) {
                return Err(crate::error::out_of_range(&name, shock.size, requirement));
            }
            if let Shape::Pulse { decay } = shock.shape {
                crate::error::share(
                    &format!("decay of {} in scenario {}", shock.variable, self.id),
                    decay,
                )?;
            }
            if let ShockStart::Month(period) = shock.start
                && period.frequency() != Frequency::Month
            {
                return Err(PhysicalError::Period {
                    period: period.to_string(),
                    problem: "a shock starts in a month",
                });
            }
        }
        Ok(())
    }

    /// Addition to a region's tariff in a month, as far as it is known in an earlier one.
    pub(crate) fn known_tariff(
        &self,
        region: Region,
        start: Period,
        month_idx: usize,
        known_in: usize,
    ) -> f64 {
        self.shocks
            .iter()
            .filter(|shock| shock.variable == Variable::Tariff(region))
            // What is on in the month is known at its end, when orders are placed.
            .filter(|shock| shock.is_known(start, known_in + 1))
            .map(|shock| shock.size_in(start, month_idx))
            .sum()
    }

    /// First month, counted from `start`, in which a shock is on; `None` without shocks.
    pub fn first_month(&self, start: Period) -> Option<usize> {
        self.shocks.iter().map(|shock| shock.first_month(start).max(0) as usize).min()
    }
}

impl Shock {
    fn first_month(&self, start: Period) -> i64 {
        match self.start {
            ShockStart::AfterMonths(n) => i64::from(n),
            ShockStart::Month(month) => month.ordinal() - start.ordinal(),
        }
    }

    /// Size in the month `month_idx` after `start`: 0 before the shock begins and after it ends.
    pub fn size_in(&self, start: Period, month_idx: usize) -> f64 {
        let age = month_idx as i64 - self.first_month(start);
        if age < 0 || self.months.is_some_and(|n| age >= i64::from(n)) {
            return 0.0;
        }
        match self.shape {
            Shape::Step => self.size,
            Shape::Pulse { decay } => self.size * decay.powi(age as i32),
        }
    }

    /// Whether the supplier who decides at the beginning of `decision_month` knows of the shock: a surprise of that month
    /// is not known yet.
    pub(crate) fn is_known(&self, start: Period, decision_month: usize) -> bool {
        self.announced || self.first_month(start) < decision_month as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_as_they_are_written() {
        for text in [
            "activity.ev",
            "activity.ev.china",
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
            "tariff.us",
        ] {
            let variable: Variable = text.parse().unwrap();
            assert_eq!(variable.to_string(), text);
        }
        for text in [
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
        ] {
            assert!(text.parse::<Variable>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_without_a_meaning_are_refused() {
        for (variable, size, fits) in [
            ("stockpile.us", 180.0, true),
            ("stockpile.us", -30.0, true),
            ("announced-hazard", 1.0, true),
            ("announced-hazard", 1.1, false),
            ("announced-hazard", -0.1, false),
            ("value-chain", 0.2, true),
            ("value-chain", 1.5, false),
            ("licence-hazard.us", -1.1, false),
            ("tariff.us", f64::NAN, false),
        ] {
            let shock = Shock {
                variable: variable.parse().unwrap(),
                size,
                start: ShockStart::AfterMonths(0),
                shape: Shape::Step,
                months: None,
                announced: false,
            };
            let scenario = Scenario { shocks: vec![shock], ..Scenario::baseline() };
            assert_eq!(scenario.check().is_ok(), fits, "{variable} {size}");
        }
    }
}
