//! Complex exponential smoothing: levels and trends without a choice between them.
//!
//! Use it where a series may have a trend at times. It assumes additive errors on the transformed scale; its forecasts
//! turn from level to trend as the smoothing parameters, a complex number, say (Svetunkov, Kourentzes and Ord 2022,
//! "Complex exponential smoothing", Naval Research Logistics 69). There are a form without a season, a simple one (the
//! same a season apart), a partial one (with additive indices) and a full one (two complex levels).
//!
//! Estimated by Gaussian likelihood with backcast states, chosen by `AICc`; parameters are kept where errors fade.
//! Variances are those of the linear form, exact given the parameters. In logarithms zero, which is a matter of
//! the unit there, is put far away (`ZERO`), since the method, unlike simple smoothing, is not the same for a shifted
//! series.
//!
//! Checked against statsforecast 2.1.0 `AutoCES` in tests/theta.rs.

mod filter;

use monazite_stochastic::Stream;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use self::filter::{Gains, Problem, Shape, States, responses};
use crate::method::{Account, Estimated, Method, Refusal};
use crate::seasonal_adjustment::Adjusted;
use crate::{
    ForecastError, Forecaster, Marginal, MethodFit, Model, ParameterEstimate, Sample, Transform,
};

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CesKind {
    /// The one of least `AICc` of `None`, `Simple`, `Partial` and `Full`.
    Auto,
    /// No season.
    None,
    /// The same a season apart.
    Simple,
    /// Additive indices.
    Partial,
    /// Two complex levels.
    Full,
    /// No season, on figures without theirs (shrunk indices).
    Adjusted,
}

/// Complex exponential smoothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ces {
    /// Which form.
    pub kind: CesKind,
    /// Periods in a season; below 2: no season.
    pub season: usize,
    /// Scale it works on; `None`: logarithms or levels of positive figures, whichever are likelier (`Transform::choose`).
    pub transform: Option<Transform>,
}

impl Ces {
    /// A form, in logarithms where it can.
    pub fn new(kind: CesKind, season: usize) -> Self {
        Self { kind, season, transform: None }
    }

    /// Without a season, on figures without theirs.
    pub fn adjusted(season: usize) -> Self {
        Self::new(CesKind::Adjusted, season)
    }

    /// The form of least `AICc`.
    pub fn auto(season: usize) -> Self {
        Self::new(CesKind::Auto, season)
    }

    /// The same on another scale.
    #[must_use]
    pub fn on(self, transform: Transform) -> Self {
        Self { transform: Some(transform), ..self }
    }

    fn shape(&self, kind: CesKind) -> Shape {
        let m = self.season;
        let none = Shape { level: true, seasonal_level: false, season: false, m: 0 };
        match kind {
            CesKind::Simple => Shape { level: false, seasonal_level: true, season: false, m },
            CesKind::Partial => Shape { season: true, m, ..none },
            CesKind::Full => Shape { seasonal_level: true, m, ..none },
            CesKind::Auto | CesKind::None | CesKind::Adjusted => none,
        }
    }

    fn seasonal(&self) -> bool {
        matches!(self.kind, CesKind::Simple | CesKind::Partial | CesKind::Full)
    }
}

fn name(kind: CesKind) -> &'static str {
    match kind {
        CesKind::Auto => "auto",
        CesKind::None | CesKind::Adjusted => "none",
        CesKind::Simple => "simple",
        CesKind::Partial => "partial",
        CesKind::Full => "full",
    }
}

/// Figures from which a form without a season is estimated.
const FEWEST: usize = 8;

impl Method for Ces {
    fn label(&self) -> String {
        let season = if self.season > 1 { format!(" [{}]", self.season) } else { String::new() };
        let adjusted = if self.kind == CesKind::Adjusted { " adjusted" } else { "" };
        format!("CES({}){adjusted}{season}", name(self.kind))
    }

    fn needed(&self) -> usize {
        if self.seasonal() { FEWEST.max(3 * self.season) } else { FEWEST }
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        Ok(Box::new(self.estimated(y)?))
    }

    fn at(&self, y: &[f64], parameters: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        let needed = self.shape(self.kind).n_parameters();
        if parameters.len() != needed {
            return Err(Refusal::Specification(format!(
                "{} has {needed} parameters to be read, not {}",
                self.label(),
                parameters.len()
            )));
        }
        Ok(Box::new(self.estimated_at(y, Some(parameters))?))
    }
}

