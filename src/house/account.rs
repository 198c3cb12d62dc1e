//! What one credential, or one App with all its installations, may ask of GitHub: its limits as GitHub documents them ("Rate limits for the REST API") and as
//! its responses say.

use super::line::Line;
use super::window::{Cost, MINUTE, Window};
use super::{Account, Came, CourseId, Errand, Limited, REQUEST_PATIENCE, ROOM_PATIENCE, Rank, Room, Ruling};
use crate::words::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// GitHub's limits: points and changes in a minute, requests at once.
const POINTS: u32 = 900;
const CHANGES: u32 = 180;
const AT_ONCE: usize = 100;
/// What of them a sweep may use, so that jobs which come meanwhile need not wait.
const SWEEPS_POINTS: u32 = 450;
const SWEEPS_AT_ONCE: usize = 50;
/// The longest hold, in milliseconds.
const LONGEST: u64 = 3_600_000;

/// A request that waits.
#[derive(Debug)]
struct Waiting {
    course: CourseId,
    account: Account,
    cost: Cost,
}

/// The requests of one credential, or of an App. The hour's quota is of each installation; whether the other limits are,
/// GitHub does not say.
#[derive(Debug, Default)]
pub(super) struct Counter {
    window: Window,
    /// On their way.
    sent: BTreeMap<CourseId, (Account, Cost)>,
    /// Turns that were given and are not used yet.
    turns: BTreeSet<CourseId>,
    turn_line: Line<Account>,
    /// Requests that wait, the first of them first.
    requests: BTreeMap<(Rank, u64), Waiting>,
    joined: u64,
    /// GitHub is left alone until then, and how often in succession it said that it wants to be.
    held: Option<Timestamp>,
    strikes: u32,
    /// What is left of each one's hourly quota, and when that begins anew.
    left: BTreeMap<Account, (u64, Timestamp)>,
    /// The most registrations in a minute that anybody named last.
    pace: u32,
}

impl Counter {
    pub(super) fn queue_turn(&mut self, course: CourseId, room: &Room, pace: u32, now: Timestamp) {
        self.pace = pace;
        let since = room.created.unwrap_or(now);
        self.turn_line.join(&room.repository, since, course, room.account.clone());
    }

    pub(super) fn send(&mut self, course: CourseId, errand: &Errand) {
        self.joined += 1;
        let cost = Cost::of(errand.changes, errand.mints);
        let waiting = Waiting { course, account: errand.account.clone(), cost };
        self.requests.insert((errand.rank, self.joined), waiting);
    }

    /// A turn that will not be used.
    pub(super) fn give_back(&mut self, course: CourseId) {
        if self.turns.remove(&course) {
            self.window.give_back(Cost::MINT);
        }
    }

    /// Whether the course waited for a turn, as it does no longer.
    pub(super) fn forget_turn(&mut self, course: CourseId) -> bool {
        !self.turn_line.drain(|waiting, _| waiting == course).is_empty()
    }

    pub(super) fn leave(&mut self, course: CourseId, now: Timestamp) {
        self.give_back(course);
        self.forget_turn(course);
        self.requests.retain(|_, waiting| waiting.course != course);
        if let Some((_, cost)) = self.sent.remove(&course) {
            self.window.done(cost, now);
        }
    }

    pub(super) fn came(&mut self, course: CourseId, came: &Came, now: Timestamp) {
        if let Some((_, cost)) = self.sent.remove(&course) {
            self.window.done(cost, now);
        }
        if let Some((left, reset)) = came.left {
            // Responses overtake each other: of one hour's, the least is the latest.
            let known = self.left.get(&came.account).filter(|(_, known)| *known == reset);
            let least = known.map_or(left, |(known, _)| left.min(*known));
            self.left.insert(came.account.clone(), (least, reset));
        }
        if came.limited == Limited::No {
            self.strikes = 0;
            return;
        }
        // Of those that were on their way together, one counts.
        self.strikes += u32::from(self.held.is_none_or(|until| until <= now));
        let wait = match came.limited {
            Limited::For(said) => said,
            // At least a minute, and longer each time.
            Limited::No | Limited::Unsaid => MINUTE << self.strikes.saturating_sub(1).min(6),
        };
        self.held = self.held.max(Some(Timestamp(now.0.saturating_add(wait.min(LONGEST)))));
    }

