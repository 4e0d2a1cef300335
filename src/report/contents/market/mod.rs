//! The simulated market: prices by scenario, market power, effects of shocks, and what it rests on.

pub(super) mod assumptions;
mod exposure;
mod figures;
mod scenarios;
mod tables;
pub(super) mod variance;

use monazite_physical::{Basket, Conduct, Kind, Measure, Output, Region};

use super::words::{list, month_name};
use crate::chart::number::fixed;
use crate::diagnostic::Diagnostic;
use crate::report::{Block, Section};
use crate::study::run::Results;
use crate::study::simulate::{SimulationRow, WorldMeasures};

/// Lines that a chart can hold.
const MOST_LINES: usize = 4;

/// The section on the market and its scenarios.
pub(super) fn section(results: &Results) -> Result<Section, Diagnostic> {
    let market = Market { results };
    // A study may simulate the baseline alone; there is then nothing to compare.
    let compares = market.scenarios().len() > 1;
    let mut blocks = vec![
        Block::Text(market.introduction()),
        market.scenario_table().into(),
        market.prices()?.into(),
        tables::reconciliation(results)?.into(),
    ];
    if compares {
        blocks.extend([
            market.comparison(Basket::NdPr, "scenarios-ndpr")?.into(),
            market.comparison(Basket::DyTb, "scenarios-dytb")?.into(),
            Block::Text(
                "Stocks in China soften a surprise as far as they last; how much is held there nobody publishes, and the model has what \
                 competitive storers would hold (parameter storage.capacity). What they run out of is felt in full, since a month's \
                 demand hardly answers the price; after some months supply that was set in answer weighs the other way."
                    .into(),
            ),
        ]);
    }
    blocks.push(market.power_table().into());
    if compares {
        blocks.extend([
            market.pass_through_table().into(),
            market.effect_table().into(),
            market.region_table().into(),
        ]);
    }
    blocks.extend([market.exposure_table().into(), market.unit_value_table().into()]);
    blocks.push(market.futures()?.into());
    Ok(Section { heading: "The market: scenarios and market power".into(), blocks })
}

/// A conduct as charts and sentences call it.
pub(super) fn conduct_name(conduct: Conduct) -> String {
    match conduct {
        Conduct::Taker => "price taker".into(),
        Conduct::Cournot(n) => format!("Cournot, {n} groups"),
        Conduct::Dominant => "dominant firm".into(),
        Conduct::Theta(theta) => format!("θ = {theta}"),
        Conduct::Duopoly => "duopoly".into(),
        Conduct::Forward(1) => "duopoly, one forward round".into(),
        Conduct::Forward(n) => format!("duopoly, {n} forward rounds"),
        Conduct::QuotaState => "state's quotas".into(),
    }
}

/// Results seen as a market.
pub(super) struct Market<'a> {
    pub(super) results: &'a Results,
}

impl<'a> Market<'a> {
    /// The conduct that charts of one conduct use: that of the base year if it is simulated, else the first with power.
    pub(super) fn central(&self) -> Conduct {
        let all = self.conducts();
        let base = self.results.calibration.parameters().base_theta.value;
        all.iter()
            .copied()
            .find(|c| (c.theta() - base).abs() < 1e-9)
            .or_else(|| all.iter().copied().find(|c| *c != Conduct::Taker))
            .unwrap_or(Conduct::Taker)
    }

    fn conducts(&self) -> Vec<Conduct> {
        let mut all = Vec::new();
        for m in &self.results.simulation.measures {
            if !all.contains(&m.conduct) {
                all.push(m.conduct);
            }
        }
        all
    }

