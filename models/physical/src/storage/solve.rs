//! The fixed point: expectations, the endogenous grid, and how far it has to reach.

use monazite_stochastic::{Key, Purpose};
use rayon::prelude::*;

use super::acceleration::Acceleration;
use super::outcomes::{Panels, Persistence, REACH};
use super::spec::{PlannedSupply, StorageGrid, StorageSpec};
use super::surface::{Column, StorageState, Surface, hermite, hermite_inverse, spread};
use super::{InverseDemand, StorageEquilibrium};
use crate::PhysicalError;

/// Unconditional standard deviations of x that the columns of an autoregression span, either side.
const SPAN: f64 = 4.0;
/// Share of the grid that the largest stock of a simulation is to take.
const FILL: (f64, f64) = (0.5, 0.9);
/// Months simulated to find the range, tolerance while it is searched, and rounds.
const RANGE_MONTHS: usize = 4_000;
const RANGE_TOLERANCE: f64 = 1e-4;
const MAX_RANGES: usize = 12;
/// Width of the cells, relative to use, of a state in which nothing is stored.
const NO_WIDTH: f64 = 1e-9;
const RANGE: Purpose = Purpose::named("physical: range of storage");

/// What depends on the specification only.
#[derive(Debug, Clone)]
pub(super) struct Outcomes<D> {
    pub(super) spec: StorageSpec<D>,
    panels: Panels,
    /// Yields in place of a density, where there are finitely many or the state's innovation is the one split.
    values: Option<Vec<(f64, f64)>>,
}

/// One way in which next month can turn out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) probability: f64,
    /// ε′ times the state's factor on supply.
    pub(super) arriving: f64,
    pub(super) availability: f64,
    pub(super) state: StorageState,
}

impl<D: InverseDemand> Outcomes<D> {
    fn new(spec: StorageSpec<D>) -> Self {
        let values = match spec.persistence {
            Persistence::Autoregressive { .. } => Some(spec.yields.discretised()),
            _ => spec.yields.values(),
        };
        Self { spec, panels: Panels::new(), values }
    }

    /// Next months after a state, given what is carried over and planned.
    pub(super) fn each(
        &self,
        surface: &Surface,
        from: &StorageState,
        (carried, planned): (f64, f64),
        mut each: impl FnMut(Outcome),
    ) {
        match &self.spec.persistence {
            Persistence::None => {
                self.each_yield(surface.state(0), 1.0, 1.0, (carried, planned), &mut each);
            }
            Persistence::Chain { states, transition } => {
                for (to, &probability) in transition[from.first].iter().enumerate() {
                    if probability > 0.0 {
                        let next = (carried, planned);
                        let supply = states[to].supply;
                        self.each_yield(surface.state(to), probability, supply, next, &mut each);
                    }
                }
            }
            Persistence::Autoregressive { persistence, sd, .. } => {
                let mean = persistence * from.scale.ln();
                for &(arriving, weight) in self.values.iter().flatten() {
                    let availability = carried + planned * arriving;
                    let kinks = crossings(surface, availability, (mean, *sd));
                    self.panels.points(kinks, |e, density| {
                        let state = surface.level(mean + sd * e);
                        let probability = weight * density;
                        each(Outcome { probability, arriving, availability, state });
                    });
                }
            }
        }
    }

    fn each_yield(
        &self,
        state: StorageState,
        likely: f64,
        supply: f64,
        (carried, planned): (f64, f64),
        each: &mut impl FnMut(Outcome),
    ) {
        let mut one = |share: f64, weight: f64| {
            let arriving = share * supply;
            let availability = carried + planned * arriving;
            each(Outcome { probability: likely * weight, arriving, availability, state });
        };
        if let Some(values) = &self.values {
            for &(share, weight) in values {
                one(share, weight);
            }
            return;
        }
        let innovation_at = |a: f64| {
            let share = (a * state.scale - carried) / (planned * supply);
            self.spec.yields.innovation(share).unwrap_or(f64::NEG_INFINITY)
        };
        let kinks = [innovation_at(state.kink), innovation_at(state.floor_begins())];
        self.panels.points(kinks, |e, weight| one(self.spec.yields.at(e), weight));
    }
}

