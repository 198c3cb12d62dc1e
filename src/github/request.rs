//! Requests to GitHub's REST API, each valid against its published OpenAPI description.

use super::Whose;
use crate::words::api_base::ApiBase;
use crate::words::ids::{JobId, RunId, RunnerId, RunnerName};
use crate::words::label::Label;
use crate::words::repository::Repository;
use crate::words::scope::Scope;
use crate::words::secret::Secret;
use crate::words::version::RunnerVersion;
use serde::Serialize;

/// The HTTP methods that jitney uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

/// A request, below the API's base. Made only by the functions here, out of types that are safe in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path below the base, with its query.
    pub path: String,
    /// A JSON body, or none.
    pub body: Option<String>,
    /// What it needs a credential for.
    pub whose: Whose,
    /// Whether github.com is asked, whichever GitHub the settings name.
    pub at_github_com: bool,
    /// The credential, once there is one.
    pub credential: Option<Secret>,
}

impl Request {
    pub(super) fn get(path: String, whose: Whose) -> Self {
        Self { method: Method::Get, path, body: None, whose, at_github_com: false, credential: None }
    }

    pub(super) fn post(path: String, body: Option<String>, whose: Whose) -> Self {
        Self { method: Method::Post, path, body, whose, at_github_com: false, credential: None }
    }

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
        let path = format!("{}/generate-jitconfig", runners(scope, repository));
        Self::post(path, Some(serde_json::to_string(&body).unwrap_or_default()), of(repository))
    }

    /// "List self-hosted runners", by exact name.
    pub fn find_runner(scope: Scope, repository: &Repository, name: &RunnerName) -> Self {
        let path = format!("{}?name={}", runners(scope, repository), name.as_str());
        Self::get(path, of(repository))
    }

    /// "Delete a self-hosted runner".
    pub fn delete_runner(scope: Scope, repository: &Repository, runner: RunnerId) -> Self {
        let path = format!("{}/{runner}", runners(scope, repository));
        Self { method: Method::Delete, ..Self::get(path, of(repository)) }
    }

    /// "List workflow runs for a repository", of one status.
    pub fn runs(repository: &Repository, status: &'static str, page: u32) -> Self {
        let path = format!("/repos/{repository}/actions/runs?status={status}&per_page=100&page={page}");
        Self::get(path, of(repository))
    }

    /// "List jobs for a workflow run", of its latest attempt.
    pub fn jobs(repository: &Repository, run: RunId, page: u32) -> Self {
        let path =
            format!("/repos/{repository}/actions/runs/{run}/jobs?filter=latest&per_page=100&page={page}");
        Self::get(path, of(repository))
    }

    /// "List self-hosted runners".
    pub fn runners(scope: Scope, repository: &Repository, page: u32) -> Self {
        let path = format!("{}?per_page=100&page={page}", runners(scope, repository));
        Self::get(path, of(repository))
    }

    /// "Get a self-hosted runner".
    pub fn runner(scope: Scope, repository: &Repository, runner: RunnerId) -> Self {
        Self::get(format!("{}/{runner}", runners(scope, repository)), of(repository))
    }

    /// "Get a job for a workflow run".
    pub fn job(repository: &Repository, job: JobId) -> Self {
        let path = format!("/repos/{repository}/actions/jobs/{job}");
        Self::get(path, of(repository))
    }

    /// "Get a release by tag name", or "Get the latest release", of the Actions runner. An enterprise's GitHub has none
    /// of its own, so github.com is asked then, which must not see the enterprise's credential.
    pub fn runner_release(pin: Option<RunnerVersion>, api: &ApiBase, whose: Whose) -> Self {
        let which = pin.map_or_else(|| "latest".to_owned(), |version| format!("tags/v{version}"));
        let path = format!("/repos/actions/runner/releases/{which}");
        if api.has_releases() {
            return Self::get(path, whose);
        }
        Self { at_github_com: true, ..Self::get(path, Whose::Nobody) }
    }

    /// "Get rate limit status for the authenticated user".
    pub fn quota() -> Self {
        Self::get("/rate_limit".to_owned(), Whose::App)
    }

    /// "Get a self-hosted runner group for an organization".
    pub fn runner_group(repository: &Repository, group: u64) -> Self {
        Self::get(format!("/orgs/{}/actions/runner-groups/{group}", repository.owner()), of(repository))
    }

    /// The headers that go with it, the credential among them.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("accept", "application/vnd.github+json".to_owned()),
            ("user-agent", concat!("jitney/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
        ];
        if let Some(token) = &self.credential {
            headers.push(("authorization", format!("Bearer {}", token.expose())));
        }
        if let Some(body) = &self.body {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("content-length", body.len().to_string()));
        } else if self.method != Method::Get {
            // Else it would go in chunks, none of them.
            headers.push(("content-length", "0".to_owned()));
        }
        headers
    }
}

fn of(repository: &Repository) -> Whose {
    Whose::Repository(repository.clone(), None)
}

fn runners(scope: Scope, repository: &Repository) -> String {
    match scope {
        Scope::Repository => format!("/repos/{repository}/actions/runners"),
        Scope::Organization => format!("/orgs/{}/actions/runners", repository.owner()),
    }
}
