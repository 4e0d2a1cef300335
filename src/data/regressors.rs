//! A user's regressors: wide CSV `ds,NAME,…`, or `unique_id,ds,NAME,…` with values of each series' own; the periods of the
//! data and those to be forecast.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use monazite_forecast::{Regressor, Regressors};
use monazite_series::{Aggregation, Observation, Period, Series};

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
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| {
            vec![
                Diagnostic::error("I001", format!("cannot read `{name}`: {e}"))
                    .help("check the path and its permissions"),
            ]
        })?;
        Self::parse(&name, &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header: Vec<String> =
            reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
        let at = |wanted: &str| header.iter().position(|n| n.eq_ignore_ascii_case(wanted));
        let Some(ds) = at("ds") else {
            return Err(vec![
                Diagnostic::error("D003", "there is no column `ds`")
                    .at(name, 1, 1)
                    .help("the first line names the columns: `ds,NAME,…`, one column a regressor"),
            ]);
        };
        let id = at("unique_id");
        let names: Vec<usize> = (0..header.len()).filter(|&i| i != ds && Some(i) != id).collect();
        let mut figures: BTreeMap<Option<String>, Vec<Vec<Observation>>> = BTreeMap::new();
        let mut findings = Vec::new();
        for (row, record) in reader.records().enumerate() {
            let line = row + 2;
            match record.map_err(|e| e.to_string()).and_then(|r| {
                if r.len() == header.len() {
                    Ok(r)
                } else {
                    Err(format!("{} fields, and the header names {}", r.len(), header.len()))
                }
            }) {
                Err(why) => findings.push(
                    Diagnostic::error("D006", why)
                        .at(name, line, 1)
                        .help("give every column a value, empty if there is none"),
                ),
                Ok(record) => {
                    let Ok(period) = record[ds].parse::<Period>() else {
                        findings.push(
                            Diagnostic::error("D010", format!("`{}` is not a period", &record[ds]))
                                .at(name, line, 1)
                                .help("write `2025-06`, `2025-Q2`, `2025` or `2025-06-30`"),
                        );
                        continue;
                    };
                    let own = figures
                        .entry(id.map(|i| record[i].to_owned()))
                        .or_insert_with(|| vec![Vec::new(); names.len()]);
                    for (column, &i) in names.iter().enumerate() {
                        match record[i].parse::<f64>() {
                            _ if record[i].is_empty() => {}
                            Ok(value) if value.is_finite() => {
                                own[column].push(Observation::new(period, value));
                            }
                            _ => findings.push(
                                Diagnostic::error(
                                    "D020",
                                    format!("`{}` of `{}` is not a number", &record[i], header[i]),
                                )
                                .at(name, line, i + 1)
                                .help("write a number, or nothing where there is none"),
                            ),
                        }
                    }
                }
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        Self::assembled(name, &header, &names, figures)
    }

    fn assembled(
        file: &str,
        header: &[String],
        names: &[usize],
        figures: BTreeMap<Option<String>, Vec<Vec<Observation>>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut by_id = BTreeMap::new();
        for (id, columns) in figures {
            let mut own = IndexMap::new();
            for (&i, mut observations) in names.iter().zip(columns) {
                if observations.is_empty() {
                    continue;
                }
                observations.sort_by_key(|o| o.period);
                let refused = |e: &dyn std::fmt::Display| {
                    vec![
                        Diagnostic::error("D014", format!("regressor `{}`: {e}", header[i]))
                            .in_file(file)
                            .help("one row a period"),
                    ]
                };
                let unit = "1".parse().map_err(|e: monazite_series::SeriesError| refused(&e))?;
                let series = Series::new(&header[i], unit, Aggregation::Mean, observations)
                    .map_err(|e| refused(&e))?;
                own.insert(header[i].clone(), series);
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
