//! A webhook: which there are, how one is made, mended and removed.
//!
//! "Update a repository webhook" replaces the whole `config` it is sent and so loses a secret that it is not sent;
//! "Update a webhook configuration" keeps what it is not sent. So the first is never sent a `config` here.

use super::credential::CredentialScope;
use super::request::{Method, Request};
use super::response::{Answer, read};
use crate::words::ids::HookId;
use crate::words::repository::Repository;
use crate::words::secret::Secret;
use serde::{Deserialize, Serialize};

/// The events that jitney wants.
pub const EVENTS: [&str; 1] = ["workflow_job"];

/// Whose hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookHome {
    /// A repository's.
    Repository(Repository),
    /// The hooks of the organisation that this repository, or any by this owner, belongs to.
    Organization(Repository),
    /// The App's one hook.
    App,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Where it is.
    pub home: HookHome,
    /// Its id; the App's hook has none.
    pub id: Option<HookId>,
}

/// A webhook, as GitHub lists it. What GitHub leaves out is empty.
#[derive(Clone, Debug, Deserialize)]
pub struct ListedHook {
    /// Its id.
    pub id: HookId,
    /// Whether it sends anything.
    #[serde(default)]
    pub active: bool,
    /// What it sends.
    #[serde(default)]
    pub events: Vec<String>,
    /// How.
    #[serde(default)]
    pub config: HookConfig,
    /// How the last delivery went.
    #[serde(default)]
    pub last_response: LastResponse,
}

/// How a webhook's last delivery went.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct LastResponse {
    /// What the endpoint answer with; none before the first delivery.
    #[serde(default)]
    pub code: Option<u16>,
}

/// A webhook's configuration.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HookConfig {
    /// Where it leads.
    #[serde(default)]
    pub url: String,
    /// `json` or `form`.
    #[serde(default)]
    pub content_type: String,
    /// Whether it has a secret; GitHub shows asterisks in its place.
    #[serde(default)]
    pub secret: Option<String>,
}

impl ListedHook {
    /// The response to [`Request::hooks`].
    pub fn all(answer: &Answer) -> Option<Vec<Self>> {
        read(answer)
    }

    /// Whether it sends workflow jobs, while it is active.
    pub fn sends_jobs(&self) -> bool {
        self.events.iter().any(|event| EVENTS.contains(&event.as_str()) || event == "*")
    }
}

impl HookConfig {
    /// The response to [`Request::hook_config`] or [`Request::configure_hook`].
    pub fn seen(answer: &Answer) -> Option<Self> {
        read(answer)
    }
}

impl Hook {
    pub(super) fn path(&self) -> String {
        let id = self.id.map_or_else(String::new, |id| format!("/{id}"));
        match &self.home {
            HookHome::Repository(repository) => format!("/repos/{repository}/hooks{id}"),
            HookHome::Organization(repository) => format!("/orgs/{}/hooks{id}", repository.owner()),
            HookHome::App => "/app/hook".to_owned(),
        }
    }

    pub(super) fn whose(&self) -> CredentialScope {
        match &self.home {
            HookHome::Repository(repository) | HookHome::Organization(repository) => {
                CredentialScope::Repository(repository.clone(), None)
            }
            HookHome::App => CredentialScope::App,
        }
    }
}

/// A webhook's `config`, as far as it is to be said.
#[derive(Serialize)]
struct NewConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    content_type: &'static str,
    insecure_ssl: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> NewConfig<'a> {
    fn new(url: Option<&'a str>, secret: Option<&'a Secret>) -> Self {
        Self { url, content_type: "json", insecure_ssl: "0", secret: secret.map(Secret::expose) }
    }
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

impl Request {
    /// "List repository webhooks", or an organization's.
    pub fn hooks(home: &HookHome) -> Self {
        let hooks = Hook { home: home.clone(), id: None };
        Self::get(format!("{}?per_page=100", hooks.path()), hooks.whose())
    }

    /// "Create a repository webhook", or an organization's.
    pub fn create_hook(home: &HookHome, url: &str, secret: &Secret) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            name: &'static str,
            active: bool,
            events: [&'static str; 1],
            config: NewConfig<'a>,
        }
        let config = NewConfig::new(Some(url), Some(secret));
        let hooks = Hook { home: home.clone(), id: None };
        let body = Body { name: "web", active: true, events: EVENTS, config };
        Self::post(hooks.path(), Some(json(&body)), hooks.whose())
    }

    /// "Update a repository webhook", or an organization's: what it sends, and that it sends.
    pub fn switch_hook(hook: &Hook) -> Self {
        #[derive(Serialize)]
        struct Body {
            active: bool,
            events: [&'static str; 1],
        }
        let body = Some(json(&Body { active: true, events: EVENTS }));
        Self { method: Method::Patch, body, ..Self::get(hook.path(), hook.whose()) }
    }

    /// "Update a webhook configuration for a repository", or an organization's, or the App's. What is `None` stays.
    pub fn configure_hook(hook: &Hook, url: Option<&str>, secret: Option<&Secret>) -> Self {
        let body = Some(json(&NewConfig::new(url, secret)));
        Self { method: Method::Patch, body, ..Self::hook_config(hook) }
    }

    /// "Get a webhook configuration for a repository", or an organization's, or the App's.
    pub fn hook_config(hook: &Hook) -> Self {
        Self::get(format!("{}/config", hook.path()), hook.whose())
    }

    /// "Ping a repository webhook", or an organization's.
    pub fn ping_hook(hook: &Hook) -> Self {
        Self::post(format!("{}/pings", hook.path()), None, hook.whose())
    }

    /// "Delete a repository webhook", or an organization's.
    pub fn delete_hook(hook: &Hook) -> Self {
        Self { method: Method::Delete, ..Self::get(hook.path(), hook.whose()) }
    }
}
