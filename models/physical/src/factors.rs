//! What a scenario's shocks come to in a month, as factors on the market's inputs.

use monazite_series::Period;

use crate::state::N_OWN;
use crate::{EndUse, N_BASKETS, N_ORES, N_REGIONS, N_USES, Ore, Region, Scenario, Variable};

/// Factors of one month; all one, and no addition to tariffs, without shocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Factors {
    pub(crate) activity: [[f64; N_USES]; N_REGIONS],
    /// Rare earths a unit of activity.
    pub(crate) intensity: [[f64; N_BASKETS]; N_USES],
    /// Dy and Tb per magnet that buyers aim at.
    pub(crate) heavy: f64,
    pub(crate) hazard: f64,
    pub(crate) quota: [f64; N_OWN],
    pub(crate) availability: [f64; N_ORES],
    pub(crate) capacity: [f64; N_ORES],
    pub(crate) recycling: f64,
    /// Addition to the share of concentrate that ships, and factor on own separation.
    pub(crate) concentrate: f64,
    pub(crate) separation: f64,
    pub(crate) tariff: [f64; N_REGIONS],
}

impl Factors {
    const NONE: Self = Self {
        activity: [[1.0; N_USES]; N_REGIONS],
        intensity: [[1.0; N_BASKETS]; N_USES],
        heavy: 1.0,
        hazard: 1.0,
        quota: [1.0; N_OWN],
        availability: [1.0; N_ORES],
        capacity: [1.0; N_ORES],
        recycling: 1.0,
        concentrate: 0.0,
        separation: 1.0,
        tariff: [0.0; N_REGIONS],
    };

    /// Factors `month_idx` months after `start`: all shocks, or those known to a supplier who decides in a month.
    pub(crate) fn of(
        scenario: &Scenario,
        start: Period,
        month_idx: usize,
        known_in: Option<usize>,
    ) -> Self {
        let mut factors = Self::NONE;
        for shock in &scenario.shocks {
            if known_in.is_some_and(|decision| !shock.is_known(start, decision)) {
                continue;
            }
            let size = shock.size_in(start, month_idx);
            let factor = 1.0 + size;
            match shock.variable {
                Variable::Activity(end_use, region) => {
                    factors.scale_activity(end_use, region, factor);
                }
                Variable::Intensity(end_use, basket) => {
                    factors.intensity[end_use.index()][basket.index()] *= factor;
                }
                Variable::Substitution => factors.heavy *= factor,
                Variable::LicenceHazard => factors.hazard *= factor,
                Variable::Quota => factors.quota.iter_mut().for_each(|one| *one *= factor),
                Variable::Availability(ore) => factors.availability[ore.index()] *= factor,
                Variable::Capacity(ore) => factors.capacity[ore.index()] *= factor,
                Variable::Recycling => factors.recycling *= factor,
                Variable::ConcentrateShipments => factors.concentrate += size,
                Variable::Separation => factors.separation *= factor,
                Variable::Tariff(region) => factors.tariff[region.index()] += size,
            }
        }
        factors
    }

    fn scale_activity(&mut self, end_use: EndUse, region: Option<Region>, factor: f64) {
        for one in Region::ALL {
            if region.is_none_or(|only| only == one) {
                self.activity[one.index()][end_use.index()] *= factor;
            }
        }
    }

    /// Availability and capacity of a fringe source; recycling has neither.
    pub(crate) fn source(&self, ore: Option<Ore>) -> (f64, f64) {
        ore.map_or((1.0, 1.0), |ore| (self.availability[ore.index()], self.capacity[ore.index()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Shock, ShockStart};

    fn shock(variable: &str, size: f64, start: u32, announced: bool) -> Shock {
        Shock {
            variable: variable.parse().unwrap(),
            size,
            start: ShockStart::AfterMonths(start),
            shape: Shape::Step,
            months: None,
            announced,
        }
    }

    #[test]
    fn shocks_multiply_and_a_surprise_is_not_known_when_the_month_begins() {
        let start: Period = "2026-03".parse().unwrap();
        let scenario = Scenario {
            shocks: vec![
                shock("activity.ev", 0.3, 4, false),
                shock("activity.ev.us", 0.5, 4, true),
                shock("tariff.us", 0.1, 0, false),
                shock("availability.myanmar", -1.0, 0, false),
            ],
            ..Scenario::baseline()
        };
        let ev = EndUse::Ev.index();
        let actual = Factors::of(&scenario, start, 4, None);
        assert_eq!(actual.activity[Region::Us.index()][ev], 1.3 * 1.5);
        assert_eq!(actual.activity[Region::Japan.index()][ev], 1.3);
        assert_eq!(actual.tariff[Region::Us.index()], 0.1);
        assert_eq!(actual.source(Some(Ore::Myanmar)), (0.0, 1.0));
        assert_eq!(actual.source(None), (1.0, 1.0));
        // Set at the beginning of the month in which the surprise falls: only the announced one is known.
        let expected = Factors::of(&scenario, start, 4, Some(4));
        assert_eq!(expected.activity[Region::Us.index()][ev], 1.5);
        assert_eq!(expected.activity[Region::Japan.index()][ev], 1.0);
        assert_eq!(
            Factors::of(&scenario, start, 10, Some(10)).activity[Region::Us.index()][ev],
            1.3 * 1.5
        );
    }

    #[test]
    fn a_shock_of_size_zero_is_exactly_none() {
        let start: Period = "2026-03".parse().unwrap();
        let all = [
            "activity.wind",
            "intensity.ev.DyTb",
            "substitution",
            "licence-hazard",
            "quota",
            "availability.other",
            "capacity.mt-weld",
            "recycling",
            "concentrate-shipments",
            "separation",
            "tariff.us",
        ];
        let shocks = all.into_iter().map(|variable| shock(variable, 0.0, 0, false)).collect();
        let scenario = Scenario { shocks, ..Scenario::baseline() };
        assert_eq!(Factors::of(&scenario, start, 7, None), Factors::NONE);
    }
}
