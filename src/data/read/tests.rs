//! Each code from the input that earns it.

use monazite_series::Status;

use super::*;
use crate::diagnostic::Severity;

fn checked(text: &str) -> Checked {
    check_text("f.csv", text.as_bytes(), &ReadOptions::default())
}

/// Codes of warnings and errors, with their lines.
fn codes(text: &str) -> Vec<(&'static str, u32)> {
    let worth = |finding: &&Diagnostic| finding.severity != Severity::Note;
    checked(text).findings.iter().filter(worth).map(|f| (f.code, f.line.unwrap_or(0))).collect()
}

const H: &str = "unique_id,ds,y,span,unit,status\n";

fn row_codes(rows: &str) -> Vec<(&'static str, u32)> {
    codes(&format!("{H}{rows}"))
}

#[test]
fn a_clean_file_gives_its_series_and_nothing_else() {
    let text = "\u{feff}unique_id,ds,y,span,unit,status\r\nx,2025-02,8511,2,t,direct\r\n\r\nx,2025-03,5666.3,,t,preliminary\r\nz,2025-Q1,\"4\",,USD/kg,\r\n";
    let read = checked(text);
    assert_eq!(read.findings, []);
    let series = &read.series;
    assert_eq!((series.len(), series[0].id(), series[1].id()), (2, "x", "z"));
    assert_eq!(series[0].first_period().to_string(), "2025-01");
    assert_eq!(series[0].observations()[1].status, Status::Preliminary);
    assert_eq!(series[0].aggregation(), Aggregation::Sum);
    assert_eq!(series[1].aggregation(), Aggregation::Mean);
}

#[test]
fn files_that_are_not_tables() {
    assert_eq!(codes(""), [("D001", 0)]);
    assert_eq!(codes("unique_id,ds,y\n"), [("D001", 1)]);
    let latin = check_text("f.csv", b"ds,y\n2025-01,\xe9", &ReadOptions::default());
    assert_eq!(
        (latin.findings[0].code, latin.findings[0].line, latin.findings[0].column),
        ("D002", Some(2), Some(9))
    );
    let missing = check(Path::new("/nonexistent/f.csv"), &ReadOptions::default());
    assert_eq!((missing.findings[0].code, missing.findings[0].exit_code()), ("I001", 5));
    assert_eq!(check(Path::new("/"), &ReadOptions::default()).findings[0].code, "I001");
}

#[test]
fn headers() {
    let finding = &checked("date,value\n2025-01,1").findings;
    assert_eq!(finding.iter().map(|f| f.code).collect::<Vec<_>>(), ["D003", "D003"]);
    assert_eq!(finding[0].hint.as_deref(), Some("rename `date` to `ds`"));
    assert_eq!(codes("ds,y,comment\n2025-01,1,x"), [("D004", 1)]);
    assert_eq!(codes("ds,y,y\n2025-01,1,2"), [("D005", 1)]);
    assert_eq!(checked("ds,y\n2025-01,1").series[0].id(), "f");
    assert_eq!(checked("ds;y\n2025-01;1,5\n2025-02;2").series[0].observations()[0].value, 1.5);
}

#[test]
fn rows() {
    assert_eq!(row_codes("x,2025-01,1\n"), [("D006", 2)]);
    assert_eq!(row_codes("x,2025-01,\"1,1,t,\n"), [("D007", 2)]);
    assert_eq!(row_codes(",2025-01,1,1,t,\n"), [("D008", 2)]);
    assert_eq!(row_codes("x,Jun-25,1,1,t,\n"), [("D010", 2)]);
    assert_eq!(
        row_codes("x,soon,five,0,stone,final\n"),
        [("D010", 2), ("D020", 2), ("D017", 2), ("D030", 2), ("D034", 2)]
    );
    assert_eq!(row_codes("x,2025/06,1,1,t,\n"), [("D012", 2)]);
    assert_eq!(row_codes("x,2025-06,\"1,234\",1,t,\n"), [("D021", 2)]);
    assert_eq!(row_codes("x,2025-06,\"12,5\",1,t,\n"), [("D022", 2)]);
    assert_eq!(row_codes("x,2025-06,n/a,1,t,\nx,2025-07,1,1,t,\n"), [("D023", 2)]);
    assert_eq!(row_codes("x,2025-06,inf,1,t,\n"), [("D024", 2)]);
    assert_eq!(row_codes("x,2025-06,-1,1,t,\n"), [("D025", 2)]);
    assert_eq!(row_codes("x,2025-06,-1,1,USD,\n"), []);
    assert_eq!(row_codes("x,2025-06,,1,t,\n"), [("D023", 2), ("D001", 2)]);
}

