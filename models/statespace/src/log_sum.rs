//! Sums of months whose logarithms are modelled: conditional mode, corrected likelihood, split of a sum.
//!
//! A span in logs says `ln S = ln Σ exp θ_j` of its months. At a point `θ̂` this is linear to first order: with weights
//! `w = softmax(θ̂)`, the figure `ln S − ln Σ exp θ̂_j + Σ w_j θ̂_j` measures `Σ w_j θ_j`. Smoothing and linearising again,
//! from equal months on until no log month changes by more than 1e-10, gives the conditional mode (Proietti and Moauro
//! 2006; Durbin and Koopman 2012, ch. 10). [`correct`] says what the linearisation costs.

use crate::error::StateSpaceError;
use crate::filter::Likelihood;
use crate::gains::{Gains, pass};
use crate::importance::{Importance, regression};
use crate::model::{Channel, StateSpace};
use crate::observations::{Measurement, Observations, Scale};
use crate::spans::{Item, Plan, dot};

/// The log-likelihood with spans in logs, by importance sampling around the linearised model.
#[derive(Debug, Clone)]
pub struct Corrected {
    pub(crate) log_likelihood_linearised: f64,
    pub(crate) log_likelihood: f64,
    pub(crate) standard_error: f64,
    pub(crate) n_draws: usize,
    pub(crate) effective_draws: f64,
    pub(crate) splits: Vec<Split>,
}

impl Corrected {
    /// What [`crate::log_likelihood`] gives: the Gaussian log-likelihood of the model linearised at the conditional mode.
    pub fn log_likelihood_linearised(&self) -> f64 {
        self.log_likelihood_linearised
    }

    /// The log-likelihood, `β` at its estimate.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Monte Carlo standard error of [`Self::log_likelihood`].
    pub fn standard_error(&self) -> f64 {
        self.standard_error
    }

    /// Draws made.
    pub fn n_draws(&self) -> usize {
        self.n_draws
    }

    /// Effective number of draws.
    pub fn effective_draws(&self) -> f64 {
        self.effective_draws
    }

    /// The months of each span longer than one period, in the order of the measurements.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }
}

/// The months of one published sum, given all measurements.
#[derive(Debug, Clone)]
pub struct Split {
    pub(crate) measurement: usize,
    pub(crate) first_period: usize,
    pub(crate) mode: Vec<f64>,
    pub(crate) draws: Vec<Vec<f64>>,
    pub(crate) weights: Vec<f64>,
}

impl Split {
    /// Index of the measurement as given.
    pub fn measurement(&self) -> usize {
        self.measurement
    }

    /// First period of the span.
    pub fn first_period(&self) -> usize {
        self.first_period
    }

    /// Number of months.
    pub fn n_months(&self) -> usize {
        self.mode.len()
    }

    /// Exponentiated conditional modes.
    pub fn mode(&self) -> &[f64] {
        &self.mode
    }

    /// Conditional means of the months.
    pub fn mean(&self) -> Vec<f64> {
        self.draws.iter().map(|d| d.iter().zip(&self.weights).map(|(x, w)| x * w).sum()).collect()
    }

    /// Conditional standard deviations of the months.
    pub fn standard_deviation(&self) -> Vec<f64> {
        let mean = self.mean();
        let variance = |(d, m): (&Vec<f64>, &f64)| -> f64 {
            d.iter().zip(&self.weights).map(|(x, w)| w * (x - m) * (x - m)).sum::<f64>()
        };
        self.draws.iter().zip(&mean).map(|pair| variance(pair).sqrt()).collect()
    }

    /// Conditional quantile of one month: the smallest draw whose cumulative weight reaches `probability`.
    pub fn quantile(&self, month: usize, probability: f64) -> Option<f64> {
        let draws = self.draws.get(month)?;
        let mut order: Vec<usize> = (0..draws.len()).collect();
        order.sort_by(|&a, &b| draws[a].total_cmp(&draws[b]));
        let mut total = 0.0;
        for &i in &order {
            total += self.weights[i];
            if total >= probability {
                return Some(draws[i]);
            }
        }
        order.last().map(|&i| draws[i])
    }
}

/// Log months of each measurement (empty for single periods) at the conditional mode, by measurement.
pub(crate) type Mode = Vec<Vec<f64>>;

