//! The scenarios shipped with the crate.

/// Scenarios of months to come: id and TOML text of a [`crate::Scenario`].
pub const PRESETS: &[(&str, &str)] = &[
    ("baseline", include_str!("../../presets/baseline.toml")),
    ("ev-down-20", include_str!("../../presets/ev-down-20.toml")),
    ("ev-up-30", include_str!("../../presets/ev-up-30.toml")),
    ("ev-up-60", include_str!("../../presets/ev-up-60.toml")),
    ("wind-down-20", include_str!("../../presets/wind-down-20.toml")),
    ("wind-up-40", include_str!("../../presets/wind-up-40.toml")),
    ("both-booms", include_str!("../../presets/both-booms.toml")),
    ("iea-steps-2030", include_str!("../../presets/iea-steps-2030.toml")),
    ("iea-aps-2030", include_str!("../../presets/iea-aps-2030.toml")),
    ("iea-nze-2030", include_str!("../../presets/iea-nze-2030.toml")),
    ("april-2025-controls-again", include_str!("../../presets/april-2025-controls-again.toml")),
    ("licence-stop", include_str!("../../presets/licence-stop.toml")),
    ("licences-defence", include_str!("../../presets/licences-defence.toml")),
    ("supply-down-80", include_str!("../../presets/supply-down-80.toml")),
    ("partial-restriction-18m", include_str!("../../presets/partial-restriction-18m.toml")),
    ("n-minus-1", include_str!("../../presets/n-minus-1.toml")),
    ("tariff-deadline-10", include_str!("../../presets/tariff-deadline-10.toml")),
    ("tariff-deadline-25", include_str!("../../presets/tariff-deadline-25.toml")),
    ("myanmar-down-70", include_str!("../../presets/myanmar-down-70.toml")),
    ("us-concentrate-stop", include_str!("../../presets/us-concentrate-stop.toml")),
    ("substitution", include_str!("../../presets/substitution.toml")),
    ("technology-instead-of-ore", include_str!("../../presets/technology-instead-of-ore.toml")),
    ("quota-cut", include_str!("../../presets/quota-cut.toml")),
    ("quota-freeze", include_str!("../../presets/quota-freeze.toml")),
];

/// Scenarios dated in the past, for a replay of those months.
pub const REPLAY_PRESETS: &[(&str, &str)] =
    &[("april-2025-controls", include_str!("../../presets/april-2025-controls.toml"))];
