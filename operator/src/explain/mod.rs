//! What happened to one job and why: its delivery, the verdict with its trace, its sandbox, its registration, what it
//! waits for now and what happens next. [`ask`] gathers [`Facts`] from GitHub, the host adds its own ([`HostFacts`]), and
//! [`explain`] makes an [`Explanation`] of both.
//!
//! It changes nothing. The timeline is in the order in which things happened; the last word is one of a few states, each
//! with a code of its own (`conclusion`, `queued`).

mod candidates;
mod conclusion;
mod deliveries;
mod evidence;
mod facts;
mod once;
mod questions;
mod queued;
mod subject;
mod timeline;

pub use facts::{
    Facts, HostFacts, Job, LoggedDelivery, RecentDelivery, Unexplained, Vetted, WebhookLog, read_lines,
};
pub use questions::ask;
pub use subject::Subject;

use evidence::Evidence;
use jitney::words::ids::JobId;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

/// One thing that happened, or how one thing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
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

/// What happened to a job, and how it stands.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Whose job it is.
    pub repository: Repository,
    /// The job.
    pub job: JobId,
    /// Its page.
    pub page: String,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// How it ended, or stands.
    pub conclusion: Conclusion,
}

/// Explains the job from what GitHub said and what the host knows.
pub fn explain(facts: &Facts, host: &HostFacts, now: Timestamp) -> Explanation {
    let evidence = Evidence { facts, host, now };
    let job = &facts.job;
    let pages = facts.settings.api.pages();
    let conclusion = evidence.conclusion();
    Explanation {
        repository: job.repository.clone(),
        job: job.id,
        page: format!("{pages}/{}/actions/runs/{}/job/{}", job.repository, job.run, job.id),
        timeline: once::once(&evidence, evidence.timeline(), &conclusion),
        conclusion,
    }
}
