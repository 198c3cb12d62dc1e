//! The story of one job: its delivery, the verdict with its trace, its sandbox, its registration, what it waits for
//! now and what happens next. Sans-IO: [`Inquiry`] says what to ask GitHub, the host says what it [`Seen`], and
//! [`tell`] makes a [`Story`] of both.
//!
//! It changes nothing, and is told in the order in which things happened; the last word is one of a few states, each
//! with a code of its own (`ending`, `waiting`).

mod account;
mod candidates;
mod ending;
mod hearing;
mod inquiry;
mod known;
mod subject;
mod tale;
mod waiting;

pub use inquiry::{Failure, Inquiry};
pub use known::{Job, Log, Logged, Row, Runner, Seen, Vetted, read_lines};
pub use subject::Subject;

use account::Account;
use jitney::words::ids::JobId;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

/// One thing that happened, or stands so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, where that is known.
    pub at: Option<Timestamp>,
    /// What it is about: `job`, `delivery`, `verdict`, `check`, `run`, `course`, `sandbox`, `registration`, `pairing`,
    /// `ticket`, `cost`.
    pub what: &'static str,
    /// What was seen.
    pub said: String,
    /// What to do about it; empty if nothing.
    pub cure: String,
    /// Whether the job went no further for it.
    pub stops: bool,
}

/// What a job has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// Stable, in kebab case.
    pub state: &'static str,
    /// What the job waits for, and what happens next.
    pub text: String,
}

/// The story of a job.
#[derive(Clone, Debug)]
pub struct Story {
    /// Whose job it is.
    pub repository: Repository,
    /// The job.
    pub job: JobId,
    /// Its page.
    pub page: String,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How it ended, or stands.
    pub conclusion: Conclusion,
}

/// Tells the story, once the inquiry is over. None where GitHub did not show the job.
pub fn tell(inquiry: &Inquiry, seen: &Seen, now: Timestamp) -> Option<Story> {
    let job = inquiry.job()?;
    let account = Account { inquiry, job, seen, now };
    Some(Story {
        repository: job.repository.clone(),
        job: job.id,
        page: format!(
            "{}/{}/actions/runs/{}/job/{}",
            inquiry.settings.api.pages(),
            job.repository,
            job.run,
            job.id
        ),
        events: account.events(),
        conclusion: account.conclusion(),
    })
}
