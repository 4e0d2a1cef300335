//! The Gaussian likelihood of a spot price with a permanent and a transitory part, for prices at dates and for averages
//! over periods.
//!
//! States are ξ and χ at the end of a period and, for averages, a = Δ⁻¹∫(ξ + χ)ds over the period, which is seen. All
//! are jointly normal. With φ = e^(−κΔ), E₁ = (1−φ)/κ, E₂ = (1−φ²)/2κ, E₃ = (1 − φ(1 + κΔ))/κ² the integrals of e^(−κu),
//! e^(−2κu) and u e^(−κu) over (0, Δ), the shocks of a period have
//!
//! ```text
//! var ξ  σξ²Δ            var χ  σχ²E₂                        cov(ξ, χ)  ρσχσξE₁
//! averages of ξ alone    var σξ²Δ/3,  with ξ  σξ²Δ/2,  with χ  ρσχσξE₃/Δ
//! averages of χ alone    var σχ²(Δ − 2E₁ + E₂)/(κΔ)²,  with χ  σχ²(E₁ − E₂)/κΔ,  with ξ  ρσχσξ(Δ − E₁)/κΔ
//! the two averages       ρσχσξ(Δ²/2 − E₃)/κΔ²
//! ```
//!
//! ξ starts diffuse, χ from its stationary distribution. The average is one of log prices; the logarithm of an average
//! price differs from it by half the variance within the period, about σ²Δ/12, which is constant.

use monazite_statespace::{
    Channel, Filtered, Initial, Likelihood, Observations, Scale, StateSpace, filter, likelihood,
};
use monazite_stochastic::Stream;
use ndarray::{Array1, Array2, arr1};

use super::{LogPrices, Quote};
use crate::EconometricsError;

/// Speed, volatilities, correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dynamics {
    pub(super) kappa: f64,
    pub(super) sigma_chi: f64,
    pub(super) sigma_xi: f64,
    pub(super) rho: f64,
}

impl Dynamics {
    /// The dynamics with this volatility of the price and of its permanent part: ρ = 0 where there is reversion, else
    /// the weakest negative ρ possible. Others with the same likelihood exist.
    pub(super) fn with_variances(kappa: f64, spot: f64, xi: f64) -> Self {
        let excess = spot - xi;
        let rho = if excess < 0.0 { -(-excess / xi).sqrt() } else { 0.0 };
        Self { kappa, sigma_chi: excess.abs().sqrt(), sigma_xi: xi.sqrt(), rho }
    }

    /// Only the permanent part; the speed is without meaning.
    pub(super) fn walk(sigma: f64) -> Self {
        Self { kappa: 1.0, sigma_chi: 0.0, sigma_xi: sigma, rho: 0.0 }
    }

    /// Transition of (ξ, χ[, average]) and covariance of its shocks over `dt` years.
    fn step(&self, dt: f64, quote: Quote) -> ([[f64; 3]; 3], [[f64; 3]; 3]) {
        let Self { kappa, sigma_chi, sigma_xi, rho } = *self;
        let decayed = -(-kappa * dt).exp_m1();
        let phi = 1.0 - decayed;
        let kdt = kappa * dt;
        let e1 = decayed / kappa;
        let e2 = decayed * (2.0 - decayed) / (2.0 * kappa);
        let (chi, xi) = (sigma_chi * sigma_chi, sigma_xi * sigma_xi);
        let cross = rho * sigma_chi * sigma_xi;
        let mut transition = [[1.0, 0.0, 0.0], [0.0, phi, 0.0], [0.0; 3]];
        let mut noise = [[xi * dt, cross * e1, 0.0], [cross * e1, chi * e2, 0.0], [0.0; 3]];
        if quote == Quote::Average {
            let e3 = (decayed - phi * kdt) / (kappa * kappa);
            transition[2] = [1.0, decayed / kdt, 0.0];
            let with_xi = 0.5 * xi * dt + cross * (dt - e1) / kdt;
            let with_chi = cross * e3 / dt + chi * (e1 - e2) / kdt;
            let own = xi * dt / 3.0
                + chi * (dt - 2.0 * e1 + e2) / (kdt * kdt)
                + 2.0 * cross * (0.5 * dt * dt - e3) / (kdt * dt);
            (noise[0][2], noise[1][2], noise[2]) = (with_xi, with_chi, [with_xi, with_chi, own]);
        }
        (transition, noise)
    }

