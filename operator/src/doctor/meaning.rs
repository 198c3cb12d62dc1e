//! What GitHub's responses about repositories mean to an operator, and what is said where there are none.

use super::{Finding, Level};
use jitney::github::group::{Member, RunnerGroup};
use jitney::github::hook::{HookHome, ListedHook};
use jitney::github::release::read_downloads;
use jitney::github::{Answer, Fault, Response};
use jitney::settings::CoursesSettings;
use jitney::words::printable::Shown;
use jitney::words::repository::Repository;
use jitney::words::version::RunnerVersion;

pub(super) fn finding(
    level: Level,
    what: impl Into<String>,
    why: impl Into<String>,
    cure: impl Into<String>,
) -> Finding {
    Finding { level, what: what.into(), why: why.into(), cure: cure.into() }
}

fn unchecked(what: impl Into<String>, why: impl Into<String>, cure: impl Into<String>) -> Finding {
    finding(Level::Unchecked, what, format!("not checked: {}", why.into()), cure)
}

pub(super) fn silence(settings: &CoursesSettings, fault: Fault) -> Finding {
    let how = match fault {
        Fault::Unreachable => "cannot be reached",
        Fault::TimedOut => "did not answer in time",
        Fault::Broken => "broke the connection off",
        Fault::TooLarge => "answered with more than jitney reads",
        Fault::Denied => "is not the host that the settings name, so jitney's guard stopped the request",
    };
    let cure = "check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL, and that this machine has a network";
    finding(Level::Fail, "reachability", format!("GitHub's API at {} {how}", settings.api), cure)
}

/// An App whose key is not here, or at fault.
pub(super) fn unsigned() -> Finding {
    let why = "the App's private key is missing or invalid, so GitHub was not asked anything";
    let cure = "set GITHUB_APP_PRIVATE_KEY here, or run `modal run modal_app.py::doctor`, which has the key";
    unchecked("GitHub", why, cure)
}

/// What comes after a row that nothing else can come after.
pub(super) fn stopped() -> Finding {
    let why = "the row above keeps everything else at GitHub from being seen";
    unchecked("permissions, webhook, runner version", why, "fix that first, then run doctor again")
}

/// What of `ALLOWED_REPOS` is not tried, for permissions are tried on repositories.
pub(super) fn unnamed(settings: &CoursesSettings, named: &[Repository], most: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let owners = settings.allowlist.owners();
    if named.is_empty() {
        let why = if owners.is_empty() {
            "ALLOWED_REPOS is not set, so there is no repository to try them on"
        } else {
            "ALLOWED_REPOS names no repository in full, so there is none to try them on"
        };
        let cure = "name at least one as owner/repo in ALLOWED_REPOS; for this check alone: ALLOWED_REPOS=owner/repo before the command";
        findings.push(unchecked("permissions, webhook, runner version", why, cure));
    } else {
        for owner in owners {
            let why = "repositories that a pattern admits are not tried one by one";
            let what = format!("{}/*", owner.owner());
            findings.push(finding(Level::Warn, what, why, "name one in ALLOWED_REPOS to have it tried"));
        }
    }
    if let Some(rest) = named.get(most..).filter(|rest| !rest.is_empty()) {
        let first = rest.first().map(Repository::to_string).unwrap_or_default();
        let what = match rest.len() {
            1 => first,
            more => format!("{first} and {} more repositories", more - 1),
        };
        let cure = "for the rest, run doctor with ALLOWED_REPOS=owner/repo before the command";
        findings.push(unchecked(what, format!("doctor tries {most} repositories at a time"), cure));
    }
    findings
}

/// A repository that the credential does not see: one cause, one row.
pub(super) fn hidden(repository: &Repository) -> Finding {
    let why = "GitHub answers 404: there is no such repository, or the credential was not given it";
    let cure = "check the spelling in ALLOWED_REPOS, and give the token or the App access to the repository";
    finding(Level::Fail, repository.to_string(), why, cure)
}

pub(super) fn actions(repository: &Repository, response: &Response) -> Finding {
    let cure = "give the credential Actions: Read-only on the repository";
    permission(repository, response, "Actions: read", "jobs and runs can be read", cure)
}

pub(super) fn group(repository: &Repository, id: u64, answer: &Answer) -> Finding {
    let what = format!("{}: runner group {id}", repository.owner());
    if let Some(group) = RunnerGroup::seen(answer) {
        return finding(Level::Ok, what, format!("is there: {}", Shown(&group.name)), "");
    }
    let status = answer.as_ref().map_or(0, |response| response.status);
    if status == 404 {
        let cure = "set RUNNER_GROUP_ID to a group of this organization";
        return finding(Level::Fail, what, "GitHub answers 404: the organization has no such group", cure);
    }
    let cure = "give the credential Self-hosted runners: Read and write on the organization";
    unchecked(what, format!("GitHub answers {status}"), cure)
}

