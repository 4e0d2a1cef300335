//! `monazite report`: what a small study leaves in its folder, and what is said of a study that cannot run.

#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

use crate::common::files;
use crate::{assert_exit, monazite_in, stderr, stdout};

/// Fewer paths, origins and scenarios than the bundled study has: (line that is there, line in its place).
const SMALL: [(&str, &str); 4] = [
    ("paths = 2000", "paths = 200"),
    ("origins = 24", "origins = 2"),
    ("paths = 512", "paths = 16"),
    (SCENARIOS, "scenarios = [\"ev-up-30\", \"licence-stop\"]"),
];
const SCENARIOS: &str =
    "scenarios = [\"ev-up-30\", \"wind-up-40\", \"both-booms\", \"licence-stop\"]";
const CONDUCT: &str = "conduct = [\"taker\", \"cournot-2\", \"dominant\"]";
/// A file of somebody else in the folder of the run.
const FOREIGN: (&str, &str) = ("thesis.tex", "\\title{Mine}");

/// Replaces lines of a study; each has to be there.
fn edit(study: &Path, changes: &[(&str, &str)]) {
    let file = study.join("study.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for (old, new) in changes {
        let at = text.find(old);
        let at = at.unwrap_or_else(|| panic!("`monazite init` no longer writes `{old}`"));
        let line = text[..at].rsplit('\n').next().unwrap();
        assert!(!line.starts_with('#'), "`{old}` is first in a comment: nothing would change");
        text.replace_range(at..at + old.len(), new);
    }
    fs::write(&file, text).unwrap();
}

/// Makes a study that `monazite init` wrote small.
pub(crate) fn shrink(study: &Path) {
    edit(study, &SMALL);
}

/// Writes a small study into `folder/study`.
fn small_study(folder: &Path) -> PathBuf {
    assert_exit(&monazite_in(folder, &["init", "study", "--quiet"]), 0);
    let study = folder.join("study");
    shrink(&study);
    study
}

/// One run of the small study with `--force` into a folder that holds a foreign file; every test below reads it.
static RUN: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let folder = tempdir().unwrap();
    small_study(folder.path());
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join(FOREIGN.0), FOREIGN.1).unwrap();
    let output = monazite_in(folder.path(), &["report", "study", "-o", "out", "--force"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).is_empty(), "talk goes to stderr");
    assert!(stderr(&output).contains("report.html"), "{}", stderr(&output));
    files(&out)
});

fn text(name: &str) -> &'static str {
    let bytes = RUN.get(name).unwrap_or_else(|| panic!("the run wrote no {name}"));
    std::str::from_utf8(bytes).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_str(text(name)).unwrap()
}

/// Header and rows of a CSV without quoted fields.
fn rows(name: &str) -> (&'static str, Vec<Vec<&'static str>>) {
    let mut lines = text(name).lines();
    let header = lines.next().unwrap();
    (header, lines.map(|line| line.split(',').collect()).collect())
}

/// What stands between `open` and `close`, each time.
fn between<'a>(page: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    page.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

/// Names of the files of a folder of the run whose names end in `ending`, without it.
fn stems(folder: &str, ending: &str) -> BTreeSet<&'static str> {
    RUN.keys()
        .filter_map(|name| name.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(ending))
        .collect()
}

#[test]
fn the_page_has_messages_and_charts_and_loads_nothing() {
    let page = text("report.html");
    let (_, messages) = page.split_once("Key messages").unwrap();
    let list = messages.split("</ul>").next().unwrap();
    assert!(list.matches("<li>").count() >= 3, "{list}");
    assert!(page.matches("<svg").count() >= 6);
    assert!(!page.contains("NaN") && !page.contains(" inf "));
    let mut ids = BTreeSet::new();
    for id in between(page, " id=\"", '"') {
        assert!(ids.insert(id), "id {id} appears twice");
    }
    for target in between(page, "href=\"", '"') {
        let local = target.strip_prefix('#').unwrap_or_else(|| panic!("a link to {target}"));
        assert!(ids.contains(local), "a link to nothing: #{local}");
    }
    for loaded in between(page, "src=\"", '"').chain(between(page, "url(", ')')) {
        let inside = loaded.starts_with("data:") || loaded.starts_with('#');
        assert!(inside, "loads {}", &loaded[..loaded.len().min(80)]);
    }
    assert!(!page.contains("<script") && !page.contains("<link") && !page.contains("@import"));
    // Every chart of the folder is in the page, and none besides.
    let charts: BTreeSet<&str> =
        between(page, "<figure id=\"", '"').map(|id| id.strip_suffix("-figure").unwrap()).collect();
    assert_eq!(charts, stems("charts", ".svg"));
}

