//! What regressors are given to be: wide CSV `[unique_id,]ds,[sample,]NAME,…`.
//!
//! A row without `sample` holds whatever the draw is; rows with one are joint draws of all columns. Rows within the data
//! say what the regressors were, rows after them what they will be.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use monazite_forecast::{Regressor, Regressors};
use monazite_series::{Aggregation, Observation, Period, Series};
use ndarray::Array2;

use super::wide::{read_wide, text_of_file};
use crate::diagnostic::Diagnostic;

/// Values by period.
type Values = BTreeMap<Period, f64>;

/// One regressor of one series, or of every series.
#[derive(Debug, Clone, Default)]
struct Given {
    /// The same in every draw.
    fixed: Values,
    /// By the name of the draw.
    draws: BTreeMap<String, Values>,
}

/// Regressors by series, with the names of the draws in their order.
#[derive(Debug, Clone, Default)]
struct Own {
    regressors: IndexMap<String, Given>,
    draws: Vec<String>,
}

/// Paths or joint draws of regressors; those without `unique_id` are every series'.
#[derive(Debug, Clone, Default)]
pub struct GivenTable {
    by_id: BTreeMap<Option<String>, Own>,
}

impl GivenTable {
    /// Reads a file.
    ///
    /// # Errors
    /// `I001`, and `D003`, `D006`, `D010`, `D014`, `D020`, each with its place.
    pub fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        Self::parse(&path.display().to_string(), &text_of_file(path).map_err(|e| vec![e])?)
    }

    fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let table = read_wide(file, text, true)?;
        let mut by_id: BTreeMap<Option<String>, Own> = BTreeMap::new();
        let mut findings = Vec::new();
        for row in table.rows {
            let own = by_id.entry(row.id).or_default();
            if let Some(sample) = &row.sample
                && !own.draws.contains(sample)
            {
                own.draws.push(sample.clone());
            }
            for (name, value) in table.names.iter().zip(row.values) {
                let Some(value) = value else { continue };
                let given = own.regressors.entry(name.clone()).or_default();
                let values = match &row.sample {
                    Some(sample) => given.draws.entry(sample.clone()).or_default(),
                    None => &mut given.fixed,
                };
                if values.insert(row.period, value).is_some() {
                    let message = format!("`{name}` has two values in {}", row.period);
                    let finding = Diagnostic::error("D014", message).at(file, row.line, 1);
                    findings.push(finding.help("one row a period and sample"));
                }
            }
        }
        if findings.is_empty() { Ok(Self { by_id }) } else { Err(findings) }
    }

    /// What is given for a series: its own, and every series'.
    fn of(&self, id: &str) -> impl Iterator<Item = (&str, &Given, &[String])> {
        [None, Some(id.to_owned())].into_iter().filter_map(|key| self.by_id.get(&key)).flat_map(
            |own| own.regressors.iter().map(|(n, given)| (n.as_str(), given, own.draws.as_slice())),
        )
    }

    /// `regressors` with those that are given for a series and not among them: their values to `last`, the end of the
    /// data.
    ///
    /// # Errors
    /// `M005` for one of which nothing says what it was.
    pub fn add_to(
        &self,
        mut regressors: Regressors,
        id: &str,
        last: Period,
    ) -> Result<Regressors, Diagnostic> {
        for (name, given, _) in self.of(id) {
            if regressors.list().iter().any(|(known, _)| known == name) {
                continue;
            }
            let no_past = || {
                Diagnostic::error(
                    "M005",
                    format!("`{name}` is given ahead, and nothing says what it was over the data"),
                )
                .help("add its figures over the data by --regressors FILE, or as rows without `sample` of the given file")
            };
            let figures: Vec<Observation> =
                given.fixed.range(..=last).map(|(p, y)| Observation::new(*p, *y)).collect();
            let unit = "1".parse().map_err(|_| no_past())?;
            let series =
                Series::new(name, unit, Aggregation::Mean, figures).map_err(|_| no_past())?;
            regressors = regressors.with(name, Regressor::Figures(series));
        }
        Ok(regressors)
    }

    /// Values of the `horizon` periods from `first` on, `n_draws × horizon` a regressor; one row if nothing is drawn.
    ///
    /// # Errors
    /// `D040` if nothing is given for the series, `M005` with the periods in which a value is missing.
    pub fn paths(
        &self,
        id: &str,
        first: Period,
        horizon: usize,
    ) -> Result<Vec<(String, Array2<f64>)>, Diagnostic> {
        let mut all: Vec<(String, Array2<f64>)> = Vec::new();
        let no_draws = [String::new()];
        let samples: Vec<&str> = {
            let drawn = self.of(id).map(|(_, _, draws)| draws).find(|draws| !draws.is_empty());
            drawn.unwrap_or(&no_draws).iter().map(String::as_str).collect()
        };
        for (name, given, _) in self.of(id) {
            let mut values = Array2::zeros((samples.len(), horizon));
            for (row, sample) in samples.iter().enumerate() {
                let drawn = given.draws.get(*sample);
                let at = |p: Period| {
                    drawn.and_then(|own| own.get(&p)).or_else(|| given.fixed.get(&p)).copied()
                };
                let missing: Vec<Period> =
                    first.run(horizon).filter(|p| at(*p).is_none()).collect();
                if let Some((from, to)) = missing.first().zip(missing.last()) {
                    let of = if sample.is_empty() {
                        String::new()
                    } else {
                        format!(" of sample {sample}")
                    };
                    return Err(Diagnostic::error(
                        "M005",
                        format!(
                            "`{name}`{of} is not given in {} of the {horizon} periods ahead, the first {from}, the last {to}",
                            missing.len()
                        ),
                    )
                    .help("add rows of these periods, or shorten the horizon"));
                }
                for (h, value) in first.run(horizon).filter_map(at).enumerate() {
                    values[[row, h]] = value;
                }
            }
            match all.iter_mut().find(|(known, _)| known == name) {
                // What is a series' own goes before what is every series'.
                Some((_, known)) => *known = values,
                None => all.push((name.to_owned(), values)),
            }
        }
        if all.is_empty() {
            return Err(Diagnostic::error("D040", format!("nothing is given for `{id}`"))
                .help("give it rows of its own, or leave out the column `unique_id`"));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn rows_without_a_sample_hold_in_every_draw() {
        let text = "ds,sample,ev,wind\n2025-01,,1,5\n2025-02,a,2,\n2025-02,b,3,\n2025-02,,,6\n";
        let table = GivenTable::parse("x.csv", text).unwrap();
        let paths = table.paths("any", month("2025-02"), 1).unwrap();
        assert_eq!(paths[0], ("ev".to_owned(), ndarray::array![[2.0], [3.0]]));
        assert_eq!(paths[1].1, ndarray::array![[6.0], [6.0]]);
        let past = table.add_to(Regressors::none(), "any", month("2025-01")).unwrap();
        assert_eq!(past.list()[0].1.value(month("2025-01")), Some(1.0));
        assert_eq!(past.list()[0].1.value(month("2025-02")), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = "ds,sample,ev\n2025-02,a,2\n2025-02,b,3\n2025-03,a,2\n2025-04,b,3\n";
        let table = GivenTable::parse("x.csv", text).unwrap();
        let said = table.paths("any", month("2025-02"), 3).unwrap_err().message;
        assert!(said.contains("`ev` of sample a is not given in 1 of the 3"), "{said}");
        assert_eq!(
            table.add_to(Regressors::none(), "x", month("2025-01")).unwrap_err().code,
            "M005"
        );
        let other = GivenTable::parse("x.csv", "unique_id,ds,ev\na,2025-01,1\n").unwrap();
        assert_eq!(other.paths("b", month("2025-01"), 1).unwrap_err().code, "D040");
        let twice = GivenTable::parse("x.csv", "ds,ev\n2025-01,1\n2025-01,2\n").unwrap_err();
        assert_eq!((twice[0].code, twice[0].line), ("D014", Some(3)));
    }
}
