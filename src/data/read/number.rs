//! Numbers as people write them, and what was assumed in reading one.

/// What a field of figures holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// A number as a program writes it.
    Plain(f64),
    /// Digits were grouped by three.
    Grouped(f64),
    /// The decimal mark is a comma.
    DecimalComma(f64),
    /// A marker of a missing figure.
    Missing,
    /// Not finite.
    Infinite,
    /// Something else.
    Text,
}

/// Markers of a missing figure, in lower case.
const MISSING: &[&str] = &[
    "", "-", "–", "—", ".", "..", "...", "na", "n/a", "n.a.", "nan", "null", "none", "#n/a",
    "missing",
];

/// Reads a figure. In a file whose fields are separated by semicolons (`comma_is_decimal`) a lone comma is a decimal
/// mark; elsewhere a comma before exactly three digits groups them.
pub(super) fn number(text: &str, comma_is_decimal: bool) -> Number {
    let text = text.trim();
    if MISSING.contains(&text.to_lowercase().as_str()) {
        return Number::Missing;
    }
    let bare = text.trim_start_matches(['+', '-']).to_lowercase();
    if bare == "inf" || bare == "infinity" || bare == "∞" {
        return Number::Infinite;
    }
    if let Some(value) = plain(text) {
        return finite(value, Number::Plain);
    }
    let commas = text.matches(',').count();
    let (head, tail) = text.rsplit_once(',').unwrap_or((text, ""));
    let decimal = commas == 1
        && tail.bytes().all(|b| b.is_ascii_digit())
        && (comma_is_decimal || tail.len() != 3 || is_grouped(head, '.') || head.len() > 4);
    if decimal {
        let whole = if is_grouped(head, '.') { head.replace('.', "") } else { head.to_owned() };
        return plain(&format!("{whole}.{tail}"))
            .map_or(Number::Text, |v| finite(v, Number::DecimalComma));
    }
    for mark in [',', ' ', '\'', '’', '\u{a0}', '\u{202f}'] {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if is_grouped(whole, mark) {
            let joined: String = whole.chars().filter(|c| *c != mark).collect();
            let digits = if fraction.is_empty() { joined } else { format!("{joined}.{fraction}") };
            return plain(&digits).map_or(Number::Text, |v| finite(v, Number::Grouped));
        }
    }
    Number::Text
}

fn finite(value: f64, kind: impl Fn(f64) -> Number) -> Number {
    if value.is_finite() { kind(value) } else { Number::Infinite }
}

/// A number of digits, sign, point and exponent only; `inf` and `nan` are words, not numbers.
fn plain(text: &str) -> Option<f64> {
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    (has_digit && text.bytes().all(allowed)).then(|| text.parse().ok()).flatten()
}

/// Whether digits stand in groups of three behind a first group of one to three.
fn is_grouped(text: &str, mark: char) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let groups: Vec<&str> = unsigned.split(mark).collect();
    let digits = |group: &&str| group.bytes().all(|b| b.is_ascii_digit());
    groups.len() > 1
        && groups.iter().all(digits)
        && (1..=3).contains(&groups[0].len())
        && groups[1..].iter().all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, expected) in [
            ("5666.3", Number::Plain(5666.3)),
            ("-1e3", Number::Plain(-1000.0)),
            ("1,234", Number::Grouped(1234.0)),
            ("1,234,567.8", Number::Grouped(1234567.8)),
            ("1 234", Number::Grouped(1234.0)),
            ("-1'234", Number::Grouped(-1234.0)),
            ("12,5", Number::DecimalComma(12.5)),
            ("12345,678", Number::DecimalComma(12345.678)),
            ("1.234,5", Number::DecimalComma(1234.5)),
            ("n/a", Number::Missing),
            ("NaN", Number::Missing),
            ("", Number::Missing),
            ("-inf", Number::Infinite),
            ("1e999", Number::Infinite),
            ("5 thousand", Number::Text),
            ("12,34,5", Number::Text),
            ("5%", Number::Text),
            ("e", Number::Text),
            ("(120)", Number::Text),
        ] {
            assert_eq!(number(text, false), expected, "{text}");
        }
        assert_eq!(number("1,234", true), Number::DecimalComma(1.234));
    }
}