#[test]
fn every_chart_and_table_comes_in_every_form() {
    let charts = stems("charts", ".svg");
    for id in ["re-exports-volume", "re-exports-value-gacc", "nd-oxide-price", "ndpr-price"] {
        assert!(charts.contains(id), "no chart {id}");
    }
    for id in &charts {
        let of = |ending: &str| &RUN[&format!("charts/{id}.{ending}")];
        assert!(of("svg").starts_with(b"<svg") || of("svg").starts_with(b"<?xml"), "{id}");
        assert!(of("png").starts_with(b"\x89PNG\r\n\x1a\n"), "{id}");
        assert!(text(&format!("charts/{id}.csv")).lines().count() > 1, "{id}");
        assert!(of("alt.txt").len() > 20, "{id}");
    }
    assert_eq!(RUN.keys().filter(|name| name.starts_with("charts/")).count(), 4 * charts.len());
    let tables = stems("tables", ".csv");
    for id in ["outlook", "backtests", "market-power", "effects", "parameters", "claims"] {
        assert!(tables.contains(id), "no table {id}");
    }
    for id in &tables {
        assert!(text(&format!("tables/{id}.csv")).lines().count() > 1, "{id}");
        assert!(text(&format!("tables/{id}.md")).contains("---"), "{id}");
        assert!(text(&format!("tables/{id}.tex")).contains("\\begin{tabular}"), "{id}");
    }
    assert_eq!(RUN.keys().filter(|name| name.starts_with("tables/")).count(), 3 * tables.len());
}

#[test]
fn the_manifest_lists_every_file_with_its_hash() {
    let manifest = json("manifest.json");
    let listed = manifest["outputs"].as_object().unwrap();
    let unlisted = ["manifest.json", "run.json", FOREIGN.0];
    let written: BTreeSet<&str> =
        RUN.keys().map(String::as_str).filter(|name| !unlisted.contains(name)).collect();
    assert_eq!(listed.keys().map(String::as_str).collect::<BTreeSet<_>>(), written);
    for (name, hash) in listed {
        let hash = hash.as_str().unwrap();
        let byte = |at| u8::from_str_radix(&hash[at..at + 2], 16).unwrap();
        let listed: Vec<u8> = (0..64).step_by(2).map(byte).collect();
        assert!(hash.len() == 64 && listed == Sha256::digest(&RUN[name])[..], "{name}");
    }
    assert_eq!(manifest["seed"], 20261124);
    assert_eq!(manifest["options"]["simulate"]["paths"], 16);
    assert!(manifest["inputs"].as_array().unwrap().iter().any(|i| i["name"] == "study.toml"));
    assert!(json("run.json")["threads"].as_u64().unwrap() >= 1);
    assert_eq!(text(FOREIGN.0), FOREIGN.1, "a foreign file survives --force");
}

#[test]
fn every_parameter_has_range_unit_origin_and_source() {
    let parameters = json("parameters.json");
    let parameters = parameters.as_array().unwrap();
    assert!(parameters.len() > 100, "{}", parameters.len());
    let mut names = BTreeSet::new();
    for one in parameters {
        let number = |key: &str| one[key].as_f64().unwrap_or_else(|| panic!("{key} of {one}"));
        let words =
            |key: &str| one[key].as_str().unwrap_or_else(|| panic!("{key} of {one}")).trim();
        assert!(number("low") <= number("value") && number("value") <= number("high"), "{one}");
        assert!(!one["se"].is_number() || number("se") > 0.0, "{one}");
        assert!(!words("unit").is_empty(), "{one}");
        assert!(["estimated", "literature", "assumed"].contains(&words("origin")), "{one}");
        assert!(!words("source").is_empty() && !words("pinned_by").is_empty(), "{one}");
        assert!(names.insert(words("name")), "{one} appears twice");
    }
}

