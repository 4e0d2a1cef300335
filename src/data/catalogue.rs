//! The bundled series: what there is, and each one as a [`Series`].
//!
//! The register (data/series.csv) is read at once and is small; a data file is parsed only when one of its series is
//! asked for.

use std::collections::BTreeMap;

use monazite_series::{Aggregation, Frequency, Observation, Period, Series, Status, Unit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bundle::{Table, bundled_files, rows_of, text_of};
use crate::diagnostic::{Diagnostic, nearest};

/// The register of bundled series.
#[derive(Debug, Clone)]
pub struct Catalogue {
    register: Vec<Registered>,
    /// Last month of which figures are known; all are without one.
    cut: Option<Period>,
    /// Texts in place of bundled ones, by file.
    texts: BTreeMap<String, String>,
}

/// Which calendar moves the figures of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalendarEffects {
    /// None, or none that is known.
    #[default]
    None,
    /// China's: Lunar New Year and weekdays.
    Cn,
}

/// One row of the register.
#[derive(Debug, Clone, Deserialize)]
struct Registered {
    unique_id: String,
    file: String,
    title: String,
    unit: Unit,
    aggregation: Aggregation,
    frequency: Frequency,
    calendar: CalendarEffects,
    grade: String,
    publisher: String,
    note: String,
}

/// What a listing says about a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Identifier.
    pub id: String,
    /// What it measures.
    pub title: String,
    /// Unit of every figure.
    pub unit: Unit,
    /// First period covered.
    pub from: Period,
    /// Last period covered.
    pub to: Period,
    /// Number of figures; one of several months counts once.
    pub observations: usize,
    /// Publisher of the figures.
    pub source: String,
    /// Reliability: A official or wire, B compilation or several pages (B- below that), C single page, D doubtful.
    pub grade: String,
    /// Whether figures of several periods add up or average.
    pub aggregation: Aggregation,
    /// Length of its periods.
    pub frequency: Frequency,
    /// The calendar that moves it.
    pub calendar: CalendarEffects,
    /// Definition, breaks and gaps.
    pub note: String,
}

/// One figure with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    /// Series it belongs to.
    pub unique_id: String,
    /// Last period covered.
    pub ds: Period,
    /// Number of periods covered.
    pub span: u32,
    /// The figure.
    pub y: f64,
    /// Its unit.
    pub unit: Unit,
    /// Printed, derived, converted…
    pub status: Status,
    /// Reliability of this figure.
    pub grade: String,
    /// Publisher, outlet, address.
    pub source: String,
    /// Formula or remark.
    pub note: String,
}

impl Catalogue {
    /// The series that come with the program.
    ///
    /// # Errors
    /// `D041` if the register does not parse, which is a fault of the program.
    pub fn bundled() -> Result<Self, Diagnostic> {
        let register = rows_of("series.csv", text_of("series.csv")?, None)?;
        Ok(Self { register, cut: None, texts: BTreeMap::new() })
    }

    /// What of it was known at the end of `period`: figures of periods, quotes and events of days that had ended by then.
    ///
    /// The cut is by what a figure is of. Vintages are not kept: revisions made later, and figures that appeared weeks after
    /// their month, are in it. Years of the IEA's scenarios stay.
    #[must_use]
    pub fn as_of(&self, period: Period) -> Self {
        Self { cut: Some(period), ..self.clone() }
    }

    /// The same with another text for a file, such as `magnets.csv`.
    #[must_use]
    pub fn with_text(mut self, file: &str, text: String) -> Self {
        self.texts.insert(file.to_owned(), text);
        self
    }

    /// Every row of a table.
    ///
    /// # Errors
    /// `D041` if the file does not have the form of `T`.
    pub fn table<T: Table>(&self) -> Result<Vec<T>, Diagnostic> {
        self.rows_of(T::FILE)
    }

    fn rows_of<T: DeserializeOwned>(&self, file: &str) -> Result<Vec<T>, Diagnostic> {
        let text = match self.texts.get(file) {
            Some(text) => text.as_str(),
            None => text_of(file)?,
        };
        rows_of(file, text, self.cut)
    }

