//! A short number for a state: the same on every machine.

use std::fmt::{self, Write};

/// FNV-1a of 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv).
pub(crate) struct Fnv(u64);

impl Fnv {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// The little-endian bytes of a word.
    pub(crate) fn write(&mut self, word: u64) {
        word.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }

    /// The text that `Debug` derives for a state: every field, in order, integers in decimal.
    pub(crate) fn debug(&mut self, state: &dyn fmt::Debug) {
        // Writing here never fails.
        let _ = write!(self, "{state:?}");
    }

    pub(crate) const fn finish(&self) -> u64 {
        self.0
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.byte(byte));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_published() {
        // Test vectors of draft-eastlake-fnv.
        let hash = |text: &str| {
            let mut fnv = Fnv::new();
            fnv.write_str(text).unwrap();
            fnv.finish()
        };
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
        let mut word = Fnv::new();
        word.write(u64::from_le_bytes(*b"foobar\0\0"));
        assert_eq!(word.finish(), hash("foobar\0\0"));
    }
}
