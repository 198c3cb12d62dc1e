//! What GitHub's answers mean for an inquiry: what is known then, and what is to be asked next.

use super::candidates::{Candidate, choose};
use super::inquiry::{Ask, Failure, Inquiry};
use super::known::{self, Job, Log, Logged, Runner, Vetted};
use super::subject::Subject;
use jitney::github::{self, Fault, Hook, HookHome, Listed, Response};
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::settings::Credential;
use jitney::words::ids::RunnerName;
use jitney::words::label::Label;
use jitney::words::time::Timestamp;

/// The most pages that are read of one webhook's log, and of the runners.
const PAGES: u32 = 10;
/// A delivery may be dated before its job by so many milliseconds: they are whole seconds, of several machines.
const EARLY: u64 = 60_000;

impl Inquiry {
    pub(super) fn hear(&mut self, asked: Ask, answer: Result<&Response, Fault>) -> Result<(), Failure> {
        match asked {
            Ask::Job => self.heard_job(answer)?,
            Ask::Hooks(home) => {
                let ours = |url: &str| self.settings.is_our_webhook(url);
                match github::read_hooks(answer, &ours) {
                    Some(ids) => {
                        let logs = ids.into_iter().map(|id| Hook { home: home.clone(), id: Some(id) });
                        let logs: Vec<_> = logs.map(|hook| Ask::Log(hook, None, 1)).collect();
                        // One that was found is enough: the organization's need not be asked for.
                        if !logs.is_empty() {
                            self.asks.retain(|ask| !matches!(ask, Ask::Hooks(HookHome::Organization(_))));
                        }
                        logs.into_iter().rev().for_each(|log| self.asks.push_front(log));
                    }
                    None if matches!(home, HookHome::Repository(_)) => {
                        self.log = Log::Hidden(answer.map_or(0, |answer| answer.status));
                    }
                    None => {}
                }
            }
            Ask::Log(hook, _, page) => self.heard_log(hook, page, answer),
            Ask::Detail(hook, candidate) => self.heard_detail(&hook, *candidate, answer),
            Ask::Run => {
                let job = self.job.as_ref();
                let run = github::read_run(answer);
                let judged = run
                    .zip(job)
                    .map(|(run, job)| self.settings.vetting.judge(&job.repository, self.private(), &run));
                self.vetted = Some(match judged {
                    Some(Ok(_)) => Vetted::May,
                    Some(Err(reason)) => Vetted::MayNot(reason),
                    None => Vetted::Unknown,
                });
            }
            Ask::Runners(page) => {
                let Some((found, full)) = known::read_runners(answer) else { return Ok(()) };
                let job = self.job.as_ref();
                let about = |runner: &Runner| {
                    let meant = RunnerName::job_of(&runner.name);
                    job.is_some_and(|job| meant == Some(job.id) || job.runner.as_ref() == Some(&runner.name))
                };
                self.runners.get_or_insert_default().extend(found.into_iter().filter(about));
                if full && page < PAGES {
                    self.asks.push_front(Ask::Runners(page + 1));
                } else if self.lost().next().is_some() {
                    self.asks.push_back(Ask::Jobs);
                }
            }
            Ask::Jobs => {
                let lost: Vec<String> = self.lost().map(|runner| runner.name.clone()).collect();
                self.taker = known::read_taker(answer, &lost);
            }
        }
        if self.asks.is_empty() {
            self.conclude();
        }
        Ok(())
    }

    fn heard_job(&mut self, answer: Result<&Response, Fault>) -> Result<(), Failure> {
        let Some(repository) = self.repository() else { return Ok(()) };
        let answer = answer.map_err(|fault| {
            let api = &self.settings.api;
            Failure::Unasked(format!("GitHub's API at {api} gave no answer ({fault:?}); check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL"))
        })?;
        let failure = match answer.status {
            200 => match known::read_job(answer, &repository) {
                Some(job) => {
                    let homes =
                        [HookHome::Repository, HookHome::Organization].map(|home| home(repository.clone()));
                    self.job = Some(job);
                    self.ask_hooks(homes.to_vec());
                    return Ok(());
                }
                None => Failure::Unasked("GitHub's answer about the job cannot be read".to_owned()),
            },
            404 => Failure::Subject(format!(
                "GitHub shows no such job of {repository} (404): the number is not that of a job, or the credential does not see the repository, which `doctor` tells"
            )),
            status => Failure::Unasked(format!(
                "GitHub answers {status} where the job is asked for, which needs Actions: read on {repository}; `doctor` looks at the credential"
            )),
        };
        Err(failure)
    }

