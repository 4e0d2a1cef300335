//! The one font of every chart: `DejaVu` Sans Condensed, measured, cut down to the characters in use and embedded.
//!
//! A subset keeps the outlines and widths and drops kerning, so the sum of advance widths is exactly what a browser
//! and resvg lay out. `subsetter` drops the character map because PDF does not need one; a browser does, so
//! [`subset`] adds one (format 4) and copies the OS/2 table.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use ttf_parser::{Face, GlyphId, Tag};

use super::ChartError;

/// Family name in SVG and CSS.
pub(crate) const FAMILY: &str = "DejaVu Sans Condensed";

/// Regular or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Characters used in each weight.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Characters {
    pub(crate) regular: BTreeSet<char>,
    pub(crate) bold: BTreeSet<char>,
}

impl Characters {
    pub(crate) fn add(&mut self, text: &str, weight: Weight) {
        let set = if weight == Weight::Bold { &mut self.bold } else { &mut self.regular };
        set.extend(text.chars());
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.regular.extend(&other.regular);
        self.bold.extend(&other.bold);
    }

    /// Characters the font has no glyph for.
    pub(crate) fn missing(&self) -> Vec<char> {
        let without = |set: &BTreeSet<char>, weight| {
            set.iter()
                .copied()
                .filter(|&c| face(weight).glyph_index(c).is_none())
                .collect::<Vec<_>>()
        };
        let mut list = without(&self.regular, Weight::Regular);
        list.extend(without(&self.bold, Weight::Bold));
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The subset fonts in use, regular first.
    pub(crate) fn fonts(&self) -> Result<Vec<(Weight, Vec<u8>)>, ChartError> {
        [(Weight::Regular, &self.regular), (Weight::Bold, &self.bold)]
            .into_iter()
            .filter(|(_, set)| !set.is_empty())
            .map(|(weight, set)| Ok((weight, subset(weight, set)?)))
            .collect()
    }

    /// `@font-face` rules with the subset fonts in them.
    pub(crate) fn css(&self) -> Result<String, ChartError> {
        let mut css = String::new();
        for (weight, bytes) in self.fonts()? {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            let weight = if weight == Weight::Bold { 700 } else { 400 };
            // Writing to a string cannot fail.
            let _ = write!(
                css,
                "@font-face{{font-family:\"{FAMILY}\";font-weight:{weight};src:url(data:font/ttf;base64,{data}) format(\"truetype\")}}"
            );
        }
        Ok(css)
    }
}

fn bytes(weight: Weight) -> &'static [u8] {
    match weight {
        Weight::Regular => dejavu::sans_condensed::regular(),
        Weight::Bold => dejavu::sans_condensed::bold(),
    }
}

fn face(weight: Weight) -> &'static Face<'static> {
    static FACES: LazyLock<[Face<'static>; 2]> = LazyLock::new(|| {
        // The crate ships these two files; that they parse is tested below.
        [Weight::Regular, Weight::Bold]
            .map(|w| Face::parse(bytes(w), 0).expect("the dejavu crate holds fonts that parse"))
    });
    &FACES[usize::from(weight == Weight::Bold)]
}

/// Width of `text` at `size`, in the unit of `size`; a character without a glyph counts one em.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let face = face(weight);
    let em = f64::from(face.units_per_em());
    text.chars()
        .map(|c| face.glyph_index(c).and_then(|g| face.glyph_hor_advance(g)).map_or(em, f64::from))
        .sum::<f64>()
        * size
        / em
}

/// Breaks `text` at blanks into lines no wider than `limit`, except where one word is wider.
pub(crate) fn wrap(text: &str, size: f64, weight: Weight, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, weight) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The font with the glyphs of `characters` only, usable in a browser.
fn subset(weight: Weight, characters: &BTreeSet<char>) -> Result<Vec<u8>, ChartError> {
    let face = face(weight);
    let mut remapper = subsetter::GlyphRemapper::new();
    let mut map: Vec<(u16, u16)> = Vec::new();
    for &c in characters {
        if let (Ok(code), Some(GlyphId(glyph))) = (u16::try_from(u32::from(c)), face.glyph_index(c))
        {
            map.push((code, remapper.remap(glyph)));
        }
    }
    let cut = subsetter::subset(bytes(weight), 0, &remapper)
        .map_err(|e| ChartError::Font { detail: e.to_string() })?;
    let mut tables =
        tables(&cut).ok_or_else(|| ChartError::Font { detail: "table directory".into() })?;
    tables.push((*b"cmap", character_map(&map)));
    if let Some(os2) = face.raw_face().table(Tag::from_bytes(b"OS/2")) {
        tables.push((*b"OS/2", os2.to_vec()));
    }
    tables.sort_by_key(|(tag, _)| *tag);
    Ok(assemble(&tables))
}

