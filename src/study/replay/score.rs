//! Scores of every figure under every forecast: CRPS and forecast percentile.

use std::fmt;

use monazite_forecast::score::{crps_draws, crps_marginal, pit_of_draws};
use monazite_stochastic::{Draws, Key, Purpose, quantiles};
use serde::Serialize;

use super::benchmarks::{Benchmark, Benchmarks, Predictive};
use super::market::ReplayMarket;
use super::noise::MonthlyNoise;
use super::runs::{FIT_MONTHS, PathMonths, Runs};
use super::targets::{Quantity, Target};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::simulate::refused;

const NOISE: Purpose = Purpose::named("replay: monthly noise");

/// A forecast that is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forecaster {
    /// Replay A.
    A,
    /// The market of A without the control.
    NoControl,
    /// The year before, or the last quote; data to March.
    NoChange,
    /// `auto` on data to March.
    Auto,
    /// Replay B.
    B,
    /// As no change, data to June.
    NoChangeJune,
    /// `auto` on data to June.
    AutoJune,
}

impl Forecaster {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::A,
        Self::NoControl,
        Self::NoChange,
        Self::Auto,
        Self::B,
        Self::NoChangeJune,
        Self::AutoJune,
    ];

    /// Whether it knows April to June.
    pub const fn knows_june(self) -> bool {
        matches!(self, Self::B | Self::NoChangeJune | Self::AutoJune)
    }
}

impl fmt::Display for Forecaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "A",
            Self::NoControl => "no control",
            Self::NoChange => "no change",
            Self::Auto => "auto",
            Self::B => "B",
            Self::NoChangeJune => "no change (June)",
            Self::AutoJune => "auto (June)",
        })
    }
}

/// A figure under a forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Of what.
    pub quantity: Quantity,
    /// Month, span or day.
    pub when: String,
    /// Last month it covers, from 0.
    #[serde(skip)]
    pub last: usize,
    /// Unit of what follows.
    pub unit: &'static str,
    /// The figure.
    pub observed: f64,
    /// The forecast.
    pub forecast: Forecaster,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub median: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// Continuous ranked probability score.
    pub crps: f64,
    /// Share of the distribution below the figure.
    pub percentile: f64,
    /// Draws; none of a distribution in closed form.
    pub draws: Option<usize>,
    /// Publisher of the figure.
    pub source: String,
}

/// What turns simulated months into figures.
#[derive(Debug, Clone, Copy)]
pub struct Measurement {
    /// Noise of a month.
    pub noise: MonthlyNoise,
    /// Factor on simulated value.
    pub value_factor: f64,
    /// Last quotes of Dy and Tb before April, CNY/kg.
    pub quotes: [f64; 2],
    draws: Draws,
}

impl Measurement {
    /// Of a market.
    pub fn new(market: &ReplayMarket, noise: MonthlyNoise, quotes: [f64; 2]) -> Self {
        let draws = Key::new(market.basis().spec().seed).draws(NOISE);
        Self { noise, value_factor: market.value_factor(), quotes, draws }
    }

    /// A month of a quantity on a path, from 0; noise is that of the path, whatever the world.
    pub fn month(&self, quantity: Quantity, path: &PathMonths, idx: usize, t: usize) -> f64 {
        let factor =
            |sd: f64, which: u32| (sd * self.draws.at(idx as u64, t as u32, which).normal()).exp();
        match quantity {
            Quantity::Magnets => path.magnets[t] * factor(self.noise.magnets, 0),
            Quantity::Value => {
                1e-6 * self.value_factor * path.value[t] * factor(self.noise.value, 1)
            }
            Quantity::Dysprosium => self.quotes[0] * path.heavy_price[t],
            Quantity::Terbium => self.quotes[1] * path.heavy_price[t],
        }
    }

    /// The figure on every path.
    pub fn figure(&self, target: &Target, paths: &[PathMonths]) -> Vec<f64> {
        let one = |(idx, path): (usize, &PathMonths)| {
            let months = target.first..=target.last();
            target.known_part
                + months.map(|t| self.month(target.quantity, path, idx, t)).sum::<f64>()
        };
        paths.iter().enumerate().map(one).collect()
    }
}

