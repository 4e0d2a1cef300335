//! Periods as people write them.

use monazite_series::Period;

/// How a period was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Written {
    /// In one of the forms of this program.
    Plain(Period),
    /// In another form that leaves one reading.
    Otherwise(Period),
    /// In a form that leaves several readings; this is one of them.
    Ambiguous(Period),
}

/// Reads a period in the forms of this program and in others that people use; `None` if there is no reading.
pub(super) fn period(text: &str) -> Option<Written> {
    let text = text.trim();
    if let Ok(period) = text.parse() {
        return Some(Written::Plain(period));
    }
    let date = text.get(..10).filter(|_| is_midnight(text.get(10..).unwrap_or("")));
    if let Some(period) = date.and_then(parse) {
        return Some(Written::Otherwise(period));
    }
    let chinese = text.replace('年', "-").replace(['月', '日'], "-");
    let parts: Vec<&str> =
        chinese.split(['-', '/', '.', ' ', '_', ',']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [one] => one_word(one),
        [a, b] => two_words(a, b),
        [year, month, day] if is_year(year) => {
            parse(&format!("{year}-{month:0>2}-{day:0>2}")).map(Written::Otherwise)
        }
        [a, b, year] if is_year(year) => {
            let (first, second): (u32, u32) = (a.parse().ok()?, b.parse().ok()?);
            let dated = |m: u32, d: u32| parse(&format!("{year}-{m:02}-{d:02}"));
            match (dated(second, first), dated(first, second)) {
                (Some(period), None) | (None, Some(period)) => Some(Written::Otherwise(period)),
                (Some(period), Some(_)) => Some(Written::Ambiguous(period)),
                (None, None) => None,
            }
        }
        _ => None,
    }
}

/// `202506`, `20250601`, `2025M06`, `2025Q2`.
fn one_word(word: &str) -> Option<Written> {
    let upper = word.to_uppercase();
    if let Some((year, rest)) = upper.split_once(['M', 'Q']).filter(|(year, _)| is_year(year)) {
        let separator = if upper.contains('Q') { "-Q".to_owned() } else { "-".to_owned() };
        let rest = if separator == "-" { format!("{rest:0>2}") } else { rest.to_owned() };
        return parse(&format!("{year}{separator}{rest}")).map(Written::Otherwise);
    }
    if !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match word.len() {
        6 => parse(&format!("{}-{}", &word[..4], &word[4..])).map(Written::Otherwise),
        8 => {
            parse(&format!("{}-{}-{}", &word[..4], &word[4..6], &word[6..])).map(Written::Otherwise)
        }
        _ => None,
    }
}

/// `2025/06`, `06/2025`, `2025-6`, `June 2025`, `2025 Q2`, `Jun-25`.
fn two_words(a: &str, b: &str) -> Option<Written> {
    for (year, other) in [(a, b), (b, a)] {
        if is_year(year) {
            let upper = other.to_uppercase();
            if upper.starts_with('Q') {
                return parse(&format!("{year}-{upper}")).map(Written::Otherwise);
            }
            let month =
                month_name(other).or_else(|| other.trim_start_matches(['M', 'm']).parse().ok())?;
            return parse(&format!("{year}-{month:02}")).map(Written::Otherwise);
        }
    }
    let (month, number) = match (month_name(a), month_name(b)) {
        (Some(month), None) => (month, b),
        (None, Some(month)) => (month, a),
        _ => return None,
    };
    let year: i32 = number.parse().ok().filter(|n| (0..100).contains(n))?;
    let century = if year < 70 { 2000 } else { 1900 };
    Period::month(century + year, month).ok().map(Written::Ambiguous)
}

fn parse(text: &str) -> Option<Period> {
    text.parse().ok()
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_midnight(rest: &str) -> bool {
    let time = rest.trim_start_matches(['T', ' ']).trim_end_matches('Z');
    !rest.is_empty() && !time.is_empty() && time.bytes().all(|b| matches!(b, b'0' | b':' | b'.'))
}

fn month_name(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = text.to_lowercase();
    (lower.len() >= 3)
        .then(|| NAMES.iter().position(|name| name.starts_with(&lower)))
        .flatten()
        .map(|idx| idx as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_as_people_write_them() {
        let other = |text: &str| Some(Written::Otherwise(text.parse().unwrap()));
        for text in [
            "2025/06",
            "202506",
            "2025-6",
            "2025M06",
            "2025m6",
            "06/2025",
            "June 2025",
            "jun-2025",
            "2025.06",
            "2025年6月",
            "2025_06",
        ] {
            assert_eq!(period(text), other("2025-06"), "{text}");
        }
        for text in
            ["2025-06-01 00:00:00", "2025-06-01T00:00:00Z", "2025/06/01", "20250601", "2025/6/1"]
        {
            assert_eq!(period(text), other("2025-06-01"), "{text}");
        }
        assert_eq!(period("2025Q2"), other("2025-Q2"));
        assert_eq!(period("2025 q2"), other("2025-Q2"));
        assert_eq!(period("31/12/2025"), other("2025-12-31"));
        assert!(
            matches!(period("Jun-25"), Some(Written::Ambiguous(p)) if p.to_string() == "2025-06")
        );
        assert!(matches!(period("01/06/2025"), Some(Written::Ambiguous(_))));
        assert!(matches!(period("2025-06"), Some(Written::Plain(_))));
        for text in [
            "",
            "soon",
            "2025-13",
            "45809",
            "2025-06-31",
            "Q2",
            "2025-06-01 13:00",
            "ab/cd",
            "年月",
        ] {
            assert_eq!(period(text), None, "{text}");
        }
    }
}
