//! A number of the model together with its range, unit and origin: what `parameters.json` is written from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginKind {
    /// Estimated or computed from data, by the model and sample named.
    Estimated,
    /// Taken from the publication named.
    Literature,
    /// Assumed, for the reason named.
    Assumed,
}

/// Where a number comes from, and the citation or reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Kind of origin.
    pub kind: OriginKind,
    /// Model and sample, citation, or reason.
    pub text: String,
}

impl Origin {
    /// Estimated by the model and on the sample named.
    pub fn estimated(text: impl Into<String>) -> Self {
        Self { kind: OriginKind::Estimated, text: text.into() }
    }

    /// Taken from the publication named.
    pub fn literature(text: impl Into<String>) -> Self {
        Self { kind: OriginKind::Literature, text: text.into() }
    }

    /// Assumed, for the reason named.
    pub fn assumed(text: impl Into<String>) -> Self {
        Self { kind: OriginKind::Assumed, text: text.into() }
    }
}

/// A number with its range, unit and origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The value used.
    pub value: f64,
    /// Lower end of its range (uniform when drawn).
    pub low: f64,
    /// Upper end of its range.
    pub high: f64,
    /// Unit.
    pub unit: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Parameter {
    /// A value known exactly for the purpose at hand: its range is the value.
    pub fn fixed(value: f64, unit: impl Into<String>, origin: Origin) -> Self {
        Self { value, low: value, high: value, unit: unit.into(), origin }
    }

    /// A value with its range.
    pub fn ranged(
        value: f64,
        low: f64,
        high: f64,
        unit: impl Into<String>,
        origin: Origin,
    ) -> Self {
        Self { value, low, high, unit: unit.into(), origin }
    }

    /// A value within ± `relative` of itself (.5 is ± 50 %).
    pub fn around(value: f64, relative: f64, unit: impl Into<String>, origin: Origin) -> Self {
        let (a, b) = (value * (1.0 - relative), value * (1.0 + relative));
        Self { value, low: a.min(b), high: a.max(b), unit: unit.into(), origin }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.origin.kind {
            OriginKind::Estimated => "estimated",
            OriginKind::Literature => "literature",
            OriginKind::Assumed => "assumed",
        };
        write!(
            f,
            "{} [{}, {}] {} ({kind}: {})",
            self.value, self.low, self.high, self.unit, self.origin.text
        )
    }
}
