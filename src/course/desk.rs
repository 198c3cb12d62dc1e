//! The desk between a course and its host. A course is a plain `async fn`: it lays a request or a command on the desk
//! and waits; the host takes it, and lays what became of it there instead.
//!
//! There is no runtime. Whoever plays a course polls it by hand, with a waker that does nothing, once for each event.
//! A course waits for one thing at a time: there is one place on the desk, and a debug assertion says so.
//!
//! What each command can come to is a type of its own ([`Started`], …), and a host that reports what was not
//! asked for is dealt with in one place, [`nonsense`]: the command counts as failed.

use super::command::{Command, Event, Failed, Report, Sandbox, Start, Step, Tags};
use super::consult::{came, limited, living};
use crate::github::{CredentialScope, Fault, Request, Response};
use crate::house::{Question, Rank, Ruling};
use crate::reply::Reply;
use crate::settings::SignIn;
use crate::ticket::Ticket;
use crate::words::ids::{InstallationId, JobId, SandboxName};
use crate::words::secret::Secret;
use crate::words::time::Timestamp;
use crate::words::usd::Usd;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// What a course asks and tells through. Its clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    place: Rc<Place>,
    credentials: Rc<Credentials>,
    /// Who comes first where GitHub is asked.
    pub(super) rank: Rank,
}

/// The one place on a desk.
#[derive(Default)]
struct Place {
    step: Cell<Option<Step>>,
    event: Cell<Option<Event>>,
    /// Whether a step was laid here whose event has not come.
    waits: Cell<bool>,
    now: Cell<u64>,
}

/// How requests are signed.
struct Credentials {
    how: SignIn,
    /// The installation that the delivery named, which spares a question.
    installation: Option<InstallationId>,
    /// What an App's host has fetched so far.
    held: RefCell<BTreeMap<CredentialScope, Secret>>,
}

/// What a start comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// A sandbox of this id lives.
    Lives(String),
    /// The name is taken.
    Taken,
    /// As many live as may.
    Full,
}

/// A host that reports what was not asked for has failed to do what was.
fn nonsense(event: &Event) -> Failed {
    match event {
        Event::Report(Report::Failed(name)) => Failed(name.clone()),
        Event::Report(_) | Event::Response(_) | Event::Ruling(_) => {
            Failed("not-what-was-asked-for".to_owned())
        }
    }
}

/// What a command comes to that is either done or failed.
fn done(event: &Event) -> Result<(), Failed> {
    match event {
        Event::Report(Report::Done) => Ok(()),
        event => Err(nonsense(event)),
    }
}

impl Desk {
    /// Whether requests are signed by a GitHub App.
    pub(super) fn is_app(&self) -> bool {
        matches!(self.credentials.how, SignIn::App)
    }