/// Whether a repository may use the runner group. Whether a repository is public is not asked.
pub(super) fn access(repository: &Repository, group: &RunnerGroup, members: &[Member]) -> Finding {
    let what = format!("{repository}: runner group");
    let public = if group.allows_public_repositories { "" } else { "; public repositories may not use it" };
    match group.visibility.as_str() {
        "all" => {
            finding(Level::Ok, what, format!("is open to every repository of the organization{public}"), "")
        }
        "private" => finding(
            Level::Ok,
            what,
            format!("is open to every private repository of the organization{public}"),
            "",
        ),
        "selected" => {
            let name = repository.to_string();
            let member = members.iter().find(|member| member.full_name.eq_ignore_ascii_case(&name));
            match member {
                Some(member) if member.private || group.allows_public_repositories => {
                    finding(Level::Ok, what, "may use the group", "")
                }
                Some(_) => finding(
                    Level::Fail,
                    what,
                    "the repository is public, and the group is for private ones",
                    "allow public repositories in the group's settings, or use another group (RUNNER_GROUP_ID)",
                ),
                None => finding(
                    Level::Fail,
                    what,
                    "the group is not open to this repository, so its jobs never reach the runners",
                    "add the repository in the organization's Settings → Actions → Runner groups",
                ),
            }
        }
        other => unchecked(
            what,
            format!("GitHub calls the group's access {}", Shown(other)),
            "look at the group's settings",
        ),
    }
}

fn permission(repository: &Repository, response: &Response, name: &str, good: &str, cure: &str) -> Finding {
    let what = format!("{repository}: {name}");
    if matches!(response.status, 200 | 201) {
        return finding(Level::Ok, what, good, "");
    }
    let wanted = response.accepted_permissions.as_deref();
    let asks = wanted.map_or_else(String::new, |wanted| format!(", and asks for {}", Shown(wanted)));
    finding(Level::Fail, what, format!("GitHub answers {}{asks}", response.status), cure)
}

pub(super) fn administration(repository: &Repository, response: &Response) -> Finding {
    let cure = "give the credential Administration: Read and write on the repository (in org scope Self-hosted runners on the organization)";
    permission(repository, response, "Administration", "runners can be registered", cure)
}

/// Which runner GitHub offers, if it says so.
pub(super) fn offer(settings: &CoursesSettings, answer: &Answer) -> Vec<Finding> {
    let found = read_downloads(answer).map(|offered| {
        let old = !settings.api.is_server() && offered.version < RunnerVersion::LEAST;
        let level = if old { Level::Warn } else { Level::Ok };
        finding(level, "runner's version", format!("GitHub offers {}", offered.version), "")
    });
    found.into_iter().collect()
}

pub(super) fn webhook(settings: &CoursesSettings, home: &HookHome, answer: &Answer) -> Vec<Finding> {
    let (what, owner) = match home {
        HookHome::Organization(repository) => (format!("{}: webhook", repository.owner()), "organization"),
        HookHome::Repository(repository) => (format!("{repository}: webhook"), "repository"),
        HookHome::App => ("App's webhook".to_owned(), "App"),
    };
    let Some(hooks) = ListedHook::all(answer) else {
        let status = answer.as_ref().map_or(0, |response| response.status);
        let why = format!("GitHub answers {status}; failed deliveries are not redelivered either");
        return vec![unchecked(what, why, "give the credential Webhooks: Read and write")];
    };
    let Some(hook) = hooks.iter().find(|hook| settings.is_our_webhook(&hook.config.url)) else {
        let why = format!("none of the {owner}'s own webhooks leads to jitney");
        let cure = format!(
            "run setup, or add one in the {owner}'s Settings → Webhooks; set WEBHOOK_URL if its URL is your own; \
             a GitHub App's webhook works too"
        );
        return vec![finding(Level::Warn, what, why, cure)];
    };
    let mut findings = Vec::new();
    let mut wrong = |why: &str, cure: &str| findings.push(finding(Level::Fail, what.clone(), why, cure));
    if !hook.active {
        wrong("is switched off", "switch it on in Settings → Webhooks");
    }
    if !hook.sends_jobs() {
        wrong("does not send workflow jobs", "choose the event `Workflow jobs` for it");
    }
    if hook.config.secret.is_none() {
        wrong("has no secret, so its deliveries are refused", "give it the value of WEBHOOK_SECRET");
    }
    match hook.last_response.code {
        Some(401) => wrong(
            "its last delivery was refused: its secret is not WEBHOOK_SECRET",
            "give both the same secret",
        ),
        Some(503) => wrong(
            "its last delivery was answered 503",
            "open the endpoint's URL: it names the setting at fault",
        ),
        Some(code) if code >= 500 => {
            wrong("its last delivery failed", "run `modal app logs jitney`, which shows why");
        }
        _ => {}
    }
    if findings.is_empty() {
        findings.push(finding(Level::Ok, what, "is there and sends workflow jobs", ""));
    }
    findings
}
