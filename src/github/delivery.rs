//! A webhook's deliveries, as GitHub keeps them: which there were, what each carried, how it was answer; and the request
//! to try again.
//!
//! GitHub never redelivers by itself, and keeps a delivery for three days (seven on an Enterprise Server). A
//! redelivery keeps its GUID ("Handling failed webhook deliveries").

use super::hook::Hook;
use super::request::Request;
use super::response::{Answer, Cursor, read};
use crate::words::ids::{DeliveryId, Guid, JobId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One attempt to deliver, as the listing shows it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The attempt.
    pub id: DeliveryId,
    /// The delivery, which all its attempts share.
    pub guid: Guid,
    /// When.
    pub at: Timestamp,
    /// What was delivered: `workflow_job`, `ping`, ….
    pub event: String,
    /// What happened to the job: `queued`, `in_progress`, …; empty where there is none.
    pub action: String,
    /// What the endpoint answer with; 0 where it was not reached.
    pub status: u16,
    /// GitHub's word for it: `OK`, `timed out`, ….
    pub word: String,
}

#[derive(Deserialize)]
struct Wire {
    id: DeliveryId,
    #[serde(default)]
    guid: String,
    #[serde(default)]
    delivered_at: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_code: u16,
    #[serde(default)]
    event: String,
    #[serde(default)]
    action: Option<String>,
}

/// What a delivery carried, and how it was answer.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The job that it spoke of.
    pub job: JobId,
    /// Whose job that is.
    pub repository: Repository,
    /// The payload, as JSON.
    pub payload: String,
    /// What the endpoint answer, where that was one of our answers.
    pub said: Option<Said>,
}

/// One of our own answers, as GitHub kept it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// `launched`, `ignored`, ….
    pub outcome: String,
    /// A code, a colon, and a sentence.
    pub reason: String,
    /// The runner's name.
    #[serde(default)]
    pub runner: Option<String>,
    /// The sandbox's name.
    #[serde(default)]
    pub sandbox: Option<String>,
}

impl Attempt {
    /// The response to [`Request::deliveries`], the newest first. What is not well-formed is left out.
    pub fn all(answer: &Answer) -> Option<Vec<Self>> {
        let all: Vec<Wire> = read(answer)?;
        let attempt = |wire: Wire| {
            Some(Self {
                id: wire.id,
                guid: Guid::parse(&wire.guid)?,
                at: Timestamp::parse(&wire.delivered_at)?,
                event: wire.event,
                action: wire.action.unwrap_or_default(),
                status: wire.status_code,
                word: wire.status,
            })
        };
        Some(all.into_iter().filter_map(attempt).collect())
    }

    /// Whether it was of a workflow job.
    pub fn is_of_job(&self) -> bool {
        self.event == "workflow_job"
    }

    /// Whether it could go better: the endpoint was not reached, or could not work, or knew the secret wrongly. What
    /// was answer with a reason of its own would be answer the same again.
    pub fn is_worth_another(&self) -> bool {
        !matches!(self.status, 200..=299 | 400 | 403 | 405 | 413)
    }
}

/// Which deliveries are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// Those that went well.
    Well,
    /// Those that did not.
    Wrong,
    /// All.
    Anyhow,
}

impl Request {
    /// "List deliveries for a repository webhook", or an organization's, or the App's, the newest first.
    pub fn deliveries(hook: &Hook, went: Went, cursor: Option<&Cursor>) -> Self {
        let status = match went {
            Went::Well => "&status=success",
            Went::Wrong => "&status=failure",
            Went::Anyhow => "",
        };
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={}", cursor.as_str()));
        Self::get(format!("{}/deliveries?per_page=100{status}{cursor}", hook.path()), hook.whose())
    }

    /// "Get a delivery for a repository webhook", or an organization's, or the App's.
    pub fn attempt(hook: &Hook, attempt: DeliveryId) -> Self {
        Self::get(format!("{}/deliveries/{attempt}", hook.path()), hook.whose())
    }

    /// "Redeliver a delivery for a repository webhook", or an organization's, or the App's.
    pub fn redeliver(hook: &Hook, attempt: DeliveryId) -> Self {
        Self::post(format!("{}/deliveries/{attempt}/attempts", hook.path()), None, hook.whose())
    }
}

/// The response to [`Request::attempt`]; `None` where it carried no workflow job, or cannot be read.
pub fn carried(answer: &Answer) -> Option<Carried> {
    #[derive(Deserialize)]
    struct Wire<'a> {
        #[serde(borrow)]
        request: Sent<'a>,
        #[serde(borrow, default)]
        response: Option<Sent<'a>>,
    }
    #[derive(Deserialize)]
    struct Sent<'a> {
        #[serde(borrow, default)]
        payload: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Payload {
        workflow_job: Job,
        repository: Named,
    }
    #[derive(Deserialize)]
    struct Job {
        id: JobId,
    }
    #[derive(Deserialize)]
    struct Named {
        full_name: Repository,
    }
    let response = answer.as_ref().ok().filter(|response| response.status == 200)?;
    let wire: Wire<'_> = serde_json::from_slice(&response.body).ok()?;
    let payload = wire.request.payload?.get();
    let about: Payload = serde_json::from_str(payload).ok()?;
    let said = wire.response.and_then(|response| response.payload).and_then(|payload| {
        // GitHub shows a JSON answer as text.
        let text: Option<String> = serde_json::from_str(payload.get()).ok();
        serde_json::from_str(text.as_deref().unwrap_or(payload.get())).ok()
    });
    Some(Carried {
        job: about.workflow_job.id,
        repository: about.repository.full_name,
        payload: payload.to_owned(),
        said,
    })
}
