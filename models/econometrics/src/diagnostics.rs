//! Is the regression well specified? Tests of residuals and functional form.
//!
//! ```text
//! Durbin–Watson      Σ(uₜ − uₜ₋₁)²/Σuₜ²
//! Breusch–Godfrey    n u'P u/u'u, P the projection on the regressors and p lags of u (zeros before the sample)      χ²(p)
//! Breusch–Pagan      n R² of u² on the regressors (Koenker's studentised form)                                      χ²(k − 1)
//! RESET              F test of ŷ² and ŷ³ added to the regressors (Ramsey)                                           F(2, n − k − 2)
//! ```
//!
//! All assume what they do not test, and rows that follow each other: rows dropped inside the sample are stepped over.
//! References: Durbin and Watson (1950) Biometrika 37; Godfrey (1978), Breusch (1978); Breusch and Pagan (1979)
//! Econometrica 47(5), Koenker (1981) J. Econometrics 17(1); Ramsey (1969) JRSS B 31(2). Checked against R's lmtest
//! 0.9-40: `dwtest(fm)`, `bgtest(fm, order = 2)`, `bptest(fm)`, `resettest(fm)`.

use crate::estimate::{NullDistribution, TestResult};
use crate::qr::{Qr, dot};
use crate::{EconometricsError, OlsFit};

impl OlsFit {
    /// Durbin–Watson statistic: about 2(1 − r₁), 2 without autocorrelation; biased towards 2 by lagged dependents.
    pub fn durbin_watson(&self) -> f64 {
        let changes = self.residuals().windows(2).map(|pair| (pair[1] - pair[0]).powi(2));
        changes.sum::<f64>() / self.residual_sum_of_squares()
    }

    /// Breusch–Godfrey test for autocorrelation up to `order`.
    ///
    /// # Errors
    /// An order of 0 or one that the sample does not bear.
    pub fn breusch_godfrey(&self, order: usize) -> Result<TestResult, EconometricsError> {
        let n = self.n();
        if order == 0 || n <= self.names.len() + order {
            return Err(EconometricsError::Lags { lags: order, n });
        }
        let residuals = self.residuals();
        let lag = |lag: usize| {
            let mut column = vec![0.0; n];
            column[lag..].copy_from_slice(&residuals[..n - lag]);
            (format!("residual.L{lag}"), column)
        };
        let fitted = self.project_with((1..=order).map(lag).collect(), residuals)?;
        let statistic = n as f64 * dot(&fitted, &fitted) / self.residual_sum_of_squares();
        let distribution = NullDistribution::ChiSquared(order);
        let null = "no autocorrelation of the errors";
        Ok(TestResult::new(format!("Breusch–Godfrey({order})"), null, statistic, distribution))
    }

    /// Breusch–Pagan test for heteroskedasticity explained by the regressors, in Koenker's form. `None` if there is
    /// only an intercept.
    pub fn breusch_pagan(&self) -> Option<TestResult> {
        let n = self.n();
        let df = self.names.len() - usize::from(self.has_intercept());
        if df == 0 {
            return None;
        }
        let squares: Vec<f64> = self.residuals().iter().map(|u| u * u).collect();
        let mean = squares.iter().sum::<f64>() / n as f64;
        let centred: Vec<f64> = squares.iter().map(|s| s - mean).collect();
        let fitted = self.project_with(Vec::new(), &centred).ok()?;
        let statistic = n as f64 * dot(&fitted, &fitted) / dot(&centred, &centred);
        let distribution = NullDistribution::ChiSquared(df);
        Some(TestResult::new("Breusch–Pagan", "one error variance", statistic, distribution))
    }

    /// Ramsey's RESET with the second and third power of the fitted values.
    ///
    /// # Errors
    /// Too few observations, or fitted values whose powers add nothing (a regression on dummies).
    pub fn reset(&self) -> Result<TestResult, EconometricsError> {
        let (n, k) = (self.n(), self.names.len());
        if n <= k + 2 {
            let what = "RESET with these regressors";
            return Err(EconometricsError::TooFew { what, needed: k + 3, found: n });
        }
        // Powers of values near 1 in size: the test does not change, its precision does.
        let largest = self.fitted().iter().fold(0.0_f64, |most, f| most.max(f.abs()));
        let power = |p: i32| {
            let column = self.fitted().iter().map(|f| (f / largest).powi(p)).collect();
            (format!("fitted^{p}"), column)
        };
        let fitted = self.project_with(vec![power(2), power(3)], &self.y)?;
        let rest: f64 = self.y.iter().zip(&fitted).map(|(y, f)| (y - f).powi(2)).sum();
        let df = n - k - 2;
        let statistic = (self.residual_sum_of_squares() - rest) / 2.0 / (rest / df as f64);
        let null = "linear in the regressors";
        Ok(TestResult::new("RESET", null, statistic, NullDistribution::F(2, df)))
    }

    /// Projection of `target` on the regressors and further named columns.
    fn project_with(
        &self,
        further: Vec<(String, Vec<f64>)>,
        target: &[f64],
    ) -> Result<Vec<f64>, EconometricsError> {
        let mut columns = self.columns.clone();
        let mut names = self.names.clone();
        for (name, column) in further {
            names.push(name);
            columns.push(column);
        }
        let qr = Qr::of(&columns)
            .map_err(|at| EconometricsError::Collinear { name: names[at].clone() })?;
        Ok(qr.project(target))
    }
}
