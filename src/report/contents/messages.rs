//! Key messages: one sentence each, computed.

use monazite_physical::{Basket, Conduct, Kind, Output, Region};

use super::explain::{of_2025, paradox_statement};
use super::market::{Market, conduct_name, scenario_name};
use super::outlook::statement;
use super::words::{amounts, list, span_of};
use crate::chart::number::{fixed, percent, signed};
use crate::diagnostic::Diagnostic;
use crate::study::forecast::year_ahead;
use crate::study::run::Results;

/// What a reader in a hurry should know.
pub(super) fn key_messages(results: &Results) -> Result<Vec<String>, Diagnostic> {
    let mut messages = Vec::new();
    for id in ["re-exports-volume", "magnet-exports-world", "nd-oxide-price"] {
        if let Some(series) = results.forecasts.iter().find(|s| s.plan.id == id) {
            let ahead = year_ahead(series)?;
            let style = super::outlook::style(id);
            let interval = amounts(ahead.q10 * style.factor, ahead.q90 * style.factor, style.unit);
            messages.push(format!(
                "{} (80 % interval {interval}; {}).",
                statement(id, &ahead),
                span_of(ahead.from, ahead.to)
            ));
        }
    }
    if let Some(window) = of_2025(&results.explanation) {
        messages.push(paradox_statement(window));
    }
    messages.push(pass_through(results));
    let market = Market { results };
    messages.extend(power(&market));
    messages.extend(shocks(&market));
    messages.push(warning(results));
    Ok(messages)
}

fn pass_through(results: &Results) -> String {
    let lasting = &results.explanation.pass_through.long_run;
    format!(
        "A rise of the neodymium oxide price by 10 % raises the unit value of exports by {} % within three months (95 % \
         interval {} to {} %).",
        fixed(10.0 * lasting.value, 1),
        fixed(10.0 * lasting.lo95, 1),
        fixed(10.0 * lasting.hi95, 1)
    )
}

/// What conduct does to prices in the baseline; nothing if the supplier only takes prices.
fn power(market: &Market<'_>) -> Option<String> {
    let of = |conduct| {
        market
            .power(conduct, Output::OutsidePrice(Basket::NdPr), Kind::PercentChange)
            .map(|m| m.effect)
    };
    let (conduct, effect) = [Conduct::Dominant, market.central()]
        .into_iter()
        .filter(|conduct| *conduct != Conduct::Taker)
        .find_map(|conduct| of(conduct).map(|effect| (conduct, effect)))?;
    let elasticity =
        market.power(conduct, Output::ResidualElasticity(Basket::NdPr), Kind::Level)?;
    Some(format!(
        "Acting as a {}, the Chinese supplier would keep the Nd–Pr price outside China {} that of a price taker (95 % \
         interval {} to {} %); residual demand has an elasticity of {}.",
        conduct_name(conduct),
        against(effect.mean),
        fixed(effect.lo95, 0),
        fixed(effect.hi95, 0),
        fixed(elasticity.effect.mean, 1)
    ))
}

/// What shocks do to prices and to whom unmet use falls.
fn shocks(market: &Market<'_>) -> Vec<String> {
    let conduct = market.central();
    let price = |scenario: &str, basket, horizon| {
        market
            .effect(
                scenario,
                conduct,
                Output::OutsidePrice(basket),
                Kind::PercentChange,
                Some(horizon),
            )
            .map(|m| m.effect)
    };
    let mut messages = Vec::new();
    let booms: Vec<String> = ["ev-up-30", "wind-up-40", "both-booms"]
        .into_iter()
        .filter_map(|s| {
            let effect = price(s, Basket::NdPr, 12)?;
            Some(format!("{} % with {}", signed(effect.mean, 0), scenario_name(s)))
        })
        .collect();
    if !booms.is_empty() {
        messages.push(format!(
            "Twelve months into a demand boom the Nd–Pr price outside China has moved by {} against the baseline ({}).",
            list(&booms),
            conduct_name(conduct)
        ));
    }
    let worst = Region::OUTSIDE
        .into_iter()
        .filter_map(|region| {
            let unmet = Output::Unmet(Some(region), None);
            let effect = market.effect("licence-stop", conduct, unmet, Kind::Change, None)?;
            Some((region, effect.effect.mean))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some(inside), Some(outside), Some((region, tonnes))) = (
        market
            .effect(
                "licence-stop",
                conduct,
                Output::Price(Basket::DyTb),
                Kind::PercentChange,
                Some(6),
            )
            .map(|m| m.effect),
        price("licence-stop", Basket::DyTb, 6),
        worst,
    ) {
        messages.push(format!(
            "If no licence were granted, the price of Dy–Tb would after six months stand {} the baseline outside China and {} it \
             inside; most use would go unmet in {} ({} t of oxide over the months simulated).",
            against(outside.mean),
            against(inside.mean),
            super::market::region_name(region),
            fixed(tonnes, 0)
        ));
    }
    messages
}

/// `86 % above`, `24 % below`.
fn against(percent_change: f64) -> String {
    let side = if percent_change >= 0.0 { "above" } else { "below" };
    format!("{} {side}", percent(percent_change.abs() / 100.0, 0))
}

/// How far the forecasts should be trusted.
fn warning(results: &Results) -> String {
    let mut narrow = Vec::new();
    let mut beaten = Vec::new();
    for series in &results.forecasts {
        let Some(main) = series.main() else { continue };
        let Some(record) = series.backtest_of(&main.model) else { continue };
        let subject = super::outlook::style(series.plan.id).name.to_owned();
        if record.coverage80() < 0.72 {
            narrow.push(format!("{subject} ({})", percent(record.coverage80(), 0)));
        }
        let naive = series.backtests.iter().find(|b| b.model.starts_with("seasonal naive"));
        if naive.and_then(|n| record.relative_to(n)).is_some_and(|ratio| ratio >= 1.0) {
            beaten.push(subject);
        }
    }
    let narrow = if narrow.is_empty() {
        "80 % intervals held at least 72 % of past figures in every series".to_owned()
    } else {
        format!("80 % intervals were too narrow in the past for {}", list(&narrow))
    };
    let beaten = if beaten.is_empty() {
        "every main model beat the seasonal naive forecast".to_owned()
    } else {
        format!("the seasonal naive forecast was not beaten for {}", list(&beaten))
    };
    format!("Trust: {narrow}; {beaten}.")
}
