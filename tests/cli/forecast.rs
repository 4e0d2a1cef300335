//! `monazite forecast`: bundled series, a user's file, and what is wrong with it.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::fmt::Write;
use std::fs;

use tempfile::{TempDir, tempdir};

use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

/// Three years of a monthly series, in a folder.
fn folder(rows: &[String]) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), format!("unique_id,ds,y,unit\n{}", rows.concat()))
        .unwrap();
    folder
}

fn rows() -> Vec<String> {
    (0..36)
        .map(|t| {
            let y = 100.0 + f64::from(t) + 20.0 * f64::from(t % 12);
            format!("x,{}-{:02},{y},t\n", 2023 + t / 12, t % 12 + 1)
        })
        .collect()
}

#[test]
fn a_file_is_forecast_by_every_model() {
    let folder = folder(&rows());
    let arguments = [
        "forecast",
        "mine.csv",
        "--model",
        "auto,ets,arima,airline,theta,dot,ces,structural,stl,drift,mean,snaive,naive",
        "--horizon",
        "2026-03",
    ];
    let output = monazite_in(folder.path(), &arguments);
    assert_exit(&output, 0);
    let text = stdout(&output);
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        "unique_id,ds,model,mean,q0.025,q0.05,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,q0.95,q0.975"
    );
    let all: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(all.len(), 13 * 3);
    for row in &all {
        let q: Vec<f64> = row[4..].iter().map(|cell| cell.parse().unwrap()).collect();
        assert!(q.windows(2).all(|w| w[0] <= w[1]) && q[0] > 0.0, "{row:?}");
    }
    let march = all.iter().find(|r| r[1] == "2026-03" && r[2] == "snaive").unwrap();
    let median: f64 = march[10].parse().unwrap();
    assert!((median / 166.0 - 1.0).abs() < 0.02, "March 2025 was 166, found {median}");
    // Same seed, same bytes, whatever the number of threads.
    let again: Vec<&str> = arguments.iter().copied().chain(["--threads", "1"]).collect();
    assert_eq!(stdout(&monazite_in(folder.path(), &again)), text);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let mut twice = rows();
    twice.push("x,2024-05,7,t\n".into());
    let mut text = rows();
    text[3] = "x,2023-04,many,t\n".into();
    let mut units = rows();
    units[4] = "x,2023-05,120,USD\n".into();
    let mut zero = rows();
    zero[7] = "x,2023-08,inf,t\n".into();
    for (rows, code, place) in [
        (twice, "D014", "mine.csv:38"),
        (text, "D020", "mine.csv:5"),
        (units, "D032", "mine.csv:6"),
        (zero, "D024", "mine.csv:9"),
        (rows()[..18].to_vec(), "M001", "needs at least 24"),
    ] {
        let folder = folder(&rows);
        let output = monazite_in(folder.path(), &["forecast", "mine.csv", "--model", "structural"]);
        assert_exit(&output, if code == "M001" { 4 } else { 3 });
        let said = stderr(&output);
        assert!(said.contains(code) && said.contains(place) && said.contains("help:"), "{said}");
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_missing_month_is_bridged_and_said() {
    let mut gap = rows();
    gap.remove(10);
    let folder = folder(&gap);
    let output = monazite_in(folder.path(), &["forecast", "mine.csv", "--horizon", "1"]);
    assert_exit(&output, 0);
    assert!(stderr(&output).contains("D015"), "{}", stderr(&output));
}

#[test]
fn one_failing_series_does_not_stop_the_others() {
    let mut both = rows();
    both.push("short,2025-01,5,t\nshort,2025-02,6,t\n".into());
    let folder = folder(&both);
    let output = monazite_in(folder.path(), &["forecast", "mine.csv", "--horizon", "1"]);
    assert_exit(&output, 0);
    assert!(stderr(&output).contains("M001") && stderr(&output).contains("`short`"));
    assert!(stdout(&output).lines().skip(1).all(|line| line.starts_with("x,")));
    let strict =
        monazite_in(folder.path(), &["forecast", "mine.csv", "--horizon", "1", "--strict"]);
    assert_exit(&strict, 7);
    // What is on standard output stays, as whole JSON; a file is not left.
    assert_eq!(stdout(&strict), stdout(&output));
    let run = |more: &[&str]| {
        let base = ["forecast", "mine.csv", "--horizon", "1", "--strict"];
        monazite_in(folder.path(), &[&base, more].concat())
    };
    let json = run(&["--json"]);
    assert_exit(&json, 7);
    let all: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_exit(&run(&["-o", "out.csv"]), 7);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no file is left");
}

/// Twelve years of a walk whose steps have been a third as large for the last six: intervals are too wide.
#[test]
fn intervals_are_recalibrated_where_that_helps_and_left_where_it_does_not() {
    let walk = |id: &str, calm: f64| {
        let mut level = 500.0;
        let mut text = String::new();
        for t in 0..144_u32 {
            let step = f64::from(t * 7919 % 23) - 11.0;
            level += if t < 72 { step } else { step * calm };
            writeln!(text, "{id},{}-{:02},{level},t", 2013 + t / 12, t % 12 + 1).unwrap();
        }
        text
    };
    let folder = folder(&[walk("calm", 0.2), walk("steady", 1.0)]);
    let run = |more: &[&str]| {
        let base = ["forecast", "mine.csv", "--model", "naive", "--horizon", "15"];
        let output = monazite_in(folder.path(), &[&base, more].concat());
        assert_exit(&output, 0);
        output
    };
    let output = run(&["--recalibrate", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let of = |at: usize| &all[at]["recalibration"];
    assert_eq!(of(0)["applied"], true, "{}", of(0));
    let factors: Vec<f64> =
        of(0)["factors"].as_array().unwrap().iter().map(|f| f.as_f64().unwrap()).collect();
    assert_eq!(factors.len(), 15);
    assert!(factors[0] < 0.9 && factors[14] == factors[11], "{factors:?}");
    let plain: serde_json::Value = serde_json::from_str(&stdout(&run(&["--json"]))).unwrap();
    assert!(plain[0].get("recalibration").is_none());
    let width = |all: &serde_json::Value, at: usize| {
        let q = &all[at]["periods"][0]["quantiles"];
        q["0.975"].as_f64().unwrap() - q["0.025"].as_f64().unwrap()
    };
    assert!(width(&all, 0) < 0.95 * width(&plain, 0));
    if of(1)["applied"] == false {
        assert_eq!(width(&all, 1), width(&plain, 1));
        assert!(of(1)["factors"].as_array().unwrap().iter().all(|f| f == 1.0));
    }
    let said = stderr(&run(&["--recalibrate"]));
    assert!(said.contains("intervals by naive of calm are recalibrated by 24 origins"), "{said}");
    assert!(said.contains("of steady"), "{said}");
}

#[test]
fn names_and_horizons_that_are_not_known() {
    for (arguments, code, exit) in [
        (["forecast", "re-export-volume", "--quiet"], "did you mean `re-exports-volume`", 3),
        (["forecast", "no-such-file.csv", "--quiet"], "I001", 5),
        (["forecast", "--model", "arma"], "did you mean `arima`", 2),
        (["forecast", "--horizon", "2020-01"], "U001", 2),
        (["forecast", "--horizon", "soon"], "U001", 2),
        (["forecast", "--level", "120"], "U001", 2),
    ] {
        let output = monazite(&arguments);
        assert_exit(&output, exit);
        assert!(stderr(&output).contains(code), "{}", stderr(&output));
    }
}

/// Two hundred short series, more than are held at once.
fn panel() -> String {
    let mut text = "unique_id,ds,y,unit\n".to_owned();
    for id in 0..200 {
        for t in 0..30 {
            let y = 50.0 + f64::from(id) + f64::from(t * (id % 7)) + f64::from((t * 37 + id) % 11);
            writeln!(text, "s{id},{}-{:02},{y},t", 2023 + t / 12, t % 12 + 1).unwrap();
        }
    }
    text
}

#[test]
fn a_panel_is_forecast_in_its_order_whatever_the_threads() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("panel.csv"), panel()).unwrap();
    let arguments = ["forecast", "panel.csv", "--horizon", "2", "--model", "dot", "-o", "out.csv"];
    let run = |threads: &str| {
        let all: Vec<&str> = arguments.iter().copied().chain(["--threads", threads]).collect();
        let output = monazite_in(folder.path(), &all);
        assert_exit(&output, 0);
        assert!(stdout(&output).is_empty());
        fs::read_to_string(folder.path().join("out.csv")).unwrap()
    };
    let one = run("1");
    assert_eq!(one, run("2"));
    let ids: Vec<&str> = one.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    let expected: Vec<String> = (0..400).map(|i| format!("s{}", i / 2)).collect();
    assert_eq!(ids, expected);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "no temporary file is left");
}

