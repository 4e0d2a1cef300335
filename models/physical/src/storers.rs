//! Storers in China: how much of a basket they hold from one month to the next, at any price.
//!
//! The storage equilibrium is solved once for each set of parameters, in relative terms: prices as multiples of the
//! price expected over the months to come, quantities as multiples of a month's use at that price. Demand within a
//! month has the elasticity κ of the calibrated market in the base year, the fringe's short response included, and the
//! disturbance x is the state. In a month of the market storers then want
//!
//! ```text
//! S(p) = c · q̂ · s(p/p̂, x)         s: the stock at which p is the discounted expectation less the cost of holding
//! ```
//!
//! with p̂ and q̂ the price and use that clear demand over the supplier's horizon at what is known this month (activity
//! as expected given this path's, shocks that are announced or have begun, the fringe as it stands, quantities as set).
//! s falls in p, so that the market with storers clears like one without. c is 1 for a competitive market with capital
//! for every stock it wants and 0 without storers. Equations and references: [`crate::StorageSpec`].

use monazite_stochastic::{Key, Purpose};

use crate::elementary::{exp, ln};
use crate::market::{Demand, Supply};
use crate::parameters::Parameters;
use crate::state::MarketModel;
use crate::storage::{
    IsoelasticDemand, Persistence, PlannedSupply, StorageEquilibrium, StorageGrid, StorageSpec,
    StorageState, Yield,
};
use crate::{Basket, N_BASKETS, PhysicalError};

/// States of the disturbance (Rouwenhorst's chain) and accuracy of the equilibrium.
const N_STATES: usize = 9;
const GRID: StorageGrid =
    StorageGrid { n_cells: 48, least_range: 0.0, tolerance: 1e-6, max_iterations: 400 };
/// Where the last digits go round in circles at a kink, prices good to a ten-thousandth do.
const ROUGH: StorageGrid = StorageGrid { tolerance: 1e-4, max_iterations: 2_000, ..GRID };
/// Purpose and first months of [`Storers::ln_prices`].
const MONTHS: Purpose = Purpose::named("physical: months of storage alone");
const BURN_IN: usize = 60;
/// Stocks at which the demand for stock is tabulated.
const N_STOCKS: usize = 49;

/// Storers do not tell apart prices that are this far below the expected one, in logs: a twentieth.
const LOWEST: f64 = 3.0;

/// Demand for stock: ln of the relative price at which each of a list of stocks is held, by state of the disturbance.
///
/// Between stocks and between states it is interpolated linearly, so that stock is continuous and falls in price
/// everywhere, whatever the rounding of the equilibrium: a market clears at one price.
#[derive(Debug, Clone, PartialEq)]
struct StockDemand {
    /// First x and spacing of the states.
    levels: (f64, f64),
    stocks: Vec<f64>,
    /// By state, then by stock; falling in both stock and −x.
    ln_price: Vec<Vec<f64>>,
}

impl StockDemand {
    fn of(equilibrium: &StorageEquilibrium<IsoelasticDemand>) -> Result<Self, PhysicalError> {
        let n_states = equilibrium.n_states();
        let states: Vec<StorageState> =
            (0..n_states).map(|i| equilibrium.state(i)).collect::<Result<_, _>>()?;
        let x: Vec<f64> = states.iter().map(|state| state.demand_factor().ln()).collect();
        let most = states
            .iter()
            .map(|state| equilibrium.stock(equilibrium.largest_availability(state), state))
            .fold(0.0, f64::max);
        let last = (N_STOCKS - 1) as f64;
        let stocks: Vec<f64> = (0..N_STOCKS).map(|j| most * (j as f64 / last).powi(2)).collect();
        let ln_price = states
            .iter()
            .map(|state| {
                stocks.iter().map(|&stock| price_of_stock(equilibrium, state, stock)).collect()
            })
            .collect();
        Ok(Self { levels: (x[0], x[1] - x[0]), stocks, ln_price })
    }

