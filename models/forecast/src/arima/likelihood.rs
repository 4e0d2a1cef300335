//! Exact innovations of a stationary ARMA process in time proportional to its order.
//!
//! In the state-space form of Harvey (1989, §3.3.2) a stationary process starts from the covariance at which the Riccati
//! recursion stands still but for a matrix of rank one, so that two vectors replace the covariance of the state: the
//! gain `g_t` and a vector `l_t` with `P_{t+1} − P_t = −F_t l_t l_t'` (Morf, Sidhu and Kailath 1974; Pearlman 1980; Mélard
//! 1984):
//!
//! ```text
//! z = l_t[0]     u = T l_t     F_{t+1} = F_t (1 − z²)     g_{t+1} = (g_t − z u) / (1 − z²)     l_{t+1} = u − z g_{t+1}
//! ```
//!
//! from `g_1 = l_1 = T P_1 e_1 / F_1`. The `z` are the partial autocorrelations of the process, below one in size, which
//! keeps the recursion stable with roots of the moving average on the unit circle too. The autocovariances it starts
//! from are those of the autoregression (Levinson's recursion backwards and forwards) summed with the moving average.

/// Below this size of `l_t` the gain has settled, to rounding.
const SETTLED: f64 = 1e-14;
/// Steps between two looks at whether it has.
const LOOK: usize = 8;

/// The filter of an ARMA process, with its buffers.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    /// Number of coefficients: max(p, q + 1).
    r: usize,
    /// `φ_1`, `φ_2` … and zeros.
    phi: Vec<f64>,
    /// `θ_1`, `θ_2` … and zeros.
    theta: Vec<f64>,
    gain: Vec<f64>,
    /// `l_t`, and a zero.
    difference: Vec<f64>,
    /// Variance of the innovation in units of σ².
    variance: f64,
    settled: bool,
    /// One predicted state a column, each followed by a zero.
    states: Vec<f64>,
    scratch: Scratch,
}

/// Buffers of the autocovariances.
#[derive(Debug, Clone, Default)]
struct Scratch {
    /// Autoregressions of all orders, row k of order k + 1.
    rows: Vec<f64>,
    autoregressive: Vec<f64>,
    gamma: Vec<f64>,
    psi: Vec<f64>,
    moving: Vec<f64>,
}

impl Filter {
    /// A filter for `n_columns` columns of coefficients up to lags `p` and `q`.
    pub(super) fn new(p: usize, q: usize, n_columns: usize) -> Self {
        let r = p.max(q + 1);
        Self {
            r,
            phi: vec![0.0; r],
            theta: vec![0.0; r],
            gain: vec![0.0; r],
            difference: vec![0.0; r + 1],
            variance: 1.0,
            settled: false,
            states: vec![0.0; n_columns * (r + 1)],
            scratch: Scratch {
                rows: vec![0.0; p * p],
                autoregressive: vec![0.0; p + q + 1],
                gamma: vec![0.0; p.max(1)],
                psi: vec![0.0; q],
                moving: vec![0.0; q + 1],
            },
        }
    }

    /// Coefficients φ and θ, to be written before [`Filter::start`].
    pub(super) fn coefficients(&mut self) -> (&mut [f64], &mut [f64]) {
        (&mut self.phi, &mut self.theta)
    }

    /// Sets the filter before the first figure; `None` if the process is not stationary.
    pub(super) fn start(&mut self) -> Option<()> {
        let (p, q) = (self.scratch.gamma_len(), self.scratch.psi.len());
        self.scratch.autocovariances(&self.phi[..p], &self.theta[..q])?;
        let Scratch { gamma, psi, .. } = &self.scratch;
        self.variance = gamma[0];
        if !(self.variance.is_finite() && self.variance > 0.0) {
            return None;
        }
        self.gain.fill(0.0);
        for j in 0..p {
            add_reversed(&mut self.gain, self.phi[j], &gamma[..=j]);
        }
        for j in 0..q {
            add_reversed(&mut self.gain, self.theta[j], &psi[..=j]);
        }
        let scale = 1.0 / self.variance;
        for (g, l) in self.gain.iter_mut().zip(&mut self.difference) {
            *g *= scale;
            *l = *g;
        }
        self.settled = false;
        self.states.fill(0.0);
        Some(())
    }

