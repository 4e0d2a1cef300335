//! Inverse demand of the market that storers trade in: the price at which a quantity is used, and back.
//!
//! A demand state z scales quantities, D(p; z) = z·D(p), so that one curve serves every state. Where more is on the
//! market than is used at the lowest price, the rest is dumped and the price stays there.

use crate::PhysicalError;
use crate::error::{finite, out_of_range, positive};

/// Demand for what is not stored, in both directions, with slopes.
pub trait InverseDemand: Sync {
    /// Price at which `quantity` is used and its slope; the lowest price, with slope 0, beyond what is used there.
    fn price(&self, quantity: f64) -> (f64, f64);
    /// Quantity used at `price` and its slope.
    fn quantity(&self, price: f64) -> (f64, f64);
    /// Price at which excess is dumped: a price that is never undercut.
    fn lowest_price(&self) -> f64;
}

impl<D: InverseDemand + ?Sized> InverseDemand for &D {
    fn price(&self, quantity: f64) -> (f64, f64) {
        (**self).price(quantity)
    }
    fn quantity(&self, price: f64) -> (f64, f64) {
        (**self).quantity(price)
    }
    fn lowest_price(&self) -> f64 {
        (**self).lowest_price()
    }
}

/// D(p) = q̄ (p/p̄)^(−ε): everything is used at some positive price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IsoelasticDemand {
    price: f64,
    quantity: f64,
    elasticity: f64,
}

impl IsoelasticDemand {
    /// A curve through (`price`, `quantity`) with elasticity −`elasticity`.
    ///
    /// # Errors
    /// A number that is not positive and finite.
    pub fn new(price: f64, quantity: f64, elasticity: f64) -> Result<Self, PhysicalError> {
        positive("reference price of demand", price)?;
        positive("reference quantity of demand", quantity)?;
        positive("elasticity of demand", elasticity)?;
        Ok(Self { price, quantity, elasticity })
    }
}

impl InverseDemand for IsoelasticDemand {
    fn price(&self, quantity: f64) -> (f64, f64) {
        let price = self.price * (-(quantity / self.quantity).ln() / self.elasticity).exp();
        (price, -price / (self.elasticity * quantity))
    }

    fn quantity(&self, price: f64) -> (f64, f64) {
        let quantity = self.quantity * (-self.elasticity * (price / self.price).ln()).exp();
        (quantity, -self.elasticity * quantity / price)
    }

    fn lowest_price(&self) -> f64 {
        0.0
    }
}

/// p(q) = max(a − b·q, lowest).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearDemand {
    choke: f64,
    slope: f64,
    lowest: f64,
}

impl LinearDemand {
    /// A line from the price `choke` at which nothing is used, falling by `slope` a unit down to the price `lowest`,
    /// which is −∞ if nothing is ever dumped.
    ///
    /// # Errors
    /// A slope that is not positive, or a lowest price at or above the choke price.
    pub fn new(choke: f64, slope: f64, lowest: f64) -> Result<Self, PhysicalError> {
        finite("choke price", choke)?;
        positive("slope of inverse demand", slope)?;
        if lowest.is_nan() || lowest >= choke {
            return Err(out_of_range("lowest price", lowest, "below the choke price"));
        }
        Ok(Self { choke, slope, lowest })
    }
}

impl InverseDemand for LinearDemand {
    fn price(&self, quantity: f64) -> (f64, f64) {
        let price = self.choke - self.slope * quantity;
        if price <= self.lowest { (self.lowest, 0.0) } else { (price, -self.slope) }
    }

    fn quantity(&self, price: f64) -> (f64, f64) {
        ((self.choke - price) / self.slope, -1.0 / self.slope)
    }

    fn lowest_price(&self) -> f64 {
        self.lowest
    }
}

/// Any falling demand, from its values at a list of prices.
///
/// Between knots inverse demand is the monotone cubic of Fritsch and Carlson (1980), SIAM Journal on Numerical
/// Analysis 17(2); [`InverseDemand::quantity`] inverts that cubic, so that the two directions agree to rounding. Below
/// the first price excess is dumped; at the last price the quantity may be zero (a backstop).
#[derive(Debug, Clone, PartialEq)]
pub struct TabulatedDemand {
    /// Quantity, price and slope of the price, quantities rising.
    knots: Vec<[f64; 3]>,
}

impl TabulatedDemand {
    /// Quantities used at rising prices.
    ///
    /// # Errors
    /// Fewer than two prices, prices that do not rise, quantities that do not fall or are negative.
    pub fn of(prices: &[f64], mut quantity: impl FnMut(f64) -> f64) -> Result<Self, PhysicalError> {
        if prices.len() < 2 {
            return Err(PhysicalError::Length {
                name: "prices of tabulated demand",
                expected: 2,
                found: prices.len(),
            });
        }
        let mut points: Vec<[f64; 2]> = Vec::with_capacity(prices.len());
        for &price in prices.iter().rev() {
            let used = quantity(price);
            finite("a price of tabulated demand", price)?;
            if !used.is_finite() || used < 0.0 {
                return Err(out_of_range("quantity demanded", used, "zero or more and finite"));
            }
            if let Some(&[less, above]) = points.last() {
                if price >= above {
                    return Err(out_of_range("a price of tabulated demand", above, "rising"));
                }
                if used <= less {
                    return Err(out_of_range("quantity demanded", used, "falling in price"));
                }
            }
            points.push([used, price]);
        }
        let slopes = monotone_slopes(&points);
        let knots = points.iter().zip(slopes).map(|(&[q, p], slope)| [q, p, slope]).collect();
        Ok(Self { knots })
    }

