//! The results folder of a study: report, charts, tables, long CSVs, manifest.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::contents::document;
use super::html;
use crate::chart::{ChartError, Figure};
use crate::data::bundled_files;
use crate::diagnostic::Diagnostic;
use crate::output::{Input, Manifest, PROGRAM, RunFolder, json_bytes, sha256};
use crate::study::forecast::forecast_csv;
use crate::study::run::Results;
use crate::study::scenarios::Provenance;
use crate::study::simulate::QUANTILES;
use crate::study::spec::Study;

/// Writes everything a study found into `root`; the manifest, written last, completes the folder. `say` is told what a
/// reader of the charts should know, such as characters that the font lacks.
///
/// # Errors
/// `I002` or `I003` if the folder cannot be used, `C001` if a chart cannot be drawn.
pub fn write_report(
    study: &Study,
    results: &Results,
    root: &Path,
    force: bool,
    run: &serde_json::Value,
    say: &dyn Fn(&str),
) -> Result<PathBuf, Diagnostic> {
    // Everything is made before anything is written.
    let document = document(results)?;
    let page = html(&document).map_err(|e| fault("report.html", &e))?;
    let pictures: Vec<(&Figure, Vec<u8>)> = document
        .figures()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|figure| figure.png().map(|png| (figure, png)).map_err(|e| fault(&figure.id, &e)))
        .collect::<Result<_, _>>()?;
    for (figure, _) in &pictures {
        for warning in &figure.warnings {
            say(&format!("note: chart {}: {warning}", figure.id));
        }
    }
    let forecasts = forecasts_csv(results)?;
    let simulations = simulation_csv(results)?;
    let parameters = json_bytes(&results.calibration.rows())?;
    let mut folder = RunFolder::open(root, force)?;
    folder.write("report.html", page.as_bytes())?;
    for (figure, png) in &pictures {
        let name = |ending: &str| format!("charts/{}.{ending}", figure.id);
        folder.write(&name("svg"), figure.svg.as_bytes())?;
        folder.write(&name("png"), png)?;
        folder.write(&name("csv"), figure.csv.as_bytes())?;
        folder.write(&name("alt.txt"), figure.alt.as_bytes())?;
    }
    for table in document.tables() {
        let name = |ending: &str| format!("tables/{}.{ending}", table.id);
        let csv = table.csv().map_err(|e| {
            Diagnostic::error("I002", format!("table `{}` cannot be written as CSV: {e}", table.id))
        })?;
        folder.write(&name("csv"), csv.as_bytes())?;
        folder.write(&name("md"), table.markdown().as_bytes())?;
        folder.write(&name("tex"), table.latex().as_bytes())?;
    }
    folder.write("forecast.csv", forecasts.as_bytes())?;
    folder.write("simulation.csv", simulations.as_bytes())?;
    folder.write("parameters.json", &parameters)?;
    folder.write_run(run)?;
    folder.finish(manifest(study)?)
}

fn fault(what: &str, e: &ChartError) -> Diagnostic {
    Diagnostic::error("C001", format!("{what}: {e}"))
}

/// Forecasts of every model of every series.
fn forecasts_csv(results: &Results) -> Result<String, Diagnostic> {
    let all: Vec<_> = results
        .forecasts
        .iter()
        .flat_map(|series| series.models.iter().map(|m| (m.model.name(), &m.forecast)))
        .collect();
    forecast_csv(&all, &[])
}

/// Every world month by month: mean and quantiles over paths.
fn simulation_csv(results: &Results) -> Result<String, Diagnostic> {
    let cannot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("I002", format!("simulation.csv cannot be written: {e}"))
    };
    let fixed = ["scenario", "conduct", "ds", "variable", "unit", "mean"].map(str::to_owned);
    let header: Vec<String> =
        fixed.into_iter().chain(QUANTILES.iter().map(|q| format!("q{q}"))).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).map_err(|e| cannot(&e))?;
    for row in &results.simulation.rows {
        let mut record = vec![
            row.scenario.clone(),
            row.conduct.to_string(),
            row.month.to_string(),
            row.variable.clone(),
            row.unit.to_owned(),
            row.mean.to_string(),
        ];
        record.extend(row.quantiles.iter().map(f64::to_string));
        writer.write_record(&record).map_err(|e| cannot(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| cannot(&e))?;
    String::from_utf8(bytes).map_err(|e| cannot(&e))
}

/// What the run was made from: options, seed and hashes of every bundled table, of the study file and of its
/// scenarios.
fn manifest(study: &Study) -> Result<Manifest, Diagnostic> {
    let mut inputs: Vec<Input> = bundled_files()
        .map(|(name, text)| Input {
            name: format!("bundled:{name}"),
            sha256: sha256(text.as_bytes()),
            to: None,
        })
        .collect();
    inputs.push(Input {
        name: "study.toml".into(),
        sha256: sha256(study.text.as_bytes()),
        to: None,
    });
    for source in study.scenarios.sources() {
        if source.provenance == Provenance::File {
            inputs.push(Input {
                name: format!("scenario:{}", source.scenario.id),
                sha256: sha256(source.text.as_bytes()),
                to: None,
            });
        }
    }
    let options = serde_json::to_value(&study.spec)
        .map_err(|e| Diagnostic::error("I002", format!("the study cannot be written: {e}")))?;
    Ok(Manifest {
        program: PROGRAM.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: "report".into(),
        seed: study.spec.seed,
        options,
        inputs,
        outputs: indexmap::IndexMap::new(),
    })
}
