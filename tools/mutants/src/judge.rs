//! Switches one mutant on and looks whether anything notices.

use crate::process::{Done, empty, run};
use crate::suite::{Suite, Test, reached, survey};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Something failed: a test, or a seed and the promises it breaks.
    Caught(String),
    /// Something did not end.
    Timeout(String),
    /// Nothing noticed.
    Missed,
    /// The compiler does.
    Refused,
    /// Nobody looked.
    NotRun,
}

/// How the simulation took a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Simulated {
    /// How many seeds broke a promise, the first of them, and which promises, the most frequent first.
    pub seeds: usize,
    /// Of how many.
    pub played: usize,
    /// The first.
    pub first: String,
    /// The promises, the most often broken first.
    pub promises: Vec<String>,
}

/// All that looks at mutants.
#[derive(Debug)]
pub(crate) struct Judge {
    suites: Vec<Suite>,
    tests: Vec<Test>,
    simulate: Option<PathBuf>,
    /// The mutants that the simulation reaches, and how long it takes without one.
    simulated: (BTreeSet<u32>, Duration),
    seeds: u32,
    folder: PathBuf,
    /// Whether reach is not known, and everything is asked.
    all: bool,
}

impl Judge {
    /// Looks at what each test reaches. A folder of this judge's is where mutants are switched on.
    pub(crate) fn new(
        suites: Vec<Suite>,
        simulate: Option<PathBuf>,
        seeds: u32,
        folder: &Path,
    ) -> Result<Self> {
        // The survey's, and that of processes whose environment was cleared.
        std::fs::create_dir_all(folder)?;
        let _ = std::fs::remove_file(folder.join("active"));
        let tests = survey(&suites, folder)?;
        let mut judge = Self {
            suites,
            tests,
            simulate,
            simulated: Default::default(),
            seeds,
            folder: folder.to_owned(),
            all: false,
        };
        if judge.simulate.is_some() && seeds > 0 {
            empty(&folder.join("reached"))?;
            // Writing down who is reached is what takes long here: few seeds.
            let few = seeds.min(24);
            let done = judge.play(folder, "1", few, Duration::from_mins(10))?;
            ensure!(done.well == Some(true), "the simulation fails without a mutant:\n{}", done.said);
            let reached = reached(folder)?;
            std::fs::remove_file(folder.join("reached"))?;
            let done = judge.play(folder, "1", seeds, Duration::from_mins(20))?;
            ensure!(done.well == Some(true), "the simulation fails without a mutant:\n{}", done.said);
            judge.simulated = (reached, done.took);
        }
        Ok(judge)
    }

    /// Only the tests that are known by name, and all mutants within reach of each: what noticed them before is asked.
    pub(crate) fn known(
        suites: Vec<Suite>,
        simulate: Option<PathBuf>,
        seeds: u32,
        folder: &Path,
        known: &[String],
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let _ = std::fs::remove_file(folder.join("active"));
        let tests = crate::suite::only(&suites, folder, known)?;
        let mut judge = Self {
            suites,
            tests,
            simulate,
            simulated: Default::default(),
            seeds,
            folder: folder.to_owned(),
            all: true,
        };
        let few = 12;
        let done = judge.play(folder, "1", few, Duration::from_mins(20))?;
        ensure!(done.well == Some(true), "the simulation fails without a mutant:\n{}", done.said);
        judge.simulated.1 = done.took * seeds.div_ceil(few);
        Ok(judge)
    }

    /// Whether anything notices what was built to be on always.
    pub(crate) fn alone(
        suites: &[Suite],
        simulate: Option<&Path>,
        seeds: u32,
        folder: &Path,
    ) -> Result<Verdict> {
        let within = Duration::from_mins(3);
        for suite in suites {
            let done = suite.run(&[], folder, within)?;
            match done.well {
                Some(true) => {}
                None => return Ok(Verdict::Timeout(suite.full("").trim_end_matches(':').to_owned())),
                Some(false) => {
                    return Ok(Verdict::Caught(
                        named(suite, &done.said).into_iter().next().unwrap_or_default(),
                    ));
                }
            }
        }
        let Some(simulate) = simulate.filter(|_| seeds > 0) else { return Ok(Verdict::Missed) };
        let mut command = Command::new(simulate);
        let done = run(command.args(["--seeds", &seeds.to_string(), "--no-figures"]), within)?;
        Ok(noticed(&done).unwrap_or(Verdict::Missed))
    }

