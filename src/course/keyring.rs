//! The credentials of one course: each request gets the one that it needs, which the host fetches where the
//! credential is a GitHub App. The courses themselves know nothing of it.

use super::{Command, Event, Report, Step};
use crate::github::{Fault, Request, Whose};
use crate::settings::{CoursesSettings, Credential};
use crate::words::ids::InstallationId;
use crate::words::secret::Secret;
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Keyring {
    credential: Credential,
    /// The installation that the delivery named, which spares a question.
    installation: Option<InstallationId>,
    held: BTreeMap<Whose, Secret>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No request is on its way, or one whose refusal is final.
    Idle,
    /// This request waits for its credential; the second one that it gets, if `again`.
    Waiting { request: Box<Request>, again: bool },
    /// This request was sent with a credential that was got a while ago.
    Sent(Box<Request>),
}

/// What an event comes to.
pub(super) enum Heard {
    /// The course is to hear this.
    Event(Event),
    /// Something is to be done first.
    Step(Step),
}

impl Keyring {
    pub(super) fn new(settings: &CoursesSettings, installation: Option<InstallationId>) -> Self {
        let credential = settings.credential.clone();
        Self { credential, installation, held: BTreeMap::new(), state: State::Idle }
    }

    /// Takes in what was waited for. A token that GitHub refuses is got anew, once: it may have been revoked.
    pub(super) fn hear(&mut self, event: Event) -> Heard {
        match (std::mem::replace(&mut self.state, State::Idle), event) {
            (State::Waiting { request, again }, Event::Report(Report::Authorized(token))) => {
                self.held.insert(request.whose.clone(), token.clone());
                if !again {
                    self.state = State::Sent(request.clone());
                }
                Heard::Step(Step::Ask(Request { credential: Some(token), ..*request }))
            }
            (State::Waiting { .. }, Event::Report(Report::Unauthorized(answer))) => {
                Heard::Event(Event::Response(answer))
            }
            (State::Waiting { .. }, _) => Heard::Event(Event::Response(Err(Fault::Unreachable))),
            (State::Sent(request), Event::Response(Ok(answer))) if answer.status == 401 => {
                self.held.remove(&request.whose);
                Heard::Step(self.authorize(*request, true))
            }
            (_, event) => Heard::Event(event),
        }
    }

    /// Gives a request its credential, or has it fetched.
    pub(super) fn sign(&mut self, step: Step) -> Step {
        let Step::Ask(request) = step else { return step };
        if let Credential::Token(token) = &self.credential {
            return Step::Ask(Request { credential: Some(token.clone()), ..request });
        }
        match self.held.get(&request.whose) {
            Some(token) => {
                self.state = State::Sent(Box::new(request.clone()));
                Step::Ask(Request { credential: Some(token.clone()), ..request })
            }
            None => self.authorize(request, false),
        }
    }

    fn authorize(&mut self, request: Request, again: bool) -> Step {
        let whose = match &request.whose {
            Whose::Repository(repository, None) => Whose::Repository(repository.clone(), self.installation),
            whose => whose.clone(),
        };
        self.state = State::Waiting { request: Box::new(request), again };
        Step::Tell(Command::Authorize { whose, again })
    }
}
