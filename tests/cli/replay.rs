//! `monazite replay`: what it writes, that it is the same on any number of threads, and what it says of bad arguments.

#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::common::files;
use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

fn written(folder: &Path, threads: &str) -> (BTreeMap<String, Vec<u8>>, Value) {
    let out = format!("out-{threads}");
    let arguments =
        ["replay", "--paths", "8", "--queues", "6", "--json", "--threads", threads, "-o", &out];
    let output = monazite_in(folder, &arguments);
    assert_exit(&output, 0);
    (files(&folder.join(&out)), serde_json::from_str(&stdout(&output)).unwrap())
}

fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(bytes).deserialize().collect::<Result<_, _>>().unwrap()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn a_small_replay_scores_every_figure_and_writes_its_page() {
    let folder = tempdir().unwrap();
    let (one, json) = written(folder.path(), "1");
    let (two, json_two) = written(folder.path(), "2");
    for (name, bytes) in &one {
        // Times and threads are in run.json alone.
        assert!(name == "run.json" || two[name] == *bytes, "{name} depends on threads");
    }
    assert_eq!(json, json_two);
    let scores = rows(&one["scores.csv"]);
    let of = |forecast: &str, quantity: &str| {
        let wanted =
            |r: &&BTreeMap<String, String>| r["forecast"] == forecast && r["quantity"] == quantity;
        scores.iter().filter(wanted).collect::<Vec<_>>()
    };
    // Nine months, three values, eleven and ten quotes; B after June only.
    let counts = [("magnets", 9, 6), ("value", 3, 3), ("dysprosium", 11, 7), ("terbium", 10, 6)];
    for (quantity, n_a, n_b) in counts {
        for forecast in ["a", "no-control", "no-change"] {
            assert_eq!(of(forecast, quantity).len(), n_a, "{forecast} {quantity}");
        }
        assert_eq!(of("b", quantity).len(), n_b, "{quantity}");
        let is_flow = ["magnets", "value"].contains(&quantity);
        assert_eq!(of("auto", quantity).len(), if is_flow { n_a } else { 0 });
    }
    for row in &scores {
        let (low, median, high) = (number(row, "q05"), number(row, "median"), number(row, "q95"));
        assert!(low <= median && median <= high, "{row:?}");
        assert!((0.0..=1.0).contains(&number(row, "percentile")), "{row:?}");
        assert!(!row["source"].is_empty());
    }
    let may = of("a", "magnets")[1].clone();
    assert_eq!((may["when"].as_str(), number(&may, "observed")), ("2025-05", 1238.0));
    let free = of("no-control", "magnets")[1].clone();
    assert!(number(&may, "median") < number(&free, "median"), "a control holds magnets back");
    // Effects and interaction add up to what all channels do together.
    for name in ["channels-a.csv", "channels-b.csv"] {
        let all = rows(&one[name]);
        for place in ["world", "United States"] {
            let mean = |row: &str| {
                let wanted = |r: &&BTreeMap<String, String>| {
                    r["place"] == place && r["month"] == "2025-06" && r["row"] == row
                };
                number(all.iter().find(wanted).unwrap(), "mean")
            };
            let sum =
                mean("backlog") + mean("pull-forward") + mean("restocking") + mean("interaction");
            assert!((sum - mean("all three")).abs() < 1e-6, "{name} {place}");
        }
    }
    let page = String::from_utf8(one["replay-2025.md"].clone()).unwrap();
    for chart in ["magnets", "value", "dysprosium", "terbium"] {
        let name = format!("images/replay-{chart}.svg");
        assert!(page.contains(&name) && one.contains_key(&name), "{name}");
    }
    assert!(page.contains("--paths 8 --queues 6 --seed 20250331") && !page.contains("NaN"));
    // The page kept in docs/ has the same sections and columns; its numbers are checked by the campaign of this name.
    let kept =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/replay-2025.md"))
            .unwrap();
    let outline = |page: &str| -> Vec<String> {
        let is_kept = |line: &&str| line.starts_with('#') || line.starts_with("| figure");
        page.lines().filter(is_kept).map(str::to_owned).collect()
    };
    assert_eq!(outline(&page), outline(&kept));
    let manifest: Value = serde_json::from_slice(&one["manifest.json"]).unwrap();
    assert_eq!(
        (&manifest["command"], &manifest["seed"], &manifest["options"]["queues"]),
        (&"replay".into(), &20_250_331.into(), &6.into())
    );
    let outputs: BTreeSet<&String> = manifest["outputs"].as_object().unwrap().keys().collect();
    let there: BTreeSet<&String> =
        one.keys().filter(|n| !["manifest.json", "run.json"].contains(&n.as_str())).collect();
    assert_eq!(outputs, there);
    assert_eq!(json["queue"].as_array().unwrap().len(), 8);
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    for (arguments, said) in [
        (["replay", "--paths", "1"], "between 8 and"),
        (["replay", "--queues", "0"], "between 1 and"),
    ] {
        let output = monazite(&arguments);
        assert_exit(&output, 2);
        let text = stderr(&output);
        assert!(text.contains("U001") && text.contains(said), "{text}");
        assert!(stdout(&output).is_empty());
    }
}
