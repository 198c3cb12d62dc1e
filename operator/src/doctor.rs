//! What an operator asks when nothing runs: each thing that jitney needs of GitHub, tried by a request that changes
//! nothing, and said with its cure. Sans-IO: [`questions`] says what to ask, [`judge`] what the answer means.

use jitney::github::{Fault, HookHome, Request, Response, read_downloads};
use jitney::settings::{CoursesSettings, Credential, Problem};
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use jitney::words::time::Timestamp;
use jitney::words::version::RunnerVersion;
use serde::{Deserialize, Serialize};

/// How things stand with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but look.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it stands.
    pub level: Level,
    /// What was looked at.
    pub what: String,
    /// What was seen.
    pub why: String,
    /// What to do about it; empty if nothing.
    pub cure: String,
}

/// Something to ask GitHub.
#[derive(Clone, Debug)]
pub enum Question {
    /// Whether the credential is good, what is left of its quota, and what GitHub's clock says.
    Quota,
    /// What the App may do, and which events it hears.
    App,
    /// Whether runners of this repository may be administered.
    Administration(Repository),
    /// Whether its jobs may be read.
    Actions(Repository),
    /// Whether its webhook is as it should be.
    Webhook(Repository),
    /// Whether the runner group is there.
    Group(Repository),
}

/// The most repositories that are looked at.
const MOST: usize = 10;
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

/// What the settings themselves say.
pub fn of_settings(problems: &[Problem], warnings: &[Problem]) -> Vec<Finding> {
    let say = |level: Level| {
        move |problem: &Problem| finding(level, problem.setting, problem.fault.clone(), problem.cure)
    };
    problems.iter().map(say(Level::Fail)).chain(warnings.iter().map(say(Level::Warn))).collect()
}

/// What to ask, in order.
pub fn questions(settings: &CoursesSettings) -> Vec<Question> {
    let app = matches!(settings.credential, Credential::App);
    let mut questions = vec![if app { Question::App } else { Question::Quota }];
    for repository in settings.allowlist.exact().into_iter().take(MOST) {
        questions.push(Question::Administration(repository.clone()));
        questions.push(Question::Actions(repository.clone()));
        if !app {
            questions.push(Question::Webhook(repository.clone()));
        }
        if settings.scope == Scope::Organization {
            questions.push(Question::Group(repository));
        }
    }
    questions
}

impl Question {
    /// The request that asks it.
    pub fn request(&self, settings: &CoursesSettings) -> Request {
        match self {
            Self::Quota => Request::quota(),
            Self::App => Request::app(),
            Self::Administration(repository) => Request::runner_downloads(settings.scope, repository),
            Self::Actions(repository) => Request::runs(repository, "queued", 1),
            Self::Webhook(repository) => Request::hooks(&HookHome::Repository(repository.clone())),
            Self::Group(repository) => Request::runner_group(repository, settings.group),
        }
    }
}

/// What an answer means.
pub fn judge(
    settings: &CoursesSettings,
    question: &Question,
    answer: Result<&Response, Fault>,
    now: Timestamp,
) -> Vec<Finding> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => {
            let why = format!("GitHub's API at {} gave no answer: {fault:?}", settings.api);
            let cure = "check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL, and that this machine reaches it";
            return vec![finding(Level::Fail, "reachability", why, cure)];
        }
    };
    match question {
        Question::Quota => quota(settings, answer, now),
        Question::App => of_app(settings, answer, now),
        Question::Administration(repository) => administration(settings, repository, answer),
        Question::Actions(repository) => vec![permission(
            repository,
            answer,
            "Actions: read",
            "jobs and runs can be read",
            "give the credential Actions: Read-only on the repository",
        )],
        Question::Webhook(repository) => webhook(settings, repository, answer),
        Question::Group(repository) => vec![permission(
            repository,
            answer,
            "runner group",
            "the group is there",
            "set RUNNER_GROUP_ID to a group of the organization that this repository may use",
        )],
    }
}

fn clock(answer: &Response, now: Timestamp) -> Option<Finding> {
    let theirs = answer.date?;
    let off = theirs.since(now).max(now.since(theirs));
    Some(if off > SKEW {
        let why = format!("this machine's clock differs from GitHub's by {} s", off / 1000);
        finding(Level::Fail, "clock", why, "set this machine's clock")
    } else {
        finding(Level::Ok, "clock", "agrees with GitHub's", "")
    })
}