    /// Innovations of every column over their standard deviations (in units of σ) into `out`, a column after the other;
    /// the sum of the logarithms of their variances.
    ///
    /// `None` if a variance is not positive, which only rounding can do.
    pub(super) fn run(&mut self, columns: &[Vec<f64>], out: &mut [f64]) -> Option<f64> {
        let n = columns[0].len();
        let r = self.r;
        let (mut sum, mut product) = (0.0, 1.0);
        for t in 0..n {
            let deviation = 1.0 / self.variance.sqrt();
            for (c, column) in columns.iter().enumerate() {
                let state = &mut self.states[c * (r + 1)..(c + 1) * (r + 1)];
                let innovation = column[t] - state[0];
                out[c * n + t] = innovation * deviation;
                advance(state, &self.phi, &self.gain, innovation);
            }
            // Few logarithms: products, taken before they can over- or underflow.
            product *= self.variance;
            if !(1e-100..1e100).contains(&product) {
                sum += product.ln();
                product = 1.0;
            }
            self.step(t);
        }
        let sum = sum + product.ln();
        sum.is_finite().then_some(sum)
    }

    /// Gain and variance of the next innovation.
    fn step(&mut self, t: usize) {
        if self.settled {
            return;
        }
        let z = self.difference[0];
        let left = (1.0 - z) * (1.0 + z);
        self.variance *= left;
        let factor = 1.0 / left;
        let r = self.r;
        let (difference, gain, phi) =
            (&mut self.difference[..=r], &mut self.gain[..r], &self.phi[..r]);
        for i in 0..r {
            let moved = phi[i] * z + difference[i + 1];
            let next = (gain[i] - z * moved) * factor;
            gain[i] = next;
            difference[i] = moved - z * next;
        }
        if t % LOOK == LOOK - 1 {
            self.settled = difference.iter().all(|l| l.abs() < SETTLED);
        }
    }

    /// Predictions of the next figures of column `c`, once the figures have been run.
    pub(super) fn predict(&self, c: usize, ahead: &mut [f64]) {
        let mut state = self.states[c * (self.r + 1)..(c + 1) * (self.r + 1)].to_vec();
        for value in ahead {
            *value = state[0];
            advance(&mut state, &self.phi, &self.gain, 0.0);
        }
    }

    /// What the innovations of the next `horizon` figures do: row j has the responses from step j on of an innovation of
    /// one standard deviation (in units of σ), `horizon × horizon`, zero before.
    ///
    /// The filter goes on as if the figures had come in.
    pub(super) fn responses(&mut self, horizon: usize) -> Vec<f64> {
        let mut rows = vec![0.0; horizon * horizon];
        let mut state = vec![0.0; self.r + 1];
        for j in 0..horizon {
            let deviation = self.variance.sqrt();
            rows[j * horizon + j] = deviation;
            state[..self.r].copy_from_slice(&self.gain);
            for h in j + 1..horizon {
                rows[j * horizon + h] = deviation * state[0];
                advance(&mut state, &self.phi, &self.gain, 0.0);
            }
            self.step(0);
        }
        rows
    }
}

/// `a ← T a + g v`.
fn advance(state: &mut [f64], phi: &[f64], gain: &[f64], innovation: f64) {
    let r = phi.len();
    let (state, gain) = (&mut state[..=r], &gain[..r]);
    let first = state[0];
    for i in 0..r {
        state[i] = state[i + 1] + phi[i] * first + gain[i] * innovation;
    }
}

/// `sum[i] += c values[j − i]` for i to j.
fn add_reversed(sum: &mut [f64], c: f64, values: &[f64]) {
    if c != 0.0 {
        for (s, v) in sum.iter_mut().zip(values.iter().rev()) {
            *s += c * v;
        }
    }
}

impl Scratch {
    fn gamma_len(&self) -> usize {
        self.autoregressive.len() - self.moving.len()
    }

    /// `γ_0 … γ_{p−1}` (`γ_0` at least) and `ψ_0 … ψ_{q−1}`, for innovations of variance one.
    fn autocovariances(&mut self, phi: &[f64], theta: &[f64]) -> Option<()> {
        let (p, q) = (phi.len(), theta.len());
        self.autoregression(phi)?;
        // Autocovariances of θ(B) ε.
        for lag in 0..=q {
            let at = |j: usize| if j == 0 { 1.0 } else { theta[j - 1] };
            self.moving[lag] = (0..=q - lag).map(|j| at(j) * at(j + lag)).sum();
        }
        for k in 0..p.max(1) {
            let own = self.moving[0] * self.autoregressive[k];
            let others = (1..=q).map(|l| {
                self.moving[l] * (self.autoregressive[k.abs_diff(l)] + self.autoregressive[k + l])
            });
            self.gamma[k] = own + others.sum::<f64>();
        }
        for k in 0..q {
            let own = if k == 0 { 1.0 } else { theta[k - 1] };
            let past = (1..=k.min(p)).map(|j| phi[j - 1] * self.psi[k - j]);
            self.psi[k] = own + past.sum::<f64>();
        }
        Some(())
    }

