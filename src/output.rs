//! A results folder: files appear whole or not at all, and a folder without a matching manifest is incomplete.
//!
//! Each file is written to `.NAME.tmp-PID`, synced and renamed. `manifest.json` is removed first and written last.
//! An existing folder is used again if it is empty or holds a run of ours (`run.json` or `manifest.json`, signed by it); files that
//! are not listed in its manifest are never touched.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::diagnostic::Diagnostic;

/// Name under which manifests and run.json are signed.
pub const PROGRAM: &str = "monazite";

/// One input of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Bundled table or path of a file.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Last period it covers, where it is a series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What a run was made from and what it wrote; nothing in it may vary between two runs of the same inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `monazite`.
    pub program: String,
    /// Version of the program.
    pub version: String,
    /// The command that was run.
    pub command: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Settings as resolved.
    pub options: serde_json::Value,
    /// Inputs with their hashes.
    pub inputs: Vec<Input>,
    /// Output files with their SHA-256, in the order of their names.
    pub outputs: IndexMap<String, String>,
}

/// SHA-256 of some bytes in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

/// Writes `bytes` to `path` through a temporary file in the same folder, synced and renamed.
///
/// # Errors
/// A diagnostic I002 that names the file.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let temporary = path.with_file_name(format!(".{name}.tmp-{}", std::process::id()));
    let written = (|| -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    written.map_err(|e| {
        // The half-written temporary is ours to remove; if even that fails there is nothing better to say.
        let _ = fs::remove_file(&temporary);
        cannot_write(path, &e)
    })
}

/// A file that is written bit by bit and appears under its name when it is whole.
#[derive(Debug)]
pub struct GrowingFile {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<io::BufWriter<File>>,
}

impl GrowingFile {
    /// Starts a file.
    ///
    /// # Errors
    /// I002.
    pub fn create(path: &Path) -> Result<Self, Diagnostic> {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let temporary = path.with_file_name(format!(".{name}.tmp-{}", std::process::id()));
        let file = File::create(&temporary).map_err(|e| cannot_write(path, &e))?;
        Ok(Self { path: path.to_owned(), temporary, file: Some(io::BufWriter::new(file)) })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// I002.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Diagnostic> {
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(|e| cannot_write(&self.path, &e)),
            None => Ok(()),
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// I002.
    pub fn finish(mut self) -> Result<(), Diagnostic> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let whole = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| {
            file.sync_all()?;
            fs::rename(&self.temporary, &self.path)
        });
        whole.map_err(|e| {
            let _ = fs::remove_file(&self.temporary);
            cannot_write(&self.path, &e)
        })
    }
}

impl Drop for GrowingFile {
    /// What was not finished is not left behind.
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn cannot_write(path: &Path, e: &io::Error) -> Diagnostic {
    Diagnostic::error("I002", format!("cannot write {}: {e}", path.display()))
        .help("name a folder you may write to with -o DIR, or free some space")
}

/// Whether a JSON file was written by this program: `manifest.json` is also the name of files of others.
fn is_ours(path: &Path) -> bool {
    let read = fs::read(path).ok();
    let value = read.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    value.is_some_and(|value| value["program"] == PROGRAM)
}

/// A file of a run that is written bit by bit, its hash along with it.
#[derive(Debug)]
pub struct HashedFile {
    name: String,
    file: GrowingFile,
    hash: Sha256,
}

impl HashedFile {
    /// Appends bytes.
    ///
    /// # Errors
    /// I002.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Diagnostic> {
        self.hash.update(bytes);
        self.file.write(bytes)
    }
}

/// A folder that receives the files of one run.
#[derive(Debug)]
pub struct RunFolder {
    root: PathBuf,
    outputs: IndexMap<String, String>,
}

impl RunFolder {
    /// Whether a run may go into `root`: a new or empty folder, one that holds a run of ours, or any with `force`.
    ///
    /// # Errors
    /// I003 if not.
    pub fn check(root: &Path, force: bool) -> Result<(), Diagnostic> {
        // The nearest thing that exists on the way to it has to be a folder.
        if let Some(found) = root.ancestors().find(|path| path.exists())
            && !found.is_dir()
        {
            return Err(Diagnostic::error(
                "I003",
                format!("{} is a file, not a folder", found.display()),
            )
            .help("name another folder with -o DIR"));
        }
        let occupied =
            root.is_dir() && fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
        let ours = ["manifest.json", "run.json"].iter().any(|name| is_ours(&root.join(name)));
        if occupied && !ours && !force {
            return Err(Diagnostic::error(
                "I003",
                format!("{} is not empty and holds no run of monazite", root.display()),
            )
            .help("name another folder with -o DIR, or write into this one with --force; files that are not ours stay"));
        }
        Ok(())
    }

    /// Opens `root`, creating it if needed; an earlier run's files are removed, others are left alone.
    ///
    /// # Errors
    /// I003 if the folder holds files but no run of ours (unless `force`), I002 if it cannot be written to.
    pub fn open(root: &Path, force: bool) -> Result<Self, Diagnostic> {
        Self::check(root, force)?;
        fs::create_dir_all(root).map_err(|e| cannot_write(root, &e))?;
        let folder = Self { root: root.to_owned(), outputs: IndexMap::new() };
        folder.remove_earlier_run();
        Ok(folder)
    }

