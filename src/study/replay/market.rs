//! The market as it stood at the end of March 2025, and what policy did to it.
//!
//! Everything is read from the catalogue cut at [`known_until`]: anchor, activity, prices, forecasts. Parameters are drawn
//! on each path, the market calibrated and anchored again with them before any control; then the control, the stop of
//! Mountain Pass and the American tariffs are put on, with dates given and sizes from the priors.

use monazite_physical::{
    ActivityPaths, Announcement, Assumed, Basket, Channel, Combine, Conduct, Goods, Origin, Output,
    Parameter, Parameters, Region, Run, Scenario, Shock, ShockStart, Variable, WorldSpec,
    simulate_block,
};
use monazite_series::Period;

use super::priors::{QueueDraw, QueueParameter};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::calibrate::{Calibration, calibrate_before_control};
use crate::study::explain::series_fault;
use crate::study::forecast::vehicles_of_china;
use crate::study::simulate::{MarketBasis, checked, refused};
use crate::study::spec::StudySpec;

/// Months replayed: April to December 2025.
pub const N_MONTHS: usize = 9;
/// First day of the control in its month, and of the stop of Mountain Pass.
const CONTROL_DAY: u32 = 4;
const STOP_DAY: u32 = 17;
/// Paths of activity drawn at a time.
const BATCH_PATHS: usize = 512;

pub(super) fn month(year: i32, month: u32) -> Result<Period, Diagnostic> {
    Period::month(year, month).map_err(|e| series_fault(&e))
}

/// The last month known to replay A.
///
/// # Errors
/// Never: the month is one.
pub fn known_until() -> Result<Period, Diagnostic> {
    month(2025, 3)
}

/// What holds in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// The control with its easing.
    Control,
    /// No control, all else the same.
    NoControl,
    /// The control with a channel switched off.
    Without(Channel),
    /// The control with all channels switched off.
    WithoutAll,
}

/// The market before the control.
#[derive(Debug)]
pub struct ReplayMarket {
    basis: MarketBasis,
    value_factor: f64,
}

impl ReplayMarket {
    /// Calibrates, anchors and draws activity from what `catalogue` held at the end of March 2025; `catalogue` itself may
    /// reach further.
    ///
    /// # Errors
    /// `D041` if a figure is missing, `M0xx` if a model cannot be estimated or the market cannot be calibrated.
    pub fn prepare(catalogue: &Catalogue, seed: u64) -> Result<Self, Diagnostic> {
        let known = catalogue.as_of(known_until()?);
        let start = known_until()?.plus(1);
        let mut spec = StudySpec { seed, ..StudySpec::default() };
        spec.simulate.from = start;
        spec.simulate.until = start.plus(N_MONTHS as i64 - 1);
        spec.simulate.paths = BATCH_PATHS;
        spec.forecast.until = spec.simulate.until;
        let vehicles = vehicles_of_china(&known, &spec)?;
        let activity = MarketBasis::first_batch(&known, &vehicles, &spec)?;
        let before = calibrate_before_control(&known, assumed())?;
        let value_factor = value_factor(&known, &before)?;
        let calibration = before.anchored(&activity, start)?;
        let basis = MarketBasis::around(known, vehicles, spec, calibration, activity);
        Ok(Self { basis, value_factor })
    }

    /// Parameters, activity and catalogue in common.
    pub fn basis(&self) -> &MarketBasis {
        &self.basis
    }

    /// Customs' headline value of the base year over the simulated one.
    pub fn value_factor(&self) -> f64 {
        self.value_factor
    }

    /// First month simulated.
    pub fn start(&self) -> Period {
        self.basis.spec().simulate.from
    }

    /// A path of a world: activity is the path's, parameters are those before the control.
    ///
    /// # Errors
    /// `M010` if the market cannot be solved or its tonnes do not add up.
    pub fn run(
        &self,
        world: World,
        (parameters, queue): (&Parameters, &QueueDraw),
        activity: &ActivityPaths,
        path: u64,
    ) -> Result<Run, Diagnostic> {
        let parameters = with_policy(parameters, world, queue, self.start());
        let scenario = tariffs(queue.of(QueueParameter::TariffRise), self.start());
        let spec = WorldSpec {
            parameters: &parameters,
            scenario: &scenario,
            conduct: Conduct::Theta(parameters.base_theta.value),
            start: self.start(),
            seed: self.basis.spec().seed,
            storers: self.basis.calibration().storers(),
            n_threads: None,
        };
        let run = simulate_block(&spec, activity, self.basis.expected(), path)
            .map_err(|e| refused(&e))?;
        checked(run)
    }
}

