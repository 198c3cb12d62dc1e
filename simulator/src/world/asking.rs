//! What a course asks of GitHub, and what becomes of the answer on its way back.

use super::{World, id as number};
use crate::dice::SECOND;
use crate::faults::Fault;
use crate::host::Course;
use crate::promises::Promise;
use jitney::course::Event;
use jitney::github::{Etag, Fault as Failure, Method, Request, Response};
use std::hash::{DefaultHasher, Hash, Hasher};

impl World {
    pub(super) fn ask(&mut self, id: u64, request: &Request) {
        self.count(id, request);
        self.check_asked(id, request);
        let (delay, answer) = self.carry(id, request);
        self.say(|| {
            let said = answer.as_ref().map_or_else(|f| format!("{f:?}"), |a| a.status.to_string());
            format!("course {id} asks {:?} {}: {said}", request.method, request.path)
        });
        if let Some(how) = self.hub.malformed.take() {
            self.breaks(Promise::WellFormed, || format!("course {id} asks for {how}"));
        }
        for runner in std::mem::take(&mut self.hub.deleted) {
            self.notice(runner);
        }
        for attempt in std::mem::take(&mut self.hub.wanted) {
            self.check_redelivery(attempt);
            self.deliver_again(attempt);
        }
        let wait = answer.as_ref().ok().filter(|answer| is_limit(answer)).map(|answer| {
            let until_reset = (answer.remaining == Some(0)).then_some(answer.reset).flatten();
            let until_reset = until_reset.map(|at| (at * SECOND).saturating_sub(self.hub.clock(self.now)));
            answer.retry_after.map(|seconds| seconds * SECOND).or(until_reset).unwrap_or(60 * SECOND)
        });
        let (quota, left) = self.hub.limits.left();
        if left * 2 < quota {
            // From then on sweeps only launch.
            self.amiss = self.amiss.max(self.now);
        }
        let clear =
            answer.as_ref().is_ok_and(|answer| answer.status < 300 || matches!(answer.status, 404 | 422));
        let sweeps = self.courses.get(&id).is_some_and(|running| running.kind == Course::Sweep);
        if sweeps && !clear {
            // What this sweep could not do, the next ones do.
            self.amiss = self.amiss.max(self.now);
        }
        let online = self.hub.runners.iter().filter(|(_, runner)| runner.online).map(|(id, _)| *id);
        let Some(running) = self.courses.get_mut(&id) else { return };
        if request.path.contains("/actions/runners?per_page") {
            running.online = online.collect();
        }
        if request.path.contains("/actions/jobs/") {
            let clear =
                answer.as_ref().is_ok_and(|answer| answer.status == 200 && answer.body.starts_with(b"{"));
            running.unanswered |= !clear;
        }
        running.asking = true;
        self.hub.limits.at_once += 1;
        let host = running.host;
        if let (Some(wait), Some(host)) = (wait, self.hosts.get_mut(&host)) {
            // Who asks before this is heard could not know.
            let heard = self.now + delay;
            if host.told_to_wait.0 <= self.now {
                host.told_to_wait = (heard + wait, heard);
            } else {
                host.told_to_wait.0 = host.told_to_wait.0.max(heard + wait);
            }
        }
        self.hears(id, delay, Event::Response(answer));
    }

