//! How much of a band is what: shares of variance by source, by pick and freeze.
//!
//! Two independent sets of sources, A and B, are drawn for each path. With `AB_i` the sources of A but source i of B, and Y
//! the logarithm of a price or of tonnes,
//!
//! ```text
//! alone_i = E Y_B(Y_ABi − Y_A)/V      total_i = E(Y_A − Y_ABi)²/2V      V = Var(Y)
//! ```
//!
//! `alone` is the share of variance that would go if the source were known and no other (first-order Sobol index); `total`
//! is the share that would be left if all others were known (total effect). Both come from common random numbers: the
//! two runs of a pair differ by one source. Totals need not add up to one, because a share of variance that two sources
//! make together is in the total of both; 1 − Σ alone is the share of such interactions. Standard errors are those of a
//! jackknife over paths. Where a mix of two draws cannot be calibrated its pair is left out of that source's shares: they
//! are those given that the base year is an equilibrium under A, B and the mix.
//!
//! References: Sobol (2001), Mathematics and Computers in Simulation 55; Jansen (1999), Computer Physics Communications
//! 117; Saltelli et al. (2010), Computer Physics Communications 181, table 2 (rows b and f).

use monazite_physical::{
    ActivityPaths, Basket, Conduct, Output, Parameters, Scenario, WorldSpec, simulate_block,
};
use rayon::prelude::*;
use serde::Serialize;

use super::draws::{ParameterDraws, Source};
use crate::diagnostic::Diagnostic;
use crate::study::simulate::{MarketBasis, refused};

/// Months after which variance is taken apart.
pub const HORIZONS: [usize; 3] = [3, 6, 12];
/// What is taken apart.
const OUTPUTS: [Output; 4] = [
    Output::Price(Basket::NdPr),
    Output::Price(Basket::DyTb),
    Output::Exports(None, None),
    Output::ExportValue(None),
];
const N_SOURCES: usize = Source::ALL.len();
/// Fewest pairs that say anything of a variance.
const FEWEST_PAIRS: usize = 4;
/// Distance between the paths of A and of B.
const OTHER: u64 = 1 << 32;

/// The share of a source in the variance of a quantity at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VarianceShare {
    /// Quantity.
    pub variable: String,
    /// Months from the first one, that included.
    pub months: usize,
    /// The source; none for interactions, what no source makes alone.
    pub source: Option<Source>,
    /// Standard deviation of the logarithm.
    pub deviation: f64,
    /// Share of the variance of the logarithm that the source makes alone.
    pub alone: f64,
    /// Its standard error.
    pub alone_se: f64,
    /// Share that it makes alone and with others; none for interactions.
    pub total: Option<f64>,
    /// Its standard error.
    pub total_se: Option<f64>,
}

/// Variance of quantities taken apart by source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decomposition {
    /// Shares by quantity, horizon and source.
    pub shares: Vec<VarianceShare>,
    /// Pairs of paths, those left out whose market could not be solved.
    pub n_pairs: usize,
    /// Pairs left out of the shares of a source, by source, because the mix cannot be calibrated.
    pub n_left_out: Vec<(Source, usize)>,
}

/// Logarithms of quantities by horizon.
type Values = Vec<f64>;
/// A, B, and A with one source of B each; none where such a mix cannot be calibrated.
type Pair = (Values, Values, [Option<Values>; N_SOURCES]);

/// Takes the variance of a world of the base year's conduct apart; parameters are drawn.
///
/// # Errors
/// `M010` if fewer than four pairs of draws can be calibrated and simulated.
pub fn decompose(
    basis: &MarketBasis,
    scenario: &Scenario,
    n_pairs: usize,
) -> Result<Decomposition, Diagnostic> {
    let draws = ParameterDraws::new(basis, false)?;
    let horizons: Vec<usize> =
        HORIZONS.into_iter().filter(|&months| months <= basis.n_months()).collect();
    let months = horizons.last().copied().unwrap_or(basis.n_months());
    let mut pairs: Vec<Pair> = Vec::with_capacity(n_pairs);
    // A batch of activity holds A and B; one path alone would be both.
    let per_batch = (basis.batch_paths() / 2).max(1);
    for (k, first) in (0_u64..).zip((0..n_pairs).step_by(per_batch)) {
        let activity = basis.batch(k)?.until_month(months).map_err(|e| refused(&e))?;
        let setting = Setting { basis, scenario, draws: &draws, horizons: &horizons, activity };
        let found: Vec<Result<Option<Pair>, Diagnostic>> = (first..n_pairs.min(first + per_batch))
            .into_par_iter()
            .map(|p| setting.pair(p as u64, p - first))
            .collect();
        for pair in found {
            pairs.extend(pair?);
        }
    }
    if pairs.len() < FEWEST_PAIRS {
        let why = format!("{} of {n_pairs} pairs of draws could be simulated", pairs.len());
        return Err(Diagnostic::error(
            "M010",
            format!("the variance cannot be taken apart: {why}"),
        )
        .help("draw more paths, or narrow the ranges of the parameters"));
    }
    Ok(shares(&pairs, &horizons))
}

