//! What a sweep found, did and spent.

use serde::Serialize;

/// The counts of one sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Repositories that it visited.
    pub repositories: u64,
    /// Repositories whose jobs could not be read.
    pub unreadable: u64,
    /// Requests that it made of GitHub.
    pub requests: u64,
    /// Jobs of ours that wait.
    pub queued: u64,
    /// Courses that it opened.
    pub opened: u64,
    /// Deliveries that it asked for again.
    pub redelivered: u64,
    /// Webhooks that could not be read: the credential lacks the permission.
    pub hooks_hidden: u64,
    /// Registrations that it deleted.
    pub deleted: u64,
    /// Sandboxes that it ended.
    pub ended: u64,
    /// How long the oldest job waits, in seconds.
    pub oldest_queued_s: u64,
    /// What is left of the hour's quota, where GitHub said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_remaining: Option<u64>,
}
