//! `monazite calibrate`, `simulate` and `stress`: what they write, and what they say of arguments that make no sense.

#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::common::files;
use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

/// Runs a command that has to succeed and returns what it wrote to `out`.
fn written(folder: &Path, arguments: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let all: Vec<&str> = arguments.iter().copied().chain(["-o", "out"]).collect();
    let output = monazite_in(folder, &all);
    assert_exit(&output, 0);
    assert!(stdout(&output).is_empty(), "talk goes to stderr");
    files(&folder.join("out"))
}

/// Rows of a CSV as maps from its header.
fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[track_caller]
fn refused(arguments: &[&str], code: &str, said: &str) {
    let output = monazite(arguments);
    assert_exit(&output, 2);
    let text = stderr(&output);
    assert!(text.contains(code) && text.contains(said), "{arguments:?}: {text}");
    assert!(stdout(&output).is_empty());
}

#[test]
fn a_simulation_writes_its_distribution_and_every_path() {
    let folder = tempdir().unwrap();
    let arguments = [
        "simulate",
        "licence-stop",
        "--paths",
        "8",
        "--months",
        "9",
        "--variable",
        "price.NdPr,unmet-use.us.ev",
        "--draws",
        "--stats",
        "stats.json",
        "--threads",
        "1",
    ];
    let run = written(folder.path(), &arguments);
    let (table, draws) = (rows(&run["simulation.csv"]), rows(&run["draws.csv"]));
    assert_eq!((table.len(), draws.len()), (2 * 9, 8 * 2 * 9));
    for row in &table {
        let of = |d: &&BTreeMap<String, String>| {
            d["ds"] == row["ds"] && d["variable"] == row["variable"]
        };
        let mut values: Vec<f64> = draws.iter().filter(of).map(|d| number(d, "value")).collect();
        values.sort_by(f64::total_cmp);
        assert_eq!(values.len(), 8);
        let mean = values.iter().sum::<f64>() / 8.0;
        assert!((number(row, "mean") - mean).abs() <= 1e-9 * mean.abs(), "{row:?}");
        assert_eq!(number(row, "q0.5"), f64::midpoint(values[3], values[4]));
        assert_eq!(
            (row["scenario"].as_str(), row["conduct"].as_str()),
            ("licence-stop", "cournot-2")
        );
    }
    let stopped = draws.iter().filter(|d| d["variable"] == "unmet-use.us.ev");
    assert!(stopped.into_iter().any(|d| number(d, "value") > 0.0), "a stop is felt");
    let manifest: Value = serde_json::from_slice(&run["manifest.json"]).unwrap();
    assert_eq!(
        (&manifest["command"], &manifest["options"]["paths"]),
        (&"simulate".into(), &8.into())
    );
    let outputs = manifest["outputs"].as_object().unwrap();
    let names = ["draws.csv", "parameters.json", "simulation.csv"];
    assert!(outputs.keys().eq(names), "{outputs:?}");
    let stats: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("stats.json")).unwrap()).unwrap();
    assert_eq!(
        (&stats["market_days"], &stats["events"], &stats["threads"]),
        (&(8 * 9 * 21).into(), &0.into(), &1.into())
    );
    assert!(
        stats["wall_s"].as_f64().unwrap() > 0.0
            && stats["market_days_per_s"].as_f64().unwrap() > 0.0
    );

    // More paths begin with the same ones, whatever the blocks and threads; 189 trading days are nine months.
    let more = [
        "simulate",
        "licence-stop",
        "--paths",
        "67",
        "--days",
        "189",
        "--variable",
        "price.NdPr,unmet-use.us.ev",
        "--draws",
        "--threads",
        "2",
    ];
    let longer = rows(&written(folder.path(), &more)["draws.csv"]);
    assert_eq!(longer.len(), 67 * 2 * 9);
    for draw in &draws {
        let same = |d: &&BTreeMap<String, String>| {
            ["path", "ds", "variable"].into_iter().all(|column| d[column] == draw[column])
        };
        assert_eq!(longer.iter().find(same).unwrap()["value"], draw["value"], "{draw:?}");
    }
}

#[test]
fn a_simulation_is_printed_for_people_and_for_programs() {
    let output = monazite(&[
        "simulate",
        "--paths",
        "2",
        "--months",
        "3",
        "--variable",
        "exports",
        "--format",
        "table",
    ]);
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(
        text.starts_with("variable") && text.contains("2026-05") && text.contains("t REO"),
        "{text}"
    );
    let output =
        monazite(&["simulate", "--paths", "2", "--months", "3", "--variable", "exports", "--json"]);
    assert_exit(&output, 0);
    let all: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(all["rows"].as_array().unwrap().len(), 3);
    assert!(
        all["rows"][0]["quantiles"]["q0.95"].as_f64()
            >= all["rows"][0]["quantiles"]["q0.05"].as_f64()
    );
    assert!(all["variance"].is_null());
}

