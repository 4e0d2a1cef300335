//! docs/replay-2025.md and its charts are what `monazite replay` writes: run again, byte by byte.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_page_of_the_replay_is_what_the_command_writes() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("replay");
    let status = Command::new(env!("CARGO_BIN_EXE_monazite"))
        .args(["replay", "--quiet", "-o"])
        .arg(&out)
        .status()
        .unwrap();
    assert!(status.success());
    let same = |name: &str| {
        let (kept, now) = (fs::read(docs.join(name)).unwrap(), fs::read(out.join(name)).unwrap());
        assert!(kept == now, "docs/{name} is not what the command writes: copy it from a run");
    };
    same("replay-2025.md");
    for chart in ["magnets", "value", "dysprosium", "terbium"] {
        same(&format!("images/replay-{chart}.svg"));
    }
}