#[test]
fn quantiles_of_forecasts_are_ordered_and_never_negative() {
    let (header, rows) = rows("forecast.csv");
    assert_eq!(
        header,
        "unique_id,ds,model,mean,q0.025,q0.05,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,q0.95,q0.975"
    );
    let mut last = BTreeMap::new();
    for row in &rows {
        let figures: Vec<f64> = row[3..].iter().map(|cell| cell.parse().unwrap()).collect();
        assert!(figures.iter().all(|f| f.is_finite() && *f >= 0.0), "{row:?}");
        assert!(figures[1..].is_sorted() && figures[1] < figures[13], "{row:?}");
        assert!(figures[1] < figures[0] && figures[0] < figures[13], "mean of {row:?}");
        last.insert((row[0], row[2]), row[1]);
    }
    let series: BTreeSet<&str> = last.keys().map(|(id, _)| *id).collect();
    for id in ["re-exports-volume", "re-exports-value-gacc", "magnet-exports-world"] {
        assert!(series.contains(id), "no forecast of {id}");
    }
    assert!(last.values().all(|month| *month == "2027-12"), "{last:?}");
}

#[test]
fn every_scenario_is_simulated_under_every_conduct() {
    let (header, rows) = rows("simulation.csv");
    assert_eq!(
        header,
        "scenario,conduct,ds,variable,unit,mean,q0.05,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,q0.95"
    );
    let mut worlds: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in &rows {
        let figures: Vec<f64> = row[5..].iter().map(|cell| cell.parse().unwrap()).collect();
        assert!(figures.iter().all(|f| f.is_finite()) && figures[1..].is_sorted(), "{row:?}");
        let is_new = worlds.entry((row[0], row[1])).or_default().insert((row[2], row[3]));
        assert!(is_new, "{row:?} appears twice");
    }
    let mut expected = BTreeSet::new();
    for scenario in ["baseline", "ev-up-30", "licence-stop"] {
        expected.extend(["taker", "cournot-2", "dominant"].map(|conduct| (scenario, conduct)));
    }
    assert_eq!(worlds.keys().copied().collect::<BTreeSet<_>>(), expected);
    for (world, seen) in &worlds {
        // March 2026 to December 2027.
        let prices = seen.iter().filter(|(_, variable)| *variable == "price.NdPr").count();
        assert_eq!(prices, 22, "{world:?}");
    }
}

