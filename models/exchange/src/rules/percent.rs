//! Rates as people write them: `"4 %"`, `"0.008 %"`. Exact: four decimals of a percent are parts per million.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::units::Rate;

/// Reads `4 %`, `4%` or `0.008 %`; no sign, four decimals at most.
fn parse(text: &str) -> Option<Rate> {
    let number = text.strip_suffix('%')?.trim_end();
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 4 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let part: u32 = format!("{part:0<4}").parse().ok()?;
    Some(Rate::ppm(whole.checked_mul(10_000)?.checked_add(part)?))
}

/// Writes `4 %`.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(crate) fn serialize<S: Serializer>(rate: &Rate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(rate)
}

/// Reads a share of one in percent.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| {
        de::Error::custom(format!(
            "`{text}` is not a percentage; write one like \"4 %\", with four decimals at most"
        ))
    })
}

/// A rate that writes itself in percent.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Percent(#[serde(with = "self")] Rate);

/// The same where a rate may be absent.
pub(crate) mod optional {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Percent;
    use crate::units::Rate;

    #[allow(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference to the field"
    )]
    pub(crate) fn serialize<S: Serializer>(
        rate: &Option<Rate>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        rate.map(Percent).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Rate>, D::Error> {
        Ok(Option::<Percent>::deserialize(deserializer)?.map(|percent| percent.0))
    }
}

/// The same for a list.
pub(crate) mod list {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Percent;
    use crate::units::Rate;

    pub(crate) fn serialize<S: Serializer>(
        rates: &[Rate],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rates.iter().map(|rate| Percent(*rate)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Rate>, D::Error> {
        let percents = Vec::<Percent>::deserialize(deserializer)?;
        Ok(percents.into_iter().map(|percent| percent.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact_and_survive_a_round_trip() {
        for (text, ppm) in [
            ("4 %", 40_000),
            ("4%", 40_000),
            ("0.008 %", 80),
            ("100 %", 1_000_000),
            ("0.0001 %", 1),
        ] {
            assert_eq!(parse(text), Some(Rate::ppm(ppm)), "{text}");
        }
        for rate in [0, 1, 80, 123_456, 1_000_000].map(Rate::ppm) {
            assert_eq!(parse(&rate.to_string()), Some(rate));
        }
        for bad in
            ["4", "-4 %", "+4 %", "0.00001 %", "4. %", ".5 %", "%", " 4 %", "4 % ", "9999999999 %"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
