//! Typed rows of the bundled tables: trade and prices here, supply, demand, rules and claims in `industry`.
//!
//! Fields are the columns of the file; `status`, `grade`, `source` and `note` mean
//! the same everywhere: how the figure came about, how reliable it is, who published it, and its formula or a remark.

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use super::bundle::Table;

mod industry;

pub use industry::*;

/// A dated event; `date` is a day, a month or a year as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyEvent {
    /// Day, month, quarter or year as printed.
    pub date: String,
    /// Kind of event.
    pub category: String,
    /// What happened.
    pub event: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for PolicyEvent {
    const FILE: &'static str = "policy-events.csv";
}

/// A dated price quote; `date` is a day, month, quarter or year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriceQuote {
    /// Day, month, quarter or year as printed.
    pub date: String,
    /// Product.
    pub product: String,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Unit of the figures.
    pub unit: String,
    /// Terms of the quote, or what a change is against.
    pub basis: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for PriceQuote {
    const FILE: &'static str = "price-quotes.csv";
}

/// An annual average price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnualPrice {
    /// Calendar year.
    pub year: i32,
    /// Product.
    pub product: String,
    /// Purity.
    pub purity: String,
    /// The figure.
    pub value: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
}

impl Table for AnnualPrice {
    const FILE: &'static str = "annual-prices.csv";
}

/// A customs value figure as printed (`measure` is level or change y/y).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValuePoint {
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// What is measured.
    pub measure: String,
    /// The figure.
    pub value: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for ValuePoint {
    const FILE: &'static str = "value-points.csv";
}

/// A change as printed, percent, of `measure` volume or value, against `basis` y/y or m/m.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrowthRate {
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// What is measured.
    pub measure: String,
    /// Terms of the quote, or what a change is against.
    pub basis: String,
    /// Change on a year before, percent.
    pub change: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for GrowthRate {
    const FILE: &'static str = "growth-rates.csv";
}

/// A cumulative export tonnage as printed; the rows overlap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct YearToDate {
    /// Identifier.
    pub unique_id: String,
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// The figure.
    pub y: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for YearToDate {
    const FILE: &'static str = "re-exports-volume-ytd.csv";
}

/// Annual trade by HS code; `measure` is value or quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnualTrade {
    /// Calendar year.
    pub year: i32,
    /// HS code, six digits.
    pub hs6: String,
    /// What is measured.
    pub measure: String,
    /// The figure.
    pub value: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for AnnualTrade {
    const FILE: &'static str = "comtrade-annual.csv";
}

/// A magnet export figure as printed; totals overlap months.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MagnetPoint {
    /// Destination.
    pub destination: String,
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// The figure.
    pub value: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for MagnetPoint {
    const FILE: &'static str = "magnet-points.csv";
}

/// Exports by HS code, destination and year: `value` in million dollars, `quantity` in tonnes. Rows `Other` and
/// `World` make the totals hold; quantities of 2016 are incomplete in the source and say so in `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DestinationRow {
    /// Calendar year.
    pub year: i32,
    /// HS code, six digits.
    pub hs6: String,
    /// Destination.
    pub destination: String,
    /// The figure.
    pub value: f64,
    /// Quantity.
    pub quantity: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
}

impl Table for DestinationRow {
    const FILE: &'static str = "exports-by-destination.csv";
}

/// A destination share as printed, percent of `of`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DestinationShare {
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// Destination.
    pub destination: String,
    /// What the share is of.
    pub of: String,
    /// The share.
    pub share: f64,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for DestinationShare {
    const FILE: &'static str = "destination-shares.csv";
}