    /// Stock wanted at a relative price and its slope in ln of it.
    fn at(&self, ln_price: f64, x: f64) -> (f64, f64) {
        let (first, spacing) = self.levels;
        let position = ((x - first) / spacing).clamp(0.0, (self.ln_price.len() - 1) as f64);
        let state = (position as usize).min(self.ln_price.len() - 2);
        let share = position - state as f64;
        let (low, high) = (&self.ln_price[state], &self.ln_price[state + 1]);
        let price = |j: usize| low[j] + share * (high[j] - low[j]);
        if ln_price >= price(0) {
            return (0.0, 0.0);
        }
        // The last stock whose price is above; beyond the table the last cell goes on.
        let (mut above, mut below) = (0, N_STOCKS - 1);
        while below - above > 1 {
            let middle = usize::midpoint(above, below);
            if price(middle) > ln_price {
                above = middle;
            } else {
                below = middle;
            }
        }
        let slope = (self.stocks[below] - self.stocks[above]) / (price(below) - price(above));
        (self.stocks[above] + slope * (ln_price - price(above)), slope)
    }
}

/// ln of the relative price at which storers hold a stock: bisection, since the equilibrium's own table runs the other way.
fn price_of_stock(
    equilibrium: &StorageEquilibrium<IsoelasticDemand>,
    state: &StorageState,
    stock: f64,
) -> f64 {
    let held = |ln_price: f64| equilibrium.stock_wanted(ln_price.exp(), state).0;
    let (mut low, mut high) = (-20.0, 20.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if held(middle) > stock {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// One basket's storers.
#[derive(Debug, Clone)]
struct Storer {
    equilibrium: StorageEquilibrium<IsoelasticDemand>,
    stock: StockDemand,
    capacity: f64,
    /// κ.
    elasticity: f64,
    /// φ and σ of x.
    persistence: f64,
    standard_deviation: f64,
}

impl Storer {
    /// ln of the relative price at which a month's use and stock take what is there, and the stock: Newton inside a bracket.
    fn clear(&self, available: f64, x: f64) -> (f64, f64) {
        let excess = |ln_price: f64| {
            let used = (x - self.elasticity * ln_price).exp();
            let (stock, slope) = self.stock.at(ln_price, x);
            let slope = self.capacity * slope - self.elasticity * used;
            (used + self.capacity * stock - available, slope)
        };
        let (mut low, mut high) = (-LOWEST, LOWEST / self.elasticity);
        let mut ln_price = 0.0;
        for _ in 0..100 {
            let (gap, slope) = excess(ln_price);
            if gap.abs() < 1e-13 {
                break;
            }
            if gap > 0.0 {
                low = ln_price;
            } else {
                high = ln_price;
            }
            let newton = ln_price - gap / slope;
            ln_price = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        }
        (ln_price, self.capacity * self.stock.at(ln_price, x).0)
    }
}

/// Storers of all baskets, solved: hand it to worlds whose parameters differ in nothing that storage depends on.
#[derive(Debug, Clone)]
pub struct Storers {
    baskets: [Option<Storer>; N_BASKETS],
}

impl Storers {
    /// Solves the storage equilibrium of every basket with storers and disturbances.
    ///
    /// # Errors
    /// Parameters out of range, or an equilibrium that is not found.
    pub fn solve(parameters: &Parameters) -> Result<Self, PhysicalError> {
        Self::of(parameters, &Basket::ALL)
    }

    /// Solves the equilibria of some baskets; the others have no storers.
    ///
    /// # Errors
    /// As [`Storers::solve`].
    pub fn of(parameters: &Parameters, wanted: &[Basket]) -> Result<Self, PhysicalError> {
        let model = MarketModel::new(parameters)?;
        let elasticities = base_elasticities(&model);
        let mut baskets = [None, None, None];
        for (b, storer) in baskets.iter_mut().enumerate() {
            let capacity = parameters.storage.capacity[b].value;
            let disturbed = parameters.disturbance.standard_deviation[b].value > 0.0;
            if capacity > 0.0 && disturbed && wanted.contains(&Basket::ALL[b]) {
                let spec = storage_spec(parameters, b, elasticities[b])?;
                let equilibrium = spec.clone().solve_on(GRID).or_else(|_| spec.solve_on(ROUGH))?;
                let stock = StockDemand::of(&equilibrium)?;
                let disturbance = &parameters.disturbance;
                *storer = Some(Storer {
                    equilibrium,
                    stock,
                    capacity,
                    elasticity: elasticities[b],
                    persistence: disturbance.persistence[b].value,
                    standard_deviation: disturbance.standard_deviation[b].value,
                });
            }
        }
        Ok(Self { baskets })
    }

    /// The solved equilibrium of a basket, in relative prices and quantities; `None` without storers.
    pub fn equilibrium(&self, basket: Basket) -> Option<&StorageEquilibrium<IsoelasticDemand>> {
        self.baskets[basket.index()].as_ref().map(|one| &one.equilibrium)
    }

    /// ln of the relative prices of `n_months` months of one basket's market on its own: supply the same every month, demand
    /// disturbed, stock carried over; after five years that do not count. Draws depend on the key and the path alone.
    ///
    /// # Errors
    /// [`PhysicalError::Missing`] for a basket without storers.
    pub fn ln_prices(
        &self,
        basket: Basket,
        key: Key,
        path: u64,
        n_months: usize,
    ) -> Result<Vec<f64>, PhysicalError> {
        let storer = self.baskets[basket.index()]
            .as_ref()
            .ok_or_else(|| PhysicalError::Missing(format!("storers of {basket}")))?;
        let mut stream = key.stream(path, MONTHS);
        let (mut x, mut stock) = (0.0, storer.capacity * storer.stock.at(0.0, 0.0).0);
        let mut prices = Vec::with_capacity(n_months);
        for t in 0..BURN_IN + n_months {
            x = storer.persistence * x + storer.standard_deviation * stream.normal();
            let ln_price;
            (ln_price, stock) = storer.clear(1.0 + stock, x);
            if t >= BURN_IN {
                prices.push(ln_price);
            }
        }
        Ok(prices)
    }

    /// Whether anything is stored.
    pub(crate) fn any(&self) -> bool {
        self.baskets.iter().any(Option::is_some)
    }

    /// What storers want of basket `b` this month.
    pub(crate) fn wanted(&self, b: usize, x: f64, outlook: &Outlook) -> Option<Wanted<'_>> {
        let storer = self.baskets[b].as_ref()?;
        let (price, quantity) = (outlook.price[b], storer.capacity * outlook.quantity[b]);
        // Nothing is stored of a basket that is expected to be worthless.
        if price <= 0.0 {
            return None;
        }
        let ln_price = ln(price);
        Some(Wanted {
            demand: &storer.stock,
            x,
            ln_price,
            lowest: exp(ln_price - LOWEST),
            quantity,
        })
    }
}

/// The specification of a basket's storage model, in relative prices and quantities.
///
/// # Errors
/// An elasticity that is not positive.
pub(crate) fn storage_spec(
    parameters: &Parameters,
    b: usize,
    elasticity: f64,
) -> Result<StorageSpec<IsoelasticDemand>, PhysicalError> {
    Ok(StorageSpec {
        cost: parameters.storage.cost.value,
        deterioration: 0.0,
        interest: parameters.storage.interest.value,
        premium: 0.0,
        demand: IsoelasticDemand::new(1.0, 1.0, elasticity)?,
        supply: PlannedSupply::Fixed(1.0),
        yields: Yield::Certain,
        persistence: Persistence::rouwenhorst(
            parameters.disturbance.persistence[b].value,
            parameters.disturbance.standard_deviation[b].value,
            N_STATES,
        )?,
    })
}

/// κ: what demand less the fringe's supply loses in a month, in per cent of use, when the base price rises by one per
/// cent, by basket.
pub(crate) fn base_elasticities(model: &MarketModel) -> [f64; N_BASKETS] {
    let (demand, fringe) = model.base_month();
    std::array::from_fn(|b| {
        let price = model.base_price[b];
        let (quantity, slope) = demand[b].at(price);
        let mut response = -slope;
        for one in fringe.iter() {
            let (_, supply_slope) = one.supply.at(one.revenue_at(&model.base_price));
            response += one.yields[b] * supply_slope * one.revenue[b];
        }
        response * price / quantity
    })
}

/// What is expected of the months to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outlook {
    /// p̂, CNY/t.
    pub(crate) price: [f64; N_BASKETS],
    /// q̂, t REO a month.
    pub(crate) quantity: [f64; N_BASKETS],
}

/// Storers' demand for stock of a basket in a month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    demand: &'a StockDemand,
    x: f64,
    /// ln p̂, and the lowest price tabulated.
    ln_price: f64,
    lowest: f64,
    /// c·q̂.
    quantity: f64,
}

