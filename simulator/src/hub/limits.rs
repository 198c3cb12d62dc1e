//! How much GitHub answers: the hour's quota, and what it takes in a minute and at once.

use crate::dice::{HOUR, MINUTE};
use std::collections::VecDeque;

/// POSTs in a minute, and points in a minute, of which a GET costs 1 and all else 5.
const POSTS: usize = 180;
const POINTS: u64 = 900;
/// Requests at once.
const AT_ONCE: u64 = 100;

/// The counters of one credential.
#[derive(Debug, Default)]
pub struct Limits {
    /// Requests in an hour; no bound if 0.
    pub quota: u64,
    used: u64,
    reset: u64,
    posts: VecDeque<u64>,
    points: VecDeque<(u64, u64)>,
    spent: u64,
    /// Requests on their way.
    pub at_once: u64,
    /// Whether the limit of POSTs was met, and that of points or requests at once, since this was last looked at.
    pub posts_met: bool,
    /// See `posts_met`.
    pub points_met: bool,
}

/// What GitHub makes of one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is answered.
    Yes,
    /// The hour's quota is used up.
    QuotaGone,
    /// Too many POSTs in a minute.
    Posts,
    /// Too many points in a minute, or requests at once.
    Points,
}

impl Limits {
    /// Counts a request.
    pub fn take(&mut self, post: bool, get: bool, now: u64) -> Taken {
        if now >= self.reset {
            (self.reset, self.used) = (now + HOUR, 0);
        }
        if self.quota > 0 && self.used >= self.quota {
            return Taken::QuotaGone;
        }
        self.used += 1;
        while self.points.front().is_some_and(|(at, _)| now - at >= MINUTE) {
            self.spent -= self.points.pop_front().map_or(0, |(_, points)| points);
        }
        let points = if get { 1 } else { 5 };
        self.points.push_back((now, points));
        self.spent += points;
        if post {
            while self.posts.front().is_some_and(|at| now - at >= MINUTE) {
                self.posts.pop_front();
            }
            self.posts.push_back(now);
            if self.posts.len() > POSTS {
                self.posts_met = true;
                return Taken::Posts;
            }
        }
        if self.spent > POINTS || self.at_once > AT_ONCE {
            self.points_met = true;
            return Taken::Points;
        }
        Taken::Yes
    }

    /// The last request does not count against the hour's quota.
    pub fn uncount(&mut self) {
        self.used = self.used.saturating_sub(1);
    }

    /// `X-RateLimit-Limit` and `X-RateLimit-Remaining`.
    pub fn left(&self) -> (u64, u64) {
        let quota = if self.quota == 0 { 1_000_000 } else { self.quota };
        (quota, quota.saturating_sub(self.used))
    }

    /// When the hour is over.
    pub fn reset(&self) -> u64 {
        self.reset
    }
}
