//! The bundle as it stood at a date: figures of periods that had ended by then.
//!
//! The cut is by what a figure is of, not by when it appeared: vintages are not kept, so a later revision of an earlier
//! period, or a period published weeks after it ended, is there. Dates are read from the column `ds`, `date` or `year` of a
//! table; an event is cut by its own date. Years of the IEA's tables are those of scenarios and stay.

use csv::StringRecord;
use monazite_series::Period;

use crate::diagnostic::Diagnostic;

/// Columns that say what period a row is of.
const DATES: [&str; 3] = ["ds", "date", "year"];
/// Tables whose years are not those of observations.
const PROJECTIONS: [&str; 2] = ["iea-demand.csv", "iea-supply.csv"];

/// Whether a row of a file, with its header, is of a period that had ended by the end of `cut`.
///
/// # Errors
/// `D041` for a date that is none.
pub(super) fn is_known(
    file: &str,
    header: &StringRecord,
    row: &StringRecord,
    cut: Period,
) -> Result<bool, Diagnostic> {
    let column = header.iter().position(|name| DATES.contains(&name));
    let Some(text) = column.and_then(|at| row.get(at)).filter(|_| !PROJECTIONS.contains(&file))
    else {
        return Ok(true);
    };
    let period: Period = text.parse().map_err(|e| {
        Diagnostic::error("D041", format!("`{text}`: {e}")).in_file(format!("data/{file}"))
    })?;
    Ok(period.last_day() <= cut.last_day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Catalogue, bundled_files};

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn rows_end_before_the_cut() {
        let of = |header: &[&str], row: &[&str], file: &str| {
            let (header, row) = (StringRecord::from(header.to_vec()), row.to_vec().into());
            is_known(file, &header, &row, month("2025-03")).unwrap()
        };
        assert!(of(&["ds", "y"], &["2025-03", "1"], "x.csv"));
        assert!(!of(&["ds", "y"], &["2025-04", "1"], "x.csv"));
        assert!(of(&["date", "low"], &["2025-Q1", "1"], "x.csv"));
        assert!(!of(&["date", "low"], &["2025-04-01", "1"], "x.csv"));
        // A year ends in December.
        assert!(of(&["year"], &["2024"], "x.csv") && !of(&["year"], &["2025"], "x.csv"));
        assert!(of(&["edition", "year"], &["2025-05", "2030"], "iea-demand.csv"));
        assert!(of(&["id", "value"], &["vat-rate", ".13"], "conversions.csv"));
    }

    /// Every row of every table, read as text: nothing later is left, nothing earlier is gone, and something was cut.
    #[test]
    fn the_cut_leaves_nothing_later() {
        let cut = month("2025-03");
        let whole = Catalogue::bundled().unwrap();
        let known = whole.as_of(cut);
        let mut n_cut = 0;
        for (file, _) in bundled_files().filter(|(file, _)| *file != "datapackage.json") {
            let all: Vec<StringRecord> = whole.records(file).unwrap();
            let left: Vec<StringRecord> = known.records(file).unwrap();
            let header = &all[0];
            let Some(at) = header.iter().position(|name| DATES.contains(&name)) else {
                assert_eq!(all, left, "{file}");
                continue;
            };
            let later = |row: &StringRecord| {
                // As text: a date begins with its year and month, and a quarter is written Q.
                let text = &row[at];
                !PROJECTIONS.contains(&file)
                    && (&text[..4] > "2025"
                        || (text.starts_with("2025")
                            && (text.len() == 4
                                || (text.contains('Q') && !text.ends_with("Q1"))
                                || (!text.contains('Q') && &text[5..7] > "03"))))
            };
            let expected: Vec<StringRecord> = std::iter::once(header.clone())
                .chain(all[1..].iter().filter(|row| !later(row)).cloned())
                .collect();
            n_cut += all.len() - left.len();
            assert_eq!(left, expected, "{file}");
        }
        assert!(n_cut > 300, "{n_cut}");
        let magnets = known.series("magnet-exports-world").unwrap();
        assert_eq!(magnets.last_period(), cut);
        assert_eq!(whole.as_of(month("2031-01")).series("usd-cny"), whole.series("usd-cny"));
    }
}
