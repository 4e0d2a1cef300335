//! Every code and what it means, in one table.

/// Code and explanation, in order of the codes: a title, what it means, an example, how to fix it.
const CODES: &[(&str, &str)] = &[
    ("C001", "A chart cannot be drawn.
A value is not finite, or not positive on a logarithmic axis; a model that failed is never drawn.
Example: a forecast whose upper band is infinite.
Fix: please report it with the message."),
    ("D001", "The file holds no data.
It is empty, or has a header and nothing below.
Example: a file of one line, `unique_id,ds,y`.
Fix: add at least one row, e.g. `exports,2025-03,5666.3`."),
    ("D002", "The file is not UTF-8 text.
Some byte is not valid in UTF-8; spreadsheets often save in a local encoding or UTF-16, or the file is binary.
Example: `é` saved in Latin-1 is the single byte E9.
Fix: save as \"CSV UTF-8\", or convert with `iconv -f LATIN1 -t UTF-8 old.csv > new.csv`."),
    ("D003", "A column is missing.
A long table needs the columns `ds` and `y`; without `unique_id` the whole file is one series named after the file.
Example: the header `date,value`.
Fix: rename the columns in the first line, e.g. `ds,y`."),
    ("D004", "A column is not known and was ignored.
Known are unique_id, ds, y, span, unit, status; source, grade and note are read over. Anything else is left alone.
Example: the header `unique_id,ds,y,comment`.
Fix: nothing, or rename the column if it was meant to be one of these."),
    ("D005", "A column appears twice.
It is not clear which of the two is meant.
Example: the header `unique_id,ds,y,y`.
Fix: delete or rename one of them."),
    ("D006", "A row has too many or too few fields.
Often an unquoted comma in a number or a note.
Example: `x,2025-03,5,666.3` below the header `unique_id,ds,y`.
Fix: quote the field (`\"5,666.3\"`) or take out the comma."),
    ("D007", "A quoted field is not closed.
The quotation mark opens a field that never ends.
Example: `x,2025-03,\"5666.3`.
Fix: close it, or double a quotation mark that belongs to the text."),
    ("D008", "A row has no identifier.
With a column `unique_id`, each row has to name its series.
Example: `,2025-03,5666.3`.
Fix: write the identifier, or drop the column if there is one series only."),
    ("D010", "A period cannot be read.
Periods are months (2025-06), quarters (2025-Q2), years (2025) or days (2025-06-30).
Example: `Jun-25`, which is June 2025 to one reader and 25 June to another.
Fix: write the period in one of these forms."),
    ("D011", "Days were read as months.
Every date of the series is the first (or every date the last) of a month, so the figures are monthly.
Example: `2025-06-01`.
Fix: write `2025-06`; a day is never a month here."),
    ("D012", "A period is written in another form and was read.
The form leaves one reading only.
Example: `2025/06`, `202506` or `2025-6` for `2025-06`.
Fix: write `2025-06`."),
    ("D013", "Periods of several frequencies in one series.
Months, quarters, years and days cannot share a series; a longer figure on the same calendar is a span.
Example: `2025-06` and `2025-Q3`.
Fix: give them identifiers of their own, or write the quarter as its last month with span 3."),
    ("D014", "A period appears twice.
One series has one figure a period; which of two is meant cannot be known.
Example: two rows for `1949-10`.
Fix: delete one of them, or give one another `unique_id`."),
    ("D015", "Periods are missing.
The calendar has a gap. It is treated as missing: the models with a Kalman filter bridge it, and nothing is filled in.
Example: `2025-03` followed by `2025-05`.
Fix: add the figure if there is one; a sum over several months is one row with a `span`."),
    ("D016", "Two figures cover the same period.
A span reaches back over an earlier figure, e.g. a total and its parts.
Example: `2025-01` and then `2025-02` with span 2.
Fix: keep either the total or the parts; year-to-date figures have to be differenced first."),
    ("D017", "A span is not a whole number of periods.
A span counts the periods a figure covers: 1 for a month, 2 for January and February together.
Example: `span` of `0` or `1.5`.
Fix: write a whole number from 1 to 120."),
    ("D018", "Rows were not in order of time and were sorted.
Example: `2025-04` above `2025-03`.
Fix: nothing, if the order carries no meaning."),
    ("D020", "Text where a number should be.
Example: `5 thousand`.
Fix: write the number alone, with a point as decimal mark."),
    ("D021", "A thousands separator was taken out.
Commas, blanks or apostrophes that group digits by three are not part of the number.
Example: `\"1,234\"` was read as 1234.
Fix: write `1234`; if `1,234` was meant as a decimal, write `1.234`."),
    ("D022", "A decimal comma was read as a point.
What follows the comma is not a group of three digits, so it can only be a decimal mark.
Example: `\"12,5\"` was read as 12.5.
Fix: write `12.5`."),
    ("D023", "A marker of a missing figure was read as missing.
Example: an empty field, `n/a`, `NaN`, `-`, `..`.
Fix: nothing; or delete the row."),
    ("D024", "A figure is not finite.
Example: `inf`, or `1e999`, which is beyond what a number can hold.
Fix: write the figure, or leave the field empty if it is missing."),
    ("D025", "A flow is negative.
Tonnes, vehicles and gigawatts of a flow cannot be below zero.
Example: `-120` with unit `t`.
Fix: correct the sign. Changes and balances are no flows: leave out the unit, or give an index."),
    ("D030", "A unit is not known.
Example: `tons`.
Fix: use one of t, kg, kt, t REO, USD, USD m, CNY, CNY m, vehicles, million vehicles, MW, GW, percent, share, index, 1, or a quotient such as `CNY/t`."),
    ("D031", "Two units in one series, converted.
They measure the same thing; the unit of the first row holds for all.
Example: `t` and `kg`.
Fix: nothing, or write one unit."),
    ("D032", "Two units in one series that cannot be converted.
They measure different things.
Example: `t` and `USD`.
Fix: give them identifiers of their own."),
    ("D033", "No unit was given.
The figures are read as plain numbers (unit `1`).
Example: a file without a column `unit`.
Fix: add a column `unit`, such as `t` or `USD/kg`."),
    ("D034", "A status is not known.
Known are direct, preliminary, revised, derived, converted, estimated.
Example: `final`.
Fix: write one of these, or leave the field empty (direct)."),
    ("D040", "There is no series of this name.
Example: `re-export-volume` for `re-exports-volume`.
Fix: `monazite data list` prints every identifier."),
    ("D041", "A bundled table does not have the form it should.
This is a fault of the program, not of your data.
Example: a number that does not parse in a file of data/.
Fix: please report it with the message."),
    ("D042", "A series has no season.
Seasonal decomposition and adjustment are of months and quarters.
Example: `decompose stl` of a series of years.
Fix: add figures up to months, or take a monthly series."),
    ("I001", "A file cannot be read.
It is missing, a folder, or not open to you.
Example: a misspelt path.
Fix: check the path and its permissions."),
    ("I002", "A file cannot be written.
Nothing half-written is left behind.
Example: a full disk, or a folder you may not write to.
Fix: name another place with `-o`."),
    ("I003", "The output folder holds files of somebody else.
A run writes only into an empty folder or one that holds its own manifest.
Example: `-o .` in a project folder.
Fix: name a new folder, or `--force`; files that are not ours are never touched."),
    ("L001", "A file is larger than the limit.
Series files are read whole; the limit is 256 MiB.
Example: a tick database.
Fix: aggregate it first, or split it."),
    ("M001", "A series is too short for the model.
A seasonal model needs two full seasons, an ARIMA model at least its differences and parameters.
Example: 18 months and a model with a season of 12.
Fix: add earlier figures, or choose a model without a season (`--model naive`)."),
    ("M002", "A regression cannot be estimated.
Too few rows are left after lags, or columns depend on one another.
Example: a regressor that is constant beside an intercept.
Fix: leave out the regressor the message names."),
    ("M003", "A model did not converge.
The search for the maximum of the likelihood stopped where the slope is not zero. A model that failed is not drawn.
Example: a structural model of a series that is constant.
Fix: try a simpler model."),
    ("M004", "A logarithm of a figure that is not positive.
Models of positive series work in logarithms.
Example: exports of zero in one month.
Fix: leave the figure out if it means missing, or forecast the series in levels."),
    ("M005", "A regressor has no value where the model needs one.
Regressors have to be known over the sample and over the horizon.
Example: vehicle sales to 2026-06 for a forecast to 2027-12.
Fix: extend the regressor over the periods the message names, or leave it out."),
    ("M006", "Regressors cannot be told apart.
One is a combination of the others, of the trend or of the season over this sample.
Example: a pulse in a month that has no figure.
Fix: leave one of them out."),
    ("M007", "The state-space engine refused a model.
Its message says which matrix or figure is at fault.
Example: figures that contradict a sum they belong to.
Fix: please report it with the message."),
    ("M008", "A series does not move.
Every figure is the same, so that no variance can be estimated.
Example: 36 months of 100.
Fix: leave it out, or use `--model naive`."),
    ("M009", "A season is not pinned by the figures.
Some periods of the season never appear in a figure of their own, such as January and February in Chinese customs figures from 2022 on.
Example: every January and February as one row with span 2, and an ARIMA model.
Fix: add a year in which they stand alone, or use `--model structural` or `--model snaive`."),
    ("M010", "The market of a scenario cannot be solved.
Supply and demand did not meet to the tolerance, calibration did not settle, or a parameter is out of its range.
Example: an elasticity with the wrong sign.
Fix: look at the parameter the message names."),
    ("M011", "A model cannot use something the data have.
Regressors, sums over several months or gaps are never left out in silence: the answer would be to another question.
Example: `--model ets` for exports whose January and February come as one figure.
Fix: use `auto`, `arima` or `structural`."),
    ("M012", "A file of fitted models has no model for a series, or a line of it is not a model.
Models are written by `forecast --save`, one line of JSON each, and read by `forecast --load`.
Example: a series that was added to the panel since.
Fix: fit it with `--save`, or leave it out."),
    ("S001", "A study file has a key that is not known.
Nothing is ignored in silence.
Example: `horzion = 24`.
Fix: the message names the nearest key."),
    ("S002", "A value of a study file has the wrong type.
Example: `horizon = \"two years\"`.
Fix: write the type the message names."),
    ("S003", "A study file lacks a key.
Example: a scenario without `title`.
Fix: add the key the message names."),
    ("S004", "A value of a study file is out of range.
A number beyond its limits, a month outside the data, or the name of a scenario or conduct that is not known.
Example: `horizon = 0`, or `until = \"2020-12\"` when the data end in 2026.
Fix: write a value within the range the message names."),
    ("S005", "A study file is not TOML.
Example: a missing quotation mark.
Fix: mend the line shown."),
    ("S006", "A study file contradicts itself.
Two keys cannot both hold.
Example: `paths = 100` together with a stopping rule.
Fix: delete one of the keys the message names."),
    ("S007", "Two shocks of a scenario meet and do not say what they come to.
They act on the same variable, or one of them on a part of what the other acts on, in the same months.
Example: `activity.ev` +30 % and `activity.ev.china` +10 %, both from the first month on.
Fix: write `combine = \"add\"`, `\"multiply\"` or `\"replace\"` into the second one, or let one end before the other starts."),
    ("S008", "A shock does nothing in the months simulated.
It starts after the last of them: the scenario is run, and the shock does not show.
Example: `start = 30` in a study that simulates 22 months.
Fix: let the shock start earlier, or the simulation end later."),
    ("U001", "An argument has a value that is not possible.
Example: `--horizon 0`.
Fix: see `--help` of the command."),
    ("U002", "A name given as an argument is not known.
Example: `--model arma`.
Fix: the message names the nearest one."),
    ("U003", "Two arguments exclude each other.
Example: `--quiet` with `--verbose`.
Fix: leave one out."),
    ("U004", "What is asked for is not built yet.
The command line knows the word so that scripts need not change when it is.
Example: `monazite simulate --fidelity l2`.
Fix: leave it out; the message names what there is in its place."),
];

/// What a code means, in a paragraph with an example and a fix; upper or lower case.
///
/// ```
/// assert!(monazite::diagnostic::explain("D014").is_some_and(|text| text.starts_with("A period appears twice")));
/// ```
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, text)| *text)
}

/// Every code, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::explain;

    /// Every source file below `folder` but those of tests.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() {
                sources(&path, found);
            } else if !name.ends_with("tests")
                && name != "codes"
                && path.extension() == Some("rs".as_ref())
            {
                found.push(path);
            }
        }
    }

    /// Every text of the form `"X123"`: a letter and three digits between quotation marks.
    fn codes_in(text: &str) -> impl Iterator<Item = &str> {
        text.as_bytes().windows(6).enumerate().filter_map(|(at, window)| {
            let code = window[0] == b'"'
                && window[1].is_ascii_uppercase()
                && window[2..5].iter().all(u8::is_ascii_digit)
                && window[5] == b'"';
            code.then(|| &text[at + 1..at + 5])
        })
    }

    #[test]
    fn every_code_in_the_sources_is_explained() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut used = BTreeMap::new();
        for file in &files {
            let text = fs::read_to_string(file).unwrap();
            // Unit tests stand at the end of a file and may make codes up.
            let program = text.split("#[cfg(test)]").next().unwrap_or_default();
            for code in codes_in(program) {
                used.insert(code.to_owned(), file.display().to_string());
            }
        }
        assert!(used.contains_key("S001") && used.contains_key("I003"), "{used:?}");
        let unexplained: Vec<_> = used.iter().filter(|(code, _)| explain(code).is_none()).collect();
        assert!(unexplained.is_empty(), "{unexplained:?}");
    }
}
