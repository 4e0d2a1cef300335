//! Tables of the simulated market: scenarios, market power, responses, effects, regions, forecast beside simulation.

use monazite_physical::{Basket, Kind, Measure, Output, Region};

use super::{Market, basket_name, conduct_name, region_name, scenario_name};
use crate::chart::number::{fixed, signed};
use crate::diagnostic::Diagnostic;
use crate::report::contents::outlook;
use crate::report::contents::words::{month_name, span_of};
use crate::report::{Cell, Column, Table};
use crate::study::forecast::year_ahead;
use crate::study::run::Results;
use crate::study::simulate::shipped_scenarios;

impl Market<'_> {
    /// What the scenarios are.
    pub(super) fn scenario_table(&self) -> Result<Table, Diagnostic> {
        let known = shipped_scenarios()?;
        let from = self.results.spec.simulate.from;
        let mut rows = Vec::new();
        for s in self.scenarios() {
            let Some(scenario) = known.iter().find(|one| one.id == s) else { continue };
            let shocks: Vec<String> = scenario
                .shocks
                .iter()
                .map(|shock| {
                    let known = if shock.announced { "announced" } else { "a surprise" };
                    let end = shock
                        .months
                        .map_or_else(|| "to the end".to_owned(), |n| format!("for {n} months"));
                    let first = (0..self.results.simulation.n_months)
                        .find(|&t| shock.size_in(from, t) != 0.0)
                        .map_or_else(|| "never".to_owned(), |t| month_name(from.plus(t as i64)));
                    format!(
                        "{} {} % from {first} {end}, {known}",
                        shock.variable,
                        signed(100.0 * shock.size, 0)
                    )
                })
                .collect();
            rows.push(vec![
                Cell::text(scenario_name(s)),
                Cell::text(&scenario.title),
                Cell::text(if shocks.is_empty() { "none".to_owned() } else { shocks.join("; ") }),
            ]);
        }
        Ok(Table {
            id: "scenarios".into(),
            caption: "Scenarios".into(),
            columns: vec![Column::text("name"), Column::text("what"), Column::text("shocks")],
            rows,
            notes: vec!["Licences are needed for most magnets and for Dy–Tb in any form, not for La–Ce nor for Nd–Pr oxide and metal; what needs none is still shipped when none is granted.".into()],
            source: String::new(),
        })
    }

    pub(super) fn power_table(&self) -> Table {
        let conducts = self.conducts();
        let mut columns = vec![Column::text("")];
        columns.extend(conducts.iter().map(|c| Column::number(conduct_name(*c), "")));
        let row = |label: String, output: Output, kind: Kind, decimals: usize| {
            let mut cells = vec![Cell::text(label)];
            cells.extend(conducts.iter().map(|c| {
                self.power(*c, output, kind)
                    .map_or_else(|| Cell::text("–"), |m| interval(m, decimals))
            }));
            cells
        };
        let mut rows = vec![row("Lerner index, ore".into(), Output::Lerner, Kind::Level, 2)];
        for basket in [Basket::NdPr, Basket::DyTb] {
            let name = basket_name(basket);
            rows.push(row(
                format!("share of China's controlled ores, {name}"),
                Output::Share(basket),
                Kind::Level,
                2,
            ));
            rows.push(row(
                format!("elasticity of residual demand, {name}"),
                Output::ResidualElasticity(basket),
                Kind::Level,
                2,
            ));
            rows.push(row(
                format!("the same from ± 1 % of supply, {name}"),
                Output::MeasuredElasticity(basket),
                Kind::Level,
                2,
            ));
            rows.push(row(
                format!("price in China against the price taker, {name}, %"),
                Output::Price(basket),
                Kind::PercentChange,
                1,
            ));
            rows.push(row(
                format!("price outside against the price taker, {name}, %"),
                Output::OutsidePrice(basket),
                Kind::PercentChange,
                1,
            ));
            rows.push(row(
                format!("share of months in the corner, {name}"),
                Output::Corner(basket),
                Kind::Level,
                2,
            ));
        }
        let mut labels = vec![Cell::text("the gap is due to")];
        labels.extend(conducts.iter().map(|c| {
            let label = self.world("baseline", *c).map(|w| w.mark_up.to_string());
            Cell::text(label.unwrap_or_default())
        }));
        rows.push(labels);
        Table {
            id: "market-power".into(),
            caption: "Market power in the baseline".into(),
            columns,
            rows,
            notes: vec![
                "Means over the last twelve months and all paths, with 95 % intervals of the mean over paths (simulation error only). Conduct of the base year is assumed, not found: costs are what makes it optimal.".into(),
                "Lerner index: (revenue − marginal cost)/revenue of a tonne of ore; a price taker's is what its quota is worth. Corner: the price stands where the first use gives the basket up. Controlled ores are China's light and clay ores; recycling and imported feed are not in the share.".into(),
                "Where a quota holds, the gap between price and marginal cost is scarcity as well as conduct and cannot be put down to either.".into(),
            ],
            source: "own simulation".into(),
        }
    }

    pub(super) fn pass_through_table(&self) -> Table {
        let conduct = self.central();
        let mut horizons: Vec<usize> = Vec::new();
        for m in self.results.simulation.measures.iter().flat_map(|m| &m.effects) {
            if let Some(h) = m.horizon
                && !horizons.contains(&h)
            {
                horizons.push(h);
            }
        }
        horizons.sort_unstable();
        let mut columns = vec![Column::text("scenario"), Column::text("price")];
        columns.extend(horizons.iter().map(|h| Column::number(format!("month {h}"), "%")));
        let mut rows = Vec::new();
        for s in self.scenarios().into_iter().skip(1) {
            for (at, (name, output)) in [
                ("Nd–Pr, China", Output::Price(Basket::NdPr)),
                ("Nd–Pr, outside", Output::OutsidePrice(Basket::NdPr)),
                ("Dy–Tb, China", Output::Price(Basket::DyTb)),
                ("Dy–Tb, outside", Output::OutsidePrice(Basket::DyTb)),
            ]
            .into_iter()
            .enumerate()
            {
                let mut cells = vec![first_of_group(at, scenario_name(s)), Cell::text(name)];
                cells.extend(horizons.iter().map(|h| {
                    self.effect(s, conduct, output, Kind::PercentChange, Some(*h))
                        .map_or_else(|| Cell::text("–"), |m| interval(m, 1))
                }));
                rows.push(cells);
            }
        }
        Table {
            id: "pass-through-scenarios".into(),
            caption: format!("Response of prices to the scenarios, {}", conduct_name(conduct)),
            columns,
            rows,
            notes: vec![
                "Per cent against the baseline on the same paths; intervals are 95 % of the mean over paths, simulation error only."
                    .into(),
            ],
            source: "own simulation".into(),
        }
    }

    pub(super) fn effect_table(&self) -> Table {
        let conducts = self.conducts();
        let outputs = [
            ("headline exports", Output::HeadlineExports(None)),
            ("magnet exports", Output::MagnetExports(None)),
            ("export value, all forms", Output::ExportValue(None)),
        ];
        let mut columns = vec![Column::text("scenario"), Column::text("conduct")];
        columns.extend(outputs.iter().map(|(name, _)| Column::number(*name, "%")));
        columns.push(Column::number("unmet use outside China", "t REO"));
        let mut rows = Vec::new();
        for s in self.scenarios().into_iter().skip(1) {
            for (at, c) in conducts.iter().enumerate() {
                let mut cells =
                    vec![first_of_group(at, scenario_name(s)), Cell::text(conduct_name(*c))];
                cells.extend(outputs.iter().map(|(_, output)| {
                    self.effect(s, *c, *output, Kind::PercentChange, None)
                        .map_or_else(|| Cell::text("–"), |m| interval(m, 1))
                }));
                cells.push(
                    self.effect(s, *c, Output::Unmet(None, None), Kind::Change, None)
                        .map_or_else(|| Cell::text("–"), |m| interval(m, 0)),
                );
                rows.push(cells);
            }
        }
        Table {
            id: "effects".into(),
            caption: "What scenarios do to exports, value and unmet use, over the months simulated".into(),
            columns,
            rows,
            notes: vec!["Totals of the months simulated against the baseline under the same conduct; intervals are 95 % of the mean over paths, simulation error only.".into()],
            source: "own simulation".into(),
        }
    }

    /// One row a region: exports by scenario, and unmet use where there is any.
    pub(super) fn region_table(&self) -> Table {
        let conduct = self.central();
        let scenarios: Vec<&str> = self.scenarios().into_iter().skip(1).collect();
        let unmet = |s: &str, r: Option<Region>| {
            self.effect(s, conduct, Output::Unmet(r, None), Kind::Change, None)
        };
        let short: Vec<&str> = scenarios
            .iter()
            .copied()
            .filter(|s| unmet(s, None).is_some_and(|m| m.effect.mean.abs() >= 1.0))
            .collect();
        let mut columns = vec![Column::text("region")];
        columns
            .extend(scenarios.iter().map(|s| Column::number(scenario_name(s), "exports to it, %")));
        columns.extend(short.iter().map(|s| Column::number(scenario_name(s), "unmet use, t REO")));
        let rows = Region::OUTSIDE
            .into_iter()
            .map(|r| {
                let mut cells = vec![Cell::text(region_name(r))];
                cells.extend(scenarios.iter().map(|s| {
                    let exports = Output::Exports(Some(r), None);
                    self.effect(s, conduct, exports, Kind::PercentChange, None)
                        .map_or_else(|| Cell::text("–"), |m| interval(m, 1))
                }));
                cells.extend(short.iter().map(|s| {
                    unmet(s, Some(r)).map_or_else(|| Cell::text("–"), |m| interval(m, 0))
                }));
                cells
            })
            .collect();
        Table {
            id: "regions".into(),
            caption: format!("Exports and unmet use by region, {}", conduct_name(conduct)),
            columns,
            rows,
            notes: vec!["Against the baseline, over the months simulated; 95 % intervals of the mean over paths. Unmet use is use wanted at the price from China and not had; part of it is substitution. Scenarios without a column have none.".into()],
            source: "own simulation".into(),
        }
    }
}

