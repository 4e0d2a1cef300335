//! Same seed, same bytes: whatever the number of threads and however often a study is run.

#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::files;
use tempfile::tempdir;

/// Fewer paths, origins and scenarios than the bundled study has: (line that is there, line in its place).
const SMALL: [(&str, &str); 5] = [
    ("paths = 2000", "paths = 200"),
    ("origins = 24", "origins = 2"),
    ("paths = 512", "paths = 16"),
    ("conduct = [\"taker\", \"cournot-2\", \"dominant\"]", "conduct = [\"taker\", \"dominant\"]"),
    (
        "scenarios = [\"ev-up-30\", \"wind-up-40\", \"both-booms\", \"licence-stop\"]",
        "scenarios = [\"both-booms\"]",
    ),
];

#[track_caller]
fn monazite(folder: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_monazite"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("MONAZITE_THREADS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}:\n{said}");
}

/// Every key of a JSON value, at any depth.
fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, below) in map {
                found.push(key.clone());
                keys(below, found);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn a_study_gives_the_same_bytes_whatever_the_threads_and_others_with_another_seed() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    monazite(root, &["init", "study", "--quiet"]);
    let file = root.join("study/study.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for (old, new) in SMALL {
        assert!(text.contains(old), "`monazite init` no longer writes `{old}`");
        text = text.replacen(old, new, 1);
    }
    fs::write(&file, text).unwrap();
    let report = |out: &str, more: &[&str]| {
        let arguments = [&["report", "study", "-o", out, "--quiet"], more].concat();
        monazite(root, &arguments);
        files(&root.join(out))
    };
    // Both cores are busy: one run on one thread beside one on two, then one with another seed.
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| report("one", &["--threads", "1"]));
        let two = scope.spawn(|| report("two/deeper", &["--threads", "2"]));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(one.len() > 60 && one.contains_key("charts/ndpr-price.png"), "{:?}", one.keys());
    assert!(one.keys().eq(two.keys()), "{:?}\n{:?}", one.keys(), two.keys());
    for (name, bytes) in &one {
        assert!(
            name == "run.json" || *bytes == two[name],
            "{name} differs between 1 and 2 threads"
        );
    }
    let threads = |run: &BTreeMap<String, Vec<u8>>| {
        let value: serde_json::Value = serde_json::from_slice(&run["run.json"]).unwrap();
        value["threads"].as_u64().unwrap()
    };
    assert_eq!((threads(&one), threads(&two)), (1, 2), "--threads has no effect");

    // What varies from run to run is in run.json and nowhere else.
    let manifest: serde_json::Value = serde_json::from_slice(&one["manifest.json"]).unwrap();
    let mut names = Vec::new();
    keys(&manifest, &mut names);
    for varying in ["thread", "time", "wall", "host", "path", "date"] {
        // `paths` is the number of Monte Carlo paths.
        let found = names.iter().find(|name| name.contains(varying) && *name != "paths");
        assert_eq!(found, None, "the manifest tells {varying}");
    }
    let place = root.to_str().unwrap();
    for (name, bytes) in one.iter().filter(|(name, _)| *name != "run.json") {
        let tells = bytes.windows(place.len()).any(|window| window == place.as_bytes());
        assert!(!tells, "{name} tells where it was written");
    }

    // Into the same folder, with another seed.
    let other = report("one", &["--seed", "7"]);
    let seeded: serde_json::Value = serde_json::from_slice(&other["manifest.json"]).unwrap();
    assert_eq!((&manifest["seed"], &seeded["seed"]), (&20261124.into(), &7.into()));
    for name in ["simulation.csv", "tables/outlook.csv", "charts/re-exports-volume.svg"] {
        assert!(other[name] != one[name], "{name} does not depend on the seed");
    }
    // Same program, same data: what is not drawn at random is the same under both seeds.
    assert_eq!(manifest["inputs"], seeded["inputs"]);
    assert_eq!(other["tables/claims.csv"], one["tables/claims.csv"]);
    // Quantiles of a month are those of exact mixtures; totals and smoothed months are drawn.
    assert_eq!(other["forecast.csv"], one["forecast.csv"]);
}

/// Simulations and stress tests: paths are drawn, calibrated and folded alike on 1, 2 and 4 threads.
#[test]
fn simulated_worlds_give_the_same_bytes_whatever_the_threads() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    let commands: [&[&str]; 2] = [
        &[
            "simulate",
            "licence-stop",
            "--paths",
            "140",
            "--months",
            "5",
            "--draws",
            "--variable",
            "price.DyTb,unmet,lerner",
        ],
        &[
            "stress",
            "both-booms",
            "licence-stop",
            "--paths",
            "9",
            "--months",
            "6",
            "--parameter-uncertainty",
        ],
    ];
    for (i, command) in commands.into_iter().enumerate() {
        let run = |threads: &str| {
            let out = format!("{i}-{threads}");
            monazite(root, &[command, &["-o", &out, "--quiet", "--threads", threads]].concat());
            files(&root.join(out))
        };
        let one = run("1");
        for threads in ["2", "4"] {
            let other = run(threads);
            assert!(one.keys().eq(other.keys()), "{:?}", other.keys());
            for (name, bytes) in &one {
                assert!(
                    name == "run.json" || *bytes == other[name],
                    "{name} differs on {threads} threads"
                );
            }
        }
    }
}
