//! `monazite scenario`: what is listed, shown, found wrong and written.

#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

const HEAD: &str = "id = \"mine\"\ntitle = \"Mine\"\n";

/// A folder with a study, and the text of a scenario of it.
fn study_with(text: &str) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    assert_exit(&monazite_in(folder.path(), &["init", "study", "--quiet"]), 0);
    let scenarios = folder.path().join("study/scenarios");
    fs::create_dir(&scenarios).unwrap();
    let file = scenarios.join("mine.toml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap()
}

#[test]
fn the_list_names_presets_and_those_of_the_study() {
    let output = monazite(&["scenario", "list", "--json"]);
    assert_exit(&output, 0);
    let list = json(&output);
    let ids: Vec<&str> =
        list.as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    for id in ["baseline", "ev-up-60", "iea-nze-2030", "n-minus-1", "tariff-deadline-10"] {
        assert!(ids.contains(&id), "{id}");
    }
    assert_eq!(ids[0], "baseline");
    assert_eq!(list[0]["shocks"], 0);
    assert!(!ids.contains(&"april-2025-controls"), "a replay cannot be run from here");
    let text = stdout(&monazite(&["scenario", "list"]));
    assert!(text.contains("for a replay") && text.contains("april-2025-controls "), "{text}");

    let (folder, _) = study_with(&format!(
        "{HEAD}base = \"both-booms\"\n[[shocks]]\nvariable = \"quota\"\nsize = -0.1\nstart = 0\n"
    ));
    let output = monazite_in(folder.path(), &["scenario", "list", "--study", "study", "--json"]);
    let list = json(&output);
    let mine = list.as_array().unwrap().last().unwrap();
    assert_eq!((mine["id"].as_str(), mine["shocks"].as_u64()), (Some("mine"), Some(3)));
}

#[test]
fn a_scenario_is_shown_with_its_file_and_its_months() {
    let output = monazite(&["scenario", "show", "both-booms"]);
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(text.starts_with("id = \"both-booms\"\n") && text.contains("[[shocks]]"), "{text}");
    assert!(text.contains("activity.ev +30 % from March 2026 to the end, a surprise"), "{text}");
    let row = text.lines().find(|line| line.starts_with("2027-12")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["2027-12", "1.3", "1.4"]);

    let object = json(&monazite(&["scenario", "show", "tariff-deadline-25", "--json"]));
    let months = object["months"].as_array().unwrap();
    assert_eq!(months.len(), 22);
    let tariff = |at: usize| months[at]["values"]["tariff.us"].as_f64().unwrap();
    assert_eq!((tariff(5), tariff(6)), (0.0, 0.25));
    assert_eq!(months[6]["ds"], "2026-09");

    let replay = stdout(&monazite(&["scenario", "show", "april-2025-controls"]));
    assert!(replay.contains("\n2025-05"), "{replay}");
    let unknown = monazite(&["scenario", "show", "ev-up-31"]);
    assert_exit(&unknown, 2);
    assert!(stderr(&unknown).contains("did you mean `ev-up-30`"), "{}", stderr(&unknown));
}

/// Each file is refused with its code, at its line, with a way to mend it; the rest of the files is read all the same.
#[test]
fn files_are_found_wrong_as_a_compiler_would() {
    let ev = "[[shocks]]\nvariable = \"activity.ev\"\nsize = 0.3\nstart = 0\n";
    let china = "[[shocks]]\nvariable = \"activity.ev.china\"\nsize = 0.1\nstart = 4\n";
    let folder = tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("good.toml", &format!("id = \"good\"\ntitle = \"Good\"\n{ev}"));
    for (name, body, code, line, said) in [
        ("overlap", format!("{ev}{china}"), "S007", 8, "shock 1 to activity.ev and shock 2"),
        ("past", ev.replace("start = 0", "start = \"2025-04\""), "S004", 6, "before 2026-03"),
        ("size", ev.replace("0.3", "-1.3"), "S004", 5, "no less than −1"),
        ("shape", format!("{ev}shape = \"stepp\"\n"), "S002", 7, "`step`, `pulse`"),
        ("key", format!("{ev}untill = 3\n"), "S001", 7, "unknown key `untill`"),
        ("missing", ev.replace("size = 0.3\n", ""), "S003", 3, "`size`"),
        ("toml", ev.replace("]]", "]"), "S005", 3, ""),
        ("base", format!("base = \"ev-up-3\"\n{ev}"), "S004", 3, "no scenario ev-up-3"),
    ] {
        write("bad.toml", &format!("{HEAD}{body}"));
        let output = monazite_in(folder.path(), &["scenario", "validate", "bad.toml", "good.toml"]);
        assert_exit(&output, 3);
        let text = stderr(&output);
        assert!(text.starts_with(&format!("error[{code}]")), "{name}: {text}");
        assert!(
            text.contains(&format!("bad.toml:{line}:")) && text.contains(said),
            "{name}: {text}"
        );
        assert!(text.contains("= help: "), "{name}: {text}");
        assert_eq!(stdout(&output), "good.toml: good, 1 shock\n", "{name}");
    }
    write("bad.toml", &format!("id = \"ev-up-30\"\ntitle = \"Mine\"\n{ev}"));
    let taken = monazite_in(folder.path(), &["scenario", "validate", "bad.toml"]);
    assert_exit(&taken, 3);
    assert!(stderr(&taken).starts_with("error[S006]"), "{}", stderr(&taken));
    assert_exit(&monazite_in(folder.path(), &["scenario", "validate", "none.toml"]), 5);
    write("late.toml", &format!("{HEAD}{}", ev.replace("start = 0", "start = 40")));
    let late = monazite_in(folder.path(), &["scenario", "validate", "late.toml", "--json"]);
    assert_exit(&late, 0);
    let warning: Value = serde_json::from_str(&stderr(&late)).unwrap();
    assert_eq!((warning["code"].as_str(), warning["line"].as_u64()), (Some("S008"), Some(6)));
    assert_eq!(json(&late)[0]["shocks"], 1);
}

