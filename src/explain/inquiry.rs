//! What to ask GitHub about a job, one question after another, each made of what the last one told.
//!
//! A webhook's listing does not say which job a delivery was about, so the deliveries nearest to the job's own times
//! are looked into, a bounded number of them; the host's bulletin, where it remembers one, spares the search.

use super::candidates::{Candidate, choose};
use super::known::{self, Job, Log, Logged, Row, Runner};
use super::subject::Subject;
use crate::admission::{self, Decision, Trust, Verdict};
use crate::answer::Reason;
use crate::github::{self, Answer, Cursor, Fault, Hook, HookHome, Listed, Request};
use crate::ids::{Guid, JobId, RunnerName};
use crate::repository::Repository;
use crate::settings::{CoursesSettings, Credential, IntakeSettings};
use crate::timestamp::Timestamp;
use std::collections::VecDeque;

/// The most pages that are read of one webhook's log, and of the runners.
const PAGES: u32 = 10;
/// The most repositories whose webhooks are looked through for a GUID.
const HOMES: usize = 10;
/// A delivery may be dated before its job by so many milliseconds: they are whole seconds, of several machines.
const EARLY: u64 = 60_000;

/// How long the ledger is kept, and how late it may learn of a sandbox's end, in milliseconds.
const WEEK: u64 = 7 * 24 * 3_600_000;
const LATE: u64 = 3_600_000;

/// Why nothing can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The subject is none, or there is no such thing.
    Subject(String),
    /// GitHub could not be asked.
    Unasked(String),
}

/// An inquiry, on the way.
#[derive(Debug)]
pub struct Inquiry {
    pub(super) intake: IntakeSettings,
    pub(super) settings: CoursesSettings,
    pub(super) rows: Vec<Row>,
    subject: Subject,
    /// The delivery that was named.
    named: Option<Guid>,
    asks: VecDeque<Ask>,
    asked: Option<Ask>,
    job: Option<Job>,
    listed: Vec<Listed>,
    candidates: VecDeque<Candidate>,
    pub(super) log: Log,
    pub(super) decision: Option<Decision>,
    /// Whether the run may run here, where a rule wants to know; none where GitHub did not say.
    pub(super) vetted: Option<Option<Result<(), Reason>>>,
    pub(super) runners: Option<Vec<Runner>>,
    /// The job that has the runner which was meant for this one.
    pub(super) taker: Option<JobId>,
}

#[derive(Clone, Debug)]
enum Ask {
    Job,
    Hooks(HookHome),
    Log(Hook, Option<Cursor>, u32),
    Detail(Hook, Box<Candidate>),
    Run,
    Runners(u32),
    Jobs,
}

impl Inquiry {
    /// An inquiry about `subject`; `rows` is the host's bulletin.
    pub fn new(intake: IntakeSettings, settings: CoursesSettings, subject: Subject, rows: Vec<Row>) -> Self {
        let named = match &subject {
            Subject::Delivery(guid) => Some(guid.clone()),
            Subject::Job(..) => None,
        };
        let remembered = rows.iter().find(|row| row.delivery.is_some() && row.delivery == named);
        let known = remembered.and_then(|row| Some(Subject::Job(row.repository.clone()?, row.job?)));
        let subject = known.unwrap_or(subject);
        let mut inquiry = Self {
            intake,
            settings,
            rows,
            subject,
            named,
            asks: VecDeque::new(),
            asked: None,
            job: None,
            listed: Vec::new(),
            candidates: VecDeque::new(),
            log: Log::Nowhere,
            decision: None,
            vetted: None,
            runners: None,
            taker: None,
        };
        inquiry.begin();
        inquiry
    }

    fn begin(&mut self) {
        match &self.subject {
            Subject::Job(..) => self.asks.push_back(Ask::Job),
            Subject::Delivery(_) => {
                let allowed = &self.settings.allowlist;
                let exact = allowed.exact().into_iter().take(HOMES).map(HookHome::Repository);
                let homes: Vec<_> =
                    exact.chain(allowed.owners().into_iter().map(HookHome::Organization)).collect();
                self.ask_hooks(homes);
            }
        }
    }

    /// The next request, after the answer to the last one; none once all is asked.
    pub fn next(&mut self, answer: Option<Result<&Answer, Fault>>) -> Result<Option<Request>, Failure> {
        if let (Some(asked), Some(answer)) = (self.asked.take(), answer) {
            self.hear(asked, answer)?;
        }
        let Some(ask) = self.asks.pop_front() else {
            return match &self.subject {
                Subject::Delivery(guid) => Err(self.unfound(guid)),
                Subject::Job(..) => Ok(None),
            };
        };
        let request = self.request(&ask);
        self.asked = Some(ask);
        Ok(request)
    }

