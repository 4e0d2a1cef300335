//! What a method for series with a figure in every period has to do, and its estimation on a sample.
//!
//! A method sees figures divided by their mean size and rounded to 40 bits, so that the unit of the data changes
//! nothing: neither the form chosen nor, to the last digits, the forecast.

use std::fmt;

use monazite_series::Period;
use monazite_stochastic::{Key, Purpose, Stream};
use ndarray::Array2;

use crate::diagnostics::Diagnostics;
use crate::forecast::check_counts;
use crate::report::{FitReport, ParameterEstimate};
use crate::saved::{Exact, Saved, SavedParts, exact};
use crate::{Fitted, Forecast, ForecastError, Marginal, Model, Sample};

/// A method that is estimated from figures one period apart.
pub(crate) trait Method: fmt::Debug + Send + Sync {
    /// What was asked for, in the notation of the field.
    fn label(&self) -> String;
    /// Fewest figures from which it can be estimated.
    fn needed(&self) -> usize;
    /// Estimates it. All figures are finite and not all the same; they are in units of their mean size.
    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal>;
    /// The method at the parameters of an earlier search ([`Estimated::chosen`]), without a search.
    fn at(&self, y: &[f64], _parameters: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        self.estimate(y)
    }
}

/// A method at its estimates.
pub(crate) trait Estimated: fmt::Debug + Send + Sync {
    /// The form chosen, in the notation of the field.
    fn form(&self) -> String;
    /// The distribution of each of the next periods.
    fn marginals(&self, horizon: usize) -> Vec<Marginal>;
    /// Joint draws of the next periods, `n_paths × horizon`, with the marginals above.
    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64>;
    /// What was estimated.
    fn account(&self) -> Account;
    /// The model with its form fixed, and the parameters at which the search ended.
    fn chosen(&self) -> Option<(Model, Vec<f64>)>;
}

/// What an estimation says of itself, in units of the mean size of the figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    /// Parameters, free of the unit of the data or named otherwise.
    pub(crate) parameters: Vec<ParameterEstimate>,
    /// Log-likelihood of the figures, if the method has one.
    pub(crate) log_likelihood: Option<f64>,
    /// Parameters that count in criteria, σ² included.
    pub(crate) n_parameters: usize,
    /// Figures that count in the likelihood.
    pub(crate) n: usize,
    /// Figures used up by differences.
    pub(crate) n_diffuse: usize,
    /// Standardised one-step errors.
    pub(crate) residuals: Vec<f64>,
    /// Whether the likelihood is that of logarithms.
    pub(crate) in_logs: bool,
    /// What a reader should know.
    pub(crate) warnings: Vec<String>,
}

/// Why a method cannot be estimated from some figures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// Too few figures.
    TooShort { needed: usize },
    /// A figure that is not positive, by its index.
    NotPositive { at: usize },
    /// No maximum was found.
    NotConverged { gradient: f64 },
    /// A specification that contradicts itself.
    Specification(String),
}

/// A method estimated on a sample.
#[derive(Debug)]
pub struct MethodFit {
    sample: Sample,
    /// Mean size of the figures.
    unit: f64,
    estimated: Box<dyn Estimated>,
    report: FitReport,
}

/// Figures in units of their mean size, to 40 bits, and that size.
pub(crate) fn standardised(figures: &[f64]) -> (Vec<f64>, f64) {
    let size = figures.iter().map(|y| y.abs()).sum::<f64>() / figures.len() as f64;
    let unit = if size > 0.0 { size } else { 1.0 };
    (figures.iter().map(|y| to_40_bits(y / unit)).collect(), unit)
}

/// The nearest number with 40 bits behind the point of its mantissa.
pub(crate) fn to_40_bits(x: f64) -> f64 {
    const DROPPED: u64 = 12;
    f64::from_bits((x.to_bits() + (1 << (DROPPED - 1))) & !((1 << DROPPED) - 1))
}

impl MethodFit {
    /// Estimates `method` on the target of a sample.
    ///
    /// # Errors
    /// Too few figures, a sample with sums, gaps, regressors or several publications, a constant series, or what the
    /// method refuses.
    pub(crate) fn of(method: &dyn Method, sample: &Sample) -> Result<Self, ForecastError> {
        Self::built(method, sample, None)
    }

    /// The method at the parameters of an earlier search, whose figures were in units of `unit`.
    ///
    /// # Errors
    /// As [`MethodFit::of`].
    pub(crate) fn at(
        method: &dyn Method,
        sample: &Sample,
        unit: f64,
        parameters: &[f64],
    ) -> Result<Self, ForecastError> {
        Self::built(method, sample, Some((unit, parameters)))
    }

