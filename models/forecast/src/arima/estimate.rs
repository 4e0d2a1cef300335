//! Estimation of a seasonal ARIMA with regressors from figures one period apart.
//!
//! Use it where the series is complete: it is the same exact likelihood as that of the state-space form, and its search
//! takes some tenths of a millisecond. Figures and regressors are differenced alike; β and σ² are profiled out.
//! Standard errors come from the Hessian of the profile likelihood in the coefficients; those of β add what the
//! parameters of the dynamics are uncertain by (the block of the inverse of the joint Hessian).

use super::Arima;
use super::profile::{COARSE, EDGE, Effort, FINE, Profile, Value};
use crate::cholesky::{cholesky, solve};
use crate::form::Form;
use crate::report::ParameterEstimate;

/// Why a seasonal ARIMA was not estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArimaError {
    /// Too few figures.
    #[error("{label} needs at least {needed} figures, not {found}")]
    TooShort {
        /// The model.
        label: String,
        /// Figures needed.
        needed: usize,
        /// Figures found.
        found: usize,
    },
    /// A figure or a regressor that is not a number.
    #[error("the value {at} of column {column} (0: the figures) is not finite")]
    NotFinite {
        /// 0 for the figures, then the regressors.
        column: usize,
        /// Its place.
        at: usize,
    },
    /// A regressor of another length.
    #[error("regressor {column} has {found} values and needs {needed}")]
    Length {
        /// The regressor, from 0.
        column: usize,
        /// Values found.
        found: usize,
        /// Values needed.
        needed: usize,
    },
    /// Regressors that cannot be told apart after differences, or figures without anything random.
    #[error("{label}: regressors and constant cannot be told apart, or they explain every figure")]
    Singular {
        /// The model.
        label: String,
    },
    /// The search ended before its maximum.
    #[error("{label} did not converge: the last step still promised {gain:.1e} of log-likelihood")]
    NotConverged {
        /// The model.
        label: String,
        /// Log-likelihood promised.
        gain: f64,
    },
    /// A specification that contradicts itself.
    #[error("{0}")]
    Specification(String),
}

/// Log-likelihood that a search may leave, for an estimate to count as converged.
const LEFT: f64 = 1e-4;

/// Points from which an order that was asked for is searched.
const N_STARTS: usize = 4;

/// A seasonal ARIMA at its maximum of the likelihood.
#[derive(Debug, Clone)]
pub struct ArimaEstimate {
    pub(super) spec: Arima,
    pub(super) constant: bool,
    /// Figures.
    pub(super) y: Vec<f64>,
    /// Regressors as they are, the constant or drift first.
    pub(super) regressors: Vec<Vec<f64>>,
    /// Differenced regressors in units of their size, then the differenced figures.
    pub(super) columns: Vec<Vec<f64>>,
    /// Sizes of the differenced regressors.
    pub(super) sizes: Vec<f64>,
    pub(super) free: Vec<f64>,
    value: Value,
    residuals: Vec<f64>,
    parameters: Vec<ParameterEstimate>,
    coefficients: Vec<ParameterEstimate>,
}

/// Differences of a column by `1 − Σ δ_j B^j`.
pub(super) fn differenced(x: &[f64], differences: &[f64]) -> Vec<f64> {
    let used: Vec<(usize, f64)> =
        (1..).zip(differences.iter().copied()).filter(|d| d.1 != 0.0).collect();
    (differences.len()..x.len())
        .map(|t| x[t] - used.iter().map(|(j, d)| d * x[t - j]).sum::<f64>())
        .collect()
}

impl Arima {
    /// The constant of the differenced data as a regressor of the figures: 1 without differences, `t` with one.
    pub(super) fn constant_column(&self, n: usize) -> Vec<f64> {
        let drift = self.order.1 + self.seasonal.1 > 0;
        (0..n).map(|t| if drift { t as f64 } else { 1.0 }).collect()
    }

    /// The order in the notation of the field, with what its constant is.
    pub(super) fn label_with(&self, constant: bool) -> String {
        let plain = Self { mean: false, ..*self }.label();
        match (constant, self.order.1 + self.seasonal.1) {
            (false, _) => plain,
            (true, 0) => format!("{plain} with mean"),
            (true, _) => format!("{plain} with drift"),
        }
    }

    pub(super) fn check(&self, constant: bool) -> Result<(), ArimaError> {
        let (sp, sd, sq) = self.seasonal;
        if sp + sd + sq > 0 && self.season < 2 {
            return Err(ArimaError::Specification(format!(
                "a seasonal part ({sp},{sd},{sq}) needs a season of at least 2 periods, not {}",
                self.season
            )));
        }
        if constant && self.order.1 + sd > 1 {
            return Err(ArimaError::Specification(format!(
                "{}: a constant after {} differences is a trend of that degree, which is refused",
                self.label_with(false),
                self.order.1 + sd
            )));
        }
        Ok(())
    }