fn quota(settings: &CoursesSettings, answer: &Response, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    match answer.status {
        200 => {
            let kind = match &settings.credential {
                Credential::Token(token) if token.expose().starts_with("github_pat_") => "fine-grained token",
                Credential::Token(token) if token.expose().starts_with("ghp_") => {
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
    if let Some(end) = answer.token_ends {
        let days = end.since(now) / (24 * 3_600_000);
        let level = if end.since(now) < SOON { Level::Warn } else { Level::Ok };
        let cure = if level == Level::Warn { "make a new token in time" } else { "" };
        findings.push(finding(level, "credential's end", format!("in {days} days"), cure));
    }
    if let (Some(remaining), Some(limit)) = (answer.remaining, answer.limit) {
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
    findings.extend(clock(answer, now));
    findings
}

fn of_app(settings: &CoursesSettings, answer: &Response, now: Timestamp) -> Vec<Finding> {
    #[derive(Deserialize)]
    struct App {
        #[serde(default)]
        permissions: std::collections::BTreeMap<String, String>,
        #[serde(default)]
        events: Vec<String>,
    }
    let mut findings: Vec<Finding> = clock(answer, now).into_iter().collect();
    let app: Option<App> =
        if answer.status == 200 { serde_json::from_slice(&answer.body).ok() } else { None };
    let Some(app) = app else {
        let why = format!("GitHub answers {}: the App's id and key do not belong together", answer.status);
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

fn permission(repository: &Repository, answer: &Response, name: &str, good: &str, cure: &str) -> Finding {
    let what = format!("{repository}: {name}");
    if answer.status == 200 {
        return finding(Level::Ok, what, good, "");
    }
    let wanted = answer.accepted_permissions.as_deref();
    let asks = wanted.map_or_else(String::new, |wanted| {
        format!(", and asks for {}", jitney::words::printable::Shown(wanted))
    });
    finding(Level::Fail, what, format!("GitHub answers {}{asks}", answer.status), cure)
}

fn administration(settings: &CoursesSettings, repository: &Repository, answer: &Response) -> Vec<Finding> {
    let cure = "give the credential Administration: Read and write on the repository (in org scope Self-hosted runners on the organization)";
    let mut findings =
        vec![permission(repository, answer, "Administration", "runners can be administered", cure)];
    if let Some(offered) = read_downloads(Ok(answer)) {
        let old = !settings.api.is_server() && offered.version < RunnerVersion::LEAST;
        let level = if old { Level::Warn } else { Level::Ok };
        findings.push(finding(level, "runner's version", format!("GitHub offers {}", offered.version), ""));
    }
    findings
}

fn webhook(settings: &CoursesSettings, repository: &Repository, answer: &Response) -> Vec<Finding> {
    #[derive(Deserialize)]
    struct Hook {
        #[serde(default)]
        active: bool,
        #[serde(default)]
        events: Vec<String>,
        config: Config,
        #[serde(default)]
        last_response: Option<Last>,
    }
    #[derive(Deserialize)]
    struct Config {
        #[serde(default)]
        url: String,
        #[serde(default)]
        secret: Option<String>,
    }
    #[derive(Deserialize)]
    struct Last {
        #[serde(default)]
        code: Option<u16>,
    }
    let what = format!("{repository}: webhook");
    let hooks: Option<Vec<Hook>> =
        if answer.status == 200 { serde_json::from_slice(&answer.body).ok() } else { None };
    let Some(hooks) = hooks else {
        let why = format!(
            "GitHub answers {}: it cannot be looked at, and failed deliveries are not redelivered",
            answer.status
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
    if !hook.events.iter().any(|event| event == "workflow_job" || event == "*") {
        wrong("does not send workflow jobs", "choose the event `Workflow jobs` for it");
    }
    if hook.config.secret.is_none() {
        wrong("has no secret, so its deliveries are refused", "give it the value of WEBHOOK_SECRET");
    }
    match hook.last_response.as_ref().and_then(|last| last.code) {
        Some(401) => wrong(
            "its last delivery was refused: its secret is not WEBHOOK_SECRET",
            "give both the same secret",
        ),
        Some(503) => wrong(
            "its last delivery was answered 503",
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
