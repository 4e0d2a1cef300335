//! One change of one variable.

use monazite_series::{Frequency, Period};
use monazite_stochastic::{Key, Purpose};
use serde::{Deserialize, Serialize};

use super::{Announcement, Combine, Shape, ShockStart, Size, Variable};

/// One change of one variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shock {
    /// What it acts on.
    pub variable: Variable,
    /// How large it is.
    #[serde(alias = "path")]
    pub size: Size,
    /// When it starts.
    pub start: ShockStart,
    /// Months after which it ends; without them and without `end` the shock stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<u32>,
    /// Last month in which it is on, in place of `months`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Period>,
    /// How it runs on.
    #[serde(default)]
    pub shape: Shape,
    /// Whether it is known before it starts.
    #[serde(default)]
    pub announced: Announcement,
    /// How it acts together with shocks above it that have months and cells in common with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combine: Option<Combine>,
}

/// How a time is written.
const MONTH: &str =
    "write a number of months after the first simulated one, or a month such as \"2026-07\"";

/// A fault of a shock: key, what is wrong, one way to mend it.
pub(super) type ShockFault = (&'static str, String, String);

impl Shock {
    /// A surprise step in the first simulated month that stays.
    pub fn step(variable: Variable, size: impl Into<Size>) -> Self {
        Self {
            variable,
            size: size.into(),
            start: ShockStart::AfterMonths(0),
            months: None,
            end: None,
            shape: Shape::Step,
            announced: Announcement::Surprise,
            combine: None,
        }
    }

    /// First month, counted from `start`; negative before it.
    pub fn first_month(&self, start: Period) -> i64 {
        self.start.months_after(start)
    }

    /// Number of months it is on; `None`: it stays.
    pub fn n_months(&self, start: Period) -> Option<u32> {
        let until_end = self.end.map(|end| {
            let months = end.ordinal() - start.ordinal() + 1 - self.first_month(start);
            u32::try_from(months.max(0)).unwrap_or(u32::MAX)
        });
        self.months.or(until_end)
    }

    /// Whether it acts in a month. The level that a growth shock has reached acts on after its end.
    pub fn is_on(&self, start: Period, month_idx: usize) -> bool {
        self.age(start, month_idx).is_some()
    }

    fn age(&self, start: Period, month_idx: usize) -> Option<u32> {
        let age = u32::try_from(month_idx as i64 - self.first_month(start)).ok()?;
        let over = self.shape != Shape::Growth && self.n_months(start).is_some_and(|n| age >= n);
        (!over).then_some(age)
    }

    /// Expected deviation in the month `month_idx` after `start`: 0 before the shock begins, after it ends, and for a
    /// level, which is no change.
    pub fn size_in(&self, start: Period, month_idx: usize) -> f64 {
        self.deviation(None, start, month_idx).unwrap_or(0.0)
    }

    /// Deviation of a shock whose size was drawn as `drawn`; `None` while it is not on.
    pub(crate) fn deviation(
        &self,
        drawn: Option<f64>,
        start: Period,
        month_idx: usize,
    ) -> Option<f64> {
        let age = self.age(start, month_idx)?;
        let size = match (&self.size, drawn) {
            (Size::Drawn(_), Some(drawn)) => drawn,
            (size, _) => size.expected(age as usize),
        };
        Some(self.shape.deviation(size, age, self.n_months(start)))
    }

    /// Share of the way to a level that is behind activity in a month, 0 in the month of the start and 1 from that of
    /// the level on; `None` while the shock is not on.
    pub fn share_of_way(&self, start: Period, month_idx: usize) -> Option<f64> {
        let Size::Level { month, .. } = self.size else { return None };
        let age = self.age(start, month_idx)?;
        let months = month.ordinal() - start.ordinal() - self.first_month(start);
        Some((f64::from(age) / months.max(1) as f64).min(1.0))
    }

    /// Size drawn on a path. The stream is that of the variable and of nothing else, so that a shock has the same size in
    /// every scenario, and no other draw is moved by it.
    pub(crate) fn draw(&self, key: Key, path_idx: usize, ordinal: usize) -> Option<f64> {
        let Size::Drawn(distribution) = &self.size else { return None };
        let purpose = Purpose::named(&format!("physical: shock {ordinal} to {}", self.variable));
        Some(distribution.draw(&mut key.stream(path_idx as u64, purpose)))
    }

    /// Whether who decides at the beginning of `decision_month` knows of the shock: what happens or is announced in that
    /// month is not known yet.
    pub fn is_known(&self, start: Period, decision_month: usize) -> bool {
        let before = |month: i64| month < decision_month as i64;
        before(self.first_month(start))
            || match self.announced {
                Announcement::Surprise => false,
                Announcement::Before => true,
                Announcement::In(when) => before(when.months_after(start)),
            }
    }

    /// Puts a deviation on top of what earlier shocks have made of the variable.
    pub(crate) fn apply(&self, value: &mut f64, deviation: f64) {
        match (self.combine, self.variable.is_added()) {
            (Some(Combine::Replace), added) => {
                *value = if added { deviation } else { 1.0 + deviation };
            }
            (Some(Combine::Add), _) | (_, true) => *value += deviation,
            (Some(Combine::Multiply) | None, false) => *value *= 1.0 + deviation,
        }
    }

    /// What is wrong with it by itself, whatever the first simulated month.
    pub(super) fn fault(&self) -> Option<ShockFault> {
        let fault = |key, problem: String, remedy: &str| Some((key, problem, remedy.to_owned()));
        if let Some(problem) = self.size.problem(self.variable.sizes()) {
            return fault("size", problem, "0.3 stands for +30 %, −0.2 for −20 %");
        }
        if let Some(problem) = self.shape.problem() {
            return fault("shape", problem, "shapes: step, pulse, decay, ramp, growth");
        }
        let level = matches!(self.size, Size::Level { .. });
        if level && !matches!(self.variable, Variable::Activity(..)) {
            let problem = format!("{} has no level of its own to reach", self.variable);
            return fault("size", problem, "a level is for activity; give a size or a path");
        }
        if (level || matches!(self.size, Size::Path(_))) && self.shape != Shape::Step {
            let problem = "a path or a level says itself how it runs".to_owned();
            return fault("shape", problem, "leave the shape out");
        }
        if self.shape == Shape::Growth {
            let lowest = match &self.size {
                Size::Drawn(distribution) => distribution.ends().0,
                other => other.expected(0),
            };
            if !self.variable.can_grow() {
                let problem = format!("{} does not grow", self.variable);
                return fault("shape", problem, "growth is for activity, quota and capacity");
            }
            if lowest <= -1.0 {
                let problem = "growth of −100 % leaves nothing to grow from".to_owned();
                return fault("size", problem, "a size above −1");
            }
        }
        self.timing_fault().or_else(|| {
            (self.combine == Some(Combine::Multiply) && self.variable.is_added()).then(|| {
                let problem =
                    format!("{} is an addition to a rate and is not multiplied", self.variable);
                ("combine", problem, "write \"add\" or \"replace\"".to_owned())
            })
        })
    }

    fn timing_fault(&self) -> Option<ShockFault> {
        let fault = |key, problem: String, remedy: &str| Some((key, problem, remedy.to_owned()));
        if !self.start.is_month() {
            return fault("start", "a shock starts in a month".to_owned(), MONTH);
        }
        if self.months == Some(0) {
            let problem = "a shock is on for at least one month".to_owned();
            return fault("months", problem, "leave it out for a shock that stays");
        }
        if let Some(end) = self.end {
            if self.months.is_some() {
                let problem = "`months` says already when the shock ends".to_owned();
                return fault("end", problem, "delete one of the two");
            }
            if end.frequency() != Frequency::Month {
                let problem = format!("{end} is not a month");
                return fault("end", problem, "write the last month in which the shock is on");
            }
            if self.start.is_after(ShockStart::Month(end)) {
                let problem = format!("{end} is before the start");
                return fault("end", problem, "write the last month in which the shock is on");
            }
        }
        if let Announcement::In(when) = self.announced {
            if !when.is_month() {
                return fault("announced", "news comes in a month".to_owned(), MONTH);
            }
            if when.is_after(self.start) {
                let problem = "the announcement comes after the start".to_owned();
                return fault("announced", problem, "write false for a surprise");
            }
        }
        None
    }

    /// What is wrong with its dates when the simulation starts in `first`.
    pub(super) fn date_fault(&self, first: Period) -> Option<ShockFault> {
        let starts = self.first_month(first);
        if starts < 0 {
            return Some((
                "start",
                format!(
                    "{} is before {first}, the first month simulated: what happened until then is in the data",
                    first.plus(starts)
                ),
                format!("start in {first} or later, or write `start = 0`"),
            ));
        }
        if self.n_months(first) == Some(0) {
            let problem = "the shock ends before it starts".to_owned();
            return Some(("end", problem, "let it end later, or start earlier".to_owned()));
        }
        if let Announcement::In(when) = self.announced
            && when.months_after(first) > starts
        {
            let problem = "the announcement comes after the start".to_owned();
            return Some(("announced", problem, "write false for a surprise".to_owned()));
        }
        if let Size::Level { month, .. } = self.size
            && month.ordinal() - first.ordinal() <= starts
        {
            let problem = format!("the level is reached in {month}, which is not after the start");
            return Some(("size", problem, "let the level be reached later".to_owned()));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Distribution;

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn shock(variable: &str, size: f64) -> Shock {
        Shock::step(variable.parse().unwrap(), size)
    }

    #[test]
    fn a_shock_is_on_from_its_start_to_its_end() {
        let start = month("2026-03");
        let dated = Shock {
            start: ShockStart::Month(month("2026-05")),
            end: Some(month("2026-06")),
            ..shock("quota", -0.2)
        };
        let sizes: Vec<f64> = (0..6).map(|t| dated.size_in(start, t)).collect();
        assert_eq!(sizes, [0.0, 0.0, -0.2, -0.2, 0.0, 0.0]);
        let relative = Shock {
            start: ShockStart::AfterMonths(2),
            months: Some(2),
            end: None,
            ..dated.clone()
        };
        assert_eq!((0..6).map(|t| relative.size_in(start, t)).collect::<Vec<_>>(), sizes);
        let path = Shock { size: Size::Path(vec![0.1, 0.3]), ..shock("quota", 0.0) };
        assert_eq!([0, 1, 9].map(|t| path.size_in(start, t)), [0.1, 0.3, 0.3]);
        // Growth that ends leaves its level.
        let grown = Shock { shape: Shape::Growth, months: Some(12), ..shock("activity.ev", 0.5) };
        assert!((grown.size_in(start, 30) - 0.5).abs() < 1e-15 && grown.is_on(start, 30));
    }

    #[test]
    fn news_is_known_from_the_month_after_it() {
        let start = month("2026-03");
        let in_june = Shock { start: ShockStart::AfterMonths(3), ..shock("tariff.us", 0.1) };
        let known = |announced| {
            let shock = Shock { announced, ..in_june.clone() };
            (0..6).find(|&t| shock.is_known(start, t))
        };
        assert_eq!(known(Announcement::Surprise), Some(4));
        assert_eq!(known(Announcement::Before), Some(0));
        assert_eq!(known(Announcement::In(ShockStart::AfterMonths(1))), Some(2));
        assert_eq!(known(Announcement::In(ShockStart::Month(month("2026-01")))), Some(0));
    }

    #[test]
    fn the_way_to_a_level_is_even_in_logarithms() {
        let level = Size::Level { level: 2.0, month: month("2026-07") };
        let shock = Shock { size: level, ..shock("activity.ev", 0.0) };
        let way = |t| shock.share_of_way(month("2026-03"), t).unwrap();
        assert_eq!([0, 1, 2, 4, 9].map(way), [0.0, 0.25, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn faults_name_the_key() {
        let ev = shock("activity.ev", 0.3);
        let level = Size::Level { level: 2.0, month: month("2030-07") };
        let normal = Size::Drawn(Distribution::Normal { mean: 0.0, sd: 0.3 });
        for (key, shock) in [
            ("size", Shock { size: Size::Fixed(-1.5), ..ev.clone() }),
            ("size", Shock { size: normal, ..ev.clone() }),
            ("size", Shock { size: level.clone(), ..shock("quota", 0.0) }),
            ("shape", Shock { size: level, shape: Shape::Growth, ..ev.clone() }),
            ("shape", Shock { shape: Shape::Ramp { months: 0 }, ..ev.clone() }),
            ("shape", Shock { shape: Shape::Growth, ..shock("licence-hazard", -0.1) }),
            ("size", Shock { shape: Shape::Growth, ..shock("quota", -1.0) }),
            ("months", Shock { months: Some(0), ..ev.clone() }),
            ("end", Shock { months: Some(3), end: Some(month("2027-01")), ..ev.clone() }),
            ("end", Shock { end: Some(month("2027")), ..ev.clone() }),
            ("start", Shock { start: ShockStart::Month(month("2027")), ..ev.clone() }),
            (
                "announced",
                Shock { announced: Announcement::In(ShockStart::AfterMonths(1)), ..ev.clone() },
            ),
            ("combine", Shock { combine: Some(Combine::Multiply), ..shock("tariff.us", 0.1) }),
        ] {
            assert_eq!(shock.fault().map(|(key, ..)| key), Some(key), "{shock:?}");
        }
        assert!(ev.fault().is_none() && shock("tariff.us", -2.0).fault().is_none());
        let past = Shock { start: ShockStart::Month(month("2026-02")), ..ev };
        let (key, problem, _) = past.date_fault(month("2026-03")).unwrap();
        assert!(key == "start" && problem.contains("2026-02 is before 2026-03"), "{problem}");
    }
}
