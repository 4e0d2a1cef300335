//! Units: a scale times a product of dimensions, so that a conversion is a number or an error.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::SeriesError;

/// What is measured. Tonnes of product, of rare-earth oxide and of contained magnet metal are different things: only
/// the conversion table (with its origins) leads from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Mass,
    OxideMass,
    MetalMass,
    UsDollar,
    Yuan,
    Vehicles,
    Power,
    Ratio,
    Count,
    Duration,
}

/// Names of simple units, what they measure and their size in the base unit of it.
const SIMPLE: &[(&str, Dimension, f64)] = &[
    ("t", Dimension::Mass, 1.0),
    ("kg", Dimension::Mass, 1e-3),
    ("kt", Dimension::Mass, 1e3),
    ("t REO", Dimension::OxideMass, 1.0),
    ("kg REO", Dimension::OxideMass, 1e-3),
    ("kt REO", Dimension::OxideMass, 1e3),
    ("t metal", Dimension::MetalMass, 1.0),
    ("kg metal", Dimension::MetalMass, 1e-3),
    ("kt metal", Dimension::MetalMass, 1e3),
    ("USD", Dimension::UsDollar, 1.0),
    ("USD m", Dimension::UsDollar, 1e6),
    ("CNY", Dimension::Yuan, 1.0),
    ("CNY m", Dimension::Yuan, 1e6),
    ("vehicles", Dimension::Vehicles, 1.0),
    ("million vehicles", Dimension::Vehicles, 1e6),
    ("MW", Dimension::Power, 1e-3),
    ("GW", Dimension::Power, 1.0),
    ("percent", Dimension::Ratio, 1e-2),
    ("share", Dimension::Ratio, 1.0),
    ("index", Dimension::Count, 1.0),
    ("1", Dimension::Ratio, 1.0),
    ("month", Dimension::Duration, 1.0),
    ("year", Dimension::Duration, 12.0),
];

/// A unit of measurement such as `t`, `kg`, `USD m`, `CNY/t`, `vehicles` or `GW`.
///
/// ```
/// use monazite_series::Unit;
/// let per_kg: Unit = "USD/kg".parse()?;
/// assert_eq!(per_kg.factor_to(&"USD/t".parse()?)?, 1000.0);
/// assert!("t".parse::<Unit>()?.factor_to(&"t REO".parse()?).is_err());
/// # Ok::<(), monazite_series::SeriesError>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Unit {
    text: String,
    numerator: (Dimension, f64),
    denominator: Option<(Dimension, f64)>,
}

impl Unit {
    /// The number by which a figure in this unit is multiplied to be in `other`.
    ///
    /// # Errors
    /// [`SeriesError::UnitMismatch`] if they measure different things.
    pub fn factor_to(&self, other: &Self) -> Result<f64, SeriesError> {
        let same = self.numerator.0 == other.numerator.0
            && self.denominator.map(|d| d.0) == other.denominator.map(|d| d.0);
        if !same {
            return Err(SeriesError::UnitMismatch {
                from: self.text.clone(),
                to: other.text.clone(),
            });
        }
        let scale = |unit: &Self| unit.numerator.1 / unit.denominator.map_or(1.0, |d| d.1);
        Ok(scale(self) / scale(other))
    }

    /// Whether figures in the two units may be added after conversion.
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        self.factor_to(other).is_ok()
    }

    /// The unit of a ratio: `USD m` over `t` is `USD m/t`.
    ///
    /// # Errors
    /// [`SeriesError::BadUnit`] if either is a ratio already.
    pub fn over(&self, other: &Self) -> Result<Self, SeriesError> {
        let text = format!("{}/{}", self.text, other.text);
        if self.denominator.is_some() || other.denominator.is_some() {
            return Err(SeriesError::BadUnit { text });
        }
        Ok(Self { text, numerator: self.numerator, denominator: Some(other.numerator) })
    }

    /// Every simple unit, for messages that suggest one.
    pub fn known() -> impl Iterator<Item = &'static str> {
        SIMPLE.iter().map(|(name, _, _)| *name)
    }
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.factor_to(other).is_ok_and(|factor| factor == 1.0)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Unit {
    type Err = SeriesError;

    fn from_str(text: &str) -> Result<Self, SeriesError> {
        let simple = |name: &str| {
            SIMPLE
                .iter()
                .find(|(known, _, _)| *known == name.trim())
                .map(|&(_, dimension, scale)| (dimension, scale))
                .ok_or_else(|| SeriesError::BadUnit { text: text.to_owned() })
        };
        let (top, bottom) = match text.split_once('/') {
            Some((top, bottom)) => (top, Some(bottom)),
            None => (text, None),
        };
        Ok(Self {
            text: text.trim().to_owned(),
            numerator: simple(top)?,
            denominator: bottom.map(simple).transpose()?,
        })
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.text
    }
}

impl TryFrom<String> for Unit {
    type Error = SeriesError;

    fn try_from(text: String) -> Result<Self, SeriesError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        text.parse().unwrap()
    }

    #[test]
    fn conversions_are_exact_or_refused() {
        assert_eq!(unit("kt").factor_to(&unit("t")).unwrap(), 1000.0);
        assert_eq!(unit("USD m").factor_to(&unit("USD")).unwrap(), 1e6);
        assert_eq!(unit("CNY/kg").factor_to(&unit("CNY/t")).unwrap(), 1000.0);
        assert_eq!(unit("percent").factor_to(&unit("share")).unwrap(), 0.01);
        assert!(unit("t").factor_to(&unit("USD")).is_err());
        assert!(unit("USD/t").factor_to(&unit("CNY/t")).is_err());
        assert!(unit("t").factor_to(&unit("t metal")).is_err());
        assert!("stone".parse::<Unit>().is_err());
        assert!("USD/stone".parse::<Unit>().is_err());
    }
}