/// Innovations at which a given availability meets the stock-out threshold and the floor of the price.
fn crossings(surface: &Surface, availability: f64, (mean, sd): (f64, f64)) -> [f64; 2] {
    let meets = |edge: fn(&StorageState) -> f64| {
        // Positive where x is so low that the availability lies beyond the edge.
        let beyond = |e: f64| {
            let state = surface.level(mean + sd * e);
            availability / state.scale - edge(&state)
        };
        let (mut low, mut high) = (-REACH, REACH);
        let (mut at_low, mut at_high) = (beyond(low), beyond(high));
        if !at_low.is_finite() || !at_high.is_finite() || at_low * at_high >= 0.0 {
            return f64::INFINITY;
        }
        // Illinois: the end that stays has its value halved.
        let mut side = 0;
        for _ in 0..60 {
            let e = (low * at_high - high * at_low) / (at_high - at_low);
            let now = beyond(e);
            if now.abs() < 1e-13 || high - low < 1e-12 {
                return e;
            }
            if now * at_high > 0.0 {
                (high, at_high) = (e, now);
                if side == 1 {
                    at_low *= 0.5;
                }
                side = 1;
            } else {
                (low, at_low) = (e, now);
                if side == 2 {
                    at_high *= 0.5;
                }
                side = 2;
            }
        }
        0.5 * (low + high)
    };
    let floors = surface.columns.iter().any(|column| column.floored);
    [
        meets(|state| state.kink),
        if floors { meets(StorageState::floor_begins) } else { f64::INFINITY },
    ]
}

/// A point of the endogenous grid, in units of the state's demand.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    stock: f64,
    price: f64,
    /// d price/d stock.
    price_slope: f64,
    supply: f64,
    supply_slope: f64,
}

/// Solves the specification, which has been checked.
pub(super) fn solve<D: InverseDemand>(
    spec: StorageSpec<D>,
    grid: StorageGrid,
) -> Result<StorageEquilibrium<D>, PhysicalError> {
    let outcomes = Outcomes::new(spec);
    let mut search = Search::new(&outcomes, grid);
    for _ in 0..MAX_RANGES {
        search.iterate(RANGE_TOLERANCE.max(grid.tolerance))?;
        if !search.fit_range() {
            break;
        }
    }
    search.iterate(grid.tolerance)?;
    let Search { mut surface, change, n_iterations, .. } = search;
    surface.tabulate_wanted();
    Ok(StorageEquilibrium { outcomes, surface, residual: change, n_iterations })
}

struct Search<'a, D> {
    outcomes: &'a Outcomes<D>,
    grid: StorageGrid,
    surface: Surface,
    points: Vec<Vec<Point>>,
    largest_stock: f64,
    n_iterations: usize,
    change: f64,
}

impl<'a, D: InverseDemand> Search<'a, D> {
    /// Nothing is stored to begin with.
    fn new(outcomes: &'a Outcomes<D>, grid: StorageGrid) -> Self {
        let spec = &outcomes.spec;
        let (scales, levels) = states(&spec.persistence);
        let reference = spec.supply.reference();
        let columns: Vec<Column> = scales
            .iter()
            .map(|&scale| Column {
                scale,
                threshold: 0.0,
                kink: f64::INFINITY,
                width: 1.0,
                floored: false,
                stores: false,
                used: Vec::new(),
                supply: Vec::new(),
                used_width: 1.0,
                wanted: Vec::new(),
            })
            .collect();
        let spread = scales.last().map_or(0.0, |last| (last / scales[0]).ln().abs());
        let guess = reference * (6.0 * spec.yields.sd() + 0.25 * spread).clamp(0.05, 5.0);
        let largest_stock = guess.max(grid.least_range);
        let start = Point {
            stock: 0.0,
            price: 0.0,
            price_slope: 0.0,
            supply: reference,
            supply_slope: 0.0,
        };
        let points = vec![vec![start; grid.n_cells + 1]; columns.len()];
        let surface = Surface { columns, n_cells: grid.n_cells, levels };
        let mut search = Self {
            outcomes,
            grid,
            surface,
            points,
            largest_stock,
            n_iterations: 0,
            change: f64::INFINITY,
        };
        search.place(largest_stock);
        search.points = search.expected();
        search
    }

