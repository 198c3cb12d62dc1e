//! What GitHub's answers mean for a course. Rules from GitHub's REST docs ("Rate limits for the REST API") and
//! from what its endpoints are known to do (`generate-jitconfig`: 201, 404, 409, 422, and the usual failures).

use super::Cursor;
use crate::reply::Reason;
use crate::ticket::Ticket;
use crate::words::ids::{JobId, RunId, RunnerId};
use crate::words::label::Label;
use crate::words::repository::Repository;
use crate::words::secret::Secret;
use crate::words::time::Timestamp;
use serde::Deserialize;

/// An HTTP answer, as far as it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<u64>,
    /// `X-RateLimit-Limit`.
    pub limit: Option<u64>,
    /// `X-RateLimit-Reset`, in seconds since the epoch.
    pub reset: Option<u64>,
    /// Where a listing goes on, out of `Link`.
    pub next: Option<Cursor>,
    /// `Date`: GitHub's clock.
    pub date: Option<Timestamp>,
    /// `GitHub-Authentication-Token-Expiration`: when the token ends.
    pub token_ends: Option<Timestamp>,
    /// `X-Accepted-GitHub-Permissions`: what the request would have needed.
    pub accepted_permissions: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer. After any of these the request may have taken effect, `Denied` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection, or none in time.
    Unreachable,
    /// Connected, but the answer did not come in time.
    TimedOut,
    /// The connection broke, or carried no HTTP.
    Broken,
    /// The body is longer than any that jitney expects.
    TooLarge,
    /// This machine forbids the request.
    Denied,
}

/// A JIT config and the runner that it is for.
#[derive(Clone, Debug)]
pub struct Minted {
    /// The runner's id.
    pub runner: RunnerId,
    /// `encoded_jit_config`, which holds a private key.
    pub config: Secret,
}

/// Why a request got no good answer, and so what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A runner of this name exists: try another name.
    NameTaken,
    /// Not before so many milliseconds.
    Limited(u64, Reason),
    /// It may go better soon; if `true`, the request may have taken effect.
    Transient(bool, Reason),
    /// It will go no better until somebody mends something.
    Permanent(Reason),
}

/// What GitHub says of a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunnerState {
    /// It has a job.
    Busy,
    /// It is registered no longer: its job is over, or it was deleted.
    Gone,
    /// It waits for a job, or GitHub did not say.
    Coming,
}

/// A job that waits for a runner, as GitHub's API shows it.
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

impl QueuedJob {
    /// The ticket to launch it with.
    pub fn ticket(self, repository: Repository) -> Ticket {
        Ticket::found(repository, self.job, self.run, self.labels, self.created)
    }
}

/// What GitHub says of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// A runner has it, or had it, or it was cancelled.
    Gone,
    /// It may want a runner: it is queued, or GitHub did not say.
    Wanted,
}

/// Reads the answer to [`super::Request::mint`].
pub fn read_mint(answer: Result<&Response, Fault>, now: Timestamp) -> Result<Minted, Refusal> {
    #[derive(Deserialize)]
    struct Body {
        runner: Runner,
        encoded_jit_config: String,
    }
    let answer = answer.map_err(Fault::refusal)?;
    if answer.status != 201 {
        return Err(refusal(Ok(answer), now));
    }
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    let usable = |body: &Body| {
        body.runner.id != 0
            && !body.encoded_jit_config.is_empty()
            && body.encoded_jit_config.bytes().all(|b| b.is_ascii_graphic())
    };
    body.filter(usable)
        .map(|body| Minted { runner: RunnerId(body.runner.id), config: Secret::new(body.encoded_jit_config) })
        .ok_or_else(|| {
            Refusal::Transient(
                true,
                Reason::new("github-answer-unreadable", "GitHub's 201 holds no JIT config"),
            )
        })
}

#[derive(Deserialize)]
struct Runner {
    id: u64,
    #[serde(default)]
    name: Option<String>,
}

/// Reads the answer to [`super::Request::find_runner`]: the ids of the runners of that very name.
pub fn read_runners(answer: Result<&Response, Fault>, name: &str) -> Vec<RunnerId> {
    #[derive(Deserialize)]
    struct Body {
        runners: Vec<Runner>,
    }
    let body = answer.ok().filter(|answer| answer.status == 200);
    let body: Option<Body> = body.and_then(|answer| serde_json::from_slice(&answer.body).ok());
    let ours = |runner: &Runner| runner.name.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(name));
    body.into_iter().flat_map(|body| body.runners).filter(ours).map(|runner| RunnerId(runner.id)).collect()
}

/// Reads the answer to [`super::Request::delete_runner`]: whether the runner is gone for certain. A busy one (422)
/// is not.
pub fn read_deleted(answer: Result<&Response, Fault>) -> bool {
    answer.is_ok_and(|answer| matches!(answer.status, 204 | 404))
}

/// Reads the answer to [`super::Request::runner`]. Only a clear answer says that no runner is coming.
pub fn read_runner(answer: Result<&Response, Fault>) -> RunnerState {
    #[derive(Deserialize)]
    struct Body {
        busy: bool,
    }
    let busy = |answer: &Response| serde_json::from_slice::<Body>(&answer.body).is_ok_and(|body| body.busy);
    match answer {
        Ok(answer) if answer.status == 404 => RunnerState::Gone,
        Ok(answer) if answer.status == 200 && busy(answer) => RunnerState::Busy,
        _ => RunnerState::Coming,
    }
}

