//! Every command that README.md tells a reader to type ends well, in the order in which it is told.

#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::report::shrink;
use crate::{assert_exit, monazite_in};

/// A command of README.md: arguments of the program, and the file its output is sent to.
#[derive(Debug, PartialEq)]
struct Typed {
    arguments: Vec<String>,
    output: Option<String>,
}

/// Lines of the blocks that begin with ```` ```sh ````.
fn shell_lines(readme: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in readme.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(language) => inside = !inside && language.trim() == "sh",
            None if inside => lines.push(line.trim()),
            None => {}
        }
    }
    lines
}

/// Words of a line as a shell splits them: quotation marks group, `#` before a word begins a comment; `|`, `>` and `&&`
/// are words of their own.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The commands of this program in a line; what follows a pipe is another program's.
fn typed(line: &str) -> Vec<Typed> {
    let all = words(line);
    all.split(|word| word == "&&")
        .filter_map(|words| {
            let words = words.split(|word| word == "|").next()?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let rest = words
                .strip_prefix(&["cargo", "run", "--release", "--"][..])
                .or_else(|| words.strip_prefix(&["monazite"][..]))?;
            let redirected = rest.iter().position(|word| *word == ">");
            let arguments = &rest[..redirected.unwrap_or(rest.len())];
            Some(Typed {
                arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
                output: redirected.and_then(|at| rest.get(at + 1)).map(|&file| file.to_owned()),
            })
        })
        .collect()
}

/// `report` without a study takes half a minute, and tests/cli/report.rs does the same with a small one.
fn is_slow(arguments: &[String]) -> bool {
    arguments.first().is_some_and(|word| word == "report")
        && arguments.get(1).is_none_or(|word| word.starts_with('-'))
}

#[test]
fn lines_are_split_as_a_shell_does() {
    let typed = typed("cargo run --release -- init 'my study'  # a comment && no more");
    assert_eq!(typed, [Typed { arguments: vec!["init".into(), "my study".into()], output: None }]);
    let two = self::typed("monazite data list | head && monazite forecast > f.csv && cargo test");
    let of = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        two,
        [
            Typed { arguments: of(&["data", "list"]), output: None },
            Typed { arguments: of(&["forecast"]), output: Some("f.csv".into()) },
        ]
    );
    let page = "```sh\na\n```\nb\n```text\nc\n```\n```sh\nd\n```";
    assert_eq!(shell_lines(page), ["a", "d"]);
}

#[test]
fn every_command_of_the_readme_ends_well() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let commands: Vec<Typed> = shell_lines(&readme).into_iter().flat_map(typed).collect();
    assert!(!commands.is_empty(), "README.md has no command in a block of sh");
    let folder = tempdir().unwrap();
    for Typed { arguments, output } in commands.iter().filter(|c| !is_slow(&c.arguments)) {
        // The report of a study takes a few seconds when the study is small.
        if let [command, study, ..] = &arguments[..]
            && command == "report"
        {
            shrink(&folder.path().join(study));
        }
        // A reader stands in the folder of the repository.
        let arguments: Vec<String> = arguments
            .iter()
            .map(|word| {
                let here = !word.starts_with('-') && word.contains('/') && root.join(word).exists();
                if here { root.join(word).display().to_string() } else { word.clone() }
            })
            .collect();
        let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let result = monazite_in(folder.path(), &borrowed);
        assert_exit(&result, 0);
        if let Some(file) = output {
            fs::write(folder.path().join(file), &result.stdout).unwrap();
        }
    }
}
