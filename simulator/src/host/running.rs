//! A course that runs, and what is remembered of it so that promises can be held against it.

use jitney::ticket::{Purpose, Ticket};
use std::collections::BTreeSet;

/// What a course is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// To start a runner, or to refuse with one.
    Launch,
    /// To clear away.
    Release,
    /// To look after another job.
    Pair,
    /// To put all in order.
    Sweep,
}

impl From<Purpose> for Course {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Launch | Purpose::Refuse => Self::Launch,
            Purpose::Release => Self::Release,
            Purpose::Pair => Self::Pair,
        }
    }
}

/// A course that runs.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that was seen, not a mode")]
pub struct Running {
    /// The core's.
    pub course: jitney::course::Course,
    /// What it is for.
    pub kind: Course,
    /// Its host.
    pub host: u64,
    /// How often its ticket had been deferred.
    pub deferrals: u32,
    /// Its job; a sweep has none.
    pub job: u64,
    /// The runner that the delivery named.
    pub runner: Option<String>,
    /// The kept ticket that goes when the course is over.
    pub kept: Option<u64>,
    /// The ticket to open if it does not live to its answer.
    pub resumption: Option<Ticket>,
    /// Whether it was opened before: its ticket was kept, or found by a sweep.
    pub resumed: bool,
    /// Whether it is the first that its host has of its job.
    pub first: bool,
    /// Whether it was told that its job is its own.
    pub claims: bool,
    /// Whether it asked what lives for its job.
    pub looked: bool,
    /// Whether its delivery has its answer.
    pub answered: bool,
    /// The sandbox that it watches.
    pub watching: Option<u64>,
    /// Sandboxes that it started, was shown, and had ended.
    pub started: BTreeSet<u64>,
    /// See `started`.
    pub shown: BTreeSet<u64>,
    /// See `started`.
    pub ended: BTreeSet<u64>,
    /// Registrations that it caused; those that it asked to be deleted; names that it looked for.
    pub minted: BTreeSet<u64>,
    /// See `minted`.
    pub deleted: BTreeSet<u64>,
    /// See `minted`.
    pub sought: BTreeSet<String>,
    /// Runners whose config was taken.
    pub handed: BTreeSet<u64>,
    /// Sandboxes that took their config, which it was not told.
    pub unclear: BTreeSet<u64>,
    /// Runners that it was shown as online.
    pub online: BTreeSet<u64>,
    /// Whether it asked about its job and got no answer.
    pub unanswered: bool,
    /// Whether the house held up what it would have asked GitHub: that is the sweep's to do then.
    pub held: bool,
    /// Whether Modal did not show it what it asked for.
    pub hindered: bool,
    /// How many requests it made.
    pub requests: u64,
    /// What was left of the quota when it last heard: the limit and what remains.
    pub quota: Option<(u64, u64)>,
    /// Whether it has a request on its way.
    pub asking: bool,
}

impl Running {
    /// A course that was opened just now.
    pub fn new(course: jitney::course::Course, kind: Course, host: u64, job: u64) -> Self {
        Self {
            course,
            kind,
            host,
            job,
            deferrals: 0,
            runner: None,
            kept: None,
            resumption: None,
            resumed: false,
            first: false,
            claims: false,
            looked: false,
            answered: false,
            watching: None,
            started: BTreeSet::new(),
            shown: BTreeSet::new(),
            ended: BTreeSet::new(),
            minted: BTreeSet::new(),
            deleted: BTreeSet::new(),
            sought: BTreeSet::new(),
            handed: BTreeSet::new(),
            unclear: BTreeSet::new(),
            online: BTreeSet::new(),
            unanswered: false,
            held: false,
            hindered: false,
            requests: 0,
            quota: None,
            asking: false,
        }
    }
}
