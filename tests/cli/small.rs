//! Small commands: data, explain, init.

use tempfile::tempdir;

use crate::{assert_exit, monazite, monazite_in, stderr, stdout};

#[test]
fn an_unknown_id_suggests_the_nearest() {
    let output = monazite(&["data", "show", "re-export-volume"]);
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("re-exports-volume"), "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
}

#[test]
fn the_listing_names_unit_range_and_source() {
    let output = monazite(&["data", "list", "--json"]);
    assert_exit(&output, 0);
    let entries: Vec<serde_json::Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let volume = entries.iter().find(|e| e["id"] == "re-exports-volume").unwrap();
    assert_eq!((volume["unit"].as_str(), volume["from"].as_str()), (Some("t"), Some("2018-06")));
}

#[test]
fn tables_are_listed_and_shown() {
    let list = stdout(&monazite(&["data", "list"]));
    for name in ["policy-events", "exchange-rules", "conversions", "iea-demand", "price-quotes"] {
        assert!(list.lines().any(|line| line.trim() == name), "{name}");
    }
    let events = monazite(&["data", "show", "policy-events"]);
    assert_exit(&events, 0);
    assert!(stdout(&events).starts_with("date,category,event,status,grade,source,note"));
    let near = monazite(&["data", "show", "policy-event"]);
    assert_exit(&near, 3);
    assert!(stderr(&near).contains("did you mean `policy-events`"));
}

#[test]
fn usage_errors_exit_with_2() {
    assert_exit(&monazite(&["data", "--no-such-flag"]), 2);
    assert_exit(&monazite(&["explain", "Z999"]), 2);
    assert_exit(&monazite(&["explain", "d014"]), 0);
}

#[test]
fn init_writes_a_study_and_does_not_overwrite_it() {
    let folder = tempdir().unwrap();
    assert_exit(&monazite_in(folder.path(), &["init", "mine"]), 0);
    assert!(folder.path().join("mine/study.toml").is_file());
    assert_exit(&monazite_in(folder.path(), &["init", "mine"]), 5);
}

#[test]
fn a_reader_that_leaves_is_not_an_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_monazite"))
        .args(["data", "show", "usd-cny"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