#[test]
fn series_as_a_whole() {
    assert_eq!(row_codes("x,2025-01,1,1,t,\nx,2025-01,2,1,t,\n"), [("D014", 3)]);
    assert_eq!(row_codes("x,2025-01,1,1,t,\nx,2025-04,2,1,t,\n"), [("D015", 3)]);
    assert_eq!(row_codes("x,2025-01,1,1,t,\nx,2025-02,2,2,t,\n"), [("D016", 3)]);
    assert_eq!(row_codes("x,2025-01,1,1,t,\nx,2025-02,1,1,t,\nx,2025-Q2,2,1,t,\n"), [("D013", 4)]);
    assert_eq!(row_codes("x,2025-01,1,1,t,\nx,2025-02,2,1,USD,\n"), [("D032", 3)]);
    let mixed = checked(&format!("{H}x,2025-01,1,1,t,\nx,2025-02,2000,1,kg,\n"));
    assert_eq!((mixed.findings[0].code, mixed.series[0].observations()[1].value), ("D031", 2.0));
    let sorted = checked(&format!("{H}x,2025-02,1,1,t,\nx,2025-01,2,1,t,\n"));
    assert_eq!((sorted.findings[0].code, sorted.series[0].observations()[0].value), ("D018", 2.0));
    assert_eq!(checked("ds,y\n2025-01,1").findings[0].code, "D033");
}

#[test]
fn days_that_are_months_quarters_or_years() {
    let read = |text: &str| {
        let read = checked(text);
        assert!(read.findings.iter().any(|f| f.code == "D011"), "{text}");
        read.series[0].observations().iter().map(|o| o.period.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(read("ds,y\n2025-01-01,1\n2025-02-01,2"), ["2025-01", "2025-02"]);
    assert_eq!(read("ds,y\n2025-01-31,1\n2025-02-28,2"), ["2025-01", "2025-02"]);
    assert_eq!(read("ds,y\n2025-01-01,1\n2025-04-01,2"), ["2025-Q1", "2025-Q2"]);
    assert_eq!(read("ds,y\n2024-12-31,1\n2025-12-31,2"), ["2024", "2025"]);
    let days = checked("ds,y\n2025-01-30,1\n2025-01-31,2");
    assert_eq!(days.series[0].frequency(), monazite_series::Frequency::Day);
}

#[test]
fn one_bad_series_does_not_take_the_others_along() {
    let read = checked(&format!("{H}x,2025-01,one,1,t,\nx,2025-02,1,1,t,\nz,2025-01,1,1,t,\n"));
    assert_eq!(read.series.iter().map(Series::id).collect::<Vec<_>>(), ["z"]);
    assert!(read.has_errors());
}

#[test]
fn many_findings_of_a_kind_are_counted() {
    let many = "x,soon,1,1,t,\n".repeat(50);
    let read = checked(&format!("{H}{many}"));
    assert_eq!(read.findings.len(), LISTED + 1);
    assert!(read.findings[LISTED].message.starts_with("30 more"));
}

#[test]
fn the_finding_points_at_its_field() {
    let text = "unique_id,ds,y\nx,1949-09,1\nx,1949-10,119\nx,1949-10,119";
    let finding = &checked(text).findings[1];
    assert_eq!(
        finding.to_string(),
        "error[D014]: month 1949-10 appears twice
 --> f.csv:4:3
  |
4 | x,1949-10,119
  |   ^^^^^^^
  = help: delete one of the two rows; the other is on line 3
"
    );
}

#[test]
fn reading_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.csv");
    std::fs::write(&path, "ds,y\n2025-01,1\n2025-02,2\n").unwrap();
    let read = read_series_file(&path, &ReadOptions { unit: "t".parse().ok(), aggregation: None })
        .unwrap();
    assert_eq!((read.series[0].id(), read.series[0].unit().to_string()), ("mine", "t".to_owned()));
    let large = bytes_of(&path, "mine.csv", 3).unwrap_err();
    assert_eq!((large.code, large.exit_code()), ("L001", 6));
    std::fs::write(&path, "ds,y\n2025-01,1\n2025-01,2\n").unwrap();
    let findings = read_series_file(&path, &ReadOptions::default()).unwrap_err();
    assert_eq!(crate::diagnostic::exit_code(&findings), 3);
}
