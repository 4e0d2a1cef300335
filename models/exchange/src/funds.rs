//! What stands behind a default, in the order in which it is used.

use serde::{Deserialize, Serialize};

use crate::units::{Money, Rate};

/// Rules of the funds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FundRules {
    /// The guarantee fund is sized to the losses of so many largest positions under a move of `stress` (two, in
    /// international practice: CPMI-IOSCO, Principles for financial market infrastructures, 2012, principle 4).
    pub largest: u8,
    /// The price move for which the fund is sized, of the reference price.
    #[serde(with = "crate::rules::percent")]
    pub stress: Rate,
    /// Share of fee income that goes to the risk reserve.
    #[serde(with = "crate::rules::percent")]
    pub reserve_share: Rate,
    /// Risk reserve on the first day.
    pub reserve: Money,
    /// Capital of the exchange that stands behind a default.
    pub capital: Money,
}
