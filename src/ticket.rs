//! What a verdict hands on to a course: all that the course needs, and no secret.

use crate::delivery::JobDelivery;
use crate::reply::{Outcome, Reason, Reply, Stage, Subject};
use crate::words::ids::{Guid, InstallationId, JobId, RunId};
use crate::words::label::Label;
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a course is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Start a runner.
    Launch,
    /// Fail the job with the reason for which it cannot be run.
    Refuse,
    /// Clear away what was started.
    Release,
    /// Look after the job that a runner was meant for, now that it took this one.
    Pair,
}

/// A job, on its way from the delivery that spoke of it to the end of its course.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// What the course is for.
    pub purpose: Purpose,
    /// The delivery that it comes from.
    pub delivery: Option<Guid>,
    /// Whose job it is.
    pub repository: Repository,
    /// The job.
    pub job: JobId,
    /// Its run.
    pub run: RunId,
    /// Which attempt of its run it is of, where that is known: what started one attempt stays as it is.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// What it asks of a runner.
    pub labels: Vec<Label>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Whether its repository is private, where that is known.
    #[serde(default)]
    pub private: Option<bool>,
    /// The runner that took it, where the delivery names one.
    pub runner: Option<String>,
    /// When that runner took it, or when it was over.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// The App's installation, where the delivery names one.
    #[serde(default)]
    pub installation: Option<InstallationId>,
    /// How many courses were deferred before this one.
    #[serde(default)]
    pub deferrals: u32,
    /// How many sandboxes were started for it and ended without a job.
    #[serde(default)]
    pub starts: u32,
    /// Whether its refusal has its place among the hour's that are shown.
    #[serde(default)]
    pub permitted: bool,
}

impl Ticket {
    /// The ticket for a delivery's job.
    pub fn new(purpose: Purpose, delivery: Option<Guid>, job: &JobDelivery) -> Self {
        Self {
            purpose,
            delivery,
            repository: job.repository.clone(),
            job: job.job,
            run: job.run,
            attempt: job.attempt,
            labels: job.labels.clone(),
            created: job.created,
            private: job.private,
            runner: job.runner.clone(),
            at: job.at,
            installation: job.installation,
            deferrals: 0,
            starts: 0,
            permitted: false,
        }
    }

    /// The ticket for a queued job that no delivery told of. Its course looks whether a runner is coming.
    pub fn found(
        repository: Repository,
        job: JobId,
        run: RunId,
        labels: Vec<Label>,
        created: Option<Timestamp>,
    ) -> Self {
        Self {
            purpose: Purpose::Launch,
            delivery: None,
            repository,
            job,
            run,
            attempt: None,
            labels,
            created,
            private: None,
            runner: None,
            at: None,
            installation: None,
            deferrals: 1,
            starts: 0,
            permitted: false,
        }
    }

    /// Whether GitHub was asked, and said that the job is queued: no delivery told of it.
    pub fn is_found(&self) -> bool {
        self.delivery.is_none()
    }

    /// The ticket to open if the course of this one does not live to its end.
    #[must_use]
    pub fn resumption(&self) -> Self {
        Self { deferrals: self.deferrals.max(1), ..self.clone() }
    }

    /// What answers about it are about.
    pub fn subject(&self) -> Subject {
        Subject {
            delivery: self.delivery.clone(),
            repository: Some(self.repository.clone()),
            run: Some(self.run),
            job: Some(self.job),
        }
    }

    /// An answer about it. One about a job on a runner of ours says which, and when it began or was over.
    pub fn answer(&self, outcome: Outcome, reason: Reason) -> Reply {
        let stage = match self.purpose {
            Purpose::Release => Stage::Over,
            Purpose::Launch | Purpose::Refuse | Purpose::Pair => Stage::Running { created: self.created },
        };
        Reply::new(outcome, reason, self.subject()).with_progress(self.runner.as_deref(), self.at, stage)
    }

    /// Reads what [`Ticket::write`] wrote.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|e| format!("the ticket cannot be read: {e}"))
    }

    /// The ticket as text, to be kept by a host or a queue.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
