//! The scenarios a study can name: those shipped with the program and those of its folder `scenarios/`.

mod read;
mod words;

use std::path::{Path, PathBuf};

use monazite_physical::{PRESETS, PhysicalError, REPLAY_PRESETS, Scenario};
use monazite_series::Period;

use crate::diagnostic::{Diagnostic, nearest};

pub use read::{at_key, read_scenario};
pub use words::shock_sentence;

/// What `monazite scenario new` writes: every key, with a word on each.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Where a scenario comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// Shipped with the program.
    Preset,
    /// Shipped with the program and dated in the past, for a replay of those months.
    Replay,
    /// A file of the study or of the user.
    File,
}

/// A scenario with the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioSource {
    /// As read: the shocks of the scenario it builds on are not in it.
    pub scenario: Scenario,
    /// The TOML text.
    pub text: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The file as findings name it.
    pub name: String,
}

/// All scenarios that can be named.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenarios {
    sources: Vec<ScenarioSource>,
}

impl Scenarios {
    /// Those shipped with the program.
    ///
    /// # Errors
    /// Never in a released binary: a test reads them.
    pub fn shipped() -> Result<Self, Diagnostic> {
        let presets = PRESETS.iter().map(|one| (one, Provenance::Preset));
        let replays = REPLAY_PRESETS.iter().map(|one| (one, Provenance::Replay));
        let sources = presets
            .chain(replays)
            .map(|(&(id, text), provenance)| {
                let source = read_scenario(text, &format!("{id}.toml"))?;
                Ok(ScenarioSource { provenance, ..source })
            })
            .collect::<Result<_, Diagnostic>>()?;
        Ok(Self { sources })
    }

    /// Those shipped with the program and those of `folder/scenarios/*.toml`, in the order of the file names.
    ///
    /// # Errors
    /// `I001` if a file cannot be read, `S001`–`S006` if it is not a scenario or its id is taken.
    pub fn of_folder(folder: &Path) -> Result<Self, Diagnostic> {
        let mut all = Self::shipped()?;
        for file in toml_files(&folder.join("scenarios"))? {
            all.add(&file)?;
        }
        Ok(all)
    }

    /// Reads one more file and returns its place among [`Scenarios::sources`].
    ///
    /// # Errors
    /// As [`Scenarios::of_folder`].
    pub fn add(&mut self, file: &Path) -> Result<usize, Diagnostic> {
        let text = std::fs::read_to_string(file).map_err(|e| {
            Diagnostic::error("I001", format!("cannot read {}: {e}", file.display()))
                .help("name a scenario file; `monazite scenario new NAME` writes one to start from")
        })?;
        let source = read_scenario(&text, &file.display().to_string())?;
        if let Some(other) = self.find(&source.scenario.id) {
            let of = match other.provenance {
                Provenance::File => format!("that of {}", other.name),
                Provenance::Preset | Provenance::Replay => "that of a shipped scenario".to_owned(),
            };
            let found =
                Diagnostic::error("S006", format!("the id `{}` is {of}", other.scenario.id))
                    .help("give the scenario another id; `base` builds on an existing one");
            return Err(at_key(found, &source, None, "id"));
        }
        self.sources.push(source);
        Ok(self.sources.len() - 1)
    }

    /// All of them: shipped ones, then files.
    pub fn sources(&self) -> &[ScenarioSource] {
        &self.sources
    }

    /// The scenarios as read.
    pub fn scenarios(&self) -> Vec<Scenario> {
        self.sources.iter().map(|source| source.scenario.clone()).collect()
    }

    fn find(&self, id: &str) -> Option<&ScenarioSource> {
        self.sources.iter().find(|source| source.scenario.id == id)
    }

    /// The scenario of that id.
    ///
    /// # Errors
    /// `U002` if there is none, with the nearest one.
    pub fn get(&self, id: &str) -> Result<&ScenarioSource, Diagnostic> {
        self.find(id).ok_or_else(|| {
            let ids = self.sources.iter().map(|source| source.scenario.id.as_str());
            let hint = match nearest(id, ids) {
                Some(near) => format!("did you mean `{near}`? `monazite scenario list` prints all"),
                None => "`monazite scenario list` prints all".to_owned(),
            };
            Diagnostic::error("U002", format!("there is no scenario `{id}`")).help(hint)
        })
    }

