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
];

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .other_options(vec!["--offline".into(), "--locked".into()])
        .exec()
        .expect("cargo metadata runs offline in a built workspace")
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
    let packages = metadata().packages;
    let versions = |name: &str| packages.iter().filter(|p| p.name.as_str() == name).count();
    assert_eq!(versions("ndarray"), 1);
    assert_eq!(versions("cc"), 0, "a dependency builds C code");
}

#[test]
fn every_model_crate_explains_itself_and_forbids_unsafe_code() {
    for (name, _) in ALLOWED {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("models")
            .join(name.trim_start_matches("monazite-"));
        let page = std::fs::read_to_string(folder.join("MODEL.md"))
            .unwrap_or_else(|e| panic!("{name} has no MODEL.md: {e}"));
        assert!(page.lines().count() > 20, "{name}: MODEL.md says too little");
        let root =
            std::fs::read_to_string(folder.join("src/lib.rs")).expect("a library has src/lib.rs");
        assert!(root.contains("#![forbid(unsafe_code)]"), "{name} does not forbid unsafe code");
    }
}
