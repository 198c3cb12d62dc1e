//! The planted bugs: what notices each, and the record of it.

use crate::cargo::{Scope, build};
use crate::judge::{Judge, Simulated, Verdict};
use crate::mutant::Mutant;
use crate::suite::Suite;
use crate::table;
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// What noticed each, as of the last full run.
const KEPT: &str = "tools/mutants/planted.tsv";

/// The packages whose tests look at them.
const PACKAGES: &[&str] = &["jitney", "jitney-operator", "jitney-runner", "jitney-simulator"];

/// How many seeds of the simulation a full run plays for each.
pub(crate) const SEEDS: u32 = 100;

/// Which bugs are looked at, and how closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// All of them, by every test and every seed.
    Whole,
    /// Those that were not noticed the last time, or are new.
    Open,
    /// Only whether what noticed each the last time still does.
    Quick,
}

/// One bug as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    name: String,
    /// How many seeds notice it, of how many.
    seeds: String,
    /// The first that does.
    first: String,
    promises: String,
    tests: String,
}

impl Row {
    fn caught(&self) -> bool {
        !self.first.is_empty() || !self.tests.is_empty()
    }

    /// What is quickest to ask again.
    fn last(&self) -> String {
        let test = self.tests.split(", ").next().unwrap_or_default();
        if test.is_empty() { format!("seed {}", self.first) } else { test.to_owned() }
    }
}

/// Reads the record.
pub(crate) fn rows(root: &Path) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(root.join(KEPT)).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let [name, seeds, first, promises, tests] =
                fields.try_into().ok().with_context(|| format!("{KEPT}: must have five fields: {line}"))?;
            Ok(Row { name, seeds, first, promises, tests })
        })
        .collect()
}

fn write(root: &Path, rows: &[Row]) -> Result<()> {
    let mut text = String::from(
        "# Written by `./build.sh mutants planted`: bug, seeds that break a promise, the first, promises, tests that fail.\n",
    );
    for Row { name, seeds, first, promises, tests } in rows {
        let _ = writeln!(text, "{name}\t{seeds}\t{first}\t{promises}\t{tests}");
    }
    std::fs::write(root.join(KEPT), text).context(KEPT)
}

