//! Licences by cell, stocks, stockpiles, intermediaries and the value chain: what each does and that it can be left out.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod common;

use monazite_physical::{
    ActivityPaths, Basket, Channel, Combine, Form, Output, Parameters, Region, Run, Scenario,
    Shock, ShockStart, WorldSpec, simulate, value_changes, value_split,
};
use proptest::prelude::*;

const N_MONTHS: usize = 16;

/// No disturbances and no growth.
fn still(mut parameters: Parameters) -> Parameters {
    for one in &mut parameters.disturbance.standard_deviation {
        one.value = 0.0;
    }
    for one in &mut parameters.controlled {
        one.limit_growth.value = 0.0;
    }
    for one in &mut parameters.fringe {
        one.growth.value = 0.0;
    }
    parameters
}

/// Still and without licences.
fn open() -> Parameters {
    let mut parameters = still(common::parameters());
    parameters.licences.lift();
    parameters
}

fn shock(variable: &str, size: f64, after: u32, announced: bool) -> Shock {
    Shock {
        start: ShockStart::AfterMonths(after),
        announced: announced.into(),
        ..Shock::step(variable.parse().unwrap(), size)
    }
}

/// On top of what other shocks do to the same cells.
fn also(shock: Shock) -> Shock {
    Shock { combine: Some(Combine::Multiply), ..shock }
}

fn run_from(start: &str, parameters: &Parameters, shocks: Vec<Shock>) -> Run {
    let scenario = Scenario { shocks, ..Scenario::baseline() };
    let spec = WorldSpec {
        parameters,
        scenario: &scenario,
        conduct: "theta-0.5".parse().unwrap(),
        start: start.parse().unwrap(),
        seed: 5,
        storers: None,
        n_threads: None,
    };
    let run = simulate(&spec, &ActivityPaths::constant(2, N_MONTHS).unwrap()).unwrap();
    assert_eq!(run.violations().first(), None);
    run
}

fn run(parameters: &Parameters, shocks: Vec<Shock>) -> Run {
    run_from("2026-03", parameters, shocks)
}

fn at(run: &Run, output: &str, month: usize) -> f64 {
    run.at(output.parse().unwrap(), month).unwrap()[0]
}

fn over(run: &Run, output: &str, from: usize, until: usize) -> f64 {
    run.over(output.parse().unwrap(), from, until).unwrap()[0]
}

fn bits(run: &Run) -> Vec<u64> {
    let mut all = Vec::new();
    for output in Output::table() {
        for month in 0..run.n_months() {
            all.extend(run.at(output, month).unwrap().into_iter().map(f64::to_bits));
        }
    }
    all
}

#[test]
fn features_without_occasion_change_nothing() {
    let parameters = open();
    let with = bits(&run(&parameters, Vec::new()));
    let mut plain = parameters.clone();
    plain.stocks.hazard_response.value = 0.0;
    plain.stocks.forward_share.value = 0.0;
    plain.transit.leakage_share.value = 0.0;
    assert_eq!(with, bits(&run(&plain, Vec::new())));
    // A stock that is on target and licences that do not exist leave nothing to switch off.
    assert_eq!(with, bits(&run(&parameters.without(Channel::PullForward), Vec::new())));
    assert_eq!(with, bits(&run(&parameters.without(Channel::Backlog), Vec::new())));
}

#[test]
fn shocks_of_size_zero_change_nothing_with_every_feature_on() {
    let parameters = common::parameters();
    let all = [
        "licence-hazard.us.military.processed",
        "announced-hazard",
        "stockpile.us",
        "transit.taiwan",
        "leakage",
        "value-chain",
        "tariff.us",
    ];
    let nothing = all.iter().map(|variable| shock(variable, 0.0, 3, true)).collect();
    assert_eq!(bits(&run(&parameters, nothing)), bits(&run(&parameters, Vec::new())));
}

#[test]
fn magnets_and_oxides_are_licensed_apart() {
    let parameters = still(common::parameters());
    let stop = run(&parameters, vec![shock("licence-hazard.us.processed", -1.0, 0, false)]);
    let base = run(&parameters, Vec::new());
    let ratio = |output: &str| over(&stop, output, 2, 8) / over(&base, output, 2, 8);
    // A fifth of magnets is not controlled; Nd and Pr oxide are not controlled at all.
    let magnets = ratio("magnet-exports.us");
    assert!(magnets < 0.5, "{magnets}");
    assert!((ratio("magnet-exports.europe") - 1.0).abs() < 0.1);
    assert!(ratio("headline-exports.us") > 0.95, "{}", ratio("headline-exports.us"));
    assert!(at(&stop, "backlog.us.NdPr", 6) > 2.0 * at(&base, "backlog.us.NdPr", 6));
    let military = run(&parameters, vec![shock("licence-hazard.us.military", -1.0, 0, false)]);
    let some = over(&military, "exports.us.DyTb", 0, 8) / over(&base, "exports.us.DyTb", 0, 8);
    assert!((0.9..1.0).contains(&some), "{some}");
}