fn tables(font: &[u8]) -> Option<Vec<([u8; 4], Vec<u8>)>> {
    let word = |at: usize| font.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let n = usize::from(u16::from_be_bytes(font.get(4..6)?.try_into().ok()?));
    (0..n)
        .map(|i| {
            let record = 12 + 16 * i;
            let tag: [u8; 4] = font.get(record..record + 4)?.try_into().ok()?;
            let (from, length) = (word(record + 8)? as usize, word(record + 12)? as usize);
            Some((tag, font.get(from..from + length)?.to_vec()))
        })
        .collect()
}

/// A `cmap` table of format 4 with one segment a character.
fn character_map(map: &[(u16, u16)]) -> Vec<u8> {
    let mut ends: Vec<u16> = map.iter().map(|(c, _)| *c).filter(|&c| c != 0xFFFF).collect();
    ends.push(0xFFFF);
    let mut deltas: Vec<u16> = map.iter().map(|(c, g)| g.wrapping_sub(*c)).collect();
    deltas.push(1);
    let n = ends.len() as u16;
    let (power, log) = search(n);
    let mut words: Vec<u16> = vec![0, 1, 3, 1, 0, 12];
    words.extend([4, 16 + 8 * n, 0, 2 * n, 2 * power, log, 2 * (n - power)]);
    words.extend(&ends);
    words.push(0);
    words.extend(&ends);
    words.extend(&deltas);
    words.extend(std::iter::repeat_n(0, usize::from(n)));
    words.iter().flat_map(|w| w.to_be_bytes()).collect()
}

/// The largest power of two not above `n` and its logarithm, which font tables store for searching.
fn search(n: u16) -> (u16, u16) {
    let log = n.max(1).ilog2() as u16;
    (1 << log, log)
}

fn assemble(tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let n = tables.len() as u16;
    let (power, log) = search(n);
    let mut font: Vec<u8> = vec![0, 1, 0, 0];
    font.extend([n, 16 * power, log, 16 * (n - power)].iter().flat_map(|w| w.to_be_bytes()));
    let mut from = 12 + 16 * tables.len();
    let mut head = None;
    for (tag, data) in tables {
        let mut data = data.clone();
        if tag == b"head" && data.len() >= 12 {
            data[8..12].fill(0);
            head = Some(from);
        }
        font.extend(tag);
        font.extend(
            [checksum(&data), from as u32, data.len() as u32].iter().flat_map(|w| w.to_be_bytes()),
        );
        from += data.len().next_multiple_of(4);
    }
    for (_, data) in tables {
        font.extend(data);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    if let Some(head) = head {
        font[head + 8..head + 12].fill(0);
        let adjustment = 0xB1B0_AFBA_u32.wrapping_sub(checksum(&font));
        font[head + 8..head + 12].copy_from_slice(&adjustment.to_be_bytes());
    }
    font
}

fn checksum(data: &[u8]) -> u32 {
    data.chunks(4)
        .map(|chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            u32::from_be_bytes(word)
        })
        .fold(0, u32::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subset_has_the_same_widths_and_knows_its_characters() {
        let mut characters = Characters::default();
        characters.add("Exports, t a month −7,100 é Ω Ж", Weight::Regular);
        let fonts = characters.fonts().unwrap();
        let cut = Face::parse(&fonts[0].1, 0).unwrap();
        assert!(fonts[0].1.len() < 20_000, "{}", fonts[0].1.len());
        for &c in &characters.regular {
            let ours = cut.glyph_index(c).and_then(|g| cut.glyph_hor_advance(g));
            let full = face(Weight::Regular);
            assert_eq!(ours, full.glyph_index(c).and_then(|g| full.glyph_hor_advance(g)), "{c}");
        }
        assert!(cut.glyph_index('Q').is_none());
        assert!(characters.missing().is_empty());
        characters.add("稀土", Weight::Bold);
        assert_eq!(characters.missing().len(), 2);
    }

    #[test]
    fn lines_are_no_wider_than_asked() {
        let lines =
            wrap("a plain sentence about exports of rare earths", 12.0, Weight::Regular, 90.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|l| width(l, 12.0, Weight::Regular) <= 90.0));
    }
}
