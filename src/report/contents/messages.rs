//! Key messages: one sentence each, computed.

use monazite_physical::{Basket, Conduct, Kind, Output, Region};

use super::explain::paradox_message;
use super::market::{Market, conduct_name};
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
    messages.extend(paradox_message(&results.explanation));
    messages.push(pass_through(results));
    let market = Market { results };
    messages.extend(power(&market));
    messages.extend(shocks(&market));
    messages.push(warning(results));
    Ok(messages)
}

fn pass_through(results: &Results) -> String {
    let (levels, differences) = (
        &results.explanation.pass_through.long_run,
        &results.explanation.pass_through.long_run_differences,
    );
    // The response to 10 % of a constant elasticity.
    let ten = |elasticity: f64| fixed(100.0 * (1.1_f64.powf(elasticity) - 1.0), 1);
    let (from, to) = results.explanation.pass_through.levels.sample().map_or_else(
        || (String::new(), String::new()),
        |(from, to)| (from.year().to_string(), to.year().to_string()),
    );
    format!(
        "From {from} to {to} a neodymium oxide price higher by 10 % went with a unit value of exports higher by {} % within three \
         months (95 % interval {} to {} %; in first differences {} %, from {} to {} %).",
        ten(levels.value),
        ten(levels.lo95),
        ten(levels.hi95),
        ten(differences.value),
        ten(differences.lo95),
        ten(differences.hi95),
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
        "In the model, a supplier acting as a {} keeps the Nd–Pr price outside China {} that of a price taker over the last {} \
         months simulated, where residual demand has an elasticity of {}; elasticities and costs behind this are assumed: an \
         illustration, not an estimate.",
        conduct_name(conduct),
        against(effect.mean),
        monazite_physical::POWER_MONTHS,
        fixed(elasticity.effect.mean, 1),
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
    let both = |horizon| price("both-booms", Basket::NdPr, horizon).map(|e| e.mean);
    if let (Some(first), Some(half), Some(year)) = (both(1), both(6), both(12)) {
        messages.push(format!(
            "With vehicles 30 % and wind 40 % above the forecast, the Nd–Pr price outside China moves by {} % in the month of \
             the surprise, {} % after six months and {} % after twelve ({}){}{}.",
            signed(first, 0),
            signed(half, 0),
            signed(year, 0),
            conduct_name(conduct),
            if half > first && half > year { ": stocks soften the first months" } else { "" },
            if half < 0.0 { ", and supply set in answer then weighs on the price" } else { "" },
        ));
    }
    let total =
        market.effect("licence-stop", conduct, Output::Unmet(None, None), Kind::Change, None);
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
        let share = total.map_or(f64::NAN, |t| tonnes / t.effect.mean);
        messages.push(format!(
            "If no licence were granted, the price of Dy–Tb would after six months stand {} the baseline outside China and {} it \
             inside; the largest shortfall would be that of {}: {} t of oxide over {} months, {} of all (Nd–Pr in goods that need \
             no licence would still be shipped).",
            against(outside.mean),
            against(inside.mean),
            super::market::region_name(region),
            fixed(tonnes, 0),
            market.results.simulation.n_months,
            percent(share, 0),
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
    let (mut narrow, mut beats, mut same, mut beaten) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for series in &results.forecasts {
        let Some(main) = series.main() else { continue };
        let Some(record) = series.backtest_of(&main.model) else { continue };
        let subject = super::outlook::style(series.plan.id).name.to_owned();
        if record.coverage80() < 0.72 {
            narrow.push(format!("{subject} ({})", percent(record.coverage80(), 0)));
        }
        match series.against_naive(&record.model) {
            Some(against) if against.beats() => beats.push(subject),
            Some(against) if against.is_beaten() => beaten.push(subject),
            _ => same.push(subject),
        }
    }
    let mut parts = vec![if narrow.is_empty() {
        "80 % intervals held at least 72 % of past figures in every series".to_owned()
    } else {
        format!("80 % intervals were too narrow in the past for {}", list(&narrow))
    }];
    if !beats.is_empty() {
        parts.push(format!(
            "the forecast was significantly better than seasonal naive for {}",
            list(&beats)
        ));
    }
    if !same.is_empty() {
        parts
            .push(format!("it cannot be told from seasonal naive in accuracy for {}", list(&same)));
    }
    if !beaten.is_empty() {
        parts.push(format!("seasonal naive was significantly better for {}", list(&beaten)));
    }
    format!("Trust: {}.", parts.join("; "))
}
