//! Commands as a user types them: what they print, where, and with which exit code.

mod backtest;
#[path = "../common/mod.rs"]
mod common;
mod decompose;
mod forecast;
mod market;
mod readme;
mod regressors;
mod replay;
mod report;
mod scenario;
mod small;

use std::path::Path;
use std::process::{Command, Output};

/// Runs the binary in `folder` with `arguments`.
fn monazite_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_monazite"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("MONAZITE_THREADS")
        .output()
        .expect("the binary starts")
}

fn monazite(arguments: &[&str]) -> Output {
    monazite_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is UTF-8")
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stderr:\n{}", stderr(output));
}
