//! From a header block and a body to a typed delivery.
//!
//! The headers are read first, because the signature is one of them; the body's content only as [`Verified`].
//! Shapes are GitHub's ("Webhook events and payloads", `workflow_job`), with what real deliveries leave out.

pub mod signature;

use crate::delivery::signature::Verified;
use crate::words::ids::{Guid, InstallationId, JobId, RunId, RunnerId};
use crate::words::label::Label;
use crate::words::printable::Shown;
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;

/// The headers that matter, as sent; nothing in them is authenticated.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a> {
    /// `X-GitHub-Event`.
    pub event: Option<&'a str>,
    /// `X-GitHub-Delivery`.
    pub guid: Option<Guid>,
    /// `X-Hub-Signature-256`.
    pub signature: Option<&'a str>,
    /// Whether `Content-Type` says that the body is form-encoded.
    pub form: bool,
}

/// Why a delivery cannot be read. The text never repeats the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and where.
    pub text: String,
}

impl Malformed {
    fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

impl<'a> Headers<'a> {
    /// Reads a header block, a `name: value` a line. A header of ours that comes twice is an error.
    pub fn parse(head: &'a str) -> Result<Self, Malformed> {
        let (mut event, mut guid, mut signature, mut content) = (None, None, None, None);
        for line in head.lines().filter(|line| !line.is_empty()) {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| Malformed::new("header-malformed", "a header line has no colon"))?;
            let slot = match name {
                n if n.eq_ignore_ascii_case("x-github-event") => &mut event,
                n if n.eq_ignore_ascii_case("x-github-delivery") => &mut guid,
                n if n.eq_ignore_ascii_case("x-hub-signature-256") => &mut signature,
                n if n.eq_ignore_ascii_case("content-type") => &mut content,
                _ => continue,
            };
            if slot.replace(value.trim()).is_some() {
                return Err(Malformed::new("header-repeated", format!("{} comes twice", Shown(name))));
            }
        }
        let guid = guid.map(|text| {
            Guid::parse(text)
                .ok_or_else(|| Malformed::new("header-malformed", "X-GitHub-Delivery is not a GUID"))
        });
        let media = content.map(|text| text.split(';').next().unwrap_or_default().trim());
        let form = match media {
            None => false,
            Some(m) if m.eq_ignore_ascii_case("application/json") => false,
            Some(m) if m.eq_ignore_ascii_case("application/x-www-form-urlencoded") => true,
            Some(_) => {
                let text = "Content-Type is neither application/json nor application/x-www-form-urlencoded";
                return Err(Malformed::new("content-type-unknown", text));
            }
        };
        Ok(Self { event, guid: guid.transpose()?, signature, form })
    }
}

/// A delivery that was verified and read.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// The hook says hello.
    Ping,
    /// A workflow job changed.
    Job(Box<JobDelivery>),
    /// An event that jitney does not handle, shown by name.
    Other(String),
}

/// What a `workflow_job` delivery says about its job.
#[derive(Clone, Debug)]
pub struct JobDelivery {
    /// What happened.
    pub action: Action,
    /// Whose job it is.
    pub repository: Repository,
    /// Whether the repository is private; unknown where GitHub does not say.
    pub private: Option<bool>,
    /// The job.
    pub job: JobId,
    /// Its run.
    pub run: RunId,
    /// Which attempt of its run it is of, where the delivery says so.
    pub attempt: Option<u32>,
    /// What it asks of a runner.
    pub labels: Vec<Label>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When a runner took it, or when it was over: what the action says.
    pub at: Option<Timestamp>,
    /// The runner that took it, by name.
    pub runner: Option<String>,
    /// The App's installation that the delivery comes through.
    pub installation: Option<InstallationId>,
}

/// What happened to a job. A job that waited for a deployment's approval comes as action `queued` with status
/// `waiting`, so the action decides and the status is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It wants a runner.
    Queued,
    /// A protection rule holds it.
    Waiting,
    /// A runner took it.
    InProgress,
    /// It is over, or was cancelled before a runner took it.
    Completed,
    /// Something newer than this code, shown by name.
    Other(String),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    workflow_job: WireJob<'a>,
    repository: WireRepository<'a>,
    #[serde(default)]
    installation: Option<WireInstallation>,
}

#[derive(Deserialize)]
struct WireInstallation {
    id: InstallationId,
}