#[test]
fn buyers_who_are_refused_hold_more_once_they_can() {
    let parameters = still(common::parameters());
    let mut calm = parameters.clone();
    calm.stocks.hazard_response.value = 0.0;
    let stop = || vec![Shock { months: Some(3), ..shock("licence-hazard.japan", -1.0, 2, false) }];
    let (wary, indifferent) = (run(&parameters, stop()), run(&calm, stop()));
    let hazard = |month| at(&wary, "perceived-hazard.japan.DyTb", month);
    assert!(hazard(3) > hazard(1) + 0.2, "{} {}", hazard(1), hazard(3));
    // Approvals resume: what is left of the alarm decays by a fifth a month until refusals are larger.
    assert!(hazard(6) < hazard(4) && hazard(6) >= 0.8 * hazard(5) - 1e-12);
    assert_eq!(at(&wary, "perceived-hazard.japan.LaCe", 4), 0.0);
    let stock = |run: &Run| at(run, "stock.japan.DyTb", N_MONTHS - 1);
    assert!(stock(&wary) > stock(&indifferent), "{} {}", stock(&wary), stock(&indifferent));
    // A control that is only announced has buyers stock up all the same.
    let announced = run(&parameters, vec![shock("announced-hazard.japan", 0.9, 2, false)]);
    let base = run(&parameters, Vec::new());
    assert!(at(&announced, "perceived-hazard.japan.DyTb", 2) >= 0.7);
    let elsewhere = |run: &Run| at(run, "perceived-hazard.us.DyTb", 2);
    assert!((elsewhere(&announced) - elsewhere(&base)).abs() < 0.01);
    let more =
        over(&announced, "exports.japan.DyTb", 2, 6) / over(&base, "exports.japan.DyTb", 2, 6);
    assert!(more > 1.02, "{more}");
}

/// A tariff of 25 % three months ahead, 1 % a month to hold goods: three buyers in ten double their orders for three
/// months and order nothing for the three months after.
#[test]
fn a_tariff_announced_three_months_ahead_is_bought_ahead_of() {
    let parameters = open();
    let base = run(&parameters, Vec::new());
    let ahead = run(&parameters, vec![shock("tariff.us", 0.25, 3, true)]);
    let used = at(&base, "use.us.NdPr", 0);
    let gain =
        |month| (at(&ahead, "exports.us.NdPr", month) - at(&base, "exports.us.NdPr", month)) / used;
    for month in 0..3 {
        assert!((gain(month) - 0.3).abs() < 0.03, "{month}: {}", gain(month));
        let held = at(&ahead, "forward-stock.us.NdPr", month) / used;
        assert!((held - 0.3 * (month + 1) as f64).abs() < 0.03, "{month}: {held}");
    }
    for month in 3..6 {
        assert!((gain(month) + 0.3).abs() < 0.06, "{month}: {}", gain(month));
    }
    assert!(at(&ahead, "forward-stock.us.NdPr", 8) < 0.01 * used);
    assert_eq!(at(&ahead, "forward-stock.europe.NdPr", 2), 0.0);
    // A surprise gives no time, a rise of 1 % is not worth three months of holding, and the channel can be closed.
    let held = |size: f64, announced: bool, parameters: &Parameters| {
        over(&run(parameters, vec![shock("tariff.us", size, 3, announced)]), "forward-stock", 0, 9)
    };
    assert_eq!(held(0.25, false, &parameters), 0.0);
    assert_eq!(held(0.01, true, &parameters), 0.0);
    assert_eq!(held(0.25, true, &parameters.without(Channel::PullForward)), 0.0);
    assert!(held(0.25, true, &parameters) > 0.0);
}