#[test]
fn files_of_the_study_are_not_taken_twice() {
    let (folder, file) = study_with(&format!(
        "{HEAD}base = \"ev-up-30\"\n[[shocks]]\nvariable = \"tariff.us\"\nsize = 0.1\nstart = 2\n"
    ));
    let output = monazite_in(
        folder.path(),
        &["scenario", "validate", file.to_str().unwrap(), "--study", "study"],
    );
    assert_exit(&output, 0);
    assert!(stdout(&output).ends_with("mine.toml: mine, 2 shocks\n"), "{}", stdout(&output));
}

#[test]
fn a_new_scenario_is_valid_and_is_not_overwritten() {
    let (folder, _) = study_with(HEAD);
    let new =
        |name: &str| monazite_in(folder.path(), &["scenario", "new", name, "--study", "study"]);
    assert_exit(&new("short-of-dysprosium"), 0);
    let file = folder.path().join("study/scenarios/short-of-dysprosium.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("id = \"short-of-dysprosium\""), "{text}");
    let valid = monazite_in(
        folder.path(),
        &["scenario", "validate", file.to_str().unwrap(), "--study", "study/study.toml"],
    );
    assert_exit(&valid, 0);
    fs::write(&file, "mine").unwrap();
    assert_exit(&new("short-of-dysprosium"), 5);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_exit(&new("ev-up-30"), 5);
    assert_exit(&new("Two Words"), 2);
    assert_exit(&monazite_in(folder.path(), &["scenario", "new", "x", "--study", "nowhere"]), 5);
    assert!(!Path::new("nowhere").exists());
}

/// A study names its own scenario, and a report of it is refused at the place where it is wrong.
#[test]
fn a_study_with_a_broken_scenario_is_refused_before_any_work() {
    let (folder, _) = study_with(&format!(
        "{HEAD}[[shocks]]\nvariable = \"quota\"\nsize = -0.1\nstart = \"2025-01\"\n"
    ));
    let study = folder.path().join("study/study.toml");
    let text = fs::read_to_string(&study).unwrap();
    fs::write(&study, text.replace("scenarios = [\"ev-up-30\"", "scenarios = [\"mine\"")).unwrap();
    let output = monazite_in(folder.path(), &["report", "study", "-o", "out"]);
    assert_exit(&output, 3);
    let said = stderr(&output);
    assert!(said.contains("error[S004]") && said.contains("mine.toml:6:9"), "{said}");
}

/// The example of the guide is a scenario, and does what the guide says.
#[test]
fn the_example_of_the_guide_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/guide/scenarios.md")).unwrap();
    let example =
        guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (folder, file) = study_with(example);
    let file = file.to_str().unwrap();
    let output = monazite_in(folder.path(), &["scenario", "validate", file, "--study", "study"]);
    assert_exit(&output, 0);
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
    let shown = monazite_in(
        folder.path(),
        &["scenario", "show", "short-of-myanmar", "--study", "study", "--json"],
    );
    let months = json(&shown)["months"].clone();
    // July 2026 is the fifth month; the ramp is complete after six months from September on.
    assert_eq!(months[3]["values"]["availability.myanmar"], 1.0);
    assert_eq!(months[4]["values"]["availability.myanmar"], 0.5);
    assert_eq!(months[16]["values"]["availability.myanmar"], 1.0);
    let china = months[11]["values"]["activity.ev.china"].as_f64().unwrap();
    assert!((china - 1.3 * 1.1).abs() < 1e-12, "{china}");
}

/// A study's scenario runs under its own name, with the shocks of the shipped one it builds on.
#[test]
fn scenarios_of_a_study_are_simulated() {
    let (folder, _) = study_with(&format!(
        "{HEAD}origin = \"assumed\"\nbase = \"ev-up-30\"\n[[shocks]]\nvariable = \"activity.wind\"\nsize = 0.4\n\
         start = 0\nshape = \"step\"\n"
    ));
    let price = |id: &str| {
        let output = monazite_in(
            folder.path(),
            &[
                "simulate",
                id,
                "--study",
                "study",
                "--paths",
                "2",
                "--months",
                "2",
                "--variable",
                "price.NdPr",
            ],
        );
        assert_exit(&output, 0);
        let text = stdout(&output);
        let row = text.lines().nth(1).unwrap().to_owned();
        assert!(row.starts_with(id), "{row}");
        row.split(',').nth(5).unwrap().parse::<f64>().unwrap()
    };
    let (mine, boom) = (price("mine"), price("ev-up-30"));
    assert!(mine > boom && boom > price("baseline"), "{mine} {boom}");
}
