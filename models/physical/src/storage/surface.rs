//! The price function P(availability, state) as a table, and its lookup.
//!
//! A column holds one state of demand z. Availability is counted in units of demand, a = A/z, and from the stock-out
//! threshold a* on: the cells of a column divide `[a*, a* + w]` evenly, with values and slopes at their ends (cubic
//! Hermite). At and below a* the price is inverse demand itself, so the kink is exact and no cell holds it. Between
//! states of an autoregression a*, w and the cells are interpolated by four-point Lagrange polynomials: distance from
//! the kink, not availability, is what columns share.

use super::InverseDemand;

/// Value and slope of the cubic through two ends of a unit cell, each with its value and slope.
#[inline]
pub(super) fn hermite(left: [f64; 2], right: [f64; 2], t: f64) -> (f64, f64) {
    let rise = right[0] - left[0];
    let square = 3.0 * rise - 2.0 * left[1] - right[1];
    let cube = left[1] + right[1] - 2.0 * rise;
    (
        left[0] + t * (left[1] + t * (square + t * cube)),
        left[1] + t * (2.0 * square + 3.0 * t * cube),
    )
}

/// Where a falling cubic of a unit cell takes `value`, and its slope there: Newton kept inside a bracket.
pub(super) fn hermite_inverse(left: [f64; 2], right: [f64; 2], value: f64) -> (f64, f64) {
    let (mut low, mut high) = (0.0, 1.0);
    let rise = right[0] - left[0];
    let mut t = if rise < 0.0 { ((value - left[0]) / rise).clamp(0.0, 1.0) } else { 0.5 };
    let mut slope = rise;
    for _ in 0..60 {
        let (now, now_slope) = hermite(left, right, t);
        slope = now_slope;
        if now > value {
            low = t;
        } else {
            high = t;
        }
        let newton = t - (now - value) / now_slope;
        let next = if newton >= low && newton <= high { newton } else { 0.5 * (low + high) };
        if (next - t).abs() < 1e-15 {
            break;
        }
        t = next;
    }
    (t, slope)
}

/// One state's part of the price function.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// z, the factor on demand.
    pub(super) scale: f64,
    /// Discounted expected price less cost at a stock of zero: the price at or above which nothing is stored.
    pub(super) threshold: f64,
    /// a*, infinite if nothing is stored at any price.
    pub(super) kink: f64,
    /// w.
    pub(super) width: f64,
    /// Whether the price is at its floor from a* + w on.
    pub(super) floored: bool,
    /// Price and its slope per cell at the ends of cells.
    pub(super) price: Vec<[f64; 2]>,
    /// Planned supply and its slope per cell.
    pub(super) supply: Vec<[f64; 2]>,
}

/// A state of the market made ready for lookups: cheap to copy, good for any number of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageState {
    pub(super) first: usize,
    pub(super) n_columns: usize,
    pub(super) weights: [f64; 4],
    pub(super) scale: f64,
    pub(super) kink: f64,
    pub(super) width: f64,
    pub(super) threshold: f64,
    pub(super) floored: bool,
}

impl StorageState {
    /// Factor on the quantity demanded at every price.
    pub fn demand_factor(&self) -> f64 {
        self.scale
    }

    /// Where the floor of the price begins, in units of demand.
    pub(super) fn floor_begins(&self) -> f64 {
        if self.floored { self.kink + self.width } else { f64::INFINITY }
    }
}

/// Columns of all states.
#[derive(Debug, Clone)]
pub(super) struct Surface {
    pub(super) columns: Vec<Column>,
    pub(super) n_cells: usize,
    /// First value and spacing of x, for an autoregression.
    pub(super) levels: Option<(f64, f64)>,
}

impl Surface {
    /// One of the columns.
    pub(super) fn state(&self, column_idx: usize) -> StorageState {
        let column = &self.columns[column_idx];
        StorageState {
            first: column_idx,
            n_columns: 1,
            weights: [1.0, 0.0, 0.0, 0.0],
            scale: column.scale,
            kink: column.kink,
            width: column.width,
            threshold: column.threshold,
            floored: column.floored,
        }
    }

    /// Demand scaled by e^x; the columns are those of the nearest x in the table.
    pub(super) fn level(&self, x: f64) -> StorageState {
        let Some((start, spacing)) = self.levels else { return self.state(0) };
        let last = self.columns.len() - 1;
        let position = ((x - start) / spacing).clamp(0.0, last as f64);
        let first = (position as usize).saturating_sub(1).min(last - 3);
        let u = position - first as f64;
        let (u1, u2, u3) = (u - 1.0, u - 2.0, u - 3.0);
        let weights =
            [-u1 * u2 * u3 / 6.0, 0.5 * u * u2 * u3, -0.5 * u * u1 * u3, u * u1 * u2 / 6.0];
        let used = &self.columns[first..first + 4];
        let sum = |of: fn(&Column) -> f64| {
            used.iter().zip(weights).map(|(column, weight)| weight * of(column)).sum::<f64>()
        };
        let stores = used.iter().all(|column| column.kink.is_finite());
        StorageState {
            first,
            n_columns: 4,
            weights,
            scale: x.exp(),
            kink: if stores { sum(|column| column.kink) } else { f64::INFINITY },
            width: sum(|column| column.width),
            threshold: sum(|column| column.threshold),
            floored: used.iter().all(|column| column.floored),
        }
    }

