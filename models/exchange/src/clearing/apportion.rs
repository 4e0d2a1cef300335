//! Shares of an amount in proportion to weights that add up to the amount, to the fen.

use std::cmp::Reverse;

use crate::units::{Money, MoneyOverflow};

/// Bits of the fixed-point rate from which shares are first guessed.
const BITS: u32 = 62;

/// Shares by the largest remainder (Hamilton's rule): everybody gets the whole part of `amount·w/Σw`, and what is left goes
/// fen by fen to the largest remainders, of two equal ones to the first. Keeps its buffers, so that it allocates only when
/// it meets more weights than ever before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apportionment {
    remainders: Vec<(Reverse<u64>, usize)>,
}

impl Apportionment {
    /// Writes to `shares` those of `amount`; all are zero if the weights are. Weights and amount below zero count as zero.
    ///
    /// # Errors
    /// When weights add up to more than fits.
    pub(crate) fn split(
        &mut self,
        amount: Money,
        weights: &[Money],
        shares: &mut Vec<Money>,
    ) -> Result<(), MoneyOverflow> {
        shares.clear();
        self.remainders.clear();
        let total = weights.iter().try_fold(Money::ZERO, |sum, w| sum.plus(w.at_least_zero()))?;
        let (amount, total) = (unsigned(amount), unsigned(total));
        if total == 0 || amount == 0 {
            shares.resize(weights.len(), Money::ZERO);
            return Ok(());
        }
        // amount < 2^63, so that the shift fits 125 bits.
        let rate = (u128::from(amount) << BITS).checked_div(u128::from(total)).unwrap_or(0);
        // Where the amount is not over the total the rate is at most 2^62; elsewhere it is not used.
        let rate = u64::try_from(rate).unwrap_or(u64::MAX);
        let mut left = amount;
        for (idx, weight) in weights.iter().enumerate() {
            let (share, remainder) = share(amount, unsigned(*weight), total, rate)?;
            left = left.checked_sub(share).ok_or(MoneyOverflow)?;
            shares.push(Money::new(i64::try_from(share).map_err(|_| MoneyOverflow)?));
            self.remainders.push((Reverse(remainder), idx));
        }
        let left = usize::try_from(left).map_err(|_| MoneyOverflow)?;
        if left > 0 && left < self.remainders.len() {
            self.remainders.select_nth_unstable(left);
        }
        for (_, idx) in self.remainders.iter().take(left) {
            if let Some(share) = shares.get_mut(*idx) {
                *share = share.plus(Money::new(1))?;
            }
        }
        Ok(())
    }
}

/// Whole part and remainder of `amount·weight/total`. The guess from a rate of 62 bits is at most two too small
/// (`weight` is under 2^63), so that two multiplications replace a division of 128 bits.
#[inline]
fn share(amount: u64, weight: u64, total: u64, rate: u64) -> Result<(u64, u64), MoneyOverflow> {
    // All under 2^63: products of two fit 126 bits, and are one instruction.
    let product = u128::from(amount).wrapping_mul(u128::from(weight));
    let guess = if amount <= total {
        u128::from(rate).wrapping_mul(u128::from(weight)) >> BITS
    } else {
        product.checked_div(u128::from(total)).ok_or(MoneyOverflow)?
    };
    let mut share = u64::try_from(guess).map_err(|_| MoneyOverflow)?;
    let shared = u128::from(share).wrapping_mul(u128::from(total));
    let mut remainder = product.checked_sub(shared).ok_or(MoneyOverflow)?;
    while remainder >= u128::from(total) {
        remainder = remainder.wrapping_sub(u128::from(total));
        share = share.checked_add(1).ok_or(MoneyOverflow)?;
    }
    Ok((share, u64::try_from(remainder).map_err(|_| MoneyOverflow)?))
}

fn unsigned(amount: Money) -> u64 {
    u64::try_from(amount.minor()).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test checks in wide integers")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(amount: i64, weights: &[i64]) -> Vec<i64> {
        let weights: Vec<_> = weights.iter().map(|w| Money::new(*w)).collect();
        let mut shares = Vec::new();
        Apportionment::default().split(Money::new(amount), &weights, &mut shares).unwrap();
        shares.iter().map(|s| s.minor()).collect()
    }

    #[test]
    fn remainders_decide_and_ties_go_to_the_first() {
        // 10 over 3, 3, 3: 3.33 each; one is left and goes to the first.
        assert_eq!(split(10, &[3, 3, 3]), [4, 3, 3]);
        // 7 over 50, 30, 20: 3.5, 2.1, 1.4: the half comes first.
        assert_eq!(split(7, &[50, 30, 20]), [4, 2, 1]);
        assert_eq!(split(7, &[0, -5, 0]), [0, 0, 0]);
        assert_eq!(split(i64::MAX, &[i64::MAX]), [i64::MAX]);
        // More to share than the weights add up to.
        assert_eq!(split(100, &[1, 2]), [33, 67]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_within_one_of_proportion(
            amount in 0..=i64::MAX / 64,
            weights in proptest::collection::vec(prop_oneof![0..10_i64, 0..=i64::MAX / 64], 1..60),
        ) {
            let shares = split(amount, &weights);
            let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            prop_assert_eq!(
                shares.iter().map(|s| i128::from(*s)).sum::<i128>(),
                if total == 0 { 0 } else { i128::from(amount) }
            );
            for (share, weight) in shares.iter().zip(&weights) {
                let distance = i128::from(*share) * total - i128::from(amount) * i128::from(*weight);
                prop_assert!(total == 0 || distance.abs() < total, "{} of {}", share, weight);
            }
        }
    }
}
