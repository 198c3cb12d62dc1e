//! What a completed job leaves behind, cleared away: a sandbox whose runner never got it.
//!
//! A JIT runner is not pinned to a job, so the sandbox that was started for this one may be at work on another.
//! GitHub knows: it deletes no busy runner (422), and only a sandbox whose runner is gone for certain is ended.

use super::{Command, Event, Report, Sandbox, Step};
use crate::delivery::runner_id;
use crate::github::{self, Request};
use crate::reply::{Outcome, Reason};
use crate::settings::CoursesSettings;
use crate::ticket::Ticket;

/// One release.
#[derive(Debug)]
pub(super) struct Release {
    ticket: Ticket,
    settings: CoursesSettings,
    state: State,
    /// Sandboxes that are still to be looked at.
    left: Vec<Sandbox>,
    ended: u32,
    kept: u32,
}

#[derive(Debug)]
enum State {
    Fresh,
    Surveying,
    Deregistering(String),
    Terminating,
    Over,
}

impl Release {
    pub(super) fn new(ticket: Ticket, settings: CoursesSettings) -> Self {
        Self { ticket, settings, state: State::Fresh, left: Vec::new(), ended: 0, kept: 0 }
    }

    pub(super) fn next(&mut self, event: Event) -> Step {
        match (std::mem::replace(&mut self.state, State::Over), event) {
            (State::Fresh, _) => {
                self.state = State::Surveying;
                Step::Tell(Command::FindJob(self.ticket.job.to_string()))
            }
            (State::Surveying, Event::Report(Report::Found(found))) => {
                self.left = found;
                self.look_on()
            }
            (State::Surveying, _) => self.finish(
                "sandboxes-unknown",
                "the sandboxes cannot be listed; theirs is to end by themselves".to_owned(),
            ),
            (State::Deregistering(sandbox), Event::Response(answer)) => {
                if github::read_deleted(answer.as_ref().map_err(|e| *e)) {
                    return self.terminate(sandbox);
                }
                self.kept += 1;
                self.look_on()
            }
            (State::Terminating, event) => {
                match event {
                    Event::Report(Report::Done) => self.ended += 1,
                    _ => self.kept += 1,
                }
                self.look_on()
            }
            _ => self.finish("course-confused", "the host reported what was not asked for".to_owned()),
        }
    }

    fn look_on(&mut self) -> Step {
        while let Some(sandbox) = self.left.pop() {
            let took_it =
                self.ticket.runner.is_some() && self.ticket.runner.as_deref() == sandbox.tag("runner");
            if took_it {
                self.kept += 1;
                continue;
            }
            let Some(runner) = sandbox.tag("runner_id").and_then(runner_id) else {
                return self.terminate(sandbox.id);
            };
            self.state = State::Deregistering(sandbox.id);
            return Step::Ask(Request::delete_runner(self.settings.scope, &self.ticket.repository, runner));
        }
        match (self.ended, self.kept) {
            (0, 0) => self.finish("nothing-left", "the job left no sandbox behind".to_owned()),
            (ended, 0) => self.finish("sandbox-ended", format!("{ended} sandbox of the job was ended")),
            (ended, kept) => self.finish(
                "sandbox-at-work",
                format!("{ended} ended; {kept} left to end by itself, being at work or about to end"),
            ),
        }
    }

    fn terminate(&mut self, sandbox: String) -> Step {
        self.state = State::Terminating;
        Step::Tell(Command::Terminate(sandbox))
    }

    fn finish(&mut self, code: &'static str, text: String) -> Step {
        Step::Tell(Command::Finish(self.ticket.answer(Outcome::Released, Reason::new(code, text))))
    }
}
