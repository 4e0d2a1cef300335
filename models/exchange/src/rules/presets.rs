//! The rule files shipped with the crate.

use super::Rules;

/// Id and text, in the order of a table: the contract that exists, then proposals.
const PRESETS: [(&str, &str); 4] = [
    ("gfex-lc", include_str!("../../presets/gfex-lc.toml")),
    ("g-ndpr", include_str!("../../presets/g-ndpr.toml")),
    ("g-dytb", include_str!("../../presets/g-dytb.toml")),
    ("c-ndpr", include_str!("../../presets/c-ndpr.toml")),
];

impl Rules {
    /// Id and text of every rule file shipped.
    pub const fn presets() -> &'static [(&'static str, &'static str)] {
        &PRESETS
    }

    /// The rules of a file shipped; none if there is none of that id.
    pub fn preset(id: &str) -> Option<Self> {
        let (_, text) = PRESETS.iter().find(|(name, _)| *name == id)?;
        // That every preset can be read is a test.
        Self::parse(text).ok()
    }
}
