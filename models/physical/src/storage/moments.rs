//! Simulated months of the equilibrium, and the moments of its invariant distribution.

use monazite_stochastic::{Key, Moments, Purpose, Stream};

use super::outcomes::{Persistence, REACH, pick};
use super::solve::Outcomes;
use super::surface::{StorageState, Surface};
use super::{InverseDemand, PlannedSupply, StorageEquilibrium};
use crate::PhysicalError;
use crate::error::out_of_range;

/// Purpose of the draws of [`StorageEquilibrium::simulate`].
const MONTHS: Purpose = Purpose::named("physical: storage months");
/// Months before the first one that counts.
const BURN_IN: usize = 500;

/// A month of a simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageMonth {
    /// A.
    pub availability: f64,
    /// Its state.
    pub state: StorageState,
    /// P(A, z).
    pub price: f64,
    /// S(A, z).
    pub stock: f64,
    /// H, planned for next month.
    pub planned_supply: f64,
}

/// Moments of the invariant distribution, by simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageMoments {
    /// Mean price.
    pub mean_price: f64,
    /// Its standard error, by means of 50 batches.
    pub mean_price_error: f64,
    /// Mean stock.
    pub mean_stock: f64,
    /// Share of months in which nothing is stored.
    pub stock_outs: f64,
    /// First autocorrelation of the price.
    pub autocorrelation: f64,
    /// Standard deviation of Δln P.
    pub change_sd: f64,
    /// First autocorrelation of Δln P.
    pub change_autocorrelation: f64,
    /// Skewness of Δln P.
    pub change_skewness: f64,
    /// Kurtosis of Δln P, 3 for a normal one.
    pub change_kurtosis: f64,
}

/// State carried between simulated months, and how it moves.
struct Walk<'a, D> {
    outcomes: &'a Outcomes<D>,
    surface: &'a Surface,
    column_idx: usize,
    x: f64,
    carried: f64,
    planned: f64,
}

impl<'a, D: InverseDemand> Walk<'a, D> {
    /// Starts without stock in the middle state.
    fn new(outcomes: &'a Outcomes<D>, surface: &'a Surface) -> Self {
        let column_idx = surface.columns.len() / 2;
        let planned = surface.columns[column_idx].supply[0][0];
        Self { outcomes, surface, column_idx, x: 0.0, carried: 0.0, planned }
    }

    fn next(&mut self, stream: &mut Stream) -> (f64, StorageState) {
        let spec = &self.outcomes.spec;
        let mut supply = 1.0;
        let state = match &spec.persistence {
            Persistence::None => self.surface.state(0),
            Persistence::Chain { states, transition } => {
                let row = transition[self.column_idx].iter().copied();
                self.column_idx = pick(row, stream.uniform()).unwrap_or(self.column_idx);
                supply = states[self.column_idx].supply;
                self.surface.state(self.column_idx)
            }
            Persistence::Autoregressive { persistence, sd, .. } => {
                let e = stream.normal().clamp(-REACH, REACH);
                self.x = persistence * self.x + sd * e;
                self.surface.level(self.x)
            }
        };
        let share = spec.yields.draw(stream);
        (self.carried + self.planned * share * supply, state)
    }

    /// Takes what is held and planned at the end of a month into the next one.
    fn carry(&mut self, stock: f64, planned: f64) {
        self.carried = (1.0 - self.outcomes.spec.deterioration) * stock;
        self.planned = planned;
    }
}

/// Largest stock, in units of the state's demand, of a simulation.
pub(super) fn largest_stock<D: InverseDemand>(
    outcomes: &Outcomes<D>,
    surface: &Surface,
    stream: &mut Stream,
    n_months: usize,
) -> f64 {
    let mut walk = Walk::new(outcomes, surface);
    let mut largest = 0.0_f64;
    for _ in 0..n_months {
        let (availability, state) = walk.next(stream);
        let a = availability / state.scale;
        let stock = surface.stock(a, &state);
        largest = largest.max(stock);
        let planned = match outcomes.spec.supply {
            PlannedSupply::Fixed(quantity) => quantity,
            PlannedSupply::Elastic { .. } => surface.supply(a, &state),
        };
        walk.carry(stock * state.scale, planned);
    }
    largest
}

impl<D: InverseDemand> StorageEquilibrium<D> {
    /// Months of one path, after 500 that are thrown away: a function of key and path.
    pub fn simulate(&self, key: Key, path: u64, n_months: usize) -> Vec<StorageMonth> {
        let mut stream = key.stream(path, MONTHS);
        let mut walk = Walk::new(&self.outcomes, &self.surface);
        let mut months = Vec::with_capacity(n_months);
        for t in 0..BURN_IN + n_months {
            let (availability, state) = walk.next(&mut stream);
            let month = StorageMonth {
                availability,
                state,
                price: self.price(availability, &state),
                stock: self.stock(availability, &state),
                planned_supply: self.planned_supply(availability, &state),
            };
            walk.carry(month.stock, month.planned_supply);
            if t >= BURN_IN {
                months.push(month);
            }
        }
        months
    }

    /// Moments of the invariant distribution from `n_months` months of path 0.
    ///
    /// # Errors
    /// Fewer than 1,000 months, or a price that is not positive, for which there is no logarithm.
    pub fn moments(&self, key: Key, n_months: usize) -> Result<StorageMoments, PhysicalError> {
        const BATCHES: usize = 50;
        if n_months < 1_000 {
            return Err(out_of_range("months simulated", n_months as f64, "1,000 or more"));
        }
        let months = self.simulate(key, 0, n_months);
        if let Some(month) = months.iter().find(|month| month.price <= 0.0) {
            return Err(out_of_range("a price in logarithms", month.price, "positive"));
        }
        let prices: Vec<f64> = months.iter().map(|month| month.price).collect();
        let changes: Vec<f64> = prices.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
        let mut batches = Moments::default();
        for batch in prices.chunks_exact(n_months / BATCHES) {
            batches.push(mean(batch.iter().copied()));
        }
        let [_, variance, third, fourth] = central(&changes);
        let out = months
            .iter()
            .filter(|month| month.availability <= self.stock_out_threshold(&month.state))
            .count();
        Ok(StorageMoments {
            mean_price: mean(prices.iter().copied()),
            mean_price_error: batches.standard_error(),
            mean_stock: mean(months.iter().map(|month| month.stock)),
            stock_outs: out as f64 / n_months as f64,
            autocorrelation: autocorrelation(&prices),
            change_sd: variance.sqrt(),
            change_autocorrelation: autocorrelation(&changes),
            change_skewness: third / variance.powf(1.5),
            change_kurtosis: fourth / (variance * variance),
        })
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

/// Mean and second to fourth central moments.
fn central(values: &[f64]) -> [f64; 4] {
    let m = mean(values.iter().copied());
    let moment = |k: i32| mean(values.iter().map(|v| (v - m).powi(k)));
    [m, moment(2), moment(3), moment(4)]
}

fn autocorrelation(values: &[f64]) -> f64 {
    let [m, variance, ..] = central(values);
    let covariance = mean(values.windows(2).map(|pair| (pair[0] - m) * (pair[1] - m)));
    covariance / variance
}
