//! Fitted models put away as JSON and read again: the same bytes on the same data, no search on newer data.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod data;

use monazite_forecast::{
    Arima, Ets, FixedArima, Forecast, Forecaster, Model, Recalibrated, Regressor, Regressors,
    Sample, SavedModel, Scale, Structural, Theta, Transform,
};
use monazite_series::{Aggregation, Observation, Period, Series};

fn month(text: &str) -> Period {
    text.parse().unwrap()
}

fn sample(values: &[f64], scale: Scale) -> Sample {
    let unit = "t".parse().unwrap();
    let series =
        Series::from_values("x", unit, Aggregation::Sum, month("1949-01"), values).unwrap();
    Sample::new(series, scale, Regressors::none()).unwrap()
}

/// Air passengers with a sum of two months and a step.
fn awkward() -> Sample {
    let mut published: Vec<Observation> = (data::AIR_PASSENGERS[..110].iter().enumerate())
        .filter(|(t, _)| *t != 60 && *t != 61)
        .map(|(t, y)| Observation::new(month("1949-01").plus(t as i64), *y))
        .collect();
    let total = data::AIR_PASSENGERS[60] + data::AIR_PASSENGERS[61];
    published.push(Observation::spanning(month("1954-02"), 2, total));
    let series = Series::new("x", "t".parse().unwrap(), Aggregation::Sum, published).unwrap();
    let step = Regressors::none().with("step", Regressor::Step { from: month("1956-01") });
    Sample::new(series, Scale::Log, step).unwrap()
}

fn bits(forecast: &Forecast) -> Vec<u64> {
    let quantiles = (0..forecast.horizon())
        .flat_map(|h| [0.025, 0.5, 0.9].map(|p| forecast.quantile(h, p).unwrap().to_bits()));
    let means = (0..forecast.horizon()).map(|h| forecast.mean(h).to_bits());
    let paths: Vec<u64> = forecast.paths().iter().map(|y| y.to_bits()).collect();
    quantiles.chain(means).chain(paths).collect()
}

#[track_caller]
fn comes_back(model: &Model, sample: &Sample) -> SavedModel {
    let fit = model.fit(sample).unwrap();
    let saved = SavedModel::of(fit.as_ref(), sample).unwrap();
    let text = serde_json::to_string(&saved).unwrap();
    let read: SavedModel = serde_json::from_str(&text).unwrap();
    assert_eq!(read, saved);
    let again = read.fit(sample).unwrap();
    assert_eq!(again.form(), fit.form());
    assert_eq!(again.members(), fit.members());
    let (before, after) = (fit.forecast(14, 60, 5).unwrap(), again.forecast(14, 60, 5).unwrap());
    assert_eq!(bits(&before), bits(&after), "{}", fit.form());
    assert_eq!(before, after);
    // What was read can be put away again.
    assert_eq!(SavedModel::of(again.as_ref(), sample), Some(read));
    saved
}

#[test]
fn every_model_comes_back_on_a_complete_sample() {
    for scale in [Scale::Log, Scale::Level] {
        let sample = sample(&data::AIR_PASSENGERS, scale);
        for name in Model::NAMES {
            comes_back(&Model::named(name, 12).unwrap(), &sample);
        }
    }
}

#[test]
fn forms_that_were_given_come_back() {
    let sample = sample(&data::AIR_PASSENGERS, Scale::Log);
    let transform = Transform::BoxCox(0.3);
    let fixed = FixedArima { transform, ..FixedArima::new(Arima::airline(12)) };
    for model in [
        Model::FixedArima(fixed),
        Model::Theta(Theta::optimised(12).on(transform)),
        Model::Theta(Theta { alpha: Some(0.3), ..Theta::dynamic_optimised(12) }),
        Model::Ets(Ets { damped: Some(true), ..Ets::auto(12) }),
        Model::Recalibrated(Recalibrated::new(Model::named("snaive", 12).unwrap(), 12)),
    ] {
        comes_back(&model, &sample);
    }
}

#[test]
fn every_model_that_can_comes_back_on_an_awkward_sample() {
    let sample = awkward();
    for name in ["auto", "arima", "structural", "snaive"] {
        comes_back(&Model::named(name, 12).unwrap(), &sample);
    }
}

/// Parameters of eleven years on twelve: the states have moved on, α has not.
#[test]
fn newer_data_are_met_with_old_parameters() {
    let old = sample(&data::AIR_PASSENGERS[..132], Scale::Log);
    let new = sample(&data::AIR_PASSENGERS, Scale::Log);
    for name in ["ets", "theta", "ces", "arima", "structural", "auto"] {
        let model = Model::named(name, 12).unwrap();
        let fit = model.fit(&old).unwrap();
        let saved = SavedModel::of(fit.as_ref(), &old).unwrap();
        let on = saved.fit(&new).unwrap();
        let forecast = on.forecast(12, 0, 1).unwrap();
        assert_eq!(forecast.first_period(), month("1961-01"));
        let own = model.fit(&new).unwrap().forecast(12, 0, 1).unwrap();
        for h in 0..12 {
            let gap = (forecast.quantile(h, 0.5).unwrap() / own.quantile(h, 0.5).unwrap()).ln();
            assert!(gap.abs() < 0.06, "{name} {h} {gap}");
        }
        if let (Some(before), Some(after)) = (fit.report(), on.report())
            && let (Some(a), Some(b)) = (before.parameter("alpha"), after.parameter("alpha"))
        {
            assert_eq!(a.value.to_bits(), b.value.to_bits(), "{name}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let whole = sample(&data::AIR_PASSENGERS, Scale::Log);
    let fit = Model::named("ets", 12).unwrap().fit(&whole).unwrap();
    let saved = SavedModel::of(fit.as_ref(), &whole).unwrap();
    let later = whole.target().window(month("1950-01"), month("1960-12")).unwrap();
    let later = Sample::new(later, Scale::Log, Regressors::none()).unwrap();
    let error = saved.fit(&later).unwrap_err().to_string();
    assert!(error.contains("1949-01") && error.contains("1950-01"), "{error}");
    let airline = Model::Structural(Structural::basic(12)).fit(&whole).unwrap();
    let text = serde_json::to_string(&SavedModel::of(airline.as_ref(), &whole)).unwrap();
    let parameters = text.find("\"parameters\":[").unwrap() + "\"parameters\":[".len();
    let comma = text[parameters..].find(',').unwrap() + parameters + 1;
    let shorter = format!("{}{}", &text[..parameters], &text[comma..]);
    let saved: SavedModel = serde_json::from_str(&shorter).unwrap();
    assert!(saved.fit(&whole).unwrap_err().to_string().contains("parameters to be read"));
    let changed = Structural::basic(12).fit(&whole).unwrap().at_estimates();
    assert!(SavedModel::of(&changed, &whole).is_none());
}