    /// Points to search from.
    pub(super) fn search_points(&self) -> Vec<Vec<f64>> {
        let mut points = vec![Vec::new()];
        for (size, _, moving) in self.groups() {
            let firsts: &[f64] = match (size, moving) {
                (0, _) => &[],
                (_, false) => &[0.1, 0.9],
                (_, true) => &[0.1, 0.6, -0.5],
            };
            if firsts.is_empty() {
                continue;
            }
            points = points
                .iter()
                .flat_map(|point: &Vec<f64>| {
                    firsts.iter().map(|first| {
                        let mut longer = point.clone();
                        longer.push(*first);
                        longer.extend(std::iter::repeat_n(0.0, size - 1));
                        longer
                    })
                })
                .collect();
        }
        points
    }
}

impl ArimaEstimate {
    /// Estimates the order on figures `y`, with `regressors` of the same length and a constant of the differenced data
    /// (a mean, or a drift a period) if it is wanted.
    ///
    /// # Errors
    /// Too few figures, values that are not finite, regressors that cannot be told apart, a search that does not
    /// converge, a specification that contradicts itself.
    pub fn of(
        spec: Arima,
        y: &[f64],
        constant: bool,
        regressors: &[Vec<f64>],
    ) -> Result<Self, ArimaError> {
        Self::from_start(spec, y, constant, regressors, None)
    }

    /// The same, searched from `start` too.
    pub(super) fn from_start(
        spec: Arima,
        y: &[f64],
        constant: bool,
        regressors: &[Vec<f64>],
        start: Option<&[f64]>,
    ) -> Result<Self, ArimaError> {
        Self::found(spec, y, constant, regressors, &|profile| {
            search(profile, start, N_STARTS, FINE)
        })
    }

    /// The order at unconstrained parameters, without a search.
    pub(super) fn at(
        spec: Arima,
        y: &[f64],
        constant: bool,
        free: &[f64],
    ) -> Result<Self, ArimaError> {
        let needed = spec.names().len();
        if free.len() != needed {
            return Err(ArimaError::Specification(format!(
                "{} has {needed} parameters to be read, not {}",
                spec.label_with(constant),
                free.len()
            )));
        }
        Self::found(spec, y, constant, &[], &|profile| {
            profile.at(free).map(|value| (free.to_vec(), value, 0.0))
        })
    }

