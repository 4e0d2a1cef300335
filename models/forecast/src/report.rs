//! What an estimation reports, as numbers and as the table an economist reads.

use std::fmt;

use monazite_series::Period;
use serde::Serialize;

use crate::diagnostics::Diagnostics;

/// Normal quantile of a 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;

/// A number that was estimated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterEstimate {
    /// Its name.
    pub name: String,
    /// The estimate.
    pub value: f64,
    /// Standard error; none at the edge of the range.
    pub se: Option<f64>,
    /// Lower end of the 95 % interval.
    pub lo95: Option<f64>,
    /// Upper end of it.
    pub hi95: Option<f64>,
}

impl ParameterEstimate {
    pub(crate) fn normal(name: String, value: f64, se: Option<f64>) -> Self {
        let (lo95, hi95) = (se.map(|s| value - Z95 * s), se.map(|s| value + Z95 * s));
        Self { name, value, se, lo95, hi95 }
    }

    /// A variance, with an interval that is symmetric in its logarithm.
    pub(crate) fn variance(name: String, value: f64, se: Option<f64>) -> Self {
        let end = |sign: f64| se.map(|s| value * (sign * Z95 * s / value).exp());
        Self { name, value, se, lo95: end(-1.0), hi95: end(1.0) }
    }

    /// Estimate over standard error.
    pub fn t_value(&self) -> Option<f64> {
        self.se.map(|s| self.value / s)
    }
}

/// The log-likelihood with sums of months in logs, by importance sampling; the plain one is of the linearised model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Correction {
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Its Monte Carlo standard error.
    pub standard_error: f64,
    /// Draws it took.
    pub n_draws: usize,
}

/// An estimated model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FitReport {
    /// The model in the notation of the field.
    pub model: String,
    /// The series it forecasts.
    pub id: String,
    /// First period of the sample.
    pub from: Period,
    /// Last period of it.
    pub to: Period,
    /// Figures that count in the likelihood: all but those used up by diffuse elements.
    pub n: usize,
    /// Figures used up by diffuse elements.
    pub n_diffuse: usize,
    /// Whether the model is of logarithms; log-likelihood and σ² are then those of the logs.
    pub in_logs: bool,
    /// The log-likelihood that was maximised: exact in levels, of the linearised model with spans in logs.
    pub log_likelihood: f64,
    /// What the linearisation costs, where there is one.
    pub correction: Option<Correction>,
    /// Parameters estimated, coefficients and σ² included.
    pub n_parameters: usize,
    /// Parameters of the dynamics; variances by maximum likelihood (divisor n).
    pub parameters: Vec<ParameterEstimate>,
    /// Coefficients of regressors, levels of further publications, the mean.
    pub coefficients: Vec<ParameterEstimate>,
    /// Tests on the standardised innovations.
    pub diagnostics: Diagnostics,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

impl FitReport {
    /// The corrected log-likelihood if there is one, else the exact one.
    pub fn best_log_likelihood(&self) -> f64 {
        self.correction.map_or(self.log_likelihood, |c| c.log_likelihood)
    }

    /// Akaike's criterion.
    pub fn aic(&self) -> f64 {
        2.0 * self.n_parameters as f64 - 2.0 * self.best_log_likelihood()
    }

    /// Akaike's criterion for small samples (Hurvich and Tsai 1989); infinite with too few figures.
    pub fn aicc(&self) -> f64 {
        let (k, n) = (self.n_parameters as f64, self.n as f64);
        if n - k - 1.0 <= 0.0 {
            return f64::INFINITY;
        }
        self.aic() + 2.0 * k * (k + 1.0) / (n - k - 1.0)
    }

    /// Schwarz's criterion.
    pub fn bic(&self) -> f64 {
        self.n_parameters as f64 * (self.n as f64).ln() - 2.0 * self.best_log_likelihood()
    }

    /// A parameter of the dynamics.
    pub fn parameter(&self, name: &str) -> Option<&ParameterEstimate> {
        self.parameters.iter().find(|p| p.name == name)
    }
}

impl fmt::Display for FitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let logs = if self.in_logs { " of logs" } else { "" };
        writeln!(
            f,
            "{} of {}{logs}, {} to {}, n = {}",
            self.model, self.id, self.from, self.to, self.n
        )?;
        writeln!(f, "{:<36} {:>12} {:>12} {:>8}", "", "estimate", "s.e.", "t")?;
        for p in self.coefficients.iter().chain(&self.parameters) {
            match (p.se, p.t_value()) {
                (Some(se), Some(t)) => {
                    writeln!(f, "{:<36} {:>12.6} {se:>12.6} {t:>8.2}", p.name, p.value)?;
                }
                _ => writeln!(f, "{:<36} {:>12.6} {:>12} {:>8}", p.name, p.value, "at edge", "")?,
            }
        }
        write!(f, "log-likelihood {:.4}", self.log_likelihood)?;
        if let Some(c) = self.correction {
            write!(
                f,
                " (linearised), {:.4} ± {:.4} by importance sampling",
                c.log_likelihood, c.standard_error
            )?;
        }
        writeln!(f, ", AICc {:.3}, BIC {:.3}", self.aicc(), self.bic())?;
        writeln!(f, "{}", self.diagnostics)?;
        for warning in &self.warnings {
            writeln!(f, "note: {warning}")?;
        }
        Ok(())
    }
}
