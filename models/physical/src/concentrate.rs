//! Concentrate of a mine outside China (Mountain Pass) that China separates, until it no longer ships.
//!
//! The mine's own separation handles the share `S_t` of its output, the rest is
//! concentrate for China's separation. While shipments are stopped it is stockpiled; Z is what lies there:
//!
//! ```text
//! mined = own separation + shipped + Z_{t+1} − Z_t
//! ```
//!
//! Own separation climbs from its share of the base year along a straight line; above 1 it feeds on Z. When shipments are
//! resumed a share of Z is sold each month.

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use crate::state::Source;
use crate::{Origin, Parameter, PhysicalError};

/// A mine that separates a part of its output and exports the rest as concentrate to China.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcentrateParameters {
    /// Share of mine output that the mine separates once its own separation is complete; [`crate::FringeSource::outside_share`]
    /// is that of the base year.
    pub separated_later: Parameter,
    /// Share of its La and Ce that the mine's own separation sells; the rest is set aside.
    pub lace_sold: Parameter,
    /// Month in which its separation begins to climb; `None`: it stays.
    pub ramp_from: Option<Period>,
    /// Months the climb takes.
    pub ramp_months: Parameter,
    /// Month in which shipments of concentrate stop; `None`: they do not.
    pub stop_month: Option<Period>,
    /// Day of that month from which they do, 1…31; the month is pro-rated.
    pub stop_day: u32,
    /// Share of the stockpile sold a month when concentrate ships.
    pub release: Parameter,
}

impl ConcentrateParameters {
    pub(crate) fn visit(&mut self, head: &str, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        visitor(format!("{head}.separated_later"), &mut self.separated_later);
        visitor(format!("{head}.lace_sold"), &mut self.lace_sold);
        visitor(format!("{head}.ramp_months"), &mut self.ramp_months);
        visitor(format!("{head}.release"), &mut self.release);
    }

    pub(crate) fn check(&self, head: &str) -> Result<(), PhysicalError> {
        if !(1..=31).contains(&self.stop_day) {
            return Err(crate::error::out_of_range(
                &format!("{head}.stop_day"),
                f64::from(self.stop_day),
                "a day of the month, 1 to 31",
            ));
        }
        Ok(())
    }

    /// S in a month before a scenario's factor, `base` in the base year.
    pub(crate) fn separated_in(&self, base: f64, month: Period) -> f64 {
        let climbed = self.ramp_from.map_or(0.0, |from| {
            let months = (month.ordinal() - from.ordinal() + 1) as f64;
            (months / self.ramp_months.value.max(1.0)).clamp(0.0, 1.0)
        });
        base + climbed * (self.separated_later.value - base)
    }

    /// Share of concentrate that ships in a month before a scenario's addition.
    pub(crate) fn shipped_in(&self, month: Period) -> f64 {
        self.stop_month.map_or(1.0, |stop| match month.ordinal() - stop.ordinal() {
            ..=-1 => 1.0,
            // Months of thirty days: the day matters, not the length of the month.
            0 => (f64::from(self.stop_day - 1) / 30.0).min(1.0),
            _ => 0.0,
        })
    }
}

/// Concentrate piled up between a stop and the start, at base-year mining.
pub(crate) fn piled_up(mine: &ConcentrateParameters, source: &Source, start: Period) -> f64 {
    let Some(stop) = mine.stop_month else { return 0.0 };
    let n_months = usize::try_from(start.ordinal() - stop.ordinal()).unwrap_or(0);
    let piled = |month: Period| {
        let left = (1.0 - mine.separated_in(source.base_share, month)).max(0.0);
        source.whole * left * (1.0 - mine.shipped_in(month))
    };
    stop.run(n_months).map(piled).sum()
}

impl Default for ConcentrateParameters {
    fn default() -> Self {
        // April 2025 exists.
        let april = Period::month(2025, 4).ok();
        Self {
            separated_later: Parameter::ranged(
                0.78,
                0.65,
                1.0,
                "share",
                Origin::literature(
                    "IEA Critical Minerals Data Explorer, May 2025 edition: United States, refining over mining in 2030; range assumed",
                ),
            ),
            lace_sold: assumed(
                0.15,
                0.0,
                0.4,
                "share",
                "cerium is taken out before separation and set aside, lanthanum sold for catalysts",
            ),
            ramp_from: april,
            ramp_months: assumed(
                24.0,
                15.0,
                42.0,
                "months",
                "nearly half was separated by the end of 2025 (company statement)",
            ),
            stop_month: april,
            stop_day: 17,
            release: assumed(0.15, 0.05, 0.3, "a month", "half a year to ship a stockpile"),
        }
    }
}

fn assumed(value: f64, low: f64, high: f64, unit: &str, why: &str) -> Parameter {
    Parameter::ranged(value, low, high, unit, Origin::assumed(why))
}
