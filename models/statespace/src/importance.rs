//! Draws of states given figures, and weighted draws when sums of months are in logs.

use crate::error::StateSpaceError;
use crate::gains::{Gains, Kind, Means, Pass, pass};
use crate::log_sum::{Mode, linear_items, log_sum_exp, noise_of};
use crate::matrix::semidefinite_factor;
use crate::model::{Channel, StateSpace};
use crate::observations::{Observations, Scale};
use crate::spans::{Item, Plan, dot};

/// Conditional means of states and coefficients given any figures, under one set of gains.
pub(crate) struct Conditioner {
    pub(crate) plan: Plan,
    gains: Gains,
    pass: Pass,
    columns: Vec<Means>,
}

impl Conditioner {
    pub(crate) fn new(plan: Plan) -> Result<Self, StateSpaceError> {
        let mut gains = Gains::default();
        let pass = pass(&plan, Some(&mut gains))?;
        let columns = (1..=plan.k).map(|c| gains.column(&plan, c)).collect();
        Ok(Self { plan, gains, pass, columns })
    }

    /// Innovations and predicted means at the GLS coefficients of these figures, and the coefficients.
    fn forward(&self, data: &[f64], start: &[f64]) -> (Means, Vec<f64>) {
        let mut means = self.gains.forward(&self.plan, data, start);
        let k = self.plan.k;
        let sums: Vec<f64> = self
            .columns
            .iter()
            .map(|c| self.proper().map(|i| c.v[i] * means.v[i] / self.gains.f[i]).sum::<f64>())
            .collect();
        let beta: Vec<f64> = (0..k)
            .map(|i| (0..k).map(|j| self.pass.beta_covariance[i * k + j] * sums[j]).sum())
            .collect();
        for (b, c) in beta.iter().zip(&self.columns) {
            means.subtract(*b, c);
        }
        (means, beta)
    }

    fn proper(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.gains.n_items()).filter(|&i| self.gains.kind[i] == Kind::Proper)
    }

    fn backward(&self, means: &Means) -> Vec<f64> {
        self.gains.backward(&self.plan, means)
    }
}

/// The simulation smoother with mean corrections (Durbin and Koopman 2002): draws states and coefficients given the figures.
pub(crate) struct Sampler {
    conditioner: Conditioner,
    /// Nonzero columns of the factors of the initial covariance and of the state noise.
    start_factor: Vec<Vec<f64>>,
    noise_factor: Vec<Vec<f64>>,
}

/// A draw of all states (periods × m) and coefficients.
pub(crate) struct Draw {
    pub(crate) states: Vec<f64>,
    pub(crate) beta: Vec<f64>,
}

impl Sampler {
    pub(crate) fn new(model: &StateSpace, plan: Plan) -> Result<Self, StateSpaceError> {
        let base = model.n_states();
        let columns = |a: &ndarray::Array2<f64>| -> Vec<Vec<f64>> {
            let flat: Vec<f64> = a.iter().copied().collect();
            let (l, _) = semidefinite_factor(&flat, base);
            (0..base)
                .map(|j| (0..base).map(|i| l[i * base + j]).collect::<Vec<f64>>())
                .filter(|c| c.iter().any(|v| *v != 0.0))
                .collect()
        };
        Ok(Self {
            start_factor: columns(model.initial().covariance()),
            noise_factor: columns(model.state_noise()),
            conditioner: Conditioner::new(plan)?,
        })
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.conditioner.plan
    }

    /// Normals used by one draw.
    pub(crate) fn n_normals(&self) -> usize {
        let plan = self.plan();
        self.start_factor.len()
            + (plan.n_periods - 1) * self.noise_factor.len()
            + plan.items.iter().filter(|i| i.noise > 0.0).count()
    }

    pub(crate) fn draw(&self, normal: &mut dyn FnMut() -> f64) -> Draw {
        let plan = self.plan();
        let (m, base) = (plan.m, plan.base);
        let free = self.free_path(normal);
        let mut data = plan.values();
        for (data, item) in data.iter_mut().zip(&plan.items) {
            for (t, w) in item.terms() {
                *data -= w * dot(plan.signal(item.channel, t), &free[t * base..(t + 1) * base]);
            }
            if item.noise > 0.0 {
                *data -= item.noise.sqrt() * normal();
            }
        }
        let (means, beta) = self.conditioner.forward(&data, &plan.mean);
        let mut states = self.conditioner.backward(&means);
        for (state, free) in states.chunks_exact_mut(m).zip(free.chunks_exact(base)) {
            for (s, f) in state.iter_mut().zip(free) {
                *s += f;
            }
        }
        Draw { states, beta }
    }

