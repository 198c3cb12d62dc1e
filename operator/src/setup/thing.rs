//! One thing at GitHub that is looked at or changed: what is asked about it, and what is said of it.

use super::{Item, Standing};
use jitney::course::desk::Desk;
use jitney::github::hook::HookHome;
use jitney::github::{Answer, Fault, Request, Response, is_limited};
use jitney::settings::CoursesSettings;
use jitney::words::printable::Shown;
use serde::Deserialize;

/// A thing, and the desk at which it is asked about.
pub(crate) struct Thing<'a> {
    desk: &'a Desk,
    settings: &'a CoursesSettings,
    what: String,
    /// What a credential needs for it.
    needs: &'static str,
}

impl<'a> Thing<'a> {
    pub(crate) fn new(
        desk: &'a Desk,
        settings: &'a CoursesSettings,
        what: String,
        needs: &'static str,
    ) -> Self {
        Self { desk, settings, what, needs }
    }

    /// The webhook of `home`.
    pub(super) fn webhook(desk: &'a Desk, settings: &'a CoursesSettings, home: &HookHome) -> Self {
        let what = match home {
            HookHome::Repository(repository) => format!("{repository}: webhook"),
            HookHome::Organization(repository) => format!("{}: webhook", repository.owner()),
            HookHome::App => "GitHub App's webhook".to_owned(),
        };
        Self::new(desk, settings, what, webhook_needs(home))
    }

    /// The ping of the webhook of `home`.
    pub(super) fn ping(desk: &'a Desk, settings: &'a CoursesSettings, home: &HookHome) -> Self {
        let webhook = Self::webhook(desk, settings, home);
        Self { what: format!("{}: ping", webhook.what.trim_end_matches(": webhook")), ..webhook }
    }

    /// How it stands.
    pub(crate) fn is(&self, standing: Standing, why: impl Into<String>) -> Item {
        Item::new(standing, self.what.clone(), why)
    }

    /// GitHub's response, if its status is among `good`.
    pub(crate) async fn ask(&self, request: Request, good: &[u16]) -> Result<Response, Item> {
        match self.desk.ask(request).await {
            Ok(response) if good.contains(&response.status) => Ok(response),
            Ok(response) => Err(self.refused(&response)),
            Err(fault) => Err(self.silent(fault)),
        }
    }

    /// What GitHub's response says, if it can be read.
    pub(crate) async fn read<T>(
        &self,
        request: Request,
        read: impl FnOnce(&Answer) -> Option<T>,
    ) -> Result<T, Item> {
        let answer = self.desk.ask(request).await;
        read(&answer).ok_or_else(|| match &answer {
            Ok(response) => self.refused(response),
            Err(fault) => self.silent(*fault),
        })
    }

    fn silent(&self, fault: Fault) -> Item {
        let why = format!("GitHub's API at {} gave no answer: {fault:?}", self.settings.api);
        let cure = "check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL, and that this machine reaches it";
        self.is(Standing::Failed, why).with_cure(cure)
    }

    /// A response that is not the one that was wanted.
    fn refused(&self, response: &Response) -> Item {
        let asks = response
            .accepted_permissions
            .as_deref()
            .map_or_else(String::new, |wanted| format!("; it asks for {}", Shown(wanted)));
        let why = format!("GitHub answers {}{}{asks}", response.status, said(response));
        let cure = match response.status {
            401 => "the credential is wrong, revoked or expired: make a new one".to_owned(),
            403 | 429 if is_limited(response) => "GitHub's rate limit is reached: try again later".to_owned(),
            403 | 404 => format!("give the credential {}, and check that the name is right", self.needs),
            422 => "GitHub does not take what it was sent: is the URL one that it can reach?".to_owned(),
            _ => "try again; https://www.githubstatus.com says whether GitHub is well".to_owned(),
        };
        self.is(Standing::Failed, why).with_cure(cure)
    }
}

/// GitHub's own message in a response, made safe to show.
fn said(response: &Response) -> String {
    #[derive(Deserialize)]
    struct Body {
        message: String,
    }
    let body: Option<Body> = serde_json::from_slice(&response.body).ok();
    body.map_or_else(String::new, |body| format!(": {}", Shown(&body.message)))
}

/// What a credential needs for the webhooks of `home`.
pub(super) fn webhook_needs(home: &HookHome) -> &'static str {
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
