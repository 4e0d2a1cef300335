//! `monazite decompose`: STL, seasonal adjustment, interventions, and what is wrong with arguments and series.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use tempfile::{TempDir, tempdir};

use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

/// Eight years with a trend, a season that multiplies, noise, and from 2021-03 on 40 % less in `broken`.
fn folder() -> TempDir {
    let mut text = "unique_id,ds,y,unit\n".to_owned();
    for id in ["plain", "broken"] {
        for t in 0..96_u32 {
            let season = [1.3, 0.8, 0.9, 1.0, 1.1, 0.9, 1.2, 1.0, 0.7, 1.0, 1.1, 1.0];
            let noise = 1.0 + 0.0008 * (f64::from(t * t * 7919 % 101) - 50.0);
            let fall = if id == "broken" && t >= 62 { 0.6 } else { 1.0 };
            let y = (200.0 + f64::from(t)) * season[t as usize % 12] * noise * fall;
            writeln!(text, "{id},{}-{:02},{y},t", 2016 + t / 12, t % 12 + 1).unwrap();
        }
    }
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), text).unwrap();
    folder
}

/// Components by series, period and name.
fn components(text: &str) -> BTreeMap<(String, String), BTreeMap<String, f64>> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("unique_id,ds,component,y"));
    let mut all: BTreeMap<_, BTreeMap<String, f64>> = BTreeMap::new();
    for line in lines {
        let [id, ds, name, y] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let own = all.entry((id.to_owned(), ds.to_owned())).or_default();
        own.insert(name.to_owned(), y.parse().unwrap());
    }
    all
}

