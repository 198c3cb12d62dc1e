//! The registration: a turn, a request for a JIT config, what GitHub makes of it, the hand-over, and the way back.

use super::{Launch, PATIENCE, Road, Turn, WayOut};
use crate::github::runner::{Minted, Runner};
use crate::github::{Refusal, Request};
use crate::reply::{Outcome, Reason};
use crate::words::ids::RunnerName;

/// How often one course asks for a JIT config.
const MINTS: u32 = 4;

impl Launch {
    /// Waits until it is this course's turn to ask GitHub for a JIT config.
    pub(super) async fn turn(&mut self) -> Road<()> {
        loop {
            let (repository, pace) = (self.ticket.repository.to_string(), self.settings.mints_per_minute);
            match self.desk.await_turn(repository, pace).await {
                Ok(Turn::Given) => return Ok(()),
                // GitHub's limit was reached by another course.
                Ok(Turn::Held(wait)) => {
                    self.holds += 1;
                    if wait > PATIENCE || self.holds > MINTS {
                        let reason = Reason::new("github-rate-limited", "GitHub's rate limit is reached");
                        return Err(WayOut::Defer(self.dice.jitter(wait), reason));
                    }
                    // A pause that fails is a short one.
                    let _ = self.desk.pause(wait).await;
                }
                Err(_) => {
                    return Err(self.defer(Reason::new("turn-lost", "the wait for a turn was broken off")));
                }
            }
        }
    }

    /// Registers a runner, under a new name at every try: a response that was lost leaves the old one taken.
    pub(super) async fn register(&mut self, mut turn: bool) -> Road<Minted> {
        loop {
            if !std::mem::take(&mut turn) {
                self.turn().await?;
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
                    // Best effort: whoever is not held learns it from GitHub.
                    let _ = self.desk.hold(wait).await;
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
        if self.desk.hand_over(sandbox, line, self.tags()).await.is_err() {
            self.minted = None;
            self.doomed.push(runner);
            return Err(self.defer(Reason::new("hand-over-failed", "the sandbox did not take its config")));
        }
        if let Some(refusal) = &self.refusal {
            let text = format!("{}; runner {} fails the job with this", refusal.text, self.name.as_str());
            return Ok(WayOut::Finish(Outcome::Refused, Reason::new(refusal.code, text)));
        }
        let text = format!("runner {} has its config", self.name.as_str());
        Ok(WayOut::Finish(Outcome::Launched, Reason::new("runner-started", text)))
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
