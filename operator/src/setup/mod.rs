//! What `setup` and `teardown` ask of GitHub: webhooks brought into line, pinged, removed; registrations of runners
//! removed; a GitHub App made. Sans-IO: a [`Task`] says what to ask next, and in the end how the thing stands.

mod hooks;
mod manifest;
mod ping;
mod registrations;
mod remove;

pub use hooks::{Align, AlignApp, Mode};
pub use manifest::{Made, Manifest, read_conversion};
pub use ping::{HASTY, PATIENT, Ping};
pub use registrations::Registrations;
pub use remove::{Remove, RemoveApp};

use jitney::github::{Fault, HookHome, Request, Response};
use jitney::settings::{CoursesSettings, Credential};
use jitney::words::printable::Shown;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use serde::Deserialize;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Something was changed, and it is as it should be.
    Done,
    /// It was as it should be.
    Kept,
    /// It would be changed; so far it was only looked at.
    Wanted,
    /// The endpoint does not take the webhook's secret.
    Refused,
    /// It is not as it should be.
    Failed,
    /// It is left alone, for a reason.
    Skipped,
}

/// A thing, how it stands, and what to do about it; nothing if `cure` is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How it went.
    pub state: State,
    /// Which thing.
    pub what: String,
    /// What was seen or done.
    pub why: String,
    /// What to do.
    pub cure: String,
    /// Whether it cannot be done without the webhook secret being known.
    pub needs_secret: bool,
}

impl Step {
    /// A step with nothing to do about it.
    pub fn new(state: State, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { state, what: what.into(), why: why.into(), cure: String::new(), needs_secret: false }
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_cure(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), ..self }
    }
}

/// What a task wants next.
#[derive(Clone, Debug)]
pub enum Next {
    /// GitHub is to be asked this.
    Ask(Request),
    /// So many milliseconds are to pass.
    Pause(u64),
    /// That is all.
    Over(Step),
}

/// Something to be done at GitHub, a request at a time.
pub trait Task {
    /// What comes next, after the answer to what was asked; `None` at first and after a pause.
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next;
}

/// Which webhooks are meant: those that lead to a URL, or where none is known those that look like jitney's.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The settings.
    pub settings: &'a CoursesSettings,
    /// The endpoint's URL.
    pub url: Option<&'a str>,
}

impl Target<'_> {
    /// Whether it is not known where this installation's webhooks lead.
    fn is_guessed(&self) -> bool {
        self.url.is_none() && self.settings.webhook_url.is_none()
    }

    fn is(&self, url: &str) -> bool {
        match self.url {
            Some(own) => own.trim_end_matches('/').eq_ignore_ascii_case(url.trim_end_matches('/')),
            None => self.settings.is_our_webhook(url),
        }
    }
}

/// Where the webhooks are to be: at the App, at the organizations, or at each repository that is named.
pub fn homes(settings: &CoursesSettings) -> Vec<HookHome> {
    match (&settings.credential, settings.scope) {
        (Credential::App, _) => vec![HookHome::App],
        (_, Scope::Organization) => places(settings).into_iter().map(HookHome::Organization).collect(),
        (_, Scope::Repository) => places(settings).into_iter().map(HookHome::Repository).collect(),
    }
}

/// Where runners are registered: each repository that is named, or one of each organization.
pub fn places(settings: &CoursesSettings) -> Vec<Repository> {
    let mut places = settings.allowlist.exact();
    if settings.scope == Scope::Organization {
        places.extend(settings.allowlist.owners());
    }
    let mut once: Vec<Repository> = Vec::new();
    for place in places {
        let same = |other: &Repository| match settings.scope {
            Scope::Organization => other.owner().eq_ignore_ascii_case(place.owner()),
            Scope::Repository => *other == place,
        };
        if !once.iter().any(same) {
            once.push(place);
        }
    }
    once
}

/// What of `ALLOWED_REPOS` has no webhook that `setup` could make.
pub fn uncovered(settings: &CoursesSettings) -> Vec<Step> {
    if homes(settings).is_empty() {
        let why = "ALLOWED_REPOS names no repository one by one, so there is nowhere to put it";
        let cure = "name repositories in ALLOWED_REPOS as owner/repo, or use a GitHub App (`--app`), whose webhook serves all";
        return vec![Step::new(State::Failed, "webhooks", why).with_cure(cure)];
    }
    if matches!(settings.credential, Credential::App) || settings.scope == Scope::Organization {
        return Vec::new();
    }
    let owners = settings.allowlist.owners();
    let step = |owner: &Repository| {
        let page = format!("{}/organizations/{}/settings/hooks", settings.api.pages(), owner.owner());
        let why = "webhooks are made only for repositories that are named one by one";
        Step::new(State::Skipped, format!("{}/*: webhook", owner.owner()), why)
            .with_cure(format!("add one at {page}, or use a GitHub App"))
    };
    owners.iter().map(step).collect()
}

/// Whether the webhook secret must be made anew although one is stored: some webhook is to be given it, and what is
/// stored cannot be read back. One that is only mended keeps its own.
pub fn wants_secret(looked: &[Step]) -> bool {
    looked.iter().any(|step| step.needs_secret)
}

fn name(home: &HookHome) -> String {
    match home {
        HookHome::Repository(repository) => format!("{repository}: webhook"),
        HookHome::Organization(repository) => format!("{}: webhook", repository.owner()),
        HookHome::App => "GitHub App's webhook".to_owned(),
    }
}

/// An answer that is not the one that was wanted.
fn refused(settings: &CoursesSettings, what: &str, needs: &str, answer: Result<&Response, Fault>) -> Next {
    let step = |why: String, cure: String| Next::Over(Step::new(State::Failed, what, why).with_cure(cure));
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => {
            let why = format!("GitHub's API at {} gave no answer: {fault:?}", settings.api);
            let cure = "check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL, and that this machine reaches it";
            return step(why, cure.to_owned());
        }
    };
    let said = said(answer);
    let asks = answer
        .accepted_permissions
        .as_deref()
        .map_or_else(String::new, |wanted| format!("; it asks for {}", Shown(wanted)));
    let why = format!("GitHub answers {}{said}{asks}", answer.status);
    let cure = match answer.status {
        401 => "the credential is wrong, revoked or expired: make a new one".to_owned(),
        403 | 429 if jitney::github::is_limited(answer) => {
            "GitHub's rate limit is reached: try again later".to_owned()
        }
        403 | 404 => format!("give the credential {needs}, and check that the name is right"),
        422 => "GitHub does not take what it was sent: is the URL one that it can reach?".to_owned(),
        _ => "try again; https://www.githubstatus.com says whether GitHub is well".to_owned(),
    };
    step(why, cure)
}

/// GitHub's own message in an answer, made safe to show.
fn said(answer: &Response) -> String {
    #[derive(Deserialize)]
    struct Body {
        message: String,
    }
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    body.map_or_else(String::new, |body| format!(": {}", Shown(&body.message)))
}

/// What a credential needs for the webhooks of `home`.
fn hook_permission(home: &HookHome) -> &'static str {
    match home {
        HookHome::Repository(_) => {
            "Webhooks: Read and write on the repository (a classic token admin:repo_hook)"
        }
        HookHome::Organization(_) => {
            "Webhooks: Read and write on the organization (a classic token admin:org_hook)"
        }
        HookHome::App => "the App's own id and key",
    }
}
