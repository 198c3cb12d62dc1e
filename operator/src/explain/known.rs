//! What is known of a job: GitHub's word, the webhook's log, and what the host saw.

use jitney::course::Sandbox;
use jitney::github::{Carried, Fault, Listed, Response, Said};
use jitney::reply::Reason;
use jitney::ticket::Ticket;
use jitney::words::ids::{Guid, JobId, RunId, RunnerId, RunnerName};
use jitney::words::label::Label;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;
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

/// A line of the host's bulletin: what became of a delivery.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// When, in seconds since the epoch.
    pub at: f64,
    /// `launched`, `ignored`, ….
    pub outcome: String,
    /// The reason's code.
    pub reason: String,
    /// The reason's sentence.
    #[serde(default)]
    pub why: String,
    /// The delivery.
    #[serde(default)]
    pub delivery: Option<Guid>,
    /// The job's repository.
    #[serde(default)]
    pub repository: Option<Repository>,
    /// The job.
    #[serde(default)]
    pub job: Option<JobId>,
    /// The runner.
    #[serde(default)]
    pub runner: Option<String>,
}

impl Row {
    /// As an answer would say it.
    pub fn said(&self) -> Said {
        let reason = format!("{}: {}", self.reason, self.why);
        Said { outcome: self.outcome.clone(), reason, runner: self.runner.clone(), sandbox: None }
    }
}

/// A sandbox in the host's ledger.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Its id.
    pub sandbox: String,
    /// The job that it has, or had; before it had any, the one that it was meant for.
    pub job: JobId,
    /// Its runner, once it has its config.
    #[serde(default)]
    pub runner: String,
    /// When it was started, in seconds since the epoch.
    pub started: f64,
    /// When it ended.
    #[serde(default)]
    pub ended: Option<f64>,
    /// What it cost, in billionths of a dollar.
    #[serde(default)]
    pub nano_usd: Option<Usd>,
    /// What it is made of.
    #[serde(default)]
    pub shape: String,
}

impl Entry {
    /// Whether it has, had, or was meant for this job.
    pub fn is_of(&self, job: JobId) -> bool {
        self.job == job || RunnerName::job_of(&self.runner) == Some(job)
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
