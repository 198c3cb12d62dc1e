//! Reconcile: what GitHub wants, what lives and what is registered, put beside each other and brought into line.
//!
//! A sweep asks for everything and trusts nothing that was remembered: queued jobs of ours get a course (which looks
//! for itself whether a runner is coming), deliveries that failed are redelivered, registrations without a sandbox
//! are deleted unless they are busy, and sandboxes whose job is over are ended. It spends a bounded number of requests
//! and says how many; launching comes first, so it leaves the cleaning out when half of the hour's quota is gone, and
//! stops when nine tenths are.

mod redelivery;
mod tally;

use super::{Command, Event, Report, Sandbox, Step};
use crate::delivery::runner_id;
use crate::github::{self, Hook, HookHome, Registered, Request, app};
use crate::settings::{CoursesSettings, Credential};
use crate::ticket::Ticket;
use crate::words::ids::{DeliveryId, InstallationId, JobId, RunId, RunnerId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use redelivery::Redelivery;
use std::collections::{BTreeMap, BTreeSet};
use tally::Tally;

/// The most that one sweep asks of GitHub. What it leaves out comes first in a later one.
const BUDGET: u64 = 250;
/// A job younger than this, in milliseconds, has its own delivery's course.
pub const SETTLED: u64 = 90_000;
/// The most pages that are read of one listing.
const PAGES: u32 = 10;
/// By so many repositories, and in so many milliseconds, the one that a sweep begins with moves on.
const STRIDE: u64 = 40;
const PERIOD: u64 = 180_000;

/// One sweep.
#[derive(Debug)]
pub(super) struct Sweep {
    settings: CoursesSettings,
    /// Repositories to visit, once the sweep begins.
    named: BTreeSet<Repository>,
    /// What is left to do; the last comes first.
    tasks: Vec<Task>,
    current: Option<Task>,
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
}

#[derive(Clone, Debug)]
enum Task {
    /// Read where the App is installed.
    Installations(u32),
    /// Read the repositories of an installation.
    Repositories(InstallationId, u32),
    /// Visit the repositories that are known by now.
    Visit,
    /// Read the runs of this status.
    Runs(Repository, &'static str, u32),
    /// Read a run's jobs.
    Jobs(Repository, RunId, u32),
    /// Open a course for a queued job.
    Open(Box<Ticket>),
    /// Read whose webhooks are ours.
    Hooks(HookHome),
    /// Read a webhook's deliveries.
    Deliveries(Box<Redelivery>, Option<github::Cursor>),
    /// Have GitHub deliver again.
    Redeliver(Hook, DeliveryId),
    /// Read the registered runners.
    Runners(Repository, u32),
    /// Read what lives.
    Sandboxes,
    /// Delete a registration; end the sandbox, where it has one, once that is done.
    Delete(Repository, RunnerId, Option<String>),
    /// Read the job of a sandbox whose runner is not at work.
    Job(Repository, JobId, Option<RunnerId>, String),
    /// End a sandbox.
    Terminate(String),
}

impl Sweep {
    pub(super) fn new(settings: CoursesSettings, recent: &[Ticket], pending: &[Ticket]) -> Self {
        let seen = recent.iter().chain(pending).map(|ticket| ticket.repository.clone());
        let named = settings.allowlist.exact().into_iter().chain(seen);
        let named = named.filter(|repository| settings.allowlist.admits(repository)).collect();
        let mut tasks = vec![Task::Visit];
        if matches!(settings.credential, Credential::App) {
            tasks.push(Task::Installations(1));
        }
        Self {
            settings,
            named,
            tasks,
            current: None,
            queued: BTreeSet::new(),
            registered: BTreeMap::new(),
            pending: pending.iter().map(|ticket| ticket.job).collect(),
            read: BTreeSet::new(),
            known: BTreeSet::new(),
            tally: Tally::default(),
            frugal: false,
        }
    }

    pub(super) fn next(&mut self, event: Event, now: Timestamp) -> Step {
        match (self.current.take(), event) {
            (Some(task), Event::Response(answer)) => {
                self.count(answer.as_ref().ok());
                self.answered(task, answer.as_ref().map_err(|fault| *fault), now);
            }
            (Some(Task::Sandboxes), Event::Report(Report::Found(found))) => self.look_at(&found),
            (Some(Task::Terminate(_)), Event::Report(Report::Done)) => self.tally.ended += 1,
            (Some(Task::Open(_)), Event::Report(Report::Done)) => self.tally.opened += 1,
            _ => {}
        }
        while let Some(task) = self.tasks.pop() {
            if matches!(task, Task::Visit) {
                self.visit(now);
            } else if let Some(step) = self.begin(&task) {
                self.current = Some(task);
                return step;
            }
        }
        self.tally.repositories = self.read.len() as u64;
        Step::Tell(Command::Finish(self.tally.answer(self.frugal)))
    }

    /// Lays out the sweep: jobs first, then deliveries, then what is to be cleaned away. A budget that does not reach
    /// all repositories reaches others next time.
    fn visit(&mut self, now: Timestamp) {
        let all: Vec<_> = std::mem::take(&mut self.named).into_iter().collect();
        let ahead = (now.0 / PERIOD).wrapping_mul(STRIDE).checked_rem(all.len() as u64).unwrap_or(0);
        let ahead = usize::try_from(ahead).unwrap_or(0);
        let all = || all.iter().cycle().skip(ahead).take(all.len());
        let (mut jobs, mut hooks, mut cleaning) = (Vec::new(), Vec::new(), Vec::new());
        if matches!(self.settings.credential, Credential::App) {
            let hook = Hook { home: HookHome::App, id: None };
            hooks.push(Task::Deliveries(Box::new(Redelivery::new(hook)), None));
        } else {
            let owners = self.settings.allowlist.owners().into_iter().map(HookHome::Organization);
            let homes = all().cloned().map(HookHome::Repository).chain(owners);
            hooks.extend(homes.map(Task::Hooks));
        }
        for repository in all() {
            jobs.push(Task::Runs(repository.clone(), "queued", 1));
            jobs.push(Task::Runs(repository.clone(), "in_progress", 1));
            cleaning.push(Task::Runners(repository.clone(), 1));
        }
        cleaning.push(Task::Sandboxes);
        self.tasks.extend(jobs.into_iter().chain(hooks).chain(cleaning).rev());
    }

    fn begin(&mut self, task: &Task) -> Option<Step> {
        let scope = self.settings.scope;
        let request = match task {
            Task::Open(ticket) => return Some(Step::Tell(Command::Open(ticket.clone()))),
            Task::Visit => return None,
            Task::Sandboxes | Task::Runners(..) if self.frugal => return None,
            Task::Sandboxes => return Some(Step::Tell(Command::FindAll)),
            Task::Terminate(sandbox) => return Some(Step::Tell(Command::Terminate(sandbox.clone()))),
            Task::Installations(page) => Request::installations(*page),
            Task::Repositories(installation, page) => {
                Request::installation_repositories(*installation, *page)
            }
            Task::Runs(repository, status, page) => Request::runs(repository, status, *page),
            Task::Jobs(repository, run, page) => Request::jobs(repository, *run, *page),
            Task::Hooks(home) => Request::hooks(home),
            Task::Deliveries(of, cursor) => Request::deliveries(&of.hook, of.succeeded, cursor.as_ref()),
            Task::Redeliver(hook, delivery) => Request::redeliver(hook, *delivery),
            Task::Runners(repository, page) => Request::runners(scope, repository, *page),
            Task::Delete(repository, runner, _) => Request::delete_runner(scope, repository, *runner),
            Task::Job(repository, job, ..) => Request::job(repository, *job),
        };
        if self.tally.stopped.is_some() {
            return None;
        }
        if self.tally.requests >= BUDGET {
            self.tally.stopped = Some("its budget of requests is spent");
            return None;
        }
        self.tally.requests += 1;
        Some(Step::Ask(request))
    }

    /// Launching comes first: what is left of the hour's quota decides how far a sweep goes.
    fn count(&mut self, answer: Option<&github::Response>) {
        let Some(answer) = answer else { return };
        if let (Some(remaining), Some(limit)) = (answer.remaining, answer.limit) {
            self.tally.quota_remaining = Some(remaining);
            self.frugal = remaining.saturating_mul(2) < limit;
            if remaining.saturating_mul(10) < limit {
                self.tally.stopped = Some("nine tenths of the hour's quota are gone");
            }
        }
        if github::is_limited(answer) {
            self.tally.stopped = Some("GitHub's rate limit is reached");
        }
    }

    fn answered(&mut self, task: Task, answer: Result<&github::Response, github::Fault>, now: Timestamp) {
        match task {
            Task::Installations(page) => {
                let Some((found, full)) = app::read_installations(answer) else { return };
                self.tasks.extend((full && page < PAGES).then(|| Task::Installations(page + 1)));
                self.tasks.extend(found.into_iter().map(|id| Task::Repositories(id, 1)));
            }
            Task::Repositories(installation, page) => {
                let Some((found, full)) = app::read_repositories(answer) else { return };
                self.tasks.extend((full && page < PAGES).then(|| Task::Repositories(installation, page + 1)));
                let allowlist = &self.settings.allowlist;
                self.named.extend(found.into_iter().filter(|repository| allowlist.admits(repository)));
            }
            Task::Runs(repository, status, page) => match github::read_runs(answer) {
                Some(runs) => {
                    if runs.full && page < PAGES {
                        self.tasks.push(Task::Runs(repository.clone(), status, page + 1));
                    } else {
                        self.read.insert(repository.clone());
                    }
                    let jobs = |run| Task::Jobs(repository.clone(), run, 1);
                    self.tasks.extend(runs.items.into_iter().map(jobs));
                }
                None => self.tally.unreadable += 1,
            },
            Task::Jobs(repository, run, page) => {
                let Some(jobs) = github::read_jobs(answer) else { return };
                if jobs.full && page < PAGES {
                    self.tasks.push(Task::Jobs(repository.clone(), run, page + 1));
                }
                for job in jobs.items {
                    self.queued_job(&repository, job, now);
                }
            }
            Task::Hooks(home) => match github::read_hooks(answer, &|url| self.settings.is_our_webhook(url)) {
                Some(hooks) => self.tasks.extend(hooks.into_iter().map(|id| {
                    let hook = Hook { home: home.clone(), id: Some(id) };
                    Task::Deliveries(Box::new(Redelivery::new(hook)), None)
                })),
                None => self.tally.hooks_hidden += 1,
            },
            Task::Deliveries(redelivery, _) => self.deliveries(redelivery, answer, now),
            Task::Redeliver(..) => {
                self.tally.redelivered += u64::from(answer.is_ok_and(|answer| answer.status == 202));
            }
            Task::Runners(repository, page) => {
                let Some(runners) = github::read_registered(answer, &repository) else { return };
                self.registered.extend(runners.items);
                if runners.full && page < PAGES {
                    self.tasks.push(Task::Runners(repository, page + 1));
                } else if !runners.full {
                    self.known.insert(repository);
                }
            }
            Task::Delete(_, _, sandbox) => {
                if github::read_deleted(answer) {
                    self.tally.deleted += 1;
                    self.tasks.extend(sandbox.map(Task::Terminate));
                }
            }
            Task::Job(repository, _, runner, sandbox) => {
                if github::read_is_over(answer) {
                    self.tasks.push(match runner {
                        Some(runner) => Task::Delete(repository, runner, Some(sandbox)),
                        None => Task::Terminate(sandbox),
                    });
                }
            }
            Task::Open(_) | Task::Visit | Task::Sandboxes | Task::Terminate(_) => {}
        }
    }

    /// A page of a webhook's deliveries: the failures first, then the successes, and what is left is redelivered.
    fn deliveries(
        &mut self,
        mut redelivery: Box<Redelivery>,
        answer: Result<&github::Response, github::Fault>,
        now: Timestamp,
    ) {
        let Some(attempts) = github::read_attempts(answer) else {
            self.tally.hooks_hidden += 1;
            return;
        };
        let next = answer.ok().and_then(|answer| answer.next.clone());
        let further = redelivery.read(&attempts, self.settings.api.is_server(), now);
        match next.filter(|_| further) {
            Some(cursor) => self.tasks.push(Task::Deliveries(redelivery, Some(cursor))),
            None if redelivery.succeeded => {
                let hook = redelivery.hook.clone();
                self.tasks.extend(redelivery.due().into_iter().map(|id| Task::Redeliver(hook.clone(), id)));
            }
            None if redelivery.turn(now) => self.tasks.push(Task::Deliveries(redelivery, None)),
            None => {}
        }
    }

    fn queued_job(&mut self, repository: &Repository, job: github::QueuedJob, now: Timestamp) {
        let rules = &self.settings.rules;
        if rules.foreign(&job.labels).is_some() || rules.machine(&job.labels).is_err() {
            return;
        }
        let age = job.created.map_or(u64::MAX, |created| now.since(created));
        if !self.queued.insert(job.job) || age < SETTLED {
            return;
        }
        self.tally.queued += 1;
        if job.created.is_some() {
            self.tally.oldest_queued_s = self.tally.oldest_queued_s.max(age / 1000);
        }
        if !self.pending.contains(&job.job) {
            let github::QueuedJob { job, run, labels, created } = job;
            let ticket = Ticket::found(repository.clone(), job, run, labels, created);
            self.tasks.push(Task::Open(Box::new(ticket)));
        }
    }

    /// Puts sandboxes and registrations beside each other.
    fn look_at(&mut self, found: &[Sandbox]) {
        let lives: BTreeSet<&str> = found.iter().filter_map(|sandbox| sandbox.tag("job")).collect();
        for (id, runner) in &self.registered {
            if !runner.busy && !runner.online && !lives.contains(runner.job.to_string().as_str()) {
                self.tasks.push(Task::Delete(runner.repository.clone(), *id, None));
            }
        }
        for sandbox in found {
            let Some((repository, job)) = whose(sandbox) else { continue };
            let Some(runner) = sandbox.tag("runner_id").and_then(runner_id) else { continue };
            let known = self.registered.get(&runner);
            let at_work = known.is_some_and(|runner| runner.busy);
            // A runner that a listing left out may be at work on another job.
            let sure = self.read.contains(&repository) && self.known.contains(&repository);
            if sure && !at_work && !self.queued.contains(&job) {
                self.tasks.push(Task::Job(repository, job, known.map(|_| runner), sandbox.id.clone()));
            }
        }
    }
}

fn whose(sandbox: &Sandbox) -> Option<(Repository, JobId)> {
    let name = format!("{}/{}", sandbox.tag("owner")?, sandbox.tag("repository")?);
    let job = sandbox.tag("job")?.parse().ok()?;
    Some((Repository::parse(&name).ok()?, JobId(job)))
}
