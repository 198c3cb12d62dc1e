//! What a course tells its host to do, what the host reports, and what GitHub is asked: the words that cross the desk.

use crate::github::{self, CredentialScope, Fault, Request};
use crate::house::{Question, Ruling};
use crate::machine::Machine;
use crate::reply::Reply;
use crate::ticket::Ticket;
use crate::words::ids::SandboxName;
use crate::words::secret::Secret;
use crate::words::time::Timestamp;
use crate::words::usd::Usd;

/// Tags, name and value; values are cut to what is safe as one (see [`tag`]).
pub type Tags = Vec<(&'static str, String)>;

/// What the host is to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start a sandbox.
    Start(Box<Start>),
    /// Write the config to a sandbox's stdin.
    HandOver {
        /// The sandbox's id.
        sandbox: String,
        /// The config.
        line: Secret,
        /// All its tags from now on.
        tags: Tags,
    },
    /// End the sandbox of this id.
    Terminate(String),
    /// Report the sandboxes of this name.
    FindName(SandboxName),
    /// Report the sandboxes of this job.
    FindJob(String),
    /// Report all sandboxes.
    FindAll,
    /// Open the course of this ticket, beside this one.
    Open(Box<Ticket>),
    /// Reply the delivery with this; the course goes on.
    Reply(Reply),
    /// Report the end of a sandbox, if it comes within so many seconds.
    Watch {
        /// The sandbox's id.
        sandbox: String,
        /// How long.
        seconds: u32,
    },
    /// Report what sandboxes have cost since then.
    Spent(Timestamp),
    /// Have the runner images built anew.
    RefreshImage,
    /// Get a credential for this; another than before if `again`, for that one was refused.
    Credential {
        /// What it is for.
        scope: CredentialScope,
        /// Whether the one that was got before will not do.
        again: bool,
    },
    /// Wait so many milliseconds.
    Pause(u64),
    /// Open this ticket again after so many milliseconds. The course is over.
    Defer(Box<Ticket>, u64, Reply),
    /// The course is over.
    Finish(Reply),
}

/// A sandbox to be started.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its name: the claim on the job.
    pub name: SandboxName,
    /// Its tags.
    pub tags: Tags,
    /// What it is made of.
    pub machine: Machine,
    /// A volume that it mounts.
    pub volume: Option<Volume>,
    /// What its entrypoint is told.
    pub environment: Tags,
    /// How many may live at once.
    pub limit: u32,
}

/// A disk that outlives its sandboxes.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Where it is mounted.
    pub path: &'static str,
}

/// A sandbox that lives, as the host reports it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Its id.
    pub id: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

impl Sandbox {
    /// The value of one tag.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Report {
    /// There was none: the first step.
    Opened,
    /// A sandbox of this id lives.
    Started(String),
    /// The name is taken.
    Taken,
    /// As many live as may.
    Full,
    /// These live.
    Found(Vec<Sandbox>),
    /// It ended, with this status.
    Ended(i32),
    /// Sandboxes have cost so much.
    Spent(Usd),
    /// Here is the credential.
    Credential(Secret),
    /// GitHub gave none, but this answer.
    NoCredential(Result<github::Response, Fault>),
    /// Done.
    Done,
    /// It failed, with an error of this name.
    Failed(String),
}

/// A command that failed, with an error of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed(pub String);

/// What a course is told.
#[derive(Clone, Debug)]
pub enum Event {
    /// The host's report.
    Report(Report),
    /// GitHub's answer.
    Response(Result<github::Response, Fault>),
    /// The house's ruling.
    Ruling(Ruling),
}

/// What a course wants next.
#[derive(Clone, Debug)]
pub enum Step {
    /// A ruling of the house's, which may have others go first.
    Consult(Question),
    /// An answer from GitHub.
    Ask(Request),
    /// A deed of the host.
    Tell(Command),
}

/// A text as a tag's value: at most 63 characters of `[A-Za-z0-9._-]`, which is what Modal takes for an app's tags;
/// for a sandbox's it documents no rule.
pub(super) fn tag(text: &str) -> String {
    text.chars()
        .take(63)
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .collect()
}
