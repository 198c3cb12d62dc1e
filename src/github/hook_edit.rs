//! Webhooks, made and mended: the requests of `setup` and `teardown`.
//!
//! "Update a repository webhook" replaces the whole `config` it is sent and so loses a secret that it is not sent;
//! "Update a webhook configuration" keeps what it is not sent. So the first is never sent a `config` here.

use super::{Hook, HookHome, Method, Request};
use crate::words::ids::DeliveryId;
use crate::words::secret::Secret;
use serde::Serialize;

/// The events that jitney wants.
pub const EVENTS: [&str; 1] = ["workflow_job"];

/// A webhook's `config`, as far as it is to be said.
#[derive(Serialize)]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    content_type: &'static str,
    insecure_ssl: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> Config<'a> {
    fn new(url: Option<&'a str>, secret: Option<&'a Secret>) -> Self {
        Self { url, content_type: "json", insecure_ssl: "0", secret: secret.map(Secret::expose) }
    }
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

impl Request {
    /// "Create a repository webhook", or an organization's.
    pub fn create_hook(home: &HookHome, url: &str, secret: &Secret) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            name: &'static str,
            active: bool,
            events: [&'static str; 1],
            config: Config<'a>,
        }
        let config = Config::new(Some(url), Some(secret));
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
        let body = Some(json(&Config::new(url, secret)));
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

    /// "List deliveries for a repository webhook", or an organization's, or the App's: the newest, however they went.
    pub fn newest_deliveries(hook: &Hook) -> Self {
        Self::get(format!("{}/deliveries?per_page=100", hook.path()), hook.whose())
    }
}

/// One attempt to deliver a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinged {
    /// The attempt.
    pub id: DeliveryId,
    /// What it was answered; 0 where there was no answer.
    pub status_code: u16,
    /// The same in GitHub's words.
    pub status: String,
}

/// Reads the answer to [`Request::newest_deliveries`]: the pings, the newest first.
pub fn read_pings(answer: &super::Response) -> Option<Vec<Pinged>> {
    #[derive(serde::Deserialize)]
    struct Wire {
        id: DeliveryId,
        #[serde(default)]
        status_code: u16,
        #[serde(default)]
        status: String,
        #[serde(default)]
        event: String,
    }
    if answer.status != 200 {
        return None;
    }
    let all: Vec<Wire> = serde_json::from_slice(&answer.body).ok()?;
    let pings = all.into_iter().filter(|wire| wire.event == "ping");
    Some(pings.map(|Wire { id, status_code, status, .. }| Pinged { id, status_code, status }).collect())
}
