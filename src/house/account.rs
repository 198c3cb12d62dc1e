//! What one credential may ask of GitHub: its limits as GitHub documents them ("Rate limits for the REST API") and as
//! its responses say.

use super::line::Line;
use super::window::{Cost, MINUTE, Window};
use super::{Came, CourseId, Errand, REQUEST_PATIENCE, ROOM_PATIENCE, Rank, Room, Ruling};
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

/// One credential's requests.
#[derive(Debug, Default)]
pub(super) struct Counter {
    window: Window,
    /// On their way.
    sent: BTreeMap<CourseId, Cost>,
    /// Turns that were given and are not used yet.
    turns: BTreeSet<CourseId>,
    turn_line: Line<u32>,
    /// Requests that wait, the first of them first.
    requests: BTreeMap<(Rank, u64), (CourseId, Cost)>,
    joined: u64,
    /// GitHub is left alone until then, and how often in succession it said that it wants to be.
    held: Option<Timestamp>,
    strikes: u32,
    /// What is left of the hour's quota, and when that begins anew.
    left: Option<(u64, Timestamp)>,
    /// The most registrations in a minute that anybody named last.
    pace: u32,
}

impl Counter {
    pub(super) fn queue_turn(&mut self, course: CourseId, room: &Room, pace: u32, now: Timestamp) {
        self.pace = pace;
        self.turn_line.join(&room.repository, room.created.unwrap_or(now), course, pace);
    }

    pub(super) fn send(&mut self, course: CourseId, errand: &Errand) {
        self.joined += 1;
        let cost = Cost::of(errand.changes, errand.mints);
        self.requests.insert((errand.rank, self.joined), (course, cost));
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
        self.requests.retain(|_, (waiting, _)| *waiting != course);
        if let Some(cost) = self.sent.remove(&course) {
            self.window.done(cost, now);
        }
    }

    pub(super) fn came(&mut self, course: CourseId, came: &Came, now: Timestamp) {
        if let Some(cost) = self.sent.remove(&course) {
            self.window.done(cost, now);
        }
        if let Some((left, reset)) = came.left {
            // Responses overtake each other: of one hour's, the least is the latest.
            let known = self.left.filter(|(_, known)| *known == reset).map(|(left, _)| left);
            self.left = Some((known.unwrap_or(left).min(left), reset));
        }
        match came.limited {
            Some(said) => {
                // Of those that were on their way together, one counts.
                self.strikes += u32::from(self.held.is_none_or(|until| until <= now));
                // Where it does not say, at least a minute, and longer each time.
                let unsaid = MINUTE << self.strikes.saturating_sub(1).min(6);
                let until = Timestamp(now.0.saturating_add(said.unwrap_or(unsaid).min(LONGEST)));
                self.held = self.held.max(Some(until));
            }
            None => self.strikes = 0,
        }
    }

    /// Until when GitHub is left alone.
    fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        let on_the_way = u64::try_from(self.sent.len()).unwrap_or(u64::MAX);
        let spent = self.left.filter(|(left, _)| *left <= on_the_way).map(|(_, reset)| {
            // A clock that is an hour behind GitHub's must not stop everything.
            reset.min(Timestamp(now.0.saturating_add(LONGEST)))
        });
        self.held.max(spent).filter(|until| *until > now)
    }

    /// Lets go whoever may; when to look again.
    pub(super) fn settle(&mut self, now: Timestamp, told: &mut Vec<(CourseId, Ruling)>) -> Option<Timestamp> {
        self.window.pass(now);
        self.left = self.left.filter(|(_, reset)| *reset > now);
        loop {
            if let Some(until) = self.held_until(now) {
                self.turn_away(until.since(now), told);
                return self.waits().then_some(until);
            }
            let Some((key, course, cost)) = self.next_request() else { break };
            self.requests.remove(&key);
            let has_turn = cost == Cost::MINT && self.turns.remove(&course);
            if !has_turn {
                self.window.take(cost);
            }
            self.sent.insert(course, cost);
            told.push((course, Ruling::Go));
        }
        self.give_turns(told);
        self.due()
    }

    /// The next request that may go: one whose turn was given, else the first of the line.
    fn next_request(&self) -> Option<((Rank, u64), CourseId, Cost)> {
        let has_turn = |course: &CourseId, cost: &Cost| *cost == Cost::MINT && self.turns.contains(course);
        let with_turn = self.requests.iter().find(|(_, (course, cost))| has_turn(course, cost));
        let (key, (course, cost)) = with_turn.or_else(|| self.requests.first_key_value())?;
        let sweeps = key.0 == Rank::Sweep;
        let at_once = if sweeps { SWEEPS_AT_ONCE } else { AT_ONCE };
        let admitted = has_turn(course, cost) || self.window.admits(*cost, self.limits(sweeps));
        (self.sent.len() < at_once && admitted).then_some((*key, *course, *cost))
    }

    fn limits(&self, sweeps: bool) -> Cost {
        let points = if sweeps { SWEEPS_POINTS } else { POINTS };
        let mints = if self.pace == 0 { CHANGES } else { self.pace };
        Cost { points, changes: CHANGES, mints }
    }

    fn give_turns(&mut self, told: &mut Vec<(CourseId, Ruling)>) {
        let cost = Cost::MINT;
        loop {
            let limits = self.limits(false);
            let (window, turns) = (&self.window, &self.turns);
            let next = self.turn_line.take(|_, _, _| window.admits(cost, limits));
            let Some((course, _)) = next else { return };
            // Whoever has a turn and asks again has it still.
            if !turns.contains(&course) {
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
            told.extend(requests.map(|(course, _)| (course, Ruling::Held(wait))));
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
        let request = self.requests.first_key_value().and_then(|((rank, _), (_, cost))| {
            self.window.admits_at(*cost, self.limits(*rank == Rank::Sweep))
        });
        super::earliest(turn, request)
    }
}
