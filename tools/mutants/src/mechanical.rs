//! Cargo-mutants' mutants of a group, judged by native tests, Python's where a binary of ours is tested by them, and
//! for the core a short simulation.

use crate::cargo::{Built, Scope, build};
use crate::judge::{Judge, Verdict};
use crate::kept::{self, Row};
use crate::listing;
use crate::mutant::Mutant;
use crate::page::Group;
use crate::schema;
use crate::suite::Suite;
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many seeds are played for a mutant of the core that no test notices.
const SEEDS: u32 = 40;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only files whose name begins so.
    pub files: Vec<String>,
    /// The k-th of n parts.
    pub shard: Option<(usize, usize)>,
    /// Only those that survived, or were not run, the last time.
    pub open: bool,
    /// How many are judged at once.
    pub workers: usize,
    /// After how many minutes none is begun any more.
    pub minutes: Option<u64>,
    /// The only files of Python tests to look with.
    pub tests: Vec<String>,
}

/// What is of a group.
struct Kind {
    packages: &'static [&'static str],
    /// Their tests.
    tests: &'static [&'static str],
    python: Vec<String>,
    seeds: u32,
    /// Files that are not part of a native build.
    without: &'static [&'static str],
}

fn kind(group: &Group) -> Kind {
    if group.name == "core" {
        Kind {
            packages: &["jitney"],
            tests: &["jitney", "jitney-operator", "jitney-runner", "jitney-guard", "jitney-simulator"],
            python: Vec::new(),
            seeds: SEEDS,
            without: &[],
        }
    } else {
        Kind {
            packages: &["jitney-runner", "jitney-guard"],
            tests: &["jitney-runner", "jitney-guard"],
            python: ["runner", "runner_ends", "refusal"].map(|name| format!("tests/test_{name}.py")).into(),
            seeds: 0,
            without: &["guard/src/component.rs", "guard/src/bare.rs", "guard/src/bindings.rs"],
        }
    }
}

/// Runs a group, keeps the verdicts, and says whether all that survived is excused.
pub(crate) fn run(root: &Path, group: &Group, wanted: &Wanted) -> Result<()> {
    let mut kind = kind(group);
    if !wanted.tests.is_empty() {
        kind.python.clone_from(&wanted.tests);
    }
    let excuses = kept::excuses(root)?;
    // A few tests that notice nothing say nothing about the others; what is harmless is harmless to all.
    let counts = |mutant: &Mutant, verdict: &Verdict| {
        wanted.tests.is_empty() || *verdict != Verdict::Missed || excuses.contains_key(&key(mutant))
    };
    let mut all = listing::list(root, kind.packages)?;
    // A file that a second crate takes in by its path is the first one's.
    all.retain(|mutant| !kind.without.contains(&mutant.file()) && !mutant.file().contains(".."));
    let mut chosen = Chosen::of(root, group, all, wanted)?;
    let mut tree = Tree::new(root, group.name)?;
    let mut texts: HashMap<String, String> = HashMap::new();
    let (mut together, mut alone) = (BTreeMap::new(), Vec::new());
    for (id, mutant) in chosen.mutants.clone() {
        let file = mutant.file().to_owned();
        if !texts.contains_key(&file) {
            texts.insert(file.clone(), std::fs::read_to_string(root.join(&file))?);
        }
        if schema::switchable(texts.get(&file).map_or("", String::as_str), &file, &mutant)? {
            together.insert(id, mutant);
        } else {
            alone.push((id, mutant));
        }
    }
    eprintln!("mutants: building {} at once; {} need a build of their own", together.len(), alone.len());
    let scope = Scope { packages: kind.tests, tests: &[] };
    let built = build(&mut tree, &together, scope)?;
    eprintln!("mutants: {} do not compile", built.refused.len());
    let judge = judge_of(root, &tree, &built, &kind)?;
    eprintln!("mutants: {}", judge.told());
    for id in &built.refused {
        chosen.keep(*id, Verdict::Refused);
    }
    together.retain(|id, _| !built.refused.contains(id));
    let until = wanted.minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let in_time = || until.is_none_or(|until| Instant::now() < until);
    let workers = if kind.python.is_empty() { wanted.workers.max(1) } else { 1 };
    for (id, verdict) in judged(&judge, &together, workers, &|mutant| chosen.last(mutant), &in_time)? {
        if together.get(&id).is_some_and(|mutant| counts(mutant, &verdict)) {
            chosen.keep(id, verdict);
        }
    }
    for (id, mutant) in alone.into_iter().take_while(|_| in_time()) {
        let verdict = by_itself(&mut tree, &kind, &mutant)?;
        say(&mutant, &verdict);
        if counts(&mutant, &verdict) {
            chosen.keep(id, verdict);
        }
    }
    kept::write(root, group.kept, &chosen.rows().collect::<Vec<_>>())
}

/// The mutants of a group with their verdicts, and those of them that are judged now, by number.
#[derive(Debug)]
pub(crate) struct Chosen {
    all: Vec<Mutant>,
    verdicts: Vec<Verdict>,
    old: HashMap<(String, String), Verdict>,
    /// Those that are judged now.
    pub mutants: BTreeMap<u32, Mutant>,
}

