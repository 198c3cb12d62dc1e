//! Jobs and their runs, and who gets which.

use super::Hub;
use crate::dice::Dice;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for somebody's approval.
    Waiting,
    /// It waits for a runner.
    Queued,
    /// A runner has it.
    Running,
    /// It is over.
    Over,
}

/// What jitney should make of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Run it.
    Ours,
    /// Fail it: it asks for more than a job may have.
    TooLarge,
    /// Fail it, or leave it: it is a fork's, on a public repository.
    Fork,
    /// Leave it to others.
    Foreign,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its run.
    pub run: u64,
    /// Its repository's place in the layout.
    pub home: usize,
    /// How far it is.
    pub stage: Stage,
    /// What it is.
    pub nature: Nature,
    /// What it asks of a runner.
    pub labels: Vec<String>,
    /// When it was created, by jitney's clock.
    pub created: u64,
    /// Since when it has been queued.
    pub queued: u64,
    /// When a runner took it.
    pub ran: Option<u64>,
    /// When it was over.
    pub over: Option<u64>,
    /// How long it takes.
    pub takes: u64,
    /// The runner that took it.
    pub runner: Option<u64>,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its repository's place in the layout.
    pub home: usize,
    /// Its jobs, the oldest first.
    pub jobs: Vec<u64>,
    /// Whether its code comes from a fork.
    pub fork: bool,
}

impl Hub {
    /// Creates a job in a run, which is created with its first.
    pub fn create(&mut self, id: u64, job: Job) {
        let fork = job.nature == Nature::Fork;
        let home = job.home;
        let run = self.runs.entry(job.run).or_insert_with(|| Run { home, jobs: Vec::new(), fork });
        run.jobs.push(id);
        self.open_runs.insert(job.run);
        if job.stage == Stage::Queued {
            self.queued.insert(id);
        }
        self.jobs.insert(id, job);
    }

    /// A job that waited for approval waits for a runner now.
    pub fn approve(&mut self, id: u64, now: u64) -> bool {
        let Some(job) = self.jobs.get_mut(&id).filter(|job| job.stage == Stage::Waiting) else {
            return false;
        };
        (job.stage, job.queued) = (Stage::Queued, now);
        self.queued.insert(id);
        true
    }

    /// A job is over.
    pub fn complete(&mut self, id: u64, now: u64) {
        self.queued.remove(&id);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        (job.stage, job.over) = (Stage::Over, Some(now));
        let run = job.run;
        let done = |job: &u64| self.jobs.get(job).is_none_or(|job| job.stage == Stage::Over);
        if self.runs.get(&run).is_none_or(|run| run.jobs.iter().all(done)) {
            self.open_runs.remove(&run);
        }
    }

    /// The status of a run.
    pub fn status(&self, run: &Run) -> &'static str {
        let stages = || run.jobs.iter().filter_map(|id| self.jobs.get(id)).map(|job| job.stage);
        if stages().all(|stage| stage == Stage::Over) {
            "completed"
        } else if stages().all(|stage| stage == Stage::Waiting) {
            "waiting"
        } else if stages().all(|stage| matches!(stage, Stage::Queued | Stage::Waiting)) {
            "queued"
        } else {
            "in_progress"
        }
    }

    /// Gives one queued job to an idle runner that has its labels, if there are such: the runner and the job.
    pub fn pair_up(&mut self, runner: Option<u64>, job: Option<u64>, dice: &mut Dice) -> Option<(u64, u64)> {
        let jobs: Vec<u64> = match job {
            Some(job) => vec![job],
            None => self.queued.iter().copied().collect(),
        };
        let runners: Vec<u64> = match runner {
            Some(runner) => vec![runner],
            None => self.runners.iter().filter(|(_, r)| r.is_idle()).map(|(id, _)| *id).collect(),
        };
        let fits = |runner: u64, job: u64| {
            let (Some(runner), Some(job)) = (self.runners.get(&runner), self.jobs.get(&job)) else {
                return false;
            };
            let here = runner.home.is_none_or(|home| home == job.home);
            let has = |label: &String| runner.labels.iter().any(|own| own.eq_ignore_ascii_case(label));
            runner.is_idle() && here && job.stage == Stage::Queued && job.labels.iter().all(has)
        };
        let pairs: Vec<(u64, u64)> = runners
            .iter()
            .flat_map(|runner| jobs.iter().map(move |job| (*runner, *job)))
            .filter(|(runner, job)| fits(*runner, *job))
            .collect();
        dice.pick(&pairs)
    }

    /// A runner takes a job.
    pub fn take(&mut self, runner: u64, id: u64, now: u64) {
        self.queued.remove(&id);
        if let Some(job) = self.jobs.get_mut(&id) {
            (job.stage, job.ran, job.runner) = (Stage::Running, Some(now), Some(runner));
        }
        if let Some(runner) = self.runners.get_mut(&runner) {
            runner.job = Some(id);
        }
    }
}
