//! Charts of the simulated market: prices by scenario, scenarios by conduct, the futures curve.

use monazite_physical::{Basket, Conduct, Kind, Output};
use monazite_series::Period;

use super::{MOST_LINES, Market, basket_name, conduct_name, median};
use crate::chart::number::{percent, signed};
use crate::chart::{
    Comparison, ComparisonRow, Curve, CurveLine, CurvePoint, Dot, Figure, Heading, Interval,
    PathLine, Paths,
};
use crate::diagnostic::Diagnostic;
use crate::report::contents::chart_fault;
use crate::report::contents::words::{list, month_name, months};

impl<'a> Market<'a> {
    /// The inside price of Nd–Pr by scenario under the central conduct.
    pub(super) fn prices(&self) -> Result<Figure, Diagnostic> {
        let (conduct, output, id) = (self.central(), Output::Price(Basket::NdPr), "ndpr-price");
        let in_kg = |v: f64| v / 1000.0;
        let line = |scenario: &'a str| PathLine {
            name: self.label(scenario).to_owned(),
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
        let missing: Vec<String> = self
            .scenarios()
            .into_iter()
            .filter(|s| !shown.contains(s))
            .map(|s| self.label(s).to_owned())
            .collect();
        let left_out = if missing.is_empty() {
            "Medians over paths.".to_owned()
        } else {
            format!("Left out for space, and in the tables: {}.", list(&missing))
        };
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
                .caption(left_out)
                .vintage(self.results.vintage()),
            lines: shown.into_iter().map(line).collect(),
            band,
            events: Vec::new(),
            unit: "CNY/kg".into(),
            log: false,
            ..Paths::default()
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
                    self.label(s),
                    percent(e.abs() / 100.0, 0)
                )
            }
            None => "Nd–Pr in China under the baseline".into(),
        }
    }

    /// Effect of scenarios on the outside price of a basket, by conduct.
    pub(super) fn comparison(&self, basket: Basket, id: &str) -> Result<Figure, Diagnostic> {
        let (mut conducts, h) = (self.conducts(), self.horizon());
        let others = conducts.split_off(MOST_LINES.min(conducts.len()));
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
                label: self.label(s).to_owned(),
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
        let mut heading = Heading::new(id, title)
            .unit(format!(
                "change of the price of {name} outside China against the baseline, month {h}, per cent"
            ))
            .source("own simulation, paired worlds")
            .vintage(self.results.vintage());
        if !others.is_empty() {
            let names: Vec<String> = others.into_iter().map(conduct_name).collect();
            heading = heading.caption(format!("Not drawn, in the tables: {}.", list(&names)));
        }
        Comparison {
            heading,
            conducts: conducts.into_iter().map(conduct_name).collect(),
            rows,
            unit: "%".into(),
        }
        .draw()
        .map_err(|e| chart_fault(id, &e))
    }

    /// The futures curve of Nd–Pr at the end of the first half year, by scenario.
    pub(super) fn futures(&self) -> Result<Figure, Diagnostic> {
        let (conduct, id) = (self.central(), "futures-curve");
        let months: Vec<Period> =
            self.rows("baseline", conduct, Output::Price(Basket::NdPr)).map(|r| r.month).collect();
        let at = months.get(5.min(months.len().saturating_sub(1))).copied();
        let maturities = [0_u32, 3, 6, 12];
        let line = |scenario: &'a str| CurveLine {
            name: self.label(scenario).to_owned(),
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
