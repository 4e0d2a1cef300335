//! Forecasts as the long CSV of the forecasting world: `unique_id,ds,model,mean,q0.025,…,q0.975`.

use indexmap::IndexMap;
use monazite_forecast::{Forecast, ForecastError, Member, QUANTILES};
use serde::Serialize;

use crate::diagnostic::Diagnostic;

/// The header; quantile columns are the same for every forecast, `levels` of intervals add to them.
fn header(probabilities: &[f64]) -> Vec<String> {
    let fixed = ["unique_id", "ds", "model", "mean"].map(str::to_owned);
    fixed.into_iter().chain(probabilities.iter().map(|p| format!("q{p}"))).collect()
}

/// The probabilities of the fixed columns and of intervals of the given levels (per cent), in order.
pub fn probabilities(levels: &[f64]) -> Vec<f64> {
    let mut all = QUANTILES.to_vec();
    for level in levels {
        // Rounded, so that the 95 % interval is that of the columns q0.025 and q0.975.
        let tail = (1e6 * (0.5 - level / 200.0)).round() / 1e6;
        all.extend([tail, (1e6 * (1.0 - tail)).round() / 1e6]);
    }
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Which number the column `mean` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Point {
    /// The mean on the scale of the model, taken back: in logarithms a median, as R's `forecast` has it.
    #[default]
    Back,
    /// The mean of the figure, adjusted for the bias of the transformation.
    Adjusted,
}

impl Point {
    /// The number for the step `h`, from 0.
    pub fn of(self, forecast: &Forecast, h: usize) -> f64 {
        match self {
            Self::Back => forecast.point(h),
            Self::Adjusted => forecast.mean(h),
        }
    }
}

fn cannot(e: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error("I002", format!("cannot be written as CSV: {e}"))
}

/// Records as CSV text.
fn csv_of(records: impl Iterator<Item = Vec<String>>) -> Result<String, Diagnostic> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).map_err(|e| cannot(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| cannot(&e))?;
    String::from_utf8(bytes).map_err(|e| cannot(&e))
}

/// The header of forecasts as CSV.
///
/// # Errors
/// `I002`.
pub fn forecast_csv_header(levels: &[f64]) -> Result<String, Diagnostic> {
    csv_of(std::iter::once(header(&probabilities(levels))))
}

/// Rows of a forecast under the name of its model, as CSV; numbers have the fewest digits that round-trip.
///
/// # Errors
/// `I002` if a row cannot be written.
pub fn forecast_csv_rows(
    model: &str,
    forecast: &Forecast,
    levels: &[f64],
    point: Point,
) -> Result<String, Diagnostic> {
    let probabilities = probabilities(levels);
    let mut records = Vec::with_capacity(forecast.horizon());
    for h in 0..forecast.horizon() {
        let mut record = vec![
            forecast.id().to_owned(),
            forecast.first_period().plus(h as i64).to_string(),
            model.to_owned(),
            point.of(forecast, h).to_string(),
        ];
        let quantiles = forecast.quantiles(h, &probabilities);
        let quantiles = quantiles.map_err(|e: ForecastError| super::model_diagnostic(&e))?;
        record.extend(quantiles.iter().map(f64::to_string));
        records.push(record);
    }
    csv_of(records.into_iter())
}

/// The header of joint sample paths.
pub const SAMPLES_HEADER: &str = "unique_id,ds,model,sample,y\n";

/// Joint sample paths of a forecast as long CSV, numbered from 1.
///
/// # Errors
/// `I002` if a row cannot be written.
pub fn samples_csv_rows(model: &str, forecast: &Forecast) -> Result<String, Diagnostic> {
    let rows = forecast.paths().rows().into_iter().enumerate().flat_map(|(sample, path)| {
        let record = move |(h, y): (usize, f64)| {
            vec![
                forecast.id().to_owned(),
                forecast.first_period().plus(h as i64).to_string(),
                model.to_owned(),
                (sample + 1).to_string(),
                y.to_string(),
            ]
        };
        path.to_vec().into_iter().enumerate().map(record)
    });
    csv_of(rows)
}

/// Forecasts under the names of their models, as CSV text.
///
/// # Errors
/// `I002` if a row cannot be written.
pub fn forecast_csv(forecasts: &[(&str, &Forecast)], levels: &[f64]) -> Result<String, Diagnostic> {
    let mut text = forecast_csv_header(levels)?;
    for (model, forecast) in forecasts {
        text += &forecast_csv_rows(model, forecast, levels, Point::default())?;
    }
    Ok(text)
}

/// One forecast as an object: what was asked for, the form it took, and its periods.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastObject {
    /// The series.
    pub unique_id: String,
    /// The model asked for.
    pub model: String,
    /// The form it took.
    pub form: String,
    /// Unit of every figure.
    pub unit: String,
    /// What a combination is made of and why; nothing else has members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// The periods.
    pub periods: Vec<ForecastPeriod>,
}

/// One period of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastPeriod {
    /// The period.
    pub ds: String,
    /// Point forecast.
    pub mean: f64,
    /// Quantiles by their probability.
    pub quantiles: IndexMap<String, f64>,
}

/// A forecast under the name of its model, as an object for `--json`.
///
/// # Errors
/// `M007` if a quantile is refused.
pub fn forecast_object(
    model: &str,
    form: &str,
    members: &[Member],
    forecast: &Forecast,
    levels: &[f64],
    point: Point,
) -> Result<ForecastObject, Diagnostic> {
    let probabilities = probabilities(levels);
    let period = |h: usize| -> Result<ForecastPeriod, Diagnostic> {
        let values = forecast.quantiles(h, &probabilities);
        let values = values.map_err(|e| super::model_diagnostic(&e))?;
        Ok(ForecastPeriod {
            ds: forecast.first_period().plus(h as i64).to_string(),
            mean: point.of(forecast, h),
            quantiles: probabilities.iter().map(f64::to_string).zip(values).collect(),
        })
    };
    Ok(ForecastObject {
        unique_id: forecast.id().to_owned(),
        model: model.to_owned(),
        form: form.to_owned(),
        unit: forecast.unit().to_string(),
        members: members.to_vec(),
        periods: (0..forecast.horizon()).map(period).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_add_columns_and_repeat_none() {
        let header = header(&probabilities(&[80.0, 95.0, 99.0]));
        assert_eq!(header.len(), 4 + QUANTILES.len() + 2);
        assert_eq!((header[4].as_str(), header[18].as_str()), ("q0.005", "q0.995"));
    }
}