/// A label on the first row of its group only.
fn first_of_group(at: usize, label: &str) -> Cell {
    Cell::text(if at == 0 { label } else { "" })
}

/// Forecasts and the simulated baseline of the same quantities over the same twelve months.
pub(super) fn reconciliation(results: &Results) -> Result<Table, Diagnostic> {
    let market = Market { results };
    let conduct = market.central();
    let mut rows = Vec::new();
    for (id, output, factor) in [
        ("re-exports-volume", Output::HeadlineExports(None), 1.0),
        ("re-exports-value-gacc", Output::HeadlineValue(None), 1e-6),
        ("magnet-exports-world", Output::MagnetExports(None), 1.0),
    ] {
        let Some(series) = results.forecasts.iter().find(|s| s.plan.id == id) else { continue };
        let ahead = year_ahead(series)?;
        let months: Vec<f64> = market
            .rows("baseline", conduct, output)
            .filter(|r| ahead.from <= r.month && r.month <= ahead.to)
            .map(|r| r.mean * factor)
            .collect();
        let style = outlook::style(id);
        let simulated = if months.len() == 12 {
            Cell::fixed(months.iter().sum(), 0)
        } else {
            Cell::text("–")
        };
        let inside = simulated.value.map(|v| ahead.q10 <= v && v <= ahead.q90);
        rows.push(vec![
            Cell::text(format!("{}, {}", style.name, style.unit)),
            Cell::text(span_of(ahead.from, ahead.to)),
            Cell::fixed(ahead.median, 0),
            Cell::text(format!("{} – {}", fixed(ahead.q10, 0), fixed(ahead.q90, 0))),
            simulated,
            Cell::text(match inside {
                Some(true) => "inside",
                Some(false) => "outside",
                None => "–",
            }),
        ]);
    }
    Ok(Table {
        id: "reconciliation".into(),
        caption: format!("Forecast and simulated baseline side by side, {}", conduct_name(conduct)),
        columns: vec![
            Column::text("quantity"),
            Column::text("months"),
            Column::number("forecast", "median"),
            Column::number("80 % interval", ""),
            Column::number("simulated", "mean of paths"),
            Column::text("the simulated figure lies"),
        ],
        rows,
        notes: vec!["The two do not know of one another: forecasts follow the series, the market is anchored to 2024 quantities and the last prices.".into()],
        source: "own forecasts and simulation".into(),
    })
}

/// A mean with its 95 % interval.
fn interval(measure: &Measure, decimals: usize) -> Cell {
    let e = &measure.effect;
    let text = format!(
        "{} [{}, {}]",
        fixed(e.mean, decimals),
        fixed(e.lo95, decimals),
        fixed(e.hi95, decimals)
    );
    Cell { text, value: Some(e.mean) }
}
