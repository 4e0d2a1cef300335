//! Simulated price paths in blocks of flat memory.
//!
//! A block is [`BLOCK_PATHS`] consecutive paths (the last may be shorter), the unit of work and of storage. Path `p`
//! draws from the stream (seed, p, purpose) only, two normals a step for two factors and one for one factor, so it is
//! the same numbers in whatever block, thread or shard it is made. Buffers are path-major: the steps of one path lie
//! next to each other; the start is not stored.
//!
//! Checked: mean of simulated prices against the closed-form futures price within three standard errors, moments of
//! the steps, equality of paths across block sizes.

use crate::{Key, OneFactorStep, Purpose, Stream, TwoFactorState, TwoFactorStep};

/// Number of paths in a block.
pub const BLOCK_PATHS: usize = 64;

/// Values of consecutive paths at steps 1…n.
#[derive(Debug, Clone, PartialEq)]
pub struct PathBlock {
    first_path: u64,
    n_paths: usize,
    n_steps: usize,
    values: Vec<f64>,
}

impl PathBlock {
    /// A block of zeros for `n_paths` paths from `first_path` on.
    pub fn zeros(first_path: u64, n_paths: usize, n_steps: usize) -> Self {
        Self { first_path, n_paths, n_steps, values: vec![0.0; n_paths * n_steps] }
    }

    /// Index of the first path.
    pub fn first_path(&self) -> u64 {
        self.first_path
    }

    /// Number of paths.
    pub fn n_paths(&self) -> usize {
        self.n_paths
    }

    /// Number of steps.
    pub fn n_steps(&self) -> usize {
        self.n_steps
    }

    /// All values, path after path.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Steps 1…n of the `path_idx`-th path of the block.
    ///
    /// # Panics
    /// If `path_idx` is not below the number of paths.
    pub fn path(&self, path_idx: usize) -> &[f64] {
        &self.values[path_idx * self.n_steps..(path_idx + 1) * self.n_steps]
    }

    /// The value of every path after `step_idx` + 1 steps.
    ///
    /// # Panics
    /// If `step_idx` is not below the number of steps.
    pub fn at_step(&self, step_idx: usize) -> impl Iterator<Item = f64> + '_ {
        assert!(step_idx < self.n_steps, "step {step_idx} of {}", self.n_steps);
        self.values.iter().skip(step_idx).step_by(self.n_steps).copied()
    }

    fn paths_mut(&mut self) -> impl Iterator<Item = (u64, &mut [f64])> {
        // chunks_exact_mut refuses a length of 0; such a block has no values anyway.
        (self.first_path..).zip(self.values.chunks_exact_mut(self.n_steps.max(1)))
    }
}

/// The factors of a two-factor price on consecutive paths.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoFactorBlock {
    chi: PathBlock,
    xi: PathBlock,
}

impl TwoFactorBlock {
    /// χ, the short-term deviations.
    pub fn chi(&self) -> &PathBlock {
        &self.chi
    }

    /// ξ, the equilibrium log prices.
    pub fn xi(&self) -> &PathBlock {
        &self.xi
    }

