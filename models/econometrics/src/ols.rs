//! Ordinary least squares with the standard errors of the trade.
//!
//! Use it for a linear relation whose regressors are not decided by the error; lags are columns like any other
//! ([`Column::lagged`]). Rows with a missing value are dropped and counted. Choose HAC standard errors for time series
//! whose errors may be autocorrelated, HC3 for small samples of unrelated rows.
//!
//! ```text
//! y = Xβ + u      β̂ = (X'X)⁻¹X'y      V(β̂) as in [`Covariance`]      t = β̂/s.e. against Student's t with n − k
//! ```
//!
//! The coefficients come from linfa-linear, whose unpivoted Householder QR keeps 13 digits of NIST's Longley figures;
//! rank, (X'X)⁻¹ and leverages, which it does not give, come from this crate's own QR with scaled columns. The
//! intercept is a column of ones in front of the others, so a constant regressor is reported as collinear by its name.
//! R² is centred if there is an intercept and not otherwise. Information criteria count the coefficients and the
//! variance.
//!
//! References: Greene (2018), "Econometric Analysis", ch. 3–5; and those of [`Covariance`]. Checked against NIST's
//! certified Longley values and R 4.2.2 (lm, sandwich 3.0.2, lmtest 0.9-40) on the data of Greene's table 15.1.
//!
//! ```
//! use monazite_econometrics::{Column, Covariance, Ols};
//! let demand = Column::new("demand", vec![9.1, 7.9, 7.2, 5.8, 5.1, 4.0]);
//! let price = Column::new("price", vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
//! let fit = Ols::new().with_covariance(Covariance::Hc3).fit(&demand, &[price])?;
//! assert!((fit.coefficient("price")?.value + 17.65 / 17.5).abs() < 1e-12);
//! # Ok::<(), monazite_econometrics::EconometricsError>(())
//! ```

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use monazite_series::Period;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::covariance::{Covariance, estimate};
use crate::estimate::{Estimate, NullDistribution, TestResult, t_p_value, t_quantile};
use crate::qr::{Qr, cholesky_solve, dot};
use crate::{Column, EconometricsError};

/// Name of the intercept among the coefficients.
pub const INTERCEPT: &str = "(intercept)";

/// What to estimate and how to judge it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ols {
    intercept: bool,
    covariance: Covariance,
    first_period: Option<Period>,
}

impl Default for Ols {
    fn default() -> Self {
        Self { intercept: true, covariance: Covariance::default(), first_period: None }
    }
}

impl Ols {
    /// With an intercept and homoskedastic standard errors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Without an intercept.
    #[must_use]
    pub fn without_intercept(self) -> Self {
        Self { intercept: false, ..self }
    }

    /// With these standard errors.
    #[must_use]
    pub fn with_covariance(self, covariance: Covariance) -> Self {
        Self { covariance, ..self }
    }

    /// Tells that row 1 is `first` and rows follow period by period, so that the sample can be named.
    #[must_use]
    pub fn from_period(self, first: Period) -> Self {
        Self { first_period: Some(first), ..self }
    }

    /// Estimates the regression of `dependent` on `regressors`.
    ///
    /// # Errors
    /// Columns of different lengths, equal names, infinite values, too few complete rows, a constant dependent
    /// variable, a collinear regressor, or a covariance that the sample does not bear.
    pub fn fit(
        &self,
        dependent: &Column,
        regressors: &[Column],
    ) -> Result<OlsFit, EconometricsError> {
        check(dependent, regressors, self.intercept)?;
        let kept = complete_rows(dependent, regressors);
        let pick = |c: &Column| -> Vec<f64> { kept.iter().map(|&row| c.values()[row]).collect() };
        let y = pick(dependent);
        let mut names = Vec::new();
        let mut columns = Vec::new();
        if self.intercept {
            names.push(INTERCEPT.to_owned());
            columns.push(vec![1.0; y.len()]);
        }
        names.extend(regressors.iter().map(|c| c.name().to_owned()));
        columns.extend(regressors.iter().map(pick));
        let (n, k) = (y.len(), names.len());
        if n <= k {
            let what = "a regression with this many coefficients";
            return Err(EconometricsError::TooFew { what, needed: k + 1, found: n });
        }
        if self.intercept && y.iter().all(|value| *value == y[0]) {
            let name = dependent.name().to_owned();
            return Err(EconometricsError::Constant { name, value: y[0] });
        }
        let qr = Qr::of(&columns)
            .map_err(|at| EconometricsError::Collinear { name: names[at].clone() })?;
        let coefficients = coefficients(&columns, &y)?;
        // Not y − Xβ̂, which cancels badly where regressors are nearly collinear.
        let residuals = qr.residuals(&y);
        let fitted: Vec<f64> = y.iter().zip(&residuals).map(|(y, u)| y - u).collect();
        let covariance = estimate(self.covariance, &qr, &columns, &residuals, self.intercept)?;
        Ok(OlsFit {
            spec: *self,
            dependent: dependent.name().to_owned(),
            names,
            coefficients,
            covariance: covariance.matrix,
            bandwidth: covariance.bandwidth,
            n_rows: dependent.values().len(),
            kept,
            y,
            columns,
            fitted,
            residuals,
            qr,
        })
    }
}

