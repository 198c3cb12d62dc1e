//! What a course has its host do.

use super::{Happening, World, id as number};
use crate::cloud::Started;
use crate::dice::{MINUTE, SECOND};
use crate::faults::Fault;
use crate::hub::{APP_TOKEN, installation_token, repository_token};
use crate::promises::Promise;
use jitney::course::{Command, Event, Report, Sandbox, Start, Tags};
use jitney::github::{CredentialScope, Fault as Failure};
use jitney::words::secret::Secret;
use jitney::words::usd::Usd;

impl World {
    pub(super) fn execute(&mut self, id: u64, command: Command) {
        let delay = 10 + self.dice.below(300);
        let Some((host, job)) = self.courses.get(&id).map(|running| (running.host, running.job)) else {
            return;
        };
        let report = match command {
            Command::Start(start) => return self.start(id, &start, delay),
            Command::HandOver { sandbox, line, tags } => {
                return self.hand_over(id, &sandbox, line.expose(), tags);
            }
            Command::Terminate(sandbox) => self.terminate(id, number(&sandbox)),
            Command::FindName(name) => {
                let found = self.cloud.named(name.as_str());
                self.found(id, found)
            }
            Command::FindJob(job) => {
                if let Some(running) = self.courses.get_mut(&id) {
                    running.looked = true;
                }
                let found =
                    self.cloud.list(self.now, |s| s.tags.iter().any(|(k, v)| k == "job" && *v == job));
                self.found(id, found)
            }
            Command::FindAll => {
                let found = self.cloud.list(self.now, |_| true);
                self.found(id, found)
            }
            Command::Open(ticket) => {
                self.check_opens(ticket.job.0);
                self.put(*ticket, 0);
                Report::Done
            }
            Command::Reply(reply) => {
                self.say(|| format!("course {id} replies: {}", reply.reason));
                self.answered(id, &reply);
                Report::Done
            }
            Command::Watch { sandbox, seconds } => {
                return self.watch(id, number(&sandbox), u64::from(seconds));
            }
            Command::RefreshImage => Report::Done,
            Command::Spent(_) => Report::Spent(Usd::default()),
            Command::Credential { scope, again } => self.credential(id, host, &scope, again),
            Command::Pause(pause) => return self.hears(id, pause, Event::Report(Report::Done)),
            Command::Defer(ticket, delay, reply) => {
                self.say(|| format!("course {id} defers job {} by {delay} ms", ticket.job));
                self.check_defer(id, &ticket);
                let deferred = self.asked.entry(job).or_default();
                deferred.1 += 1;
                self.seen.most_asked.1 = self.seen.most_asked.1.max(deferred.1);
                self.course_over(id, &reply);
                return self.put(*ticket, delay);
            }
            Command::Finish(reply) => return self.course_over(id, &reply),
        };
        self.hears(id, delay, Event::Report(report));
    }

    /// The App's token for this; the keys instance may fail to get one.
    fn credential(&mut self, id: u64, host: u64, scope: &CredentialScope, again: bool) -> Report {
        if self.fault(Fault::Tokens) {
            if let Some(running) = self.courses.get_mut(&id) {
                running.unanswered = true;
            }
            return Report::NoCredential(Err(Failure::TimedOut));
        }
        let token = match scope {
            CredentialScope::App | CredentialScope::Nobody => APP_TOKEN.to_owned(),
            CredentialScope::Installation(id) => installation_token(id.0),
            CredentialScope::Repository(repository, _) => repository_token(&repository.to_string()),
        };
        let until = self.now + 55 * MINUTE;
        if let Some(host) = self.hosts.get_mut(&host) {
            let kept = host.tokens.entry(token.clone()).or_insert(until);
            *kept = if again { until } else { *kept };
        }
        Report::Credential(Secret::new(token))
    }

    fn found(&mut self, id: u64, found: Vec<(u64, Sandbox)>) -> Report {
        let fails = self.fault(Fault::Modal);
        let Some(running) = self.courses.get_mut(&id) else { return Report::Done };
        if fails {
            running.hindered = true;
            return Report::Failed("ServiceError".to_owned());
        }
        running.shown.extend(found.iter().map(|(id, _)| *id));
        Report::Found(found.into_iter().map(|(_, sandbox)| sandbox).collect())
    }