    /// Removes what the manifest of an earlier run lists, the manifest first; what cannot be removed is overwritten.
    fn remove_earlier_run(&self) {
        let path = self.root.join("manifest.json");
        if !is_ours(&path) {
            return;
        }
        let earlier: Option<Manifest> =
            fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let _ = fs::remove_file(&path);
        for name in earlier.iter().flat_map(|m| m.outputs.keys()) {
            let inside =
                Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
            if inside {
                let _ = fs::remove_file(self.root.join(name));
            }
        }
    }

    /// Where the run goes.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes `name` (which may have folders in it) and notes its hash for the manifest.
    ///
    /// # Errors
    /// I002.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.root.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| cannot_write(parent, &e))?;
        }
        write_file(&path, bytes)?;
        self.outputs.insert(name.to_owned(), sha256(bytes));
        Ok(())
    }

    /// Starts a file that is written bit by bit; [`RunFolder::close`] completes it.
    ///
    /// # Errors
    /// I002.
    pub fn grow(&self, name: &str) -> Result<HashedFile, Diagnostic> {
        let file = GrowingFile::create(&self.root.join(name))?;
        Ok(HashedFile { name: name.to_owned(), file, hash: Sha256::new() })
    }

    /// Gives a grown file its name and notes its hash for the manifest.
    ///
    /// # Errors
    /// I002.
    pub fn close(&mut self, grown: HashedFile) -> Result<(), Diagnostic> {
        grown.file.finish()?;
        self.outputs.insert(grown.name, hexadecimal(&grown.hash.finalize()));
        Ok(())
    }

    /// Writes `run.json`, which is not part of the manifest because it varies (threads, host, times).
    ///
    /// # Errors
    /// I002.
    pub fn write_run(&self, run: &serde_json::Value) -> Result<(), Diagnostic> {
        write_file(&self.root.join("run.json"), &json_bytes(run)?)
    }

    /// Writes the manifest, which completes the folder.
    ///
    /// # Errors
    /// I002.
    pub fn finish(mut self, mut manifest: Manifest) -> Result<PathBuf, Diagnostic> {
        self.outputs.sort_keys();
        manifest.outputs = self.outputs;
        write_file(&self.root.join("manifest.json"), &json_bytes(&manifest)?)?;
        Ok(self.root)
    }
}

/// A value as indented JSON that ends in a newline.
///
/// # Errors
/// I002 if the value has a key that is not text or a number that is not finite in a place JSON cannot hold.
pub fn json_bytes(value: &impl Serialize) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| Diagnostic::error("I002", format!("cannot be written as JSON: {e}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Rows as CSV with a header of their field names.
///
/// # Errors
/// I002 if a row cannot be written as fields.
pub fn csv_text<T: Serialize>(rows: &[T]) -> Result<String, Diagnostic> {
    let cannot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("I002", format!("cannot be written as CSV: {e}"))
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| cannot(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| cannot(&e))?;
    String::from_utf8(bytes).map_err(|e| cannot(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            program: "monazite".into(),
            version: "0".into(),
            command: "report".into(),
            seed: 1,
            options: serde_json::Value::Null,
            inputs: Vec::new(),
            outputs: IndexMap::new(),
        }
    }

    #[test]
    fn a_foreign_folder_is_refused_and_its_files_survive_force() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "mine").unwrap();
        assert_eq!(RunFolder::open(folder.path(), false).unwrap_err().code, "I003");
        let mut run = RunFolder::open(folder.path(), true).unwrap();
        run.write("tables/a.csv", b"1").unwrap();
        run.finish(manifest()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("thesis.tex")).unwrap(), "mine");
    }

    #[test]
    fn a_manifest_of_another_program_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["manifest.json", "run.json"] {
            fs::write(folder.path().join(name), "{\"name\": \"a web page\"}").unwrap();
            assert_eq!(RunFolder::check(folder.path(), false).unwrap_err().code, "I003", "{name}");
        }
        RunFolder::open(folder.path(), true).unwrap();
        assert!(folder.path().join("manifest.json").exists());
        let below = folder.path().join("run.json/out");
        assert_eq!(RunFolder::check(&below, true).unwrap_err().code, "I003");
    }

    #[test]
    fn a_second_run_replaces_the_files_of_the_first_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        let mut run = RunFolder::open(&root, false).unwrap();
        run.write("old.csv", b"1").unwrap();
        run.finish(manifest()).unwrap();
        fs::write(root.join("notes.txt"), "mine").unwrap();
        let mut run = RunFolder::open(&root, false).unwrap();
        assert!(!root.join("manifest.json").exists(), "a folder being written has no manifest");
        run.write("new.csv", b"2").unwrap();
        let mut grown = run.grow("grown.csv").unwrap();
        grown.write(b"3").unwrap();
        grown.write(b"4").unwrap();
        run.close(grown).unwrap();
        run.finish(manifest()).unwrap();
        assert!(!root.join("old.csv").exists());
        assert!(root.join("notes.txt").exists());
        let written: Manifest =
            serde_json::from_slice(&fs::read(root.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(written.outputs["new.csv"], sha256(b"2"));
        assert_eq!(written.outputs["grown.csv"], sha256(b"34"));
        assert_eq!(fs::read_dir(&root).unwrap().count(), 4, "no temporary file is left");
    }
}
