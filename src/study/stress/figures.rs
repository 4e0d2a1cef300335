//! A chart for each scenario: the price of the basket that it moves most, in China and outside, against the baseline.

use monazite_physical::{Basket, Output};
use monazite_series::Period;

use super::Stress;
use crate::chart::number::{fixed, percent, period_name, significant};
use crate::chart::{Figure, Heading, Interval, PathLine, Paths};
use crate::diagnostic::Diagnostic;
use crate::study::simulate::SimulationRow;

/// Baskets that carry value.
const VALUED: [Basket; 2] = [Basket::NdPr, Basket::DyTb];
const PER_KG: f64 = 1e-3;

/// The chart of a scenario; `cny_per_usd` brings prices in China to dollars.
///
/// # Errors
/// `C001` if it cannot be drawn.
pub fn price_figure(
    stress: &Stress,
    (id, title): (&str, &str),
    cny_per_usd: f64,
    vintage: &str,
) -> Result<Figure, Diagnostic> {
    let basket = VALUED
        .into_iter()
        .max_by(|a, b| largest(stress, id, *a).total_cmp(&largest(stress, id, *b)))
        .unwrap_or(Basket::NdPr);
    let (outside, inside) = (Output::OutsidePrice(basket), Output::Price(basket));
    let in_china = PER_KG / cny_per_usd;
    let line = |name: &str, scenario: &str, output: Output, factor: f64| PathLine {
        name: name.to_owned(),
        points: rows(stress, scenario, output).map(|r| (r.month, factor * median(r))).collect(),
    };
    let mut lines = vec![line("outside", id, outside, PER_KG)];
    if id != "baseline" {
        lines.push(line("outside, baseline", "baseline", outside, PER_KG));
    }
    lines.push(line("China", id, inside, in_china));
    if id != "baseline" {
        lines.push(line("China, baseline", "baseline", inside, in_china));
    }
    let band = rows(stress, id, outside)
        .map(|r| Interval {
            period: r.month,
            value: PER_KG * median(r),
            lo: PER_KG * r.quantiles[0],
            hi: PER_KG * r.quantiles[r.quantiles.len() - 1],
        })
        .collect();
    let chart = format!("stress-{id}");
    Paths {
        heading: Heading::new(&chart, statement(stress, id, basket))
            .unit(format!("price of {} oxide, USD/kg, medians over paths", name(basket)))
            .source("own simulation; in China without VAT, outside weighted with arrivals")
            .vintage(vintage)
            .caption(format!("{}.", title.trim_end_matches('.'))),
        lines,
        band,
        events: Vec::new(),
        unit: "USD/kg".into(),
        log: false,
        ..Paths::default()
    }
    .draw()
    .map_err(|e| Diagnostic::error("C001", format!("chart `{chart}`: {e}")))
}

fn name(basket: Basket) -> &'static str {
    match basket {
        Basket::LaCe => "La–Ce",
        Basket::NdPr => "Nd–Pr",
        Basket::DyTb => "Dy–Tb",
    }
}

fn rows<'a>(
    stress: &'a Stress,
    scenario: &'a str,
    output: Output,
) -> impl Iterator<Item = &'a SimulationRow> {
    let variable = output.to_string();
    stress.paths.iter().filter(move |r| r.scenario == scenario && r.variable == variable)
}

fn median(row: &SimulationRow) -> f64 {
    row.quantiles[row.quantiles.len() / 2]
}

/// Month and relative change of the median price outside in which it is largest.
fn peak(stress: &Stress, id: &str, basket: Basket) -> Option<(Period, f64)> {
    let output = Output::OutsidePrice(basket);
    rows(stress, id, output)
        .zip(rows(stress, "baseline", output))
        .map(|(now, before)| (now.month, median(now) / median(before) - 1.0))
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

fn largest(stress: &Stress, id: &str, basket: Basket) -> f64 {
    peak(stress, id, basket).map_or(0.0, |(_, change)| change.abs())
}

fn statement(stress: &Stress, id: &str, basket: Basket) -> String {
    let output = Output::OutsidePrice(basket);
    let Some((month, change)) = peak(stress, id, basket) else {
        return format!("{} outside China", name(basket));
    };
    let last = rows(stress, id, output).find(|r| r.month == month);
    let high = last.map_or(f64::NAN, |r| PER_KG * r.quantiles[r.quantiles.len() - 1]);
    if change.abs() < 0.005 {
        return format!(
            "{} outside China: 1 in 20 paths above USD {}/kg in {}",
            name(basket),
            significant(high, 3),
            period_name(month)
        );
    }
    let times = if change >= 1.0 {
        format!("{} times the baseline", fixed(1.0 + change, 1))
    } else {
        let side = if change > 0.0 { "above" } else { "below" };
        format!("{} {side} the baseline", percent(change.abs(), 0))
    };
    format!(
        "{} outside China peaks in {} at {times}; 1 in 20 paths above USD {}/kg",
        name(basket),
        period_name(month),
        significant(high, 3)
    )
    .replace("peaks", if change > 0.0 { "peaks" } else { "is lowest" })
}
