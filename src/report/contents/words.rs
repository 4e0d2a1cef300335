//! Numbers and dates in sentences.

use monazite_series::Period;

use crate::chart::number::significant;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `March 2026`.
pub(super) fn month_name(month: Period) -> String {
    MONTHS
        .get(month.season())
        .map_or_else(|| month.to_string(), |name| format!("{name} {}", month.year()))
}

/// `2026` for a whole year, `March 2026 to February 2027` for other runs of months.
pub(super) fn span_of(from: Period, to: Period) -> String {
    if from.year() == to.year() && from.season() == 0 && to.season() == 11 {
        return from.year().to_string();
    }
    format!("{} to {}", month_name(from), month_name(to))
}

/// A figure of two or three digits with its unit: `66,000 t`, `USD 480 m`, `CNY 790,000/t`.
pub(super) fn amount(value: f64, unit: &str) -> String {
    let digits = |v: f64| significant(v, if v.abs() >= 100.0 { 3 } else { 2 });
    match unit {
        "USD m" => format!("USD {} m", digits(value)),
        "CNY 1,000/t" => format!("CNY {}/t", digits(value * 1000.0)),
        "1,000 vehicles" if value >= 1000.0 => format!("{} million", digits(value / 1000.0)),
        "USD/kg" => format!("USD {}/kg", digits(value)),
        _ => format!("{} {unit}", digits(value)),
    }
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
        assert_eq!(span_of(month("2026-03"), month("2027-02")), "March 2026 to February 2027");
        assert_eq!(amount(794.0, "CNY 1,000/t"), "CNY 794,000/t");
        assert_eq!(amount(21_312.0, "1,000 vehicles"), "21 million");
        assert_eq!(amount(66_123.0, "t"), "66,100 t");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
