//! What the list of recent deliveries keeps of a reply. The host keeps it as text, and gives it back to be read.

use super::{Outcome, Reply};
use crate::words::ids::{Guid, JobId, RunId};
use crate::words::repository::Repository;
use alloc::borrow::Cow;
use serde::{Deserialize, Serialize};

/// What a delivery was answered, or what its course came to after that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered<'a> {
    /// The outcome's word.
    pub outcome: Cow<'a, str>,
    /// The reason's code.
    pub reason: Cow<'a, str>,
    /// The reason's sentence.
    #[serde(default)]
    pub why: Cow<'a, str>,
    /// The delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Cow<'a, Guid>>,
    /// The job's repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Cow<'a, Repository>>,
    /// The job's run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The runner, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<Cow<'a, str>>,
    /// The sandbox, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Cow<'a, str>>,
}

impl<'a> Answered<'a> {
    /// What is kept of `reply`.
    pub fn of(reply: &'a Reply) -> Self {
        Self {
            outcome: Cow::Borrowed(reply.outcome.word()),
            reason: Cow::Borrowed(reply.reason.code),
            why: Cow::Borrowed(&reply.reason.text),
            delivery: reply.subject.delivery.as_ref().map(Cow::Borrowed),
            repository: reply.subject.repository.as_ref().map(Cow::Borrowed),
            run: reply.subject.run,
            job: reply.subject.job,
            runner: reply.runner.as_ref().map(|runner| Cow::Borrowed(runner.as_str())),
            sandbox: reply.sandbox.as_deref().map(Cow::Borrowed),
        }
    }

    /// Reads what [`Answered::write`] wrote.
    pub fn read(text: &str) -> Option<Answered<'static>> {
        serde_json::from_str(text).ok()
    }

    /// As text, to be kept by a host.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The delivery that `reply` answers, if GitHub sent it for certain. Anybody can cause others, in any number.
pub fn genuine(reply: &Reply) -> Option<&Guid> {
    let signed = reply.subject.repository.is_some() || reply.outcome == Outcome::Pong;
    reply.subject.delivery.as_ref().filter(|_| signed)
}