fn check(
    dependent: &Column,
    regressors: &[Column],
    intercept: bool,
) -> Result<(), EconometricsError> {
    if regressors.is_empty() && !intercept {
        return Err(EconometricsError::NoRegressors);
    }
    let expected = dependent.values().len();
    for (at, column) in regressors.iter().enumerate() {
        let name = || column.name().to_owned();
        if column.values().len() != expected {
            let found = column.values().len();
            return Err(EconometricsError::Length { name: name(), found, expected });
        }
        if regressors[..at].iter().any(|before| before.name() == column.name()) {
            return Err(EconometricsError::DuplicateName { name: name() });
        }
    }
    for column in std::iter::once(dependent).chain(regressors) {
        if let Some(row) = column.values().iter().position(|value| value.is_infinite()) {
            let (name, value) = (column.name().to_owned(), column.values()[row]);
            return Err(EconometricsError::NotFinite { name, row: row + 1, value });
        }
    }
    Ok(())
}

fn complete_rows(dependent: &Column, regressors: &[Column]) -> Vec<usize> {
    let present = |row: &usize| {
        std::iter::once(dependent).chain(regressors).all(|column| !column.values()[*row].is_nan())
    };
    (0..dependent.values().len()).filter(present).collect()
}

/// β̂ by linfa-linear; the intercept is among the columns.
fn coefficients(columns: &[Vec<f64>], y: &[f64]) -> Result<Vec<f64>, EconometricsError> {
    let x = Array2::from_shape_fn((y.len(), columns.len()), |(row, j)| columns[j][row]);
    let data = Dataset::new(x, Array1::from_vec(y.to_vec()));
    let fitted = LinearRegression::new().with_intercept(false).fit(&data).map_err(|error| {
        EconometricsError::NotMaximised { model: "regression", reason: error.to_string() }
    })?;
    Ok(fitted.params().to_vec())
}

/// An estimated regression.
#[derive(Debug, Clone)]
pub struct OlsFit {
    spec: Ols,
    dependent: String,
    pub(crate) names: Vec<String>,
    coefficients: Vec<f64>,
    covariance: Vec<f64>,
    bandwidth: Option<f64>,
    n_rows: usize,
    kept: Vec<usize>,
    pub(crate) y: Vec<f64>,
    pub(crate) columns: Vec<Vec<f64>>,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
    qr: Qr,
}

impl OlsFit {
    /// The same coefficients with other standard errors.
    ///
    /// # Errors
    /// A covariance that the sample does not bear.
    pub fn with_covariance(&self, covariance: Covariance) -> Result<Self, EconometricsError> {
        let intercept = self.spec.intercept;
        let estimated = estimate(covariance, &self.qr, &self.columns, &self.residuals, intercept)?;
        let mut fit = self.clone();
        fit.spec.covariance = covariance;
        (fit.covariance, fit.bandwidth) = (estimated.matrix, estimated.bandwidth);
        Ok(fit)
    }

    /// Name of the dependent variable.
    pub fn dependent(&self) -> &str {
        &self.dependent
    }

    /// Names of the coefficients, the intercept first if there is one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Coefficients, in the order of [`OlsFit::names`].
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Standard errors.
    pub fn standard_errors(&self) -> Vec<f64> {
        let k = self.names.len();
        (0..k).map(|j| self.covariance[j * k + j].sqrt()).collect()
    }

    /// Covariance of the coefficients, row-major k×k.
    pub fn covariance(&self) -> &[f64] {
        &self.covariance
    }

    /// The kind of covariance.
    pub fn covariance_kind(&self) -> Covariance {
        self.spec.covariance
    }

    /// Bandwidth b of a HAC covariance: lag j has weight 1 − j/b.
    pub fn bandwidth(&self) -> Option<f64> {
        self.bandwidth
    }

    /// Coefficients over their standard errors.
    pub fn t_values(&self) -> Vec<f64> {
        self.coefficients.iter().zip(self.standard_errors()).map(|(b, se)| b / se).collect()
    }

