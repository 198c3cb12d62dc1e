//! What GitHub's responses mean to an operator.

use super::{Finding, Level};
use jitney::github::app::App;
use jitney::github::hook::ListedHook;
use jitney::github::release::read_downloads;
use jitney::github::{Answer, Fault, Response};
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::printable::Shown;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use jitney::words::time::Timestamp;
use jitney::words::version::RunnerVersion;

/// A clock that is off by more, in milliseconds, makes JWTs and ages wrong.
const SKEW: u64 = 30_000;
/// A credential that ends sooner, in milliseconds, is worth a warning.
const SOON: u64 = 14 * 24 * 3_600_000;

fn finding(
    level: Level,
    what: impl Into<String>,
    why: impl Into<String>,
    cure: impl Into<String>,
) -> Finding {
    Finding { level, what: what.into(), why: why.into(), cure: cure.into() }
}

pub(super) fn silence(settings: &CoursesSettings, fault: Fault) -> Finding {
    let why = format!("GitHub's API at {} gave no answer: {fault:?}", settings.api);
    let cure = "check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL, and that this machine reaches it";
    finding(Level::Fail, "reachability", why, cure)
}

pub(super) fn actions(repository: &Repository, response: &Response) -> Finding {
    let cure = "give the credential Actions: Read-only on the repository";
    permission(repository, response, "Actions: read", "jobs and runs can be read", cure)
}

pub(super) fn group(repository: &Repository, response: &Response) -> Finding {
    let cure = "set RUNNER_GROUP_ID to a group of the organization that this repository may use";
    permission(repository, response, "runner group", "the group is there", cure)
}

fn clock(response: &Response, now: Timestamp) -> Option<Finding> {
    let theirs = response.date?;
    let off = theirs.since(now).max(now.since(theirs));
    Some(if off > SKEW {
        let why = format!("this machine's clock differs from GitHub's by {} s", off / 1000);
        finding(Level::Fail, "clock", why, "set this machine's clock")
    } else {
        finding(Level::Ok, "clock", "agrees with GitHub's", "")
    })
}

pub(super) fn quota(settings: &CoursesSettings, response: &Response, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    match response.status {
        200 => {
            let kind = match &settings.credential {
                SignIn::Token(token) if token.expose().starts_with("github_pat_") => "fine-grained token",
                SignIn::Token(token) if token.expose().starts_with("ghp_") => {
                    let why = "is a classic token, which opens every repository that its owner can see";
                    let cure = "use a GitHub App or a fine-grained token: docs/credentials.md";
                    findings.push(finding(Level::Warn, "GITHUB_TOKEN", why, cure));
                    "classic token"
                }
                _ => "token",
            };
            findings.push(finding(Level::Ok, "credential", format!("GitHub takes the {kind}"), ""));
        }
        401 => {
            let cure = "make a new one and put it into GITHUB_TOKEN";
            findings.push(finding(
                Level::Fail,
                "credential",
                "GitHub answers 401: it is wrong, revoked or expired",
                cure,
            ));
        }
        status => {
            findings.push(finding(
                Level::Warn,
                "credential",
                format!("GitHub answers {status}"),
                "try again",
            ));
        }
    }
    if let Some(end) = response.token_ends {
        let days = end.since(now) / (24 * 3_600_000);
        let level = if end.since(now) < SOON { Level::Warn } else { Level::Ok };
        let cure = if level == Level::Warn { "make a new token in time" } else { "" };
        findings.push(finding(level, "credential's end", format!("in {days} days"), cure));
    }
    if let (Some(remaining), Some(limit)) = (response.remaining, response.limit) {
        let level = if remaining.saturating_mul(10) < limit { Level::Warn } else { Level::Ok };
        let cure = if level == Level::Warn {
            "look who else uses this credential; a GitHub App has a quota of its own"
        } else {
            ""
        };
        findings.push(finding(
            level,
            "quota",
            format!("{remaining} of {limit} requests are left in this hour"),
            cure,
        ));
    }
    findings.extend(clock(response, now));
    findings
}

pub(super) fn app(
    settings: &CoursesSettings,
    response: &Response,
    answer: &Answer,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = clock(response, now).into_iter().collect();
    let Some(app) = App::seen(answer) else {
        let why = format!("GitHub answers {}: the App's id and key do not belong together", response.status);
        let cure =
            "make a new private key on the App's page and set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY";
        findings.push(finding(Level::Fail, "credential", why, cure));
        return findings;
    };
    findings.push(finding(Level::Ok, "credential", "GitHub knows the App", ""));
    let runners = match settings.scope {
        Scope::Repository => "administration",
        Scope::Organization => "organization_self_hosted_runners",
    };
    for (name, wanted) in [(runners, "write"), ("actions", "read")] {
        let has = app.permissions.get(name).map_or("none", String::as_str);
        let fits = has == wanted || has == "write";
        let cure = if fits {
            String::new()
        } else {
            format!("give the App {name}: {wanted}, and accept it where it is installed")
        };
        let level = if fits { Level::Ok } else { Level::Fail };
        findings.push(finding(level, format!("App's permission {name}"), format!("is {has}"), cure));
    }
    let hears = app.events.iter().any(|event| event == "workflow_job");
    let (level, why, cure) = if hears {
        (Level::Ok, "the App hears of workflow jobs", "")
    } else {
        (Level::Fail, "the App does not hear of workflow jobs", "subscribe it to the event `Workflow job`")
    };
    findings.push(finding(level, "App's events", why, cure));
    findings
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

pub(super) fn webhook(
    settings: &CoursesSettings,
    repository: &Repository,
    response: &Response,
    answer: &Answer,
) -> Vec<Finding> {
    let what = format!("{repository}: webhook");
    let Some(hooks) = ListedHook::all(answer) else {
        let why = format!(
            "GitHub answers {}: it cannot be looked at, and failed deliveries are not redelivered",
            response.status
        );
        return vec![finding(Level::Warn, what, why, "give the credential Webhooks: Read and write")];
    };
    let Some(hook) = hooks.iter().find(|hook| settings.is_our_webhook(&hook.config.url)) else {
        let cure = "add it in the repository's Settings → Webhooks (README, step 4), or set WEBHOOK_URL; an organization's or an App's will do as well";
        return vec![finding(Level::Warn, what, "none of the repository's own leads to jitney", cure)];
    };
    let mut findings = Vec::new();
    let mut wrong = |why: &str, cure: &str| findings.push(finding(Level::Fail, what.clone(), why, cure));
    if !hook.active {
        wrong("is switched off", "switch it on in the repository's Settings → Webhooks");
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
            "its last delivery was answer 503",
            "open the endpoint's URL: it names the setting at fault",
        ),
        Some(code) if code >= 500 => wrong("its last delivery failed", "look into `modal app logs jitney`"),
        _ => {}
    }
    if findings.is_empty() {
        findings.push(finding(Level::Ok, what, "is there, sends workflow jobs, and is answered", ""));
    }
    findings
}
