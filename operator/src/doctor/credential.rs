//! What GitHub's responses about the credential mean to an operator: whether it is accepted, until when, for what; and
//! of an App, whether its webhook is jitney's.

use super::meaning::finding;
use super::{Finding, Level};
use jitney::github::app::App;
use jitney::github::hook::HookConfig;
use jitney::github::{Answer, Response};
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::printable::Shown;
use jitney::words::scope::Scope;
use jitney::words::time::Timestamp;

/// A clock that is off by more, in milliseconds, makes JWTs and ages wrong.
const SKEW: u64 = 30_000;
/// A credential that ends sooner, in milliseconds, is worth a warning.
const SOON: u64 = 14 * 24 * 3_600_000;

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
            findings.push(finding(Level::Ok, "credential", format!("GitHub accepts the {kind}"), ""));
        }
        401 => {
            let cure = "make a new token and set GITHUB_TOKEN to it";
            findings.push(finding(
                Level::Fail,
                "credential",
                "GitHub answers 401: the token is wrong, revoked or expired",
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
        let cure = if level == Level::Warn { "make a new token before that" } else { "" };
        findings.push(finding(level, "credential", format!("expires in {days} days"), cure));
    }
    if let (Some(remaining), Some(limit)) = (response.remaining, response.limit) {
        let level = if remaining.saturating_mul(10) < limit { Level::Warn } else { Level::Ok };
        let cure = if level == Level::Warn {
            "find out what else uses this credential; a GitHub App has a quota of its own"
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
            "make a new private key on the App's page, and set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY";
        findings.push(finding(Level::Fail, "credential", why, cure));
        return findings;
    };
    findings.push(finding(Level::Ok, "credential", "GitHub accepts the App's key", ""));
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
        (Level::Ok, "the App is subscribed to workflow jobs", "")
    } else {
        (
            Level::Fail,
            "the App is not subscribed to workflow jobs",
            "subscribe it to the event `Workflow job`",
        )
    };
    findings.push(finding(level, "App's events", why, cure));
    findings
}

/// The App's own webhook, which serves every repository that the App is installed on.
pub(super) fn own_webhook(settings: &CoursesSettings, answer: &Answer) -> Finding {
    let what = "App's webhook";
    let Some(config) = HookConfig::seen(answer) else {
        let status = answer.as_ref().map_or(0, |response| response.status);
        let why = format!("GitHub answers {status}: the App has no webhook, or none that it shows");
        return finding(Level::Fail, what, why, "switch the webhook on in the App's settings");
    };
    if !settings.is_our_webhook(&config.url) {
        let cure = "set the webhook URL in the App's settings, or WEBHOOK_URL if that is the endpoint";
        return finding(Level::Fail, what, format!("leads to {}, not to jitney", Shown(&config.url)), cure);
    }
    if config.secret.is_none() {
        let cure = "give it the value of WEBHOOK_SECRET in the App's settings";
        return finding(Level::Fail, what, "has no secret, so its deliveries are refused", cure);
    }
    finding(Level::Ok, what, "leads to jitney and has a secret", "")
}
