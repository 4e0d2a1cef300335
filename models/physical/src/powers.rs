//! Powers of price ratios with elasticities that do not change, by table.
//!
//! Clearing a month raises the same few ratios to the same few elasticities again and again. A table holds, for cells of
//! x whose ends are numbers with five bits after the leading one, the series round the middle x̄ of a cell:
//!
//! ```text
//! x^a = x̄^a Σ_k C(a, k) z^k        ln x = ln x̄ + Σ_{k>0} (−1)^{k+1} z^k/k        z = x/x̄ − 1,  |z| ≤ 1/65
//! ```
//!
//! Eight terms leave 65⁻⁸ C(a, 8): at most 3e-15 for a between −1 and 1, and 1e-16 within a month, where exponents are
//! below .1. The cell of x is read off its bits, so that no logarithm is taken. Outside the table, from ⅛ to
//! 64, the functions themselves answer.

use crate::elementary::{exp, ln};

/// Terms of a series.
const TERMS: usize = 8;
/// Cells between a power of two and the next: 2⁵.
const CELL_BITS: u32 = 5;
const CELLS: u64 = 1 << CELL_BITS;
const SHIFT: u32 = 52 - CELL_BITS;
/// Powers of two between which the table lies.
const ENDS: (f64, f64) = (0.125, 64.0);

/// L powers of a number and, where asked for, its logarithm.
#[derive(Debug, Clone)]
pub(crate) struct Powers<const L: usize> {
    lanes: [Lane; L],
    cells: Vec<Cell<L>>,
}

/// What a lane of the table holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lane {
    /// x to an exponent.
    Power(f64),
    /// ln x.
    Ln,
}

/// The series of a cell, by term, then by lane.
#[derive(Debug, Clone, Copy)]
struct Cell<const L: usize> {
    middle: f64,
    inverse: f64,
    terms: [[f64; L]; TERMS],
}

impl Lane {
    fn at(self, ln_x: f64) -> f64 {
        match self {
            Self::Power(exponent) => exp(exponent * ln_x),
            Self::Ln => ln_x,
        }
    }

    fn terms(self, middle: f64) -> [f64; TERMS] {
        let mut terms = [0.0; TERMS];
        match self {
            Self::Power(exponent) => {
                terms[0] = middle.powf(exponent);
                for k in 1..TERMS {
                    let before = (k - 1) as f64;
                    terms[k] = terms[k - 1] * (exponent - before) / (before + 1.0);
                }
            }
            Self::Ln => {
                terms[0] = middle.ln();
                for (k, term) in terms.iter_mut().enumerate().skip(1) {
                    *term = if k % 2 == 1 { 1.0 } else { -1.0 } / k as f64;
                }
            }
        }
        terms
    }
}

/// Middle of the cell whose numbers begin with these bits.
const fn middle_of(index: u64) -> f64 {
    f64::from_bits((index << SHIFT) | (1 << (SHIFT - 1)))
}

impl<const L: usize> Powers<L> {
    pub(crate) fn new(lanes: [Lane; L]) -> Self {
        // The series of the cells between 1 and 2; those of other octaves are theirs at another scale.
        let unit = 1.0_f64.to_bits() >> SHIFT;
        let octave: Vec<[[f64; TERMS]; L]> = (unit..unit + CELLS)
            .map(|index| lanes.map(|lane| lane.terms(middle_of(index))))
            .collect();
        let mut cells = Vec::new();
        let mut bottom = ENDS.0;
        while bottom < ENDS.1 {
            let first = bottom.to_bits() >> SHIFT;
            let scales = lanes.map(|lane| lane.at(bottom.ln()));
            for (index, series) in (first..).zip(&octave) {
                let middle = middle_of(index);
                let mut terms = [[0.0; L]; TERMS];
                for (l, lane) in lanes.iter().enumerate() {
                    for (k, row) in terms.iter_mut().enumerate() {
                        row[l] = match lane {
                            Lane::Power(_) => series[l][k] * scales[l],
                            Lane::Ln if k == 0 => series[l][k] + scales[l],
                            Lane::Ln => series[l][k],
                        };
                    }
                }
                cells.push(Cell { middle, inverse: 1.0 / middle, terms });
            }
            bottom *= 2.0;
        }
        Self { lanes, cells }
    }

    /// The lanes at a positive normal number.
    #[inline]
    pub(crate) fn at(&self, x: f64) -> [f64; L] {
        let index = (x.to_bits() >> SHIFT).wrapping_sub(ENDS.0.to_bits() >> SHIFT);
        let Some(cell) = usize::try_from(index).ok().and_then(|at| self.cells.get(at)) else {
            return self.beyond(x);
        };
        let z = (x - cell.middle) * cell.inverse;
        let (square, t) = (z * z, &cell.terms);
        let fourth = square * square;
        let mut sum = [0.0; L];
        // In pairs, so that few operations wait for one another (Estrin 1960).
        for l in 0..L {
            let low = (t[0][l] + t[1][l] * z) + (t[2][l] + t[3][l] * z) * square;
            let high = (t[4][l] + t[5][l] * z) + (t[6][l] + t[7][l] * z) * square;
            sum[l] = low + high * fourth;
        }
        sum
    }

    #[cold]
    fn beyond(&self, x: f64) -> [f64; L] {
        let ln_x = ln(x);
        self.lanes.map(|lane| lane.at(ln_x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn powers_are_powers(ln_x in -6.0..6.0_f64) {
            let x = ln_x.exp();
            let exponents = [-0.004, -0.72, 0.15, 1.0, -1.0];
            let power = |at: usize| exponents.get(at).map_or(Lane::Ln, |a| Lane::Power(*a));
            let all = Powers::<6>::new(std::array::from_fn(power)).at(x);
            for (found, a) in all.iter().zip(exponents) {
                prop_assert!((found / x.powf(a) - 1.0).abs() < 4e-15, "{x}^{a}");
            }
            prop_assert!((all[5] - x.ln()).abs() < 1e-15);
        }
    }
}
