//! Scenarios: named sets of shocks to activity, licences, quotas, capacity and tariffs.
//!
//! A shock multiplies its variable by `1 + size · shape(months since start)`; for tariffs it adds `size · shape` to the
//! rate. A step stays on (or ends after `months`), a pulse decays by the factor `decay` each month. An announced shock
//! is known to the dominant supplier when it sets quantities before the start, a surprise is not. A size of zero gives
//! factors of exactly one.

use std::fmt;
use std::str::FromStr;

use monazite_series::{Frequency, Period};
use serde::{Deserialize, Serialize};

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
    /// Monthly approval hazard of licences, all cells: `licence-hazard`; size −1 stops approvals.
    LicenceHazard,
    /// Output limits of the dominant supplier's ores: `quota`.
    Quota,
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
            Self::LicenceHazard => f.write_str("licence-hazard"),
            Self::Quota => f.write_str("quota"),
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
            (Some("licence-hazard"), None, None, None) => Self::LicenceHazard,
            (Some("quota"), None, None, None) => Self::Quota,
            (Some("availability"), Some(ore), None, None) => Self::Availability(fringe(ore)?),
            (Some("capacity"), Some(ore), None, None) => Self::Capacity(fringe(ore)?),
            (Some("recycling"), None, None, None) => Self::Recycling,
            (Some("concentrate-shipments"), None, None, None) => Self::ConcentrateShipments,
            (Some("separation"), None, None, None) => Self::Separation,
            (Some("tariff"), Some(region), None, None) => Self::Tariff(region.parse()?),
            _ => {
                return Err(PhysicalError::UnknownName {
                    name: text.to_owned(),
                    expected: "a variable: activity.USE[.REGION], intensity.USE.BASKET, substitution, licence-hazard, quota, availability.ORE, \
                               capacity.ORE, recycling, concentrate-shipments, separation, tariff.REGION",
                });
            }
        })
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
            let lowest =
                if matches!(shock.variable, Variable::Tariff(_)) { f64::MIN } else { -1.0 };
            if !shock.size.is_finite() || shock.size < lowest {
                return Err(crate::error::out_of_range(
                    &name,
                    shock.size,
                    "finite and no less than −1",
                ));
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
