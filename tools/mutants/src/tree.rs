//! The copy of the checkout that mutants are laid into. It lives on between runs, and so does what was built of it.

use crate::mutant::Mutant;
use crate::schema::{self, Schema};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every crate with mutants gets as its module `planted`.
const SWITCH: &str = include_str!("../switch.rs");

/// The crates that can have mutants: where their code is, and their root.
const CRATES: &[(&str, &str)] = &[
    ("src/", "src/lib.rs"),
    ("operator/src/", "operator/src/lib.rs"),
    ("runner/src/", "runner/src/main.rs"),
    ("guard/src/", "guard/src/lib.rs"),
];

/// A copy of the checkout.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The checkout.
    root: PathBuf,
    /// The folder of the copy and all that belongs to it.
    folder: PathBuf,
    schemas: BTreeMap<String, Schema>,
}

impl Tree {
    /// The copy of this name, brought up to date.
    pub(crate) fn new(root: &Path, name: &str) -> Result<Self> {
        let folder = root.join("target/mutants").join(name);
        let tree = Self { root: root.to_owned(), folder, schemas: BTreeMap::new() };
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git")?;
        ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
        let names = String::from_utf8(listed.stdout).context("a file's name is not UTF-8")?;
        let names: BTreeSet<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
        let mut files: Vec<PathBuf> = Vec::new();
        walk(&tree.top(), &mut files)?;
        for file in files {
            let below = file.strip_prefix(tree.top()).unwrap_or(&file);
            if below.to_str().is_none_or(|below| !names.contains(below)) {
                std::fs::remove_file(&file)?;
            }
        }
        for name in names {
            if root.join(name).is_file() {
                tree.write(name, &std::fs::read(root.join(name))?)?;
                let mode = std::fs::metadata(root.join(name))?.permissions();
                std::fs::set_permissions(tree.top().join(name), mode)?;
            }
        }
        Ok(tree)
    }

    /// Where the copy begins.
    pub(crate) fn top(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Where things of its own may lie.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lays these mutants in, and takes out those that were in before.
    pub(crate) fn lay(&mut self, mutants: &BTreeMap<u32, Mutant>) -> Result<()> {
        let mut files: BTreeMap<&str, Vec<(u32, &Mutant)>> = BTreeMap::new();
        for (id, mutant) in mutants {
            let named: BTreeSet<&str> = mutant.edits.iter().map(|edit| edit.file.as_str()).collect();
            for file in named {
                files.entry(file).or_default().push((*id, mutant));
            }
        }
        let old = std::mem::take(&mut self.schemas);
        for file in old.keys().filter(|file| !files.contains_key(file.as_str())) {
            self.write(file, &std::fs::read(self.root.join(file))?)?;
        }
        for (file, mutants) in files {
            let text = std::fs::read_to_string(self.root.join(file))?;
            let schema = schema::plant(&text, file, &mutants)?;
            self.schemas.insert(file.to_owned(), schema);
        }
        for (below, root) in CRATES {
            let text = std::fs::read_to_string(self.root.join(root))?;
            let text = self.schemas.get(*root).map_or(text, |schema| schema.text.clone());
            // Whoever has none gets the module too, since a file may belong to two crates.
            self.write(root, format!("{text}\n#[doc(hidden)]\npub mod planted;\n").as_bytes())?;
            let folder = self.folder.display();
            let switch = format!("{SWITCH}\nconst FOLDER: &str = \"{folder}\";\n");
            self.write(&format!("{below}planted.rs"), switch.as_bytes())?;
        }
        for (file, schema) in &self.schemas {
            if CRATES.iter().all(|(_, root)| root != file) {
                self.write(file, schema.text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Lays one mutant in for good, with no switch, until the next are laid in.
    pub(crate) fn lay_alone(&mut self, mutant: &Mutant) -> Result<()> {
        let file = mutant.file().to_owned();
        let text = std::fs::read_to_string(self.root.join(&file))?;
        let edits: Vec<_> = mutant.edits.iter().collect();
        let text = crate::mutant::edited(&text, &(0..text.len()), &edits)?;
        self.schemas.insert(file.clone(), Schema { text: text.clone(), variants: Vec::new() });
        let module = CRATES.iter().any(|(_, root)| *root == file);
        let module = if module { "\n#[doc(hidden)]\npub mod planted;\n" } else { "" };
        self.write(&file, format!("{text}{module}").as_bytes())
    }

    /// The mutant that owns a byte of a file.
    pub(crate) fn owner(&self, file: &str, byte: usize) -> Option<u32> {
        self.schemas.get(file)?.owner(byte)
    }

    /// Writes a file where it differs, so that cargo sees what changed.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.top().join(name);
        if std::fs::read(&path).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_symlink() || path.file_name().is_some_and(|name| name == "target" || name == ".venv") {
            continue;
        }
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
