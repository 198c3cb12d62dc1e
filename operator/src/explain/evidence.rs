//! All that is known of a job, laid side by side, and what follows from it at a glance.

use super::facts::{Facts, HostFacts, RecentDelivery, Vetted};
use jitney::course::Sandbox;
use jitney::github::delivery::Said;
use jitney::github::runner::Runner;
use jitney::ledger::Entry;
use jitney::reply::Reason;
use jitney::settings::SignIn;
use jitney::words::ids::{JobId, RunnerName};
use jitney::words::time::Timestamp;

/// What there is to tell from.
pub(super) struct Evidence<'a> {
    pub(super) facts: &'a Facts,
    pub(super) host: &'a HostFacts,
    pub(super) now: Timestamp,
}

impl<'a> Evidence<'a> {
    /// The sandboxes that live for the job, as far as Modal could be asked.
    pub(super) fn sandboxes(&self) -> &'a [Sandbox] {
        self.host.sandboxes.as_deref().unwrap_or_default()
    }

    /// The registered runners that were meant for the job.
    pub(super) fn meant(&self) -> impl Iterator<Item = &'a Runner> {
        let job = self.facts.job.id;
        let runners = self.facts.runners.iter().flatten();
        runners.filter(move |runner| RunnerName::job_of(&runner.name) == Some(job))
    }

    /// The ledger's entries about the job, the oldest first.
    pub(super) fn entries(&self) -> Vec<&'a Entry> {
        let mut entries: Vec<_> =
            self.host.entries.iter().filter(|entry| entry.is_of(self.facts.job.id)).collect();
        entries.sort_by_key(|entry| entry.started);
        entries
    }

    /// The recent deliveries about the job, the oldest first.
    pub(super) fn recent(&self) -> Vec<&'a RecentDelivery> {
        let about = |row: &&RecentDelivery| row.is_of(self.facts.job.id);
        let mut rows: Vec<_> = self.facts.recent.iter().filter(about).collect();
        rows.sort_by_key(|row| row.at);
        rows
    }

    /// The job that has a runner which was meant for this one, as GitHub or the ledger tells it.
    pub(super) fn taker(&self) -> Option<JobId> {
        let other = |entry: &&Entry| {
            entry.ended.is_none()
                && entry.job != self.facts.job.id
                && RunnerName::job_of(&entry.runner) == Some(self.facts.job.id)
        };
        self.facts.taker.or_else(|| self.host.entries.iter().find(other).map(|entry| entry.job))
    }

    /// The last that jitney said about the job's queueing: the course's word where the host remembers it, for it may
    /// have outlived the delivery's answer.
    pub(super) fn last_said(&self) -> Option<Said> {
        let logged = self.facts.deliveries.of("queued");
        let row = match logged {
            Some(logged) => {
                let same = |row: &&&RecentDelivery| row.delivery() == Some(&logged.newest.guid);
                self.recent().iter().find(same).copied()
            }
            None => self.recent().first().copied(),
        };
        row.map(RecentDelivery::said).or_else(|| logged.and_then(|logged| logged.carried.said.clone()))
    }

    /// Why it gets no runner by the settings, if it gets none.
    pub(super) fn refused(&self) -> Option<(&'static str, String)> {
        let own = |reason: &Reason| (reason.code, reason.to_string());
        match (self.facts.decision.verdict.reply(), &self.facts.vetted) {
            (Some(answer), _) => Some(own(&answer.reason)),
            (None, Some(Vetted::MayNot(reason))) => Some(own(reason)),
            (None, _) => None,
        }
    }

    /// When a sweep takes the job up, or why none does.
    pub(super) fn sweep(&self) -> String {
        let settings = &self.facts.settings;
        let repository = &self.facts.job.repository;
        let lately =
            self.facts.recent.iter().any(|row| row.answered.repository.as_deref() == Some(repository));
        let app = matches!(settings.credential, SignIn::App);
        if app || lately || settings.allowlist.exact().contains(repository) {
            let settled = jitney::course::SETTLED / 1000;
            return format!(
                "the sweep (every 3 min) starts a runner for a job that has waited {settled} s without one"
            );
        }
        format!(
            "no sweep looks into {repository}, because ALLOWED_REPOS does not name it in full: name it, or redeliver the delivery"
        )
    }

    /// That it is not known what lives, where it is not.
    pub(super) fn but_unasked(&self) -> &'static str {
        if self.host.sandboxes.is_some() {
            ""
        } else {
            " Modal could not be asked, so a sandbox may be on its way."
        }
    }

    /// So many seconds since then, in words.
    pub(super) fn since(&self, at: Option<Timestamp>) -> Option<String> {
        at.map(|at| span(self.now.since(at)))
    }
}

/// A span of milliseconds in words.
pub(super) fn span(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
