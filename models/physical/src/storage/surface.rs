//! The use of a month, Q(availability, state), as a table, and its lookup: price and stock follow from it.
//!
//! A column holds one state of demand z. Availability and use are counted in units of demand, a = A/z and q = Q/z, from
//! the stock-out threshold a* on: cells divide `[a*, a* + w]`, narrower near a*, with values and slopes at their ends
//! (cubic Hermite). At and below a* everything is used, so the kink is exact and no cell holds it. The price is inverse
//! demand at q, and the stock a − q: tabulating the use instead of the price keeps both consistent and makes the table
//! smooth however steep demand is. Between states of an autoregression a*, w and the cells are interpolated by
//! four-point Lagrange polynomials: distance from the kink, not availability, is what columns share.

use super::InverseDemand;

/// Width of the first cells relative to the mean; the last are 2 − that.
const FIRST_WIDTH: f64 = 0.1;

/// Share of the range up to a share `v` of the cells, and its derivative.
#[inline]
pub(super) fn spread(v: f64) -> (f64, f64) {
    let rest = 1.0 - FIRST_WIDTH;
    (v * (FIRST_WIDTH + rest * v), FIRST_WIDTH + 2.0 * rest * v)
}

/// Inverse of [`spread`].
#[inline]
fn gather(share: f64) -> f64 {
    let rest = 1.0 - FIRST_WIDTH;
    ((FIRST_WIDTH * FIRST_WIDTH + 4.0 * rest * share).sqrt() - FIRST_WIDTH) / (2.0 * rest)
}

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

/// Where a monotone cubic of a unit cell takes `value`, and its slope there: Newton kept inside a bracket.
pub(super) fn hermite_inverse(left: [f64; 2], right: [f64; 2], value: f64) -> (f64, f64) {
    let (mut low, mut high) = (0.0, 1.0);
    let rise = right[0] - left[0];
    let mut t = if rise == 0.0 { 0.5 } else { ((value - left[0]) / rise).clamp(0.0, 1.0) };
    let mut slope = rise;
    for _ in 0..60 {
        let (now, now_slope) = hermite(left, right, t);
        slope = now_slope;
        if (now < value) == (rise > 0.0) {
            low = t;
        } else {
            high = t;
        }
        let newton = t - (now - value) / now_slope;
        let next = if newton >= low && newton <= high { newton } else { 0.5 * (low + high) };
        if (next - t).abs() < 1e-14 {
            break;
        }
        t = next;
    }
    (t, slope)
}

/// One state's part of the table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// z, the factor on demand.
    pub(super) scale: f64,
    /// Discounted expected price less cost at a stock of zero: at this price and above nothing is stored.
    pub(super) threshold: f64,
    /// a*, infinite if nothing is stored at any price.
    pub(super) kink: f64,
    /// w.
    pub(super) width: f64,
    /// Whether the price is at its floor from a* + w on.
    pub(super) floored: bool,
    /// Whether anything is stored at any availability.
    pub(super) stores: bool,
    /// q and its slope per cell at the ends of cells.
    pub(super) used: Vec<[f64; 2]>,
    /// Planned supply and its slope per cell.
    pub(super) supply: Vec<[f64; 2]>,
    /// Use at the end of the cells less that at a*.
    pub(super) used_width: f64,
    /// Stock and its slope per cell, on cells of the use; made when the solution is.
    pub(super) wanted: Vec<[f64; 2]>,
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
    pub(super) used_width: f64,
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

/// Weights of four neighbours at a distance of `u` spacings from the first: Lagrange's polynomial.
#[inline]
fn cubic_weights(u: f64) -> [f64; 4] {
    let (u1, u2, u3) = (u - 1.0, u - 2.0, u - 3.0);
    [-u1 * u2 * u3 / 6.0, 0.5 * u * u2 * u3, -0.5 * u * u1 * u3, u * u1 * u2 / 6.0]
}

