//! What enters a forecast besides the figures: the calendar, paths and draws of regressors ahead.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::{TempDir, tempdir};

use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

/// Eight years of a monthly series that `ev` moves, with the figures of `ev` over them.
fn folder() -> TempDir {
    let (mut series, mut past) = ("unique_id,ds,y,unit\n".to_owned(), "ds,ev\n".to_owned());
    for t in 0..96_u32 {
        let ds = format!("{}-{:02}", 2018 + t / 12, t % 12 + 1);
        let ev = f64::from(t * 37 % 23);
        let noise = f64::from(t * 7919 % 17) - 8.0;
        writeln!(series, "x,{ds},{},t", 300.0 + 20.0 * f64::from(t % 12) + 4.0 * ev + noise)
            .unwrap();
        writeln!(past, "{ds},{ev}").unwrap();
    }
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), series).unwrap();
    fs::write(folder.path().join("past.csv"), past).unwrap();
    folder
}

/// A forecast of two periods with a given table.
fn given(folder: &Path, table: &str, more: &[&str]) -> Output {
    fs::write(folder.join("given.csv"), table).unwrap();
    let base = [
        "forecast",
        "mine.csv",
        "--horizon",
        "2",
        "--regressors",
        "past.csv",
        "--given",
        "given.csv",
    ];
    monazite_in(folder, &[&base, more].concat())
}

