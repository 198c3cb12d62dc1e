//! What a course asks of the house, and what it is told.

use crate::github::Etag;
use crate::policy::run::Run;
use crate::words::ids::{Guid, JobId, RunId, RunnerId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a course asks, or tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// May this course have the job, until it is over or its delivery is replied to?
    Claim(Claim),
    /// The delivery is replied to; the course goes on without its claim.
    Replied,
    /// A runner, named where it is known, has the job, or it is over: no launch of it is wanted.
    Over(JobId, Option<String>),
    /// Was that heard of this job?
    IsOver(JobId),
    /// Is a course at work on this job, or does a ticket of it wait?
    IsClaimed(JobId),
    /// Do these two jobs ask the same of a runner, as far as was heard?
    AreAlike(JobId, JobId),
    /// Was a runner of this name heard to be at work?
    IsAtWork(String),
    /// May a sandbox be started and its runner registered? Waits.
    Room(Room),
    /// No sandbox could be started, for as many live as may: the place and the turn go back.
    Full,
    /// A sandbox was started in the place that the course was given.
    Started(String),
    /// A sandbox ended.
    Ended(String),
    /// The sandboxes that live.
    Lives(Vec<Living>),
    /// May one more of this name be done, of so many within so many seconds?
    Permit {
        /// What is counted.
        name: String,
        /// How many.
        most: u32,
        /// Seconds.
        within: u32,
    },
    /// What started this attempt of a run? Waits while another course asks GitHub; without an answer, this one is to ask.
    StartedBy(Repository, RunId, u32),
    /// What GitHub said of it, if it did.
    Heard(Repository, RunId, u32, Option<Box<Run>>),
    /// Of which repositories was heard?
    Repositories,
    /// Which of these runs in progress are to be looked into now?
    Walk {
        /// Whose they are.
        repository: Repository,
        /// All of them.
        runs: Vec<RunId>,
    },
    /// Which of these registrations without a sandbox were without one a while ago?
    Orphans(Vec<RunnerId>),
    /// May this request go? Waits.
    Send(Errand),
    /// What came of it.
    Came(Came),
}

impl Question {
    /// As a host carries it.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Question::write`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl Ruling {
    /// As a host carries it.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Ruling::write`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// What a course is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ruling {
    /// Yes, or: heard.
    Go,
    /// Not for so many milliseconds: GitHub wants to be left alone, or it was waited long enough.
    Held(u64),
    /// No: that many were permitted.
    Full,
    /// Say which sandboxes live, then ask again.
    Count,
    /// These runs.
    Runs(Vec<RunId>),
    /// Yes, if the listing is not this one any more.
    Unless(Listing),
    /// This started the run.
    StartedBy(Box<Run>),
    /// These registrations.
    Runners(Vec<RunnerId>),
    /// These repositories.
    Repositories(Vec<Repository>),
    /// The job is this course's, and no earlier one had it.
    First,
    /// The job is this course's now; an earlier one had it.
    Again,
    /// Another course has it; this one's ticket may wait.
    Taken,
    /// Another course has it, or a ticket of it waits: nobody else is wanted.
    Covered,
    /// A runner has the job, or it is over.
    Over,
}

/// Who comes first where GitHub is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rank {
    /// A launch.
    Launch,
    /// What looks after jobs that ran: pairing, releasing.
    Pair,
    /// A sweep, or an operator's question.
    Sweep,
}

/// Whose limits at GitHub a request counts against. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Account {
    /// The token's.
    Token,
    /// An App's installation, by its owner's name in lower case.
    Installed(String),
    /// The App's own.
    App,
    /// Nobody's.
    Nobody,
}

impl Account {
    /// The one with which it shares all limits but the hour's quota.
    pub(super) fn whole(&self) -> Self {
        match self {
            Self::Installed(_) => Self::App,
            other => other.clone(),
        }
    }
}

/// A course that wants a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The job.
    pub job: JobId,
    /// Whose job it is: a sweep visits every repository of which was heard.
    pub repository: Repository,
    /// The delivery that the course comes from.
    pub delivery: Option<Guid>,
    /// Whether the course takes up a ticket that waited.
    pub resumed: bool,
    /// Whether GitHub was heard to say lately that the job is queued, whatever else was heard.
    pub found: bool,
    /// What the job asks of a runner, in an order and in lower case.
    pub labels: String,
    /// Whether it would launch; else it only looks after a job that a runner has or had.
    pub launches: bool,
}

/// A ticket that comes to wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its job.
    pub job: JobId,
    /// As a claim's.
    pub found: bool,
}

/// What a launch wants before it starts anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Whose job it is: repositories take turns.
    pub repository: Repository,
    /// When the job was created: within a repository the oldest goes first.
    pub created: Option<Timestamp>,
    /// Whose limits the registration will count against.
    pub account: Account,
    /// How many sandboxes may live, of all repositories and of this one; unset where no place is wanted.
    pub place: Option<(u32, u32)>,
    /// How many runners may be registered in a minute; unset where no turn is wanted.
    pub turn: Option<u32>,
}

/// A request that a course would send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Whose limits it counts against.
    pub account: Account,
    /// Who comes first.
    pub rank: Rank,
    /// Whether it changes something: GitHub counts that fivefold.
    pub changes: bool,
    /// Its path, if it is a listing that is asked for again and again.
    pub listing: Option<String>,
    /// Whether it registers a runner.
    pub mints: bool,
}

/// A listing, in one version of it. Holds no secret: GitHub shows none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Which version.
    pub etag: Etag,
    /// What it says.
    pub body: String,
}

impl Listing {
    /// The longest that is kept, in bytes: what is long is rarely the same twice.
    pub const LONGEST: usize = 4096;
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Came {
    /// Whose limits it counts against.
    pub account: Account,
    /// Whether GitHub refused it for the sake of a limit.
    pub limited: Limited,
    /// What is left of the hour's quota, and when that begins anew.
    pub left: Option<(u64, Timestamp)>,
    /// The listing that it holds, by its path, if that is short and whole.
    pub listing: Option<(String, Listing)>,
    /// Whether GitHub answered as one that is at work; unset where this machine kept the request to itself.
    pub well: Option<bool>,
}

/// Whether GitHub refused a request for the sake of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limited {
    /// It did not.
    No,
    /// For so many milliseconds.
    For(u64),
    /// It does not say for how long.
    Unsaid,
}

/// A sandbox that lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Living {
    /// Its id.
    pub sandbox: String,
    /// Whose job it was started for, where its tags say so.
    pub repository: Option<Repository>,
}
