//! A user's regressors: wide CSV `ds,NAME,…`, or `unique_id,ds,NAME,…` with values of each series' own; the periods of the
//! data and those to be forecast.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use monazite_forecast::{Regressor, Regressors};
use monazite_series::{Aggregation, Observation, Series};

use super::wide::{read_wide, text_of_file};
use crate::diagnostic::Diagnostic;

/// Regressors by series; those without `unique_id` are every series'.
#[derive(Debug, Clone, Default)]
pub struct RegressorTable {
    by_id: BTreeMap<Option<String>, IndexMap<String, Series>>,
}

impl RegressorTable {
    /// Reads a file.
    ///
    /// # Errors
    /// `I001`, and `D003`, `D006`, `D010`, `D014`, `D020`, each with its place.
    pub fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        Self::parse(&path.display().to_string(), &text_of_file(path).map_err(|e| vec![e])?)
    }

    fn parse(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let table = read_wide(name, text, false)?;
        let mut figures: BTreeMap<Option<String>, Vec<Vec<Observation>>> = BTreeMap::new();
        for row in table.rows {
            let own = figures.entry(row.id).or_insert_with(|| vec![Vec::new(); table.names.len()]);
            for (column, value) in own.iter_mut().zip(row.values) {
                column.extend(value.map(|value| Observation::new(row.period, value)));
            }
        }
        Self::assembled(name, &table.names, figures)
    }

    fn assembled(
        file: &str,
        names: &[String],
        figures: BTreeMap<Option<String>, Vec<Vec<Observation>>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut by_id = BTreeMap::new();
        for (id, columns) in figures {
            let mut own = IndexMap::new();
            for (name, mut observations) in names.iter().zip(columns) {
                if observations.is_empty() {
                    continue;
                }
                observations.sort_by_key(|o| o.period);
                let refused = |e: &dyn std::fmt::Display| {
                    vec![
                        Diagnostic::error("D014", format!("regressor `{name}`: {e}"))
                            .in_file(file)
                            .help("one row a period"),
                    ]
                };
                let unit = "1".parse().map_err(|e: monazite_series::SeriesError| refused(&e))?;
                let series = Series::new(name, unit, Aggregation::Mean, observations)
                    .map_err(|e| refused(&e))?;
                own.insert(name.clone(), series);
            }
            by_id.insert(id, own);
        }
        Ok(Self { by_id })
    }

    /// `regressors` and those of a series: its own and every series'.
    #[must_use]
    pub fn add_to(&self, mut regressors: Regressors, id: &str) -> Regressors {
        for key in [None, Some(id.to_owned())] {
            for (name, series) in self.by_id.get(&key).into_iter().flatten() {
                regressors = regressors.with(name, Regressor::Figures(series.clone()));
            }
        }
        regressors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_regressors_and_rows_their_figures() {
        let text = "unique_id,ds,ev,wind\na,2025-01,1,2\na,2025-02,3,\nb,2025-01,5,6\n";
        let table = RegressorTable::parse("x.csv", text).unwrap();
        assert_eq!(table.add_to(Regressors::none(), "a").len(), 2);
        assert_eq!(table.add_to(Regressors::none(), "c").len(), 0);
        let common = RegressorTable::parse("x.csv", "ds,ev\n2025-01,1\n").unwrap();
        assert_eq!(common.add_to(Regressors::none(), "anything").len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, code) in [
            ("month,ev\n2025-01,1\n", "D003"),
            ("ds,ev\nJan,1\n", "D010"),
            ("ds,ev\n2025-01,many\n", "D020"),
            ("ds,ev\n2025-01\n", "D006"),
            ("ds,ev\n2025-01,1\n2025-01,2\n", "D014"),
        ] {
            let findings = RegressorTable::parse("x.csv", text).unwrap_err();
            assert_eq!(findings[0].code, code, "{text}");
        }
    }
}
