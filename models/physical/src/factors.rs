//! What a scenario's shocks come to in a month, as factors on the market's inputs.

use monazite_series::Period;

use crate::licence::{ByCell, N_CLASSES, N_GOODS};
use crate::state::{Activity, N_OWN};
use crate::transit::N_INTERMEDIARIES;
use crate::{
    EndUse, Goods, LicenceCells, N_ORES, N_REGIONS, N_USES, Ore, Region, Scenario, UseClass,
    Variable,
};

/// Factors of one month; all one, and no additions, without shocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Factors {
    pub(crate) activity: Activity,
    pub(crate) hazard: ByCell,
    /// Floor on the hazard that buyers perceive.
    pub(crate) announced: [f64; N_REGIONS],
    /// Days added to stockpiles' targets.
    pub(crate) stockpile: [f64; N_REGIONS],
    pub(crate) transit: [f64; N_INTERMEDIARIES],
    pub(crate) leakage: f64,
    /// Share of raw exports turned into processed ones; negative the other way round.
    pub(crate) value_chain: f64,
    pub(crate) quota: [f64; N_OWN],
    pub(crate) availability: [f64; N_ORES],
    pub(crate) capacity: [f64; N_ORES],
    pub(crate) tariff: [f64; N_REGIONS],
}

impl Factors {
    pub(crate) const NONE: Self = Self {
        activity: [[1.0; N_USES]; N_REGIONS],
        hazard: [[[1.0; N_REGIONS]; N_CLASSES]; N_GOODS],
        announced: [0.0; N_REGIONS],
        stockpile: [0.0; N_REGIONS],
        transit: [1.0; N_INTERMEDIARIES],
        leakage: 1.0,
        value_chain: 0.0,
        quota: [1.0; N_OWN],
        availability: [1.0; N_ORES],
        capacity: [1.0; N_ORES],
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
                Variable::LicenceHazard(cells) => factors.scale_hazard(cells, factor),
                Variable::AnnouncedHazard(region) => factors.announce(region, size),
                Variable::Stockpile(region) => factors.stockpile[region.index()] += size,
                Variable::Transit(region) => {
                    for (importer, one) in
                        Region::INTERMEDIARIES.into_iter().zip(&mut factors.transit)
                    {
                        if importer == region {
                            *one *= factor;
                        }
                    }
                }
                Variable::Leakage => factors.leakage *= factor,
                Variable::ValueChain => {
                    factors.value_chain = (factors.value_chain + size).clamp(-1.0, 1.0);
                }
                Variable::Quota => factors.quota.iter_mut().for_each(|one| *one *= factor),
                Variable::Availability(ore) => factors.availability[ore.index()] *= factor,
                Variable::Capacity(ore) => factors.capacity[ore.index()] *= factor,
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

    fn scale_hazard(&mut self, cells: LicenceCells, factor: f64) {
        for goods in Goods::ALL {
            for purpose in UseClass::ALL {
                for region in Region::ALL {
                    if cells.contains(region, purpose, goods) {
                        self.hazard[goods as usize][purpose as usize][region.index()] *= factor;
                    }
                }
            }
        }
    }

    fn announce(&mut self, region: Option<Region>, hazard: f64) {
        for one in Region::ALL {
            if region.is_none_or(|only| only == one) {
                let floor = &mut self.announced[one.index()];
                *floor = floor.max(hazard.clamp(0.0, 1.0));
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
    fn licences_are_shocked_cell_by_cell() {
        let start: Period = "2026-03".parse().unwrap();
        let scenario = Scenario {
            shocks: vec![
                shock("licence-hazard.military", -0.5, 0, false),
                shock("licence-hazard.us.processed", -1.0, 0, false),
                shock("announced-hazard", 0.4, 0, false),
                shock("stockpile.us", 90.0, 0, false),
            ],
            ..Scenario::baseline()
        };
        let factors = Factors::of(&scenario, start, 0, None);
        let us = Region::Us.index();
        let (raw, processed) = (Goods::Raw as usize, Goods::Processed as usize);
        assert_eq!(factors.hazard[raw].map(|row| row[us]), [1.0, 0.5]);
        assert_eq!(factors.hazard[processed].map(|row| row[us]), [0.0, 0.0]);
        assert_eq!(factors.hazard[processed].map(|row| row[us + 1]), [1.0, 0.5]);
        assert_eq!((factors.announced[us], factors.stockpile[us]), (0.4, 90.0));
        assert_eq!(factors.stockpile[us + 1], 0.0);
    }

    #[test]
    fn a_shock_of_size_zero_is_exactly_none() {
        let start: Period = "2026-03".parse().unwrap();
        let all = [
            "activity.wind",
            "licence-hazard",
            "licence-hazard.us.military.processed",
            "announced-hazard.japan",
            "stockpile.us",
            "transit.taiwan",
            "leakage",
            "value-chain",
            "quota",
            "availability.other",
            "capacity.mt-weld",
            "tariff.us",
        ];
        let shocks = all.into_iter().map(|variable| shock(variable, 0.0, 0, false)).collect();
        let scenario = Scenario { shocks, ..Scenario::baseline() };
        assert_eq!(Factors::of(&scenario, start, 7, None), Factors::NONE);
    }
}