    /// Two-sided p-values of [`OlsFit::t_values`], Student's t with n − k degrees of freedom.
    pub fn p_values(&self) -> Vec<f64> {
        let df = self.degrees_of_freedom() as f64;
        self.t_values().into_iter().map(|t| t_p_value(t, df)).collect()
    }

    /// Lower and upper ends of the intervals at `level`, such as 0.95.
    ///
    /// # Errors
    /// A level outside 0…1.
    pub fn intervals(&self, level: f64) -> Result<Vec<(f64, f64)>, EconometricsError> {
        if !(level > 0.0 && level < 1.0) {
            let range = "0…1";
            return Err(EconometricsError::OutOfRange { name: "level", value: level, range });
        }
        let quantile = t_quantile(0.5 + 0.5 * level, self.degrees_of_freedom() as f64);
        let interval = |(b, se): (&f64, f64)| (b - quantile * se, b + quantile * se);
        Ok(self.coefficients.iter().zip(self.standard_errors()).map(interval).collect())
    }

    /// Coefficients with standard errors and 95 % intervals.
    pub fn estimates(&self) -> Vec<Estimate> {
        let quantile = t_quantile(0.975, self.degrees_of_freedom() as f64);
        let named = self.names.iter().zip(&self.coefficients).zip(self.standard_errors());
        named
            .map(|((name, &value), se)| {
                let (lo95, hi95) = (value - quantile * se, value + quantile * se);
                Estimate { name: name.clone(), value, se, lo95, hi95 }
            })
            .collect()
    }

