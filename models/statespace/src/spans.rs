//! Measurements made ready for the filter: one sparse row each, spans through a cumulator state per channel.
//!
//! A channel with spans gets a state `C_t = ψ_t C_{t−1} + w_t Z α_t` with `ψ = 0` at the first period of each span and 1
//! within it (Harvey 1989, §6.3; Proietti 2006). The sum is then `C` at the last period, measured like anything else.
//! `w` is 1 in levels; in logs it holds the weights of the linearised sum. The state is augmented only if a span is
//! longer than one period.

use crate::error::StateSpaceError;
use crate::matrix::semidefinite_factor;
use crate::model::{Channel, StateSpace};

/// A figure as the filter takes it: `Σ_j w_j θ_{first + j}` measured as `value` with variance `noise`.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Index in the caller's list.
    pub(crate) measurement: usize,
    pub(crate) channel: usize,
    pub(crate) end: usize,
    /// Empty for a single period of weight one.
    pub(crate) weights: Vec<f64>,
    pub(crate) value: f64,
    pub(crate) noise: f64,
}

impl Item {
    /// The periods covered with their weights.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let span = self.weights.len().max(1);
        let first = self.end + 1 - span;
        (0..span).map(move |j| (first + j, self.weights.get(j).copied().unwrap_or(1.0)))
    }
}

/// `C_t = ψ_t C_{t−1} + w_t Z α_t` of one channel.
#[derive(Debug, Clone)]
struct Cumulator {
    index: usize,
    channel: usize,
    /// `(ψ, w)` of each period; both zero outside spans.
    steps: Vec<(f64, f64)>,
}

/// A sparse vector.
type Sparse = Vec<(usize, f64)>;

/// Model and measurements, ready to be filtered.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// States of the model, then with cumulators.
    pub(crate) base: usize,
    pub(crate) m: usize,
    pub(crate) n_periods: usize,
    pub(crate) k: usize,
    pub(crate) rank_diffuse: usize,
    /// Start of period 0, cumulators included.
    pub(crate) mean: Vec<f64>,
    pub(crate) covariance: Vec<f64>,
    pub(crate) diffuse: Vec<f64>,
    transition: Vec<Sparse>,
    noise: Vec<(usize, usize, f64)>,
    /// `Z` of each channel.
    signals: Vec<Signal>,
    cumulators: Vec<Cumulator>,
    /// Sorted by period, then channel.
    pub(crate) items: Vec<Item>,
    /// Row vector of each item.
    rows: Vec<Row>,
    /// `items × k`, cumulated over spans.
    pub(crate) regressors: Vec<f64>,
    /// First item of each period, one more at the end.
    pub(crate) first_item: Vec<usize>,
    unit_vectors: Vec<Sparse>,
}

/// `Z` of a channel.
#[derive(Debug, Clone)]
enum Signal {
    /// The same in all periods.
    Fixed(Sparse),
    /// One a period.
    Moving(Vec<Sparse>),
}

impl Signal {
    fn of(channel: &Channel) -> Self {
        match channel.moving_signal() {
            None => Self::Fixed(sparse(channel.signal().iter())),
            Some(rows) => Self::Moving(rows.rows().into_iter().map(|r| sparse(r.iter())).collect()),
        }
    }