    /// Both factors after `step_idx` + 1 steps.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn state(&self, path_idx: usize, step_idx: usize) -> TwoFactorState {
        TwoFactorState {
            chi: self.chi.path(path_idx)[step_idx],
            xi: self.xi.path(path_idx)[step_idx],
        }
    }

    /// Spot prices, exp(χ + ξ).
    pub fn prices(&self) -> PathBlock {
        let values = self.chi.values.iter().zip(&self.xi.values).map(|(c, x)| (c + x).exp());
        PathBlock { values: values.collect(), ..self.xi }
    }

    /// Draws the paths of this block anew, into the memory it has.
    pub fn simulate(
        &mut self,
        step: &TwoFactorStep,
        start: TwoFactorState,
        key: Key,
        purpose: impl Into<Purpose>,
    ) {
        let streams = key.streams(purpose);
        let n_steps = self.chi.n_steps.max(1);
        let chis = self.chi.values.chunks_mut(2 * n_steps);
        let xis = self.xi.values.chunks_mut(2 * n_steps);
        // Two paths at a time: the next number of a stream waits for the one before, and two streams wait side by side.
        for (path, (chis, xis)) in (self.chi.first_path..).step_by(2).zip(chis.zip(xis)) {
            let (one_chis, other_chis) = chis.split_at_mut(n_steps.min(chis.len()));
            let (one_xis, other_xis) = xis.split_at_mut(n_steps.min(xis.len()));
            let mut one_stream = streams.at(path);
            if other_chis.is_empty() {
                simulate_path(step, start, &mut one_stream, one_chis, one_xis);
                continue;
            }
            let mut other_stream = streams.at(path + 1);
            let (mut one, mut other) = (start, start);
            let one_path = one_chis.iter_mut().zip(one_xis);
            let other_path = other_chis.iter_mut().zip(other_xis);
            for ((one_chi, one_xi), (other_chi, other_xi)) in one_path.zip(other_path) {
                let (one_first, other_first) = (one_stream.normal(), other_stream.normal());
                let (one_second, other_second) = (one_stream.normal(), other_stream.normal());
                one = step.advance(one, one_first, one_second);
                other = step.advance(other, other_first, other_second);
                (*one_chi, *one_xi) = (one.chi, one.xi);
                (*other_chi, *other_xi) = (other.chi, other.xi);
            }
        }
    }

    /// A block of zeros, to be filled by [`TwoFactorBlock::simulate`].
    pub fn zeros(first_path: u64, n_paths: usize, n_steps: usize) -> Self {
        let zeros = PathBlock::zeros(first_path, n_paths, n_steps);
        Self { chi: zeros.clone(), xi: zeros }
    }
}

fn simulate_path(
    step: &TwoFactorStep,
    start: TwoFactorState,
    stream: &mut Stream,
    chis: &mut [f64],
    xis: &mut [f64],
) {
    let mut state = start;
    for (chi, xi) in chis.iter_mut().zip(xis) {
        let (first, second) = (stream.normal(), stream.normal());
        state = step.advance(state, first, second);
        (*chi, *xi) = (state.chi, state.xi);
    }
}

/// First path and number of paths of each block that `n_paths` paths fall into.
///
/// ```
/// use monazite_stochastic::blocks;
/// assert_eq!(blocks(130).collect::<Vec<_>>(), [(0, 64), (64, 64), (128, 2)]);
/// ```
pub fn blocks(n_paths: u64) -> impl Iterator<Item = (u64, usize)> {
    (0..n_paths.div_ceil(BLOCK_PATHS as u64)).map(move |block_idx| {
        let first = block_idx * BLOCK_PATHS as u64;
        (first, (n_paths - first).min(BLOCK_PATHS as u64) as usize)
    })
}

/// Log prices of a one-factor model on paths `first_path`…, each from the log price `start`.
pub fn simulate_one_factor(
    step: &OneFactorStep,
    start: f64,
    key: Key,
    purpose: impl Into<Purpose>,
    (first_path, n_paths): (u64, usize),
    n_steps: usize,
) -> PathBlock {
    let purpose = purpose.into();
    let mut block = PathBlock::zeros(first_path, n_paths, n_steps);
    for (path, values) in block.paths_mut() {
        let mut stream = key.stream(path, purpose);
        let mut log_price = start;
        for value in values {
            log_price = step.advance(log_price, stream.normal());
            *value = log_price;
        }
    }
    block
}

