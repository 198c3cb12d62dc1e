//! Turns to ask GitHub for a registration: so many in a minute, each repository in turn, as `host/pace.py` gives them.

use crate::dice::MINUTE;
use std::collections::VecDeque;

/// What a course that wants a turn is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has one.
    Now,
    /// It is in the queue, which is to be looked at after so many milliseconds.
    Wait(u64),
    /// GitHub wants to be left alone for so many milliseconds.
    Held(u64),
}

/// The queue before GitHub.
#[derive(Debug, Default)]
pub struct Pace {
    queues: VecDeque<(String, VecDeque<u64>)>,
    /// The turns that were given: to whom, when, and when it was used.
    given: Vec<(u64, u64, Option<u64>)>,
    per_minute: usize,
    held_until: u64,
}

impl Pace {
    /// A course wants a turn.
    pub fn ask(&mut self, course: u64, repository: &str, pace: u32, now: u64) -> Answer {
        if self.held_until > now {
            return Answer::Held(self.held_until - now);
        }
        self.per_minute = pace as usize;
        if self.queues.is_empty() && self.wait(now) == 0 {
            self.given.push((course, now, None));
            return Answer::Now;
        }
        match self.queues.iter_mut().find(|(name, _)| name == repository) {
            Some((_, queue)) => queue.push_back(course),
            None => self.queues.push_back((repository.to_owned(), VecDeque::from([course]))),
        }
        Answer::Wait(self.wait(now))
    }

    /// The next course in the queue, if there is a turn for it; else how long there is none.
    pub fn give(&mut self, now: u64) -> Option<Result<u64, u64>> {
        let wait = self.wait(now);
        let (_, queue) = self.queues.front_mut()?;
        if wait > 0 {
            return Some(Err(wait));
        }
        let course = queue.pop_front()?;
        let emptied = queue.is_empty();
        if let Some(entry) = self.queues.pop_front().filter(|_| !emptied) {
            self.queues.push_back(entry);
        }
        self.given.push((course, now, None));
        Some(Ok(course))
    }

    /// The course of a turn may have asked for its registration just now, or will make none; the last time counts.
    pub fn used(&mut self, course: u64, now: u64) {
        for turn in self.given.iter_mut().filter(|turn| turn.0 == course) {
            turn.2 = Some(now);
        }
    }

    /// The course has its config: what it asks from now on is no registration.
    pub fn done(&mut self, course: u64, now: u64) {
        for turn in self.given.iter_mut().filter(|turn| turn.0 == course) {
            (turn.0, turn.2) = (0, Some(turn.2.unwrap_or(now)));
        }
    }

    /// When the course got its turn.
    pub fn since(&self, course: u64) -> Option<u64> {
        self.given.iter().rev().find(|turn| turn.0 == course).map(|turn| turn.1)
    }

    /// Nobody has a turn for so many milliseconds; those that waited for one.
    pub fn hold(&mut self, wait: u64, now: u64) -> Vec<u64> {
        self.held_until = self.held_until.max(now + wait);
        self.queues.drain(..).flat_map(|(_, queue)| queue).collect()
    }

    /// For how long it is held.
    pub fn held(&self, now: u64) -> u64 {
        self.held_until.saturating_sub(now)
    }

    fn wait(&mut self, now: u64) -> u64 {
        self.given.retain(|turn| turn.2.is_none_or(|used| now < used + MINUTE));
        if self.given.len() < self.per_minute {
            return 0;
        }
        let mut uses: Vec<u64> = self.given.iter().map(|turn| turn.2.unwrap_or(now)).collect();
        uses.sort_unstable();
        let first = uses.len().checked_sub(self.per_minute).and_then(|at| uses.get(at)).copied();
        first.map_or(0, |used| (used + MINUTE).saturating_sub(now).max(1))
    }
}
