//! Mutants of what only runs inside of the artifact: the guard that every request passes, and the requests themselves.
//!
//! The artifact has no file and no environment to read a switch from, so each of them is a build of its own.

use crate::judge::Verdict;
use crate::kept::{self, Row};
use crate::listing;
use crate::mechanical::{Chosen, Wanted, say};
use crate::mutant::{Mutant, edited};
use crate::page::Group;
use crate::process::run as run_within;
use crate::suite::Suite;
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The packages of the artifact, and the files that are looked at here. Its other code only carries values from one
/// type to another.
const PACKAGES: &[&str] = &["jitney-guard", "jitney-component"];
const FILES: &[&str] = &["guard/src/component.rs", "component/src/http.rs"];
/// What could notice.
const TESTS: &[&str] = &["tests/test_guard.py", "tests/test_asking.py", "tests/test_app.py"];

/// As `./build.sh` builds it, but quicker.
const BUILD: &str = "set -euo pipefail; . tools/build/needs.sh; . tools/build/component.sh; build_component; \
                     cargo build --quiet --release --locked -p jitney-rogue --target wasm32-wasip2";
const QUICKER: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "true"),
];
const BUILT_WITHIN: Duration = Duration::from_mins(15);

/// Runs them, and keeps the verdicts.
pub(crate) fn run(root: &Path, group: &Group, wanted: &Wanted) -> Result<()> {
    let mut all = listing::list(root, PACKAGES)?;
    all.retain(|mutant| FILES.contains(&mutant.file()));
    let mut chosen = Chosen::of(root, group, all, wanted)?;
    let tree = Tree::new(root, group.name)?;
    let tools = tree.top().join(".tools");
    if !tools.exists() {
        std::os::unix::fs::symlink(root.join(".tools"), tools)?;
    }
    ensure!(build(&tree)?, "the artifact does not build without a mutant");
    let suites = suites(root, &tree);
    let mut within = Vec::new();
    for suite in &suites {
        let done = suite.run(&suite.files(), tree.folder(), BUILT_WITHIN)?;
        ensure!(done.well == Some(true), "a test fails without a mutant:\n{}", done.said);
        eprintln!("mutants: {} takes {:.0} s", suite.files().join(" "), done.took.as_secs_f32());
        within.push(done.took * 4 + Duration::from_mins(1));
    }
    let until = wanted.minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    for (id, mutant) in chosen.mutants.clone() {
        if until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        let verdict = judge(root, &tree, &mutant, suites.iter().zip(&within))?;
        say(&mutant, &verdict);
        chosen.keep(id, verdict);
    }
    kept::write(root, group.kept, &chosen.rows().collect::<Vec<Row>>())
}

/// Lays one mutant in, asks the tests about it, and takes it out.
fn judge<'a>(
    root: &Path,
    tree: &Tree,
    mutant: &Mutant,
    suites: impl Iterator<Item = (&'a Suite, &'a Duration)>,
) -> Result<Verdict> {
    let file = mutant.file();
    let text = std::fs::read_to_string(root.join(file))?;
    let edits: Vec<_> = mutant.edits.iter().collect();
    tree.write(file, edited(&text, &(0..text.len()), &edits)?.as_bytes())?;
    let verdict = if build(tree)? { asked(tree, suites) } else { Ok(Verdict::Refused) };
    tree.write(file, text.as_bytes())?;
    verdict
}

fn asked<'a>(tree: &Tree, suites: impl Iterator<Item = (&'a Suite, &'a Duration)>) -> Result<Verdict> {
    for (suite, within) in suites {
        let done = suite.run(&suite.files(), tree.folder(), *within)?;
        match done.well {
            Some(true) => {}
            None => return Ok(Verdict::Timeout(suite.files().join(" "))),
            Some(false) => {
                let failed = suite.failed(&done.said).into_iter().next();
                return Ok(Verdict::Caught(failed.unwrap_or_else(|| "(ended early)".to_owned())));
            }
        }
    }
    Ok(Verdict::Missed)
}

fn build(tree: &Tree) -> Result<bool> {
    let mut command = Command::new("bash");
    command.args(["-c", BUILD]).current_dir(tree.top()).envs(QUICKER.iter().copied());
    let done = run_within(&mut command, BUILT_WITHIN).context("the artifact")?;
    Ok(done.well == Some(true))
}

/// One suite a file: the first that notices is enough.
fn suites(root: &Path, tree: &Tree) -> Vec<Suite> {
    let suite = |file: &&str| Suite::Python {
        python: root.join(".venv/bin/python"),
        top: tree.top(),
        files: vec![(*file).to_owned()],
    };
    TESTS.iter().map(suite).collect()
}