    /// A path of the model with mean zero and the diffuse part at zero, periods × base.
    fn free_path(&self, normal: &mut dyn FnMut() -> f64) -> Vec<f64> {
        let plan = self.plan();
        let base = plan.base;
        let mut path = Vec::with_capacity(plan.n_periods * base);
        let mut state = vec![0.0; plan.m];
        let mut scratch = vec![0.0; plan.m];
        for t in 0..plan.n_periods {
            let factor = if t == 0 {
                &self.start_factor
            } else {
                plan.advance(t, &mut state, &mut scratch);
                &self.noise_factor
            };
            for column in factor {
                let z = normal();
                for (s, c) in state.iter_mut().zip(column) {
                    *s += z * c;
                }
            }
            path.extend_from_slice(&state[..base]);
        }
        path
    }
}

/// Weighted draws that satisfy the sums exactly.
///
/// `g` is the model linearised at the mode. A draw of the log months `x` of the noise-free spans is moved onto the true
/// surface; everything else moves with it by its regression on `x` in the model with those months filled in.
pub(crate) struct Importance {
    sampler: Sampler,
    filled: Conditioner,
    /// `x'β` added to signals when coefficients are held fixed.
    fixed_beta: Option<Vec<f64>>,
    spans: Vec<Span>,
    n_measurements: usize,
    channels: Vec<Channel>,
}

struct Span {
    item: Item,
    log_value: f64,
    /// Items of the filled model that are its months; empty for a span with noise.
    months: Vec<usize>,
}

/// A weighted draw.
pub(crate) struct WeightedDraw {
    pub(crate) states: Vec<f64>,
    pub(crate) beta: Vec<f64>,
    /// By measurement; empty for single periods.
    pub(crate) log_months: Mode,
    pub(crate) log_weight: f64,
}

impl Importance {
    /// Coefficients drawn with everything else.
    pub(crate) fn new(
        model: &StateSpace,
        channels: &[Channel],
        observations: &Observations,
        mode: &Mode,
    ) -> Result<Self, StateSpaceError> {
        Self::build(model, channels, channels.to_vec(), observations, mode, None)
    }

    /// Coefficients fixed.
    pub(crate) fn given_coefficients(
        model: &StateSpace,
        channels: &[Channel],
        observations: &Observations,
        mode: &Mode,
        beta: &[f64],
    ) -> Result<Self, StateSpaceError> {
        let plain: Vec<Channel> = channels.iter().map(Channel::without_regressors).collect();
        Self::build(model, &plain, channels.to_vec(), observations, mode, Some(beta.to_vec()))
    }

    fn build(
        model: &StateSpace,
        seen: &[Channel],
        channels: Vec<Channel>,
        observations: &Observations,
        mode: &Mode,
        fixed_beta: Option<Vec<f64>>,
    ) -> Result<Self, StateSpaceError> {
        let n_periods = observations.n_periods();
        let mut items = linear_items(&channels, observations, mode);
        if let Some(beta) = &fixed_beta {
            for item in &mut items {
                let known: f64 = item
                    .terms()
                    .map(|(t, w)| w * regression(&channels[item.channel], t, beta))
                    .sum();
                item.value -= known;
            }
        }
        let is_filled = |i: &Item| {
            let m = &observations.measurements()[i.measurement];
            observations.scale() == Scale::Log && m.span > 1 && noise_of(m, &channels) == 0.0
        };
        let filled_items = items
            .iter()
            .flat_map(|item| {
                if is_filled(item) {
                    // The value only has to be one that the filter accepts; every use supplies its own.
                    item.terms()
                        .map(|(t, _)| Item {
                            end: t,
                            weights: Vec::new(),
                            value: 0.0,
                            ..item.clone()
                        })
                        .collect()
                } else {
                    vec![item.clone()]
                }
            })
            .collect();
        let filled = Conditioner::new(Plan::new(model, seen, n_periods, filled_items)?)?;
        let spans = items
            .iter()
            .filter(|i| observations.scale() == Scale::Log && i.weights.len() > 1)
            .map(|item| {
                let mut months: Vec<usize> = Vec::new();
                if is_filled(item) {
                    months = (0..filled.plan.items.len())
                        .filter(|&i| filled.plan.items[i].measurement == item.measurement)
                        .collect();
                }
                let log_value = observations.measurements()[item.measurement].value.ln();
                Span { item: item.clone(), log_value, months }
            })
            .collect();
        let sampler = Sampler::new(model, Plan::new(model, seen, n_periods, items)?)?;
        let n_measurements = observations.measurements().len();
        Ok(Self { sampler, filled, fixed_beta, spans, n_measurements, channels })
    }

