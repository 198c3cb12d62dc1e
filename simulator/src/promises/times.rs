//! What is checked after every step, in time, and at rest.

use super::Promise;
use crate::dice::MINUTE;
use crate::world::World;
use std::collections::BTreeMap;

/// What is left of a job must be gone so long after its end.
const GONE: u64 = 6 * MINUTE;
/// The longest that a ticket waits by itself.
const LONGEST_DELAY: u64 = 450_000;

impl World {
    pub(crate) fn check_step(&mut self) {
        if std::mem::take(&mut self.hub.limits.posts_met) {
            self.breaks(Promise::Limits, || "GitHub's limit of POSTs was met".to_owned());
        }
        if std::mem::take(&mut self.hub.limits.points_met) {
            self.breaks(Promise::Points, || {
                "GitHub's limit of points or of requests at once was met".to_owned()
            });
        }
        if !std::mem::take(&mut self.cloud.changed) {
            return;
        }
        let mut waiting: BTreeMap<u64, u64> = BTreeMap::new();
        for (id, living) in &self.cloud.living {
            let lost = living.runner.is_some_and(|runner| !self.hub.runners.contains_key(&runner));
            if !self.works(*id) && living.did.is_none() && !lost {
                *waiting.entry(living.job).or_default() += 1;
            }
        }
        if let Some((job, count)) = waiting.into_iter().find(|(_, count)| *count > 1) {
            let of = || self.cloud.living.values().filter(|living| living.job == job);
            let newest = of().map(|living| living.began).max().unwrap_or(0);
            // The launch looked a moment before it started the second one.
            let unlisted =
                of().any(|s| s.began < newest && s.listed > s.began && s.listed + MINUTE / 6 > newest);
            let promise = if unlisted { Promise::Unlisted } else { Promise::Twice };
            self.breaks(promise, || format!("{count} sandboxes at once wait for job {job}"));
        }
    }

    /// How long a job may be queued here.
    pub(crate) fn bound(&self) -> u64 {
        self.play.kind.bound
    }

    pub(crate) fn check_bound(&mut self, job: u64) {
        if self.wants(job) {
            let until = self.known_since(job).unwrap_or(self.now) + self.bound();
            if until > self.now {
                return self.look_at_bound(job, until);
            }
            let bound = self.bound() / 1000;
            let promise = match self.is_blocked(job) {
                true => Promise::InTheWay,
                false if self.layout.organization => Promise::BoundOrg,
                false => Promise::Bound,
            };
            self.breaks(promise, || format!("job {job} still waits after {bound} s"));
        }
    }

    pub(crate) fn check_left(&mut self, job: u64) {
        let Some(over) = self.hub.jobs.get(&job).and_then(|job| job.over) else { return };
        let (quota, quota_left) = self.hub.limits.left();
        let scarce = quota_left * 2 < quota;
        if scarce {
            // From then on sweeps only launch, however little is asked.
            self.amiss = self.amiss.max(self.now);
        }
        let told = self
            .hosts
            .values()
            .map(|host| host.told_to_wait.0 + (host.told_to_wait.0 - host.told_to_wait.1) / 2)
            .max();
        let mut since = over.max(self.amiss).max(told.unwrap_or(0));
        let (mut left, mut ghost) = (None, false);
        for (id, living) in self.cloud.living.iter().filter(|(_, living)| living.job == job) {
            let did = living.did.and_then(|did| self.hub.jobs.get(&did)).and_then(|did| did.over);
            // Nobody can end what Modal is still looking for a machine for.
            let pinned = self.works(*id) || living.scheduling;
            since = since.max(if pinned { self.now } else { did.unwrap_or(0).max(living.listed) });
            left = Some(format!("sandbox {id}"));
        }
        for (id, runner) in self.hub.runners.iter().filter(|(_, runner)| runner.meant_for() == Some(job)) {
            since = since.max(if runner.job.is_some() { self.now } else { 0 });
            // One that nobody knows of is not found while a sandbox of its job lives.
            let stray = self.cloud.of_runner(*id).is_none();
            let lasts = if stray { self.cloud.last_end(job) } else { None };
            since = since.max(lasts.map_or(0, |end| end.min(self.now)));
            // A runner whose sandbox died under its job is registered, and busy, until GitHub notices.
            ghost |= stray && runner.job.is_none();
            left = left.or_else(|| Some(format!("registration {id}")));
        }
        if let Some(kept) = self.journal.values().find(|kept| kept.ticket.job.0 == job) {
            // One that is to be taken up yet finds that there is nothing to be done.
            since = since.max(kept.due.min(since.max(kept.put) + LONGEST_DELAY));
            // Its course waits for Modal to find a machine, or for the end of one.
            since = since.max(self.cloud.last_end(job).unwrap_or(0).min(self.now));
            left = left.or_else(|| Some("a ticket".to_owned()));
        }
        let Some(what) = left else { return };
        if ghost && self.now >= over.max(self.amiss) + GONE {
            self.breaks(Promise::Ghosts, || format!("a second registration of job {job} is left"));
        }
        if self.now < since + GONE {
            return self.look_again(job, if scarce { self.now + MINUTE } else { since + GONE });
        }
        self.breaks(Promise::Left, || format!("{what} of job {job} is left six minutes after its end"));
    }

    pub(crate) fn check_rotation(&mut self) {
        // Of what was never heard nothing can be asked, where the allowlist has only a pattern for it.
        for home in 0..self.hub.homes.len() {
            if self.home_known_since(home).is_none() {
                self.visits.0[home] = self.visits.1;
            }
        }
        let (visited, sweeps) = &self.visits;
        if let Some(home) = visited.iter().position(|last| sweeps.saturating_sub(*last) > 20) {
            let name = self.hub.homes[home].name.clone();
            self.breaks(Promise::Rotation, || format!("twenty sweeps did not ask about {name}"));
        }
    }

    pub(crate) fn check_rest(&mut self) {
        let waits =
            self.hub.queued.iter().copied().find(|job| self.wants(*job) && self.known_since(*job).is_some());
        let left = waits
            .map(|job| format!("job {job} was never launched"))
            .or_else(|| self.cloud.living.keys().next().map(|id| format!("sandbox {id} was left")))
            .or_else(|| self.hub.runners.keys().next().map(|id| format!("registration {id} was left")))
            .or_else(|| {
                self.journal
                    .values()
                    .next()
                    .map(|kept| format!("a ticket of job {} was left", kept.ticket.job))
            })
            .or_else(|| self.courses.keys().next().map(|id| format!("course {id} never ended")));
        if let Some(left) = left {
            let promise =
                if waits.is_some_and(|job| self.is_blocked(job)) { Promise::InTheWay } else { Promise::Rest };
            self.breaks(promise, || left);
        }
    }
}
