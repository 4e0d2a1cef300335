//! What every estimator hands over: a parameter with its interval, a test with its p-value.

use std::fmt;

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};

/// A parameter, its standard error and its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Name.
    pub name: String,
    /// Point estimate.
    pub value: f64,
    /// Standard error; NaN where the data do not give one.
    pub se: f64,
    /// Lower end of the 95 % interval.
    pub lo95: f64,
    /// Upper end.
    pub hi95: f64,
}

impl Estimate {
    /// An estimate with an asymptotically normal interval.
    pub fn normal(name: impl Into<String>, value: f64, se: f64) -> Self {
        let half_width = normal_quantile(0.975) * se;
        let (lo95, hi95) = (value - half_width, value + half_width);
        Self { name: name.into(), value, se, lo95, hi95 }
    }

    /// An estimate of a positive number whose interval is symmetric in logs.
    pub fn positive(name: impl Into<String>, value: f64, se: f64) -> Self {
        let factor = (normal_quantile(0.975) * se / value).exp();
        Self { name: name.into(), value, se, lo95: value / factor, hi95: value * factor }
    }
}

/// Distribution of a test statistic if the null hypothesis holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NullDistribution {
    /// χ² with these degrees of freedom.
    ChiSquared(usize),
    /// F with these degrees of freedom.
    F(usize, usize),
}

/// A test: its statistic, its distribution under the null hypothesis, its p-value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestResult {
    /// Name of the test.
    pub name: String,
    /// What holds if nothing is found.
    pub null: String,
    /// The statistic.
    pub statistic: f64,
    /// Its distribution under the null hypothesis.
    pub distribution: NullDistribution,
    /// Probability of a statistic at least as large.
    pub p_value: f64,
}

impl TestResult {
    pub(crate) fn new(
        name: impl Into<String>,
        null: impl Into<String>,
        statistic: f64,
        distribution: NullDistribution,
    ) -> Self {
        let p_value = match distribution {
            NullDistribution::ChiSquared(df) => {
                ChiSquared::new(df as f64).map_or(f64::NAN, |d| survival(&d, statistic))
            }
            NullDistribution::F(above, below) => FisherSnedecor::new(above as f64, below as f64)
                .map_or(f64::NAN, |d| survival(&d, statistic)),
        };
        Self { name: name.into(), null: null.into(), statistic, distribution, p_value }
    }
}

fn survival(distribution: &impl ContinuousCDF<f64, f64>, statistic: f64) -> f64 {
    // A statistic below zero is rounding of zero; one that is not a number has no p-value.
    if statistic.is_nan() { f64::NAN } else { distribution.sf(statistic.max(0.0)) }
}

impl fmt::Display for TestResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distribution = match self.distribution {
            NullDistribution::ChiSquared(df) => format!("χ²({df})"),
            NullDistribution::F(above, below) => format!("F({above}, {below})"),
        };
        write!(f, "{}: {distribution} = {:.3}, {}", self.name, self.statistic, p_text(self.p_value))
    }
}

/// `p = .042`, `p < .001`.
fn p_text(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// Two-sided p-value of a t statistic.
pub(crate) fn t_p_value(t: f64, degrees_of_freedom: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(f64::NAN, |d| 2.0 * d.sf(t.abs()))
}

pub(crate) fn t_quantile(probability: f64, degrees_of_freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(f64::NAN, |d| d.inverse_cdf(probability))
}

pub(crate) fn normal_quantile(probability: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(f64::NAN, |d| d.inverse_cdf(probability))
}

/// A number with about `digits` significant figures, never in scientific notation between 10⁻⁴ and 10⁷.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "–".to_owned() } else { format!("{value}") };
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&magnitude) {
        return format!("{value:.*e}", digits - 1);
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    format!("{value:.decimals$}")
}
