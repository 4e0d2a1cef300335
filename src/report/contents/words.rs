//! Numbers and dates in sentences.

use monazite_series::Period;

pub(super) use crate::chart::number::period_name as month_name;
use crate::chart::number::{month_of_year, significant};

/// `2026` for a whole year, `January–July 2025` within one, `March 2026 to February 2027` across two.
pub(super) fn span_of(from: Period, to: Period) -> String {
    if from.year() == to.year() && from.season() == 0 && to.season() == 11 {
        return from.year().to_string();
    }
    if from.year() == to.year()
        && let (Some(first), Some(last)) = (month_of_year(from), month_of_year(to))
    {
        return format!("{first}–{last} {}", from.year());
    }
    format!("{} to {}", month_name(from), month_name(to))
}

/// `one month`, `6 months`, `twelve months`.
pub(super) fn months(n: usize) -> String {
    match n {
        1 => "one month".to_owned(),
        12 => "twelve months".to_owned(),
        _ => format!("{n} months"),
    }
}

/// A figure of two or three digits with its unit: `66,000 t`, `USD 480 m`, `CNY 790/kg`.
pub(super) fn amount(value: f64, unit: &str) -> String {
    with_unit(&digits(value), unit)
}

/// Two figures with their unit: `47,000 to 95,000 t`, `USD 360 to 780 m`.
pub(super) fn amounts(lo: f64, hi: f64, unit: &str) -> String {
    with_unit(&format!("{} to {}", digits(lo), digits(hi)), unit)
}

fn digits(value: f64) -> String {
    significant(value, if value.abs() >= 100.0 { 3 } else { 2 })
}

fn with_unit(figures: &str, unit: &str) -> String {
    match unit.split_once(['/', ' ']) {
        Some((currency @ ("USD" | "CNY"), "m")) => format!("{currency} {figures} m"),
        Some((currency @ ("USD" | "CNY"), per)) => format!("{currency} {figures}/{per}"),
        _ => format!("{figures} {unit}"),
    }
}

/// With a capital first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_months_read_as_prose() {
        let month = |text: &str| text.parse().unwrap();
        assert_eq!(span_of(month("2026-01"), month("2026-12")), "2026");
        assert_eq!(span_of(month("2025-01"), month("2025-07")), "January–July 2025");
        assert_eq!(span_of(month("2026-03"), month("2027-02")), "March 2026 to February 2027");
        assert_eq!([1, 6, 12].map(months), ["one month", "6 months", "twelve months"]);
        assert_eq!(amount(794.3, "CNY/kg"), "CNY 794/kg");
        assert_eq!(amounts(17.2, 33.0, "million"), "17 to 33 million");
        assert_eq!(amounts(361.0, 784.0, "USD m"), "USD 361 to 784 m");
        assert_eq!(amount(66_123.0, "t"), "66,100 t");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
