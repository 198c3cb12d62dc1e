//! What all courses share: who has which job, what is over, who goes next, what GitHub may be asked and when.
//!
//! A house is one long-lived value. Every course goes through it before it asks GitHub anything or takes a place: it
//! asks a [`Question`], and gets a [`Ruling`] now or later. After each question the house says which courses are told
//! what, and when it next wants to be woken; whoever keeps it has futures and a timer, and no opinion. It knows no
//! secret, no setting and no clock: limits come with the questions, and the time is an argument.

mod account;
mod claims;
mod line;
mod listings;
mod memory;
mod orphans;
mod places;
mod question;
mod restart;
mod runs;
mod walk;
mod window;

pub use question::{
    Account, Came, Claim, Errand, Limited, Listing, Living, Question, Rank, Room, Ruling, Waiting,
};
pub use restart::{LONGEST_WAIT, first_sweep};

use crate::words::ids::JobId;
use crate::words::time::Timestamp;
use account::Counter;
use claims::Claims;
use listings::Listings;
use orphans::Orphans;
use places::Places;
use runs::Runs;
use std::collections::BTreeMap;
use walk::Walk;
use window::Permits;

/// A course, by the number that its host gave it.
pub type CourseId = u64;

/// The longest hold of GitHub's, in milliseconds, for which a request is kept waiting, and a launch before it has a
/// sandbox. Whoever would wait longer is told, and comes again.
const REQUEST_PATIENCE: u64 = 5_000;
const ROOM_PATIENCE: u64 = 120_000;

/// So many requests in succession without an answer are an outage of GitHub's.
const OUTAGE: u32 = 5;

/// All of it.
#[derive(Debug, Default)]
pub struct House {
    claims: Claims,
    places: Places,
    permits: Permits,
    walk: Walk,
    orphans: Orphans,
    listings: Listings,
    runs: Runs,
    /// What GitHub is asked, by token or App.
    accounts: BTreeMap<Account, Counter>,
    /// Launches that have their place and wait for a turn.
    rooms: BTreeMap<CourseId, Room>,
    told: Vec<(CourseId, Ruling)>,
    /// How many requests in succession GitHub failed.
    failures: u32,
    /// Whether it answers again.
    back: bool,
}

/// What came of a question, or of the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Which courses are told what.
    pub told: Vec<(CourseId, Ruling)>,
    /// When something is due next.
    pub due: Option<Timestamp>,
    /// Whether GitHub answers again after it did not for a while: tickets that wait need wait no longer.
    pub back: bool,
}

impl House {
    /// What `course` asks. Each course waits for one ruling at a time.
    pub fn ask(&mut self, course: CourseId, question: Question, now: Timestamp) -> Changes {
        match question {
            Question::Claim(claim) => {
                let ruling = self.claims.claim(course, &claim);
                self.tell(course, ruling);
            }
            Question::Replied => {
                self.claims.release(course);
                self.tell(course, Ruling::Go);
            }
            Question::Over(job, runner) => {
                self.is_over(job, runner, now);
                self.tell(course, Ruling::Go);
            }
            Question::IsOver(job) => {
                let over = self.claims.is_over(job);
                self.tell(course, if over { Ruling::Over } else { Ruling::Go });
            }
            Question::IsClaimed(job) => {
                let claimed = self.claims.is_claimed(job);
                self.tell(course, if claimed { Ruling::Taken } else { Ruling::Go });
            }
            Question::AreAlike(one, other) => {
                let alike = self.claims.are_alike(one, other);
                self.tell(course, if alike { Ruling::Go } else { Ruling::Full });
            }
            Question::IsAtWork(runner) => {
                let over = self.claims.is_at_work(&runner);
                self.tell(course, if over { Ruling::Over } else { Ruling::Go });
            }
            Question::Room(room) => self.room(course, room, now),
            Question::Full => {
                self.places.full(course, now);
                self.give_turn_back(course);
                self.tell(course, Ruling::Go);
            }
            Question::Started(sandbox) => {
                self.places.started(course, sandbox, now);
                self.tell(course, Ruling::Go);
            }
            Question::Ended(sandbox) => {
                self.places.ended(&sandbox, now);
                self.tell(course, Ruling::Go);
            }
            Question::Lives(living) => {
                self.places.counted(living, now);
                self.tell(course, Ruling::Go);
            }
            Question::Permit { name, most, within } => {
                let permitted = self.permits.permit(name, most, within, now);
                self.tell(course, if permitted { Ruling::Go } else { Ruling::Full });
            }
            Question::Walk { repository, runs } => {
                let turn = self.walk.turn(repository, runs);
                self.tell(course, Ruling::Runs(turn));
            }
            Question::Orphans(runners) => {
                let before = self.orphans.before(runners, now);
                self.tell(course, Ruling::Runners(before));
            }
            Question::StartedBy(repository, run, attempt) => {
                let ruling = self.runs.ask(course, (repository, run, attempt));
                self.told.extend(ruling.map(|ruling| (course, ruling)));
            }
            Question::Heard(repository, run, attempt, said) => {
                let told = self.runs.heard((repository, run, attempt), said.map(|said| *said));
                self.told.extend(told);
                self.tell(course, Ruling::Go);
            }
            Question::Repositories => {
                let heard = self.claims.repositories();
                self.tell(course, Ruling::Repositories(heard));
            }
            Question::Send(errand) => {
                self.listings.asked(course, &errand.account, errand.listing.clone());
                self.accounts.entry(errand.account.whole()).or_default().send(course, &errand);
            }
            Question::Came(came) => {
                self.hear(came.well);
                if let Some((path, listing)) = came.listing.clone() {
                    self.listings.came(&came.account, path, listing);
                }
                if let Some(counter) = self.accounts.get_mut(&came.account.whole()) {
                    counter.came(course, &came, now);
                }
                self.tell(course, Ruling::Go);
            }
        }
        self.settle(now)
    }