    fn start(&mut self, id: u64, start: &Start, delay: u64) {
        self.check_start(id, start);
        let told = |error: &str| Event::Report(Report::Failed(error.to_owned()));
        let throttled = self.throttled.iter().any(|(from, until)| *from <= self.now && self.now < *until);
        if throttled {
            return self.hears(id, delay, told("ResourceExhaustedError"));
        }
        if self.fault(Fault::CreateFails) {
            return self.hears(id, delay, told("ServiceError"));
        }
        let boot = 300 + self.dice.below(self.strength(Fault::Boot).max(SECOND));
        let lag = self.strength(Fault::Lag);
        let lag = if lag > 0 { self.dice.below(lag) } else { 0 };
        let sandbox = match self.cloud.start(start, id, self.now, boot, lag) {
            Started::Taken => return self.hears(id, delay, Event::Report(Report::Taken)),
            Started::Full => return self.hears(id, delay, Event::Report(Report::Full)),
            Started::Lives(sandbox) => sandbox,
        };
        self.say(|| format!("course {id} starts sandbox {sandbox} as {}", start.name.as_str()));
        let Some(running) = self.courses.get_mut(&id) else { return };
        running.started.insert(sandbox);
        if start.machine.gpu.is_some() {
            let found = self.dice.below(8) > 0;
            let waits = if found && self.dice.below(2) == 0 {
                self.dice.below(20 * SECOND)
            } else {
                self.dice.below(21 * MINUTE)
            };
            if let Some(living) = self.cloud.living.get_mut(&sandbox) {
                living.scheduling = true;
            }
            let at = self.now + if found { waits } else { 21 * MINUTE };
            return self.at(at, Happening::Scheduled(id, sandbox, found));
        }
        self.boots(sandbox);
        let unclear = self.fault(Fault::CreateUnclear);
        let report = if self.fault(Fault::CreateTold) {
            Event::Report(Report::Taken)
        } else if unclear {
            told("ServiceError")
        } else {
            Event::Report(Report::Started(sandbox.to_string()))
        };
        if matches!(report, Event::Report(Report::Taken)) {
            // Nobody can know that it is its own.
            if let Some(running) = self.courses.get_mut(&id) {
                running.started.remove(&sandbox);
            }
        }
        self.hears(id, delay, report);
    }

    fn hand_over(&mut self, id: u64, sandbox: &str, line: &str, tags: Tags) {
        let sandbox = number(sandbox);
        self.check_hand_over(id, sandbox, line);
        let failed = || Event::Report(Report::Failed("TimeoutError".to_owned()));
        let Some(living) = self.cloud.living.get_mut(&sandbox) else {
            return self.hears(id, SECOND, failed());
        };
        living.tags = tags.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let boots = living.reads.saturating_sub(self.now) + 50;
        let runner = number(line.trim_start_matches("config-"));
        if self.fault(Fault::HandOver) {
            if self.dice.below(2) == 0 {
                self.configured(sandbox, runner);
                if let Some(running) = self.courses.get_mut(&id) {
                    running.unclear.insert(sandbox);
                }
            }
            return self.hears(id, 20 * SECOND, failed());
        }
        self.configured(sandbox, runner);
        if let Some(running) = self.courses.get_mut(&id) {
            running.handed.insert(runner);
        }
        self.hears(id, boots, Event::Report(Report::Done));
    }

    fn terminate(&mut self, id: u64, sandbox: u64) -> Report {
        self.check_terminate(id, sandbox);
        if let Some(running) = self.courses.get_mut(&id) {
            running.ended.insert(sandbox);
        }
        if self.fault(Fault::Modal) {
            return Report::Failed("ServiceError".to_owned());
        }
        self.say(|| format!("course {id} ends sandbox {sandbox}"));
        self.end_sandbox(sandbox, 137);
        Report::Done
    }

    fn watch(&mut self, id: u64, sandbox: u64, seconds: u64) {
        if let Some(status) = self.cloud.statuses.get(&sandbox).copied() {
            return self.hears(id, 100, Event::Report(Report::Ended(status)));
        }
        if let Some(running) = self.courses.get_mut(&id) {
            running.watching = Some(sandbox);
        }
        self.at(self.now + seconds * SECOND, Happening::Watched(id, sandbox));
    }

    /// A credential in what a sandbox is told is a broken promise.
    pub(crate) fn check_secrets(&mut self, told: &str) {
        let canaries = ["secret-canary", "ghp_canary", "app-canary", "installation-canary", "ghs_canary"];
        if canaries.iter().any(|canary| told.contains(canary)) {
            self.breaks(Promise::Secret, || "a credential is in a command".to_owned());
        }
    }
}
