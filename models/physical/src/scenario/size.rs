//! How large a shock is: a number, a path of monthly values, a distribution, or a level to be reached.

use std::fmt;

use monazite_series::{Frequency, Period};
use monazite_stochastic::Stream;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Months a path can have: no simulation is longer.
const LONGEST_PATH: usize = 240;
/// Standard deviations around its mean within which a normal size is kept.
const TAIL: f64 = 4.0;

/// How large a shock is, as a relative change (.3 is +30 %); for a tariff, the addition to the rate.
///
/// In TOML `size = 0.3`, `path = [0.1, 0.2]`, `size = { normal = { mean = 0.3, sd = 0.1 } }` or
/// `size = { level = 2.59, month = "2030-07" }`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Size {
    /// The same whatever the path.
    Fixed(f64),
    /// Month by month from the start; the last value stays.
    Path(Vec<f64>),
    /// Drawn once on each path.
    Drawn(Distribution),
    /// Activity, in units of the base year's, goes log-linearly from where each path stands in the month of the start
    /// to this level in this month; then it follows the growth of the path it had.
    Level {
        /// The level.
        level: f64,
        /// The month in which it is reached.
        month: Period,
    },
}

/// A distribution of a size over paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Uniform.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Triangular.
    Triangular {
        /// Lower end.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Upper end.
        high: f64,
    },
    /// One of two values.
    TwoPoint {
        /// One value.
        low: f64,
        /// The other.
        high: f64,
        /// Probability of `high`.
        probability: f64,
    },
}

impl Distribution {
    /// Expected size.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Normal { mean, .. } => mean,
            Self::Uniform { low, high } => 0.5 * (low + high),
            Self::Triangular { low, mode, high } => (low + mode + high) / 3.0,
            Self::TwoPoint { low, high, probability } => low + probability * (high - low),
        }
    }

    /// Ends of its range; of a normal four standard deviations around its mean, which it passes once in 16,000 draws and
    /// is kept within.
    pub fn ends(&self) -> (f64, f64) {
        match *self {
            Self::Normal { mean, sd } => (mean - TAIL * sd, mean + TAIL * sd),
            Self::Uniform { low, high } | Self::Triangular { low, high, .. } => (low, high),
            Self::TwoPoint { low, high, .. } => (low.min(high), low.max(high)),
        }
    }

    /// One value, from one number of the stream by the inverse distribution function, or from one normal.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        match *self {
            Self::Normal { mean, sd } => {
                let (low, high) = self.ends();
                (mean + sd * stream.normal()).clamp(low, high)
            }
            Self::Uniform { low, high } => low + (high - low) * stream.uniform(),
            Self::Triangular { low, mode, high } => {
                let (u, width) = (stream.uniform(), high - low);
                if width == 0.0 {
                    return mode;
                }
                if u * width < mode - low {
                    low + (u * width * (mode - low)).sqrt()
                } else {
                    high - ((1.0 - u) * width * (high - mode)).sqrt()
                }
            }
            Self::TwoPoint { low, high, probability } => {
                if stream.uniform() < probability {
                    high
                } else {
                    low
                }
            }
        }
    }

    fn problem(&self) -> Option<&'static str> {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        match *self {
            Self::Normal { mean, sd } => (!finite(&[mean, sd]) || sd < 0.0)
                .then_some("a normal size has a finite mean and an sd of zero or more"),
            Self::Uniform { low, high } => (!finite(&[low, high]) || low > high)
                .then_some("a uniform size has a low end no higher than its high end"),
            Self::Triangular { low, mode, high } => {
                (!finite(&[low, mode, high]) || low > mode || mode > high)
                    .then_some("a triangular size has low ≤ mode ≤ high")
            }
            Self::TwoPoint { low, high, probability } => (!finite(&[low, high])
                || !(0.0..=1.0).contains(&probability))
            .then_some("a two-point size has finite values and a probability from 0 to 1"),
        }
    }
}

impl Size {
    /// Expected size, in the month that is `age` months after the start of a path; 0 for a level, which is no change.
    pub(crate) fn expected(&self, age: usize) -> f64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Path(values) => values.get(age).or_else(|| values.last()).copied().unwrap_or(0.0),
            Self::Drawn(distribution) => distribution.mean(),
            Self::Level { .. } => 0.0,
        }
    }

    /// What is wrong with it as a change of a variable whose sizes are `least` to `most`; `said` says so.
    pub(crate) fn problem(&self, (least, most, said): (f64, f64, &str)) -> Option<String> {
        let possible = |value: f64| value.is_finite() && least <= value && value <= most;
        match self {
            Self::Fixed(value) => {
                (!possible(*value)).then(|| format!("{value} is not possible: {said}"))
            }
            Self::Path(values) if values.is_empty() || values.len() > LONGEST_PATH => {
                Some(format!("a path has 1 to {LONGEST_PATH} months, not {}", values.len()))
            }
            Self::Path(values) => {
                let odd = values.iter().position(|value| !possible(*value))?;
                Some(format!("month {} of the path is {}: {said}", odd + 1, values[odd]))
            }
            Self::Drawn(distribution) => {
                if let Some(problem) = distribution.problem() {
                    return Some(problem.to_owned());
                }
                let (low, high) = distribution.ends();
                (!possible(low) || !possible(high)).then(|| {
                    let ends = match distribution {
                        Distribution::Normal { .. } => "four standard deviations around its mean",
                        _ => "its range",
                    };
                    format!("{ends} are {low} to {high}, and a size is {said}")
                })
            }
            Self::Level { level, month } => {
                if !level.is_finite() || *level <= 0.0 {
                    return Some(format!("a level of {level}: positive and finite is possible"));
                }
                (month.frequency() != Frequency::Month)
                    .then(|| format!("a level is reached in a month, and {month} is none"))
            }
        }
    }
}

