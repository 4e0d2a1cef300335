//! CPU milliseconds a series of our forecasting models on one thread, for benches/peers/run to set beside the peers'.
//!
//! `cargo bench --bench forecast -- [TRAIN.csv [MODEL…]]` prints `peer,model,series,cpu_ms_per_series`. TRAIN is long
//! monthly CSV; without it only the fixed airline model is timed. Every model is fitted and its quantiles are computed,
//! 18 months ahead. Wall time on one thread, which is CPU time where nothing else runs.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use monazite_forecast::{Arima, ArimaEstimate, Model, QUANTILES, Regressors, Sample, Scale};
use monazite_series::{Aggregation, Period, Series, days_of_week};

const HORIZON: usize = 18;
const MODELS: [&str; 5] = ["ets", "arima", "dot", "ces", "auto"];
const REPEATS: usize = 200;

/// R 4.2 `datasets::AirPassengers`.
const AIR_PASSENGERS: &str = "112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140 145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337 360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    println!("peer,model,series,cpu_ms_per_series");
    airline();
    let Some(path) = arguments.first() else { return };
    let samples = samples(path);
    let wanted: Vec<&str> = if arguments.len() > 1 {
        arguments[1..].iter().map(String::as_str).collect()
    } else {
        MODELS.to_vec()
    };
    for name in wanted {
        let model = Model::named(name, 12).unwrap();
        let start = Instant::now();
        for sample in &samples {
            let forecast = model.fit(sample).unwrap().forecast(HORIZON, 0, 1).unwrap();
            for h in 0..HORIZON {
                black_box((forecast.point(h), forecast.quantiles(h, &QUANTILES).unwrap()));
            }
        }
        let ms = 1e3 * start.elapsed().as_secs_f64() / samples.len() as f64;
        println!("monazite,{name},{},{ms:.3}", samples.len());
    }
}

/// A fixed airline model on log `AirPassengers`, without and with six regressors: fit, standard errors, 12 months ahead.
fn airline() {
    let y: Vec<f64> = AIR_PASSENGERS.split(' ').map(|v| v.parse::<f64>().unwrap().ln()).collect();
    let first: Period = "1949-01".parse().unwrap();
    let weekdays = |ahead: usize| -> Vec<Vec<f64>> {
        (0..6)
            .map(|day| {
                first
                    .run(y.len() + ahead)
                    .map(|p| {
                        let n = days_of_week(p);
                        f64::from(n[day]) - f64::from(n[6])
                    })
                    .collect()
            })
            .collect()
    };
    for (name, columns) in [("airline", Vec::new()), ("airline with six regressors", weekdays(12))]
    {
        let past: Vec<Vec<f64>> = columns.iter().map(|c| c[..y.len()].to_vec()).collect();
        let future: Vec<Vec<f64>> = columns.iter().map(|c| c[y.len()..].to_vec()).collect();
        let start = Instant::now();
        for _ in 0..REPEATS {
            let estimate = ArimaEstimate::of(Arima::airline(12), &y, false, &past).unwrap();
            black_box(estimate.predict(12, &future).unwrap());
        }
        let ms = 1e3 * start.elapsed().as_secs_f64() / REPEATS as f64;
        println!("monazite,{name},1,{ms:.3}");
    }
}

fn samples(path: &str) -> Vec<Sample> {
    let mut all: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap().lines().skip(1) {
        let mut fields = line.split(',');
        let (id, ds) = (fields.next().unwrap(), fields.next().unwrap());
        let y = fields.next().unwrap().parse().unwrap();
        all.entry(id.to_owned()).or_default().insert(ds.to_owned(), y);
    }
    let sample = |(id, figures): (String, BTreeMap<String, f64>)| {
        let first: Period = figures.keys().next().unwrap().parse().unwrap();
        let values: Vec<f64> = figures.into_values().collect();
        let unit = "index".parse().unwrap();
        let series = Series::from_values(&id, unit, Aggregation::Mean, first, &values).unwrap();
        let positive = values.iter().all(|y| *y > 0.0);
        let scale = if positive { Scale::Log } else { Scale::Level };
        Sample::new(series, scale, Regressors::none()).unwrap()
    };
    all.into_iter().map(sample).collect()
}