#[test]
fn stl_components_multiply_to_the_figure() {
    let folder = folder();
    let run = |more: &[&str]| {
        let all: Vec<&str> = ["decompose", "stl", "mine.csv"].iter().chain(more).copied().collect();
        let output = monazite_in(folder.path(), &all);
        assert_exit(&output, 0);
        stdout(&output)
    };
    let all = components(&run(&["--scale", "multiplicative"]));
    assert_eq!(all.len(), 2 * 96);
    for parts in all.values() {
        let product = parts["trend"] * parts["seasonal"] * parts["remainder"];
        assert!((product / parts["figure"] - 1.0).abs() < 1e-12, "{parts:?}");
        assert!((parts["adjusted"] * parts["seasonal"] / parts["figure"] - 1.0).abs() < 1e-12);
    }
    let january = &all[&("plain".to_owned(), "2019-01".to_owned())];
    assert!((january["seasonal"] / 1.3 - 1.0).abs() < 0.05, "{january:?}");
    let additive = components(&run(&["--scale", "additive", "--window", "periodic", "--robust"]));
    for parts in additive.values() {
        let sum = parts["trend"] + parts["seasonal"] + parts["remainder"];
        assert!((sum - parts["figure"]).abs() < 1e-9, "{parts:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&run(&["--json"])).unwrap();
    let strength = json[0]["seasonal_strength"].as_f64().unwrap();
    assert!(strength > 0.9 && strength <= 1.0, "{strength}");
    assert_eq!((json[0]["method"].as_str(), json[0]["season"].as_u64()), (Some("STL"), Some(12)));
    assert!(run(&["--format", "table"]).contains("strength of trend"));
}

#[test]
fn sums_are_split_before_stl_and_that_is_said() {
    let output = monazite(&["decompose", "stl"]);
    assert_exit(&output, 0);
    assert!(stderr(&output).contains("have no figure of their own"), "{}", stderr(&output));
    let all = components(&stdout(&output));
    let of = |ds: &str| all[&("re-exports-volume".to_owned(), ds.to_owned())]["figure"];
    // January and February 2025 were published as one figure.
    assert!((of("2025-01") + of("2025-02") - 8511.0).abs() < 1.0, "{}", of("2025-01"));
}

#[test]
fn seasonal_adjustment_by_a_structural_model() {
    let folder = folder();
    let output = monazite_in(folder.path(), &["decompose", "seasonal", "mine.csv"]);
    assert_exit(&output, 0);
    let all = components(&stdout(&output));
    for parts in all.values() {
        let effects = parts["seasonal"] * parts["calendar"];
        let rest = parts["trend"] * parts["cycle"] * parts["interventions"] * parts["irregular"];
        assert!((effects * rest / parts["figure"] - 1.0).abs() < 1e-12, "{parts:?}");
        assert!((parts["adjusted"] * effects / parts["figure"] - 1.0).abs() < 1e-12);
        assert!((parts["calendar"], parts["cycle"]) == (1.0, 1.0), "{parts:?}");
    }
    for (month, factor) in [("01", 1.3), ("09", 0.7)] {
        let own = &all[&("plain".to_owned(), format!("2019-{month}"))];
        assert!((own["seasonal"] / factor - 1.0).abs() < 0.05, "{month} {own:?}");
    }
    let customs =
        monazite(&["decompose", "seasonal", "comtrade-850511-quantity", "--json", "--quiet"]);
    assert_exit(&customs, 0);
    let json: serde_json::Value = serde_json::from_str(&stdout(&customs)).unwrap();
    assert_eq!(json[0]["calendar"]["used"], "cn");
    let moved = |p: &serde_json::Value| (p["calendar"].as_f64().unwrap() - 1.0).abs() > 0.01;
    assert!(json[0]["periods"].as_array().unwrap().iter().any(moved));
}

#[test]
fn a_break_is_found_and_a_declared_one_tested() {
    let folder = folder();
    let run = |more: &[&str]| {
        let base = ["decompose", "interventions", "mine.csv"];
        let all: Vec<&str> = base.iter().chain(more).copied().collect();
        let output = monazite_in(folder.path(), &all);
        assert_exit(&output, 0);
        output
    };
    let found = run(&[]);
    let text = stdout(&found);
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 1, "{text}");
    assert_eq!(rows[0][..4], ["broken", "LS 2021-03", "LS", "2021-03"]);
    let effect: f64 = rows[0][9].parse().unwrap();
    assert!((effect + 40.0).abs() < 3.0, "{text}");
    assert!(stderr(&found).contains("no t-value of plain exceeds"), "{}", stderr(&found));
    let declared = stdout(&run(&["--at", "2021-03:step", "--format", "table"]));
    assert!(declared.contains("LS 2021-03") && declared.contains("effect %"), "{declared}");
    let path = stdout(&run(&["--at", "2021-03:step", "--counterfactual", "--paths", "500"]));
    let rows: Vec<Vec<&str>> = path.lines().skip(1).map(|line| line.split(',').collect()).collect();
    // From the break to the end, for each of the two series.
    assert_eq!(rows.len(), 2 * 34);
    for row in rows.iter().filter(|row| row[0] == "broken") {
        let of = |at: usize| row[at].parse::<f64>().unwrap();
        assert!((of(4) / (of(3) / 0.6) - 1.0).abs() < 0.06, "{row:?}");
        assert!(of(5) < of(4) && of(4) < of(6) && of(7) < 0.0 && of(10) < 0.0, "{row:?}");
    }
}

#[test]
fn what_the_april_2025_controls_did_to_magnets() {
    let arguments =
        ["decompose", "interventions", "--at", "2025-04:pulse,2025-05:fading=0.5", "--json"];
    let json: Vec<&str> = arguments.iter().copied().chain(["--counterfactual"]).collect();
    let output = monazite(&json);
    assert_exit(&output, 0);
    let all: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let one = &all[0];
    assert_eq!(one["unique_id"], "magnet-exports-world");
    for i in one["interventions"].as_array().unwrap() {
        assert!(i["t"].as_f64().unwrap() < -3.0, "{i}");
    }
    let total = &one["counterfactual"]["total"];
    let of = |key: &str| total[key].as_f64().unwrap();
    assert!(of("q05") < of("median") && of("median") < of("q95") && of("q95") < 0.0, "{total}");
}

#[test]
fn what_makes_no_sense_is_refused_with_a_way_out() {
    let one = |arguments: &[&str], exit: i32, words: &[&str]| {
        let output = monazite(&[&["decompose"], arguments].concat());
        assert_exit(&output, exit);
        let said = stderr(&output);
        assert!(said.contains("help:"), "{said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(stdout(&output).is_empty());
    };
    one(&["stl", "--window", "8"], 2, &["U001", "--window 8"]);
    one(&["stl", "--trend-window", "2"], 2, &["U001"]);
    one(&["stl", "mining-quota"], 3, &["D042", "years"]);
    one(&["stl", "re-export-volume"], 3, &["D040", "re-exports-volume"]);
    one(&["interventions", "--at", "2025-04:dip"], 2, &["U001", "2025-04:pulse"]);
    one(&["interventions", "--at", "2035-04:pulse"], 2, &["U001", "run from"]);
    one(&["interventions", "--at", "2025-04:pulse,2025-04:pulse"], 2, &["U001", "twice"]);
    one(&["interventions", "--critical=-1"], 2, &["U001"]);
    one(&["interventions", "--paths", "0"], 2, &["U001"]);
    let folder = tempdir().unwrap();
    let mut short = String::new();
    for m in 1..=12 {
        writeln!(short, "x,2025-{m:02},{},t", m * m % 7).unwrap();
    }
    fs::write(folder.path().join("short.csv"), format!("unique_id,ds,y,unit\n{short}")).unwrap();
    for (command, scale, code) in
        [("stl", "auto", "M001"), ("seasonal", "auto", "M001"), ("stl", "multiplicative", "M004")]
    {
        let arguments = ["decompose", command, "short.csv", "--scale", scale];
        let output = monazite_in(folder.path(), &arguments);
        assert_exit(&output, 4);
        assert!(stderr(&output).contains(code), "{command}: {}", stderr(&output));
    }
}