    /// For how long the hour's quota of this one is spent, if it is.
    fn spent(&self, account: &Account, now: Timestamp) -> Option<u64> {
        let on_the_way = self.sent.values().filter(|(whose, _)| whose == account).count();
        let (_, reset) = self.left.get(account).filter(|(left, _)| {
            // What is on its way counts already.
            usize::try_from(*left).is_ok_and(|left| left <= on_the_way)
        })?;
        // A clock that is far behind GitHub's must not stop everything.
        Some(reset.since(now).min(LONGEST)).filter(|wait| *wait > 0)
    }

    /// Lets go whoever may; when to look again.
    pub(super) fn settle(&mut self, now: Timestamp, told: &mut Vec<(CourseId, Ruling)>) -> Option<Timestamp> {
        self.window.pass(now);
        self.left.retain(|_, (_, reset)| *reset > now);
        if let Some(until) = self.held.filter(|until| *until > now) {
            self.turn_away(until.since(now), told);
            return self.waits().then_some(until);
        }
        while let Some(key) = self.next_request() {
            let Some(Waiting { course, account, cost }) = self.requests.remove(&key) else { break };
            if let Some(wait) = self.spent(&account, now) {
                told.push((course, Ruling::Held(wait)));
                continue;
            }
            let has_turn = cost == Cost::MINT && self.turns.remove(&course);
            if !has_turn {
                self.window.take(cost);
            }
            self.sent.insert(course, (account, cost));
            told.push((course, Ruling::Go));
        }
        self.give_turns(now, told);
        self.due()
    }

    /// The next request that may go: one whose turn was given, else the first of the line.
    fn next_request(&self) -> Option<(Rank, u64)> {
        let has_turn = |w: &Waiting| w.cost == Cost::MINT && self.turns.contains(&w.course);
        let with_turn = self.requests.iter().find(|(_, waiting)| has_turn(waiting));
        let (key, waiting) = with_turn.or_else(|| self.requests.first_key_value())?;
        let sweeps = key.0 == Rank::Sweep;
        let at_once = if sweeps { SWEEPS_AT_ONCE } else { AT_ONCE };
        let admitted = has_turn(waiting) || self.window.admits(waiting.cost, self.limits(sweeps));
        (self.sent.len() < at_once && admitted).then_some(*key)
    }

    fn limits(&self, sweeps: bool) -> Cost {
        let points = if sweeps { SWEEPS_POINTS } else { POINTS };
        let mints = if self.pace == 0 { CHANGES } else { self.pace };
        Cost { points, changes: CHANGES, mints }
    }

    fn give_turns(&mut self, now: Timestamp, told: &mut Vec<(CourseId, Ruling)>) {
        let cost = Cost::MINT;
        loop {
            let limits = self.limits(false);
            let window = &self.window;
            let next = self.turn_line.take(|_, _, _| window.admits(cost, limits));
            let Some((course, account)) = next else { return };
            if let Some(wait) = self.spent(&account, now) {
                told.push((course, Ruling::Held(wait)));
                continue;
            }
            // Whoever has a turn and asks again has it still.
            if !self.turns.contains(&course) {
                self.window.take(cost);
                self.turns.insert(course);
            }
            told.push((course, Ruling::Go));
        }
    }

    /// Whoever would wait longer than it pays is told to come again.
    fn turn_away(&mut self, wait: u64, told: &mut Vec<(CourseId, Ruling)>) {
        if wait > REQUEST_PATIENCE {
            let requests = std::mem::take(&mut self.requests).into_values();
            told.extend(requests.map(|waiting| (waiting.course, Ruling::Held(wait))));
        }
        if wait > ROOM_PATIENCE {
            let waiting = self.turn_line.drain(|_, _| true);
            told.extend(waiting.into_iter().map(|course| (course, Ruling::Held(wait))));
        }
    }

    fn waits(&self) -> bool {
        !self.requests.is_empty() || !self.turn_line.is_empty()
    }

    fn due(&self) -> Option<Timestamp> {
        let turn = (!self.turn_line.is_empty())
            .then(|| self.window.admits_at(Cost::MINT, self.limits(false)))
            .flatten();
        let request = self.requests.first_key_value().and_then(|((rank, _), waiting)| {
            self.window.admits_at(waiting.cost, self.limits(*rank == Rank::Sweep))
        });
        super::earliest(turn, request)
    }
}
