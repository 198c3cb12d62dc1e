//! How a sandbox ended, as one line of JSON on its standard output, the last that it writes.

use crate::stages::Stages;
use crate::usage::Usage;
use jitney::ending::Cause;
use serde::Serialize;

/// What the host is told. It holds no secret.
#[derive(Debug, Serialize)]
pub(crate) struct Ending {
    /// What the line is, for whoever reads it among others.
    pub(crate) event: &'static str,
    pub(crate) cause: Cause,
    /// More about the cause, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The status that the sandbox exits with.
    pub(crate) exit: u8,
    #[serde(flatten)]
    pub(crate) stages: Stages,
    /// Seconds from the sandbox's start until it ended.
    pub(crate) ended_s: f64,
    #[serde(flatten)]
    pub(crate) usage: Usage,
}

impl Ending {
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
