//! What a scenario's shocks come to in a month, as factors on the market's inputs.

use monazite_series::Period;

use crate::licence::{ByCell, N_CLASSES, N_GOODS};
use crate::state::N_OWN;
use crate::transit::N_INTERMEDIARIES;
use crate::{
    EndUse, Goods, LicenceCells, N_BASKETS, N_ORES, N_REGIONS, N_USES, Ore, Region, Scenario,
    Shock, Size, UseClass, Variable,
};

/// Factors of one month; all one, and no additions, without shocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Factors {
    pub(crate) activity: [[f64; N_USES]; N_REGIONS],
    /// Rare earths a unit of activity.
    pub(crate) intensity: [[f64; N_BASKETS]; N_USES],
    /// Dy and Tb per magnet that buyers aim at.
    pub(crate) heavy: f64,
    pub(crate) hazard: ByCell,
    /// On the share of desired shipments that needs no licence.
    pub(crate) free: f64,
    /// Floor on the hazard that buyers perceive.
    pub(crate) announced: [f64; N_REGIONS],
    /// Days added to stockpiles' targets.
    pub(crate) stockpile: [f64; N_REGIONS],
    pub(crate) transit: [f64; N_INTERMEDIARIES],
    pub(crate) leakage: f64,
    /// Share of raw exports turned into processed ones; negative the other way round.
    pub(crate) value_chain: f64,
    /// Years of growth that limits have won, or lost if negative.
    pub(crate) quota_years: f64,
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
    pub(crate) const NONE: Self = Self {
        activity: [[1.0; N_USES]; N_REGIONS],
        intensity: [[1.0; N_BASKETS]; N_USES],
        heavy: 1.0,
        hazard: [[[1.0; N_REGIONS]; N_CLASSES]; N_GOODS],
        free: 1.0,
        announced: [0.0; N_REGIONS],
        stockpile: [0.0; N_REGIONS],
        transit: [1.0; N_INTERMEDIARIES],
        leakage: 1.0,
        value_chain: 0.0,
        quota_years: 0.0,
        quota: [1.0; N_OWN],
        availability: [1.0; N_ORES],
        capacity: [1.0; N_ORES],
        recycling: 1.0,
        concentrate: 0.0,
        separation: 1.0,
        tariff: [0.0; N_REGIONS],
    };

    /// Factors `month_idx` months after `start` with expected sizes: of all shocks, or of those known to a supplier who
    /// decides in a month. Levels, which depend on activity, count as no change.
    pub(crate) fn of(
        scenario: &Scenario,
        start: Period,
        month_idx: usize,
        known_in: Option<usize>,
    ) -> Self {
        let expected = OnPath { scenario, start, sizes: &[], activity: &|_, _, _| 1.0 };
        Self::on_path(&expected, month_idx, known_in)
    }

    /// Factors of one path. A supplier who decides in a month knows the size of a shock that has begun, and expects its
    /// mean of one that is announced.
    pub(crate) fn on_path(path: &OnPath<'_>, month_idx: usize, known_in: Option<usize>) -> Self {
        let (scenario, start) = (path.scenario, path.start);
        let mut factors = Self::NONE;
        for (idx, shock) in scenario.shocks.iter().enumerate() {
            if known_in.is_some_and(|decision| !shock.is_known(start, decision)) {
                continue;
            }
            let drawn = path.drawn(idx, known_in);
            let Some(deviation) = shock.deviation(drawn, start, month_idx) else { continue };
            let put = |value: &mut f64| shock.apply(value, deviation);
            match shock.variable {
                Variable::Activity(end_use, region) => {
                    factors.change_activity(path, month_idx, shock, (end_use, region), deviation);
                }
                Variable::Intensity(end_use, basket) => {
                    put(&mut factors.intensity[end_use.index()][basket.index()]);
                }
                Variable::Substitution => put(&mut factors.heavy),
                Variable::LicenceHazard(cells) => factors.change_hazard(cells, put),
                Variable::LicenceFreeShare => put(&mut factors.free),
                Variable::AnnouncedHazard(region) => factors.announce(region, put),
                Variable::Stockpile(region) => put(&mut factors.stockpile[region.index()]),
                Variable::Transit(region) => {
                    for (importer, one) in
                        Region::INTERMEDIARIES.into_iter().zip(&mut factors.transit)
                    {
                        if importer == region {
                            put(one);
                        }
                    }
                }
                Variable::Leakage => put(&mut factors.leakage),
                Variable::ValueChain => {
                    put(&mut factors.value_chain);
                    factors.value_chain = factors.value_chain.clamp(-1.0, 1.0);
                }
                Variable::Quota => factors.quota.iter_mut().for_each(put),
                Variable::QuotaGrowth => {}
                Variable::Availability(ore) => put(&mut factors.availability[ore.index()]),
                Variable::Capacity(ore) => put(&mut factors.capacity[ore.index()]),
                Variable::Recycling => put(&mut factors.recycling),
                Variable::ConcentrateShipments => put(&mut factors.concentrate),
                Variable::Separation => put(&mut factors.separation),
                Variable::Tariff(region) => put(&mut factors.tariff[region.index()]),
            }
        }
        factors.quota_years = quota_years(path, month_idx, known_in);
        factors
    }

    fn change_activity(
        &mut self,
        path: &OnPath<'_>,
        month_idx: usize,
        shock: &Shock,
        (end_use, region): (EndUse, Option<Region>),
        deviation: f64,
    ) {
        let u = end_use.index();
        for one in Region::ALL {
            if region.is_none_or(|only| only == one) {
                let r = one.index();
                let to_level = path.level_factor(shock, month_idx, r, u);
                shock.apply(
                    &mut self.activity[r][u],
                    to_level.map_or(deviation, |factor| factor - 1.0),
                );
            }
        }
    }

    fn change_hazard(&mut self, cells: LicenceCells, put: impl Fn(&mut f64)) {
        for goods in Goods::ALL {
            for purpose in UseClass::ALL {
                for region in Region::ALL {
                    if cells.contains(region, purpose, goods) {
                        put(&mut self.hazard[goods as usize][purpose as usize][region.index()]);
                    }
                }
            }
        }
    }

    fn announce(&mut self, region: Option<Region>, put: impl Fn(&mut f64)) {
        for one in Region::ALL {
            if region.is_none_or(|only| only == one) {
                let floor = &mut self.announced[one.index()];
                put(floor);
                *floor = floor.clamp(0.0, 1.0);
            }
        }
    }

    /// Availability and capacity of a fringe source; recycling has neither.
    pub(crate) fn source(&self, ore: Option<Ore>) -> (f64, f64) {
        ore.map_or((1.0, 1.0), |ore| (self.availability[ore.index()], self.capacity[ore.index()]))
    }
}

