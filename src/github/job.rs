//! A workflow job: what it is asked with, and what GitHub shows of it.

use super::credential::CredentialScope;
use super::request::Request;
use super::response::{Answer, Page, Seen, read, seen};
use crate::ticket::Ticket;
use crate::words::ids::{JobId, RunId};
use crate::words::label::Label;
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::Deserialize;

/// A job, as GitHub's API shows it. What GitHub leaves out is empty, or none.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Wire")]
pub struct Job {
    /// The job; 0 where GitHub left it out.
    pub id: JobId,
    /// Its run; likewise.
    pub run: RunId,
    /// `queued`, `in_progress`, `completed`, `waiting`, ….
    pub status: String,
    /// `success`, `failure`, `cancelled`, …, once it is over.
    pub conclusion: Option<String>,
    /// What it asks of a runner; none where one of the labels is none.
    pub labels: Option<Vec<Label>>,
    /// The runner that has or had it, by name.
    pub runner: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When a runner took it.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub completed: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    id: u64,
    #[serde(default)]
    run_id: u64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    runner_name: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    started_at: Option<String>,
    #[serde(default)]
    completed_at: Option<String>,
}

impl From<Wire> for Job {
    fn from(wire: Wire) -> Self {
        let at = |text: Option<String>| text.as_deref().and_then(Timestamp::parse);
        Self {
            id: JobId(wire.id),
            run: RunId(wire.run_id),
            status: wire.status,
            conclusion: wire.conclusion,
            labels: wire.labels.iter().map(|label| Label::parse(label).ok()).collect(),
            runner: wire.runner_name.filter(|name| !name.is_empty()),
            created: at(wire.created_at),
            started: at(wire.started_at),
            completed: at(wire.completed_at),
        }
    }
}

/// A job that waits for a runner, well-formed.
#[derive(Clone, Debug)]
pub struct QueuedJob {
    /// The job.
    pub job: JobId,
    /// Its run.
    pub run: RunId,
    /// What it asks of a runner.
    pub labels: Vec<Label>,
    /// When it was created.
    pub created: Option<Timestamp>,
}

/// The most labels that a job of ours has: as many as a JIT config takes.
const MOST_LABELS: usize = 100;

impl Job {
    /// The response to [`Request::job`].
    pub fn seen(answer: &Answer) -> Seen<Self> {
        seen(answer)
    }

    /// The response to [`Request::jobs`].
    pub fn page(answer: &Answer) -> Option<Page<Self>> {
        #[derive(Deserialize)]
        struct Body {
            jobs: Vec<Job>,
        }
        read::<Body>(answer).map(|body| Page::new(body.jobs))
    }

    /// Whether it is over for certain.
    pub fn is_over(&self) -> bool {
        self.status == "completed"
    }

    /// Whether a runner has it, or had it, or it was cancelled.
    pub fn is_taken(&self) -> bool {
        self.status == "in_progress" || self.is_over()
    }

    /// The job, if it is queued and well-formed.
    pub fn queued(self) -> Option<QueuedJob> {
        let fits = self.status == "queued" && self.id.0 != 0 && self.run.0 != 0;
        let labels = self.labels.filter(|labels| fits && labels.len() <= MOST_LABELS)?;
        Some(QueuedJob { job: self.id, run: self.run, labels, created: self.created })
    }
}

impl QueuedJob {
    /// The ticket to launch it with.
    pub fn ticket(self, repository: Repository) -> Ticket {
        Ticket::found(repository, self.job, self.run, self.labels, self.created)
    }
}

impl Request {
    /// "Get a job for a workflow run".
    pub fn job(repository: &Repository, job: JobId) -> Self {
        Self::get(format!("/repos/{repository}/actions/jobs/{job}"), CredentialScope::of(repository))
    }

    /// "List jobs for a workflow run", of its latest attempt.
    pub fn jobs(repository: &Repository, run: RunId, page: u32) -> Self {
        let path =
            format!("/repos/{repository}/actions/runs/{run}/jobs?filter=latest&per_page=100&page={page}");
        Self::get(path, CredentialScope::of(repository))
    }
}