    /// The course is over, or its host lost it: what it had is free.
    pub fn leave(&mut self, course: CourseId, now: Timestamp) -> Changes {
        self.claims.release(course);
        self.places.leave(course);
        self.rooms.remove(&course);
        self.listings.leave(course);
        for counter in self.accounts.values_mut() {
            counter.leave(course, now);
        }
        self.told.retain(|(told, _)| *told != course);
        let told = self.runs.leave(course);
        self.told.extend(told);
        self.settle(now)
    }

    /// A ticket comes to wait for its time: whether it may. A job that is over wants none, nor one of which another
    /// ticket waits.
    pub fn wait(&mut self, waiting: &Waiting) -> bool {
        self.claims.wait(waiting)
    }

    /// Something is due.
    pub fn tick(&mut self, now: Timestamp) -> Changes {
        self.settle(now)
    }

    fn hear(&mut self, well: Option<bool>) {
        match well {
            Some(true) => {
                self.back |= self.failures >= OUTAGE;
                self.failures = 0;
            }
            Some(false) => self.failures = self.failures.saturating_add(1),
            None => {}
        }
    }

    fn tell(&mut self, course: CourseId, ruling: Ruling) {
        self.told.push((course, ruling));
    }

    /// A launch that waits for a job which is over waits no longer; and its runner's place is about to be free.
    fn is_over(&mut self, job: JobId, runner: Option<String>, now: Timestamp) {
        let holder = self.claims.over(job, runner);
        self.places.hint(now);
        let Some(course) = holder else { return };
        let waited = self.places.forget(course)
            || self.accounts.values_mut().any(|counter| counter.forget_turn(course));
        if waited {
            self.places.leave(course);
            self.rooms.remove(&course);
            self.tell(course, Ruling::Over);
        }
    }

    /// A place first, then a turn: a turn that is spent on a full house is lost to somebody else.
    fn room(&mut self, course: CourseId, room: Room, now: Timestamp) {
        // What was heard while the course looked which sandboxes live.
        if self.claims.is_held_in_vain(course) {
            self.places.leave(course);
            return self.tell(course, Ruling::Over);
        }
        match &room.place {
            Some(_) if !self.places.has(course) => self.places.queue(course, room, now),
            Some(_) => self.turn(course, room, now),
            None => {
                self.places.leave(course);
                self.turn(course, room, now);
            }
        }
    }

    fn turn(&mut self, course: CourseId, room: Room, now: Timestamp) {
        let Some(pace) = room.turn else { return self.tell(course, Ruling::Go) };
        let counter = self.accounts.entry(room.account.whole()).or_default();
        counter.queue_turn(course, &room, pace, now);
        self.rooms.insert(course, room);
    }

    fn give_turn_back(&mut self, course: CourseId) {
        for counter in self.accounts.values_mut() {
            counter.give_back(course);
        }
    }

    /// Gives what is free to whoever is next.
    fn settle(&mut self, now: Timestamp) -> Changes {
        for (course, room) in self.places.give() {
            self.turn(course, room, now);
        }
        let (mut due, mut told) = (None, Vec::new());
        for counter in self.accounts.values_mut() {
            due = earliest(due, counter.settle(now, &mut told));
        }
        for (course, ruling) in &mut told {
            let room = self.rooms.remove(course);
            // Whoever goes away to come again does not keep a place meanwhile.
            if room.is_some() && *ruling != Ruling::Go {
                self.places.leave(*course);
            }
            if *ruling == Ruling::Go {
                *ruling = self.listings.go(*course);
            }
        }
        self.told.append(&mut told);
        self.told.extend(self.places.tire(now).into_iter().map(|course| (course, Ruling::Held(0))));
        self.told.extend(self.places.look(now).map(|course| (course, Ruling::Count)));
        due = earliest(due, self.places.due(now));
        Changes { told: core::mem::take(&mut self.told), due, back: core::mem::take(&mut self.back) }
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