    fn found(
        spec: Arima,
        y: &[f64],
        constant: bool,
        regressors: &[Vec<f64>],
        find: &dyn Fn(&mut Profile<'_>) -> Option<Found>,
    ) -> Result<Self, ArimaError> {
        spec.check(constant)?;
        let label = spec.label_with(constant);
        checked(&spec, y, constant, regressors, &label)?;
        let differences = spec.differences();
        let mut all = Vec::with_capacity(regressors.len() + 1);
        if constant {
            all.push(spec.constant_column(y.len()));
        }
        all.extend(regressors.iter().cloned());
        let singular = || ArimaError::Singular { label: label.clone() };
        let (mut columns, mut sizes) = (Vec::new(), Vec::new());
        for x in &all {
            let (column, size) = sized(differenced(x, &differences)).ok_or_else(singular)?;
            columns.push(column);
            sizes.push(size);
        }
        columns.push(differenced(y, &differences));
        let mut profile = Profile::new(spec, &columns);
        let (free, value, gain) = find(&mut profile).ok_or_else(singular)?;
        // Nothing random is left: squares at the size of rounding of the figures.
        let largest = y.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        if value.squares <= 1e-22 * largest * largest * value.n as f64 {
            return Err(singular());
        }
        if gain > LEFT {
            return Err(ArimaError::NotConverged { label, gain });
        }
        let residuals = standardised(&profile, value);
        let (parameters, coefficients) =
            inference(&mut profile, &spec, constant, &free, value, &sizes);
        Ok(Self {
            spec,
            constant,
            y: y.to_vec(),
            regressors: all,
            columns,
            sizes,
            free,
            value,
            residuals,
            parameters,
            coefficients,
        })
    }

    /// The model, in the notation of the field.
    pub fn label(&self) -> String {
        self.spec.label_with(self.constant)
    }

    /// The order.
    pub fn spec(&self) -> Arima {
        self.spec
    }

    /// Log-likelihood of the differenced figures.
    pub fn log_likelihood(&self) -> f64 {
        self.value.log_likelihood()
    }

    /// Figures that count in the likelihood: all but those used up by differences.
    pub fn n(&self) -> usize {
        self.value.n
    }

    /// Parameters estimated: those of the dynamics, coefficients and σ².
    pub fn n_parameters(&self) -> usize {
        self.free.len() + self.regressors.len() + 1
    }

    /// Akaike's criterion for small samples (Hurvich and Tsai 1989); infinite with too few figures.
    pub fn aicc(&self) -> f64 {
        aicc(self.log_likelihood(), self.n_parameters(), self.n())
    }

    /// Variance of the innovations by maximum likelihood (divisor n).
    pub fn sigma2(&self) -> f64 {
        self.value.squares / self.value.n as f64
    }

    /// Parameters of the dynamics and σ² (`sigma2`).
    pub fn parameters(&self) -> &[ParameterEstimate] {
        &self.parameters
    }

    /// The constant (`mean` or `drift`) if there is one, then the regressors as `x1`, `x2` …
    pub fn coefficients(&self) -> &[ParameterEstimate] {
        &self.coefficients
    }

    /// Standardised one-step errors, the first after the figures used up by differences.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }
}

/// Akaike's criterion for small samples.
pub(super) fn aicc(log_likelihood: f64, n_parameters: usize, n: usize) -> f64 {
    let (k, n) = (n_parameters as f64, n as f64);
    if n - k - 1.0 <= 0.0 {
        return f64::INFINITY;
    }
    2.0 * (k - log_likelihood) + 2.0 * k * (k + 1.0) / (n - k - 1.0)
}

/// A column in units of its root mean square, and that; `None` if it is zero.
pub(super) fn sized(mut column: Vec<f64>) -> Option<(Vec<f64>, f64)> {
    let size = (column.iter().map(|v| v * v).sum::<f64>() / column.len() as f64).sqrt();
    if size.is_nan() || size <= 0.0 {
        return None;
    }
    for v in &mut column {
        *v /= size;
    }
    Some((column, size))
}

fn checked(
    spec: &Arima,
    y: &[f64],
    constant: bool,
    regressors: &[Vec<f64>],
    label: &str,
) -> Result<(), ArimaError> {
    let n_parameters = spec.names().len() + regressors.len() + usize::from(constant);
    let needed = spec.n_diffuse() + n_parameters + 2;
    if y.len() < needed {
        return Err(ArimaError::TooShort { label: label.to_owned(), needed, found: y.len() });
    }
    for (column, x) in regressors.iter().enumerate() {
        if x.len() != y.len() {
            return Err(ArimaError::Length { column, found: x.len(), needed: y.len() });
        }
    }
    for (column, x) in std::iter::once(y).chain(regressors.iter().map(Vec::as_slice)).enumerate() {
        if let Some(at) = x.iter().position(|v| !v.is_finite()) {
            return Err(ArimaError::NotFinite { column, at });
        }
    }
    Ok(())
}

/// Where a search ended, the value there and what it still promised.
type Found = (Vec<f64>, Value, f64);

/// The maximum from the best of the usual points (and from `start`), the value and what the search still promised.
///
/// A likelihood may have several maxima: the search goes a short way from the `n_starts` best points, then to the end
/// from where it is highest.
pub(super) fn search(
    profile: &mut Profile<'_>,
    start: Option<&[f64]>,
    n_starts: usize,
    effort: Effort,
) -> Option<Found> {
    let mut starts = profile.ranked(profile.spec().search_points());
    starts.truncate(n_starts);
    starts.extend(start.map(<[f64]>::to_vec));
    let mut best: Option<Found> = None;
    for mut free in starts {
        if let Some((value, gain)) = profile.search(&mut free, COARSE)
            && best.as_ref().is_none_or(|b| value.log_likelihood() > b.1.log_likelihood())
        {
            best = Some((free, value, gain));
        }
    }
    let (mut free, _, mut gain) = best?;
    if effort != COARSE {
        (_, gain) = profile.search(&mut free, effort)?;
    }
    let value = profile.at(&free)?;
    Some((free, value, gain))
}

fn standardised(profile: &Profile<'_>, value: Value) -> Vec<f64> {
    let sigma = (value.squares / value.n as f64).sqrt();
    profile.residuals().iter().map(|e| e / sigma).collect()
}

type Inference = (Vec<ParameterEstimate>, Vec<ParameterEstimate>);

/// Estimates with standard errors.
fn inference(
    profile: &mut Profile<'_>,
    spec: &Arima,
    constant: bool,
    free: &[f64],
    value: Value,
    sizes: &[f64],
) -> Inference {
    let k = profile.n_regressors();
    let natural = profile.natural().to_vec();
    let beta = profile.coefficients();
    let sigma2 = value.squares / value.n as f64;
    let mut covariance = vec![0.0; k * k];
    let units: Vec<Vec<f64>> = (0..k)
        .map(|j| profile.whitened(&(0..k).map(|i| f64::from(u8::from(i == j))).collect::<Vec<_>>()))
        .collect();
    for i in 0..k {
        for j in 0..k {
            covariance[i * k + j] =
                sigma2 * units[i].iter().zip(&units[j]).map(|(a, b)| a * b).sum::<f64>();
        }
    }
    let inside: Vec<usize> = (0..free.len())
        .filter(|&i| !spec.at_edge(i, &natural) && free[i].abs() < 0.9 * EDGE)
        .collect();
    let own = natural_covariance(profile, &natural, &inside);
    if let Some(own) = &own {
        added(profile, &natural, &inside, own, &mut covariance);
    }
    let mut parameters: Vec<ParameterEstimate> = spec
        .names()
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let at = inside.iter().position(|&j| j == i);
            let se = own.as_ref().zip(at).map(|(c, at)| c[at * inside.len() + at].sqrt());
            ParameterEstimate::normal(name, natural[i], se)
        })
        .collect();
    let se = sigma2 * (2.0 / value.n as f64).sqrt();
    parameters.push(ParameterEstimate::variance("sigma2".into(), sigma2, Some(se)));
    let first = if spec.n_diffuse() == 0 { "mean" } else { "drift" };
    let coefficients = (0..k)
        .map(|j| {
            let name = match (constant, j) {
                (true, 0) => first.to_owned(),
                (true, j) => format!("x{j}"),
                (false, j) => format!("x{}", j + 1),
            };
            let se = covariance[j * k + j].max(0.0).sqrt();
            ParameterEstimate::normal(name, beta[j] / sizes[j], Some(se / sizes[j]))
        })
        .collect();
    (parameters, coefficients)
}