#[derive(Deserialize)]
struct WireJob<'a> {
    id: u64,
    run_id: u64,
    #[serde(default)]
    run_attempt: Option<u32>,
    #[serde(borrow)]
    labels: Vec<Cow<'a, str>>,
    #[serde(default)]
    created_at: Option<&'a str>,
    #[serde(default)]
    started_at: Option<&'a str>,
    #[serde(default)]
    completed_at: Option<&'a str>,
    #[serde(default)]
    runner_id: Option<u64>,
    #[serde(default)]
    runner_name: Option<String>,
}

#[derive(Deserialize)]
struct WireRepository<'a> {
    #[serde(borrow)]
    full_name: Cow<'a, str>,
    #[serde(default)]
    private: Option<bool>,
}

impl Delivery {
    /// Reads a verified body as `headers` say.
    pub fn read(headers: &Headers<'_>, body: Verified<'_>) -> Result<Self, Malformed> {
        let json =
            if headers.form { Cow::Owned(form_payload(body.body())?) } else { Cow::Borrowed(body.body()) };
        match headers.event {
            None => Err(Malformed::new("event-missing", "the delivery has no X-GitHub-Event")),
            Some("workflow_job") => JobDelivery::read(&json).map(|job| Self::Job(Box::new(job))),
            Some("ping") => Ok(Self::Ping),
            Some(other) => Ok(Self::Other(Shown(other).to_string())),
        }
    }
}

impl JobDelivery {
    fn read(json: &str) -> Result<Self, Malformed> {
        let wire: Wire<'_> = serde_json::from_str(json).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Data => {
                    "lacks a field of a workflow_job delivery, or has one of the wrong type"
                }
                serde_json::error::Category::Eof => "ends in the middle",
                _ => "is not JSON",
            };
            Malformed::new(
                "payload-malformed",
                format!("the payload {what} (line {}, column {})", error.line(), error.column()),
            )
        })?;
        let field = |name: &str, fault: &dyn fmt::Display| {
            Malformed::new("payload-malformed", format!("{name}: {fault}"))
        };
        let job = wire.workflow_job;
        if job.id == 0 || job.run_id == 0 {
            return Err(field("workflow_job.id, workflow_job.run_id", &"an id is never 0"));
        }
        if job.labels.len() > 100 {
            return Err(field("workflow_job.labels", &"there are more than 100"));
        }
        let labels = job.labels.iter().map(|label| Label::parse(label)).collect::<Result<_, _>>();
        let action = Action::read(&wire.action);
        let at = match action {
            Action::InProgress => job.started_at,
            Action::Completed => job.completed_at,
            _ => None,
        };
        Ok(Self {
            action,
            at: at.and_then(Timestamp::parse),
            repository: Repository::parse(&wire.repository.full_name)
                .map_err(|e| field("repository.full_name", &e))?,
            private: wire.repository.private,
            job: JobId(job.id),
            run: RunId(job.run_id),
            attempt: job.run_attempt,
            labels: labels.map_err(|e| field("workflow_job.labels", &e))?,
            created: job.created_at.and_then(Timestamp::parse),
            // A job cancelled before pick-up comes with no runner, or with id 0 and an empty name.
            runner: job
                .runner_name
                .filter(|name| job.runner_id.is_some_and(|id| id != 0) && !name.is_empty()),
            installation: wire.installation.map(|installation| installation.id),
        })
    }
}

impl Action {
    fn read(text: &str) -> Self {
        match text {
            "queued" => Self::Queued,
            "waiting" => Self::Waiting,
            "in_progress" => Self::InProgress,
            "completed" => Self::Completed,
            other => Self::Other(Shown(other).to_string()),
        }
    }
}

/// The value of the one `payload` field of a form.
fn form_payload(body: &str) -> Result<String, Malformed> {
    let fault = |text: &str| Malformed::new("form-malformed", text);
    let mut payloads = body.split('&').filter_map(|pair| pair.strip_prefix("payload="));
    let encoded = payloads.next().ok_or_else(|| fault("the form has no `payload` field"))?;
    if payloads.next().is_some() {
        return Err(fault("the form has more than one `payload` field"));
    }
    let spaced = encoded.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| fault("the form's `payload` is not UTF-8"))
}

/// The runner that a sandbox or a job names by id; 0 and absent mean none.
pub fn runner_id(text: &str) -> Option<RunnerId> {
    text.parse().ok().filter(|&id| id != 0).map(RunnerId)
}
