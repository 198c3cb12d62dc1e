//! What to ask GitHub about a job, one question after another, each made of what the last one told.
//!
//! A webhook's listing does not say which job a delivery was about, so the deliveries nearest to the job's own times
//! are looked into, a bounded number of them; a recent delivery that the host remembers spares the search.

use super::candidates::Candidate;
use super::known::{Job, Log, Row, Runner, Vetted};
use super::subject::Subject;
use jitney::github::{Cursor, Fault, Hook, HookHome, Listed, Request, Response};
use jitney::policy::delivery::Decision;
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::words::ids::{Guid, JobId};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use std::collections::VecDeque;

/// The most repositories whose webhooks are looked through for a GUID.
const HOMES: usize = 10;

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
    pub(super) subject: Subject,
    /// The delivery that was named.
    pub(super) named: Option<Guid>,
    pub(super) asks: VecDeque<Ask>,
    asked: Option<Ask>,
    pub(super) job: Option<Job>,
    pub(super) listed: Vec<Listed>,
    pub(super) candidates: VecDeque<Candidate>,
    pub(super) log: Log,
    pub(super) decision: Option<Decision>,
    /// Whether the run may run here, where a rule wants to know.
    pub(super) vetted: Option<Vetted>,
    pub(super) runners: Option<Vec<Runner>>,
    /// The job that has the runner which was meant for this one.
    pub(super) taker: Option<JobId>,
}

#[derive(Clone, Debug)]
pub(super) enum Ask {
    Job,
    Hooks(HookHome),
    Log(Hook, Option<Cursor>, u32),
    Detail(Hook, Box<Candidate>),
    Run,
    Runners(u32),
    Jobs,
}

impl Inquiry {
    /// An inquiry about `subject`.
    pub fn new(intake: IntakeSettings, settings: CoursesSettings, subject: Subject) -> Self {
        let named = match &subject {
            Subject::Delivery(guid) => Some(guid.clone()),
            Subject::Job(..) => None,
        };
        Self {
            intake,
            settings,
            rows: Vec::new(),
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
        }
    }

    /// Takes in what the host remembers of deliveries, before the first request: the job of the one that was named may
    /// be among it.
    pub fn remember(&mut self, rows: Vec<Row>) {
        let remembered =
            rows.iter().find(|row| row.delivery().is_some() && row.delivery() == self.named.as_ref());
        let answered = remembered.map(|row| &row.answered);
        if let Some((repository, job)) =
            answered.and_then(|answered| answered.repository.as_deref().zip(answered.job))
        {
            self.subject = Subject::Job(repository.clone(), job);
        }
        self.rows = rows;
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

    /// The next request, after the answer to the last one; the first, without one; none once all is asked.
    pub fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Result<Option<Request>, Failure> {
        match (self.asked.take(), answer) {
            (Some(asked), Some(answer)) => self.hear(asked, answer)?,
            _ => self.begin(),
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
                "the webhook's log holds no delivery {} of a workflow job among its last thousand; GitHub keeps them for three days; give the job's address instead",
                guid.as_str()
            ),
        };
        Failure::Subject(text)
    }

    pub(super) fn repository(&self) -> Option<Repository> {
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

    /// The runners that were meant for the job, which waits, and are at work all the same.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Runner> {
        let queued = self.job.as_ref().is_some_and(|job| job.status == "queued");
        self.runners.iter().flatten().filter(move |runner| queued && runner.busy)
    }
}
