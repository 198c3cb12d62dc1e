//! The first minutes after the hand-over: a sandbox that ends without its job having started is replaced at once.

use super::{End, Launch, State};
use crate::course::{Command, Report, Step};
use crate::github::{self, Request};
use crate::reply::{Reason, Reply};

/// How long a sandbox is watched, in seconds. A runner that GitHub will not have ends within a few.
const WATCHED: u32 = 90;
/// The listener's status where GitHub no longer takes its version (`Constants.cs` of actions/runner).
const DEPRECATED: i32 = 7;

impl Launch {
    /// The delivery has its answer; the course goes on to see whether the runner comes up.
    pub(super) fn watch(&mut self, outcome: &Report, answer: Reply) -> Step {
        let Some(sandbox) = self.sandbox.clone().filter(|_| matches!(outcome, Report::Done)) else {
            return self.tell(State::Over, Command::Finish(answer));
        };
        self.tell(State::Watching(Box::new(answer)), Command::Watch { sandbox, seconds: WATCHED })
    }

    pub(super) fn watched(&mut self, outcome: &Report, answer: Reply) -> Step {
        match outcome {
            Report::Ended(0) => self.tell(State::Over, Command::Finish(answer)),
            Report::Ended(DEPRECATED) => {
                self.tell(State::Refreshing(Box::new(answer)), Command::RefreshImage)
            }
            Report::Ended(status) => self.look_after(*status, answer),
            _ => self.tell(State::Over, Command::Finish(answer)),
        }
    }

    pub(super) fn look_after(&mut self, status: i32, answer: Reply) -> Step {
        let request = Request::job(&self.ticket.repository, self.ticket.job);
        self.ask(State::LookingAfter(status, Box::new(answer)), request)
    }

    /// Only a job that is known to be queued is launched again.
    pub(super) fn looked_after(
        &mut self,
        status: i32,
        answer: Reply,
        job: Result<&github::Response, github::Fault>,
    ) -> Step {
        if let Some(minted) = &self.minted {
            self.doomed.push(minted.runner);
        }
        if github::read_queued_job(job).is_none() {
            return self.clear(End::Finish(answer.outcome, answer.reason));
        }
        self.minted = None;
        self.sandbox = None;
        self.ticket.starts += 1;
        let reason = if status == DEPRECATED {
            Reason::new(
                "runner-deprecated",
                "GitHub no longer takes the image's runner; the image is being built anew",
            )
        } else {
            Reason::new(
                "sandbox-ended",
                format!("the sandbox ended with status {status} before it had a job"),
            )
        };
        self.defer(reason)
    }

    pub(super) fn refreshed(&mut self, answer: Reply) -> Step {
        self.look_after(DEPRECATED, answer)
    }
}