/// A scenario's shocks as they fall on one path.
pub(crate) struct OnPath<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) start: Period,
    /// Sizes drawn, by shock; expected ones where there is none.
    pub(crate) sizes: &'a [Option<f64>],
    /// Activity of a region and end use in a month before any shock.
    pub(crate) activity: &'a dyn Fn(usize, usize, usize) -> f64,
}

impl OnPath<'_> {
    /// Size of a shock as it is, or as a supplier knows it who decides in a month: not before it has begun.
    fn drawn(&self, shock_idx: usize, known_in: Option<usize>) -> Option<f64> {
        let first = self.scenario.shocks[shock_idx].first_month(self.start);
        let drawn = self.sizes.get(shock_idx).copied().flatten();
        drawn.filter(|_| known_in.is_none_or(|decision| first < decision as i64))
    }

    /// Factor by which activity goes from where it stood at the start of the shock to a level: with the share w of the
    /// way behind it, `a_s^(1 − w) L^w` in place of `a_t`; from the month T of the level on `L a_t/a_T`.
    fn level_factor(&self, shock: &Shock, month_idx: usize, r: usize, u: usize) -> Option<f64> {
        let Size::Level { level, month } = shock.size else { return None };
        let way = shock.share_of_way(self.start, month_idx)?;
        let first = usize::try_from(shock.first_month(self.start)).ok()?;
        let reached = usize::try_from(month.ordinal() - self.start.ordinal()).ok()?;
        let from = (self.activity)(r, u, first);
        let now = (self.activity)(r, u, month_idx.min(reached));
        // What has no activity has no growth either.
        if month_idx == first || from <= 0.0 || now <= 0.0 {
            return Some(1.0);
        }
        Some(from / now * (level / from).powf(way))
    }
}

