//! Recycling: what it collects from.
//!
//! Recycling collects from a pool W of scrap and discarded goods, output = K·(W/W̄)·C·(R/c)^η, at most a share of W:
//!
//! ```text
//! W_{t+1} = (1 − ω) W_t + A_t − output        A_t = A_0 [(1−s)(1+g)^years + s·use_t/use_0]        ω = (1/γ − 1)/cover
//! ```
//!
//! with W̄ = cover·K and `A_0` = K/γ, which leave the pool of the base year as it is: γ is the share of arisings collected, s
//! the share of arisings that are scrap of today's making, g the growth of use when today's discards were new. Until
//! the first month simulated, use is taken to be that of the base year and revenue to have moved along a line in logs.

use serde::{Deserialize, Serialize};

use crate::{Origin, Parameter, PhysicalError};

/// The pool that recycling draws on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScrapParameters {
    /// W̄ in months of base output.
    pub cover: Parameter,
    /// γ: share of arisings collected in the base year.
    pub collected: Parameter,
    /// s: share of arisings that are scrap of today's use.
    pub from_use: Parameter,
    /// g: growth a year of use when today's discards were new.
    pub past_growth: Parameter,
    /// Largest share of the pool collected in a month.
    pub reach: Parameter,
}

impl ScrapParameters {
    pub(crate) fn visit(&mut self, head: &str, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        visitor(format!("{head}.scrap.cover"), &mut self.cover);
        visitor(format!("{head}.scrap.collected"), &mut self.collected);
        visitor(format!("{head}.scrap.from_use"), &mut self.from_use);
        visitor(format!("{head}.scrap.past_growth"), &mut self.past_growth);
        visitor(format!("{head}.scrap.reach"), &mut self.reach);
    }

    /// A pool that is lost faster than it is filled, or collected from where there is none, makes no base year.
    pub(crate) fn check(&self, head: &str) -> Result<(), PhysicalError> {
        let name = |part: &str| format!("{head}.scrap.{part}");
        crate::error::positive(&name("cover"), self.cover.value)?;
        crate::error::positive(&name("collected"), self.collected.value)?;
        let lost = (1.0 / self.collected.value - 1.0) / self.cover.value;
        if self.reach.value * self.cover.value < 1.0 || lost + self.reach.value > 1.0 {
            return Err(crate::error::out_of_range(
                &name("reach"),
                self.reach.value,
                "at least 1/cover, and with what the pool loses a month no more than 1",
            ));
        }
        Ok(())
    }
}

/// The pool of a recycled basket, compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pool {
    pub(crate) basket_idx: usize,
    pub(crate) size: f64,
    pub(crate) arisings: f64,
    pub(crate) from_use: f64,
    pub(crate) past_growth: f64,
    pub(crate) lost: f64,
    pub(crate) reach: f64,
}

impl Pool {
    pub(crate) fn new(parameters: &ScrapParameters, basket_idx: usize, output: f64) -> Self {
        let (cover, collected) = (parameters.cover.value, parameters.collected.value);
        Self {
            basket_idx,
            size: cover * output,
            arisings: output / collected,
            from_use: parameters.from_use.value,
            past_growth: parameters.past_growth.value,
            lost: (1.0 / collected - 1.0) / cover,
            reach: parameters.reach.value,
        }
    }

    /// Growth of discards so many years after the base year.
    pub(crate) fn discards(&self, years: f64) -> f64 {
        (1.0 + self.past_growth).powf(years)
    }

    /// `A_t/A_0` at discards and world use relative to the base year's.
    pub(crate) fn relative_arisings(&self, discards: f64, relative_use: f64) -> f64 {
        (1.0 - self.from_use) * discards + self.from_use * relative_use
    }
}

impl Default for ScrapParameters {
    fn default() -> Self {
        Self {
            cover: assumed(12.0, 6.0, 24.0, "months of output", "scrap held by dealers and works"),
            collected: assumed(
                0.5,
                0.3,
                0.8,
                "share",
                "swarf nearly all, discarded goods hardly any",
            ),
            from_use: assumed(0.6, 0.4, 0.8, "share", "swarf is most of what is collected"),
            past_growth: assumed(
                0.06,
                0.03,
                0.09,
                "a year",
                "growth of magnet use in the years in which discarded goods were made",
            ),
            reach: assumed(0.2, 0.1, 0.3, "a month", "sorting and dismantling take months"),
        }
    }
}

fn assumed(value: f64, low: f64, high: f64, unit: &str, why: &str) -> Parameter {
    Parameter::ranged(value, low, high, unit, Origin::assumed(why))
}
