//! A refusal that the workflow's author sees: a job of ours that cannot be run gets a small runner whose job-started
//! hook fails it at once, with the reason as an annotation. So many an hour, and none where it could hit another job.

use super::{End, Launch, State};
use crate::course::{Command, Report, Step};
use crate::github::{self, Fault, Request, Response};
use crate::machine::Machine;
use crate::reply::{Outcome, Reason};
use crate::ticket::Purpose;
use crate::words::duration::Duration;

/// What the runner and a bash script need, and no more. The memory in MiB.
const MEMORY: u32 = 1024;
const TIMEOUT: Duration = Duration::minutes(10);
const HOUR: u32 = 3600;

impl Launch {
    /// The machine of a diagnostic runner.
    pub(super) fn diagnostic() -> Machine {
        Machine {
            cpu: 0.5,
            memory: MEMORY,
            gpu: None,
            image: None,
            timeout: TIMEOUT,
            docker: false,
            regions: Vec::new(),
            cache: false,
            outbound: None,
        }
    }

    /// Looks why the job is refused, and whether one more diagnostic runner is allowed in this hour.
    pub(super) fn refuse(&mut self) -> Step {
        let Err(reason) = self.settings.rules.machine(&self.ticket.labels) else {
            // The settings changed while the ticket waited.
            self.ticket.purpose = Purpose::Launch;
            return self.begin();
        };
        self.refusal = Some(reason);
        let most = self.settings.refusals_per_hour;
        self.tell(State::Permitting, Command::Permit { name: "refusals", most, within: HOUR })
    }

    pub(super) fn permitted(&mut self, outcome: &Report) -> Step {
        if matches!(outcome, Report::Done) {
            let request = Request::jobs(&self.ticket.repository, self.ticket.run, 1);
            return self.ask(State::LookingAround, request);
        }
        self.refused(", and REFUSALS_PER_HOUR diagnostic runners were started in this hour")
    }

    /// A runner takes any job whose labels it has: one of the same run that asks for less could be hit.
    pub(super) fn looked_around(&mut self, answer: Result<&Response, Fault>) -> Step {
        let Some(page) = github::read_jobs(answer) else {
            return self.refused(", and GitHub does not show the run's other jobs");
        };
        let ours = &self.ticket.labels;
        let has = |label: &str| ours.iter().any(|own| own.is(label));
        let hit = |job: &github::QueuedJob| {
            job.job != self.ticket.job
                && job.labels.iter().all(|label| has(label.as_str()))
                && self.settings.rules.machine(&job.labels).is_ok()
        };
        if page.full || page.items.iter().any(hit) {
            return self.refused(", and a diagnostic runner could hit another job of the run");
        }
        self.await_turn()
    }

    fn refused(&mut self, but: &str) -> Step {
        let reason = self.refusal.clone().unwrap_or_else(|| Reason::new("refused", "the job is refused"));
        let text = format!("{}{but}", reason.text);
        self.end(End::Finish(Outcome::Refused, Reason::new(reason.code, text)))
    }
}
