//! `monazite backtest`: a table in words, JSON, and what is wrong with the arguments.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::fs;

use tempfile::tempdir;

use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

/// Six years of a monthly series with a trend, a season and a wobble.
fn csv() -> String {
    let row = |t: u32| {
        let wobble = f64::from(t * 7 % 5);
        let y = 100.0 + 2.0 * f64::from(t) + 20.0 * f64::from(t % 12) + wobble;
        format!("x,{}-{:02},{y},t\n", 2019 + t / 12, t % 12 + 1)
    };
    format!("unique_id,ds,y,unit\n{}", (0..72).map(row).collect::<String>())
}

#[test]
fn a_file_is_scored_as_a_table_and_as_json() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), csv()).unwrap();
    let arguments =
        ["backtest", "mine.csv", "--model", "snaive,naive", "--horizon", "3", "--origins", "24"];
    let output = monazite_in(folder.path(), &arguments);
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(text.starts_with("x: 69 figures from 24 origins, up to 3 periods ahead"), "{text}");
    for word in ["MASE", "seasonal naive [12]", "seasonal naive [1]", "Model confidence set"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let json: Vec<&str> = arguments.iter().copied().chain(["--json", "-o", "out.json"]).collect();
    assert_exit(&monazite_in(folder.path(), &json), 0);
    let written = fs::read_to_string(folder.path().join("out.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&written).unwrap();
    let models = all[0]["models"].as_array().unwrap();
    assert_eq!((models.len(), all[0]["lags"].as_u64()), (2, Some(2)));
    // The season is worth more than last month's figure.
    assert!(models[0]["mase"].as_f64() < models[1]["mase"].as_f64());
    assert!(models[1]["against_benchmark"]["p_value"].as_f64().unwrap() < 0.05);
    // Same seed, same bytes, whatever the number of threads.
    let again: Vec<&str> = arguments.iter().copied().chain(["--threads", "1"]).collect();
    assert_eq!(stdout(&monazite_in(folder.path(), &again)), text);
}

#[test]
fn arguments_that_make_no_sense() {
    for (arguments, code) in [
        (["backtest", "--origins", "1"], "U001"),
        (["backtest", "--step", "0"], "U001"),
        (["backtest", "--window", "1"], "U001"),
        (["backtest", "--model", "arma"], "did you mean `arima`"),
        (["backtest", "--horizon", "soon"], "U001"),
    ] {
        let output = monazite(&arguments);
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(code), "{}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_window_too_short_for_the_benchmark_is_said() {
    let output = monazite(&["backtest", "--window", "6", "--model", "snaive,naive"]);
    assert_exit(&output, 4);
    assert!(stderr(&output).contains("needs at least 24"), "{}", stderr(&output));
}
