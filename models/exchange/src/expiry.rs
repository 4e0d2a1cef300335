//! How a contract ends: delivery against warehouse receipts, or cash.

use serde::{Deserialize, Serialize};

use crate::units::{Money, Rate};

/// How open positions end after the last trading day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Expiry {
    /// Metal against money.
    Physical(PhysicalDelivery),
    /// The difference to an index in money.
    Cash(CashSettlement),
}

/// Delivery against registered warehouse receipts; a receipt stands for one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhysicalDelivery {
    /// What may be delivered; the first is the standard at an adjustment of zero.
    pub grades: Vec<Grade>,
    /// Registered brands with their adjustment; empty if any brand is accepted.
    #[serde(default)]
    pub brands: Vec<Grade>,
    /// Storage a lot and calendar day, paid by the receipt's owner.
    pub storage_fee: Money,
    /// Trading days after the last trading day by which delivery is done.
    pub delivery_days: u8,
    /// Share of contract value that a side that fails owes the other.
    #[serde(with = "crate::rules::percent")]
    pub penalty: Rate,
    /// Fee for delivery a lot, each side.
    pub delivery_fee: Money,
}

/// A grade or brand and what it is worth beside the standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// As on the receipt.
    pub name: String,
    /// Premium (above zero) or discount (below) of a lot.
    pub adjustment: Money,
}

/// Cash settlement on an average of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CashSettlement {
    /// What is averaged over the contract month.
    pub index: String,
    /// Fewest observations for an average; with fewer the last settlement stands.
    pub fewest: u8,
}
