//! GitHub's side: jobs come, are told of, are given to runners, and end.

use super::{Happening, World};
use crate::dice::{DAY, HOUR, MINUTE, SECOND};
use crate::faults::Fault;
use crate::hub::{Job, Nature, Stage, Told};

impl World {
    /// Whether a job waits for a runner of ours.
    pub(crate) fn wants(&self, id: u64) -> bool {
        self.hub.jobs.get(&id).is_some_and(|job| job.stage == Stage::Queued && job.nature == Nature::Ours)
    }

    pub(super) fn create(&mut self, id: u64) {
        let many = self.hub.homes.len() as u64;
        let matrix = self.strength(Fault::Matrix) > 0;
        let mut home = if matrix { 0 } else { usize::try_from(self.dice.below(many)).unwrap_or(0) };
        let odd = self.fault(Fault::Odd);
        let mut nature = Nature::Ours;
        let mut stage = Stage::Queued;
        match if odd { self.dice.below(5) } else { 9 } {
            0 | 1 => stage = Stage::Waiting,
            2 => nature = Nature::TooLarge,
            3 => nature = Nature::Foreign,
            4 => match self.hub.homes.iter().position(|home| home.public) {
                Some(public) => (home, nature) = (public, Nature::Fork),
                None => nature = Nature::Foreign,
            },
            _ => {}
        }
        let labels = self.labels(nature);
        let run = self.run_of(id, home, nature);
        let takes = if self.strength(Fault::Places) > 0 {
            2 * SECOND + self.dice.below(20 * SECOND)
        } else {
            5 * SECOND + self.dice.below(600 * SECOND)
        };
        let (created, queued) = (self.now, self.now);
        let job = Job {
            run,
            home,
            stage,
            nature,
            labels,
            created,
            queued,
            ran: None,
            over: None,
            takes,
            runner: None,
        };
        self.say(|| format!("job {id} is created in run {run} ({nature:?}, {stage:?}, {:?})", job.labels));
        self.hub.create(id, job);
        if stage == Stage::Waiting {
            self.announce("waiting", id, None);
            let at = self.now + 30 * SECOND + self.dice.below(20 * MINUTE);
            self.at(at, Happening::Approved(id));
            return;
        }
        self.queue(id);
    }

    fn queue(&mut self, id: u64) {
        self.announce("queued", id, None);
        let soon = self.now + self.dice.between(200, 3 * SECOND);
        self.at(soon, Happening::PairUp(None, Some(id)));
        self.at(self.now + self.bound(), Happening::Bound(id));
        let ours = self.hub.jobs.get(&id).is_some_and(|job| job.nature == Nature::Ours);
        if ours && self.fault(Fault::Cancels) {
            let at = self.now + self.dice.below(8 * MINUTE);
            self.at(at, Happening::Cancelled(id));
        }
        if !ours {
            // Somebody else's runner, or nobody's, until somebody cancels it.
            let at = self.now + 20 * MINUTE + self.dice.below(HOUR);
            self.at(at, Happening::Cancelled(id));
        }
    }

    /// A run has several jobs, of one repository and of like nature.
    fn run_of(&mut self, id: u64, home: usize, nature: Nature) -> u64 {
        let (matrix, burst) = (self.strength(Fault::Matrix) > 0, self.strength(Fault::Burst) > 0);
        let joins = matrix || (!burst && self.dice.below(2) == 0);
        let open = self.hub.runs.iter().rev().find(|(_, run)| {
            let first = run.jobs.first().and_then(|job| self.hub.jobs.get(job));
            run.home == home
                && first.is_some_and(|first| (first.nature == Nature::Fork) == (nature == Nature::Fork))
        });
        let open = open.map(|(run, _)| *run).filter(|run| joins && self.hub.open_runs.contains(run));
        open.unwrap_or(9_000_000_000 + id % 1_000_000)
    }

    fn labels(&mut self, nature: Nature) -> Vec<String> {
        let gpu = self.fault(Fault::Gpus);
        let labels: &[&str] = match (nature, self.dice.below(8)) {
            (Nature::TooLarge, _) => &["modal", "cpu=64"],
            (Nature::Foreign, 0) => {
                return (0..101)
                    .map(|n| if n == 0 { "modal".to_owned() } else { format!("id={n}") })
                    .collect();
            }
            (Nature::Foreign, _) => &["ubuntu-latest"],
            _ if gpu => &["modal", "gpu=A10"],
            (_, 0 | 1) => &["modal", "cpu=4"],
            (_, 2) => &["Modal", "self-hosted"],
            _ => &["self-hosted", "modal"],
        };
        labels.iter().map(|label| (*label).to_owned()).collect()
    }

    pub(super) fn approved(&mut self, id: u64) {
        if self.hub.approve(id, self.now) {
            self.say(|| format!("job {id} is approved"));
            self.queue(id);
        }
    }

