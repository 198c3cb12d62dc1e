//! What is checked at what a course asks of GitHub.

use super::Promise;
use crate::host::Course;
use crate::hub::Nature;
use crate::world::{World, id as number};
use jitney::github::{Method, Request};

impl World {
    pub(crate) fn check_asked(&mut self, course: u64, request: &Request) {
        let Some(running) = self.courses.get(&course) else { return };
        let (kind, job, requests, quota) = (running.kind, running.job, running.requests, running.quota);
        let first = running.first && !running.resumed;
        let Some(host) = self.hosts.get(&running.host) else { return };
        let (until, since) = host.told_to_wait;
        if until > self.now && since < self.now {
            self.breaks(Promise::Held, || format!("{kind:?} {course} asks while GitHub said wait"));
        }
        let most = self.play.kind.most.0;
        if kind != Course::Sweep
            && self.is_ours(job)
            && self.asked.get(&job).is_some_and(|asked| asked.0 > most)
        {
            let promise = if self.is_blocked(job) { Promise::InTheWay } else { Promise::Requests };
            self.breaks(promise, || format!("more than {most} requests are made about job {job}"));
        }
        let about = format!("/actions/jobs/{job}");
        if kind == Course::Launch
            && first
            && requests == 1
            && request.path.ends_with(&about)
            && self.is_fresh(job, 10)
        {
            self.breaks(Promise::Fresh, || {
                format!("course {course} asks about job {job}, which was created just now")
            });
        }
        if kind == Course::Sweep {
            self.check_sweep(request, requests, quota);
        }
        if request.method == Method::Delete {
            self.check_delete(course, kind, number(request.path.rsplit('/').next().unwrap_or_default()));
        }
    }

    /// A sweep opens the course of a job.
    pub(crate) fn check_opens(&mut self, job: u64) {
        if self.is_fresh(job, 40) {
            self.breaks(Promise::Fresh, || {
                format!("a sweep opens a course of job {job}, which was created just now")
            });
        }
    }

    /// Whether a job was created, and queued, so few seconds ago. Clocks are apart by less than what is left of a minute.
    fn is_fresh(&self, job: u64, seconds: u64) -> bool {
        let job = self.hub.jobs.get(&job).filter(|job| job.created == job.queued);
        job.is_some_and(|job| self.now < job.created + seconds * 1000)
    }

    fn check_sweep(&mut self, request: &Request, requests: u64, quota: Option<(u64, u64)>) {
        if requests > 250 {
            self.breaks(Promise::Budget, || "a sweep makes more than 250 requests".to_owned());
        }
        let Some((limit, left)) = quota else { return };
        let cleans = request.method == Method::Delete || request.path.contains("/actions/runners?per_page");
        if (cleans && left * 2 < limit) || left * 10 < limit {
            let how = format!("a sweep asks {} with {left} of {limit} requests left", request.path);
            self.breaks(Promise::Thrift, || how);
        }
    }

    fn check_delete(&mut self, course: u64, kind: Course, runner: u64) {
        let seen = self.courses.get(&course).is_some_and(|running| running.online.contains(&runner));
        let Some(known) = self.hub.runners.get(&runner) else { return };
        let job = known.meant_for().unwrap_or(0);
        let idle = known.is_idle();
        let lives = self.cloud.of_runner(runner).is_some()
            || self.cloud.living.values().any(|living| living.job == job && living.runner.is_none());
        let over = self.is_over(job);
        if kind == Course::Sweep && idle && seen && lives && !over {
            self.breaks(Promise::Sweep, || {
                format!("a sweep deletes runner {runner}, which waits for job {job}")
            });
        }
        if kind == Course::Sweep && !seen && lives && !over {
            self.breaks(Promise::Booting, || {
                format!("a sweep deletes runner {runner}, which is about to connect")
            });
        }
        if kind != Course::Launch && idle && self.is_counted_on(runner) {
            self.breaks(Promise::Spare, || {
                format!("{kind:?} deletes idle runner {runner}, which a queued job needs")
            });
        }
    }

    /// Whether some queued job has no other runner on its way than this idle one.
    fn is_counted_on(&self, runner: u64) -> bool {
        let Some(known) = self.hub.runners.get(&runner) else { return false };
        let fits = |job: u64| {
            let Some(job) = self.hub.jobs.get(&job).filter(|job| job.nature == Nature::Ours) else {
                return false;
            };
            let has = |label: &String| known.labels.iter().any(|own| own.eq_ignore_ascii_case(label));
            known.home.is_none_or(|home| home == job.home) && job.labels.iter().all(has)
        };
        let comes = |job: u64| {
            self.cloud.living.iter().any(|(id, s)| s.job == job && s.did.is_none() && !self.works(*id))
        };
        let waited = |job: u64| self.hub.jobs.get(&job).is_some_and(|job| self.now > job.queued + 5000);
        self.hub.queued.iter().any(|job| fits(*job) && !comes(*job) && waited(*job))
    }

    /// A delivery is asked for again, before it is made.
    pub(crate) fn check_redelivery(&mut self, attempt: usize) {
        let Some(guid) = self.hub.attempts.get(attempt).map(|attempt| attempt.guid) else { return };
        let all: Vec<u16> =
            self.hub.attempts.iter().filter(|a| a.guid == guid && !a.open).map(|a| a.status).collect();
        if all.last().is_some_and(|status| (400..500).contains(status)) {
            self.breaks(Promise::RefusedAgain, || {
                format!("delivery {guid} was refused, and is asked for again")
            });
        } else if all.len() > 11 {
            self.breaks(Promise::Redelivers, || {
                format!("delivery {guid} is asked for again after {} attempts", all.len())
            });
        }
    }
}