    /// Spreads the stocks of the grid, denser near zero.
    fn place(&mut self, largest: f64) {
        self.largest_stock = largest;
        let n = self.grid.n_cells as f64;
        for points in &mut self.points {
            for (j, point) in points.iter_mut().enumerate() {
                point.stock = largest * spread(j as f64 / n).0;
            }
        }
    }

    /// Iterates until prices and planned supply change by less than the tolerance.
    fn iterate(&mut self, tolerance: f64) -> Result<(), PhysicalError> {
        let mut acceleration = Acceleration::default();
        loop {
            for i in 0..self.points.len() {
                self.tabulate(i);
            }
            let mapped = self.expected();
            self.n_iterations += 1;
            let residual = residual(&self.points, &mapped);
            // `max` would pass over what is not a number.
            let sound = residual.iter().all(|one| one.is_finite());
            self.change = residual.iter().fold(0.0, |most: f64, one| most.max(one.abs()));
            if self.change <= tolerance && sound {
                self.points = mapped;
                return Ok(());
            }
            if self.n_iterations >= self.grid.max_iterations || !sound {
                return Err(PhysicalError::NotConverged {
                    what: "storage equilibrium",
                    residual: self.change,
                    iterations: self.n_iterations,
                });
            }
            let next = acceleration.next(flattened(&mapped), residual);
            self.points = mapped;
            if !set_points(&mut self.points, &next) {
                acceleration.restart();
            }
        }
    }

    /// Prices and planned supply at all stocks of the grid under the present expectations.
    fn expected(&self) -> Vec<Vec<Point>> {
        let column = |i: usize| (0..self.points[i].len()).map(|j| self.point(i, j)).collect();
        if self.points.len() == 1 {
            return vec![column(0)];
        }
        // Columns do not depend on each other within a round, so threads change nothing but the time.
        (0..self.points.len()).into_par_iter().map(column).collect()
    }

    /// Price and planned supply at a stock of the grid under the present expectations.
    fn point(&self, i: usize, j: usize) -> Point {
        let (spec, surface) = (&self.outcomes.spec, &self.surface);
        let (scale, point) = (surface.columns[i].scale, self.points[i][j]);
        let kept = 1.0 - spec.deterioration;
        let carried = kept * point.stock * scale;
        // E[p′], E[p′y′], and E of the slope of p′ times 1, y′ and y′².
        let (mut price, mut revenue, mut slopes) = (0.0, 0.0, [0.0; 3]);
        self.outcomes.each(surface, &surface.state(i), (carried, point.supply), |next| {
            let (p, slope) = surface.price(&spec.demand, next.availability, &next.state);
            let (w, y) = (next.probability, next.arriving);
            price += w * p;
            revenue += w * y * p;
            slopes[0] += w * slope;
            slopes[1] += w * slope * y;
            slopes[2] += w * slope * y * y;
        });
        let (supply, supply_slope) = match spec.supply {
            PlannedSupply::Fixed(quantity)
            | PlannedSupply::Elastic { quantity, elasticity: 0.0, .. } => (quantity, 0.0),
            PlannedSupply::Elastic { quantity, price: at, elasticity } => {
                let cost = at * (point.supply / quantity).powf(1.0 / elasticity);
                let cost_slope = cost / (elasticity * point.supply);
                let newton = (revenue - cost) / (cost_slope - slopes[2]);
                // Not `clamp`, which panics where supply is not a number; that ends the search below.
                let step = newton.max(-0.5 * point.supply).min(point.supply);
                price += slopes[1] * step;
                (point.supply + step, kept * slopes[1] / (cost_slope - slopes[2]))
            }
        };
        let discount = spec.discount();
        Point {
            stock: point.stock,
            price: discount * (price - spec.premium) - spec.cost,
            // Interpolation between states that differ much can tilt it; a stock never raises next month's price.
            price_slope: (discount * (kept * slopes[0] + supply_slope * slopes[1]) * scale)
                .min(0.0),
            supply,
            supply_slope: supply_slope * scale,
        }
    }

