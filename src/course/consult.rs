//! What a course asks of the house through its desk: who has a job, who is next, and whether GitHub may be asked.

use super::command::{Event, Failed, Sandbox, Step};
use super::desk::Desk;
use crate::github::{self, CredentialScope, Fault, Method, Request, Response, run};
use crate::house::{Account, Came, Claim, Errand, Limited, Listing, Living, Question, Rank, Room, Ruling};
use crate::policy::run::Run;
use crate::ticket::{Purpose, Ticket};
use crate::words::ids::{JobId, RunId, RunnerId};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;

/// What a wait for room comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// A sandbox may be started, its runner registered.
    Now,
    /// Not for so many milliseconds.
    Held(u64),
    /// The job is over, or a runner has it.
    Over,
}

/// What a launch wants room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many sandboxes may live, of all repositories and of one; unset where none is to be started.
    pub place: Option<(u32, u32)>,
    /// How many runners may be registered in a minute; unset where none is to be now.
    pub turn: Option<u32>,
}

impl Desk {
    /// The house's ruling; `None` from a host that has none.
    pub(super) async fn consult(&self, question: Question) -> Option<Ruling> {
        match self.lay(Step::Consult(question)).await {
            Event::Ruling(ruling) => Some(ruling),
            Event::Report(_) | Event::Response(_) => None,
        }
    }

    /// Whether this course may have the ticket's job. Where nobody can say, it may: the sandbox's name is the claim.
    pub async fn claim(&self, ticket: &Ticket) -> Ruling {
        let claim = Claim {
            job: ticket.job,
            repository: ticket.repository.clone(),
            delivery: ticket.delivery.clone(),
            resumed: ticket.deferrals > 0,
            found: ticket.is_found(),
            labels: labels(ticket),
            launches: matches!(ticket.purpose, Purpose::Launch | Purpose::Refuse),
        };
        self.consult(Question::Claim(claim)).await.unwrap_or(Ruling::First)
    }

    /// A sandbox of this course's lives, although its start was reported otherwise.
    pub async fn has_started(&self, sandbox: String) {
        self.consult(Question::Started(sandbox)).await;
    }

    /// A runner, named where it is known, has the job, or it is over.
    pub async fn over(&self, job: JobId, runner: Option<&str>) {
        self.consult(Question::Over(job, runner.map(str::to_owned))).await;
    }

    /// Whether a runner was heard to have the job, or that it is over.
    pub async fn is_over(&self, job: JobId) -> bool {
        self.consult(Question::IsOver(job)).await == Some(Ruling::Over)
    }

    /// Whether a course is at work on a job, or a ticket of it waits.
    pub async fn is_claimed(&self, job: JobId) -> bool {
        self.consult(Question::IsClaimed(job)).await == Some(Ruling::Taken)
    }

    /// Whether two jobs were heard to ask the same of a runner.
    pub async fn are_alike(&self, one: JobId, other: JobId) -> bool {
        self.consult(Question::AreAlike(one, other)).await == Some(Ruling::Go)
    }

    /// Whether a runner of this name was heard to be at work.
    pub async fn is_at_work(&self, runner: &str) -> bool {
        self.consult(Question::IsAtWork(runner.to_owned())).await == Some(Ruling::Over)
    }

    /// Waits for room.
    pub async fn room(&self, ticket: &Ticket, wanted: Wanted) -> Result<Admitted, Failed> {
        let repository = ticket.repository.clone();
        let account = self.account(&CredentialScope::Repository(repository.clone(), None));
        let Wanted { place, turn } = wanted;
        let room = Room { repository, created: ticket.created, account, place, turn };
        loop {
            match self.consult(Question::Room(room.clone())).await {
                Some(Ruling::Go) => return Ok(Admitted::Now),
                Some(Ruling::Held(wait)) => return Ok(Admitted::Held(wait)),
                Some(Ruling::Over) => return Ok(Admitted::Over),
                // Best effort: where the sandboxes cannot be listed, somebody looks again soon.
                Some(Ruling::Count) => drop(self.find_all().await),
                _ => return Err(Failed("no-ruling".to_owned())),
            }
        }
    }

    /// What started the ticket's run: GitHub is asked once for all jobs of it. Else what GitHub answered.
    pub async fn started_by(&self, ticket: &Ticket) -> Result<Run, github::Answer> {
        let (repository, run) = (&ticket.repository, ticket.run);
        if let Some(attempt) = ticket.attempt {
            let question = Question::StartedBy(repository.clone(), run, attempt);
            if let Some(Ruling::StartedBy(run)) = self.consult(question).await {
                return Ok(*run);
            }
        }
        let answer = self.ask(Request::run(repository, run)).await;
        let said = run::started_by(&answer);
        if let Some(attempt) = ticket.attempt {
            let heard = said.clone().map(Box::new);
            self.consult(Question::Heard(repository.clone(), run, attempt, heard)).await;
        }
        said.ok_or(answer)
    }

