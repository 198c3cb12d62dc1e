//! The end of a sweep: sandboxes and registrations put beside each other, and what no job needs cleared away.

use super::{PAGES, Registered, Sandbox, Sweep};
use crate::delivery::runner_id;
use crate::github::job::Job;
use crate::github::runner::{self, Runner};
use crate::github::{Request, Seen};
use crate::words::ids::{JobId, RunnerId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use std::collections::BTreeSet;

/// A sandbox younger than this, in milliseconds, is on its way to its job.
const BOOTED: u64 = 30_000;

/// A sandbox whose runner is not at work, and whose job may be over.
struct Suspect {
    repository: Repository,
    job: JobId,
    runner: RunnerId,
    sandbox: String,
}

/// A registration without a sandbox.
type Orphan = (Repository, RunnerId);

impl Sweep {
    pub(super) async fn read_runners(&mut self, repository: &Repository) {
        for page in 1..=PAGES {
            if self.frugal {
                return;
            }
            let request = Request::runners(self.settings.scope, repository, page);
            let Some(response) = self.ask(request).await else { return };
            let Some(page) = Runner::page(&response) else { return };
            let full = page.full;
            let ours = |runner: Runner| {
                let (job, online) = (runner.meant_for()?, runner.is_online());
                let (repository, busy) = (repository.clone(), runner.busy);
                Some((runner.id, Registered { job, repository, busy, online }))
            };
            self.registered.extend(page.items.into_iter().filter_map(ours));
            if !full {
                self.known.insert(repository.clone());
                return;
            }
        }
    }

    pub(super) async fn clean(&mut self) {
        if self.frugal {
            return;
        }
        let Ok(found) = self.desk.find_all().await else { return };
        let orphans = self.without_doubt(self.orphans(&found)).await;
        for suspect in self.suspects(&found).into_iter().rev() {
            self.look_into(suspect).await;
        }
        for (repository, runner) in orphans.into_iter().rev() {
            self.delete(&repository, runner).await;
        }
    }

    /// Registrations without a sandbox: none has them, and none that has no runner yet is their job's.
    fn orphans(&self, found: &[Sandbox]) -> Vec<Orphan> {
        let owned: BTreeSet<RunnerId> = found.iter().filter_map(runner_of).collect();
        let awaited: BTreeSet<&str> =
            found.iter().filter(|one| runner_of(one).is_none()).filter_map(|one| one.tag("job")).collect();
        let orphan = |id: &RunnerId, runner: &Registered| {
            let (job, idle) = (runner.job.to_string(), !runner.busy && !runner.online);
            idle && !owned.contains(id) && !awaited.contains(job.as_str())
        };
        let orphans = self.registered.iter().filter(|(id, runner)| orphan(id, runner));
        orphans.map(|(id, runner)| (runner.repository.clone(), *id)).collect()
    }

    /// Of these registrations those that were without a sandbox in a sweep before this one: Modal's listing lags, and the
    /// sandbox of a runner that is about to connect may be another container's, of which this one has not heard.
    async fn without_doubt(&self, mut orphans: Vec<Orphan>) -> Vec<Orphan> {
        let before = self.desk.orphans(orphans.iter().map(|(_, runner)| *runner).collect()).await;
        orphans.retain(|(_, runner)| before.contains(runner));
        orphans
    }

    fn suspects(&self, found: &[Sandbox]) -> Vec<Suspect> {
        let now = self.desk.now();
        let suspect = |sandbox: &Sandbox| {
            let started = sandbox.tag("started").and_then(|at| at.parse().ok()).map(Timestamp);
            if started.is_some_and(|at| now.since(at) < BOOTED) {
                return None;
            }
            let (repository, job) = whose(sandbox)?;
            let runner = runner_of(sandbox)?;
            let at_work = self.registered.get(&runner).is_some_and(|runner| runner.busy);
            // A runner that a listing left out may be at work on another job.
            let sure = self.read.contains(&repository) && self.known.contains(&repository);
            (sure && !at_work && !self.queued.contains(&job)).then(|| Suspect {
                repository,
                job,
                runner,
                sandbox: sandbox.id.clone(),
            })
        };
        found.iter().filter_map(suspect).collect()
    }

    /// Ends a sandbox whose job is over, once its runner is deleted or known to be gone. A listing that lacks the runner
    /// proves nothing: while its pages are read, runners come and go, and the rest move on.
    async fn look_into(&mut self, suspect: Suspect) {
        let Some(response) = self.ask(Request::job(&suspect.repository, suspect.job)).await else { return };
        if !matches!(Job::seen(&response), Seen::Is(job) if job.is_over()) {
            return;
        }
        if !self.delete(&suspect.repository, suspect.runner).await {
            return;
        }
        self.tally.ended += u64::from(self.desk.terminate(suspect.sandbox).await.is_ok());
    }

    /// Deletes a registration; whether it is gone for certain.
    async fn delete(&mut self, repository: &Repository, runner: RunnerId) -> bool {
        // What is left of the hour's quota is for launches.
        if self.frugal {
            return false;
        }
        let request = Request::delete_runner(self.settings.scope, repository, runner);
        let Some(response) = self.ask(request).await else { return false };
        let gone = runner::is_deleted(&response);
        self.tally.deleted += u64::from(gone);
        gone
    }
}

fn runner_of(sandbox: &Sandbox) -> Option<RunnerId> {
    sandbox.tag("runner_id").and_then(runner_id)
}

pub(in crate::course) fn whose(sandbox: &Sandbox) -> Option<(Repository, JobId)> {
    let name = format!("{}/{}", sandbox.tag("owner")?, sandbox.tag("repository")?);
    let job = sandbox.tag("job")?.parse().ok()?;
    Some((Repository::parse(&name).ok()?, JobId(job)))
}