    fn at(&self, t: usize) -> &[(usize, f64)] {
        match self {
            Self::Fixed(z) => z,
            Self::Moving(rows) => &rows[t],
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Row {
    Signal(usize),
    Cumulator(usize),
}

impl Plan {
    pub(crate) fn new(
        model: &StateSpace,
        channels: &[Channel],
        n_periods: usize,
        mut items: Vec<Item>,
    ) -> Result<Self, StateSpaceError> {
        let base = model.n_states();
        let k = check_channels(base, channels, n_periods)?;
        for item in &items {
            if item.channel >= channels.len() {
                return Err(StateSpaceError::NoSuchChannel {
                    measurement: item.measurement,
                    channel: item.channel,
                    n_channels: channels.len(),
                });
            }
        }
        items.sort_by_key(|i| (i.end, i.channel));
        let signals: Vec<Signal> = channels.iter().map(Signal::of).collect();
        let cumulators = cumulators(base, channels.len(), n_periods, &items);
        let m = base + cumulators.len();
        let rows = items
            .iter()
            .map(|item| {
                if item.weights.len() > 1 {
                    Row::Cumulator(
                        cumulators.iter().position(|c| c.channel == item.channel).unwrap_or(0),
                    )
                } else {
                    Row::Signal(item.channel)
                }
            })
            .collect();
        let mut regressors = vec![0.0; items.len() * k];
        if k > 0 {
            for (item, x) in items.iter().zip(regressors.chunks_exact_mut(k)) {
                for (t, w) in item.terms() {
                    for (j, x) in x.iter_mut().enumerate() {
                        *x += w * channels[item.channel].regressors()[[t, j]];
                    }
                }
            }
        }
        let mut first_item = vec![0; n_periods + 1];
        for item in &items {
            first_item[item.end + 1] += 1;
        }
        for t in 0..n_periods {
            first_item[t + 1] += first_item[t];
        }
        let initial = model.initial();
        let mut plan = Self {
            base,
            m,
            n_periods,
            k,
            rank_diffuse: semidefinite_factor(&padded(initial.diffuse(), base), base).1,
            mean: initial
                .mean()
                .iter()
                .copied()
                .chain(std::iter::repeat_n(0.0, m - base))
                .collect(),
            covariance: padded(initial.covariance(), m),
            diffuse: padded(initial.diffuse(), m),
            transition: model.transition().rows().into_iter().map(|r| sparse(r.iter())).collect(),
            noise: model
                .state_noise()
                .indexed_iter()
                .filter(|e| *e.1 != 0.0)
                .map(|((i, j), v)| (i, j, *v))
                .collect(),
            signals,
            unit_vectors: cumulators.iter().map(|c| vec![(c.index, 1.0)]).collect(),
            cumulators,
            items,
            rows,
            regressors,
            first_item,
        };
        let mut start = std::mem::take(&mut plan.mean);
        plan.cumulate(0, &mut start);
        plan.mean = start;
        let mut start = std::mem::take(&mut plan.covariance);
        plan.cumulate_covariance(0, &mut start);
        plan.covariance = start;
        let mut start = std::mem::take(&mut plan.diffuse);
        plan.cumulate_covariance(0, &mut start);
        plan.diffuse = start;
        Ok(plan)
    }

    /// The sparse row of an item over the augmented state.
    pub(crate) fn row(&self, item: usize) -> &[(usize, f64)] {
        match self.rows[item] {
            Row::Signal(c) => self.signals[c].at(self.items[item].end),
            Row::Cumulator(c) => &self.unit_vectors[c],
        }
    }

    /// `Z` of a channel in a period.
    pub(crate) fn signal(&self, channel: usize, t: usize) -> &[(usize, f64)] {
        self.signals[channel].at(t)
    }

    /// `a ← A_t a`: from period `t − 1` to `t`.
    pub(crate) fn advance(&self, t: usize, a: &mut [f64], scratch: &mut [f64]) {
        for (row, out) in self.transition.iter().zip(scratch.iter_mut()) {
            *out = row.iter().map(|&(l, v)| v * a[l]).sum();
        }
        a[..self.base].copy_from_slice(&scratch[..self.base]);
        self.cumulate(t, a);
    }

    fn cumulate(&self, t: usize, a: &mut [f64]) {
        for c in &self.cumulators {
            let (psi, w) = c.steps[t];
            let carried = if psi == 0.0 { 0.0 } else { psi * a[c.index] };
            let added = if w == 0.0 { 0.0 } else { w * dot(self.signal(c.channel, t), a) };
            a[c.index] = carried + added;
        }
    }

    /// `r ← A_t' r`.
    pub(crate) fn retreat(&self, t: usize, r: &mut [f64], scratch: &mut [f64]) {
        for c in self.cumulators.iter().rev() {
            let (psi, w) = c.steps[t];
            let own = r[c.index];
            for &(l, z) in self.signal(c.channel, t) {
                r[l] += w * z * own;
            }
            r[c.index] = psi * own;
        }
        let scratch = &mut scratch[..self.base];
        scratch.fill(0.0);
        for (row, &own) in self.transition.iter().zip(r.iter()) {
            if own != 0.0 {
                for &(l, v) in row {
                    scratch[l] += v * own;
                }
            }
        }
        r[..self.base].copy_from_slice(scratch);
    }

    /// `P ← A_t P A_t'`, plus the state noise if `noisy`.
    pub(crate) fn advance_covariance(
        &self,
        t: usize,
        p: &mut [f64],
        noisy: bool,
        scratch: &mut [f64],
    ) {
        let m = self.m;
        // scratch = (T ⊕ I) P; p = its transpose; scratch = (T ⊕ I) p, symmetric up to rounding.
        self.rows_times(p, scratch);
        for i in 0..m {
            for j in 0..m {
                p[j * m + i] = scratch[i * m + j];
            }
        }
        self.rows_times(p, scratch);
        for i in 0..m {
            p[i * m + i] = scratch[i * m + i];
            for j in i + 1..m {
                let v = scratch[i * m + j];
                p[i * m + j] = v;
                p[j * m + i] = v;
            }
        }
        if noisy {
            for &(i, j, v) in &self.noise {
                p[i * m + j] += v;
            }
        }
        self.cumulate_covariance(t, p);
    }

    fn rows_times(&self, p: &[f64], out: &mut [f64]) {
        let m = self.m;
        for (row, out) in self.transition.iter().zip(out.chunks_exact_mut(m)) {
            if let [(l, v)] = row[..]
                && v == 1.0
            {
                out.copy_from_slice(&p[l * m..(l + 1) * m]);
                continue;
            }
            out.fill(0.0);
            for &(l, v) in row {
                for (o, x) in out.iter_mut().zip(&p[l * m..(l + 1) * m]) {
                    *o += v * x;
                }
            }
        }
        out[self.base * m..].copy_from_slice(&p[self.base * m..]);
    }

    fn cumulate_covariance(&self, t: usize, p: &mut [f64]) {
        let m = self.m;
        for c in &self.cumulators {
            let (psi, w) = c.steps[t];
            let z = self.signal(c.channel, t);
            for j in 0..m {
                let seen: f64 = z.iter().map(|&(l, v)| v * p[l * m + j]).sum();
                p[c.index * m + j] = w * seen + psi * p[c.index * m + j];
            }
            let own = p[c.index * m + c.index];
            let row = &p[c.index * m..(c.index + 1) * m];
            let variance = w * dot(z, row) + psi * own;
            p[c.index * m + c.index] = variance;
            for j in 0..m {
                p[j * m + c.index] = p[c.index * m + j];
            }
        }
    }

    /// The values of the items.
    pub(crate) fn values(&self) -> Vec<f64> {
        self.items.iter().map(|i| i.value).collect()
    }
}

/// `z'a` for a sparse `z`.
pub(crate) fn dot(z: &[(usize, f64)], a: &[f64]) -> f64 {
    z.iter().map(|&(l, v)| v * a[l]).sum()
}

fn sparse<'a>(values: impl Iterator<Item = &'a f64>) -> Sparse {
    values.enumerate().filter(|(_, v)| **v != 0.0).map(|(i, v)| (i, *v)).collect()
}

fn padded(a: &ndarray::Array2<f64>, m: usize) -> Vec<f64> {
    let mut out = vec![0.0; m * m];
    for ((i, j), v) in a.indexed_iter() {
        out[i * m + j] = *v;
    }
    out
}

fn check_channels(
    base: usize,
    channels: &[Channel],
    n_periods: usize,
) -> Result<usize, StateSpaceError> {
    let k = channels.first().map_or(0, |c| c.regressors().ncols());
    for c in channels {
        for (what, expected, found) in [
            ("length of a channel's signal", base, c.signal().len()),
            ("rows of a channel's regressors", n_periods, c.regressors().nrows()),
            ("columns of a channel's regressors", k, c.regressors().ncols()),
        ] {
            if expected != found {
                return Err(StateSpaceError::Shape { what, expected, found });
            }
        }
    }
    Ok(k)
}

fn cumulators(base: usize, n_channels: usize, n_periods: usize, items: &[Item]) -> Vec<Cumulator> {
    let mut list: Vec<Cumulator> = Vec::new();
    for channel in 0..n_channels {
        let mut steps = Vec::new();
        for item in items.iter().filter(|i| i.channel == channel && i.weights.len() > 1) {
            if steps.is_empty() {
                steps = vec![(0.0, 0.0); n_periods];
            }
            for (j, (t, w)) in item.terms().enumerate() {
                steps[t] = (if j == 0 { 0.0 } else { 1.0 }, w);
            }
        }
        if !steps.is_empty() {
            list.push(Cumulator { index: base + list.len(), channel, steps });
        }
    }
    list
}
