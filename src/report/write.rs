//! The results folder of a study: report, charts, tables, long CSVs, manifest.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::contents::document;
use super::html;
use crate::chart::{ChartError, Figure};
use crate::diagnostic::Diagnostic;
use crate::output::{RunFolder, json_bytes};
use crate::study::forecast::forecast_csv;
use crate::study::manifest::{manifest, resolved};
use crate::study::run::Results;
use crate::study::simulate::simulation_csv;
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
    let simulations = simulation_csv(&results.simulation.rows)?;
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
    folder.finish(manifest("report", study, resolved(study)?))
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
