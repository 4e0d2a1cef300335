//! Theta: half of the trend, a smoothed level, and estimated versions of both.
//!
//! Use it for trends that are likely to flatten, above all for many or short series. It assumes a season that does not
//! change, additive errors on the transformed scale, and one smoothing parameter.
//!
//! The standard method (Assimakopoulos and Nikolopoulos 2000) is simple exponential smoothing with half the slope of the
//! line through all figures as drift (Hyndman and Billah 2003). The optimised model estimates θ, the share of the line
//! being ω = 1 − 1/θ; the dynamic one lets the line follow the figures (Fiorucci, Pellegrini, Louzada, Petropoulos and
//! Koehler 2016). All are estimated by least squares of the one-step errors, all but the standard one from the fourth figure on: before
//! it a dynamic line rests on too few figures. Forecasts are linear in future errors, so variances are exact given the
//! parameters. The season is taken out first ([`SeasonalIndices`]).
//!
//! Checked against R forecast 8.20 `thetaf` and statsforecast 2.1.0 `OptimizedTheta` and `DynamicOptimizedTheta` in
//! tests/theta.rs.

mod search;

use monazite_stochastic::Stream;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use self::search::{Lines, Problem, Profile, State, Weight};
use crate::method::{Account, Estimated, Method, Refusal};
use crate::seasonal_adjustment::Adjusted;
use crate::{ForecastError, Forecaster, Marginal, MethodFit, ParameterEstimate, Sample, Transform};

/// Which theta model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThetaKind {
    /// Smoothing with half the slope as drift.
    Standard,
    /// θ estimated, the line through all figures.
    Optimised,
    /// θ = 2, the line through the figures so far.
    DynamicStandard,
    /// θ estimated, the line through the figures so far.
    DynamicOptimised,
}

/// A theta model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Theta {
    /// Which.
    pub kind: ThetaKind,
    /// Periods in a season; below 2: no season.
    pub season: usize,
    /// Scale it works on; `None`: logarithms where every figure is positive.
    pub transform: Option<Transform>,
    /// Whether seasonal indices are shrunk as far as they are noise.
    pub shrink: bool,
    /// The smoothing parameter, between 0 and 1; `None`: estimated.
    pub alpha: Option<f64>,
}

impl Theta {
    /// A theta model with shrunk indices, in logarithms where it can.
    pub fn new(kind: ThetaKind, season: usize) -> Self {
        Self { kind, season, transform: None, shrink: true, alpha: None }
    }

    /// The standard method.
    pub fn standard(season: usize) -> Self {
        Self::new(ThetaKind::Standard, season)
    }

    /// θ estimated.
    pub fn optimised(season: usize) -> Self {
        Self::new(ThetaKind::Optimised, season)
    }

    /// θ estimated, the line through the figures so far.
    pub fn dynamic_optimised(season: usize) -> Self {
        Self::new(ThetaKind::DynamicOptimised, season)
    }

    /// The same on another scale.
    #[must_use]
    pub fn on(self, transform: Transform) -> Self {
        Self { transform: Some(transform), ..self }
    }

    fn name(&self) -> &'static str {
        match self.kind {
            ThetaKind::Standard => "theta",
            ThetaKind::Optimised => "optimised theta",
            ThetaKind::DynamicStandard => "dynamic theta",
            ThetaKind::DynamicOptimised => "dynamic optimised theta",
        }
    }

    fn dynamic(&self) -> bool {
        matches!(self.kind, ThetaKind::DynamicStandard | ThetaKind::DynamicOptimised)
    }
}

/// Errors left out because a dynamic line rests on too few figures; the same for a line that stays, so that they compare.
const SKIPPED: usize = 3;

/// Range of α.
const ALPHA: (f64, f64) = (1e-4, 0.9999);

impl Method for Theta {
    fn label(&self) -> String {
        let season = if self.season > 1 { format!(" [{}]", self.season) } else { String::new() };
        format!("{}{season}", self.name())
    }

    fn needed(&self) -> usize {
        SKIPPED + 4
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        Ok(Box::new(self.estimated(y)?))
    }
}

/// Least mean square of the one-step errors of the optimised theta model without a season.
pub(crate) fn least_mean_square(y: &[f64]) -> f64 {
    let lines = Lines::of(y, false);
    let problem = Problem { y, lines: &lines, weight: Weight::Free, skipped: 0 };
    problem.search(ALPHA.0, ALPHA.1).sse / y.len() as f64
}

impl Theta {
    fn estimated(&self, y: &[f64]) -> Result<ThetaEstimate, Refusal> {
        if y.len() < self.needed() {
            return Err(Refusal::TooShort { needed: self.needed() });
        }
        if let Some(alpha) = self.alpha.filter(|a| !(*a > 0.0 && *a < 1.0)) {
            return Err(Refusal::Specification(format!(
                "the smoothing parameter of a theta model is {alpha}, and it lies between 0 and 1"
            )));
        }
        let adjusted = Adjusted::of(y, self.season, self.transform, self.shrink)?;
        Ok(self.of_adjusted(adjusted))
    }

