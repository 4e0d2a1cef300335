//! Scenario files as written: what is read, what is refused and how, and that every preset is in order.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use monazite_physical::{
    Announcement, Combine, Distribution, PRESETS, PhysicalError, REPLAY_PRESETS, Scenario,
    ScenarioFault, Shape, ShockStart, Size,
};
use monazite_series::Period;

fn first() -> Period {
    "2026-03".parse().unwrap()
}

fn read(shocks: &str) -> Result<Scenario, toml::de::Error> {
    toml::from_str(&format!("id = \"mine\"\ntitle = \"Mine\"\n{shocks}"))
}

fn fault(shocks: &str) -> ScenarioFault {
    let scenario = read(shocks).unwrap();
    match scenario.check().and_then(|()| scenario.check_from(first())) {
        Err(PhysicalError::Scenario(fault)) => *fault,
        other => panic!("{shocks}: {other:?}"),
    }
}

#[test]
fn every_form_of_a_shock_is_read_and_written_back() {
    let text = r#"
[[shocks]]
variable = "activity.ev.china"
size = { triangular = { low = -0.1, mode = 0.0, high = 0.4 } }
start = 2
months = 12
shape = { decay = { factor = 0.8, rest = 0.25 } }
announced = 1

[[shocks]]
variable = "quota"
path = [-0.1, -0.2, 0]
start = "2026-07"
end = "2027-06"
announced = "2026-05"

[[shocks]]
variable = "activity.wind"
size = { level = 1.5, month = "2030-07" }
start = 0
announced = true

[[shocks]]
variable = "tariff.us"
size = { two-point = { low = 0, high = 0.25, probability = 0.5 } }
start = 6
shape = { ramp = { months = 3 } }
combine = "add"
"#;
    let scenario = read(text).unwrap();
    scenario.check().unwrap();
    scenario.check_from(first()).unwrap();
    let [ev, quota, wind, tariff] = &scenario.shocks[..] else { panic!("{scenario:?}") };
    let triangular = Distribution::Triangular { low: -0.1, mode: 0.0, high: 0.4 };
    assert_eq!(ev.size, Size::Drawn(triangular));
    assert_eq!(ev.shape, Shape::Decay { factor: 0.8, rest: 0.25 });
    assert_eq!(ev.announced, Announcement::In(ShockStart::AfterMonths(1)));
    assert_eq!(quota.size, Size::Path(vec![-0.1, -0.2, 0.0]));
    assert_eq!((quota.first_month(first()), quota.n_months(first())), (4, Some(12)));
    assert_eq!(wind.announced, Announcement::Before);
    assert!(matches!(wind.size, Size::Level { level: 1.5, .. }));
    assert_eq!((tariff.combine, tariff.announced), (Some(Combine::Add), Announcement::Surprise));
    let written = toml::to_string(&scenario).unwrap();
    assert_eq!(toml::from_str::<Scenario>(&written).unwrap(), scenario, "{written}");
}

#[test]
fn what_is_not_a_shock_says_what_was_expected() {
    for (shock, said) in [
        ("variable = \"activity.ev\"\nsize = \"much\"\nstart = 0", "a number, a list"),
        ("variable = \"activity.ev\"\nsize = { norml = 1 }\nstart = 0", "unknown field `norml`"),
        ("variable = \"activity.ev\"\nsize = { level = 1 }\nstart = 0", "a size is"),
        ("variable = \"activity.ev\"\nsize = 0.1\nstart = -1", "a number of months"),
        ("variable = \"activity.ev\"\nsize = 0.1\nstart = true", "a number of months"),
        ("variable = \"activity.ev\"\nsize = 0.1\nstart = \"soon\"", "a number of months"),
        ("variable = \"activity.ev\"\nsize = 0.1\nstart = 0\nannounced = \"no\"", "true, false"),
        ("variable = \"activity.ev\"\nsize = 0.1\npath = [1]\nstart = 0", "duplicate field"),
        ("variable = \"activity.ev\"\nstart = 0", "missing field `size`"),
        ("variable = \"activity.cars\"\nsize = 0.1\nstart = 0", "not an end use"),
    ] {
        let e = read(&format!("[[shocks]]\n{shock}\n")).unwrap_err();
        assert!(e.message().contains(said), "{shock}\n{e}");
    }
}