    /// The time of the last event.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.place.now.get())
    }

    pub(super) async fn lay(&self, step: Step) -> Event {
        let place = &self.place;
        debug_assert!(!place.waits.get(), "a course waits for two things at once");
        place.waits.set(true);
        place.step.set(Some(step));
        let event = poll_fn(|_| place.event.take().map_or(Poll::Pending, Poll::Ready)).await;
        place.waits.set(false);
        event
    }

    async fn tell(&self, command: Command) -> Event {
        self.lay(Step::Tell(command)).await
    }

    /// GitHub's response to a request, which goes with the credential that it needs. A token of an App's that GitHub
    /// refuses is got anew, once: it may have been revoked.
    pub async fn ask(&self, request: Request) -> Result<Response, Fault> {
        if request.needs == CredentialScope::Nobody {
            return self.send(request, None).await;
        }
        if let SignIn::Token(token) = &self.credentials.how {
            return self.send(request, Some(token.clone())).await;
        }
        let held = self.credentials.held.borrow().get(&request.needs).cloned();
        let token = match held {
            Some(token) => token,
            None => match self.credential(&request.needs, false).await? {
                Ok(token) => token,
                Err(refusal) => return Ok(refusal),
            },
        };
        let response = self.send(request.clone(), Some(token)).await?;
        if response.status != 401 {
            return Ok(response);
        }
        match self.credential(&request.needs, true).await? {
            Ok(token) => self.send(request, Some(token)).await,
            Err(refusal) => Ok(refusal),
        }
    }

    async fn send(&self, request: Request, credential: Option<Secret>) -> Result<Response, Fault> {
        let errand = self.errand(&request);
        let (account, listing) = (errand.account.clone(), errand.listing.clone());
        let known = match self.consult(Question::Send(errand)).await {
            Some(Ruling::Go) => None,
            Some(Ruling::Unless(listing)) => Some(listing),
            // What GitHub would say.
            Some(Ruling::Held(wait)) => return Ok(limited(wait)),
            _ => return Err(Fault::Unreachable),
        };
        let etag = known.as_ref().map(|listing| listing.etag.clone());
        let request = Request { credential, known: etag, ..request };
        let response = match self.lay(Step::Ask(request)).await {
            Event::Response(response) => response,
            Event::Report(_) | Event::Ruling(_) => Err(Fault::Broken),
        };
        self.consult(Question::Came(came(account, listing, &response))).await;
        match (response, known) {
            (Ok(response), Some(known)) if response.status == 304 => {
                Ok(Response { status: 200, body: known.body.into_bytes(), ..response })
            }
            (response, _) => response,
        }
    }

    /// A credential of the App's; another than the one before, if `again`. Else what GitHub said instead of it.
    async fn credential(
        &self,
        scope: &CredentialScope,
        again: bool,
    ) -> Result<Result<Secret, Response>, Fault> {
        self.credentials.held.borrow_mut().remove(scope);
        let named = match scope {
            CredentialScope::Repository(repository, None) => {
                CredentialScope::Repository(repository.clone(), self.credentials.installation)
            }
            scope => scope.clone(),
        };
        match self.tell(Command::Credential { scope: named, again }).await {
            Event::Report(Report::Credential(token)) => {
                self.credentials.held.borrow_mut().insert(scope.clone(), token.clone());
                Ok(Ok(token))
            }
            Event::Report(Report::NoCredential(response)) => {
                response.map(|response| Err(Response { unauthorized: true, ..response }))
            }
            _ => Err(Fault::Unreachable),
        }
    }

    /// Starts a sandbox.
    pub async fn start(&self, start: Start) -> Result<Started, Failed> {
        match self.tell(Command::Start(Box::new(start))).await {
            Event::Report(Report::Started(id)) => {
                self.consult(Question::Started(id.clone())).await;
                Ok(Started::Lives(id))
            }
            Event::Report(Report::Taken) => Ok(Started::Taken),
            Event::Report(Report::Full) => {
                self.consult(Question::Full).await;
                Ok(Started::Full)
            }
            event => Err(nonsense(&event)),
        }
    }

    /// Hands a sandbox its config.
    pub async fn hand_over(&self, sandbox: String, line: Secret, tags: Tags) -> Result<(), Failed> {
        done(&self.tell(Command::HandOver { sandbox, line, tags }).await)
    }

    /// Ends a sandbox.
    pub async fn terminate(&self, sandbox: String) -> Result<(), Failed> {
        done(&self.tell(Command::Terminate(sandbox.clone())).await)?;
        self.consult(Question::Ended(sandbox)).await;
        Ok(())
    }

    async fn find(&self, command: Command) -> Result<Vec<Sandbox>, Failed> {
        match self.tell(command).await {
            Event::Report(Report::Found(found)) => Ok(found),
            event => Err(nonsense(&event)),
        }
    }

    /// The sandboxes of this name.
    pub async fn find_name(&self, name: SandboxName) -> Result<Vec<Sandbox>, Failed> {
        self.find(Command::FindName(name)).await
    }

    /// The sandboxes of this job.
    pub async fn find_job(&self, job: JobId) -> Result<Vec<Sandbox>, Failed> {
        self.find(Command::FindJob(job.to_string())).await
    }

    /// All sandboxes.
    pub async fn find_all(&self) -> Result<Vec<Sandbox>, Failed> {
        let found = self.find(Command::FindAll).await?;
        self.consult(Question::Lives(found.iter().map(living).collect())).await;
        Ok(found)
    }

    /// Opens the course of this ticket beside this one.
    pub async fn open(&self, ticket: Ticket) -> Result<(), Failed> {
        done(&self.tell(Command::Open(Box::new(ticket))).await)
    }

    /// Replies to the delivery; the course goes on.
    pub async fn reply(&self, reply: Reply) -> Result<(), Failed> {
        done(&self.tell(Command::Reply(reply)).await)?;
        self.consult(Question::Replied).await;
        Ok(())
    }

    /// The status with which a sandbox ended, if it did within so many seconds.
    pub async fn watch(&self, sandbox: String, seconds: u32) -> Result<Option<i32>, Failed> {
        match self.tell(Command::Watch { sandbox: sandbox.clone(), seconds }).await {
            Event::Report(Report::Ended(status)) => {
                self.consult(Question::Ended(sandbox)).await;
                Ok(Some(status))
            }
            Event::Report(Report::Done) => Ok(None),
            event => Err(nonsense(&event)),
        }
    }

    /// What sandboxes have cost since then.
    pub async fn spent(&self, since: Timestamp) -> Result<Usd, Failed> {
        match self.tell(Command::Spent(since)).await {
            Event::Report(Report::Spent(usd)) => Ok(usd),
            event => Err(nonsense(&event)),
        }
    }

    /// Has the runner images built anew.
    pub async fn refresh_image(&self) -> Result<(), Failed> {
        done(&self.tell(Command::RefreshImage).await)
    }

    /// Waits so many milliseconds.
    pub async fn pause(&self, milliseconds: u64) -> Result<(), Failed> {
        done(&self.tell(Command::Pause(milliseconds)).await)
    }
}

