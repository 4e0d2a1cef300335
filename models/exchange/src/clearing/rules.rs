//! What clearing is told: margins below which a call is made, funds, the levels of a forced reduction.

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
    /// Levels of a forced reduction.
    #[serde(default)]
    pub reduction: ReductionRules,
}

const fn whole() -> Rate {
    Rate::WHOLE
}

/// Whose positions a forced reduction (强制减仓) closes, and in which order.
///
/// The defaults are those that the Shanghai exchanges write into their rules (INE, *Risk Management Rules*, appendix
/// "Methods and Procedures for the Fill of Unfilled Orders"): `assumed` for a contract of another exchange, which
/// publishes its own. CFFEX: 10 % loss; 10 %, 6 % and above zero for profits, without hedgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReductionRules {
    /// A closing order takes part if its account has lost at least this share of the settlement price a lot.
    pub loss: Rate,
    /// Speculators with a profit a lot of at least this share of the settlement price come first; hedgers with one last.
    pub high: Rate,
    /// Speculators with at least this come second, all others with a profit third.
    pub low: Rate,
}

impl Default for ReductionRules {
    fn default() -> Self {
        Self { loss: Rate::percent(6), high: Rate::percent(6), low: Rate::percent(3) }
    }
}

impl ClearingRules {
    /// Rules with one level of margin and the usual levels of a forced reduction.
    pub fn new(funds: FundRules) -> Self {
        Self { funds, maintenance: Rate::WHOLE, reduction: ReductionRules::default() }
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