    /// The scenario with the shocks of those it builds on, checked for a simulation whose first month is `first`.
    ///
    /// # Errors
    /// `S004` for a base that is not known or a shock before `first`, `S007` for two shocks that meet without a rule, each
    /// at its place in the file.
    pub fn resolve(&self, source: &ScenarioSource, first: Period) -> Result<Scenario, Diagnostic> {
        let whole =
            source.scenario.resolved(&self.scenarios()).map_err(|e| read::placed(&e, source, 0))?;
        let n_inherited = whole.shocks.len() - source.scenario.shocks.len();
        whole.check_from(first).map_err(|e| read::placed(&e, source, n_inherited))?;
        Ok(whole)
    }

    /// The first month in which a scenario can be simulated: `first`, or for a replay the month it is dated.
    pub fn first_month(source: &ScenarioSource, first: Period) -> Period {
        let starts = source.scenario.shocks.iter().map(|shock| shock.first_month(first));
        match source.provenance {
            Provenance::Replay => first.plus(starts.min().unwrap_or(0).min(0)),
            Provenance::Preset | Provenance::File => first,
        }
    }
}

/// `*.toml` in a folder, in the order of their names; none if there is no such folder.
fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let cannot = |e: std::io::Error| {
        Diagnostic::error("I001", format!("cannot read {}: {e}", folder.display()))
            .help("check the folder and its permissions")
    };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A refusal of the market as a finding without a place.
