//! What is checked at what a course does, and at its end.

use super::Promise;
use crate::dice::MINUTE;
use crate::host::{Course, Running};
use crate::hub::{Nature, Stage};
use crate::world::World;
use jitney::course::Start;
use jitney::ticket::Ticket;

/// A launch that was under way when its job was over may start a sandbox so long after.
const UNDER_WAY: u64 = 5 * MINUTE;

impl World {
    pub(crate) fn check_start(&mut self, course: u64, start: &Start) {
        self.check_secrets(&format!("{:?}{:?}", start.tags, start.environment));
        let Some(running) = self.courses.get(&course) else { return };
        let (job, resumed, looked, unanswered) =
            (running.job, running.resumed, running.looked, running.unanswered);
        if resumed && !looked {
            self.breaks(Promise::Looks, || {
                format!("course {course} starts a sandbox and did not look first")
            });
        }
        let refuses = start.environment.iter().any(|(name, _)| *name == "JITNEY_REFUSAL");
        let Some(known) = self.hub.jobs.get(&job) else { return };
        let (nature, stage) = (known.nature, known.stage);
        // Only a clear answer is a reason not to start.
        let over = known.over.is_some_and(|over| self.now > over + UNDER_WAY) && !unanswered;
        let fine = match nature {
            Nature::Ours => !refuses,
            Nature::TooLarge => refuses,
            Nature::Fork | Nature::Foreign => false,
        };
        if !fine || over || stage == Stage::Waiting {
            let how = format!("a sandbox is started for job {job}, which is {nature:?} and {stage:?}");
            self.breaks(Promise::Admitted, || how);
        }
    }

    pub(crate) fn check_defer(&mut self, course: u64, ticket: &Ticket) {
        let Some(running) = self.courses.get(&course) else { return };
        if running.kind == Course::Launch && ticket.deferrals <= running.deferrals {
            self.breaks(Promise::Counts, || {
                format!("course {course} defers job {} as if for the first time", ticket.job)
            });
        }
    }

    pub(crate) fn check_hand_over(&mut self, course: u64, sandbox: u64, line: &str) {
        if line.is_empty() || !line.bytes().all(|b| b.is_ascii_graphic()) {
            self.breaks(Promise::Line, || format!("course {course} hands over what is not one line"));
        }
        if self.cloud.living.get(&sandbox).is_some_and(|living| living.course != course) {
            self.breaks(Promise::Own, || {
                format!("course {course} hands a config to another's sandbox {sandbox}")
            });
        }
    }

    pub(crate) fn check_terminate(&mut self, course: u64, sandbox: u64) {
        let Some(running) = self.courses.get(&course) else { return };
        let (kind, job) = (running.kind, running.job);
        let Some(living) = self.cloud.living.get(&sandbox) else { return };
        let (did, meant_for) = (living.did, living.job);
        let does =
            living.runner.and_then(|runner| self.hub.runners.get(&runner)).and_then(|runner| runner.job);
        // A job that may not run here is ended with its sandbox, if the sandbox does not do it itself.
        let forked =
            does.and_then(|job| self.hub.jobs.get(&job)).is_some_and(|job| job.nature == Nature::Fork);
        if self.works(sandbox) && !forked {
            let unclear = kind == Course::Launch && running.unclear.contains(&sandbox);
            let asked = living.runner.is_some_and(|runner| running.deleted.contains(&runner));
            let skipped = self.play.hour && kind == Course::Sweep && !asked;
            let promise = match (unclear, skipped) {
                (true, _) => Promise::Unclear,
                (_, true) => Promise::Skipped,
                _ => Promise::Busy,
            };
            self.breaks(promise, || {
                format!("{kind:?} {course} ends sandbox {sandbox}, whose runner has a job")
            });
        }
        if kind == Course::Release && did == Some(job) {
            self.breaks(Promise::Release, || {
                format!("a release ends sandbox {sandbox}, which ran job {job}")
            });
        }
        if kind == Course::Sweep && !self.is_over(meant_for) {
            let how = format!("a sweep ends sandbox {sandbox}, whose job {meant_for} is not over");
            self.breaks(Promise::Sweep, || how);
        }
    }

    /// Whether a sandbox that lives on after another job is in this one's way.
    pub(super) fn is_blocked(&self, job: u64) -> bool {
        self.cloud.living.values().any(|living| living.job == job && living.did.is_some())
    }

    pub(super) fn is_ours(&self, job: u64) -> bool {
        self.hub.jobs.get(&job).is_some_and(|job| job.nature == Nature::Ours)
    }

    pub(super) fn is_over(&self, job: u64) -> bool {
        self.hub.jobs.get(&job).is_none_or(|job| job.stage == Stage::Over)
    }

    /// A course is told that it may have its job.
    pub(crate) fn check_claim(&mut self, course: u64) {
        let Some(known) = self.courses.get(&course).filter(|known| known.kind == Course::Launch) else {
            return;
        };
        let (job, host) = (known.job, known.host);
        let other = |(id, r): (&u64, &Running)| {
            *id != course
                && r.job == job
                && r.host == host
                && r.kind == Course::Launch
                && r.claims
                && !r.answered
        };
        if self.courses.iter().any(other) {
            self.breaks(Promise::Course, || format!("two courses of a host have job {job}"));
        }
    }

    pub(crate) fn check_end(&mut self, course: u64) {
        let Some(running) = self.courses.get(&course) else { return };
        let (kind, job) = (running.kind, running.job);
        let unconfigured = |sandbox: &u64| {
            let living = self.cloud.living.get(sandbox).filter(|living| {
                let told = living.tags.iter().any(|(name, _)| name == "runner_id");
                living.runner.is_none() && !living.scheduling && !told
            });
            // A release may also look at the sandboxes of the job whose runner this one had.
            living.is_some_and(|living| living.job == job) && !running.ended.contains(sandbox)
        };
        let of = if kind == Course::Release { &running.shown } else { &running.started };
        let left = of.iter().copied().find(unconfigured).filter(|_| !running.hindered);
        let forgotten = running.minted.iter().copied().find(|runner| {
            let known = self.hub.runners.get(runner);
            known.is_some_and(|known| !running.sought.contains(&known.name))
                && !running.handed.contains(runner)
                && !running.deleted.contains(runner)
                && !running.held
        });
        match (kind, left, forgotten) {
            (Course::Launch, Some(sandbox), _) => {
                self.breaks(Promise::Tidy, || {
                    format!("course {course} leaves sandbox {sandbox} without a config")
                });
            }
            (Course::Launch, _, Some(runner)) => {
                self.breaks(Promise::Tidy, || format!("course {course} leaves registration {runner} behind"));
            }
            (Course::Release, Some(sandbox), _) => {
                self.breaks(Promise::Release, || {
                    format!("the release of job {job} leaves sandbox {sandbox}")
                });
            }
            _ => {}
        }
        let (deferred, most) = (self.asked.get(&job).map_or(0, |asked| asked.1), self.play.kind.most.1);
        if deferred > most && self.is_ours(job) {
            let promise = if self.is_blocked(job) { Promise::InTheWay } else { Promise::Deferrals };
            self.breaks(promise, || format!("job {job} is deferred more than {most} times"));
        }
    }
}
