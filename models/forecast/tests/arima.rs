//! Fast seasonal ARIMA and its automatic choice.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]
mod data;
use monazite_forecast::*;
#[test]
fn scratch() {
    let logs: Vec<f64> = data::AIR_PASSENGERS.iter().map(|y| y.ln()).collect();
    let t = std::time::Instant::now();
    let fit = ArimaEstimate::of(Arima::airline(12), &logs, false, &[]).unwrap();
    println!("{:?} {} {:?} {}", t.elapsed(), fit.log_likelihood(), fit.parameters(), fit.aicc());
    println!("{:?}", ocsb(&data::AIR_PASSENGERS, 12, 0));
    println!("{:?}", ocsb(&data::AIR_PASSENGERS, 12, 3));
    println!("{:?}", seasonal_strength(&data::AIR_PASSENGERS, 12));
}