#[test]
fn a_stockpile_is_filled_in_quiet_and_opened_in_need() {
    let parameters = open();
    let mut controlled = still(common::parameters());
    for (_, regime) in controlled.licences.regimes_mut() {
        regime.control_month = Some("2027-03".parse().unwrap());
        regime.easing_civil = [None; 8];
        regime.hazard_control.value = 0.0;
    }
    let target = at(&run(&parameters, Vec::new()), "use.us.DyTb", 0) * 90.0 / 30.4375;
    let quiet = run(&parameters, vec![shock("stockpile.us", 90.0, 0, true)]);
    let held = |run: &Run, month| at(run, "stockpile.us.DyTb", month);
    assert!((held(&quiet, 5) / (0.5 * target) - 1.0).abs() < 0.02, "{}", held(&quiet, 5));
    assert!((held(&quiet, 14) / target - 1.0).abs() < 0.02, "{}", held(&quiet, 14));
    assert_eq!(over(&quiet, "stockpile.europe", 0, N_MONTHS), 0.0);
    // No licence from March 2027 on, month 12: stocks last two months.
    let without = run(&controlled, Vec::new());
    let with = run(&controlled, vec![shock("stockpile.us", 90.0, 0, true)]);
    let unmet = |run: &Run| over(run, "unmet.us.DyTb", 12, N_MONTHS);
    assert!(unmet(&without) > 0.0 && unmet(&with) < 0.7 * unmet(&without), "{}", unmet(&with));
    let given = held(&with, 12) - held(&with, N_MONTHS - 1);
    assert!(given > 0.0 && unmet(&without) - unmet(&with) > 0.5 * given);
    // A third of the target a month at most.
    for month in 12..N_MONTHS {
        assert!(held(&with, month - 1) - held(&with, month) <= 0.34 * target);
    }
    // Beyond the unmet share that opens it the price stands higher without it.
    assert!(
        at(&with, "region-price.us.DyTb", N_MONTHS - 1)
            <= at(&without, "region-price.us.DyTb", N_MONTHS - 1)
    );
}

#[test]
fn leakage_bounds_the_gap_between_regions_by_its_cost() {
    let mut parameters = still(common::parameters());
    let stop = || vec![shock("licence-hazard.japan", -1.0, 0, false)];
    let gap = |run: &Run, month| {
        at(run, "region-price.japan.DyTb", month) / at(run, "region-price.europe.DyTb", month)
    };
    parameters.transit.leakage_share.value = 0.0;
    let shut = run(&parameters, stop());
    let scarce: Vec<usize> = (0..N_MONTHS).filter(|&t| gap(&shut, t) > 1.35).collect();
    assert!(!scarce.is_empty());
    assert_eq!(over(&shut, "leaked.japan.DyTb", 0, N_MONTHS), 0.0);
    // All of what two intermediaries get can be diverted: the cost of 30 % is the gap.
    parameters.transit.leakage_share.value = 1.0;
    let wide = run(&parameters, stop());
    let first = scarce[0];
    assert!((gap(&wide, first) - 1.3).abs() < 1e-9, "{}", gap(&wide, first));
    assert!(at(&wide, "leaked.japan.DyTb", first) > 0.0);
    let given = at(&wide, "leaked.europe.DyTb", first) + at(&wide, "leaked.taiwan.DyTb", first);
    assert!((at(&wide, "leaked.japan.DyTb", first) + given).abs() < 1e-9);
    // A little leakage helps a little.
    parameters.transit.leakage_share.value = 0.005;
    let narrow = run(&parameters, stop());
    assert!(
        gap(&narrow, first) > 1.3 && gap(&narrow, first) < gap(&shut, first),
        "{} {}",
        gap(&narrow, first),
        gap(&shut, first)
    );
    // What was diverted came from China by way of others.
    assert!(at(&wide, "exposure.japan.DyTb", first) >= at(&shut, "exposure.japan.DyTb", first));
}

