//! Who trades: accounts and what the rules know of them.

use serde::{Deserialize, Serialize};

/// An account, counted from 0 in the order in which accounts were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub u32);

/// What an account is for: margins and position limits differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// Trades for a gain.
    Speculator,
    /// Trades against an exposure that the exchange has approved.
    Hedger,
    /// Quotes by agreement with the exchange: no opening cap.
    MarketMaker,
}

/// Where an account is from: a venue may be closed to foreigners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Domicile {
    /// The country of the venue.
    Domestic,
    /// Any other.
    Foreign,
}
