//! Series made by known processes, and how often intervals of the model that made them contain what comes.

use monazite_forecast::{
    Arima, Fitted, ForecastError, Forecaster, Regressors, Sample, Scale, Structural,
};
use monazite_series::{Aggregation, Period, Series};
use monazite_stochastic::{Key, Purpose, Stream};

/// Figures a series has.
const N: usize = 120;
/// Steps forecast.
const HORIZON: usize = 12;

/// A process that makes series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Process {
    /// `Δy = e − .5 e₋₁`.
    Ima,
    /// `y − 10 = .7 (y₋₁ − 10) + e`.
    Ar1,
    /// `ΔΔ₁₂ y` of moving averages −.4 and −.6.
    Airline,
    /// Level and slope that move, a season that moves, noise.
    Structural,
}

impl Process {
    pub(crate) const ALL: [Self; 4] = [Self::Ima, Self::Ar1, Self::Airline, Self::Structural];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ima => "IMA(1,1), θ = −.5",
            Self::Ar1 => "AR(1) with mean, φ = .7",
            Self::Airline => "airline, θ = −.4, Θ = −.6",
            Self::Structural => "local linear trend with seasonal",
        }
    }

    /// A series and what follows it.
    fn draw(self, z: &mut Stream) -> Vec<f64> {
        let n = N + HORIZON;
        match self {
            Self::Ima => {
                let (mut y, mut before) = (50.0, z.normal());
                (0..n)
                    .map(|_| {
                        let e = z.normal();
                        y += e - 0.5 * before;
                        before = e;
                        y
                    })
                    .collect()
            }
            Self::Ar1 => {
                let mut x = z.normal() / (1.0 - 0.49_f64).sqrt();
                (0..n)
                    .map(|_| {
                        x = 0.7 * x + z.normal();
                        10.0 + x
                    })
                    .collect()
            }
            Self::Airline => airline(n, z),
            Self::Structural => trend_and_season(n, z),
        }
    }

    /// Median and the ends of the 80 and 95 % intervals of each step, by the model that made the series.
    fn intervals(self, figures: &[f64]) -> Result<Vec<[f64; 4]>, ForecastError> {
        let first: Period = "2010-01".parse().unwrap();
        let series =
            Series::from_values("x", "index".parse().unwrap(), Aggregation::Mean, first, figures)?;
        let sample = Sample::new(series, Scale::Level, Regressors::none())?;
        let forecast = match self {
            Self::Ima => Arima::new(0, 1, 1).fit(&sample)?.forecast(HORIZON, 0, 1)?,
            Self::Ar1 => Arima::new(1, 0, 0).fit(&sample)?.forecast(HORIZON, 0, 1)?,
            Self::Airline => Arima::airline(12).fit(&sample)?.forecast(HORIZON, 0, 1)?,
            Self::Structural => Structural::basic(12).fit(&sample)?.forecast(HORIZON, 0, 1)?,
        };
        (0..HORIZON)
            .map(|h| {
                let q = forecast.quantiles(h, &[0.025, 0.1, 0.9, 0.975])?;
                Ok([q[0], q[1], q[2], q[3]])
            })
            .collect()
    }
}

fn airline(n: usize, z: &mut Stream) -> Vec<f64> {
    let burn = 13;
    let e: Vec<f64> = (0..n + burn).map(|_| z.normal()).collect();
    let mut y: Vec<f64> = Vec::with_capacity(n);
    for t in 0..n {
        let at = t + burn;
        let w = e[at] - 0.4 * e[at - 1] - 0.6 * e[at - 12] + 0.24 * e[at - 13];
        let lag = |k: usize| if t >= k { y[t - k] } else { 0.0 };
        let start = if t < 13 { 3.0 * (t as f64 * std::f64::consts::PI / 6.0).sin() } else { 0.0 };
        y.push(if t < 13 { start + e[at] } else { w + lag(1) + lag(12) - lag(13) });
    }
    y
}

fn trend_and_season(n: usize, z: &mut Stream) -> Vec<f64> {
    let mut level = 100.0;
    let mut slope = 0.2;
    let mut season: Vec<f64> =
        (0..12).map(|i| 4.0 * (f64::from(i) * std::f64::consts::PI / 6.0).sin()).collect();
    (0..n)
        .map(|_| {
            let y = level + season[11] + z.normal();
            level += slope + 0.5 * z.normal();
            slope += 0.03 * z.normal();
            let next = -season[1..].iter().sum::<f64>() + 0.15 * z.normal();
            season.rotate_left(1);
            season[11] = next;
            y
        })
        .collect()
}

/// Shares of the figures inside 80 and 95 % intervals, and the series whose model failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coverage {
    pub(crate) c80: f64,
    pub(crate) c95: f64,
    pub(crate) n_series: usize,
    pub(crate) failures: usize,
}

/// Coverage over `n_series` series of a process.
pub(crate) fn coverage(process: Process, n_series: usize, seed: u64) -> Coverage {
    let (mut in80, mut in95, mut n, mut failures) = (0, 0, 0, 0);
    for series_idx in 0..n_series as u64 {
        let purpose = Purpose::named(process.name());
        let mut stream = Key::new(seed).stream(series_idx, purpose);
        let figures = process.draw(&mut stream);
        let Ok(intervals) = process.intervals(&figures[..N]) else {
            failures += 1;
            continue;
        };
        for (y, [lo95, lo80, hi80, hi95]) in figures[N..].iter().zip(intervals) {
            n += 1;
            in80 += usize::from(lo80 <= *y && *y <= hi80);
            in95 += usize::from(lo95 <= *y && *y <= hi95);
        }
    }
    let share = |k: usize| k as f64 / f64::from(n);
    Coverage { c80: share(in80), c95: share(in95), n_series, failures }
}