#[test]
fn exposure_is_direct_and_in_transit() {
    let parameters = open();
    let base = run(&parameters, Vec::new());
    let months = N_MONTHS - 1;
    for region in Region::OUTSIDE {
        for basket in Basket::ALL {
            let of = |head: &str| at(&base, &format!("{head}.{region}.{basket}"), months);
            let (all, direct) = (of("exposure"), of("direct-exposure"));
            assert!((0.0..=1.0).contains(&all) && direct <= all, "{region} {basket}");
            let through = of("transit") / (of("arrivals") + 1e-300);
            assert!((direct / all.max(1e-300) - (1.0 - through)).abs() < 0.02, "{region} {basket}");
        }
    }
    // Lynas sells to Japan.
    assert!(at(&base, "exposure.japan.NdPr", months) < at(&base, "exposure.korea.NdPr", months));
    assert_eq!(at(&base, "exposure.china.NdPr", months), 1.0);
    // Without intermediaries customs destinations are users.
    let shut = vec![shock("transit.europe", -1.0, 0, true), shock("transit.taiwan", -1.0, 0, true)];
    let direct = run(&parameters, shut);
    assert_eq!(over(&direct, "transit", 0, N_MONTHS), 0.0);
    assert!(over(&base, "transit.us", 0, N_MONTHS) > 0.0);
    assert_eq!(at(&direct, "exports.us.NdPr", 3), at(&direct, "arrivals.us.NdPr", 3));
    assert!(at(&base, "exports.europe", 3) > at(&direct, "exports.europe", 3));
    assert!((at(&base, "exports", 3) / at(&direct, "exports", 3) - 1.0).abs() < 1e-9);
}

/// Half of what left raw leaves as magnets: tonnes of REO stay, value and magnets rise, and the split says it is mix.
#[test]
fn technology_instead_of_ore_moves_value_and_not_tonnes() {
    let parameters = open();
    let base = run(&parameters, Vec::new());
    let shifted = run(&parameters, vec![shock("value-chain", 0.5, 0, true)]);
    let ratio = |output: &str| over(&shifted, output, 0, 12) / over(&base, output, 0, 12);
    assert!((ratio("exports") - 1.0).abs() < 1e-9 && (ratio("price.NdPr") - 1.0).abs() < 1e-9);
    assert!(
        ratio("export-value") > 1.02 && ratio("magnet-exports") > 1.05,
        "{} {}",
        ratio("export-value"),
        ratio("magnet-exports")
    );
    assert!(ratio("headline-exports") < 1.0);
    assert!((ratio("form-exports.oxide.NdPr") - 0.5).abs() < 1e-9);
    assert!((ratio("form-exports.oxide.LaCe") - 1.0).abs() < 1e-12);
    // One month: over several, regions whose purchases rise and fall at other times weigh the same prices otherwise.
    let window = (5, 6);
    for change in value_changes((&base, window), (&shifted, window)).unwrap() {
        let value = over(&base, "export-value", 5, 6);
        let total = over(&shifted, "export-value", 5, 6) - value;
        assert!((change.total - total).abs() < 1e-9 * value);
        assert!((change.quantity + change.mix + change.price - total).abs() < 1e-9 * value);
        assert!(change.quantity.abs() < 1e-9 * value && change.price.abs() < 1e-9 * value);
    }
    let split = value_split((&base, (0, 4)), (&base, (4, 8))).unwrap();
    assert!(
        (split.total.mean - split.quantity.mean - split.mix.mean - split.price.mean).abs() < 1.0
    );
    assert!(value_split((&base, (0, 4)), (&base, (4, 9))).is_err());
    // The price of a magnet is that of its NdPr and DyTb.
    let price = |basket| at(&base, &format!("unit-value.magnet.{basket}"), 0);
    let weight = at(&base, "magnet-exports", 0);
    let value = price("NdPr") * at(&base, "form-exports.magnet.NdPr", 0)
        + price("DyTb") * at(&base, "form-exports.magnet.DyTb", 0);
    assert!((at(&base, "unit-value.magnet", 0) / (value / weight) - 1.0).abs() < 1e-9);
    let concentrate: Output = "unit-value.concentrate".parse().unwrap();
    assert_eq!(concentrate, Output::UnitValue(Some(Form::Concentrate), None));
    // Nothing leaves as concentrate: its price is that of the oxides in a tonne, at .4 of their value.
    let oxides: f64 = [("LaCe", 0.375), ("NdPr", 0.105), ("DyTb", 0.005)]
        .into_iter()
        .map(|(basket, content)| content * at(&base, &format!("unit-value.oxide.{basket}"), 0))
        .sum();
    assert!((base.at(concentrate, 0).unwrap()[0] / (0.4 * oxides) - 1.0).abs() < 1e-9);
}