/// Inverse of minus the Hessian of the log-likelihood in the coefficients `inside`, by central differences.
fn natural_covariance(
    profile: &mut Profile<'_>,
    natural: &[f64],
    inside: &[usize],
) -> Option<Vec<f64>> {
    const STEP: f64 = 1e-3;
    let k = inside.len();
    let mut moved = natural.to_vec();
    let mut at = |shifts: &[(usize, f64)]| {
        moved.copy_from_slice(natural);
        for &(i, by) in shifts {
            moved[inside[i]] += by;
        }
        profile.at_natural(&moved).map(Value::log_likelihood)
    };
    let centre = at(&[])?;
    let mut hessian = vec![0.0; k * k];
    for i in 0..k {
        // A step that stays inside the region, where its edge is near.
        let mut second = |step: f64| {
            Some((at(&[(i, step)])? - 2.0 * centre + at(&[(i, -step)])?) / (step * step))
        };
        hessian[i * k + i] = -second(STEP).or_else(|| second(0.1 * STEP))?;
        for j in 0..i {
            let cross = at(&[(i, STEP), (j, STEP)])?
                - at(&[(i, STEP), (j, -STEP)])?
                - at(&[(i, -STEP), (j, STEP)])?
                + at(&[(i, -STEP), (j, -STEP)])?;
            hessian[i * k + j] = -cross / (4.0 * STEP * STEP);
            hessian[j * k + i] = hessian[i * k + j];
        }
    }
    cholesky(&mut hessian, k, 0.0)?;
    let mut inverse = vec![0.0; k * k];
    for (j, column) in inverse.chunks_exact_mut(k.max(1)).enumerate() {
        column[j] = 1.0;
        solve(&hessian, k, column);
    }
    Some(inverse)
}

/// Adds `(∂β/∂ψ') cov(ψ) (∂β/∂ψ')'` to the covariance of the coefficients.
fn added(
    profile: &mut Profile<'_>,
    natural: &[f64],
    inside: &[usize],
    own: &[f64],
    covariance: &mut [f64],
) {
    const STEP: f64 = 1e-4;
    let (k, m) = (profile.n_regressors(), inside.len());
    if k == 0 {
        return;
    }
    let mut slopes = Vec::with_capacity(m);
    for &i in inside {
        let mut moved = natural.to_vec();
        let mut at = |by: f64| {
            moved[i] = natural[i] + by;
            profile.at_natural(&moved).map(|_| profile.coefficients())
        };
        let (Some(above), Some(below)) = (at(STEP), at(-STEP)) else { return };
        let slope = above.iter().zip(&below).map(|(a, b)| (a - b) / (2.0 * STEP));
        slopes.push(slope.collect::<Vec<f64>>());
    }
    for a in 0..m {
        for b in 0..m {
            for i in 0..k {
                for j in 0..k {
                    covariance[i * k + j] += slopes[a][i] * own[a * m + b] * slopes[b][j];
                }
            }
        }
    }
}
