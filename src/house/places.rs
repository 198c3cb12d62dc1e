//! How many sandboxes live, and who may start one more. A sandbox ends without telling anybody, so where jobs wait for
//! a place somebody looks from time to time, and at once where a job was heard to be over.

use super::line::Line;
use super::{CourseId, Living, Room};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use std::collections::BTreeMap;

/// Milliseconds between two looks, and after a job was heard to be over.
const LOOK: u64 = 5_000;
const SOON: u64 = 1_000;
/// Milliseconds for which a listing may not show a sandbox that was started, or may show one that ended.
const LAG: u64 = 30_000;
/// The longest wait for a place, in milliseconds: then the job is looked at anew.
const WAIT: u64 = 1_800_000;

/// The places of all sandboxes.
#[derive(Debug)]
pub(super) struct Places {
    living: BTreeMap<String, (Option<Repository>, Timestamp)>,
    ended: BTreeMap<String, Timestamp>,
    /// Places that were given, where no sandbox was started yet.
    given: BTreeMap<CourseId, Repository>,
    line: Line<(Room, Timestamp)>,
    /// Who looks, until they ask again.
    looks: Option<CourseId>,
    looked: Option<Timestamp>,
    /// Until when a sandbox is about to end.
    hinted: Timestamp,
    /// Somebody was told that the house is full: no place is given before the next look.
    full: bool,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            living: BTreeMap::new(),
            ended: BTreeMap::new(),
            given: BTreeMap::new(),
            line: Line::default(),
            looks: None,
            looked: None,
            hinted: Timestamp(0),
            full: false,
        }
    }
}

impl Places {
    pub(super) fn has(&self, course: CourseId) -> bool {
        self.given.contains_key(&course)
    }

    pub(super) fn queue(&mut self, course: CourseId, room: Room, now: Timestamp) {
        // Whoever looked has kept its place in the line.
        if self.looks == Some(course) {
            self.looks = None;
            return;
        }
        let (repository, since) = (room.repository.clone(), room.created.unwrap_or(now));
        self.line.join(&repository, since, course, (room, now));
    }

    /// Whether the course waited, as it does no longer. Whoever looks waits for nothing meanwhile, and hears of it when
    /// it asks for its place again.
    pub(super) fn forget(&mut self, course: CourseId) -> bool {
        self.looks != Some(course) && !self.line.drain(|waiting, _| waiting == course).is_empty()
    }

    pub(super) fn leave(&mut self, course: CourseId) {
        self.line.drain(|waiting, _| waiting == course);
        self.given.remove(&course);
        self.looks = self.looks.filter(|looks| *looks != course);
    }

    pub(super) fn full(&mut self, course: CourseId, now: Timestamp) {
        self.given.remove(&course);
        self.full = true;
        self.hint(now);
    }

    pub(super) fn started(&mut self, course: CourseId, sandbox: String, now: Timestamp) {
        let repository = self.given.remove(&course);
        self.living.insert(sandbox, (repository, now));
    }

    pub(super) fn ended(&mut self, sandbox: &str, now: Timestamp) {
        self.living.remove(sandbox);
        self.full = false;
        self.ended.retain(|_, at| now.since(*at) < LAG);
        self.ended.insert(sandbox.to_owned(), now);
    }

    /// A job was heard to be over: a sandbox is about to end.
    pub(super) fn hint(&mut self, now: Timestamp) {
        self.hinted = Timestamp(now.0.saturating_add(2 * LOOK));
    }

    pub(super) fn counted(&mut self, living: Vec<Living>, now: Timestamp) {
        let fresh = |at: &Timestamp| now.since(*at) < LAG;
        self.ended.retain(|_, at| fresh(at));
        let before = std::mem::take(&mut self.living);
        for Living { sandbox, repository } in living {
            if !self.ended.contains_key(&sandbox) {
                let since = before.get(&sandbox).map_or(Timestamp(0), |(_, since)| *since);
                self.living.insert(sandbox, (repository, since));
            }
        }
        self.living.extend(before.into_iter().filter(|(_, (_, since))| fresh(since)));
        self.looked = Some(now);
        self.full = false;
    }

    /// Gives the free places to whoever is next.
    pub(super) fn give(&mut self) -> Vec<(CourseId, Room)> {
        let mut given = Vec::new();
        while !self.full {
            let (living, taken, looks) = (&self.living, &self.given, self.looks);
            let of = |repository: &Repository| {
                living.values().filter(|(whose, _)| whose.as_ref() == Some(repository)).count()
                    + taken.values().filter(|whose| *whose == repository).count()
            };
            let all = living.len() + taken.len();
            let next = self.line.take(|repository, course, (room, _)| {
                let (most, most_of_one) = room.place.unwrap_or((u32::MAX, u32::MAX));
                looks != Some(course)
                    && fits(all, most)
                    && (most_of_one >= most || fits(of(repository), most_of_one))
            });
            let Some((course, (room, _))) = next else { break };
            self.given.insert(course, room.repository.clone());
            given.push((course, room));
        }
        given
    }

    /// Who is to look which sandboxes live.
    pub(super) fn look(&mut self, now: Timestamp) -> Option<CourseId> {
        if self.looks.is_some() || self.next_look(now).is_none_or(|at| at > now) {
            return None;
        }
        self.looks = self.line.first();
        self.looked = Some(now);
        self.looks
    }

    fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = if now < self.hinted { SOON } else { LOOK };
        (!self.line.is_empty()).then(|| self.looked.map_or(Timestamp(0), |at| Timestamp(at.0 + wait)))
    }

    /// Who has waited long enough.
    pub(super) fn tire(&mut self, now: Timestamp) -> Vec<CourseId> {
        let looks = self.looks;
        self.line.drain(|course, (_, since)| looks != Some(course) && now.since(*since) >= WAIT)
    }

    pub(super) fn due(&self, now: Timestamp) -> Option<Timestamp> {
        // While somebody looks, what they see is waited for.
        self.next_look(now).filter(|_| self.looks.is_none()).map(|at| at.max(now))
    }
}

fn fits(count: usize, most: u32) -> bool {
    count < usize::try_from(most).unwrap_or(usize::MAX)
}