/// 2025 as it came: each channel carries part of the way the tonnage took.
#[test]
fn channels_are_switched_off_in_turn() {
    let parameters = still(common::parameters());
    let tariff = || vec![Shock { months: Some(1), ..shock("tariff.us", 0.2, 6, true) }];
    let magnets = |parameters: &Parameters, month| {
        at(&run_from("2025-03", parameters, tariff()), "magnet-exports.us", month)
    };
    // Shipments of August 2025 are swollen by what waited.
    let (all, backlog) =
        (magnets(&parameters, 5), magnets(&parameters.without(Channel::Backlog), 5));
    assert!(backlog < 0.97 * all, "{backlog} of {all}");
    let restocking = magnets(&parameters.without(Channel::Restocking), 5);
    assert!(restocking < 0.99 * all, "{restocking} of {all}");
    let pulled = magnets(&parameters.without(Channel::PullForward), 5);
    assert!(pulled < 0.95 * all, "{pulled} of {all}");
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Parameters)| {
        let mut parameters = common::parameters();
        change(&mut parameters);
        parameters.check().unwrap_err().to_string()
    };
    let text = refused(&|p| p.stocks.cover[2].value = -1.0);
    assert!(text.contains("stocks.cover.us") && text.contains("zero or more"), "{text}");
    let text = refused(&|p| p.transit.via[0][2].value = 1.0);
    assert!(text.contains("transit.via of us") && text.contains("1 or less"), "{text}");
    let text = refused(&|p| p.transit.via[1][Region::Taiwan.index()].value = 0.1);
    assert!(text.contains("transit.via.taiwan.taiwan"), "{text}");
    let text = refused(&|p| p.trade.processed_share[3][0].value = 0.1);
    assert!(text.contains("trade.processed_share.europe.LaCe"), "{text}");
    let text = refused(&|p| p.forms[1][1].share.value = 0.9);
    assert!(text.contains("raw export forms of NdPr"), "{text}");
    let text = refused(&|p| p.stocks.release_price.value = 0.5);
    assert!(text.contains("stocks.release_price"), "{text}");
    let text = refused(&|p| p.stocks.cover[0].value = 1.0);
    assert!(text.contains("stocks.cover.china"), "{text}");
    let text = refused(&|p| p.licences.raw.withdrawal.value = 1.2);
    assert!(text.contains("licences.raw.withdrawal"), "{text}");
}

proptest! {
    /// Whatever is switched on and however hard: tonnes by basket, owner and place add up.
    #[test]
    fn tonnes_are_conserved_with_every_feature_on(
        cover in 0.0..4.0_f64,
        response in 0.0..3.0_f64,
        expectation in 0.0..0.5_f64,
        restocking in 0.3..12.0_f64,
        forward in 0.0..1.0_f64,
        leakage in 0.0..1.0_f64,
        cost in 0.0..1.0_f64,
        via in prop::array::uniform2(0.0..0.5_f64),
        days in 0.0..180.0_f64,
        release in 0.0..1.0_f64,
        sizes in prop::array::uniform8(-1.0..1.0_f64),
        starts in prop::array::uniform8(0_u32..10),
    ) {
        let mut parameters = common::parameters();
        for r in 1..8 {
            parameters.stocks.cover[r].value = cover;
        }
        parameters.stocks.hazard_response.value = response;
        parameters.stocks.expectation.value = expectation;
        parameters.stocks.restocking.value = restocking;
        parameters.stocks.forward_share.value = forward;
        parameters.stocks.release_unmet.value = 0.0;
        parameters.stocks.release_rate.value = release;
        parameters.transit.leakage_share.value = leakage;
        parameters.transit.leakage_cost.value = cost;
        for (importer, row) in Region::INTERMEDIARIES.into_iter().zip(&mut parameters.transit.via) {
            for region in Region::OUTSIDE.into_iter().filter(|&one| one != importer) {
                row[region.index()].value = via[usize::from(importer == Region::Taiwan)];
            }
        }
        let shocks = vec![
            shock("licence-hazard.us", sizes[0].min(0.0), starts[0], false),
            also(shock("licence-hazard.military", sizes[1], starts[1], false)),
            also(shock("licence-hazard.processed", sizes[2].min(0.0), starts[2], true)),
            shock("tariff.us", 0.5 * sizes[3], starts[3], true),
            shock("tariff.europe", 0.5 * sizes[4], starts[4], true),
            shock("announced-hazard", sizes[5].abs(), starts[5], true),
            shock("stockpile.us", days, starts[6], true),
            shock("stockpile.japan", days, 0, true),
            shock("transit.taiwan", sizes[6], starts[6], true),
            shock("value-chain", sizes[7], starts[7], true),
        ];
        // `run` asserts that nothing is violated.
        let run = run_from("2025-03", &parameters, shocks);
        prop_assert!(run.largest_imbalance() < 1e-9);
    }
}
