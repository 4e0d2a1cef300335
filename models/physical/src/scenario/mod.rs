//! Scenarios: named sets of shocks to activity, licences, quotas, capacity and tariffs.
//!
//! A shock multiplies its variable by `1 + deviation` ([`Shape`] and [`Size`] say how large the deviation is in a month);
//! for tariffs it adds the deviation to the rate. Shocks of one scenario that meet in a cell and a month have to say how
//! they combine ([`Combine`]). An announced shock is known to the dominant supplier when it sets quantities before the
//! start, a surprise is not ([`Announcement`]). A size that is drawn takes its numbers from a stream of its own, so that
//! no other draw moves. A size of zero, or one drawn around zero without spread, gives factors of exactly one.
//!
//! A scenario may build on another one (`base`): [`Scenario::resolved`] puts the shocks of that one before its own.

mod cells;
mod fault;
mod overlap;
mod presets;
mod shape;
mod shock;
mod size;
mod timing;
mod variable;

use monazite_series::Period;
use serde::{Deserialize, Serialize};

pub use cells::LicenceCells;
pub use fault::ScenarioFault;
pub use overlap::Combine;
pub use presets::{PRESETS, REPLAY_PRESETS};
pub use shape::Shape;
pub use shock::Shock;
pub use size::{Distribution, Size};
pub use timing::{Announcement, ShockStart};
pub use variable::Variable;

use crate::PhysicalError;

/// A named set of shocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name, as typed: lower-case letters, digits and hyphens.
    pub id: String,
    /// One line for tables.
    pub title: String,
    /// Name in charts, where there is little room; the id if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What happens and why, in a few sentences.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where its figures come from: a source, or why they are assumed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// Id of the scenario it builds on; the baseline if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The shocks; none in the baseline.
    #[serde(default)]
    pub shocks: Vec<Shock>,
}

impl Scenario {
    /// No shocks.
    pub fn baseline() -> Self {
        Self {
            id: "baseline".into(),
            title: "Baseline: activity as forecast, licences as in force".into(),
            label: None,
            description: String::new(),
            origin: String::new(),
            base: None,
            shocks: Vec::new(),
        }
    }

    /// Name in charts.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.id)
    }

    /// The scenario with the shocks of those it builds on before its own; `known` are the scenarios it may name.
    ///
    /// # Errors
    /// [`PhysicalError::Scenario`] if one of them is not known or builds on itself.
    pub fn resolved(&self, known: &[Self]) -> Result<Self, PhysicalError> {
        let mut whole = self.clone();
        let mut seen = vec![self.id.clone()];
        while let Some(base) = whole.base.take() {
            let name = seen.last().cloned().unwrap_or_default();
            let fault = |problem: String, remedy: &str| {
                fault(&name, None, ("base", problem, remedy.to_owned()))
            };
            if seen.contains(&base) {
                let way = format!("{} builds on {base}, which builds on it", self.id);
                return Err(fault(way, "let one of them build on nothing"));
            }
            let below = known.iter().find(|one| one.id == base).ok_or_else(|| {
                fault(
                    format!("there is no scenario {base}"),
                    "name one that `monazite scenario list` prints",
                )
            })?;
            whole.shocks.splice(0..0, below.shocks.iter().cloned());
            whole.base.clone_from(&below.base);
            seen.push(base);
        }
        Ok(whole)
    }

    /// Checks names, sizes, shapes and keys: all that does not depend on when the simulation starts.
    ///
    /// # Errors
    /// [`PhysicalError::Scenario`] for the first thing that makes no sense.
    pub fn check(&self) -> Result<(), PhysicalError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(plain) {
            let problem = format!("\"{}\" is not a short name", self.id);
            let remedy = "use lower-case letters, digits and hyphens".to_owned();
            return Err(fault(&self.id, None, ("id", problem, remedy)));
        }
        if self.title.trim().is_empty() {
            let remedy = "say in one line what happens".to_owned();
            return Err(fault(&self.id, None, ("title", "it is empty".to_owned(), remedy)));
        }
        for (idx, shock) in self.shocks.iter().enumerate() {
            if let Some(found) = shock.fault() {
                return Err(fault(&self.id, Some(idx), found));
            }
        }
        Ok(())
    }

    /// Checks dates and overlaps in a simulation whose first month is `first`.
    ///
    /// # Errors
    /// [`PhysicalError::Scenario`] for a shock that starts before `first`, for two that meet without saying how they
    /// combine, and for a scenario that still names a base.
    pub fn check_from(&self, first: Period) -> Result<(), PhysicalError> {
        if let Some(base) = &self.base {
            let problem = format!("the shocks of {base} have not been put in");
            let remedy = "call `Scenario::resolved` first".to_owned();
            return Err(fault(&self.id, None, ("base", problem, remedy)));
        }
        for (idx, shock) in self.shocks.iter().enumerate() {
            if let Some(found) = shock.date_fault(first) {
                return Err(fault(&self.id, Some(idx), found));
            }
            for (earlier_idx, earlier) in self.shocks[..idx].iter().enumerate() {
                let Some(month) = overlap::ambiguous_month(earlier, shock, first) else { continue };
                let problem = format!(
                    "shock {} to {} and shock {} to {} meet in {} without saying what they come to",
                    earlier_idx + 1,
                    earlier.variable,
                    idx + 1,
                    shock.variable,
                    first.plus(month)
                );
                let remedy =
                    "write `combine = \"add\"`, \"multiply\" or \"replace\" into the second one"
                        .to_owned();
                let mut found = scenario_fault(&self.id, Some(idx), ("variable", problem, remedy));
                found.other = Some(earlier_idx);
                return Err(PhysicalError::Scenario(Box::new(found)));
            }
        }
        Ok(())
    }

    /// First month, counted from `start`, in which a shock is on; `None` without shocks.
    pub fn first_month(&self, start: Period) -> Option<usize> {
        self.shocks.iter().map(|shock| shock.first_month(start).max(0) as usize).min()
    }

    /// What the shocks come to for one variable in a month, levels left out: a factor, or an addition to a tariff;
    /// expected sizes. A cell counts the shocks to everything that contains it.
    pub fn factor(&self, variable: Variable, start: Period, month_idx: usize) -> f64 {
        let mut value = if variable.is_added() { 0.0 } else { 1.0 };
        for shock in self.shocks.iter().filter(|shock| shock.variable.contains(variable)) {
            if let Some(deviation) = shock.deviation(None, start, month_idx) {
                shock.apply(&mut value, deviation);
            }
        }
        value
    }

    /// Whether factors differ between paths: sizes that are drawn, and levels that paths come to from where they stand.
    pub(crate) fn differs_by_path(&self) -> bool {
        let differs = |shock: &Shock| matches!(shock.size, Size::Drawn(_) | Size::Level { .. });
        self.shocks.iter().any(differs)
    }
}

fn scenario_fault(id: &str, shock: Option<usize>, found: shock::ShockFault) -> ScenarioFault {
    let (key, problem, remedy) = found;
    ScenarioFault { scenario: id.to_owned(), shock, other: None, key, problem, remedy }
}

fn fault(id: &str, shock: Option<usize>, found: shock::ShockFault) -> PhysicalError {
    PhysicalError::Scenario(Box::new(scenario_fault(id, shock, found)))
}
