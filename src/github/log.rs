//! A webhook's log of deliveries, as GitHub keeps it: which there were, what each carried, how it was answered.

use super::{Cursor, Fault, Hook, Request, Response};
use crate::words::ids::{DeliveryId, Guid, JobId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One attempt to deliver a workflow job, as the listing shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The attempt.
    pub id: DeliveryId,
    /// The delivery, which all its attempts share.
    pub guid: Guid,
    /// When.
    pub at: Timestamp,
    /// What happened to the job: `queued`, `in_progress`, ….
    pub action: String,
    /// What the endpoint answered with; 0 where it was not reached.
    pub status: u16,
    /// GitHub's word for it: `OK`, `timed out`, ….
    pub word: String,
}

/// What a delivery carried, and how it was answered.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The job that it spoke of.
    pub job: JobId,
    /// Whose job that is.
    pub repository: Repository,
    /// The payload, as JSON.
    pub payload: String,
    /// What the endpoint answered, where that was one of our answers.
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

impl Request {
    /// "List deliveries for a repository webhook", or an organization's, or the App's: all of them, the newest first.
    pub fn log(hook: &Hook, cursor: Option<&Cursor>) -> Self {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={}", cursor.as_str()));
        Self::get(format!("{}/deliveries?per_page=100{cursor}", hook.path()), hook.whose())
    }

    /// "Get a delivery for a repository webhook", or an organization's, or the App's.
    pub fn logged(hook: &Hook, attempt: DeliveryId) -> Self {
        Self::get(format!("{}/deliveries/{attempt}", hook.path()), hook.whose())
    }
}

/// Reads the answer to [`Request::log`]: the attempts to deliver a workflow job; and when the oldest on the page was,
/// of whatever event.
pub fn read_log(answer: Result<&Response, Fault>) -> Option<(Vec<Listed>, Option<Timestamp>)> {
    #[derive(Deserialize)]
    struct Wire {
        id: DeliveryId,
        guid: String,
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
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let listed: Vec<Wire> = serde_json::from_slice(&answer.body).ok()?;
    let oldest = listed.last().and_then(|wire| Timestamp::parse(&wire.delivered_at));
    let read = |wire: Wire| {
        Some(Listed {
            id: wire.id,
            guid: Guid::parse(&wire.guid)?,
            at: Timestamp::parse(&wire.delivered_at)?,
            action: wire.action.unwrap_or_default(),
            status: wire.status_code,
            word: wire.status,
        })
    };
    let jobs = listed.into_iter().filter(|wire| wire.event == "workflow_job");
    Some((jobs.filter_map(read).collect(), oldest))
}

/// Reads the answer to [`Request::logged`]; `None` where it carried no workflow job, or cannot be read.
pub fn read_logged(answer: Result<&Response, Fault>) -> Option<Carried> {
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
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let wire: Wire<'_> = serde_json::from_slice(&answer.body).ok()?;
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