    /// Autocovariances of 1/φ(B) up to the lag p + q.
    fn autoregression(&mut self, phi: &[f64]) -> Option<()> {
        let p = phi.len();
        let gamma = &mut self.autoregressive;
        gamma.fill(0.0);
        gamma[0] = 1.0;
        if p == 0 {
            return Some(());
        }
        self.rows[(p - 1) * p..].copy_from_slice(phi);
        for k in (0..p).rev() {
            let (before, row) = self.rows.split_at_mut(k * p);
            let partial = row[k];
            let left = (1.0 - partial) * (1.0 + partial);
            if left.is_nan() || left <= 0.0 {
                return None;
            }
            gamma[0] /= left;
            if k > 0 {
                let below = &mut before[(k - 1) * p..];
                for j in 0..k {
                    below[j] = (row[j] + partial * row[k - 1 - j]) / left;
                }
            }
        }
        let mut variance = gamma[0];
        for k in 1..=p {
            let partial = self.rows[(k - 1) * p + k - 1];
            let mut sum = partial * variance;
            if k > 1 {
                let below = &self.rows[(k - 2) * p..(k - 2) * p + k - 1];
                sum += below.iter().enumerate().map(|(j, a)| a * gamma[k - 1 - j]).sum::<f64>();
            }
            if k < gamma.len() {
                gamma[k] = sum;
            }
            variance *= (1.0 - partial) * (1.0 + partial);
        }
        for k in p + 1..gamma.len() {
            gamma[k] = phi.iter().enumerate().map(|(j, a)| a * gamma[k - 1 - j]).sum();
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autocovariances_of_an_arma() {
        // γ_0 = (1 + 2φθ + θ²)/(1 − φ²), γ_1 = φ γ_0 + θ.
        let (phi, theta) = (0.7, -0.4);
        let mut filter = Filter::new(1, 1, 1);
        filter.coefficients().0[0] = phi;
        filter.coefficients().1[0] = theta;
        filter.start().unwrap();
        let gamma = (1.0 + 2.0 * phi * theta + theta * theta) / (1.0 - phi * phi);
        assert!((filter.variance - gamma).abs() < 1e-14);
        assert!((filter.gain[0] - (phi * gamma + theta) / gamma).abs() < 1e-14);
    }

    #[test]
    fn innovations_of_an_ar2_are_those_of_its_regression() {
        let phi = [0.65, -0.3];
        let mut filter = Filter::new(2, 0, 1);
        filter.coefficients().0.copy_from_slice(&phi);
        filter.start().unwrap();
        let y = vec![1.0, -0.5, 2.0, 0.3, 0.7];
        let mut out = vec![0.0; 5];
        let sum = filter.run(std::slice::from_ref(&y), &mut out).unwrap();
        for t in 2..5 {
            let expected = y[t] - phi[0] * y[t - 1] - phi[1] * y[t - 2];
            assert!((out[t] - expected).abs() < 1e-14);
        }
        // Π F = 1/((1 − π1²)(1 − π2²)²) with π = (.5, −.3).
        let expected = -(1.0_f64 - 0.25).ln() - 2.0 * (1.0_f64 - 0.09).ln();
        assert!((sum - expected).abs() < 1e-13);
    }

    #[test]
    fn a_root_outside_is_refused() {
        let mut filter = Filter::new(1, 0, 1);
        filter.coefficients().0[0] = 1.01;
        assert!(filter.start().is_none());
    }

    /// θ = −1: `F_t = (t + 1)/t` (Brockwell and Davis 1991, §5.2).
    #[test]
    fn a_unit_root_of_the_moving_average() {
        let mut filter = Filter::new(0, 1, 1);
        filter.coefficients().1[0] = -1.0;
        filter.start().unwrap();
        let mut out = vec![0.0; 99];
        let sum = filter.run(&[vec![0.1; 99]], &mut out).unwrap();
        assert!((sum - 100.0_f64.ln()).abs() < 1e-12);
        assert!((filter.variance - 101.0 / 100.0).abs() < 1e-12);
    }
}
