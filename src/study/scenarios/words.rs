//! Shocks in words.

use monazite_physical::{Announcement, Distribution, Shape, Shock, Size};
use monazite_series::Period;

use crate::chart::number::{fixed, period_name, signed};

/// What a shock does in a simulation of `n_months` from `first` on: `activity.ev +30 % from March 2026 to the end, a
/// surprise`.
pub fn shock_sentence(shock: &Shock, first: Period, n_months: usize) -> String {
    let starts = shock.first_month(first);
    let from = if starts < n_months as i64 {
        period_name(first.plus(starts.max(0)))
    } else {
        format!("{}, after the end", period_name(first.plus(starts)))
    };
    let until = shock
        .n_months(first)
        .map_or_else(|| "to the end".to_owned(), |n| format!("for {n} months"));
    format!(
        "{} {}{} from {from} {until}, {}",
        shock.variable,
        size(&shock.size),
        shape(shock.shape),
        announcement(shock.announced, first)
    )
}

fn percent(value: f64) -> String {
    let decimals = usize::from((100.0 * value - (100.0 * value).round()).abs() > 1e-9);
    format!("{} %", signed(100.0 * value, decimals))
}

fn size(size: &Size) -> String {
    match size {
        Size::Fixed(value) => percent(*value),
        Size::Path(values) => {
            let ends = |value: Option<&f64>| percent(value.copied().unwrap_or(0.0));
            format!(
                "on a path of {} months from {} to {}",
                values.len(),
                ends(values.first()),
                ends(values.last())
            )
        }
        Size::Drawn(Distribution::Normal { mean, sd }) => {
            format!("drawn around {} (normal, s.d. {})", percent(*mean), fixed(100.0 * sd, 1))
        }
        Size::Drawn(Distribution::Uniform { low, high }) => {
            format!("drawn between {} and {} (uniform)", percent(*low), percent(*high))
        }
        Size::Drawn(Distribution::Triangular { low, mode, high }) => format!(
            "drawn between {} and {} (triangular, most likely {})",
            percent(*low),
            percent(*high),
            percent(*mode)
        ),
        Size::Drawn(Distribution::TwoPoint { low, high, probability }) => format!(
            "{} with probability {}, else {}",
            percent(*high),
            fixed(*probability, 2),
            percent(*low)
        ),
        Size::Level { level, month } => {
            format!("to {} times the base year in {}", fixed(*level, 2), period_name(*month))
        }
    }
}

fn shape(shape: Shape) -> String {
    match shape {
        Shape::Step => String::new(),
        Shape::Pulse { decay } => format!(", decaying by the factor {decay} a month,"),
        Shape::Decay { factor, rest } => {
            format!(", decaying by the factor {factor} a month to {} of it,", fixed(rest, 2))
        }
        Shape::Ramp { months } => format!(", reached in {months} months,"),
        Shape::Growth => " of annual growth".to_owned(),
    }
}

fn announcement(announced: Announcement, first: Period) -> String {
    match announced {
        Announcement::Surprise => "a surprise".to_owned(),
        Announcement::Before => "announced".to_owned(),
        Announcement::In(when) => {
            format!("announced in {}", period_name(first.plus(when.months_after(first))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shocks_read_as_sentences() {
        let sentence = |text: &str| {
            let shock = toml::from_str(text).unwrap();
            shock_sentence(&shock, "2026-03".parse().unwrap(), 22)
        };
        assert_eq!(
            sentence("variable = \"activity.ev\"\nsize = 0.3\nstart = 0"),
            "activity.ev +30 % from March 2026 to the end, a surprise"
        );
        assert_eq!(
            sentence(
                "variable = \"quota\"\nsize = -0.125\nstart = \"2026-07\"\nmonths = 6\nannounced = 1\n\
                 shape = { ramp = { months = 3 } }"
            ),
            "quota \u{2212}12.5 %, reached in 3 months, from July 2026 for 6 months, announced in April 2026"
        );
        assert_eq!(
            sentence(
                "variable = \"activity.wind\"\nsize = 0.02\nstart = 30\nshape = \"growth\"\nannounced = true"
            ),
            "activity.wind +2 % of annual growth from September 2028, after the end to the end, announced"
        );
        assert_eq!(
            sentence(
                "variable = \"activity.wind\"\nsize = { level = 2.5, month = \"2030-07\" }\nstart = 0"
            ),
            "activity.wind to 2.50 times the base year in July 2030 from March 2026 to the end, a surprise"
        );
    }
}