#[test]
fn regressors_are_matched_by_name_and_a_missing_value_is_named() {
    let folder = folder(&rows());
    let regressors = |last: i32| {
        let mut text = "ds,ev\n".to_owned();
        for t in 0..last {
            writeln!(text, "{}-{:02},{}", 2023 + t / 12, t % 12 + 1, t * t % 13).unwrap();
        }
        fs::write(folder.path().join("ev.csv"), text).unwrap();
        let arguments = [
            "forecast",
            "mine.csv",
            "--model",
            "airline",
            "--horizon",
            "2",
            "--regressors",
            "ev.csv",
        ];
        monazite_in(folder.path(), &arguments)
    };
    assert_exit(&regressors(38), 0);
    let short = regressors(37);
    assert_exit(&short, 4);
    assert!(
        stderr(&short).contains("`ev` has no value in 2026-02")
            || stderr(&short).contains("from 2026-02"),
        "{}",
        stderr(&short)
    );
    let ignored = monazite_in(
        folder.path(),
        &["forecast", "mine.csv", "--model", "ets", "--horizon", "1", "--regressors", "ev.csv"],
    );
    assert_exit(&ignored, 4);
    assert!(stderr(&ignored).contains("M011"), "a regressor is never ignored");
}

#[test]
fn sample_paths_and_adjusted_means() {
    let folder = folder(&rows());
    let run = |more: &[&str]| {
        let base = ["forecast", "mine.csv", "--model", "airline", "--horizon", "2"];
        let all: Vec<&str> = base.iter().chain(more).copied().collect();
        let output = monazite_in(folder.path(), &all);
        assert_exit(&output, 0);
        stdout(&output)
    };
    let samples = run(&["--samples", "5"]);
    assert_eq!(samples.lines().next(), Some("unique_id,ds,model,sample,y"));
    assert_eq!(samples.lines().count(), 1 + 5 * 2);
    let mean = |text: &str| -> f64 {
        text.lines().nth(1).unwrap().split(',').nth(3).unwrap().parse().unwrap()
    };
    assert!(mean(&run(&["--bias-adjust"])) > mean(&run(&[])), "above the median in logarithms");
    assert!(run(&["--format", "table"]).contains("period"));
}