/// `ln Σ exp θ`.
pub(crate) fn log_sum_exp(theta: &[f64]) -> f64 {
    let top = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + theta.iter().map(|x| (x - top).exp()).sum::<f64>().ln()
}

/// Measurement noise of a figure.
pub(crate) fn noise_of(measurement: &Measurement, channels: &[Channel]) -> f64 {
    measurement
        .noise_variance
        .unwrap_or_else(|| channels.get(measurement.channel).map_or(0.0, Channel::noise_variance))
}

/// The measurements as linear figures: sums in levels; in logs single logs, and sums linearised at `mode`.
pub(crate) fn linear_items(
    channels: &[Channel],
    observations: &Observations,
    mode: &Mode,
) -> Vec<Item> {
    let item = |(index, m): (usize, &Measurement)| {
        let (weights, value) = match (observations.scale(), m.span) {
            (Scale::Level, 1) => (Vec::new(), m.value),
            (Scale::Log, 1) => (Vec::new(), m.value.ln()),
            (Scale::Level, span) => (vec![1.0; span], m.value),
            (Scale::Log, _) => {
                let theta = &mode[index];
                let total = log_sum_exp(theta);
                let weights: Vec<f64> = theta.iter().map(|x| (x - total).exp()).collect();
                let along: f64 = weights.iter().zip(theta).map(|(w, x)| w * x).sum();
                (weights, m.value.ln() - total + along)
            }
        };
        Item {
            measurement: index,
            channel: m.channel,
            end: m.end,
            weights,
            value,
            noise: noise_of(m, channels),
        }
    };
    observations.measurements().iter().enumerate().map(item).collect()
}

/// The point around which sums of log months are taken as linear; without such sums there is nothing to it.
///
/// A search over parameters costs a tenth if it holds the point for a while ([`likelihood_at`]) and finds it anew
/// ([`linearise`]) in between; the likelihood at the point that belongs to the parameters is that of [`crate::likelihood`].
#[derive(Debug, Clone, PartialEq)]
pub struct Linearisation {
    mode: Mode,
}

/// The conditional mode of the log months within sums, found from equal months, or from a point found for parameters
/// nearby, which takes fewer steps to the same mode.
///
/// # Errors
/// As [`crate::filter`]; a point that belongs to other observations.
pub fn linearise(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    from: Option<&Linearisation>,
) -> Result<Linearisation, StateSpaceError> {
    let mode = match from {
        Some(point) => checked(point, observations)?,
        None => equal_months(observations),
    };
    plan_from(model, channels, observations, mode).map(|(_, mode)| Linearisation { mode })
}

/// The likelihood of the model linearised at a given point instead of its own conditional mode.
///
/// # Errors
/// As [`crate::filter`]; a point that belongs to other observations.
pub fn likelihood_at(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    point: &Linearisation,
) -> Result<Likelihood, StateSpaceError> {
    Ok(pass(&plan_at(model, channels, observations, point)?, None)?.likelihood)
}

/// The linear Gaussian problem at a given point.
pub(crate) fn plan_at(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    point: &Linearisation,
) -> Result<Plan, StateSpaceError> {
    let items = linear_items(channels, observations, &checked(point, observations)?);
    Plan::new(model, channels, observations.n_periods(), items)
}

fn checked(point: &Linearisation, observations: &Observations) -> Result<Mode, StateSpaceError> {
    let own = equal_months(observations);
    let same = own.len() == point.mode.len()
        && own.iter().zip(&point.mode).all(|(a, b)| a.len() == b.len());
    if same {
        return Ok(point.mode.clone());
    }
    Err(StateSpaceError::Shape {
        what: "sums of the linearisation",
        expected: own.iter().filter(|m| !m.is_empty()).count(),
        found: point.mode.iter().filter(|m| !m.is_empty()).count(),
    })
}

/// Each sum in logs as equal months.
fn equal_months(observations: &Observations) -> Mode {
    let in_logs = observations.scale() == Scale::Log;
    let months = |m: &Measurement| {
        if in_logs && m.span > 1 {
            vec![(m.value / m.span as f64).ln(); m.span]
        } else {
            Vec::new()
        }
    };
    observations.measurements().iter().map(months).collect()
}