/// Scores of all figures under all forecasts that are there.
///
/// # Errors
/// `D041` or `M010` if a forecast cannot be read.
pub fn scores(
    targets: &[Target],
    (runs, measurement): (&Runs, &Measurement),
    [march, june]: [&Benchmarks; 2],
    catalogue: &Catalogue,
) -> Result<Vec<Score>, Diagnostic> {
    let mut all = Vec::new();
    for target in targets {
        for forecast in Forecaster::ALL {
            // Who knows April to June is scored after them.
            if forecast.knows_june() && target.last() < FIT_MONTHS {
                continue;
            }
            let draws = |paths| Ok(Some(Predictive::Draws(measurement.figure(target, paths))));
            let predictive = match forecast {
                Forecaster::A => draws(&runs.prior.control),
                Forecaster::NoControl => draws(&runs.free),
                Forecaster::B => draws(&runs.posterior.control),
                Forecaster::NoChange => march.of(Benchmark::NoChange, target, catalogue),
                Forecaster::Auto => march.of(Benchmark::Auto, target, catalogue),
                Forecaster::NoChangeJune => june.of(Benchmark::NoChange, target, catalogue),
                Forecaster::AutoJune => june.of(Benchmark::Auto, target, catalogue),
            }?;
            if let Some(predictive) = predictive {
                all.push(score(target, forecast, &predictive)?);
            }
        }
    }
    Ok(all)
}

fn score(
    target: &Target,
    forecast: Forecaster,
    predictive: &Predictive,
) -> Result<Score, Diagnostic> {
    let y = target.observed;
    let (crps, percentile, [q05, median, q95], draws) = match predictive {
        Predictive::Draws(draws) => {
            let found = quantiles(draws, &[0.05, 0.5, 0.95])
                .map_err(|e| refused(&monazite_physical::PhysicalError::from(e)))?;
            let ends = [found[0], found[1], found[2]];
            (crps_draws(draws, y), pit_of_draws(draws, y), ends, Some(draws.len()))
        }
        Predictive::Closed(marginal) => (
            crps_marginal(marginal, y),
            marginal.cdf(y),
            [0.05, 0.5, 0.95].map(|p| marginal.quantile(p)),
            None,
        ),
    };
    Ok(Score {
        quantity: target.quantity,
        when: target.when.clone(),
        last: target.last(),
        unit: target.quantity.unit(),
        observed: y,
        forecast,
        q05,
        median,
        q95,
        crps,
        percentile,
        draws,
        source: target.source.clone(),
    })
}

/// Mean score of a forecast over figures of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanScore {
    /// Of what.
    pub quantity: Quantity,
    /// Whether only figures after June count.
    pub after_june: bool,
    /// The forecast.
    pub forecast: Forecaster,
    /// Figures.
    pub n: usize,
    /// Mean CRPS.
    pub crps: f64,
    /// Figures outside the 90 % interval.
    pub outside: usize,
}

/// Means by quantity, over all figures and over those after June.
pub fn mean_scores(scores: &[Score]) -> Vec<MeanScore> {
    let mut all = Vec::new();
    for quantity in Quantity::ALL {
        for after_june in [false, true] {
            for forecast in Forecaster::ALL {
                if forecast.knows_june() && !after_june {
                    continue;
                }
                let of: Vec<&Score> = scores
                    .iter()
                    .filter(|s| s.quantity == quantity && s.forecast == forecast)
                    .filter(|s| !after_june || s.last >= FIT_MONTHS)
                    .collect();
                if of.is_empty() {
                    continue;
                }
                all.push(MeanScore {
                    quantity,
                    after_june,
                    forecast,
                    n: of.len(),
                    crps: of.iter().map(|s| s.crps).sum::<f64>() / of.len() as f64,
                    outside: of.iter().filter(|s| s.observed < s.q05 || s.observed > s.q95).count(),
                });
            }
        }
    }
    all
}
