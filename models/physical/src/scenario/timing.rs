//! When a shock starts, and from when on it is known.

use std::fmt;

use monazite_series::{Frequency, Period};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// When a shock starts: `start = 3` or `start = "2026-07"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ShockStart {
    /// This many months after the first simulated month.
    AfterMonths(u32),
    /// In this month.
    Month(Period),
}

impl ShockStart {
    /// Months after `start`, negative before it.
    pub fn months_after(self, start: Period) -> i64 {
        match self {
            Self::AfterMonths(n) => i64::from(n),
            Self::Month(month) => month.ordinal() - start.ordinal(),
        }
    }

    pub(crate) fn is_month(self) -> bool {
        match self {
            Self::AfterMonths(_) => true,
            Self::Month(period) => period.frequency() == Frequency::Month,
        }
    }

    /// Whether it is later than `other` whatever the first simulated month; two times of different kinds are not compared.
    pub(crate) fn is_after(self, other: Self) -> bool {
        match (self, other) {
            (Self::AfterMonths(a), Self::AfterMonths(b)) => a > b,
            (Self::Month(a), Self::Month(b)) => a.ordinal() > b.ordinal(),
            _ => false,
        }
    }
}

/// Whether the dominant supplier and the buyers know of a shock before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Announcement {
    /// They do not: `announced = false`.
    #[default]
    Surprise,
    /// From the first simulated month on: `announced = true`.
    Before,
    /// It is news in this month: `announced = 2` or `announced = "2026-05"`.
    In(ShockStart),
}

impl From<bool> for Announcement {
    fn from(announced: bool) -> Self {
        if announced { Self::Before } else { Self::Surprise }
    }
}

impl Serialize for Announcement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Surprise => serializer.serialize_bool(false),
            Self::Before => serializer.serialize_bool(true),
            Self::In(when) => when.serialize(serializer),
        }
    }
}

/// Reads a number of months or a month, and a truth value if `boolean`.
struct When {
    boolean: bool,
}

impl Visitor<'_> for When {
    type Value = Announcement;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.boolean { "true, false, " } else { "" })?;
        f.write_str("a number of months or a month such as \"2026-07\"")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Announcement, E> {
        if self.boolean {
            return Ok(value.into());
        }
        Err(E::invalid_type(Unexpected::Bool(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Announcement, E> {
        u32::try_from(value)
            .map(|months| Announcement::In(ShockStart::AfterMonths(months)))
            .map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Announcement, E> {
        i64::try_from(value)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            .and_then(|value| self.visit_i64(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Announcement, E> {
        let month = value.parse().map_err(|_| E::invalid_value(Unexpected::Str(value), &self))?;
        Ok(Announcement::In(ShockStart::Month(month)))
    }
}

impl<'de> Deserialize<'de> for ShockStart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(When { boolean: false })? {
            Announcement::In(when) => Ok(when),
            // `When` takes no truth value here, and makes nothing else of what it takes.
            Announcement::Surprise | Announcement::Before => Err(D::Error::missing_field("start")),
        }
    }
}

impl<'de> Deserialize<'de> for Announcement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(When { boolean: true })
    }
}