#[test]
fn a_fitted_model_read_back_forecasts_the_same_bytes() {
    let folder = folder(&rows());
    let base = ["forecast", "mine.csv", "--horizon", "3"];
    let run = |more: &[&str]| {
        let all: Vec<&str> = base.iter().chain(more).copied().collect();
        monazite_in(folder.path(), &all)
    };
    let first = run(&["--model", "auto,airline", "--save", "models.jsonl"]);
    assert_exit(&first, 0);
    let again = run(&["--load", "models.jsonl"]);
    assert_exit(&again, 0);
    assert_eq!(stdout(&again), stdout(&first));
    fs::write(folder.path().join("models.jsonl"), "{}\n").unwrap();
    let broken = run(&["--load", "models.jsonl"]);
    assert_exit(&broken, 4);
    assert!(stderr(&broken).contains("M012") && stderr(&broken).contains("models.jsonl:1"));
}

#[test]
fn a_series_without_noise_is_refused_and_not_searched_for_ever() {
    let periodic: Vec<String> = (0..40)
        .map(|t| format!("x,{}-{:02},{},t\n", 2020 + t / 12, t % 12 + 1, 1 + t % 12))
        .collect();
    let folder = folder(&periodic);
    let output =
        monazite_in(folder.path(), &["forecast", "mine.csv", "--model", "structural,airline"]);
    assert_exit(&output, 4);
    assert!(stderr(&output).contains("M008") && stderr(&output).contains("without any noise"));
}