    /// GitHub's answer and how long it takes. What is lost on the way back took effect all the same.
    fn carry(&mut self, id: u64, request: &Request) -> (u64, Result<Response, Failure>) {
        let delay = 20 + self.dice.below(400);
        if self.outage.0 <= self.now && self.now < self.outage.1 {
            return match self.dice.below(3) {
                0 => (5 * SECOND, Err(Failure::Unreachable)),
                1 => (10 * SECOND, Err(Failure::TimedOut)),
                _ => (delay, Ok(Response { status: 503, ..Response::default() })),
            };
        }
        if self.fault(Fault::Unreachable) {
            return (5 * SECOND, Err(Failure::Unreachable));
        }
        if self.fault(Fault::Failing) {
            return (delay, Ok(Response { status: 502, ..Response::default() }));
        }
        if self.fault(Fault::Limited) {
            let status = if self.dice.below(2) == 0 { 403 } else { 429 };
            let seconds = [2, 30, 60].get(usize::try_from(self.dice.below(3)).unwrap_or(0)).copied();
            return (delay, Ok(Response { status, retry_after: seconds, ..Response::default() }));
        }
        let mut answer = self.hub.answer(request, self.now);
        if answer.status == 201 && request.path.ends_with("/generate-jitconfig") {
            let made = self.hub.runners.keys().next_back().copied();
            if let (Some(running), Some(made)) = (self.courses.get_mut(&id), made) {
                running.minted.insert(made);
            }
            if self.fault(Fault::Garbled) {
                let text = String::from_utf8_lossy(&answer.body).replace("\"config-", "\"config \\n");
                answer.body = text.into_bytes();
            }
        }
        if request.method == Method::Get && answer.status == 200 {
            answer.etag = Etag::parse(&format!("\"{:x}\"", digest(&answer.body)));
            if answer.etag.is_some() && answer.etag == request.known {
                // GitHub does not count it.
                self.hub.limits.uncount();
                self.uncount(id, request);
                (answer.status, answer.body) = (304, Vec::new());
                (answer.limit, answer.remaining) = {
                    let (limit, left) = self.hub.limits.left();
                    (Some(limit), Some(left))
                };
            }
        }
        if self.fault(Fault::AnswerLost) {
            return (10 * SECOND, Err(Failure::TimedOut));
        }
        if self.fault(Fault::Garbled) {
            return (
                delay,
                Ok(Response { status: answer.status, body: b"<html>".to_vec(), ..Response::default() }),
            );
        }
        (delay, Ok(answer))
    }

    /// Whether a request is one of the hour's. An hour without jobs is one of many: the first sweep has seen what there is.
    fn is_counted(&self) -> bool {
        let first = self.play.hour && self.play.jobs == 0 && self.visits.1 < 2;
        !first && self.now < crate::dice::DAWN + self.busy()
    }

    /// A request that GitHub did not count.
    fn uncount(&mut self, id: u64, request: &Request) {
        let sweeps = self.courses.get(&id).is_some_and(|running| running.kind == Course::Sweep);
        if self.is_counted() {
            self.seen.unchanged += 1;
            self.seen.swept -= u64::from(sweeps);
            if let Some(count) = self.seen.requests.get_mut(&endpoint(request)) {
                *count -= 1;
            }
        }
    }

    /// Counts a request, for the tables and for the bounds.
    fn count(&mut self, id: u64, request: &Request) {
        self.seen.all_requests += 1;
        let Some(running) = self.courses.get_mut(&id) else { return };
        running.requests += 1;
        let (path, _) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let last = path.rsplit('/').next().unwrap_or_default();
        match request.method {
            Method::Delete => {
                running.deleted.insert(number(last));
            }
            Method::Get => {
                running.sought.extend(request.path.split_once("runners?name=").map(|(_, n)| n.to_owned()));
            }
            _ => {}
        }
        let (kind, job) = (running.kind, running.job);
        if kind == Course::Sweep {
            if let Some(home) = path
                .strip_suffix("/actions/runs")
                .and_then(|p| self.hub.home(p.trim_start_matches("/repos/")))
            {
                self.visits.0[home] = self.visits.1;
            }
        } else {
            let asked = self.asked.entry(job).or_default();
            asked.0 += 1;
            self.seen.most_asked.0 = self.seen.most_asked.0.max(asked.0);
        }
        if self.is_counted() {
            self.seen.swept += u64::from(kind == Course::Sweep);
            *self.seen.requests.entry(endpoint(request)).or_default() += 1;
        }
    }
}

/// Whether an answer says that GitHub wants to be left alone.
fn is_limit(answer: &Response) -> bool {
    answer.status == 429
        || (answer.status == 403 && (answer.retry_after.is_some() || answer.remaining == Some(0)))
}

/// An endpoint, as GitHub's reference names it.
fn endpoint(request: &Request) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let parts = path.trim_start_matches('/').split('/').enumerate().map(|(at, part)| match at {
        1 | 2 if path.starts_with("/repos") => "…",
        1 if path.starts_with("/orgs") => "…",
        _ if part.bytes().all(|b| b.is_ascii_digit()) => "N",
        _ => part,
    });
    let path: Vec<&str> = parts.filter(|part| *part != "…").collect();
    let status =
        query.split('&').find(|pair| pair.starts_with("status=")).map_or(String::new(), |s| format!("?{s}"));
    let method = format!("{:?}", request.method).to_uppercase();
    format!("{method} {}{status}", path.join("/").replacen("repos/", "", 1))
}

fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}
