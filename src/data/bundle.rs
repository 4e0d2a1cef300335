//! The bundled files, as text in the binary, and their typed reading.

use monazite_series::Period;
use serde::de::DeserializeOwned;

use super::cut::is_known;
use crate::diagnostic::Diagnostic;

/// A table of data/ whose rows have the type `Self`.
pub trait Table: DeserializeOwned {
    /// Its file within data/.
    const FILE: &'static str;
}

/// Every row of a bundled table.
///
/// # Errors
/// `D041` if the bundled file does not have the form of `T`, which is a fault of the program.
pub fn table<T: Table>() -> Result<Vec<T>, Diagnostic> {
    rows_of(T::FILE, text_of(T::FILE)?, None)
}

/// Rows of a file from its text, those of periods that had ended by the end of `cut` if there is one.
pub(super) fn rows_of<T: DeserializeOwned>(
    file: &str,
    text: &str,
    cut: Option<Period>,
) -> Result<Vec<T>, Diagnostic> {
    let refused = |error: &csv::Error| {
        Diagnostic::error("D041", error.to_string()).in_file(format!("data/{file}"))
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| refused(&e))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| refused(&e))?;
        let known = cut.map_or(Ok(true), |cut| is_known(file, &header, &record, cut))?;
        if known {
            rows.push(record.deserialize(Some(&header)).map_err(|e| refused(&e))?);
        }
    }
    Ok(rows)
}

/// Text of a bundled file.
pub(super) fn text_of(file: &str) -> Result<&'static str, Diagnostic> {
    FILES
        .iter()
        .find(|(name, _)| *name == file)
        .map(|(_, text)| *text)
        .ok_or_else(|| Diagnostic::error("D041", format!("`{file}` is not bundled")))
}

/// Every bundled file: its name within data/ and its text.
pub fn bundled_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

/// Name and text of each file.
const FILES: &[(&str, &str)] = &[
    ("annual-prices.csv", include_str!("../../data/annual-prices.csv")),
    ("claims-evidence.csv", include_str!("../../data/claims-evidence.csv")),
    ("claims.csv", include_str!("../../data/claims.csv")),
    ("comtrade-annual-series.csv", include_str!("../../data/comtrade-annual-series.csv")),
    ("comtrade-annual.csv", include_str!("../../data/comtrade-annual.csv")),
    ("comtrade-monthly.csv", include_str!("../../data/comtrade-monthly.csv")),
    ("conversions.csv", include_str!("../../data/conversions.csv")),
    ("datapackage.json", include_str!("../../data/datapackage.json")),
    ("destination-shares.csv", include_str!("../../data/destination-shares.csv")),
    ("ev-sales-annual.csv", include_str!("../../data/ev-sales-annual.csv")),
    ("ev-sales-by-region.csv", include_str!("../../data/ev-sales-by-region.csv")),
    ("ev-sales-points.csv", include_str!("../../data/ev-sales-points.csv")),
    ("ev-sales.csv", include_str!("../../data/ev-sales.csv")),
    ("exchange-rates.csv", include_str!("../../data/exchange-rates.csv")),
    ("exchange-rules.csv", include_str!("../../data/exchange-rules.csv")),
    ("export-value.csv", include_str!("../../data/export-value.csv")),
    ("re-exports-volume-ytd.csv", include_str!("../../data/re-exports-volume-ytd.csv")),
    ("export-volume.csv", include_str!("../../data/export-volume.csv")),
    ("exports-by-destination.csv", include_str!("../../data/exports-by-destination.csv")),
    ("growth-rates.csv", include_str!("../../data/growth-rates.csv")),
    ("iea-demand.csv", include_str!("../../data/iea-demand.csv")),
    ("iea-supply.csv", include_str!("../../data/iea-supply.csv")),
    ("magnet-intensity.csv", include_str!("../../data/magnet-intensity.csv")),
    ("magnet-points.csv", include_str!("../../data/magnet-points.csv")),
    ("magnets.csv", include_str!("../../data/magnets.csv")),
    ("mine-output-series.csv", include_str!("../../data/mine-output-series.csv")),
    ("mine-output.csv", include_str!("../../data/mine-output.csv")),
    ("policy-events.csv", include_str!("../../data/policy-events.csv")),
    ("price-quotes.csv", include_str!("../../data/price-quotes.csv")),
    ("prices.csv", include_str!("../../data/prices.csv")),
    ("quota-batches.csv", include_str!("../../data/quota-batches.csv")),
    ("quotas.csv", include_str!("../../data/quotas.csv")),
    ("series.csv", include_str!("../../data/series.csv")),
    ("value-points.csv", include_str!("../../data/value-points.csv")),
    ("wind-installations-series.csv", include_str!("../../data/wind-installations-series.csv")),
    ("wind-installations.csv", include_str!("../../data/wind-installations.csv")),
];
