//! The way out of a launch: what it made and no longer needs is cleared away, then it ends or is deferred.

use super::{Clearing, End, Launch, State};
use crate::course::{Command, Event, Report, Step};
use crate::github::{self, Request};
use crate::reply::{Outcome, Reply};
use crate::ticket::Ticket;
use crate::words::ids::SandboxName;

impl Launch {
    /// Deletes ghosts and doomed registrations, then ends the sandbox unless its runner has its config, then ends.
    pub(super) fn clear(&mut self, end: End) -> Step {
        self.cleared(end, Clearing::Next, Event::Report(Report::Done))
    }

    pub(super) fn cleared(&mut self, end: End, what: Clearing, event: Event) -> Step {
        match (what, event) {
            (Clearing::Ghost(name), Event::Response(answer)) => {
                self.doomed.extend(github::read_runners(answer.as_ref().map_err(|e| *e), name.as_str()));
            }
            (Clearing::Sandbox, _) => return self.end(end),
            _ => {}
        }
        let (scope, repository) = (self.settings.scope, self.ticket.repository.clone());
        if let Some(runner) = self.doomed.pop() {
            let request = Request::delete_runner(scope, &repository, runner);
            return self.ask(State::Clearing(Box::new(end), Clearing::Runner), request);
        }
        if let Some(name) = self.ghosts.pop() {
            let request = Request::find_runner(scope, &repository, &name);
            return self.ask(State::Clearing(Box::new(end), Clearing::Ghost(name)), request);
        }
        let unused = if self.minted.is_none() { self.sandbox.take() } else { None };
        match unused {
            Some(sandbox) => {
                self.ticket.starts += 1;
                self.tell(State::Clearing(Box::new(end), Clearing::Sandbox), Command::Terminate(sandbox))
            }
            None => self.end(end),
        }
    }

    pub(super) fn end(&mut self, end: End) -> Step {
        let (outcome, reason, delay) = match end {
            End::Finish(outcome, reason) => (outcome, reason, None),
            End::Defer(delay, reason) => (Outcome::Deferred, reason, Some(delay)),
        };
        let mut answer = Reply::new(outcome, reason, self.ticket.subject());
        if self.minted.is_some() {
            answer.runner = Some(self.name.clone());
            answer.sandbox = Some(SandboxName::new(self.ticket.job, self.ticket.starts).as_str().to_owned());
        }
        match delay {
            None if answer.outcome == Outcome::Launched && !self.answered => {
                self.answered = true;
                self.tell(State::Answered(Box::new(answer.clone())), Command::Reply(answer))
            }
            None => self.tell(State::Over, Command::Finish(answer)),
            Some(delay) => {
                let ticket =
                    Ticket { deferrals: self.ticket.deferrals.saturating_add(1), ..self.ticket.clone() };
                self.tell(State::Over, Command::Defer(Box::new(ticket), delay, answer))
            }
        }
    }
}
