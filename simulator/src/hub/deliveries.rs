//! A webhook's deliveries as GitHub keeps them: for three days, each attempt with its outcome.

use super::Hub;
use super::wire::Query;
use crate::dice::{DAY, time_text};
use jitney::github::{Cursor, Response};
use serde_json::{Value, json};

/// What a delivery tells.
#[derive(Clone, Debug)]
pub struct Told {
    /// `queued`, `waiting`, `in_progress` or `completed`.
    pub action: &'static str,
    /// The job.
    pub job: u64,
    /// The runner that took it, and its name.
    pub runner: Option<(u64, String)>,
}

/// One attempt to deliver.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The delivery, which all its attempts share.
    pub guid: u64,
    /// What it tells.
    pub told: Told,
    /// When, by jitney's clock.
    pub at: u64,
    /// What jitney answered, or 0 where it did not.
    pub status: u16,
    /// Whether it is under way.
    pub open: bool,
}

/// The id of a hook.
const HOOK: u64 = 31_337;

impl Hub {
    /// A new delivery, under way.
    pub fn deliver(&mut self, told: Told, now: u64) -> usize {
        let guid = self.number();
        self.attempt(guid, told, now)
    }

    /// One more attempt of a delivery that was made before.
    pub fn attempt(&mut self, guid: u64, told: Told, now: u64) -> usize {
        self.attempts.push(Attempt { guid, told, at: now, status: 0, open: true });
        self.attempts.len() - 1
    }

    /// "List repository webhooks".
    pub(super) fn list_hooks(organization: bool) -> Response {
        if organization {
            return super::wire::reply(200, &json!([]));
        }
        let hook = |id: u64, url: &str, active: bool| json!({"id": id, "active": active, "events": ["workflow_job"], "config": {"url": url}});
        let ours = "https://octo--jitney.modal.run";
        let hooks = [hook(1, "https://ci.example/hook", true), hook(2, ours, false), hook(HOOK, ours, true)];
        super::wire::reply(200, &json!(hooks))
    }

    /// "List deliveries for a repository webhook", or the App's: the newest first.
    pub(super) fn list_deliveries(&self, home: Option<usize>, query: &Query<'_>, now: u64) -> Response {
        let succeeded = query.get("status") == Some("success");
        let kept = self.attempts.iter().enumerate().rev();
        let kept = kept.filter(|(_, attempt)| {
            let home_of = self.jobs.get(&attempt.told.job).map(|job| job.home);
            !attempt.open
                && now - attempt.at <= 3 * DAY
                && (home.is_none() || home_of == home)
                && (200..300).contains(&attempt.status) == succeeded
        });
        let all: Vec<(usize, &Attempt)> = kept.collect();
        let begin = query.get("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0_usize);
        let end = (begin + 100).min(all.len());
        let shown: Vec<Value> =
            all.get(begin..end).unwrap_or_default().iter().map(|(at, a)| self.show(*at, a)).collect();
        let mut answer = super::wire::reply(200, &json!(shown));
        if end < all.len() {
            answer.next = Cursor::of_link(&format!("<https://api.github.com/x?cursor={end}>; rel=\"next\""));
        }
        answer
    }

    fn show(&self, at: usize, attempt: &Attempt) -> Value {
        let status = if attempt.status == 0 { "timed out" } else { "OK" };
        json!({"id": at as u64 + 1, "guid": guid_text(attempt.guid), "event": "workflow_job", "status": status,
               "delivered_at": time_text(self.clock(attempt.at)), "status_code": attempt.status,
               "action": attempt.told.action})
    }

    /// "Redeliver a delivery for a repository webhook".
    pub(super) fn redeliver(&mut self, id: u64) -> Response {
        let at = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        match at.filter(|at| *at < self.attempts.len()) {
            Some(at) => {
                self.wanted.push(at);
                super::wire::reply(202, &json!({}))
            }
            None => super::wire::reply(404, &json!({})),
        }
    }
}

/// A delivery's GUID, as a header has it.
pub fn guid_text(guid: u64) -> String {
    format!("{guid:08x}-0000-4000-8000-00000000{:04x}", guid % 65_536)
}