    /// Column `i` on its cells, from its endogenous grid.
    fn tabulate(&mut self, i: usize) {
        let (demand, n) = (&self.outcomes.spec.demand, self.grid.n_cells);
        let points = &self.points[i];
        let (grid, floored) = above_floor(points, demand);
        let column = &mut self.surface.columns[i];
        column.threshold = points[0].price;
        column.stores = !grid.is_empty();
        column.used.clear();
        column.supply.clear();
        let [first, .., last] = grid.as_slice() else {
            // Nothing is stored in this state: what is not used at the lowest price, if there is such, is dumped.
            let (used, _) = demand.quantity(demand.lowest_price());
            let bounded = used.is_finite() && demand.lowest_price().is_finite();
            let width = if bounded { NO_WIDTH * used.max(f64::MIN_POSITIVE) } else { 1.0 };
            column.kink = if bounded { used } else { f64::INFINITY };
            (column.width, column.used_width, column.floored) = (width, width, bounded);
            column.used.resize(n + 1, [if bounded { used } else { 0.0 }, 0.0]);
            column.supply.resize(n + 1, [points[0].supply, 0.0]);
            return;
        };
        (column.kink, column.width, column.floored) = (first[0], last[0] - first[0], floored);
        column.used_width = last[1] - first[1];
        let mut at = 0;
        for cell in 0..=n {
            let (share, slope) = spread(cell as f64 / n as f64);
            let (a, cell_width) =
                (first[0] + column.width * share, column.width * slope / n as f64);
            while at + 2 < grid.len() && grid[at + 1][0] < a {
                at += 1;
            }
            let (left, right) = (grid[at], grid[at + 1]);
            let width = right[0] - left[0];
            let t = ((a - left[0]) / width).min(1.0);
            let table = |k: usize| {
                let ends = ([left[k], left[k + 1] * width], [right[k], right[k + 1] * width]);
                let (value, slope) = hermite(ends.0, ends.1, t);
                [value, slope / width * cell_width]
            };
            column.used.push(table(1));
            column.supply.push(table(3));
        }
    }

    /// Fits the grid to the stocks of a simulation; whether it had to change.
    fn fit_range(&mut self) -> bool {
        let largest = super::moments::largest_stock(
            self.outcomes,
            &self.surface,
            &mut Key::new(0).stream(0, RANGE),
            RANGE_MONTHS,
        );
        let filled = largest / self.largest_stock;
        if (FILL.0..FILL.1).contains(&filled) {
            return false;
        }
        let smallest = 0.01 * self.outcomes.spec.supply.reference();
        let wanted = if filled >= 1.0 { 3.0 * self.largest_stock } else { 1.4 * largest };
        let wanted = wanted.max(smallest).max(self.grid.least_range);
        if wanted == self.largest_stock {
            return false;
        }
        self.place(wanted);
        true
    }
}