    pub(crate) fn n_normals(&self) -> usize {
        self.sampler.n_normals()
    }

    fn log_months(&self, span: &Span, states: &[f64], beta: &[f64]) -> Vec<f64> {
        let plan = self.sampler.plan();
        let beta = self.fixed_beta.as_deref().unwrap_or(beta);
        let channel = &self.channels[span.item.channel];
        span.item
            .terms()
            .map(|(t, _)| {
                dot(plan.signal(span.item.channel, t), &states[t * plan.m..])
                    + regression(channel, t, beta)
            })
            .collect()
    }

    pub(crate) fn draw(&self, normal: &mut dyn FnMut() -> f64) -> WeightedDraw {
        let Draw { mut states, mut beta } = self.sampler.draw(normal);
        // The filled figures of this draw, and by how much each is moved.
        let plan = &self.filled.plan;
        let mut data = plan.values();
        let mut moved = vec![0.0; data.len()];
        for span in self.spans.iter().filter(|s| !s.months.is_empty()) {
            let theta = self.log_months(span, &states, &beta);
            let shift = span.log_value - log_sum_exp(&theta);
            for ((&i, theta), (t, _)) in span.months.iter().zip(&theta).zip(span.item.terms()) {
                let known = self
                    .fixed_beta
                    .as_ref()
                    .map_or(0.0, |b| regression(&self.channels[span.item.channel], t, b));
                data[i] = theta - known;
                moved[i] = shift;
            }
        }
        let (drawn, _) = self.filled.forward(&data, &plan.mean);
        let (shift, beta_shift) = self.filled.forward(&moved, &vec![0.0; plan.m]);
        let mut log_weight: f64 = self
            .filled
            .proper()
            .map(|i| -0.5 * shift.v[i] * (2.0 * drawn.v[i] + shift.v[i]) / self.filled.gains.f[i])
            .sum();
        let adjust = self.filled.backward(&shift);
        let (m, m_filled, base) = (self.sampler.plan().m, plan.m, plan.base);
        for (state, adjust) in states.chunks_exact_mut(m).zip(adjust.chunks_exact(m_filled)) {
            for (s, a) in state[..base].iter_mut().zip(adjust) {
                *s += a;
            }
        }
        for (b, s) in beta.iter_mut().zip(&beta_shift) {
            *b += s;
        }
        let mut log_months = vec![Vec::new(); self.n_measurements];
        for span in &self.spans {
            let theta = self.log_months(span, &states, &beta);
            if span.months.is_empty() {
                log_weight += self.noisy_ratio(span, &theta);
            }
            log_months[span.item.measurement] = theta;
        }
        WeightedDraw { states, beta, log_months, log_weight }
    }

    /// Exact over linearised density of a span with noise.
    fn noisy_ratio(&self, span: &Span, theta: &[f64]) -> f64 {
        let exact = span.log_value - log_sum_exp(theta);
        let along: f64 = span.item.terms().zip(theta).map(|((_, w), x)| w * x).sum();
        let known: f64 = self.fixed_beta.as_ref().map_or(0.0, |b| {
            span.item
                .terms()
                .map(|(t, w)| w * regression(&self.channels[span.item.channel], t, b))
                .sum()
        });
        let linear = span.item.value + known - along;
        0.5 * (linear * linear - exact * exact) / span.item.noise
    }
}

/// `x_t'β` of a channel.
pub(crate) fn regression(channel: &Channel, t: usize, beta: &[f64]) -> f64 {
    channel.regressors().row(t).iter().zip(beta).map(|(x, b)| x * b).sum()
}
