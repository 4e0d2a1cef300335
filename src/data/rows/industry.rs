//! Rows on supply, demand, exchange rules, conversions and claims.

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use super::super::bundle::Table;

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