    /// The repositories of which was heard.
    pub async fn repositories(&self) -> Vec<Repository> {
        match self.consult(Question::Repositories).await {
            Some(Ruling::Repositories(heard)) => heard,
            _ => Vec::new(),
        }
    }

    /// Which of these runs in progress are to be looked into now.
    pub async fn walk(&self, repository: &Repository, runs: Vec<RunId>) -> Vec<RunId> {
        let question = Question::Walk { repository: repository.clone(), runs: runs.clone() };
        match self.consult(question).await {
            Some(Ruling::Runs(turn)) => turn,
            _ => runs,
        }
    }

    /// Which of these registrations without a sandbox were without one a while ago.
    pub async fn orphans(&self, runners: Vec<RunnerId>) -> Vec<RunnerId> {
        match self.consult(Question::Orphans(runners)).await {
            Some(Ruling::Runners(before)) => before,
            _ => Vec::new(),
        }
    }

    /// Whether one more of this name is permitted, of so `most` within so many seconds.
    pub async fn permit(&self, name: &str, most: u32, within: u32) -> bool {
        let question = Question::Permit { name: name.to_owned(), most, within };
        self.consult(question).await == Some(Ruling::Go)
    }

    /// What the house must know of a request.
    pub(super) fn errand(&self, request: &Request) -> Errand {
        Errand {
            account: self.account(&request.needs),
            rank: self.rank,
            listing: self.listing(request),
            changes: request.method != Method::Get,
            mints: request.is_mint(),
        }
    }

    /// The path of a request that sweeps make again and again, if it is one.
    fn listing(&self, request: &Request) -> Option<String> {
        let again = self.rank == Rank::Sweep && request.method == Method::Get && !request.at_github_com;
        again.then(|| request.path.clone())
    }

    fn account(&self, scope: &CredentialScope) -> Account {
        match scope {
            CredentialScope::Nobody => Account::Nobody,
            _ if !self.is_app() => Account::Token,
            CredentialScope::Repository(repository, _) => {
                Account::Installed(repository.owner().to_ascii_lowercase())
            }
            CredentialScope::Installation(id) => Account::Installed(id.to_string()),
            CredentialScope::App => Account::App,
        }
    }
}

fn labels(ticket: &Ticket) -> String {
    let mut labels: Vec<String> =
        ticket.labels.iter().map(|label| label.as_str().to_ascii_lowercase()).collect();
    labels.sort_unstable();
    labels.join("\n")
}

/// What the house must know of a response.
pub(super) fn came(account: Account, listing: Option<String>, answer: &github::Answer) -> Came {
    let response = answer.as_ref().ok();
    let said = |response: &Response| response.retry_after.map(|seconds| seconds.saturating_mul(1000));
    let limited = match response.filter(|response| github::is_limited(response)).map(said) {
        None => Limited::No,
        Some(Some(wait)) => Limited::For(wait),
        Some(None) => Limited::Unsaid,
    };
    let left = response.and_then(|response| {
        let reset = Timestamp(response.reset?.saturating_mul(1000));
        Some((response.remaining?, reset))
    });
    let well = match answer {
        Ok(response) => Some(response.status < 500),
        Err(Fault::Denied) => None,
        Err(_) => Some(false),
    };
    // One that goes on elsewhere is not whole, and a long one would cross to the house for nothing.
    let whole = response.filter(|response| {
        response.status == 200 && response.next.is_none() && response.body.len() <= Listing::LONGEST
    });
    let listing = listing.and_then(|path| {
        let response = whole?;
        let body = String::from_utf8(response.body.clone()).ok()?;
        Some((path, Listing { etag: response.etag.clone()?, body }))
    });
    Came { account, limited, left, listing, well }
}

/// What GitHub would say to a request for which it wants to be left alone so many milliseconds.
pub(super) fn limited(wait: u64) -> Response {
    Response { status: 429, retry_after: Some(wait.div_ceil(1000)), ..Response::default() }
}

pub(super) fn living(sandbox: &Sandbox) -> Living {
    let name = sandbox.tag("owner").zip(sandbox.tag("repository"));
    let repository = name.and_then(|(owner, name)| Repository::parse(&format!("{owner}/{name}")).ok());
    Living { sandbox: sandbox.id.clone(), repository }
}
