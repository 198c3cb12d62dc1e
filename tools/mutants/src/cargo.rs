//! Builds the tests of a tree, and leaves out the mutants that the compiler refuses.

use crate::mutant::Mutant;
use crate::tree::Tree;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How often mutants are taken out before it must build: types are checked before borrows.
const ROUNDS: usize = 12;

/// What was built.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// The tests: package folder and executable.
    pub tests: Vec<(PathBuf, PathBuf)>,
    /// The programs, by name.
    pub programs: BTreeMap<String, PathBuf>,
    /// The mutants that were taken out again.
    pub refused: BTreeSet<u32>,
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    rendered: Option<String>,
    spans: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    file_name: String,
    byte_start: usize,
    is_primary: bool,
}

/// What is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The packages.
    pub packages: &'a [&'a str],
    /// Which of their tests; all of them where none is named.
    pub tests: &'a [String],
}

/// Lays the mutants in and builds tests.
pub(crate) fn build(tree: &mut Tree, mutants: &BTreeMap<u32, Mutant>, scope: Scope<'_>) -> Result<Built> {
    let mut left = mutants.clone();
    let mut refused = BTreeSet::new();
    for _ in 0..ROUNDS {
        tree.lay(&left)?;
        let (built, bad, said) = once(tree, scope)?;
        if let Some(built) = built {
            return Ok(Built { refused, ..built });
        }
        if bad.is_empty() {
            bail!("the tests do not build, and that is no mutant's doing:\n{said}");
        }
        for id in bad {
            left.remove(&id);
            refused.insert(id);
        }
    }
    bail!("after {ROUNDS} rounds there are still mutants that do not build")
}

/// Builds the tree as it is: what came of it, which mutants the compiler refused, and what it said.
pub(crate) fn once(tree: &Tree, scope: Scope<'_>) -> Result<(Option<Built>, BTreeSet<u32>, String)> {
    let mut command = Command::new("cargo");
    command.args(["test", "--no-run", "--locked", "--profile", "mutants", "--message-format", "json"]);
    if scope.tests.is_empty() {
        command.args(["--lib", "--bins", "--tests"]);
    }
    for test in scope.tests {
        command.args(["--test", test]);
    }
    for package in scope.packages {
        command.args(["--package", package]);
    }
    let shared = tree.folder().parent().context("a folder")?.join("target");
    let done = command
        .current_dir(tree.top())
        .env("CARGO_TARGET_DIR", shared)
        .env("RUSTFLAGS", "--cap-lints allow")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stderr(Stdio::piped())
        .output()
        .context("cargo")?;
    let (mut built, mut bad, mut said) = (Built::default(), BTreeSet::new(), String::new());
    for line in String::from_utf8_lossy(&done.stdout).lines() {
        let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
        match (line.reason.as_str(), line.message) {
            ("compiler-artifact", _) => {
                let (Some(executable), Some(target)) = (line.executable, line.target) else { continue };
                if line.profile.is_some_and(|profile| profile.test) {
                    let folder = line.manifest_path.and_then(|path| path.parent().map(PathBuf::from));
                    built.tests.push((folder.unwrap_or_default(), executable));
                } else {
                    built.programs.insert(target.name, executable);
                }
            }
            ("compiler-message", Some(message)) if message.level == "error" => {
                // Whose text the compiler points at; at any of its places, where the first is in nobody's.
                let owned = |place: &Place| tree.owner(&name_of(tree, &place.file_name), place.byte_start);
                let first = message.spans.iter().filter(|place| place.is_primary).find_map(owned);
                bad.extend(first.or_else(|| message.spans.iter().find_map(owned)));
                if said.len() < 20_000 {
                    said.push_str(&message.rendered.unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    if said.is_empty() {
        said = String::from_utf8_lossy(&done.stderr).into_owned();
    }
    Ok((done.status.success().then_some(built), bad, said))
}

/// A file's name from the tree's top, as cargo may name it from a crate's.
fn name_of(tree: &Tree, name: &str) -> String {
    let path = tree.top().join(name);
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    for part in path.strip_prefix(tree.top()).unwrap_or(&path) {
        if part == ".." && !parts.is_empty() {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.iter().collect::<PathBuf>().to_string_lossy().into_owned()
}
