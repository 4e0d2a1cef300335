//! Where a campaign leaves its figures.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes docs/results/NAME.md: what was run, on what, and the figures.
pub(crate) fn write(name: &str, seed: u64, title: &str, body: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results");
    fs::create_dir_all(&folder).unwrap();
    let commit = Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .current_dir(&folder)
        .output()
        .ok()
        .map_or_else(|| "unknown".into(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = format!(
        "# {title}\n\n`cargo test --release --test campaign -- {name}` after commit {commit}, {cores} cores, seed {seed}.\n\n{body}"
    );
    fs::write(folder.join(format!("{name}.md")), text).unwrap();
}
