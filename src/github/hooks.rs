//! Webhooks and their deliveries: which ones GitHub could not deliver, and the request to try again.
//!
//! GitHub never redelivers by itself, and keeps a delivery for three days (seven on an Enterprise Server). A
//! redelivery keeps its GUID ("Handling failed webhook deliveries").

use super::{Fault, Request, Response, Whose};
use crate::words::ids::{DeliveryId, Guid, HookId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::Deserialize;

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

/// The opaque place where a listing goes on, out of its `Link` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Reads the `cursor` parameter of a `Link` header's `next`.
    pub fn of_link(link: &str) -> Option<Self> {
        let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
        let url = next.split_once('<')?.1.split_once('>')?.0;
        let query = url.split_once('?')?.1;
        let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
        let plain = cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%=".contains(&b));
        ((1..=512).contains(&cursor.len()) && plain).then(|| Self(cursor.to_owned()))
    }

    /// The cursor as it stands in a query.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The attempt.
    pub id: DeliveryId,
    /// The delivery, which all its attempts share.
    pub guid: Guid,
    /// When.
    pub at: Timestamp,
    /// Whether it could go better: the endpoint was not reached, or could not work, or knew the secret wrongly.
    pub retriable: bool,
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

    pub(super) fn whose(&self) -> Whose {
        match &self.home {
            HookHome::Repository(repository) | HookHome::Organization(repository) => {
                Whose::Repository(repository.clone(), None)
            }
            HookHome::App => Whose::App,
        }
    }
}

impl Request {
    /// "List repository webhooks", or an organization's.
    pub fn hooks(home: &HookHome) -> Self {
        let hooks = Hook { home: home.clone(), id: None };
        Self::get(format!("{}?per_page=100", hooks.path()), hooks.whose())
    }

    /// "List deliveries for a repository webhook", or an organization's, or the App's: those of one status.
    pub fn deliveries(hook: &Hook, succeeded: bool, cursor: Option<&Cursor>) -> Self {
        let status = if succeeded { "success" } else { "failure" };
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={}", cursor.0));
        Self::get(format!("{}/deliveries?per_page=100&status={status}{cursor}", hook.path()), hook.whose())
    }

    /// "Redeliver a delivery for a repository webhook", or an organization's, or the App's.
    pub fn redeliver(hook: &Hook, attempt: DeliveryId) -> Self {
        Self::post(format!("{}/deliveries/{attempt}/attempts", hook.path()), None, hook.whose())
    }
}

/// Reads the answer to [`Request::hooks`]: the active ones that send workflow jobs to `ours`.
pub fn read_hooks(answer: Result<&Response, Fault>, ours: &dyn Fn(&str) -> bool) -> Option<Vec<HookId>> {
    #[derive(Deserialize)]
    struct Wire {
        id: HookId,
        #[serde(default)]
        active: bool,
        #[serde(default)]
        events: Vec<String>,
        config: Config,
    }
    #[derive(Deserialize)]
    struct Config {
        #[serde(default)]
        url: String,
    }
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let hooks: Vec<Wire> = serde_json::from_slice(&answer.body).ok()?;
    let sends = |hook: &Wire| hook.events.iter().any(|event| event == "workflow_job" || event == "*");
    let found = hooks.into_iter().filter(|hook| hook.active && sends(hook) && ours(&hook.config.url));
    Some(found.map(|hook| hook.id).collect())
}

/// Reads the answer to [`Request::deliveries`]: the attempts to deliver a workflow job, the newest first.
pub fn read_attempts(answer: Result<&Response, Fault>) -> Option<Vec<Attempt>> {
    #[derive(Deserialize)]
    struct Wire {
        id: DeliveryId,
        guid: String,
        delivered_at: String,
        #[serde(default)]
        status_code: u16,
        #[serde(default)]
        event: String,
    }
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let attempts: Vec<Wire> = serde_json::from_slice(&answer.body).ok()?;
    let read = |wire: Wire| {
        // What was answered with a reason of its own would be answered the same again.
        let retriable = !matches!(wire.status_code, 200..=299 | 400 | 403 | 405 | 413);
        Some(Attempt {
            id: wire.id,
            guid: Guid::parse(&wire.guid)?,
            at: Timestamp::parse(&wire.delivered_at)?,
            retriable,
        })
    };
    Some(attempts.into_iter().filter(|wire| wire.event == "workflow_job").filter_map(read).collect())
}