    pub(super) fn ask_hooks(&mut self, homes: Vec<HookHome>) {
        if matches!(self.settings.credential, Credential::App) {
            self.asks.push_back(Ask::Log(Hook { home: HookHome::App, id: None }, None, 1));
        } else {
            self.asks.extend(homes.into_iter().map(Ask::Hooks));
        }
    }

    fn heard_log(&mut self, hook: Hook, page: u32, answer: Result<&Response, Fault>) {
        let read = github::read_log(answer);
        if let (None, false) = (&read, matches!(self.log, Log::Read(..))) {
            self.log = Log::Hidden(answer.map_or(0, |answer| answer.status));
            return;
        }
        if !matches!(self.log, Log::Read(..)) {
            self.log = Log::Read(Vec::new(), 0);
        }
        // A later page that cannot be read ends the listing; what came before it counts.
        let (listed, oldest) = read.unwrap_or_default();
        self.listed.extend(listed);
        let named = |listed: &Listed| Some(&listed.guid) == self.named.as_ref();
        let since = match &self.job {
            Some(job) => job.created.map_or(0, |created| created.0.saturating_sub(EARLY)),
            // A GUID says nothing of its time: the log is read until it comes up.
            None if self.listed.iter().any(named) => u64::MAX,
            None => 0,
        };
        let next = answer.ok().and_then(|answer| answer.next.clone());
        let further = page < PAGES && oldest.is_some_and(|oldest| oldest >= Timestamp(since));
        if let Some(cursor) = next.filter(|_| further) {
            return self.asks.push_front(Ask::Log(hook, Some(cursor), page + 1));
        }
        let listed = std::mem::take(&mut self.listed);
        self.candidates = choose(listed, self.job.as_ref(), self.named.as_ref(), &self.rows);
        self.look_into(hook);
    }

    fn look_into(&mut self, hook: Hook) {
        if let Some(candidate) = self.candidates.pop_front() {
            self.asks.push_front(Ask::Detail(hook, Box::new(candidate)));
        }
    }

    fn heard_detail(&mut self, hook: &Hook, candidate: Candidate, answer: Result<&Response, Fault>) {
        if let Log::Read(_, looked) = &mut self.log {
            *looked += 1;
        }
        let carried = github::read_logged(answer);
        let Some(job) = &self.job else {
            // The delivery that was named: from here on the subject is its job.
            if let Some(carried) = carried {
                self.subject = Subject::Job(carried.repository, carried.job);
                self.asks.clear();
                self.candidates.clear();
                self.asks.push_back(Ask::Job);
                return;
            }
            return self.look_into(hook.clone());
        };
        if let Some(carried) =
            carried.filter(|carried| carried.job == job.id && carried.repository == job.repository)
        {
            let Candidate { newest, first, attempts, .. } = candidate;
            self.candidates.retain(|other| other.newest.action != newest.action);
            if let Log::Read(found, _) = &mut self.log {
                found.push(Logged { newest, first, attempts, carried });
                found.sort_by_key(|logged| logged.first);
            }
        }
        self.look_into(hook.clone());
    }

    /// The log is read: what remains depends on what the verdict is.
    fn conclude(&mut self) {
        let Some(job) = self.job.as_ref().filter(|_| self.decision.is_none()) else { return };
        let queued =
            self.log.of("queued").map(|logged| (logged.newest.guid.as_str(), logged.carried.payload.clone()));
        let (guid, payload) = queued.unwrap_or_else(|| ("", made_of(job)));
        let head = if guid.is_empty() { String::new() } else { format!("x-github-delivery: {guid}\n") };
        let head = format!("x-github-event: workflow_job\n{head}");
        self.decision = Some(decide(&self.intake.admission, &head, &payload, Trust::Unsigned));
        let cached = self.settings.rules.machine(&job.labels).is_ok_and(|machine| machine.cache);
        let launched = matches!(self.decision.as_ref().map(|one| &one.verdict), Some(Verdict::Open(_)));
        if launched && self.settings.vetting.is_needed(self.private(), cached) {
            self.asks.push_back(Ask::Run);
        }
        self.asks.push_back(Ask::Runners(1));
    }

    fn private(&self) -> Option<bool> {
        match self.decision.as_ref().map(|decision| &decision.verdict) {
            Some(Verdict::Open(ticket)) => ticket.private,
            _ => None,
        }
    }
}

/// The delivery that a job's queueing would have made, where none was found.
fn made_of(job: &Job) -> String {
    let labels: Vec<&str> = job.labels.iter().map(Label::as_str).collect();
    let wire = serde_json::json!({
        "action": "queued",
        "workflow_job": { "id": job.id, "run_id": job.run, "labels": labels },
        "repository": { "full_name": job.repository },
    });
    wire.to_string()
}