    /// Header and rows of a file as text.
    #[cfg(test)]
    pub(crate) fn records(&self, file: &str) -> Result<Vec<csv::StringRecord>, Diagnostic> {
        let text = self.texts.get(file).map_or_else(|| text_of(file), |text| Ok(text.as_str()))?;
        let header = text.lines().next().unwrap_or_default().split(',').collect();
        let rows: Vec<csv::StringRecord> =
            self.rows_of::<Vec<String>>(file)?.into_iter().map(Into::into).collect();
        Ok(std::iter::once(header).chain(rows).collect())
    }

    /// Names of the bundled tables that are not series: events, rules, quotas by batch, conversions, claims…
    pub fn tables(&self) -> impl Iterator<Item = &'static str> {
        bundled_files()
            .filter_map(|(file, _)| file.strip_suffix(".csv"))
            .filter(|name| *name != "series")
            .filter(|name| {
                !self.register.iter().any(|entry| entry.file.trim_end_matches(".csv") == *name)
            })
    }

    /// Text of a bundled table, as CSV.
    ///
    /// # Errors
    /// `D040` with the nearest name for an unknown one.
    pub fn table_text(&self, name: &str) -> Result<&'static str, Diagnostic> {
        match self.tables().find(|table| *table == name) {
            Some(_) => text_of(&format!("{name}.csv")),
            None => Err(self.unknown(name)),
        }
    }

    /// Every identifier, in the order of the register.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.register.iter().map(|entry| entry.unique_id.as_str())
    }

    /// The listing; each data file is parsed once.
    ///
    /// # Errors
    /// `D041` if a bundled file does not parse.
    pub fn entries(&self) -> Result<Vec<Entry>, Diagnostic> {
        let mut entries = Vec::with_capacity(self.register.len());
        let mut parsed: Option<(&str, Vec<FigureRow>)> = None;
        for registered in &self.register {
            let rows = match parsed.take() {
                Some((file, rows)) if file == registered.file => rows,
                _ => self.rows_of(&registered.file)?,
            };
            entries.push(registered.entry(&rows)?);
            parsed = Some((&registered.file, rows));
        }
        Ok(entries)
    }

    /// The calendar that moves a series; none for one that is not bundled.
    pub fn calendar(&self, id: &str) -> CalendarEffects {
        self.registered(id).map_or(CalendarEffects::None, |registered| registered.calendar)
    }

    /// What the listing says about one series.
    ///
    /// # Errors
    /// `D040` with the nearest name for an unknown id.
    pub fn entry(&self, id: &str) -> Result<Entry, Diagnostic> {
        let registered = self.registered(id)?;
        registered.entry(&self.rows_of::<FigureRow>(&registered.file)?)
    }

    /// The figures of a series with status, grade, source and note, in order.
    ///
    /// # Errors
    /// `D040` with the nearest name for an unknown id.
    pub fn figures(&self, id: &str) -> Result<Vec<FigureRow>, Diagnostic> {
        let mut rows = self.rows_of::<FigureRow>(&self.registered(id)?.file)?;
        rows.retain(|row| row.unique_id == id);
        Ok(rows)
    }

    /// A series.
    ///
    /// # Errors
    /// `D040` with the nearest name for an unknown id.
    pub fn series(&self, id: &str) -> Result<Series, Diagnostic> {
        let registered = self.registered(id)?;
        let observations = self
            .figures(id)?
            .iter()
            .map(|row| Observation::spanning(row.ds, row.span, row.y).with_status(row.status))
            .collect();
        Series::new(id, registered.unit.clone(), registered.aggregation, observations).map_err(
            |error| {
                Diagnostic::error("D041", format!("`{id}`: {error}"))
                    .in_file(format!("data/{}", registered.file))
            },
        )
    }

    fn registered(&self, id: &str) -> Result<&Registered, Diagnostic> {
        self.register.iter().find(|entry| entry.unique_id == id).ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> Diagnostic {
        let is_table = text_of(&format!("{id}.csv")).is_ok();
        let hint = match nearest(id, self.ids().chain(self.tables().map(|name| -> &str { name }))) {
            _ if is_table => {
                format!("`{id}` is a table, not a series: `monazite data show {id}` prints it")
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => "`monazite data list` prints every identifier".to_owned(),
        };
        Diagnostic::error("D040", format!("there is no series `{id}`")).help(hint)
    }
}

impl Registered {
    fn entry(&self, rows: &[FigureRow]) -> Result<Entry, Diagnostic> {
        let own = || rows.iter().filter(|row| row.unique_id == self.unique_id);
        let (Some(from), Some(to)) = (
            own().map(|row| row.ds.plus(1 - i64::from(row.span))).min(),
            own().map(|row| row.ds).max(),
        ) else {
            return Err(Diagnostic::error("D041", format!("`{}` has no figures", self.unique_id))
                .in_file(format!("data/{}", self.file)));
        };
        Ok(Entry {
            id: self.unique_id.clone(),
            title: self.title.clone(),
            unit: self.unit.clone(),
            from,
            to,
            observations: own().count(),
            source: self.publisher.clone(),
            grade: self.grade.clone(),
            aggregation: self.aggregation,
            frequency: self.frequency,
            calendar: self.calendar,
            note: self.note.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_parses_in_its_unit_and_frequency() {
        let catalogue = Catalogue::bundled().unwrap();
        for entry in catalogue.entries().unwrap() {
            let series = catalogue.series(&entry.id).unwrap();
            assert_eq!(series.frequency(), entry.frequency, "{}", entry.id);
            assert_eq!(series.observations().len(), entry.observations);
            assert_eq!((series.first_period(), series.last_period()), (entry.from, entry.to));
            for row in catalogue.figures(&entry.id).unwrap() {
                assert_eq!(row.unit, entry.unit, "{}", entry.id);
            }
            assert_eq!(catalogue.entry(&entry.id).unwrap(), entry);
        }
    }

    #[test]
    fn identifiers_are_unique_and_an_unknown_one_is_guessed() {
        let catalogue = Catalogue::bundled().unwrap();
        let mut ids: Vec<&str> = catalogue.ids().collect();
        ids.sort_unstable();
        let n_ids = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), n_ids);
        let finding = catalogue.series("re-export-volume").unwrap_err();
        assert_eq!(finding.code, "D040");
        assert_eq!(finding.hint.as_deref(), Some("did you mean `re-exports-volume`?"));
        let hint = catalogue.series("zzz").unwrap_err().hint.unwrap();
        assert!(hint.contains("data list"));
        let hint = catalogue.series("re-exports-volume-ytd").unwrap_err().hint.unwrap();
        assert!(hint.contains("table"), "the year-to-date figures overlap");
    }

    #[test]
    fn sums_of_spans_reproduce_the_published_annual_totals() {
        let catalogue = Catalogue::bundled().unwrap();
        let sums = catalogue.series("re-exports-volume").unwrap().annual();
        let published = catalogue.series("re-exports-volume-annual").unwrap();
        for year in 2019..=2025 {
            let total = published.get(Period::annual(year).unwrap()).unwrap();
            let (_, sum) = sums.iter().find(|(y, _)| *y == year).unwrap();
            assert!((sum - total).abs() <= 1.0, "{year}: {sum} against {total}");
        }
        let magnets = catalogue.series("magnet-exports-world").unwrap().annual();
        let totals = catalogue.series("magnet-exports-annual").unwrap();
        for year in [2016, 2017, 2020, 2024, 2025] {
            let total = totals.get(Period::annual(year).unwrap()).unwrap();
            let (_, sum) = magnets.iter().find(|(y, _)| *y == year).unwrap();
            assert!((sum - total).abs() <= 1.0, "{year}: {sum} against {total}");
        }
    }

    #[test]
    fn the_chinese_calendar_is_that_of_monthly_customs_figures() {
        for entry in Catalogue::bundled().unwrap().entries().unwrap() {
            // UN Comtrade has China's exports from Chinese customs.
            let customs = ["GACC", "UN Comtrade"].contains(&entry.source.as_str())
                && entry.frequency == Frequency::Month;
            assert_eq!(entry.calendar == CalendarEffects::Cn, customs, "{}", entry.id);
        }
    }

    #[test]
    fn spliced_price_says_where_it_was_converted() {
        let rows = Catalogue::bundled().unwrap().figures("nd-oxide-price").unwrap();
        let august: Period = "2024-08".parse().unwrap();
        assert!(rows.iter().all(|row| (row.status == Status::Converted) == (row.ds >= august)));
        assert!(rows.iter().all(|row| row.grade == "B-"));
    }
}