/// Assumptions without those that came out of 2025 (docs/decisions/009): the control is lifted by the calibration.
fn assumed() -> Assumed {
    let mut assumed = Assumed::default();
    for region in Region::OUTSIDE {
        assumed.stocks.cover[region.index()] = Parameter::ranged(
            2.5,
            1.0,
            4.0,
            "months of use",
            Origin::assumed("buyers of graphite were covered for three months in 2024"),
        );
    }
    assumed.concentrate.stop_month = None;
    assumed.concentrate.ramp_months = Parameter::ranged(
        24.0,
        12.0,
        48.0,
        "months",
        Origin::assumed("no statement on its pace before April 2025"),
    );
    assumed
}

/// One factor for all months: customs' total of the base year over that of the base year's equilibrium.
fn value_factor(catalogue: &Catalogue, before: &Calibration) -> Result<f64, Diagnostic> {
    const MILLION: f64 = 1e6;
    let year = catalogue
        .series("re-exports-value-gacc")?
        .annual()
        .into_iter()
        .find(|(year, _)| *year == crate::study::calibrate::BASE_YEAR);
    let (_, published) = year.ok_or_else(|| {
        Diagnostic::error("D041", "no headline value of the base year")
            .in_file("data/export-value.csv")
    })?;
    Ok(published * MILLION / before.base_total(Output::HeadlineValue(None))?)
}

/// Parameters before the control with what a world puts on them.
fn with_policy(before: &Parameters, world: World, queue: &QueueDraw, start: Period) -> Parameters {
    let mut all = before.clone();
    for source in &mut all.fringe {
        if let Some(mine) = &mut source.concentrate {
            (mine.stop_month, mine.stop_day) = (Some(start), STOP_DAY);
        }
    }
    if world == World::NoControl {
        return all;
    }
    let of = |parameter| queue.of(parameter);
    let drawn = |one: &mut Parameter, value: f64| {
        *one = Parameter::fixed(value, one.unit.clone(), Origin::assumed("drawn from its prior"));
    };
    for (goods, regime) in all.licences.regimes_mut() {
        (regime.control_month, regime.control_day) = (Some(start), CONTROL_DAY);
        // The United States and Europe are named in June, all eligible applications on 27 June.
        for region in Region::OUTSIDE {
            let named = [Region::Us, Region::Europe].contains(&region);
            regime.easing_civil[region.index()] = Some(start.plus(if named { 2 } else { 3 }));
            let licensed = &mut regime.licensed_share[region.index()];
            drawn(&mut licensed[Basket::DyTb.index()], of(QueueParameter::LicensedHeavy));
            if goods == Goods::Processed {
                drawn(&mut licensed[Basket::NdPr.index()], of(QueueParameter::LicensedMagnets));
            }
        }
        regime.easing_civil[Region::China.index()] = None;
        regime.easing_military.fill(None);
        drawn(&mut regime.hazard_control, of(QueueParameter::HazardControl));
        drawn(&mut regime.hazard_eased, of(QueueParameter::HazardEased));
        drawn(&mut regime.climb, of(QueueParameter::Climb));
        drawn(&mut regime.withdrawal, of(QueueParameter::Withdrawal));
        drawn(&mut regime.military_factor, of(QueueParameter::MilitaryFactor));
    }
    match world {
        World::Without(channel) => all.without(channel),
        World::WithoutAll => Channel::ALL.iter().fold(all, |now, one| now.without(*one)),
        World::Control | World::NoControl => all,
    }
}

