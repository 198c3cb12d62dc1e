//! GitHub's listings, as a sweep reads them: runs, jobs, runners. One page of a hundred each; the next sweep sees
//! what this one did not.

use super::answer::WireJob;
use super::{Answer, Fault, QueuedJob};
use crate::ids::{JobId, RunId, RunnerId, RunnerName};
use crate::repository::Repository;
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

fn read<T: DeserializeOwned>(answer: Result<&Answer, Fault>) -> Option<T> {
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice(&answer.body).ok()
}

/// Reads the answer to [`super::Request::runs`]; `None` if it is none.
pub fn read_runs(answer: Result<&Answer, Fault>) -> Option<Vec<RunId>> {
    #[derive(Deserialize)]
    struct Body {
        workflow_runs: Vec<Run>,
    }
    #[derive(Deserialize)]
    struct Run {
        id: u64,
    }
    read::<Body>(answer).map(|body| body.workflow_runs.into_iter().map(|run| RunId(run.id)).collect())
}

/// Reads the answer to [`super::Request::jobs`]: those that are queued.
pub fn read_jobs(answer: Result<&Answer, Fault>) -> Vec<QueuedJob> {
    #[derive(Deserialize)]
    struct Body {
        jobs: Vec<WireJob>,
    }
    read::<Body>(answer).into_iter().flat_map(|body| body.jobs).filter_map(WireJob::queued).collect()
}

/// Reads the answer to [`super::Request::job`]: whether the job is over for certain.
pub fn read_is_over(answer: Result<&Answer, Fault>) -> bool {
    #[derive(Deserialize)]
    struct Body {
        status: String,
    }
    read::<Body>(answer).is_some_and(|body| body.status == "completed")
}

/// Reads the answer to [`super::Request::runners`] about `repository`: those whose names are of our making,
/// and whether the page holds all that there are.
pub fn read_registered(
    answer: Result<&Answer, Fault>,
    repository: &Repository,
) -> Option<(Vec<(RunnerId, Registered)>, bool)> {
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
    let body = read::<Body>(answer)?;
    let all = body.runners.len() < 100;
    Some((body.runners.into_iter().filter_map(ours).collect(), all))
}
