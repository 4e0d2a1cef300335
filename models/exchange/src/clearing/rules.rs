//! What clearing is told: margins below which a call is made, funds.

use serde::{Deserialize, Serialize};

use super::ClearingError;
use crate::funds::FundRules;
use crate::units::{Money, Rate};

/// Rules of clearing that hold for a venue's whole life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClearingRules {
    /// Funds behind a default.
    pub funds: FundRules,
    /// An account is called when its equity is under this share of its margin; it then owes all that is missing. The
    /// whole at Chinese exchanges, which know one level of margin only.
    #[serde(default = "whole")]
    pub maintenance: Rate,
}

const fn whole() -> Rate {
    Rate::WHOLE
}

impl ClearingRules {
    /// Rules with one level of margin.
    pub fn new(funds: FundRules) -> Self {
        Self { funds, maintenance: Rate::WHOLE }
    }

    /// # Errors
    /// A share over the whole, an amount below zero.
    pub(super) fn check(&self) -> Result<(), ClearingError> {
        let shares =
            [("reserve_share", self.funds.reserve_share), ("maintenance", self.maintenance)];
        for (what, share) in shares {
            if share > Rate::WHOLE {
                return Err(ClearingError::OverWhole { what, ppm: share.get() });
            }
        }
        for (what, amount) in [("reserve", self.funds.reserve), ("capital", self.funds.capital)] {
            if amount < Money::ZERO {
                return Err(ClearingError::BelowZero { what, amount });
            }
        }
        Ok(())
    }
}