/// What a play wants next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "none is kept; on 32 bits it is none")]
pub enum Next<T> {
    /// This is to be asked or done, and what becomes of it to be told.
    Step(Step),
    /// It is over, and this is what it came to.
    Over(T),
}

/// An `async fn` over a desk, played an event at a time.
pub struct Play<T> {
    desk: Desk,
    future: Option<Pin<Box<dyn Future<Output = T>>>>,
}

impl<T> fmt::Debug for Play<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Play").field("over", &self.future.is_none()).finish_non_exhaustive()
    }
}

impl<T> Play<T> {
    /// Lays out a desk, at which requests are signed with `how`, and what `make` plays at it. `installation` is the
    /// App's, where it is known.
    pub fn new<F>(how: SignIn, installation: Option<InstallationId>, make: impl FnOnce(Desk) -> F) -> Self
    where
        F: Future<Output = T> + 'static,
    {
        Self::ranked(Rank::Sweep, how, installation, make)
    }

    /// One whose requests go before others.
    pub fn ranked<F>(
        rank: Rank,
        how: SignIn,
        installation: Option<InstallationId>,
        make: impl FnOnce(Desk) -> F,
    ) -> Self
    where
        F: Future<Output = T> + 'static,
    {
        let credentials = Credentials { how, installation, held: RefCell::default() };
        let desk = Desk { place: Rc::default(), credentials: Rc::new(credentials), rank };
        Self { future: Some(Box::pin(make(desk.clone()))), desk }
    }

    /// What is wanted after this event; `None` if the play was over. The first event is not looked at.
    pub fn next(&mut self, event: Event, now: Timestamp) -> Option<Next<T>> {
        let future = self.future.as_mut()?;
        let place = &self.desk.place;
        place.now.set(now.0);
        place.event.set(Some(event).filter(|_| place.waits.get()));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(over) => {
                self.future = None;
                Some(Next::Over(over))
            }
            Poll::Pending => place.step.take().map(Next::Step),
        }
    }
}
