//! A workflow run: which there are, and what one of them was started by.

use super::credential::CredentialScope;
use super::request::Request;
use super::response::{Answer, Page, read};
use crate::policy::run::taken::is_pull;
use crate::policy::run::{Reference, Run, Workflow};
use crate::words::ids::RunId;
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::Deserialize;

impl Request {
    /// "Get a workflow run".
    pub fn run(repository: &Repository, run: RunId) -> Self {
        Self::get(format!("/repos/{repository}/actions/runs/{run}"), CredentialScope::of(repository))
    }

    /// "List workflow runs for a repository", of one status.
    pub fn runs(repository: &Repository, status: &'static str, page: u32) -> Self {
        let path = format!("/repos/{repository}/actions/runs?status={status}&per_page=100&page={page}");
        Self::get(path, CredentialScope::of(repository))
    }
}

/// A run, as a listing shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedRun {
    /// Its id.
    pub run: RunId,
    /// When it was created, where the listing says so: none of its jobs is older.
    pub created: Option<Timestamp>,
}

/// The response to [`Request::runs`].
pub fn page(answer: &Answer) -> Option<Page<ListedRun>> {
    #[derive(Deserialize)]
    struct Body {
        workflow_runs: Vec<Listed>,
    }
    #[derive(Deserialize)]
    struct Listed {
        id: u64,
        #[serde(default)]
        created_at: Option<String>,
    }
    let listed = |run: Listed| {
        let created = run.created_at.as_deref().and_then(Timestamp::parse);
        Some(ListedRun { run: RunId(run.id), created })
    };
    Some(Page::new(read::<Body>(answer)?.workflow_runs).filter_map(listed))
}

/// The response to [`Request::run`]; `None` if it cannot be told what the run is.
pub fn started_by(answer: &Answer) -> Option<Run> {
    #[derive(Deserialize)]
    struct Wire {
        event: String,
        #[serde(default)]
        path: Option<String>,
        #[serde(default)]
        head_branch: Option<String>,
        #[serde(default)]
        head_repository: Option<Named>,
        #[serde(default)]
        repository: Option<Named>,
        #[serde(default)]
        actor: Option<Actor>,
        #[serde(default)]
        triggering_actor: Option<Actor>,
    }
    #[derive(Deserialize)]
    struct Named {
        full_name: String,
        #[serde(default)]
        private: Option<bool>,
    }
    #[derive(Deserialize)]
    struct Actor {
        login: String,
    }
    let wire: Wire = read(answer)?;
    let actors = wire.actor.into_iter().chain(wire.triggering_actor).map(|actor| actor.login).collect();
    let repository = wire.repository.as_ref().and_then(|named| Repository::parse(&named.full_name).ok());
    let reference = reference(&wire.event, wire.head_branch, wire.path.as_deref());
    // Which ref a pull request's workflow was read at is not told, nor that of one that follows another.
    let read_at = match &reference {
        Reference::Full(_) | Reference::Named(_) => Some(reference.clone()),
        Reference::Head(_) | Reference::Untold => None,
    };
    Some(Run {
        workflow: wire.path.map(|path| Workflow::new(&path, repository.as_ref(), read_at)),
        event: wire.event,
        reference,
        actors,
        head: wire.head_repository.and_then(|named| Repository::parse(&named.full_name).ok()),
        private: wire.repository.and_then(|named| named.private),
    })
}

/// What a run is of. `head_branch` is a bare name, and only some events leave no doubt whether it is a branch's or a
/// tag's; a workflow's path ends in its ref sometimes, which is the run's own where the code itself was the event.
fn reference(event: &str, name: Option<String>, path: Option<&str>) -> Reference {
    let at = path.and_then(|path| path.split_once('@')).map(|(_, at)| at);
    match (event, name) {
        (_, None) => Reference::Untold,
        (event, Some(name)) if is_pull(event) => Reference::Head(name),
        ("push" | "workflow_dispatch" | "create", Some(name)) => match at {
            Some(full) if full == format!("refs/tags/{name}") || full == format!("refs/heads/{name}") => {
                Reference::Full(full.to_owned())
            }
            _ => Reference::Named(name),
        },
        ("release", Some(name)) => Reference::Full(format!("refs/tags/{name}")),
        (
            "schedule" | "merge_group" | "issues" | "issue_comment" | "repository_dispatch" | "workflow_run",
            Some(name),
        ) => Reference::Full(format!("refs/heads/{name}")),
        (_, Some(name)) => Reference::Named(name),
    }
}
