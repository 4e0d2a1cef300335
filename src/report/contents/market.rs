//! The simulated market: what it is calibrated to, prices by scenario, market power, effects of shocks.

use monazite_physical::{Basket, Conduct, Kind, Measure, Output, Region};
use monazite_series::Period;

use super::chart_fault;
use super::words::{list, month_name, months, span_of};
use crate::chart::number::{fixed, percent, signed};
use crate::chart::{
    Comparison, ComparisonRow, Curve, CurveLine, CurvePoint, Dot, Figure, Heading, Interval,
    PathLine, Paths,
};
use crate::diagnostic::Diagnostic;
use crate::report::{Block, Cell, Column, Section, Table};
use crate::study::forecast::year_ahead;
use crate::study::run::Results;
use crate::study::simulate::{SimulationRow, WorldMeasures, shipped_scenarios};

/// Lines that a chart can hold.
const MOST_LINES: usize = 4;

/// The section on the market and its scenarios.
pub(super) fn section(results: &Results) -> Result<Section, Diagnostic> {
    let market = Market { results };
    // A study may simulate the baseline alone; there is then nothing to compare.
    let compares = market.scenarios().len() > 1;
    let mut blocks = vec![
        Block::Text(market.introduction()),
        market.scenario_table()?.into(),
        market.prices()?.into(),
        reconciliation(results)?.into(),
    ];
    if compares {
        blocks.extend([
            market.comparison(Basket::NdPr, "scenarios-ndpr")?.into(),
            market.comparison(Basket::DyTb, "scenarios-dytb")?.into(),
            Block::Text(
                "A market without storage, which this version is, takes a surprise in full in the month it falls: effects of the \
                 first months are upper bounds, and the months after them overshoot the other way once supply has answered."
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
    blocks.push(market.futures()?.into());
    Ok(Section { heading: "The market: scenarios and market power".into(), blocks })
}

/// The section on parameters.
pub(super) fn calibration(results: &Results) -> Result<Section, Diagnostic> {
    let rows = results.calibration.rows();
    let count = |name: &str| rows.iter().filter(|r| origin(r) == name).count();
    let text = format!(
        "The market has {} parameters: {} estimated or solved from data, {} from the literature, {} assumed, each with a \
         range (parameters.json). {} {} are not pinned by any moment of the data.",
        rows.len(),
        count("estimated"),
        count("literature"),
        count("assumed"),
        rows.iter().filter(|r| r.pinned_by.starts_with("not identified")).count(),
        "of them",
    );
    Ok(Section {
        heading: "Assumptions and their origins".into(),
        blocks: vec![
            Block::Text(text),
            queue_chart(results)?.into(),
            Block::Note(results.calibration.licences().note()),
            parameter_table(results).into(),
            Block::List(results.calibration.notes().to_vec()),
        ],
    })
}

fn origin(row: &crate::study::calibrate::ParameterRow) -> String {
    format!("{:?}", row.origin).to_lowercase()
}

/// A scenario as charts and sentences call it.
pub(super) fn scenario_name(id: &str) -> &str {
    match id {
        "baseline" => "baseline",
        "ev-up-30" => "vehicles +30 %",
        "wind-up-40" => "wind +40 %",
        "both-booms" => "both booms",
        "licence-stop" => "licence stop",
        other => other,
    }
}

/// A conduct as charts and sentences call it.
pub(super) fn conduct_name(conduct: Conduct) -> String {
    match conduct {
        Conduct::Taker => "price taker".into(),
        Conduct::Cournot(n) => format!("Cournot, {n} groups"),
        Conduct::Dominant => "dominant firm".into(),
        Conduct::Theta(theta) => format!("θ = {theta}"),
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
            self.scenarios().into_iter().map(|s| scenario_name(s).to_owned()).collect();
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

    /// What the scenarios are.
    fn scenario_table(&self) -> Result<Table, Diagnostic> {
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
            notes: vec!["Licences are needed for most Nd–Pr and Dy–Tb goods and for no La–Ce; what needs none is still shipped when none is granted.".into()],
            source: String::new(),
        })
    }

    /// The inside price of Nd–Pr by scenario under the central conduct.
    fn prices(&self) -> Result<Figure, Diagnostic> {
        let (conduct, output, id) = (self.central(), Output::Price(Basket::NdPr), "ndpr-price");
        let in_kg = |v: f64| v / 1000.0;
        let line = |scenario: &'a str| PathLine {
            name: scenario_name(scenario).to_owned(),
            points: self
                .rows(scenario, conduct, output)
                .map(|r| (r.month, in_kg(median(r))))
                .collect(),
        };
        // The baseline first, with its band; scenarios that move this price as far as lines go.
        let mut shown = self.scenarios();
        shown.truncate(1);
        let mut others: Vec<&str> = self.scenarios().into_iter().skip(1).collect();
        others.retain(|s| *s != "wind-up-40" || self.scenarios().len() <= MOST_LINES);
        shown.extend(others.into_iter().take(MOST_LINES - 1));
        let band = self
            .rows("baseline", conduct, output)
            .map(|r| Interval {
                period: r.month,
                value: in_kg(median(r)),
                lo: in_kg(r.quantiles[0]),
                hi: in_kg(r.quantiles[r.quantiles.len() - 1]),
            })
            .collect();
        Paths {
            heading: Heading::new(id, self.price_statement())
                .unit("Nd–Pr oxide in China, CNY/kg without VAT, medians; band: 90 % of baseline paths")
                .source(format!("own simulation, {}", conduct_name(conduct)))
                .vintage(self.results.vintage()),
            lines: shown.into_iter().map(line).collect(),
            band,
            events: Vec::new(),
            unit: "CNY/kg".into(),
            log: false,
        }
        .draw()
        .map_err(|e| chart_fault(id, &e))
    }

    fn price_statement(&self) -> String {
        let conduct = self.central();
        let h = self.horizon();
        let effect = |s: &str| {
            let output = Output::Price(Basket::NdPr);
            self.effect(s, conduct, output, Kind::PercentChange, Some(h)).map(|m| m.effect.mean)
        };
        let largest = self
            .scenarios()
            .into_iter()
            .filter_map(|s| effect(s).map(|e| (s, e)))
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        match largest {
            Some((s, e)) => {
                let side = if e >= 0.0 { "above" } else { "below" };
                format!(
                    "After {}, the scenario \u{201c}{}\u{201d} has Nd–Pr in China {} {side} the baseline",
                    months(h),
                    scenario_name(s),
                    percent(e.abs() / 100.0, 0)
                )
            }
            None => "Nd–Pr in China under the baseline".into(),
        }
    }

    /// Effect of scenarios on the outside price of a basket, by conduct.
    fn comparison(&self, basket: Basket, id: &str) -> Result<Figure, Diagnostic> {
        let (conducts, h) = (self.conducts(), self.horizon());
        let output = Output::OutsidePrice(basket);
        let dot = |s: &str, c: Conduct| {
            self.effect(s, c, output, Kind::PercentChange, Some(h)).map(|m| Dot {
                value: m.effect.mean,
                lo: m.effect.lo95,
                hi: m.effect.hi95,
            })
        };
        let rows: Vec<ComparisonRow> = self
            .scenarios()
            .into_iter()
            .skip(1)
            .map(|s| ComparisonRow {
                label: scenario_name(s).to_owned(),
                dots: conducts.iter().map(|c| dot(s, *c)).collect(),
            })
            .collect();
        let name = basket_name(basket);
        let largest = rows
            .iter()
            .filter_map(|r| {
                let values = r.dots.iter().flatten().map(|d| d.value);
                values.max_by(|a, b| a.abs().total_cmp(&b.abs())).map(|v| (&r.label, v))
            })
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let title = largest.map_or_else(
            || format!("{name} outside China"),
            |(label, v)| {
                format!("Outside China, {name} moves most under {label}: up to {} %", signed(v, 0))
            },
        );
        Comparison {
            heading: Heading::new(id, title)
                .unit(format!(
                    "change of the price of {name} outside China against the baseline, month {h}, per cent"
                ))
                .source("own simulation, paired worlds")
                .vintage(self.results.vintage()),
            conducts: conducts.into_iter().map(conduct_name).collect(),
            rows,
            unit: "%".into(),
        }
        .draw()
        .map_err(|e| chart_fault(id, &e))
    }

    fn power_table(&self) -> Table {
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

    fn pass_through_table(&self) -> Table {
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

    fn effect_table(&self) -> Table {
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
    fn region_table(&self) -> Table {
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

    /// The futures curve of Nd–Pr at the end of the first half year, by scenario.
    fn futures(&self) -> Result<Figure, Diagnostic> {
        let (conduct, id) = (self.central(), "futures-curve");
        let months: Vec<Period> =
            self.rows("baseline", conduct, Output::Price(Basket::NdPr)).map(|r| r.month).collect();
        let at = months.get(5.min(months.len().saturating_sub(1))).copied();
        let maturities = [0_u32, 3, 6, 12];
        let line = |scenario: &'a str| CurveLine {
            name: scenario_name(scenario).to_owned(),
            points: maturities
                .iter()
                .filter_map(|&months| {
                    let output = if months == 0 {
                        Output::Price(Basket::NdPr)
                    } else {
                        Output::Futures(months)
                    };
                    let row = self.rows(scenario, conduct, output).find(|r| Some(r.month) == at)?;
                    let ends = (row.quantiles[0], row.quantiles[row.quantiles.len() - 1]);
                    Some(CurvePoint {
                        months,
                        value: median(row) / 1000.0,
                        band: (scenario == "baseline")
                            .then_some((ends.0 / 1000.0, ends.1 / 1000.0)),
                    })
                })
                .collect(),
        };
        let lines: Vec<CurveLine> = self
            .scenarios()
            .into_iter()
            .filter(|s| *s != "wind-up-40")
            .take(MOST_LINES)
            .map(line)
            .collect();
        let slope =
            lines.first().and_then(|l| Some((l.points.first()?.value, l.points.last()?.value)));
        let premium = self.results.calibration.parameters().futures.premium_xi.value;
        let title = slope.map_or_else(
            || "The futures curve".to_owned(),
            |(spot, far)| {
                let kind = if far >= spot { "contango" } else { "backwardation" };
                format!(
                    "Under an assumed premium of {} a year an Nd–Pr curve stands in {kind}, {} % over twelve months",
                    percent(premium, 0),
                    signed(100.0 * (far / spot - 1.0), 1)
                )
            },
        );
        let when = at.map_or_else(String::new, month_name);
        Curve {
            heading: Heading::new(id, title)
                .unit(format!("futures on Nd–Pr oxide by months to delivery, {when}, CNY/kg without VAT, medians; band: 90 % of baseline paths"))
                .source("own simulation, two-factor model on the simulated spot price")
                .vintage(self.results.vintage())
                .caption("No such futures trade: risk premia are assumed, and the curve is an overlay on which no one acts."),
            lines,
            unit: "CNY/kg".into(),
        }
        .draw()
        .map_err(|e| chart_fault(id, &e))
    }
}

/// A label on the first row of its group only.
fn first_of_group(at: usize, label: &str) -> Cell {
    Cell::text(if at == 0 { label } else { "" })
}

/// Forecasts and the simulated baseline of the same quantities over the same twelve months.
fn reconciliation(results: &Results) -> Result<Table, Diagnostic> {
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
        let style = super::outlook::style(id);
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

/// The licence queue against the nine months of magnets it was fitted to.
fn queue_chart(results: &Results) -> Result<Figure, Diagnostic> {
    let (fit, id) = (results.calibration.licences(), "licence-queue");
    let line = |name: &str, value: &dyn Fn(&crate::study::licences::FittedMonth) -> f64| PathLine {
        name: name.to_owned(),
        points: fit.months.iter().map(|m| (m.month, value(m))).collect(),
    };
    let n = fit.months.len();
    Paths {
        heading: Heading::new(
            id,
            format!(
                "A queue of licences reproduces {n} months of magnet exports within {} t (root mean square)",
                fixed(fit.rmse, 0)
            ),
        )
        .unit("rare-earth magnets, t a month")
        .source("GACC; own fit")
        .vintage(fit.months.last().map_or_else(String::new, |m| month_name(m.month)))
        .caption(format!(
            "{} parameters with priors against {n} observations: a description, not a test.",
            fit.parameters.len()
        )),
        lines: vec![line("observed", &|m| m.observed), line("queue", &|m| m.fitted)],
        band: Vec::new(),
        events: Vec::new(),
        unit: "t".into(),
        log: false,
    }
    .draw()
    .map_err(|e| chart_fault(id, &e))
}

/// Parameters a reader will ask for; the rest is in parameters.json.
const SHOWN: [&str; 11] = [
    "base_price",
    "start_price",
    "base_theta",
    "discount",
    "demand.elasticity",
    "demand.adjustment",
    "demand.level",
    "disturbance",
    "licences.hazard",
    "licences.withdrawal",
    "futures",
];

fn parameter_table(results: &Results) -> Table {
    let rows = results
        .calibration
        .rows()
        .iter()
        .filter(|r| SHOWN.iter().any(|head| r.name.starts_with(head)))
        .map(|r| {
            vec![
                Cell::text(&r.name),
                Cell::significant(r.value, 3),
                Cell::text(format!(
                    "{} – {}",
                    crate::chart::number::significant(r.low, 3),
                    crate::chart::number::significant(r.high, 3)
                )),
                Cell::text(&r.unit),
                Cell::text(origin(r)),
                Cell::text(if r.pinned_by.starts_with("not identified") {
                    format!("{} (not identified)", r.source)
                } else {
                    r.source.clone()
                }),
            ]
        })
        .collect();
    Table {
        id: "parameters".into(),
        caption: "Main parameters".into(),
        columns: vec![
            Column::text("parameter"),
            Column::number("value", ""),
            Column::number("range", ""),
            Column::text("unit"),
            Column::text("origin"),
            Column::text("from"),
        ],
        rows,
        notes: vec!["All of them, with what pins each: parameters.json.".into()],
        source: String::new(),
    }
}
