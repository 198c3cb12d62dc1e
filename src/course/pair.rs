//! A runner took another job than the one it was meant for. That job, the victim, must not be left without one.
//!
//! Two jobs of like labels may simply swap their runners, and then nothing is to be done.

use super::{Command, Event, Report, Step};
use crate::github::{self, QueuedJob, Request};
use crate::reply::{Outcome, Reason};
use crate::ticket::Ticket;
use crate::words::ids::RunnerName;

/// One runner that went astray.
#[derive(Debug)]
pub(super) struct Pair {
    /// The job that it took, and its name.
    ticket: Ticket,
    state: State,
}

#[derive(Debug)]
enum State {
    Fresh,
    /// Asked GitHub about the victim.
    Asking,
    /// Asked for the sandboxes of the job that was taken, which may serve the victim.
    Surveying(QueuedJob),
    Over,
}

impl Pair {
    pub(super) fn new(ticket: Ticket) -> Self {
        Self { ticket, state: State::Fresh }
    }

    pub(super) fn next(&mut self, event: Event) -> Step {
        match (std::mem::replace(&mut self.state, State::Over), event) {
            (State::Fresh, _) => match self.ticket.runner.as_deref().and_then(RunnerName::job_of) {
                Some(victim) => {
                    self.state = State::Asking;
                    Step::Ask(Request::job(&self.ticket.repository, victim))
                }
                None => self.finish("job-in-progress", "a runner has the job"),
            },
            (State::Asking, Event::Response(answer)) => {
                match github::read_queued_job(answer.as_ref().map_err(|fault| *fault)) {
                    None => self
                        .finish("job-in-progress", "the job that its runner was meant for waits no longer"),
                    Some(victim) if self.swaps(&victim) => {
                        self.state = State::Surveying(victim);
                        Step::Tell(Command::FindJob(self.ticket.job.to_string()))
                    }
                    Some(victim) => self.launch(victim),
                }
            }
            (State::Surveying(victim), Event::Report(Report::Found(found))) => {
                let took = self.ticket.runner.as_deref();
                let spare =
                    found.iter().any(|sandbox| sandbox.tag("runner").is_some_and(|n| Some(n) != took));
                if spare {
                    return self.finish(
                        "runners-swapped",
                        "the job's own runner serves the job whose runner it has",
                    );
                }
                self.launch(victim)
            }
            (State::Surveying(victim), _) => self.launch(victim),
            _ => self.finish("course-confused", "the host reported what was not asked for"),
        }
    }

    /// Whether a runner with the labels of the job that was taken would do for the victim.
    fn swaps(&self, victim: &QueuedJob) -> bool {
        victim.labels.iter().all(|label| self.ticket.labels.iter().any(|ours| ours.is(label.as_str())))
    }

    /// The victim's own course looks for itself whether a runner is coming.
    fn launch(&self, victim: QueuedJob) -> Step {
        let found = Ticket::found(
            self.ticket.repository.clone(),
            victim.job,
            victim.run,
            victim.labels,
            victim.created,
        );
        let ticket = Ticket { delivery: self.ticket.delivery.clone(), ..found };
        let text = format!("job {}, whose runner it has, is looked after", ticket.job);
        let answer = self.ticket.answer(Outcome::Ignored, Reason::new("runner-taken", text));
        Step::Tell(Command::Defer(Box::new(ticket), 0, answer))
    }

    fn finish(&self, code: &'static str, text: &str) -> Step {
        Step::Tell(Command::Finish(self.ticket.answer(Outcome::Ignored, Reason::new(code, text))))
    }
}
