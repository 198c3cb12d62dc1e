//! Reconcile: what GitHub wants, what lives and what is registered, put beside each other and brought into line.
//!
//! A sweep asks for everything and trusts nothing that was remembered: queued jobs of ours get a course (which looks
//! for itself whether a runner is coming), registrations without a sandbox are deleted unless they are busy, and
//! sandboxes whose job is over are ended. It spends a bounded number of requests and says how many; launching comes
//! first, so it leaves the cleaning out when half of the hour's quota is gone, and stops when nine tenths are.

use super::{Command, Event, Outcome, Sandbox, Step};
use crate::answer::{Answer, Outcome as Ending, Reason, Subject};
use crate::delivery::runner_id;
use crate::github::{self, Registered, Request};
use crate::ids::{JobId, RunId, RunnerId};
use crate::repository::Repository;
use crate::settings::CoursesSettings;
use crate::ticket::Ticket;
use crate::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The most that one sweep asks of GitHub.
const BUDGET: u64 = 250;
/// A job younger than this, in milliseconds, has its own delivery's course.
const SETTLED: u64 = 90_000;

/// One sweep.
#[derive(Debug)]
pub(super) struct Sweep {
    settings: CoursesSettings,
    /// What is left to do; the last comes first.
    tasks: Vec<Task>,
    current: Option<Task>,
    /// Jobs of ours that GitHub says are queued.
    queued: BTreeSet<JobId>,
    /// Runners of ours, by id.
    registered: BTreeMap<RunnerId, Registered>,
    /// Jobs whose courses run or wait: they look after themselves.
    pending: BTreeSet<JobId>,
    /// Repositories whose jobs were read.
    read: BTreeSet<String>,
    /// Repositories of which every runner is known.
    known: BTreeSet<String>,
    tally: Tally,
    frugal: bool,
}

/// What a sweep did, for its log line.
#[derive(Debug, Default)]
struct Tally {
    requests: u64,
    unreadable: u64,
    queued: u64,
    launched: u64,
    deleted: u64,
    ended: u64,
    oldest_queued_s: u64,
    quota_remaining: Option<u64>,
    stopped: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Task {
    /// Read the runs of this status.
    Runs(Repository, &'static str),
    /// Read a run's jobs.
    Jobs(Repository, RunId),
    /// Open a course for a queued job.
    Open(Box<Ticket>),
    /// Read the registered runners.
    Runners(Repository),
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
        let named = settings.allowlist.exact();
        let seen = recent.iter().chain(pending).map(|ticket| ticket.repository.clone());
        let mut repositories = BTreeMap::new();
        for repository in named.into_iter().chain(seen).filter(|r| settings.allowlist.admits(r)) {
            repositories.entry(key(&repository)).or_insert(repository);
        }
        let mut tasks = vec![Task::Sandboxes];
        for repository in repositories.into_values() {
            tasks.push(Task::Runners(repository.clone()));
            tasks.push(Task::Runs(repository.clone(), "in_progress"));
            tasks.push(Task::Runs(repository, "queued"));
        }
        Self {
            settings,
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
            (Some(task), Event::Answer(answer)) => {
                self.count(answer.as_ref().ok());
                self.answered(task, answer.as_ref().map_err(|fault| *fault), now);
            }
            (Some(Task::Sandboxes), Event::Outcome(Outcome::Found(found))) => self.look_at(&found),
            (Some(Task::Terminate(_)), Event::Outcome(Outcome::Done)) => self.tally.ended += 1,
            (Some(Task::Open(_)), Event::Outcome(Outcome::Done)) => self.tally.launched += 1,
            _ => {}
        }
        while let Some(task) = self.tasks.pop() {
            if let Some(step) = self.begin(&task) {
                self.current = Some(task);
                return step;
            }
        }
        self.finish()
    }

    fn begin(&mut self, task: &Task) -> Option<Step> {
        let scope = self.settings.scope;
        let request = match task {
            Task::Open(ticket) => return Some(Step::Tell(Command::Open(ticket.clone()))),
            Task::Sandboxes | Task::Runners(_) if self.frugal => return None,
            Task::Sandboxes => return Some(Step::Tell(Command::FindAll)),
            Task::Terminate(sandbox) => return Some(Step::Tell(Command::Terminate(sandbox.clone()))),
            Task::Runs(repository, status) => Request::runs(repository, status),
            Task::Jobs(repository, run) => Request::jobs(repository, *run),
            Task::Runners(repository) => Request::runners(scope, repository),
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
    fn count(&mut self, answer: Option<&github::Answer>) {
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

    fn answered(&mut self, task: Task, answer: Result<&github::Answer, github::Fault>, now: Timestamp) {
        match task {
            Task::Runs(repository, _) => match github::read_runs(answer) {
                Some(runs) => {
                    self.read.insert(key(&repository));
                    self.tasks.extend(runs.into_iter().map(|run| Task::Jobs(repository.clone(), run)));
                }
                None => self.tally.unreadable += 1,
            },
            Task::Jobs(repository, _) => {
                for job in github::read_jobs(answer) {
                    self.queued_job(&repository, job, now);
                }
            }
            Task::Runners(repository) => {
                let Some((runners, all)) = github::read_registered(answer, &repository) else { return };
                self.registered.extend(runners);
                if all {
                    self.known.insert(key(&repository));
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
            Task::Open(_) | Task::Sandboxes | Task::Terminate(_) => {}
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
            self.tasks.push(Task::Open(Box::new(Ticket::found(repository.clone(), job))));
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
            let sure = self.read.contains(&key(&repository)) && self.known.contains(&key(&repository));
            if sure && !at_work && !self.queued.contains(&job) {
                self.tasks.push(Task::Job(repository, job, known.map(|_| runner), sandbox.id.clone()));
            }
        }
    }

    fn finish(&mut self) -> Step {
        let tally = std::mem::take(&mut self.tally);
        let text = match tally.stopped {
            Some(why) => format!("stopped early: {why}"),
            None if self.frugal => "left the cleaning out: half of the hour's quota is gone".to_owned(),
            None => "jobs, sandboxes and registrations agree".to_owned(),
        };
        let mut answer = Answer::new(Ending::Swept, Reason::new("swept", text), Subject::default());
        answer.counts = vec![
            ("repositories", self.read.len() as u64),
            ("unreadable", tally.unreadable),
            ("requests", tally.requests),
            ("queued", tally.queued),
            ("opened", tally.launched),
            ("deleted", tally.deleted),
            ("ended", tally.ended),
            ("oldest_queued_s", tally.oldest_queued_s),
        ];
        answer.counts.extend(tally.quota_remaining.map(|remaining| ("quota_remaining", remaining)));
        Step::Tell(Command::Finish(answer))
    }
}

/// Names of repositories are compared without regard to case.
fn key(repository: &Repository) -> String {
    repository.to_string().to_ascii_lowercase()
}

fn whose(sandbox: &Sandbox) -> Option<(Repository, JobId)> {
    let name = format!("{}/{}", sandbox.tag("owner")?, sandbox.tag("repository")?);
    let job = sandbox.tag("job")?.parse().ok()?;
    Some((Repository::parse(&name).ok()?, JobId(job)))
}
