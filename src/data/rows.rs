//! Typed rows of the bundled tables. Fields are the columns of the file; `status`, `grade`, `source` and `note` mean
//! the same everywhere: how the figure came about, how reliable it is, who published it, and its formula or a remark.

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use super::bundle::Table;

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
    const FILE: &'static str = "export-volume-ytd.csv";
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

/// A first batch of a quota, or a year that was not published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotaBatch {
    /// Calendar year.
    pub year: i32,
    /// Kind of quota.
    pub kind: String,
    /// Which batch.
    pub batch: String,
    /// The figure.
    pub value: Option<f64>,
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

impl Table for QuotaBatch {
    const FILE: &'static str = "quota-batches.csv";
}

/// Mine output by country; compare within one `dataset`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MineOutput {
    /// Dataset.
    pub dataset: String,
    /// Calendar year.
    pub year: i32,
    /// Country.
    pub country: String,
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

impl Table for MineOutput {
    const FILE: &'static str = "mine-output.csv";
}

/// Demand for magnet rare earths, kt of metal, by sector and scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IeaDemand {
    /// Edition.
    pub edition: String,
    /// Calendar year.
    pub year: i32,
    /// Scenario.
    pub scenario: String,
    /// Sector.
    pub sector: String,
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

impl Table for IeaDemand {
    const FILE: &'static str = "iea-demand.csv";
}

/// Supply of magnet rare earths, kt of metal, by stage and country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IeaSupply {
    /// Edition.
    pub edition: String,
    /// Calendar year.
    pub year: i32,
    /// Mining or refining.
    pub stage: String,
    /// Country.
    pub country: String,
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

impl Table for IeaSupply {
    const FILE: &'static str = "iea-supply.csv";
}

/// Electric vehicles sold in a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvSalesRow {
    /// Calendar year.
    pub year: i32,
    /// Region.
    pub region: String,
    /// Kind of vehicle.
    pub mode: String,
    /// Powertrain.
    pub powertrain: String,
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

impl Table for EvSalesRow {
    const FILE: &'static str = "ev-sales-by-region.csv";
}

/// Electric vehicles sold in a span of months; `change` on a year before, percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvSalesPoint {
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// Region.
    pub region: String,
    /// The figure.
    pub value: f64,
    /// Unit of the figures.
    pub unit: String,
    /// Change on a year before, percent.
    pub change: Option<f64>,
    /// What is counted.
    pub definition: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for EvSalesPoint {
    const FILE: &'static str = "ev-sales-points.csv";
}

/// New wind capacity in a span of months.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindRow {
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// Region.
    pub region: String,
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

impl Table for WindRow {
    const FILE: &'static str = "wind-installations.csv";
}

/// A rule of a listed or planned contract; `value` as printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRule {
    /// Exchange.
    pub exchange: String,
    /// Contract.
    pub contract: String,
    /// Rule.
    pub item: String,
    /// The figure.
    pub value: String,
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

impl Table for ExchangeRule {
    const FILE: &'static str = "exchange-rules.csv";
}

/// Magnets per vehicle or per unit of capacity; sources contradict each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntensityRow {
    /// End use.
    #[serde(rename = "use")]
    pub end_use: String,
    /// Variant.
    pub variant: String,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
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

impl Table for IntensityRow {
    const FILE: &'static str = "magnet-intensity.csv";
}

/// A conversion with its range; `origin` is literature or assumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversion {
    /// Identifier.
    pub id: String,
    /// What is converted.
    pub description: String,
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Unit of the figures.
    pub unit: String,
    /// Literature or assumed.
    pub origin: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Table for Conversion {
    const FILE: &'static str = "conversions.csv";
}

/// A statement under test; `rounding` is the place its figure is rounded to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Identifier.
    pub id: String,
    /// The statement.
    pub statement: String,
    /// The figure claimed, as text.
    pub claimed: String,
    /// The figure.
    pub value: Option<f64>,
    /// Place the claimed figure is rounded to.
    pub rounding: Option<f64>,
    /// Unit of the figures.
    pub unit: String,
    /// How the figure came about.
    pub status: String,
    /// Reliability.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
}

impl Table for ClaimRow {
    const FILE: &'static str = "claims.csv";
}

/// A cited figure that speaks to a claim and is in no other table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimEvidence {
    /// Identifier of the claim.
    pub claim: String,
    /// What is measured.
    pub quantity: String,
    /// Period of the figure.
    pub period: String,
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

impl Table for ClaimEvidence {
    const FILE: &'static str = "claims-evidence.csv";
}
