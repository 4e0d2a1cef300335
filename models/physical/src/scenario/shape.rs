//! How a shock runs on after its start.

use serde::{Deserialize, Serialize};

/// How a shock runs on: its deviation `age` months after the start, in terms of its size.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Shape {
    /// Full size from the start on.
    #[default]
    Step,
    /// Full size at the start, then `size · decay^age`.
    Pulse {
        /// Factor by which the shock shrinks each month, 0…1.
        decay: f64,
    },
    /// A step that decays to a rest: `size · (rest + (1 − rest) · factor^age)`.
    Decay {
        /// Factor by which what is to go shrinks each month, 0…1.
        factor: f64,
        /// Share of the size that stays, 0…1.
        rest: f64,
    },
    /// Linear to full size: `size · min(1, (age + 1)/months)`.
    Ramp {
        /// Months until it is complete.
        months: u32,
    },
    /// A change of annual growth, compounding: `(1 + size)^((age + 1)/12) − 1`, so that annual growth g becomes
    /// `(1 + g)(1 + size) − 1`. When the shock ends growth is what it was, and the level that was reached stays.
    Growth,
}

impl Shape {
    /// Deviation from nothing done, `age` months after the start, of a shock that is on for `months` of them.
    pub(crate) fn deviation(self, size: f64, age: u32, months: Option<u32>) -> f64 {
        match self {
            Self::Step => size,
            Self::Pulse { decay } => size * power(decay, age),
            Self::Decay { factor, rest } => size * (rest + (1.0 - rest) * power(factor, age)),
            Self::Ramp { months } => size * (f64::from(age + 1) / f64::from(months)).min(1.0),
            Self::Growth => {
                let grown = months.map_or(age + 1, |months| months.min(age + 1));
                (1.0 + size).powf(f64::from(grown) / 12.0) - 1.0
            }
        }
    }

    /// What is wrong with it: the number and what it has to be.
    pub(crate) fn problem(self) -> Option<String> {
        let share = |name: &str, value: f64| {
            (!(0.0..=1.0).contains(&value))
                .then(|| format!("{name} is {value}: between 0 and 1 is possible"))
        };
        match self {
            Self::Step | Self::Growth => None,
            Self::Pulse { decay } => share("decay", decay),
            Self::Decay { factor, rest } => share("factor", factor).or_else(|| share("rest", rest)),
            Self::Ramp { months } => {
                (months == 0).then(|| "a ramp takes at least one month".to_owned())
            }
        }
    }
}

fn power(base: f64, exponent: u32) -> f64 {
    base.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(shape: Shape, size: f64, until: Option<u32>) -> [f64; 4] {
        std::array::from_fn(|age| shape.deviation(size, age as u32, until))
    }

    /// By hand.
    #[test]
    fn shapes_run_as_their_formulas_say() {
        assert_eq!(months(Shape::Step, 0.4, None), [0.4; 4]);
        assert_eq!(months(Shape::Pulse { decay: 0.5 }, 0.4, None), [0.4, 0.2, 0.1, 0.05]);
        let decay = Shape::Decay { factor: 0.5, rest: 0.25 };
        assert_eq!(months(decay, 1.0, None), [1.0, 0.625, 0.4375, 0.34375]);
        assert_eq!(months(Shape::Ramp { months: 2 }, -0.5, None), [-0.25, -0.5, -0.5, -0.5]);
        // Twelve months of growth are the annual figure; after six it stays at its square root.
        assert!((Shape::Growth.deviation(0.21, 11, None) - 0.21).abs() < 1e-15);
        assert!((Shape::Growth.deviation(0.21, 30, Some(6)) - 0.1).abs() < 1e-15);
        assert!((Shape::Growth.deviation(0.21, 5, Some(6)) - 0.1).abs() < 1e-15);
    }

    #[test]
    fn a_size_of_zero_is_exactly_nothing() {
        for shape in [
            Shape::Step,
            Shape::Pulse { decay: 0.9 },
            Shape::Decay { factor: 0.3, rest: 0.1 },
            Shape::Ramp { months: 7 },
            Shape::Growth,
        ] {
            assert_eq!(months(shape, 0.0, Some(3)), [0.0; 4]);
        }
    }

    #[test]
    fn numbers_outside_their_range_are_named() {
        assert!(Shape::Pulse { decay: 1.1 }.problem().is_some_and(|p| p.contains("decay is 1.1")));
        assert!(Shape::Decay { factor: 0.5, rest: -0.1 }.problem().is_some());
        assert!(Shape::Decay { factor: f64::NAN, rest: 0.1 }.problem().is_some());
        assert!(Shape::Ramp { months: 0 }.problem().is_some());
    }
}
