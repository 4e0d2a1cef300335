//! Colours: six that colour-blind readers tell apart, tints of them, and the contrast that print needs.

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

pub(crate) const NAVY: Rgb = Rgb(0x12, 0x43, 0x6D);
pub(crate) const TEAL: Rgb = Rgb(0x28, 0xA1, 0x97);
pub(crate) const PLUM: Rgb = Rgb(0x80, 0x16, 0x50);
pub(crate) const ORANGE: Rgb = Rgb(0xF4, 0x6A, 0x25);
pub(crate) const INK: Rgb = Rgb(0x3D, 0x3D, 0x3D);
pub(crate) const WHITE: Rgb = Rgb(255, 255, 255);
/// Gridlines; they carry no information of their own.
pub(crate) const GRID: Rgb = Rgb(0xE3, 0xE3, 0xE3);
/// Secondary text and rules.
pub(crate) const GREY: Rgb = Rgb(0x66, 0x66, 0x66);
/// Rules of events: behind the data, yet 3:1 on white.
pub(crate) const RULE: Rgb = Rgb(0x8C, 0x8C, 0x8C);

/// Colours of lines one to four.
pub(crate) const LINES: [Rgb; 4] = [NAVY, ORANGE, PLUM, TEAL];
/// Dashes of lines one to four (on, off; zeros for none), so that they differ in grey.
pub(crate) const DASHES: [(f64, f64); 4] = [(0.0, 0.0), (7.0, 3.0), (2.5, 2.0), (11.0, 2.5)];

impl Rgb {
    /// The colour diluted with white: 1 is the colour, 0 white.
    pub(crate) fn tint(self, strength: f64) -> Self {
        let mix = |c: u8| (255.0 - strength * (255.0 - f64::from(c))).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }

    /// The colour, darkened until text in it reads well on white.
    pub(crate) fn readable(self) -> Self {
        let mut colour = self;
        while colour.contrast() < 4.5 {
            let darker = |c: u8| (f64::from(c) * 0.95) as u8;
            colour = Self(darker(colour.0), darker(colour.1), darker(colour.2));
        }
        colour
    }

    fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// WCAG contrast with white, from 1 to 21.
    pub(crate) fn contrast(self) -> f64 {
        1.05 / (self.luminance() + 0.05)
    }

    /// Black or white text, whichever reads better on it.
    pub(crate) fn text_on(self) -> Self {
        if self.contrast() >= 4.5 { WHITE } else { Self(0x1A, 0x1A, 0x1A) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_edges_stand_out_from_white() {
        let lavender = Rgb(0xA2, 0x85, 0xD1);
        for colour in [NAVY, TEAL, PLUM, ORANGE, INK, lavender, GREY, RULE, ORANGE.readable()] {
            assert!(colour.contrast() >= 3.0, "{colour:?} {}", colour.contrast());
        }
        for colour in LINES {
            assert!(colour.contrast() >= 3.0);
        }
        assert!(INK.contrast() >= 4.5 && GREY.contrast() >= 4.5, "text");
    }
}