#[test]
fn a_second_run_replaces_the_first_and_leaves_foreign_files() {
    let folder = tempdir().unwrap();
    let study = small_study(folder.path());
    edit(&study, &[("title = \"China's", "title = \"Second thoughts on China's")]);
    edit(
        &study,
        &[
            // The least there is: no scenario, no conduct but one, months that end within the year.
            (SMALL[3].1, "scenarios = []"),
            (CONDUCT, "conduct = [\"dominant\"]"),
            ("until = \"2027-12\"", "until = \"2026-09\""),
            ("until = \"2027-12\"", "until = \"2026-08\""),
        ],
    );
    let out = folder.path().join("out");
    for (name, bytes) in &*RUN {
        let path = out.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    // A file of the first run that the second does not write.
    let mut manifest = json("manifest.json");
    manifest["outputs"]["tables/old.csv"] = Value::from("");
    fs::write(out.join("manifest.json"), manifest.to_string()).unwrap();
    fs::write(out.join("tables/old.csv"), "old").unwrap();
    let output = monazite_in(folder.path(), &["report", "study", "-o", "out", "--quiet"]);
    assert_exit(&output, 0);
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
    let second = files(&out);
    assert_eq!(second[FOREIGN.0], FOREIGN.1.as_bytes());
    assert!(!second.contains_key("tables/old.csv"));
    let manifest: Value = serde_json::from_slice(&second["manifest.json"]).unwrap();
    assert_eq!(manifest["options"]["simulate"]["conduct"], serde_json::json!(["dominant"]));
    let listed = manifest["outputs"].as_object().unwrap().len();
    assert_eq!(second.len(), listed + 3, "manifest, run and the foreign file are not listed");
    let page = std::str::from_utf8(&second["report.html"]).unwrap();
    assert!(page.contains("Second thoughts") && !text("report.html").contains("Second thoughts"));
    assert!(
        page.contains("are expected over 7 months")
            && !page.contains("expected over twelve months")
    );
    assert!(!second.contains_key("charts/scenarios-ndpr.svg"));
    // The taker is what the dominant supplier is measured against.
    let rows = std::str::from_utf8(&second["simulation.csv"]).unwrap();
    let worlds: BTreeSet<Vec<&str>> =
        rows.lines().skip(1).map(|line| line.split(',').take(2).collect()).collect();
    let expected: BTreeSet<Vec<&str>> =
        [vec!["baseline", "taker"], vec!["baseline", "dominant"]].into();
    assert_eq!(worlds, expected);
}

/// Runs `report` on a small study with one change; it has to fail before it makes a folder. What it said.
fn refusal(change: (&str, &str)) -> String {
    let folder = tempdir().unwrap();
    edit(&small_study(folder.path()), &[change]);
    refused_run(&folder, &["report", "study", "-o", "out"], 3)
}

#[track_caller]
fn refused_run(folder: &TempDir, arguments: &[&str], exit: i32) -> String {
    let before = files(folder.path());
    let output = monazite_in(folder.path(), arguments);
    assert_exit(&output, exit);
    assert!(stdout(&output).is_empty());
    assert!(!folder.path().join("out").exists(), "a refused study leaves no folder");
    assert!(files(folder.path()) == before, "a refused study writes nothing");
    let said = stderr(&output);
    assert!(said.contains("help:"), "{said}");
    assert!(said.starts_with("error["), "said before the work begins: {said}");
    said
}

#[test]
fn a_study_that_cannot_run_is_refused_with_its_place_before_the_work() {
    let all = [
        (("origins = 2", "orgins = 2"), "S001", "study.toml:14:1", "did you mean `origins`"),
        (("origins = 2", "zzz = 2"), "S001", "study.toml:14:1", "known here: horizon, origins"),
        (
            ("\"licence-stop\"", "\"licence-stopp\""),
            "S004",
            "study.toml:25:26",
            "did you mean `licence-stop`",
        ),
        (
            ("[\"taker\"", "[\"taker\", \"dominent\""),
            "S004",
            "study.toml:23:21",
            "did you mean `dominant`",
        ),
        (("[\"taker\"", "[\"cournot-0\""), "S004", "study.toml:23:12", "is not a conduct"),
        (("[\"taker\"", "[\"duopolly\""), "S004", "study.toml:23:12", "did you mean `duopoly`"),
        (("[\"taker\"", "[\"forward-0\""), "S004", "study.toml:23:12", "did you mean `forward-n`"),
        (
            ("from = \"2026-03\"\nuntil = \"2027-12\"", "from = \"2026-03\"\nuntil = \"2026-02\""),
            "S004",
            "study.toml:19:1",
            "is not after",
        ),
        (
            ("from = \"2026-03\"", "from = \"2025-06\""),
            "S004",
            "study.toml:18:1",
            "is before 2026-01",
        ),
        (("until = \"2027-12\"", "until = \"2026-02\""), "S004", "study.toml:8:1", "last month of"),
        (("until = \"2027-12\"", "until = \"9999-12\""), "S004", "study.toml:8:1", "240 months"),
        (("until = \"2027-12\"", "until = \"2027-Q4\""), "S004", "study.toml:8:1", "not a month"),
        (("until = \"2027-12\"", "until = \"2027-13\""), "S002", "study.toml:8:9", "2027-13"),
        (("paths = 200", "paths = 99"), "S004", "study.toml:9:1", "between 100 and"),
        (("paths = 16", "paths = 1"), "S004", "study.toml:20:1", "between 2 and"),
        (("origins = 2", "origins = 5000"), "S004", "study.toml:14:1", "between 2 and 240"),
        (("paths = 16", "paths = \"many\""), "S002", "study.toml:20:9", "invalid type"),
        (("[simulate]", "[simulate"), "S005", "study.toml:16", "help:"),
    ];
    for (change, code, place, words) in all {
        let said = refusal(change);
        for part in [&format!("error[{code}]"), place, words] {
            assert!(said.contains(part), "`{part}` is missing for {change:?}:\n{said}");
        }
    }
}

#[test]
fn a_study_that_is_not_there_or_is_no_text_is_refused() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("binary.toml"), b"title = \"\xff\"\n").unwrap();
    for study in ["nowhere", "nowhere.toml", "binary.toml"] {
        let said = refused_run(&folder, &["report", study, "-o", "out"], 5);
        assert!(said.contains("I001") && said.contains(study), "{said}");
    }
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let folder = tempdir().unwrap();
    small_study(folder.path());
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine").join(FOREIGN.0), FOREIGN.1).unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    fs::write(folder.path().join("page/manifest.json"), "{\"name\": \"a web page\"}").unwrap();
    for out in ["mine", "page", "mine/thesis.tex", "mine/thesis.tex/out"] {
        let said = refused_run(&folder, &["report", "study", "-o", out], 5);
        assert!(said.contains("error[I003]") && said.contains("-o DIR"), "{said}");
    }
}
