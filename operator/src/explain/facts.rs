//! What is known of a job: what GitHub says ([`Facts`]), and what the host knows ([`HostFacts`]).

use jitney::course::Sandbox;
use jitney::github::delivery::{Attempt, Carried, Said};
use jitney::github::job;
use jitney::github::runner::Runner;
use jitney::ledger::Entry;
use jitney::policy::delivery::Decision;
use jitney::reply::{Answered, Reason};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::ids::{Guid, JobId, RunId};
use jitney::words::label::Label;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use serde::de::DeserializeOwned;

/// How long the ledger is kept, and how late it may learn of a sandbox's end, in milliseconds.
const WEEK: u64 = 7 * 24 * 3_600_000;
const LATE: u64 = 3_600_000;

/// Why nothing can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexplained {
    /// The subject is none, or there is no such thing.
    Misread(String),
    /// GitHub could not be asked.
    Unasked(String),
}

/// What GitHub says of a job, and what follows from it by the settings.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The settings of now.
    pub settings: CoursesSettings,
    /// The deliveries that the host remembers.
    pub recent: Vec<RecentDelivery>,
    /// The job.
    pub job: Job,
    /// The deliveries about it.
    pub deliveries: WebhookLog,
    /// What is decided on the delivery of its queueing; on one made of the job, where none was found.
    pub decision: Decision,
    /// Whether the run may run here, if a rule wants to know.
    pub vetted: Option<Vetted>,
    /// The registered runners that were meant for the job, or have it; none if they may not be read.
    pub runners: Option<Vec<Runner>>,
    /// The job that has the runner which was meant for this one.
    pub taker: Option<JobId>,
}

impl Facts {
    /// When a sandbox of the job may have ended: once the job was over, or a while later if a sweep had to notice.
    pub fn span(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let week_ago = Timestamp(now.0.saturating_sub(WEEK));
        let over = self.job.completed.map_or(now, |over| Timestamp(over.0.saturating_add(LATE)));
        (self.job.created.map_or(week_ago, |created| created.max(week_ago)), over.min(now))
    }

    /// The runners that were meant for the job, which waits, and are busy all the same.
    pub fn lost(&self) -> impl Iterator<Item = &Runner> {
        self.runners.iter().flatten().filter(|runner| self.job.lost(runner))
    }
}

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

impl Job {
    /// The job of this repository that GitHub shows, if it is well-formed.
    pub(super) fn new(repository: &Repository, shown: job::Job) -> Option<Self> {
        let labels = shown.labels.filter(|_| shown.id.0 != 0 && shown.run.0 != 0)?;
        Some(Self {
            repository: repository.clone(),
            id: shown.id,
            run: shown.run,
            status: shown.status,
            conclusion: shown.conclusion,
            labels,
            runner: shown.runner,
            created: shown.created,
            started: shown.started,
            completed: shown.completed,
        })
    }

    /// Whether another job has this runner, which was meant for this one.
    pub(super) fn lost(&self, runner: &Runner) -> bool {
        self.status == "queued" && runner.busy
    }
}

/// A delivery about the job, out of the webhook's log.
#[derive(Clone, Debug)]
pub struct LoggedDelivery {
    /// Its newest attempt.
    pub newest: Attempt,
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

/// What GitHub's log of the webhook's deliveries says.
#[derive(Clone, Debug)]
pub enum WebhookLog {
    /// It may not be read: GitHub's status, or 0 where there was no answer.
    Hidden(u16),
    /// No webhook leads to jitney.
    Nowhere,
    /// These deliveries are about the job, out of so many that were looked into.
    Read(Vec<LoggedDelivery>, usize),
}

impl WebhookLog {
    /// The delivery with this action, if one was found.
    pub fn of(&self, action: &str) -> Option<&LoggedDelivery> {
        match self {
            Self::Read(found, _) => found.iter().find(|logged| logged.newest.action == action),
            _ => None,
        }
    }
}

/// A delivery that the host remembers.
#[derive(Clone, Debug)]
pub struct RecentDelivery {
    /// When it was answered.
    pub at: Timestamp,
    /// What it was answered, or what its course came to after that.
    pub answered: Answered<'static>,
}

impl RecentDelivery {
    /// Reads what the host keeps; `None` if another version kept it.
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

/// What the host knows of the job.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
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