    pub(super) fn cancel(&mut self, id: u64) {
        if self.hub.jobs.get(&id).is_some_and(|job| matches!(job.stage, Stage::Queued | Stage::Waiting)) {
            self.say(|| format!("job {id} is cancelled"));
            self.over(id, None);
        }
    }

    /// A delivery may be lost, doubled, late, or made again days later.
    pub(super) fn announce(&mut self, action: &'static str, job: u64, runner: Option<(u64, String)>) {
        let told = Told { action, job, runner };
        let bursts = self.strength(Fault::Matrix) + self.strength(Fault::Burst);
        if self.fault(Fault::Never) || (action == "queued" && self.dice.strikes(bursts)) {
            return self.say(|| format!("delivery {action} of job {job} is never made"));
        }
        let late = if self.fault(Fault::Late) {
            self.dice.below(10 * MINUTE)
        } else {
            100 + self.dice.below(SECOND)
        };
        let times = if self.fault(Fault::Doubled) { 2 } else { 1 };
        for time in 0..times {
            let attempt = self.hub.deliver(told.clone(), self.now);
            let after = if time == 0 { 0 } else { self.dice.below(2 * SECOND) };
            self.at(self.now + late + after, Happening::Delivery(attempt));
            if self.fault(Fault::Again) {
                let at = self.now + self.dice.between(2 * MINUTE, if time == 0 { 3 * DAY } else { HOUR });
                self.at(at, Happening::Again(attempt));
            }
        }
    }

    pub(super) fn deliver_again(&mut self, attempt: usize) {
        let Some(old) = self.hub.attempts.get(attempt).cloned() else { return };
        self.say(|| format!("delivery {} of job {} is made again", old.told.action, old.told.job));
        let again = self.hub.attempt(old.guid, old.told, self.now);
        self.at(self.now + 300, Happening::Delivery(again));
    }

    pub(super) fn pair_up(&mut self, runner: Option<u64>, job: Option<u64>) {
        let Some((runner, job)) = self.hub.pair_up(runner, job, &mut self.dice) else { return };
        let Some(sandbox) = self.cloud.of_runner(runner) else { return };
        self.hub.take(runner, job, self.now);
        let known = &self.hub.jobs[&job];
        let (run, nature, takes, waited) = (known.run, known.nature, known.takes, self.now - known.queued);
        let (meant_for, refusing) = self.cloud.living.get(&sandbox).map_or((0, None), |s| (s.job, s.refuses));
        self.seen.stolen += u64::from(meant_for != job);
        // The sandbox judges its job again.
        let refused = refusing == Some(run) || nature == Nature::Fork;
        if nature == Nature::Ours && !refused {
            self.seen.waits.push(waited);
        }
        self.say(|| {
            format!("job {job} runs on runner {runner} in sandbox {sandbox}, which was meant for {meant_for}")
        });
        let name = self.hub.runners.get(&runner).map(|known| known.name.clone()).unwrap_or_default();
        self.announce("in_progress", job, Some((runner, name)));
        let takes = if refused { 2 * SECOND } else { takes };
        self.at(self.now + takes, Happening::Done(runner, job));
    }

    pub(super) fn done(&mut self, runner: u64, job: u64) {
        let Some(known) = self.hub.runners.get(&runner).filter(|known| known.job == Some(job)).cloned()
        else {
            return;
        };
        let Some(sandbox) = self.cloud.of_runner(runner) else { return };
        self.hub.runners.remove(&runner);
        self.over(job, Some((runner, known.name)));
        if let Some(living) = self.cloud.living.get_mut(&sandbox) {
            living.did = Some(job);
        }
        if self.fault(Fault::Hung) {
            return self.say(|| format!("sandbox {sandbox} lives on after its job"));
        }
        let at = self.now + self.dice.between(200, 8 * SECOND);
        self.at(at, Happening::Finished(sandbox));
    }

    /// A job is over, on this runner if it had one.
    pub(super) fn over(&mut self, job: u64, runner: Option<(u64, String)>) {
        self.say(|| format!("job {job} is over"));
        self.hub.complete(job, self.now);
        self.announce("completed", job, runner);
        self.at(self.now + 6 * MINUTE, Happening::Left(job));
    }

    /// A runner whose machine died: its registration stays, and its job is given up after a while.
    pub(super) fn lost_contact(&mut self, runner: u64) {
        let Some(known) = self.hub.runners.remove(&runner) else { return };
        if let Some(job) = known.job {
            self.over(job, Some((runner, known.name)));
        }
    }

    pub(super) fn idle_deleted(&mut self, runner: u64) {
        if self.hub.runners.get(&runner).is_some_and(crate::hub::Runner::is_idle) {
            self.say(|| format!("GitHub deletes idle runner {runner}"));
            self.hub.runners.remove(&runner);
            self.notice(runner);
        }
    }
}
