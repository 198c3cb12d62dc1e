//! GitHub's listings, as a sweep reads them, page by page: runs, jobs, runners.

use super::response::WireJob;
use super::{Fault, QueuedJob, Response};
use crate::words::ids::{JobId, RunId, RunnerId, RunnerName};
use crate::words::repository::Repository;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A registered runner of ours.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The job that it was meant for.
    pub job: JobId,
    /// Where it is registered, or a repository of the organisation where it is.
    pub repository: Repository,
    /// Whether it has a job.
    pub busy: bool,
    /// Whether it is connected.
    pub online: bool,
}

/// A page of a listing, and whether it was full, so that another may follow.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What of it matters.
    pub items: Vec<T>,
    /// Whether it held as many as a page can.
    pub full: bool,
}

/// `per_page`, at GitHub's maximum.
const FULL: usize = 100;

fn read<T: DeserializeOwned>(answer: Result<&Response, Fault>) -> Option<T> {
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice(&answer.body).ok()
}

/// Reads the answer to [`super::Request::runs`]; `None` if it is none.
pub fn read_runs(answer: Result<&Response, Fault>) -> Option<Page<RunId>> {
    #[derive(Deserialize)]
    struct Body {
        workflow_runs: Vec<Run>,
    }
    #[derive(Deserialize)]
    struct Run {
        id: u64,
    }
    let runs = read::<Body>(answer)?.workflow_runs;
    let full = runs.len() >= FULL;
    Some(Page { items: runs.into_iter().map(|run| RunId(run.id)).collect(), full })
}

/// Reads the answer to [`super::Request::jobs`]: those that are queued.
pub fn read_jobs(answer: Result<&Response, Fault>) -> Option<Page<QueuedJob>> {
    #[derive(Deserialize)]
    struct Body {
        jobs: Vec<WireJob>,
    }
    let jobs = read::<Body>(answer)?.jobs;
    let full = jobs.len() >= FULL;
    Some(Page { items: jobs.into_iter().filter_map(WireJob::queued).collect(), full })
}

/// Reads the answer to [`super::Request::job`]: whether the job is over for certain.
pub fn read_is_over(answer: Result<&Response, Fault>) -> bool {
    #[derive(Deserialize)]
    struct Body {
        status: String,
    }
    read::<Body>(answer).is_some_and(|body| body.status == "completed")
}

/// Reads the answer to [`super::Request::runners`] about `repository`: those whose names are of our making.
pub fn read_registered(
    answer: Result<&Response, Fault>,
    repository: &Repository,
) -> Option<Page<(RunnerId, Registered)>> {
    #[derive(Deserialize)]
    struct Body {
        runners: Vec<Runner>,
    }
    #[derive(Deserialize)]
    struct Runner {
        id: u64,
        name: String,
        #[serde(default)]
        status: String,
        #[serde(default)]
        busy: bool,
    }
    let ours = |runner: Runner| {
        let job = RunnerName::job_of(&runner.name)?;
        let (busy, online) = (runner.busy, runner.status != "offline");
        Some((RunnerId(runner.id), Registered { job, repository: repository.clone(), busy, online }))
    };
    let runners = read::<Body>(answer)?.runners;
    let full = runners.len() >= FULL;
    Some(Page { items: runners.into_iter().filter_map(ours).collect(), full })
}
