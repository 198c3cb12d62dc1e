//! The settings that say which runs may run: events, branches, actors, workflow files. An entry that could match nothing
//! refuses every job and says so nowhere else, so what can be seen to be a slip is a problem here.

use super::fault::Fault;
use super::likeness::nearest;
use super::reader::Reader;
use super::row::Row;
use crate::policy::run::{RefPattern, WorkflowPattern};

/// What may start a workflow (GitHub's docs, "Events that trigger workflows"), and what the API calls the runs that
/// GitHub starts by itself.
const EVENTS: [&str; 39] = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "dynamic",
    "fork",
    "gollum",
    "image_version",
    "issue_comment",
    "issues",
    "label",
    "merge_group",
    "milestone",
    "page_build",
    "project",
    "project_card",
    "project_column",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "push",
    "registry_package",
    "release",
    "repository_dispatch",
    "repository_vulnerability_alert",
    "schedule",
    "status",
    "sub_issues",
    "watch",
    "workflow_call",
    "workflow_dispatch",
    "workflow_run",
];

const EVENTS_CURE: &str = "name events, separated by commas, such as push,workflow_dispatch, or unset it";
const BRANCHES_CURE: &str =
    "name branches and tags, separated by commas, such as main,release/*,tags/v*, or unset it";
const ACTORS_CURE: &str =
    "name GitHub users, separated by commas, such as octocat,dependabot[bot], or unset it";
const WORKFLOWS_CURE: &str = "name files, such as .github/workflows/deploy.yml@main, or unset it";

/// Events, in lower case.
pub(super) fn events(reader: &mut Reader<'_>, row: &Row) -> Option<Vec<String>> {
    let events = list(reader, row, EVENTS_CURE)?;
    for event in &events {
        let lower = event.to_ascii_lowercase();
        if EVENTS.contains(&lower.as_str()) {
            continue;
        }
        let plain = lower.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let several = lower.contains(char::is_whitespace);
        let meant = nearest(&lower.replace('-', "_"), EVENTS).filter(|_| !several);
        let fault = Fault::of(event, "names an event that starts no workflow");
        match (meant, plain) {
            (Some(meant), _) => {
                reader.problem(row, fault.cured(format!("did you mean {meant}?")), EVENTS_CURE);
            }
            (None, false) => reader.problem(row, fault, EVENTS_CURE),
            // GitHub adds events.
            (None, true) => {
                reader.warn(row, Fault::of(event, "names an event that jitney does not know"), EVENTS_CURE);
            }
        }
    }
    Some(events.into_iter().map(str::to_ascii_lowercase).collect())
}

/// Branches and tags.
pub(super) fn branches(reader: &mut Reader<'_>, row: &Row) -> Option<Vec<RefPattern>> {
    let named = list(reader, row, BRANCHES_CURE)?;
    for &name in &named {
        if is_no_ref(name) {
            reader.problem(row, Fault::of(name, "names what is no branch and no tag"), BRANCHES_CURE);
        } else if let Some(rest) = name.strip_prefix("heads/").or(name.strip_prefix("origin/")) {
            let fault = Fault::of(name, "names a branch that few repositories have");
            reader.warn(row, fault.cured(format!("write `{rest}` if that is the branch")), BRANCHES_CURE);
        }
    }
    let branches: Vec<RefPattern> = named.into_iter().map(RefPattern::new).collect();
    if branches.iter().any(RefPattern::seems_a_tag) {
        reader.warn(row, "names branches by what looks like a tag", "write tags as tags/v*");
    }
    Some(branches)
}

/// Whether git takes no such name for a ref (`git check-ref-format`), our `*` apart, or it is quoted.
fn is_no_ref(name: &str) -> bool {
    let barred = |c: char| c.is_whitespace() || c.is_control() || "~^:?[]\\\"'`@#".contains(c);
    let git_takes = |c: char| matches!(c, '@' | '#' | ']' | '"' | '\'' | '`');
    let inside = name.chars().any(|c| barred(c) && !git_takes(c));
    let wrapped = name.starts_with(barred) || name.ends_with(barred);
    inside
        || wrapped
        || name.starts_with('/')
        || name.ends_with('/')
        || name.contains("..")
        || name.contains("//")
}

/// Users and Apps, in lower case.
pub(super) fn actors(reader: &mut Reader<'_>, row: &Row) -> Option<Vec<String>> {
    let actors = list(reader, row, ACTORS_CURE)?;
    for actor in &actors {
        let login = actor.strip_suffix("[bot]").unwrap_or(actor);
        let plain = |login: &str| {
            !login.is_empty() && login.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if plain(login) {
            continue;
        }
        let fault = Fault::of(actor, "names what is no GitHub user");
        let bare = login.trim_start_matches('@');
        let cure = (bare != login && plain(bare)).then(|| format!("write it without the @: {bare}"));
        reader.problem(row, fault.maybe_cured(cure), ACTORS_CURE);
    }
    Some(actors.into_iter().map(str::to_ascii_lowercase).collect())
}

/// Workflow files.
pub(super) fn workflows(reader: &mut Reader<'_>, row: &Row) -> Option<Vec<WorkflowPattern>> {
    let files = list(reader, row, WORKFLOWS_CURE)?;
    for file in &files {
        let path = file.split('@').next().unwrap_or_default();
        let bare = path.trim_start_matches(['.', '/']);
        let elsewhere = !path.contains('*') && !path.contains(".github/workflows/");
        if path.starts_with('/') || path.starts_with("./") || elsewhere || path.starts_with(['[', '"', '\''])
        {
            let fault = Fault::of(file, "names a file that is no workflow's");
            let is_name = bare
                .rsplit_once('.')
                .is_some_and(|(name, ending)| !name.contains('/') && matches!(ending, "yml" | "yaml"));
            let cure = is_name.then(|| format!("write .github/workflows/{bare}"));
            reader.problem(row, fault.maybe_cured(cure), WORKFLOWS_CURE);
        }
    }
    Some(files.into_iter().map(WorkflowPattern::new).collect())
}

/// A comma-separated list that, if it is set, must name something: empty, it would admit all or nobody.
fn list<'a>(reader: &mut Reader<'a>, row: &Row, cure: &'static str) -> Option<Vec<&'a str>> {
    let names: Vec<&str> =
        reader.raw(row)?.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        reader.problem(row, "is set but names nothing", cure);
    }
    Some(names)
}