/// American tariffs on top of those of March: a rise in April, suspended from June, due in August and in November, put
/// off each time in the last moment.
fn tariffs(rise: f64, start: Period) -> Scenario {
    let step = |size: f64, after: u32, announced: Announcement| Shock {
        start: ShockStart::AfterMonths(after),
        announced,
        combine: Some(Combine::Add),
        ..Shock::step(Variable::Tariff(Region::Us), size)
    };
    let known = |after: u32| Announcement::In(ShockStart::AfterMonths(after));
    let surprise = Announcement::Surprise;
    debug_assert_eq!(start.season(), 3, "months are counted from April");
    Scenario {
        id: "tariffs-of-2025".into(),
        title: "American tariffs of 2025 by their dates".into(),
        shocks: vec![
            step(rise, 0, surprise),
            step(-rise, 2, surprise),
            step(rise, 4, known(1)),
            step(-rise, 4, surprise),
            step(rise, 7, known(4)),
            step(-rise, 7, surprise),
        ],
        ..Scenario::baseline()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::replay::PRIORS;
    use crate::study::uncertainty::ParameterDraws;

    /// Every figure after March 2025 doubled in the catalogue that the replay is handed: parameters, activity and drawn
    /// parameters of A are the same bytes.
    #[test]
    fn what_came_later_does_not_reach_a() {
        let catalogue = Catalogue::bundled().unwrap();
        let mut doubled = catalogue.clone();
        let mut n_changed = 0;
        for (file, text) in
            crate::data::bundled_files().filter(|(file, _)| *file != "datapackage.json")
        {
            let known = catalogue.as_of(known_until().unwrap()).records(file).unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let header = reader.headers().unwrap().clone();
            let mut out = csv::Writer::from_writer(Vec::new());
            out.write_record(&header).unwrap();
            for row in reader.records().map(Result::unwrap) {
                let later = !known.contains(&row);
                n_changed += usize::from(later);
                out.write_record(header.iter().zip(&row).map(|(name, cell)| {
                    let figure =
                        ["y", "value", "low", "high", "quantity", "change"].contains(&name);
                    match cell.parse::<f64>() {
                        Ok(x) if later && figure => (2.0 * x).to_string(),
                        _ => cell.to_owned(),
                    }
                }))
                .unwrap();
            }
            doubled =
                doubled.with_text(file, String::from_utf8(out.into_inner().unwrap()).unwrap());
        }
        assert!(n_changed > 300, "{n_changed}");
        assert_ne!(
            doubled.series("magnet-exports-world").unwrap().observations().last().unwrap().value,
            catalogue.series("magnet-exports-world").unwrap().observations().last().unwrap().value
        );
        let seen = |catalogue: &Catalogue| {
            let market = ReplayMarket::prepare(catalogue, 11).unwrap();
            let rows = serde_json::to_string(&market.basis.calibration().rows()).unwrap();
            let draws = ParameterDraws::new(&market.basis, false).unwrap();
            let drawn = serde_json::to_string(&draws.at(2).unwrap()).unwrap();
            let activity = market.basis.batch(0).unwrap();
            (rows, drawn, activity, market.value_factor)
        };
        let (as_is, with_doubles) = (seen(&catalogue), seen(&doubled));
        assert_eq!(as_is.0, with_doubles.0);
        assert_eq!(as_is.1, with_doubles.1);
        assert!(as_is.2 == with_doubles.2 && as_is.3 == with_doubles.3);
    }

    #[test]
    fn worlds_differ_by_policy_alone() {
        let market = ReplayMarket::prepare(&Catalogue::bundled().unwrap(), 5).unwrap();
        let queue = QueueDraw(PRIORS.map(|one| one.distribution.quantiles()[1]));
        let before = market.basis.calibration().parameters();
        let activity = market.basis.batch(0).unwrap().part(0, 1).unwrap();
        let run = |world| market.run(world, (before, &queue), &activity, 0).unwrap();
        let magnets = |run: &Run, t: usize| run.at(Output::MagnetExports(None), t).unwrap()[0];
        let (control, free) = (run(World::Control), run(World::NoControl));
        // Free of licences the market ships what it is anchored to; under them less, whatever buyers order besides.
        let anchored = market.basis.calibration().tonnage()[1];
        assert!((magnets(&free, 0) / anchored - 1.0).abs() < 0.15, "{}", magnets(&free, 0));
        for t in 0..3 {
            assert!(magnets(&control, t) < 0.9 * magnets(&free, t), "month {t}");
        }
        let off = run(World::Without(Channel::PullForward));
        assert_eq!(magnets(&off, 0), magnets(&control, 0), "nothing is known in April");
        let us = |run: &Run| run.at(Output::MagnetExports(Some(Region::Us)), 3).unwrap()[0];
        assert!(us(&off) < us(&control), "a deadline in August is bought ahead of in July");
        assert_ne!(magnets(&run(World::WithoutAll), 2), magnets(&control, 2));
    }
}