impl Chosen {
    /// Those of `all` that are wanted.
    pub(crate) fn of(root: &Path, group: &Group, all: Vec<Mutant>, wanted: &Wanted) -> Result<Self> {
        for file in &wanted.files {
            ensure!(
                all.iter().any(|mutant| mutant.file().starts_with(file)),
                "no mutant of {} is in a file whose name begins with {file}",
                group.name
            );
        }
        let old: HashMap<(String, String), Verdict> = kept::rows(root, group.kept)?
            .into_iter()
            .map(|row| ((row.file, row.name), row.verdict))
            .collect();
        let verdicts =
            all.iter().map(|mutant| old.get(&key(mutant)).cloned().unwrap_or(Verdict::NotRun)).collect();
        let mutants = (1..)
            .zip(all.iter().cloned())
            .enumerate()
            .filter(|(at, (_, mutant))| {
                let open = matches!(old.get(&key(mutant)), None | Some(Verdict::Missed | Verdict::NotRun));
                (wanted.files.is_empty() || wanted.files.iter().any(|file| mutant.file().starts_with(file)))
                    && wanted.shard.is_none_or(|(k, n)| at % n == k - 1)
                    && (open || !wanted.open)
            })
            .map(|(_, pair)| pair)
            .collect();
        Ok(Self { all, verdicts, old, mutants })
    }

    /// Keeps what became of one.
    pub(crate) fn keep(&mut self, id: u32, verdict: Verdict) {
        if let Some(kept) = usize::try_from(id).ok().and_then(|id| self.verdicts.get_mut(id - 1)) {
            *kept = verdict;
        }
    }

    /// What caught it the last time.
    fn last(&self, mutant: &Mutant) -> Option<String> {
        match self.old.get(&key(mutant)) {
            Some(Verdict::Caught(by)) => Some(by.clone()),
            _ => None,
        }
    }

    /// All of the group, as they are kept.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        self.all.iter().zip(&self.verdicts).map(|(mutant, verdict)| Row {
            file: mutant.file().to_owned(),
            name: mutant.name.clone(),
            verdict: verdict.clone(),
        })
    }
}

fn key(mutant: &Mutant) -> (String, String) {
    (mutant.file().to_owned(), mutant.name.clone())
}

fn judge_of(root: &Path, tree: &Tree, built: &Built, kind: &Kind) -> Result<Judge> {
    let mut suites = Suite::of(built);
    if !kind.python.is_empty() {
        let runner = built.programs.get("jitney-runner").context("jitney-runner was not built")?;
        // A sandbox that a mutant kept from ending may still run the last one, which cannot be written to.
        let _ = std::fs::remove_file(tree.top().join("target/jitney-runner"));
        tree.write("target/jitney-runner", &std::fs::read(runner)?)?;
        std::fs::set_permissions(
            tree.top().join("target/jitney-runner"),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )?;
        suites.push(Suite::Python {
            python: root.join(".venv/bin/python"),
            top: tree.top(),
            files: kind.python.clone(),
        });
    }
    Judge::new(suites, built.programs.get("simulate").cloned(), kind.seeds, tree.folder())
}

fn judged(
    judge: &Judge,
    mutants: &BTreeMap<u32, Mutant>,
    workers: usize,
    last: &(dyn Fn(&Mutant) -> Option<String> + Sync),
    in_time: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<(u32, Verdict)>> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let all: Vec<(&u32, &Mutant)> = mutants.iter().collect();
    let work = |worker: usize| -> Result<()> {
        while in_time()
            && let Some((id, mutant)) = all.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let verdict = judge.judge(worker, **id, last(mutant).as_deref())?;
            say(mutant, &verdict);
            found.lock().map_err(|_| anyhow::anyhow!("a worker fell over"))?.push((**id, verdict));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a worker fell over"))?)
    })?;
    found.into_inner().map_err(|_| anyhow::anyhow!("a worker fell over"))
}

/// One that cannot stand behind a switch is built alone, always on.
fn by_itself(tree: &mut Tree, kind: &Kind, mutant: &Mutant) -> Result<Verdict> {
    tree.lay(&BTreeMap::new())?;
    tree.lay_alone(mutant)?;
    let built = crate::cargo::once(tree, Scope { packages: kind.tests, tests: &[] });
    let verdict = match built? {
        (Some(built), _, _) => {
            let simulate = built.programs.get("simulate").cloned();
            Judge::alone(&Suite::of(&built), simulate.as_deref(), kind.seeds, tree.folder())
        }
        (None, _, _) => Ok(Verdict::Refused),
    };
    tree.lay(&BTreeMap::new())?;
    verdict
}

pub(crate) fn say(mutant: &Mutant, verdict: &Verdict) {
    match verdict {
        Verdict::Missed => println!("SURVIVED: {}: {}", mutant.file(), mutant.name),
        Verdict::Caught(by) => println!("caught: {}: {} | {by}", mutant.file(), mutant.name),
        Verdict::Timeout(by) => println!("timeout: {}: {} | {by}", mutant.file(), mutant.name),
        Verdict::Refused => println!("refused: {}: {}", mutant.file(), mutant.name),
        Verdict::NotRun => {}
    }
}
