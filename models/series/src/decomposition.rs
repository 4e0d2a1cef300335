//! Exact splits of a change in value: tonnage and unit value, or quantity, mix and price where products are known.
//!
//! Use it to say how much of a change in export value is more tonnes and how much dearer tonnes. With products i,
//! value `V = Q Σ s_i u_i` (total quantity Q, share `s_i` of it, unit value `u_i`); the logarithmic mean
//! `L(a, b) = (a − b)/ln(a/b)` turns the change of each product's value into log changes that add up without a
//! residual (LMDI-I, Ang 2004, eq. 7 and table 2):
//!
//! ```text
//! V¹ − V⁰ = Σ L(V¹_i, V⁰_i) [ ln(Q¹/Q⁰) + ln(s¹_i/s⁰_i) + ln(u¹_i/u⁰_i) ]
//! ```
//!
//! Laspeyres and Paasche leave a residual or depend on which year is the base; this split does neither. A product that
//! appears or disappears has no log change and is refused: merge it with its neighbour.
//!
//! References: Ang (2004), "Decomposition analysis for policymaking in energy", Energy Policy 32(9); Törnqvist, Vartia
//! and Vartia (1985) on the logarithmic mean. Checked by hand in the tests.

use serde::{Deserialize, Serialize};

use crate::SeriesError;

/// Value and quantity of one product in one period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProductTrade {
    /// Value, any currency.
    pub value: f64,
    /// Quantity, any unit of mass.
    pub quantity: f64,
}

/// A change in value and its parts, which add up to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValueChange {
    /// V¹ − V⁰.
    pub total: f64,
    /// Part due to total quantity.
    pub quantity: f64,
    /// Part due to the shares of products in the quantity; zero for one product.
    pub mix: f64,
    /// Part due to unit values of products.
    pub price: f64,
}

/// The logarithmic mean of two positive numbers, (a − b)/ln(a/b), continued to a at a = b.
///
/// ```
/// use monazite_series::logarithmic_mean;
/// assert!((logarithmic_mean(1.0, std::f64::consts::E) - (std::f64::consts::E - 1.0)).abs() < 1e-15);
/// assert_eq!(logarithmic_mean(3.0, 3.0), 3.0);
/// ```
pub fn logarithmic_mean(a: f64, b: f64) -> f64 {
    let ratio = a / b;
    if (ratio - 1.0).abs() < 1e-6 {
        // Series of (r − 1)/ln r, which cancels near r = 1: 1 + d/2 − d²/12.
        let d = ratio - 1.0;
        b * (1.0 + d / 2.0 - d * d / 12.0)
    } else {
        (a - b) / ratio.ln()
    }
}

/// Splits the change of value from `before` to `after`, products in the same order.
///
/// # Errors
/// [`SeriesError::Shape`] if the lists differ in length, are empty, or a value or quantity is not positive.
///
/// ```
/// use monazite_series::{ProductTrade, split_value_change};
/// let before = [ProductTrade { value: 100.0, quantity: 10.0 }];
/// let after = [ProductTrade { value: 100.0, quantity: 20.0 }];
/// let change = split_value_change(&before, &after)?;
/// assert!((change.quantity + change.price).abs() < 1e-12 && change.mix.abs() < 1e-12);
/// # Ok::<(), monazite_series::SeriesError>(())
/// ```
pub fn split_value_change(
    before: &[ProductTrade],
    after: &[ProductTrade],
) -> Result<ValueChange, SeriesError> {
    if before.len() != after.len() || before.is_empty() {
        let (left, right) = (before.len(), after.len());
        return Err(SeriesError::Shape(format!("{left} products before and {right} after")));
    }
    for (at, p) in before.iter().chain(after).enumerate() {
        if !(p.value > 0.0 && p.quantity > 0.0 && p.value.is_finite() && p.quantity.is_finite()) {
            let product = at % before.len();
            return Err(SeriesError::Shape(format!(
                "product {product} has value {} and quantity {}; both must be positive",
                p.value, p.quantity
            )));
        }
    }
    let total_quantity = |list: &[ProductTrade]| list.iter().map(|p| p.quantity).sum::<f64>();
    let (q0, q1) = (total_quantity(before), total_quantity(after));
    let mut change = ValueChange { total: 0.0, quantity: 0.0, mix: 0.0, price: 0.0 };
    for (b, a) in before.iter().zip(after) {
        let weight = logarithmic_mean(a.value, b.value);
        change.total += a.value - b.value;
        change.quantity += weight * (q1 / q0).ln();
        change.mix += weight * ((a.quantity / q1) / (b.quantity / q0)).ln();
        change.price += weight * ((a.value / a.quantity) / (b.value / b.quantity)).ln();
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trade(value: f64, quantity: f64) -> ProductTrade {
        ProductTrade { value, quantity }
    }

    #[test]
    fn one_product_by_hand() {
        // V 100 → 76.7, Q 1 → 1.133: ln .767 = −.265268, ln 1.133 = .124869; L = −23.3/−.265268 = 87.8357.
        let change = split_value_change(&[trade(100.0, 1.0)], &[trade(76.7, 1.133)]).unwrap();
        assert!((change.total + 23.3).abs() < 1e-12);
        assert!((change.quantity - 87.835_7 * 0.124_869).abs() < 1e-3);
        assert!((change.price - 87.835_7 * (-0.265_268 - 0.124_869)).abs() < 1e-3);
        assert_eq!(change.mix, 0.0);
    }

    #[test]
    fn a_pure_shift_between_products_is_mix() {
        let before = [trade(10.0, 1.0), trade(30.0, 1.0)];
        let after = [trade(15.0, 1.5), trade(15.0, 0.5)];
        let change = split_value_change(&before, &after).unwrap();
        assert!(change.price.abs() < 1e-12 && change.quantity.abs() < 1e-12);
        assert!((change.mix + 10.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_logarithm_is_refused() {
        assert!(split_value_change(&[trade(1.0, 0.0)], &[trade(1.0, 1.0)]).is_err());
        assert!(split_value_change(&[], &[]).is_err());
        assert!(split_value_change(&[trade(1.0, 1.0)], &[]).is_err());
    }

    proptest! {
        #[test]
        fn parts_add_up_and_turn_round(values in prop::collection::vec((0.1_f64..1e6, 0.1_f64..1e6, 0.1_f64..1e6, 0.1_f64..1e6), 1..6)) {
            let before: Vec<_> = values.iter().map(|v| trade(v.0, v.1)).collect();
            let after: Vec<_> = values.iter().map(|v| trade(v.2, v.3)).collect();
            let there = split_value_change(&before, &after).unwrap();
            let back = split_value_change(&after, &before).unwrap();
            let size: f64 = values.iter().map(|v| v.0 + v.2).sum();
            prop_assert!((there.total - there.quantity - there.mix - there.price).abs() < 1e-11 * size);
            prop_assert!((there.mix + back.mix).abs() < 1e-11 * size);
            prop_assert!((there.price + back.price).abs() < 1e-11 * size);
        }
    }
}
