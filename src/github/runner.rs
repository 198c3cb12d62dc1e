//! A self-hosted runner: its registration with a JIT config, its deletion, and what GitHub shows of it.

use super::credential::CredentialScope;
use super::request::{Method, Request};
use super::response::{Answer, Page, Refusal, Seen, read, refusal, seen};
use crate::reply::Reason;
use crate::words::ids::{JobId, RunnerId, RunnerName};
use crate::words::label::Label;
use crate::words::repository::Repository;
use crate::words::scope::Scope;
use crate::words::secret::Secret;
use crate::words::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A registered runner. What GitHub leaves out is empty.
#[derive(Clone, Debug, Deserialize)]
pub struct Runner {
    /// Its id; 0 where GitHub left it out.
    #[serde(default = "nobody")]
    pub id: RunnerId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// `online` or `offline`.
    #[serde(default)]
    pub status: String,
    /// Whether it has a job.
    #[serde(default)]
    pub busy: bool,
}

fn nobody() -> RunnerId {
    RunnerId(0)
}

impl Runner {
    /// The response to [`Request::runner`].
    pub fn seen(answer: &Answer) -> Seen<Self> {
        seen(answer)
    }

    /// The response to [`Request::runners`] or [`Request::find_runner`].
    pub fn page(answer: &Answer) -> Option<Page<Self>> {
        #[derive(Deserialize)]
        struct Body {
            runners: Vec<Runner>,
        }
        read::<Body>(answer).map(|body| Page::new(body.runners))
    }

    /// The job that it was meant for, if it is one of ours.
    pub fn meant_for(&self) -> Option<JobId> {
        RunnerName::job_of(&self.name)
    }

    /// Whether it is known to be connected; so is one of which GitHub does not say.
    pub fn is_online(&self) -> bool {
        self.status != "offline"
    }
}

/// The response to [`Request::delete_runner`]: whether the runner is gone for certain. A busy one (422) is not.
pub fn is_deleted(answer: &Answer) -> bool {
    answer.as_ref().is_ok_and(|response| !response.unauthorized && matches!(response.status, 204 | 404))
}

/// A JIT config and the runner that it is for.
#[derive(Clone, Debug)]
pub struct Minted {
    /// The runner's id.
    pub runner: RunnerId,
    /// `encoded_jit_config`, which holds a private key.
    pub config: Secret,
}

impl Minted {
    /// The response to [`Request::mint`].
    pub fn read(answer: &Answer, now: Timestamp) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Body {
            runner: Runner,
            encoded_jit_config: String,
        }
        let body: Option<Body> = match answer {
            Ok(response) if response.status == 201 => serde_json::from_slice(&response.body).ok(),
            answer => return Err(refusal(answer, now)),
        };
        let usable = |body: &Body| {
            body.runner.id.0 != 0
                && !body.encoded_jit_config.is_empty()
                && body.encoded_jit_config.bytes().all(|b| b.is_ascii_graphic())
        };
        body.filter(usable)
            .map(|body| Self { runner: body.runner.id, config: Secret::new(body.encoded_jit_config) })
            .ok_or_else(|| {
                let text = "GitHub's 201 holds no JIT config";
                Refusal::Transient(true, Reason::new("github-answer-unreadable", text))
            })
    }
}

impl Request {
    /// "Create configuration for a just-in-time runner": exactly the job's labels, which are all that GitHub
    /// gives the runner.
    pub fn mint(
        scope: Scope,
        repository: &Repository,
        name: &RunnerName,
        group: u64,
        labels: &[Label],
    ) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            name: &'a RunnerName,
            runner_group_id: u64,
            labels: &'a [Label],
            work_folder: &'static str,
        }
        let body = Body { name, runner_group_id: group, labels, work_folder: "_work" };
        let path = format!("{}/generate-jitconfig", home(scope, repository));
        Self::post(
            path,
            Some(serde_json::to_string(&body).unwrap_or_default()),
            CredentialScope::of(repository),
        )
    }

    /// "Create a registration token". It changes nothing, and only who may register runners is given one.
    pub fn registration_token(scope: Scope, repository: &Repository) -> Self {
        let path = format!("{}/registration-token", home(scope, repository));
        Self::post(path, None, CredentialScope::of(repository))
    }

    /// "List self-hosted runners", by exact name.
    pub fn find_runner(scope: Scope, repository: &Repository, name: &RunnerName) -> Self {
        let path = format!("{}?name={}", home(scope, repository), name.as_str());
        Self::get(path, CredentialScope::of(repository))
    }

    /// "Delete a self-hosted runner".
    pub fn delete_runner(scope: Scope, repository: &Repository, runner: RunnerId) -> Self {
        let path = format!("{}/{runner}", home(scope, repository));
        Self { method: Method::Delete, ..Self::get(path, CredentialScope::of(repository)) }
    }

    /// "List self-hosted runners".
    pub fn runners(scope: Scope, repository: &Repository, page: u32) -> Self {
        let path = format!("{}?per_page=100&page={page}", home(scope, repository));
        Self::get(path, CredentialScope::of(repository))
    }

    /// "Get a self-hosted runner".
    pub fn runner(scope: Scope, repository: &Repository, runner: RunnerId) -> Self {
        Self::get(format!("{}/{runner}", home(scope, repository)), CredentialScope::of(repository))
    }
}

/// Where runners of this scope are registered.
pub(super) fn home(scope: Scope, repository: &Repository) -> String {
    match scope {
        Scope::Repository => format!("/repos/{repository}/actions/runners"),
        Scope::Organization => format!("/orgs/{}/actions/runners", repository.owner()),
    }
}
