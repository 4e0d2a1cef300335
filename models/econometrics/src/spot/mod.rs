//! Models of one spot price, estimated from one series of it.
//!
//! [`RandomWalk`] is nested in [`OneFactor`] (an Ornstein–Uhlenbeck log price) and in [`TwoFactor`] (a transitory and a
//! permanent part). All likelihoods are conditional on the first price, so they count the same observations and can
//! be compared. A larger model is only as good as its distance to the random walk: each fit carries the likelihood
//! ratio, with a p-value from a parametric bootstrap, because under the random walk the speed of reversion is not
//! identified and the statistic is not χ² (Davies 1987).
//!
//! Prices that are averages over a period are smoother than prices at a date: monthly averages of a random walk have
//! changes with autocorrelation ¼ and two thirds of its variance (Working 1960). [`LogPrices`] knows which of the two it
//! holds ([`Quote`]), and every model takes it into account.

mod likelihood;
mod one_factor;
mod random_walk;
mod two_factor;
mod two_factor_fit;

use monazite_series::{Aggregation, Period, Series};
use monazite_stochastic::{Key, Purpose, Stream};
use serde::{Deserialize, Serialize};

use crate::EconometricsError;

pub use one_factor::{OneFactor, OneFactorFit};
pub use random_walk::{RandomWalk, RandomWalkFit};
pub use two_factor::TwoFactor;
pub use two_factor_fit::TwoFactorFit;

/// What a figure says of the price in its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quote {
    /// The price at the end of the period.
    Point,
    /// The average over the period.
    Average,
}

/// Logarithms of a price on a regular calendar, some of them missing.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPrices {
    values: Vec<Option<f64>>,
    dt_years: f64,
    quote: Quote,
    first_period: Option<Period>,
}

impl LogPrices {
    /// The one-period prices of a monthly, quarterly or annual series; figures of longer spans count as missing. They
    /// are averages if the series is one of means, prices at the end of the period otherwise.
    ///
    /// # Errors
    /// A price that is not positive, or trading days, whose step is not a fixed part of a year:
    /// use [`LogPrices::new`].
    pub fn from_series(series: &Series) -> Result<Self, EconometricsError> {
        let Some(per_year) = series.frequency().per_year() else {
            let range = "monthly, quarterly or annual prices; give trading days a step in years";
            return Err(EconometricsError::OutOfRange {
                name: "periods a year",
                value: f64::NAN,
                range,
            });
        };
        let prices: Vec<f64> = series.dense().iter().map(|p| p.unwrap_or(f64::NAN)).collect();
        let mut logs = Self::new(series.id(), &prices, 1.0 / per_year as f64)?;
        // Leading periods without a price of their own were cut off.
        let leading = prices.iter().take_while(|p| p.is_nan()).count();
        logs.first_period = Some(series.first_period().plus(leading as i64));
        if series.aggregation() == Aggregation::Mean {
            logs.quote = Quote::Average;
        }
        Ok(logs)
    }

    /// Prices `dt_years` apart; NaN is missing. Missing prices at either end are cut off.
    ///
    /// # Errors
    /// A price that is not positive and finite, a step that is not positive, fewer than two prices.
    pub fn new(name: &str, prices: &[f64], dt_years: f64) -> Result<Self, EconometricsError> {
        if !(dt_years > 0.0 && dt_years.is_finite()) {
            let range = "positive numbers";
            return Err(EconometricsError::OutOfRange { name: "dt_years", value: dt_years, range });
        }
        for (row, &value) in prices.iter().enumerate() {
            let (name, row) = (name.to_owned(), row + 1);
            if value <= 0.0 {
                return Err(EconometricsError::NotPositive { name, row, value });
            }
            if value.is_infinite() {
                return Err(EconometricsError::NotFinite { name, row, value });
            }
        }
        let mut values: Vec<Option<f64>> =
            prices.iter().map(|p| (!p.is_nan()).then(|| p.ln())).collect();
        while values.last().is_some_and(Option::is_none) {
            values.pop();
        }
        let leading = values.iter().take_while(|v| v.is_none()).count();
        values.drain(..leading);
        let logs = Self { values, dt_years, quote: Quote::Point, first_period: None };
        if logs.n() < 2 {
            let what = "a price process";
            return Err(EconometricsError::TooFew { what, needed: 2, found: logs.n() });
        }
        Ok(logs)
    }

    /// The same figures taken as averages over their periods.
    #[must_use]
    pub fn as_averages(self) -> Self {
        Self { quote: Quote::Average, ..self }
    }

    /// The same figures taken as prices at the end of their periods.
    #[must_use]
    pub fn as_points(self) -> Self {
        Self { quote: Quote::Point, ..self }
    }

    /// What a figure says of its period.
    pub fn quote(&self) -> Quote {
        self.quote
    }

    /// Log prices from the first to the last, `None` where missing.
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// Length of a period in years.
    pub fn dt_years(&self) -> f64 {
        self.dt_years
    }

    /// Number of prices.
    pub fn n(&self) -> usize {
        self.values.iter().flatten().count()
    }