    /// Log prices drawn on the calendar of `prices`, drifting by `mu` a year.
    pub(super) fn simulate(&self, prices: &LogPrices, mu: f64, stream: &mut Stream) -> LogPrices {
        let quote = prices.quote;
        let (transition, noise) = self.step(prices.dt_years, quote);
        let root = lower_root(&noise);
        let stationary = self.sigma_chi / (2.0 * self.kappa).sqrt();
        let mut state = [0.0, stationary * stream.normal(), 0.0];
        let mut drift = 0.0;
        prices.with_path(std::iter::from_fn(|| {
            let shocks = [stream.normal(), stream.normal(), stream.normal()];
            let mut next = [0.0; 3];
            for (i, next) in next.iter_mut().enumerate() {
                *next = (0..3).map(|j| transition[i][j] * state[j] + root[i][j] * shocks[j]).sum();
            }
            state = next;
            drift += mu * prices.dt_years;
            Some(drift + if quote == Quote::Average { state[2] } else { state[0] + state[1] })
        }))
    }
}

/// Lower Cholesky factor of a covariance that may be singular.
fn lower_root(c: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut root = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let rest = c[i][j] - (0..j).map(|k| root[i][k] * root[j][k]).sum::<f64>();
            root[i][j] = if i == j {
                if rest > 1e-14 * c[i][i] { rest.sqrt() } else { 0.0 }
            } else if root[j][j] > 0.0 {
                rest / root[j][j]
            } else {
                0.0
            };
        }
    }
    root
}

pub(super) fn refused(error: impl std::fmt::Display) -> EconometricsError {
    EconometricsError::NotMaximised { model: "spot price", reason: error.to_string() }
}

/// One series, ready for the filter.
pub(super) struct SpotLikelihood {
    pub(super) prices: LogPrices,
    observations: Observations,
    drifting: Channel,
    driftless: Channel,
    origin: f64,
}

impl SpotLikelihood {
    pub(super) fn of(prices: &LogPrices) -> Result<Self, EconometricsError> {
        let n = prices.values.len();
        // Around the first price: the level is diffuse, and small numbers lose fewer digits.
        let origin = prices.values[0].unwrap_or(0.0);
        let centred: Vec<Option<f64>> =
            prices.values.iter().map(|v| v.map(|v| v - origin)).collect();
        let observations = Observations::monthly(Scale::Level, &centred).map_err(refused)?;
        let years = Array2::from_shape_fn((n, 1), |(t, _)| t as f64 * prices.dt_years);
        let signal = match prices.quote {
            Quote::Point => arr1(&[1.0, 1.0]),
            Quote::Average => arr1(&[0.0, 0.0, 1.0]),
        };
        let drifting = Channel::new(signal.clone(), years, 0.0).map_err(refused)?;
        let driftless = Channel::plain(signal, n, 0.0).map_err(refused)?;
        Ok(Self { prices: prices.clone(), observations, drifting, driftless, origin })
    }

    fn model(&self, dynamics: &Dynamics) -> Result<StateSpace, EconometricsError> {
        let (transition, noise) = dynamics.step(self.prices.dt_years, self.prices.quote);
        let m = if self.prices.quote == Quote::Average { 3 } else { 2 };
        let matrix = |a: &[[f64; 3]; 3]| Array2::from_shape_fn((m, m), |(i, j)| a[i][j]);
        let (transition, noise) = (matrix(&transition), matrix(&noise));
        let stationary = dynamics.sigma_chi * dynamics.sigma_chi / (2.0 * dynamics.kappa);
        let from_chi = transition.column(1);
        let from_xi = transition.column(0);
        let outer =
            |v: &ndarray::ArrayView1<f64>| Array2::from_shape_fn((m, m), |(i, j)| v[i] * v[j]);
        let start = &noise + &(outer(&from_chi) * stationary);
        let initial = Initial::new(Array1::zeros(m), start, outer(&from_xi)).map_err(refused)?;
        StateSpace::new(transition, noise, initial).map_err(refused)
    }

    fn channel(&self, drift: bool) -> &[Channel] {
        std::slice::from_ref(if drift { &self.drifting } else { &self.driftless })
    }

    /// The likelihood with the drift, if there is one, at its best.
    pub(super) fn at(
        &self,
        dynamics: &Dynamics,
        drift: bool,
    ) -> Result<Likelihood, EconometricsError> {
        likelihood(&self.model(dynamics)?, self.channel(drift), &self.observations).map_err(refused)
    }

    /// Log-likelihood with drift and scale at their best; −∞ where there is none.
    pub(super) fn concentrated(&self, dynamics: &Dynamics, drift: bool) -> f64 {
        self.at(dynamics, drift).map_or(f64::NEG_INFINITY, |l| l.concentrated_log_likelihood())
    }