/// Medians and widths of the 95 % intervals.
fn medians(output: &Output) -> Vec<[f64; 2]> {
    assert_exit(output, 0);
    let text = stdout(output);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let of = |at: usize| cells[at].parse::<f64>().unwrap();
        [of(10), of(16) - of(4)]
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn a_path_moves_every_model_with_regressors_and_draws_widen_it() {
    let folder = folder();
    let path = |ev: u32| format!("ds,ev\n2026-01,{ev}\n2026-02,{ev}\n");
    for model in ["structural", "airline", "auto"] {
        let at = |ev| medians(&given(folder.path(), &path(ev), &["--model", model]));
        let (low, high) = (at(0), at(20));
        for (low, high) in low.iter().zip(&high) {
            let moved = high[0] - low[0];
            assert!((moved / 80.0 - 1.0).abs() < 0.25, "{model}: {moved}");
        }
    }
    let draws = "ds,sample,ev\n2026-01,1,0\n2026-02,1,0\n2026-01,2,20\n2026-02,2,20\n";
    let mixed = medians(&given(folder.path(), draws, &[]));
    let one = medians(&given(folder.path(), &path(10), &["--model", "structural"]));
    for (mixed, one) in mixed.iter().zip(&one) {
        assert!((mixed[0] / one[0] - 1.0).abs() < 0.1, "{mixed:?} {one:?}");
        assert!(mixed[1] > one[1] + 40.0, "two worlds 80 apart: {mixed:?} {one:?}");
    }
    let samples = given(folder.path(), draws, &["--samples", "6", "--model", "airline"]);
    assert_exit(&samples, 0);
    assert_eq!(stdout(&samples).lines().count(), 1 + 6 * 2);
    // One table may hold the past as well.
    let past = fs::read_to_string(folder.path().join("past.csv")).unwrap();
    let whole = past + "2026-01,20\n2026-02,20\n";
    fs::write(folder.path().join("whole.csv"), whole).unwrap();
    let arguments =
        ["forecast", "mine.csv", "--horizon", "2", "--given", "whole.csv", "--model", "airline"];
    let whole = monazite_in(folder.path(), &arguments);
    let apart = given(folder.path(), &path(20), &["--model", "airline"]);
    assert_exit(&whole, 0);
    assert_eq!(stdout(&whole), stdout(&apart));
}

#[test]
fn what_is_not_given_is_named() {
    let folder = folder();
    for (table, more, code, exit, word) in [
        ("ds,ev\n2026-01,1\n", &[][..], "M005", 4, "2026-02"),
        ("ds,sample,ev\n2026-01,a,1\n2026-02,a,1\n2026-01,b,1\n", &[], "M005", 4, "sample b"),
        ("ds,wind\n2026-01,1\n2026-02,1\n", &[], "M005", 4, "over the data"),
        ("unique_id,ds,ev\ny,2026-01,1\n", &[], "D040", 3, "nothing is given for `x`"),
        ("ds,ev\n2026-01,much\n", &[], "D020", 3, "given.csv:2"),
        ("ds,ev\n2026-01,1\n2026-01,2\n", &[], "D014", 3, "given.csv:3"),
        (
            "ds,sample,ev\n2026-01,a,1\n2026-02,a,1\n2026-01,b,1\n2026-02,b,2\n",
            &["--model", "auto"],
            "M011",
            4,
            "`structural` and `airline`",
        ),
    ] {
        let output = given(folder.path(), table, more);
        assert_exit(&output, exit);
        let said = stderr(&output);
        assert!(said.contains(code) && said.contains(word) && said.contains("help:"), "{said}");
        assert!(stdout(&output).is_empty());
    }
}

/// The calendar of each forecast in a JSON answer, by model.
fn calendars(output: &Output) -> Vec<(String, String, String)> {
    assert_exit(output, 0);
    let all: serde_json::Value = serde_json::from_str(&stdout(output)).unwrap();
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    all.as_array()
        .unwrap()
        .iter()
        .map(|f| (text(&f["model"]), text(&f["calendar"]["used"]), text(&f["calendar"]["reason"])))
        .collect()
}

#[test]
fn customs_figures_have_the_chinese_calendar_by_default_where_it_is_identified() {
    let run = |id: &str, more: &[&str]| {
        let base = ["forecast", id, "--horizon", "1", "--json"];
        monazite(&[&base, more].concat())
    };
    let customs = run("comtrade-850511-value", &["--model", "airline,ets"]);
    let found = calendars(&customs);
    assert_eq!(found[0].1, "cn");
    assert_eq!(
        (found[1].1.as_str(), found[1].2.as_str()),
        ("none", "the model knows no regressors")
    );
    // January and February have been one figure since 2022.
    let left_out = run("re-exports-volume", &["--model", "airline,structural"]);
    assert!(
        stderr(&left_out).contains("is left out of re-exports-volume"),
        "{}",
        stderr(&left_out)
    );
    let found = calendars(&run("re-exports-volume", &["--model", "structural"]));
    assert!(found[0].1 == "none" && found[0].2.contains("2 Lunar New Years"), "{found:?}");
    let own = calendars(&run("magnet-exports-world", &["--model", "structural"]));
    assert!(own[0].1 == "study" && own[0].2.contains("before Lunar New Year"), "{own:?}");
    let none =
        calendars(&run("magnet-exports-world", &["--model", "structural", "--calendar", "none"]));
    assert_eq!((none[0].1.as_str(), none[0].2.as_str()), ("none", "as asked for"));
    let price = calendars(&run("nd-oxide-price", &["--model", "airline"]));
    assert!(
        price[0].1 == "none" && price[0].2.contains("not a bundled monthly series"),
        "{price:?}"
    );
}

#[test]
fn a_calendar_asked_for_is_used_left_out_with_a_note_or_refused_with_a_way_out() {
    let folder = folder();
    let run = |file: &str, more: &[&str]| {
        let base = ["forecast", file, "--model", "airline", "--horizon", "1", "--calendar", "cn"];
        monazite_in(folder.path(), &[&base, more].concat())
    };
    let with = run("mine.csv", &["--json"]);
    assert_eq!(calendars(&with)[0].1, "cn");
    let ets = monazite_in(
        folder.path(),
        &["forecast", "mine.csv", "--model", "ets", "--horizon", "1", "--calendar", "cn"],
    );
    assert_exit(&ets, 4);
    assert!(stderr(&ets).contains("M011"), "what was asked for is not left out: {}", stderr(&ets));
    let mut years = String::new();
    for y in 2000..2020 {
        writeln!(years, "x,{y},{},t", y % 7 + 3).unwrap();
    }
    fs::write(folder.path().join("years.csv"), format!("unique_id,ds,y,unit\n{years}")).unwrap();
    let refused = run("years.csv", &[]);
    assert_exit(&refused, 4);
    assert!(stderr(&refused).contains("--calendar none"), "{}", stderr(&refused));
}