#[test]
fn drawn_parameters_widen_the_band_and_are_taken_apart() {
    let folder = tempdir().unwrap();
    let run = |more: &[&str]| {
        let arguments = [
            "simulate",
            "--paths",
            "12",
            "--months",
            "4",
            "--variable",
            "price.NdPr,exports",
            "--draws",
        ];
        written(folder.path(), &[&arguments, more].concat())
    };
    let (fixed, drawn) = (run(&[]), run(&["--parameter-uncertainty"]));
    let width = |run: &BTreeMap<String, Vec<u8>>, variable: &str| {
        let table = rows(&run["simulation.csv"]);
        let last = table.iter().rfind(|r| r["variable"] == variable).unwrap();
        number(last, "q0.95") / number(last, "q0.05")
    };
    assert!(width(&drawn, "exports") > 1.05 * width(&fixed, "exports"));
    // Draws start around the last price observed, which is what the anchor is for; the disturbance of the first month is
    // in them, and with elasticities and cost of storage drawn it can move a price by a third.
    let first = rows(&drawn["draws.csv"]);
    let first = first.iter().filter(|d| d["ds"] == "2026-03" && d["variable"] == "price.NdPr");
    let mut gaps: Vec<f64> = first.map(|d| (number(d, "value") / 662_566.0).ln()).collect();
    gaps.sort_by(f64::total_cmp);
    assert_eq!(gaps.len(), 12);
    assert!((0.5 * (gaps[5] + gaps[6])).abs() < 0.1, "{gaps:?}");
    assert!(gaps.iter().all(|g| g.abs() < 0.5), "{gaps:?}");
    assert!(!fixed.contains_key("variance.csv"));
    let variance = rows(&drawn["variance.csv"]);
    // Four quantities at the one horizon within four months, seven sources and their interactions.
    assert_eq!(variance.len(), 4 * 8);
    for row in &variance {
        let total = &row["total"];
        assert_eq!(total.is_empty(), row["source"].is_empty(), "{row:?}");
        assert!(total.is_empty() || number(row, "total") >= 0.0, "{row:?}");
    }
}

#[test]
fn a_stress_test_has_costs_shortages_tails_and_charts() {
    let folder = tempdir().unwrap();
    let run = written(
        folder.path(),
        &["stress", "licence-stop", "baseline", "--paths", "20", "--months", "14"],
    );
    let table = rows(&run["stress.csv"]);
    let row = |scenario: &str, metric: &str, measure: &str, region: &str, item: &str| {
        let wanted = [scenario, metric, measure, region, item];
        let columns = ["scenario", "metric", "measure", "region", "item"];
        let same =
            |r: &&BTreeMap<String, String>| columns.iter().zip(wanted).all(|(c, w)| r[*c] == w);
        table.iter().find(same).unwrap_or_else(|| panic!("{wanted:?}"))
    };
    for r in &table {
        let [mean, es90, es95] = ["mean", "es90", "es95"].map(|column| number(r, column));
        let slack = 1e-9 * mean.abs();
        let ordered = if r["tail"] == "upper" {
            es95 >= es90 - slack && es90 >= mean - slack
        } else {
            es95 <= es90 + slack && es90 <= mean + slack
        };
        assert!(ordered, "{r:?}");
        assert!(
            number(r, "lo95") <= number(r, "change") && number(r, "change") <= number(r, "hi95")
        );
        let gap = number(r, "mean") - number(r, "baseline") - number(r, "change");
        assert!(gap.abs() <= 1e-9 * mean.abs().max(1.0), "{r:?}");
        if r["scenario"] == "baseline" {
            let nothing = ["change", "change_se", "lo95", "hi95"].map(|column| number(r, column));
            assert_eq!(nothing, [0.0; 4], "{r:?}");
        }
    }
    // The parts of a region's cost add up, and a stop of licences leaves it short for longer than the baseline does.
    let cost =
        |item: &str| number(row("licence-stop", "procurement-cost", "cost", "us", item), "mean");
    assert!((cost("LaCe") + cost("NdPr") + cost("DyTb") - cost("all")).abs() < 1e-6 * cost("all"));
    let short = row("licence-stop", "unmet", "longest-spell", "us", "all");
    assert!(number(short, "lo95") > 0.0 && number(short, "mean") <= 14.0, "{short:?}");
    assert!(number(row("licence-stop", "cover", "lowest", "us", "NdPr"), "change") < 0.0);
    let probability = number(row("licence-stop", "unmet", "probability", "europe", "ev"), "mean");
    assert!((0.0..=1.0).contains(&probability));
    for id in ["licence-stop", "baseline"] {
        let of = |ending: &str| &run[&format!("charts/stress-{id}.{ending}")];
        assert!(of("svg").starts_with(b"<svg") || of("svg").starts_with(b"<?xml"), "{id}");
        assert!(of("png").starts_with(b"\x89PNG\r\n\x1a\n") && of("alt.txt").len() > 20, "{id}");
    }
    let paths = rows(&run["paths.csv"]);
    assert!(
        paths.iter().any(|r| r["scenario"] == "baseline" && r["variable"] == "outside-price.DyTb")
    );
    let manifest: Value = serde_json::from_slice(&run["manifest.json"]).unwrap();
    assert_eq!(manifest["options"]["levels"], serde_json::json!([90.0, 95.0]));

    let arguments = [
        "stress", "ev-up-30", "--paths", "4", "--months", "6", "--metric", "price", "--levels",
        "80", "--json",
    ];
    let output = monazite_in(folder.path(), &arguments);
    assert_exit(&output, 0);
    let all: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(
        all.len() == 12 && all.iter().all(|r| r["es80"].is_f64() && r["metric"] == "price"),
        "{all:?}"
    );
}