impl Wanted<'_> {
    /// Stock at a price in China and its slope; at a price of zero or less what is held at the lowest tabulated price.
    pub(crate) fn at(&self, price: f64) -> (f64, f64) {
        let held = price.max(self.lowest);
        let (stock, slope) = self.demand.at(ln(held) - self.ln_price, self.x);
        let slope = if price > self.lowest { slope / price } else { 0.0 };
        (self.quantity * stock, self.quantity * slope)
    }
}

/// Demand with what storers want at the end of the month.
pub(crate) struct WithStorers<'a, D> {
    pub(crate) demand: &'a D,
    pub(crate) wanted: Option<Wanted<'a>>,
}

impl<D: Demand> Demand for WithStorers<'_, D> {
    fn at(&self, price: f64) -> (f64, f64) {
        let (quantity, slope) = self.demand.at(price);
        match &self.wanted {
            None => (quantity, slope),
            Some(wanted) => {
                let (stock, stock_slope) = wanted.at(price);
                (quantity + stock, slope + stock_slope)
            }
        }
    }

    fn price_ceiling(&self) -> f64 {
        self.demand.price_ceiling()
    }

    fn price_floor(&self) -> f64 {
        self.demand.price_floor()
    }

    fn reference_price(&self) -> f64 {
        self.demand.reference_price()
    }

    fn lowest_backstop(&self) -> Option<f64> {
        self.demand.lowest_backstop()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    static STORER: LazyLock<Storer> = LazyLock::new(|| storer(0.02, 1.0));

    fn storer(sd: f64, capacity: f64) -> Storer {
        let spec = StorageSpec {
            cost: 0.002,
            deterioration: 0.0,
            interest: 0.004,
            premium: 0.0,
            demand: IsoelasticDemand::new(1.0, 1.0, 0.1).unwrap(),
            supply: PlannedSupply::Fixed(1.0),
            yields: Yield::Certain,
            persistence: Persistence::rouwenhorst(0.8, sd, N_STATES).unwrap(),
        };
        let equilibrium = spec.solve_on(GRID).unwrap();
        let stock = StockDemand::of(&equilibrium).unwrap();
        let (elasticity, persistence) = (0.1, 0.8);
        Storer { equilibrium, stock, capacity, elasticity, persistence, standard_deviation: sd }
    }

    /// At the states of the chain the table is the equilibrium's demand for stock, to the width of its cells.
    #[test]
    fn the_table_is_the_equilibrium() {
        let storer = &*STORER;
        for i in 0..N_STATES {
            let state = storer.equilibrium.state(i).unwrap();
            let x = state.demand_factor().ln();
            for ln_price in [-0.3, -0.1, -0.02, 0.0, 0.05, 0.2] {
                let exact = storer.equilibrium.stock_wanted(f64::exp(ln_price), &state).0;
                let table = storer.stock.at(ln_price, x).0;
                assert!((table - exact).abs() < 0.01 * exact + 0.002, "{table} {exact}");
            }
        }
    }

    /// Nothing is lost: use and stock are what was there; a lean month has a price above, a full one below.
    #[test]
    fn a_month_on_its_own_clears() {
        let storer = STORER.clone();
        let (ln_price, stock) = storer.clear(1.1, 0.0);
        assert!(((-0.1 * ln_price).exp() + stock - 1.1).abs() < 1e-12);
        assert!(storer.clear(1.0, 0.02).0 > storer.clear(1.3, 0.02).0);
        let none = Storer { capacity: 0.0, ..storer };
        let (ln_price, stock) = none.clear(1.0, 0.03);
        assert!(stock == 0.0 && (ln_price - 0.3).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn stock_falls_in_price_and_slopes_are_its_own(ln_price in -2.0..1.0_f64, x in -0.2..0.2_f64) {
            let (stock, slope) = STORER.stock.at(ln_price, x);
            let (less, _) = STORER.stock.at(ln_price + 1e-6, x);
            prop_assert!(stock >= 0.0 && less <= stock && slope <= 0.0);
            prop_assert!(stock - less < 1e-3);
        }
    }
}