impl From<f64> for Size {
    fn from(value: f64) -> Self {
        Self::Fixed(value)
    }
}

/// A size as written: a table has one of these keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    normal: Option<Normal>,
    uniform: Option<Uniform>,
    triangular: Option<Triangular>,
    two_point: Option<TwoPoint>,
    level: Option<f64>,
    month: Option<Period>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Normal {
    mean: f64,
    sd: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uniform {
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triangular {
    low: f64,
    mode: f64,
    high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoPoint {
    low: f64,
    high: f64,
    probability: f64,
}

impl Table {
    fn size(self) -> Option<Size> {
        let drawn = match (self.normal, self.uniform, self.triangular, self.two_point) {
            (None, None, None, None) => {
                return Some(Size::Level { level: self.level?, month: self.month? });
            }
            (Some(Normal { mean, sd }), None, None, None) => Distribution::Normal { mean, sd },
            (None, Some(Uniform { low, high }), None, None) => Distribution::Uniform { low, high },
            (None, None, Some(Triangular { low, mode, high }), None) => {
                Distribution::Triangular { low, mode, high }
            }
            (None, None, None, Some(TwoPoint { low, high, probability })) => {
                Distribution::TwoPoint { low, high, probability }
            }
            _ => return None,
        };
        (self.level.is_none() && self.month.is_none()).then_some(Size::Drawn(drawn))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        const EXPECTED: &str = "a number, a list of monthly numbers, { normal | uniform | triangular | two-point = { … } } \
                                or { level = …, month = \"…\" }";

        impl<'de> Visitor<'de> for SizeVisitor {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_f64<E>(self, value: f64) -> Result<Size, E> {
                Ok(Size::Fixed(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Size, E> {
                Ok(Size::Fixed(value as f64))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Size, E> {
                Ok(Size::Fixed(value as f64))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Size, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(Size::Path(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Size, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                table.size().ok_or_else(|| {
                    serde::de::Error::custom(format!("invalid value: a size is {EXPECTED}"))
                })
            }
        }
        deserializer.deserialize_any(SizeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use monazite_stochastic::{Key, Purpose};

    use super::*;

    fn moments(distribution: Distribution) -> (f64, f64) {
        let n = 40_000;
        let values: Vec<f64> = (0..n)
            .map(|path| distribution.draw(&mut Key::new(5).stream(path, Purpose::new(1))))
            .collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        (mean, variance.sqrt())
    }

    /// Means and standard deviations in closed form, within four standard errors.
    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let (low, mode, high) = (-0.2, 0.1, 0.7);
        let squares: f64 = low * low + mode * mode + high * high;
        for (distribution, sd) in [
            (Distribution::Normal { mean: 0.3, sd: 0.1 }, 0.1),
            (Distribution::Uniform { low, high }, (high - low) / 12.0_f64.sqrt()),
            (
                Distribution::Triangular { low, mode, high },
                ((squares - low * mode - low * high - mode * high) / 18.0).sqrt(),
            ),
            (Distribution::TwoPoint { low, high, probability: 0.3 }, 0.9 * 0.21_f64.sqrt()),
        ] {
            let (mean, spread) = moments(distribution);
            let error = sd / 200.0;
            assert!((mean - distribution.mean()).abs() < 4.0 * error, "{distribution:?}: {mean}");
            assert!((spread / sd - 1.0).abs() < 0.02, "{distribution:?}: {spread} for {sd}");
        }
    }

    #[test]
    fn a_distribution_without_spread_is_its_value_exactly() {
        for distribution in [
            Distribution::Normal { mean: 0.0, sd: 0.0 },
            Distribution::Uniform { low: 0.0, high: 0.0 },
            Distribution::Triangular { low: 0.0, mode: 0.0, high: 0.0 },
            Distribution::TwoPoint { low: 0.0, high: 0.0, probability: 0.5 },
        ] {
            assert_eq!(distribution.draw(&mut Key::new(1).stream(0, Purpose::new(1))), 0.0);
        }
    }

    #[test]
    fn sizes_that_make_no_sense_say_why() {
        let (factor, rate) = ((-1.0, f64::MAX, "no less than −1"), (f64::MIN, f64::MAX, "finite"));
        let normal = |mean, sd| Size::Drawn(Distribution::Normal { mean, sd });
        assert!(normal(0.0, 0.25).problem(factor).is_none());
        assert!(normal(0.0, 0.26).problem(factor).is_some_and(|p| p.contains("four standard")));
        assert!(normal(0.0, 0.26).problem(rate).is_none());
        for size in [
            Size::Fixed(-1.01),
            Size::Fixed(f64::NAN),
            Size::Path(Vec::new()),
            Size::Path(vec![0.0, -1.5]),
            Size::Drawn(Distribution::Uniform { low: 0.2, high: 0.1 }),
            Size::Drawn(Distribution::Triangular { low: 0.0, mode: 0.3, high: 0.2 }),
            Size::Drawn(Distribution::TwoPoint { low: 0.0, high: 0.3, probability: 1.2 }),
            Size::Level { level: 0.0, month: "2030-07".parse().unwrap() },
            Size::Level { level: 2.0, month: "2030".parse().unwrap() },
        ] {
            assert!(size.problem(factor).is_some(), "{size:?}");
        }
    }
}