    /// How many tests there are, and how long they take one after the other.
    pub(crate) fn told(&self) -> String {
        let took: Duration = self.tests.iter().map(|test| test.took).sum();
        let simulated = self.simulated.1.as_secs_f32();
        format!(
            "{} tests take {:.1} s, {} seeds {simulated:.1} s",
            self.tests.len(),
            took.as_secs_f32(),
            self.seeds
        )
    }

    fn play(&self, told: &Path, first: &str, seeds: u32, within: Duration) -> Result<Done> {
        let mut command = Command::new(self.simulate.as_ref().context("no simulation")?);
        command.args(["--first", first, "--seeds", &seeds.to_string(), "--no-figures"]);
        // A trace of the first failure is no use here, and long.
        run(command.env("JITNEY_MUTANTS", told), within)
    }

    /// Where one worker switches its mutants on. The first worker's folder is also known to those without environment.
    fn switch(&self, worker: usize, id: u32) -> Result<PathBuf> {
        let told =
            if worker == 0 { self.folder.clone() } else { self.folder.join(format!("worker-{worker}")) };
        std::fs::create_dir_all(&told)?;
        std::fs::write(told.join("active"), id.to_string())?;
        Ok(told)
    }

    /// What notices this mutant first: the one that did the last time, tests, then the simulation.
    pub(crate) fn judge(&self, worker: usize, id: u32, last: Option<&str>) -> Result<Verdict> {
        let told = self.switch(worker, id)?;
        if let Some(seed) = last.and_then(|last| last.strip_prefix("seed ")) {
            let first = seed.split(' ').next().unwrap_or_default();
            if let Some(seen) = self.seeds_of(&told, first, 1)? {
                return Ok(seen);
            }
        }
        if let Some(verdict) = self.tested(&told, id, last)? {
            return Ok(verdict);
        }
        if self.all || self.simulated.0.contains(&id) {
            for (first, seeds) in [(1, self.seeds / 8), (1 + self.seeds / 8, self.seeds - self.seeds / 8)] {
                if let Some(seen) = self.seeds_of(&told, &first.to_string(), seeds)? {
                    return Ok(seen);
                }
            }
        }
        Ok(Verdict::Missed)
    }

    fn seeds_of(&self, told: &Path, first: &str, seeds: u32) -> Result<Option<Verdict>> {
        let done = self.play(told, first, seeds.max(1), self.simulated.1 * 10 + Duration::from_secs(20))?;
        Ok(noticed(&done))
    }

    /// How the simulation takes it: a few seeds, and all of them where those notice nothing.
    pub(crate) fn simulate(&self, id: u32) -> Result<Option<Simulated>> {
        if !self.all && !self.simulated.0.contains(&id) {
            return Ok(None);
        }
        let told = self.switch(0, id)?;
        let few = self.seeds / 4;
        for (first, seeds) in [(1, few), (few + 1, self.seeds - few)] {
            let within = self.simulated.1 * 10 + Duration::from_secs(20);
            let done = self.play(&told, &first.to_string(), seeds, within)?;
            let played = usize::try_from(first + seeds - 1)?;
            let ended =
                |first: &str| Simulated { seeds: 1, played, first: first.to_owned(), promises: Vec::new() };
            let seen = match done.well {
                Some(true) => continue,
                None => ended("which does not end"),
                Some(false) => broken(&done.said).unwrap_or_else(|| ended("which ends early")),
            };
            return Ok(Some(Simulated { played, ..seen }));
        }
        Ok(None)
    }

