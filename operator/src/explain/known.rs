//! What is known of a job: GitHub's word, the webhook's log, and what the host saw.

use jitney::course::Sandbox;
use jitney::github::{Carried, Fault, Listed, Response, Said};
use jitney::ledger::Entry;
use jitney::reply::{Answered, Reason};
use jitney::ticket::Ticket;
use jitney::words::ids::{Guid, JobId, RunId, RunnerId};
use jitney::words::label::Label;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A job, as GitHub's API shows it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Whose job it is.
    pub repository: Repository,
    /// The job.
    pub id: JobId,
    /// Its run.
    pub run: RunId,
    /// `queued`, `in_progress`, `completed`, `waiting`, ….
    pub status: String,
    /// `success`, `failure`, `cancelled`, …, once it is over.
    pub conclusion: Option<String>,
    /// What it asks of a runner.
    pub labels: Vec<Label>,
    /// The runner that has or had it, by name.
    pub runner: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When a runner took it.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub completed: Option<Timestamp>,
}

/// A registered runner.
#[derive(Clone, Debug, Deserialize)]
pub struct Runner {
    /// Its id.
    pub id: RunnerId,
    /// Its name.
    pub name: String,
    /// `online` or `offline`.
    #[serde(default)]
    pub status: String,
    /// Whether it has a job.
    #[serde(default)]
    pub busy: bool,
}

/// A delivery about the job, out of the webhook's log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Its newest attempt.
    pub newest: Listed,
    /// When it was first tried.
    pub first: Timestamp,
    /// How often it was tried.
    pub attempts: usize,
    /// What it carried.
    pub carried: Carried,
}

/// Whether a run may run here.
#[derive(Clone, Debug)]
pub enum Vetted {
    /// It may.
    May,
    /// It may not, and why.
    MayNot(Reason),
    /// GitHub did not say what started it.
    Unknown,
}

/// What the webhook's log says.
#[derive(Clone, Debug)]
pub enum Log {
    /// It may not be read: GitHub's status, or 0 where there was no answer.
    Hidden(u16),
    /// No webhook leads to jitney.
    Nowhere,
    /// These deliveries are about the job, out of so many that were looked into.
    Read(Vec<Logged>, usize),
}

impl Log {
    /// The delivery with this action, if one was found.
    pub fn of(&self, action: &str) -> Option<&Logged> {
        match self {
            Self::Read(found, _) => found.iter().find(|logged| logged.newest.action == action),
            _ => None,
        }
    }
}

/// What the host remembers of a recent delivery.
#[derive(Clone, Debug)]
pub struct Row {
    /// When it was answered.
    pub at: Timestamp,
    /// What it was answered, or what its course came to after that.
    pub answered: Answered<'static>,
}

impl Row {
    /// Reads what the host keeps; `None` where another version kept it.
    pub fn read(at: u64, answered: &str) -> Option<Self> {
        Answered::read(answered).map(|answered| Self { at: Timestamp(at), answered })
    }

    /// As an answer would say it.
    pub fn said(&self) -> Said {
        let Answered { outcome, reason, why, runner, .. } = &self.answered;
        let (outcome, reason) = (outcome.to_string(), format!("{reason}: {why}"));
        Said { outcome, reason, runner: runner.as_deref().map(str::to_owned), sandbox: None }
    }

    /// The delivery.
    pub fn delivery(&self) -> Option<&Guid> {
        self.answered.delivery.as_deref()
    }

    /// Whether it is about this job.
    pub fn is_of(&self, job: JobId) -> bool {
        self.answered.job == Some(job)
    }
}

/// What the host knows.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The sandboxes that live for the job; none where Modal could not be asked.
    pub sandboxes: Option<Vec<Sandbox>>,
    /// Why it could not.
    pub unasked: String,
    /// The tickets that wait, and when they are due, where that can be known.
    pub waiting: Vec<(Ticket, Timestamp)>,
    /// The ledger's entries.
    pub entries: Vec<Entry>,
}

/// Reads the lines that are what they should be; a host of another version may have left others.
pub fn read_lines<T: DeserializeOwned>(lines: &[String]) -> Vec<T> {
    lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Reads the answer to [`jitney::github::Request::job`].
pub(super) fn read_job(answer: &Response, repository: &Repository) -> Option<Job> {
    #[derive(Deserialize)]
    struct Wire {
        id: JobId,
        run_id: RunId,
        status: String,
        #[serde(default)]
        conclusion: Option<String>,
        #[serde(default)]
        labels: Vec<Label>,
        #[serde(default)]
        runner_name: Option<String>,
        #[serde(default)]
        created_at: Option<String>,
        #[serde(default)]
        started_at: Option<String>,
        #[serde(default)]
        completed_at: Option<String>,
    }
    let wire: Wire = serde_json::from_slice(&answer.body).ok()?;
    let at = |text: Option<String>| text.as_deref().and_then(Timestamp::parse);
    Some(Job {
        repository: repository.clone(),
        id: wire.id,
        run: wire.run_id,
        status: wire.status,
        conclusion: wire.conclusion,
        labels: wire.labels,
        runner: wire.runner_name.filter(|name| !name.is_empty()),
        created: at(wire.created_at),
        started: at(wire.started_at),
        completed: at(wire.completed_at),
    })
}

/// Reads the answer to [`jitney::github::Request::runners`], and whether the page was full.
pub(super) fn read_runners(answer: Result<&Response, Fault>) -> Option<(Vec<Runner>, bool)> {
    #[derive(Deserialize)]
    struct Body {
        runners: Vec<Runner>,
    }
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let runners = serde_json::from_slice::<Body>(&answer.body).ok()?.runners;
    let full = runners.len() >= 100;
    Some((runners, full))
}

/// Reads the answer to [`jitney::github::Request::jobs`]: which job has the runner of this name.
pub(super) fn read_taker(answer: Result<&Response, Fault>, runners: &[String]) -> Option<JobId> {
    #[derive(Deserialize)]
    struct Body {
        jobs: Vec<Taker>,
    }
    #[derive(Deserialize)]
    struct Taker {
        id: JobId,
        #[serde(default)]
        runner_name: Option<String>,
    }
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let body: Body = serde_json::from_slice(&answer.body).ok()?;
    let has = |job: &Taker| job.runner_name.as_ref().is_some_and(|name| runners.contains(name));
    body.jobs.into_iter().find(has).map(|job| job.id)
}
