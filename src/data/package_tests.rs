//! The bundle as a whole against its description, data/datapackage.json.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bundle::text_of;
use super::*;

/// Header and rows of a bundled file.
fn cells(text: &str) -> (Vec<String>, Vec<csv::StringRecord>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    (header, reader.records().map(Result::unwrap).collect())
}

fn package() -> Value {
    serde_json::from_str(text_of("datapackage.json").unwrap()).unwrap()
}

#[test]
fn every_file_is_described_with_its_fields_and_rows() {
    let package = package();
    let mut described = BTreeSet::new();
    for resource in package["resources"].as_array().unwrap() {
        let path = resource["path"].as_str().unwrap();
        assert!(described.insert(path.to_owned()), "{path} twice");
        let (header, rows) = cells(text_of(path).unwrap());
        let fields: Vec<&str> = resource["schema"]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["name"].as_str().unwrap())
            .collect();
        assert_eq!(fields, header, "{path}");
        assert_eq!(resource["rows"].as_u64().unwrap() as usize, rows.len(), "{path}");
        assert!(!resource["title"].as_str().unwrap().is_empty());
        assert!(!resource["sources"].as_array().unwrap().is_empty(), "{path}");
        for (idx, field) in resource["schema"]["fields"].as_array().unwrap().iter().enumerate() {
            let numeric = field["type"] != "string";
            for row in rows.iter().filter(|row| numeric && !row[idx].is_empty()) {
                assert!(row[idx].parse::<f64>().is_ok(), "{path}: {} of {row:?}", header[idx]);
            }
        }
    }
    let bundled: BTreeSet<String> = bundled_files()
        .map(|(name, _)| name.to_owned())
        .filter(|n| n != "datapackage.json")
        .collect();
    assert_eq!(described, bundled);
}

#[test]
fn every_row_has_unit_source_status_and_grade() {
    for (name, text) in
        bundled_files().filter(|(n, _)| !["datapackage.json", "series.csv"].contains(n))
    {
        let (header, rows) = cells(text);
        let figures = name != "policy-events.csv";
        for column in ["unit", "source", "status", "grade"] {
            if column == "unit" && !figures {
                continue;
            }
            let idx = header
                .iter()
                .position(|h| h == column)
                .unwrap_or_else(|| panic!("{name}: {column}"));
            for row in &rows {
                assert!(!row[idx].is_empty(), "{name}: {column} of {row:?}");
                if column == "grade" {
                    assert!(
                        ["A", "B", "B-", "C", "D"].contains(&&row[idx]),
                        "{name}: {}",
                        &row[idx]
                    );
                }
            }
        }
    }
}

#[test]
fn every_table_parses() {
    fn rows<T: Table>() -> usize {
        table::<T>().unwrap().len()
    }
    let n_rows = [
        rows::<PolicyEvent>(),
        rows::<PriceQuote>(),
        rows::<AnnualPrice>(),
        rows::<ValuePoint>(),
        rows::<GrowthRate>(),
        rows::<YearToDate>(),
        rows::<AnnualTrade>(),
        rows::<MagnetPoint>(),
        rows::<DestinationRow>(),
        rows::<DestinationShare>(),
        rows::<QuotaBatch>(),
        rows::<MineOutput>(),
        rows::<IeaDemand>(),
        rows::<IeaSupply>(),
        rows::<EvSalesRow>(),
        rows::<EvSalesPoint>(),
        rows::<WindRow>(),
        rows::<ExchangeRule>(),
        rows::<IntensityRow>(),
        rows::<Conversion>(),
        rows::<ClaimRow>(),
        rows::<ClaimEvidence>(),
    ];
    assert!(n_rows.iter().all(|n| *n > 0), "{n_rows:?}");
}

#[test]
fn destinations_add_up_to_the_world() {
    let rows = table::<DestinationRow>().unwrap();
    for world in rows.iter().filter(|row| row.destination == "World") {
        let parts = rows.iter().filter(|row| {
            (row.year, &row.hs6) == (world.year, &world.hs6) && row.destination != "World"
        });
        let (value, tonnes) =
            parts.fold((0.0, 0.0), |sum, row| (sum.0 + row.value, sum.1 + row.quantity));
        assert!((value - world.value).abs() < 1e-6 * world.value, "{} {}", world.year, world.hs6);
        assert!(
            (tonnes - world.quantity).abs() < 1e-6 * world.quantity,
            "{} {}",
            world.year,
            world.hs6
        );
    }
}

#[test]
fn oxide_per_metal_follows_from_atomic_weights() {
    let rows = table::<Conversion>().unwrap();
    let of = |id: &str| rows.iter().find(|row| row.id == id).map(|row| row.value).unwrap();
    for (id, expected) in [("nd", 1.166), ("pr", 1.208), ("dy", 1.148), ("tb", 1.176)] {
        assert!((of(&format!("oxide-per-metal-{id}")) - expected).abs() < 5e-4, "{id}");
    }
    assert_eq!(of("re-share-of-magnet"), 0.3);
    assert!(rows.iter().all(|row| row.low <= row.value && row.value <= row.high));
    assert!(rows.iter().all(|row| ["literature", "assumed"].contains(&row.origin.as_str())));
}

#[test]
fn spans_of_value_and_points_agree() {
    let catalogue = Catalogue::bundled().unwrap();
    let spans = catalogue.series("re-exports-value-gacc").unwrap().annual();
    for (year, printed) in [(2018, 513.6), (2023, 763.7), (2024, 488.8)] {
        let (_, sum) = spans.iter().find(|(y, _)| *y == year).unwrap();
        assert!((sum - printed).abs() < 0.06, "{year}: {sum}");
    }
    let suspect: Vec<ValuePoint> =
        table::<ValuePoint>().unwrap().into_iter().filter(|p| p.grade == "D").collect();
    assert_eq!((suspect.len(), suspect[0].ds.to_string()), (1, "2025-06".to_owned()));
}