    /// First and last period, if the prices came from a series.
    pub fn sample(&self) -> Option<(Period, Period)> {
        self.first_period.map(|first| (first, first.plus(self.values.len() as i64 - 1)))
    }

    /// Changes from price to price: number of periods between them, log price before, log price after.
    fn steps(&self) -> impl Iterator<Item = (u32, f64, f64)> + '_ {
        let present = self.values.iter().enumerate().filter_map(|(t, v)| v.map(|v| (t, v)));
        present.clone().zip(present.skip(1)).map(|((s, a), (t, b))| ((t - s) as u32, a, b))
    }

    /// The same calendar and missing prices with other values.
    fn with_path(&self, path: impl IntoIterator<Item = f64>) -> Self {
        let values = self.values.iter().zip(path).map(|(old, new)| old.map(|_| new)).collect();
        Self { values, ..self.clone() }
    }

    /// `from … to, n prices`.
    fn describe(&self) -> String {
        let kind = match self.quote {
            Quote::Point => "prices",
            Quote::Average => "period averages",
        };
        match self.sample() {
            Some((first, last)) => format!("{first} to {last}, {} {kind}", self.n()),
            None => format!("{} {kind}, {:.4} years apart", self.n(), self.dt_years),
        }
    }
}

/// How p-values against the random walk are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Number of simulated series; 0 for no p-value.
    pub replicates: u32,
    /// Key of their random numbers.
    pub key: Key,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 199, key: Key::new(1) }
    }
}

impl Bootstrap {
    /// No simulation, hence no p-value.
    pub const fn none() -> Self {
        Self { replicates: 0, key: Key::new(0) }
    }

    /// (1 + number of simulated statistics at least as large)/(1 + number of simulations).
    fn p_value(
        self,
        purpose: Purpose,
        statistic: f64,
        simulated: impl Fn(&mut Stream) -> Option<f64>,
    ) -> Option<f64> {
        if self.replicates == 0 {
            return None;
        }
        let (mut larger, mut done) = (0_u32, 0_u32);
        for replicate in 0..u64::from(self.replicates) {
            // A series on which the larger model cannot be fitted says nothing either way.
            if let Some(value) = simulated(&mut self.key.stream(replicate, purpose)) {
                done += 1;
                larger += u32::from(value >= statistic);
            }
        }
        Some(f64::from(1 + larger) / f64::from(1 + done))
    }
}

/// Twice the gain in log-likelihood over a smaller model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LikelihoodRatio {
    /// The smaller model.
    pub against: String,
    /// 2(ℓ − ℓ₀), not negative.
    pub statistic: f64,
    /// Share of series simulated from the smaller model with a statistic at least as large; `None` without bootstrap.
    pub p_value: Option<f64>,
}

impl LikelihoodRatio {
    /// Whether the smaller model is rejected at 5 %; without a p-value, at the statistic of χ²(2), 5.99.
    pub fn rejects(&self) -> bool {
        self.p_value.map_or(self.statistic > 5.991, |p| p < 0.05)
    }
}

impl std::fmt::Display for LikelihoodRatio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "likelihood ratio against {}: {:.2}", self.against, self.statistic)?;
        match self.p_value {
            Some(p) => write!(f, ", bootstrap p = {p:.3}"),
            None => f.write_str(", no bootstrap"),
        }
    }
}

/// A table of parameters: name, value, standard error, interval.
fn write_estimates(
    f: &mut std::fmt::Formatter<'_>,
    estimates: &[crate::Estimate],
) -> std::fmt::Result {
    use crate::estimate::significant;
    let width = estimates.iter().map(|e| e.name.chars().count()).max().unwrap_or(0);
    writeln!(
        f,
        "{:width$}  {:>10}  {:>10}  {:>24}",
        "", "estimate", "std. error", "95 % interval"
    )?;
    for e in estimates {
        let interval = format!("[{}, {}]", significant(e.lo95, 4), significant(e.hi95, 4));
        let (value, se) = (significant(e.value, 4), significant(e.se, 4));
        writeln!(f, "{:width$}  {value:>10}  {se:>10}  {interval:>24}", e.name)?;
    }
    Ok(())
}

/// Where `f` is highest between `low` and `high`: a grid of `n_steps`, then golden section to `tolerance`.
fn highest(low: f64, high: f64, n_steps: u32, tolerance: f64, f: impl Fn(f64) -> f64) -> f64 {
    let width = (high - low) / f64::from(n_steps);
    let (mut best, mut top) = (low, f64::NEG_INFINITY);
    for x in (0..=n_steps).map(|i| low + f64::from(i) * width) {
        let value = f(x);
        if value > top {
            (best, top) = (x, value);
        }
    }
    let (mut a, mut b) = ((best - width).max(low), (best + width).min(high));
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut left, mut right) = (b - golden * (b - a), a + golden * (b - a));
    let (mut at_left, mut at_right) = (f(left), f(right));
    while b - a > tolerance {
        if at_left >= at_right {
            (b, right, at_right) = (right, left, at_left);
            left = b - golden * (b - a);
            at_left = f(left);
        } else {
            (a, left, at_left) = (left, right, at_right);
            right = a + golden * (b - a);
            at_right = f(right);
        }
    }
    0.5 * (a + b)
}
