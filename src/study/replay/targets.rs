//! What is scored: every figure of April to December 2025 that exists of magnets, export value and quotes in China.

use std::fmt;

use monazite_series::Period;
use serde::Serialize;

use super::market::{N_MONTHS, known_until, month};
use crate::data::{Catalogue, PriceQuote, ValuePoint};
use crate::diagnostic::Diagnostic;

/// Kind of figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Magnet tonnage of a month.
    Magnets,
    /// Headline export value of a month or of the year to date.
    Value,
    /// A quote of dysprosium oxide in China.
    Dysprosium,
    /// A quote of terbium oxide in China.
    Terbium,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Magnets, Self::Value, Self::Dysprosium, Self::Terbium];

    /// Unit of its figures.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Magnets => "t",
            Self::Value => "USD m",
            Self::Dysprosium | Self::Terbium => "CNY/kg",
        }
    }

    /// Name of its chart's files.
    pub(super) const fn chart(self) -> &'static str {
        match self {
            Self::Magnets => "replay-magnets",
            Self::Value => "replay-value",
            Self::Dysprosium => "replay-dysprosium",
            Self::Terbium => "replay-terbium",
        }
    }

    /// Name of the product in the table of quotes.
    pub(super) const fn product(self) -> Option<&'static str> {
        match self {
            Self::Dysprosium => Some("Dy oxide"),
            Self::Terbium => Some("Tb oxide"),
            Self::Magnets | Self::Value => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Magnets => "magnet exports",
            Self::Value => "export value",
            Self::Dysprosium => "Dy oxide, China",
            Self::Terbium => "Tb oxide, China",
        })
    }
}

/// A figure to be scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// Of what.
    pub quantity: Quantity,
    /// Month, span or day as a table says it.
    pub when: String,
    /// First month replayed that it covers, from 0, and how many.
    pub first: usize,
    /// Months it covers.
    pub span: usize,
    /// Part of the figure that was known before April.
    pub known_part: f64,
    /// Day of a quote, days since 1970; of other figures the first month's.
    pub day: i64,
    /// The figure.
    pub observed: f64,
    /// Publisher, outlet, address.
    pub source: String,
}

impl Target {
    /// The last month it covers, from 0.
    pub fn last(&self) -> usize {
        self.first + self.span - 1
    }
}

/// All figures that exist, in the order of [`Quantity::ALL`] and of time.
///
/// # Errors
/// `D041` if a month of magnets is missing.
pub fn targets(catalogue: &Catalogue) -> Result<Vec<Target>, Diagnostic> {
    let mut all = magnets(catalogue)?;
    all.extend(values(catalogue)?);
    for quantity in [Quantity::Dysprosium, Quantity::Terbium] {
        all.extend(quotes(catalogue, quantity)?);
    }
    Ok(all)
}

fn start() -> Result<Period, Diagnostic> {
    Ok(known_until()?.plus(1))
}

/// Months after the start, if it is one that is replayed.
fn index(month: Period) -> Option<usize> {
    let after = month.ordinal() - start().ok()?.ordinal();
    usize::try_from(after).ok().filter(|at| *at < N_MONTHS)
}

fn first_day(month: Period) -> i64 {
    let date = month.plus(-1).last_day();
    Period::day(date).ordinal() + 1
}

fn magnets(catalogue: &Catalogue) -> Result<Vec<Target>, Diagnostic> {
    let id = "magnet-exports-world";
    let figures = catalogue.figures(id)?;
    start()?
        .run(N_MONTHS)
        .enumerate()
        .map(|(first, month)| {
            let row = figures.iter().find(|r| r.ds == month && r.span == 1).ok_or_else(|| {
                Diagnostic::error("D041", format!("no magnet exports of {month}"))
                    .in_file("data/magnets.csv")
            })?;
            Ok(Target {
                quantity: Quantity::Magnets,
                when: month.to_string(),
                first,
                span: 1,
                known_part: 0.0,
                day: first_day(month),
                observed: row.y,
                source: row.source.clone(),
            })
        })
        .collect()
}

/// Value of January to March 2025 as known at the end of March: January and February as published, March at their unit
/// value, since customs' value of March alone was not kept.
pub(super) fn first_quarter(catalogue: &Catalogue) -> Result<f64, Diagnostic> {
    let known = catalogue.as_of(known_until()?);
    let (value, tonnage) =
        (known.series("re-exports-value-gacc")?, known.series("re-exports-volume")?);
    let lacking = || {
        Diagnostic::error("D041", "no export value and tonnage of early 2025")
            .in_file("data/export-value.csv")
    };
    let two_months = value
        .observations()
        .iter()
        .find(|o| o.span == 2 && o.period.to_string() == "2025-02")
        .ok_or_else(lacking)?;
    let tonnes = tonnage.total(two_months.first(), two_months.period).ok_or_else(lacking)?;
    let march = tonnage.get(known_until()?).ok_or_else(lacking)?;
    Ok(two_months.value * (1.0 + march / tonnes))
}