    /// Estimates it on as many figures as it needs, transformed and without their season.
    pub(crate) fn of_adjusted(&self, adjusted: Adjusted) -> ThetaEstimate {
        let figures = &adjusted.figures;
        let lines = Lines::of(figures, self.dynamic());
        let (weight, skipped) = match self.kind {
            ThetaKind::Standard => (Weight::Fixed(0.0), 0),
            ThetaKind::DynamicStandard => (Weight::Fixed(0.5), SKIPPED),
            ThetaKind::Optimised | ThetaKind::DynamicOptimised => (Weight::Free, SKIPPED),
        };
        let problem = Problem { y: figures, lines: &lines, weight, skipped };
        let found = match self.alpha {
            Some(alpha) => problem.profile(alpha),
            None => problem.search(ALPHA.0, ALPHA.1),
        };
        let (errors, mut state) = problem.run(&found);
        if self.kind == ThetaKind::Standard {
            // The drift is no part of the smoothing, so it is added once that is done.
            state = state.with_drift();
        }
        let errors = errors[skipped..].to_vec();
        let estimated = 1 + usize::from(self.alpha.is_none()) + usize::from(weight == Weight::Free);
        let freedom = (errors.len() - estimated) as f64;
        let sigma2 = errors.iter().map(|e| e * e).sum::<f64>() / freedom;
        ThetaEstimate { spec: *self, adjusted, found, state, errors, sigma2, estimated }
    }
}

/// A theta model at its estimates.
#[derive(Debug)]
pub(crate) struct ThetaEstimate {
    spec: Theta,
    adjusted: Adjusted,
    found: Profile,
    state: State,
    errors: Vec<f64>,
    sigma2: f64,
    estimated: usize,
}

impl Estimated for ThetaEstimate {
    fn form(&self) -> String {
        format!("{}{}", self.spec.name(), self.adjusted.note())
    }

    fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        let (means, variances) = self.state.ahead(horizon);
        self.adjusted.marginals(&means, variances.iter().map(|v| (v * self.sigma2).sqrt()))
    }

    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let sd = self.sigma2.sqrt();
        let mut paths = Array2::zeros((n_paths, horizon));
        for mut path in paths.rows_mut() {
            let mut now = self.state;
            for (h, value) in path.iter_mut().enumerate() {
                let y = now.mean() + sd * stream.normal();
                now.advance(y);
                *value = self.adjusted.figure(h, y);
            }
        }
        paths
    }

    fn account(&self) -> Account {
        let named = |name: &str, value| ParameterEstimate::normal(name.to_owned(), value, None);
        let mut parameters = vec![named("alpha", self.found.alpha)];
        // Finite where θ is not.
        parameters.push(named("1 - 1/theta", self.state.weight));
        parameters.push(named("sigma2", self.sigma2));
        if !self.adjusted.season.is_none() {
            parameters.push(named("seasonal shrinkage", self.adjusted.season.shrinkage()));
        }
        let sd = self.sigma2.sqrt();
        let scale = if sd > 0.0 { 1.0 / sd } else { 0.0 };
        Account {
            parameters,
            log_likelihood: None,
            n_parameters: self.estimated + 1,
            n: self.errors.len(),
            n_diffuse: self.adjusted.figures.len() - self.errors.len(),
            residuals: self.errors.iter().map(|e| e * scale).collect(),
            in_logs: self.adjusted.transform == Transform::Log,
            warnings: Vec::new(),
        }
    }
}

impl Forecaster for Theta {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trending(n: usize) -> Vec<f64> {
        (0..n).map(|t| 10.0 + 0.3 * t as f64 + f64::from((t * t % 7) as u8)).collect()
    }

    #[test]
    fn short_series_are_refused_and_the_shortest_ones_are_not() {
        for kind in [ThetaKind::Standard, ThetaKind::Optimised, ThetaKind::DynamicOptimised] {
            let theta = Theta::new(kind, 12);
            for n in 0..theta.needed() {
                let refused = theta.estimated(&trending(n)).unwrap_err();
                assert_eq!(refused, Refusal::TooShort { needed: theta.needed() });
            }
            for n in theta.needed()..60 {
                let marginals = theta.estimated(&trending(n)).unwrap().marginals(20);
                assert!(marginals.iter().all(|m| m.quantile(0.9).is_finite()), "{kind:?} {n}");
            }
        }
    }

    #[test]
    fn logs_only_of_positive_figures() {
        let mut figures = trending(40);
        figures[7] = -1.0;
        let theta = Theta::dynamic_optimised(12);
        assert!(!theta.estimated(&figures).unwrap().account().in_logs);
        let refused = theta.on(Transform::Log).estimated(&figures).unwrap_err();
        assert_eq!(refused, Refusal::NotPositive { at: 7 });
    }

    #[test]
    fn paths_have_the_marginals() {
        let y: Vec<f64> =
            trending(60).iter().enumerate().map(|(t, y)| y * [1.0, 1.3, 0.8, 0.9][t % 4]).collect();
        for theta in [Theta::dynamic_optimised(4), Theta::standard(4).on(Transform::None)] {
            let estimate = theta.estimated(&y).unwrap();
            let mut stream = monazite_stochastic::Key::new(1)
                .stream(0, monazite_stochastic::Purpose::named("theta test"));
            let paths = estimate.paths(6, 20_000, &mut stream);
            for (h, marginal) in estimate.marginals(6).iter().enumerate() {
                let below = |q: f64| {
                    let limit = marginal.quantile(q);
                    paths.column(h).iter().filter(|y| **y <= limit).count() as f64 / 20_000.0
                };
                for q in [0.1, 0.5, 0.9] {
                    assert!((below(q) - q).abs() < 0.012, "{h} {q} {}", below(q));
                }
            }
        }
    }

    /// An exact line has no error; the standard method goes on with half of its slope, as it should.
    #[test]
    fn an_exact_line_is_no_accident() {
        let y: Vec<f64> = (1..=30).map(f64::from).collect();
        let theta = Theta::dynamic_optimised(1).on(Transform::None);
        let estimate = theta.estimated(&y).unwrap();
        assert!((estimate.marginals(1)[0].quantile(0.5) - 31.0).abs() < 1e-3);
    }
}