#[derive(Deserialize)]
pub(super) struct WireJob {
    id: u64,
    run_id: u64,
    status: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl WireJob {
    /// The job, if it is queued and well-formed.
    pub(super) fn queued(self) -> Option<QueuedJob> {
        let labels: Result<Vec<_>, _> = self.labels.iter().map(|label| Label::parse(label)).collect();
        let created = self.created_at.as_deref().and_then(Timestamp::parse);
        let fits = self.status == "queued" && self.id != 0 && self.run_id != 0;
        let labels = labels.ok().filter(|labels| fits && labels.len() <= 100)?;
        Some(QueuedJob { job: JobId(self.id), run: RunId(self.run_id), labels, created })
    }
}

/// Reads the answer to [`super::Request::job`]: the job, if it is known to be queued.
pub fn read_queued_job(answer: Result<&Response, Fault>) -> Option<QueuedJob> {
    let body = answer.ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice::<WireJob>(&body.body).ok()?.queued()
}

/// Reads the answer to [`super::Request::job`]. Only a clear answer is a reason not to launch.
pub fn read_job(answer: Result<&Response, Fault>) -> JobState {
    #[derive(Deserialize)]
    struct Body {
        status: String,
    }
    let body = answer.ok().filter(|answer| answer.status == 200);
    let body: Option<Body> = body.and_then(|answer| serde_json::from_slice(&answer.body).ok());
    match body.as_ref().map(|body| body.status.as_str()) {
        Some("in_progress" | "completed") => JobState::Gone,
        _ => JobState::Wanted,
    }
}

impl Fault {
    fn refusal(self) -> Refusal {
        let (code, text) = match self {
            Self::Unreachable => ("github-unreachable", "GitHub's API cannot be reached"),
            Self::TimedOut => ("github-timed-out", "GitHub's API did not answer in time"),
            Self::Broken => ("github-answer-broken", "GitHub's answer broke off or is no HTTP"),
            Self::TooLarge => {
                ("github-answer-too-large", "GitHub's answer is longer than any that is expected")
            }
            Self::Denied => {
                return Refusal::Permanent(Reason::new(
                    "github-request-denied",
                    "this machine does not let the request out",
                ));
            }
        };
        Refusal::Transient(self != Self::Unreachable, Reason::new(code, text))
    }
}

/// What an answer means that is not the one that was wanted.
pub fn refusal(answer: Result<&Response, Fault>, now: Timestamp) -> Refusal {
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => return fault.refusal(),
    };
    let permanent = |code, text: &str| Refusal::Permanent(Reason::new(code, text));
    match answer.status {
        401 => permanent(
            "github-token-refused",
            "GitHub answers 401: GITHUB_TOKEN is wrong, revoked or expired, or the App's id and key do not belong together",
        ),
        403 | 429 if is_limited(answer) => {
            let text = format!("GitHub answers {}: its rate limit is reached", answer.status);
            Refusal::Limited(wait(answer, now), Reason::new("github-rate-limited", text))
        }
        403 => permanent(
            "github-permission-missing",
            "GitHub answers 403: the token or the App lacks Administration: write on the repository (in org scope, Self-hosted runners: write on the organization)",
        ),
        404 => permanent(
            "github-repository-hidden",
            "GitHub answers 404: the token cannot see the repository or may not administer it, or the App is not installed there",
        ),
        408 => Refusal::Transient(true, Reason::new("github-timed-out", "GitHub answers 408")),
        409 => Refusal::NameTaken,
        422 => permanent(
            "github-request-rejected",
            "GitHub answers 422: it does not take RUNNER_GROUP_ID or the job's labels",
        ),
        300..=399 => permanent(
            "github-redirects",
            "GitHub answers with a redirect, which is not followed; was the repository renamed, or is the API's URL wrong?",
        ),
        200..=299 | 500..=599 => Refusal::Transient(
            true,
            Reason::new("github-failing", format!("GitHub answers {}", answer.status)),
        ),
        status => permanent(
            "github-answer-unknown",
            &format!("GitHub answers {status}, which it is not known to do"),
        ),
    }
}

/// Whether GitHub refuses for the sake of a limit: a 403 may be that or a missing permission; the headers tell.
pub fn is_limited(answer: &Response) -> bool {
    if !matches!(answer.status, 403 | 429) {
        return false;
    }
    let said = || String::from_utf8_lossy(&answer.body).to_ascii_lowercase().contains("rate limit");
    answer.status == 429 || answer.retry_after.is_some() || answer.remaining == Some(0) || said()
}

/// How long to wait, in milliseconds: what `Retry-After` says, else until the reset, else a minute; an hour at most.
fn wait(answer: &Response, now: Timestamp) -> u64 {
    let until_reset = answer
        .reset
        .filter(|_| answer.remaining == Some(0))
        .map(|reset| Timestamp(reset.saturating_mul(1000)).since(now));
    let asked = answer.retry_after.map(|seconds| seconds.saturating_mul(1000));
    asked.or(until_reset).unwrap_or(60_000).clamp(1_000, 3_600_000)
}
