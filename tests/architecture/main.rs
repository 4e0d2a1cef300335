//! The edges of DESIGN.md §1: which crate may know which, and what every model crate has to bring.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each of our crates may depend on in its normal build.
const ALLOWED: &[(&str, &[&str])] = &[
    ("monazite-series", &[]),
    ("monazite-stochastic", &[]),
    ("monazite-statespace", &["monazite-series"]),
    ("monazite-forecast", &["monazite-series", "monazite-statespace", "monazite-stochastic"]),
    ("monazite-econometrics", &["monazite-series", "monazite-statespace", "monazite-stochastic"]),
    ("monazite-physical", &["monazite-series", "monazite-stochastic"]),
    ("monazite-exchange", &[]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".into(), "--locked".into()])
        .exec()
        .expect("cargo metadata runs offline")
}

#[test]
fn crates_depend_only_on_those_above_them() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for package in metadata().workspace_packages() {
        let ours: BTreeSet<&str> = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal && d.name.starts_with("monazite-"))
            .map(|d| d.name.as_str())
            .collect();
        if package.name.as_str() == "monazite" {
            assert_eq!(ours.len(), ALLOWED.len(), "the root package knows every model crate");
            continue;
        }
        let may = allowed.get(package.name.as_str()).unwrap_or_else(|| {
            panic!("{} is missing from the table of allowed edges", package.name)
        });
        for name in ours {
            assert!(may.contains(&name), "{} may not depend on {name}", package.name);
        }
    }
}

#[test]
fn one_version_of_ndarray_and_no_c_compiler() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock is committed");
    let versions = |name: &str| lock.matches(&format!("\nname = \"{name}\"\n")).count();
    assert_eq!(versions("ndarray"), 1);
    assert_eq!(versions("cc"), 0, "a dependency builds C code");
}
