//! Modal's side: sandboxes boot, connect, give up, die and end.

use super::{Happening, World};
use crate::dice::{MINUTE, SECOND};
use crate::faults::Fault;
use jitney::course::{Event, Report};

/// How long an entrypoint waits for its config, and a runner for a job.
const CONFIG_WITHIN: u64 = 120 * SECOND;
const JOB_WITHIN: u64 = 300 * SECOND;

impl World {
    /// A sandbox was started that boots now.
    pub(super) fn boots(&mut self, sandbox: u64) {
        let Some(living) = self.cloud.living.get(&sandbox) else { return };
        let reads = living.reads;
        self.at(reads + CONFIG_WITHIN, Happening::NoConfig(sandbox));
        if self.fault(Fault::Deaths) {
            let soon = self.dice.below(2) == 0;
            let at = self.now + self.dice.below(if soon { MINUTE } else { 10 * MINUTE });
            self.at(at, Happening::Dies(sandbox));
        }
    }

    /// A sandbox has its config from now on.
    pub(super) fn configured(&mut self, sandbox: u64, runner: u64) {
        let Some(living) = self.cloud.living.get_mut(&sandbox) else { return };
        living.runner = Some(runner);
        self.cloud.changed = true;
        let reads = self.cloud.living[&sandbox].reads.max(self.now);
        let at = reads + self.dice.between(SECOND, 4 * SECOND);
        self.at(at, Happening::Online(runner, sandbox));
        self.at(reads + JOB_WITHIN, Happening::NoJob(sandbox));
    }

    pub(super) fn online(&mut self, runner: u64, sandbox: u64) {
        if !self.cloud.living.contains_key(&sandbox) {
            return;
        }
        let Some(known) = self.hub.runners.get_mut(&runner) else {
            // Its registration was deleted before it could connect.
            return self.end_sandbox(sandbox, 1);
        };
        known.online = true;
        self.say(|| format!("runner {runner} of sandbox {sandbox} is online"));
        if self.strength(Fault::IdleDeleted) > 0 {
            let at = self.now + self.dice.between(2 * MINUTE, 6 * MINUTE);
            self.at(at, Happening::IdleDeleted(runner));
        }
        let soon = self.now + self.dice.between(100, SECOND);
        self.at(soon, Happening::PairUp(Some(runner), None));
    }

    pub(super) fn no_config(&mut self, sandbox: u64) {
        if self.cloud.living.get(&sandbox).is_some_and(|living| living.runner.is_none()) {
            self.end_sandbox(sandbox, 64);
        }
    }

    pub(super) fn no_job(&mut self, sandbox: u64) {
        if !self.works(sandbox) && self.cloud.living.get(&sandbox).is_some_and(|living| living.did.is_none())
        {
            self.end_sandbox(sandbox, 65);
        }
    }

    /// The sandbox of a runner that is registered no longer ends once it notices.
    pub(super) fn notice(&mut self, runner: u64) {
        if let Some(sandbox) = self.cloud.of_runner(runner) {
            let at = self.now + self.dice.between(SECOND, 50 * SECOND);
            self.at(at, Happening::Orphaned(sandbox));
        }
    }

    pub(super) fn orphaned(&mut self, sandbox: u64) {
        let runner =
            self.cloud.living.get(&sandbox).filter(|living| living.did.is_none()).and_then(|l| l.runner);
        if runner.is_some_and(|runner| !self.hub.runners.contains_key(&runner)) {
            self.end_sandbox(sandbox, 0);
        }
    }

    pub(super) fn dies(&mut self, sandbox: u64) {
        if self.cloud.living.contains_key(&sandbox) {
            self.say(|| format!("sandbox {sandbox} dies"));
            self.end_sandbox(sandbox, 1);
        }
    }

    /// Whether a sandbox's runner has a job.
    pub(crate) fn works(&self, sandbox: u64) -> bool {
        let runner = self.cloud.living.get(&sandbox).and_then(|living| living.runner);
        runner.and_then(|runner| self.hub.runners.get(&runner)).is_some_and(|runner| runner.job.is_some())
    }

    /// A sandbox ends, of itself or because it was told to.
    pub(super) fn end_sandbox(&mut self, sandbox: u64, status: i32) {
        let lingers = self.dice.below(self.strength(Fault::Linger).max(2 * SECOND));
        let lag = self.strength(Fault::Lag);
        let lag = if lag > 0 { self.dice.below(lag) } else { 0 };
        let Some(ended) = self.cloud.end(sandbox, self.now, status, lingers, lag) else { return };
        self.say(|| format!("sandbox {sandbox} ends with {status}"));
        if let Some(runner) = ended.runner
            && let Some(known) = self.hub.runners.get_mut(&runner)
        {
            known.online = false;
            if known.job.is_some() {
                // GitHub notices when the job's lock runs out.
                let at = self.now + self.dice.between(9 * MINUTE, 10 * MINUTE);
                self.at(at, Happening::LostContact(runner));
            }
        }
        let watchers = self.courses.iter_mut().filter(|(_, running)| running.watching == Some(sandbox));
        let watchers: Vec<u64> = watchers
            .map(|(id, running)| {
                running.watching = None;
                *id
            })
            .collect();
        for course in watchers {
            self.hears(course, 500, Event::Report(Report::Ended(status)));
        }
    }

    pub(super) fn watched(&mut self, course: u64, sandbox: u64) {
        if let Some(running) =
            self.courses.get_mut(&course).filter(|running| running.watching == Some(sandbox))
        {
            running.watching = None;
            self.tell(course, Event::Report(Report::Done));
        }
    }

    /// Modal found a machine for a GPU's sandbox, or none in 21 minutes.
    pub(super) fn scheduled(&mut self, course: u64, sandbox: u64, found: bool) {
        let Some(living) = self.cloud.living.get_mut(&sandbox).filter(|living| living.scheduling) else {
            return;
        };
        if !found {
            self.end_sandbox(sandbox, 137);
            return self.tell(course, Event::Report(Report::Failed("ResourceExhaustedError".to_owned())));
        }
        let boot = living.reads - living.began;
        (living.scheduling, living.listed, living.reads) = (false, self.now, self.now + boot);
        self.cloud.changed = true;
        self.boots(sandbox);
        self.tell(course, Event::Report(Report::Started(sandbox.to_string())));
    }
}