/// The table for docs.
pub(crate) fn table(rows: &[Row]) -> String {
    let by_seeds = rows.iter().filter(|row| !row.first.is_empty()).count();
    let by_tests = rows.iter().filter(|row| !row.tests.is_empty()).count();
    let caught = rows.iter().filter(|row| row.caught()).count();
    let mut text = format!(
        "{} bugs: {caught} are caught, {by_seeds} by the simulation, {by_tests} by `cargo test`.\n\n\
         | Planted bug | Seeds | Promises | Tests |\n|---|---|---|---|\n",
        rows.len()
    );
    let code = |list: &str| {
        list.split(", ")
            .filter(|one| !one.is_empty())
            .map(|one| format!("`{one}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    for row in rows {
        let seeds = if row.first.is_empty() {
            "none".to_owned()
        } else {
            format!("{}, first {}", row.seeds, row.first)
        };
        let _ = writeln!(text, "| {} | {seeds} | {} | {} |", row.name, code(&row.promises), code(&row.tests));
    }
    text
}

/// Plants those whose name has one of these parts, and says what is not noticed.
pub(crate) fn run(root: &Path, names: &[String], how: How) -> Result<bool> {
    let (mut bugs, stale) = table::read(root)?;
    for why in &stale {
        println!("stale: {why}");
    }
    if !names.is_empty() {
        for name in names {
            ensure!(
                bugs.iter().any(|bug| bug.name.contains(name)),
                "no planted bug has `{name}` in its name"
            );
        }
        bugs.retain(|bug| names.iter().any(|name| bug.name.contains(name)));
    }
    let mutants: BTreeMap<u32, Mutant> = (1..).zip(bugs).collect();
    let mut well = stale.is_empty();
    let mut tree = Tree::new(root, "planted")?;
    for mutant in mutants.values() {
        for edit in &mutant.edits {
            let text = std::fs::read_to_string(root.join(&edit.file))?;
            if !crate::schema::switchable(&text, &edit.file, mutant)? {
                println!("stale: {}: lies outside of a function that can hold a switch", mutant.name);
                well = false;
            }
        }
    }
    eprintln!("mutants: building {} bugs at once", mutants.len());
    let kept = rows(root)?;
    let known: Vec<String> = kept.iter().map(Row::last).collect();
    // Whoever is asked first, and the simulation, which is built for its own test.
    let mut tests: Vec<String> =
        known.iter().filter_map(|one| Some(one.split_once("::")?.0.to_owned())).collect();
    tests.push("playing".to_owned());
    tests.sort_unstable();
    tests.dedup();
    let scope = Scope { packages: PACKAGES, tests: if how == How::Quick { &tests } else { &[] } };
    let built = build(&mut tree, &mutants, scope)?;
    for id in &built.refused {
        println!("stale: {}: does not compile", mutants.get(id).map_or("", |mutant| mutant.name.as_str()));
        well = false;
    }
    let mutants = mutants.into_iter().filter(|(id, _)| !built.refused.contains(id)).collect();
    let simulate = Some(built.programs.get("simulate").context("the simulation was not built")?.clone());
    let suites = Suite::of(&built);
    if how == How::Quick {
        let judge = Judge::known(suites, simulate, SEEDS, tree.folder(), &known)?;
        return Ok(look_again(&judge, &mutants, &kept)? && well);
    }
    let judge = Judge::new(suites, simulate, SEEDS, tree.folder())?;
    eprintln!("mutants: {}", judge.told());
    let mut new: BTreeMap<String, Row> = kept.into_iter().map(|row| (row.name.clone(), row)).collect();
    for (id, mutant) in &mutants {
        if how == How::Open && new.get(&mutant.name).is_some_and(Row::caught) {
            continue;
        }
        let row = look(&judge, *id, mutant)?;
        let caught = if row.caught() { "caught" } else { "NOT CAUGHT" };
        println!("{caught}: {} | {} {} {} | {}", row.name, row.seeds, row.first, row.promises, row.tests);
        well &= row.caught();
        new.insert(row.name.clone(), row);
    }
    // In the table's order, and nothing that left it.
    let (all, _) = table::read(root)?;
    let rows: Vec<Row> = all.iter().filter_map(|bug| new.remove(&bug.name)).collect();
    write(root, &rows)?;
    Ok(well)
}

fn look(judge: &Judge, id: u32, mutant: &Mutant) -> Result<Row> {
    let mut tests = judge.tests(id)?;
    tests.truncate(3);
    let (mut seeds, mut first, mut promises) = (String::new(), String::new(), String::new());
    if let Some(Simulated { seeds: count, played, first: one, promises: broken }) = judge.simulate(id)? {
        seeds = format!("{count} of {played}");
        first = one;
        promises = broken.join(", ");
    }
    Ok(Row { name: mutant.name.clone(), seeds, first, promises, tests: tests.join(", ") })
}

fn look_again(judge: &Judge, mutants: &BTreeMap<u32, Mutant>, kept: &[Row]) -> Result<bool> {
    let mut well = true;
    for (id, mutant) in mutants {
        let last = kept.iter().find(|row| row.name == mutant.name).map(Row::last);
        let verdict = judge.judge(0, *id, last.as_deref())?;
        let (Verdict::Caught(by) | Verdict::Timeout(by)) = verdict else {
            println!("NOT CAUGHT: {}", mutant.name);
            well = false;
            continue;
        };
        println!("caught: {} | {by}", mutant.name);
    }
    println!("mutants: {} planted bugs were tried", mutants.len());
    Ok(well)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn every_planted_bug_has_its_place_in_the_code_of_today() {
        let (bugs, stale) = table::read(&root()).unwrap();
        assert_eq!((stale, bugs.is_empty()), (Vec::new(), false));
    }

    #[test]
    fn every_planted_bug_was_caught_when_all_were_last_run() {
        let rows = rows(&root()).unwrap();
        let (bugs, _) = table::read(&root()).unwrap();
        for bug in bugs {
            let row = rows.iter().find(|row| row.name == bug.name);
            assert!(row.is_some_and(Row::caught), "{}: run `./build.sh mutants planted`", bug.name);
        }
    }
}