/// Customs' months and year-to-date figures in dollars. Growth rates alone are no figures: their bases are not published.
fn values(catalogue: &Catalogue) -> Result<Vec<Target>, Diagnostic> {
    let january = month(start()?.year(), 1)?;
    let mut all = Vec::new();
    for point in catalogue.table::<ValuePoint>()? {
        let usable = point.measure == "level" && point.unit == "USD m" && point.grade != "D";
        let Some(last) = index(point.ds).filter(|_| usable) else { continue };
        let from = point.ds.plus(1 - i64::from(point.span));
        let to_date = point.span > 1 && from == january;
        if point.span > 1 && !to_date {
            continue;
        }
        all.push(Target {
            quantity: Quantity::Value,
            when: if to_date { format!("{from} to {}", point.ds) } else { point.ds.to_string() },
            first: if to_date { 0 } else { last },
            span: if to_date { last + 1 } else { 1 },
            known_part: if to_date { first_quarter(catalogue)? } else { 0.0 },
            day: first_day(point.ds),
            observed: point.value,
            source: point.source.clone(),
        });
    }
    Ok(all)
}

/// A dated domestic quote, CNY/kg with tax.
pub(super) struct Quote {
    pub(super) date: Period,
    pub(super) price: f64,
    source: String,
}

/// Days on which a domestic quote was printed, in order.
pub(super) fn dated_quotes(catalogue: &Catalogue, product: &str) -> Result<Vec<Quote>, Diagnostic> {
    let mut all = Vec::new();
    for row in catalogue.table::<PriceQuote>()? {
        // Days only: a year's mean is not a quote.
        if row.product != product || row.basis != "domestic" || row.date.len() != 10 {
            continue;
        }
        let date = row.date.parse().map_err(|e| crate::study::explain::series_fault(&e))?;
        let scale = if row.unit == "CNY/kg" { 1.0 } else { 1e-3 };
        let price = scale * f64::midpoint(row.low, row.high);
        all.push(Quote { date, price, source: row.source });
    }
    all.sort_by_key(|one| one.date.ordinal());
    Ok(all)
}

fn quotes(catalogue: &Catalogue, quantity: Quantity) -> Result<Vec<Target>, Diagnostic> {
    let mut all = Vec::new();
    for one in dated_quotes(catalogue, quantity.product().unwrap_or_default())? {
        let date = one.date.last_day();
        let of = month(i32::from(date.year()), date.month().unsigned_abs().into())?;
        let Some(first) = index(of) else { continue };
        all.push(Target {
            quantity,
            when: one.date.to_string(),
            first,
            span: 1,
            known_part: 0.0,
            day: one.date.ordinal(),
            observed: one.price,
            source: one.source,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_tables() {
        let all = targets(&Catalogue::bundled().unwrap()).unwrap();
        let of = |quantity| all.iter().filter(move |t| t.quantity == quantity);
        let magnets: Vec<f64> = of(Quantity::Magnets).map(|t| t.observed).collect();
        assert_eq!(magnets[..3], [2628.0, 1238.0, 3188.0]);
        assert_eq!(magnets.len(), N_MONTHS);
        let values: Vec<(&str, f64)> =
            of(Quantity::Value).map(|t| (t.when.as_str(), t.observed)).collect();
        assert_eq!(values, [("2025-09", 59.6), ("2025-01 to 2025-09", 342.3), ("2025-11", 49.45)]);
        let to_date = of(Quantity::Value).find(|t| t.span > 1).unwrap();
        assert_eq!((to_date.first, to_date.last()), (0, 5));
        // 81.6 for January and February, and March at their unit value.
        assert!((100.0..170.0).contains(&to_date.known_part), "{}", to_date.known_part);
        assert_eq!((of(Quantity::Dysprosium).count(), of(Quantity::Terbium).count()), (11, 10));
        assert!(of(Quantity::Dysprosium).any(|t| t.when == "2025-04-10" && t.observed == 1690.0));
        assert!(all.iter().all(|t| t.last() < N_MONTHS && !t.source.is_empty()));
    }
}
