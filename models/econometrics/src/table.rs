//! The regression as an economist's table, and as the object that `--json` prints.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::estimate::{Estimate, TestResult, significant};
use crate::{Covariance, OlsFit};

/// Which observations an estimate rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// First period or row.
    pub from: String,
    /// Last period or row.
    pub to: String,
    /// Number of observations used.
    pub n: usize,
    /// Rows left out because a value was missing.
    pub dropped: usize,
}

/// Everything a reader needs of a regression, ready to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegressionReport {
    /// Always `ols`.
    pub model: &'static str,
    /// Dependent variable.
    pub dependent: String,
    /// Observations used.
    pub sample: Sample,
    /// Assumption behind the standard errors.
    pub covariance: String,
    /// Bartlett bandwidth of a HAC covariance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<f64>,
    /// Log-likelihood.
    pub loglik: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// The same with its small-sample term.
    pub aicc: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Coefficients.
    pub parameters: Vec<Estimate>,
    /// R², σ, tests.
    pub diagnostics: Diagnostics,
    /// What a reader should be told.
    pub warnings: Vec<String>,
}

/// Fit and specification tests of a regression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnostics {
    /// R².
    pub r_squared: f64,
    /// Adjusted R².
    pub adjusted_r_squared: f64,
    /// Residual standard deviation.
    pub sigma: f64,
    /// Durbin–Watson statistic.
    pub durbin_watson: f64,
    /// Condition number of the scaled regressors.
    pub condition_number: f64,
    /// F, Breusch–Godfrey, Breusch–Pagan, RESET, as far as the sample bears them.
    pub tests: Vec<TestResult>,
}

impl OlsFit {
    /// The regression with its diagnostics.
    pub fn report(&self) -> RegressionReport {
        let (from, to) = self.sample().map_or_else(
            || {
                let rows = self.rows();
                (format!("row {}", rows[0] + 1), format!("row {}", rows[rows.len() - 1] + 1))
            },
            |(first, last)| (first.to_string(), last.to_string()),
        );
        let tests =
            [self.f_test(), self.breusch_godfrey(2).ok(), self.breusch_pagan(), self.reset().ok()];
        RegressionReport {
            model: "ols",
            dependent: self.dependent().to_owned(),
            sample: Sample { from, to, n: self.n(), dropped: self.n_dropped() },
            covariance: self.covariance_kind().to_string(),
            bandwidth: self.bandwidth(),
            loglik: self.log_likelihood(),
            aic: self.aic(),
            aicc: self.aicc(),
            bic: self.bic(),
            parameters: self.estimates(),
            diagnostics: Diagnostics {
                r_squared: self.r_squared(),
                adjusted_r_squared: self.adjusted_r_squared(),
                sigma: self.sigma(),
                durbin_watson: self.durbin_watson(),
                condition_number: self.condition_number(),
                tests: tests.into_iter().flatten().collect(),
            },
            warnings: self.warnings(),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let gaps = self.n_gaps();
        if gaps > 0 {
            warnings.push(format!(
                "{gaps} row(s) dropped inside the sample: lags of residuals step over them"
            ));
        }
        let condition = self.condition_number();
        if condition > 30.0 {
            warnings.push(format!(
                "condition number {condition:.0} (above 30): some coefficients are poorly separated"
            ));
        }
        let scale = self.y.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
        if self.sigma() < 1e-12 * scale {
            warnings.push("a perfect fit: standard errors are rounding errors".to_owned());
        }
        if self.covariance_kind() == Covariance::Homoskedastic {
            let autocorrelated = self.breusch_godfrey(2).is_ok_and(|test| test.p_value < 0.05);
            let heteroskedastic = self.breusch_pagan().is_some_and(|test| test.p_value < 0.05);
            if autocorrelated || heteroskedastic {
                let what = match (autocorrelated, heteroskedastic) {
                    (true, true) => "autocorrelated and of unequal variance",
                    (true, false) => "autocorrelated",
                    _ => "of unequal variance",
                };
                warnings.push(format!(
                    "errors look {what} (5 % level): prefer HAC or HC standard errors"
                ));
            }
        }
        warnings
    }
}

impl Serialize for OlsFit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report().serialize(serializer)
    }
}

/// `{}` is the table, `{:#}` the same with significance stars.
impl fmt::Display for OlsFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report();
        writeln!(f, "OLS, dependent variable {}", report.dependent)?;
        let Sample { from, to, n, dropped } = &report.sample;
        write!(f, "Sample {from} to {to}, n = {n}")?;
        if *dropped > 0 {
            write!(f, " ({dropped} dropped for missing values)")?;
        }
        write!(f, "\nStandard errors: {}", report.covariance)?;
        if let (Some(b), Covariance::Hac { bandwidth, .. }) =
            (report.bandwidth, self.covariance_kind())
        {
            match bandwidth {
                crate::Bandwidth::Lags(_) => {}
                crate::Bandwidth::NeweyWest1994 => write!(f, " (chosen: {:.0})", b - 1.0)?,
                crate::Bandwidth::Andrews1991 => write!(f, " (chosen: {b:.2})")?,
            }
        }
        f.write_str("\n\n")?;
        self.fmt_coefficients(f)?;
        let d = &report.diagnostics;
        writeln!(
            f,
            "\nR² {:.4}, adjusted {:.4}, residual s.d. {}",
            d.r_squared,
            d.adjusted_r_squared,
            significant(d.sigma, 5)
        )?;
        writeln!(
            f,
            "Durbin–Watson {:.3}, condition number {}",
            d.durbin_watson,
            significant(d.condition_number, 3)
        )?;
        for test in &d.tests {
            writeln!(f, "{test}")?;
        }
        for warning in &report.warnings {
            writeln!(f, "note: {warning}")?;
        }
        if f.alternate() {
            writeln!(f, "* p < 0.10, ** p < 0.05, *** p < 0.01")?;
        }
        Ok(())
    }
}

impl OlsFit {
    fn fmt_coefficients(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(12);
        writeln!(
            f,
            "{:width$}  {:>12}  {:>12}  {:>8}  {:>7}",
            "", "coefficient", "std. error", "t", "p"
        )?;
        let rows = self.names.iter().zip(self.coefficients()).zip(self.standard_errors());
        for (((name, b), se), (t, p)) in rows.zip(self.t_values().iter().zip(self.p_values())) {
            let p_cell = if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") };
            let (b, se) = (significant(*b, 5), significant(se, 5));
            write!(f, "{name:width$}  {b:>12}  {se:>12}  {t:>8.2}  {p_cell:>7}")?;
            if f.alternate() {
                let stars = match p {
                    p if p < 0.01 => " ***",
                    p if p < 0.05 => " **",
                    p if p < 0.1 => " *",
                    _ => "",
                };
                f.write_str(stars)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
