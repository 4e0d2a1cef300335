//! Numbers and periods as a reader sees them: thousands separators, a true minus sign, as many digits as carry meaning,
//! months by their names.
//!
//! ```
//! use monazite::chart::number::{fixed, percent, signed, significant};
//! assert_eq!(fixed(-7123.44, 1), "−7,123.4");
//! assert_eq!(significant(7123.44, 2), "7,100");
//! assert_eq!(signed(0.25, 1), "+0.3");
//! assert_eq!(percent(-0.233, 1), "−23.3 %");
//! ```

use monazite_series::{Frequency, Period};

/// What stands for a number that is missing or not finite.
pub const MISSING: &str = "–";

/// `value` with `decimals` decimals; a number that rounds to zero has no sign.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return MISSING.into();
    }
    // Half away from zero, as a reader rounds by hand; formatting alone rounds the binary fraction.
    let scale = 10_f64.powi(decimals as i32);
    let rounded =
        if (value * scale).abs() < 1e15 { (value * scale).round() / scale } else { value };
    let digits = format!("{:.decimals$}", rounded.abs());
    let (whole, fraction) =
        digits.split_once('.').map_or((digits.as_str(), None), |(w, f)| (w, Some(f)));
    let mut text = String::new();
    if rounded < 0.0 && digits.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// `value` rounded to `digits` significant digits.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return MISSING.into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let place = digits.max(1) as i32 - 1 - value.abs().log10().floor() as i32;
    if place >= 0 {
        return fixed(value, place.min(12) as usize);
    }
    let unit = 10_f64.powi(-place);
    fixed((value / unit).round() * unit, 0)
}

/// As [`fixed`] with a plus sign before positive numbers.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let positive = value > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if positive { format!("+{text}") } else { text }
}

/// A fraction in per cent.
pub fn percent(fraction: f64, decimals: usize) -> String {
    if fraction.is_finite() {
        format!("{} %", fixed(100.0 * fraction, decimals))
    } else {
        MISSING.into()
    }
}

/// Decimals that show three digits of numbers as large as `largest`.
pub(crate) fn decimals_for(largest: f64) -> usize {
    match largest.abs() {
        a if a >= 100.0 => 0,
        a if a >= 10.0 => 1,
        a if a >= 1.0 => 2,
        _ => 3,
    }
}

/// Names of the months.
pub(crate) const MONTHS: [&str; 12] = [
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

/// The name of a month; `None` for a period that is none.
pub fn month_of_year(period: Period) -> Option<&'static str> {
    (period.frequency() == Frequency::Month).then(|| MONTHS[period.season() % 12])
}

/// A period in words: `June 2026`, `2026`, otherwise as it prints.
pub fn period_name(period: Period) -> String {
    match month_of_year(period) {
        Some(name) => format!("{name} {}", period.year()),
        None => period.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_separators_and_rounding() {
        assert_eq!(fixed(1234567.0, 0), "1,234,567");
        assert_eq!(fixed(-0.04, 1), "0.0");
        assert_eq!(fixed(999.95, 1), "1,000.0");
        assert_eq!(fixed(f64::NAN, 1), MISSING);
        assert_eq!(significant(0.012345, 3), "0.0123");
        assert_eq!(significant(7150.0, 2), "7,200");
        assert_eq!(significant(-7149.0, 2), "−7,100");
        assert_eq!(signed(-3.0, 0), "−3");
        assert_eq!(signed(0.001, 1), "0.0");
    }
}
