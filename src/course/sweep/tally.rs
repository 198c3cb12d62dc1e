//! What a sweep did and what it spent, for its log line.

use crate::reply::{self, News, Outcome, Reason, Reply, Subject};

/// The counts of one sweep.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) repositories: u64,
    pub(super) requests: u64,
    /// Repositories whose jobs could not be read.
    pub(super) unreadable: u64,
    pub(super) queued: u64,
    pub(super) opened: u64,
    pub(super) redelivered: u64,
    /// Webhooks that could not be read: the credential lacks the permission.
    pub(super) hooks_hidden: u64,
    pub(super) deleted: u64,
    pub(super) ended: u64,
    pub(super) oldest_queued_s: u64,
    pub(super) quota_remaining: Option<u64>,
    /// Why it left the rest out.
    pub(super) stopped: Option<&'static str>,
}

impl Tally {
    /// What is logged of the sweep.
    pub(super) fn answer(&self, frugal: bool) -> Reply {
        let text = match self.stopped {
            Some(why) => format!("stopped early: {why}"),
            None if frugal => "left the cleaning out: half of the hour's quota is gone".to_owned(),
            None => "jobs, sandboxes and registrations agree".to_owned(),
        };
        let mut answer = Reply::new(Outcome::Swept, Reason::new("swept", text), Subject::default());
        let counts = reply::Tally {
            repositories: self.repositories,
            unreadable: self.unreadable,
            requests: self.requests,
            queued: self.queued,
            opened: self.opened,
            redelivered: self.redelivered,
            hooks_hidden: self.hooks_hidden,
            deleted: self.deleted,
            ended: self.ended,
            oldest_queued_s: self.oldest_queued_s,
            quota_remaining: self.quota_remaining,
        };
        answer.news = Some(Box::new(News::Swept(counts)));
        answer
    }
}