impl Ces {
    fn estimated(&self, y: &[f64]) -> Result<CesEstimate, Refusal> {
        self.estimated_at(y, None)
    }

    /// At these parameters if they are known.
    fn estimated_at(&self, y: &[f64], known: Option<&[f64]>) -> Result<CesEstimate, Refusal> {
        if self.seasonal() && self.season < 2 {
            return Err(Refusal::Specification(format!(
                "{} needs a season of at least 2 periods, not {}",
                self.label(),
                self.season
            )));
        }
        if y.len() < self.needed() {
            return Err(Refusal::TooShort { needed: self.needed() });
        }
        let season = if self.kind == CesKind::Adjusted { self.season } else { 0 };
        let mut adjusted = Adjusted::of(y, season, self.transform, true)?;
        let zero = if adjusted.transform == Transform::None { 0.0 } else { ZERO };
        for w in &mut adjusted.figures {
            *w += zero;
        }
        let kinds: &[CesKind] = match self.kind {
            CesKind::Auto if self.season > 1 && y.len() >= 3 * self.season => {
                &[CesKind::None, CesKind::Simple, CesKind::Partial, CesKind::Full]
            }
            CesKind::Auto => &[CesKind::None],
            ref one => std::slice::from_ref(one),
        };
        let mut best: Option<(CesKind, Vec<f64>, f64)> = None;
        for kind in kinds {
            let shape = self.shape(*kind);
            let (parameters, criterion) = match known {
                Some(known) => (known.to_vec(), 0.0),
                None => Problem::new(shape, &adjusted.figures).search(),
            };
            let aicc = criterion + penalty(shape.n_parameters() + 1, y.len());
            if best.as_ref().is_none_or(|b| aicc < b.2) {
                best = Some((*kind, parameters, aicc));
            }
        }
        let Some((kind, parameters, _)) = best.filter(|b| b.2.is_finite()) else {
            return Err(Refusal::NotConverged { gradient: f64::NAN });
        };
        let shape = self.shape(kind);
        let gains = shape.gains(&parameters);
        let (errors, states) = Problem::new(shape, &adjusted.figures).run(&gains);
        let squares: f64 = errors.iter().map(|e| e * e).sum();
        let sigma2 = squares / (errors.len() - shape.n_parameters()) as f64;
        let spec = Self { kind, transform: Some(adjusted.transform), ..*self };
        Ok(CesEstimate {
            spec,
            kind,
            shape,
            parameters,
            gains,
            zero,
            adjusted,
            errors,
            states,
            sigma2,
        })
    }
}

/// What is added to transformed figures of mean size one.
///
/// The method is not the same for a shifted series: around zero `α_1` ≠ 1 pulls levels towards zero, far from it the same
/// makes a drift. In levels zero is where the figures have it; in logarithms it is a matter of the unit, so it is put
/// where it no longer matters.
const ZERO: f64 = 10.0;

/// Akaike's penalty for small samples (Hurvich and Tsai 1989).
fn penalty(k: usize, n: usize) -> f64 {
    let (k, n) = (k as f64, n as f64);
    2.0 * k + if n - k > 1.0 { 2.0 * k * (k + 1.0) / (n - k - 1.0) } else { f64::INFINITY }
}

/// Complex exponential smoothing at its estimates.
#[derive(Debug)]
struct CesEstimate {
    /// The form chosen, on its scale.
    spec: Ces,
    kind: CesKind,
    shape: Shape,
    parameters: Vec<f64>,
    gains: Gains,
    /// What was added to the transformed figures.
    zero: f64,
    adjusted: Adjusted,
    errors: Vec<f64>,
    states: States,
    sigma2: f64,
}

impl CesEstimate {
    fn place(&self, h: usize) -> usize {
        (self.errors.len() + h) % self.shape.m.max(1)
    }
}

impl Estimated for CesEstimate {
    fn form(&self) -> String {
        let season = if self.shape.m > 1 { format!(" [{}]", self.shape.m) } else { String::new() };
        format!("CES({}){season}{}", name(self.kind), self.adjusted.note())
    }

