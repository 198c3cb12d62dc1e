//! Who has which job, and which jobs are over. Bounded, however many deliveries are replayed.

use super::{Claim, CourseId, Ruling, Waiting};
use crate::words::ids::{Guid, JobId};
use crate::words::repository::Repository;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Jobs that are remembered to be over, jobs that a course had, and runners that were at work.
const OVER: usize = 100_000;
const HAD: usize = 10_000;
const AT_WORK: usize = 10_000;
/// Repositories of which was heard lately.
const REPOSITORIES: usize = 1_000;
/// How many of each are kept for the next house: what is older was told long ago.
const KEPT: usize = 2_000;

/// The claims of all courses.
#[derive(Debug)]
pub(super) struct Claims {
    held: BTreeMap<JobId, CourseId>,
    deliveries: BTreeMap<Guid, CourseId>,
    /// Jobs of which a ticket waits: one each.
    waiting: BTreeSet<JobId>,
    over: Memory<JobId>,
    had: Memory<JobId>,
    /// What jobs asked of a runner, by a digest of it: those of which was heard lately.
    labels: BTreeMap<JobId, u64>,
    /// Runners that were heard to be at work, by name. None of them takes another job.
    at_work: Memory<String>,
    /// Repositories of which was heard.
    repositories: Memory<Repository>,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            held: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            waiting: BTreeSet::new(),
            over: Memory::of(OVER),
            had: Memory::of(HAD),
            labels: BTreeMap::new(),
            at_work: Memory::of(AT_WORK),
            repositories: Memory::of(REPOSITORIES),
        }
    }
}

impl Claims {
    pub(super) fn claim(&mut self, course: CourseId, claim: &Claim) -> Ruling {
        self.hear_of(claim.repository.clone());
        self.labels.insert(claim.job, digest(&claim.labels));
        if self.labels.len() > HAD {
            // Ids grow, so this is the oldest.
            self.labels.pop_first();
        }
        let delivery = claim.delivery.clone().filter(|_| !claim.resumed);
        if delivery.as_ref().is_some_and(|delivery| self.deliveries.contains_key(delivery)) {
            return Ruling::Covered;
        }
        if claim.launches {
            let ruling = self.job(course, claim);
            if !matches!(ruling, Ruling::First | Ruling::Again) {
                return ruling;
            }
            self.deliveries.extend(delivery.map(|delivery| (delivery, course)));
            return ruling;
        }
        self.deliveries.extend(delivery.map(|delivery| (delivery, course)));
        Ruling::First
    }

    fn job(&mut self, course: CourseId, claim: &Claim) -> Ruling {
        let job = claim.job;
        // The ticket that waited is this one: there is no second.
        let waited = self.waiting.remove(&job);
        if claim.found {
            self.over.forget(&job);
        }
        if self.over.holds(&job) {
            return Ruling::Over;
        }
        if self.held.contains_key(&job) {
            return if claim.resumed { Ruling::Taken } else { self.covered(job, waited) };
        }
        if waited && !claim.resumed {
            return self.covered(job, true);
        }
        self.held.insert(job, course);
        if self.had.add(job) { Ruling::First } else { Ruling::Again }
    }

    /// A delivery that came for a job takes no ticket's place.
    fn covered(&mut self, job: JobId, waited: bool) -> Ruling {
        if waited {
            self.waiting.insert(job);
        }
        Ruling::Covered
    }

    /// Whether the ticket may wait.
    pub(super) fn wait(&mut self, waiting: &Waiting) -> bool {
        (waiting.found || !self.over.holds(&waiting.job)) && self.waiting.insert(waiting.job)
    }

    /// Remembers that a job is over, or that this runner has it; the course that has it.
    pub(super) fn over(&mut self, job: JobId, runner: Option<String>) -> Option<CourseId> {
        self.over.add(job);
        if let Some(runner) = runner {
            self.at_work.add(runner);
        }
        self.held.get(&job).copied()
    }

    pub(super) fn is_over(&self, job: JobId) -> bool {
        self.over.holds(&job)
    }

    /// Whether the job that a course has is over, or a runner has it.
    pub(super) fn is_held_in_vain(&self, course: CourseId) -> bool {
        self.held.iter().any(|(job, holder)| *holder == course && self.over.holds(job))
    }

    /// Whether a course of it runs, or a ticket of it waits.
    pub(super) fn is_claimed(&self, job: JobId) -> bool {
        self.held.contains_key(&job) || self.waiting.contains(&job)
    }

    pub(super) fn are_alike(&self, one: JobId, other: JobId) -> bool {
        let labels = self.labels.get(&one);
        labels.is_some() && labels == self.labels.get(&other)
    }

    pub(super) fn is_at_work(&self, runner: &String) -> bool {
        self.at_work.holds(runner)
    }

    /// A repository of which was heard is the newest of them.
    fn hear_of(&mut self, repository: Repository) {
        if self.repositories.newest() != Some(&repository) {
            self.repositories.forget(&repository);
            self.repositories.add(repository);
        }
    }

    pub(super) fn repositories(&self) -> Vec<Repository> {
        self.repositories.last(REPOSITORIES)
    }

    /// What the next house is to know.
    pub(super) fn kept(&self) -> Kept {
        Kept {
            over: self.over.last(KEPT),
            at_work: self.at_work.last(KEPT),
            repositories: self.repositories(),
        }
    }

    pub(super) fn remember(&mut self, kept: Kept) {
        for job in kept.over {
            self.over.add(job);
        }
        for runner in kept.at_work {
            self.at_work.add(runner);
        }
        for repository in kept.repositories {
            self.repositories.add(repository);
        }
    }

    pub(super) fn release(&mut self, course: CourseId) {
        self.held.retain(|_, holder| *holder != course);
        self.deliveries.retain(|_, holder| *holder != course);
    }
}

/// What of the claims outlives a house.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    over: Vec<JobId>,
    at_work: Vec<String>,
    repositories: Vec<Repository>,
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The last so many of a kind.
#[derive(Debug)]
struct Memory<T> {
    most: usize,
    known: BTreeSet<T>,
    order: VecDeque<T>,
}

impl<T: Ord + Clone> Memory<T> {
    fn of(most: usize) -> Self {
        Self { most, known: BTreeSet::new(), order: VecDeque::new() }
    }

    fn newest(&self) -> Option<&T> {
        self.order.back()
    }

    /// The last so many, the newest last.
    fn last(&self, most: usize) -> Vec<T> {
        self.order.iter().skip(self.order.len().saturating_sub(most)).cloned().collect()
    }

    fn holds(&self, one: &T) -> bool {
        self.known.contains(one)
    }

    fn forget(&mut self, one: &T) {
        if self.known.remove(one) {
            self.order.retain(|known| known != one);
        }
    }

    /// Whether it was not known.
    fn add(&mut self, one: T) -> bool {
        let new = self.known.insert(one.clone());
        if new {
            self.order.push_back(one);
        }
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        new
    }
}