    /// Ends of a cell, interpolated between states.
    #[inline]
    fn ends<'t>(
        at: &StorageState,
        cell: usize,
        table: impl Fn(usize) -> &'t [[f64; 2]],
    ) -> ([f64; 2], [f64; 2]) {
        let (mut left, mut right) = ([0.0; 2], [0.0; 2]);
        for (column_idx, weight) in (at.first..at.first + at.n_columns).zip(at.weights) {
            let ends = &table(column_idx)[cell..cell + 2];
            for k in 0..2 {
                left[k] += weight * ends[0][k];
                right[k] += weight * ends[1][k];
            }
        }
        (left, right)
    }

    /// Position on the cells of an availability in units of demand, from 0 at the kink.
    #[inline]
    pub(super) fn position(&self, at: &StorageState, a: f64) -> f64 {
        if a <= at.kink { 0.0 } else { (a - at.kink) / at.width * self.n_cells as f64 }
    }

    /// Price and its slope in availability.
    #[inline]
    pub(super) fn price<D: InverseDemand>(
        &self,
        demand: &D,
        availability: f64,
        at: &StorageState,
    ) -> (f64, f64) {
        let a = availability / at.scale;
        if a <= at.kink {
            let (price, slope) = demand.price(a);
            return (price, slope / at.scale);
        }
        let position = self.position(at, a);
        let per_unit = self.n_cells as f64 / (at.width * at.scale);
        let cell = position as usize;
        if cell < self.n_cells {
            let (left, right) = self.price_ends(at, cell);
            let (price, slope) = hermite(left, right, position - cell as f64);
            return (price, slope * per_unit);
        }
        let (_, [price, slope]) = self.price_ends(at, self.n_cells - 1);
        let beyond = position - self.n_cells as f64;
        let (price, slope) = extrapolate(price, slope, beyond, demand.lowest_price());
        (price, slope * per_unit)
    }

    #[inline]
    fn price_ends(&self, at: &StorageState, cell: usize) -> ([f64; 2], [f64; 2]) {
        Self::ends(at, cell, |column_idx| self.columns[column_idx].price.as_slice())
    }

    /// Planned supply at a position on the cells.
    pub(super) fn supply(&self, at: &StorageState, position: f64) -> f64 {
        self.read(at, position, |column_idx| self.columns[column_idx].supply.as_slice())
    }

    /// A quantity tabulated by column on the same cells, at a position on them; its last value beyond them.
    pub(super) fn read<'t>(
        &self,
        at: &StorageState,
        position: f64,
        table: impl Fn(usize) -> &'t [[f64; 2]],
    ) -> f64 {
        let cell = (position as usize).min(self.n_cells - 1);
        let (left, right) = Self::ends(at, cell, table);
        hermite(left, right, (position - cell as f64).min(1.0)).0
    }

    /// Availability in units of demand at which the price is `price`, below the threshold, and the slope of the price.
    pub(super) fn availability<D: InverseDemand>(
        &self,
        demand: &D,
        price: f64,
        at: &StorageState,
    ) -> (f64, f64) {
        let end = |cell: usize| self.price_ends(at, cell).1;
        let [last, slope] = end(self.n_cells - 1);
        let per_unit = self.n_cells as f64 / at.width;
        if price < last {
            let lowest = demand.lowest_price();
            let beyond = extrapolate_inverse(last, slope, price, lowest);
            let slope = extrapolate(last, slope, beyond, lowest).1;
            return (at.kink + at.width + beyond / per_unit, slope * per_unit);
        }
        let (mut low, mut high) = (0, self.n_cells - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if end(middle)[0] > price { low = middle + 1 } else { high = middle }
        }
        let (left, right) = self.price_ends(at, low);
        let (t, slope) = hermite_inverse(left, right, price);
        (at.kink + (low as f64 + t) / per_unit, slope * per_unit)
    }
}

/// Beyond the cells the price falls towards its floor exponentially, or in a line if it has none.
fn extrapolate(price: f64, slope: f64, beyond: f64, lowest: f64) -> (f64, f64) {
    if lowest == f64::NEG_INFINITY {
        return (price + slope * beyond, slope);
    }
    let above = price - lowest;
    if above <= 0.0 || slope >= 0.0 {
        return (price.max(lowest), 0.0);
    }
    let decay = (slope / above * beyond).exp();
    (lowest + above * decay, slope * decay)
}

/// How far beyond the cells the price has fallen to `target`; 0 where it does not fall.
fn extrapolate_inverse(price: f64, slope: f64, target: f64, lowest: f64) -> f64 {
    if slope >= 0.0 {
        return 0.0;
    }
    if lowest == f64::NEG_INFINITY {
        return (target - price) / slope;
    }
    let above = price - lowest;
    if above <= 0.0 {
        0.0
    } else {
        ((target - lowest).max(1e-12 * above) / above).ln() * above / slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_cell_is_reproduced_and_inverted() {
        let cubic = |t: f64| 2.0 - t - 0.5 * t * t - 0.25 * t * t * t;
        let slope = |t: f64| -1.0 - t - 0.75 * t * t;
        let (left, right) = ([cubic(0.0), slope(0.0)], [cubic(1.0), slope(1.0)]);
        for t in [0.0, 0.1, 0.77, 1.0] {
            let (value, derivative) = hermite(left, right, t);
            assert!((value - cubic(t)).abs() < 1e-14 && (derivative - slope(t)).abs() < 1e-14);
            assert!((hermite_inverse(left, right, value).0 - t).abs() < 1e-13);
        }
    }

    #[test]
    fn extrapolation_is_inverted_too() {
        for lowest in [f64::NEG_INFINITY, 0.0, -3.0] {
            let (price, _) = extrapolate(0.5, -0.1, 2.5, lowest);
            assert!((extrapolate_inverse(0.5, -0.1, price, lowest) - 2.5).abs() < 1e-12);
        }
        assert_eq!(extrapolate(1.0, -0.1, 5.0, 1.0), (1.0, 0.0));
    }
}
