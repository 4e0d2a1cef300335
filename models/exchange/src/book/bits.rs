//! Which price levels hold orders: a bit set of two storeys, searched downwards in three steps.

/// A set of level numbers below a size that is fixed between days.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    /// Bit `i % 64` of word `i / 64`: whether `i` is in the set.
    words: Vec<u64>,
    /// Bit `w % 64` of word `w / 64`: whether `words[w]` is not zero.
    summary: Vec<u64>,
}

/// The word and the bit of a number.
#[inline]
fn place(number: usize) -> (usize, u64) {
    (number >> 6, 1_u64 << (number & 63))
}

impl Bits {
    /// Empties the set and makes room for numbers below `size`.
    pub(super) fn resize(&mut self, size: usize) {
        let n_words = size.div_ceil(64);
        self.words.clear();
        self.words.resize(n_words, 0);
        self.summary.clear();
        self.summary.resize(n_words.div_ceil(64), 0);
    }

    /// Empties the set.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
        self.summary.fill(0);
    }

    #[inline]
    pub(super) fn insert(&mut self, number: usize) {
        let (word, bit) = place(number);
        self.words[word] |= bit;
        let (summary_word, summary_bit) = place(word);
        self.summary[summary_word] |= summary_bit;
    }

    #[inline]
    pub(super) fn remove(&mut self, number: usize) {
        let (word, bit) = place(number);
        self.words[word] &= !bit;
        if self.words[word] == 0 {
            let (summary_word, summary_bit) = place(word);
            self.summary[summary_word] &= !summary_bit;
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        let (word, bit) = place(number);
        self.words.get(word).is_some_and(|w| w & bit != 0)
    }

    /// The largest member below `number`.
    #[inline]
    pub(super) fn below(&self, number: usize) -> Option<usize> {
        let (word, bit) = place(number);
        if let Some(&w) = self.words.get(word) {
            let lower = w & bit.wrapping_sub(1);
            if lower != 0 {
                return Some(join(word, highest(lower)));
            }
        }
        let word = below_in(&self.summary, word)?;
        Some(join(word, highest(self.words[word])))
    }

    /// The smallest member from `number` on.
    pub(super) fn from(&self, number: usize) -> Option<usize> {
        let (mut word, bit) = place(number);
        let mut rest = self.words.get(word)? & !bit.wrapping_sub(1);
        loop {
            if rest != 0 {
                return Some(join(word, rest.trailing_zeros() as usize));
            }
            word = word.wrapping_add(1);
            rest = *self.words.get(word)?;
        }
    }
}

/// The largest set bit below `number` in a row of words.
#[inline]
fn below_in(words: &[u64], number: usize) -> Option<usize> {
    let (mut word, bit) = place(number);
    // One word past the end is a legal start when `number` is the size of the set.
    let mut rest = words.get(word).map_or(0, |w| w & bit.wrapping_sub(1));
    loop {
        if rest != 0 {
            return Some(join(word, highest(rest)));
        }
        word = word.checked_sub(1)?;
        rest = words[word];
    }
}

/// The highest set bit of a word that is not zero.
const fn highest(word: u64) -> usize {
    63_u32.wrapping_sub(word.leading_zeros()) as usize
}

const fn join(word: usize, bit: usize) -> usize {
    word.wrapping_shl(6) | bit
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_an_ordered_set(moves in prop::collection::vec((0_usize..9000, any::<bool>()), 0..200)) {
            let mut bits = Bits::default();
            bits.resize(9000);
            let mut set = BTreeSet::new();
            for (number, insert) in moves {
                if insert {
                    bits.insert(number);
                    set.insert(number);
                } else {
                    bits.remove(number);
                    set.remove(&number);
                }
                prop_assert_eq!(bits.contains(number), set.contains(&number));
                for probe in [0, number, number + 1, 63, 64, 4096, 9000] {
                    prop_assert_eq!(bits.below(probe), set.range(..probe).next_back().copied());
                    prop_assert_eq!(bits.from(probe), set.range(probe..).next().copied());
                }
            }
        }
    }
}