#[test]
fn a_calibration_says_where_each_parameter_comes_from() {
    let folder = tempdir().unwrap();
    let run = written(folder.path(), &["calibrate", "--quiet"]);
    let parameters: Vec<Value> = serde_json::from_slice(&run["parameters.json"]).unwrap();
    let table = rows(&run["identification.csv"]);
    assert!(parameters.len() == table.len() && table.len() > 200);
    for (parameter, row) in parameters.iter().zip(&table) {
        assert_eq!(parameter["name"], row["name"].as_str());
        // This JSON reader rounds the last bit of some numbers; the text is the same.
        let (read, value) = (parameter["value"].as_f64().unwrap(), number(row, "value"));
        assert!((read - value).abs() <= f64::EPSILON * value.abs(), "{row:?}");
        assert!(!row["pinned_by"].is_empty() && !row["unit"].is_empty(), "{row:?}");
        assert!(["estimated", "literature", "assumed"].contains(&row["origin"].as_str()));
    }
    let of = |name: &str| table.iter().find(|r| r["name"] == name).unwrap();
    assert_eq!(of("demand.elasticity.ev")["pinned_by"], "not identified");
    assert!(of("licences.processed.climb")["pinned_by"].contains("magnet tonnages"));
    let output = monazite(&["calibrate", "--format", "table"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).starts_with("parameter") && stdout(&output).contains("not identified"));
    assert!(stderr(&output).contains("anchor"), "what a reader has to know goes to stderr");
}

#[test]
fn the_cost_of_storage_is_what_the_moments_of_the_price_ask_for() {
    let output = monazite(&["calibrate", "--moments", "--json"]);
    assert_exit(&output, 0);
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let storers = &found["storers"];
    let cost = &storers["parameters"][1];
    assert_eq!(cost["name"], "storage.cost");
    // Recorded to two digits, with its standard error.
    let parameters = monazite(&["calibrate", "--json", "--quiet"]);
    let parameters: Vec<Value> = serde_json::from_str(&stdout(&parameters)).unwrap();
    let used = parameters.iter().find(|p| p["name"] == "storage.cost").unwrap();
    assert!((used["value"].as_f64().unwrap() - cost["value"].as_f64().unwrap()).abs() < 5e-4);
    assert!(used["origin"] == "estimated" && cost["se"].as_f64().unwrap() > 0.0, "{used}");
    assert!(storers["p_value"].as_f64().unwrap() > 0.05, "{storers}");
    let market = found["market"]["rows"].as_array().unwrap();
    let of = |name: &str| market.iter().find(|r| r["name"] == name).unwrap();
    let (sd, ratio) = (of("s.d."), |r: &Value| {
        r["simulated"].as_f64().unwrap() / r["observed"].as_f64().unwrap()
    });
    assert!((ratio(sd) - 1.0).abs() < 0.02 && of("AR(1)")["simulated"].as_f64().unwrap() > 0.0);
}

#[test]
fn arguments_that_make_no_sense() {
    refused(&["simulate", "licence-stopp"], "U002", "did you mean `licence-stop`");
    refused(&["simulate", "--fidelity", "l2"], "U004", "l1");
    refused(&["simulate", "--conduct", "dominent"], "U002", "did you mean `dominant`");
    refused(&["simulate", "--variable", "price.NdPt"], "U002", "did you mean `price.NdPr`");
    refused(&["simulate", "--paths", "1"], "U001", "between 2");
    refused(&["simulate", "--months", "1"], "U001", "between 2");
    refused(&["simulate", "--days", "21"], "U001", "between 22");
    refused(&["simulate", "--days", "63", "--months", "3"], "", "cannot be used with");
    refused(&["simulate", "--draws"], "", "--output");
    refused(&["stress", "licence-stopp"], "U002", "did you mean `licence-stop`");
    refused(&["stress", "--metric", "procurment-cost"], "U002", "did you mean `procurement-cost`");
    refused(&["stress", "--level", "100"], "U001", "99.9");
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.tex"), "mine").unwrap();
    for command in ["calibrate", "simulate", "stress"] {
        let output = monazite_in(folder.path(), &[command, "-o", "."]);
        assert_exit(&output, 5);
        assert!(stderr(&output).contains("I003"), "{}", stderr(&output));
    }
    assert_exit(&monazite(&["simulate", "--study", "no-such-folder"]), 5);
}