    fn built(
        method: &dyn Method,
        sample: &Sample,
        at: Option<(f64, &[f64])>,
    ) -> Result<Self, ForecastError> {
        let figures = sample.complete(&method.label())?;
        let id = || sample.target().id().to_owned();
        let short = |needed| ForecastError::TooShort {
            model: method.label(),
            id: id(),
            needed,
            found: figures.len(),
            from: sample.first_period(),
            to: sample.last_period(),
        };
        if figures.len() < method.needed() {
            return Err(short(method.needed()));
        }
        if sample.is_constant() {
            return Err(ForecastError::Constant {
                model: method.label(),
                id: id(),
                value: figures[0],
            });
        }
        let (y, unit) = match at {
            Some((unit, _)) => (figures.iter().map(|y| to_40_bits(y / unit)).collect(), unit),
            None => standardised(&figures),
        };
        let estimated = match at {
            Some((_, parameters)) => method.at(&y, parameters),
            None => method.estimate(&y),
        };
        let estimated = estimated.map_err(|refusal| match refusal {
            Refusal::TooShort { needed } => short(needed),
            Refusal::NotPositive { at } => ForecastError::NotPositive {
                id: id(),
                period: sample.first_period().plus(at as i64),
                value: figures[at],
            },
            Refusal::NotConverged { gradient } => {
                ForecastError::NotConverged { model: method.label(), id: id(), gradient }
            }
            Refusal::Specification(why) => ForecastError::Specification(why),
        })?;
        let report = report(estimated.as_ref(), sample, unit);
        Ok(Self { sample: sample.clone(), unit, estimated, report })
    }

    /// The form chosen, such as `ETS(M,Ad,M)`.
    pub fn form(&self) -> String {
        self.estimated.form()
    }

    /// What was estimated.
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// What it was estimated from.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// First period of the sample.
    pub fn first_period(&self) -> Period {
        self.sample.first_period()
    }
}

fn report(estimated: &dyn Estimated, sample: &Sample, unit: f64) -> FitReport {
    let account = estimated.account();
    // The density of the figures themselves: dy = unit × d(y/unit), nothing in logarithms.
    let jacobian = if account.in_logs { 0.0 } else { account.n as f64 * unit.ln() };
    FitReport {
        model: estimated.form(),
        id: sample.target().id().to_owned(),
        from: sample.first_period(),
        to: sample.last_period(),
        n: account.n,
        n_diffuse: account.n_diffuse,
        in_logs: account.in_logs,
        log_likelihood: account.log_likelihood.map_or(f64::NAN, |l| l - jacobian),
        correction: None,
        n_parameters: account.n_parameters,
        parameters: account.parameters,
        coefficients: Vec::new(),
        diagnostics: Diagnostics::of_residuals(&account.residuals, account.n_parameters),
        warnings: account.warnings,
    }
}

impl Fitted for MethodFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        check_counts(horizon, 1)?;
        let target = self.sample.target();
        let marginals: Vec<Marginal> =
            self.estimated.marginals(horizon).into_iter().map(|m| m.times(self.unit)).collect();
        let purpose = Purpose::named(&format!("forecast {} {}", target.id(), self.form()));
        let mut stream = Key::new(seed).stream(0, purpose);
        let paths = if n_paths > 0 {
            self.estimated.paths(horizon, n_paths, &mut stream) * self.unit
        } else {
            Array2::zeros((0, horizon))
        };
        Ok(Forecast::new(&self.sample, self.form(), marginals, paths))
    }

    fn form(&self) -> String {
        self.estimated.form()
    }

    fn report(&self) -> Option<&FitReport> {
        Some(&self.report)
    }

    fn saved(&self) -> Option<SavedParts> {
        let (model, parameters) = self.estimated.chosen()?;
        let parameters = exact(&parameters);
        Some(SavedParts(Saved::Method { model, unit: Exact(self.unit), parameters }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_the_data_is_gone() {
        let figures = [112.0, 118.0, 132.0, 129.0, 121.0, 0.37];
        let (own, _) = standardised(&figures);
        for factor in [1e-9, 1e-3, 7.0, 1e9] {
            let scaled: Vec<f64> = figures.iter().map(|y| y * factor).collect();
            assert_eq!(standardised(&scaled).0, own, "{factor}");
        }
    }
}