    fn scenarios(&self) -> Vec<&'a str> {
        let mut all: Vec<&str> = Vec::new();
        for m in &self.results.simulation.measures {
            if !all.contains(&m.scenario.as_str()) {
                all.push(&m.scenario);
            }
        }
        all
    }

    /// A scenario as charts and sentences call it: the name is kept in its file.
    fn label(&self, id: &'a str) -> &'a str {
        let all = &self.results.simulation.scenarios;
        all.iter().find(|scenario| scenario.id == id).map_or(id, |scenario| scenario.label())
    }

    fn world(&self, scenario: &str, conduct: Conduct) -> Option<&'a WorldMeasures> {
        let same = |m: &&WorldMeasures| m.scenario == scenario && m.conduct == conduct;
        self.results.simulation.measures.iter().find(same)
    }

    /// An effect of a scenario against the baseline.
    pub(super) fn effect(
        &self,
        scenario: &str,
        conduct: Conduct,
        output: Output,
        kind: Kind,
        horizon: Option<usize>,
    ) -> Option<&'a Measure> {
        let same = |m: &&Measure| m.output == output && m.kind == kind && m.horizon == horizon;
        self.world(scenario, conduct)?.effects.iter().find(same)
    }

    /// A measure of market power in a world.
    pub(super) fn power(
        &self,
        conduct: Conduct,
        output: Output,
        kind: Kind,
    ) -> Option<&'a Measure> {
        let same = |m: &&Measure| m.output == output && m.kind == kind;
        self.world("baseline", conduct)?.power.iter().find(same)
    }

    fn rows(
        &self,
        scenario: &'a str,
        conduct: Conduct,
        output: Output,
    ) -> impl Iterator<Item = &'a SimulationRow> {
        let variable = output.to_string();
        self.results.simulation.rows.iter().filter(move |r| {
            r.scenario == scenario && r.conduct == conduct && r.variable == variable
        })
    }

    /// Longest horizon at which scenarios are compared.
    fn horizon(&self) -> usize {
        let horizons = self.results.simulation.measures.iter().flat_map(|m| &m.effects);
        horizons.filter_map(|m| m.horizon).max().unwrap_or(1)
    }

    fn introduction(&self) -> String {
        let simulation = &self.results.simulation;
        let spec = &self.results.spec.simulate;
        let conducts: Vec<String> = self.conducts().into_iter().map(conduct_name).collect();
        let scenarios: Vec<String> =
            self.scenarios().into_iter().map(|s| self.label(s).to_owned()).collect();
        let worst = simulation.measures.iter().map(|m| m.largest_imbalance).fold(0.0, f64::max);
        format!(
            "A monthly market in three baskets (La–Ce, Nd–Pr, Dy–Tb), {} to {}, {} paths: vehicle sales on each path are drawn \
             from the forecasts above, wind around the IEA's path. Scenarios: {}. The Chinese supplier is, in turn, {}; every \
             world runs on the same draws, so that differences are the scenario's and not the dice's. Intervals are of the mean \
             over paths, simulation error only: parameters are held fixed, and most of them are assumed. The supplier sets \
             quantities each January and July, and prices jump there. A world whose conduct is not that of the base year opens \
             far from the last prices{}, which is a transition and not a forecast. Tonnes balance to {:.0e} of supply in every month.",
            month_name(spec.from),
            month_name(spec.until),
            simulation.n_paths,
            list(&scenarios),
            list(&conducts),
            self.dumping().unwrap_or_default(),
            worst,
        )
    }

    /// Said where a price taker's La–Ce is worth nothing when its world opens.
    fn dumping(&self) -> Option<String> {
        let mut rows = self.rows("baseline", Conduct::Taker, Output::Price(Basket::LaCe));
        let price = median(rows.next()?);
        (price <= 0.0).then(|| {
            format!(" (a price taker's La–Ce at {} CNY/t, the cost of dumping it)", fixed(price, 0))
        })
    }
}

fn median(row: &SimulationRow) -> f64 {
    row.quantiles[row.quantiles.len() / 2]
}

pub(super) fn basket_name(basket: Basket) -> &'static str {
    match basket {
        Basket::LaCe => "La–Ce",
        Basket::NdPr => "Nd–Pr",
        Basket::DyTb => "Dy–Tb",
    }
}

pub(super) fn region_name(region: Region) -> String {
    match region {
        Region::Us => "United States".into(),
        Region::Rest => "rest of the world".into(),
        Region::Korea => "South Korea".into(),
        other => {
            let name = other.name();
            let mut letters = name.chars();
            letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
        }
    }
}
