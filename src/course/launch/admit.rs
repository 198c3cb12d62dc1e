//! What a launch asks before it starts anything: may this run run here, must its job be refused in its author's sight,
//! does the month's budget cover it.

use super::{Launch, PATIENCE, Road, WayOut};
use crate::github::job::{Job, QueuedJob};
use crate::github::{self, Refusal, Request};
use crate::reply::{Outcome, Reason};
use crate::ticket::Purpose;

/// The delay before a job that the budget does not cover is looked at again: a month may have begun, or the operator
/// have raised it.
const BUDGET_DELAY: u64 = 900_000;
/// Seconds.
const HOUR: u32 = 3600;

impl Launch {
    /// Asks about the run where a rule wants to know. A rule that cannot be looked up is not taken for kept.
    pub(super) async fn vet(&mut self) -> Road<()> {
        let cached = self.settings.rules.machine(&self.ticket.labels).is_ok_and(|machine| machine.cache);
        if self.refusal.is_some() || !self.settings.vetting.is_needed(self.ticket.private, cached) {
            return Ok(());
        }
        let run = self.desk.started_by(&self.ticket).await.map_err(|answer| {
            match github::refusal(&answer, self.desk.now()) {
                Refusal::Permanent(reason) => {
                    let text =
                        format!("{} (asked what started the run, which needs Actions: read)", reason.text);
                    WayOut::Finish(Outcome::Unready, Reason::new(reason.code, text))
                }
                Refusal::Limited(wait, reason) => {
                    WayOut::Defer(self.dice.jitter(wait.max(PATIENCE + 1)), reason)
                }
                _ => self.defer(Reason::new("run-unknown", "GitHub did not say what started the run")),
            }
        })?;
        let (repository, private) = (&self.ticket.repository, self.ticket.private);
        match self.settings.vetting.judge(repository, private, &run) {
            Ok(forked) => self.forked = forked,
            // Strangers would cost money with every pull request.
            Err(reason) if run.is_stranger(repository, private) && !self.settings.tell_forks => {
                return Err(WayOut::Finish(Outcome::Refused, reason));
            }
            Err(reason) => (self.forked, self.veto) = (true, Some(reason)),
        }
        Ok(())
    }

    /// A job of ours that cannot or may not be run gets a runner that fails it at once, with the reason as an
    /// annotation: so many an hour, and none where it could hit another job. Does nothing for any other job.
    pub(super) async fn refuse(&mut self) -> Road<()> {
        if self.refusal.is_some() {
            return Ok(());
        }
        let reason = match (self.veto.clone(), self.ticket.purpose) {
            (Some(veto), _) => veto,
            (None, Purpose::Refuse) => {
                let Err(reason) = self.settings.rules.machine(&self.ticket.labels) else {
                    // The settings changed while the ticket waited.
                    self.ticket.purpose = Purpose::Launch;
                    return Ok(());
                };
                reason
            }
            (None, _) => return Ok(()),
        };
        let unseen = |but: &str| {
            let text = format!("{}{but}", reason.text);
            Err(WayOut::Finish(Outcome::Refused, Reason::new(reason.code, text)))
        };
        let most = self.settings.refusals_per_hour;
        if most == 0 {
            return unseen("");
        }
        let machine = self.settings.rules.machine(&self.ticket.labels);
        if self.veto.is_some() && machine.is_ok_and(|machine| machine.gpu.is_some()) {
            return unseen("");
        }
        // One that waited for its place has been counted.
        self.ticket.permitted = self.ticket.permitted || self.desk.permit("refusals", most, HOUR).await;
        if !self.ticket.permitted {
            return unseen(", and REFUSALS_PER_HOUR diagnostic runners were started in this hour");
        }
        if self.veto.is_some() {
            // What its run may not, no job of it may, and whoever else takes the runner finds the machine it wanted.
            self.refusal = Some(reason);
            return Ok(());
        }
        let response = self.desk.ask(Request::jobs(&self.ticket.repository, self.ticket.run, 1)).await;
        let Some(page) = Job::page(&response) else {
            return unseen(", and GitHub does not show the run's other jobs");
        };
        if page.full || page.filter_map(Job::queued).items.iter().any(|job| self.could_hit(job)) {
            return unseen(", and a diagnostic runner could hit another job of the run");
        }
        self.refusal = Some(reason);
        Ok(())
    }

    /// A runner takes any job whose labels it has: one of the same run that asks for less could be hit.
    fn could_hit(&self, job: &QueuedJob) -> bool {
        let has = |label: &str| self.ticket.labels.iter().any(|own| own.is(label));
        job.job != self.ticket.job
            && job.labels.iter().all(|label| has(label.as_str()))
            && self.settings.rules.machine(&job.labels).is_ok()
    }

    /// `MONTHLY_BUDGET_USD`: a job is started while anything is left, since what it will cost is not known before. A
    /// runner that fails a refused job costs next to nothing.
    pub(super) async fn afford(&mut self) -> Road<()> {
        let Some(budget) = self.settings.monthly_budget else { return Ok(()) };
        if self.affordable || self.refusal.is_some() {
            return Ok(());
        }
        let spent = self.desk.spent(self.desk.now().month()).await.map_err(|_| {
            self.defer(Reason::new("budget-unknown", "what sandboxes have cost cannot be told just now"))
        })?;
        if spent < budget {
            self.affordable = true;
            return Ok(());
        }
        let text = format!(
            "sandboxes have cost {spent} of this month's MONTHLY_BUDGET_USD, {budget}; the job waits"
        );
        Err(WayOut::Defer(self.dice.jitter(BUDGET_DELAY), Reason::new("budget-spent", text)))
    }
}
