//! Exponential and logarithm of the market's curves: in line, without branches, the same on every machine.
//!
//! Clearing takes hundreds of them a month of a path. The C library's pick instructions by machine and cannot be computed
//! side by side; these are additions and multiplications only, so that a loop over end uses is vectorised and the
//! figures are the same wherever the code runs.
//!
//! ```text
//! e^x = 2^n e^r       n = round(x/ln 2)       e^r = 1 + 2 O/(E − O)     Padé [6/6], E even and O odd in r, |r| ≤ ½ ln 2
//! ln x = n ln 2 + 2 artanh s      x = 2^n m      s = (m − 1)/(m + 1)      √½ ≤ m < √2
//! ```
//!
//! Truncation: 2e-19 of e^r (Baker and Graves-Morris 1996, Padé Approximants, §1.2), 2e-18 of the series of artanh. Error
//! within two units in the last place (tests).

/// 1.5·2⁵²: a number below 2⁵¹ added to it is rounded to an integer, which stands in its low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts, the first with 21 zeros at its end so that its product with an exponent is exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Bits of the exponent's bias and of √½.
const BIAS: u64 = 1023;
const HALF_ROOT: u64 = 0x3FE6_A09E_667F_3BCD;

/// e^x; at the ends of the range, −708 and 709, the value there.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-708.0, 709.0);
    let rounded = x * std::f64::consts::LOG2_E + ROUNDER;
    let n = rounded - ROUNDER;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let z = r * r;
    let even = 1.0 + z * (5.0 / 44.0 + z * (1.0 / 792.0 + z * (1.0 / 665_280.0)));
    let odd = r * (0.5 + z * (1.0 / 66.0 + z * (1.0 / 15_840.0)));
    let power = f64::from_bits(rounded.to_bits().wrapping_add(BIAS) << 52);
    power * (1.0 + 2.0 * odd / (even - odd))
}

/// ln x of a positive normal number.
#[inline]
pub(crate) fn ln(x: f64) -> f64 {
    let shifted = x.to_bits().wrapping_add((BIAS << 52) - HALF_ROOT);
    let exponent = shifted >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub(exponent << 52).wrapping_add(BIAS << 52));
    let n = f64::from_bits(ROUNDER.to_bits() | exponent) - (ROUNDER + BIAS as f64);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let low = 1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z / 11.0)));
    let high = 1.0 / 13.0 + z * (1.0 / 15.0 + z * (1.0 / 17.0 + z * (1.0 / 19.0 + z / 21.0)));
    let square = z * z;
    let series = 2.0 * s * z * (low + square * square * z * high);
    n * LN_2_HIGH + (2.0 * s + (series + n * LN_2_LOW))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_the_librarys_to_the_last_digits(x in -700.0..700.0_f64, near in -1e-3..1e-3_f64) {
            for x in [x, near, 30.0 * near, 1e3 * near] {
                prop_assert!((exp(x) / x.exp() - 1.0).abs() <= 2.0 * f64::EPSILON, "{x}");
            }
            for y in [x.exp(), 1.0 + near, 1.0 + 300.0 * near] {
                let error = (ln(y) - y.ln()).abs();
                prop_assert!(error <= 2.0 * f64::EPSILON * y.ln().abs(), "{y} {} {}", ln(y), y.ln());
            }
        }
    }

    #[test]
    fn ends_and_units() {
        assert_eq!((exp(0.0), ln(1.0)), (1.0, 0.0));
        assert!((ln(std::f64::consts::E) - 1.0).abs() < 3e-16);
        assert!(exp(-1e9) < 1e-307 && exp(1e9).is_finite() && exp(f64::NAN).is_nan());
        assert!((ln(f64::MIN_POSITIVE) / f64::MIN_POSITIVE.ln() - 1.0).abs() < 1e-15);
        assert!((ln(f64::MAX) / f64::MAX.ln() - 1.0).abs() < 1e-15);
    }
}
