//! What GitHub and the log are told about a delivery, or about the course that it opened.

mod answered;
mod codes;
mod news;
mod tally;

use crate::words::ids::{Guid, JobId, RunId, RunnerName};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use answered::{Answered, genuine};
pub use codes::{CODES, Code, PAGE};
pub use news::{News, Running, Stage};
pub use tally::Tally;

/// How a delivery or a course ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A runner was handed to a sandbox.
    Launched,
    /// It goes on, or will be tried again.
    Deferred,
    /// Not for jitney to act on.
    Ignored,
    /// Another course has the job.
    Duplicate,
    /// What was started for the job is cleared away.
    Released,
    /// GitHub's `ping`.
    Pong,
    /// A sweep is over. Nobody is answered this; it is logged.
    Swept,
    /// Policy forbids it.
    Refused,
    /// Nobody knows who sent it.
    Unsigned,
    /// It cannot be read.
    Malformed,
    /// It is over the cap.
    TooLarge,
    /// It is neither POST nor GET.
    Method,
    /// It is a GET of a page that there is none of.
    NoPage,
    /// jitney cannot work now: a setting, a credential, or its own shutdown.
    Unready,
    /// The component failed on it.
    Broken,
}

impl Outcome {
    /// The word in the answer and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Launched => "launched",
            Self::Deferred => "deferred",
            Self::Ignored => "ignored",
            Self::Duplicate => "duplicate",
            Self::Released => "released",
            Self::Pong => "pong",
            Self::Swept => "swept",
            Self::Refused | Self::Unsigned => "refused",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Method => "method",
            Self::NoPage => "no-page",
            Self::Unready | Self::Broken => "unready",
        }
    }

    /// The HTTP status of the answer. GitHub counts 4xx and 5xx as failed deliveries, which can be redelivered.
    pub fn status(self) -> u16 {
        match self {
            Self::Launched => 201,
            Self::Deferred => 202,
            Self::Ignored | Self::Duplicate | Self::Released | Self::Pong | Self::Swept => 200,
            Self::Malformed => 400,
            Self::Unsigned => 401,
            Self::Refused => 403,
            Self::NoPage => 404,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::Broken => 500,
            Self::Unready => 503,
        }
    }
}

/// Why: a stable kebab-case code, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable; programs may match on it.
    pub code: &'static str,
    /// For people; may change.
    pub text: String,
}

impl Reason {
    /// A reason from its code and its sentence.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

/// What an answer is about, as far as it is known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Subject {
    /// The delivery's GUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Guid>,
    /// The job's repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
    /// The job's run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// An answer, before it is written as HTTP.
#[derive(Clone, Debug)]
pub struct Reply {
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// What it is about.
    pub subject: Subject,
    /// The runner that was registered.
    pub runner: Option<RunnerName>,
    /// The sandbox that it runs in, by name.
    pub sandbox: Option<String>,
    /// What it tells of that a host acts on.
    pub news: Option<Box<News>>,
}

impl Reply {
    /// The answer with what is known of a runner of ours: its name, and what has become of it. Of somebody else's
    /// runner it says nothing.
    #[must_use]
    pub fn with_progress(mut self, runner: Option<&str>, at: Option<Timestamp>, stage: Stage) -> Self {
        self.runner = runner.and_then(RunnerName::parse);
        let news =
            self.runner.clone().zip(at).and_then(|(ours, at)| News::of(ours, at, stage, &self.subject));
        self.news = news.map(Box::new);
        self
    }

    /// An answer about `subject`.
    pub fn new(outcome: Outcome, reason: Reason, subject: Subject) -> Self {
        Self { outcome, reason, subject, runner: None, sandbox: None, news: None }
    }

    /// The body: `outcome`, `reason`, `delivery` (null if unknown), and where known `job`, `runner`, `sandbox`; where
    /// there is something to do about it, `see` names the page and the place that say what.
    pub fn body(&self) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            outcome: &'static str,
            reason: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            job: Option<JobId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            runner: Option<&'a RunnerName>,
            #[serde(skip_serializing_if = "Option::is_none")]
            sandbox: Option<&'a str>,
            delivery: Option<&'a Guid>,
            #[serde(skip_serializing_if = "Option::is_none")]
            see: Option<String>,
        }
        json(&Body {
            outcome: self.outcome.word(),
            reason: self.reason.to_string(),
            job: self.subject.job,
            runner: self.runner.as_ref(),
            sandbox: self.sandbox.as_deref(),
            delivery: self.subject.delivery.as_ref(),
            see: codes::is_explained(self.reason.code).then(|| format!("{PAGE}#{}", self.reason.code)),
        })
    }

    /// The flat fields of the log line, which is for people: nothing is read out of it. ASCII on one line, so that a
    /// host can print it as it is, whatever the log's encoding.
    pub fn log(&self) -> String {
        #[derive(Serialize)]
        struct Log<'a> {
            #[serde(flatten)]
            answered: Answered<'a>,
            #[serde(flatten)]
            news: &'a News,
        }
        let answered = Answered::of(self);
        ascii(match &self.news {
            Some(news) => json(&Log { answered, news }),
            None => answered.write(),
        })
    }
}

/// JSON with `\u` escapes in place of all that is not ASCII: outside its strings, JSON has nothing else.
fn ascii(json: String) -> String {
    if json.is_ascii() {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 16);
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

/// JSON of a value of ours, which always has one: string keys, finite numbers.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}