/// Years of growth of the limits that shocks have added until a month, that month included.
fn quota_years(path: &OnPath<'_>, month_idx: usize, known_in: Option<usize>) -> f64 {
    let growth = |shock: &&Shock| {
        shock.variable == Variable::QuotaGrowth
            && known_in.is_none_or(|decision| shock.is_known(path.start, decision))
    };
    if !path.scenario.shocks.iter().any(|shock| growth(&shock)) {
        return 0.0;
    }
    let added = (0..=month_idx).map(|t| {
        let mut factor = 1.0;
        for (idx, shock) in path.scenario.shocks.iter().enumerate().filter(|(_, s)| growth(s)) {
            let drawn = path.drawn(idx, known_in);
            if let Some(deviation) = shock.deviation(drawn, path.start, t) {
                shock.apply(&mut factor, deviation);
            }
        }
        (factor - 1.0) / 12.0
    });
    added.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Combine, Distribution, ShockStart};

    fn shock(variable: &str, size: f64, start: u32, announced: bool) -> Shock {
        Shock {
            start: ShockStart::AfterMonths(start),
            announced: announced.into(),
            ..Shock::step(variable.parse().unwrap(), size)
        }
    }

    #[test]
    fn shocks_multiply_and_a_surprise_is_not_known_when_the_month_begins() {
        let start: Period = "2026-03".parse().unwrap();
        let scenario = Scenario {
            shocks: vec![
                shock("activity.ev", 0.3, 4, false),
                Shock { combine: Some(Combine::Multiply), ..shock("activity.ev.us", 0.5, 4, true) },
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
            "intensity.ev.DyTb",
            "substitution",
            "licence-hazard",
            "licence-free-share",
            "licence-hazard.us.military.processed",
            "announced-hazard.japan",
            "stockpile.us",
            "transit.taiwan",
            "leakage",
            "value-chain",
            "quota",
            "quota-growth",
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

    /// 1.3 and .5: factors multiply to 1.95, deviations add to 1.8, the later one alone is 1.5; tariffs .1 and .25.
    #[test]
    fn shocks_combine_as_they_say() {
        let start: Period = "2026-03".parse().unwrap();
        let factors = |combine| {
            let second = |variable, size| Shock {
                combine: Some(combine),
                ..shock(variable, size, 2, false)
            };
            let mut shocks = vec![shock("activity.ev", 0.3, 0, false)];
            shocks.push(second("activity.ev.us", 0.5));
            if combine != Combine::Multiply {
                shocks.extend([shock("tariff.us", 0.1, 0, false), second("tariff.us", 0.25)]);
            }
            let scenario = Scenario { shocks, ..Scenario::baseline() };
            scenario.check().unwrap();
            scenario.check_from(start).unwrap();
            let factors = Factors::of(&scenario, start, 2, None);
            let ev = |region: Region| factors.activity[region.index()][EndUse::Ev.index()];
            assert_eq!(ev(Region::Japan), 1.3);
            let us: Variable = "activity.ev.us".parse().unwrap();
            assert_eq!(scenario.factor(us, start, 2), ev(Region::Us));
            (ev(Region::Us), factors.tariff[Region::Us.index()])
        };
        assert_eq!(factors(Combine::Multiply).0, 1.3 * 1.5);
        assert_eq!(factors(Combine::Add), (1.8, 0.35));
        assert_eq!(factors(Combine::Replace), (1.5, 0.25));
    }

    #[test]
    fn a_drawn_size_is_known_once_it_has_begun_and_expected_before() {
        let start: Period = "2026-03".parse().unwrap();
        let drawn = Distribution::Uniform { low: 0.0, high: 0.4 };
        let shocks = vec![Shock { size: Size::Drawn(drawn), ..shock("quota", 0.0, 2, true) }];
        let scenario = Scenario { shocks, ..Scenario::baseline() };
        let path =
            OnPath { scenario: &scenario, start, sizes: &[Some(0.35)], activity: &|_, _, _| 1.0 };
        let quota = |known_in| Factors::on_path(&path, 4, known_in).quota[0];
        assert_eq!([None, Some(2), Some(3)].map(quota), [1.35, 1.2, 1.35]);
    }

    /// Growth of 6 % a year, no growth from the third month on: the limit stays at that of the month before.
    #[test]
    fn a_frozen_quota_loses_the_years_since() {
        let start: Period = "2026-03".parse().unwrap();
        let scenario = Scenario {
            shocks: vec![shock("quota-growth", -1.0, 2, false)],
            ..Scenario::baseline()
        };
        let lost = [0, 1, 2, 3, 13].map(|t| Factors::of(&scenario, start, t, None).quota_years);
        for (lost, months) in lost.into_iter().zip([0.0, 0.0, 1.0, 2.0, 12.0]) {
            assert!((lost + months / 12.0).abs() < 1e-15, "{lost} after {months}");
        }
        assert_eq!(Factors::of(&scenario, start, 5, Some(2)).quota_years, 0.0);
    }

    /// From 1.5 to 6 in four months, half of it in logarithms in two: 3; afterwards the path's own growth.
    #[test]
    fn activity_goes_to_a_level_from_where_it_stands() {
        let start: Period = "2026-03".parse().unwrap();
        let level = Size::Level { level: 6.0, month: "2026-07".parse().unwrap() };
        let scenario = Scenario {
            shocks: vec![Shock { size: level, ..shock("activity.wind", 0.0, 0, false) }],
            ..Scenario::baseline()
        };
        let own = [1.5, 1.6, 1.7, 1.8, 2.0, 2.2];
        let path = OnPath { scenario: &scenario, start, sizes: &[], activity: &|_, _, t| own[t] };
        let wind = EndUse::Wind.index();
        let level = |t: usize| Factors::on_path(&path, t, None).activity[3][wind] * own[t];
        for (t, expected) in [(0, 1.5), (2, 3.0), (4, 6.0), (5, 6.6)] {
            assert!((level(t) - expected).abs() < 1e-12, "{t}: {}", level(t));
        }
        assert_eq!(Factors::on_path(&path, 0, None).activity[3][wind], 1.0);
    }
}