pub(super) fn finding(e: &PhysicalError) -> Diagnostic {
    let PhysicalError::Scenario(fault) = e else {
        return Diagnostic::error("S004", e.to_string()).help("see `monazite scenario new NAME`");
    };
    let code = if fault.other.is_some() { "S007" } else { "S004" };
    Diagnostic::error(code, fault.to_string()).help(fault.remedy.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::activity::iea_of;

    fn first() -> Period {
        "2026-03".parse().unwrap()
    }

    fn library(files: &[(&str, &str)]) -> Result<Scenarios, Diagnostic> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join("scenarios").join(name), text).unwrap();
        }
        Scenarios::of_folder(folder.path())
    }

    #[test]
    fn a_study_adds_its_scenarios_to_those_shipped() {
        let mine = "id = \"mine\"\ntitle = \"Mine\"\nbase = \"ev-up-30\"\n[[shocks]]\nvariable = \"quota\"\nsize = -0.1\nstart = 2\n";
        let all = library(&[("mine.toml", mine), ("notes.txt", "no scenario")]).unwrap();
        assert_eq!(all.sources().len(), PRESETS.len() + REPLAY_PRESETS.len() + 1);
        let whole = all.resolve(all.get("mine").unwrap(), first()).unwrap();
        let variables: Vec<String> =
            whole.shocks.iter().map(|shock| shock.variable.to_string()).collect();
        assert_eq!(variables, ["activity.ev", "quota"]);
        let e = all.get("ev-up-31").unwrap_err();
        assert!(e.code == "U002" && e.to_string().contains("did you mean `ev-up-30`"), "{e}");
        let taken = library(&[("a.toml", "id = \"wind-up-40\"\ntitle = \"x\"\n")]).unwrap_err();
        assert_eq!((taken.code, taken.line), ("S006", Some(1)));
    }

    #[test]
    fn findings_stand_at_the_key_of_the_file() {
        let head = "id = \"mine\"\ntitle = \"Mine\"\n";
        let resolve = |text: String| {
            let all = library(&[("mine.toml", &text)])?;
            all.resolve(all.get("mine").unwrap(), first())
        };
        for (body, code, place, said) in [
            (
                "[[shocks]]\nvariable = \"quota\"\nsize = -1.5\nstart = 0\n",
                "S004",
                ":5:8",
                "no less than −1",
            ),
            (
                "[[shocks]]\nvariable = \"quota\"\nsize = -0.5\nstart = \"2025-01\"\n",
                "S004",
                ":6:9",
                "before 2026-03",
            ),
            (
                "base = \"ev-up-30\"\n[[shocks]]\nvariable = \"activity.ev.us\"\nsize = 0.1\nstart = 3\n",
                "S007",
                ":5:12",
                "activity.ev.us",
            ),
            ("base = \"ev-up-3\"\n", "S004", ":3:8", "no scenario ev-up-3"),
            ("[[shocks]]\nvariable = \"quota\"\nsize = -0.5\n", "S003", ":3:1", "start"),
            ("[[shocks]]\nvarible = \"quota\"\n", "S001", ":4:1", "varible"),
            (
                "[[shocks]]\nvariable = \"quota\"\nsize = -0.5\nstart = 0\nshape = \"jump\"\n",
                "S002",
                ":7:",
                "jump",
            ),
            ("[[shocks]\n", "S005", ":3:", "expected"),
        ] {
            let e = resolve(format!("{head}{body}")).unwrap_err();
            let text = e.to_string();
            assert!(e.code == code && text.contains(place) && text.contains(said), "{text}");
            assert!(e.hint.is_some(), "{text}");
        }
    }

    #[test]
    fn every_shipped_scenario_can_be_run() {
        let all = Scenarios::shipped().unwrap();
        for source in all.sources() {
            all.resolve(source, Scenarios::first_month(source, first())).unwrap();
        }
        let replay = all.get("april-2025-controls").unwrap();
        assert_eq!(Scenarios::first_month(replay, first()), "2025-04".parse().unwrap());
        assert!(all.resolve(replay, first()).is_err());
    }

    /// The levels of the presets are figures of the bundled table.
    #[test]
    fn iea_levels_are_those_of_the_data() {
        let all = Scenarios::shipped().unwrap();
        let catalogue = crate::data::Catalogue::bundled().unwrap();
        for name in ["STEPS", "APS", "NZE"] {
            let source = all.get(&format!("iea-{}-2030", name.to_lowercase())).unwrap();
            let sectors = [
                ("activity.ev", "Electric vehicles"),
                ("activity.wind", "Wind"),
                ("activity.other-magnets", "Other uses"),
            ];
            assert_eq!(source.scenario.shocks.len(), sectors.len());
            for (shock, (variable, sector)) in source.scenario.shocks.iter().zip(sectors) {
                assert_eq!(shock.variable.to_string(), variable);
                let monazite_physical::Size::Level { level, .. } = shock.size else {
                    panic!("{shock:?}")
                };
                let base = iea_of(&catalogue, "base", sector, 2024).unwrap();
                let figure = iea_of(&catalogue, name, sector, 2030).unwrap() / base;
                assert!((level - figure).abs() < 5e-5, "{name} {sector}: {level} for {figure}");
            }
        }
    }

    /// A new scenario is one, whatever its name, and does what its comments say.
    #[test]
    fn the_template_is_a_scenario() {
        let text = TEMPLATE.replace("NAME", "mine");
        let source = read_scenario(&text, "mine.toml").unwrap();
        assert_eq!(source.scenario.id, "mine");
        let all = Scenarios::shipped().unwrap();
        assert!(!all.resolve(&source, first()).unwrap().shocks.is_empty());
        // A line that is commented out can take the place of the one whose key it has.
        for (at, line) in text.lines().enumerate() {
            let Some(tried) = line.strip_prefix("#? ") else { continue };
            let (key, _) = tried.split_once(" = ").unwrap();
            let other = format!("{key} = ");
            let lines = text.lines().enumerate().map(|(i, old)| match i {
                i if i == at => tried,
                _ if old.starts_with(&other) => "",
                _ => old,
            });
            let with: Vec<&str> = lines.collect();
            read_scenario(&with.join("\n"), "mine.toml").unwrap_or_else(|e| panic!("{line}\n{e}"));
        }
    }
}
