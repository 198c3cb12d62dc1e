//! The tests, one by one: which mutants each could notice, and how long it takes.

use crate::cargo::Built;
use crate::process::{Done, empty, run};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long one test may take without a mutant.
const LONGEST: Duration = Duration::from_mins(4);

/// What runs tests by name.
#[derive(Clone, Debug)]
pub(crate) enum Suite {
    /// An executable of cargo's.
    Rust {
        /// What its tests' names begin with.
        label: String,
        /// Where it runs.
        folder: PathBuf,
        /// The file.
        executable: PathBuf,
    },
    /// Files of Python tests in a tree.
    Python {
        /// The interpreter.
        python: PathBuf,
        /// The tree.
        top: PathBuf,
        /// The files.
        files: Vec<String>,
    },
}

/// One test.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    /// Which suite it is of.
    pub suite: usize,
    /// Its name in there.
    pub name: String,
    /// How long it takes.
    pub took: Duration,
    /// The mutants whose function it calls.
    pub reached: BTreeSet<u32>,
}

impl Suite {
    /// The suites that cargo built.
    pub(crate) fn of(built: &Built) -> Vec<Self> {
        let named = |executable: &Path| {
            let stem = executable.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            stem.rsplit_once('-').map_or(stem.clone(), |(name, _)| name.to_owned())
        };
        let suite = |(folder, executable): &(PathBuf, PathBuf)| Self::Rust {
            label: named(executable),
            folder: folder.clone(),
            executable: executable.clone(),
        };
        // The simulation's own tests play the core too, and less of it than the simulation does.
        built.tests.iter().filter(|(folder, _)| !folder.ends_with("simulator")).map(suite).collect()
    }

    /// A test's name beside those of other suites.
    pub(crate) fn full(&self, name: &str) -> String {
        match self {
            Self::Rust { label, .. } => format!("{label}::{name}"),
            Self::Python { .. } => name.to_owned(),
        }
    }

    /// Its files, where it has some.
    pub(crate) fn files(&self) -> Vec<&str> {
        match self {
            Self::Rust { .. } => Vec::new(),
            Self::Python { files, .. } => files.iter().map(String::as_str).collect(),
        }
    }

    fn names(&self) -> Result<Vec<String>> {
        let mut command = match self {
            Self::Rust { folder, executable, .. } => {
                let mut command = Command::new(executable);
                command.args(["--list", "--format", "terse"]).current_dir(folder);
                command
            }
            Self::Python { python, top, files } => {
                let mut command = Command::new(python);
                command.args(["-m", "pytest", "--collect-only", "-q"]).args(files).current_dir(top);
                command
            }
        };
        let done = run(&mut command, LONGEST)?;
        if done.well != Some(true) {
            bail!("the tests cannot be listed:\n{}", done.said);
        }
        let name = |line: &str| match self {
            Self::Rust { .. } => line.strip_suffix(": test").map(str::to_owned),
            Self::Python { .. } => line.contains("::").then(|| line.to_owned()),
        };
        Ok(done.said.lines().filter_map(name).collect())
    }

    /// Runs these tests, under the mutant that the folder tells of.
    pub(crate) fn run(&self, names: &[&str], told: &Path, within: Duration) -> Result<Done> {
        let mut command = match self {
            Self::Rust { folder, executable, .. } => {
                let mut command = Command::new(executable);
                // With no name it would run none.
                command.args(names.first().map(|_| "--exact")).args(names).current_dir(folder);
                command
            }
            Self::Python { python, top, .. } => {
                let mut command = Command::new(python);
                command
                    .args(["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"])
                    .args(names)
                    .current_dir(top);
                command
            }
        };
        run(command.env("JITNEY_MUTANTS", told), within)
    }

    /// The tests that failed, from what the suite printed.
    pub(crate) fn failed(&self, said: &str) -> Vec<String> {
        let name = |line: &str| match self {
            Self::Rust { .. } => {
                let rest = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
                Some(rest.trim_end_matches(" - should panic").to_owned())
            }
            Self::Python { .. } => {
                let rest = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "))?;
                Some(rest.split(" - ").next().unwrap_or_default().to_owned())
            }
        };
        said.lines().filter_map(name).map(|name| self.full(&name)).collect()
    }
}

/// Reads what a process wrote down about the mutants that it reached.
pub(crate) fn reached(told: &Path) -> Result<BTreeSet<u32>> {
    let text = std::fs::read_to_string(told.join("reached")).context("reached")?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
}

/// Runs every test by itself, with no mutant on. Those that fail are told and left out.
pub(crate) fn survey(suites: &[Suite], told: &Path) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for (at, suite) in suites.iter().enumerate() {
        for name in suite.names()? {
            empty(&told.join("reached"))?;
            let done = suite.run(&[&name], told, LONGEST)?;
            if done.well == Some(true) {
                tests.push(Test { suite: at, name, took: done.took, reached: reached(told)? });
            } else {
                eprintln!("mutants: {} fails without a mutant, so it is left out", suite.full(&name));
            }
        }
    }
    let _ = std::fs::remove_file(told.join("reached"));
    Ok(tests)
}

/// Those of the tests whose full name is among these, with no word on what they reach.
pub(crate) fn only(suites: &[Suite], told: &Path, known: &[String]) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for (at, suite) in suites.iter().enumerate() {
        let names = suite.names()?;
        let names: Vec<&str> =
            names.iter().filter(|name| known.contains(&suite.full(name))).map(String::as_str).collect();
        if names.is_empty() {
            continue;
        }
        let done = suite.run(&names, told, LONGEST)?;
        if done.well != Some(true) {
            bail!("a test fails without a mutant:\n{}", done.said);
        }
        let test = |name: &&str| Test {
            suite: at,
            name: (*name).to_owned(),
            took: done.took,
            reached: BTreeSet::new(),
        };
        tests.extend(names.iter().map(test));
    }
    Ok(tests)
}
