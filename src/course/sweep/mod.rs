//! Reconcile: what GitHub wants, what lives and what is registered, put beside each other and brought into line.
//!
//! A sweep asks for everything and trusts nothing that was remembered: queued jobs of ours get a course (which looks
//! for itself whether a runner is coming), deliveries that failed are redelivered, registrations without a sandbox
//! are deleted unless they are busy, and sandboxes whose job is over are ended. It spends a bounded number of requests
//! and says how many; launching comes first, so it leaves the cleaning out when half of the hour's quota is gone, and
//! stops when nine tenths are.

mod cleaning;
mod redelivery;
mod tally;

use super::desk::Desk;
use super::{End, Sandbox};
use crate::github::delivery::{Attempt, Went};
use crate::github::hook::{Hook, HookHome, ListedHook};
use crate::github::job::{Job, QueuedJob};
use crate::github::run::ListedRun;
use crate::github::{self, Answer, Cursor, Refusal, Request, Response, app, run};
use crate::settings::{CoursesSettings, SignIn};
use crate::ticket::Ticket;
use crate::words::ids::{InstallationId, JobId, RunId, RunnerId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
pub(super) use cleaning::whose;
use redelivery::Redelivery;
use std::collections::{BTreeMap, BTreeSet};
use tally::Tally;

/// The most that one sweep asks of GitHub. What it leaves out comes first in a later one.
const BUDGET: u64 = 250;
/// A job younger than this, in milliseconds, has its own delivery's course.
pub const SETTLED: u64 = 60_000;
/// The longest wait, in milliseconds, that a sweep sits out where GitHub wants to be left alone, and how often it does.
const PATIENCE: u64 = 120_000;
const WAITS: u32 = 3;
/// The most pages that are read of one listing.
const PAGES: u32 = 10;
/// By so many repositories, and in so many milliseconds, the one that a sweep begins with moves on.
const STRIDE: u64 = 40;
const PERIOD: u64 = 180_000;

/// One sweep: what it works with, and what it has learnt so far.
pub(super) struct Sweep {
    desk: Desk,
    settings: CoursesSettings,
    /// Repositories to visit.
    named: BTreeSet<Repository>,
    /// Jobs of ours that GitHub says are queued.
    queued: BTreeSet<JobId>,
    /// Runners of ours, by id.
    registered: BTreeMap<RunnerId, Registered>,
    /// Jobs whose courses run or wait: they look after themselves.
    pending: BTreeSet<JobId>,
    /// Repositories whose jobs were read to the end.
    read: BTreeSet<Repository>,
    /// Repositories of which every runner is known.
    known: BTreeSet<Repository>,
    tally: Tally,
    frugal: bool,
    /// How often it sat out a limit of GitHub's.
    waits: u32,
}

/// A registered runner of ours.
struct Registered {
    /// The job that it was meant for.
    job: JobId,
    /// Where it is registered, or a repository of the organisation where it is.
    repository: Repository,
    busy: bool,
    online: bool,
}

impl Sweep {
    pub(super) fn new(desk: Desk, settings: CoursesSettings, pending: &[Ticket]) -> Self {
        let named = settings.allowlist.exact().into_iter().collect();
        Self {
            desk,
            settings,
            named,
            queued: BTreeSet::new(),
            registered: BTreeMap::new(),
            pending: pending.iter().map(|ticket| ticket.job).collect(),
            read: BTreeSet::new(),
            known: BTreeSet::new(),
            tally: Tally::default(),
            frugal: false,
            waits: 0,
        }
    }

    /// Runs that wait first, then deliveries and runners; then what may wait in runs that are in progress, and what is
    /// to be cleaned away.
    pub(super) async fn play(mut self) -> End {
        let app = matches!(self.settings.credential, SignIn::App);
        let heard = self.desk.repositories().await;
        let allowlist = &self.settings.allowlist;
        self.named.extend(heard.into_iter().filter(|repository| allowlist.admits(repository)));
        if app {
            self.read_installations().await;
        }
        let repositories = self.in_turn();
        for repository in &repositories {
            self.read_queued(repository).await;
        }
        if app {
            self.redeliver(Hook { home: HookHome::App, id: None }).await;
        } else {
            let owners = self.settings.allowlist.owners().into_iter().map(HookHome::Organization);
            for home in repositories.iter().cloned().map(HookHome::Repository).chain(owners) {
                self.read_hooks(home).await;
            }
        }
        for repository in &repositories {
            self.read_runners(repository).await;
        }
        for repository in &repositories {
            self.walk(repository).await;
        }
        self.clean().await;
        self.tally.repositories = self.read.len() as u64;
        End::Finish(self.tally.answer(self.frugal))
    }

    /// The repositories, beginning with another one each time: a budget that does not reach all of them reaches others
    /// in the next sweep.
    fn in_turn(&mut self) -> Vec<Repository> {
        let mut all: Vec<_> = std::mem::take(&mut self.named).into_iter().collect();
        let count = all.len() as u64;
        // By a number that has no factor in common with theirs, so that each is the first in its turn.
        let stride = (1..=STRIDE).rev().find(|stride| common_factor(*stride, count) == 1).unwrap_or(1);
        let ahead = (self.desk.now().0 / PERIOD).wrapping_mul(stride).checked_rem(count);
        all.rotate_left(ahead.and_then(|ahead| usize::try_from(ahead).ok()).unwrap_or(0));
        all
    }

    /// GitHub's response, within the bounds of a sweep; `None` where they are reached.
    async fn ask(&mut self, request: Request) -> Option<Answer> {
        if self.tally.stopped.is_some() {
            return None;
        }
        if self.tally.requests >= BUDGET {
            self.tally.stopped = Some("its budget of requests is spent");
            return None;
        }
        loop {
            self.tally.requests += 1;
            let response = self.desk.ask(request.clone()).await;
            // Half a sweep would leave jobs to the next one. A quota that is spent is left to launches.
            let spent = response.as_ref().is_ok_and(|response| response.remaining == Some(0));
            if !spent
                && let Refusal::Limited(wait, _) = github::refusal(&response, self.desk.now())
                && wait <= PATIENCE
                && self.waits < WAITS
            {
                self.waits += 1;
                if self.desk.pause(wait).await.is_ok() {
                    continue;
                }
            }
            self.count(response.as_ref().ok());
            return Some(response);
        }
    }

    /// Launching comes first: what is left of the hour's quota decides how far a sweep goes.
    fn count(&mut self, response: Option<&Response>) {
        let Some(response) = response else { return };
        if let (Some(remaining), Some(limit)) = (response.remaining, response.limit) {
            self.tally.quota_remaining = Some(remaining);
            self.frugal = remaining.saturating_mul(2) < limit;
            if remaining.saturating_mul(10) < limit {
                self.tally.stopped = Some("nine tenths of the hour's quota are gone");
            }
        }
        if github::is_limited(response) {
            self.tally.stopped = Some("GitHub's rate limit is reached");
        }
    }

    /// Where the App is installed, and the repositories there.
    async fn read_installations(&mut self) {
        for page in 1..=PAGES {
            let Some(response) = self.ask(Request::installations(page)).await else { return };
            let Some(page) = app::read_installations(&response) else { return };
            for installation in page.items.into_iter().rev() {
                self.read_repositories(installation).await;
            }
            if !page.full {
                return;
            }
        }
    }

    async fn read_repositories(&mut self, installation: InstallationId) {
        for page in 1..=PAGES {
            let request = Request::installation_repositories(installation, page);
            let Some(response) = self.ask(request).await else { return };
            let Some(page) = app::read_repositories(&response) else { return };
            let allowlist = &self.settings.allowlist;
            self.named.extend(page.items.into_iter().filter(|repository| allowlist.admits(repository)));
            if !page.full {
                return;
            }
        }
    }

    /// Looks into every run that waits.
    async fn read_queued(&mut self, repository: &Repository) {
        let Some(runs) = self.runs(repository, "queued").await else { return };
        self.read.insert(repository.clone());
        for run in runs.into_iter().rev() {
            self.read_jobs(repository, run).await;
        }
    }

    /// Looks into a few of the runs that are in progress, others each time: now and then a job waits in one of them
    /// whose delivery was lost.
    async fn walk(&mut self, repository: &Repository) {
        let Some(runs) = self.runs(repository, "in_progress").await else {
            self.read.remove(repository);
            return;
        };
        for run in self.desk.walk(repository, runs).await {
            self.read_jobs(repository, run).await;
        }
    }

    /// The runs of this status that may have a settled job; `None` where not all could be read.
    async fn runs(&mut self, repository: &Repository, status: &'static str) -> Option<Vec<RunId>> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let response = self.ask(Request::runs(repository, status, page)).await?;
            let Some(runs) = run::page(&response) else {
                self.tally.unreadable += 1;
                return None;
            };
            let now = self.desk.now();
            let settled = |run: &ListedRun| run.created.is_none_or(|created| now.since(created) >= SETTLED);
            all.extend(runs.items.into_iter().filter(settled).map(|listed| listed.run));
            if !runs.full {
                break;
            }
        }
        Some(all)
    }

    /// Opens a course for each job of a run that waits and is ours.
    async fn read_jobs(&mut self, repository: &Repository, run: RunId) {
        for page in 1..=PAGES {
            let Some(response) = self.ask(Request::jobs(repository, run, page)).await else { return };
            let Some(jobs) = Job::page(&response) else { return };
            let now = self.desk.now();
            let tickets: Vec<_> = jobs
                .items
                .into_iter()
                .filter_map(Job::queued)
                .filter_map(|job| self.queued_job(repository, job, now))
                .collect();
            for ticket in tickets.into_iter().rev() {
                // One that was opened since this sweep began.
                if self.desk.is_claimed(ticket.job).await {
                    continue;
                }
                self.tally.opened += u64::from(self.desk.open(ticket).await.is_ok());
            }
            if !jobs.full {
                return;
            }
        }
    }

    fn queued_job(&mut self, repository: &Repository, job: QueuedJob, now: Timestamp) -> Option<Ticket> {
        let rules = &self.settings.rules;
        if rules.foreign(&job.labels).is_some() || rules.machine(&job.labels).is_err() {
            return None;
        }
        let age = job.created.map_or(u64::MAX, |created| now.since(created));
        if !self.queued.insert(job.job) || age < SETTLED {
            return None;
        }
        self.tally.queued += 1;
        if job.created.is_some() {
            self.tally.oldest_queued_s = self.tally.oldest_queued_s.max(age / 1000);
        }
        (!self.pending.contains(&job.job)).then(|| job.ticket(repository.clone()))
    }

    async fn read_hooks(&mut self, home: HookHome) {
        let Some(response) = self.ask(Request::hooks(&home)).await else { return };
        let Some(mut hooks) = ListedHook::all(&response) else {
            self.tally.hooks_hidden += 1;
            return;
        };
        hooks.retain(|hook| {
            hook.active && hook.sends_jobs() && self.settings.is_our_webhook(&hook.config.url)
        });
        for hook in hooks.into_iter().rev() {
            self.redeliver(Hook { home: home.clone(), id: Some(hook.id) }).await;
        }
    }

    /// A webhook's deliveries: the failures first, then the successes, and what is left is delivered again.
    async fn redeliver(&mut self, hook: Hook) {
        let mut redelivery = Redelivery::default();
        let mut cursor: Option<Cursor> = None;
        loop {
            let went = if redelivery.succeeded { Went::Well } else { Went::Wrong };
            let request = Request::deliveries(&hook, went, cursor.as_ref());
            let Some(response) = self.ask(request).await else { return };
            let Some(mut attempts) = Attempt::all(&response) else {
                self.tally.hooks_hidden += 1;
                return;
            };
            attempts.retain(Attempt::is_of_job);
            let now = self.desk.now();
            let further = redelivery.read(&attempts, self.settings.api.is_server(), now);
            cursor = response.ok().and_then(|response| response.next).filter(|_| further);
            if cursor.is_none() && (redelivery.succeeded || !redelivery.turn(now)) {
                break;
            }
        }
        for delivery in redelivery.due().into_iter().rev() {
            let Some(response) = self.ask(Request::redeliver(&hook, delivery)).await else { return };
            self.tally.redelivered += u64::from(response.is_ok_and(|response| response.status == 202));
        }
    }
}

fn common_factor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_factor(other, one % other) }
}