    /// One coefficient by name.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn coefficient(&self, name: &str) -> Result<Estimate, EconometricsError> {
        let found = self.estimates().into_iter().find(|estimate| estimate.name == name);
        found.ok_or_else(|| EconometricsError::UnknownCoefficient { name: name.to_owned() })
    }

    /// Number of observations used.
    pub fn n(&self) -> usize {
        self.y.len()
    }

    /// Number of rows dropped because a value was missing.
    pub fn n_dropped(&self) -> usize {
        self.n_rows - self.kept.len()
    }

    /// Number of dropped rows that lie between used ones; statistics on autocorrelation step over them.
    pub fn n_gaps(&self) -> usize {
        let (first, last) = (self.kept[0], self.kept[self.kept.len() - 1]);
        last - first + 1 - self.kept.len()
    }

    /// Rows used, from 0.
    pub fn rows(&self) -> &[usize] {
        &self.kept
    }

    /// First and last period used, if the period of row 1 was given.
    pub fn sample(&self) -> Option<(Period, Period)> {
        let first = self.spec.first_period?;
        let period = |row: usize| first.plus(row as i64);
        Some((period(self.kept[0]), period(self.kept[self.kept.len() - 1])))
    }

    /// Whether there is an intercept.
    pub fn has_intercept(&self) -> bool {
        self.spec.intercept
    }

    /// n − k.
    pub fn degrees_of_freedom(&self) -> usize {
        self.n() - self.names.len()
    }

    /// Fitted values of the rows used.
    pub fn fitted(&self) -> &[f64] {
        &self.fitted
    }

    /// Residuals of the rows used.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// Leverages of the rows used.
    pub fn leverages(&self) -> Vec<f64> {
        self.qr.leverages()
    }

    pub(crate) fn residual_sum_of_squares(&self) -> f64 {
        dot(&self.residuals, &self.residuals)
    }

    /// Residual standard deviation with divisor n − k.
    pub fn sigma(&self) -> f64 {
        (self.residual_sum_of_squares() / self.degrees_of_freedom() as f64).sqrt()
    }

    /// R²; about zero instead of the mean if there is no intercept.
    pub fn r_squared(&self) -> f64 {
        let centre =
            if self.spec.intercept { self.y.iter().sum::<f64>() / self.n() as f64 } else { 0.0 };
        let total: f64 = self.y.iter().map(|y| (y - centre).powi(2)).sum();
        1.0 - self.residual_sum_of_squares() / total
    }

    /// R² with both sums of squares over their degrees of freedom.
    pub fn adjusted_r_squared(&self) -> f64 {
        let total = self.n() - usize::from(self.spec.intercept);
        1.0 - (1.0 - self.r_squared()) * total as f64 / self.degrees_of_freedom() as f64
    }

    /// Gaussian log-likelihood at the maximum-likelihood variance.
    pub fn log_likelihood(&self) -> f64 {
        let n = self.n() as f64;
        let variance = self.residual_sum_of_squares() / n;
        -0.5 * n * ((std::f64::consts::TAU * variance).ln() + 1.0)
    }

    /// Akaike's criterion.
    pub fn aic(&self) -> f64 {
        2.0 * (self.names.len() + 1) as f64 - 2.0 * self.log_likelihood()
    }

    /// Akaike's criterion with the small-sample term of Hurvich and Tsai (1989); infinite if n ≤ k + 2.
    pub fn aicc(&self) -> f64 {
        let (n, p) = (self.n() as f64, (self.names.len() + 1) as f64);
        if n <= p + 1.0 {
            return f64::INFINITY;
        }
        self.aic() + 2.0 * p * (p + 1.0) / (n - p - 1.0)
    }

    /// Schwarz's criterion.
    pub fn bic(&self) -> f64 {
        (self.names.len() + 1) as f64 * (self.n() as f64).ln() - 2.0 * self.log_likelihood()
    }

    /// Condition number of the regressors scaled to length one; above 30 a coefficient is poorly separated from others
    /// (Belsley, Kuh and Welsch 1980).
    pub fn condition_number(&self) -> f64 {
        self.qr.condition_number()
    }

    /// Wald test that all coefficients but the intercept are zero, with the covariance of this fit; with a
    /// homoskedastic one it is the usual F test. `None` if there is only an intercept.
    pub fn f_test(&self) -> Option<TestResult> {
        let (k, skip) = (self.names.len(), usize::from(self.spec.intercept));
        if k == skip {
            return None;
        }
        let row = |j: usize| (0..k).map(|i| f64::from(u8::from(i == j))).collect();
        let restrictions: Vec<Vec<f64>> = (skip..k).map(row).collect();
        let mut test = self.wald(&restrictions, &vec![0.0; k - skip]).ok()?;
        "F test of the regression".clone_into(&mut test.name);
        "all slopes are zero".clone_into(&mut test.null);
        Some(test)
    }

    /// Wald test of the linear restrictions R β = r, one row of R each, as F(q, n − k).
    ///
    /// # Errors
    /// Rows of the wrong length, or restrictions that repeat or contradict each other.
    pub fn wald(
        &self,
        restrictions: &[Vec<f64>],
        values: &[f64],
    ) -> Result<TestResult, EconometricsError> {
        let (k, q) = (self.names.len(), restrictions.len());
        let refuse = |reason: String| Err(EconometricsError::Restrictions { reason });
        if q == 0 || q != values.len() {
            return refuse(format!("{q} rows and {} right-hand sides", values.len()));
        }
        if let Some(row) = restrictions.iter().find(|row| row.len() != k) {
            return refuse(format!("a row has {} weights for {k} coefficients", row.len()));
        }
        let gaps: Vec<f64> = restrictions
            .iter()
            .zip(values)
            .map(|(row, value)| dot(row, &self.coefficients) - value)
            .collect();
        let spread: Vec<Vec<f64>> = restrictions
            .iter()
            .map(|row| self.covariance.chunks_exact(k).map(|v| dot(v, row)).collect())
            .collect();
        let mut variance = vec![0.0; q * q];
        for (i, row) in restrictions.iter().enumerate() {
            for (j, spread) in spread.iter().enumerate() {
                variance[i * q + j] = dot(row, spread);
            }
        }
        let Some(solved) = cholesky_solve(&variance, &gaps) else {
            return refuse(format!("the {q} restrictions are not independent of each other"));
        };
        let statistic = dot(&gaps, &solved) / q as f64;
        let distribution = NullDistribution::F(q, self.degrees_of_freedom());
        Ok(TestResult::new(
            "Wald test",
            format!("{q} linear restrictions"),
            statistic,
            distribution,
        ))
    }

    /// Prediction for one row of regressors (without the intercept): point and standard error of the mean response.
    ///
    /// # Errors
    /// As many values as there are regressors are needed.
    pub fn predict(&self, regressors: &[f64]) -> Result<(f64, f64), EconometricsError> {
        let mut row = if self.spec.intercept { vec![1.0] } else { Vec::new() };
        row.extend_from_slice(regressors);
        let k = self.names.len();
        if row.len() != k {
            let (found, name) = (regressors.len(), "prediction row".to_owned());
            let expected = k - usize::from(self.spec.intercept);
            return Err(EconometricsError::Length { name, found, expected });
        }
        let spread: Vec<f64> = self.covariance.chunks_exact(k).map(|v| dot(v, &row)).collect();
        Ok((dot(&row, &self.coefficients), dot(&row, &spread).sqrt()))
    }
}

#[cfg(test)]
mod tests;