/// What all pairs have in common.
struct Setting<'a> {
    basis: &'a MarketBasis,
    scenario: &'a Scenario,
    draws: &'a ParameterDraws<'a>,
    horizons: &'a [usize],
    activity: ActivityPaths,
}

impl Setting<'_> {
    /// All runs of a pair; none if the market of A or of B cannot be solved to the last month.
    fn pair(&self, path: u64, index: usize) -> Result<Option<Pair>, Diagnostic> {
        let (attempt_a, a) = self.draws.accepted(path)?;
        let (attempt_b, b) = self.draws.accepted(path + OTHER)?;
        let (index_a, index_b) = (index, self.activity.n_paths() - 1 - index);
        let (of_a, of_b) = (self.run(&a, index_a, path), self.run(&b, index_b, path + OTHER));
        let (Ok(of_a), Ok(of_b)) = (of_a, of_b) else { return Ok(None) };
        let mut mixed: [Option<Values>; N_SOURCES] = Default::default();
        for (i, other) in Source::ALL.into_iter().enumerate() {
            let from = |source| {
                if source == other { (path + OTHER, attempt_b) } else { (path, attempt_a) }
            };
            let parameters = match other {
                Source::Activity => a.clone(),
                _ => match self.draws.mixed(&from) {
                    Ok(parameters) => parameters,
                    Err(_) => continue,
                },
            };
            let index = if other == Source::Activity { index_b } else { index_a };
            let stream = if other == Source::Disturbances { path + OTHER } else { path };
            mixed[i] = self.run(&parameters, index, stream).ok();
        }
        Ok(Some((of_a, of_b, mixed)))
    }

    fn run(
        &self,
        parameters: &Parameters,
        activity_idx: usize,
        stream: u64,
    ) -> Result<Values, Diagnostic> {
        let spec = WorldSpec {
            parameters,
            scenario: self.scenario,
            conduct: Conduct::Theta(parameters.base_theta.value),
            start: self.basis.spec().simulate.from,
            seed: self.basis.spec().seed,
            // Under drawn parameters too: storers go by the market as calibrated.
            storers: self.basis.calibration().storers(),
            n_threads: None,
        };
        let activity = self.activity.part(activity_idx, 1).map_err(|e| refused(&e))?;
        let run = simulate_block(&spec, &activity, self.basis.expected(), stream)
            .map_err(|e| refused(&e))?;
        let mut values = Vec::with_capacity(OUTPUTS.len() * self.horizons.len());
        for output in OUTPUTS {
            for &months in self.horizons {
                let value = run.at(output, months - 1).map_err(|e| refused(&e))?[0];
                values.push(value.max(f64::MIN_POSITIVE).ln());
            }
        }
        Ok(values)
    }
}

fn shares(pairs: &[Pair], horizons: &[usize]) -> Decomposition {
    let left_out = |i: usize| pairs.iter().filter(|(_, _, mixed)| mixed[i].is_none()).count();
    let mut all = Decomposition {
        shares: Vec::new(),
        n_pairs: pairs.len(),
        n_left_out: Source::ALL.into_iter().enumerate().map(|(i, s)| (s, left_out(i))).collect(),
    };
    for (o, output) in OUTPUTS.into_iter().enumerate() {
        for (h, &months) in horizons.iter().enumerate() {
            let at = o * horizons.len() + h;
            let variable = output.to_string();
            let (indices, errors, deviation) = at_one(pairs, at);
            for (i, source) in Source::ALL.into_iter().enumerate() {
                all.shares.push(VarianceShare {
                    variable: variable.clone(),
                    months,
                    source: Some(source),
                    deviation,
                    alone: indices[i],
                    alone_se: errors[i],
                    total: Some(indices[N_SOURCES + i]),
                    total_se: Some(errors[N_SOURCES + i]),
                });
            }
            all.shares.push(VarianceShare {
                variable,
                months,
                source: None,
                deviation,
                alone: indices[2 * N_SOURCES],
                alone_se: errors[2 * N_SOURCES],
                total: None,
                total_se: None,
            });
        }
    }
    all
}

/// Indices alone, total and of interactions.
const N_INDICES: usize = 2 * N_SOURCES + 1;

/// Sums from which the indices follow, so that a jackknife leaves a pair out by subtraction.
#[derive(Debug, Clone, Copy)]
struct Sums {
    n: f64,
    y: f64,
    y2: f64,
    /// By source: mixes, `Y_B(Y_ABi − Y_A)`, `(Y_A − Y_ABi)²`.
    n_mixed: [f64; N_SOURCES],
    products: [f64; N_SOURCES],
    squares: [f64; N_SOURCES],
}

impl Sums {
    const NONE: Self = Self {
        n: 0.0,
        y: 0.0,
        y2: 0.0,
        n_mixed: [0.0; N_SOURCES],
        products: [0.0; N_SOURCES],
        squares: [0.0; N_SOURCES],
    };