#[test]
fn shocks_that_meet_without_a_rule_are_refused_with_both_named() {
    let ev = "[[shocks]]\nvariable = \"activity.ev\"\nsize = 0.3\nstart = 0\n";
    let china = "[[shocks]]\nvariable = \"activity.ev.china\"\nsize = 0.1\nstart = 4\n";
    let found = fault(&format!("{ev}{china}"));
    assert_eq!((found.shock, found.other, found.key), (Some(1), Some(0), "variable"));
    for part in ["activity.ev ", "activity.ev.china", "2026-07"] {
        assert!(found.problem.contains(part), "{}", found.problem);
    }
    assert!(found.remedy.contains("combine"));
    let ended = ev.replace("start = 0", "start = 0\nmonths = 4");
    for text in [format!("{ev}{china}combine = \"multiply\"\n"), format!("{ended}{china}")] {
        read(&text).unwrap().check_from(first()).unwrap();
    }
}

#[test]
fn what_starts_before_the_data_end_is_refused() {
    let found = fault("[[shocks]]\nvariable = \"quota\"\nsize = -0.1\nstart = \"2025-04\"\n");
    assert_eq!((found.shock, found.key), (Some(0), "start"));
    assert!(found.problem.contains("2025-04 is before 2026-03"), "{}", found.problem);
    let named = "id = \"Ev Up\"\ntitle = \"x\"\n";
    let e = toml::from_str::<Scenario>(named).unwrap().check().unwrap_err();
    assert!(e.to_string().contains("\"Ev Up\" is not a short name"), "{e}");
}

#[test]
fn a_scenario_brings_the_shocks_of_its_base() {
    let scenario = |id: &str, base: Option<&str>, size: f64| {
        let mut one = read("[[shocks]]\nvariable = \"quota\"\nsize = 0\nstart = 0\n").unwrap();
        one.id = id.into();
        one.base = base.map(str::to_owned);
        one.shocks[0].size = Size::Fixed(size);
        one
    };
    let known =
        [scenario("a", None, 0.1), scenario("b", Some("a"), 0.2), scenario("c", Some("b"), 0.3)];
    let whole = known[2].resolved(&known).unwrap();
    let sizes: Vec<f64> = whole.shocks.iter().map(|shock| shock.size_in(first(), 0)).collect();
    assert_eq!((sizes, whole.base.as_deref(), whole.id.as_str()), (vec![0.1, 0.2, 0.3], None, "c"));
    assert!(known[2].check_from(first()).is_err(), "a base has to be put in first");
    let e = scenario("d", Some("e"), 0.1).resolved(&known).unwrap_err();
    assert!(e.to_string().contains("there is no scenario e"), "{e}");
    let circle = [scenario("a", Some("b"), 0.1), scenario("b", Some("a"), 0.1)];
    let e = circle[0].resolved(&circle).unwrap_err();
    assert!(e.to_string().contains("builds on"), "{e}");
}

#[test]
fn presets_are_in_order_and_say_where_they_come_from() {
    let read = |text: &str| toml::from_str::<Scenario>(text).unwrap();
    let known: Vec<Scenario> = PRESETS.iter().map(|(_, text)| read(text)).collect();
    let mut ids = BTreeSet::new();
    for (id, text) in PRESETS.iter().chain(REPLAY_PRESETS) {
        let scenario = read(text);
        assert!(*id == scenario.id && ids.insert(*id), "{id}");
        scenario.check().unwrap();
        let said = !scenario.origin.is_empty() && !scenario.description.is_empty();
        assert!(said && scenario.label.is_some(), "{id}");
        let start = if REPLAY_PRESETS.iter().any(|(one, _)| one == id) {
            "2025-04".parse().unwrap()
        } else {
            first()
        };
        scenario.resolved(&known).unwrap().check_from(start).unwrap();
    }
}
