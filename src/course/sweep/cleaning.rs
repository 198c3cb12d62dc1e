//! The end of a sweep: sandboxes and registrations put beside each other, and what no job needs cleared away.

use super::{PAGES, Registered, Sandbox, Sweep};
use crate::delivery::runner_id;
use crate::github::job::Job;
use crate::github::runner::{self, Runner};
use crate::github::{Request, Seen};
use crate::words::ids::{JobId, RunnerId};
use crate::words::repository::Repository;
use std::collections::BTreeSet;

/// A sandbox whose runner is not at work, and whose job may be over.
struct Suspect {
    repository: Repository,
    job: JobId,
    runner: Option<RunnerId>,
    sandbox: String,
}

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
        let orphans = self.orphans(&found);
        for suspect in self.suspects(&found).into_iter().rev() {
            self.look_into(suspect).await;
        }
        for (repository, runner) in orphans.into_iter().rev() {
            self.delete(&repository, runner).await;
        }
    }

    /// Registrations without a sandbox.
    fn orphans(&self, found: &[Sandbox]) -> Vec<(Repository, RunnerId)> {
        let lives: BTreeSet<&str> = found.iter().filter_map(|sandbox| sandbox.tag("job")).collect();
        let orphan = |runner: &Registered| {
            !runner.busy && !runner.online && !lives.contains(runner.job.to_string().as_str())
        };
        let orphans = self.registered.iter().filter(|(_, runner)| orphan(runner));
        orphans.map(|(id, runner)| (runner.repository.clone(), *id)).collect()
    }

    fn suspects(&self, found: &[Sandbox]) -> Vec<Suspect> {
        let suspect = |sandbox: &Sandbox| {
            let (repository, job) = whose(sandbox)?;
            let runner = sandbox.tag("runner_id").and_then(runner_id)?;
            let known = self.registered.get(&runner);
            let at_work = known.is_some_and(|runner| runner.busy);
            // A runner that a listing left out may be at work on another job.
            let sure = self.read.contains(&repository) && self.known.contains(&repository);
            (sure && !at_work && !self.queued.contains(&job)).then(|| Suspect {
                repository,
                job,
                runner: known.map(|_| runner),
                sandbox: sandbox.id.clone(),
            })
        };
        found.iter().filter_map(suspect).collect()
    }

    /// Ends a sandbox whose job is over, once its runner is deleted.
    async fn look_into(&mut self, suspect: Suspect) {
        let Some(response) = self.ask(Request::job(&suspect.repository, suspect.job)).await else { return };
        if !matches!(Job::seen(&response), Seen::Is(job) if job.is_over()) {
            return;
        }
        if let Some(runner) = suspect.runner
            && !self.delete(&suspect.repository, runner).await
        {
            return;
        }
        self.tally.ended += u64::from(self.desk.terminate(suspect.sandbox).await.is_ok());
    }

    /// Deletes a registration; whether it is gone for certain.
    async fn delete(&mut self, repository: &Repository, runner: RunnerId) -> bool {
        let request = Request::delete_runner(self.settings.scope, repository, runner);
        let Some(response) = self.ask(request).await else { return false };
        let gone = runner::is_deleted(&response);
        self.tally.deleted += u64::from(gone);
        gone
    }
}

fn whose(sandbox: &Sandbox) -> Option<(Repository, JobId)> {
    let name = format!("{}/{}", sandbox.tag("owner")?, sandbox.tag("repository")?);
    let job = sandbox.tag("job")?.parse().ok()?;
    Some((Repository::parse(&name).ok()?, JobId(job)))
}