/// The linear Gaussian problem: as it stands, or linearised at the conditional mode if there are spans in logs.
pub(crate) fn gaussian_plan(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<(Plan, Mode), StateSpaceError> {
    plan_from(model, channels, observations, equal_months(observations))
}

fn plan_from(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    mut mode: Mode,
) -> Result<(Plan, Mode), StateSpaceError> {
    let build = |mode: &Mode| {
        Plan::new(
            model,
            channels,
            observations.n_periods(),
            linear_items(channels, observations, mode),
        )
    };
    let mut plan = build(&mode)?;
    if mode.iter().all(Vec::is_empty) {
        return Ok((plan, mode));
    }
    let mut last = f64::INFINITY;
    let mut before: Option<(Mode, Mode)> = None;
    let mut gains = Gains::default();
    for _ in 0..MAX_ITERATIONS {
        let steps = mode_steps(&plan, channels, &mode, &mut gains)?;
        let change = steps.iter().flatten().fold(0.0_f64, |a, s| a.max(s.abs()));
        if !change.is_finite() {
            return Err(StateSpaceError::ModeNotFound { iterations: MAX_ITERATIONS, change });
        }
        // Steps that do not shrink overshoot: go on from there halfway and without extrapolating.
        let shrinks = change < 0.9 * last;
        let next: Mode = (0..mode.len())
            .map(|i| match &before {
                Some((theta, step)) if shrinks => {
                    extrapolated(&mode[i], &steps[i], &theta[i], &step[i])
                }
                Some(_) => mode[i].iter().zip(&steps[i]).map(|(x, s)| x + 0.5 * s).collect(),
                None => mode[i].iter().zip(&steps[i]).map(|(x, s)| x + s).collect(),
            })
            .collect();
        before = Some((std::mem::replace(&mut mode, next), steps));
        plan = build(&mode)?;
        if change <= MODE_TOLERANCE {
            return Ok((plan, mode));
        }
        last = change;
    }
    Err(StateSpaceError::ModeNotFound { iterations: MAX_ITERATIONS, change: last })
}

const MAX_ITERATIONS: usize = 200;
const MODE_TOLERANCE: f64 = 1e-10;

/// Where smoothing moves the log months of each span.
fn mode_steps(
    plan: &Plan,
    channels: &[Channel],
    mode: &Mode,
    gains: &mut Gains,
) -> Result<Mode, StateSpaceError> {
    let pass = pass(plan, Some(gains))?;
    let smoothed = gains.backward(plan, &gains.means_at(plan, &pass.beta));
    let mut steps = vec![Vec::new(); mode.len()];
    for item in plan.items.iter().filter(|i| i.weights.len() > 1) {
        steps[item.measurement] = item
            .terms()
            .zip(&mode[item.measurement])
            .map(|((t, _), theta)| {
                let state = &smoothed[t * plan.m..(t + 1) * plan.m];
                dot(plan.signal(item.channel, t), state)
                    + regression(&channels[item.channel], t, &pass.beta)
                    - theta
            })
            .collect();
    }
    Ok(steps)
}

/// The fixed point the last two steps of a span point to (Anderson 1965, depth one).
fn extrapolated(
    theta: &[f64],
    step: &[f64],
    theta_before: &[f64],
    step_before: &[f64],
) -> Vec<f64> {
    let (mut along, mut size) = (0.0, 0.0);
    for (s, b) in step.iter().zip(step_before) {
        along += s * (s - b);
        size += (s - b) * (s - b);
    }
    let gamma = if size > 0.0 { (along / size).clamp(-1.0, 1.0) } else { 0.0 };
    (0..theta.len())
        .map(|i| {
            theta[i] + step[i] - gamma * (theta[i] - theta_before[i] + step[i] - step_before[i])
        })
        .collect()
}

/// Draws of the first round; doubled until the standard error is small.
const FIRST_PAIRS: usize = 128;
const MAX_PAIRS: usize = 1 << 14;
/// Aim for the standard error of the corrected log-likelihood.
const STANDARD_ERROR: f64 = 0.003;

/// Corrects the linearised likelihood and splits each sum into its months, `β` fixed at its estimate.
///
/// Draws log months from the linearised model given the data, adds to the months of each noise-free span the constant
/// that makes them add up, and weighs by the ratio of densities (both moves have unit Jacobian, since the weights of the
/// linearised sum add up to one). Spans with noise are weighed by their exact against their linearised density.
/// Antithetic draws from a fixed stream; doubled until the standard error of the log-likelihood is at most .003, or
/// 32,768 draws are made: look at [`Corrected::standard_error`]. Without spans in logs nothing needs correcting.
///
/// # Errors
/// As [`crate::filter`].
pub fn correct(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
) -> Result<Corrected, StateSpaceError> {
    correct_to(model, channels, observations, STANDARD_ERROR)
}

/// The same with another aim for the standard error of the log-likelihood; a tenth of it costs a hundred times the draws.
///
/// # Errors
/// As [`crate::filter`].
pub fn correct_to(
    model: &StateSpace,
    channels: &[Channel],
    observations: &Observations,
    standard_error_aim: f64,
) -> Result<Corrected, StateSpaceError> {
    let (plan, mode) = gaussian_plan(model, channels, observations)?;
    let fitted = pass(&plan, None)?;
    let linearised = fitted.likelihood.log_likelihood();
    if mode.iter().all(Vec::is_empty) {
        return Ok(Corrected {
            log_likelihood_linearised: linearised,
            log_likelihood: linearised,
            standard_error: 0.0,
            n_draws: 0,
            effective_draws: 0.0,
            splits: Vec::new(),
        });
    }
    let importance =
        Importance::given_coefficients(model, channels, observations, &mode, &fitted.beta)?;
    let mut splits: Vec<Split> = (0..mode.len())
        .filter(|&i| !mode[i].is_empty())
        .map(|i| Split {
            measurement: i,
            first_period: observations.measurements()[i].end + 1 - mode[i].len(),
            mode: mode[i].iter().map(|x| x.exp()).collect(),
            draws: vec![Vec::new(); mode[i].len()],
            weights: Vec::new(),
        })
        .collect();
    let mut stream = NormalStream::new(0x6d6f_6e61_7a69_7465);
    let mut log_weights: Vec<f64> = Vec::new();
    let mut n_pairs = FIRST_PAIRS;
    let (correction, standard_error) = loop {
        while log_weights.len() < 2 * n_pairs {
            let normals: Vec<f64> = (0..importance.n_normals()).map(|_| stream.next()).collect();
            for sign in [1.0, -1.0] {
                let mut used = normals.iter();
                let draw = importance.draw(&mut || used.next().map_or(0.0, |z| sign * z));
                log_weights.push(draw.log_weight);
                for split in &mut splits {
                    for (list, theta) in
                        split.draws.iter_mut().zip(&draw.log_months[split.measurement])
                    {
                        list.push(theta.exp());
                    }
                }
            }
        }
        let (log_mean, error) = log_mean_of_pairs(&log_weights);
        if error <= standard_error_aim || n_pairs >= MAX_PAIRS {
            break (log_mean, error);
        }
        n_pairs *= 2;
    };
    let weights = normalised(&log_weights);
    for split in &mut splits {
        split.weights.clone_from(&weights);
    }
    Ok(Corrected {
        log_likelihood_linearised: linearised,
        log_likelihood: linearised + correction,
        standard_error,
        n_draws: log_weights.len(),
        effective_draws: 1.0 / weights.iter().map(|w| w * w).sum::<f64>(),
        splits,
    })
}

/// Weights that sum to one.
pub(crate) fn normalised(log_weights: &[f64]) -> Vec<f64> {
    let total = log_sum_exp(log_weights);
    log_weights.iter().map(|w| (w - total).exp()).collect()
}

/// `ln mean w` and its standard error, from antithetic pairs.
fn log_mean_of_pairs(log_weights: &[f64]) -> (f64, f64) {
    let top = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let pairs: Vec<f64> = log_weights
        .chunks_exact(2)
        .map(|p| 0.5 * ((p[0] - top).exp() + (p[1] - top).exp()))
        .collect();
    let n = pairs.len() as f64;
    let mean = pairs.iter().sum::<f64>() / n;
    let variance = pairs.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / (n - 1.0);
    (top + mean.ln(), (variance / n).sqrt() / mean)
}

/// A fixed stream of standard normals: `SplitMix64` (Steele, Lea and Flood 2014) and Box–Muller.
struct NormalStream {
    state: u64,
    spare: Option<f64>,
}

impl NormalStream {
    fn new(seed: u64) -> Self {
        Self { state: seed, spare: None }
    }

    /// Uniform on (0, 1].
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let angle = 2.0 * std::f64::consts::PI * self.uniform();
        self.spare = Some(radius * angle.sin());
        radius * angle.cos()
    }
}
