//! The registration: a turn, a request for a JIT config, what GitHub makes of it, the hand-over, and the way back.

use super::{Launch, PATIENCE, Road, WayOut, no_longer_queued};
use crate::course::consult::{Admitted, Wanted};
use crate::github::runner::{Minted, Runner, is_deleted};
use crate::github::{Refusal, Request};
use crate::reply::{Outcome, Reason};
use crate::words::ids::{RunnerId, RunnerName};

/// How often one course asks for a JIT config.
const MINTS: u32 = 4;

impl Launch {
    /// Waits for a place for its sandbox, a turn to register its runner, or both.
    pub(super) async fn admit(&mut self, place: bool, turn: bool) -> Road<()> {
        let settings = &self.settings;
        let wanted = Wanted {
            place: place.then_some((settings.max_runners, settings.max_runners_per_repo)),
            turn: turn.then_some(settings.mints_per_minute),
        };
        match self.desk.room(&self.ticket, wanted).await {
            Ok(Admitted::Now) => Ok(()),
            Ok(Admitted::Over) => Err(no_longer_queued()),
            Ok(Admitted::Held(0)) => Err(self.full()),
            Ok(Admitted::Held(wait)) => {
                let reason = Reason::new("github-rate-limited", "GitHub's rate limit is reached");
                Err(WayOut::Defer(self.dice.jitter(wait), reason))
            }
            Err(_) => Err(self.defer(Reason::new("turn-lost", "the wait for a turn was broken off"))),
        }
    }

    /// Registers a runner, under a new name at every try: a response that was lost leaves the old one taken.
    pub(super) async fn register(&mut self, mut turn: bool) -> Road<Minted> {
        loop {
            if !std::mem::take(&mut turn) {
                self.admit(false, true).await?;
            }
            if self.mints > 0 {
                self.name = RunnerName::new(self.ticket.job, &self.dice.nonce());
            }
            self.mints += 1;
            let (settings, ticket) = (&self.settings, &self.ticket);
            let request =
                Request::mint(settings.scope, &ticket.repository, &self.name, settings.group, &ticket.labels);
            let response = self.desk.ask(request).await;
            let (delay, reason) = match Minted::read(&response, self.desk.now()) {
                Ok(minted) => return Ok(minted),
                Err(Refusal::NameTaken) => {
                    let text = "GitHub has runners of every name that was tried";
                    (0, Reason::new("runner-name-taken", text))
                }
                Err(Refusal::Transient(may_exist, reason)) => {
                    self.ghosts.extend(may_exist.then(|| self.name.clone()));
                    (self.dice.jitter(500 << self.mints.min(3)), reason)
                }
                Err(Refusal::Limited(wait, reason)) => {
                    if wait > PATIENCE {
                        return Err(WayOut::Defer(self.dice.jitter(wait), reason));
                    }
                    (wait, reason)
                }
                Err(Refusal::Permanent(reason)) => return Err(WayOut::Finish(Outcome::Unready, reason)),
            };
            if self.mints >= MINTS {
                return Err(self.defer(reason));
            }
            if delay > 0 {
                // A pause that fails is a short one.
                let _ = self.desk.pause(delay).await;
            }
        }
    }

    /// Hands the sandbox its config, from where on it is its runner's.
    pub(super) async fn hand_over(&mut self, sandbox: String, minted: Minted) -> Road<WayOut> {
        let (runner, line) = (minted.runner, minted.config.clone());
        self.minted = Some(minted);
        if self.desk.hand_over(sandbox, line, self.tags()).await.is_err() && self.take_back(runner).await {
            return Err(self.defer(Reason::new("hand-over-failed", "the sandbox did not take its config")));
        }
        if let Some(refusal) = &self.refusal {
            let text = format!("{}; runner {} fails the job with this", refusal.text, self.name.as_str());
            return Ok(WayOut::Finish(Outcome::Refused, Reason::new(refusal.code, text)));
        }
        let text = format!("runner {} has its config", self.name.as_str());
        Ok(WayOut::Finish(Outcome::Launched, Reason::new("runner-started", text)))
    }

    /// A hand-over that was reported as failed may have gone well all the same, and the runner have a job by now: then
    /// GitHub does not delete it (422). Only where it is deleted for certain is its sandbox spare. Whether the launch is to
    /// be tried again: where GitHub does not say, what lives is looked at then.
    async fn take_back(&mut self, runner: RunnerId) -> bool {
        let request = Request::delete_runner(self.settings.scope, &self.ticket.repository, runner);
        let answer = self.desk.ask(request).await;
        if is_deleted(&answer) {
            self.minted = None;
        }
        !answer.is_ok_and(|response| response.status == 422)
    }

    /// Deletes doomed registrations and ghosts, then ends the sandbox unless its runner has its config. What fails here
    /// is the sweep's to find.
    pub(super) async fn clear(&mut self) {
        let (scope, repository) = (self.settings.scope, self.ticket.repository.clone());
        loop {
            if let Some(runner) = self.doomed.pop() {
                let _ = self.desk.ask(Request::delete_runner(scope, &repository, runner)).await;
            } else if let Some(name) = self.ghosts.pop() {
                let response = self.desk.ask(Request::find_runner(scope, &repository, &name)).await;
                let found = Runner::page(&response).map(|page| page.items).unwrap_or_default();
                let ghosts = found.into_iter().filter(|found| found.name.eq_ignore_ascii_case(name.as_str()));
                self.doomed.extend(ghosts.map(|ghost| ghost.id));
            } else {
                break;
            }
        }
        if self.minted.is_none()
            && let Some(sandbox) = self.sandbox.take()
        {
            self.ticket.starts += 1;
            let _ = self.desk.terminate(sandbox).await;
        }
    }
}
