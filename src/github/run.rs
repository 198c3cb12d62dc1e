//! A workflow run, as far as it is vetted.

use super::{Fault, Request, Response, Whose};
use crate::policy::run::Run;
use crate::words::ids::RunId;
use crate::words::repository::Repository;
use serde::Deserialize;

impl Request {
    /// "Get a workflow run".
    pub fn run(repository: &Repository, run: RunId) -> Self {
        let path = format!("/repos/{repository}/actions/runs/{run}");
        Self::get(path, Whose::Repository(repository.clone(), None))
    }
}

/// Reads the answer to [`Request::run`]; `None` if it cannot be told what the run is.
pub fn read_run(answer: Result<&Response, Fault>) -> Option<Run> {
    #[derive(Deserialize)]
    struct Wire {
        event: String,
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
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let wire: Wire = serde_json::from_slice(&answer.body).ok()?;
    let actors = wire.actor.into_iter().chain(wire.triggering_actor).map(|actor| actor.login).collect();
    Some(Run {
        event: wire.event,
        branch: wire.head_branch,
        actors,
        head: wire.head_repository.and_then(|named| Repository::parse(&named.full_name).ok()),
        private: wire.repository.and_then(|named| named.private),
    })
}