/// The same with the two nearest neighbours only.
#[inline]
fn linear_weights(u: f64) -> [f64; 4] {
    let cell = (u as usize).min(2);
    let mut weights = [0.0; 4];
    weights[cell + 1] = u - cell as f64;
    weights[cell] = 1.0 - weights[cell + 1];
    weights
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
            used_width: column.used_width,
            threshold: column.threshold,
            floored: column.floored,
        }
    }

    /// Demand scaled by e^x; expectations are those of the nearest x where it lies beyond the table.
    pub(super) fn level(&self, x: f64) -> StorageState {
        let Some((start, spacing)) = self.levels else { return self.state(0) };
        let last = self.columns.len() - 1;
        let position = ((x - start) / spacing).clamp(0.0, last as f64);
        let first = (position as usize).saturating_sub(1).min(last - 3);
        let used = &self.columns[first..first + 4];
        // A polynomial is for columns of one kind: near states in which nothing is stored, or whose floor is out of
        // reach, it would overshoot, and expectations would not settle.
        let smooth = used.iter().all(|column| column.stores && column.floored == used[0].floored);
        let u = position - first as f64;
        let weights = if smooth { cubic_weights(u) } else { linear_weights(u) };
        let sum = |of: fn(&Column) -> f64| {
            let terms = used.iter().zip(weights).filter(|&(_, weight)| weight != 0.0);
            terms.map(|(column, weight)| weight * of(column)).sum::<f64>()
        };
        StorageState {
            first,
            n_columns: 4,
            weights,
            scale: x.exp(),
            kink: sum(|column| column.kink),
            width: sum(|column| column.width),
            used_width: sum(|column| column.used_width),
            threshold: sum(|column| column.threshold),
            floored: used
                .iter()
                .zip(weights)
                .all(|(column, weight)| weight == 0.0 || column.floored),
        }
    }

    /// An end of cells, interpolated between states.
    #[inline]
    fn end<'t>(
        at: &StorageState,
        end_idx: usize,
        table: impl Fn(usize) -> &'t [[f64; 2]],
    ) -> [f64; 2] {
        if at.n_columns == 1 {
            return table(at.first)[end_idx];
        }
        let mut end = [0.0; 2];
        for (column_idx, weight) in (at.first..at.first + 4).zip(at.weights) {
            let [value, slope] = table(column_idx)[end_idx];
            end[0] += weight * value;
            end[1] += weight * slope;
        }
        end
    }

    #[inline]
    fn used_end(&self, at: &StorageState, end_idx: usize) -> [f64; 2] {
        Self::end(at, end_idx, |column_idx| self.columns[column_idx].used.as_slice())
    }

    /// Position on the cells of an availability in units of demand, from 0 at the kink; beyond the cells their number.
    #[inline]
    pub(super) fn position(&self, at: &StorageState, a: f64) -> f64 {
        if a <= at.kink {
            return 0.0;
        }
        gather(((a - at.kink) / at.width).min(1.0)) * self.n_cells as f64
    }

    /// Availability in units of demand at a position on the cells, and its derivative.
    pub(super) fn availability_at(&self, at: &StorageState, position: f64) -> (f64, f64) {
        let n = self.n_cells as f64;
        let (share, slope) = spread(position / n);
        (at.kink + at.width * share, at.width * slope / n)
    }

    /// q and its slope at an availability in units of demand.
    #[inline]
    pub(super) fn used(&self, a: f64, at: &StorageState) -> (f64, f64) {
        if a <= at.kink {
            return (a, 1.0);
        }
        let position = self.position(at, a);
        let cell = (position as usize).min(self.n_cells - 1);
        let (left, right) = (self.used_end(at, cell), self.used_end(at, cell + 1));
        let (used, slope) = hermite(left, right, position - cell as f64);
        let used = used.min(a);
        let (_, width) = self.availability_at(at, position);
        let end = at.kink + at.width;
        if a < end {
            (used, slope / width)
        } else if at.floored {
            (used, 0.0)
        } else {
            (used + slope / width * (a - end), slope / width)
        }
    }

    /// Price and its slope in availability.
    #[inline]
    pub(super) fn price<D: InverseDemand>(
        &self,
        demand: &D,
        availability: f64,
        at: &StorageState,
    ) -> (f64, f64) {
        let (used, used_slope) = self.used(availability / at.scale, at);
        let (price, slope) = demand.price(used);
        (price, slope * used_slope / at.scale)
    }

    /// Stock in units of demand.
    pub(super) fn stock(&self, a: f64, at: &StorageState) -> f64 {
        if a <= at.kink {
            return 0.0;
        }
        (a.min(at.floor_begins()) - self.used(a, at).0).max(0.0)
    }

    /// Stock and its slope at a use above that of the threshold, all in units of demand.
    pub(super) fn wanted(&self, used: f64, at: &StorageState) -> (f64, f64) {
        let n = self.n_cells as f64;
        let share = (used - at.kink) / at.used_width;
        let position = gather(share.clamp(0.0, 1.0)) * n;
        let cell = (position as usize).min(self.n_cells - 1);
        let end = |end_idx| {
            Self::end(at, end_idx, |column_idx| self.columns[column_idx].wanted.as_slice())
        };
        let (stock, slope) = hermite(end(cell), end(cell + 1), position - cell as f64);
        let slope = slope * n / (at.used_width * spread(position / n).1);
        if share <= 1.0 || at.floored {
            return (stock, slope);
        }
        (stock + slope * (used - at.kink - at.used_width), slope)
    }

    /// Tabulates the stocks of [`Surface::wanted`] from the uses of all columns.
    pub(super) fn tabulate_wanted(&mut self) {
        for i in 0..self.columns.len() {
            let state = self.state(i);
            let n = self.n_cells;
            let at_end = |cell: usize| {
                let (share, slope) = spread(cell as f64 / n as f64);
                let used = state.kink + state.used_width * share;
                let (a, used_slope) = self.availability(used, &state);
                [a - used, (1.0 / used_slope - 1.0) * state.used_width * slope / n as f64]
            };
            let stores = self.columns[i].stores;
            let wanted = if stores { (0..=n).map(at_end).collect() } else { vec![[0.0; 2]; n + 1] };
            self.columns[i].wanted = wanted;
        }
    }

    /// Availability of a column at which `used` is used, within its cells, and the slope of use there.
    fn availability(&self, used: f64, at: &StorageState) -> (f64, f64) {
        let ends = &self.columns[at.first].used;
        let cell = ends.partition_point(|end| end[0] < used).clamp(1, self.n_cells) - 1;
        let (t, slope) = hermite_inverse(ends[cell], ends[cell + 1], used);
        let (a, width) = self.availability_at(at, cell as f64 + t);
        (a, slope / width)
    }

    /// Planned supply at an availability in units of demand.
    pub(super) fn supply(&self, a: f64, at: &StorageState) -> f64 {
        self.read(a, at, |column_idx| self.columns[column_idx].supply.as_slice())
    }

    /// A quantity tabulated by column on the same cells, at an availability in units of demand; beyond the cells it
    /// goes on in a line, unless they end where the floor begins.
    pub(super) fn read<'t>(
        &self,
        a: f64,
        at: &StorageState,
        table: impl Fn(usize) -> &'t [[f64; 2]],
    ) -> f64 {
        let position = self.position(at, a);
        let cell = (position as usize).min(self.n_cells - 1);
        let (left, right) = (Self::end(at, cell, &table), Self::end(at, cell + 1, &table));
        let (value, slope) = hermite(left, right, position - cell as f64);
        let beyond = a - (at.kink + at.width);
        if beyond > 0.0 && !at.floored {
            return value + slope / self.availability_at(at, position).1 * beyond;
        }
        value
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
            let (up, down) = ([-left[0], -left[1]], [-right[0], -right[1]]);
            assert!((hermite_inverse(up, down, -value).0 - t).abs() < 1e-13);
        }
    }

    #[test]
    fn cells_are_narrow_near_the_kink_and_their_ends_are_found_again() {
        for v in [0.0, 1e-9, 0.01, 0.5, 1.0] {
            assert!((gather(spread(v).0) - v).abs() < 1e-14, "{v}");
        }
        assert!(spread(0.01).0 < 0.12 * 0.01 && (spread(1.0).0 - 1.0).abs() < 1e-15);
    }
}