    /// The tests that fail, a few of them.
    pub(crate) fn tests(&self, id: u32) -> Result<Vec<String>> {
        let told = self.switch(0, id)?;
        let mut failed = Vec::new();
        for (suite, names, within) in self.reaching(id) {
            let done = suite.run(&names, &told, within)?;
            match done.well {
                Some(true) => {}
                Some(false) => failed.extend(named(suite, &done.said)),
                None => failed.push(suite.full("(does not end)")),
            }
        }
        Ok(failed)
    }

    fn tested(&self, told: &Path, id: u32, last: Option<&str>) -> Result<Option<Verdict>> {
        let mut order = self.reaching(id);
        // Whoever caught it before is asked alone, and first.
        let known = self.tests.iter().find(|test| {
            self.reaches(test, id)
                && self
                    .suites
                    .get(test.suite)
                    .is_some_and(|suite| Some(suite.full(&test.name).as_str()) == last)
        });
        if let Some((test, suite)) = known.and_then(|test| Some((test, self.suites.get(test.suite)?))) {
            order.insert(0, (suite, vec![test.name.as_str()], patience(test.took)));
        }
        for (suite, names, within) in order {
            let done = suite.run(&names, told, within)?;
            match done.well {
                Some(true) => {}
                None => return Ok(Some(Verdict::Timeout(suite.full("").trim_end_matches(':').to_owned()))),
                Some(false) => {
                    return Ok(named(suite, &done.said).into_iter().next().map(Verdict::Caught));
                }
            }
        }
        Ok(None)
    }

    fn reaches(&self, test: &Test, id: u32) -> bool {
        self.all || test.reached.contains(&id)
    }

    /// The tests that reach a mutant, suite by suite, the quickest first.
    fn reaching(&self, id: u32) -> Vec<(&Suite, Vec<&str>, Duration)> {
        let mut by_suite: BTreeMap<usize, (Vec<&Test>, Duration)> = BTreeMap::new();
        for test in self.tests.iter().filter(|test| self.reaches(test, id)) {
            let (tests, took) = by_suite.entry(test.suite).or_default();
            tests.push(test);
            *took += test.took;
        }
        let mut order: Vec<_> = by_suite.into_iter().collect();
        order.sort_by_key(|(_, (_, took))| *took);
        let mut found = Vec::new();
        for (suite, (mut tests, took)) in order {
            tests.sort_by_key(|test| test.took);
            let each = tests.into_iter().map(|test| test.name.as_str()).collect();
            found.extend(self.suites.get(suite).map(|suite| (suite, each, patience(took))));
        }
        found
    }
}

/// What a simulation says of a mutant.
fn noticed(done: &Done) -> Option<Verdict> {
    match done.well {
        Some(true) => None,
        None => Some(Verdict::Timeout("the simulation".to_owned())),
        Some(false) => Some(Verdict::Caught(match broken(&done.said) {
            Some(seen) => format!("seed {} ({})", seen.first, seen.promises.join(", ")),
            None => "the simulation, which ended early".to_owned(),
        })),
    }
}

/// How long is too long for what takes so long without a mutant.
fn patience(took: Duration) -> Duration {
    took * 10 + Duration::from_secs(15)
}

/// Who failed; the suite itself where it ended without a word.
fn named(suite: &Suite, said: &str) -> Vec<String> {
    let failed = suite.failed(said);
    if failed.is_empty() { vec![suite.full("(ended early)")] } else { failed }
}

/// Reads what the simulation prints of seeds that break a promise.
fn broken(said: &str) -> Option<Simulated> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut first, mut seeds) = (None, 0);
    for rest in said.lines().filter_map(|line| line.strip_prefix("seed ")) {
        let Some((seed, rest)) = rest.split_once(" (") else { continue };
        let Some(promise) = rest.split_once("): ").and_then(|(_, rest)| rest.split(':').next()) else {
            continue;
        };
        first.get_or_insert(seed);
        seeds += 1;
        *counts.entry(promise).or_default() += 1;
    }
    let mut promises: Vec<_> = counts.into_iter().collect();
    promises.sort_by_key(|(name, count)| (core::cmp::Reverse(*count), *name));
    let promises = promises.into_iter().map(|(name, _)| name.to_owned()).collect();
    Some(Simulated { seeds, played: seeds, first: first?.to_owned(), promises })
}