    fn marginals(&self, horizon: usize) -> Vec<Marginal> {
        let mut states = self.states.clone();
        let mut means = Vec::with_capacity(horizon);
        for h in 0..horizon {
            means.push(states.mean(self.place(h)) - self.zero);
            states.advance(self.place(h), &self.gains, 0.0);
        }
        let mut variance = self.sigma2;
        let deviations = std::iter::once(variance.sqrt()).chain(
            responses(self.shape, &self.gains, horizon).into_iter().map(|psi| {
                variance += self.sigma2 * psi * psi;
                variance.sqrt()
            }),
        );
        self.adjusted.marginals(&means, deviations)
    }

    fn paths(&self, horizon: usize, n_paths: usize, stream: &mut Stream) -> Array2<f64> {
        let sd = self.sigma2.sqrt();
        let mut paths = Array2::zeros((n_paths, horizon));
        for mut path in paths.rows_mut() {
            let mut states = self.states.clone();
            for (h, value) in path.iter_mut().enumerate() {
                let error = sd * stream.normal();
                let place = self.place(h);
                *value = self.adjusted.figure(h, states.mean(place) + error - self.zero);
                states.advance(place, &self.gains, error);
            }
        }
        paths
    }

    fn chosen(&self) -> Option<(Model, Vec<f64>)> {
        Some((Model::Ces(self.spec), self.parameters.clone()))
    }

    fn account(&self) -> Account {
        let named = |name: &str, value| ParameterEstimate::normal(name.to_owned(), value, None);
        let mut parameters: Vec<ParameterEstimate> = self
            .shape
            .names()
            .into_iter()
            .zip(&self.parameters)
            .map(|(n, v)| named(n, *v))
            .collect();
        parameters.push(named("sigma2", self.sigma2));
        let n = self.errors.len() as f64;
        let mean_square = self.errors.iter().map(|e| e * e).sum::<f64>() / n;
        let likelihood = -0.5 * n * ((std::f64::consts::TAU * mean_square).ln() + 1.0);
        let scale = if self.sigma2 > 0.0 { 1.0 / self.sigma2.sqrt() } else { 0.0 };
        Account {
            parameters,
            // That of figures without their season is not one of the figures.
            log_likelihood: self.adjusted.season.is_none().then_some(likelihood),
            n_parameters: self.parameters.len() + 1,
            n: self.errors.len(),
            n_diffuse: 0,
            residuals: self.errors.iter().map(|e| e * scale).collect(),
            in_logs: self.adjusted.transform == Transform::Log,
            warnings: Vec::new(),
        }
    }
}

impl Forecaster for Ces {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [CesKind; 6] = [
        CesKind::Auto,
        CesKind::None,
        CesKind::Simple,
        CesKind::Partial,
        CesKind::Full,
        CesKind::Adjusted,
    ];

    fn seasonal(n: usize) -> Vec<f64> {
        (0..n)
            .map(|t| (10.0 + 0.1 * t as f64 + (t * t % 7) as f64) * [1.0, 1.3, 0.8, 0.9][t % 4])
            .collect()
    }

    #[test]
    fn short_series_are_refused_and_the_shortest_ones_are_not() {
        for kind in KINDS {
            let ces = Ces::new(kind, 4);
            for n in 0..ces.needed() {
                let refused = ces.estimated(&seasonal(n)).unwrap_err();
                assert_eq!(refused, Refusal::TooShort { needed: ces.needed() });
            }
            for n in ces.needed()..40 {
                let marginals = ces.estimated(&seasonal(n)).unwrap().marginals(20);
                assert!(marginals.iter().all(|m| m.quantile(0.9).is_finite()), "{kind:?} {n}");
            }
        }
        let refused = Ces::new(CesKind::Full, 1).estimated(&seasonal(40)).unwrap_err();
        assert!(matches!(refused, Refusal::Specification(_)));
    }

    #[test]
    fn paths_have_the_marginals() {
        let y = seasonal(61);
        for kind in KINDS {
            let estimate = Ces::new(kind, 4).on(Transform::None).estimated(&y).unwrap();
            let mut stream = monazite_stochastic::Key::new(1)
                .stream(0, monazite_stochastic::Purpose::named("ces test"));
            let paths = estimate.paths(9, 20_000, &mut stream);
            for (h, marginal) in estimate.marginals(9).iter().enumerate() {
                for q in [0.1, 0.5, 0.9] {
                    let limit = marginal.quantile(q);
                    let below = paths.column(h).iter().filter(|y| **y <= limit).count();
                    assert!((below as f64 / 20_000.0 - q).abs() < 0.012, "{kind:?} {h} {q}");
                }
            }
        }
    }
}
