//! The registration: a turn, a request for a JIT config, what GitHub makes of it, and the hand-over.

use super::{End, Launch, MINTS, PATIENCE, State};
use crate::course::{Command, Report, Step};
use crate::github::{Minted, Refusal, Request};
use crate::reply::{Outcome, Reason};
use crate::words::ids::RunnerName;

impl Launch {
    pub(super) fn await_turn(&mut self) -> Step {
        let repository = self.ticket.repository.to_string();
        let pace = self.settings.mints_per_minute;
        self.tell(State::Turning, Command::AwaitTurn { repository, pace })
    }

    /// GitHub's limit was reached by another course.
    pub(super) fn held(&mut self, wait: u64) -> Step {
        let reason = Reason::new("github-rate-limited", "GitHub's rate limit is reached");
        self.holds += 1;
        if wait <= PATIENCE && self.holds <= MINTS {
            return self.tell(State::Pausing, Command::Pause(wait));
        }
        let delay = self.dice.jitter(wait);
        self.clear(End::Defer(delay, reason))
    }

    pub(super) fn claim(&mut self, sandbox: String) -> Step {
        self.sandbox = Some(sandbox);
        self.mint()
    }

    pub(super) fn mint(&mut self) -> Step {
        if !std::mem::take(&mut self.turn) {
            return self.await_turn();
        }
        if self.mints > 0 {
            self.name = RunnerName::new(self.ticket.job, &self.dice.nonce());
        }
        self.mints += 1;
        let (settings, ticket) = (&self.settings, &self.ticket);
        let request =
            Request::mint(settings.scope, &ticket.repository, &self.name, settings.group, &ticket.labels);
        self.ask(State::Minting, request)
    }

    pub(super) fn minted(&mut self, answer: Result<Minted, Refusal>) -> Step {
        match answer {
            Ok(minted) => {
                let line = minted.config.clone();
                self.minted = Some(minted);
                let (sandbox, tags) = (self.sandbox.clone().unwrap_or_default(), self.tags());
                self.tell(State::HandingOver, Command::HandOver { sandbox, line, tags })
            }
            Err(Refusal::NameTaken) => self.mint_again(
                0,
                Reason::new("runner-name-taken", "GitHub has runners of every name that was tried"),
            ),
            Err(Refusal::Transient(may_exist, reason)) => {
                if may_exist {
                    self.ghosts.push(self.name.clone());
                }
                let delay = self.dice.jitter(500 << self.mints.min(3));
                self.mint_again(delay, reason)
            }
            Err(Refusal::Limited(wait, reason)) => {
                self.tell(State::Holding(wait, reason), Command::Hold(wait))
            }
            Err(Refusal::Permanent(reason)) => self.clear(End::Finish(Outcome::Unready, reason)),
        }
    }

    pub(super) fn mint_again(&mut self, delay: u64, reason: Reason) -> Step {
        if self.mints >= MINTS {
            return self.clear(End::Defer(self.delay(), reason));
        }
        if delay == 0 { self.mint() } else { self.tell(State::Pausing, Command::Pause(delay)) }
    }

    pub(super) fn handed_over(&mut self, outcome: &Report) -> Step {
        if matches!(outcome, Report::Done) {
            if let Some(refusal) = &self.refusal {
                let text = format!("{}; runner {} fails the job with this", refusal.text, self.name.as_str());
                return self.clear(End::Finish(Outcome::Refused, Reason::new(refusal.code, text)));
            }
            let text = format!("runner {} has its config", self.name.as_str());
            return self.clear(End::Finish(Outcome::Launched, Reason::new("runner-started", text)));
        }
        if let Some(minted) = self.minted.take() {
            self.doomed.push(minted.runner);
        }
        self.clear(End::Defer(
            self.delay(),
            Reason::new("hand-over-failed", "the sandbox did not take its config"),
        ))
    }
}
