//! The forms of exponential smoothing and their notation: Hyndman, Koehler, Ord and Snyder (2008), table 2.1.

use std::fmt;
use std::str::FromStr;

use crate::ForecastError;

/// How the one-step error enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorForm {
    /// Added: the same size at every level.
    Additive,
    /// In proportion to the one-step forecast.
    Multiplicative,
}

/// How the trend enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrendForm {
    /// No trend.
    None,
    /// Growth is added to the level each period.
    Additive {
        /// Whether growth fades by the factor φ a period.
        damped: bool,
    },
    /// The level is multiplied by growth each period.
    Multiplicative {
        /// Whether growth fades by the exponent φ a period.
        damped: bool,
    },
}

/// How the season enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeasonForm {
    /// No season.
    None,
    /// Added to level and trend.
    Additive,
    /// Multiplied with level and trend.
    Multiplicative,
}

/// A form of exponential smoothing, written `ETS(M,Ad,M)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EtsForm {
    /// The error.
    pub error: ErrorForm,
    /// The trend.
    pub trend: TrendForm,
    /// The season.
    pub season: SeasonForm,
}

impl TrendForm {
    /// Whether growth fades.
    pub fn is_damped(self) -> bool {
        matches!(self, Self::Additive { damped: true } | Self::Multiplicative { damped: true })
    }
}

impl EtsForm {
    /// Whether some part multiplies, so that all figures have to be positive.
    pub fn needs_positive(self) -> bool {
        self.error == ErrorForm::Multiplicative
            || matches!(self.trend, TrendForm::Multiplicative { .. })
            || self.season == SeasonForm::Multiplicative
    }

    /// Whether an additive error meets a multiplicative trend or season: its recursion divides by states that can come
    /// near zero (Hyndman et al. 2008, §4.2), so that it is fitted when asked for and never chosen.
    pub fn is_unstable(self) -> bool {
        self.error == ErrorForm::Additive
            && (self.season == SeasonForm::Multiplicative
                || matches!(self.trend, TrendForm::Multiplicative { .. }))
    }

    /// Parameters that criteria count, with a season of `m` periods: smoothing parameters, states at the start less the
    /// restriction on the seasons, and σ².
    pub fn n_parameters(self, m: usize) -> usize {
        let trend = match self.trend {
            TrendForm::None => 0,
            _ => 2 + usize::from(self.trend.is_damped()),
        };
        let season = if self.season == SeasonForm::None { 0 } else { m };
        3 + trend + season
    }
}

impl fmt::Display for EtsForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.error {
            ErrorForm::Additive => "A",
            ErrorForm::Multiplicative => "M",
        };
        let trend = match self.trend {
            TrendForm::None => "N",
            TrendForm::Additive { damped: false } => "A",
            TrendForm::Additive { damped: true } => "Ad",
            TrendForm::Multiplicative { damped: false } => "M",
            TrendForm::Multiplicative { damped: true } => "Md",
        };
        let season = match self.season {
            SeasonForm::None => "N",
            SeasonForm::Additive => "A",
            SeasonForm::Multiplicative => "M",
        };
        write!(f, "ETS({error},{trend},{season})")
    }
}

impl FromStr for EtsForm {
    type Err = ForecastError;

    /// Reads `ETS(M,Ad,M)`, `M,Ad,M` or `MAdM`.
    fn from_str(text: &str) -> Result<Self, ForecastError> {
        let wrong =
            || ForecastError::Specification(format!("`{text}` is no form such as ETS(M,Ad,M)"));
        let inner = text.strip_prefix("ETS(").and_then(|t| t.strip_suffix(')')).unwrap_or(text);
        let letters: String = inner.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
        let mut rest = letters.chars();
        let error = match rest.next() {
            Some('A') => ErrorForm::Additive,
            Some('M') => ErrorForm::Multiplicative,
            _ => return Err(wrong()),
        };
        let mut next = rest.next();
        let kind = next;
        next = rest.next();
        let damped = next == Some('d');
        if damped {
            next = rest.next();
        }
        let trend = match (kind, damped) {
            (Some('N'), false) => TrendForm::None,
            (Some('A'), damped) => TrendForm::Additive { damped },
            (Some('M'), damped) => TrendForm::Multiplicative { damped },
            _ => return Err(wrong()),
        };
        let season = match next {
            Some('N') => SeasonForm::None,
            Some('A') => SeasonForm::Additive,
            Some('M') => SeasonForm::Multiplicative,
            _ => return Err(wrong()),
        };
        if rest.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { error, trend, season })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_there_and_back() {
        for error in ["A", "M"] {
            for trend in ["N", "A", "Ad", "M", "Md"] {
                for season in ["N", "A", "M"] {
                    let text = format!("ETS({error},{trend},{season})");
                    let form: EtsForm = text.parse().unwrap();
                    assert_eq!(form.to_string(), text);
                    assert_eq!(format!("{error}{trend}{season}").parse::<EtsForm>().unwrap(), form);
                }
            }
        }
        for wrong in ["", "ETS(A,N)", "ETS(N,N,N)", "ETS(A,Nd,N)", "ANNN", "AXN"] {
            assert!(wrong.parse::<EtsForm>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_criteria_count() {
        let count = |text: &str, m| text.parse::<EtsForm>().unwrap().n_parameters(m);
        assert_eq!(count("ANN", 1), 3);
        assert_eq!(count("MAdM", 12), 18);
        assert_eq!(count("AAA", 12), 17);
    }
}
