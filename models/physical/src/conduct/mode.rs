//! Who sets quantities, and with how much of their market power.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::PhysicalError;

/// Conduct of the dominant supplier, and of the producers outside China where they set quantities too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Conduct {
    /// Price taker: θ = 0.
    Taker,
    /// This many equal groups, each setting its quantity: θ = 1/n.
    Cournot(u32),
    /// One dominant firm: θ = 1.
    Dominant,
    /// θ itself, 0…1.
    Theta(f64),
    /// One firm in China against one outside it ([`crate::Ore::RIVAL`]), both setting quantities.
    Duopoly,
    /// The same two after this many rounds of forward sales.
    Forward(u32),
    /// Price takers under quotas that a state sets against its objective ([`crate::StateParameters`]).
    QuotaState,
}

impl Conduct {
    /// Names, for messages; `n` and `x` stand for numbers.
    pub const NAMES: [&'static str; 7] =
        ["taker", "cournot-n", "dominant", "theta-x", "duopoly", "forward-n", "quota-state"];

    /// θ of whoever sets the outputs of China's ores: 0 for takers under a state's quotas.
    pub fn theta(self) -> f64 {
        match self {
            Self::Taker | Self::QuotaState => 0.0,
            Self::Cournot(n) => 1.0 / f64::from(n),
            Self::Dominant | Self::Duopoly | Self::Forward(_) => 1.0,
            Self::Theta(theta) => theta,
        }
    }

    /// Whether output is held back by choice, of the suppliers or of a state.
    pub fn holds_back(self) -> bool {
        self.theta() > 0.0 || self == Self::QuotaState
    }

    /// Rounds of forward sales of two strategic suppliers, none in a duopoly; `None` where only China's is strategic.
    pub const fn forward_rounds(self) -> Option<u32> {
        match self {
            Self::Duopoly => Some(0),
            Self::Forward(n_rounds) => Some(n_rounds),
            _ => None,
        }
    }
}

impl fmt::Display for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taker => f.pad("taker"),
            Self::Cournot(n) => f.pad(&format!("cournot-{n}")),
            Self::Dominant => f.pad("dominant"),
            Self::Theta(theta) => f.pad(&format!("theta-{theta}")),
            Self::Duopoly => f.pad("duopoly"),
            Self::Forward(n) => f.pad(&format!("forward-{n}")),
            Self::QuotaState => f.pad("quota-state"),
        }
    }
}

/// Most rounds of forward sales: shares change by less than a thousandth after them.
const MAX_FORWARD: u32 = 1000;

impl FromStr for Conduct {
    type Err = PhysicalError;

    fn from_str(name: &str) -> Result<Self, PhysicalError> {
        let unknown = || PhysicalError::UnknownName {
            name: name.to_owned(),
            expected: "a conduct: taker, cournot-n with n of at least 1, dominant, theta-x with x between 0 and 1, \
                       duopoly, forward-n with n from 1 to 1000, quota-state",
        };
        match name {
            "taker" => return Ok(Self::Taker),
            "dominant" => return Ok(Self::Dominant),
            "duopoly" => return Ok(Self::Duopoly),
            "quota-state" => return Ok(Self::QuotaState),
            _ => {}
        }
        let (head, tail) = name.split_once('-').ok_or_else(unknown)?;
        let found = match head {
            "cournot" => tail.parse().ok().filter(|&n| n > 0).map(Self::Cournot),
            "forward" => {
                tail.parse().ok().filter(|n| (1..=MAX_FORWARD).contains(n)).map(Self::Forward)
            }
            "theta" => tail.parse().ok().filter(|x| (0.0..=1.0).contains(x)).map(Self::Theta),
            _ => None,
        };
        found.ok_or_else(unknown)
    }
}

impl TryFrom<String> for Conduct {
    type Error = PhysicalError;

    fn try_from(text: String) -> Result<Self, PhysicalError> {
        text.parse()
    }
}

impl From<Conduct> for String {
    fn from(conduct: Conduct) -> Self {
        conduct.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conducts_are_read_as_they_are_written() {
        for (text, theta) in [
            ("taker", 0.0),
            ("cournot-2", 0.5),
            ("cournot-4", 0.25),
            ("dominant", 1.0),
            ("theta-0.3", 0.3),
            ("duopoly", 1.0),
            ("forward-2", 1.0),
            ("quota-state", 0.0),
        ] {
            let conduct: Conduct = text.parse().unwrap();
            assert_eq!((conduct.theta(), conduct.to_string().as_str()), (theta, text));
            assert_eq!(conduct.holds_back(), text != "taker");
        }
        for text in [
            "",
            "cournot",
            "cournot-0",
            "cournot--1",
            "theta-2",
            "theta-nan",
            "Taker",
            "leader",
            "forward",
            "forward-0",
            "forward-1001",
            "forward-1.5",
            "duopoly-2",
            "quota",
        ] {
            assert!(text.parse::<Conduct>().is_err(), "{text}");
        }
    }
}
