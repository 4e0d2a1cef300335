//! Two shocks to one variable in one month: what they come to has to be said.

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use super::{Shape, Shock};

/// How a shock acts together with earlier ones of its scenario, on the cells and in the months they have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// Deviations add up: 1 + a + b.
    Add,
    /// Factors multiply: (1 + a)(1 + b).
    Multiply,
    /// The later one alone counts: 1 + b.
    Replace,
}

/// First month, counted from `start`, in which both act on a cell, if the later one does not say how.
pub(super) fn ambiguous_month(earlier: &Shock, later: &Shock, start: Period) -> Option<i64> {
    if later.combine.is_some() || !earlier.variable.overlaps(later.variable) {
        return None;
    }
    let first = earlier.first_month(start).max(later.first_month(start));
    let on = |shock: &Shock| end(shock, start).is_none_or(|end| first < end);
    (on(earlier) && on(later)).then_some(first)
}

/// First month after the last, counted from `start`; `None`: it stays, as does the level that growth has reached.
fn end(shock: &Shock, start: Period) -> Option<i64> {
    let n_months = shock.n_months(start).filter(|_| shock.shape != Shape::Growth)?;
    Some(shock.first_month(start) + i64::from(n_months))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShockStart;

    fn shock(variable: &str, start: u32, months: Option<u32>) -> Shock {
        let start = ShockStart::AfterMonths(start);
        Shock { start, months, ..Shock::step(variable.parse().unwrap(), 0.1) }
    }

    #[test]
    fn shocks_overlap_where_cells_and_months_meet() {
        let start = "2026-03".parse().unwrap();
        let month = |a: &Shock, b: &Shock| ambiguous_month(a, b, start);
        let (all, china) = (shock("activity.ev", 2, Some(3)), shock("activity.ev.china", 4, None));
        assert_eq!(month(&all, &china), Some(4));
        assert_eq!(month(&china, &all), Some(4));
        // Months 2, 3 and 4 are over when month 5 comes.
        assert_eq!(month(&all, &shock("activity.ev", 5, None)), None);
        assert_eq!(month(&all, &shock("activity.wind", 2, None)), None);
        assert_eq!(month(&all, &Shock { combine: Some(Combine::Add), ..china.clone() }), None);
        // The level that growth has left is still there.
        let grown = Shock { shape: Shape::Growth, ..all };
        assert_eq!(month(&grown, &shock("activity.ev", 5, None)), Some(5));
        let dated = Shock { start: ShockStart::Month("2026-09".parse().unwrap()), ..china };
        assert_eq!(month(&shock("activity.ev", 0, Some(6)), &dated), None);
        assert_eq!(month(&shock("activity.ev", 0, Some(7)), &dated), Some(6));
    }
}