    /// Of one pair, about a centre that keeps squares small.
    fn of((a, b, mixed): &Pair, at: usize, centre: f64) -> Self {
        let (a, b) = (a[at] - centre, b[at] - centre);
        let mut sums = Self { n: 1.0, y: a + b, y2: a * a + b * b, ..Self::NONE };
        for (i, values) in mixed.iter().enumerate() {
            let Some(values) = values else { continue };
            let change = values[at] - centre - a;
            sums.n_mixed[i] = 1.0;
            sums.products[i] = b * change;
            sums.squares[i] = change * change;
        }
        sums
    }

    fn plus(&self, other: &Self, sign: f64) -> Self {
        let add = |a: &[f64; N_SOURCES], b: &[f64; N_SOURCES]| -> [f64; N_SOURCES] {
            std::array::from_fn(|i| a[i] + sign * b[i])
        };
        Self {
            n: self.n + sign * other.n,
            y: self.y + sign * other.y,
            y2: self.y2 + sign * other.y2,
            n_mixed: add(&self.n_mixed, &other.n_mixed),
            products: add(&self.products, &other.products),
            squares: add(&self.squares, &other.squares),
        }
    }

    fn variance(&self) -> f64 {
        let n = 2.0 * self.n;
        (self.y2 - self.y * self.y / n) / (n - 1.0)
    }

    /// NaN for a source without a mix.
    fn indices(&self) -> [f64; N_INDICES] {
        let variance = self.variance();
        let mut indices = [0.0; N_INDICES];
        if variance <= 0.0 {
            return indices;
        }
        indices[2 * N_SOURCES] = 1.0;
        for i in 0..N_SOURCES {
            let scale = self.n_mixed[i] * variance;
            indices[i] = self.products[i] / scale;
            indices[N_SOURCES + i] = self.squares[i] / (2.0 * scale);
            indices[2 * N_SOURCES] -= indices[i];
        }
        indices
    }
}

/// Indices, their standard errors by jackknife, and the standard deviation.
fn at_one(pairs: &[Pair], at: usize) -> ([f64; N_INDICES], [f64; N_INDICES], f64) {
    let centre =
        pairs.iter().map(|(a, b, _)| a[at] + b[at]).sum::<f64>() / (2 * pairs.len()) as f64;
    let parts: Vec<Sums> = pairs.iter().map(|pair| Sums::of(pair, at, centre)).collect();
    let whole = parts.iter().fold(Sums::NONE, |sums, part| sums.plus(part, 1.0));
    let indices = whole.indices();
    let n = parts.len() as f64;
    let without: Vec<[f64; N_INDICES]> =
        parts.iter().map(|part| whole.plus(part, -1.0).indices()).collect();
    let errors = std::array::from_fn(|i| {
        let mean = without.iter().map(|one| one[i]).sum::<f64>() / n;
        let squares = without.iter().map(|one| (one[i] - mean).powi(2)).sum::<f64>();
        ((n - 1.0) / n * squares).sqrt()
    });
    (indices, errors, whole.variance().max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use monazite_stochastic::Key;

    use super::*;

    /// Y = 2x₁ + x₂ + x₁x₃ with standard normal x: V = 4 + 1 + 1, alone 4/6, 1/6, 0, total 5/6, 1/6, 1/6, interactions 1/6.
    #[test]
    fn shares_of_a_known_function() {
        let y = |x: &[f64; N_SOURCES]| vec![2.0 * x[0] + x[1] + x[0] * x[2]];
        let pairs: Vec<Pair> = (0..20_000)
            .map(|path| {
                let mut stream = Key::new(3).stream(path, 1);
                let a: [f64; N_SOURCES] = std::array::from_fn(|_| stream.normal());
                let b: [f64; N_SOURCES] = std::array::from_fn(|_| stream.normal());
                let mixed = std::array::from_fn(|i| {
                    let mut x = a;
                    x[i] = b[i];
                    // A mix in ten is missing.
                    (path % 10 != i as u64).then(|| y(&x))
                });
                (y(&a), y(&b), mixed)
            })
            .collect();
        let (indices, errors, deviation) = at_one(&pairs, 0);
        let expected = [4.0 / 6.0, 1.0 / 6.0, 0.0, 5.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0];
        let at = [0, 1, 2, N_SOURCES, N_SOURCES + 1, N_SOURCES + 2, 2 * N_SOURCES];
        for (i, truth) in at.into_iter().zip(expected) {
            assert!(
                (indices[i] - truth).abs() < 4.0 * errors[i].max(1e-3),
                "{i}: {} {}",
                indices[i],
                errors[i]
            );
            assert!(errors[i] < 0.03, "{i}: {}", errors[i]);
        }
        // What a source does not enter has no effect at all.
        assert_eq!(indices[N_SOURCES + 5], 0.0);
        assert!((deviation - 6.0_f64.sqrt()).abs() < 0.05);
    }
}