    /// Cell whose quantities hold what `below` says of the knots before it.
    fn cell(&self, below: impl Fn(&[f64; 3]) -> bool) -> ([f64; 3], [f64; 3]) {
        let at = self.knots.partition_point(below).clamp(1, self.knots.len() - 1);
        (self.knots[at - 1], self.knots[at])
    }
}

impl InverseDemand for TabulatedDemand {
    fn price(&self, quantity: f64) -> (f64, f64) {
        let (first, last) = (self.knots[0], self.knots[self.knots.len() - 1]);
        if quantity <= first[0] {
            return (first[1], 0.0);
        }
        if quantity >= last[0] {
            return (last[1], 0.0);
        }
        let (left, right) = self.cell(|knot| knot[0] < quantity);
        let width = right[0] - left[0];
        let t = (quantity - left[0]) / width;
        let (price, slope) =
            super::surface::hermite([left[1], width * left[2]], [right[1], width * right[2]], t);
        (price, slope / width)
    }

    fn quantity(&self, price: f64) -> (f64, f64) {
        let (first, last) = (self.knots[0], self.knots[self.knots.len() - 1]);
        if price >= first[1] {
            return (first[0], 0.0);
        }
        if price <= last[1] {
            return (last[0], 0.0);
        }
        let (left, right) = self.cell(|knot| knot[1] > price);
        let width = right[0] - left[0];
        let (t, slope) = super::surface::hermite_inverse(
            [left[1], width * left[2]],
            [right[1], width * right[2]],
            price,
        );
        // A flat spot of the cubic is a kink of zero width in the quantity.
        let slope = if slope < 0.0 { width / slope } else { 0.0 };
        (left[0] + width * t, slope)
    }

    fn lowest_price(&self) -> f64 {
        self.knots[self.knots.len() - 1][1]
    }
}

/// Slopes of a monotone cubic through points of rising first coordinate (Fritsch and Carlson 1980; Fritsch and Butland
/// 1984 for the weights).
fn monotone_slopes(points: &[[f64; 2]]) -> Vec<f64> {
    let n = points.len();
    let width = |i: usize| points[i + 1][0] - points[i][0];
    let secant = |i: usize| (points[i + 1][1] - points[i][1]) / width(i);
    (0..n)
        .map(|i| {
            if i == 0 {
                return secant(0);
            }
            if i == n - 1 {
                return secant(n - 2);
            }
            let (before, after) = (secant(i - 1), secant(i));
            if before * after <= 0.0 {
                return 0.0;
            }
            let (w1, w2) = (2.0 * width(i) + width(i - 1), width(i) + 2.0 * width(i - 1));
            (w1 + w2) / (w1 / before + w2 / after)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_inverse_to_each_other_and_slopes_to_differences() {
        let isoelastic = IsoelasticDemand::new(2.0, 3.0, 0.4).unwrap();
        let linear = LinearDemand::new(10.0, 2.0, 0.0).unwrap();
        let prices: Vec<f64> = (0..60).map(|i| 0.5 + 0.1 * f64::from(i)).collect();
        let table = TabulatedDemand::of(&prices, |p| isoelastic.quantity(p).0).unwrap();
        let curves: [&dyn InverseDemand; 3] = [&isoelastic, &linear, &table];
        for curve in curves {
            for price in [0.9, 1.77, 3.3, 5.05] {
                let (quantity, slope) = curve.quantity(price);
                let (back, inverse_slope) = curve.price(quantity);
                assert!((back - price).abs() < 1e-12, "{back} {price}");
                assert!((slope * inverse_slope - 1.0).abs() < 1e-9);
                let difference = (curve.price(quantity * 1.00001).0 - back) / (1e-5 * quantity);
                assert!((difference / inverse_slope - 1.0).abs() < 1e-3);
            }
        }
        // A table of an isoelastic curve is that curve, to the accuracy of its knots.
        assert!((table.quantity(2.345).0 / isoelastic.quantity(2.345).0 - 1.0).abs() < 1e-4);
        assert_eq!(table.price(1e9), (0.5, 0.0));
        assert_eq!(linear.price(7.0), (0.0, 0.0));
    }

    #[test]
    fn curves_that_are_no_demand_are_refused() {
        assert!(IsoelasticDemand::new(1.0, 1.0, -0.2).is_err());
        assert!(LinearDemand::new(1.0, 1.0, 1.0).is_err());
        assert!(LinearDemand::new(1.0, 1.0, f64::NAN).is_err());
        assert!(TabulatedDemand::of(&[1.0], |_| 1.0).is_err());
        assert!(TabulatedDemand::of(&[1.0, 2.0], |p| p).is_err());
        assert!(TabulatedDemand::of(&[2.0, 1.0], |p| 3.0 - p).is_err());
        assert!(TabulatedDemand::of(&[1.0, 5.0], |p| 3.0 - p).is_err());
    }
}