    /// The filter's output with the drift, if there is one, at its best.
    pub(super) fn filtered(
        &self,
        dynamics: &Dynamics,
        drift: bool,
    ) -> Result<Filtered, EconometricsError> {
        filter(&self.model(dynamics)?, self.channel(drift), &self.observations).map_err(refused)
    }

    /// ξ at the end of the last period, given the filter's output.
    pub(super) fn end_xi(&self, filtered: &Filtered) -> f64 {
        let half = if self.prices.quote == Quote::Average { 0.5 } else { 0.0 };
        let years = (self.prices.values.len() as f64 - 1.0 + half) * self.prices.dt_years;
        let mu = filtered.coefficients().first().copied().unwrap_or(0.0);
        self.origin + filtered.end_mean()[0] + mu * years
    }
}

#[cfg(test)]
mod tests {
    use monazite_stochastic::{Key, Measure, SchwartzSmith, SchwartzSmithParameters};

    use super::*;

    const DYNAMICS: Dynamics = Dynamics { kappa: 2.5, sigma_chi: 0.4, sigma_xi: 0.2, rho: -0.3 };

    fn process() -> SchwartzSmith {
        SchwartzSmith::new(SchwartzSmithParameters {
            kappa: DYNAMICS.kappa,
            sigma_chi: DYNAMICS.sigma_chi,
            lambda_chi: 0.0,
            mu_xi: 0.0,
            mu_star_xi: 0.0,
            sigma_xi: DYNAMICS.sigma_xi,
            rho: DYNAMICS.rho,
        })
        .unwrap()
    }

    #[test]
    fn prices_at_dates_move_as_the_process_does() {
        let [chi, cross, xi] = process().step(0.1, Measure::Physical).unwrap().covariance();
        let (_, noise) = DYNAMICS.step(0.1, Quote::Point);
        for (ours, theirs) in [(noise[0][0], xi), (noise[0][1], cross), (noise[1][1], chi)] {
            assert!((ours - theirs).abs() < 1e-16, "{ours} {theirs}");
        }
    }

    /// The average over a month is the mean of its two halves: covariances of the halves, put together, are those of
    /// the whole.
    #[test]
    fn two_half_periods_are_one_period() {
        let dt = 0.3;
        let (t, q) = DYNAMICS.step(dt / 2.0, Quote::Average);
        let (whole_t, whole_q) = DYNAMICS.step(dt, Quote::Average);
        // (ξ, χ, average) after two halves as a function of the shocks of the first and of the second half.
        let second = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.5]];
        let mut first = [[0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..2 {
                first[i][j] = if i == 2 { 0.5 * t[2][j] } else { t[i][j] };
            }
        }
        first[2][2] = 0.5;
        let spread = |a: &[[f64; 3]; 3], i: usize, j: usize| -> f64 {
            let mut sum = 0.0;
            for k in 0..3 {
                for l in 0..3 {
                    sum += a[i][k] * q[k][l] * a[j][l];
                }
            }
            sum
        };
        for (i, row) in whole_q.iter().enumerate() {
            for (j, whole) in row.iter().enumerate() {
                let put_together = spread(&first, i, j) + spread(&second, i, j);
                assert!((put_together - whole).abs() < 1e-14, "{i} {j}");
            }
        }
        let average_from_chi = 0.5 * (t[2][1] + t[2][1] * t[1][1]);
        assert!((average_from_chi - whole_t[2][1]).abs() < 1e-15);
    }

    /// Working (1960): averages of a random walk have changes with variance ⅔σ²Δ and autocorrelation ¼.
    #[test]
    fn averages_of_a_random_walk_are_autocorrelated() {
        let prices = LogPrices::new("p", &vec![1.0; 40_000], 1.0 / 12.0).unwrap().as_averages();
        let mut stream = Key::new(1).stream(0, 1);
        let drawn = Dynamics::walk(0.3).simulate(&prices, 0.0, &mut stream);
        let path: Vec<f64> = drawn.values().iter().flatten().copied().collect();
        let changes: Vec<f64> = path.windows(2).map(|w| w[1] - w[0]).collect();
        let n = changes.len() as f64;
        let variance = changes.iter().map(|d| d * d).sum::<f64>() / n;
        let product = changes.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n;
        assert!((variance / (0.06 / 12.0) - 1.0).abs() < 0.03, "{variance}");
        assert!((product / variance - 0.25).abs() < 0.02, "{}", product / variance);
    }
}