/// Availability, use, its slope, planned supply and its slope at the points above the price's floor; whether the last
/// of them is where the floor begins. Empty if nothing is stored.
fn above_floor<D: InverseDemand>(points: &[Point], demand: &D) -> (Vec<[f64; 5]>, bool) {
    let lowest = demand.lowest_price();
    // Availability has to rise along the grid, also in rounds whose prices are still rough.
    let mut points = points.to_vec();
    for j in 1..points.len() {
        points[j].price = points[j].price.min(points[j - 1].price);
    }
    let on_curve = |point: &Point| {
        let (used, slope) = demand.quantity(point.price);
        let used_slope = slope * point.price_slope;
        let per_stock = 1.0 + used_slope;
        [
            point.stock + used,
            used,
            used_slope / per_stock,
            point.supply,
            point.supply_slope / per_stock,
        ]
    };
    // Where demand has no bound at its lowest price, the last per cent before it is left to extrapolation.
    let bounded = lowest.is_finite() && demand.quantity(lowest).0.is_finite();
    let least = if bounded || lowest == f64::NEG_INFINITY {
        lowest
    } else {
        lowest + 0.01 * (points[0].price - lowest)
    };
    let n_above = points.iter().take_while(|point| point.price > least).count();
    let mut grid: Vec<[f64; 5]> = points[..n_above].iter().map(on_curve).collect();
    let floored = bounded && n_above > 0 && n_above < points.len();
    if floored {
        let (left, right) = (&points[n_above - 1], &points[n_above]);
        let width = right.stock - left.stock;
        let (t, slope) = hermite_inverse(
            [left.price, width * left.price_slope],
            [right.price, width * right.price_slope],
            lowest,
        );
        let floor = on_curve(&Point {
            stock: left.stock + t * width,
            price: lowest,
            price_slope: slope / width,
            supply: left.supply + t * (right.supply - left.supply),
            supply_slope: left.supply_slope + t * (right.supply_slope - left.supply_slope),
        });
        // A point that is all but at the floor would leave a cell without width.
        if grid.last().is_some_and(|last| floor[0] - last[0] <= NO_WIDTH * floor[0].abs()) {
            grid.pop();
        }
        grid.push(floor);
    }
    if grid.len() < 2 { (Vec::new(), false) } else { (grid, floored) }
}

/// Changes of prices, relative to that of an empty store, and of planned supply, relative to what it was.
fn residual(before: &[Vec<Point>], after: &[Vec<Point>]) -> Vec<f64> {
    let mut residual = Vec::with_capacity(2 * after.iter().map(Vec::len).sum::<usize>());
    for (old_column, new_column) in before.iter().zip(after) {
        let empty = new_column.first().map_or(0.0, |point| point.price.abs());
        for (old, new) in old_column.iter().zip(new_column) {
            let size = new.price.abs().max(empty).max(f64::MIN_POSITIVE);
            residual.push((new.price - old.price) / size);
            residual.push(new.supply / old.supply - 1.0);
        }
    }
    residual
}

fn flattened(points: &[Vec<Point>]) -> Vec<f64> {
    let all = points.iter().flatten();
    all.flat_map(|p| [p.price, p.price_slope, p.supply, p.supply_slope]).collect()
}

/// Takes over combined points, unless a price does not fall in the stock or supply is not positive; whether it did.
fn set_points(points: &mut [Vec<Point>], values: &[f64]) -> bool {
    let sound = values.chunks_exact(4).all(|one| one[1] <= 0.0 && one[2] > 0.0);
    let n = points.first().map_or(0, Vec::len);
    let falls = values
        .chunks_exact(4 * n)
        .all(|column| column.windows(5).step_by(4).all(|pair| pair[4] <= pair[0]));
    if !sound || !falls {
        return false;
    }
    for (point, one) in points.iter_mut().flatten().zip(values.chunks_exact(4)) {
        (point.price, point.price_slope) = (one[0], one[1]);
        (point.supply, point.supply_slope) = (one[2], one[3]);
    }
    true
}

/// Demand factors of the columns, and the levels of x that they are.
fn states(persistence: &Persistence) -> (Vec<f64>, Option<(f64, f64)>) {
    match persistence {
        Persistence::None => (vec![1.0], None),
        Persistence::Chain { states, .. } => {
            (states.iter().map(|state| state.demand).collect(), None)
        }
        Persistence::Autoregressive { persistence, sd, n_points } => {
            let end = SPAN * sd / (1.0 - persistence * persistence).sqrt();
            let spacing = 2.0 * end / (n_points - 1) as f64;
            let scales = (0..*n_points).map(|i| (i as f64 * spacing - end).exp()).collect();
            (scales, Some((-end, spacing)))
        }
    }
}