    /// When a sandbox of the job may have ended: once the job was over, or a while later where a sweep had to see it.
    pub fn span(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let job = self.job.as_ref();
        let since = job.and_then(|job| job.created).unwrap_or(Timestamp(now.0.saturating_sub(WEEK)));
        let over =
            job.and_then(|job| job.completed).map_or(now, |over| Timestamp(over.0.saturating_add(LATE)));
        (since.max(Timestamp(now.0.saturating_sub(WEEK))), over.min(now))
    }

    /// The job, once GitHub has shown it.
    pub fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    fn unfound(&self, guid: &Guid) -> Failure {
        let text = match &self.log {
            Log::Hidden(status) => format!(
                "GitHub answers {status} where the webhooks' deliveries are asked for, which needs Webhooks: read; give the job's address instead"
            ),
            Log::Nowhere => "no webhook of the repositories that ALLOWED_REPOS names one by one leads to jitney; give the job's address instead".to_owned(),
            Log::Read(..) => format!(
                "the webhook's log holds no delivery {} of a workflow job; GitHub keeps them for three days; give the job's address instead",
                guid.as_str()
            ),
        };
        Failure::Subject(text)
    }

    fn repository(&self) -> Option<Repository> {
        match &self.subject {
            Subject::Job(repository, _) => Some(repository.clone()),
            Subject::Delivery(_) => None,
        }
    }

    fn request(&self, ask: &Ask) -> Option<Request> {
        let repository = self.repository();
        match ask {
            Ask::Job => match &self.subject {
                Subject::Job(repository, job) => Some(Request::job(repository, *job)),
                Subject::Delivery(_) => None,
            },
            Ask::Hooks(home) => Some(Request::hooks(home)),
            Ask::Log(hook, cursor, _) => Some(Request::log(hook, cursor.as_ref())),
            Ask::Detail(hook, candidate) => Some(Request::logged(hook, candidate.newest.id)),
            Ask::Run => Some(Request::run(&repository?, self.job.as_ref()?.run)),
            Ask::Runners(page) => Some(Request::runners(self.settings.scope, &repository?, *page)),
            Ask::Jobs => Some(Request::jobs(&repository?, self.job.as_ref()?.run, 1)),
        }
    }

    fn hear(&mut self, asked: Ask, answer: Result<&Answer, Fault>) -> Result<(), Failure> {
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
                self.vetted = Some(run.zip(job).map(|(run, job)| {
                    self.settings.vetting.judge(&job.repository, self.private(), &run).map(|_| ())
                }));
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
            self.conclude()
        }
        Ok(())
    }

    /// The runners that were meant for the job, which waits, and are at work all the same.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Runner> {
        let queued = self.job.as_ref().is_some_and(|job| job.status == "queued");
        self.runners.iter().flatten().filter(move |runner| queued && runner.busy)
    }

    fn heard_job(&mut self, answer: Result<&Answer, Fault>) -> Result<(), Failure> {
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

    fn ask_hooks(&mut self, homes: Vec<HookHome>) {
        if matches!(self.settings.credential, Credential::App) {
            self.asks.push_back(Ask::Log(Hook { home: HookHome::App, id: None }, None, 1));
        } else {
            self.asks.extend(homes.into_iter().map(Ask::Hooks));
        }
    }

    fn heard_log(&mut self, hook: Hook, page: u32, answer: Result<&Answer, Fault>) {
        let Some((listed, oldest)) = github::read_log(answer) else {
            if !matches!(self.log, Log::Read(..)) {
                self.log = Log::Hidden(answer.map_or(0, |answer| answer.status));
            }
            return;
        };
        if !matches!(self.log, Log::Read(..)) {
            self.log = Log::Read(Vec::new(), 0);
        }
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

    fn heard_detail(&mut self, hook: &Hook, candidate: Candidate, answer: Result<&Answer, Fault>) {
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
        self.decision = Some(admission::decide(&self.intake, &head, &payload, Trust::Unsigned));
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
    let labels: Vec<&str> = job.labels.iter().map(|label| label.as_str()).collect();
    let wire = serde_json::json!({
        "action": "queued",
        "workflow_job": { "id": job.id, "run_id": job.run, "labels": labels },
        "repository": { "full_name": job.repository },
    });
    wire.to_string()
}
