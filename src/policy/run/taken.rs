//! The job that a runner took, as the runner's environment and the event's payload tell it before the first step.
//!
//! Payloads differ by event, and some carry next to nothing (`schedule`, `workflow_dispatch`), so whatever the runner's
//! own `GITHUB_*` variables say is read there. What neither says is unknown, and a rule that asks for it refuses.

use super::{Reference, Run, Workflow};
use crate::words::repository::Repository;
use serde_json::{Map, Value};

/// The events whose payload holds the pull request that the code comes from.
const PULLS: [&str; 4] =
    ["pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"];
/// The event of a workflow that follows another's run, which a fork may have started.
const FOLLOWS: &str = "workflow_run";

/// Whether an event is of a pull request.
pub(crate) fn is_pull(event: &str) -> bool {
    PULLS.contains(&event)
}

/// Reads what the runner tells; `None` if that cannot be understood.
pub fn read(told: impl Fn(&str) -> Option<String>, payload: &str) -> Option<(Repository, Run)> {
    let told = |name: &str| told(name).filter(|value| !value.is_empty());
    let payload: Map<String, Value> = serde_json::from_str(payload).ok()?;
    let of = payload.get("repository");
    let name = told("GITHUB_REPOSITORY").or_else(|| text(of?, "full_name"))?;
    let repository = Repository::parse(&name).ok()?;
    let event = told("GITHUB_EVENT_NAME").unwrap_or_default();
    let reference = told("GITHUB_REF").map_or(Reference::Untold, Reference::Full);
    let (whence, reference) = origin(&event, &payload, &repository, reference)?;
    let actors = ["GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR"].into_iter().filter_map(told).collect();
    let workflow = told("GITHUB_WORKFLOW_REF")
        .filter(|file| file.contains('@'))
        .map(|file| Workflow::new(&file, Some(&repository), None));
    let private = of.and_then(|of| of.get("private")).and_then(Value::as_bool);
    Some((repository, Run { event, reference, actors, workflow, head: whence, private }))
}

/// Where the code comes from, and what it is of. An event that nobody names may be any: what the payload holds counts.
fn origin(
    event: &str,
    payload: &Map<String, Value>,
    own: &Repository,
    reference: Reference,
) -> Option<(Option<Repository>, Reference)> {
    let carried = |name: &str| payload.get(name).filter(|value| !value.is_null());
    let pull = if is_pull(event) { Some(carried("pull_request")?) } else { carried("pull_request") };
    if let Some(pull) = pull.filter(|_| event.is_empty() || is_pull(event)) {
        let head = pull.as_object()?.get("head")?.as_object()?;
        let branch = head.get("ref").and_then(Value::as_str);
        let reference = branch.map_or(Reference::Untold, |branch| Reference::Head(branch.to_owned()));
        return Some((head.get("repo").and_then(named), reference));
    }
    let follows = if event == FOLLOWS { Some(carried("workflow_run")?) } else { carried("workflow_run") };
    if let Some(run) = follows.filter(|_| event.is_empty() || event == FOLLOWS) {
        return Some((run.as_object()?.get("head_repository").and_then(named), reference));
    }
    Some((Some(own.clone()), reference))
}

fn named(repository: &Value) -> Option<Repository> {
    Repository::parse(&text(repository, "full_name")?).ok()
}

fn text(of: &Value, name: &str) -> Option<String> {
    of.get(name)?.as_str().map(str::to_owned)
}
