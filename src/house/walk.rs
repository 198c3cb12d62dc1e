//! Which runs in progress a sweep looks into: a few each time, in turn, and all of them where nobody has looked yet.

use crate::words::ids::RunId;
use crate::words::repository::Repository;
use std::collections::BTreeMap;

/// How many are looked into at once, of one repository: a part of them, and no fewer than these.
const FEW: usize = 3;
const PART: usize = 10;
/// Repositories of which is remembered how far the walk is.
const REMEMBERED: usize = 10_000;

/// How far the walk through each repository's runs is.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    last: BTreeMap<Repository, RunId>,
}

impl Walk {
    /// How far each is.
    pub(super) fn kept(&self) -> Vec<(Repository, RunId)> {
        self.last.iter().map(|(repository, run)| (repository.clone(), *run)).collect()
    }

    pub(super) fn remember(&mut self, kept: Vec<(Repository, RunId)>) {
        self.last.extend(kept.into_iter().take(REMEMBERED));
    }

    pub(super) fn turn(&mut self, repository: Repository, mut runs: Vec<RunId>) -> Vec<RunId> {
        runs.sort_unstable();
        if let Some(last) = self.last.get(&repository) {
            let next = runs.partition_point(|run| run <= last);
            runs.rotate_left(next);
            runs.truncate((runs.len() / PART).max(FEW));
        }
        if self.last.len() >= REMEMBERED {
            self.last.clear();
        }
        self.last.insert(repository, runs.last().copied().unwrap_or(RunId(0)));
        runs
    }
}
