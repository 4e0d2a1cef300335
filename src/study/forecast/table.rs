//! Forecasts as the long CSV of the forecasting world: `unique_id,ds,model,mean,q0.025,…,q0.975`.

use indexmap::IndexMap;
use monazite_forecast::{Forecast, ForecastError, QUANTILES};
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

/// Forecasts under the names of their models, as CSV text; numbers have the fewest digits that round-trip.
///
/// # Errors
/// `I002` if a row cannot be written, `M007` if a path is not finite.
pub fn forecast_csv(forecasts: &[(&str, &Forecast)], levels: &[f64]) -> Result<String, Diagnostic> {
    let probabilities = probabilities(levels);
    let cannot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("I002", format!("cannot be written as CSV: {e}"))
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header(&probabilities)).map_err(|e| cannot(&e))?;
    for (model, forecast) in forecasts {
        for h in 0..forecast.horizon() {
            let mut record = vec![
                forecast.id().to_owned(),
                forecast.first_period().plus(h as i64).to_string(),
                (*model).to_owned(),
                forecast.mean(h).to_string(),
            ];
            let quantiles = forecast.quantiles(h, &probabilities);
            let quantiles = quantiles.map_err(|e: ForecastError| super::model_diagnostic(&e))?;
            record.extend(quantiles.iter().map(f64::to_string));
            writer.write_record(&record).map_err(|e| cannot(&e))?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| cannot(&e))?;
    String::from_utf8(bytes).map_err(|e| cannot(&e))
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
    /// The periods.
    pub periods: Vec<ForecastPeriod>,
}

/// One period of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastPeriod {
    /// The period.
    pub ds: String,
    /// Mean.
    pub mean: f64,
    /// Quantiles by their probability.
    pub quantiles: IndexMap<String, f64>,
}

/// Forecasts under the names of their models, as objects for `--json`.
///
/// # Errors
/// `M007` if a path is not finite.
pub fn forecast_json(
    forecasts: &[(&str, &Forecast)],
    levels: &[f64],
) -> Result<Vec<ForecastObject>, Diagnostic> {
    let probabilities = probabilities(levels);
    let period = |forecast: &Forecast, h: usize| -> Result<ForecastPeriod, Diagnostic> {
        let values = forecast.quantiles(h, &probabilities);
        let values = values.map_err(|e| super::model_diagnostic(&e))?;
        Ok(ForecastPeriod {
            ds: forecast.first_period().plus(h as i64).to_string(),
            mean: forecast.mean(h),
            quantiles: probabilities.iter().map(f64::to_string).zip(values).collect(),
        })
    };
    forecasts
        .iter()
        .map(|(model, forecast)| {
            Ok(ForecastObject {
                unique_id: forecast.id().to_owned(),
                model: (*model).to_owned(),
                form: forecast.model().to_owned(),
                unit: forecast.unit().to_string(),
                periods: (0..forecast.horizon())
                    .map(|h| period(forecast, h))
                    .collect::<Result<_, _>>()?,
            })
        })
        .collect()
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