/// Factors of a two-factor model on paths `first_path`…, each from the state `start`.
pub fn simulate_two_factor(
    step: &TwoFactorStep,
    start: TwoFactorState,
    key: Key,
    purpose: impl Into<Purpose>,
    (first_path, n_paths): (u64, usize),
    n_steps: usize,
) -> TwoFactorBlock {
    let mut block = TwoFactorBlock::zeros(first_path, n_paths, n_steps);
    block.simulate(step, start, key, purpose);
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Measure, Moments, OneFactorParameters, SchwartzOneFactor};
    use crate::{SchwartzSmith, SchwartzSmithParameters};

    const PRICE: Purpose = Purpose::named("price");

    /// Oil parameters of Schwartz and Smith (2000), table 2, as VERIFICATION.md gives them.
    fn oil() -> SchwartzSmith {
        SchwartzSmith::new(SchwartzSmithParameters {
            kappa: 1.49,
            sigma_chi: 0.286,
            lambda_chi: 0.157,
            mu_xi: -0.0125,
            mu_star_xi: 0.0115,
            sigma_xi: 0.145,
            rho: 0.30,
        })
        .unwrap()
    }

    const START: TwoFactorState = TwoFactorState { chi: 0.0, xi: 3.0 };

    /// VERIFICATION.md, "Schwartz–Smith": F(1y) = 19.29577 in closed form and by Monte Carlo, weekly steps.
    #[test]
    fn the_futures_price_is_the_risk_neutral_mean() {
        let closed_form = oil().futures(START, 1.0);
        assert!((closed_form - 19.29577).abs() < 1e-5, "{closed_form}");
        let step = oil().step(1.0 / 52.0, Measure::RiskNeutral).unwrap();
        let mut prices = Moments::default();
        for block in blocks(40_000) {
            let paths = simulate_two_factor(&step, START, Key::new(1), PRICE, block, 52);
            let mut part = Moments::default();
            paths.prices().at_step(51).for_each(|price| part.push(price));
            prices.merge(&part);
        }
        assert_eq!(prices.count(), 40_000);
        let distance = (prices.mean() - closed_form) / prices.standard_error();
        assert!(distance.abs() < 3.0, "{distance} standard errors");
        assert!(prices.standard_error() < 0.03);
    }

    #[test]
    fn the_real_world_mean_is_the_expected_price() {
        let step = oil().step(2.0, Measure::Physical).unwrap();
        let start = TwoFactorState { chi: 0.3, xi: 3.0 };
        let paths = simulate_two_factor(&step, start, Key::new(2), PRICE, (0, 50_000), 1);
        let mut prices = Moments::default();
        paths.prices().at_step(0).for_each(|price| prices.push(price));
        let distance = (prices.mean() - oil().expected_price(start, 2.0)) / prices.standard_error();
        assert!(distance.abs() < 3.0, "{distance} standard errors");
    }

    /// Covariance of 12 simulated months = covariance of one simulated year = closed form.
    #[test]
    fn many_short_steps_make_one_long_step() {
        let month = oil().step(1.0 / 12.0, Measure::Physical).unwrap();
        let year = oil().step(1.0, Measure::Physical).unwrap();
        let (mut propagated, [q_chi, q_cross, q_xi]) = ([0.0; 3], month.covariance());
        for _ in 0..12 {
            let phi = month.chi_decay();
            propagated = [
                phi * phi * propagated[0] + q_chi,
                phi * propagated[1] + q_cross,
                propagated[2] + q_xi,
            ];
        }
        for (twelve, one) in propagated.iter().zip(year.covariance()) {
            assert!((twelve - one).abs() < 1e-15, "{twelve} {one}");
        }
    }

    #[test]
    fn a_path_is_the_same_in_any_block() {
        let step = oil().step(0.1, Measure::Physical).unwrap();
        let whole = simulate_two_factor(&step, START, Key::new(3), PRICE, (0, 130), 7);
        for (first, n_paths) in blocks(130) {
            let part = simulate_two_factor(&step, START, Key::new(3), PRICE, (first, n_paths), 7);
            for path_idx in 0..n_paths {
                assert_eq!(part.xi().path(path_idx), whole.xi().path(first as usize + path_idx));
            }
        }
        // Paths are drawn in pairs; the odd one out is the same path.
        let odd = simulate_two_factor(&step, START, Key::new(3), PRICE, (128, 1), 7);
        assert_eq!(odd.chi().path(0), whole.chi().path(128));
        assert_eq!(whole.chi().at_step(6).nth(129), Some(whole.state(129, 6).chi));
        assert!(
            simulate_two_factor(&step, START, Key::new(3), PRICE, (0, 3), 0)
                .xi()
                .values()
                .is_empty()
        );
    }

    #[test]
    fn one_factor_paths_have_the_moments_of_the_transition() {
        let parameters = OneFactorParameters { kappa: 0.7, mu: 3.0, sigma: 0.35, lambda: 0.1 };
        let model = SchwartzOneFactor::new(parameters).unwrap();
        let step = model.step(1.0 / 12.0, Measure::RiskNeutral).unwrap();
        let paths = simulate_one_factor(&step, 2.5, Key::new(4), PRICE, (0, 50_000), 12);
        let mut prices = Moments::default();
        paths.at_step(11).for_each(|log_price| prices.push(log_price.exp()));
        let distance =
            (prices.mean() - model.futures(2.5_f64.exp(), 1.0)) / prices.standard_error();
        assert!(distance.abs() < 3.0, "{distance} standard errors");
    }
}
