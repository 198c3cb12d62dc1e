//! Who has which job, and which jobs are over. Bounded, however many deliveries are replayed.

use super::{Claim, CourseId, Ruling, Waiting};
use crate::words::ids::{Guid, JobId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Jobs that are remembered to be over, and jobs that a course had.
const OVER: usize = 100_000;
const HAD: usize = 10_000;

/// The claims of all courses.
#[derive(Debug)]
pub(super) struct Claims {
    held: BTreeMap<JobId, CourseId>,
    deliveries: BTreeMap<Guid, CourseId>,
    /// Jobs of which a ticket waits: one each.
    waiting: BTreeSet<JobId>,
    over: Memory,
    had: Memory,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            held: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            waiting: BTreeSet::new(),
            over: Memory::of(OVER),
            had: Memory::of(HAD),
        }
    }
}

impl Claims {
    pub(super) fn claim(&mut self, course: CourseId, claim: &Claim) -> Ruling {
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
            self.over.forget(job);
        }
        if self.over.holds(job) {
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
        (waiting.found || !self.over.holds(waiting.job)) && self.waiting.insert(waiting.job)
    }

    /// Remembers that a job is over; the course that has it.
    pub(super) fn over(&mut self, job: JobId) -> Option<CourseId> {
        self.over.add(job);
        self.held.get(&job).copied()
    }

    pub(super) fn release(&mut self, course: CourseId) {
        self.held.retain(|_, holder| *holder != course);
        self.deliveries.retain(|_, holder| *holder != course);
    }
}

/// The last so many jobs of a kind.
#[derive(Debug)]
struct Memory {
    most: usize,
    known: BTreeSet<JobId>,
    order: VecDeque<JobId>,
}

impl Memory {
    fn of(most: usize) -> Self {
        Self { most, known: BTreeSet::new(), order: VecDeque::new() }
    }

    fn holds(&self, job: JobId) -> bool {
        self.known.contains(&job)
    }

    fn forget(&mut self, job: JobId) {
        if self.known.remove(&job) {
            self.order.retain(|known| *known != job);
        }
    }

    /// Whether it was not known.
    fn add(&mut self, job: JobId) -> bool {
        let new = self.known.insert(job);
        if new {
            self.order.push_back(job);
        }
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        new
    }
}
